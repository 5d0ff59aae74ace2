"""Random critical points leave certificates that the independent checker accepts, and no others."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import sympy

from ncproofs.critical.certify import Classified
from ncproofs.critical.random_points import SearchResult, critical_points
from ncproofs.losses import cross_entropy, focal, mean_squared
from ncproofs.losses.loss import Loss, S, T, Z
from ncproofs.losses.spelling import loss_from_expression
from ncproofs.problems.features import FeatureProblem, Ridge, Spheres
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof import checker
from ncproofs.proof.certificate import NoCertificate, digest_of
from ncproofs.proof.point_certificates import point_certificate
from ncproofs.proof.search_verdict import judge, lower_start


def checked(raw: bytes) -> dict[str, Any]:
    """The statement, accepted by the checker."""
    assert checker.check(raw)[0] == "accepted"
    statement: dict[str, Any] = json.loads(raw)["statement"]
    return statement


PROBLEMS: dict[str, FeatureProblem | MultiLabel] = {
    "ridge, n = 2": Ridge(cross_entropy(), 3, 3, 2, "1/60", "1/100"),
    "ridge, focal, free bias": Ridge(focal(2), 3, 3, 1, "1/100", "1/100", 0),
    "spheres": Spheres(cross_entropy(), 3, 4, 1, 2),
    "label sets": MultiLabel(3, 3, "1/60", "1/90", counts="1:1,2:2"),
    "label sets, unequal, free bias": MultiLabel(3, 2, "1/60", "1/90", 0, labels="1; 2; 1 3; 2; 3", weights="2:1/2"),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_isolated_point_has_a_certificate_of_its_index(name: str) -> None:
    result = critical_points(PROBLEMS[name], 8)
    for point in result.certified:
        if point.classified.how == "Krawczyk":
            statement = checked(point_certificate(result.problem, point))
            assert (statement["negative"], statement["zero"]) == (point.classified.index, point.classified.nullity)
            assert statement["kind"].endswith("/critical-point/1")
    assert len(result.certified) >= 3


SHIFTED = {
    "no softmax form": loss_from_expression("log(S1) - t + (1/K)*(1 - exp(t)/S1)**2"),
    "another sum": Loss("twice", sympy.log(S(2)) / 2 - T, (sympy.exp(Z), sympy.exp(2 * Z)), "a test"),
}


@pytest.mark.parametrize("name", SHIFTED)
def test_a_free_bias_is_a_symmetry_of_every_loss_that_ignores_shifts(name: str) -> None:
    """Whatever its form: the points are isolated once the shift of b is held fixed, and few."""
    result = critical_points(Ridge(SHIFTED[name], 3, 2, 1, "1/50", "1/30", 0), 14)
    assert len(result.certified) == len(result.points) == 4
    assert set(result.by_index) == {0, 1, 2, 4}
    for point in result.points:
        assert point.classified.excess_nullity == 0
        statement = checked(point_certificate(result.problem, point))
        assert (statement["negative"], statement["zero"]) == (point.classified.index, point.classified.nullity)


def test_a_counterexample_names_the_lower_point() -> None:
    result = critical_points(Ridge(cross_entropy(), 4, 1, 1, "1/400", "1/400"), 40, methods=["descent", "escape"])
    (found,) = judge(result).against
    better = next(p.candidate for p in result.points if p.candidate.number == found.better.number)
    statement = checked(point_certificate(result.problem, found.point, better))
    assert (statement["negative"], statement["zero"]) == (0, 0)
    assert statement["rival"] is not None
    with pytest.raises(NoCertificate):  # the lower point has no lower point
        lower = next(p for p in result.points if p.candidate is better)
        point_certificate(result.problem, lower, found.point.candidate)


def test_saddles_on_a_continuum_have_a_box_of_negative_curvature() -> None:
    result = critical_points(Ridge(mean_squared(), 4, 3, 1, "1/40", "1/40"), 12)
    saddle = next(p for p in result.certified if p.classified.index and p.candidate.stratum)
    assert checked(point_certificate(result.problem, saddle))["kind"] == "ridge/saddle-box/1"


def test_points_of_large_problems_have_their_inertia() -> None:
    result = critical_points(Ridge(cross_entropy(), 3, 4, 200, "1/1000", "1/100000"), 4)
    assert {p.classified.index for p in result.certified} == {0, 8}
    for point in result.certified:
        statement = checked(point_certificate(result.problem, point))
        assert (statement["kind"], statement["negative"]) == ("ridge/inertia/1", point.classified.index)
    many = critical_points(Ridge(cross_entropy(), 30, 31, 1, "1/1000", "1/1000"), 1)
    with pytest.raises(NoCertificate, match="too many steps"):
        point_certificate(many.problem, many.points[0])


def one(problem: FeatureProblem | MultiLabel) -> SearchResult:
    return critical_points(problem, 1)


def test_what_is_not_certified_has_no_certificate() -> None:
    result = one(PROBLEMS["spheres"])
    point = replace(result.points[0], classified=Classified(kind="precision", reason="too thin"))
    with pytest.raises(NoCertificate, match="undecided: too thin"):
        point_certificate(result.problem, point)


@pytest.mark.parametrize(("lambda_W", "lambda_H", "count"), [(10**28, 1, 1), (10, Fraction(1, 10**8), 4)])
def test_weights_of_very_different_size_have_certificates(lambda_W: int, lambda_H: Fraction, count: int) -> None:
    """Doubles do not see an eigenvalue of 1 beside one of 1e28; what the checker is told must."""
    result = critical_points(Ridge(cross_entropy(), 3, 2, 1, lambda_W, lambda_H), 14)
    assert len(result.certified) == len(result.points) == count
    for point in result.certified:
        statement = checked(point_certificate(result.problem, point))
        assert (statement["negative"], statement["zero"]) == (point.classified.index, point.classified.nullity)


def test_a_wrong_index_is_not_written_nor_accepted() -> None:
    """The writer certifies again and does not take the index from the point; a forged one is rejected."""
    result = one(PROBLEMS["ridge, n = 2"])
    point = result.points[0]
    forged = replace(point, classified=replace(point.classified, index=point.classified.index + 1))
    raw = point_certificate(result.problem, forged)
    assert checked(raw)["negative"] == point.classified.index
    record = json.loads(raw)
    record["statement"]["negative"] += 1
    record["statement_sha256"] = digest_of(record["statement"])
    again = json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
    assert checker.check(again)[0] == "rejected"


def test_a_point_with_label_sets_is_about_those_samples_and_weights() -> None:
    """Other samples, weights or numbers of label sets are rejected with the same point."""
    result = critical_points(PROBLEMS["label sets, unequal, free bias"], 3, methods=["descent"])
    raw = point_certificate(result.problem, next(p for p in result.certified if p.classified.rank == 2))
    statement = checked(raw)
    assert sorted(statement["places"]) == [[0, 1], [1, 2], [2, 1], [3, 1]]
    problem = statement["problem"]
    for change in (
        {"problem": problem | {"labels": [*problem["labels"], [1]]}},
        {"problem": problem | {"labels": [[1], [2], [1, 2], [2], [3]]}},
        {"problem": problem | {"weights": []}},
        {"problem": problem | {"lambda_b": "1/100"}},
        {"places": [[0, 1], [1, 1], [1, 1], [2, 1], [3, 1]]},
        {"places": [[0, 2], [1, 1], [2, 1], [3, 1]]},
        {"places": [[1, 2], [0, 1], [2, 1], [3, 1]]},
        {"negative": 1}, {"zero": statement["zero"] + 1}, {"zero": statement["zero"] - 1},
        {"value": ["0", statement["value"][0]]},
    ):
        record = json.loads(raw)
        record["statement"] |= change
        record["statement_sha256"] = digest_of(record["statement"])
        again = json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
        assert checker.check(again)[0] == "rejected", change


def test_a_spurious_minimum_with_label_sets_names_the_lower_point() -> None:
    result = critical_points(MultiLabel(4, 2, "1/200", "1/200", counts="1:1,2:1"), 20, methods=["descent"])
    found = judge(result).against[0]
    statement = checked(point_certificate(result.problem, found.point, lower_start(result, found)))
    assert statement["negative"] == 0 and statement["rival"] is not None


def test_a_loss_of_ones_own_is_spelled_out_for_the_checker() -> None:
    result = one(Ridge(loss_from_expression("log(S1) - t + 1 - exp(t)/S1", ["exp(z)"]), 3, 2, 1, "1/50", "1/50"))
    point = result.points[0]
    assert checked(point_certificate(result.problem, point))["negative"] == point.classified.index


def test_a_continuum_of_minimisers_has_no_box() -> None:
    result = critical_points(Ridge(mean_squared(), 4, 3, 1, "1/40", "1/40"), 6, methods=["descent"])
    with pytest.raises(NoCertificate, match="no box"):
        point_certificate(result.problem, result.points[0])
