"""Run the checker on files in a process of its own, with limits of time and memory.

The process is started with ``python -I``: it sees neither this program nor its environment. When it dies or is
over its time at one file, that file is over a limit and a new process goes on with the next.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ncproofs.certificates import derived_pin
from ncproofs.proof import checker
from ncproofs.proof.checker_arithmetic import Limit, Rejected
from ncproofs.proof.checker_reading import BYTES, parse

__all__ = ["Checked", "check_files"]

#: What the process does before it becomes the checker: argv is the memory in bytes, then the checker's own.
_START = """\
import runpy, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
except (ImportError, ValueError, OSError):
    pass
sys.argv = sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass(frozen=True)
class Checked:
    """The checker's answer about one file: accepted, rejected, holey or limit, and why."""

    file: Path
    verdict: str
    reason: str


def check_files(
    files: Sequence[Path], *, expect: Path | None = None, seconds: int = 60, megabytes: int = 1024, jobs: int = 1
) -> list[Checked]:
    """The answers in the order of ``files``.

    Arguments:
        files: certificates.
        expect: a file of hashes; no other statement is accepted.
        seconds: for one file.
        megabytes: address space of a process.
        jobs: processes at a time.
    """
    with tempfile.TemporaryDirectory(prefix="ncproofs-check-") as folder:
        pins, derived = Path(folder) / "statements.txt", {file: _derived(file) for file in files}
        lines = "".join(f"{pin} {theorem}\n" for pin, theorem, _ in filter(None, derived.values()))
        pins.write_text(checker.PINS.read_text(encoding="ascii") + lines, encoding="ascii")
        options = ["--json", "--pins", str(pins), *(["--expect", str(expect)] if expect else [])]
        shares = [list(files[start::jobs]) for start in range(min(jobs, len(files)))]

        def answered(share: list[Path]) -> list[Checked]:
            return list(_checked(share, options, seconds, megabytes))

        with ThreadPoolExecutor(max(1, len(shares))) as team:
            answers = list(team.map(answered, shares))
    found = {answer.file: answer for share in answers for answer in share}
    return [found[file] if expect else _compared(found[file], derived[file]) for file in files]


def _compared(answer: Checked, derived: tuple[str, str, Any] | None) -> Checked:
    """What holds, but is not what the theorem claims at these parameters, is not accepted under its name."""
    if answer.verdict != "accepted" or derived is None or derived[0] == derived[2]:
        return answer
    pin, theorem, _ = derived
    what = "it claims nothing there" if pin == "nothing" else f"that has the hash {pin}"
    return Checked(answer.file, "rejected", f"not what {theorem} claims at these parameters: {what}")


def _derived(file: Path) -> tuple[str, str, Any] | None:
    """The hash that the theorem's name and parameters call for, the theorem, and the hash that the file has."""
    try:
        raw = file.read_bytes() if file.stat().st_size <= BYTES else b""
        value = parse(raw)
    except (OSError, Rejected, Limit):
        return None
    statement = value.get("statement") if isinstance(value, dict) else None
    if not isinstance(statement, dict):
        return None
    pin = derived_pin(statement)
    return None if pin is None else (pin, statement["theorem"], value.get("statement_sha256"))


def _checked(files: list[Path], options: list[str], seconds: int, megabytes: int) -> Iterator[Checked]:
    while files:
        done = 0
        for answer in _one_process(files[:200], options, seconds, megabytes):
            yield answer
            done += 1
        files = files[done:]


def _one_process(files: list[Path], options: list[str], seconds: int, megabytes: int) -> Iterator[Checked]:
    """The answers up to the first file at which the process dies or is too slow, that one included."""
    command = [sys.executable, "-I", "-c", _START, str(megabytes * 2**20), str(checker.__file__), *options]
    ours, theirs = os.pipe()
    process = subprocess.Popen(
        [*command, *(str(file.resolve()) for file in files)], stdin=subprocess.DEVNULL, stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    lines: queue.Queue[str] = queue.Queue()
    reader = threading.Thread(target=_read, args=(ours, lines), daemon=True)
    reader.start()
    try:
        for file in files:
            try:
                line = lines.get(timeout=seconds)
            except queue.Empty:
                yield Checked(file, "limit", f"over {seconds} s")
                return
            if not line:
                yield Checked(file, "limit", f"the checker's process ended; the limit is {megabytes} MB of memory")
                return
            _, verdict, reason = json.loads(line)
            yield Checked(file, verdict, reason)
    finally:
        process.kill()
        process.wait()
        reader.join()


def _read(pipe: int, lines: queue.Queue[str]) -> None:
    """Every line, then an empty one: nobody is left waiting."""
    with os.fdopen(pipe, encoding="ascii") as stream:
        for line in stream:
            lines.put(line)
    lines.put("")
