"""Attacks on the kinds of layered problems, networks, label sets and codes.

Those of the unit tests; and for layers and networks one for each guard that they leave, where it is simple.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from typing import Any

from ncproofs.problems.layered import Layered
from ncproofs.proof import checker_layered, layered_certificates
from ncproofs.proof.certificate import write
from ncproofs.proof.checker_arithmetic import Budget, Intervals
from ncproofs.proof.checker_labels import Labels, _objective, at_optimum
from ncproofs.proof.discharge import Effort
from ncproofs.proof.layered_claims import LayeredSpectrum
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


def _one_direction_twice() -> Pair:
    """One direction of a class of its own counted for both roots: there is no such critical point."""
    problem = test_layered_certificates.SIZES
    statement, witness = write(LayeredSpectrum(problem=problem, plus=(1, 0, 0), minus=(0, 0, 0)), Effort())
    lower = layered_certificates._ends(problem, layered_certificates._usable(problem)[0], 96, upper=False)
    roots = [witness["roots"][0], lower, *witness["roots"][2:]]
    wide = [["-99", "99", sum(row[2] for row in statement["eigenvalues"])]]
    return {**statement, "minus": [1, 0, 0], "eigenvalues": wide}, {**witness, "roots": roots}


def _next_to_the_threshold() -> dict[str, Any]:
    """One layer, sizes 3, 2, 1, a free bias: s^2 is a zero t of 3/(3-t) + 2/(2-t) + 1/(1-t), irrational, and kappa^2 =
    36 lambda_H lambda_1/t. With the product at the lower end of t over 36, kappa < 1, but its enclosure reaches 1."""
    problem = {**_power("1", 1, n=[3, 2, 1], lambda_b="0", K=3), "widths": [3], "lambda_H": "1"}
    low, high = checker_layered.modes_of(checker_layered.Problem(problem), 256, Budget(10**6))[0].square
    assert low < high
    return {**problem, "lambdas": [str(low / 36)]}


def _upper_for_lower() -> Pair:
    """kappa^3 = 2/81 = sigma (1-sigma)^3 at sigma = 2/3, beyond the peak at 1/4, given as the root before it."""
    problem = Layered(layers=2, K=2, lambdas="1,1", lambda_H="1/324")
    statement, witness = write(LayeredSpectrum(problem=problem, plus=1, minus=0), Effort())
    return {**statement, "plus": 0, "minus": 1}, {**witness, "roots": [["2/3", "2/3"] for _ in witness["roots"]]}


def _less_than_none(name: str, plus: int, minus: int, root: list[str]) -> Pair:
    """A negative number of directions: the orbit is counted for fewer, so that its zeros are intervals instead."""
    def change(statement: Any, witness: Any) -> None:
        small = "1/1000000000000"
        statement.update(plus=plus, minus=minus, eigenvalues=[
            [f"-{small}", small, row[2]] if row[:2] == ["0", "0"] else row for row in statement["eigenvalues"]])
        witness.update(roots=[root if end is None else end for end in witness["roots"]])

    if name:
        return _changed(name, change)
    pair = write(LayeredSpectrum(problem=test_layered_certificates.LATE, plus=0, minus=2), Effort())
    change(*pair)
    return pair


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
        "layered: orthogonal means at a tie of two classes with a bias": _shape(
            _power("1/128", lambda_b="0"), "orthogonal means"),
        "layered: orthogonal means at a tie of two classes of one size": _shape(
            _layers(K=3, n=[2, 2, 1], widths=[3, 3], lambdas=["1", "1"], lambda_H="1/500"), "orthogonal means"),
        "layered: a tie of a class without room beside a frame": _shape(
            _layers(K=3, n=[2, 2, 1], widths=[1, 1], lambdas=["1", "1"], lambda_H="1/2000"), "orthogonal means"),
        "layered: orthogonal means without room": _shape(
            _layers(K=3, n=[2, 2, 1], widths=[1, 1], lambdas=["1/50", "1/50"]), "orthogonal means"),
        "layered: the lower root for the upper one, exactly": _claim(
            "layered/optimum/1", {"bits": 96, "roots": [["1/20", "1/20"]]}, problem=_power("6859/1280000"),
            quantity="alpha", relation="==", value="1/20"),
        "layered: the upper root for the lower one, exactly": _upper_for_lower(),
        "layered: a relu of no features": _claim(
            "layered/optimum/1", {"bits": 96, "roots": [["9/10", "1"]]}, problem=_layers(relu=True, widths=[0, 2]),
            quantity="objective", relation="<", value="1/2"),
        "layered: a value at a point that is the number": _claim(
            "layered/upper/1", {"bits": 64, "point": [{"s": 0, "m": ["0"] * 4}] * 3}, problem=_power("1"), value="1/2"),
        "layered: the only root of one layer for the lower one": _changed(
            "layered spectrum of one layer, unequal classes", lambda s, w: s.update(plus=[0, 0], minus=[1, 0])),
        "layered: one direction for two": _one_direction_twice(),
        "layered: less than none of the lower root": _less_than_none(
            "layered spectrum with two samples", 2, -1, ["0", "1/4"]),
        "layered: less than none of the upper root": _less_than_none("", -1, 2, ["1/4", "1"]),
        "layered: a spread below zero": _stated("layered attained", spread="-1"),
        "layered: benign with relu": _about("layered benign at kappa_c", relu=True),
        "layered: benign with unequal classes": _claim("layered/benign/1", {}, problem=_power("1/1000", n=[2, 1])),
        "layered: benign with unequal classes and a free bias": _claim(
            "layered/benign/1", {}, problem=_power("1/1000", n=[2, 1], lambda_b="0")),
        "layered: orthogonal means with a free bias": _shape(
            _power("1/1000", n=[2, 1], lambda_b="0"), "orthogonal means"),
        "layered: benign where the next class is metastable": _claim(
            "layered/benign/1", {}, problem=_power("25/11664", n=[5, 4])),
        "layered: finite with a size that repeats and a free bias": _claim(
            "layered/finite/1", {}, problem={
                **_power("1/500", 1, n=[2, 2, 2, 1], lambda_b="0", K=4), "widths": [4]}),
        "layered: zero a little below the threshold": _shape(_next_to_the_threshold(), "zero"),
        "layered: unequal classes with a regularised bias": _about("layered free bias, unequal: spectrum",
                                                                   lambda_b="1/9"),
        "layered: benign between kappa_c and kappa_sn": _claim("layered/benign/1", {}, problem=_power("1/100")),
        "layered: benign at kappa_sn": _claim("layered/benign/1", {}, problem=_power("27/2048")),
        "layered: benign with a bias": _claim("layered/benign/1", {}, problem=_power("1/1000", lambda_b="0")),
        "layered: benign below kappa_c": _claim("layered/benign/1", {}, problem=_power("1/1000")),
        "layered: finite at kappa_sn": _claim("layered/finite/1", {}, problem=_power("27/2048")),
        "layered: finite below kappa = 1": _claim("layered/finite/1", {}, problem=_power("1/5", 1)),
        "layered: finite with relu": _claim("layered/finite/1", {}, problem=_power("1", relu=True)),
        "layered: finite with a bias": _claim("layered/finite/1", {}, problem={
            **_power("1/1000", lambda_b="1", K=3), "widths": [3, 3]}),
        "layered: finite with unequal classes": _claim("layered/finite/1", {}, problem={
            **_power("1/10000", n=[2, 2, 1], K=3), "widths": [3, 3]}),
        "layered: one root counted for two at kappa_sn": _claim(
            "layered/spectrum/1", {"bits": 96, "roots": [["1/4", "1/4"], ["1/4", "1/4"]]}, problem=_power("27/2048"),
            plus=1, minus=1, eigenvalues=[["-9", "9", 12]]),
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
        "layered: a lower root in one layer": _changed(
            "layered spectrum of one layer, unequal classes",
            lambda s, w: (s.update(plus=s["minus"], minus=s["plus"]), w.update(roots=w["roots"][::-1]))),
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
        "layered: a local minimum for a saddle": _stated("layered saddle", nature="local minimum"),
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
        "layered: relu in three directions, a value": _claim(
            "layered/optimum/1", {"bits": 96, "roots": [["1/2", "1"]]},
            problem=_layers(relu=True, K=3, widths=[2, 3]), quantity="objective", relation=">", value="0"),
        "layered: relu with one direction a feature": _claim(
            "layered/optimum/1", {"bits": 96, "roots": [["1/2", "1"]]},
            problem=_layers(relu=True, K=3, widths=[1, 3]), quantity="objective", relation=">", value="19/50"),
        "layered: alpha of unequal classes": _stated(
            "layered a vanished class", quantity="alpha", relation=">", value="-1"),
        "layered: a divisor that is a logarithm": _stated("layered kappa", value=["/", "1", ["log", "2"]]),
        "layered: a half of a logarithm": _stated("layered kappa", value=["/", ["log", "2"], "2"]),
        "layered: a logarithm and a number": _stated("layered kappa", value=["+", ["log", "2"], "2"]),
        "layered: the logarithm of a logarithm": _changed("layered kappa", lambda s, w: s.update(
            value=["exp", ["exp", ["log", ["log", s["value"]]]]])),
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


def _bound(problem: dict[str, Any], relation: str, level: str, **witness: Any) -> Pair:
    given = witness if "neurons" in witness else {**witness, "multipliers": []}
    return _claim("network/bound/1", given, problem=problem, relation=relation, value=level)


def _means(problem: dict[str, Any], geometry: str = "orthogonal frame", *, centred: bool = False) -> Pair:
    return _claim("network/means/1", {}, problem=problem, geometry=geometry, centred=centred)


def _kinks(x: list[str], y: list[str], **problem: Any) -> Pair:
    return _claim("network/kinks/1", {}, problem={**_network("spline", None, x=x, y=y), **problem})


def _value(problem: dict[str, Any], value: Any, relation: str = "==") -> Pair:
    return _claim("network/value/1", {"bits": 96}, problem=problem, relation=relation, value=value)


def _steep(first: str, last: str, y: list[str], w: str, b: str) -> Pair:
    """One kink at 1 and the cost 1, beside a dual value of 2: a gap that is said to be negative."""
    middle = str(-Fraction(first) - Fraction(last))
    return _claim("network/gap/1", {"neurons": [[w, b, "1"]], "constant": "0", "v": [first, middle, last]},
                  problem=_network("spline", None, x=["0", "1", "2"], y=y), relation="<", value="0")


def networks() -> dict[str, Pair]:
    """One sample, or the identity as inputs, wherever that is enough."""
    made = {f"network: {name}": _changed(f"network {which}", change)
            for name, (which, change) in test_network_certificates.CHANGED.items()}
    relu, sizes = "network gap, ReLU in the plane", {"counts": [4, 4], "A": None}
    line = _network("relu", X=[["1"], ["-1"]], Y=[["3"], ["0"]])
    one = _network(beta="1", X=[["1"]], Y=[["2"]])  # the minimum is 3/2
    return made | {
        "network: an unknown normalisation": _changed(
            "network value, whitened", lambda s, w: s["problem"].update(normalisation="none")),
        "network: more rows of Y": _claim(
            "network/rank/1", {}, problem=_network(X=EYE, Y=[["1"], ["0"], ["0"]]), rank=1),
        "network: a bound that is the value of the network": _bound(one, "<", "2", neurons=[]),
        "network: a bound that is the value of the dual point": _bound(one, ">", "0", V={"s": 0, "m": ["0"]}),
        "network: a bound by a point that is not feasible": _bound(one, ">", "19/10", V={"s": 0, "m": ["2"]}),
        "network: a bound that is an equality": _bound(one, "==", "-1", V={"s": 0, "m": ["0"]}),
        "network: a bound for deep weight decay": _bound(
            _network("deep-linear", "1", 3, X=[["1"]], Y=[["2"]]), "<", "3", neurons=[]),
        "network: a bound for a spline": _bound(_network("spline", None, x=["0", "1"], y=["0", "1"]), "<", "9",
                                                neurons=[]),
        "network: a bound for classes": _bound(_network("batchnorm", "1", counts=[1, 1], A=None), "<", "9", neurons=[]),
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
        "network: one layer": _claim("network/rank/1", {}, rank=1, problem=_network(
            layers=1, normalisation="unit", X=EYE, Y=[["1", "0"], ["0", "1/4"]])),
        "network: means at the threshold": _means(_network("batchnorm", "2", **sizes)),
        "network: means of a linear network": _means(_network(X=EYE, Y=EYE)),
        "network: centred means of the other kind": _means(_network("batchnorm", **sizes), centred=True),
        "network: means of sizes that differ": _means(_network("batchnorm", counts=[4, 5], A=None)),
        "network: means of sizes with an irrational product": _means(
            _network("batchnorm", "1", counts=[2, 10], A=None)),
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
            _network("relu", "1", X=[["2", "0"], ["0", "1"]], Y=[["2"], ["0"]]), ["1", "0"], "0",
            [{"w": {"s": 0, "m": ["1", "0"]}, "a": {"s": 0, "m": ["1"]}}]),
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
        "network: a value of a ReLU on a line, without ReLU": _value(
            _network(X=[["1"], ["-1"]], Y=[["3"], ["-3"]]), "11/4"),
        "network: a value without ReLU, with the parts of one": _value(_network(X=EYE, Y=[["1"], ["-1"]]), "3/4"),
        "network: a value on a line with a gain below beta": _value(
            _network("relu", X=[["1"], ["-1"]], Y=[["1/4"], ["0"]]), ["-", "1/8"]),
        "network: rank zero above beta": _claim(
            "network/rank/1", {}, problem=_network(X=[["2", "0"], ["0", "1"]], Y=EYE), rank=0),
        "network: a gap that is the difference": _claim(
            "network/gap/1", {"neurons": [], "V": {"s": 0, "m": ["0", "0"]}, "multipliers": []}, relation="==",
            value="1/2", problem=_network(X=EYE, Y=[["1"], ["0"]])),
        "network: a dual point of a matrix that is not copositive": _gap(
            _network("relu", "5", X=EYE, Y=[["7/2", "7/2"]] * 2), ["3", "4", "4", "3"], "0",
            [{part: {"s": 0, "m": ["1", "1"]} for part in ("w", "a")}]),
        "network: means without weight decay": _means(_network("batchnorm", "0", **sizes)),
        "network: a gap below 0 that is 0": _stated("network gap, spline", relation="<", value="0"),
        "network: a spline whose dual point is too steep before a point": _steep("1", "2", ["0", "0", "1"], "1", "-1"),
        "network: a spline whose dual point is too steep after a point": _steep("2", "1", ["1", "0", "0"], "-1", "1"),
        "network: a constant and a dual point with a sum": _claim(
            "network/gap/1", {"neurons": [], "constant": "9", "v": ["1", "0", "0"]}, relation="<", value="0",
            problem=_network("spline", None, x=["0", "1", "2"], y=["9", "9", "9"])),
        "network: coprime denominators of 10^6 bits": _claim(
            "network/rank/1", {}, rank=0, problem=_network(X=[[f"1/{3**k}" for k in range(3000, 3040)]], Y=[["1"]])),
    }


LABELS = {"loss": "pick_all_label", "parameter": None, "K": 3, "d": 2, "counts": [[1, 1]], "labels": None,
          "weights": [], "lambda_W": "1/100", "lambda_H": "1/100", "lambda_b": None}


def _label(kind: str, witness: Any, parts: dict[str, Any], **problem: Any) -> Pair:
    return _claim(f"label/{kind}/1", witness, problem={**LABELS, **problem}, **parts)


def _tied(n: int, lambda_b: Fraction) -> Pair:
    """At W = H = 0 and lambda_W = lambda_H = 1 the least eigenvalue is 1 - 1/sqrt(9 n), or lambda_b if that is less."""
    value = ["-", "1", ["sqrt", str(Fraction(1, 9 * n))]]
    return _label("origin-curvature", {"bits": 64}, {"relation": "==", "value": value}, counts=[[1, n]],
                  lambda_W="1", lambda_H="1", lambda_b=str(lambda_b))


def _lower_end() -> Fraction:
    """Of 1 - 1/sqrt 27 at 64 bits."""
    balls = Intervals(64, Budget(10**6))
    return Fraction(balls.sub(balls.number(Fraction(1)), balls.sqrt(balls.number(Fraction(1, 27))))[0], 2**64)


def _inside() -> str:
    """A rational that the enclosure of the objective cannot tell from it."""
    statement, witness = claims()["label value, bound"]
    balls = Intervals(witness["bits"], Budget(10**7))
    problem = Labels(statement["problem"], balls.budget)
    low, high = _objective(problem, balls, *at_optimum(problem, balls, witness["y"], witness["gaps"]))
    return str(Fraction(low + high, 2 ** (balls.p + 1)))


def labels() -> dict[str, Pair]:
    made = {f"label: {name}": _changed(f"label {which}", change)
            for name, (which, change) in test_label_certificates.CHANGED.items()}
    shape, nothing = {"geometry": "simplex ETF"}, {"s": 0, "m": ["0"] * 2}
    pull = {"W": nothing, "H": nothing, "b": {"s": 0, "m": ["1", "0"]}}
    return made | {
        "label: both counts and labels": _label("geometry", {}, shape, labels=[[1], [2], [3]]),
        "label: a negative bias weight": _label("geometry", {}, shape, lambda_b="-1"),
        "label: a class 0": _label("benign", {}, {}, counts=None, labels=[[0], [1], [2], [3]]),
        "label: a weight of no labels": _label("geometry", {}, shape, weights=[[0, "1"]]),
        "label: a number of labels that never occurs": _label("geometry", {}, shape, counts=[[1, 1], [2, 0]]),
        "label: a quantity that is no text": _label(
            "optimum", {"bits": 64, "y": None, "gaps": None}, {"quantity": ["y"], "relation": ">", "value": "0"}),
        "label: all labels on all samples": _label(
            "nullity", {"bits": 64, "y": None, "gaps": None, "gap": "1/1000"}, {"zero": 1}, counts=[[3, 1]]),
        "label: a bias where there is none": _label(
            "minimum", {"bits": 64, "columns": [["1", "0"], ["0", "1"]], "point": pull},
            {"lower": "-1", "upper": "2/3", "gap": "2"}, K=2, d=1, counts=None, labels=[[1], [1], [1], [2]],
            lambda_W="1", lambda_H="1"),
        "label: an equality without a closed form, within the enclosure": _changed(
            "label value, bound", lambda s, w: s.update(relation="==", value=_inside())),
        "label: a bias weight that is the least eigenvalue by 2^-90": _tied(1, Fraction(2, 3) - Fraction(1, 2**90)),
        "label: a bias weight that is the least eigenvalue by less than a unit": _tied(3, _lower_end()),
    }


#: Nine points (+-1, +-1, 0, 0): of one length, with cosines of at most 1/2.
_NINE = [[a if i == p else b if i == q else 0 for i in range(4)]
         for a, b in ((1, 1), (1, -1)) for p, q in combinations(range(4), 2)][:9]


def _code(level: str, code: Any, bound: Any = None) -> Pair:
    """rho*(4, 9) = 1 - level, which is false for these levels; Delsarte's bound holds for the first one only."""
    return _claim("code/value/1", {"bits": 128, "code": {"surds": [], "root": 0, "normals": [], **code},
                                   "bound": {"level": level, "nodes": [], "endpoint": 0, **(bound or {})}},
                  problem={"K": 9, "d": 4}, relation="==", value=str(1 - Fraction(level)))


