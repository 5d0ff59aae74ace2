"""What every critical point satisfies: balance, zero column sum, variability collapse."""

from __future__ import annotations

from collections.abc import Iterator

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor, total
from ncproofs.proof.claims import Axiom, Claim, SumIdentity
from ncproofs.theorems.letters import K, N, a, b, d, h, i, j, k, l, lb, lH, lW, n, norm_squared, p, w
from ncproofs.theorems.theorem import Source, Theorem

#: Derivative of the mean loss with respect to logit k of sample (l, i); the second one belongs to a loss that
#: does not change when a constant is added to all logits.
G = Tensor("G", (K, K, n))
G_invariant = Tensor("G0", (K, K, n), zero_sum=(0,))


def gradient_w(slope: Tensor, cls: Index, coordinate: Index) -> IndexedSum:
    """Entry of grad_W f = H G^T + lambda_W W."""
    return total(slope[cls, l, i] * h[l, i, coordinate], l, i) + lW * w[cls, coordinate]


def gradient_h(slope: Tensor, cls: Index, sample: Index, coordinate: Index) -> IndexedSum:
    """Entry of grad_H f = W G + lambda_H H."""
    return total(slope[j, cls, sample] * w[j, coordinate], j) + lH * h[cls, sample, coordinate]


def _balance() -> Iterator[Claim]:
    yield SumIdentity(
        left=total(gradient_w(G, k, a) * w[k, p], k) - total(h[k, i, a] * gradient_h(G, k, i, p), k, i),
        right=lW * total(w[k, a] * w[k, p], k) - lH * total(h[k, i, a] * h[k, i, p], k, i),
        sentence="grad_W W^T - H grad_H^T = lambda_W W W^T - lambda_H H H^T",
        because="the loss terms H G^T W^T cancel: at a critical point lambda_W W W^T = lambda_H H H^T",
    )
    pairing = total(G[k, l, i] * w[k, a] * h[l, i, a], k, l, i, a)
    yield SumIdentity(
        left=total(gradient_w(G, k, a) * w[k, a], k, a), right=pairing + lW * norm_squared(w, k, a),
        sentence="<grad_W, W> = <G, W^T H> + lambda_W |W|^2", because="so <G, W^T H> = -lambda_W |W|^2 there",
    )
    yield SumIdentity(
        left=total(gradient_h(G, k, i, a) * h[k, i, a], k, i, a), right=pairing + lH * norm_squared(h, k, i, a),
        sentence="<grad_H, H> = <G, W^T H> + lambda_H |H|^2", because="so lambda_W |W|^2 = lambda_H |H|^2 there",
    )


def _shift_invariance() -> Iterator[Claim]:
    yield SumIdentity(
        left=total(gradient_w(G_invariant, k, a), k), right=lW * total(w[k, a], k),
        sentence="1^T G = 0 implies grad_W 1 = lambda_W W 1",
        because="losses invariant under adding a constant to the logits: sum_k w_k = 0, so rank W <= K - 1",
    )
    yield SumIdentity(
        left=total(total(G_invariant[k, l, i], l, i) + lb * b[k], k), right=lb * total(b[k], k),
        sentence="1^T grad_b = lambda_b 1^T b", because="so sum_k b_k = 0 when lambda_b > 0",
    )


def _variability_collapse() -> Iterator[Claim]:
    u, v = Tensor("u", (K,)), Tensor("v", (K,))  # logit gradients of two samples of one class
    x, y = Tensor("x", (d,)), Tensor("y", (d,))  # their features
    difference = total((u[k] - v[k]) * w[k, a], k) / N + lH * (x[a] - y[a])
    logits = total(w[k, a] * (x[a] - y[a]), a)
    yield SumIdentity(
        left=total(difference * (x[a] - y[a]), a),
        right=total((u[k] - v[k]) * logits, k) / N + lH * total((x[a] - y[a]) ** 2, a),
        sentence="<grad_h - grad_h', h - h'> = <g - g', z - z'>/N + lambda_H |h - h'|^2 for two samples of a class",
        because="for a loss convex in z the first term is >= 0, so both gradients vanish only if h = h'",
    )
    q, s = Tensor("q", (K,)), Tensor("s", (K,))
    yield SumIdentity(
        left=total(q[j] * q[k] * (s[j] - s[k]) ** 2, j, k) / 2,
        right=total(q[j], j) * total(q[k] * s[k] ** 2, k) - total(q[k] * s[k], k) ** 2,
        sentence="sum q s^2 - (sum q s)^2 = (1/2) sum_{j,k} q_j q_k (s_j - s_k)^2 when sum q = 1",
        because="the logit Hessian diag(q) - q q^T of cross-entropy and label smoothing is positive semidefinite; "
        "that of the mean squared error is I",
    )
    yield Axiom(name="the gradient of a convex function is monotone", uses="<g - g', z - z'> >= 0")
    mean = Tensor("hbar", (K, d))
    yield SumIdentity(
        left=lH / 2 * total(mean[k, a] ** 2, k, i, a), right=n * lH / 2 * total(mean[k, a] ** 2, k, a),
        sentence="with collapsed features n samples per class act as one with weight n lambda_H",
        because="c^2 = n lambda_W lambda_H is unchanged: general n reduces to n = 1",
    )


def claims() -> Iterator[Claim]:
    yield from _balance()
    yield from _shift_invariance()
    yield from _variability_collapse()


THEOREM = Theorem(
    name="critical-point-structure",
    title="Balance, zero sum and variability collapse at every critical point",
    statement=(
        "At every critical point of the weight-decay model, for any loss: lambda_W W W^T = lambda_H H H^T and "
        "<G, W^T H> = -lambda_W |W|^2 = -lambda_H |H|^2, G being the derivative of the mean loss in the logits. For a "
        "loss invariant under constant shifts, W 1 = 0 and lambda_b 1^T b = 0, so rank W <= K-1. For a loss convex in "
        "the logits, features of one class coincide, and n samples reduce to one with weight n lambda_H."
    ),
    idea=(
        "Multiply one gradient equation by W^T, the other by H, and subtract. Sum the gradient over classes.\n"
        "Two features of one class solve the same strictly monotone equation."
    ),
    source=Source(
        paper="Are All Losses Created Equal: A Neural Collapse Perspective",
        arxiv="2210.02192",
        quoted="within-class variability collapses at the global minimisers",
        relation="stronger",
        note="variability collapse holds at every critical point of convex losses, not only at minimisers",
    ),
    covers="all K >= 2, n >= 1, d >= 1, any smooth loss",
    general=claims,
)
