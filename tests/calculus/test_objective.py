"""The objective's value, gradient and Hessian against each other, ball series and Taylor slopes."""

import random
import time
from fractions import Fraction

import pytest
import sympy
from flint import arb, arb_mat, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.rational import Rationals
from ncproofs.arithmetic.series import BallSeries
from ncproofs.calculus.objective import dense_hessian, gradient_at, hessian_form, objective, objective_value
from ncproofs.errors import InvalidProblem
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.problems.features import Ridge

BITS = 160
BALL = Ball(BITS)
LOSSES = [cross_entropy(), label_smoothing("1/10"), focal("1/2"), focal(2), mean_squared()]

problems = st.builds(
    lambda loss, K, d, n, bias: Ridge(loss, K, d, n, "1/100", "1/50", bias),
    st.sampled_from(LOSSES),
    st.integers(2, 4),
    st.integers(1, 4),
    st.integers(1, 2),
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


def column(entries):
    return arb_mat(len(entries), 1, entries)


@settings(max_examples=30, deadline=None)
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
        v, hessian = column(flat(along)), dense_hessian(problem, *at, BITS)
        slope = sum((g * x for g, x in zip(flat(gradient_at(problem, *at, BITS)), flat(along), strict=True)), arb(0))
        form = hessian_form(problem, at, along, BITS)
        assert along_line[0].overlaps(objective_value(problem, *at, BITS))
        assert along_line[1].overlaps(slope)
        assert (2 * along_line[2]).overlaps(form)
        assert (v.transpose() * hessian * v)[0, 0].overlaps(form)
        assert form.rad() < arb(2) ** -80  # so that an overlap says something


@settings(max_examples=15, deadline=None)
@given(problems, st.integers(0, 10**6))
def test_the_dense_hessian_is_symmetric_as_stored(problem, seed):
    hessian = dense_hessian(problem, *random_point(problem, seed), BITS).tolist()
    assert len(hessian) == problem.dimension
    for i, row in enumerate(hessian):
        for j in range(i):
            assert row[j].mid() == hessian[j][i].mid() and row[j].rad() == hessian[j][i].rad()


@pytest.mark.parametrize("loss", [cross_entropy(), focal(2), mean_squared()], ids=str)
def test_every_entry_against_sympy(loss):
    """K = 2, d = 1, n = 2 with a bias: the Hessian of the expanded expression, at rational numbers."""
    problem = Ridge(loss, 2, 1, 2, "1/3", "1/5", "1/7")
    letters = sympy.symbols("w1 w2 h1 h2 h3 h4 b1 b2", real=True)
    w, h, b = letters[:2], letters[2:6], letters[6:]
    samples = (loss.at([w[k] * h[i] + b[k] for k in range(2)], i // 2) for i in range(4))
    total = sympy.Add(*samples) / 4 + sum(x**2 for x in w) / 6 + sum(x**2 for x in h) / 10 + sum(x**2 for x in b) / 14
    numbers = [Fraction(x, 7) for x in (3, -5, 2, 4, -6, 1, 8, -3)]
    with BALL.working():
        values = [BALL.constant(x) for x in numbers]
        dense = dense_hessian(problem, [values[:2]], [values[2:6]], [[x] for x in values[6:]], BITS)
        place = {x: sympy.Rational(v.numerator, v.denominator) for x, v in zip(letters, numbers, strict=True)}
        for i in range(8):
            for j in range(i, 8):
                expected = sympy.diff(total, letters[i], letters[j]).subs(place).evalf(40)
                assert abs(dense[i, j] - arb(str(expected))) < arb(10) ** -35


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_taylor_slopes(loss):
    """The remainder after the second-order expansion falls like s^3."""
    problem = Ridge(loss, 3, 2, 2, "1/100", "1/50", "1/10")
    at, along = random_point(problem, 1), random_point(problem, 2)
    with BALL.working():
        value, form = objective_value(problem, *at, BITS), hessian_form(problem, at, along, BITS)
        slope = sum((g * x for g, x in zip(flat(gradient_at(problem, *at, BITS)), flat(along), strict=True)), arb(0))
        remainders = []
        for power in (10, 11):
            s = arb(2) ** -power
            moved = tuple(x + y * s for x, y in zip(at, along, strict=True))
            model = value + slope * s + form * s * s / 2
            remainders.append(float(abs(objective_value(problem, *moved, BITS) - model)))
    assert remainders[0] / remainders[1] == pytest.approx(8, rel=0.05)


@settings(max_examples=15, deadline=None)
@given(problems, st.integers(0, 10**6))
def test_rotating_features_and_relabelling_classes_change_nothing(problem, seed):
    W, H, b = random_point(problem, seed)
    K, d, n = problem.K, problem.d, problem.n
    with BALL.working():
        value = objective_value(problem, W, H, b, BITS)
        if d > 1:
            rotation = arb_mat([[int(i == j) for j in range(d)] for i in range(d)])
            for (i, j), entry in {(0, 0): 3, (0, 1): -4, (1, 0): 4, (1, 1): 3}.items():
                rotation[i, j] = arb(fmpq(entry, 5))
            assert objective_value(problem, rotation * W, rotation * H, b, BITS).overlaps(value)
            turned = gradient_at(problem, rotation * W, rotation * H, b, BITS)
            for x, y in zip(
                (rotation * gradient_at(problem, W, H, b, BITS)[0]).entries(),
                turned[0].entries(),
                strict=True,
            ):
                assert x.overlaps(y)
        order = [*range(1, K), 0]
        relabelled = (
            arb_mat([[row[k] for k in order] for row in W.tolist()]),
            arb_mat([[row[k * n + i] for k in order for i in range(n)] for row in H.tolist()]),
            None if b is None else arb_mat([b.tolist()[k] for k in order]),
        )
        assert objective_value(problem, *relabelled, BITS).overlaps(value)


def test_a_feature_of_the_wrong_class_changes_the_value():
    problem = Ridge(cross_entropy(), 3, 2, 2, "1/100", "1/50")
    W, H, _ = random_point(problem, 5)
    swapped = arb_mat([[row[i] for i in (2, 1, 0, 3, 4, 5)] for row in H.tolist()])
    assert not objective_value(problem, W, swapped, None, BITS).overlaps(objective_value(problem, W, H, None, BITS))


def test_exact_value():
    problem = Ridge(mean_squared(), 2, 1, 1, "1/2", "1/3", 1)
    value = objective(
        problem,
        [[Fraction(1), Fraction(-1)]],
        [[Fraction(1, 2), Fraction(2)]],
        [Fraction(0), Fraction(1)],
        Rationals(),
    )
    # samples: z = (1/2, 1/2), y = 1; z = (2, -1), y = 2, so losses 1/4 and 4.
    assert value == Fraction(17, 8) + Fraction(1, 2) + Fraction(17, 24) + Fraction(1, 2)


def test_exact_value_without_a_bias():
    """The mean squared error sees a constant that is added to all logits."""
    problem = Ridge(mean_squared(), 2, 1, 1, "1/2", "1/3")
    W, H = [[Fraction(1), Fraction(-1)]], [[Fraction(1, 2), Fraction(2)]]
    # samples: z = (1/2, -1/2), y = 1; z = (2, -2), y = 2, so losses 1/4 and 13/2.
    expected = Fraction(27, 8) + Fraction(1, 2) + Fraction(17, 24)
    assert objective(problem, W, H, None, Rationals()) == expected
    found = objective_value(problem, arb_mat([[1, -1]]), arb_mat([[arb(1) / 2, 2]]), None, BITS)
    assert found.overlaps(BALL.constant(expected)) and found.rad() < arb(2) ** -80


WRONG = {
    "W transposed": (lambda W, H, b: (W.transpose(), H, b), "W has shape"),
    "H short": (lambda W, H, b: (W, arb_mat(2, 5), b), "H has shape"),
    "bias missing": (lambda W, H, b: (W, H, None), "b is needed"),
    "bias short": (lambda W, H, b: (W, H, arb_mat(2, 1)), "b has shape"),
}


@pytest.mark.parametrize("name", WRONG)
def test_shapes_are_checked(name):
    spoil, message = WRONG[name]
    problem = Ridge(cross_entropy(), 3, 2, 2, "1/100", "1/50", "1/10")
    with pytest.raises(InvalidProblem, match=message):
        dense_hessian(problem, *spoil(*random_point(problem, 0)), BITS)


def test_a_bias_where_there_is_none_is_refused():
    problem = Ridge(cross_entropy(), 3, 2, 2, "1/100", "1/50")
    with pytest.raises(InvalidProblem, match="b is not needed"):
        objective_value(problem, *random_point(problem, 0)[:2], arb_mat(3, 1), BITS)


def test_dimension_130_takes_well_under_a_second():
    problem = Ridge(focal(2), 5, 6, 3, "1/100", "1/50", "1/10")
    assert problem.dimension == 125
    dense_hessian(problem, *random_point(problem, 1), BITS)
    start = time.perf_counter()
    dense_hessian(problem, *random_point(problem, 2), BITS)
    assert time.perf_counter() - start < 1
