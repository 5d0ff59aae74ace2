"""Claims about layered problems both ways: false theorems are refuted, each beside a true neighbour."""

from fractions import Fraction

import pytest
import sympy
from sympy import Rational, sqrt

from ncproofs.errors import InvalidClaim
from ncproofs.problems.layered import Layered
from ncproofs.proof.claims import Identity, Sign, UniqueRoot
from ncproofs.proof.discharge import discharge
from ncproofs.proof.domain import Domain, between, integers_from
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
from ncproofs.truth import Rigor, Truth


def deep(layers, K, power, **more):
    """kappa^M = ``power``: all the weight on lambda_H."""
    return Layered(layers=layers, K=K, lambdas=(1,) * layers, lambda_H=Fraction(power) / K ** (layers + 1), **more)


def value(problem, number, relation="=="):
    return LayeredValue(problem=problem, value=number, relation=relation)


def quantity(problem, name, number, relation="=="):
    return LayeredQuantity(problem=problem, quantity=name, value=number, relation=relation)


def geometry(problem, name):
    return LayeredGeometry(problem=problem, geometry=name)


def kind(problem, name, plus, minus=0):
    return LayeredKind(problem=problem, kind=name, plus=plus, minus=minus)


def inertia(problem, plus, minus=0, **counts):
    return LayeredInertia(problem=problem, plus=plus, minus=minus, **counts)


def relu(K, kappa):
    weight = Fraction(kappa) / K
    return Layered(layers=2, K=K, lambdas=(weight, weight), lambda_H=weight, relu=True)


FOUR = Layered(layers=1, K=2, n=4, lambdas="3/20", lambda_H="3/20")
BIASED = deep(1, 4, "9/100", lambda_b="1/5")
HEAVY = deep(1, 4, "9/100", lambda_b="1/2")
SHALLOW = Layered(layers=1, K=3, n=4, widths=5, lambdas="1/100", lambda_H="1/200")
PAIR = Layered(layers=2, K=2, lambdas=("1/10", "1/4"), lambda_H="1/10")  # lambda^3 = 1/400
DEEP = Layered(layers=2, K=3, n=2, lambdas="3/100,1/20", lambda_H="1/50")
METASTABLE = deep(2, 3, "1/12")
TIE = deep(2, 3, "1/16")
RATIONAL = deep(2, 3, "4/625")  # sigma_+ = 4/5
UNEQUAL = Layered(layers=1, K=3, lambdas="1/100", lambda_H="1/900", class_sizes="9,4,1")
MINORITY = Layered(layers=2, K=3, lambdas="1/10,1/10", lambda_H="1/10", class_sizes="9,4,1")
EQUAL_LENGTHS = Layered(layers=1, K=2, lambdas="4/225", lambda_H="1", class_sizes="4,1")  # (sqrt n_k - 2/3)/n_k = 1/3
UNEQUAL_TIE = Layered(layers=2, K=2, lambdas="1,1", lambda_H="1/432", class_sizes="2,1")
BLOCK_TIE = Layered(layers=2, K=3, lambdas="1,1", lambda_H="1/1024", class_sizes="2,1,1")
HALF = Rational(1, 2)

M = sympy.Symbol("M", integer=True, positive=True)
s = sympy.Symbol("s", real=True)
LARGE = (M, integers_from(3))


def sign(expression, relation, *where):
    return Sign(expression=expression, relation=relation, where=Domain.of(*where))


