"""The reduced function and the range of the smoothing parameter."""

import pytest
import sympy

from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import K, T
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import Sign
from ncproofs.proof.discharge import discharge
from ncproofs.proof.domain import Domain, between, integers_from, nonnegative, positive, real
from ncproofs.theorems.all_losses.reduced_function import PHI_CE, PHI_LS, alpha
from ncproofs.theorems.catalogue import load
from ncproofs.theorems.theorem import verify
from ncproofs.truth import Rigor, Truth


@pytest.mark.parametrize("name", ["reduced-function", "label-smoothing-range"])
def test_for_all_sizes(name):
    verdict = verify(load(name))
    assert verdict.certified, verdict.reason
    assert verdict.rigor is Rigor.EXACT


@pytest.mark.parametrize(
    "loss", [cross_entropy(), label_smoothing("1/10"), focal(2), mean_squared()], ids=str
)
def test_instances(loss):
    assert verify(load("reduced-function"), Ridge(loss, 4, 4, 2, "1/100", "1/100", "1/10")).certified


def test_the_range_of_alpha_cannot_be_widened():
    slope = sympy.diff(PHI_LS, T)
    right = (T, nonnegative())
    inside = Domain.of((K, integers_from(2)), (alpha, between(0, 1, closed=True)), right)
    wider = Domain.of((K, integers_from(2)), (alpha, between(0, "11/10", closed=True)), right)
    assert discharge(Sign(expression=slope, relation=">=", where=inside)).truth is Truth.HOLDS
    assert discharge(Sign(expression=slope, relation=">=", where=wider)).truth is Truth.FAILS


def test_false_neighbours_of_convexity():
    line = Domain.of((K, integers_from(2)), (T, real()))
    third = sympy.diff(PHI_CE, T, 3)
    assert discharge(Sign(expression=third, relation=">", where=line)).truth is Truth.FAILS
    c = sympy.Symbol("c", positive=True)
    wrong = Sign(expression=sympy.diff(PHI_CE, T) - c, relation="<", where=Domain.of(*line, (c, positive())))
    assert discharge(wrong).truth is Truth.FAILS
