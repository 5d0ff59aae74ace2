"""Claims about one problem on spheres have certificates that the checker accepts, and it rejects false neighbours."""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sympy

from ncproofs.critical.random_points import seek
from ncproofs.critical.sphere_optimum import closed_form, sphere_regime
from ncproofs.critical.sphere_spectrum import sphere_grid
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.projected_mean_squared import projected_mean_squared
from ncproofs.problems.features import Spheres
from ncproofs.proof import checker
from ncproofs.proof.certificate import NoCertificate, seal, write
from ncproofs.proof.critical_certificates import critical_point_certificate, saddle_box_certificate
from ncproofs.proof.discharge import Effort
from ncproofs.proof.sphere_claims import (
    ContactInequality,
    DualCertificate,
    MultiplierBalance,
    SphereGeometry,
    SphereInertia,
    SphereQuantity,
    SphereSpectrum,
    SphereValue,
)
from ncproofs.proof.sphere_landscape import BenignSphereLandscape, NoSpuriousSphereMinima, SpuriousSphereMinimum
from ncproofs.theorems.normalised_features import sphere_focal, sphere_mse, sphere_optimum

Pair = tuple[dict[str, Any], dict[str, Any]]
CE, LS, FL, MSE, PMSE = (cross_entropy(), label_smoothing("1/10"), focal(2), mean_squared(), projected_mean_squared())


def small(loss: Any = CE, K: int = 3, d: int = 3, n: int = 2, tau: Any = 1) -> Spheres:
    return Spheres(loss, K, d, n, tau)


def verdict(pair: Pair) -> tuple[str, str]:
    return checker.check(seal(*pair))


def certificate(claim: Any) -> Pair:
    return write(claim, Effort())


def mutated(pair: Pair, change: Callable[[dict[str, Any], dict[str, Any]], Any]) -> Pair:
    pair = copy.deepcopy(pair)
    change(*pair)
    return pair


def value_of(problem: Spheres, quantity: str = "objective") -> Any:
    return closed_form(problem, sphere_regime(problem), quantity)


TRUE = {
    **{f"cross-entropy {type(claim).__name__} {i}": claim
       for i, claim in enumerate(sphere_optimum.instance(small(d=4, tau="7/3")))},
    **{f"a hundred classes, {type(claim).__name__} {i}": claim
       for i, claim in enumerate(sphere_optimum.instance(Spheres(CE, 100, 128, 50, 10)))},
    **{f"focal, {type(claim).__name__} {i}": claim
       for i, claim in enumerate(sphere_focal.instance(Spheres(focal("1/2"), 1000, 1000, 1, 5)))},
    **{f"squared error, tau = {tau}, {type(claim).__name__} {i}": claim for tau in ("1/2", 1)
       for i, claim in enumerate(sphere_mse.instance(small(MSE, d=4, n=1, tau=tau)))},
    "exact fit": SphereGeometry(problem=small(MSE, tau=2), geometry="exact fit"),
    "projected error": SphereGeometry(problem=small(PMSE, d=2, tau="2/3"), geometry="simplex ETF"),
    "projected error beyond": SphereGeometry(problem=small(PMSE, tau=1), geometry="equal logit gaps"),
    "smoothing below": SphereGeometry(problem=small(LS, d=2), geometry="simplex ETF"),
    "smoothing beyond": SphereValue(problem=small(LS, tau=4), value=value_of(small(LS, tau=4))),
    "smoothing below its threshold": SphereValue(problem=small(LS, d=2), value=value_of(small(LS, d=2))),
    "dual certificate of smoothing": DualCertificate(problem=small(LS)),
    "focal value": SphereValue(problem=small(FL), value=value_of(small(FL))),
    "focal multiplier": SphereQuantity(problem=small(FL), quantity="multiplier_H",
                                       value=value_of(small(FL), "multiplier_H")),
    "antipodal value": SphereQuantity(problem=small(), quantity="objective", point="antipodal",
                                      value=sympy.log(1 + 2 * sympy.exp(sympy.Rational(3, 2)))),
    "a lower bound without room": SphereValue(problem=small(K=5, d=2), value=sympy.Rational(1, 2), relation=">"),
    "an upper bound": SphereValue(problem=small(), value=sympy.Rational(2, 3), relation="<"),
    "conditioning": SphereQuantity(problem=small(K=4, d=4, n=1), quantity="condition_number", value=3, relation=">="),
    "conditioning from above": SphereQuantity(
        problem=small(K=4, d=4, n=1), quantity="condition_number", value=10, relation="<"),
    "balance": MultiplierBalance(problem=small()),
    "benign": BenignSphereLandscape(problem=small(tau=40)),
    "no spurious minima": NoSpuriousSphereMinima(problem=small(d=5)),
    "contact of smoothing": ContactInequality(problem=small(LS)),
}


