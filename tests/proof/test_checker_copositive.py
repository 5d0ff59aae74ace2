"""The checker's copositivity: known matrices, and what points of the orthant say."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncproofs.proof.checker_arithmetic import Budget, Limit
from ncproofs.proof.checker_copositive import is_copositive

HORN = [[1, -1, 1, 1, -1], [-1, 1, -1, 1, 1], [1, -1, 1, -1, 1], [1, 1, -1, 1, -1], [-1, 1, 1, -1, 1]]


def exact(rows):
    return [[Fraction(entry) for entry in row] for row in rows]


def decided(rows, steps=10**6):
    return is_copositive(exact(rows), Budget(steps), lambda *_: 1)


def lowered(rows, by):
    return [[entry - (by if i == j else 0) for j, entry in enumerate(row)] for i, row in enumerate(rows)]


KNOWN = {
    "zero": ([[0, 0], [0, 0]], True),
    "negative": ([[-1]], False),
    "nonnegative": ([[0, 3], [3, 0]], True),
    "not semidefinite": ([[1, 5], [5, 1]], True),
    "a negative pair": ([[1, -2], [-2, 1]], False),
    "singular, on the boundary": ([[1, -1], [-1, 1]], True),
    "Horn's: no sum of a semidefinite and a nonnegative one": (HORN, True),
    "Horn's, lowered": (lowered(HORN, Fraction(1, 10**30)), False),
    "too large": ([[int(i == j) for j in range(11)] for i in range(11)], False),
}


@pytest.mark.parametrize(("rows", "answer"), KNOWN.values(), ids=KNOWN)
def test_known_matrices(rows, answer):
    assert decided(rows) is answer


@given(st.integers(2, 5), st.integers(0, 10**6))
def test_no_point_of_the_orthant_contradicts_a_yes(n, seed):
    generator = np.random.default_rng(seed)
    half = generator.integers(-3, 5, size=(n, n))
    matrix = half + half.T
    points = generator.exponential(size=(400, n)) * (generator.random((400, n)) < 0.7)
    if decided(matrix.tolist()):
        assert (np.einsum("ki,ij,kj->k", points, matrix, points) > -1e-9).all()
    else:  # the inverse of some principal submatrix says where it is negative
        assert any(_is_witness(matrix, [i for i in range(n) if code >> i & 1]) for code in range(1, 2**n))


def _is_witness(matrix, S):
    part = matrix[np.ix_(S, S)].astype(float)
    if abs(np.linalg.det(part)) < 1e-9:
        return False
    x = -np.linalg.inv(part) @ np.ones(len(S))
    return bool((x >= -1e-12).all() and x @ part @ x < 0)


def test_work_is_bounded():
    with pytest.raises(Limit):
        decided([[i * j + 1 for j in range(10)] for i in range(10)], steps=1000)
