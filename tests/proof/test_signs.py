"""Signs: by coefficients, by monotonicity, by balls; refuted at a point; or undecided with what remained."""

import pytest
import sympy
from sympy import Rational, Symbol, exp, log, sqrt

from ncproofs.errors import InvalidClaim
from ncproofs.proof.claims import Sign
from ncproofs.proof.discharge import discharge
from ncproofs.proof.domain import Domain, at_least, between, integers_from, nonnegative, positive, real
from ncproofs.truth import Rigor, Truth

K = Symbol("K", integer=True, positive=True)
t, x, y = sympy.symbols("t x y", real=True)
a, b, p = sympy.symbols("a b p", positive=True)
g = Symbol("g", nonnegative=True)
LINE, PLANE = Domain.of((x, real())), Domain.of((x, real()), (y, real()))
UNIT = Domain.of((p, between(0, 1)))
CLASSES = Domain.of((K, integers_from(2)))

EXACT = {
    "a square": (x**2 - 2 * x * y + y**2, ">=", PLANE),
    "a definite form": (x**2 - x * y + y**2, ">=", PLANE),
    "zero at K = 2": (K**2 - 3 * K + 2, ">=", CLASSES),
    "small K case by case": ((2 * K - 5) ** 2 - Rational(1, 2), ">", CLASSES),
    "the focal slope": (1 - p - g * p * log(p), ">", Domain.of((p, between(0, 1)), (g, nonnegative()))),
    "phi'' of cross-entropy": (
        exp(t / (K - 1)) / (1 + (K - 1) * exp(t / (K - 1))) ** 2,
        ">",
        Domain.of((K, integers_from(2)), (t, real())),
    ),
    "arithmetic and geometric mean": (
        sqrt(a * b) - (a + b) / 2,
        "<=",
        Domain.of((a, positive()), (b, positive())),
    ),
    "log y < y - 1 at y = 1/p": ((1 - p) / p + log(p), ">", UNIT),
    "exp above its tangent": (exp(x) - 1 - x, ">=", LINE),
    "log below its tangent": (log(a) - a + 1, "<=", Domain.of((a, positive()))),
    "a bound with a variable": (x - 1 / K, "<", Domain.of((K, integers_from(2)), (x, between(0, 1 / K)))),
    "negative half-line": (exp(x) - 1, "<=", Domain.of((x, between(-5, 0, closed=True)))),
    "a cubic by Sturm": (x**3 - x + 1, ">", Domain.of((x, between(0, 2)))),
}

ENCLOSED = {
    "one variable": (exp(-x) - x / 3, ">", Domain.of((x, between(0, 1)))),
    "two variables": (exp(-x) - x * log(x + 2) + y, ">", Domain.of((x, between(0, 1)), (y, between(1, 2)))),
    "touching an open end": (sympy.exp(x) * (2 - x) - 2 - x, ">", Domain.of((x, between(-1, 0)))),
    "a constant": (exp(Rational(1, 3)) - Rational(139, 100), ">", Domain()),
}

FALSE = {
    "zero at the origin": (x**2 - x * y + y**2, ">", PLANE),
    "zero at K = 2": (K**2 - 3 * K + 2, ">", CLASSES),
    "negative between": (x**3 - x + Rational(1, 3), ">", Domain.of((x, between(0, 2)))),
    "zero at a closed end": ((1 - x) / x + log(x), ">", Domain.of((x, between(0, 1, closed=True)))),
    "wrong beyond K = 100": (K - 101, "<", CLASSES),
    "a needle": (100 * (x - Rational(1, 7)) ** 2 - Rational(1, 10**6), ">", Domain.of((x, between(0, 1)))),
    "a constant": (exp(Rational(1, 3)) - Rational(139, 100), "<", Domain()),
}

NOT_CERTIFIED = {
    "undefined at an end": (1 / x, ">", Domain.of((x, nonnegative()))),
    "exponent undefined at an end": (exp(1 / x), ">=", Domain.of((x, nonnegative()))),
    "logarithm of negative numbers": (log(x) ** 2, ">=", Domain.of((x, between(-1, 1)))),
    "root of negative numbers": (sqrt(x) + 1, ">", Domain.of((x, between(-1, 1)))),
    "pole inside": (1 / x**2, ">", LINE),
    "zero at an interior irrational point": ((exp(x) - 2) ** 2, ">", Domain.of((x, between(0, 1)))),
}


def settle(entry):
    return discharge(Sign(expression=entry[0], relation=entry[1], where=entry[2]))


@pytest.mark.parametrize("name", EXACT)
def test_exact_signs(name):
    evidence = settle(EXACT[name])
    assert (evidence.truth, evidence.rigor) == (Truth.HOLDS, Rigor.EXACT), evidence.because


@pytest.mark.parametrize("name", ENCLOSED)
def test_signs_in_balls(name):
    evidence = settle(ENCLOSED[name])
    assert evidence.truth is Truth.HOLDS, evidence.because
    assert evidence.rigor >= Rigor.ENCLOSED


@pytest.mark.parametrize("name", FALSE)
def test_false_signs_are_refuted_at_a_point(name):
    evidence = settle(FALSE[name])
    assert evidence.truth is Truth.FAILS, evidence.because
    assert evidence.witness.startswith("at ")


@pytest.mark.parametrize("name", NOT_CERTIFIED)
def test_what_is_undefined_or_touching_is_not_certified(name):
    evidence = settle(NOT_CERTIFIED[name])
    assert evidence.truth is not Truth.HOLDS
    assert evidence.because


def test_the_witness_shows_the_value_with_its_own_sign():
    evidence = settle((K - 101, "<", CLASSES))
    assert evidence.rigor is Rigor.EXACT
    assert evidence.witness.endswith("the expression is 899")


def test_shifted_range_is_used():
    assert settle((K**2 - 10 * K, ">", Domain.of((K, integers_from(11))))).truth is Truth.HOLDS
    assert settle((K**2 - 10 * K, ">", Domain.of((K, integers_from(10))))).truth is Truth.FAILS
    assert settle((x - 2, ">=", Domain.of((x, at_least(2))))).truth is Truth.HOLDS


def test_an_unknown_relation_is_refused():
    with pytest.raises(InvalidClaim, match="write one of"):
        discharge(Sign(expression=x, relation="!=", where=LINE))


def test_a_root_may_vanish_but_a_logarithm_and_a_negative_power_may_not():
    half_line = Domain.of((x, nonnegative()))
    assert settle((sqrt(x) + 1, ">", half_line)).truth is Truth.HOLDS
    assert settle((1 + 1 / sqrt(x), ">", half_line)).truth is not Truth.HOLDS
    assert settle((x * log(x) ** 2, ">=", half_line)).truth is not Truth.HOLDS


def test_many_real_variables_do_not_cost_a_power_of_two():
    many = sympy.symbols("x0:20", real=True)
    total = sympy.Add(*(each**2 for each in many)) + 1
    domain = Domain.of(*((each, real()) for each in many))
    assert settle((total, ">", domain)).truth is Truth.HOLDS
