"""Verified floats against balls and exact algebra: never wrong at any scale; barely definite is decided."""

from __future__ import annotations

import ctypes
import sys
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, arb_mat, ctx, fmpq, fmpq_mat, fmpz_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ncproofs.arithmetic import floating, verified_floats
from ncproofs.arithmetic.floating import check_rounding, exact_residual, float_residual, gamma, on_grid
from ncproofs.arithmetic.inertia import Inertia, exact_inertia
from ncproofs.arithmetic.linalg import eigenvalue_enclosures
from ncproofs.arithmetic.verified_floats import (
    RIGOR,
    eigenvalue_bounds,
    inertia,
    midpoints_and_radii,
    positive_definite,
    quadratic_form_bounds,
    smallest_eigenvalue_bound,
)
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.truth import Rigor, Truth

RESIDUALS = {"floats": float_residual, "integers": exact_residual}
residuals = pytest.mark.parametrize("residual", RESIDUALS.values(), ids=RESIDUALS)


def rational(matrix: np.ndarray) -> fmpq_mat:
    """The numbers in a float64 array, exactly."""
    ratios = [float(x).as_integer_ratio() for x in matrix.ravel()]
    return fmpq_mat(*matrix.shape, [fmpq(p, q) for p, q in ratios])


def fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def symmetric(rng: np.random.Generator, n: int) -> np.ndarray:
    upper = np.triu(rng.standard_normal((n, n)))
    return upper + np.triu(upper, 1).T


def singular(rng: np.random.Generator, n: int, exponent: int, sign: int = 1) -> np.ndarray:
    """B diag(1, .., 1, sign) B' 2^exponent without rounding, B integer (n, n - 1): exactly singular."""
    factor = rng.integers(-9, 10, (n, n - 1))
    weights = np.ones(n - 1, dtype=np.int64)
    weights[-1] = sign
    return np.ldexp(((factor * weights) @ factor.T).astype(np.float64), exponent)


sizes = st.integers(1, 7)
special = [0.0, 1.0, -1.0, 1e-9, 2.0**-60, -(2.0**-500)]
numbers = st.floats(-4, 4, allow_subnormal=True) | st.sampled_from(special)


@st.composite
def matrices(draw: st.DrawFn) -> np.ndarray:
    n = draw(sizes)
    upper = np.triu(draw(arrays(np.float64, (n, n), elements=numbers)))
    return np.ldexp(upper + np.triu(upper, 1).T, draw(st.sampled_from([0, 0, -700, 600, 3])))


@residuals
@settings(max_examples=120, deadline=None)
@given(matrix=matrices())
def test_eigenvalues_lie_in_their_bounds(residual, matrix):
    bounds = eigenvalue_bounds(matrix, residual=residual)
    lowest = smallest_eigenvalue_bound(matrix, residual=residual)
    with ctx.workprec(300):
        exact = eigenvalue_enclosures(arb_mat(rational(matrix)), 300)
        for value, lower, upper in zip(exact, bounds.lower, bounds.upper, strict=True):
            assert not arb(fmpq(lower.numerator, lower.denominator)) > value
            assert not arb(fmpq(upper.numerator, upper.denominator)) < value
        assert lowest is not None and not arb(fmpq(lowest.numerator, lowest.denominator)) > exact[0]


@residuals
@settings(max_examples=120, deadline=None)
@given(matrix=matrices())
def test_signs_agree_with_exact_algebra(residual, matrix):
    truth = exact_inertia(rational(matrix))
    bounds = eigenvalue_bounds(matrix, residual=residual)
    assert bounds.positive <= truth.positive and bounds.negative <= truth.negative
    assert inertia(matrix, residual=residual) in (None, truth)
    is_definite = truth.positive == len(matrix)
    wrong = Truth.FAILS if is_definite else Truth.HOLDS
    assert positive_definite(matrix, residual=residual) is not wrong


@residuals
@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_well_conditioned_matrices_are_decided(residual, n):
    rng = np.random.default_rng(n)
    for exponent in (-1000, -500, 0, 300, 900):
        matrix = symmetric(rng, n)
        values = np.linalg.eigvalsh(matrix)
        expected = Inertia(int((values > 0).sum()), int((values < 0).sum()), 0)
        assert inertia(np.ldexp(matrix, exponent), residual=residual) == expected
        gram = np.ldexp(matrix @ matrix + np.eye(n), exponent)
        gram = (gram + gram.T) / 2
        assert positive_definite(gram, residual=residual) is Truth.HOLDS
        assert positive_definite(-gram, residual=residual) is Truth.FAILS
        assert smallest_eigenvalue_bound(gram, residual=residual) > 0


