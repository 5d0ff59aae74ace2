"""Points of the multi-label model: a simplex ETF with features along sums of classifiers, and zero."""

from __future__ import annotations

from collections.abc import Mapping

import flint
from flint import arb, arb_mat

from ncproofs.critical.multilabel import is_trivial
from ncproofs.critical.multilabel_scale import scalar_system
from ncproofs.critical.profiles import to_ball
from ncproofs.errors import InvalidProblem
from ncproofs.problems.multilabel import MultiLabel

__all__ = ["LabelShapes", "etf_point", "optimal_point", "zero_point"]

LabelShapes = tuple[arb_mat, arb_mat, arb_mat | None]


def optimal_point(problem: MultiLabel, bits: int) -> LabelShapes:
    """W (d, K), H (d, N) and b of one global minimiser, as balls; for balanced label sets."""
    if is_trivial(problem):
        return zero_point(problem)
    scale = scalar_system(problem, bits)
    with flint.ctx.workprec(bits):
        scales = {m: to_ball(c) for m, c in scale.features.items()}
        return etf_point(problem, to_ball(scale.energy), scales)


def zero_point(problem: MultiLabel) -> LabelShapes:
    """W = 0, H = 0, b = 0."""
    bias = arb_mat(problem.K, 1) if problem.has_bias else None
    return arb_mat(problem.d, problem.K), arb_mat(problem.d, problem.N), bias


def etf_point(problem: MultiLabel, energy: arb, scales: Mapping[int, arb]) -> LabelShapes:
    """W^T W = energy/(K-1) (I - J/K), h_S = scales[|S|] sum_{k in S} w_k, b = 0; at the current precision.

    Raises:
        InvalidProblem: d < K - 1.
    """
    K, d = problem.K, problem.d
    if d < K - 1:
        raise InvalidProblem(f"a simplex ETF needs d >= K - 1; got d={d}, K={K}")
    length = (energy / (K - 1)).sqrt()
    rows = []
    for i in range(1, K):  # row i: (1, ..., 1, -i, 0, ..., 0)/sqrt(i (i+1)), orthonormal and orthogonal to 1
        unit = length / arb(i * (i + 1)).sqrt()
        rows.append([unit] * i + [-i * unit] + [arb(0)] * (K - i - 1))
    rows += [[arb(0)] * K for _ in range(d - K + 1)]
    zero = arb(0)
    features = [
        [scales.get(len(labels), zero) * sum((row[k] for k in labels), zero) for labels in problem.targets]
        for row in rows
    ]
    return arb_mat(rows), arb_mat(features), arb_mat(K, 1) if problem.has_bias else None
