"""Which class each sample has, or which set of classes, as masks of small blocks of the logits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncproofs.errors import InvalidProblem

__all__ = ["Labels", "class_major", "label_sets", "labels_of"]


@dataclass(frozen=True, eq=False)
class Labels:
    """Label ``classes[j]`` for offsets[i] <= j < offsets[i + 1] belongs to sample i; classes are counted from 0."""

    K: int
    offsets: NDArray[np.int64]
    classes: NDArray[np.int64]
    are_sets: bool

    @property
    def N(self) -> int:
        return len(self.offsets) - 1

    def counts(self, start: int, stop: int) -> NDArray[np.int64]:
        """How many labels each sample of the block has."""
        return np.diff(self.offsets[start : stop + 1])

    def mask(self, start: int, stop: int, first: int, last: int) -> tuple[int, int, NDArray[np.bool_]] | None:
        """(low, high, mask): the labels of samples [start, stop) among classes [first, last), which are in [low, high).

        The mask has shape (high - low, stop - start); for samples sorted by class it is small. None: no label there.
        """
        span = slice(int(self.offsets[start]), int(self.offsets[stop]))
        classes = self.classes[span]
        samples = np.repeat(np.arange(stop - start), self.counts(start, stop))
        inside = (classes >= first) & (classes < last)
        if not inside.any():
            return None
        classes, samples = classes[inside], samples[inside]
        low, high = int(classes.min()), int(classes.max()) + 1
        mask = np.zeros((high - low, stop - start), dtype=bool)
        mask[classes - low, samples] = True
        return low - first, high - first, mask


def class_major(K: int, n: int) -> Labels:
    """n samples of class 0, then n of class 1, and so on."""
    return Labels(K, np.arange(n * K + 1), np.repeat(np.arange(K), n), are_sets=False)


def labels_of(K: int, classes: Sequence[int] | NDArray[Any]) -> Labels:
    """One class a sample, counted from 0.

    Raises:
        InvalidProblem: a class outside 0..K-1, or something that is not a whole number.
    """
    found = np.asarray(classes)
    if found.ndim != 1 or not len(found) or not np.issubdtype(found.dtype, np.integer):
        raise InvalidProblem("labels need a nonempty list of whole numbers, one for each sample")
    if found.min() < 0 or found.max() >= K:
        raise InvalidProblem(f"labels from {found.min()} to {found.max()} given; classes are counted 0 to {K - 1}")
    return Labels(K, np.arange(len(found) + 1), found.astype(np.int64), are_sets=False)


def label_sets(K: int, sets: Sequence[Sequence[int]]) -> Labels:
    """A nonempty set of classes for each sample, counted from 0.

    Raises:
        InvalidProblem: an empty or repeating set, or a class outside 0..K-1.
    """
    for number, labels in enumerate(sets, start=1):
        if not labels or len(set(labels)) != len(labels):
            raise InvalidProblem(f"label set {number} is {list(labels)}; write at least one class, each once")
    flat = [label for labels in sets for label in labels]
    labels_of(K, flat)
    sizes = np.cumsum([0, *map(len, sets)])
    return Labels(K, sizes.astype(np.int64), np.asarray(flat, dtype=np.int64), are_sets=True)
