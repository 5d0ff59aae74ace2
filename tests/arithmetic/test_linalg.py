"""Eigenvalue enclosures against matrices whose spectrum is known exactly."""

import random
from fractions import Fraction

import pytest
from flint import arb, arb_mat, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.arithmetic import linalg
from ncproofs.arithmetic.enclosure import exact_bounds
from ncproofs.arithmetic.linalg import (
    ball_matrix,
    cluster,
    contains_spectrum,
    eigenvalue_enclosures,
    norm_bound,
    small_symmetric_eigenvalues,
    symmetric_part,
)
from ncproofs.errors import InvalidProblem
from ncproofs.truth import Truth
from tests.arithmetic.symmetric import balls, fraction, spectra, with_spectrum


def contain(enclosures, values):
    """Whether the i-th ball contains the i-th value; flint's own ``contains`` rounds a fraction first."""
    assert len(enclosures) == len(values)
    ends = [exact_bounds(ball) for ball in enclosures]
    return all(lower <= value <= upper for (lower, upper), value in zip(ends, values, strict=True))


@settings(max_examples=60, deadline=None)
@given(spectra(), st.sampled_from([53, 64, 128, 300]))
def test_each_enclosure_contains_its_eigenvalue(case, bits):
    values, matrix = case
    enclosures = eigenvalue_enclosures(balls(matrix, bits), bits)
    assert contain(enclosures, values)
    size = max([abs(v) for v in values] + [Fraction(1, 10**6)])
    slack = Fraction(1, 2 ** (40 if bits == 53 else bits - 12))
    assert all(ball.rad() <= fraction(size * slack) for ball in enclosures)


@settings(max_examples=30, deadline=None)
@given(spectra(), st.fractions(0, 1, max_denominator=50), st.integers(0, 2**30))
def test_wide_entries_enclose_every_symmetric_matrix_inside(case, spread, seed):
    values, matrix = case
    n = len(values)
    shifts = random.Random(seed)
    wide = arb_mat(n, n, [entry + arb(0, fraction(spread)) for entry in balls(matrix, 64).entries()])
    for i in range(n):
        for j in range(i, n):
            inside = fraction(spread) * fmpq(shifts.randint(-9, 9), 10)
            matrix[i, j] += inside
            if j > i:
                matrix[j, i] += inside
    exact = eigenvalue_enclosures(balls(matrix, 128), 128)
    assert all(thin.overlaps(ball) for thin, ball in zip(exact, eigenvalue_enclosures(wide, 64), strict=True))


@pytest.mark.parametrize("gap", ["1e-10", "1e-17", "1e-30", "1e-60"])
def test_close_eigenvalues_are_told_apart_at_enough_bits(gap):
    values = sorted([Fraction(1), Fraction(1), 1 + Fraction(gap), Fraction(2), Fraction(-3)])
    enclosures = eigenvalue_enclosures(balls(with_spectrum(values, [1, 2, -1, 3, 1]), 320), 320)
    assert contain(enclosures, values)
    assert [count for _, count in cluster(enclosures)] == [1, 2, 1, 1]


def test_scales_beyond_doubles():
    values = [Fraction(-3), Fraction(0), Fraction(5, 2), Fraction(5, 2)]
    for power in (2**2000, Fraction(1, 2**2000)):
        scaled = [value * power for value in values]
        enclosures = eigenvalue_enclosures(balls(with_spectrum(scaled, [1, 1, 2, 1]), 128), 128)
        assert contain(enclosures, scaled)
        assert [count for _, count in cluster(enclosures)] == [1, 1, 2]


SHAPES = {
    "zero matrix": ([[0, 0], [0, 0]], [0, 0]),
    "one entry": ([[7]], [7]),
    "swap": ([[0, 1], [1, 0]], [-1, 1]),
    "rank one": ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], [0, 0, 3]),
    "no entries": ([], []),
}


@pytest.mark.parametrize("name", SHAPES)
def test_small_shapes(name):
    rows, values = SHAPES[name]
    assert contain(small_symmetric_eigenvalues(rows, 200), values)


