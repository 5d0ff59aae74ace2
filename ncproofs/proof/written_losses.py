"""Losses and exact constants as certificates spell them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy

from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import K, Loss, S, T, Z
from ncproofs.losses.projected_mean_squared import projected_mean_squared
from ncproofs.proof.certificate_spelling import Names, Unspeakable
from ncproofs.proof.constants import as_expression

__all__ = ["constant", "loss_record"]

_LISTED: dict[str, tuple[str | None, Callable[..., Loss]]] = {
    "cross_entropy": (None, cross_entropy),
    "mean_squared": (None, mean_squared),
    "projected_mean_squared": (None, projected_mean_squared),
    "label_smoothing": ("alpha", label_smoothing),
    "focal": ("gamma", focal),
}


def constant(value: Any) -> Any:
    """The expression of an exact constant: a SymPy expression, a number, or a string such as "1/100".

    Raises:
        Unspeakable: a part that the format has no word for.
    """
    return Names().spell(as_expression(value))


def loss_record(loss: Loss) -> tuple[str, Any]:
    """(name, parameter) of a loss of the list, recognised by its expression; any other as an expression.

    Raises:
        Unspeakable: a part that the format has no word for.
    """
    for name, (key, build) in _LISTED.items():
        parameter = loss.parameters.get(key) if key else None
        if key and not isinstance(parameter, Fraction):
            continue
        listed = build(parameter) if key else build()
        if listed.phi == loss.phi and listed.class_functions == loss.class_functions:
            return name, None if parameter is None else str(parameter)
    letters = {T: "t", K: "K", Z: "z", **{S(i): f"S{i}" for i in range(1, len(loss.class_functions) + 1)}}
    names = Names()
    for symbol, letter in letters.items():
        names.of(symbol, letter)
    if any(names.known[symbol] != letter for symbol, letter in letters.items()) or loss.phi.has(sympy.Float):
        raise Unspeakable(f"{loss} uses letters that certificates do not have")
    return "expression", {"phi": names.spell(loss.phi), "sums": [names.spell(f) for f in loss.class_functions]}
