"""Claims about one weight-decay problem have certificates that the checker accepts, and it rejects false neighbours."""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy

from ncproofs.critical.closed_forms import closed_form, scale_constant
from ncproofs.critical.optimum import optimum
from ncproofs.critical.search import hessian, local_minima, pack, unpack
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.spelling import loss_from_expression
from ncproofs.problems.features import Ridge
from ncproofs.proof import checker
from ncproofs.proof.certificate import NoCertificate, seal, write
from ncproofs.proof.claims import (
    BenignLandscape,
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
from ncproofs.proof.critical_certificates import critical_point_certificate, rival_point, saddle_box_certificate
from ncproofs.proof.discharge import Effort
from ncproofs.theorems.all_losses import collapse_optimum, collapse_spectrum, origin_spectrum
from ncproofs.theorems.extended_ufm import mse_optimum, mse_spectrum

Pair = tuple[dict[str, Any], dict[str, Any]]
CE, LS, FL, MSE = cross_entropy(), label_smoothing("1/10"), focal(2), mean_squared()


#: Focal loss with two stationary points on either side of c_tie(20, 2) = 0.05940...
BELOW, ABOVE = (Ridge(FL, 20, 19, 1, f"{c}/10000", f"{c}/10000") for c in (590, 598))


def small(loss: Any = CE, K: int = 3, d: int = 3, n: int = 2, lambda_b: Any = None, heavy: Any = "1/100") -> Ridge:
    return Ridge(loss, K, d, n, heavy, "1/200", lambda_b)


def verdict(pair: Pair) -> tuple[str, str]:
    return checker.check(seal(*pair))


def certificate(claim: Any) -> Pair:
    return write(claim, Effort())


def optimum_claims(problem: Ridge) -> list[Any]:
    theorem = mse_optimum if problem.loss.name == "mean_squared" else collapse_optimum
    return list(theorem.instance(problem))


OPTIMA = {
    "cross-entropy": small(),
    "free bias": small(lambda_b=0),
    "label smoothing, d = K - 1, bias": small(LS, d=2, lambda_b="1/100"),
    "a thousand classes": Ridge(CE, 1000, 999, 500, "1/100000000", "1/100000000"),
    "smoothing at 100000 classes": Ridge(LS, 10**5, 10**5, 7, "1/10000000000", "1/10000000", 0),
    "c = 1/K exactly": Ridge(CE, 2, 1, 1, "1/4", 1),
    "c beyond the threshold": Ridge(LS, 3, 3, 1, 1, 1, 0),
    "focal": small(FL),
    "focal, K = 2, d = 1": Ridge(focal("1/2"), 2, 1, 1, "1/100", "1/300", "1/10"),
    "focal at zero": Ridge(FL, 10, 10, 1, 1, 1),
    "focal with two stationary points, below the tie": BELOW,
    "focal with two stationary points, above the tie": ABOVE,
    "squared error": small(MSE),
    "squared error at d = 1": small(MSE, d=1),
    "squared error, free bias": small(MSE, lambda_b=0),
    "squared error, mean direction": Ridge(MSE, 4, 5, 1, "1/20", "1/40", 1),
    "squared error, d = K - 1 with a bias": Ridge(MSE, 4, 3, 1, "1/20", "1/40", 1),
    "squared error at zero": Ridge(MSE, 3, 4, 1, 1, 1, "1/3"),
    "squared error, Kc = 1 exactly": Ridge(MSE, 2, 3, 1, "1/4", 1),
}


@pytest.mark.parametrize("problem", OPTIMA.values(), ids=OPTIMA)
def test_every_claim_about_the_optimum_is_accepted(problem):
    claims = optimum_claims(problem)
    assert claims
    for claim in claims:
        assert verdict(certificate(claim))[0] == "accepted"


def value_of(problem: Ridge, quantity: str = "objective") -> Any:
    return closed_form(problem, optimum(problem, digits=6).details, quantity)


def off(problem: Ridge, quantity: str, relation: str, shift: Any) -> Any:
    value = value_of(problem, quantity) + sympy.Rational(shift)
    if quantity == "objective":
        return OptimalValue(problem=problem, value=value, relation=relation)
    return OptimumIs(problem=problem, quantity=quantity, value=value)


@pytest.mark.parametrize("shift", ["1/10000000000000000000000000000000000000000", "-1/1000"])
@pytest.mark.parametrize("quantity", ["objective", "margin", "W_row_norm_sq", "H_col_norm_sq", "c"])
def test_a_value_that_is_off_has_no_certificate(quantity, shift):
    with pytest.raises(NoCertificate, match="not shown to equal"):
        certificate(off(small(LS), quantity, "==", shift))


@pytest.mark.parametrize(("relation", "shift", "holds"), [
    (">=", "-1/100000", True), (">", "-1/100000", True), ("<", "1/100000", True), ("<=", "1/100000", True),
    (">", "1/100000", False), ("<=", "-1/100000", False), (">", "0", False), ("<", "0", False),
])
def test_inequalities_for_the_minimum(relation, shift, holds):
    for problem in (small(), small(MSE)):
        claim = off(problem, "objective", relation, shift)
        if holds:
            assert verdict(certificate(claim))[0] == "accepted"
        else:
            with pytest.raises(NoCertificate):
                certificate(claim)


FALSE = {
    "another geometry": CollapsedOptimum(problem=small(), geometry="orthogonal frame"),
    "zero below the threshold": CollapsedOptimum(problem=small(), geometry="zero"),
    "an ETF beyond the threshold": CollapsedOptimum(problem=Ridge(CE, 3, 3, 1, 1, 1), geometry="simplex ETF"),
    "an ETF without room": CollapsedOptimum(problem=small(K=5, d=3), geometry="simplex ETF"),
    "squared error is no ETF": CollapsedOptimum(problem=small(MSE), geometry="simplex ETF"),
    "focal above its tie": CollapsedOptimum(
        problem=ABOVE, geometry="simplex ETF"),
    "focal below its tie": CollapsedOptimum(
        problem=BELOW, geometry="zero"),
    "focal with a bias next to its tie": CollapsedOptimum(
        problem=Ridge(focal(5), 100, 100, 1, "0.01274", "0.01274", 0), geometry="simplex ETF"),
    "a bias that is free": OptimumIs(problem=small(lambda_b=0), quantity="bias", value=sympy.Integer(0)),
    "N for n in the scale equation": ScaleEquation(
        problem=small(), slope=sympy.sqrt(sympy.Rational(6, 20000))),
    "a slope of the other sign": ScaleEquation(problem=small(), slope=-scale_constant(small())),
    "an unbalanced scale": ScaleEquation(problem=small(), slope=scale_constant(small()), scale=sympy.Integer(2)),
    "two minimisers of focal loss for some c": UniqueArgmin(loss=FL, K=100),
    "one zero too many": NullityAtOptimum(problem=small(), nullity=4),
    "one zero too few": NullityAtOptimum(problem=small(), nullity=2),
    "nullity d(d-1)/2": NullityAtOptimum(problem=small(d=5), nullity=10),
    "without the shift of the bias": NullityAtOptimum(problem=small(lambda_b=0), nullity=3),
    "a saddle at the origin": CriticalValue(problem=small(), family="origin"),
    "curvature with N": Curvature(problem=small(), value=value_of(small(), "c")),
    "too few dimensions for benignness": BenignLandscape(problem=Ridge(CE, 4, 1, 1, "1/400", "1/400")),
    "focal loss is not known to be benign": BenignLandscape(problem=small(FL)),
}


@pytest.mark.parametrize("claim", FALSE.values(), ids=FALSE)
def test_false_or_open_claims_have_no_certificate(claim):
    try:
        pair = certificate(claim)
    except NoCertificate:
        return
    # A writer may state what is true instead; the claimed thing itself must not be accepted.
    assert isinstance(claim, CriticalValue)
    assert pair[0]["negative"] > 0


OTHERS = {
    "balanced scale": ScaleEquation(problem=small(FL), slope=scale_constant(small(FL)), scale=sympy.sqrt(
        sympy.Rational(1, 2) * 2)),
    "scale of the squared error": ScaleEquation(problem=small(MSE), slope=scale_constant(small(MSE))),
    "argmin of cross-entropy": UniqueArgmin(loss=CE, K=5, c=sympy.Rational(1, 7)),
    "argmin of focal loss": UniqueArgmin(loss=FL, K=100, c=sympy.Rational(1, 90)),
    "benign, cross-entropy": BenignLandscape(problem=small(d=2)),
    "benign, squared error": BenignLandscape(problem=small(MSE, d=1)),
    "collapse is stable": CriticalValue(problem=small(FL, lambda_b="1/50"), family="collapse"),
    "the origin is stable": CriticalValue(problem=Ridge(FL, 3, 2, 1, 1, 1, 0), family="origin"),
    **{f"origin, {loss}": next(iter(origin_spectrum.instance(small(loss, d=4, lambda_b="1/3"))))
       for loss in (CE, LS, FL, focal("1/2"), MSE)},
}


@pytest.mark.parametrize("claim", OTHERS.values(), ids=OTHERS)
def test_other_claims_are_accepted(claim):
    assert verdict(certificate(claim))[0] == "accepted"


SPECTRA = {
    "cross-entropy, free bias": small(lambda_b=0),
    "label smoothing": small(LS, K=4, d=4, n=1, lambda_b="1/100"),
    "focal, d = K - 1": small(FL, d=2),
    "K = 2, d = 1": small(K=2, d=1),
    "squared error": small(MSE, heavy="1/50"),
    "squared error at d = 1": small(MSE, d=1),
    "squared error with a mean direction": Ridge(MSE, 3, 4, 1, "1/20", "1/40", 1),
    "squared error at zero": Ridge(MSE, 3, 2, 2, 1, 1),
}


@pytest.mark.parametrize("problem", SPECTRA.values(), ids=SPECTRA)
def test_spectra(problem):
    for claim in (mse_spectrum if problem.loss.name == "mean_squared" else collapse_spectrum).instance(problem):
        assert verdict(certificate(claim))[0] == "accepted"


def mutated(pair: Pair, change: Callable[[dict[str, Any], dict[str, Any]], Any]) -> Pair:
    pair = copy.deepcopy(pair)
    change(*pair)
    return pair


@pytest.fixture(scope="module")
def spectrum() -> Pair:
    return certificate(SpectrumAtOptimum(problem=small()))


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
    "beyond the last digit above": _move(2, 0, "1/1000000000"),
    "beyond the last digit below": _move(2, 1, "-1/1000000000"),
    "an eigenvalue counted twice": _count(1, 1),
    "one zero too many": _count(0, 1),
    "one zero too few": _count(0, -1),
    "a row dropped": lambda s, w: s["eigenvalues"].pop(),
    "rows exchanged": lambda s, w: s["eigenvalues"].reverse(),
    "another n": lambda s, w: s["problem"].update(n=3),
    "another d": lambda s, w: s["problem"].update(d=4),
    "lambda_W and lambda_H exchanged": lambda s, w: s["problem"].update(lambda_W="1/200", lambda_H="1/100"),
    "another loss": lambda s, w: s["problem"].update(loss="focal", parameter="1"),
    "the origin": lambda s, w: s.update(point="origin"),
    "an unknown point": lambda s, w: s.update(point=["minimum"]),
    "a bias": lambda s, w: s["problem"].update(lambda_b="0"),
}


