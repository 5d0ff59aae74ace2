"""Claims on spheres both ways; the false theorems of this setting are refuted, beside their true neighbours."""

import pytest
import sympy
from sympy import Rational, exp, log

from ncproofs.errors import InvalidClaim
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.projected_mean_squared import projected_mean_squared
from ncproofs.problems.features import Spheres
from ncproofs.proof.discharge import discharge
from ncproofs.proof.sphere_claims import (
    ContactInequality,
    DualCertificate,
    MultiplierBalance,
    SphereComparison,
    SphereGeometry,
    SphereInertia,
    SphereQuantity,
    SphereSpectrum,
    SphereValue,
)
from ncproofs.truth import Rigor, Truth

CE, MSE, PMSE, SMOOTH = cross_entropy(), mean_squared(), projected_mean_squared(), label_smoothing("1/10")
SMALL = Spheres(CE, 4, 3, 1, 1)
NARROW = Spheres(CE, 4, 2, 1, 1)
HOT = Spheres(SMOOTH, 3, 3, 1, 3)
BOUND = log(1 + 3 * exp(Rational(-4, 3)))
ENTROPY = log(1 + 2 * exp(-log(28))) + Rational(2, 30) * log(28)
#: The probability of a wrong class at collapse, K = 4, tau = 1.
WRONG = 1 / (exp(Rational(4, 3)) + 3)
TEMPERATURES = [Spheres(CE, 4, 4, 1, tau) for tau in ("1/10", "3/2", 20)]

def compare(quantity, left, relation, right):
    return SphereComparison(quantity=quantity, left=left, right=right, relation=relation)


FALSE = {
    "4 label smoothing: collapse at every temperature": (
        SphereGeometry(problem=HOT, geometry="simplex ETF"), "0.321974"),
    "4 its value": (SphereValue(problem=HOT, value=log(1 + 2 * exp(Rational(-9, 2))) + Rational(3, 10)), "0.291139"),
    "4 its certificate": (DualCertificate(problem=HOT), "eigenvalue of T"),
    "4 its stability": (SphereInertia(problem=HOT, negative=0), "7 certainly negative"),
    "5 nullity d(d-1)/2": (SphereInertia(problem=Spheres(CE, 2, 4, 1, 1), zero=6), "3 eigenvalues"),
    "6 hotter is better conditioned": (
        compare("condition_number", TEMPERATURES[2], "<", TEMPERATURES[1]), "15.3"),
    "6 colder is better conditioned": (
        compare("condition_number", TEMPERATURES[0], "<", TEMPERATURES[1]), "31.0"),
    "6 hotter is sharper": (
        compare("least_curvature", TEMPERATURES[2], ">", TEMPERATURES[1]), "e-11"),
    "9 multipliers balance for every loss": (
        MultiplierBalance(problem=Spheres(MSE, 3, 4, 1, "1/2"), point="frame"), "0.1443"),
    "10 the bound is attained for every d": (SphereValue(problem=NARROW, value=BOUND), "0.58265"),
    "10 by a simplex ETF": (SphereGeometry(problem=NARROW, geometry="simplex ETF"), "rank 3"),
    "the mean squared error has an ETF": (
        SphereGeometry(problem=Spheres(MSE, 3, 3, 1, "1/2"), geometry="simplex ETF"), "0.1875"),
    "its ETF has a certificate": (DualCertificate(problem=Spheres(MSE, 3, 3, 1, "1/2")), "eigenvalue of T"),
    "h = -w is a minimiser": (SphereInertia(problem=SMALL, negative=0, point="antipodal"), "negative"),
    "h = -w has a certificate": (DualCertificate(problem=SMALL, point="antipodal"), "eigenvalue of T"),
    "the bound off by 10^-60": (SphereValue(problem=SMALL, value=BOUND + Rational(1, 10**60)), "0.58265"),
    "a focal multiplier without F'": (
        SphereQuantity(problem=Spheres(focal(2), 4, 3, 1, 1), quantity="multiplier_W", value=-WRONG),
        "-0.0710"),
    "(J) beyond the threshold": (ContactInequality(problem=HOT), "Phi'(1)"),
}


@pytest.mark.parametrize("claim, witness", FALSE.values(), ids=FALSE.keys())
def test_false_claims_fail_with_a_witness(claim, witness):
    evidence = discharge(claim)
    assert evidence.truth is Truth.FAILS
    assert witness in evidence.witness


