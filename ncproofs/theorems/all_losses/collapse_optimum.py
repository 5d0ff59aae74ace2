"""The optimum of cross-entropy, label smoothing and focal loss: simplex ETF or zero, with every constant."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.losses.loss import K, T
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import (
    Claim,
    CollapsedOptimum,
    Identity,
    OptimalValue,
    OptimumIs,
    ScaleEquation,
    Sign,
)
from ncproofs.proof.domain import Domain, Range, between, integers_from, nonnegative, positive
from ncproofs.proof.wording import worded
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

m, c, q = sympy.symbols("m c q", positive=True)
n = sympy.Symbol("n", integer=True, positive=True)
alpha, gamma = sympy.symbols("alpha gamma", nonnegative=True)
lW, lH = sympy.symbols("lambda_W lambda_H", positive=True)

_CLASSES = (K, integers_from(2))
_E = sympy.exp(T / (K - 1))
_PHI = sympy.log(1 + (K - 1) * _E)
#: The margin at which every wrong class has probability q, and t = -(K-1) m there.
_MARGIN = sympy.log(1 / q - (K - 1))
_AT = -(K - 1) * _MARGIN


def claims() -> Iterator[Claim]:
    """For all K >= 2: the scale equation is solved, the value follows, and the threshold is exact."""
    yield from _scale()
    yield from _thresholds()
    yield from _norms()
    yield from _focal()


def _scale() -> Iterator[Claim]:
    inside = Domain.of(_CLASSES, (q, between(0, 1 / K)))
    yield Identity(
        left=sympy.diff(_PHI, T).subs(T, _AT), right=q, where=inside,
        sentence="cross-entropy: phi'(t) = q at margin log(1/q - (K-1)), so q = c solves phi'(t) = c",
        because="e^{t/(K-1)} = q/(1 - (K-1)q)",
    )
    smooth = Domain.of(_CLASSES, (alpha, between(0, 1)), (c, between(0, (1 - alpha) / K)))
    shifted = (_PHI - alpha / K * T).diff(T).subs(T, _AT.subs(q, c + alpha / K))
    yield Identity(
        left=shifted, right=c, where=smooth,
        sentence="label smoothing: phi'(t) = c at q = c + alpha/K",
    )
    yield Identity(
        left=_PHI.subs(T, _AT), right=-sympy.log(1 - (K - 1) * q), where=inside,
        sentence="the data term there is -log(1 - (K-1) q) (plus (alpha/K)(K-1) m for label smoothing)",
    )
    yield Identity(
        left=_PHI.subs(T, _AT) - alpha / K * _AT - c * _AT,
        right=-sympy.log(1 - (K - 1) * q) + (c + alpha / K) * (K - 1) * _MARGIN,
        where=Domain.of(_CLASSES, (q, between(0, 1 / K)), (alpha, nonnegative()), (c, positive())),
        sentence="so the minimum is -log(1 - (K-1) q) + q (K-1) m with q = c + alpha/K",
    )


def _thresholds() -> Iterator[Claim]:
    yield Sign(
        expression=1 / q - (K - 1) - 1, relation=">", where=Domain.of(_CLASSES, (q, between(0, 1 / K))),
        sentence="q < 1/K gives e^m > 1, a positive margin",
    )
    beyond = Range(1 / K, None)
    yield Sign(
        expression=1 / q - K, relation="<=", where=Domain.of(_CLASSES, (q, beyond)),
        sentence="q >= 1/K leaves no positive margin: phi'(0) = (1 - alpha)/K <= c, and the argmin is t = 0",
    )
    yield Identity(
        left=sympy.diff(_PHI - alpha / K * T, T).subs(T, 0), right=(1 - alpha) / K,
        where=Domain.of(_CLASSES, (alpha, nonnegative())),
        sentence="phi'(0) = (1 - alpha)/K",
    )


def _norms() -> Iterator[Claim]:
    sizes = Domain.of(_CLASSES, (n, integers_from(1)), (lW, positive()), (lH, positive()), (m, positive()))
    w, h = sympy.symbols("w h", positive=True)
    shape = sympy.sqrt(n * lH / lW)
    meant = {w: sympy.sqrt(shape * m), h: sympy.sqrt(m / shape), c: sympy.sqrt(n * lW * lH)}
    yield worded(
        w**2 * h**2, m**2, meant, where=sizes,
        sentence="w^2 = sqrt(n lambda_H/lambda_W) m and h^2 = sqrt(lambda_W/(n lambda_H)) m give w h = m",
    )
    yield worded(
        lW * w**2, c * m, meant, where=sizes,
        sentence="lambda_W w^2 = c m: the gradient along the scale of W vanishes when phi'(t) = c",
    )
    yield worded(
        n * lH * h**2, c * m, meant, where=sizes,
        sentence="n lambda_H h^2 = c m: likewise along the scale of H; c^2 = n lambda_W lambda_H, with n "
        "and not N",
    )
    yield worded(
        h**2 / w**2, lW / (n * lH), meant, where=sizes,
        sentence="|h|^2/|w|^2 = lambda_W/(n lambda_H)",
    )
    yield worded(
        (lW * (K - 1) * w**2 + lH * n * (K - 1) * h**2) / 2, c * (K - 1) * m, meant, where=sizes,
        sentence="the weight decay of the ETF is c (K-1) m = c |t|",
    )


def _focal() -> Iterator[Claim]:
    every = Domain.of(_CLASSES, (gamma, nonnegative()))
    p = 1 / (1 + (K - 1) * _E)
    phi = (1 - p) ** gamma * _PHI
    yield Identity(
        left=phi.diff(T).subs(T, 0),
        right=(1 - 1 / K) ** gamma * (K - 1 + gamma * sympy.log(K)) / (K * (K - 1)), where=every,
        sentence="focal loss: phi'(0) = (1 - 1/K)^gamma (K - 1 + gamma log K)/(K (K-1))",
    )


def instance(problem: Ridge) -> Iterator[Claim]:
    """Geometry, scale equation and, where there is a closed form, value and norms at one problem."""
    from ncproofs.critical.closed_forms import closed_form, scale_constant
    from ncproofs.critical.optimum import optimum
    from ncproofs.errors import InvalidProblem, OutOfScope

    try:
        at = optimum(problem, digits=6)
    except (InvalidProblem, OutOfScope):
        yield CollapsedOptimum(problem=problem, geometry="simplex ETF")
        return
    zero = at.geometry == "zero"
    yield CollapsedOptimum(problem=problem, geometry="zero" if zero else "simplex ETF")
    value = closed_form(problem, at.details, "objective")
    if value is not None:
        yield OptimalValue(problem=problem, value=value)
    norm = closed_form(problem, at.details, "W_row_norm_sq")
    if norm is not None:
        yield OptimumIs(problem=problem, quantity="W_row_norm_sq", value=norm)
    if not zero:
        yield ScaleEquation(problem=problem, slope=scale_constant(problem))


def is_covered(problem: Ridge) -> Truth:
    """Whether the loss is cross-entropy, label smoothing or focal, recognised by its expression."""
    from ncproofs.critical.profiles import is_mean_squared, profile_of
    from ncproofs.errors import OutOfScope

    if is_mean_squared(problem.loss):
        return Truth.FAILS
    try:
        return Truth.FAILS if profile_of(problem.loss).kind == "general" else Truth.HOLDS
    except OutOfScope:
        return Truth.FAILS


def bias_is_covered(problem: Ridge) -> Truth:
    """For focal loss with a bias: c <= 1/(K-1), which is decided exactly, or no K p1(gamma) above 1."""
    from ncproofs.critical.optimum import optimum
    from ncproofs.errors import InvalidProblem, OutOfScope

    if not problem.has_bias or is_covered(problem) is Truth.FAILS or "gamma" not in problem.loss.parameters:
        return Truth.HOLDS
    try:
        return Truth.HOLDS if optimum(problem, digits=6).truth is Truth.HOLDS else Truth.FAILS
    except (InvalidProblem, OutOfScope):
        return Truth.UNDECIDED


THEOREM = Theorem(
    name="collapse-optimum",
    title="The optimum of cross-entropy, label smoothing and focal loss",
    statement=(
        "Let K >= 2, n >= 1, d >= K-1, lambda_W, lambda_H > 0, c = sqrt(n lambda_W lambda_H). For "
        "cross-entropy and label "
        "smoothing (0 <= alpha < 1), in every bias mode, the global minimisers are exactly the simplex ETFs "
        "W^T H = m P (x) 1_n^T with m = log(1/(c + alpha/K) - (K-1)), h_{k,i} = sqrt(lambda_W/(n "
        "lambda_H)) w_k, "
        "|w_k|^2 = sqrt(n lambda_H/lambda_W) m (K-1)/K, if c < (1-alpha)/K, and W = H = 0 otherwise; b = "
        "0 if lambda_b > 0, "
        "a multiple of 1 if lambda_b = 0. For focal loss without bias the same holds with the upper root "
        "of phi'(t) = c, "
        "below phi'(0) if K p*(gamma) <= 1 and below c_tie otherwise (at c_tie both are optimal)."
    ),
    idea=(
        "The lower bound f >= min_t phi(t) + c|t| is attained by an ETF whose margin solves phi'(t) = c. "
        "For cross-entropy "
        "phi'(t) is the probability of a wrong class, so the equation reads q = c and the margin is a "
        "logarithm."
    ),
    source=Source(
        paper="Are All Losses Created Equal: A Neural Collapse Perspective",
        arxiv="2210.02192",
        quoted="global minimisers of cross-entropy, label smoothing, focal loss and MSE are neural "
        "collapse for d >= K - 1",
        relation="corrected",
        note=(
            "rendered from the abstract and the usual quotation. Explicit scale with c = sqrt(n lambda_W "
            "lambda_H); exact "
            "thresholds; the ratio |h|/|w| carries n; focal loss needs c_tie when K p* > 1 and fails with "
            "a bias near it"
        ),
    ),
    rests_on=(
        "contrastive-bound", "reduced-function", "lower-bound-chain", "equality-case", "focal-uniqueness", "focal-bias",
    ),
    covers="all K >= 2, n >= 1, d >= K - 1, all weights",
    hypotheses=(
        Hypothesis("the loss is cross-entropy, label smoothing or focal", is_covered),
        Hypothesis("d >= K - 1", lambda problem: Truth.HOLDS if problem.d >= problem.K - 1 else Truth.FAILS),
        Hypothesis("focal loss: no bias, or in the proved range of theorem focal-bias", bias_is_covered),
    ),
    general=claims,
    instance=instance,
    open_questions=("focal loss with a bias outside the proved range: see theorem focal-bias",),
)
