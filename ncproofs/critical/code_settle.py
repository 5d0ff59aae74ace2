r"""Settling a code at a local optimum of c(W) to the last digits of a float, so that its contacts can be told.

Each round solves a linear program for a step in a trust region. Its multipliers s name the active pairs. Along curved
contacts a linear step violates the pairs at second order, so it is brought back to equal inner products on them (the
least correction). Then Newton's method on the optimality conditions of the active pairs,

    sum_j s_kj w_j - (sum_j s_kj <w_j, w_k>) w_k = 0,   sum s_ij = 1,   <w_i, w_j> = c,

gains all digits when they are the right ones, as many as the unknowns or fewer: R is the first variation of the pairs
and H = sum s_ij <t_i, t_j> - (1/2) sum_k (sum_j s_kj c) |t_k|^2 the second one in tangent coordinates. [H R'; R 0] is
solved by steps with H + rho R'R, which is positive at a local optimum, also when the rows of R are dependent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncproofs.critical.code_search import contacts_of, largest_cosine, linear_step, tangent_frames, tangent_rows, unit

__all__ = ["NEAR", "Settled", "settle"]

Array = NDArray[np.float64]
Pairs = NDArray[np.int_]

#: More tangent coordinates than this are not settled; above the second the linear program is solved by interior points.
_MOST, _SIMPLEX = 3000, 500
#: Rounds: at most so many, and fewer for large codes, where each takes seconds.
_ROUNDS, _WORK = 40, 65_000
#: The widest trust region: more pairs come into reach, and the program grows.
_WIDEST = 0.01
_NEWTON, _PENALTY, _INNER = 12, 1e6, 12
_EQUAL, _USED, _NOTHING = 1e-13, 1e-10, 1e-16
#: The first trust region for points that are a local optimum up to the rounding of a table.
NEAR = 1e-6


@dataclass(frozen=True, eq=False)
class Settled:
    """Unit rows ``W``, not worse than those given; ``done`` says that the optimality conditions hold to rounding."""

    W: Array
    done: bool


def settle(W: Array, radius: float) -> Settled:
    """The local optimum of c(W) near the unit rows ``W`` (K, d); ``radius`` is that of the first trust region."""
    K, d = W.shape
    size = K * (d - 1)
    if size > _MOST or d < 2:
        return Settled(W, done=False)
    best = largest_cosine(W)
    jump = _newton(W, np.array(contacts_of(W)))
    if jump is not None and jump.is_optimum(best):
        return Settled(jump.W, done=True)
    for _ in range(min(_ROUNDS, max(8, _WORK // size))):
        step = linear_step(W, best, radius, "highs" if size < _SIMPLEX else "highs-ipm")
        if step is None or step.promised < _NOTHING:
            break
        used = step.multipliers > _USED
        if not used.any():
            break
        active, promised = step.pairs[used], step.promised
        stress = step.multipliers[used] / step.multipliers[used].sum()
        moved = min((step.W, _equalised(step.W, active)), key=largest_cosine)
        gained = best - largest_cosine(moved)
        if gained > 0:
            W, best = moved, best - gained
        radius = min(_WIDEST, 2.5 * radius) if gained > 0.7 * promised else radius
        radius = radius / 4 if gained < promised / 5 else radius
        for jump in _jumps(W, active, stress):
            if jump.is_optimum(best):
                return Settled(jump.W, done=True)
            if largest_cosine(jump.W) < best:
                W, best = jump.W, largest_cosine(jump.W)
        if radius < 1e-13:
            break
    return Settled(W, done=False)


def _jumps(W: Array, active: Pairs, stress: Array) -> Iterator[_Critical]:
    """From the pairs with a multiplier; then from all that are equal, of which a vertex of the program omits some."""
    found = _newton(W, active, stress)
    if found is not None:
        yield found
        W = found.W
    equal = np.array(contacts_of(W))
    if len(equal) > len(active):
        found = _newton(W, equal)
        if found is not None:
            yield found


@dataclass(frozen=True, eq=False)
class _Critical:
    """Rows where all active pairs have inner product c, balanced by stresses of which ``least`` is the smallest."""

    W: Array
    c: float
    least: float

    def is_optimum(self, best: float) -> bool:
        """No other pair is above c, no stress is negative, and it is not worse than ``best``."""
        level = largest_cosine(self.W)
        return self.least > 0 and level - self.c < _EQUAL and level <= best + _EQUAL


def _equalised(W: Array, active: Pairs) -> Array:
    """The rows moved least so that all active pairs have one inner product; the given rows where that fails."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    start = W
    for _ in range(2):
        frames = tangent_frames(W)
        R = _bordered(W, active, frames)
        inner = (W[active[:, 0]] * W[active[:, 1]]).sum(axis=1)
        normal = (R @ R.T).toarray() + 1e-12 * np.eye(len(active))
        try:
            solved = cho_solve(cho_factor(normal, lower=True), inner.mean() - inner)
        except LinAlgError:
            return start
        step = (R.T @ solved)[:-1].reshape(frames.shape[0], frames.shape[2])
        if not np.abs(step).max() < 0.1:
            return start
        W = unit(W + np.einsum("kdt,kt->kd", frames, step))
    return W


