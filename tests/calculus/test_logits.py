"""Diagonal plus low rank against componentwise differentiation, ball series and symmetry; facts both ways."""

from fractions import Fraction

import pytest
import sympy
from flint import arb, arb_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, exp, log

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.rational import Rationals
from ncproofs.arithmetic.series import BallSeries
from ncproofs.calculus.logit_facts import (
    _curvature,
    _directions,
    _nonnegative_between,
    is_convex,
    is_shift_invariant,
)
from ncproofs.calculus.logits import expand, explicit, logit_gradient, logit_hessian, value_at
from ncproofs.errors import InvalidProblem
from ncproofs.losses import Loss, cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.identities import vanishes
from ncproofs.losses.loss import K, M, S, T, Z
from ncproofs.truth import Rigor, Truth


def user(phi, *functions):
    return Loss("user", phi, functions or (exp(Z),), "a test")


PROBABILITY = exp(T) / S(1)
VALUE = log(S(1)) - T
MIXED = user(T * S(2) + S(1) ** 2 + T**3 / K, Z**3, exp(Z))

LOSSES = {
    "cross-entropy": cross_entropy(),
    "label smoothing": label_smoothing("1/10"),
    "focal(1/2)": focal("1/2"),
    "focal(2)": focal(2),
    "mean squared": mean_squared(),
    "poly-1": user(VALUE + Rational(1, 3) * (1 - PROBABILITY)),
    "mixed terms": MIXED,
}

rationals = st.fractions(-2, 2, max_denominator=6)
points = st.lists(rationals, min_size=2, max_size=4)
losses = st.sampled_from(sorted(LOSSES))


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("count", [2, 3])
def test_closed_form_equals_componentwise_differentiation(name, count):
    logits, gradient, hessian = explicit(LOSSES[name], count)
    direct = LOSSES[name].at(list(logits), 0)
    for k, z in enumerate(logits):
        assert vanishes(sympy.diff(direct, z) - gradient[k])
        for j in range(k, count):
            assert vanishes(sympy.diff(direct, z, logits[j]) - hessian[k, j])


def test_one_label_is_counted_once():
    """M is the number of labels of a sample, which is 1 here."""
    for found, plain in zip(explicit(user(M * VALUE), 3), explicit(user(VALUE), 3), strict=True):
        assert found == plain


def test_a_wrong_entry_is_seen():
    logits, gradient, _ = explicit(focal(2), 3)
    assert not vanishes(sympy.diff(focal(2).at(list(logits), 0), logits[1]) - gradient[2])


def dense(expansion):
    U = arb_mat([list(column) for column in expansion.columns]).transpose()
    low_rank = U * arb_mat([list(row) for row in expansion.core]) * U.transpose()
    size = len(expansion.diagonal)
    return low_rank + arb_mat([[expansion.diagonal[k] if k == j else 0 for j in range(size)] for k in range(size)])


@settings(max_examples=40, deadline=None)
@given(losses, points, st.data())
def test_ball_series_along_a_line_contain_the_closed_forms(name, logits, data):
    direction = data.draw(st.lists(rationals, min_size=len(logits), max_size=len(logits)))
    target = data.draw(st.integers(0, len(logits) - 1))
    ball, series = Ball(160), BallSeries(160, 2)
    with ball.working():
        z, v = [ball.constant(x) for x in logits], [ball.constant(x) for x in direction]
        expansion = expand(LOSSES[name], z, target, ball)
        along = value_at(LOSSES[name], [series.line(a, b) for a, b in zip(z, v, strict=True)], target, series)
        V = arb_mat(len(v), 1, v)
        assert along[0].overlaps(expansion.value)
        assert along[1].overlaps(sum((g * x for g, x in zip(expansion.gradient, v, strict=True)), arb(0)))
        assert (2 * along[2]).overlaps((V.transpose() * dense(expansion) * V)[0, 0])
        assert expansion.value.rad() < arb(2) ** -100


