"""Hundreds of random critical points: reproducible, told apart, certified, counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ncproofs.critical.certify import terrain_of
from ncproofs.critical.random_points import (
    Candidate,
    Distinct,
    Found,
    SearchResult,
    candidate_at,
    chosen,
    critical_points,
    seed_of,
    seek,
)
from ncproofs.critical.seekers import METHODS
from ncproofs.errors import InvalidProblem, UnknownName
from ncproofs.losses import cross_entropy, mean_squared
from ncproofs.problems.features import FeatureProblem, Ridge, Spheres

RIDGE = Ridge(cross_entropy(), 3, 3, 2, "1/60", "1/100")
SPHERES = Spheres(cross_entropy(), 3, 4, 1, 2)


@pytest.mark.parametrize("problem", [RIDGE, SPHERES], ids=["ridge", "spheres"])
def test_the_same_seed_gives_the_same_points(problem: FeatureProblem) -> None:
    first, second = critical_points(problem, 14, rng=3), critical_points(problem, 14, rng=3)
    assert [p.candidate.x.tolist() for p in first.points] == [p.candidate.x.tolist() for p in second.points]
    assert [p.classified for p in first.points] == [p.classified for p in second.points]
    other = critical_points(problem, 14, rng=4)
    assert [p.candidate.x.tolist() for p in first.points] != [p.candidate.x.tolist() for p in other.points]


def test_a_start_does_not_depend_on_how_many_there_are() -> None:
    few, more = critical_points(RIDGE, 7, rng=1), critical_points(RIDGE, 21, rng=1)
    assert [p.candidate.number for p in few.points] == [p.candidate.number for p in more.points][: len(few.points)]
    first = few.points[0].candidate
    assert first.x.tolist() == seek(RIDGE, 1, first.number, tuple(METHODS)).x.tolist()


def test_points_add_up_and_are_read_off() -> None:
    told: list[Found] = []
    result = critical_points(SPHERES, 40, told=told.append)
    assert len(told) == len(result.points) == len(result.certified) + len(result.undecided)
    assert sum(point.hits for point in result.points) == result.converged <= result.candidates == 40
    assert sum(result.by_index.values()) == len(result.certified) >= 5
    assert {0} < set(result.by_index)
    assert sum(tried for tried, _, _, _ in result.success.values()) == 40
    assert sum(new for _, _, _, new in result.success.values()) == len(result.points)
    curvatures = [point.classified.smallest.upper for point in result.saddles]  # type: ignore[union-attr]
    assert curvatures == sorted(curvatures, reverse=True)
    assert all(curvature < 0 for curvature in curvatures)
    text = str(result)
    assert "40 starts (seed 0)" in text
    assert f"certified {len(result.certified)}, undecided {len(result.undecided)}" in text


def test_numpy_generators_are_taken_as_spec_7_wants() -> None:
    first, second = (critical_points(RIDGE, 3, rng=np.random.default_rng(8)) for _ in range(2))
    assert first.seed == second.seed
    generator = np.random.default_rng(8)
    assert seed_of(generator) != seed_of(generator)
    assert seed_of(None) != seed_of(None)
    assert max(seed_of(None) for _ in range(20)) < 2**63  # what --seed takes
    assert seed_of(np.int64(5)) == 5


@pytest.mark.parametrize("rng", [-1, 1.5, True, "0"])
def test_other_seeds_are_refused(rng: object) -> None:
    with pytest.raises(InvalidProblem, match="rng="):
        seed_of(rng)  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [0, -3, 1.0, True])
def test_a_count_is_a_whole_number_of_starts(count: object) -> None:
    with pytest.raises(InvalidProblem, match="count="):
        critical_points(RIDGE, count)  # type: ignore[arg-type]


def test_methods_are_chosen_by_name() -> None:
    assert chosen(None) == chosen([]) == tuple(METHODS)
    assert chosen(["descent", "descent"]) == chosen("descent") == ("descent",)
    with pytest.raises(UnknownName, match="squares"):
        chosen(["annealing"])
    result = critical_points(RIDGE, 4, methods=["descent"])
    assert list(result.success) == ["descent"] and result.by_index == {0: 1}


def symmetric_image(problem: Spheres, x: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    K, n, d = problem.K, problem.n, problem.d
    X, classes = x.reshape(d, -1), rng.permutation(problem.K)
    samples = [K + k * n + i for k in classes for i in rng.permutation(n)]
    return (np.linalg.qr(rng.standard_normal((d, d)))[0] @ X[:, [*classes, *samples]]).ravel()


def test_symmetric_images_are_merged_and_others_kept() -> None:
    problem = Spheres(cross_entropy(), 3, 3, 2, 2)
    found = [c for c in (seek(problem, 0, i, ("squares",)) for i in range(12)) if c.converged and not c.stratum]
    distinct = Distinct(terrain_of(problem))
    first = [distinct.add(candidate) for candidate in found]
    kept = len(distinct.kept)
    assert first.count(None) == kept >= 4
    for number, candidate in enumerate(list(distinct.kept)):
        image = candidate_at(problem, 100 + number, "squares", symmetric_image(problem, candidate.x, number))
        assert distinct.add(image) == number
    assert len(distinct.kept) == kept


def test_equal_values_alone_do_not_merge() -> None:
    """Two points of one value: the spectrum, then the figure, tells them apart."""
    distinct = Distinct(terrain_of(SPHERES))
    (one,) = [c for c in (seek(SPHERES, 0, i, ("descent",)) for i in range(1))]
    assert distinct.add(one) is None
    assert distinct.add(replace(one, spectrum=one.spectrum + 1.0)) is None
    other = SPHERES.d * [1.0] * 6
    moved = np.array(other).reshape(4, 6) / 2
    assert distinct.add(replace(one, x=moved.ravel())) is None
    assert distinct.add(one) == 0


def test_members_of_one_continuum_count_once() -> None:
    problem = Ridge(mean_squared(), 4, 4, 1, "1/20", "1/20")
    result = critical_points(problem, 40)
    names = [point.candidate.stratum for point in result.points]
    assert len([name for name in names if name]) == len({name for name in names if name}) >= 2
    assert not result.undecided


def test_a_start_that_overflows_did_not_converge() -> None:
    lost = candidate_at(RIDGE, 0, "squares", np.full(RIDGE.dimension, 1e200))
    assert not lost.converged and lost.x.size == 0
    assert not candidate_at(RIDGE, 0, "squares", np.zeros(0)).converged
    assert not candidate_at(RIDGE, 0, "squares", np.ones(RIDGE.dimension)).converged


def test_an_empty_result_speaks() -> None:
    empty = SearchResult(problem=RIDGE, seed=0, methods=("squares",), candidates=0, converged=0, points=(), success={})
    assert "certified 0, undecided 0" in str(empty)
    assert empty.saddles == ()
    assert isinstance(seek(RIDGE, 0, 0, ("squares",)), Candidate)


def test_one_continuum_counts_once() -> None:
    """Members of W = u 1^T whose features are nearly orthogonal to u belong to the regular family."""
    result = critical_points(Spheres(cross_entropy(), 2, 3, 1, 1), 40, rng=3)
    families = [found for found in result.points if found.candidate.stratum]
    assert len(families) == 1
