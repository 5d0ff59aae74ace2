"""Inequality (J), both ways, and its derivatives against differences."""

from dataclasses import dataclass
from fractions import Fraction

import flint
import pytest
import sympy
from flint import arb

from ncproofs.arithmetic.ball import Ball
from ncproofs.calculus.logits import value_at
from ncproofs.critical.profiles import Profile, profile_of
from ncproofs.critical.sphere_focal import _convex_radius, _Gap, _positive, contact_inequality
from ncproofs.losses import cross_entropy, focal, label_smoothing
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


@pytest.mark.parametrize("loss", [focal(2), label_smoothing("1/10"), cross_entropy()], ids=str)
@pytest.mark.parametrize("K", [2, 5])
def test_phi_is_the_loss_of_a_sample_with_equal_wrong_logits(loss, K):
    """Phi(r) = L(tau r, -tau r/(K-1), ...), which is neural collapse at r = 1."""
    gap, ball = _Gap(profile_of(loss), K, Fraction(3, 2)), Ball(128)
    with ball.working():
        for r in (Fraction(1), Fraction(-1, 3), Fraction(6, 5)):
            right, wrong = (ball.constant(x) for x in (r * Fraction(3, 2), r * Fraction(3, 2) / (1 - K)))
            found = gap.phi(ball.constant(r))[0]
            assert found.overlaps(value_at(loss, [right] + [wrong] * (K - 1), 0, ball)) and found.rad() < arb(2) ** -90


@dataclass(frozen=True)
class Line:
    """A function J with a constant slope, or with J'' = J; ``_Gap`` for the parts that look at J only."""

    start: Fraction
    slope: int

    def at(self, r, touch):
        value = arb(self.start.numerator) / self.start.denominator + self.slope * r
        return value, arb(self.slope), value


@pytest.mark.parametrize("line", [Line(Fraction(-3, 4), 1), Line(Fraction(5, 4), -1)], ids=["left", "right"])
def test_the_convex_radius_covers_both_sides(line):
    """J'' > 0 for r > 3/4, or for r < 5/4: a radius of 1/4 is too much."""
    with flint.ctx.workprec(96):
        assert _convex_radius(line, (arb(0), arb(0))) == arb(1) / 8


def test_no_convex_radius():
    with flint.ctx.workprec(96):
        assert _convex_radius(Line(Fraction(-1), 1), (arb(0), arb(0))) is None


@pytest.mark.parametrize("slope", [1, -1])
def test_a_function_that_changes_sign_is_not_positive(slope):
    with flint.ctx.workprec(96):
        _, left = _positive(Line(Fraction(-slope, 3), slope), (arb(0), arb(0)), (arb(0), arb(1)), 1000)
        assert left is not None and left.truth is Truth.FAILS
        _, left = _positive(Line(Fraction(1 if slope == 1 else 2), slope), (arb(0), arb(0)), (arb(0), arb(1)), 1000)
        assert left is None
