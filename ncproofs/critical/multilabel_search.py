"""A good point for pick-all-label cross-entropy on any list of label sets, found in doubles.

Floats live here on purpose: what is found becomes a bound of the minimum only through ``critical.multilabel_dual``.
For fixed W and b the objective is strictly convex in each feature, so samples with one label set share their feature:
the unknowns are W (d, K), u_j = sqrt(c_j) h_j (d, J) for the J distinct label sets with c_j samples, and b.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.problems.multilabel import MultiLabel

__all__ = [
    "FLAT", "LabelPoint", "Sets", "descend", "descend_along_etf", "distinct_sets", "expanded", "gradient", "hessian",
    "local_minima", "refuse_absent_classes", "slopes_at",
]

Array = NDArray[np.float64]

_START = 0.3
#: Newton's method with the dense Hessian up to this many unknowns.
_DENSE = 700
#: Beyond this many unknowns a search would take hours.
_MOST = 100_000
#: Below this share of the largest one a Hessian eigenvalue counts as a symmetry and is left alone.
FLAT = 1e-9
#: A start whose gradient stays above this did not converge; values closer than this are one local minimum.
_CONVERGED, _SAME = 1e-9, 1e-9
_OPTIONS = {"maxiter": 5000, "maxfun": 10_000, "ftol": 0.0, "gtol": 1e-13, "maxcor": 40}
#: For many unknowns descent only leads to where Newton's method by conjugate gradients takes over.
_ROUGH = {"maxiter": 400, "maxfun": 800, "ftol": 0.0, "gtol": 1e-9, "maxcor": 10}


@dataclass(frozen=True, eq=False)
class Sets:
    """The distinct label sets: ``member`` (K, J) of 0 and 1, how many samples each has, and weights v_m."""

    problem: MultiLabel
    d: int
    member: Array
    counts: Array
    weights: Array

    @property
    def unknowns(self) -> int:
        K, J = self.member.shape
        return self.d * (K + J) + (K if self.problem.has_bias else 0)

    def parts(self, x: Array) -> tuple[Array, Array, Array]:
        """W (d, K), u (d, J) and b (K), zero without a bias."""
        K, J = self.member.shape
        b = x[self.d * (K + J) :] if self.problem.has_bias else np.zeros(K)
        return x[: self.d * K].reshape(self.d, K), x[self.d * K : self.d * (K + J)].reshape(self.d, J), b

    @property
    def decay(self) -> tuple[float, float, float]:
        problem = self.problem
        return float(problem.lambda_W), float(problem.lambda_H), float(problem.lambda_b or 0)


@dataclass(frozen=True, eq=False)
class LabelPoint:
    """Unknowns in the order W, u, b as one vector, the value there, and Newton's step for a gradient, in doubles."""

    sets: Sets
    x: Array
    value: float
    solve: Callable[[Array], Array] | None


def distinct_sets(problem: MultiLabel) -> Sets:
    """The aggregated problem; more than K - 1 feature dimensions add nothing, since rank W <= K - 1."""
    table = problem.label_counts
    K, J = problem.K, len(table)
    member = np.zeros((K, J))
    for column, labels in enumerate(table):
        member[[label - 1 for label in labels], column] = 1.0
    counts = np.array([float(count) for count in table.values()])
    weights = np.array([float(problem.weight_of(len(labels))) for labels in table])
    return Sets(problem, min(problem.d, K - 1), member, counts, weights)


def refuse_absent_classes(problem: MultiLabel) -> None:
    """A free bias of a class that is no label of any sample goes to -infinity: no minimum, no critical point."""
    if problem.lambda_b != 0 or problem.labels is None:  # counts leave no class out
        return
    present = {label for labels in problem.label_counts for label in labels}
    absent = sorted(set(range(1, problem.K + 1)) - present)
    if absent:
        raise InvalidProblem(
            f"class {absent[0]} is a label of no sample and the bias is free, so the minimum is not attained and no "
            "point is critical; leave the class out, or give lambda_b > 0"
        )


def _logits(sets: Sets, W: Array, u: Array, b: Array) -> Array:
    logits: Array = W.T @ (u / np.sqrt(sets.counts)) + b[:, None]
    return logits


def _slopes(sets: Sets, logits: Array) -> tuple[float, Array, Array]:
    """The mean loss, its gradient in each column of logits (K, J), and the probabilities."""
    m, share = sets.member.sum(axis=0), sets.counts * sets.weights / sets.counts.sum()
    top = logits.max(axis=0)
    waves = np.exp(logits - top)
    total = waves.sum(axis=0)
    p = waves / total
    losses = m * (top + np.log(total)) - (sets.member * logits).sum(axis=0)
    return float((share * losses).sum()), share * (m * p - sets.member), p


