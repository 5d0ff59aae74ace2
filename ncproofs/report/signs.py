r"""Signs that sentences use without naming them: the Kronecker product, infinity, ones and the identity.

A sign is explained only where it stands in a place that leaves no doubt (``I - J/K``, ``(x) 1_n^T``), and never when
it is a letter of the theorem.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from ncproofs.report.steps import Formula

__all__ = ["signs_in"]

_CENTRED = r"\bI - (?:11\^T|J)/K"
#: sign -> (LaTeX, what shows that it is meant, meaning)
_SIGNS = {
    "(x)": (r"\otimes", r"(?<= )\(x\)(?= (?:1_|[A-Z]\b))", "Kronecker product"),
    "oo": (r"\infty", r"(?<![\w.])oo(?!\w)", "infinity"),
    "1": (r"\mathbf{1}", r"(?<![\w.^])11?\^T", "column of ones, as many as fit"),
    "1_n": (r"\mathbf{1}_{n}", r"(?<![\w.^])1_n\b", "column of n ones"),
    "1_N": (r"\mathbf{1}_{N}", r"(?<![\w.^])1_N\b", "column of N ones"),
    "I": ("I", rf"{_CENTRED}|\bJ - K I\b", "identity matrix"),
    "J": ("J", r"\bJ/K|\bJ - K I\b", "matrix of ones, 11^T"),
}


def signs_in(texts: Iterable[str], named: Collection[str]) -> Iterator[tuple[Formula, str]]:
    """The signs in ``texts`` with their meanings, without those that are ``named`` otherwise."""
    text = " \n ".join(" ".join(part.split()) for part in texts)
    for sign, (latex, shown, meaning) in _SIGNS.items():
        if sign not in named and re.search(shown, text):
            yield Formula(sign, latex), meaning
