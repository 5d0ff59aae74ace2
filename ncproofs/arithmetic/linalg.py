"""Verified linear algebra on symmetric ball matrices: eigenvalues with multiplicity, and inertia.

A ball matrix stands for every symmetric matrix whose entries lie in its balls. What is returned holds for all
of them; floats enter only as witnesses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, arb_mat, ctx, fmpq

from ncproofs.arithmetic.eigenbasis import float_eigenbasis, multiprecision_eigenbasis, refined_eigenbasis
from ncproofs.errors import InvalidProblem
from ncproofs.truth import Truth

__all__ = [
    "SpectrumMatch",
    "ball_matrix",
    "cluster",
    "contains_spectrum",
    "eigenvalue_enclosures",
    "norm_bound",
    "small_symmetric_eigenvalues",
    "symmetric_part",
]

_SMALL = 12
_DOUBLE = 53


def ball_matrix(rows: Sequence[Sequence[arb | Fraction | int]], bits: int) -> arb_mat:
    """The ball matrix with these rows; fractions are enclosed at ``bits`` bits, balls are rounded to them."""
    width = len(rows[0]) if rows else 0
    if any(len(row) != width for row in rows):
        lengths = sorted({len(row) for row in rows})
        raise InvalidProblem(f"rows of {lengths} entries given; equal lengths are needed")
    with ctx.workprec(bits):
        entries = [arb(fmpq(e.numerator, e.denominator)) if isinstance(e, (int, Fraction)) else e
                   for row in rows for e in row]
        return arb_mat(len(rows), width, entries)


def symmetric_part(matrix: arb_mat, bits: int) -> arb_mat:
    """The ball matrix with both triangles equal to the upper one, at ``bits`` bits.

    It contains every symmetric matrix in ``matrix``.

    Raises:
        InvalidProblem: not square, or an entry that excludes its mirror image.
    """
    n = matrix.nrows()
    if n != matrix.ncols():
        raise InvalidProblem(f"a {n} x {matrix.ncols()} matrix given, but a symmetric one is needed")
    rows = matrix.tolist()
    for i in range(n):
        for j in range(i):
            if not rows[i][j].overlaps(rows[j][i]):
                raise InvalidProblem(f"entries ({i + 1}, {j + 1}) and ({j + 1}, {i + 1}) differ; symmetry is needed")
            rows[i][j] = rows[j][i]
    with ctx.workprec(bits):  # flint rounds entries to the precision at hand when it copies them
        return arb_mat(n, n, [entry for row in rows for entry in row])


def norm_bound(matrix: arb_mat) -> arb:
    """An upper bound of the spectral norm of a symmetric matrix: the largest absolute row sum."""
    sums = (sum((abs(entry) for entry in row), arb(0)).upper() for row in matrix.tolist())
    return max(sums, default=arb(0))


def eigenvalue_enclosures(matrix: arb_mat, bits: int, *, small: int = _SMALL) -> list[arb]:
    """Balls in ascending order; the i-th contains the i-th smallest eigenvalue, counted with multiplicity.

    Always valid, for repeated eigenvalues too, and thin when the entries are: a width of about 2^-bits |A| n
    for ``bits`` > 53 and 2^-48 |A| n below. An entry that is not finite gives the whole line. Where distinct
    eigenvalues are closer than doubles can tell, a slow solver at full precision is tried up to ``small`` rows.

    Method: with V from an eigen-solver, C = V'AV and |V'V - I| <= eps < 1, Ostrowski gives
    l_i(C) = theta_i l_i(A) with 1 - eps <= theta_i <= 1 + eps, and Weyl gives l_i(C) from the sorted diagonal
    of C up to the norm of the rest.

    Raises:
        InvalidProblem: the matrix is not symmetric.
    """
    n = matrix.nrows()
    working = bits + 16 + n.bit_length()
    symmetric = symmetric_part(matrix, working)
    if not all(entry.is_finite() for entry in symmetric.entries()):
        return [arb("0 +/- inf")] * n
    if n == 0:
        return []
    with ctx.workprec(working):
        # l_i(A) differs from l_i(mid A) by at most the norm of the radii (Weyl).
        middle = symmetric.mid()
        radius = norm_bound(arb_mat(n, n, [entry.rad() for entry in symmetric.entries()]))
        values = _thin_enclosures(middle, bits, small)
        return [_between(value.lower() - radius, value.upper() + radius) for value in values]


def _thin_enclosures(middle: arb_mat, bits: int, small: int) -> list[arb]:
    vectors = float_eigenbasis(middle)
    if bits > _DOUBLE:
        vectors = refined_eigenbasis(middle, vectors, bits)
    values = _from_witness(middle, vectors)
    if bits <= _DOUBLE or middle.nrows() > small:
        return values
    allowed = norm_bound(middle) * arb(2) ** (-3 * bits // 4)
    if all(value.rad() < allowed for value in values):
        return values
    # Distinct eigenvalues closer than a double can tell: start from a solver at full precision.
    again = _from_witness(middle, multiprecision_eigenbasis(middle, bits))
    return [min(pair, key=_width) for pair in zip(values, again, strict=True)]


def _width(value: arb) -> arb:
    return value.rad()


def _from_witness(matrix: arb_mat, vectors: arb_mat) -> list[arb]:
    n = matrix.nrows()
    transposed = vectors.transpose()
    gram = transposed * vectors
    for i in range(n):
        gram[i, i] = gram[i, i] - 1
    eps = norm_bound(gram)
    if not eps < 1:
        bound = norm_bound(matrix)
        return [_between(-bound, bound)] * n
    congruent = transposed * (matrix * vectors)
    diagonal = [congruent[i, i] for i in range(n)]
    for i in range(n):
        congruent[i, i] = 0
    rest = norm_bound(congruent)
    theta = _between(1 - eps, 1 + eps)
    return [_between(low - rest, high + rest) / theta for low, high in _order_statistics(diagonal)]


def _between(low: arb, high: arb) -> arb:
    return low.lower().union(high.upper())


def _order_statistics(values: Sequence[arb]) -> list[tuple[arb, arb]]:
    """Bounds of the i-th smallest: the i-th smallest lower end and the i-th smallest upper end."""
    return list(zip(sorted(v.lower() for v in values), sorted(v.upper() for v in values), strict=True))


def small_symmetric_eigenvalues(rows: Sequence[Sequence[arb | Fraction | int]], bits: int) -> list[arb]:
    """``eigenvalue_enclosures`` of a matrix given by rows; made for 2 x 2 to 5 x 5 at hundreds of bits."""
    return eigenvalue_enclosures(ball_matrix(rows, bits + 16), bits)


def cluster(enclosures: Sequence[arb]) -> list[tuple[arb, int]]:
    """Merge overlapping enclosures: (hull, how many), ascending, with pairwise disjoint hulls."""
    if not all(value.is_finite() for value in enclosures):
        return [(arb("0 +/- inf"), len(enclosures))]
    groups: list[tuple[arb, int]] = []
    finest = max((value.bits() for value in enclosures), default=0)
    with ctx.workprec(finest + 64):  # hulls are rounded to the precision at hand
        for value in sorted(enclosures, key=lambda ball: ball.lower()):
            hull, count = value, 1
            while groups and groups[-1][0].overlaps(hull):
                last, others = groups.pop()
                hull, count = last.union(hull), count + others
            groups.append((hull, count))
    return groups


@dataclass(frozen=True, kw_only=True)
class SpectrumMatch:
    """Whether a claimed spectrum is compatible with a matrix, and how finely that was looked at.

    ``width`` is the largest diameter of the dense enclosures: numbers closer than this are not told apart.
    """

    truth: Truth
    width: arb
    because: str


def contains_spectrum(
    matrix: arb_mat, table: Sequence[tuple[arb, int]], bits: int, *, within: Fraction = Fraction(1, 10**9)
) -> SpectrumMatch:
    """Compare the sorted ``table`` of (eigenvalue, multiplicity) with the dense spectrum, entry by entry.

    Fails when some pair is disjoint or the multiplicities do not add up to the dimension: that proves the
    table wrong. Holds when every pair overlaps and every ball on both sides is thinner than ``within`` times
    the norm: a match to that width, not a proof of equality. Undecided otherwise.
    """
    if any(multiplicity < 0 for _, multiplicity in table):
        raise InvalidProblem("a negative multiplicity given, but multiplicities are whole numbers >= 0")
    dense = eigenvalue_enclosures(matrix, bits)
    claimed = [value for value, multiplicity in table for _ in range(multiplicity)]
    with ctx.workprec(bits + 16):
        width = max((2 * value.rad() for value in dense), default=arb(0)).upper()
        if len(claimed) != len(dense):
            because = f"the multiplicities add up to {len(claimed)}, the dimension is {len(dense)}"
            return SpectrumMatch(truth=Truth.FAILS, width=width, because=because)
        if not all(value.is_finite() for value in claimed):
            because = "the table has an entry that is not finite; raise the precision"
            return SpectrumMatch(truth=Truth.UNDECIDED, width=width, because=because)
        claims = [_between(low, high) for low, high in _order_statistics(claimed)]
        for index, (expected, found) in enumerate(zip(claims, dense, strict=True), start=1):
            if not expected.overlaps(found):
                because = f"eigenvalue {index} is in {found.str(20)}, the table says {expected.str(20)}"
                return SpectrumMatch(truth=Truth.FAILS, width=width, because=because)
        limit = norm_bound(matrix) * arb(fmpq(within.numerator, within.denominator))
        vague = [v for v in (*dense, *claims) if not 2 * v.rad() <= limit]
        truth = Truth.UNDECIDED if vague else Truth.HOLDS
        found_out = f"all {len(dense)} eigenvalues agree to within {width.str(3, radius=False)}"
        return SpectrumMatch(truth=truth, width=width, because=found_out)
