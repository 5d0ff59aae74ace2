"""Certificates about label sets: written ones are accepted, changed ones are not."""

from __future__ import annotations

import copy
from fractions import Fraction

import pytest
from sympy import Integer, log, sqrt

from ncproofs.critical.multilabel import closed_form
from ncproofs.losses.pick_all_label import pick_all_label
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.certificate import NoCertificate, seal, write
from ncproofs.proof.checker import check
from ncproofs.proof.discharge import Effort
from ncproofs.proof.multilabel_claims import (
    BenignLabelLandscape,
    DualGap,
    LabelGeometry,
    LabelNullity,
    LabelOriginCurvature,
    LabelQuantity,
    LabelSpectrum,
    LabelStationary,
    LabelValue,
    ScalarRoot,
)

LIGHT = {"lambda_W": "1/300", "lambda_H": "1/100"}
MIXED = MultiLabel(K=3, d=2, counts="1:2,2:1,3:1", **LIGHT)
WIDE = MultiLabel(K=3, d=4, counts="1:2,2:1", lambda_b=0, **LIGHT)
PAIRS = MultiLabel(K=4, d=3, counts="2:3", weights="2:1/2", **LIGHT)
AVERAGED = MultiLabel(K=4, d=4, counts="2:1", loss=pick_all_label(1), lambda_W="1/1000", lambda_H="1/1000")
HEAVY = MultiLabel(K=3, d=1, counts="1:2,2:1", lambda_W=1, lambda_H="1/2", lambda_b="1/100")
LISTED = MultiLabel(K=3, d=2, labels="1; 2; 3; 1 2; 1 3; 2 3", **LIGHT)
UNEVEN = "1; 2; 3; 1 3; 2 3; 1 2; 1 2"
FREE = MultiLabel(K=3, d=2, labels=UNEVEN, lambda_b=0, lambda_W="1/100", lambda_H="1/100")
PAID = MultiLabel(K=3, d=1, labels=UNEVEN, lambda_b="1/10", lambda_W="1/3", lambda_H="1/3")
LARGE = MultiLabel(K=100, d=99, counts="1:1,10:2,100:3", lambda_W="1e-20", lambda_H="1e-20")
#: At the threshold itself: lambda_W lambda_H N^2 = 1 = n_1 C(1, 0).
EDGE = MultiLabel(K=3, d=2, counts="1:1", lambda_W="1/3", lambda_H="1/3")

