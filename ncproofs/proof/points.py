"""Exact points of a domain, and refutation: a value there that certainly breaks the statement."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import flint
import sympy
from flint import arb, fmpq

from ncproofs.errors import NcproofsError, OutOfScope
from ncproofs.proof.discharge import Effort
from ncproofs.proof.domain import Domain, Range, check_assumptions
from ncproofs.truth import Rigor

__all__ = ["Refutation", "ball_of", "breaking_point", "completed", "nonzero_point", "sample"]

_STEPS = tuple(
    map(Fraction, ("1", "1/2", "2", "1/3", "3", "1/10", "5", "10", "1/100", "20", "100", "1/1000", "1000"))
)
_SHARES = tuple(
    map(Fraction, ("1/2", "1/3", "2/3", "1/10", "9/10", "1/100", "99/100", "1/1000", "999/1000", "3/8"))
)
_LEAPS = (0, 1, 2, 3, 5, 8, 16, 98, 998)


@dataclass(frozen=True)
class Refutation:
    """An exact point and the value found there."""

    place: str
    value: str
    rigor: Rigor


def ball_of(value: sympy.Expr) -> arb:
    """A ball around a constant expression, at the current precision.

    Raises:
        OutOfScope: a symbol, a complex number or a function other than exp and log.
    """
    if value.is_Rational:
        return arb(fmpq(int(value.p), int(value.q)))
    if value is sympy.pi:
        return arb.pi()
    if value is sympy.E:
        return arb(1).exp()
    parts = [ball_of(part) for part in value.args]
    if value.is_Add:
        return sum(parts[1:], parts[0])
    if value.is_Mul:
        product = parts[0]
        for part in parts[1:]:
            product = product * part
        return product
    if isinstance(value, sympy.exp):
        return parts[0].exp()
    if isinstance(value, sympy.log):
        return parts[0].log()
    if value.is_Pow and parts:
        exponent = value.args[1]
        if exponent.is_Integer:
            return parts[0] ** int(exponent)
        return parts[0] ** parts[1] if parts[0] > 0 else arb.nan()
    raise OutOfScope(f"{value} is not a real constant made of + * / powers, exp and log")


def completed(domain: Domain, *expressions: sympy.Expr) -> Domain:
    """``domain`` with a range, read off the symbol's assumptions, for every symbol that has none."""
    for symbol, span in domain:
        check_assumptions(symbol, span)
    declared = {symbol for symbol, _ in domain}
    free = set().union(*(expression.free_symbols for expression in expressions)) if expressions else set()
    extra = tuple((symbol, _assumed(symbol)) for symbol in sorted(free - declared, key=sympy.srepr))
    return Domain(tuple((symbol, _closed(span)) for symbol, span in domain) + extra)


def _closed(span: Range) -> Range:
    """Integers in (0, 5) are the integers in [1, 4]."""
    if not span.integer:
        return span
    if span.lower_open and span.lower is not None and span.lower.is_Integer:
        span = replace(span, lower=span.lower + 1, lower_open=False)
    if span.upper_open and span.upper is not None and span.upper.is_Integer:
        span = replace(span, upper=span.upper - 1, upper_open=False)
    return span


def _assumed(symbol: sympy.Symbol) -> Range:
    whole, zero = bool(symbol.is_integer), sympy.Integer(0)
    if symbol.is_positive:
        return Range(sympy.Integer(1), None, integer=True) if whole else Range(zero, None, lower_open=True)
    if symbol.is_nonnegative:
        return Range(zero, None, integer=whole)
    if symbol.is_negative:
        return Range(None, sympy.Integer(-1) if whole else zero, upper_open=not whole, integer=whole)
    return Range(None, None, integer=whole)


def _rational(value: Fraction | int) -> sympy.Rational:
    value = Fraction(value)
    return sympy.Rational(value.numerator, value.denominator)


