"""The equations of the JSON form, read back by code that shares nothing with the writer, hold at random points.

Expressions are evaluated in balls. Sums are evaluated over all their indices, with random arrays that have the
declared properties: the linear ones by a rational null space, unit vectors by a square root in balls.
"""

from __future__ import annotations

import json
import random
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from flint import arb, arb_series, ctx, fmpq, fmpq_mat

from ncproofs.report.steps import as_json
from ncproofs.report.theorem_derivation import derive_theorem
from ncproofs.theorems.catalogue import load

THEOREMS = (
    "contrastive-bound", "lower-bound-chain", "equality-case", "collapse-optimum", "critical-point-structure",
    "null-sector", "collapse-spectrum", "mse-optimum", "mse-landscape", "riemannian-calculus", "sphere-spectrum",
    "focal-uniqueness", "focal-bias", "benign-landscape", "mse-spectrum",
)
#: Theorems some of whose equations are printed in letters, as they were written.
WORDED = (
    "batchnorm-network", "code-bounds", "deep-linear-network", "duality-certificate", "layered-bias",
    "layered-optimum", "layered-reduction", "layered-relu", "layered-spurious-minima", "linear-network",
    "merged-saddles", "multilabel-lower-bound", "multilabel-scalar-system", "multilabel-threshold", "reduced-function",
    "sharp-codes", "sphere-dimension-two", "sphere-mse", "sphere-optimum", "spline-interpolation",
    "spurious-sphere-minima",
)
#: Small sizes at which no array of the catalogue is forced to vanish.
SIZES = {"K": 5, "n": 2, "d": 5, "N": 4, "r": 2, "m": 4, "G": 3, "s": 2}


@pytest.fixture(autouse=True)
def precision():
    before, ctx.prec = ctx.prec, 256
    yield
    ctx.prec = before


class Worded(dict):
    """Variables with values and letters with trees; a letter is worked out where it is used."""

    def __init__(self, at: dict[str, Any], letters: list[Any]) -> None:
        super().__init__(at)
        self.letters = dict(letters)

    def moved(self, name: str, moving: Any) -> Worded:
        return Worded({**self, name: moving}, list(self.letters.items()))


def value(tree: Any, at: dict[str, Any]) -> Any:
    """The value of an expression tree in balls, or in power series of balls; not finite where it is undefined."""
    if isinstance(tree, str):
        if isinstance(at, Worded) and tree in at.letters:
            return value(at.letters[tree], at)
        return at[tree] if tree in at else arb(fmpq(*map(int, tree.split("/"))))
    operation, *rest = tree
    if operation == "at":
        body, *places = rest
        for name, place in places:
            at = at.moved(name, value(place, at))
        return value(body, at)
    if operation == "derivative":
        return derivative(rest[0], *rest[1], at)
    if operation == "function":
        name, argument = rest
        return getattr(value(argument, at), name)()
    if operation == "^":
        return value(rest[0], at) ** rest[1]
    if operation == "root":
        return value(rest[0], at) ** (arb(1) / rest[1])
    parts = [value(part, at) for part in rest]
    if operation in ("+", "*"):
        total = parts[0]
        for part in parts[1:]:
            total = total + part if operation == "+" else total * part
        return total
    return {"exp": lambda x: x.exp(), "log": lambda x: x.log(), "abs": abs, "pow": lambda x, y: (y * x.log()).exp()}[
        operation
    ](*parts)


def derivative(tree: Any, name: str, order: int, at: Worded) -> arb:
    """By the power series of ``tree`` in the variable, whose other uses stand still."""
    before, ctx.cap = ctx.cap, order + 1
    try:
        series = value(tree, at.moved(name, arb_series([at[name], 1])))
        found = series[order] if isinstance(series, arb_series) else arb(0)
    finally:
        ctx.cap = before
    return found * arb(order).gamma() * max(order, 1)


def rational(low: int, high: int, draw: random.Random) -> Fraction:
    return Fraction(draw.randint(low * 97 + 1, high * 97 - 1), 97)