@pytest.mark.parametrize("n", [2, 3, 7, 25])
def test_exactly_singular_is_never_definite(n):
    rng = np.random.default_rng(n)
    for exponent in range(-500, 301, 20):
        matrix = singular(rng, n, exponent)
        for residual in RESIDUALS.values():
            assert positive_definite(matrix, residual=residual) is not Truth.HOLDS
            assert smallest_eigenvalue_bound(matrix, residual=residual) <= 0
            assert inertia(matrix, residual=residual) is None


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_exactly_singular_is_never_definite_often(seed):
    rng = np.random.default_rng(seed)
    for _ in range(300):
        n, exponent = int(rng.integers(2, 60)), int(rng.integers(-500, 301))
        matrix = singular(rng, n, exponent, int(rng.choice([-1, 1])))
        assert positive_definite(matrix) is not Truth.HOLDS
        assert smallest_eigenvalue_bound(matrix) <= 0
        assert inertia(matrix) is None


@residuals
def test_a_premise_of_nullity(residual):
    matrix = singular(np.random.default_rng(0), 9, -100, -1)
    assert inertia(matrix, nullity=1, residual=residual) == Inertia(7, 1, 1)
    assert inertia(matrix, nullity=0, residual=residual) is None
    with pytest.raises(InvalidProblem, match="nullity=2"):
        inertia(matrix, nullity=2, residual=residual)


@residuals
@pytest.mark.parametrize("n", [2, 10, 30])
def test_barely_definite(residual, n):
    """B B' + 2^k I and B B' - 2^k I for B of rank n - 1, without rounding: smallest eigenvalue +-2^k."""
    rng = np.random.default_rng(n)
    for k in range(-20, -31, -2):
        matrix, step = singular(rng, n, 0), np.ldexp(np.eye(n), k)
        above, below = matrix + step, matrix - step
        assert exact_inertia(rational(above)).positive == n
        assert positive_definite(above, residual=residual) is Truth.HOLDS
        assert positive_definite(below, residual=residual) is Truth.FAILS
        assert inertia(below, residual=residual) == Inertia(n - 1, 1, 0)
        bound = smallest_eigenvalue_bound(above, residual=residual)
        assert Fraction(9, 10) * Fraction(2) ** k < bound <= Fraction(2) ** k


def test_integers_decide_what_floats_do_not():
    """The condition of a Hilbert matrix of order 12, rounded, is about 2^54."""
    hilbert = 1 / (np.arange(12)[:, None] + np.arange(12) + 1.0)
    assert exact_inertia(rational(hilbert)) == Inertia(12, 0, 0)
    widths = [
        bounds.upper[0] - bounds.lower[0]
        for bounds in (eigenvalue_bounds(hilbert, residual=each) for each in RESIDUALS.values())
    ]
    assert 2 * widths[1] < widths[0]


def test_units_of_the_rows_do_not_matter():
    matrix = np.array([[2.0, 1.0, 0.0], [1.0, 2.0, 1.0], [0.0, 1.0, 2.0]])
    exponents = np.array([-300, 0, 250])
    graded = np.ldexp(matrix, exponents[:, None] + exponents)
    assert positive_definite(graded) is Truth.HOLDS
    assert positive_definite(graded, radius=np.abs(graded) / 16) is Truth.HOLDS
    indefinite = np.ldexp(matrix - np.eye(3), exponents[:, None] + exponents)
    assert positive_definite(indefinite) is Truth.FAILS


RADII = {
    "identity, small radius": (np.eye(3), 0.25, Truth.HOLDS, Inertia(3, 0, 0)),
    "contains a singular matrix": (np.eye(3), 0.5, Truth.UNDECIDED, None),
    "diagonal may vanish": (np.eye(3), 1.0, Truth.UNDECIDED, None),
    "indefinite throughout": (np.diag([1.0, -1.0, 1.0]), 0.25, Truth.FAILS, Inertia(2, 1, 0)),
    "indefinite off the diagonal": (np.array([[1.0, 3.0], [3.0, 1.0]]), 0.25, Truth.FAILS, Inertia(1, 1, 0)),
    "zero, huge radius": (np.zeros((2, 2)), 2.0**1000, Truth.UNDECIDED, None),
    "tiny matrix, huge radius": (np.ldexp(np.eye(2), -900), 2.0**900, Truth.UNDECIDED, None),
}


