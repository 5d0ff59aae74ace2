"""Random critical points with label sets: agreement with single labels, with dense Hessians, and with the theorem."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, arb_mat

from ncproofs.arithmetic.linalg import eigenvalue_enclosures
from ncproofs.calculus.objective import dense_hessian
from ncproofs.critical.certify import certify, is_large, parts_of, terrain_of
from ncproofs.critical.krawczyk import CertifiedPoint, certify_critical_point, value_at
from ncproofs.critical.random_points import critical_points
from ncproofs.critical.search import pack
from ncproofs.errors import InvalidProblem
from ncproofs.losses import cross_entropy
from ncproofs.problems.features import Ridge
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.search_verdict import judge
from ncproofs.truth import Truth

BALANCED = MultiLabel(3, 3, "1/60", "1/90", counts="1:1,2:2")
UNBALANCED = MultiLabel(3, 2, "1/60", "1/90", 0, labels="1; 2; 1 3; 2; 1 2 3", weights="2:1/2")
#: Fewer samples than classes: the null sector has lambda_W alone for K - N of its directions.
FEW = MultiLabel(4, 4, "1/90", "1/300", labels="1 2; 3")
#: Label sets that occur unequally often, with weights; and, once more, fewer distinct ones than classes.
REPEATED = MultiLabel(3, 2, "1/60", "1/90", "1/20", labels="1; 2; 1; 1 3; 1; 1 3; 2; 3", weights="2:1/2")
FEW_REPEATED = MultiLabel(4, 3, "1/90", "1/300", labels="1 2; 3; 1 2; 1 2; 1 2; 3", weights="1:3")


@pytest.mark.parametrize("problem", [BALANCED, UNBALANCED, FEW, REPEATED], ids=str)
def test_the_float_value_is_the_objective_in_balls(problem: MultiLabel) -> None:
    terrain = terrain_of(problem)
    x = terrain.random(np.random.default_rng(0))
    assert terrain.value(x) == pytest.approx(float(value_at(problem, *parts_of(problem, x)).upper))


@pytest.mark.parametrize("bias", [None, 0, "1/7"])
def test_one_label_a_sample_is_the_single_label_problem(bias: object) -> None:
    ridge = Ridge(cross_entropy(), 3, 3, 2, "1/60", "1/90", bias)  # type: ignore[arg-type]
    labels = MultiLabel(3, 3, "1/60", "1/90", bias, counts="1:2")  # type: ignore[arg-type]
    found = critical_points(labels, 14, rng=0)
    assert len(found.certified) >= 3
    for point in found.certified:
        other = certify(ridge, pack(*parts_of(labels, point.candidate.x)))
        assert other.is_certified
        assert (other.index, other.nullity, other.orbit_dimension) == (
            point.classified.index, point.classified.nullity, point.classified.orbit_dimension)
        for name in ("value", "smallest"):
            left, right = getattr(other, name), getattr(point.classified, name)
            assert left.lower <= right.upper and right.lower <= left.upper


@pytest.mark.parametrize("problem", [BALANCED, UNBALANCED, FEW, REPEATED, FEW_REPEATED], ids=str)
def test_index_and_least_eigenvalues_are_those_of_the_whole_hessian(problem: MultiLabel) -> None:
    found = critical_points(problem, 14, rng=1)
    assert len(found.certified) == len(found.points) >= 2
    for point in found.certified:
        certified = certify_critical_point(problem, *parts_of(problem, point.candidate.x))
        assert isinstance(certified, CertifiedPoint)
        middle = [None if part is None else arb_mat([[arb(e.mid()) for e in row] for row in part.tolist()])
                  for part in (certified.W, certified.H, certified.b)]
        values = sorted(float(value.mid()) for value in eigenvalue_enclosures(
            dense_hessian(problem, middle[0], middle[1], middle[2], 128), 128))
        flat = 1e-9
        assert sum(value < -flat for value in values) == certified.index
        assert sum(abs(value) <= flat for value in values) == certified.nullity
        assert values[0] == pytest.approx(float(certified.smallest.upper), abs=1e-9)
        assert next(v for v in values if v > flat) == pytest.approx(float(certified.minimum_positive.lower), abs=1e-9)


@pytest.mark.parametrize("problem", [BALANCED, UNBALANCED], ids=str)
def test_no_certified_point_violates_the_landscape_theorem(problem: MultiLabel) -> None:
    judged = judge(critical_points(problem, 21, rng=0))
    assert judged.theorem.truth is Truth.HOLDS and judged.is_inside
    assert judged.against == ()


def test_with_too_few_dimensions_a_spurious_minimum_is_found() -> None:
    problem = MultiLabel(4, 2, "1/200", "1/200", counts="1:1,2:1")
    judged = judge(critical_points(problem, 20, rng=0, methods=["descent"]))
    assert not judged.is_inside and judged.against
    assert judged.against[0].point.classified.is_strict_local_minimum


def test_a_free_bias_of_a_class_without_a_sample_has_no_critical_point() -> None:
    """df/db_k is the mean of m p_k > 0 there, however flat it looks far out in floats."""
    missing = MultiLabel(3, 2, "1/60", "1/90", 0, labels="1; 1 2; 2")
    with pytest.raises(InvalidProblem, match=r"class 3 is a label of no sample and .*leave the class"):
        critical_points(missing, 2)
    assert critical_points(replace(missing, lambda_b=Fraction(1, 9)), 4).certified


@pytest.mark.parametrize("samples", [
    {"counts": "1:120"}, {"labels": [{1}] * 121 + [{2}] * 119 + [{1, 3}] * 90},
], ids=["equal", "unequal"])
def test_many_equal_samples_are_a_small_problem(samples: dict[str, Any]) -> None:
    problem = MultiLabel(3, 2, "1/100", "1/20000", **samples)
    assert problem.dimension > 600 and not is_large(problem)
    found = critical_points(problem, 6, rng=0)
    assert found.certified
    for point in found.certified:
        answer = point.classified
        at = parts_of(problem, point.candidate.x)
        assert at[1].shape == (2, problem.N)
        assert value_at(problem, *at).upper == pytest.approx(float(answer.value.upper))  # type: ignore[union-attr]
    assert is_large(MultiLabel(40, 39, "1/100", "1/100", counts="1:1,2:1"))


def test_samples_of_one_set_that_differ_are_not_taken_for_equal() -> None:
    """At a critical point they cannot differ; from floats where they do, the certificate treats them one by one."""
    point = critical_points(REPEATED, 6, rng=0).certified[0]
    W, H, b = parts_of(REPEATED, point.candidate.x)
    moved = H.copy()
    moved[:, 0] += 1e-4
    for features in (H, moved):
        found = certify_critical_point(REPEATED, W, features, b)
        assert isinstance(found, CertifiedPoint)
        assert (found.index, found.nullity) == (point.classified.index, point.classified.nullity)
