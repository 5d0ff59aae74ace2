"""A bias in the layered model: an exact simplex ETF up to a threshold of its weight, then an intermediate frame."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, Tensor, delta, total
from ncproofs.problems.layered import Layered
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, between, integers_from, nonnegative, positive
from ncproofs.proof.wording import value_at, worded
from ncproofs.theorems.extended_ufm import layered_optimum
from ncproofs.theorems.extended_ufm.layered_letters import EQUAL, LINEAR, K, M, kappa, lb, sigma, sigma_c, source
from ncproofs.theorems.theorem import Hypothesis, Theorem
from ncproofs.truth import Truth

j, k = Index("j", K), Index("k", K)
Z, b = Tensor("Z", (K, K)), Tensor("b", (K,))
share = lb / (1 + lb)
bound, A, beta = sympy.symbols("kappa_c A beta", positive=True)
B = sympy.Symbol("B", nonnegative=True)


def _elimination() -> Iterator[Claim]:
    error = Z[j, k] - delta(j, k)
    mean = total(error, k) / K
    best = -mean / (1 + lb)
    centred, along = total((error - mean) ** 2, j, k), K * total(mean**2, j)
    yield SumIdentity(
        left=total((error + b[j]) ** 2, j, k) / (2 * K) + lb / 2 * total(b[j] ** 2, j),
        right=(centred + share * along) / (2 * K) + (1 + lb) / 2 * total((b[j] - best) ** 2, j),
        sentence="eliminating b = (1 - Z1)/(K(1 + lambda_b)) leaves |(Z-I)P|^2 + kappa_b |(Z-I)11^T/K|^2, kappa_b = "
                 "lambda_b/(1 + lambda_b)",
        because="completing the square in b; it also fixes the bias",
    )
    yield SumIdentity(
        left=centred + share * along, right=share * total(error**2, j, k) + (1 - share) * centred,
        sentence="the same is kappa_b |Z - I|^2 + (1 - kappa_b) |ZP - P|^2, P = I - 11^T/K", because="Pythagoras",
    )


def _bound() -> Iterator[Claim]:
    yield Axiom(name="a continuous coercive function attains its minimum",
                uses="a minimiser exists; its factors are balanced, so their decay is M kappa sum sigma_i(Z)^(2/M)")
    yield Axiom(name="von Neumann's trace inequality",
                uses="|Z - I|^2 >= sum (1 - sigma_i(Z))^2 and |ZP - P|^2 >= sum over K - 1 of (1 - sigma_i(ZP))^2")
    yield Axiom(name="singular values do not grow under a projector",
                uses="sigma_i(ZP) <= sigma_i(Z); clipping at 1 lowers the bound's terms, and leaves K - 1 class "
                     "modes and one of weight kappa_b")
    yield Axiom(name="equality case of von Neumann's trace inequality",
                uses="a minimiser shares singular vectors with I and with P: Z = alpha P + beta 11^T/K")
    yield Identity(
        left=share * (1 - beta) ** 2 + M * kappa * beta ** (2 / M),
        right=share * ((1 - beta) ** 2 + M * (kappa / share) * beta ** (2 / M)),
        where=Domain.of((M, integers_from(2)), (kappa, positive()), (lb, positive()), (beta, positive())),
        sentence="the mean direction is a mode of strength kappa/kappa_b and weight kappa_b",
        because="so alpha = sigma*(kappa) and beta = sigma*(kappa/kappa_b), 0 from kappa_c on",
    )
    yield Sign(
        expression=kappa / share - kappa, relation=">", where=Domain.of((kappa, positive()), (lb, positive())),
        sentence="its strength is the larger one: beta < alpha, and it is the first to vanish", because="kappa_b < 1",
    )


def _threshold() -> Iterator[Claim]:
    where = Domain.of((bound, positive()), (kappa, between(0, bound)))
    star = kappa / (bound - kappa)
    yield Identity(
        left=(kappa / share).subs(lb, star), right=bound, where=where,
        sentence="kappa/kappa_b = kappa_c at lambda_b* = kappa/(kappa_c - kappa)", because="substitution",
    )
    yield Sign(
        expression=kappa / share - bound, relation=">", where=Domain.of(*where.ranges, (lb, between(0, star))),
        sentence="for lambda_b < lambda_b* the mean direction is absent: an exact simplex ETF, not only for lambda_b "
                 "= 0",
        because="kappa/kappa_b decreases in lambda_b",
    )
    yield worded(
        sigma * ((M - 2) - (M - 1) * sigma), 0, {sigma: sigma_c},
        where=Domain.of((M, integers_from(3))),
        sentence="for two layers or more beta jumps from 0 to (M-2)/(M-1) at lambda_b*, where both are global",
        because="e(sigma_c) = 0",
    )


def _geometry() -> Iterator[Claim]:
    P = delta(j, k) - 1 / K
    row = Index("i", K)
    left = (delta(j, row) - 1 / K, delta(row, k) - 1 / K)
    yield SumIdentity(left=total(left[0] * left[1], row), right=P,
                      sentence="P = I - 11^T/K is a projector", because="direct multiplication")
    where = Domain.of((K, integers_from(2)), (A, positive()), (B, nonnegative()))
    cosine = ((B - A) / K) / (A * (1 - 1 / K) + B / K)
    yield Identity(left=cosine, right=(B - A) / (B + (K - 1) * A), where=where,
                   sentence="class means with the Gram matrix A P + B 11^T/K have the cosine (B-A)/(B+(K-1)A)",
                   because="its entries are A(1-1/K) + B/K and (B-A)/K; A = alpha^(2/M), B = beta^(2/M)")
    yield worded(value_at((B - A) / (B + (K - 1) * A), B, 0), -1 / (K - 1), {}, where=where,
                 sentence="beta = 0 gives -1/(K-1), a simplex ETF", because="substitution")
    one = Domain.of((K, integers_from(2)), (lb, positive()), (kappa, between(0, share)))
    at = {A: 1 - kappa, B: 1 - kappa - kappa / lb}
    yield Identity(
        left=((B - A) / (B + (K - 1) * A)).subs(at, simultaneous=True),
        right=-(kappa / lb) / (K * (1 - kappa) - kappa / lb), where=one,
        sentence="one layer: the cosine is -(kappa/lambda_b)/(K(1-kappa) - kappa/lambda_b), 0 only for lambda_b -> oo",
        because="alpha = 1 - kappa, beta = 1 - kappa - kappa/lambda_b",
    )
    yield Identity(
        left=(1 - (1 - kappa - kappa / lb)) / (K * (1 + lb)), right=kappa / (K * lb), where=one,
        sentence="and the bias is kappa/(K lambda_b)", because="b = (1 - beta)/(K (1 + lambda_b))",
    )


def claims() -> Iterator[Claim]:
    yield from _elimination()
    yield from _bound()
    yield from _threshold()
    yield from _geometry()


THEOREM = Theorem(
    name="layered-bias",
    title="Layered models with a bias: an exact simplex ETF up to lambda_b*, an intermediate frame beyond",
    statement=(
        "With kappa_b = lambda_b/(1 + lambda_b) and sigma*(t) the larger root of sigma^(M-2) (1-sigma)^M = t^M for "
        "t < kappa_c, else 0, the minimisers for widths >= K have W_L ... W_1 H_bar = alpha (I - 11^T/K) + "
        "beta 11^T/K, alpha = sigma*(kappa), beta = sigma*(kappa/kappa_b) (0 for lambda_b = 0), "
        "b = (1-beta)/(K(1+lambda_b)). So the class means are an exact simplex ETF for every 0 <= lambda_b < lambda_b* "
        "= kappa/(kappa_c - kappa) (widths >= K - 1 suffice), and approach an orthogonal frame only as lambda_b -> oo. "
        "For two layers or more beta jumps at lambda_b*."
    ),
    idea=(
        "The bias is eliminated by a square and leaves weight kappa_b on the mean. At a minimiser the factors are\n"
        "balanced, and von Neumann's inequality, once for I and once for P, bounds the loss by K - 1 modes\n"
        "of strength kappa and one of strength kappa/kappa_b."
    ),
    source=source("with an unregularised bias the minimisers are simplex ETFs, without a bias orthogonal frames",
                  "stronger", "every bias weight and depth: the simplex ETF is exact up to lambda_b*"),
    rests_on=("layered-optimum",),
    covers="all L >= 1, K >= 2, n >= 1, all weights, widths >= K - 1",
    hypotheses=(LINEAR, EQUAL, Hypothesis("there is a bias", lambda p: Truth.HOLDS if p.has_bias else Truth.FAILS)),
    family=Layered,
    general=claims,
    instance=layered_optimum.instance,
)
