"""Certificates of theorems of the catalogue: their statements, derived anew, and the hashes that are pinned.

``ncproofs/proof/statements.txt`` pins the statement of every theorem for all sizes at once; after a deliberate
change of a theorem it is written again by ``python -m ncproofs.certificates``.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

from ncproofs.errors import NcproofsError
from ncproofs.families import FAMILIES, problem_of
from ncproofs.problems.multilabel import Problem
from ncproofs.proof.certificate import (
    NoCertificate,
    digest_of,
    problem_record,
    verdict_certificate,
    verdict_statement,
)
from ncproofs.proof.certificate_spelling import Unspeakable
from ncproofs.proof.checker import PINS
from ncproofs.proof.checker_reading import canonical
from ncproofs.proof.checker_theorems import REQUIRED
from ncproofs.proof.discharge import Effort
from ncproofs.proof.loss_reading import loss_text
from ncproofs.store import write_atomically
from ncproofs.theorems.catalogue import CATALOGUE, load
from ncproofs.theorems.theorem import Theorem, claims_of

__all__ = ["derived_pin", "pins", "problem_from", "statement_of", "write_verdict"]

#: Problems up to this size are derived anew when their certificates are checked.
_MOST = 1000


def statement_of(theorem: Theorem, problem: Problem | None) -> dict[str, Any]:
    """What a certificate of ``theorem`` states, for all sizes or at ``problem``.

    Raises:
        NoCertificate: a claim has no place in certificates.
    """
    problem = _as_recorded(problem)
    return verdict_statement(theorem.name, theorem.title, problem, claims_of(theorem, problem))


def _as_recorded(problem: Problem | None) -> Problem | None:
    """The problem as certificates spell it: a known loss has its own name, whatever somebody calls it."""
    try:
        return None if problem is None else problem_from(problem_record(problem))
    except (NcproofsError, Unspeakable):
        return problem


def write_verdict(folder: Path, theorem: Theorem, problem: Problem | None, effort: Effort) -> Path:
    """Write a certificate of a verdict into ``folder``, under a name made of the theorem and the statement's hash.

    Raises:
        NoCertificate: none was found. NcproofsError: the folder cannot be written.
    """
    problem = _as_recorded(problem)
    statement, raw = verdict_certificate(
        theorem.name, theorem.title, problem, claims_of(theorem, problem), effort
    )
    name = re.sub(r"[^A-Za-z0-9.-]", "_", theorem.name)
    path = folder / f"{name}-{digest_of(statement)[:12]}.json"
    write_atomically(path, raw.decode("ascii"))
    return path


def pins() -> str:
    """The lines of ``statements.txt``: hash and theorem, for the claims about all sizes.

    A theorem with a claim that has no place in certificates is left out: nothing is accepted under its name.
    """
    lines = []
    for name in CATALOGUE:
        theorem = load(name)
        if theorem.general is not None:
            with contextlib.suppress(NoCertificate):
                lines.append(f"{digest_of(statement_of(theorem, None))} {name}")
    return "\n".join(lines) + "\n"


def derived_pin(statement: Any) -> str | None:
    """The hash that a verdict at a problem must have, derived from the theorem's name and the parameters alone.

    "nothing" where the theorem claims nothing at this problem that has a place in certificates. None when the
    parameters describe no problem, and where deriving the hash is a search: codes, dual bounds, more than 1000 of
    anything. There the checker itself compares each claim with the parameters.
    """
    theorem, parameters, claims = (statement.get(key) for key in ("theorem", "parameters", "claims"))
    if not (isinstance(theorem, str) and isinstance(parameters, dict) and isinstance(claims, list)):
        return None
    if theorem not in CATALOGUE or (REQUIRED.get(theorem) and not _is_quick(theorem, parameters)):
        return None
    try:
        problem = problem_from(parameters)
    except NcproofsError:
        return None
    try:
        return digest_of(statement_of(load(theorem), problem))
    except NcproofsError:
        return "nothing"


def _is_quick(theorem: str, parameters: dict[str, Any]) -> bool:
    """Whether the claims can be listed at once: nothing large, and no statement about what a search has found."""
    if theorem == "multilabel-dual-bound" or set(parameters) == set(FAMILIES["code"].keys):
        return False
    waiting: list[Any] = [parameters]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            waiting += value
        if (isinstance(value, list) and len(value) > _MOST) or (isinstance(value, int) and value > _MOST):
            return False
    return True


def problem_from(parameters: dict[str, Any]) -> Problem:
    """The problem that the parameters of a verdict describe.

    Raises:
        NcproofsError: they describe none.
    """
    given = _layers(parameters) if "widths" in parameters else dict(parameters)
    parameter = given.pop("parameter", None)
    family = next((family for family in FAMILIES.values() if set(family.keys) == set(given)), None)
    if family is None or len(canonical(parameters)) > 10_000:
        raise NoCertificate("the parameters are those of no family of problems")
    spelled = {key: _spelled(key, value) for key, value in given.items()}
    if given.get("loss") == "expression":
        spelled["loss"] = loss_text(parameter)
    elif parameter is not None and "loss" in spelled:
        spelled["loss"] += f"({parameter})"
    problem: Problem = problem_of({"family": family.name, **spelled})
    return problem


def _layers(parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a layered problem by the keys of its family."""
    try:
        widths, lambdas, n, relu = (parameters[key] for key in ("widths", "lambdas", "n", "relu"))
        rest = {key: parameters[key] for key in ("K", "lambda_H", "lambda_b")}
        unequal = isinstance(n, list)
        return rest | {
            "layers": len(lambdas), "d": ",".join(map(str, widths)), "lambdas": ",".join(lambdas),
            "n": 1 if unequal else n, "class_sizes": ",".join(map(str, n)) if unequal else None,
            "relu": "yes" if relu else "no",
        }
    except (KeyError, TypeError):
        raise NoCertificate("the parameters are those of no layered problem") from None


def _spelled(key: str, value: Any) -> str:
    """One parameter as the command line has it."""
    if isinstance(value, dict):
        return canonical(value).decode("ascii")
    if isinstance(value, list) and all(isinstance(item, list) for item in value):  # counts, weights, or label sets
        inside, between = (" ", "; ") if key == "labels" else (":", ",")
        return between.join(inside.join(map(str, item)) for item in value) or "none"
    return "none" if value is None else str(value)


if __name__ == "__main__":
    write_atomically(PINS, pins())
