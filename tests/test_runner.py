"""Workers that sleep, crash, eat memory or raise lose nothing that was finished, and hold up nobody else."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ncproofs.report import summary
from ncproofs.runner import Outcome, Standing, run
from ncproofs.store import evidence_from, evidence_record, write_atomically
from ncproofs.suite import Check, Job, Limits
from ncproofs.theorems.theorem import Verdict
from ncproofs.truth import Evidence, Rigor, Truth

#: For claims that never end; long enough for a worker to start on a busy machine.
QUICK = Limits(seconds=8, memory_mb=512)
PATIENT = Limits(seconds=60, memory_mb=512)


def job(name: str, index: int = 0, **changes: object) -> Job:
    theorem = name if name.islower() and "-" in name else f"tests.unruly:{name}"
    return Job(
        index,
        theorem,
        None,
        dataclasses.replace(Check(number=1, theorems=(theorem,), limits=PATIENT), **changes),
    )


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    """One run of them all, on two workers: each must come out whatever the others do."""
    names = ["sleeps", "good", "crashes", "eats", "raises", "refuses", "fails", "endless"]
    jobs = [job(name, index, **({"limits": QUICK} if name in ("sleeps", "endless") else {}))
            for index, name in enumerate(names)]
    found = {outcome.job.theorem.partition(":")[2]: outcome for outcome in run(jobs, workers=2)}
    assert set(found) == set(names)
    return found


def truths(outcome: Outcome) -> list[str]:
    return [str(part.truth) for part in outcome.verdict.evidence]


def test_a_good_theorem_is_certified(outcomes: dict[str, Outcome]) -> None:
    verdict = outcomes["good"].verdict
    assert (
        verdict.certified
        and verdict.covers == "everything"
        and outcomes["good"].standing is Standing.EXPECTED
    )


def test_over_budget_is_undecided_and_the_other_claims_are_kept(outcomes: dict[str, Outcome]) -> None:
    assert truths(outcomes["sleeps"]) == ["holds", "undecided", "holds"]
    slow = outcomes["sleeps"].verdict.evidence[1]
    assert slow.sentence == "sleep" and "over the budget of 8 s" in slow.because
    assert outcomes["sleeps"].standing is Standing.OPEN


def test_a_crash_is_undecided_and_the_next_claim_is_tried(outcomes: dict[str, Outcome]) -> None:
    assert truths(outcomes["crashes"]) == ["undecided", "holds"]
    assert "the worker died (exit code 7)" in outcomes["crashes"].verdict.reason


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is enforced through /proc")
def test_memory_is_limited(outcomes: dict[str, Outcome]) -> None:
    assert truths(outcomes["eats"]) == ["holds", "undecided", "holds"]
    assert "512 MB" in outcomes["eats"].verdict.reason


def test_a_defect_is_an_error_with_its_traceback(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["raises"].standing is Standing.ERROR
    assert "ZeroDivisionError: a defect" in outcomes["raises"].error
    assert truths(outcomes["raises"])[0] == "holds"


def test_a_refusal_and_a_refutation(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["refuses"].verdict.truth is Truth.UNDECIDED
    assert "no theorem covers this" in outcomes["refuses"].verdict.reason
    assert outcomes["fails"].standing is Standing.WRONG and "x = 1" in outcomes["fails"].verdict.reason


def test_claims_that_cannot_even_be_listed(outcomes: dict[str, Outcome]) -> None:
    assert truths(outcomes["endless"]) == ["undecided"]


def test_reports_of_all_this(outcomes: dict[str, Outcome]) -> None:
    found = list(outcomes.values())
    rows = {row.theorem.partition(":")[2]: row for row in summary.rows_of(found)}
    assert rows["good"].verdict == "certified" and rows["fails"].verdict == "fails"
    assert rows["raises"].verdict == "internal error" and rows["sleeps"].verdict == "undecided"
    assert [row.theorem for row in summary.rows_of(reversed(found))] == [
        o.job.theorem for o in sorted(found, key=lambda o: o.job.index)
    ]
    assert len({line.index("why") for line in summary.as_lines(list(rows.values()))[:1]}) == 1
    record = json.loads(json.dumps(summary.as_json("t", found, 8, 1.0)))
    assert record["schema"] == 1 and len(record["rows"]) == 8 and record["rows"][1]["certified"] is True
    suite = ElementTree.fromstring(summary.as_junit("t\x00", found, len(found)))
    assert suite.get("tests") == "8" and suite.get("errors") == "1" and suite.get("failures") == "6"
    assert summary.closing_lines(found, 9, 1.0)[-2:] == [
        "interrupted: 8 of 9 were finished",
        "certified on 1 of 8 (1.0 s)",
    ]


STANDINGS = {
    # expectation, truth, rigor, hole: standing
    "holds, exact": (Truth.HOLDS, Truth.HOLDS, Rigor.EXACT, (), Standing.EXPECTED),
    "holds, only estimated": (Truth.HOLDS, Truth.HOLDS, Rigor.ESTIMATED, (), Standing.OPEN),
    "holds with a hole": (Truth.HOLDS, Truth.HOLDS, Rigor.EXACT, ("a step",), Standing.OPEN),
    "fails but should hold": (Truth.HOLDS, Truth.FAILS, Rigor.EXACT, (), Standing.WRONG),
    "undecided but should hold": (Truth.HOLDS, Truth.UNDECIDED, Rigor.EXACT, (), Standing.OPEN),
    "a control that fails": (Truth.FAILS, Truth.FAILS, Rigor.ENCLOSED, (), Standing.EXPECTED),
    "a control that holds": (Truth.FAILS, Truth.HOLDS, Rigor.EXACT, (), Standing.WRONG),
    "a control refuted by floats only": (Truth.FAILS, Truth.FAILS, Rigor.ESTIMATED, (), Standing.OPEN),
    "a control left undecided": (Truth.FAILS, Truth.UNDECIDED, Rigor.EXACT, (), Standing.OPEN),
    "undecided as expected": (Truth.UNDECIDED, Truth.UNDECIDED, Rigor.SAMPLED, (), Standing.EXPECTED),
    "a hole where undecided is expected": (
        Truth.UNDECIDED,
        Truth.HOLDS,
        Rigor.SAMPLED,
        ("a step",),
        Standing.EXPECTED,
    ),
    "certified where undecided is expected": (Truth.UNDECIDED, Truth.HOLDS, Rigor.EXACT, (), Standing.WRONG),
    "refuted where undecided is expected": (Truth.UNDECIDED, Truth.FAILS, Rigor.EXACT, (), Standing.WRONG),
}


@pytest.mark.parametrize("name", STANDINGS)
def test_standing(name: str) -> None:
    expect, truth, rigor, holes, standing = STANDINGS[name]
    verdict = Verdict(
        theorem="t",
        covers="",
        truth=truth,
        rigor=rigor,
        evidence=(),
        unmet=(),
        holes=holes,
        axioms=(),
        seconds=0.0,
    )
    assert Outcome(job("good", expect=expect), verdict).standing is standing


def test_exact_rigor_can_be_required() -> None:
    verdict = Verdict(
        theorem="t",
        covers="",
        truth=Truth.HOLDS,
        rigor=Rigor.ENCLOSED,
        evidence=(),
        unmet=(),
        holes=(),
        axioms=(),
        seconds=0.0,
    )
    assert Outcome(job("good", rigor=Rigor.EXACT), verdict).standing is Standing.OPEN


def test_evidence_survives_the_pipe() -> None:
    evidence = Evidence(
        truth=Truth.FAILS,
        rigor=Rigor.ENCLOSED,
        sentence="s",
        because="b",
        covers="c",
        witness="w",
        axioms=("a",),
        holes=("h",),
        seconds=0.25,
    )
    assert evidence_from(json.loads(json.dumps(evidence_record(evidence)))) == evidence


def test_files_are_written_whole(tmp_path: Path) -> None:
    target = tmp_path / "report.xml"
    write_atomically(target, "one")
    write_atomically(target, "two")
    assert target.read_text(encoding="utf-8") == "two" and list(tmp_path.iterdir()) == [target]


def test_a_script_without_a_guard_is_not_run_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from ncproofs.runner import run\n"
        "from ncproofs.suite import Check, Job\n"
        "print('once')\n"
        "name = 'equality-case'\n"
        "print([o.verdict.certified for o in run([Job(0, name, None, Check(number=1, theorems=(name,)))])])\n"
    )
    root = str(Path(__file__).parent.parent)
    finished = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert finished.stdout.split("\n")[:2] == ["once", "[True]"], finished.stderr


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_an_interruption_keeps_what_was_finished(tmp_path: Path) -> None:
    suite = tmp_path / "s.toml"
    suite.write_text(
        '[[check]]\ntheorem = ["tests.unruly:good", "tests.unruly:sleeps"]\nbudget_seconds = 50\n'
    )
    command = [
        sys.executable,
        "-m",
        "ncproofs",
        "verify",
        str(suite),
        "--allow-imports",
        "--jobs",
        "1",
        "--json",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None and running.stdout is not None
        assert "good" in running.stderr.readline()
        time.sleep(0.3)
        running.send_signal(signal.SIGINT)
        record = json.loads(running.stdout.read())
        assert running.wait(30) == 130
    assert record["asked"] == 2 and [row["theorem"] for row in record["rows"]] == ["tests.unruly:good"]


def test_a_verdict_without_a_certificate_stays_certified(tmp_path: Path) -> None:
    patient = Limits(seconds=60, memory_mb=1024)
    jobs = [job("good", 0, limits=patient), job("lower-bound-chain", 1, limits=patient)]
    good, chain = sorted(run(jobs, workers=1, certificates=tmp_path / "nowhere"), key=lambda o: o.job.index)
    assert good.verdict.certified and "no writer for Deed" in good.without
    assert chain.verdict.certified and "cannot be written" in chain.without
    assert (good.certificate, chain.certificate) == ("", "")
    (again,) = run(jobs[1:], workers=1, certificates=tmp_path)
    assert Path(again.certificate).parent == tmp_path and again.without == ""
    (plain,) = run(jobs[1:], workers=1)
    assert (plain.certificate, plain.without) == ("", "")
