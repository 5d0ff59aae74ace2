"""Markdown for a step summary: the count, the rows, and no markup from outside."""

from __future__ import annotations

import pytest

from ncproofs.report.markdown import as_markdown, escaped
from tests.report.outcomes import CERTIFIED, EVERY, HOSTILE, evidence, outcome, results


def test_what_it_says() -> None:
    text = as_markdown(results(*EVERY))
    assert text.startswith("## a suite\n\n**certified on 2 of 6") and "### Needs attention" in text
    assert "x = 1" in text and "hole, checked by nobody: nobody looked" in text
    assert "Needs attention" not in as_markdown(results(CERTIFIED))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_from_outside_is_markup(text: str) -> None:
    said = escaped(text)
    assert "<" not in said and "://" not in said and "www." not in said and "@" not in said
    assert all(said[i - 1] == "\\" for i, letter in enumerate(said) if letter in "[]|`*_~$")
    found = as_markdown(results(outcome(theorem=text, covers=text, parts=(evidence(sentence=text),)), title=text))
    rows = [line for line in found.splitlines() if line.startswith("| ") and "theorem" not in line]
    assert len(rows) == 1 and rows[0].replace("\\|", "").count("|") == 5
