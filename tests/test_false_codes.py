"""False theorems about codes, each with what refutes it; and true neighbours. None of the false ones may hold."""

import pytest
import sympy
from sympy import Rational, cos, exp, log, pi, sqrt

from ncproofs.problems.codes import Codes, Points
from ncproofs.proof.claims import Identity, Sign
from ncproofs.proof.code_claims import (
    CodeEverywhereActive,
    CodeMinimisesLoss,
    CodeQuantity,
    CodeValue,
    HardMaxValue,
    LocalCodeValue,
    LossAtCode,
    SoftmaxCode,
)
from ncproofs.proof.discharge import discharge
from ncproofs.proof.domain import Domain, between, integers_from, positive
from ncproofs.truth import Truth

#: d = 2, (1, 0), then angles whose cosine and sine are rational, near 30, 120 and 240 degrees.
FOUR = Points(((1, 0), ("15/17", "8/17"), ("-8/17", "15/17"), ("-3/5", "-4/5")))
#: The square and a point that is farther from the hull of the others than a corner of the square would be.
UNEVEN = Points(((1, 0), (0, 1), (0, -1), ("-4/5", "3/5")))
TRIANGLE = Points((("1", "0"), ("-3/5", "4/5"), ("-3/5", "-4/5")))
OPPOSITE = tuple((tuple(-x for x in row),) for row in TRIANGLE.rows)
x, K = sympy.Symbol("x", nonnegative=True), sympy.Symbol("K", integer=True, positive=True)
A, B = sympy.symbols("A B", positive=True)

REFUTED = {
    # 6: rho_k = 1 - max <w_j, w_k> for every W: one-vs-rest is not one-vs-one.
    "6 rho_1 is 1 minus the largest cosine": CodeQuantity(
        points=FOUR, quantity="rho[1]", value=1 - Rational(15, 17)),
    "6 rho_1 is at most that": CodeQuantity(
        points=FOUR, quantity="rho[1]", value=1 - Rational(15, 17), relation="<="),
    # 7: rho* = 1 persists beyond K = 2d.
    "7 rho* = 1 for K = 7, d = 3": CodeValue(problem=Codes(7, 3), value=1),
    "7 rho* = 1 for K = 9, d = 4": CodeValue(problem=Codes(9, 4), value=1),
    # 8: tau log f -> HardMax at every W, H: here HardMax = 3/2, and tau log f is below 1/10 at tau = 1/100.
    "8 tau log f is near HardMax = 3/2": LossAtCode(
        problem=Codes(3, 2), tau="1/100", features="opposite", value=exp(100), relation=">="),
    # 9: at finite tau the minimiser is the code.
    "9 at tau = 3/10, K = 7, d = 3": CodeMinimisesLoss(problem=Codes(7, 3), tau="3/10"),
    "9 at tau = 1, K = 7, d = 3": CodeMinimisesLoss(problem=Codes(7, 3), tau=1),
    # 10: all classes are active.
    "10 no rattlers, ever": CodeEverywhereActive(points=UNEVEN),
    # Ten of our own.
    "rho* = K/(K-1) for K = d + 2": CodeValue(problem=Codes(5, 3), value=Rational(5, 4)),
    "rho* of the heptagon is sin^2(pi/7)": CodeValue(problem=Codes(7, 2), value=(1 - cos(2 * pi / 7)) / 2),
    "rho* of the heptagon is below 3/8": CodeValue(problem=Codes(7, 2), value=Rational(3, 8), relation="<="),
    "the icosahedron has c = 4/9": CodeValue(problem=Codes(12, 3), value=Rational(5, 9)),
    "E8 has rho* above 1/2": CodeValue(problem=Codes(240, 8), value=Rational(1, 2), relation=">"),
    "a square is a code for K = 4, d = 2 only with margin sqrt 2": CodeQuantity(
        points=Points(((1, 0), (0, 1), (-1, 0), (0, -1))), quantity="margin", value=sqrt(2)),
    "HardMax is minus rho at any unit features": HardMaxValue(
        points=TRIANGLE, features=OPPOSITE, value=Rational(-32, 25)),
    "a non-regular pentagon is a code": SoftmaxCode(
        points=Points(((1, 0), (0, 1), ("-4/5", "3/5"), ("-4/5", "-3/5"), (0, -1)))),
    "a code in R^3 from a flat square and the poles, bent": SoftmaxCode(
        points=Points(((1, 0, 0), (0, 1, 0), (-1, 0, 0), (0, -1, 0), (0, 0, 1), ("3/5", 0, "-4/5")))),
    "log(1 + x) >= x: T1 without the factor 2": Sign(
        expression=log(1 + x) - x, relation=">=", where=Domain.of((x, between(0, 1, closed=True)))),
    "T1 with K in place of K - 1 is an equality": Identity(
        left=log(K * exp(x)), right=x + log(K - 1), where=Domain.of((K, integers_from(2)), (x, between(0, 5)))),
    "master identity without the cross term": Identity(
        left=(1 - A * B) ** 2, right=1 - A**2 - B**2 + A**2 * B**2,
        where=Domain.of((A, positive()), (B, positive()))),
    "11 the trapped value is the best for (13, 3)": CodeValue(
        problem=Codes(13, 3), value=Rational("0.447819204"), relation="<="),
    "(19, 3): a truncated value": CodeValue(problem=Codes(19, 3), value=Rational("0.32688311243994")),
    "rho* <= 0.78 for K = 7, d = 3": CodeValue(problem=Codes(7, 3), value=Rational(78, 100), relation="<="),
    "rho* >= 0.87 for K = 7, d = 3": CodeValue(problem=Codes(7, 3), value=Rational(87, 100), relation=">="),
}

