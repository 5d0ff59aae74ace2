"""What the kernels should return, in balls at 200 bits from the exact numbers in the arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx

from ncproofs.arithmetic.ball import Ball, ball_of
from ncproofs.calculus.logits import expand
from ncproofs.problems.features import Ridge, Spheres

BITS = 200


def matrix(array: Any) -> arb_mat:
    rows = np.asarray(array, dtype=np.float64)
    return arb_mat([[arb(float(x)) for x in row] for row in (rows if rows.ndim == 2 else rows[:, None])])


def _column_sums(left: arb_mat, right: arb_mat) -> list[arb]:
    return [sum((x * y for x, y in zip(a, b, strict=True)), arb(0))
            for a, b in zip(left.transpose().tolist(), right.transpose().tolist(), strict=True)]


def _scaled(X: arb_mat, factors: list[arb]) -> arb_mat:
    return arb_mat([[x * s for x, s in zip(row, factors, strict=True)] for row in X.tolist()])


def _logit_parts(problem: Any, Z: arb_mat, Q: arb_mat) -> tuple[arb, arb_mat, arb_mat]:
    total, G, Y = arb(0), [], []
    for i, (z, q) in enumerate(zip(Z.transpose().tolist(), Q.transpose().tolist(), strict=True)):
        found = expand(problem.loss, z, i // problem.n, Ball(BITS))
        total += found.value
        U = arb_mat([list(column) for column in found.columns]).transpose()
        core = arb_mat([list(row) for row in found.core])
        low = (U * core * U.transpose() * arb_mat([[x] for x in q])).entries()
        G.append(list(found.gradient))
        Y.append([a + b * x for a, b, x in zip(low, found.diagonal, q, strict=True)])
    N = problem.N
    return total / N, arb_mat(G).transpose() / N, arb_mat(Y).transpose() / N


def exact(problem: Ridge | Spheres, point: Any, direction: Any) -> tuple[arb, list[Any], list[Any], arb]:
    """(value, gradient, product, curvature), the middle ones as lists of matrices."""
    with ctx.workprec(BITS):
        W, H, b = (None if part is None else matrix(part) for part in point)
        V, D, db = (None if part is None else matrix(part) for part in direction)
        tau = ball_of(problem.tau, BITS) if isinstance(problem, Spheres) else arb(1)
        ones = arb_mat(1, problem.N, [1] * problem.N)
        Z = W.transpose() * H * tau
        Q = (V.transpose() * H + W.transpose() * D) * tau
        if b is not None:
            Z, Q = Z + b * ones, Q + db * ones
        value, G, Y = _logit_parts(problem, Z, Q)
        slopes = [H * G.transpose() * tau, W * G * tau, G * ones.transpose()]
        bends = [(H * Y.transpose() + D * G.transpose()) * tau, (W * Y + V * G) * tau, Y * ones.transpose()]
        if isinstance(problem, Spheres):
            def tangent(X: arb_mat, E: arb_mat) -> arb_mat:
                return E - _scaled(X, _column_sums(X, E))

            gradient = [tangent(X, E) for X, E in zip((W, H), slopes, strict=False)]
            product = [tangent(X, E) - _scaled(T, _column_sums(X, S))
                       for X, T, S, E in zip((W, H), (V, D), slopes, bends, strict=False)]
        else:
            weights = [ball_of(w, BITS) for w in (problem.lambda_W, problem.lambda_H, problem.lambda_b or 0)]
            parts = [(W, V), (H, D)] + ([(b, db)] if b is not None else [])
            gradient = [S + X * w for S, w, (X, _) in zip(slopes, weights, parts, strict=False)]
            product = [E + T * w for E, w, (_, T) in zip(bends, weights, parts, strict=False)]
            value += sum((w / 2 * sum((x * x for x in X.entries()), arb(0))
                          for w, (X, _) in zip(weights, parts, strict=False)), arb(0))
        moved = [part for part in (V, D, db) if part is not None]
        pairs = ((x, y) for T, P in zip(moved, product, strict=True)
                 for x, y in zip(T.entries(), P.entries(), strict=True))
        return value, gradient, product, sum((x * y for x, y in pairs), arb(0))


def distance(left: arb_mat, array: Any) -> float:
    """The Frobenius norm of the difference."""
    with ctx.workprec(BITS):
        gap = left - matrix(array)
        return float(sum((x * x for x in gap.entries()), arb(0)).sqrt().mid())
