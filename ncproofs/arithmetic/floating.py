"""double precision on whole arrays: estimates for searching and plotting, never proofs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ncproofs.truth import Rigor

__all__ = ["FloatArrays"]

Array = NDArray[np.float64] | np.float64


@dataclass(frozen=True)
class FloatArrays:
    """NumPy float64 arrays that broadcast; undefined results are NaN, without a warning."""

    rigor: ClassVar[Rigor] = Rigor.ESTIMATED

    def constant(self, value: Fraction | int) -> Array:
        return np.float64(value.numerator / value.denominator)

    def add(self, left: Array, right: Array) -> Array:
        return np.add(left, right)

    def multiply(self, left: Array, right: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.multiply(left, right)

    def divide(self, left: Array, right: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.divide(left, right)

    def integer_power(self, base: Array, exponent: int) -> Array:
        with np.errstate(all="ignore"):
            return np.power(base, float(exponent))

    def real_power(self, base: Array, exponent: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.power(base, exponent)

    def exp(self, value: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.exp(value)

    def log(self, value: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.log(value)
