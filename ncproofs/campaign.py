"""A search over many starts, in one process or several, in the same order with the same answers."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

import numpy as np

from ncproofs.campaign_file import Heading, classified_from, classified_message, start_from, start_record
from ncproofs.critical.certify import Classified, certify, terrain_of
from ncproofs.critical.random_points import Candidate, Distinct, Found, SearchResult, assembled, candidate_at, seek
from ncproofs.spawning import SPAWN, start_quietly
from ncproofs.store import decode, encode

__all__ = ["Campaign", "Event", "run"]

#: What a campaign yields: a start has ended, or a new point has been classified.
Event = Candidate | Found


@dataclass(frozen=True)
class Campaign:
    """``numbers`` of the starts that ``heading`` speaks of; ``done`` are candidates known from an earlier run."""

    heading: Heading
    numbers: tuple[int, ...]
    done: Mapping[int, Candidate] = field(default_factory=dict)

    def result(self, candidates: Sequence[Candidate], points: Mapping[int, Classified]) -> SearchResult:
        """What the finished ones add up to; a point that was not classified in time is undecided."""
        late = Classified(kind="budget", reason="interrupted before it was certified")
        heading = self.heading
        return assembled(heading.problem, heading.seed, heading.methods, candidates,
                         lambda candidate: points.get(candidate.number, late))


def run(campaign: Campaign, jobs: int = 1) -> Iterator[Event]:
    """Every start as it ends and every new point as it is classified; points in the order of their start numbers.

    Closing the iterator, or an exception in the caller such as KeyboardInterrupt, ends the processes; what was
    yielded stays.
    """
    if jobs == 1:
        yield from _alone(campaign)
    else:
        yield from _together(campaign, jobs)


def _alone(campaign: Campaign) -> Iterator[Event]:
    heading = campaign.heading
    distinct = Distinct(terrain_of(heading.problem))
    for number in campaign.numbers:
        candidate = campaign.done.get(number)
        if candidate is None:
            candidate = seek(heading.problem, heading.seed, number, heading.methods)
            yield candidate
        if candidate.converged and distinct.add(candidate) is None:
            yield Found(candidate=candidate, classified=certify(heading.problem, candidate.x))


def _together(campaign: Campaign, jobs: int) -> Iterator[Event]:
    """Starts in any order; told apart in the order of their numbers, so that the points are the same every time."""
    distinct = Distinct(terrain_of(campaign.heading.problem))
    seeking = deque(number for number in campaign.numbers if number not in campaign.done)
    order, ready = deque(campaign.numbers), dict(campaign.done)
    certifying: deque[Candidate] = deque()
    team = [_Worker(campaign) for _ in range(max(1, min(jobs, max(1, len(seeking)))))]
    try:
        while order or certifying or any(worker.task is not None for worker in team):
            while order and order[0] in ready:
                candidate = ready.pop(order.popleft())
                if candidate.converged and distinct.add(candidate) is None:
                    certifying.append(candidate)
            for worker in team:
                if worker.task is None and (certifying or seeking):
                    worker.give(certifying.popleft() if certifying else seeking.popleft())
            for event in _heard([worker for worker in team if worker.task is not None]):
                if isinstance(event, Candidate):
                    ready[event.number] = event
                yield event
    finally:
        for worker in team:
            worker.stop()


def _heard(busy: Sequence[_Worker]) -> Iterator[Event]:
    ready = set(wait([worker.pipe for worker in busy])) if busy else set()
    for worker in busy:
        if worker.pipe in ready:
            yield worker.answer()


class _Worker:
    """One process; ``task`` is a start number, a candidate to certify, or None when it is idle."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.task: int | Candidate | None = None
        self.begin()

    def begin(self) -> None:
        self.pipe, theirs = SPAWN.Pipe()
        self.process = SPAWN.Process(target=_serve, args=(theirs,), daemon=True)
        start_quietly(self.process)
        theirs.close()
        self.pipe.send_bytes(encode(self.campaign.heading.record()))

    def give(self, task: int | Candidate) -> None:
        self.task = task
        message = {"number": task} if isinstance(task, int) else start_record(task)
        try:
            self.pipe.send_bytes(encode(message))
        except OSError:
            pass  # it died; ``answer`` sees the closed pipe

    def answer(self) -> Event:
        """What became of the task; a process that died leaves it without a result, and is replaced."""
        task, self.task = self.task, None
        assert task is not None
        try:
            message = decode(self.pipe.recv_bytes())
        except (EOFError, OSError):
            self.stop()
            self.begin()
            if isinstance(task, int):
                heading = self.campaign.heading
                method = heading.methods[task % len(heading.methods)]
                return candidate_at(heading.problem, task, method, np.zeros(0))
            return Found(candidate=task, classified=Classified(kind="budget", reason="the worker process died"))
        if isinstance(task, int):
            return start_from(self.campaign.heading, message)
        return Found(candidate=task, classified=classified_from(message))

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.process.close()
        self.pipe.close()


def _serve(pipe: Connection[Any, Any]) -> None:
    """Inside a worker: the heading, then numbers to start from and candidates to certify, until the pipe closes."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one process a processor already; threads would fight
    try:
        heading = Heading.from_record(decode(pipe.recv_bytes()))
        while True:
            order = decode(pipe.recv_bytes())
            if "x" in order:
                answer = classified_message(certify(heading.problem, np.array(order["x"])))
            else:
                answer = start_record(seek(heading.problem, heading.seed, order["number"], heading.methods))
            pipe.send_bytes(encode(answer))
    except (EOFError, OSError):
        return
