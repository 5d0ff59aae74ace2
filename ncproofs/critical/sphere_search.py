"""Critical points on products of spheres in double precision: where to look before anything is proved.

Floats live here on purpose; a point proves nothing until ``ncproofs.critical.sphere_krawczyk`` has certified it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ncproofs.critical import search
from ncproofs.problems.features import Ridge, Spheres

__all__ = ["Chart", "FoundSpherePoint", "chart_of", "local_minima", "unit_columns"]

Array = NDArray[np.float64]

#: Weight decay too small to show in a double: the objective of a Ridge problem is then the mean loss.
_NO_DECAY = Fraction(1, 10**40)
#: A Hessian eigenvalue below this share of the largest one counts as zero.
_FLAT = 1e-9
_CONVERGED = 1e-9
_SAME_VALUE = 1e-9


@dataclass(frozen=True, kw_only=True)
class FoundSpherePoint:
    """A point where the float Riemannian gradient nearly vanishes, with its float index and nullity."""

    W: Array
    H: Array
    value: float
    gradient_norm: float
    index: int
    nullity: int


@dataclass(frozen=True)
class Chart:
    """f and its derivatives at X = [W H], a (d, K + N) array with unit columns."""

    problem: Spheres
    plain: Ridge

    def packed(self, X: Array) -> Array:
        K = self.problem.K
        return search.pack(float(self.problem.tau) * X[:, :K], X[:, K:], None)

    def value(self, X: Array) -> float:
        return search.objective(self.plain, self.packed(X))

    def slopes(self, X: Array) -> Array:
        """The Euclidean gradient."""
        W, H, _ = search.unpack(self.plain, search.gradient(self.plain, self.packed(X)))
        return np.hstack([float(self.problem.tau) * W, H])

    def derivatives(self, X: Array) -> tuple[Array, Array, Array]:
        """Orthonormal tangent bases, one (d, d - 1) matrix a column, and gradient and Hessian in them."""
        d, columns = X.shape
        K, N, tau = self.problem.K, self.problem.N, float(self.problem.tau)
        slopes = self.slopes(X)
        bases = _tangent_bases(X)
        # ``pack`` goes row by row through W, then H; here column by column through [W H].
        places = np.concatenate([
            np.arange(d * K).reshape(d, K), d * K + np.arange(d * N).reshape(d, N)
        ], axis=1).T.ravel()
        scale = np.concatenate([np.full(d * K, tau), np.ones(d * N)])[places]
        ambient = search.hessian(self.plain, self.packed(X))[np.ix_(places, places)] * scale[:, None] * scale
        half = bases.transpose(0, 2, 1) @ ambient.reshape(columns, d, columns * d)
        half = half.reshape((d - 1) * columns, columns, d).transpose(1, 0, 2) @ bases
        hessian = half.transpose(1, 0, 2).reshape((d - 1) * columns, (d - 1) * columns)
        multipliers = np.repeat((X * slopes).sum(axis=0), d - 1)
        gradient = np.einsum("aij,ia->aj", bases, slopes).ravel()
        return bases, gradient, (hessian + hessian.T) / 2 - np.diag(multipliers)

    def pulled_back(self, flat: Array) -> tuple[float, Array]:
        """Value and gradient of f(columns divided by their lengths), on all matrices without a zero column."""
        Y = flat.reshape(self.problem.d, -1)
        lengths = np.linalg.norm(Y, axis=0)
        U = Y / lengths
        slopes = self.slopes(U)
        return self.value(U), ((slopes - U * (U * slopes).sum(axis=0)) / lengths).ravel()

    def moved(self, X: Array, bases: Array, step: Array) -> Array:
        """The columns moved by a tangent step in the coordinates of ``derivatives``, and made unit again."""
        moves: Array = np.einsum("aij,aj->ia", bases, step.reshape(X.shape[1], -1))
        return unit_columns(X + moves)


def _tangent_bases(X: Array) -> Array:
    """For each unit column the last d - 1 columns of the reflection that maps it to a multiple of e_1."""
    d = X.shape[0]
    v = X.T.copy()
    v[:, 0] += np.where(v[:, 0] >= 0, 1.0, -1.0)
    whole = np.eye(d) - 2 * v[:, :, None] * v[:, None, :] / (v**2).sum(axis=1)[:, None, None]
    bases: Array = whole[:, :, 1:]
    return bases


def chart_of(problem: Spheres) -> Chart:
    """The derivatives of ``problem`` in floats."""
    return Chart(problem, Ridge(problem.loss, problem.K, problem.d, problem.n, _NO_DECAY, _NO_DECAY))


def unit_columns(X: Array) -> Array:
    """X with each column divided by its length."""
    return X / np.linalg.norm(X, axis=0)


def local_minima(problem: Spheres, count: int, seed: int) -> Iterator[FoundSpherePoint]:
    """Local minima of distinct values as ``count`` starts find them, in order, reproducible from ``seed``.

    Every second start has equal features within each class (such points are found on the small problem n = 1);
    points that a float Hessian shows to be saddles are left out, and so are starts that did not converge.
    """
    rng = np.random.default_rng(seed)
    full, small = chart_of(problem), chart_of(replace(problem, n=1))
    values: list[float] = []
    for number in range(count):
        chart = small if number % 2 == 0 else full
        X = _minimised(chart, unit_columns(rng.standard_normal((problem.d, problem.K + chart.problem.N))))
        if chart is small:
            X = np.hstack([X[:, : problem.K], np.repeat(X[:, problem.K :], problem.n, axis=1)])
        if not np.isfinite(full.derivatives(X)[2]).all():  # where the loss is not defined
            continue
        point = _described(full, X)
        if point.index or not point.gradient_norm < _CONVERGED:
            continue
        if all(abs(point.value - value) > _SAME_VALUE * (1 + abs(point.value)) for value in values):
            values.append(point.value)
            yield point


def _minimised(chart: Chart, X: Array) -> Array:
    """L-BFGS on normalised columns until Newton can take over."""
    from scipy.optimize import minimize

    limits = {"maxiter": 600, "maxfun": 1000, "ftol": 1e-15, "gtol": 1e-8}
    found = minimize(chart.pulled_back, X.ravel(), jac=True, method="L-BFGS-B", options=limits)
    return _polished(chart, unit_columns(np.asarray(found.x).reshape(X.shape)))


def _polished(chart: Chart, X: Array) -> Array:
    """Newton with an eigen-pseudo-inverse, so flat directions do not move; stops when it stalls."""
    basis, gradient, hessian = chart.derivatives(X)
    for _ in range(10):
        if not np.isfinite(hessian).all():
            break
        values, vectors = np.linalg.eigh(hessian)
        keep = np.abs(values) > _FLAT * max(1e-300, float(np.abs(values).max()))
        step = -vectors[:, keep] @ ((vectors[:, keep].T @ gradient) / values[keep])
        if not np.linalg.norm(step) < 1:
            break
        trial = chart.moved(X, basis, step)
        found = chart.derivatives(trial)
        if not np.linalg.norm(found[1]) < np.linalg.norm(gradient):
            break
        X, (basis, gradient, hessian) = trial, found
    return X


def _described(chart: Chart, X: Array) -> FoundSpherePoint:
    _, gradient, hessian = chart.derivatives(X)
    values = np.linalg.eigvalsh(hessian)
    flat = 10 * _FLAT * max(1e-300, float(np.abs(values).max()))
    K = chart.problem.K
    return FoundSpherePoint(
        W=X[:, :K], H=X[:, K:], value=chart.value(X), gradient_norm=float(np.linalg.norm(gradient)),
        index=int((values < -flat).sum()), nullity=int((np.abs(values) <= flat).sum()),
    )
