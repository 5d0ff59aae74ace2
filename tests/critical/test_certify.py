"""From floats to certificates: accepted, refused with the reason, and continua in closed form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ncproofs.critical import continua, search
from ncproofs.critical.certify import Classified, certify, parts_of, stratum, terrain_of
from ncproofs.critical.random_points import critical_points, seek
from ncproofs.critical.seekers import METHODS
from ncproofs.critical.spectrum import zero_count
from ncproofs.critical.sphere_optimum import sphere_optimum
from ncproofs.critical.sphere_points import etf_point
from ncproofs.critical.terrain import inertia
from ncproofs.errors import InvalidProblem
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.projected_mean_squared import projected_mean_squared
from ncproofs.losses.spelling import loss_from_expression
from ncproofs.problems.features import FeatureProblem, Ridge, Spheres
from ncproofs.proof.search_verdict import judge

SADDLES: dict[str, FeatureProblem] = {
    "ridge": Ridge(cross_entropy(), 4, 4, 2, "1/100", "1/200", "1/10"),
    "ridge, focal": Ridge(focal(2), 4, 3, 1, "1/100", "1/100"),
    "ridge, a loss of one's own": Ridge(loss_from_expression("S2 + S1 - t", ["exp(z)/4", "z**2"]), 3, 2, 1, "1/50",
                                        "1/50"),
    "spheres": Spheres(cross_entropy(), 4, 5, 1, 2),
    "spheres, focal": Spheres(focal(2), 3, 4, 2, 2),
}


@pytest.mark.parametrize("problem", [pytest.param(p, id=name) for name, p in SADDLES.items()])
def test_saddles_are_certified_with_the_index_that_floats_show(problem: FeatureProblem) -> None:
    seen = 0
    for number in range(10):
        found = seek(problem, 2, number, ("squares", "following"))
        if not found.converged or found.stratum:
            continue
        answer = certify(problem, found.x)
        assert answer.is_certified, answer.reason
        assert (answer.index, answer.nullity) == (found.index, found.nullity)
        assert answer.excess_nullity == found.nullity - terrain_of(problem).orbit_dimension(found.x)
        assert answer.value is not None and answer.smallest is not None
        assert float(answer.value.lower) == pytest.approx(found.value, abs=1e-9)
        assert float(answer.smallest.upper) == pytest.approx(found.spectrum[0], abs=1e-8)
        seen += answer.index > 0
    assert seen >= 3


def minimum(problem: FeatureProblem) -> np.ndarray:
    return next(c.x for c in (seek(problem, 0, i, ("descent",)) for i in range(9)) if c.converged)


def perturbed(problem: FeatureProblem, size: float) -> np.ndarray:
    x = minimum(problem)
    return x + size * np.random.default_rng(0).standard_normal(x.size)


NOT_MINIMAL = Ridge(cross_entropy(), 3, 3, 1, "1/50", "1/50")
REFUSED = {
    "far from every critical point": (NOT_MINIMAL, np.full(18, 9.0), "not critical"),
    "a degenerate origin: lambda = s_1 exactly": (Ridge(cross_entropy(), 2, 1, 1, "1/2", "1/2"), np.zeros(4),
                                                  "degenerate"),
    "more unknowns than are tried": (Ridge(cross_entropy(), 14, 13, 1, "1/1000", "1/1000"), None, "budget"),
    "an exact fit beyond tau = 1: a sample may move": (Spheres(mean_squared(), 3, 4, 1, 3), None, "degenerate"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_reason(name: str) -> None:
    problem, x, kind = REFUSED[name]
    answer = certify(problem, minimum(problem) if x is None else x)
    assert answer.kind == kind
    assert answer.reason
    assert not answer.is_certified and not answer.is_strict_local_minimum


def test_the_antipodal_simplex_is_degenerate_exactly_at_tau_equal_to_k_minus_1() -> None:
    """g + s a = q (1 - tau/(K-1)) vanishes there: (K-1)(K-2)/2 flat directions that are no rotations."""
    for tau, kind in ((3, "degenerate"), (2, "certified")):
        problem = Spheres(cross_entropy(), 4, 4, 1, tau)
        W, H = (np.array(part.tolist(), dtype=float) for part in etf_point(problem, 64, sign=-1))
        answer = certify(problem, np.hstack([W, H]).ravel())
        assert answer.kind == kind
        assert kind == "certified" or answer.reason.startswith("3 flat directions")


def test_a_perturbed_point_is_taken_back_or_refused_never_believed() -> None:
    exact = certify(NOT_MINIMAL, minimum(NOT_MINIMAL))
    near = certify(NOT_MINIMAL, perturbed(NOT_MINIMAL, 1e-4))
    assert exact.is_strict_local_minimum and near.is_strict_local_minimum
    assert exact.value is not None and near.value is not None
    assert exact.value.lower <= near.value.upper and near.value.lower <= exact.value.upper
    assert certify(NOT_MINIMAL, perturbed(NOT_MINIMAL, 1.0)).kind == "not critical"


def test_a_point_where_the_objective_overflows_is_not_critical() -> None:
    problem = Ridge(mean_squared(), 3, 3, 1, "1/50", "1/50")
    assert certify(problem, np.full(18, 1e160)).kind == "not critical"


def test_a_steep_problem_needs_and_gets_more_bits() -> None:
    """Curvatures like exp(-tau) at tau = 24: a low precision does not suffice, a higher one does."""
    problem = Spheres(cross_entropy(), 3, 2, 1, 24)
    angles = np.radians([0.0, 120.0, 240.0])
    X = np.array([np.cos(angles), np.sin(angles)])
    x = np.hstack([X, X]).ravel()
    answer = certify(problem, x)
    assert answer.is_strict_local_minimum
    assert answer.bits > 64
    assert not certify(problem, x, (64,)).is_certified


@pytest.mark.parametrize("x", [np.zeros(3), np.full(18, np.nan), np.zeros((2, 9))], ids=["size", "nan", "shape"])
def test_points_that_do_not_fit_are_refused(x: np.ndarray) -> None:
    with pytest.raises(InvalidProblem, match="18 finite numbers"):
        certify(NOT_MINIMAL, x)


MSE = {
    "no bias, n = 2": Ridge(mean_squared(), 4, 5, 2, "1/20", "1/30"),
    "free bias, d < K - 1": Ridge(mean_squared(), 5, 2, 1, "1/20", "1/40", 0),
    "penalised bias with a mean": Ridge(mean_squared(), 4, 5, 1, "1/20", "1/40", 1),
}


@pytest.mark.parametrize("name", MSE)
def test_continua_of_the_mean_squared_error_have_the_inertia_that_floats_show(name: str) -> None:
    problem, families = MSE[name], set()
    for number in range(40):
        found = seek(problem, 0, number, ("squares", "padding", "symmetry"))
        if found.converged and found.stratum:
            answer = certify(problem, found.x)
            assert answer.is_certified and answer.excess_nullity > 0
            assert (answer.index, answer.nullity) == (found.index, found.nullity)
            assert float(answer.smallest.upper) == pytest.approx(found.spectrum[0], abs=1e-8)  # type: ignore[union-attr]
            families.add(found.stratum)
    assert len(families) >= 2 or problem.d == 2
    if "mean" in name:
        assert any(family.endswith("mean") for family in families)


def test_a_point_with_the_rank_of_a_continuum_but_not_on_it_is_refused() -> None:
    problem = MSE["no bias, n = 2"]
    W = np.zeros((5, 4))
    W[0, 0] = 1.0
    x = search.pack(W, np.repeat(W, 2, axis=1), None)
    assert stratum(problem, x) == "projectors of rank 1"
    assert certify(problem, x).kind == "not critical"


def one_direction(problem: Spheres, parts: list[list[float]]) -> np.ndarray:
    """W = e_1 1^T and features with these parts across e_1."""
    H = np.zeros((problem.d, problem.N))
    H[1 : 1 + len(parts)] = parts
    H[0] = np.sqrt(1 - (H**2).sum(axis=0))
    W = np.zeros((problem.d, problem.K))
    W[0] = 1
    return np.hstack([W, H]).ravel()


ONE_DIRECTION = {
    "all features equal": (Spheres(cross_entropy(), 3, 3, 1, 2), [[0.5] * 3], True),
    "features apart, means equal": (Spheres(label_smoothing("1/10"), 3, 4, 2, 2), [[0.5, 0.1, 0.2, 0.4, 0.3, 0.3]],
                                    True),
    "features at u": (Spheres(cross_entropy(), 4, 3, 1, 5), [[0.0] * 4], True),
    "orthogonal to u: the singular stratum": (Spheres(cross_entropy(), 3, 3, 1, 2), [[1.0] * 3], False),
}


@pytest.mark.parametrize("name", ONE_DIRECTION)
def test_one_direction_has_the_index_of_the_proof(name: str) -> None:
    problem, parts, covered = ONE_DIRECTION[name]
    x = one_direction(problem, parts)
    assert stratum(problem, x).startswith("W = u 1^T")
    answer = certify(problem, x)
    assert answer.is_certified is covered
    if covered:
        values = np.linalg.eigvalsh(terrain_of(problem).local(x).hessian)
        assert (answer.index, answer.nullity) == inertia(values)
        assert answer.index == (problem.K - 1) * (problem.d - 1)
        assert answer.excess_nullity > 0


def test_floats_on_the_way_to_a_singular_point_of_one_direction_belong_to_it() -> None:
    """The gradient is 1e-16 and the classifiers still differ by 3e-6: it grows with the third power there."""
    problem = Spheres(cross_entropy(), 4, 5, 2, 1)
    found = seek(problem, 0, 56, tuple(METHODS))
    W = parts_of(problem, found.x)[0]
    assert 1e-6 < np.abs(W - W[:, :1]).max() < 1e-5 and found.gradient < 1e-14
    assert found.stratum == "W = u 1^T"
    answer = certify(problem, found.x)
    assert answer.is_certified and (answer.index, answer.nullity) == (3 * 4, (8 - 4 + 2) * 4)


def test_floats_near_one_direction_without_flat_directions_do_not() -> None:
    """Class means that differ curve what is flat on the continuum; only equal classifiers name it then."""
    problem = Spheres(cross_entropy(), 3, 3, 1, 2)
    x = one_direction(problem, [[0.5, 0.1, -0.3]])
    moved = x + 2e-5 * np.random.default_rng(0).standard_normal(x.size)
    assert stratum(problem, x) == "W = u 1^T" and stratum(problem, moved) == ""
    W, H, _ = parts_of(problem, moved)
    assert continua.sphere_stratum(problem, W, H, flat=True) == "W = u 1^T"


def test_unequal_means_across_are_not_critical() -> None:
    """The nearest exact member has another place, so the value agrees; the floats must not pass as critical."""
    problem = Spheres(cross_entropy(), 3, 3, 1, 2)
    x = one_direction(problem, [[0.5, 0.1, -0.3]])
    gradient = terrain_of(problem).local(x).gradient
    assert np.linalg.norm(gradient) > 1e-2
    assert not certify(problem, x).is_certified


def test_a_loss_that_shifts_is_on_no_one_direction_continuum() -> None:
    problem = Spheres(mean_squared(), 3, 3, 1, 2)
    assert stratum(problem, one_direction(problem, [[0.5] * 3])) == ""


def test_large_problems_are_certified_in_closed_form() -> None:
    problem = Ridge(cross_entropy(), 40, 60, 3, "1/1000", "1/1000", 0)
    found = {c.value: certify(problem, c.x) for c in (seek(problem, 0, i, ("squares", "symmetry")) for i in range(8))}
    indices = sorted(answer.index for answer in found.values() if answer.is_certified)
    assert indices[0] == 0 and indices[-1] == 39 * 60
    from ncproofs.critical.spectrum import spectrum

    best = min(found.items())[1]
    assert best.nullity == zero_count(spectrum(problem)) == best.orbit_dimension


def test_the_lower_branch_of_the_ray_is_undecided() -> None:
    problem = Ridge(focal(2), 100, 99, 1, "0.011", "0.011", 0)
    found = [seek(problem, 0, i, ("squares", "following")) for i in range(20)]
    kinds = {certify(problem, c.x).kind for c in found if c.converged}
    assert kinds == {"certified", "budget"}


def test_an_empty_family_has_no_points() -> None:
    heavy = Ridge(mean_squared(), 3, 3, 1, 1, 1)
    assert continua.mse_continuum(heavy, "projectors of rank 1", 128) is None


def test_classified_says_what_it_knows() -> None:
    flat = Classified(kind="certified", index=0, nullity=5, orbit_dimension=3)
    assert flat.excess_nullity == 2 and not flat.is_strict_local_minimum
    assert Classified(kind="certified", nullity=3, orbit_dimension=3).is_strict_local_minimum
    assert not Classified(kind="precision", reason="x").is_strict_local_minimum


TILTED = {
    "label smoothing": Spheres(label_smoothing("1/10"), 3, 3, 1, 3),
    "label smoothing, n = 2, d = 5": Spheres(label_smoothing("1/4"), 3, 5, 2, 4),
    "two classes": Spheres(label_smoothing("1/5"), 2, 3, 1, 3),
    "projected squares": Spheres(projected_mean_squared(), 3, 4, 1, 2),
}


@pytest.mark.parametrize("name", TILTED)
def test_minimisers_beyond_the_threshold_are_one_continuum_of_index_0(name: str) -> None:
    """Value and inertia in closed form, against floats; the optimum on spheres has the same value."""
    problem = TILTED[name]
    result = critical_points(problem, 8, methods=["descent", "escape"])
    (point,) = (p for p in result.points if p.candidate.stratum == "equal logit gaps")
    found = point.classified
    assert found.is_certified and found.index == 0 and point.hits >= 6
    assert found.nullity == point.candidate.nullity and found.excess_nullity > 0
    assert not found.is_strict_local_minimum
    best = sphere_optimum(problem).quantities["objective"]
    assert found.value is not None
    assert found.value.lower <= best.upper and best.lower <= found.value.upper
    assert judge(result).against == ()


def test_no_other_point_is_taken_for_a_minimiser_beyond_the_threshold() -> None:
    problem = TILTED["label smoothing"]
    x = minimum(problem)
    W, H, _ = parts_of(problem, x)
    assert continua.sphere_stratum(problem, W, H) == "equal logit gaps"
    moved = H + 1e-3 * np.random.default_rng(0).standard_normal(H.shape)
    moved /= np.linalg.norm(moved, axis=0)
    assert continua.sphere_stratum(problem, W, moved) == ""
    assert continua.sphere_continuum(problem, "equal logit gaps", W, -H, 128) is None
    assert continua.sphere_continuum(problem, "equal logit gaps", W[:, :1] + 0 * W, H, 128) is None
    for other in (replace(problem, tau=1), replace(problem, d=2), replace(problem, loss=cross_entropy())):
        assert continua.sphere_stratum(other, W[:other.d], H[:other.d]) == ""
