"""Certificates of single critical points, found in floats: existence with inertia, and saddle boxes.

``critical-point/1`` of ``ridge``, ``sphere`` and ``label``, ``saddle-box/1`` of the first two. With a ``rival`` of
lower value, a critical point of index 0 whose nullity is that of its orbit is a spurious local minimum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncproofs.arithmetic.linalg import ball_matrix, eigenvalue_enclosures
from ncproofs.critical.balance import exponent_of
from ncproofs.critical.krawczyk import NotCertified, certify_critical_point, has_shift_symmetry
from ncproofs.critical.sphere_krawczyk import certify_sphere_point
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.problems.multilabel import MultiLabel, Problem
from ncproofs.proof.certificate import NoCertificate, problem_record, stated
from ncproofs.proof.checker_arithmetic import Budget, Intervals
from ncproofs.proof.checker_critical import Point, hessian
from ncproofs.proof.checker_labels import Labels as WrittenLabels
from ncproofs.proof.checker_ridge import Problem as WrittenRidge
from ncproofs.proof.checker_spheres import Spheres as WrittenSpheres
from ncproofs.proof.ridge_certificates import Pair, first_accepted, shorter

__all__ = ["critical_point_certificate", "rival_point", "saddle_box_certificate"]

Array = NDArray[np.float64]
Rows = list[list[Fraction]]

_SHIFT = 160  # bits of the rotations
_CENTRE = 72  # bits of the centre: coarse enough that it does not depend on how the point was found
_RADII = tuple(Fraction(1, 2**k) for k in (60, 50, 40))
_TOGETHER = Fraction(1, 10**12)


@dataclass(frozen=True)
class _Slice:
    """Coordinates in R^r, W without entries below its pivots."""

    W: Rows
    H: Rows
    b: list[Fraction] | None
    places: list[list[int]]
    pivots: list[int]

    @property
    def rank(self) -> int:
        return len(self.W)

    @property
    def record(self) -> dict[str, Any]:
        bias = None if self.b is None else _vector(self.b)
        return {"W": _vector([x for row in self.W for x in row]), "H": _vector([x for row in self.H for x in row]),
                "b": bias}


def _vector(values: Sequence[Fraction], bits: int = _CENTRE) -> dict[str, Any]:
    return {"s": bits, "m": [str(round(value * 2**bits)) for value in values]}


def critical_point_certificate(
    problem: Problem, W: Any, H: Any, b: Any = None, *, rival: dict[str, Any] | None = None, title: str = ""
) -> Pair:
    """Statement and witness: a critical point near the floats W (d, K), H (d, N), b exists, with its inertia.

    ``rival``: what ``rival_point`` gives; then its value is claimed to be lower.

    Raises:
        NoCertificate: the point is not certified by the prover, or the checker does not accept it.
    """
    _refuse_hidden_shift(problem)
    found, slice_ = _certified(problem, np.asarray(W, dtype=np.float64), np.asarray(H, dtype=np.float64), b)
    value = found.value
    statement = stated(
        f"{_family(problem)}/critical-point/1", title or f"critical point of {problem}",
        problem=problem_record(problem), rank=slice_.rank,
        places=slice_.places, pivots=slice_.pivots, centre=slice_.record, radius="1",
        negative=found.index, zero=found.nullity, rival=rival,
        value=_around((value.lower + value.upper) / 2),
    )
    reason = ""
    for radius in _RADII:
        statement["radius"] = str(radius)
        try:
            return statement, first_accepted(statement, _witnesses(problem, slice_, found.nullity))
        except NoCertificate as error:
            reason = str(error)
    raise NoCertificate(reason)


def _refuse_hidden_shift(problem: Problem) -> None:
    """A free bias is isolated only once one entry is held fixed, which needs a loss that shifts leave unchanged."""
    if isinstance(problem, Spheres) or problem.lambda_b != 0 or not has_shift_symmetry(problem):
        return
    if not _written(problem).loss.is_shift_invariant(problem.K):
        raise NoCertificate(
            f"with a free bias the checker must see that a shift of all logits leaves {problem.loss} unchanged, and in "
            "this form it does not; write it in log(S1) - t or exp(t)/S1, S1 the sum of exp(z)"
        )


def _witnesses(problem: Problem, slice_: _Slice, zeros: int) -> Iterator[dict[str, Any]]:
    for bits in (128, 192):
        nu = _multipliers(problem, slice_, bits) if isinstance(problem, Spheres) else []
        yield {"bits": bits, "gap": _gap(problem, slice_, nu, zeros, bits), "multipliers": list(map(str, nu))}


def _gap(problem: Problem, slice_: _Slice, nu: list[Fraction], zeros: int, bits: int) -> str:
    """Half the least magnitude of a nonzero eigenvalue of the checker's blocks, from floats."""
    written, balls = _written(problem), Intervals(bits, Budget(10**9))
    point = Point(balls, written, slice_.rank, slice_.places, slice_.record, Fraction(0))
    weights = [balls.number(x) for x in nu] or [balls.number(Fraction(0))] * (problem.K + len(slice_.places))
    sizes: list[float] = []
    for block, copies in hessian(balls, written, point, weights, slice_.rank, point.model(balls, written)):
        if block and copies:
            rows = [[Fraction(low, 2**bits) for low, _ in row] for row in block]
            sizes += [size for size in _magnitudes(rows, bits, far=_is_far(problem)) for _ in range(copies)]
    sizes.sort()
    return shorter(Fraction(sizes[zeros]) / 2) if len(sizes) > zeros and sizes[zeros] > 0 else "1"


