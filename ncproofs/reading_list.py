"""Which files of the checker decide given certificates: what somebody who trusts nobody has to read."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ncproofs.proof import checker
from ncproofs.proof.checker_arithmetic import Limit, Rejected
from ncproofs.proof.checker_reading import BYTES, parse

__all__ = ["kinds_in", "reading_list"]

_FOLDER = Path(checker.__file__).parent
#: What every certificate passes through.
_ALWAYS = ("checker", "checker_arithmetic", "checker_reading", "checker_theorems")


def kinds_in(files: Iterable[Path]) -> set[str]:
    """The kinds of statements in these certificates; what cannot be read has none."""
    found: set[str] = set()
    for file in files:
        try:
            if file.stat().st_size <= BYTES:
                found |= set(_kinds(parse(file.read_bytes())["statement"]))
        except (OSError, Rejected, Limit, KeyError, TypeError):
            continue
    return found & set(checker.KINDS)


def _kinds(statement: Any) -> Iterator[str]:
    if isinstance(statement, dict):
        claims = statement.get("claims")
        for part in claims if isinstance(claims, list) else [statement]:
            if isinstance(part, dict) and isinstance(part.get("kind"), str):
                yield part["kind"]


def reading_list(kinds: Iterable[str]) -> dict[str, int]:
    """File -> its lines: the checker itself, the files that decide ``kinds``, and all that those import.

    ``checker.py`` imports the other families too, but hands a statement to the file of its kind alone.

    >>> list(reading_list({"ridge/saddle-box/1"}))[4:]
    ['checker_losses.py', 'checker_ridge.py', 'checker_shifts.py']
    """
    needed = list(_ALWAYS)
    open_ = [checker.KINDS[kind][1].__module__.rpartition(".")[2] for kind in kinds]
    while open_:
        name = open_.pop()
        if name not in needed:
            needed.append(name)
            open_ += _imported(name)
    ordered = [*_ALWAYS, *sorted(set(needed) - set(_ALWAYS))]
    return {f"{name}.py": len(_source(name).splitlines()) for name in ordered}


@cache
def _source(name: str) -> str:
    return (_FOLDER / f"{name}.py").read_text(encoding="utf-8")


@cache
def _imported(name: str) -> tuple[str, ...]:
    """The checker's files that this one imports."""
    nodes = [node for node in ast.walk(ast.parse(_source(name))) if isinstance(node, ast.ImportFrom)]
    found = [node.module.rpartition(".")[2] for node in nodes if node.module and ".checker" in node.module]
    found += [part.name for node in nodes if node.module == "ncproofs.proof" for part in node.names]
    return tuple(part for part in found if part != "checker")
