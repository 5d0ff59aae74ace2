"""The checker accepts genuine certificates of every kind, and rejects what does not prove its statement."""

from __future__ import annotations

import copy
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import flint
import pytest

from ncproofs.proof import checker
from ncproofs.proof.axioms import KNOWN_AXIOMS
from ncproofs.proof.certificate import seal
from ncproofs.proof.checker_algebra import Field
from ncproofs.proof.checker_arithmetic import Budget, Intervals, Rejected, Series, evaluate
from ncproofs.proof.checker_theorems import AXIOMS
from tests.proof.certificate_examples import (
    EXAMPLES,
    Pair,
    coefficients,
    cuts,
    dual,
    dyadic,
    positive,
    ridge,
    stated,
    taylor,
    tensor,
    term,
    variable,
)
from tests.proof.certificate_examples import verdict as theorem

FOLDER = Path(checker.__file__).parent


def verdict(pair: Pair) -> tuple[str, str]:
    return checker.check(seal(*pair, "test"))


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_genuine_certificates_are_accepted(example):
    assert verdict(example()) == ("accepted", example()[0]["kind"])


def changed(name: str, *path: Any, to: Any) -> Pair:
    """An example with one entry changed; the path starts with 0 (statement) or 1 (witness)."""
    pair = copy.deepcopy(EXAMPLES[name]())
    place: Any = pair
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return pair


def sums(left: list[Any], right: list[Any], **tensors: Any) -> Pair:
    indices = {name: "K" for name in "ijkl"} | {name: "d" for name in "ab"}
    sides = [["+", *terms] if terms else "0" for terms in (left, right)]
    return stated("sum-identity/1", symbols=["K", "d"], relations=[], indices=indices, tensors=tensors, left=sides[0],
                  right=sides[1]), {}


def sign(expression: Any, where: list[Any], witness: Any, relation: str = ">") -> Pair:
    return stated("sign/1", domain=where, expression=expression, relation=relation), witness


def same(left: Any, right: Any, where: list[Any], *basis: list[Any]) -> Pair:
    return stated("identity/1", domain=where, left=left, right=right), coefficients(*basis)


X = [positive("x")]
UNIT = [variable("x", "0", "1", "[]")]
SQUARES = [term("1", ["a"], ["u", "k", "a"], ["u", "k", "a"])]

