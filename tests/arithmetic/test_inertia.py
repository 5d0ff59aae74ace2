"""Inertia against exact algebra; a singular matrix is never reported as definite."""

from fractions import Fraction

import pytest
from flint import arb, arb_mat, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.arithmetic.inertia import Inertia, exact_inertia, inertia, ldl_inertia
from ncproofs.errors import InvalidProblem
from tests.arithmetic.symmetric import balls, rotated, spectra, with_spectrum


def signs(values):
    return Inertia(sum(v > 0 for v in values), sum(v < 0 for v in values), sum(v == 0 for v in values))


@settings(max_examples=80, deadline=None)
@given(spectra())
def test_exact_inertia_counts_the_spectrum(case):
    values, matrix = case
    assert exact_inertia(matrix) == signs(values)


@settings(max_examples=80, deadline=None)
@given(spectra(), st.sampled_from([64, 128, 256]))
def test_balls_agree_with_exact_algebra_or_are_undecided(case, bits):
    values, matrix = case
    truth = signs(values)
    for found in (ldl_inertia(balls(matrix, bits), bits), inertia(balls(matrix, bits), bits)):
        assert found in (None, truth)
        assert truth.zero or found == truth
    assert inertia(balls(matrix, bits), bits, nullity=truth.zero) == truth


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 6), st.data())
def test_integer_matrices(n, data):
    entries = data.draw(st.lists(st.integers(-2, 2), min_size=n * n, max_size=n * n))
    matrix = fmpq_mat(n, n, entries)
    matrix = matrix + matrix.transpose()
    truth = exact_inertia(matrix)
    found = ldl_inertia(balls(matrix, 128), 128)
    assert found in (None, truth) and (truth.zero or found == truth)


ZERO_DIAGONAL = {
    "swap": ([[0, 1], [1, 0]], Inertia(1, 1, 0)),
    "small diagonal beside a large entry": ([["1e-40", 1], [1, "1e-40"]], Inertia(1, 1, 0)),
    "two swaps": ([[0, 0, 1, 0], [0, 0, 0, 2], [1, 0, 0, 0], [0, 2, 0, 0]], Inertia(2, 2, 0)),
    "zero matrix": ([[0, 0], [0, 0]], Inertia(0, 0, 2)),
    "exactly rank one": ([[4, 2], [2, 1]], Inertia(1, 0, 1)),
    "swap and zero": ([[0, 1, 0], [1, 0, 0], [0, 0, 0]], Inertia(1, 1, 1)),
    "an undecided pivot": ([[arb(0, "1e-9"), 0], [0, 1]], None),
    "an undecided block": ([[arb(0, 1), arb(0, 1)], [arb(0, 1), arb(0, 1)]], None),
    "not finite": ([[arb.nan(), 0], [0, 1]], None),
}


@pytest.mark.parametrize("name", ZERO_DIAGONAL)
def test_pivots(name):
    rows, expected = ZERO_DIAGONAL[name]
    assert ldl_inertia(arb_mat([[arb(entry) for entry in row] for row in rows]), 128) == expected


SINGULAR = with_spectrum([Fraction(-1), Fraction(0), Fraction(0), Fraction(2), Fraction(2)], [1, 2, -1, 1, 1])
SCALED = {"as it is": 1, "tiny": Fraction(1, 10**30), "huge": 10**30}


def null_space() -> arb_mat:
    """Columns 1 and 2 of the reflection I - 2 v v'/v'v, scaled to integers: an exact basis."""
    v, square = [1, 2, -1, 1, 1], 8
    return arb_mat(5, 2, [square * int(i == j) - 2 * v[i] * v[j] for i in range(5) for j in (1, 2)])


@pytest.mark.parametrize("name", SCALED)
def test_a_known_null_space(name):
    matrix = balls(SINGULAR, 128) * arb(SCALED[name].numerator) / SCALED[name].denominator
    kernel = null_space()
    assert inertia(matrix, 128) is None
    assert inertia(matrix, 128, kernel=kernel) == Inertia(2, 1, 2)
    assert inertia(matrix, 128, nullity=2) == Inertia(2, 1, 2)


def test_a_null_space_that_is_too_small_leaves_it_undecided():
    one = arb_mat([[row[0]] for row in null_space().tolist()])
    assert inertia(balls(SINGULAR, 128), 128, kernel=one) is None
    assert inertia(balls(SINGULAR, 128), 128, nullity=1) is None


def test_dependent_columns_are_not_counted_twice():
    # The columns span the null space, so the shifted matrix is nonsingular; only their number is wrong.
    once = with_spectrum([Fraction(-1), Fraction(0), Fraction(2)], [1, 2, 2])
    column = [-4, 1, -8]  # 9 times the second column of the reflection
    single = arb_mat(3, 1, column)
    double = arb_mat([[entry, 2 * entry] for entry in column])
    assert inertia(balls(once, 128), 128, kernel=single) == Inertia(1, 1, 1)
    assert inertia(balls(once, 128), 128, kernel=double) is None
    double = arb_mat([[row[0], row[0]] for row in null_space().tolist()])
    assert inertia(balls(SINGULAR, 128), 128, kernel=double) is None


def test_false_premises_are_refused():
    matrix = balls(SINGULAR, 128)
    with pytest.raises(InvalidProblem, match="null space"):
        inertia(matrix, 128, kernel=arb_mat(5, 1, [1, 0, 0, 0, 0]))
    with pytest.raises(InvalidProblem, match="nullity=3"):
        inertia(matrix, 128, nullity=3)
    with pytest.raises(InvalidProblem, match="give one"):
        inertia(matrix, 128, nullity=1, kernel=null_space())
    for bad in (arb_mat(2, 3), arb_mat([[1, 2], [3, 1]])):
        with pytest.raises(InvalidProblem, match="symmetr"):
            ldl_inertia(bad, 64)
    with pytest.raises(InvalidProblem, match="symmetric"):
        exact_inertia(fmpq_mat(2, 2, [1, 2, 3, 1]))


@pytest.mark.parametrize("tiny", ["1e-12", "1e-25", "1e-60"])
def test_nearly_singular_matrices_are_decided_at_enough_bits(tiny):
    values = [Fraction(-1), -Fraction(tiny), Fraction(tiny), Fraction(3)]
    matrix = rotated(with_spectrum(values, [1, 1, 2, 3]), 0, 2)
    assert inertia(balls(matrix, 256), 256) == Inertia(2, 2, 0)
    assert ldl_inertia(balls(matrix, 256), 256) == Inertia(2, 2, 0)


def test_too_few_bits_leave_it_undecided():
    matrix = rotated(with_spectrum([Fraction(-1), Fraction(1, 10**60), Fraction(3)], [1, 1, 2]), 0, 2)
    assert inertia(balls(matrix, 64), 64) is None


def test_dimension_130():
    values = [Fraction(-1)] * 50 + [Fraction(1, 7)] * 80
    matrix = balls(with_spectrum(values, [k % 5 - 2 for k in range(130)]), 128)
    assert ldl_inertia(matrix, 128) == Inertia(80, 50, 0)
