"""Cells of central arrangements: complete, each with a point inside, degenerate ones included."""

import itertools
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncproofs.critical.arrangement import cells, largest_count
from ncproofs.errors import OutOfScope


def dot(row, point):
    return sum((a * b for a, b in zip(row, point, strict=True)), Fraction(0))


def signs(rows, point):
    return tuple((dot(row, point) > 0) - (dot(row, point) < 0) for row in rows)


@pytest.mark.parametrize(("n", "d", "count"), [(1, 1, 2), (6, 2, 12), (6, 3, 32), (7, 4, 84), (3, 5, 8)])
def test_general_position(n, d, count):
    rng = random.Random(n * d)
    rows = [tuple(Fraction(rng.randint(-99, 99)) for _ in range(d)) for _ in range(n)]
    found = cells(rows)
    assert len(found) == count == largest_count(n, min(n, d))
    assert all(signs(rows, point) == pattern for pattern, point in found.items())


ROWS = st.integers(1, 3).flatmap(
    lambda d: st.lists(st.tuples(*[st.integers(-2, 2).map(Fraction)] * d), min_size=1, max_size=5)
)


@given(ROWS)
def test_no_cell_is_missing_or_empty(rows):
    """Against the sign patterns of many points; equal, opposite and zero rows occur often here."""
    found = cells(rows)
    assert all(signs(rows, point) == pattern for pattern, point in found.items())
    for point in itertools.product((-11, -5, -2, -1, 1, 3, 7), repeat=len(rows[0])):
        seen = signs(rows, point)
        if all(s != 0 or not any(row) for s, row in zip(seen, rows, strict=True)):
            assert seen in found


def test_parallel_and_zero_rows():
    one = (Fraction(1), Fraction(2))
    assert set(cells([one, tuple(-2 * e for e in one), (Fraction(0), Fraction(0))])) == {(1, -1, 0), (-1, 1, 0)}


def test_too_many_cells():
    rng = random.Random(0)
    rows = [tuple(Fraction(rng.randint(-99, 99)) for _ in range(5)) for _ in range(30)]
    with pytest.raises(OutOfScope, match="more than 4096"):
        cells(rows)
