"""A phase diagram as inline SVG: the cells of one regime have a shade and a letter, and a key says which regime."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from itertools import groupby
from string import ascii_uppercase

from ncproofs.report.figures import visible

__all__ = ["Axis", "phase_svg"]

_LEFT, _TOP, _WIDTH, _HEIGHT, _LINE = 84, 14, 400, 240, 22
_KINDS = 5


@dataclass(frozen=True)
class Axis:
    """The name of a parameter, its values in the cells, and what its two ends are called."""

    name: str
    values: tuple[Fraction, ...]
    low: str
    high: str


def phase_svg(name: str, title: str, across: Axis, up: Axis, grid: Sequence[Sequence[str]]) -> str:
    """``grid[j][i]`` is the regime at ``up.values[j]``, ``across.values[i]``; the lowest row comes first."""
    regimes = list(dict.fromkeys(regime for row in grid for regime in row))
    wide, high = _WIDTH // len(across.values), _HEIGHT // len(up.values)
    width, height = wide * len(across.values), high * len(up.values)
    parts = [*_cells(grid, regimes, wide, high), *_letters(grid, regimes, wide, high)]
    parts += [*_axes(across, up, width, height), *_key(regimes, _TOP + height + 50)]
    whole = _TOP + height + 56 + _LINE * len(regimes)
    counted = ", ".join(f"{sum(row.count(regime) for row in grid)} {regime}" for regime in regimes)
    said = f"{len(across.values)} by {len(up.values)} cells: {counted}"
    return (
        f'<svg viewBox="0 0 {_LEFT + width + 20} {whole}" width="{_LEFT + width + 20}" role="img" '
        f'aria-labelledby="{name}-t {name}-d"><title id="{name}-t">{escape(visible(title))}</title>'
        f'<desc id="{name}-d">{escape(visible(said))}</desc>{"".join(parts)}</svg>'
    )


def _cells(grid: Sequence[Sequence[str]], regimes: list[str], wide: int, high: int) -> Iterator[str]:
    """One rectangle for each run of equal cells in a row."""
    for j, row in enumerate(grid):
        start, y = 0, _TOP + high * (len(grid) - 1 - j)
        for regime, run in groupby(row):
            length = len(list(run))
            kind = regimes.index(regime) % _KINDS
            yield (
                f'<rect x="{_LEFT + wide * start}" y="{y}" width="{wide * length}" height="{high}" '
                f'class="phase-{kind}"/>'
            )
            start += length


def _letters(grid: Sequence[Sequence[str]], regimes: list[str], wide: int, high: int) -> Iterator[str]:
    """The letter of each regime, in the cell of it that is nearest to the middle of its cells."""
    for regime, letter in zip(regimes, ascii_uppercase, strict=False):
        cells = [(i, j) for j, row in enumerate(grid) for i, found in enumerate(row) if found == regime]
        count, across, up = len(cells), sum(i for i, _ in cells), sum(j for _, j in cells)
        i, j = min(cells, key=lambda cell: abs(count * cell[0] - across) + abs(count * cell[1] - up))
        x, y = _LEFT + wide * i + wide // 2, _TOP + high * (len(grid) - 1 - j) + high // 2 + 5
        yield f'<text x="{x}" y="{y}" text-anchor="middle">{letter}</text>'


def _key(regimes: list[str], top: int) -> Iterator[str]:
    for place, (regime, letter) in enumerate(zip(regimes, ascii_uppercase, strict=False)):
        y = top + _LINE * place
        yield f'<rect x="{_LEFT}" y="{y}" width="24" height="16" class="phase-{place % _KINDS} frame-thin"/>'
        yield f'<text x="{_LEFT + 12}" y="{y + 13}" text-anchor="middle">{letter}</text>'
        yield f'<text x="{_LEFT + 34}" y="{y + 13}" text-anchor="start">{escape(visible(regime))}</text>'


def _axes(across: Axis, up: Axis, width: int, height: int) -> Iterator[str]:
    bottom = _TOP + height
    yield f'<rect x="{_LEFT}" y="{_TOP}" width="{width}" height="{height}" class="frame"/>'
    for x, text, anchor in ((_LEFT, across.low, "start"), (_LEFT + width, across.high, "end")):
        yield f'<text x="{x}" y="{bottom + 18}" text-anchor="{anchor}" class="quiet">{escape(visible(text))}</text>'
    yield f'<text x="{_LEFT + width // 2}" y="{bottom + 36}" text-anchor="middle">{escape(visible(across.name))}</text>'
    for y, text in ((bottom, up.low), (_TOP + 12, up.high)):
        yield f'<text x="{_LEFT - 6}" y="{y}" text-anchor="end" class="quiet">{escape(visible(text))}</text>'
    yield f'<text x="{_LEFT - 6}" y="{_TOP + height // 2}" text-anchor="end">{escape(visible(up.name))}</text>'
