"""Exact constants as expressions of docs/certificate-format.md."""

from __future__ import annotations

from typing import Any

import sympy

from ncproofs.proof.certificate import NoCertificate
from ncproofs.proof.constants import as_expression

__all__ = ["constant"]


def constant(value: Any) -> Any:
    """The expression of an exact constant: a SymPy expression, a number, or a string such as "1/100".

    Raises:
        NoCertificate: a part that the format cannot express.
    """
    return _written(as_expression(value))


def _written(e: Any) -> Any:
    if e.is_Rational:
        return str(e)
    if e is sympy.E:
        return ["exp", "1"]
    if e.is_Add or e.is_Mul:
        return ["+" if e.is_Add else "*", *map(_written, e.args)]
    if isinstance(e, sympy.exp | sympy.log):
        return ["exp" if isinstance(e, sympy.exp) else "log", _written(e.args[0])]
    if e.is_Pow and e.exp.is_Integer and abs(e.exp) <= 10_000:
        return ["^", _written(e.base), int(e.exp)]
    if e.is_Pow and (2 * e.exp).is_Integer and abs(e.exp) <= 5000:
        return ["^", ["sqrt", _written(e.base)], int(2 * e.exp)]
    if e.is_Pow:
        return ["pow", _written(e.base), _written(e.exp)]
    raise NoCertificate(f"{e} cannot be written as an expression of certificates")
