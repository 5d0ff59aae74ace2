"""Two runs compared: each kind of change is seen, and only what is worse makes the exit code 1."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ncproofs.cli import main
from ncproofs.report.difference import difference
from ncproofs.report.results import record_of
from ncproofs.runner import Outcome
from ncproofs.truth import Rigor, Truth
from tests.report.outcomes import (
    BROKEN,
    CERTIFIED,
    CONTROL,
    FAILS,
    HOLE,
    INSTANCE,
    UNDECIDED,
    evidence,
    outcome,
    results,
)

ENCLOSED = outcome(parts=(evidence(rigor=Rigor.ENCLOSED),))
SLOW = outcome(seconds=5)
OPEN_CONTROL = outcome(parts=(evidence(Truth.UNDECIDED, Rigor.SAMPLED),), expect=Truth.FAILS, breaks="d >= K - 1")
STILL_OPEN = outcome(parts=(evidence(Truth.UNDECIDED, Rigor.SAMPLED),), expect=Truth.UNDECIDED)
SETTLED = outcome(expect=Truth.UNDECIDED)

#: name -> (before, after, kinds of change, worse)
CASES: dict[str, tuple[list[Outcome], list[Outcome], list[str], bool]] = {
    "nothing": ([CERTIFIED, CONTROL], [CERTIFIED, CONTROL], [], False),
    "certified, then undecided": ([CERTIFIED], [UNDECIDED], ["lost"], True),
    "certified, then refuted": ([CERTIFIED], [FAILS], ["lost"], True),
    "certified, then on a hole": ([CERTIFIED], [HOLE], ["lost"], True),
    "undecided, then certified": ([UNDECIDED], [CERTIFIED], ["newly certified"], False),
    "undecided, then refuted": ([UNDECIDED], [FAILS], ["worse"], True),
    "undecided, then a defect": ([UNDECIDED], [BROKEN], ["worse"], True),
    "a defect, then undecided": ([BROKEN], [UNDECIDED], ["better"], False),
    "exact, then enclosed": ([CERTIFIED], [ENCLOSED], ["weaker rigor"], True),
    "enclosed, then exact": ([ENCLOSED], [CERTIFIED], ["stronger rigor"], False),
    "a control that no longer fails": ([CONTROL], [OPEN_CONTROL], ["worse"], True),
    "known to be open, then certified": ([STILL_OPEN], [SETTLED], ["worse"], True),
    "a row is gone": ([CERTIFIED, INSTANCE], [CERTIFIED], ["gone"], True),
    "a new row": ([CERTIFIED], [CERTIFIED, INSTANCE], ["new"], False),
    "a new row that fails": ([CERTIFIED], [CERTIFIED, outcome("x", FAILS.verdict.evidence)], ["new"], True),
    "the same question once more": ([CERTIFIED], [CERTIFIED, CERTIFIED], ["new"], False),
    "ten times as long": ([CERTIFIED], [SLOW], ["slower"], False),
    "a tenth of the time": ([SLOW], [CERTIFIED], ["faster"], False),
}


@pytest.mark.parametrize("name", CASES)
def test_each_change(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after, kinds, worse = CASES[name]
    found = difference(results(*before), results(*after))
    assert [change.kind for change in found.changes] == kinds and found.is_worse is worse
    for place, outcomes in (("a.json", before), ("b.json", after)):
        (tmp_path / place).write_text(json.dumps(record_of(results(*outcomes))), encoding="utf-8")
    assert main(["diff", str(tmp_path / "a.json"), str(tmp_path / "b.json"), "--json"]) == int(worse)
    record = json.loads(capsys.readouterr().out)
    assert record["worse"] is worse and [change["kind"] for change in record["changes"]] == kinds


def test_the_order_of_the_rows_does_not_matter() -> None:
    before, after = results(CERTIFIED, INSTANCE, CONTROL), results(CONTROL, INSTANCE, CERTIFIED)
    assert difference(before, after).changes == ()
    assert difference(before, replace(after, title="another")).changes == ()


def test_the_ratio_of_the_times(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for place, found in (("a.json", SLOW), ("b.json", outcome(seconds=10))):
        (tmp_path / place).write_text(json.dumps(record_of(results(found))), encoding="utf-8")
    assert main(["diff", str(tmp_path / "a.json"), str(tmp_path / "b.json")]) == 0
    assert "2.00 times as long" in capsys.readouterr().out
