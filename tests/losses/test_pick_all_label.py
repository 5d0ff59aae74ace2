"""The pick-all-label loss: its form, its weight, and what it is for one label."""

from fractions import Fraction

import pytest
import sympy

from ncproofs.errors import InvalidLoss, InvalidProblem
from ncproofs.losses import cross_entropy, focal, known_loss, label_smoothing, mean_squared, pick_all_label
from ncproofs.losses.loss import Loss, M, S, T, Z
from ncproofs.losses.pick_all_label import label_weight


def test_it_is_the_sum_of_the_cross_entropies_of_the_labels():
    z = list(sympy.symbols("z1:5", real=True))
    ce, pal = cross_entropy(), pick_all_label()
    for labels in [(0,), (1, 3), (0, 1, 2), (0, 1, 2, 3)]:
        total = sympy.Add(*(ce.at(z, k) for k in labels))
        assert sympy.expand(pal.at(z, labels) - total) == 0
        assert sympy.expand(pick_all_label(1).at(z, labels) - total / len(labels)) == 0


def test_with_one_label_it_is_cross_entropy():
    assert pick_all_label().single_label().phi == cross_entropy().phi
    assert pick_all_label().softmax_form() == cross_entropy().softmax_form()
    assert cross_entropy().single_label() is not None and focal(2).single_label() == focal(2)


WEIGHTS = {
    "pick all labels": (pick_all_label(), 3, 1),
    "their average": (pick_all_label(1), 3, Fraction(1, 3)),
    "m times": (pick_all_label(-1), 3, 3),
    "cross-entropy of one label": (cross_entropy(), 1, 1),
    "cross-entropy of two labels": (cross_entropy(), 2, None),
    "focal": (focal(2), 1, None),
    "label smoothing": (label_smoothing("1/10"), 1, None),
    "mean squared": (mean_squared(), 1, None),
    "its negative": (Loss("minus", T - M * sympy.log(S(1)), (sympy.exp(Z),), "a test"), 2, None),
    "nearly": (Loss("near", M * sympy.log(S(1)) - T + T**2 / 10**9, (sympy.exp(Z),), "a test"), 2, None),
    "another exponential": (Loss("twice", M * sympy.log(S(1)) - T, (sympy.exp(2 * Z),), "a test"), 2, None),
}


@pytest.mark.parametrize(("loss", "labels", "weight"), WEIGHTS.values(), ids=WEIGHTS)
def test_weight(loss, labels, weight):
    assert label_weight(loss, labels) == weight


def test_spelling():
    assert known_loss("pick_all_label") == pick_all_label() and known_loss("pick_all_label(1)") == pick_all_label(1)
    for wrong in ("pick_all_label(1/2)", "pick_all_label(100)", "pick_all_label(1, 2)"):
        with pytest.raises(InvalidLoss):
            known_loss(wrong)
    with pytest.raises(InvalidProblem):
        known_loss("pick_all_label(x)")