def point_of(domain: list[dict[str, Any]], draw: random.Random) -> dict[str, arb]:
    """A point of the domain, variable by variable: the ends of a range may use those before it."""
    at: dict[str, arb] = {}
    for variable in domain:
        low = None if variable["lower"] is None else value(variable["lower"], at)
        high = None if variable["upper"] is None else value(variable["upper"], at)
        share = rational(0, 1, draw)
        if low is None and high is None:
            drawn = arb(fmpq(draw.randint(-300, 300), 97))
        elif low is not None and high is not None:
            drawn = low + (high - low) * fmpq(share.numerator, share.denominator)
        else:
            shift = draw.randint(1, 6) if variable["integer"] else fmpq(draw.randint(1, 400), 97)
            drawn = low + shift if low is not None else high - shift
        at[variable["name"]] = drawn
    return at


def agree(left: arb, right: arb) -> bool | None:
    """Whether two balls, narrow enough to say something, meet; None when one is undefined there."""
    if not (left.is_finite() and right.is_finite()):
        return None
    gap = left - right
    assert gap.rad() < arb("1e-25") * (1 + abs(left).mid() + abs(right).mid())
    return bool(gap.contains(0))


# --- arrays with properties -------------------------------------------------------------------------------

Array = dict[tuple[int, ...], Any]


def constraints(shape: list[int], properties: list[Any], known: dict[str, Array], places: list[tuple[int, ...]]):
    """The linear properties, one dictionary (place -> coefficient) for each equation."""
    for name, *rest in properties:
        if name in ("symmetric", "antisymmetric"):
            sign = 1 if name == "antisymmetric" else -1
            for place in places:
                swapped = (place[1], place[0], *place[2:])
                yield {place: 1 + (sign if swapped == place else 0), **({} if swapped == place else {swapped: sign})}
        elif name == "zero_diagonal":
            yield from ({place: 1} for place in places if place[0] == place[1])
        elif name == "zero_sum":
            slot = rest[0]
            for place in places:
                if place[slot] == 0:
                    yield {(*place[:slot], i, *place[slot + 1 :]): 1 for i in range(shape[slot])}
        elif name in ("annihilates", "orthogonal_to"):
            slot, other, there = rest
            for place in (p for p in places if p[slot] == 0):
                apart = (*place[:slot], *place[slot + 1 :])
                for place_there in (p for p in known[other] if p[there] == 0):
                    if name == "orthogonal_to" and (*place_there[:there], *place_there[there + 1 :]) != apart:
                        continue
                    yield {
                        (*place[:slot], i, *place[slot + 1 :]):
                            known[other][(*place_there[:there], i, *place_there[there + 1 :])]
                        for i in range(shape[slot])
                    }


def array_of(shape: list[int], properties: list[Any], known: dict[str, Array], draw: random.Random) -> Array:
    """Random entries with these properties; exact unless unit vectors need a square root."""
    places = list(product(*map(range, shape)))
    names = {name for name, *_ in properties}
    if "square_one" in names:
        return {place: fmpq(draw.choice((-1, 1))) for place in places}
    rows = list(constraints(shape, properties, known, places))
    entries = {place: fmpq(draw.randint(-40, 40), 7) for place in places}
    if rows:
        entries = null_vector(rows, places, draw)
    for name, *rest in properties:
        if name == "unit":
            entries = scaled(entries, shape, rest[0], exact="annihilates" not in names)
    return entries


def null_vector(rows, places, draw: random.Random) -> Array:
    matrix = fmpq_mat(len(rows), len(places), [row.get(place, fmpq(0)) for row in rows for place in places])
    reduced, rank = matrix.rref()
    pivots = [next(j for j in range(len(places)) if reduced[i, j] != 0) for i in range(rank)]
    drawn = {j: fmpq(draw.randint(-40, 40), 7) for j in range(len(places)) if j not in pivots}
    assert drawn, "the properties leave nothing but zero at these sizes"
    for i, pivot in enumerate(pivots):
        drawn[pivot] = -sum((reduced[i, j] * x for j, x in drawn.items() if j > pivot and j not in pivots), fmpq(0))
    return {place: drawn[j] for j, place in enumerate(places)}


def scaled(entries: Array, shape: list[int], slot: int, *, exact: bool) -> Array:
    """Vectors over ``slot`` made unit: by a rational parametrisation of the sphere, or by a square root."""
    found: Array = {}
    for start in (place for place in entries if place[slot] == 0):
        line = [(*start[:slot], i, *start[slot + 1 :]) for i in range(shape[slot])]
        if exact:
            square = sum((entries[place] ** 2 for place in line[1:]), fmpq(0))
            found[line[0]] = (1 - square) / (1 + square)
            found.update({place: 2 * entries[place] / (1 + square) for place in line[1:]})
        else:
            norm = arb(sum((entries[place] ** 2 for place in line), fmpq(0))).sqrt()
            found.update({place: arb(entries[place]) / norm for place in line})
    return found


