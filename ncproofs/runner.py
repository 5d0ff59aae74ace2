"""Run jobs in worker processes that can be killed: nothing finished is lost, nothing runs over its budget.

A worker stays warm between jobs. It sends each piece of evidence as soon as it has it, as JSON, so that when
it is killed at one claim (too slow, too large, crashed) that claim alone is undecided, with the reason, and a
new worker goes on with the next claim.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from ncproofs.spawning import SPAWN, start_quietly
from ncproofs.store import decode, encode, evidence_from
from ncproofs.suite import Job
from ncproofs.theorems.theorem import Verdict
from ncproofs.truth import Evidence, Rigor, Truth, conclude
from ncproofs.worker import serve

__all__ = ["Outcome", "Standing", "run", "settling"]

#: A new worker imports SymPy and FLINT before it can start; that is not held against the claim.
_STARTING = 60.0


class Standing(Enum):
    """As expected, against the expectation, not decided to the rigor asked for, or a defect of ncproofs."""

    EXPECTED = "as expected"
    WRONG = "against the expectation"
    OPEN = "open"
    ERROR = "internal error"


@dataclass(frozen=True)
class Outcome:
    """What became of one job. ``error`` is the traceback of a defect of ncproofs itself, or empty.

    ``certificate`` is the file written for a certified verdict, ``without`` why there is none; both are empty
    when none was asked for.
    """

    job: Job
    verdict: Verdict
    error: str = ""
    certificate: str = ""
    without: str = ""

    @property
    def standing(self) -> Standing:
        """How the verdict stands to what the check expects, and to the rigor it needs.

        A refutation needs balls or better, whatever rigor is asked of what holds.
        """
        expect, verdict = self.job.check.expect, self.verdict
        refuted = verdict.truth is Truth.FAILS and verdict.rigor >= Rigor.ENCLOSED
        if self.error:
            return Standing.ERROR
        if expect is Truth.FAILS:
            return Standing.EXPECTED if refuted else Standing.WRONG if verdict.certified else Standing.OPEN
        if expect is Truth.UNDECIDED:
            return Standing.WRONG if refuted or verdict.certified else Standing.EXPECTED
        if verdict.truth is Truth.FAILS:
            return Standing.WRONG
        enough = verdict.certified and verdict.rigor >= self.job.check.rigor
        return Standing.EXPECTED if enough else Standing.OPEN


@dataclass
class _Progress:
    """A job under way: the evidence so far, and what the worker said about the job as a whole."""

    job: Job
    evidence: list[Evidence] = field(default_factory=list)
    head: dict[str, Any] = field(default_factory=dict)
    sentence: str = ""
    error: str = ""
    seconds: float = 0.0
    certificates: str = ""
    certifying: bool = False
    certificate: str = ""
    without: str = ""


class _Worker:
    """One process and its pipe, started when the first job comes."""

    def __init__(self) -> None:
        self.process: Any = None
        self.pipe: Connection[Any, Any] | None = None
        self.progress: _Progress | None = None
        self.deadline = 0.0
        self.since = 0.0

    def begin(self, progress: _Progress) -> None:
        grace = 0.0
        if self.process is None or not self.process.is_alive():
            self.stop()
            self.pipe, theirs = SPAWN.Pipe()
            self.process = SPAWN.Process(target=serve, args=(theirs,), daemon=True)
            start_quietly(self.process)
            theirs.close()
            grace = _STARTING
        self.progress = progress
        self.rearm(grace)
        job = progress.job
        order = {
            "theorem": job.theorem,
            "parameters": None if job.parameters is None else dict(job.parameters),
            "boxes": job.check.boxes,
            "memory_mb": job.check.limits.memory_mb,
            "seconds": job.check.limits.seconds,
            "start": len(progress.evidence),
            "certificates": progress.certificates,
            "good": conclude(progress.evidence)[0] is Truth.HOLDS or not progress.evidence,
        }
        try:
            self._pipe().send_bytes(encode(order))
        except OSError:
            pass  # it died between two jobs; the pipe reads as closed, and the job is taken up again

    def rearm(self, grace: float = 0.0) -> None:
        assert self.progress is not None
        self.since = time.monotonic()
        self.deadline = self.since + self.progress.job.check.limits.seconds + grace

    def _pipe(self) -> Connection[Any, Any]:
        assert self.pipe is not None
        return self.pipe

    def receive(self) -> dict[str, Any] | None:
        """The next message, or None when the worker is gone."""
        try:
            return decode(self._pipe().recv_bytes())
        except (EOFError, OSError):
            return None

    def stop(self) -> int | None:
        """Kill the process, if there is one; its exit code."""
        if self.process is None:
            return None
        self.process.kill()
        self.process.join()
        code: int | None = self.process.exitcode
        self.process.close()
        self._pipe().close()
        self.process = self.pipe = None
        return code


def run(
    jobs: Sequence[Job], *, workers: int | None = None, certificates: Path | None = None
) -> Generator[Outcome, None, None]:
    """The outcome of every job, as they finish; ``Outcome.job.index`` gives the order of ``jobs``.

    ``workers`` processes at most (the number of processors when None). ``certificates``: a folder that gets a
    certificate of every certified verdict, within the budget of one more claim. Closing the iterator, or an exception
    in the caller such as KeyboardInterrupt, kills the workers; what was yielded stays.
    """
    waiting = deque(jobs)
    team = [_Worker() for _ in range(max(1, min(workers or os.cpu_count() or 1, len(jobs))))]
    try:
        while True:
            for worker in team:
                if worker.progress is None and waiting:
                    worker.begin(_Progress(waiting.popleft(), certificates=str(certificates or "")))
            busy = [worker for worker in team if worker.progress is not None]
            if not busy:
                return
            yield from _attend(busy)
    finally:
        for worker in team:
            worker.stop()


@contextmanager
def settling() -> Iterator[Callable[[Job], Outcome]]:
    """A function that settles one job at a time, in a worker that stays warm until the block ends."""
    worker = _Worker()

    def settle(job: Job) -> Outcome:
        worker.begin(_Progress(job))
        while True:
            for outcome in _attend([worker]):
                return outcome

    try:
        yield settle
    finally:
        worker.stop()


def _attend(busy: list[_Worker]) -> Iterator[Outcome]:
    """Wait for a message or a deadline, whichever is first, and act on it."""
    patience = max(0.0, min(worker.deadline for worker in busy) - time.monotonic())
    ready = wait([worker._pipe() for worker in busy], timeout=patience)
    for worker in busy:
        progress = worker.progress
        assert progress is not None
        if worker.pipe in ready:
            message = worker.receive()
            finished = _dead(worker, progress) if message is None else _heard(worker, progress, message)
        elif time.monotonic() >= worker.deadline:
            finished = _overdue(worker, progress)
        else:
            continue
        if finished:
            worker.progress = None
            yield _outcome(progress)


def _heard(worker: _Worker, progress: _Progress, message: dict[str, Any]) -> bool:
    """Take in one message; True when the job is finished."""
    match message["kind"]:
        case "ready":  # the process runs; building the claims counts against the budget
            worker.rearm()
        case "head":
            progress.head = message
            worker.rearm()
        case "claim":
            progress.sentence = message["sentence"]
            worker.rearm()
        case "evidence":
            progress.evidence.append(evidence_from(message["evidence"]))
            progress.seconds += message["evidence"]["seconds"]
            progress.sentence = ""
        case "certifying":
            progress.certifying = True
            worker.rearm()
        case "certificate":
            progress.certificate, progress.without = message["file"], message["reason"]
        case "error":
            progress.error = message["traceback"]
            return _undecided(progress, f"internal error: {message['summary']}", 0.0)
        case "exhausted":
            worker.stop()
            memory = progress.job.check.limits.memory_mb
            return _undecided(progress, f"over the limit of {memory} MB of memory", 0.0) or _again(
                worker, progress
            )
        case "refused":
            progress.evidence.append(_gap(progress, message["reason"], 0.0))
            return True
        case "done":
            return True
    return False


def _dead(worker: _Worker, progress: _Progress) -> bool:
    spent = time.monotonic() - worker.since
    code = worker.stop()
    how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
    memory = progress.job.check.limits.memory_mb
    finished = _undecided(progress, f"the worker died ({how}); the limit is {memory} MB of memory", spent)
    return finished or _again(worker, progress)


def _overdue(worker: _Worker, progress: _Progress) -> bool:
    spent = time.monotonic() - worker.since
    worker.stop()
    seconds = progress.job.check.limits.seconds
    return _undecided(progress, f"over the budget of {seconds} s", spent) or _again(worker, progress)


def _again(worker: _Worker, progress: _Progress) -> bool:
    worker.begin(progress)
    return False


def _undecided(progress: _Progress, reason: str, spent: float) -> bool:
    """Give up on the claim under way, or on the certificate; True when no claim is left."""
    if progress.certifying:  # all claims are settled; a defect of a writer is no defect of the verdict
        progress.without, progress.error = f"no certificate: {reason}", ""
        return True
    progress.evidence.append(_gap(progress, reason, spent))
    progress.seconds += spent
    progress.sentence = ""
    # Before the head came, not even the claims are known: starting again would end in the same way.
    return bool(progress.error) or len(progress.evidence) >= progress.head.get("claims", 0)


def _gap(progress: _Progress, reason: str, spent: float) -> Evidence:
    return Evidence(
        truth=Truth.UNDECIDED,
        rigor=Rigor.SAMPLED,
        sentence=progress.sentence or progress.job.theorem,
        because=reason,
        seconds=spent,
    )


def _outcome(progress: _Progress) -> Outcome:
    truth, rigor = conclude(progress.evidence)
    parameters = progress.job.parameters or {}
    spelled = " ".join(f"{key}={value}" for key, value in parameters.items())
    verdict = Verdict(
        theorem=progress.job.theorem,
        covers=progress.head.get("covers", spelled),
        truth=truth,
        rigor=rigor,
        evidence=tuple(progress.evidence),
        unmet=tuple(progress.head.get("unmet", ())),
        holes=tuple(dict.fromkeys(hole for part in progress.evidence for hole in part.holes)),
        axioms=tuple(dict.fromkeys(axiom for part in progress.evidence for axiom in part.axioms)),
        seconds=progress.seconds,
    )
    return Outcome(progress.job, verdict, progress.error, progress.certificate, progress.without)
