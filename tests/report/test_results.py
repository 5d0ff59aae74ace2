"""Results read back: the same record, and nothing that contradicts itself or is not of the published form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ncproofs.report.difference import difference
from ncproofs.report.html import as_html
from ncproofs.report.markdown import as_markdown
from ncproofs.report.results import InvalidResults, json_schema, read_results, record_of, results_from
from ncproofs.report.summary import as_junit, closing_lines
from tests.report.outcomes import CERTIFIED, CONTROL, EVERY, FAILS, INSTANCE, results

ROOT = Path(__file__).parent.parent.parent


def text_of(**changed: Any) -> str:
    return json.dumps({**record_of(results(*EVERY)), **changed})


def test_the_round_trip_is_exact() -> None:
    before = results(*EVERY)
    after = results_from("here", json.dumps(record_of(before)))
    assert record_of(after) == record_of(before)
    assert [o.standing for o in after.outcomes] == [o.standing for o in before.outcomes]
    assert as_junit("t", after.outcomes, 9) == as_junit("t", before.outcomes, 9)
    assert closing_lines(after.outcomes, 7, 1) == closing_lines(before.outcomes, 7, 1)


def test_a_certificate_is_kept() -> None:
    record = record_of(results(*EVERY))
    record["rows"][0]["certificate"] = "certificates/1.json"
    assert results_from("here", json.dumps(record)).certificates == {0: "certificates/1.json"}
    assert record_of(results_from("here", json.dumps(record))) == record


def test_a_run_without_the_newer_keys_is_read() -> None:
    record = record_of(results(*EVERY))
    del record["about"]
    for row in record["rows"]:
        del row["rigor_asked"], row["error"]
    assert len(results_from("here", json.dumps(record)).outcomes) == len(EVERY)


def test_the_published_schema_is_that_of_the_reader() -> None:
    published = json.loads((ROOT / "docs" / "schema" / "verify-1.json").read_text(encoding="utf-8"))
    assert published == json_schema()
    assert published["$defs"]["RowRecord"]["properties"]["truth"] == {"enum": ["fails", "holds", "undecided"]}


@pytest.mark.parametrize("name", ["monday", "tuesday"])
def test_a_real_run_is_read(name: str) -> None:
    read = read_results(ROOT / "docs" / "runs" / f"{name}.json")
    assert all(outcome.verdict.certified for outcome in read.outcomes) and read.about["versions"]["ncproofs"]


def row(**changed: Any) -> str:
    record = record_of(results(*EVERY))
    record["rows"][1].update(changed)
    return json.dumps(record)


REFUSED = {
    "nothing": ("", "Expecting value"),
    "no object": ("[]", "Expected `object`"),
    "another schema": (text_of(schema=2), "$.schema"),
    "a missing key": ("{}", "missing required field"),
    "a key twice": ('{"schema": 1, "schema": 1}', "'schema' is given twice"),
    "NaN": (text_of().replace("1.5", "NaN"), "NaN"),
    "a number for text": (row(theorem=1), "$.rows[1].theorem"),
    "a negative time": (text_of(seconds=-1), "$.seconds"),
    "a text without end": (row(because="x" * 200_000), "length"),
    "nesting without end": ("[" * 100_000, ""),
    "fewer rows than finished": (text_of(rows=[]), "give the whole file"),
    "more finished than asked": (text_of(asked=1), "give the whole file"),
    "certified, but its claims fail": (row(certified=True), "certified"),
    "holds, but its claims fail": (row(truth="holds"), "truth='holds'"),
    "kernel, but its claims are not": (row(rigor="kernel"), "rigor='kernel'"),
    "as expected, but it fails": (row(standing="as expected"), "standing"),
    "an unknown truth": (row(truth="maybe"), "$.rows[1].truth"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    text, said = REFUSED[name]
    with pytest.raises(InvalidResults) as caught:
        results_from("f.json", text)
    assert said in str(caught.value) and "\n" not in str(caught.value) and "f.json" in str(caught.value)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) in a record."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


ODD = [None, True, 0, -1, 10**30, 1.5, "", "x", "\x00", "9" * 5000, [], ["x"], {}, {"x": "y"}, [[]]]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:20])
def test_anything_anywhere_is_refused_or_reported(odd: Any) -> None:
    """A record with one value replaced, wherever it is: one line that refuses it, or reports that can be written."""
    record = record_of(results(FAILS, INSTANCE))
    read = 0
    for container, key in list(places(record)):
        kept, container[key] = container[key], odd
        try:
            found = results_from("f.json", json.dumps(record))
        except InvalidResults as error:
            assert "\n" not in str(error)
        else:
            as_markdown(found), as_junit(found.title, found.outcomes, found.asked), as_html(found)
            difference(found, found)
            read += 1
        finally:
            container[key] = kept
    assert read < 40


def test_a_hidden_hole_is_refused() -> None:
    record = record_of(results(*EVERY))
    record["rows"][3]["holes"] = []
    with pytest.raises(InvalidResults, match="holes"):
        results_from("f.json", json.dumps(record))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidResults, match="cannot be read"):
        read_results(tmp_path / "no.json")
    (tmp_path / "b.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidResults, match="not UTF-8"):
        read_results(tmp_path / "b.json")


def test_every_report_of_an_interrupted_run_says_so() -> None:
    whole = results(CERTIFIED, CONTROL)
    cut = replace(whole, asked=6)
    said = "interrupted: 4 of 6 were not finished"
    assert as_markdown(cut).splitlines()[2].startswith(f"**{said}; certified on 1 of 1")
    assert "interrupted" not in as_markdown(whole)
    suite = ElementTree.fromstring(as_junit("t", cut.outcomes, cut.asked))
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "0", "1")
    assert len(suite.findall("testcase")) == 3
    (error,) = suite.findall("testcase/error")
    assert error.get("message") == said
    assert ElementTree.fromstring(as_junit("t", whole.outcomes, whole.asked)).get("errors") == "0"
    assert "not finished: interrupted" in as_html(cut) and "not finished: interrupted" not in as_html(whole)
    assert [change.kind for change in difference(whole, cut).changes] == ["interrupted"]
    assert difference(whole, cut).is_worse and not difference(cut, whole).is_worse
    assert not difference(cut, cut).changes
