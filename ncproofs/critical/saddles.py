"""Closed-form critical points that are not minimal: W = H = 0, and classes merged in equal groups.

For K = G s classes in G groups of s, the merged point of cross-entropy or label smoothing (alpha) has the
logits m (P_G (x) 1_s 1_s^T)(x) 1_n^T, P_G = I - 11^T/G, with margin m = log(1/(c s + alpha/G) - (G - 1)). It
is critical iff c < (1 - alpha)/K. Its logit gradient has the singular value s_1 = (1 - alpha)/(K sqrt n) on
the K - G directions inside the groups, so the explicit direction has second derivative 2 (lambda - s_1) and
the null sector contributes (d - G + 1)(K - G) negative eigenvalues.
"""

from __future__ import annotations

from dataclasses import dataclass

import flint
from flint import arb, arb_mat

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.arithmetic.program import lower
from ncproofs.calculus.logit_facts import ignores_shifts
from ncproofs.critical.collapse import helmert
from ncproofs.critical.optimum import enclose
from ncproofs.critical.profiles import profile_of, to_ball
from ncproofs.critical.regimes import c_of, product
from ncproofs.critical.softmax import trivial_scale
from ncproofs.critical.spectrum import family_spectrum, negative_count
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.losses.loss import K as CLASSES
from ncproofs.losses.loss import S, T, Z
from ncproofs.problems.features import Ridge

__all__ = ["ClosedFormSaddle", "Origin", "merged_point", "merged_saddle", "origin_of", "origin_saddle"]


@dataclass(frozen=True, kw_only=True)
class ClosedFormSaddle:
    """A critical point known in closed form.

    ``curvature`` is the second derivative 2 (lambda - s_1) along the explicit direction of the null sector
    (|dW|^2 = sqrt(lambda_H/lambda_W), |dH|^2 its inverse); ``negative_eigenvalues`` counts those of the null
    sector.
    """

    problem: Ridge
    groups: int
    margin: Enclosure
    value: Enclosure
    curvature: Enclosure
    negative_eigenvalues: int


def origin_saddle(problem: Ridge, bits: int = 128) -> ClosedFormSaddle:
    """W = H = 0 with b = 0, for a loss of softmax form; a saddle iff its curvature is negative.

    Raises:
        OutOfScope: the loss is not of softmax form, or a sign is not decided.
    """
    scale = trivial_scale(problem, profile_of(problem.loss), bits)
    with flint.ctx.workprec(bits):
        # sqrt(n) s_1 = phi'(0) and sqrt(n) lambda = c
        curvature = 2 * (to_ball(c_of(problem)) - abs(to_ball(scale.origin_slope))) / arb(problem.n).sqrt()
    return ClosedFormSaddle(
        problem=problem,
        groups=1,
        margin=Enclosure.exact(0),
        value=enclose(scale.objective),
        curvature=enclose(curvature),
        negative_eigenvalues=negative_count(family_spectrum(problem, "origin")),
    )


@dataclass(frozen=True, kw_only=True)
class Origin:
    """W = H = 0, b = 0 for any loss: the value, and phi_t there, which is ``pull`` < 0 where targets attract.

    The logit gradient is (pull I + beta J) (x) 1_n^T/N, so along w_1 - w_2 and the samples of these classes the second
    derivative is 2 (sqrt(lambda_W lambda_H) + sign pull sqrt(n)/N): ``curvature`` for the sign that makes it less.
    """

    value: Enclosure
    pull: Enclosure
    curvature: Enclosure


