r"""Codes with more contacts than unknowns, in exact algebraic coordinates.

Such a code cannot be proved to exist by a square system: the spare contacts would only be equal up to rounding. Here
the common inner product c is recognised as a zero of an integer polynomial, every entry of the Gram matrix as an
element of Q(c), and then all is verified exactly in that field: unit diagonal, contacts equal to c, the others less,
G = G_B' G_BB^-1 G_B for d of the points (so rank d), and G_BB > 0. A Gram matrix of rank d that is >= 0 is a code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, ctx, fmpq, fmpq_poly, fmpz_mat

from ncproofs.arithmetic.number_field import NumberField
from ncproofs.errors import InvalidProblem

__all__ = ["ExactGram", "cholesky", "exact_gram", "in_frame_of", "integer_relation", "orthonormal"]

Rows = list[list[arb]]

_HIGHEST_DEGREE = 16
_MOST_POINTS = 64


@dataclass(frozen=True, eq=False)
class ExactGram:
    """A Gram matrix over Q(c), proved to be that of unit vectors in R^d: contacts have c, other pairs less."""

    field: NumberField
    gram: list[list[fmpq_poly]]
    basis: list[int]

    def cosine(self, bits: int) -> arb:
        """c."""
        return self.field.ball(self.field.root, bits)

    def rows(self, bits: int) -> Rows:
        """Coordinates: the basis points by Cholesky, the others by solving for their inner products with it."""
        working = bits + 64
        with ctx.workprec(working):
            balls = [[self.field.ball(g, working) for g in row] for row in self.gram]
            B = self.basis
            lower = cholesky([[balls[i][j] for j in B] for i in B])
            # lower X' = G_B', one column for each point
            right = arb_mat(len(B), len(balls), [balls[i][k] for i in B for k in range(len(balls))])
            return arb_mat(lower).solve(right).transpose().tolist()


def cholesky(gram: list[list[arb]]) -> list[list[arb]]:
    """The lower factor of a positive definite matrix in balls, at the current precision."""
    n = len(gram)
    lower = [[arb(0)] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = gram[i][j] - sum((lower[i][k] * lower[j][k] for k in range(j)), arb(0))
            lower[i][j] = rest.sqrt() if i == j else rest / lower[j][j]
    return lower


def in_frame_of(x: Rows, W: Any, bits: int) -> Rows:
    """The rows ``x`` (balls) turned to lie as near as they can to the floats ``W``, by an exact orthogonal matrix."""
    import numpy as np

    middle = np.array([[float(a.mid()) for a in row] for row in x])
    left, _, right = np.linalg.svd(middle.T @ W)
    with ctx.workprec(bits):
        turned: Rows = (arb_mat(x) * arb_mat(orthonormal(left @ right, bits))).tolist()
    return turned


def orthonormal(rows: Any, bits: int) -> Rows:
    """Gram and Schmidt: orthonormal rows in balls, near float rows that nearly are."""
    basis: Rows = []
    with ctx.workprec(bits):
        for row in rows.tolist():
            rest = [arb(x) for x in row]
            for other in basis:
                share = sum((a * b for a, b in zip(rest, other, strict=True)), arb(0))
                rest = [a - share * b for a, b in zip(rest, other, strict=True)]
            length = sum((a * a for a in rest), arb(0)).sqrt()
            basis.append([a / length for a in rest])
    return basis


def integer_relation(values: Sequence[arb], bits: int) -> list[int] | None:
    """Small integers n_i with sum n_i values_i about 0, by lattice reduction; None when they are not small.

    A guess: about ``bits`` bits of the values are used, and only relations far shorter than chance allows come back.
    """
    with ctx.workprec(bits + 32):
        scaled = [int(str((value * arb(2) ** bits).mid().floor().unique_fmpz())) for value in values]
    size = len(values)
    lattice = fmpz_mat(size, size + 1, [
        entry for i in range(size) for entry in [*(int(i == j) for j in range(size)), scaled[i]]
    ])
    reduced = lattice.lll()
    row = [int(reduced[0, j]) for j in range(size + 1)]
    largest = max(abs(x) for x in row)
    return row[:size] if largest.bit_length() * (size + 1) * 2 < bits and any(row[:size]) else None


def _polynomial_of(c: arb, bits: int) -> fmpq_poly | None:
    powers = [arb(1)]
    with ctx.workprec(bits + 32):
        for degree in range(1, _HIGHEST_DEGREE + 1):
            powers.append(powers[-1] * c)
            found = integer_relation(powers, bits)
            if found is not None and found[degree]:
                return fmpq_poly(found)
    return None


def _field_of(c: arb, bits: int) -> NumberField | None:
    polynomial = _polynomial_of(c, bits)
    if polynomial is None:
        return None
    with ctx.workprec(64):
        centre = Fraction(round(float(c.mid()) * 2**40), 2**40)
    margin = Fraction(1, 2**30)
    for part, _ in polynomial.factor()[1]:
        try:
            field = NumberField(part, centre - margin, centre + margin)
        except InvalidProblem:
            continue
        if part.degree() > 1 or abs(-part[0] / part[1] - fmpq(centre.numerator, centre.denominator)) < fmpq(1, 2**30):
            return field
    return None


def _recognised(field: NumberField, value: arb, c: arb, bits: int) -> fmpq_poly | None:
    """The element of Q(c) near ``value``."""
    degree = field.modulus.degree()
    with ctx.workprec(bits + 32):
        powers = [arb(1)]
        while len(powers) < degree:
            powers.append(powers[-1] * c)
        found = integer_relation([value, *powers], bits)
    if found is None or not found[0]:
        return None
    return field.element([Fraction(-x, found[0]) for x in found[1:]])


def exact_gram(rows: Rows, c: arb, contacts: Sequence[tuple[int, int]], bits: int) -> ExactGram | None:
    """The Gram matrix of ``rows`` (an estimate to ``bits`` bits) in Q(c), verified; None when it is not recognised.

    Every pair of ``contacts`` has inner product c exactly, and every other pair has less.
    """
    if len(rows) > _MOST_POINTS:
        return None
    field = _field_of(c, bits)
    if field is None:
        return None
    gram = _recognised_gram(field, rows, c, bits)
    if gram is None or not _contacts_hold(field, gram, set(contacts)):
        return None
    basis = _basis(rows)
    if basis is None or not _has_rank(field, gram, basis):
        return None
    return ExactGram(field, gram, basis)


def _recognised_gram(field: NumberField, rows: Rows, c: arb, bits: int) -> list[list[fmpq_poly]] | None:
    known: list[tuple[arb, fmpq_poly]] = [(c, field.root), (arb(1), field.element(1))]
    gram: list[list[fmpq_poly]] = [[field.element(1)] * len(rows) for _ in rows]
    with ctx.workprec(bits + 32):
        close = arb(2) ** (20 - bits)
        for i, left in enumerate(rows):
            for j in range(i):
                value = sum((a * b for a, b in zip(left, rows[j], strict=True)), arb(0)).mid()
                entry = next((e for v, e in known if abs(v - value) < close), None)
                if entry is None:
                    entry = _recognised(field, value, c, bits)
                    if entry is None:
                        return None
                    known.append((value, entry))
                gram[i][j] = gram[j][i] = entry
    return gram


def _contacts_hold(field: NumberField, gram: list[list[fmpq_poly]], contacts: set[tuple[int, int]]) -> bool:
    signs: dict[str, int] = {}
    for j in range(len(gram)):
        for i in range(j):
            gap = field.root - gram[i][j]
            key = str(gap)
            if key not in signs:
                signs[key] = field.sign(gap)
            if signs[key] != (0 if (i, j) in contacts else 1):
                return False
    return True


def _basis(rows: Rows) -> list[int] | None:
    """d points that span R^d well, by pivoted QR in floats."""
    import numpy as np
    from scipy.linalg import qr

    W = np.array([[float(a.mid()) for a in row] for row in rows])
    _, r, order = qr(W.T, mode="economic", pivoting=True)
    return [int(k) for k in order[: W.shape[1]]] if abs(r[-1, -1] if r.shape[0] == r.shape[1] else
                                                       np.diag(r)[W.shape[1] - 1]) > 1e-6 else None


def _has_rank(field: NumberField, gram: list[list[fmpq_poly]], B: list[int]) -> bool:
    """G_BB > 0 by its leading minors, and g_ij = g_iB G_BB^-1 g_Bj for all i, j."""
    size = len(B)
    table = [[gram[i][k] for k in range(len(gram))] for i in B]
    columns = [*B, *(k for k in range(len(gram)) if k not in set(B))]
    table = [[row[k] for k in columns] for row in table]
    for step in range(size):  # elimination without exchange: the pivots are quotients of leading minors
        if field.sign(table[step][step]) <= 0:
            return False
        scale = field.inverse(table[step][step])
        table[step] = [field.product(scale, x) for x in table[step]]
        for other in range(size):
            factor = table[other][step]
            if other != step and not factor.is_zero():
                table[other] = [x - field.product(factor, y) for x, y in zip(table[other], table[step], strict=True)]
    place = {k: position for position, k in enumerate(columns)}
    for i in range(len(gram)):
        for j in range(i + 1):
            value = fmpq_poly()
            for row, b in enumerate(B):
                value = value + field.product(table[row][place[i]], gram[b][j])
            if not (value - gram[i][j]).is_zero():
                return False
    return True


