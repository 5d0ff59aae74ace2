"""Sums of a ell^j exp(-k ell): algebra against SymPy, and positivity both ways."""

from fractions import Fraction

import pytest
import sympy
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.critical.exponential_sums import ExponentialSum
from ncproofs.losses.loss import ELL

E = sympy.exp(-ELL)

terms = st.lists(
    st.tuples(st.fractions(-3, 3, max_denominator=3), st.integers(0, 3), st.fractions(-1, 2, max_denominator=2)),
    max_size=4,
)


def spelled(found):
    return sympy.Add(*(sympy.Rational(a.numerator, a.denominator) * ELL**j
                       * sympy.exp(-sympy.Rational(k.numerator, k.denominator) * ELL) for a, j, k in found.terms))


@settings(max_examples=60)
@given(terms, terms, st.fractions(-2, 2, max_denominator=3))
def test_algebra(left, right, constant):
    f, g = ExponentialSum.of(left), ExponentialSum.of(right)
    number = sympy.Rational(constant.numerator, constant.denominator)
    for found, expected in (
        (f + g, spelled(f) + spelled(g)), (f.plus(constant), spelled(f) + number), (f.negated(), -spelled(f)),
        (f.damped(), sympy.expand(spelled(f) * E)), (f.derivative(), sympy.diff(spelled(f), ELL)),
    ):
        assert sympy.expand(spelled(found) - expected) == 0
        assert found == ExponentialSum.parse(sympy.expand(expected))
    assert sympy.Rational(str(f.at_zero())) == spelled(f).subs(ELL, 0)


@settings(max_examples=30)
@given(terms, st.integers(2, 6))
def test_values(left, K):
    f = ExponentialSum.of(left)
    with ctx.workprec(128):
        found = f.at(arb(K).log())
        expected = arb(str(sympy.N(spelled(f).subs(ELL, sympy.log(K)), 30)))
        assert abs(found - expected) < arb(10) ** -25
        exact = f.at_log(K)
        if exact is not None:
            assert found.overlaps(arb(exact.numerator) / exact.denominator)
    visible = all(j == 0 and k.denominator == 1 for _, j, k in f.terms)
    assert (exact is not None) is visible


def test_what_is_no_such_sum():
    for expression in (sympy.log(ELL), 1 / ELL, sympy.exp(-ELL**2), sympy.sqrt(2) * ELL, sympy.sqrt(ELL)):
        assert ExponentialSum.parse(expression) is None


POSITIVE = {
    "1": (1, None, True),
    "-1": (-1, None, False),
    "zero": (0, None, False),
    "a zero at 0": (ELL * E, None, True),
    "a zero of second order at 0": (1 - E - ELL * E, None, True),
    "a zero of third order at 0": (1 - E - ELL * E - ELL**2 * E / 2, None, True),
    "negative next to 0": (ELL - 2 * (1 - E), None, False),
    "negative at 0": (ELL - Fraction(1, 1000), None, False),
    "negative far away": (1 - ELL / 1000, None, False),
    "negative far away, slowly": (2 * E - E**2 - sympy.exp(-ELL / 2) / 10, None, False),
    "negative in between": (ELL**2 - 4 * ELL + 4 - Fraction(1, 1000), None, False),
    "barely positive in between": (ELL**2 - 4 * ELL + 4 + Fraction(1, 1000), None, True),
    "a dip of exponentials": (1 - Fraction(27, 10) * ELL * E, None, True),
    "a dip of exponentials too deep": (1 - Fraction(28, 10) * ELL * E, None, False),
    "a growing remainder": (ELL * E - E, None, False),
    "from a point on": (ELL * E - E, "3/2", True),
    "from a point too near": (ELL * E - E, "1/2", False),
    "a power against another rate": (sympy.exp(-ELL / 2) - ELL**3 * E / 20, None, True),
    "a power that wins for a while": (sympy.exp(-ELL / 2) - ELL**3 * E, None, False),
    "a power that grows beyond the lead": (sympy.exp(-ELL / 2) - ELL**3 * E / 5, None, False),
    "a power that still grows at 4": (sympy.exp(-ELL / 2) - ELL**3 * E / 10, None, False),
    "a term that hides another and decays": (
        sympy.exp(-ELL / 2) - 3 * sympy.exp(-3 * ELL / 5) / 2 + 2 * E**2, None, False),
    "negative for a short while beyond 1": (
        sympy.exp(-ELL / 2) - sympy.Rational(203, 200) * sympy.exp(-51 * ELL / 100) + 150 * sympy.exp(-21 * ELL / 2),
        None, False),
    "two powers of one rate": (ELL**2 - ELL + Fraction(3, 10), None, True),
}


@pytest.mark.parametrize("name", POSITIVE)
def test_positivity(name):
    expression, start, expected = POSITIVE[name]
    found = ExponentialSum.parse(sympy.sympify(expression, strict=True))
    with ctx.workprec(128):
        first = None if start is None else arb(Fraction(start).numerator) / Fraction(start).denominator
        assert found.is_positive_beyond(first) is expected


@settings(max_examples=100)
@given(terms)
def test_what_is_shown_positive_is_positive(left):
    f = ExponentialSum.of(left)
    if f.is_positive_beyond():
        with ctx.workprec(256):
            assert all(not f.at(arb(2) ** (power / 2)) < 0 for power in range(-24, 25))