OPEN = {  # false or unknown: no rule decides them, and none may say yes
    "10 the code (19, 3) is optimal": CodeValue(problem=Codes(19, 3), value=Rational("0.33")),
    "11 the best known value of (13, 3) is the best": CodeValue(
        problem=Codes(13, 3), value=Rational("0.4574"), relation="<="),
    "(4, 9): the best known value is optimal": CodeValue(
        problem=Codes(9, 4), value=Rational("0.838"), relation="<="),
    "(7, 3): a strict local maximum at 4/5": LocalCodeValue(problem=Codes(7, 3), value=Rational(4, 5)),
    "(8, 3): a strict local maximum at the cube, 2/3": LocalCodeValue(problem=Codes(8, 3), value=Rational(2, 3)),
    "the icosahedron minimises cross-entropy": CodeMinimisesLoss(problem=Codes(12, 3), tau="1/2"),
}

TRUE = {
    "6 rho_1 is more": CodeQuantity(points=FOUR, quantity="rho[1]", value=1 - Rational(15, 17), relation=">"),
    "7 rho* = 1 for K = 2d": CodeValue(problem=Codes(8, 4), value=1),
    "7 rho* < 1 for K = 7, d = 3": CodeValue(problem=Codes(7, 3), value=1, relation="<"),
    "8 f itself is small there": LossAtCode(
        problem=Codes(3, 2), tau="1/100", features="opposite", value=151, relation="<"),
    "the heptagon": CodeValue(problem=Codes(7, 2), value=1 - cos(2 * pi / 7)),
    "the pentagon in radicals": CodeValue(problem=Codes(5, 2), value=(5 - sqrt(5)) / 4),
    "the icosahedron": CodeValue(problem=Codes(12, 3), value=1 - 1 / sqrt(5)),
    "a square is a code": SoftmaxCode(points=Points(((3, 4), (-4, 3), (-3, -4), (4, -3)))),
    "the square is active everywhere": CodeEverywhereActive(points=Points(((1, 0), (0, 1), (-1, 0), (0, -1)))),
    "five points without positive products are a code": SoftmaxCode(
        points=Points(((1, 0, 0), (0, 1, 0), (-1, 0, 0), (0, -1, 0), (0, 0, 1)))),
    "HardMax at H = W": HardMaxValue(
        points=TRIANGLE, features=tuple((row,) for row in TRIANGLE.rows), value=Rational(-32, 25)),
    "(9, 3) has a strict local maximum at 2/3": LocalCodeValue(problem=Codes(9, 3), value=Rational(2, 3)),
    "(8, 3) at 1 - (2 sqrt 2 - 1)/7": LocalCodeValue(problem=Codes(8, 3), value=(8 - 2 * sqrt(2)) / 7),
    "(13, 3) above 0.457": LocalCodeValue(problem=Codes(13, 3), value=Rational(457, 1000), relation=">"),
    "simplices minimise cross-entropy": CodeMinimisesLoss(problem=Codes(4, 3), tau=2),
}


@pytest.mark.parametrize("name", REFUTED)
def test_a_false_theorem_is_refuted(name):
    evidence = discharge(REFUTED[name])
    assert evidence.truth is Truth.FAILS and evidence.witness, evidence.because


@pytest.mark.parametrize("name", OPEN)
def test_an_open_statement_is_not_certified(name):
    assert discharge(OPEN[name]).truth is Truth.UNDECIDED


@pytest.mark.parametrize("name", TRUE)
def test_a_true_neighbour_holds(name):
    evidence = discharge(TRUE[name])
    assert evidence.truth is Truth.HOLDS and evidence.rigor >= 3, evidence.because
