"""Writer of certificates for ``MatrixInertia``: the statement is the matrix with its counts, and needs no witness."""

from __future__ import annotations

from typing import Any

from ncproofs.proof.certificate import NoCertificate, Pair, stated
from ncproofs.proof.claims import MatrixInertia
from ncproofs.proof.discharge import Effort
from ncproofs.proof.matrices import exact_rows, sentence_of
from ncproofs.proof.ridge_certificates import first_accepted

__all__ = ["state", "write"]

#: As many rows as the checker reads.
_MOST = 1000


def write(claim: MatrixInertia, effort: Effort) -> Pair:
    """The statement and the empty witness.

    Raises:
        NoCertificate: the checker finds another inertia, or the matrix is too large for it.
        InvalidClaim: not a symmetric matrix of exact rationals.
    """
    statement = state(claim)
    return statement, first_accepted(statement, iter([{}]))


def state(claim: MatrixInertia) -> dict[str, Any]:
    """The statement alone.

    Raises:
        NoCertificate: too many rows.
        InvalidClaim: not a symmetric matrix of exact rationals.
    """
    rows = exact_rows(claim)
    if len(rows) > _MOST:
        raise NoCertificate(f"a certificate has a matrix of at most {_MOST} rows; this one has {len(rows)}")
    return stated(
        "matrix/inertia/1", sentence_of(claim, rows), rows=[list(map(str, row)) for row in rows],
        positive=claim.positive, negative=claim.negative, zero=claim.zero,
    )
