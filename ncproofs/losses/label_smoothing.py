"""Label smoothing: cross-entropy against (1 - alpha) e_y + (alpha / K) 1."""

import sympy

from ncproofs.arithmetic.exact import exact_number
from ncproofs.errors import InvalidLoss
from ncproofs.losses.loss import K, Loss, S, T, Z

__all__ = ["label_smoothing"]


def label_smoothing(alpha: object) -> Loss:
    """``log S_1 - (1 - alpha) t - (alpha / K) S_2`` with ``f_1 = exp``, ``f_2(z) = z``; 0 <= alpha < 1.

    Raises:
        InvalidLoss: alpha outside [0, 1). At alpha = 1 every label is the uniform one; beyond the range the
            reduced problem loses its unique argmin (theorem ``label-smoothing-range``).
    """
    weight = exact_number(alpha, "alpha")
    if not 0 <= weight < 1:
        raise InvalidLoss(
            f"alpha={weight} given, but 0 <= alpha < 1 is needed; write for example label_smoothing(1/10)"
        )
    smooth = sympy.Rational(weight.numerator, weight.denominator)
    phi = sympy.log(S(1)) - (1 - smooth) * T - smooth / K * S(2)
    return Loss(
        f"label_smoothing({weight})",
        phi,
        (sympy.exp(Z), Z),
        "label smoothing with parameter alpha",
        {"alpha": weight},
    )
