r"""LaTeX that compiles under pdflatex with amsmath and amsthm only.

Text is escaped character by character; what has no name in ASCII is printed as its code point, so that no
input can break the document or run a command.
"""

from __future__ import annotations

from ncproofs.report.steps import Derivation, Step, hole_text

__all__ = ["as_latex", "escaped"]

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
    "|": r"\ensuremath{|}",
    '"': "''",
    "`": r"\textasciigrave{}",
    "[": "{[}",
    "]": "{]}",
    "-": "{-}",
    "'": "{'}",
}

_WIDE = 180  # characters of LaTeX source beyond which a display is set in small type

_PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage{amsmath,amsthm}
\allowdisplaybreaks
\sloppy
\begin{document}
"""


def escaped(text: str) -> str:
    """``text`` so that LaTeX prints it as it is."""
    return "".join(_one(character) for character in " ".join(text.split()))


def _one(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isascii() and character.isprintable():
        return character
    return f"{{[}}U+{ord(character):04X}{{]}}"


def as_latex(derivation: Derivation, *, standalone: bool = False) -> str:
    """A fragment for a document that loads amsmath and amsthm, or a whole document when ``standalone``."""
    parts = [rf"\section*{{{escaped(derivation.title)}}}", r"\paragraph{Notation.}", r"\begin{itemize}"]
    parts += [rf"\item ${formula.latex}$: {escaped(meaning)}" for formula, meaning in derivation.notation]
    parts += [r"\end{itemize}", r"\begin{enumerate}"]
    for step in derivation.steps:
        parts += _step(step)
    parts += [r"\end{enumerate}", ""]
    body = "\n".join(parts)
    return f"{_PREAMBLE}{body}\\end{{document}}\n" if standalone else body


def _step(step: Step) -> list[str]:
    lines = [rf"\item[{step.number}.] {escaped(step.statement)}"]
    if step.formulas:
        rows = " \\\\\n".join(formula.latex for formula in step.formulas)
        small = r"\scriptsize" if max(len(formula.latex) for formula in step.formulas) > _WIDE else ""
        lines += [rf"{{{small}\begin{{gather*}}", rows, r"\end{gather*}}"]
    lines.append(rf"\emph{{Reason.}} {escaped(step.reason)}")
    lines.append(rf"\emph{{Checked}} (\textsf{{{step.evidence.rigor}}}): {escaped(step.checked)}")
    if step.evidence.axioms:
        lines.append(rf"\emph{{Classical:}} {escaped(', '.join(step.evidence.axioms))}.")
    if step.is_open:
        lines.append(rf"\par\noindent\fbox{{\parbox{{0.9\linewidth}}{{\textbf{{Hole.}} {escaped(hole_text(step))}}}}}")
    return lines
