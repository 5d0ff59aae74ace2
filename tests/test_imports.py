"""What is loaded when: the package and the command line answer before SymPy and FLINT are imported."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

import ncproofs

HEAVY = ("sympy", "flint", "mpmath", "numpy", "scipy", "rich", "msgspec", "jinja2")


def loaded_after(code: str) -> set[str]:
    script = f"{code}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    finished = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(finished.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import ncproofs",
        "import ncproofs.cli",
        "import ncproofs.errors, ncproofs.truth",
        "from ncproofs.cli import main; main(['--version'])",
        "from ncproofs.cli import main; main(['--help'])",
        "from ncproofs.cli import main; main(['verify', '--help'])",
        "from ncproofs.cli import main; main(['optimum', 'ridge', '--help'])",
    ],
)
def test_answers_without_heavy_imports(code: str) -> None:
    assert not loaded_after(code) & set(HEAVY)


def test_the_suite_room_loads_no_sympy() -> None:
    assert "sympy" not in loaded_after("import ncproofs.suite")


def test_using_a_name_does_load_sympy() -> None:
    """The check above can fail: a name that needs SymPy brings it in."""
    assert "sympy" in loaded_after("from ncproofs import cross_entropy")


def test_every_exported_name_is_there() -> None:
    assert len(ncproofs.__all__) <= 22
    for name in ncproofs.__all__:
        assert getattr(ncproofs, name) is not None
    assert set(ncproofs.__all__) < set(dir(ncproofs))


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        ncproofs.nothing  # noqa: B018


def test_start_is_quick() -> None:
    """A generous bound (the aims are 60 ms and 150 ms): the best of three, against a bare start."""

    def best(arguments: list[str]) -> float:
        times = []
        for _ in range(3):
            started = time.perf_counter()
            subprocess.run([sys.executable, *arguments], capture_output=True, check=True, timeout=60)
            times.append(time.perf_counter() - started)
        return min(times)

    bare = best(["-c", "pass"])
    assert best(["-c", "import ncproofs"]) - bare < 0.3
    assert best(["-m", "ncproofs", "--version"]) - bare < 0.6
