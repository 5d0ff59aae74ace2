"""The inside of a worker process: takes orders from a pipe, settles and answers one claim at a time."""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ncproofs.errors import NcproofsError
from ncproofs.store import decode, encode, evidence_record

if TYPE_CHECKING:
    from ncproofs.theorems.theorem import Theorem

__all__ = ["serve"]


def serve(pipe: Connection[Any, Any]) -> None:
    """Answer orders until the pipe closes."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one process a processor already; threads would fight
    os.environ.setdefault("OMP_NUM_THREADS", "1")

    def send(**message: Any) -> None:
        pipe.send_bytes(encode(message))

    send(kind="ready")
    while True:
        try:
            order = decode(pipe.recv_bytes())
        except (EOFError, OSError):
            return
        try:
            _limit(order["memory_mb"])
            _settle(order, send)
        except NcproofsError as error:
            send(kind="refused", reason=str(error))
        except MemoryError:
            send(kind="exhausted")
            return
        except Exception as error:
            send(kind="error", summary=f"{type(error).__name__}: {error}", traceback=traceback.format_exc())


def _settle(order: dict[str, Any], send: Callable[..., None]) -> None:
    from ncproofs.families import problem_of
    from ncproofs.proof.discharge import Effort, discharge
    from ncproofs.theorems.catalogue import load
    from ncproofs.theorems.theorem import claims_of
    from ncproofs.truth import Rigor, Truth

    theorem = load(order["theorem"])
    problem = None if order["parameters"] is None else problem_of(order["parameters"])
    effort = Effort() if order["boxes"] is None else Effort(boxes=order["boxes"])
    claims = claims_of(theorem, problem)
    covers = theorem.covers if problem is None else str(problem)
    unmet, good = _unmet(theorem, problem), bool(order["good"])
    send(kind="head", claims=len(claims), covers=covers, unmet=unmet)
    for claim in claims[order["start"] :]:
        send(kind="claim", sentence=claim.sentence or type(claim).__name__)
        evidence = discharge(claim, effort)
        good = good and evidence.truth is Truth.HOLDS and evidence.rigor >= Rigor.ENCLOSED and not evidence.holes
        send(kind="evidence", evidence=evidence_record(evidence))
    if order["certificates"] and good and claims and not unmet:
        send(kind="certifying")
        send(**_certified(Path(order["certificates"]), theorem, problem, effort))
    send(kind="done")


def _certified(folder: Path, theorem: Theorem, problem: Any, effort: Any) -> dict[str, str]:
    from ncproofs.certificates import write_verdict

    try:
        return {"kind": "certificate", "file": str(write_verdict(folder, theorem, problem, effort)), "reason": ""}
    except NcproofsError as error:
        return {"kind": "certificate", "file": "", "reason": str(error)}


def _unmet(theorem: Theorem, problem: object | None) -> list[str]:
    from ncproofs.truth import Truth

    if problem is None:
        return []
    return [part.sentence for part in theorem.hypotheses if part.met(problem) is not Truth.HOLDS]


def _limit(megabytes: int) -> None:
    """Let this process use ``megabytes`` more of address space than now, where the system can enforce it."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (ImportError, OSError):
        return
    allowance = pages * resource.getpagesize() + megabytes * 2**20
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (allowance, hard))
