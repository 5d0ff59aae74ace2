r"""Quantities of the optimum as exact expressions, where there is a closed form.

Cross-entropy and label smoothing are logarithms, MSE is a quadratic surd; the focal margin is a
transcendental root and has none. The expressions are derived from the same regimes as the balls and are used
only to settle equalities, which balls cannot.
"""

from __future__ import annotations

from fractions import Fraction

import sympy

from ncproofs.critical.mse import mean_weight
from ncproofs.critical.profiles import Profile, is_mean_squared, profile_of
from ncproofs.critical.regimes import Regime
from ncproofs.problems.features import Ridge

__all__ = ["closed_form", "origin_curvature", "rational", "scale_constant"]


def rational(value: Fraction | int) -> sympy.Rational:
    value = Fraction(value)
    return sympy.Rational(value.numerator, value.denominator)


def scale_constant(problem: Ridge) -> sympy.Expr:
    """c = sqrt(n lambda_W lambda_H)."""
    return sympy.sqrt(rational(problem.c_squared))


def closed_form(problem: Ridge, regime: Regime, quantity: str) -> sympy.Expr | None:
    """``quantity`` at the optimum as an exact expression, or None where no closed form is known."""
    if is_mean_squared(problem.loss):
        basic: dict[str, sympy.Expr] | None = _mse(problem, regime)
    else:
        profile = profile_of(problem.loss)
        if profile.kind != "linear" and not regime.is_trivial:
            return None
        basic = _linear(problem, profile, regime) if not regime.is_trivial else _origin(problem, profile)
    if basic is None:
        return None
    return _derived(problem, regime, basic).get(quantity)


def _origin(problem: Ridge, profile: Profile) -> dict[str, sympy.Expr] | None:
    K = sympy.Integer(problem.K)
    zero = sympy.Integer(0)
    if profile.kind == "general":
        return None
    value = (1 - 1 / K) ** rational(profile.gamma) * sympy.log(K)
    return {"objective": value, "margin": zero, "bias": zero}


def _linear(problem: Ridge, profile: Profile, regime: Regime) -> dict[str, sympy.Expr]:
    K, c = sympy.Integer(problem.K), scale_constant(problem)
    q = c + rational(profile.tilt) / K
    margin = sympy.log(1 / q - (K - 1))
    return {
        "objective": -sympy.log(1 - (K - 1) * q) + q * (K - 1) * margin,
        "margin": margin,
        "bias": sympy.Integer(0),
    }


def _mse(problem: Ridge, regime: Regime) -> dict[str, sympy.Expr]:
    K, c, kappa = sympy.Integer(problem.K), scale_constant(problem), rational(mean_weight(problem))
    x = sympy.Integer(0) if regime.is_trivial else 1 - K * c
    y = 1 - K * c / kappa if regime.has_mean else sympy.Integer(0)
    start = sympy.Rational(1, 2) if problem.lambda_b is None else (K - 1 + kappa) / (2 * K)
    return {
        "objective": start - (regime.rank * x**2 + kappa * y**2) / (2 * K),
        "margin": x,
        "mean_direction": y,
        "bias": (1 - y) / (K * (1 + rational(problem.lambda_b or 0))),
    }


def _derived(problem: Ridge, regime: Regime, basic: dict[str, sympy.Expr]) -> dict[str, sympy.Expr]:
    K, n = sympy.Integer(problem.K), sympy.Integer(problem.n)
    shape = sympy.sqrt(rational(problem.n * problem.lambda_H / problem.lambda_W))
    mean = basic.get("mean_direction", sympy.Integer(0)) if regime.has_mean else sympy.Integer(0)
    energy = shape * (regime.rank * basic["margin"] + mean)
    ratio = rational(problem.lambda_W / problem.lambda_H)
    forms = dict(basic, c=scale_constant(problem), W_fro_sq=energy, H_fro_sq=ratio * energy)
    if regime.name != "rank-deficient frame":
        forms["W_row_norm_sq"], forms["H_col_norm_sq"] = energy / K, ratio * energy / (n * K)
        forms["logit_gap"] = basic["margin"]
    if not problem.has_bias:
        del forms["bias"]
    return forms


def origin_curvature(problem: Ridge) -> sympy.Expr | None:
    """2 (lam - s1) at W = H = 0, s1 = |phi'(0)| / sqrt n the largest singular value of the logit gradient."""
    K, n = sympy.Integer(problem.K), sympy.Integer(problem.n)
    if is_mean_squared(problem.loss):
        slope: sympy.Expr = 1 / K
    else:
        profile = profile_of(problem.loss)
        exact = profile.origin_slope(problem.K)
        if exact is not None:
            slope = rational(abs(exact))
        elif profile.kind == "focal":
            g = rational(profile.gamma)
            slope = (1 - 1 / K) ** g * (K - 1 + g * sympy.log(K)) / (K * (K - 1))
        else:
            return None
    lam = sympy.sqrt(rational(problem.lambda_W * problem.lambda_H))
    return 2 * lam - 2 * slope / sympy.sqrt(n)
