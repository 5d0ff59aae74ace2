"""A derivation as a value: numbered steps, each with formulas, reason and the evidence of its check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ncproofs.truth import Evidence, Rigor, Truth, conclude

__all__ = ["SCHEMA", "Derivation", "Formula", "Step", "as_json", "as_text", "definition", "unnumbered"]

SCHEMA = 1


@dataclass(frozen=True)
class Formula:
    """One formula, in plain text and in LaTeX math mode (amsmath)."""

    text: str
    latex: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """``statement`` and ``formulas``, by ``reason``; ``checked`` says how, ``evidence`` what came out."""

    number: int
    statement: str
    formulas: tuple[Formula, ...]
    reason: str
    checked: str
    evidence: Evidence

    @property
    def is_open(self) -> bool:
        """Whether the step is printed with a visible hole: not proved, or proved with a hole in it."""
        return self.evidence.truth is not Truth.HOLDS or bool(self.evidence.holes)


@dataclass(frozen=True)
class Derivation:
    """Title, notation (formula and meaning) and steps in order."""

    title: str
    subject: str
    notation: tuple[tuple[Formula, str], ...]
    steps: tuple[Step, ...]

    @property
    def holes(self) -> tuple[str, ...]:
        """The steps that are not proved, as sentences."""
        return tuple(f"step {step.number}: {step.statement}" for step in self.steps if step.is_open)

    def conclusion(self) -> tuple[Truth, Rigor]:
        """The conjunction of all steps, with the rigor of the weakest."""
        return conclude(step.evidence for step in self.steps)


def hole_text(step: Step) -> str:
    """What the box of an open step says."""
    verdict = {Truth.FAILS: "REFUTED", Truth.UNDECIDED: "NOT PROVED", Truth.HOLDS: "HAS A HOLE"}[step.evidence.truth]
    detail = step.evidence.witness or "; ".join(step.evidence.holes) or step.evidence.because
    return f"{verdict}: {detail}"


def as_text(derivation: Derivation) -> str:
    """Plain text, one formula a line."""
    lines = [derivation.title, "=" * len(derivation.title), "", "Notation"]
    lines += [f"  {formula.text}: {meaning}" for formula, meaning in derivation.notation]
    for step in derivation.steps:
        lines += ["", f"{step.number}. {step.statement}"]
        lines += [f"     {formula.text}" for formula in step.formulas]
        lines += [f"   Reason: {step.reason}", f"   Checked: {step.checked} [{step.evidence.rigor}]"]
        if step.evidence.axioms:
            lines.append(f"   Classical: {', '.join(step.evidence.axioms)}")
        if step.is_open:
            lines.append(f"   [!! {hole_text(step)} !!]")
    lines += ["", _summary(derivation.steps)]
    return "\n".join(lines) + "\n"


def _summary(steps: Sequence[Step]) -> str:
    closed = [step for step in steps if not step.is_open]
    proved = sum(step.evidence.rigor >= Rigor.ENCLOSED for step in closed)
    rest = f", {len(closed) - proved} more compared at points" if proved < len(closed) else ""
    return f"Machine-checked: {proved} of {len(steps)} steps proved{rest}."


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
    }


def _step_json(step: Step) -> dict[str, Any]:
    evidence = step.evidence
    return {
        "number": step.number,
        "statement": step.statement,
        "formulas": [{"text": f.text, "latex": f.latex} for f in step.formulas],
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
    return Evidence(truth=Truth.HOLDS, rigor=Rigor.EXACT, sentence=sentence, because="a definition")
