"""The code that given points are near: ``polished_points(points)``.

A local ascent in floats, then what can be proved of the code it ends in: that it attains a known rho* exactly, that it
is strictly locally optimal, or its margin. A code worse than the points themselves is never shown.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, ctx, fmpq
from numpy.typing import NDArray

from ncproofs.arithmetic.enclosure import exact_bounds, upwards
from ncproofs.critical.code_attained import attained_near, has_zero_of, points_attain
from ncproofs.critical.code_local import LocalCode, certify_code
from ncproofs.critical.code_margins import balanced_power, cosine, unit_rows
from ncproofs.critical.code_optimum import (
    CodeOptimum,
    optimal_code,
    precision,
    shown_code,
)
from ncproofs.critical.code_points import contact_pairs, exact_contacts
from ncproofs.critical.code_search import ascended, unit
from ncproofs.critical.code_values import ExactValue, exact_value
from ncproofs.errors import InvalidProblem
from ncproofs.problems.codes import Codes, Points

__all__ = ["polished_points"]

Array = NDArray[np.float64]
Rows = list[list[arb]]


def polished_points(points: Points, *, digits: int = 30) -> CodeOptimum:
    """The local optimum that an ascent from the given points ends in: contacts, margin and what is proved of it.

    Where rho* is known and the code attains it exactly, it is proved optimal. The notes say how far the points moved.

    Raises:
        InvalidProblem: d = 1, where nothing can be polished.
    """
    if points.d < 2:
        raise InvalidProblem("points of R^1 given; polishing needs d >= 2")
    problem, bits = Codes(points.K, points.d), precision(digits)
    known = exact_value(problem)
    if known is not None and points_attain(points, known):
        note = "the given points are optimal as they are, divided by their lengths; polishing moves none"
        pairs = [(i - 1, j - 1) for i, j in exact_contacts(points)]
        return _optimal(known, unit_rows(points, bits), pairs, digits, note)
    W, done = ascended(
        unit(np.array([_floats(row) for row in points.rows])),
        lambda W: known is not None and attained_near(W, known, bits) is not None,
    )
    found = attained_near(W, known, bits) if known is not None else None
    if known is not None and found is not None:
        return _optimal(known, found.rows, found.contacts, digits, _source(points, found.rows, bits))
    local = certify_code(W, bits, settled=done)
    if known is not None and local.polynomial is not None and has_zero_of(local.polynomial, local.cosine, known):
        return _optimal(known, local.rows, local.contacts, digits, _source(points, local.rows, bits))
    if local.cosine > _level(points, bits):
        return shown_code(problem, _as_given(points, bits), digits, source="polishing found no code better than the "
                          "given points, divided by their lengths; that proves no bound")
    moved = _source(points, local.rows, bits)
    return shown_code(problem, local, digits, source=f"{moved}; that proves no bound")


def _optimal(known: ExactValue, rows: Rows, contacts: list[tuple[int, int]], digits: int, note: str) -> CodeOptimum:
    touched = {k for pair in contacts for k in pair}
    free = tuple(k + 1 for k in range(len(rows)) if k not in touched)
    return optimal_code(known, rows, tuple((i + 1, j + 1) for i, j in contacts), free, digits, note)


def _floats(row: tuple[Fraction, ...]) -> list[float]:
    """A row times a power of two, since its length does not matter."""
    power = balanced_power(row)
    return [float(x * power) for x in row]


def _source(points: Points, rows: Rows, bits: int) -> str:
    """How far the points went, rounded up."""
    with ctx.workprec(bits):
        moved = arb(0)
        for row, start in zip(rows, unit_rows(points, bits), strict=True):
            for a, b in zip(row, start, strict=True):
                moved = moved.max(abs(a - b))
    return ("polished from the given points, whose coordinates (at length one) it moves by at most "
            f"{upwards(exact_bounds(moved.upper())[1])}")


def _level(points: Points, bits: int) -> arb:
    value, norms, _ = cosine(points)
    with ctx.workprec(bits):
        return arb(fmpq(value.numerator, value.denominator)) / arb(fmpq(norms.numerator, norms.denominator)).sqrt()


def _as_given(points: Points, bits: int) -> LocalCode:
    pairs = [(i - 1, j - 1) for i, j in contact_pairs(points)]
    touched = {k for pair in pairs for k in pair}
    rows, level = unit_rows(points, bits), _level(points, bits)
    with ctx.workprec(bits):
        below: list[Any] = [level - sum((a * b for a, b in zip(rows[i], rows[j], strict=True)), arb(0))
                            for i, j in pairs]
        within = exact_bounds(max(part.upper() for part in below))[1] if len(pairs) > 1 else Fraction(0)
    return LocalCode(rows, level, pairs, [k for k in range(points.K) if k not in touched], within=within,
                     missing="the points are shown as they are given")
