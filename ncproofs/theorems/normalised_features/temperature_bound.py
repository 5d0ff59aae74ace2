"""Where the bound 2(d-2)/(1 + (K mod 2)/K) on the temperature comes from, and why it is not needed."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, Tensor, delta, scalar, total
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, Range, between, integers_from, positive
from ncproofs.theorems.theorem import Source, Theorem

K, d = sympy.symbols("K d", integer=True, positive=True)
tau, excess = sympy.symbols("tau c'", positive=True)
k, y = Index("k", K), Index("y", K)
a, b = Index("a", d), Index("b", d)

signs = Tensor("eps", (K,), square_one=True)
mean = total(signs[k], k) / K


def _along_one_direction() -> Iterator[Claim]:
    """N times each term of the Hessian at W = u 1^T along dw_k = eps_k v, dh_s = c eps_y P_{h_s} v; <u, v> = 0."""
    yield SumIdentity(
        left=total(signs[k] ** 2, k) / K - mean**2, right=1 - mean**2,
        sentence="eps^T (I/K - 11^T/K^2) eps = 1 - ebar^2", because="eps_k^2 = 1; W^T dH is parallel to 1, which "
                                                                    "the loss does not see",
    )
    slope = scalar(1) / K - delta(k, y)
    yield SumIdentity(
        left=total(slope * signs[k], k) * signs[y], right=mean * signs[y] - 1,
        sentence="<G_s, eps> eps_y = -(1 - ebar eps_y)/N: the mixed term is -(2 c tau/N) sum (1 - ebar eps_y)|P_h v|^2",
        because="G_s = (1/K - e_y)/N at equal logits",
    )
    yield SumIdentity(left=total(slope, k), right=scalar(0), because="1^T G = 0",
                      sentence="beta_s = tau <u, h_s> 1^T G_s = 0, and sum_k alpha_k |v|^2 = 0")


def _averages() -> Iterator[Claim]:
    u, h = Tensor("u", (d,), unit=0), Tensor("h", (d,), unit=0)
    inner = total(u[a] * h[a], a)
    yield Axiom(name="second moment of the uniform distribution on a sphere",
                uses="v uniform on the unit sphere of the complement of u: E v v^T = P_u/(d - 1)")
    yield SumIdentity(
        left=total((delta(a, b) - u[a] * u[b]) * h[a] * h[b], a, b), right=1 - inner**2,
        sentence="(d - 1) E <v, h>^2 = 1 - <u, h>^2", because="trace of P_u h h^T",
    )
    yield SumIdentity(
        left=total((delta(a, b) - u[a] * u[b]) * (delta(a, b) - h[a] * h[b]), a, b), right=d - 2 + inner**2,
        sentence="(d - 1) E |P_h v|^2 = d - 2 + <u, h>^2", because="trace of P_u P_h",
    )


def _bounds() -> Iterator[Claim]:
    parity = sympy.Symbol("e", nonnegative=True)  # ebar = (K mod 2)/K for signs as balanced as possible
    square = sympy.Symbol("x", nonnegative=True)  # <u, h>^2
    shape = ((d, integers_from(3)), (parity, Range(sympy.Integer(0), sympy.Integer(1), upper_open=True)))
    angle = (square, between(0, sympy.Integer(1), closed=True))
    long = tau * (1 + parity) / (2 * (d - 2)) + excess
    worst = tau * (1 - parity**2) * (1 - square) - 2 * (1 - parity) * (d - 2 + square)
    yield Identity(
        left=worst.subs(square, 0), right=(1 - parity) * ((1 + parity) * tau - 2 * (d - 2)),
        where=Domain.of(*shape, (tau, positive())),
        sentence="c = 1, 1 - ebar eps_y >= 1 - ebar, <u, h> = 0: the mean curvature changes sign at "
                 "tau = 2(d-2)/(1 + ebar)",
        because="this is the quoted bound",
    )
    yield Sign(
        expression=worst, relation="<", where=Domain.of(*shape, angle, (tau, between(0, 2 * (d - 2) / (1 + parity)))),
        sentence="below it the mean curvature is negative for every feature", because="the worst case is <u, h> = 0",
    )
    yield SumIdentity(
        left=total(1 - mean * signs[y], y) / K, right=1 - mean**2,
        sentence="balanced classes: the mean of 1 - ebar eps_y is 1 - ebar^2", because="so the parity of K drops out: "
        "tau < 2(d-2) is enough already at c = 1",
    )
    yield Sign(
        expression=tau * (1 - parity**2) * (1 - square) - 2 * long * (1 - parity) * (d - 2 + square), relation="<",
        where=Domain.of(*shape, angle, (tau, positive()), (excess, positive())),
        sentence="c > tau (1 + ebar)/(2(d-2)): negative at every temperature", because="the length c of the feature "
        "move is free; the bound on tau is not needed for d >= 3",
    )


def claims() -> Iterator[Claim]:
    yield from _along_one_direction()
    yield from _averages()
    yield from _bounds()


THEOREM = Theorem(
    name="sphere-temperature-bound",
    title="The origin of the temperature bound 2(d-2)/(1 + (K mod 2)/K), and why it can be dropped",
    statement=(
        "At W = u 1^T the mean of the Hessian over random directions (eps_k v, c eps_y P_h v), v uniform in the "
        "complement of u, is (tau^2 (1-ebar^2) avg(1-<u,h>^2) - 2 c tau avg((1-ebar eps_y)(d-2+<u,h>^2)))/(d-1). With "
        "c = 1 it is negative for tau < 2(d-2)/(1 + (K mod 2)/K), the quoted bound; with c large for every tau, d >= 3."
    ),
    idea="W = u 1^T is the only degenerate critical family; a random direction has negative curvature on average.",
    source=Source(
        paper="Neural Collapse with Normalized Features: A Geometric Analysis over the Riemannian Manifold",
        arxiv="2209.09211",
        quoted="for d > K and tau < 2(d-2)/(1 + (K mod 2)/K) all other critical points are strict saddles",
        relation="stronger",
        note="the bound is reproduced and shown to be an artefact of c = 1; the paper's own proof was not at hand",
    ),
    covers="all K >= 2, d >= 3, any features, tau > 0",
    general=claims,
)