@pytest.mark.parametrize("claim", TRUE.values(), ids=TRUE)
def test_true_claims_are_accepted(claim):
    assert verdict(certificate(claim))[0] == "accepted"


FALSE = {
    "value off by little": SphereValue(
        problem=small(), value=value_of(small()) + sympy.Rational(1, 10**40)),
    "value at tau instead of tau K/(K-1)": SphereValue(
        problem=small(), value=sympy.log(1 + 2 * sympy.exp(-sympy.Integer(1)))),
    "K for K - 1": SphereValue(problem=small(), value=sympy.log(1 + 3 * sympy.exp(-sympy.Rational(3, 2)))),
    "strict where it is attained": SphereValue(problem=small(), value=value_of(small()), relation=">"),
    "an upper bound without room": SphereValue(problem=small(K=5, d=2), value=10, relation="<"),
    "multiplier with n for N": SphereQuantity(
        problem=small(), quantity="multiplier_H", value=3 * value_of(small(), "multiplier_H")),
    "no room for an ETF": SphereGeometry(problem=small(K=5, d=3), geometry="simplex ETF"),
    "an ETF for the squared error": SphereGeometry(problem=small(MSE), geometry="simplex ETF"),
    "a frame beyond tau = 1": SphereGeometry(problem=small(MSE, tau="3/2"), geometry="orthogonal frame"),
    "squared error at d = K - 1": SphereGeometry(problem=small(MSE, d=2), geometry="orthogonal frame"),
    "smoothing beyond its threshold": SphereGeometry(problem=small(LS, tau=4), geometry="simplex ETF"),
    "smoothing beyond at d = K - 1": SphereGeometry(problem=small(LS, d=2, tau=4), geometry="equal logit gaps"),
    "dual beyond the threshold": DualCertificate(problem=small(LS, tau=4)),
    "dual at h = -w": DualCertificate(problem=small(), point="antipodal"),
    "dual of a loss that is not convex": DualCertificate(problem=small(FL)),
    "nullity d(d-1)/2": SphereInertia(problem=small(d=5), zero=10, negative=0),
    "index 0 at h = -w": SphereInertia(problem=small(), negative=0, point="antipodal"),
    "contact where the loss rises": ContactInequality(problem=small(LS, tau=4)),
    "a condition number below its bound": SphereQuantity(
        problem=small(K=4, d=4, n=1), quantity="condition_number", value=3, relation="<"),
    "balance at a frame": MultiplierBalance(problem=small(MSE), point="frame"),
    "benign at d = 2": BenignSphereLandscape(problem=Spheres(CE, 2, 2, 1, 1)),
    "benign at d = K - 1": NoSpuriousSphereMinima(problem=small(K=4, d=3)),
    "benign for smoothing": BenignSphereLandscape(problem=small(LS)),
    "an ETF with all features turned": SpuriousSphereMinimum(problem=small(d=2, n=2, tau=1), flips=1),
}


@pytest.mark.parametrize("claim", FALSE.values(), ids=FALSE)
def test_false_or_open_claims_have_no_certificate(claim):
    with pytest.raises(NoCertificate):
        certificate(claim)


@pytest.mark.parametrize(("problem", "point"), list(islice(sphere_grid(), 0, None, 17)), ids=str)
def test_spectra_of_every_loss_and_point(problem, point):
    assert verdict(certificate(SphereSpectrum(problem=problem, point=point)))[0] == "accepted"


@pytest.fixture(scope="module")
def spectrum() -> Pair:
    return certificate(SphereSpectrum(problem=small(K=4, d=4)))


