"""What has to be read to believe a certificate: the files that decide its kinds, and nothing that they do not need."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ncproofs.proof import checker
from ncproofs.proof.certificate import seal
from ncproofs.reading_list import kinds_in, reading_list
from tests.proof import certificate_examples

FOLDER = Path(checker.__file__).parent


def test_lines_are_those_of_the_files() -> None:
    for file, lines in reading_list(checker.KINDS).items():
        assert lines == len((FOLDER / file).read_text(encoding="utf-8").splitlines())
    assert set(reading_list(checker.KINDS)) == {path.name for path in FOLDER.glob("checker*.py")}


@pytest.mark.parametrize("kind", ["ridge/saddle-box/1", "sum-identity/1", "label/critical-point/1", "network/gap/1"])
def test_no_other_file_is_loaded_when_the_kind_decides(kind: str) -> None:
    """The module that decides this kind, imported by itself, loads only files of the list."""
    module = f"ncproofs.proof.{checker.KINDS[kind]}"
    code = f"import sys, {module}; print(*(m.rpartition('.')[2] for m in sys.modules if '.checker' in m))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {f"{name}.py" for name in out.stdout.split()} <= set(reading_list({kind}))


def test_the_table_of_files_is_that_of_the_files() -> None:
    """What the checker loads for a kind decides it, and each file decides no other kinds than the table says."""
    for file in set(checker.KINDS.values()):
        kinds = importlib.import_module(f"ncproofs.proof.{file}").KINDS
        assert set(kinds) == {kind for kind, place in checker.KINDS.items() if place == file}


#: Example -> the files besides the four that every certificate passes through.
FOLDERS = {
    "saddle, cross-entropy": {"checker_ridge.py", "checker_inertia.py", "checker_losses.py", "checker_shifts.py"},
    "inertia": {"checker_inertia.py"},
    "variance": {"checker_sums.py", "checker_algebra.py"},
    "sign by cuts": {"checker_signs.py", "checker_algebra.py"},
}


@pytest.mark.parametrize("name", FOLDERS)
def test_the_files_on_the_list_are_enough_and_none_is_superfluous(name: str, tmp_path: Path) -> None:
    pair = certificate_examples.EXAMPLES[name]()
    files = reading_list({pair[0]["kind"]})
    assert set(files) - set(reading_list(())) == FOLDERS[name]
    (tmp_path / "certificate.json").write_bytes(seal(*pair))

    def answer() -> tuple[int, str]:
        command = [sys.executable, "-I", "-W", "error", str(tmp_path / "checker.py"), str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return done.returncode, done.stdout

    for file in files:
        shutil.copy(FOLDER / file, tmp_path)
    assert answer()[0] == 0
    for file in FOLDERS[name]:
        (tmp_path / file).unlink()
        code, told = answer()
        assert code == 1 and told.startswith("rejected") and f"its file {file} is not here" in told
        shutil.copy(FOLDER / file, tmp_path)


def test_kinds_of_claims_of_verdicts_and_of_nothing(tmp_path: Path) -> None:
    saddle, inertia = (seal(*getattr(certificate_examples, name)()) for name in ("saddle", "signature"))
    paths = [tmp_path / name for name in ("a.json", "b.json", "c.json", "d.json")]
    for path, raw in zip(paths, (saddle, inertia, b"{", b'{"statement":[]}'), strict=True):
        path.write_bytes(raw)
    assert kinds_in([*paths, tmp_path / "none.json"]) == {"ridge/saddle-box/1", "matrix/inertia/1"}
    assert kinds_in(paths[2:]) == set() and len(reading_list(set())) == 4
