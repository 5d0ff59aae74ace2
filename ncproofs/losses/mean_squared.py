"""Mean squared error: L(z, y) = |z - e_y|^2 / 2."""

import sympy

from ncproofs.losses.loss import Loss, S, T, Z

__all__ = ["mean_squared"]


def mean_squared() -> Loss:
    """``S_1 / 2 - t + 1/2`` with ``f_1(z) = z^2``; convex, not invariant under shifts of all logits."""
    return Loss("mean_squared", S(1) / 2 - T + sympy.Rational(1, 2), (Z**2,), "the mean squared error with target e_y")
