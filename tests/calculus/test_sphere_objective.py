"""Value, gradient and Hessian on spheres against ball series along normalised lines, at random rational points."""

import random
from fractions import Fraction

import pytest
from flint import arb, arb_mat, ctx

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.series import BallSeries
from ncproofs.calculus.sphere_objective import (
    dense_riemannian_hessian,
    riemannian_form,
    riemannian_gradient,
    sphere_multipliers,
    sphere_objective,
    sphere_value,
    tangent_basis,
)
from ncproofs.errors import InvalidProblem
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.projected_mean_squared import projected_mean_squared
from ncproofs.problems.features import Spheres

BITS = 128
TINY = arb(10) ** -25
LOSSES = [cross_entropy(), label_smoothing("1/10"), focal(2), mean_squared(), projected_mean_squared()]
SIZES = [(3, 2, 1, "7/2"), (2, 4, 3, "1/3"), (4, 3, 2, "5")]


def unit(generator, d):
    """A rational unit vector: stereographic projection of a rational point."""
    flat = [Fraction(generator.randint(-12, 12), generator.randint(3, 11)) for _ in range(d - 1)]
    square = sum(x * x for x in flat)
    return [(square - 1) / (square + 1), *(2 * x / (square + 1) for x in flat)]


def tangent(generator, base):
    free = [Fraction(generator.randint(-9, 9), 4) for _ in base]
    inner = sum(x * y for x, y in zip(base, free, strict=True))
    return [y - inner * x for x, y in zip(base, free, strict=True)]


def random_pair(problem, seed):
    """Exact rational (W, H) on the spheres and a tangent direction, as rows."""
    generator = random.Random(seed)
    parts = []
    for count in (problem.K, problem.N):
        points = [unit(generator, problem.d) for _ in range(count)]
        parts.append((points, [tangent(generator, x) for x in points]))
    rows = [[list(row) for row in zip(*columns, strict=True)] for part in parts for columns in part]
    return (rows[0], rows[2]), (rows[1], rows[3])


def retracted(problem, at, along, series):
    ball = Ball(BITS)
    lines = [
        [[series.line(ball.constant(x), ball.constant(v)) for x, v in zip(row, moves, strict=True)]
         for row, moves in zip(part, direction, strict=True)]
        for part, direction in zip(at, along, strict=True)
    ]
    return sphere_objective(problem, *lines, series)


def coordinates(problem, at, along):
    """The direction in the orthonormal basis of the dense Hessian."""
    ball = Ball(BITS)
    entries = []
    for part, direction in zip(at, along, strict=True):
        for x, v in zip(zip(*part, strict=True), zip(*direction, strict=True), strict=True):
            basis = tangent_basis([ball.constant(e) for e in x])
            moved = basis.transpose() * arb_mat(len(v), 1, [ball.constant(e) for e in v])
            entries += moved.entries()
    return arb_mat(len(entries), 1, entries)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_the_closed_form_is_the_second_derivative_along_normalised_lines(loss, sizes):
    problem = Spheres(loss, *sizes)
    for seed in range(3):
        at, along = random_pair(problem, seed)
        series = BallSeries(BITS, 2)
        expected = retracted(problem, at, along, series)
        with Ball(BITS).working():
            value, slope, bend = expected[0], expected[1], 2 * expected[2]
            gradient = riemannian_gradient(problem, *at, BITS)
            moves = [arb(Ball(BITS).constant(v)) for part in along for row in part for v in row]
            first = sum((g * v for g, v in zip([*gradient[0].entries(), *gradient[1].entries()], moves,
                                               strict=True)), arb(0))
            form = riemannian_form(problem, at, along, BITS)
            x = coordinates(problem, at, along)
            dense = (x.transpose() * dense_riemannian_hessian(problem, *at, BITS) * x)[0, 0]
            pairs = [(sphere_value(problem, *at, BITS), value), (first, slope), (form, bend), (dense, bend)]
            for closed, jet in pairs:
                assert closed.overlaps(jet)
                assert closed.rad() < TINY and jet.rad() < TINY
            assert abs(form) > arb(10) ** -3  # so that an overlap says something