PROPERTIES = {
    "symmetric": (sums([term("1", [], ["s", "i", "j"])], [term("1", [], ["s", "j", "i"])],
                       s=tensor("K", "K", properties=[["symmetric"]])), "accepted"),
    "antisymmetric": (sums([term("1", [], ["s", "i", "j"])], [term("-1", [], ["s", "j", "i"])],
                           s=tensor("K", "K", properties=[["antisymmetric"]])), "accepted"),
    "neither": (sums([term("1", [], ["s", "i", "j"])], [term("1", [], ["s", "j", "i"])], s=tensor("K", "K")),
                "rejected"),
    "antisymmetric times symmetric": (
        sums([term("1", ["i", "j"], ["s", "i", "j"], ["x", "i"], ["x", "j"])], [], x=tensor("K"),
             s=tensor("K", "K", properties=[["antisymmetric"]])), "accepted"),
    "symmetric times symmetric": (
        sums([term("1", ["i", "j"], ["s", "i", "j"], ["x", "i"], ["x", "j"])], [], x=tensor("K"),
             s=tensor("K", "K", properties=[["symmetric"]])), "rejected"),
    "zero diagonal": (sums([term("1", ["i"], ["s", "i", "i"])], [],
                           s=tensor("K", "K", properties=[["zero_diagonal"]])), "accepted"),
    "zero sum": (sums([term("1", ["i"], ["x", "i"])], [], x=tensor("K", properties=[["zero_sum", 0]])), "accepted"),
    "zero sum of squares": (sums([term("1", ["i"], ["x", "i"], ["x", "i"])], [],
                                 x=tensor("K", properties=[["zero_sum", 0]])), "rejected"),
    "zero sum over the other slot": (sums([term("1", ["i"], ["s", "i", "a"])], [],
                                          s=tensor("K", "d", properties=[["zero_sum", 1]])), "rejected"),
    "squares of signs": (sums([term("1", ["i"], ["x", "i"], ["x", "i"])], [term("K", [])],
                              x=tensor("K", properties=[["square_one"]])), "accepted"),
    "cubes of signs": (sums([term("1", ["i"], ["x", "i"], ["x", "i"], ["x", "i"])], [term("K", [])],
                            x=tensor("K", properties=[["square_one"]])), "rejected"),
    "unit vectors": (sums(SQUARES, [term("1", [])], u=tensor("K", "d", properties=[["unit", 1]])), "accepted"),
    "unit in the other slot": (sums(SQUARES, [term("1", [])], u=tensor("K", "d", properties=[["unit", 0]])),
                               "rejected"),
    "two unit vectors": (sums([term("1", ["a"], ["u", "j", "a"], ["u", "k", "a"])], [term("1", [])],
                              u=tensor("K", "d", properties=[["unit", 1]])), "rejected"),
    "annihilates": (sums([term("1", ["a"], ["v", "a"], ["u", "k", "a"])], [], u=tensor("K", "d"),
                         v=tensor("d", properties=[["annihilates", 0, "u", 1]])), "accepted"),
    "annihilates another": (sums([term("1", ["a"], ["v", "a"], ["w", "k", "a"])], [], u=tensor("K", "d"),
                                 w=tensor("K", "d"), v=tensor("d", properties=[["annihilates", 0, "u", 1]])),
                            "rejected"),
    "a trace is not a contraction": (sums([term("1", ["i"], ["s", "i", "i"])], [],
                                          s=tensor("K", "K", properties=[["annihilates", 0, "s", 1]])), "rejected"),
    "orthogonal at equal indices": (sums([term("1", ["a"], ["v", "k", "a"], ["u", "k", "a"])], [], u=tensor("K", "d"),
                                         v=tensor("K", "d", properties=[["orthogonal_to", 1, "u", 1]])), "accepted"),
    "orthogonal at other indices": (sums([term("1", ["a"], ["v", "j", "a"], ["u", "k", "a"])], [],
                                         u=tensor("K", "d"),
                                         v=tensor("K", "d", properties=[["orthogonal_to", 1, "u", 1]])), "rejected"),
    "an unused index counts its size": (sums([term("1", ["i", "a"])], [term(["*", "K", "d"], [])]), "accepted"),
    "size of another index": (sums([term("1", ["i"])], [term("d", [])]), "rejected"),
    "off by one": (sums([term("1", ["i"])], [term(["-", "K", "1"], [])]), "rejected"),
    "free indices differ": (sums([term("1", [], ["x", "i"])], [term("1", [], ["x", "j"])], x=tensor("K")), "rejected"),
    "free deltas move indices": (sums([term("1", [], ["delta", "i", "j"], ["x", "i"])],
                                      [term("1", [], ["x", "j"], ["delta", "j", "i"])], x=tensor("K")), "accepted"),
    "sizes do not fit": (sums([term("1", [], ["x", "a"])], [term("1", [], ["x", "a"])], x=tensor("K")), "rejected"),
    "delta of two sizes": (sums([term("1", [], ["delta", "a", "i"])], [term("1", [], ["delta", "a", "i"])]),
                           "rejected"),
}


@pytest.mark.parametrize(("pair", "expected"), PROPERTIES.values(), ids=PROPERTIES)
def test_properties_of_tensors(pair, expected):
    assert verdict(pair)[0] == expected


REALS = [variable("x", None, None)]
ANY = [variable("x", None, None), variable("y", None, None)]
LOGS = (["log", "x"], ["log", "y"], ["product", [[1, 1], [2, 1]]])

