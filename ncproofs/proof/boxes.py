r"""Signs and roots on compact intervals, by branch and bound in balls.

A box is kept or dropped by a certified sign: of the natural extension, or of the mean value form
f(m) + f'(X)(X - m). Next to an end where f vanishes exactly, f has the sign of its first derivative that
does not vanish there, once that sign is certified on the whole end box (Taylor with Lagrange remainder).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import flint
import sympy
from flint import arb

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.enclosure import exact_bounds
from ncproofs.arithmetic.program import Program, lower
from ncproofs.errors import NcproofsError
from ncproofs.proof.domain import Domain
from ncproofs.proof.normal_form import normal_form
from ncproofs.proof.orthant import positivity
from ncproofs.proof.points import ball_of

__all__ = ["DefinedBall", "Remainder", "Roots", "isolate_roots", "positive_on", "trimmed"]

Box = tuple[tuple[arb, arb], ...]
_DEEPEST = 60


@dataclass(frozen=True)
class Remainder:
    """Why a branch and bound did not finish: a refuting point, or the first box left over."""

    place: str
    value: str = ""

    @property
    def refuted(self) -> bool:
        return bool(self.value)


@dataclass(frozen=True)
class Roots:
    """Enclosures with exactly one simple root each, and the intervals about which nothing is known."""

    isolated: tuple[arb, ...]
    unresolved: tuple[tuple[arb, arb], ...]


class DefinedBall(Ball):
    """Balls in which a power is NaN unless its base is certainly in the domain, as a logarithm is."""

    def real_power(self, base: arb, exponent: arb) -> arb:
        whole = exponent.is_exact() and exponent.is_integer()
        return super().real_power(base, exponent) if whole or base >= 0 else arb.nan()


class _Function:
    """An expression and its gradient as one program in balls."""

    def __init__(self, expression: sympy.Expr, symbols: Sequence[sympy.Symbol], bits: int) -> None:
        partial = [sympy.diff(expression, symbol) for symbol in symbols]
        self.names = [symbol.name for symbol in symbols]
        self.value_only: Program = lower([expression], symbols)
        self.all: Program = lower([expression, *partial], symbols)
        self.ball = DefinedBall(bits)

    def at(self, point: Sequence[arb]) -> arb:
        value: arb = self.value_only.run(self.ball, dict(zip(self.names, point, strict=True)))[0]
        return value

    def over(self, box: Box) -> tuple[arb, arb]:
        """The natural extension and the mean value form on ``box``."""
        sides = [low.union(high) for low, high in box]
        natural, *slopes = self.all.run(self.ball, dict(zip(self.names, sides, strict=True)))
        middle = [side.mid() for side in sides]
        mean = self.at(middle)
        for slope, side, point in zip(slopes, sides, middle, strict=True):
            mean = mean + slope * (side - point)
        return natural, mean


def positive_on(
    expression: sympy.Expr,
    symbols: Sequence[sympy.Symbol],
    ends: Sequence[tuple[sympy.Expr, sympy.Expr]],
    *,
    strict: bool,
    open_ends: tuple[bool, bool],
    ladder: Sequence[int],
    boxes: int,
) -> Remainder | None:
    """None when ``expression`` > 0 (>= 0 if not ``strict``) is certified between ``ends``; else what is left.

    With one variable, an exact zero at an end is accepted there when that end is open or the relation is
    not strict.

    Raises:
        InvalidLoss: an operation that cannot be evaluated in balls.
    """
    left: Remainder | None = None
    for bits in ladder:
        with flint.ctx.workprec(bits):
            function = _Function(expression, symbols, bits)
            box = tuple((ball_of(low).lower(), ball_of(high).upper()) for low, high in ends)
            if len(symbols) == 1:
                skip = tuple(strict and not is_open for is_open in open_ends)
                box = trimmed(expression, symbols[0], ends[0], box[0], (skip[0], skip[1]))
                if not box:
                    return None
            left = _search(function, symbols, box, boxes, strict=strict)
        if left is None or left.refuted:
            return left
    return left


def _search(
    function: _Function, symbols: Sequence[sympy.Symbol], start: Box, boxes: int, *, strict: bool
) -> Remainder | None:
    stack: list[tuple[Box, int]] = [(start, 0)]
    opened = 0
    while stack:
        box, depth = stack.pop()
        opened += 1
        natural, mean = function.over(box)
        if any(value > 0 or (not strict and value >= 0) for value in (natural, mean)):
            continue
        middle = [((low + high) / 2).mid() for low, high in box]
        value = function.at(middle)
        inside = all(point > low and point < high for point, (low, high) in zip(middle, box, strict=True))
        if inside and (value < 0 or (strict and value <= 0)):
            place = ", ".join(f"{s} = {_spelled(m)}" for s, m in zip(symbols, middle, strict=True))
            return Remainder(place, value.str(20))
        if depth > _DEEPEST or opened > boxes or not inside:
            place = ", ".join(
                f"{s} in [{low.str(12, radius=False)}, {high.str(12, radius=False)}]"
                for s, (low, high) in zip(symbols, box, strict=True)
            )
            return Remainder(place)
        widest = max(range(len(box)), key=lambda i: exact_bounds(box[i][1] - box[i][0])[1])
        for side in ((box[widest][0], middle[widest]), (middle[widest], box[widest][1])):
            stack.append(((*box[:widest], side, *box[widest + 1 :]), depth + 1))
    return None


def _spelled(point: arb) -> Fraction:
    return exact_bounds(point)[0]


def trimmed(
    expression: sympy.Expr,
    symbol: sympy.Symbol,
    ends: tuple[sympy.Expr, sympy.Expr],
    box: tuple[arb, arb],
    skip: tuple[bool, bool],
) -> Box:
    """The interval without the end boxes on which Taylor already certifies positivity; () when nothing is
    left.

    ``skip`` names the ends (lower, upper) that are left as they are.
    """
    low, high = box
    width = high - low
    for which, end in enumerate(ends):
        order = 0 if skip[which] else _order_of_zero(expression, symbol, end)
        if not order:
            continue
        derivative = sympy.diff(expression, symbol, order)
        signed = derivative * (-1) ** order if which else derivative
        function = _Function(signed, [symbol], flint.ctx.prec)
        for halvings in range(0, 24, 2):
            step = (width * arb(2) ** -halvings).mid()
            cut = (high - step).mid() if which else (low + step).mid()
            piece = (cut, high) if which else (low, cut)
            if _search(function, [symbol], (piece,), 40, strict=True) is None:
                low, high = (low, cut) if which else (cut, high)
                break
        if not low < high:
            return ()
    return ((low, high),)


def _order_of_zero(expression: sympy.Expr, symbol: sympy.Symbol, end: sympy.Expr) -> int:
    """The order (at most 6) of an exact zero at ``end``; 0 when the value there is not shown to vanish."""
    for order in range(7):
        value = (sympy.diff(expression, symbol, order) if order else expression).subs(symbol, end)
        if value.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I):
            return 0
        try:
            space, forms = normal_form([value], [], positivity(Domain()), spare=4)
            if not space.vanishes(forms[0].num):
                return order
        except NcproofsError:
            return 0
    return 0


def isolate_roots(
    f: Callable[[arb], arb], df: Callable[[arb], arb], lo: arb, hi: arb, bits: int, boxes: int
) -> Roots:
    """Every root of ``f`` in [lo, hi], isolated; ``df`` encloses the derivative over a ball.

    An interval is resolved when f has no zero there, or df has one sign and f certified signs at both ends.
    """
    found: list[arb] = []
    unresolved: list[tuple[arb, arb]] = []
    with flint.ctx.workprec(bits + 20):
        stack = [(lo.mid(), hi.mid())]
        opened = 0
        while stack:
            low, high = stack.pop()
            opened += 1
            whole = low.union(high)
            value, slope, middle = f(whole), df(whole), whole.mid()
            mean = f(middle) + slope * (whole - middle)
            if any(ball > 0 or ball < 0 for ball in (value, mean)):
                continue
            ends = _sign(f(low)) * _sign(f(high))
            if (slope > 0 or slope < 0) and ends and value.is_finite():  # finite all over: continuous
                if ends < 0:
                    found.append(_refined(f, low, high, bits))
                continue
            cut = _certain_cut(f, low, high)
            if cut is None or opened > boxes or high - low < arb(2) ** -bits:
                unresolved.append((low, high))
                continue
            stack += [(cut, high), (low, cut)]
    return Roots(tuple(found), tuple(unresolved))


def _sign(value: arb) -> int:
    return 1 if value > 0 else -1 if value < 0 else 0


def _certain_cut(f: Callable[[arb], arb], low: arb, high: arb) -> arb | None:
    """A point inside (low, high) at which f certainly does not vanish."""
    for share in (8, 7, 9, 5, 11):
        point = (low + (high - low) * share / 16).mid()
        if low < point and point < high and _sign(f(point)):
            return point
    return None


def _refined(f: Callable[[arb], arb], low: arb, high: arb, bits: int) -> arb:
    rising = f(high) > 0
    while not high - low < arb(2) ** -bits:
        cut = _certain_cut(f, low, high)
        if cut is None:
            break
        if (f(cut) > 0) == rising:
            high = cut
        else:
            low = cut
    return low.union(high)
