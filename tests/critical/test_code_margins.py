"""Exact margins: projection on a hull, against least squares in floats, and both kinds of bounds."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from ncproofs.critical import code_margins as margins
from ncproofs.critical.code_points import point_margins
from ncproofs.critical.nearest_point import nearest_in_hull
from ncproofs.errors import InvalidProblem
from ncproofs.problems.codes import Points, inner

SMALL = st.fractions(min_value=-3, max_value=3, max_denominator=7)
VECTORS = st.lists(st.tuples(SMALL, SMALL, SMALL), min_size=1, max_size=7)
UNIT = Points(((1, 0), (0, 1), ("-3/5", "-4/5"), ("4/5", "-3/5"), ("-5/13", "12/13")))


@settings(max_examples=40)
@given(st.tuples(SMALL, SMALL, SMALL), VECTORS)
def test_the_nearest_point_proves_itself(x, vertices):
    found = nearest_in_hull(x, vertices)
    assert sum(found.weights.values()) == 1 and min(found.weights.values()) > 0
    for a in range(3):
        assert found.point[a] == sum(weight * vertices[j][a] for j, weight in found.weights.items())
    rest = [a - b for a, b in zip(x, found.point, strict=True)]
    assert found.distance_sq == inner(rest, rest)
    for vertex in vertices:
        assert inner(rest, [a - b for a, b in zip(vertex, found.point, strict=True)]) <= 0


@settings(max_examples=40)
@given(st.tuples(SMALL, SMALL, SMALL), VECTORS, st.lists(st.integers(0, 6), max_size=4))
def test_a_hint_changes_nothing(x, vertices, hint):
    usable = sorted({j for j in hint if j < len(vertices)})
    assert nearest_in_hull(x, vertices, usable).distance_sq == nearest_in_hull(x, vertices).distance_sq


def test_margins_of_a_rational_code():
    found = margins.exact_margins(UNIT)
    assert found.rho_sq == tuple(part.distance_sq for part in found.nearest)
    assert found.margin_sq == min(found.rho_sq)
    for k, direction in enumerate(found.directions):
        assert inner(direction, direction) == found.rho_sq[k]
        gaps = [inner([a - b for a, b in zip(UNIT.rows[k], row, strict=True)], direction)
                for j, row in enumerate(UNIT.rows) if j != k]
        assert min(gaps) == found.rho_sq[k]  # <w_k - w_j, h_k> >= rho_k, attained


def test_the_two_bounds_meet_at_the_projection():
    found = margins.exact_margins(UNIT)
    rows = margins.unit_rows(UNIT, 128)
    for k in range(UNIT.K):
        with ctx.workprec(128):
            h = [arb(x.numerator) / x.denominator for x in found.directions[k]]
            exact = (arb(found.rho_sq[k].numerator) / found.rho_sq[k].denominator).sqrt()
            low = margins.margin_lower(rows, k, h, 128)
            high = margins.margin_upper(rows, k, found.nearest[k].weights, 128)
            assert low <= exact.upper() and exact.lower() <= high and high - low < arb(2) ** -100
            assert margins.margin_lower(rows, k, rows[k], 128) <= high  # any h is a lower bound


@pytest.mark.parametrize(
    "weights", [{0: Fraction(1)}, {1: Fraction(1, 2)}, {1: Fraction(3, 2), 2: Fraction(-1, 2)}, {}])
def test_weights_that_are_not_convex_are_refused(weights):
    with pytest.raises(InvalidProblem):
        margins.margin_upper(margins.unit_rows(UNIT, 64), 0, weights, 64)


def test_hardmax_at_the_projection_directions_is_minus_the_margin():
    found = margins.exact_margins(UNIT)
    # Directions have length rho_k: HardMax of the unit features is the largest of -rho_k.
    assert margins.hardmax(UNIT, [[d] for d in found.directions]) == -found.margin_sq
    with pytest.raises(InvalidProblem, match="5 classes"):
        margins.hardmax(UNIT, [[(1, 0)]])
    triangle = Points(((1, 0), ("-1/2", 1), ("-1/2", -1)))
    assert margins.hardmax(triangle, [[(-a, -b)] for a, b in triangle.rows]) > 0


@settings(max_examples=25)
@given(st.lists(st.tuples(SMALL, SMALL, SMALL).filter(any), min_size=3, max_size=8))
def test_margins_agree_with_least_squares(rows):
    points = Points(tuple(rows))
    W = np.array([[float(x) for x in row] for row in points.rows])
    for k, square in enumerate(margins.exact_margins(points).rho_sq):
        others = np.delete(W, k, axis=0)
        A = np.vstack([10**4 * np.ones(len(others)), (others - W[k]).T])
        _, residual = nnls(A, np.append(10**4, np.zeros(3)))
        assert abs(residual**2 - float(square)) < 1e-3


def test_the_largest_cosine_is_compared_without_roots():
    value, norms, pair = margins.cosine(Points(((1, 0), (10, 1), (0, -3))))
    assert (value, norms, pair) == (10, 101, (0, 1))
    assert margins.cosine(Points(((1, 0), (-1, 0))))[0] == -1


def test_points_of_one_length_are_scaled_and_others_are_not():
    unit, doubled = Points(((1, 0), (0, 1), (-1, 0))), Points(((2, 0), (0, 2), (-2, 0)))
    assert point_margins(doubled).exact["margin_sq"] == point_margins(unit).exact["margin_sq"]
    assert point_margins(doubled).regime == "points of one length"
    odd = point_margins(Points(((2, 0), (0, 1), (-1, 0))))
    assert odd.regime == "points of different lengths" and "not on one sphere" in odd.notes[0]
    assert odd.exact["margin_sq"] == "1"  # (0, 1) against the segment from (2, 0) to (-1, 0)


def test_an_irrational_root_is_enclosed():
    root = margins.root_enclosure(Fraction(8, 5), 40)
    assert root.lower**2 < Fraction(8, 5) < root.upper**2 and not root.is_point
    assert margins.root_enclosure(Fraction(9, 4), 40).lower == Fraction(3, 2)
