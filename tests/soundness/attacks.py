"""Attacks on the checker: certificates that must not be accepted, beside genuine ones that must.

``attacks()`` is everything that ``guards`` tries on a changed checker. Most come from genuine certificates, changed by
a little. The tables below are made so that one guard is the only defence; they are named after it.
"""

from __future__ import annotations

import copy
import json
import random
import sys
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from math import floor
from typing import Any

import flint

from ncproofs.proof.checker import pinned
from ncproofs.proof.checker_arithmetic import Budget, Intervals, Series
from ncproofs.proof.checker_losses import Loss
from tests.proof import certificate_examples
from tests.soundness import branches, families, hostile, regimes, standing
from tests.soundness.alone import ALONE
from tests.soundness.certificates import Pair, canonical, claim_changes, digest, sealed, verdict_changes
from tests.soundness.genuine import VERDICTS, claims, verdict

__all__ = ["Attack", "attacks", "by_hand"]

Attack = Callable[[Any], tuple[str, str]]


def _offered(raw: bytes, **options: Any) -> Attack:
    def attack(checker: Any) -> tuple[str, str]:
        try:
            found: tuple[str, str] = checker.check(raw, **options)
        except Exception as error:
            return "error", type(error).__name__
        return found

    return attack


def _from_genuine(each: int) -> dict[str, Attack]:
    found: dict[str, Attack] = {}
    for name, pair in claims().items():
        found[f"genuine {name}"] = _offered(sealed(*pair))
        statements, witnesses = claim_changes(pair, each)
        for number, change in enumerate(statements):
            found[f"{name}, {change.entry} {change.how} {number}"] = _offered(sealed(change.value, pair[1]))
        for number, change in enumerate(witnesses):
            found[f"{name}, witness {change.entry} {change.how} {number}"] = _offered(sealed(pair[0], change.value))
    return found


def _from_verdicts() -> dict[str, Attack]:
    found: dict[str, Attack] = {}
    for name in VERDICTS:
        raw = verdict(name)
        certificate = json.loads(raw)
        statement, witness = certificate["statement"], certificate["witness"]
        pins = {statement["theorem"]: {digest(statement)}}
        found[f"genuine {name}"] = _offered(raw, pins=pins)
        for number, (how, changed, shown) in enumerate(verdict_changes(statement, witness)):
            found[f"{name}, {how} {number}"] = _offered(sealed(changed, shown), pins=pins)
        found[f"{name}, old seal"] = _offered(sealed({**statement, "title": "other"}, witness, seal=digest(statement)))
        found[f"{name}, not expected"] = _offered(raw, expected={"0" * 64})
        found[f"{name}, another format"] = _offered(canonical({**certificate, "format": "other"}))
    return found


# --- by hand ----------------------------------------------------------------------------------------------

_PLAIN = {"method": "coefficients", "basis": []}


def _cuts(*tree: Any, bits: int = 64) -> dict[str, Any]:
    return {"method": "cuts", "bits": bits, "cuts": list(tree)}


def _range(low: Any, high: Any, ends: str = "[]", *, name: str = "x", integer: Any = False) -> dict[str, Any]:
    return {
        "name": name,
        "lower": low,
        "upper": high,
        "lower_open": ends[0] == "(",
        "upper_open": ends[1] == ")",
        "integer": integer,
    }


def _sign(expression: Any, where: list[Any], witness: Any, relation: str = ">") -> Pair:
    return {
        "kind": "sign/1",
        "title": "an attack",
        "domain": where,
        "expression": expression,
        "relation": relation,
    }, witness


def _with(name: str, *path: Any, to: Any, witness: Any = None) -> Pair:
    """A genuine claim with the entry at the path of its statement changed."""
    pair = copy.deepcopy(claims()[name])
    place: Any = pair[0]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return pair[0], pair[1] if witness is None else witness


def _problem(name: str, **changed: Any) -> dict[str, Any]:
    problem: dict[str, Any] = {**claims()[name][0]["problem"], **changed}
    return problem


def _of_kind(kind: str, **fields: Any) -> str:
    """The name of the first genuine claim of this kind with these fields."""
    for name, (statement, _) in claims().items():
        flat = {**statement, **statement.get("problem", {})}
        if statement["kind"] == kind and all(flat.get(key) == value for key, value in fields.items()):
            return name
    raise LookupError(kind)


def _claim(kind: str, witness: Any, **parts: Any) -> Pair:
    return {"kind": kind, "title": "an attack", **parts}, witness


def _sums(left: Any, right: Any, tensors: Any, indices: Any = None) -> Pair:
    return _claim(
        "sum-identity/1",
        {},
        symbols=["K", "d"],
        relations=[],
        left=left,
        right=right,
        tensors=tensors,
        indices={"j": "K", "k": "K", "a": "d"} if indices is None else indices,
    )


def _rounded() -> dict[str, Pair]:
    """False by less than 2^-64, at 64 bits: each needs one rounding to be outwards."""
    one, third = 2**64, Fraction(1, 3)
    a, b = Fraction(2**63 + 1, one), Fraction(2**62 + 3, one)
    made: dict[str, tuple[Any, Fraction]] = {
        "a number": (str(third), third),
        "a product": (["*", str(a), str(b)], a * b),
        "a quotient": (["/", "1", "3"], third),
        "a quotient by a negative": (["/", "-1", "-3"], third),
        "a square": (["^", str(a), 2], a * a),
        "a cube": (["^", str(a), 3], a**3),
        "an inverse": (["^", "3", -1], third),
        "a power of a negative": (["-", ["^", ["-", str(a)], 3]], a**3),
    }
    for name, body, digits in (
        ("a root", ["sqrt", "2"], "1.41421356237309504880168872420969807856967187537694"),
        ("a root of 3", ["sqrt", "3"], "1.73205080756887729352744634150587236694280525381038"),
        ("an exponential", ["exp", "1"], "2.71828182845904523536028747135266249775724709369995"),
        ("an exponential below", ["exp", "-1"], "0.36787944117144232159552377016146086744581113103176"),
        ("a large exponential", ["exp", "10"], "22026.4657948067165169579006452842443663535126185567810742"),
        ("a logarithm", ["log", "2"], "0.69314718055994530941723212145817656807550013436025"),
        ("a logarithm below", ["log", "1/3"], "-1.0986122886681096913952452369225257046474905578227"),
    ):
        made[name] = body, Fraction(digits)
    pairs = {}
    for name, (body, value) in made.items():
        low, high = Fraction(floor(value * one), one), Fraction(floor(value * one) + 1, one)
        for side, expression in (("below", ["-", body, str(high)]), ("above", ["-", str(low), body])):
            pairs[f"rounding of {name} {side}"] = _sign(expression, [], _cuts("n"), ">=")
    return pairs