REJECTED = {
    "K^2 for K": (changed("variance", 0, "right", 2, 1, to=["/", "-1", ["^", "K", 2]]), "reduce to zero"),
    "an index of another size": (changed("projector", 0, "indices", "k", to=["-", "K", "1"]), "another size"),
    "an entry of another size": (changed("relation", 0, "indices", "i", to="c"), "do not fit"),
    "an index summed twice": (sums([["sum", ["i", "i"], "1"]], [term("K", [])]), "occurs twice"),
    "a name for two indices": (sums([["at", [["i", "j"]], ["entry", "x", "i"]]], [["entry", "x", "i"]],
                                    x=tensor("K")), "reduce to zero"),
    "a relation that is not given": (changed("relation", 0, "relations", 0, 1, to="c"), "reduce to zero"),
    "an exponent that is not provided for": (changed("exponentials over K - 1", 1, "basis", to=[]), "exponent"),
    "another exponent": (changed("exponentials over K - 1", 1, "basis", 1, 1, 0, 1, to=-2), "exponent"),
    "wrong sign of an exponent": (
        changed("logarithm of a sum", 0, "right", 1, 2, 2, to=["exp", ["-", "t"]]), "exponent"),
    "log of a product of unknown signs": (
        same(["log", ["*", "x", "y"]], ["+", ["log", "x"], ["log", "y"]], ANY, *LOGS), "not shown to be positive"),
    "log of another product": (
        same(["log", ["*", "x", "y"]], "0", [positive("x"), positive("y")], *LOGS), "claimed"),
    "a log that is not provided for": (same(["log", "x"], "0", X), "argument of a logarithm"),
    "a product of what comes later": (same("x", "x", X, ["product", [[1, 1]]]), "integer from 1 to 0"),
    "another root": (changed("square root", 0, "right", to=["^", "s", 3]), "claimed"),
    "sqrt(x^2) = x for real x": (same(["sqrt", ["^", "x", 2]], "x", REALS), "claimed"),
    "0/0": (same(["/", "x", ["-", "x", "x"]], "1", X), "nonzero"),
    "an identity by boxes": ((stated("identity/1", domain=UNIT, left="x", right="x"), cuts("n")), "no known method"),
    "an identity by Taylor": ((stated("identity/1", domain=UNIT, left="x", right="x"),
                               taylor("x", "lower", [coefficients()], coefficients())), "no known method"),
    "strict where equal": (changed("sign by coefficients", 0, "relation", to=">"), "claimed"),
    "beyond c": (changed("sign by coefficients", 0, "domain", 1, "upper", to=["+", "c", "1"]), "claimed"),
    "an odd power without a range": (sign("x", REALS, coefficients(), ">="), "claimed"),
    "exp beyond 1 + x below 0": (sign(["-", ["exp", "x"], ["+", "x", "1"]], [variable("x", None, "0", "(]")],
                                      coefficients(["exp", "x"]), ">="), "claimed"),
    "strictly beyond the tangent at 0": (changed("exponential beyond its tangent", 0, "relation", to=">"), "claimed"),
    "log x for x < 1": (sign(["log", "x"], [variable("x", "0", "1")], coefficients(["log", "x"])), "claimed"),
    "undefined at 0": (sign(["/", "1", "x"], UNIT, coefficients()), "nonzero"),
    "log of a negative number": (sign(["^", ["log", ["-", "x", "1"]], 2], X,
                                      coefficients(["log", ["-", "x", "1"]]), ">="), "logarithm"),
    "root of a negative number": (sign(["sqrt", ["-", "x", "1"]], X, coefficients(), ">="), "radicand"),
    "Taylor at a closed end": (changed("sign by Taylor", 0, "domain", 0, "upper_open", to=False), "closed end"),
    "Taylor the wrong way": (sign(["-", "1", ["exp", "x"]], X,
                                  taylor("x", "lower", [coefficients()], coefficients(["exp", "x"])), ">="), "claimed"),
    "Taylor with nothing strict": (changed("sign by Taylor", 1, "strict", to=None), "integer"),
    "Taylor strict where it is zero": (changed("sign by Taylor", 1, "strict", to=0), "claimed"),
    "Taylor at no end": (sign("x", X, taylor("x", "upper", [coefficients()], coefficients(), 0)), "finite end"),
    "Taylor under another range": (
        sign("y", [variable("x", "0", "1"), variable("y", "x", None)],
             taylor("x", "lower", [coefficients()], coefficients(), 0)), "no other range"),
    "Taylor without a start": (sign("x", X, taylor("x", "lower", [], coefficients(), 0)), "integer from 1"),
    "a coefficient at the end that is negative": (
        changed("sign with a zero at an end", 0, "expression", 2, to=["*", "2", "x"]), "claimed"),
    "a split that leaves out integers": (
        changed("integers one by one", 1, "at", to=["3/2"]), "integers"),
    "a split that steps over reals": (changed("integers one by one", 0, "domain", 0, "integer", to=False), "claimed"),
    "a split that decreases": (sign("x", X, {"method": "split", "variable": "x", "at": ["2", "1"],
                                             "parts": [coefficients()] * 3}), "increase"),
    "a leaf missing": (changed("sign by cuts", 1, "cuts", to=[[0, "1/2"], "m"]), "missing"),
    "a leaf too many": (changed("sign by cuts", 1, "cuts", to=[[0, "1/2"], "m", "n", "n"]), "too many"),
    "a cut outside": (changed("sign by cuts", 1, "cuts", 0, to=[0, "2"]), "outside"),
    "negative inside": (sign(["-", "x", "1/3"], UNIT, cuts([0, "1/2"], "n", "n")), "not shown"),
    "cuts of an unbounded range": (sign("x", X, cuts("n")), "finite ends"),
    "ends the wrong way round": (sign("1", [variable("x", "1", "0", "[]")], cuts("n")), "wrong way"),
    "the last digit of a constant": (changed("sign of a constant", 0, "expression", 2,
                                             to="3465735902799727/5000000000000000"), "not shown"),
    "no change of sign": (changed("root", 1, "points", to=["1", "2"]), "change of sign"),
    "a falling function": (changed("root", 1, "rising", to=False), "change of sign"),
    "a root outside": (changed("root", 0, "upper", to="1/2"), "lower < p"),
    "three roots": ((stated("root/1", variable="x", lower=None, upper=None,
                            expression=["-", ["^", "x", 3], "x"]),
                     {"bits": 64, "points": ["-2", "2"], "rising": True, "slope": coefficients()}), "claimed"),
    "a margin too large": (changed("saddle, cross-entropy", 0, "margin", to="1/3"), "curvature"),
    "a wide box": (changed("saddle, cross-entropy", 0, "radius", to="5"), "curvature"),
    "no direction": (changed("saddle, cross-entropy", 1, "direction", "W", to=dyadic([0] * 6, 0)), "curvature"),
    "the gauge is no descent": (changed("saddle, cross-entropy", 1, "direction", "H",
                                        to=dyadic([0, 0, 0, 1, -1, 0], 0)), "curvature"),
    "strong weight decay": (changed("saddle, cross-entropy", 0, "problem", "lambda_W", to="2"), "curvature"),
    "margin 0": (changed("saddle, cross-entropy", 0, "margin", to="0"), "margin > 0"),
    "lower bound too high": (changed("minimum, cross-entropy", 0, "lower", to="1119020569/10000000000"), "dual bound"),
    "upper bound below": (changed("minimum, cross-entropy", 0, "upper", to="139877571/1250000000"), "value at"),
    "a dual matrix too long": (changed("minimum, cross-entropy", 1, "dual", to=dual(Fraction(101, 10000))), "longer"),
    "a dual matrix off the simplex": (changed("minimum, cross-entropy", 1, "dual", to=dyadic(["1/1000"] * 9)),
                                      "conjugate"),
    "a free bias and the wrong dual": (
        (stated("ridge/minimum/1", problem=ridge("mean_squared", K=2, n=1, lambda_W="1/10", lambda_H="1/10",
                                                 lambda_b="0"), lower="17/100", upper="19/100"),
         {"bits": 128, "point": EXAMPLES["minimum, mean squared"]()[1]["point"] | {"b": dyadic([0, 0])},
          "dual": EXAMPLES["minimum, mean squared"]()[1]["dual"]}), "add up"),
    "the focal loss": (changed("minimum, cross-entropy", 0, "problem", to=ridge("focal", "2")), "no dual bound"),
    "another inertia": (changed("inertia", 0, "positive", to=2), "another inertia"),
    "not symmetric": (changed("inertia", 0, "rows", 0, 1, to="2"), "not symmetric"),
    "a matrix that is not square": (changed("inertia", 0, "rows", 1, to=["1/3", "0"]), "a list is needed, of 3"),
    "an unknown kind": (changed("inertia", 0, "kind", to="matrix/inertia/2"), "unknown kind"),
    "an unknown key": (changed("inertia", 0, "note", to="x"), "exactly the keys"),
    "a witness for another kind": ((EXAMPLES["root"]()[0], {}), "exactly the keys"),
    "a variable declared twice": (changed("logarithm of a sum", 0, "domain", 0, "name", to="t"), "twice"),
    "an unknown name": (changed("root", 0, "expression", 2, to="y"), "unknown name"),
    "true for 1": (changed("inertia", 0, "positive", to=True), "integer"),
    "1 for true": (changed("root", 1, "rising", to=1), "true or false"),
    "not in lowest terms": (changed("sign of a constant", 0, "expression", 2, to="2/4"), "lowest terms"),
    "a leading zero": (changed("sign of a constant", 0, "expression", 2, to="01"), "rational"),
    "many digits": (changed("sign of a constant", 0, "expression", 2, to="1" * 2001), "digits"),
}


