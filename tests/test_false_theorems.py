"""False theorems of the weight-decay model never hold; each stands beside a true neighbour that does."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from sympy import Rational, log, sqrt

from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import (
    BenignLandscape,
    Claim,
    CollapsedOptimum,
    CriticalValue,
    Curvature,
    NullityAtOptimum,
    OptimalValue,
    OptimumIs,
    ScaleEquation,
    Sign,
    UniqueArgmin,
)
from ncproofs.proof.discharge import discharge
from ncproofs.proof.domain import Domain, between
from ncproofs.theorems.theorem import Source, Theorem, verify
from ncproofs.truth import Truth

CE = cross_entropy()
SMALL = Ridge(CE, 3, 2, 2, "1/100", "1/200")
WIDE_BIAS = Ridge(mean_squared(), 4, 5, 1, "1/20", "1/40", 1)
NARROW_BIAS = Ridge(mean_squared(), 4, 5, 1, "1/20", "1/40", "1/20")
ORIGIN = Ridge(CE, 4, 4, 1, "1/20", "3/1000")
SPURIOUS_ZERO = Ridge(focal(2), 100, 99, 1, "11/1000", "11/1000", 0)
SPURIOUS_ETF = Ridge(focal(2), 100, 99, 1, "113/10000", "113/10000", 0)
SACRIFICED = Ridge(focal(5), 100, 99, 1, "1274/100000", "1274/100000", 0)
SACRIFICED_WITHOUT_BIAS = Ridge(focal(5), 100, 99, 1, "1274/100000", "1274/100000")

p, g = sympy.Symbol("p", positive=True), sympy.Symbol("gamma", nonnegative=True)
#: psi'' = p (1-p)^gamma G: the sign of the focal loss's curvature in its own logit.
G = -g * log(p) * (g * p - (1 - p)) + (2 * g + 1) * (1 - p)
NOWHERE = Domain()


def _sign(value: sympy.Expr, relation: str, where: Domain = NOWHERE) -> Sign:
    return Sign(expression=value, relation=relation, where=where)  # type: ignore[arg-type]


FALSE: dict[str, Claim] = {
    "F1 scale equation with N instead of n": ScaleEquation(problem=SMALL, slope=sqrt(Rational(6, 20000))),
    "F3 |h|/|w| without n": ScaleEquation(problem=SMALL, slope=Rational(1, 100), scale=sqrt(2)),
    "F4 MSE with a bias weight: always an ETF": CollapsedOptimum(problem=WIDE_BIAS, geometry="simplex ETF"),
    "F4 the value of that ETF": OptimalValue(
        problem=WIDE_BIAS, value=Rational(16106601717798212, 10**17), relation=">="
    ),
    "F6 lambda_b > 0 implies b = 0, wide": OptimumIs(
        problem=WIDE_BIAS, quantity="bias", value=sympy.Integer(0)
    ),
    "F6 lambda_b > 0 implies b = 0, narrow": OptimumIs(
        problem=NARROW_BIAS, quantity="bias", value=sympy.Integer(0)
    ),
    "F7 d(d-1)/2 zero modes": NullityAtOptimum(problem=Ridge(CE, 3, 4, 1, "1/100", "1/100"), nullity=6),
    "F7 d(d-1)/2 zero modes, K = 2": NullityAtOptimum(
        problem=Ridge(CE, 2, 3, 1, "1/100", "1/100"), nullity=3
    ),
    "F10 curvature lambda - s_1": Curvature(
        problem=ORIGIN, value=sqrt(Rational(15, 100000)) - Rational(1, 4)
    ),
    "F11 unique argmin for every c": UniqueArgmin(loss=focal(2), K=100),
    "F11 unique argmin for every c, K = 20": UniqueArgmin(loss=focal(2), K=20),
    "F12 zero is global once phi'(0) <= c": CollapsedOptimum(
        problem=Ridge(focal(2), 100, 99, 1, "11/1000", "11/1000"), geometry="zero"
    ),
    "F12 no spurious minimum at zero": BenignLandscape(problem=SPURIOUS_ZERO),
    "F12 no spurious minimum at the ETF": BenignLandscape(problem=SPURIOUS_ETF),
    "F13 focal with bias: an ETF": CollapsedOptimum(problem=SACRIFICED, geometry="simplex ETF"),
    "F13 focal with bias: zero": CollapsedOptimum(problem=SACRIFICED, geometry="zero"),
    "F14 benign for d = 1": BenignLandscape(problem=Ridge(CE, 4, 1, 1, "1/400", "1/400")),
    "F14 benign for d = K - 2": BenignLandscape(problem=Ridge(CE, 5, 3, 1, "1/500", "1/500")),
    "F14 benign for d = 2, K = 6, free bias": BenignLandscape(
        problem=Ridge(CE, 6, 2, 1, "1/120", "1/120", 0)
    ),
    # p*(gamma) is the root of G in p, with G < 0 below it; increasing would give p*(3) > 0.0577, like p*(2).
    "F16 p* is increasing": _sign(G.subs({g: 3, p: Rational(577, 10000)}), "<"),
    "F16 p* exceeds 1/17": _sign(G.subs({g: Rational(119, 50), p: Rational(1, 17)}), "<"),
    "F16 p* stays below 0.058": _sign(G.subs(p, Rational(58, 1000)), ">", Domain.of((g, between(0, 10)))),
    # e_k^T Hess e_k = psi'' for every K, so a negative G refutes semidefiniteness below p*.
    "F18 Hess FL >= 0 somewhat below p*": _sign(G.subs({g: 2, p: Rational(57, 1000)}), ">="),
}

#: False, and not refuted everywhere: with a free bias the optimum near c_tie is open.
OPEN: dict[str, Claim] = {
    "F12 zero is global once phi'(0) <= c, free bias": CollapsedOptimum(
        problem=SPURIOUS_ZERO, geometry="zero"
    ),
}

TRUE: dict[str, Claim] = {
    "F1 scale equation with n": ScaleEquation(problem=SMALL, slope=Rational(1, 100)),
    "F3 |h|/|w| with n": ScaleEquation(problem=SMALL, slope=Rational(1, 100), scale=sympy.Integer(1)),
    "F4 intermediate frame": CollapsedOptimum(problem=WIDE_BIAS, geometry="intermediate frame"),
    "F4 ETF for a small bias weight": CollapsedOptimum(problem=NARROW_BIAS, geometry="simplex ETF"),
    "F6 b = c/lambda_b": OptimumIs(problem=WIDE_BIAS, quantity="bias", value=sqrt(2) / 40),
    "F6 b = 1/(K (1 + lambda_b))": OptimumIs(problem=NARROW_BIAS, quantity="bias", value=Rational(5, 21)),
    "F6 b = 0 for cross-entropy": OptimumIs(
        problem=Ridge(CE, 4, 4, 1, "1/50", "1/50", "1/100"), quantity="bias", value=sympy.Integer(0)
    ),
    "F7 five zero modes": NullityAtOptimum(problem=Ridge(CE, 3, 4, 1, "1/100", "1/100"), nullity=5),
    "F7 two zero modes, K = 2": NullityAtOptimum(problem=Ridge(CE, 2, 3, 1, "1/100", "1/100"), nullity=2),
    "F10 curvature 2 (lambda - s_1)": Curvature(
        problem=ORIGIN, value=2 * sqrt(Rational(15, 100000)) - Rational(1, 2)
    ),
    "F11 unique argmin, K = 17": UniqueArgmin(loss=focal(2), K=17),
    "F11 unique argmin, cross-entropy": UniqueArgmin(loss=CE, K=100),
    "F12 zero is a strict local minimum": CriticalValue(problem=SPURIOUS_ZERO, family="origin"),
    "F12 zero is global above c_tie": CollapsedOptimum(
        problem=Ridge(focal(2), 100, 99, 1, "113/10000", "113/10000"), geometry="zero"
    ),
    "F12 the ETF is global below c_tie": CollapsedOptimum(
        problem=Ridge(focal(2), 100, 99, 1, "11/1000", "11/1000"), geometry="simplex ETF"
    ),
    "F13 focal without bias": CollapsedOptimum(problem=SACRIFICED_WITHOUT_BIAS, geometry="zero"),
    "F14 benign for d = K - 1": BenignLandscape(problem=Ridge(CE, 4, 3, 1, "1/400", "1/400")),
    "F14 MSE is benign for d = 1": BenignLandscape(problem=Ridge(mean_squared(), 4, 1, 1, "1/400", "1/400")),
    "F14 LS is benign for d = K - 1": BenignLandscape(
        problem=Ridge(label_smoothing("1/10"), 5, 4, 1, "1/500", "1/500", 0)
    ),
    "F16 p*(2) > 0.0577": _sign(G.subs({g: 2, p: Rational(577, 10000)}), "<"),
    "F16 p* stays below 1/17": _sign(
        G.subs(p, Rational(1, 17)), ">", Domain.of((g, between(0, 1000, closed=True)))
    ),
    "F18 curvature is positive above p*": _sign(G.subs({g: 2, p: Rational(58, 1000)}), ">="),
}

#: What the evidence must show when a false theorem is refuted.
WITNESSES = {
    "F4 MSE with a bias weight: always an ETF": "0.1610660171779821286",
    "F12 no spurious minimum at zero": "4.5135272992",
    "F12 no spurious minimum at the ETF": "4.54604531",
    "F14 benign for d = 1": "0.6937702585203334144",
    "F14 benign for d = K - 2": "0.0649753666929229568",
    "F14 benign for d = 2, K = 6, free bias": "0.37366780",
}


@pytest.mark.parametrize("name", FALSE)
def test_false_theorem_never_holds(name: str) -> None:
    evidence = discharge(FALSE[name])
    assert evidence.truth is Truth.FAILS
    assert evidence.witness
    assert WITNESSES.get(name, "") in evidence.witness + evidence.because


@pytest.mark.parametrize("name", OPEN)
def test_open_false_theorem_does_not_hold(name: str) -> None:
    assert discharge(OPEN[name]).truth is not Truth.HOLDS


@pytest.mark.parametrize("name", TRUE)
def test_true_neighbour_holds(name: str) -> None:
    assert discharge(TRUE[name]).truth is Truth.HOLDS


def test_a_theorem_with_one_false_claim_is_refuted_as_a_whole() -> None:
    source = Source(paper="none", arxiv="", quoted="nothing", relation="auxiliary")
    theorem = Theorem(
        name="mixed",
        title="mixed",
        statement="true and false",
        idea="conjunction",
        source=source,
        general=lambda: (TRUE["F7 five zero modes"], FALSE["F7 d(d-1)/2 zero modes"]),
    )
    verdict = verify(theorem)
    assert verdict.truth is Truth.FAILS
    assert not verdict.certified


def test_the_mistaken_point_costs_more_than_the_optimum() -> None:
    """F1: the point of the wrong scale equation has the value 0.1156..., above the optimum."""
    shown = Fraction("0.11566741880772490804")
    value = Rational(shown.numerator, shown.denominator)
    assert discharge(OptimalValue(problem=SMALL, value=value, relation=">=")).truth is Truth.FAILS
    assert discharge(OptimalValue(problem=SMALL, value=value, relation="<")).truth is Truth.HOLDS
