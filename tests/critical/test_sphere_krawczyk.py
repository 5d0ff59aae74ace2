"""Certified critical points on spheres: the worked example, spurious minima, the closed-form spectrum, refusals."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest
from flint import arb, arb_mat
from numpy.typing import NDArray

from ncproofs.arithmetic.inertia import inertia
from ncproofs.arithmetic.linalg import eigenvalue_enclosures
from ncproofs.calculus.sphere_objective import dense_riemannian_hessian, riemannian_gradient, sphere_value
from ncproofs.critical import sphere_families as families
from ncproofs.critical import sphere_krawczyk
from ncproofs.critical.krawczyk import NotCertified
from ncproofs.critical.random_points import seek
from ncproofs.critical.sphere_krawczyk import CertifiedSpherePoint, certify_sphere_point
from ncproofs.critical.sphere_search import local_minima
from ncproofs.errors import InvalidProblem
from ncproofs.losses import cross_entropy, label_smoothing, mean_squared
from ncproofs.losses.spelling import loss_from_expression
from ncproofs.problems.features import Spheres

Array = NDArray[np.float64]


def spheres(K: int, d: int, n: int, tau: object) -> Spheres:
    return Spheres(cross_entropy(), K, d, n, tau)  # type: ignore[arg-type]


def floats(matrix: arb_mat) -> Array:
    return np.array([[float(entry.mid()) for entry in row] for row in matrix.tolist()])


def circle(*degrees: float) -> Array:
    angles = np.radians(degrees)
    return np.array([np.cos(angles), np.sin(angles)])


def certified(problem: Spheres, W: Array, H: Array, bits: int = 128) -> CertifiedSpherePoint:
    point = certify_sphere_point(problem, W, H, bits)
    assert isinstance(point, CertifiedSpherePoint), point
    return point


WORKED_W = np.zeros((4, 3))
WORKED_W[:2] = [[-.9997612914178295, -.9442072580477429, .8896516453106302],
                [-.0218485739249444, -.3293518693585374, -.4566398471400505]]
WORKED_H = np.zeros((4, 3))
WORKED_H[:2] = [[.9688597022727499, -.8381184477209199, .9893731526169319],
                [-.2476103336130349, -.5454882836412489, -.1453986412619912]]


def test_the_worked_example_is_a_strict_saddle() -> None:
    """K=3, d=4, n=1, tau=1, rank 2: index 6, nullity 5, and the curvature out of the plane."""
    point = certified(spheres(3, 4, 1, 1), WORKED_W, WORKED_H)
    assert (point.rank, point.index, point.nullity, point.orbit_dimension) == (2, 6, 5, 5)
    assert point.radius < Fraction(1, 10**30)
    assert point.value.lower > Fraction("1.07411671233")
    assert point.value.upper < Fraction("1.07411671234")
    assert point.transverse is not None
    assert Fraction("-0.811112963854") < point.transverse.lower <= point.transverse.upper < Fraction("-0.811112963846")
    assert not point.is_strict_local_minimum


def test_the_box_holds_a_point_with_zero_gradient_and_the_dense_hessian_agrees() -> None:
    """Against code that shares nothing with the certificate: gradient and dense Hessian in R^4."""
    problem = spheres(3, 4, 1, 1)
    point = certified(problem, WORKED_W, WORKED_H)
    for part in riemannian_gradient(problem, point.W, point.H, 128):
        assert all(entry.contains(0) and entry.rad() < arb("1e-25") for entry in part.entries())
    assert sphere_value(problem, point.W, point.H, 128).overlaps(point.value.ball())
    values = eigenvalue_enclosures(dense_riemannian_hessian(problem, point.W, point.H, 128), 128)
    assert sum(1 for value in values if value < 0) == 6
    assert sum(1 for value in values if value.contains(0)) == 5
    assert values[0].overlaps(point.smallest.ball())


def test_floats_of_a_rank_that_the_point_does_not_have_are_taken_down() -> None:
    """A saturated loss: the floats are 3e-4 off a line, and Newton's method in balls ends on it."""
    loss = loss_from_expression("sqrt(1 + (log(S1) - t)**2)")
    X = np.array([[1, -1, -1, -1], [0, 0, 0, 3e-4]])
    X /= np.linalg.norm(X, axis=0)
    point = certify_sphere_point(Spheres(loss, 2, 2, 1, 7), X[:, :2], X[:, 2:], 256)
    assert isinstance(point, CertifiedSpherePoint)
    assert (point.rank, point.index, point.nullity) == (1, 2, 1)


