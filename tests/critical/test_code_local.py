"""Certified codes: contacts, Krawczyk, exact coordinates, stress; and what must not be certified."""

from fractions import Fraction
from functools import cache

import flint
import numpy as np
import pytest
from flint import arb

from ncproofs.critical import code_contacts, code_local, code_newton, code_stress
from ncproofs.critical.code_algebraic import exact_gram, integer_relation
from ncproofs.critical.code_search import (
    FIRST_TEMPERATURES,
    anneal,
    contacts_of,
    largest_cosine,
    polish,
    search,
    usual_starts,
)

SQUARE_CASES = [(13, 3), (18, 3), (9, 4), (19, 3)]
SPARE_CASES = [(8, 3), (9, 3), (10, 3), (14, 3), (24, 3), (10, 4), (12, 4), (20, 3)]


@cache
def found(K, d, starts=16, seed=0):
    return search(K, d, starts=starts, seed=seed).W


@pytest.mark.parametrize(("K", "d"), SPARE_CASES)
def test_more_contacts_than_unknowns_are_certified_in_exact_coordinates(K, d):
    local = code_local.certify_code(found(K, d), 160)
    assert "exact coordinates in Q(c)" in local.optimal and local.polynomial is not None
    assert local.stress.least > 0
    with flint.ctx.workprec(160):
        assert code_local.largest_cosine_ball(local.rows, 160).overlaps(local.cosine)


@pytest.mark.parametrize(("K", "d"), SQUARE_CASES)
def test_as_many_contacts_as_unknowns_are_certified_by_krawczyk(K, d):
    graph = code_contacts.contact_graph(found(K, d, 24))
    assert graph.is_square and not graph.slack
    system = code_newton.ContactSystem(graph.W[graph.backbone], graph.renumbered())
    rows, c = code_newton.krawczyk(system, 160)
    with flint.ctx.workprec(200):
        for i, j in graph.renumbered():
            assert sum((a * b for a, b in zip(rows[i], rows[j], strict=True)), arb(0)).overlaps(c)
        assert c.rad() < arb(2) ** -150
    stress = code_stress.certified_stress(rows, graph.renumbered(), graph.stress)
    assert stress is not None and stress.least > 0 and stress.rank == len(graph.contacts) - 1
    assert code_local.certify_code(found(K, d, 24), 160).optimal


def test_a_rattler_is_reported():
    local = code_local.certify_code(found(19, 3, 24), 128)
    assert len(local.rattlers) == 1 and local.optimal
    (free,) = local.rattlers
    assert all(free not in pair for pair in local.contacts)
    with flint.ctx.workprec(128):
        for k, row in enumerate(local.rows):
            if k != free:
                assert sum((a * b for a, b in zip(row, local.rows[free], strict=True)), arb(0)) < local.cosine


NOT_OPTIMAL = {
    "random points": lambda rng: rng.standard_normal((9, 3)),
    "an orthoplex with a point too many": lambda rng: np.vstack([np.eye(3), -np.eye(3), [[1, 1, 1]]]),
    "a cube": lambda rng: np.array([[a, b, c] for a in (1, -1) for b in (1, -1) for c in (1, -1)]),
    "five points in a plane of R^3": lambda rng: np.array(
        [[np.cos(2 * np.pi * k / 5), np.sin(2 * np.pi * k / 5), 0] for k in range(5)]),
}


@pytest.mark.parametrize("name", NOT_OPTIMAL)
def test_what_is_no_local_optimum_is_not_certified(name):
    W = np.array(NOT_OPTIMAL[name](np.random.default_rng(1)), dtype=float)
    W /= np.linalg.norm(W, axis=1, keepdims=True)
    local = code_local.certify_code(W, 128)
    assert not local.optimal and local.missing
    with flint.ctx.workprec(128):
        assert abs(local.cosine - largest_cosine(W)) < arb(2) ** -40