def _is_far(problem: Problem) -> bool:
    """Whether the weights differ so much that doubles do not see the smaller eigenvalues beside the larger ones."""
    return not isinstance(problem, Spheres) and exponent_of(problem) != 0


def _magnitudes(rows: Rows, bits: int, *, far: bool) -> list[float]:
    if not far:
        found: list[float] = np.abs(np.linalg.eigvalsh(np.array(rows, dtype=np.float64))).tolist()
        return found
    return [abs(float(value.mid())) for value in eigenvalue_enclosures(ball_matrix(rows, bits), bits)]


def _written(problem: Problem) -> Any:
    record = problem_record(problem)
    if isinstance(problem, MultiLabel):
        return WrittenLabels(record, Budget(10**9))
    return WrittenRidge(record) if isinstance(problem, Ridge) else WrittenSpheres(record)


def _around(value: Fraction) -> list[str]:
    """Bounds with 14 digits after the point, from that many of the value."""
    unit = 10**14
    middle = round(value * unit)
    return [str(Fraction(middle - 2, unit)), str(Fraction(middle + 2, unit))]


def _family(problem: Problem) -> str:
    if isinstance(problem, MultiLabel):
        return "label"
    return "ridge" if isinstance(problem, Ridge) else "sphere"


def _certified(problem: Problem, W: Array, H: Array, b: Any) -> tuple[Any, _Slice]:
    """What the prover certifies, and its centre turned into the gauge of the checker."""
    for bits in (128, 256):
        if not isinstance(problem, Spheres):
            found: Any = certify_critical_point(problem, W, H, b, bits)
        else:
            found = certify_sphere_point(problem, W, H, bits)
        if not isinstance(found, NotCertified):
            break
    else:
        raise NoCertificate(f"the point is not certified: {found.reason}")
    rank = found.rank
    rows = [_centres(matrix)[:rank] for matrix in (found.W, found.H)]
    bias = None
    if not isinstance(problem, Spheres) and found.b is not None:
        bias = [row[0] for row in _centres(found.b)]
    return found, _turned(problem, rows[0], rows[1], bias)


def _centres(matrix: Any) -> Rows:
    from ncproofs.arithmetic.enclosure import exact_bounds

    return [[exact_bounds(entry.mid())[0] for entry in row] for row in matrix.tolist()]


def _turned(problem: Problem, W: Rows, H: Rows, bias: list[Fraction] | None) -> _Slice:
    """Rotated so that [W H] is upper triangular on pivot columns, in high precision; equal samples are one place."""
    places, H = _places(problem, H)
    pivots: list[int] = []
    X = [[*w, *h] for w, h in zip(W, H, strict=True)]
    for s in range(len(X)):
        free = [c for c in range(len(X[s])) if c not in pivots and (c < problem.K or isinstance(problem, Spheres))]
        lengths = {c: sum(row[c] ** 2 for row in X[s:]) for c in free}
        column = next(c for c in free if lengths[c] * 27 >= 10 * max(lengths.values()))  # equal ones are no lottery
        pivots.append(column)
        for a in range(s + 1, len(X)):  # a rotation of the rows s and a that makes the entry (a, column) zero
            if X[a][column]:
                length = _root(X[s][column] ** 2 + X[a][column] ** 2)
                cosine, sine = X[s][column] / length, X[a][column] / length
                X[s], X[a] = ([_short(cosine * x + sine * y) for x, y in zip(X[s], X[a], strict=True)],
                              [_short(cosine * y - sine * x) for x, y in zip(X[s], X[a], strict=True)])
                X[a][column] = Fraction(0)
    W, H = ([row[:problem.K] for row in X], [row[problem.K:] for row in X])
    return _Slice(W, H, bias, places, pivots)


def _short(value: Fraction) -> Fraction:
    return Fraction(round(value * 2**_SHIFT), 2**_SHIFT)


def _root(value: Fraction) -> Fraction:
    from math import isqrt

    return Fraction(isqrt(int(value * 4 ** (_SHIFT + 40))), 2 ** (_SHIFT + 40))