@residuals
@pytest.mark.parametrize(("matrix", "size", "definite", "counts"), RADII.values(), ids=RADII)
def test_enclosed_entries(residual, matrix, size, definite, counts):
    radius = np.full(matrix.shape, size)
    assert positive_definite(matrix, radius=radius, residual=residual) is definite
    assert inertia(matrix, radius=radius, residual=residual) == counts


@residuals
def test_a_radius_lowers_the_smallest_eigenvalue(residual):
    bound = smallest_eigenvalue_bound(np.eye(2), radius=np.eye(2) / 4, residual=residual)
    assert Fraction(74, 100) < bound <= Fraction(3, 4)
    wide = eigenvalue_bounds(np.eye(2), radius=np.eye(2) / 4, residual=residual)
    assert wide.lower[0] <= Fraction(3, 4) and wide.upper[1] >= Fraction(5, 4)


@settings(max_examples=80, deadline=None)
@given(matrix=matrices(), change=matrices(), data=st.data())
def test_a_radius_covers_every_matrix_in_it(matrix, change, data):
    """Answers for the midpoint with a radius hold for the matrix at its edge."""
    n = min(len(matrix), len(change))
    matrix, change = matrix[:n, :n].copy(), np.ldexp(change[:n, :n], data.draw(st.integers(-40, 0)))
    edge = rational(matrix) + rational(change)
    truth, radius = exact_inertia(edge), np.abs(change)
    assert inertia(matrix, radius=radius) in (None, truth)
    wrong = Truth.FAILS if truth.positive == n else Truth.HOLDS
    assert positive_definite(matrix, radius=radius) is not wrong


@settings(max_examples=150, deadline=None)
@given(matrix=matrices(), data=st.data())
def test_quadratic_forms_lie_in_their_bounds(matrix, data):
    n = len(matrix)
    exponent = data.draw(st.sampled_from([0, -900, 400]))
    x = np.ldexp(data.draw(arrays(np.float64, n, elements=numbers)), exponent)
    change = np.ldexp(matrix, -20)
    column = rational(x.reshape(n, 1))
    for moved, radius in ((0 * matrix, None), (change, np.abs(change))):
        bounds = quadratic_form_bounds(matrix, x, radius=radius)
        exact = fraction((column.transpose() * (rational(matrix) + rational(moved)) * column)[0, 0])
        assert bounds.lower <= exact <= bounds.upper and bounds.rigor is Rigor.ENCLOSED


def test_quadratic_forms_are_tight():
    rng = np.random.default_rng(1)
    matrix, x = symmetric(rng, 200), rng.standard_normal(200)
    bounds = quadratic_form_bounds(matrix, x)
    assert bounds.lower < Fraction(float(x @ matrix @ x)) < bounds.upper
    assert bounds.upper - bounds.lower < Fraction(1, 10**8)
    along = np.linalg.eigh(matrix)[1][:, 0]
    assert quadratic_form_bounds(matrix, along).upper < 0


@pytest.mark.parametrize("n", [1, 3, 12])
def test_a_residual_that_vanishes_in_floats_is_still_bounded(n):
    """T = fl(F S F'): the computed residual is 0, the true one is rounding error."""
    rng = np.random.default_rng(n)
    for _ in range(20):
        factor, diagonal = on_grid(rng.standard_normal((n, n))), on_grid(rng.standard_normal(n))
        target = (factor * diagonal) @ factor.T
        target = np.triu(target) + np.triu(target, 1).T
        middle = fmpq_mat(n, n)
        for i, value in enumerate(rational(diagonal.reshape(n, 1)).entries()):
            middle[i, i] = value
        exact = rational(target) - rational(factor) * middle * rational(factor).transpose()
        largest = max(abs(fraction(entry)) for entry in exact.entries())
        rows = max(sum(abs(fraction(entry)) for entry in row) for row in exact.tolist())
        assert largest <= float_residual(target, factor, diagonal)
        assert largest <= exact_residual(target, factor, diagonal) <= rows + Fraction(n, 2**107)
        assert largest > 0


def test_integers_round_the_target_with_a_bound():
    target = np.array([[2.0**-120]])
    assert exact_residual(target, np.zeros((1, 1))) >= Fraction(1, 2**120)
    assert exact_residual(np.array([[2.0**-106]]), np.zeros((1, 1))) == Fraction(1, 2**106)


