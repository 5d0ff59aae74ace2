"""Label sets as a terrain for the search: pick-all-label cross-entropy with weight decay.

The loss is convex in the logits, so at a critical point the samples with one label set share their feature, and
rank W <= K - 1: the unknowns are those of ``multilabel_search``, W, u_j = sqrt(c_j) h_j and b in R^min(d, K - 1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from ncproofs.critical import multilabel_search as labels
from ncproofs.critical.multilabel_search import LabelPoint, Sets
from ncproofs.critical.search import numerical_rank
from ncproofs.critical.terrain import Array, Figure, Lift, Local, Terrain

__all__ = ["LabelTerrain"]


@dataclass(frozen=True, eq=False)
class LabelTerrain:
    """The aggregated objective of ``sets``."""

    sets: Sets

    @property
    def dimension(self) -> int:
        return self.sets.unknowns

    @property
    def classes(self) -> int:
        return self.sets.problem.K

    def value(self, x: Array) -> float:
        return labels.value_and_gradient(self.sets, x)[0]

    def local(self, x: Array) -> Local:
        return Local(labels.gradient(self.sets, x), labels.hessian(self.sets, x))

    def moved(self, x: Array, local: Local, step: Array) -> Array:
        return x + step

    def reach(self, x: Array) -> float:
        return 0.4 * max(1.0, float(np.linalg.norm(x)))

    def pulled_back(self, v: Array) -> tuple[float, Array]:
        return labels.value_and_gradient(self.sets, v)

    def normal(self, v: Array) -> Array:
        return v

    def whole(self, x: Array) -> tuple[Array, Array, Array | None]:
        """W (d, K), H (d, N) and b of the problem as it was given."""
        return labels.expanded(LabelPoint(self.sets, x, 0.0, None))

    def narrow(self, W: Array, H: Array) -> tuple[Array, Array]:
        """W and u of the unknowns: the inverse of ``whole`` at a critical point, modulo rotations."""
        problem, d = self.sets.problem, self.sets.d
        first = [problem.targets.index(tuple(k - 1 for k in labels)) for labels in problem.label_counts]
        return W[:d], (H[:, first] * np.sqrt(self.sets.counts))[:d]

    def figure(self, x: Array) -> Figure:
        """W and b alone: the features of a critical point follow from them.

        Where the label sets are no symmetric list, a relabelling is no symmetry; that points of one value and one
        spectrum count once if it maps one to the other is then a convention.
        """
        W, _, b = self.sets.parts(x)
        problem = self.sets.problem
        W = W * float(problem.lambda_W / problem.lambda_H) ** 0.25  # in logits, whatever the weights are
        return Figure(W, b - b.mean() if self._shifts else b)

    def orbit_dimension(self, x: Array) -> int:
        rank = numerical_rank(np.linalg.svd(self.sets.parts(x)[0], compute_uv=False))
        return rank * (2 * self.sets.d - rank - 1) // 2 + int(self._shifts)

    @property
    def _shifts(self) -> bool:
        return self.sets.problem.lambda_b == 0

    def random(self, rng: np.random.Generator) -> Array:
        return 10.0 ** rng.uniform(-1.0, 1.0) * rng.standard_normal(self.dimension)

    def structured(self, rng: np.random.Generator) -> Array:
        """W = H = 0, or classes merged in groups, some dropped, with features along sums of classifiers."""
        sets = self.sets
        K, _ = sets.member.shape
        if rng.random() < 0.1:
            return np.zeros(self.dimension)
        group = rng.integers(0, int(rng.integers(2, K + 1)), K)
        W = 2.0 ** rng.uniform(-1.0, 2.0) * rng.standard_normal((sets.d, K))[:, group]
        W[:, group == rng.integers(0, K)] = 0.0
        u = W @ sets.member * np.sqrt(sets.counts) * rng.choice([-1.0, 1.0, 1.0]) * 2.0 ** rng.uniform(-1.0, 1.0)
        return np.concatenate([W.ravel(), u.ravel(), np.zeros(self.dimension - W.size - u.size)])

    def view(self, rng: np.random.Generator) -> tuple[Terrain, Lift]:
        """Itself: nothing is left to tie or to drop."""
        return self, lambda x: x

    def lower_rank(self, rng: np.random.Generator) -> tuple[Terrain, Lift] | None:
        if self.sets.d < 2:
            return None
        small = replace(self.sets, d=int(rng.integers(1, self.sets.d)))
        extra = self.sets.d - small.d

        def lift(x: Array) -> Array:
            W, u, b = small.parts(x)
            padded = [np.pad(part, ((0, extra), (0, 0))).ravel() for part in (W, u)]
            return np.concatenate([*padded, b] if small.problem.has_bias else padded)

        return LabelTerrain(small), lift

    def at_strength(self, factor: float) -> Terrain:
        problem, exact = self.sets.problem, Fraction(factor)
        bias = None if problem.lambda_b is None else exact * problem.lambda_b
        return LabelTerrain(replace(self.sets, problem=replace(
            problem, lambda_W=exact * problem.lambda_W, lambda_H=exact * problem.lambda_H, lambda_b=bias)))
