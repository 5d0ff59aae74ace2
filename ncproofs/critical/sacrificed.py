r"""Focal loss with a bias: points that give up some classes and beat every simplex ETF.

K1 classes have w = h = 0, the other K2 = K - K1 form an ETF of margin x, and the bias differs by delta
between the two groups (mean 0). The value of the objective is

    (K1/K) psi(u_A) + (K2/K) psi(u_B) + c (K2 - 1) x + (lambda_b/2) delta^2 K1 K2 / K,
    u_A = log(K1 - 1 + K2 e^-delta),   u_B = log((K2 - 1) e^-x + K1 e^(delta - x (1 - 1/K2))).

Floats look for a good point; balls evaluate it. Only the second step is trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
from flint import arb

from ncproofs.critical.focal import psi
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.regimes import c_of
from ncproofs.problems.features import Ridge

__all__ = ["Sacrifice", "better_than", "lowest", "value"]

_BITS = 160
_GRID = 24


@dataclass(frozen=True)
class Sacrifice:
    """``given_up`` classes at zero; margin and bias gap as exact fractions."""

    given_up: int
    margin: Fraction
    gap: Fraction


def value(problem: Ridge, gamma: Fraction, point: Sacrifice) -> arb:
    """The objective at ``point``, at the current precision. Needs 1 <= given_up <= K - 2."""
    K, first = problem.K, point.given_up
    second = K - first
    x, delta = to_ball(point.margin), to_ball(point.gap)
    u_a = (first - 1 + second * (-delta).exp()).log()
    u_b = ((second - 1) * (-x).exp() + first * (delta - x * (second - 1) / second).exp()).log()
    ridge = to_ball(Fraction(problem.lambda_b or 0) * first * second / (2 * K)) * delta * delta
    data = (first * psi(u_a, gamma) + second * psi(u_b, gamma)) / K
    return data + to_ball(c_of(problem)) * (second - 1) * x + ridge


def better_than(problem: Ridge, gamma: Fraction, bound: arb) -> str | None:
    """A sentence about a point whose value is certainly below ``bound``, or None when none was found."""
    point = lowest(problem, gamma)
    if point is None:
        return None
    with flint.ctx.workprec(_BITS):
        found = value(problem, gamma, point)
        if not found < bound:
            return None
        return (
            f"giving up {point.given_up} of {problem.K} classes "
            f"(margin {point.margin}, bias gap {point.gap}) "
            f"has value {found.str(20, radius=False)} < {bound.str(20, radius=False)}"
        )


def lowest(problem: Ridge, gamma: Fraction) -> Sacrifice | None:
    """The best point that a float search over (K1, x, delta) finds; an estimate, to be evaluated in balls."""
    import numpy as np
    from scipy.optimize import minimize

    K = problem.K
    sizes = np.unique(np.linspace(1, K - 2, min(K - 2, 60)).astype(int))
    best = None
    for first in _promising(problem, gamma, sizes):
        start = _start(problem, gamma, int(first))
        found = minimize(
            lambda v, first=first: float(_estimate(problem, gamma, int(first), v[0], v[1])),
            start,
            method="Nelder-Mead",
            options={"xatol": 10**-9, "fatol": 10**-13, "maxiter": 400},
        )
        if found.x[0] > 0 and (best is None or found.fun < best[0]):
            best = (found.fun, int(first), found.x)
    if best is None:
        return None
    rounded = [Fraction(round(float(part) * 2**20), 2**20) for part in best[2]]
    return Sacrifice(best[1], rounded[0], rounded[1])


def _promising(problem: Ridge, gamma: Fraction, sizes: Any) -> list[int]:
    """The twelve group sizes with the least value on a coarse grid."""
    scored = []
    for first in sizes:
        x, delta = _start(problem, gamma, int(first))
        scored.append((float(_estimate(problem, gamma, int(first), x, delta)), int(first)))
    return [first for _, first in sorted(scored)[:12]]


def _start(problem: Ridge, gamma: Fraction, first: int) -> tuple[float, float]:
    import numpy as np

    x, delta = np.meshgrid(np.linspace(0, 8, 4 * _GRID), np.linspace(-2, 2, 2 * _GRID + 1))
    heights = _estimate(problem, gamma, first, x, delta)
    place = int(np.argmin(heights))
    return float(x.flat[place]), float(delta.flat[place])


def _estimate(problem: Ridge, gamma: Fraction, first: int, x: Any, delta: Any) -> Any:
    import numpy as np

    K, second, g = problem.K, problem.K - first, float(gamma)
    c, weight = float(problem.c_squared) ** (1 / 2), float(problem.lambda_b or 0)
    # log(e^a + e^b) without overflow: the search may wander far out.
    u_a = np.logaddexp(np.log(max(first - 1, 10**-9)), np.log(second) - delta)
    u_b = np.logaddexp(np.log(second - 1) - x, np.log(first) + delta - x * (second - 1) / second)
    heights = [np.exp(-g * np.logaddexp(0, -u)) * np.logaddexp(0, u) for u in (u_a, u_b)]
    data = (first * heights[0] + second * heights[1]) / K
    return data + c * (second - 1) * x + weight * delta**2 * first * second / (2 * K)
