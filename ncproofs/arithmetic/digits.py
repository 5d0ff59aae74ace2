"""mpmath numbers with a stated number of digits: estimates, never proofs."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar

import mpmath

from ncproofs.errors import InvalidProblem
from ncproofs.truth import Rigor

__all__ = ["Digits"]


@dataclass(frozen=True)
class Digits:
    """mpmath's real numbers at ``dps`` decimal digits, in a context of their own.

    The global ``mpmath.mp`` is neither read nor changed. Undefined results are NaN.
    """

    dps: int
    context: Any = field(init=False, repr=False, compare=False)
    rigor: ClassVar[Rigor] = Rigor.ESTIMATED

    def __post_init__(self) -> None:
        if isinstance(self.dps, bool) or not isinstance(self.dps, int) or not 1 <= self.dps <= 10**5:
            raise InvalidProblem(f"dps={self.dps!r} given, but a whole number between 1 and 10^5 is needed")
        context = mpmath.MPContext()
        context.dps = self.dps
        object.__setattr__(self, "context", context)

    def constant(self, value: Fraction | int) -> Any:
        return self.context.mpf(value.numerator) / value.denominator

    def add(self, left: Any, right: Any) -> Any:
        return left + right

    def multiply(self, left: Any, right: Any) -> Any:
        return left * right

    def divide(self, left: Any, right: Any) -> Any:
        return self.context.nan if right == 0 else left / right

    def integer_power(self, base: Any, exponent: int) -> Any:
        return self.context.nan if base == 0 and exponent < 0 else base**exponent

    def real_power(self, base: Any, exponent: Any) -> Any:
        if self.context.isint(exponent):
            return self.integer_power(base, int(exponent))
        if base == 0:
            return self.context.zero if exponent > 0 else self.context.nan
        return base**exponent if base > 0 else self.context.nan

    def exp(self, value: Any) -> Any:
        return self.context.exp(value)

    def log(self, value: Any) -> Any:
        return self.context.ln(value) if value > 0 else self.context.nan
