"""Identities I1-I6 and Lemmas A and B at random critical points on spheres, of any index."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ncproofs.critical.sphere_optimum import sphere_optimum
from ncproofs.losses import cross_entropy, label_smoothing
from ncproofs.problems.features import Spheres
from ncproofs.testing import strategies
from ncproofs.truth import Truth
from tests.properties import softmax

SMALL = 1e-6


@st.composite
def critical(draw: Any) -> tuple[Spheres, float, Any]:
    """A problem whose loss is convex and shift invariant, its smoothing, and a critical point of it."""
    alpha = draw(st.sampled_from(["0", "1/10"]))
    loss = cross_entropy() if alpha == "0" else label_smoothing(alpha)
    problem = draw(strategies.sphere_problems(of=st.just(loss), K=(2, 4), n=(1, 2), tau=(0, 4)))
    return problem, 0.0 if alpha == "0" else 0.1, draw(strategies.critical_points(problem))


def parts(problem: Spheres, alpha: float, found: Any) -> tuple[Any, ...]:
    """tau, W, H, G, the multipliers alpha_k and beta_i, and T = [[-D_alpha, tau G], [tau G^T, -D_beta]]."""
    tau, W, H = float(problem.tau), found.W, found.H
    G = softmax.slopes(tau * W.T @ H, problem.n, alpha)
    first, second = tau * np.diag(W.T @ H @ G.T), tau * np.diag(H.T @ W @ G)
    T = np.block([[-np.diag(first), tau * G], [tau * G.T, -np.diag(second)]])
    return tau, W, H, G, first, second, T


@given(critical())
@settings(max_examples=60)
def test_identities(drawn: tuple[Spheres, float, Any]) -> None:
    problem, alpha, found = drawn
    tau, W, H, G, first, second, T = parts(problem, alpha, found)
    X = np.hstack([W, H])
    assert np.abs(T @ X.T).max() < SMALL  # I1
    assert np.abs((W * first) @ W.T - (H * second) @ H.T).max() < SMALL  # I2
    assert abs(first.sum() - second.sum()) < SMALL  # I3
    assert abs(first.sum() - (G * (tau * W.T @ H)).sum()) < SMALL
    assert np.abs(W @ first).max() < SMALL  # I4
    assert np.abs(H * second - tau * W @ G).max() < SMALL  # I5
    for k in range(problem.K):  # I6
        own = [i for i in range(k * problem.n, (k + 1) * problem.n) if second[i] < -1e-4]
        assert all(np.abs(H[:, i] - H[:, own[0]]).max() < 1e-3 for i in own)


@given(critical())
@settings(max_examples=60)
def test_a_nonnegative_dual_matrix_certifies_the_minimum(drawn: tuple[Spheres, float, Any]) -> None:
    """Lemma A: T >= 0 only at the least value."""
    problem, alpha, found = drawn
    T = parts(problem, alpha, found)[-1]
    assume(problem.d >= problem.K - 1)
    optimum = sphere_optimum(problem, digits=12)
    assume(optimum.truth is Truth.HOLDS)  # at d = K - 1 label smoothing has a threshold, beyond which no ETF is optimal
    best = optimum.quantities["objective"]
    lower = float(best.lower.numerator / best.lower.denominator)
    if np.linalg.eigvalsh(T).min() >= -1e-11:
        assert found.value <= lower + SMALL
    assert found.value >= lower - SMALL


@given(critical())
@settings(max_examples=60)
def test_the_dual_matrix_is_the_hessian_across_the_span(drawn: tuple[Spheres, float, Any]) -> None:
    """Lemma B: with a column space smaller than R^d, (u, v)^T T (u, v) is the second derivative along a(u, v)."""
    problem, alpha, found = drawn
    tau, W, H, *_, T = parts(problem, alpha, found)
    X = np.hstack([W, H])
    left, singular, _ = np.linalg.svd(X)
    rank = int((singular > 1e-5).sum())
    assume(rank < problem.d)
    a = left[:, -1]
    values, vectors = np.linalg.eigh(T)
    D = np.outer(a, vectors[:, 0])

    def at(s: float) -> float:
        Y = X + s * D
        Y = Y / np.linalg.norm(Y, axis=0)
        return softmax.value(tau * Y[:, : problem.K].T @ Y[:, problem.K :], problem.n, alpha)

    step = 1e-3
    seen = (at(step) - 2 * at(0) + at(-step)) / step**2
    assert abs(seen - values[0]) < 1e-4 * (1 + abs(values[0]))
    if values[0] < -1e-6:
        assert found.index > 0


@given(critical())
@settings(max_examples=40)
def test_inside_the_hypotheses_there_are_no_spurious_minima(drawn: tuple[Spheres, float, Any]) -> None:
    """d >= K and d >= 3: a critical point above the minimum has a negative eigenvalue (cross-entropy)."""
    problem, alpha, found = drawn
    assume(problem.d >= max(problem.K, 3) and alpha == 0)
    best = sphere_optimum(problem, digits=12).quantities["objective"]
    if found.value > float(best.upper.numerator / best.upper.denominator) + 1e-6:
        assert found.index > 0
