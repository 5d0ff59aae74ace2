"""Exact values and bounds: against each other, against the reference instances, and against searched codes."""

import json
from fractions import Fraction
from pathlib import Path

import flint
import mpmath
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.critical import code_bounds as bounds
from ncproofs.critical.code_local import largest_cosine_ball
from ncproofs.critical.code_optimum import code_optimum
from ncproofs.critical.code_values import _in_basis as in_basis
from ncproofs.critical.code_values import exact_value, literature, literature_note, sharp_certificate, value_ball
from ncproofs.errors import InvalidProblem
from ncproofs.problems.codes import Codes

DATA = json.loads((Path(__file__).parent.parent / "data" / "multilabel_and_codes.json").read_text(encoding="utf-8"))
TABLE = {  # (K, d): rho*
    (2, 1): "2", (2, 9): "2", (3, 1): "0", (9, 1): "0", (3, 2): "3/2", (4, 3): "4/3", (100, 99): "100/99",
    (6, 2): "1/2", (4, 2): "1", (5, 3): "1", (6, 3): "1", (40, 20): "1", (39, 20): "1", (16, 5): "4/5", (27, 6): "3/4",
    (56, 7): "2/3", (240, 8): "1/2", (112, 21): "8/9", (162, 21): "6/7", (100, 22): "10/11", (275, 22): "5/6",
}


@pytest.mark.parametrize(("sizes", "value"), TABLE.items(), ids=str)
def test_rational_values(sizes, value):
    found = code_optimum(Codes(*sizes), digits=20)
    margin = found.quantities["margin"]
    assert margin.lower <= Fraction(value) <= margin.upper and margin.upper - margin.lower < Fraction(1, 10**20)
    assert found.status == "proved optimal" and str(found.truth) == "holds"


@pytest.mark.parametrize(
    ("K", "d"), [(3, 1), (2, 3), (4, 3), (7, 4), (8, 4), (7, 2), (12, 3), (16, 5), (27, 6), (56, 7)])
def test_the_code_that_is_shown_has_the_value(K, d):
    found = exact_value(Codes(K, d))
    rows = found.rows(160)
    with flint.ctx.workprec(160):
        for row in rows:
            assert sum((x * x for x in row), arb(0)).overlaps(arb(1))
        assert (1 - largest_cosine_ball(rows, 160)).overlaps(value_ball(found, 160))


def test_proved_coordinates_of_a_searched_code_are_decimals():
    found = code_optimum(Codes(5, 2), digits=12)
    assert len(found.coordinates) == 5 and found.coordinates[0] == ("1.000000000000", "0.000000000000")
    assert found.coordinates[3][0].startswith("-0.8090169943")


@pytest.mark.parametrize(("K", "d"), [(7, 3), (13, 3), (9, 4), (24, 4), (17, 5)])
def test_no_value_is_claimed_without_a_proof(K, d):
    assert exact_value(Codes(K, d)) is None


REFERENCE = {
    (7, 3): DATA["R4"]["rho_star"], (8, 3): DATA["R5"]["d3K8"], (13, 3): DATA["R5"]["d3K13"],
    (9, 4): DATA["R5"]["d4K9"], (11, 5): DATA["R5"]["d5K11"],
}
POLYNOMIALS = {(7, 3): "3c^3 - 9c^2 - 3c + 1", (8, 3): "7c^2 + 2c - 1", (9, 4): "16c^3 - 16c^2 - 4c + 1",
               (11, 5): "45c^3 - 25c^2 - 5c + 1"}


@pytest.mark.parametrize(("sizes", "digits"), REFERENCE.items(), ids=str)
def test_reference_instances_to_forty_digits(sizes, digits):
    found = code_optimum(Codes(*sizes), digits=42, starts=24)
    shown = found.quantities["code_margin"]
    assert shown.lower - Fraction(1, 10**39) <= Fraction(digits) <= shown.upper + Fraction(1, 10**39)
    assert found.status.startswith("strict local optimum") and str(found.truth) == "undecided"
    margin = found.quantities["margin"]
    assert margin.lower - Fraction(1, 10**39) <= Fraction(digits) <= margin.upper
    if sizes in POLYNOMIALS:
        assert found.exact["cosine"] == f"a zero of {POLYNOMIALS[sizes]}"


def test_thirteen_points_have_a_polynomial_of_degree_eight():
    """The reference notes know none with coefficients up to 5000; this one is verified exactly in Q(c)."""
    found = code_optimum(Codes(13, 3), digits=30, starts=24)
    assert found.exact["cosine"] == "a zero of c^8 - 24c^7 - 12c^6 + 8c^5 + 38c^4 + 24c^3 - 12c^2 - 8c + 1"
    assert "Musin and Tarasov" in " ".join(found.notes) and "not here" in " ".join(found.notes)


