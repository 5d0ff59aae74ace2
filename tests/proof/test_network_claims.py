"""Claims about one network: what decides, what stays open, what is no claim."""

from __future__ import annotations

import pytest
from sympy import Float, Rational, Symbol, sqrt

from ncproofs.errors import InvalidClaim
from ncproofs.problems.networks import batchnorm, linear, relu, spline
from ncproofs.proof.discharge import Effort, discharge
from ncproofs.proof.network_claims import (
    CostsAtLeast,
    DualityGap,
    KinksAtData,
    MeanGeometry,
    NetworkQuantity,
    NetworkValue,
)
from ncproofs.proof.network_instances import settle
from ncproofs.truth import Rigor, Truth

PLANE = relu([[1, 2], [-2, 1], [3, -1]], [1, -2, 3], "1/2")
LINE = linear([[1, 0], [0, 1]], [1, 2], "1/2")
MISSED = batchnorm([2, 1], "1/2", [[1], [2], [4]])
DEEP = linear([[1]], [2], "1/10", layers=3)
ETF = batchnorm([3, 3], 1)
TWO = spline([0, 1], [0, 1])
STEP = spline([-1, 0, 1, 2], [1, 1, 0, 0])
FIVE_HALVES = sqrt(5) / 2 - Rational(1, 8)
HOLDS, FAILS, UNDECIDED = Truth.HOLDS, Truth.FAILS, Truth.UNDECIDED

SETTLED = {
    "an irrational value, by algebra": (NetworkValue(problem=LINE, value=FIVE_HALVES), HOLDS),
    "the same, spelled otherwise": (NetworkValue(problem=LINE, value=(4 * sqrt(5) - 1) / 8), HOLDS),
    "at least it": (NetworkValue(problem=LINE, value=FIVE_HALVES, relation=">="), HOLDS),
    "more than it": (NetworkValue(problem=LINE, value=FIVE_HALVES, relation=">"), FAILS),
    "off by 10^-30": (NetworkValue(problem=LINE, value=FIVE_HALVES + Rational(1, 10**30)), FAILS),
    "between": (NetworkValue(problem=PLANE, value=100, relation="<"), HOLDS),
    "no closed form to compare with": (
        NetworkValue(problem=DEEP, value=Rational("0.23491734619332433134155803542"), relation="<"), None),
    "bounds that do not meet decide outside": (NetworkValue(problem=MISSED, value="0.95", relation=">"), HOLDS),
    "bounds that do not meet leave open": (NetworkValue(problem=MISSED, value=1, relation=">"), UNDECIDED),
    "a quantity": (NetworkQuantity(problem=ETF, quantity="prediction_scale_1", value=1 - 1 / sqrt(3), relation="<="),
                   UNDECIDED),
    "a quantity with room": (NetworkQuantity(problem=ETF, quantity="prediction_scale_1", value="0.42264",
                                             relation=">"), HOLDS),
    "a rational quantity": (NetworkQuantity(problem=TWO, quantity="S0", value=2), HOLDS),
    "the objective as a quantity": (NetworkQuantity(problem=TWO, quantity="objective", value=1), HOLDS),
    "the rank of one network among several": (NetworkQuantity(problem=PLANE, quantity="rank", value=2), UNDECIDED),
    "a quantity where the optimum is unknown": (NetworkQuantity(problem=MISSED, quantity="rank", value=2), UNDECIDED),
    "a small gap": (DualityGap(problem=PLANE, value="1e-60"), HOLDS),
    "a gap of exactly 0 is not shown by balls": (DualityGap(problem=PLANE, value=0, relation="=="), UNDECIDED),
    "nor is a positive gap refuted": (DualityGap(problem=PLANE, value=0, relation=">"), UNDECIDED),
    "a gap larger than the bound is refuted": (DualityGap(problem=PLANE, value="1/10", relation=">"), FAILS),
    "bounds that do not meet show no gap": (DualityGap(problem=MISSED, value="1/10", relation=">"), UNDECIDED),
    "an exact gap": (DualityGap(problem=TWO, value=0, relation="=="), HOLDS),
    "a true gap": (DualityGap(problem=DEEP, value=0, relation=">"), HOLDS),
    "two centred means are opposite": (
        MeanGeometry(problem=batchnorm([3, 2], 1), geometry="simplex ETF", centred=True), UNDECIDED),
    "no means when nothing is active": (MeanGeometry(problem=batchnorm([2, 2, 2], 3), geometry="simplex ETF",
                                                     centred=True), FAILS),
    "two sizes with means of one length": (
        MeanGeometry(problem=batchnorm([4, 36, 4], "3/2"), geometry="orthogonal frame"), HOLDS),
    "the same, just beside it": (
        MeanGeometry(problem=batchnorm([4, 36, 4], "151/100"), geometry="orthogonal frame"), FAILS),
    "sizes without a rational mean": (
        MeanGeometry(problem=batchnorm([4, 35], "3/2"), geometry="orthogonal frame"), FAILS),
    "sizes whose product is no square": (
        MeanGeometry(problem=batchnorm([2, 10], 1), geometry="orthogonal frame"), FAILS),
    "their centred means": (
        MeanGeometry(problem=batchnorm([4, 36, 4], "3/2"), geometry="simplex ETF", centred=True), FAILS),
    "a neuron may be split in two": (NetworkQuantity(problem=relu([[1]], [2], 1), quantity="rank", value=1), UNDECIDED),
    "no neurons": (NetworkQuantity(problem=relu([[1]], [2], 3), quantity="rank", value=0), HOLDS),
    "means without the range": (MeanGeometry(problem=MISSED, geometry="orthogonal frame"), UNDECIDED),
    "a network that misses the data": (CostsAtLeast(problem=STEP, layers=(([["1"]], [0]), ([["1"]], [0]))), UNDECIDED),
    "an inner layer of norm two": (
        CostsAtLeast(problem=STEP, layers=(([["2"]], [0]), ([["-1/2"]], [1]), ([["1"]], [0]))), UNDECIDED),
    "out of scope": (NetworkValue(problem=relu([[1, 2], [3, 4], [5, 7]], [[1, 2]] * 3, 1), value=1), UNDECIDED),
}