def origin_of(problem: Ridge, bits: int = 128) -> Origin:
    """W = H = 0, b = 0 for any loss phi(t, S_1, ..., S_m), from phi and its first derivatives at S_i = K f_i(0).

    Raises:
        OutOfScope: the loss is not defined there, or its gradient in the bias does not vanish there.
    """
    loss, ball = problem.loss, Ball(bits)
    slots = (T, *loss.sums)
    phi = lower([loss.phi, *(loss.phi.diff(slot) for slot in slots)], [*slots, CLASSES])
    waves = lower([function.diff(Z, order) for order in (0, 1) for function in loss.class_functions], [Z])
    with ball.working():
        found, K = waves.run(ball, {"z": arb(0)}), arb(problem.K)
        sums = {S(i + 1).name: K * f for i, f in enumerate(found[: len(loss.sums)])}
        value, pull, *partials = phi.run(ball, {"t": arb(0), "K": K, **sums})
        beta = sum((u * slope for u, slope in zip(partials, found[len(loss.sums) :], strict=True)), arb(0))
        if not (value.is_finite() and pull.is_finite() and beta.is_finite()):
            raise OutOfScope(f"{loss} is not defined at W = H = 0")
        if problem.has_bias and not ignores_shifts(loss) and not (pull + K * beta).is_zero():
            raise OutOfScope(f"W = H = 0, b = 0 is not critical for {loss} with a bias; write --lambda-b none")
        weights = to_ball(problem.lambda_W * problem.lambda_H).sqrt()
        curvature = 2 * (weights - abs(pull) * arb(problem.n).sqrt() / problem.N)
    return Origin(value=enclose(value), pull=enclose(pull), curvature=enclose(curvature))


def merged_saddle(problem: Ridge, groups: int, bits: int = 128) -> ClosedFormSaddle:
    """Value and curvature of the merged point with ``groups`` groups; cross-entropy and label smoothing.

    value = log s + log(1 + (G-1) e^-m) + alpha m (1 - 1/G) + c s (G-1) m.

    Raises:
        InvalidProblem: groups does not divide K, is not in 2..K-1, or needs more than d dimensions.
        OutOfScope: another loss, or c >= (1 - alpha)/K, where there is no such point.
    """
    G = groups
    with flint.ctx.workprec(bits):
        margin, alpha, c = _margin(problem, G), to_ball(profile_of(problem.loss).tilt), to_ball(c_of(problem))
        s = problem.K // G
        value = arb(s).log() + (1 + (G - 1) * (-margin).exp()).log()
        value += alpha * margin * (G - 1) / G + c * s * (G - 1) * margin
        curvature = 2 * (c - (1 - alpha) / problem.K) / arb(problem.n).sqrt()
        return ClosedFormSaddle(
            problem=problem,
            groups=G,
            margin=enclose(margin),
            value=enclose(value),
            curvature=enclose(curvature),
            negative_eigenvalues=(problem.d - G + 1) * (problem.K - G),
        )


def merged_point(problem: Ridge, groups: int, bits: int = 128) -> tuple[arb_mat, arb_mat, arb_mat | None]:
    """(W (d, K), H (d, N), b (K, 1) or None) of the merged point; groups are consecutive classes.

    Raises:
        InvalidProblem, OutOfScope: as ``merged_saddle``.
    """
    with flint.ctx.workprec(bits):
        margin = _margin(problem, groups)
        ratio = to_ball(problem.n * problem.lambda_H / problem.lambda_W).sqrt()
        w, h = (margin * ratio).sqrt(), (margin / ratio).sqrt()
        frame = [[entry for entry in row for _ in range(problem.K // groups)] for row in helmert(groups)]
        blank = [[arb(0)] * problem.K] * (problem.d - len(frame))
        rows = frame + blank
        W = arb_mat([[w * entry for entry in row] for row in rows])
        H = arb_mat([[h * entry for entry in row for _ in range(problem.n)] for row in rows])
        return W, H, arb_mat(problem.K, 1) if problem.has_bias else None


def _margin(problem: Ridge, groups: int) -> arb:
    K, d = problem.K, problem.d
    if not 2 <= groups < K or K % groups:
        raise InvalidProblem(f"groups={groups} given, but a divisor of K={K} between 2 and K - 1 is needed")
    if d < groups - 1:
        raise InvalidProblem(f"{groups} merged groups need d >= {groups - 1}; got d={d}")
    profile = profile_of(problem.loss)
    if profile.kind != "linear":
        raise OutOfScope(
            f"{problem.loss}: merged groups have a closed form for cross-entropy and label smoothing only"
        )
    if not K * K * problem.c_squared < (1 - profile.tilt) ** 2:
        raise OutOfScope(f"K c >= 1 - alpha: {problem} has no critical point with merged groups")
    price = to_ball(product(c_of(problem), K // groups)) + to_ball(profile.tilt / groups)
    return (1 / price - (groups - 1)).log()
