"""Certificates about spherical codes: written ones are accepted, changed ones are not."""

from __future__ import annotations

import copy
from fractions import Fraction
from math import cos, pi

import pytest
from sympy import Rational, sqrt
from sympy import cos as cosine
from sympy import pi as PI

from ncproofs.problems.codes import Codes
from ncproofs.proof.certificate import NoCertificate, seal, write
from ncproofs.proof.checker import check
from ncproofs.proof.checker_arithmetic import Budget, Intervals
from ncproofs.proof.checker_codes import _cosine
from ncproofs.proof.code_claims import CodeBracket, CodeMinimisesLoss, CodeQuantity, CodeValue
from ncproofs.proof.discharge import Effort


def value(d, K, rho, relation="=="):
    return CodeValue(problem=Codes(K, d), value=rho, relation=relation)


CLAIMS = {
    "simplex": value(4, 5, Rational(5, 4)),
    "line": value(1, 3, 0),
    "polygon": value(2, 7, 1 - cosine(2 * PI / 7)),
    "polygon, square root": value(2, 8, 1 - sqrt(2) / 2),
    "polygon, bound": value(2, 7, "3/8", ">"),
    "orthoplex": value(3, 6, 1),
    "icosahedron": value(3, 12, 1 - 1 / sqrt(5)),
    "hemicube": value(5, 16, Rational(4, 5)),
    "27 lines": value(6, 27, Rational(3, 4)),
    "E8": value(8, 240, Rational(1, 2)),
    "E8, bound": value(8, 240, "3/5", "<"),
    "bracket, simplex": CodeBracket(problem=Codes(4, 3)),
    "bracket, planar": CodeBracket(problem=Codes(20, 3)),
    "bracket, Delsarte": CodeBracket(problem=Codes(9, 4)),
    "bracket, hemicube": CodeBracket(problem=Codes(16, 5)),
    "minimises": CodeMinimisesLoss(problem=Codes(4, 3), tau="3/10"),
}


@pytest.fixture(scope="module")
def written():
    return {name: write(claim, Effort()) for name, claim in CLAIMS.items()}


@pytest.mark.parametrize("name", CLAIMS)
def test_accepted(written, name):
    verdict, reason = check(seal(*written[name]))
    assert verdict == "accepted", reason


def test_the_least_upper_bound_is_used(written):
    assert isinstance(written["bracket, Delsarte"][1]["bound"], dict)
    assert written["bracket, planar"][1]["bound"] == "planar"


def _doubled(code):
    """One point twice: the number of points stays, the least distance does not."""
    code["rows"][1] = code["rows"][0]


def _stretched(code):
    code["rows"][0] = [2 * x for x in code["rows"][0]]