@pytest.mark.parametrize("change", SPECTRAL.values(), ids=SPECTRAL)
def test_false_spectra_are_rejected(spectrum, change):
    assert verdict(spectrum)[0] == "accepted"
    assert verdict(mutated(spectrum, change))[0] == "rejected"


def test_inertia_needs_its_gap():
    pair = certificate(NullityAtOptimum(problem=small(), nullity=3))
    assert verdict(pair)[0] == "accepted"
    for key, value in (("negative", 1), ("zero", 2), ("zero", 4)):
        assert verdict(mutated(pair, lambda s, w, k=key, v=value: s.update({k: v})))[0] == "rejected"
    assert verdict(mutated(pair, lambda s, w: w.update(gap="1")))[0] == "rejected"
    assert verdict(mutated(pair, lambda s, w: w.update(gap="0")))[0] == "rejected"


FOCAL = {
    "a piece that is too long": lambda s, w: w["search"].update(points=[w["search"]["points"][i] for i in (0, -1)]),
    "the far half left out": lambda s, w: w["search"].update(
        points=w["search"]["points"][: len(w["search"]["points"]) // 2]),
    "0 left out": lambda s, w: w["search"]["points"].pop(0),
    "points that fall": lambda s, w: w["search"]["points"].reverse(),
    "a negative best point": lambda s, w: w["search"].update(best="-1"),
    "a best point that is none": lambda s, w: w["search"].update(best="1/1000"),
    "a root elsewhere": lambda s, w: w["search"].update(root=["1/10", "1/5"]),
    "no search": lambda s, w: w.update(search=None),
    "another gamma": lambda s, w: s["problem"].update(parameter="1"),
    "a bias beyond c = 1/(K-1)": lambda s, w: s["problem"].update(lambda_b="0"),
}


@pytest.fixture(scope="module")
def below() -> Pair:
    return certificate(CollapsedOptimum(problem=BELOW, geometry="simplex ETF"))


@pytest.mark.parametrize("change", FOCAL.values(), ids=FOCAL)
def test_the_search_of_the_reduced_function(below, change):
    assert verdict(below)[0] == "accepted"
    assert verdict(mutated(below, change))[0] == "rejected"


@pytest.mark.parametrize(
    "problem", [small(), small(MSE), BELOW, ABOVE, Ridge(MSE, 4, 5, 1, "1/20", "1/40", 1)], ids=str)
def test_a_problem_has_one_geometry(problem):
    true = optimum(problem, digits=6).geometry
    pair = certificate(CollapsedOptimum(problem=problem, geometry=true))
    for name in ("simplex ETF", "zero", "orthogonal frame", "intermediate frame", "rank-deficient frame"):
        found = verdict(mutated(pair, lambda s, w, name=name: s.update(geometry=name)))[0]
        assert found == ("accepted" if name == true else "rejected")


CX1 = Ridge(CE, 4, 1, 1, "1/400", "1/400")
POINT = (np.array([[-1.86064766536760, -1.07070838033861, -1.07070838033861, 4.00206442598482]]),
         np.array([[-4.44650041563680, -0.31536608776631, -0.31536608776631, 1.34204500327411]]))


@pytest.fixture(scope="module")
def spurious() -> Pair:
    """ridge.md CX1: a strict local minimum above another point, at d = 1 < K - 1."""
    best = min(local_minima(CX1, 12, 0), key=lambda point: point.value)
    return critical_point_certificate(CX1, *POINT, rival=rival_point(CX1, best.W, best.H))


def test_a_spurious_minimum_is_certified(spurious):
    statement = spurious[0]
    assert (statement["negative"], statement["zero"]) == (0, 0)
    assert Fraction(statement["value"][0]) < Fraction("0.69377025852033341441218") < Fraction(statement["value"][1])
    assert verdict(spurious)[0] == "accepted"


def _nudge(key: str, place: int, bits: int) -> Callable[[Any, Any], None]:
    def change(statement: Any, witness: Any) -> None:
        numbers = statement["centre"][key]["m"]
        numbers[place] = str(int(numbers[place]) + 2**bits)
    return change


POINTS = {
    "index 1": lambda s, w: s.update(negative=1),
    "nullity 1": lambda s, w: s.update(zero=1),
    "a value too high": lambda s, w: s.update(value=[s["value"][1], "1"]),
    "a value too low": lambda s, w: s.update(value=["0", s["value"][0]]),
    "a rival that is not lower": lambda s, w: s["rival"]["point"].update(W=s["centre"]["W"], H=s["centre"]["H"]),
    "a centre beyond the radius": _nudge("W", 1, 20),
    "a feature beyond the radius": _nudge("H", 3, 20),
    "a radius without a zero": lambda s, w: s.update(radius=str(Fraction(1, 2**90))),
    "a radius that is too large": lambda s, w: s.update(radius="1/2"),
    "radius 0": lambda s, w: s.update(radius="0"),
    "two samples for one": lambda s, w: s["places"][0].__setitem__(1, 2),
    "a class without a sample": lambda s, w: s["places"][0].__setitem__(0, 1),
    "rank 2": lambda s, w: s.update(rank=2),
    "no pivot": lambda s, w: s.update(pivots=[]),
    "another weight": lambda s, w: s["problem"].update(lambda_W="1/401"),
    "another d": lambda s, w: s["problem"].update(d=2),
    "a bias": lambda s, w: s["problem"].update(lambda_b="0"),
    "no gap": lambda s, w: w.update(gap="0"),
    "a gap beyond an eigenvalue": lambda s, w: w.update(gap="1"),
    "multipliers": lambda s, w: w.update(multipliers=["1"]),
}


@pytest.mark.parametrize("change", POINTS.values(), ids=POINTS)
def test_false_critical_points_are_rejected(spurious, change):
    assert verdict(mutated(spurious, change))[0] == "rejected"


USERS = loss_from_expression("(log(S1) - t) + (log(S1) - t)**2/4", ["exp(z)"])


@pytest.mark.parametrize("problem", [
    Ridge(CE, 4, 3, 2, "1/200", "1/200", 0), Ridge(LS, 3, 4, 1, "1/200", "1/100", "1/10"),
    Ridge(FL, 4, 3, 1, "1/200", "1/200"), Ridge(USERS, 3, 3, 1, "1/200", "1/200"),
], ids=str)
def test_saddles_found_by_search(problem):
    """A minimum in one dimension less, padded with zeros, is a saddle."""
    found = next(iter(local_minima(Ridge(problem.loss, problem.K, 1, problem.n, problem.lambda_W, problem.lambda_H,
                                         problem.lambda_b), 4, 1)))
    W, H = (np.vstack([part, np.zeros((problem.d - 1, part.shape[1]))]) for part in (found.W, found.H))
    point = critical_point_certificate(problem, W, H, found.b)
    assert point[0]["negative"] > 0
    assert verdict(point)[0] == "accepted"
    lowest = np.linalg.eigh(hessian(problem, pack(W, H, found.b)))[1][:, 0]
    box = saddle_box_certificate(problem, W, H, found.b, unpack(problem, lowest))
    assert verdict(box)[0] == "accepted"
    assert verdict(mutated(box, lambda s, w: s.update(margin=str(3 * Fraction(s["margin"])))))[0] == "rejected"
    assert verdict(mutated(box, lambda s, w: s.update(radius="1")))[0] == "rejected"


def test_no_saddle_where_the_direction_goes_up():
    with pytest.raises(NoCertificate, match="not certainly negative"):
        saddle_box_certificate(CX1, *POINT, None, (np.ones((1, 4)), np.ones((1, 4)), None))


HOSTILE = [None, True, -1, 10**17, "x", "1/3", [], {}, ["1"], "0", [[]]]


@pytest.mark.parametrize("claim", [
    OptimalValue(problem=small(), value=value_of(small())), NullityAtOptimum(problem=small(), nullity=3),
    CollapsedOptimum(problem=small(FL), geometry="simplex ETF"), ScaleEquation(problem=small(),
                                                                               slope=scale_constant(small())),
    Curvature(problem=small(), value=next(iter(origin_spectrum.instance(small()))).value),
    UniqueArgmin(loss=FL, K=3, c=sympy.Rational(1, 50)), SpectrumAtOptimum(problem=small()),
], ids=lambda claim: type(claim).__name__)
def test_hostile_entries_are_never_accepted_and_never_crash(claim):
    pair = certificate(claim)
    for side, part in enumerate(pair):
        for key in part:
            for value in HOSTILE:
                if key in ("title", "kind", "search", "root") or part[key] == value:
                    continue
                bad = mutated(pair, lambda *both, side=side, key=key, value=value: both[side].update({key: value}))
                assert verdict(bad)[0] in ("rejected", "limit") or (key, value) in (("scale", None), ("gap", "1/3"))
