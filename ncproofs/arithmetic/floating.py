r"""double precision on whole arrays: estimates for searching and plotting, and residuals with proved bounds.

``FloatArrays`` only estimates. ``float_residual`` and ``exact_residual`` bound |T - F S F'|_2 from above, for
arrays of float64 numbers taken as exact binary fractions; ``verified_floats`` builds on them.

What ``float_residual`` assumes of the machine:
    - float64 arithmetic of NumPy rounds to nearest with gradual underflow (``check_rounding`` probes it);
    - ``matmul`` is conventional: every entry is a sum of the n products in any order, blocked, on any number
      of threads, with or without fused multiply-add, each operation rounded to nearest. Underflow in it may
      be gradual or flushed to zero. No Strassen-like product, no -ffast-math, no lower internal precision;
    - ``sum`` adds in any order; ``sqrt`` is correctly rounded.
``exact_residual`` assumes only the first line (its floats are scaled by powers of two and split, never
rounded silently) and FLINT's integer arithmetic.

Error analysis, u = 2^-53. In any order |fl(x'y) - x'y| <= gamma_n |x|'|y|, gamma_n = n u / (1 - n u), up to
underflow: each of the n terms passes through at most n roundings. For terms >= 0 that gives
x'y <= fl(x'y) / (1 - u)^n <= fl(x'y) (1 + 2 n u) while n u <= 1/2, so a computed sum is inflated by
1 + (n + 4) 2^-52 and moved to the next float; the spare 4 pay for factors (1 + u) named where they arise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray

from ncproofs.errors import OutOfScope
from ncproofs.truth import Rigor

__all__ = [
    "FloatArrays",
    "Residual",
    "check_rounding",
    "exact_residual",
    "float_residual",
    "gamma",
    "on_grid",
    "up",
    "upper_product",
    "upper_sum",
]

Array = NDArray[np.float64] | np.float64
Matrix = NDArray[np.float64]

#: Upper bound of |T - F diag(S) F'|_2 for a symmetric T; without S, of |T - F F'|_2. None: out of range.
Residual = Callable[[Matrix, Matrix, Matrix | None], Fraction | None]

#: Bits after the point of a witness: what ``exact_residual`` reads as integers.
_GRID = 53
#: |F| <= 2^9, |S|, |T| <= 2^20 and n <= 2^20 keep every product below 2^40 and n u below 2^-33.
_LARGEST_FACTOR, _LARGEST, _LONGEST = 2.0**9, 2.0**20, 2**20
#: Underflow of one operation on operands below 2^30, gradual or flushed, inputs too: 2^-1022 (2^30 + 2^30).
#: 2^-980 pays for it and for every later factor up to 2^11.
_UNDERFLOW = 2.0**-980


@dataclass(frozen=True)
class FloatArrays:
    """NumPy float64 arrays that broadcast; undefined results are NaN, without a warning."""

    rigor: ClassVar[Rigor] = Rigor.ESTIMATED

    def constant(self, value: Fraction | int) -> Array:
        return np.float64(value.numerator / value.denominator)

    def add(self, left: Array, right: Array) -> Array:
        return np.add(left, right)

    def multiply(self, left: Array, right: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.multiply(left, right)

    def divide(self, left: Array, right: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.divide(left, right)

    def integer_power(self, base: Array, exponent: int) -> Array:
        with np.errstate(all="ignore"):
            return np.power(base, float(exponent))

    def real_power(self, base: Array, exponent: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.power(base, exponent)

    def exp(self, value: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.exp(value)

    def log(self, value: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.log(value)


def check_rounding() -> None:
    """Probe that this process rounds to nearest, with gradual underflow, in NumPy and in its BLAS.

    A shared library built with -ffast-math, or fesetround, changes it for the whole process.

    Raises:
        OutOfScope: it does not; no bound here would be proved.
    """
    one, half_ulp = np.ones(1), np.ldexp(np.ones(1), -53)
    above = one + 2 * half_ulp
    # Ties go to even: 1 + u -> 1 (not upwards), 1 + 2u + u -> 1 + 4u (not downwards, not towards zero).
    nearest = (
        one + half_ulp == one
        and above + half_ulp == one + 4 * half_ulp
        and np.stack([one, half_ulp], axis=1) @ np.ones(2) == one
        and np.stack([above, half_ulp], axis=1) @ np.ones(2) == one + 4 * half_ulp
    )
    gradual = np.ldexp(one, -1022) * np.ldexp(one, -1) > 0 and np.ldexp(one, -1074) * one > 0
    if not (nearest and gradual):
        raise OutOfScope(
            "this process does not round to nearest with gradual underflow (a fast-math library?), and "
            "verified floats need both; use balls (arithmetic.inertia)"
        )


def up(value: Array) -> Array:
    """The next float above: an upper bound of a result >= 0 that was rounded to nearest."""
    return np.nextafter(value, np.inf)


def gamma(n: int) -> np.float64:
    """An upper bound of gamma_n = n u / (1 - n u); n u and 1 - n u are exact for n < 2^52."""
    nu = np.ldexp(np.float64(n), -53)
    return np.float64(up(nu / (1 - nu)))


def _inflated(computed: Array, count: int) -> Array:
    return up(computed * (1 + np.ldexp(np.float64(count + 4), -52)))


def upper_sum(values: Matrix, axis: int) -> Array:
    """At least the sums of (1 + u) times these numbers >= 0, each: 1 / (1 - u)^(n + 1) <= 1 + 2 (n + 4) u."""
    return _inflated(values.sum(axis=axis), values.shape[axis])


def upper_product(matrix: Matrix, vector: Matrix) -> Matrix:
    """At least ``matrix @ vector`` for entries >= 0, below 2^30 in the matrix and 2^40 in the vector."""
    count = matrix.shape[1]
    return np.asarray(up(_inflated(matrix @ vector, count) + count * _UNDERFLOW))


def _upper_frobenius(values: Matrix) -> Array:
    """At least (1 + u) |values|_F: squares below 2^-1022 may vanish, (1 + u)^2 / (1 - u)^n is in the 4."""
    flat = values.ravel(order="K")
    return up(np.sqrt(up(_inflated(np.dot(flat, flat), flat.size) + flat.size * np.ldexp(1.0, -1020))))


def on_grid(witness: Matrix) -> Matrix:
    """The witness rounded to multiples of 2^-53, which are floats again."""
    return np.asarray(np.ldexp(np.rint(np.ldexp(witness, _GRID)), -_GRID))


def _in_range(target: Matrix, factor: Matrix, diagonal: Matrix | None) -> bool:
    """Sizes for which the constants of this module are enough; False for NaN and infinity."""
    limits = [(factor, _LARGEST_FACTOR), (target, _LARGEST)]
    if diagonal is not None:
        limits.append((diagonal, _LARGEST))
    if max(factor.shape) > _LONGEST:
        return False
    return all(-limit <= values.min() and values.max() <= limit for values, limit in limits)


def float_residual(target: Matrix, factor: Matrix, diagonal: Matrix | None = None) -> Fraction | None:
    r"""An upper bound of |E|_2, E = T - F S F', T symmetric (m, m), F (m, k), S = diag(diagonal) or I.

    One ``matmul``. With W = fl(F S), P = fl(W F') and D = fl(T - P), entry by entry and up to underflow,
        E = (T - P) + (P - W F') + (W - F S) F',
        |T - P| <= (1 + u) |D|,  |P - W F'| <= gamma_k |W| |F|',  |W - F S| <= u |F S| <= 2 u |W|,
    so |E| <= (1 + u) |D| + gamma_(k+4) |W| |F|'. E is symmetric: |E|_2 is at most the largest row sum of the
    right side, |W| (|F|' e) without another product; and at most its Frobenius norm,
    (1 + u) |D|_F + gamma_(k+4) |W|_F |F|_F. The smaller one counts. For T = A - s I and a Cholesky factor F
    the latter is Rump's bound: |F|_F^2 is about the trace of A.

    None when the arrays are out of range or not finite.
    """
    if not _in_range(target, factor, diagonal):
        return None
    rows, terms = factor.shape
    growth = gamma(terms + 4)
    with np.errstate(all="ignore"):
        left = factor if diagonal is None else factor * diagonal
        distance = np.abs(target - left @ factor.T)
        left, right = np.abs(left), np.abs(factor)
        products = upper_product(left, upper_product(right.T, np.ones(rows)))
        by_rows = np.max(up(upper_sum(distance, 1) + up(growth * products)))
        by_squares = up(
            _upper_frobenius(distance) + up(growth * up(_upper_frobenius(left) * _upper_frobenius(right)))
        )
        # Each entry of P and W F' underflows at most (k + 1) times, by less than 2^-991; m entries in a row.
        bound = float(up(np.minimum(by_rows, by_squares) + rows * (terms + 1) * _UNDERFLOW))
    return Fraction(bound) if np.isfinite(bound) else None


def exact_residual(target: Matrix, factor: Matrix, diagonal: Matrix | None = None) -> Fraction | None:
    """The same bound from integers: the largest row sum of |T - F S F'|, exactly, in FLINT.

    F and S are multiples of 2^-53 (``on_grid``). T is read to 106 bits after the point; a rest of at most
    2^-107 an entry is added as m 2^-107. Practical up to about m = 1000.

    None when the arrays are out of range or F or S off the grid.
    """
    if not _in_range(target, factor, diagonal):
        return None
    rows, terms = factor.shape
    exact_factor = _grid_integers(factor)
    exact_diagonal = None if diagonal is None else _grid_integers(diagonal)
    if exact_factor is None or (diagonal is not None and exact_diagonal is None):
        return None
    scaled, bits = exact_factor, 2 * _GRID
    if exact_diagonal is not None:
        scaled, bits = [e * s for e, s in zip(exact_factor, exact_diagonal * rows, strict=True)], 3 * _GRID
    entries, is_exact = _split_integers(target)
    product = fmpz_mat(rows, terms, scaled) * fmpz_mat(rows, terms, exact_factor).transpose()
    distance = fmpz_mat(rows, rows, entries) * 2 ** (bits - 2 * _GRID) - product
    largest = max(int(sum(abs(entry) for entry in row)) for row in distance.tolist())
    return Fraction(largest, 2**bits) + (0 if is_exact else Fraction(rows, 2 ** (2 * _GRID + 1)))


def _grid_integers(values: Matrix) -> list[int] | None:
    scaled = np.ldexp(values, _GRID)
    return [int(x) for x in scaled.ravel().tolist()] if np.array_equal(scaled, np.rint(scaled)) else None


def _split_integers(values: Matrix) -> tuple[list[int], bool]:
    """Entries times 2^106 as integers, and whether nothing was rounded off.

    x 2^53 = high + rest with an integer high and |rest| <= 1/2, both floats without rounding; once more for
    the rest. Below 2^-1022 the scaling by 2^53 is exact as well.
    """
    scaled = np.ldexp(values, _GRID)
    high = np.rint(scaled)
    rest = np.ldexp(scaled - high, _GRID)
    low = np.rint(rest)
    pairs = zip(high.ravel().tolist(), low.ravel().tolist(), strict=True)
    return [(int(h) << _GRID) + int(low_part) for h, low_part in pairs], bool(np.array_equal(low, rest))
