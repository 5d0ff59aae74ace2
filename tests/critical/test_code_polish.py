"""Polishing given points: an ascent to its end, a code that attains a known value exactly, never a worse one."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from ncproofs.arithmetic.enclosure import upwards
from ncproofs.critical import code_polish
from ncproofs.critical.code_attained import attained_near, has_zero_of, points_attain
from ncproofs.critical.code_points import point_margins
from ncproofs.critical.code_polish import polished_points
from ncproofs.critical.code_values import exact_value
from ncproofs.critical.sharp_codes import constructed
from ncproofs.problems.codes import Codes, Points, read_points
from ncproofs.truth import Truth

RNG = np.random.default_rng(11)
FIVE = ((0, 0, 1), (0, 0, -1), (1, 0, 0), ("-3/5", "4/5", 0), ("-5/13", "-12/13", 0))
AXES = tuple(tuple(s * int(a == b) for b in range(4)) for a in range(3) for s in (1, -1))


def table(rows, places, noise=0.0):
    """Rows turned at random, shaken, and written with so many decimals."""
    rows = np.array(rows, dtype=float)
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    turn = np.linalg.qr(RNG.standard_normal((rows.shape[1],) * 2))[0]
    rows = rows @ turn + noise * RNG.standard_normal(rows.shape)
    text = "\n".join(" ".join(f"{x:.{places}f}" for x in row) for row in rows)
    return read_points(text, Codes(*rows.shape))


def icosahedron():
    golden = (1 + np.sqrt(5)) / 2
    return [row[-s:] + row[:-s] for row in ([0, a, b * golden] for a in (1, -1) for b in (1, -1)) for s in range(3)]


def ngon(K):
    return [[np.cos(2 * np.pi * k / K), np.sin(2 * np.pi * k / K)] for k in range(K)]


EXACT = {
    "five points, no positive inner product": FIVE,
    "a square": ((1, 0), (0, 1), (-1, 0), (0, -1)),
    "axes with a dimension to spare": AXES,
    "an octagon of points of two lengths": ((1, 0), (1, 1), (0, 2), (-1, 1), (-3, 0), (-1, -1), (0, -1), (1, -1)),
    "roots of E8": tuple(map(tuple, constructed(8, 240).tolist())),
}


@pytest.mark.parametrize("name", EXACT)
def test_exact_points_that_attain_the_value_are_proved_optimal(name):
    found = polished_points(Points(EXACT[name]))
    assert found.status == "proved optimal" and found.truth is Truth.HOLDS
    assert len(found.contacts) > 0 and "optimal as they are" in found.notes[-1]


def test_points_that_do_not_attain_it_are_not_called_so():
    known = exact_value(Codes(5, 3))
    assert points_attain(Points(FIVE), known)
    worse = (*FIVE[:4], ("-5/13", "-12/13", "1/1000000000000000000000"))
    assert not points_attain(Points(worse), known)
    square, octagon = exact_value(Codes(4, 2)), exact_value(Codes(8, 2))
    assert not points_attain(Points(((1, 0), (0, 1), (-1, 0), (1, -1))), square)
    assert not points_attain(Points(((1, 0), (1, 1), (0, 2), (-1, 1), (-3, 0), (-1, -1), (0, -1), (2, -1))), octagon)


TABLES = {
    "an icosahedron, two decimals": (icosahedron(), 2, 0.0),
    "an icosahedron far off": (icosahedron(), 12, 0.15),
    "a 31-gon": (ngon(31), 6, 0.0),
    "a 7-gon far off": (ngon(7), 8, 0.05),
    "a simplex with dimensions to spare": (np.eye(6)[:3], 4, 0.1),
    "an orthoplex": (np.vstack([np.eye(4), -np.eye(4)]), 5, 0.02),
    "axes with a dimension to spare": (AXES, 5, 0.0),
    "the hemicube": (constructed(5, 16), 3, 0.01),
    "roots of E8": (constructed(8, 240), 12, 0.0),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_optimal_codes_are_proved_optimal(name):
    rows, places, noise = TABLES[name]
    points = table(rows, places, noise)
    found = polished_points(points, digits=25)
    assert found.status == "proved optimal" and found.truth is Truth.HOLDS, found.notes
    level, value = found.quantities["margin"], exact_value(found.problem)
    assert level.upper - level.lower < Fraction(1, 10**25) and found.geometry == value.geometry
    # The shown coordinates have this margin, and are near the table.
    shown = np.array([[float(x) for x in row] for row in found.coordinates])
    gram = shown @ shown.T
    assert abs(gram[np.triu_indices(len(gram), 1)].max() - (1 - float(level.lower))) < 1e-12
    given = np.array([[float(x) for x in row] for row in points.rows])
    given /= np.linalg.norm(given, axis=1, keepdims=True)
    moved = next(note for note in found.notes if "moves by at most" in note).split("at most ")[1]
    assert 0 < np.abs(shown - given).max() <= float(moved) < 1.5


@pytest.mark.parametrize("rows", [((3, 4), (-3, 4), (0, -5)), ((1, 0), (0, 1), (-1, 0)), ((1, 0), (1, 0), (0, 1))])
def test_rough_points_are_polished_to_the_end(rows):
    found = polished_points(Points(rows))
    assert found.status == "proved optimal" and found.exact["margin"] == "3/2"


def test_the_cube_is_left_at_second_order():
    found = polished_points(Points(tuple(product((1, -1), repeat=3))))
    assert found.exact["cosine"] == "a zero of 7c^2 + 2c - 1" and found.status.startswith("strict local")


def test_what_is_only_near_is_not_attained():
    known = exact_value(Codes(12, 3))
    assert attained_near(np.array(ngon(5)) * 1.0, exact_value(Codes(5, 2)), 100) is not None
    assert attained_near(np.array(ngon(6))[:5], exact_value(Codes(5, 2)), 100) is None
    from flint import arb, fmpq_poly

    assert has_zero_of(fmpq_poly([-1, 0, 5]), 1 / arb(5).sqrt(), known)
    assert not has_zero_of(fmpq_poly([-1, 0, 5]), -1 / arb(5).sqrt(), known)
    assert not has_zero_of(fmpq_poly([-1, 0, 4]), arb(1) / 2, known)


def test_a_worse_code_is_never_shown(monkeypatch):
    """The ascent is made to end in something worse; then the points are shown as they are."""
    roots = [row for row in product((-1, 0, 1), repeat=4) if sum(map(abs, row)) == 2]
    points = Points(tuple(roots))
    bad = np.random.default_rng(0).standard_normal((24, 4))
    bad /= np.linalg.norm(bad, axis=1, keepdims=True)
    monkeypatch.setattr(code_polish, "ascended", lambda W, is_end: (bad, False))
    found = polished_points(points)
    assert found.quantities["code_margin"].lower <= Fraction(1, 2) <= found.quantities["code_margin"].upper
    assert found.contacts == point_margins(points).contacts and "no code better" in found.notes[-1]


def test_bounds_are_rounded_up():
    assert upwards(Fraction(0)) == "0" and upwards(Fraction(1, 3)) == "3.4e-1"
    assert upwards(Fraction(1, 10**400)) == "1.0e-400" and upwards(Fraction(1001, 10)) == "1.1e+2"
