"""Projected mean squared error: L(z, y) = |C (z - e_y)|^2 / 2 with C = I - 1 1^T / K."""

import sympy

from ncproofs.losses.loss import K, Loss, S, T, Z

__all__ = ["projected_mean_squared"]


def projected_mean_squared() -> Loss:
    """``S_1/2 - S_2^2/(2K) - t + S_2/K + (1 - 1/K)/2`` with ``f_1 = z^2``, ``f_2 = z``.

    Convex, and invariant under shifts of all logits, which the mean squared error is not.
    """
    half = sympy.Rational(1, 2)
    phi = half * S(1) - half * S(2) ** 2 / K - T + S(2) / K + half * (1 - 1 / K)
    return Loss(
        "projected_mean_squared", phi, (Z**2, Z), "the mean squared error with target e_y, centred over the classes"
    )