#: name -> (which certificate, what is changed in its statement or witness).
CHANGED = {
    "another value": ("simplex", lambda s, w: s.update(value="6/5")),
    "another relation": ("simplex", lambda s, w: s.update(relation=">")),
    "another number of points": ("simplex", lambda s, w: s["problem"].update(K=4)),
    "another dimension": ("simplex", lambda s, w: s["problem"].update(d=3)),
    "another polygon": ("polygon, bound", lambda s, w: s["problem"].update(K=9)),
    "half of a turn": ("polygon", lambda s, w: s.update(value=["-", "1", ["*", "1/2", "turn"]])),
    "a turn outside the plane": ("orthoplex", lambda s, w: s.update(value=["-", "1", "turn"])),
    "more than the orthoplex": ("orthoplex", lambda s, w: s["problem"].update(K=7)),
    "too few points": ("hemicube", lambda s, w: w["code"]["rows"].pop()),
    "a point twice": ("hemicube", lambda s, w: _doubled(w["code"])),
    "points that are 0": ("hemicube", lambda s, w: w["code"].update(rows=[[0] * 5] * 16)),
    "a longer point": ("hemicube", lambda s, w: _stretched(w["code"])),
    "another code": ("hemicube", lambda s, w: w["code"]["rows"].__setitem__(0, [-x for x in w["code"]["rows"][0]])),
    "a ragged code": ("hemicube", lambda s, w: w["code"]["rows"][0].pop()),
    "no code": ("hemicube", lambda s, w: w.update(code=None)),
    "no polynomial": ("hemicube", lambda s, w: w.update(bound=None)),
    "points of a larger space": ("27 lines", lambda s, w: w["code"]["normals"].pop()),
    "the same normal twice": (
        "27 lines", lambda s, w: w["code"]["normals"].__setitem__(0, w["code"]["normals"][1])),
    "normals that are none": ("27 lines", lambda s, w: w["code"]["normals"][0].__setitem__(0, 7)),
    "a smaller level": ("27 lines", lambda s, w: (w["bound"].update(level="1/5"), s.update(value="4/5"))),
    "a larger level": ("27 lines", lambda s, w: (w["bound"].update(level="1/3"), s.update(value="2/3"))),
    "another node": ("E8", lambda s, w: w["bound"]["nodes"].__setitem__(0, "1/3")),
    "a node less": ("E8", lambda s, w: w["bound"]["nodes"].pop()),
    "another endpoint": ("E8", lambda s, w: w["bound"].update(endpoint=1 - w["bound"]["endpoint"])),
    "a square of the endpoint": ("E8", lambda s, w: w["bound"].update(endpoint=2)),
    "a polynomial for another space": ("E8", lambda s, w: s["problem"].update(d=9)),
    "a polynomial for more points": ("E8", lambda s, w: s["problem"].update(K=241)),
    "a value beyond": ("E8, bound", lambda s, w: s.update(value="1/2")),
    "another root": ("icosahedron", lambda s, w: w["code"].update(root=6)),
    "no surds": ("icosahedron", lambda s, w: w["code"].update(surds=[])),
    "other surds": ("icosahedron", lambda s, w: w["code"]["surds"][0].__setitem__(2, -1)),
    "a rational level": ("icosahedron", lambda s, w: (w["bound"].update(level="4/9"), s.update(value="5/9"))),
    "a bracket beside": ("bracket, simplex", lambda s, w: s.update(lower="4/3", upper="4/3")),
    "a lower bound too high": ("bracket, planar", lambda s, w: s.update(lower="1/3")),
    "an upper bound too low": ("bracket, planar", lambda s, w: s.update(upper="1/3")),
    "a planar bound in space": (
        "bracket, Delsarte", lambda s, w: w.update(bound="planar")),
    "Rankin's bound only": ("bracket, Delsarte", lambda s, w: w.update(bound=None)),
    "an upper bound below the level": ("bracket, Delsarte", lambda s, w: s.update(upper="7/10")),
    "a level too high": ("bracket, Delsarte", lambda s, w: (
        w["bound"].update(level=str(Fraction(w["bound"]["level"]) + Fraction(1, 100))),
        s.update(upper=str(1 - Fraction(w["bound"]["level"]))))),
    "a point that is zero": ("bracket, planar", lambda s, w: w["points"]["m"].__setitem__(slice(0, 3), ["0"] * 3)),
    "two points together": (
        "bracket, planar", lambda s, w: w["points"]["m"].__setitem__(slice(0, 3), w["points"]["m"][3:6])),
    "a point too few": ("bracket, planar", lambda s, w: w["points"]["m"].__delitem__(slice(0, 3))),
    "more points than the bound is for": ("bracket, planar", lambda s, w: s["problem"].update(K=21)),
    "too many classes": ("minimises", lambda s, w: s["problem"].update(K=5)),
    "no temperature": ("minimises", lambda s, w: s.update(tau="0")),
    "a size that is no number": ("minimises", lambda s, w: s["problem"].update(K="4")),
}


@pytest.mark.parametrize("name", CHANGED)
def test_changed_ones_are_rejected(written, name):
    which, change = CHANGED[name]
    statement, witness = copy.deepcopy(written[which])
    change(statement, witness)
    verdict, reason = check(seal(statement, witness))
    assert verdict == "rejected", reason


WITHOUT = {
    "a value that is not known": value(3, 7, Rational(3, 4)),
    "a false value": value(3, 6, Rational(9, 10)),
    "a false value of a sharp code": value(8, 240, Rational(3, 5)),
    "a quantity of points": CodeQuantity(points=((1, 0), (0, 1)), quantity="margin", value=1),
    "beyond d + 1": CodeMinimisesLoss(problem=Codes(7, 3), tau="3/10"),
}


@pytest.mark.parametrize("name", WITHOUT)
def test_no_certificate_is_written(name):
    with pytest.raises(NoCertificate):
        write(WITHOUT[name], Effort())


@pytest.mark.parametrize("turns", [Fraction(0), Fraction(1, 7), Fraction(1, 2), Fraction(2, 3), Fraction(1)])
@pytest.mark.parametrize("bits", [64, 200])
def test_the_cosine_is_enclosed(turns, bits):
    low, high = _cosine(Intervals(bits, Budget(10**6)), turns)
    assert high - low < 2000
    assert abs((low + high) / 2 ** (bits + 1) - cos(pi * turns)) < 1e-15
    assert not turns == Fraction(1, 2) or low <= 0 <= high
    assert not turns == Fraction(2, 3) or 2 * low <= -(2**bits) <= 2 * high
