"""Small HTML for notebooks: escaped, without scripts or styles from elsewhere, and bounded in size.

``_repr_html_`` of theorems, verdicts and optima are built here; each is below ``LARGEST`` characters whatever the
value holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import islice
from typing import Any

__all__ = ["LARGEST", "optimum_html", "page", "paragraph", "shortened", "table"]

#: No representation is longer than this, in characters.
LARGEST = 120_000
_CELL = 200
_ROWS = 20
_HOLES = 5


def shortened(text: object, most: int = _CELL) -> str:
    """``text`` on one line, cut with an ellipsis after ``most`` characters, then escaped for HTML."""
    line = " ".join(str(text).split())
    return escape(line if len(line) <= most else f"{line[: most - 3]}...")


def page(parts: Iterable[str]) -> str:
    """The parts together; a dollar sign in a name is text and not mathematics for a notebook."""
    inside = "\n".join(parts)
    return f'<div class="tex2jax_ignore mathjax_ignore">\n{inside}\n</div>'


def paragraph(text: object, *, most: int = 1000, strong: bool = False) -> str:
    """One paragraph."""
    inside = shortened(text, most)
    return f"<p><strong>{inside}</strong></p>" if strong else f"<p>{inside}</p>"


def table(rows: Iterable[Sequence[object]], head: Sequence[str] = ()) -> str:
    """A table of at most 20 rows; what was left out is counted."""
    listed = list(rows)
    lines = ["<table>"]
    if head:
        lines.append(_row("th", 'scope="col"', head))
    lines += [_row("td", 'style="text-align:left"', row) for row in islice(listed, _ROWS)]
    lines.append("</table>")
    if len(listed) > _ROWS:
        lines.append(f"<p>and {len(listed) - _ROWS} more</p>")
    return "\n".join(lines)


def _row(tag: str, attribute: str, cells: Sequence[object]) -> str:
    return f"<tr>{''.join(f'<{tag} {attribute}>{shortened(cell)}</{tag}>' for cell in cells)}</tr>"


def optimum_html(found: Any, digits: int = 12) -> str:
    """The answer about one optimum: problem, truth, rigor, every quantity rounded outwards, what it rests on."""
    quantities: Mapping[str, Any] = found.quantities
    parts = [
        paragraph(found.problem, strong=True),
        paragraph(f"{found.truth} ({found.rigor}); {found.regime}; geometry: {found.geometry}"),
        table(((name, *value.decimals(digits)) for name, value in quantities.items()), ("quantity", "from", "to")),
        paragraph(f"because {found.because}"),
    ]
    parts += [paragraph(f"hole, checked by nobody: {hole}", most=_CELL) for hole in found.holes[:_HOLES]]
    return page(parts)
