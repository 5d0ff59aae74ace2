"""Points of files: exact ones, tables of decimals, points of different lengths, and what polishing makes of them."""

from fractions import Fraction

import numpy as np
import pytest

from ncproofs.critical.code_points import point_margins
from ncproofs.critical.code_polish import polished_points
from ncproofs.errors import InvalidProblem
from ncproofs.problems.codes import Codes, Points, read_points

RNG = np.random.default_rng(5)
TURN = np.linalg.qr(RNG.standard_normal((3, 3)))[0]
OCTAHEDRON = np.vstack([TURN, -TURN])


def table(rows, form):
    text = "\n".join(" ".join(format(float(x), form) for x in row) for row in rows)
    return read_points(text, Codes(len(rows), len(rows[0])))


FORMS = {".6f": "1e-5", ".12f": "1e-11", ".16f": None, ".18e": None, ".12e": None, "+.9e": None}


@pytest.mark.parametrize("form", FORMS)
def test_a_table_of_decimals_has_the_contacts_that_it_rounds(form):
    found = point_margins(table(OCTAHEDRON, form))
    assert found.regime == "points of one length up to rounding" and len(found.contacts) == 12
    assert found.rattlers == () and "precision of the table" in found.notes[0]
    assert 0 < Fraction(found.contacts_within) < Fraction(1, 10**4)
    if FORMS[form]:
        assert Fraction(found.contacts_within) == Fraction(FORMS[form])
    assert Fraction(found.exact["margin_sq"]) != 1  # of the decimals as they are, exactly


def test_a_pair_outside_the_precision_is_no_contact():
    rows = OCTAHEDRON.copy()
    rows[0] = rows[0] + 1e-5 * rows[1]
    rows[0] /= np.linalg.norm(rows[0])
    assert len(point_margins(table(rows, ".12f")).contacts) < 12
    assert len(point_margins(table(rows, ".4f")).contacts) == 12


def test_exact_decimals_stay_exact():
    found = point_margins(read_points("0.6000 0.8000\n-0.8000 0.6000\n0 -1\n", Codes(3, 2)))
    assert found.regime == "unit points" and found.contacts_within == "0" and found.notes == ()
    assert point_margins(read_points("1 1\n1 -1\n-1 0.5\n", Codes(3, 2))).regime == "points of different lengths"


def test_points_of_different_lengths_have_both_margins():
    points = Points(((2, 0), (0, 1), ("-3/7", "-4/7")))
    found = point_margins(points, digits=20)
    assert found.regime == "points of different lengths" and "not unit vectors" in found.notes[0]
    scaled = point_margins(Points(((1, 0), (0, 1), ("-3/5", "-4/5"))), digits=20)
    unit, wanted = found.quantities["unit_margin"], scaled.quantities["margin"]
    assert unit.lower <= wanted.upper and wanted.lower <= unit.upper
    assert 0 <= unit.upper - unit.lower < Fraction(1, 10**20)
    assert found.quantities["margin"].lower != wanted.lower and "unit_margin" not in scaled.quantities


def test_polishing_a_table_finds_the_code():
    found = polished_points(table(OCTAHEDRON, ".5f"), digits=40)
    assert found.quantities["cosine"].lower == 0 == found.quantities["cosine"].upper
    assert len(found.contacts) == 12 and found.contacts_within == "0" and found.status == "proved optimal"
    assert found.quantities["margin"].upper == 1  # rho* itself is known here
    with pytest.raises(InvalidProblem, match="d >= 2"):
        polished_points(Points(((1,), (-1,))))


def test_polishing_a_simplex_attains_its_bound():
    rows = np.vstack([np.eye(3), [[-0.5, -0.6, -0.7]]])
    found = polished_points(table(rows / np.linalg.norm(rows, axis=1, keepdims=True), ".8f"))
    assert found.status == "proved optimal" and found.exact["margin"] == "4/3"


GOLDEN = (1 + 5**0.5) / 2
ICOSAHEDRON = [row[-s:] + row[:-s] for row in ([0, a, b * GOLDEN] for a in (1, -1) for b in (1, -1)) for s in range(3)]


@pytest.mark.parametrize(("places", "within"), [(2, "1e-1"), (6, "1e-5"), (12, "1e-11"), (30, "1e-14")])
def test_a_table_whose_points_happen_to_have_one_length_is_no_exact_code(places, within):
    """Turned onto the axes the rounded points are permutations of (0, a, b): their lengths are equal exactly."""
    unit = np.array(ICOSAHEDRON) / np.linalg.norm(ICOSAHEDRON[0])
    found = point_margins(table(unit, f".{places}f"))
    assert found.regime == "points of one length" and len(found.contacts) == 30
    assert 0 < Fraction(found.contacts_within) <= Fraction(within)
    assert any("table of decimals" in note for note in found.notes)
    # Written as fractions the same points are exact, and have fewer contacts.
    exact = point_margins(Points(table(unit, f".{places}f").rows))
    assert exact.contacts_within == "0" and len(exact.contacts) in (6, 24, 30)
    assert exact.exact["margin_sq"] == found.exact["margin_sq"]


def test_few_decimals_are_rounded_only_at_length_one():
    half = point_margins(read_points("0.5 0.5\n-0.5 0.5\n0.5 -0.5\n-0.5 -0.5\n", Codes(4, 2)))
    assert half.contacts_within == "0" and half.regime == "points of one length"
    rough = point_margins(read_points("0.71 0.71\n-0.71 0.71\n0.70 -0.71\n-0.71 -0.71\n", Codes(4, 2)))
    assert len(rough.contacts) == 4 and rough.contacts_within != "0"
    assert point_margins(read_points("0.25 0.9\n0.7 0.1\n", Codes(2, 2))).regime == "points of different lengths"


def test_a_single_pair_is_equal_to_itself():
    found = point_margins(table(np.array([[1, 0.3], [-0.2, 1.0]]) / [[1.09**0.5], [1.04**0.5]], ".9f"))
    assert len(found.contacts) == 1 and found.contacts_within == "0"


@pytest.mark.parametrize("size", ["1e200", "1e400", "1e-400", "1/" + "7" * 300])
def test_huge_and_tiny_coordinates(size):
    """The common length does not matter, however large."""
    points = read_points(f"{size} 0\n0 {size}\n-{size} 0\n0 -{size}\n", Codes(4, 2))
    found = point_margins(points)
    assert found.exact["margin_sq"] == "1" and len(found.contacts) == 4
    assert polished_points(points).status == "proved optimal"
    mixed = read_points(f"{size} 0\n0 1\n-{size} 1\n", Codes(3, 2))
    assert point_margins(mixed).regime == "points of different lengths"
    assert polished_points(mixed).exact["margin"] == "3/2"


def test_lengths_of_all_sizes_at_once():
    found = point_margins(read_points("1e-400 1e200\n0 1.234567e-400\n-1.987654e200 -1\n", Codes(3, 2)))
    assert found.quantities["unit_margin"].lower >= 0 and "e+" in found.notes[0]