def test_a_wrong_multiplier_would_be_seen():
    """Without its normal part the Hessian form is off by sum alpha |dw|^2 + sum beta |dh|^2."""
    problem = Spheres(cross_entropy(), 3, 3, 1, 2)
    at, along = random_pair(problem, 5)
    series = BallSeries(BITS, 2)
    bend = 2 * retracted(problem, at, along, series)[2]
    alpha, beta = sphere_multipliers(problem, *at, BITS)
    with Ball(BITS).working():
        missing = arb(0)
        for weights, part in ((alpha, along[0]), (beta, along[1])):
            for weight, column in zip(weights, zip(*part, strict=True), strict=True):
                missing += weight * Ball(BITS).constant(sum(v * v for v in column))
        assert not (riemannian_form(problem, at, along, BITS) + missing).overlaps(bend)


@pytest.mark.parametrize("vector", [(3, 4, 0), (-3, 4, 0), (0, 0, 5), (-5, 0, 0)])
def test_tangent_basis_is_orthonormal(vector):
    with Ball(BITS).working():
        x = [arb(e) / 5 for e in vector]
        basis = tangent_basis(x)
        assert (basis.nrows(), basis.ncols()) == (3, 2)
        gram, normal = basis.transpose() * basis, arb_mat([x]) * basis
        for i in range(2):
            assert normal[0, i].contains(0) and normal[0, i].rad() < TINY
            for j in range(2):
                assert gram[i, j].contains(int(i == j)) and gram[i, j].rad() < TINY


def test_the_dense_hessian_is_symmetric_as_stored_and_of_the_right_size():
    problem = Spheres(focal(2), 3, 3, 2, 1)
    at, _ = random_pair(problem, 1)
    rows = dense_riemannian_hessian(problem, *at, 64).tolist()
    assert len(rows) == problem.dimension == 18
    assert all(rows[i][j].mid() == rows[j][i].mid() for i in range(18) for j in range(i))


def test_wrong_input():
    problem = Spheres(cross_entropy(), 2, 2, 1, 1)
    good = [[1, 0], [0, 1]]
    with pytest.raises(InvalidProblem, match="unit columns are needed"):
        sphere_value(problem, [[2, 0], [0, 1]], good, 64)
    with pytest.raises(InvalidProblem, match=r"\(2, 2\) is needed"):
        sphere_value(problem, [[1, 0, 0], [0, 1, 1]], good, 64)
    with pytest.raises(InvalidProblem, match=r"W has shape \(3, 2\), but \(2, 2\) is needed"):
        sphere_value(problem, [*good, [0, 0]], good, 64)
    with pytest.raises(InvalidProblem, match="integers, fractions or balls"):
        sphere_value(problem, [[1.0, 0], [0, 1]], good, 64)
    with pytest.raises(InvalidProblem, match="orthogonal to its point"):
        riemannian_form(problem, (good, good), ([[1, 0], [0, 0]], [[0, 0], [0, 0]]), 64)
    with pytest.raises(InvalidProblem, match="d >= 2"):
        Spheres(cross_entropy(), 2, 1, 1, 1)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_the_gradient_is_tangent(loss):
    problem = Spheres(loss, 3, 4, 2, "7/2")
    at, _ = random_pair(problem, 5)
    for base, gradient in zip(at, riemannian_gradient(problem, *at, BITS), strict=True):
        columns = zip(zip(*base, strict=True), zip(*gradient.tolist(), strict=True), strict=True)
        for point, slope in columns:
            with ctx.workprec(BITS):
                inner = sum((arb(x.numerator) / x.denominator * g for x, g in zip(point, slope, strict=True)), arb(0))
            assert abs(inner) < TINY
            assert any(g > 0 or g < 0 for g in slope)