def test_a_contact_too_many_is_not_certified():
    """A contact without stress is equal to the others up to rounding only."""
    graph = code_contacts.contact_graph(found(13, 3, 24))
    system = code_newton.ContactSystem(graph.W, [*graph.renumbered(), (0, 1)])
    assert code_newton.krawczyk(system, 128) is None


def test_a_contact_too_few_is_not_certified():
    graph = code_contacts.contact_graph(found(13, 3, 24))
    fewer = graph.renumbered()[1:]
    assert code_newton.krawczyk(code_newton.ContactSystem(graph.W, fewer), 128) is None
    rows = code_newton.krawczyk(code_newton.ContactSystem(graph.W, graph.renumbered()), 128)[0]
    assert code_stress.certified_stress(rows, fewer, graph.stress[1:]) is None


def test_a_stress_of_the_wrong_sign_is_refused():
    graph = code_contacts.contact_graph(found(13, 3, 24))
    rows, _ = code_newton.krawczyk(code_newton.ContactSystem(graph.W, graph.renumbered()), 128)
    assert code_stress.certified_stress(rows, graph.renumbered(), -graph.stress) is None


def test_a_gram_matrix_with_a_wrong_contact_is_refused():
    graph = code_contacts.contact_graph(found(8, 3))
    rows, c = code_newton.refined(code_newton.ContactSystem(graph.W, graph.renumbered()), 500)
    pairs = graph.renumbered()
    assert exact_gram(rows, c, pairs, 400) is not None
    other = next((i, j) for j in range(8) for i in range(j) if (i, j) not in pairs)
    assert exact_gram(rows, c, [*pairs, other], 400) is None
    assert exact_gram(rows, c, pairs[1:], 400) is None
    with flint.ctx.workprec(500):
        moved = [[rows[0][0] + arb(2) ** -200, *rows[0][1:]], *rows[1:]]
    assert exact_gram(moved, c, pairs, 400) is None


def test_integer_relations():
    with flint.ctx.workprec(300):
        root = arb(2).sqrt()
        assert integer_relation([arb(1), root, root * root], 250) in ([2, 0, -1], [-2, 0, 1])
        assert integer_relation([arb(1), arb.pi(), arb.pi().exp()], 250) is None


@pytest.mark.parametrize(("d", "K", "value"), [
    (3, 12, 0.5527864), (3, 14, 0.4360496), (4, 24, 0.5), (4, 10, 0.8333333),
])
def test_the_search_finds_the_best_known_codes(d, K, value):
    assert abs(1 - largest_cosine(search(K, d, starts=usual_starts(K, d), seed=1).W) - value) < 1e-6


def test_polishing_never_makes_it_worse():
    rng = np.random.default_rng(4)
    for _ in range(5):
        W = rng.standard_normal((11, 4))
        W /= np.linalg.norm(W, axis=1, keepdims=True)
        better = polish(W)
        assert largest_cosine(better) <= largest_cosine(W)
        assert np.allclose(np.linalg.norm(better, axis=1), 1)


def test_hot_starts_alone_miss_the_best_code():
    """(3, 13): all starts from a high temperature end in one basin, at 0.447819 with a rattler; mixed starts do not."""
    rng = np.random.default_rng(0)
    values = []
    for _ in range(6):
        W = rng.standard_normal((13, 3))
        values.append(1 - largest_cosine(polish(anneal(W / np.linalg.norm(W, axis=1, keepdims=True), 0.3))))
    assert max(values) < 0.4479 < 0.4573 < 1 - largest_cosine(found(13, 3, 24))
    assert len(set(FIRST_TEMPERATURES)) == 6


def test_contacts_are_split_at_the_widest_gap():
    angles = np.array([0.0, 1.0, 2.0, 3.5])
    W = np.column_stack([np.cos(angles), np.sin(angles)])
    assert contacts_of(W) == [(0, 1), (1, 2)]
    assert Fraction(1, 2) < 1 - largest_cosine(W) + Fraction(1, 10)
