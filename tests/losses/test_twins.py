"""A shipped loss in other words is the shipped loss, and nothing else is."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy

from ncproofs.calculus.logit_facts import ignores_shifts, is_convex
from ncproofs.errors import InvalidLoss
from ncproofs.losses import focal, mean_squared
from ncproofs.losses.loss import ELL, K, Loss, S, T, Z
from ncproofs.losses.spelling import loss_from_expression, own_loss
from ncproofs.losses.twins import as_known
from ncproofs.problems.features import Ridge
from ncproofs.truth import Truth

FOCAL = {
    "(1 - exp(t)/S1)**5*(log(S1) - t)": 5, "(1 - exp(t)/S1)**(7/2)*(log(S1) - t)": Fraction(7, 2),
    "(log(S1) - t)*(1 - 2*exp(t)/S1 + exp(2*t)/S1**2)": 2, "(S1 - exp(t))**3/S1**3*log(S1*exp(-t))": 3,
}


@pytest.mark.parametrize(("text", "gamma"), FOCAL.items())
def test_focal_loss_in_other_words(text: str, gamma: Fraction) -> None:
    loss = loss_from_expression(text)
    twin = focal(gamma)
    assert (loss.phi, loss.class_functions, loss.parameters) == (twin.phi, twin.class_functions, twin.parameters)
    assert loss.name == text


@pytest.mark.parametrize(("phi", "functions"), [
    ("(S1 - t**2 + (t - 1)**2)/2", ["z**2"]), ("(S1 + 1)/2 - t", ["z**2"]), ("S1/2 - t + 1/2", ["z**2", "z"])])
def test_squared_error_in_other_words(phi: str, functions: list[str]) -> None:
    loss = loss_from_expression(phi, functions)
    assert loss.phi == mean_squared().phi and loss.class_functions == mean_squared().class_functions


OTHERS = {
    "twice focal": Loss("a", 2 * focal(2).phi, focal(2).class_functions, "a test"),
    "focal and a number": Loss("b", focal(2).phi + 1, focal(2).class_functions, "a test"),
    "focal with a tilt": Loss("c", focal(2).phi + (T - S(2) / K) / 9, (sympy.exp(Z), Z), "a test"),
    "another target": Loss("d", S(1) / 2 - 2 * T + sympy.Rational(1, 2), (Z**2,), "a test"),
    "a jump": Loss("e", mean_squared().phi + sympy.sqrt(T**2 - 2 * T + 1) / (T - 1), (Z**2,), "a test"),
    "a fourth power": Loss("f", S(1) / 2 - T + sympy.Rational(1, 2), (Z**4,), "a test"),
}


def test_the_tilt_of_the_other_loss_is_one() -> None:
    form = OTHERS["focal with a tilt"].softmax_form()
    assert form is not None and form.tilt == Fraction(1, 9)


@pytest.mark.parametrize("loss", OTHERS.values(), ids=OTHERS)
def test_other_losses_stay_what_they_are(loss: Loss) -> None:
    assert as_known(loss) is loss


def test_a_factor_with_K_is_a_number_at_a_problem() -> None:
    loss = loss_from_expression("(log(S1) - t)/K")
    assert loss.softmax_form() is None
    at = Ridge(loss, 4, 3, 1, "1/100", "1/100").loss.softmax_form()
    assert at is not None and at.profile == ELL / 4
    assert is_convex(loss).truth is Truth.HOLDS and ignores_shifts(loss)


@pytest.mark.parametrize("text", ["log(2)*(log(S1) - t)", "(log(S1) - t)/log(2)"])
def test_cross_entropy_in_bits_is_convex(text: str) -> None:
    assert is_convex(loss_from_expression(text)).truth is Truth.HOLDS
    assert is_convex(loss_from_expression(f"-{text}")).truth is not Truth.HOLDS


def test_a_name_that_is_another_expression_is_refused() -> None:
    third = Loss("2*(log(S1) - t)", 3 * (sympy.log(S(1)) - T), (sympy.exp(Z),), "a test")
    with pytest.raises(InvalidLoss, match="another expression"):
        own_loss(third)
    same = Loss("3*(log(S1) - t)", 3 * sympy.log(S(1)) - 3 * T, (sympy.exp(Z),), "a test")
    assert own_loss(same).name == "3*(log(S1) - t)"
    assert own_loss(Loss("mine", third.phi, third.class_functions, "a test")).phi == third.phi


def test_a_name_is_one_printed_line() -> None:
    for name in ("cross_entropy\nholds", "a\x07", "a\u202eb"):
        with pytest.raises(InvalidLoss, match="not printed"):
            Loss(name, T, (Z,), "a test")
