"""Curvature: certified along a direction, smallest by Lanczos against closed-form spectra, symmetries projected out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncproofs.critical.optimum import optimum
from ncproofs.critical.search import local_minima
from ncproofs.critical.spectrum import spectrum
from ncproofs.critical.sphere_search import local_minima as sphere_minima
from ncproofs.critical.sphere_spectrum import sphere_spectrum
from ncproofs.errors import InvalidProblem
from ncproofs.kernels.curvature import curvature_below, least_curvature, without_symmetries
from ncproofs.kernels.features import evaluate
from ncproofs.kernels.labels import labels_of
from ncproofs.losses import cross_entropy
from ncproofs.losses.spelling import loss_from_expression
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.truth import Rigor, Truth

FLAT = Ridge(cross_entropy(), 4, 5, 2, "1/50", "1/60", "0")
ORIGIN = (np.zeros((5, 4)), np.zeros((5, 8)), np.zeros(4))


def test_the_smallest_curvature_at_the_optimum_is_that_of_the_closed_form() -> None:
    found = next(local_minima(FLAT, 6, 0))
    least = least_curvature(FLAT, (found.W, found.H, found.b), tolerance=1e-9)
    known = min(float(e.enclosure.lower) for e in spectrum(FLAT, optimum(FLAT), digits=10) if e.enclosure.lower > 0)
    assert abs(least.value - known) < 1e-7 and least.residual < 1e-7


def test_on_spheres_too() -> None:
    problem = Spheres(cross_entropy(), 4, 4, 2, "3/2")
    found = next(sphere_minima(problem, 4, 0))
    least = least_curvature(problem, (found.W, found.H, None), tolerance=1e-9)
    known = [e.enclosure for e in sphere_spectrum(problem, point="etf", digits=10)]
    assert abs(least.value - min(float(e.lower) for e in known if e.lower > 0)) < 1e-7


@pytest.mark.parametrize(("text", "entry"), [("log(S1) - t + (1/K)*(1 - exp(t)/S1)**2", 0.0), ("S1 - t", 1.0)])
def test_the_shift_of_a_free_bias_is_removed_for_every_loss_that_ignores_it(text: str, entry: float) -> None:
    problem = Ridge(loss_from_expression(text), 4, 5, 2, "1/50", "1/60", 0)
    left = without_symmetries(np, problem, ORIGIN)((ORIGIN[0], ORIGIN[1], np.ones(4)))[2]
    assert left is not None and np.allclose(left, entry)


def test_rotations_and_the_shift_are_what_is_projected_out() -> None:
    rng = np.random.default_rng(0)
    W, H, b = rng.standard_normal((5, 4)), rng.standard_normal((5, 8)), rng.standard_normal(4)
    A = rng.standard_normal((5, 5))
    A = A - A.T
    project = without_symmetries(np, FLAT, (W, H, b))
    left = project((A @ W, A @ H, np.ones(4)))
    assert max(np.abs(part).max() for part in left) < 1e-10
    D = (rng.standard_normal((5, 4)), rng.standard_normal((5, 8)), rng.standard_normal(4))
    once = project(D)
    assert all(np.allclose(x, y) for x, y in zip(once, project(once), strict=True))
    assert abs((once[0] * (A @ W)).sum() + (once[1] * (A @ H)).sum()) < 1e-10


LEVELS = {"holds": (-0.05, Truth.HOLDS), "fails": (-0.5, Truth.FAILS)}


@pytest.mark.parametrize("name", LEVELS)
def test_a_level_is_certified_or_refuted(name: str) -> None:
    level, truth = LEVELS[name]
    least = least_curvature(FLAT, ORIGIN)
    evidence = curvature_below(FLAT, ORIGIN, least.direction, level)
    assert evidence.truth is truth and evidence.rigor is Rigor.ENCLOSED


def test_a_level_at_the_curvature_itself_is_undecided() -> None:
    D = least_curvature(FLAT, ORIGIN).direction
    size = sum(float((part * part).sum()) for part in D)
    level = (evaluate(FLAT, ORIGIN, D).curvature or 0) / size
    assert curvature_below(FLAT, ORIGIN, D, level).truth is Truth.UNDECIDED


def test_what_is_refused() -> None:
    with pytest.raises(InvalidProblem, match="zero"):
        curvature_below(FLAT, ORIGIN, ORIGIN)
    with pytest.raises(InvalidProblem, match="spheres"):
        curvature_below(Spheres(cross_entropy(), 2, 2, 1, 1), (np.eye(2), np.eye(2), None), (np.eye(2),) * 2 + (None,))


@pytest.mark.parametrize(("dtype", "least"), [(np.float64, -165), (np.float32, -24)])
@given(share=st.sampled_from([1e-5, 1e-4, 1e-3, -1e-5, -1e-4, -1e-3]), power=st.floats(0, 8),
       weight=st.sampled_from([10**8, 10**12, 10**20]), first=st.floats(1, 9))
def test_a_short_direction_is_never_judged_by_squares_that_were_lost(
    dtype: type, least: int, share: float, power: float, weight: int, first: float
) -> None:
    """At W = H = 0 the second derivative along dW is exactly lambda_W |dW|^2."""
    problem = Ridge(cross_entropy(), 2, 1, 1, weight, 1)
    origin = (np.zeros((1, 2), dtype), np.zeros((1, 2), dtype), None)
    D = (np.full((1, 2), first * 10.0 ** (least + power), dtype), np.zeros((1, 2), dtype), None)
    if not D[0].any():
        return
    with np.errstate(all="ignore"):
        evidence = curvature_below(problem, origin, D, weight * (1 + share))
    assert evidence.truth is not (Truth.FAILS if share > 0 else Truth.HOLDS)


def test_a_direction_that_underflows_is_undecided_and_zero_is_refused() -> None:
    D = (np.full((1, 2), 1e-200), np.zeros((1, 2)), None)
    problem, origin = Ridge(cross_entropy(), 2, 1, 1, 1, 1), (np.zeros((1, 2)), np.zeros((1, 2)), None)
    evidence = curvature_below(problem, origin, D)
    assert evidence.truth is Truth.UNDECIDED and "power of two" in evidence.because
    with pytest.raises(InvalidProblem, match="zero"):
        curvature_below(problem, origin, (0 * D[0], D[1], None))


def test_other_labels_are_told() -> None:
    D = least_curvature(FLAT, ORIGIN).direction
    evidence = curvature_below(FLAT, ORIGIN, D, labels=labels_of(4, [0, 1, 2, 3, 3, 2, 1, 0]))
    assert "labels given" in evidence.covers
