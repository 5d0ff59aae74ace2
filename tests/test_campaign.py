"""Searches over many starts: the same alone and in processes, kept in a file, taken up again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ncproofs import campaign as campaigns
from ncproofs.campaign import Campaign, run
from ncproofs.campaign_file import (
    Heading,
    append,
    classified_from,
    classified_message,
    is_spelling_of,
    opened,
    point_record,
    spelled,
    start_from,
    start_record,
)
from ncproofs.critical.certify import Classified, certify
from ncproofs.critical.random_points import Candidate, Found, chosen, seek
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.losses import cross_entropy, focal
from ncproofs.losses.spelling import loss_from_expression
from ncproofs.problems.features import FeatureProblem, Ridge, Spheres

PROBLEM = Ridge(cross_entropy(), 3, 3, 1, "1/60", "1/100", 0)
HEADING = Heading(PROBLEM, 4, chosen(None), "cross_entropy")


def gathered(campaign: Campaign, jobs: int = 1) -> tuple[dict[int, Candidate], dict[int, Classified]]:
    starts, points = {}, {}
    for event in run(campaign, jobs):
        if isinstance(event, Candidate):
            starts[event.number] = event
        else:
            points[event.candidate.number] = event.classified
    return starts, points


def test_two_processes_find_what_one_finds() -> None:
    campaign = Campaign(HEADING, tuple(range(14)))
    alone, together = gathered(campaign), gathered(campaign, jobs=2)
    assert {n: c.x.tolist() for n, c in alone[0].items()} == {n: c.x.tolist() for n, c in together[0].items()}
    assert alone[1] == together[1]
    result = campaign.result(list(together[0].values()), together[1])
    assert len(result.points) == len(alone[1]) >= 3


def test_known_starts_are_not_sought_again() -> None:
    starts, points = gathered(Campaign(HEADING, tuple(range(7))))
    again, certified = gathered(Campaign(HEADING, tuple(range(7)), starts))
    assert again == {}
    assert certified == points


def test_a_point_that_was_not_reached_is_undecided() -> None:
    starts, points = gathered(Campaign(HEADING, tuple(range(7))))
    result = Campaign(HEADING, tuple(range(7))).result(list(starts.values()), dict(list(points.items())[:1]))
    assert len(result.certified) == 1
    assert {point.classified.reason for point in result.undecided} == {"interrupted before it was certified"}


class Dying:
    """A pipe whose other end has gone."""

    def recv_bytes(self) -> bytes:
        raise EOFError


@pytest.mark.parametrize("task", [3, seek(PROBLEM, 4, 0, chosen(None))], ids=["a start", "a point"])
def test_a_worker_that_dies_costs_one_task(task: int | Candidate) -> None:
    worker = campaigns._Worker(Campaign(HEADING, (3,)))
    try:
        worker.task, real = task, worker.pipe
        worker.pipe = Dying()  # type: ignore[assignment]
        worker.stop, stop = lambda: real.close(), worker.stop  # type: ignore[method-assign]
        worker.process.kill()
        event = worker.answer()
        worker.stop = stop  # type: ignore[method-assign]
        if isinstance(event, Candidate):
            assert not event.converged and event.number == 3
        else:
            assert event.classified.kind == "budget"
        worker.give(5)  # its replacement works
        answer = worker.answer()
        assert isinstance(answer, Candidate) and answer.number == 5
    finally:
        worker.stop()


OWN = loss_from_expression("log(S1) - t + 1 - exp(t)/S1", ["exp(z)"])
PROBLEMS: dict[str, FeatureProblem] = {
    "free bias": PROBLEM,
    "no bias, focal": Ridge(focal("1/2"), 3, 4, 2, "1/60", "0.01"),
    "spheres": Spheres(cross_entropy(), 4, 3, 2, "3/2"),
    "a loss of one's own": Ridge(OWN, 3, 2, 1, "1/50", "1/50"),
    "a class function of one's own": Spheres(loss_from_expression("S1/2 - t + 1/2", ["z**2"]), 3, 3, 1, 1),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_headings_come_back(name: str) -> None:
    problem = PROBLEMS[name]
    text = problem.loss.name if is_spelling_of(problem.loss.name, problem.loss) else None
    heading = Heading(problem, 7, ("squares", "descent"), text)
    record = json.loads(json.dumps(heading.record()))
    again = Heading.from_record(record)
    assert again.problem == problem and (again.seed, again.methods) == (7, ("squares", "descent"))
    assert again.record() == record
    assert spelled(problem)["family"] == ("sphere" if isinstance(problem, Spheres) else "ridge")


def test_a_loss_that_cannot_be_written_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(*_: object, **__: object) -> object:
        return cross_entropy()

    monkeypatch.setattr("ncproofs.campaign_file.loss_from_expression", other)
    with pytest.raises(OutOfScope, match=r"package\.module:name"):
        Heading(PROBLEMS["a loss of one's own"], 0, ("squares",)).record()


def test_starts_and_points_come_back_exactly() -> None:
    candidate = seek(PROBLEM, 4, 1, HEADING.methods)
    again = start_from(HEADING, json.loads(json.dumps(start_record(candidate))))
    assert again.x.tolist() == candidate.x.tolist()
    assert (again.value, again.index, again.method, again.converged) == (
        candidate.value, candidate.index, candidate.method, candidate.converged)
    answer = certify(PROBLEM, candidate.x)
    assert classified_from(json.loads(json.dumps(classified_message(answer)))) == answer
    refused = Classified(kind="precision", reason="too thin")
    assert classified_from(classified_message(refused)) == refused
    record = point_record(Found(candidate=candidate, classified=answer))
    assert (record["index"], record["nullity"], record["outcome"]) == (answer.index, answer.nullity, "certified")
    assert "value" not in point_record(Found(candidate=candidate, classified=refused))


def written(path: Path, count: int) -> dict[int, Candidate]:
    done, known = opened(path, HEADING)
    assert not known or done
    starts, points = {}, {}
    for event in run(Campaign(HEADING, tuple(range(count)), done)):
        if isinstance(event, Candidate):
            starts[event.number] = event
            append(path, start_record(event))
        else:
            points[event.candidate.number] = event
            append(path, point_record(event))
    return starts


def test_a_file_is_taken_up_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "points.jsonl"
    first = written(path, 5)
    assert sorted(first) == [0, 1, 2, 3, 4]
    assert sorted(written(path, 8)) == [5, 6, 7]
    done, known = opened(path, HEADING)
    assert sorted(done) == list(range(8))
    assert known <= set(done)
    assert done[0].x.tolist() == first[0].x.tolist()


def test_a_torn_last_line_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "points.jsonl"
    written(path, 3)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"kind": "start", "numb')
    assert sorted(opened(path, HEADING)[0]) == [0, 1, 2]
    assert path.read_bytes() == whole
    path.write_bytes(b'{"schema"')
    assert opened(path, HEADING) == ({}, set())
    assert json.loads(path.read_text(encoding="utf-8"))["kind"] == "search"


GOOD = [0.0] * PROBLEM.dimension
BAD_LINES = {
    "not JSON": ("hello", "not JSON"),
    "not an object": ("[1, 2]", "not an object"),
    "no number": ('{"kind": "start", "x": []}', "number >= 0"),
    "a negative number": ('{"kind": "start", "number": -1, "x": []}', "number >= 0"),
    "a number that is true": ('{"kind": "start", "number": true, "x": []}', "number >= 0"),
    "too short": ('{"kind": "start", "number": 0, "x": [1, 2]}', "needs 21"),
    "not finite": (json.dumps({"kind": "start", "number": 0, "x": [float("nan"), *GOOD[1:]]}), "finite"),
    "not numbers": (json.dumps({"kind": "start", "number": 0, "x": ["1", *map(str, GOOD[1:])]}), "finite"),
    "nested deeply": ("[" * 100_000, "not JSON"),
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_lines_that_do_not_fit_are_refused_with_their_place(name: str, tmp_path: Path) -> None:
    line, reason = BAD_LINES[name]
    path = tmp_path / "points.jsonl"
    append(path, HEADING.record())
    with path.open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")
    with pytest.raises(InvalidProblem, match=f"line 2: .*{reason}"):
        opened(path, HEADING)


def test_a_file_of_another_search_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "points.jsonl"
    written(path, 2)
    for other in (Heading(PROBLEM, 5, HEADING.methods, "cross_entropy"), Heading(PROBLEM, 4, ("squares",)),
                  Heading(PROBLEMS["spheres"], 4, HEADING.methods, "cross_entropy")):
        with pytest.raises(InvalidProblem, match="another search"):
            opened(path, other)


def test_a_certificate_in_the_file_is_not_believed(tmp_path: Path) -> None:
    """A forged point changes nothing: what is certified is certified again."""
    path = tmp_path / "points.jsonl"
    written(path, 4)
    append(path, {"kind": "point", "number": 0, "outcome": "certified", "index": 0, "nullity": 0})
    done, _ = opened(path, HEADING)
    _, points = gathered(Campaign(HEADING, tuple(range(4)), done))
    assert points == gathered(Campaign(HEADING, tuple(range(4))))[1]


def test_forged_floats_are_looked_at_again(tmp_path: Path) -> None:
    path = tmp_path / "points.jsonl"
    append(path, HEADING.record())
    append(path, {"kind": "start", "number": 0, "method": "squares", "converged": True, "value": 0.0, "gradient": 0.0,
                  "x": np.ones(PROBLEM.dimension).tolist()})
    done, _ = opened(path, HEADING)
    assert not done[0].converged
    assert done[0].value != 0.0


def test_a_folder_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidProblem, match="writable folder"):
        opened(tmp_path / "missing" / "points.jsonl", HEADING)
    with pytest.raises(InvalidProblem, match="writable folder"):
        opened(tmp_path, HEADING)
