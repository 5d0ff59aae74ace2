"""Sphinx: `make docs`. The catalogue of theorems and the notebook are written before the build."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import generate

project = "ncproofs"
author = "The ncproofs authors"
copyright = author
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = "ncproofs"
exclude_patterns = ["_build"]
myst_heading_anchors = 3
smartquotes = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
napoleon_custom_sections = [("Arguments", "params_style")]

_CODE = re.compile(r"(``.*?``|:\w+:`.*?`)")
_INDENT = re.compile(r" *")
#: Stands for a colon while napoleon reads: in "Number of samples: N" it would take the words before it for a type.
_COLON = "\uf8ff"


def _escaped(line: str) -> str:
    """Formulas in docstrings use | and * as in |W|^2; in reStructuredText these are markup."""
    parts = _CODE.split(line)
    text = "".join(part if i % 2 else re.sub(r"([|*`\\]|_(?!\w))", r"\\\1", part) for i, part in enumerate(parts))
    return re.sub(r"^( *)(\w{1,4}[.)] )", r"\1\\\2", text)  # a sentence that begins with "E. " is no list


def _as_restructured(_app, what, _name, _object, _options, lines: list[str]) -> None:
    """Indented formulas become literal blocks, and what looks like markup is escaped."""
    out: list[str] = []
    section, literal = False, -1
    for line in lines:
        indent = len(_INDENT.match(line)[0])
        text = line.strip()
        if literal >= 0 and text and indent < literal:
            literal = -1
        if not indent and text:
            section = bool(re.fullmatch(r"(Arguments|Raises|Returns):", text))
        after_blank = not out or not out[-1].strip()
        if literal < 0 and not section and indent >= 2 and after_blank and not text.startswith(">>>"):
            out += ["::", ""]
            literal = indent
        doctest = text.startswith((">>>", "..."))
        out.append(line if literal >= 0 or doctest or not text else _escaped(line))
    if what in ("attribute", "property", "data") and out:
        out[0] = out[0].replace(":", _COLON)
    lines[:] = out


def _with_colons(_app, _what, _name, _object, _options, lines: list[str]) -> None:
    lines[:] = [line.replace(_COLON, ":") for line in lines]


def _generate(_app) -> None:
    generate.main()


def setup(app) -> None:
    app.connect("builder-inited", _generate)
    app.connect("autodoc-process-docstring", _as_restructured, priority=400)
    app.connect("autodoc-process-docstring", _with_colons, priority=600)
