"""The folder of all derivations: written once, taken up again, rebuilt when it was changed."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from ncproofs.cli import main
from ncproofs.cli.derive import derive_command
from ncproofs.errors import InvalidSuite, MissingDependency, UnknownName
from ncproofs.families import FAMILIES, problem_of
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import Hole
from ncproofs.report import collection
from ncproofs.report.collection import build_all, documents
from ncproofs.report.pdf import pdf_of
from ncproofs.report.subjects import instance_of, theorems_about
from ncproofs.report.theorem_derivation import derive_theorem
from ncproofs.theorems.catalogue import CATALOGUE, load
from ncproofs.theorems.theorem import Source, Theorem

SOME = {name: documents()[name] for name in ("equality-case", "sphere-mse")}


def test_the_collection_has_every_theorem_and_loss():
    assert set(CATALOGUE) < set(documents()) and "riemannian-focal" in documents()


@pytest.mark.parametrize("format_", ["text", "latex", "json", "html"])
def test_a_folder_is_built_once(tmp_path: Path, format_: str):
    lines: list[str] = []
    assert build_all(tmp_path, format_, pdf=False, told=lines.append, chosen=SOME) == 0
    assert [line.split()[1] for line in lines] == ["equality-case:", "sphere-mse:"]
    index = json.loads((tmp_path / "index.json").read_text(encoding="utf-8"))
    files = [entry["file"] for entry in index["documents"]]
    assert all((tmp_path / name).stat().st_size > 500 for name in files)
    assert (tmp_path / ("index.html" if format_ == "html" else "index.md")).exists()
    before = [(tmp_path / name).stat().st_mtime_ns for name in files]
    lines.clear()
    build_all(tmp_path, format_, pdf=False, told=lines.append, chosen=SOME)
    assert all(line.endswith("up to date") for line in lines)
    assert before == [(tmp_path / name).stat().st_mtime_ns for name in files]


def test_what_was_changed_is_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lines: list[str] = []

    def again() -> list[bool]:
        lines.clear()
        build_all(tmp_path, "text", pdf=False, told=lines.append, chosen=SOME)
        return [line.endswith("up to date") for line in lines]

    again()
    (tmp_path / "equality-case.txt").write_text("tampered", encoding="utf-8")
    assert again() == [False, True]
    (tmp_path / "index.json").write_text("{", encoding="utf-8")
    assert again() == [False, False]
    index = json.loads((tmp_path / "index.json").read_text(encoding="utf-8"))
    index["documents"][0]["file"] = "../elsewhere.txt"
    (tmp_path / "index.json").write_text(json.dumps(index), encoding="utf-8")
    assert again() == [False, True]
    monkeypatch.setattr(collection, "source_digest", lambda: "another version")
    assert again() == [False, False]


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path):
    def stop():
        raise KeyboardInterrupt

    lines: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        build_all(tmp_path, "text", pdf=False, told=lines.append, chosen={**SOME, "last": stop})
    lines.clear()
    build_all(tmp_path, "text", pdf=False, told=lines.append, chosen=SOME)
    assert all(line.endswith("up to date") for line in lines)


def test_an_unproved_document_is_told(tmp_path: Path):
    holed = Theorem("h", "t", "s", "i", Source("p", "", "q", "equal"), general=lambda: [Hole(step="nobody looked")])
    code = build_all(tmp_path, "latex", pdf=False, told=lambda line: None, chosen={"h": lambda: derive_theorem(holed)})
    assert code == 4 and "not proved" in (tmp_path / "index.md").read_text(encoding="utf-8")


def test_without_pdflatex_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(MissingDependency, match="texlive-latex-base texlive-latex-recommended"):
        pdf_of("")
    assert main(["derive", "equality-case", "--pdf", str(tmp_path / "a.pdf")]) == 2
    assert not (tmp_path / "a.pdf").exists()


# --- the command ------------------------------------------------------------------------------------------


def run(*arguments: str):
    return CliRunner().invoke(derive_command, list(arguments), standalone_mode=False)


def test_the_command_takes_theorems_and_sizes():
    done = run("mse-optimum", "--loss", "mean_squared", "-K", "3", "-d", "K", "--format", "json")
    data = json.loads(done.output)
    assert done.return_value == 0 and data["theorem"] == "mse-optimum"
    assert {value["name"] for value in data["values"]} >= {"objective"}
    assert "Theorem sphere-mse" in run("ncproofs.theorems.normalised_features.sphere_mse:THEOREM").output
    for arguments in (("nonsense",), ("equality-case", "--standalone"), ("collapse-optimum", "-K", "3:4"),
                      ("collapse-optimum", "--set", "K"), (), ("--all",), ("--all", "equality-case")):
        assert main(["derive", *arguments]) == 2, arguments


@pytest.mark.parametrize(("subject", "family", "loss", "names"), [
    ("optimum", "ridge", "mean_squared", ["mse-optimum"]),
    ("optimum", "sphere", "focal(2)", ["sphere-focal"]),
    ("spectrum", "ridge", "focal(2)", ["null-sector", "collapse-spectrum"]),
    ("spectrum", "sphere", "cross_entropy", ["sphere-spectrum"]),
])
def test_subjects_choose_by_hypotheses(subject: str, family: str, loss: str, names: list[str]):
    sizes = {"tau": "1"} if family == "sphere" else {"lambda_W": "1/100", "lambda_H": "1/100"}
    problem = problem_of({"loss": loss, "K": "3", "d": "3", "n": "1", **sizes})
    assert [theorem.name for theorem in theorems_about(subject, family, problem)] == names
    with pytest.raises(UnknownName, match="no family"):
        theorems_about(subject, "nothing", problem)
    assert load(names[-1]).hypotheses


def test_an_instance_may_leave_out_what_is_usual():
    ridge = FAMILIES["ridge"]
    assert instance_of(ridge, {}) == instance_of(Ridge, {"K": "3", "d": "K"})
    assert instance_of(ridge, {"K": "4", "d": "K + 1"}).d == 5
    lossless = dataclasses.replace(ridge, usual={key: v for key, v in ridge.usual.items() if key != "loss"})
    assert str(instance_of(lossless, {"loss": "focal(2)"}).loss) == "focal(2)"
    with pytest.raises(InvalidSuite, match="these sizes give 2"):
        instance_of(ridge, {"K": "3:4"})
    with pytest.raises(InvalidSuite, match="tau"):
        instance_of(ridge, {"tau": "1"})


def test_a_subject_is_one_document():
    done = run("optimum", "--family", "sphere", "--loss", "mean_squared", "--tau", "1/2", "--format", "json")
    data = json.loads(done.output)
    assert [part["theorem"] for part in data["derivations"]] == ["duality-certificate", "sphere-mse"]
    assert done.return_value == 0
