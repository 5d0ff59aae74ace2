"""Focal loss: L(z, y) = -(1 - p)^gamma log p, with p the softmax probability of the true class."""

from fractions import Fraction

import sympy

from ncproofs.arithmetic.exact import exact_number
from ncproofs.errors import InvalidLoss
from ncproofs.losses.loss import Loss, S, T, Z

__all__ = ["focal"]

#: Beyond these the convexity threshold p*(gamma) is too close to 0 for any precision in use.
_SMALLEST, _LARGEST = Fraction(1, 1000), Fraction(10**5)


def focal(gamma: object) -> Loss:
    """``(1 - e^t / S_1)^gamma (log S_1 - t)`` with ``f_1 = exp``; gamma >= 0, and gamma = 0 is cross-entropy.

    Not convex in the logits: its Hessian is positive semidefinite exactly where p >= p*(gamma)
    (theorem ``focal-convexity-region``).

    Raises:
        InvalidLoss: gamma < 0, or positive and outside [1/1000, 100000].
    """
    power = exact_number(gamma, "gamma")
    if power < 0:
        raise InvalidLoss(f"gamma={power} given, but gamma >= 0 is needed; write for example focal(2)")
    if power and not _SMALLEST <= power <= _LARGEST:
        raise InvalidLoss(f"gamma={power} given; write 0 or a number from {_SMALLEST} to {_LARGEST}")
    phi = (1 - sympy.exp(T) / S(1)) ** sympy.Rational(power.numerator, power.denominator) * (sympy.log(S(1)) - T)
    return Loss(f"focal({power})", phi, (sympy.exp(Z),), "the focal loss with parameter gamma", {"gamma": power})
