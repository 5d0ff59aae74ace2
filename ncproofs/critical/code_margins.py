r"""Margins of a point set: rho_k = dist(w_k, conv{w_j : j != k}), the projection directions, HardMax, Tammes.

For rational points every squared distance is a fraction, found by exact projection on a polytope. For unit rows
max_{|h|=1} min_{j != k} <w_k - w_j, h> = rho_k, attained at h_k = (w_k - v_k)/rho_k, v_k the nearest point of the hull.
Two bounds need no exact active set: any h != 0 gives rho_k >= min_j <w_k - w_j, h>/|h|, and any convex weights l give
rho_k <= |w_k - sum_j l_j w_j|.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from flint import arb, ctx, fmpq

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.nearest_point import Nearest, nearest_in_hull
from ncproofs.errors import InvalidProblem
from ncproofs.problems.codes import Points, inner

__all__ = [
    "Margins", "balanced_power", "cosine", "exact_margins", "hardmax", "margin_lower", "margin_upper",
    "root_enclosure", "unit_rows",
]

Balls = Sequence[Sequence[arb]]


@dataclass(frozen=True)
class Margins:
    """All margins of ``points``, exactly. ``nearest[k]`` is v_k with its convex weights over the other points."""

    points: Points
    nearest: tuple[Nearest, ...]

    @property
    def rho_sq(self) -> tuple[Fraction, ...]:
        """rho_k^2 of the points as given."""
        return tuple(part.distance_sq for part in self.nearest)

    @property
    def margin_sq(self) -> Fraction:
        """rho(W)^2, the least of them."""
        return min(self.rho_sq)

    @property
    def active(self) -> tuple[int, ...]:
        """The points that attain the margin, counted from 0."""
        least = self.margin_sq
        return tuple(k for k, value in enumerate(self.rho_sq) if value == least)

    @cached_property
    def directions(self) -> tuple[tuple[Fraction, ...], ...]:
        """w_k - v_k, of length rho_k: the feature of class k is this divided by rho_k."""
        rows = zip(self.points.rows, self.nearest, strict=True)
        return tuple(tuple(a - b for a, b in zip(row, part.point, strict=True)) for row, part in rows)


def exact_margins(points: Points) -> Margins:
    """Every rho_k by exact projection (the points need not have length one)."""
    found = []
    for k, row in enumerate(points.rows):
        others = points.rows[:k] + points.rows[k + 1 :]
        part = nearest_in_hull(row, others, _guess(row, others))
        weights = {j if j < k else j + 1: value for j, value in part.weights.items()}
        found.append(Nearest(part.point, weights, part.distance_sq))
    return Margins(points, tuple(found))


def _guess(row: Sequence[Fraction], others: Sequence[Sequence[Fraction]]) -> list[int]:
    """Which vertices carry the nearest point, by non-negative least squares in floats; empty when it does not say."""
    import numpy as np
    from scipy.optimize import nnls

    power = balanced_power([x for other in (*others, row) for x in other])
    shifted = np.array([[float((a - b) * power) for a, b in zip(other, row, strict=True)] for other in others])
    try:
        # min |A'l|^2 + |1'l - 1|^2 over l >= 0 has the direction of the convex problem.
        solution, _ = nnls(np.vstack([shifted.T, np.ones(len(others))]), np.append(np.zeros(len(row)), 1))
    except RuntimeError:  # did not converge: Wolfe's algorithm starts from the nearest vertex
        return []
    largest = solution.max()
    return [int(j) for j in np.flatnonzero(solution * 10**9 > largest)] if largest > 0 else []


def balanced_power(values: Sequence[Fraction]) -> Fraction:
    """The power of two that brings the largest size near 1, so that floats of the products do not overflow."""
    largest = max(abs(x) for x in values)
    return Fraction(2) ** (largest.denominator.bit_length() - largest.numerator.bit_length())


def hardmax(W: Points, H: Sequence[Sequence[Sequence[Fraction]]]) -> Fraction:
    """max over k, i and j != k of <w_j - w_k, h_{k,i}>; ``H[k]`` lists the features of class k.

    Raises:
        InvalidProblem: not one nonempty list of features of length d for each class.
    """
    if len(H) != W.K or any(not features or any(len(h) != W.d for h in features) for features in H):
        raise InvalidProblem(f"features for {len(H)} classes given; write at least one of length {W.d} for each of "
                             f"{W.K} classes")
    return max(
        inner(other, h) - inner(row, h)
        for k, row in enumerate(W.rows) for h in H[k] for j, other in enumerate(W.rows) if j != k
    )


def cosine(points: Points) -> tuple[Fraction, Fraction, tuple[int, int]]:
    """The largest cosine between two points, as (inner product, product of squared lengths), and where.

    cos = inner / sqrt(product): compared by sign and square, without roots.
    """
    norms = points.norms_sq
    best: tuple[Fraction, Fraction, tuple[int, int]] | None = None
    for k in range(points.K):
        for j in range(k):
            value = inner(points.rows[j], points.rows[k])
            if best is None or _signed_square(value, norms[j] * norms[k]) > _signed_square(best[0], best[1]):
                best = value, norms[j] * norms[k], (j, k)
    assert best is not None  # K >= 2
    return best


def _signed_square(value: Fraction, norms: Fraction) -> Fraction:
    return value * abs(value) / norms


def root_enclosure(square: Fraction, digits: int) -> Enclosure:
    """The square root of a rational >= 0; a point when it is rational."""
    from math import isqrt

    roots = isqrt(square.numerator), isqrt(square.denominator)
    if (roots[0] ** 2, roots[1] ** 2) == (square.numerator, square.denominator):
        return Enclosure.exact(Fraction(*roots))
    with ctx.workprec(digits * 10 // 3 + 64):
        return Enclosure.of_ball(arb(fmpq(square.numerator, square.denominator)).sqrt())


def unit_rows(points: Points, bits: int) -> list[list[arb]]:
    """The points divided by their lengths, in balls."""
    with ctx.workprec(bits):
        rows = []
        for row, norm in zip(points.rows, points.norms_sq, strict=True):
            length = arb(fmpq(norm.numerator, norm.denominator)).sqrt()
            rows.append([arb(fmpq(x.numerator, x.denominator)) / length for x in row])
        return rows


def margin_lower(W: Balls, k: int, h: Sequence[arb], bits: int) -> arb:
    """A lower bound of rho_k from any nonzero ``h``, at the points in the balls ``W``."""
    with ctx.workprec(bits):
        length = sum((x * x for x in h), arb(0)).sqrt()
        gaps = [sum(((a - b) * x for a, b, x in zip(W[k], row, h, strict=True)), arb(0))
                for j, row in enumerate(W) if j != k]
        least = gaps[0]
        for gap in gaps[1:]:
            least = least.min(gap)
        return (least / length).lower()


def margin_upper(W: Balls, k: int, weights: dict[int, Fraction], bits: int) -> arb:
    """An upper bound of rho_k from any convex ``weights`` on the other points.

    Raises:
        InvalidProblem: negative weights, weights on point k, or a sum other than 1.
    """
    if k in weights or min(weights.values(), default=Fraction(-1)) < 0 or sum(weights.values()) != 1:
        raise InvalidProblem("weights given are not convex weights on the other points; they must be >= 0 with sum 1")
    with ctx.workprec(bits):
        rest = list(W[k])
        for j, weight in weights.items():
            factor = arb(fmpq(weight.numerator, weight.denominator))
            rest = [a - factor * b for a, b in zip(rest, W[j], strict=True)]
        return sum((x * x for x in rest), arb(0)).upper().sqrt().upper()  # no root of a ball around 0


