"""A few sign flips in the closed forms of the library: some claim must fail. The whole sweep is a script."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.soundness.library import KINDS, MODULES, SURVIVORS, changed_function, mutants, named

ROOT = Path(__file__).parents[2]
REASONS: dict[str, str] = json.loads(SURVIVORS.read_text(encoding="utf-8"))
#: What a reason may begin with; README.md says what the words mean.
WORDS = ("equivalent: ", "weaker: ", "search only: ", "precision only: ", "limit only: ", "words only: ",
         "crash only: ")


def test_there_are_many_mutants() -> None:
    found = [mutant for module in MODULES for mutant in mutants(module)]
    assert len(found) >= 2000
    assert {mutant.kind for mutant in found} == set(KINDS)
    assert all(mutant.before != mutant.after for mutant in found)
    calculus = [mutant for mutant in found if mutant.module.startswith("calculus.") and mutant.kind == "sign"]
    assert len(calculus) >= 150


def test_the_survivors_are_in_the_source() -> None:
    """After a change of a swept module: python -m tests.soundness.library, and explain what survives."""
    assert sorted(set(REASONS) - set(named())) == []
    assert {name: reason for name, reason in REASONS.items() if not reason.startswith(WORDS)} == {}


def test_a_change_is_put_into_the_function_that_has_it() -> None:
    """All but those of what runs on import: constants, defaults and the bodies of classes."""
    for module in ("calculus.blocks", "critical.focal"):
        for mutant in mutants(module):
            changed = changed_function(mutant)
            if changed is not None:
                assert f"{mutant.function}.".startswith(f"{changed[0]}.")
            else:
                assert mutant.function == "<module>" or "." not in mutant.function


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What comes out without a change: written by the first sweep, read by the others."""
    return tmp_path_factory.mktemp("library") / "known"


def _swept(tmp_path: Path, *options: str) -> list[dict[str, Any]]:
    """In a process of its own, since the children must not have the library loaded already."""
    path = tmp_path / "outcomes"
    command = [sys.executable, "-m", "tests.soundness.library", "--json", str(path), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("only", ["calculus.symmetry", "calculus.blocks", "calculus.logits", "critical.closed_forms"])
def test_sign_flips_are_killed(only: str, tmp_path: Path, known: Path) -> None:
    outcomes = _swept(tmp_path, "--kinds", "sign", "--only", only, "--every", "6", "--known", str(known))
    assert len(outcomes) >= 2
    names = {(mutant.module, mutant.number): name for name, mutant in named().items()}
    for outcome in outcomes:
        mutant = outcome["mutant"]
        assert outcome["killed"] or names[mutant["module"], mutant["number"]] in REASONS, mutant
