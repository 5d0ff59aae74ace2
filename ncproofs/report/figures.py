"""Figures as inline SVG, in whole numbers: spectra, landscapes of critical points, verdicts over K and d.

Each figure has a title and a description for screen readers, scales with the page, says everything in shape or text
as well as in colour, and loads nothing. Every text that comes from outside is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape

__all__ = ["Cell", "CriticalPoint", "Stem", "landscape_svg", "matrix_svg", "spectrum_svg", "visible"]

_WIDTH, _HEIGHT = 480, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 30, 30, 48
_TEXT_GAP = 11  # a number nearer than this to a taller stem would be crossed by it


@dataclass(frozen=True)
class Stem:
    """One eigenvalue: a point in its enclosure, its digits, how often it occurs, and where it comes from."""

    value: Fraction
    digits: str
    multiplicity: int
    sector: str


@dataclass(frozen=True)
class CriticalPoint:
    """One critical point: its value, and its index, or a lower bound of it when ``at_least``."""

    name: str
    value: Fraction
    digits: str
    index: int
    at_least: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell of a matrix: ``tone`` is "good", "open" or "bad", ``text`` is shown, ``said`` is read out."""

    tone: str
    text: str
    said: str


def visible(text: str) -> str:
    """``text`` with letters that cannot be seen (controls, reversals of direction) spelled as their code points."""
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else " " if letter.isspace() else f"[U+{ord(letter):04X}]"
        for letter in text
    )


def _text(x: int, y: int, text: str, kind: str = "", anchor: str = "middle") -> str:
    css = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{css}>{escape(visible(text))}</text>'


def _line(x1: int, y1: int, x2: int, y2: int, kind: str) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" class="{kind}"/>'


def _figure(
    name: str, title: str, description: str, parts: Iterable[str], *, height: int = _HEIGHT, width: int = _WIDTH
) -> str:
    """The svg element; ``name`` makes the ids of its title and description unique on the page."""
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(visible(title))}</title>'
        f'<desc id="{name}-d">{escape(visible(description))}</desc>'
        f"{''.join(parts)}</svg>"
    )


def _scale(values: Sequence[Fraction], start: int, end: int) -> tuple[Fraction, Fraction]:
    """(a, b) with a + b v in pixels: the least value at ``start``, the largest at ``end``."""
    low, high = min(values), max(values)
    if low == high:
        return Fraction(start + end, 2), Fraction(0)
    slope = Fraction(end - start) / (high - low)
    return start - slope * low, slope


def _mark(kind: str, x: int, y: int) -> str:
    """Negative: a square; zero: an open circle; positive: a filled circle."""
    if kind == "negative":
        return f'<rect x="{x - 5}" y="{y - 5}" width="10" height="10" class="negative"/>'
    return f'<circle cx="{x}" cy="{y}" r="5" class="{kind}"/>'


def _kind(value: Fraction) -> str:
    return "negative" if value < 0 else "zero" if value == 0 else "positive"


