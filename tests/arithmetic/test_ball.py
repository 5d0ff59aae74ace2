"""Balls contain the truth; signs are claimed only when proved."""

from fractions import Fraction

import pytest
from flint import arb, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.arithmetic.ball import (
    LADDER,
    Ball,
    ball_of,
    bracket_root,
    certified_negative,
    certified_positive,
    sign,
    sign_truth,
)
from ncproofs.arithmetic.enclosure import exact_bounds
from ncproofs.errors import InvalidProblem
from ncproofs.truth import Truth

rationals = st.fractions(min_value=-50, max_value=50, max_denominator=200)
B = Ball(128)

#: The interval [0, 2], with lower end exactly 0: a radius is rounded up, so arb(1, 1) reaches below 0.
FROM_ZERO = arb(1, 1).nonnegative_part()


def contains(ball: arb, value: Fraction) -> bool:
    lower, upper = exact_bounds(ball)
    return lower <= value <= upper


SIGNS = {
    "positive": (arb(2, 1), 1),
    "negative": (arb(-2, 1), -1),
    "the exact number 0": (arb(0), 0),
    "a ball around 0": (arb(0, 1), None),
    "a ball that touches 0": (FROM_ZERO, None),
    "NaN": (arb.nan(), None),
    "the whole line": (arb("0 +/- inf"), None),
}


@pytest.mark.parametrize("name", SIGNS)
def test_sign(name):
    ball, expected = SIGNS[name]
    assert sign(ball) == expected
    assert certified_positive(ball) is (expected == 1)
    assert certified_negative(ball) is (expected == -1)


RELATIONS = {
    "2 > 0": (arb(2), ">", Truth.HOLDS),
    "2 < 0": (arb(2), "<", Truth.FAILS),
    "0 >= 0": (arb(0), ">=", Truth.HOLDS),
    "0 > 0": (arb(0), ">", Truth.FAILS),
    "0 < 0": (arb(0), "<", Truth.FAILS),
    "0 <= 0": (arb(0), "<=", Truth.HOLDS),
    "[-1, 1] > 0": (arb(0, 1), ">", Truth.UNDECIDED),
    "[-1, 1] <= 0": (arb(0, 1), "<=", Truth.UNDECIDED),
    "[0, 2] > 0 may be 0": (FROM_ZERO, ">", Truth.UNDECIDED),
    "[0, 2] >= 0": (FROM_ZERO, ">=", Truth.HOLDS),
    "[0, 2] < 0": (FROM_ZERO, "<", Truth.FAILS),
    "NaN >= 0": (arb.nan(), ">=", Truth.UNDECIDED),
}


@pytest.mark.parametrize("name", RELATIONS)
def test_sign_truth(name):
    ball, relation, expected = RELATIONS[name]
    assert sign_truth(ball, relation) is expected


@given(rationals, rationals, st.sampled_from(LADDER))
def test_ring_operations_contain_the_exact_value(x, y, bits):
    ball = Ball(bits)
    a, b = ball.constant(x), ball.constant(y)
    assert contains(ball.add(a, b), x + y)
    assert contains(ball.multiply(a, b), x * y)
    if y:
        assert contains(ball.divide(a, b), x / y)
    else:
        assert ball.divide(a, b).is_nan()


@given(rationals, st.fractions(min_value=0, max_value=3, max_denominator=10), st.integers(-4, 6))
def test_integer_powers_contain_all_powers_of_the_ball(x, radius, exponent):
    ball = arb(fmpq(x.numerator, x.denominator), fmpq(radius.numerator, radius.denominator))
    power = B.integer_power(ball, exponent)
    for point in (x - radius, x, x + radius, Fraction(0) if abs(x) <= radius else x):
        if exponent >= 0:
            assert contains(power, point**exponent)
        elif power.is_finite():
            assert point and contains(power, point**exponent)


def test_a_ball_centred_at_zero_has_powers():
    # flint's own arb(0, 1)**2 is NaN.
    assert contains(B.integer_power(arb(0, 1), 2), Fraction(1))
    assert contains(B.integer_power(arb(0, 1), 3), Fraction(-1))
    assert exact_bounds(B.integer_power(arb(0, 1), 2))[0] > Fraction(-1, 1000)


POWERS = {  # base, exponent, points the result must contain, and a bound of its magnitude (None: NaN)
    "positive": (arb(4), arb("1/2"), [2], 3),
    "exactly 0": (arb(0), arb("1/2"), [0], 0),
    "around 0": (arb(0, 4), arb("1/2"), [0, 1, 2], 3),
    "touches 0": (arb(2, 2).nonnegative_part(), arb("3/2"), [0, 1, 8], 9),
    "exponent may be 0": (arb(0, 4), arb("1/4", "1/4").nonnegative_part(), [0, 1, 2], 3),
    "whole exponent, negative base": (arb(-2), arb(3), [-8], 8),
    "base certainly negative": (arb(-2), arb("1/2"), None, None),
    "negative exponent at 0": (arb(0, 1), arb("-1/2"), None, None),
    "exponent of unknown sign at 0": (arb(0, 1), arb(0, 1), None, None),
    "NaN base": (arb.nan(), arb("1/2"), None, None),
    "NaN base, exponent 0": (arb.nan(), arb(0), None, None),
}