@settings(max_examples=25, deadline=None)
@given(losses, points)
def test_relabelling_the_other_classes_permutes_gradient_and_hessian(name, logits):
    ball = Ball(128)
    z = [ball.constant(x) for x in logits]
    order = [0, *range(len(z) - 1, 0, -1)]
    with ball.working():
        first = expand(LOSSES[name], z, 0, ball)
        second = expand(LOSSES[name], [z[k] for k in order], 0, ball)
        A, B = dense(first), dense(second)
        for k, source in enumerate(order):
            assert second.gradient[k].overlaps(first.gradient[source])
            for j, other in enumerate(order):
                assert B[k, j].overlaps(A[source, other]) and A[k, j].overlaps(A[j, k])


def test_exact_arithmetic():
    expansion = expand(mean_squared(), [Fraction(1, 2), Fraction(3), Fraction(-1)], 1, Rationals())
    assert expansion.gradient == (Fraction(1, 2), 2, -1)
    assert expansion.diagonal == (1, 1, 1) and all(entry == 0 for row in expansion.core for entry in row)
    assert expansion.value == Fraction(21, 8)


def test_symbolic_K_stays():
    assert K in logit_hessian(MIXED).core.free_symbols
    assert logit_gradient(label_smoothing("1/10")).partials[2] == -1 / (10 * K)


def test_bad_targets_are_refused():
    with pytest.raises(InvalidProblem, match="2 logits with target 2"):
        expand(cross_entropy(), [arb(0), arb(1)], 2, Ball(64))


SHIFT = {
    "cross-entropy": (cross_entropy(), Truth.HOLDS),
    "focal(1/2)": (focal("1/2"), Truth.HOLDS),
    "label smoothing": (label_smoothing("1/7"), Truth.HOLDS),
    "log S_1 - log K - t": (user(log(S(1) / K) - T), Truth.HOLDS),
    "mean squared": (mean_squared(), Truth.FAILS),
    "log S_1": (user(log(S(1))), Truth.FAILS),
    "nearly invariant": (user(VALUE + T / 10**12), Truth.FAILS),
}

CONVEX = {
    "cross-entropy": (cross_entropy(), Truth.HOLDS),
    "label smoothing": (label_smoothing("1/10"), Truth.HOLDS),
    "mean squared": (mean_squared(), Truth.HOLDS),
    "log-sum-exp": (user(log(S(1))), Truth.HOLDS),
    "ell + ell^2": (user(VALUE + VALUE**2), Truth.HOLDS),
    "poly-1 with weight 1": (user(VALUE + 1 - PROBABILITY), Truth.HOLDS),
    "poly-1 with weight 2": (user(VALUE + 2 * (1 - PROBABILITY)), Truth.FAILS),
    "poly-1 with weight -2": (user(VALUE - 2 * (1 - PROBABILITY)), Truth.FAILS),
    # F' (1 - x) rises in u for a weight up to 3, for F = ell + weight (1 - x^2)/2
    "ell + (1 - p^2)/2": (user(VALUE + (1 - PROBABILITY**2) / 2), Truth.HOLDS),
    "ell + 1 - p^2": (user(VALUE + 1 - PROBABILITY**2), Truth.HOLDS),
    "ell + 2 (1 - p^2)": (user(VALUE + 2 * (1 - PROBABILITY**2)), Truth.FAILS),
    "a denominator in ell": (user(log(1 + VALUE)), Truth.FAILS),
    "focal(1/10)": (focal("1/10"), Truth.FAILS),
    "focal(2)": (focal(2), Truth.FAILS),
    "1 - p": (user(1 - PROBABILITY), Truth.FAILS),
    "sum of cubes": (user(S(1), Z**3), Truth.FAILS),
    "sum of cubes with slope of coefficient 1": (user(S(1), Z**3 / 6), Truth.FAILS),
    "sum of fourth powers": (user(S(1), Z**4), Truth.HOLDS),
    "sum of inverse squares, undefined at zero": (user(S(1), Z**-2), Truth.UNDECIDED),
    "a loss that is nowhere real": (user(VALUE + log(-1 - PROBABILITY)), Truth.UNDECIDED),
}


