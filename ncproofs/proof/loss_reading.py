"""A loss that is an expression in a certificate, as text that ``loss_from_text`` reads."""

from __future__ import annotations

from typing import Any

from ncproofs.losses.spelling import loss_from_expression
from ncproofs.proof.certificate import NoCertificate

__all__ = ["loss_text"]


def loss_text(record: Any) -> str:
    """The text of ``{"phi": expression, "sums": [expression...]}``, in SymPy's order of terms.

    Raises:
        NoCertificate: it is no loss. NcproofsError: the expressions are none of a loss.
    """
    if not isinstance(record, dict) or set(record) != {"phi", "sums"} or not isinstance(record["sums"], list):
        raise NoCertificate("the parameter of a loss that is an expression has phi and sums")
    try:
        loss = loss_from_expression(_text(record["phi"]), [_text(part) for part in record["sums"]])
    except RecursionError:
        raise NoCertificate("a loss that is nested too deeply") from None
    functions = [str(function) for function in loss.class_functions]
    return str(loss.phi) if functions == ["exp(z)"] else "; ".join([str(loss.phi), *functions])


def _text(value: Any) -> str:
    """One expression of docs/certificate-format.md; what it may hold is for the reader of expressions to say."""
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return f"({value})"
    if not isinstance(value, list) or len(value) < 2 or not isinstance(value[0], str):
        raise NoCertificate("an expression is a name, a number or a list that begins with an operation")
    operation, *parts = value[0], *map(_text, value[1:])
    if operation in ("exp", "log", "sqrt") and len(parts) == 1:
        return f"{operation}{parts[0]}"
    signs = {"+": " + ", "*": "*", "-": " - ", "/": "/", "^": "**", "pow": "**"}
    if operation not in signs or (operation in ("-", "/", "^", "pow") and len(parts) > 2):
        raise NoCertificate(f"the operation {operation[:20]!r} has no place in a loss")
    joined = signs[operation].join(parts)
    return f"(-{joined})" if operation == "-" and len(parts) == 1 else f"({joined})"