@pytest.mark.parametrize(("claim", "truth"), SETTLED.values(), ids=SETTLED)
def test_settled(claim, truth):
    evidence = discharge(claim)
    assert truth is None or evidence.truth is truth, evidence.because
    assert evidence.sentence and evidence.because
    assert bool(evidence.witness) == (evidence.truth is FAILS)
    if evidence.truth is HOLDS:
        assert evidence.rigor >= Rigor.ENCLOSED


REFUSED = {
    "a float": NetworkValue(problem=LINE, value=0.5),
    "a SymPy float": NetworkValue(problem=LINE, value=Float("0.5")),
    "a symbol": NetworkValue(problem=LINE, value=Symbol("x")),
    "an unknown relation": NetworkValue(problem=LINE, value=1, relation="!="),  # type: ignore[arg-type]
    "an unknown quantity": NetworkQuantity(problem=LINE, quantity="margin", value=1),
    "a part of the certificate": NetworkQuantity(problem=TWO, quantity="dual_v_1", value=-1),
    "an unknown geometry": MeanGeometry(problem=ETF, geometry="cube"),  # type: ignore[arg-type]
    "means of a spline": MeanGeometry(problem=TWO, geometry="simplex ETF"),
    "kinks of a linear network": KinksAtData(problem=LINE),
    "a gap at least": DualityGap(problem=LINE, value=0, relation=">="),  # type: ignore[arg-type]
    "a gap too small to ask for": DualityGap(problem=LINE, value="1e-999"),
    "layers of other widths": CostsAtLeast(problem=STEP, layers=(([["1", "2"]], [0]), ([["1"]], [0]))),
    "one layer": CostsAtLeast(problem=STEP, layers=(([["1"]], [0]),)),
    "biases missing": CostsAtLeast(problem=STEP, layers=(([["1"]], []), ([["1"]], [0]))),
    "two outputs": CostsAtLeast(problem=STEP, layers=(([["1"]], [0]), ([["1"], ["1"]], [0, 0]))),
}


@pytest.mark.parametrize("claim", REFUSED.values(), ids=REFUSED)
def test_refused(claim):
    with pytest.raises(InvalidClaim):
        discharge(claim)


def test_another_kind_of_claim_is_refused():
    from ncproofs.proof.claims import Hole

    with pytest.raises(InvalidClaim, match="not a claim about one network"):
        settle(Hole(step="x"), Effort())
