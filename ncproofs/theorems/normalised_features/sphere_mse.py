"""The mean squared error on spheres: an orthonormal frame, not a simplex ETF; its projected form is different."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.problems.features import Spheres
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign
from ncproofs.proof.domain import Domain, Range, between, integers_from, nonnegative, positive, real
from ncproofs.proof.sphere_claims import DualCertificate, SphereGeometry, SphereSpectrum, SphereValue
from ncproofs.proof.wording import worded
from ncproofs.theorems.normalised_features.sphere_optimum import SOURCE
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

K, n = sympy.symbols("K n", integer=True, positive=True)
tau = sympy.Symbol("tau", positive=True)
c, z, rest, t = sympy.symbols("c z rho t", real=True)
most, more = sympy.symbols("m delta", positive=True)

_LARGEST = 110


def _plain() -> Iterator[Claim]:
    yield Identity(
        left=((z - 1) ** 2 + rest**2) / 2 - (1 - z) ** 2 / 2, right=rest**2 / 2,
        where=Domain.of((z, real()), (rest, real())),
        sentence="l - (1 - z_y)^2/2 = |wrong logits|^2/2 >= 0", because="|z - e_y|^2 split by class",
    )
    cool = Range(sympy.Integer(0), sympy.Integer(1), lower_open=True)
    below = Domain.of((tau, cool), (z, between(-tau, tau, closed=True)))
    yield Sign(
        expression=(1 - z) ** 2 - (1 - tau) ** 2, relation=">=", where=below,
        sentence="z_y <= tau <= 1 gives (1 - z_y)^2 >= (1 - tau)^2", because="1 - z falls to 1 - tau >= 0",
    )
    yield Axiom(name="Cauchy-Schwarz inequality", uses="z_y = tau <w_y, h> <= tau, equality iff h = w_y")
    sizes = Domain.of((K, integers_from(2)), (tau, positive()))
    etf = ((1 - tau) ** 2 + tau**2 / (K - 1)) / 2
    yield Sign(
        expression=etf - (1 - tau) ** 2 / 2, relation=">", where=sizes,
        sentence="the simplex ETF has value ((1-tau)^2 + tau^2/(K-1))/2, above that of the orthonormal frame",
        because="its wrong logits are -tau/(K-1), those of the frame are 0",
    )


def _tight() -> Iterator[Claim]:
    """d < K: M = W^T H for one sample a class, of rank at most d, trace x <= K and squared norm s."""
    d, s, x = sympy.Symbol("d", positive=True), sympy.Symbol("s", nonnegative=True), sympy.Symbol("x", real=True)
    slack = sympy.Symbol("sigma", nonnegative=True)
    yield Axiom(name="singular value decomposition", uses="|tr M| is at most the sum of the singular values of M")
    yield Axiom(name="Cauchy-Schwarz inequality",
                uses="at most d of them are not 0: (tr M)^2 <= d |M|^2, equality iff M = (tr M/d) times a projector of "
                     "rank d; and tr M = sum_k <w_k, h_k> <= K, equality iff h = w")
    where = Domain.of((tau, positive()), (d, positive()), (s, nonnegative()), (x, real()))
    yield worded(
        tau**2 * s - 2 * tau * x + K - (tau**2 * x**2 / d - 2 * tau * x + K), tau**2 * slack / d,
        {slack: d * s - x**2}, where=where,
        sentence="|tau M - I|^2 = tau^2 |M|^2 - 2 tau tr M + K is at least tau^2 (tr M)^2/d - 2 tau tr M + K",
        because="sigma = d |M|^2 - (tr M)^2 >= 0",
    )
    gap, room = sympy.symbols("g r", nonnegative=True)  # K - x and d - tau K
    yield Sign(
        expression=(tau**2 * (K - gap) ** 2 / d - 2 * tau * (K - gap) - tau**2 * K**2 / d + 2 * tau * K).subs(
            d, tau * K + room), relation=">=",
        where=Domain.of((K, integers_from(2)), (tau, positive()), (gap, nonnegative()), (room, nonnegative())),
        sentence="for tau K <= d that falls up to tr M = K: its least value is tau^2 K^2/d - 2 tau K + K",
        because="the difference is tau g (2 r + tau g)/d with g = K - tr M, r = d - tau K",
    )
    yield Identity(
        left=(tau**2 * K**2 / d - 2 * tau * K + K) / (2 * K), right=(1 - 2 * tau + tau**2 * K / d) / 2,
        where=Domain.of((K, integers_from(2)), (tau, positive()), (d, positive())),
        sentence="over 2K it is (1 - 2 tau + tau^2 K/d)/2, the value of unit-norm tight frames W W^T = (K/d) I with "
                 "h = w, which exist for every d <= K",
        because="M = W^T W is K/d times a projector of rank d, with trace K",
    )


def _exact_fit() -> Iterator[Claim]:
    where = Domain.of((K, integers_from(2)), (c, between(0, 1)))
    inverse = (1 + c * (K - 2)) / ((1 - c) * (1 + c * (K - 1)))
    # (1-c) I + c J has the inverse (I - c/(1 + c(K-1)) J)/(1-c).
    yield Identity(
        left=(1 - c / (1 + c * (K - 1))) / (1 - c), right=inverse, where=where,
        sentence="equal inner products c: the dual basis has squared length (1 + c(K-2))/((1-c)(1+c(K-1)))",
        because="the diagonal of the inverse Gram matrix",
    )
    yield worded(
        inverse, 1, {c: sympy.Integer(0)}, where=Domain.of((K, integers_from(2))),
        sentence="it is 1 at c = 0 and tends to infinity at c = 1",
    )
    yield Axiom(name="intermediate value theorem",
                uses="for tau > 1 some c makes it tau^2: the dual basis over tau is unit, its logits are e_y")


def _projected() -> Iterator[Claim]:
    hot = (K - 1) / K + more
    where = Domain.of((K, integers_from(2)), (t, real()))
    yield Identity(
        left=((K - 1) * (-t - 1) ** 2 / K**2 * (K - 1) + (K - 1) * ((t + 1) / K) ** 2) / 2,
        right=(K - 1) * (t + 1) ** 2 / (2 * K), where=where,
        sentence="projected: with equal wrong logits and mean gap t the loss is (K-1)(t + 1)^2/(2K)",
        because="the centred residual is -(t+1) (e_y - 1/K); unequal wrong logits only add to it",
    )
    cool = Range(sympy.Integer(0), sympy.Integer(1), lower_open=True)
    yield Axiom(name="Jensen's inequality", uses="(t+1)^2 is convex: the mean loss is at least that at the mean gap")
    yield Axiom(name="Cauchy-Schwarz inequality",
                uses="the mean gap is at least -tau K/(K-1), with equality only where sum w_k = 0 and h = w_y")
    yield Sign(
        expression=(t + 1) ** 2 - (1 - most) ** 2, relation=">=",
        where=Domain.of((most, cool), (t, between(-most, most, closed=True))),
        sentence="t >= -m for m = tau K/(K-1) <= 1 gives (t+1)^2 >= (1-m)^2: the simplex ETF with h = w is least",
    )
    yield Sign(
        expression=1 - 1 / hot + 1 / (K - 1), relation=">",
        where=Domain.of((K, integers_from(2)), (more, positive())),
        sentence="tau = (K-1)/K + delta, delta > 0: the inner product 1 - 1/tau of K unit vectors exceeds -1/(K-1)",
        because="such vectors exist in R^K; with h = w every gap is -tau (1 - (1 - 1/tau)) = -1 and the loss is 0",
    )


def claims() -> Iterator[Claim]:
    yield from _plain()
    yield from _tight()
    yield from _exact_fit()
    yield from _projected()


def instance(problem: Spheres) -> Iterator[Claim]:
    """Geometry and minimum; for tau < 1 also the certificate and the spectrum at the frame."""
    from ncproofs.critical.sphere_optimum import closed_form, has_tight_frame, sphere_regime

    if problem.d < problem.K - 1 and not has_tight_frame(problem):
        yield SphereGeometry(problem=problem, geometry="orthogonal frame")
        return
    regime = sphere_regime(problem)
    yield SphereGeometry(problem=problem, geometry=regime.geometry)
    if regime.truth is Truth.HOLDS:
        yield SphereValue(problem=problem, value=closed_form(problem, regime, "objective"))
    if regime.point is not None and regime.truth is Truth.HOLDS:
        yield DualCertificate(problem=problem, point=regime.point)
        if problem.dimension <= _LARGEST:
            yield SphereSpectrum(problem=problem, point=regime.point)


def is_squared(problem: Spheres) -> Truth:
    """The mean squared error or its projected form, recognised by the expression."""
    from ncproofs.critical.profiles import is_mean_squared
    from ncproofs.critical.sphere_points import is_projected

    return Truth.HOLDS if is_mean_squared(problem.loss) or is_projected(problem.loss) else Truth.FAILS


def is_wide(problem: Spheres) -> Truth:
    """d >= K, or tau K <= d, or the projected form with tau K/(K-1) <= 1 and d >= K - 1."""
    from ncproofs.critical.sphere_optimum import gap_of, has_tight_frame
    from ncproofs.critical.sphere_points import is_projected

    narrow = is_projected(problem.loss) and gap_of(problem) <= 1 and problem.d == problem.K - 1
    return Truth.HOLDS if problem.d >= problem.K or narrow or has_tight_frame(problem) else Truth.FAILS


THEOREM = Theorem(
    name="sphere-mse",
    title="The mean squared error on spheres: orthonormal frames, and the projected error",
    statement=(
        "For d >= K the minimum of the mean squared error on spheres is max(0, 1-tau)^2/2. For tau <= 1 the "
        "minimisers are exactly the orthonormal frames with h_{k,i} = w_k, and the simplex ETF is not optimal; "
        "for tau > 1 every target is fitted exactly. For d < K and tau K <= d it is (1 - 2 tau + tau^2 K/d)/2, "
        "and the minimisers are exactly the unit-norm tight frames W W^T = (K/d) I with h_{k,i} = w_k. For the "
        "projected error |C(z - e_y)|^2/2, C = I - 11^T/K, the minimisers are exactly the simplex ETFs with h = w "
        "if tau K/(K-1) <= 1 and d >= K-1, with value (K-1)(1 - tau K/(K-1))^2/(2K); beyond that the minimum is 0 "
        "for d >= K."
    ),
    idea="A wrong logit costs, so classifiers become orthogonal; removing the mean of the logits brings the ETF back.",
    source=Source(
        paper=SOURCE.paper, arxiv=SOURCE.arxiv,
        quoted="cross-entropy; the mean squared error is not treated there", relation="auxiliary",
    ),
    covers="all K >= 2, n >= 1, tau > 0, d >= K or tau K <= d",
    hypotheses=(
        Hypothesis("the loss is the mean squared error, plain or projected", is_squared),
        Hypothesis("d >= K, or tau K <= d (projected, tau K/(K-1) <= 1: d >= K - 1)", is_wide),
    ),
    general=claims,
    instance=instance,
    family=Spheres,
    open_questions=("the minimum of the mean squared error for d < K and tau K > d",),
)
