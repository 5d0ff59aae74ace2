"""The exact zero test: identities it must see, and inequalities it must never call identities."""

from fractions import Fraction

import pytest
import sympy
from sympy import exp, log, sqrt

from ncproofs.losses.identities import constant_value, vanishes
from ncproofs.losses.loss import ELL, K, S, T

HALF = sympy.Rational(1, 2)

IDENTITIES = {
    "exp of a sum": exp(T + ELL) / exp(T) - exp(ELL),
    "log of a product with a positive factor": log(exp(T) * S(1) + exp(2 * T)) - T - log(S(1) + exp(T)),
    "log of whole numbers": log(6 * K) - log(2) - log(3) - log(K),
    "root of a product": sqrt(exp(T) + exp(3 * T)) - exp(T / 2) * sqrt(1 + exp(2 * T)),
    "derivative of a root": sympy.diff(sqrt(1 - exp(T)), T) * 2 * (1 - exp(T)) + exp(T) * sqrt(1 - exp(T)),
    "neighbouring high powers": (1 - exp(T)) ** 1000 - (1 - exp(T)) * sympy.Pow(1 - exp(T), 999),
    "variable exponent": S(1) ** T - exp(T * log(S(1))),
    "log of a quotient": log(1 - exp(T) / (exp(T) + 1)) + log(1 + exp(T)),
    "products of roots": sqrt(1 - exp(T)) * (S(1) + sqrt(1 - exp(T)) * exp(T)) / S(1)
    - sqrt(1 - exp(T))
    - (exp(T) - exp(2 * T)) / S(1),
    "fractions in the exponent": exp(T / K + 1 / K) - exp(T / K) * exp(1 / K),
}

DIFFERENT = {
    "a letter": T,
    "exp t and 1": exp(T) - 1,
    "log t^2 and 2 log t, which differ for t < 0": log(T**2) - 2 * log(T),
    "log of a product of unknown signs": log(T * S(1)) - log(T) - log(S(1)),
    "high powers": (1 - exp(T)) ** 1000 - (1 - exp(T)) ** 999,
    "exp t and exp 2t": exp(T) - exp(2 * T),
    "exp of a product": exp(T * S(1)) - exp(T) * exp(S(1)),
    "square root of a square": sqrt(T**2 + 2 * T * S(1) + S(1) ** 2) - T - S(1),
    "a product of roots with a wrong sign": sqrt(1 - exp(T)) * (S(1) + sqrt(1 - exp(T)) * exp(T)) / S(1)
    - sqrt(1 - exp(T))
    + (exp(T) - exp(2 * T)) / S(1),
    "small difference": exp(T) - exp(T) * (1 + sympy.Rational(1, 10**30)),
    "coefficient 1 and a tiny scale": exp(T) - exp(T / 5040),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities_are_proved(name):
    assert vanishes(IDENTITIES[name])


@pytest.mark.parametrize("name", DIFFERENT)
def test_different_expressions_are_never_called_equal(name):
    assert not vanishes(DIFFERENT[name])


def test_constants_are_read_off():
    assert constant_value(exp(T) / (3 * exp(T)) - HALF) == Fraction(-1, 6)
    assert constant_value(T) is None


def test_a_normal_form_that_would_explode_is_given_up():
    nested = S(1)
    for _ in range(12):
        nested = (1 + nested) ** 7 + T
    assert not vanishes(nested)