def _bracket(K: int, d: int, lower: str, upper: str, bound: Any, points: list[int] | None = None) -> Pair:
    """Points that are all the same, unless given; the lower bound is 0 then."""
    entries = points or [1, *[0] * (d - 1)] * K
    return _claim("code/bracket/1", {"bits": 128, "points": {"s": 0, "m": list(map(str, entries))}, "bound": bound},
                  problem={"K": K, "d": d}, lower=lower, upper=upper)


def codes() -> dict[str, Pair]:
    made = {f"code: {name}": _changed(f"code {which}", change)
            for name, (which, change) in test_code_certificates.CHANGED.items() if f"code {which}" in claims()}
    bound = claims()["code bracket, Delsarte"][1]["bound"]
    level = bound["level"]

    def unit(size: int, *places: int) -> list[list[int]]:
        return [[int(i == place) for i in range(size)] for place in places]

    return made | {
        "code: points that are 0": _code(level, {"rows": [[0] * 4] * 9}, bound),
        "code: points that are 0 by their root": _code(
            level, {"rows": [[-2] * 4] * 9, "surds": [[1] * 4] * 9, "root": 4}, bound),
        "code: points of nine dimensions": _code(level, {"rows": unit(9, *range(9))}, bound),
        "code: normals that are not orthogonal": _code(
            level, {"rows": unit(9, *range(9)), "normals": unit(9, *range(5))}, bound),
        "code: one normal six times": _code(level, {"rows": unit(10, *range(9)), "normals": unit(10, *[9] * 6)}, bound),
        "code: rows without coordinates": _code(level, {"rows": [[]] * 9}, bound),
        "code: normals of another width": _code(level, {"rows": _NINE, "normals": [[1]]}, bound),
        "code: a code that is not optimal": _code("1/2", {"rows": _NINE}),
        "code: a polynomial with negative coefficients": _code(
            "1/2", {"rows": _NINE}, {"nodes": ["-1", "-1/2", "0", "1"]}),
        "code: 31 nodes": _code("1/2", {"rows": _NINE}, {"nodes": ["0"] * 31}),
        "code: a bound with equality whose moments are not shown to vanish": _bracket(
            108, 3, "0", "2/3", {"level": "1/3", "nodes": ["-1/2", "1/3"], "endpoint": 0}),
        "code: one point": _claim("code/minimises/1", {}, problem={"K": 1, "d": 1}, tau="1"),
        "code: no dimension": _claim("code/minimises/1", {}, problem={"K": 2, "d": 0}, tau="1"),
    }
