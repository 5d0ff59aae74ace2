"""Counts of eigenvalues in the checker: rounded elimination with its computed distance, against exact elimination."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncproofs.proof import checker_hessian
from ncproofs.proof.checker_arithmetic import Budget, Intervals, Rejected
from ncproofs.proof.checker_hessian import Eigenvalues, below, negative_pivots

UNIT = 1 << 64


def balls() -> Intervals:
    return Intervals(64, Budget(10**8))


def symmetric(size: int, seed: int, most: int = UNIT) -> list[list[int]]:
    made, A = random.Random(seed), [[0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            A[i][j] = A[j][i] = made.randint(-most, most)
    return A


def low_rank(size: int, rank: int, seed: int) -> list[list[int]]:
    """V V^T, exactly: size - rank eigenvalues 0."""
    V = [[x >> 34 for x in row[:rank]] for row in symmetric(size, seed)]
    return [[sum(x * y for x, y in zip(a, b, strict=True)) for b in V] for a in V]


@given(size=st.integers(1, 9), seed=st.integers(0, 10**6), x=st.integers(-2 * UNIT, 2 * UNIT))
def test_rounded_elimination_counts_what_exact_elimination_counts(size: int, seed: int, x: int) -> None:
    """All eigenvalues of M - x - L D L^T are within the distance, so the counts agree unless one lies as near to x."""
    A = symmetric(size, seed)
    found, distance = negative_pivots(A, x, balls())
    assert distance >= 0
    try:
        assert below(A, x - distance - 1, balls()) <= found <= below(A, x + distance + 1, balls())
    except Rejected:  # a leading minor vanishes: exact elimination has no answer at that point
        return


@pytest.mark.parametrize("rank", [1, 3])
def test_near_a_multiple_eigenvalue_the_distance_says_what_is_known(rank: int) -> None:
    A = low_rank(8, rank, 5)
    for x, count in ((1, 8 - rank), (-1, 0), (1 << 20, 8 - rank)):
        found, distance = negative_pivots(A, x, balls())
        assert distance < 0 or distance >= abs(x) or found == count


def test_a_pivot_zero_gives_no_bound() -> None:
    assert negative_pivots([[0, 1], [1, 0]], 0, balls()) == (0, -1)
    assert negative_pivots([[5]], 5, balls()) == (0, -1)
    assert negative_pivots([[1, UNIT], [UNIT, 1]], 0, balls()) == (0, -1)  # nor does one that is far too small


@pytest.mark.parametrize("small", [0, 12])
def test_bounds_of_the_count_hold_on_both_sides_of_an_eigenvalue(small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eigenvalues 1, 2, 3, 3 known up to a spread: just below and just above each, rounded and exact."""
    monkeypatch.setattr(checker_hessian, "_SMALL", small)
    near: Any = [[(0, 0)] * 4 for _ in range(4)]
    for i, value in enumerate((1, 2, 3, 3)):
        near[i][i] = (value * UNIT - 2, value * UNIT + 2)
    known = Eigenvalues(balls(), [(near, 2)])
    for x, fewer, more in ((1, 0, 2), (2, 2, 4), (3, 4, 8)):
        slack = Fraction(1, 2**30)
        assert known.at_most_below(x - slack) == known.at_least_below(x - slack) == fewer
        assert known.at_most_below(x + slack) == known.at_least_below(x + slack) == more
        assert known.at_least_below(Fraction(x)) <= fewer <= more <= known.at_most_below(Fraction(x))


def test_the_count_is_exact_where_the_distance_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checker_hessian, "_SMALL", 0)
    monkeypatch.setattr(checker_hessian, "negative_pivots", lambda *_: (99, UNIT))
    known = Eigenvalues(balls(), [([[(UNIT, UNIT)]], 1)])
    assert (known.at_most_below(Fraction(2)), known.at_least_below(Fraction(2))) == (1, 1)
    assert (known.at_most_below(Fraction(1, 2)), known.at_least_below(Fraction(1, 2))) == (0, 0)
