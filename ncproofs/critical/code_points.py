"""The margins of given points, exactly: ``point_margins(points)``. The code they are near: ``code_polish``.

Quantities: margin and margin_sq (the least of all), rho[k] for each point; cosine, the largest between two points; and
unit_margin_bound = 1 - cosine, which bounds rho* from below, whatever the lengths of the points. For points of
different lengths also unit_margin, the margin of the points divided by their lengths.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import isqrt

from flint import arb, arb_mat, ctx, fmpq

from ncproofs.arithmetic.enclosure import Enclosure, exact_bounds
from ncproofs.critical.code_margins import (
    Margins,
    cosine,
    exact_margins,
    margin_lower,
    margin_upper,
    root_enclosure,
    unit_rows,
)
from ncproofs.critical.code_optimum import CodeOptimum, Decimals, power_of_ten
from ncproofs.problems.codes import ROUNDED, Codes, Points, inner
from ncproofs.truth import Rigor, Truth

__all__ = ["contact_pairs", "exact_contacts", "point_margins"]

_MOST_NAMED = 12
#: Lengths that differ by a larger share do not differ by rounding.
_ROUNDING = Fraction(1, 1000)
_DOUBLES = range(15, 21)
_UNIT, _ONE, _ROUNDED, _OTHER = (
    "unit points", "points of one length", "points of one length up to rounding", "points of different lengths",
)
_TABLE = (
    "the file is a table of decimals: contacts are pairs within {tolerance} of the largest cosine, the precision of "
    "the table",
    "--polish finds the code that the table rounds, and proves what it can of it",
)
_NOTES = {
    _UNIT: (),
    _ONE: ("the points have squared length {scale}; they are scaled to length one",),
    _ROUNDED: (
        "the points are not unit vectors exactly, only to the decimals of the table: margin and rho_k are those of the "
        "decimals as they are; contacts are pairs within {tolerance} of the largest cosine, the precision of the table",
        _TABLE[1],
    ),
    _OTHER: (
        "the points are not unit vectors and not on one sphere (squared lengths from {least} to {most}): margin and "
        "rho_k are distances of the points as given, no margins of a code; cosine, unit_margin and unit_margin_bound "
        "are those of the points divided by their lengths",
    ),
}


def point_margins(points: Points, *, digits: int = 30) -> CodeOptimum:
    """Every margin of the given points, exactly.

    Points of one length r are scaled to the unit sphere, which divides every squared margin by r^2. Points of different
    lengths are taken as given: rho_k is their distance to the hull of the others, the notes say so, and unit_margin
    encloses the margin of the points divided by their lengths. A table of decimals has unit vectors up to rounding
    only; its contacts are those that its precision can tell.
    """
    radius_sq, tolerance = points.radius_sq, _tolerance(points)
    scale = radius_sq if radius_sq is not None else Fraction(1)
    regime = _regime(points)
    margins = exact_margins(points)
    exact = {"margin_sq": str(margins.margin_sq / scale)}
    exact |= {f"rho_sq[{k}]": str(value / scale) for k, value in enumerate(margins.rho_sq, start=1)}
    quantities = _quantities(points, margins, scale, digits, exact)
    if regime == _OTHER:
        quantities["unit_margin"] = _unit_margin(points, digits)
    pairs = contact_pairs(points)
    touched = {k for pair in pairs for k in pair}
    return CodeOptimum(
        problem=Codes(points.K, points.d), truth=Truth.HOLDS, rigor=Rigor.EXACT, regime=regime,
        geometry="given points", status="margins of the given points", quantities=quantities,
        because="projection on the hull of the others, exactly; the least is at point "
                f"{_listed(margins.active)}",
        contacts=pairs, rattlers=tuple(k for k in range(1, points.K + 1) if k not in touched),
        coordinates=_written(points), exact=exact, notes=_notes(points, regime, scale, tolerance),
        contacts_within=power_of_ten(tolerance) if len(pairs) > 1 else "0",
    )


def _listed(active: tuple[int, ...]) -> str:
    more = " ..." if len(active) > _MOST_NAMED else ""
    return f"{', '.join(str(k + 1) for k in active[:_MOST_NAMED])}{more}"


def _regime(points: Points) -> str:
    if points.radius_sq is not None:
        return _UNIT if points.radius_sq == 1 else _ONE
    return _ROUNDED if _is_rounded(points) and _spread(points) <= max(_ROUNDING, 6 * _share(points)) else _OTHER


def _is_rounded(points: Points) -> bool:
    """Whether the points are a table of decimals; those of length one exactly are taken for what they are.

    With few decimals, they are when every length is one up to their rounding.
    """
    if points.places is None or points.radius_sq == 1:
        return False
    return points.places >= ROUNDED or all(abs(norm - 1) <= 3 * _share(points) for norm in points.norms_sq)


def _share(points: Points) -> Fraction:
    """By what share of its length rounding moves a row of the table, to first order."""
    assert points.places is not None
    root = Fraction(isqrt(int(min(points.norms_sq) * 10**12)), 10**6)
    share = Fraction(isqrt(points.d - 1) + 1, 2 * 10**points.places) / max(root, Fraction(1, 10**6))
    return max(share, Fraction(1, 2**50)) if points.places in _DOUBLES else share


def _spread(points: Points) -> Fraction:
    """By what share the lengths differ, at most (half that of their squares, up to second order)."""
    norms = points.norms_sq
    return (max(norms) - min(norms)) / min(norms)


def _tolerance(points: Points) -> Fraction:
    """How far two cosines of a table may differ by rounding alone; 0 for exact points.

    Coordinates are off by half a unit of the last place, rows of length r by e = sqrt(d)/2 units over r, a cosine by
    2e and a difference of two by 4e, to first order. Where the lengths show a larger error (they differ, or are
    not quite one), that one counts; and
    tables of 15 to 20 decimals were computed in doubles.
    """
    if not _is_rounded(points):
        return Fraction(0)
    errors = _spread(points), max(abs(norm - 1) for norm in points.norms_sq)
    return 5 * max([_share(points), *(error for error in errors if error <= _ROUNDING)])


def _notes(points: Points, regime: str, scale: Fraction, tolerance: Fraction) -> tuple[str, ...]:
    norms = points.norms_sq
    parts = _NOTES[regime] + (_TABLE if regime == _ONE and tolerance else ())
    words = {"scale": _brief(scale), "least": _brief(min(norms)), "most": _brief(max(norms)),
             "tolerance": power_of_ten(tolerance)}
    return tuple(note.format(**words) for note in parts)


def _brief(value: Fraction) -> str:
    """A fraction, or its first digits."""
    if len(str(value)) <= 20:
        return str(value)
    return f"{Decimal(value.numerator) / Decimal(value.denominator):.6g}"


def _quantities(
    points: Points, margins: Margins, scale: Fraction, digits: int, exact: dict[str, str]
) -> dict[str, Enclosure]:
    level = _cosine(points, digits, exact)
    least = margins.margin_sq / scale
    found = {
        "margin": root_enclosure(least, digits), "margin_sq": Enclosure.exact(least), "cosine": level,
        "unit_margin_bound": Enclosure(1 - level.upper, 1 - level.lower, level.rigor),
    }
    return found | {f"rho[{k}]": root_enclosure(value / scale, digits)
                    for k, value in enumerate(margins.rho_sq, start=1)}


def _unit_margin(points: Points, digits: int) -> Enclosure:
    """The margin of the rows divided by their lengths: direction and weights from rounded rows, bounds in balls."""
    bits = digits * 10 // 3 + 64
    rows = unit_rows(points, bits)
    near = exact_margins(Points(tuple(tuple(_rounded(value, digits + 8) for value in row) for row in rows)))
    lows, highs = [], []
    for k, part in enumerate(near.nearest):
        with ctx.workprec(bits):
            direction = [arb(fmpq(x.numerator, x.denominator)) for x in near.directions[k]]
        low = margin_lower(rows, k, direction, bits) if any(near.directions[k]) else arb(0)
        lows.append(max(Fraction(0), exact_bounds(low)[0]))
        highs.append(exact_bounds(margin_upper(rows, k, part.weights, bits))[1])
    return Enclosure(min(lows), min(highs), Rigor.ENCLOSED)


def _rounded(value: arb, digits: int) -> Fraction:
    return Fraction(round(exact_bounds(value.mid())[0] * 10**digits), 10**digits)


def _cosine(points: Points, digits: int, exact: dict[str, str]) -> Enclosure:
    value, norms, _ = cosine(points)
    size = root_enclosure(value * value / norms, digits)
    if size.is_point:
        exact["cosine"] = str(size.lower if value >= 0 else -size.lower)
    return size if value >= 0 else Enclosure(-size.upper, -size.lower, size.rigor)


def contact_pairs(points: Points) -> tuple[tuple[int, int], ...]:
    """The pairs, from 1, at the largest cosine; in a table, those that its precision cannot tell from it."""
    tolerance = _tolerance(points)
    return _close(points, tolerance) if tolerance else exact_contacts(points)


def exact_contacts(points: Points) -> tuple[tuple[int, int], ...]:
    """The pairs at the largest cosine, compared exactly."""
    value, norms, _ = cosine(points)
    best = value * abs(value) / norms
    lengths = points.norms_sq
    found = []
    for j in range(points.K):
        for i in range(j):
            here = inner(points.rows[i], points.rows[j])
            if here * abs(here) / (lengths[i] * lengths[j]) == best:
                found.append((i + 1, j + 1))
    return tuple(found)


def _close(points: Points, tolerance: Fraction) -> tuple[tuple[int, int], ...]:
    """The pairs whose cosine is not certainly further than ``tolerance`` below the largest."""
    bits = 64 + (tolerance.denominator // tolerance.numerator).bit_length()
    matrix = arb_mat(unit_rows(points, bits))
    with ctx.workprec(bits):
        gram = (matrix * matrix.transpose()).tolist()
        pairs = [(i, j) for i in range(points.K) for j in range(i + 1, points.K)]
        best = arb(-2)
        for i, j in pairs:
            best = best.max(gram[i][j])
        least = best - arb(fmpq(tolerance.numerator, tolerance.denominator))
        return tuple((i + 1, j + 1) for i, j in pairs if not gram[i][j] < least)


def _written(points: Points) -> Decimals:
    return tuple(tuple(str(x) for x in row) for row in points.rows)
