"""Trained W, H, b from a ``.npz`` file that somebody else may have written."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ncproofs.errors import InvalidProblem

__all__ = ["Trained", "read_trained", "trained"]

_LARGEST = 2**32
_HINT = "write numpy.savez(FILE, W=W, H=H) with b=b and y=y where there are any"
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Trained:
    """W (d, K) with the classifiers as columns, H (d, N) with the features as columns, b (K,) or None, and the class
    of each sample, counted from 0."""

    W: Array
    H: Array
    b: Array | None
    classes: NDArray[np.int64]

    @property
    def d(self) -> int:
        return int(self.W.shape[0])

    @property
    def K(self) -> int:
        return int(self.W.shape[1])

    @property
    def N(self) -> int:
        return int(self.H.shape[1])

    @property
    def counts(self) -> NDArray[np.int64]:
        """Samples of each class."""
        return np.bincount(self.classes, minlength=self.K)


def read_trained(path: Path, layout: str = "") -> Trained:
    """What the file holds: W, H, maybe b, maybe y; nothing in it is run.

    ``layout``: "columns" for W (d, K) and H (d, N), "rows" for W (K, d) and H (N, d) as deep-learning frameworks keep
    them; decided from the shapes when not given.

    Raises:
        InvalidProblem: not such a file, or arrays that do not fit together.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(part.file_size for part in packed.infolist())
        if size > _LARGEST:
            raise InvalidProblem(f"{path} unpacks to {size} bytes; at most {_LARGEST} are read")
        with np.load(path, allow_pickle=False) as stored:
            found = {name: stored[name] for name in ("W", "H", "b", "y") if name in stored.files}
    except (OSError, ValueError, EOFError, MemoryError, zipfile.BadZipFile, RuntimeError) as error:
        raise InvalidProblem(f"{path} is no .npz file of arrays ({error}); {_HINT}") from None
    missing = [name for name in ("W", "H") if name not in found]
    if missing:
        raise InvalidProblem(f"{path} has no array {missing[0]}; {_HINT}")
    return trained(found["W"], found["H"], found.get("b"), found.get("y"), layout=layout)


def trained(W: object, H: object, b: object = None, y: object = None, *, layout: str = "") -> Trained:
    """The same from arrays; without ``y`` the samples are N/K of each class, class by class.

    Raises:
        InvalidProblem: arrays that do not fit together, or numbers that are not finite.
    """
    W, H = _numbers("W", W, 2), _numbers("H", H, 2)
    layouts = {"columns": W.shape[0] == H.shape[0], "rows": W.shape[1] == H.shape[1]}
    possible = [name for name, fits in layouts.items() if fits]
    if (layout and layout not in possible) or not possible:
        raise InvalidProblem(
            f"W has shape {W.shape} and H {H.shape}; W (d, K) goes with H (d, N), or W (K, d) with H (N, d)")
    if not layout and len(possible) == 2:
        raise InvalidProblem(
            f"W has shape {W.shape} and H {H.shape}, which fits (d, K) with (d, N) and (K, d) with (N, d); "
            "write --layout columns or --layout rows")
    if (layout or possible[0]) == "rows":
        W, H = W.T, H.T
    K, N = W.shape[1], H.shape[1]
    bias = None if b is None else _numbers("b", b, 1)
    if bias is not None and bias.shape != (K,):
        raise InvalidProblem(f"b has shape {bias.shape}, but ({K},) is needed")
    if K < 2:
        raise InvalidProblem(f"W has {K} classifier; at least 2 are needed")
    return Trained(np.ascontiguousarray(W), np.ascontiguousarray(H), bias, _classes(y, K, N))


def _numbers(name: str, value: object, dimensions: int) -> Array:
    given = np.asarray(value)
    if given.dtype.kind not in "fiu" or given.dtype.itemsize > 8:
        raise InvalidProblem(f"{name} holds {given.dtype}; floats of at most 64 bits are needed")
    array = given.astype(np.float64)
    if array.ndim != dimensions or not array.size:
        raise InvalidProblem(f"{name} has shape {array.shape}; {dimensions} dimensions, none empty, are needed")
    if not np.isfinite(array).all():
        raise InvalidProblem(f"{name} has entries that are not finite")
    return array


def _classes(y: object, K: int, N: int) -> NDArray[np.int64]:
    if y is None:
        if N % K:
            raise InvalidProblem(f"{N} samples of {K} classes without labels; store the class of each sample as y")
        return np.repeat(np.arange(K), N // K)
    given = np.asarray(y)
    if given.dtype.kind not in "iu" or given.shape != (N,):
        raise InvalidProblem(f"y has shape {given.shape} and holds {given.dtype}; {N} whole numbers are needed")
    if int(given.min()) < 0 or int(given.max()) >= K:
        raise InvalidProblem(f"y has labels from {given.min()} to {given.max()}; they count from 0 to {K - 1}")
    return given.astype(np.int64)
