"""The constants of the focal loss at the end gamma = 0, where it is cross-entropy."""

from fractions import Fraction

import flint
import pytest
from flint import arb

from ncproofs.critical import focal as constants
from ncproofs.errors import OutOfScope


def test_the_upper_branch_of_cross_entropy():
    """psi' = 1 - p, so every slope below 1 is taken once and no other."""
    with flint.ctx.workprec(160):
        for slope in (Fraction(1, 7), Fraction(9, 10)):
            wanted = arb(slope.numerator) / slope.denominator
            u = constants.upper_branch(0, wanted, 120)
            assert constants.psi_prime(u, Fraction(0)).overlaps(wanted) and u.rad() < arb(2) ** -100
        with pytest.raises(OutOfScope, match="no nonzero solution"):
            constants.upper_branch(0, arb(1), 120)


def test_cross_entropy_has_no_turning_point_and_no_tie():
    assert constants.p_star(0, 64) == constants.p_one(0, 64) == 0
    for constant in (lambda: constants.log_odds_star(0, 64), lambda: constants.tie_log_odds(100, 0, 64)):
        with pytest.raises(OutOfScope, match="gamma=0"):
            constant()


def test_psi_prime_is_the_slope_of_psi():
    with flint.ctx.workprec(300):
        step = arb(2) ** -100
        for gamma in (Fraction(0), Fraction(1, 2), Fraction(3)):
            for u in (arb(-2), arb(0), arb(3) / 2):
                slope = (constants.psi(u + step, gamma) - constants.psi(u - step, gamma)) / (2 * step)
                assert abs(slope - constants.psi_prime(u, gamma)) < arb(2) ** -180


@pytest.mark.parametrize(("K", "gamma"), [(100, 2), (30, 5)])
def test_both_minimisers_have_one_value_at_the_tie(K, gamma):
    """psi(log(K-1)) = psi(log(K-1) - m) + c (K-1) m, and c is the slope at the second."""
    with flint.ctx.workprec(200):
        c, margin = constants.c_tie(K, gamma, 120)
        start, weight = arb(K - 1).log(), Fraction(gamma)
        there = constants.psi(start - margin, weight) + c * (K - 1) * margin
        assert constants.psi(start, weight).overlaps(there) and there.rad() < arb(2) ** -100 and margin > 0
        assert (c * (K - 1)).overlaps(constants.psi_prime(start - margin, weight))
