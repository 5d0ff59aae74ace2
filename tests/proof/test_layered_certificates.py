"""Certificates about layered problems: written for what holds, never for what does not, and not to be tampered with."""

import copy
import json
from fractions import Fraction

import pytest
import sympy
from sympy import Rational, sqrt

from ncproofs.problems.layered import Layered
from ncproofs.proof import checker
from ncproofs.proof.certificate import NoCertificate, digest_of, seal, verdict_certificate, write
from ncproofs.proof.discharge import Effort
from ncproofs.proof.layered_claims import (
    BenignLayeredLandscape,
    FiniteCriticalPoints,
    LayeredAttained,
    LayeredGeometry,
    LayeredInertia,
    LayeredKind,
    LayeredQuantity,
    LayeredSpectrum,
    LayeredValue,
    ReluFirstFeatures,
)
from ncproofs.theorems.catalogue import CATALOGUE, load
from ncproofs.theorems.theorem import claims_of


def deep(layers, K, power, **more):
    return Layered(layers=layers, K=K, lambdas=(1,) * layers, lambda_H=Fraction(power) / K ** (layers + 1), **more)


def relu(K, kappa):
    weight = Fraction(kappa) / K
    return Layered(layers=2, K=K, lambdas=(weight, weight), lambda_H=weight, relu=True)


ONE = deep(1, 3, "1/2")
TWO = Layered(layers=2, K=3, n=2, lambdas="3/100,1/20", lambda_H="1/50")
TIE = deep(2, 3, "1/16")
BIASED, HEAVY = deep(1, 4, "9/100", lambda_b="1/5"), deep(1, 4, "9/100", lambda_b="1/2")
FREE = deep(3, 3, "1/1000", lambda_b=0)
UNEQUAL = Layered(layers=2, K=3, lambdas="1/10,1/10", lambda_H="1/10", class_sizes="9,4,1")
LATE = deep(2, 2, "1/12")
HALF = Rational(1, 2)

