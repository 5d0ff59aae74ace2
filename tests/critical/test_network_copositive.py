"""Several outputs on whitened data: the copositive constraint, and minima that meet it."""

import random
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncproofs.critical.network_certificate import counted
from ncproofs.critical.network_copositive import MOST_SAMPLES, largest_on_orthant
from ncproofs.critical.network_optimum import network_optimum
from ncproofs.critical.network_orthant_search import second_derivative
from ncproofs.problems.networks import relu
from ncproofs.truth import Truth


def identity(n):
    return [[int(i == j) for j in range(n)] for i in range(n)]


ORTHANT = {
    "one sample": ([[3]], 9),
    "two that agree": ([[1], [1]], 2),
    "two that disagree": ([[1], [-1]], 1),
    "orthogonal": ([[1, 0], [0, 1]], 1),
    "a multiple eigenvalue with a positive vector in its space": ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], 1),
    "the best support is not the largest": ([[2, 0], [2, 0], [-1, 0]], 8),
    "repeated rows": ([[1, 2], [1, 2], [1, 2]], 15),
}


@pytest.mark.parametrize(("V", "most"), ORTHANT.values(), ids=ORTHANT)
def test_the_largest_on_the_orthant(V, most):
    bound = largest_on_orthant(V, Fraction(most, 2), 128)
    assert most <= bound < most + Fraction(1, 10**30)
    assert largest_on_orthant(V, Fraction(2 * most), 128) < 2 * most  # clearly below: the level is enough


@given(st.integers(1, 5), st.integers(1, 3), st.integers(0, 10**6))
def test_no_point_of_the_orthant_is_above_the_bound(n, K, seed):
    generator = np.random.default_rng(seed)
    V = generator.integers(-4, 5, size=(n, K))
    points = np.abs(generator.normal(size=(200, n))) * (generator.random((200, n)) < 0.7)
    points = points[np.linalg.norm(points, axis=1) > 0]
    points /= np.linalg.norm(points, axis=1)[:, None]
    reached = (np.linalg.norm(points @ V, axis=1) ** 2).max(initial=0.0)
    assert reached <= float(largest_on_orthant(V.tolist(), Fraction(1, 100), 96)) + 1e-9


def brute_force(Y, beta, starts=12):
    """The least of L-BFGS over H >= 0 and A, of ample width."""
    from scipy.optimize import minimize

    Y = np.array([[float(entry) for entry in row] for row in Y])
    n, K = Y.shape
    width = 3 * n

    def value(flat):
        H, A = flat[: n * width].reshape(n, width), flat[n * width :].reshape(width, K)
        error = H @ A - Y
        slope = np.concatenate([(error @ A.T + beta * H).ravel(), (H.T @ error + beta * A).ravel()])
        return (error**2).sum() / 2 + beta / 2 * (flat**2).sum(), slope

    bounds = [(0, None)] * (n * width) + [(None, None)] * (width * K)
    generator = np.random.default_rng(0)
    return min(minimize(value, np.abs(generator.normal(size=(n + K) * width)), jac=True, bounds=bounds,
                        method="L-BFGS-B", options={"maxiter": 5000, "ftol": 1e-15}).fun for _ in range(starts))


RNG = random.Random(11)
SIZES = ((2, 2), (3, 2), (4, 3), (5, 2), (6, 3))
INSTANCES = [([[Fraction(RNG.randint(-9, 9), 3) for _ in range(K)] for _ in range(n)], Fraction(RNG.randint(1, 7), 4))
             for n, K in SIZES]
SYMMETRIC = [[1, -1], [-1, -1], [1, 1], [-1, -1], [1, 1], [-1, 1]]


@pytest.mark.parametrize("which", range(len(INSTANCES)))
def test_overlapping_outputs_are_solved(which):
    Y, beta = INSTANCES[which]
    found = network_optimum(relu(identity(len(Y)), Y, beta), digits=25)
    assert found.truth is Truth.HOLDS
    assert found.quantities["gap"].upper < Fraction(1, 10**25)
    least = float(found.quantities["objective"].lower)
    assert abs(brute_force(Y, float(beta)) - least) < 1e-6 * (1 + least)


