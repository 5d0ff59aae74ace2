r"""Euclidean space, spheres, oblique manifolds and their products, as embedded submanifolds with the trace metric.

Points and tangent vectors are arrays: float64 arrays, or object arrays of fractions, SymPy expressions or balls.
One formula serves all of them. With ``X`` on the manifold, ``P_X`` the projection to the tangent space and
``egrad``, ``ehess`` the Euclidean gradient and its derivative along ``U``,

    grad f = P_X(egrad),    Hess f[U] = P_X(ehess) - U <X, egrad>      (column by column, unit columns).

A retraction that agrees with the exponential map to second order makes ``f(R_X(tU))`` have the second derivative
``<U, Hess f[U]>`` at t = 0; normalising the columns is one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ncproofs.errors import InvalidProblem

__all__ = ["Euclidean", "Manifold", "Oblique", "Product", "Sphere"]

Array = Any  # float or object ndarray; a tuple of them on a product


class Manifold(ABC):
    """A submanifold of Euclidean space with the inherited metric."""

    @property
    @abstractmethod
    def dimension(self) -> int:
        """The dimension as a manifold."""

    @abstractmethod
    def projection(self, point: Array, vector: Array) -> Array:
        """The orthogonal projection of ``vector`` to the tangent space at ``point``."""

    @abstractmethod
    def riemannian_hessian(self, point: Array, euclidean_gradient: Array, euclidean_hessian: Array,
                           tangent: Array) -> Array:
        """Hess f[tangent], from the Euclidean gradient and its derivative along ``tangent``."""

    @abstractmethod
    def retraction(self, point: Array, tangent: Array) -> Array:
        """A second-order retraction of ``tangent`` at ``point``."""

    @abstractmethod
    def defect(self, point: Array) -> Array:
        """The sum of |violation| over all constraints: zero exactly on the manifold."""

    @abstractmethod
    def inner_product(self, left: Array, right: Array) -> Any:
        """The trace inner product."""

    @abstractmethod
    def combination(self, a: Any, left: Array, b: Any, right: Array) -> Array:
        """``a left + b right`` of ambient vectors."""

    @abstractmethod
    def random_point(self, rng: Any) -> Array:
        """A point drawn uniformly (normally on Euclidean space) with numpy's generator ``rng``."""

    @abstractmethod
    def random_ambient(self, rng: Any) -> Array:
        """A standard normal ambient vector."""

    def riemannian_gradient(self, point: Array, euclidean_gradient: Array) -> Array:
        """The projected gradient."""
        return self.projection(point, euclidean_gradient)

    def random_tangent(self, point: Array, rng: Any) -> Array:
        """A tangent vector of unit length, in floats."""
        for _ in range(8):
            ambient = self.random_ambient(rng)
            vector = self.projection(point, ambient)
            length = self.inner_product(vector, vector) ** 0.5
            # An ambient vector that is almost normal leaves only rounding behind.
            if length > 1e-3 * self.inner_product(ambient, ambient) ** 0.5:
                return self.combination(1 / length, vector, 0, vector)
        raise InvalidProblem(f"{self} has dimension {self.dimension}; there is no tangent vector")


def _shape(sizes: Sequence[int], what: str, minimum: int = 1) -> tuple[int, ...]:
    if not sizes or any(not isinstance(size, int) or isinstance(size, bool) or size < minimum for size in sizes):
        given = ", ".join(map(str, sizes)) or "nothing"
        raise InvalidProblem(f"{what} of sizes {given}; whole numbers >= {minimum} are needed")
    return tuple(sizes)


class _Arrays(Manifold):
    """What manifolds of single arrays share."""

    shape: tuple[int, ...]

    def inner_product(self, left: Array, right: Array) -> Any:
        return (left * right).sum()

    def combination(self, a: Any, left: Array, b: Any, right: Array) -> Array:
        return a * left + b * right

    def random_ambient(self, rng: Any) -> Array:
        return rng.standard_normal(self.shape)

    def _checked(self, point: Array) -> Array:
        if getattr(point, "shape", None) != self.shape:
            raise InvalidProblem(f"an array of shape {getattr(point, 'shape', None)} given; {self} needs {self.shape}")
        return point


@dataclass(frozen=True)
class Euclidean(_Arrays):
    """Arrays of the given shape, with no constraint."""

    shape: tuple[int, ...]

    def __init__(self, *shape: int) -> None:
        object.__setattr__(self, "shape", _shape(shape, "Euclidean space"))

    @property
    def dimension(self) -> int:
        total = 1
        for size in self.shape:
            total *= size
        return total

    def projection(self, point: Array, vector: Array) -> Array:
        return self._checked(vector)

    def riemannian_hessian(self, point: Array, euclidean_gradient: Array, euclidean_hessian: Array,
                           tangent: Array) -> Array:
        return euclidean_hessian

    def retraction(self, point: Array, tangent: Array) -> Array:
        return self._checked(point) + tangent

    def defect(self, point: Array) -> Array:
        self._checked(point)
        return 0

    def random_point(self, rng: Any) -> Array:
        return self.random_ambient(rng)