@pytest.mark.parametrize(("pair", "reason"), REJECTED.values(), ids=REJECTED)
def test_false_or_unproved_statements_are_rejected(pair, reason):
    found, why = verdict(pair)
    assert found == "rejected"
    assert reason in why


# --- verdicts ---------------------------------------------------------------------------------------------


def of_theorem(**parts: Any) -> Pair:
    statement, witness = theorem()
    return statement | parts, witness


def test_a_verdict_names_what_it_rests_on():
    found, why = verdict(theorem())
    assert found == "accepted"
    assert why.endswith("resting on: Jensen's inequality")


def test_a_hole_is_never_accepted():
    assert verdict(of_theorem(holes=["not shown"])) == ("holey", "not shown")
    statement, witness = of_theorem(holes=["not shown"])
    statement["claims"][2]["relation"] = ">"
    assert verdict((statement, witness))[0] == "rejected"


def test_a_classical_theorem_that_is_not_on_the_list_is_a_hole():
    statement, witness = theorem()
    statement["claims"][1]["name"] = "Riemann hypothesis"
    assert verdict((statement, witness))[0] == "holey"


def test_axioms_alone_prove_nothing():
    jensen = stated("axiom/1", name="Jensen's inequality")
    assert verdict((of_theorem(claims=[jensen])[0], {"claims": [{}]}))[0] == "rejected"
    assert verdict((jensen, {}))[0] == "rejected"
    assert verdict((of_theorem(claims=[])[0], {"claims": []}))[0] == "rejected"


def test_the_checkers_list_of_axioms_is_that_of_the_prover():
    assert AXIOMS == KNOWN_AXIOMS


