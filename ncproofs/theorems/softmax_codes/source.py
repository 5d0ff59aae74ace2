"""Where the theorems of this folder come from, and the letters they share."""

from __future__ import annotations

from typing import Literal

import sympy

from ncproofs.theorems.theorem import Source

__all__ = ["K", "d", "paper", "tau"]

K, d = sympy.symbols("K d", integer=True, positive=True)
tau = sympy.Symbol("tau", positive=True)


def paper(quoted: str, relation: Literal["equal", "stronger", "auxiliary"], note: str) -> Source:
    """The paper on generalised neural collapse; its full text was not at hand, so quotes are from its abstract."""
    return Source(
        paper="Generalized Neural Collapse for a Large Number of Classes", arxiv="2310.05351", quoted=quoted,
        relation=relation, note=note,
    )