def _halved() -> dict[str, Any]:
    """The witness of an optimum, one mantissa larger by one half."""
    witness = copy.deepcopy(claims()["optimum by hand"][1])
    entries = witness["point"]["W"]["m"]
    entries[0] = f"{2 * int(entries[0]) + 1}/2"
    return witness


def _reading() -> dict[str, Pair]:
    benign = _of_kind("ridge/benign/1")
    return {
        "a title that is a number": _with(benign, "title", to=3),
        "a flag that is a number": _sign("1", [_range("0", "1", integer=0)], _PLAIN),
        "a rational not in lowest terms": _with(benign, "problem", "lambda_W", to="2/200"),
        "a mantissa that is no integer": _with(
            "optimum by hand", "title", to="an attack", witness=_halved()
        ),
        "a vector of negative precision": _with(
            "optimum by hand", "title", to="an attack",
            witness={**claims()["optimum by hand"][1], "dual": {"s": -1, "m": ["0"] * 9}}
        ),
        "a row of one too many": _claim("matrix/inertia/1", {}, rows=[["1", "1"]], positive=1, negative=0, zero=0),
        "a matrix that is not symmetric": _claim(
            "matrix/inertia/1", {}, rows=[["1", "5"], ["0", "1"]], positive=2, negative=0, zero=0
        ),
        "no matrix at all": _claim("matrix/inertia/1", {}, rows=[], positive=0, negative=0, zero=0),
        "a variable twice": _sign("1", [_range("0", "1"), _range("0", "1")], _PLAIN),
        "a digit of another script": _with(benign, "problem", "lambda_W", to="\u0661"),
    }


def _signs() -> dict[str, Pair]:
    x, K = [_range("0", "1")], [_range("2", "4", name="K", integer=True)]
    square = ["^", ["-", "K", "3"], 2]
    positive = ["+", "x", "1"]
    return {
        "a split between integers": _sign(
            square, K, {"method": "split", "variable": "K", "at": ["5/2"], "parts": [_PLAIN, _PLAIN]}
        ),
        "a split at 3 and 2": _sign(
            positive, x, {"method": "split", "variable": "x", "at": ["2/3", "1/3"], "parts": [_PLAIN] * 3}
        ),
        "a split of another variable": _sign(
            positive, x, {"method": "split", "variable": "y", "at": [], "parts": [_PLAIN]}
        ),
        "zero at a closed end": _sign(
            "x",
            x,
            {"method": "taylor", "variable": "x", "end": "lower", "start": [_PLAIN], "rest": _PLAIN, "strict": 1},
        ),
        "Taylor from no end": _sign(
            "x",
            [_range("0", None, "()")],
            {"method": "taylor", "variable": "x", "end": "upper", "start": [_PLAIN], "rest": _PLAIN, "strict": 1},
        ),
        "Taylor in a range that another uses": _sign(
            ["-", ["+", "y", "1"], "x"],
            [_range("0", "2"), _range("0", "x", name="y")],
            {"method": "taylor", "variable": "x", "end": "lower", "start": [_PLAIN], "rest": _PLAIN, "strict": 0},
            ">=",
        ),
        "cuts without an end": _sign(positive, [_range("0", None, "[)")], _cuts("n")),
        "cuts in an empty range": _sign("1", [_range("1", "0")], _cuts("n")),
        "a cut outside": _sign(positive, x, _cuts([0, "2"], "n", "n")),
        "a cut below": _sign(positive, x, _cuts([0, "-1/2"], "n", "n")),
        "a leaf too many": _sign(positive, x, _cuts("n", "n")),
        "a leaf missing": _sign(["-", "x", "1/2"], x, _cuts([0, "1/2"], [0, "3/4"], "n")),
        "an unknown leaf": _sign(positive, x, _cuts("q")),
        "zero by cuts": _sign(["-", "x", "x"], x, _cuts("n")),
        "zero by cuts at an end": _sign("x", x, _cuts("n")),
        "zero by coefficients": _sign("x", x, _PLAIN),
        "a negative end": _sign("x", [_range("-1", "1")], _PLAIN, ">="),
        "nine closed ranges": _sign("1", [_range("0", "1", name=f"x{i}") for i in range(9)], _PLAIN),
        "equality by cuts": _claim("identity/1", _cuts("n"), domain=[_range("0", "1")], left="x", right="x"),
        "a root at the edge": _claim(
            "root/1",
            {"bits": 64, "points": ["0", "1"], "rising": True, "slope": _PLAIN},
            variable="x",
            lower="0",
            upper=None,
            expression=["-", "x", "1/2"],
        ),
        "a root beyond": _claim(
            "root/1",
            {"bits": 64, "points": ["1/4", "1"], "rising": True, "slope": _PLAIN},
            variable="x",
            lower="0",
            upper="1/2",
            expression=["-", "x", "1/3"],
        ),
        "points the wrong way round": _claim(
            "root/1",
            {"bits": 64, "points": ["1", "0"], "rising": True, "slope": _PLAIN},
            variable="x",
            lower=None,
            upper=None,
            expression=["-", "1/2", "x"],
        ),
        "no root": _claim(
            "root/1",
            {"bits": 64, "points": ["1", "2"], "rising": True, "slope": _PLAIN},
            variable="x",
            lower="0",
            upper=None,
            expression=["+", "x", "1"],
        ),
        "a logarithm of what may be negative": _sign(
            ["^", ["log", "x"], 2], [_range("-1", "1")], {"method": "coefficients", "basis": [["log", "x"]]}, ">="
        ),
        "a divisor that may vanish": _sign(["^", ["/", "1", "x"], 2], [_range(None, None, "()")], _PLAIN),
        "a pole between the ends": _sign(["+", ["/", "1", "x"], "5"], [_range("-1", "1")], _cuts("n")),
        "a root of what may be negative": _sign(["^", ["sqrt", "x"], 2], [_range(None, None, "()")], _PLAIN, ">="),
        "an exponent that the basis lacks": _sign(["exp", "x"], x, _PLAIN),
        "a basis of another kind": _sign("1", x, {"method": "coefficients", "basis": [["sin", "x"]]}),
        "an unknown name": _sign("y", x, _PLAIN),
        "an operation that is none": _sign(["max", "x", "1"], x, _PLAIN),
        "an unknown relation": _sign("1", x, _PLAIN, "=="),
        "no method": _sign("1", x, {"method": "trust", "basis": []}),
    }


