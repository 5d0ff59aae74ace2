"""Verdicts under the name of a theorem, with genuine claims that are not what the theorem says at these parameters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from ncproofs.families import problem_of
from ncproofs.proof.certificate import verdict_certificate
from ncproofs.proof.discharge import Effort
from ncproofs.proof.layered_claims import LayeredValue
from ncproofs.proof.network_claims import DualityGap
from tests.soundness.certificates import Pair, sealed, written

__all__ = ["false_ones", "true_ones"]

_PLAIN = {"loss": "cross_entropy", "parameter": None, "K": 3}
_RIDGE = {**_PLAIN, "d": 3, "n": 1, "lambda_W": "1/100", "lambda_H": "1/400", "lambda_b": None}
_SQUARED = {**_RIDGE, "loss": "mean_squared"}
_SPHERE = {**_PLAIN, "d": 3, "n": 1, "tau": "1"}
_SEARCH = {"bits": 64, "search": None}
_LAYERED = {"K": 2, "widths": [2], "n": 1, "lambdas": ["1/50"], "lambda_H": "1/20", "lambda_b": None,
            "relu": False}
_NETWORK = {"kind": "deep-linear", "data": {"X": [["1"]], "Y": [["2"]]}, "beta": "1/10", "layers": 3,
            "normalisation": "standard"}


def _verdict(theorem: str, parameters: Any, pairs: Sequence[Pair]) -> bytes:
    statement = {"kind": "verdict/1", "title": "a verdict", "theorem": theorem, "parameters": parameters, "holes": [],
                 "claims": [pair[0] for pair in pairs]}
    return sealed(statement, {"claims": [pair[1] for pair in pairs]})


def _claim(kind: str, witness: Any, **parts: Any) -> Pair:
    return {"kind": kind, "title": "a claim", **parts}, witness


def _argmin(**changed: Any) -> Pair:
    """c = sqrt(n lambda_W lambda_H) of ``_RIDGE``."""
    return _claim("ridge/argmin/1", _SEARCH, **{**_PLAIN, "c": "1/200", **changed})


def _value(relation: str, value: str, problem: dict[str, Any]) -> Pair:
    return _claim("ridge/optimum/1", _SEARCH, problem=problem, quantity="objective", relation=relation, value=value)


@cache
def _at_minimum() -> list[Pair]:
    """Claims of the verdict of collapse-spectrum at ``_RIDGE``."""
    parameters = {key: str(value) for key, value in _RIDGE.items() if value is not None}
    certificate = json.loads(written("collapse-spectrum", parameters))
    pairs = zip(certificate["statement"]["claims"], certificate["witness"]["claims"], strict=True)
    return [pair for pair in pairs if pair[0]["kind"] != "axiom/1"]


def _at_origin() -> list[Pair]:
    """[[1/100, -1/3], [-1/3, 1/400]] for each of the 2 d centred directions; the mean ones have the weights alone."""
    rows = [["-41/125", "-327/1000", 6], ["1/401", "1/399", 3], ["1/101", "1/99", 3], ["339/1000", "17/50", 6]]
    witness = {"bits": 96, "search": None, "root": None}
    return [_claim("ridge/spectrum/1", witness, problem=_RIDGE, point="origin", eigenvalues=rows),
            _claim("ridge/inertia/1", {**witness, "gap": "1/1000"}, problem=_RIDGE, point="origin", negative=6, zero=0)]


def _of_spectrum(pairs: Sequence[Pair]) -> bytes:
    return _verdict("collapse-spectrum", _RIDGE, pairs)


def _inertia(problem: dict[str, Any]) -> list[Pair]:
    certificate = json.loads(written("sphere-optimum", {key: str(value) for key, value in problem.items()
                                                        if value is not None}))
    pairs = zip(certificate["statement"]["claims"], certificate["witness"]["claims"], strict=True)
    return [pair for pair in pairs if pair[0]["kind"] != "axiom/1"]


def true_ones() -> dict[str, bytes]:
    """The neighbours of the false ones."""
    return {
        "the spectrum at the minimum": _of_spectrum(_at_minimum()),
        "the spectrum at both points": _of_spectrum([*_at_origin(), *_at_minimum()]),
        "the value of the squared error": _verdict("mse-optimum", _SQUARED, [_value("==", "1191/80000", _SQUARED)]),
        "the value, and a bound": _verdict(
            "mse-optimum", _SQUARED, [_value(">=", "0", _SQUARED), _value("==", "1191/80000", _SQUARED)]),
        "the reduced function at its c": _verdict("reduced-function", _RIDGE, [_argmin()]),
        "the reduced function at its c as a root": _verdict(
            "reduced-function", {**_RIDGE, "n": 2}, [_argmin(c=["/", ["sqrt", "2"], "200"])]),
        "a benign landscape": _verdict("benign-landscape", _RIDGE, [_claim("ridge/benign/1", {}, problem=_RIDGE)]),
        "the sphere": _verdict("sphere-optimum", _SPHERE, _inertia(_SPHERE)),
        "a duality gap": _verdict("deep-linear-network", _NETWORK, [
            _claim("network/gap/1", {}, problem=_NETWORK, relation=">", value="0")]),
        "layers": _verdict("layered-benign", _LAYERED, [
            _claim("layered/benign/1", {}, problem=_LAYERED)]),
    }


def _parameters() -> dict[str, bytes]:
    """Parameters that are almost those of the problem of the claims."""
    made = {}
    for how, changed in (("true for 1", {"n": True}), ("an extra key", {"tau": "1"}), ("text for 1", {"n": "1"}),
                         ("another spelling", {"lambda_W": "2/200"}), ("another n", {"n": 2})):
        made[f"parameters with {how}"] = _verdict(
            "benign-landscape", {**_RIDGE, **changed}, [_claim("ridge/benign/1", {}, problem=_RIDGE)])
        made[f"a reduced function with {how}"] = _verdict("reduced-function", {**_RIDGE, **changed}, [_argmin()])
    for key in _RIDGE:
        fewer = {name: value for name, value in _RIDGE.items() if name != key}
        made[f"parameters without {key}"] = _verdict(
            "benign-landscape", fewer, [_claim("ridge/benign/1", {}, problem=_RIDGE)])
    made["layers with an extra key"] = _verdict("layered-benign", {**_LAYERED, "d": 2}, [
        _claim("layered/benign/1", {}, problem=_LAYERED)])
    made["layers with false for 0"] = _verdict("layered-benign", {**_LAYERED, "relu": 0}, [
        _claim("layered/benign/1", {}, problem=_LAYERED)])
    made["a network of four layers"] = _verdict("deep-linear-network", {**_NETWORK, "layers": 4}, [
        _claim("network/gap/1", {}, problem=_NETWORK, relation=">", value="0")])
    made["a reduced function with a list of parameters"] = _verdict("reduced-function", [], [_argmin()])
    made["parameters that are a list"] = _verdict("benign-landscape", [], [
        _claim("ridge/benign/1", {}, problem=_RIDGE)])
    return made


def _made(theorem: str, claim: Any) -> bytes:
    return verdict_certificate(theorem, "a verdict", claim.problem, [claim], Effort())[1]


def _names() -> dict[str, bytes]:
    """Weaker claims, and claims about something else, under the name of a theorem."""
    network = problem_of({"family": "network", "kind": "linear", "data": '{"X": [[1]], "Y": [[2]]}', "beta": "1/10"})
    frame = problem_of({"family": "layered", "layers": "2", "K": "2", "lambdas": "1/50,1/20", "lambda_H": "1/20"})
    return {
        "a gap that is not tight": _made("linear-network", DualityGap(problem=network, value=1)),
        "a ReLU theorem without a ReLU": _made("layered-relu", LayeredValue(problem=frame, value=1, relation="<=")),
        "a theorem about the squared error": _verdict("mse-landscape", _RIDGE, [
            _claim("ridge/benign/1", {}, problem=_RIDGE)]),
    }


@cache
def false_ones() -> dict[str, bytes]:
    """Every claim holds on its own; the verdict says something else."""
    return _parameters() | {
        "the spectrum at the origin": _of_spectrum(_at_origin()),
        "the inertia at the origin": _of_spectrum(
            [pair for pair in _at_minimum() if pair[0]["kind"] != "ridge/inertia/1"] + _at_origin()[1:]),
        "a value that is only a bound": _verdict("mse-optimum", _SQUARED, [_value(">=", "0", _SQUARED)]),
        "a quantity that is not the value": _verdict("mse-optimum", _SQUARED, [(
            {**_value("==", "197/200", _SQUARED)[0], "quantity": "margin"}, _SEARCH)]),
        "a reduced function at another c": _verdict("reduced-function", _RIDGE, [_argmin(c="1/199")]),
        "a reduced function at c^2": _verdict("reduced-function", _RIDGE, [_argmin(c="1/40000")]),
        "a reduced function at the c of n + 1": _verdict(
            "reduced-function", _RIDGE, [_argmin(c=["/", ["sqrt", "2"], "200"])]),
        "a reduced function of another K": _verdict("reduced-function", _RIDGE, [_argmin(K=4)]),
        "a reduced function of another loss": _verdict(
            "reduced-function", _RIDGE, [_argmin(loss="label_smoothing", parameter="1/10")]),
        "another theorem's claim": _verdict(
            "collapse-optimum", _RIDGE, [_claim("ridge/benign/1", {}, problem=_RIDGE)]),
        "half of the claims": _of_spectrum(
            [pair for pair in _at_minimum() if pair[0]["kind"] == "ridge/spectrum/1"]),
        "the sphere without its inertia": _verdict("sphere-optimum", _SPHERE, [
            pair for pair in _inertia(_SPHERE) if pair[0]["kind"] != "sphere/inertia/1"]),
        "the parameters of nothing": _verdict("benign-landscape", None, [
            _claim("ridge/benign/1", {}, problem=_RIDGE)]),
        **_names(),
        "a theorem without claims at a problem": _verdict("focal-uniqueness", _RIDGE, [
            _claim("ridge/benign/1", {}, problem=_RIDGE)]),
    }
