"""Certificates about networks: written ones are accepted, changed ones are not."""

from __future__ import annotations

import copy
import random
from fractions import Fraction

import pytest
from sympy import Rational, sqrt

from ncproofs.problems.networks import batchnorm, linear, relu, spline
from ncproofs.proof.certificate import NoCertificate, seal, write
from ncproofs.proof.checker import check
from ncproofs.proof.discharge import Effort
from ncproofs.proof.network_claims import (
    CostsAtLeast,
    DualityGap,
    KinksAtData,
    MeanGeometry,
    NetworkQuantity,
    NetworkValue,
)

EYE = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
PLANE = [[1, 2], [-2, 1], [3, -1], [1, 1]]
ZIGZAG = spline([-1, 0, 2, 3, 5], [0, 1, -1, 2, 2])
INPUTS = [[1, 0], [2, 0], [4, 1]]


def rational(seed, n, d):
    rng = random.Random(seed)
    return [[Fraction(rng.randint(-9, 9), 3) for _ in range(d)] for _ in range(n)]


OVERLAPPING = relu(EYE, [[1, -2], [1, 1], [2, 1]], "1/3")
CLAIMS = {
    "gap, ReLU in the plane": DualityGap(problem=relu(PLANE, [1, -2, 3, 0], "1/2"), value="1e-40"),
    "gap, ReLU n = 6, d = 3": DualityGap(problem=relu(rational(1, 6, 3), rational(2, 6, 1), "1/2"), value="1e-50"),
    "gap, ReLU trivial": DualityGap(problem=relu(PLANE, [1, -2, 3, 0], 100), value="1e-40"),
    "gap, ReLU whitened": DualityGap(problem=relu(EYE, [[1, 0], [-2, 0], [0, 3]], "1/2"), value="1e-40"),
    "gap, ReLU whitened, overlapping outputs": DualityGap(
        problem=relu(EYE, [[1, -2], [1, 1], [2, 1]], "1/3"), value="1e-40"),
    "gap, ReLU whitened, five samples": DualityGap(
        problem=relu([[int(i == j) for j in range(5)] for i in range(5)], rational(5, 5, 2), "1/2"), value="1e-30"),
    "gap, ReLU unit": DualityGap(problem=relu(EYE, [1, -2, 3], "1/2", layers=3, normalisation="unit"), value="1e-40"),
    "gap, ReLU rank one": DualityGap(problem=relu([[1, 2], [-2, -4]], [[1, 2], [3, 1]], "1/2"), value="1e-40"),
    "gap, linear": DualityGap(problem=linear(PLANE, rational(3, 4, 3), "1/2"), value="1e-40"),
    "gap, linear, unit": DualityGap(
        problem=linear(PLANE, [1, 2, 0, 1], 1, layers=4, normalisation="unit"), value="1e-40"),
    "gap, spline": DualityGap(problem=ZIGZAG, value=0, relation="=="),
    "gap, batchnorm": DualityGap(problem=batchnorm([4, 3, 1], "6/5"), value="1e-40"),
    "gap, batchnorm with inputs": DualityGap(problem=batchnorm([2, 1], "1/2", INPUTS), value="1e-40"),
    "no strong duality": DualityGap(problem=linear(PLANE, [1, 2, 0, 1], 1, layers=3), value=0, relation=">"),
    "value, whitened": NetworkValue(problem=linear(EYE, [1, 2, 3], "1/2"), value=sqrt(14) / 2 - Rational(1, 8)),
    "value, inequality": NetworkValue(problem=linear(EYE, [1, 2, 3], "1/2"), value=2, relation="<"),
    "value, orthogonal columns": NetworkValue(problem=linear(EYE, [[1, 0], [0, 3], [0, 0]], 2), value=Rational(9, 2)),
    "value, ReLU": NetworkValue(problem=relu(EYE, [1, -2, 0], "3/2"), value=Rational(1, 2) + 3 - Rational(9, 8)),
    "value, rank one": NetworkValue(problem=relu([[1], [-1]], [1, 1], "1/2"), value=Rational(3, 4)),
    "value, spline": NetworkValue(problem=ZIGZAG, value=9),
    "value, batchnorm": NetworkValue(
        problem=batchnorm([4, 3, 1], "6/5"),
        value=Rational(6, 5) * (2 + sqrt(3)) - Rational(36, 25) + Rational(1, 2)),
    "bound from above, linear": NetworkValue(
        problem=linear(PLANE, [1, 2, 0, 1], 1), value="1.8344964478502587", relation="<"),
    "bound from below, linear": NetworkValue(
        problem=linear(PLANE, [1, 2, 0, 1], 1), value="1.8344964478502586", relation=">"),
    "bound from above, ReLU": NetworkValue(problem=OVERLAPPING, value="1.5505290921589702", relation="<="),
    "bound from below, ReLU": NetworkValue(problem=OVERLAPPING, value="1.5505290921589701", relation=">="),
    "bound from below, ReLU in the plane": NetworkValue(problem=relu(PLANE, [1, -2, 3, 0], "1/2"),
                                                        value="1.1519822306975012", relation=">"),
    "rank": NetworkQuantity(problem=linear(EYE, [[3, 0], [0, 1], [0, 0]], 2), quantity="rank", value=1),
    "rank zero": NetworkQuantity(problem=linear(PLANE, [1, 2, 0, 1], 100), quantity="rank", value=0),
    "means": MeanGeometry(problem=batchnorm([4, 4, 4], 1), geometry="orthogonal frame"),
    "means of two sizes": MeanGeometry(problem=batchnorm([4, 36], "3/2"), geometry="orthogonal frame"),
    "centred means": MeanGeometry(problem=batchnorm([4, 4, 4], 1), geometry="simplex ETF", centred=True),
    "kinks": KinksAtData(problem=ZIGZAG),
}