def test_the_same_seed_gives_the_same_answer():
    first, second = (code_optimum(Codes(10, 4), digits=15, seed=3, starts=6) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("K", "d"), [(4, 3), (6, 3), (12, 3), (7, 4), (16, 5), (27, 6), (240, 8), (100, 22), (7, 2), (50, 2)])
def test_bounds_enclose_the_exact_values(K, d):
    problem = Codes(K, d)
    value = value_ball(exact_value(problem), 128)
    with flint.ctx.workprec(128):
        for bound in bounds.lower_bounds(problem):
            assert not value < arb(bound.value.lower.numerator) / bound.value.lower.denominator
        if K > 2 * d > 4:
            for bound in bounds.upper_bounds(problem):
                assert not value > arb(bound.value.upper.numerator) / bound.value.upper.denominator


@settings(max_examples=40)
@given(st.integers(3, 12), st.integers(3, 400))
def test_closed_bounds_are_weaker_than_caps(d, K):
    problem = Codes(K, d)
    low, high = bounds.closed_bounds(problem, 128)
    assert low.lower <= bounds.cap_lower(problem, 128).value.upper
    assert bounds.cap_upper(problem, 128).value.lower <= high.upper
    assert low.upper < high.lower < 4 * low.upper * Fraction(1001, 1000)


@pytest.mark.parametrize(("d", "K"), [(3, 7), (4, 20), (7, 100), (2, 9)])
def test_cap_angles_against_the_beta_function(d, K):
    with mpmath.workdps(30):
        bound = bounds.cap_upper(Codes(K, d), 128).value
        theta = mpmath.acos(1 - mpmath.mpf(bound.lower.numerator) / bound.lower.denominator) / 2
        a, b = mpmath.mpf(d - 1) / 2, mpmath.mpf(1) / 2
        share = mpmath.betainc(a, b, 0, mpmath.sin(theta) ** 2, regularized=True) / 2
        assert abs(share - mpmath.mpf(1) / K) < mpmath.mpf(10) ** -20


@pytest.mark.parametrize(("K", "value"), [(3, "3/2"), (4, "4/3"), (6, "1")])
def test_fejes_toth_is_sharp(K, value):
    bound = bounds.fejes_toth(Codes(K, 3), 128).value
    assert bound.lower <= Fraction(value) <= bound.upper
    assert bounds.fejes_toth(Codes(K, 4), 128) is None


def test_what_the_literature_proved_is_only_named():
    assert "Danzer" in literature(Codes(10, 3)) and literature(Codes(17, 3)) == ""


@pytest.mark.parametrize("K, d", [(7, 3), (8, 3), (9, 3), (10, 3), (11, 3), (13, 3), (24, 3), (10, 4), (24, 4)])
def test_the_literature_is_quoted_for_the_code_that_it_speaks_of(K, d):
    found = code_optimum(Codes(K, d), digits=12)
    said = [note for note in found.notes if "literature" in note]
    assert said == [literature_note(Codes(K, d), *[found.quantities["code_margin"].lower] * 2)]
    assert said[0].startswith("proved optimal in the literature, not here")
    worse = found.quantities["code_margin"].lower - Fraction(1, 10**6)
    assert literature_note(Codes(K, d), worse, worse).startswith("the best code known to us has margin 0.")
    assert literature_note(Codes(17, 3), worse, worse) == ""
    assert code_optimum(Codes(10, 3), digits=8, starts=6).status != "proved optimal"


def test_sharp_certificates_are_only_for_built_codes():
    assert sharp_certificate(3, 13) is None
    certificate, rows = sharp_certificate(8, 240)
    assert len(rows) == 240 and not certificate.strict


def test_an_orthonormal_basis_keeps_inner_products():
    rows = [[1, 1, 0, 0], [1, -1, 0, 0]]
    balls = in_basis([*rows, [-1, -1, 0, 0]], 2, 128)
    with flint.ctx.workprec(128):
        assert len(balls[0]) == 2
        assert sum((a * b for a, b in zip(balls[0], balls[2], strict=True)), arb(0)).overlaps(arb(-1))


def test_a_huge_code_is_bounded_by_caps_alone():
    found = code_optimum(Codes(2000, 3))
    margin = found.quantities["margin"]
    assert found.status == "bounded between" and not found.coordinates and 0 < margin.lower < margin.upper
    assert "not searched" in found.notes[0]


@pytest.mark.parametrize("wrong", [{"digits": 0}, {"starts": 0}])
def test_wrong_arguments(wrong):
    with pytest.raises(InvalidProblem):
        code_optimum(Codes(7, 3), **wrong)
