"""A few sign flips in the closed forms of the library: some claim must fail. The whole sweep is a script."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.soundness.library import KINDS, MODULES, mutants

ROOT = Path(__file__).parents[2]


def test_there_are_many_mutants() -> None:
    found = [mutant for module in MODULES for mutant in mutants(module)]
    assert len(found) >= 2000
    assert {mutant.kind for mutant in found} == set(KINDS)
    assert all(mutant.before != mutant.after for mutant in found)
    calculus = [mutant for mutant in found if mutant.module.startswith("calculus.") and mutant.kind == "sign"]
    assert len(calculus) >= 150


def _swept(tmp_path: Path, *options: str) -> list[dict[str, object]]:
    """In a process of its own, since the children must not have the library loaded already."""
    path = tmp_path / "outcomes"
    command = [sys.executable, "-m", "tests.soundness.library", "--json", str(path), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("only", ["calculus.symmetry", "calculus.blocks", "calculus.logits", "critical.closed_forms"])
def test_sign_flips_are_killed(only: str, tmp_path: Path) -> None:
    outcomes = _swept(tmp_path, "--kinds", "sign", "--only", only, "--every", "6")
    assert len(outcomes) >= 2
    assert all(outcome["killed"] for outcome in outcomes)