@pytest.mark.parametrize("name", POWERS)
def test_real_power(name):
    base, exponent, points, bound = POWERS[name]
    power = B.real_power(base, exponent)
    if points is None:
        assert power.is_nan()
    else:
        assert all(power.contains(arb(point)) for point in points)
        assert power.abs_upper() <= bound


@given(st.fractions(min_value=0, max_value=9, max_denominator=99), st.fractions(0, 5, max_denominator=7))
def test_real_power_of_a_square_of_a_square_root(x, spread):
    base = arb(fmpq((x * x).numerator, (x * x).denominator), fmpq(spread.numerator, spread.denominator))
    assert contains(B.real_power(base, arb("1/2")), x)


def test_logarithm_of_a_ball_that_reaches_zero_certifies_nothing():
    for ball in (arb(0), arb(1, 1), arb(-3)):
        assert sign(B.log(ball)) is None
    assert sign(B.log(arb(2))) == 1


def test_precision_is_an_argument_and_is_put_back():
    before = ctx.prec
    third = Ball(300).constant(Fraction(1, 3))
    assert ctx.prec == before
    assert third.rad() < arb(2) ** -295
    with Ball(200).working():
        assert ctx.prec == 200
    assert ctx.prec == before
    assert ball_of(Fraction(1, 3), 64).rad() > arb(2) ** -70


@pytest.mark.parametrize("bits", [0, 1, -64, 2.5, True, "64"])
def test_bad_precision_is_refused(bits):
    with pytest.raises(InvalidProblem, match="bits"):
        Ball(bits)


def test_roots():
    two = bracket_root(lambda x: x * x - 2, Fraction(0), Fraction(2), 256)
    with ctx.workprec(300):
        assert two.contains(arb(2).sqrt()) and two.rad() < arb(2) ** -250
    assert bracket_root(lambda x: x * 2 - 1, Fraction(0), Fraction(1), 128).contains(arb("0.5"))
    three = bracket_root(lambda x: x.exp() - 3, Fraction(1, 3), Fraction(7, 3), 128)
    with ctx.workprec(200):
        assert three.contains(arb(3).log())


@settings(max_examples=30)
@given(st.fractions(-9, 9, max_denominator=50), st.sampled_from([64, 300]))
def test_the_rational_root_is_enclosed(root, bits):
    def cubic(x):
        shifted = x - fmpq(root.numerator, root.denominator)
        return shifted * (shifted * shifted + 1) * 7

    ball = bracket_root(cubic, Fraction(-10), Fraction(11), bits)
    assert contains(ball, root)
    assert ball.rad() <= arb(10) * arb(2) ** (2 - bits)


NO_SIGN_CHANGE = {
    "no root": lambda x: x * x + 1,
    "two roots": lambda x: (x - fmpq(1, 3)) * (x - fmpq(2, 3)),
    "a zero at the end": lambda x: x,
    "undecided at the end": lambda x: x + arb(0, 1),
    "NaN at the end": lambda x: x.log(),
}


@pytest.mark.parametrize("name", NO_SIGN_CHANGE)
def test_no_root_without_a_certified_sign_change(name):
    assert bracket_root(NO_SIGN_CHANGE[name], Fraction(0), Fraction(1), 128) is None


def test_a_noisy_function_gives_a_wide_bracket_that_still_contains_the_root():
    ball = bracket_root(lambda x: x * x - 2 + arb(0, "1e-6"), Fraction(0), Fraction(2), 128)
    assert ball.contains(arb(2).sqrt())
    assert arb("1e-8") < ball.rad() < arb("1e-4")


def test_steep_and_flat_functions_take_few_evaluations():
    for power in (1, 15):
        calls = []

        def f(x, power=power, calls=calls):
            calls.append(x)
            return B.integer_power(x, power) - fmpq(1, 2**power * 3)

        assert bracket_root(f, Fraction(0), Fraction(1), 256) is not None
        assert len(calls) < 200


def test_a_root_at_zero_ends():
    ball = bracket_root(lambda x: x * 3, Fraction(-1), Fraction(2), 64)
    assert ball.contains(arb(0)) and ball.rad() < arb(2) ** -64


def test_an_empty_interval_is_refused():
    with pytest.raises(InvalidProblem, match="lo < hi"):
        bracket_root(lambda x: x, Fraction(1), Fraction(1), 64)
