r"""Losses of softmax form: simplex ETF or zero, decided by the reduced problem min over t of phi(t) + c |t|.

phi(t) = psi(log(K-1) + t/(K-1)) - (tilt/K) t. With t = -(K-1) m the slope equation phi'(t) = c reads

    psi'(log(K-1) - m) = (K-1)(c + tilt/K).
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import flint
from flint import arb

from ncproofs.critical.focal import c_tie, log_odds_star, psi_prime, upper_branch
from ncproofs.critical.profiles import Profile, to_ball
from ncproofs.critical.reduced import interior_root, isolate_minimiser
from ncproofs.critical.regimes import LADDER, Regime, Scale, c_of
from ncproofs.critical.sacrificed import better_than
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.problems.features import Ridge
from ncproofs.truth import Rigor, Truth

__all__ = ["collapse_scale", "is_tie_free", "needs_room", "softmax_regime", "softmax_scale", "trivial_scale"]

_ZERO = Regime(name="trivial", geometry="zero", rank=0, because="")
_OPEN = (
    "focal loss with a bias, c > 1/(K-1) and K p1(gamma) > 1: "
    "whether every global minimiser is an ETF or zero"
)
_SEARCHED = "global minimality was searched for counterexamples, not proved"


def softmax_regime(problem: Ridge, profile: Profile) -> Regime:
    """The regime of ``problem``, whose loss has ``profile``.

    Raises:
        InvalidProblem: the optimum is a simplex ETF and d < K - 1.
        OutOfScope: a general profile for which no theorem applies.
    """
    if profile.kind == "linear":
        regime = _linear(problem, profile)
    elif profile.kind == "focal":
        regime = _focal(problem, profile)
    else:
        regime = isolate_minimiser(problem, profile)
    needs_room(problem, regime)
    if profile.kind == "focal" and problem.has_bias:
        regime = _with_bias(problem, profile, regime)
    if problem.lambda_b == 0:
        note = "adding any multiple of 1 to the bias leaves the objective unchanged; bias = 0 is listed"
        regime = replace(regime, notes=(*regime.notes, note))
    return regime


def needs_room(problem: Ridge, regime: Regime) -> None:
    """Refuse a simplex ETF in too few dimensions."""
    if regime.rank == problem.K - 1 and problem.d < problem.K - 1:
        raise InvalidProblem(f"a simplex ETF needs d >= K - 1; got d={problem.d}, K={problem.K}")


def _collapse(problem: Ridge, because: str, **more: object) -> Regime:
    regime = Regime(name="collapse", geometry="simplex ETF", rank=problem.K - 1, because=because)
    return replace(regime, **more)  # type: ignore[arg-type]


def _linear(problem: Ridge, profile: Profile) -> Regime:
    """Cross-entropy and label smoothing: nonzero exactly when K c < 1 - alpha, decided in rationals."""
    scaled, limit = problem.K**2 * problem.c_squared, 1 - profile.tilt
    name = "1" if profile.tilt == 0 else f"(1 - alpha)^2 = {limit * limit}"
    sides = f"(K c)^2 = {scaled} and {name}, compared exactly"
    bound = "1/K" if profile.tilt == 0 else "(1 - alpha)/K"
    if scaled < limit * limit:
        return _collapse(problem, f"c < {bound}: {sides}")
    return replace(_ZERO, because=f"c >= {bound}: {sides}")


def is_tie_free(K: int, gamma: Fraction) -> bool:
    """Whether K p*(gamma) <= 1, decided. No equality for gamma > 0: log K is transcendental."""
    if gamma == 0:
        return True
    for bits in LADDER:
        with flint.ctx.workprec(bits):
            g = to_ball(gamma)
            # K G(1/K, gamma); G/(-log p) increases with p, so G(1/K) > 0 says p* < 1/K
            value = g * arb(K).log() * (g + 1 - K) + (2 * g + 1) * (K - 1)
            if value > 0 or value < 0:
                return bool(value > 0)
    raise OutOfScope(
        f"K p*(gamma) is too close to 1 to be compared at {LADDER[-1]} bits: K={K}, gamma={gamma}"
    )


def _focal(problem: Ridge, profile: Profile) -> Regime:
    """Focal loss: nonzero exactly below phi'(0) if K p* <= 1, else exactly below c_tie."""
    K, gamma = problem.K, profile.gamma
    tie_free = is_tie_free(K, gamma)
    name = "phi'(0)" if tie_free else "c_tie"
    for bits in LADDER:
        with flint.ctx.workprec(bits):
            c = to_ball(c_of(problem))
            edge = _focal_edge(K, gamma, bits, tie_free=tie_free)
            if edge is None or not (c < edge or c > edge):
                continue
            sides = f"c = {c.str(8, radius=False)}, {name} = {edge.str(8, radius=False)}, at {bits} bits"
            case = "K p*(gamma) <= 1" if tie_free else "K p*(gamma) > 1"
            if c < edge:
                return _collapse(problem, f"{case} and c < {name}: {sides}", rigor=Rigor.ENCLOSED)
            return replace(_ZERO, because=f"{case} and c > {name}: {sides}", rigor=Rigor.ENCLOSED)
    return _collapse(
        problem,
        f"c and {name} agree to {LADDER[-1]} bits; W = H = 0 may be optimal as well",
        truth=Truth.UNDECIDED,
        rigor=Rigor.ESTIMATED,
    )


