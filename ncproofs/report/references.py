"""The bibliography of a derivation: the paper whose theorem it is, and this tool."""

from __future__ import annotations

import re

from ncproofs import __version__
from ncproofs.report.steps import Reference
from ncproofs.theorems.theorem import Source

__all__ = ["bibtex", "references", "tool"]


def tool() -> Reference:
    """This package, as CITATION.cff has it."""
    title = "ncproofs: symbolic-numeric verification of the theorems of Neural Collapse"
    return Reference(
        f"The ncproofs authors. {title}, version {__version__}.",
        "ncproofs",
        (("author", "{The ncproofs authors}"), ("title", f"{{{title}}}"), ("note", f"Version {__version__}")),
    )


def references(source: Source) -> tuple[Reference, ...]:
    """[1] the paper, [2] this tool."""
    arxiv = f" arXiv:{source.arxiv}." if source.arxiv else ""
    fields = [("title", f"{{{source.paper}}}")]
    if source.arxiv:
        fields += [("eprint", source.arxiv), ("archivePrefix", "arXiv")]
    key = re.sub(r"[^A-Za-z0-9]", "", source.arxiv or source.paper)[:40] or "source"
    return Reference(f"{source.paper}.{arxiv}", f"arxiv{key}" if source.arxiv else key, tuple(fields)), tool()


def bibtex(entries: tuple[Reference, ...]) -> list[str]:
    """BibTeX, one line a field; braces and backslashes of outside text cannot end an entry."""
    lines = []
    for entry in entries:
        lines += [f"@misc{{{entry.key},"]
        lines += [f"  {name} = {{{_contained(value)}}}," for name, value in entry.fields]
        lines += ["}"]
    return lines


def _contained(value: str) -> str:
    inner = value[1:-1] if value.startswith("{") and value.endswith("}") else value
    clean = re.sub(r"[{}\\%\n\r]", "", inner)
    return f"{{{clean}}}" if inner != value else clean
