"""The file of a search: JSON lines, appended as the search goes, so that nothing finished is lost.

A header says what is searched; then one line a start with the floats where it ended, and one line a distinct
critical point with what is certified there. A rerun reads back the floats alone and certifies again: a file proves
nothing on its own word.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.certify import Classified, point_size
from ncproofs.critical.random_points import Candidate, Found, candidate_at, chosen, seed_of
from ncproofs.errors import InvalidProblem, NcproofsError, OutOfScope
from ncproofs.families import family_of_class, problem_of
from ncproofs.losses.loss import Loss
from ncproofs.losses.spelling import loss_from_expression, loss_from_text
from ncproofs.problems.multilabel import MultiLabel, Problem
from ncproofs.store import decode, encode
from ncproofs.truth import Rigor

__all__ = [
    "Heading", "append", "classified_from", "classified_message", "is_spelling_of", "opened", "point_record", "spelled",
    "start_from", "start_record",
]

_SCHEMA = 1
_DIGITS = 20
_LARGEST = 2**30
_PLACEHOLDER = "cross_entropy"
_SAMPLES = ("counts", "labels", "weights")


@dataclass(frozen=True)
class Heading:
    """What a search is about: the first line of its file, and the first message to a worker.

    ``loss`` is how the loss was given; None for one that is told by its expressions.
    """

    problem: Problem
    seed: int
    methods: tuple[str, ...]
    loss: str | None = None

    def record(self) -> dict[str, Any]:
        return {
            "schema": _SCHEMA, "kind": "search", "problem": spelled(self.problem), "seed": self.seed,
            "methods": list(self.methods), "loss": self.loss or _expressions(self.problem.loss),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Heading:
        """The heading that ``record`` spells; a loss of the user's own is built from its expressions.

        Raises:
            NcproofsError: it spells none.
        """
        problem, given = dict(record["problem"]), record["loss"]
        if isinstance(given, str):
            problem["loss"] = given
            return cls(problem_of(problem), seed_of(record["seed"]), chosen(record["methods"]), given)
        loss = loss_from_expression(given["phi"], given["functions"], name=given["name"])
        plain = replace(problem_of({**problem, "loss": _PLACEHOLDER}), loss=loss)
        return cls(plain, seed_of(record["seed"]), chosen(record["methods"]))


def spelled(problem: Problem) -> dict[str, str]:
    """The problem as exact strings, under the names of the command line."""
    family = family_of_class(type(problem))
    samples: Mapping[str, str] = problem.spelling if isinstance(problem, MultiLabel) else {}
    kept = [key for key in family.keys if key in samples or key not in _SAMPLES]
    values = {key: samples[key] if key in samples else getattr(problem, key) for key in kept}
    return {"family": family.name, **{key: "none" if value is None else str(value) for key, value in values.items()}}


def _expressions(loss: Loss) -> dict[str, Any]:
    """A loss as text that is read back through the whitelist of expressions.

    Raises:
        OutOfScope: it does not come back the same.
    """
    functions = [str(function) for function in loss.class_functions]
    try:
        again = loss_from_expression(str(loss.phi), functions, name=loss.name)
        same = again.phi == loss.phi and again.class_functions == loss.class_functions
    except NcproofsError:
        same = False
    if not same:
        raise OutOfScope(f"{loss} cannot be written to a file as an expression; give it as package.module:name")
    return {"name": loss.name, "phi": str(loss.phi), "functions": functions}


def is_spelling_of(text: str, loss: Loss) -> bool:
    """Whether ``text`` names ``loss`` wherever it is read."""
    try:
        return loss_from_text(text) == loss
    except NcproofsError:
        return False


def start_record(candidate: Candidate) -> dict[str, Any]:
    """Where a start ended, as one line of the file; floats are written so that they come back the same."""
    return {
        "kind": "start", "number": candidate.number, "method": candidate.method, "converged": candidate.converged,
        "value": candidate.value, "gradient": candidate.gradient, "x": candidate.x.tolist(),
    }


def start_from(heading: Heading, record: Mapping[str, Any]) -> Candidate:
    """The candidate at the floats of ``record``; what they are worth is computed again.

    Raises:
        InvalidProblem: not a start of this search.
    """
    number, x = record.get("number"), record.get("x")
    if not isinstance(number, int) or isinstance(number, bool) or number < 0 or not isinstance(x, list):
        raise InvalidProblem("a start needs a number >= 0 and a list x")
    if not all(isinstance(e, (int, float)) and math.isfinite(e) for e in x):
        raise InvalidProblem("x needs finite numbers only")
    if x and len(x) != point_size(heading.problem):
        raise InvalidProblem(f"x has {len(x)} numbers; {heading.problem} needs {point_size(heading.problem)}")
    method = heading.methods[number % len(heading.methods)]
    return candidate_at(heading.problem, number, method, np.array(x, dtype=np.float64))


def point_record(found: Found) -> dict[str, Any]:
    """What is certain about a distinct point, for readers: bounds are decimals rounded outwards."""
    answer = found.classified
    record: dict[str, Any] = {
        "kind": "point", "number": found.candidate.number, "outcome": answer.kind, "reason": answer.reason,
    }
    if answer.is_certified:
        assert answer.value is not None and answer.smallest is not None
        record |= {
            "how": answer.how, "index": answer.index, "nullity": answer.nullity, "rank": answer.rank,
            "excess_nullity": answer.excess_nullity, "value": answer.value.as_json(_DIGITS),
            "smallest_eigenvalue": answer.smallest.as_json(_DIGITS), "bits": answer.bits,
        }
        if answer.minimum_positive is not None:
            record["smallest_positive_eigenvalue"] = answer.minimum_positive.as_json(_DIGITS)
    return record


_PLAIN = ("kind", "reason", "how", "rank", "index", "nullity", "orbit_dimension", "bits")
_ENCLOSED = ("value", "smallest", "minimum_positive")


def classified_message(answer: Classified) -> dict[str, Any]:
    """Exactly, for the pipe between two processes."""
    message: dict[str, Any] = {key: getattr(answer, key) for key in _PLAIN}
    for key in _ENCLOSED:
        found: Enclosure | None = getattr(answer, key)
        message[key] = None if found is None else [str(found.lower), str(found.upper), int(found.rigor)]
    message["refined"] = list(answer.refined)
    return message


def classified_from(message: Mapping[str, Any]) -> Classified:
    """The inverse of ``classified_message``."""
    given = {key: message[key] for key in _PLAIN}
    for key in _ENCLOSED:
        bounds = message[key]
        given[key] = bounds and Enclosure(Fraction(bounds[0]), Fraction(bounds[1]), Rigor(bounds[2]))
    return Classified(**given, refined=tuple(message["refined"]))


def opened(path: Path, heading: Heading) -> tuple[dict[int, Candidate], set[int]]:
    """The starts that the file at ``path`` holds, and the starts whose points it speaks of; or a file is begun.

    A last line that was cut short by a crash is removed.

    Raises:
        InvalidProblem: the file is of another search, or not one of these files, or cannot be read or written.
    """
    try:
        if not path.exists() or path.stat().st_size == 0:
            append(path, heading.record())
            return {}, set()
        if path.stat().st_size > _LARGEST:
            raise InvalidProblem(f"{path} is larger than {_LARGEST} bytes; start a new file")
        text = path.read_bytes()
        whole = text.rfind(b"\n") + 1
        if whole < len(text):
            os.truncate(path, whole)
    except OSError as error:
        raise InvalidProblem(f"{path} cannot be used ({error.strerror}); give a path in a writable folder") from None
    lines = text[:whole].splitlines()
    if not lines:
        append(path, heading.record())
        return {}, set()
    return _read(path, heading, lines)


def _read(path: Path, heading: Heading, lines: list[bytes]) -> tuple[dict[int, Candidate], set[int]]:
    found: dict[int, Candidate] = {}
    points: set[int] = set()
    for place, line in enumerate(lines, start=1):
        try:
            record = decode(line)
            if not isinstance(record, dict):
                raise InvalidProblem("not an object")
            if place == 1 and record != heading.record():
                raise InvalidProblem("it belongs to another search (problem, seed or methods); give another --out")
            if place > 1 and record.get("kind") == "start":
                candidate = start_from(heading, record)
                found[candidate.number] = candidate
            elif place > 1 and isinstance(record.get("number"), int):
                points.add(record["number"])
        except (ValueError, RecursionError):
            raise InvalidProblem(f"{path}, line {place}: not JSON; give another --out, or remove the line") from None
        except InvalidProblem as error:
            raise InvalidProblem(f"{path}, line {place}: {error}") from None
    return found, points


def append(path: Path, record: Mapping[str, Any]) -> None:
    """One more line, whole or not at all.

    Raises:
        InvalidProblem: the file cannot be written.
    """
    try:
        with path.open("ab") as stream:
            stream.write(encode(record) + b"\n")
    except OSError as error:
        raise InvalidProblem(f"{path} cannot be written ({error.strerror}); give a path in a writable folder") from None