def _cut_off() -> Pair:
    """The focal(5) loss of 100 classes at c = 63/5000: 0 is a local minimiser, and one near 9/4 is better."""
    problem = {**claims()["a focal tie"][0]["problem"], "lambda_W": "63/5000", "lambda_H": "63/5000"}
    search = {"points": ["0", "1/8192"], "best": "0", "root": None}
    return _claim("ridge/geometry/1", {"bits": 64, "search": search}, problem=problem, geometry="zero")


#: Around log(1/c - 2) for c = 1/100, the margin of the minimiser of cross-entropy for three classes.
_MARGIN = ["458496747867/100000000000", "114624186967/25000000000"]


def _problems() -> dict[str, Pair]:
    optimum, geometry = _of_kind("ridge/optimum/1", loss="cross_entropy"), _of_kind("ridge/geometry/1", geometry="zero")
    sphere, gap = _of_kind("sphere/optimum/1", loss="cross_entropy", quantity="objective"), Fraction(3, 2)
    inertia, tie = _of_kind("ridge/inertia/1"), "a focal tie"
    off = str(-gap - Fraction(1, 2**200))
    hot = {"loss": "label_smoothing", "parameter": "1/10", "K": 3, "d": 3, "n": 1}
    almost = str(Fraction(floor(Fraction("3.33220451017520392393981698635953") * 2 * 2**80 / 3), 2**80))
    linear = _problem(
        inertia, loss="expression", parameter={"phi": ["-", "t"], "sums": []}, lambda_W="9", lambda_H="9", lambda_b="1"
    )
    entropy = {"phi": ["-", ["log", "S1"], "t"], "sums": [["exp", "z"]]}
    by_hand = claims()["optimum by hand"]
    search = {"points": ["0", "1/1000", "1/2", "1", "2", "3", "5", "10"], "best": "-100", "root": None}
    bits = {"bits": 64, "points": None}
    return {
        "an exponent off by 2^-200": _claim(
            "sphere/optimum/1",
            bits,
            problem=_problem(sphere, K=3, d=3, n=1, tau="1"),
            point="minimum",
            quantity="objective",
            relation="==",
            value=["log", ["+", "1", ["*", "2", ["exp", off]]]],
        ),
        "a value off by 2^-200": _with(
            optimum, "value", to=["+", claims()[optimum][0]["value"], str(Fraction(1, 2**200))]
        ),
        "an unknown relation of a quantity": _with(sphere, "relation", to="~"),
        "another geometry": _with(geometry, "geometry", to="simplex ETF"),
        "the focal loss with a bias near its tie": _with(tie, "problem", "lambda_b", to="0"),
        "a best point below zero": _claim(
            "ridge/geometry/1",
            {"bits": 128, "search": search},
            geometry="zero",
            problem={
                "loss": "focal",
                "parameter": "2",
                "K": 100,
                "d": 99,
                "n": 1,
                "lambda_W": "111/10000",
                "lambda_H": "111/10000",
                "lambda_b": None,
            },
        ),
        "the origin of another loss": _claim(
            "ridge/inertia/1",
            {"bits": 64, "search": None, "root": None, "gap": "1/100"},
            problem=linear,
            point="origin",
            negative=0,
            zero=0,
        ),
        "a point that is none": _claim(
            "ridge/inertia/1",
            {"bits": 128, "search": None, "root": _MARGIN, "gap": "1/1000000"},
            problem={
                **claims()[optimum][0]["problem"],
                "loss": "cross_entropy",
                "parameter": None,
                "K": 3,
                "d": 2,
                "n": 2,
                "lambda_W": "1/100",
                "lambda_H": "1/200",
                "lambda_b": None,
            },
            point="elsewhere",
            negative=0,
            zero=1,
        ),
        "another word for the antipodal point": _claim(
            "sphere/inertia/1",
            {**bits, "bits": 128, "gap": "1/1000000"},
            problem={"loss": "cross_entropy", "parameter": None, "K": 3, "d": 3, "n": 1, "tau": "1"},
            point="elsewhere",
            negative=7,
            zero=3,
        ),
        "a focal function cut off before its minimiser": _cut_off(),
        "the curvature of another loss": _with(
            _of_kind("ridge/origin-curvature/1"),
            "problem",
            to=_problem(_of_kind("ridge/origin-curvature/1"), loss="expression", parameter=entropy),
        ),
        "a dual bound without convexity": (
            {**by_hand[0], "problem": {**by_hand[0]["problem"], "loss": "focal", "parameter": "0"}, "upper": "1"},
            by_hand[1],
        ),
        "a free bias with rows that do not add up": (
            {
                **certificate_examples.squared_optimum()[0],
                "problem": {**certificate_examples.squared_optimum()[0]["problem"], "lambda_b": "0"},
                "title": "an attack",
            },
            {
                **certificate_examples.squared_optimum()[1],
                "point": {**certificate_examples.squared_optimum()[1]["point"], "b": {"s": 0, "m": ["0", "0"]}},
            },
        ),
        "label smoothing at its threshold": _claim(
            "sphere/geometry/1", bits, problem={**hot, "tau": almost}, geometry="equal logit gaps"
        ),
        "beyond the threshold in the plane": _claim(
            "sphere/geometry/1", bits, problem={**hot, "d": 2, "tau": "3"}, geometry="equal logit gaps"
        ),
        "another loss on spheres": _with(
            _of_kind("sphere/inertia/1", loss="cross_entropy"),
            "problem",
            to=_problem(_of_kind("sphere/inertia/1", loss="cross_entropy"), loss="expression", parameter=entropy),
        ),
        "the bound as a value in too few dimensions": _with(sphere, "problem", "d", to=2)
        if claims()[sphere][0]["problem"]["K"] > 3
        else _claim(
            "sphere/optimum/1",
            bits,
            problem={"loss": "cross_entropy", "parameter": None, "K": 4, "d": 2, "n": 1, "tau": "3/4"},
            point="minimum",
            quantity="objective",
            relation="==",
            value=["log", ["+", "1", ["*", "3", ["exp", "-1"]]]],
        ),
        "duality without convexity": _with(
            _of_kind("sphere/dual/1", loss="cross_entropy"),
            "problem",
            to=_problem(_of_kind("sphere/dual/1", loss="cross_entropy"), loss="focal", parameter="1/10"),
        ),
        "duality at h = -w": _with(_of_kind("sphere/dual/1", loss="cross_entropy"), "point", to="antipodal"),
        "a benign landscape in the plane": _with(
            _of_kind("sphere/benign/1"), "problem", to=_problem(_of_kind("sphere/benign/1"), K=2, d=2)
        ),
        "a benign landscape of the focal loss": _with(
            _of_kind("ridge/benign/1"), "problem", to=_problem(_of_kind("ridge/benign/1"), loss="focal", parameter="2")
        ),
        "a negative radius": _with("a spurious minimum", "radius", to="-1/1152921504606846976"),
        "a bias too many": _with("a spurious minimum", "centre", "b", to={"s": 0, "m": ["0"] * 4}),
        "an entry below a pivot": _below_a_pivot(),
        "a last bias that is not 0": _last_bias(),
        "a pivot twice": _with("a collapsed triangle", "pivots", to=[0, 0]),
        "places that do not hold the samples": _with(
            "a spurious minimum", "places", to=[[0, 1], [1, 1], [2, 1], [2, 1]]
        ),
        "a rival that is not lower": _with(
            "a spurious minimum",
            "rival",
            to={**claims()["a spurious minimum"][0]["rival"], "point": {**claims()["a spurious minimum"][0]["centre"]}},
        ),
    }


