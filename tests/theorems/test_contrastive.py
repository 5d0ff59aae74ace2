"""The contrastive bound: in general, for each loss, and refuted for a loss that falls."""

import pytest
import sympy

from ncproofs.losses import Loss, cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import S, T, Z
from ncproofs.problems.features import Ridge
from ncproofs.theorems.catalogue import load
from ncproofs.theorems.theorem import verify
from ncproofs.truth import Rigor, Truth

THEOREM = load("contrastive-bound")
_ELL = sympy.log(S(1)) - T


def at(loss, K=4):
    return verify(THEOREM, Ridge(loss, K, K, 2, "1/100", "1/100", "1/10"))


def own(profile):
    return Loss("own", profile, (sympy.exp(Z),), "a test")


def test_for_all_sizes():
    verdict = verify(THEOREM)
    assert verdict.certified
    assert verdict.rigor is Rigor.EXACT
    assert len(verdict.axioms) == 2


@pytest.mark.parametrize(
    "loss",
    [
        cross_entropy(),
        label_smoothing("1/10"),
        focal(2),
        focal("1/2"),
        focal("7/3"),
        mean_squared(),
        own(_ELL + _ELL**3),
    ],
    ids=str,
)
def test_instances(loss):
    assert at(loss).certified


def test_a_loss_that_falls_somewhere_is_refuted_unless_K_is_2():
    falling = own(_ELL - 3 * _ELL**2 / (1 + _ELL**2))
    verdict = at(falling)
    assert verdict.truth is Truth.FAILS
    assert "ell" in verdict.reason
    assert at(falling, K=2).truth is Truth.HOLDS


def test_a_flat_point_of_the_profile_leaves_the_equality_case_open():
    verdict = at(own((_ELL - 1) ** 3))
    assert verdict.truth is Truth.HOLDS
    assert not verdict.certified
    assert "equality" in verdict.holes[0]


def test_a_loss_of_another_form_is_not_certified():
    other = Loss("other", S(1) - T, (Z**4,), "a test")
    assert not at(other).certified