CLAIMS = {
    "geometry": LabelGeometry(problem=MIXED, geometry="simplex ETF"),
    "geometry, a list": LabelGeometry(problem=LISTED, geometry="simplex ETF"),
    "geometry, zero for a list": LabelGeometry(
        problem=MultiLabel(3, 2, "1/2", 1, labels="1; 2; 3; 1 2"), geometry="zero"),
    "geometry, zero at its threshold": LabelGeometry(
        problem=MultiLabel(2, 1, "1/2", 1, labels="1"), geometry="zero"),
    "geometry, zero with a bias": LabelGeometry(
        problem=MultiLabel(4, 3, 1, 1, 1, labels="1 2; 2 3; 3 4; 1 4", weights="2:1/2"), geometry="zero"),
    "geometry, zero": LabelGeometry(problem=HEAVY, geometry="zero"),
    "geometry, threshold": LabelGeometry(problem=EDGE, geometry="zero"),
    "root": ScalarRoot(problem=MIXED),
    "benign": BenignLabelLandscape(problem=FREE),
    "value": LabelValue(problem=PAIRS, value=closed_form(PAIRS, "objective")),
    "value, averaged": LabelValue(problem=AVERAGED, value=closed_form(AVERAGED, "objective")),
    "value, zero": LabelValue(problem=HEAVY, value=closed_form(HEAVY, "objective")),
    "value, bound": LabelValue(problem=MIXED, value=2, relation="<"),
    "energy": LabelQuantity(problem=PAIRS, quantity="W_fro_sq", value=closed_form(PAIRS, "W_fro_sq")),
    "energy, features": LabelQuantity(problem=PAIRS, quantity="H_fro_sq", value=closed_form(PAIRS, "H_fro_sq")),
    "gap": LabelQuantity(problem=PAIRS, quantity="logit_gap[2]", value=closed_form(PAIRS, "logit_gap[2]")),
    "scale": LabelQuantity(problem=PAIRS, quantity="feature_scale[2]", value=closed_form(PAIRS, "feature_scale[2]")),
    "tags": LabelQuantity(problem=MIXED, quantity="tag_sum[2]", value="1/2", relation=">"),
    "tags, average": LabelQuantity(problem=MIXED, quantity="tag_average[2]", value=2, relation="<"),
    "tags, many classes": LabelQuantity(problem=LARGE, quantity="tag_sum[10]", value="1/10", relation=">"),
    "bias": LabelQuantity(problem=HEAVY, quantity="bias", value=0),
    "origin, saddle": LabelOriginCurvature(problem=MIXED, value=0, relation="<"),
    "origin, minimum": LabelOriginCurvature(problem=HEAVY, value="1/100"),
    "origin, threshold": LabelOriginCurvature(problem=EDGE, value=0, relation=">="),
    "stationary": LabelStationary(problem=WIDE),
    "spectrum": LabelSpectrum(problem=WIDE),
    "nullity": LabelNullity(problem=WIDE, nullity=6),
    "bounds, no bias": DualGap(problem=LISTED, gap="1e-9"),
    "bounds, free bias": DualGap(problem=FREE, gap="1e-9"),
    "bounds, more dimensions": DualGap(problem=MultiLabel(K=3, d=5, labels=UNEVEN, **LIGHT), gap="1e-9"),
    "bounds, paid bias": DualGap(problem=PAID, gap="1e-9"),
}


@pytest.fixture(scope="module")
def written():
    return {name: write(claim, Effort()) for name, claim in CLAIMS.items()}


@pytest.mark.parametrize("name", CLAIMS)
def test_accepted(written, name):
    verdict, reason = check(seal(*written[name]))
    assert verdict == "accepted", reason


def _shift(witness, place, row, amount):
    entry = witness["gaps"][row]
    entry[place] = str(Fraction(entry[place]) + Fraction(amount))


def _moved(columns, amount):
    """A little probability from the second class to the first in every column."""
    for column in columns:
        column[0], column[1] = str(Fraction(column[0]) + amount), str(Fraction(column[1]) - amount)


