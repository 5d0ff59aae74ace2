r"""The scalar system of pick-all-label cross-entropy: one unknown y, and a logit gap t_m for each multiplicity m.

    t_m (m e^{t_m} + K - m) = v_m y,
    sum_{m<K} n_m v_m^2 C(K-2, m-1) (K / (m e^{t_m} + K - m))^2 = lambda_W lambda_H N^2.

The left side of the first is increasing in t_m; the left side of the second is decreasing in y, from
sum n_m v_m^2 C(K-2, m-1) to 0. Both roots are found by Newton's method and then enclosed by certified signs at two
points. Nothing is ever summed over subsets.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import comb

import flint
from flint import arb

from ncproofs.critical.profiles import to_ball
from ncproofs.critical.regimes import Number
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.problems.multilabel import Balanced, MultiLabel

__all__ = [
    "MultiLabelScale", "fraction_text", "gap_at", "proper", "scalar_system", "separating_weight", "threshold",
    "trivial_system",
]

_STEPS = 200
_WIDENINGS = 60


@dataclass(frozen=True, kw_only=True)
class MultiLabelScale:
    """The numbers of the optimal point: exact fractions where they are rational, else balls.

    ``gaps``, ``inside``, ``outside`` are t_m, and the softmax probability of one class in and outside the label set,
    for each multiplicity m < K; ``features`` are c_m with h_S = c_m sum_{k in S} w_k. ``energy`` is |W|^2.
    """

    y: Number
    energy: Number
    objective: Number
    gaps: dict[int, Number]
    inside: dict[int, Number]
    outside: dict[int, Number]
    features: dict[int, Number]


def proper(problem: MultiLabel) -> tuple[Balanced, ...]:
    """The multiplicities m < K; samples that carry every label exert no pull on W.

    Raises:
        OutOfScope: label sets that are not balanced, or a loss that is not pick-all-label cross-entropy.
    """
    if not problem.is_pick_all_label:
        raise OutOfScope(f"{problem.loss} is not pick-all-label cross-entropy; write pick_all_label")
    if problem.balanced is None:
        raise OutOfScope(f"not every set of m labels occurs equally often in {problem}: there is no scalar system")
    return tuple(part for part in problem.balanced if part.m < problem.K)


def separating_weight(problem: MultiLabel) -> Fraction:
    """sum over m < K of n_m v_m^2 C(K-2, m-1): how often, with weights squared, samples hold j and not k."""
    parts = proper(problem)
    return sum((part.n * part.v**2 * comb(problem.K - 2, part.m - 1) for part in parts), Fraction(0))


def threshold(problem: MultiLabel) -> tuple[Fraction, Fraction]:
    """(lambda_W lambda_H N^2, separating weight): the optimum is not zero exactly when the first is the smaller."""
    return problem.lambda_W * problem.lambda_H * problem.N**2, separating_weight(problem)


def fraction_text(value: Fraction) -> str:
    """A fraction for people: exactly when it is short, else its first digits."""
    if max(abs(value.numerator), value.denominator).bit_length() < 64:
        return str(value)
    with flint.ctx.workprec(64):
        return f"about {to_ball(value).str(8, radius=False)}"


def scalar_system(problem: MultiLabel, bits: int) -> MultiLabelScale:
    """The certified root below the threshold, at ``bits`` bits.

    Raises:
        InvalidProblem: at or above the threshold, where there is no root.
        ArithmeticError: a sign is not certified at this precision.
    """
    pull, available = threshold(problem)
    if pull >= available:
        sides = f"lambda_W lambda_H N^2 = {fraction_text(pull)} >= {fraction_text(available)}"
        raise InvalidProblem(f"{sides}: the optimum is zero and y = 0")
    parts = proper(problem)
    with flint.ctx.workprec(bits + 40):
        y = _outer_root(problem, parts, pull, bits)
        gaps = {part.m: gap_at(part, problem.K, y, bits) for part in parts}
        return _assembled(problem, parts, y, gaps)


def trivial_system(problem: MultiLabel, bits: int) -> MultiLabelScale:
    """W = H = 0: every gap is 0."""
    with flint.ctx.workprec(bits + 40):
        values = [
            Fraction(part.n * comb(problem.K, part.m), problem.N) * part.v * part.m
            for part in problem.balanced or ()
        ]
        total = sum(values, Fraction(0))
        zero, even = Fraction(0), Fraction(1, problem.K)
        parts = proper(problem)
        return MultiLabelScale(
            y=zero, energy=zero, objective=to_ball(total) * arb(problem.K).log(),
            gaps={part.m: zero for part in parts}, inside={part.m: even for part in parts},
            outside={part.m: even for part in parts},
            features={part.m: part.v / (problem.N * problem.lambda_H) for part in parts},
        )


def _assembled(
    problem: MultiLabel, parts: tuple[Balanced, ...], y: arb, gaps: dict[int, arb]
) -> MultiLabelScale:
    K, N, lW, lH = problem.K, problem.N, problem.lambda_W, problem.lambda_H
    energy = y * to_ball(Fraction(K - 1, K) * N * lH)
    value = to_ball(lW) * energy
    # b_m = 1/(m e^t + K - m) = t_m / (v_m y), without a second exponential.
    outside = {part.m: gaps[part.m] / (to_ball(part.v) * y) for part in parts}
    inside = {m: (1 - (K - m) * b) / m for m, b in outside.items()}
    for part in problem.balanced or ():
        share = to_ball(Fraction(part.n * comb(K, part.m), N) * part.v * part.m)
        # l_m(t) = m log(m + (K - m) e^-t) = -m log a_m, and K log K for m = K.
        value += share * (arb(K).log() if part.m == K else -inside[part.m].log())
    features: dict[int, Number] = {
        part.m: to_ball(part.v * K / (N * lH)) * outside[part.m] for part in parts
    }
    return MultiLabelScale(
        y=y, energy=energy, objective=value, gaps=dict(gaps), inside=dict(inside), outside=dict(outside),
        features=features,
    )


def gap_at(part: Balanced, K: int, y: arb, bits: int) -> arb:
    """t_m at y > 0: sign changes of t (m e^t + K - m) - v y, which is increasing in t."""
    target, m = to_ball(part.v) * y, part.m
    t = _gap_near(part, K, y.mid())
    steep = m * t.exp() * (1 + t) + K - m
    radius = (t * arb(2) ** -bits + 2 * target.rad() / steep).mid()
    for attempt in range(1, _WIDENINGS):
        low, high = (t - radius).mid(), (t + radius).mid()
        if low >= 0 and low * (m * low.exp() + K - m) < target < high * (m * high.exp() + K - m):
            return low.union(high)
        radius = radius * 4**attempt  # near the threshold y loses digits
    raise ArithmeticError("the root of t (m e^t + K - m) = v y is not enclosed")


def _gap_near(part: Balanced, K: int, y: arb) -> arb:
    """A number near t_m: Newton's method for a convex increasing function, from above."""
    target, m = (to_ball(part.v) * y).mid(), part.m
    t = (target / K).mid()
    if t > 1:  # t >= 1 gives m e^t <= v y
        t = ((target / m).log().max(arb(1))).min(t).mid()
    small = arb(2) ** (-flint.ctx.prec + 10)
    for _ in range(_STEPS):
        growth = m * t.exp()
        step = ((t * (growth + K - m) - target) / (growth * (1 + t) + K - m)).mid()
        t = (t - step).mid()
        if abs(step) <= small * t:
            break
    return t


