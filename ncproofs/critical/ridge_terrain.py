"""Weight decay as a terrain for the search: ``ncproofs.critical.search`` behind the protocol."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from ncproofs.calculus.logit_facts import ignores_shifts
from ncproofs.critical import search
from ncproofs.critical.profiles import is_mean_squared
from ncproofs.critical.terrain import Array, Figure, Lift, Local, Terrain
from ncproofs.problems.features import Ridge

__all__ = ["RidgeTerrain"]


@dataclass(frozen=True)
class RidgeTerrain:
    """The objective of ``problem`` on (W, H, b), packed as ``search.pack`` does."""

    problem: Ridge

    @property
    def dimension(self) -> int:
        return self.problem.dimension

    @property
    def classes(self) -> int:
        return self.problem.K

    def value(self, x: Array) -> float:
        return search.objective(self.problem, x)

    def local(self, x: Array) -> Local:
        return Local(search.gradient(self.problem, x), search.hessian(self.problem, x))

    def moved(self, x: Array, local: Local, step: Array) -> Array:
        return x + step

    def reach(self, x: Array) -> float:
        return 0.4 * max(1.0, float(np.linalg.norm(x)))

    def pulled_back(self, v: Array) -> tuple[float, Array]:
        return search.value_and_gradient(self.problem, v)

    def normal(self, v: Array) -> Array:
        return v

    def figure(self, x: Array) -> Figure:
        problem = self.problem
        W, H, b = search.unpack(problem, x)
        numbers = np.zeros(problem.K) if b is None else b - (b.mean() if self._shifts else 0.0)
        # By balance lambda_W W W^T = lambda_H H H^T at a critical point: this scale makes both halves weigh the same.
        ratio = float(problem.lambda_W / problem.lambda_H) ** 0.25
        return Figure(np.hstack([W * ratio, H / ratio]), numbers)

    def orbit_dimension(self, x: Array) -> int:
        W, _, _ = search.unpack(self.problem, x)
        rank = search.numerical_rank(np.linalg.svd(W, compute_uv=False))
        return rank * (2 * self.problem.d - rank - 1) // 2 + int(self._shifts)

    @property
    def _shifts(self) -> bool:
        return self.problem.lambda_b == 0 and self._is_shift_invariant

    @property
    def _is_shift_invariant(self) -> bool:
        return ignores_shifts(self.problem.loss)

    @property
    def _collapses(self) -> bool:
        """Whether the samples of a class agree at every critical point: a loss that is convex in the logits.

        Only how the search spends its time rests on this answer.
        """
        from ncproofs.losses.loss import ELL

        form = self.problem.loss.softmax_form()
        return is_mean_squared(self.problem.loss) or (form is not None and form.profile == ELL)

    def random(self, rng: np.random.Generator) -> Array:
        return search.random_start(self.problem, rng)

    def structured(self, rng: np.random.Generator) -> Array:
        """W = H = 0, merged groups of classes with dropped classes, or some features turned round."""
        problem = self.problem
        if rng.random() < 0.1:
            return np.zeros(problem.dimension)
        K, d = problem.K, problem.d
        small = search.reduced(problem)
        W, H, b = search.unpack(small, search.grouped_start(small, rng, noise=0.0))
        if rng.random() < 0.5:  # groups of random directions instead of a simplex, some of them turned round
            labels = rng.integers(0, int(rng.integers(2, K + 1)), K)
            W = (2.0 ** rng.uniform(-1.0, 2.0) * rng.standard_normal((d, K)))[:, labels]
            H = W * rng.choice([-1.0, 1.0], K)[labels] * 2.0 ** rng.uniform(-1.0, 1.0)
        return search.pack(W, np.repeat(H, problem.n, axis=1), b)

    def view(self, rng: np.random.Generator) -> tuple[Terrain, Lift]:
        """Equal samples in each class (always for a convex loss), and no dimension that no rank can use."""
        problem = self.problem
        tied = problem.n > 1 and (self._collapses or rng.random() < 0.5)
        small = search.reduced(problem) if tied else problem
        # 1^T W^T = 0 at the critical points of a shift-invariant loss, so their rank is at most K - 1.
        d = min(problem.d, problem.K - 1 if self._is_shift_invariant else problem.K)
        return self._smaller(replace(small, d=d))

    def lower_rank(self, rng: np.random.Generator) -> tuple[Terrain, Lift] | None:
        most = min(self.problem.d, self.problem.K - 1 if self._is_shift_invariant else self.problem.K) - 1
        if most < 1:
            return None
        small = search.reduced(self.problem) if self._collapses or rng.random() < 0.7 else self.problem
        return self._smaller(replace(small, d=int(rng.integers(1, most + 1))))

    def _smaller(self, small: Ridge) -> tuple[Terrain, Lift]:
        full, extra = self.problem, self.problem.d - small.d

        def lift(x: Array) -> Array:
            W, H, b = search.unpack(small, x)
            H = np.repeat(H, full.n // small.n, axis=1)
            return search.pack(np.pad(W, ((0, extra), (0, 0))), np.pad(H, ((0, extra), (0, 0))), b)

        return RidgeTerrain(small), lift

    def at_strength(self, factor: float) -> Terrain:
        problem, exact = self.problem, Fraction(factor)
        return RidgeTerrain(
            replace(problem, lambda_W=exact * problem.lambda_W, lambda_H=exact * problem.lambda_H,
                    lambda_b=None if problem.lambda_b is None else exact * problem.lambda_b)
        )
