r"""Curvature at large K: certified along one direction, and its smallest value by Lanczos without the symmetries.

The objective does not change under rotations of feature space, nor under b -> b + s 1 for a free bias of a
shift-invariant loss. At X = [W H] the rotations move along A X, A skew. The nearest of these to D solves

    A C + C A = D X^T - X D^T,     C = X X^T,

which the eigenvectors of C make diagonal: d^3 operations, whatever K and N are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ncproofs.calculus.logit_facts import ignores_shifts
from ncproofs.errors import InvalidProblem
from ncproofs.kernels.arrays import namespace, on_host, unit_roundoff
from ncproofs.kernels.bounded import smallest_normal
from ncproofs.kernels.bounds import rounding_bounds
from ncproofs.kernels.features import evaluate, inner
from ncproofs.kernels.labels import Labels
from ncproofs.kernels.sweep import TILE, Point
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["LeastCurvature", "curvature_below", "least_curvature", "without_symmetries"]


def curvature_below(problem: Ridge, point: Point, direction: Point, ceiling: float = 0.0, *,
                    labels: Labels | None = None, tile: int = TILE, threads: int = 1) -> Evidence:
    """Is D^2 f(point)[D, D] below ``ceiling`` times |D|^2, for the exact numbers in the arrays?

    Enclosed: float64 or float32 arithmetic with the bound of ``rounding_bounds``, whose assumptions hold here too.
    Holds or fails where the interval [curvature - bound, curvature + bound] says so, else undecided.

    Raises:
        InvalidProblem: a problem on spheres, where a float array is not exactly on the manifold; or D = 0.
    """
    if not isinstance(problem, Ridge):
        raise InvalidProblem("float arrays are not exactly unit columns; certify curvature on spheres in balls")
    xp = namespace(*(part for part in (*point, *direction) if part is not None))
    found = evaluate(problem, point, direction, labels=labels, tile=tile, threads=threads)
    bounds = rounding_bounds(problem, point, direction, labels=labels, tile=tile)
    size, spread = _squared_length(xp, direction)
    middle, error = found.curvature or 0.0, bounds.curvature or 0.0
    levels = [ceiling * (size + sign * spread) for sign in (-1, 1)]
    sentence = f"the second derivative along the direction is below {ceiling:g} |D|^2"
    covers = str(problem) if labels is None else f"{problem}, with the labels given instead"
    if size <= spread:
        because = "the direction is so short that its squared length underflows; multiply it by a power of two"
        return Evidence(truth=Truth.UNDECIDED, rigor=Rigor.SAMPLED, sentence=sentence, because=because, covers=covers)
    seen = f"curvature/|D|^2 = {middle / size:.6g}, rounding at most {error / size:.2g} (|D|^2 = {size:.6g})"
    if middle + error < min(levels):
        truth = Truth.HOLDS
    elif middle - error > max(levels):
        truth = Truth.FAILS
    else:
        truth = Truth.UNDECIDED
    return Evidence(truth=truth, rigor=Rigor.ENCLOSED, sentence=sentence, because=seen, covers=covers,
                    witness=seen if truth is Truth.FAILS else "")


def _squared_length(xp: Any, direction: Point) -> tuple[float, float]:
    """|D|^2 as the arrays' arithmetic gives it, and how far that may be off; each square may also be lost whole.

    Eight units pay for the roundings of the comparison with it.
    """
    parts = [part for part in direction if part is not None]
    if not any(bool(xp.any(part != 0)) for part in parts):
        raise InvalidProblem("the direction is zero; curvature needs a direction")
    size = inner(xp, direction, direction)
    entries = sum(int(np.prod(tuple(part.shape))) for part in parts)
    u = unit_roundoff(direction[0])
    return size, (2 * entries + 8) * u * size + entries * smallest_normal(u)


def without_symmetries(xp: Any, problem: Ridge | Spheres, point: Point) -> Callable[[Point], Point]:
    """The orthogonal projection that removes rotations of feature space and, for a free bias, its shift."""
    W, H = point[:2]
    X = xp.concat([W, H], axis=1)
    values, vectors = xp.linalg.eigh(X @ X.T)
    # A pair of null directions of C moves nothing: its equation is 0 = 0.
    pairs = values[:, None] + values[None, :]
    floor = 1e-12 * float(xp.max(xp.abs(values)))
    inverse = xp.where(pairs > floor, 1 / xp.where(pairs > floor, pairs, pairs * 0 + 1), pairs * 0)
    shifts = isinstance(problem, Ridge) and problem.lambda_b == 0 and ignores_shifts(problem.loss)

    def project(D: Point) -> Point:
        moved = xp.concat([D[0], D[1]], axis=1)
        twist = moved @ X.T
        A = vectors @ ((vectors.T @ (twist - twist.T) @ vectors) * inverse) @ vectors.T
        left = moved - A @ X
        db = D[2]
        if shifts and db is not None:
            db = db - xp.mean(db)
        return left[:, : W.shape[1]], left[:, W.shape[1] :], db

    return project


#: Steps of the power method that estimate the largest eigenvalue.
_POWER_STEPS = 6


@dataclass(frozen=True)
class LeastCurvature:
    """The smallest eigenvalue of the Hessian off the symmetries as Lanczos found it: ``direction`` has length one and
    ``residual`` is |Hess D - value D|. Estimated; ``curvature_below`` certifies a sign along ``direction``."""

    value: float
    direction: Point
    residual: float
    products: int


def least_curvature(problem: Ridge | Spheres, point: Point, *, labels: Labels | None = None, tile: int = TILE,
                    threads: int = 1, seed: int = 0, tolerance: float = 1e-6) -> LeastCurvature:
    """The smallest eigenvalue of the (Riemannian) Hessian on the complement of the symmetry directions.

    Lanczos on Hessian products, in double precision on the host; products run in the arrays' own namespace.

    Raises:
        InvalidProblem: fewer than three unknowns.
    """
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

    work = _Products(problem, point, labels, tile, threads)
    if work.size < 3:
        raise InvalidProblem(f"{work.size} unknowns given, but Lanczos needs at least three")
    start = work.tangent(np.random.default_rng(seed).standard_normal(work.size))
    # What was projected out would be an eigenvalue 0: it is lifted to the size of the Hessian instead.
    high, step = 0.0, start
    for _ in range(_POWER_STEPS):
        step = work.product(step / np.linalg.norm(step))
        high = max(high, float(np.linalg.norm(step)))
    shape = work.size, work.size
    operator = LinearOperator(shape, matvec=lambda flat: work.product(flat, 2 * high), dtype=np.float64)
    try:
        values, vectors = eigsh(operator, k=1, which="SA", v0=start, tol=tolerance)
    except ArpackNoConvergence as partial:
        if not len(partial.eigenvalues):
            raise InvalidProblem("Lanczos did not converge; raise the tolerance") from None
        values, vectors = partial.eigenvalues, partial.eigenvectors
    flat = work.tangent(vectors[:, 0])
    residual = float(np.linalg.norm(work.product(flat) - values[0] * flat))
    return LeastCurvature(float(values[0]), work.unpacked(flat), residual, work.count)


class _Products:
    """Hessian products on flat vectors, restricted to tangent directions off the symmetries; counts them."""

    def __init__(self, problem: Ridge | Spheres, point: Point, labels: Labels | None, tile: int, threads: int) -> None:
        self.problem, self.point, self.options = problem, point, {"labels": labels, "tile": tile, "threads": threads}
        self.xp = namespace(*(part for part in point if part is not None))
        self.project = without_symmetries(self.xp, problem, point)
        self.shapes = [None if part is None else tuple(part.shape) for part in point]
        self.size = sum(int(np.prod(shape)) for shape in self.shapes if shape is not None)
        self.count = 0

    def unpacked(self, flat: Any) -> Point:
        return _unpacked(self.xp, flat, self.shapes, self.point[0])

    def tangent(self, flat: Any) -> Any:
        return _packed(self._along(self.unpacked(flat)))

    def _along(self, D: Point) -> Point:
        if isinstance(self.problem, Spheres):
            pairs = zip(self.point[:2], D[:2], strict=True)
            D = (*(V - X * self.xp.sum(X * V, axis=0)[None, :] for X, V in pairs), None)
        return self.project(D)

    def product(self, flat: Any, lift: float = 0.0) -> Any:
        """Hess applied to the tangent part, plus ``lift`` times the rest."""
        self.count += 1
        D = self._along(self.unpacked(flat))
        made = evaluate(self.problem, self.point, D, **self.options).product  # type: ignore[arg-type]
        assert made is not None
        return _packed(self._along(made)) + lift * (flat - _packed(D))


def _packed(parts: Point) -> Any:
    return np.concatenate([on_host(part).ravel() for part in parts if part is not None])


def _unpacked(xp: Any, flat: Any, shapes: list[Any], like: Any) -> Point:
    place = {} if xp is np else {"device": like.device}
    parts: list[Any] = []
    start = 0
    for shape in shapes:
        if shape is None:
            parts.append(None)
            continue
        stop = start + int(np.prod(shape))
        parts.append(xp.asarray(np.array(flat[start:stop]).reshape(shape), dtype=like.dtype, **place))
        start = stop
    return parts[0], parts[1], parts[2]
