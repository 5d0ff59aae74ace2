"""Each method reaches critical points of known families."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ncproofs.critical.certify import terrain_of
from ncproofs.critical.random_points import seek
from ncproofs.critical.saddles import merged_saddle
from ncproofs.critical.seekers import METHODS, eigenvector_following, newton
from ncproofs.critical.sphere_families import merged_etf, polygon
from ncproofs.critical.terrain import inertia
from ncproofs.losses import cross_entropy
from ncproofs.problems.features import FeatureProblem, Ridge, Spheres

RIDGE = Ridge(cross_entropy(), 4, 3, 1, "1/100", "1/100")
SPHERES = Spheres(cross_entropy(), 4, 4, 1, 2)
#: Starts of each method within which at least half end at critical points.
_STARTS = 12


@pytest.mark.parametrize("problem", [RIDGE, SPHERES], ids=["ridge", "spheres"])
@pytest.mark.parametrize("method", METHODS)
def test_most_starts_end_at_critical_points(problem: FeatureProblem, method: str) -> None:
    found = [seek(problem, 1, number, (method,)) for number in range(_STARTS)]
    good = [candidate for candidate in found if candidate.converged]
    assert len(good) >= _STARTS // 2
    terrain = terrain_of(problem)
    for candidate in good:
        assert np.linalg.norm(terrain.local(candidate.x).gradient) < 1e-8
    indices = {candidate.index for candidate in good}
    # Descent is the only one that is after minima; all others must have met saddles.
    assert indices == {0} if method == "descent" else indices - {0} or method == "escape"


def values(problem: FeatureProblem, method: str, starts: int) -> set[float]:
    return {round(c.value, 9) for c in (seek(problem, 0, i, (method,)) for i in range(starts)) if c.converged}


@pytest.mark.parametrize("method", ["squares", "symmetry", "homotopy", "following"])
def test_merged_classes_are_found(method: str) -> None:
    wanted = round(float(merged_saddle(RIDGE, 2).value.lower), 9)
    assert wanted in values(RIDGE, method, 24)


def test_the_minimiser_in_the_plane_padded_is_the_regular_polygon() -> None:
    problem = Spheres(cross_entropy(), 4, 3, 1, 2)
    assert round(float(polygon(problem, 1, 64).value.mid()), 9) in values(problem, "padding", 6)


def test_merged_etfs_and_the_one_direction_family_are_found_on_spheres() -> None:
    found = values(SPHERES, "symmetry", 60)
    assert round(float(merged_etf(SPHERES, 2, 64).value.mid()), 9) in found
    assert round(math.log(4), 9) in found


def test_the_origin_is_found_from_a_start_with_symmetry() -> None:
    assert round(math.log(4), 9) in values(RIDGE, "symmetry", 20)


def test_following_climbs_as_many_modes_as_it_is_told() -> None:
    """From a small push off a saddle of index i along a random direction, climbing i modes leads back to it."""
    terrain = terrain_of(SPHERES)
    saddle = next(c for c in (seek(SPHERES, 0, i, ("squares",)) for i in range(20)) if c.converged and c.index > 2)
    local = terrain.local(saddle.x)
    push = np.random.default_rng(0).standard_normal(terrain.dimension)
    near = terrain.moved(saddle.x, local, 0.05 * push / np.linalg.norm(push))
    back = newton(terrain, eigenvector_following(terrain, near, saddle.index))
    assert terrain.value(back) == pytest.approx(saddle.value, abs=1e-9)
    assert inertia(np.linalg.eigvalsh(terrain.local(back).hessian))[0] == saddle.index
    down = newton(terrain, eigenvector_following(terrain, near, 0))
    assert terrain.value(down) < saddle.value - 1e-3
