"""Pages made from the package: the theorems, the families of problems, and the notebook with its outputs.

`python docs/generate.py` writes docs/_generated; `python docs/generate.py notebook` runs the notebook again and
stores its outputs. `make docs` does the first by itself.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert

from ncproofs.report.catalogue_text import FAMILIES
from ncproofs.suite import expand, read_suite, suite_path
from ncproofs.theorems import papers
from ncproofs.theorems.catalogue import CATALOGUE, load
from ncproofs.theorems.theorem import Theorem

DOCS = Path(__file__).parent
NOTEBOOK = DOCS / "notebook.ipynb"
#: Folder of ncproofs/theorems -> heading of its page.
PAPERS = {
    "all_losses": "All losses: unconstrained features with weight decay",
    "extended_ufm": "Mean squared error and deeper models",
    "normalised_features": "Unit features and classifiers",
    "softmax_codes": "More classes than dimensions",
    "multilabel": "Several labels a sample",
    "convex_duality": "Regularised networks and their duals",
}
RELATIONS = {
    "equal": "says the same as what is usually quoted",
    "stronger": "says more than what is usually quoted",
    "weaker": "says less than what is usually quoted",
    "corrected": "corrects what is usually quoted",
    "auxiliary": "is a step or a supplement that the paper does not state as such",
}


def escaped(text: str) -> str:
    """``text`` on one line, so that Markdown shows it as it is."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))


def folders() -> dict[str, list[str]]:
    """Folder -> names of its theorems, in the order of the catalogue."""
    found: dict[str, list[str]] = {}
    for name, module in CATALOGUE.items():
        found.setdefault(module.partition(".")[0], []).append(name)
    return found


def theorem_section(name: str, theorem: Theorem, example: Mapping[str, str] | None) -> str:
    """Everything that the theorem's file says about itself."""
    source = theorem.source
    known = papers.PAPERS.get(source.arxiv)
    authors = f"{escaped(', '.join(known.authors))}, {known.year}. " if known and known.title == source.paper else ""
    paper = f"{authors}{escaped(source.paper)}{f' (arXiv {escaped(source.arxiv)})' if source.arxiv else ''}"
    parts = [f"({name})=", f"## {escaped(theorem.title)}", f"`{name}`", escaped(theorem.statement)]
    parts.append(f"**Idea.** {escaped(theorem.idea)}")
    if theorem.hypotheses:
        parts.append("**Hypotheses, checked on each instance**")
        parts.append("\n".join(f"- {escaped(part.sentence)}" for part in theorem.hypotheses))
    if theorem.rests_on:
        parts.append(f"**Rests on** {', '.join(f'[{other}](#{other})' for other in theorem.rests_on)}.")
    if theorem.general is not None:
        parts.append(f"**Covers** {escaped(theorem.covers or 'all sizes')}, at once.")
    note = f": {escaped(source.note)}" if source.note else ""
    parts.append(
        f"**Source.** {paper}. Usually quoted: {escaped(source.quoted)}. "
        f"This theorem is *{source.relation}* ({RELATIONS[source.relation]}){note}."
    )
    if theorem.open_questions:
        parts.append("**Open**")
        parts.append("\n".join(f"- {escaped(question)}" for question in theorem.open_questions))
    parts.append("```text\n" + "\n".join(_commands(name, example)) + "\n```")
    return "\n\n".join(parts) + "\n"


def _commands(name: str, example: Mapping[str, str] | None) -> Iterator[str]:
    """What to type: the claims in full, the check, a grid of one's own."""
    yield f"ncproofs show {name}"
    yield f"ncproofs verify {name} --claims"
    if example is not None:
        keys = " ".join(f"--set {shlex.quote(f'{key}={value}')}" for key, value in example.items())
        yield f"ncproofs verify {name} {keys}"


def examples() -> dict[str, Mapping[str, str]]:
    """For each theorem the first instance at which the default suite checks it."""
    found: dict[str, Mapping[str, str]] = {}
    for job in expand(read_suite(suite_path("default"))):
        if job.parameters is not None and not job.check.control:
            found.setdefault(job.theorem, {k: v for k, v in job.parameters.items() if k != "family"})
    return found


