"""Two layers or more: zero and every lower rank are spurious local minima, however small the weight decay."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.problems.layered import Layered
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign
from ncproofs.proof.domain import Domain, between, integers_from, nonnegative, positive, real
from ncproofs.proof.layered_claims import LayeredInertia, LayeredKind
from ncproofs.proof.wording import worded
from ncproofs.theorems.extended_ufm.layered_letters import (
    DEEP,
    EQUAL,
    LINEAR,
    UNBIASED,
    K,
    M,
    kappa,
    sigma,
    sigma_sn,
    source,
)
from ncproofs.theorems.theorem import Hypothesis, Theorem
from ncproofs.truth import Truth

LONGEST = 8
COUNT = (M, integers_from(3))


def _zero() -> Iterator[Claim]:
    inner, fit, size = sympy.symbols("q s S", real=True)
    rho, share = sympy.symbols("rho share", positive=True)
    here, there = sympy.symbols("F F_0", real=True)  # 2 K f(A) and 2 K f(0)
    yield worded(
        (here - there) / 2, -inner + fit / 2 + kappa * size / 2,
        {here: K - 2 * inner + fit + kappa * size, there: K},
        where=Domain.of((K, integers_from(2)), (kappa, positive()), (inner, real()), (fit, real()), (size, real())),
        sentence="K f(A) - K f(0) = -tr(A_L ... A_0) + |A_L ... A_0|^2/2 + (kappa/2) sum |A_l|^2", because="expand",
    )
    yield Axiom(name="Cauchy-Schwarz inequality", uses="tr(A_L ... A_0) <= sqrt(K) |A_L| ... |A_0|")
    yield Axiom(name="inequality of arithmetic and geometric means",
                uses="|A_L| ... |A_0| <= (rho^2/M)^(M/2) for rho^2 = sum |A_l|^2")
    yield Identity(
        left=kappa * rho**2 / 2 - sympy.sqrt(K) * (rho**2 / M) ** (M / 2),
        right=rho**2 * (kappa / 2 - sympy.sqrt(K) * rho ** (M - 2) / M ** (M / 2)),
        where=Domain.of(COUNT, (K, integers_from(2)), (kappa, positive()), (rho, positive())),
        sentence="so K f(A) - K f(0) >= rho^2 (kappa/2 - sqrt(K) rho^(M-2)/M^(M/2))", because="factor rho^2",
    )
    reach = share * kappa * M ** (M / 2) / (2 * sympy.sqrt(K))
    where = Domain.of(COUNT, (K, integers_from(2)), (kappa, positive()), (share, between(0, 1)))
    yield Identity(
        left=kappa / 2 - sympy.sqrt(K) * reach / M ** (M / 2), right=kappa * (1 - share) / 2, where=where,
        sentence="for rho^(M-2) = share kappa M^(M/2)/(2 sqrt K) the bracket is kappa (1 - share)/2",
        because="substitution",
    )
    yield Sign(
        expression=kappa * (1 - share) / 2, relation=">", where=where,
        sentence="zero is a strict local minimum, alone in the ball rho^(M-2) < kappa M^(M/2)/(2 sqrt K)",
        because="for M >= 3 the product is of higher order than the decay",
    )
    yield Sign(
        expression=sigma * ((M - 2) - (M - 1) * sigma), relation="<",
        where=Domain.of(COUNT, (sigma, between((M - 2) / (M - 1), 1))),
        sentence="and for kappa < kappa_c it is not global", because="e(sigma_+) < 0",
    )


def _ranks() -> Iterator[Claim]:
    yield Sign(
        expression=(2 * M - 2) * sigma - (M - 2), relation=">", where=Domain.of(COUNT, (sigma, between(sigma_sn, 1))),
        sentence="at r modes with sigma_+ every eigenvalue that is not forced to vanish by a rotation is positive",
        because="theorem layered-spectrum: the others are 2 kappa, M x^(M-2), 2 x^(M-2), kappa, and decays",
    )
    r, d = sympy.Symbol("r", integer=True, nonnegative=True), sympy.Symbol("d", integer=True, positive=True)
    zeros = (M - 1) * r * (r - 1) / 2 + (M - 1) * r * (d - r) + r * (K - r)
    stabiliser = K * (K - 1) / 2 + (M - 1) * d * (d - 1) / 2 - (
        r * (r - 1) / 2 + (K - r) * (K - r - 1) / 2 + (M - 1) * (d - r) * (d - r - 1) / 2)
    yield Identity(
        left=zeros, right=stabiliser,
        where=Domain.of((M, integers_from(2)), (K, integers_from(2)), (d, integers_from(1)), (r, integers_from(0))),
        sentence="and the number of zeros is the dimension of the orbit of rotations",
        because="dim O(K) O(d)^(M-1) less the rotations that fix the point: r modes together, unused directions freely",
    )
    yield Sign(
        expression=(2 * M - 2) * sigma - (M - 2), relation="<", where=Domain.of(COUNT, (sigma, between(0, sigma_sn))),
        sentence="any mode with sigma_- has a negative eigenvalue: a strict saddle", because="the symmetric block",
    )
    more = sympy.Symbol("g", nonnegative=True)
    yield Sign(expression=more / (2 * K), relation=">=", where=Domain.of((K, integers_from(2)), (more, nonnegative())),
               sentence="a lower rank is worth g/(2K) more for each missing mode, g = -e(sigma_+)",
               because="so for kappa < kappa_c the ranks 0, ..., min(K, widths) - 1 are spurious local minima")


def claims() -> Iterator[Claim]:
    yield from _zero()
    yield from _ranks()


def instance(problem: Layered) -> Iterator[Claim]:
    """Every rank that is not global is a spurious local minimum; a mode with sigma_- makes a saddle of known index."""
    from ncproofs.critical.layered_modes import first_order, kappa_power

    below = kappa_power(problem) < first_order(problem.factors)
    ranks = range(problem.rank) if below else range(1, problem.rank + 1)
    for rank in list(ranks)[:LONGEST]:
        yield LayeredKind(problem=problem, plus=rank, kind="local minimum")
    yield LayeredKind(problem=problem, plus=0, minus=1, kind="strict saddle")
    if problem.rank > 1:
        yield LayeredInertia(problem=problem, plus=problem.rank - 2, minus=2, negative=3)


def _between(problem: Layered) -> Truth:
    from ncproofs.critical.layered_modes import first_order, kappa_power, saddle_node

    value, M_ = kappa_power(problem), problem.factors
    return Truth.HOLDS if value < saddle_node(M_) and value != first_order(M_) else Truth.FAILS


THEOREM = Theorem(
    name="layered-spurious-minima",
    title="Two layers or more: the landscape is not benign, at any weight decay",
    statement=(
        "For L >= 2 zero is a strict local minimum for every kappa > 0. For kappa < kappa_sn the points with r modes "
        "of sigma_+ and none of sigma_- are local minima, strict modulo rotations, for every r = 0, ..., min(K, "
        "widths); those with s >= 1 modes of sigma_- are strict saddles. So for kappa < kappa_c the ranks below "
        "min(K, widths) are spurious, and for kappa_c < kappa < kappa_sn all nonzero ones are."
    ),
    idea="At zero the product of M >= 3 factors is of third order, and the decay is of second. At r modes the\n"
    "spectrum is known: its zeros are rotations, and the only eigenvalue of uncertain sign is positive at sigma_+.",
    source=source("the minimisers of the deep linear model are collapsed", "auxiliary",
                  "shows that benignity of one layer does not extend to two"),
    rests_on=("layered-spectrum",),
    covers="all L >= 2, K >= 2, n >= 1, all widths and weights",
    hypotheses=(LINEAR, UNBIASED, EQUAL, DEEP, Hypothesis("kappa < kappa_sn and kappa != kappa_c", _between)),
    family=Layered,
    general=claims,
    instance=instance,
    open_questions=("the index of points that mix sigma_+ and sigma_- is s(s+1)/2 on every instance tried",),
)
