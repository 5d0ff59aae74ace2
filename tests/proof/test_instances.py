"""Claims about one instance, both ways; the false theorems of this field fail, with a witness."""

import pytest
import sympy
from sympy import Rational, log, sqrt

from ncproofs.errors import InvalidClaim
from ncproofs.losses import cross_entropy, focal, mean_squared
from ncproofs.losses.loss import Loss, S, T, Z
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import (
    CollapsedOptimum,
    CriticalValue,
    Curvature,
    NullityAtOptimum,
    OptimalValue,
    OptimumIs,
    ScaleEquation,
    SpectrumAtOptimum,
    UniqueArgmin,
)
from ncproofs.proof.discharge import discharge
from ncproofs.truth import Rigor, Truth

CE = Ridge(cross_entropy(), 3, 2, 2, "1/100", "1/200")
MSE = Ridge(mean_squared(), 4, 5, 1, "1/20", "1/40", 1)
LIGHT_BIAS = Ridge(mean_squared(), 4, 5, 1, "1/20", "1/40", "1/20")
ORIGIN = Ridge(cross_entropy(), 4, 4, 1, "1/20", "3/1000")
FOCAL = Ridge(focal(2), 100, 99, 1, "0.011", "0.011")
FOCAL_BIAS = Ridge(focal(2), 100, 99, 1, "0.0113", "0.0113", 0)
SACRIFICED = Ridge(focal(5), 100, 100, 1, "0.01274", "0.01274", 0)
POLY = Loss("poly", log(S(1)) - T + (1 - sympy.exp(T) / S(1)) / 2, (sympy.exp(Z),), "a test")
MAE = Loss("mae", 1 - sympy.exp(T) / S(1), (sympy.exp(Z),), "a test")
NARROW = Ridge(cross_entropy(), 5, 3, 1, "1/100", "1/100")


def light(K, d):
    return Ridge(cross_entropy(), K, d, 1, "1/100", "1/100")


FALSE = {
    "F1: slope sqrt(N lambda_W lambda_H)": (
        ScaleEquation(problem=CE, slope=sqrt(Rational(6, 20000))),
        "0.1156674",
    ),
    "F3: |h|/|w| = sqrt(lambda_W/lambda_H)": (
        ScaleEquation(problem=CE, slope=Rational(1, 100), scale=sqrt(2)),
        "lambda_W w",
    ),
    "F4: MSE with lambda_b > 0 is an ETF": (
        CollapsedOptimum(problem=MSE, geometry="simplex ETF"),
        "0.161066",
    ),
    "F6: b = 0 at lambda_b = 1": (OptimumIs(problem=MSE, quantity="bias", value=sympy.S.Zero), "0.035355"),
    "F6: b = 0 at lambda_b = 1/20": (
        OptimumIs(problem=LIGHT_BIAS, quantity="bias", value=sympy.S.Zero),
        "0.2380",
    ),
    "F7: d(d-1)/2 zero modes, K=3 d=4": (NullityAtOptimum(problem=light(3, 4), nullity=6), "5"),
    "F7: d(d-1)/2 zero modes, K=2 d=3": (NullityAtOptimum(problem=light(2, 3), nullity=3), "2"),
    "F10: curvature lam - s1": (
        Curvature(problem=ORIGIN, value=sqrt(Rational(3, 20000)) - Rational(1, 4)),
        "-0.4755",
    ),
    "F11: unique argmin for every c": (UniqueArgmin(loss=focal(2), K=100), "2.37324722"),
    "F11: already at K = 18": (UniqueArgmin(loss=focal("238/100"), K=18), "margin"),
    "F12: zero is global once phi'(0) <= c": (
        CollapsedOptimum(problem=FOCAL, geometry="zero"),
        "4.4756494798",
    ),
    "F13: focal with bias is an ETF": (
        CollapsedOptimum(problem=SACRIFICED, geometry="simplex ETF"),
        "100 classes",
    ),
    "F13: or zero": (CollapsedOptimum(problem=SACRIFICED, geometry="zero"), "100 classes"),
    "CE: orthogonal frame": (CollapsedOptimum(problem=CE, geometry="orthogonal frame"), "rank"),
    "an ETF in too few dimensions": (
        CollapsedOptimum(problem=NARROW, geometry="simplex ETF"),
        "rank 4 > d = 3",
    ),
    "a wrong value": (OptimalValue(problem=CE, value=log(Rational(50, 49)) + log(97) / 50), "0.1119"),
    "a bound that is too high": (
        OptimalValue(problem=CE, value=Rational(112, 1000), relation=">="),
        "0.1119",
    ),
    "a value above a known better point": (
        OptimalValue(problem=SACRIFICED, value=Rational(9, 2), relation=">="),
        "4.379",
    ),
    "the origin as a minimum while c < 1/K": (CriticalValue(problem=ORIGIN, family="origin"), "negative"),
    "the MSE ETF as a minimum beyond its range": (CriticalValue(problem=MSE, family="collapse"), "negative"),
}


