"""Real number fields: exact zero tests, signs and inverses."""

from fractions import Fraction

import pytest
from flint import fmpq_poly
from hypothesis import given
from hypothesis import strategies as st

from ncproofs.arithmetic.number_field import RATIONALS, NumberField
from ncproofs.errors import InvalidProblem

ROOT_TWO = NumberField(fmpq_poly([-2, 0, 1]), Fraction(1), Fraction(2))
CUBIC = NumberField(fmpq_poly([1, -3, -9, 3]), Fraction(0), Fraction(1, 2))
NUMBERS = st.lists(st.fractions(max_denominator=20, min_value=-5, max_value=5), min_size=3, max_size=3)


def test_arithmetic_of_root_two():
    r = ROOT_TWO.root
    assert ROOT_TWO.product(r, r) == ROOT_TWO.element(2)
    assert ROOT_TWO.sign(ROOT_TWO.element([Fraction(-141, 100), 1])) == 1
    assert ROOT_TWO.sign(ROOT_TWO.element([Fraction(-142, 100), 1])) == -1
    assert ROOT_TWO.sign(ROOT_TWO.product(r, r) - ROOT_TWO.element(2)) == 0


def test_a_difference_of_two_to_the_minus_600_has_a_sign():
    # Convergents p/q of sqrt 2 satisfy p^2 - 2 q^2 = +-1.
    p, q = 1, 1
    for _ in range(400):
        p, q = p + 2 * q, p + q
    assert ROOT_TWO.sign(ROOT_TWO.element([Fraction(-p, q), 1])) == (1 if p * p < 2 * q * q else -1)


@given(NUMBERS)
def test_an_inverse_is_one(coefficients):
    value = CUBIC.element(coefficients)
    if value.is_zero():
        with pytest.raises(InvalidProblem):
            CUBIC.inverse(value)
    else:
        assert CUBIC.product(value, CUBIC.inverse(value)) == CUBIC.element(1)


@given(NUMBERS)
def test_a_sign_agrees_with_the_ball(coefficients):
    value = CUBIC.element(coefficients)
    ball = CUBIC.ball(value, 200)
    assert CUBIC.sign(value) == (0 if value.is_zero() else 1 if ball > 0 else -1)


@pytest.mark.parametrize(("polynomial", "low", "high"), [
    ([-4, 0, 1], 1, 3),  # reducible
    ([1], 0, 1),  # constant
    ([4, 0, -4, 0, 1], 1, 2),  # a square
    ([-2, 0, 1], -2, 2),  # two zeros inside
    ([-2, 0, 1], 2, 3),  # none
])
def test_moduli_refused(polynomial, low, high):
    with pytest.raises(InvalidProblem):
        NumberField(fmpq_poly(polynomial), Fraction(low), Fraction(high))


def test_the_rationals_are_a_field_too():
    assert RATIONALS.sign(RATIONALS.element(Fraction(-1, 3))) == -1
    assert RATIONALS.inverse(RATIONALS.element(4)) == RATIONALS.element(Fraction(1, 4))
