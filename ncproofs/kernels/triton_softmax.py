r"""The elementwise passes of a softmax loss on CUDA, fused: one kernel for the sums, one for the columns.

``SoftmaxColumns`` reads and writes a tile of logits several times (maximum, exponential, two sums, the gradient's and
the product's columns). Here each half is one pass over the tile; the matrix products stay with cuBLAS.

    absorb    per sample, over the classes of a tile: running top, sum exp(z - top), sum exp(z - top) q
    columns   per entry: p = exp(z - top)/s,  G = a p - floor,  Y = p (a (q - mean) + c)

Tested on the processor with TRITON_INTERPRET=1; the array path is the reference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ncproofs.errors import InvalidProblem, MissingDependency
from ncproofs.kernels.columns import Scalars, SoftmaxColumns

try:
    import triton
    import triton.language as tl
except ImportError:
    raise MissingDependency("the fused CUDA passes need triton and torch; write pip install torch triton") from None

__all__ = ["TritonColumns", "fused"]

_SAMPLES, _CLASSES = 64, 64
_LOWEST = tl.constexpr(-math.inf)


@triton.jit  # type: ignore[untyped-decorator,unused-ignore]
def _absorb(  # type: ignore[no-untyped-def]
        Z, Q, top, total, along, logits, K, N, zk, zn, qk, qn, WITH_Q: tl.constexpr, WITH_SUM: tl.constexpr,
            CLASSES: tl.constexpr, SAMPLES: tl.constexpr):
    columns = tl.program_id(0) * SAMPLES + tl.arange(0, SAMPLES)
    here = columns < N
    m = tl.load(top + columns, mask=here, other=0.0)
    s = tl.load(total + columns, mask=here, other=0.0)
    r = tl.load(along + columns, mask=here, other=0.0)
    plain = tl.load(logits + columns, mask=here, other=0.0)
    for first in range(0, K, CLASSES):
        rows = first + tl.arange(0, CLASSES)
        inside = (rows < K)[:, None] & here[None, :]
        z = tl.load(Z + rows[:, None] * zk + columns[None, :] * zn, mask=inside, other=_LOWEST)
        higher = tl.maximum(m, tl.max(z, axis=0))
        e = tl.where(inside, tl.exp(z - higher[None, :]), 0.0)
        scale = tl.exp(m - higher)
        s = s * scale + tl.sum(e, axis=0)
        if WITH_Q:
            q = tl.load(Q + rows[:, None] * qk + columns[None, :] * qn, mask=inside, other=0.0)
            r = r * scale + tl.sum(e * q, axis=0)
        if WITH_SUM:
            plain += tl.sum(tl.where(inside, z, 0.0), axis=0)
        m = higher
    tl.store(top + columns, m, mask=here)
    tl.store(total + columns, s, mask=here)
    tl.store(along + columns, r, mask=here)
    tl.store(logits + columns, plain, mask=here)


@triton.jit  # type: ignore[untyped-decorator,unused-ignore]
def _columns(  # type: ignore[no-untyped-def]
        Z, Q, G, top, total, a, mean, c, floor, K, N, zk, zn, qk, qn, gk, gn, WITH_Q: tl.constexpr,
             CLASSES: tl.constexpr, SAMPLES: tl.constexpr):
    rows = tl.program_id(0) * CLASSES + tl.arange(0, CLASSES)
    columns = tl.program_id(1) * SAMPLES + tl.arange(0, SAMPLES)
    here = columns < N
    inside = (rows < K)[:, None] & here[None, :]
    z = tl.load(Z + rows[:, None] * zk + columns[None, :] * zn, mask=inside, other=0.0)
    m = tl.load(top + columns, mask=here, other=0.0)
    s = tl.load(total + columns, mask=here, other=1.0)
    slope = tl.load(a + columns, mask=here, other=0.0)
    p = tl.exp(z - m[None, :]) / s[None, :]
    tl.store(G + rows[:, None] * gk + columns[None, :] * gn,
             slope[None, :] * p - tl.load(floor + columns, mask=here, other=0.0)[None, :], mask=inside)
    if WITH_Q:
        at = Q + rows[:, None] * qk + columns[None, :] * qn
        q = tl.load(at, mask=inside, other=0.0)
        centre = tl.load(mean + columns, mask=here, other=0.0)
        bend = tl.load(c + columns, mask=here, other=0.0)
        tl.store(at, p * (slope[None, :] * (q - centre[None, :]) + bend[None, :]), mask=inside)


@dataclass(frozen=True)
class TritonColumns(SoftmaxColumns):
    """A softmax loss whose passes over tiles are fused; arrays must be torch tensors on one device."""

    def absorb(self, xp: Any, state: list[Any], Z: Any, Q: Any) -> Any:
        import torch

        K, N = Z.shape
        state[:] = [torch.clone(part) for part in state]
        other = Z if Q is None else Q
        _absorb[(triton.cdiv(N, _SAMPLES),)](
            Z, other, *state, K, N, *Z.stride(), *other.stride(), WITH_Q=Q is not None, WITH_SUM=bool(self.tilt),
            CLASSES=_CLASSES, SAMPLES=_SAMPLES,
        )
        return Z

    def gradient(self, xp: Any, scalars: Scalars, E: Any) -> Any:
        return self._both(scalars, E, None)

    def both(self, xp: Any, scalars: Scalars, E: Any, Q: Any) -> tuple[Any, Any]:
        G = self._both(scalars, E, Q)
        return G, Q

    def _both(self, scalars: Scalars, Z: Any, Q: Any) -> Any:
        """G as a new tile; with Q, Y in place of Q."""
        import torch

        top, total, a, mean, c, floor = scalars.parts
        K, N = Z.shape
        G = torch.empty_like(Z)
        lowest = torch.zeros_like(top) + floor
        other, bend = (Z, top) if Q is None else (Q, c)
        grid = triton.cdiv(K, _CLASSES), triton.cdiv(N, _SAMPLES)
        _columns[grid](
            Z, other, G, top, total, a, mean, bend, lowest, K, N, *Z.stride(), *other.stride(), *G.stride(),
            WITH_Q=Q is not None, CLASSES=_CLASSES, SAMPLES=_SAMPLES,
        )
        return G

    def again(self, xp: Any, scalars: Scalars, Z: Any) -> Any:
        return Z


def fused(columns: Any) -> TritonColumns:
    """The same loss with fused passes.

    Raises:
        InvalidProblem: not a softmax loss.
    """
    if not isinstance(columns, SoftmaxColumns):
        raise InvalidProblem("the fused passes are for softmax losses; use the array path for this loss")
    return TritonColumns(columns.profile, columns.tilt, columns.linear)
