r"""Quadratic forms, definiteness and inertia from float64 at BLAS speed, with proved rounding bounds.

An array stands for the exact binary fractions in it; with ``radius`` (an array of the same shape, entries
>= 0) for every symmetric matrix A with |A - matrix| <= radius entry by entry, and an answer holds for all of
them. Rigor: ``RIGOR``, enclosed.

Nothing is assumed of LAPACK: its Cholesky factors, eigenvalues and eigenvectors are witnesses, any of which
may be wrong. What counts is an upper bound of |T - F S F'|_2 for the witness at hand:
    float_residual: one matrix product. Assumes round to nearest and a conventional ``matmul``, as said in
        ``floating`` beside the error analysis. For large matrices and inner loops.
    exact_residual: in integers, assumes nothing of BLAS; for dimensions up to about 1000.

Method (Rump's verification of positive definiteness, with the a-posteriori residual in place of the a-priori
error of a Cholesky factorisation, which blocked implementations with inverted pivots need not have):
    T = fl(A - s I), F = fl(chol(T)), |T - F F'|_2 <= beta:   A - s I >= -beta - |T - (A - s I)|_2;
    V, D from eigh, |I - V'V|_2 <= eps < 1, |A - V D V'|_2 <= beta:  l_i(V D V') = theta_i D_i with
        |theta_i - 1| <= eps (Ostrowski), and l_i(A) is at most beta away (Weyl), D sorted.
Everything is first scaled by powers of two, which is exact but for entries that become subnormal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np
from flint import arb_mat
from numpy.typing import NDArray

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.arithmetic.floating import (
    Residual,
    check_rounding,
    float_residual,
    gamma,
    on_grid,
    up,
    upper_product,
    upper_sum,
)
from ncproofs.arithmetic.inertia import Inertia
from ncproofs.errors import InvalidProblem
from ncproofs.truth import Rigor, Truth

__all__ = [
    "RIGOR",
    "EigenvalueBounds",
    "eigenvalue_bounds",
    "inertia",
    "midpoints_and_radii",
    "positive_definite",
    "quadratic_form_bounds",
    "smallest_eigenvalue_bound",
]

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

#: The rank of every answer of this module.
RIGOR = Rigor.ENCLOSED

#: Attempts of ``smallest_eigenvalue_bound``.
_MARGINS = 16


@dataclass(frozen=True)
class EigenvalueBounds:
    """``lower[i] <= l_i <= upper[i]`` for the i-th smallest eigenvalue, counted with multiplicity."""

    lower: tuple[Fraction, ...]
    upper: tuple[Fraction, ...]
    rigor: ClassVar[Rigor] = RIGOR

    @property
    def positive(self) -> int:
        """At least this many eigenvalues are > 0."""
        return sum(bound > 0 for bound in self.lower)

    @property
    def negative(self) -> int:
        """At least this many eigenvalues are < 0."""
        return sum(bound < 0 for bound in self.upper)

    @property
    def undecided(self) -> int:
        """The number of eigenvalues whose sign is not decided; zeros are always among them."""
        return len(self.lower) - self.positive - self.negative


def positive_definite(
    matrix: Matrix, *, radius: Matrix | None = None, residual: Residual = float_residual
) -> Truth:
    """Whether x'Ax > 0 for every x != 0. Holds or fails for every A in the radius, or is undecided.

    A singular matrix is undecided or, where an upper bound shows it (a diagonal entry <= 0), fails.

    Raises:
        InvalidProblem: not a symmetric square float64 array, NaN or infinite entries, a radius < 0.
        OutOfScope: the process does not round to nearest.
    """
    entries, spread = _checked(matrix, radius)
    if np.any(entries.diagonal() <= -spread.diagonal()):
        return Truth.FAILS  # e_i'A e_i <= 0: a + r <= 0 is the comparison a <= -r, without rounding
    scaled = _equilibrated(entries, spread)
    trace = np.abs(scaled.entries.diagonal()).sum()
    shift = 2 * gamma(scaled.size + 4) * trace + 2 * float(scaled.slack)
    bound = _shifted_bound(scaled.entries, float(shift), residual)
    if bound is not None and bound > scaled.slack:
        return Truth.HOLDS
    spectrum = _spectrum(scaled, residual)
    if spectrum is not None and (spectrum.lower[0] > 0 or spectrum.upper[0] <= 0):
        return Truth.HOLDS if spectrum.lower[0] > 0 else Truth.FAILS
    # The Cholesky residual is the smaller of the two, and half the eigenvalue leaves the other half for it.
    estimate = _smallest(scaled.entries)
    if estimate is not None and estimate > 0:
        bound = _shifted_bound(scaled.entries, estimate / 2, residual)
        if bound is not None and bound > scaled.slack:
            return Truth.HOLDS
    return Truth.UNDECIDED


def smallest_eigenvalue_bound(
    matrix: Matrix, *, radius: Matrix | None = None, residual: Residual = float_residual
) -> Fraction | None:
    """A lower bound m of the smallest eigenvalue, of either sign: x'Ax >= m |x|^2; None when none is found.

    Raises:
        InvalidProblem, OutOfScope: as ``positive_definite``.
    """
    scaled = _uniform(*_checked(matrix, radius))
    estimate = _smallest(scaled.entries)
    if estimate is None:
        return None
    for margin in _margins(scaled.entries, estimate):
        bound = _shifted_bound(scaled.entries, estimate - margin, residual)
        if bound is not None:
            return (bound - scaled.slack) * Fraction(2) ** scaled.exponent
    return None


def eigenvalue_bounds(
    matrix: Matrix, *, radius: Matrix | None = None, residual: Residual = float_residual
) -> EigenvalueBounds | None:
    """Bounds of all eigenvalues, repeated ones too; None when the eigen-solver fails.

    Their width is about 2 n^2 2^-53 |A| with ``float_residual`` (two matrix products beside ``eigh``) and a
    few n 2^-53 |A| with ``exact_residual``.

    Raises:
        InvalidProblem, OutOfScope: as ``positive_definite``.
    """
    scaled = _uniform(*_checked(matrix, radius))
    bounds = _spectrum(scaled, residual)
    if bounds is None:
        return None
    factor = Fraction(2) ** scaled.exponent
    return EigenvalueBounds(
        tuple(bound * factor for bound in bounds.lower), tuple(bound * factor for bound in bounds.upper)
    )


def inertia(
    matrix: Matrix, *, radius: Matrix | None = None, nullity: int = 0, residual: Residual = float_residual
) -> Inertia | None:
    """Numbers of positive, negative and zero eigenvalues; None when a sign is undecided.

    Rounding bounds never show that an eigenvalue is 0, so a premise of the caller has to: ``nullity`` says
    that (every) A has at least this many zero eigenvalues, by a symmetry, say. For the counts that are
    certain without it see ``eigenvalue_bounds``.

    Raises:
        InvalidProblem: as ``positive_definite``, or the premise is refuted by the bounds.
        OutOfScope: the process does not round to nearest.
    """
    scaled = _uniform(*_checked(matrix, radius))
    bounds = _spectrum(scaled, residual)
    if bounds is None:
        return None
    if bounds.undecided < nullity:
        decided = bounds.positive + bounds.negative
        raise InvalidProblem(f"nullity={nullity} given, but {decided} of {scaled.size} eigenvalues are not 0")
    return Inertia(bounds.positive, bounds.negative, nullity) if bounds.undecided == nullity else None


def quadratic_form_bounds(matrix: Matrix, vector: Vector, *, radius: Matrix | None = None) -> Enclosure:
    r"""An enclosure of x'Ax for float64 x (n,) taken exactly, in O(n^2).

    With y = fl(A x), q = fl(x'y): |y - Ax| <= gamma_n |A||x| and |q - x'y| <= gamma_n |x|'|y|, so
    |q - x'Ax| <= gamma_n |x|'(|y| + |A||x|) + |x|' R |x|, and n^2 2^-980 for underflow: entries are below 1
    here, and both products, and the scalings of A and x, lose at most 2^-1021 in each of n^2 terms.

    Raises:
        InvalidProblem: as ``positive_definite``, or a vector that does not fit.
        OutOfScope: the process does not round to nearest.
    """
    entries, spread = _checked(matrix, radius)
    if not _is_plain(vector) or vector.shape != entries.shape[:1] or not np.isfinite(vector).all():
        raise InvalidProblem(f"a finite float64 vector of length {len(entries)} is needed")
    exponents = _exponent(entries, spread), _exponent(vector)
    with np.errstate(all="ignore"):
        A, R = np.ldexp(entries, -exponents[0]), np.ldexp(spread, -exponents[0])
        x = np.ldexp(vector, -exponents[1])
        y = A @ x
        q = float(x @ y)
        products = up(np.abs(y) + upper_product(np.abs(A), np.abs(x)))
        terms = up(up(gamma(len(x) + 4) * products) + upper_product(R, np.abs(x)))
        error = float(upper_product(np.abs(x)[None, :], np.asarray(terms))[0])
    error_bound = Fraction(error) + Fraction(len(x) ** 2, 2**980)
    factor = Fraction(2) ** (exponents[0] + 2 * exponents[1])
    return Enclosure((Fraction(q) - error_bound) * factor, (Fraction(q) + error_bound) * factor, RIGOR)


def midpoints_and_radii(matrix: arb_mat) -> tuple[Matrix, Matrix]:
    """A float64 matrix and a radius that contain every matrix in the balls, for the functions above.

    Raises:
        InvalidProblem: a ball that is not finite, or too large for float64.
    """
    shape = (matrix.nrows(), matrix.ncols())
    middles = [float(entry.mid()) for entry in matrix.entries()]
    if not np.isfinite(middles).all():
        raise InvalidProblem("a ball matrix with finite entries below 2^1023 is needed")
    # |ball - middle| from above in arb; its conversion to float is at most one unit off, and two are added.
    pairs = list(zip(matrix.entries(), middles, strict=True))
    widths = np.array([float((entry - middle).abs_upper()) for entry, middle in pairs], np.float64)
    radii = np.where([bool(entry == middle) for entry, middle in pairs], 0, up(up(widths)))
    if not np.isfinite(radii).all():
        raise InvalidProblem("a ball matrix with finite entries below 2^1023 is needed")
    return np.array(middles, np.float64).reshape(shape), radii.reshape(shape)


@dataclass(frozen=True)
class _Scaled:
    """Float entries and a bound ``slack`` of |S A S - entries|_2 over all A in the radius, S diagonal.

    S = 2^(-exponent / 2) I, or other powers of two (a congruence: signs of eigenvalues are those of A).
    """

    entries: Matrix
    slack: Fraction
    exponent: int

    @property
    def size(self) -> int:
        return len(self.entries)


def _exponent(*arrays: Matrix) -> int:
    """The smallest e with all entries below 2^e."""
    return int(np.frexp(max(np.abs(array).max() for array in arrays))[1])


def _is_plain(array: object) -> bool:
    """A float64 array without a mask; other types would be rounded, or mean something else."""
    if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):
        return False
    return bool(array.dtype == np.float64)


def _checked(matrix: Matrix, radius: Matrix | None) -> tuple[Matrix, Matrix]:
    check_rounding()
    for name, given in (("matrix", matrix), ("radius", radius)):
        if given is None:
            continue
        if not _is_plain(given) or given.ndim != 2 or given.shape[0] != given.shape[1] or not given.size:
            raise InvalidProblem(f"{name} is not a square float64 array; give one of dtype numpy.float64")
        if not np.isfinite(given).all():
            raise InvalidProblem(f"{name} has entries that are NaN or infinite; finite ones are needed")
        if not np.array_equal(given, given.T):
            raise InvalidProblem(f"{name} is not symmetric; give (A + A.T) / 2, and the rounding as radius")
    entries = np.asarray(matrix)
    if radius is None:
        return entries, np.zeros((len(entries), len(entries)))
    if radius.shape != entries.shape or radius.min() < 0:
        raise InvalidProblem("radius must have the shape of the matrix and entries >= 0")
    return entries, np.asarray(radius)


def _uniform(entries: Matrix, spread: Matrix) -> _Scaled:
    """Entries and radii below 1."""
    exponent = _exponent(entries, spread)
    return _scaled(entries, spread, np.full(1, exponent), exponent)


def _equilibrated(entries: Matrix, spread: Matrix) -> _Scaled:
    """Diagonal entries > 0 are brought to [1/2, 2): the bounds then do not depend on the units of a row.

    Uniform scaling instead where an entry or a radius is far above the diagonal: no definite matrix has one.
    """
    halves = np.frexp(entries.diagonal())[1] // 2
    exponents = halves[:, None] + halves[None, :]
    with np.errstate(all="ignore"):
        largest = max(np.ldexp(np.abs(part), -exponents).max() for part in (entries, spread))
    return _scaled(entries, spread, exponents, 0) if largest < 4 else _uniform(entries, spread)


def _scaled(entries: Matrix, spread: Matrix, exponents: NDArray[np.int_], exponent: int) -> _Scaled:
    with np.errstate(all="ignore"):
        scaled = np.ldexp(entries, -exponents)
        # |Delta|_2 <= the largest row sum of R; an entry of A or R that turns subnormal moves by <= 2^-1074.
        row_sums = upper_sum(np.ldexp(spread, -exponents), 1)
    return _Scaled(scaled, Fraction(float(np.max(row_sums))) + Fraction(len(entries), 2**1000), exponent)


def _shifted_bound(entries: Matrix, shift: float, residual: Residual) -> Fraction | None:
    """A lower bound of the smallest eigenvalue near ``shift``, or None: T = fl(A - s I) has no factor.

    A - s I = T + Delta with Delta diagonal, |Delta| <= u |T_ii|; T = F F' + E; F F' >= 0.
    """
    if not np.isfinite(shift):
        return None
    shifted = entries.copy()
    diagonal = entries.diagonal() - shift
    np.fill_diagonal(shifted, diagonal)
    try:
        factor: Matrix = np.asarray(np.linalg.cholesky(shifted), np.float64)
    except np.linalg.LinAlgError:
        return None
    distance = residual(shifted, on_grid(factor), None)
    if distance is None:
        return None
    return Fraction(shift) - distance - Fraction(float(np.abs(diagonal).max())) / 2**53


def _spectrum(scaled: _Scaled, residual: Residual) -> EigenvalueBounds | None:
    """Ostrowski's and Weyl's bounds of the spectrum of S A S, from any V and D."""
    try:
        values, vectors = np.linalg.eigh(scaled.entries)
    except np.linalg.LinAlgError:
        return None
    values, vectors = on_grid(values), on_grid(vectors)
    skew = residual(np.eye(scaled.size), vectors.T, None)
    distance = residual(scaled.entries, vectors, values)
    if skew is None or distance is None or skew >= 1:
        return None
    distance += scaled.slack
    exact = [Fraction(value) for value in np.sort(values).tolist()]
    return EigenvalueBounds(
        tuple(value - abs(value) * skew - distance for value in exact),
        tuple(value + abs(value) * skew + distance for value in exact),
    )


def _smallest(entries: Matrix) -> float | None:
    try:
        return float(np.linalg.eigvalsh(entries)[0])
    except np.linalg.LinAlgError:
        return None


def _margins(entries: Matrix, estimate: float) -> Iterator[float]:
    """Distances below the estimate at which to try a factorisation: from a few units, growing eightfold."""
    unit = float(np.ldexp(1 + np.abs(entries).sum(axis=1).max() + abs(estimate), -53))
    return (unit * 8**power for power in range(1, _MARGINS))
