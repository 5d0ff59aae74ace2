"""Rationals: exact or refused."""

from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from ncproofs.arithmetic.program import lower
from ncproofs.arithmetic.rational import Rationals
from ncproofs.errors import InexactInput, InvalidProblem, OutOfScope
from ncproofs.truth import Rigor

Q = Rationals()
F = Fraction

EXACT = {
    "exp(0)": (lambda: Q.exp(F(0)), F(1)),
    "log(1)": (lambda: Q.log(F(1)), F(0)),
    "(4/9)^(1/2)": (lambda: Q.real_power(F(4, 9), F(1, 2)), F(2, 3)),
    "(27/8)^(-2/3)": (lambda: Q.real_power(F(27, 8), F(-2, 3)), F(4, 9)),
    "0^(1/2)": (lambda: Q.real_power(F(0), F(1, 2)), F(0)),
    "1^(1/7)": (lambda: Q.real_power(F(1), F(1, 7)), F(1)),
    "(-2)^3 as a real power": (lambda: Q.real_power(F(-2), F(3)), F(-8)),
    "a large cube root": (lambda: Q.real_power(F(12345678901234567**3), F(1, 3)), F(12345678901234567)),
    "1^(2^40)": (lambda: Q.integer_power(F(1), 2**40), F(1)),
}

REFUSED = {
    "exp(1)": (lambda: Q.exp(F(1)), InexactInput),
    "log(2)": (lambda: Q.log(F(2)), InexactInput),
    "log(0)": (lambda: Q.log(F(0)), InvalidProblem),
    "2^(1/2)": (lambda: Q.real_power(F(2), F(1, 2)), InexactInput),
    "(1/2)^(1/3)": (lambda: Q.real_power(F(1, 2), F(1, 3)), InexactInput),
    "a cube plus one": (lambda: Q.real_power(F(10**30 + 1), F(1, 3)), InexactInput),
    "2^(1/10^9)": (lambda: Q.real_power(F(2), F(1, 10**9)), InexactInput),
    "(-4)^(1/2)": (lambda: Q.real_power(F(-4), F(1, 2)), InvalidProblem),
    "1/0": (lambda: Q.divide(F(1), F(0)), InvalidProblem),
    "0^-1": (lambda: Q.integer_power(F(0), -1), InvalidProblem),
    "3^(10^9)": (lambda: Q.integer_power(F(3), 10**9), OutOfScope),
}


@pytest.mark.parametrize("name", EXACT)
def test_exact(name):
    operation, expected = EXACT[name]
    assert operation() == expected
    assert isinstance(operation(), Fraction)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    operation, error = REFUSED[name]
    with pytest.raises(error):
        operation()


@given(st.fractions(0, 100, max_denominator=99), st.integers(1, 6))
def test_roots_undo_powers(x, degree):
    assert Q.real_power(x**degree, F(1, degree)) == x


def test_a_program_runs_exactly():
    x = sympy.Symbol("x")
    (value,) = lower([(x**2 + 1) / (3 - x)], [x]).run(Q, {"x": F(1, 2)})
    assert value == F(1, 2)
    assert Q.rigor is Rigor.EXACT
