"""SymPy expressions and domains as certificates spell them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import sympy

from ncproofs.proof.domain import Domain

__all__ = ["Names", "Unspeakable"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")


class Unspeakable(Exception):
    """An expression outside the grammar of certificates; the message names the operation."""


class Names:
    """A name for every symbol (or index, or tensor), unique and in the alphabet of certificates."""

    def __init__(self) -> None:
        self.known: dict[Any, str] = {}

    def of(self, thing: Any, wanted: str) -> str:
        """The name of ``thing``, made from ``wanted`` at first."""
        if thing not in self.known:
            base = re.sub(r"[^A-Za-z0-9_]", "_", wanted.replace("'", "_prime"))[:50]
            base = base if _NAME.match(base) else f"v_{base}"
            taken, name, count = set(self.known.values()), base, 1
            while name in taken:
                name, count = f"{base}_{count}", count + 1
            self.known[thing] = name
        return self.known[thing]

    def spell(self, value: Any) -> Any:
        """``value`` in the grammar of certificates.

        Raises:
            Unspeakable: an operation that has no place there.
        """
        node = sympy.sympify(value, strict=True)
        if node.is_Symbol:
            return self.of(node, node.name)
        if node.is_Rational:
            return str(node)
        if node is sympy.E:
            return ["exp", "1"]
        if node.is_Add or node.is_Mul:
            parts = [self.spell(part) for part in node.args]
            return ["+" if node.is_Add else "*", *parts]
        if isinstance(node, (sympy.exp, sympy.log)):
            return ["exp" if isinstance(node, sympy.exp) else "log", self.spell(node.args[0])]
        if node.is_Pow:
            return self._power(*node.args)
        raise Unspeakable(f"{type(node).__name__} has no place in a certificate")

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> Any:
        if exponent.is_Integer and abs(int(exponent)) <= 10_000:
            return ["^", self.spell(base), int(exponent)]
        if (2 * exponent).is_Integer and abs(int(2 * exponent)) <= 10_000:
            root = ["sqrt", self.spell(base)]
            return root if 2 * exponent == 1 else ["^", root, int(2 * exponent)]
        return ["pow", self.spell(base), self.spell(exponent)]

    def domain(self, where: Domain) -> list[dict[str, Any]]:
        """The variables of ``where`` with their ranges."""
        return [
            {
                "name": self.of(symbol, symbol.name),
                "lower": None if span.lower is None else self.spell(span.lower),
                "upper": None if span.upper is None else self.spell(span.upper),
                "lower_open": span.lower_open, "upper_open": span.upper_open, "integer": span.integer,
            }
            for symbol, span in where
        ]

    def pairs(self, items: Iterable[tuple[sympy.Expr, sympy.Expr]]) -> list[list[Any]]:
        return [[self.spell(left), self.spell(right)] for left, right in items]
