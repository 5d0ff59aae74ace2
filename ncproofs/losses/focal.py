"""Focal loss: L(z, y) = -(1 - p)^gamma log p, with p the softmax probability of the true class."""

import sympy

from ncproofs.arithmetic.exact import exact_number
from ncproofs.errors import InvalidLoss
from ncproofs.losses.loss import Loss, S, T, Z

__all__ = ["focal"]


def focal(gamma: object) -> Loss:
    """``(1 - e^t / S_1)^gamma (log S_1 - t)`` with ``f_1 = exp``; gamma >= 0, and gamma = 0 is cross-entropy.

    Not convex in the logits: its Hessian is positive semidefinite exactly where p >= p*(gamma)
    (theorem ``focal-convexity-region``).

    Raises:
        InvalidLoss: gamma < 0.
    """
    power = exact_number(gamma, "gamma")
    if power < 0:
        raise InvalidLoss(f"gamma={power} given, but gamma >= 0 is needed; write for example focal(2)")
    phi = (1 - sympy.exp(T) / S(1)) ** sympy.Rational(power.numerator, power.denominator) * (sympy.log(S(1)) - T)
    return Loss(f"focal({power})", phi, (sympy.exp(Z),), "the focal loss with parameter gamma", {"gamma": power})
