"""The global minimum for every number of layers: a frame below kappa_c, zero beyond, and a jump in between."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.problems.layered import Layered
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, UniqueRoot
from ncproofs.proof.domain import Domain, between, integers_from, positive
from ncproofs.proof.layered_claims import LayeredAttained, LayeredGeometry, LayeredQuantity, LayeredValue
from ncproofs.proof.wording import value_at, worded
from ncproofs.theorems.extended_ufm.layered_letters import (
    EQUAL,
    LINEAR,
    UNBIASED,
    K,
    M,
    kappa,
    r,
    sigma,
    sigma_c,
    sigma_sn,
    source,
)
from ncproofs.theorems.theorem import Theorem

DEEP = (M, integers_from(3))
L = sympy.Symbol("L", integer=True, positive=True)
EDGE = sigma * ((M - 2) - (M - 1) * sigma)


def _roots() -> Iterator[Claim]:
    s = sympy.Symbol("s", positive=True)
    power = (M - 2) * sympy.log(s) + M * sympy.log(1 - s)
    inside = Domain.of(DEEP, (s, between(0, 1)))
    slope = (M - 2) - (2 * M - 2) * sigma
    yield Identity(
        left=sympy.diff(power, s), right=slope.subs(sigma, s) / (s * (1 - s)), where=inside,
        sentence="log of sigma^(M-2) (1-sigma)^M has the derivative ((M-2) - (2M-2) sigma)/(sigma (1-sigma))",
        because="termwise",
    )
    yield Sign(expression=slope, relation=">", where=Domain.of(DEEP, (sigma, between(0, sigma_sn))),
               sentence="it rises up to sigma_sn = (M-2)/(2M-2)", because="so there is one root sigma_- below it")
    yield Sign(expression=slope, relation="<", where=Domain.of(DEEP, (sigma, between(sigma_sn, 1))),
               sentence="and falls beyond, to 0 at sigma = 1", because="so there is one root sigma_+ above it")
    psi = s ** (M - 2) * (1 - s) ** M
    yield Identity(
        left=psi.subs(s, sigma_sn), right=(M - 2) ** (M - 2) * M**M / (2 * M - 2) ** (2 * M - 2), where=Domain.of(DEEP),
        sentence="kappa_sn^M = (M-2)^(M-2) M^M / (2M-2)^(2M-2), its greatest value: beyond it zero is alone",
        because="value at sigma_sn, M a symbol",
    )
    yield Identity(
        left=psi.subs(s, sigma_c), right=(M - 2) ** (M - 2) / (M - 1) ** (2 * M - 2), where=Domain.of(DEEP),
        sentence="kappa_c^M = (M-2)^(M-2) / (M-1)^(2M-2) is the strength at which sigma_+ = sigma_c = (M-2)/(M-1)",
        because="value at sigma_c, M a symbol",
    )
    yield Sign(expression=sigma_c - sigma_sn, relation=">", where=Domain.of(DEEP),
               sentence="sigma_sn < sigma_c, so kappa_c < kappa_sn", because="sigma_c = 2 sigma_sn")
    for depth in (3, 4, 5, 6):
        at = {M: sympy.Integer(depth)}
        half = sympy.Rational((depth - 2) ** (depth - 2), 2 * (depth - 1) ** (2 * depth - 2))
        for low, high, name in ((sympy.Integer(0), sigma_sn.subs(at), "sigma_-"),
                                (sigma_sn.subs(at), sympy.Integer(1), "sigma_+")):
            yield UniqueRoot(
                expression=s ** (depth - 2) * (1 - s) ** depth - half, variable=s, lower=low, upper=high,
                sentence=f"M = {depth}, kappa^M = kappa_c^M/2: exactly one {name}", because="an example of the above",
            )


def _comparison() -> Iterator[Claim]:
    yield Sign(expression=EDGE, relation=">", where=Domain.of(DEEP, (sigma, between(0, sigma_c))),
               sentence="e(sigma) > 0 below sigma_c: sigma_- always costs more than 0",
               because="sigma_- < sigma_sn < sigma_c")
    yield Sign(expression=EDGE, relation="<", where=Domain.of(DEEP, (sigma, between(sigma_c, 1))),
               sentence="e(sigma_+) < 0 exactly when sigma_+ > sigma_c, that is kappa < kappa_c",
               because="sigma_+ decreases in kappa")
    yield worded(EDGE, 0, {sigma: sigma_c}, where=Domain.of(DEEP),
                 sentence="at kappa = kappa_c every rank with sigma_c is worth exactly as much as zero",
                 because="a first-order transition: sigma jumps from (M-2)/(M-1) to 0")
    gain = sympy.Symbol("g", positive=True)
    yield Sign(
        expression=(1 - r * gain / K) / 2 - (1 - (r + 1) * gain / K) / 2, relation=">",
        where=Domain.of((K, integers_from(2)), (r, integers_from(0)), (gain, positive())),
        sentence="where e(sigma_+) = -g < 0 one more direction lowers f: the rank is min(K, widths)",
        because="f = (1/2) (1 - r g/K)",
    )
    yield Axiom(name="a continuous coercive function attains its minimum",
                uses="the minimiser exists, so it is one of the critical points of layered-reduction, and these are "
                     "compared")


def _one_layer() -> Iterator[Claim]:
    where = Domain.of((kappa, positive()))
    yield Identity(
        left=(1 - sigma) ** 2 + 2 * kappa * sigma, right=1 - (1 - kappa) ** 2 + (sigma - 1 + kappa) ** 2, where=where,
        sentence="one layer (M = 2): a mode is worth 1 - (1-kappa)^2 at sigma = 1 - kappa, if kappa < 1",
        because="completing the square: the transition is continuous and kappa_c = kappa_sn = 1",
    )


def _known_forms() -> Iterator[Claim]:
    y, x, where = 4 * kappa / 3, sympy.Symbol("x", positive=True), Domain.of((kappa, positive()))
    yield Identity(
        left=y**4 - y + kappa, right=kappa * (256 * kappa**3 - 27) / 81, where=where,
        sentence="two layers (M = 3): x^4 - x + kappa vanishes at x = 4 kappa/3 for kappa^3 = 27/256", because="expand",
    )
    yield worded(value_at(sympy.Derivative(x**4 - x + kappa, x), x, y), (256 * kappa**3 - 27) / 27, {}, where=where,
                 sentence="and so does its derivative: the two roots meet at kappa_sn", because="expand")
    threshold = ((L - 1) ** (L - 1) / L ** (2 * L)) ** (1 / L)
    yield Identity(
        left=L * threshold, right=(L - 1) ** ((L - 1) / L) / L, where=Domain.of((L, integers_from(2))),
        sentence="the threshold L K (K n lambda_H lambda_1 ... lambda_L)^(1/L) = (L-1)^((L-1)/L)/L is the same: it "
                 "is L kappa^((L+1)/L)",
        because="kappa_c^(L+1) = (L-1)^(L-1)/L^(2L)",
    )


def claims() -> Iterator[Claim]:
    yield from _roots()
    yield from _comparison()
    yield from _one_layer()
    yield from _known_forms()


def instance(problem: Layered) -> Iterator[Claim]:
    """Geometry, value and the minimiser itself; for one layer also every quantity that is a radical."""
    from ncproofs.critical.layered_closed import layered_closed_form
    from ncproofs.critical.layered_optimum import layered_regime

    regime = layered_regime(problem)
    if regime.geometry in ("orthogonal frame", "simplex ETF", "intermediate frame", "orthogonal means", "zero"):
        yield LayeredGeometry(problem=problem, geometry=regime.geometry)
    elif problem.has_bias and not problem.balanced:  # outside the theorems, and false there
        yield LayeredGeometry(problem=problem, geometry="simplex ETF")
    value = layered_closed_form(problem, regime, "objective")
    yield LayeredValue(problem=problem, value=sympy.Rational(1, 2) if value is None else value,
                       relation="<=" if value is None else "==")
    for quantity in ("alpha", "beta", "bias", "feature_norm_sq", "cosine"):
        value = layered_closed_form(problem, regime, quantity)
        if value is not None:
            yield LayeredQuantity(problem=problem, quantity=quantity, value=value)
    yield LayeredAttained(problem=problem)


THEOREM = Theorem(
    name="layered-optimum",
    title="The global minimum of the layered model, for every depth, and its first-order transition",
    statement=(
        "Let M = L + 1, kappa = K (n lambda_H lambda_1 ... lambda_L)^(1/M), kappa_c^M = (M-2)^(M-2)/(M-1)^(2M-2). "
        "For kappa < kappa_c the global minimisers are W_L ... W_1 H_bar = sigma_+ Pi, Pi a projector of rank min(K, "
        "widths): for widths >= K orthogonal frames in every layer. For kappa > kappa_c the minimiser is zero; for "
        "kappa = kappa_c and two layers or more every rank with sigma = (M-2)/(M-1) is global. One layer: sigma = 1 "
        "- kappa, kappa_c = 1."
    ),
    idea=(
        "A minimiser exists and is a critical point, so it is in the list of layered-reduction. Its directions are\n"
        "independent and each is worth 1 + e(sigma): only the sign of e(sigma_+) matters, which changes at sigma_c."
    ),
    source=source("without a bias the minimisers of the two-layer linear model are orthogonal frames in every layer",
                  "stronger", "every depth, width and weight; the transition is compared exactly"),
    rests_on=("layered-reduction",),
    covers="all L >= 1, K >= 2, n >= 1, all widths and weights",
    hypotheses=(LINEAR, UNBIASED, EQUAL),
    family=Layered,
    general=claims,
    instance=instance,
)