OUT_OF_RANGE = {
    "NaN factor": (np.eye(2), np.full((2, 2), np.nan), None),
    "infinite target": (np.full((2, 2), np.inf), np.eye(2), None),
    "NaN diagonal": (np.eye(2), np.eye(2), np.array([1.0, np.nan])),
    "huge factor": (np.eye(2), 2.0**200 * np.eye(2), None),
    "huge diagonal": (np.eye(2), np.eye(2), np.array([1.0, 2.0**200])),
}


@residuals
@pytest.mark.parametrize(("target", "factor", "diagonal"), OUT_OF_RANGE.values(), ids=OUT_OF_RANGE)
def test_residuals_out_of_range(residual, target, factor, diagonal):
    assert residual(target, factor, diagonal) is None
    assert residual(np.eye(2), np.eye(2), None) is not None


def test_integers_refuse_witnesses_off_the_grid():
    assert exact_residual(np.eye(1), np.array([[2.0**-54]])) is None
    assert exact_residual(np.eye(1), np.eye(1), np.array([2.0**-54])) is None


@residuals
def test_a_wrong_witness_proves_nothing(residual, monkeypatch):
    """LAPACK is not trusted: whatever it returns, a singular or indefinite matrix is not definite."""
    matrix = np.diag([1.0, 1.0, -1.0])
    basis = {"identity": np.eye(3), "zero": np.zeros((3, 3)), "not orthogonal": np.full((3, 3), 0.5)}
    for vectors in basis.values():
        monkeypatch.setattr(np.linalg, "cholesky", lambda _, v=vectors: v)
        monkeypatch.setattr(np.linalg, "eigh", lambda _, v=vectors: (np.ones(3), v))
        monkeypatch.setattr(np.linalg, "eigvalsh", lambda _: np.ones(3))
        assert positive_definite(matrix + 0.5 * np.ones((3, 3)), residual=residual) is not Truth.HOLDS
        assert inertia(matrix, residual=residual) is None
        bound = smallest_eigenvalue_bound(matrix, residual=residual)
        assert bound is None or bound <= -1


def test_eigenvalues_in_any_order_are_sorted(monkeypatch):
    swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    monkeypatch.setattr(np.linalg, "eigh", lambda _: (np.array([0.5, 0.25]), swap))
    bounds = eigenvalue_bounds(np.diag([0.25, 0.5]))
    assert bounds.lower[0] <= Fraction(1, 4) <= bounds.upper[0] < bounds.lower[1]


def test_the_rounding_of_the_shifted_diagonal_counts(monkeypatch):
    """t = fl(a + 1) > a + 1: T = [[t, t], [t, t]] >= 0 although a - t < -1 is an eigenvalue of A."""
    a = 1.5 * 2.0**-53
    t = 1 + a
    matrix = np.array([[a, t], [t, a]])
    monkeypatch.setattr(np.linalg, "cholesky", lambda _: np.eye(2))
    bound = verified_floats._shifted_bound(matrix, -1.0, lambda *_: Fraction(0))
    assert Fraction(a) - Fraction(t) < -1
    assert bound is not None and bound <= Fraction(a) - Fraction(t)


def test_a_solver_that_fails_is_undecided(monkeypatch):
    def failing(_: np.ndarray) -> np.ndarray:
        raise np.linalg.LinAlgError

    for name in ("cholesky", "eigh", "eigvalsh"):
        monkeypatch.setattr(np.linalg, name, failing)
    assert positive_definite(np.eye(2)) is Truth.UNDECIDED
    assert inertia(np.eye(2)) is None and eigenvalue_bounds(np.eye(2)) is None
    assert smallest_eigenvalue_bound(np.eye(2)) is None


REFUSED = {
    "NaN": np.array([[1.0, np.nan], [np.nan, 1.0]]),
    "infinite": np.array([[np.inf]]),
    "asymmetric by one unit": np.array([[1.0, 1.0], [np.nextafter(1.0, 2.0), 1.0]]),
    "not square": np.ones((2, 3)),
    "not a matrix": np.ones(3),
    "empty": np.zeros((0, 0)),
    "single precision": np.eye(2, dtype=np.float32),
    "extended precision": np.eye(2, dtype=np.longdouble),
    "integers": np.eye(2, dtype=np.int64),
    "other byte order": np.eye(2).astype(">f8" if sys.byteorder == "little" else "<f8"),
    "complex": np.eye(2, dtype=np.complex128),
    "masked": np.ma.masked_array(np.eye(2), mask=np.eye(2)),
    "a list": [[1.0]],
}


