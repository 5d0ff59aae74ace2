"""Claims about the reduced function phi(t) + c |t|: uniqueness of its argmin, and the scale equation."""

from __future__ import annotations

from fractions import Fraction

import flint
from flint import arb

from ncproofs.arithmetic.exact import size
from ncproofs.critical.focal import c_tie, upper_branch
from ncproofs.critical.profiles import Profile, is_mean_squared, profile_of, to_ball
from ncproofs.critical.reduced import is_convex
from ncproofs.critical.softmax import is_tie_free
from ncproofs.errors import InvalidClaim, OutOfScope
from ncproofs.losses.loss import Loss
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import ScaleEquation, UniqueArgmin
from ncproofs.proof.constants import as_expression, fails, holds, refuse, same_constant, value_ball
from ncproofs.proof.discharge import Effort
from ncproofs.truth import Evidence, Rigor

__all__ = ["settle_argmin", "settle_scale"]

_CONVEX = "phi is strictly convex and phi(t) + c|t| grows without bound"


def settle_argmin(claim: UniqueArgmin, effort: Effort) -> Evidence:
    """Whether phi(t) + c|t| has exactly one minimiser, for one c > 0 or for every c > 0."""
    if not isinstance(claim.loss, Loss):
        raise InvalidClaim(f"loss={claim.loss!r} is not a Loss; write for example cross_entropy()")
    size(claim.K, "K", 2)
    which = "every c > 0" if claim.c is None else f"c = {claim.c}"
    sentence = f"phi(t) + c|t| has exactly one minimiser for {which}: {claim.loss}, K = {claim.K}"
    if claim.c is not None and not value_ball(claim.c, 128) > 0:
        raise InvalidClaim(f"c={claim.c} given, but c > 0 is needed")
    covers = f"K = {claim.K}, {which}"
    if is_mean_squared(claim.loss):
        why = "phi(t) = (t + K - 1)^2 / (2 K (K - 1)) is a strictly convex quadratic"
        return holds(sentence, why, covers, Rigor.EXACT)
    profile = profile_of(claim.loss)
    if profile.kind == "linear":  # phi'' = p (1 - p)/(K - 1)^2
        return holds(sentence, _CONVEX, covers, Rigor.EXACT)
    if profile.kind == "focal":
        return _focal_argmin(claim, profile.gamma, sentence, covers, effort)
    return _general_argmin(claim, profile, sentence, covers)


def _general_argmin(claim: UniqueArgmin, profile: Profile, sentence: str, covers: str) -> Evidence:
    total = profile.total
    if total is None or not total.derivative().is_positive_beyond() or not is_convex(profile):
        return refuse(sentence, "F' > 0 and strict convexity of phi were not both certified")
    edge = profile.tilt / claim.K
    # Without growth of F, c > tilt/K keeps the right end up, c > -tilt/K the left.
    enough = edge == 0 if claim.c is None else bool(value_ball(claim.c, 256) > to_ball(abs(edge)))
    if not enough:
        return refuse(sentence, f"phi(t) + c|t| is not certified to grow at both ends (tilt/K = {edge})")
    return holds(sentence, _CONVEX, covers)


def _focal_argmin(
    claim: UniqueArgmin, gamma: Fraction, sentence: str, covers: str, effort: Effort
) -> Evidence:
    """Unique for every c iff K p*(gamma) <= 1; otherwise it fails at exactly one c, called c_tie."""
    if is_tie_free(claim.K, gamma):
        why = "K p*(gamma) <= 1, so phi is strictly convex on t <= 0, where the minimisers are"
        return holds(sentence, why, covers)
    if claim.c is None:
        tie, margin = c_tie(claim.K, gamma, 160)
        both = f"both t = 0 and margin {margin.str(30)} (t = -(K-1) margin) are minimisers"
        why = "K p*(gamma) > 1, so phi is not convex on t <= 0"
        return fails(sentence, why, covers, f"at c = {tie.str(30)} {both}")
    for bits in effort.ladder:
        try:
            tie, _ = c_tie(claim.K, gamma, bits)
        except OutOfScope:
            continue
        with flint.ctx.workprec(bits + 40):
            gap = value_ball(claim.c, bits + 40) - tie
            if gap > 0 or gap < 0:
                side = "above" if gap > 0 else "below"
                why = f"c is certainly {side} c_tie = {tie.str(20, radius=False)}, at {bits} bits"
                return holds(sentence, why, covers)
    return refuse(sentence, f"c and c_tie agree to {effort.ladder[-1]} bits")


