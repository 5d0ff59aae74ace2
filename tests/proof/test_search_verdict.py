"""Inside the theorems nothing contradicts them; outside, the known counterexamples are found from scratch."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.random_points import critical_points
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.problems.features import FeatureProblem, Ridge, Spheres
from ncproofs.proof.search_verdict import judge
from ncproofs.truth import Rigor, Truth

INSIDE: dict[str, FeatureProblem] = {
    "ridge, CE": Ridge(cross_entropy(), 4, 3, 1, "1/100", "1/200"),
    "ridge, LS, free bias": Ridge(label_smoothing("1/10"), 3, 4, 2, "1/100", "1/100", 0),
    "ridge, MSE, d < K - 1": Ridge(mean_squared(), 4, 2, 1, "1/20", "1/20", 1),
    "spheres, CE": Spheres(cross_entropy(), 3, 3, 2, 3),
}


@pytest.mark.parametrize("name", INSIDE)
def test_nothing_contradicts_a_theorem_inside_its_hypotheses(name: str) -> None:
    result = critical_points(INSIDE[name], 28)
    judged = judge(result)
    assert judged.is_inside and judged.theorem.truth is Truth.HOLDS
    assert judged.against == ()
    assert len(result.saddles) >= 2
    assert judged.reference is not None


SPURIOUS: dict[str, tuple[FeatureProblem, tuple[str, ...], int, str]] = {
    "ridge, d = 1": (Ridge(cross_entropy(), 4, 1, 1, "1/400", "1/400"), ("descent", "escape"), 40, "0.693770258520"),
    "ridge, d = K - 2": (Ridge(cross_entropy(), 5, 3, 1, "1/500", "1/500"), ("descent",), 12, "0.064975366692"),
    "spheres, d = K - 1": (Spheres(cross_entropy(), 3, 2, 1, 10), ("escape",), 24, "0.461133541"),
    "spheres, K = d + 2": (Spheres(cross_entropy(), 6, 4, 1, 4), ("descent",), 12, "0.0581787352"),
    "focal, K = 100": (Ridge(focal(2), 100, 99, 1, "0.011", "0.011", 0), ("squares", "symmetry"), 8, "4.5135272992"),
}


@pytest.mark.parametrize("name", SPURIOUS)
def test_known_counterexamples_are_found_from_scratch(name: str) -> None:
    problem, methods, starts, value = SPURIOUS[name]
    judged = judge(critical_points(problem, starts, methods=methods))
    assert not judged.is_inside
    found = judged.against[0]
    assert found.point.classified.is_strict_local_minimum
    assert found.point.classified.value is not None
    assert found.point.classified.value.lower > found.better.value.upper
    assert abs(found.point.classified.value.lower - Fraction(value)) < Fraction(1, 10**9)
    assert "strict local minimum modulo symmetry (index 0" in str(found)


def test_a_planted_violation_is_seen() -> None:
    """A certified index of 0 at a value above the minimum contradicts the theorem, and must be called so."""
    result = critical_points(INSIDE["ridge, CE"], 14)
    saddle = result.saddles[0]
    planted = replace(saddle, classified=replace(saddle.classified, index=0))
    kept = tuple(planted if point is saddle else point for point in result.points)
    judged = judge(replace(result, points=kept))
    assert judged.is_inside
    assert [found.point for found in judged.against] == [planted]


def test_flat_directions_are_counted_in_the_sentence() -> None:
    result = critical_points(INSIDE["ridge, CE"], 14)
    saddle = result.saddles[0]
    flat = replace(saddle.classified, index=0, nullity=saddle.classified.orbit_dimension + 2)
    judged = judge(replace(result, points=(*result.points, replace(saddle, classified=flat))))
    assert "no negative curvature, 2 flat directions beyond the symmetries" in str(judged.against[0])


def test_a_value_that_is_not_separated_is_no_counterexample() -> None:
    result = critical_points(INSIDE["ridge, CE"], 14)
    saddle = result.saddles[0]
    wide = Enclosure(Fraction(-1), Fraction(9), Rigor.ENCLOSED)
    planted = replace(saddle, classified=replace(saddle.classified, index=0, value=wide))
    assert judge(replace(result, points=(*result.points, planted))).against == ()


def test_without_any_certified_point_nothing_is_claimed() -> None:
    result = critical_points(Spheres(cross_entropy(), 6, 4, 1, 4), 3, methods=["descent"])
    assert judge(replace(result, points=())).against == ()
