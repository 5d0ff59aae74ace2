"""Derivative checks: right ones pass on every manifold, wrong ones are seen, and the record says what was seen."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ncproofs.derivative_check import check_gradient, check_hessian
from ncproofs.errors import InvalidProblem, MissingDependency
from ncproofs.manifold import Euclidean, Manifold, Oblique, Product, Sphere
from ncproofs.truth import Rigor, Truth

MANIFOLDS = {
    "Euclidean": Euclidean(3, 2),
    "Sphere": Sphere(4),
    "Oblique": Oblique(3, 4),
    "Product": Product(Oblique(3, 2), Euclidean(3)),
}

Function = Callable[..., Any]


def example(manifold: Manifold) -> tuple[Function, Function, Function]:
    """f(X) = exp <A, X> + sum X^3 with its Euclidean gradient and Hessian."""
    A = parts(manifold.random_ambient(np.random.default_rng(5)))

    def f(X: Any) -> float:
        inner = sum((a * x).sum() for a, x in zip(A, parts(X), strict=True))
        return float(np.exp(inner) + sum((x**3).sum() for x in parts(X)))

    def gradient(X: Any) -> Any:
        e = np.exp(sum((a * x).sum() for a, x in zip(A, parts(X), strict=True)))
        return joined(manifold, [e * a + 3 * x**2 for a, x in zip(A, parts(X), strict=True)])

    def hessian(X: Any, U: Any) -> Any:
        e = np.exp(sum((a * x).sum() for a, x in zip(A, parts(X), strict=True)))
        e = e * sum((a * u).sum() for a, u in zip(A, parts(U), strict=True))
        return joined(manifold, [e * a + 6 * x * u for a, x, u in zip(A, parts(X), parts(U), strict=True)])

    return f, gradient, hessian


def parts(X: Any) -> tuple[Any, ...]:
    return X if isinstance(X, tuple) else (X,)


def joined(manifold: Manifold, arrays: list[Any]) -> Any:
    return tuple(arrays) if isinstance(manifold, Product) else arrays[0]


@pytest.mark.parametrize("name", MANIFOLDS)
def test_right_derivatives_pass_everywhere(name: str) -> None:
    manifold = MANIFOLDS[name]
    f, gradient, hessian = example(manifold)
    for seed in range(12):
        first = check_gradient(manifold, f, gradient, rng=seed)
        second = check_hessian(manifold, f, gradient, hessian, rng=seed)
        assert (first.truth, second.truth) == (Truth.HOLDS, Truth.HOLDS), (first.sentence, second.sentence)
        assert first.rigor is Rigor.SAMPLED
        assert first.slope is not None and abs(first.slope - 2) < 0.4
        assert second.slope is not None and abs(second.slope - 3) < 0.7
        assert second.symmetry is not None and second.symmetry < 1e-12


@pytest.mark.parametrize("name", MANIFOLDS)
@pytest.mark.parametrize("size", [1.0, 1e-3])
def test_wrong_derivatives_are_seen(name: str, size: float) -> None:
    manifold = MANIFOLDS[name]
    f, gradient, hessian = example(manifold)

    def wrong_gradient(X: Any) -> Any:
        return joined(manifold, [x + size * np.cos(np.arange(x.size)).reshape(x.shape) for x in parts(gradient(X))])

    def wrong_hessian(X: Any, U: Any) -> Any:
        return joined(manifold, [x + size * u for x, u in zip(parts(hessian(X, U)), parts(U), strict=True)])

    for seed in range(4):
        first = check_gradient(manifold, f, wrong_gradient, rng=seed)
        assert first.truth is Truth.FAILS, first.sentence
        assert first.slope is not None and first.slope < 1.7
        assert first.rigor is Rigor.ESTIMATED
        second = check_hessian(manifold, f, gradient, wrong_hessian, rng=seed)
        assert second.truth is Truth.FAILS, second.sentence


def test_a_hessian_that_is_not_symmetric_is_seen_although_its_form_is_right() -> None:
    manifold = Oblique(3, 3)
    f, gradient, hessian = example(manifold)

    def skewed(X: Any, U: Any) -> Any:
        # Adds A U with A antisymmetric: <U, AU> = 0, so the Taylor slope sees nothing.
        return hessian(X, U) + np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 0]]) @ U

    found = check_hessian(manifold, f, gradient, skewed)
    assert found.slope is not None and found.slope > 2.9
    assert found.truth is Truth.FAILS
    assert "not symmetric" in found.sentence


def test_a_forgotten_curvature_term_is_seen() -> None:
    """On the sphere the second derivative in the ambient space is not the Hessian."""

    class Flat(Sphere):
        def riemannian_hessian(self, point: Any, euclidean_gradient: Any, euclidean_hessian: Any, tangent: Any) -> Any:
            return self.projection(point, euclidean_hessian)

    f, gradient, hessian = example(Sphere(4))
    assert check_hessian(Flat(4), f, gradient, hessian).truth is Truth.FAILS


def test_exact_models_are_recognised() -> None:
    manifold = Euclidean(5)
    c = np.arange(5.0)
    linear = check_gradient(manifold, lambda X: float(c @ X), lambda X: c)
    assert linear.is_exact and linear.truth is Truth.HOLDS and linear.slope is None
    quadratic = check_hessian(manifold, lambda X: float(X @ X + c @ X), lambda X: 2 * X + c, lambda X, U: 2 * U)
    assert quadratic.is_exact and quadratic.truth is Truth.HOLDS
    assert "exact up to rounding" in quadratic.sentence
    assert not check_gradient(manifold, lambda X: float(X @ X), lambda X: 2 * X).is_exact


def test_an_undecided_check_says_so() -> None:
    """Curvature 4e-11: the remainder is above rounding, but on too few steps for a fit."""
    found = check_gradient(Euclidean(2), lambda X: float(1 + 2e-11 * (X @ X)), lambda X: 4e-11 * X)
    assert found.truth is Truth.UNDECIDED, found.sentence
    assert "too few" in found.sentence


@pytest.mark.parametrize("seed", range(3))
def test_the_point_and_the_direction_can_be_given(seed: int) -> None:
    manifold = Oblique(4, 2)
    rng = np.random.default_rng(seed)
    point = manifold.random_point(rng)
    tangent = 7 * manifold.random_tangent(point, rng)
    f, gradient, hessian = example(manifold)
    found = check_hessian(manifold, f, gradient, hessian, point=point, tangent=tangent)
    assert found.truth is Truth.HOLDS, found.sentence
    assert found == check_hessian(manifold, f, gradient, hessian, point=point, tangent=tangent)


REFUSED = {
    "off the manifold": ({"point": np.ones((3, 2))}, "off the manifold"),
    "not tangent": ({"point": np.eye(3)[:, :2], "tangent": np.ones((3, 2))}, "normal part"),
    "zero vector": ({"point": np.eye(3)[:, :2], "tangent": np.zeros((3, 2))}, "length 0"),
    "wrong shape": ({"point": np.eye(3)}, "shape"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_wrong_input_is_refused(case: str) -> None:
    arguments, message = REFUSED[case]
    with pytest.raises(InvalidProblem, match=message):
        check_gradient(Oblique(3, 2), lambda X: float(X.sum()), np.ones_like, **arguments)


def test_values_that_are_not_finite_are_refused() -> None:
    with pytest.raises(InvalidProblem, match="not finite"):
        check_gradient(Euclidean(2), lambda X: float("nan"), np.zeros_like)


def test_the_record_is_frozen() -> None:
    found = check_gradient(Euclidean(2), lambda X: float(X @ X), lambda X: 2 * X)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.truth = Truth.FAILS  # type: ignore[misc]


def test_the_plot_needs_matplotlib_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    found = check_gradient(Euclidean(2), lambda X: float(X @ X), lambda X: 2 * X)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingDependency, match=r"pip install 'ncproofs\[plot\]'"):
        found.plot()


def test_the_plot_is_written(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    found = check_gradient(Euclidean(2), lambda X: float(np.exp(X.sum())), lambda X: np.exp(X.sum()) * np.ones(2))
    found.plot(str(tmp_path / "slope.png"))
    assert (tmp_path / "slope.png").stat().st_size > 1000


BAD_INPUT = {
    "a list for a tangent vector": dict(tangent=[[0.0], [1.0], [0.0]]),
    "a tangent vector with nan": dict(tangent=np.full((3, 1), np.nan)),
    "a function with several values": dict(f=lambda X: X[:, 0]),
    "no manifold": dict(manifold="sphere"),
}


@pytest.mark.parametrize("change", BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_is_one_sentence(change):
    given = dict(manifold=Sphere(3), f=lambda X: X[0, 0], point=np.array([[1.0], [0.0], [0.0]])) | change
    manifold, f = given.pop("manifold"), given.pop("f")
    with pytest.raises(InvalidProblem, match=r"needed|needs|write"):
        check_gradient(manifold, f, lambda X: np.array([[1.0], [0.0], [0.0]]), **given)


def test_a_product_needs_a_tuple():
    with pytest.raises(InvalidProblem, match="one array given"):
        Product(Sphere(3), Sphere(3)).projection(np.ones((3, 4)), np.ones((3, 4)))
