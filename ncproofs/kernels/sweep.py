r"""One pass over tiles of the logits Z = W^T H + b 1^T: value, gradient and Hessian products, never K x N in memory.

With G_i = grad L(z_i), q_i the derivative of z_i along (dW, dH, db) and Y_i = Hess L(z_i) q_i, the pass returns

    sum L,   H G^T,   W G,   G 1,        H Y^T + dH G^T,   W Y + dW G,   Y 1.

A tile has at most ``TILE`` entries. When one sample block sees every class in one tile, its logits are computed
once; else twice, first for the sums and again for the columns. Memory: the arguments, the results and a few tiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ncproofs.errors import MissingDependency
from ncproofs.kernels.arrays import replaced
from ncproofs.kernels.columns import Scalars, SoftmaxColumns, SumColumns
from ncproofs.kernels.labels import Labels

__all__ = ["TILE", "Point", "Sweep", "Swept", "sweep", "tiles"]

#: Entries of a tile: 32 MB in float64, chosen by benchmarks/bench_kernels.py on two cores.
TILE = 2**22
#: Fewer samples than this in a block make slow matrix products; then the classes are tiled too.
_NARROW = 128

Point = tuple[Any, Any, Any]  # W (d, K), H (d, N), b (K,) or None; the same for a direction


@dataclass(frozen=True)
class Swept:
    """Sums over samples, before division by N; ``along_*`` are None without a direction."""

    value: float
    W: Any
    H: Any
    b: Any
    along_W: Any = None
    along_H: Any = None
    along_b: Any = None


def tiles(K: int, N: int, tile: int = TILE) -> tuple[int, int]:
    """(classes, samples) of a tile."""
    if K * min(N, _NARROW) <= tile:
        return K, max(1, min(N, tile // K))
    samples = min(N, _NARROW)
    return max(1, min(K, tile // samples)), samples


def sweep(xp: Any, columns: SoftmaxColumns | SumColumns, point: Point, direction: Point | None, labels: Labels,
          tile: int = TILE, threads: int = 1, heard: Callable[[int], None] | None = None) -> Swept:
    """The sums above; ``xp`` is the namespace of all arrays. ``heard`` is told the size of each finished block.

    With ``threads`` > 1 (NumPy only) each thread takes a share of the samples, and its matrix products run on one
    thread, so that the passes between them run in parallel too. Each has sums over the samples of its own.

    Raises:
        MissingDependency: several threads asked for, and threadpoolctl is not installed.
    """
    samples = point[1].shape[1]
    if threads == 1 or xp is not np or samples < 2 * threads:
        return Sweep(xp, columns, point, direction, labels, tile).run(0, samples, heard)
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise MissingDependency("several threads need threadpoolctl; write pip install 'ncproofs[array]'") from None
    cuts = [samples * i // threads for i in range(threads + 1)]
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        shares = [Sweep(xp, columns, point, direction, labels, max(1, tile // threads)) for _ in range(threads)]
        return _joined(list(pool.map(_quietly, shares, cuts, cuts[1:], [heard] * threads)))


def _quietly(share: Sweep, begin: int, end: int, heard: Callable[[int], None] | None) -> Swept:
    """A thread has error states of its own; what overflows is refused by the caller."""
    with np.errstate(all="ignore"):
        return share.run(begin, end, heard)


def _joined(parts: list[Swept]) -> Swept:
    """The sums over all samples from the sums over shares of them."""
    def total(name: str) -> Any:
        first, *rest = (getattr(part, name) for part in parts)
        for other in rest if first is not None else ():
            first += other
        return first

    def side_by_side(name: str) -> Any:
        found = [getattr(part, name) for part in parts]
        return None if found[0] is None else np.concatenate(found, axis=1)

    return Swept(total("value"), total("W"), side_by_side("H"), total("b"), total("along_W"),
                 side_by_side("along_H"), total("along_b"))


class Sweep:
    """The arguments of one pass and its accumulators."""

    def __init__(self, xp: Any, columns: SoftmaxColumns | SumColumns, point: Point, direction: Point | None,
                 labels: Labels, tile: int) -> None:
        self.xp, self.columns, self.labels = xp, columns, labels
        self.W, self.H, self.b = point
        self.D = direction
        (self.d, self.K), self.N = self.W.shape, self.H.shape[1]
        self.per_classes, self.per_samples = tiles(self.K, self.N, tile)
        self.value = 0.0
        zero = self.W * 0
        self.out_W, self.out_b = zero, zero[0, :] + 0  # not a view of the same memory
        self.along_W: Any = None if direction is None else zero + 0
        self.along_b: Any = None if direction is None else zero[0, :] + 0
        self.parts_H: list[Any] = []
        self.parts_along_H: list[Any] = []

    def run(self, begin: int, end: int, heard: Callable[[int], None] | None = None) -> Swept:
        """The sums over the samples [begin, end)."""
        xp = self.xp
        for start in range(begin, end, self.per_samples):
            self._block(start, min(end, start + self.per_samples))
            if heard is not None:
                heard(min(end, start + self.per_samples) - start)
        H = xp.concat(self.parts_H, axis=1)
        if self.D is None:
            return Swept(self.value, self.out_W, H, self.out_b)
        along_H = xp.concat(self.parts_along_H, axis=1)
        return Swept(self.value, self.out_W, H, self.out_b, self.along_W, along_H, self.along_b)

    def classes(self) -> Iterator[tuple[int, int]]:
        for first in range(0, self.K, self.per_classes):
            yield first, min(self.K, first + self.per_classes)

    def logits(self, start: int, stop: int, first: int, last: int) -> tuple[Any, Any]:
        """Z and Q of a tile."""
        H, W = self.H[:, start:stop], self.W[:, first:last]
        Z = W.T @ H
        if self.b is not None:
            Z += self.b[first:last, None]
        if self.D is None:
            return Z, None
        dW, dH, db = self.D
        Q = dW[:, first:last].T @ H
        Q += W.T @ dH[:, start:stop]
        if db is not None:
            Q += db[first:last, None]
        return Z, Q

    def _mask(self, start: int, stop: int, first: int, last: int) -> tuple[int, int, Any] | None:
        found = self.labels.mask(start, stop, first, last)
        if found is None:
            return None
        low, high, mask = found
        return low, high, self._array(mask, self.xp.bool if self.xp is not np else bool)

    def _array(self, value: Any, dtype: Any) -> Any:
        place = {} if self.xp is np else {"device": self.H.device}
        return self.xp.asarray(value, dtype=dtype, **place)

    def _block(self, start: int, stop: int) -> None:
        scalars, kept = self.scalars(start, stop)
        self.value += float(self.xp.sum(scalars.value))
        self._columns(start, stop, scalars, kept if self.per_classes >= self.K else None)

    def scalars(self, start: int, stop: int) -> tuple[Scalars, Any]:
        """First half of a block: what is known of each sample, and the last tile that was seen."""
        xp, columns = self.xp, self.columns
        zero = self.H[0, start:stop] * 0
        state = columns.open(xp, zero)
        t, qt, kept = zero, None if self.D is None else zero + 0, None
        for first, last in self.classes():
            Z, Q = self.logits(start, stop, first, last)
            spot = self._mask(start, stop, first, last)
            if spot is not None:
                low, high, mask = spot
                t = t + xp.sum(xp.where(mask, Z[low:high, :], zero[None, :]), axis=0)
                if Q is not None:
                    qt = qt + xp.sum(xp.where(mask, Q[low:high, :], zero[None, :]), axis=0)
            kept = (columns.absorb(xp, state, Z, Q), Q, spot)
        counts = self._array(self.labels.counts(start, stop), zero.dtype) if self.labels.are_sets else None
        return columns.close(xp, state, t, qt, self.K, counts), kept

    def _columns(self, start: int, stop: int, scalars: Scalars, kept: Any) -> None:
        """Second half of a block: the columns of G and Y, and their products."""
        xp, H = self.xp, self.H[:, start:stop]
        out_H = H * 0
        along_H = None if self.D is None else H * 0
        for first, last in self.classes():
            if kept is not None:
                seen, Q, spot = kept
            else:
                Z, Q = self.logits(start, stop, first, last)
                seen, spot = self.columns.again(xp, scalars, Z), self._mask(start, stop, first, last)
            if self.D is None:
                G = _with_targets(xp, self.columns.gradient(xp, scalars, seen), spot, scalars.target)
            else:
                pair = self.columns.both(xp, scalars, seen, Q)
                G = _with_targets(xp, pair[0], spot, scalars.target)
                Y = _with_targets(xp, pair[1], spot, scalars.target_along)
                along_H = along_H + self._along(start, stop, first, last, G, Y)
            out_H = out_H + self.W[:, first:last] @ G
            self._add(first, last, H @ G.T, xp.sum(G, axis=1))
        self.parts_H.append(out_H)
        if along_H is not None:
            self.parts_along_H.append(along_H)

    def _along(self, start: int, stop: int, first: int, last: int, G: Any, Y: Any) -> Any:
        """Take in one tile's part of the products along the direction; its part of W Y + dW G."""
        xp, H = self.xp, self.H[:, start:stop]
        dW, dH, _ = self.D  # type: ignore[misc]
        self._add_along(first, last, H @ Y.T + dH[:, start:stop] @ G.T, xp.sum(Y, axis=1))
        return self.W[:, first:last] @ Y + dW[:, first:last] @ G

    def _add(self, first: int, last: int, W: Any, b: Any) -> None:
        self.out_W = _added(self.xp, self.out_W, first, last, W)
        self.out_b = _added(self.xp, self.out_b, first, last, b)

    def _add_along(self, first: int, last: int, W: Any, b: Any) -> None:
        self.along_W = _added(self.xp, self.along_W, first, last, W)
        self.along_b = _added(self.xp, self.along_b, first, last, b)


def _added(xp: Any, total: Any, first: int, last: int, part: Any) -> Any:
    """``total`` with ``part`` added to its columns [first, last)."""
    if last - first == total.shape[-1]:
        total += part
        return total
    return replaced(total, (..., slice(first, last)), total[..., first:last] + part)


def _with_targets(xp: Any, tile: Any, spot: tuple[int, int, Any] | None, coefficient: Any) -> Any:
    """``tile`` with each sample's coefficient added at its labels."""
    if spot is not None:
        low, high, mask = spot
        rows = tile[low:high, :]
        tile = replaced(tile, (slice(low, high), slice(None)), xp.where(mask, rows + coefficient[None, :], rows))
    return tile