def _focal_edge(K: int, gamma: Fraction, bits: int, *, tie_free: bool) -> arb | None:
    if tie_free:
        # At K = 2, log(K - 1) = 0 exactly.
        return psi_prime(arb(K - 1).log(), gamma) / (K - 1)
    try:
        return c_tie(K, gamma, bits)[0]
    except OutOfScope:  # K p* > 1 is not yet visible at this precision
        return None


def _with_bias(problem: Ridge, profile: Profile, regime: Regime) -> Regime:
    """Focal loss with a bias: proved on part of the range, refuted or open on the rest."""
    K, gamma = problem.K, profile.gamma
    if (K - 1) ** 2 * problem.c_squared <= 1:
        return replace(regime, because=f"{regime.because}; with a bias because c <= 1/(K-1), exactly")
    with flint.ctx.workprec(256):
        u = arb(K - 1).log()
        if psi_prime(u, gamma) < 1:
            return replace(regime, because=f"{regime.because}; with a bias because K p1(gamma) < 1")
        c = to_ball(c_of(problem))
        if _too_heavy(K, gamma, c):
            why = "with a bias because c > sqrt(2/K) max psi', which forces W = H = 0"
            return replace(regime, because=f"{regime.because}; {why}")
    best = softmax_scale(problem, profile, regime, 256).objective
    witness = better_than(problem, gamma, to_ball(best))
    if witness is not None:
        return replace(
            regime,
            truth=Truth.FAILS,
            rigor=Rigor.ENCLOSED,
            because=f"no ETF and no zero point is a global minimiser: {witness}; "
            "shown is the best ETF or zero point",
        )
    return replace(
        regime,
        truth=Truth.UNDECIDED,
        rigor=Rigor.ESTIMATED,
        holes=(_OPEN,),
        because=f"{regime.because}; {_OPEN} is open; {_SEARCHED} (two-group family, none found)",
    )


def _too_heavy(K: int, gamma: Fraction, c: arb) -> bool:
    """c >= sqrt(2/K) max psi' makes W = H = 0 the only global minimiser, with any bias.

    psi' <= M and convexity of u give L(b + v, k) >= L(b, k) - M |<s_k - e_k, v>|, s_k the softmax without
    class k; the matrix of all s_k - e_k has Frobenius norm <= sqrt(2K), so the sum over samples is at most
    the ridge term. What remains depends on b alone and is least at b = 0 because -(1-p)^gamma log p is
    convex in p.
    """
    top = psi_prime(log_odds_star(gamma, 128), gamma)
    return bool(c > (to_ball(Fraction(2, K))).sqrt() * top)


def softmax_scale(problem: Ridge, profile: Profile, regime: Regime, bits: int) -> Scale:
    """The numbers of the optimum (or of the best candidate) from ``bits`` bits of working precision."""
    if regime.is_trivial:
        return trivial_scale(problem, profile, bits)
    return collapse_scale(problem, profile, bits, regime.bracket)


def trivial_scale(problem: Ridge, profile: Profile, bits: int) -> Scale:
    """W = H = 0 and b = 0."""
    with flint.ctx.workprec(bits):
        K = problem.K
        value, slope, bend = profile.at(arb(K - 1).log())
        exact = profile.origin_slope(K)
        edge = slope / (K - 1) - to_ball(profile.tilt) / K if exact is None else exact
        return Scale(
            objective=value,
            margin=Fraction(0),
            radial=bend * K / (K - 1),
            tangential=slope / (K - 1),
            origin_slope=edge,
        )


def collapse_scale(
    problem: Ridge, profile: Profile, bits: int, bracket: tuple[arb, arb] | None = None
) -> Scale:
    """The simplex ETF on the upper branch of phi'(t) = c, whether it is a global minimiser or not.

    Raises:
        OutOfScope: there is certainly, or possibly, no such point.
    """
    with flint.ctx.workprec(bits + 60):
        K = problem.K
        c = to_ball(c_of(problem))
        price = c + to_ball(profile.tilt) / K
        margin = _margin(K, profile, price, bits, bracket)
    with flint.ctx.workprec(bits):
        value, slope, bend = profile.at(arb(K - 1).log() - margin)
        return Scale(
            objective=value + price * (K - 1) * margin,
            margin=margin,
            radial=bend * K / (K - 1),
            tangential=slope / (K - 1),
        )


def _margin(K: int, profile: Profile, price: arb, bits: int, bracket: tuple[arb, arb] | None) -> arb:
    if profile.kind == "linear":
        odds = 1 / price - (K - 1)  # p/q with q = price
        if not odds > 1:
            raise OutOfScope("no certified positive margin solves the scale equation")
        return odds.log()
    if profile.kind == "focal":
        margin = arb(K - 1).log() - upper_branch(profile.gamma, (K - 1) * price, bits)
        if not margin > 0:
            raise OutOfScope("no certified positive margin solves the scale equation")
        return margin
    if bracket is None:
        raise OutOfScope("this loss has no bracket for its margin")
    return interior_root(K, profile, price, bracket, bits)
