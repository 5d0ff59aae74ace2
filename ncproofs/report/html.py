"""One self-contained HTML page for a run: nothing is loaded, everything from outside is escaped.

The page reads without JavaScript; the filters appear where it runs. Its policy allows no request at all, and only the
style and the script whose hashes it names.
"""

from __future__ import annotations

import base64
import hashlib
import posixpath
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ncproofs.errors import NcproofsError
from ncproofs.report.figure_data import Figure, figures_of
from ncproofs.report.figures import visible
from ncproofs.report.results import Results
from ncproofs.report.summary import Row, counts, one_line, reason_of, rows_of, word_of
from ncproofs.runner import Outcome, Standing
from ncproofs.theorems.theorem import Theorem
from ncproofs.truth import Evidence

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["as_html", "replay"]

#: Instances of one theorem whose evidence is shown claim by claim; controls and what is not as expected come first.
_MOST_DETAILED = 20
_MOST_DETAILED_ODD = 100
_OPTIONS = {"loss": "--loss", "K": "-K", "d": "-d", "n": "-n", "lambda_W": "--lambda-W", "lambda_H": "--lambda-H",
            "lambda_b": "--lambda-b", "tau": "--tau"}
_TONES = {Standing.EXPECTED: "good", Standing.OPEN: "open", Standing.WRONG: "bad", Standing.ERROR: "bad"}


@dataclass(frozen=True)
class _Instance:
    """One line of the table of instances; ``evidence`` is empty where it is left to the JSON file."""

    number: int
    values: tuple[str, ...]
    word: str
    tone: str
    rigor: str
    seconds: str
    note: str
    covers: str
    evidence: tuple[Evidence, ...]
    certificate: str
    link: str
    command: str


@dataclass(frozen=True)
class _Section:
    """All that the page says about one theorem; ``theorem`` is None for one that is not in the catalogue."""

    row: Row
    anchor: str
    tone: str
    theorem: Theorem | None
    general: tuple[_Instance, ...]
    columns: tuple[str, ...]
    shared: tuple[tuple[str, str], ...]
    instances: tuple[_Instance, ...]
    left_out: int
    axioms: tuple[str, ...]
    holes: tuple[str, ...]
    commands: tuple[str, ...]
    figures: tuple[Figure, ...]

    @property
    def rigors(self) -> str:
        """Every rigor that occurs, for the filter."""
        return " ".join(dict.fromkeys(entry.rigor for entry in (*self.general, *self.instances)))

    @property
    def words(self) -> str:
        return " ".join(dict.fromkeys(entry.tone for entry in (*self.general, *self.instances)))


def replay(theorem: str, parameters: Mapping[str, str] | None) -> str:
    """The command that asks the same question again; code of one's own is found in the folder where it is run."""
    own = ":" in theorem or ":" in (parameters or {}).get("loss", "")
    parts = [*(("python", "-m") if own else ()), "ncproofs", "verify", theorem]
    for key, value in (parameters or {}).items():
        if key in _OPTIONS:
            parts += [_OPTIONS[key], value]
        elif key != "family":
            parts += ["--set", f"{key}={value}"]
    return shlex.join(parts)


def as_html(results: Results) -> str:
    """The page."""
    from markupsafe import Markup

    ordered = sorted(results.outcomes, key=lambda outcome: outcome.job.index)
    groups: dict[str, list[Outcome]] = {}
    for outcome in ordered:
        groups.setdefault(outcome.job.theorem, []).append(outcome)
    sections = [_section(number, row, groups[row.theorem], results) for number, row in enumerate(rows_of(ordered))]
    style, script = _asset("report.css"), _asset("report.js")
    text = _environment().get_template("report.html").render(
        title=results.title,
        summary=counts(ordered),
        asked=results.asked,
        finished=len(ordered),
        tones=_tally(ordered),
        seconds=f"{results.seconds:.1f}",
        about=results.about,
        command=shlex.join(results.about.get("command", ())),
        sections=sections,
        losses=_losses(ordered),
        objectives=_objectives(sections),
        attention=[o for o in ordered if o.standing is not Standing.EXPECTED][:_MOST_DETAILED_ODD],
        holes=list(dict.fromkeys(h for o in ordered if not o.job.check.control for h in o.verdict.holes)),
        axioms=list(dict.fromkeys(a for o in ordered if not o.job.check.control for a in o.verdict.axioms)),
        style=Markup(style),
        script=Markup(script),
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'",
    )
    return text + "\n"


