"""Array namespaces: NumPy as it is, others through array-api-compat; programs of a loss run on their arrays."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from ncproofs.errors import InexactInput, MissingDependency
from ncproofs.truth import Rigor

__all__ = ["Arrays", "namespace", "on_host", "replaced", "unit_roundoff"]


def namespace(*arrays: Any) -> Any:
    """The array namespace that all ``arrays`` share.

    Raises:
        MissingDependency: they are not NumPy's, and array-api-compat is not installed.
        InexactInput: not arrays of one floating point dtype.
    """
    if all(isinstance(array, np.ndarray) for array in arrays):
        xp: Any = np
    else:
        try:
            from array_api_compat import array_namespace
        except ImportError:
            raise MissingDependency(
                "arrays other than NumPy's need array-api-compat; write pip install 'ncproofs[array]'"
            ) from None
        xp = array_namespace(*arrays)
    kinds = {str(array.dtype).rpartition(".")[2] for array in arrays}
    if len(kinds) != 1 or not kinds <= {"float32", "float64"}:
        raise InexactInput(f"arrays of {', '.join(sorted(kinds))} given; write float64 (or float32) for all of them")
    return xp


def replaced(array: Any, place: Any, part: Any) -> Any:
    """``array`` with ``part`` at ``place``: written into it, or a new array where arrays cannot change (JAX)."""
    if hasattr(array, "at"):
        return array.at[place].set(part)
    array[place] = part
    return array


def unit_roundoff(array: Any) -> float:
    """2^-53 for float64, 2^-24 for float32."""
    return 2.0**-53 if str(array.dtype).endswith("float64") else 2.0**-24


def on_host(array: Any) -> Any:
    """``array`` as a NumPy array in double precision, on this machine's processor."""
    if isinstance(array, np.ndarray):
        return array.astype(np.float64)
    if hasattr(array, "detach"):
        array = array.detach().cpu()
    return np.asarray(np.from_dlpack(array), dtype=np.float64)


@dataclass(frozen=True)
class Arrays:
    """Arithmetic of arrays of one namespace and dtype, as ``Program.run`` needs it; scalars stay Python floats.

    Scalars take the dtype of the arrays that they meet, so a float32 computation stays one.
    """

    xp: Any
    like: Any
    rigor: ClassVar[Rigor] = Rigor.ESTIMATED

    def constant(self, value: Fraction | int) -> Any:
        return self.xp.asarray(value.numerator / value.denominator, dtype=self.like.dtype, **self._place)

    @property
    def _place(self) -> dict[str, Any]:
        return {} if self.xp is np else {"device": self.like.device}

    def add(self, left: Any, right: Any) -> Any:
        return left + right

    def multiply(self, left: Any, right: Any) -> Any:
        return left * right

    def divide(self, left: Any, right: Any) -> Any:
        return left / right

    def integer_power(self, base: Any, exponent: int) -> Any:
        if exponent < 0:
            return self.constant(1) / self.integer_power(base, -exponent)
        result = None
        while exponent:
            if exponent & 1:
                result = base if result is None else result * base
            exponent >>= 1
            base = base * base if exponent else base
        return base * 0 + 1 if result is None else result

    def real_power(self, base: Any, exponent: Any) -> Any:
        return self.xp.pow(base, exponent)

    def exp(self, value: Any) -> Any:
        return self.xp.exp(value)

    def log(self, value: Any) -> Any:
        return self.xp.log(value)