NARROW = Layered(layers=2, K=2, widths=(1, 2), lambdas="1/30,1/30", lambda_H="1/30", relu=True)
LIGHT = Layered(layers=2, K=3, lambdas="1/50,1/40", lambda_H="1/30", lambda_b="1")
UNWEIGHTED = Layered(layers=2, K=3, n=2, widths="2,3", lambdas="1/50,1/40", lambda_H="1/30", lambda_b=0)
SIZES = Layered(layers=2, K=3, lambdas="1/50,1/40", lambda_H="1/60", class_sizes="1,2,4")
SHALLOW = Layered(layers=1, K=3, widths=2, lambdas="1/9", lambda_H="1/40", class_sizes="3,1,1")
CENTRED = Layered(layers=2, K=3, lambdas="1/50,1/40", lambda_H="1/60", class_sizes="9,4,1", lambda_b=0)
REPEATED = Layered(layers=1, K=5, widths=3, lambdas="1/30", lambda_H="1/40", class_sizes="2,3,2,1,3", lambda_b=0)
TWOFOLD = Layered(layers=3, K=2, lambdas="1/30,1/30,1/20", lambda_H="1/30", class_sizes="1,3", lambda_b=0)
#: Two classes: s^2 = 2ab/(a+b), here 4/3, and kappa^3 = 27 lambda_H (9/16), here 1/16.
PAIR = Layered(layers=1, K=2, lambdas="1/50", lambda_H="1/60", class_sizes="1,2", lambda_b=0)
CENTRED_TIE = Layered(layers=2, K=2, lambdas="1,1", lambda_H=Fraction(1, 243), class_sizes="1,2", lambda_b=0)
#: The first class is at kappa_c, the second between kappa_c and kappa_sn.
FIVE_FOUR = Layered(layers=2, K=2, widths=1, lambdas="1,1", lambda_H=Fraction(25, 16 * 729), class_sizes="5,4")
WRITTEN = {
    "value, one layer": LayeredValue(problem=ONE, value=sqrt(2) / 2 - Rational(1, 4)),
    "value, from below": LayeredValue(problem=TWO, value="0.168974", relation=">"),
    "value of a tie": LayeredValue(problem=TIE, value=HALF),
    "bias of an ETF": LayeredQuantity(problem=BIASED, quantity="bias", value=Rational(5, 24)),
    "cosine of an ETF": LayeredQuantity(problem=BIASED, quantity="cosine", value=Rational(-1, 3)),
    "threshold": LayeredQuantity(problem=BIASED, quantity="lambda_b_threshold", value=Rational(3, 7)),
    "cosine beyond": LayeredQuantity(problem=HEAVY, quantity="cosine", value=Rational(-28, 100), relation=">"),
    "length": LayeredQuantity(problem=TWO, quantity="feature_norm_sq", value="0.8969", relation=">"),
    "sigma": LayeredQuantity(problem=TWO, quantity="sigma_plus", value="0.8774", relation="<"),
    "a vanished class": LayeredQuantity(problem=UNEQUAL, quantity="sigma_n1", value=0),
    "kappa": LayeredQuantity(problem=TWO, quantity="kappa", value=Rational(81, 50000) ** Rational(1, 3)),
    "length at a rational sigma": LayeredQuantity(
        problem=deep(2, 3, "4/625"), quantity="feature_norm_sq",
        value=Rational(4, 5) ** Rational(2, 3) * Rational(4, 16875) ** Rational(1, 3) * Rational(16875, 4)),
    "kappa to the M": LayeredQuantity(problem=TWO, quantity="kappa_power", value=Rational(81, 50000)),
    "frame": LayeredGeometry(problem=TWO, geometry="orthogonal frame"),
    "simplex": LayeredGeometry(problem=FREE, geometry="simplex ETF"),
    "zero at kappa = 1, one layer": LayeredGeometry(problem=deep(1, 2, 1), geometry="zero"),
    "orthogonal means, inner product": LayeredQuantity(problem=TWO, quantity="feature_inner", value=0, relation=">="),
    "intermediate": LayeredGeometry(problem=HEAVY, geometry="intermediate frame"),
    "means": LayeredGeometry(problem=UNEQUAL, geometry="orthogonal means"),
    "zero": LayeredGeometry(problem=LATE, geometry="zero"),
    "attained": LayeredAttained(problem=HEAVY),
    "attained, three layers": LayeredAttained(problem=FREE),
    "attained, unequal": LayeredAttained(problem=UNEQUAL),
    "attained at a tie": LayeredAttained(problem=TIE),
    "spectrum of a mixed point": LayeredSpectrum(problem=LATE, plus=1, minus=1),
    "spectrum with two samples": LayeredSpectrum(problem=TWO, plus=2),
    "spectrum at kappa_sn": LayeredSpectrum(problem=deep(2, 2, "27/256"), plus=1),
    "local minimum": LayeredKind(problem=TWO, plus=1, kind="local minimum"),
    "origin": LayeredKind(problem=TWO, plus=0, kind="local minimum"),
    "saddle": LayeredKind(problem=LATE, plus=0, minus=1, kind="strict saddle"),
    "global": LayeredKind(problem=TWO, plus=3, kind="global minimum"),
    "metastable": LayeredKind(problem=LATE, plus=2, kind="local minimum"),
    "inertia": LayeredInertia(problem=LATE, plus=0, minus=2, negative=3),
    "benign": BenignLayeredLandscape(problem=ONE),
    "zero alone": FiniteCriticalPoints(problem=deep(1, 2, 1)),
    "zero alone, two layers": FiniteCriticalPoints(problem=deep(2, 2, "1/8")),
    "benign at kappa_c": BenignLayeredLandscape(problem=TIE),
    "relu, two classes": LayeredGeometry(problem=relu(2, "1/5"), geometry="orthogonal frame"),
    "relu, two classes, one feature": LayeredGeometry(problem=NARROW, geometry="orthogonal frame"),
    "spectrum with a bias": LayeredSpectrum(problem=LIGHT, plus=(1, 1), minus=(0, 0)),
    "spectrum with a free bias": LayeredSpectrum(problem=UNWEIGHTED, plus=1, minus=1),
    "spectrum of unequal classes": LayeredSpectrum(problem=SIZES, plus=(1, 0, 1), minus=(0, 1, 0)),
    "spectrum of one layer, unequal classes": LayeredSpectrum(problem=SHALLOW, plus=(1, 0), minus=0),
    "with a bias: global": LayeredKind(problem=LIGHT, plus=(2, 1), minus=0, kind="global minimum"),
    "with a bias: the ETF is a local minimum": LayeredKind(problem=LIGHT, plus=(2, 0), minus=0, kind="local minimum"),
    "with a bias: zero is a local minimum": LayeredKind(problem=LIGHT, plus=0, kind="local minimum"),
    "with a bias: the mean beside a missing class": LayeredKind(problem=LIGHT, plus=(1, 1), minus=0,
                                                                kind="strict saddle"),
    "unequal classes: the large one alone": LayeredKind(problem=SIZES, plus=(1, 0, 0), minus=0, kind="local minimum"),
    "unequal classes: a small one alone": LayeredKind(problem=SIZES, plus=(0, 1, 0), minus=0, kind="strict saddle"),
    "unequal classes: inertia": LayeredInertia(problem=SIZES, plus=(0, 0, 1), minus=0, negative=2),
    "|h|^2 with a free bias, rational": LayeredQuantity(
        problem=Layered(layers=2, K=3, n=2, lambdas="1/50,1/40", lambda_H="1/30", lambda_b=0),
        quantity="feature_norm_sq", value=Rational(9, 10) ** Rational(2, 3) * Rational(2, 3)
        * (2 * Rational(1, 60000)) ** Rational(1, 3) * 15),
    "free bias, unequal: value": LayeredValue(problem=CENTRED, value="0.0833712103838383081057144888", relation=">"),
    "free bias, unequal: value from above": LayeredValue(
        problem=CENTRED, value="0.0833712103838383081057144889", relation="<"),
    "free bias, unequal: s^2": LayeredQuantity(
        problem=CENTRED, quantity="singular_sq_c1", value="5.62972164512508200086168274", relation=">"),
    "free bias, unequal: sigma": LayeredQuantity(
        problem=CENTRED, quantity="sigma_c2", value="0.746363583787493267109039283", relation="<"),
    "free bias, unequal: |W_2|^2": LayeredQuantity(
        problem=CENTRED, quantity="W_fro_sq_2", value="2.09325959009259735472254385", relation=">"),
    "free bias, unequal: bias": LayeredQuantity(problem=CENTRED, quantity="bias_n4", value=Rational(2, 7)),
    "free bias, unequal: a closed form": LayeredValue(problem=PAIR, value=Rational(2, 9) * (
        1 - (1 - 3 * sqrt(10) / 200) ** 2)),
    "free bias, unequal: a rational s^2": LayeredQuantity(problem=PAIR, quantity="singular_sq_c1",
                                                          value=Rational(4, 3)),
    "free bias, unequal: a tie": LayeredValue(problem=CENTRED_TIE, value=Rational(2, 9)),
    "free bias, unequal: zero": LayeredGeometry(
        problem=Layered(layers=1, K=2, lambdas="1", lambda_H="1", class_sizes="2,1", lambda_b=0), geometry="zero"),
    "free bias, unequal: attained": LayeredAttained(problem=CENTRED),
    "free bias, unequal: attained, sizes that repeat": LayeredAttained(problem=REPEATED),
    "free bias, unequal: global": LayeredKind(problem=CENTRED, plus=(1, 1), minus=0, kind="global minimum"),
    "free bias, unequal: the large direction": LayeredKind(problem=CENTRED, plus=(1, 0), minus=0,
                                                           kind="local minimum"),
    "free bias, unequal: the small direction": LayeredKind(problem=CENTRED, plus=(0, 1), minus=0, kind="strict saddle"),
    "free bias, unequal: inertia": LayeredInertia(problem=CENTRED, plus=(0, 1), minus=(1, 0), negative=2, zero=6),
    "free bias, unequal: spectrum": LayeredSpectrum(problem=CENTRED, plus=(1, 0), minus=(0, 1)),
    "free bias, unequal: spectrum, sizes that repeat": LayeredSpectrum(problem=REPEATED, plus=(0, 1, 1, 0), minus=0),
    "free bias, unequal: spectrum, three layers": LayeredSpectrum(problem=TWOFOLD, plus=0, minus=1),
    "free bias, unequal: benign": BenignLayeredLandscape(problem=REPEATED),
    "free bias, unequal: benign at kappa_c": BenignLayeredLandscape(problem=CENTRED_TIE),
    "free bias, unequal: finitely many": FiniteCriticalPoints(problem=CENTRED),
    "no bias, unequal: benign": BenignLayeredLandscape(problem=SHALLOW),
    "no bias, unequal: benign at kappa_c, without room": BenignLayeredLandscape(problem=FIVE_FOUR),
    "no bias, unequal: finitely many": FiniteCriticalPoints(problem=SIZES),
    "a bias: benign beyond kappa_sn": BenignLayeredLandscape(problem=deep(2, 3, "28/256", lambda_b=1)),
    "singular values of W_1": LayeredQuantity(
        problem=TWO, quantity="W_singular_values_sq_1", value="1.1959141899971398757420353346", relation=">"),
    "singular values of W_2": LayeredQuantity(
        problem=TWO, quantity="W_singular_values_sq_2", value="0.7175485139982839254452212020", relation="<"),
    "a row of W_L": LayeredQuantity(problem=HEAVY, quantity="W_row_norm_sq", value=Rational(33, 800)),
    "the mean of W_1": LayeredQuantity(problem=HEAVY, quantity="W_mean_singular_value_sq_1", value=Rational(3, 400)),
    "|H|^2": LayeredQuantity(problem=TWO, quantity="H_fro_sq", value="5.381613854987", relation=">"),
    "relu, strong decay": LayeredValue(problem=relu(7, 1), value=HALF),
    "relu, a bound": LayeredValue(problem=relu(4, "2/5"), value=HALF, relation="<="),
    "relu, below the linear minimum": LayeredValue(problem=relu(6, "2/5"), value="0.4949", relation="<"),
    "relu, three classes, one feature": LayeredValue(
        problem=Layered(layers=2, K=3, widths=(1, 3), lambdas="1/15,1/15", lambda_H="1/15", relu=True),
        value="0.352267352", relation=">"),
    "relu, five classes, two hidden units": LayeredValue(
        problem=Layered(layers=2, K=5, widths=(5, 2), lambdas="1/25,1/25", lambda_H="1/25", relu=True),
        value="0.41135", relation=">"),
    "relu, five classes": LayeredValue(problem=relu(5, "2/5"), value=HALF, relation="<"),
}