def spectrum_svg(name: str, title: str, stems: Sequence[Stem]) -> str:
    """A stem for each distinct eigenvalue; its height is about the logarithm of the multiplicity."""
    bottom, most = _HEIGHT - _BOTTOM, max(_height(stem.multiplicity) for stem in stems)
    at, slope = _scale([stem.value for stem in stems] + [Fraction(0)], _LEFT, _WIDTH - _RIGHT)
    parts = [_line(_LEFT - 20, bottom, _WIDTH - _RIGHT + 15, bottom, "axis")]
    places = [
        (int(at + slope * s.value), int(bottom - (bottom - _TOP - 8) * _height(s.multiplicity) / most)) for s in stems
    ]
    for (x, y), stem in zip(places, stems, strict=True):
        parts += [_line(x, bottom, x, y, f"stem {_kind(stem.value)}"), _mark(_kind(stem.value), x, y)]
        if not any(other != (x, y) and abs(other[0] - x) < _TEXT_GAP and other[1] <= y for other in places):
            parts.append(_text(x, y - 9, str(stem.multiplicity)))
    low, high = min(stems, key=lambda s: s.value), max(stems, key=lambda s: s.value)
    zero = int(at)
    parts += [_line(zero, bottom - 4, zero, bottom + 4, "axis")]
    ends = {int(at + slope * s.value): s.digits for s in (low, high)} | {zero: "0"}
    for x, digits in ends.items():
        anchor = "end" if x > _WIDTH - 90 else "start" if x < 60 and x != zero else "middle"
        if x == zero or abs(x - zero) > 90:
            parts.append(_text(x if anchor != "start" else 4, bottom + 18, digits, anchor=anchor))
    parts.append(_text(_WIDTH // 2, _HEIGHT - 8, "eigenvalue; height: multiplicity, logarithmic", "quiet"))
    total = sum(stem.multiplicity for stem in stems)
    kinds = ("negative", "zero", "positive")
    counted = (f"{sum(s.multiplicity for s in stems if _kind(s.value) == kind)} {kind}" for kind in kinds)
    said = f"{len(stems)} distinct eigenvalues, {total} in all: {', '.join(counted)}"
    return _figure(name, title, said, parts)


def _height(multiplicity: int) -> int:
    """About 8 log2(1 + multiplicity), in whole numbers."""
    bits = (multiplicity + 1).bit_length() - 1
    return 8 * bits + 8 * (multiplicity + 1 - (1 << bits)) // (1 << bits)


def landscape_svg(name: str, title: str, points: Sequence[CriticalPoint]) -> str:
    """Value against index (number of negative directions); a minimum is a filled circle, a saddle a square."""
    bottom = _HEIGHT - _BOTTOM
    at, slope = _scale([Fraction(point.index) for point in points] + [Fraction(0)], _LEFT + 10, _WIDTH - 60)
    up, down = _scale([point.value for point in points], bottom - 14, _TOP + 8)
    left = _LEFT - 20
    parts = [_line(left, bottom, _WIDTH - _RIGHT, bottom, "axis"), _line(left, bottom, left, _TOP, "axis")]
    taken: list[tuple[int, int]] = []
    for point in sorted(points, key=lambda p: (p.index, p.value)):
        x, y = int(at + slope * point.index), int(up + down * point.value)
        place = y + 5
        while any(abs(x - other) < 200 and abs(place - level) < 17 for other, level in taken):
            place -= 17
        taken.append((x, place))
        kind = "negative" if point.index else "positive"
        parts += [_mark(kind, x, y), _label(x, place, f"{point.name}: {point.digits}")]
        parts.append(_text(x, bottom + 18, f"≥ {point.index}" if point.at_least else str(point.index)))
    parts.append(_text(_WIDTH // 2, _HEIGHT - 8, "index (negative directions); upwards: value", "quiet"))
    said = "; ".join(
        f"{p.name} has value {p.digits} and index {'at least ' if p.at_least else ''}{p.index}" for p in points
    )
    return _figure(name, title, said, parts)


def _label(x: int, y: int, text: str) -> str:
    """Beside a mark at ``x``, on the side where there is room."""
    return _text(x + 10, y, text, anchor="start") if 2 * x < _WIDTH else _text(x - 10, y, text, anchor="end")


def matrix_svg(name: str, title: str, across: tuple[str, Sequence[int]], down: tuple[str, Sequence[int]],
               cells: Mapping[tuple[int, int], Cell]) -> str:
    """``cells`` by (row value, column value); ``across`` and ``down`` are the names and values of the axes."""
    size, left, top = 46, 90, 44
    width = max(320, left + size * len(across[1]) + 20)
    height = top + 30 * len(down[1]) + 10
    parts = [_text(left + size * len(across[1]) // 2, 14, across[0], "quiet"), _text(40, top - 8, down[0], "quiet")]
    parts += [_text(left + size * i + size // 2, top - 8, str(value)) for i, value in enumerate(across[1])]
    for j, row in enumerate(down[1]):
        y = top + 30 * j
        parts.append(_text(left - 12, y + 19, str(row), anchor="end"))
        for i, column in enumerate(across[1]):
            cell = cells.get((row, column))
            if cell is not None:
                x = left + size * i
                parts.append(
                    f'<g><title>{escape(visible(cell.said))}</title><rect x="{x + 1}" y="{y + 1}" width="{size - 2}" '
                    f'height="28" rx="3" class="cell {cell.tone}"/>{_text(x + size // 2, y + 19, cell.text)}</g>'
                )
    good, undecided, bad = (sum(cell.tone == tone for cell in cells.values()) for tone in ("good", "open", "bad"))
    said = f"{len(cells)} cells: {good} as expected, {undecided} open, {bad} against the expectation"
    return _figure(name, title, said, parts, height=height, width=width)
