"""The laws accept what is lawful, and each sees its own breach."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from sympy import exp, log

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.floating import FloatArrays
from ncproofs.arithmetic.rational import Rationals
from ncproofs.arithmetic.series import BallSeries
from ncproofs.calculus import logits
from ncproofs.errors import InvalidLoss, InvalidProblem
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


class _Doubled(Oblique):
    def riemannian_gradient(self, point, euclidean_gradient):  # type: ignore[no-untyped-def]
        return euclidean_gradient


class _Flat(Oblique):
    """It claims to be a single point."""

    dimension = 0


class _Larger(Oblique):
    dimension = 700


class _OneColumn(Oblique):
    """A projection that is lawful by itself, but forgets that the first column may move."""

    def projection(self, point, vector):  # type: ignore[no-untyped-def]
        moved = super().projection(point, vector).copy()
        moved[:, 0] = 0
        return moved


class _OneColumnCounted(_OneColumn):
    dimension = 2


class _Skew(Oblique):
    """Along w_k instead of onto its complement: idempotent, not symmetric."""

    def projection(self, point, vector):  # type: ignore[no-untyped-def]
        slanted = point + 0.1 * np.roll(point, 1, axis=0)
        return vector - slanted * (point * vector).sum(axis=0) / (point * slanted).sum(axis=0)


class _Bent(Oblique):
    def projection(self, point, vector):  # type: ignore[no-untyped-def]
        return super().projection(point, vector) * (1 if (vector * vector).sum() < 40 else 2)


class _Astray(Oblique):
    def random_point(self, rng):  # type: ignore[no-untyped-def]
        return 2 * super().random_point(rng)


class _Leaving(Oblique):
    def retraction(self, point, tangent):  # type: ignore[no-untyped-def]
        return point + tangent


class _Slow(Oblique):
    def retraction(self, point, tangent):  # type: ignore[no-untyped-def]
        return super().retraction(point, tangent / 2)


class _Ambient(Oblique):
    def riemannian_hessian(self, point, euclidean_gradient, euclidean_hessian, tangent):  # type: ignore[no-untyped-def]
        return super().riemannian_hessian(point, euclidean_gradient, euclidean_hessian, tangent) + point


class _Turned(Oblique):
    """A Hessian plus a quarter turn of each tangent plane: tangent, not symmetric."""

    def riemannian_hessian(self, point, euclidean_gradient, euclidean_hessian, tangent):  # type: ignore[no-untyped-def]
        right = super().riemannian_hessian(point, euclidean_gradient, euclidean_hessian, tangent)
        return right + np.cross(point, tangent, axis=0)


BROKEN_MANIFOLDS = {
    "second derivative along the retraction": _NoWeingarten(3, 2),
    "of second order": _FirstOrder(3, 2),
    "idempotent": _Oblique(3, 2),
    "the projection is symmetric": _Skew(3, 2),
    "the projection is linear": _Bent(3, 2),
    "random points lie": _Astray(3, 2),
    "retracted points lie": _Leaving(3, 2),
    "moves along the tangent vector": _Slow(3, 2),
    "Hessian is tangent": _Ambient(3, 2),
    "Riemannian Hessian is symmetric": _Turned(3, 2),
    "Riemannian gradient is the projected gradient": _Doubled(3, 2),
    r"dimension is the rank of the projection \(0 and 4\)": _Flat(3, 2),
    r"dimension is the rank of the projection \(700 and 4\)": _Larger(3, 2),
    r"dimension is the rank of the projection \(4 and 2\)": _OneColumn(3, 2),
    r"removes leaves the manifold \(4 removed, 2 leave\)": _OneColumnCounted(3, 2),
    r"dimension is the rank of the projection \(706 and 8\)": Product(Product(_Larger(2, 2), Euclidean(3)),
                                                                         Euclidean(3)),
}


@pytest.mark.parametrize("law", BROKEN_MANIFOLDS)
def test_a_wrong_manifold_is_unlawful(law: str) -> None:
    with pytest.raises(Unlawful, match=law):
        check_manifold(BROKEN_MANIFOLDS[law])


BROKEN_LOSSES: dict[str, tuple[type, Any]] = {
    "relabelling": (Ball, lambda value, z: value + z[0]),
    "balls and doubles": (FloatArrays, lambda value, z: value + 1),
}


@pytest.mark.parametrize("law", BROKEN_LOSSES)
def test_a_loss_whose_value_is_wrong_is_unlawful(law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right, (broken, change) = logits.value_at, BROKEN_LOSSES[law]

    def value_at(loss: Loss, z: Any, target: Any, do: Any) -> Any:
        value = right(loss, z, target, do)
        return change(value, z) if type(do) is broken else value

    monkeypatch.setattr(logits, "value_at", value_at)
    with pytest.raises(Unlawful, match=law):
        check_loss(loss_from_expression("log(S1) - t"))


def test_a_wrong_softmax_form_is_unlawful(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Loss.softmax_form
    monkeypatch.setattr(Loss, "softmax_form", lambda loss: replace(right(loss), tilt=Fraction(1, 3)))
    with pytest.raises(Unlawful, match="the softmax form is the loss"):
        check_loss(loss_from_expression("log(S1) - t"))


def test_what_is_none_of_these_is_refused_in_a_sentence() -> None:
    with pytest.raises(InvalidLoss, match=r"'cross_entropy' is no Loss; write for example check_loss\("):
        check_loss("cross_entropy")  # type: ignore[arg-type]
    with pytest.raises(InvalidProblem, match=r"3 is no Manifold; write for example check_manifold\("):
        check_manifold(3)  # type: ignore[arg-type]
    with pytest.raises(InvalidProblem, match=r"3 has no method constant; write for example check_arithmetic\("):
        check_arithmetic(3, _in_ball)


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
