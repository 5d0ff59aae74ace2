"""The papers behind this folder, and the letters its theorems share."""

from __future__ import annotations

import sympy

from ncproofs.errors import InvalidClaim
from ncproofs.problems.networks import Network
from ncproofs.truth import Truth

__all__ = ["CONVEX", "beta", "is_kind", "require_kind"]

#: Title and arXiv number of the paper on convex duality of deep networks.
CONVEX = ("Revealing the Structure of Deep Neural Networks via Convex Duality", "2002.09773")

beta = sympy.Symbol("beta", positive=True)


def is_kind(problem: object, *kinds: str) -> Truth:
    """Whether the problem is of one of these kinds."""
    return Truth.HOLDS if getattr(problem, "kind", "") in kinds else Truth.FAILS


def require_kind(theorem: str, problem: Network, *kinds: str) -> None:
    """Refuse a problem whose kind has no such quantities as the theorem speaks of.

    Raises:
        InvalidClaim: another kind.
    """
    if problem.kind not in kinds:
        raise InvalidClaim(f"{theorem} speaks of kind {' or '.join(kinds)}; got {problem}")
