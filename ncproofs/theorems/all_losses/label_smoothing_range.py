"""The exact range of alpha in which label smoothing leads to neural collapse."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.losses.loss import K, T
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign
from ncproofs.proof.domain import Domain, Range, at_least, between, nonnegative, positive, real
from ncproofs.theorems.all_losses.reduced_function import CLASSES, PHI_CE
from ncproofs.theorems.theorem import Source, Theorem

alpha = sympy.Symbol("alpha", real=True)
c = sympy.Symbol("c", positive=True)
q = sympy.Symbol("q", positive=True)
_PHI = PHI_CE - alpha / K * T
_LEFT = Range(None, sympy.Integer(0))


def claims() -> Iterator[Claim]:
    """Inside the range; then below 0, the anti-collapse beyond 1, and unboundedness beyond that."""
    yield from _inside()
    yield from _below()
    yield from _beyond()


def _inside() -> Iterator[Claim]:
    yield Identity(
        left=sympy.diff(_PHI, T).subs(T, 0),
        right=(1 - alpha) / K,
        where=Domain.of(CLASSES),
        sentence="phi_LS'(0) = (1 - alpha)/K",
    )
    yield Sign(
        expression=sympy.diff(PHI_CE, T, 2),
        relation=">",
        where=Domain.of(CLASSES, (T, real())),
        sentence="phi_LS is strictly convex for every real alpha",
    )
    yield Sign(
        expression=(1 - alpha) / K + c,
        relation=">",
        where=Domain.of(CLASSES, (alpha, between(0, 1, closed=True)), (c, positive())),
        sentence="0 <= alpha <= 1: the right derivative of phi + c|t| at 0 is positive, so argmin <= 0",
    )
    yield Sign(
        expression=-alpha / K - c,
        relation="<",
        where=Domain.of(CLASSES, (alpha, nonnegative()), (c, positive())),
        sentence="alpha >= 0: the slope at t -> -oo is negative, so the minimum is attained",
    )
    yield Sign(
        expression=1 / K - c - alpha / K,
        relation="<=",
        where=Domain.of(CLASSES, (alpha, at_least(1)), (c, positive())),
        sentence="alpha >= 1: the left derivative at 0 is <= 0, so no minimiser is negative (no collapse "
        "at alpha >= 1)",
    )


def _below() -> Iterator[Claim]:
    """alpha = -beta < 0."""
    beta = sympy.Symbol("beta", positive=True)
    yield Identity(
        left=_PHI.subs(alpha, -beta) - c * T,
        right=PHI_CE + (beta / K - c) * T,
        where=Domain.of(CLASSES, (beta, positive()), (c, positive())),
        sentence="alpha = -beta < 0, t <= 0: phi + c|t| = phi_CE(t) + (beta/K - c) t",
    )
    yield Sign(
        expression=sympy.log(K) - PHI_CE,
        relation=">=",
        where=Domain.of(CLASSES, (T, _LEFT)),
        sentence="phi_CE <= log K for t <= 0; so for c < beta/K the infimum is -oo",
    )
    yield Sign(
        expression=PHI_CE,
        relation=">",
        where=Domain.of(CLASSES, (T, _LEFT)),
        sentence="phi_CE > 0; so for c >= beta/K the infimum on t <= 0 is finite, and the range alpha < 0 "
        "is not admissible for every c > 0",
    )


def _beyond() -> Iterator[Claim]:
    """alpha > 1: with q = alpha/K - c, t = -(K-1) log(1/q - (K-1)) is critical, and t > 0 iff q > 1/K."""
    point = -(K - 1) * sympy.log(1 / q - (K - 1))
    below = Domain.of(CLASSES, (q, between(0, 1 / (K - 1))))
    yield Identity(
        left=sympy.diff(PHI_CE, T).subs(T, point),
        right=q,
        where=below,
        sentence="phi_CE'(t) = q at t = -(K-1) m, m = log(1/q - (K-1)), for 0 < q < 1/(K-1)",
    )
    yield Sign(
        expression=point,
        relation=">",
        where=Domain.of(CLASSES, (q, between(1 / K, 1 / (K - 1)))),
        sentence="t > 0 (m < 0) when q = alpha/K - c lies in (1/K, 1/(K-1)): the minimiser is the "
        "ANTI-collapse h_{k,i} = -const w_k, for alpha/K - 1/(K-1) < c < (alpha-1)/K",
        because="phi_LS'(t) + c = 0 there, and phi_LS + c t is strictly convex",
    )
    right = Domain.of(CLASSES, (T, nonnegative()))
    yield Sign(
        expression=sympy.log(K) + T / (K - 1) - PHI_CE,
        relation=">=",
        where=right,
        sentence="phi_CE <= log K + t/(K-1) for t >= 0; so for c < alpha/K - 1/(K-1) the infimum is -oo",
    )
    yield Axiom(
        name="a strictly convex function is minimised where 0 is a subgradient",
        uses="phi_LS + c|t|: the sign of its one-sided derivatives at 0 and the critical points above",
    )


THEOREM = Theorem(
    name="label-smoothing-range",
    title="The range of the smoothing parameter",
    statement=(
        "phi_LS(t) + c|t| has a unique minimiser, and it is <= 0, for every c > 0 and K >= 2 iff 0 <= "
        "alpha <= 1 (at alpha = 1 it is always 0). For alpha < 0 the infimum is -oo when c < |alpha|/K. "
        "For alpha > 1 the minimiser is 0 iff c >= (alpha-1)/K; for alpha/K - 1/(K-1) < c < (alpha-1)/K it "
        "is the anti-collapse, with features opposite to their classifiers, and below that the infimum is "
        "-oo."
    ),
    idea=(
        "phi_LS is phi_CE tilted by -(alpha/K) t, and the slopes of phi_CE fill (0, 1/(K-1)).\nComparing "
        "the tilt with c at t = 0 and at both infinities decides every case."
    ),
    source=Source(
        paper="Are All Losses Created Equal: A Neural Collapse Perspective",
        arxiv="2210.02192",
        quoted="label smoothing with alpha in [0, 1)",
        relation="stronger",
        note="the range is shown to be exact: what happens on both sides of it is part of the theorem",
    ),
    covers="all K >= 2, c > 0, real alpha",
    general=claims,
)