def test_multiple_eigenvalues_do_not_hide_a_neuron():
    found = network_optimum(relu(identity(6), SYMMETRIC, "5/4"), digits=20)
    assert found.truth is Truth.HOLDS and found.quantities["gap"].upper < Fraction(1, 10**20)


#: Descent alone ends at three neurons of one support, beside which a fourth is worth 10^-6: gap 1.6e-3.
CLOSE = [[4, 2], [-4, 3], [-4, -4], [1, 2], [3, -4], [-1, 1]]


def test_neurons_that_approach_each_other_are_joined():
    found = network_optimum(relu(identity(6), CLOSE, 4), digits=25)
    assert found.truth is Truth.HOLDS and found.quantities["gap"].upper < Fraction(1, 10**25)
    assert found.quantities["rank"].lower == 5
    assert brute_force(CLOSE, 4) > float(found.quantities["objective"].lower) - 1e-9


def test_one_neuron_is_not_called_neurons():
    found = network_optimum(relu(identity(2), [[3, 3], [4, 4]], 1), digits=20)
    assert found.geometry in ("1 neuron", "nonnegative singular directions")
    assert [counted(number) for number in (0, 1, 2)] == ["no neurons", "1 neuron", "2 neurons"]


def test_the_second_derivative_of_the_search():
    generator = np.random.default_rng(3)
    H, A, Y = (generator.normal(size=shape) for shape in ((4, 3), (3, 2), (4, 2)))

    def slope(flat):
        P, Q = flat[:12].reshape(4, 3), flat[12:].reshape(3, 2)
        return np.concatenate([((P @ Q - Y) @ Q.T + 2 * P).ravel(), (P.T @ (P @ Q - Y) + 2 * Q).ravel()])

    flat = np.concatenate([H.ravel(), A.ravel()])
    rows = [(slope(flat + 1e-5 * e) - slope(flat - 1e-5 * e)) / 2e-5 for e in np.eye(len(flat))]
    assert np.allclose(rows, second_derivative(H, A, H @ A - Y, 2.0), atol=1e-8)


def test_the_value_does_not_depend_on_the_whitened_inputs():
    """X X^T = I with rational rows that are no unit vectors: the same minimum."""
    X = [["3/5", "4/5", 0], ["-4/5", "3/5", 0]]
    Y = [[1, -2, 1], [1, 1, 0]]
    there, here = (network_optimum(relu(data, Y, "1/3"), digits=20) for data in (X, identity(2)))
    assert there.truth is here.truth is Truth.HOLDS
    assert there.quantities["objective"].ball().overlaps(here.quantities["objective"].ball())


def test_columnwise_fitting_costs_more():
    """Two equal columns: one joint neuron, not one for each."""
    y = (1, 2, Fraction(1, 2))
    found = network_optimum(relu(identity(3), [[a, a] for a in y], "1/2"), digits=20)
    with flint.ctx.workprec(128):
        joint = flint.arb(fmpq_of(sum(Fraction(a) ** 2 for a in y) * 2)).sqrt() / 2 - flint.arb(1) / 8
        assert found.quantities["objective"].ball().overlaps(joint)


def fmpq_of(value):
    return flint.fmpq(value.numerator, value.denominator)


def test_beyond_the_supports_that_are_listed_bounds_are_shown():
    n = MOST_SAMPLES + 1
    Y = [[(i * i) % 5 - 2, (3 * i) % 7 - 3] for i in range(n)]
    found = network_optimum(relu(identity(n), Y, 1), digits=10)
    assert found.truth is Truth.UNDECIDED and found.geometry == "bounds"
    assert found.quantities["objective"].lower < found.quantities["objective"].upper
