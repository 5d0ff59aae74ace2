"""Every critical point on spheres is global or a strict saddle: any temperature, any weights, d >= K and d >= 3."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import IndexedSum, Tensor, scalar, total
from ncproofs.critical.sphere_families import is_cross_entropy
from ncproofs.problems.features import Spheres
from ncproofs.proof.claims import Axiom, Claim, SumIdentity
from ncproofs.proof.sphere_landscape import BenignSphereLandscape
from ncproofs.theorems.normalised_features.letters import (
    G,
    G_invariant,
    K,
    N,
    a,
    d,
    gradient_h,
    h,
    k,
    l,
    multiplier_h,
    multiplier_w,
    p,
    s,
    tau,
    w,
)
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

value, value2 = sympy.symbols("g g'", real=True)


def _pairing(classifiers: Tensor, features: Tensor) -> IndexedSum:
    return tau * total(G[k, s] * classifiers[k, a] * features[s, a], k, s, a)


def _certificate() -> Iterator[Claim]:
    w2, h2 = Tensor("w'", (K, d), unit=1), Tensor("h'", (N, d), unit=1)
    form = (
        2 * tau * total(G[k, s] * w2[k, a] * h2[s, a], k, s, a)
        - total(multiplier_w(k) * w2[k, a] ** 2, k, a) - total(multiplier_h(s) * h2[s, a] ** 2, s, a)
    )
    gap = value2 - value - (_pairing(w2, h2) - _pairing(w, h))
    yield SumIdentity(
        left=scalar(value2 - value), right=gap + form / 2,
        sentence="Lemma A: f' - f = [gap of the loss over its tangent] + (1/2) sum over coordinates of (w', "
                 "h') T (w', h')",
        because="sum alpha = sum beta = <G, Z> and all vectors have length one: T >= 0 makes a critical point global",
    )
    yield Axiom(name="tangent plane of a convex function", uses="the bracket is >= 0 for a convex loss")


def _deficient() -> Iterator[Claim]:
    v = Tensor("v", (d,), unit=0, annihilates=((0, "w", 1), (0, "h", 1)))
    x, y = Tensor("x", (K,)), Tensor("y", (N,))
    yield SumIdentity(
        left=2 * tau * total(G[k, s] * x[k] * v[a] * y[s] * v[a], k, s, a)
        - total(multiplier_w(k) * (x[k] * v[a]) ** 2, k, a) - total(multiplier_h(s) * (y[s] * v[a]) ** 2, s, a),
        right=2 * tau * total(G[k, s] * x[k] * y[s], k, s) - total(multiplier_w(k) * x[k] ** 2, k)
        - total(multiplier_h(s) * y[s] ** 2, s),
        sentence="Lemma B: rank [W H] < d: a vector with (x, y) T (x, y) < 0 gives the negative direction "
                 "(v x^T, v y^T)",
        because="otherwise T >= 0 and Lemma A applies",
    )


def _zero_block() -> Iterator[Claim]:
    direction = Tensor("D", (d,))
    moved = G_invariant[k, s] * (direction[a] - w[k, a] * total(w[k, p] * direction[p], p))
    yield SumIdentity(
        left=total(G_invariant[k, s] * moved * direction[a], k, a),
        right=total(G_invariant[k, s] ** 2, k) * total(direction[a] ** 2, a)
        - total(G_invariant[k, s] ** 2 * total(w[k, p] * direction[p], p) ** 2, k),
        sentence="Lemma Z: the mixed term of (0, D e_s) with dw_k = G_ks P_{w_k} D is tau sum_k G_ks^2 |P_{w_k} D|^2",
        because="beta_s = 0 and W^T D parallel to 1 make the form vanish on (0, D e_s), so a nonzero mixed term is "
        "indefinite; |P_{w_k} D|^2 = |D|^2 - <w_k, D>^2",
    )
    yield SumIdentity(
        left=total(gradient_h(s, a, G_invariant) * w[l, a], a),
        right=tau * total(total(G_invariant[k, s] * w[k, a], k) * w[l, a], a)
        - multiplier_h(s, G_invariant) * total(h[s, a] * w[l, a], a),
        sentence="beta_s = 0 gives W G_s = 0; with 1^T G_s = 0 the centred classifiers have rank at most K - 2",
        because="G_s is not parallel to 1, and both are in the kernel of W - w_bar 1^T",
    )
    yield Axiom(name="rank-nullity",
                uses="for d >= K some unit D is orthogonal to h_s and to the centred classifiers; if D were "
                     "parallel to "
                     "every w_k with G_ks != 0 then W = u 1^T, and for d >= 3 another D exists")


def _full_rank() -> Iterator[Claim]:
    # b = W^{-T} 1: its inner product with every classifier is 1.
    dual = Tensor("b", (d,))
    yield SumIdentity(
        left=total(dual[a] * gradient_h(s, a, G_invariant), a),
        right=tau * total(G_invariant[l, s] * (total(w[l, a] * dual[a], a) - 1), l)
        - multiplier_h(s, G_invariant) * total(dual[a] * h[s, a], a),
        sentence="beta_s <b, h_s> = tau sum_l G_ls (<w_l, b> - 1) = 0 for b = W^-T 1: b is tangent at h_s "
                 "when beta_s != 0",
        because="1^T G_s = 0 allows the -1",
    )
    yield SumIdentity(
        left=-total(multiplier_h(s) * dual[a] ** 2, a), right=-multiplier_h(s) * total(dual[a] ** 2, a),
        sentence="Hess(0, b e_s) = -beta_s |b|^2 < 0 for a sample with beta_s > 0",
        because="W^T b = 1 is in the kernel of the logit Hessian; alpha = 0 by I4 and full rank, so sum beta = 0 by I3 "
        "and, if none is zero, one is positive",
    )
    yield Axiom(name="rank-nullity",
                uses="if no beta_s is zero every h_s lies in span W (I5); so rank [W H] = rank W, which is "
                     "< d (Lemma B) or "
                     "equals d = K")


def claims() -> Iterator[Claim]:
    yield from _certificate()
    yield from _deficient()
    yield from _zero_block()
    yield from _full_rank()


def instance(problem: Spheres) -> Iterator[Claim]:
    yield BenignSphereLandscape(problem=problem, because="sphere-landscape, or a witness against it")


def _met(*, condition: bool) -> Truth:
    return Truth.HOLDS if condition else Truth.FAILS


THEOREM = Theorem(
    name="sphere-landscape",
    title="On spheres every critical point is a global minimiser or a strict saddle",
    statement=(
        "For cross-entropy on unit classifiers and features, any tau > 0, any positive sample weights and class sizes, "
        "d >= K and d >= 3: every critical point is a global minimiser or has a direction of negative curvature."
    ),
    idea=(
        "T = [[-D_alpha, tau G], [tau G^T, -D_beta]] decides: T >= 0 means global (A). If a multiplier "
        "beta_s vanishes a\n"
        "block of the Hessian is zero with a nonzero mixed term (Z). Otherwise features lie in span W: rank below d\n"
        "gives a free dimension (B), and rank d = K forces alpha = 0 and some beta_s > 0, a direct descent."
    ),
    source=Source(
        paper="Neural Collapse with Normalized Features: A Geometric Analysis over the Riemannian Manifold",
        arxiv="2209.09211",
        quoted="for d > K and tau < 2(d-2)/(1 + (K mod 2)/K) all other critical points are strict saddles",
        relation="stronger",
        note="no bound on tau, d = K allowed, classes need not be balanced; the quoted form is a corollary",
    ),
    covers="all K >= 2, d >= max(K, 3), any number of samples and weights, tau > 0",
    hypotheses=(
        Hypothesis("cross-entropy (spurious-sphere-minima: false for mean_squared, K = d = 2, n = 2, tau > 1/sqrt 2)",
                   lambda problem: _met(condition=is_cross_entropy(problem))),
        Hypothesis("d >= K (spurious-sphere-minima: false for d = K-1 by flipped samples, K > d+1 by direct sums)",
                   lambda problem: _met(condition=problem.d >= problem.K)),
        Hypothesis("d >= 3 (sphere-dimension-two: false for d = 2)", lambda problem: _met(condition=problem.d >= 3)),
    ),
    general=claims,
    instance=instance,
    family=Spheres,
    open_questions=(
        "d = K-1 with tau <= K-1 (for larger tau spurious minima exist)",
        "label smoothing beyond its threshold, focal loss: uniqueness",
    ),
)
