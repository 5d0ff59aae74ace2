"""What holds at every critical point with weight decay: balance, rank, collapse, the null sector, descent."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ncproofs.critical.optimum import optimum
from ncproofs.losses import cross_entropy, label_smoothing
from ncproofs.problems.features import Ridge
from ncproofs.testing import strategies
from tests.properties import softmax

SMALL = 1e-6


@st.composite
def critical(draw: Any) -> tuple[Ridge, float, Any]:
    """A problem with d >= K - 1, its label smoothing, and a critical point of it."""
    alpha = draw(st.sampled_from(["0", "1/10"]))
    loss = cross_entropy() if alpha == "0" else label_smoothing(alpha)
    problem = draw(strategies.ridge_problems(of=st.just(loss), K=(2, 4), extra=(-1, 1), n=(1, 3)))
    return problem, 0.0 if alpha == "0" else 0.1, draw(strategies.critical_points(problem))


def logits(found: Any, W: Any, H: Any) -> Any:
    return W.T @ H + (0 if found.b is None else found.b[:, None])


def value(problem: Ridge, alpha: float, found: Any, W: Any, H: Any) -> float:
    """The objective as it is written; b is that of ``found``."""
    decay = float(problem.lambda_W) * (W**2).sum() + float(problem.lambda_H) * (H**2).sum()
    decay += float(problem.lambda_b or 0) * (0 if found.b is None else (found.b**2).sum())
    return softmax.value(logits(found, W, H), problem.n, alpha) + decay / 2


@given(critical())
@settings(max_examples=60)
def test_structure(drawn: tuple[Ridge, float, Any]) -> None:
    problem, _, found = drawn
    W, H = found.W, found.H
    scale = 1 + np.abs(W).max() ** 2 + np.abs(H).max() ** 2
    balance = float(problem.lambda_W) * W @ W.T - float(problem.lambda_H) * H @ H.T
    assert np.abs(balance).max() < SMALL * scale
    assert np.abs(W.sum(axis=1)).max() < SMALL * scale  # hence rank W <= K - 1
    assert np.linalg.matrix_rank(W, tol=1e-4 * (1 + np.abs(W).max())) <= problem.K - 1
    means = H.reshape(problem.d, problem.K, problem.n).mean(axis=2)
    assert np.abs(H - np.repeat(means, problem.n, axis=1)).max() < 1e-4 * scale  # NC1


@given(critical())
@settings(max_examples=60)
def test_the_explicit_direction_has_curvature_twice_lambda_minus_the_singular_value(
    drawn: tuple[Ridge, float, Any],
) -> None:
    problem, alpha, found = drawn
    W, H = found.W, found.H
    left, singular, _ = np.linalg.svd(W)
    rank = int((singular > 1e-5).sum())
    assume(rank < problem.d)
    a = left[:, -1]  # orthogonal to every classifier and feature
    lW, lH = float(problem.lambda_W), float(problem.lambda_H)
    G = softmax.slopes(logits(found, W, H), problem.n, alpha)
    U, s, V = np.linalg.svd(G)
    dW, dH = (lH / lW) ** 0.25 * np.outer(a, U[:, 0]), -((lW / lH) ** 0.25) * np.outer(a, V[0])
    step = 1e-3
    ahead, behind = (value(problem, alpha, found, W + t * dW, H + t * dH) for t in (step, -step))
    seen = (ahead - 2 * value(problem, alpha, found, W, H) + behind) / step**2
    expected = 2 * ((lW * lH) ** 0.5 - s[0])
    assert abs(seen - expected) < 1e-4 * (1 + abs(expected))
    if expected < -1e-6:
        assert found.index > 0


@given(critical())
@settings(max_examples=60)
def test_above_the_minimum_there_is_descent(drawn: tuple[Ridge, float, Any]) -> None:
    problem, alpha, found = drawn
    best = optimum(problem, digits=12).quantities["objective"]
    low, high = (float(end.numerator / end.denominator) for end in (best.lower, best.upper))
    here = value(problem, alpha, found, found.W, found.H)
    assert here >= low - SMALL
    if here > high + 1e-5:
        assert found.index > 0