def settle_scale(claim: ScaleEquation, effort: Effort) -> Evidence:
    r"""Whether the ETF point with phi'(t) = slope and |h|/|w| = scale is critical.

    With scales w, h (W = w E, H = h E (x) 1_n^T, w h = m) the objective restricted to such points has the
    partial derivatives (K-1)(lambda_W w - slope h) and (K-1)(n lambda_H h - slope w), and every other
    component of the gradient vanishes by symmetry. For m != 0 both vanish iff slope = c and scale^2 =
    lambda_W/(n lambda_H).
    """
    problem = claim.problem
    ratio = "balanced" if claim.scale is None else f"|h|/|w| = {claim.scale}"
    sentence = f"the collapsed point with phi'(t) = {claim.slope}, {ratio}, is critical for {problem}"
    if problem.d < problem.K - 1:
        return refuse(sentence, f"a simplex ETF needs d >= K - 1; got d={problem.d}, K={problem.K}")
    balance = problem.lambda_W / (problem.n * problem.lambda_H)
    found = None
    for bits in effort.ladder:
        found = _residuals(claim, balance, bits)
        if found is not None and any(part > 0 or part < 0 for part in found[1:3]):
            why = "the gradient along the scales of W or H does not vanish"
            return fails(sentence, why, problem, _refutation(*found))
    exact = same_constant(as_expression(claim.slope) ** 2, as_expression(problem.c_squared), effort)
    if claim.scale is not None:
        exact = exact and same_constant(as_expression(claim.scale) ** 2, as_expression(balance), effort)
    if exact and found is not None and value_ball(claim.slope, 64) > 0:
        why = "slope^2 = n lambda_W lambda_H and scale^2 = lambda_W/(n lambda_H), exactly"
        return holds(sentence, why, problem, Rigor.EXACT)
    why = "no point with this slope was enclosed, or the residuals are neither zero nor nonzero"
    return refuse(sentence, why)


def _refutation(margin: arb, first: arb, second: arb, height: arb) -> str:
    parts = (first.str(10, radius=False), second.str(10, radius=False))
    return (
        f"margin {margin.str(15, radius=False)}, value {height.str(20, radius=False)}, "
        f"lambda_W w - slope h = {parts[0]}, n lambda_H h - slope w = {parts[1]}"
    )


def _residuals(claim: ScaleEquation, balance: Fraction, bits: int) -> tuple[arb, arb, arb, arb] | None:
    """(margin, lambda_W w - slope h, n lambda_H h - slope w, objective), or None: margin not enclosed."""
    problem, K = claim.problem, claim.problem.K
    with flint.ctx.workprec(bits + 60):
        slope = value_ball(claim.slope, bits + 60)
        margin = _margin(problem, slope, bits)
        if margin is None or not margin > 0:
            return None
        rho = to_ball(balance).sqrt() if claim.scale is None else value_ball(claim.scale, bits + 60)
        if not rho > 0:
            raise InvalidClaim(f"scale={claim.scale} given, but scale > 0 is needed")
        w, h = (margin / rho).sqrt(), (margin * rho).sqrt()
        lW, lH = to_ball(problem.lambda_W), problem.n * to_ball(problem.lambda_H)
        ridge = (lW * w * w + lH * h * h) * (K - 1) / 2
        return margin, lW * w - slope * h, lH * h - slope * w, _data_term(problem, margin) + ridge


def _data_term(problem: Ridge, margin: arb) -> arb:
    """phi(t) at t = -(K-1) margin, at the optimal constant bias."""
    K = problem.K
    if is_mean_squared(problem.loss):
        kappa = Fraction(1) if problem.lambda_b is None else problem.lambda_b / (1 + problem.lambda_b)
        return ((K - 1) * (1 - margin) ** 2 + to_ball(kappa)) / (2 * K)
    profile = profile_of(problem.loss)
    return profile.at(arb(K - 1).log() - margin)[0] + to_ball(profile.tilt) * (K - 1) / K * margin


def _margin(problem: Ridge, slope: arb, bits: int) -> arb | None:
    """The margin with phi'(-(K-1) m) = slope (focal: on the upper branch)."""
    K = problem.K
    if is_mean_squared(problem.loss):  # phi' = (1 - m)/K
        return 1 - K * slope
    profile = profile_of(problem.loss)
    if profile.kind == "linear":  # q = slope + alpha/K
        odds = 1 / (slope + to_ball(profile.tilt) / K) - (K - 1)
        return odds.log() if odds > 0 else None
    if profile.kind == "focal":
        try:
            return arb(K - 1).log() - upper_branch(profile.gamma, (K - 1) * slope, bits)
        except OutOfScope:
            return None
    raise OutOfScope("the scale equation of a general loss is settled by its optimum, not here")
