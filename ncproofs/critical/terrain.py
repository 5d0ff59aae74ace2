"""What the search for critical points asks of a problem: a small protocol on float arrays.

A new family of problems joins the search with one class that has these methods, and one rule that certifies its
points (``ncproofs.critical.certify``). Points are flat arrays; gradient and Hessian are those of the Riemannian
metric in orthonormal coordinates of the tangent space, so that one set of methods serves Euclidean spaces, spheres
and products. Nothing here proves anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Figure", "Lift", "Local", "Terrain", "inertia", "is_flat", "size_of"]

Array = NDArray[np.float64]
AnyFloats = NDArray[np.floating[Any]]
#: Carries a point of a smaller problem to the full one; it preserves critical points (symmetric criticality).
Lift = Callable[[Array], Array]

#: An eigenvalue below this share of the largest one counts as zero in floats.
_FLAT = 1e-8


@dataclass(frozen=True, eq=False)
class Local:
    """Gradient and Hessian at a point, in orthonormal coordinates of its tangent space.

    ``frame`` is whatever ``Terrain.moved`` needs to know those coordinates; None when they are the ambient ones.
    """

    gradient: Array
    hessian: Array
    frame: Array | None = None


@dataclass(frozen=True, eq=False)
class Figure:
    """What the symmetry group moves: ``columns`` (d, K + N) under O(d), all of it under relabelling.

    The first K columns belong to the classes, the others to the samples, class-major. ``numbers`` (K,) are one
    scalar a class that rotations leave alone, already the same along every shift that is a symmetry. A permutation
    of the classes moves both, and the samples with their class; the samples of a class are interchangeable.
    """

    columns: Array
    numbers: Array


class Terrain(Protocol):
    """A smooth function on a manifold, in floats, with its symmetries and its smaller relatives."""

    @property
    def dimension(self) -> int:
        """The dimension of the manifold."""

    @property
    def classes(self) -> int:
        """K: the most modes that eigenvector following climbs is a multiple of it."""

    def value(self, x: Array) -> float:
        """The objective."""

    def local(self, x: Array) -> Local:
        """Gradient and Hessian at ``x``."""

    def moved(self, x: Array, local: Local, step: Array) -> Array:
        """The point reached from ``x`` by the tangent ``step``: a second-order retraction."""

    def reach(self, x: Array) -> float:
        """The longest step that makes sense at ``x``."""

    def pulled_back(self, v: Array) -> tuple[float, Array]:
        """Value and gradient of the objective at ``normal(v)`` as a function on all of the ambient space."""

    def normal(self, v: Array) -> Array:
        """The point of the manifold that ``v`` stands for."""

    def figure(self, x: Array) -> Figure:
        """What the symmetry group acts on."""

    def orbit_dimension(self, x: Array) -> int:
        """The dimension of the orbit of ``x``, its rank read off in floats."""

    def random(self, rng: np.random.Generator) -> Array:
        """A random point, at random scale where there is one."""

    def structured(self, rng: np.random.Generator) -> Array:
        """A point with symmetry: merged classes, dropped classes, flipped signs. It stays in its fixed set."""

    def view(self, rng: np.random.Generator) -> tuple[Terrain, Lift]:
        """A smaller problem with (nearly) the same critical points; now and then the problem itself."""

    def lower_rank(self, rng: np.random.Generator) -> tuple[Terrain, Lift] | None:
        """A random problem in fewer dimensions whose critical points stay critical when padded with zeros."""

    def at_strength(self, factor: float) -> Terrain:
        """The same problem with its weight decay or temperature multiplied by ``factor``."""


def size_of(values: AnyFloats) -> float:
    """The largest absolute value, never 0: what tolerances are relative to."""
    return max(1e-300, float(np.abs(values).max(initial=0.0)))


def is_flat(values: AnyFloats) -> NDArray[np.bool_]:
    """Which eigenvalues count as zero in floats."""
    flat: NDArray[np.bool_] = np.abs(values) <= _FLAT * size_of(values)
    return flat


def inertia(values: AnyFloats) -> tuple[int, int]:
    """(negative, zero) among the eigenvalues, as floats see it."""
    flat = is_flat(values)
    return int((~flat & (values < 0)).sum()), int(flat.sum())
