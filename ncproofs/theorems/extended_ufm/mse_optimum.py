"""The optimum of the mean squared error: orthogonal or intermediate frame, ETF or zero, for every d."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import Axiom, Claim, CollapsedOptimum, Identity, OptimalValue, OptimumIs, Sign
from ncproofs.proof.domain import Domain, between, integers_from, positive, real
from ncproofs.proof.wording import worded
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

K = sympy.Symbol("K", integer=True, positive=True)
c, lb = sympy.symbols("c lambda_b", positive=True)
s, b = sympy.symbols("s b", real=True)
kappa = lb / (1 + lb)
x, y = 1 - K * c, 1 - K * c / kappa

_SIZES = ((K, integers_from(2)), (c, positive()))
_BIASED = (*_SIZES, (lb, positive()))


def claims() -> Iterator[Claim]:
    """For all K >= 2, c > 0, lambda_b > 0: reduction to singular values, and the minimum in every regime."""
    yield from _bias()
    yield from _modes()
    yield from _regimes()
    yield from _bound()


def _bias() -> Iterator[Claim]:
    where = Domain.of(*_BIASED, (s, real()), (b, real()))
    best = (1 - s) / (K * (1 + lb))
    yield Identity(
        left=(s + K * b - 1) ** 2 / (2 * K) + lb * K * b**2 / 2,
        right=kappa * (1 - s) ** 2 / (2 * K) + K * (1 + lb) / 2 * (b - best) ** 2, where=where,
        sentence="eliminating b = (1 - s)/(K (1 + lambda_b)) leaves weight kappa = lambda_b/(1 + "
        "lambda_b) on the mean",
        because="completing the square; s is the mean singular value of the logits",
    )
    weight = sympy.Symbol("kappa_b", positive=True)
    yield worded(
        best, c / lb, {s: 1 - K * c / weight, weight: kappa}, where=Domain.of(*_BIASED),
        sentence="with the mean direction present the bias is c/lambda_b: never 0",
    )


def _modes() -> Iterator[Claim]:
    where = Domain.of(*_BIASED, (s, real()))
    yield Identity(
        left=(1 - s) ** 2 + 2 * K * c * s, right=1 - x**2 + (s - x) ** 2, where=where,
        sentence="a class direction: (1-s)^2 + 2Kc s = 1 - x^2 + (s - x)^2 with x = 1 - Kc",
    )
    yield Identity(
        left=kappa * (1 - s) ** 2 + 2 * K * c * s,
        right=kappa * (1 - y**2) + kappa * (s - y) ** 2, where=where,
        sentence="the mean direction: kappa (1-s)^2 + 2Kc s = kappa (1 - y^2) + kappa (s - y)^2 with y = "
        "1 - Kc/kappa",
    )
    r = sympy.Symbol("r", integer=True, nonnegative=True)
    sizes = Domain.of(*_BIASED, (r, integers_from(0)))
    yield Identity(
        left=(r * (1 - x**2) + (K - 1 - r) + kappa * (1 - y**2)) / (2 * K),
        right=(K - 1 + kappa) / (2 * K) - r * x**2 / (2 * K) - kappa * y**2 / (2 * K), where=sizes,
        sentence="r class directions and the mean: f = (K - 1 + kappa)/(2K) - r x^2/(2K) - kappa y^2/(2K)",
    )
    yield Identity(
        left=(r * (1 - x**2) + (K - r)) / (2 * K),
        right=sympy.Rational(1, 2) - r * x**2 / (2 * K), where=sizes,
        sentence="without a bias: f = 1/2 - r x^2/(2K), least at r = min(d, K)",
    )


def _regimes() -> Iterator[Claim]:
    where = Domain.of(*_BIASED)
    yield Identity(
        left=K * c - kappa, right=(1 + lb) ** -1 * (K * c - lb * (1 - K * c)), where=where,
        sentence="Kc >= kappa iff lambda_b (1 - Kc) <= Kc: an exact simplex ETF for every lambda_b <= "
        "Kc/(1 - Kc)",
    )
    yield Identity(
        left=x - y, right=K * c / lb, where=where, sentence="x - y = Kc/lambda_b",
    )
    yield Sign(
        expression=x - y, relation=">", where=where,
        sentence="y < x: for finite lambda_b the frame is never orthogonal, only in the limit lambda_b -> oo",
    )
    inside = Domain.of((K, integers_from(2)), (lb, positive()), (c, between(0, kappa / K)))
    yield Sign(
        expression=x**2 - kappa * y**2, relation=">", where=inside,
        sentence="a class direction gains more than the mean direction, so too few dimensions drop the "
        "mean first",
    )


def _bound() -> Iterator[Claim]:
    yield Axiom(
        name="variational form of the nuclear norm",
        uses="lambda_W/2 |W|^2 + lambda_H/2 |H|^2 >= sqrt(lambda_W lambda_H) |W^T H|_*, so the ridge is "
        "at least c sum s_i",
    )
    yield Axiom(
        name="von Neumann's trace inequality",
        uses="|Z - I|^2 >= sum (1 - s_i(Z))^2 and |(Z - I)P|^2 >= sum over K-1 of (1 - s_i(ZP))^2; the "
        "loss is "
        "kappa |Z - I|^2 + (1 - kappa) |(Z - I)P|^2 over 2K",
    )
    yield Axiom(
        name="singular values do not grow under a projector",
        uses="s_i(ZP) <= s_i(Z); with s_i clipped at 1 every term of the bound decreases, which leaves "
        "the modes above",
    )
    yield Axiom(
        name="equality case of von Neumann's trace inequality",
        uses="a minimiser shares singular vectors with I and P, so Z = x Pi + y J/K with Pi a projector",
    )


def instance(problem: Ridge) -> Iterator[Claim]:
    """Geometry and exact quantities at one problem."""
    from ncproofs.critical.closed_forms import closed_form
    from ncproofs.critical.mse import mse_regime

    if is_mean_squared_error(problem) is Truth.FAILS:
        yield CollapsedOptimum(problem=problem, geometry="orthogonal frame")
        return
    regime = mse_regime(problem)
    if regime.name != "rank-deficient frame":
        yield CollapsedOptimum(problem=problem, geometry=regime.geometry)
    for quantity in ("margin", "mean_direction", "bias"):
        value = closed_form(problem, regime, quantity)
        if value is not None:
            yield OptimumIs(problem=problem, quantity=quantity, value=value)
    value = closed_form(problem, regime, "objective")
    if value is not None:
        yield OptimalValue(problem=problem, value=value)


def is_mean_squared_error(problem: Ridge) -> Truth:
    """Whether the loss is MSE, recognised by its expression."""
    from ncproofs.critical.profiles import is_mean_squared

    return Truth.HOLDS if is_mean_squared(problem.loss) else Truth.FAILS


THEOREM = Theorem(
    name="mse-optimum",
    title="The optimum of the mean squared error, for every d and every bias",
    statement=(
        "Let c = sqrt(n lambda_W lambda_H), x = 1 - Kc, kappa = lambda_b/(1 + lambda_b) (1 without a "
        "bias), y = 1 - Kc/kappa. "
        "If Kc >= 1 the minimiser is W = H = 0. Otherwise W^T H = (x Pi + y J/K) (x) 1_n^T: without a "
        "bias Pi is a projector of "
        "rank min(d, K) and there is no y (for d >= K an orthogonal frame, Z = x I); with a bias Pi <= P "
        "has rank "
        "min(d, K-1), y is present iff d >= K and Kc < kappa, and b = (1 - y)/(K (1 + lambda_b)) 1. So "
        "the simplex ETF is "
        "exact iff lambda_b <= Kc/(1 - Kc) or d = K-1, and between that and lambda_b = oo the frame is "
        "intermediate."
    ),
    idea=(
        "After the bias is eliminated the objective is bounded below by a sum over singular values, each "
        "a quadratic that "
        "is minimised at x (class directions) or y (mean direction); the bound is attained."
    ),
    source=Source(
        paper="Extended Unconstrained Features Model for Exploring Deep Neural Collapse",
        arxiv="2202.08087",
        quoted="without bias the minimisers are orthogonal frames; with an unregularised bias they are "
        "simplex ETFs",
        relation="stronger",
        note=(
            "rendered from the abstract and the usual quotation. Every d >= 1 and every lambda_b: the ETF "
            "persists exactly up "
            "to lambda_b = Kc/(1 - Kc), then an intermediate frame appears; the optimal bias is never 0"
        ),
    ),
    notation=(
        ("c", "sqrt(n lambda_W lambda_H)"),
        ("P", "I - J/K, the projector onto the vectors of sum zero"),
        ("I", "identity matrix"),
        ("Pi", "a projector of the rank that the statement says"),
        ("r", "number of class directions in use"),
        ("s", "a singular value"),
    ),
    covers="all K >= 2, n >= 1, d >= 1, all weights, every bias mode",
    hypotheses=(Hypothesis("the loss is the mean squared error", is_mean_squared_error),),
    general=claims,
    instance=instance,
)
