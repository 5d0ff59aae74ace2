"""The JSON that ``ncproofs verify --json`` prints, read back: the same outcomes, checked as untrusted input.

What can be worked out again from the evidence (the verdict, whether it is certified, how it stands to what was
expected) is worked out again, and a file that says otherwise is refused. That the evidence itself is true, a file
cannot show: only running the command again can.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from ncproofs.errors import NcproofsError
from ncproofs.report.summary import as_json
from ncproofs.runner import Outcome
from ncproofs.store import evidence_from
from ncproofs.suite import Check, Job
from ncproofs.theorems.theorem import Verdict
from ncproofs.truth import Rigor, Truth, conclude

__all__ = ["InvalidResults", "Results", "about", "json_schema", "read_results", "record_of", "results_from"]

_LARGEST_FILE = 64 * 2**20
_DIGITS = 12

Line = Annotated[str, Meta(max_length=500)]
Text = Annotated[str, Meta(max_length=100_000)]
Texts = Annotated[tuple[Text, ...], Meta(max_length=1000)]
Count = Annotated[int, Meta(ge=0, le=10**6)]
Seconds = Annotated[float, Meta(ge=0, le=10**9)]
TruthWord = Literal["holds", "fails", "undecided"]
RigorWord = Literal["sampled", "estimated", "enclosed", "exact", "kernel"]
StandingWord = Literal["as expected", "against the expectation", "open", "internal error"]


class InvalidResults(NcproofsError):
    """A file that is not what ``ncproofs verify --json`` prints."""


class ClaimRecord(Struct, frozen=True, kw_only=True):
    """One piece of evidence."""

    truth: TruthWord
    rigor: RigorWord
    sentence: Text
    because: Text
    covers: Text = ""
    witness: Text = ""
    axioms: Texts = ()
    holes: Texts = ()
    seconds: Seconds = 0


class RowRecord(Struct, frozen=True, kw_only=True):
    """One job: a theorem for all sizes (``parameters`` is null) or on one instance."""

    theorem: Annotated[str, Meta(min_length=1, max_length=500)]
    parameters: Annotated[dict[Line, Line], Meta(max_length=50)] | None
    covers: Text
    truth: TruthWord
    rigor: RigorWord
    certified: bool
    expect: TruthWord
    control: bool
    breaks: Text
    standing: StandingWord
    because: Text
    rigor_asked: RigorWord = "enclosed"
    error: Text = ""
    unmet: Texts
    holes: Texts
    axioms: Texts
    seconds: Seconds
    claims: Annotated[tuple[ClaimRecord, ...], Meta(max_length=10_000)]
    certificate: Line = ""


class AboutRecord(Struct, frozen=True, kw_only=True):
    """When, with what, and by which command the results were made."""

    when: Line = ""
    command: Annotated[tuple[Text, ...], Meta(max_length=1000)] = ()
    versions: Annotated[dict[Line, Line], Meta(max_length=50)] = {}


class RunRecord(Struct, frozen=True, kw_only=True):
    """What ``ncproofs verify --json`` prints."""

    schema: Literal[1]
    suite: Text
    asked: Count
    finished: Count
    summary: Text
    seconds: Seconds
    rows: Annotated[tuple[RowRecord, ...], Meta(max_length=100_000)]
    about: AboutRecord = AboutRecord()


@dataclass(frozen=True, kw_only=True)
class Results:
    """One run. ``about`` has "when", "command" and "versions".

    ``certificates``: job number -> path of a certificate, relative to where the run was started, as ``page_folder``,
    the folder that the page is written to.
    """

    title: str
    outcomes: tuple[Outcome, ...]
    asked: int
    seconds: float
    about: Mapping[str, Any]
    certificates: Mapping[int, str] = field(default_factory=dict)
    page_folder: str = "."


def about(command: Sequence[str]) -> dict[str, Any]:
    """Now, ``command``, and the versions of what a verdict rests on."""
    import importlib.metadata
    import platform
    import time

    from ncproofs import __version__

    names = ("sympy", "python-flint", "mpmath", "numpy")
    return {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "command": list(command),
        "versions": {
            "ncproofs": __version__,
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in names},
        },
    }


def record_of(results: Results) -> dict[str, Any]:
    """The object that ``ncproofs verify --json`` prints; ``read_results`` reads it back."""
    record = as_json(results.title, results.outcomes, results.asked, results.seconds)
    rows = record.pop("rows")
    ordered = sorted(results.outcomes, key=lambda outcome: outcome.job.index)
    for row, outcome in zip(rows, ordered, strict=True):
        if outcome.job.index in results.certificates:
            row["certificate"] = results.certificates[outcome.job.index]
    return {**record, "about": dict(results.about), "rows": rows}


def json_schema() -> dict[str, Any]:
    """The JSON schema of ``record_of``, published as docs/schema/verify-1.json."""
    schema = json.loads(json.dumps(msgspec.json.schema(RunRecord)))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "ncproofs verify --json", **schema}


def read_results(path: Path) -> Results:
    """The run that the file at ``path`` records.

    Raises:
        InvalidResults: unreadable, too large, not JSON, not of this form, or it contradicts itself; one line.
    """
    place = str(path)
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InvalidResults(f"{place} is larger than {_LARGEST_FILE // 2**20} MiB; write a report for each suite")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidResults(
            f"{place} cannot be read ({error.strerror}); give the file that `ncproofs verify --json` printed"
        ) from None
    except UnicodeDecodeError:
        raise InvalidResults(f"{place} is not UTF-8 text; give what `ncproofs verify --json` printed") from None
    return results_from(place, text)


def results_from(place: str, text: str) -> Results:
    """As ``read_results``, from the text itself; ``place`` is for error messages."""
    try:
        # json and not msgspec.json: a key given twice is refused, since two readers could see two verdicts.
        given = json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)
        read = msgspec.convert(given, RunRecord)
    except (msgspec.ValidationError, ValueError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise InvalidResults(
            f"{place} is not what `ncproofs verify --json` prints: {said[:300]}; write that file again"
        ) from None
    outcomes = tuple(_outcome(f"{place} row {number + 1}", number, row) for number, row in enumerate(read.rows))
    if read.finished != len(outcomes) or read.asked < read.finished:
        raise InvalidResults(
            f"{place} has {len(outcomes)} rows, but says finished={read.finished}, asked={read.asked}; "
            "give the whole file"
        )
    certificates = {number: row.certificate for number, row in enumerate(read.rows) if row.certificate}
    return Results(
        title=read.suite,
        outcomes=outcomes,
        asked=read.asked,
        seconds=read.seconds,
        about={**msgspec.to_builtins(read.about), "command": list(read.about.command)},
        certificates=certificates,
    )


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} is given twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _outcome(place: str, index: int, row: RowRecord) -> Outcome:
    """The outcome that ``row`` records; its verdict is worked out again from the evidence."""
    classes = (row.parameters or {}).get("K", "2")
    if not (classes.isascii() and classes.isdigit() and len(classes) <= _DIGITS):
        raise InvalidResults(f"{place} ({row.theorem}) has K={classes!r}, but a whole number is needed")
    evidence = tuple(evidence_from(msgspec.to_builtins(claim)) for claim in row.claims)
    truth, rigor = conclude(evidence)
    verdict = Verdict(
        theorem=row.theorem,
        covers=row.covers,
        truth=truth,
        rigor=rigor,
        evidence=evidence,
        unmet=row.unmet,
        holes=tuple(dict.fromkeys(hole for part in evidence for hole in part.holes)),
        axioms=tuple(dict.fromkeys(axiom for part in evidence for axiom in part.axioms)),
        seconds=row.seconds,
    )
    check = Check(
        number=1,
        theorems=(row.theorem,),
        expect=Truth(row.expect),
        rigor=Rigor[row.rigor_asked.upper()],
        control=row.control,
        breaks=row.breaks,
    )
    error = row.error or ("internal error" if row.standing == "internal error" else "")
    outcome = Outcome(Job(index, row.theorem, row.parameters, check), verdict, error)
    _agrees(place, row, outcome)
    return outcome


def _agrees(place: str, row: RowRecord, outcome: Outcome) -> None:
    """Refuse a row that says more, or something else, than its own evidence."""
    verdict = outcome.verdict
    follows: dict[str, Any] = {
        "truth": str(verdict.truth),
        "rigor": str(verdict.rigor),
        "certified": verdict.certified,
        "standing": outcome.standing.value,
        "holes": verdict.holes,
        "axioms": verdict.axioms,
    }
    for name, value in follows.items():
        said = getattr(row, name)
        if said != value:
            raise InvalidResults(
                f"{place} ({row.theorem}) says {name}={said!r}, but its claims give {value!r}; "
                "run `ncproofs verify --json` again"
            )
