"""Random critical points by the hundred: found in floats, told apart modulo symmetry, each one certified.

Start number i of seed s draws from its own stream, ``numpy.random.default_rng([s, i])``: results do not depend on
how many starts are made, in which order, or by how many processes.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ncproofs.critical.certify import Classified, certify, scaled, stratum, terrain_of
from ncproofs.critical.counting import places
from ncproofs.critical.distinct import agree, same_figure
from ncproofs.critical.seekers import METHODS, newton
from ncproofs.critical.terrain import Array, Terrain, inertia, size_of
from ncproofs.errors import InvalidProblem, UnknownName
from ncproofs.problems.multilabel import Problem

__all__ = [
    "Candidate", "Distinct", "Found", "SearchResult", "assembled", "candidate_at", "chosen", "critical_points",
    "seed_of", "seek",
]

#: A gradient below this share of the largest Hessian eigenvalue counts as converged.
_CONVERGED = 1e-9
#: Values of two equal points differ by less than this share.
_SAME_VALUE = 1e-7


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """Where start ``number`` ended. ``index``, ``nullity`` and the spectrum are what floats show there.

    Gradient and spectrum are those in the scale of ``certify.scaled``, which is that of the problem unless one weight
    is much larger than the other.
    """

    number: int
    method: str
    x: Array
    value: float
    gradient: float
    converged: bool
    index: int = 0
    nullity: int = 0
    spectrum: Array = field(default_factory=lambda: np.zeros(0))
    stratum: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """One critical point modulo symmetry: its first candidate, what is certain, and how often it was found."""

    candidate: Candidate
    classified: Classified
    hits: int = 1


def chosen(methods: Sequence[str] | None) -> tuple[str, ...]:
    """The names of the methods to take turns; all of them for None.

    Raises:
        UnknownName: there is no such method.
    """
    given = [methods] if isinstance(methods, str) else methods
    names = tuple(METHODS) if not given else tuple(dict.fromkeys(given))
    unknown = [name for name in names if name not in METHODS]
    if unknown:
        raise UnknownName(f"there is no search method {unknown[0]!r}; there are: {', '.join(METHODS)}")
    return names


def seed_of(rng: int | np.random.Generator | None) -> int:
    """The seed that ``rng`` stands for; a generator gives one up, None draws one from the system.

    Raises:
        InvalidProblem: a negative number or another type.
    """
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(2**63))
    if rng is None:
        return int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> 1)  # the command line takes 63 bits
    if isinstance(rng, bool) or not isinstance(rng, (int, np.integer)) or rng < 0:
        raise InvalidProblem(f"rng={rng!r} given; write a whole number >= 0 or numpy.random.default_rng(...)")
    return int(rng)


def seek(problem: Problem, seed: int, number: int, methods: Sequence[str]) -> Candidate:
    """Where start ``number`` of ``seed`` ends; the methods take turns."""
    view = scaled(problem)
    method = methods[number % len(methods)]
    with np.errstate(all="ignore"):
        try:
            y = newton(view.terrain, METHODS[method](view.terrain, np.random.default_rng([seed, number])))
        except np.linalg.LinAlgError:  # the loss overflows or is undefined on the way
            y = np.zeros(0)
    return candidate_at(problem, number, method, view.outside(y))


def candidate_at(problem: Problem, number: int, method: str, x: Array) -> Candidate:
    """The candidate at the floats ``x``; empty or infinite ones did not converge."""
    lost = Candidate(number=number, method=method, x=np.zeros(0), value=0.0, gradient=0.0, converged=False)
    if not (x.size and np.isfinite(x).all()):
        return lost
    view = scaled(problem)
    with np.errstate(all="ignore"):
        y = view.inside(x)
        local, value = view.terrain.local(y), view.terrain.value(y)
        if not (np.isfinite(local.hessian).all() and math.isfinite(value)):
            return lost
        values = np.asarray(np.linalg.eigvalsh(local.hessian), dtype=np.float64)
    gradient = float(np.linalg.norm(local.gradient))
    index, nullity = inertia(values)
    converged = gradient <= _CONVERGED * size_of(values)
    return Candidate(
        number=number, method=method, x=x, value=value, gradient=gradient, converged=converged, index=index,
        nullity=nullity, spectrum=values, stratum=stratum(problem, x) if converged else "",
    )


class Distinct:
    """The candidates so far modulo symmetry: ``add`` says which earlier one a candidate equals, if any.

    Points of one continuum count once.
    """

    def __init__(self, terrain: Terrain) -> None:
        self.terrain = terrain
        self.kept: list[Candidate] = []
        self._continua: dict[str, int] = {}
        self._by_value: list[tuple[float, int]] = []

    def add(self, candidate: Candidate) -> int | None:
        """The place of the equal candidate in ``kept``; None for a new one, which is then kept."""
        place = len(self.kept)
        if candidate.stratum:
            found = self._continua.setdefault(candidate.stratum, place)
            if found != place:
                return found
        else:
            near = self._near(candidate.value)
            equal = [other for other in near if self._equal(candidate, self.kept[other])]
            if equal:
                return min(equal)
            insort(self._by_value, (candidate.value, place))
        self.kept.append(candidate)
        return None

    def _near(self, value: float) -> list[int]:
        width = _SAME_VALUE * max(abs(value), 1e-300)
        start = bisect_left(self._by_value, (value - width, -1))
        end = bisect_left(self._by_value, (value + width, len(self.kept)))
        return [place for _, place in self._by_value[start:end]]

    def _equal(self, left: Candidate, right: Candidate) -> bool:
        if not agree(left.spectrum, right.spectrum):
            return False
        return same_figure(self.terrain.figure(left.x), self.terrain.figure(right.x))


@dataclass(frozen=True, kw_only=True, eq=False)
class SearchResult:
    """What ``candidates`` starts of ``seed`` found: one entry of ``points`` for each critical point modulo symmetry."""

    problem: Problem
    seed: int
    methods: tuple[str, ...]
    candidates: int
    converged: int
    points: tuple[Found, ...]
    #: method -> (starts, converged, not a minimiser, points that no earlier start had found)
    success: dict[str, tuple[int, int, int, int]]

    @property
    def certified(self) -> tuple[Found, ...]:
        return tuple(point for point in self.points if point.classified.is_certified)

    @property
    def undecided(self) -> tuple[Found, ...]:
        return tuple(point for point in self.points if not point.classified.is_certified)

    @property
    def by_index(self) -> dict[int, int]:
        """Certified index -> number of distinct points."""
        return dict(sorted(Counter(point.classified.index for point in self.certified).items()))

    @property
    def saddles(self) -> tuple[Found, ...]:
        """The certified points with negative curvature, the least negative first."""
        found = [point for point in self.certified if point.classified.index]
        return tuple(sorted(found, key=lambda point: -_upper(point.classified)))

    def __str__(self) -> str:
        indices = ", ".join(f"{count} of index {index}" for index, count in self.by_index.items())
        lines = [
            f"{self.problem}",
            f"{self.candidates} starts (seed {self.seed}), {self.converged} converged, {len(self.points)} distinct",
            f"certified {len(self.certified)}, undecided {len(self.undecided)}" + (f": {indices}" if indices else ""),
        ]
        reasons = Counter(point.classified.kind for point in self.undecided)
        lines += [f"undecided ({kind}): {count}" for kind, count in sorted(reasons.items())]
        return "\n".join(lines)


def _upper(classified: Classified) -> Any:
    assert classified.smallest is not None
    return classified.smallest.upper


def critical_points(
    problem: Problem,
    count: int = 100,
    *,
    rng: int | np.random.Generator | None = 0,
    methods: Sequence[str] | None = None,
    told: Callable[[Found], None] | None = None,
) -> SearchResult:
    """Random critical points of ``problem`` from ``count`` starts, each distinct one certified or undecided.

    Arguments:
        problem: a ``Ridge`` or ``Spheres`` problem with any loss, or ``MultiLabel`` with pick-all-label cross-entropy.
        count: starts, at least 1.
        rng: a seed, or a numpy generator (SPEC 7); the same seed gives the same result.
        methods: names among "squares", "following", "padding", "symmetry", "homotopy", "descent", "escape"; all for
            None.
        told: called with each distinct point as soon as it is classified.

    Raises:
        InvalidProblem, UnknownName: as their messages say.
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise InvalidProblem(f"count={count!r} given; write a whole number of starts, at least 1")
    names, seed = chosen(methods), seed_of(rng)
    found = list(_candidates(problem, count, seed, names))
    return assembled(problem, seed, names, found, lambda candidate: certify(problem, candidate.x), told)


