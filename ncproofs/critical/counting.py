"""How many critical points the starts of a search ended at, once it is known what is certain about each.

What floats tell apart may be one point: where the Hessian is nearly singular they stop on the way. A certified point
is known to many digits, so two of them are one exactly when value, rank and inertia agree and a relabelling and a
rotation map one to the other. Of points that were not certified nothing is known but a neighbourhood: those near one
another count once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ncproofs.critical.certify import Classified
from ncproofs.critical.distinct import same_figure
from ncproofs.critical.terrain import Array, Terrain

__all__ = ["Ended", "places"]

#: Gram matrices of certified points agree to within this share of their largest entry.
_CERTAIN = 1e-6
#: How far a float may be from its critical point at least, and at most: a small gradient may grow with the third power.
_UNSETTLED, _LOST = 1e-3, 0.1
#: Values agree to within this share where floats have not arrived.
_SAME_VALUE = 1e-6


class Ended(Protocol):
    """What a candidate has that is looked at here."""

    @property
    def x(self) -> Array:
        """Where it ended."""

    @property
    def value(self) -> float:
        """The objective there."""

    @property
    def gradient(self) -> float:
        """The length of its gradient there."""

    @property
    def spectrum(self) -> Array:
        """The eigenvalues of its Hessian there, in floats."""


def places(terrain: Terrain, ended: Sequence[Ended], answers: Sequence[Classified]) -> list[int]:
    """For each of them the number of the first one that is the same critical point, its own for a new one."""
    found: list[int] = []
    for here, (candidate, answer) in enumerate(zip(ended, answers, strict=True)):
        first = (other for other in range(here) if found[other] == other)
        found.append(next((other for other in first if _same(
            terrain, (candidate, answer), (ended[other], answers[other]))), here))
    return found


def _same(terrain: Terrain, left: tuple[Ended, Classified], right: tuple[Ended, Classified]) -> bool:
    one, other = left[1], right[1]
    if one.is_certified and other.is_certified:
        return _same_certified(terrain, one, other)
    if one.is_certified or other.is_certified or one.kind == "budget" or other.kind == "budget":
        return False
    if abs(left[0].value - right[0].value) > _SAME_VALUE * max(1.0, abs(left[0].value)):
        return False
    first, second = terrain.figure(left[0].x), terrain.figure(right[0].x)
    reach = max(_reach(terrain, left[0]), _reach(terrain, right[0]))
    return same_figure(first, second, tolerance=reach, smallest=1.0)


def _reach(terrain: Terrain, ended: Ended) -> float:
    """How far the critical point may be: the gradient over the least curvature that is no symmetry."""
    sizes = np.sort(np.abs(ended.spectrum))[terrain.orbit_dimension(ended.x) :]
    step = ended.gradient / max(1e-300, float(sizes.min(initial=1.0)))
    return min(max(step, _UNSETTLED), _LOST)


def _same_certified(terrain: Terrain, one: Classified, other: Classified) -> bool:
    if (one.rank, one.index, one.nullity, one.how) != (other.rank, other.index, other.nullity, other.how):
        return False
    assert one.value is not None and other.value is not None
    if one.value.upper < other.value.lower or other.value.upper < one.value.lower:
        return False
    if not (one.refined and other.refined):  # a closed form is told by its name, its value and its inertia
        return one.refined == other.refined
    first, second = (terrain.figure(np.array(answer.refined)) for answer in (one, other))
    return same_figure(first, second, tolerance=_CERTAIN)