#: Each refutes a sentence of the false theorems of this field, or one of our own.
CENTRED = Layered(layers=2, K=3, lambdas="1/30,1/50", lambda_H="1/40", lambda_b=0, class_sizes="1,2,4")
FALSE = {
    "1 the threshold is K n sqrt(lambda_H lambda_W) = 6/5 > 1": geometry(FOUR, "zero"),
    "1 the constant is K sqrt(lambda_H lambda_W)": quantity(FOUR, "kappa", Rational(3, 10)),
    "1 the value at the false constant": value(FOUR, HALF),
    "2 an ETF only for an unregularised bias": geometry(BIASED, "intermediate frame"),
    "2 its cosine is not -1/3": quantity(BIASED, "cosine", Rational(-1, 3), ">"),
    "3 two layers: the origin is a strict saddle": kind(PAIR, "strict saddle", 0),
    "3 two layers: rank one is a strict saddle": kind(PAIR, "strict saddle", 1),
    "3 two layers are benign": BenignLayeredLandscape(problem=PAIR),
    "4 ReLU has the linear minimum, K = 6": value(relu(6, "2/5"), HALF),
    "4 ReLU: zero is optimal beyond kappa_c, K = 6": geometry(relu(6, "2/5"), "zero"),
    "4 ReLU has no value below 1/2, K = 6": value(relu(6, "2/5"), Rational(49494, 100000), ">="),
    "5 ReLU: H is an orthogonal frame, K = 4": ReluFirstFeatures(problem=relu(4, "3/10")),
    "5 ReLU: H is an orthogonal frame, K = 2": ReluFirstFeatures(problem=relu(2, "1/5")),
    "5 ReLU: H is an orthogonal frame, beyond kappa_c": ReluFirstFeatures(problem=relu(3, "1/2")),
    "6 finitely many critical points": FiniteCriticalPoints(problem=Layered(layers=1, K=2, lambdas="1/5",
                                                                            lambda_H="1/5")),
    "two layers: the threshold of one layer": geometry(deep(2, 3, "1/8"), "orthogonal frame"),
    "two layers: sigma = 1 - kappa": quantity(RATIONAL, "sigma_plus", 1 - Rational(4, 625) ** Rational(1, 3)),
    "two layers: f = kappa - kappa^2/2": value(RATIONAL, Rational(4, 625) ** Rational(1, 3)
                                               - Rational(4, 625) ** Rational(2, 3) / 2),
    "two layers: lambda_b* = kappa/(1 - kappa)": quantity(
        deep(2, 3, "1/125", lambda_b=1), "lambda_b_threshold", Rational(1, 4)),
    "two layers: beta is 1 - kappa/kappa_b": quantity(deep(2, 3, "1/1000", lambda_b=1), "beta", Rational(4, 5)),
    "nonzero as long as kappa < kappa_sn": geometry(METASTABLE, "orthogonal frame"),
    "metastable is benign": BenignLayeredLandscape(problem=METASTABLE),
    "at kappa_sn all other points are strict saddles": BenignLayeredLandscape(problem=deep(2, 3, "27/256")),
    "at kappa_c zero alone is global": geometry(TIE, "zero"),
    "at kappa_c frames of full rank alone are global": geometry(TIE, "orthogonal frame"),
    "at kappa_c rank one is not global": kind(TIE, "local minimum", 1),
    "without a bias d = K - 1 forces an ETF": geometry(deep(1, 4, "1/4", widths=3), "simplex ETF"),
    "an ETF of unequal classes with a free bias": geometry(CENTRED, "simplex ETF"),
    "orthogonal means of unequal classes with a free bias": geometry(CENTRED, "orthogonal means"),
    "without a bias a free bias changes nothing": geometry(deep(1, 4, "1/4", lambda_b=0), "orthogonal frame"),
    "a narrow layer does not matter": geometry(deep(2, 3, "1/100", widths="3,2"), "orthogonal frame"),
    "kappa counts N samples": quantity(DEEP, "kappa_power", Rational(81 * 3, 50000)),
    "unequal classes have means of one length": geometry(UNEQUAL, "orthogonal frame"),
    "a tie within a block of classes keeps the means orthogonal": geometry(BLOCK_TIE, "orthogonal means"),
    "unequal classes vanish together": geometry(MINORITY, "zero"),
    "the smallest class is the last to vanish": quantity(MINORITY, "sigma_n1", 0, ">"),
    "the bias is 1/K for every weight": quantity(BIASED, "bias", Rational(1, 4)),
    "just beyond lambda_b* still an ETF": geometry(HEAVY, "simplex ETF"),
    "a finite weight gives an orthogonal frame": geometry(deep(1, 4, "9/100", lambda_b=10**6), "orthogonal frame"),
    "the nullity is dim O(d)": inertia(SHALLOW, 3, zero=10),
    "two layers have the nullity of one": inertia(DEEP, 3, zero=3),
    "one layer: rank r has index r(K-r)": inertia(SHALLOW, 1, negative=2),
    "two modes of sigma_minus: index two": inertia(DEEP, 0, 2, negative=2),
    "sigma_minus alone is a local minimum": kind(DEEP, "local minimum", 0, 1),
    "rank K - 1 is global": kind(DEEP, "global minimum", 2),
    "one layer, c = 1: the origin has curvature everywhere": inertia(deep(1, 2, 1), 0, zero=0),
    "e(sigma_-) < 0": sign(s * ((M - 2) - (M - 1) * s), "<", LARGE, (s, between(0, (M - 2) / (2 * M - 2)))),
    "sigma_c < sigma_sn": sign((M - 2) / (M - 1) - (M - 2) / (2 * M - 2), "<", LARGE),
    "the symmetric eigenvalue is positive for every sigma": sign(
        (2 * M - 2) * s - (M - 2), ">", LARGE, (s, between(0, 1))),
    "kappa_c = kappa_sn for every depth": Identity(
        left=(M - 2) ** (M - 2) / (M - 1) ** (2 * M - 2), right=(M - 2) ** (M - 2) * M**M / (2 * M - 2) ** (2 * M - 2),
        where=Domain.of(LARGE)),
    "kappa_c grows with depth": sign(Rational(4, 729) ** Rational(1, 4) - Rational(1, 16) ** Rational(1, 3), ">"),
    "three factors: one root in (0, 1)": UniqueRoot(
        expression=s * (1 - s) ** 3 - Rational(1, 16), variable=s, lower=sympy.Integer(0), upper=sympy.Integer(1)),
    "the nuclear norm does not grow under a ReLU, K = 6": sign(4 * sqrt(3) - (4 + 2 * sqrt(3)), ">="),
    "the nuclear norm does not grow under a ReLU, K = 5": sign((5 + 3 * sqrt(5)) / 2 - (2 + 2 * sqrt(5)), ">="),
}