@pytest.fixture(scope="module")
def written():
    return {name: write(claim, Effort()) for name, claim in CLAIMS.items()}


@pytest.mark.parametrize("name", CLAIMS)
def test_accepted(written, name):
    verdict, reason = check(seal(*written[name]))
    assert verdict == "accepted", reason


#: name -> (which certificate, what is changed in its statement or witness).
CHANGED = {
    "overlapping outputs, V grown": ("gap, ReLU whitened, overlapping outputs",
                                     lambda s, w: w["V"].update(s=w["V"]["s"] - 1)),
    "overlapping outputs, more weight decay": ("gap, ReLU whitened, overlapping outputs",
                                               lambda s, w: s["problem"].update(beta="33/100")),
    "overlapping outputs, inputs that are not whitened": (
        "gap, ReLU whitened, overlapping outputs", lambda s, w: s["problem"]["data"]["X"][0].__setitem__(1, "1/9")),
    "a bound from above, one unit in the last digit": (
        "bound from above, ReLU", lambda s, w: s.update(value="15505290921589701/10000000000000000")),
    "a bound from below, one unit in the last digit": (
        "bound from below, ReLU", lambda s, w: s.update(value="7752645460794851/5000000000000000")),
    "a bound turned round": ("bound from below, ReLU", lambda s, w: s.update(relation="<")),
    "a bound with a network for V": ("bound from above, ReLU", lambda s, w: s.update(relation=">", value="0")),
    "a bound with V grown": ("bound from below, ReLU", lambda s, w: w["V"].update(s=w["V"]["s"] - 1)),
    "a bound for other targets": ("bound from below, ReLU in the plane",
                                  lambda s, w: s["problem"]["data"]["Y"].__setitem__(2, ["2"])),
    "a bound for more weight decay": ("bound from above, linear", lambda s, w: s["problem"].update(beta="2")),
    "a smaller gap": ("gap, ReLU in the plane", lambda s, w: s.update(value="0")),
    "no gap": ("gap, ReLU in the plane", lambda s, w: s.update(relation="==", value="0")),
    "a gap": ("gap, ReLU in the plane", lambda s, w: s.update(relation=">", value="0")),
    "another beta": ("gap, ReLU in the plane", lambda s, w: s["problem"].update(beta="2/5")),
    "other targets": ("gap, linear", lambda s, w: s["problem"]["data"]["Y"].__setitem__(0, ["7", "7", "7"])),
    "other inputs": ("gap, ReLU in the plane", lambda s, w: s["problem"]["data"]["X"].__setitem__(2, ["3", "1"])),
    "a neuron less": ("gap, ReLU in the plane", lambda s, w: w["neurons"].pop()),
    "a larger dual point": ("gap, ReLU in the plane", lambda s, w: w["V"].update(s=w["V"]["s"] - 1)),
    "a larger dual point, linear": ("gap, linear", lambda s, w: w["V"].update(s=w["V"]["s"] - 1)),
    "a larger dual point, whitened": ("gap, ReLU whitened", lambda s, w: w["V"].update(s=w["V"]["s"] - 1)),
    "a larger dual point, rank one": ("gap, ReLU rank one", lambda s, w: w["V"].update(s=w["V"]["s"] - 1)),
    "no dual point": ("gap, linear", lambda s, w: w["V"].update(m=["0"] * len(w["V"]["m"]))),
    "multipliers missing": ("gap, ReLU in the plane", lambda s, w: w.update(multipliers=[])),
    "a cone missing": ("gap, ReLU in the plane", lambda s, w: w["multipliers"][0].pop()),
    "one sign missing": ("gap, ReLU in the plane", lambda s, w: w["multipliers"].pop()),
    "a negative multiplier": (
        "gap, ReLU in the plane", lambda s, w: w["multipliers"][0][0]["m"].__setitem__(0, str(-(10**60)))),
    "multipliers of all rows zero": (
        "gap, ReLU in the plane",
        lambda s, w: [c.update(m=["0"] * 4) for cover in w["multipliers"] for c in cover]),
    "standard for unit": ("gap, ReLU unit", lambda s, w: s["problem"].update(normalisation="standard")),
    "standard for unit, linear": ("gap, linear, unit", lambda s, w: s["problem"].update(normalisation="standard")),
    "unit for standard": ("no strong duality", lambda s, w: s["problem"].update(normalisation="unit")),
    "targets orthogonal to the inputs": (
        "no strong duality", lambda s, w: s["problem"]["data"].update(Y=[["0"]] * 4)),
    "a positive level for the gap": ("no strong duality", lambda s, w: s.update(value="1/10")),
    "an interpolant that misses": ("gap, spline", lambda s, w: w.update(constant="2")),
    "a dual point beyond its bounds": ("gap, spline", lambda s, w: w.update(v=[str(2 * Fraction(v)) for v in w["v"]])),
    "points in another order": ("gap, spline", lambda s, w: s["problem"]["data"]["x"].reverse()),
    "inputs without the range": (
        "gap, batchnorm with inputs", lambda s, w: s["problem"]["data"].update(A=[["1"], ["2"], ["4"]])),
    "another value": ("value, whitened", lambda s, w: s.update(value="2")),
    "another relation": ("value, whitened", lambda s, w: s.update(relation="<")),
    "inputs that are not white": (
        "value, whitened", lambda s, w: s["problem"]["data"]["X"].__setitem__(0, ["1", "1", "0"])),
    "columns that are not orthogonal": (
        "value, orthogonal columns", lambda s, w: s["problem"]["data"]["Y"].__setitem__(2, ["1", "1"])),
    "another norm": ("value, spline", lambda s, w: s.update(value="10")),
    "another rank": ("rank", lambda s, w: s.update(rank=2)),
    "a rank of other data": ("rank", lambda s, w: s["problem"]["data"]["X"].__setitem__(0, ["2", "0", "0"])),
    "classes of two sizes": ("means", lambda s, w: s["problem"]["data"].update(counts=[4, 4, 3])),
    "lengths that differ": ("means of two sizes", lambda s, w: s["problem"].update(beta="4/3")),
    "sizes with an irrational mean": ("means of two sizes", lambda s, w: s["problem"]["data"].update(counts=[4, 35])),
    "centred means of two sizes": (
        "means of two sizes", lambda s, w: s.update(centred=True, geometry="simplex ETF")),
    "nothing active": ("means", lambda s, w: s["problem"].update(beta="2")),
    "means of another kind": ("means", lambda s, w: s.update(geometry="simplex ETF")),
    "changes of one sign": (
        "kinks", lambda s, w: s["problem"]["data"].update(x=["0", "1", "2", "3"], y=["0", "0", "1", "3"])),
    "sloped ends": ("kinks", lambda s, w: s["problem"]["data"].update(x=["0", "1"], y=["0", "1"])),
    "an unknown kind of network": ("kinks", lambda s, w: s["problem"].update(kind="conv")),
    "a ragged matrix": ("gap, linear", lambda s, w: s["problem"]["data"]["X"].__setitem__(0, ["1"])),
    "beta zero": ("gap, linear", lambda s, w: s["problem"].update(beta="0")),
    "no beta": ("gap, linear", lambda s, w: s["problem"].update(beta=None)),
    "data that are no object": ("kinks", lambda s, w: s["problem"].update(data=[])),
    "an empty class": ("means", lambda s, w: s["problem"]["data"].update(counts=[4, 0, 4])),
}


