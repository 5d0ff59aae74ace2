"""Exact rational numbers. What is not rational is refused, never rounded."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import ClassVar

from ncproofs.errors import InexactInput, InvalidProblem, OutOfScope
from ncproofs.truth import Rigor

__all__ = ["Rationals"]

_MOST_BITS = 2**20


@dataclass(frozen=True)
class Rationals:
    """The field of fractions, as ``Program.run`` needs it.

    Roots, exponentials and logarithms are taken only where the result is rational: 4^(1/2), exp(0), log(1).

    Raises:
        InexactInput: a result is irrational.
        InvalidProblem: division by 0, or a power that is not real.
        OutOfScope: a power would have more than 2^20 bits.
    """

    rigor: ClassVar[Rigor] = Rigor.EXACT

    def constant(self, value: Fraction | int) -> Fraction:
        return Fraction(value)

    def add(self, left: Fraction, right: Fraction) -> Fraction:
        return left + right

    def multiply(self, left: Fraction, right: Fraction) -> Fraction:
        return left * right

    def divide(self, left: Fraction, right: Fraction) -> Fraction:
        if right == 0:
            raise InvalidProblem(f"{left}/0 given, but the divisor must not be 0 at this point")
        return left / right

    def integer_power(self, base: Fraction, exponent: int) -> Fraction:
        if base == 0 and exponent < 0:
            raise InvalidProblem(f"0^{exponent} given, but a negative power needs a base other than 0")
        size = max(abs(base.numerator), base.denominator).bit_length()
        if abs(exponent) * size > _MOST_BITS and base not in (-1, 0, 1):
            raise OutOfScope(f"a power with exponent {exponent} has over {_MOST_BITS} bits; use Ball(128)")
        return base**exponent

    def real_power(self, base: Fraction, exponent: Fraction) -> Fraction:
        if exponent.denominator == 1:
            return self.integer_power(base, exponent.numerator)
        if base < 0:
            raise InvalidProblem(f"({base})^({exponent}) is not real; a base >= 0 is needed")
        above, below = (_root(part, exponent.denominator) for part in (base.numerator, base.denominator))
        if above is None or below is None:
            raise InexactInput(f"({base})^({exponent}) is irrational; evaluate it in Ball(128)")
        return self.integer_power(Fraction(above, below), exponent.numerator)

    def exp(self, value: Fraction) -> Fraction:
        if value != 0:
            raise InexactInput(f"exp({value}) is irrational; evaluate it in Ball(128)")
        return Fraction(1)

    def log(self, value: Fraction) -> Fraction:
        if value <= 0:
            raise InvalidProblem(f"log({value}) given, but a number > 0 is needed")
        if value != 1:
            raise InexactInput(f"log({value}) is irrational; evaluate it in Ball(128)")
        return Fraction(0)


def _root(value: int, degree: int) -> int | None:
    """The whole ``degree``-th root of ``value`` >= 0, or None when there is none."""
    if value < 2:
        return value
    if degree == 2:
        root = isqrt(value)
        return root if root * root == value else None
    if degree >= value.bit_length():  # 2^degree > value: no root other than 1
        return None
    low, high = 1, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high) // 2
        if middle**degree < value:
            low = middle + 1
        else:
            high = middle
    return low if low**degree == value else None