def catalogue_pages() -> Iterator[tuple[str, str]]:
    """(file name, text) of the table of all theorems and of one page a folder."""
    pages, grid = folders(), examples()
    lines = [
        "(catalogue-of-theorems)=\n# Theorems",
        f"{len(CATALOGUE)} theorems, as their files say them. `ncproofs show NAME` prints one with its claims, "
        "`ncproofs verify` checks them all.",
        "```{toctree}\n:maxdepth: 1\n\n" + "\n".join(pages) + "\n```",
    ]
    for folder, names in pages.items():
        rows = "\n".join(f"| [`{name}`](#{name}) | {escaped(load(name).title)} | {load(name).source.relation} |"
                         for name in names)
        lines += [f"## {PAPERS[folder]}", "| theorem | title | to the paper |\n|---|---|---|\n" + rows]
        sections = [theorem_section(name, load(name), grid.get(name)) for name in names]
        yield f"{folder}.md", "\n".join([f"# {PAPERS[folder]}\n", *sections])
    yield "catalogue.md", "\n\n".join(lines) + "\n"


def families_page() -> str:
    """Each family: its problem, the quantities of its optimum, its regimes; as `ncproofs show FAMILY` has them."""
    parts = ["# Families of problems", "What `ncproofs optimum FAMILY` answers; `ncproofs show FAMILY` says the same."]
    for name, (title, problem, quantities, regimes) in FAMILIES.items():
        parts += [f"## {name}", f"{escaped(title[:1].upper() + title[1:])}.", f"```text\n{problem}\n```"]
        for head, meanings in (("quantity", quantities), ("regime", regimes)):
            rows = "\n".join(f"| {escaped(key)} | {escaped(meaning)} |" for key, meaning in meanings.items())
            parts.append(f"| {head} | meaning |\n|---|---|\n{rows}")
    return "\n\n".join(parts) + "\n"


def shown(value: object) -> dict[str, Any]:
    """What Jupyter would store for ``value``: every representation it has."""
    data: dict[str, Any] = {}
    for kind, name in (("text/html", "_repr_html_"), ("text/latex", "_repr_latex_")):
        text = getattr(value, name, lambda: None)()
        if text is not None:
            data[kind] = text.splitlines(keepends=True)
    # A value that shows itself has a long repr, with the seconds it took: its type is enough where HTML is not shown.
    plain = f"<{type(value).__name__}>" if data else repr(value)
    return {"text/plain": plain.splitlines(keepends=True), **data}


def run_cells(sources: list[str]) -> Iterator[dict[str, Any] | None]:
    """For each cell what its last expression shows, or None; the cells share their names."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, source in enumerate(sources, start=1):
        tree = ast.parse(source)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"cell {number}", "exec"), names)
        value = None
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names)
        yield None if value is None else shown(value)


def code_cells(notebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The cells that run."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def execute(notebook: dict[str, Any]) -> None:
    """Run the notebook and store the outputs in it."""
    cells = code_cells(notebook)
    for number, (cell, data) in enumerate(zip(cells, run_cells(["".join(c["source"]) for c in cells]), strict=True), 1):
        cell["execution_count"] = number
        cell["outputs"] = []
        if data is not None:
            cell["outputs"] = [
                {"data": data, "execution_count": number, "metadata": {}, "output_type": "execute_result"}
            ]


def notebook_page(notebook: Mapping[str, Any]) -> str:
    """The notebook as a page: its text, its code, and what each cell shows."""
    parts = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        for output in cell["outputs"]:
            data = {kind: "".join(text) for kind, text in output["data"].items()}
            if "text/html" in data:
                parts.append(f"```{{raw}} html\n{data['text/html']}\n```")
            elif "text/latex" in data:
                formula = data["text/latex"].removeprefix("$\\displaystyle ").removesuffix("$")
                parts.append(f"```{{raw}} html\n{convert(formula, display='block')}\n```")
            else:
                parts.append(f"```text\n{data['text/plain']}\n```")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write docs/_generated; a page that has not changed keeps its time stamp."""
    folder = DOCS / "_generated"
    folder.mkdir(exist_ok=True)
    pages = dict(catalogue_pages())
    pages["families.md"] = families_page()
    pages["notebook.md"] = notebook_page(json.loads(NOTEBOOK.read_text(encoding="utf-8")))
    for path in folder.glob("*.md"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["notebook"]:
        content = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
        execute(content)
        NOTEBOOK.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    main()
