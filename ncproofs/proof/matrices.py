"""Settle ``MatrixInertia``: the signs of the eigenvalues of a symmetric rational matrix, by exact algebra.

All roots of its characteristic polynomial are real, so that Descartes' rule of signs counts them exactly. The checker
of certificates has another method (congruence to a diagonal matrix).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from ncproofs.arithmetic.exact import exact_number
from ncproofs.errors import InvalidClaim, NcproofsError
from ncproofs.proof.claims import Claim, MatrixInertia
from ncproofs.proof.constants import fails, holds, refuse
from ncproofs.proof.discharge import Effort
from ncproofs.truth import Evidence, Rigor

__all__ = ["exact_rows", "sentence_of", "settle"]

#: Rows of a matrix whose characteristic polynomial is computed; 200 take about ten seconds with short entries.
_MOST = 200
_SHOWN = 6


def settle(claim: Claim, effort: Effort) -> Evidence:
    """The evidence about the inertia of a matrix.

    Raises:
        InvalidClaim: not a symmetric matrix of exact rationals, or a count that is no whole number >= 0.
    """
    if not isinstance(claim, MatrixInertia):
        raise InvalidClaim(f"{type(claim).__name__} is not a claim about a matrix")
    rows = exact_rows(claim)
    sentence, size = sentence_of(claim, rows), len(rows)
    if size > _MOST:
        return refuse(sentence, f"characteristic polynomials are computed up to {_MOST} rows; this matrix has {size}")
    found = _inertia(rows)
    told = f"{found[0]} of its {size} eigenvalues are > 0, {found[1]} are < 0, {found[2]} are = 0"
    if found == (claim.positive, claim.negative, claim.zero):
        because = f"the signs of the coefficients of the characteristic polynomial say that {told}"
        return holds(sentence, because, f"this {size} x {size} matrix", Rigor.EXACT)
    return fails(sentence, told, f"this {size} x {size} matrix", told)


def exact_rows(claim: MatrixInertia) -> tuple[tuple[Fraction, ...], ...]:
    """The matrix of the claim in fractions, once it is symmetric and the counts are whole numbers >= 0.

    Raises:
        InvalidClaim: it is not; the message says where.
    """
    given = claim.rows.tolist() if hasattr(claim.rows, "tolist") else claim.rows
    if not _is_list(given) or not given or not all(_is_list(row) and len(row) == len(given) for row in given):
        raise InvalidClaim("rows of a square matrix are needed, each with as many entries as there are rows; "
                           "write for example rows=((2, 1), (1, 2))")
    try:
        rows = tuple(tuple(exact_number(entry, f"rows[{i}][{j}]") for j, entry in enumerate(row))
                     for i, row in enumerate(given))
    except NcproofsError as error:
        raise InvalidClaim(str(error)) from None
    for i, row in enumerate(rows):
        for j in range(i):
            if row[j] != rows[j][i]:
                raise InvalidClaim(f"rows[{i}][{j}]={row[j]} but rows[{j}][{i}]={rows[j][i]}; a symmetric matrix is "
                                   "needed, such as (A + A^T)/2")
    for name in ("positive", "negative", "zero"):
        count = getattr(claim, name)
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise InvalidClaim(f"{name}={count!r} given; write a whole number >= 0 of eigenvalues")
    return rows


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def sentence_of(claim: MatrixInertia, rows: Sequence[Sequence[Fraction]]) -> str:
    """The claim in words; the entries only of a small matrix."""
    if claim.sentence:
        return claim.sentence
    size = len(rows)
    shown = f" [{'; '.join(' '.join(map(str, row)) for row in rows)}]" if size <= _SHOWN else ""
    return (f"the {size} x {size} matrix{shown} has {claim.positive} positive, {claim.negative} negative and "
            f"{claim.zero} zero eigenvalues")


def _inertia(rows: Sequence[Sequence[Fraction]]) -> tuple[int, int, int]:
    from flint import fmpq, fmpq_mat

    from ncproofs.arithmetic.inertia import exact_inertia

    matrix = fmpq_mat([[fmpq(x.numerator, x.denominator) for x in row] for row in rows])
    found = exact_inertia(matrix)
    return found.positive, found.negative, found.zero
