"""Cross-entropy: L(z, y) = log sum_j exp(z_j) - z_y."""

import sympy

from ncproofs.losses.loss import Loss, S, T, Z

__all__ = ["cross_entropy"]


def cross_entropy() -> Loss:
    """``log S_1 - t`` with ``f_1 = exp``; convex and invariant under adding a constant to all logits."""
    return Loss("cross_entropy", sympy.log(S(1)) - T, (sympy.exp(Z),), "the softmax cross-entropy loss")
