"""False theorems about networks never hold; each stands beside a true neighbour that does."""

from __future__ import annotations

from fractions import Fraction

import pytest
from sympy import Rational, sqrt

from ncproofs.problems.networks import batchnorm, linear, relu, spline
from ncproofs.proof.claims import Claim
from ncproofs.proof.discharge import discharge
from ncproofs.proof.network_claims import (
    CostsAtLeast,
    DualityGap,
    KinksAtData,
    MeanGeometry,
    NetworkQuantity,
    NetworkValue,
)
from ncproofs.truth import Truth


def identity(n: int) -> list[list[int]]:
    return [[int(i == j) for j in range(n)] for i in range(n)]


def r(p: int, q: int = 1) -> Rational:
    return Rational(p, q)


TALL = relu([["3/5", 0], [0, "3/5"], ["4/5", 0], [0, "4/5"]], [1, -1, 2, 1], "1/10")
#: (1, 2, 1) has length sqrt 6 and -1 length 1: the whitened formula for the targets of TALL.
TALL_FORMULA = sqrt(6) / 10 + r(1, 10) - r(1, 100)
SAME = relu(identity(3), [[1, 1], [2, 2], ["1/2", "1/2"]], "1/2")
DEEP = linear([[1]], [2], "1/10", layers=3)
UNIT = linear([[1]], [2], "1/10", layers=3, normalisation="unit")
BALANCED = batchnorm([4, 4, 4], "6/5")
UNEVEN = batchnorm([4, 3, 1], "6/5")
TWO_POINTS = spline([0, 1], [0, 1])
CONVEX = spline([0, 1, 2, 3], [0, 0, 1, 3])
ZIGZAG = spline([-1, 0, 2, 3, 5], [0, 1, -1, 2, 2])
STEP = spline([-1, 0, 1, 2], [1, 1, 0, 0])
MIXED = relu(identity(2), [1, -1], "1/2")
OPPOSITE = relu([[1], [-1]], [1, 1], "1/2")
RANK_ONE = relu([[1, 2], [2, 4], [-1, -2]], [1, -1, 2], "1/2")
BRIM = relu(identity(2), [3, 4], 5)
EDGE = linear(identity(2), [[3, 0], [0, "1/2"]], 1)
FIRST_ORDER = linear([[1]], ["3/2"], 1, layers=3)

#: (1 - (x)_+)_+: inner layer of norm one, cost |-1||1| = 1.
RAMP = (([["1"]], [0]), ([["-1"]], [1]), ([["1"]], [0]))
#: The two-layer interpolant of STEP in three layers: x + 1, which is not negative on the data, then two kinks.
COPY = (([["1"]], [1]), ([["1"], ["1"]], [-1, -2]), ([["-1", "1"]], [1]))

FALSE: dict[str, Claim] = {
    "7 whitened formula although only X^T X = I": NetworkValue(problem=TALL, value=TALL_FORMULA),
    "7 its value is not even reached": NetworkValue(problem=TALL, value=r(106, 100), relation="<"),
    "8 columnwise formula with overlapping outputs": NetworkValue(problem=SAME, value=sqrt(21) / 2 - r(1, 4)),
    "9 the norm is the sum of the changes of slope": NetworkValue(problem=TWO_POINTS, value=0),
    "10 every least-norm interpolant has kinks at the data": KinksAtData(problem=CONVEX),
    "11 strong duality with weight decay on every layer": DualityGap(problem=DEEP, value=0, relation="=="),
    "11 or nearly": DualityGap(problem=DEEP, value="0.23", relation="<"),
    "12 uncentred class means are a simplex ETF": MeanGeometry(problem=BALANCED, geometry="simplex ETF"),
    "13 depth with biases in every layer does not help": CostsAtLeast(problem=STEP, layers=RAMP),
    # Of our own.
    "a neuron costs beta |y|": NetworkValue(problem=MIXED, value=1),
    "a neuron survives at |y| = beta": NetworkQuantity(problem=BRIM, quantity="rank", value=1),
    "rank is the number of outputs": NetworkQuantity(problem=EDGE, quantity="rank", value=2),
    "weight decay on every layer has the two-layer value": NetworkValue(problem=DEEP, value=r(195, 1000)),
    "a chain survives as soon as s > beta": NetworkQuantity(problem=FIRST_ORDER, quantity="rank", value=1),
    "a ReLU network has the linear minimum": NetworkValue(problem=MIXED, value=sqrt(2) / 2 - r(1, 8)),
    "a ReLU network is never better than a linear one": NetworkValue(problem=OPPOSITE, value=1, relation=">="),
    "the whitened formula on data of rank one": NetworkValue(problem=RANK_ONE, value=sqrt(5) / 2 + r(1, 2) - r(1, 4)),
    "classes vanish only at beta = sqrt N": NetworkValue(problem=batchnorm([4, 4], "5/2"), value=4, relation="<"),
    "centred means are an ETF for unequal classes": MeanGeometry(problem=UNEVEN, geometry="simplex ETF", centred=True),
    "class means have one length for unequal classes": MeanGeometry(problem=UNEVEN, geometry="orthogonal frame"),
    "every class is active": NetworkQuantity(problem=UNEVEN, quantity="rank", value=3),
    "an inactive class costs beta sqrt n": NetworkValue(
        problem=UNEVEN, value=r(6, 5) * (2 + sqrt(3) + 1) - 3 * r(18, 25)),
    "the norm is (T0 + S0)/2": NetworkValue(problem=ZIGZAG, value=5),
    "the norm counts the first slope": NetworkValue(problem=ZIGZAG, value=10),
    "two points fix the kink": KinksAtData(problem=TWO_POINTS),
    "the minimum falls with beta's square": NetworkValue(problem=EDGE, value=r(21, 8), relation=">"),
    "unit normalisation leaves a gap": DualityGap(problem=UNIT, value=0, relation=">"),
}

