"""Signs on a domain, roots and identities: what ``sign/1``, ``root/1`` and ``identity/1`` mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

from ncproofs.proof.checker_algebra import Field
from ncproofs.proof.checker_arithmetic import Budget, Intervals, Limit, Rejected, Series, evaluate
from ncproofs.proof.checker_reading import definitions, expression, flag, listed, mentions, name, need, rational, whole

Target = Callable[[Any, dict[str, Any]], Any]


def target_of(lets: list[tuple[str, Any]], body: Any) -> Target:
    def value(algebra: Any, env: dict[str, Any]) -> Any:
        env = dict(env)
        for key, part in lets:
            if key in env:
                raise Rejected(f"{key} is defined twice")
            env[key] = evaluate(part, env, algebra)
        return evaluate(body, env, algebra)
    return value


class Range:
    """A variable with its ends (expressions, or None)."""

    def __init__(self, value: Any) -> None:
        keys = ("name", "lower", "upper", "lower_open", "upper_open", "integer")
        called, low, high, low_open, high_open, integer = need(value, *keys)
        self.name, self.integer = name(called), flag(integer)
        self.ends = [None if end is None else expression(end) for end in (low, high)]
        self.open = [flag(low_open), flag(high_open)]

    def between(self, low: Any, high: Any) -> Range:
        """The closed range whose ends are these, or the present ones where None."""
        made = Range.__new__(Range)
        made.name, made.integer = self.name, self.integer
        made.ends = [low or self.ends[0], high or self.ends[1]]
        made.open = [self.open[0] and low is None, self.open[1] and high is None]
        return made


def domain(value: Any) -> list[Range]:
    found = [Range(item) for item in listed(value)]
    if len({span.name for span in found}) < len(found):
        raise Rejected("a variable is declared twice")
    return found


def derived(target: Target, variable: str, order: int, at: Any = None) -> Target:
    """The coefficient of s^order of the target with ``variable`` + s for it, at the expression ``at`` if given."""
    def value(algebra: Any, env: dict[str, Any]) -> Any:
        series = Series(algebra, order)
        lifted = {key: series.constant(entry) for key, entry in env.items()}
        middle = env[variable] if at is None else evaluate(at, env, algebra)
        lifted[variable] = series.constant(middle, 1)
        return target(series, lifted)[order]
    return value


def negated(target: Target) -> Target:
    return lambda algebra, env: algebra.neg(target(algebra, env))


@dataclass(frozen=True)
class Goal:
    """``target`` is defined on the domain, and has a sign there of at least ``least``: 2 positive, 1 nonnegative."""

    ranges: tuple[Range, ...]
    target: Target
    least: int
    budget: Budget

    def over(self, place: int, *spans: Range) -> Goal:
        """The same with ``spans`` in place of one range."""
        return replace(self, ranges=(*self.ranges[:place], *spans, *self.ranges[place + 1 :]))

    def place_of(self, variable: Any) -> int:
        for place, span in enumerate(self.ranges):
            if span.name == variable:
                return place
        raise Rejected("the witness names no variable of the domain")


def prove(goal: Goal, witness: Any) -> None:
    """Return only if the goal is shown.

    Raises:
        Rejected: it is not. Limit: the witness asks for too much.
    """
    methods = {"coefficients": _coefficients, "split": _split, "taylor": _taylor, "cuts": _cuts}
    method = witness.get("method") if isinstance(witness, dict) else None
    if not isinstance(method, str) or method not in methods:
        raise Rejected("the witness names no known method")
    methods[method](goal, {key: value for key, value in witness.items() if key != "method"})


def _orthant(ranges: tuple[Range, ...]) -> Iterator[tuple[str, ...]]:
    """For each variable how it is written over nonnegative parameters; together they cover the domain."""
    options = []
    for span in ranges:
        low, high = span.ends
        if low is None or high is None:
            options.append(["free" if low is high else "up" if high is None else "down"])
        elif low == high and not any(span.open):
            options.append(["lower"])
        else:
            options.append(["inside"] if span.open[1] else ["inside", "upper"])
    if prod(map(len, options)) > 256:
        raise Limit("more than 256 pieces of a domain")
    return product(*options)


def _image(field: Any, span: Range, kind: str, env: dict[str, Any]) -> Any:
    """The variable over one more parameter s >= 0, or s > 0 where the end at s = 0 is open."""
    if kind == "free":
        return field.generator(0)
    low, high = (None if end is None else evaluate(end, env, field) for end in span.ends)
    if kind in ("lower", "upper"):
        return low if kind == "lower" else high
    s = field.generator(2 if span.open[1 if kind == "down" else 0] else 1)
    if kind == "up":
        return field.add(low, s)
    if kind == "down":
        return field.sub(high, s)
    return field.div(field.add(low, field.mul(high, s)), field.add(field.number(Fraction(1)), s))


def _coefficients(goal: Goal, witness: Any) -> None:
    over, scale, above, logs, polya = need(witness, "over", "scale", "above_one", "whole_logs", "polya")
    over, scale, polya = expression(over), whole(scale, 1, 10**6), whole(polya, 0, 8)
    for kinds in _orthant(goal.ranges):
        field = Field(goal.budget, proving=True, above_one=flag(above), whole_logs=flag(logs))
        env: dict[str, Any] = {}
        for span, kind in zip(goal.ranges, kinds, strict=True):
            env[span.name] = _image(field, span, kind, env)
        common = evaluate(over, env, field)
        if field.sign(common) != 2:
            raise Rejected("`over` is not shown to be positive")
        field.set_over(common, scale)
        if field.sign(goal.target(field, env), polya) < goal.least:
            raise Rejected("the coefficients do not all have the sign that is claimed")


def _split(goal: Goal, witness: Any) -> None:
    variable, at, parts = need(witness, "variable", "at", "parts")
    points, place = [rational(point) for point in listed(at)], goal.place_of(variable)
    span = goal.ranges[place]
    if sorted(set(points)) != points or (span.integer and any(point.denominator > 1 for point in points)):
        raise Rejected("the points of a split must increase, and be integers for an integer variable")
    lows = [None, *(str(point + 1 if span.integer else point) for point in points)]
    highs = [*map(str, points), None]
    for low, high, part in zip(lows, highs, listed(parts, len(points) + 1), strict=True):
        prove(goal.over(place, span.between(low, high)), part)


def _taylor(goal: Goal, witness: Any) -> None:
    variable, end, order, start, rest = need(witness, "variable", "end", "order", "start", "rest")
    place, order = goal.place_of(variable), whole(order, 1, 6)
    span, side = goal.ranges[place], {"lower": 0, "upper": 1}[end] if end in ("lower", "upper") else 2
    if side == 2 or span.ends[side] is None or any(mentions(e, variable) for r in goal.ranges for e in r.ends):
        raise Rejected("Taylor's formula needs a finite end, and no other range that uses its variable")
    positive = goal.least == 1
    for j, witnessed in enumerate([*listed(start, order), rest]):
        part = derived(goal.target, variable, j, span.ends[side] if j < order else None)
        if side and j % 2:  # (x - a)^j has this sign below a
            part = negated(part)
        there = replace(goal.over(place) if j < order else goal, target=part)
        try:
            prove(replace(there, least=2), witnessed)
            positive = positive or j == 0 or span.open[side]
        except Rejected:
            prove(replace(there, least=1), witnessed)
    if not positive:
        raise Rejected("Taylor's formula gives nonnegative, not positive")


def _cuts(goal: Goal, witness: Any) -> None:
    bits, cuts = need(witness, "bits", "cuts")
    balls = Intervals(whole(bits, 64, 4096), goal.budget)
    box: list[tuple[int, int]] = []
    for span in goal.ranges:
        if None in span.ends:
            raise Rejected("branch and bound needs finite ends")
        low, high = (evaluate(end, {}, balls) for end in span.ends)
        if low[0] > high[1]:
            raise Rejected("a range whose ends are the wrong way round")
        box.append((low[0], high[1]))
    stack = [tuple(box)]
    for item in listed(cuts):
        if not stack:
            raise Rejected("a tree of cuts with a leaf too many")
        top = stack.pop()
        if isinstance(item, list):
            axis, at = whole(listed(item, 2)[0], 0, len(box) - 1), balls.number(rational(item[1]))
            if not top[axis][0] <= at[0] <= at[1] <= top[axis][1]:
                raise Rejected("a cut outside its box")
            for side in ((at[0], top[axis][1]), (top[axis][0], at[1])):
                stack.append((*top[:axis], side, *top[axis + 1 :]))
        elif _leaf(goal, item, balls, tuple(box), top)[0] < goal.least - 1:
            raise Rejected("a leaf on which the sign is not shown")
    if stack:
        raise Rejected("a tree of cuts with a leaf missing")


def _leaf(goal: Goal, item: Any, balls: Intervals, whole_box: Any, box: Any) -> Any:
    """An interval, in units of 2^-bits, whose lower end bounds the target on the box or has its sign."""
    env = {span.name: side for span, side in zip(goal.ranges, box, strict=True)}
    if item == "n":
        return goal.target(balls, env)
    if item == "m":
        middle = {key: ((low + high) // 2,) * 2 for key, (low, high) in env.items()}
        total = goal.target(balls, middle)
        for key in env:
            shift = balls.sub(env[key], middle[key])
            total = balls.add(total, balls.mul(derived(goal.target, key, 1)(balls, env), shift))
        return total
    if not isinstance(item, str) or not re.match(r"[ab][1-6]\Z", item) or len(goal.ranges) != 1:
        raise Rejected("an unknown leaf")
    side, order, (span,) = "ab".index(item[0]), int(item[1]), goal.ranges
    if box[0][side] != whole_box[0][side] or (goal.least == 2 and not span.open[side]):
        raise Rejected("a Taylor leaf away from its end, or at a closed end of a strict claim")
    for j in range(order):
        field = Field(goal.budget, proving=True)
        if not field.vanishes(derived(goal.target, span.name, j, span.ends[side])(field, {})[0]):
            raise Rejected("a coefficient of a Taylor leaf is not shown to vanish")
    value = derived(goal.target, span.name, order)(balls, env)
    return balls.neg(value) if side and order % 2 else value


def sign(statement: list[Any], witness: Any, budget: Budget) -> None:
    """``expression`` is defined and > 0 (>= 0) on the domain."""
    where, lets, body, relation = statement
    if relation not in (">", ">="):
        raise Rejected("the relation is > or >=")
    target = target_of(definitions(lets), expression(body))
    prove(Goal(tuple(domain(where)), target, 2 if relation == ">" else 1, budget), witness)


def root(statement: list[Any], witness: Any, budget: Budget) -> None:
    """``expression`` is defined on the open interval and has exactly one zero there."""
    variable, low, high, lets, body = statement
    span = Range({"name": variable, "lower": low, "upper": high, "lower_open": True, "upper_open": True,
                  "integer": False})
    bits, points, rising, slope = need(witness, "bits", "points", "rising", "slope")
    balls = Intervals(whole(bits, 64, 4096), budget)
    p, q = (balls.number(rational(point)) for point in listed(points, 2))
    ends = [None if end is None else evaluate(end, {}, balls) for end in span.ends]
    if not p[1] < q[0] or (ends[0] and not ends[0][1] < p[0]) or (ends[1] and not q[1] < ends[1][0]):
        raise Rejected("lower < p < q < upper is not shown")
    target = target_of(definitions(lets), expression(body))
    if not flag(rising):
        target = negated(target)
    if not target(balls, {span.name: p})[1] < 0 < target(balls, {span.name: q})[0]:
        raise Rejected("no change of sign between the two points")
    prove(Goal((span,), derived(target, span.name, 1), 2, budget), slope)


def identity(statement: list[Any], witness: Any, budget: Budget) -> None:
    """left = right at every point of the domain at which both are defined."""
    where, lets, left, right = statement
    over, scale = need(witness, "over", "scale")
    over, ranges = expression(over), tuple(domain(where))
    if over != "1":
        plain = {"method": "coefficients", "over": "1", "scale": 1, "above_one": False, "whole_logs": False, "polya": 0}
        prove(Goal(ranges, target_of([], over), 2, budget), plain)
    field = Field(budget, proving=False)
    env: dict[str, Any] = {}
    for span in ranges:
        low = 0 if span.ends[0] is None else field.sign(evaluate(span.ends[0], env, field))
        env[span.name] = field.generator(0 if low < 1 else 2 if span.open[0] else low)
    field.set_over(evaluate(over, env, field), whole(scale, 1, 10**6))
    shared = definitions(lets)
    sides = [target_of(shared, expression(side))(field, env) for side in (left, right)]
    if not field.vanishes(field.sub(*sides)[0]):
        raise Rejected("the two sides have different normal forms")
