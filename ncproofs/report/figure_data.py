"""Which figures belong to a theorem's outcomes, and their numbers: verdicts over K and d, phases, spectra, landscapes.

Spectra and critical points are worked out again when the report is made, at instances that the report certifies, with
the certified closed forms; nothing of a results file enters them but the spelling of the instance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.optimum import enclose
from ncproofs.errors import NcproofsError, OutOfScope
from ncproofs.families import problem_of
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.report.figures import Cell, CriticalPoint, Stem, landscape_svg, matrix_svg, spectrum_svg
from ncproofs.report.phase_data import DIAGRAMS, phase_figure
from ncproofs.runner import Outcome, Standing

__all__ = ["Figure", "figures_of"]

_DIGITS = 10
_LARGEST = 12  # classes, dimensions, samples: beyond, stems and labels lie on each other
_MOST_SPECTRA = 3
_MOST = 100
_MOST_COLUMNS, _MOST_ROWS = 24, 40


@dataclass(frozen=True)
class Figure:
    """``svg``, a caption, and the same numbers as a table: the head and the rows."""

    svg: str
    caption: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def figures_of(theorem: str, outcomes: Sequence[Outcome]) -> Iterator[Figure]:
    """The figures of one theorem: verdicts over K and d, its phase diagram, spectra or landscapes of instances."""
    matrix = _matrix(theorem, outcomes)
    if matrix is not None:
        yield matrix
    if any(outcome.verdict.certified for outcome in outcomes) and (phases := phase_figure(theorem)) is not None:
        svg, caption, rows = phases
        diagram = DIAGRAMS[theorem]
        yield Figure(svg, caption, (diagram.up.name, f"regimes as {diagram.across.name} grows"), rows)
    spectral, landscape = "spectrum" in theorem, "landscape" in theorem or "saddles" in theorem
    if not spectral and not landscape:
        return
    for number, outcome in enumerate(_chosen(outcomes)):
        name = f"f-{theorem}-{number}"
        try:
            problem = problem_of(outcome.job.parameters or {})
            yield _spectrum(name, theorem, problem) if spectral else _landscape(name, problem)
        except NcproofsError:
            continue  # no closed form covers this instance, or it is spelled as no problem: there is nothing to draw


def _chosen(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """For each built-in loss, the certified instance with most to see, small enough to be drawn."""
    found: dict[str, Outcome] = {}
    for outcome in outcomes:
        given = outcome.job.parameters or {}
        loss = given.get("loss", ":")
        sizes = [given.get(key, "") for key in ("K", "d", "n")]
        small = all(size.isascii() and size.isdigit() and len(size) < 5 and int(size) <= _LARGEST for size in sizes)
        known = ":" not in loss and given.get("family", "ridge") in ("ridge", "sphere")
        drawable = small and known and _is_modest(given)
        if outcome.verdict.certified and drawable:
            held = found.get(loss)
            if held is None or _sizes(outcome) > _sizes(held):
                found[loss] = outcome
    return list(found.values())[:_MOST_SPECTRA]


def _is_modest(given: Mapping[str, str]) -> bool:
    """Whether the loss's parameter and tau are small whole numbers or fractions: beyond, a figure may take minutes."""
    text = f"{given.get('loss', '').partition('(')[2]} {given.get('tau', '')}"
    numbers = re.findall(r"\d+", text)
    return not re.search("[A-Za-z]", text) and all(len(n) <= 3 and int(n) <= _MOST for n in numbers)


def _sizes(outcome: Outcome) -> tuple[int, ...]:
    """Largest where there is most to see: merged points need divisors of K."""
    K, d, n = (int((outcome.job.parameters or {})[key]) for key in ("K", "d", "n"))
    return sum(K % groups == 0 for groups in range(1, K + 1)), K, d, n


def _digits(value: Enclosure) -> str:
    """Decimals that lie in, or at the lower end of, the enclosure; zero exactly."""
    return value.decimals(6)[0]


def _middle(value: Enclosure) -> Fraction:
    return (value.lower + value.upper) / 2


def _spectrum(name: str, theorem: str, problem: Any) -> Figure:
    from ncproofs.critical.spectrum import family_spectrum, spectrum
    from ncproofs.critical.sphere_optimum import sphere_optimum
    from ncproofs.critical.sphere_spectrum import sphere_spectrum

    if isinstance(problem, Spheres):
        where, entries = "a simplex ETF", sphere_spectrum(problem, point=sphere_optimum(problem).point, digits=_DIGITS)
    elif "origin" in theorem:
        where, entries = "W = H = 0", family_spectrum(problem, "origin", digits=_DIGITS)
    else:
        where, entries = "the optimum", spectrum(problem, digits=_DIGITS)
    stems = [Stem(_middle(e.enclosure), _digits(e.enclosure), e.multiplicity, e.sector) for e in entries]
    title = f"Hessian spectrum at {where}: {problem}"
    rows = tuple(
        (f"[{', '.join(e.enclosure.decimals(_DIGITS))}]", str(e.multiplicity), e.sector) for e in reversed(entries)
    )
    return Figure(spectrum_svg(name, title, stems), title, ("eigenvalue", "multiplicity", "where it comes from"), rows)


