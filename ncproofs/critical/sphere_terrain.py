"""Unit classifiers and features as a terrain for the search: ``sphere_search.Chart`` behind the protocol."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from ncproofs.critical.search import numerical_rank
from ncproofs.critical.sphere_search import Chart, chart_of, unit_columns
from ncproofs.critical.terrain import Array, Figure, Lift, Local, Terrain
from ncproofs.problems.features import Spheres

__all__ = ["SphereTerrain"]

#: Temperatures of a homotopy stay between this and its inverse, as ``Spheres`` demands.
_HOTTEST = 10**5


@dataclass(frozen=True)
class SphereTerrain:
    """The objective of ``problem`` on X = [W H], a (d, K + N) array with unit columns, flattened row by row."""

    problem: Spheres

    @cached_property
    def _chart(self) -> Chart:
        return chart_of(self.problem)

    @property
    def dimension(self) -> int:
        return self.problem.dimension

    @property
    def classes(self) -> int:
        return self.problem.K

    def _matrix(self, x: Array) -> Array:
        return x.reshape(self.problem.d, -1)

    def value(self, x: Array) -> float:
        return self._chart.value(self._matrix(x))

    def local(self, x: Array) -> Local:
        frame, gradient, hessian = self._chart.derivatives(self._matrix(x))
        return Local(gradient, hessian, frame)

    def moved(self, x: Array, local: Local, step: Array) -> Array:
        assert local.frame is not None
        return self._chart.moved(self._matrix(x), local.frame, step).ravel()

    def reach(self, x: Array) -> float:
        return 0.7

    def pulled_back(self, v: Array) -> tuple[float, Array]:
        return self._chart.pulled_back(v)

    def normal(self, v: Array) -> Array:
        return unit_columns(self._matrix(v)).ravel()

    def figure(self, x: Array) -> Figure:
        return Figure(self._matrix(x), np.zeros(self.problem.K))

    def orbit_dimension(self, x: Array) -> int:
        rank = numerical_rank(np.linalg.svd(self._matrix(x), compute_uv=False))
        return rank * (2 * self.problem.d - rank - 1) // 2

    def random(self, rng: np.random.Generator) -> Array:
        problem = self.problem
        return unit_columns(rng.standard_normal((problem.d, problem.K + problem.N))).ravel()

    def structured(self, rng: np.random.Generator) -> Array:
        """Classes in groups of equal vectors in few dimensions, features at their classifiers, some turned round."""
        problem = self.problem
        K, d = problem.K, problem.d
        groups, rank = int(rng.integers(1, K + 1)), int(rng.integers(1, d + 1))
        vectors = np.zeros((d, groups))
        vectors[:rank] = unit_columns(rng.standard_normal((rank, groups)))
        W = vectors[:, rng.integers(0, groups, K)]
        flips = rng.choice([-1.0, 1.0], problem.n if rng.random() < 0.5 else 1)
        H = np.repeat(W, problem.n, axis=1) * np.tile(flips, problem.N // flips.size)
        return np.hstack([W, H]).ravel()

    def view(self, rng: np.random.Generator) -> tuple[Terrain, Lift]:
        """Half of the time, with equal features within each class."""
        if self.problem.n > 1 and rng.random() < 0.5:
            return self._smaller(replace(self.problem, n=1))
        return self, lambda x: x

    def lower_rank(self, rng: np.random.Generator) -> tuple[Terrain, Lift] | None:
        if self.problem.d < 3:
            return None
        small = replace(self.problem, n=1) if rng.random() < 0.7 else self.problem
        return self._smaller(replace(small, d=int(rng.integers(2, min(self.problem.d, self.problem.K + 1)))))

    def _smaller(self, small: Spheres) -> tuple[Terrain, Lift]:
        full, extra = self.problem, self.problem.d - small.d

        def lift(x: Array) -> Array:
            X = x.reshape(small.d, -1)
            X = np.hstack([X[:, : full.K], np.repeat(X[:, full.K :], full.n // small.n, axis=1)])
            return np.pad(X, ((0, extra), (0, 0))).ravel()

        return SphereTerrain(small), lift

    def at_strength(self, factor: float) -> Terrain:
        tau = Fraction(factor) * self.problem.tau
        return SphereTerrain(replace(self.problem, tau=min(max(tau, Fraction(1, _HOTTEST)), Fraction(_HOTTEST))))
