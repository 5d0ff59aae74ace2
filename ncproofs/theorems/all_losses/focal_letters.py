"""The letters of the focal-loss theorems: p = 1/(1 + e^u), x = -log p, psi(u) = (1 - p)^gamma x."""

from __future__ import annotations

import sympy

from ncproofs.proof.domain import Domain, between, positive, real

gamma = sympy.Symbol("gamma", nonnegative=True)
u = sympy.Symbol("u", real=True)
p = sympy.Symbol("p", positive=True)
x = sympy.Symbol("x", positive=True)
s = sympy.Symbol("s", positive=True)

INTERVAL = Domain.of((p, between(0, 1)))
LINE = Domain.of((u, real()))

_P_OF_U = 1 / (1 + sympy.exp(u))


def psi(at: sympy.Expr = u, power: sympy.Expr = gamma) -> sympy.Expr:
    """(1 - p)^gamma (-log p) at log-odds ``at``."""
    return (1 - _P_OF_U.subs(u, at)) ** power * sympy.log(1 + sympy.exp(at))


def psi_prime(at: sympy.Expr = u, power: sympy.Expr = gamma) -> sympy.Expr:
    """(1 - p)^gamma [(1 - p) - gamma p log p] at log-odds ``at``."""
    prob = _P_OF_U.subs(u, at)
    return (1 - prob) ** power * ((1 - prob) + power * prob * sympy.log(1 + sympy.exp(at)))


def curvature(prob: sympy.Expr = p, power: sympy.Expr = gamma) -> sympy.Expr:
    """G(p, gamma) = -gamma log p (gamma p - (1 - p)) + (2 gamma + 1)(1 - p), as usually quoted."""
    return -power * sympy.log(prob) * (power * prob - (1 - prob)) + (2 * power + 1) * (1 - prob)


def in_odds(expression: sympy.Expr) -> sympy.Expr:
    """``expression`` in p, written in u."""
    return expression.subs(p, _P_OF_U)


def discriminant(shift: sympy.Expr = s) -> sympy.Expr:
    """(1-p)(2-x)^2 - 4px at x = 2 + shift, p = e^{-2 - shift}; it decides whether G(p, .) has real zeros."""
    prob = sympy.exp(-2 - shift)
    return (1 - prob) * shift**2 - 4 * prob * (2 + shift)


def positive_gamma() -> Domain:
    return Domain.of((gamma, positive()), (p, between(0, 1)))
