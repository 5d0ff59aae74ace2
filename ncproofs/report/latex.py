r"""LaTeX that compiles under pdflatex with amsmath and amsthm only.

Text is escaped character by character; what has no name in ASCII is printed as its code point, so that no
input can break the document or run a command.
"""

from __future__ import annotations

import re

from ncproofs.report.prose import escaped, prose, sentence
from ncproofs.report.references import bibtex
from ncproofs.report.steps import Derivation, Formula, Preface, Step, Value, hole_text, summary_line

__all__ = ["as_latex", "document", "escaped"]

_WIDE = 180  # characters of LaTeX source beyond which a display of one line is set in small type

_PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage{amsmath,amsthm}
\allowdisplaybreaks
\sloppy
\begin{document}
"""

#: A fragment brings its own environments, unless another fragment or the document already has.
_ENVIRONMENTS = r"""\makeatletter
\@ifundefined{ncptheorem}{\newtheorem*{ncptheorem}{Theorem}}{}
\@ifundefined{c@ncpstep}{\newtheorem{ncpstep}{Step}}{}
\makeatother
\setcounter{ncpstep}{0}"""
#: Within a fragment: lines may be loose rather than too wide, and hyperref gets a name of its own for each step.
_INSIDE = r"\begingroup\sloppy\def\theHncpstep{%s.\arabic{ncpstep}}"


def as_latex(derivation: Derivation, *, standalone: bool = False) -> str:
    """A fragment for a document that loads amsmath and amsthm, or a whole document when ``standalone``."""
    inside = _INSIDE % _label(derivation)
    parts = [_ENVIRONMENTS, inside, rf"\section*{{{prose(derivation.title)}}}"]
    parts += _before(derivation.preface) if derivation.preface else []
    parts += _notation(derivation)
    parts += _steps(derivation)
    parts += [_box("Warning.", warning) for warning in derivation.warnings]
    parts += _values(derivation.values)
    parts += [rf"\paragraph{{Result.}} {_range(derivation)}{escaped(summary_line(derivation.steps))}"]
    parts += _after(derivation.preface) if derivation.preface else []
    body = "\n".join([*parts, r"\par\endgroup", ""])
    return document(body) if standalone else body


def document(body: str) -> str:
    """Fragments as a whole document."""
    return f"{_PREAMBLE}{body}\\end{{document}}\n"


def _before(preface: Preface) -> list[str]:
    covers = [rf"\emph{{Range.}} {prose(preface.covers)}."] if preface.covers else []
    lines = [
        rf"\begin{{ncptheorem}}[{escaped(preface.name)}]",
        prose(preface.statement),
        r"\end{ncptheorem}",
        *covers,
    ]
    if preface.hypotheses:
        lines += [r"\paragraph{Hypotheses.}", *_items(preface.hypotheses)]
    return [*lines, rf"\paragraph{{Idea.}} {prose(preface.idea)}"]


def _items(sentences: tuple[str, ...]) -> list[str]:
    return [r"\begin{itemize}", *(rf"\item {prose(sentence)}" for sentence in sentences), r"\end{itemize}"]


def _notation(derivation: Derivation) -> list[str]:
    if not derivation.notation:
        return []
    def broken(latex: str) -> str:
        return latex.replace(r",\ ", "$, $")  # between letters, not only between formulas

    rows = [
        f"\\item ${broken(formula.latex)}$: {prose(meaning)}" for formula, meaning in derivation.notation
    ]
    return [r"\paragraph{Notation.}", r"\begin{itemize}", *rows, r"\end{itemize}"]


def _label(derivation: Derivation, step: Step | None = None) -> str:
    number = "" if step is None else f"-{step.number}"
    return re.sub(r"[^A-Za-z0-9]+", "-", f"ncp-{derivation.label or derivation.subject}{number}")


def _steps(derivation: Derivation) -> list[str]:
    parts: list[str] = []
    section = ""
    for step in derivation.steps:
        if step.section != section:
            section = step.section
            parts.append(rf"\paragraph{{{prose(section)}.}}")
        parts += _step(step, _label(derivation, step))
    return parts


def _range(derivation: Derivation) -> str:
    if derivation.preface is None or not derivation.steps:
        return ""
    first, last = (_label(derivation, derivation.steps[place]) for place in (0, -1))
    return rf"The theorem is made of Steps~\ref{{{first}}} to~\ref{{{last}}}. "


def _step(step: Step, label: str) -> list[str]:
    lines = [r"\begin{ncpstep}", rf"\label{{{label}}}", prose(sentence(step.statement))]
    lines += [_displays(step.formulas)] if step.formulas else []
    lines += [rf"\noindent {step.where.latex}."] if step.where else []
    lines += [r"\end{ncpstep}", r"\begin{proof}", f"{prose(sentence(step.reason))}" if step.reason else ""]
    lines.append(rf"\emph{{Checked}} (\textsf{{{step.evidence.rigor}}}): {prose(sentence(step.checked))}")
    if step.evidence.axioms:
        lines.append(rf"\emph{{Classical:}} {escaped(', '.join(step.evidence.axioms))}.")
    lines.append(r"\renewcommand{\qedsymbol}{}\end{proof}" if step.is_open else r"\end{proof}")
    if step.is_open:
        lines.append(_box("Hole.", hole_text(step)))
    return [line for line in lines if line]


def _displays(formulas: tuple[Formula, ...]) -> str:
    r"""``gather*`` for formulas of one line; ``align*``, which may break, for a block and the short ones after it."""
    blocks: list[list[str]] = [[]]
    for formula in formulas:
        block = re.fullmatch(r"\\begin\{aligned\}(.*)\\end\{aligned\}", formula.latex, re.DOTALL)
        if block is not None:
            blocks.append([block[1].strip().replace(r" \\ ", " \\\\\n")])
        else:
            blocks[-1].append(formula.latex if len(blocks) == 1 else f"& {formula.latex}")
    lines = _gathered(blocks[0])
    for rows in blocks[1:]:
        lines += [r"\begin{align*}", " \\\\\n".join(rows), r"\end{align*}"]
    return "\n".join(lines)


def _gathered(formulas: list[str]) -> list[str]:
    if not formulas:
        return []
    rows = " \\\\\n".join(formulas)
    if max(map(len, formulas)) > _WIDE and "matrix" in rows:
        return ["{\\small\\begin{gather*}", rows, r"\end{gather*}}"]
    return [r"\begin{gather*}", rows, r"\end{gather*}"]


def _box(title: str, text: str) -> str:
    return rf"\par\noindent\fbox{{\parbox{{0.9\linewidth}}{{\textbf{{{title}}} {prose(text)}}}}}\par"


def _values(values: tuple[Value, ...]) -> list[str]:
    if not values:
        return []
    rows = [rf"\item {escaped(value.name)} ${_interval(value)}$" for value in values]
    return [r"\paragraph{Values, rounded outwards.}", r"\begin{itemize}", *rows, r"\end{itemize}"]


def _interval(value: Value) -> str:
    return f"= {value.lower}" if value.exact else rf"\in [{value.lower},\ {value.upper}]"


def _after(preface: Preface) -> list[str]:
    lines = [_box("Open.", question) for question in preface.open_questions]
    lines += [rf"\paragraph{{Source.}} {prose(preface.relation)}", r"\paragraph{References.}", r"\begin{enumerate}"]
    lines += [
        rf"\item[{{[{number}]}}] {escaped(reference.text)}"
        for number, reference in enumerate(preface.references, start=1)
    ]
    return [*lines, r"\end{enumerate}", *(_comment(line) for line in bibtex(preface.references))]


def _comment(line: str) -> str:
    """A line that LaTeX skips, in ASCII as all of the document."""
    return "% " + "".join(c if c.isascii() and c.isprintable() else f"[U+{ord(c):04X}]" for c in line)
