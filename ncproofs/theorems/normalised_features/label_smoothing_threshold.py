"""Label smoothing on spheres: the temperature up to which collapse is optimal, and what replaces it."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.problems.features import Spheres
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign
from ncproofs.proof.domain import Domain, between, integers_from, positive, real
from ncproofs.proof.sphere_claims import DualCertificate, SphereGeometry, SphereInertia, SphereValue
from ncproofs.theorems.normalised_features.sphere_optimum import SOURCE, has_room
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

K, n = sympy.symbols("K n", integer=True, positive=True)
tau, alpha, x = sympy.symbols("tau alpha x", positive=True)
t, y = sympy.symbols("t y", real=True)

_CLASSES, _WEIGHT = (K, integers_from(2)), (alpha, between(0, 1))
#: e^threshold: the odds of the right class against a wrong one in the smoothed label.
_ODDS = 1 + K * (1 - alpha) / alpha


def _scalar_problem() -> Iterator[Claim]:
    where = Domain.of(_CLASSES, _WEIGHT, (t, real()))
    loss = sympy.log(1 + (K - 1) * sympy.exp(t)) - alpha * (K - 1) / K * t
    yield Sign(
        expression=loss.diff(t, 2), relation=">", where=where,
        sentence="psi(t) - alpha (K-1)/K t is strictly convex in the mean gap t", because="psi'' > 0",
    )
    yield Identity(
        left=loss.diff(t).subs(t, -sympy.log(_ODDS)), right=sympy.Integer(0), where=Domain.of(_CLASSES, _WEIGHT),
        sentence="it is least at t = -log(1 + K(1-alpha)/alpha)", because="q = alpha/K there",
    )
    yield Axiom(name="Jensen's inequality", uses="l >= psi(t) - alpha (K-1)/K t, equality iff the wrong logits agree")


def _slope() -> Iterator[Claim]:
    where = Domain.of(_CLASSES, _WEIGHT, (x, positive()))
    # e^gap = odds + x beyond the threshold, and 1 + y below it.
    beyond = 1 / (_ODDS + x + K - 1) - alpha / K
    yield Sign(
        expression=beyond, relation="<", where=where,
        sentence="beyond the threshold g = q - alpha/K < 0", because="q = 1/(e^gap + K - 1) falls with the gap",
    )
    inside = Domain.of(_CLASSES, _WEIGHT, (y, between(0, K * (1 - alpha) / alpha)))
    yield Sign(
        expression=1 / (1 + y + K - 1) - alpha / K, relation=">", where=inside,
        sentence="below the threshold g > 0, so Phi'(1) < 0 and the chain L1-L6 applies",
        because="1 < e^gap < 1 + K(1-alpha)/alpha",
    )
    yield Sign(
        expression=tau * beyond / n, relation="<",
        where=Domain.of(_CLASSES, (n, integers_from(1)), _WEIGHT, (x, positive()), (tau, positive())),
        sentence="beyond it and for d >= K the eigenvalue tau g/n perpendicular to the ETF is negative",
        because="theorem sphere-spectrum: collapse is a strict saddle",
    )


def _tilted() -> Iterator[Claim]:
    edge = sympy.Symbol("theta", positive=True)
    where = Domain.of(_CLASSES, (tau, positive()), (edge, positive()))
    sine2 = edge * (K - 1) / (tau * K)
    yield Identity(
        left=tau * (1 - (1 - sine2 - sine2 / (K - 1))), right=edge, where=where,
        sentence="w_k = h_{k,i} = (sin t ETF_k, cos t), sin^2 t = theta (K-1)/(tau K), has logit gap theta",
        because="<w_j, w_k> = cos^2 t - sin^2 t/(K-1); it needs tau K/(K-1) >= theta and d >= K",
    )
    p, q = (1 - alpha) + alpha / K, alpha / K
    yield Identity(
        left=sympy.log(1 + (K - 1) / _ODDS) + alpha * (K - 1) / K * sympy.log(_ODDS),
        right=-p * sympy.log(p) - (K - 1) * q * sympy.log(q), where=Domain.of(_CLASSES, _WEIGHT),
        sentence="the least loss of a sample is the entropy of its smoothed label", because="the softmax equals it",
    )


def claims() -> Iterator[Claim]:
    yield from _scalar_problem()
    yield from _slope()
    yield from _tilted()


def instance(problem: Spheres) -> Iterator[Claim]:
    """Which side of the threshold, the geometry there, and the minimum."""
    from ncproofs.critical.sphere_optimum import closed_form, sphere_regime

    if problem.d < problem.K - 1:
        yield SphereGeometry(problem=problem, geometry="simplex ETF")
        return
    regime = sphere_regime(problem)
    yield SphereGeometry(problem=problem, geometry=regime.geometry)
    value = closed_form(problem, regime, "objective")
    if regime.truth is Truth.HOLDS and value is not None:
        yield SphereValue(problem=problem, value=value)
    if regime.name == "collapse" and regime.truth is Truth.HOLDS:
        yield SphereInertia(problem=problem, negative=0)
        yield DualCertificate(problem=problem)


def is_smoothed(problem: Spheres) -> Truth:
    """Label smoothing with 0 < alpha < 1, recognised by its expression."""
    from ncproofs.critical.profiles import profile_of
    from ncproofs.errors import OutOfScope

    try:
        profile = profile_of(problem.loss)
    except OutOfScope:
        return Truth.FAILS
    return Truth.HOLDS if profile.kind == "linear" and profile.tilt else Truth.FAILS


def is_below_or_wide(problem: Spheres) -> Truth:
    """tau K/(K-1) <= log(1 + K(1-alpha)/alpha), or d >= K."""
    from ncproofs.critical.sphere_optimum import sphere_regime

    if problem.d >= problem.K or is_smoothed(problem) is Truth.FAILS or has_room(problem) is Truth.FAILS:
        return Truth.HOLDS
    return sphere_regime(problem).truth


THEOREM = Theorem(
    name="label-smoothing-threshold",
    title="Label smoothing on spheres: collapse up to a temperature, a tilted ETF beyond it",
    statement=(
        "For label smoothing with 0 < alpha < 1 let theta = log(1 + K(1-alpha)/alpha). If d >= K-1 and "
        "tau K/(K-1) <= theta, the global minimisers are exactly the simplex ETFs with h = w. If d >= K and "
        "tau K/(K-1) > theta, the minimum is the entropy of the smoothed label, attained by the tilted ETF "
        "w_k = h_{k,i} = (sin t ETF_k, cos t), sin^2 t = theta (K-1)/(tau K); there the simplex ETF is a strict saddle."
    ),
    idea="One sample's loss is convex in its mean logit gap and least at gap theta, which unit vectors at temperature\n"
    "tau can exceed once tau K/(K-1) > theta.",
    source=Source(
        paper=SOURCE.paper, arxiv=SOURCE.arxiv,
        quoted="cross-entropy; label smoothing is not treated there", relation="auxiliary",
        note="so collapse is not optimal at every temperature once labels are smoothed",
    ),
    rests_on=("sphere-spectrum",),
    covers="all K >= 2, n >= 1, 0 < alpha < 1, tau > 0; d >= K-1 below and d >= K beyond the threshold",
    hypotheses=(
        Hypothesis("the loss is label smoothing, 0 < alpha < 1", is_smoothed),
        Hypothesis("d >= K - 1", has_room),
        Hypothesis("tau K/(K-1) is at most the threshold, or d >= K", is_below_or_wide),
    ),
    general=claims,
    instance=instance,
    family=Spheres,
    open_questions=("d = K - 1 beyond the threshold: for K = 3 collapse survives slightly longer",),
)
