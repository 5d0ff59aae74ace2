"""The exact margins of given points: ``point_margins(points)``.

Quantities: margin and margin_sq (the least of all), rho[k] for each point; cosine, the largest between two points; and
unit_margin_bound = 1 - cosine, which bounds rho* from below, whatever the lengths of the points.
"""

from __future__ import annotations

from fractions import Fraction

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.code_margins import Margins, cosine, exact_margins, root_enclosure
from ncproofs.critical.code_optimum import CodeOptimum, Decimals
from ncproofs.problems.codes import Codes, Points, inner
from ncproofs.truth import Rigor, Truth

__all__ = ["point_margins"]

_MOST_NAMED = 12
_NOTES = {
    "unit points": (),
    "points of one length": ("the points have squared length {scale}; they are scaled to length one",),
    "points of different lengths": (
        "the points are not on one sphere: rho_k is the distance of the points as given; cosine and "
        "unit_margin_bound are "
        "those of the points divided by their lengths",
    ),
}


def point_margins(points: Points, *, digits: int = 30) -> CodeOptimum:
    """Every margin of the given points, exactly.

    Points of one length r are scaled to the unit sphere, which divides every squared margin by r^2. Points of different
    lengths are taken as given: rho_k is their distance to the hull of the others, the notes say so, and the lower bound
    of rho* comes from the points divided by their lengths.
    """
    radius_sq = points.radius_sq
    scale = radius_sq if radius_sq is not None else Fraction(1)
    regime = ("points of different lengths" if radius_sq is None else
              "unit points" if scale == 1 else "points of one length")
    margins = exact_margins(points)
    exact = {"margin_sq": str(margins.margin_sq / scale)}
    exact |= {f"rho_sq[{k}]": str(value / scale) for k, value in enumerate(margins.rho_sq, start=1)}
    quantities = _quantities(points, margins, scale, digits, exact)
    pairs = _contacts(points)
    touched = {k for pair in pairs for k in pair}
    active = ", ".join(str(k + 1) for k in margins.active[:_MOST_NAMED])
    return CodeOptimum(
        problem=Codes(points.K, points.d), truth=Truth.HOLDS, rigor=Rigor.EXACT, regime=regime,
        geometry="given points", status="margins of the given points", quantities=quantities,
        because="projection on the hull of the others, exactly; the least is at point "
                f"{active}{' ...' if len(margins.active) > _MOST_NAMED else ''}",
        contacts=pairs, rattlers=tuple(k for k in range(1, points.K + 1) if k not in touched),
        coordinates=_written(points), exact=exact, notes=tuple(note.format(scale=scale) for note in _NOTES[regime]),
    )


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


def _cosine(points: Points, digits: int, exact: dict[str, str]) -> Enclosure:
    value, norms, _ = cosine(points)
    size = root_enclosure(value * value / norms, digits)
    if size.is_point:
        exact["cosine"] = str(size.lower if value >= 0 else -size.lower)
    return size if value >= 0 else Enclosure(-size.upper, -size.lower, size.rigor)


def _contacts(points: Points) -> tuple[tuple[int, int], ...]:
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


def _written(points: Points) -> Decimals:
    return tuple(tuple(str(x) for x in row) for row in points.rows)

