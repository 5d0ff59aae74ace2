"""Landscapes on spheres: what is certified, refuted with a witness, or open; false claims never hold."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ncproofs.errors import InvalidClaim
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import Loss
from ncproofs.problems.features import Spheres
from ncproofs.proof.discharge import Effort, discharge
from ncproofs.proof.sphere_landscape import (
    BenignSphereLandscape,
    NoSpuriousSphereMinima,
    SpuriousSphereMinimum,
    descending_curve,
)
from ncproofs.theorems.catalogue import load
from ncproofs.theorems.theorem import verify
from ncproofs.truth import Rigor, Truth

QUICK = Effort(starts=4)


def spheres(K: int, d: int, n: int, tau: object, loss: Loss | None = None) -> Spheres:
    return Spheres(loss or cross_entropy(), K, d, n, tau)  # type: ignore[arg-type]


HOLDS = {
    "far above the quoted temperature bound 3/2": spheres(3, 3, 1, 40),
    "d = K": spheres(4, 4, 2, "1/3"),
    "K = 2, d = 3": spheres(2, 3, 1, 1),
    "large": spheres(100, 128, 50, 10),
    "focal with gamma = 0 is cross-entropy": spheres(3, 4, 1, 2, focal(0)),
}


@pytest.mark.parametrize("name", HOLDS)
def test_holds(name: str) -> None:
    for kind in (BenignSphereLandscape, NoSpuriousSphereMinima):
        evidence = discharge(kind(problem=HOLDS[name]), QUICK)
        assert (evidence.truth, evidence.rigor) == (Truth.HOLDS, Rigor.EXACT)
        assert evidence.axioms and not evidence.holes


#: (problem, what the witness of "every local minimum is global" says)
SPURIOUS = {
    "flips, K=3, d=2": (spheres(3, 2, 62, "5/2"), "0.117073710851"),
    "flips, K=4, d=3": (spheres(4, 3, 460, "18/5"), "0.0371653924591"),
    "one sample a class": (spheres(3, 2, 1, 10), "0.461133541335"),
    "K=6, d=4, tau=4: 3+3": (spheres(6, 4, 1, 4), "3+3 has value >= 0.058178735209"),
    "K=6, d=4, tau=1: 4+2": (spheres(6, 4, 1, 1), "4+2 has value >= 0.93728449050"),
    "K=8, d=5": (spheres(8, 5, 1, 2), "3+3+2"),
    "MSE, K = d = 2": (spheres(2, 2, 2, 1, mean_squared()), "0.2499999"),
}


@pytest.mark.parametrize("name", SPURIOUS)
def test_spurious_minima_refute(name: str) -> None:
    problem, shown = SPURIOUS[name]
    evidence = discharge(NoSpuriousSphereMinima(problem=problem), Effort(starts=20))
    assert (evidence.truth, evidence.rigor) == (Truth.FAILS, Rigor.ENCLOSED)
    assert shown in evidence.witness
    assert "index 0" in evidence.witness
    assert discharge(BenignSphereLandscape(problem=problem), Effort(starts=20)).truth is Truth.FAILS


@pytest.mark.parametrize(("K", "coefficient"), [(2, "1/32"), (3, "1/36"), (4, "3/128"), (9, "1/81")])
def test_dimension_two_is_never_benign(K: int, coefficient: str) -> None:
    for n, tau in ((1, "1"), (2, "1/3")):
        evidence = discharge(BenignSphereLandscape(problem=spheres(K, 2, n, tau)), QUICK)
        assert (evidence.truth, evidence.rigor) == (Truth.FAILS, Rigor.EXACT)
        assert f"({coefficient}) x^4" in evidence.witness


def test_the_curve_is_checked_and_not_taken_for_granted() -> None:
    """Along the same curve another loss has another series: no witness."""
    assert descending_curve(spheres(3, 2, 1, 2))
    assert not descending_curve(spheres(3, 2, 1, 2, label_smoothing("1/10")))
    assert not descending_curve(spheres(3, 2, 1, 2, mean_squared()))


UNDECIDED = {
    "d = K - 1, small tau": spheres(4, 3, 2, 1),
    "d = 2 has no known spurious minimum at K = 2": spheres(2, 2, 1, 1),
    "label smoothing": spheres(3, 3, 1, 1, label_smoothing("1/10")),
    "focal": spheres(3, 4, 1, 1, focal(2)),
    "MSE, d = K + 1": spheres(2, 3, 2, 1, mean_squared()),
    "too large to search": spheres(100, 50, 1, 3),
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_undecided_with_a_reason(name: str) -> None:
    evidence = discharge(NoSpuriousSphereMinima(problem=UNDECIDED[name]), Effort(starts=2))
    assert evidence.truth is Truth.UNDECIDED
    assert "no theorem applies" in evidence.because


FALSE_CLAIMS = {
    "3: strict saddles at d = 2, K = 2": BenignSphereLandscape(problem=spheres(2, 2, 1, 1)),
    "2: d = K - 1 has no spurious minima (K=3)": NoSpuriousSphereMinima(problem=spheres(3, 2, 62, "5/2")),
    "2: the same, K=4": NoSpuriousSphereMinima(problem=spheres(4, 3, 460, "18/5")),
    "7: every local minimum is global for K > d + 1": NoSpuriousSphereMinima(problem=spheres(6, 4, 1, 4)),
    "8: the theorem extends to MSE at d = K": NoSpuriousSphereMinima(problem=spheres(2, 2, 2, 1, mean_squared())),
    "1: above the bound a spurious minimum exists": SpuriousSphereMinimum(problem=spheres(3, 3, 4, 40), flips=1),
    "flips at n = 50": SpuriousSphereMinimum(problem=spheres(3, 2, 50, "5/2"), flips=1),
    "flips at n = 450": SpuriousSphereMinimum(problem=spheres(4, 3, 450, "18/5"), flips=1),
    "the better sum is spurious": SpuriousSphereMinimum(problem=spheres(6, 4, 1, 4), sizes=(4, 2)),
    "collapse is spurious": SpuriousSphereMinimum(problem=spheres(2, 2, 1, 1), degrees=("0", "180", "0", "180")),
}


@pytest.mark.parametrize("name", FALSE_CLAIMS)
def test_false_claims_never_hold(name: str) -> None:
    evidence = discharge(FALSE_CLAIMS[name], Effort(starts=12))
    assert evidence.truth is not Truth.HOLDS, evidence.because
    assert evidence.witness or evidence.truth is Truth.UNDECIDED


def test_true_neighbours_of_the_false_claims_hold() -> None:
    for claim in (
        SpuriousSphereMinimum(problem=spheres(3, 2, 62, "5/2"), flips=1, violates="d = K - 1"),
        SpuriousSphereMinimum(problem=spheres(6, 4, 1, 4), sizes=(3, 3)),
        SpuriousSphereMinimum(problem=spheres(2, 2, 2, 1, mean_squared()),
                              degrees=("0", "180", "60", "-60", "120", "-120")),
    ):
        evidence = discharge(claim)
        assert (evidence.truth, evidence.rigor) == (Truth.HOLDS, Rigor.ENCLOSED)
        assert "index 0" in evidence.because


PLACES = {
    "no place": (SpuriousSphereMinimum(problem=spheres(3, 2, 2, 3)), "exactly one place"),
    "two places": (SpuriousSphereMinimum(problem=spheres(3, 2, 2, 3), flips=1, sizes=(3,)), "exactly one place"),
    "angles missing": (SpuriousSphereMinimum(problem=spheres(3, 2, 1, 3), degrees=("0", "1")), "2 angles"),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_place_is_needed(name: str) -> None:
    claim, message = PLACES[name]
    with pytest.raises(InvalidClaim, match=message):
        discharge(claim)


def test_the_theorem_on_instances() -> None:
    theorem = load("sphere-landscape")
    assert verify(theorem, spheres(3, 3, 1, 40)).certified
    outside = verify(theorem, spheres(6, 4, 1, 4), QUICK)
    assert outside.truth is Truth.FAILS
    assert any("d >= K" in sentence for sentence in outside.unmet)
    assert verify(theorem, spheres(3, 2, 1, 1), QUICK).truth is Truth.FAILS


def test_the_counterexamples_name_the_hypothesis_they_violate() -> None:
    claims = [c for c in load("spurious-sphere-minima").general() if isinstance(c, SpuriousSphereMinimum)]  # type: ignore[misc]
    assert len(claims) == 6
    assert all(claim.violates.startswith("violates") for claim in claims)


def test_the_answer_is_the_same_twice() -> None:
    claim = NoSpuriousSphereMinima(problem=spheres(3, 2, 1, Fraction(10)))
    first, second = discharge(claim, Effort(starts=20)), discharge(claim, Effort(starts=20))
    assert first.witness == second.witness