def value_and_gradient(sets: Sets, x: Array) -> tuple[float, Array]:
    W, u, b = sets.parts(x)
    lW, lH, lb = sets.decay
    loss, G, _ = _slopes(sets, _logits(sets, W, u, b))
    scaled = G / np.sqrt(sets.counts)
    parts = [u @ scaled.T + lW * W, W @ scaled + lH * u]
    value = loss + (lW * (W**2).sum() + lH * (u**2).sum() + lb * (b**2).sum()) / 2
    slope = np.concatenate([part.ravel() for part in parts])
    return value, np.concatenate([slope, G.sum(axis=1) + lb * b]) if sets.problem.has_bias else slope


def slopes_at(sets: Sets, x: Array) -> tuple[Array, Array]:
    """The gradient in each column of logits and the probabilities, (K, J) each."""
    W, u, b = sets.parts(x)
    _, G, p = _slopes(sets, _logits(sets, W, u, b))
    return G, p


def gradient(sets: Sets, x: Array) -> Array:
    return value_and_gradient(sets, x)[1]


def hessian(sets: Sets, x: Array) -> Array:
    """The dense Hessian in the aggregated unknowns."""
    W, u, b = sets.parts(x)
    K, J = sets.member.shape
    d, (lW, lH, lb) = sets.d, sets.decay
    _, G, p = _slopes(sets, _logits(sets, W, u, b))
    m, share = sets.member.sum(axis=0), sets.counts * sets.weights / sets.counts.sum()
    root = np.sqrt(sets.counts)
    result = np.zeros((sets.unknowns, sets.unknowns))
    for j in range(J):
        M = share[j] * m[j] * (np.diag(p[:, j]) - np.outer(p[:, j], p[:, j]))
        # dz = dW^T h + W^T du/sqrt(c) + db: one (K, unknowns) Jacobian for each label set.
        columns = [*range(d * K), *(d * K + a * J + j for a in range(d))]
        jacobian = np.hstack([np.kron(u[:, j] / root[j], np.eye(K)), W.T / root[j]])
        if sets.problem.has_bias:
            columns += range(d * (K + J), sets.unknowns)
            jacobian = np.hstack([jacobian, np.eye(K)])
        result[np.ix_(columns, columns)] += jacobian.T @ M @ jacobian
    mixed = (G / root).T
    for a in range(d):
        rows, others = slice(a * K, (a + 1) * K), slice(d * K + a * J, d * K + (a + 1) * J)
        result[others, rows] += mixed
        result[rows, others] += mixed.T
    decay = np.concatenate([np.full(d * K, lW), np.full(d * J, lH), np.full(sets.unknowns - d * (K + J), lb)])
    return result + np.diag(decay)


def descend(problem: MultiLabel, starts: int, seed: int) -> LabelPoint:
    """The lowest of the points reached from ``starts`` random starts and from W = H = 0."""
    sets = distinct_sets(problem)
    if sets.unknowns > _MOST:
        raise OutOfScope(f"{sets.unknowns} unknowns ({len(sets.counts)} distinct label sets) are more than {_MOST}")
    generator = np.random.default_rng(seed)
    points = [_minimised(sets, np.zeros(sets.unknowns))]
    points += [_minimised(sets, generator.normal(scale=_START, size=sets.unknowns)) for _ in range(starts)]
    return _polished(sets, min(points, key=lambda x: value_and_gradient(sets, x)[0]))


def _minimised(sets: Sets, x: Array) -> Array:
    from scipy.optimize import minimize

    options = _OPTIONS if sets.unknowns <= _DENSE else _ROUGH
    found = minimize(lambda point: value_and_gradient(sets, point), x, jac=True, method="L-BFGS-B", options=options)
    return np.asarray(found.x, dtype=np.float64)


def local_minima(problem: MultiLabel, starts: int, seed: int) -> list[LabelPoint]:
    """Points that look like local minima in floats, from random starts: distinct values, lowest first."""
    sets = distinct_sets(problem)
    generator = np.random.default_rng(seed)
    found: list[LabelPoint] = []
    for _ in range(starts):
        scale = _START * 4.0 ** generator.integers(-1, 3)
        point = _polished(sets, _minimised(sets, generator.normal(scale=scale, size=sets.unknowns)))
        if np.abs(gradient(sets, point.x)).max() < _CONVERGED and all(
            abs(point.value - other.value) > _SAME for other in found
        ):
            found.append(point)
    return sorted(found, key=lambda point: point.value)


def expanded(point: LabelPoint) -> tuple[Array, Array, Array | None]:
    """W (d, K), H (d, N) and b of the whole problem: every sample has the feature of its label set."""
    sets, problem = point.sets, point.sets.problem
    W, u, b = sets.parts(point.x)
    features = u / np.sqrt(sets.counts)
    column = {labels: j for j, labels in enumerate(problem.label_counts)}
    order = [column[tuple(k + 1 for k in labels)] for labels in problem.targets]
    H = features[:, order]
    if problem.d > sets.d:
        W, H = (np.vstack([part, np.zeros((problem.d - sets.d, part.shape[1]))]) for part in (W, H))
    return W, H, b if problem.has_bias else None


