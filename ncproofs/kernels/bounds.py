r"""Rounding bounds of ``evaluate``: how far value, gradient and products can be from those of the exact arrays.

Assumed of the machine, beyond ``arithmetic.floating`` (round to nearest, conventional matrix products and sums in
any order, fused or not): exp and log within ``TRUSTED_ULPS`` units in the last place, pow within four times that.

Per sample i, with |w| = max_j |w_j|, Z <= |w| |h_i| + |b|, the error of a logit is e_i = gamma_{d+4} (|w| |h_i| + |b|)
and of its derivative f_i = gamma_{d+4} (|dw| |h_i| + |w| |dh_i| + |db|). A shift by the running maximum cancels in
exact arithmetic, so exp(z - top) has the relative error rho = expm1(e + 2 u Z) + 8 u, and the shifted sum, over K
classes in T tiles, sigma = rho + gamma_{K+8T} (1 + ...). Then |dell| <= sigma + e + u (...), the profile's values
come with errors from ``Bounded``, and p_j = exp(z_j - top)/s with relative error eta = rho + sigma + 8 u gives

    |dG_i| <= 2 |da| + |a| eta + ...,    |dY_i| <= |da| 2q + |a| (f + dm) + dc + eta (2 |a| q + |c|) + ...,

since |p|_2 <= |p|_1 = 1. A loss of class sums is bounded entry by entry. Matrix products add gamma_{N+..} or
gamma_{K+..} times norms. The bounds are computed in doubles and raised by a part in a million for their own rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ncproofs.kernels.arrays import namespace, on_host, unit_roundoff
from ncproofs.kernels.bounded import TRUSTED_ULPS, Bounded, smallest_normal
from ncproofs.kernels.columns import SoftmaxColumns, SumColumns, columns_of
from ncproofs.kernels.features import scale_of, scaled, weights_of
from ncproofs.kernels.labels import Labels, class_major
from ncproofs.kernels.sweep import TILE, Point, Sweep
from ncproofs.losses.loss import S
from ncproofs.problems.features import Ridge, Spheres

__all__ = ["RoundingBounds", "rounding_bounds"]

_RAISED = 1 + 1e-6
Array = Any


@dataclass(frozen=True)
class RoundingBounds:
    """Upper bounds: of |value error|, of Frobenius norms of the errors of gradient and product block by block (None
    without a bias), of |curvature error|. The last two are None without a direction."""

    value: float
    gradient: tuple[float, float, float | None]
    product: tuple[float, float, float | None] | None = None
    curvature: float | None = None


@dataclass(frozen=True)
class _Sizes:
    """Norms and unit roundoff that every sample needs; ``w``, ``v`` the largest columns of W and dW."""

    u: float
    d: int
    K: int
    N: int
    class_tiles: int
    w: float
    v: float
    W: float
    V: float
    b: float
    db: float
    h: Array
    g: Array

    def gamma(self, count: int) -> float:
        share = count * self.u
        return share / (1 - share) if share < 1 else np.inf


@dataclass(frozen=True)
class _Errors:
    """Per sample: size and error of the loss; norm and error norm of G_i, and of Y_i."""

    loss: Array
    value: Array
    G: Array
    dG: Array
    Y: Array
    dY: Array


def rounding_bounds(problem: Ridge | Spheres, point: Point, direction: Point | None = None, *,
                    labels: Labels | None = None, tile: int = TILE) -> RoundingBounds:
    """Bounds for what ``evaluate`` returns for the same arguments, for every order of summation it may use.

    Costs one pass over the logits (without the matrix products of the gradient). An infinite bound says that nothing
    is known there, for example where 1 - p is a rounding error and the loss divides by it.
    """
    with np.errstate(all="ignore"):  # where a bound overflows it is infinite, which is what it says
        return _bounded(problem, point, direction, labels or class_major(problem.K, problem.n), tile)


def _bounded(problem: Ridge | Spheres, point: Point, direction: Point | None, labels: Labels,
             tile: int) -> RoundingBounds:
    xp = namespace(*(part for where in (point, direction or ()) for part in where if part is not None))
    scale = scale_of(problem)
    at, along = scaled(point, scale), None if direction is None else scaled(direction, scale)
    columns = columns_of(problem.loss)
    pass_ = Sweep(xp, columns, at, along, labels, tile)
    sizes = _sizes(at, along, pass_)
    step = pass_.per_samples
    if isinstance(columns, SumColumns):  # whose bounds keep some 26 arrays of all classes times a block of samples
        step = max(1, min(step, tile // (6 * sizes.K)))
    blocks = [_block_errors(columns, pass_, sizes, start, min(sizes.N, start + step))
              for start in range(0, sizes.N, step)]
    errors = _Errors(*(np.concatenate([getattr(block, name) for block in blocks]) for name in _Errors.__annotations__))
    if isinstance(problem, Spheres):
        found = _sphere_bounds(problem, point, direction, sizes, errors)
    else:
        found = _ridge_bounds(problem, point, direction, sizes, errors)
    weights = weights_of(problem) if isinstance(problem, Ridge) else ()
    return _with_underflow(found, sizes, max(1.0, scale**4, *weights), *point, *(direction or ()))


def _with_underflow(found: RoundingBounds, sizes: _Sizes, heavy: float, *parts: Any) -> RoundingBounds:
    """Every operation may also lose the smallest normal number, times factors of at most the largest entry, and sums
    of squares times the largest weight, or temperatures, ``heavy``."""
    largest = max(1.0, *(_largest(part) for part in parts))
    terms = float(sizes.K + sizes.N) * (sizes.d + sizes.K + sizes.N)
    lost = float(64 * terms * np.float64(largest) ** 4 * np.float64(heavy) * smallest_normal(sizes.u))

    def more(bound: float | None) -> float | None:
        """NaN is 0 times infinity somewhere: nothing is known."""
        return None if bound is None else np.inf if np.isnan(bound) else bound + lost

    def raised(blocks: Any) -> Any:
        return None if blocks is None else tuple(map(more, blocks))

    value = more(found.value)
    assert value is not None
    return RoundingBounds(value, raised(found.gradient), raised(found.product), more(found.curvature))


def _sizes(at: Point, along: Point | None, pass_: Sweep) -> _Sizes:
    def lengths(part: Any, count: int) -> Array:
        return np.zeros(count) if part is None else _lengths(on_host(part))

    V, G, db = along or (None, None, None)
    columns, moved = lengths(at[0], pass_.K), lengths(V, pass_.K)
    return _Sizes(
        u=unit_roundoff(at[0]), d=pass_.d, K=pass_.K, N=pass_.N, class_tiles=-(-pass_.K // pass_.per_classes),
        w=_RAISED * columns.max(), v=_RAISED * moved.max(), W=_RAISED * float(np.sqrt((columns**2).sum())),
        V=_RAISED * float(np.sqrt((moved**2).sum())), b=_largest(at[2]), db=_largest(db),
        h=lengths(at[1], pass_.N), g=lengths(G, pass_.N),
    )


def _lengths(array: Array) -> Array:
    """At least the Euclidean lengths of the columns; scaled first, so that no square vanishes or overflows."""
    top = float(np.abs(array).max(initial=0.0))
    return array[0] * 0 if top == 0 else _RAISED * top * np.sqrt(((array / top) ** 2).sum(axis=0))


def _largest(part: Any) -> float:
    return 0.0 if part is None else float(np.abs(on_host(part)).max())


def _block_errors(columns: SoftmaxColumns | SumColumns, pass_: Sweep, sizes: _Sizes, start: int, stop: int) -> _Errors:
    h, g = sizes.h[start:stop], sizes.g[start:stop]
    Z, Q = sizes.w * h + sizes.b, sizes.v * h + sizes.w * g + sizes.db
    # d products, the bias, and tau W in place of W (two roundings) on spheres. Twice: the logits here, from which all
    # is measured, are as far from the exact ones as those of ``evaluate`` are on the other side.
    e, f = 2 * sizes.gamma(sizes.d + 4) * Z, 2 * sizes.gamma(sizes.d + 6) * Q
    if isinstance(columns, SoftmaxColumns):
        scalars, _ = pass_.scalars(start, stop)
        m = pass_.labels.counts(start, stop).astype(float)
        return _softmax_errors(columns, on_host(scalars.seen[0]), m, sizes, Z, Q, e, f)
    return _sum_errors(columns, pass_, sizes, (start, stop), Q, e, f)


def _softmax_errors(columns: SoftmaxColumns, ell: Array, m: Array, sizes: _Sizes, Z: Array, Q: Array, e: Array,
                    f: Array) -> _Errors:
    u, K, tilt = sizes.u, sizes.K, abs(columns.tilt)
    ulp = 2 * TRUSTED_ULPS * u
    with np.errstate(all="ignore"):
        rho = np.expm1(e + 2 * u * Z) * (1 + ulp) + ulp
        # Each new tile rescales the sum: one more exponential, product and sum.
        again = sizes.class_tiles * (np.expm1(2 * u * Z) + ulp + 4 * u)
        # exp may underflow to zero: an absolute error, small beside a sum that is at least one.
        under = K * (2.0**-120 if u > 2.0**-30 else 2.0**-1000)
        sigma = under + (rho + again) * (1 + sizes.gamma(K + 8)) + sizes.gamma(K + 8)
        sigma = np.where(sigma < 0.5, sigma / (1 - sigma), np.inf)
        log_K = np.log(K) + 1
        lse = Z + log_K
        off = m * (sigma + ulp * log_K + 3 * u * lse) + m * e + 2 * u * (m * lse + m * Z) + sizes.gamma(K) * m * e
        do = Bounded(u)
        parts = columns.profile.run(do, {"ell": (ell, off)})
        (F, dF), (a, da), (bend, dbend) = ((np.abs(v) + 0 * ell, 2 * err + 0 * ell) for v, err in parts)
        a, da = m * a, m * da + 2 * u * m * a
        eta = under + (rho + sigma + ulp + 8 * u) * (1 + rho + sigma)
        floor = 4 * u * tilt * m * (1 + 1 / np.sqrt(K))
        G = 2 * a + 2 * tilt * m
        dG = 2 * da + a * eta + 4 * u * G + floor
        mean = f + Q * (eta + sizes.gamma(K + 8))
        c = bend * 2 * m * Q
        dc = (dbend * 2 * Q + bend * (mean + f + 4 * u * Q)) * 2 * m
        Y, inside = 2 * a * Q + 2 * c, 2 * a * Q + c
        dY = da * 2 * Q + a * (f + mean) + 2 * dc + (eta + 16 * u) * inside + 4 * u * c
        value = dF + tilt * m * (2 * e + sizes.gamma(K + 4) * 2 * Z) + 4 * u * (tilt * m * 2 * Z)
        return _Errors(F + value + 2 * tilt * m * Z, value, G, dG, Y, dY)


def _sum_errors(columns: SumColumns, pass_: Sweep, sizes: _Sizes, block: tuple[int, int], Q: Array, e: Array,
                f: Array) -> _Errors:
    """Entry by entry: waves at z +- e, their sums, phi at those, and the columns with all errors."""
    do, m = Bounded(sizes.u), columns.sums
    tiles = [pass_.logits(*block, first, last) for first, last in pass_.classes()]
    Z = np.concatenate([on_host(z) for z, _ in tiles], axis=0)
    waves = [(v + 0 * Z, err + 0 * Z) for v, err in columns.waves.run(do, {"z": (Z, np.broadcast_to(e, Z.shape))})]
    counted = sizes.gamma(sizes.K + 4 + sizes.class_tiles)
    totals = {S(i + 1).name: do.in_range(_total(waves[i], counted)) for i in range(m)}
    scalars, _ = pass_.scalars(*block)
    t = (on_host(scalars.seen[0]), e * pass_.labels.counts(*block))
    phi = columns.phi.run(do, {"t": t, "K": do.constant(sizes.K), **totals})
    value, *partials = ((v + 0 * e, err + 0 * e) for v, err in phi)
    first, flat = partials[: m + 1], partials[m + 1 :]
    G = _column([do.multiply(waves[m + i], first[i + 1]) for i in range(m)], first[0], do)
    if pass_.D is None:
        none = 0 * e
        return _Errors(np.abs(value[0]), 2 * value[1], *G, none, none)
    q = (np.concatenate([on_host(part) for _, part in tiles], axis=0), np.broadcast_to(f, Z.shape))
    along = [(Q, f), *(_total(do.multiply(waves[m + i], q), counted) for i in range(m))]
    along = [(np.abs(v), err) for v, err in map(do.in_range, along)]
    second = [_summed([do.multiply(_size(flat[i * (m + 1) + j]), along[j]) for j in range(m + 1)], do)
              for i in range(m + 1)]
    bend = _summed([do.multiply(waves[2 * m + i], first[i + 1]) for i in range(m)], do)
    entries = [do.multiply(bend, q), *(do.multiply(_size(waves[m + i]), second[i + 1]) for i in range(m))]
    Y, dY = _column([_size(entry) for entry in entries], second[0], do)
    return _Errors(np.abs(value[0]), 2 * value[1], *G, Y, dY)


def _size(pair: tuple[Array, Array]) -> tuple[Array, Array]:
    return np.abs(pair[0]), pair[1]


def _summed(terms: list[tuple[Array, Array]], do: Bounded) -> tuple[Array, Array]:
    total = terms[0]
    for term in terms[1:]:
        total = do.add(_size(total), _size(term))
    return total


def _total(pair: tuple[Array, Array], counted: float) -> tuple[Array, Array]:
    """A sum over the classes, in any order."""
    error = pair[1].sum(axis=0)
    return pair[0].sum(axis=0), error + counted * (np.abs(pair[0]).sum(axis=0) + error)


def _column(entries: list[tuple[Array, Array]], target: tuple[Array, Array], do: Bounded) -> tuple[Array, Array]:
    """Norm and error norm of a column of entries with the target's coefficient added."""
    body, error = _summed([_size(entry) for entry in entries], do)
    norm = np.sqrt((body**2).sum(axis=0)) + np.abs(target[0])
    return norm, 2 * (np.sqrt((error**2).sum(axis=0)) + target[1]) + 4 * do.u * norm