def _candidates(problem: Problem, count: int, seed: int, names: Sequence[str]) -> Iterator[Candidate]:
    return (seek(problem, seed, number, names) for number in range(count))


def assembled(
    problem: Problem,
    seed: int,
    methods: tuple[str, ...],
    candidates: Iterable[Candidate],
    classify: Callable[[Candidate], Classified],
    told: Callable[[Found], None] | None = None,
) -> SearchResult:
    """The result of these candidates, in the order of their numbers."""
    ordered = sorted(candidates, key=lambda candidate: candidate.number)
    distinct, hits, classified = Distinct(terrain_of(problem)), Counter[int](), list[Classified]()
    success = {name: [0, 0, 0, 0] for name in methods}
    for candidate in ordered:
        tally = success[candidate.method]
        tally[0] += 1
        if not candidate.converged:
            continue
        tally[1] += 1
        tally[2] += candidate.index > 0
        place = distinct.add(candidate)
        hits[len(distinct.kept) - 1 if place is None else place] += 1
        if place is None:
            classified.append(classify(candidate))
            if told is not None:
                told(Found(candidate=candidate, classified=classified[-1]))
    same = places(distinct.terrain, distinct.kept, classified)
    total: Counter[int] = Counter()
    for place, first in enumerate(same):
        total[first] += hits[place]
        success[distinct.kept[place].method][3] += first == place
    points = tuple(
        Found(candidate=candidate, classified=answer, hits=total[place])
        for place, (candidate, answer) in enumerate(zip(distinct.kept, classified, strict=True)) if same[place] == place
    )
    return SearchResult(
        problem=problem, seed=seed, methods=methods, candidates=len(ordered),
        converged=sum(candidate.converged for candidate in ordered), points=points,
        success={name: (a, b, c, e) for name, (a, b, c, e) in success.items()},
    )