def descend_along_etf(problem: MultiLabel, seed: int, *, zero: bool = False) -> LabelPoint:
    """The lowest point found whose classifiers are a simplex ETF, or zero: unknowns are its scale, u and b."""
    from scipy.optimize import minimize

    K = problem.K
    wide = distinct_sets(problem)
    sets = Sets(problem, K - 1, wide.member, wide.counts, wide.weights)
    centred = np.eye(K) - 1 / K
    frame = np.linalg.svd(centred)[0][:, : K - 1].T.copy()  # orthonormal rows, orthogonal to 1

    def whole(y: Array) -> Array:
        return np.concatenate([(0.0 if zero else y[0]) * frame.ravel(), y[1:]])

    def restricted(y: Array) -> tuple[float, Array]:
        value, slope = value_and_gradient(sets, whole(y))
        scale = 0.0 if zero else float((slope[: frame.size] * frame.ravel()).sum())
        return value, np.concatenate([[scale], slope[frame.size :]])

    start = np.random.default_rng(seed).normal(scale=_START, size=sets.unknowns - frame.size + 1)
    start[0] = 1.0
    found = minimize(restricted, start, jac=True, method="L-BFGS-B", options=_OPTIONS)
    return LabelPoint(sets, whole(np.asarray(found.x, dtype=np.float64)), float(found.fun), None)


def _curved(sets: Sets, x: Array, direction: Array) -> Array:
    """The Hessian at ``x`` times a direction, without forming it."""
    (W, u, b), (dW, du, db) = sets.parts(x), sets.parts(direction)
    lW, lH, lb = sets.decay
    m, share, root = sets.member.sum(axis=0), sets.counts * sets.weights / sets.counts.sum(), np.sqrt(sets.counts)
    _, G, p = _slopes(sets, _logits(sets, W, u, b))
    dz = dW.T @ (u / root) + W.T @ (du / root) + db[:, None]
    dG = share * m * p * (dz - (p * dz).sum(axis=0))
    parts = [(du @ (G / root).T + u @ (dG / root).T) + lW * dW, (dW @ G + W @ dG) / root + lH * du]
    moved = np.concatenate([part.ravel() for part in parts])
    return np.concatenate([moved, dG.sum(axis=1) + lb * db]) if sets.problem.has_bias else moved


def _polished_by_products(sets: Sets, x: Array) -> Array:
    """Newton steps by conjugate gradients, for many unknowns; flat directions get no component.

    First with a line search, since the Hessian may have negative eigenvalues; then full steps to the last digits.
    """
    from scipy.optimize import minimize

    found = minimize(
        lambda point: value_and_gradient(sets, point), x, jac=True, hessp=lambda at, v: _curved(sets, at, v),
        method="Newton-CG", options={"maxiter": 150, "xtol": 1e-12},
    )
    x = np.asarray(found.x, dtype=np.float64)
    for _ in range(12):
        slope = gradient(sets, x)
        moved = x - _step_by_products(sets, x, 1e-3)(slope)
        if not np.abs(gradient(sets, moved)).max() < np.abs(slope).max() / 2:
            break
        x = moved
    return x


def _step_by_products(sets: Sets, x: Array, accuracy: float) -> Callable[[Array], Array]:
    from scipy.sparse.linalg import LinearOperator, cg

    operator = LinearOperator((sets.unknowns, sets.unknowns), matvec=lambda v: _curved(sets, x, v), dtype=np.float64)
    return lambda slope: np.asarray(cg(operator, slope, rtol=accuracy, maxiter=1000)[0], dtype=np.float64)


def _polished(sets: Sets, x: Array) -> LabelPoint:
    """Newton steps orthogonal to the flat directions, as long as the gradient falls."""
    if sets.unknowns > _DENSE:
        return _polished_eliminated(sets, _polished_by_products(sets, x))
    solve: Callable[[Array], Array] | None = None
    for _ in range(20):
        solve = _dense_step(sets, x)
        slope = gradient(sets, x)
        moved = x - solve(slope)
        if not np.abs(gradient(sets, moved)).max() < np.abs(slope).max():
            break
        x = moved
    return LabelPoint(sets, x, value_and_gradient(sets, x)[0], solve)


def _dense_step(sets: Sets, x: Array) -> Callable[[Array], Array]:
    values, vectors = np.linalg.eigh(hessian(sets, x))
    steep = np.abs(values) > FLAT * np.abs(values).max()
    vectors, values = vectors[:, steep], values[steep]
    return lambda slope: np.asarray(vectors @ ((vectors.T @ slope) / values), dtype=np.float64)


def _polished_eliminated(sets: Sets, x: Array) -> LabelPoint:
    """Newton steps with the features eliminated, where that is not too large; else by conjugate gradients."""
    from ncproofs.critical.multilabel_newton import eliminated

    solve: Callable[[Array], Array] | None = _step_by_products(sets, x, 1e-7)
    for _ in range(12):
        found = eliminated(sets, x)
        if found is None:
            break
        solve, slope = found.solve, gradient(sets, x)
        moved = x - solve(slope)
        if not np.abs(gradient(sets, moved)).max() < np.abs(slope).max():
            break
        x = moved
    return LabelPoint(sets, x, value_and_gradient(sets, x)[0], solve)
