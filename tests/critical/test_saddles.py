"""Closed-form saddles against the objective, its gradient and its dense Hessian at the same points."""

from fractions import Fraction

import pytest
import sympy
from flint import arb, arb_mat

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.linalg import eigenvalue_enclosures
from ncproofs.calculus.objective import dense_hessian, gradient_at, hessian_form, objective_value
from ncproofs.critical.saddles import merged_point, merged_saddle, origin_of, origin_saddle
from ncproofs.errors import OutOfScope
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import Loss, S, T, Z
from ncproofs.problems.features import Ridge

BITS = 128
PULLED = Loss("pulled", S(1) + 2 * T - T**2, (Z**2 + sympy.exp(Z) / 3,), "a test")
LOSSES = [cross_entropy(), label_smoothing("1/10"), focal(2), mean_squared(), PULLED]


def at_zero(problem):
    return arb_mat(problem.d, problem.K), arb_mat(problem.d, problem.N), arb_mat(problem.K, 1) if (
        problem.has_bias) else None


def least_direction(problem, sign):
    """w_1 - w_2 and the samples of these classes, of the lengths that the weights ask for."""
    n, blank = problem.n, [0] * (problem.K - 2)
    ratio = (Ball(BITS).constant(problem.lambda_H / problem.lambda_W)).sqrt()
    w, h = (ratio / 2).sqrt(), sign * (1 / (2 * n * ratio)).sqrt()
    W = [[w, -w, *blank]]
    H = [[h] * n + [-h] * n + [arb(0)] * (n * len(blank))]
    return arb_mat(W), arb_mat(H), None


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("K", [2, 4])
def test_the_origin_of_any_loss(loss, K):
    problem = Ridge(loss, K, 1, 3, "1/7", "1/5")
    found = origin_of(problem, BITS)
    with Ball(BITS).working():
        zero = at_zero(problem)
        assert found.value.ball().overlaps(objective_value(problem, *zero, BITS))
        forms = [hessian_form(problem, zero, least_direction(problem, sign), BITS) for sign in (1, -1)]
        least = min(forms, key=lambda form: form.mid())
        assert found.curvature.ball().overlaps(least) and least.rad() < arb(2) ** -80
        assert (found.pull.upper < 0) is not (loss is PULLED)


@pytest.mark.parametrize("loss", LOSSES[:3], ids=str)
@pytest.mark.parametrize("weight", ["1/20", 2])
def test_the_origin_of_softmax_losses_is_a_saddle_where_the_weights_are_small(loss, weight):
    problem = Ridge(loss, 3, 2, 2, weight, weight, 0)
    saddle, any_loss = origin_saddle(problem, BITS), origin_of(problem, BITS)
    assert saddle.value.ball().overlaps(any_loss.value.ball())
    assert saddle.curvature.ball().overlaps(any_loss.curvature.ball())
    negative = [value < 0 for value in eigenvalue_enclosures(dense_hessian(problem, *at_zero(problem), BITS), BITS)]
    assert sum(negative) == saddle.negative_eigenvalues == (0 if weight == 2 else 4)
    assert (saddle.curvature.upper < 0) is (weight != 2)


def test_the_origin_has_to_be_critical_in_the_bias():
    pushed = Loss("pushed", S(1) - 2 * T, (sympy.exp(Z) / 4,), "a test")  # pull + K beta = K/4 - 2, which is 0 at K = 8
    assert origin_of(Ridge(pushed, 8, 1, 1, 1, 1, 0), BITS).pull.ball().overlaps(arb(-2))
    for problem in (Ridge(pushed, 4, 1, 1, 1, 1, 0), Ridge(PULLED, 4, 1, 1, 1, 1, 0)):
        with pytest.raises(OutOfScope, match="not critical"):
            origin_of(problem, BITS)


MERGED = [(loss, K, groups, d) for loss in LOSSES[:2] for K, groups, d in ((4, 2, 2), (6, 3, 4), (6, 2, 1))]


@pytest.mark.parametrize(("loss", "K", "groups", "d"), MERGED, ids=str)
def test_merged_points(loss, K, groups, d):
    """At d = G - 1 the null sector is empty, and no eigenvalue is that of its direction."""
    problem = Ridge(loss, K, d, 2, "1/50", "1/50", 0)
    saddle, point = merged_saddle(problem, groups, BITS), merged_point(problem, groups, BITS)
    assert saddle.value.ball().overlaps(objective_value(problem, *point, BITS))
    for part in gradient_at(problem, *point, BITS):
        assert all(entry.contains(0) and entry.rad() < arb(2) ** -80 for entry in part.entries())
    with Ball(BITS).working():
        values = eigenvalue_enclosures(dense_hessian(problem, *point, BITS), BITS)
        # with equal weights the explicit direction has length sqrt 2, and its curvature is twice an eigenvalue
        assert sum(bool((2 * value).overlaps(saddle.curvature.ball())) for value in values) == (
            saddle.negative_eigenvalues)
    assert saddle.curvature.upper < 0 and saddle.negative_eigenvalues == (d - groups + 1) * (K - groups)


@pytest.mark.parametrize("loss", LOSSES[:2], ids=str)
def test_merged_points_exist_below_the_threshold_only(loss):
    """c < (1 - alpha)/K: a positive margin, whose sign changes there."""
    edge = (1 - loss.parameters.get("alpha", 0)) / Fraction(4)
    inside, outside = (edge * (1 + Fraction(side, 1000)) for side in (-1, 1))
    assert merged_saddle(Ridge(loss, 4, 2, 1, inside, inside), 2, BITS).margin.lower > 0
    with pytest.raises(OutOfScope, match="K c >= 1 - alpha"):
        merged_saddle(Ridge(loss, 4, 2, 1, outside, outside), 2, BITS)
