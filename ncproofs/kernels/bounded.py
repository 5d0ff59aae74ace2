r"""Numbers with error bounds, for the scalar programs of a loss: how far a computed value can be from the true one.

A value is a pair (v, e) of double arrays. Both the exact number and the number that the kernel computed in its own
dtype lie within e of v. With unit roundoff u of that dtype an operation f gives v' = f(v) and

    e' = (1 + c u) spread(e) + c u |v'|,     |f(x) - f(v)| <= spread(e) whenever |x - v| <= e,

c being 1 for + * / and the number of units in the last place granted to exp, log and pow (``TRUSTED_ULPS``, of
which half are roundings of twice u), plus the smallest normal number of the dtype for underflow. Where nothing is
known (a quotient by an interval around 0, a result that may overflow in the kernel's dtype) e is infinite.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from ncproofs.truth import Rigor

__all__ = ["TRUSTED_ULPS", "Bounded", "Pair", "smallest_normal"]

#: What is assumed of exp and log (pow: four times as much). NumPy documents errors below 4 ulp for its vector
#: loops; glibc, OpenMP SIMD libraries and CUDA document 1 to 2.
TRUSTED_ULPS = 4

Pair = tuple[Any, Any]


def smallest_normal(u: float) -> float:
    """The smallest normal number of the dtype with this unit roundoff: what an operation may lose by underflow."""
    return 2.0**-126 if u > 2.0**-30 else 2.0**-1022


@dataclass(frozen=True)
class Bounded:
    """The arithmetic of the pairs above; ``u`` is the unit roundoff of the kernel's dtype."""

    u: float
    rigor: ClassVar[Rigor] = Rigor.ENCLOSED

    def _pair(self, value: Any, spread: Any, ulps: float = 1) -> Pair:
        # The double evaluation of v' itself is off by a few 2^-53; 2^-50 pays for it.
        c = ulps * self.u
        with np.errstate(all="ignore"):
            error = spread * (1 + c + 2.0**-40) + (c + 2.0**-49) * np.abs(value) + self.tiny
        return self.in_range((value, error))

    @property
    def tiny(self) -> float:
        return smallest_normal(self.u)

    def in_range(self, pair: Pair) -> Pair:
        """The pair, its error infinite where the kernel's number may have overflowed."""
        value, error = pair
        with np.errstate(all="ignore"):
            lost = np.isnan(error) | np.isnan(value) | (np.abs(value) + error > (2.0**127 if self.u > 2.0**-30
                                                                                 else 2.0**1023))
        return value, np.where(lost, np.inf, error)

    def constant(self, value: Fraction | int) -> Pair:
        number = np.float64(value.numerator / value.denominator)
        return number, self.u * abs(number)

    def add(self, left: Pair, right: Pair) -> Pair:
        return self._pair(left[0] + right[0], left[1] + right[1])

    def multiply(self, left: Pair, right: Pair) -> Pair:
        (a, ea), (b, eb) = left, right
        with np.errstate(all="ignore"):
            return self._pair(a * b, np.abs(a) * eb + np.abs(b) * ea + ea * eb)

    def divide(self, left: Pair, right: Pair) -> Pair:
        (a, ea), (b, eb) = left, right
        with np.errstate(all="ignore"):
            value, room = a / b, np.abs(b) - eb
            spread = (ea + np.abs(value) * eb) / room
            return self._pair(value, np.where(room > 0, spread, np.inf))

    def integer_power(self, base: Pair, exponent: int) -> Pair:
        if exponent < 0:
            return self.divide((np.float64(1), np.float64(0)), self.integer_power(base, -exponent))
        result: Pair = (np.float64(1), np.float64(0))
        while exponent:
            if exponent & 1:
                result = self.multiply(result, base)
            exponent >>= 1
            base = self.multiply(base, base) if exponent else base
        return result

    def exp(self, value: Pair) -> Pair:
        v, e = value
        with np.errstate(all="ignore"):
            result = np.exp(v)
            return self._pair(result, result * np.expm1(e), 2 * TRUSTED_ULPS)

    def log(self, value: Pair) -> Pair:
        v, e = value
        with np.errstate(all="ignore"):
            # The logarithm is steepest at the lower end v - e.
            spread = np.where(v > e, -np.log1p(-e / v), np.inf)
            return self._pair(np.log(v), spread, 2 * TRUSTED_ULPS)

    def real_power(self, base: Pair, exponent: Pair) -> Pair:
        """a^b = exp(b log a); where a may vanish and b > 0 the power lies between 0 and that of the upper end."""
        (a, ea), (b, eb) = base, exponent
        with np.errstate(all="ignore"):
            steps = Bounded(0.0)
            value, spread = steps.exp(steps.multiply(exponent, steps.log(base)))
            top = np.exp((b + eb) * np.log(np.maximum(a + ea, 1))) * np.exp((b - eb) * np.log(np.minimum(a + ea, 1)))
            small = (a <= 2 * ea) & (b > eb) & (a + ea > 0)
            plain = np.where(a > 0, np.power(np.abs(a), b), 0)
            return self._pair(np.where(small, plain, value), np.where(small, top, spread), 8 * TRUSTED_ULPS)
