"""A derivation as a value: numbered steps, each with formulas, reason and the evidence of its check."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ncproofs.truth import BY_AXIOM, Evidence, Rigor, Truth, conclude

__all__ = [
    "BY_DEFINITION", "SCHEMA", "Derivation", "Formula", "Preface", "Reference", "Step", "Value", "as_json", "as_text",
    "definition", "summary_line", "unnumbered",
]

SCHEMA = 1
#: Why a step that only gives a name holds.
BY_DEFINITION = "a definition"


@dataclass(frozen=True)
class Formula:
    """One formula, in plain text and in LaTeX math mode (amsmath); ``tree`` is the same as data, if it has one."""

    text: str
    latex: str
    tree: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Reference:
    """An entry of the bibliography: what is printed, and the same for BibTeX."""

    text: str
    key: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Preface:
    """What stands before and after the steps of a theorem, in plain text."""

    name: str
    statement: str
    idea: str
    covers: str
    relation: str
    hypotheses: tuple[str, ...] = ()
    open_questions: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class Value:
    """A quantity at an instance, between decimals that are rounded outwards."""

    name: str
    lower: str
    upper: str
    exact: bool


@dataclass(frozen=True, kw_only=True)
class Step:
    """``statement`` and ``formulas``, by ``reason``; ``checked`` says how, ``evidence`` what came out.

    ``where`` is the range of the letters (its LaTeX is text, not mathematics); ``section`` a heading.
    """

    number: int
    statement: str
    formulas: tuple[Formula, ...]
    reason: str
    checked: str
    evidence: Evidence
    where: Formula | None = None
    section: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the step is printed with a visible hole: not proved, or proved with a hole in it."""
        return self.evidence.truth is not Truth.HOLDS or bool(self.evidence.holes)


@dataclass(frozen=True)
class Derivation:
    """Title, notation (formula and meaning) and steps in order; for a theorem also its statement and values.

    ``label`` tells its steps from those of any other document; the subject stands for it where it is not given.
    """

    title: str
    subject: str
    notation: tuple[tuple[Formula, str], ...]
    steps: tuple[Step, ...]
    preface: Preface | None = None
    values: tuple[Value, ...] = ()
    warnings: tuple[str, ...] = ()
    label: str = ""

    @property
    def holes(self) -> tuple[str, ...]:
        """The steps that are not proved, as sentences."""
        return tuple(f"step {step.number}: {step.statement}" for step in self.steps if step.is_open)

    def conclusion(self) -> tuple[Truth, Rigor]:
        """The conjunction of all steps, with the rigor of the weakest."""
        return conclude(step.evidence for step in self.steps)

    def _repr_html_(self) -> str:
        from ncproofs.report.derivation_html import notebook_html

        return notebook_html(self)


def hole_text(step: Step) -> str:
    """What the box of an open step says."""
    verdict = {Truth.FAILS: "REFUTED", Truth.UNDECIDED: "NOT PROVED", Truth.HOLDS: "HAS A HOLE"}[step.evidence.truth]
    detail = step.evidence.witness or "; ".join(step.evidence.holes) or step.evidence.because
    return f"{verdict}: {detail}"


def as_text(derivation: Derivation) -> str:
    """Plain text, one formula a line."""
    lines = [derivation.title, "=" * len(derivation.title), ""]
    if derivation.preface is not None:
        lines += _preface_text(derivation.preface)
    lines.append("Notation")
    lines += [f"  {formula.text}: {meaning}" for formula, meaning in derivation.notation]
    section = ""
    for step in derivation.steps:
        if step.section != section:
            section = step.section
            lines += ["", section, "-" * len(section)]
        lines += ["", *_step_text(step)]
    lines += [f"[!! {warning} !!]" for warning in derivation.warnings]
    if derivation.values:
        lines += ["", "Values, rounded outwards", *(f"  {_value_text(value)}" for value in derivation.values)]
    lines += ["", summary_line(derivation.steps)]
    if derivation.preface is not None:
        lines += _after_text(derivation.preface)
    return "\n".join(lines) + "\n"


def _preface_text(preface: Preface) -> list[str]:
    lines = [f"Theorem {preface.name}", *_wrapped(preface.statement), ""]
    if preface.covers:
        lines += ["Range", *_wrapped(preface.covers), ""]
    if preface.hypotheses:
        lines += ["Hypotheses", *(f"  - {sentence}" for sentence in preface.hypotheses), ""]
    return [*lines, "Idea", *_wrapped(preface.idea), ""]