def arrays_of(tree: dict[str, Any], at: dict[str, arb], draw: random.Random) -> dict[str, Array]:
    """All arrays of an identity, those first that no other one is defined by."""
    known: dict[str, Array] = {}
    waiting = dict(tree["tensors"])
    while waiting:
        for name, tensor in list(waiting.items()):
            needed = {entry[2] for entry in tensor["properties"] if entry[0] in ("annihilates", "orthogonal_to")}
            if needed & set(waiting):
                continue
            # A property may speak of an array that does not occur in this identity: then it says nothing here.
            properties = [entry for entry in tensor["properties"] if len(entry) < 4 or entry[2] in known]
            known[name] = array_of([whole(slot, at) for slot in tensor["slots"]], properties, known, draw)
            del waiting[name]
    return known


def whole(tree: Any, at: dict[str, arb]) -> int:
    size = value(tree, at).unique_fmpz()
    assert size is not None and size >= 1
    return int(size)


def side(terms, tree, ranges: dict[str, int], arrays, at, free: dict[str, int]) -> arb:
    total = arb(0)
    for term in terms:
        part = arb(0)
        for choice in product(*(range(ranges[index]) for index in term["sum"])):
            place = {**free, **dict(zip(term["sum"], choice, strict=True))}
            factor = arb(1)
            for name, *indices in term["factors"]:
                here = tuple(place[index] for index in indices)
                factor *= arb(int(here[0] == here[1])) if name == "delta" else arb(arrays[name][here])
            part += factor
        total += value(term["coefficient"], at) * part
    return total


def written_value(tree: Any, arrays: dict[str, Array], at: dict[str, arb], place: dict[str, int]) -> arb:
    """A side as its author wrote it: sums inside sums, products of sums, nothing reduced."""
    if isinstance(tree, list) and tree[0] == "sum":
        *ranges, body = tree[1:]
        total = arb(0)
        for choice in product(*(range(whole(size, at)) for _, size in ranges)):
            inner = {**place, **{letter: number for (letter, _), number in zip(ranges, choice, strict=True)}}
            total += written_value(body, arrays, at, inner)
        return total
    if isinstance(tree, list) and tree[0] in ("+", "*"):
        first, *rest = (written_value(part, arrays, at, place) for part in tree[1:])
        for part in rest:
            first = first + part if tree[0] == "+" else first * part
        return first
    if isinstance(tree, list) and tree[0] in ("entry", "delta"):
        here = tuple(place[index] for index in tree[1 if tree[0] == "delta" else 2 :])
        return arb(int(here[0] == here[1])) if tree[0] == "delta" else arb(arrays[tree[1]][here])
    return value(tree, at)


def sums_agree(tree: dict[str, Any], draw: random.Random) -> bool | None:
    spelled = json.dumps(tree)
    crowded = '"annihilates"' in spelled
    sizes = {**SIZES, **({"K": 3, "N": 3, "d": 13} if crowded else {})}
    at = Anything(draw, {name: arb(size) for name, size in sizes.items()})
    for symbol, tree_of_value in tree["relations"]:
        at[symbol] = value(tree_of_value, at)
    ranges = {index: whole(size, at) for index, size in tree["indices"].items()}
    arrays = arrays_of(tree, at, draw)
    summed = {index for part in ("left", "right") for term in tree[part] for index in term["sum"]}
    free = {index: draw.randrange(size) for index, size in ranges.items() if index not in summed}
    sides = [side(tree[part], tree, ranges, arrays, at, free) for part in ("left", "right")]
    if "written" not in tree:
        return agree(*sides)
    meant = Anything(draw, at)
    for name, spelled_value in reversed(tree.get("letters", [])):
        meant[name] = value(spelled_value, meant)
    raw = [written_value(tree["written"][part], arrays, meant, free) for part in ("left", "right")]
    return agree(*sides) and agree(*raw) and agree(raw[0], sides[0])


