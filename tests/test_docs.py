"""The documents run: Python blocks as doctests, cheap console commands with their output compared."""

from __future__ import annotations

import doctest
import re
import shlex
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
            if command.startswith("ncproofs "):
                found.append((command, output))
    return found


def is_cheap(command: str) -> bool:
    """The default suite takes a minute and prints times; everything else is compared."""
    return not command.startswith(("ncproofs verify", "ncproofs doctor"))


COMMANDS = [
    (path.name, *pair) for path in DOCUMENTS for pair in transcripts(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_python_blocks(path: Path) -> None:
    source = "\n".join(blocks(path.read_text(encoding="utf-8"), "(?:python|pycon)"))
    test = doctest.DocTestParser().get_doctest(source, {}, path.name, str(path), 0)
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    said: list[str] = []
    runner.run(test, out=said.append)
    assert runner.failures == 0, "".join(said)


@pytest.mark.parametrize(("document", "command", "expected"), [c for c in COMMANDS if is_cheap(c[1])])
def test_console_blocks(
    document: str, command: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(shlex.split(command)[1:])
    captured = capsys.readouterr()
    got = captured.err + captured.out
    assert doctest.OutputChecker().check_output(expected.strip() + "\n", got.strip() + "\n", FLAGS), (
        f"{document}: {got}"
    )


def test_readme_shows_the_two_commands_and_a_transcript() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make verify" in text and "make test" in text
    assert any(is_cheap(command) for command, _ in transcripts(text))


def test_documents_are_linked_and_the_links_lead_somewhere() -> None:
    for path in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_the_table_of_suite_keys_is_whole() -> None:
    from ncproofs.suite import _KEYS

    text = (ROOT / "verification" / "README.md").read_text(encoding="utf-8")
    assert [key for key in _KEYS if f"`{key}`" not in text] == []
