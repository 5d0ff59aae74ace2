"""A real number field Q(r): polynomials in a root r of an irreducible polynomial, with exact zero tests and signs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, ctx, fmpq, fmpq_poly

from ncproofs.arithmetic.ball import bracket_root
from ncproofs.errors import InvalidProblem, OutOfScope

__all__ = ["RATIONALS", "NumberField"]

_MOST_BITS = 8192


@dataclass(frozen=True, eq=False)
class NumberField:
    """Q(r), with r the only zero of the irreducible ``modulus`` between ``lower`` and ``upper``.

    Elements are ``fmpq_poly`` reduced modulo ``modulus``; ``element`` makes them. They are equal as numbers exactly
    when they are equal as polynomials, because the modulus is irreducible.

    Raises:
        InvalidProblem: a modulus that is constant, reducible, or without a single sign change between the bounds.
    """

    modulus: fmpq_poly
    lower: Fraction
    upper: Fraction

    def __post_init__(self) -> None:
        _, parts = self.modulus.factor()
        if self.modulus.degree() < 1 or len(parts) != 1 or parts[0][1] != 1:
            raise InvalidProblem(f"the modulus {self.modulus} given, but an irreducible polynomial is needed")
        if self.modulus.degree() > 1 and self._zeros_inside() != 1:
            raise InvalidProblem(f"the modulus {self.modulus} has not exactly one zero between {self.lower} and "
                                 f"{self.upper}")

    def _zeros_inside(self) -> int:
        """How many real zeros lie between the bounds, by isolating all of them."""
        low, high = (arb(fmpq(end.numerator, end.denominator)) for end in (self.lower, self.upper))
        count = 0
        zeros: list[Any] = self.modulus.complex_roots()
        for zero, _ in zeros:
            if zero.imag.is_zero():
                inside, outside = bool(low < zero.real < high), bool(zero.real < low or zero.real > high)
                if not inside and not outside:
                    return -1
                count += inside
        return count

    def element(self, value: fmpq_poly | Fraction | int | Sequence[Fraction]) -> fmpq_poly:
        """A number, or the coefficients of a polynomial in r (constant first), as an element."""
        if isinstance(value, (int, Fraction)):
            return fmpq_poly([fmpq(value.numerator, value.denominator)])
        if not isinstance(value, fmpq_poly):
            value = fmpq_poly([fmpq(x.numerator, x.denominator) for x in value])
        return value % self.modulus

    @property
    def root(self) -> fmpq_poly:
        """r itself."""
        return self.element(fmpq_poly([0, 1]))

    def product(self, left: fmpq_poly, right: fmpq_poly) -> fmpq_poly:
        return (left * right) % self.modulus

    def inverse(self, value: fmpq_poly) -> fmpq_poly:
        """Raises InvalidProblem for 0."""
        if value.is_zero():
            raise InvalidProblem("0 given, but a number other than 0 has an inverse")
        common, left, _ = value.xgcd(self.modulus)
        assert common.is_one()  # irreducible modulus
        return left % self.modulus

    def ball(self, value: fmpq_poly, bits: int) -> arb:
        """An enclosure of the number."""
        at = self._root_ball(bits + 32) if value.degree() > 0 else arb(0)
        with ctx.workprec(bits + 32):
            return _horner(value, at)

    def _root_ball(self, bits: int) -> arb:
        found = bracket_root(lambda x: _horner(self.modulus, x), self.lower, self.upper, bits)
        if found is None:
            raise OutOfScope(f"the zero of {self.modulus} between {self.lower} and {self.upper} was not enclosed")
        return found

    def sign(self, value: fmpq_poly) -> int:
        """-1, 0 or 1, exactly: zero is a zero polynomial, and anything else is decided by enough bits."""
        if value.degree() < 1:
            first = value[0]
            return int(first > 0) - int(first < 0)
        bits = 64
        while bits <= _MOST_BITS:
            ball = self.ball(value, bits)
            if ball > 0:
                return 1
            if ball < 0:
                return -1
            bits *= 2
        raise OutOfScope(f"the sign of a number of Q(r) was not decided by {_MOST_BITS} bits")


def _horner(polynomial: fmpq_poly, at: arb) -> arb:
    result = arb(0)
    for coefficient in reversed(polynomial.coeffs()):
        result = result * at + arb(coefficient)
    return result


#: The field Q itself; its modulus x stands for r = 0.
RATIONALS = NumberField(fmpq_poly([0, 1]), Fraction(-1), Fraction(1))
