"""Value, gradient and Hessian with label sets: against ball series, SymPy and the single-label calculus."""

import random

import pytest
import sympy
from flint import arb, arb_mat, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.series import BallSeries
from ncproofs.calculus.logits import expand, value_at
from ncproofs.calculus.objective import dense_hessian, gradient_at, hessian_form, objective, objective_value
from ncproofs.errors import InvalidProblem
from ncproofs.losses import cross_entropy, pick_all_label
from ncproofs.losses.loss import Loss, M, S, T, Z
from ncproofs.problems.features import Ridge
from ncproofs.problems.multilabel import MultiLabel

BITS = 160
BALL = Ball(BITS)
#: Not a multiple of pick-all-label cross-entropy, and not shift invariant: the calculus knows no special case.
OTHER = Loss("other", M * sympy.log(S(1)) - T + S(2) / 7 - T**2 / (5 * M), (sympy.exp(Z), Z**2), "a test")

problems = st.builds(
    lambda loss, K, d, sets, bias: MultiLabel(
        K=K,
        d=d,
        lambda_W="1/100",
        lambda_H="1/50",
        lambda_b=bias,
        weights="2:1/3",
        labels=[{1 + (label - 1) % K for label in labels} for labels in sets],
        loss=loss,
    ),
    st.sampled_from([pick_all_label(), pick_all_label(1), OTHER]),
    st.integers(2, 4),
    st.integers(1, 3),
    st.lists(st.sets(st.integers(1, 4), min_size=1), min_size=1, max_size=4),
    st.sampled_from([None, 0, "1/10"]),
)


def random_matrix(generator, rows, columns):
    return arb_mat(rows, columns, [arb(fmpq(generator.randint(-15, 15), 10)) for _ in range(rows * columns)])


def random_point(problem, seed):
    generator = random.Random(seed)
    with BALL.working():
        W = random_matrix(generator, problem.d, problem.K)
        H = random_matrix(generator, problem.d, problem.N)
        return W, H, random_matrix(generator, problem.K, 1) if problem.has_bias else None


def flat(point):
    return [entry for part in point if part is not None for entry in part.entries()]


@settings(max_examples=25, deadline=None)
@given(problems, st.integers(0, 10**6))
def test_three_ways_to_the_second_derivative(problem, seed):
    at, along = random_point(problem, seed), random_point(problem, seed + 1)
    series = BallSeries(BITS, 2)

    def lines(left, right):
        pairs = zip(left.tolist(), right.tolist(), strict=True)
        return [[series.line(a, b) for a, b in zip(x, y, strict=True)] for x, y in pairs]

    bias = None if at[2] is None else [row[0] for row in lines(at[2], along[2])]
    with BALL.working():
        along_line = objective(problem, lines(at[0], along[0]), lines(at[1], along[1]), bias, series)
        vector = flat(along)
        column = arb_mat(len(vector), 1, vector)
        slope = sum((g * x for g, x in zip(flat(gradient_at(problem, *at, BITS)), vector, strict=True)), arb(0))
        form = hessian_form(problem, at, along, BITS)
        assert along_line[0].overlaps(objective_value(problem, *at, BITS))
        assert along_line[1].overlaps(slope)
        assert (2 * along_line[2]).overlaps(form)
        assert (column.transpose() * dense_hessian(problem, *at, BITS) * column)[0, 0].overlaps(form)
        assert form.rad() < arb(2) ** -80


def test_everything_is_linear_in_the_weight_of_a_sample():
    """Weight 1 is left out of the products, so it is compared with 2 and 3."""
    with BALL.working():
        found = []
        for weight in (1, 2, 3):
            problem = MultiLabel(K=2, d=1, labels="1; 1 2", lambda_W="1/2", lambda_H="1/3", weights=f"1:{weight}")
            W, H, _ = at = random_point(problem, 1)
            value = objective(problem, W.tolist(), H.tolist(), None, BALL)
            assert value.overlaps(objective_value(problem, *at, BITS))
            form = hessian_form(problem, at, random_point(problem, 2), BITS)
            dense = dense_hessian(problem, *at, BITS).entries()
            found.append([value, form, *flat(gradient_at(problem, *at, BITS)), *dense])
        moves = [(one, two - one, three - two) for one, two, three in zip(*found, strict=True)]
        assert all(first.overlaps(second) and first.rad() < arb(2) ** -80 for _, first, second in moves)
        assert sum(not first.contains(0) for _, first, _ in moves) > 5


@settings(max_examples=10, deadline=None)
@given(st.integers(2, 4), st.integers(1, 3), st.integers(1, 2), st.integers(0, 10**6))
def test_one_label_each_is_the_ridge_model(K, d, n, seed):
    ridge = Ridge(cross_entropy(), K, d, n, "1/100", "1/50", "1/10")
    sets = MultiLabel(K=K, d=d, counts={1: n}, lambda_W="1/100", lambda_H="1/50", lambda_b="1/10")
    point = random_point(ridge, seed)
    assert objective_value(ridge, *point, BITS).overlaps(objective_value(sets, *point, BITS))
    assert (dense_hessian(ridge, *point, BITS) - dense_hessian(sets, *point, BITS)).contains(
        arb_mat(ridge.dimension, ridge.dimension)
    )


def test_against_sympy():
    z = sympy.symbols("z1:4", real=True)
    place = {symbol: sympy.Rational(v, 7) for symbol, v in zip(z, (3, -5, 2), strict=True)}
    with BALL.working():
        values = [arb(fmpq(v, 7)) for v in (3, -5, 2)]
    for loss in (pick_all_label(), OTHER):
        expression = loss.at(list(z), (0, 2))
        with BALL.working():
            found = expand(loss, values, (0, 2), BALL)
            assert abs(found.value - arb(str(expression.subs(place).evalf(40)))) < arb(10) ** -35
            for k, symbol in enumerate(z):
                expected = sympy.diff(expression, symbol).subs(place).evalf(40)
                assert abs(found.gradient[k] - arb(str(expected))) < arb(10) ** -35


@pytest.mark.parametrize("target", [(), (3,), (0, 0), (-1,), 3])
def test_targets_are_checked(target):
    with pytest.raises(InvalidProblem, match="0 <= target < K"):
        value_at(pick_all_label(), [arb(0)] * 3, target, BALL)


def test_swapping_label_sets_changes_the_value():
    problem = MultiLabel(K=3, d=2, labels="1; 2 3; 1 2", lambda_W="1/100", lambda_H="1/50")
    other = MultiLabel(K=3, d=2, labels="2 3; 1; 1 2", lambda_W="1/100", lambda_H="1/50")
    point = random_point(problem, 5)
    assert not objective_value(problem, *point, BITS).overlaps(objective_value(other, *point, BITS))
