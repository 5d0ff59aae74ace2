"""The multi-label spectrum against dense Hessians in balls, and tables that are wrong."""

import time
from fractions import Fraction

import pytest
from flint import ctx

from ncproofs.arithmetic.linalg import contains_spectrum
from ncproofs.calculus.objective import dense_hessian, gradient_at
from ncproofs.critical.multilabel_points import etf_point, optimal_point
from ncproofs.critical.multilabel_spectrum import multilabel_rows, multilabel_spectrum
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.spectrum import zero_count
from ncproofs.errors import InvalidProblem
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.truth import Truth

CASES = {
    "K = 2, one label": dict(K=2, d=1, counts="1:2", lambda_W="1/90", lambda_H="1/70"),
    "K = 2, both labels, bias": dict(K=2, d=2, counts="1:2,2:2", lambda_W="1/90", lambda_H="1/70", lambda_b="1/3"),
    "two multiplicities": dict(K=3, d=2, counts="1:2,2:1", lambda_W="1/100", lambda_H="1/100"),
    "spare dimensions and a bias": dict(K=3, d=4, counts="1:1,2:1", lambda_W="1/100", lambda_H="1/50", lambda_b="1/7"),
    "weights, no single labels, free bias": dict(
        K=4, d=3, counts="2:1,4:2", weights="2:1/2,4:3", lambda_W="1/300", lambda_H="1/100", lambda_b=0
    ),
    "three labels of four": dict(K=4, d=3, counts="3:2", lambda_W="1/300", lambda_H="1/100", lambda_b="1/9"),
    "zero": dict(K=3, d=3, counts="1:2,2:1", lambda_W="1/2", lambda_H="1/3", lambda_b="1/7"),
    "zero, one sample with all labels": dict(
        K=4, d=3, counts="4:1", lambda_W="1/50", lambda_H="1/20", lambda_b="1/7"
    ),
    "zero, free bias, few dimensions": dict(K=4, d=2, counts="1:1,2:1,4:1", lambda_W="1/2", lambda_H="1/2", lambda_b=0),
}


def compared(problem, spoil=lambda rows: rows, bits=160):
    dense = dense_hessian(problem, *optimal_point(problem, bits), bits)
    with ctx.workprec(bits):
        rows = spoil([row for row in multilabel_rows(problem, bits) if row[1]])
        table = [(to_ball(value), count) for value, count, _ in rows]
        return contains_spectrum(dense, table, 96)


@pytest.mark.parametrize("given", CASES.values(), ids=CASES)
def test_closed_form_is_the_dense_spectrum(given):
    problem = MultiLabel(**given)
    with ctx.workprec(160):
        slopes = gradient_at(problem, *optimal_point(problem, 160), 160)
        assert all(entry.contains(0) for part in slopes if part is not None for entry in part.entries())
    assert compared(problem).truth is Truth.HOLDS
    entries = multilabel_spectrum(problem, digits=20)
    assert sum(entry.multiplicity for entry in entries) == problem.dimension
    rotations = (problem.K - 1) * (problem.K - 2) // 2 + (problem.K - 1) * (problem.d - problem.K + 1)
    expected = int(problem.lambda_b == 0) + ("zero" not in next(k for k, v in CASES.items() if v is given)) * rotations
    assert zero_count(entries) == expected


@pytest.mark.slow
def test_five_classes_three_multiplicities():
    problem = MultiLabel(
        K=5, d=4, counts="2:1,3:1,5:2", weights="3:2", lambda_W="1/900", lambda_H="1/700", lambda_b="1/3"
    )
    assert compared(problem).truth is Truth.HOLDS


def test_a_wrong_table_is_refuted():
    problem = MultiLabel(**CASES["two multiplicities"])
    moved = [
        lambda rows: [(to_ball(rows[-1][0]) + to_ball(Fraction(1, 10**6)), *rows[-1][1:]), *rows[:-1]],
        lambda rows: rows[:-1],
        lambda rows: [*rows, (Fraction(0), 1, "one too many")],
    ]
    for spoil in moved:
        assert compared(problem, spoil).truth is Truth.FAILS


def test_a_hundred_classes():
    problem = MultiLabel(K=100, d=120, counts="1:3,2:2,3:1,50:1", lambda_W="1e-20", lambda_H="1e-20", lambda_b="1e-3")
    multilabel_spectrum(problem, digits=10)
    start = time.perf_counter()
    entries = multilabel_spectrum(problem, digits=20)
    assert time.perf_counter() - start < 2
    assert zero_count(entries) == 99 * 98 // 2 + 99 * 21
    assert sum(entry.multiplicity for entry in entries) == problem.dimension


def test_no_room_for_an_etf():
    problem = MultiLabel(K=4, d=2, counts="1:1", lambda_W="1/100", lambda_H="1/100")
    with pytest.raises(InvalidProblem, match="d=2 < K - 1 = 3 leaves no room"):
        multilabel_spectrum(problem)
    with pytest.raises(InvalidProblem, match="d >= K - 1"):
        etf_point(problem, to_ball(1), {1: to_ball(1)})