@dataclass(frozen=True)
class Oblique(_Arrays):
    """Matrices of shape (d, K) whose K columns are unit vectors: a product of K spheres."""

    d: int
    K: int

    def __post_init__(self) -> None:
        _shape((self.d, self.K), "an oblique manifold")

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        return (self.d, self.K)

    @property
    def dimension(self) -> int:
        return (self.d - 1) * self.K

    def projection(self, point: Array, vector: Array) -> Array:
        return self._checked(vector) - self._checked(point) * (point * vector).sum(axis=0)

    def riemannian_hessian(self, point: Array, euclidean_gradient: Array, euclidean_hessian: Array,
                           tangent: Array) -> Array:
        # The Weingarten map of a sphere: the normal part of the gradient bends along the tangent vector.
        return self.projection(point, euclidean_hessian) - tangent * (point * euclidean_gradient).sum(axis=0)

    def retraction(self, point: Array, tangent: Array) -> Array:
        moved = self._checked(point) + tangent
        return moved / _root((moved * moved).sum(axis=0))

    def defect(self, point: Array) -> Array:
        # A sum, not a maximum: balls and symbolic numbers need not be comparable.
        return sum(abs(excess) for excess in (self._checked(point) * point).sum(axis=0) - 1)

    def random_point(self, rng: Any) -> Array:
        ambient = self.random_ambient(rng)
        return ambient / _root((ambient * ambient).sum(axis=0))


class Sphere(Oblique):
    """Unit vectors of R^d, as arrays of shape (d, 1)."""

    def __init__(self, d: int) -> None:
        super().__init__(d, 1)


@dataclass(frozen=True)
class Product(Manifold):
    """A product of manifolds; points and vectors are tuples, one entry a factor."""

    factors: tuple[Manifold, ...]

    def __init__(self, *factors: Manifold) -> None:
        if not factors:
            raise InvalidProblem("a product of no manifolds given; write for example Product(Oblique(3, 4), "
                                 "Euclidean(4))")
        object.__setattr__(self, "factors", tuple(factors))

    @property
    def dimension(self) -> int:
        return sum(factor.dimension for factor in self.factors)

    def _each(self, method: str, *arguments: Array) -> tuple[Array, ...]:
        if not all(isinstance(part, (tuple, list)) for part in arguments):
            raise InvalidProblem(f"one array given; a product of {len(self.factors)} manifolds needs a tuple of them")
        wrong = [len(part) for part in arguments if len(part) != len(self.factors)]
        if wrong:
            raise InvalidProblem(f"{wrong[0]} arrays given for a product of {len(self.factors)} manifolds")
        return tuple(
            getattr(factor, method)(*parts) for factor, *parts in zip(self.factors, *arguments, strict=True)
        )

    def projection(self, point: Array, vector: Array) -> Array:
        return self._each("projection", point, vector)

    def riemannian_hessian(self, point: Array, euclidean_gradient: Array, euclidean_hessian: Array,
                           tangent: Array) -> Array:
        return self._each("riemannian_hessian", point, euclidean_gradient, euclidean_hessian, tangent)

    def retraction(self, point: Array, tangent: Array) -> Array:
        return self._each("retraction", point, tangent)

    def defect(self, point: Array) -> Array:
        return sum(self._each("defect", point))

    def inner_product(self, left: Array, right: Array) -> Any:
        return sum(self._each("inner_product", left, right))

    def combination(self, a: Any, left: Array, b: Any, right: Array) -> Array:
        return tuple(f.combination(a, x, b, y) for f, x, y in zip(self.factors, left, right, strict=True))

    def random_point(self, rng: Any) -> Array:
        return tuple(factor.random_point(rng) for factor in self.factors)

    def random_ambient(self, rng: Any) -> Array:
        return tuple(factor.random_ambient(rng) for factor in self.factors)


def _root(values: Array) -> Array:
    """Square roots entry by entry, in the arithmetic of the entries."""
    import numpy as np

    if values.dtype != object:
        return np.sqrt(values)
    return np.array([_exact_root(value) for value in values], object)


def _exact_root(value: Any) -> Any:
    if hasattr(value, "sqrt"):  # a ball
        return value.sqrt()
    import sympy

    if isinstance(value, sympy.Expr):
        return sympy.sqrt(value)
    if hasattr(value, "numerator"):  # not value ** (1/2), which is a float for fractions
        return sympy.sqrt(sympy.Rational(int(value.numerator), int(value.denominator)))
    raise InvalidProblem(
        f"a square root of {type(value).__name__} entries is not available; use float arrays, fractions, balls or SymPy"
    )
