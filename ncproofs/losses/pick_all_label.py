"""Pick-all-label cross-entropy: L(z, S) = m log sum_j exp(z_j) - sum_{k in S} z_k for a set S of m labels."""

from fractions import Fraction

import sympy

from ncproofs.arithmetic.exact import exact_number
from ncproofs.errors import InvalidLoss
from ncproofs.losses.loss import Loss, M, S, T, Z

__all__ = ["label_weight", "pick_all_label"]

_LARGEST = 20


def pick_all_label(power: object = 0) -> Loss:
    """``m^-power (m log S_1 - t)``: cross-entropy summed over the m labels of a sample, or with 1 their average.

    ``t`` is the sum of the logits of the labels. Convex, invariant under adding a constant to all logits, and
    cross-entropy itself for one label. Other weights v_m of the multiplicities belong to the problem.

    Raises:
        InvalidLoss: the power is not a whole number from -20 to 20.
    """
    exponent = exact_number(power, "power")
    if exponent.denominator != 1 or abs(exponent) > _LARGEST:
        raise InvalidLoss(
            f"power={exponent} given, but a whole number from {-_LARGEST} to {_LARGEST} is needed; "
            "write pick_all_label or pick_all_label(1)"
        )
    whole = int(exponent)
    name = f"pick_all_label({whole})" if whole else "pick_all_label"
    phi = M ** (-whole) * (M * sympy.log(S(1)) - T)
    parameters = {"power": exponent} if whole else {}
    return Loss(name, phi, (sympy.exp(Z),), "the pick-all-label cross-entropy loss", parameters)


def label_weight(loss: Loss, labels: int) -> Fraction | None:
    """The rational v > 0 with ``L(z, S) = v (m log S_1 - t)`` for every S of ``labels`` labels; None for another loss.

    An answer is proved: phi at this m, and the class function, are compared exactly.
    """
    if loss.class_functions != (sympy.exp(Z),):
        return None
    phi = sympy.expand(loss.phi.subs(M, labels))
    weight = -phi.coeff(T, 1)
    if not weight.is_Rational or not weight.is_positive:
        return None
    if sympy.expand(phi - weight * (labels * sympy.log(S(1)) - T)) != 0:
        return None
    return Fraction(int(weight.p), int(weight.q))