def _after_text(preface: Preface) -> list[str]:
    lines = ["", "References"]
    lines += [f"  [{number}] {reference.text}" for number, reference in enumerate(preface.references, start=1)]
    lines += [f"  {preface.relation}"]
    return [*lines, *(f"[!! OPEN: {question} !!]" for question in preface.open_questions)]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), 110, initial_indent="  ", subsequent_indent="  ")


def _value_text(value: Value) -> str:
    return f"{value.name} = {value.lower}" if value.exact else f"{value.name} in [{value.lower}, {value.upper}]"


def _step_text(step: Step) -> list[str]:
    lines = [f"{step.number}. {step.statement}"]
    lines += [f"     {formula.text}" for formula in step.formulas]
    lines += [f"     {step.where.text}"] if step.where else []
    lines += [f"   Reason: {step.reason}"] if step.reason else []
    lines += [f"   Checked: {step.checked} [{step.evidence.rigor}]"]
    if step.evidence.axioms:
        lines.append(f"   Classical: {', '.join(step.evidence.axioms)}")
    if step.is_open:
        lines.append(f"   [!! {hole_text(step)} !!]")
    return lines


def summary_line(steps: Sequence[Step]) -> str:
    """How many steps are proved."""
    closed = [step for step in steps if not step.is_open]
    cited = [step for step in closed if step.evidence.because == BY_AXIOM]
    defined = [step for step in closed if step.evidence.because == BY_DEFINITION]
    proved = sum(step.evidence.rigor >= Rigor.ENCLOSED for step in closed) - len(cited) - len(defined)
    compared = len(closed) - proved - len(cited) - len(defined)
    parts = [f"{proved} of {len(steps)} steps proved"]
    parts += [f"{len(defined)} definition{'s' if len(defined) > 1 else ''}"] if defined else []
    parts += [f"{len(cited)} cited as classical"] if cited else []
    parts += [f"{compared} more compared at points"] if compared else []
    used = {name for step in steps for name in step.evidence.axioms}
    named = f" Classical theorems used: {len(used)}." if used else ""
    return f"Machine-checked: {', '.join(parts)}.{named}"


def as_json(derivation: Derivation) -> dict[str, Any]:
    """A JSON-ready object; ``schema`` grows when a field changes its meaning."""
    truth, rigor = derivation.conclusion()
    return {
        "schema": SCHEMA,
        "title": derivation.title,
        "subject": derivation.subject,
        "truth": str(truth),
        "rigor": str(rigor),
        "notation": [{"text": f.text, "latex": f.latex, "meaning": meaning} for f, meaning in derivation.notation],
        "steps": [_step_json(step) for step in derivation.steps],
        "holes": list(derivation.holes),
        **_preface_json(derivation),
    }


def _preface_json(derivation: Derivation) -> dict[str, Any]:
    """What only a theorem has."""
    preface = derivation.preface
    if preface is None:
        return {}
    return {
        "theorem": preface.name,
        "statement": preface.statement,
        "idea": preface.idea,
        "covers": preface.covers,
        "hypotheses": list(preface.hypotheses),
        "open_questions": list(preface.open_questions),
        "relation_to_source": preface.relation,
        "references": [{"text": r.text, "key": r.key, "fields": dict(r.fields)} for r in preface.references],
        "values": [{"name": v.name, "lower": v.lower, "upper": v.upper, "exact": v.exact} for v in derivation.values],
        "warnings": list(derivation.warnings),
    }


def _step_json(step: Step) -> dict[str, Any]:
    evidence = step.evidence
    return {
        "number": step.number,
        "statement": step.statement,
        "formulas": [_formula_json(formula) for formula in step.formulas],
        "where": step.where.text if step.where else "",
        "section": step.section,
        "reason": step.reason,
        "checked": step.checked,
        "truth": str(evidence.truth),
        "rigor": str(evidence.rigor),
        "because": evidence.because,
        "covers": evidence.covers,
        "witness": evidence.witness,
        "axioms": list(evidence.axioms),
        "holes": list(evidence.holes),
    }


def _formula_json(formula: Formula) -> dict[str, Any]:
    tree = {} if formula.tree is None else {"tree": formula.tree}
    return {"text": formula.text, "latex": formula.latex, **tree}


def unnumbered(
    statement: str, formulas: Sequence[tuple[str, str]], reason: str, checked: str, evidence: Evidence
) -> Step:
    """A step that gets its number when the derivation is put together."""
    return Step(
        number=0,
        statement=statement,
        formulas=tuple(Formula(*pair) for pair in formulas),
        reason=reason,
        checked=checked,
        evidence=evidence,
    )


def definition(sentence: str) -> Evidence:
    """A definition needs no proof."""
    return Evidence(truth=Truth.HOLDS, rigor=Rigor.EXACT, sentence=sentence, because=BY_DEFINITION)
