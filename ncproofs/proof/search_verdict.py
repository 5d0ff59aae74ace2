"""What random critical points say about "every critical point is a global minimiser or a strict saddle".

Inside the hypotheses of a landscape theorem every certified point must have negative curvature or the least value; a
point that has neither is a violation: the theorem, or this program, is wrong. Outside, such a point is a
counterexample. Both need two certificates: an index of 0, and a value certified to lie above that of another point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.certify import is_large, parts_of
from ncproofs.critical.krawczyk import value_at
from ncproofs.critical.multilabel import label_optimum
from ncproofs.critical.optimum import optimum
from ncproofs.critical.random_points import Candidate, Found, SearchResult
from ncproofs.critical.sphere_optimum import sphere_optimum
from ncproofs.critical.terrain import Array
from ncproofs.errors import NcproofsError
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.problems.multilabel import MultiLabel, Problem
from ncproofs.proof import landscape, multilabel_landscape, sphere_landscape
from ncproofs.proof.discharge import Effort
from ncproofs.truth import Evidence, Truth

__all__ = ["Counterexample", "Judgement", "Reference", "judge", "lower_start"]


@dataclass(frozen=True)
class Reference:
    """A certified upper bound of the minimum, and whose value it is: a start number, or a closed form."""

    value: Enclosure
    what: str
    number: int | None = None


@dataclass(frozen=True)
class Counterexample:
    """A certified critical point without negative curvature, certified to lie above ``better``."""

    point: Found
    better: Reference

    def __str__(self) -> str:
        found = self.point.classified
        assert found.value is not None
        flat = "a strict local minimum modulo symmetry"
        if found.excess_nullity:
            flat = f"no negative curvature, {found.excess_nullity} flat directions beyond the symmetries"
        return (
            f"{flat} (index 0, nullity {found.nullity} = {found.orbit_dimension} symmetries"
            f"{f' + {found.excess_nullity}' if found.excess_nullity else ''}) has value >= "
            f"{found.value.decimals(15)[0]}, but {self.better.what} has value <= {self.better.value.decimals(15)[1]}"
        )


@dataclass(frozen=True)
class Judgement:
    """``theorem`` says whether its hypotheses are met; ``against`` are the points that contradict its statement."""

    theorem: Evidence
    against: tuple[Counterexample, ...]
    reference: Reference | None

    @property
    def is_inside(self) -> bool:
        """Whether a theorem promises that nothing contradicts it."""
        return self.theorem.truth is Truth.HOLDS


def judge(result: SearchResult, effort: Effort | None = None) -> Judgement:
    """Compare the certified points of ``result`` with the lowest value that is known."""
    problem = result.problem
    theorem = _theorem(problem, effort or Effort())
    reference = min(_references(result), key=lambda known: known.value.upper, default=None)
    against = []
    for point in result.certified:
        value = point.classified.value
        if not point.classified.index and value is not None and reference is not None:
            if value.lower > reference.value.upper:
                against.append(Counterexample(point, reference))
    against.sort(key=lambda found: (found.point.classified.excess_nullity, found.point.candidate.number))
    return Judgement(theorem, tuple(against), reference)


def lower_start(result: SearchResult, found: Counterexample) -> Candidate | None:
    """The start that ends lowest, if that is below the point: a certificate needs its coordinates, no closed form."""
    if found.better.number is not None:
        return next(point.candidate for point in result.points if point.candidate.number == found.better.number)
    lowest = min((point.candidate for point in result.points), key=lambda candidate: candidate.value)
    return lowest if lowest.value < found.point.candidate.value else None


def _theorem(problem: Problem, effort: Effort) -> Evidence:
    if isinstance(problem, Ridge):
        return landscape.by_theorem(problem, effort)
    if isinstance(problem, MultiLabel):
        return multilabel_landscape.by_theorem(problem)
    return sphere_landscape.by_theorem(problem)


def _references(result: SearchResult) -> list[Reference]:
    known = []
    for point in result.certified:
        if point.classified.value is not None:
            number = point.candidate.number
            known.append(Reference(point.classified.value, f"the critical point from start {number}", number))
    floats = min(result.undecided, key=lambda point: point.candidate.value, default=None)
    if floats is not None and not is_large(result.problem):
        number = floats.candidate.number
        value = _value_at(result.problem, floats.candidate.x)
        known.append(Reference(value, f"the point at which start {number} ends", number))
    closed = _closed_form(result.problem)
    return known if closed is None else [closed, *known]


def _value_at(problem: Problem, x: Array) -> Enclosure:
    """The objective at exactly these floats (on spheres, at their normalised columns)."""
    W, H, b = parts_of(problem, np.asarray(x))
    if isinstance(problem, Spheres):
        return sphere_landscape.value_at_floats(problem, W, H)
    return value_at(problem, W, H, b)


_OPTIMA: dict[type, Callable[..., Any]] = {Ridge: optimum, Spheres: sphere_optimum, MultiLabel: label_optimum}


def _closed_form(problem: Problem) -> Reference | None:
    """The certified optimum, or best closed-form candidate; every one of them is attained."""
    try:
        found: Any = _OPTIMA[type(problem)](problem, digits=20)
    except NcproofsError:
        return None  # no room for a simplex ETF, or a loss without closed forms: nothing to compare with
    bounded = found.regime == "bounded"  # label sets that are not balanced: a point is known, but no closed form
    what = "a point found by descent" if bounded else f"the {found.geometry} (closed form)"
    return Reference(found.quantities["objective"], what)
