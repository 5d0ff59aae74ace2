"""Deep linear networks with weight decay on every layer: the mode equation, its threshold, and no strong duality."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.problems.networks import Network
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign
from ncproofs.proof.domain import Domain, integers_from, positive
from ncproofs.proof.network_claims import DualityGap
from ncproofs.proof.wording import worded
from ncproofs.theorems.convex_duality.sources import CONVEX, beta, is_kind
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

L = sympy.Symbol("L", integer=True, positive=True)
s, x, T, p, sigma = sympy.symbols("s x T p sigma", positive=True)
_DEPTHS = (3, 4, 5, 6)


def claims() -> Iterator[Claim]:
    yield from _modes()
    yield from _threshold()
    yield from _no_duality()


def _modes() -> Iterator[Claim]:
    yield Axiom(name="inequality of arithmetic and geometric means",
                uses="sum_l |W_l|^2 >= L prod |W_l|^(2/L) >= L |Z|^(2/L) for Z = W_1 ... W_L of rank one, equal for "
                     "aligned rank-one layers of equal norm")
    where = Domain.of((beta, positive()), (s, positive()), (x, positive()))
    for depth in _DEPTHS:
        value = (s - x**depth) ** 2 / 2 + depth * beta / 2 * x**2
        yield Identity(
            left=sympy.diff(value, x), right=depth * x * (beta - x ** (depth - 2) * (s - x**depth)), where=where,
            sentence=f"L = {depth}: (s - x^L)^2/2 + (L beta/2) x^2 is critical in x > 0 iff x^(L-2)(s - x^L) = beta",
        )
    sizes = Domain.of((L, integers_from(2)), (s, positive()), (sigma, positive()))
    # With sigma = x^L the mode equation says beta x^2 = sigma (s - sigma).
    yield Identity(
        left=(s - sigma) ** 2 / 2 + L * sigma * (s - sigma) / 2 - s**2 / 2,
        right=sigma * ((L - 2) * s - (L - 1) * sigma) / 2, where=sizes,
        sentence="there the value is s^2/2 + sigma ((L-2) s - (L-1) sigma)/2: below s^2/2 iff sigma > s (L-2)/(L-1)",
    )


def _threshold() -> Iterator[Claim]:
    where = Domain.of((s, positive()))
    for depth in _DEPTHS:
        edge = s * sympy.Rational(depth - 2, depth - 1)
        kappa = sympy.Rational((depth - 2) ** (depth - 2), (depth - 1) ** (2 * depth - 2))
        yield worded(
            sigma ** (depth - 2) * (s - sigma) ** depth, kappa * s ** (2 * depth - 2), {sigma: edge}, where=where,
            sentence=f"L = {depth}: at the tie beta^L = sigma^(L-2)(s - sigma)^L = {kappa} s^{2 * depth - 2}",
            because="sigma = s (L-2)/(L-1)",
        )


def _no_duality() -> Iterator[Claim]:
    where = Domain.of((beta, positive()), (L, integers_from(3)), (T, positive()), (p, positive()))
    reached = sympy.Symbol("q", positive=True)  # T^(L-2), so that the test vector T^L v/|v| violates the constraint
    yield worded(
        T**2 * (reached * p - L * beta / 2), L * beta / 2 * T**2, {reached: L * beta / p}, where=where,
        sentence="p = |X^T v| > 0, |u| = T^L, q = T^(L-2) = L beta/p: <v, Xu> - (L beta/2)|u|^(2/L) = (L beta/2) T^2",
        because="T^L p - (L beta/2) T^2 = T^2 (T^(L-2) p - L beta/2)",
    )
    yield Sign(
        expression=L * beta / 2 * T**2, relation=">", where=where,
        sentence="> 0: for L >= 3 a dual feasible v has X^T v = 0, and the dual value is half the squared distance of "
                 "y to the range of X",
    )
    gap = Domain.of((beta, positive()), (L, integers_from(3)), (x, positive()))
    yield Sign(
        expression=L * beta / 2 * x**2, relation=">", where=gap,
        sentence="every u != 0 pays weight decay on top of that distance, and u = 0 fits nothing: the minimum is "
                 "larger whenever X^T y != 0",
    )


def instance(problem: Network) -> Iterator[Claim]:
    """The minimum is above the dual value: the gap is positive."""
    yield DualityGap(problem=problem, value=0, relation=">")


def is_deep(problem: Network) -> Truth:
    return Truth.HOLDS if is_kind(problem, "deep-linear") is Truth.HOLDS and problem.layers > 2 else Truth.FAILS


def is_standard(problem: Network) -> Truth:
    return Truth.HOLDS if problem.normalisation == "standard" else Truth.FAILS


def sees_targets(problem: Network) -> Truth:
    """X^T Y != 0."""
    if problem.kind not in ("linear", "deep-linear"):
        return Truth.FAILS
    columns = list(zip(*problem.Y, strict=True))
    seen = any(
        sum(a * b for a, b in zip(x_, y_, strict=True)) for x_ in zip(*problem.X, strict=True) for y_ in columns
    )
    return Truth.HOLDS if seen else Truth.FAILS


THEOREM = Theorem(
    name="deep-linear-network",
    title="Deep linear networks with weight decay on every layer have no strong duality",
    statement=(
        "L >= 3 layers, weight decay beta/2 on all. X X^T = I: each singular value s of Y is fitted by the better of "
        "sigma = 0 and sigma = x^L, x^(L-2)(s - x^L) = beta, which wins iff beta^L < kappa^L s^(2L-2), kappa^L = "
        "(L-2)^(L-2)/(L-1)^(2L-2): a first-order threshold. For any X the dual value is half the squared distance of Y "
        "to the range of X, less than the minimum whenever X^T Y != 0."
    ),
    idea="Depth turns |Z|_* into sum sigma^(2/L), which is concave: its dual ball is a point.",
    source=Source(
        paper=CONVEX[0], arxiv=CONVEX[1], quoted="strong duality holds for deep linear networks of any depth",
        relation="corrected",
        note="true when inner layers are normalised (theorem linear-network); for plain weight decay and L >= 3 the "
             "dual value is trivial",
    ),
    covers="all L >= 3 (derivative and threshold: L = 3 to 6), all s, beta > 0",
    hypotheses=(
        Hypothesis("the network is linear with L >= 3 layers", is_deep),
        Hypothesis("weight decay on every layer", is_standard),
        Hypothesis("X^T Y != 0", sees_targets),
    ),
    general=claims,
    instance=instance,
    family=Network,
)
