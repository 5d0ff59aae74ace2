"""A few genuine certificates with claims of every kind, written by the library; quick to make."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np

from ncproofs.critical.multilabel_search import descend, expanded
from ncproofs.losses import cross_entropy, focal
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.certificate import write
from ncproofs.proof.claims import CollapsedOptimum, MatrixInertia
from ncproofs.proof.critical_certificates import critical_point_certificate, rival_point, saddle_box_certificate
from ncproofs.proof.discharge import Effort
from ncproofs.proof.sphere_claims import MultiplierBalance
from tests.proof import (
    certificate_examples,
    test_code_certificates,
    test_label_certificates,
    test_layered_certificates,
    test_network_certificates,
)
from tests.soundness import branches, regimes
from tests.soundness.certificates import Pair, digest, written

__all__ = ["MISSING", "VERDICTS", "claims", "verdict"]

#: Kinds of the checker that have no genuine claim here yet: each is a gap in this suite, to be closed in ``claims``.
MISSING: frozenset[str] = frozenset()

_RIDGE = {"loss": "cross_entropy", "K": "3", "d": "2", "n": "2", "lambda_W": "1/100", "lambda_H": "1/200"}
_SPHERE = {"loss": "cross_entropy", "K": "3", "d": "3", "n": "1", "tau": "1"}
#: Codes that take long to check again and again.
_LONG = ("E8", "E8, bound", "27 lines", "bracket, hemicube", "hemicube")
_LAYERED = {"family": "layered", "layers": "2", "K": "2", "lambdas": "1/20 1/30", "lambda_H": "1/40"}

#: No pivot on its diagonal at first; then an eigenvalue of each sign, and 0.
_SIGNS = ((0, "1/3", 0, 0), ("1/3", 0, 0, 0), (0, 0, "1/2", 1), (0, 0, 1, 2))

#: Name -> (theorem, parameters).
VERDICTS: dict[str, tuple[str, dict[str, str] | None]] = {
    "lower bound": ("lower-bound-chain", None),
    "saddles": ("merged-saddles", None),
    "convexity region": ("focal-convexity-region", None),
    "sphere calculus": ("riemannian-calculus", None),
    "optimum": ("collapse-optimum", _RIDGE),
    "optimum of label smoothing": ("collapse-optimum", {**_RIDGE, "loss": "label_smoothing(1/10)", "lambda_b": "0"}),
    "focal optimum": ("collapse-optimum", {**_RIDGE, "loss": "focal(2)"}),
    "zero": ("collapse-optimum", {**_RIDGE, "lambda_W": "1", "lambda_H": "1"}),
    "spectrum": ("collapse-spectrum", {**_RIDGE, "d": "3", "n": "1"}),
    "origin": ("origin-spectrum", _RIDGE),
    "reduced function": ("reduced-function", {**_RIDGE, "loss": "focal(2)"}),
    "landscape": ("benign-landscape", _RIDGE),
    "squared error": ("mse-optimum", {**_RIDGE, "loss": "mean_squared", "d": "3", "lambda_b": "1"}),
    "squared spectrum": ("mse-spectrum", {**_RIDGE, "loss": "mean_squared", "K": "2", "lambda_b": "none"}),
    "sphere": ("sphere-optimum", _SPHERE),
    "sphere spectrum": ("sphere-spectrum", _SPHERE),
    "sphere focal": ("sphere-focal", {**_SPHERE, "loss": "focal(2)"}),
    "sphere squared error": ("sphere-mse", {**_SPHERE, "loss": "mean_squared", "tau": "1/2"}),
    "sphere conditioning": ("sphere-conditioning", {**_SPHERE, "K": "4", "d": "4"}),
    "sphere landscape": ("sphere-landscape", _SPHERE),
    "duality": ("duality-certificate", _SPHERE),
    "layers": ("layered-spurious-minima", _LAYERED),
    "layered optimum": ("layered-optimum", _LAYERED),
    "network": ("linear-network", {"family": "network", "kind": "linear", "beta": "1/2",
                                   "data": '{"X": [["1", "0"], ["0", "1"]], "Y": ["2", "1"]}'}),
}


@cache
def verdict(name: str) -> bytes:
    """The certificate of this verdict."""
    return written(*VERDICTS[name])


def label_minimum(problem: MultiLabel) -> tuple[Any, Any, Any]:
    """W, H and b of the lowest point that descent finds."""
    return expanded(descend(problem, 2, 0))


def _by_hand() -> dict[str, Pair]:
    """Kinds that no verdict of ``VERDICTS`` has."""
    made = {f"{name} by hand": getattr(certificate_examples, name)() for name in ("saddle", "optimum")}
    spare = ("holes", "let")
    made = {name: ({key: v for key, v in pair[0].items() if key not in spare}, pair[1]) for name, pair in made.items()}
    line, plane = Ridge(cross_entropy(), 4, 1, 1, "1/400", "1/400"), Spheres(cross_entropy(), 2, 2, 1, 1)
    W = np.array([[-1.8606476653674994861, -1.0707083803086125222, -1.0707083803086125222, 4.0020644259848245306]])
    H = np.array([[-4.4465004156368033976, -0.31536608776630922592, -0.31536608776630922592, 1.3420450032741100736]])
    better = np.array([[-2.6, 2.6, 3.25, -3.25]]), np.array([[-0.5, 0.5, 4.1, -4.1]])
    made["a spurious minimum"] = critical_point_certificate(line, W, H, rival=rival_point(line, *better))
    flat = np.array([[1.0, -1.0], [0.0, 0.0]])
    made["a collapsed point"] = critical_point_certificate(plane, flat, flat)
    made["a turned point"] = saddle_box_certificate(plane, flat, -flat, None, (np.ones((2, 2)), -np.ones((2, 2)), None))
    triangle = np.array([[np.cos(2 * np.pi * k / 3) for k in range(3)], [np.sin(2 * np.pi * k / 3) for k in range(3)]])
    made["a collapsed triangle"] = critical_point_certificate(Spheres(cross_entropy(), 3, 2, 1, 1), triangle, triangle)
    scale = np.sqrt(np.log(9) / 2) * np.array([[1.0, -1.0]])
    free = Ridge(cross_entropy(), 2, 1, 1, "1/10", "1/10", 0)
    made["a free bias"] = critical_point_certificate(free, scale, scale, np.zeros(2))
    pair = MultiLabel(2, 1, "1/10", "1/10", 0, labels="1; 1; 2; 2; 1 2", weights="2:1/2")
    made["label sets"] = critical_point_certificate(pair, *label_minimum(pair))
    tie = Ridge(focal(5), 100, 99, 1, "135/10000", "135/10000")
    made["a focal tie"] = write(CollapsedOptimum(problem=tie, geometry="zero"), Effort())
    made["a definite matrix"] = write(MatrixInertia(rows=((2, 1), (1, 2)), positive=2, negative=0, zero=0), Effort())
    made["a matrix"] = write(MatrixInertia(rows=_SIGNS, positive=2, negative=1, zero=1), Effort())
    made["balance"] = write(MultiplierBalance(problem=Spheres(cross_entropy(), 3, 3, 1, 1)), Effort())
    return made


def _of_families() -> dict[str, Pair]:
    """Layered problems, networks, label sets and codes, by the writers."""
    made = {f"layered {name}": claim for name, claim in test_layered_certificates.WRITTEN.items()}
    made |= {f"network {name}": claim for name, claim in test_network_certificates.CLAIMS.items()}
    made |= {f"label {name}": claim for name, claim in test_label_certificates.CLAIMS.items()}
    made |= {f"code {name}": claim for name, claim in test_code_certificates.CLAIMS.items() if name not in _LONG}
    return {name: write(claim, Effort()) for name, claim in made.items()}


@cache
def claims() -> dict[str, Pair]:
    """Every distinct claim of ``VERDICTS``, and one of the other kinds; the small ones first."""
    found: dict[str, tuple[str, Pair]] = {}
    for name in VERDICTS:
        certificate: dict[str, Any] = json.loads(verdict(name))
        for number, pair in enumerate(zip(certificate["statement"]["claims"], certificate["witness"]["claims"],
                                          strict=True)):
            if pair[0]["kind"] != "axiom/1":
                found.setdefault(digest(pair[0]), (f"{name} {number}", pair))
    pairs = dict(found.values()) | _by_hand() | _of_families() | branches.genuine() | regimes.genuine()
    return dict(sorted(pairs.items(), key=lambda item: len(json.dumps(item[1]))))
