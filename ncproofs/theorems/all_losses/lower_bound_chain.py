"""The global lower bound, as one identity in which every bracket is nonnegative."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import IndexedSum, Tensor, delta, scalar, total
from ncproofs.proof.claims import Axiom, Claim, Sign, SumIdentity
from ncproofs.proof.domain import Domain, between, integers_from, positive
from ncproofs.proof.wording import worded
from ncproofs.theorems.letters import (
    C_SQUARED,
    K,
    N,
    a,
    b,
    c,
    centring,
    h,
    i,
    j,
    k,
    l,
    lb,
    lH,
    lW,
    margin_sum,
    mean_classifier,
    n,
    norm_squared,
    w,
)
from ncproofs.theorems.theorem import Source, Theorem

sigma, phi_star, t_star = sympy.symbols("sigma phi_star t_star", real=True)
loss_value, reduced = Tensor("L", (K, n)), Tensor("phi", (K, n))
sign = Tensor("epsilon", (K, n), square_one=True)


def _weights() -> IndexedSum:
    return lW / 2 * norm_squared(w, k, a) + lH / 2 * norm_squared(h, k, i, a)


def _defect(slope: sympy.Expr) -> IndexedSum:
    """|h_{k,i} + (slope K/(N lambda_H)) (w_bar - w_k)|^2 summed: zero exactly when features follow classifiers."""
    return total((h[k, i, a] + slope / (n * lH) * (mean_classifier(a) - w[k, a])) ** 2, k, i, a)


def _identity_with_bias() -> SumIdentity:
    objective = total(loss_value[k, i], k, i) / N + _weights() + lb / 2 * norm_squared(b, k)
    contrastive = total(loss_value[k, i] - reduced[k, i], k, i) / N
    tangent = total(reduced[k, i] - phi_star - sigma * (margin_sum(k, i) - t_star), k, i) / N
    ratio = sigma**2 / c**2
    squares = (
        lH / 2 * _defect(sigma)
        + lW / 2 * (1 - ratio) * norm_squared(w, k, a)
        + ratio * lW * K / 2 * total(mean_classifier(a) ** 2, a)
        + lb / 2 * norm_squared(b, k)
    )
    return SumIdentity(
        left=objective,
        right=scalar(phi_star - sigma * t_star) + contrastive + tangent + squares,
        relations=C_SQUARED,
        sentence="f - (phi(t*) - sigma t*) = mean(L - phi) + mean(phi - tangent at t*) + four sums of squares",
        because="completing the square in H; sum_k (w_bar - w_k) = 0 removes the bias from the linear term",
    )


def identity_with_signs() -> SumIdentity:
    # Without bias the sign of each margin may be chosen, so phi need not be convex: t = sum_j (w_j - w_k).h
    margin = total(total(w[j, a] * h[k, i, a], a) - total(w[k, a] * h[k, i, a], a), j)
    left = _weights() - c / N * total(sign[k, i] * margin, k, i)
    aligned = total((h[k, i, a] - sign[k, i] * c / (n * lH) * (mean_classifier(a) - w[k, a])) ** 2, k, i, a)
    return SumIdentity(
        left=left,
        right=lH / 2 * aligned + lW * K / 2 * total(mean_classifier(a) ** 2, a),
        relations=C_SQUARED,
        sentence="weight decay - (c/N) sum epsilon_{k,i} t_{k,i} is a sum of squares for any signs epsilon",
        because="with epsilon = sign t this reads: weight decay >= (c/N) sum |t_{k,i}|",
    )


def _attained() -> Iterator[Claim]:
    yield SumIdentity(
        left=total(centring(j, l) * centring(l, k), l), right=centring(j, k),
        sentence="P^2 = P", because="P = I - 11^T/K is the projector onto the complement of 1",
    )
    yield SumIdentity(
        left=total(centring(k, k), k), right=scalar(K - 1),
        sentence="trace P = K - 1, so rank P = K - 1", because="the rank of a projector is its trace",
    )
    yield Axiom(
        name="Gram realisation", uses="a positive semidefinite matrix of rank r is a Gram matrix in R^d for d >= r: "
        "classifiers with W^T W proportional to P exist exactly when d >= K - 1",
    )
    m = sympy.Symbol("m", positive=True)
    squared_w, squared_h = sympy.symbols("S_W S_H", positive=True)  # |W|^2 and |H|^2
    meant = {squared_w: lH * n * m / c * (K - 1), squared_h: lW * m / c * (K - 1) / K * N, lW: c**2 / (n * lH)}
    yield worded(
        lW / 2 * squared_w + lH / 2 * squared_h, c * (K - 1) * m, meant,
        where=Domain.of((K, integers_from(2)), (n, integers_from(1)), (m, positive()), (c, positive()),
                        (lH, positive())),
        sentence="at W^T W = (lambda_H n m/c) P, h_{k,i} = sqrt(lambda_W/(lambda_H n)) w_k the weight decay is c|t|",
        because="|W|^2 = (K-1) lambda_H n m/c and |H|^2 = (K-1) lambda_W n m/c, t = -(K-1) m: the bound is attained",
    )


def claims() -> Iterator[Claim]:
    """Lemmas C2-C6, for symbolic K, n, d."""
    entry = scalar(1) - K * delta(j, k)
    other = scalar(1) - K * delta(l, k)
    yield SumIdentity(
        left=total(sign[k, i] ** 2 * entry * other, k, i), right=n * K**2 * centring(j, l),
        sentence="M M^T = n K^2 P for M = [epsilon_{k,i} (1 - K e_k)]", because="sum_k e_k e_k^T = I",
    )
    yield identity_with_signs()
    yield _identity_with_bias()
    yield Sign(
        expression=1 - sigma**2 / c**2, relation=">=",
        where=Domain.of((c, positive()), (sigma, between(0, c, closed=True))),
        sentence="1 - sigma^2/c^2 >= 0 for 0 <= sigma <= c", because="the weight of |W|^2 in the identity",
    )
    yield Axiom(name="tangent line of a convex function",
                uses="phi(t) >= phi(t*) + sigma (t - t*) with sigma = phi'(t*), for convex phi (reduced-function)")
    yield Axiom(name="Jensen's inequality", uses="L >= phi(t), by theorem contrastive-bound")
    yield from _attained()


THEOREM = Theorem(
    name="lower-bound-chain",
    title="The global minimum of the weight-decay model",
    statement=(
        "For cross-entropy, label smoothing (0 <= alpha < 1) and any bias mode, for all K >= 2, n >= 1, d >= 1: "
        "f(W,H,b) >= min_t phi(t) + c|t| with c = sqrt(n lambda_W lambda_H), attained when d >= K-1. Without bias, "
        "or with a bias in the span of 1, the same holds for every focal loss, convex or not."
    ),
    idea=(
        "f minus the bound is an exact sum of: the contrastive gap L - phi(t), the gap of phi over its tangent, and\n"
        "sums of squares. With slope sigma = phi'(t*) <= c no property of W, H, b is used beyond their being real.\n"
        "Without bias, weight decay dominates (c/N) sum |t| for any signs, and phi need not be convex."
    ),
    source=Source(
        paper="Are All Losses Created Equal: A Neural Collapse Perspective",
        arxiv="2210.02192",
        quoted="global minimisers of the regularised objective are neural collapse solutions, for d >= K - 1 or d > K",
        relation="equal",
        note="the paper's text was not at hand; the proof is by one identity, and uses n where some quotations use N",
    ),
    rests_on=("contrastive-bound", "reduced-function"),
    notation=(
        ("c", "sqrt(n lambda_W lambda_H)"),
        ("phi_star", "phi(t*), the value of the reduced loss at t*"),
        ("t_star", "t* of the sentences, any point of the tangent"),
        ("sigma", "slope of the tangent of phi at t*"),
    ),
    covers="all K >= 2, n >= 1, d >= 1 (attained for d >= K-1)",
    general=claims,
)
