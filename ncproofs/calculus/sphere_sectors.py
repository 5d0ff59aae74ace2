"""The Riemannian Hessian at neural collapse on spheres, split by symmetry, for symbolic K, n, d, tau.

Classifiers are w_k = rho P e_k with rho^2 = K/(K-1), P = I - 11^T/K, features h_{k,i} = w_k. For a class-symmetric
loss invariant under constant shifts the logit derivatives there are

    dl/dz_j = g (j != k), -(K-1) g (j = k);     u^T l'' u = a sum_j (u_j - u_k)^2 - b (sum_j (u_j - u_k))^2.

A tangent direction inside the span of the frame is a matrix X[p, j] (coordinate p of dw_j) with zero diagonal and
zero sum over p, and Y[p, k, i] likewise for the features.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor, delta, scalar, total

__all__ = ["SphereMove", "SphereSector", "apply_sphere_hessian", "sphere_sectors"]

K, n, d = sympy.symbols("K n d", integer=True, positive=True)
N = n * K
tau = sympy.Symbol("tau", positive=True)
g, a, b = sympy.symbols("g a b", real=True)
s = tau / (K - 1)
RHO_SQUARED = K / (K - 1)

p, j, k, l, i = Index("p", K), Index("j", K), Index("k", K), Index("l", K), Index("i", n)  # noqa: E741


@dataclass(frozen=True)
class SphereMove:
    """dW[p, j] and dH[p, k, i] inside the span of the frame."""

    dW: IndexedSum
    dH: IndexedSum

    @classmethod
    def of(cls, dW: object = 0, dH: object = 0) -> SphereMove:
        return cls(scalar(dW), scalar(dH))

    def combined(self, other: SphereMove, factor: sympy.Expr) -> SphereMove:
        """``self + factor * other``."""
        return SphereMove(self.dW + other.dW * factor, self.dH + other.dH * factor)


@dataclass(frozen=True)
class SphereSector:
    """Directions spanning one representation, the matrix of the Hessian on them (by columns), the multiplicity.

    ``words`` says for each direction which part of it is not zero, and what that is.
    """

    name: str
    basis: tuple[SphereMove, ...]
    matrix: sympy.Matrix
    multiplicity: sympy.Expr
    words: tuple[str, ...]


def _moved_logits(move: SphereMove) -> IndexedSum:
    """dG[j; k, i] / rho = (1/N) l'' (tau (dW^T h + W^T dh)) / rho."""
    q = tau * (move.dW.at({p: k}) + move.dH.at({p: j}))  # rho factored out; zero sums make P act as the identity
    relative = q - q.at({j: k})
    sum_ = total(relative.at({j: l}), l)
    return (a * relative - b * sum_ - delta(j, k) * (a - b * K) * sum_) / N


def _tangent(column: Index, vector: IndexedSum) -> IndexedSum:
    """``vector`` (free index p) without its components along 1 and along w_column."""
    mean = total(vector.at({p: l}), l) / K
    normal = (delta(p, column) - scalar(1) / K) * K / (K - 1) * (vector.at({p: column}) - mean)
    return vector - mean - normal


def apply_sphere_hessian(move: SphereMove) -> SphereMove:
    """P(Euclidean Hessian) - (multiplier) D, with alpha = -tau g and beta = -tau K g/N."""
    moved = _moved_logits(move)
    slope = g / N * (scalar(1) - K * delta(j, k))
    centred_k, centred_j = delta(p, k) - scalar(1) / K, delta(p, j) - scalar(1) / K
    in_w = tau * (RHO_SQUARED * total(moved * centred_k, k, i) + total(slope * move.dH, k, i))
    in_h = tau * (RHO_SQUARED * total(moved * centred_j, j) + total(slope * move.dW, j))
    return SphereMove(_tangent(j, in_w) + tau * g * move.dW, _tangent(k, in_h) + tau * K * g / N * move.dH)


def sphere_sectors() -> tuple[SphereSector, ...]:
    """All sectors inside the span of the frame."""
    v = Tensor("v", (K,), zero_sum=(0,))
    within = Tensor("Y", (K, K, n), zero_diagonal=True, zero_sum=(0, 2))
    anti = Tensor("E", (K, K), antisymmetric=True, zero_sum=(0, 1))
    sym = Tensor("F", (K, K), symmetric=True, zero_diagonal=True, zero_sum=(0, 1))

    def standard(column: Index) -> IndexedSum:
        return (K - 1) * v[p] + v[column] - K * delta(p, column) * v[column]

    base, cross = g + s * a, s * a - g
    bend = s * b * K * (K - 2) / (K - 1)
    return (
        SphereSector("within class", (SphereMove.of(dH=within[p, k, i]),), sympy.Matrix([[tau * base / n]]),
                     K * (K - 2) * (n - 1), ("dH[p,k,i] = Y[p,k,i]",)),
        SphereSector("antisymmetric", (SphereMove.of(dW=anti[p, j]), SphereMove.of(dH=anti[p, k])),
                     tau * sympy.Matrix([[base, -base], [-base / n, base / n]]), (K - 1) * (K - 2) / 2,
                     ("dW[p,j] = E[p,j]", "dH[p,k,i] = E[p,k]")),
        SphereSector("symmetric", (SphereMove.of(dW=sym[p, j]), SphereMove.of(dH=sym[p, k])),
                     tau * sympy.Matrix([[base, cross], [cross / n, base / n]]), K * (K - 3) / 2,
                     ("dW[p,j] = F[p,j]", "dH[p,k,i] = F[p,k]")),
        SphereSector("standard", (SphereMove.of(dW=standard(j)), SphereMove.of(dH=standard(k))),
                     tau * sympy.Matrix([[base - bend, cross / (K - 1)], [cross / (n * (K - 1)), base / n]]), K - 1,
                     ("dW[p,j] = (K - 1) v[p] + v[j] - K delta[p,j] v[j]",
                      "dH[p,k,i] = (K - 1) v[p] + v[k] - K delta[p,k] v[k]")),
    )