@pytest.mark.parametrize("name", CHANGED)
def test_changed_ones_are_rejected(written, name):
    which, change = CHANGED[name]
    statement, witness = copy.deepcopy(written[which])
    change(statement, witness)
    verdict, reason = check(seal(statement, witness))
    assert verdict == "rejected", reason


WITHOUT = {
    "a quantity that has no kind": NetworkQuantity(problem=ZIGZAG, quantity="T0", value=9),
    "a deeper network": CostsAtLeast(problem=ZIGZAG, layers=(([["1"]], [0]), ([["1"]], [0]))),
    "an equality without a closed form": NetworkValue(problem=relu(PLANE, [1, -2, 3, 0], "1/2"), value=1),
    "a bound that is false": NetworkValue(problem=relu(PLANE, [1, -2, 3, 0], "1/2"), value=1, relation="<"),
    "a bound that is false, from below": NetworkValue(problem=OVERLAPPING, value=2, relation=">"),
    "a bound of a deep network": NetworkValue(
        problem=linear(PLANE, [1, 2, 0, 1], 1, layers=3), value=100, relation="<"),
    "a false value": NetworkValue(problem=ZIGZAG, value=8),
    "a false gap": DualityGap(problem=linear([[1]], [2], "1/10", layers=3), value="1/10"),
}


@pytest.mark.parametrize("claim", WITHOUT.values(), ids=WITHOUT)
def test_there_is_none(claim):
    with pytest.raises(NoCertificate):
        write(claim, Effort())
