"""Global optimality of neural collapse on spheres, for every K, d, n, tau."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, Tensor, delta, scalar, total
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, integers_from, nonnegative, positive, real
from ncproofs.theorems.theorem import Source, Theorem

K, n, d = sympy.symbols("K n d", integer=True, positive=True)
tau = sympy.Symbol("tau", positive=True)
j, k, l, i, a = Index("j", K), Index("k", K), Index("l", K), Index("i", n), Index("a", d)  # noqa: E741
w, h = Tensor("w", (K, d), unit=1), Tensor("h", (K, n, d), unit=2)


def _chain() -> Iterator[Claim]:
    yield Axiom(name="Jensen's inequality",
                uses="L1: CE(z, k) >= psi(t), t = mean_{j != k}(z_j - z_k), psi(t) = log(1 + (K-1)e^t), equality iff "
                     "the off-target logits agree")
    mean = total(w[l, a], l) / K
    logits = tau * total(w[j, a] * h[k, i, a], a)
    target = tau * total(w[k, a] * h[k, i, a], a)
    yield SumIdentity(
        left=total(logits - target, j) / (K - 1),
        right=-tau * K / (K - 1) * total((w[k, a] - mean) * h[k, i, a], a),
        sentence="L2: t_{k,i} = -(tau K/(K-1)) <w_k - w_bar, h_{k,i}>", because="sum_j w_j = K w_bar",
    )
    yield Axiom(name="Cauchy-Schwarz inequality", uses="L3: <w_k - w_bar, h> <= rho_k = |w_k - w_bar|")
    yield SumIdentity(
        left=total((w[k, a] - mean) ** 2, k, a) / K, right=scalar(1) - total(mean**2, a),
        sentence="L4: (1/K) sum rho_k^2 = 1 - |w_bar|^2", because="|w_k| = 1",
    )
    t = sympy.Symbol("t", real=True)
    psi = sympy.log(1 + (K - 1) * sympy.exp(t))
    where = Domain.of((K, integers_from(2)), (t, real()))
    yield Sign(expression=sympy.diff(psi, t), relation=">", where=where, sentence="L5: psi' > 0",
               because="psi' = (K-1)e^t/(1 + (K-1)e^t)")
    yield Sign(expression=sympy.diff(psi, t, 2), relation=">", where=where, sentence="L5: psi'' > 0",
               because="psi'' = (K-1)e^t/(1 + (K-1)e^t)^2")
    yield Axiom(name="Jensen's inequality",
                uses="L6: mean psi(t) >= psi(mean t) >= psi(-(tau K/(K-1)) sqrt(mean rho^2)) >= psi(-tau K/(K-1))")
    r = sympy.Symbol("r", nonnegative=True)
    yield Identity(
        left=(1 + r**2) / 2 - r, right=(1 - r) ** 2 / 2, where=Domain.of((r, nonnegative())),
        sentence="mean rho <= (1 + mean rho^2)/2 <= 1", because="the last steps of L6 need no square root",
    )


def _equality() -> Iterator[Claim]:
    gram = sympy.Symbol("g", real=True)
    yield SumIdentity(
        left=total(delta(j, k) + gram * (1 - delta(j, k)), j), right=scalar(1 + (K - 1) * gram),
        sentence="equal inner products g with w_bar = 0 give g = -1/(K-1): a simplex ETF, of rank K-1 <= d",
        because="equality forces w_bar = 0, h = w_k, and equal off-target logits",
    )
    yield Identity(
        left=-tau * K / (K - 1), right=tau * (-1 / (K - 1) - 1),
        where=Domain.of((K, integers_from(2)), (tau, positive())),
        sentence="at the ETF with h = w every t is -tau K/(K-1): the bound is attained", because="<w_j,w_k> - 1",
    )


def claims() -> Iterator[Claim]:
    yield from _chain()
    yield from _equality()


THEOREM = Theorem(
    name="sphere-lower-bound",
    title="Neural collapse is the global minimum over products of spheres",
    statement=(
        "For balanced classes, cross-entropy, all K >= 2, n, d >= 1 and tau > 0: f >= log(1 + (K-1) exp(-K tau/(K-1))) "
        "on unit classifiers and features; equality holds only for a simplex ETF W with h_{k,i} = w_k, which exists "
        "iff d >= K-1."
    ),
    idea="Jensen in the logits of one sample, then Cauchy-Schwarz for its feature, then Jensen over samples; the mean\n"
    "squared distance of the classifiers from their centre is at most 1.",
    source=Source(
        paper="Neural Collapse with Normalized Features: A Geometric Analysis over the Riemannian Manifold",
        arxiv="2209.09211",
        quoted="for d >= K the global minimisers are the neural collapse solutions",
        relation="stronger",
        note="d >= K-1 suffices, and the bound holds in every dimension",
    ),
    covers="all K >= 2, n >= 1, d >= 1, tau > 0",
    general=claims,
)