def _sums(sizes: _Sizes, errors: _Errors) -> dict[str, float]:
    """Errors of the sums that ``sweep`` returns, as Frobenius norms."""
    over_N, over_K = sizes.gamma(2 * sizes.N + 8), sizes.gamma(sizes.K + 4 * sizes.class_tiles + 8)
    h, g = sizes.h, sizes.g
    dG, dY = errors.dG + over_N * (errors.G + errors.dG), errors.dY + over_N * (errors.Y + errors.dY)
    at_H = sizes.W * (errors.dG + over_K * (errors.G + errors.dG))
    along_H = sizes.W * (errors.dY + over_K * (errors.Y + errors.dY))
    along_H = along_H + sizes.V * (errors.dG + over_K * (errors.G + errors.dG))
    return {
        "W": float((h * dG).sum()), "H": float(np.sqrt((at_H**2).sum())), "b": float(dG.sum()),
        "along_W": float((h * dY + g * dG).sum()), "along_H": float(np.sqrt((along_H**2).sum())),
        "along_b": float(dY.sum()), "value": float(errors.value.sum()),
    }


def _slopes(sizes: _Sizes, errors: _Errors) -> dict[str, float]:
    """Upper bounds of the Frobenius norms of the sums that ``sweep`` returns."""
    h, g, G, Y = sizes.h, sizes.g, errors.G + errors.dG, errors.Y + errors.dY
    return {
        "W": float((h * G).sum()), "H": sizes.W * float(np.sqrt((G**2).sum())), "b": float(G.sum()),
        "along_W": float((h * Y + g * G).sum()), "along_b": float(Y.sum()),
        "along_H": float(np.sqrt(((sizes.W * Y + sizes.V * G) ** 2).sum())),
    }