def _tables() -> dict[str, Pair]:
    """Spectra and counts with one number too many, and values with one end too narrow."""
    made = {}
    for kind in ("ridge/spectrum/1", "sphere/spectrum/1"):
        statement, witness = claims()[_of_kind(kind)]
        rows = statement["eigenvalues"]
        place = next(i for i, row in enumerate(rows[:-1]) if row[:2] == ["0", "0"])
        merged = [*rows[:place], ["0", "0", rows[place][2] + rows[place + 1][2]], *rows[place + 2 :]]
        for name, table in (
            ("a zero too many", merged),
            ("the last row missing", rows[:-1]),
            ("the first row missing", rows[1:]),
            ("rows exchanged", [*rows[:-2], rows[-1], rows[-2]]),
            ("ends exchanged", [*rows[:-1], [rows[-1][1], rows[-1][0], rows[-1][2]]]),
        ):
            made[f"{kind} {name}"] = {**statement, "eigenvalues": table}, witness
    for kind in ("ridge/inertia/1", "sphere/inertia/1"):
        name = _of_kind(kind)
        statement = claims()[name][0]
        for key, step in (("negative", 1), ("zero", 1), ("zero", -1)):
            made[f"{kind} {key} {step}"] = _with(name, key, to=statement[key] + step)
        made[f"{kind} no gap"] = statement, {**claims()[name][1], "gap": "0"}
        made[f"{kind} a zero for a negative"] = (
            {**statement, "negative": 1, "zero": statement["zero"] - 1},
            claims()[name][1],
        )
    for name in ("a collapsed point", "a spurious minimum"):
        low, high = claims()[name][0]["value"]
        made[f"{name} below its value"] = _with(name, "value", to=[low, low])
        made[f"{name} above its value"] = _with(name, "value", to=[high, high])
        made[f"{name} of another index"] = _with(name, "negative", to=1)
    made["a problem with more samples than its places"] = _with("a free bias", "problem", "n", to=2)
    return made


