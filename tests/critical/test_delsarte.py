"""Linear programming bounds: exact certificates accepted, broken ones refused, no bound beaten by a code."""

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.arithmetic.number_field import RATIONALS, NumberField
from ncproofs.critical.code_search import largest_cosine, search
from ncproofs.critical.delsarte import best_certificate, check, expansion
from ncproofs.critical.sharp_codes import CONSTRUCTIONS, constructed
from ncproofs.errors import InvalidProblem


def exact(value):
    return Fraction(int(value.p), int(value.q))


E8 = {"d": 8, "K": 240, "c": Fraction(1, 2), "nodes": [Fraction(-1, 2), 0], "endpoint": 1}


def test_the_roots_of_e8():
    found = check(**E8)
    assert found is not None and not found.strict and found.ratio == fmpq_poly([240])
    assert found.fractions()[0] == Fraction(3, 320)


BROKEN = {
    "one point more": {"K": 239},
    "a smaller level": {"c": Fraction(49, 100)},
    "a node moved": {"nodes": [Fraction(-1, 2), Fraction(1, 100)]},
    "no factor t + 1": {"endpoint": 0},
    "another dimension": {"d": 9},
    "a level of 1": {"c": 1},
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_broken_certificate_proves_nothing_or_less(change):
    found = check(**{**E8, **change})
    assert found is None or found.strict  # never equality


def test_a_strict_certificate_is_not_taken_for_equality():
    found = check(**{**E8, "K": 241})
    assert found is not None and found.strict


def test_the_icosahedron_in_its_field():
    field = NumberField(fmpq_poly([-1, 0, 5]), Fraction(1, 10), Fraction(1))
    r = field.root
    found = check(3, 12, r, [-r], endpoint=1, field=field)
    assert found is not None and not found.strict
    assert check(3, 11, r, [-r], endpoint=1, field=field) is None
    assert check(3, 12, r, [r], endpoint=1, field=field) is None


def test_wrong_input():
    with pytest.raises(InvalidProblem, match="endpoint=2"):
        check(3, 12, 0, [], endpoint=2)
    with pytest.raises(InvalidProblem, match="d >= 2"):
        expansion(RATIONALS, [RATIONALS.element(1)], 1)


@given(st.integers(2, 9), st.lists(st.fractions(max_denominator=9, min_value=-3, max_value=3), min_size=2, max_size=6))
def test_an_expansion_is_the_polynomial(d, coefficients):
    polynomial = [RATIONALS.element(x) for x in coefficients]
    values = [exact(v[0]) if len(v) else Fraction(0) for v in expansion(RATIONALS, polynomial, d)]
    for t in (Fraction(1), Fraction(-2, 3), Fraction(1, 7)):
        basis = [Fraction(1), t]
        for k in range(1, len(values)):
            basis.append(((2 * k + d - 2) * t * basis[k] - k * basis[k - 1]) / (k + d - 2))
        assert sum(v * g for v, g in zip(values, basis, strict=False)) == sum(
            c * t**k for k, c in enumerate(coefficients))


@pytest.mark.parametrize("d, K", [(3, 7), (3, 30), (4, 9), (4, 30), (5, 16), (6, 40), (8, 240), (12, 60), (3, 400)])
def test_certificates_are_found_and_strict(d, K):
    found = best_certificate(d, K)
    assert found is not None and found.strict
    again = check(d, K, found.c, found.nodes, endpoint=found.endpoint)
    assert again is not None and again.ratio == found.ratio


@settings(max_examples=6)
@given(st.integers(3, 5), st.integers(0, 9), st.integers(0, 99))
def test_no_code_beats_the_bound(d, extra, seed):
    K = 2 * d + 1 + extra
    found = best_certificate(d, K)
    assert found is not None
    assert largest_cosine(search(K, d, starts=2, seed=seed).W) > float(exact(found.c[0]))


def test_in_the_plane_there_is_no_candidate():
    assert best_certificate(2, 7) is None


@pytest.mark.parametrize("d, K", [pair for pair in CONSTRUCTIONS if pair[1] < 900])
def test_built_codes_are_what_they_say(d, K):
    rows = constructed(d, K)
    gram = rows @ rows.T
    norm = gram[0, 0]
    assert len(rows) == K and (gram.diagonal() == norm).all() and (gram == norm).sum() == K
    assert np.linalg.matrix_rank(rows.astype(float)) == d
    values = sorted({Fraction(int(v), int(norm)) for v in np.unique(gram)} - {1})
    end = int(values[0] == -1)
    found = check(d, K, values[-1], values[end:-1], endpoint=end)
    assert found is not None and not found.strict


def test_no_construction():
    assert constructed(3, 13) is None