def _move(row: int, end: int, shift: str) -> Callable[[Any, Any], None]:
    def change(statement: Any, witness: Any) -> None:
        place = statement["eigenvalues"][row]
        place[end] = str(Fraction(place[end]) + Fraction(shift))
    return change


def _count(row: int, shift: int) -> Callable[[Any, Any], None]:
    def change(statement: Any, witness: Any) -> None:
        statement["eigenvalues"][row][2] += shift
        statement["eigenvalues"][row + 1][2] -= shift
    return change


SPECTRAL = {
    "beyond the last digit above": _move(3, 0, "1/10000000"),
    "beyond the last digit below": _move(2, 1, "-1/10000000"),
    "one zero too many": _count(0, 1),
    "one zero too few": _count(0, -1),
    "an eigenvalue counted twice": _count(2, 1),
    "a row dropped": lambda s, w: s["eigenvalues"].pop(),
    "rows exchanged": lambda s, w: s["eigenvalues"].reverse(),
    "another n": lambda s, w: s["problem"].update(n=1),
    "another d": lambda s, w: s["problem"].update(d=5),
    "another tau": lambda s, w: s["problem"].update(tau="1001/1000"),
    "another loss": lambda s, w: s["problem"].update(loss="projected_mean_squared"),
    "h = -w": lambda s, w: s.update(point="antipodal"),
    "a frame": lambda s, w: s.update(point="frame"),
    "an unknown point": lambda s, w: s.update(point=["etf"]),
    "K and d exchanged": lambda s, w: s["problem"].update(K=5, d=4),
}


@pytest.mark.parametrize("change", SPECTRAL.values(), ids=SPECTRAL)
def test_false_spectra_are_rejected(spectrum, change):
    assert verdict(spectrum)[0] == "accepted"
    assert verdict(mutated(spectrum, change))[0] == "rejected"


CONTACT = {
    "one piece": lambda s, w: w.update(points=[w["points"][0], w["points"][-1]]),
    "the last piece left out": lambda s, w: w["points"].pop(),
    "the first piece left out": lambda s, w: w["points"].pop(0),
    "points that fall": lambda s, w: w["points"].reverse(),
    "no points": lambda s, w: w.update(points=[]),
    "points that are none": lambda s, w: w.update(points=None),
}


@pytest.mark.parametrize("change", CONTACT.values(), ids=CONTACT)
def test_inequality_j_needs_its_pieces(change):
    pair = certificate(ContactInequality(problem=small(FL, K=10, d=10, tau=3)))
    assert verdict(pair)[0] == "accepted"
    assert verdict(mutated(pair, change))[0] == "rejected"


def _spheres(K: int, d: int, n: int, tau: int) -> Spheres:
    return Spheres(CE, K, d, n, tau)


def critical_points(problem, count, seed):
    """Random critical points of any index, as floats."""
    for number in range(count):
        found = seek(problem, seed, number, ("squares",))
        X = found.x.reshape(problem.d, -1)
        if found.converged:
            yield SimpleNamespace(W=X[:, : problem.K], H=X[:, problem.K :], value=found.value)


@pytest.mark.parametrize("problem", [_spheres(3, 4, 1, 1), _spheres(4, 5, 1, 2), _spheres(3, 4, 2, 3)], ids=str)
def test_critical_points_found_by_search(problem):
    found = next(iter(critical_points(problem, 4, 3)))
    statement, witness = critical_point_certificate(problem, found.W, found.H)
    assert verdict((statement, witness))[0] == "accepted"
    for key, shift in (("negative", 1), ("zero", 1), ("zero", -1), ("rank", -1)):
        other = mutated((statement, witness), lambda s, w, key=key, shift=shift: s.update({key: s[key] + shift}))
        assert verdict(other)[0] == "rejected"
    assert verdict(mutated((statement, witness), lambda s, w: s["problem"].update(tau="11/10")))[0] == "rejected"
    assert verdict(mutated((statement, witness), lambda s, w: w["multipliers"].reverse()))[0] == "rejected"


@pytest.fixture(scope="module")
def spurious() -> Pair:
    """spheres.md 6.1: one of 62 features of each class turned over, K = 3, d = 2, tau = 5/2."""
    return certificate(SpuriousSphereMinimum(problem=Spheres(CE, 3, 2, 62, "5/2"), flips=1))


