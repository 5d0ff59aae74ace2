"""Two-layer linear networks: nuclear norm, shrunk singular values, and one equation for one output."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.problems.networks import Network
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign
from ncproofs.proof.domain import Domain, Range, nonnegative, positive, real
from ncproofs.proof.network_claims import DualityGap, NetworkQuantity, NetworkValue
from ncproofs.proof.wording import worded
from ncproofs.theorems.convex_duality.sources import CONVEX, beta, is_kind
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

s, rho = sympy.symbols("s rho", positive=True)
sigma, lam = sympy.symbols("sigma l", nonnegative=True)
g = sympy.Symbol("g", real=True)


def claims() -> Iterator[Claim]:
    yield from shrinkage()
    yield from _one_output()


def shrinkage() -> Iterator[Claim]:
    """One singular value s fitted by sigma at price beta sigma."""
    active = Domain.of((beta, positive()), (s, positive()), (sigma, nonnegative()))
    yield Axiom(name="variational form of the nuclear norm",
                uses="(beta/2)(|W_1|^2 + |W_2|^2) >= beta |Z|_*, attained at width >= rank Z")
    yield Axiom(name="von Neumann's trace inequality",
                uses="X X^T = I: |XZ - Y|^2 >= sum_k (s_k - sigma_k)^2, singular values of Y and XZ in order")
    yield Identity(
        left=(s - sigma) ** 2 / 2 + beta * sigma, right=beta * s - beta**2 / 2 + (s - beta - sigma) ** 2 / 2,
        where=active, sentence="s > beta: (s - sigma)^2/2 + beta sigma >= beta s - beta^2/2, equal at sigma = s - beta",
    )
    below = Domain.of((beta, positive()), (s, Range(sympy.Integer(0), beta, lower_open=True)), (sigma, nonnegative()))
    yield Identity(
        left=(s - sigma) ** 2 / 2 + beta * sigma - s**2 / 2, right=sigma**2 / 2 + (beta - s) * sigma, where=below,
        sentence="s <= beta: (s - sigma)^2/2 + beta sigma = s^2/2 + sigma^2/2 + (beta - s) sigma",
    )
    yield Sign(
        expression=sigma**2 / 2 + (beta - s) * sigma, relation=">=", where=below,
        sentence="so it is least at sigma = 0: rank = number of singular values above beta",
    )
    v = sympy.Symbol("v", positive=True)
    yield worded(
        v * s**2 - v**2 * s**2 / 2, beta * s - beta**2 / 2, {v: beta / s}, where=active,
        sentence="the dual value of V = (beta/s) along the same direction is beta s - beta^2/2: no gap",
    )


def _one_output() -> Iterator[Claim]:
    """Coordinates along eigenvectors of X^T X: eigenvalue l, entry g of X^T y, u = rho g/(rho l + beta)."""
    where = Domain.of((beta, positive()), (rho, positive()), (lam, nonnegative()), (g, real()))
    u = rho * g / (rho * lam + beta)
    yield Identity(
        left=g - lam * u, right=beta * u / rho, where=where,
        sentence="X^T (y - Xu) = beta u/rho: with |u| = rho it has length beta, and u is stationary",
        because="entry by entry in the eigenbasis of X^T X",
    )
    slope = g**2 / (rho * lam + beta) ** 2
    yield worded(
        sympy.Derivative(slope, rho), -2 * lam * g**2 / (rho * lam + beta) ** 3, {}, where=where,
        sentence="|u|^2/rho^2 = sum g^2/(rho l + beta)^2 changes by -2 l g^2/(rho l + beta)^3 in rho",
    )
    yield Sign(
        expression=-2 * lam * g**2 / (rho * lam + beta) ** 3, relation="<=", where=where,
        sentence="it does not increase: |u| = rho has at most one root, from |X^T y|^2/beta^2 > 1 at rho = 0 down to 0",
    )
    yield Axiom(name="intermediate value theorem", uses="so the root exists when |X^T y| > beta")
    yield Axiom(name="KKT conditions of a convex program",
                uses="stationarity is optimality: |Xu - y|^2/2 + beta |u| is convex")


def instance(problem: Network) -> Iterator[Claim]:
    """The closed form where there is one; everywhere a gap below 10^-40, which the bounds show."""
    from ncproofs.critical.network_linear import exact_rank
    from ncproofs.critical.network_optimum import closed_form

    value = closed_form(problem)
    if value is not None:
        yield NetworkValue(problem=problem, value=value)
    rank = exact_rank(problem) if problem.kind in ("linear", "deep-linear") else None
    if rank is not None:
        yield NetworkQuantity(problem=problem, quantity="rank", value=rank)
    yield DualityGap(problem=problem, value="1e-40", relation="<")


def is_linear(problem: Network) -> Truth:
    return is_kind(problem, "linear", "deep-linear")


def is_convex(problem: Network) -> Truth:
    """Two layers, or inner layers of norm at most one."""
    return Truth.HOLDS if problem.layers == 2 or problem.normalisation == "unit" else Truth.FAILS


THEOREM = Theorem(
    name="linear-network",
    title="Two-layer linear networks, and deep ones with inner layers of norm at most one",
    statement=(
        "The minimum over all widths is min |XZ - Y|^2/2 + beta |Z|_*. If X X^T = I the singular values are "
        "(s_k - beta)_+, the value is the sum of beta s_k - beta^2/2 (s_k > beta) and s_k^2/2, and the rank is the "
        "number of s_k > beta. One output, any X: u = 0 if |X^T y| <= beta, else u = rho (rho X^T X + beta I)^-1 X^T y "
        "with rho = |u| the only root. Deep networks of parallel chains with inner layers of norm at most one and "
        "weight decay on the last two have the same minimum."
    ),
    idea="Weight decay is the nuclear norm; its dual ball is the operator norm; V = Y - XZ closes the gap.",
    source=Source(
        paper=CONVEX[0], arxiv=CONVEX[1],
        quoted="optimal layer weights are rank-K and aligned with the data for whitened inputs", relation="corrected",
        note="rank is the number of singular values above beta, at most K; rendered from the usual quotation",
    ),
    covers="all n, d, K, all beta > 0, one singular value at a time",
    hypotheses=(
        Hypothesis("the network is linear", is_linear),
        Hypothesis("two layers, or inner layers of norm at most one", is_convex),
    ),
    general=claims,
    instance=instance,
    family=Network,
)