@pytest.mark.parametrize("name", SHIFT)
def test_shift_invariance(name):
    loss, expected = SHIFT[name]
    evidence = is_shift_invariant(loss)
    assert evidence.truth is expected
    assert bool(evidence.witness) is (expected is Truth.FAILS)


@pytest.mark.parametrize("name", CONVEX)
def test_convexity(name):
    loss, expected = CONVEX[name]
    evidence = is_convex(loss)
    assert evidence.truth is expected
    assert evidence.rigor is {Truth.HOLDS: Rigor.EXACT, Truth.FAILS: Rigor.ENCLOSED}.get(expected, Rigor.SAMPLED)


@settings(max_examples=25, deadline=None)
@given(points, rationals)
def test_a_shift_changes_nothing_where_it_was_proved(logits, shift):
    ball = Ball(128)
    with ball.working():
        for name in ("cross-entropy", "focal(1/2)", "poly-1"):
            before = value_at(LOSSES[name], [ball.constant(z) for z in logits], 0, ball)
            after = value_at(LOSSES[name], [ball.constant(z + shift) for z in logits], 0, ball)
            assert before.overlaps(after)


def test_an_indefinite_quadratic_is_not_convex():
    """Its diagonal minors are 0: only the determinant of phi'' tells."""
    product = Loss("product", T * S(1), (Z,), "an indefinite form")
    assert is_convex(product).truth is not Truth.HOLDS
    assert is_convex(Loss("square", (T - S(1)) ** 2, (Z,), "a square")).truth is Truth.HOLDS


NONNEGATIVE = {
    "1/2 - y": ([(1, 2)], -1, False),
    "1 - y": ([(1, 1)], -1, True),
    "y - 1/2": ([(1, 2)], 1, False),
    "(y - 1/3)(y - 2/3)": ([(1, 3), (2, 3)], 1, False),
    "a double root": ([(1, 2)] * 2, 1, True),
    "minus a double root": ([(1, 2)] * 2, -1, False),
    "triple roots": ([(1, 3)] * 3 + [(2, 3)] * 3, 1, False),
    "roots at the ends": ([(0, 1), (1, 1)], -1, True),
    "beyond the ends": ([(-1, 2), (3, 2)], -1, True),
}


@pytest.mark.parametrize("name", NONNEGATIVE)
def test_signs_of_polynomials_between_0_and_1(name):
    roots, factor, expected = NONNEGATIVE[name]
    y = sympy.Symbol("y", positive=True)
    product = sympy.Mul(factor, *(y - Rational(*root) for root in roots))
    assert _nonnegative_between(sympy.Poly(product, y, domain="QQ")) is expected


@settings(max_examples=25)
@given(losses, points, st.data())
def test_a_curvature_of_either_sign_is_the_quadratic_form(name, logits, data):
    direction = tuple(data.draw(st.lists(st.integers(-2, 2), min_size=len(logits), max_size=len(logits))))
    ball = Ball(128)
    with ball.working():
        expansion = expand(LOSSES[name], [ball.constant(z) for z in logits], 0, ball)
        form = (arb_mat([direction]) * dense(expansion) * arb_mat([[v] for v in direction]))[0, 0]
        assert _curvature(expansion, direction).overlaps(form) and form.rad() < arb(2) ** -60


def test_a_witness_names_its_direction():
    """e_y is the first class, and e_2 and e_3 are the others that a witness names."""
    for count in (2, 3, 4):
        units = {name: [int(k == i) for k in range(count)] for i, name in enumerate(("e_y", "e_2", "e_3")[:count])}
        for name, direction in _directions(count):
            left, _, right = name.partition(" - ")
            first, second = (units.get(part, [int(part == "1")] * count) for part in (left, right))
            assert direction == tuple(a - b for a, b in zip(first, second, strict=True)), name