def _more() -> dict[str, Pair]:
    """One attack for each guard that the tables above leave to others."""
    saddle, minimum, matrix = "saddle by hand", "optimum by hand", "a matrix"
    argmin, contact = _of_kind("ridge/argmin/1"), _of_kind("sphere/contact/1")
    entropy = {"phi": ["-", ["log", "S1"], "t"], "sums": [["exp", "z"]]}
    plain = {"K": 3, "d": 3, "n": 1}
    zero = {"s": 0, "m": ["0"] * 6}
    search = {"points": ["0", "2", "4", "5", "10", "50"], "best": "229/50", "root": ["9/2", "47/10"]}
    scale = _of_kind("ridge/scale/1", loss="cross_entropy")
    ends = claims()[scale][1]["root"]
    cuts = claims()[contact][1]["points"]
    shy = {"points": ["0", "1/10", "10", "50"], "best": "1/20", "root": None}
    near = {
        **plain,
        "loss": "focal",
        "parameter": "0",
        "lambda_W": "1639/5000",
        "lambda_H": "1639/5000",
        "lambda_b": None,
    }
    far = {**near, "lambda_W": "1/100", "lambda_H": "1/100"}
    sphere = {**plain, "loss": "cross_entropy", "parameter": None, "tau": "1"}
    squared = {**near, "loss": "mean_squared", "parameter": None, "lambda_W": "1/100", "d": 2}
    wrong = {**search, "root": ["41/10", "21/5"]}
    return {
        "another inertia": _with(matrix, "positive", to=1),
        "a lower bound too high": ({**claims()[minimum][0], "lower": "14/125", "upper": "1/5"}, claims()[minimum][1]),
        "a bound above the minimum": (
            {**claims()[minimum][0], "lower": "1119021/10000000", "upper": "1/5"},
            claims()[minimum][1],
        ),
        "a dual matrix that is too long": (
            {**claims()[minimum][0], "lower": "19/100", "upper": "1/5"},
            {**claims()[minimum][1], "dual": certificate_examples.dual(Fraction(1, 50))},
        ),
        "a saddle box of negative radius": _with(saddle, "radius", to="-1/1000"),
        "a saddle box of no margin": _with(saddle, "margin", to="-1"),
        "a saddle box along nothing": (
            claims()[saddle][0],
            {"bits": 128, "direction": {"W": zero, "H": zero, "b": None}},
        ),
        "a saddle box of an unknown loss": _with(saddle, "problem", to=_problem(saddle, loss="hinge", parameter="0")),
        "a reduced function without a price": _claim(
            "ridge/argmin/1", {"bits": 64, "search": None}, loss="cross_entropy", parameter=None, K=3, c="-1"
        ),
        "a reduced function of another loss": _claim(
            "ridge/argmin/1", {"bits": 64, "search": search}, loss="expression", parameter=entropy, K=3, c="1/100"
        ),
        "a reduced function not from 0": (
            claims()[argmin][0],
            {**claims()[argmin][1], "search": {**search, "points": search["points"][2:]}},
        ),
        "a reduced function cut off": (
            claims()[argmin][0],
            {**claims()[argmin][1], "search": {**search, "points": search["points"][:4]}},
        ),
        "a minimiser taken for 0": _claim(
            "ridge/geometry/1", {"bits": 64, "search": shy}, problem=near, geometry="zero"
        ),
        "one coarse piece": _claim(
            "ridge/geometry/1", {"bits": 64, "search": {**shy, "points": ["0", "50"]}}, problem=far, geometry="zero"
        ),
        "a bracket without the margin": _claim(
            "ridge/optimum/1",
            {"bits": 64, "search": wrong},
            problem=far,
            quantity="margin",
            relation="<",
            value="43/10",
        ),
        "a bracket in another piece": _claim(
            "ridge/optimum/1",
            {"bits": 64, "search": {**search, "root": ["1", "9"]}},
            problem=far,
            quantity="margin",
            relation="<",
            value="10",
        ),
        "two pieces": _claim(
            "ridge/geometry/1",
            {"bits": 64, "search": {**search, "points": ["0", "2", "4", "23/5", "5", "10", "50"]}},
            problem=far,
            geometry="simplex ETF",
        ),
        "a scale of another loss": _with(scale, "problem", to=_problem(scale, loss="expression", parameter=entropy)),
        "a bracket the wrong way round": (claims()[scale][0], {**claims()[scale][1], "root": ends[::-1]}),
        "a rank-deficient frame": _claim(
            "ridge/geometry/1", {"bits": 64, "search": None}, problem=squared, geometry="rank-deficient frame"
        ),
        "an ETF without room": _claim(
            "sphere/geometry/1", {"bits": 64, "points": None}, problem={**sphere, "K": 5}, geometry="simplex ETF"
        ),
        "a balance without room": _claim("sphere/balance/1", {}, problem={**sphere, "K": 5}, point="etf"),
        "a balance elsewhere": _claim("sphere/balance/1", {}, problem=sphere, point="frame"),
        "a spectrum without room": _with(
            _of_kind("sphere/inertia/1", loss="cross_entropy"), "problem", to={**sphere, "K": 5}
        ),
        "points that do not reach the ends": (
            claims()[contact][0],
            {**claims()[contact][1], "points": [cut for cut in cuts if abs(Fraction(cut)) < 1.1]},
        ),
        "contact of the squared error": _with(
            contact, "problem", to=_problem(contact, loss="mean_squared", parameter=None)
        ),
        "contact beyond the threshold": _with(
            contact, "problem", to=_problem(contact, loss="label_smoothing", parameter="1/10", tau="4")
        ),
    }


