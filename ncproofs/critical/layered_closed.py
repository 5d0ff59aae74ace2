"""Quantities of the layered optimum as exact expressions, where there are radicals for them; used to settle equalities.

For one layer everything is a quadratic surd. For more layers sigma is a root of a polynomial of degree 2M - 2: there is
an expression only where that root is rational or not needed.
"""

from __future__ import annotations

from fractions import Fraction

import sympy
from flint import arb, ctx

from ncproofs.critical.closed_forms import rational
from ncproofs.critical.layered_modes import Mode, first_order, kappa_power, saddle_node, sigma_root
from ncproofs.critical.layered_optimum import LayeredRegime
from ncproofs.problems.layered import Layered

__all__ = ["layered_closed_form"]


def layered_closed_form(problem: Layered, regime: LayeredRegime, quantity: str) -> sympy.Expr | None:
    """``quantity`` at the optimum as an exact expression, or None where none is known."""
    constants = _constants(problem)
    if quantity in constants:
        return constants[quantity]
    if not regime.modes:  # unequal classes with a free bias, and an s^2 that is not rational
        return None
    M = problem.factors
    sigmas = [_sigma(M, mode, used) for mode, used in zip(regime.modes, regime.used, strict=True)]
    known = [sigma for sigma in sigmas if sigma is not None]
    if len(known) < len(sigmas):
        return None
    if quantity == "objective":
        e = [sigma * ((M - 2) - (M - 1) * sigma) for sigma in known]
        parts = (rational(mode.weight) * (mode.count + used * value)
                 for mode, used, value in zip(regime.modes, regime.used, e, strict=True))
        return sympy.Add(*parts) / 2
    return _geometry(problem, regime, known).get(quantity) if problem.balanced else None


def _constants(problem: Layered) -> dict[str, sympy.Expr]:
    M = problem.factors
    inverse = sympy.Rational(1, M)
    found = {"kappa_c": rational(first_order(M)) ** inverse, "kappa_sn": rational(saddle_node(M)) ** inverse}
    if not problem.balanced:
        return found
    value = kappa_power(problem)
    kappa = rational(value) ** inverse
    found |= {"kappa": kappa, "kappa_power": rational(value)}
    if value < first_order(M):
        found["lambda_b_threshold"] = kappa / (found["kappa_c"] - kappa)
    for name, upper in (("sigma_plus", True), ("sigma_minus", False)):
        if M == 2 and upper and value < 1:
            found[name] = 1 - kappa
        elif M > 2:
            root = _rational_sigma(M, value, upper=upper)
            if root is not None:
                found[name] = rational(root)
    if "sigma_plus" in found and not problem.has_bias:
        sigma = found["sigma_plus"]
        found["hessian_scaled_sym_uniform_eig"] = kappa * ((2 * M - 2) * sigma - (M - 2)) / (1 - sigma)
    return found


def _rational_sigma(M: int, value: Fraction, *, upper: bool) -> Fraction | None:
    with ctx.workprec(64):
        root = sigma_root(M, value, upper=upper)
    return None if root is None or isinstance(root, arb) else root


def _sigma(M: int, mode: Mode, used: int) -> sympy.Expr | None:
    if not used:
        return sympy.Integer(0)
    if M == 2:
        return 1 - sympy.sqrt(rational(mode.power))
    root = _rational_sigma(M, mode.power, upper=True)
    return None if root is None else rational(root)


def _geometry(problem: Layered, regime: LayeredRegime, sigmas: list[sympy.Expr]) -> dict[str, sympy.Expr]:
    M, K = problem.factors, sympy.Integer(problem.K)
    if regime.name == "tie" or (regime.name == "rank-deficient frame" and not problem.has_bias):
        return {}
    zero = sympy.Integer(0)
    alpha = sigmas[0]
    beta = (sigmas[1] if len(sigmas) > 1 else zero) if problem.has_bias else alpha
    found = {"alpha": alpha, "beta": beta}
    if problem.has_bias:
        found["bias"] = (1 - beta) / (K * (1 + rational(problem.lambda_b or Fraction(0))))
    if regime.name == "rank-deficient frame":
        return found
    A, B = (sigma ** sympy.Rational(2, M) for sigma in (alpha, beta))
    nu = rational(regime.modes[0].scale) ** sympy.Rational(1, M)
    scale = nu / rational(problem.n * problem.lambda_H)
    norm, inner = ((K - 1) * A + B) / K, (B - A) / K
    found |= {"feature_norm_sq": scale * norm, "feature_inner": scale * inner}
    if regime.used[0]:
        found["cosine"] = inner / norm
    return found