@pytest.mark.parametrize("matrix", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("ask", [positive_definite, inertia, eigenvalue_bounds, smallest_eigenvalue_bound])
def test_refused(ask, matrix):
    with pytest.raises(InvalidProblem):
        ask(matrix)
    with pytest.raises(InvalidProblem):
        ask(np.eye(2), radius=matrix)
    with pytest.raises(InvalidProblem):
        quadratic_form_bounds(matrix, np.ones(2))


BAD_RADII = {"negative": -np.eye(2), "of another shape": np.eye(3), "negative off it": np.eye(2) - 0.1}


@pytest.mark.parametrize("radius", BAD_RADII.values(), ids=BAD_RADII)
def test_refused_radii(radius):
    with pytest.raises(InvalidProblem, match="radius"):
        positive_definite(np.eye(2), radius=radius)


@pytest.mark.parametrize(
    "vector", [np.ones(3), np.array([1.0, np.nan]), np.ones((2, 1)), np.ones(2, np.float32), [1.0, 1.0]]
)
def test_refused_vectors(vector):
    with pytest.raises(InvalidProblem, match="vector"):
        quadratic_form_bounds(np.eye(2), vector)


def test_balls_become_midpoints_and_radii():
    with ctx.workprec(200):
        third, tiny = arb(1) / 3, arb(2) ** -2000
        balls = arb_mat(2, 2, [third, arb(2, "0.25"), arb(2, "0.25"), arb(3) + tiny])
        middles, radii = midpoints_and_radii(balls)
        for middle, radius, ball in zip(middles.ravel(), radii.ravel(), balls.entries(), strict=True):
            assert arb(float(middle), float(radius)).contains(ball)
        for k in range(3, 80, 2):
            ball = arb(1) / k + arb(0, arb(2) ** -(k * 3))
            middles, widths = midpoints_and_radii(arb_mat(1, 1, [ball]))
            assert (ball - float(middles[0, 0])).abs_upper() <= arb(float(widths[0, 0]))
    assert radii[0, 0] > 0 and radii[1, 1] > 0 and radii.max() < 0.26
    assert not midpoints_and_radii(arb_mat(1, 1, [arb(3)]))[1].any()
    for endless in (arb.nan(), arb(0, arb.pos_inf()), arb(2) ** 2000):
        with pytest.raises(InvalidProblem):
            midpoints_and_radii(arb_mat(1, 1, [endless]))


@pytest.mark.skipif(sys.platform != "linux", reason="fesetround by the number of the x86 and glibc modes")
@pytest.mark.parametrize("mode", [0x400, 0x800, 0xC00], ids=["down", "up", "to zero"])
def test_another_rounding_mode_is_noticed(mode):
    libm = ctypes.CDLL(None)
    if libm.fesetround(mode):
        pytest.skip("the mode is not there")
    try:
        with pytest.raises(OutOfScope, match="round to nearest"):
            check_rounding()
        with pytest.raises(OutOfScope, match="round to nearest"):
            positive_definite(np.eye(2))
        with pytest.raises(OutOfScope, match="round to nearest"):
            quadratic_form_bounds(np.eye(2), np.ones(2))
    finally:
        libm.fesetround(0)
    check_rounding()


def test_the_product_is_conventional():
    """The assumption of the module: entry by entry within gamma_n |A||B|, which Strassen's product is not."""
    rng = np.random.default_rng(3)
    n = 150
    left = np.ldexp(rng.standard_normal((n, n)), rng.integers(-40, 40, n)[:, None])
    right = np.ldexp(rng.standard_normal((n, n)), rng.integers(-40, 40, n))
    for a, b in ((left, right), (left, left.T)):
        scaled = [fmpz_mat(n, n, [int(x) for x in np.ldexp(part, 110).ravel().tolist()]) for part in (a, b)]
        exact = (scaled[0] * scaled[1]).entries()
        found = [int(Fraction(x) * 2**220) for x in (a @ b).ravel().tolist()]
        allowed = [int(Fraction(x) * 2**220) for x in (np.abs(a) @ np.abs(b) * gamma(n + 4)).ravel().tolist()]
        assert all(abs(int(e) - f) <= c for e, f, c in zip(exact, found, allowed, strict=True))


def test_gamma_and_rigor():
    for n in (1, 3, 1000, 2**20):
        nu = Fraction(n, 2**53)
        assert nu / (1 - nu) <= Fraction(float(gamma(n))) <= nu / (1 - nu) * (1 + Fraction(1, 2**50))
    assert RIGOR is Rigor.ENCLOSED and floating.FloatArrays.rigor is Rigor.ESTIMATED