REFUSED = {
    "relu, two classes, one hidden unit": LayeredGeometry(
        problem=Layered(layers=2, K=2, widths=(2, 1), lambdas="1/30,1/30", lambda_H="1/30", relu=True),
        geometry="orthogonal frame"),
    "with a bias: the ETF is global": LayeredKind(problem=LIGHT, plus=(2, 0), minus=0, kind="global minimum"),
    "with a bias: the mean beside a missing class is a minimum": LayeredKind(
        problem=LIGHT, plus=(1, 1), minus=0, kind="local minimum"),
    "unequal classes: a small one alone is a minimum": LayeredKind(problem=SIZES, plus=(0, 0, 1), minus=0,
                                                                   kind="local minimum"),
    "unequal classes: one negative eigenvalue": LayeredInertia(problem=SIZES, plus=(0, 0, 1), minus=0, negative=1),
    "free bias, unequal: one unit in the last digit": LayeredValue(
        problem=CENTRED, value="0.0833712103838383081057144889", relation=">"),
    "free bias, unequal: s^2 without 1/N": LayeredQuantity(
        problem=CENTRED, quantity="singular_sq_c1", value="5.62972164512508200086168275", relation=">"),
    "free bias, unequal: the bias of one class": LayeredQuantity(problem=CENTRED, quantity="bias_n4",
                                                                 value=Rational(1, 3)),
    "free bias, unequal: the value without a bias": LayeredValue(
        problem=CENTRED, value="0.0947", relation=">"),
    "free bias, unequal: orthogonal means": LayeredGeometry(problem=CENTRED, geometry="orthogonal means"),
    "free bias, unequal: a simplex ETF": LayeredGeometry(problem=CENTRED, geometry="simplex ETF"),
    "free bias, unequal: a frame": LayeredGeometry(problem=CENTRED, geometry="frame"),
    "free bias, unequal: zero at a tie": LayeredGeometry(problem=CENTRED_TIE, geometry="zero"),
    "free bias, unequal: sigma at a tie": LayeredQuantity(problem=CENTRED_TIE, quantity="sigma_c1", value=HALF),
    "free bias, unequal: global without the small direction": LayeredKind(
        problem=CENTRED, plus=(1, 0), minus=0, kind="global minimum"),
    "free bias, unequal: zero is a saddle": LayeredKind(problem=CENTRED, plus=0, kind="strict saddle"),
    "free bias, unequal: K directions": LayeredKind(problem=CENTRED, plus=(1, 1, 1), minus=0, kind="global minimum"),
    "free bias, unequal: two layers are benign": BenignLayeredLandscape(problem=CENTRED),
    "free bias, unequal: a family of critical points": FiniteCriticalPoints(
        problem=Layered(layers=1, K=4, lambdas="1/30", lambda_H="1/40", class_sizes="3,3,3,1", lambda_b=0)),
    "no bias, unequal: benign at kappa_c, with room": BenignLayeredLandscape(
        problem=Layered(layers=2, K=2, lambdas="1,1", lambda_H=Fraction(25, 16 * 729), class_sizes="5,4")),
    "a regularised bias, unequal": LayeredKind(
        problem=Layered(layers=1, K=3, lambdas="1/50", lambda_H="1/60", class_sizes="4,2,1", lambda_b="1/10"), plus=0,
        kind="strict saddle"),
    "another value": LayeredValue(problem=ONE, value=sqrt(2) / 2 - Rational(1, 5)),
    "singular values of another layer": LayeredQuantity(
        problem=TWO, quantity="W_singular_values_sq_3", value=0, relation=">"),
    "the mean of W_1 without a bias": LayeredQuantity(
        problem=TWO, quantity="W_mean_singular_value_sq_1", value=0, relation=">"),
    "another radical": LayeredQuantity(problem=TWO, quantity="kappa", value=Rational(81, 50000) ** Rational(1, 2)),
    "a value too high": LayeredValue(problem=TWO, value="0.169", relation=">"),
    "an ETF beyond lambda_b*": LayeredGeometry(problem=HEAVY, geometry="simplex ETF"),
    "a kind at a tie": LayeredGeometry(problem=TIE, geometry="orthogonal frame"),
    "a frame of unequal classes": LayeredGeometry(problem=UNEQUAL, geometry="orthogonal frame"),
    "a projector that is not determined": LayeredQuantity(problem=deep(1, 4, "1/4", widths=3), quantity="cosine",
                                                          value=Rational(-1, 3)),
    "a local minimum that is global": LayeredKind(problem=TWO, plus=3, kind="local minimum"),
    "a global minimum that is not": LayeredKind(problem=TWO, plus=2, kind="global minimum"),
    "a saddle that is a minimum": LayeredKind(problem=TWO, plus=1, kind="strict saddle"),
    "index two": LayeredInertia(problem=LATE, plus=0, minus=2, negative=2),
    "too many zeros": LayeredInertia(problem=TWO, plus=3, zero=7),
    "two layers are benign": BenignLayeredLandscape(problem=TWO),
    "metastable is benign": BenignLayeredLandscape(problem=LATE),
    "relu without the hypothesis": LayeredGeometry(problem=relu(3, "1/5"), geometry="orthogonal frame"),
    "relu, equality": LayeredValue(problem=relu(4, "2/5"), value=HALF),
    "relu, below what is known": LayeredValue(problem=relu(6, "2/5"), value="0.4948", relation="<"),
    "degenerate": LayeredKind(problem=deep(2, 3, "27/256"), plus=1, kind="degenerate saddle"),
    "a family of critical points": FiniteCriticalPoints(problem=ONE),
    "first features of a ReLU": ReluFirstFeatures(problem=relu(2, "1/5")),
}


