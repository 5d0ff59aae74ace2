"""A derivative that vanishes where it is defined says nothing across a point where it is not."""

from __future__ import annotations

import pytest
import sympy

from ncproofs.calculus.logit_facts import ignores_shifts, is_convex, is_shift_invariant
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import ELL, Loss, T, Z
from ncproofs.losses.singularities import is_positive_as_written, is_regular
from ncproofs.losses.spelling import loss_from_expression
from ncproofs.report.loss_text import facts_of
from ncproofs.truth import Truth

X = sympy.Symbol("x", real=True)
JUMP = sympy.sqrt(T**2 - 2 * T + 1) / (T - 1)  # the sign of t - 1

REGULAR = {
    "a polynomial": (X**3 - X, True),
    "an exponential": (sympy.exp(-X) / sympy.exp(2 * X + 1), True),
    "the logarithm of a sum of exponentials": (sympy.log(1 + sympy.exp(X) + sympy.exp(ELL)), True),
    "an exponential times what stays": (sympy.log(sympy.exp(ELL + X) - sympy.exp(X)), True),
    "a root of it": (sympy.sqrt(sympy.exp(ELL + X) - sympy.exp(X)), True),
    "a square and one": (1 / (X**2 + 1), True),
    "singular in what stays": (X / (ELL - 1), True),
    "a pole": (1 / (X - 1), False),
    "the root of a square": (sympy.sqrt(X**2 - 2 * X + 1), False),
    "its logarithm": (sympy.log((X - 1) ** 2), False),
    "two exponentials": (1 / (sympy.exp(X) - sympy.exp(2 * X)), False),
    "an exponent that moves": ((sympy.exp(ELL) - 1) ** X, False),
    "another function": (sympy.Abs(X), False),
}


@pytest.mark.parametrize(("expression", "regular"), REGULAR.values(), ids=REGULAR)
def test_regular(expression: sympy.Expr, *, regular: bool) -> None:
    assert is_regular(expression, (X,)) == regular


def test_regular_on_a_smaller_set() -> None:
    assert not is_regular(sympy.log(X), (X,))
    assert is_regular(sympy.log(X), (X,), lambda base: base == X)
    assert is_regular(1 / -X, (X,), lambda base: base == X)


def test_positive_as_written() -> None:
    for value in (sympy.exp(X), 1 + X**2, sympy.exp(X) * (2 + sympy.exp(Z)), sympy.sqrt(1 + X**4)):
        assert is_positive_as_written(value)
    for value in (X, X**2, 1 + X, 1 - sympy.exp(X), sympy.Integer(0), sympy.log(X), X**2 * sympy.exp(X)):
        assert not is_positive_as_written(value)


@pytest.mark.parametrize("text", [
    "log(S1) - t + sqrt(t**2 - 2*t + 1)/(t - 1)", "log(S1) - t + (t**2 - 2*t + 1)**(3/2)/(t - 1)**3",
    "log(S1) - t + exp(log(t**2 - 2*t + 1)/2)/(t - 1)",
])
def test_a_loss_that_jumps_is_not_taken_for_cross_entropy(text: str) -> None:
    loss = loss_from_expression(text)
    assert loss.softmax_form() is None and not ignores_shifts(loss)
    assert is_convex(loss).truth is not Truth.HOLDS and is_shift_invariant(loss).truth is not Truth.HOLDS
    assert all(fact.truth is not Truth.HOLDS for fact in facts_of(loss))


def test_a_jump_beside_a_constant_hessian() -> None:
    t = Loss(name="jump", phi=T**2 / 2 + JUMP, class_functions=(), source="a test")
    assert is_convex(t).truth is not Truth.HOLDS
    assert is_convex(Loss(name="square", phi=T**2 / 2, class_functions=(), source="a test")).truth is Truth.HOLDS


def test_a_constant_hessian_on_half_of_the_line() -> None:
    half = T**2 / 2 + sympy.log(3 * T) - sympy.log(T)  # real for t > 0 only, with phi'' = 1
    assert sympy.diff(half, T, 2) == 1
    assert is_convex(Loss(name="half", phi=half, class_functions=(), source="a test")).truth is not Truth.HOLDS


def test_a_profile_that_is_real_on_one_side_only() -> None:
    inside = "S1/exp(t) - 3"
    loss = loss_from_expression(f"log(S1) - t + log(({inside})**2) - 2*log({inside})")
    assert is_convex(loss).truth is not Truth.HOLDS


@pytest.mark.parametrize("loss", [cross_entropy(), label_smoothing("1/10"), focal("1/2"), focal(2), mean_squared(),
                                  loss_from_expression("log(S1 - exp(t)) - t"),
                                  loss_from_expression("log(S1) - t + 1 - exp(t)/S1")], ids=str)
def test_losses_without_jumps_keep_their_shifts(loss: Loss) -> None:
    assert ignores_shifts(loss) == (loss.name != "mean_squared")


def _read(text: str) -> Loss:
    phi, *functions = text.split(";")
    return loss_from_expression(phi, functions) if functions else loss_from_expression(phi)


@pytest.mark.parametrize("text", ["log(1 + S1*exp(-t))", "log(S1) - t + 1/(1 + exp(-t)*S1)", "log(S1 - exp(t)) - t",
                                  "S1 - t; log(1 + exp(z))", "S1/2 - t; z**2"])
def test_convexity_is_told_also_without_a_closed_form(text: str) -> None:
    told = {fact.property: fact.truth for fact in facts_of(_read(text))}
    assert told["convex in the logits"] is Truth.HOLDS
