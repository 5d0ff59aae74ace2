"""Arb balls: each result contains the exact value for every choice of points in the operands.

A ball from which nothing follows (the logarithm of a ball that reaches 0, a quotient by one) is NaN: no
sign is certified from it. Signs are read with ``sign``, never with ``==``.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import ClassVar, Literal

from flint import arb, ctx, fmpq

from ncproofs.errors import InvalidProblem
from ncproofs.truth import Rigor, Truth

__all__ = [
    "LADDER",
    "Ball",
    "ball_of",
    "bracket_root",
    "certified_negative",
    "certified_positive",
    "sign",
    "sign_truth",
]

#: Precisions, in bits, at which a question is asked until one of them decides it.
LADDER = (64, 128, 256, 512)

_GUARD = 32


@dataclass(frozen=True)
class Ball:
    """The arithmetic of Arb balls at ``bits`` bits, as ``Program.run`` needs it.

    Each operation sets the precision itself; inside ``with ball.working():`` that costs nothing.
    """

    bits: int
    rigor: ClassVar[Rigor] = Rigor.ENCLOSED

    def __post_init__(self) -> None:
        if isinstance(self.bits, bool) or not isinstance(self.bits, int) or not 2 <= self.bits <= 10**6:
            raise InvalidProblem(f"bits={self.bits!r} given, but a whole number between 2 and 10^6 is needed")

    def working(self) -> AbstractContextManager[object]:
        """A block in which flint's own operators work at this precision; the old one comes back after it."""
        return ctx.workprec(self.bits)

    def constant(self, value: Fraction | int) -> arb:
        if ctx.prec == self.bits:
            return arb(fmpq(value.numerator, value.denominator))
        with self.working():
            return arb(fmpq(value.numerator, value.denominator))

    def add(self, left: arb, right: arb) -> arb:
        if ctx.prec == self.bits:
            return left + right
        with self.working():
            return left + right

    def multiply(self, left: arb, right: arb) -> arb:
        if ctx.prec == self.bits:
            return left * right
        with self.working():
            return left * right

    def divide(self, left: arb, right: arb) -> arb:
        """NaN when the divisor contains 0."""
        if ctx.prec == self.bits:
            return left / right
        with self.working():
            return left / right

    def exp(self, value: arb) -> arb:
        if ctx.prec == self.bits:
            return value.exp()
        with self.working():
            return value.exp()

    def log(self, value: arb) -> arb:
        """NaN when the ball reaches 0 or below."""
        if ctx.prec == self.bits:
            return value.log()
        with self.working():
            return value.log()

    def integer_power(self, base: arb, exponent: int) -> arb:
        """``base**exponent``; an even power of a ball around 0 lies in [0, (largest magnitude)^exponent]."""
        if ctx.prec == self.bits:
            return _integer_power(base, exponent)
        with self.working():
            return _integer_power(base, exponent)

    def real_power(self, base: arb, exponent: arb) -> arb:
        """``base**exponent`` where it is real: base > 0, or base >= 0 with exponent > 0, or a whole exponent.

        A base that is known only to lie in [-e, u] gives the values over its part [0, u], that is
        [0, u^exponent]; a base that is certainly negative gives NaN.
        """
        if ctx.prec == self.bits:
            return _real_power(base, exponent)
        with self.working():
            return _real_power(base, exponent)


def _integer_power(base: arb, exponent: int) -> arb:
    if exponent < 0:
        return arb(1) / _integer_power(base, -exponent)
    if exponent == 0:  # x^0 = 1 only where x itself is defined
        return arb(1) if base.is_finite() else arb.nan()
    if base.is_nan():
        return base
    if exponent % 2 == 0 and base.contains(0) and not base.is_zero():
        return arb(0).union(_integer_power(base.abs_upper(), exponent))
    # Not `base**exponent`: flint's power of a ball centred at 0 is NaN.
    result, square = arb(1), base
    while exponent:
        if exponent & 1:
            result = result * square
        exponent >>= 1
        if exponent:
            square = square * square
    return result


def _real_power(base: arb, exponent: arb) -> arb:
    if base > 0:
        return (exponent * base.log()).exp()
    if exponent.is_exact() and exponent.is_integer() and abs(exponent) < 2**31:
        return _integer_power(base, int(exponent.fmpz()))
    if base < 0 or base.is_nan() or not exponent >= 0:
        return arb.nan()
    top = base.upper()
    if exponent > 0:
        if base.is_zero() or not top > 0:
            return arb(0)
        return arb(0).union((exponent * top.log()).exp().upper())
    # An exponent that may be 0 adds the value 0^0 = 1.
    largest = (exponent * top.log()).exp().upper() if top > 0 else arb(1)
    return arb(0).union(arb(1)).union(largest)


