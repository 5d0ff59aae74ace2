"""What floats tell apart and certainty does not: points near the threshold, where the Hessian is nearly singular."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.certify import Classified, certify, terrain_of
from ncproofs.critical.counting import places
from ncproofs.critical.random_points import Candidate, critical_points, seek
from ncproofs.losses import cross_entropy
from ncproofs.problems.features import Ridge

NEAR = Ridge(cross_entropy(), 4, 3, 1, "1/4", Fraction(249999999, 10**9))
PLAIN = Ridge(cross_entropy(), 3, 2, 1, "1/50", "1/40")


def test_near_the_threshold_the_minimiser_is_one_point() -> None:
    """Floats stop at many places between the origin and the simplex ETF; certified ones are one or the other."""
    result = critical_points(NEAR, 21, rng=5)
    assert result.by_index == {0: 1, 3: 1, 9: 1}  # that of index 3 has eigenvalues of -5e-19 beside those of 1/2
    assert len(result.points) <= 5 and len(result.undecided) <= 1
    assert sum(point.hits for point in result.points) == result.converged
    assert sum(new for *_, new in result.success.values()) == len(result.points)


def test_undecided_starts_near_one_another_are_one() -> None:
    result = critical_points(replace(NEAR, lambda_H=Fraction(1, 4)), 14, rng=5)
    (point,) = result.points
    assert not point.classified.is_certified and point.hits == result.converged >= 10


def pair(seed: int) -> tuple[Candidate, Classified]:
    candidate = seek(PLAIN, seed, 0, ("descent",))
    return candidate, certify(PLAIN, candidate.x)


@pytest.mark.parametrize(("gradient", "least", "size", "same"), [
    (1e-12, 1e-10, 1e-2, True), (1e-12, 1.0, 1e-2, False), (1e-12, 1e-14, 1e-2, True), (1e-12, 1e-14, 0.5, False)])
def test_a_neighbourhood_is_as_wide_as_gradient_and_curvature_say(
    gradient: float, least: float, size: float, same: object
) -> None:
    """Up to a tenth: gradient over least curvature, symmetries left out."""
    terrain, (candidate, _) = terrain_of(PLAIN), pair(0)
    spectrum = candidate.spectrum.copy()
    spectrum[np.argsort(np.abs(spectrum))[terrain.orbit_dimension(candidate.x)]] = least
    vague = replace(candidate, gradient=gradient, spectrum=spectrum, x=candidate.x / np.linalg.norm(candidate.x))
    other = replace(vague, x=vague.x * (1 + size))
    unknown = Classified(kind="degenerate", reason="x")
    assert (places(terrain, [vague, other], [unknown] * 2) == [0, 0]) is same


def test_certified_points_are_told_apart_by_everything_that_is_certain() -> None:
    terrain, (candidate, answer) = terrain_of(PLAIN), pair(0)
    _, again = pair(1)
    assert answer.refined and answer.refined != again.refined
    assert places(terrain, [candidate] * 2, [answer, again]) == [0, 0]
    assert answer.value is not None
    higher = Enclosure(answer.value.lower + 1, answer.value.upper + 1, answer.value.rigor)
    moved = tuple(np.array(answer.refined) * 1.01)
    for other in (replace(again, index=1), replace(again, rank=1), replace(again, nullity=5),
                  replace(again, value=higher), replace(again, how="closed form: x"), replace(again, refined=moved),
                  replace(again, refined=())):
        assert places(terrain, [candidate] * 2, [answer, other]) == [0, 1]
    bare = replace(answer, refined=())
    assert places(terrain, [candidate] * 3, [bare, answer, bare]) == [0, 1, 0]


@pytest.mark.parametrize(("kind", "size", "same"), [
    ("degenerate", 1e-5, True), ("precision", 1e-5, True), ("degenerate", 0.1, False), ("budget", 1e-5, False)])
def test_what_is_not_certified_counts_once_in_a_neighbourhood(kind: str, size: float, same: object) -> None:
    terrain, (candidate, answer) = terrain_of(PLAIN), pair(0)
    near = replace(candidate, x=candidate.x * (1 + size))
    unknown = Classified(kind=kind, reason="x")  # type: ignore[arg-type]
    assert (places(terrain, [candidate, near], [unknown] * 2) == [0, 0]) is same
    assert places(terrain, [candidate, near], [answer, unknown]) == [0, 1]  # nothing says that they are one
    far = replace(near, value=candidate.value + 1)
    assert places(terrain, [candidate, far], [unknown] * 2) == [0, 1]