SIZES = Layered(layers=2, K=3, lambdas="1/50,1/40", lambda_H="1/60", class_sizes="1,2,4")
LIGHT = Layered(layers=2, K=3, lambdas="1/50,1/40", lambda_H="1/30", lambda_b="1")
FALSE |= {
    "two layers with a bias are benign": BenignLayeredLandscape(problem=LIGHT),
    "two layers with unequal classes are benign": BenignLayeredLandscape(problem=SIZES),
    "without the mean the bias costs a minimum": kind(LIGHT, "strict saddle", (2, 0), (0, 0)),
    "the mean beside a missing class is a local minimum": kind(LIGHT, "local minimum", (1, 1), (0, 0)),
    "a small class beside a missing large one is a local minimum": kind(SIZES, "local minimum", (0, 0, 1), 0),
    "the large class alone is a strict saddle": kind(SIZES, "strict saddle", (1, 0, 0), 0),
    "with a bias there are finitely many critical points": FiniteCriticalPoints(problem=LIGHT),
    "equal classes among unequal ones make finitely many": FiniteCriticalPoints(
        problem=Layered(layers=1, K=3, lambdas="1/50", lambda_H="1/60", class_sizes="4,2,2")),
}

TRUE = {
    "two layers with a bias: zero is a local minimum": kind(LIGHT, "local minimum", 0),
    "two layers with a bias: the ETF is a local minimum": kind(LIGHT, "local minimum", (2, 0), (0, 0)),
    "the mean beside a missing class": kind(LIGHT, "strict saddle", (1, 1), (0, 0)),
    "the intermediate frame is global": kind(LIGHT, "global minimum", (2, 1), (0, 0)),
    "a small class beside a missing large one": kind(SIZES, "strict saddle", (0, 1, 0), 0),
    "the large class alone": kind(SIZES, "local minimum", (1, 0, 0), 0),
    "unequal classes: all of them are global": kind(SIZES, "global minimum", (1, 1, 1), 0),
    "unequal sizes, one layer, benign": BenignLayeredLandscape(
        problem=Layered(layers=1, K=3, lambdas="1/50", lambda_H="1/60", class_sizes="4,2,2")),
    "two unequal classes and a free bias: s^2 = 2ab/(a+b) has a closed form": value(
        Layered(layers=1, K=2, lambdas="1/50", lambda_H="1/60", class_sizes="1,2", lambda_b=0),
        Rational(2, 9) * (1 - (1 - 3 * sqrt(10) / 200) ** 2)),
    "unequal sizes and a free bias, one layer, benign": BenignLayeredLandscape(
        problem=Layered(layers=1, K=3, lambdas="1/50", lambda_H="1/60", class_sizes="4,2,1", lambda_b=0)),
    "unequal classes beyond every kappa_sn": BenignLayeredLandscape(
        problem=Layered(layers=2, K=2, lambdas="1,1", lambda_H="1", class_sizes="2,1")),
    "different sizes: finitely many": FiniteCriticalPoints(problem=SIZES),
    "different sizes and a free bias: finitely many": FiniteCriticalPoints(problem=CENTRED),
    "a free bias with unequal classes": value(CENTRED, HALF, "<"),
    "a free bias with unequal classes, attained": LayeredAttained(problem=CENTRED),
    "a free bias with unequal classes, zero": geometry(
        Layered(layers=1, K=2, lambdas="1", lambda_H="1", class_sizes="2,1", lambda_b=0), "zero"),
    "a free bias with unequal classes, zero is worth (1 - sum n^2/N^2)/2": value(
        Layered(layers=1, K=2, lambdas="1", lambda_H="1", class_sizes="2,1", lambda_b=0), Rational(2, 9)),
    "spectrum with a bias": LayeredSpectrum(problem=LIGHT, plus=(1, 1), minus=(1, 0)),
    "spectrum of unequal classes with a free bias": LayeredSpectrum(problem=CENTRED, plus=(1, 0), minus=(0, 1)),
    "index at the largest class alone": inertia(SIZES, (1, 0, 0), 0, negative=0),
    "1 the constant is K sqrt(n lambda_H lambda_W)": quantity(FOUR, "kappa", Rational(3, 5)),
    "1 the value is c - c^2/2": value(FOUR, Rational(21, 50)),
    "1 nonzero": geometry(FOUR, "orthogonal frame"),
    "2 an exact ETF below lambda_b*": geometry(BIASED, "simplex ETF"),
    "2 its threshold is 3/7": quantity(BIASED, "lambda_b_threshold", Rational(3, 7)),
    "2 its cosine is -1/3": quantity(BIASED, "cosine", Rational(-1, 3)),
    "3 two layers: the origin is a local minimum": kind(PAIR, "local minimum", 0),
    "3 two layers: rank one is a local minimum": kind(PAIR, "local minimum", 1),
    "3 the minimum is below 0.36598": value(PAIR, Rational(36599, 100000), "<"),
    "3 one layer is benign": BenignLayeredLandscape(problem=SHALLOW),
    "4 ReLU, K = 6: below 0.494942": value(relu(6, "2/5"), Rational(494942, 10**6), "<"),
    "4 ReLU, K = 6: below the linear minimum": value(relu(6, "2/5"), HALF, "<"),
    "4 ReLU, K = 2: the linear minimum": value(relu(2, "2/5"), HALF),
    "4 ReLU, K = 4: at most the linear minimum": value(relu(4, "2/5"), HALF, "<="),
    "4 ReLU, strong decay": geometry(relu(6, "3/4"), "zero"),
    "6 finitely many beyond the threshold": FiniteCriticalPoints(problem=deep(1, 2, 1)),
    "two layers, rational sigma": quantity(RATIONAL, "sigma_plus", Rational(4, 5)),
    "two layers, its value": value(RATIONAL, HALF * (1 - Rational(12, 25))),
    "two layers: kappa": quantity(RATIONAL, "kappa", Rational(4, 625) ** Rational(1, 3)),
    "two layers: the threshold of the bias": quantity(
        deep(2, 3, "1/125", lambda_b=1), "lambda_b_threshold",
        Rational(1, 5) / (Rational(1, 16) ** Rational(1, 3) - Rational(1, 5))),
    "metastable: zero": geometry(METASTABLE, "zero"),
    "metastable: frames are local minima": kind(METASTABLE, "local minimum", 3),
    "beyond kappa_sn the landscape is benign": BenignLayeredLandscape(problem=deep(2, 3, "28/256")),
    "at kappa_c all local minima are global": BenignLayeredLandscape(problem=TIE),
    "at kappa_c the value is 1/2": value(TIE, HALF),
    "at kappa_c rank one is global": kind(TIE, "global minimum", 1),
    "at kappa_sn: degenerate": kind(deep(2, 3, "27/256"), "degenerate saddle", 2),
    "with a bias d = K - 1 suffices": geometry(deep(1, 4, "1/4", widths=3, lambda_b=0), "simplex ETF"),
    "unequal classes": geometry(UNEQUAL, "orthogonal means"),
    "a tie of one class keeps the means orthogonal": geometry(UNEQUAL_TIE, "orthogonal means"),
    "zero means are orthogonal": geometry(METASTABLE, "orthogonal means"),
    "a vanished minority": quantity(MINORITY, "sigma_n1", 0),
    "a majority that stays": quantity(MINORITY, "sigma_n9", HALF, ">"),
    "bias of an ETF": quantity(BIASED, "bias", Rational(5, 24)),
    "intermediate beyond lambda_b*": geometry(HEAVY, "intermediate frame"),
    "bias beyond lambda_b*: kappa/(K lambda_b)": quantity(HEAVY, "bias", Rational(3, 20)),
    "nullity": inertia(SHALLOW, 3, zero=9),
    "nullity, two layers": inertia(DEEP, 3, zero=6),
    "index (K-r)(d-r)": inertia(SHALLOW, 1, negative=8),
    "index three": inertia(DEEP, 0, 2, negative=3),
    "mixed point: index one": inertia(DEEP, 2, 1, negative=1, zero=8),
    "one layer, c = 1": inertia(deep(1, 2, 1), 0, zero=4, negative=0),
    "spectrum": LayeredSpectrum(problem=DEEP, plus=1, minus=1),
    "attained": LayeredAttained(problem=HEAVY),
    "attained, unequal classes": LayeredAttained(problem=MINORITY),
    "two roots, one below the peak": UniqueRoot(
        expression=s * (1 - s) ** 3 - Rational(1, 16), variable=s, lower=sympy.Integer(0), upper=Rational(1, 4)),
}

