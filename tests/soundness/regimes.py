"""More of ``branches``: layers, label sets, spheres, losses of one's own; each side of each choice of a formula."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.layered_optimum import layered_optimum
from ncproofs.critical.multilabel import multilabel_optimum
from ncproofs.critical.random_points import critical_points
from ncproofs.critical.sphere_optimum import sphere_optimum
from ncproofs.losses import cross_entropy, label_smoothing, mean_squared
from ncproofs.losses.projected_mean_squared import projected_mean_squared
from ncproofs.losses.spelling import loss_from_expression
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.problems.layered import Layered
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.certificate import write
from ncproofs.proof.claims import Claim
from ncproofs.proof.critical_certificates import critical_point_certificate, saddle_box_certificate
from ncproofs.proof.discharge import Effort
from ncproofs.proof.layered_claims import LayeredQuantity
from ncproofs.proof.multilabel_claims import LabelQuantity, LabelSpectrum, LabelValue
from ncproofs.proof.point_certificates import point_certificate
from ncproofs.proof.sphere_claims import (
    DualCertificate,
    SphereGeometry,
    SphereInertia,
    SphereQuantity,
    SphereSpectrum,
    SphereValue,
)
from tests.proof import certificate_examples
from tests.soundness.certificates import Pair

__all__ = ["attacks", "genuine"]

_PLAIN = Layered(layers=2, K=3, n=2, lambdas="3/100,1/20", lambda_H="1/50")
_MEAN = Layered(layers=2, K=3, lambdas="1/50,1/40", lambda_H="1/30", lambda_b="1")
_ONE = Layered(layers=1, K=4, lambdas="1", lambda_H="9/1600", lambda_b="1/5")
_SIZES = Layered(layers=2, K=3, lambdas="1/50,1/40", lambda_H="1/60", class_sizes="1,2,4")
_LABELS = MultiLabel(K=3, d=3, counts="1:2,2:1,3:1", lambda_W="1/300", lambda_H="1/100", lambda_b="1/9")
_COLD = Spheres(cross_entropy(), 3, 2, 2, 1)
_SMOOTH = Spheres(label_smoothing("1/2"), 3, 3, 1, 9)


def _around(kind: type[Claim], problem: Any, name: str, value: Enclosure, **more: Any) -> Iterator[Pair]:
    """Close bounds of a quantity from both sides."""
    unit = 10**9
    low, high = (Fraction(value.lower * unit).__floor__() - 1, Fraction(value.upper * unit).__ceil__() + 1)
    for relation, end in ((">", low), ("<", high)):
        named = {"quantity": name} if "quantity" in kind.__dataclass_fields__ else {}
        made: Any = kind(problem=problem, value=Fraction(end, unit), relation=relation, **named, **more)
        yield write(made, Effort())


def _quantities() -> dict[str, Pair]:
    made: dict[str, Pair] = {}
    for which, problem, names in (
        ("plain", _PLAIN, ("kappa_c", "kappa_sn", "beta", "feature_norm_sq")),
        ("mean", _MEAN, ("lambda_b_threshold", "alpha", "beta", "bias", "feature_norm_sq", "W_singular_values_sq_1",
                         "W_mean_singular_value_sq_1")),
        ("one", _ONE, ("lambda_b_threshold", "alpha")), ("sizes", _SIZES, ("sigma_n4",)),
    ):
        found = layered_optimum(problem, digits=20).quantities
        for name in names:
            for side, pair in zip("ab", _around(LayeredQuantity, problem, name, found[name]), strict=True):
                made[f"layers: {which} {name} {side}"] = pair
    quantities = multilabel_optimum(_LABELS, digits=20).quantities
    for name in ("y", "objective", "bias", "tag_sum[2]", "tag_average[2]"):
        kind = LabelValue if name == "objective" else LabelQuantity
        for side, pair in zip("ab", _around(kind, _LABELS, name, quantities[name]), strict=True):
            made[f"labels: {name} {side}"] = pair
    return made


@cache
def genuine() -> dict[str, Pair]:
    """By name."""
    own = Ridge(loss_from_expression("S1*exp(-t)", ["exp(z)"]), 3, 1, 2, "1/9", "1/6", 0)
    point = json.loads(point_certificate(own, critical_points(own, 2).certified[0]))
    flat = np.array([[1.0, -1.0], [0.0, 0.0]])
    found = sphere_optimum(_SMOOTH, digits=20)
    value = found.quantities["objective"]
    claims: dict[str, Claim] = {
        "labels: spectrum in K dimensions": LabelSpectrum(problem=_LABELS),
        "spheres: smoothed labels beyond the threshold, above": SphereValue(
            problem=_SMOOTH, value=value.lower - Fraction(1, 10**9), relation=">"),
        "spheres: smoothed labels beyond the threshold, below": SphereValue(
            problem=_SMOOTH, value=value.upper + Fraction(1, 10**9), relation="<"),
        "spheres: projected squared error": SphereGeometry(
            problem=Spheres(projected_mean_squared(), 3, 2, 1, "1/2"), geometry="simplex ETF"),
        "spheres: two classes": SphereSpectrum(problem=Spheres(mean_squared(), 2, 2, 2, "1/2"), point="frame"),
        "spheres: two classes at an ETF": SphereSpectrum(problem=Spheres(cross_entropy(), 2, 3, 2, 1)),
        "spheres: an exact fit": SphereValue(problem=Spheres(mean_squared(), 2, 2, 1, 2), value=0),
        "spheres: the antipodal point": SphereSpectrum(problem=_COLD, point="antipodal"),
        "spheres: more dimensions": SphereInertia(
            problem=Spheres(cross_entropy(), 2, 4, 1, 1), zero=3, negative=0),
        "spheres: the dual in K - 1 dimensions": DualCertificate(problem=Spheres(cross_entropy(), 4, 3, 2, 1)),
        "spheres: well conditioned": SphereQuantity(
            problem=Spheres(cross_entropy(), 4, 4, 1, 1), quantity="condition_number", value=2, relation=">"),
        "spheres: a tight frame": SphereGeometry(
            problem=Spheres(mean_squared(), 3, 2, 1, "2/3"), geometry="unit-norm tight frame"),
        "spheres: the value of tight frames": SphereValue(
            problem=Spheres(mean_squared(), 4, 2, 2, "1/4"), value=Fraction(5, 16)),
        "spheres: a multiplier of tight frames": SphereQuantity(
            problem=Spheres(mean_squared(), 3, 2, 2, "1/2"), quantity="multiplier_H", value=Fraction(-1, 48)),
        "spheres: a multiplier": SphereQuantity(
            problem=Spheres(mean_squared(), 3, 3, 1, "1/2"), quantity="multiplier_W", value=Fraction(-1, 12)),
    }
    made = {
        "a critical point of a loss of one's own": (point["statement"], point["witness"]),
        "a critical point of the projected squared error": critical_point_certificate(
            Spheres(projected_mean_squared(), 2, 2, 1, "1/3"), flat, flat),
        "a saddle of the projected squared error": saddle_box_certificate(
            Spheres(projected_mean_squared(), 2, 2, 1, "1/3"), flat, -flat, None,
            (np.ones((2, 2)), -np.ones((2, 2)), None)),
    }
    return made | _quantities() | _antipodal() | {name: write(claim, Effort()) for name, claim in claims.items()}


def _antipodal() -> dict[str, Pair]:
    """Numbers at h = -w."""
    made: dict[str, Pair] = {}
    for which, problem in (("entropy", _COLD), ("squares", Spheres(mean_squared(), 3, 3, 1, "1/2"))):
        found = sphere_optimum(problem, point="antipodal", digits=20).quantities
        for name in ("objective", "multiplier_W"):
            for side, pair in zip("ab", _around(SphereQuantity, problem, name, found[name], point="antipodal"),
                                  strict=True):
                made[f"spheres: antipodal {which} {name} {side}"] = pair
    return made


def _claim(kind: str, witness: Any, **parts: Any) -> Pair:
    return {"kind": kind, "title": "an attack", **parts}, witness


def _layers(**changed: Any) -> dict[str, Any]:
    return {"K": 3, "widths": [3, 3], "n": 1, "lambdas": ["1/50", "1/40"], "lambda_H": "1/30", "lambda_b": None,
            "relu": False, **changed}


def _determined(name: str, value: Any, roots: Any, **changed: Any) -> Pair:
    return _claim("layered/optimum/1", {"bits": 64, "roots": roots}, problem=_layers(**changed), quantity=name,
                  relation="==", value=value)


def _free_of_bias() -> Pair:
    """At b = (50, 0) class 1 is certain: the direction that goes down at b = 0 does not."""
    problem = {**certificate_examples.ridge(K=2, n=1, lambda_W="1/400", lambda_H="1/400"), "d": 1, "lambda_b": "1/100"}
    still = {"s": 0, "m": ["0", "0"]}
    direction = {"W": {"s": 0, "m": ["1", "-1"]}, "H": {"s": 0, "m": ["1", "0"]}, "b": still}
    return _claim("ridge/saddle-box/1", {"bits": 128, "direction": direction}, problem=problem, radius="0",
                  centre={"W": still, "H": still, "b": {"s": 0, "m": ["50", "0"]}}, margin="1/100")


def _other(name: str, **changed: Any) -> Pair:
    statement, witness = copy.deepcopy(genuine()[name])
    return {**statement, **changed}, witness


def attacks() -> dict[str, Pair]:
    """False statements, each of which one wrong choice would accept."""
    statement, witness = copy.deepcopy(certificate_examples.optimum())
    squared, dual = copy.deepcopy(certificate_examples.squared_optimum())
    dual["dual"] = certificate_examples.dyadic(["-1/16", "1/16", "1/16", "-1/16"], 4)
    labels = {"loss": "pick_all_label", "parameter": None, "K": 3, "d": 2, "counts": [[1, 1]], "labels": None,
              "weights": [], "lambda_W": "1/100", "lambda_H": "1/100", "lambda_b": "100"}
    sphere = {"loss": "mean_squared", "parameter": None, "K": 3, "d": 3, "n": 1, "tau": "2"}
    ridge = {"loss": "cross_entropy", "parameter": None, "K": 3, "d": 3, "n": 1, "lambda_W": "1/9", "lambda_H": "1/9",
             "lambda_b": None}
    hot = {"loss": "label_smoothing", "parameter": "1/2", "K": 3, "d": 3, "n": 1, "tau": "9"}
    return {
        "regime: a minimum without weight decay": ({**statement, "lower": "0", "upper": "1/20"}, witness),
        "regime: the entropy for the squared error": ({**squared, "lower": "1/5", "upper": "1"}, dual),
        "regime: a saddle at another bias": _free_of_bias(),
        "regime: an ETF in one dimension": _claim(
            "layered/geometry/1", {}, problem=_layers(widths=[1, 1], lambda_b="1"), geometry="simplex ETF"),
        "regime: a bias where there is none": _determined("bias_n1", "1/3", [None]),
        "regime: a class that has vanished": _determined("sigma_n4", "0", [None] * 3, n=[1, 2, 4]),
        "regime: the bias weight for the least eigenvalue": _claim(
            "label/origin-curvature/1", {"bits": 64}, problem=labels, relation="==", value="100"),
        "regime: an orthonormal frame for tau > 1": _claim(
            "sphere/geometry/1", {"bits": 64, "points": None}, problem=sphere, geometry="orthogonal frame"),
        "regime: an ETF beyond the threshold": _claim(
            "sphere/geometry/1", {"bits": 64, "points": None}, problem=hot, geometry="simplex ETF"),
        "regime: a multiplier that is the objective": _claim(
            "sphere/optimum/1", {"bits": 64, "points": None}, problem={**sphere, "tau": "1/2"}, point="minimum",
            quantity="multiplier_W", relation="==", value="1/8"),
        "regime: no weight decay on W": _claim("ridge/benign/1", {}, problem={**ridge, "lambda_W": "0"}),
        "regime: no weight decay on H": _claim("ridge/benign/1", {}, problem={**ridge, "lambda_H": "0"}),
        "regime: spheres of dimension zero": _claim(
            "sphere/geometry/1", {"bits": 64, "points": None}, geometry="simplex ETF",
            problem={**sphere, "loss": "cross_entropy", "K": 2, "d": 1}),
        "regime: no samples on spheres": _claim(
            "sphere/geometry/1", {"bits": 64, "points": None}, geometry="simplex ETF",
            problem={**sphere, "loss": "cross_entropy", "n": 0}),
        "regime: tight frames beyond their threshold": _claim(
            "sphere/geometry/1", {"bits": 64, "points": None}, geometry="unit-norm tight frame",
            problem={**sphere, "d": 2, "tau": "67/100"}),
        "regime: tight frames in K dimensions": _claim(
            "sphere/geometry/1", {"bits": 64, "points": None}, geometry="unit-norm tight frame",
            problem={**sphere, "tau": "1/2"}),
        "regime: the value of an orthonormal frame in few dimensions": _claim(
            "sphere/optimum/1", {"bits": 64, "points": None}, problem={**sphere, "d": 2, "tau": "1/2"}, point="minimum",
            quantity="objective", relation="==", value="1/8"),
        "regime: more turns than there are": _other("spheres: more dimensions", zero=5),
        "regime: the minimum under another name": _other("spheres: an exact fit", point="nowhere"),
        "regime: badly conditioned": _other("spheres: well conditioned", relation="<"),
        "regime: a dual without room": _other(
            "spheres: the dual in K - 1 dimensions",
            problem={**genuine()["spheres: the dual in K - 1 dimensions"][0]["problem"], "d": 2}),
        "regime: a loss of the squared error's kind": _claim(
            "sphere/geometry/1", {"bits": 64, "points": None}, geometry="orthogonal frame",
            problem={**sphere, "loss": "projected_mean_squared", "tau": "1/2"}),
    }
