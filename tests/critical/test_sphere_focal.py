"""Inequality (J), both ways, and its derivatives against differences."""

from fractions import Fraction

import flint
import pytest
import sympy
from flint import arb

from ncproofs.critical.profiles import Profile, profile_of
from ncproofs.critical.sphere_focal import _Gap, contact_inequality
from ncproofs.losses.loss import Loss, S, T, Z
from ncproofs.truth import Truth

TRIPLES = [
    (2, "1/2", "1"), (3, "2", "40"), (5, "2", "33/10"), (10, "5", "60"), (100, "20", "8"), (1000, "5", "10"),
    (10000, "50", "60"), (10000, "50", "1/50"), (2, "3", "1/50"),
]


@pytest.mark.parametrize("K, gamma, tau", TRIPLES)
def test_certified(K, gamma, tau):
    found = contact_inequality(Profile("focal", gamma=Fraction(gamma)), K, Fraction(tau))
    assert found.truth is Truth.HOLDS, found.because


@pytest.mark.parametrize("tau, words", [(8, "the difference is"), (5, "next to r = 1")])
def test_a_bounded_loss_breaks_it(tau, words):
    """1 - p is increasing in ell but bounded: a sacrificed sample costs little."""
    bounded = Loss("mae", 1 - sympy.exp(T) / S(1), (sympy.exp(Z),), "a test")
    found = contact_inequality(profile_of(bounded), 1000, Fraction(tau))
    assert found.truth is Truth.FAILS and words in found.because
    assert contact_inequality(profile_of(bounded), 3, Fraction(10)).truth is Truth.HOLDS


def test_a_rising_contact_breaks_it():
    found = contact_inequality(Profile("linear", tilt=Fraction(1, 10)), 3, Fraction(3))
    assert found.truth is Truth.FAILS and "Phi'(1)" in found.because


def test_too_few_boxes_are_undecided():
    profile = Profile("focal", gamma=Fraction(50))
    assert contact_inequality(profile, 10000, Fraction(60), boxes=10).truth is Truth.UNDECIDED


def test_the_derivatives_are_those_of_the_gap():
    gap = _Gap(Profile("focal", gamma=Fraction(2)), 5, Fraction(3))
    with flint.ctx.workprec(256):
        touch = gap.phi(arb(1))[:2]
        r, step = arb(1) / 3, arb(2) ** -60
        before, here, after = (gap.at(r + k * step, touch) for k in (-1, 0, 1))
        assert abs((after[0] - before[0]) / (2 * step) - here[1]) < arb(10) ** -30
        assert abs((after[1] - before[1]) / (2 * step) - here[2]) < arb(10) ** -30
        assert gap.at(arb(1), touch)[0].contains(0) and gap.at(arb(1), touch)[1].contains(0)
