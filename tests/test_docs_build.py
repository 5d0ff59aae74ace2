"""The pages build without a warning, the catalogue has every theorem, and the notebook shows what it would show now."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import ncproofs
from ncproofs.report.catalogue_text import FAMILIES
from ncproofs.theorems.catalogue import CATALOGUE, load

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    missing = [name for name in ("sphinx", "furo", "myst_parser") if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed; write pip install 'ncproofs[docs]'")
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-d", str(out / "cache")]
    built = subprocess.run([*command, str(DOCS), str(out / "html")], capture_output=True, text=True, timeout=300)
    assert built.returncode == 0, built.stderr
    return out / "html"


class Links(HTMLParser):
    """Where a page leads to, and what it loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.text: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.targets |= {str(value) for key, value in attrs if tag == "a" and key == "href"}

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_every_page_is_reached_from_the_first(site: Path) -> None:
    seen, ahead = set(), [site / "index.html"]
    while ahead:
        page = ahead.pop()
        if page in seen:
            continue
        seen.add(page)
        for target in Links(page).targets:
            name = target.partition("#")[0]
            if name.endswith(".html") and "://" not in name:
                path = (page.parent / name).resolve()
                assert path.exists(), f"{page.name} links to {target}"
                ahead.append(path)
    pages = {path.stem for path in DOCS.glob("*.md")} | {path.stem for path in (DOCS / "_generated").glob("*.md")}
    assert pages <= {path.stem for path in seen}


def test_the_reference_has_every_public_name(site: Path) -> None:
    text = (site / "api.html").read_text(encoding="utf-8")
    names = [name for name in ncproofs.__all__ if name != "claims"]
    assert [name for name in names if f'id="ncproofs.{name}"' not in text] == []
    assert 'id="module-ncproofs.proof.claims"' in text


def test_statements_are_shown_letter_by_letter(site: Path) -> None:
    """What Markdown or HTML would take for markup survives: underscores, bars, angle brackets, stars."""
    for folder in {module.partition(".")[0] for module in CATALOGUE.values()}:
        shown = " ".join("".join(Links(site / "_generated" / f"{folder}.html").text).split())
        for name, module in CATALOGUE.items():
            if module.startswith(f"{folder}."):
                theorem = load(name)
                for text in (theorem.statement, theorem.idea, theorem.source.quoted, *theorem.open_questions):
                    assert " ".join(text.split()) in shown, name


def test_the_catalogue_has_every_theorem(generate: ModuleType) -> None:
    pages = dict(generate.catalogue_pages())
    for name, module in CATALOGUE.items():
        section = pages[f"{module.partition('.')[0]}.md"].partition(f"({name})=")[2]
        assert f"`{name}`" in section and f"ncproofs show {name}" in section
        assert f"[`{name}`](#{name})" in pages["catalogue.md"]
    assert set(generate.PAPERS) == {module.partition(".")[0] for module in CATALOGUE.values()}


def test_every_family_has_its_quantities(site: Path) -> None:
    shown = " ".join("".join(Links(site / "_generated" / "families.html").text).split())
    for title, problem, quantities, regimes in FAMILIES.values():
        texts = [title[1:], problem, *quantities, *quantities.values(), *regimes, *regimes.values()]
        assert [text for text in texts if " ".join(text.split()) not in shown] == []


def test_commands_of_the_catalogue_are_those_of_the_default_suite(generate: ModuleType) -> None:
    text = dict(generate.catalogue_pages())["all_losses.md"]
    assert "ncproofs verify benign-landscape --set loss=cross_entropy --set K=3" in text


def test_markup_in_a_theorem_is_escaped(generate: ModuleType) -> None:
    evil = replace(load("equality-case"), statement="<script>alert(1)</script> {raw} `x` # *y* [z](javascript:1)")
    section = generate.theorem_section("equality-case", evil, None)
    assert "<script" not in section.replace("\\<script", "")
    assert "\\[z\\]\\(javascript\\:1\\)" in section and "\\*y\\*" in section and "\\`x\\`" in section


def steady(outputs: list[dict[str, Any]]) -> list[dict[str, str]]:
    """What is shown, without the point of a random search, whose last digits depend on the machine."""
    return [
        {kind: re.sub(r"(value &gt;= |near W = ).*", r"\1", "".join(text)) for kind, text in output["data"].items()}
        for output in outputs
    ]


def test_the_notebook_shows_what_it_stores(generate: ModuleType) -> None:
    stored = json.loads(generate.NOTEBOOK.read_text(encoding="utf-8"))
    fresh = json.loads(json.dumps(stored))
    generate.execute(fresh)
    pairs = list(zip(generate.code_cells(stored), generate.code_cells(fresh), strict=True))
    assert len(pairs) >= 5
    for old, new in pairs:
        assert steady(old["outputs"]) == steady(new["outputs"]), "".join(old["source"])
    assert all(cell["outputs"] for cell, _ in pairs)


def test_the_notebook_is_well_formed(generate: ModuleType) -> None:
    stored = json.loads(generate.NOTEBOOK.read_text(encoding="utf-8"))
    assert (stored["nbformat"], stored["nbformat_minor"]) == (4, 5)
    names = [cell["id"] for cell in stored["cells"]]
    assert len(set(names)) == len(names)
    for cell in stored["cells"]:
        extra = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert set(cell) == {"cell_type", "id", "metadata", "source"} | extra
    assert generate.NOTEBOOK.stat().st_size < 50_000


def test_a_cell_is_run_and_its_last_value_shown(generate: ModuleType) -> None:
    shown = list(generate.run_cells(["x = 2", "y = x + 1\ny", "None"]))
    assert shown == [None, {"text/plain": ["3"]}, None]
    with pytest.raises(ZeroDivisionError):
        list(generate.run_cells(["1/0"]))


def test_each_command_of_the_catalogue_asks_for_what_the_suite_asks(generate: ModuleType) -> None:
    """The grid that `verify NAME --set ...` would run is the one instance it was written from."""
    from ncproofs.cli.verify import _checks_of, _pair
    from ncproofs.suite import Suite, expand, validate

    commands = [
        shlex.split(line)
        for _, text in generate.catalogue_pages() for line in text.splitlines() if line.startswith("ncproofs verify")
    ]
    asked = {words[2]: dict(map(_pair, words[4::2])) for words in commands if "--set" in words}
    assert len(commands) == len(CATALOGUE) + len(asked) and len(asked) > len(CATALOGUE) // 2
    for name, sizes in asked.items():
        suite = Suite("a test", "a test", "", tuple(_checks_of(name, sizes)))
        jobs = expand(suite)
        validate(suite, jobs)
        assert len(jobs) == 1
        found = dict(jobs[0].parameters or {})
        assert {key: found[key] for key in sizes} == sizes
