"""The focal theorems, the constants beside them, and their false neighbours F11, F12, F13, F16, F18."""

from fractions import Fraction

import flint
import pytest
import sympy
from flint import arb

from ncproofs.arithmetic.enclosure import exact_bounds
from ncproofs.critical import focal as constants
from ncproofs.errors import OutOfScope
from ncproofs.losses import cross_entropy, focal
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import Sign, UniqueArgmin
from ncproofs.proof.discharge import discharge
from ncproofs.proof.domain import Domain
from ncproofs.theorems.all_losses.focal_letters import curvature
from ncproofs.theorems.catalogue import load
from ncproofs.theorems.theorem import verify
from ncproofs.truth import Rigor, Truth

P_STAR = {
    "0.5": "0.01766292858084410470380031858354700736734",
    "1": "0.04320218352382019690467189721841867631079",
    "2": "0.05784637908602529531620413681699596629946",
    "3": "0.05749690817821816901312554989530644567983",
    "5": "0.05023600928685058659350103757458744844851",
}
TIES = {
    (100, "2"): "0.01115651624000608454758427593142820168142",
    (20, "2"): "0.05940329451387160264416868430956497471129",
    (100, "5"): "0.01273958740252396989605428364460582786088",
    (1000, "2"): "0.0010698144641959641585690136466306065173",
}


def near(ball: arb, decimal: str, digits: int) -> bool:
    """The decimal and the ball agree up to one unit in the given digit, and the ball is thinner than that."""
    lower, upper = exact_bounds(ball)
    unit = Fraction(1, 10**digits)
    return lower - unit < Fraction(decimal) < upper + unit and upper - lower < unit


@pytest.mark.parametrize("gamma", P_STAR)
def test_p_star(gamma):
    assert near(constants.p_star(gamma, 160), P_STAR[gamma], 40)


@pytest.mark.parametrize("case", TIES)
def test_c_tie(case):
    assert near(constants.c_tie(*case, 160)[0], TIES[case], 39)


def test_the_two_suprema():
    assert near(constants.sup_p_star(170), "0.0584444332955670832815918384897733108433251128", 45)
    assert near(constants.gamma_at_sup_p_star(170), "2.38186306264326557109103218838635592653643355", 43)
    assert near(constants.sup_p_one(80), "0.1675334161660", 12)


def test_p_one_solves_its_equation_and_exceeds_p_star():
    for gamma in (Fraction(1, 2), Fraction(2), Fraction(40)):
        p1 = constants.p_one(gamma, 120)
        with flint.ctx.workprec(140):
            slope = constants.psi_prime((1 / p1 - 1).log(), gamma)
            assert slope.contains(1) and slope.rad() < arb(2) ** -90
            assert p1 > constants.p_star(gamma, 120)


def test_upper_branch_is_the_branch_of_large_p():
    with flint.ctx.workprec(160):
        u = constants.upper_branch(2, arb(3) / 100, 120)
        assert constants.psi_prime(u, Fraction(2)).overlaps(arb(3) / 100)
        assert u < constants.log_odds_star(2, 120)
        with pytest.raises(OutOfScope, match="no nonzero solution"):
            constants.upper_branch(2, arb(3), 120)


def test_extreme_gamma_keeps_relative_precision():
    for gamma in ("1/1000", 10**6):
        p = constants.p_star(gamma, 60)
        assert p > 0 and p.rel_accuracy_bits() > 50


def test_no_tie_up_to_seventeen_classes():
    with pytest.raises(OutOfScope, match="no tie"):
        constants.c_tie(17, "2.38186", 100)
    assert constants.c_tie(18, "2.38186", 100)[1] > 0


@pytest.mark.parametrize("name", ["focal-convexity-region", "focal-uniqueness", "focal-bias"])
def test_general_claims_are_certified(name):
    verdict = verify(load(name))
    assert verdict.certified, verdict.reason


def instance(name, gamma, K, weight, bias="0"):
    return verify(load(name), Ridge(focal(gamma), K, K, 1, weight, weight, None if bias is None else bias))


@pytest.mark.parametrize(
    ("gamma", "K", "truth"),
    [
        ("2", 17, Truth.HOLDS),
        ("2", 18, Truth.FAILS),
        ("2.38", 18, Truth.FAILS),
        ("5", 19, Truth.HOLDS),
        ("5", 20, Truth.FAILS),
        ("0", 100, Truth.HOLDS),
        ("2", 100, Truth.FAILS),
    ],
)
def test_uniqueness_holds_iff_K_p_star_is_at_most_one(gamma, K, truth):
    verdict = instance("focal-uniqueness", gamma, K, "1/100")
    assert verdict.truth is truth
    assert verdict.rigor >= Rigor.ENCLOSED


@pytest.mark.parametrize(
    ("gamma", "K", "weight", "bias", "truth"),
    [
        ("2", 4, "1/5", "0", Truth.HOLDS),
        ("5", 100, "1/100", "0", Truth.HOLDS),
        ("5", 100, "0.01274", None, Truth.HOLDS),
        ("5", 100, "0.01274", "0", Truth.FAILS),
        ("5", 100, "0.01274", "1/1000", Truth.FAILS),
        ("2", 10, "0.115", "0", Truth.UNDECIDED),
    ],
)
def test_bias(gamma, K, weight, bias, truth):
    verdict = instance("focal-bias", gamma, K, weight, bias)
    assert verdict.truth is truth, verdict.reason
    assert verdict.certified is (truth is Truth.HOLDS)


def test_another_loss_or_too_few_dimensions_is_outside_the_hypotheses():
    assert not verify(load("focal-uniqueness"), Ridge(cross_entropy(), 4, 4, 1, "1/9", "1/9")).certified
    assert not verify(load("focal-bias"), Ridge(focal(2), 5, 2, 1, "1/90", "1/90")).certified


def test_f11_uniqueness_for_every_c_fails_at_a_hundred_classes():
    assert discharge(UniqueArgmin(loss=focal(2), K=100, c=None)).truth is Truth.FAILS


def test_f12_zero_is_not_optimal_as_soon_as_the_slope_at_zero_is_small():
    # phi'(0) < c = 0.011 < c_tie: the nonzero branch has a smaller value than phi(0).
    with flint.ctx.workprec(160):
        c, start = arb(11) / 1000, arb(99).log()
        assert constants.psi_prime(start, Fraction(2)) / 99 < c
        u = constants.upper_branch(2, 99 * c, 120)
        assert constants.psi(u, Fraction(2)) + 99 * c * (start - u) < constants.psi(start, Fraction(2))


def test_f16_p_star_is_neither_increasing_nor_above_a_seventeenth():
    stars = [constants.p_star(gamma, 80) for gamma in (2, 3, 5)]
    assert stars[0] > stars[1] > stars[2]
    seventeenth = discharge(
        Sign(
            expression=curvature(sympy.Rational(1, 17), sympy.Rational(238, 100)),
            relation="<",
            where=Domain(),
        )
    )
    assert seventeenth.truth is Truth.FAILS


def test_f18_the_hessian_is_indefinite_just_below_p_star():
    p = constants.p_star(2, 120) * (1 - arb(10) ** -6)
    with flint.ctx.workprec(120):
        x = -p.log()
        assert x * p * 4 + (1 - p) * (2 - x) * 2 + (1 - p) < 0  # e_k^T Hess e_k has the sign of G
