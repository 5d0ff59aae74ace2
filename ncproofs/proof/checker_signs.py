"""Signs on a domain, roots and identities: what ``sign/1``, ``root/1`` and ``identity/1`` mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

from ncproofs.proof.checker_algebra import Field
from ncproofs.proof.checker_arithmetic import Budget, Intervals, Limit, Rejected, Series, evaluate
from ncproofs.proof.checker_reading import expression, flag, listed, mentions, name, need, rational, whole

Target = Callable[[Any, dict[str, Any]], Any]


@dataclass(frozen=True)
class Range:
    """A variable with its ends (expressions, or None)."""

    name: str
    integer: bool
    ends: tuple[Any, Any]
    open: tuple[bool, bool]


def domain(value: Any) -> tuple[Range, ...]:
    found = []
    for item in listed(value):
        called, low, high, *flags = need(item, "name", "lower", "upper", "lower_open", "upper_open", "integer")
        ends = (None if low is None else expression(low), None if high is None else expression(high))
        low_open, high_open, integer = map(flag, flags)
        found.append(Range(name(called), integer, ends, (low_open, high_open)))
    if len({span.name for span in found}) < len(found):
        raise Rejected("a variable is declared twice")
    return tuple(found)


def target_of(body: Any) -> Target:
    body = expression(body)
    return lambda algebra, env: evaluate(body, env, algebra)


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
    """``target`` is defined on the domain and > 0 or >= 0 there, or (``=``) 0 wherever it is defined."""

    ranges: tuple[Range, ...]
    target: Target
    relation: str
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
    if not isinstance(method, str) or method not in methods or (goal.relation == "=" and method in ("taylor", "cuts")):
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
    (basis,) = need(witness, "basis")
    for kinds in _orthant(goal.ranges):
        field = Field(goal.budget, proving=goal.relation != "=")
        env: dict[str, Any] = {}
        for span, kind in zip(goal.ranges, kinds, strict=True):
            env[span.name] = _image(field, span, kind, env)
        field.extend(basis, env)
        value = goal.target(field, env)
        if not field.vanishes(value) if goal.relation == "=" else field.sign(value) < (goal.relation == ">") + 1:
            raise Rejected("the coefficients do not show what is claimed")


def _split(goal: Goal, witness: Any) -> None:
    variable, at, parts = need(witness, "variable", "at", "parts")
    points, place = [rational(point) for point in listed(at)], goal.place_of(variable)
    span = goal.ranges[place]
    if sorted(set(points)) != points or (span.integer and any(point.denominator > 1 for point in points)):
        raise Rejected("the points of a split must increase, and be integers for an integer variable")
    lows = [None, *(str(point + 1 if span.integer else point) for point in points)]
    highs = [*map(str, points), None]
    for low, high, part in zip(lows, highs, listed(parts, len(points) + 1), strict=True):
        piece = replace(span, ends=(low or span.ends[0], high or span.ends[1]),
                        open=(span.open[0] and low is None, span.open[1] and high is None))
        prove(goal.over(place, piece), part)


def _taylor(goal: Goal, witness: Any) -> None:
    """f(x) = c_0 + c_1 (x - a) + ... + c_k (x - a)^k with c_j at the end a for j < k, and c_k somewhere between."""
    variable, end, start, rest, strict = need(witness, "variable", "end", "start", "rest", "strict")
    place, order = goal.place_of(variable), whole(len(listed(start)), 1, 6)
    span, side = goal.ranges[place], {"lower": 0, "upper": 1}[end] if end in ("lower", "upper") else 2
    if side == 2 or span.ends[side] is None or any(mentions(e, variable) for r in goal.ranges for e in r.ends):
        raise Rejected("Taylor's formula needs a finite end, and no other range that uses its variable")
    if goal.relation == ">" and whole(strict, 0, order) and not span.open[side]:
        raise Rejected("at a closed end the value itself must be positive")
    for j, witnessed in enumerate([*start, rest]):
        part = derived(goal.target, variable, j, span.ends[side] if j < order else None)
        if side and j % 2:  # (x - a)^j has this sign below a
            part = negated(part)
        there = replace(goal.over(place) if j < order else goal, target=part)
        prove(replace(there, relation=goal.relation if j == strict else ">="), witnessed)


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
        elif _leaf(goal, item, balls, top)[0] < (goal.relation == ">"):
            raise Rejected("a leaf on which the sign is not shown")
    if stack:
        raise Rejected("a tree of cuts with a leaf missing")


def _leaf(goal: Goal, item: Any, balls: Intervals, box: Any) -> Any:
    """The target on the box, by natural extension ("n") or by f(m) + f'(box)(box - m) ("m")."""
    env = {span.name: side for span, side in zip(goal.ranges, box, strict=True)}
    if item == "n":
        return goal.target(balls, env)
    if item != "m":
        raise Rejected("an unknown leaf")
    middle = {key: ((low + high) // 2,) * 2 for key, (low, high) in env.items()}
    total = goal.target(balls, middle)
    for key in env:
        slope = derived(goal.target, key, 1)(balls, env)
        total = balls.add(total, balls.mul(slope, balls.sub(env[key], middle[key])))
    return total


def sign(statement: list[Any], witness: Any, budget: Budget) -> None:
    """``expression`` is defined and > 0 (>= 0) on the domain."""
    where, body, relation = statement
    if relation not in (">", ">="):
        raise Rejected("the relation is > or >=")
    prove(Goal(domain(where), target_of(body), relation, budget), witness)


def identity(statement: list[Any], witness: Any, budget: Budget) -> None:
    """left = right at every point of the domain at which both are defined."""
    where, left, right = statement
    prove(Goal(domain(where), target_of(["-", left, right]), "=", budget), witness)


def root(statement: list[Any], witness: Any, budget: Budget) -> None:
    """``expression`` is defined on the open interval and has exactly one zero there."""
    variable, low, high, body = statement
    (span,) = domain([{"name": variable, "lower": low, "upper": high, "lower_open": True, "upper_open": True,
                       "integer": False}])
    bits, points, rising, slope = need(witness, "bits", "points", "rising", "slope")
    balls = Intervals(whole(bits, 64, 4096), budget)
    p, q = (balls.number(rational(point)) for point in listed(points, 2))
    ends = [None if end is None else evaluate(end, {}, balls) for end in span.ends]
    if not p[1] < q[0] or (ends[0] and not ends[0][1] < p[0]) or (ends[1] and not q[1] < ends[1][0]):
        raise Rejected("lower < p < q < upper is not shown")
    target = target_of(body) if flag(rising) else negated(target_of(body))
    if not target(balls, {span.name: p})[1] < 0 < target(balls, {span.name: q})[0]:
        raise Rejected("no change of sign between the two points")
    prove(Goal((span,), derived(target, span.name, 1), ">", budget), slope)


KINDS: dict[str, tuple[tuple[str, ...], Callable[[list[Any], Any, Budget], None]]] = {
    "identity/1": (("domain", "left", "right"), identity),
    "sign/1": (("domain", "expression", "relation"), sign),
    "root/1": (("variable", "lower", "upper", "expression"), root),
}
