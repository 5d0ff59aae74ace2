"""A second proof of global optimality on spheres: the matrix T is positive semidefinite at collapse."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, Tensor, delta, scalar, total
from ncproofs.problems.features import Spheres
from ncproofs.proof.claims import Axiom, Claim, SumIdentity
from ncproofs.proof.domain import Domain, integers_from
from ncproofs.proof.sphere_claims import DualCertificate
from ncproofs.proof.wording import worded
from ncproofs.theorems.normalised_features.letters import (
    G,
    N,
    a,
    h,
    k,
    multiplier_h,
    multiplier_w,
    s,
    tau,
    w,
)
from ncproofs.theorems.normalised_features.letters import K as CLASSES
from ncproofs.theorems.normalised_features.letters import d as DIMENSION
from ncproofs.theorems.normalised_features.sphere_optimum import SOURCE, has_room
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

K, n = sympy.symbols("K n", integer=True, positive=True)
g = sympy.Symbol("g", real=True)
value, value2 = sympy.symbols("f f'", real=True)
_j, _k, _i = Index("j", K), Index("k", K), Index("i", n)


def _certificate() -> Iterator[Claim]:
    w2, h2 = Tensor("w'", (CLASSES, DIMENSION), unit=1), Tensor("h'", (N, DIMENSION), unit=1)
    form = (
        2 * tau * total(G[k, s] * w2[k, a] * h2[s, a], k, s, a)
        - total(multiplier_w(k) * w2[k, a] ** 2, k, a) - total(multiplier_h(s) * h2[s, a] ** 2, s, a)
    )
    pairing = tau * total(G[k, s] * w[k, a] * h[s, a], k, s, a)
    tangent = tau * total(G[k, s] * w2[k, a] * h2[s, a], k, s, a) - pairing
    yield SumIdentity(
        left=form / 2, right=tangent,
        sentence="(1/2) sum over coordinates of (w', h') T (w', h') = <G, Z' - Z>, for all unit vectors w', h'",
        because="|w'_k| = |h'_s| = 1, and sum alpha_k = sum beta_s = <G, Z> (I3)",
    )
    yield Axiom(name="tangent plane of a convex function",
                uses="f' >= f + <G, Z' - Z>; so T >= 0 makes the point a global minimiser, in every dimension")


def _eigenvalues() -> Iterator[Claim]:
    """T = tau g [[I, B], [B^T, I/n]] with B = (1/N)(11^T - K e_k): block by block."""
    slope = g / (n * K) * (scalar(1) - K * delta(_j, _k))
    v, y = Tensor("v", (K,), zero_sum=(0,)), Tensor("y", (K, n), zero_sum=(1,))
    t = sympy.Symbol("tau", positive=True)
    rows = (
        ("(0, y) with zero sums in each class", t * total(slope * y[_k, _i], _k, _i), scalar(0),
         "tau g/n, N - K times"),
        ("(1, 0)", t * total(slope, _j), scalar(0), "tau g, and tau g/n for (0, 1): once each"),
        ("(0, v 1_n)", t * total(slope * v[_k], _k, _i), -t * g * v[_j],
         "with the next line: tau g [[1, -1], [-1/n, 1/n]]"),
        ("(v, 0)", t * total(slope * v[_j], _j), -t * g / n * v[_k],
         "eigenvalues 0 and tau g (1 + 1/n), K - 1 times each"),
    )
    for where, left, right, words in rows:
        yield SumIdentity(left=left, right=right, sentence=f"T at collapse on {where}: {words}",
                          because="G = (g/N)(1 - K e_k), alpha = -tau g, beta = -tau K g/N")
    counts, samples = sympy.symbols("m_1:5", positive=True), sympy.Symbol("N", positive=True)
    numbers = dict(zip(counts, (K - 1, samples - K + 1, sympy.Integer(1), K - 1), strict=True))
    yield worded(
        sum(counts), K + samples, {**numbers, samples: n * K},
        where=Domain.of((K, integers_from(2)), (n, integers_from(1))),
        sentence="the multiplicities sum to K + N: T >= 0 exactly when g >= 0", because="that is all of T",
    )


def claims() -> Iterator[Claim]:
    yield from _certificate()
    yield from _eigenvalues()


def instance(problem: Spheres) -> Iterator[Claim]:
    """T >= 0 at the point that is optimal: the ETF, or the frame for the mean squared error."""
    from ncproofs.critical.profiles import is_mean_squared

    wide = is_mean_squared(problem.loss) and problem.d >= problem.K
    yield DualCertificate(problem=problem, point="frame" if wide else "etf")


def is_convex_loss(problem: Spheres) -> Truth:
    from ncproofs.calculus.logit_facts import is_convex
    from ncproofs.critical.sphere_points import is_projected

    return Truth.HOLDS if is_projected(problem.loss) else is_convex(problem.loss).truth


def is_falling(problem: Spheres) -> Truth:
    """g >= 0 at the ETF: the loss of a sample does not rise with its gap. For the frame: tau <= 1."""
    from ncproofs.critical.profiles import is_mean_squared
    from ncproofs.critical.sphere_points import collapsed

    if is_mean_squared(problem.loss):
        return Truth.HOLDS if problem.d >= problem.K and problem.tau <= 1 else Truth.FAILS
    slope = collapsed(problem, problem.tau, 512).g
    return Truth.HOLDS if bool(slope >= 0) else Truth.FAILS if bool(slope < 0) else Truth.UNDECIDED


THEOREM = Theorem(
    name="duality-certificate",
    title="A duality certificate for collapse on spheres",
    statement=(
        "For a loss convex in the logits, a critical point with T = [[-D_alpha, tau G], [tau G^T, -D_beta]] >= 0 is a "
        "global minimiser among unit classifiers and features of every dimension. At a simplex ETF with h = w, T has "
        "the eigenvalues 0 (K-1), tau g/n (N-K+1), tau g (1) and tau g (1 + 1/n) (K-1): T >= 0 exactly when g >= 0, "
        "which for cross-entropy is always."
    ),
    idea="T is the dual certificate of the semidefinite relaxation over Gram matrices with unit diagonal.",
    source=Source(
        paper=SOURCE.paper, arxiv=SOURCE.arxiv,
        quoted="global minimisers are neural collapse solutions", relation="auxiliary",
        note="a proof that uses no Jensen chain, for any convex loss",
    ),
    covers="all K >= 2, n >= 1, any d in which the point exists, tau > 0, any loss convex in the logits",
    hypotheses=(
        Hypothesis("the loss is convex in the logits", is_convex_loss),
        Hypothesis("d >= K - 1", has_room),
        Hypothesis("g >= 0 at collapse (mean squared error: d >= K and tau <= 1)", is_falling),
    ),
    general=claims,
    instance=instance,
    family=Spheres,
)
