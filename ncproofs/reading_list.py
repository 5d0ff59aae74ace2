"""Which files of the checker decide given certificates: what somebody who trusts nobody has to read."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from ncproofs.proof import checker
from ncproofs.proof.checker_arithmetic import Limit, Rejected
from ncproofs.proof.checker_reading import BYTES, parse

__all__ = ["kinds_in", "kinds_of", "reading_list"]

_FOLDER = Path(checker.__file__).parent
#: What every certificate passes through.
_ALWAYS = ("checker", "checker_arithmetic", "checker_reading", "checker_theorems")


def kinds_in(files: Iterable[Path]) -> set[str]:
    """The kinds of statements in these certificates; what cannot be read has none."""
    found: set[str] = set()
    for file in files:
        try:
            if file.stat().st_size <= BYTES:
                found |= kinds_of(parse(file.read_bytes())["statement"])
        except (OSError, Rejected, Limit, KeyError, TypeError):
            continue
    return found


def kinds_of(statement: Any) -> set[str]:
    """The kinds of a statement, or of the claims of a verdict, that a file of the checker decides."""
    claims = statement.get("claims") if isinstance(statement, dict) else None
    parts = claims if isinstance(claims, list) else [statement]
    kinds = (part.get("kind") for part in parts if isinstance(part, dict))
    return {kind for kind in kinds if isinstance(kind, str) and kind in checker.KINDS}


def reading_list(kinds: Iterable[str]) -> dict[str, int]:
    """File -> its lines: the checker itself, the files that decide ``kinds``, and all that those import.

    ``checker.py`` loads the file of a kind when it meets a statement of that kind, and no other.

    >>> list(reading_list({"ridge/saddle-box/1"}))[4:]
    ['checker_inertia.py', 'checker_losses.py', 'checker_ridge.py', 'checker_shifts.py']
    """
    needed = list(_ALWAYS)
    open_ = [checker.KINDS[kind] for kind in kinds]
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
