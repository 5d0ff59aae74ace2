"""Cross-entropy with label smoothing at a point, in NumPy and from the definitions: nothing of the library."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


def targets(K: int, n: int) -> Array:
    """(K, N): the indicator of each sample's class, class-major."""
    return np.repeat(np.eye(K), n, axis=1)


def slopes(Z: Array, n: int, alpha: float) -> Array:
    """G = (1/N) (softmax(z_i) - (1 - alpha) e_y - alpha/K), one column a sample."""
    K, N = Z.shape
    shifted = np.exp(Z - Z.max(axis=0))
    return (shifted / shifted.sum(axis=0) - (1 - alpha) * targets(K, n) - alpha / K) / N


def value(Z: Array, n: int, alpha: float) -> float:
    """The mean loss."""
    K, N = Z.shape
    top = Z.max(axis=0)
    ell = top + np.log(np.exp(Z - top).sum(axis=0))
    aim = (1 - alpha) * targets(K, n) + alpha / K
    return float((ell - (aim * Z).sum(axis=0)).sum() / N)


def curvature_form(Z: Array, Q: Array) -> float:
    """(1/N) sum_i q_i^T (diag p_i - p_i p_i^T) q_i."""
    shifted = np.exp(Z - Z.max(axis=0))
    p = shifted / shifted.sum(axis=0)
    return float(((p * Q**2).sum(axis=0) - (p * Q).sum(axis=0) ** 2).sum() / Z.shape[1])