def _places(problem: Problem, H: Rows) -> tuple[list[list[int]], Rows]:
    """Samples of one class or label set that agree to twelve digits become one place with their number."""
    numbers = _numbers(problem)
    columns: list[tuple[Fraction, ...]] = list(zip(*H, strict=True))
    places: list[list[int]] = []
    kept: list[tuple[Fraction, ...]] = []
    for s in range(problem.N):
        column = columns[s] if H else ()
        k = numbers[s]
        same = next((i for i, (label, _) in enumerate(places) if label == k and all(
            abs(x - y) < _TOGETHER for x, y in zip(kept[i], column, strict=True))), None)
        if same is None:
            places.append([k, 1])
            kept.append(column)
        else:
            places[same][1] += 1
    return places, [list(row) for row in zip(*kept, strict=True)] if H else []


def _numbers(problem: Problem) -> list[int]:
    """The class of each sample, or the number of its label set among the distinct ones; both count from 0."""
    if not isinstance(problem, MultiLabel):
        return [s // problem.n for s in range(problem.N)]
    order = {labels: j for j, labels in enumerate(problem.label_counts)}
    return [order[tuple(k + 1 for k in labels)] for labels in problem.targets]


def _multipliers(problem: Problem, slice_: _Slice, bits: int) -> list[Fraction]:
    """nu = -<x, df/dx> at the centre, for the classifiers and then for one sample of each place."""
    written, balls = _written(problem), Intervals(bits, Budget(10**9))
    point = Point(balls, written, slice_.rank, slice_.places, slice_.record, Fraction(0))
    rows, features, _ = point.model(balls, written).slopes()
    result = []
    for x, slope in [*zip(point.W, rows, strict=True), *zip(point.H, features, strict=True)]:
        low, high = (0, 0)
        for entry, part in zip(x, slope, strict=False):
            product = balls.mul(entry, part)
            low, high = low + product[0], high + product[1]
        result.append(Fraction(-(low + high) // 2, 2**bits))
    return result


def rival_point(problem: Problem, W: Any, H: Any, b: Any = None) -> dict[str, Any]:
    """A point of the problem (columns of any positive length on spheres) as certificates spell it."""
    rows = [[[Fraction(float(x)) for x in row] for row in np.asarray(X, dtype=np.float64)] for X in (W, H)]
    bias = None if b is None else [Fraction(float(x)) for x in np.asarray(b, dtype=np.float64).ravel()]
    if not isinstance(problem, Spheres) and problem.has_bias and bias is None:
        bias = [Fraction(0)] * problem.K
    places, H_rows = _places(problem, rows[1])
    record = _Slice(rows[0], H_rows, bias, places, []).record
    return {"rank": problem.d, "places": places, "point": record}


def saddle_box_certificate(
    problem: Ridge | Spheres, W: Any, H: Any, b: Any, direction: tuple[Any, Any, Any], *, title: str = ""
) -> Pair:
    """Statement and witness: negative curvature along ``direction`` (dW, dH, db) in a box around W (d, K), H (d, N), b.

    Raises:
        NoCertificate: the checker does not accept any radius and margin that was tried.
    """
    bias = isinstance(problem, Ridge) and problem.has_bias
    parts: dict[str, Any] = {"W": _floats(W, 60), "H": _floats(H, 60)}
    moves: dict[str, Any] = {"W": _floats(direction[0], 16), "H": _floats(direction[1], 16)}
    if isinstance(problem, Ridge):
        parts["b"], moves["b"] = (_floats(b, 60), _floats(direction[2], 16)) if bias else (None, None)
    reason = ""
    for radius, share in ((20, 2), (30, 2), (40, 4), (50, 100)):
        margin = _margin(problem, parts, moves) / share
        if margin <= 0:
            raise NoCertificate("the curvature along the direction is not certainly negative")
        statement = stated(f"{_family(problem)}/saddle-box/1", title or f"saddle of {problem}",
                           problem=problem_record(problem), centre=parts, radius=str(Fraction(1, 2**radius)),
                           margin=shorter(margin))
        try:
            witnesses = ({"bits": bits, "direction": moves} for bits in (96, 160))
            return statement, first_accepted(statement, witnesses)
        except NoCertificate as error:
            reason = str(error)
    raise NoCertificate(reason)


def _floats(values: Any, bits: int) -> dict[str, Any]:
    return _vector([Fraction(float(x)) for x in np.asarray(values, dtype=np.float64).ravel()], bits)


def _margin(problem: Ridge | Spheres, centre: dict[str, Any], direction: dict[str, Any]) -> Fraction:
    """-2 times the s^2 coefficient over |D|^2 at the centre, rounded to a few digits: the largest margin there."""
    half, squared = _written(problem).curvature(Intervals(96, Budget(10**9)), centre, direction, Fraction(0))
    return Fraction(-2 * half[1], 2**96) / squared
