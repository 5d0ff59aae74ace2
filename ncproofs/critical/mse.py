r"""Mean squared error: every regime in closed form, decided in rationals.

With x = 1 - K c, kappa = lambda_b / (1 + lambda_b) (1 without a bias, 0 for a free one) and y = 1 - K c /
kappa, the global minimisers have Z0 = x Pi + y J/K: Pi a projector of the largest rank that d allows, y
present only if d >= K.
"""

from __future__ import annotations

from fractions import Fraction

from ncproofs.critical.regimes import Number, Regime, Scale, c_of, lift
from ncproofs.problems.features import Ridge

__all__ = ["mean_weight", "mse_regime", "mse_scale"]

_AXIOMS = ("singular value decomposition", "existence of a minimiser of a continuous coercive function")


def mean_weight(problem: Ridge) -> Fraction:
    """kappa: the weight with which the mean direction is fitted after the bias is eliminated."""
    if problem.lambda_b is None:
        return Fraction(1)
    return problem.lambda_b / (1 + problem.lambda_b)


def mse_regime(problem: Ridge) -> Regime:
    """The regime of ``problem``, whose loss is MSE. Any d >= 1."""
    K, d, kappa = problem.K, problem.d, mean_weight(problem)
    scaled = K * K * problem.c_squared  # (K c)^2
    if scaled >= 1:
        return Regime(
            name="trivial",
            geometry="zero",
            rank=0,
            axioms=_AXIOMS,
            because=f"K c >= 1 exactly: K^2 n lambda_W lambda_H = {scaled}",
        )
    least = f"K c < 1 exactly: K^2 n lambda_W lambda_H = {scaled}"
    if problem.lambda_b is None:
        return _without_bias(K, d, least)
    if d >= K and scaled < kappa * kappa:
        return Regime(
            name="intermediate",
            geometry="intermediate frame",
            rank=K - 1,
            has_mean=True,
            axioms=_AXIOMS,
            because=f"{least}, K c < lambda_b/(1 + lambda_b) = {kappa}, d >= K",
        )
    if d >= K - 1:
        why = f"K c >= lambda_b/(1 + lambda_b) = {kappa}" if d >= K else "d = K - 1 leaves no mean direction"
        return Regime(
            name="collapse", geometry="simplex ETF", rank=K - 1, because=f"{least}, {why}", axioms=_AXIOMS
        )
    return Regime(
        name="rank-deficient frame",
        geometry=f"projector of rank {d} orthogonal to 1",
        rank=d,
        axioms=_AXIOMS,
        because=f"{least}, d < K - 1",
        notes=(
            "every projector of rank d orthogonal to 1 is optimal; "
            "|w_k|^2 depends on the choice and is not given",
        ),
    )


def _without_bias(K: int, d: int, least: str) -> Regime:
    if d >= K:
        return Regime(
            name="orthogonal frame",
            geometry="orthogonal frame",
            rank=K,
            because=f"{least}, no bias, d >= K",
            axioms=_AXIOMS,
            notes=("Z0 = margin I; mean_direction counts what is added to that, which is 0",),
        )
    note = "every projector of rank d is optimal; |w_k|^2 depends on the choice and is not given"
    if d == K - 1:
        note += "; the simplex ETF is one of them"
    return Regime(
        name="rank-deficient frame",
        geometry=f"projector of rank {d}",
        rank=d,
        because=f"{least}, no bias, d < K",
        axioms=_AXIOMS,
        notes=(note,),
    )


def mse_scale(problem: Ridge, regime: Regime) -> Scale:
    """The numbers of the optimum at the current precision; rational ones exactly."""
    K, kappa = problem.K, mean_weight(problem)
    c = c_of(problem)
    x: Number = Fraction(0)
    y: Number = Fraction(0)
    if not regime.is_trivial:
        one, size, scale = lift(1, K, c)
        x = one - size * scale
    if regime.has_mean:
        one, size, scale, weight = lift(1, K, c, kappa)
        y = one - size * scale / weight
    x_, y_, weight, size, half, rank = lift(x, y, kappa, K, Fraction(1, 2), regime.rank)
    # 1/2 without a bias, (K - 1 + kappa)/(2K) with one, minus x^2/(2K) a direction and kappa y^2/(2K) for
    # the mean
    start = half if problem.lambda_b is None else (size - 1 + weight) * half / size
    objective = start - (rank * x_ * x_ + weight * y_ * y_) * half / size
    bias: Number = Fraction(0)
    if problem.lambda_b is not None:
        bias = (1 - y_) / lift(K * (1 + problem.lambda_b), y_)[0] if regime.has_mean else _flat(problem)
    return Scale(objective=objective, margin=x, mean=y, bias=bias, origin_slope=Fraction(1, K))


def _flat(problem: Ridge) -> Fraction:
    """1/(K (1 + lambda_b)): the bias when the mean direction is left to it."""
    return 1 / (problem.K * (1 + (problem.lambda_b or Fraction(0))))
