"""Checks certificates of docs/certificate-format.md, with the standard library alone.

    python -m ncproofs.proof.checker [--expect FILE] PATH...
    python checker.py PATH...            (checker*.py copied to any folder)

Nothing here is shared with the prover. What a statement means is fixed by its kind, in the files
checker_signs, checker_sums and checker_ridge; the witness is not trusted. Exit status 0 all accepted, 1 some
rejected or holey, 2 some over a limit and none rejected.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

if not __package__:  # copied away from ncproofs: this folder stands in for the package of that name
    for _name in ("ncproofs", "ncproofs.proof"):
        _folder = ModuleType(_name)
        _folder.__path__ = [str(Path(__file__).resolve().parent)]
        sys.modules.setdefault(_name, _folder)

from ncproofs.proof import checker_critical, checker_optimum, checker_spheres
from ncproofs.proof.checker_arithmetic import Budget, Limit, Rejected
from ncproofs.proof.checker_reading import BYTES, canonical, listed, need, parse
from ncproofs.proof.checker_ridge import inertia_of, minimum, saddle_box
from ncproofs.proof.checker_signs import identity, root, sign
from ncproofs.proof.checker_sums import sum_identity

__all__ = ["check", "main", "seal"]

FORMAT, STEPS = "ncproofs-certificate/1", 10**7


def seal(statement: dict[str, Any], witness: dict[str, Any], producer: str) -> bytes:
    """The canonical bytes of a certificate."""
    digest = hashlib.sha256(canonical(statement)).hexdigest()
    return canonical({"format": FORMAT, "producer": producer, "statement": statement,
                      "statement_sha256": digest, "witness": witness})


KINDS: dict[str, tuple[tuple[str, ...], Callable[[list[Any], Any, Budget], None]]] = {
    "sum-identity/1": (("symbols", "relations", "indices", "tensors", "left", "right"), sum_identity),
    "identity/1": (("domain", "left", "right"), identity),
    "sign/1": (("domain", "expression", "relation"), sign),
    "root/1": (("variable", "lower", "upper", "expression"), root),
    "ridge/saddle-box/1": (("problem", "centre", "radius", "margin"), saddle_box),
    "ridge/minimum/1": (("problem", "lower", "upper"), minimum),
    "matrix/inertia/1": (("size", "entries", "positive", "negative", "zero"), inertia_of),
    **checker_optimum.KINDS,
    **checker_spheres.KINDS,
    **checker_critical.KINDS,
}


def check(raw: bytes, expected: set[str] | None = None) -> tuple[str, str]:
    """(verdict, reason): "accepted", "rejected", "holey" or "limit"."""
    try:
        form, _, statement, digest, witness = need(parse(raw), "format", "producer", "statement", "statement_sha256",
                                                   "witness")
        if form != FORMAT:
            raise Rejected("another format")
        if hashlib.sha256(canonical(statement)).hexdigest() != digest:
            raise Rejected("the hash is not that of the statement")
        if expected is not None and digest not in expected:
            raise Rejected("the statement is none of those expected")
        kind = statement.get("kind") if isinstance(statement, dict) else None
        if not isinstance(kind, str) or kind not in KINDS:
            raise Rejected("an unknown kind of statement")
        keys, decide = KINDS[kind]
        holes, title, _, *parts = need(statement, "holes", "title", "kind", *keys)
        if not isinstance(title, str) or not all(isinstance(hole, str) and hole for hole in listed(holes)):
            raise Rejected("title is text and holes is a list of sentences")
        decide(parts, witness, Budget(STEPS))
    except Rejected as error:
        return "rejected", str(error)
    except (Limit, MemoryError, RecursionError) as error:
        return "limit", str(error)
    return ("holey", "; ".join(holes)) if holes else ("accepted", kind)


def main(arguments: list[str]) -> int:
    """Check every path; one line each on standard output."""
    expected, paths = None, list(arguments)
    if paths[:1] == ["--expect"] and len(paths) > 1:
        expected, paths = set(Path(paths[1]).read_text(encoding="ascii").split()), paths[2:]
    files = [file for path in map(Path, paths) for file in (sorted(path.rglob("*.json")) if path.is_dir() else [path])]
    verdicts = []
    for file in files:
        try:
            raw = file.read_bytes() if file.stat().st_size <= BYTES else b" " * (BYTES + 1)
            verdict, reason = check(raw, expected)
        except OSError as error:
            verdict, reason = "rejected", f"cannot be read ({error.strerror})"
        verdicts.append(verdict)
        sys.stdout.write(f"{verdict:9} {file}: {reason}\n")
    if not verdicts:
        sys.stdout.write("rejected  nothing to check\n")
    bad = not verdicts or "rejected" in verdicts or "holey" in verdicts
    return 1 if bad else 2 if "limit" in verdicts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
