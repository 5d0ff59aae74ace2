r"""Newton steps for label sets with the features eliminated, in doubles.

Each feature meets only W and b: in the order u_1, ..., u_J, (W, b) the Hessian has blocks A_j = lH I + W M_j W^T/c_j on
the diagonal, positive definite, and couplings B_j. What is left for (W, b) is S = C - sum_j B_j^T A_j^-1 B_j, of
K d + K rows however many label sets there are. Its null space is that of the whole Hessian: symmetries get no step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ncproofs.critical.multilabel_search import FLAT, Sets, slopes_at

__all__ = ["Eliminated", "eliminated"]

Array = NDArray[np.float64]

#: Rows of S, and numbers in all B_j, up to which they are formed.
_MOST_ROWS, _MOST_NUMBERS = 1800, 40_000_000


@dataclass(frozen=True, eq=False)
class Eliminated:
    """The Hessian at one point, factored; ``solve`` gives the Newton step (to be subtracted) for a gradient."""

    sets: Sets
    inverses: Array  # A_j^-1, (J, d, d)
    couplings: Array  # B_j, (J, d, rows of S)
    steep: Array
    curvature: Array

    def solve(self, slope: Array) -> Array:
        sets = self.sets
        K, J = sets.member.shape
        d = sets.d
        first, last = d * K, d * (K + J)
        features = slope[first:last].reshape(d, J).T
        rest = np.concatenate([slope[:first], slope[last:]])
        rest = rest - np.einsum("jav,ja->v", self.couplings, self._applied(features))
        moved = self.steep @ ((self.steep.T @ rest) / self.curvature)
        features = self._applied(features - self.couplings @ moved)
        return np.concatenate([moved[:first], features.T.ravel(), moved[first:]])

    def _applied(self, features: Array) -> Array:
        applied: Array = np.einsum("jab,jb->ja", self.inverses, features)
        return applied


def eliminated(sets: Sets, x: Array) -> Eliminated | None:
    """The factored Hessian at ``x``; None where it would be too large."""
    W, u, _ = sets.parts(x)
    K, J = sets.member.shape
    d, (lW, lH, lb) = sets.d, sets.decay
    rows = d * K + (K if sets.problem.has_bias else 0)
    if rows > _MOST_ROWS or J * d * rows > _MOST_NUMBERS:
        return None
    slopes, p = slopes_at(sets, x)
    weight = sets.counts * sets.weights / sets.counts.sum() * sets.member.sum(axis=0)
    root = np.sqrt(sets.counts)
    S = np.diag(np.concatenate([np.full(d * K, lW), np.full(rows - d * K, lb)]))
    inverses, couplings = np.empty((J, d, d)), np.zeros((J, d, rows))
    for j in range(J):
        M = weight[j] * (np.diag(p[:, j]) - np.outer(p[:, j], p[:, j]))
        h, pulled = u[:, j] / root[j], W @ M / root[j]
        inverses[j] = np.linalg.inv(lH * np.eye(d) + pulled @ W.T / root[j])
        # dz = dW^T h + W^T du/sqrt(c) + db, and du meets dW once more through <G, dW^T du>/sqrt(c).
        block = h[None, :, None] * pulled[:, None, :] + np.eye(d)[:, :, None] * (slopes[:, j] / root[j])
        couplings[j, :, : d * K] = block.reshape(d, d * K)
        S[: d * K, : d * K] += np.kron(np.outer(h, h), M)
        if rows > d * K:
            couplings[j, :, d * K :] = pulled
            mixed = np.kron(h[:, None], M)
            S[: d * K, d * K :] += mixed
            S[d * K :, : d * K] += mixed.T
            S[d * K :, d * K :] += M
        S -= couplings[j].T @ (inverses[j] @ couplings[j])
    values, vectors = np.linalg.eigh((S + S.T) / 2)
    steep = np.abs(values) > FLAT * np.abs(values).max()
    return Eliminated(sets, inverses, couplings, vectors[:, steep], values[steep])