def _norm(part: Any) -> float:
    return float(_lengths(on_host(part).reshape(-1, 1))[0])


def _ridge_bounds(problem: Ridge, point: Point, direction: Point | None, sizes: _Sizes,
                  errors: _Errors) -> RoundingBounds:
    u, N, sums, sizes_of = sizes.u, sizes.N, _sums(sizes, errors), _slopes(sizes, errors)
    weights = weights_of(problem)

    def block(name: str, error: float, size: float, weight: float, part: Any) -> float | None:
        # Division by N, the weight, and one sum: at most four more roundings.
        return None if part is None else _RAISED * ((error + 4 * u * size) / N + 4 * u * weight * _norm(part))

    gradient = [block(k, sums[k], sizes_of[k], w, part) for k, w, part in zip("WHb", weights, point, strict=True)]
    entries = sum(part.shape[0] * (part.shape[1] if part.ndim == 2 else 1) for part in point if part is not None)
    squares = sizes.gamma(entries + 8)
    decay = sum(w * _norm(part) ** 2 for w, part in zip(weights, point, strict=True) if part is not None)
    value = _RAISED * ((sums["value"] + sizes.gamma(2 * N + 8) * float(errors.loss.sum())) / N + squares * decay)
    if direction is None:
        return RoundingBounds(value, tuple(gradient))  # type: ignore[arg-type]
    product = [block(k, sums[f"along_{k}"], sizes_of[f"along_{k}"], w, part)
               for k, w, part in zip("WHb", weights, direction, strict=True)]
    curvature = 0.0
    for name, weight, part, error in zip("WHb", weights, direction, product, strict=True):
        if part is not None and error is not None:
            D = _norm(part)
            size = sizes_of[f"along_{name}"] / N + weight * D + error
            curvature += D * (error + sizes.gamma(entries + 8) * size)
    return RoundingBounds(value, tuple(gradient), tuple(product), _RAISED * curvature)  # type: ignore[arg-type]


