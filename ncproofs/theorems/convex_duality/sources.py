"""The papers behind this folder, and the letters its theorems share."""

from __future__ import annotations

import sympy

from ncproofs.truth import Truth

__all__ = ["CONVEX", "beta", "is_kind", "positive_symbols"]

#: Title and arXiv number of the paper on convex duality of deep networks.
CONVEX = ("Revealing the Structure of Deep Neural Networks via Convex Duality", "2002.09773")

beta = sympy.Symbol("beta", positive=True)


def positive_symbols(names: str) -> tuple[sympy.Symbol, ...]:
    """Symbols for positive reals."""
    found: tuple[sympy.Symbol, ...] = sympy.symbols(names, positive=True)
    return found


def is_kind(problem: object, *kinds: str) -> Truth:
    """Whether the problem is of one of these kinds."""
    return Truth.HOLDS if getattr(problem, "kind", "") in kinds else Truth.FAILS