UNEQUAL_BIAS = Layered(layers=2, K=2, lambdas="1/9,1/9", lambda_H="1/9", class_sizes="2,1", lambda_b=1)
UNDECIDED = {
    "ReLU, K = 3: equality": value(relu(3, "3/10"), Rational(3, 10)),
    "ReLU, K = 4: at least half": value(relu(4, "2/5"), HALF, ">="),
    "ReLU, K = 4: frames": geometry(relu(4, "3/10"), "orthogonal frame"),
    "ReLU: quantities are not shared": quantity(relu(2, "1/5"), "cosine", 0),
    "ReLU: landscape": BenignLayeredLandscape(problem=relu(2, "1/5")),
    "unequal classes whose means happen to have one length": geometry(EQUAL_LENGTHS, "orthogonal frame"),
    "ReLU with narrow layers": ReluFirstFeatures(problem=Layered(layers=2, K=3, lambdas="1,1", lambda_H=1, widths=2,
                                                                 relu=True)),
    "landscape of unequal classes with a regularised bias": BenignLayeredLandscape(problem=UNEQUAL_BIAS),
    "critical points of unequal classes with a regularised bias": FiniteCriticalPoints(problem=UNEQUAL_BIAS),
    "a saddle of unequal classes with a regularised bias": kind(UNEQUAL_BIAS, "strict saddle", 1),
    "no such critical point": kind(DEEP, "strict saddle", 4),
    "a regularised bias with unequal classes": value(UNEQUAL_BIAS, HALF, "<="),
    "a quantity that a tie does not share": quantity(TIE, "alpha", HALF),
    "dense Hessian too large": LayeredSpectrum(problem=deep(1, 20, "1/4"), plus=3),
}


