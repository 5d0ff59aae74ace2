"""Spherical codes as problems, and coordinate files: what is read, what is refused, in one line."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.errors import InexactInput, InvalidProblem
from ncproofs.problems.codes import Codes, Points, read_points, written_points

SQUARE = Points(((1, 0), (0, 1), (-1, 0), (0, -1)))


def test_a_code_is_two_sizes():
    assert str(Codes(7, 3)) == "code K=7 d=3"
    assert Codes("7", 3) == Codes(7, 3)


@pytest.mark.parametrize(("K", "d", "said"), [
    (1, 3, "K >= 2"), (3, 0, "d >= 1"), ("1/2", 3, "whole number K"), (6000, 3, "at most 5000"),
    (3, 501, "at most 500"),
])
def test_sizes_refused(K, d, said):
    with pytest.raises(InvalidProblem, match=said):
        Codes(K, d)


def test_points_know_their_sphere():
    assert SQUARE.radius_sq == 1 and (SQUARE.K, SQUARE.d) == (4, 2)
    assert Points(((3, 0), (1, 1))).radius_sq is None
    assert Points(((3, 4), (5, 0))).norms_sq == (25, 25)


@pytest.mark.parametrize(("rows", "error", "said"), [
    (((1, 0),), InvalidProblem, "K >= 2"),
    (((1, 0), (1,)), InvalidProblem, "equal lengths"),
    (((1, 0), (0, 0)), InvalidProblem, "point 2 is the zero vector"),
    (((0.5, 1), (1, 0)), InexactInput, "binary float"),
])
def test_points_refused(rows, error, said):
    with pytest.raises(error, match=said):
        Points(rows)


FILES = {
    "one coordinate a line, as Sloane has it": "1\n0\n0\n1\n-3/5\n-4/5\n",
    "one point a line": "1 0\n0 1\n-3/5 -4/5\n",
    "commas, comments and blank lines": "# three points\n1, 0\n\n0, 1  # e_2\n-0.6, -0.8\n",
    "decimals with exponents": "1 0\n0 10e-1\n-6e-1 -.8\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_files_read(text):
    assert read_points(text, Codes(3, 2)).rows == ((1, 0), (0, 1), (Fraction(-3, 5), Fraction(-4, 5)))


REFUSED = {
    "empty": ("# nothing\n", "no numbers"),
    "ragged": ("1 0\n0 1\n-1\n", "ragged: its lines have 1 and 2 numbers"),
    "too few points": ("1 0\n0 1\n", "2 lines of 2 numbers"),
    "too many coordinates": ("1\n0\n0\n1\n0\n", "5 lines of 1 numbers"),
    "another dimension": ("1 0 0\n0 1 0\n", "2 lines of 3 numbers"),
    "not a number": ("1 nan\n0 1\n1 1\n", "the entry nan"),
    "infinite": ("1 -inf\n0 1\n1 1\n", "the entry -inf"),
    "a word": ("1 zero\n0 1\n1 1\n", "not an exact number"),
    "code": ("1 __import__('os')\n0 1\n1 1\n", "not an exact number"),
    "division by zero": ("1 1/0\n0 1\n1 1\n", "divides by zero"),
    "a zero vector": ("1 0\n0 0\n1 1\n", "point 2 is the zero vector"),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED)
def test_files_refused_in_one_line(text, said):
    with pytest.raises(InvalidProblem, match=said) as caught:
        read_points(text, Codes(3, 2), "points.txt")
    assert "\n" not in str(caught.value)


FRACTIONS = st.fractions(min_value=-9, max_value=9, max_denominator=50)


@settings(max_examples=40)
@given(st.lists(st.tuples(FRACTIONS, FRACTIONS, FRACTIONS).filter(any), min_size=2, max_size=5))
def test_what_is_written_is_read_again(rows):
    points = Points(tuple(rows))
    text = written_points([[str(x) for x in row] for row in points.rows])
    assert read_points(text, Codes(points.K, 3)) == points
