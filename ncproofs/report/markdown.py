"""A run as Markdown, for the step summary of a CI service: text from outside cannot become markup."""

from __future__ import annotations

import re

from ncproofs.report.figures import visible
from ncproofs.report.results import Results
from ncproofs.report.summary import Row, closing_lines, counts, one_line, reason_of, rows_of, unfinished, word_of
from ncproofs.runner import Standing

__all__ = ["as_markdown", "escaped"]

_MOST_SHOWN = 50
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "#": "&#35;"}


def escaped(text: str) -> str:
    """``text`` on one line, so that Markdown and the HTML within it show it as it is."""
    # Backslashes keep Markdown away; < and & are HTML, @ and # would be links to people and issues, and what looks
    # like an address would be a link by itself.
    line = re.sub(r"([\\`*_\[\]|~$])", r"\\\1", one_line(visible(text)))
    line = "".join(_ENTITIES.get(letter, letter) for letter in line)
    return re.sub(r"(?i)(www)\.", r"\1&#46;", line.replace("://", ":&#47;/"))


def as_markdown(results: Results) -> str:
    """The count, one row a theorem, and what needs attention."""
    ordered = sorted(results.outcomes, key=lambda outcome: outcome.job.index)
    said = [part for part in (unfinished(ordered, results.asked), counts(ordered)) if part]
    lines = [f"## {escaped(results.title)}", "", f"**{escaped('; '.join(said))}** ({results.seconds:.1f} s)", ""]
    lines += ["| theorem | verdict | rigor | covered |", "|---|---|---|---|", *map(_row, rows_of(ordered))]
    odd = [outcome for outcome in ordered if outcome.standing is not Standing.EXPECTED]
    if odd:
        lines += ["", "### Needs attention", ""]
    for outcome in odd[:_MOST_SHOWN]:
        where = f"{outcome.job.theorem} ({outcome.verdict.covers})"
        lines.append(f"- **{escaped(word_of([outcome]))}**: {escaped(where)}: {escaped(reason_of(outcome))}")
    if len(odd) > _MOST_SHOWN:
        lines.append(f"- and {len(odd) - _MOST_SHOWN} more")
    rest = [
        line
        for line in closing_lines(ordered, results.asked, results.seconds)[:-1]
        if line.startswith(("classical", "hole"))
    ]
    lines += [text for line in rest for text in ("", escaped(line))]
    return "\n".join(lines) + "\n"


def _row(row: Row) -> str:
    good = row.verdict == "certified" or row.verdict.endswith("as expected")
    sign = "✓" if good else "?" if row.verdict.startswith(("undecided", "holds")) else "✗"
    cells = (row.theorem, f"{sign} {row.verdict}", row.rigor, row.covered)
    return f"| {' | '.join(map(escaped, cells))} |"
