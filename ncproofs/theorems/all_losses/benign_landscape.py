"""Global minimiser or strict saddle, for convex shift-invariant losses and every d >= K - 1."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import IndexedSum, Tensor, scalar, total
from ncproofs.calculus.logit_facts import is_convex, is_shift_invariant
from ncproofs.losses.loss import Loss
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import Axiom, BenignLandscape, Claim, Identity, SumIdentity
from ncproofs.proof.domain import Domain, nonnegative, positive
from ncproofs.theorems.letters import K, a, b, d, h, i, j, k, l, lb, lH, lW, n, norm_squared, w
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

G = Tensor("G", (K, K, n))
G_invariant = Tensor("G0", (K, K, n), zero_sum=(0,))
w2, h2, b2 = Tensor("w'", (K, d)), Tensor("h'", (K, n, d)), Tensor("b'", (K,))
value, value2, alpha = sympy.symbols("g g' alpha", real=True)


def _decay(weights: Tensor, features: Tensor) -> IndexedSum:
    return lW / 2 * norm_squared(weights, k, a) + lH / 2 * norm_squared(features, k, i, a)


def _pairing(weights: Tensor, features: Tensor) -> IndexedSum:
    """<G, W^T H>."""
    return total(G[k, l, i] * weights[k, a] * features[l, i, a], k, l, i, a)


def _certificate() -> Iterator[Claim]:
    rows_w = total(G[k, l, i] * h[l, i, a], l, i) + lW * w[k, a]
    rows_h = total(G[k, l, i] * w[k, a], k) + lH * h[l, i, a]
    rows_b = total(G[k, l, i], l, i) + lb * b[k]
    shift = total(G[k, l, i] * (b2[k] - b[k]), k, l, i)
    tangent_gap = value2 - value - (_pairing(w2, h2) - _pairing(w, h)) - shift
    yield SumIdentity(
        left=value2 + _decay(w2, h2) + lb / 2 * norm_squared(b2, k)
        - (value + _decay(w, h) + lb / 2 * norm_squared(b, k)),
        right=tangent_gap + _pairing(w2, h2) + _decay(w2, h2) + lb / 2 * total((b2[k] - b[k]) ** 2, k)
        - total(rows_w * w[k, a], k, a) / 2 - total(rows_h * h[l, i, a], l, i, a) / 2
        + total(rows_b * (b2[k] - b[k]), k),
        sentence="f' - f = [gap of the mean loss over its tangent] + <G, W'^T H'> + weight decay of (W', H') "
        "+ (lambda_b/2)|b' - b|^2, at a critical point",
        because="the three gradients appear explicitly and vanish at a critical point",
    )
    yield Axiom(name="tangent plane of a convex function", uses="the first bracket is >= 0 for a convex loss")


def _violation() -> Iterator[Claim]:
    x, y, v = Tensor("x", (K,)), Tensor("y", (K, n)), Tensor("v", (d,))
    form = total(G[k, l, i] * x[k] * y[l, i], k, l, i) + lW / 2 * norm_squared(x, k) + lH / 2 * norm_squared(y, l, i)
    mixed = 2 * total(G[k, l, i] * x[k] * v[a] * y[l, i] * v[a], k, l, i, a)
    yield SumIdentity(
        left=mixed + lW * total((x[k] * v[a]) ** 2, k, a) + lH * total((y[l, i] * v[a]) ** 2, l, i, a),
        right=2 * form * norm_squared(v, a),
        sentence="along (v x^T, v y^T), v orthogonal to the features, the second derivative is "
        "2 |v|^2 (x^T G y + (lambda_W/2)|x|^2 + (lambda_H/2)|y|^2)",
        because="null-sector: if the form is negative somewhere the point is a strict saddle; if it is nonnegative "
        "everywhere, summing it over the d coordinates of (W', H') gives f' >= f",
    )
    yield Axiom(name="rank-nullity", uses="W 1 = 0 (critical-point-structure) gives rank W <= K-1, so v exists unless "
                "d = K-1 = rank W")


def _full_rank() -> Iterator[Claim]:
    xi = Tensor("xi", (d,))
    centred = Tensor("w0", (K, d), zero_sum=(0,))
    u = scalar(alpha) + total(centred[k, a] * xi[a], a)
    rows_h = total(G_invariant[j, l, i] * centred[j, a], j) + lH * h[l, i, a]
    yield SumIdentity(
        left=total(G_invariant[k, l, i] * u, k),
        right=total(xi[a] * rows_h, a) - lH * total(xi[a] * h[l, i, a], a),
        sentence="G^T (alpha 1 + W^T xi) = H-gradient terms - lambda_H H^T xi when 1^T G = 0",
        because="rank W = K-1 makes every u of the form alpha 1 + W^T xi",
    )
    yield SumIdentity(
        left=total(u**2, k), right=K * alpha**2 + total(total(centred[k, a] * xi[a], a) ** 2, k),
        sentence="|u|^2 = K alpha^2 + |W^T xi|^2", because="W 1 = 0",
    )
    first, second = sympy.symbols("a_1 a_2", positive=True)
    s, t = sympy.symbols("s t", nonnegative=True)
    domain = Domain.of((first, positive()), (second, positive()), (s, nonnegative()), (t, nonnegative()))
    yield Identity(
        left=first**2 * s**2 + second**2 * t**2 - 2 * first * second * s * t, right=(first * s - second * t) ** 2,
        where=domain,
        sentence="lambda_W |x|^2 + lambda_H |y|^2 - 2 lambda |x||y| is a square",
        because="|G^T u|^2 = lambda_H^2 |H^T xi|^2 = lambda_H lambda_W |W^T xi|^2 <= lambda^2 |u|^2 by "
                "balance: the form "
        "is nonnegative and the point is global",
    )
    yield Axiom(name="Cauchy-Schwarz inequality", uses="x^T G y >= -|G^T x| |y|")


def claims() -> Iterator[Claim]:
    yield from _certificate()
    yield from _violation()
    yield from _full_rank()


def instance(problem: Ridge) -> Iterator[Claim]:
    yield BenignLandscape(problem=problem, sentence=f"every critical point is global or a strict saddle: {problem}")


def is_convex_and_shift_invariant(loss: Loss) -> Truth:
    """For every K: cross-entropy, label smoothing, and losses of one's own that are proved or refuted to be both."""
    facts = {is_convex(loss).truth, is_shift_invariant(loss).truth}
    return Truth.FAILS if Truth.FAILS in facts else Truth.UNDECIDED if Truth.UNDECIDED in facts else Truth.HOLDS


