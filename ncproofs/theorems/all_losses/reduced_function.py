"""The reduced function phi: where it is convex, and why phi(t) + c|t| has one minimiser, at t <= 0."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy

from ncproofs.losses.loss import K, T
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, UniqueArgmin
from ncproofs.proof.domain import Domain, between, integers_from, nonnegative, real
from ncproofs.proof.wording import worded
from ncproofs.theorems.all_losses.focal_letters import LINE, curvature, gamma, in_odds, psi, psi_prime, u
from ncproofs.theorems.theorem import Source, Theorem

alpha = sympy.Symbol("alpha", nonnegative=True)
_E = sympy.exp(T / (K - 1))
PHI_CE = sympy.log(1 + (K - 1) * _E)
PHI_LS = PHI_CE - alpha / K * T
PHI_MSE = (T + K - 1) ** 2 / (2 * K * (K - 1))
CLASSES = (K, integers_from(2))


def claims() -> Iterator[Claim]:
    """Convexity and sign of the slope, for all K >= 2."""
    line = Domain.of(CLASSES, (T, real()))
    p = 1 / (1 + (K - 1) * _E)
    yield Identity(
        left=sympy.diff(PHI_CE, T, 2),
        right=p * (1 - p) / (K - 1) ** 2,
        where=line,
        sentence="cross-entropy: phi'' = p(1-p)/(K-1)^2",
    )
    smooth = Domain.of(CLASSES, (alpha, nonnegative()), (T, real()))
    yield worded(
        sympy.Derivative(PHI_LS, (T, 2)),
        sympy.Derivative(PHI_CE, (T, 2)),
        {},
        where=smooth,
        sentence="label smoothing has the same phi''",
    )
    yield Sign(
        expression=sympy.diff(PHI_CE, T, 2),
        relation=">",
        where=line,
        sentence="so phi is strictly convex for CE and LS",
    )
    yield Sign(
        expression=sympy.diff(PHI_MSE, T, 2),
        relation=">",
        where=line,
        sentence="phi is strictly convex for MSE",
    )
    yield Axiom(
        name="a strictly convex coercive function has exactly one minimiser",
        uses="phi + c|t| for CE, LS and MSE: phi is strictly convex and bounded below by an affine "
        "function of slope above -c at -oo and at least -c at +oo, checked by the two slope claims that "
        "follow",
    )
    yield from _slopes()
    yield from _focal()


def _slopes() -> Iterator[Claim]:
    right = Domain.of(CLASSES, (alpha, between(0, 1, closed=True)), (T, nonnegative()))
    yield Sign(
        expression=sympy.diff(PHI_LS, T),
        relation=">=",
        where=right,
        sentence="phi' >= 0 for t >= 0 (CE; LS with 0 <= alpha <= 1), so phi + c|t| increases there and "
        "argmin <= 0",
    )
    slope = sympy.diff(PHI_LS, T) + alpha / K
    yield Sign(
        expression=slope,
        relation=">",
        where=Domain.of(CLASSES, (alpha, nonnegative()), (T, real())),
        sentence="phi' - c > -alpha/K - c, and it tends to -alpha/K - c < 0 as t -> -oo",
    )
    yield Identity(
        left=sympy.diff(PHI_MSE, T).subs(T, 0),
        right=1 / K,
        where=Domain.of(CLASSES),
        sentence="MSE: phi'(0) = 1/K > 0, so the argmin is <= 0",
    )


def _focal() -> Iterator[Claim]:
    every = Domain.of((gamma, nonnegative()), (u, real()))
    at = sympy.log(K - 1) + T / (K - 1)
    yield Identity(
        left=sympy.diff(psi(at), T),
        right=psi_prime(at) / (K - 1),
        where=Domain.of(CLASSES, (gamma, nonnegative()), (T, real())),
        sentence="focal loss: phi(t) = psi(log(K-1) + t/(K-1)) has phi' = psi'/(K-1)",
    )
    p = 1 / (1 + sympy.exp(u))
    yield Identity(
        left=sympy.diff(psi(), u, 2),
        right=p * (1 - p) ** gamma * in_odds(curvature()),
        where=every,
        sentence="psi'' = p(1-p)^gamma G(p, gamma)",
        because="G changes sign exactly once for gamma > 0: theorem focal-convexity-region",
    )
    yield Sign(
        expression=psi_prime(),
        relation=">",
        where=every,
        sentence="psi' > 0, so every minimiser of phi + c|t| is <= 0; uniqueness is the theorem "
        "focal-uniqueness",
    )
    yield Sign(
        expression=in_odds(curvature()).subs(gamma, 0),
        relation=">",
        where=LINE,
        sentence="gamma = 0: psi is strictly convex on the whole line",
    )


def instance(problem: Ridge) -> Iterator[Claim]:
    """One minimiser at the problem's own c = sqrt(n lambda_W lambda_H)."""
    squared = Fraction(problem.c_squared)
    c = sympy.sqrt(sympy.Rational(squared.numerator, squared.denominator))
    yield UniqueArgmin(
        loss=problem.loss,
        K=problem.K,
        c=c,
        sentence=f"{problem.loss}, K = {problem.K}: phi(t) + c|t| has one minimiser at c = {c}",
    )


THEOREM = Theorem(
    name="reduced-function",
    title="The reduced function and its minimiser",
    statement=(
        "For every K >= 2 and c > 0: phi is strictly convex for cross-entropy, label smoothing and mean "
        "squared error, and phi(t) + c|t| has exactly one minimiser, at t <= 0 (label smoothing: 0 <= "
        "alpha <= 1). For focal loss with gamma > 0, phi'' changes sign exactly once and every minimiser "
        "is <= 0."
    ),
    idea=(
        "phi'' = p(1-p)/(K-1)^2 for CE and LS, 1/(K(K-1)) for MSE, and psi''/(K-1)^2 for focal loss.\nphi' "
        ">= 0 on t >= 0 pushes every minimiser of phi + c|t| to t <= 0."
    ),
    source=Source(
        paper="Are All Losses Created Equal: A Neural Collapse Perspective",
        arxiv="2210.02192",
        quoted="phi(t) + c|t| has a unique minimiser t* <= 0 for every c > 0, for CE, LS and FL",
        relation="corrected",
        note="true for CE and LS (0 <= alpha <= 1); for focal loss uniqueness needs K p*(gamma) <= 1, see "
        "focal-uniqueness",
    ),
    rests_on=("focal-convexity-region", "focal-uniqueness"),
    covers="all K >= 2, c > 0, 0 <= alpha <= 1, gamma >= 0",
    general=claims,
    instance=instance,
)
