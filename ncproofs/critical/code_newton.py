r"""Codes with prescribed contacts, to any number of digits, and a proof by Krawczyk's operator that they exist.

Unknowns: the n points x_k of R^d and c. Equations: (|x_k|^2 - 1)/2 = 0, <x_i, x_j> - c = 0 on the contacts, and
sum_k <A_l y_k, x_k> = 0 for a basis A_l of so(d) at the fixed floats y. With one contact more than degrees of freedom
the system is square, and a float inverse C of the Jacobian J serves twice: x - C F(x) gains a dozen digits a step, and
|I - C J(X)| < 1 on a box X that is mapped into itself proves that a solution exists there, and only one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import NDArray

from ncproofs.critical.code_contacts import rotation_basis, variations

__all__ = ["MOST_PROVED", "ContactSystem", "krawczyk", "refined"]

Array = NDArray[np.float64]
Rows = list[list[arb]]

#: Unknowns up to which Krawczyk's operator is tried, and up to which digits are gained.
MOST_PROVED, _MOST_UNKNOWNS = 1000, 3100
#: Singular values of J below this share of the largest are motions.
_SINGULAR = 1e-7
_GUARD = 40


@dataclass(frozen=True, eq=False)
class ContactSystem:
    """The equations for n points near the floats ``W`` (n, d) and the contacts among them."""

    W: Array
    contacts: Sequence[tuple[int, int]]

    @property
    def unknowns(self) -> int:
        return self.W.size + 1

    @property
    def equations(self) -> int:
        n, d = self.W.shape
        return n + len(self.contacts) + d * (d - 1) // 2

    def jacobian(self) -> Array:
        """At ``W``, in floats."""
        n = len(self.W)
        top = variations(self.W, self.contacts)
        gauge = rotation_basis(self.W)
        column = np.zeros((self.equations, 1))
        column[n : n + len(self.contacts)] = -1
        return np.hstack([np.vstack([top, gauge]), column])

    def residual(self, x: Rows, c: arb) -> list[arb]:
        """F at the balls x, c (at the current precision)."""
        norms = [(sum((a * a for a in row), arb(0)) - 1) / 2 for row in x]
        inner = [sum((a * b for a, b in zip(x[i], x[j], strict=True)), arb(0)) - c for i, j in self.contacts]
        flat = [a for row in x for a in row]
        gauge = [sum((arb(float(g)) * a for g, a in zip(row, flat, strict=True) if g), arb(0))
                 for row in rotation_basis(self.W)]
        return norms + inner + gauge

    def ball_jacobian(self, x: Rows) -> arb_mat:
        """J at the balls x, as a ball matrix."""
        n, d = self.W.shape
        matrix = arb_mat(self.equations, self.unknowns)
        for k in range(n):
            for a in range(d):
                matrix[k, k * d + a] = x[k][a]
        for row, (i, j) in enumerate(self.contacts, start=n):
            for a in range(d):
                matrix[row, i * d + a] = x[j][a]
                matrix[row, j * d + a] = x[i][a]
            matrix[row, self.unknowns - 1] = -1
        for row, gauge in enumerate(rotation_basis(self.W), start=n + len(self.contacts)):
            for column, value in enumerate(gauge):
                matrix[row, column] = float(value)
        return matrix


def _split(values: Sequence[arb], d: int) -> tuple[Rows, arb]:
    flat = list(values[:-1])
    return [flat[k : k + d] for k in range(0, len(flat), d)], values[-1]


def _solver(system: ContactSystem) -> Callable[[Array], Array] | None:
    """F -> J^+ F in floats; None when the contacts leave a motion that is no rotation.

    By J'J, whose condition is squared: the steps are iterated, so half the digits of a float are enough.
    """
    from scipy.linalg import LinAlgError, cho_factor, cho_solve
    from scipy.sparse import csr_matrix

    J = csr_matrix(system.jacobian())
    if J.shape[0] < J.shape[1]:
        return None
    try:
        factor, lower = cho_factor((J.T @ J).toarray(), lower=True)
    except LinAlgError:
        return None
    pivots = np.abs(np.diag(factor))
    if pivots.min() < _SINGULAR * pivots.max():
        return None
    return lambda residual: np.asarray(cho_solve((factor, lower), J.T @ residual), dtype=np.float64)


def refined(system: ContactSystem, bits: int) -> tuple[Rows, arb] | None:
    """(points, c): a solution to about ``bits`` bits, an estimate; None without one.

    None: the contacts do not determine the code, there are too many unknowns, or the steps do not shrink, as when the
    system has more equations than unknowns and they contradict each other.
    """
    if system.unknowns > _MOST_UNKNOWNS:
        return None
    solve = _solver(system)
    if solve is None:
        return None
    d = system.W.shape[1]
    with ctx.workprec(bits + _GUARD):
        c = float(np.mean([system.W[i] @ system.W[j] for i, j in system.contacts]))
        x = [arb(float(value)) for value in system.W.ravel()] + [arb(c)]
        goal, last = arb(2) ** -bits, arb(1)
        for _ in range(6 + bits // 8):
            residual = system.residual(*_split(x, d))
            scale = max((abs(value.mid()) for value in residual), default=arb(0)).mid()
            if scale == 0:
                return _split(x, d)
            step = solve(np.array([float((value / scale).mid()) for value in residual]))
            x = [(a - scale * float(b)).mid() for a, b in zip(x, step, strict=True)]
            size = (scale * float(np.abs(step).max())).mid()
            if size < goal:
                return _split(x, d)
            if size > last * 8:
                return None
            last = size
    return None


def krawczyk(system: ContactSystem, bits: int) -> tuple[Rows, arb] | None:
    """Balls around the points and c in which the square ``system`` has exactly one solution; None when not proved."""
    n = system.unknowns
    if system.equations != n or n > MOST_PROVED:
        return None
    found = refined(system, bits)
    if found is None:
        return None
    rows, c = found
    with ctx.workprec(bits + _GUARD):
        C = arb_mat(np.linalg.inv(system.jacobian()).tolist())
        residual = system.residual(rows, c)
        step = (C * arb_mat(n, 1, residual)).entries()
        radius = (max(abs(b).upper() for b in step) * 4 + arb(2) ** (-bits)).upper()
        ball = arb(0, radius)
        wide = [[a + ball for a in row] for row in rows]
        M = C * system.ball_jacobian(wide)
        for k in range(n):
            M[k, k] = M[k, k] - 1
        entries = M.tolist()
        for k in range(n):
            spread = sum((abs(e).upper() for e in entries[k]), arb(0))
            if not (abs(step[k]) + spread * radius).upper() < radius:
                return None
        return wide, c + ball