@pytest.mark.parametrize("broken", [
    {"claims": [theorem()[0]] * 3},
    {"claims": theorem()[0]["claims"][:2]},
    {"theorem": ""},
    {"theorem": 7},
    {"holes": [""]},
    {"holes": "none"},
])
def test_malformed_verdicts_are_rejected(broken):
    assert verdict(of_theorem(**broken))[0] == "rejected"


PROBLEM = {"loss": "cross_entropy", "parameter": None, "K": 2, "d": 1, "n": 1, "lambda_W": "1/400",
           "lambda_H": "1/400", "lambda_b": None}


def at_problem(name: str, parameters: Any) -> Pair:
    saddle, witness = EXAMPLES["saddle, cross-entropy"]()
    return stated("verdict/1", theorem=name, parameters=parameters, claims=[saddle], holes=[]), {"claims": [witness]}


def test_claims_speak_of_the_problem_that_the_verdict_names():
    own = EXAMPLES["saddle, cross-entropy"]()[0]["problem"]
    assert verdict(at_problem("my:theorem", own))[0] == "accepted"
    for other in (own | {"K": 4}, own | {"lambda_b": "0"}, own | {"loss": "focal"}, {}, "K = 3", [own]):
        found, why = verdict(at_problem("my:theorem", other))
        assert found == "rejected"
        assert "another problem" in why or "parameters are an object" in why


LOOSE = {
    "true for one": {"n": True},
    "a key too many": {"seed": 1},
    "a key of the other family": {"tau": "1"},
}


@pytest.mark.parametrize("more", LOOSE.values(), ids=LOOSE)
def test_parameters_are_those_of_a_problem_and_no_more(more):
    own = EXAMPLES["saddle, cross-entropy"]()[0]["problem"]
    assert verdict(at_problem("my:theorem", {**own, "n": 1, **more}))[0] == "rejected"


def test_a_theorem_of_the_catalogue_needs_its_own_claims():
    own = EXAMPLES["saddle, cross-entropy"]()[0]["problem"]
    for name in ("collapse-optimum", "focal-uniqueness", "sphere-landscape"):
        found, why = verdict(at_problem(name, own))
        assert found == "rejected"
        assert name in why


def test_pins_tie_a_verdict_to_its_theorem():
    raw = seal(*theorem(), "test")
    digest = json.loads(raw)["statement_sha256"]
    assert checker.check(raw, {"my:theorem": {digest}}) == (
        "accepted", "my:theorem, as pinned; resting on: Jensen's inequality")
    found, why = checker.check(raw, {"my:theorem": {"0" * 64}})
    assert (found, why) == ("rejected", "not the pinned statement of my:theorem")
    assert checker.check(raw, {"another": {digest}})[0] == "accepted"  # a pin is for one theorem
    assert "not in the catalogue" in checker.check(raw, {"another": {digest}})[1]


# --- mutations --------------------------------------------------------------------------------------------