def sealed(claim):
    statement, witness = write(claim, Effort())
    return statement, witness, seal(statement, witness)


@pytest.mark.parametrize("claim", WRITTEN.values(), ids=WRITTEN)
def test_what_holds_is_written_and_accepted(claim):
    statement, _, raw = sealed(claim)
    assert checker.check(raw, expected={digest_of(statement)})[0] == "accepted"


@pytest.mark.parametrize("claim", REFUSED.values(), ids=REFUSED)
def test_what_does_not_hold_is_not_written(claim):
    with pytest.raises(NoCertificate):
        write(claim, Effort())


def rewritten(claim, change):
    """The certificate with its statement or witness changed, and its hash made to fit again."""
    statement, witness, _ = sealed(claim)
    statement, witness = copy.deepcopy(statement), copy.deepcopy(witness)
    change(statement, witness)
    return checker.check(seal(statement, witness))


def exact_zeros(statement, witness):
    """The zero eigenvalues that are enclosed in an interval are said to be 0."""
    statement["eigenvalues"] = [["0", "0", row[2]] if row[0].startswith("-") and not row[1].startswith("-") else row
                                for row in statement["eigenvalues"]]


def put(where, *path, value):
    """A change of one entry: ``where`` is 0 for the statement, 1 for the witness."""

    def change(*parts):
        place = parts[where]
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return change


