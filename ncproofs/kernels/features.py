r"""Value, gradient and Hessian-vector products of a problem with features, Euclidean and on spheres.

    f = (1/N) sum_i L(W^T h_i + b) + lambda_W/2 |W|^2 + lambda_H/2 |H|^2 + lambda_b/2 |b|^2,
    f = (1/N) sum_i L(tau W^T h_i) on unit columns: gradient P(g), Hessian P(e[D]) - D <x, g> column by column.

Gradient and product come out of one pass over the logits, which are never stored as a whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.kernels.arrays import namespace
from ncproofs.kernels.columns import columns_of
from ncproofs.kernels.labels import Labels, class_major
from ncproofs.kernels.sweep import TILE, Point, Swept, sweep
from ncproofs.problems.features import Ridge, Spheres

__all__ = ["Evaluation", "evaluate", "inner", "scale_of", "scaled", "weights_of"]


@dataclass(frozen=True)
class Evaluation:
    """``gradient`` and ``product`` (the Hessian applied to the direction) have the shapes of the point.

    ``curvature`` is <D, Hess f[D]>. The last two are None without a direction.
    """

    value: float
    gradient: Point
    product: Point | None = None
    curvature: float | None = None


def evaluate(problem: Ridge | Spheres, point: Point, direction: Point | None = None, *, labels: Labels | None = None,
             tile: int = TILE, threads: int = 1, passes: Literal["array", "triton"] = "array",
             heard: Callable[[int], None] | None = None) -> Evaluation:
    """f, its (Riemannian) gradient, and along ``direction`` the Hessian product and the curvature, in one pass.

    Shapes: ``point`` is (W, H, b): (d, K), (d, N) and (K,), b None when the problem has no bias and on spheres;
    ``direction`` alike, tangent on spheres. Arrays of NumPy, or of any namespace that array-api-compat knows; dtype
    and device are kept. ``labels`` default to n samples of each class, class-major; then N = n K. ``threads`` > 1
    speeds NumPy up where BLAS alone would use them (needs threadpoolctl). ``passes="triton"`` fuses the passes over
    tiles of torch tensors on CUDA (softmax losses). ``heard`` is told how many samples were just finished.

    Memory: results and a few tiles of ``tile`` entries beyond the arguments; each thread has results (d, K) of its own.

    Raises:
        InvalidProblem: shapes that do not match. InexactInput: mixed or other dtypes. OutOfScope: the value is not
            finite there (an exponential overflowed, a logarithm of a negative number).
    """
    labels = labels or class_major(problem.K, problem.n)
    arrays = [part for where in (point, direction or ()) for part in where if part is not None]
    xp = namespace(*arrays)
    for where in (point, direction) if direction is not None else (point,):
        _refuse_shapes(problem, where, labels)
    scale = scale_of(problem)
    shrunk, moved = scaled(point, scale), None if direction is None else scaled(direction, scale)
    columns = columns_of(problem.loss)
    if passes == "triton":
        from ncproofs.kernels.triton_softmax import fused

        columns = fused(columns)
    with np.errstate(all="ignore"):  # what overflows is refused below
        found = sweep(xp, columns, shrunk, moved, labels, tile, threads, heard)
        if isinstance(problem, Spheres):
            made = _on_spheres(xp, problem, point, direction, found, labels.N)
        else:
            made = _with_decay(xp, problem, point, direction, found, labels.N)
        parts = [part for part in (*made.gradient, *(made.product or ())) if part is not None]
        total = made.value + sum(float(xp.sum(part)) for part in parts)
    if not math.isfinite(total):
        raise OutOfScope(f"{problem.loss} is not finite at this point in {point[0].dtype}")
    return made


def scale_of(problem: Ridge | Spheres) -> float:
    """tau on spheres, else 1."""
    return _rounded("tau", problem.tau) if isinstance(problem, Spheres) else 1.0


def weights_of(problem: Ridge) -> list[float]:
    """The weights of W, H and b."""
    names = ("lambda_W", "lambda_H", "lambda_b")
    return [_rounded(name, getattr(problem, name) or Fraction(0)) for name in names]


def _rounded(name: str, value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        raise OutOfScope(f"{name} is larger than any float; array kernels need one below 1e308") from None


def scaled(where: Point, scale: float) -> Point:
    """tau enters with W: the logits are (tau W)^T H."""
    return where if scale == 1.0 else (where[0] * scale, where[1], where[2])


def _refuse_shapes(problem: Ridge | Spheres, where: Point, labels: Labels) -> None:
    W, H, b = where
    needed = {"W": (problem.d, problem.K), "H": (problem.d, labels.N)}
    for name, part in (("W", W), ("H", H)):
        if tuple(part.shape) != needed[name]:
            raise InvalidProblem(f"{name} has shape {tuple(part.shape)}, but {needed[name]} is needed")
    has_bias = isinstance(problem, Ridge) and problem.has_bias
    if (b is not None) != has_bias or (b is not None and tuple(b.shape) != (problem.K,)):
        given = "none" if b is None else f"shape {tuple(b.shape)}"
        raise InvalidProblem(f"b: {given} given, but {f'({problem.K},)' if has_bias else 'None'} is needed")
    if labels.K != problem.K:
        raise InvalidProblem(f"labels of {labels.K} classes given for a problem with K={problem.K}")


def inner(xp: Any, left: Point, right: Point) -> float:
    """The trace inner product of two points or directions."""
    pairs = ((a, b) for a, b in zip(left, right, strict=True) if a is not None)
    return sum(float(xp.sum(a * b)) for a, b in pairs)


def _with_decay(xp: Any, problem: Ridge, point: Point, direction: Point | None, found: Swept, N: int) -> Evaluation:
    weights = weights_of(problem)
    decay = sum(w * float(xp.sum(part * part)) for w, part in zip(weights, point, strict=True) if part is not None)

    def damped(sums: tuple[Any, Any, Any], at: Point) -> Point:
        made: list[Any] = []
        for total, weight, part in zip(sums, weights, at, strict=True):
            if part is not None:
                # In place where arrays can change: the sums are ours and as large as the arguments.
                total /= N
                total += weight * part
            made.append(None if part is None else total)
        return made[0], made[1], made[2]

    value = found.value / N + decay / 2
    gradient = damped((found.W, found.H, found.b), point)
    if direction is None:
        return Evaluation(value, gradient)
    product = damped((found.along_W, found.along_H, found.along_b), direction)
    return Evaluation(value, gradient, product, inner(xp, direction, product))


def _on_spheres(xp: Any, problem: Spheres, point: Point, direction: Point | None, found: Swept, N: int) -> Evaluation:
    tau = scale_of(problem)

    def tangent(X: Any, V: Any) -> Any:
        return V - X * xp.sum(X * V, axis=0)[None, :]

    W, H, _ = point
    slopes = found.W * (tau / N), found.H / N
    gradient: Point = (tangent(W, slopes[0]), tangent(H, slopes[1]), None)
    if direction is None:
        return Evaluation(found.value / N, gradient)
    bent = found.along_W * (tau / N), found.along_H / N
    parts = [
        tangent(X, E) - V * xp.sum(X * g, axis=0)[None, :]
        for X, V, g, E in zip((W, H), direction[:2], slopes, bent, strict=True)
    ]
    product: Point = (parts[0], parts[1], None)
    return Evaluation(found.value / N, gradient, product, inner(xp, direction, product))