@pytest.mark.parametrize("n", range(2, 6))
def test_small_matrices_give_a_hundred_digits(n):
    values = [Fraction(k * k, 7) for k in range(n)]
    rows = balls(with_spectrum(values, [1, -2, 3, 1, 2][:n]), 400).tolist()
    enclosures = small_symmetric_eigenvalues(rows, 400)
    assert contain(enclosures, values)
    assert all(ball.rad() < arb("1e-100") for ball in enclosures)


def test_dimension_130_with_high_multiplicity():
    choose = random.Random(5)
    values = sorted([Fraction(0)] * 40 + [Fraction(1, 3)] * 50 + [Fraction(7, 5)] * 39 + [Fraction(-1, 9)])
    matrix = balls(with_spectrum(values, [choose.randint(-3, 3) for _ in values]), 64)
    enclosures = eigenvalue_enclosures(matrix, 64)
    assert contain(enclosures, values)
    assert [count for _, count in cluster(enclosures)] == [1, 40, 50, 39]


BAD_WITNESSES = {
    "singular": lambda right: arb_mat(4, 4),
    "far from orthogonal": lambda right: arb_mat(4, 4, [random.Random(1).random() for _ in range(16)]),
    "orthogonal, but no eigenvectors": lambda right: arb_mat(4, 4, [int(k % 5 == 0) for k in range(16)]),
    "eigenvectors stretched by a tenth": lambda right: right * arb("1.1"),
}


@pytest.mark.parametrize("name", BAD_WITNESSES)
def test_a_bad_witness_widens_but_never_lies(monkeypatch, name):
    values = [Fraction(-2), Fraction(1), Fraction(1), Fraction(4)]
    solver = linalg.float_eigenbasis
    monkeypatch.setattr(linalg, "float_eigenbasis", lambda matrix: BAD_WITNESSES[name](solver(matrix)))
    enclosures = eigenvalue_enclosures(balls(with_spectrum(values, [1, 2, 1, 1]), 53), 53)
    assert contain(enclosures, values)
    assert max(ball.rad() for ball in enclosures) > arb("1e-3")


def test_entries_that_are_not_finite_give_the_whole_line():
    for bad in (arb.nan(), arb("0 +/- inf"), arb.pos_inf()):
        enclosures = eigenvalue_enclosures(arb_mat([[1, bad], [bad, 1]]), 64)
        assert all(ball.contains(arb(10**9)) for ball in enclosures)
        assert [count for _, count in cluster(enclosures)] == [2]


NOT_SYMMETRIC = {"not square": arb_mat(2, 3), "different triangles": arb_mat([[1, 2], [3, 1]])}


@pytest.mark.parametrize("name", NOT_SYMMETRIC)
def test_only_symmetric_matrices(name):
    with pytest.raises(InvalidProblem, match="symmetr"):
        eigenvalue_enclosures(NOT_SYMMETRIC[name], 64)


def test_the_upper_triangle_stands_for_both():
    matrix = arb_mat([[1, arb(2, 1)], [arb(3, 1), 1]])
    assert symmetric_part(matrix, 64)[1, 0].overlaps(arb(1)) and not matrix[1, 0].overlaps(arb(1))


def test_ragged_rows_are_refused():
    with pytest.raises(InvalidProblem, match="equal lengths"):
        ball_matrix([[1, 2], [3]], 64)


@settings(max_examples=40, deadline=None)
@given(spectra())
def test_the_norm_bound_bounds_every_eigenvalue(case):
    values, matrix = case
    bound = norm_bound(balls(matrix, 64))
    assert all(bound >= abs(fraction(value)) for value in values)


def test_clusters():
    groups = cluster([arb(3, "1e-9"), arb(0), arb(3, "1e-8"), arb(1, 1)])
    assert [count for _, count in groups] == [2, 2]
    assert groups[0][0].contains(arb(0)) and groups[1][0].contains(arb(3))
    assert [count for _, count in cluster([arb(1), arb(2)])] == [1, 1]
    assert cluster([]) == []


