"""When two critical points are one: equal modulo rotations, relabelling of classes and of samples, and shifts.

Invariants (value, eigenvalues of the Hessian) tell most points apart. Points that agree in them are compared by a
search for the relabelling: two configurations are the same modulo O(d) exactly when a relabelling maps one Gram
matrix to the other. In floats: what counts is told apart or merged to within a tolerance, and nothing is proved.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ncproofs.critical.terrain import Array, Figure

__all__ = ["agree", "same_figure"]

_TOLERANCE = 1e-5
#: Columns whose inner products are smaller than this are all zero.
_SMALLEST = 1e-9
#: Comparisons after which two points that agree in all invariants are taken for the same.
_PATIENCE = 20_000


def agree(left: Array, right: Array) -> bool:
    """Whether two vectors of invariants agree to within the tolerance, relative to the larger one."""
    if left.shape != right.shape:
        return False
    scale = max(1e-300, float(np.abs(left).max(initial=0.0)), float(np.abs(right).max(initial=0.0)))
    return bool(np.abs(left - right).max(initial=0.0) <= _TOLERANCE * scale)


def same_figure(left: Figure, right: Figure, tolerance: float = _TOLERANCE, smallest: float = _SMALLEST) -> bool:
    """Whether a relabelling of classes, and of samples within classes, maps one figure to the other modulo O(d).

    Inner products may differ by ``tolerance`` times the largest of them, taken for at least ``smallest``.
    Depth first over partial maps, classes first come first served, each checked against all columns mapped so far.
    """
    if left.columns.shape != right.columns.shape or left.numbers.shape != right.numbers.shape:
        return False
    first, second = left.columns.T @ left.columns, right.columns.T @ right.columns
    K = left.numbers.size
    n = (first.shape[0] - K) // K
    scale = max(smallest, float(np.abs(first).max()), float(np.abs(second).max()))
    shift = tolerance * max(1.0, float(np.abs(left.numbers).max()), float(np.abs(right.numbers).max()))
    order = [column for k in range(K) for column in (k, *range(K + k * n, K + (k + 1) * n))]
    tried = [0]

    def fits(mapped: list[int], image: int) -> bool:
        tried[0] += 1
        source = order[len(mapped)]
        if source < K and abs(left.numbers[source] - right.numbers[image]) > shift:
            return False
        rows = order[: len(mapped) + 1]
        gap = np.abs(first[source, rows] - second[image, [*mapped, image]])
        return bool(gap.max() <= tolerance * scale)

    def extend(mapped: list[int]) -> bool:
        if len(mapped) == len(order) or tried[0] > _PATIENCE:
            return True
        return any(fits(mapped, image) and extend([*mapped, image]) for image in _images(mapped, K, n))

    return extend([])


def _images(mapped: list[int], K: int, n: int) -> Iterator[int]:
    """Where the next column may go: a class to a free class, a sample to a free sample of its class's image."""
    place = len(mapped) % (n + 1)
    if place == 0:
        taken = set(mapped[:: n + 1])
        yield from (k for k in range(K) if k not in taken)
    else:
        label = mapped[len(mapped) - place]
        taken = set(mapped[len(mapped) - place + 1 :])
        yield from (s for s in range(K + label * n, K + (label + 1) * n) if s not in taken)
