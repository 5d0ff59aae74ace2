"""Where descent from random starts ends, in floats: a test of the theorems, never a proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ncproofs.errors import InvalidProblem
from ncproofs.problems.layered import Layered

__all__ = ["Descent", "random_critical_values", "random_descents"]


@dataclass(frozen=True)
class Descent:
    """The end of one run: objective, largest partial derivative, and the singular values of W_L ... W_1 H_bar."""

    value: float
    slope: float
    singular_values: tuple[float, ...]

    def rank(self, least: float) -> int:
        """How many singular values exceed ``least``."""
        return sum(value > least for value in self.singular_values)


def random_descents(problem: Layered, *, starts: int = 20, seed: int = 0) -> list[Descent]:
    """L-BFGS from ``starts`` Gaussian points, at most 20000 steps each.

    Scales run from 1/4 to 2. Every other start damps all hidden units but a random number of them by 256, since plain
    Gaussian starts rarely end at low ranks.

    Raises:
        InvalidProblem: with relu, where the objective has kinks.
    """
    import numpy as np
    from scipy.optimize import minimize

    model, found = _Model(problem), []
    for point in model.starts(starts, seed):
        options = {"maxiter": 20_000, "maxfun": 40_000, "ftol": 0, "gtol": 2**-43, "maxcor": 30}
        end = minimize(model.value_and_gradient, point, jac=True, method="L-BFGS-B", options=options)
        value, slope = model.value_and_gradient(end.x)
        singular = np.linalg.svd(model.class_logits(end.x), compute_uv=False)
        found.append(Descent(float(value), float(np.abs(slope).max()), tuple(map(float, singular))))
    return found


def random_critical_values(problem: Layered, *, starts: int = 20, seed: int = 0) -> list[float]:
    """The objective where least squares on the gradient ends at a critical point, from ``starts`` Gaussian points.

    It goes to saddles as it goes to minima; runs that end elsewhere are left out.

    Raises:
        InvalidProblem: with relu, where the objective has kinks.
    """
    import numpy as np
    from scipy.optimize import least_squares

    model, found = _Model(problem), []
    for point in model.starts(starts, seed):
        end = least_squares(lambda x: model.value_and_gradient(x)[1], point, xtol=2**-50, ftol=2**-50, gtol=2**-50,
                            max_nfev=100)
        value, slope = model.value_and_gradient(end.x)
        if np.abs(slope).max() < 2**-40:
            found.append(float(value))
    return found


class _Model:
    """The objective and its gradient on one flat array."""

    def __init__(self, problem: Layered) -> None:
        if problem.relu:
            raise InvalidProblem("a gradient needs a smooth objective; write relu=no")
        import numpy as np

        self.problem = problem
        self.weights = [float(weight) for weight in problem.weights]
        self.bias_weight = float(problem.lambda_b or 0)
        self.owners = np.repeat(np.arange(problem.K), problem.class_sizes)
        self.targets = np.eye(problem.K)[:, self.owners]

    def _split(self, point: Any) -> tuple[list[Any], Any]:
        factors, offset = [], 0
        for rows, columns in self.problem.shapes:
            factors.append(point[offset : offset + rows * columns].reshape(rows, columns))
            offset += rows * columns
        return factors, point[offset:] if self.problem.has_bias else None

    def starts(self, count: int, seed: int) -> Iterator[Any]:
        """Gaussian points at scales from 1/4 to 2, every second group of four damped."""
        import numpy as np

        generator = np.random.default_rng(seed)
        for number in range(count):
            yield self._start(generator, 2 ** (number % 4 - 2), damped=bool(number // 4 % 2))

    def _start(self, generator: Any, scale: float, *, damped: bool) -> Any:
        import numpy as np

        kept = int(generator.integers(self.problem.rank + 1)) if damped else max(self.problem.widths)
        pieces = []
        for position, (rows, columns) in enumerate(self.problem.shapes):
            factor = generator.normal(size=(rows, columns)) * scale
            if position < self.problem.layers:
                factor[kept:] /= 256
            if position:
                factor[:, kept:] /= 256
            pieces.append(factor.ravel())
        return np.concatenate([*pieces, np.zeros(self.problem.K if self.problem.has_bias else 0)])

    def value_and_gradient(self, point: Any) -> tuple[Any, Any]:
        import numpy as np

        factors, bias = self._split(point)
        partial = [factors[0]]
        for factor in factors[1:]:
            partial.append(factor @ partial[-1])
        error = partial[-1] - self.targets + (0 if bias is None else bias[:, None])
        value = (error**2).sum() / (2 * self.problem.N)
        value += sum(weight / 2 * (factor**2).sum() for weight, factor in zip(self.weights, factors, strict=True))
        back, slopes = error / self.problem.N, []
        for position in range(len(factors) - 1, 0, -1):
            slopes.append(back @ partial[position - 1].T + self.weights[position] * factors[position])
            back = factors[position].T @ back
        slopes.append(back + self.weights[0] * factors[0])
        pieces = [slope.ravel() for slope in reversed(slopes)]
        if bias is not None:
            value += self.bias_weight / 2 * (bias**2).sum()
            pieces.append(error.sum(axis=1) / self.problem.N + self.bias_weight * bias)
        return value, np.concatenate(pieces)

    def class_logits(self, point: Any) -> Any:
        """W_L ... W_1 times the class means."""
        import numpy as np

        factors, _ = self._split(point)
        means = np.stack([factors[0][:, self.owners == k].mean(axis=1) for k in range(self.problem.K)], axis=1)
        for factor in factors[1:]:
            means = factor @ means
        return means
