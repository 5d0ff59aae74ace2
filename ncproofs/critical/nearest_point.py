"""The point of a polytope nearest to a given point, exactly: Wolfe's algorithm over the rationals.

The answer carries its own proof: v is a convex combination of the vertices, and <x - v, p - v> <= 0 for every
vertex p, which is what nearest means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq, fmpq_mat

from ncproofs.problems.codes import inner

__all__ = ["Nearest", "nearest_in_hull"]

Vector = Sequence[Fraction]


@dataclass(frozen=True)
class Nearest:
    """``point`` = sum of weights[j] * vertices[j], nearest to the given point, at squared distance ``distance_sq``."""

    point: tuple[Fraction, ...]
    weights: dict[int, Fraction]
    distance_sq: Fraction


def nearest_in_hull(x: Vector, vertices: Sequence[Vector], hint: Sequence[int] = ()) -> Nearest:
    """The nearest point to ``x`` in the convex hull of ``vertices``; ``hint`` guesses which vertices carry it.

    Wolfe's algorithm keeps an affinely independent set of vertices whose affine minimiser has positive weights; the
    distance falls in every major step, so it ends, and over the rationals it ends exactly.
    """
    shifted = [[a - b for a, b in zip(vertex, x, strict=True)] for vertex in vertices]
    weights = _from_hint(shifted, hint) or _first(shifted)
    while True:
        point = _combined(shifted, weights)
        length = inner(point, point)
        products = [inner(point, vertex) for vertex in shifted]
        best = min(range(len(shifted)), key=products.__getitem__)
        if products[best] >= length:
            nearest = tuple(a + b for a, b in zip(point, x, strict=True))
            return Nearest(nearest, weights, length)
        weights = _descend(shifted, weights | {best: Fraction(0)})


def _first(shifted: Sequence[Vector]) -> dict[int, Fraction]:
    nearest = min(range(len(shifted)), key=lambda j: inner(shifted[j], shifted[j]))
    return {nearest: Fraction(1)}


def _from_hint(shifted: Sequence[Vector], hint: Sequence[int]) -> dict[int, Fraction] | None:
    if not hint:
        return None
    weights = _affine_minimum(shifted, list(hint))
    return weights if weights is not None and all(value > 0 for value in weights.values()) else None


def _descend(shifted: Sequence[Vector], weights: dict[int, Fraction]) -> dict[int, Fraction]:
    """Wolfe's minor cycle: walk to the affine minimiser, dropping the vertices whose weight reaches 0 on the way."""
    while True:
        target = _affine_minimum(shifted, list(weights))
        assert target is not None  # the new vertex is affinely independent of the old ones
        if all(value > 0 for value in target.values()):
            return target
        step = min(weights[j] / (weights[j] - target[j]) for j in weights if target[j] <= 0)
        mixed = {j: weights[j] + step * (target[j] - weights[j]) for j in weights}
        weights = {j: value for j, value in mixed.items() if value > 0}


def _affine_minimum(shifted: Sequence[Vector], chosen: list[int]) -> dict[int, Fraction] | None:
    """Weights of the point of least length in the affine hull of the chosen vertices; None when they are dependent.

    With Gram matrix Q: [[0, 1'], [1, Q]] (mu, y) = (1, 0).
    """
    n = len(chosen) + 1
    entries = [fmpq(0)] * (n * n)
    for i, a in enumerate(chosen, start=1):
        entries[i] = entries[i * n] = fmpq(1)
        for j, b in enumerate(chosen[:i], start=1):
            value = inner(shifted[a], shifted[b])
            entries[i * n + j] = entries[j * n + i] = fmpq(value.numerator, value.denominator)
    try:
        solved = fmpq_mat(n, n, entries).solve(fmpq_mat(n, 1, [fmpq(1)] + [fmpq(0)] * (n - 1)))
    except ZeroDivisionError:
        return None
    values = [Fraction(int(solved[i, 0].p), int(solved[i, 0].q)) for i in range(1, n)]
    return dict(zip(chosen, values, strict=True))


def _combined(vectors: Sequence[Vector], weights: dict[int, Fraction]) -> list[Fraction]:
    size = len(vectors[0])
    return [sum((value * vectors[j][a] for j, value in weights.items()), Fraction(0)) for a in range(size)]