def _sphere_bounds(problem: Spheres, point: Point, direction: Point | None, sizes: _Sizes,
                   errors: _Errors) -> RoundingBounds:
    """As ``_on_spheres`` computes: slopes g = (tau/N) H G^T and tau W G / N, then V - X <x, V> column by column.

    With |x| <= X and an error E of V, that of V - X <x, V> is at most (1 + X^2) |E| + (2 X^2 gamma_{d+8} + 4 u) |V|.
    """
    N, tau, sums, sizes_of = sizes.N, scale_of(problem), _sums(sizes, errors), _slopes(sizes, errors)
    u, over_d = sizes.u, sizes.gamma(sizes.d + 8)
    tall = [float(_lengths(on_host(part)).max()) for part in point[:2]]
    factors = {"W": tau / N, "H": 1 / N}

    def raw(name: str, kind: str) -> tuple[float, float]:
        """(size, error) of a Euclidean slope; ``kind`` is "" or "along_"."""
        size = sizes_of[f"{kind}{name}"] * factors[name]
        return size, _RAISED * (sums[f"{kind}{name}"] * factors[name] + 6 * u * size)

    def tangent(x: float, size: float, error: float) -> float:
        return (1 + x * x) * error + (2 * x * x * over_d + 4 * u) * (size + error)

    gradient = [tangent(x, *raw(name, "")) for x, name in zip(tall, "WH", strict=True)]
    value = _RAISED * (sums["value"] + sizes.gamma(2 * N + 8) * float(errors.loss.sum())) / N
    if direction is None:
        return RoundingBounds(value, (gradient[0], gradient[1], None))
    product, curvature = [], 0.0
    for x, name, part in zip(tall, "WH", direction, strict=False):
        D, longest = _norm(part), float(_lengths(on_host(part)).max())
        (g, dg), (E, dE) = raw(name, ""), raw(name, "along_")
        bent = longest * (x * dg + (over_d * x + 4 * u * x) * (g + dg))
        error = tangent(x, E, dE) + bent
        size = (1 + x * x) * E + longest * x * g + error
        product.append(error)
        curvature += D * (error + sizes.gamma(part.shape[0] * part.shape[1] + 8) * size)
    return RoundingBounds(value, (gradient[0], gradient[1], None), (product[0], product[1], None), _RAISED * curvature)
