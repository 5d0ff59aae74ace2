"""The bibliography of a derivation: the paper whose theorem it is, and this tool."""

from __future__ import annotations

import re

from ncproofs import __version__
from ncproofs.report.steps import Reference
from ncproofs.theorems.papers import PAPERS
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
    """[1] the paper, [2] this tool. Authors are those that the source gives, or that are known of this paper."""
    arxiv = f" arXiv:{source.arxiv}." if source.arxiv else ""
    authors, where, known = _authorship(source)
    fields = [("author", " and ".join(authors))] if authors else []
    fields += [("title", f"{{{source.paper}}}"), *known]
    if source.arxiv:
        fields += [("eprint", source.arxiv), ("archivePrefix", "arXiv")]
    key = re.sub(r"[^A-Za-z0-9]", "", source.arxiv or source.paper)[:40] or "source"
    text = f"{f'{_listed(authors)}. ' if authors else ''}{source.paper}.{where}{arxiv}"
    return Reference(text, f"arxiv{key}" if source.arxiv else key, tuple(fields)), tool()


def _authorship(source: Source) -> tuple[tuple[str, ...], str, list[tuple[str, str]]]:
    """Authors, where it appeared as text, and as fields of BibTeX."""
    paper = PAPERS.get(source.arxiv)
    if source.authors or paper is None or paper.title != source.paper:
        return source.authors, "", []
    return paper.authors, f" {paper.venue}, {paper.year}.", [("year", str(paper.year)), ("note", paper.venue)]


def _listed(names: tuple[str, ...]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


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
