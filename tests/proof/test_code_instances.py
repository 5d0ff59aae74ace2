"""Claims about codes: what each kind accepts, refuses, and calls ill-formed."""

import pytest
import sympy
from sympy import Rational, cos, pi, sin, sqrt

from ncproofs.errors import InvalidClaim
from ncproofs.problems.codes import Codes, Points
from ncproofs.proof.angles import angle_ball
from ncproofs.proof.claims import Hole
from ncproofs.proof.code_claims import (
    CodeBracket,
    CodeMinimisesLoss,
    CodeQuantity,
    CodeValue,
    HardMaxValue,
    LocalCodeValue,
    LossAtCode,
    SoftmaxCode,
)
from ncproofs.proof.code_instances import settle
from ncproofs.proof.discharge import Effort, discharge
from ncproofs.truth import Rigor, Truth

SQUARE = Points(((1, 0), (0, 1), (-1, 0), (0, -1)))
SKEW = Points(((1, 0), (0, 2), (-1, 0)))

RELATIONS = [("==", Truth.HOLDS, Truth.FAILS), (">=", Truth.HOLDS, Truth.FAILS), ("<=", Truth.HOLDS, Truth.HOLDS),
             (">", Truth.FAILS, Truth.FAILS), ("<", Truth.FAILS, Truth.HOLDS)]


@pytest.mark.parametrize(("relation", "at", "below"), RELATIONS)
def test_relations_of_a_proved_value(relation, at, below):
    """rho* = 4/3 against 4/3, and against a value above it."""
    assert discharge(CodeValue(problem=Codes(4, 3), value="4/3", relation=relation)).truth is at
    above = discharge(CodeValue(problem=Codes(4, 3), value=Rational(3, 2), relation=relation))
    assert above.truth is below


@pytest.mark.parametrize(("relation", "at", "below"), RELATIONS)
def test_relations_of_a_quantity(relation, at, below):
    assert discharge(CodeQuantity(points=SQUARE, quantity="margin", value=1, relation=relation)).truth is at
    assert discharge(CodeQuantity(points=SQUARE, quantity="margin", value=2, relation=relation)).truth is below


def test_quantities():
    for quantity, value in (("cosine", 0), ("rho[3]", 1), ("one_minus_cosine[2]", 1)):
        evidence = discharge(CodeQuantity(points=SQUARE, quantity=quantity, value=value))
        assert evidence.truth is Truth.HOLDS and evidence.rigor is Rigor.EXACT
    opposite = Points(((1, 0), (-1, 0)))
    assert discharge(CodeQuantity(points=opposite, quantity="cosine", value=-1)).truth is Truth.HOLDS
    assert discharge(CodeQuantity(points=opposite, quantity="one_minus_cosine[1]", value=2)).truth is Truth.HOLDS


ILL_FORMED = {
    "a float": CodeValue(problem=Codes(4, 3), value=1.3),
    "a symbol": CodeValue(problem=Codes(4, 3), value=sympy.Symbol("x")),
    "a relation": CodeValue(problem=Codes(4, 3), value=1, relation="~"),
    "a quantity": CodeQuantity(points=SQUARE, quantity="beauty", value=1),
    "a point too many": CodeQuantity(points=SQUARE, quantity="rho[5]", value=1),
    "different lengths": CodeQuantity(points=SKEW, quantity="margin", value=1),
    "different lengths, as a code": SoftmaxCode(points=SKEW),
    "features": LossAtCode(problem=Codes(4, 3), tau=1, value=1, features="sideways"),
    "tau": CodeMinimisesLoss(problem=Codes(7, 3), tau=0),
    "another kind": Hole(step="nothing"),
}


@pytest.mark.parametrize("name", ILL_FORMED)
def test_ill_formed_claims_are_refused(name):
    with pytest.raises(InvalidClaim):
        settle(ILL_FORMED[name], Effort())


UNDECIDED = {
    "features of the wrong shape": HardMaxValue(points=SQUARE, features=(((1, 0),),), value=1),
    "loss without a proved code": LossAtCode(problem=Codes(7, 3), tau=1, value=1),
    "loss at tau = 0": LossAtCode(problem=Codes(4, 3), tau=0, value=1),
    "a local maximum in R^1": LocalCodeValue(problem=Codes(3, 1), value=0),
    "a minimiser in R^1": CodeMinimisesLoss(problem=Codes(3, 1), tau=1),
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_cannot_be_asked_is_undecided(name):
    assert discharge(UNDECIDED[name]).truth is Truth.UNDECIDED


def test_a_candidate_below_the_best_known_code_is_refuted():
    seven = Points(((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1), ("3/5", "4/5", 0)))
    assert discharge(SoftmaxCode(points=seven)).truth is Truth.FAILS


@pytest.mark.parametrize(("K", "d", "rigor"), [(5, 3, Rigor.EXACT), (7, 3, Rigor.ENCLOSED), (12, 3, Rigor.EXACT)])
def test_brackets(K, d, rigor):
    evidence = discharge(CodeBracket(problem=Codes(K, d)))
    assert evidence.truth is Truth.HOLDS and evidence.rigor is rigor


def test_constants_with_angles():
    assert angle_ball(cos(pi / 5) - (1 + sqrt(5)) / 4, 128).contains(0)
    assert angle_ball(2 * sin(2 * pi / 7) ** 2 + cos(4 * pi / 7) - 1, 128).contains(0)
    assert angle_ball(1 / cos(2 * pi / 9), 128) > 1
    for wrong in (cos(1), cos(sympy.Symbol("x")), cos(pi / 7) * sympy.Float(1.5)):
        with pytest.raises(InvalidClaim):
            angle_ball(wrong, 64)