def _cuts_of(K: int, gamma: str, c: str, best: str, kept: tuple[str, str]) -> tuple[list[str], list[str]]:
    """Points left and right of the piece ``kept``, as close as it takes to settle all pieces but this one."""
    balls, loss = Intervals(128, Budget(10**9)), Loss("focal", gamma)
    series, price = Series(balls, 2), balls.number(Fraction(c) * (K - 1))

    def g(m: Any, algebra: Any = balls) -> Any:
        lean = series.constant(price) if algebra is series else price
        return algebra.add(loss.at_gap(algebra, K, m), algebra.mul(lean, m))

    bound = g(balls.number(Fraction(best)))[1]

    def cut(low: Fraction, high: Fraction) -> list[Fraction]:
        box = balls.number(low)[0], balls.number(high)[1]
        _, rise, _ = g(series.constant(box, 1), series)
        middle = ((box[0] + box[1]) // 2,) * 2
        least = balls.add(g(middle), balls.mul(rise, balls.sub(box, middle)))[0]
        if rise[0] > 0 or (low and (rise[1] < 0 or least > bound)):
            return [high]
        return cut(low, (low + high) / 2) + cut((low + high) / 2, high)

    left, right = (Fraction(end) for end in kept)
    before = [Fraction(0), *cut(Fraction(0), left)] if left else [left]
    return [str(x) for x in before], [str(x) for x in [right, *cut(right, Fraction(50))]]


_TIE = [str(Fraction(digits, 10**12)) for digits in (12739587402, 12739587403)]
_AROUND, _BEST = ("2207/1000", "276/125"), str(Fraction(22076265335, 10**10))


def _searched() -> dict[str, Pair]:
    """What the search for the minimiser of a reduced function must not take for settled, mostly with false geometries.

    The focal(5) loss of 100 classes: 0 and a margin near 2.20763 are local minimisers, equally good near
    c = 0.0127395874025: on either side of it one is better by 10^-10.
    """
    def shape(c: str, points: list[str], best: str, root: Any, geometry: str, **changed: Any) -> Pair:
        problem = {**claims()["a focal tie"][0]["problem"], "lambda_W": c, "lambda_H": c, **changed}
        search = {"points": points, "best": best, "root": root}
        return _claim("ridge/geometry/1", {"bits": 128, "search": search}, problem=problem, geometry=geometry)

    def tie(c: str, best: str, geometry: str, *, from_0: bool = True) -> Pair:
        before, after = _cuts_of(100, "5", c, best, _AROUND)
        return shape(c, [*(before if from_0 else before[-1:]), *after], best, _AROUND, geometry)

    cross, small = {"parameter": "0", "K": 3, "d": 3}, ("0", "1/10")
    first = ["0", *_cuts_of(3, "0", "1639/5000", "493/10000", small)[1]]
    return {
        "points that start beyond 0": tie(_TIE[1], _BEST, "simplex ETF", from_0=False),
        "a best point on the left of 0": tie(_TIE[1], "-1/100000", "simplex ETF"),
        "a best point that is not the best": tie(_TIE[0], "0", "zero"),
        "a small margin in the first piece": shape("1639/5000", first, "493/10000", None, "zero", **cross),
        "a piece that is not convex": shape(
            "1/100", ["0", "1", "50"], "23/5", ["9/2", "47/10"], "simplex ETF", **cross),
    }


def _contacts() -> dict[str, Pair]:
    """J is concave at 1 for focal(100) and 10^6 classes at tau = 7; and a loss for which nobody claims it."""
    focal = {"loss": "focal", "parameter": "100", "K": 10**6, "d": 10**6, "n": 1, "tau": "7"}
    smooth = {"loss": "label_smoothing", "parameter": "-1/2", "K": 3, "d": 3, "n": 1, "tau": "1/4"}
    fine = {"bits": 64, "points": [str(Fraction(k, 24)) for k in range(-33, 34)]}
    frame = {"loss": "mean_squared", "parameter": None, "K": 2, "d": 3, "n": 2, "tau": "1"}
    return {
        "contact in one piece": _claim("sphere/contact/1", {"bits": 128, "points": ["-2", "2"]}, problem=focal),
        "contact of a smoothing below 0": _claim("sphere/geometry/1", fine, problem=smooth, geometry="simplex ETF"),
        "a frame with an irrational root": _claim(
            "sphere/inertia/1", {"bits": 128, "points": None, "gap": "1/1000"}, problem=frame, point="frame",
            negative=0, zero=8),
    }


def _shifted(*more: Any) -> Pair:
    """A free bias, with more terms in the loss; a shift of all logits changes them, but not their slopes at 0."""
    phi = ["+", ["-", ["log", "S1"], "t"], *more]
    problem = _problem("a free bias", loss="expression", parameter={"phi": phi, "sums": [["exp", "z"], "z"]})
    return _with("a free bias", "problem", to=problem)


def _conditions() -> dict[str, Pair]:
    """The least nonzero eigenvalue is near 0.0981 and the largest is near 0.3925: a condition number of 4."""
    name = _of_kind("sphere/conditioning/1")

    def ends(relation: str, value: str, low: str, high: str) -> Pair:
        statement, witness = claims()[name]
        return {**statement, "relation": relation, "value": value}, {**witness, "ends": [low, high]}

    return {
        "a condition number without a small eigenvalue": ends(">=", "100", "1/1000000", "39/100"),
        "a condition number without a large eigenvalue": ends(">=", "50", "99/1000", "9"),
        "a condition number that is too large": ends(">=", "5", "99/1000", "39/100"),
        "a condition number with a relation of its own": ends("==", "5", "9/100", "2/5"),
        "a condition number from a negative end": ends("<", "1", "-1", "1"),
        "a condition number that leaves small eigenvalues out": ends("<", "2", "3/10", "2/5"),
        "a condition number that leaves large eigenvalues out": ends("<", "2", "9/100", "1/10"),
        "a condition number that is too small": ends("<", "2", "9/100", "2/5"),
    }


def _parts() -> dict[str, Pair]:
    """One for each part of what must hold together."""
    scale, tiny = _of_kind("ridge/scale/1", loss="cross_entropy"), ["*", str(Fraction(1, 2**200)), ["sqrt", "2"]]
    far = {"loss": "focal", "parameter": "0", "K": 3, "d": 3, "n": 1, "lambda_W": "1/100", "lambda_H": "1/100",
           "lambda_b": None}
    points = ["0", "2", "4", "5", "10", "50"]

    def margin(relation: str, value: str, *root: str) -> Pair:
        search = {"points": points, "best": "229/50", "root": list(root)}
        return _claim("ridge/optimum/1", {"bits": 64, "search": search}, problem=far, quantity="margin",
                      relation=relation, value=value)

    def smooth(parameter: str) -> Pair:
        problem = {**far, "loss": "label_smoothing", "parameter": parameter}
        return _claim("ridge/geometry/1", {"bits": 64, "search": None}, problem=problem, geometry="simplex ETF")

    def price(value: Any) -> Pair:
        return _claim("ridge/optimum/1", {"bits": 64, "search": None}, quantity="c", relation="==", value=value,
                      problem={**hot, "lambda_W": "1/100", "lambda_H": "1/100"})

    hot = {**far, "loss": "cross_entropy", "parameter": None, "lambda_W": "2/5", "lambda_H": "2/5"}
    few = {"loss": "cross_entropy", "parameter": None, "K": 5, "d": 3, "n": 1, "tau": "1"}
    square = {**far, "loss": "mean_squared", "parameter": None}
    mean, squared = ["-", "t", ["/", "S2", "2"]], ["^", "S2", 2]
    return {
        "a factor whose logarithm is small": price(["*", "1/100", ["exp", tiny]]),
        "a summand that is the logarithm of nearly 1": price(
            ["+", "1/100", ["log", ["/", "1", ["+", "1", tiny]]]]),
        "a bracket that begins before the piece": margin("<", "24/5", "39/10", "47/10"),
        "a bracket beyond the margin": margin(">", "917/200", "459/100", "47/10"),
        "a margin below 0": _claim(
            "ridge/scale/1", {**claims()[scale][1], "root": ["-5", "1"]}, problem=hot, slope="2/5", scale=None),
        "smoothing by 3/2": smooth("3/2"),
        "smoothing by -1/2": smooth("-1/2"),
        "a multiplier without room": _claim(
            "sphere/optimum/1", {"bits": 64, "points": None}, problem=few, point="minimum", quantity="multiplier_W",
            relation=">", value="-9"),
        "a weighted bias taken for a free one": _with(
            "a free bias", "problem", to=_problem("a free bias", lambda_b="1/10")),
        "a loss that a shift changes": _shifted(squared),
        "a loss with a product that a shift changes": _shifted(["*", mean, squared]),
        "a loss with quotients that a shift changes": _shifted(
            ["/", "5", ["+", "1", "S2"]], ["/", "-8", ["+", "2", "S2"]], ["*", "3", "S2"], "-1"),
        "an intermediate frame beyond the threshold": _claim(
            "ridge/geometry/1", {"bits": 64, "search": None}, geometry="intermediate frame",
            problem={**square, "lambda_W": "1/10", "lambda_H": "1/10", "lambda_b": "1/9"}),
        "rows of a rank-deficient frame": _claim(
            "ridge/optimum/1", {"bits": 64, "search": None}, problem={**square, "d": 2}, quantity="W_row_norm_sq",
            relation=">", value="0"),
        **_conditions(),
    }


def _below_a_pivot() -> Pair:
    statement, witness = copy.deepcopy(claims()["a collapsed triangle"])
    W = statement["centre"]["W"]["m"]
    W[W.index("0")] = "1"
    return statement, witness


def _last_bias() -> Pair:
    statement, witness = copy.deepcopy(claims()["a free bias"])
    statement["centre"]["b"]["m"][-1] = "1"
    return statement, witness


def _indexed() -> dict[str, Pair]:
    x, S = {"slots": ["K"], "properties": []}, {"slots": ["K", "d"]}
    entry, unit = ["entry", "x", "j"], {"slots": ["K"], "properties": [["unit", 0]]}

    def also(**tensors: Any) -> Pair:
        return _sums(entry, entry, {"x": x, **tensors})

    return {
        "a symmetric tensor of two sizes": also(S={**S, "properties": [["symmetric"]]}),
        "a symmetric tensor of one slot": also(S={"slots": ["K"], "properties": [["symmetric"]]}),
        "an unknown property": also(S={**S, "properties": [["orthogonal"]]}),
        "a contraction that does not fit": also(S={**S, "properties": [["annihilates", 1, "x", 0]]}),
        "a contraction with nothing": also(S={**S, "properties": [["annihilates", 0, "y", 0]]}),
        "an index renamed to another size": _sums(["at", [["j", "a"]], entry], ["at", [["j", "a"]], entry], {"x": x}),
        "an index of another size": _sums(["entry", "x", "a"], ["entry", "x", "a"], {"x": x}),
        "an index twice in a sum": _sums(["sum", ["j", "j"], entry], ["sum", ["j", "j"], entry], {"x": x}),
        "an unknown index": _sums(["sum", ["i"], entry], ["sum", ["i"], entry], {"x": x}),
        "indices that are a list": _sums(entry, entry, {"x": x}, indices=[]),
        "a sum that is not zero": _sums(["sum", ["j"], entry], "0", {"x": x}),
        "a unit vector that another factor meets": _sums(
            *(["sum", ["j"], ["*", ["entry", name, "j"], ["entry", name, "j"], entry]] for name in "uw"),
            {"x": x, "u": unit, "w": unit}),
        "a diagonal of unit rows": _sums(
            ["sum", ["j"], ["*", ["entry", "A", "j", "j"], ["entry", "A", "j", "j"]]], "1",
            {"A": {"slots": ["K", "K"], "properties": [["unit", 1]]}}),
        "signs and their transposes": _sums(
            ["*", ["entry", "A", "j", "k"], ["entry", "A", "k", "j"]], "1",
            {"A": {"slots": ["K", "K"], "properties": [["square_one"]]}}),
        "two signs of a symmetric matrix": _sums(
            ["*", ["entry", "A", "j", "k"], ["entry", "A", "j", "j"]], "1",
            {"A": {"slots": ["K", "K"], "properties": [["square_one"], ["symmetric"]]}}),
        "a delta of three": _sums(
            ["entry", "delta", "j", "k", "j"], "0", {"delta": {"slots": ["K"] * 3, "properties": []}}
        ),
    }


def _arithmetic(checker: Any) -> tuple[str, str]:
    """Random enclosures of the changed arithmetic against exact fractions and Arb."""
    module = sys.modules["ncproofs.proof.checker_arithmetic"]
    generator, bits = random.Random(7), 64
    balls = module.Intervals(bits, module.Budget(10**9))
    for _ in range(150):
        x = Fraction(generator.randint(1, 10**9), generator.randint(1, 10**9)) % 40
        y = Fraction(generator.randint(-(10**9), 10**9), generator.randint(1, 10**9)) or Fraction(1)
        a, b = balls.number(x), balls.number(y)
        exact = [
            (balls.add(a, b), x + y),
            (balls.mul(a, b), x * y),
            (balls.div(a, b), x / y),
            (balls.power(b, 3), y**3),
            (balls.power(b, 2), y**2),
        ]
        if not all(low <= value * 2**bits <= high for (low, high), value in exact):
            return "wrong", "an enclosure of an exact number"
        if x and not _against_arb(module, balls, x, bits):
            return "wrong", "an enclosure of an elementary function"
    return "right", ""


def _against_arb(module: Any, balls: Any, x: Fraction, bits: int) -> bool:
    with flint.ctx.workprec(400):
        at = balls.number(x)
        lower, upper = (flint.arb(flint.fmpq(end, 2**bits)) for end in at)
        found = [
            (balls.exp(at), lower.exp(), upper.exp()),
            (balls.log(at), lower.log(), upper.log()),
            (balls.sqrt(at), lower.sqrt(), upper.sqrt()),
            (balls.exp(balls.neg(at)), (-upper).exp(), (-lower).exp()),
        ]
        low, high, Q = balls._exp_bounds(at[0])
        inner = flint.arb(low) <= lower.exp() * 2**Q and lower.exp() * 2**Q <= flint.arb(high)
        return bool(inner) and all(
            bool(low <= a * 2**bits) and bool(b * 2**bits <= high) for (low, high), a, b in found
        )


_GROUPS: dict[str, Callable[[], dict[str, Pair]]] = {
    "rounding": _rounded,
    "reading": _reading,
    "signs": _signs,
    "problems": _problems,
    "tables": _tables,
    "more": _more,
    "searched": _searched,
    "contacts": _contacts,
    "parts": _parts,
    "indexed": _indexed,
    "layered": families.layered,
    "networks": families.networks,
    "labels": families.labels,
    "codes": families.codes,
    "branches": branches.attacks,
    "regimes": regimes.attacks,
}
#: File of the checker -> groups of attacks by hand, and kinds of genuine claims, that its code is about.
_ABOUT: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "checker_arithmetic": (("rounding", "signs"), ()),
    "checker_algebra": (("signs", "indexed"), ("sign/1", "identity/1", "sum-identity/1")),
    "checker_signs": (("signs",), ("sign/1", "identity/1", "root/1")),
    "checker_sums": (("indexed",), ("sum-identity/1",)),
    "checker_constants": (("problems", "tables", "parts"), ("ridge/optimum/1", "sphere/optimum/1", "ridge/scale/1")),
    "checker_reading": (("reading",), ("ridge/benign/1", "matrix/inertia/1")),
    "checker_critical": (
        ("problems", "tables", "parts"),
        ("ridge/critical-point/1", "sphere/critical-point/1", "label/critical-point/1", "sphere/saddle-box/1"),
    ),
    "checker_hessian": (
        ("problems",),
        ("ridge/spectrum/1", "sphere/spectrum/1", "ridge/inertia/1", "sphere/inertia/1"),
    ),
    "checker_layered": (("layered",), ("layered/geometry/1", "layered/optimum/1", "layered/attained/1",
                                       "layered/upper/1", "layered/benign/1", "layered/finite/1")),
    "checker_layered_points": (("layered",), ("layered/attained/1", "layered/critical/1", "layered/spectrum/1",
                                              "layered/upper/1")),
    "checker_radicals": (("layered",), ("layered/optimum/1",)),
    "checker_networks": (
        ("networks",),
        tuple(f"network/{kind}/1" for kind in ("gap", "value", "rank", "means", "kinks")),
    ),
    "checker_network_bounds": (("networks",), ("network/bound/1",)),
    "checker_copositive": (("networks",), ("network/gap/1",)),
    "checker_labels": (("labels",), ()),
    "checker_label_points": (("labels",), ()),
    "checker_codes": (("codes",), ()),
    "checker_ridge": (("problems", "tables"), ("ridge/minimum/1", "ridge/saddle-box/1")),
    "checker_inertia": (("problems", "tables", "reading"), ("matrix/inertia/1", "ridge/minimum/1")),
}
_EACH = 25