def last_digit(statement, witness):
    """The first eigenvalue that is no fraction, moved beyond its enclosure by one unit of its width."""
    row = next(row for row in statement["eigenvalues"] if row[0] != row[1])
    low, high = Fraction(row[0]), Fraction(row[1])
    row[:2] = [str(high), str(2 * high - low)]


TAMPERED = {
    "a root on the wrong side": ("value, from below", put(1, "roots", 0, value=["1/1000", "1/500"])),
    "a root that is too low": ("value, from below", put(1, "roots", 0, value=["9/10", "95/100"])),
    "a root that is too wide": ("value, from below", put(1, "roots", 0, value=["1/4", "1"])),
    "no root": ("sigma", put(1, "roots", 0, value=None)),
    "a root too many": ("sigma", put(1, "roots", value=[None, None])),
    "an exact root that is none": ("sigma", put(1, "roots", 0, value=["7/8", "7/8"])),
    "bits": ("sigma", put(1, "bits", value=10**6)),
    "a relation": ("sigma", put(0, "relation", value="=")),
    "a quantity that is no text": ("cosine of an ETF", put(0, "quantity", value=["cosine"])),
    "W_1 for W_2": ("singular values of W_2", put(0, "quantity", value="W_singular_values_sq_1")),
    "a quantity": ("sigma", put(0, "quantity", value="margin")),
    "another bias weight": ("bias of an ETF", put(0, "problem", "lambda_b", value="1/2")),
    "a negative weight": ("frame", put(0, "problem", "lambda_H", value="-1")),
    "a width": ("frame", put(0, "problem", "widths", value=[3, 2])),
    "widths of other layers": ("frame", put(0, "problem", "widths", value=[3])),
    "K": ("frame", put(0, "problem", "K", value=1)),
    "an empty class": ("means", put(0, "problem", "n", value=[9, 4, 0])),
    "a class too few": ("means", put(0, "problem", "n", value=[9, 4])),
    "a bias with unequal classes": ("means", put(0, "problem", "lambda_b", value="1")),
    "free bias, other sizes": ("free bias, unequal: global", put(0, "problem", "n", value=[9, 5, 1])),
    "free bias, sizes in another order with a root moved": (
        "free bias, unequal: value", put(1, "roots", value=[["9/10", "91/100"], ["9/10", "91/100"]])),
    "free bias, a mean size": ("free bias, unequal: spectrum", put(0, "problem", "n", value=5)),
    "free bias, none": ("free bias, unequal: spectrum", put(0, "problem", "lambda_b", value=None)),
    "free bias, regularised": ("free bias, unequal: spectrum", put(0, "problem", "lambda_b", value="1/1000000")),
    "free bias, another weight": ("free bias, unequal: global", put(0, "problem", "lambda_H", value="1/61")),
    "free bias, N instead of n": ("free bias, unequal: the large direction",
                                  put(0, "problem", "n", value=[126, 56, 14])),
    "free bias, an eigenvalue moved": ("free bias, unequal: spectrum", last_digit),
    "free bias, a value moved": ("free bias, unequal: global", put(0, "value", value=["417/5000", "21/250"])),
    "free bias, a rotation too many": ("free bias, unequal: inertia", put(0, "zero", value=7)),
    "free bias, few bits": ("free bias, unequal: value", put(1, "bits", value=64)),
    "free bias, 13 sizes": ("free bias, unequal: benign", lambda s, w: s["problem"].update(
        K=13, n=list(range(1, 14)))),
    "relu switched on": ("frame", put(0, "problem", "relu", value=True)),
    "relu in one layer": ("benign", put(0, "problem", "relu", value=True)),
    "relu as text": ("frame", put(0, "problem", "relu", value="no")),
    "a spread of zero": ("attained", put(0, "spread", value="0")),
    "a spread too small": ("attained", put(0, "spread", value="1/" + "1" + "0" * 60)),
    "an eigenvalue moved": ("spectrum with two samples", put(0, "eigenvalues", 1, 0, value="1/50")),
    "a multiplicity": ("spectrum with two samples", put(0, "eigenvalues", 0, 2, value=9)),
    "a rank": ("spectrum with two samples", put(0, "plus", value=3)),
    "a rank too large": ("spectrum with two samples", put(0, "plus", value=4)),
    "a value moved": ("local minimum", put(0, "value", value=["39/100", "40/100"])),
    "a zero at kappa_sn that is none of symmetry": ("spectrum at kappa_sn", exact_zeros),
    "a negative eigenvalue": ("local minimum", put(0, "negative", value=1)),
    "a zero eigenvalue": ("local minimum", put(0, "zero", value=5)),
    "a nature": ("local minimum", put(0, "nature", value="global minimum")),
    "an unknown nature": ("local minimum", put(0, "nature", value=["local minimum"])),
    "a saddle called a minimum": ("saddle", put(0, "nature", value="local minimum")),
    "a global minimum called a local one": ("global", put(0, "nature", value="local minimum")),
    "no gap": ("local minimum", put(1, "gap", value="0")),
    "a gap too large": ("local minimum", put(1, "gap", value="1")),
    "kappa beyond kappa_sn": ("saddle", put(0, "problem", "lambda_H", value="1")),
    "below what the point has": ("relu, five classes", put(0, "value", value="49/100")),
    "a point of another shape": ("relu, five classes", put(1, "point", 0, "m", value=["1"])),
    "a point moved": ("relu, five classes", put(1, "point", 0, "m", value=["0"] * 25)),
    "a missing factor": ("relu, five classes", lambda s, w: w["point"].pop()),
    "another key": ("frame", put(1, "trust", value="me")),
}


