"""Weight decay of very different size on W and H: the change of scale that makes both nearly equal, exactly.

With W = 2^j V and H = 2^-j G the logits are the same, and the objective in (V, G) is that of weights 4^j lambda_W and
lambda_H/4^j: critical points, their values and (Sylvester) their inertia agree; eigenvalues do not. Floats see a
point only in a scale in which its two halves are of one size, so the search and Newton's method work in (V, G).
Powers of two lose nothing, and j = 0 unless one weight is more than 16 times the other.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ncproofs.problems.multilabel import WeightDecay

__all__ = ["balanced", "exponent_of", "rescaled"]

Array = NDArray[np.float64]


def exponent_of(problem: WeightDecay) -> int:
    """j: the weights 4^j lambda_W and lambda_H/4^j differ by less than a factor of about 16."""
    ratio = problem.lambda_H / problem.lambda_W
    bits = ratio.numerator.bit_length() - ratio.denominator.bit_length()
    return bits // 4 if bits >= 0 else -(-bits // 4)


def balanced(problem: WeightDecay) -> WeightDecay:
    """The problem in (V, G); itself where the weights are of one size."""
    j = exponent_of(problem)
    if not j:
        return problem
    scale = Fraction(4) ** j
    return replace(problem, lambda_W=scale * problem.lambda_W, lambda_H=problem.lambda_H / scale)


def rescaled(x: Array, widths: tuple[int, int], j: int) -> Array:
    """(2^j W, 2^-j H, b) of a flat point whose first ``widths`` numbers are those of W and of H."""
    if not j or not x.size:
        return x
    first, second = widths[0], sum(widths)
    return np.concatenate([np.ldexp(x[:first], j), np.ldexp(x[first:second], -j), x[second:]])
