"""The whole Hessian spectrum at the optimum, in closed form: ``spectrum(problem)``.

The cost does not depend on K, n or d: a few dozen numbers and one small symmetric eigenvalue problem.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import flint
from flint import arb

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.optimum import Optimum, climb, optimum, scale_of
from ncproofs.critical.profiles import Profile, is_mean_squared, profile_of, to_ball
from ncproofs.critical.regimes import Number, Scale, c_of, lift
from ncproofs.critical.softmax import collapse_scale, trivial_scale
from ncproofs.critical.tables import (
    Row,
    collapse_table,
    mse_frame_table,
    mse_intermediate_table,
    mse_origin_table,
    origin_table,
)
from ncproofs.errors import InvalidProblem, NcproofsError, OutOfScope
from ncproofs.problems.features import Ridge
from ncproofs.problems.multilabel import Problem

__all__ = [
    "SpectrumEntry",
    "family_rows",
    "family_spectrum",
    "merged",
    "negative_count",
    "spectrum",
    "spectrum_rows",
    "zero_count",
]


@dataclass(frozen=True)
class SpectrumEntry:
    """Exactly ``multiplicity`` eigenvalues lie in ``enclosure``; ``sector`` names their blocks."""

    enclosure: Enclosure
    multiplicity: int
    sector: str


def spectrum(problem: Ridge, at: Optimum | None = None, *, digits: int = 30) -> tuple[SpectrumEntry, ...]:
    """All eigenvalues at the optimum of ``problem``, ascending, each of relative width below 10^-``digits``.

    Zeros are exact. Eigenvalues of different blocks that agree to the working precision (several times
    ``digits``) share one entry. The multiplicities add up to ``problem.dimension``. For a candidate that is
    not certified to be the optimum it is the spectrum at that candidate.

    Raises:
        InvalidProblem, OutOfScope: as ``optimum``.
    """
    found = at or optimum(problem, digits=min(digits, 12))
    return merged(problem, lambda bits: spectrum_rows(problem, found, bits), digits)


def spectrum_rows(problem: Ridge, at: Optimum, bits: int) -> list[Row]:
    """The unmerged table at ``bits`` bits."""
    regime = at.details
    if is_mean_squared(problem.loss):
        scale = scale_of(problem, None, regime, bits)
        with flint.ctx.workprec(bits):
            if regime.is_trivial:
                return mse_origin_table(problem)
            if regime.has_mean:
                return mse_intermediate_table(problem, scale)
            return mse_frame_table(problem, scale.margin, regime.rank)
    scale = scale_of(problem, profile_of(problem.loss), regime, bits)
    with flint.ctx.workprec(bits):
        return origin_table(problem, scale) if regime.is_trivial else collapse_table(problem, scale)


def family_spectrum(problem: Ridge, family: str, *, digits: int = 20) -> tuple[SpectrumEntry, ...]:
    """The spectrum at a named critical point, optimal or not: "origin" or "collapse" (upper branch).

    Raises:
        OutOfScope: there is no such point. InvalidProblem: an unknown family, or d < K - 1.
    """
    return merged(problem, lambda bits: family_rows(problem, family, bits), digits)


def family_rows(problem: Ridge, family: str, bits: int) -> list[Row]:
    """The unmerged table at a named critical point."""
    if family not in ("origin", "collapse"):
        raise InvalidProblem(f"family={family!r} given, but 'origin' or 'collapse' is needed")
    if family == "collapse" and problem.d < problem.K - 1:
        raise InvalidProblem(f"a simplex ETF needs d >= K - 1; got d={problem.d}, K={problem.K}")
    if is_mean_squared(problem.loss):
        with flint.ctx.workprec(bits):
            return mse_origin_table(problem) if family == "origin" else _mse_etf(problem)
    profile = profile_of(problem.loss)
    scale = _family_scale(problem, profile, family, bits)
    with flint.ctx.workprec(bits):
        return origin_table(problem, scale) if family == "origin" else collapse_table(problem, scale)


def _family_scale(problem: Ridge, profile: Profile, family: str, bits: int) -> Scale:
    if family == "origin":
        return trivial_scale(problem, profile, bits)
    bracket = None
    if profile.kind == "general":
        bracket = optimum(problem, digits=6).details.bracket
    return collapse_scale(problem, profile, bits, bracket)


def _mse_etf(problem: Ridge) -> list[Row]:
    one, size, c = lift(1, problem.K, c_of(problem))
    margin = one - size * c
    if not margin > 0:
        raise OutOfScope("K c >= 1: MSE has no simplex ETF critical point")
    return mse_frame_table(problem, margin, problem.K - 1)


def zero_count(entries: tuple[SpectrumEntry, ...]) -> int:
    """How many eigenvalues are exactly zero (all others are certified not to be)."""
    return sum(
        entry.multiplicity for entry in entries if entry.enclosure.is_point and entry.enclosure.lower == 0
    )


def negative_count(entries: tuple[SpectrumEntry, ...]) -> int:
    """How many eigenvalues are certified negative."""
    return sum(entry.multiplicity for entry in entries if entry.enclosure.upper < 0)


def merged(problem: Problem, table: Callable[[int], list[Row]], digits: int) -> tuple[SpectrumEntry, ...]:
    """The rows of ``table`` sorted, equal ones joined, each of relative width below 10^-``digits``."""
    latest: list[tuple[Number, int, str]] = []

    def compute(bits: int) -> dict[str, Number]:
        with flint.ctx.workprec(bits):
            latest[:] = _clusters([row for row in table(bits) if row[1]])
            return {f"{row[2]} #{index}": row[0] for index, row in enumerate(latest)}

    enclosures = list(climb(compute, digits).values())
    entries = tuple(
        SpectrumEntry(enclosure, count, sector)
        for enclosure, (_, count, sector) in zip(enclosures, latest, strict=True)
    )
    total = sum(entry.multiplicity for entry in entries)
    if total != problem.dimension or any(entry.multiplicity < 0 for entry in entries):
        raise NcproofsError(
            f"internal: the multiplicities add up to {total}, not to {problem.dimension}, at {problem}"
        )
    return entries


def _clusters(rows: list[Row]) -> list[tuple[Number, int, str]]:
    """Rows sorted, those that overlap joined; equal fractions stay exact."""
    groups: list[tuple[Number, int, list[str]]] = []
    for value, count, sector in sorted(rows, key=lambda row: _key(row[0])):
        if groups and _touches(groups[-1][0], value):
            hull, others, names = groups.pop()
            groups.append((_hull(hull, value), others + count, [*names, sector]))
        else:
            groups.append((value, count, [sector]))
    return [(value, count, " + ".join(dict.fromkeys(names))) for value, count, names in groups]


def _key(value: Number) -> arb:
    return to_ball(value).lower()


def _touches(left: Number, right: Number) -> bool:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left == right
    return bool(to_ball(left).overlaps(to_ball(right)))


def _hull(left: Number, right: Number) -> Number:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left
    return to_ball(left).union(to_ball(right))
