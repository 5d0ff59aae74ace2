"""Approximate eigenvectors of a symmetric matrix: witnesses from which ``linalg`` proves enclosures.

Nothing here is rigorous and nothing needs to be: any nonsingular V is a valid witness, and a better one gives
thinner enclosures.
"""

from __future__ import annotations

import numpy as np
from flint import arb, arb_mat, ctx

__all__ = ["float_eigenbasis", "multiprecision_eigenbasis", "refined_eigenbasis"]

#: Bits that are right after a double precision eigen-solver, with room for the dimension.
_START_BITS = 44


def float_eigenbasis(matrix: arb_mat) -> arb_mat:
    """LAPACK's eigenvectors of the midpoints as columns; the identity when it fails."""
    n = matrix.nrows()
    top = max((entry.abs_upper() for entry in matrix.entries()), default=arb(0))
    if not top > 0:
        return _identity(n)
    mantissa, exponent = top.man_exp()
    scale = arb(2) ** (-int(exponent) - int(mantissa).bit_length())  # entries in [-1, 1]: no float overflows
    scaled = np.array([float(entry * scale) for entry in matrix.entries()]).reshape(n, n)
    try:
        _, vectors = np.linalg.eigh((scaled + scaled.T) / 2)
    except np.linalg.LinAlgError:
        return _identity(n)
    return arb_mat(n, n, vectors.ravel().tolist())


def refined_eigenbasis(matrix: arb_mat, vectors: arb_mat, bits: int) -> arb_mat:
    """Newton's iteration for V' V = I, V' A V diagonal; the number of right bits doubles at each step.

    With R = I - V'V and S = V'AV the correction V E has E_ij = (S_ij + l_j R_ij) / (l_j - l_i), and
    E_ij = R_ij / 2 where l_i and l_j cannot be told apart: a repeated eigenvalue stays a repeated eigenvalue.
    (Ogita and Aishima's iterative refinement for symmetric eigenvalue decomposition.)
    """
    right = _START_BITS
    while right < bits:
        right = min(2 * right, bits)
        with ctx.workprec(right + 24):
            vectors = _step(matrix.mid(), vectors)
    return vectors


def _step(matrix: arb_mat, vectors: arb_mat) -> arb_mat:
    n = matrix.nrows()
    transposed = vectors.transpose()
    defect = (_identity(n) - transposed * vectors).mid().tolist()
    image = (transposed * (matrix * vectors)).mid().tolist()
    values = [(image[i][i] / (1 - defect[i][i])).mid() for i in range(n)]
    size = max(abs(value) for value in values)
    spread = max(sum((abs(entry) for entry in row), arb(0)) - abs(row[i]) for i, row in enumerate(image))
    skew = max(sum((abs(entry) for entry in row), arb(0)) for row in defect)
    close = (2 * (spread + size * skew)).mid()
    correction = []
    for i in range(n):
        for j in range(n):
            gap = (values[j] - values[i]).mid()
            if abs(gap) > close:
                correction.append(((image[i][j] + values[j] * defect[i][j]) / gap).mid())
            else:
                correction.append(defect[i][j] / 2)
    return (vectors + vectors * arb_mat(n, n, correction).mid()).mid()


def multiprecision_eigenbasis(matrix: arb_mat, bits: int) -> arb_mat:
    """mpmath's eigenvectors at ``bits`` bits: slow, but it separates eigenvalues that doubles cannot."""
    from mpmath import MPContext

    n = matrix.nrows()
    context = MPContext()
    context.prec = bits + 16
    rows = context.matrix(n, n)
    for i in range(n):
        for j in range(n):
            mantissa, exponent = matrix[min(i, j), max(i, j)].mid().man_exp()
            rows[i, j] = context.ldexp(context.mpf(int(mantissa)), int(exponent))
    _, vectors = context.eigsy(rows)
    with ctx.workprec(bits + 16):
        return arb_mat(n, n, [_exact(vectors[i, j]) for i in range(n) for j in range(n)]).mid()


def _exact(number: object) -> arb:
    negative, mantissa, exponent, _ = number._mpf_  # type: ignore[attr-defined]
    return arb((-1) ** negative * int(mantissa)) * arb(2) ** int(exponent)


def _identity(n: int) -> arb_mat:
    return arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
