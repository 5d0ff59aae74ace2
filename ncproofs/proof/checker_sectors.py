"""The Hessian at a simplex ETF of unit vectors with h = w or h = -w, block by block of its symmetry group.

By Schur's lemma the Hessian is constant on each irreducible part of the tangent space under S_K x S_n x O(d - K + 1),
up to a small matrix where a part occurs several times. A tangent vector in the span of the ETF is a matrix
X_jk = <a_j, w_k> with zero diagonal and zero row sums: antisymmetric ones, symmetric ones with zero column sums,
and X_jk = v_k + v_j/(K-1) off the diagonal for sum v = 0. The same holds for the class means of the features.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ncproofs.proof.checker_arithmetic import Intervals, Series, times, total
from ncproofs.proof.checker_hessian import Block
from ncproofs.proof.checker_losses import Loss


def derivatives(loss: Loss, K: int, tau: Fraction, balls: Intervals) -> tuple[Any, Any, Any, Any]:
    """g_k, g_j, M_jj and M_ji (i, j, k different) of the loss at the logits tau, -tau/(K-1), ..., from power series."""
    series = Series(balls, 2)
    own, other = balls.number(tau), balls.number(-tau / (K - 1))

    def along(slope: int, moved: int) -> list[Any]:
        groups = [(series.constant(other, 1), moved), (series.constant(other), K - 1 - moved)]
        parts: list[Any] = loss.at_groups(series, series.constant(own, slope), groups)
        return parts

    one, two = along(0, 1), along(0, min(2, K - 1))
    return along(1, 0)[1], one[1], times(balls, one[2], 2), balls.sub(two[2], times(balls, one[2], 2))


def _pulls(loss: Loss, K: int, n: int, tau: Fraction, sign: int, balls: Intervals) -> tuple[Any, ...]:
    """-alpha, -beta, g_k, g_j, M_jj - M_ji and M_ji; alpha = theta (g_k - g_j)/K, beta = theta (g_k - g_j)/N."""
    g_k, g_j, square, mixed = derivatives(loss, K, sign * tau, balls)
    lean = balls.sub(g_j, g_k)
    alpha, beta = (times(balls, lean, sign * tau / size) for size in (K, n * K))
    return alpha, beta, g_k, g_j, balls.sub(square, mixed), mixed


def transverse_blocks(
    loss: Loss, K: int, n: int, tau: Fraction, sign: int, copies: int, balls: Intervals
) -> list[Block]:
    """Directions orthogonal to the ETF: numbers a_j for the classifiers, y_k/sqrt n for the samples of a class.

    The mixed term is 2 tau/(K sqrt n) sum_jk g_jk a_j y_k; g_jk is g_k + (K-1) g_j on 1, else g_k - g_j.
    """
    alpha, beta, g_k, g_j, _, _ = _pulls(loss, K, n, tau, sign, balls)
    unit = balls.div(balls.number(tau / K), balls.sqrt(balls.number(Fraction(n))))
    blocks: list[Block] = [([[beta]], K * (n - 1) * copies)]
    for value, count in ((balls.add(g_k, times(balls, g_j, K - 1)), 1), (balls.sub(g_k, g_j), K - 1)):
        cross = balls.mul(unit, value)
        blocks.append(([[alpha, cross], [cross, beta]], count * copies))
    return blocks


def etf_blocks(loss: Loss, K: int, n: int, tau: Fraction, sign: int, balls: Intervals) -> list[Block]:
    """Directions in the span of the ETF, h = sign w; a class mean that moves by y moves each sample by y/sqrt n.

    With F = |X|^2, |a|^2 = F (K-1)/K, P = sum X_jk X_kj and S the sum of squared column sums, a sample of class k has
    q_j = sign tau X_jk for the classifiers and tau X_kj/sqrt n for the means, and sum_jk g_jk <a_j, a_k> =
    (K-1)/K (g_j (S - F) + g_k F). (P/F, S/F) is (1, 0), (-1, 0) and (1/(K-1), K(K-2)/(K-1)) for the three kinds of X.
    """
    if K == 2:
        return []
    alpha, beta, g_k, g_j, narrow, mixed = _pulls(loss, K, n, tau, sign, balls)
    root = balls.sqrt(balls.number(Fraction(n)))
    wide = Fraction(K, K - 1)
    low = balls.add(times(balls, narrow, tau**2 * wide / (n * K)), beta)
    blocks: list[Block] = [([[low]], K * (K - 2) * (n - 1))]
    kinds = [(Fraction(1), Fraction(0), K * (K - 3) // 2), (Fraction(-1), Fraction(0), (K - 1) * (K - 2) // 2),
             (Fraction(1, K - 1), Fraction(K * (K - 2), K - 1), K - 1)]
    for P, S, count in kinds:
        top = total(balls, [times(balls, narrow, tau**2 * wide / K), times(balls, mixed, tau**2 * wide * S / K), alpha])
        cross = total(balls, [times(balls, narrow, sign * tau**2 * wide * P / K), times(balls, g_j, (S - 1) * tau / K),
                              times(balls, g_k, tau / K)])
        cross = balls.div(cross, root)
        blocks.append(([[top, cross], [cross, low]], count))
    return blocks
