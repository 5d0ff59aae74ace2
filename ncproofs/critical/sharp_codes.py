"""Codes whose coordinates are built here: the sharp codes of the root lattice E8 and of the Leech lattice.

A construction is a list of integer vectors of one length in some R^n that
span a space of dimension d; only inner products are used, so R^n stands for R^d. Nothing is believed about them: the
Gram matrix, the rank and the largest inner product are computed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

__all__ = ["CONSTRUCTIONS", "constructed"]

Integers = NDArray[np.int64]


def constructed(d: int, K: int) -> Integers | None:
    """Integer rows of a code with these (d, K), or None. They have one length and rank d; no sphere is needed."""
    build = CONSTRUCTIONS.get((d, K))
    return build() if build else None


def _hemicube() -> Integers:
    """(5, 16): vertices of the 5-cube with an even number of minus signs."""
    return np.array([signs for signs in product((1, -1), repeat=5) if signs.count(-1) % 2 == 0], dtype=np.int64)


@cache
def _e8() -> Integers:
    """(8, 240): the roots of E8, twice their usual length."""
    rows = []
    for i, j in combinations(range(8), 2):
        for a, b in product((2, -2), repeat=2):
            rows.append([a if p == i else b if p == j else 0 for p in range(8)])
    rows += [list(signs) for signs in product((1, -1), repeat=8) if signs.count(-1) % 2 == 0]
    return np.array(rows, dtype=np.int64)


def _chosen(rows: Integers, *conditions: tuple[Integers, int]) -> Integers:
    """The rows with the given inner products with the given vectors."""
    keep = np.ones(len(rows), dtype=bool)
    for vector, value in conditions:
        keep &= rows @ vector == value
    return rows[keep]


def _projected(rows: Integers, *away: Integers) -> Integers:
    """The rows projected orthogonally to each vector in turn, times a common integer, made primitive."""
    basis: list[Integers] = []
    for vector in away:
        for other in basis:
            vector = vector * int(other @ other) - other * int(other @ vector)
        basis.append(vector // np.gcd.reduce(vector))
    for vector in basis:
        rows = rows * int(vector @ vector) - np.outer(rows @ vector, vector)
        rows = rows // np.gcd.reduce(rows, axis=None)
    return rows


def _gosset() -> Integers:
    """(7, 56): roots of E8 at 60 degrees to a root."""
    roots = _e8()
    return _projected(_chosen(roots, (roots[0], 4)), roots[0])


def _schlaefli() -> Integers:
    """(6, 27): roots of E8 at 60 degrees to one root of an A2 and orthogonal to the other, at 120 degrees to it."""
    roots = _e8()
    first = roots[0]
    second = _chosen(roots, (first, -4))[0]
    return _projected(_chosen(roots, (first, 4), (second, 0)), first, second)


@cache
def _golay() -> Integers:
    """The 4096 words of the extended binary Golay code, from the quadratic residues modulo 23 and a parity bit."""
    residues = {pow(x, 2, 23) for x in range(1, 23)}
    word = np.array([int(i not in residues and i != 0) for i in range(23)], dtype=np.int64)
    shifts = [np.append(np.roll(word, s), word.sum() % 2) for s in range(23)]
    basis: list[Integers] = []
    for row in shifts:  # Gaussian elimination modulo 2
        for other in basis:
            if row[np.flatnonzero(other)[0]]:
                row = (row + other) % 2
        if row.any():
            basis.append(row)
    words = np.zeros((1, 24), dtype=np.int64)
    for row in basis:
        words = np.vstack([words, (words + row) % 2])
    return words


@cache
def _leech() -> Integers:
    """The 196560 shortest vectors of the Leech lattice times sqrt 8: squared length 32."""
    words = _golay()
    octads = words[words.sum(axis=1) == 8]
    even = np.array([signs for signs in product((1, -1), repeat=8) if signs.count(-1) % 2 == 0], dtype=np.int64)
    parts = []
    for octad in octads:
        block = np.zeros((len(even), 24), dtype=np.int64)
        block[:, np.flatnonzero(octad)] = 2 * even
        parts.append(block)
    odd = 1 - 2 * words
    for place in range(24):  # -3 at one place, then signs changed on a codeword
        block = odd.copy()
        block[:, place] *= -3
        parts.append(block)
    pairs = []
    for i, j in combinations(range(24), 2):
        for a, b in product((4, -4), repeat=2):
            pairs.append([a if p == i else b if p == j else 0 for p in range(24)])
    return np.vstack([*parts, np.array(pairs, dtype=np.int64)])


def _neighbours() -> tuple[Integers, Integers]:
    """A shortest vector x, and the 4600 shortest vectors at 60 degrees to it."""
    vectors = _leech()
    x = vectors[-1]
    return x, _chosen(vectors, (x, 16))


def _leech_4600() -> Integers:
    x, near = _neighbours()
    return _projected(near, x)


def _leech_891() -> Integers:
    x, near = _neighbours()
    y = near[0]
    return _projected(_chosen(near, (y, 16)), x, y)


def _type_three() -> tuple[Integers, Integers]:
    """A lattice vector v of squared length 48, and the 552 shortest vectors with inner product 24 with it."""
    vectors = _leech()
    x = vectors[-1]
    v = x - _chosen(vectors, (x, 8))[0]  # 32 + 32 - 2 * 8
    return v, _chosen(vectors, (v, 24))


def _leech_552() -> Integers:
    v, near = _type_three()
    return _projected(near, v)


@cache
def _mclaughlin() -> tuple[Integers, Integers, Integers]:
    """v, x and the 275 shortest vectors z with <z, v> = 24, <z, x> = 16, where <x, v> = 24."""
    v, near = _type_three()
    x = near[0]
    return v, x, _chosen(near, (x, 16))


def _leech_275() -> Integers:
    v, x, rows = _mclaughlin()
    return _projected(rows, v, x)


def _subconstituent(size: int) -> Integers:
    """The 162 or 112 points of the 275 at one of the two distances from the first of them."""
    v, x, rows = _mclaughlin()
    products = rows @ rows[0]
    value = next(int(p) for p in np.unique(products) if (products == p).sum() == size)
    return _projected(rows[products == value], v, x, rows[0])


def _higman_sims() -> Integers:
    """(22, 100): shortest vectors with inner product 24 with two vectors v, y of squared length 48, |v - y|^2 = 32."""
    v, near = _type_three()
    for y in v - _chosen(_leech(), (v, 16)):  # |y|^2 = 48 - 2 * 16 + 32
        found = _chosen(near, (y, 24))
        if len(found) == 100:
            return _projected(found, v, y)
    raise AssertionError("no such pair of lattice vectors")


CONSTRUCTIONS: dict[tuple[int, int], Callable[[], Integers]] = {
    (5, 16): _hemicube,
    (6, 27): _schlaefli,
    (7, 56): _gosset,
    (8, 240): _e8,
    (21, 112): lambda: _subconstituent(112),
    (21, 162): lambda: _subconstituent(162),
    (22, 100): _higman_sims,
    (22, 275): _leech_275,
    (22, 891): _leech_891,
    (23, 552): _leech_552,
    (23, 4600): _leech_4600,
}
