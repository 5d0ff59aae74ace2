"""No spurious local minima, for any list of label sets."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import IndexedSum, Tensor, scalar, total
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.claims import Axiom, Claim, Identity, SumIdentity
from ncproofs.proof.domain import Domain, nonnegative, positive
from ncproofs.proof.multilabel_claims import BenignLabelLandscape
from ncproofs.proof.wording import worded
from ncproofs.theorems.multilabel.letters import LOSS, ROOM, SOURCE, K, above_zero, b, d, k, l, lb, lH, lW, s, w, x
from ncproofs.theorems.multilabel.letters import N as SAMPLES
from ncproofs.theorems.theorem import Theorem

h = Tensor("h", (SAMPLES, d))
G, G_invariant = Tensor("G", (K, SAMPLES)), Tensor("G0", (K, SAMPLES), zero_sum=(0,))
w2, h2, b2 = Tensor("w'", (K, d)), Tensor("h'", (SAMPLES, d)), Tensor("b'", (K,))
value, value2, alpha = sympy.symbols("g g' alpha", real=True)


def _decay(weights: Tensor, features: Tensor) -> IndexedSum:
    return lW / 2 * total(weights[k, x] ** 2, k, x) + lH / 2 * total(features[s, x] ** 2, s, x)


def _pairing(weights: Tensor, features: Tensor) -> IndexedSum:
    """<G, W^T H>."""
    return total(G[k, s] * weights[k, x] * features[s, x], k, s, x)


def _global() -> Iterator[Claim]:
    rows_w = total(G[k, s] * h[s, x], s) + lW * w[k, x]
    rows_h = total(G[k, s] * w[k, x], k) + lH * h[s, x]
    rows_b = total(G[k, s], s) + lb * b[k]
    shift = total(G[k, s] * (b2[k] - b[k]), k, s)
    tangent_gap = value2 - value - (_pairing(w2, h2) - _pairing(w, h)) - shift
    yield SumIdentity(
        left=value2 + _decay(w2, h2) + lb / 2 * total(b2[k] ** 2, k)
        - (value + _decay(w, h) + lb / 2 * total(b[k] ** 2, k)),
        right=tangent_gap + _pairing(w2, h2) + _decay(w2, h2) + lb / 2 * total((b2[k] - b[k]) ** 2, k)
        - total(rows_w * w[k, x], k, x) / 2 - total(rows_h * h[s, x], s, x) / 2
        + total(rows_b * (b2[k] - b[k]), k),
        sentence="f' - f = [gap of the mean loss over its tangent] + <G, W'^T H'> + weight decay of (W', H') + "
        "(lambda_b/2)|b' - b|^2 at a critical point",
        because="the three gradients appear explicitly and vanish; samples carry any label sets and weights",
    )
    yield Axiom(name="tangent plane of a convex function",
                uses="the first bracket is >= 0: pick-all-label cross-entropy is convex (multilabel-loss-bound)")
    norm_w, norm_h = sympy.symbols("omega eta", positive=True)
    yield Identity(
        left=(lW * norm_w**2 + lH * norm_h**2) / 2 - sympy.sqrt(lW) * sympy.sqrt(lH) * norm_w * norm_h,
        right=(sympy.sqrt(lW) * norm_w - sympy.sqrt(lH) * norm_h) ** 2 / 2,
        where=Domain.of(*above_zero(lW, lH, norm_w, norm_h)),
        sentence="if |G|_2 <= mu = sqrt(lambda_W lambda_H) the rest is nonnegative: the critical point is a global "
        "minimiser",
        because="row by row <G, W'^T H'> >= -|G|_2 sum_x |w'_x||h'_x|",
    )
    yield Axiom(name="Cauchy-Schwarz inequality", uses="u^T G y >= -|G|_2 |u||y|")


def _descent() -> Iterator[Claim]:
    u, y, direction = Tensor("u", (K,)), Tensor("y", (SAMPLES,)), Tensor("r", (d,))
    ratio, sigma = sympy.symbols("beta sigma", positive=True)  # beta^4 = lH/lW
    mixed = -2 * total(G[k, s] * u[k] * direction[x] * y[s] * direction[x], k, s, x)
    yield SumIdentity(
        left=mixed + lW * ratio**2 * total((u[k] * direction[x]) ** 2, k, x)
        + lH / ratio**2 * total((y[s] * direction[x]) ** 2, s, x),
        right=total(direction[x] ** 2, x)
        * (-2 * total(G[k, s] * u[k] * y[s], k, s) + lW * ratio**2 * total(u[k] ** 2, k)
           + lH / ratio**2 * total(y[s] ** 2, s)),
        sentence="along dW = beta r u^T, dH = -r y^T/beta, db = 0, r orthogonal to W and H, the second derivative is "
        "-2 u^T G y + lambda_W beta^2 |u|^2 + lambda_H |y|^2/beta^2",
        because="W^T r = 0 and H^T r = 0 make dz = dW^T H + W^T dH vanish",
    )
    where = Domain.of(*above_zero(lW, lH, sigma))
    mu = sympy.Symbol("mu", positive=True)
    yield worded(
        -2 * sigma + lW * ratio**2 + lH / ratio**2, -2 * (sigma - mu),
        {ratio: (lH / lW) ** sympy.Rational(1, 4), mu: sympy.sqrt(lW * lH)}, where=where,
        sentence="with beta = (lambda_H/lambda_W)^{1/4} and the top singular pair (u, y) it is -2 (|G|_2 - mu): a "
        "strict saddle if |G|_2 > mu",
    )
    yield Axiom(name="rank-nullity",
                uses="1^T G = 0 gives lambda_W W 1 = 0, so rank W <= K - 1, and lambda_W W W^T = lambda_H H H^T: r "
                "exists unless d = K - 1 = rank W")


def _full_rank() -> Iterator[Claim]:
    xi, centred = Tensor("xi", (d,)), Tensor("w0", (K, d), zero_sum=(0,))
    u = scalar(alpha) + total(centred[k, x] * xi[x], x)
    rows_h = total(G_invariant[l, s] * centred[l, x], l) + lH * h[s, x]
    yield SumIdentity(
        left=total(G_invariant[k, s] * u, k),
        right=total(xi[x] * rows_h, x) - lH * total(xi[x] * h[s, x], x),
        sentence="G^T (alpha 1 + W^T xi) = -lambda_H H^T xi at a critical point, since 1^T G = 0",
        because="if rank W = K - 1 every u has the form alpha 1 + W^T xi",
    )
    yield SumIdentity(
        left=total(u**2, k), right=K * alpha**2 + total(total(centred[k, x] * xi[x], x) ** 2, k),
        sentence="|u|^2 = K alpha^2 + |W^T xi|^2", because="W 1 = 0",
    )
    square, extra = sympy.symbols("w_xi k_alpha", nonnegative=True)
    yield Identity(
        left=lH**2 * (lW / lH * square), right=lW * lH * (square + extra) - lW * lH * extra,
        where=Domain.of((lW, positive()), (lH, positive()), (square, nonnegative()), (extra, nonnegative())),
        sentence="|G^T u|^2 = lambda_H^2 |H^T xi|^2 = lambda_H lambda_W |W^T xi|^2 <= mu^2 |u|^2: |G|_2 <= mu, and "
        "the point is global",
        because="lambda_W W W^T = lambda_H H H^T",
    )


def claims() -> Iterator[Claim]:
    """D5, for every list of label sets."""
    yield from _global()
    yield from _descent()
    yield from _full_rank()


def instance(problem: MultiLabel) -> Iterator[Claim]:
    yield BenignLabelLandscape(problem=problem)


THEOREM = Theorem(
    name="multilabel-landscape",
    title="Every critical point is global or a strict saddle, for any label sets",
    statement=(
        "For pick-all-label cross-entropy with any list of label sets, balanced or not, any weights, every bias mode "
        "and "
        "d >= K - 1: a critical point with |G|_2 <= mu = sqrt(lambda_W lambda_H) is a global minimiser, and any other "
        "has an explicit direction with second derivative -2 (|G|_2 - mu) < 0."
    ),
    idea=(
        "Convexity gives f' - f >= <G, W'^T H'> + weight decay, which is nonnegative if |G|_2 <= mu. Otherwise the "
        "top\n"
        "singular pair of G, placed along a direction orthogonal to W and H, descends. If there is no such direction,\n"
        "d = K - 1 = rank W, and criticality itself gives |G|_2 <= mu."
    ),
    source=SOURCE,
    rests_on=("multilabel-loss-bound",),
    covers="all K >= 2, d >= K-1, any list of label sets, all weights, every bias mode",
    hypotheses=(LOSS, ROOM),
    general=claims,
    instance=instance,
    family=MultiLabel,
)
