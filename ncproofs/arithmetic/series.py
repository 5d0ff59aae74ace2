"""Truncated power series over balls: f(X + s D) to any order in s, without a derivative formula.

The coefficient of s is the directional derivative, twice the coefficient of s^2 is the Hessian form at D. It
shares no code with the closed forms of ``calculus``, which it checks.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from flint import arb

from ncproofs.arithmetic.ball import Ball
from ncproofs.errors import InvalidProblem
from ncproofs.truth import Rigor

__all__ = ["BallSeries", "Series"]

#: Coefficients of 1, s, s^2, ..., s^order.
Series = tuple[arb, ...]


@dataclass(frozen=True)
class BallSeries:
    """Series in s up to s^order with coefficients in balls of ``bits`` bits; runs any ``Program``."""

    bits: int
    order: int = 2
    rigor: ClassVar[Rigor] = Rigor.ENCLOSED

    def __post_init__(self) -> None:
        Ball(self.bits)
        if self.order < 0:
            raise InvalidProblem(f"order={self.order} given, but a whole number order >= 0 is needed")

    def working(self) -> AbstractContextManager[object]:
        """A block in which flint works at this precision."""
        return Ball(self.bits).working()

    def line(self, point: arb, direction: arb) -> Series:
        """The series ``point + s direction``."""
        return ((point, direction) + (arb(0),) * self.order)[: self.order + 1]

    def constant(self, value: Fraction | int) -> Series:
        return self.line(Ball(self.bits).constant(value), arb(0))

    def add(self, left: Series, right: Series) -> Series:
        with self.working():
            return tuple(a + b for a, b in zip(left, right, strict=True))

    def multiply(self, left: Series, right: Series) -> Series:
        with self.working():
            return _product(left, right)

    def divide(self, left: Series, right: Series) -> Series:
        """All NaN when the constant term of the divisor contains 0."""
        with self.working():
            quotient: list[arb] = []
            for k, a in enumerate(left):
                # a = q b, so q_k b_0 = a_k - sum_{j>=1} b_j q_{k-j}.
                rest = sum((right[j] * quotient[k - j] for j in range(1, k + 1)), arb(0))
                quotient.append((a - rest) / right[0])
            return tuple(quotient)

    def integer_power(self, base: Series, exponent: int) -> Series:
        if exponent < 0:
            return self.divide(self.constant(1), self.integer_power(base, -exponent))
        with self.working():
            # The constant term comes from the ball power: an even power of a ball around 0 is nonnegative.
            result, square, left = self.constant(1), base, exponent
            while left:
                if left & 1:
                    result = _product(result, square)
                left >>= 1
                if left:
                    square = _product(square, square)
            return (Ball(self.bits).integer_power(base[0], exponent), *result[1:])

    def real_power(self, base: Series, exponent: Series) -> Series:
        """exp(exponent log base) for a positive constant term.

        Where the constant term reaches 0 only the value is enclosed, and the other coefficients are NaN; a
        whole constant exponent is an integer power.
        """
        power = exponent[0]
        if all(term.is_zero() for term in exponent[1:]) and power.is_exact() and power.is_integer():
            return self.integer_power(base, int(power.fmpz()))
        if base[0] > 0:
            return self.exp(self.multiply(exponent, self.log(base)))
        return (Ball(self.bits).real_power(base[0], power), *((arb.nan(),) * self.order))

    def exp(self, value: Series) -> Series:
        with self.working():
            result = [value[0].exp()]
            for k in range(1, len(value)):
                # e' = a' e, so k e_k = sum_j j a_j e_{k-j}.
                result.append(sum((j * value[j] * result[k - j] for j in range(1, k + 1)), arb(0)) / k)
            return tuple(result)

    def log(self, value: Series) -> Series:
        """All NaN when the constant term reaches 0 or below."""
        with self.working():
            result = [value[0].log()]
            for k in range(1, len(value)):
                # a l' = a', so a_0 k l_k = k a_k - sum_{j<k} j l_j a_{k-j}.
                rest = sum((j * result[j] * value[k - j] for j in range(1, k)), arb(0))
                result.append((value[k] - rest / k) / value[0] if value[0] > 0 else arb.nan())
            return tuple(result)

    def derivative(self, series: Series, times: int) -> arb:
        """The derivative in s at 0: ``times``! times the coefficient of s^times; 2 gives the Hessian form."""
        if not 0 <= times <= self.order:
            raise InvalidProblem(f"times={times} given, but this series knows the orders 0 to {self.order}")
        with self.working():
            result = series[times]
            for factor in range(2, times + 1):
                result = result * factor
            return result


def _product(left: Series, right: Series) -> Series:
    return tuple(
        sum((left[j] * right[k - j] for j in range(1, k + 1)), left[0] * right[k]) for k in range(len(left))
    )
