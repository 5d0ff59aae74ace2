"""Manifolds: geometry in floats, exact numbers and balls, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
import sympy
from flint import arb

from ncproofs.arithmetic.series import BallSeries
from ncproofs.calculus.sphere_objective import sphere_objective
from ncproofs.errors import InvalidProblem
from ncproofs.losses import cross_entropy
from ncproofs.manifold import Euclidean, Manifold, Oblique, Product, Sphere
from ncproofs.problems.features import Spheres

MANIFOLDS = {
    "Euclidean": (Euclidean(3, 2), 6),
    "Sphere": (Sphere(4), 3),
    "Oblique": (Oblique(3, 4), 8),
    "Product": (Product(Oblique(3, 2), Euclidean(3), Sphere(2)), 8),
}


@pytest.mark.parametrize("name", MANIFOLDS)
def test_geometry(name: str) -> None:
    manifold, dimension = MANIFOLDS[name]
    assert manifold.dimension == dimension
    rng = np.random.default_rng(0)
    point, ambient = manifold.random_point(rng), manifold.random_ambient(rng)
    assert manifold.defect(point) < 1e-12
    tangent = manifold.projection(point, ambient)
    again = manifold.projection(point, tangent)
    assert length(manifold, manifold.combination(1, tangent, -1, again)) < 1e-12
    # An orthogonal projection: what is taken away is orthogonal to what stays.
    removed = manifold.combination(1, ambient, -1, tangent)
    assert abs(manifold.inner_product(removed, tangent)) < 1e-12
    unit = manifold.random_tangent(point, rng)
    assert abs(length(manifold, unit) - 1) < 1e-12
    moved = manifold.retraction(point, manifold.combination(1e-4, unit, 0, unit))
    assert manifold.defect(moved) < 1e-12
    # R(tU) = X + tU + t^2/2 (normal) + O(t^3)
    step = manifold.combination(1, moved, -1, manifold.combination(1, point, 1e-4, unit))
    assert length(manifold, manifold.projection(point, step)) < 1e-11


def length(manifold: Manifold, vector: Any) -> float:
    return float(manifold.inner_product(vector, vector)) ** 0.5


def rational_sphere_point(columns: list[list[int]]) -> Any:
    """Unit columns (2x, |x|^2 - 1)/(|x|^2 + 1) with rational entries."""
    out = []
    for x in columns:
        square = sum(e * e for e in x)
        out.append([sympy.Rational(2 * e, square + 1) for e in x] + [sympy.Rational(square - 1, square + 1)])
    return np.array(out, object).T


def test_the_hessian_is_the_second_derivative_along_the_retraction_exactly() -> None:
    manifold = Oblique(3, 2)
    point = rational_sphere_point([[1, 2], [3, -1]])
    assert manifold.defect(point) == 0
    U = manifold.projection(point, np.array([[1, 2], [0, 1], [3, -1]], object) * sympy.Integer(1))
    C = np.array([[1, -2], [2, 0], [1, 5]], object) * sympy.Integer(1)
    t = sympy.Symbol("t")

    def f(X: Any) -> Any:
        return (C * X).sum() ** 2 + (X**3).sum()

    def second(X: Any, V: Any) -> Any:
        return 2 * C * (C * V).sum() + 6 * X * V

    gradient = 2 * C * (C * point).sum() + 3 * point**2
    curve = f(manifold.retraction(point, U * t))
    assert sympy.nsimplify(sympy.diff(curve, t).subs(t, 0) - manifold.inner_product(gradient, U)) == 0
    hessian = manifold.riemannian_hessian(point, gradient, second(point, U), U)
    form = manifold.inner_product(U, hessian)
    found = sympy.diff(curve, t, 2).subs(t, 0)
    assert found.is_Rational and found == form
    # The Weingarten term matters: without it the two differ.
    assert found != manifold.inner_product(U, manifold.projection(point, second(point, U)))
    assert all((point * hessian).sum(axis=0) == 0)


def test_the_hessian_is_the_second_derivative_of_the_loss_in_balls() -> None:
    """Cross-entropy on a product of spheres, derivatives by hand, against power series of the bare objective."""
    problem, bits = Spheres(cross_entropy(), 3, 3, 1, "7/5"), 192
    manifold = Product(Oblique(3, 3), Oblique(3, 3))
    with flint.ctx.workprec(bits):
        point = tuple(
            balls(rational_sphere_point(columns))
            for columns in ([[1, 2], [3, -1], [0, 2]], [[2, 2], [-3, 1], [1, 1]])
        )
        raw = tuple(np.array([[arb((7 * i + 3 * j + s) % 5 - 2) for j in range(3)] for i in range(3)], object)
                    for s in (0, 1))
        tangent = manifold.projection(point, raw)
        gradient, along = cross_entropy_by_hand(point, tangent, arb(7) / 5)
        form = manifold.inner_product(tangent, manifold.riemannian_hessian(point, gradient, along, tangent))
        slope = manifold.inner_product(manifold.riemannian_gradient(point, gradient), tangent)
        series = BallSeries(bits, 2)
        rows = [[[series.line(x, v) for x, v in zip(*pair, strict=True)] for pair in zip(X, U, strict=True)]
                for X, U in zip(point, tangent, strict=True)]
        value = sphere_objective(problem, rows[0], rows[1], series)
        first, second = series.derivative(value, 1) - slope, series.derivative(value, 2) - form
        for difference in (first, second):
            assert difference.contains(0)
            assert difference.rad() < arb("1e-40")
        assert not form.contains(0)


def balls(exact: Any) -> Any:
    return np.array([[arb(int(x.p)) / int(x.q) for x in row] for row in exact], object)


def cross_entropy_by_hand(point: Any, tangent: Any, tau: arb) -> tuple[Any, Any]:
    (W, H), (dW, dH) = point, tangent
    Z, dZ = tau * W.T.dot(H), tau * (dW.T.dot(H) + W.T.dot(dH))
    E = np.array([[z.exp() for z in row] for row in Z], object)
    P = E / E.sum(axis=0)
    G = (P - np.array([[arb(int(i == j)) for j in range(3)] for i in range(3)], object)) / 3
    dG = P * (dZ - (P * dZ).sum(axis=0)) / 3
    gradient = tau * H.dot(G.T), tau * W.dot(G)
    return gradient, (tau * (dH.dot(G.T) + H.dot(dG.T)), tau * (dW.dot(G) + W.dot(dG)))


def test_fractions_stay_exact() -> None:
    moved = Oblique(2, 1).retraction(np.array([[Fraction(3, 5)], [Fraction(4, 5)]], object),
                                     np.array([[Fraction(-4, 5)], [Fraction(3, 5)]], object))
    assert moved[0, 0] == -sympy.sqrt(2) / 10
    assert not moved[0, 0].has(sympy.Float)


def test_float_objects_have_no_root() -> None:
    with pytest.raises(InvalidProblem, match="square root of float"):
        Oblique(2, 1).retraction(np.array([[1.0], [0.0]], object), np.array([[0.0], [1.0]], object))


REFUSED = {
    "no shape": (lambda: Euclidean(), "nothing"),
    "a negative size": (lambda: Euclidean(3, -1), "3, -1"),
    "zero columns": (lambda: Oblique(3, 0), "3, 0"),
    "no factors": (lambda: Product(), "no manifolds"),
    "another shape": (lambda: Oblique(3, 2).projection(np.eye(3), np.eye(3)), "shape"),
    "a factor missing": (lambda: Product(Sphere(3), Sphere(3)).defect((np.eye(3)[:, :1],)), "1 arrays"),
    "no tangent vectors": (lambda: Oblique(1, 2).random_tangent(np.ones((1, 2)), np.random.default_rng(0)),
                           "dimension 0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    action, message = REFUSED[case]
    with pytest.raises(InvalidProblem, match=message):
        action()


def test_values_compare() -> None:
    assert Oblique(3, 1) != Sphere(3)
    assert Product(Sphere(3)) == Product(Sphere(3))
    assert hash(Euclidean(2)) == hash(Euclidean(2))
