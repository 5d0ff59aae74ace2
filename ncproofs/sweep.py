"""A suite over hours or several machines: every outcome goes to a file at once, and a later run goes on from there.

The file is JSON lines: a header that says which code made it, then one line a job. A job is known again by what it
asks (theorem, parameters, budget), not by its place, so that a suite may grow. What is read back is worked out again
from its evidence, as ``ncproofs report`` does; that the evidence is true, only running the job again can show, so that
a file made by other code is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ncproofs import __version__
from ncproofs.errors import MissingDependency, NcproofsError
from ncproofs.report.results import Results, record_of, results_from
from ncproofs.runner import Outcome, settling
from ncproofs.store import decode, encode
from ncproofs.suite import Job
from ncproofs.truth import Rigor, Truth

__all__ = ["InvalidSweep", "append", "begun", "code_digest", "distributed", "kept", "key_of"]

_LARGEST = 2**30


class InvalidSweep(NcproofsError):
    """A file that is not the file of this sweep."""


def code_digest() -> str:
    """SHA-256 of the sources of the package."""
    home, digest = Path(__file__).parent, hashlib.sha256()
    for path in sorted(home.rglob("*.py")):
        digest.update(path.relative_to(home).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def key_of(job: Job) -> str:
    """What a job asks, whatever its place in a suite and whatever is expected of it."""
    check = job.check
    asked = [job.theorem, None if job.parameters is None else dict(job.parameters), check.boxes,
             check.limits.seconds, check.limits.memory_mb]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _header() -> dict[str, Any]:
    return {"schema": 1, "kind": "sweep", "version": __version__, "code": code_digest()}


def begun(path: Path, *, resume: bool) -> list[dict[str, Any]]:
    """The lines of the file, without its header; the file is made when it is not there.

    A last line that was cut short is removed.

    Raises:
        InvalidSweep: it is there and was not to be resumed, was made by other code, or is no such file.
    """
    try:
        if not path.exists() or path.stat().st_size == 0:
            path.write_bytes(encode(_header()) + b"\n")
            return []
        if not resume:
            raise InvalidSweep(f"{path} is there already; write --resume to go on from it, or give another --out")
        if path.stat().st_size > _LARGEST:
            raise InvalidSweep(f"{path} is larger than {_LARGEST} bytes; start a new file")
        raw = path.read_bytes()
    except OSError as error:
        raise InvalidSweep(f"{path} cannot be used ({error.strerror}); give a path in a writable folder") from None
    whole = raw.rfind(b"\n") + 1
    header = encode(_header()) + b"\n"
    if header.startswith(raw):  # interrupted before its first line was whole
        path.write_bytes(header)
        return []
    lines = _lines(path, raw[:whole])
    if whole < len(raw):  # only now is it known to be ours
        os.truncate(path, whole)
    return lines


def _lines(path: Path, raw: bytes) -> list[dict[str, Any]]:
    try:
        header, *lines = [decode(line) for line in raw.splitlines()] or [{}]
        ours = isinstance(header, dict) and header.get("kind") == "sweep"
        if not ours or not all(isinstance(x, dict) and isinstance(x.get("key"), str) for x in lines):
            raise InvalidSweep(f"{path} is not the file of a sweep; give another --out")
    except (ValueError, RecursionError):
        raise InvalidSweep(f"{path} has a line that is not JSON; give another --out") from None
    if header != _header():
        version = str(header.get("version"))[:20]
        raise InvalidSweep(f"{path} was made by other code (version {version}); give another --out")
    return lines


def append(path: Path, outcome: Outcome) -> None:
    """One more line.

    Raises:
        InvalidSweep: the file cannot be written.
    """
    (row,) = record_of(Results(title="", outcomes=(outcome,), asked=1, seconds=0, about={}))["rows"]
    try:
        with path.open("ab") as file:
            file.write(encode({"key": key_of(outcome.job), "row": row}) + b"\n")
    except OSError as error:
        raise InvalidSweep(f"{path} cannot be written ({error.strerror}); what it has can be resumed") from None


def kept(path: Path, lines: Sequence[dict[str, Any]], jobs: Sequence[Job], *, retry: bool) -> list[Outcome]:
    """The outcomes of these jobs that the file has: all but defects of ncproofs, and with ``retry`` but undecided ones.

    A job that names code or a file of the user's own (``package.module:name``, ``loss.toml``) is not kept, since that
    may have changed.

    Raises:
        InvalidSweep: a line is no outcome, or says more than its own evidence.
    """
    wanted: dict[str, list[Job]] = {}
    for job in jobs:
        named = (job.theorem, (job.parameters or {}).get("loss", ""))
        if not any(":" in name or name.endswith(".toml") for name in named):
            wanted.setdefault(key_of(job), []).append(job)
    rows = {line["key"]: line["row"] for line in lines if line.get("key") in wanted and "row" in line}
    told = {"schema": 1, "suite": "", "asked": len(rows), "finished": len(rows), "summary": "", "seconds": 0,
            "rows": list(rows.values())}
    found = []
    for key, outcome in zip(rows, results_from(str(path), json.dumps(told)).outcomes, strict=True):
        job = wanted[key][0]
        if (outcome.job.theorem, outcome.job.parameters) != (job.theorem, job.parameters and dict(job.parameters)):
            raise InvalidSweep(f"{path} has an answer about {outcome.job.theorem} in the place of {job.theorem}")
        if any(part.rigor is Rigor.KERNEL for part in outcome.verdict.evidence):
            raise InvalidSweep(f"{path} has an answer of rigor kernel about {job.theorem}, which no sweep gives")
        if not outcome.error and not (retry and outcome.verdict.truth is Truth.UNDECIDED):
            found += [replace(outcome, job=same) for same in wanted[key]]
    return found


def _settled(job: Job) -> Outcome:
    with settling() as settle:
        return settle(job)


def distributed(jobs: Sequence[Job], scheduler: str | None, workers: int | None) -> Generator[Outcome, None, None]:
    """As ``runner.run``, by dask: on the workers of ``scheduler``, or on ``workers`` processes of this machine.

    Every job runs in a process of its own below its worker, so that its limits hold there too; workers that were
    started elsewhere need DASK_DISTRIBUTED__WORKER__DAEMON=False for that.

    Raises:
        MissingDependency: dask.distributed is not installed. NcproofsError: the scheduler is not reached.
    """
    try:
        import dask
        from distributed import Client, as_completed
    except ImportError:
        raise MissingDependency("the engine dask needs distributed; pip install 'ncproofs[dask]'") from None
    with dask.config.set({"distributed.worker.daemon": False}):
        try:
            client = Client(scheduler, timeout="20s") if scheduler else Client(
                n_workers=workers or os.cpu_count() or 1, threads_per_worker=1, dashboard_address=None)
        except (OSError, ValueError) as error:
            raise NcproofsError(f"no dask scheduler answers at {scheduler} ({error}); give tcp://HOST:PORT") from None
        with client:
            futures = client.map(_settled, list(jobs), pure=False)
            try:
                for future in as_completed(futures):
                    yield future.result()
            finally:
                client.cancel(futures)
