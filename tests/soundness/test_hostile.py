"""Hostile input is answered or refused by an error of the declared classes: no hang, no crash, no code run."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.cli import main
from ncproofs.errors import NcproofsError
from ncproofs.proof import checker
from tests.soundness import hostile
from tests.soundness.certificates import sealed
from tests.soundness.hostile import READERS, TABLES, Overdue, outcome, random_inputs, within

#: What the checker would pay for: a tenth, so that hostile certificates cost a second and not ten.
STEPS = 10**6
PLAIN = [(reader, name) for reader in READERS for name in TABLES[reader]]


@pytest.fixture(autouse=True)
def _fewer_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checker, "STEPS", STEPS)


@pytest.mark.parametrize(("reader", "name"), PLAIN, ids=[f"{reader}: {name}" for reader, name in PLAIN])
def test_hostile_input_is_survived(reader: str, name: str) -> None:
    outcome(reader, TABLES[reader][name])


@pytest.mark.parametrize("reader", READERS)
def test_random_input_is_survived(reader: str) -> None:
    found = {outcome(reader, text)[0] for text in random_inputs(reader, 60, 1)}
    assert found <= {"answered", "refused"}


def test_random_input_gets_past_the_syntax() -> None:
    """A generator of nothing but garbage would test nothing."""
    for reader in ("expressions", "class functions", "suites"):
        assert {outcome(reader, text)[0] for text in random_inputs(reader, 40, 2)} == {"answered", "refused"}
    verdicts = {checker.check(raw)[1][:12] for raw in random_inputs("certificates", 50, 2)}
    assert len(verdicts) >= 8


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("reader", READERS)
def test_much_random_input_is_survived(reader: str, seed: int) -> None:
    for text in random_inputs(reader, 400, 100 + seed):
        outcome(reader, text)


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    for reader in ("expressions", "losses", "numbers", "grids", "suites"):
        outcome(reader, text)


_SCALARS = st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(max_size=12)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=80)
@given(kind=st.sampled_from(sorted(checker.KINDS)), data=st.data())
def test_any_statement_of_a_known_kind(kind: str, data: st.DataObject) -> None:
    """Every key that a kind needs, with any value."""
    statement: dict[str, Any] = {"kind": kind, "title": "any"}
    statement |= {key: data.draw(_VALUES, label=key) for key in checker.decided_by(kind)[0]}
    outcome("certificates", sealed(statement, data.draw(_VALUES, label="witness")))


@settings(max_examples=60)
@given(st.binary(max_size=80))
def test_any_bytes(raw: bytes) -> None:
    for reader in ("certificates", "suites"):
        outcome(reader, raw)


def test_the_declared_errors_are_deliberate() -> None:
    assert all(issubclass(error, NcproofsError) for _, declared in READERS.values() for error in declared)


@pytest.mark.parametrize("name", ["null bytes", "a key of many parts", "NaN and infinity", "code for a loss",
                                  "a name of half a million letters", "a range upside down", "K of a million digits"])
def test_the_command_line_refuses_in_one_line(name: str, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path, text = tmp_path / "hostile.toml", TABLES["suites"][name]
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert main(["verify", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ") and err.count("\n") == 1 and len(err) < 3000
    assert not hostile.CANARY.exists()


@pytest.mark.parametrize("name", ["code", "a tower of powers", "deep brackets", "a null byte"])
def test_the_command_line_refuses_expressions(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["loss", f"({TABLES['expressions'][name]})"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ") and err.count("\n") == 1
    assert not hostile.CANARY.exists()


def test_paths_that_are_no_files(capsys: pytest.CaptureFixture[str]) -> None:
    for path in ("\x00.toml", "a" * 5000 + ".toml", "/dev/null/x.toml", "."):
        assert main(["verify", path]) == 2
    assert "internal" not in capsys.readouterr().err


def test_a_hang_and_run_code_would_be_noticed() -> None:
    with pytest.raises(Overdue), within(0.05):
        while True:
            random.random()
    hostile.CANARY.touch()
    with pytest.raises(AssertionError, match="was run"):
        outcome("numbers", "1")
    assert not hostile.CANARY.exists()


def test_json_of_a_refused_suite_is_not_printed(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "hostile.toml"
    path.write_text(TABLES["suites"]["a huge grid"])
    assert main(["verify", str(path), "--json"]) == 2
    out = capsys.readouterr().out
    assert not out or json.loads(out)
