r"""The cells of a central arrangement, exactly: every sign pattern of (<x_i, w>)_i with a rational witness.

Deletion and restriction: the last hyperplane cuts exactly those cells of the others that meet it, which are
the cells of the others restricted to it. So the list is complete by construction, and every pattern comes with a point.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import comb

from flint import fmpq, fmpq_mat

from ncproofs.errors import OutOfScope

__all__ = ["MOST_CELLS", "cells", "largest_count"]

MOST_CELLS = 4096
Row = tuple[Fraction, ...]
Pattern = tuple[int, ...]


def largest_count(n: int, rank: int) -> int:
    """2 sum_{k < rank} C(n-1, k): the number of cells of n hyperplanes in general position."""
    return 2 * sum(comb(n - 1, k) for k in range(rank)) if n else 1


def cells(rows: Sequence[Row]) -> dict[Pattern, Row]:
    """Sign pattern -> a point in the open cell. A zero row has sign 0; equal hyperplanes have linked signs.

    Raises:
        OutOfScope: there may be more than ``MOST_CELLS`` cells.
    """
    dimension = len(rows[0])
    entries = [fmpq(e.numerator, e.denominator) for row in rows for e in row]
    rank = int(fmpq_mat(len(rows), dimension, entries).rank())
    planes = _planes(rows)
    if largest_count(len(planes), rank) > MOST_CELLS:
        raise OutOfScope(f"{len(planes)} samples in dimension {rank} may have more than {MOST_CELLS} activation "
                         "patterns; give fewer samples or features")
    return _cells(rows, dimension)


def _planes(rows: Sequence[Row]) -> list[Row]:
    """One row for each hyperplane."""
    found: dict[Row, Row] = {}
    for row in rows:
        if any(row):
            found.setdefault(_direction(row)[0], row)
    return list(found)


def _direction(row: Row) -> tuple[Row, int]:
    """The row scaled to have first nonzero entry 1, and the sign of the factor."""
    lead = next(entry for entry in row if entry)
    return tuple(entry / lead for entry in row), 1 if lead > 0 else -1


def _cells(rows: Sequence[Row], dimension: int) -> dict[Pattern, Row]:
    planes = _planes(rows)
    places = {plane: index for index, plane in enumerate(planes)}
    links = [(places[direction], sign) if any(row) else None
             for row in rows for direction, sign in ([_direction(row)] if any(row) else [((), 0)])]
    return {
        tuple(0 if link is None else link[1] * pattern[link[0]] for link in links): point
        for pattern, point in _of_distinct(planes, dimension).items()
    }


def _of_distinct(planes: Sequence[Row], dimension: int) -> dict[Pattern, Row]:
    """The cells of pairwise different hyperplanes."""
    if not planes:
        return {(): (Fraction(0),) * dimension}
    *others, last = planes
    basis = _orthogonal_basis(last)
    within = _cells([tuple(_dot(row, b) for b in basis) for row in others], dimension - 1) if others else (
        {(): (Fraction(0),) * (dimension - 1)})
    found: dict[Pattern, Row] = {}
    for pattern, inner in within.items():
        point = tuple(sum((z * b[i] for z, b in zip(inner, basis, strict=True)), Fraction(0)) for i in range(dimension))
        step = _small_step(others, point, last)
        for side in (1, -1):
            found[(*pattern, side)] = tuple(p + side * step * e for p, e in zip(point, last, strict=True))
    for pattern, point in _of_distinct(others, dimension).items():
        if pattern not in within:  # the cell does not meet the hyperplane: all of it is on one side
            found[(*pattern, 1 if _dot(last, point) > 0 else -1)] = point
    return found


def _orthogonal_basis(row: Row) -> list[Row]:
    """A basis of the hyperplane of ``row``: e_j - (row_j/row_lead) e_lead for j other than lead."""
    lead = next(i for i, entry in enumerate(row) if entry)
    return [
        tuple(Fraction(int(i == j)) - (row[j] / row[lead] if i == lead else 0) for i in range(len(row)))
        for j in range(len(row)) if j != lead
    ]


def _small_step(others: Sequence[Row], point: Row, last: Row) -> Fraction:
    """How far one may go along ``last`` without changing the sign of any other row: half the least distance."""
    limits = [abs(_dot(row, point)) / abs(slope) for row in others if (slope := _dot(row, last))]
    return min(limits) / 2 if limits else Fraction(1)


def _dot(left: Row, right: Row) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))
