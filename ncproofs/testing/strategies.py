"""Hypothesis strategies for problems, exact points, tangent vectors, critical points and losses.

Everything that enters a proof is drawn as small fractions and shrinks towards 0, 1, small sizes and cross-entropy.
Points are lists of rows of fractions, ready for ``ncproofs.calculus``; critical points are floats, which prove
nothing until ``ncproofs.critical`` has certified them.

    @given(strategies.ridge_problems().flatmap(lambda p: tuples(just(p), strategies.points(p))))
    def test_something(drawn): ...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ncproofs.errors import InvalidProblem, MissingDependency, OutOfScope
from ncproofs.losses.cross_entropy import cross_entropy
from ncproofs.losses.focal import focal
from ncproofs.losses.label_smoothing import label_smoothing
from ncproofs.losses.loss import Loss
from ncproofs.losses.mean_squared import mean_squared
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.problems.multilabel import Problem

try:
    from hypothesis import assume
    from hypothesis import strategies as st
except ImportError:
    raise MissingDependency("the strategies need hypothesis; write pip install 'ncproofs[test]'") from None

__all__ = [
    "CriticalPoint", "NearCriticalPoint", "critical_point", "critical_points", "directions", "losses",
    "near_critical_point", "near_critical_points", "points", "positive_rationals", "rationals", "ridge_problems",
    "sphere_points", "sphere_problems", "tangent_vectors", "unit_vectors", "weights",
]

Rows = list[list[Fraction]]
#: (W, H, b): d rows of K, d rows of N, K numbers or None. On spheres (W, H), every column of length one.
ExactPoint = tuple[Any, ...]
Draw = Callable[[st.SearchStrategy[Any]], Any]


def rationals(bound: int = 3, max_denominator: int = 6) -> st.SearchStrategy[Fraction]:
    """Fractions in [-bound, bound] with a small denominator; they shrink to 0."""
    return st.fractions(-bound, bound, max_denominator=max_denominator)


def positive_rationals(bound: int = 3, max_denominator: int = 12) -> st.SearchStrategy[Fraction]:
    """Fractions in (0, bound] with a small denominator; they shrink to 1."""
    return st.builds(
        lambda numerator, denominator: Fraction(numerator, denominator),
        st.integers(1, bound * max_denominator), st.integers(1, max_denominator),
    ).filter(lambda value: value <= bound)


def weights() -> st.SearchStrategy[Fraction]:
    """Weight decays between 1/2000 and 1/10, as they occur in practice; they shrink to 1/10."""
    return st.integers(10, 2000).map(lambda inverse: Fraction(1, inverse))


def losses(*, convex: bool = False, shift_invariant: bool = False) -> st.SearchStrategy[Loss]:
    """The losses of the package with random exact parameters; they shrink to cross-entropy.

    Arguments:
        convex: leave out focal loss, which is not convex in the logits (gamma > 0).
        shift_invariant: leave out the mean squared error, which changes when a constant is added to all logits.
    """
    choices = [
        st.builds(cross_entropy),
        st.builds(label_smoothing, st.fractions(0, Fraction(9, 10), max_denominator=20)),
    ]
    if not convex:
        choices.append(st.builds(focal, st.integers(0, 10).map(lambda halves: Fraction(halves, 2))))
    if not shift_invariant:
        choices.append(st.builds(mean_squared))
    return st.one_of(choices)


_Range = tuple[int, int]
_MODES = ("none", "0", "positive")


@st.composite
def ridge_problems(
    draw: Draw, *, of: st.SearchStrategy[Loss] | None = None, K: _Range = (2, 4), extra: _Range = (-1, 2),
    n: _Range = (1, 3), bias: Sequence[str] = _MODES,
) -> Ridge:
    """Problems with weight decay.

    ``of`` is a strategy of losses, ``losses()`` when None. ``K`` and ``n`` are (least, largest); d - K lies in the
    range ``extra``, and d is at least 1. ``bias`` lists the modes to draw from: "none", "0" (free bias), "positive".
    """
    _ordered(K=K, extra=extra, n=n)
    if unknown := sorted(set(bias) - set(_MODES)):
        raise InvalidProblem(f"bias={unknown[0]!r} given; the modes are {', '.join(_MODES)}")
    loss, classes = draw(losses() if of is None else of), draw(st.integers(*K))
    mode = draw(st.sampled_from(list(bias)))
    lambda_b = draw(positive_rationals(1)) if mode == "positive" else mode
    return Ridge(
        loss, classes, draw(_dimensions(classes, extra, 1)), draw(st.integers(*n)), draw(weights()), draw(weights()),
        lambda_b,
    )


@st.composite
def sphere_problems(
    draw: Draw, *, of: st.SearchStrategy[Loss] | None = None, K: _Range = (2, 4), extra: _Range = (-1, 2),
    n: _Range = (1, 3), tau: _Range = (0, 6),
) -> Spheres:
    """Problems on spheres; arguments as ``ridge_problems``, and tau above tau[0] and up to tau[1]."""
    _ordered(K=K, extra=extra, n=n)
    loss, classes = draw(losses() if of is None else of), draw(st.integers(*K))
    if not 0 <= tau[0] < tau[1]:
        raise InvalidProblem(f"tau={tau} given, but 0 <= least < largest is needed")
    temperature = draw(positive_rationals(tau[1]).filter(lambda value: value > tau[0]))
    return Spheres(loss, classes, draw(_dimensions(classes, extra, 2)), draw(st.integers(*n)), temperature)


def _ordered(**ranges: _Range) -> None:
    for name, (low, high) in ranges.items():
        if low > high:
            raise InvalidProblem(f"{name}={(low, high)} given, but (least, largest) is needed")


def _dimensions(K: int, extra: _Range, least: int) -> st.SearchStrategy[int]:
    low, high = max(least, K + extra[0]), max(least, K + extra[1])
    return st.integers(low, high)


def _matrices(rows: int, columns: int) -> st.SearchStrategy[Rows]:
    row = st.lists(rationals(2), min_size=columns, max_size=columns)
    return st.lists(row, min_size=rows, max_size=rows)


def points(problem: Ridge | Spheres) -> st.SearchStrategy[ExactPoint]:
    """Exact points: (W, H, b) of a problem with weight decay, (W, H) with unit columns on spheres."""
    if isinstance(problem, Spheres):
        return sphere_points(problem)
    b = st.lists(rationals(2), min_size=problem.K, max_size=problem.K) if problem.has_bias else st.none()
    return st.tuples(_matrices(problem.d, problem.K), _matrices(problem.d, problem.N), b)


def directions(problem: Ridge) -> st.SearchStrategy[ExactPoint]:
    """Directions (dW, dH, db), not all zero."""
    return points(problem).filter(lambda D: any(any(map(any, part)) for part in D[:2]) or any(D[2] or ()))


def unit_vectors(d: int) -> st.SearchStrategy[list[Fraction]]:
    """Rational unit vectors of R^d: (2 x, |x|^2 - 1)/(|x|^2 + 1) for a rational x, up to the order of coordinates."""
    if d < 2:
        raise InvalidProblem(f"d={d} given, but unit vectors of dimension at least 2 are needed")
    tails = st.lists(rationals(2), min_size=d - 1, max_size=d - 1)
    return st.builds(_stereographic, tails, st.integers(0, d - 1))


def _stereographic(x: list[Fraction], place: int) -> list[Fraction]:
    square = sum((entry * entry for entry in x), Fraction(0))
    vector = [2 * entry / (square + 1) for entry in x] + [(square - 1) / (square + 1)]
    return vector[place:] + vector[:place]


def sphere_points(problem: Spheres) -> st.SearchStrategy[ExactPoint]:
    """(W, H) with exact unit columns."""
    def columns(count: int) -> st.SearchStrategy[Rows]:
        drawn = st.lists(unit_vectors(problem.d), min_size=count, max_size=count)
        return drawn.map(lambda vectors: [list(row) for row in zip(*vectors, strict=True)])

    return st.tuples(columns(problem.K), columns(problem.N))


def tangent_vectors(problem: Spheres, point: ExactPoint) -> st.SearchStrategy[ExactPoint]:
    """(dW, dH), each column exactly orthogonal to that of ``point``, not all zero."""
    ambient = st.tuples(_matrices(problem.d, problem.K), _matrices(problem.d, problem.N))
    projected = ambient.map(lambda D: tuple(_projected(X, V) for X, V in zip(point, D, strict=True)))
    return projected.filter(lambda D: any(any(map(any, part)) for part in D))


def _projected(X: Rows, V: Rows) -> Rows:
    """v - <x, v> x, column by column."""
    inner = [sum(x * v for x, v in zip(*pair, strict=True))
             for pair in zip(zip(*X, strict=True), zip(*V, strict=True), strict=True)]
    return [[v - x * s for x, v, s in zip(xs, vs, inner, strict=True)] for xs, vs in zip(X, V, strict=True)]


@dataclass(frozen=True, eq=False)
class CriticalPoint:
    """A critical point in floats; ``b`` is None without a bias. ``method`` is a name of ``METHODS``, or "plain".

    What it prints as is enough to find it again: ``critical_point(problem, method, seed)``.
    """

    problem: Problem
    method: str
    seed: int
    W: Any
    H: Any
    b: Any
    value: float
    gradient_norm: float
    index: int
    nullity: int

    def __repr__(self) -> str:
        return (f"critical_point(<{self.problem}>, {self.method!r}, {self.seed})  # value {self.value:.12g}, index "
                f"{self.index}, nullity {self.nullity}, |gradient| {self.gradient_norm:.2g}")

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001  # as Hypothesis and IPython call it
        printer.text(repr(self))


@dataclass(frozen=True, eq=False)
class NearCriticalPoint:
    """A point at a critical one: ``W``, ``H``, ``b`` are moved; value and index are those of ``near``, which is not."""

    near: CriticalPoint
    within: Fraction
    seed: int
    W: Any
    H: Any
    b: Any

    def __repr__(self) -> str:
        found = self.near
        return (f"near_critical_point(critical_point(<{found.problem}>, {found.method!r}, {found.seed}), "
                f"{self.within}, {self.seed})  # there value {found.value:.12g}, index {found.index}")

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001
        printer.text(repr(self))


def critical_points(problem: Problem) -> st.SearchStrategy[CriticalPoint]:
    """A critical point of any index, in floats.

    The method is drawn, and with it the seed, so that the point is reproducible: one of ``ncproofs search``, or
    "plain", which is Levenberg-Marquardt on all unknowns of the search from a random start and puts no more structure
    into the point. What does not converge is drawn again.

    Raises:
        InvalidProblem: not a ``Ridge``, ``Spheres`` or ``MultiLabel`` problem, or one without critical points.
        OutOfScope: too large for dense Hessians, or a loss that the search does not cover.
    """
    _refuse_unsearched(problem)
    return _drawn(problem)


@st.composite  # of a map Hypothesis would print the call, not the point
def _drawn(draw: Draw, problem: Problem) -> CriticalPoint:
    from ncproofs.critical.seekers import METHODS

    method = draw(st.sampled_from(["plain", *METHODS]))
    found = _sought(problem, method, draw(st.integers(0, 2**20)))
    assume(found is not None)
    assert found is not None
    return found


def critical_point(problem: Problem, method: str, seed: int) -> CriticalPoint:
    """The point that ``critical_points`` printed as this call, with the problem in place of its name.

    Raises:
        UnknownName, InvalidProblem, OutOfScope: as ``critical_points``; and InvalidProblem if this start does not
            converge.
    """
    from ncproofs.critical.random_points import chosen, seed_of

    _refuse_unsearched(problem)
    if method != "plain":
        chosen([method])
    found = _sought(problem, method, seed_of(seed))
    if found is None:
        raise InvalidProblem(f"method={method!r}, seed={seed} does not converge for {problem}; give what was printed")
    return found


def _refuse_unsearched(problem: Problem) -> None:
    from ncproofs.critical.certify import is_large, terrain_of

    terrain_of(problem)
    if is_large(problem):
        raise OutOfScope(f"{problem.dimension} coordinates are too many for critical points of any kind; lower K, d "
                         "or n, or look at those with the symmetry of all classes with ncproofs search")


def _sought(problem: Problem, method: str, seed: int) -> CriticalPoint | None:
    import numpy as np

    from ncproofs.critical.certify import parts_of, terrain_of
    from ncproofs.critical.random_points import candidate_at, seek
    from ncproofs.critical.seekers import levenberg_marquardt, newton

    if method == "plain":
        terrain, rng = terrain_of(problem), np.random.default_rng(seed)
        with np.errstate(all="ignore"):
            x = newton(terrain, levenberg_marquardt(terrain, terrain.random(rng)))
        found = candidate_at(problem, 0, method, x)
    else:
        found = seek(problem, seed, 0, [method])
    if not found.converged:
        return None
    W, H, b = parts_of(problem, found.x)
    return CriticalPoint(problem, method, seed, W, H, b, found.value, found.gradient, found.index, found.nullity)


def near_critical_points(
    problem: Problem, *, within: Fraction = Fraction(1, 1000)
) -> st.SearchStrategy[NearCriticalPoint]:
    """A point of ``critical_points`` with each entry of W, H and b moved by at most ``within``.

    On spheres the moved columns are brought back to length one.

    Raises:
        InvalidProblem, OutOfScope: as ``critical_points``.
    """
    return _moved(critical_points(problem), within)


@st.composite
def _moved(draw: Draw, points: st.SearchStrategy[CriticalPoint], within: Fraction) -> NearCriticalPoint:
    return near_critical_point(draw(points), within, draw(st.integers(0, 2**20)))


def near_critical_point(near: CriticalPoint, within: Fraction, seed: int) -> NearCriticalPoint:
    """The point that ``near_critical_points`` printed as this call."""
    import numpy as np

    rng = np.random.default_rng(seed)
    moved: list[Any] = [None if part is None else part + float(within) * (2 * rng.random(part.shape) - 1)
                        for part in (near.W, near.H, near.b)]
    W, H, b = moved
    if isinstance(near.problem, Spheres):
        W, H = (part / np.linalg.norm(part, axis=0) for part in (W, H))
    return NearCriticalPoint(near, within, seed, W, H, b)