def ball_of(value: Fraction | int, bits: int) -> arb:
    """A ball at ``bits`` bits that contains the rational ``value``."""
    return Ball(bits).constant(value)


def sign(value: arb) -> Literal[-1, 0, 1] | None:
    """+1 or -1 when every point of the ball has that sign, 0 for the exact number 0, None when undecided."""
    if value > 0:
        return 1
    if value < 0:
        return -1
    return 0 if value.is_zero() else None


def sign_truth(value: arb, relation: Literal[">", ">=", "<", "<="]) -> Truth:
    """Whether ``value relation 0``; undecided when the ball does not say."""
    signed = -value if relation.startswith("<") else value
    strict = not relation.endswith("=")
    if signed > 0 or (not strict and signed >= 0):
        return Truth.HOLDS
    if signed < 0 or (strict and signed <= 0):
        return Truth.FAILS
    return Truth.UNDECIDED


def certified_positive(value: arb) -> bool:
    """True is a proof of ``value > 0``; False says nothing."""
    return bool(value > 0)


def certified_negative(value: arb) -> bool:
    """True is a proof of ``value < 0``; False says nothing."""
    return bool(value < 0)


def bracket_root(f: Callable[[arb], arb], lo: Fraction, hi: Fraction, bits: int) -> arb | None:
    """A ball around a zero of the continuous ``f`` in (lo, hi), or None when no sign change is certified.

    ``f`` maps a ball to a ball that contains its values there, and is continuous on [lo, hi]; nothing is said
    about uniqueness. The ball is as thin as the signs of ``f`` at ``bits`` + 32 bits allow.

    Method: quadratic interval refinement. The secant point picks one cell of a grid of N; when the signs at
    the cell's ends differ, N is squared, otherwise the interval is halved and N is reduced.
    """
    if not lo < hi:
        raise InvalidProblem(f"lo={lo}, hi={hi} given, but lo < hi is needed")
    with ctx.workprec(bits + _GUARD):
        left, right = ball_of(lo, bits + _GUARD), ball_of(hi, bits + _GUARD)
        at_left, at_right = sign(f(left)), sign(f(right))
        if at_left is None or at_right is None or at_left * at_right != -1:
            return None
        left, right = _refine(f, left, right, at_left, bits)
    with ctx.workprec(bits):
        return left.union(right)


def _refine(f: Callable[[arb], arb], left: arb, right: arb, at_left: int, bits: int) -> tuple[arb, arb]:
    """Shrink [left, right], keeping certified opposite signs at both ends; equal ends are an exact zero."""
    cells = 4
    # A zero at 0 has no relative precision: there the interval stops at 2^(-2 bits) times the first one.
    finest = (right - left).upper() * arb(2) ** (-2 * bits)
    while (right - left).upper() > finest.max(_magnitude(left, right) * arb(2) ** (-bits - 2)):
        narrowed = _cell(f, left, right, at_left, cells)
        if narrowed is None:
            cells = max(4, isqrt(cells))
            narrowed = _halved(f, left, right, at_left)
        else:
            cells = min(cells * cells, 2**bits)
        if narrowed is None:
            return left, right
        left, right = narrowed
    return left, right


def _magnitude(left: arb, right: arb) -> arb:
    return left.abs_upper().max(right.abs_upper())


def _cell(f: Callable[[arb], arb], left: arb, right: arb, at_left: int, cells: int) -> tuple[arb, arb] | None:
    """The grid cell at the secant point, or None when its ends do not have certified opposite signs."""
    low, high = f(left).mid(), f(right).mid()
    width = right - left
    share = low / (low - high)
    if not share.is_finite():
        return None
    index = min(max(int((share * cells).mid().floor().fmpz()), 0), cells - 1)
    ends = []
    for position, end in ((index, left), (index + 1, right)):
        inner = 0 < position < cells
        point = (left + width * position / cells).mid() if inner else end
        side = sign(f(point))
        if side == 0:
            return point, point
        if side is None or (inner and not (point > left and point < right)):
            return None
        ends.append((point, side))
    (first, side_first), (second, side_second) = ends
    if side_first == at_left and side_second == -at_left and first < second:
        return first, second
    return None


def _halved(f: Callable[[arb], arb], left: arb, right: arb, at_left: int) -> tuple[arb, arb] | None:
    """Split at the first of three inner points whose sign is certified; None when none is."""
    for numerator in (4, 3, 5):  # a zero may sit on the midpoint, where no precision decides the sign
        point = (left + (right - left) * numerator / 8).mid()
        if not (point > left and point < right):
            continue
        side = sign(f(point))
        if side == 0:
            return point, point
        if side is not None:
            return (point, right) if side == at_left else (left, point)
    return None
