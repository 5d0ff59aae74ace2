"""The documents run: Python blocks as doctests, cheap console commands with their output compared.

A page that shows files (a block after a paragraph that ends in "`name.toml`:") is run in a folder that has just these
files, its commands in order; the other pages are run where the repository is.
"""

from __future__ import annotations

import doctest
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ncproofs.cli import main

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "verification" / "README.md", *(ROOT / "docs").glob("*.md")])
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def transcripts(text: str) -> list[tuple[str, str]]:
    """(command, expected output) for each ``$ ncproofs ...`` in a console block."""
    found = []
    for block in blocks(text, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            if command.startswith(("ncproofs ", "python -m ncproofs ")):
                found.append((command, output))
    return found


def files_shown(text: str) -> dict[str, str]:
    """Name -> content of every file that the page shows."""
    shown = r"`([\w-]+\.(?:toml|py|txt|json))`[^`\n]*:\n\n```(?:toml|py|text|json)\n(.*?)^```"
    return dict(re.findall(shown, text, flags=re.DOTALL | re.MULTILINE))


def is_cheap(command: str) -> bool:
    """The whole suite takes a minute, and what looks at this machine differs; everything else is compared."""
    whole = command.split() == ["ncproofs", "verify"]
    return not whole and not command.startswith(("ncproofs doctor", "ncproofs scale"))


def timeless(text: str) -> str:
    """Without the seconds that something took."""
    return re.sub(r"\b\d+\.\d s\b", "0.0 s", text)


def run(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a reader sees; the progress of verify and the counts of certificates go by on stderr."""
    words = shlex.split(command)
    main(words[words.index("ncproofs") + 1 :])
    captured = capsys.readouterr()
    said = captured.out if "verify" in words and captured.out else captured.err + captured.out
    return timeless(said).strip() + "\n"


def differs(expected: str, got: str) -> bool:
    return not doctest.OutputChecker().check_output(timeless(expected).strip() + "\n", got, FLAGS)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


PROJECTS = [path for path in DOCUMENTS if files_shown(read(path)) and transcripts(read(path))]
COMMANDS = [
    (path.name, *pair)
    for path in DOCUMENTS if path not in PROJECTS
    for pair in transcripts(read(path)) if is_cheap(pair[0])
]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_python_blocks(path: Path) -> None:
    source = "\n".join(blocks(path.read_text(encoding="utf-8"), "(?:python|pycon)"))
    test = doctest.DocTestParser().get_doctest(source, {}, path.name, str(path), 0)
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    said: list[str] = []
    runner.run(test, out=said.append)
    assert runner.failures == 0, "".join(said)


@pytest.mark.parametrize(("document", "command", "expected"), COMMANDS)
def test_console_blocks(
    document: str, command: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    got = run(command, capsys)
    assert not differs(expected, got), f"{document}: {got}"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder, the current one and on Python's path; what is imported from it is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.name)
def test_pages_that_show_files(path: Path, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in files_shown(read(path)).items():
        (project / name).write_text(content, encoding="utf-8")
    for command, expected in transcripts(read(path)):
        if is_cheap(command):
            got = run(command, capsys)
            assert not differs(expected, got), f"{path.name}, {command}: {got}"


def test_the_comparison_sees_a_difference() -> None:
    assert differs("certified on 2 of 2 (1.1 s)", "certified on 1 of 2 (0.0 s)\n")
    assert not differs("certified on 2 of 2 (1.1 s)", "certified on 2 of 2 (0.0 s)\n")
    page = "In `a.toml`:\n\n```toml\nx = 1\n```\n\n```toml\ny = 1\n```\n"
    assert files_shown(page) == {"a.toml": "x = 1\n"}
    assert transcripts("```console\n$ ncproofs list\na\n$ ls\n$ python -m ncproofs check\nb\n```") == [
        ("ncproofs list", "a\n"), ("python -m ncproofs check", "b\n"),
    ]


def test_every_page_is_in_the_table_of_contents() -> None:
    listed = {line for block in blocks(read(ROOT / "docs" / "index.md"), r"\{toctree\}") for line in block.split("\n")}
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"}
    assert pages - listed == set(), "add these to a toctree of docs/index.md"
    assert "search" not in pages, "Sphinx has a page of that name"


def test_the_tutorial_is_run() -> None:
    assert {path.name for path in PROJECTS} >= {"tutorial.md", "losses.md"}


def test_readme_shows_the_two_commands_and_a_transcript() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make verify" in text and "make test" in text
    assert any(is_cheap(command) for command, _ in transcripts(text))


def test_the_counts_of_the_readme_are_those_of_the_default_suite() -> None:
    """The run itself takes a minute and is not repeated here; what it counts is."""
    from ncproofs.suite import expand, read_suite, shipped_suites
    from ncproofs.theorems.catalogue import CATALOGUE

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = next(output for command, output in transcripts(text) if command == "ncproofs verify")
    jobs = expand(read_suite(shipped_suites()["default"]))
    controls = sum(job.check.control for job in jobs)
    wanted = len(jobs) - controls
    assert f"certified on {wanted} of {wanted}; controls: {controls} of {controls} came out" in shown
    assert f"theorems of Neural Collapse: {len(CATALOGUE)} of them" in text
    named = re.findall(r"^([a-z][a-z-]+) +certified ", shown, re.MULTILINE)
    listed = list(dict.fromkeys(job.theorem for job in jobs))
    assert len(named) >= 8 and [name for name in listed if name in named] == named
    assert max(map(len, shown.splitlines())) <= 118


def test_documents_are_linked_and_the_links_lead_somewhere() -> None:
    for path in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_the_table_of_suite_keys_is_whole() -> None:
    from ncproofs.suite import _KEYS

    text = (ROOT / "verification" / "README.md").read_text(encoding="utf-8")
    assert [key for key in _KEYS if f"`{key}`" not in text] == []
