"""A derivation as one HTML file: formulas in MathML, no script, no network; every text escaped.

latex2mathml writes what it is given, so its output is kept only if it is MathML and nothing else; otherwise the
LaTeX source is shown instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from xml.etree import ElementTree

from ncproofs.notebook import LARGEST, paragraph
from ncproofs.report.references import bibtex
from ncproofs.report.steps import Derivation, Formula, Preface, Step, Value, hole_text, summary_line

__all__ = ["as_html", "html_body", "mathml", "notebook_html", "page"]

_BOXES = 5

_STYLE = """
body{font:17px/1.5 Georgia,serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}.statement{border-left:4px solid #36c;padding:.2rem 1rem}
.formula{overflow-x:auto;margin:.5rem 0}.formula math{display:block;margin:.4rem auto}
.step{margin:1.4rem 0}.meta{color:#444;font-size:.92rem;margin:.2rem 0}
.hole{border:2px solid #b00;padding:.4rem .8rem;margin:.5rem 0}.ok{color:#060}
@media print{body{max-width:none;margin:0}.step{break-inside:avoid}}
"""
_NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
_TAGS = frozenset(
    "math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd "
    "mstyle mpadded menclose mfenced".split()
)
_ATTRIBUTES = frozenset(
    "display stretchy fence form lspace rspace symmetric minsize maxsize accent movablelimits mathvariant width "
    "height depth linethickness displaystyle scriptlevel columnalign rowspacing columnspacing linebreak separator "
    "open close separators largeop".split()
)


def mathml(latex: str) -> str:
    """One formula as MathML; as code when it cannot be converted to MathML alone."""
    from latex2mathml.converter import convert

    try:
        converted = convert(latex, display="block")
        root = ElementTree.fromstring(converted)
    except Exception:  # latex2mathml raises many kinds for what it does not know
        return f"<code>{escape(latex)}</code>"
    pure = all(
        element.tag.removeprefix(_NAMESPACE) in _TAGS and set(element.attrib) <= _ATTRIBUTES
        for element in root.iter()
    )
    return converted if pure else f"<code>{escape(latex)}</code>"


def _formula(formula: Formula) -> str:
    """A block that was broken into lines becomes one formula for each line."""
    block = re.fullmatch(r"\\begin\{aligned\}(.*)\\end\{aligned\}", formula.latex, re.DOTALL)
    rows = [formula.latex] if block is None else block[1].replace("{}&", "").replace("&", "").split(r" \\ ")
    return f'<div class="formula">{"".join(mathml(row.strip()) for row in rows)}</div>'


def page(title: str, body: Iterable[str]) -> str:
    """A whole document; ``title`` is escaped here, ``body`` is HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def as_html(derivation: Derivation) -> str:
    """The whole document."""
    return page(derivation.title, html_body(derivation))


def notebook_html(derivation: Derivation) -> str:
    """For notebooks, below ``LARGEST`` characters: as many steps as fit, and how many do not."""
    whole = "\n".join(html_body(derivation))
    if len(whole) <= LARGEST:
        return whole
    parts = [paragraph(derivation.title, strong=True), paragraph(summary_line(derivation.steps))]
    parts += [paragraph(f"in a box: {text}") for text in (*derivation.warnings, *derivation.holes)[:_BOXES]]
    room = LARGEST - sum(map(len, parts)) - 500
    shown = 0
    for step in map(_step, derivation.steps):
        room -= len(step) + 1
        if room < 0:
            break
        parts.append(step)
        shown += 1
    rest = len(derivation.steps) - shown
    return "\n".join([*parts, paragraph(f"{rest} more steps; ncproofs.report.derivation_html.as_html has them all")])


def html_body(derivation: Derivation) -> list[str]:
    """What stands in the body of the document."""
    body = [f"<h1>{escape(derivation.title)}</h1>"]
    body += _before(derivation.preface) if derivation.preface else []
    if derivation.notation:
        rows = (f"<li>{_inline(f)}: {escape(meaning)}</li>" for f, meaning in derivation.notation)
        body += ["<h2>Notation</h2><ul>", *rows, "</ul>"]
    section = None
    for step in derivation.steps:
        if step.section != section:
            section = step.section
            body.append(f"<h2>{escape(section or 'Steps')}</h2>")
        body.append(_step(step))
    body += [f'<p class="hole"><b>Warning.</b> {escape(warning)}</p>' for warning in derivation.warnings]
    body += _values(derivation.values)
    body += [f'<p class="ok">{escape(summary_line(derivation.steps))}</p>']
    return body + (_after(derivation.preface) if derivation.preface else [])


def _inline(formula: Formula) -> str:
    return mathml(formula.latex).replace('display="block"', 'display="inline"')


def _before(preface: Preface) -> list[str]:
    lines = [f'<div class="statement"><p><b>Theorem ({escape(preface.name)}).</b> {escape(preface.statement)}</p>']
    lines += [f"<p><i>Range.</i> {escape(preface.covers)}</p></div>" if preface.covers else "</div>"]
    if preface.hypotheses:
        lines += ["<h2>Hypotheses</h2><ul>", *(f"<li>{escape(text)}</li>" for text in preface.hypotheses), "</ul>"]
    return [*lines, f"<h2>Idea</h2><p>{escape(preface.idea)}</p>"]


def _step(step: Step) -> str:
    parts = [f'<div class="step"><p><b>Step {step.number}.</b> {escape(step.statement)}</p>']
    parts += map(_formula, step.formulas)
    parts += [f'<p class="meta">{escape(step.where.text)}</p>'] if step.where else []
    parts += [f'<p class="meta"><i>Reason.</i> {escape(step.reason)}</p>'] if step.reason else []
    parts.append(f'<p class="meta"><i>Checked</i> ({step.evidence.rigor}): {escape(step.checked)}</p>')
    if step.evidence.axioms:
        parts.append(f'<p class="meta"><i>Classical:</i> {escape(", ".join(step.evidence.axioms))}</p>')
    if step.is_open:
        parts.append(f'<p class="hole"><b>Hole.</b> {escape(hole_text(step))}</p>')
    return "\n".join([*parts, "</div>"])


def _values(values: tuple[Value, ...]) -> list[str]:
    if not values:
        return []
    rows = (
        f"<li>{escape(v.name)} {f'= {v.lower}' if v.exact else f'in [{v.lower}, {v.upper}]'}</li>" for v in values
    )
    return ["<h2>Values, rounded outwards</h2><ul>", *rows, "</ul>"]


def _after(preface: Preface) -> list[str]:
    lines = [f'<p class="hole"><b>Open.</b> {escape(question)}</p>' for question in preface.open_questions]
    lines += [f"<p>{escape(preface.relation)}</p>", "<h2>References</h2><ol>"]
    lines += [f"<li>{escape(reference.text)}</li>" for reference in preface.references]
    entries = "\n".join(bibtex(preface.references))
    return [*lines, f"</ol><details><summary>BibTeX</summary><pre>{escape(entries)}</pre></details>"]
