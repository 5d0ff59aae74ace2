"""One layer has no spurious minima, for any width: every critical point that is not global has an explicit way down."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.problems.layered import Layered
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign
from ncproofs.proof.domain import Domain, between, integers_from, positive
from ncproofs.proof.layered_claims import BenignLayeredLandscape, LayeredKind
from ncproofs.theorems.extended_ufm.layered_letters import EQUAL, LINEAR, UNBIASED, K, r, source
from ncproofs.theorems.theorem import Hypothesis, Theorem
from ncproofs.truth import Truth

p, q, c = sympy.symbols("lambda_W lambda_H c", positive=True)
WEIGHTS = Domain.of((p, positive()), (q, positive()), (c, positive()))
LONGEST = 12


def claims() -> Iterator[Claim]:
    g = sympy.sqrt(p * q)
    yield Identity(
        left=p * sympy.sqrt(q) ** 2 - 2 * g / c * sympy.sqrt(p * q) + q * sympy.sqrt(p) ** 2,
        right=2 * p * q * (1 - 1 / c),
        where=WEIGHTS,
        sentence="along W + t sqrt(lambda_H) u v^T, H + t sqrt(lambda_W) v u^T (x) 1^T/sqrt(n), with u a missing "
                 "class and v an unused feature, the second derivative is 2 lambda_W lambda_H (1 - 1/c)",
        because="the block is [[lambda_W, -g/c], [-g/c, lambda_H]], g = sqrt(lambda_W lambda_H), c = kappa",
    )
    yield Sign(
        expression=2 * p * q * (1 - 1 / c), relation="<",
        where=Domain.of((p, positive()), (q, positive()), (c, between(0, 1))),
        sentence="which is negative for c < 1: every rank below min(K, d) is a strict saddle", because="1/c > 1",
    )
    yield Identity(
        left=(p + q) ** 2 / 4 - ((p - q) ** 2 / 4 + p * q / c**2), right=p * q * (1 - 1 / c**2), where=WEIGHTS,
        sentence="the block has determinant lambda_W lambda_H (1 - 1/c^2): singular at c = 1, positive beyond",
        because="product of its eigenvalues (p+q)/2 +- sqrt((p-q)^2/4 + pq/c^2)",
    )
    where = Domain.of((K, integers_from(2)), (r, integers_from(0)), (c, between(0, 1)))
    yield Identity(
        left=(r * (c**2 + 2 * c * (1 - c)) + (K - r)) / (2 * K), right=(1 - r * (1 - c) ** 2 / K) / 2, where=where,
        sentence="rank r is worth (1/2)[1 - (r/K)(1-c)^2]", because="r modes at 1 - c, the others at 0",
    )
    gap = (1 - r * (1 - c) ** 2 / K) / 2 - (1 - (r + 1) * (1 - c) ** 2 / K) / 2
    yield Sign(expression=gap, relation=">", where=where, sentence="so the largest rank, min(K, d), is global",
               because="each rank gains (1-c)^2/(2K)")
    yield Axiom(name="a continuous coercive function attains its minimum", uses="the minimiser is one of these points")


def instance(problem: Layered) -> Iterator[Claim]:
    """The landscape, and the kind of the critical points of each rank."""
    from ncproofs.critical.layered_points import critical_points

    yield BenignLayeredLandscape(problem=problem)
    if not problem.has_bias and problem.balanced and not problem.relu:
        for point in critical_points(problem, digits=6)[:LONGEST]:
            kind = "strict saddle" if point.kind != "global minimum" else point.kind
            yield LayeredKind(problem=problem, plus=point.plus, minus=point.minus, kind=kind)


THEOREM = Theorem(
    name="layered-benign",
    title="One layer: every critical point is a global minimum or a strict saddle, for every width",
    statement=(
        "Let c = K sqrt(n lambda_W lambda_H). For c < 1 the critical points of the one-layer model without a bias "
        "are the points of rank r = 0, ..., min(K, d) with W H_bar = (1-c) Pi, in families of dimension r(K+d) - "
        "(3r^2+r)/2; the largest rank is global and every other one is a strict saddle with an explicit descent "
        "direction. For c >= 1 only zero is critical, and it is the global minimum."
    ),
    idea="With one layer the product of an unused feature direction and a missing class appears at second order, with\n"
    "weight -1/c against the decay; with two layers or more it does not.",
    source=source("the landscape of the one-layer model is benign", "stronger",
                  "every width d >= 1; with a bias this is theorem mse-landscape"),
    covers="all K >= 2, n >= 1, d >= 1, all weights",
    hypotheses=(LINEAR, UNBIASED, EQUAL,
                Hypothesis("there is one layer", lambda problem: Truth.HOLDS if problem.layers == 1 else Truth.FAILS)),
    family=Layered,
    general=claims,
    instance=instance,
)