@pytest.mark.parametrize("claim, witness", FALSE.values(), ids=FALSE.keys())
def test_false_claims_fail_with_a_witness(claim, witness):
    evidence = discharge(claim)
    assert evidence.truth is Truth.FAILS
    assert evidence.rigor >= Rigor.ENCLOSED
    assert witness in evidence.witness


TRUE = {
    "scale equation": ScaleEquation(problem=CE, slope=sqrt(2 * Rational(1, 20000))),
    "scale equation with |h|/|w| = 1": ScaleEquation(problem=CE, slope=Rational(1, 100), scale=sympy.S.One),
    "CE is an ETF": CollapsedOptimum(problem=CE, geometry="simplex ETF"),
    "MSE is intermediate": CollapsedOptimum(problem=MSE, geometry="intermediate frame"),
    "focal below c_tie": CollapsedOptimum(problem=FOCAL, geometry="simplex ETF"),
    "b = c/lambda_b": OptimumIs(problem=MSE, quantity="bias", value=sqrt(2) / 40),
    "b = 1/(K(1 + lambda_b))": OptimumIs(problem=LIGHT_BIAS, quantity="bias", value=Rational(5, 21)),
    "margin log 98": OptimumIs(problem=CE, quantity="margin", value=log(98)),
    "nullity 5": NullityAtOptimum(problem=light(3, 4), nullity=5),
    "nullity 2": NullityAtOptimum(problem=light(2, 3), nullity=2),
    "curvature 2 (lam - s1)": Curvature(problem=ORIGIN, value=2 * sqrt(Rational(3, 20000)) - Rational(1, 2)),
    "unique argmin, K = 17": UniqueArgmin(loss=focal(2), K=17),
    "unique argmin at one c": UniqueArgmin(loss=focal(2), K=100, c="0.011"),
    "unique argmin, poly": UniqueArgmin(loss=POLY, K=5),
    "the minimum in closed form": OptimalValue(problem=CE, value=log(Rational(50, 49)) + log(98) / 50),
    "a lower bound": OptimalValue(problem=CE, value=Rational(111, 1000), relation=">="),
    "focal: the origin is a spurious minimum": CriticalValue(problem=FOCAL, family="origin"),
    "focal: so is the ETF above c_tie": CriticalValue(problem=FOCAL_BIAS, family="collapse"),
    "dense spectrum": SpectrumAtOptimum(problem=CE),
    "dense spectrum, MSE": SpectrumAtOptimum(problem=MSE),
}


@pytest.mark.parametrize("claim", TRUE.values(), ids=TRUE.keys())
def test_true_claims_are_certified(claim):
    evidence = discharge(claim)
    assert evidence.truth is Truth.HOLDS, evidence.because
    assert evidence.rigor >= Rigor.ENCLOSED
    assert not evidence.holes


OPEN = {
    "focal with a bias, outside the proof": CollapsedOptimum(
        problem=Ridge(focal(2), 10, 10, 1, "1/8", "1/8", 0), geometry="zero"
    ),
    "a free bias has no value": OptimumIs(
        problem=Ridge(cross_entropy(), 3, 3, 1, "1/100", "1/100", 0), quantity="bias", value=sympy.S.Zero
    ),
    "no theorem in d < K - 1": OptimalValue(problem=NARROW, value=sympy.S.One),
    "the origin at the threshold": CriticalValue(
        problem=Ridge(cross_entropy(), 4, 4, 1, "1/4", "1/4"), family="origin"
    ),
    "not convex": UniqueArgmin(loss=MAE, K=4),
    "too large for a dense Hessian": SpectrumAtOptimum(
        problem=Ridge(cross_entropy(), 50, 50, 1, "1/100", "1/200")
    ),
    "no ETF with this slope": ScaleEquation(problem=CE, slope=sympy.Integer(2)),
}


@pytest.mark.parametrize("claim", OPEN.values(), ids=OPEN.keys())
def test_what_is_not_known_is_undecided_with_a_reason(claim):
    evidence = discharge(claim)
    assert evidence.truth is Truth.UNDECIDED
    assert evidence.because


MALFORMED = {
    "a float": OptimalValue(problem=CE, value=0.1119),
    "a SymPy float": OptimalValue(problem=CE, value=sympy.Float("0.1119")),
    "a symbol": OptimalValue(problem=CE, value=sympy.Symbol("x")),
    "a geometry that does not exist": CollapsedOptimum(problem=CE, geometry="icosahedron"),
    "a quantity that does not exist": OptimumIs(problem=CE, quantity="temperature", value=sympy.S.One),
    "a bias in a problem without one": OptimumIs(problem=CE, quantity="bias", value=sympy.S.Zero),
    "c = 0": UniqueArgmin(loss=focal(2), K=100, c=0),
}


@pytest.mark.parametrize("claim", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_claims_are_refused(claim):
    with pytest.raises(InvalidClaim):
        discharge(claim)