def test_inertia_of_the_bordered_system() -> None:
    """The Jacobian has the inertia of the Hessian on the gauge slice and m = M + r(r-1)/2 of either sign."""
    problem = spheres(3, 2, 1, 1)
    system = sphere_krawczyk._system(problem, WORKED_W[:2], WORKED_H[:2], 2)
    with flint.ctx.workprec(128):
        box = sphere_krawczyk._krawczyk(system, 128)
        assert not isinstance(box, NotCertified)
        found = inertia(sphere_krawczyk._equations(system, box, 128)[1], 128)
    point = certified(problem, WORKED_W[:2], WORKED_H[:2])
    m = 6 + 1
    assert found is not None
    assert (found.negative - m, found.zero) == (point.index, 0)


SPURIOUS = {
    "one sample a class, K=3, d=2, tau=10": (
        spheres(3, 2, 1, 10), circle(0, 1.6163269821, 308.1915398799),
        circle(129.8819942045, 90.4934033055, 244.4547333389), "0.461133541335", 1,
    ),
    "MSE, K=d=2, n=2, tau=1": (
        Spheres(mean_squared(), 2, 2, 2, Fraction(1)), circle(0, 180), circle(60, -60, 120, -120), "0.25", 1,
    ),
}


@pytest.mark.parametrize("name", SPURIOUS)
def test_known_spurious_minima(name: str) -> None:
    problem, W, H, value, nullity = SPURIOUS[name]
    point = certified(problem, W, H)
    assert point.is_strict_local_minimum
    assert (point.index, point.nullity, point.excess_nullity) == (0, nullity, 0)
    assert abs(point.value.lower - Fraction(value)) < Fraction(1, 10**11)


def test_spectrum_of_the_spurious_minimum_of_mse() -> None:
    point = certified(*SPURIOUS["MSE, K=d=2, n=2, tau=1"][:3])
    assert point.minimum_positive is not None
    assert abs(point.minimum_positive.lower - Fraction("0.3048")) < Fraction(1, 10**4)


FLIPS = {
    "K=3, n=62": (3, 62, "5/2", "0.117073710852", "0.0003166", (0, 1)),
    "K=4, n=460": (4, 460, "18/5", "0.037165392459", "0.00000401", (0, 3)),
    "K=4, n=450 is a saddle": (4, 450, "18/5", None, None, (2, 3)),
    "K=3, n=50 is a saddle": (3, 50, "5/2", None, None, (2, 1)),
}


@pytest.mark.parametrize("name", FLIPS)
def test_flipped_etf(name: str) -> None:
    """Thousands of equal samples cost two places a class; the certificate is about the full problem."""
    K, n, tau, value, least, expected = FLIPS[name]
    problem = spheres(K, K - 1, n, tau)
    exact = families.flipped_etf(problem, 1, 128)
    point = certified(problem, floats(exact.W), floats(exact.H))
    assert (point.index, point.nullity) == expected
    assert (families.flip_is_minimum(problem, 1, 128).value == "holds") is (point.index == 0)
    assert point.value.ball().overlaps(exact.value)
    if value is not None:
        assert abs(point.value.lower - Fraction(value)) < Fraction(1, 10**12)
        assert point.minimum_positive is not None and least is not None
        assert abs(point.minimum_positive.lower / Fraction(least) - 1) < Fraction(1, 100)