def _candidates(span: Range, place: dict[sympy.Symbol, sympy.Expr]) -> list[sympy.Expr]:
    low = None if span.lower is None else span.lower.subs(place)
    high = None if span.upper is None else span.upper.subs(place)
    if span.integer:
        values = _whole(low, high)
        values = [v for v in values if not (span.lower_open and v == low) and not (span.upper_open and v == high)]
    elif low is not None and high is not None:
        ends = [] if span.lower_open else [low]
        ends += [] if span.upper_open else [high]
        grid = [Fraction(j, 32) for j in range(1, 32)]
        values = [low + (high - low) * _rational(share) for share in (*_SHARES, *grid)] + ends
    elif low is not None:
        values = ([] if span.lower_open else [low]) + [low + _rational(step) for step in _STEPS]
    elif high is not None:
        values = ([] if span.upper_open else [high]) + [high - _rational(step) for step in _STEPS]
    else:
        values = [sign * _rational(step) for step in _STEPS for sign in (1, -1)] + [sympy.Integer(0)]
    return values


def _whole(low: sympy.Expr | None, high: sympy.Expr | None) -> list[sympy.Expr]:
    if low is None:
        start = sympy.Integer(0) if high is None else sympy.floor(high)
        return [start - leap for leap in _LEAPS] + ([start + leap for leap in _LEAPS] if high is None else [])
    start = sympy.ceiling(low)
    top = None if high is None else sympy.floor(high)
    return [start + leap for leap in _LEAPS if top is None or start + leap <= top]


def sample(domain: Domain, count: int, seed: int) -> Iterator[dict[sympy.Symbol, sympy.Expr]]:
    """At most ``count`` exact points of ``domain``: first simple ones, then seeded mixtures."""
    generator = random.Random(seed)
    for turn in range(count):
        place: dict[sympy.Symbol, sympy.Expr] = {}
        for symbol, span in domain:
            values = _candidates(span, place)
            if not values or not _nonempty(span, place):
                place = {}
                break
            place[symbol] = values[turn] if turn < len(values) and turn % 2 == 0 else generator.choice(values)
            if len(domain.ranges) == 1:
                place[symbol] = values[turn % len(values)]
        if place or not domain.ranges:
            yield place
        if not domain.ranges:
            return


def _nonempty(span: Range, place: dict[sympy.Symbol, sympy.Expr]) -> bool:
    if span.lower is None or span.upper is None:
        return True
    gap = (span.upper - span.lower).subs(place)
    try:
        with flint.ctx.workprec(128):
            ball = ball_of(gap)
    except NcproofsError:
        return False
    return bool(ball > 0) or (gap == 0 and not span.lower_open and not span.upper_open)


def breaking_point(
    expression: sympy.Expr, domain: Domain, effort: Effort, breaks: Callable[[arb], bool], count: int = 120
) -> Refutation | None:
    """The first sampled point at which ``breaks`` holds for a ball around ``expression``."""
    for place in sample(domain, count, effort.seed):
        value = expression.subs(place, simultaneous=True) if place else expression
        if value.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I):
            continue
        shown = _broken(value, effort, breaks)
        if shown is not None:
            where = (
                ", ".join(f"{symbol} = {exact}" for symbol, exact in place.items()) or "the constants given"
            )
            return Refutation(where, *shown)
    return None


def _broken(value: sympy.Expr, effort: Effort, breaks: Callable[[arb], bool]) -> tuple[str, Rigor] | None:
    for bits in effort.ladder:
        try:
            with flint.ctx.workprec(bits):
                ball = ball_of(value)
                if not ball.is_finite():
                    return None
                if breaks(ball):
                    if value.is_Rational:
                        short = max(int(value.p).bit_length(), int(value.q).bit_length()) < 200
                        return str(value) if short else ball.str(20), Rigor.EXACT
                    return ball.str(20), Rigor.ENCLOSED
        except NcproofsError:
            return None
    return None


def nonzero_point(expression: sympy.Expr, domain: Domain, effort: Effort) -> Refutation | None:
    """A point of ``domain`` at which ``expression`` is certainly not zero."""
    return breaking_point(expression, domain, effort, lambda ball: bool(ball > 0) or bool(ball < 0))
