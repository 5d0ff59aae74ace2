"""Benign landscapes: what is certified, what is refuted with a witness, what stays open."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from scipy.optimize import minimize

from ncproofs.calculus.logit_facts import is_convex
from ncproofs.critical.search import objective
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import Loss, S, T, Z
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import BenignLandscape
from ncproofs.proof.discharge import Effort, discharge
from ncproofs.theorems.all_losses.benign_landscape import is_convex_and_shift_invariant
from ncproofs.truth import Rigor, Truth

SQUARED = Loss("squared_entropy", (sympy.log(S(1)) - T) ** 2, (sympy.exp(Z),), "F = ell^2")
#: Cross-entropy turned upside down is shift invariant and concave: no theorem may be applied to it.
ROOT = Loss("root_entropy", (sympy.log(S(1)) - T) ** sympy.Rational(1, 2), (sympy.exp(Z),), "F = sqrt(ell)")

#: F = ell + 1 - e^-ell has F'' < 0, but F'' (1 - x) + F' x = x^2 * 2 > 0 for x = e^-ell.
TAMED = Loss("tamed", sympy.log(S(1)) - T + 1 - sympy.exp(T) / S(1), (sympy.exp(Z),), "F = ell + 1 - exp(-ell)")
#: Convex, but a shift of all logits changes it.
LEANING = Loss("leaning", S(1) - T, (Z**2,), "|z|^2 - t")

HOLDS = {
    "CE, d = K - 1": Ridge(cross_entropy(), 4, 3, 2, "1/200", "1/200"),
    "CE, free bias": Ridge(cross_entropy(), 5, 7, 1, "1/200", "1/100", 0),
    "LS, d = K - 1, bias": Ridge(label_smoothing("1/10"), 3, 2, 1, "1/200", "1/200", "1/3"),
    "CE, K = 1000": Ridge(cross_entropy(), 1000, 999, 500, "1/100000", "1/100000"),
    "MSE, d = 1": Ridge(mean_squared(), 4, 1, 2, "1/200", "1/200", "1/3"),
    "another convex profile": Ridge(SQUARED, 3, 2, 1, "1/100", "1/100"),
    "a profile with F'' < 0 that is convex in the logits": Ridge(TAMED, 4, 4, 1, "1/100", "1/80", 0),
    "focal with gamma = 0 is cross-entropy": Ridge(focal(0), 3, 2, 1, "1/100", "1/100"),
}

FAILS = {
    "CE, K = 4, d = 1": (Ridge(cross_entropy(), 4, 1, 1, "1/400", "1/400"), "0.6937702585203334144"),
    "the same with n = 3": (Ridge(cross_entropy(), 4, 1, 3, "1/400", "1/1200"), "0.6937702585203334144"),
    "CE, d = K - 2": (Ridge(cross_entropy(), 5, 3, 1, "1/500", "1/500"), "0.0649753666929229568"),
    "focal, the origin": (
        Ridge(focal(2), 100, 99, 1, "11/1000", "11/1000", 0),
        "W = H = 0 has value >= 4.5135272992",
    ),
    "focal, the ETF": (
        Ridge(focal(2), 100, 99, 1, "113/10000", "113/10000", 0),
        "simplex ETF has value >= 4.54604531",
    ),
}

UNDECIDED = {
    "CE, d = K - 2, none known": Ridge(cross_entropy(), 3, 1, 1, "1/100", "1/100"),
    "focal, small K": Ridge(focal(2), 3, 3, 1, "1/100", "1/100", 0),
    "a profile that is not convex": Ridge(ROOT, 3, 2, 1, "1/100", "1/100"),
    "no shift invariance": Ridge(LEANING, 3, 2, 1, "1/100", "1/100"),
    "too large to search": Ridge(cross_entropy(), 100, 50, 1, "1/1000", "1/1000"),
}


def test_the_hypothesis_is_proved_or_refuted_for_losses_of_ones_own() -> None:
    assert is_convex(LEANING).truth is Truth.HOLDS
    expected = {cross_entropy(): Truth.HOLDS, TAMED: Truth.HOLDS, LEANING: Truth.FAILS, ROOT: Truth.FAILS,
                focal(2): Truth.FAILS}
    assert {loss: is_convex_and_shift_invariant(loss) for loss in expected} == expected


@pytest.mark.parametrize("name", HOLDS)
def test_holds(name: str) -> None:
    evidence = discharge(BenignLandscape(problem=HOLDS[name]))
    assert (evidence.truth, evidence.rigor) == (Truth.HOLDS, Rigor.EXACT)
    assert evidence.axioms
    assert not evidence.holes


@pytest.mark.parametrize("name", FAILS)
def test_fails_with_a_witness(name: str) -> None:
    problem, shown = FAILS[name]
    evidence = discharge(BenignLandscape(problem=problem))
    assert (evidence.truth, evidence.rigor) == (Truth.FAILS, Rigor.ENCLOSED)
    assert shown in evidence.witness
    assert "strict modulo symmetry, index 0" in evidence.witness


@pytest.mark.parametrize("name", UNDECIDED)
def test_undecided_with_a_reason(name: str) -> None:
    evidence = discharge(BenignLandscape(problem=UNDECIDED[name]), Effort(starts=6))
    assert evidence.truth is Truth.UNDECIDED
    assert "no theorem applies" in evidence.because


def test_open_focal_landscape_prints_its_hole() -> None:
    evidence = discharge(BenignLandscape(problem=UNDECIDED["focal, small K"]), Effort(starts=4))
    assert any("p*(gamma)" in hole for hole in evidence.holes)


def test_the_answer_is_the_same_twice() -> None:
    claim = BenignLandscape(problem=FAILS["CE, K = 4, d = 1"][0])
    first, second = discharge(claim), discharge(claim)
    assert first.witness == second.witness


ALONE = {
    # problem, whether zero is the only critical point
    "cross-entropy": (Ridge(cross_entropy(), 4, 1, 1, 1, 1), True),
    "at the threshold": (Ridge(cross_entropy(), 4, 1, 1, "1/4", "1/4"), True),
    "just below it": (Ridge(cross_entropy(), 4, 1, 1, "1/4", "249999/1000000"), False),
    "a free bias and many samples": (Ridge(cross_entropy(), 4, 2, 9, "1/9", "1/9", 0), True),
    "smoothed labels": (Ridge(label_smoothing("1/5"), 4, 2, 1, "1/5", "1/5", 1), True),
    "smoothed labels below": (Ridge(label_smoothing("1/5"), 4, 2, 1, "1/5", "1/6", 1), False),
    "not convex": (Ridge(focal(2), 4, 2, 1, 9, 9), False),
}


@pytest.mark.parametrize(("problem", "alone"), ALONE.values(), ids=ALONE)
def test_strong_decay_leaves_zero_alone_in_every_dimension(problem: Ridge, *, alone: bool) -> None:
    found = discharge(BenignLandscape(problem=problem), Effort(starts=2))
    assert ("zero is the only critical point" in found.because) == alone
    assert not alone or (found.truth is Truth.HOLDS and found.rigor is Rigor.EXACT)
    if alone:
        size = problem.d * (problem.K + problem.N)
        start = np.random.default_rng(0).standard_normal(size + problem.K * problem.has_bias)
        end = minimize(lambda x: objective(problem, x), start, options={"gtol": 1e-10}).x
        assert np.abs(end[:size]).max() < 5e-2