#: name -> (which certificate, what is changed in its statement or witness).
CHANGED = {
    "a list that pulls more": ("geometry, zero for a list", lambda s, w: s["problem"].update(lambda_W="1/1000")),
    "a list just below its threshold": (
        "geometry, zero at its threshold", lambda s, w: s["problem"].update(lambda_H="999999/1000000")),
    "a list whose bias moves": ("geometry, zero for a list", lambda s, w: s["problem"].update(lambda_b="1")),
    "a list with a heavier weight": (
        "geometry, zero with a bias", lambda s, w: s["problem"].update(weights=[[2, "9"]])),
    "another geometry": ("geometry", lambda s, w: s.update(geometry="zero")),
    "no room": ("geometry", lambda s, w: s["problem"].update(d=1)),
    "heavier weight decay": ("geometry", lambda s, w: s["problem"].update(lambda_W="100")),
    "lighter weight decay": ("geometry, zero", lambda s, w: s["problem"].update(lambda_W="1/1000")),
    "a set more than the others": ("geometry, a list", lambda s, w: s["problem"]["labels"].append([1])),
    "a set missing": ("geometry, a list", lambda s, w: s["problem"]["labels"].pop()),
    "just below the threshold": ("geometry, threshold", lambda s, w: s["problem"].update(lambda_W="33/100")),
    "no root": ("root", lambda s, w: s["problem"].update(lambda_H="100")),
    "no root at the threshold": ("root", lambda s, w: s.update(problem={
        **s["problem"], "counts": [[1, 1]], "lambda_W": "1/3", "lambda_H": "1/3"})),
    "a landscape without room": ("benign", lambda s, w: s["problem"].update(d=1)),
    "another value": ("value", lambda s, w: s.update(value="1")),
    "another relation": ("value", lambda s, w: s.update(relation="<")),
    "another weight": ("value", lambda s, w: s["problem"].update(weights=[])),
    "another power": ("value, averaged", lambda s, w: s["problem"].update(parameter=None)),
    "another dimension of no account": ("value, zero", lambda s, w: s["problem"].update(lambda_W="1/1000")),
    "a bound beyond the value": ("value, bound", lambda s, w: s.update(value="1/10")),
    "an equality without a closed form": ("value, bound", lambda s, w: s.update(relation="==")),
    "y below the root": ("tags", lambda s, w: w.update(y=["1/100", "1/50"])),
    "ends exchanged": ("tags", lambda s, w: w["y"].reverse()),
    "a lower gap too large": ("tags", lambda s, w: _shift(w, 0, 0, "1/100")),
    "an upper gap too small": ("tags", lambda s, w: _shift(w, 1, 0, "-1/100")),
    "a lower gap too large at the upper end": ("tags", lambda s, w: _shift(w, 2, 1, "1/100")),
    "an upper gap too small at the upper end": ("tags", lambda s, w: _shift(w, 3, 1, "-1/100")),
    "gaps too wide to prove a root": ("tags", lambda s, w: [_shift(w, i, 0, 1) for i in (1, 3)]),
    "gaps too wide from below": ("tags", lambda s, w: [_shift(w, i, 0, "-1/2") for i in (0, 2)]),
    "a negative gap": ("tags", lambda s, w: w["gaps"][0].__setitem__(0, "-1")),
    "a row of gaps missing": ("tags", lambda s, w: w["gaps"].pop()),
    "a closed form of two numbers": ("tags", lambda s, w: w.update(y=None)),
    "a constant beyond its bound": ("tags", lambda s, w: s.update(value="1")),
    "another quantity": ("tags", lambda s, w: s.update(quantity="tag_sum[3]")),
    "a quantity without meaning": ("value, zero", lambda s, w: s.update(quantity="feature_scale[1]")),
    "no single labels": ("gap", lambda s, w: s.update(quantity="tag_sum[2]", value="1")),
    "a bias that is free": ("bias", lambda s, w: s["problem"].update(lambda_b="0")),
    "a bias that is not there": ("bias", lambda s, w: s["problem"].update(lambda_b=None)),
    "no saddle": ("origin, saddle", lambda s, w: s.update(relation=">=")),
    "a saddle": ("origin, minimum", lambda s, w: s.update(relation="<", value="0")),
    "the other eigenvalue": ("origin, minimum", lambda s, w: s["problem"].update(lambda_b=None)),
    "strict at the threshold": ("origin, threshold", lambda s, w: s.update(relation=">")),
    "no critical ETF": ("stationary", lambda s, w: s["problem"].update(d=1)),
    "critical for other weights": ("stationary", lambda s, w: s["problem"].update(lambda_W="1/200")),
    "an eigenvalue less": ("spectrum", lambda s, w: s["eigenvalues"].pop()),
    "another multiplicity": ("spectrum", lambda s, w: s["eigenvalues"][1].__setitem__(2, 3)),
    "one more zero": ("spectrum", lambda s, w: s["eigenvalues"][0].__setitem__(2, 7)),
    "a thinner enclosure": ("spectrum", lambda s, w: s["eigenvalues"][1].__setitem__(1, s["eigenvalues"][1][0])),
    "one zero more": ("nullity", lambda s, w: s.update(zero=7)),
    "one zero less": ("nullity", lambda s, w: s.update(zero=5)),
    "zeros of a fixed bias": ("nullity", lambda s, w: s["problem"].update(lambda_b="1/7")),
    "zeros of another dimension": ("nullity", lambda s, w: s["problem"].update(d=5)),
    "a gap beyond the least eigenvalue": ("nullity", lambda s, w: w.update(gap="1")),
    "no gap": ("nullity", lambda s, w: w.update(gap="0")),
    "a higher lower bound": ("bounds, no bias", lambda s, w: s.update(lower=s["upper"])),
    "a lower upper bound": ("bounds, no bias", lambda s, w: s.update(upper=s["lower"])),
    "a smaller gap": ("bounds, no bias", lambda s, w: s.update(gap="1/10000000000000")),
    "a larger dual point": ("bounds, no bias", lambda s, w: _moved(w["columns"][:1], Fraction(-1, 10))),
    "no probabilities": ("bounds, no bias", lambda s, w: w["columns"][0].__setitem__(0, "1")),
    "negative probabilities": ("bounds, no bias", lambda s, w: _moved(w["columns"][:1], Fraction(3, 2))),
    "columns of other sets": ("bounds, free bias", lambda s, w: w["columns"].reverse()),
    "a column missing": ("bounds, free bias", lambda s, w: w["columns"].pop()),
    "rows that do not balance": ("bounds, free bias", lambda s, w: _moved(w["columns"][3:4], Fraction(1, 10**30))),
    "another point": ("bounds, free bias", lambda s, w: w["point"]["W"]["m"].__setitem__(0, "0")),
    "a point without its bias": ("bounds, paid bias", lambda s, w: w["point"].update(b=None)),
    "a bias that costs more": ("bounds, paid bias", lambda s, w: s["problem"].update(lambda_b="1/1000")),
    "other label sets": ("bounds, paid bias", lambda s, w: s["problem"]["labels"].append([1, 2])),
    "less weight decay": ("bounds, no bias", lambda s, w: s["problem"].update(lambda_W="1/400")),
    "more weight decay": ("bounds, no bias", lambda s, w: s["problem"].update(lambda_W="1/200")),
    "another loss": ("root", lambda s, w: s["problem"].update(loss="cross_entropy")),
    "counts and labels": ("root", lambda s, w: s["problem"].update(labels=[[1]])),
    "neither": ("root", lambda s, w: s["problem"].update(counts=None)),
    "a count twice": ("root", lambda s, w: s["problem"]["counts"].append([1, 1])),
    "more labels than classes": ("root", lambda s, w: s["problem"]["counts"].append([4, 1])),
    "a weight of zero": ("root", lambda s, w: s["problem"].update(weights=[[1, "0"]])),
    "labels that do not increase": ("benign", lambda s, w: s["problem"]["labels"].append([2, 1])),
    "an empty label set": ("benign", lambda s, w: s["problem"]["labels"].append([])),
    "a label that is no class": ("benign", lambda s, w: s["problem"]["labels"].append([4])),
    "no samples": ("benign", lambda s, w: s["problem"].update(labels=[])),
}


@pytest.mark.parametrize("name", CHANGED)
def test_changed_ones_are_rejected(written, name):
    which, change = CHANGED[name]
    statement, witness = copy.deepcopy(written[which])
    change(statement, witness)
    verdict, reason = check(seal(statement, witness))
    assert verdict == "rejected", reason


WITHOUT = {
    "a point of other numbers": LabelStationary(problem=MIXED, energy=1),
    "a value of an unbalanced list": LabelValue(problem=FREE, value=2, relation="<"),
    "a false value": LabelValue(problem=PAIRS, value=log(Integer(4)) + sqrt(2)),
    "a false geometry": LabelGeometry(problem=MIXED, geometry="zero"),
    "a false nullity": LabelNullity(problem=MIXED, nullity=3),
    "bounds that are apart": DualGap(problem=MultiLabel(K=3, d=1, labels=UNEVEN, **LIGHT), gap="1e-9"),
}


@pytest.mark.parametrize("name", WITHOUT)
def test_no_certificate_is_written(name):
    with pytest.raises(NoCertificate):
        write(WITHOUT[name], Effort())
