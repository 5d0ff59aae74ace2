r"""Codes that attain a known rho*(d, K) exactly: near float points, and among exact points.

Near float points the code is rebuilt from what its floats suggest, and then everything is exact. d = 2: the regular
polygon in the order of the angles. d + 2 <= K <= 2d: the components of the graph of negative inner products, each in a
space of its own. Simplex and sharp codes: each inner product becomes the nearest one that the code can have, and the
Gram matrix G is verified over the rationals: G_BB > 0 for r points B, and G = G_B' G_BB^-1 G_B.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx, fmpq, fmpq_mat, fmpq_poly, fmpz_mat
from numpy.typing import NDArray

from ncproofs.critical.code_algebraic import cholesky, in_frame_of, orthonormal
from ncproofs.critical.code_margins import cosine, root_enclosure
from ncproofs.critical.code_values import ExactValue
from ncproofs.problems.codes import Points

__all__ = ["Attained", "attained_near", "has_zero_of", "points_attain"]

Array = NDArray[np.float64]
Rows = list[list[arb]]
Pairs = list[tuple[int, int]]

#: How far the floats may be from what they suggest; nothing is proved by it.
_NEAR = 1e-6
_GUARD, _PRECISE = 64, 256


@dataclass(frozen=True, eq=False)
class Attained:
    """Unit rows in balls with c(W) = c* exactly, and the pairs with this inner product, counted from 0."""

    rows: Rows
    contacts: Pairs


def points_attain(points: Points, known: ExactValue) -> bool:
    """Whether the points, divided by their lengths, have the largest cosine c* exactly."""
    value, norms, _ = cosine(points)
    square = value * value / norms
    size = root_enclosure(square, 60)
    sign = 1 if value >= 0 else -1
    with ctx.workprec(_PRECISE):
        if size.is_point:
            return has_zero_of(fmpq_poly([fmpq(*_ratio(-sign * size.lower)), 1]), sign * size.ball(), known)
        return has_zero_of(fmpq_poly([fmpq(*_ratio(-square)), 0, 1]), sign * size.ball(), known)


def has_zero_of(polynomial: fmpq_poly, ball: arb, known: ExactValue) -> bool:
    """Whether the zero of the irreducible ``polynomial`` in ``ball`` is c*.

    It is a zero of the polynomial of c*, of which the two balls meet only one, and the same one.
    """
    if not (known.polynomial % polynomial).is_zero():
        return False
    with ctx.workprec(_PRECISE):
        zeros = []
        for part, _ in known.polynomial.factor()[1]:
            roots: list[Any] = part.complex_roots()
            zeros += [zero.real for zero, _ in roots if zero.imag.is_zero()]
        level = known.cosine(_PRECISE)
        met = [[bool(zero.overlaps(one)) for zero in zeros] for one in (ball, level)]
    return met[0] == met[1] and sum(met[0]) == 1


def attained_near(W: Array, known: ExactValue, bits: int) -> Attained | None:
    """An optimal code near the float unit rows ``W``, exactly; None when none was recognised there."""
    if known.regime == "polygon":
        return _polygon(W, bits)
    if known.regime == "orthoplex":
        return _orthogonal_blocks(W, bits)
    levels = _inner_products(known)
    return _rational_gram(W, levels, min(len(W) - 1, W.shape[1]), bits) if levels else None


def _inner_products(known: ExactValue) -> list[Fraction]:
    """Those that an optimal simplex or sharp code can have, if they are rational; the largest first."""
    level = known.rational
    if level is None:
        return []
    certificate = known.certificate
    if certificate is None:
        return [level] if known.regime == "simplex" else []
    # f(1) = K f_0, so f vanishes at every inner product of an optimal code.
    nodes = [Fraction(int(node[0].p), int(node[0].q)) for node in certificate.nodes]
    return [level, *nodes, *([Fraction(-1)] if certificate.endpoint else [])]


def _polygon(W: Array, bits: int) -> Attained | None:
    K = len(W)
    angles = np.arctan2(W[:, 1], W[:, 0])
    order = np.argsort(angles)
    turns = angles[order] - 2 * np.pi * np.arange(K) / K
    if np.ptp(turns) > _NEAR:
        return None
    rows: Rows = [[] for _ in W]
    with ctx.workprec(bits + _GUARD):
        first = arb(float(turns.mean()))
        for position, k in enumerate(order):
            angle = first + 2 * arb.pi() * position / K
            rows[int(k)] = [angle.cos(), angle.sin()]
    pairs = [(int(order[p]), int(order[(p + 1) % K])) for p in range(K)]
    return Attained(rows, sorted((min(pair), max(pair)) for pair in pairs))


def _rational_gram(W: Array, levels: Sequence[Fraction], rank: int, bits: int) -> Attained | None:
    """The code whose inner products are those of ``levels`` that ``W`` is near."""
    from scipy.linalg import qr

    K, d = W.shape
    floats = np.array([float(level) for level in levels])
    gram = W @ W.T
    nearest = np.abs(gram[:, :, None] - floats).argmin(axis=2)
    off = np.abs(gram - floats[nearest])
    np.fill_diagonal(off, 0)
    if off.max() > _NEAR or not (nearest == 0)[~np.eye(K, dtype=bool)].any():
        return None
    common = int(np.lcm.reduce([level.denominator for level in levels]))
    whole = np.array([int(level * common) for level in levels])[nearest]
    np.fill_diagonal(whole, common)
    basis = np.sort(qr(W.T, mode="economic", pivoting=True)[2][:rank])
    if not _is_gram(whole, basis):
        return None
    rows = _realised(whole[np.ix_(basis, np.arange(K))], basis, common, bits)
    padded = [[*row, *([arb(0)] * (d - rank))] for row in rows]
    pairs = np.argwhere(np.triu(nearest == 0, 1))
    return Attained(in_frame_of(padded, W, bits + _GUARD), [(int(i), int(j)) for i, j in pairs])


def _is_gram(whole: NDArray[np.int_], basis: NDArray[np.int_]) -> bool:
    """G_BB > 0 by its leading minors, and G = G_B' G_BB^-1 G_B, exactly."""
    corner = fmpz_mat(whole[np.ix_(basis, basis)].tolist())
    for size in range(1, len(basis) + 1):
        if fmpz_mat(whole[np.ix_(basis[:size], basis[:size])].tolist()).det() <= 0:
            return False
    rows = fmpq_mat(fmpz_mat(whole[basis].tolist()))
    return bool(rows.transpose() * (fmpq_mat(corner).inv() * rows) == fmpq_mat(fmpz_mat(whole.tolist())))