TRUE: dict[str, Claim] = {
    "7 with X X^T = I": NetworkValue(
        problem=relu(identity(4), [1, -1, 2, 1], "1/10"), value=sqrt(6) / 10 + r(1, 10) - r(1, 100)),
    "7 the distance to the range is a bound": NetworkValue(problem=TALL, value=r(106, 100), relation=">"),
    "8 one joint neuron": NetworkValue(problem=SAME, value=r(1495186, 1000000), relation="<"),
    "9 with the term for sloped ends": NetworkValue(problem=TWO_POINTS, value=1),
    "10 alternating changes": KinksAtData(problem=ZIGZAG),
    "10 and the norm is 2": NetworkValue(problem=CONVEX, value=2),
    "11 the gap": DualityGap(problem=DEEP, value="0.2349", relation=">"),
    "11 normalised inner layers": DualityGap(problem=UNIT, value=0, relation="=="),
    "12 uncentred means are orthogonal": MeanGeometry(problem=BALANCED, geometry="orthogonal frame"),
    "12 centred means are a simplex ETF": MeanGeometry(problem=BALANCED, geometry="simplex ETF", centred=True),
    "13 a copy of the two-layer interpolant": CostsAtLeast(problem=STEP, layers=COPY),
    "the cost of a neuron": NetworkValue(problem=MIXED, value=r(3, 4)),
    "no neuron at |y| = beta": NetworkQuantity(problem=BRIM, quantity="rank", value=0),
    "rank by the threshold": NetworkQuantity(problem=EDGE, quantity="rank", value=1),
    "normalised inner layers have the two-layer value": NetworkValue(problem=UNIT, value=r(195, 1000)),
    "a chain survives beyond its threshold": NetworkQuantity(
        problem=linear([[1]], ["5/2"], 1, layers=3), quantity="rank", value=1),
    "a ReLU network pays for both signs": NetworkValue(problem=MIXED, value=sqrt(2) / 2 - r(1, 8), relation=">"),
    "opposite samples": NetworkValue(problem=OPPOSITE, value=r(3, 4)),
    "classes vanish at beta = sqrt n": NetworkValue(problem=batchnorm([4, 4], "5/2"), value=4),
    "unequal classes": NetworkValue(problem=UNEVEN, value=r(6, 5) * (2 + sqrt(3)) - 2 * r(18, 25) + r(1, 2)),
    "minority classes vanish first": NetworkQuantity(problem=UNEVEN, quantity="rank", value=2),
    "T0": NetworkQuantity(problem=ZIGZAG, quantity="T0", value=9),
    "the value of EDGE": NetworkValue(problem=EDGE, value=r(21, 8)),
}

#: What the evidence must show when a false theorem is refuted.
WITNESSES = {
    "7 whitened formula although only X^T X = I": "1.2759",
    "8 columnwise formula with overlapping outputs": "1.4951",
    "9 the norm is the sum of the changes of slope": "objective is in [1, 1]",
    "10 every least-norm interpolant has kinks at the data": "kinks at 3/2",
    "11 strong duality with weight decay on every layer": "0.23491",
    "12 uncentred class means are a simplex ETF": "inner products 0",
    "13 depth with biases in every layer does not help": "it costs in [1, 1], two layers at least 2",
    "weight decay on every layer has the two-layer value": "0.23491",
}


@pytest.mark.parametrize("name", FALSE)
def test_false_theorem_never_holds(name: str) -> None:
    evidence = discharge(FALSE[name])
    assert evidence.truth is Truth.FAILS
    assert evidence.witness
    assert WITNESSES.get(name, "") in evidence.witness


@pytest.mark.parametrize("name", TRUE)
def test_true_neighbour_holds(name: str) -> None:
    evidence = discharge(TRUE[name])
    assert evidence.truth is Truth.HOLDS, evidence.because
    assert not evidence.holes


def test_there_are_as_many_as_promised() -> None:
    assert sum(name[0].isdigit() for name in FALSE) >= 7 and len(FALSE) >= 19


def test_witness_of_the_kinks_interpolates_at_the_same_cost() -> None:
    """10: 2 (x - 3/2)_+ passes through the data, at cost 2."""
    for x, y in zip(CONVEX.data.x, CONVEX.data.y, strict=True):
        assert 2 * max(x - Fraction(3, 2), Fraction(0)) == y
