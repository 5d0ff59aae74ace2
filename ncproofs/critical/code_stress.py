r"""Strict local optimality of a code from its contacts, certified in balls.

Let R have the rows <w_i, dw_j> + <dw_i, w_j> over the contacts, on tangent motions. If some stress s > 0 has R's = 0,
a motion with R delta <= 0 has s'R delta = 0, hence R delta = 0; if the rank of R is n(d-1) - d(d-1)/2, it is a
rotation. So
every other motion raises some contact at first order, and the code is a strict local minimum of c(W) modulo
rotations: of HardMax too.

Proof of rank and stress in one step: a square matrix S of all |w_k|^2 rows, the gauge rows and nd - n - d(d-1)/2
contact rows. If S is invertible, R has full rank, and every stress on the contacts left out extends to one on all, in
one way: the multipliers of the gauge rows vanish since R annihilates rotations, which are independent when n >= d and
S is invertible. That extension is enclosed, and must be positive.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import NDArray

from ncproofs.critical.code_contacts import rotation_basis, variations

__all__ = ["Stress", "certified_stress"]

Array = NDArray[np.float64]
Rows = list[list[arb]]
Pairs = list[tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Stress:
    """A positive equilibrium stress on the contacts, in balls with sum about 1, and the rank of the rigidity map."""

    values: tuple[arb, ...]
    rank: int

    @property
    def least(self) -> arb:
        best = self.values[0]
        for value in self.values[1:]:
            best = best.min(value)
        return best


def certified_stress(x: Rows, contacts: Pairs, guess: Array, bits: int = 128) -> Stress | None:
    """Full rank and a positive stress at every point set in the balls ``x``, or None when not proved.

    ``guess`` is a stress in floats; it fixes the stress on the contacts that are left out of S.
    """
    n, d = len(x), len(x[0])
    W = np.array([[float(a.mid()) for a in row] for row in x])
    chosen = _independent(W, contacts) if n >= d else None
    if chosen is None:
        return None
    rest = [p for p in range(len(contacts)) if p not in set(chosen)]
    kept = [contacts[p] for p in chosen]
    floats = np.vstack([variations(W, kept), rotation_basis(W)])
    if not np.isfinite(floats).all() or len(floats) != n * d:
        return None
    try:
        inverse = np.linalg.inv(floats)
    except np.linalg.LinAlgError:
        return None
    with ctx.workprec(bits):
        S = _ball_rows(x, kept, rotation_basis(W))
        C = arb_mat(inverse.tolist())
        M = C * S
        for k in range(n * d):
            M[k, k] = M[k, k] - 1
        spread = max(sum((abs(e).upper() for e in row), arb(0)) for row in M.tolist()).upper()
        if not spread < 1:
            return None
        load = [arb(0)] * (n * d)
        for p in rest:
            i, j = contacts[p]
            for a in range(d):
                load[i * d + a] = load[i * d + a] - arb(float(guess[p])) * x[j][a]
                load[j * d + a] = load[j * d + a] - arb(float(guess[p])) * x[i][a]
        solved = _transposed_solution(S, C, load, spread)
        values = [arb(0)] * len(contacts)
        for position, p in enumerate(chosen):
            values[p] = solved[n + position]
        for p in rest:
            values[p] = arb(float(guess[p]))
        if not all(value > 0 for value in values):
            return None
    return Stress(tuple(values), n * (d - 1) - d * (d - 1) // 2)


def _independent(W: Array, contacts: Pairs) -> list[int] | None:
    """Contacts whose rows complete the |w_k|^2 and gauge rows to a basis, by pivoted QR in floats."""
    from scipy.linalg import qr

    n, d = W.shape
    rows = variations(W, contacts)
    base = np.vstack([rows[:n], rotation_basis(W)])
    needed = n * d - len(base)
    if needed < 0 or needed > len(contacts):
        return None
    q, _ = np.linalg.qr(base.T)
    outside = rows[n:] - (rows[n:] @ q) @ q.T
    _, _, order = qr(outside.T, mode="economic", pivoting=True)
    return sorted(int(p) for p in order[:needed])


def _ball_rows(x: Rows, contacts: Pairs, gauge: Array) -> arb_mat:
    n, d = len(x), len(x[0])
    S = arb_mat(n * d, n * d)
    for k in range(n):
        for a in range(d):
            S[k, k * d + a] = x[k][a]
    for row, (i, j) in enumerate(contacts, start=n):
        for a in range(d):
            S[row, i * d + a] = x[j][a]
            S[row, j * d + a] = x[i][a]
    for row, values in enumerate(gauge, start=n + len(contacts)):
        for column, value in enumerate(values):
            S[row, column] = float(value)
    return S


def _transposed_solution(S: arb_mat, C: arb_mat, load: list[arb], spread: arb) -> list[arb]:
    """Balls around the solution of S'y = load: y0 = C'load, refined; S^-T = C'(I + M')^-1 with |M|_inf <= spread < 1.

    |y - y0|_inf <= max |C| |load - S'y0|_1/(1 - spread).
    """
    size = S.nrows()
    transposed, preconditioner = S.transpose(), C.transpose()
    y = preconditioner * arb_mat(size, 1, load)
    for _ in range(2):
        rest = arb_mat(size, 1, load) - transposed * y.mid()
        y = (y.mid() + preconditioner * rest).mid()
    rest = arb_mat(size, 1, load) - transposed * y
    error = sum((abs(e).upper() for e in rest.entries()), arb(0))
    largest = max(abs(e).upper() for e in C.entries())
    radius = (largest * error / (1 - spread)).upper()
    return [value + arb(0, radius) for value in y.entries()]
