"""Every terrain obeys the protocol: derivatives, symmetries, lifts and strengths agree with the objective."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from ncproofs.critical.certify import is_large, point_size, terrain_of
from ncproofs.critical.seekers import levenberg_marquardt
from ncproofs.critical.terrain import Terrain, inertia, size_of
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.spelling import loss_from_expression
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.problems.multilabel import MultiLabel, Problem

OWN = loss_from_expression("log(S1) - t + 1 - exp(t)/S1", ["exp(z)"])
PROBLEMS: dict[str, Problem] = {
    "no bias": Ridge(cross_entropy(), 3, 3, 2, "1/50", "1/70"),
    "free bias": Ridge(label_smoothing("1/10"), 4, 2, 1, "1/50", "1/70", 0),
    "penalised bias": Ridge(mean_squared(), 3, 4, 1, "1/20", "1/30", "1/2"),
    "a loss of one's own": Ridge(OWN, 3, 2, 2, "1/50", "1/50"),
    "spheres": Spheres(cross_entropy(), 3, 3, 2, 3),
    "spheres, focal, d = 2": Spheres(focal(2), 4, 2, 1, "3/2"),
    "spheres, MSE": Spheres(mean_squared(), 3, 4, 2, 1),
    "label sets": MultiLabel(4, 3, "1/50", "1/70", counts="1:1,2:2"),
    "unbalanced label sets, weights, free bias": MultiLabel(
        3, 4, "1/50", "1/70", 0, labels="1; 2; 1 3; 2; 1 2 3", weights="2:1/2"),
    "large: the symmetric ray": Ridge(focal(2), 30, 40, 2, "1/100", "1/100", 0),
}


def cases() -> list[pytest.ParameterSet]:  # type: ignore[name-defined]
    return [pytest.param(problem, id=name) for name, problem in PROBLEMS.items()]


def start(terrain: Terrain, seed: int = 0) -> np.ndarray:
    return terrain.random(np.random.default_rng(seed))


@pytest.mark.parametrize("problem", cases())
def test_gradient_and_hessian_are_those_of_the_value_along_the_retraction(problem: Problem) -> None:
    terrain = terrain_of(problem)
    x = start(terrain)
    local, step = terrain.local(x), 1e-3
    rng = np.random.default_rng(1)
    for _ in range(4):
        v = rng.standard_normal(terrain.dimension)
        v /= np.linalg.norm(v)
        low, middle, high = (terrain.value(terrain.moved(x, local, s * v)) for s in (-step, 0.0, step))
        assert (high - low) / (2 * step) == pytest.approx(local.gradient @ v, abs=1e-5)
        assert (high - 2 * middle + low) / step**2 == pytest.approx(v @ local.hessian @ v, abs=1e-4)
    assert np.allclose(local.hessian, local.hessian.T)
    assert x.shape == (point_size(problem),)


@pytest.mark.parametrize("problem", cases())
def test_the_pulled_back_gradient_belongs_to_the_pulled_back_value(problem: Problem) -> None:
    terrain = terrain_of(problem)
    v = start(terrain) * 1.3
    value, slopes = terrain.pulled_back(v)
    assert value == pytest.approx(terrain.value(terrain.normal(v)))
    rng, step = np.random.default_rng(2), 1e-5
    for _ in range(4):
        w = rng.standard_normal(v.size)
        high, low = (terrain.pulled_back(v + s * step * w)[0] for s in (1, -1))
        assert (high - low) / (2 * step) == pytest.approx(slopes @ w, abs=1e-6)


@pytest.mark.parametrize("problem", cases())
def test_critical_points_of_smaller_problems_stay_critical_when_they_are_lifted(problem: Problem) -> None:
    """Symmetric criticality: equal samples, and dimensions padded with zeros."""
    terrain, lifted = terrain_of(problem), 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        for found in (terrain.view(rng), terrain.lower_rank(rng)):
            if found is None:
                continue
            small, lift = found
            x = levenberg_marquardt(small, small.random(rng))
            local = small.local(x)
            if np.linalg.norm(local.gradient) > 1e-11 * size_of(np.linalg.eigvalsh(local.hessian)):
                continue
            full = terrain.local(lift(x))
            assert np.linalg.norm(full.gradient) < 1e-8 * max(1e-3, size_of(full.hessian))
            assert terrain.value(lift(x)) == pytest.approx(small.value(x), abs=1e-10)
            lifted += 1
    assert lifted >= 4


@pytest.mark.parametrize("problem", cases())
def test_zero_eigenvalues_at_a_critical_point_are_at_least_the_orbit(problem: Problem) -> None:
    terrain = terrain_of(problem)
    for seed in range(6):
        x = levenberg_marquardt(terrain, start(terrain, seed))
        local = terrain.local(x)
        values = np.linalg.eigvalsh(local.hessian)
        if np.linalg.norm(local.gradient) < 1e-11 * size_of(values):
            assert inertia(values)[1] >= terrain.orbit_dimension(x)


@pytest.mark.parametrize("problem", cases())
def test_structured_points_are_points_and_strengths_change_the_problem(problem: Problem) -> None:
    terrain = terrain_of(problem)
    for seed in range(10):
        x = terrain.structured(np.random.default_rng(seed))
        assert np.isfinite(terrain.value(x))
        assert np.allclose(terrain.normal(x), x)
    x = start(terrain)
    stronger = terrain.at_strength(2.0)
    assert stronger.value(x) != pytest.approx(terrain.value(x), rel=1e-6)
    assert stronger.at_strength(0.5).value(x) == pytest.approx(terrain.value(x))


def test_the_ray_is_the_objective_at_the_simplex_etf() -> None:
    """The one-dimensional problem agrees with the whole one at W = w E, H = h E."""
    from ncproofs.critical.collapse import frame_point
    from ncproofs.critical.ray_terrain import RayTerrain
    from ncproofs.critical.search import objective, pack

    problem, s = Ridge(focal(2), 4, 3, 2, "1/100", "1/50"), 1.1
    shape = float(problem.n * problem.lambda_H / problem.lambda_W) ** 0.5
    from flint import arb

    W, H, _ = frame_point(problem, arb(s * s * shape), arb(s * s / shape))
    x = pack(*(np.array(part.tolist(), dtype=float) for part in (W, H)), None)
    assert RayTerrain(problem).value(np.array([s])) == pytest.approx(objective(problem, x), abs=1e-12)


def test_too_large_problems_are_refused_unless_they_have_closed_forms() -> None:
    assert is_large(PROBLEMS["large: the symmetric ray"])
    with pytest.raises(OutOfScope, match="too many"):
        terrain_of(Spheres(cross_entropy(), 10, 50, 5, 1))
    with pytest.raises(OutOfScope, match="closed forms"):
        terrain_of(Ridge(loss_from_expression("S1 - t", ["z**4"]), 30, 40, 2, "1/50", "1/50"))
    with pytest.raises(OutOfScope, match="show mse-landscape"):  # which are known, in closed form
        terrain_of(Ridge(loss_from_expression("S1/2 - t + 1/2", ["z**2"]), 30, 40, 2, "1/50", "1/50"))
    with pytest.raises(OutOfScope, match="too many"):
        terrain_of(MultiLabel(7, 6, "1/50", "1/50", counts="1:1,2:1,3:1,4:1,5:1"))
    with pytest.raises(OutOfScope, match="needs pick_all_label"):
        terrain_of(MultiLabel(3, 2, "1/50", "1/50", counts="1:1", loss=focal(2)))
    with pytest.raises(InvalidProblem, match="not a problem"):
        terrain_of("ridge")  # type: ignore[arg-type]


@pytest.mark.parametrize("weight", [10**101, Fraction(1, 10**101), 10**400])
def test_weights_beyond_floats_are_refused_in_one_short_line(weight: int | Fraction) -> None:
    for problem in (Ridge(cross_entropy(), 3, 2, 1, weight, 1), MultiLabel(3, 2, 1, weight, counts="1:1")):
        with pytest.raises(OutOfScope, match="from 1e-100 to 1e100") as caught:
            terrain_of(problem)
        assert len(str(caught.value)) < 250
    assert terrain_of(Ridge(cross_entropy(), 3, 2, 1, 10**100, Fraction(1, 10**100)))
