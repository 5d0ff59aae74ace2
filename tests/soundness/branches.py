"""Genuine claims and attacks for conditions of the checker that refuse nothing: they choose a regime or a formula.

``genuine`` has cases that the theorems' certificates leave out, so that a wrong choice is seen; ``attacks`` are
certificates that a wrong choice would accept.
"""

from __future__ import annotations

import copy
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from ncproofs.critical.multilabel_search import descend, expanded
from ncproofs.losses import cross_entropy, focal, mean_squared
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.certificate import write
from ncproofs.proof.claims import (
    CollapsedOptimum,
    CriticalValue,
    NullityAtOptimum,
    OptimalValue,
    OptimumIs,
    ScaleEquation,
    SpectrumAtOptimum,
)
from ncproofs.proof.critical_certificates import critical_point_certificate
from ncproofs.proof.discharge import Effort
from tests.soundness.certificates import Pair

__all__ = ["attacks", "genuine"]


def _squared(K: int, d: int, n: int, lambda_: str, bias: Any) -> Ridge:
    return Ridge(mean_squared(), K, d, n, lambda_, lambda_, bias)


_FOCAL = Ridge(focal(2), 3, 2, 2, "1/100", "1/200")
_BIASED = Ridge(cross_entropy(), 3, 2, 2, "1/100", "1/200", "1/3")
_TWOFOLD = Ridge(cross_entropy(), 3, 2, 2, "1/50", "1/400")
_NOT_BALANCED = MultiLabel(2, 2, "1/20", "1/20", "1/10", labels="1; 1; 2")


@cache
def genuine() -> dict[str, Pair]:
    """By name; quick to make."""
    flat = np.array([[1.0, -1.0], [0.0, 0.0], [0.0, 0.0]])
    warm, cold = Spheres(cross_entropy(), 2, 3, 2, "3/2"), Ridge(cross_entropy(), 2, 2, 2, "1/5", "1/9")
    none = np.zeros((2, 2)), np.zeros((2, 4))
    made = {
        "a warm collapsed point": critical_point_certificate(warm, flat, np.repeat(flat, 2, axis=1)),
        "the origin of two samples": critical_point_certificate(cold, *none),
        "the origin with a bias of its own": critical_point_certificate(
            _squared(2, 2, 2, "1/50", 1), *none, np.array([0.25, 0.25])),
        "label sets with a bias": critical_point_certificate(
            _NOT_BALANCED, *expanded(descend(_NOT_BALANCED, 2, 0))),
    }
    claims = {
        "squared error: zero": CollapsedOptimum(problem=_squared(2, 2, 1, "1", None), geometry="zero"),
        "squared error: a frame": CollapsedOptimum(
            problem=_squared(3, 3, 1, "1/10", None), geometry="orthogonal frame"),
        "squared error: an ETF": CollapsedOptimum(problem=_squared(3, 2, 1, "1/10", 1), geometry="simplex ETF"),
        "squared error: the bias of an ETF": OptimumIs(
            problem=_squared(3, 2, 1, "1/10", 1), quantity="bias", value=Fraction(1, 6)),
        "squared error: spectrum with a bias": SpectrumAtOptimum(problem=_squared(2, 3, 2, "1/10", 1)),
        "squared error: spectrum of an ETF": SpectrumAtOptimum(problem=_squared(3, 2, 1, "1/10", "1/9")),
        "squared error: nullity with a free bias": NullityAtOptimum(problem=_squared(2, 2, 1, "1/10", 0), nullity=1),
        "cross-entropy: nullity with a free bias": NullityAtOptimum(
            problem=Ridge(cross_entropy(), 3, 2, 1, "1/100", "1/200", 0), nullity=2),
        "focal: above a bound": OptimalValue(problem=_FOCAL, value=Fraction(30, 1000), relation=">"),
        "focal: below a bound": OptimalValue(problem=_FOCAL, value=Fraction(200, 1000), relation="<"),
        "focal: the collapsed point": CriticalValue(problem=_FOCAL, family="collapse"),
        "focal: the origin": CriticalValue(problem=Ridge(focal(2), 3, 2, 2, "1", "1"), family="origin"),
        "a scale of 2": ScaleEquation(problem=_TWOFOLD, slope=Fraction(1, 100), scale=Fraction(2)),
        "a bias 0": OptimumIs(problem=_BIASED, quantity="bias", value=Fraction(0)),
        "spectrum with a bias": SpectrumAtOptimum(problem=_BIASED),
    }
    return made | {name: write(claim, Effort()) for name, claim in claims.items()}


def _wide(name: str, **changed: Any) -> Pair:
    """The critical point with entries of its statement changed, and bounds of its value that hold of anything."""
    statement, witness = copy.deepcopy(genuine()[name])
    return {**statement, "value": ["-100", "100"], **changed}, witness


def _claim(kind: str, witness: Any, **parts: Any) -> Pair:
    return {"kind": kind, "title": "an attack", **parts}, witness


