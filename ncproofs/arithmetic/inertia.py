"""Certified inertia: how many eigenvalues of a symmetric ball matrix are positive, negative and zero."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from flint import arb, arb_mat, ctx, fmpq_mat

from ncproofs.arithmetic.ball import sign
from ncproofs.arithmetic.linalg import eigenvalue_enclosures, norm_bound, symmetric_part
from ncproofs.errors import InvalidProblem

__all__ = ["Inertia", "exact_inertia", "inertia", "ldl_inertia"]


@dataclass(frozen=True)
class Inertia:
    """Numbers of positive, negative and zero eigenvalues, each exact."""

    positive: int
    negative: int
    zero: int


def exact_inertia(matrix: fmpq_mat) -> Inertia:
    """The inertia of a symmetric rational matrix, by exact algebra.

    All roots of its characteristic polynomial are real, so Descartes' rule of signs counts the positive ones
    exactly; the multiplicity of 0 is the number of vanishing last coefficients.
    """
    n = matrix.nrows()
    if n != matrix.ncols() or matrix != matrix.transpose():
        raise InvalidProblem("the matrix is not symmetric; a symmetric rational matrix is needed")
    coefficients = list(matrix.charpoly().coeffs())
    nonzero = [c for c in coefficients if c != 0]
    zero = next(index for index, c in enumerate(coefficients) if c != 0)
    positive = sum((a > 0) != (b > 0) for a, b in pairwise(nonzero))
    return Inertia(positive, n - zero - positive, zero)


def ldl_inertia(matrix: arb_mat, bits: int) -> Inertia | None:
    """The inertia from LDL' in balls with symmetric 1 x 1 and 2 x 2 pivots (Sylvester's law).

    None when the sign of a pivot is undecided. Zero eigenvalues are counted only where what is left of the
    matrix is exactly the number 0. Balls grow with every pivot: ``inertia`` decides large matrices at fewer
    bits.

    Raises:
        InvalidProblem: the matrix is not symmetric.
    """
    with ctx.workprec(bits):
        rest = symmetric_part(matrix, bits)
        active = list(range(rest.nrows()))
        counts = {1: 0, -1: 0}
        while active:
            if all(rest[i, j].is_zero() for i in active for j in active):
                break
            pivot = _pivot(rest, active)
            signs = _signs(rest, pivot)
            if signs is None:
                return None
            for each in signs:
                counts[each] += 1
            active = [i for i in active if i not in pivot]
            rest = _schur_complement(rest, pivot, active)
        return Inertia(counts[1], counts[-1], len(active))


def _pivot(matrix: arb_mat, active: list[int]) -> tuple[int, ...]:
    """Bunch and Parlett's choice: the largest diagonal entry, or the block of the largest entry off it."""
    best = max(active, key=lambda i: matrix[i, i].abs_lower())
    diagonal = matrix[best, best].abs_lower() * 8 / 5
    if all(diagonal >= matrix[j, best].abs_upper() for j in active if j != best):
        return (best,)
    pairs = [(i, j) for i in active for j in active if i < j]
    pair = max(pairs, key=lambda ij: matrix[ij].abs_lower())
    return (best,) if diagonal >= matrix[pair].abs_lower() else pair


def _signs(matrix: arb_mat, pivot: tuple[int, ...]) -> tuple[int, ...] | None:
    """The signs of the eigenvalues of the pivot block, or None when one of them is undecided or zero."""
    first = sign(matrix[pivot[0], pivot[0]])
    if len(pivot) == 1:
        return (first,) if first else None
    i, j = pivot
    determinant = sign(matrix[i, i] * matrix[j, j] - matrix[i, j] * matrix[i, j])
    if determinant == -1:
        return (1, -1)
    return (first, first) if determinant == 1 and first else None


def _schur_complement(matrix: arb_mat, pivot: tuple[int, ...], active: list[int]) -> arb_mat:
    """A - C P^-1 C' on the active rows and columns; the others are left as they are and never read again."""
    n, size, kept = matrix.nrows(), len(pivot), set(active)
    columns = arb_mat(n, size, [matrix[i, j] if i in kept else arb(0) for i in range(n) for j in pivot])
    if size == 1:
        inverse = arb_mat([[1 / matrix[pivot[0], pivot[0]]]])
    else:
        a, b, c = matrix[pivot[0], pivot[0]], matrix[pivot[0], pivot[1]], matrix[pivot[1], pivot[1]]
        inverse = arb_mat([[c, -b], [-b, a]]) / (a * c - b * b)
    return matrix - columns * (inverse * columns.transpose())


def inertia(
    matrix: arb_mat, bits: int, *, nullity: int = 0, kernel: arb_mat | None = None
) -> Inertia | None:
    """The inertia of a matrix whose null space is known beforehand; None when a sign is undecided.

    Balls never show that an eigenvalue is 0, so a premise of the caller has to:
        nullity: the matrix has at least this many zero eigenvalues (a symmetry, say); or
        kernel: n x k, its columns N satisfy A N = 0 exactly. Their independence is checked here, and that the
            balls do not refute A N = 0. range(N) and its complement are invariant under A + N N', which is
            N N' > 0 on the one and A on the other.

    Raises:
        InvalidProblem: not symmetric, both premises given, or the premise is refuted by the balls.
    """
    if kernel is None:
        return _with_nullity(matrix, bits, nullity)
    if nullity not in (0, kernel.ncols()):
        raise InvalidProblem(f"nullity={nullity} and a kernel of rank {kernel.ncols()} given; give one")
    with ctx.workprec(bits):
        n, k = matrix.nrows(), kernel.ncols()
        if not (matrix * kernel).overlaps(arb_mat(n, k)):
            raise InvalidProblem("the columns of kernel are not in the null space of the matrix")
        gram = kernel.transpose() * kernel
        if ldl_inertia(gram, bits) != Inertia(k, 0, 0):
            return None
        scale = (norm_bound(matrix).max(arb(1)) / norm_bound(gram).max(arb(2) ** -bits)).mid()
        shifted = _decided(matrix + kernel * kernel.transpose() * scale, bits)
    if shifted is None or shifted.zero:
        return None
    return Inertia(shifted.positive - k, shifted.negative, k)


def _with_nullity(matrix: arb_mat, bits: int, nullity: int) -> Inertia | None:
    if nullity == 0:
        return _decided(matrix, bits)
    signs = [sign(value) for value in eigenvalue_enclosures(matrix, bits)]
    positive, negative = signs.count(1), signs.count(-1)
    open_signs = len(signs) - positive - negative
    if open_signs < nullity:
        raise InvalidProblem(f"nullity={nullity} given, but {positive + negative} of {len(signs)} are not 0")
    return Inertia(positive, negative, nullity) if open_signs == nullity else None


def _decided(matrix: arb_mat, bits: int) -> Inertia | None:
    signs = [sign(value) for value in eigenvalue_enclosures(matrix, bits)]
    if None in signs:
        return ldl_inertia(matrix, bits)
    return Inertia(signs.count(1), signs.count(-1), signs.count(0))


