"""Ball series against derivatives known in closed form."""

from fractions import Fraction

import pytest
import sympy
from flint import arb, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.program import lower
from ncproofs.arithmetic.series import BallSeries
from ncproofs.errors import InvalidProblem

X = sympy.Symbol("x", real=True)
ORDER = 4
A = BallSeries(192, order=ORDER)

EXPRESSIONS = {
    "polynomial": (X**3 - 2 * X + 1, 2),
    "quotient": ((X + 1) / (X**2 + 1), 1),
    "negative power": (X**-3, 2),
    "exponential": (sympy.exp(X**2), 1),
    "logarithm": (sympy.log(1 + sympy.exp(X)), -1),
    "real power": ((1 + X**2) ** sympy.Rational(5, 3), 1),
    "variable exponent": (X**X, 2),
    "focal loss": ((1 - sympy.exp(-X)) ** sympy.Rational(5, 2) * X, 1),
    "even power at zero": ((X - 2) ** 2, 2),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_derivatives_along_a_line(name):
    expression, point = EXPRESSIONS[name]
    direction = Fraction(3, 2)
    program = lower([expression], [X])
    value = A.line(arb(point), Ball(192).constant(direction))
    (series,) = program.run(A, {"x": value})
    ball = Ball(192)
    for times in range(ORDER + 1):
        exact = sympy.diff(expression, X, times) * sympy.Rational(3, 2) ** times
        (expected,) = lower([exact.subs(X, point)], []).run(ball, {})
        found = A.derivative(series, times)
        assert found.overlaps(expected)
        assert found.rad() < arb(2) ** -150


def test_hessian_form_of_two_variables():
    x, y = sympy.symbols("x y", real=True)
    f = sympy.exp(x * y) + x**2 / y
    u, v = Fraction(1), Fraction(-2)
    hessian = sympy.hessian(f, (x, y)).subs({x: 1, y: 2})
    form = (sympy.Matrix([[u, v]]) * hessian * sympy.Matrix([u, v]))[0]
    second = BallSeries(128, order=2)
    line = {"x": second.line(arb(1), arb(1)), "y": second.line(arb(2), arb(-2))}
    (series,) = lower([f], [x, y]).run(second, line)
    (expected,) = lower([form], []).run(Ball(128), {})
    assert second.derivative(series, 2).overlaps(expected)
    with ctx.workprec(128):
        assert not second.derivative(series, 2).overlaps(expected + arb("1e-30"))


@settings(max_examples=40)
@given(st.lists(st.fractions(-3, 3, max_denominator=9), min_size=5, max_size=5))
def test_inverse_operations_cancel(coefficients):
    with ctx.workprec(A.bits):
        series = tuple(arb(fmpq(c.numerator, c.denominator)) for c in coefficients)
    with_unit = A.add(series, A.constant(4))
    for round_trip in (A.log(A.exp(series)), A.divide(A.multiply(series, with_unit), with_unit)):
        assert all(a.overlaps(b) for a, b in zip(series, round_trip, strict=True))
        assert all(b.rad() < arb(2) ** -100 for b in round_trip)


HALF = A.constant(Fraction(1, 2))
UNDEFINED = {
    "quotient by a ball around 0": lambda: A.divide(A.constant(1), A.line(arb(0, 1), arb(1))),
    "logarithm that reaches 0": lambda: A.log(A.line(arb(1, 1), arb(1))),
    "logarithm of a negative number": lambda: A.log(A.line(arb(-2), arb(1))),
    "slope of a square root at 0": lambda: A.real_power(A.line(arb(0, 1), arb(1)), HALF)[1:],
    "negative base": lambda: A.real_power(A.line(arb(-1), arb(1)), HALF),
    "0 to a negative power": lambda: A.integer_power(A.line(arb(0), arb(1)), -1),
}


@pytest.mark.parametrize("name", UNDEFINED)
def test_undefined_coefficients_are_nan(name):
    assert all(coefficient.is_nan() for coefficient in UNDEFINED[name]())


def test_value_of_a_square_root_at_zero_is_still_enclosed():
    value = A.real_power(A.line(arb(0, 1), arb(1)), A.constant(Fraction(1, 2)))[0]
    assert value.contains(arb(1)) and value.abs_upper() < 2


def test_orders_outside_the_series_are_refused():
    with pytest.raises(InvalidProblem, match="order"):
        BallSeries(64, order=-1)
    with pytest.raises(InvalidProblem, match="times"):
        A.derivative(A.constant(1), ORDER + 1)
    with pytest.raises(InvalidProblem, match="bits"):
        BallSeries(0)
