"""Long runs: what was finished is kept and not run again, and a file is not believed beyond its evidence."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from ncproofs import runner, sweep
from ncproofs.cli import main
from ncproofs.errors import MissingDependency
from ncproofs.report.results import InvalidResults
from ncproofs.runner import Outcome
from ncproofs.suite import Job, expand, read_suite

SUITE = """[suite]
title = "a few"
[[check]]
theorem = ["lower-bound-chain", "equality-case"]
[[check]]
theorem = "benign-landscape"
loss = "cross_entropy"
K = "2:3"
d = "K"
lambda_W = "1/100"
lambda_H = "1/100"
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "few.toml").write_text(SUITE, encoding="utf-8")
    return tmp_path / "few.toml"


@pytest.fixture
def finished(suite: Path, tmp_path: Path) -> Path:
    assert main(["sweep", str(suite), "--out", str(tmp_path / "out.jsonl"), "--jobs", "2"]) == 0
    return tmp_path / "out.jsonl"


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines(keepends=True)


def test_what_is_in_the_file_is_not_run_again(
    suite: Path, finished: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runner, "run", lambda jobs, **_: pytest.fail("nothing is left") if jobs else (o for o in ()))
    capsys.readouterr()
    assert main(["sweep", str(suite), "--out", str(finished), "--resume", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["asked"] == record["finished"] == 4 and "certified on 4 of 4" in record["summary"]


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_a_run_that_was_cut_short_goes_on(
    suite: Path, finished: Path, kept: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = lines(finished)
    finished.write_text("".join(whole[: 1 + kept]) + whole[kept + 1][:40], encoding="utf-8")
    asked, really = [], runner.run

    def counted(jobs: list[Job], **options: Any) -> Generator[Outcome, None, None]:
        asked.append(len(jobs))
        return really(jobs, **options)

    monkeypatch.setattr(runner, "run", counted)
    assert main(["sweep", str(suite), "--out", str(finished), "--resume"]) == 0
    assert asked == [4 - kept] and len(lines(finished)) == 5
    assert (f"{kept} of 4 outcomes are from" in capsys.readouterr().err) == (kept > 0)


def test_a_header_that_was_cut_short_is_begun_again(suite: Path, finished: Path) -> None:
    finished.write_text(lines(finished)[0][:30], encoding="utf-8")
    assert main(["sweep", str(suite), "--out", str(finished), "--resume"]) == 0
    assert len(lines(finished)) == 5


def test_a_suite_may_grow_and_expectations_may_change(suite: Path, finished: Path) -> None:
    more = SUITE.replace('K = "2:3"', 'K = "2:4"')
    suite.write_text(more + 'expect = "fails"\n', encoding="utf-8")
    assert main(["sweep", str(suite), "--out", str(finished), "--resume"]) == 1  # they hold
    assert len(lines(finished)) == 6


def test_undecided_jobs_are_run_again_only_when_asked(suite: Path, finished: Path) -> None:
    whole = lines(finished)
    row = json.loads(whole[1])
    row["row"] |= {"truth": "undecided", "rigor": "sampled", "certified": False, "standing": "open", "axioms": [],
                   "claims": [{**row["row"]["claims"][0], "truth": "undecided", "rigor": "sampled", "axioms": []}]}
    finished.write_text(whole[0] + json.dumps(row) + "\n" + "".join(whole[2:]), encoding="utf-8")
    assert main(["sweep", str(suite), "--out", str(finished), "--resume"]) == 4
    assert main(["sweep", str(suite), "--out", str(finished), "--resume", "--retry"]) == 0


@pytest.mark.parametrize(("line", "said"), [
    ({"truth": "fails"}, "its claims give"), ({"rigor": "kernel"}, "its claims give"), ({"claims": 3}, "not what"),
])
def test_a_line_that_says_more_than_its_evidence_is_refused(
    suite: Path, finished: Path, line: dict[str, object], said: str
) -> None:
    whole = lines(finished)
    row = json.loads(whole[1])
    row["row"] |= line
    finished.write_text(whole[0] + json.dumps(row) + "\n", encoding="utf-8")
    jobs = expand(read_suite(suite))
    with pytest.raises(InvalidResults, match=said):
        sweep.kept(finished, sweep.begun(finished, resume=True), jobs, retry=False)


def test_no_line_is_of_the_kernel(suite: Path, finished: Path) -> None:
    whole = [json.loads(line) for line in lines(finished)]
    row = whole[1]["row"]
    row["rigor"] = "kernel"
    row["claims"] = [claim | {"rigor": "kernel"} for claim in row["claims"]]
    finished.write_text("".join(json.dumps(line) + "\n" for line in whole), encoding="utf-8")
    with pytest.raises(sweep.InvalidSweep, match="which no sweep gives"):
        sweep.kept(finished, sweep.begun(finished, resume=True), expand(read_suite(suite)), retry=False)


@pytest.mark.parametrize("words", [["--scheduler", "tcp://127.0.0.1:9"], ["--retry"]])
def test_options_that_would_do_nothing_are_refused(suite: Path, tmp_path: Path, words: list[str]) -> None:
    assert main(["sweep", str(suite), "--out", str(tmp_path / "o.jsonl"), *words]) == 2
    assert not (tmp_path / "o.jsonl").exists()


def test_a_file_that_cannot_be_written_is_one_line(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    really = Path.open
    monkeypatch.setattr(Path, "open", lambda self, mode="r", **k: full() if mode == "ab" else really(self, mode, **k))
    assert main(["sweep", str(suite), "--out", str(tmp_path / "o.jsonl")]) == 2
    assert "No space left on device" in capsys.readouterr().err


def test_an_answer_in_the_place_of_another_is_refused(suite: Path, finished: Path) -> None:
    whole = [json.loads(line) for line in lines(finished)]
    keys = {sweep.key_of(job) for job in expand(read_suite(suite))}
    assert {line["key"] for line in whole[1:]} == keys
    whole[1]["key"], whole[2]["key"] = whole[2]["key"], whole[1]["key"]
    finished.write_text("".join(json.dumps(line) + "\n" for line in whole), encoding="utf-8")
    with pytest.raises(sweep.InvalidSweep, match="in the place of"):
        sweep.kept(finished, sweep.begun(finished, resume=True), expand(read_suite(suite)), retry=False)


@pytest.mark.parametrize(("text", "said"), [
    ("{}\n", "not the file of a sweep"), ("what\n", "not JSON"), ('{"kind": "sweep", "version": "0"}\n', "other code"),
    ("[]\n", "not the file of a sweep"), ('{"my": "precious results"}', "not the file of a sweep"),
    ("[" * 10**5 + "\n", "not JSON"),
])
def test_other_files_are_refused(suite: Path, tmp_path: Path, text: str, said: str,
                                 capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "o.jsonl").write_text(text, encoding="utf-8")
    assert main(["sweep", str(suite), "--out", str(tmp_path / "o.jsonl"), "--resume"]) == 2
    assert said in capsys.readouterr().err
    assert (tmp_path / "o.jsonl").read_text(encoding="utf-8") == text  # nothing of another file is touched
    assert main(["sweep", str(suite), "--out", str(tmp_path / "o.jsonl")]) == 2
    assert "--resume" in capsys.readouterr().err


def test_jobs_that_name_code_of_their_own_are_always_run(suite: Path, finished: Path) -> None:
    from dataclasses import replace

    rows = sweep.begun(finished, resume=True)
    jobs = [replace(job, theorem="mine:theorem") for job in expand(read_suite(suite))]
    assert sweep.kept(finished, [{**row, "key": sweep.key_of(job)} for row, job in zip(rows, jobs, strict=True)],
                      jobs, retry=False) == []


def test_dask_gives_the_same_answers(suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("distributed", reason="the engine dask is an extra; pip install 'ncproofs[dask]'")
    words = ["sweep", str(suite), "--engine", "dask", "--jobs", "1", "--out"]
    assert main([*words, str(tmp_path / "dask.jsonl")]) == 0
    assert "certified on 4 of 4" in capsys.readouterr().out
    assert main([*words, str(tmp_path / "other.jsonl"), "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert "no dask scheduler answers" in capsys.readouterr().err


def test_without_dask_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingDependency, match="pip install"):
        next(sweep.distributed([], None, 1))
