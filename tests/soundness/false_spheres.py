"""False statements about one problem on products of spheres, each beside the true one."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Integer, Rational, exp, log

from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import Loss
from ncproofs.losses.projected_mean_squared import projected_mean_squared
from ncproofs.problems.features import Spheres
from ncproofs.proof.sphere_claims import (
    ContactInequality,
    DualCertificate,
    MultiplierBalance,
    SphereComparison,
    SphereGeometry,
    SphereInertia,
    SphereQuantity,
    SphereValue,
)
from ncproofs.proof.sphere_landscape import BenignSphereLandscape, NoSpuriousSphereMinima, SpuriousSphereMinimum
from tests.soundness.neighbours import Neighbours

__all__ = ["SPHERES"]

CE, MSE, LS, PMSE = cross_entropy(), mean_squared(), label_smoothing("1/10"), projected_mean_squared()


def on(K: int, d: int, n: int = 1, tau: Any = 1, loss: Loss = CE) -> Spheres:
    return Spheres(loss, K, d, n, tau)


def bound(K: int, gap: sympy.Expr) -> sympy.Expr:
    """log(1 + (K-1) e^-gap); the gap at collapse is tau K/(K-1)."""
    return log(1 + (K - 1) * exp(-gap))


def _value(mistake: str, problem: Spheres, false: Any, true: Any) -> Neighbours:
    return Neighbours(mistake, *(SphereValue(problem=problem, value=value) for value in (false, true)))


def _is(mistake: str, problem: Spheres, quantity: str, false: Any, true: Any) -> Neighbours:
    made = (SphereQuantity(problem=problem, quantity=quantity, value=value) for value in (false, true))
    return Neighbours(mistake, *made)


def _kind(mistake: str, geometry: str, false: Spheres, true: Spheres) -> Neighbours:
    return Neighbours(mistake, *(SphereGeometry(problem=problem, geometry=geometry) for problem in (false, true)))


_Counts = dict[str, int]


def _inertia(mistake: str, problem: Spheres, false: _Counts, true: _Counts, point: str = "etf") -> Neighbours:
    made = (SphereInertia(problem=problem, point=point, **counts) for counts in (false, true))  # type: ignore[arg-type]
    return Neighbours(mistake, *made)


def _order(mistake: str, quantity: str, left: Spheres, right: Spheres, true: str) -> Neighbours:
    other = {"<": ">", ">": "<"}[true]
    made = (SphereComparison(quantity=quantity, left=left, right=right, relation=r)  # type: ignore[arg-type]
            for r in (other, true))
    return Neighbours(mistake, *made)


_BASE = on(4, 4, 2, "3/2")
_GAP = Integer(2)  # tau K/(K-1) of _BASE
_Q = 1 / (exp(_GAP) + 3)  # the probability of a wrong class there
_HOT = on(3, 3, 1, 3, LS)
#: The threshold of label smoothing 1/10 at K = 3: tau K/(K-1) = log(1 + K(1-alpha)/alpha), alpha = 1/10.
_THRESHOLD = log(28) * Rational(2, 3)

VALUES = {
    "gap tau/(K-1)": _value("missing K", _BASE, bound(4, Rational(1, 2)), bound(4, _GAP)),
    "gap tau": _value("missing K/(K-1)", _BASE, bound(4, Rational(3, 2)), bound(4, _GAP)),
    "gap tau (K-1)/K": _value("inverted factor", _BASE, bound(4, Rational(9, 8)), bound(4, _GAP)),
    "gap K/(tau (K-1))": _value("tau and 1/tau", _BASE, bound(4, Rational(8, 9)), bound(4, _GAP)),
    "K wrong classes": _value("K for K - 1", _BASE, log(1 + 4 * exp(-_GAP)), bound(4, _GAP)),
    "the value of n samples": _value("n counted", _BASE, 2 * bound(4, _GAP), bound(4, _GAP)),
    "a reversed sign of the logits": _value("wrong sign", _BASE, bound(4, -_GAP), bound(4, _GAP)),
    "above the minimum by 10^-40": _value(
        "last digit", _BASE, bound(4, _GAP) + Rational(1, 10**40), bound(4, _GAP)),
    "a strict bound at the minimum": Neighbours(
        "strict at equality",
        *(SphereValue(problem=_BASE, value=bound(4, _GAP), relation=r) for r in (">", ">="))),  # type: ignore[arg-type]
    "a minimum below the bound in too few dimensions": Neighbours(
        "reversed inequality",
        *(SphereValue(problem=on(5, 2), value=bound(5, Rational(5, 4)), relation=r)  # type: ignore[arg-type]
          for r in ("<=", ">"))),
    "label smoothing without alpha tau": _value(
        "a dropped term", on(3, 3, 1, 1, LS), bound(3, Rational(3, 2)), bound(3, Rational(3, 2)) + Rational(1, 10)),
    "label smoothing with alpha tau/K": _value(
        "spurious 1/K", on(3, 3, 1, 1, LS), bound(3, Rational(3, 2)) + Rational(1, 30),
        bound(3, Rational(3, 2)) + Rational(1, 10)),
    "the entropy with alpha for alpha/K": _value(
        "missing 1/K", _HOT, log(1 + 2 * exp(-log(10))) + Rational(2, 10) * log(10),
        log(1 + 2 * exp(-log(28))) + Rational(2, 30) * log(28)),
    "the focal value without (1-p)^gamma": _value(
        "a dropped factor", on(4, 4, 1, 3, focal(2)), bound(4, Integer(4)),
        (1 - 1 / (1 + 3 * exp(Integer(-4)))) ** 2 * bound(4, Integer(4))),
    "the frame of the mean squared error with K for K - 1": _value(
        "a factor", on(3, 3, 1, "1/2", MSE), Rational(1, 4), Rational(1, 8)),
}

QUANTITIES = {
    "alpha without tau": _is("missing tau", _BASE, "multiplier_W", -_Q, -Rational(3, 2) * _Q),
    "alpha with n": _is("n for N", _BASE, "multiplier_W", -Rational(3, 4) * _Q, -Rational(3, 2) * _Q),
    "beta without n": _is("missing n", _BASE, "multiplier_H", -Rational(3, 2) * _Q, -Rational(3, 4) * _Q),
    "beta with N": _is("N for n", _BASE, "multiplier_H", -Rational(3, 16) * _Q, -Rational(3, 4) * _Q),
    "alpha with the wrong sign": _is("wrong sign", _BASE, "multiplier_W", Rational(3, 2) * _Q, -Rational(3, 2) * _Q),
    "alpha with the probability of the right class": _is(
        "q for p", _BASE, "multiplier_W", -Rational(3, 2) * (1 - 3 * _Q), -Rational(3, 2) * _Q),
    "alpha with 1/tau": _is("tau and 1/tau", _BASE, "multiplier_W", -Rational(2, 3) * _Q, -Rational(3, 2) * _Q),
    "the condition number off by one": _is(
        "off by one", on(3, 4, 1, "1/2", MSE), "condition_number", Integer(3), Integer(2)),
    "multipliers balance for the mean squared error": Neighbours(
        "dropped hypothesis", MultiplierBalance(problem=on(4, 5, 1, "1/3", MSE), point="frame"),
        MultiplierBalance(problem=on(4, 5, 1, "1/3"))),
}

KINDS = {
    "an ETF of K = 5 in three dimensions": _kind(
        "dropped hypothesis d >= K - 1", "simplex ETF", on(5, 3), on(5, 4)),
    "a frame in d = K - 1": _kind(
        "d >= K - 1 for d >= K", "orthogonal frame", on(4, 3, 1, "1/3", MSE), on(4, 4, 1, "1/3", MSE)),
    "an ETF for the mean squared error": _kind(
        "another loss", "simplex ETF", on(4, 4, 1, "1/3", MSE), on(4, 4, 1, "1/3", PMSE)),
    "a frame for cross-entropy": _kind(
        "another loss", "orthogonal frame", on(4, 4, 1, "1/3"), on(4, 4, 1, "1/3", MSE)),
    "an ETF beyond the threshold of label smoothing": _kind(
        "wrong regime threshold", "simplex ETF", on(3, 3, 1, "223/100", LS), on(3, 3, 1, "222/100", LS)),
    "the threshold tau = log(28)": _kind(
        "missing (K-1)/K", "simplex ETF", on(3, 3, 1, 3, LS), on(3, 3, 1, 2, LS)),
    "the threshold without 1 +": _kind(
        "a dropped term", "equal logit gaps", on(3, 3, 1, "2221/1000", LS), on(3, 3, 1, "2222/1000", LS)),
    "smoothed labels: a hot ETF at K = 5": _kind(
        "wrong regime threshold", "simplex ETF", on(5, 6, 2, 4, LS), on(5, 6, 2, 3, LS)),
}

COUNTS = {
    "zero modes d(d-1)/2 at K = 3, d = 5": _inertia("wrong multiplicity", on(3, 5), {"zero": 10}, {"zero": 7}),
    "zero modes (K-1)(K-2)/2 for d > K - 1": _inertia("a dropped term", on(3, 5), {"zero": 1}, {"zero": 7}),
    "zero modes K(K-1)/2": _inertia("K for K - 1", on(4, 3), {"zero": 6}, {"zero": 3}),
    "zero modes off by one": _inertia("off by one", on(4, 4, 2), {"zero": 7}, {"zero": 6}),
    "zero modes depend on n": _inertia("n counted", on(3, 3, 4), {"zero": 12}, {"zero": 3}),
    "a saddle at collapse": _inertia("wrong index", _BASE, {"negative": 1}, {"negative": 0}),
    "h = -w is a minimum": _inertia(
        "wrong sign", on(3, 3), {"negative": 0}, {"zero": 3}, point="antipodal"),
    "a hot smoothed ETF is stable": _inertia(
        "wrong regime threshold", on(3, 3, 1, 3, LS), {"negative": 0}, {"negative": 7}),
    "the frame has the zero modes of an ETF": _inertia(
        "K - 1 for K", on(3, 4, 1, "1/2", MSE), {"zero": 5}, {"zero": 6}, point="frame"),
}

ORDERS = {
    "hotter is worse conditioned everywhere": _order(
        "monotone for unimodal", "condition_number", on(4, 4, 1, "1/10"), on(4, 4, 1, "3/2"), ">"),
    "the value rises with tau": _order("wrong sign", "objective", on(4, 4, 1, 1), on(4, 4, 1, 2), ">"),
    "the value falls with K": _order("wrong sign", "objective", on(4, 9), on(9, 9), "<"),
    "least curvature rises with tau": _order(
        "monotone for unimodal", "least_curvature", on(4, 4, 1, 20), on(4, 4, 1, 2), "<"),
    "the multiplier of a feature does not depend on n": _order(
        "missing n", "multiplier_H", on(4, 4, 1), on(4, 4, 3), "<"),
}

CERTIFICATES = {
    "duality at h = -w": Neighbours(
        "wrong sign", DualCertificate(problem=on(5, 5), point="antipodal"), DualCertificate(problem=on(5, 5))),
    "duality for a hot smoothed ETF": Neighbours(
        "wrong regime threshold", DualCertificate(problem=on(4, 4, 1, 4, LS)),
        DualCertificate(problem=on(4, 4, 1, 1, LS))),
    "duality for the ETF of the mean squared error": Neighbours(
        "another loss", DualCertificate(problem=on(4, 4, 1, "1/3", MSE)),
        DualCertificate(problem=on(4, 4, 1, "1/3", PMSE))),
    "inequality (J) beyond the threshold": Neighbours(
        "wrong regime threshold", ContactInequality(problem=on(3, 3, 1, 4, LS)),
        ContactInequality(problem=on(3, 3, 1, 2, LS))),
}

LANDSCAPES = {
    "benign in the plane, K = 5": Neighbours(
        "dropped hypothesis d >= 3", BenignSphereLandscape(problem=on(5, 2, 2, "1/2")),
        BenignSphereLandscape(problem=on(5, 5, 2, "1/2"))),
    "benign in the plane at K = d = 2": Neighbours(
        "dropped hypothesis d >= 3", BenignSphereLandscape(problem=on(2, 2, 3, 2)),
        BenignSphereLandscape(problem=on(2, 3, 3, 2))),
    "no spurious minimum at d = K - 1": Neighbours(
        "d >= K - 1 for d >= K", NoSpuriousSphereMinima(problem=on(3, 2, 70, "5/2")),
        NoSpuriousSphereMinima(problem=on(3, 3, 70, "5/2"))),
    "no spurious minimum for the mean squared error": Neighbours(
        "another loss", NoSpuriousSphereMinima(problem=on(2, 2, 2, 1, MSE)),
        NoSpuriousSphereMinima(problem=on(3, 3, 2, 1))),
    "a turned feature at d = K": Neighbours(
        "wrong dimension", SpuriousSphereMinimum(problem=on(3, 3, 62, "5/2"), flips=1),
        SpuriousSphereMinimum(problem=on(3, 2, 62, "5/2"), flips=1)),
    "two turned features of a few": Neighbours(
        "n too small", SpuriousSphereMinimum(problem=on(3, 2, 20, "5/2"), flips=2),
        SpuriousSphereMinimum(problem=on(3, 2, 70, "5/2"), flips=1)),
    "a turned feature below tau = K - 1": Neighbours(
        "wrong regime threshold", SpuriousSphereMinimum(problem=on(3, 2, 62, "3/2"), flips=1),
        SpuriousSphereMinimum(problem=on(3, 2, 62, "5/2"), flips=1)),
    "the better sum of simplices": Neighbours(
        "roles swapped", SpuriousSphereMinimum(problem=on(6, 4, 1, 1), sizes=(3, 3)),
        SpuriousSphereMinimum(problem=on(6, 4, 1, 1), sizes=(4, 2))),
}

SPHERES: dict[str, Neighbours] = {
    **VALUES, **QUANTITIES, **KINDS, **COUNTS, **ORDERS, **CERTIFICATES, **LANDSCAPES,
}
