r"""A search for good spherical codes, in floats: annealed log-sum-exp, then sequential linear programs.

By rho* = 1 - c* it is enough to push the largest inner product down. Each start minimises
tau log sum_{i<j} exp(<w_i, w_j>/tau) for falling tau by L-BFGS. The first tau is mixed between starts: a hot
start falls into the basin of a low-energy code, which for (d, K) = (3, 13) is never the best one. What comes out
certifies nothing; ``code_local`` and ball arithmetic do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FIRST_TEMPERATURES", "Found", "anneal", "ascended", "close_pairs", "contacts_of", "largest_cosine", "polish",
    "search",
    "tangent_frames", "tangent_rows", "unit", "usual_starts",
]

Array = NDArray[np.float64]

#: Where annealing begins, in turn, relative to the squared distance of neighbours on a sphere so full.
FIRST_TEMPERATURES = (0.06, 2.0, 0.02, 0.2, 0.6, 0.006)
_COOLING, _COARSE, _COLDEST = 0.35, 1e-3, 2e-5
_POLISHED = 3
_TOO_FINE = 1e-14
#: A linear program takes about K d (d-1)^2 times ten microseconds: how many are solved, and for how many codes.
_WORK, _SMALL_WORK = 400_000, 6_000
#: More points than this make every step slow, so fewer are taken.
_MANY = 200
#: Annealing where settling failed: steps at each temperature, the first ones and the last, the largest K^2 d for it.
_LONG, _WARM, _COLD, _LONG_WORK = 4000, (1e-3, 1e-2), 3e-7, 40_000
#: More coordinates than this are annealed longer before they settle, not after.
_LARGE = 1000
#: Ascents from given points, and climbs in each; the size of a shake; gains below the last end a climb.
_ASCENTS, _CLIMBS, _SHAKE, _EVEN, _MOST_ASCENDED = 3, 20, 1e-3, 1e-7, 3000
#: The first trust region of settling.
_TRUSTED = 3e-4


@dataclass(frozen=True, eq=False)
class Found:
    """Unit rows W (K, d) and their largest inner product; ``start`` says which start found them.

    ``settled``: they are at a local optimum up to the rounding of floats (``code_settle``).
    """

    W: Array
    cosine: float
    start: int
    starts: int
    settled: bool


def largest_cosine(W: Array) -> float:
    """c(W) of unit rows."""
    gram = W @ W.T
    np.fill_diagonal(gram, -np.inf)
    return float(gram.max())


def unit(W: Array) -> Array:
    """The rows divided by their lengths."""
    return W / np.linalg.norm(W, axis=1, keepdims=True)


def _energy(flat: Array, K: int, d: int, tau: float) -> tuple[float, Array]:
    """tau log sum exp over pairs of the normalised rows, and its gradient in the rows before normalising."""
    raw = flat.reshape(K, d)
    lengths = np.linalg.norm(raw, axis=1, keepdims=True)
    W = raw / lengths
    gram = W @ W.T
    np.fill_diagonal(gram, -np.inf)
    top = gram.max()
    weights = np.exp((gram - top) / tau)
    total = weights.sum()
    slope = 2 * (weights / total) @ W
    slope -= (slope * W).sum(axis=1, keepdims=True) * W
    return float(top + tau * np.log(total / 2)), (slope / lengths).ravel()


def anneal(W: Array, first: float, *, last: float = _COLDEST, steps: int | None = None) -> Array:
    """Minimise the log-sum-exp energy at falling temperatures, from ``first`` to ``last``, by ``steps`` each."""
    from scipy.optimize import minimize

    K, d = W.shape
    steps = steps or (300 if K <= _MANY else 120)
    tau = first
    while tau > last:
        done = minimize(_energy, W.ravel(), args=(K, d, tau), jac=True, method="L-BFGS-B",
                        options={"maxiter": steps, "maxfun": 2 * steps, "maxcor": 20, "ftol": 1e-15, "gtol": 1e-9})
        W = unit(done.x.reshape(K, d))
        tau *= _COOLING
    return W


def tangent_frames(W: Array) -> Array:
    """(K, d, d-1): orthonormal bases of the tangent spaces."""
    K, d = W.shape
    frames = np.empty((K, d, d - 1))
    for k in range(K):
        q, _ = np.linalg.qr(np.column_stack([W[k], np.eye(d)]))
        frames[k] = q[:, 1:d]
    return frames


def tangent_rows(W: Array, pairs: NDArray[np.int_], frames: Array) -> Any:
    """The sparse matrix of the first variations of <w_i, w_j> in tangent coordinates."""
    from scipy.sparse import coo_matrix

    i, j = pairs[:, 0], pairs[:, 1]
    left = np.einsum("pd,pdt->pt", W[j], frames[i])
    right = np.einsum("pd,pdt->pt", W[i], frames[j])
    t = frames.shape[2]
    columns = np.arange(t)
    row = np.repeat(np.arange(len(pairs)), t)
    data = np.concatenate([left.ravel(), right.ravel()])
    where = np.concatenate([(i[:, None] * t + columns).ravel(), (j[:, None] * t + columns).ravel()])
    return coo_matrix((data, (np.concatenate([row, row]), where)), shape=(len(pairs), len(W) * t)).tocsr()


@dataclass(frozen=True, eq=False)
class LinearStep:
    """Rows that a linear program moved by at most ``size`` in each coordinate, the gain it promised, and its pairs
    with their multipliers."""

    W: Array
    size: float
    promised: float
    pairs: NDArray[np.int_]
    multipliers: Array


def linear_step(W: Array, best: float, radius: float, method: str = "highs") -> LinearStep | None:
    """The linear program for a smaller c(W) in a trust region, with the pairs that may reach ``best`` in it."""
    from scipy.optimize import linprog
    from scipy.sparse import hstack

    K, d = W.shape
    gram = W @ W.T
    pairs = np.argwhere(np.triu(gram > best - 6 * radius - 1e-9, 1))
    frames = tangent_frames(W)
    rows = hstack([tangent_rows(W, pairs, frames), -np.ones((len(pairs), 1))]).tocsr()
    goal = np.zeros(rows.shape[1])
    goal[-1] = 1
    # In units of the radius, since the solver's tolerances are absolute.
    bounds = [(-1.0, 1.0)] * (rows.shape[1] - 1) + [(None, 0.0)]
    gaps = (best - gram[pairs[:, 0], pairs[:, 1]]) / radius
    done = linprog(goal, A_ub=rows, b_ub=gaps, bounds=bounds, method=method)
    if done.x is None:
        return None
    steps = radius * done.x[:-1].reshape(K, d - 1)
    moved = unit(W + np.einsum("kdt,kt->kd", frames, steps))
    size, promised = float(np.abs(steps).max()), -radius * float(done.x[-1])
    return LinearStep(moved, size, promised, pairs, -done.ineqlin.marginals)


def polish(W: Array, rounds: int = 40, radius: float = 0.02) -> Array:
    """Sequential linear programs for min c(W) in a shrinking trust region; quadratic near a rigid code."""
    K, d = W.shape
    best = largest_cosine(W)
    for _ in range(min(rounds, _WORK // (K * d * (d - 1) ** 2 * (1 + K // (_MANY + 1))))):
        step = linear_step(W, best, radius)
        if step is None:
            break
        value = largest_cosine(step.W)
        gained = best - value
        if gained > 0:
            W, best = step.W, value
        # A step that keeps less than a tenth of what the linear program promised was too long.
        radius = min(radius, 4 * step.size) if gained > step.promised / 10 else radius / 4
        if radius < _TOO_FINE:
            break
    return W


def contacts_of(W: Array) -> list[tuple[int, int]]:
    """The pairs i < j whose inner product is the largest, up to the widest gap below 10^-6 in the sorted list."""
    gram = W @ W.T
    pairs = np.argwhere(np.triu(np.ones_like(gram, dtype=bool), 1))
    below = largest_cosine(W) - gram[pairs[:, 0], pairs[:, 1]]
    order = np.argsort(below, kind="stable")
    ordered = below[order] + _TOO_FINE
    inside = int(np.searchsorted(ordered, 1e-6))
    ends = np.append(ordered, 3.0)
    ratios = ends[1 : inside + 1] / ends[:inside]
    count = int(np.argmax(ratios)) + 1
    return [(int(i), int(j)) for i, j in pairs[np.sort(order[:count])]]


def close_pairs(W: Array) -> list[tuple[int, int]]:
    """Pairs close to the largest inner product of a code that is not settled, so that no gap sets its contacts apart.

    Of 10^-12, ..., 10^-4 below the largest, the tolerance is taken at which the next one adds least, among those that
    leave at least K/2 pairs.
    """
    gram = W @ W.T
    pairs = np.argwhere(np.triu(np.ones_like(gram, dtype=bool), 1))
    below = largest_cosine(W) - gram[pairs[:, 0], pairs[:, 1]]
    levels = 10.0 ** np.arange(-12, -3)
    counts = [int((below <= level).sum()) for level in [*levels, 10 * levels[-1]]]
    enough = [p for p in range(len(levels)) if 2 * counts[p] >= len(W)] or [len(levels) - 1]
    chosen = min(enough, key=lambda p: counts[p + 1] / max(counts[p], 1))
    return [(int(i), int(j)) for i, j in pairs[below <= levels[chosen]]]


def usual_starts(K: int, d: int) -> int:
    """How many starts a search makes when nobody says: a few seconds' worth."""
    return max(4, min(48, 60_000 // (K * K * d)))


def _silent(line: str) -> None:
    """Nobody is told."""


def search(K: int, d: int, *, starts: int, seed: int, progress: Callable[[str], None] = _silent) -> Found:
    """The best of ``starts`` annealed and polished random starts; the same seed gives the same code.

    Every start is annealed coarsely, the best third finely, and the best few of those are polished.

    Arguments:
        K: points.
        d: dimension, at least 2.
        starts: random starts.
        seed: of the random numbers.
        progress: called with a line whenever a part is done.
    """
    rng = np.random.default_rng(seed)
    scale = min(1.0, 3.0 * K ** (-2 / max(d - 1, 1)))
    coarse = []
    for start in range(starts):
        first = FIRST_TEMPERATURES[start % len(FIRST_TEMPERATURES)] * scale
        coarse.append((start, anneal(unit(rng.standard_normal((K, d))), first, last=_COARSE * scale)))
        progress(f"start {start + 1} of {starts}: largest cosine {largest_cosine(coarse[-1][1]):.6f}")
    coarse = _best_of(coarse, max(4, starts // 3))
    progress(f"annealing the best {len(coarse)} of them to the end")
    fine = [(start, anneal(W, _COARSE * scale, last=_COLDEST * scale)) for start, W in coarse]
    progress("polishing by linear programs")
    count = _POLISHED if K * d * (d - 1) ** 2 < _SMALL_WORK else 1
    polished = [(start, polish(W, radius=0.005 * scale)) for start, W in _best_of(fine, count)]
    ((start, W),) = _best_of(polished, 1)
    progress("settling at a local optimum")
    W, settled = _settled(W, scale)
    return Found(W, largest_cosine(W), start, starts, settled)


def _settled(W: Array, scale: float) -> tuple[Array, bool]:
    """``settle``; where that ends in a flat valley, again from longer annealings, cool and then warm."""
    from ncproofs.critical.code_settle import settle

    K, d = W.shape
    if K * d > _LARGE:  # a step of annealing costs far less than a linear program
        cooled = anneal(W, _WARM[0] * scale, last=_COLD * scale, steps=_LONG // 4)
        W = min((W, cooled), key=largest_cosine)
    found = settle(W, _TRUSTED * scale)
    for warm in _WARM if K * K * d <= _LONG_WORK else ():
        if found.done:
            break
        longer = settle(anneal(found.W, warm * scale, last=_COLD * scale, steps=_LONG), _TRUSTED * scale)
        found = min((longer, found), key=lambda part: round(largest_cosine(part.W), 12))
    return found.W, found.done


def ascended(W: Array, is_end: Callable[[Array], bool]) -> tuple[Array, bool]:
    """A local ascent of 1 - c(W) from unit rows to its end, and whether it ended at a local optimum up to rounding.

    ``is_end`` may tell of rows that they are known to be near an optimum.

    First within the rounding of a table; then from further and further away. Linear programs cannot leave a point
    where all contacts balance, as in the cube, though moves of second order lead up: a shake does.
    """
    from ncproofs.critical.code_settle import NEAR, settle

    K, d = W.shape
    scale = min(1.0, 3.0 * K ** (-2 / max(d - 1, 1)))
    if is_end(W):
        return W, True
    found = settle(W, NEAR)
    rng = np.random.default_rng(0)
    for attempt in range(_ASCENTS):
        if is_end(found.W) or found.done or K * d > _MOST_ASCENDED:
            break
        near = found.W + (_SHAKE * scale * rng.standard_normal(W.shape) if attempt else 0.0)
        for _ in range(_CLIMBS):
            best = largest_cosine(near)
            near = polish(unit(near), radius=0.2 * scale)
            if largest_cosine(near) > best - _EVEN:
                break
        if is_end(near):
            return near, True
        near = anneal(near, _WARM[0] * scale, last=_COLD * scale, steps=_LONG // 4)
        again = settle(polish(near, radius=0.005 * scale), _TRUSTED * scale)
        found = min((again, found), key=lambda part: round(largest_cosine(part.W), 12))
    return found.W, found.done


def _best_of(entries: list[tuple[int, Array]], count: int) -> list[tuple[int, Array]]:
    """The ``count`` codes of least c(W), one for each value to nine digits, ties to the earlier start."""
    ranked = sorted(((round(largest_cosine(W), 9), start, W) for start, W in entries), key=lambda entry: entry[:2])
    seen: set[float] = set()
    kept = []
    for value, start, W in ranked:
        if value not in seen:
            kept.append((start, W))
            seen.add(value)
    return kept[:count]