def third(offset=0):
    with ctx.workprec(200):
        return arb(fmpq(1, 3)) + offset


TRUE_SPECTRUM = [Fraction(-2), Fraction(0), Fraction(0), Fraction(1, 3), Fraction(1, 3), Fraction(5)]
TABLES = {
    "the spectrum": ([(arb(0), 2), (arb(5), 1), (third(), 2), (arb(-2), 1)], Truth.HOLDS),
    "an entry with multiplicity 0": (
        [(arb(0), 2), (arb(77), 0), (arb(5), 1), (third(), 2), (arb(-2), 1)], Truth.HOLDS),
    "wrong by 1e-15": ([(arb(0), 2), (arb(5), 1), (third(arb("1e-15")), 2), (arb(-2), 1)], Truth.FAILS),
    "multiplicities exchanged": ([(arb(0), 1), (arb(5), 2), (third(), 2), (arb(-2), 1)], Truth.FAILS),
    "a sign": ([(arb(0), 2), (arb(5), 1), (third(), 2), (arb(2), 1)], Truth.FAILS),
    "one eigenvalue too few": ([(arb(0), 1), (arb(5), 1), (third(), 2), (arb(-2), 1)], Truth.FAILS),
    "one too many": ([(arb(0), 3), (arb(5), 1), (third(), 2), (arb(-2), 1)], Truth.FAILS),
    "nothing": ([], Truth.FAILS),
    "a table too vague to say": ([(arb(0), 2), (arb(5, 1), 1), (third(), 2), (arb(-2), 1)], Truth.UNDECIDED),
    "a NaN": ([(arb.nan(), 2), (arb(5), 1), (third(), 2), (arb(-2), 1)], Truth.UNDECIDED),
}


@pytest.mark.parametrize("name", TABLES)
def test_claimed_spectra(name):
    table, expected = TABLES[name]
    matrix = balls(with_spectrum(TRUE_SPECTRUM, [1, 2, 0, -1, 3, 1]), 128)
    match = contains_spectrum(matrix, table, 128)
    assert match.truth is expected
    assert match.width < arb("1e-30")
    assert match.because


def test_a_vague_matrix_decides_nothing():
    exact = with_spectrum(TRUE_SPECTRUM, [1, 2, 0, -1, 3, 1])
    vague = arb_mat(6, 6, [arb(entry, "1e-3") for entry in balls(exact, 64).mid().entries()])
    table, _ = TABLES["the spectrum"]
    assert contains_spectrum(vague, table, 64).truth is Truth.UNDECIDED
    assert contains_spectrum(vague, table, 64, within=Fraction(1, 10)).truth is Truth.HOLDS
    assert contains_spectrum(vague, TABLES["a sign"][0], 64).truth is Truth.FAILS


def test_overlapping_claims_are_sorted_by_their_ends():
    # [0, 3] and [1, 2]: the smaller of the two lies in [0, 2], the larger in [1, 3].
    matrix = arb_mat([[0, 0], [0, fmpq(5, 2)]])
    claims = [(arb("1.5", "1.5"), 1), (arb("1.5", "0.5"), 1)]
    assert contains_spectrum(matrix, claims, 64).truth is Truth.UNDECIDED
    assert contains_spectrum(matrix, [(arb("1.5", "0.5"), 2)], 64).truth is Truth.FAILS


def test_a_negative_multiplicity_is_refused():
    with pytest.raises(InvalidProblem, match="multiplicit"):
        contains_spectrum(arb_mat([[1]]), [(arb(1), 2), (arb(1), -1)], 64)


def test_fractions_are_enclosed():
    rows = [[Fraction(1, 3), Fraction(1, 7)], [Fraction(1, 7), Fraction(1, 3)]]
    assert contain(small_symmetric_eigenvalues(rows, 256), [Fraction(4, 21), Fraction(10, 21)])
