"""Settling: to the last digits from nearby, with and without rattlers; never worse; honest when it does not end."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from ncproofs.critical.code_local import certify_code
from ncproofs.critical.code_optimum import power_of_ten
from ncproofs.critical.code_search import close_pairs, contacts_of, largest_cosine, search, unit
from ncproofs.critical.code_settle import NEAR, settle


def roots_of_d4():
    return unit(np.array([row for row in product((-1.0, 0.0, 1.0), repeat=4) if sum(map(abs, row)) == 2]))


def icosahedron():
    golden = (1 + np.sqrt(5)) / 2
    rows = [[0, a, b * golden] for a in (1, -1) for b in (1, -1)]
    return unit(np.array([row[-s:] + row[:-s] for row in rows for s in range(3)]))


CODES = {"more contacts than unknowns": (roots_of_d4, 96), "an icosahedron": (icosahedron, 30)}


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize("off", [1e-12, 1e-6, 1e-4])
def test_a_code_is_found_again_from_nearby(name, off):
    make, contacts = CODES[name]
    start = unit(make() + off * np.random.default_rng(1).standard_normal(make().shape))
    found = settle(start, max(NEAR, 10 * off))
    assert found.done and len(contacts_of(found.W)) == contacts
    assert abs(largest_cosine(found.W) - largest_cosine(make())) < 1e-14


def test_a_rattler_does_not_hinder():
    best = search(19, 3, starts=24, seed=0)
    assert best.settled
    again = settle(unit(best.W + 1e-5 * np.random.default_rng(0).standard_normal(best.W.shape)), 1e-4)
    assert again.done and abs(largest_cosine(again.W) - best.cosine) < 1e-14
    assert len(contacts_of(again.W)) == len(contacts_of(best.W))


@pytest.mark.parametrize("K", [9, 17])
def test_it_is_never_worse_and_done_means_optimal(K):
    for seed in range(3):
        start = unit(np.random.default_rng(seed).standard_normal((K, 4)))
        found = settle(start, 0.01)
        assert largest_cosine(found.W) <= largest_cosine(start)
        if found.done:
            shaken = [unit(found.W + 1e-7 * np.random.default_rng(s).standard_normal(start.shape)) for s in range(20)]
            assert min(map(largest_cosine, shaken)) > largest_cosine(found.W) - 1e-13


def test_a_saddle_is_not_an_optimum():
    """The cube: all contacts balance with positive stress, but it can be twisted into the antiprism."""
    cube = unit(np.array(list(product((-1.0, 1.0), repeat=3))))
    found = settle(cube, 0.05)
    assert not found.done or largest_cosine(found.W) < 1 / 3 - 1e-3


def test_a_code_too_large_is_left_alone():
    start = unit(np.random.default_rng(0).standard_normal((500, 9)))
    found = settle(start, 0.01)
    assert not found.done and found.W is start


def test_a_code_of_a_flat_valley_is_certified():
    """(6, 40): linear programs alone creep along a valley of c(W); a longer annealing comes to its end."""
    best = search(40, 6, starts=4, seed=0)
    assert best.settled
    local = certify_code(best.W, 160)
    assert local.optimal and len(local.contacts) > 150 and local.within == 0


def test_what_has_not_settled_says_within_what():
    W = unit(roots_of_d4() + 1e-7 * np.random.default_rng(3).standard_normal((24, 4)))
    local = certify_code(W, 128, settled=False)
    assert "not polished" in local.missing and not local.optimal
    assert len(local.contacts) == len(close_pairs(W)) == 96
    assert 0 < local.within < Fraction(1, 10**5)


def test_powers_of_ten():
    assert power_of_ten(Fraction(0)) == "0"
    assert power_of_ten(Fraction(1, 10**9)) == "1e-9" and power_of_ten(Fraction(2, 10**9)) == "1e-8"
    assert power_of_ten(Fraction(3, 2)) == "1"