@pytest.mark.parametrize("name", FALSE)
def test_false_theorems_never_hold(name):
    evidence = discharge(FALSE[name])
    assert evidence.truth is Truth.FAILS, evidence.because
    assert evidence.rigor >= Rigor.ENCLOSED and evidence.witness


@pytest.mark.parametrize("name", TRUE)
def test_true_neighbours_hold(name):
    evidence = discharge(TRUE[name])
    assert evidence.truth is Truth.HOLDS, evidence.because
    assert evidence.rigor >= Rigor.ENCLOSED and not evidence.holes


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_is_open_says_why(name):
    evidence = discharge(UNDECIDED[name])
    assert evidence.truth is Truth.UNDECIDED
    assert evidence.because


WITNESSES = {
    "3 two layers are benign": "0.365",
    "4 ReLU has the linear minimum, K = 6": "circ(1,1,0,-1,-1,0)",
    "6 finitely many critical points": "(3/5, 4/5",
    "5 ReLU: H is an orthogonal frame, K = 4": "a = 1/3",
    "at kappa_c zero alone is global": "every number from 0 to 3",
}


@pytest.mark.parametrize("name", WITNESSES)
def test_the_witness_says_what_refutes(name):
    assert WITNESSES[name] in discharge(FALSE[name]).witness


