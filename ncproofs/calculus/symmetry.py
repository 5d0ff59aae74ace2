"""The Hessian at a collapsed point, split by the symmetry group, for symbolic K, n, d.

At neural collapse W = omega P and h_{k,i} = eta (column k of P) in suitable coordinates, P = I - 11^T/K, and the
logit Hessian of class k is, with e the unit vector along P e_k,

    M_k = A e e^T + B (P - e e^T) + C 11^T/K.

The group S_K x S_n x O(d) commutes with the Hessian, which therefore maps each isotypic sector to itself; on a
sector it is a small matrix. This file applies the Hessian to a direction given as indexed sums, and lists the
sectors with their small matrices; theorem ``collapse-spectrum`` proves that the two agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy
from sympy.polys.matrices import DomainMatrix

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor, delta, scalar, total

__all__ = ["A", "B", "C", "Direction", "Sector", "apply_hessian", "collapse_sectors", "determinant", "standard_block"]

K, n, d = sympy.symbols("K n d", integer=True, positive=True)
N = n * K
A, B, C = sympy.symbols("A B C", real=True)
lH, lb, c, omega = sympy.symbols("lambda_H lambda_b c omega", positive=True)
#: lambda_W, the feature scale and the margin in terms of omega, c, n, lambda_H: everything stays rational.
lW, eta, margin = c**2 / (n * lH), omega * c / (n * lH), omega**2 * c / (n * lH)
mu, nu = B * margin / (c * K), A * margin / (c * K)

p, j, k, l, i = Index("p", K), Index("j", K), Index("k", K), Index("l", K), Index("i", n)  # noqa: E741


@dataclass(frozen=True)
class Direction:
    """dW[p, j], dH[p, k, i] and db[j] inside the span of the features; every column of dW, dH sums to zero."""

    dW: IndexedSum
    dH: IndexedSum
    db: IndexedSum

    @classmethod
    def of(cls, dW: object = 0, dH: object = 0, db: object = 0) -> Direction:
        return cls(scalar(dW), scalar(dH), scalar(db))

    def combined(self, other: Direction, factor: sympy.Expr) -> Direction:
        """``self + factor * other``."""
        return Direction(self.dW + other.dW * factor, self.dH + other.dH * factor, self.db + other.db * factor)


@dataclass(frozen=True)
class Sector:
    """Directions that span copies of one representation, and the matrix of the Hessian on them (by columns).

    ``words`` says for each direction which part of it is not zero, and what that is.
    """

    name: str
    basis: tuple[Direction, ...]
    matrix: sympy.Matrix
    multiplicity: sympy.Expr
    words: tuple[str, ...]


def _centred(left: Index, right: Index) -> IndexedSum:
    return delta(left, right) - scalar(1) / K


def apply_hessian(direction: Direction) -> Direction:
    """The Hessian of the objective at the collapsed point, applied to ``direction``.

    Hess_W = H dG^T + (dH) G^T + lambda_W dW and so on, with G = -(c/n) P for every sample and
    dG = (1/N) M_k (dW^T h + W^T dh + db).
    """
    moved = _moved_logits(direction)
    slope = -c / n * _centred(j, k)
    hess_w = (
        total(moved * eta * _centred(p, k), k, i) + total(slope * direction.dH, k, i) + lW * direction.dW
    )
    hess_h = (
        total(omega * _centred(p, j) * moved, j) + total(direction.dW * slope, j) + lH * direction.dH
    )
    hess_b = total(moved, k, i) + lb * direction.db
    return Direction(hess_w, hess_h, hess_b)


def _moved_logits(direction: Direction) -> IndexedSum:
    """dG[j; k, i] = (1/N) M_k q, q_j = (dW^T h_k + W^T dh_{k,i} + db)_j."""
    q = (
        total(direction.dW * eta * _centred(p, k), p)
        + total(omega * _centred(p, j) * direction.dH, p)
        + direction.db
    )
    mean = total(q.at({j: l}), l) / K
    along = (q.at({j: k}) - mean) * _centred(j, k) * K / (K - 1)
    return (B * (q - mean) + (A - B) * along + C * mean) / N


def _pair(nonlinear: sympy.Expr, sign: int) -> sympy.Matrix:
    """Matrix on (X, Y) = (E, E): sign = -1 for antisymmetric E, where dW^T h changes sign."""
    x = sympy.Integer(sign)
    return sympy.Matrix([
        [lW + nonlinear * eta**2 / K, x * nonlinear * eta * omega / K - c],
        [x * nonlinear * eta * omega / N - c / n, lH + nonlinear * omega**2 / N],
    ])


def standard_block() -> sympy.Matrix:
    """The 4 x 4 matrix on (T_v in dW, T_v in dH, v in dH, v in db), T_v = P diag(v) P, sum v = 0."""
    x, y, z, w = coordinates = sympy.symbols("x y z w")
    bent = (A - B) / (K - 1)
    s, r = eta * x + omega * y, omega * z + w
    both = B * s + bent * (s * (K - 2) + K * r)
    mean = B * r + bent * (s * (K - 2) / K + r)
    rows = [
        eta / K * both - c * y + lW * x,
        omega / N * both - c / n * x + lH * y,
        omega / N * mean + lH * z,
        mean + lb * w,
    ]
    return sympy.Matrix([[sympy.diff(row, coordinate) for coordinate in coordinates] for row in rows])


def determinant(matrix: sympy.Matrix) -> sympy.Expr:
    """The determinant of a matrix of rational functions, as one fraction in lowest terms."""
    exact = DomainMatrix.from_Matrix(matrix).to_field()
    return exact.domain.to_sympy(exact.det())


def collapse_sectors() -> tuple[Sector, ...]:
    """All sectors inside the span of the features, for losses invariant under constant shifts (C = 0)."""
    v = Tensor("v", (K,), zero_sum=(0,))
    y = Tensor("y", (K, n), zero_sum=(1,))
    tangential = Tensor("Y", (K, K, n), zero_diagonal=True, zero_sum=(0, 2))
    anti = Tensor("E", (K, K), antisymmetric=True, zero_sum=(0, 1))
    sym = Tensor("F", (K, K), symmetric=True, zero_diagonal=True, zero_sum=(0, 1))
    spread: Callable[[Index], IndexedSum] = lambda q: v[p] * delta(p, q) - (v[p] + v[q]) / K  # noqa: E731
    diagonal = lambda value: sympy.Matrix([[value]])  # noqa: E731
    return (
        Sector("within class, radial", (Direction.of(dH=y[k, i] * _centred(p, k)),),
               diagonal(lH * (1 + nu)), K * (n - 1), ("dH[p,k,i] = y[k,i] (delta[p,k] - 1/K)",)),
        Sector("within class, tangential", (Direction.of(dH=tangential[p, k, i]),),
               diagonal(lH * (1 + mu)), K * (K - 2) * (n - 1), ("dH[p,k,i] = Y[p,k,i]",)),
        Sector("mean of the classifiers", (Direction.of(dW=v[p]),), diagonal(lW), K - 1, ("dW[p,j] = v[p]",)),
        Sector("trivial", (Direction.of(dW=_centred(p, j)), Direction.of(dH=_centred(p, k))), _pair(A, 1),
               sympy.Integer(1), ("dW[p,j] = delta[p,j] - 1/K", "dH[p,k,i] = delta[p,k] - 1/K")),
        Sector("antisymmetric", (Direction.of(dW=anti[p, j]), Direction.of(dH=anti[p, k])), _pair(B, -1),
               (K - 1) * (K - 2) / 2, ("dW[p,j] = E[p,j]", "dH[p,k,i] = E[p,k]")),
        Sector("symmetric", (Direction.of(dW=sym[p, j]), Direction.of(dH=sym[p, k])), _pair(B, 1), K * (K - 3) / 2,
               ("dW[p,j] = F[p,j]", "dH[p,k,i] = F[p,k]")),
        Sector("standard", (Direction.of(dW=spread(j)), Direction.of(dH=spread(k)), Direction.of(dH=v[p]),
                            Direction.of(db=v[j])), standard_block(), K - 1,
               ("dW[p,j] = v[p] delta[p,j] - 1/K (v[p] + v[j])", "dH[p,k,i] = v[p] delta[p,k] - 1/K (v[p] + v[k])",
                "dH[p,k,i] = v[p]", "db[j] = v[j]")),
        Sector("bias along 1", (Direction.of(db=1),), diagonal(lb), sympy.Integer(1), ("db[j] = 1",)),
    )