class Anything(dict):
    """Sizes as given; every other symbol gets a random positive value when it is first asked for."""

    def __init__(self, draw: random.Random, start: dict[str, arb]) -> None:
        super().__init__(start)
        self.draw = draw

    def __contains__(self, name: object) -> bool:
        if super().__contains__(name):
            return True
        if isinstance(name, str) and not name.lstrip("-").replace("/", "").isdigit():
            self[name] = arb(fmpq(self.draw.randint(100, 300), 97))
            return True
        return False


# --- the check --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trees() -> list[tuple[str, int, dict[str, Any]]]:
    """(theorem, step, equation) for every display equation, as a reader of the file has them."""
    found = []
    for name in THEOREMS:
        data = json.loads(json.dumps(as_json(derive_theorem(load(name)))))
        for step in data["steps"]:
            found += [(name, step["number"], f["tree"]) for f in step["formulas"] if "tree" in f]
    return found


def test_identities_hold_where_the_document_says(trees):
    checked = 0
    for name, number, tree in trees:
        if tree["kind"] != "identity":
            continue
        draw = random.Random(f"{name} {number}")
        answers = []
        for _ in range(6):
            at = point_of(tree["domain"], draw)
            answers.append(agree(value(tree["left"], at), value(tree["right"], at)))
        assert False not in answers and answers.count(True) >= 2, (name, number)
        checked += 1
    assert checked >= 30


def test_equations_hold_as_they_are_printed():
    """Sides in letters: each letter has its value, and both sides are the sides that are proved."""
    checked = 0
    for name in WORDED:
        for step in json.loads(json.dumps(as_json(derive_theorem(load(name)))))["steps"]:
            for tree in (f["tree"] for f in step["formulas"] if "letters" in f.get("tree", {})):
                draw = random.Random(f"{name} {step['number']}")
                answers = [worded_agree(tree, draw) for _ in range(3)]
                assert False not in answers and True in answers, (name, step["number"])
                checked += 1
    assert checked >= 80


def worded_agree(tree: dict[str, Any], draw: random.Random) -> bool | None:
    at = point_of(tree["domain"], draw)
    meant = Worded(at, tree["letters"])
    printed = [value(tree["written"][part], meant) for part in ("left", "right")]
    proved = [value(tree[part], at) for part in ("left", "right")]
    answers = [agree(*printed), agree(*proved), *(agree(a, b) for a, b in zip(printed, proved, strict=True))]
    return False if False in answers else None if None in answers else True


def test_a_letter_with_another_value_is_noticed():
    steps = json.loads(json.dumps(as_json(derive_theorem(load("sphere-mse")))))["steps"]
    tree = next(f["tree"] for step in steps for f in step["formulas"] if f.get("tree", {}).get("letters"))
    assert worded_agree(tree, random.Random(1)) is True
    assert worded_agree({**tree, "letters": [[tree["letters"][0][0], "1/3"]]}, random.Random(1)) is False


def test_signs_are_as_the_document_says(trees):
    checked = 0
    for name, number, tree in trees:
        if tree["kind"] != "sign":
            continue
        draw = random.Random(f"{name} {number}")
        for _ in range(4):
            left = value(tree["left"], point_of(tree["domain"], draw))
            refuted = {">": left <= 0, ">=": left < 0, "<": left >= 0, "<=": left > 0}[tree["relation"]]
            assert left.is_finite() and not refuted, (name, number)
        checked += 1
    assert checked >= 15


def test_sums_agree_for_random_arrays(trees):
    checked = set()
    for name, number, tree in trees:
        draw = random.Random(f"{name} {number}")
        if tree["kind"] == "sum identity" and (name not in ("collapse-spectrum", "mse-spectrum") or number % 3 == 0):
            assert sums_agree(tree, draw) is True, (name, number)
            checked.add((name, number))
    assert len(checked) >= 30


def test_the_check_sees_a_wrong_equation(trees):
    """Changing one number of an equation is noticed, in an identity and in a sum."""
    identity = next(t for _, _, t in trees if t["kind"] == "identity")
    at = point_of(identity["domain"], random.Random(1))
    assert agree(value(["+", identity["left"], "1/1000"], at), value(identity["right"], at)) is False
    sums = next(t for _, _, t in trees if t["kind"] == "sum identity" and t["left"])
    term = {**sums["left"][0], "coefficient": ["*", "2", sums["left"][0]["coefficient"]]}
    assert sums_agree({**sums, "left": [term, *sums["left"][1:]]}, random.Random(1)) is False