def _ridge(K: int, d: int, weight: str, bias: str | None, loss: str = "mean_squared") -> dict[str, Any]:
    return {"loss": loss, "parameter": None, "K": K, "d": d, "n": 1, "lambda_W": weight, "lambda_H": weight,
            "lambda_b": bias}


def _shape(geometry: str, *problem: Any) -> Pair:
    return _claim("ridge/geometry/1", {"bits": 64, "search": None}, problem=_ridge(*problem), geometry=geometry)


def _equals(quantity: str, value: Any, *problem: Any) -> Pair:
    return _claim("ridge/optimum/1", {"bits": 64, "search": None}, problem=_ridge(*problem), quantity=quantity,
                  relation="==", value=value)


def _moved(vector: dict[str, Any], factor: Fraction | int = 1, plus: Fraction | int = 0) -> dict[str, Any]:
    scale = 1 << vector["s"]
    return {"s": vector["s"], "m": [str(int(int(m) * factor + plus * scale)) for m in vector["m"]]}


def _other_lengths() -> Pair:
    """W twice as long and H half as long: the same logits, stationary but for the lengths."""
    statement, witness = copy.deepcopy(genuine()["a warm collapsed point"])
    centre = statement["centre"]
    centre |= {"W": _moved(centre["W"], 2), "H": _moved(centre["H"], Fraction(1, 2))}
    nu, K = [Fraction(x) for x in witness["multipliers"]], statement["problem"]["K"]
    witness["multipliers"] = [str(x / 4) for x in nu[:K]] + [str(x * 4) for x in nu[K:]]
    return {**statement, "value": ["-100", "100"]}, witness


def _elsewhere(name: str, part: str) -> Pair:
    centre = copy.deepcopy(genuine()[name][0]["centre"])
    centre[part] = _moved(centre[part], plus=Fraction(1, 2**12))
    return _wide(name, centre=centre)


def _long_rival() -> Pair:
    """Columns of length 9 that would have a lower value than any of length 1."""
    statement, witness = copy.deepcopy(genuine()["a warm collapsed point"])
    centre = statement["centre"]
    point = {"W": _moved(centre["W"], 9), "H": _moved(centre["H"], 9), "b": None}
    return {**statement, "rival": {"rank": statement["rank"], "places": statement["places"], "point": point}}, witness


def _other(name: str, **changed: Any) -> Pair:
    statement, witness = copy.deepcopy(genuine()[name])
    return {**statement, **changed}, witness


def _with_problem(name: str, **changed: Any) -> dict[str, Any]:
    problem: dict[str, Any] = {**genuine()[name][0]["problem"], **changed}
    return problem


def attacks() -> dict[str, Pair]:
    """False statements, each of which one wrong choice would accept."""
    flat = genuine()["squared error: nullity with a free bias"][0]
    return {
        "branch: a point of other lengths": _other_lengths(),
        "branch: a point beside a critical one": _elsewhere("the origin with a bias of its own", "b"),
        "branch: a bias that is not stationary": _wide(
            "label sets with a bias", problem=_with_problem("label sets with a bias", lambda_b="1/5")),
        "branch: label sets beside a critical point": _elsewhere("label sets with a bias", "W"),
        "branch: a rival of other lengths": _long_rival(),
        "branch: a frame where the minimum is zero": _shape("orthogonal frame", 2, 2, "1", None),
        "branch: a frame at the threshold": _shape("orthogonal frame", 2, 2, "1/2", None),
        "branch: an ETF at the threshold": _shape("simplex ETF", 2, 2, "1/2", "1"),
        "branch: a mean direction at its threshold": _shape("intermediate frame", 2, 2, "1/4", "1"),
        "branch: a mean direction without room": _shape("intermediate frame", 2, 1, "1/9", "1"),
        "branch: an orthogonal frame without room": _shape("orthogonal frame", 3, 2, "1/10", None),
        "branch: an ETF without room": _shape("simplex ETF", 4, 2, "1/10", "1"),
        "branch: a mean direction that costs more than it gives": _equals("objective", "1/16", 2, 2, "1/8", "1/10"),
        "branch: a negative margin": _equals("margin", "-1", 2, 2, "1", None),
        "branch: the bias of the squared error for cross-entropy": _equals(
            "bias", "1/6", 3, 3, "1/100", "1", "cross_entropy"),
        "branch: a bias that may be shifted": _equals("bias", "0", 3, 3, "1/100", "0", "cross_entropy"),
        "branch: a bias where there is none": _equals("bias", "0", 3, 3, "1/100", None, "cross_entropy"),
        "branch: a free bias counted as a symmetry of the squared error": _other(
            "squared error: nullity with a free bias", zero=flat["zero"] + 1),
        "branch: the origin for the collapsed point": _other("focal: the origin", point="collapse"),
        "branch: another scale": _other("a scale of 2", scale="3"),
        "branch: the origin under another name": _other("focal: the origin", point="zero"),
        "branch: two points on a line at no distance": _claim(
            "code/value/1", {"bits": 64, "code": None, "bound": None}, problem={"K": 2, "d": 1}, relation="==",
            value="0"),
    }
