"""Unequal classes in the layered model: every class has its own strength, and the small ones vanish first."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, Tensor, delta, total
from ncproofs.problems.layered import Layered
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, between, integers_from, positive
from ncproofs.proof.layered_claims import LayeredAttained, LayeredGeometry, LayeredValue
from ncproofs.theorems.extended_ufm.layered_letters import LINEAR, UNBIASED, K, M, d, source, x
from ncproofs.theorems.theorem import Theorem

s, beta, size, tau = sympy.symbols("s beta n_k tau", positive=True)
j, k, a = Index("j", K), Index("k", K), Index("a", d)


def _separation() -> Iterator[Claim]:
    P, mean, root = Tensor("P", (K, d)), Tensor("H", (d, K)), Tensor("g", (K,))
    error = total(P[j, a] * mean[a, k], a) - delta(j, k)
    yield SumIdentity(
        left=total(root[k] ** 2 * error**2, j, k),
        right=total((total(P[j, a] * mean[a, k] * root[k], a) - root[k] * delta(j, k)) ** 2, j, k),
        sentence="sum n_k |W h_k - e_k|^2 = |W G - D|^2 with G = H_bar D, D = diag(sqrt n_k)",
        because="g_k = sqrt(n_k)",
    )
    yield Axiom(name="a continuous coercive function attains its minimum",
                uses="a minimiser exists, and its factors are balanced: the decay is M beta sum sigma_i^(2/M)/2")
    yield Axiom(name="von Neumann's trace inequality", uses="|Z - D|^2 >= sum (sigma_i(Z) - sqrt(n_(i)))^2, sorted")
    yield Axiom(name="equality case of von Neumann's trace inequality",
                uses="Z and D share singular vectors, so the class means are orthogonal")


def claims() -> Iterator[Claim]:
    yield from _separation()
    where = Domain.of((M, integers_from(2)), (s, positive()), (beta, positive()), (tau, positive()))
    own = beta * s ** (-2 * (M - 1) / M)
    yield Identity(
        left=(s - s * tau) ** 2 / 2 + M * beta / 2 * (s * tau) ** (2 / M),
        right=s**2 * ((1 - tau) ** 2 / 2 + M * own / 2 * tau ** (2 / M)), where=where,
        sentence="class k is a mode of strength kappa_k = beta n_k^(-(M-1)/M), beta = N (lambda_H lambda_1 ... "
                 "lambda_L)^(1/M)",
        because="sigma = sqrt(n_k) tau",
    )
    yield Identity(
        left=(beta * size ** (-(M - 1) / M)) ** M, right=beta**M / size ** (M - 1),
        where=Domain.of((M, integers_from(2)), (size, positive()), (beta, positive())),
        sentence="kappa_k^M = N^M lambda_H lambda_1 ... lambda_L/n_k^(M-1) is rational", because="power of a power",
    )
    more = sympy.Symbol("m", positive=True)
    yield Sign(
        expression=beta / s - beta / (s + more), relation=">",
        where=Domain.of((s, positive()), (more, positive()), (beta, positive())),
        sentence="one layer: larger classes have the smaller strength, so the smallest class vanishes first",
        because="kappa_k = beta/s with s = sqrt(n_k)",
    )
    yield Sign(
        expression=(s + more) * x - s * x, relation=">",
        where=Domain.of((s, positive()), (more, positive()), (x, positive())),
        sentence="for every depth a larger class gains more: max over sigma of s sigma - sigma^2/2 - (M beta/2) "
                 "sigma^(2/M) increases in s = sqrt(n_k)",
        because="s sigma does for every sigma > 0; so too few dimensions leave out the smallest classes",
    )
    yield Identity(
        left=(1 - x**M) ** 2 + M * (x ** (M - 2) * (1 - x**M)) * x**2,
        right=1 + (M - 2) * x**M - (M - 1) * x ** (2 * M),
        where=Domain.of((M, integers_from(2)), (x, between(0, 1))),
        sentence="so f = (1/2N) sum n_k (1 + min(0, e(tau_k)))", because="value of a mode",
    )


def instance(problem: Layered) -> Iterator[Claim]:
    from ncproofs.critical.layered_closed import layered_closed_form
    from ncproofs.critical.layered_optimum import layered_regime

    regime = layered_regime(problem)
    if regime.geometry in ("orthogonal means", "orthogonal frame", "zero"):
        yield LayeredGeometry(problem=problem, geometry=regime.geometry)
    elif problem.has_bias:  # outside the theorem, and false there
        yield LayeredGeometry(problem=problem, geometry="orthogonal means")
    value = layered_closed_form(problem, regime, "objective")
    if value is not None:
        yield LayeredValue(problem=problem, value=value)
    yield LayeredAttained(problem=problem)


THEOREM = Theorem(
    name="layered-imbalance",
    title="Unequal classes: orthogonal means of unequal length, and the small classes vanish first",
    statement=(
        "Without a bias, with n_k samples of class k, N = sum n_k and beta = N (lambda_H lambda_1 ... "
        "lambda_L)^(1/M), the minimisers (widths >= K) have orthogonal class means with W_L ... W_1 h_k = tau_k e_k, "
        "where tau_k is the larger root of tau^(M-2) (1-tau)^M = kappa_k^M if kappa_k < kappa_c and 0 beyond, "
        "kappa_k = beta n_k^(-(M-1)/M). So class k survives iff beta < kappa_c n_k^((M-1)/M) (one layer: N "
        "sqrt(lambda_W lambda_H) < sqrt(n_k))."
    ),
    idea="Weighting the class means by sqrt(n_k) turns the targets into diag(sqrt n_k). At a minimiser the\n"
    "factors are balanced, von Neumann's inequality separates the classes, and each is a mode of its own.",
    source=source("minority classes collapse first under imbalance", "stronger", "every depth, exact thresholds"),
    notation=(
        ("tau", "sigma/sqrt(n_k), see the statement"),
        ("M", "L + 1, the number of factors"),
    ),
    covers="all L >= 1, K >= 2, all class sizes, widths and weights",
    hypotheses=(LINEAR, UNBIASED),
    family=Layered,
    general=claims,
    instance=instance,
)
