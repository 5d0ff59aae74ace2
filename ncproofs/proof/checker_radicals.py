"""Products of powers of primes with rational exponents: equality of numbers such as (4/625)^(2/3) (3/50)^(1/3)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ncproofs.proof.checker_arithmetic import Algebra, Budget, Limit, Rejected, evaluate
from ncproofs.proof.checker_constants import Constants, compared

_MOST_BITS = 10**5
#: base > 1 -> exponent, of a positive number; None stands for 0. Bases of one number have no common factor below 20000.
Radical = dict[int, Fraction]


class Log:
    """The logarithm of a radical; only its rational multiples and their exponentials are known."""

    def __init__(self, of: Radical) -> None:
        self.of = of


class Radicals(Algebra):
    """Positive radicals and 0. A sum is known only when one side is 0 or a rational multiple of the other."""

    def __init__(self, budget: Budget) -> None:
        self.budget, self.constants = budget, Constants(budget)

    def number(self, q: Fraction) -> Radical | None:
        if q < 0:
            raise Rejected("a negative number among radicals")
        if not q:
            return None
        parts = [(base, Fraction(power)) for base, power in self.constants._factors(q.numerator)]
        parts += [(base, -Fraction(power)) for base, power in self.constants._factors(q.denominator)]
        return _product({base: power} for base, power in parts)

    def rational(self, a: Any) -> Fraction:
        if a is None:
            return Fraction(0)
        if isinstance(a, Log) or any(power.denominator > 1 for power in a.values()):
            raise Rejected("not a rational number")
        if sum(abs(power) * base.bit_length() for base, power in a.items()) > _MOST_BITS:
            raise Limit("a rational number of more than 10^5 bits")
        value = Fraction(1)
        for base, power in a.items():
            value *= Fraction(base) ** int(power)
        return value

    def add(self, a: Any, b: Any) -> Any:
        if a is None or b is None:
            return b if a is None else a
        return self.mul(b, self.number(self.rational(self.div(a, b)) + 1))

    def neg(self, a: Any) -> Any:
        if a is not None:
            raise Rejected("a negative number among radicals")
        return None

    def sub(self, a: Any, b: Any) -> Any:
        return a if b is None else self.mul(b, self.number(self.rational(self.div(a, b)) - 1))

    def mul(self, a: Any, b: Any) -> Any:
        if isinstance(a, Log) or isinstance(b, Log):
            log, factor = (a, b) if isinstance(a, Log) else (b, a)
            share = self.rational(factor)
            return Log(_product([{base: power * share for base, power in log.of.items()}]))
        return None if a is None or b is None else _product([a, b])

    def div(self, a: Any, b: Any) -> Any:
        if b is None or isinstance(b, Log):
            raise Rejected("a divisor that is no positive radical")
        return self.mul(a, {base: -power for base, power in b.items()})

    def sqrt(self, a: Any) -> Any:
        return None if a is None else self.exp(self.mul(self.number(Fraction(1, 2)), self.log(a)))

    def log(self, a: Any) -> Log:
        if a is None or isinstance(a, Log):
            raise Rejected("the logarithm of a number that is no positive radical")
        return Log(a)

    def exp(self, a: Any) -> Radical:
        if not isinstance(a, Log):
            raise Rejected("an exponential that is no radical")
        return a.of


def _product(factors: Any) -> Radical:
    found: Radical = {}
    for factor in factors:
        for base, power in factor.items():
            found[base] = found.get(base, Fraction(0)) + power
    return {base: power for base, power in found.items() if power}


def compared_with_radicals(
    budget: Budget, bits: int, derived: Callable[[Any], Any], relation: str, claimed: Any
) -> None:
    """``compared``; an equality that its algebra does not show may hold as one of radicals."""
    try:
        compared(budget, bits, derived, relation, claimed)
    except Rejected:
        if relation != "==":
            raise
        algebra = Radicals(budget)
        if derived(algebra) != evaluate(claimed, {}, algebra):
            raise