@pytest.mark.parametrize(("name", "change"), TAMPERED.values(), ids=TAMPERED)
def test_tampering_is_noticed(name, change):
    verdict, reason = rewritten(WRITTEN[name], change)
    assert verdict in ("rejected", "limit") and reason


def test_a_point_of_many_unknowns_is_too_large():
    problem = Layered(layers=2, K=100, n=3, lambdas="1/500,1/500", lambda_H="1/500")
    with pytest.raises(NoCertificate, match="at most 20000"):
        write(LayeredAttained(problem=problem), Effort())


INSTANCES = {
    "layered-optimum": deep(1, 3, "1/3", n=2),
    "layered-bias": FREE,
    "layered-spectrum": LATE,
    "layered-benign": ONE,
    "layered-spurious-minima": LATE,
    "layered-critical-points": SIZES,
    "layered-imbalance": UNEQUAL,
    "layered-relu": relu(2, "2/5"),
}


@pytest.mark.parametrize("name", INSTANCES)
def test_verdicts_at_a_problem(name):
    theorem, problem = load(name), INSTANCES[name]
    _, raw = verdict_certificate(name, theorem.title, problem, claims_of(theorem, problem), Effort())
    assert checker.check(raw)[0] == "accepted"
    statement = json.loads(raw)["statement"]
    statement["parameters"] = {**statement["parameters"], "K": statement["parameters"]["K"] + 1}
    witness = json.loads(raw)["witness"]
    assert "another problem" in checker.check(seal(statement, witness))[1]


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name.startswith("layered")])
def test_verdicts_for_all_sizes(name):
    theorem = load(name)
    claims = list(theorem.general())
    _, raw = verdict_certificate(name, theorem.title, None, claims, Effort())
    statement = json.loads(raw)["statement"]
    assert checker.check(raw, expected={digest_of(statement)})[0] == "accepted"
    assert sympy.Integer(len(statement["claims"])) == len(claims)
