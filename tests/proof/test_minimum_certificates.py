"""Certificates of a distance to the global minimum: sharp at the optimum, honest away from it."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from ncproofs.critical.optimum import optimum
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import Loss
from ncproofs.problems.features import Ridge
from ncproofs.proof import checker
from ncproofs.proof.certificate import NoCertificate, digest_of, seal
from ncproofs.proof.minimum_certificates import minimum_certificate

LOSSES = [cross_entropy(), label_smoothing("1/10"), mean_squared()]
BIASES = [None, 0, "1/7"]


def _lowest(problem: Ridge) -> tuple[Any, Any, Any]:
    """Where L-BFGS ends, in floats."""
    from scipy.optimize import minimize

    from ncproofs.kernels.features import evaluate

    K, d, N = problem.K, problem.d, problem.N

    def parts(x: Any) -> tuple[Any, Any, Any]:
        b = x[d * (K + N) :] if problem.has_bias else None
        return x[: d * K].reshape(d, K), x[d * K : d * (K + N)].reshape(d, N), b

    def f(x: Any) -> tuple[float, Any]:
        found = evaluate(problem, parts(x))
        return found.value, np.concatenate([part.ravel() for part in found.gradient if part is not None])

    start = np.random.default_rng(0).standard_normal(problem.dimension)
    options = {"maxiter": 4000, "ftol": 0, "gtol": 1e-11}
    return parts(minimize(f, start, jac=True, method="L-BFGS-B", options=options).x)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("bias", BIASES)
@pytest.mark.parametrize("lambda_W", ["1/100", "1/3", "2"])
def test_the_bounds_meet_at_the_optimum(loss: Loss, bias: object, lambda_W: str) -> None:
    """In every regime: collapse, the frames of the squared error, zero. The closed form lies between them."""
    problem = Ridge(loss, 4, 4, 2, lambda_W, "1/50", bias)  # type: ignore[arg-type]
    statement, witness = minimum_certificate(problem, *_lowest(problem))
    assert checker.check(seal(statement, witness))[0] == "accepted"
    low, high = Fraction(statement["lower"]), Fraction(statement["upper"])
    known = optimum(problem, digits=25).quantities["objective"]
    assert low <= known.upper and known.lower <= high
    assert high - low < Fraction(1, 10**12)


@pytest.mark.parametrize("end", ["lower", "upper"])
def test_no_closer_bound_is_accepted(end: str) -> None:
    problem = Ridge(cross_entropy(), 3, 2, 2, "1/30", "1/50")
    statement, witness = minimum_certificate(problem, *_lowest(problem))
    for shift, verdict in ((Fraction(1, 10**9), "rejected"), (Fraction(-1, 10**9), "accepted")):
        moved = Fraction(statement[end]) + (shift if end == "lower" else -shift)
        assert checker.check(seal({**statement, end: str(moved)}, witness))[0] == verdict


def test_far_from_the_minimum_the_upper_bound_is_the_value() -> None:
    problem = Ridge(mean_squared(), 2, 2, 1, "1/10", "1/10")
    statement, _ = minimum_certificate(problem, np.eye(2), np.eye(2))
    assert 0 <= Fraction(statement["upper"]) - Fraction(1, 5) < Fraction(1, 10**14)  # no error; (|W|^2 + |H|^2)/20


def test_another_problem_is_not_what_the_certificate_shows() -> None:
    problem = Ridge(cross_entropy(), 3, 2, 2, "1/30", "1/50", 0)
    record = json.loads(seal(*minimum_certificate(problem, *_lowest(problem))))
    for key, value in (("lambda_W", "1/31"), ("lambda_H", "1/51"), ("n", 3), ("lambda_b", None), ("K", 4)):
        changed = json.loads(json.dumps(record))
        changed["statement"]["problem"][key] = value
        changed["statement_sha256"] = digest_of(changed["statement"])
        assert checker.check(json.dumps(changed, sort_keys=True, separators=(",", ":")).encode())[0] == "rejected", key


def test_a_loss_without_a_dual_bound_is_refused() -> None:
    with pytest.raises(NoCertificate, match="no dual bound"):
        minimum_certificate(Ridge(focal(2), 3, 2, 1, "1/30", "1/50"), np.zeros((2, 3)), np.zeros((2, 3)))
