"""Theorem E against adversarial configurations: the master identity, the pairwise bound, the two values."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import nnls

Array = NDArray[np.float64]


def unit(W: Array) -> Array:
    return W / np.linalg.norm(W, axis=1, keepdims=True)


def adversarial(rng: np.random.Generator, number: int) -> Array:
    """Random, clustered, nearly repeated, nearly antipodal, flat and small-integer configurations, in turn."""
    d = int(rng.integers(2, 6))
    K = int(rng.integers(2, 12))
    W = rng.standard_normal((K, d))
    kind = number % 6
    if kind == 1:
        W = W[[0]] + 0.05 * W
    elif kind == 2:
        W[1] = W[0] + 10.0 ** -rng.integers(2, 8) * W[1]
    elif kind == 3:
        W[1] = -W[0] + 10.0 ** -rng.integers(2, 8) * W[1]
    elif kind == 4:
        W[:, -1] *= 1e-3
    elif kind == 5:
        W = rng.integers(-2, 3, (K, d)).astype(float)
        W[~W.any(axis=1), 0] = 1
    return unit(W)


def projection(W: Array, k: int) -> tuple[float, Array]:
    """(rho_k, unit h_k), h_k = w_k where the distance vanishes."""
    others = np.delete(W, k, axis=0)
    weights, _ = nnls(np.vstack([1e3 * np.ones(len(others)), (others - W[k]).T]), np.append(1e3, np.zeros(W.shape[1])))
    rest = W[k] - weights @ others / weights.sum()
    rho = float(np.linalg.norm(rest))
    return (rho, rest / rho) if rho > 1e-7 else (0.0, W[k])


def test_ten_thousand_adversarial_configurations():
    """1 - <u_k, u_j> >= (rho_k + rho_j)/2 for every pair of every configuration, and 1 - c(W) <= rho(W)."""
    rng = np.random.default_rng(20)
    worst, below = 0.0, 0.0
    for number in range(10_000):
        W = adversarial(rng, number)
        pairs = [projection(W, k) for k in range(len(W))]
        rho = np.array([pair[0] for pair in pairs])
        U = unit(W + np.array([pair[1] for pair in pairs]))
        gram = W @ W.T
        gaps = 1 - U @ U.T - (rho[:, None] + rho[None, :]) / 2
        np.fill_diagonal(gaps, np.inf)
        np.fill_diagonal(gram, -1)
        worst = min(worst, float(gaps.min()))
        below = min(below, float((rho - (1 - gram.max(axis=1))).min()))
    assert worst > -1e-6 and below > -1e-6


def test_the_master_identity_in_floats():
    """An independent evaluation, angle by angle, of what softmax-code-value proves."""
    rng = np.random.default_rng(1)
    for _ in range(2000):
        w, h, v, g = unit(rng.standard_normal((4, int(rng.integers(2, 7)))))
        p, q = np.arccos(np.clip(w @ h, -1, 1)) / 2, np.arccos(np.clip(v @ g, -1, 1)) / 2
        a, b = unit(np.array([w + h, v + g]))
        e, f = (w - h) / 2, (v - g) / 2
        left = 1 - a @ b - ((w - v) @ h + (v - w) @ g) / 2
        right = ((1 - a @ b) * (1 - np.cos(p) * np.cos(q)) + 2 * np.sin((p - q) / 2) ** 2 * np.cos(p + q)
                 + np.linalg.norm(e) * np.linalg.norm(f) - e @ f)
        assert left == pytest.approx(right, abs=1e-12)


def test_the_inequality_needs_the_projection_directions():
    """With <w, h> < 0 the master identity's terms are not all nonnegative: the bound can fail."""
    rng = np.random.default_rng(2)
    worst = 0.0
    for _ in range(4000):
        w, h, v, g = unit(rng.standard_normal((4, 2)))
        a, b = unit(np.array([w + h, v + g]))
        worst = min(worst, 1 - a @ b - ((w - v) @ h + (v - w) @ g) / 2)
    assert worst < -0.1