def mutants(value: Any) -> Iterator[Any]:
    """``value`` with one integer, rational, flag or word inside changed."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, str):
        try:
            number = Fraction(value)
        except ValueError:
            yield value + "x"
            return
        yield from (str(number + Fraction(1, number.denominator)), str(-number) if number else "1")
    elif isinstance(value, (list, dict)):
        for key in value if isinstance(value, dict) else range(len(value)):
            for mutant in mutants(value[key]):
                yield ({**value, key: mutant} if isinstance(value, dict)
                       else [*value[:key], mutant, *value[key + 1 :]])


@pytest.mark.parametrize("name", ["relation", "root"])
def test_every_change_of_an_exact_statement_is_rejected(name):
    statement, witness = EXAMPLES[name]()
    seen = 0
    for key, part in statement.items():
        for mutant in mutants(part) if key != "title" else ():
            assert verdict(({**statement, key: mutant}, witness))[0] == "rejected", (key, mutant)
            seen += 1
    assert seen >= 9


def test_a_change_of_the_file_breaks_the_seal():
    raw = seal(*EXAMPLES["inertia"](), "test")
    generator = random.Random(1)
    for _ in range(400):
        place, value = generator.randrange(len(raw)), generator.randrange(32, 127)
        broken = raw[:place] + bytes([value]) + raw[place + 1 :]
        same_producer = json.loads(raw) | {"producer": ""}
        if broken != raw and checker.check(broken)[0] != "rejected":
            assert json.loads(broken) | {"producer": ""} == same_producer


def test_an_expected_hash_ties_a_certificate_to_its_claim():
    raw = seal(*EXAMPLES["inertia"](), "test")
    digest = json.loads(raw)["statement_sha256"]
    assert checker.check(raw, expected={digest})[0] == "accepted"
    assert checker.check(raw, expected={"0" * 64})[0] == "rejected"


# --- hostile input ----------------------------------------------------------------------------------------


def nested(depth: int, operation: str = "exp") -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [operation, value] if operation == "exp" else [operation, value, 10_000]
    return value


RAW = {
    "empty": b"",
    "not JSON": b"certificate",
    "deep": b"[" * 10**6,
    "deep and closed": b"[" * 10**5 + b"]" * 10**5,
    "a string that never ends": b'"' + b'\\"' * 10**6,
    "NaN": b'{"a":NaN}',
    "a float": b'{"a":1.5}',
    "an exponent": b'{"a":1e999999999}',
    "Infinity": b'{"a":-Infinity}',
    "10^6 digits": b'{"a":' + b"7" * 10**6 + b"}",
    "duplicate keys": b'{"a":1,"a":1}',
    "not ASCII": '{"a":"ü"}'.encode(),
    "spaces": b'{"a": 1}',
    "keys not sorted": b'{"b":1,"a":1}',
    "a number": b"7",
    "a list": b"[]",
    "a lone surrogate": b'{"a":"\\ud800"}',
}


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW)
def test_hostile_bytes_are_rejected(raw):
    assert checker.check(raw)[0] == "rejected"


HOSTILE = {
    "10^6 digits in a string": sign("1" * 10**6, [], cuts("n")),
    "towers of exponentials": sign(nested(40), UNIT, cuts("n")),
    "towers of powers": sign(nested(40, "^"), [variable("x", "2", "3", "[]")], cuts("n")),
    "towers of exact powers": same(nested(40, "^"), "0", X),
    "a large exact power": same(["^", ["+", "x", "1"], 10_000], "0", X),
    "many monomials": same(["^", ["+", *(f"x{i}" for i in range(30))], 9], "0", [positive(f"x{i}") for i in range(30)]),
    "many namings": sums([term("1", list("ijkl"), *(["x", i] for i in "ijkl"))], [], x=tensor("K")),
    "a high power of a pair": same("x", "x", X, ["exp", "x"], ["product", [[1, 200]]], ["product", [[2, 200]]]),
    "powers of sums": sums([["*", *[["+", ["entry", "x", "i"], ["entry", "y", "i"], ["entry", "z", "i"]]] * 60]], [],
                           x=tensor("K"), y=tensor("K"), z=tensor("K")),
    "thirteen summed indices": (stated(
        "sum-identity/1", symbols=["K"], relations=[], indices={f"i{j}": "K" for j in range(13)},
        tensors={"x": tensor("K")}, right="0",
        left=term("1", [f"i{j}" for j in range(13)], *(["x", f"i{j}"] for j in range(13)))), {}),
    "many cases of a domain": sign("1", [variable(f"x{i}", "0", "1", "[]") for i in range(20)], coefficients()),
    "a huge problem": changed("saddle, cross-entropy", 0, "problem", to=ridge(K=200, d=4096, n=4096)),
    "a list for a word": changed("saddle, cross-entropy", 0, "problem", "loss", to=["cross_entropy"]),
    "an object for a number": changed("saddle, cross-entropy", 0, "margin", to={}),
    "a sum without a body": sums([["sum", ["i"]]], []),
    "an entry without a name": sums([["entry"]], []),
    "an entry of a list": sums([["entry", ["x"], "i"]], [], x=tensor("K")),
    "names that are objects": sums([["at", {"i": "j"}, ["entry", "x", "i"]]], [], x=tensor("K")),
    "an operation that is a list": sign([["exp"], "x"], UNIT, cuts("n")),
    "an empty expression": sign([], UNIT, cuts("n")),
    "a method that is a list": sign("x", UNIT, {"method": []}),
    "division by zero": sign(["/", "1", "0"], [], cuts("n")),
    "a statement that is a list": ([], {}),
}


@pytest.mark.parametrize("pair", HOSTILE.values(), ids=HOSTILE)
def test_hostile_statements_are_neither_accepted_nor_fatal(pair, monkeypatch):
    monkeypatch.setattr(checker, "STEPS", 10**6)
    assert verdict(pair)[0] in ("rejected", "limit")


JUNK: tuple[Any, ...] = (None, True, -1, 10**17, "", "x", "1/2", [], [[]], {}, ["exp", "x"], {"s": 0, "m": []})


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_junk_in_any_place_is_survived(example):
    """Every value inside, replaced by values of other types: a verdict, and never an exception."""
    generator = random.Random(2)

    def replaced(value: Any, junk: Any) -> Any:
        if not isinstance(value, (list, dict)) or not value or generator.random() < 0.2:
            return junk
        key = generator.choice(list(value) if isinstance(value, dict) else range(len(value)))
        made = copy.copy(value)
        made[key] = replaced(value[key], junk)
        return made

    for _ in range(120):
        junk, (statement, witness) = generator.choice(JUNK), example()
        if generator.random() < 0.5:
            statement = replaced(statement, junk)
        else:
            witness = replaced(witness, junk)
        assert checker.check(seal(statement, witness, "test"))[0] in ("accepted", "rejected", "limit", "holey")


# --- arithmetic -------------------------------------------------------------------------------------------


def contains(enclosure: tuple[int, int], bits: int, value: flint.arb) -> bool:
    """The ball, far thinner than the enclosure, lies inside it."""
    scale = flint.arb(2) ** bits
    return bool(value * scale >= enclosure[0]) and bool(value * scale <= enclosure[1])


def random_number(generator: random.Random) -> Fraction:
    return Fraction(generator.randint(-(10**12), 10**12), 10 ** generator.randint(6, 14))


@pytest.mark.parametrize("bits", [64, 192])
def test_elementary_functions_contain_the_true_value(bits):
    balls, generator = Intervals(bits, Budget(10**9)), random.Random(bits)
    with flint.ctx.workprec(3 * bits + 4000):
        for _ in range(1500):
            x = random_number(generator) % 400 - 200 if generator.random() < 0.3 else random_number(generator) % 2
            exact = flint.arb(flint.fmpq(x.numerator, x.denominator))
            at = balls.number(x)
            assert contains(balls.exp(at), bits, exact.exp())
            if x > 0:
                assert contains(balls.log(at), bits, exact.log())
                assert contains(balls.sqrt(at), bits, exact.sqrt())


def test_enclosures_are_thin():
    balls = Intervals(128, Budget(10**9))
    for x in map(balls.number, (Fraction(1, 3), Fraction(7, 2), Fraction(100))):
        assert (lambda e: e[1] - e[0] <= 4 + (e[1] >> 120))(balls.exp(x))
        assert (lambda e: e[1] - e[0] <= 16)(balls.log(x))


def test_operations_on_wide_intervals_contain_every_pair():
    balls, generator = Intervals(64, Budget(10**9)), random.Random(3)
    for _ in range(600):
        ends = [sorted(random_number(generator) % 9 - 4 for _ in range(2)) for _ in range(2)]
        a, b = ((balls.number(low)[0], balls.number(high)[1]) for low, high in ends)
        n = generator.randint(0, 7)
        for share, other in product((Fraction(0), Fraction(1, 3), Fraction(1)), repeat=2):
            x, y = (low + (high - low) * s for (low, high), s in zip(ends, (share, other), strict=True))
            for found, value in ((balls.add(a, b), x + y), (balls.sub(a, b), x - y), (balls.mul(a, b), x * y),
                                 (balls.power(a, n), x**n)):
                assert found[0] <= value * 2**64 <= found[1]
            if not b[0] <= 0 <= b[1]:
                found = balls.div(a, b)
                assert found[0] <= x / y * 2**64 <= found[1]


def test_a_divisor_that_may_vanish_is_refused():
    balls = Intervals(64, Budget(10**9))
    for divisor in ((0, 1), (-1, 0), (-1, 1), (0, 0)):
        with pytest.raises(Rejected):
            balls.div(balls.number(Fraction(1)), divisor)


def test_series_are_taylor_coefficients():
    """f(x) = sqrt(1 + x^2) exp(x) / log(2 + x) - x^5 at 1/2, against arb_series."""
    body = ["-", ["/", ["*", ["sqrt", ["+", "1", ["^", "x", 2]]], ["exp", "x"]], ["log", ["+", "2", "x"]]],
            ["^", "x", 5]]
    balls = Intervals(192, Budget(10**9))
    series = Series(balls, 6)
    found = evaluate(body, {"x": series.constant(balls.number(Fraction(1, 2)), 1)}, series)
    with flint.ctx.workprec(400):
        x = flint.arb_series([flint.arb(1) / 2, 1], prec=7)
        expected = (1 + x * x).sqrt() * x.exp() / (2 + x).log() - x**5
        assert all(contains(found[k], 192, expected[k]) for k in range(7))


class GrowingField(Field):
    """Makes a pair for whatever exponent or positive argument it meets."""

    def exp(self, a: Any) -> Any:
        try:
            return super().exp(a)
        except Rejected:
            self.pairs.append((self.generator(2), a))
            return self.pairs[-1][0]

    def log(self, a: Any) -> Any:
        try:
            return super().log(a)
        except Rejected:
            self.pairs.append((a, self.generator(0)))
            return self.pairs[-1][1]


def test_normal_forms_agree_with_numbers():
    """Random expressions: when the field says equal, balls agree; and both sides of true identities are equal."""
    generator = random.Random(4)
    seen = 0

    def made(depth: int) -> Any:
        if depth == 0:
            return generator.choice(["x", "y", "2", "1/3"])
        operation = generator.choice(["+", "*", "-", "/", "exp", "log", "sqrt", "^"])
        if operation in ("exp", "log", "sqrt"):
            return [operation, made(depth - 1)]
        if operation == "^":
            return [operation, made(depth - 1), 2]
        return [operation, made(depth - 1), made(depth - 1)]

    for _ in range(800):
        body = made(3)
        try:
            field = GrowingField(Budget(10**5), proving=False)
            env = {"x": field.generator(2), "y": field.generator(2)}
            value = evaluate(body, env, field)
            balls = Intervals(128, Budget(10**5))
            point = evaluate(body, {"x": balls.number(Fraction(7, 5)), "y": balls.number(Fraction(9, 4))}, balls)
        except (Rejected, checker.Limit):
            continue
        zero = field.vanishes(value)
        assert not zero or point[0] <= 0 <= point[1], body
        seen += 1
    assert seen > 200


def test_reduced_sums_agree_with_numbers():
    """Random pairs of terms in x (K) and antisymmetric s (K, K): accepted only if equal at random numbers."""
    generator = random.Random(5)
    size = 3
    x = [Fraction(generator.randint(-9, 9), 7) for _ in range(size)]
    s = [[Fraction(0)] * size for _ in range(size)]
    for i, j in product(range(size), repeat=2):
        if i < j:
            s[i][j] = Fraction(generator.randint(1, 9), 5)
            s[j][i] = -s[i][j]

    def random_term() -> tuple[str, list[str], list[list[str]]]:
        letters = ["i", "j", "k"]
        factors = [generator.choice([["x", *generator.choices(letters, k=1)], ["s", *generator.choices(letters, k=2)],
                                     ["delta", *generator.choices(letters, k=2)]]) for _ in range(3)]
        return generator.choice(["1", "-1", "K"]), sorted(generator.sample(letters, 2)), factors

    def value(item: tuple[str, list[str], list[list[str]]], free: dict[str, int]) -> Fraction:
        total, (coefficient, summed, factors) = Fraction(0), item
        for choice in product(range(size), repeat=2):
            place = free | dict(zip(summed, choice, strict=True))
            entry = Fraction(1)
            for key, *indices in factors:
                at = [place[index] for index in indices]
                entry *= x[at[0]] if key == "x" else s[at[0]][at[1]] if key == "s" else Fraction(at[0] == at[1])
            total += entry
        return total * {"1": 1, "-1": -1, "K": size}[coefficient]

    accepted = 0
    for _ in range(1500):
        left, right = random_term(), random_term()
        tensors = {"x": tensor("K"), "s": tensor("K", "K", properties=[["antisymmetric"]])}
        sides = ([term(one[0], one[1], *one[2])] for one in (left, right))
        if verdict(sums(*sides, **tensors))[0] == "accepted":
            accepted += 1
            for place in product(range(size), repeat=3):
                free = dict(zip("ijk", place, strict=True))
                assert value(left, free) == value(right, free), (left, right)
    assert accepted > 20


# --- on its own -------------------------------------------------------------------------------------------


def test_alone_in_a_folder_it_loads_nothing_else(tmp_path):
    alone = tmp_path / "alone"
    alone.mkdir()
    for file in (*FOLDER.glob("checker*.py"), checker.PINS):
        shutil.copy(file, alone)
    for number, example in enumerate(EXAMPLES.values()):
        (tmp_path / f"{number}.json").write_bytes(seal(*example(), "test"))
    script = (
        f"import sys; sys.path.insert(0, {str(alone)!r}); import checker; code = checker.main([{str(tmp_path)!r}]); "
        "others = {name for name in sys.modules if name.split('.')[0] in {'sympy', 'numpy', 'scipy', 'flint', 'mpmath'}"
        " or name.startswith('ncproofs.') and not name.startswith('ncproofs.proof')}; sys.exit(code or len(others))"
    )
    done = subprocess.run([sys.executable, "-I", "-W", "error", "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("accepted") == len(EXAMPLES)
    again = subprocess.run([sys.executable, "-I", str(alone / "checker.py"), str(tmp_path)], capture_output=True)
    assert again.returncode == 0


def test_exit_status(tmp_path, capsys):
    good, bad, large = (tmp_path / f"{name}.json" for name in ("good", "bad", "large"))
    good.write_bytes(seal(*EXAMPLES["inertia"](), "test"))
    bad.write_bytes(b"{}")
    large.write_bytes(seal(*HOSTILE["thirteen summed indices"], "test"))
    assert checker.main([str(good)]) == 0
    assert checker.main([str(good), str(large)]) == 2
    assert checker.main([str(large), str(bad)]) == 1
    assert checker.main([str(tmp_path / "absent")]) == 1
    assert checker.main([]) == 1
    pins = tmp_path / "pins"
    pins.write_text(json.loads(good.read_bytes())["statement_sha256"] + " inertia\n")
    assert checker.main(["--expect", str(pins), str(good)]) == 0
    pins.write_text("")
    assert checker.main(["--expect", str(pins), str(good)]) == 1
    assert "accepted" in capsys.readouterr().out
