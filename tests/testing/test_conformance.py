"""The laws accept what is lawful, and each sees its own breach."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import pytest
from flint import arb, ctx
from hypothesis import given, settings
from sympy import exp, log

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.floating import FloatArrays
from ncproofs.arithmetic.rational import Rationals
from ncproofs.arithmetic.series import BallSeries
from ncproofs.calculus import logits
from ncproofs.losses.loss import Loss, S, T, Z
from ncproofs.losses.spelling import loss_from_expression
from ncproofs.manifold import Euclidean, Oblique, Product, Sphere
from ncproofs.testing import strategies
from ncproofs.testing.conformance import Unlawful, check_arithmetic, check_loss, check_manifold


@given(strategies.losses())
@settings(max_examples=10)
def test_every_loss_of_the_package_is_lawful(loss: Loss) -> None:
    check_loss(loss, examples=5)


@pytest.mark.parametrize("text", ["log(S1) - t + 1 - exp(t)/S1", "S1 * t + t**3 / K", "exp(t - 1/2 * log(S1))"])
def test_losses_of_a_user_are_lawful(text: str) -> None:
    check_loss(loss_from_expression(text))


BROKEN_EXPANSIONS = {
    "gradient is the first coefficient": lambda e: replace(e, gradient=tuple(-g for g in e.gradient)),
    "Hessian form is twice": lambda e: replace(e, diagonal=tuple(2 * x + 1 for x in e.diagonal)),
    "Hessian is symmetric": lambda e: replace(
        e, core=tuple(tuple(x + (i > j) - (i < j) for j, x in enumerate(row)) for i, row in enumerate(e.core))),
}


@pytest.mark.parametrize("law", BROKEN_EXPANSIONS)
def test_a_wrong_derivative_is_unlawful(law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = logits.expand
    monkeypatch.setattr(logits, "expand", lambda *given: BROKEN_EXPANSIONS[law](right(*given)))
    with pytest.raises(Unlawful, match=law):
        check_loss(loss_from_expression("log(S1) - t"))


def test_a_loss_that_is_nowhere_defined_is_unlawful() -> None:
    with pytest.raises(Unlawful, match="defined at none"):
        check_loss(Loss("nowhere", log(-S(1)) + T, (exp(Z),), "a test"))


MANIFOLDS = [Euclidean(3, 2), Sphere(4), Oblique(3, 4), Product(Oblique(3, 2), Euclidean(3)), Oblique(1, 3)]


@pytest.mark.parametrize("manifold", MANIFOLDS, ids=str)
def test_manifolds_are_lawful(manifold: Any) -> None:
    check_manifold(manifold)


class _NoWeingarten(Oblique):
    def riemannian_hessian(self, point, euclidean_gradient, euclidean_hessian, tangent):  # type: ignore[no-untyped-def]
        return self.projection(point, euclidean_hessian)


class _FirstOrder(Oblique):
    def retraction(self, point, tangent):  # type: ignore[no-untyped-def]
        size = float((tangent * tangent).sum())
        return super().retraction(point, tangent * (1 + size**0.5))


class _Oblique(Oblique):
    def projection(self, point, vector):  # type: ignore[no-untyped-def]
        return vector - point * (point * vector).sum(axis=0) / 2


BROKEN_MANIFOLDS = {
    "second derivative along the retraction": _NoWeingarten(3, 2),
    "of second order": _FirstOrder(3, 2),
    "idempotent": _Oblique(3, 2),
}


@pytest.mark.parametrize("law", BROKEN_MANIFOLDS)
def test_a_wrong_manifold_is_unlawful(law: str) -> None:
    with pytest.raises(Unlawful, match=law):
        check_manifold(BROKEN_MANIFOLDS[law])


def _in_ball(value: arb, exact: Fraction) -> bool:
    with ctx.workprec(400):  # the product is exact, so nothing is lost
        return bool((value * exact.denominator).contains(exact.numerator))


ARITHMETICS = {
    "balls": (Ball(80), _in_ball),
    "rationals": (Rationals(), lambda value, exact: value == exact),
    "doubles": (FloatArrays(), lambda value, exact: abs(value - float(exact)) < 1e-8 * (1 + abs(float(exact)))),
    "ball series": (BallSeries(80, 2), lambda value, exact: _in_ball(value[0], exact)),
}


@pytest.mark.parametrize("name", ARITHMETICS)
def test_arithmetics_are_lawful(name: str) -> None:
    check_arithmetic(*ARITHMETICS[name])


@dataclass(frozen=True)
class _Truncating(Ball):
    """A ball arithmetic that forgets the radius of a quotient."""

    def divide(self, left: arb, right: arb) -> arb:
        return super().divide(left, right).mid()


def test_a_forgotten_radius_is_unlawful() -> None:
    with pytest.raises(Unlawful, match="divide"):
        check_arithmetic(_Truncating(20), _in_ball)