def _realised(rows: NDArray[np.int_], basis: NDArray[np.int_], common: int, bits: int) -> Rows:
    """K rows with the Gram matrix G: L^-1 G_B for G_BB = L L', all divided by ``common``."""
    with ctx.workprec(bits + _GUARD):
        corner = arb_mat(rows[:, basis].tolist()) / common
        lower = arb_mat(cholesky(corner.tolist()))
        found: Rows = lower.solve(arb_mat(rows.tolist()) / common).transpose().tolist()
    return found


def _orthogonal_blocks(W: Array, bits: int) -> Attained | None:
    """No positive inner product: blocks in orthogonal spaces, each independent or with one positive relation."""
    from scipy.sparse.csgraph import connected_components

    K, d = W.shape
    _, label = connected_components(W @ W.T < -_NEAR)
    blocks = [np.flatnonzero(label == part) for part in range(label.max() + 1)]
    if max(map(len, blocks)) > d + 1:
        return None
    found = [_block(W[block]) for block in blocks]
    bases = np.vstack([basis for basis, _ in found])
    if len(bases) > d or np.abs(bases @ bases.T - np.eye(len(bases))).max() > 1e3 * _NEAR:
        return None
    pairs = [(i, j) for i in range(K) for j in range(i + 1, K) if label[i] != label[j]]
    spaces, rows, start = orthonormal(bases, bits + _GUARD), [[arb(0)]] * K, 0
    for block, (basis, coordinates) in zip(blocks, found, strict=True):
        space = spaces[start : start + len(basis)]
        start += len(basis)
        for p, place in enumerate(block):
            for q in range(p):
                inner = sum((a * b for a, b in zip(coordinates[p], coordinates[q], strict=True)), Fraction(0))
                if inner > 0:
                    return None
                if inner == 0:
                    pairs.append((int(block[q]), int(place)))
            rows[int(place)] = _combined(coordinates[p], space, bits + _GUARD)
    return Attained(rows, sorted(pairs)) if pairs else None


def _block(points: Array) -> tuple[Array, list[list[Fraction]]]:
    """An orthonormal basis in floats, and coordinates that are exact: s points in s or s - 1 dimensions."""
    left, values, right = np.linalg.svd(points)
    size = len(points)
    related = size > points.shape[1] or values[-1] < 1e3 * _NEAR
    rank = size - 1 if related and size > 1 else size
    basis = right[:rank]
    coordinates = [[Fraction(float(x)) for x in row] for row in points @ basis.T]
    if rank < size:  # the point of the largest weight is minus a combination of the others, exactly
        weights = left[:, -1]
        last = int(np.abs(weights).argmax())
        shares = [Fraction(float(-weight / weights[last])) for weight in weights]
        others = [p for p in range(size) if p != last]
        coordinates[last] = [sum((shares[p] * coordinates[p][a] for p in others), Fraction(0)) for a in range(rank)]
    return basis, coordinates


def _combined(coordinates: Sequence[Fraction], space: Rows, bits: int) -> list[arb]:
    """sum_a x_a s_a over |x|."""
    with ctx.workprec(bits):
        length = arb(fmpq(*_ratio(sum((x * x for x in coordinates), Fraction(0))))).sqrt()
        shares = [arb(fmpq(*_ratio(x))) / length for x in coordinates]
        return [sum((s * row[a] for s, row in zip(shares, space, strict=True)), arb(0)) for a in range(len(space[0]))]


def _ratio(value: Fraction) -> tuple[int, int]:
    return value.numerator, value.denominator
