"""The constants of the tag-wise average, and their bounds."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy

from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.claims import Axiom, Claim, Sign
from ncproofs.proof.domain import Domain, at_least, nonnegative, positive
from ncproofs.proof.multilabel_claims import LabelQuantity
from ncproofs.proof.wording import worded
from ncproofs.theorems.multilabel.letters import BALANCED, BELOW, LOSS, ROOM, SOURCE
from ncproofs.theorems.theorem import Hypothesis, Theorem
from ncproofs.truth import Truth

m, p, first, u = sympy.symbols("m p t_1 u", positive=True)
y, v, v1 = sympy.symbols("y v_m v_1", positive=True)
t = sympy.Symbol("t", positive=True)
size = m + p

#: The number of labels is treated as a real number >= 1, which is more than is needed.
_RANGE = ((m, at_least(1)), (p, at_least(1)))
_GAP = Domain.of(*_RANGE, (t, positive()))
K = sympy.Symbol("K", positive=True)
#: K >= m + 1, with m first.
_MANY = Domain.of((m, at_least(1)), (K, at_least(m + 1)), (t, positive()))


def _growth(number: sympy.Expr, at: sympy.Expr) -> sympy.Expr:
    """t (m e^t + K - m) for ``number`` labels."""
    return at * (number * sympy.exp(at) + K - number)


def _ratio() -> Iterator[Claim]:
    b, b1 = sympy.symbols("b_m b_1", positive=True)
    scale = sympy.Symbol("N", positive=True)
    where = Domain.of(*((symbol, positive()) for symbol in (v, v1, b, b1, y, scale)))
    many, one, gap = sympy.symbols("c_m c_1 t_m", positive=True)
    yield worded(
        many / one, gap / first,
        {many: v * b / scale, one: v1 * b1 / scale, gap: v * y * b, first: v1 * y * b1}, where=where,
        sentence="C_sum(m) = c_m/c_1 = t_m/t_1, for any weights: h_S = C_sum(m) sum_{k in S} h_k",
        because="h_k = c_1 w_k and h_S = c_m sum w_k; c_m is proportional to v_m b_m, and t_m = v_m y b_m",
    )


def _orderings() -> Iterator[Claim]:
    yield Sign(
        expression=sympy.diff(_growth(m, t), m), relation=">", where=_MANY,
        sentence="t (m e^t + K - m) increases strictly in m: with equal weights t_m decreases strictly in m",
        because="t_m solves t (m e^t + K - m) = y, whose left side increases in t; so C_sum(m) < 1 for m > 1",
    )
    product = (u / m) * (m * sympy.exp(u / m) + K - m)  # t (m e^t + K - m) as a function of u = m t
    where = Domain.of((m, at_least(1)), (K, at_least(m + 1)), (u, positive()))
    yield Sign(
        expression=sympy.diff(product, m), relation="<", where=where,
        sentence="as a function of u = m t it decreases strictly in m: m t_m increases strictly in m",
        because="so C_avg(m) = m t_m/t_1 > 1 and C_sum(m) > 1/m for m > 1",
    )
    yield Sign(expression=sympy.diff(product, u), relation=">", where=where,
               sentence="and increases strictly in u")


def _limits() -> Iterator[Claim]:
    where = Domain.of((m, at_least(1)), (K, at_least(m + 1)), (first, positive()))
    moved = first * (sympy.exp(first) + K - 1) - (first - sympy.log(m)) * (sympy.exp(first) + K - m)
    yield worded(
        _growth(m, t), (first - sympy.log(m)) * (sympy.exp(first) + K - m), {t: first - sympy.log(m)}, where=where,
        sentence="at t = t_1 - log m the left side is (t_1 - log m)(e^{t_1} + K - m)",
    )
    yield Sign(
        expression=moved, relation=">=", where=where,
        sentence="which is at most t_1 (e^{t_1} + K - 1) = y: t_m >= t_1 - log m, so C_sum(m) -> 1 as the weight "
        "decay -> 0",
        because="the difference is t_1 (m - 1) + log m (e^{t_1} + K - m)",
    )
    step = sympy.Symbol("delta", nonnegative=True)
    yield Sign(
        expression=1 / (m * sympy.exp(t) + K - m) - 1 / (m * sympy.exp(t + step) + K - m), relation=">=",
        where=Domain.of(*_MANY.ranges, (step, nonnegative())),
        sentence="C_sum(m) = (e^{t_1} + K - 1)/(m e^{t_m} + K - m) >= (e^{t_1} + K - 1)/(m e^{t_1} + K - m)",
        because="t_m = t_1 - delta with delta >= 0",
    )
    yield worded(
        (sympy.exp(t) + K - 1) / (m * sympy.exp(t) + K - m), 1, {t: sympy.Integer(0)},
        where=Domain.of((m, at_least(1)), (K, at_least(m + 1))),
        sentence="which is 1 at t_1 = 0: C_sum(m) -> 1 at the threshold too",
    )
    yield Axiom(name="intermediate value theorem", uses="each t_m is the root of a continuous increasing function of t")


def claims() -> Iterator[Claim]:
    """1/m < C_sum(m) < 1 < C_avg(m) < m, and both limits."""
    yield from _ratio()
    yield from _orderings()
    yield from _limits()


def instance(problem: MultiLabel) -> Iterator[Claim]:
    """The bounds at every m > 1 that occurs with m < K."""
    for number in problem.multiplicities:
        if 1 < number < problem.K:
            for name, scale in (("tag_sum", 1), ("tag_average", number)):
                quantity = f"{name}[{number}]"
                yield LabelQuantity(problem=problem, quantity=quantity, value=Fraction(scale, number), relation=">")
                yield LabelQuantity(problem=problem, quantity=quantity, value=scale, relation="<")


def has_both(problem: MultiLabel) -> Truth:
    numbers = problem.multiplicities
    return Truth.HOLDS if 1 in numbers and any(1 < number < problem.K for number in numbers) else Truth.FAILS


def has_equal_weights(problem: MultiLabel) -> Truth:
    weights = {problem.weight_of(number) for number in problem.multiplicities if number < problem.K}
    return Truth.HOLDS if len(weights) == 1 else Truth.FAILS


THEOREM = Theorem(
    name="multilabel-tag-average",
    title="A multi-label feature is a scaled sum of the features of its labels, never their exact average",
    statement=(
        "For balanced label sets below the threshold, d >= K - 1, with n_1 > 0: h_S = C_sum(m) sum_{k in S} h_k = "
        "C_avg(m) (average of h_k), C_sum(m) = t_m/t_1, C_avg(m) = m t_m/t_1. With equal weights, 1/m < C_sum(m) < 1 < "
        "C_avg(m) < m for "
        "2 <= m < K; t_m decreases and m t_m increases in m; t_1 - log m <= t_m; and C_sum(m) -> 1 both as the weight "
        "decay tends to 0 and at the threshold."
    ),
    idea=(
        "All t_m solve t (m e^t + K - m) = y with the same y. The left side increases in m at fixed t, and decreases\n"
        "in m at fixed m t."
    ),
    source=SOURCE,
    rests_on=("multilabel-scalar-system", "multilabel-equality-case"),
    covers="all K >= 3, 2 <= m < K (m may be any real number >= 1), all weight decay below the threshold",
    hypotheses=(
        LOSS, BALANCED, BELOW, ROOM,
        Hypothesis("samples with one label and with 1 < m < K labels occur", has_both),
        Hypothesis("all multiplicities have the same weight v_m", has_equal_weights),
    ),
    general=claims,
    instance=instance,
    family=MultiLabel,
)
