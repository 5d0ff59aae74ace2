"""The contact graph of a code in floats: which contacts carry stress, which points are free; a guess to certify."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncproofs.critical.code_search import contacts_of, largest_cosine, tangent_frames, tangent_rows

__all__ = ["ContactGraph", "contact_graph", "rotation_basis", "variations"]

Array = NDArray[np.float64]
Pairs = list[tuple[int, int]]

_TINY, _EVEN = 1e-7, 1e-9
#: Coordinates up to which the linear program is solved by the simplex method.
_SIMPLEX = 500


@dataclass(frozen=True, eq=False)
class ContactGraph:
    """Stressed contacts and their stress (sum 1), the points they join, and the points that carry none.

    A rattler can be moved without lowering the margin; ``slack`` counts the contacts that carry no stress.
    """

    W: Array
    contacts: Pairs
    stress: Array
    backbone: list[int]
    rattlers: list[int]
    slack: int

    @property
    def is_square(self) -> bool:
        """One contact more than the degrees of freedom modulo rotations."""
        n, d = len(self.backbone), self.W.shape[1]
        return len(self.contacts) == n * (d - 1) - d * (d - 1) // 2 + 1

    def renumbered(self) -> Pairs:
        """The contacts with the backbone's points counted from 0."""
        place = {k: position for position, k in enumerate(self.backbone)}
        return [(place[i], place[j]) for i, j in self.contacts]


def variations(W: Array, pairs: Sequence[tuple[int, int]]) -> Array:
    """Rows of first variations: |w_k|^2/2 for each k, then <w_i, w_j> for each pair; columns are coordinates of W."""
    K, d = W.shape
    rows = np.zeros((K + len(pairs), K * d))
    for k in range(K):
        rows[k, k * d : (k + 1) * d] = W[k]
    for position, (i, j) in enumerate(pairs, start=K):
        rows[position, i * d : (i + 1) * d] = W[j]
        rows[position, j * d : (j + 1) * d] = W[i]
    return rows


def rotation_basis(W: Array) -> Array:
    """Rows A_l W over the basis A_l of so(d): the motions that are rotations."""
    K, d = W.shape
    rows = []
    for p in range(d):
        for q in range(p):
            moved = np.zeros((K, d))
            moved[:, p], moved[:, q] = W[:, q], -W[:, p]
            rows.append(moved.ravel())
    return np.array(rows).reshape(len(rows), K * d)


def contact_graph(W: Array) -> ContactGraph:
    """The graph of ``W``, with a stress that is positive wherever one can be; free points are moved off contacts."""
    pairs = contacts_of(W)
    unique = _balancing(W, pairs)
    stress = _largest_support(W, pairs) if unique is None else unique
    kept = [position for position, value in enumerate(stress) if value > _TINY]
    contacts = [pairs[position] for position in kept]
    backbone = sorted({k for pair in contacts for k in pair})
    rattlers = [k for k in range(len(W)) if k not in backbone]
    if rattlers and backbone:
        W = _centred(W, rattlers)
        slack = len([pair for pair in contacts_of(W) if pair not in set(contacts)])
    else:
        slack = len(pairs) - len(contacts)
    return ContactGraph(W, contacts, np.array([stress[p] for p in kept]), backbone, rattlers, slack)


def _balancing(W: Array, pairs: Pairs) -> Array | None:
    """The stress of least length with sum 1 and R's = 0 to rounding, if it is positive on every pair."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    R = tangent_rows(W, np.array(pairs), tangent_frames(W))
    normal = (R @ R.T).toarray() + 1.0
    normal += 1e-14 * np.trace(normal) / len(pairs) * np.eye(len(pairs))
    try:
        solved: Array = cho_solve(cho_factor(normal, lower=True), np.ones(len(pairs)))
    except LinAlgError:
        return None
    solved = solved / solved.sum()
    even = np.abs(R.T @ solved).max() < _EVEN and solved.min() > _TINY
    return solved if even else None


def _largest_support(W: Array, pairs: Pairs) -> Array:
    """s >= 0 with sum 1 and R's = 0 up to rounding, with as many entries away from 0 as can be (a linear program)."""
    from scipy.optimize import linprog
    from scipy.sparse import bmat, csr_matrix, eye

    K, count = len(W), len(pairs)
    rows = csr_matrix(variations(W, pairs))
    # Unknowns: s, t with t <= s and t <= cap, and the free multipliers of |w_k|^2.
    balance = bmat([[rows[K:].T, csr_matrix((rows.shape[1], count)), rows[:K].T]])
    total = csr_matrix(np.concatenate([np.ones(count), np.zeros(count + K)])[None, :])
    below = bmat([[-eye(count), eye(count), csr_matrix((count, K))]])
    cap = 0.01 / count
    residual = 1e-7 / np.sqrt(count)
    limits = bmat([[balance], [-balance], [below]]).tocsr()
    bounds = [(0, None)] * count + [(0, cap)] * count + [(None, None)] * K
    goal = np.concatenate([np.zeros(count), -np.ones(count), np.zeros(K)])
    right = np.concatenate([np.full(2 * rows.shape[1], residual), np.zeros(count)])
    done: Any = None
    # Interior points are faster for many contacts, but find tight limits infeasible now and then.
    for method in ("highs",) if W.size <= _SIMPLEX else ("highs-ipm", "highs-ds"):
        done = linprog(goal, A_ub=limits, b_ub=right, A_eq=total, b_eq=[1.0], bounds=bounds, method=method)
        if done.x is not None:
            break
    if done.x is None:
        return np.zeros(count)
    found: Array = np.where(done.x[count : 2 * count] > cap / 100, done.x[:count], 0.0)
    return found


def _centred(W: Array, rattlers: list[int]) -> Array:
    """Move each free point to where its largest inner product with the others is least, as far as a few steps go."""
    from scipy.optimize import linprog

    W = W.copy()
    limit = largest_cosine(W)
    for k in rattlers:
        others = np.delete(W, k, axis=0)
        for radius in (0.1, 0.05, 0.02, 0.01, 0.003, 0.001):
            frame = np.linalg.qr(np.column_stack([W[k], np.eye(W.shape[1])]))[0][:, 1 : W.shape[1]]
            size = frame.shape[1]
            goal = np.append(np.zeros(size), 1.0)
            done = linprog(goal, A_ub=np.hstack([others @ frame, -np.ones((len(others), 1))]), b_ub=-(others @ W[k]),
                           bounds=[(-radius, radius)] * size + [(None, None)], method="highs")
            if done.x is None:
                break
            moved = W[k] + frame @ done.x[:size]
            moved /= np.linalg.norm(moved)
            if (others @ moved).max() < min(limit, (others @ W[k]).max()):
                W[k] = moved
    return W