def test_equal_samples_have_the_spectrum_of_the_full_problem() -> None:
    """Weights against the dense Hessian of all samples, out of plane too."""
    problem = spheres(3, 3, 5, "5/2")
    exact = families.flipped_etf(problem, 2, 128)
    point = certified(problem, floats(exact.W), floats(exact.H))
    negative, unsettled = families.dense_inertia(exact, 128)
    assert (point.index, point.nullity) == (negative, unsettled)
    values = eigenvalue_enclosures(dense_riemannian_hessian(problem, exact.W, exact.H, 128), 128)
    assert values[0].overlaps(point.smallest.ball())
    assert point.minimum_positive is not None
    assert next(value for value in values if value > 0).overlaps(point.minimum_positive.ball())


def test_random_critical_points_have_the_index_that_floats_show() -> None:
    problem = spheres(3, 4, 1, 1)
    seen = 0
    for number in range(8):
        found = seek(problem, 3, number, ("squares",))
        X = found.x.reshape(4, 6)
        point = certify_sphere_point(problem, X[:, :3], X[:, 3:])
        if isinstance(point, CertifiedSpherePoint):
            seen += 1
            assert (point.index, point.nullity) == (found.index, found.nullity)
            assert point.excess_nullity == 0
    assert seen >= 4


def test_minima_of_label_smoothing_are_certified_only_where_they_are_isolated() -> None:
    """Below the threshold of tau neural collapse; above it the minimisers form families, and none is certified."""
    problem = Spheres(label_smoothing("1/10"), 3, 3, 1, Fraction(1))
    found = next(local_minima(problem, 4, seed=0))
    assert certified(problem, found.W, found.H).is_strict_local_minimum
    beyond = Spheres(label_smoothing("1/10"), 3, 3, 1, Fraction(3))
    found = next(local_minima(beyond, 4, seed=0))
    assert abs(found.value - 0.291139839) < 1e-8
    assert isinstance(certify_sphere_point(beyond, found.W, found.H), NotCertified)


def test_the_search_is_reproducible() -> None:
    problem = spheres(4, 2, 1, 20)
    first, second = (list(local_minima(problem, 4, seed=1)) for _ in range(2))
    assert [p.value for p in first] == [p.value for p in second]


NOT_CERTIFIED = {
    "no critical point near": (spheres(3, 3, 1, 1), np.eye(3), np.eye(3)[:, [1, 0, 2]] + 0.4, ""),
    "a whole family: W = u 1^T": (spheres(3, 3, 1, 1), np.ones((3, 3)), np.ones((3, 3)), "not separated from 0"),
    "a zero column": (spheres(3, 3, 1, 1), np.zeros((3, 3)), np.eye(3), "zero or not finite"),
    "not finite": (spheres(3, 3, 1, 1), np.eye(3), np.full((3, 3), np.nan), "zero or not finite"),
    "too large": (spheres(50, 49, 1, 1), np.eye(50)[:49] + 0.1, np.eye(50)[:49] + 0.2, "unknowns"),
}


@pytest.mark.parametrize("name", NOT_CERTIFIED)
def test_not_certified_with_a_reason(name: str) -> None:
    problem, W, H, reason = NOT_CERTIFIED[name]
    found = certify_sphere_point(problem, W, H)
    assert isinstance(found, NotCertified) or (name == "no critical point near" and found.radius < Fraction(1, 10**6))
    if reason:
        assert isinstance(found, NotCertified) and reason in found.reason


def test_few_bits_are_not_enough_and_say_so() -> None:
    found = certify_sphere_point(spheres(4, 3, 460, "18/5"), *flips_of_460(), 24)
    assert isinstance(found, NotCertified)


def flips_of_460() -> tuple[Array, Array]:
    exact = families.flipped_etf(spheres(4, 3, 460, "18/5"), 1, 64)
    return floats(exact.W), floats(exact.H)


def test_shapes_are_checked() -> None:
    with pytest.raises(InvalidProblem, match="needs"):
        certify_sphere_point(spheres(3, 3, 2, 1), np.eye(3), np.eye(3))