def _excess(problem: MultiLabel, parts: tuple[Balanced, ...], pull: Fraction, y: arb, bits: int) -> arb:
    """sum n v^2 C(K-2, m-1) K^2/(m e^t + K - m)^2 - lambda_W lambda_H N^2 at the exact number y."""
    K = problem.K
    total = -to_ball(pull)
    for part in parts:
        b = gap_at(part, K, y, bits) / (to_ball(part.v) * y)
        total += to_ball(part.n * part.v**2 * comb(K - 2, part.m - 1)) * (K * b) ** 2
    return total


def _outer_root(problem: MultiLabel, parts: tuple[Balanced, ...], pull: Fraction, bits: int) -> arb:
    y = _outer_near(problem, parts, pull)
    radius = (y * arb(2) ** -bits).mid()
    for attempt in range(1, _WIDENINGS):
        low, high = (y - radius).mid(), (y + radius).mid()
        if (
            low > 0
            and _excess(problem, parts, pull, low, bits + 20) > 0
            and _excess(problem, parts, pull, high, bits + 20) < 0
        ):
            return low.union(high)
        radius = radius * 4**attempt  # near the threshold y loses digits
    raise ArithmeticError("the root y of the scalar system is not enclosed")


def _outer_near(problem: MultiLabel, parts: tuple[Balanced, ...], pull: Fraction) -> arb:
    """A number near y: Newton's method on log(left/right) as a function of log y, with steps of bounded size."""
    K = problem.K
    y, small = arb(K), arb(2) ** (-flint.ctx.prec + 24)
    for _ in range(_STEPS):
        total, slope = arb(0), arb(0)
        for part in parts:
            t = _gap_near(part, K, y)
            growth = part.m * t.exp()
            b = 1 / (growth + K - part.m)
            term = to_ball(part.n * part.v**2 * comb(K - 2, part.m - 1)) * (K * b) ** 2
            total += term
            # d log(term)/d log y = -2 b m e^t dt/d log y, dt/d log y = v y/(m e^t (1 + t) + K - m).
            slope -= term * 2 * b * growth * to_ball(part.v) * y / (growth * (1 + t) + K - part.m)
        step = ((total / to_ball(pull)).log() * total / slope).mid()
        step = step.max(arb(-8)).min(arb(8))
        y = (y * (-step).exp()).mid()
        if abs(step) < small:
            break
    return y
