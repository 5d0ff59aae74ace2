"""mpmath digits and float arrays: estimates that agree with balls and never claim more."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb, ctx

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.digits import Digits
from ncproofs.arithmetic.floating import FloatArrays
from ncproofs.arithmetic.program import lower
from ncproofs.errors import InvalidProblem
from ncproofs.truth import Rigor

X = sympy.Symbol("x")
EXPRESSION = (1 - sympy.exp(-X)) ** sympy.Rational(5, 2) * sympy.log(1 + X**3) / (X - 5)
PROGRAM = lower([EXPRESSION], [X])


def test_digits_agree_with_balls():
    digits = Digits(50)
    (estimate,) = PROGRAM.run(digits, {"x": digits.constant(Fraction(7, 3))})
    ball = Ball(256)
    (enclosure,) = PROGRAM.run(ball, {"x": ball.constant(Fraction(7, 3))})
    with ctx.workprec(256):
        text = digits.context.nstr(estimate, 50)
        assert abs(enclosure - arb(text)) < arb("1e-47")


def test_the_global_context_is_left_alone():
    before = mpmath.mp.dps
    Digits(77)
    assert mpmath.mp.dps == before
    assert Digits(77).context is not mpmath.mp
    assert Digits(40) == Digits(40) != Digits(41)


def test_nothing_here_is_rigorous():
    assert Digits(30).rigor is FloatArrays().rigor is Rigor.ESTIMATED


UNDEFINED = {
    "log(-1)": lambda a: a.log(a.constant(-1)),
    "1/0": lambda a: a.divide(a.constant(0), a.constant(0)),
    "(-1)^(1/2)": lambda a: a.real_power(a.constant(-1), a.constant(Fraction(1, 2))),
}


@pytest.mark.parametrize("name", UNDEFINED)
def test_undefined_is_nan(name):
    for arithmetic in (Digits(20), FloatArrays()):
        value = UNDEFINED[name](arithmetic)
        assert value != value


def test_powers_of_zero():
    digits = Digits(20)
    zero = digits.constant(0)
    assert digits.real_power(zero, digits.constant(Fraction(1, 2))) == 0
    assert digits.context.isnan(digits.real_power(zero, digits.constant(Fraction(-1, 2))))
    assert digits.context.isnan(digits.integer_power(zero, -1))
    assert digits.real_power(digits.constant(-2), digits.constant(3)) == -8


@pytest.mark.parametrize("dps", [0, -1, True, 1.5, 10**6])
def test_bad_digits_are_refused(dps):
    with pytest.raises(InvalidProblem, match="dps"):
        Digits(dps)


def test_float_arrays_broadcast_and_agree_with_digits():
    points = np.array([[0.5, 1.0], [2.0, 3.0]])
    (values,) = PROGRAM.run(FloatArrays(), {"x": points})
    digits = Digits(30)
    for point, value in zip(points.ravel(), values.ravel(), strict=True):
        (expected,) = PROGRAM.run(digits, {"x": digits.constant(Fraction(point))})
        assert value == pytest.approx(float(expected), rel=1e-13)


def test_float_arrays_overflow_without_a_warning():
    huge = np.array([1e308, -1.0])
    assert np.isinf(FloatArrays().multiply(huge, huge)[0])
    assert np.isinf(FloatArrays().exp(huge)[0])
    assert FloatArrays().integer_power(np.array([-2.0]), 3)[0] == -8