@cache
def relevant(file: str) -> tuple[str, ...]:
    """Names of the attacks by hand and of some genuine certificates that a change of ``file`` may concern."""
    if file == "checker":
        return ("an axiom of nobody", *standing.false_ones())
    groups, kinds = _ABOUT.get(file, (("problems", "tables", "more", "searched", "contacts", "parts"), ()))
    found = [name for group in groups for name in _GROUPS[group]()]
    found += ["arithmetic"] if file == "checker_arithmetic" else []
    family = {"checker_optimum": "ridge/", "checker_spheres": "sphere/", "checker_sectors": "sphere/",
              "checker_labels": "label/", "checker_label_points": "label/", "checker_codes": "code/"}.get(file)
    count: dict[str, int] = {}
    for name, (statement, _) in claims().items():
        kind = statement["kind"]
        if kind in kinds or (family and kind.startswith(family)):
            count[kind] = count.get(kind, 0) + 1
            found += [f"genuine {name}"] if count[kind] <= _EACH else []
    return tuple(found)


def _axiom() -> bytes:
    """A verdict that rests on a classical theorem of nobody's."""
    certificate = json.loads(verdict("landscape"))
    certificate["statement"]["claims"].append({"kind": "axiom/1", "name": "P = NP", "title": "every loss is benign"})
    certificate["witness"]["claims"].append({})
    return sealed(certificate["statement"], certificate["witness"])


@cache
def by_hand() -> dict[str, Attack]:
    """Certificates made for one guard each, and the arithmetic by itself."""
    made = {name: pair for group in _GROUPS.values() for name, pair in group().items()}
    verdicts = {name: _offered(raw, pins=pinned()) for name, raw in standing.false_ones().items()}
    verdicts["an axiom of nobody"] = _offered(_axiom())
    offered = {name: _offered(sealed(*pair)) for name, pair in made.items()}
    return {"arithmetic": _arithmetic, **ALONE, **verdicts, **offered}


@cache
def attacks(each: int = 12) -> dict[str, Attack]:
    """Every attack by name; ``each``: how many changes of each genuine claim."""
    hostiles = {f"hostile: {name}": _offered(raw) for name, raw in hostile.CERTIFICATES.items() if len(raw) < 10**5}
    return {**by_hand(), **_from_genuine(each), **_from_verdicts(), **hostiles}
