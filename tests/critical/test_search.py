"""The float objective against finite differences, and what the random search finds."""

from __future__ import annotations

import numpy as np
import pytest

from ncproofs.critical import search
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import Loss
from ncproofs.problems.features import Ridge

LOSSES = [cross_entropy(), label_smoothing("1/10"), focal(2), focal("1/2"), mean_squared()]


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_derivatives_agree_with_finite_differences(loss: Loss) -> None:
    problem = Ridge(loss, 4, 2, 2, "1/50", "1/30", "1/10")
    x = np.random.default_rng(0).standard_normal(problem.dimension)
    step = 1e-5 * np.eye(problem.dimension)
    slopes = [(search.objective(problem, x + e) - search.objective(problem, x - e)) / 2e-5 for e in step]
    bends = [(search.gradient(problem, x + e) - search.gradient(problem, x - e)) / 2e-5 for e in step]
    assert np.allclose(search.gradient(problem, x), slopes, atol=1e-8)
    assert np.allclose(search.hessian(problem, x), bends, atol=1e-8)


def test_large_logits_do_not_overflow() -> None:
    problem = Ridge(cross_entropy(), 3, 1, 1, 1, 1)
    x = search.pack(np.array([[1e3, 0.0, -1e3]]), np.array([[1.0, 2.0, 3.0]]), None)
    assert np.isfinite(search.gradient(problem, x)).all()


def test_spurious_minima_are_found_again_with_the_same_seed() -> None:
    problem = Ridge(cross_entropy(), 4, 1, 1, "1/400", "1/400")
    first = search.spurious_candidates(problem, 40, seed=0)
    second = search.spurious_candidates(problem, 40, seed=0)
    assert [point.value for point in first] == [point.value for point in second]
    assert np.allclose([point.value for point in first], [0.57918026321668, 0.69377025852033])


def test_only_local_minima_are_reported() -> None:
    problem = Ridge(cross_entropy(), 4, 3, 2, "1/200", "1/100")
    (only,) = search.spurious_candidates(problem, 12, seed=1)
    assert (only.index, only.nullity) == (0, 3)
    assert only.gradient_norm < 1e-10


def test_reduced_problem_has_the_same_values() -> None:
    problem = Ridge(focal(2), 3, 2, 4, "1/50", "1/30", 0)
    rng = np.random.default_rng(3)
    W, H, b = rng.standard_normal((2, 3)), rng.standard_normal((2, 3)), rng.standard_normal(3)
    full = search.objective(problem, search.pack(W, np.repeat(H, 4, axis=1), b))
    assert np.isclose(full, search.objective(search.reduced(problem), search.pack(W, H, b)), atol=1e-14)
