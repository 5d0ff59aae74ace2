"""Symmetric rational matrices with a known spectrum, for the tests of verified linear algebra."""

from collections.abc import Sequence
from fractions import Fraction

from flint import arb_mat, ctx, fmpq, fmpq_mat
from hypothesis import strategies as st

__all__ = ["balls", "rotated", "spectra", "with_spectrum"]


def fraction(value: Fraction | int) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def with_spectrum(values: Sequence[Fraction | int], vector: Sequence[int]) -> fmpq_mat:
    """Q D Q' with D = diag(values) and the Householder reflection Q = I - 2 v v' / v'v, exactly."""
    n = len(values)
    square = sum(x * x for x in vector)
    reflection = fmpq_mat(n, n, [
        fmpq(int(i == j)) - fmpq(2 * vector[i] * vector[j], square) for i in range(n) for j in range(n)
    ])
    diagonal = fmpq_mat(n, n)
    for i, value in enumerate(values):
        diagonal[i, i] = fraction(value)
    return reflection * diagonal * reflection.transpose()


def rotated(matrix: fmpq_mat, i: int, j: int) -> fmpq_mat:
    """The same spectrum after the rotation by the angle with cosine 3/5 and sine 4/5 in the plane (i, j)."""
    n = matrix.nrows()
    rotation = fmpq_mat(n, n, [int(a == b) for a in range(n) for b in range(n)])
    rotation[i, i] = rotation[j, j] = fmpq(3, 5)
    rotation[i, j], rotation[j, i] = fmpq(-4, 5), fmpq(4, 5)
    return rotation * matrix * rotation.transpose()


def balls(matrix: fmpq_mat, bits: int) -> arb_mat:
    with ctx.workprec(bits + 20):
        return arb_mat(matrix)


@st.composite
def spectra(draw: st.DrawFn, most: int = 7) -> tuple[list[Fraction], fmpq_mat]:
    """A sorted spectrum, often with repetitions and zeros, and an exact matrix that has it."""
    pool = draw(st.lists(st.fractions(-4, 4, max_denominator=6), min_size=1, max_size=3))
    values = sorted(draw(st.lists(st.sampled_from([*pool, Fraction(0)]), min_size=2, max_size=most)))
    n = len(values)
    vector = draw(st.lists(st.integers(-4, 4), min_size=n, max_size=n).filter(any))
    return values, rotated(with_spectrum(values, vector), 0, n - 1)