def _landscape(name: str, problem: Any) -> Figure:
    found = _ridge_points(problem) if isinstance(problem, Ridge) else _sphere_points(problem)
    points = list({point.name: point for point in found}.values())
    if len(points) < 2:
        raise OutOfScope(f"{problem}: fewer than two critical points with a known index")
    title = f"Critical points known in closed form: {problem}"
    rows = tuple((p.name, p.digits, f"at least {p.index}" if p.at_least else str(p.index)) for p in points)
    return Figure(landscape_svg(name, title, points), title, ("critical point", "value", "index"), rows)


def _ridge_points(problem: Ridge) -> Iterator[CriticalPoint]:
    from ncproofs.critical.optimum import optimum
    from ncproofs.critical.saddles import merged_saddle, origin_saddle
    from ncproofs.critical.spectrum import negative_count, spectrum

    best = optimum(problem, digits=_DIGITS)
    yield _point(best.geometry, best.quantities["objective"], negative_count(spectrum(problem, best, digits=_DIGITS)))
    if not best.details.is_trivial:
        origin = origin_saddle(problem)
        yield _point("W = H = 0", origin.value, origin.negative_eigenvalues)
    for groups in range(2, problem.K):
        try:
            merged = merged_saddle(problem, groups)
        except NcproofsError:
            continue  # not a divisor, no room, or no such point for this loss
        yield _point(f"{groups} merged groups", merged.value, merged.negative_eigenvalues, at_least=True)


def _sphere_points(problem: Spheres) -> Iterator[CriticalPoint]:
    from ncproofs.critical.spectrum import negative_count
    from ncproofs.critical.sphere_families import is_cross_entropy, one_direction
    from ncproofs.critical.sphere_optimum import sphere_optimum
    from ncproofs.critical.sphere_spectrum import sphere_spectrum

    for point in ("etf", "antipodal"):
        found = sphere_optimum(problem, point=point, digits=_DIGITS)
        if found.point is not None:
            entries = sphere_spectrum(problem, point=found.point, digits=_DIGITS)
            yield _point(found.geometry, found.quantities["objective"], negative_count(entries))
    if not is_cross_entropy(problem):
        return
    merged = one_direction(problem, 128)
    with flint.ctx.workprec(128):
        value = enclose(merged.value)
    if merged.index is not None:
        yield _point("all columns equal", value, merged.index)


def _point(name: str, value: Enclosure, index: int, *, at_least: bool = False) -> CriticalPoint:
    return CriticalPoint(name, _middle(value), _digits(value), index, at_least)


def _matrix(theorem: str, outcomes: Sequence[Outcome]) -> Figure | None:
    """Verdicts over K and d, or over K and d - K + 1 where that has fewer columns; None when there is one cell."""
    cells: dict[tuple[int, int], list[Outcome]] = {}
    for outcome in outcomes:
        given = outcome.job.parameters or {}
        sizes = [given.get(key, "") for key in ("K", "d")]
        if all(size.isascii() and size.isdigit() and len(size) < 8 for size in sizes):
            cells.setdefault((int(sizes[0]), int(sizes[1])), []).append(outcome)
    shifted = {(K, d - K + 1): group for (K, d), group in cells.items()}
    across = "d, the feature dimension"
    if len({d for _, d in shifted}) < len({d for _, d in cells}):
        cells, across = shifted, "d - (K - 1)"
    rows, columns = (sorted({key[axis] for key in cells}) for axis in (0, 1))
    if len(cells) < 2 or len(columns) > _MOST_COLUMNS or len(rows) > _MOST_ROWS:
        return None
    title = f"{theorem}: what was expected and what came out, over K and {across.split(',')[0]}"
    drawn = {key: _cell(key, group) for key, group in cells.items()}
    svg = matrix_svg(f"f-{theorem}-matrix", title, (across, columns), ("K", rows), drawn)
    caption = f"{title}. ✓ and the number of instances: all as expected; ? open; ✗ against the expectation"
    return Figure(svg, caption)


def _cell(key: tuple[int, int], group: Sequence[Outcome]) -> Cell:
    bad = sum(o.standing in (Standing.WRONG, Standing.ERROR) for o in group)
    undecided = sum(o.standing is Standing.OPEN for o in group)
    good = ("good", "✓", len(group))
    tone, sign, count = ("bad", "✗", bad) if bad else ("open", "?", undecided) if undecided else good
    controls = sum(o.job.check.control for o in group)
    said = f"K = {key[0]}, column {key[1]}: {len(group)} instances ({controls} controls), {bad} against the expectation"
    return Cell(tone, f"{sign} {count}", f"{said}, {undecided} open")
