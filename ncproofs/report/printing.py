"""One or more derivations as one document: text, LaTeX, JSON, HTML; and as PDF."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ncproofs.errors import NcproofsError
from ncproofs.report.derivation_html import html_body, page
from ncproofs.report.latex import as_latex, document
from ncproofs.report.pdf import pdf_of
from ncproofs.report.steps import SCHEMA, Derivation, as_json, as_text, hole_text
from ncproofs.truth import Truth

__all__ = ["FORMATS", "boxes", "exit_code", "rendered", "write_pdf"]

#: Format -> how its files end.
FORMATS = {"text": "txt", "latex": "tex", "json": "json", "html": "html"}


def rendered(derivations: Sequence[Derivation], format_: str, *, standalone: bool = False) -> str:
    """The document; ``standalone`` makes LaTeX a whole document instead of a fragment."""
    if format_ == "json":
        records = [as_json(derivation) for derivation in derivations]
        whole = records[0] if len(records) == 1 else {"schema": SCHEMA, "derivations": records}
        return json.dumps(whole, indent=1, ensure_ascii=False)
    if format_ == "html":
        title = "; ".join(derivation.title for derivation in derivations)
        return page(title, [line for derivation in derivations for line in html_body(derivation)])
    if format_ == "latex":
        body = "\n".join(as_latex(derivation) for derivation in derivations)
        return document(body) if standalone else body
    return "\n\n".join(as_text(derivation) for derivation in derivations)


def write_pdf(derivations: Sequence[Derivation], path: Path) -> None:
    """Print to ``path`` with pdflatex.

    Raises:
        MissingDependency, PdfFailed: see ``pdf_of``. NcproofsError: the file cannot be written.
    """
    printed = pdf_of(rendered(derivations, "latex", standalone=True))
    try:
        path.write_bytes(printed.pdf)
    except OSError as error:
        raise NcproofsError(f"{path} cannot be written ({error.strerror}); give a path in a writable folder") from None


def exit_code(derivations: Sequence[Derivation]) -> int:
    """As of ``ncproofs verify``. 0: every step is proved, for a problem that meets the hypotheses. 1: one is refuted.
    4: one is not proved or has a hole, or a hypothesis is not met.
    """
    if any(derivation.conclusion()[0] is Truth.FAILS for derivation in derivations):
        return 1
    return 4 if boxes(derivations) else 0


def boxes(derivations: Sequence[Derivation]) -> tuple[str, ...]:
    """What stands in boxes: steps that are not proved, and hypotheses that are not met. Open questions are neither."""
    found = []
    for derivation in derivations:
        found += [f"{derivation.title}: {warning}" for warning in derivation.warnings]
        found += [f"{derivation.title}: step {step.number} ({step.statement}) {hole_text(step)}"
                  for step in derivation.steps if step.is_open]
    return tuple(found)