MINIMA = {
    "two turned features": lambda s, w: s.update(places=[[k, m] for k in range(3) for m in (60, 2)]),
    "one sample too many": lambda s, w: s["places"][0].__setitem__(1, 62),
    "index 1": lambda s, w: s.update(negative=1),
    "nullity 0": lambda s, w: s.update(zero=0),
    "nullity 2": lambda s, w: s.update(zero=2),
    "a value below its rival": lambda s, w: s.update(value=["1/100", s["value"][1]]),
    "itself as rival": lambda s, w: s["rival"].update(places=s["places"], point=s["centre"]),
    "a radius without a zero": lambda s, w: s.update(radius=str(Fraction(1, 2**90))),
    "another temperature": lambda s, w: s["problem"].update(tau="2"),
    "exchanged pivots": lambda s, w: s["pivots"].reverse(),
    "the same pivot twice": lambda s, w: s.update(pivots=[0, 0]),
    "a gap beyond an eigenvalue": lambda s, w: w.update(gap="1"),
}


@pytest.mark.parametrize("change", MINIMA.values(), ids=MINIMA)
def test_spurious_minima(spurious, change):
    assert verdict(spurious)[0] == "accepted"
    assert verdict(mutated(spurious, change))[0] == "rejected"


def test_a_spurious_minimum_where_the_classifiers_do_not_span():
    """spheres.md 6.4: squared error at K = d = 2, with w = (u, -u): the second pivot is a feature."""
    claim = SpuriousSphereMinimum(problem=Spheres(MSE, 2, 2, 2, 1), degrees=("0", "180", "60", "-60", "120", "-120"))
    statement, witness = certificate(claim)
    assert max(statement["pivots"]) >= 2
    assert Fraction(statement["value"][0]) < Fraction(1, 4) < Fraction(statement["value"][1])
    assert verdict((statement, witness))[0] == "accepted"


def test_saddle_boxes():
    """All columns along two opposite directions; moving them apart goes down."""
    problem = _spheres(3, 4, 1, 1)
    found = next(point for point in critical_points(problem, 4, 3) if point.value > 1)
    rows = np.hstack([found.W, found.H])
    normal = np.linalg.svd(rows)[0][:, -1]  # orthogonal to all columns, if they do not span
    best = None
    for seed in range(40):
        weights = np.random.default_rng(seed).standard_normal(6)
        D = np.outer(normal, weights)
        try:
            best = saddle_box_certificate(problem, found.W, found.H, None, (D[:, :3], D[:, 3:], None))
            break
        except NoCertificate:
            continue
    assert best is not None
    assert verdict(best)[0] == "accepted"
    assert verdict(mutated(best, lambda s, w: s.update(margin=str(3 * Fraction(s["margin"])))))[0] == "rejected"
    assert verdict(mutated(best, lambda s, w: s.update(radius="1/2")))[0] == "rejected"


HOSTILE = [None, True, -1, 10**17, "x", "1/3", [], {}, ["1"], "0", [[]]]


@pytest.mark.parametrize("claim", [
    SphereValue(problem=small(), value=value_of(small())), SphereInertia(problem=small(), zero=3, negative=0),
    SphereGeometry(problem=small(FL), geometry="simplex ETF"), DualCertificate(problem=small()),
    SphereQuantity(problem=small(K=4, d=4, n=1), quantity="condition_number", value=3, relation=">="),
    SphereSpectrum(problem=small()), SpuriousSphereMinimum(problem=Spheres(CE, 3, 2, 62, "5/2"), flips=1),
], ids=lambda claim: type(claim).__name__)
def test_hostile_entries_are_never_accepted_and_never_crash(claim):
    pair = certificate(claim)
    for side, part in enumerate(pair):
        for key in part:
            for value in HOSTILE:
                if key in ("title", "kind", "points", "gap") or part[key] == value or (key, value) in (
                        ("rival", None), ("value", "1/3"), ("value", "0"), ("value", -1)):
                    continue
                bad = mutated(pair, lambda *both, side=side, key=key, value=value: both[side].update({key: value}))
                assert verdict(bad)[0] in ("rejected", "limit"), (key, value)
