"""Checks certificates of docs/certificate-format.md, with the standard library alone.

    python -m ncproofs.proof.checker [--expect FILE] PATH...
    python checker.py PATH...            (this file and checker_arithmetic.py copied anywhere)

Nothing here is shared with the prover. What a statement means is fixed by its kind, below; the witness is not
trusted. Exit status 0 all accepted, 1 some rejected or holey, 2 some over a limit and none rejected.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import permutations, product
from math import factorial, prod
from pathlib import Path
from typing import Any

if __package__:
    from ncproofs.proof.checker_arithmetic import Budget, Field, Intervals, Limit, Poly, Rejected, Series, evaluate
else:
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from checker_arithmetic import (  # type: ignore[import-not-found, no-redef]
        Budget, Field, Intervals, Limit, Poly, Rejected, Series, evaluate,
    )

__all__ = ["check", "main", "seal"]

FORMAT = "ncproofs-certificate/1"
BYTES, DEPTH, DIGITS, ENTRIES, STEPS = 32_000_000, 64, 2000, 10**6, 4 * 10**7
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")
_RATIONAL = re.compile(r"-?(0|[1-9][0-9]*)(/([1-9][0-9]*))?\Z")
_ARITIES = {"+": (2, ENTRIES), "*": (2, ENTRIES), "-": (1, 2), "/": (2, 2), "pow": (2, 2), "exp": (1, 1),
            "log": (1, 1)}
Target = Callable[[Any, dict[str, Any]], Any]


# --- reading ----------------------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def seal(statement: dict[str, Any], witness: dict[str, Any], producer: str) -> bytes:
    """The canonical bytes of a certificate."""
    digest = hashlib.sha256(canonical(statement)).hexdigest()
    return canonical({"format": FORMAT, "producer": producer, "statement": statement,
                      "statement_sha256": digest, "witness": witness})


def _refused(text: str) -> Any:
    raise Rejected(f"{text[:20]} is a float or not a number")


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > 18:
        raise Rejected("a bare integer of more than 18 digits")
    return int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise Rejected("a duplicate key")
    return dict(pairs)


def parse(raw: bytes) -> dict[str, Any]:
    """The envelope, once it is canonical JSON of bounded size and depth without floats."""
    if len(raw) > BYTES:
        raise Limit("the file is larger than 32 MB")
    depth = deepest = 0
    for bracket in re.findall(rb'[\[{\]}]', re.sub(rb'"(?:[^"\\]|\\.)*"', b"", raw)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    if deepest > DEPTH:
        raise Rejected(f"nesting of {deepest}, at most {DEPTH} is read")
    try:
        value = json.loads(raw.decode("ascii"), parse_float=_refused, parse_constant=_refused, parse_int=_whole,
                           object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise Rejected(f"not JSON in ASCII ({str(error)[:80]})") from None
    if canonical(value) != raw:
        raise Rejected("not the canonical encoding of its content")
    return value


def need(value: Any, *keys: str) -> list[Any]:
    """The values of exactly these keys."""
    if not isinstance(value, dict) or set(value) != set(keys):
        raise Rejected(f"an object with exactly the keys {', '.join(keys)} is needed")
    return [value[key] for key in keys]


def whole(value: Any, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise Rejected(f"an integer from {low} to {high} is needed")
    return value


def listed(value: Any, size: int | None = None) -> list[Any]:
    if not isinstance(value, list) or len(value) > ENTRIES or (size is not None and len(value) != size):
        raise Rejected("a list is needed" + (f", of {size}" if size is not None else ""))
    return value


def name(value: Any) -> str:
    if not isinstance(value, str) or not _NAME.match(value):
        raise Rejected("a name is needed")
    return value


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Rejected("true or false is needed")
    return value


def rational(value: Any) -> Fraction:
    if not isinstance(value, str) or len(value) > 2 * DIGITS + 2 or not (match := _RATIONAL.match(value)):
        raise Rejected("a rational in a string is needed")
    if max(len(part.lstrip("-")) for part in value.split("/")) > DIGITS:
        raise Rejected(f"an integer of more than {DIGITS} digits")
    top, bottom = int(value.split("/")[0]), int(match[3] or 1)
    found = Fraction(top, bottom)
    if str(found) != value:
        raise Rejected("a rational that is not in lowest terms")
    return found


def expression(value: Any) -> Any:
    """``value``, once it is an expression."""
    if isinstance(value, str):
        return value if _NAME.match(value) else str(rational(value))
    operation, *rest = listed(value) or [None]
    if operation in ("^", "root") and len(rest) == 2:
        whole(rest[1], *((-10_000, 10_000) if operation == "^" else (2, 64)))
        return [operation, expression(rest[0]), rest[1]]
    low, high = _ARITIES.get(operation, (1, 0)) if isinstance(operation, str) else (1, 0)
    if not low <= len(rest) <= high:
        raise Rejected("an unknown operation, or a wrong number of arguments")
    return [operation, *map(expression, rest)]


def definitions(value: Any) -> list[tuple[str, Any]]:
    return [(name(key), expression(body)) for key, body in (listed(pair, 2) for pair in listed(value))]


def target_of(lets: list[tuple[str, Any]], body: Any) -> Target:
    def value(algebra: Any, env: dict[str, Any]) -> Any:
        env = dict(env)
        for key, part in lets:
            if key in env:
                raise Rejected(f"{key} is defined twice")
            env[key] = evaluate(part, env, algebra)
        return evaluate(body, env, algebra)
    return value


def vector(value: Any, size: int) -> list[Fraction]:
    shift, mantissas = need(value, "s", "m")
    scale = 1 << whole(shift, 0, 4096)
    found = [rational(text) for text in listed(mantissas, size)]
    if any(m.denominator != 1 for m in found):
        raise Rejected("a mantissa that is not an integer")
    return [m / scale for m in found]


# --- signs on a domain ------------------------------------------------------------------------------------


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


def mentions(body: Any, called: str) -> bool:
    return body == called if not isinstance(body, list) else any(mentions(part, called) for part in body[1:])


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


def prove(ranges: list[Range], target: Target, strict: bool, witness: Any, budget: Budget) -> None:  # noqa: FBT001
    """Accept only if ``target`` is defined and positive (nonnegative if not ``strict``) on the domain."""
    method = witness.get("method") if isinstance(witness, dict) else None
    if method not in _METHODS:
        raise Rejected("the witness names no known method")
    _METHODS[method](ranges, target, strict, witness, budget)


def _orthant(ranges: list[Range]) -> Iterator[list[str]]:
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
    return product(*options)  # type: ignore[return-value]


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


def _coefficients(ranges: list[Range], target: Target, strict: bool, witness: Any, budget: Budget) -> None:  # noqa: FBT001
    _, over, scale, above_one, polya = need(witness, "method", "over", "scale", "above_one", "polya")
    over, scale, polya = expression(over), whole(scale, 1, 10**6), whole(polya, 0, 8)
    for kinds in _orthant(ranges):
        field = Field(budget, proving=True, above_one=flag(above_one))
        env: dict[str, Any] = {}
        for span, kind in zip(ranges, kinds, strict=True):
            env[span.name] = _image(field, span, kind, env)
        common = evaluate(over, env, field)
        if field.sign(common) != 2:
            raise Rejected("`over` is not shown to be positive")
        field.set_over(common, scale)
        value = target(field, env)
        if not value[0] and not strict:
            continue
        if field.sign(value, polya) < (2 if strict else 1) or not value[0]:
            raise Rejected("the coefficients do not all have the sign that is claimed")


def _split(ranges: list[Range], target: Target, strict: bool, witness: Any, budget: Budget) -> None:  # noqa: FBT001
    _, variable, at, parts = need(witness, "method", "variable", "at", "parts")
    points = [rational(point) for point in listed(at)]
    place = _position(ranges, variable)
    span = ranges[place]
    if sorted(set(points)) != points or (span.integer and any(point.denominator > 1 for point in points)):
        raise Rejected("the points of a split must increase, and be integers for an integer variable")
    listed(parts, len(points) + 1)
    step = 1 if span.integer else 0
    lows = [None, *(str(point + step) for point in points)]
    highs = [*map(str, points), None]
    for low, high, part in zip(lows, highs, parts, strict=True):
        prove([*ranges[:place], span.between(low, high), *ranges[place + 1 :]], target, strict, part, budget)


def _position(ranges: list[Range], variable: Any) -> int:
    for place, span in enumerate(ranges):
        if span.name == variable:
            return place
    raise Rejected("the witness names no variable of the domain")


def _taylor(ranges: list[Range], target: Target, strict: bool, witness: Any, budget: Budget) -> None:  # noqa: FBT001
    keys = ("method", "variable", "end", "order", "start", "rest")
    _, variable, end, order, start, rest = need(witness, *keys)
    place = _position(ranges, variable)
    span, side = ranges[place], {"lower": 0, "upper": 1}.get(end if isinstance(end, str) else "", 2)
    order = whole(order, 1, 6)
    if side == 2 or span.ends[side] is None or any(mentions(e, variable) for r in ranges for e in r.ends):
        raise Rejected("Taylor's formula needs a finite end, and no other range that uses its variable")
    others = [*ranges[:place], *ranges[place + 1 :]]
    # With x on the other side of the end, (x - a)^j has the sign (-1)^j.
    turned = [derived(target, variable, j, span.ends[side] if j < order else None) for j in range(order + 1)]
    turned = [negated(part) if side and j % 2 else part for j, part in enumerate(turned)]
    whole_range = [*ranges[:place], span, *ranges[place + 1 :]]
    pieces = [*((others, part, witnessed) for part, witnessed in zip(turned[:-1], listed(start, order), strict=True)),
              (whole_range, turned[-1], rest)]
    positive = not strict
    for j, (where, part, witnessed) in enumerate(pieces):
        try:
            prove(where, part, True, witnessed, budget)
            positive = positive or j == 0 or span.open[side]
        except Rejected:
            prove(where, part, False, witnessed, budget)
    if not positive:
        raise Rejected("Taylor's formula gives nonnegative, not positive")


def _cuts(ranges: list[Range], target: Target, strict: bool, witness: Any, budget: Budget) -> None:  # noqa: FBT001
    _, bits, cuts = need(witness, "method", "bits", "cuts")
    balls = Intervals(whole(bits, 64, 4096), budget)
    box = []
    for span in ranges:
        if None in span.ends:
            raise Rejected("branch and bound needs finite ends")
        low, high = (evaluate(end, {}, balls) for end in span.ends)
        box.append((low[0], high[1]))
    whole_box, stack = tuple(box), [tuple(box)]
    for item in listed(cuts):
        if not stack:
            raise Rejected("a tree of cuts with a leaf too many")
        top = stack.pop()
        if isinstance(item, list):
            axis, at = whole(listed(item, 2)[0], 0, len(ranges) - 1), balls.number(rational(item[1]))
            low, high = top[axis]
            if not low <= at[0] <= at[1] <= high:
                raise Rejected("a cut outside its box")
            stack += [(*top[:axis], (at[0], high), *top[axis + 1 :]), (*top[:axis], (low, at[1]), *top[axis + 1 :])]
        elif _leaf(ranges, target, strict, item, (balls, whole_box, top))[0] < (1 if strict else 0):
            raise Rejected("a leaf on which the sign is not shown")
    if stack:
        raise Rejected("a tree of cuts with a leaf missing")


def _leaf(ranges: list[Range], target: Target, strict: bool, item: Any, where: Any) -> tuple[int, int]:  # noqa: FBT001
    balls, whole_box, box = where
    env = {span.name: side for span, side in zip(ranges, box, strict=True)}
    if item == "n":
        return target(balls, env)
    if item == "m":
        middle = {key: ((low + high) // 2,) * 2 for key, (low, high) in env.items()}
        total = target(balls, middle)
        for key in env:
            shift = balls.sub(env[key], middle[key])
            total = balls.add(total, balls.mul(derived(target, key, 1)(balls, env), shift))
        return total
    if not isinstance(item, str) or not re.match(r"[ab][1-6]\Z", item) or len(ranges) != 1:
        raise Rejected("an unknown leaf")
    side, order, (span,) = "ab".index(item[0]), int(item[1]), ranges
    if box[0][side] != whole_box[0][side] or (strict and not span.open[side]):
        raise Rejected("a Taylor leaf away from its end, or at a closed end of a strict claim")
    for j in range(order):
        field = Field(balls.budget, proving=True)
        if not field.vanishes(derived(target, span.name, j, span.ends[side])(field, {})[0]):
            raise Rejected("a coefficient of a Taylor leaf is not shown to vanish")
    value = derived(target, span.name, order)(balls, env)
    return balls.neg(value) if side and order % 2 else value


_METHODS = {"coefficients": _coefficients, "split": _split, "taylor": _taylor, "cuts": _cuts}


def _sign(statement: list[Any], witness: Any, budget: Budget) -> None:
    where, lets, body, relation = statement
    if relation not in (">", ">="):
        raise Rejected("the relation is > or >=")
    prove(domain(where), target_of(definitions(lets), expression(body)), relation == ">", witness, budget)


def _root(statement: list[Any], witness: Any, budget: Budget) -> None:
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
    if not (target(balls, {variable: p})[1] < 0 < target(balls, {variable: q})[0]):
        raise Rejected("no change of sign between the two points")
    prove([span], derived(target, span.name, 1), True, slope, budget)


def _identity(statement: list[Any], witness: Any, budget: Budget) -> None:
    where, lets, left, right = statement
    over, scale = need(witness, "over", "scale")
    over, ranges, field, env = expression(over), domain(where), Field(budget, proving=False), {}
    if over != "1":
        plain = {"method": "coefficients", "over": "1", "scale": 1, "above_one": False, "polya": 0}
        prove(ranges, target_of([], over), True, plain, budget)
    for span in ranges:
        low = None if span.ends[0] is None else field.sign(evaluate(span.ends[0], env, field))
        env[span.name] = field.generator(0 if low is None or low < 1 else 2 if span.open[0] else low)
    field.set_over(evaluate(over, env, field), whole(scale, 1, 10**6))
    shared = definitions(lets)
    sides = [target_of(shared, expression(side))(field, env) for side in (left, right)]
    if not field.vanishes(field.sub(*sides)[0]):
        raise Rejected("the two sides have different normal forms")


# --- indexed sums -----------------------------------------------------------------------------------------

Factor = tuple[str, tuple[str, ...]]
_PROPERTIES = {"symmetric": 0, "antisymmetric": 0, "zero_diagonal": 0, "square_one": 0, "zero_sum": 1, "unit": 1,
               "annihilates": 3, "orthogonal_to": 3}


class Sums:
    """Terms of indexed sums, reduced by the declared properties."""

    def __init__(self, statement: list[Any], budget: Budget) -> None:
        symbols, relations, indices, tensors = statement
        self.field, self.budget = Field(budget, proving=False), budget
        if not isinstance(indices, dict) or not isinstance(tensors, dict):
            raise Rejected("indices and tensors are objects")
        self.env = {name(symbol): self.field.generator(0) for symbol in listed(symbols)}
        related = definitions(relations)
        if any(mentions(body, key) for _, body in related for key, _ in related) or len(dict(related)) < len(related):
            raise Rejected("a relation uses a related symbol, or a symbol is related twice")
        self.env |= {key: evaluate(body, self.env, self.field) for key, body in related}
        self.sizes = {name(key): self.value(size) for key, size in indices.items()}
        self.slots: dict[str, list[Any]] = {}
        self.properties: dict[str, list[list[Any]]] = {}
        for key, tensor in tensors.items():
            slots, properties = need(tensor, "slots", "properties")
            self.slots[name(key)] = [self.value(size) for size in listed(slots)]
            self.properties[key] = listed(properties)
        for key, properties in self.properties.items():
            for item in properties:
                self._check_property(key, listed(item))

    def value(self, body: Any) -> Any:
        return evaluate(expression(body), self.env, self.field)

    def _check_property(self, key: str, item: list[Any]) -> None:
        kind, *rest = item or [None]
        if key == "delta" or not isinstance(kind, str) or _PROPERTIES.get(kind) != len(rest):
            raise Rejected("an unknown property of a tensor")
        slots, pair = self.slots[key], kind in ("symmetric", "antisymmetric", "zero_diagonal")
        if pair and (len(slots) < 2 or slots[0] != slots[1]):
            raise Rejected(f"{key} cannot be {kind} in slots of different sizes")
        if rest:
            size = slots[whole(rest[0], 0, len(slots) - 1)]
            if len(rest) == 3:
                other = self.slots.get(rest[1] if isinstance(rest[1], str) else "")
                if other is None or size != other[whole(rest[2], 0, len(other) - 1)]:
                    raise Rejected(f"{key} is {kind} with a slot that does not fit")

    def has(self, tensor: str, *item: Any) -> bool:
        return list(item) in self.properties.get(tensor, [])

    def term(self, value: Any) -> tuple[Any, tuple[str, ...], tuple[Factor, ...]]:
        """(coefficient, summed indices, factors), once every index fits its slot."""
        coefficient, summed, factors = need(value, "coefficient", "sum", "factors")
        names = tuple(map(name, listed(summed)))
        made = []
        for item in listed(factors):
            key, *indices = map(name, listed(item))
            sizes = [self.sizes.get(index) for index in indices]
            slots = [sizes[0]] * 2 if key == "delta" and len(sizes) == 2 else self.slots.get(key)
            if slots is None or None in sizes or sizes != slots:
                raise Rejected(f"the indices of a factor {key} do not fit its slots")
            made.append((key, tuple(indices)))
        if len(set(names)) < len(names) or not set(names) <= set(self.sizes):
            raise Rejected("a summed index is unknown or occurs twice")
        return self.value(coefficient), names, tuple(made)

    def reduce(self, coefficient: Any, summed: tuple[str, ...], factors: tuple[Factor, ...]) -> Any:
        """(coefficient, key) with the same key for every naming of the summed indices; None for zero."""
        while True:
            step = self._step(list(summed), list(factors))
            if step is None:
                break
            summed, factors, unused = step
            for index in unused:
                coefficient = self.field.mul(coefficient, self.sizes[index])
        if self._vanishes(summed, factors):
            return None
        sign, key = self._least(summed, factors)
        return (coefficient if sign > 0 else self.field.neg(coefficient), key) if sign else None

    def _step(self, summed: list[str], factors: list[Factor]) -> Any:
        """One use of a delta, of a square of one, of a unit vector or of an unused index; None when there is none."""
        for place, (key, indices) in enumerate(factors):
            rest = factors[:place] + factors[place + 1 :]
            if key == "delta":
                left, right = sorted(indices)
                gone, kept = (left, right) if left in summed and right not in summed else (right, left)
                if left == right:
                    return summed, rest, []
                moved = [(k, tuple(kept if i == gone else i for i in old)) for k, old in rest]
                if gone in summed:  # sum_j delta[j, k] x[j] = x[k]
                    return [index for index in summed if index != gone], moved, []
                if moved != rest:  # delta[j, k] x[k] = delta[j, k] x[j] with j and k free
                    return summed, [*moved, ("delta", (kept, gone))], []
            for other, again in enumerate(rest):
                if self._same(again, (key, indices)):
                    others = rest[:other] + rest[other + 1 :]
                    if self.has(key, "square_one") or (key == "delta"):
                        return summed, others + ([(key, indices)] if key == "delta" else []), []
                    used = [i for _, old in others for i in old]
                    for slot, index in enumerate(indices):
                        if (self.has(key, "unit", slot) and index in summed and index not in used
                                and indices.count(index) == 1 and again[1] == indices):
                            return [i for i in summed if i != index], others, []
        used = [index for _, indices in factors for index in indices]
        unused = [index for index in summed if index not in used]
        return ([index for index in summed if index in used], factors, unused) if unused else None

    def _same(self, a: Factor, b: Factor) -> bool:
        swapped = (b[0], (*b[1][1::-1], *b[1][2:]))
        return a == b or (a == swapped and (a[0] == "delta" or self.has(a[0], "symmetric")))

    def _vanishes(self, summed: tuple[str, ...], factors: tuple[Factor, ...]) -> bool:
        for key, indices in factors:
            if len(indices) > 1 and indices[0] == indices[1]:
                if self.has(key, "zero_diagonal") or self.has(key, "antisymmetric"):
                    return True
        for index in summed:
            found = [(place, slot) for place, (_, old) in enumerate(factors) for slot, i in enumerate(old) if i == index]
            (key, one) = factors[found[0][0]]
            if len(found) == 1 and self.has(key, "zero_sum", found[0][1]):
                return True
            if len(found) == 2 and found[0][0] != found[1][0]:
                other, two = factors[found[1][0]]
                s, t = found[0][1], found[1][1]
                agree = [i for i in one if i != index] == [i for i in two if i != index]
                for kind in ("annihilates", "orthogonal_to"):
                    if self.has(key, kind, s, other, t) or self.has(other, kind, t, key, s):
                        if kind == "annihilates" or agree:
                            return True
        return False

    def _least(self, summed: tuple[str, ...], factors: tuple[Factor, ...]) -> tuple[int, Any]:
        """The least spelling over all namings, and its sign; sign 0 when a term equals its own negative."""
        groups: dict[str, list[str]] = {}
        for index in summed:
            groups.setdefault(repr(self.sizes[index]), []).append(index)
        self.budget.spend(prod(factorial(min(len(group), 12)) for group in groups.values()) * (1 + len(factors)))
        best: Any = None
        signs: set[int] = set()
        for choice in product(*(permutations(group) for group in groups.values())):
            naming = {index: (1, f"{g}", place) for g, order in enumerate(choice) for place, index in enumerate(order)}
            sign, spelled = 1, []
            for key, indices in factors:
                new = [naming.get(index, (0, index, 0)) for index in indices]
                if new[:2] != sorted(new[:2]) and len(new) > 1:
                    if key == "delta" or self.has(key, "symmetric") or self.has(key, "antisymmetric"):
                        new[:2] = new[1::-1]
                        sign = -sign if self.has(key, "antisymmetric") else sign
                spelled.append((key, tuple(new)))
            spelling = tuple(sorted(spelled))
            if best is None or spelling < best:
                best, signs = spelling, set()
            if spelling == best:
                signs.add(sign)
        return (0 if len(signs) == 2 else signs.pop()), (best, tuple((k, len(v)) for k, v in groups.items()))


def _sum_identity(statement: list[Any], witness: Any, budget: Budget) -> None:
    *declared, left, right = statement
    need(witness)
    sums = Sums(declared, budget)
    total: dict[Any, Any] = {}
    for terms, direction in ((left, 1), (right, -1)):
        for item in listed(terms):
            reduced = sums.reduce(*sums.term(item))
            if reduced is not None:
                value = reduced[0] if direction > 0 else sums.field.neg(reduced[0])
                before = total.get(reduced[1])
                total[reduced[1]] = value if before is None else sums.field.add(before, value)
    if not all(sums.field.vanishes(value[0]) for value in total.values()):
        raise Rejected("left - right does not reduce to zero")


# --- the ridge model --------------------------------------------------------------------------------------


class Problem:
    """The weight-decay model, evaluated as it is written: no derivative of it is known here."""

    def __init__(self, value: Any) -> None:
        loss, parameter, K, d, n, *weights = need(value, "loss", "parameter", "K", "d", "n", "lambda_W", "lambda_H",
                                                  "lambda_b")
        if loss not in ("cross_entropy", "mean_squared", "label_smoothing", "focal"):
            raise Rejected("an unknown loss")
        if (parameter is None) != (loss in ("cross_entropy", "mean_squared")):
            raise Rejected("a parameter is missing or superfluous")
        self.loss, self.parameter = loss, Fraction(0) if parameter is None else rational(parameter)
        self.K, self.d, self.n = whole(K, 2, 200), whole(d, 1, 4096), whole(n, 1, 4096)
        self.N = self.K * self.n
        self.lambda_W, self.lambda_H = (rational(weight) for weight in weights[:2])
        self.lambda_b = None if weights[2] is None else rational(weights[2])
        if self.lambda_W <= 0 or self.lambda_H <= 0 or (self.lambda_b or 0) < 0 or (
                loss == "focal" and self.parameter < 0):
            raise Rejected("a weight or the focal parameter is out of range")

    def point(self, value: Any) -> list[Fraction]:
        """Coordinates in the order W, H, b."""
        W, H, b = need(value, "W", "H", "b")
        if (b is None) != (self.lambda_b is None):
            raise Rejected("a bias is missing or superfluous")
        tail = [] if b is None else vector(b, self.K)
        return vector(W, self.d * self.K) + vector(H, self.d * self.N) + tail

    def loss_at(self, algebra: Any, z: list[Any], k: int) -> Any:
        one, gaps = algebra.number(Fraction(1)), [algebra.sub(entry, z[k]) for entry in z]
        if self.loss == "mean_squared":
            misses = [algebra.sub(entry, one) if j == k else entry for j, entry in enumerate(z)]
            return algebra.mul(_total(algebra, [algebra.power(miss, 2) for miss in misses]),
                               algebra.number(Fraction(1, 2)))
        S = _total(algebra, [algebra.exp(gap) for j, gap in enumerate(gaps) if j != k])
        value = algebra.log(algebra.add(one, S))
        if self.loss == "focal":
            share = algebra.sub(algebra.log(S), value)
            return algebra.mul(algebra.exp(algebra.mul(algebra.number(self.parameter), share)), value)
        tilt = algebra.mul(algebra.number(-self.parameter / self.K), _total(algebra, gaps))
        return algebra.add(value, tilt)

    def objective(self, algebra: Any, x: list[Any]) -> Any:
        K, d, N = self.K, self.d, self.N
        W, H, b = x[: d * K], x[d * K : d * (K + N)], x[d * (K + N) :]
        losses = []
        for s in range(N):
            z = [_total(algebra, [algebra.mul(W[a * K + j], H[a * N + s]) for a in range(d)]) for j in range(K)]
            if b:
                z = [algebra.add(entry, bias) for entry, bias in zip(z, b, strict=True)]
            losses.append(self.loss_at(algebra, z, s // self.n))
        parts = [algebra.mul(algebra.number(Fraction(1, N)), _total(algebra, losses))]
        for weight, block in ((self.lambda_W, W), (self.lambda_H, H), (self.lambda_b, b)):
            if block and weight:
                squares = _total(algebra, [algebra.power(entry, 2) for entry in block])
                parts.append(algebra.mul(algebra.number(weight / 2), squares))
        return _total(algebra, parts)


def _total(algebra: Any, terms: list[Any]) -> Any:
    result = terms[0]
    for term in terms[1:]:
        result = algebra.add(result, term)
    return result


def _saddle_box(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, centre, radius, margin = Problem(statement[0]), statement[1], rational(statement[2]), rational(statement[3])
    bits, direction = need(witness, "bits", "direction")
    if radius < 0 or margin <= 0:
        raise Rejected("radius >= 0 and margin > 0 are needed")
    balls = Intervals(whole(bits, 64, 4096), budget)
    series = Series(balls, 2)
    D = problem.point(direction)
    x = []
    for middle, slope in zip(problem.point(centre), D, strict=True):
        side = balls.number(middle - radius)[0], balls.number(middle + radius)[1]
        x.append([side, balls.number(slope), series.zero])
    half = problem.objective(series, x)[2]
    bound = balls.number(-margin * sum(entry * entry for entry in D) / 2)
    if not any(D) or half[1] > bound[0]:
        raise Rejected("the curvature along the direction is not shown to be at most -margin")


def _minimum(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, lower, upper = Problem(statement[0]), rational(statement[1]), rational(statement[2])
    bits, point, dual = need(witness, "bits", "point", "dual")
    balls = Intervals(whole(bits, 64, 4096), budget)
    K, n = problem.K, problem.n
    if problem.loss == "focal":
        raise Rejected("the focal loss is not convex; it has no dual bound")
    value = problem.objective(balls, [balls.number(entry) for entry in problem.point(point)])
    if value[1] > balls.number(upper)[0]:
        raise Rejected("the value at the point is not shown to be at most the upper bound")
    A = vector(dual, K * K)
    rows = [A[j * K : (j + 1) * K] for j in range(K)]
    limit = n * K * K * problem.lambda_W * problem.lambda_H
    gap = [[(limit if i == j else 0) - sum(a * b for a, b in zip(rows[i], rows[j], strict=True)) for j in range(K)]
           for i in range(K)]
    if inertia(gap, budget)[1]:
        raise Rejected("the dual matrix is longer than K sqrt(n lambda_W lambda_H)")
    bound = balls.neg(_total(balls, [_conjugate(problem, balls, [row[k] for row in rows], k) for k in range(K)]))
    bound = balls.mul(bound, balls.number(Fraction(1, K)))
    ends = sum((sum(row) ** 2 for row in rows), Fraction(0))
    if problem.lambda_b is not None and ends:
        if not problem.lambda_b:
            raise Rejected("with a free bias the rows of the dual matrix must add up to zero")
        bound = balls.sub(bound, balls.number(ends / (2 * K * K * problem.lambda_b)))
    if bound[0] < balls.number(lower)[1]:
        raise Rejected("the dual bound is not shown to be at least the lower bound")


def _conjugate(problem: Problem, balls: Any, u: list[Fraction], k: int) -> Any:
    """sup_z <u, z> - L(z, k): u_k + |u|^2/2, or sum q log q with q on the simplex."""
    if problem.loss == "mean_squared":
        return balls.number(u[k] + sum(entry * entry for entry in u) / 2)
    alpha, K = problem.parameter, problem.K
    q = [entry + alpha / K + (1 - alpha if j == k else 0) for j, entry in enumerate(u)]
    if sum(q) != 1 or min(q) < 0:
        raise Rejected("a column of the dual matrix is outside the domain of the conjugate")
    entries = [balls.mul(balls.number(entry), balls.log(balls.number(entry))) for entry in q if entry]
    return _total(balls, entries)


def inertia(matrix: list[list[Fraction]], budget: Budget) -> tuple[int, int, int]:
    """(positive, negative, zero) of a symmetric matrix, by exact congruence (Sylvester's law)."""
    A, counts = [list(row) for row in matrix], [0, 0]
    while A:
        size = len(A)
        pivot = next((i for i in range(size) if A[i][i]), None)
        if pivot is None:
            pair = next(((i, j) for i in range(size) for j in range(i) if A[i][j]), None)
            if pair is None:
                return counts[0], counts[1], size
            pivot, other = pair  # the row and column of `other` are added: the diagonal entry becomes 2 A_ij
            A[pivot] = [x + y for x, y in zip(A[pivot], A[other], strict=True)]
            for row in A:
                row[pivot] += row[other]
        head = A[pivot]
        counts[head[pivot] < 0] += 1
        rest = [i for i in range(size) if i != pivot]
        budget.spend(size * size * (1 + head[pivot].numerator.bit_length() // 512))
        A = [[A[i][j] - A[i][pivot] * head[j] / head[pivot] for j in rest] for i in rest]
    return counts[0], counts[1], 0


def _inertia(statement: list[Any], witness: Any, budget: Budget) -> None:
    size = whole(statement[0], 1, 1000)
    need(witness)
    entries = vector(statement[1], size * size)
    matrix = [entries[i * size : (i + 1) * size] for i in range(size)]
    if any(matrix[i][j] != matrix[j][i] for i in range(size) for j in range(i)):
        raise Rejected("the matrix is not symmetric")
    if inertia(matrix, budget) != tuple(whole(count, 0, size) for count in statement[2:]):
        raise Rejected("the matrix has another inertia")


# --- verdicts ---------------------------------------------------------------------------------------------

KINDS: dict[str, tuple[tuple[str, ...], Callable[[list[Any], Any, Budget], None]]] = {
    "sum-identity/1": (("symbols", "relations", "indices", "tensors", "left", "right"), _sum_identity),
    "identity/1": (("domain", "let", "left", "right"), _identity),
    "sign/1": (("domain", "let", "expression", "relation"), _sign),
    "root/1": (("variable", "lower", "upper", "let", "expression"), _root),
    "ridge/saddle-box/1": (("problem", "centre", "radius", "margin"), _saddle_box),
    "ridge/minimum/1": (("problem", "lower", "upper"), _minimum),
    "matrix/inertia/1": (("size", "entries", "positive", "negative", "zero"), _inertia),
}


def check(raw: bytes, expected: set[str] | None = None) -> tuple[str, str]:
    """(verdict, reason): "accepted", "rejected", "holey" or "limit"."""
    try:
        form, _, statement, digest, witness = need(parse(raw), "format", "producer", "statement", "statement_sha256",
                                                   "witness")
        if form != FORMAT:
            raise Rejected("another format")
        if hashlib.sha256(canonical(statement)).hexdigest() != digest:
            raise Rejected("the hash is not that of the statement")
        if expected is not None and digest not in expected:
            raise Rejected("the statement is none of those expected")
        kind = statement.get("kind") if isinstance(statement, dict) else None
        if not isinstance(kind, str) or kind not in KINDS:
            raise Rejected("an unknown kind of statement")
        keys, decide = KINDS[kind]
        holes, title, _, *parts = need(statement, "holes", "title", "kind", *keys)
        if not isinstance(title, str) or not all(isinstance(hole, str) and hole for hole in listed(holes)):
            raise Rejected("title is text and holes is a list of sentences")
        decide(parts, witness, Budget(STEPS))
    except Rejected as error:
        return "rejected", str(error)
    except (Limit, MemoryError, RecursionError) as error:
        return "limit", str(error)
    return ("holey", "; ".join(holes)) if holes else ("accepted", kind)


def main(arguments: list[str]) -> int:
    """Check every path; one line each on standard output."""
    expected, paths = None, list(arguments)
    if paths[:1] == ["--expect"] and len(paths) > 1:
        expected, paths = set(Path(paths[1]).read_text(encoding="ascii").split()), paths[2:]
    files = [file for path in map(Path, paths) for file in (sorted(path.rglob("*.json")) if path.is_dir() else [path])]
    verdicts = []
    for file in files:
        try:
            raw = file.read_bytes() if file.stat().st_size <= BYTES else b" " * (BYTES + 1)
            verdict, reason = check(raw, expected)
        except OSError as error:
            verdict, reason = "rejected", f"cannot be read ({error.strerror})"
        verdicts.append(verdict)
        sys.stdout.write(f"{verdict:9} {file}: {reason}\n")
    if not verdicts:
        sys.stdout.write("rejected  nothing to check\n")
    bad = not verdicts or "rejected" in verdicts or "holey" in verdicts
    return 1 if bad else 2 if "limit" in verdicts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