def _asset(name: str) -> str:
    return (files("ncproofs.report") / "templates" / name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def shown(value: Any) -> Any:
        return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    made = Environment(
        loader=FileSystemLoader(str(files("ncproofs.report") / "templates")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(reason=lambda outcome: one_line(reason_of(outcome)), word=lambda o: word_of([o]),
                        line=one_line, markup=Markup)
    return made


def _tally(outcomes: Sequence[Outcome]) -> dict[str, int]:
    return {standing.value: sum(o.standing is standing for o in outcomes) for standing in Standing}


def _section(number: int, row: Row, group: Sequence[Outcome], results: Results) -> _Section:
    general = [outcome for outcome in group if outcome.job.parameters is None]
    instances = [outcome for outcome in group if outcome.job.parameters is not None]
    keys = tuple(dict.fromkeys(key for o in instances for key in o.job.parameters or {}))
    values = {key: {(o.job.parameters or {}).get(key, "") for o in instances} for key in keys}
    columns = tuple(key for key in keys if len(values[key]) > 1)
    detailed = _detailed(instances)
    positive = [outcome for outcome in group if not outcome.job.check.control]
    standings = {outcome.standing for outcome in group}
    worst = next(s for s in (Standing.ERROR, Standing.WRONG, Standing.OPEN, Standing.EXPECTED) if s in standings)
    return _Section(
        row=row,
        anchor=f"t{number}",
        tone=_TONES[worst],
        theorem=_theorem(row.theorem),
        general=tuple(_instance(0, o, (), results, detailed={o.job.index}) for o in general),
        columns=columns,
        shared=tuple((key, next(iter(values[key]))) for key in keys if key not in columns),
        instances=tuple(_instance(i, o, columns, results, detailed) for i, o in enumerate(instances, start=1)),
        left_out=len(instances) - len(detailed),
        axioms=tuple(dict.fromkeys(a for o in positive for a in o.verdict.axioms)),
        holes=tuple(dict.fromkeys(h for o in positive for h in o.verdict.holes)),
        commands=tuple(replay(row.theorem, o.job.parameters) for o in (*general[:1], *instances[:1])),
        figures=tuple(figures_of(row.theorem, instances)),
    )


def _detailed(instances: Sequence[Outcome]) -> set[int]:
    """Which instances are shown claim by claim."""
    odd = [o for o in instances if o.standing is not Standing.EXPECTED or o.job.check.control][:_MOST_DETAILED_ODD]
    return {outcome.job.index for outcome in (*odd, *instances[:_MOST_DETAILED])}


def _instance(number: int, outcome: Outcome, columns: Sequence[str], results: Results, detailed: set[int]) -> _Instance:
    verdict, check = outcome.verdict, outcome.job.check
    known = outcome.job.index in detailed
    certificate = results.certificates.get(outcome.job.index, "")
    odd = outcome.standing is not Standing.EXPECTED
    notes = [f"control, breaks: {check.breaks}"] if check.control else []
    notes += [f"expected: {check.expect}"] if odd or check.control else []
    return _Instance(
        number=number,
        values=tuple((outcome.job.parameters or {}).get(key, "") for key in columns),
        word=word_of([outcome]),
        tone=_TONES[outcome.standing],
        rigor=str(verdict.rigor),
        seconds=f"{verdict.seconds:.2f}",
        note="; ".join(notes + ([one_line(reason_of(outcome))] if odd else [])),
        covers=verdict.covers,
        evidence=verdict.evidence if known else (),
        certificate=certificate,
        link=_link(certificate, results.page_folder),
        command=replay(outcome.job.theorem, outcome.job.parameters) if known else "",
    )


def _link(certificate: str, folder: str) -> str:
    """Where the certificate lies as seen from the page; empty for what is not the relative path of a JSON file."""
    if not certificate.endswith(".json") or "\\" in certificate or PurePosixPath(certificate).is_absolute():
        return ""
    # "./" and the quoting of colons keep a path from being read as the scheme of an address.
    return f"./{quote(posixpath.relpath(certificate, folder or '.'))}"


def _theorem(name: str) -> Theorem | None:
    """From the catalogue only: a results file must not choose a module to import."""
    from ncproofs.theorems.catalogue import CATALOGUE, load

    return load(name) if name in CATALOGUE else None


def _losses(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    """(name, MathML) of the built-in losses that occur."""
    from ncproofs.losses.spelling import known_loss
    from ncproofs.report.mathml import loss_mathml

    names = dict.fromkeys((outcome.job.parameters or {}).get("loss", "") for outcome in outcomes)
    found = []
    for name in [name for name in names if name and ":" not in name][:_MOST_DETAILED]:
        try:
            found.append((name, loss_mathml(known_loss(name))))
        except NcproofsError:
            continue  # a loss of the user's own, not one of ours: its name is shown in the tables
    return found


def _objectives(sections: Sequence[_Section]) -> list[str]:
    """MathML of the objectives that the theorems speak of."""
    from ncproofs.report.mathml import OBJECTIVES, mathml

    families = {section.theorem.family.__name__ for section in sections if section.theorem is not None}
    return [mathml(latex) for name, latex in OBJECTIVES.items() if name in families]
