"""Where Levenshtein's polynomials have their zeros, in floats: candidates for ``ncproofs.critical.delsarte``.

For a level c the best f of its degree is (t - c) (t + 1)^e prod (t - a_i)^2 with c and the a_i the zeros of the
kernel polynomial of the measure (1 - t) (1 + t)^e (1 - t^2)^((d-3)/2) dt. They are the eigenvalues of a Jacobi matrix
whose last entry is moved so that c is one of them (Gauss and Radau). f(1)/f_0 grows with c; bisection finds the level
at which it reaches K.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["candidates"]

_STEPS = 60


def candidates(d: int, K: int, most: int) -> Iterator[tuple[float, list[float], int]]:
    """(c, nodes, endpoint) with f(1)/f_0 about K, at most one for each degree; the levels are estimates."""
    if d < 3:
        return
    for count in range(most + 1):
        for endpoint in (0, 1):
            found = _level(d, K, count + 1, endpoint)
            if found is not None:
                c, nodes = found
                yield c, nodes, endpoint


def _level(d: int, K: int, size: int, endpoint: int) -> tuple[float, list[float]] | None:
    """The level with ratio K among those where the polynomials of this degree are Levenshtein's."""
    diagonal, off = _recurrence((d - 1) / 2, (d - 3) / 2 + endpoint, size)
    inner = _eigenvalues(diagonal[:-1], off[:-1])
    low = float(inner[-1]) if size > 1 else -1.0
    high = float(_eigenvalues(diagonal, off)[-1])
    if not _ratio(d, high, diagonal, off, endpoint) > K:
        high = 1 - 1e-9
        if not _ratio(d, high, diagonal, off, endpoint) > K:
            return None
    low += 1e-9
    if not _ratio(d, low, diagonal, off, endpoint) < K:
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _ratio(d, middle, diagonal, off, endpoint) < K:
            low = middle
        else:
            high = middle
    return low, _nodes(low, diagonal, off)


def _recurrence(alpha: float, beta: float, size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The Jacobi matrix of the weight (1 - t)^alpha (1 + t)^beta: diagonal, and the entries beside it."""
    n = np.arange(size, dtype=np.float64)
    total = 2 * n + alpha + beta
    with np.errstate(all="ignore"):
        diagonal = (beta**2 - alpha**2) / (total * (total + 2))
    diagonal[0] = (beta - alpha) / (alpha + beta + 2)
    m = n[1:]
    total = 2 * m + alpha + beta
    squares = 4 * m * (m + alpha) * (m + beta) * (m + alpha + beta)
    below = total**2 * (total**2 - 1)
    if size > 1:  # at m = 1 the factor m + alpha + beta cancels one of below
        squares[0], below[0] = 4 * (1 + alpha) * (1 + beta), total[0] ** 2 * (total[0] + 1)
    return diagonal, np.sqrt(squares / below)


def _eigenvalues(diagonal: NDArray[np.float64], off: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(diagonal) == 0:
        return np.zeros(0)
    matrix = np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1)
    return np.asarray(np.linalg.eigvalsh(matrix), dtype=np.float64)


def _nodes(c: float, diagonal: NDArray[np.float64], off: NDArray[np.float64]) -> list[float]:
    """The other eigenvalues when the last diagonal entry is moved so that c is one."""
    moved = diagonal.copy()
    if len(moved) == 1:
        return []
    size = len(moved) - 1
    inner = np.diag(moved[:-1]) + np.diag(off[:-1], 1) + np.diag(off[:-1], -1) - c * np.eye(size)
    unit = np.zeros(size)
    unit[-1] = 1
    moved[-1] = c + off[-1] ** 2 * np.linalg.solve(inner, unit)[-1]
    values = list(_eigenvalues(moved, off))
    values.pop(int(np.argmin(np.abs(np.array(values) - c))))
    return [float(value) for value in values]


def _ratio(d: int, c: float, diagonal: NDArray[np.float64], off: NDArray[np.float64], endpoint: int) -> float:
    """f(1)/f_0, by Gauss quadrature of f."""
    nodes = [c, *_nodes(c, diagonal, off), *([-1.0] * endpoint)]
    level = _weights(d, len(nodes) + 1)
    points, masses = level
    values = (points - c) * (points + 1) ** endpoint
    top = (1 - c) * 2.0**endpoint
    for node in nodes[1 : len(nodes) - endpoint]:
        values = values * (points - node) ** 2
        top *= (1 - node) ** 2
    mean = float(values @ masses)
    return float(top / mean) if mean > 0 else np.inf


def _weights(d: int, size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gauss nodes and weights of the measure (1 - t^2)^((d-3)/2), of total mass 1."""
    diagonal, off = _recurrence((d - 3) / 2, (d - 3) / 2, size)
    values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1))
    masses: NDArray[np.float64] = vectors[0] ** 2
    return values, masses
