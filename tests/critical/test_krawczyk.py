"""Certified critical points: known values, known inertia, and refusals."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy

from ncproofs.critical import krawczyk
from ncproofs.critical.krawczyk import CertifiedPoint, NotCertified, certify_critical_point, value_at
from ncproofs.critical.random_points import critical_points, seek
from ncproofs.critical.saddles import merged_point, merged_saddle, origin_saddle
from ncproofs.critical.search import spurious_candidates, unpack
from ncproofs.critical.spectrum import spectrum, zero_count
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import Loss, S, T, Z
from ncproofs.problems.features import Ridge

SPURIOUS = {
    "K=4, d=1": (
        Ridge(cross_entropy(), 4, 1, 1, "1/400", "1/400"),
        [[-1.8606476653675995, -1.0707083803086125, -1.0707083803086125, 4.0020644259848245]],
        [[-4.4465004156368034, -0.31536608776630923, -0.31536608776630923, 1.3420450032741101]],
        "0.69377025852033341441218",
    ),
}


@pytest.mark.parametrize("name", SPURIOUS)
def test_known_spurious_minimum_is_certified(name: str) -> None:
    problem, W, H, value = SPURIOUS[name]
    point = certify_critical_point(problem, np.array(W), np.array(H), None)
    assert isinstance(point, CertifiedPoint)
    assert point.is_strict_local_minimum
    assert (point.index, point.nullity, point.orbit_dimension) == (0, 0, 0)
    assert abs(point.value.lower - Fraction(value)) < Fraction(1, 10**22)
    assert point.value.upper - point.value.lower < Fraction(1, 10**25)


COLLAPSED = {
    "CE, more dimensions than classes": Ridge(cross_entropy(), 3, 5, 2, "1/100", "1/200"),
    "LS, free bias": Ridge(label_smoothing("1/10"), 3, 4, 1, "1/100", "1/200", 0),
    "focal, d = K - 1": Ridge(focal(2), 4, 3, 2, "1/100", "1/100"),
    "MSE, intermediate": Ridge(mean_squared(), 4, 5, 1, "1/20", "1/40", 1),
    "CE, K = 2": Ridge(cross_entropy(), 2, 3, 1, "1/50", "1/50", "1/10"),
}


@pytest.mark.parametrize("name", COLLAPSED)
def test_inertia_at_the_optimum_agrees_with_the_closed_form_spectrum(name: str) -> None:
    problem = COLLAPSED[name]
    found = spurious_candidates(problem, 4, seed=0)[0]
    point = certify_critical_point(problem, found.W, found.H, found.b)
    assert isinstance(point, CertifiedPoint)
    entries = spectrum(problem)
    assert (point.index, point.nullity) == (0, zero_count(entries))
    assert point.excess_nullity == 0
    smallest = min(entry.enclosure.lower for entry in entries if entry.enclosure.lower > 0)
    assert point.minimum_positive.lower <= smallest * Fraction(1000001, 1000000)
    assert point.minimum_positive.upper >= smallest


@pytest.mark.parametrize("bias", [None, 0, "1/3"])
def test_origin_has_the_index_of_its_null_sector(bias: object) -> None:
    problem = Ridge(cross_entropy(), 4, 5, 2, "1/200", "1/200", bias)
    b = None if bias is None else np.zeros(4)
    point = certify_critical_point(problem, np.zeros((5, 4)), np.zeros((5, 8)), b)
    assert isinstance(point, CertifiedPoint)
    assert (point.rank, point.index, point.nullity) == (0, 15, 1 if bias == 0 else 0)
    assert not point.is_strict_local_minimum
    assert origin_saddle(problem).negative_eigenvalues == 15


def test_a_point_on_the_orbit_is_found_from_any_rotation_of_it() -> None:
    problem = Ridge(cross_entropy(), 3, 2, 1, "1/50", "1/50")
    found = spurious_candidates(problem, 2, seed=0)[0]
    turn = np.array([[0.6, 0.8], [-0.8, 0.6]])
    points = [certify_critical_point(problem, Q @ found.W, Q @ found.H, None) for Q in (np.eye(2), turn)]
    values = [point.value for point in points if isinstance(point, CertifiedPoint)]
    assert len(values) == 2
    assert values[0].lower <= values[1].upper
    assert values[1].lower <= values[0].upper


REFUSED = {
    "not a critical point": (
        Ridge(cross_entropy(), 3, 2, 1, "1/50", "1/50"),
        np.eye(2, 3) * 9,
        np.eye(2, 3) * 9,
        None,
    ),
    "a bias for a problem without one": (
        Ridge(cross_entropy(), 3, 1, 1, "1/50", "1/50"),
        np.zeros((1, 3)),
        np.zeros((1, 3)),
        np.zeros(3),
    ),
    "a degenerate origin: lambda = s_1 exactly": (
        Ridge(cross_entropy(), 2, 1, 1, "1/2", "1/2"),
        np.zeros((1, 2)),
        np.zeros((1, 2)),
        None,
    ),
    "not isolated: MSE at d < K has a Grassmannian of minimisers": (
        Ridge(mean_squared(), 3, 1, 1, "1/20", "1/20"),
        np.sqrt(0.85) * np.array([[1.0, 0, 0]]),
        np.sqrt(0.85) * np.array([[1.0, 0, 0]]),
        None,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    assert isinstance(certify_critical_point(*REFUSED[name]), NotCertified)


def test_value_at_contains_the_value_at_the_origin() -> None:
    problem = Ridge(mean_squared(), 3, 1, 1, "1/20", "1/20")
    value = value_at(problem, np.zeros((1, 3)), np.zeros((1, 3)), None)
    assert value.lower <= Fraction(1, 2) <= value.upper


@pytest.mark.parametrize("groups", [2, 3])
def test_merged_groups_are_critical_with_the_stated_value_and_at_least_the_stated_index(groups: int) -> None:
    problem = Ridge(label_smoothing("1/10"), 6, 3, 1, "1/50", "1/90", "1/7")
    W, H, b = (
        np.array(part.tolist(), dtype=float) for part in merged_point(problem, groups) if part is not None
    )
    point, saddle = certify_critical_point(problem, W, H, b.ravel()), merged_saddle(problem, groups)
    assert isinstance(point, CertifiedPoint)
    assert point.value.lower <= saddle.value.upper
    assert saddle.value.lower <= point.value.upper
    assert saddle.curvature.upper < 0
    assert point.index >= saddle.negative_eigenvalues == (3 - groups + 1) * (6 - groups)


def test_origin_curvature_is_twice_the_gap() -> None:
    curvature = origin_saddle(Ridge(cross_entropy(), 4, 4, 1, "1/20", "3/1000")).curvature
    shown = Fraction("-0.47550510257216821902")
    assert abs(curvature.lower - shown) < Fraction(1, 10**20)
    assert abs(curvature.upper - shown) < Fraction(1, 10**20)


def test_merged_groups_need_a_divisor_room_and_a_small_weight() -> None:
    with pytest.raises(InvalidProblem):
        merged_saddle(Ridge(cross_entropy(), 6, 3, 1, "1/50", "1/50"), 4)
    with pytest.raises(InvalidProblem):
        merged_saddle(Ridge(cross_entropy(), 6, 1, 1, "1/50", "1/50"), 3)
    with pytest.raises(OutOfScope):
        merged_saddle(Ridge(cross_entropy(), 6, 3, 1, 1, 1), 3)
    with pytest.raises(OutOfScope):
        merged_saddle(Ridge(focal(2), 6, 3, 1, "1/50", "1/50"), 3)


TIED = {
    "a saddle, bias": (Ridge(cross_entropy(), 4, 5, 3, "1/200", "1/100", "1/10"), "squares"),
    "a saddle, focal, free bias": (Ridge(focal(2), 3, 3, 2, "1/100", "1/60", 0), "symmetry"),
    "a minimum, d = K - 1": (Ridge(label_smoothing("1/10"), 4, 3, 2, "1/100", "1/100"), "descent"),
    "the intermediate frame": (Ridge(mean_squared(), 3, 4, 3, "1/30", "1/50", 1), "descent"),
}


@pytest.mark.parametrize("name", TIED)
def test_equal_samples_as_one_give_what_they_give_apart(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    problem, method = TIED[name]
    found = next(c for c in (seek(problem, 0, i, (method,)) for i in range(12)) if c.converged)
    parts = unpack(problem, found.x)
    together = certify_critical_point(problem, *parts)
    monkeypatch.setattr(krawczyk, "_with_equal_samples", lambda problem, _: (problem, list(range(problem.N))))
    apart = certify_critical_point(problem, *parts)
    assert isinstance(together, CertifiedPoint) and isinstance(apart, CertifiedPoint)
    for key in ("rank", "index", "nullity", "orbit_dimension"):
        assert getattr(together, key) == getattr(apart, key)
    for key in ("value", "smallest", "minimum_positive"):
        assert getattr(together, key).ball().overlaps(getattr(apart, key).ball())
    assert (together.H.nrows(), together.H.ncols()) == (problem.d, problem.N)
    assert together.H.overlaps(apart.H) and together.W.overlaps(apart.W)


def test_many_equal_samples_are_no_burden() -> None:
    problem = Ridge(cross_entropy(), 4, 4, 40, "1/500", "1/400")
    found = spurious_candidates(problem, 3, seed=0)[0]
    point = certify_critical_point(problem, found.W, found.H, None)
    assert isinstance(point, CertifiedPoint) and point.is_strict_local_minimum


def test_samples_that_differ_are_not_taken_for_equal() -> None:
    problem = Ridge(cross_entropy(), 3, 2, 2, "1/50", "1/50")
    found = spurious_candidates(problem, 2, seed=0)[0]
    H = found.H.copy()
    H[:, 1] += 1e-3
    assert [krawczyk._with_equal_samples(problem, features)[0].N for features in (found.H, H)] == [3, 6]
    point = certify_critical_point(problem, found.W, H, None)
    assert isinstance(point, CertifiedPoint) and point.is_strict_local_minimum


def test_negative_curvature_between_equal_samples_counts_once_for_each_but_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loss that is concave in the logits where p_y is small: equal samples descend by moving apart."""
    p = sympy.exp(T) / S(1)
    problem = Ridge(Loss("bent", 2 - (1 - p) ** 2 - p, (sympy.exp(Z),), "own"), 3, 2, 3, "1/100", "1/30000")
    point = next(point for point in critical_points(problem, 3, rng=1).certified if point.classified.index == 6)
    parts = unpack(problem, point.candidate.x)
    together = certify_critical_point(problem, *parts)
    monkeypatch.setattr(krawczyk, "_with_equal_samples", lambda problem, _: (problem, list(range(problem.N))))
    apart = certify_critical_point(problem, *parts)
    assert isinstance(together, CertifiedPoint) and isinstance(apart, CertifiedPoint)
    assert (together.index, together.nullity) == (apart.index, apart.nullity) == (6, together.orbit_dimension)
