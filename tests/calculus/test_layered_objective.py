"""Value, gradient and Hessian of the layered model against differences of the value at many digits."""

import random

import pytest
from flint import arb, arb_mat, ctx, fmpq

from ncproofs.calculus.layered_objective import layered_gradient, layered_hessian, layered_value
from ncproofs.errors import InvalidProblem
from ncproofs.problems.layered import Layered

PROBLEMS = {
    "one layer": Layered(layers=1, K=2, n=2, lambdas="1/30", lambda_H="1/40", widths=3),
    "two layers": Layered(layers=2, K=3, n=1, lambdas="1/30,1/7", lambda_H="1/40", widths="2,3"),
    "three layers, unequal classes": Layered(layers=3, K=2, lambdas="1/3,1/7,1", lambda_H="1/4", class_sizes="2,1"),
}
BITS, STEP = 400, 60


def random_factors(problem, seed):
    generator = random.Random(seed)
    with ctx.workprec(BITS):
        return [arb_mat(r, c, [arb(fmpq(generator.randint(-9, 9), 7)) for _ in range(r * c)])
                for r, c in problem.shapes]


def moved(factors, direction, share):
    return [factor + change * share for factor, change in zip(factors, direction, strict=True)]


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_derivatives_against_differences(problem):
    X, D = random_factors(problem, 1), random_factors(problem, 2)
    along = [entry for factor in D for entry in factor.entries()]
    with ctx.workprec(BITS):
        h = arb(2) ** -STEP
        ahead, here, behind = (layered_value(problem, moved(X, D, s), None, BITS) for s in (h, arb(0), -h))
        slope = sum((g * d for g, d in zip(layered_gradient(problem, X, None, BITS), along, strict=True)), arb(0))
        column = arb_mat(len(along), 1, along)
        bend = (column.transpose() * layered_hessian(problem, X, BITS) * column)[0, 0]
        # The rest of Taylor's formula is of order h^2 and h^2 at values of size one.
        assert abs((ahead - behind) / (2 * h) - slope) < arb(2) ** (-2 * STEP + 40)
        assert abs((ahead - 2 * here + behind) / (h * h) - bend) < arb(2) ** (-2 * STEP + 40)
        assert abs(bend) > arb(fmpq(1, 100)) and abs(slope) > arb(fmpq(1, 100))


def test_the_bias_enters_value_and_gradient():
    problem = Layered(layers=2, K=2, n=2, lambdas="1/3,1/7", lambda_H="1/4", lambda_b="1/5")
    X = random_factors(problem, 3)
    with ctx.workprec(BITS):
        b = [arb(fmpq(1, 3)), arb(fmpq(-1, 2))]
        h = arb(2) ** -STEP
        gradient = layered_gradient(problem, X, b, BITS)
        assert len(gradient) == problem.dimension
        ahead, behind = (layered_value(problem, X, [b[0] + s, b[1]], BITS) for s in (h, -h))
        assert abs((ahead - behind) / (2 * h) - gradient[-2]) < arb(2) ** -STEP


@pytest.mark.parametrize("lambda_b", ["1/5", 0])
def test_second_derivatives_with_a_bias_against_differences_of_the_gradient(lambda_b):
    """Hess D is the slope of the gradient along D."""
    problem = Layered(layers=2, K=2, n=2, lambdas="1/3,1/7", lambda_H="1/4", lambda_b=lambda_b, widths=3)
    X, D = random_factors(problem, 5), random_factors(problem, 6)
    with ctx.workprec(BITS):
        h, b, along = arb(2) ** -STEP, [arb(fmpq(1, 3)), arb(fmpq(-1, 2))], [arb(fmpq(2, 3)), arb(fmpq(3, 5))]
        ahead, behind = (
            layered_gradient(problem, moved(X, D, s), [x + s * y for x, y in zip(b, along, strict=True)], BITS)
            for s in (h, -h)
        )
        entries = [entry for factor in D for entry in factor.entries()] + along
        hessian = layered_hessian(problem, X, BITS, b)
        assert hessian.nrows() == hessian.ncols() == len(entries) == problem.dimension
        image = (hessian * arb_mat(len(entries), 1, entries)).entries()
        for up, down, slope in zip(ahead, behind, image, strict=True):
            assert abs((up - down) / (2 * h) - slope) < arb(2) ** (-2 * STEP + 40)


def test_relu_value():
    """W_1 H = (1, -1; 0, 2): the ReLU drops the negative entry."""
    problem = Layered(layers=2, K=2, n=1, lambdas="1,1", lambda_H=1, relu=True)
    H, W1, W2 = arb_mat([[1, -1], [0, 2]]), arb_mat([[1, 0], [0, 1]]), arb_mat([[1, 0], [0, 1]])
    # relu(W_1 H) - I = (0, 0; 0, 1); decay (6 + 2 + 2)/2.
    assert layered_value(problem, [H, W1, W2], None, 64) == arb(1) / 4 + 5


REFUSED = {
    "a factor too few": lambda p, X: layered_value(p, X[:-1], None, 64),
    "wrong shapes": lambda p, X: layered_gradient(p, [X[0].transpose(), *X[1:]], None, 64),
    "a bias that is not there": lambda p, X: layered_value(p, X, [arb(0)] * 3, 64),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_wrong_shapes_are_refused(call):
    problem = PROBLEMS["two layers"]
    with pytest.raises(InvalidProblem, match="given"):
        call(problem, random_factors(problem, 0))


def test_no_derivatives_with_relu():
    problem = Layered(layers=2, K=2, lambdas="1,1", lambda_H=1, relu=True)
    for derivative in (lambda X: layered_gradient(problem, X, None, 64), lambda X: layered_hessian(problem, X, 64)):
        with pytest.raises(InvalidProblem, match="linear model only"):
            derivative(random_factors(problem, 0))