TRUE = {
    "the entropy": SphereValue(problem=HOT, value=ENTROPY),
    "index 7 at the ETF": SphereInertia(problem=HOT, negative=7),
    "equal logit gaps": SphereGeometry(problem=HOT, geometry="equal logit gaps"),
    "nullity 3": SphereInertia(problem=Spheres(CE, 2, 4, 1, 1), zero=3, negative=0),
    "better conditioned at 3/2": compare("condition_number", TEMPERATURES[1], "<", TEMPERATURES[2]),
    "multipliers balance at an ETF": MultiplierBalance(problem=SMALL),
    "the bound at d = K - 1": SphereValue(problem=SMALL, value=BOUND),
    "strict at d = K - 2": SphereValue(problem=NARROW, value=BOUND, relation=">"),
    "a bound": SphereValue(problem=NARROW, value=BOUND, relation=">="),
    "a bound below the ETF": SphereValue(problem=Spheres(SMOOTH, 4, 3, 1, 3), value=Rational(36, 100), relation="<"),
    "the ETF": SphereGeometry(problem=SMALL, geometry="simplex ETF"),
    "the frame": SphereGeometry(problem=Spheres(MSE, 3, 3, 1, "1/2"), geometry="orthogonal frame"),
    "exact fit": SphereGeometry(problem=Spheres(MSE, 3, 3, 1, 2), geometry="exact fit"),
    "an exact condition number": SphereQuantity(
        problem=Spheres(MSE, 3, 4, 1, "1/2"), quantity="condition_number", value=2),
    "a focal multiplier bounded": SphereQuantity(
        problem=Spheres(focal(2), 4, 3, 1, 1), quantity="multiplier_W", value=0, relation="<"),
    "a multiplier": SphereQuantity(problem=SMALL, quantity="multiplier_H", value=-WRONG),
    "a spectrum": SphereSpectrum(problem=SMALL),
    "the antipodal spectrum": SphereSpectrum(problem=SMALL, point="antipodal"),
    "a certificate": DualCertificate(problem=SMALL),
    "a projected certificate": DualCertificate(problem=Spheres(PMSE, 3, 2, 1, "1/2")),
    "(J)": ContactInequality(problem=Spheres(focal(2), 4, 3, 1, 1)),
}


@pytest.mark.parametrize("claim", TRUE.values(), ids=TRUE.keys())
def test_true_claims_hold(claim):
    evidence = discharge(claim)
    assert evidence.truth is Truth.HOLDS, evidence.because
    assert evidence.rigor >= Rigor.ENCLOSED and not evidence.holes


OPEN = {
    "the minimum in too few dimensions": SphereValue(problem=NARROW, value=Rational(63, 100), relation="<="),
    "focal certificate": DualCertificate(problem=Spheres(focal(2), 3, 3, 1, 1)),
    "just beyond the threshold in the plane": SphereGeometry(
        problem=Spheres(SMOOTH, 3, 2, 1, "2.4"), geometry="simplex ETF"),
    "overlapping kinds": SphereGeometry(problem=Spheres(MSE, 3, 3, 1, 1), geometry="exact fit"),
    "a large dense Hessian": SphereSpectrum(problem=Spheres(CE, 20, 20, 3, 1)),
    "no common condition number": SphereQuantity(problem=HOT, quantity="condition_number", value=3),
    "the frame of another loss": MultiplierBalance(problem=Spheres(CE, 3, 3, 1, 1), point="frame"),
}


@pytest.mark.parametrize("claim", OPEN.values(), ids=OPEN.keys())
def test_what_is_out_of_reach_is_undecided(claim):
    assert discharge(claim).truth is Truth.UNDECIDED


@pytest.mark.parametrize(
    "claim, words",
    [
        (SphereValue(problem=SMALL, value=0.5), "binary float|exact constant"),
        (SphereValue(problem=NARROW, value=sympy.Symbol("x")), "exact constant"),
        (SphereValue(problem=SMALL, value=1, relation="!="), "write one of"),
        (SphereGeometry(problem=SMALL, geometry="a cube"), "one of simplex ETF"),
        (SphereQuantity(problem=SMALL, quantity="mass", value=1), "is not one of objective"),
        (SphereInertia(problem=SMALL), "how many"),
    ],
    ids=["float", "symbol", "relation", "geometry", "quantity", "nothing"],
)
def test_malformed_claims_are_refused(claim, words):
    with pytest.raises(InvalidClaim, match=words):
        discharge(claim)
