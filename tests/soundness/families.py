"""Attacks on the kinds of layered problems, networks, label sets and codes.

Those of the unit tests; and for layers and networks one for each guard that they leave, where it is simple.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from tests.proof import (
    test_code_certificates,
    test_label_certificates,
    test_layered_certificates,
    test_network_certificates,
)
from tests.soundness.certificates import Pair
from tests.soundness.genuine import claims

__all__ = ["codes", "labels", "layered", "networks"]


def _changed(name: str, change: Callable[[Any, Any], None]) -> Pair:
    statement, witness = copy.deepcopy(claims()[name])
    change(statement, witness)
    return statement, witness


def _claim(kind: str, witness: Any, **parts: Any) -> Pair:
    return {"kind": kind, "title": "an attack", **parts}, witness


def _layers(**changed: Any) -> dict[str, Any]:
    """kappa^3 = 1/20000 K^3 by default: far below kappa_c^3 = 1/16."""
    problem = {"K": 2, "widths": [2, 2], "n": 1, "lambdas": ["1/50", "1/20"], "lambda_H": "1/20", "lambda_b": None,
               "relu": False}
    return {**problem, **changed}


def _power(power: str, layers: int = 2, **changed: Any) -> dict[str, Any]:
    """K = 2 and n = 1: kappa^M is 2^M lambda_H when the other weights are 1."""
    return _layers(lambdas=["1"] * layers, widths=[2] * layers, lambda_H=power, **changed)


def _shape(problem: dict[str, Any], geometry: str) -> Pair:
    return _claim("layered/geometry/1", {}, problem=problem, geometry=geometry)


def _about(name: str, **changed: Any) -> Pair:
    """A genuine layered claim, at a problem changed in these entries."""
    return _changed(name, lambda statement, witness: statement["problem"].update(changed))


def _stated(name: str, **changed: Any) -> Pair:
    return _changed(name, lambda statement, witness: statement.update(changed))


def _witnessed(name: str, **changed: Any) -> Pair:
    return _changed(name, lambda statement, witness: witness.update(changed))


def layered() -> dict[str, Pair]:
    """At kappa^M of 1 (M = 2) nothing is used; kappa_c^3 = 1/16 and kappa_sn^3 = 27/256 (M = 3)."""
    roots = {"bits": 96, "roots": [None]}
    made = {f"layered: {name}": _changed(f"layered {which}", change)
            for name, (which, change) in test_layered_certificates.TAMPERED.items()}
    tall = {"K": 2, "n": 1}
    return made | {
        "layered: a frame at kappa = 1 with one layer": _shape(_power("1/4", 1), "orthogonal frame"),
        "layered: zero below kappa = 1": _shape(_power("1/5", 1), "zero"),
        "layered: a frame beyond kappa_c": _shape(_power("1/100"), "orthogonal frame"),
        "layered: zero below kappa_c": _shape(_power("1/129"), "zero"),
        "layered: zero at kappa_c": _shape(_power("1/128"), "zero"),
        "layered: a frame at kappa_c": _shape(_power("1/128"), "orthogonal frame"),
        "layered: a tie": _shape(_power("1/128"), "tie"),
        "layered: a frame of one direction": _shape(_layers(widths=[1, 2]), "frame"),
        "layered: a full frame without room": _shape(_layers(widths=[1, 2]), "orthogonal frame"),
        "layered: an ETF without a bias": _shape(_layers(), "simplex ETF"),
        "layered: a frame with a bias": _shape(_layers(lambda_b="0"), "orthogonal frame"),
        "layered: means of equal classes": _shape(_layers(lambda_b="0"), "orthogonal means"),
        "layered: a kind that is no text": _shape(_layers(), ["orthogonal frame"]),  # type: ignore[arg-type]
        "layered: an intermediate frame of a free bias": _shape(_layers(lambda_b="0"), "intermediate frame"),
        "layered: no weight": _about("layered frame", lambda_H="0"),
        "layered: a negative bias weight": _shape(_layers(lambda_b="-1/2"), "simplex ETF"),
        "layered: no layers": _shape(_layers(widths=[], lambdas=[]), "zero"),
        "layered: 65 layers": _shape(_power("1", 65), "zero"),
        "layered: relu with a bias": _about("layered relu, two classes", lambda_b="0"),
        "layered: relu with unequal classes": _about("layered relu, two classes", n=[2, 1]),
        "layered: relu with three layers": _shape(_power("1/1000000", 3, relu=True), "orthogonal frame"),
        "layered: relu in one direction": _about("layered relu, two classes", widths=[1, 1]),
        "layered: relu of three classes": _about("layered relu, two classes", K=3, widths=[3, 3]),
        "layered: relu, a value from below": _stated("layered relu, a bound", relation=">="),
        "layered: relu, a cosine": _claim(
            "layered/optimum/1", roots, problem=_layers(relu=True), quantity="feature_inner", relation="==", value="0"),
        "layered: a value above a point": _stated("layered relu, five classes", value="0"),
        "layered: a point with a bias": _changed("layered relu, five classes", lambda s, w: s["problem"].update(
            lambda_b="1", relu=False)),
        "layered: a point of too many unknowns": _claim(
            "layered/upper/1", {"bits": 64, "point": [{"s": 0, "m": ["0"] * 9000}] * 3},
            problem=_layers(K=9000, widths=[1, 1]), value="1"),
        "layered: a minimiser of too many unknowns": _claim(
            "layered/attained/1", roots, problem=_layers(K=9000, widths=[1, 1]), spread="1"),
        "layered: a minimiser with relu": _claim(
            "layered/attained/1", {"bits": 96, "roots": [["0", "1"]]}, problem=_layers(relu=True), spread="9"),
        "layered: a relu that is written as linear": _claim(
            "layered/attained/1", {"bits": 96, "roots": [["0", "1/4"]]}, problem=_power("1", relu=True), spread="9"),
        "layered: a spread below zero": _stated("layered attained", spread="-1"),
        "layered: benign with relu": _about("layered benign at kappa_c", relu=True),
        "layered: benign with unequal classes": _about("layered benign", n=[2, 1, 1]),
        "layered: benign between kappa_c and kappa_sn": _claim("layered/benign/1", {}, problem=_power("1/100")),
        "layered: benign at kappa_sn": _claim("layered/benign/1", {}, problem=_power("27/2048")),
        "layered: benign with a bias": _about("layered benign at kappa_c", lambda_b="0"),
        "layered: benign below kappa_c": _claim("layered/benign/1", {}, problem=_power("1/1000")),
        "layered: finite at kappa_sn": _claim("layered/finite/1", {}, problem=_power("27/2048")),
        "layered: finite below kappa = 1": _claim("layered/finite/1", {}, problem=_power("1/5", 1)),
        "layered: finite with relu": _claim("layered/finite/1", {}, problem=_power("1", relu=True)),
        "layered: finite with a bias": _claim("layered/finite/1", {}, problem=_power("1", lambda_b="1")),
        "layered: finite with unequal classes": _claim("layered/finite/1", {}, problem=_power("9", n=[2, 1])),
        "layered: a spectrum at kappa_sn": _claim(
            "layered/spectrum/1", {"bits": 96, "roots": [["1/4", "1/4"], None]}, problem=_power("27/2048"), plus=1,
            minus=0, eigenvalues=[["0", "9", 8]]),
        "layered: a spectrum with a bias": _about("layered spectrum of a mixed point", lambda_b="0"),
        "layered: a spectrum with relu": _about("layered spectrum of a mixed point", relu=True),
        "layered: a spectrum of unequal classes": _about("layered spectrum with two samples", n=[2, 2, 1]),
        "layered: more directions than the widths": _about("layered spectrum of a mixed point", widths=[1, 2]),
        "layered: a spectrum of 10^12 coordinates": _claim(
            "layered/spectrum/1", {"bits": 64, "roots": [None, None]}, problem={**_layers(**tall),
            "widths": [10**6, 10**6]}, plus=0, minus=0, eigenvalues=[]),
        "layered: a negative number of directions": _changed(
            "layered spectrum of a mixed point", lambda s, w: s.update(plus=-1, minus=1)),
        "layered: a negative number of lower directions": _changed(
            "layered spectrum with two samples", lambda s, w: s.update(plus=3, minus=-1)),
        "layered: a threshold that is negative": _claim(
            "layered/optimum/1", {"bits": 96, "roots": [None, None]}, problem=_power("1/10", lambda_b="1"),
            quantity="lambda_b_threshold", relation="<", value="0"),
        "layered: a sigma of equal classes": _claim(
            "layered/optimum/1", {"bits": 96, "roots": [["1/2", "1"]]}, problem=_layers(), quantity="sigma_n1",
            relation=">", value="0"),
        "layered: the features of a ReLU": _claim(
            "layered/optimum/1", {"bits": 96, "roots": [["1/2", "1"]]}, problem=_layers(relu=True),
            quantity="feature_norm_sq", relation=">", value="0"),
        "layered: the last row missing": _changed(
            "layered spectrum of a mixed point", lambda s, w: s["eigenvalues"].pop()),
        "layered: plus for minus": _changed(
            "layered saddle", lambda s, w: s.update(plus=s["minus"], minus=s["plus"])),
        "layered: the lower root for the upper": _changed("layered spectrum of a mixed point", lambda s, w: w.update(
            roots=[w["roots"][1], w["roots"][0]])),
        "layered: a lower root with one layer": _claim(
            "layered/spectrum/1", {"bits": 96, "roots": [None, None]}, problem=_power("1/5", 1), plus=0, minus=1,
            eigenvalues=[["0", "9", 8]]),
        "layered: the value from above": _changed("layered local minimum", lambda s, w: s.update(
            value=[s["value"][1], s["value"][1]])),
        "layered: the value from below": _changed("layered local minimum", lambda s, w: s.update(
            value=[s["value"][0], s["value"][0]])),
        "layered: a local minimum for the global one": _stated("layered global", nature="local minimum"),
        "layered: a global minimum that is local": _stated("layered metastable", nature="global minimum"),
        "layered: a saddle that is a minimum": _stated("layered global", nature="strict saddle"),
        "layered: a threshold beyond kappa_c": _claim(
            "layered/optimum/1", {"bits": 96, "roots": [None, None]}, problem=_power("1/128", lambda_b="1"),
            quantity="lambda_b_threshold", relation=">", value="0"),
        "layered: sigma at a tie": _claim(
            "layered/optimum/1", {"bits": 96, "roots": [None]}, problem=_power("1/128"), quantity="alpha",
            relation="==", value="0"),
        "layered: a frame that is not determined": _claim(
            "layered/optimum/1", {"bits": 96, "roots": [["1/2", "1"]]}, problem=_layers(K=3, widths=[2, 2]),
            quantity="feature_inner", relation="==", value="0"),
        "layered: a quantity of other classes": _stated("layered a vanished class", quantity="sigma_n2"),
        "layered: a radical for an inequality": _stated("layered kappa", relation=">"),
        "layered: another radical": _stated("layered kappa", value=["sqrt", "81/50000"]),
        "layered: a negative radical": _stated("layered kappa", value=["-", "1"]),
        "layered: a logarithm of zero": _stated("layered kappa", value=["log", "0"]),
        "layered: the exponential of a rational": _stated("layered kappa", value=["exp", "2"]),
        "layered: a sum of radicals taken for rational": _changed("layered kappa", lambda s, w: s.update(
            value=["/", ["*", s["value"], ["+", ["sqrt", "2"], "1"]], "2"])),
        "layered: the exponential of the logarithm of zero": _stated(
            "layered a vanished class", value=["exp", ["log", "0"]]),
        "layered: -5 for zero": _stated("layered a vanished class", value=["-", "5"]),
        "layered: an ETF with relu": _shape(_layers(relu=True, lambda_b="0"), "simplex ETF"),
        "layered: means with relu": _shape(_layers(relu=True, n=[2, 1]), "orthogonal means"),
        "layered: relu in one direction, a value": _claim(
            "layered/optimum/1", {"bits": 96, "roots": [["1/2", "1"]]}, problem=_layers(relu=True, widths=[1, 1]),
            quantity="objective", relation=">", value="0"),
        "layered: alpha of unequal classes": _stated(
            "layered a vanished class", quantity="alpha", relation=">", value="-1"),
        "layered: a divisor zero": _stated("layered kappa", value=["/", "1", "0"]),
        "layered: weights of a million digits": _shape(
            _layers(widths=[2] * 40, lambdas=["1" + "0" * 1999] * 40, lambda_H="1"), "zero"),
        "layered: class sizes that all differ": _shape(
            _layers(K=1500, n=list(range(1, 1501)), widths=[9, 9]), "zero"),
    }


EYE = [["1", "0"], ["0", "1"]]


def _network(kind: str = "linear", beta: Any = "1/2", layers: int = 2, normalisation: str = "standard",
             **data: Any) -> dict[str, Any]:
    return {"kind": kind, "data": data, "beta": beta, "layers": layers, "normalisation": normalisation}


def _gap(problem: dict[str, Any], V: list[str], level: str = "100", neurons: Any = (), multipliers: Any = ()) -> Pair:
    witness = {"neurons": list(neurons), "V": {"s": 0, "m": V}, "multipliers": list(multipliers)}
    return _claim("network/gap/1", witness, problem=problem, relation="<", value=level)


def _means(problem: dict[str, Any], geometry: str = "orthogonal frame", *, centred: bool = False) -> Pair:
    return _claim("network/means/1", {}, problem=problem, geometry=geometry, centred=centred)


def _kinks(x: list[str], y: list[str], **problem: Any) -> Pair:
    return _claim("network/kinks/1", {}, problem={**_network("spline", None, x=x, y=y), **problem})


def _value(problem: dict[str, Any], value: Any, relation: str = "==") -> Pair:
    return _claim("network/value/1", {"bits": 96}, problem=problem, relation=relation, value=value)


def networks() -> dict[str, Pair]:
    """One sample, or the identity as inputs, wherever that is enough."""
    made = {f"network: {name}": _changed(f"network {which}", change)
            for name, (which, change) in test_network_certificates.CHANGED.items()}
    relu, sizes = "network gap, ReLU in the plane", {"counts": [4, 4], "A": None}
    line = _network("relu", X=[["1"], ["-1"]], Y=[["3"], ["0"]])
    return made | {
        "network: an unknown normalisation": _changed(
            "network value, whitened", lambda s, w: s["problem"].update(normalisation="none")),
        "network: more rows of Y": _claim(
            "network/rank/1", {}, problem=_network(X=EYE, Y=[["1"], ["0"], ["0"]]), rank=1),
        "network: an empty matrix": _claim("network/rank/1", {}, problem=_network(X=[], Y=[]), rank=0),
        "network: rows of no entries": _claim("network/rank/1", {}, problem=_network(X=[[]], Y=[[]]), rank=0),
        "network: a matrix that is too large": _claim(
            "network/rank/1", {}, problem=_network(beta="9", X=[["0"] * 101] * 200, Y=[["0"]] * 200), rank=0),
        "network: one point": _kinks(["0"], ["0"]),
        "network: the same point twice": _kinks(["0", "0"], ["1", "1"]),
        "network: a spline with beta": _kinks(["0", "1"], ["0", "0"], beta="1"),
        "network: a spline of three layers": _kinks(["0", "1"], ["0", "0"], layers=3),
        "network: one class": _means(_network("batchnorm", counts=[4], A=None)),
        "network: inputs for other samples": _means(_network("batchnorm", counts=[4, 4], A=EYE)),
        "network: no beta for classes": _means(_network("batchnorm", None, **sizes)),
        "network: beta < 0": _means(_network("batchnorm", "-1", **sizes)),
        "network: linear with three layers": _claim(
            "network/rank/1", {}, problem=_network(layers=3, normalisation="unit", X=EYE, Y=EYE), rank=2),
        "network: batchnorm with three layers": _means(_network("batchnorm", layers=3, **sizes)),
        "network: one layer": _claim("network/rank/1", {}, problem=_network(layers=1, X=EYE, Y=EYE), rank=2),
        "network: means at the threshold": _means(_network("batchnorm", "2", **sizes)),
        "network: means of a linear network": _means(_network(X=EYE, Y=EYE)),
        "network: centred means of the other kind": _means(_network("batchnorm", **sizes), centred=True),
        "network: means of sizes that differ": _means(_network("batchnorm", counts=[4, 5], A=None)),
        "network: inputs without the range for means": _means(
            _network("batchnorm", counts=[2, 2], A=[["1"], ["2"], ["3"], ["4"]])),
        "network: inputs without the range for a value": _value(
            _network("batchnorm", "2", counts=[1, 2], A=[["1"], ["2"], ["4"]]), "3/2"),
        "network: kinks of another network": _claim("network/kinks/1", {}, problem=_network(X=EYE, Y=EYE)),
        "network: kinks off the data": _kinks(["0", "1", "2", "3"], ["0", "0", "1", "3"]),
        "network: T0 below S0": _kinks(["0", "1", "2"], ["0", "1", "3"]),
        "network: the rank of a ReLU network": _claim(
            "network/rank/1", {}, problem=_network("relu", X=EYE, Y=EYE), rank=2),
        "network: the rank with weight decay on three layers": _claim(
            "network/rank/1", {}, problem=_network("deep-linear", layers=3, X=EYE, Y=EYE), rank=2),
        "network: the rank for other inputs": _claim(
            "network/rank/1", {}, problem=_network(X=[["2", "0"], ["0", "1"]], Y=EYE), rank=2),
        "network: a rank at the threshold": _claim(
            "network/rank/1", {}, problem=_network(beta="1", X=EYE, Y=EYE), rank=2),
        "network: more inputs than dimensions taken for white": _claim(
            "network/rank/1", {}, problem=_network(X=[["1"], ["1"]], Y=EYE), rank=2),
        "network: a value for other inputs": _value(_network(X=[["2", "0"], ["0", "1"]], Y=[["1"], ["0"]]), "3/8"),
        "network: a value for columns that meet": _value(_network("relu", X=EYE, Y=[["1", "1"], ["0", "0"]]), "3/4"),
        "network: a value of columns that are not orthogonal": _value(
            _network(X=EYE, Y=[["1", "1"], ["0", "0"]]), "3/4"),
        "network: a value of three layers": _value(
            _network("deep-linear", layers=3, X=EYE, Y=[["1"], ["0"]]), "3/8"),
        "network: a line of three layers": _value(
            _network("relu", layers=3, X=[["2"]], Y=[["1"]]), "1/2", "<="),
        "network: a gap where V is too long": _gap(_network(X=EYE, Y=[["1"], ["0"]]), ["1", "0"]),
        "network: a gap where V is too long, whitened ReLU": _gap(
            _network("relu", X=EYE, Y=[["1"], ["0"]]), ["1", "0"]),
        "network: a gap where V is too long on a line": _gap(line, ["3", "0"]),
        "network: a gap of columns that meet": _gap(
            _network("relu", X=EYE, Y=EYE, beta="5/4"), ["1", "1", "1", "1"]),
        "network: a gap of a ReLU network that is not white": _gap(
            _network("relu", X=[["2", "0"], ["0", "1"]], Y=[["1"], ["0"]]), ["1/2", "0"]),
        "network: weight decay on three layers and V": _gap(
            _network("deep-linear", layers=3, X=EYE, Y=[["1"], ["0"]]), ["0", "0"]),
        "network: a gap == 0 that is positive": _changed(
            relu, lambda s, w: s.update(relation="==", value="0")),
        "network: a relation of its own": _changed(relu, lambda s, w: s.update(relation="<=")),
        "network: a gap > 0 for two layers": _claim(
            "network/gap/1", {}, problem=_network(X=EYE, Y=[["1"], ["0"]]), relation=">", value="0"),
        "network: a gap > 0 with nothing to learn": _claim(
            "network/gap/1", {}, problem=_network("deep-linear", layers=3, X=EYE, Y=[["0"], ["0"]]), relation=">",
            value="0"),
        "network: a gap > 0 with unit layers": _claim(
            "network/gap/1", {}, relation=">", value="0",
            problem=_network("deep-linear", layers=3, normalisation="unit", X=EYE, Y=[["1"], ["0"]])),
        "network: a gap > 0 of a ReLU network": _claim(
            "network/gap/1", {}, relation=">", value="0",
            problem=_network("relu", layers=3, X=EYE, Y=[["1"], ["0"]])),
        "network: neurons exchanged": _changed(
            relu, lambda s, w: [n.update(w=n["a"], a=n["w"]) for n in w["neurons"]]),
        "network: a neuron twice": _changed(relu, lambda s, w: w["neurons"].append(w["neurons"][0])),
        "network: multipliers exchanged": _changed(relu, lambda s, w: w["multipliers"].reverse()),
        "network: a multiplier above 1": _changed(
            relu, lambda s, w: [c.update(m=[str(2 ** (c["s"] + 1))] * 4) for cover in w["multipliers"] for c in cover]),
        "network: multipliers for two outputs": _gap(
            _network("relu", beta="3", X=[["1", "1"], ["0", "1"]], Y=EYE), ["1", "0", "0", "1"],
            multipliers=[[{"s": 0, "m": ["0", "0"]}] * 2, [{"s": 0, "m": ["0", "0"]}]]),
        "network: multipliers for three layers": _gap(
            _network("relu", beta="3", layers=3, normalisation="unit", X=[["1", "1"], ["0", "1"]], Y=[["1"], ["1"]]),
            ["0", "0"], multipliers=[[{"s": 0, "m": ["0", "0"]}]] * 2),
        "network: too many patterns": _gap(
            _network("relu", beta="99", X=[["1", "1"]] + [["0", "1"]] * 12, Y=[["1"]] * 13), ["1"] * 13,
            multipliers=[[], []]),
        "network: a spline that misses a point": _changed(
            "network gap, spline", lambda s, w: s["problem"]["data"]["y"].__setitem__(0, "1")),
        "network: a dual point with a sum": _changed(
            "network gap, spline", lambda s, w: w.update(v=["1/9", *w["v"][1:]])),
        "network: a spline below its minimum": _changed("network gap, spline", lambda s, w: (
            s.update(relation="<", value="1"), w.update(v=[str(2 * Fraction(v)) for v in w["v"]]))),
        "network: a spline below its minimum, with a sum": _changed("network gap, spline", lambda s, w: (
            s.update(relation="<", value="1", problem={**s["problem"], "data": {
                "x": s["problem"]["data"]["x"], "y": [str(Fraction(y) + 99) for y in s["problem"]["data"]["y"]]}}),
            w.update(constant=str(Fraction(w["constant"]) + 99), v=[str(Fraction(w["v"][0]) + Fraction(1, 99)),
                                                                   *w["v"][1:]]))),
        "network: coprime denominators of 10^6 bits": _claim(
            "network/rank/1", {}, rank=0, problem=_network(X=[[f"1/{3**k}" for k in range(3000, 3040)]], Y=[["1"]])),
    }


def labels() -> dict[str, Pair]:
    return {f"label: {name}": _changed(f"label {which}", change)
            for name, (which, change) in test_label_certificates.CHANGED.items()}


def codes() -> dict[str, Pair]:
    return {f"code: {name}": _changed(f"code {which}", change)
            for name, (which, change) in test_code_certificates.CHANGED.items() if f"code {which}" in claims()}