def _bordered(W: Array, active: Pairs, frames: Array) -> Any:
    """First variations of <w_i, w_j> - c, the last column for c."""
    from scipy.sparse import hstack

    return hstack([tangent_rows(W, active, frames), -np.ones((len(active), 1))]).tocsr()


def _newton(W: Array, active: Pairs, stress: Array | None = None) -> _Critical | None:
    """Newton's method on the optimality conditions of the active pairs; None unless it ends, to rounding.

    Points of no active pair stay where they are.
    """
    W = W.copy()
    joined = np.unique(active)
    place = np.full(len(W), -1)
    place[joined] = np.arange(len(joined))
    found = _newton_joined(W[joined], place[active], stress)
    if found is None:
        return None
    W[joined] = found.W
    return _Critical(W, found.c, found.least)


def _newton_joined(W: Array, pairs: Pairs, stress: Array | None) -> _Critical | None:
    i, j = pairs[:, 0], pairs[:, 1]
    c, last = largest_cosine(W), np.inf
    for _ in range(_NEWTON):
        frames = tangent_frames(W)
        R = _bordered(W, pairs, frames)
        if stress is None:
            stress = _least_squares_stress(R)
        gap = (W[i] * W[j]).sum(axis=1) - c
        slope = R.T @ stress
        slope[-1] += 1
        error = max(np.abs(slope).max(), np.abs(gap).max())
        if error < _EQUAL / 10 or (error < 10 * _EQUAL and error > last / 2):
            # The curvature must be positive where the contacts leave room, or this is a saddle.
            curved = _solved(W, pairs, frames, R, stress, slope, gap) is not None
            return _Critical(W, c, float(stress.min())) if curved else None
        if error > 10 * last or not np.isfinite(error):
            return None
        last = error
        solved = _solved(W, pairs, frames, R, stress, slope, gap)
        if solved is None:
            return None
        step, change = solved
        moved = step[:-1].reshape(frames.shape[0], frames.shape[2])
        if np.abs(moved).max() > 0.2:
            return None
        W, c, stress = unit(W + np.einsum("kdt,kt->kd", frames, moved)), c + float(step[-1]), stress + change
    return None


def _least_squares_stress(R: Any) -> Array:
    """s with R's as near as can be to (0, ..., 0, -1), of least length."""
    normal = (R @ R.T).toarray()
    right = R @ np.append(np.zeros(R.shape[1] - 1), -1.0)
    solved: Array = np.linalg.solve(normal + 1e-13 * np.trace(normal) / len(right) * np.eye(len(right)), right)
    return solved


def _solved(
    W: Array, pairs: Pairs, frames: Array, R: Any, stress: Array, slope: Array, gap: Array
) -> tuple[Array, Array] | None:
    """The Newton step in (tangent coordinates, c) and in the stress: multipliers' method on the quadratic model."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    hessian, scale = _curvature(W, pairs, frames, stress)
    penalty = _PENALTY * scale
    matrix = hessian + penalty * (R.T @ R).toarray()
    turning = _rotations(W, frames)
    matrix[:-1, :-1] += scale * turning.T @ turning
    try:
        factor = cho_factor(matrix, lower=True, overwrite_a=True)
    except LinAlgError:
        return None
    change, step = np.zeros(len(pairs)), np.zeros(len(matrix))
    for _ in range(_INNER):
        step = cho_solve(factor, -slope - R.T @ (change + penalty * gap))
        rest = R @ step + gap
        change = change + penalty * rest
        if np.abs(rest).max() < 1e-17:
            break
    return step, change


def _curvature(W: Array, pairs: Pairs, frames: Array, stress: Array) -> tuple[Array, float]:
    """H with a zero row and column for c, and the size of its diagonal."""
    K, _, t = frames.shape
    i, j = pairs[:, 0], pairs[:, 1]
    load = np.zeros(K)
    pull = stress * (W[i] * W[j]).sum(axis=1)
    np.add.at(load, i, pull)
    np.add.at(load, j, pull)
    blocks = np.zeros((K, t, K, t))
    mixed = np.einsum("pda,pdb->pab", frames[i], frames[j]) * stress[:, None, None]
    blocks[i, :, j, :] += mixed
    blocks[j, :, i, :] += mixed.transpose(0, 2, 1)
    every = np.arange(K)
    blocks[every, :, every, :] -= load[:, None, None] * np.eye(t)
    whole = np.zeros((K * t + 1, K * t + 1))
    whole[:-1, :-1] = blocks.reshape(K * t, K * t)
    return whole, max(float(np.abs(load).max()), 1 / K)


def _rotations(W: Array, frames: Array) -> Array:
    """The rotations in tangent coordinates, one a row."""
    d = W.shape[1]
    rows = []
    for p in range(d):
        for q in range(p):
            moved = np.zeros_like(W)
            moved[:, p], moved[:, q] = W[:, q], -W[:, p]
            rows.append(np.einsum("kdt,kd->kt", frames, moved).ravel())
    return np.array(rows)