THEOREM = Theorem(
    name="benign-landscape",
    title="Every critical point is a global minimiser or a strict saddle",
    statement=(
        "For a loss that is convex in the logits and invariant under constant shifts (cross-entropy, label smoothing), "
        "every d >= K-1, every n and every bias mode: each critical point of the weight-decay model is a global "
        "minimiser or has a direction of negative curvature."
    ),
    idea=(
        "At a critical point f' - f >= <G, W'^T H'> + weight decay of (W', H'). Either this form is nonnegative and\n"
        "the point is global, or a rank-one violation (x, y) with any v outside the features descends. When no such\n"
        "v exists, d = K-1 = rank W, and balance shows that the form is nonnegative."
    ),
    source=Source(
        paper="Are All Losses Created Equal: A Neural Collapse Perspective",
        arxiv="2210.02192",
        quoted="for d > K all critical points other than neural collapse are strict saddles (label smoothing); "
        "for focal loss only locally",
        relation="stronger",
        note="d >= K-1 suffices, and no singular value decomposition is needed; d = K-2 fails (K=5, d=3)",
    ),
    rests_on=("null-sector", "critical-point-structure"),
    covers="all K >= 2, n >= 1, d >= K-1, all weights, every bias mode",
    hypotheses=(
        Hypothesis("the loss is convex and shift invariant",
                   lambda problem: is_convex_and_shift_invariant(problem.loss)),
        Hypothesis("d >= K - 1", lambda problem: Truth.HOLDS if problem.d >= problem.K - 1 else Truth.FAILS),
    ),
    general=claims,
    instance=instance,
    open_questions=(
        "focal loss: the same statement on the convex set where every p >= p*(gamma) when neural collapse is global; "
        "beyond it open for K <= 8, false for large K (K=100, gamma=2)",
    ),
)