RELATIONS = {"==": (False, True, False), "<": (False, False, True), "<=": (False, True, True),
             ">": (True, False, False), ">=": (True, True, False)}


@pytest.mark.parametrize("relation", RELATIONS)
def test_every_relation_below_at_and_above_the_minimum(relation):
    """The minimum is 21/50; the value given is below, equal, above."""
    for number, holds in zip((Rational(2, 5), "21/50", "0.43"), RELATIONS[relation], strict=True):
        assert discharge(value(FOUR, number, relation)).truth is (Truth.HOLDS if holds else Truth.FAILS)


def test_every_relation_where_the_minimum_is_only_bounded_from_above():
    """K = 6, kappa = 2/5: the minimum is below 0.49486, and nothing is known from below."""
    for number in (Rational(49, 100), HALF, Rational(3, 5)):
        known = number > Rational(49, 100)
        for relation, holds in {"<": True, "<=": True, ">": False, ">=": False, "==": False}.items():
            expected = (Truth.HOLDS if holds else Truth.FAILS) if known else Truth.UNDECIDED
            assert discharge(value(relu(6, "2/5"), number, relation)).truth is expected


WRONG = {
    "a relation": value(FOUR, HALF, "!="),
    "a float": value(FOUR, 0.5),
    "a symbol": value(FOUR, s),
    "a geometry": geometry(FOUR, "pentagon"),
    "a kind": kind(DEEP, "saddle", 1),
    "no count": inertia(DEEP, 1),
    "first features without relu": ReluFirstFeatures(problem=DEEP),
    "another problem": LayeredAttained(problem="K=3"),
}


@pytest.mark.parametrize("claim", WRONG.values(), ids=WRONG)
def test_claims_that_mean_nothing_are_refused(claim):
    with pytest.raises(InvalidClaim):
        discharge(claim)
