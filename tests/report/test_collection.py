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
from ncproofs.report.collection import build_all, check_folder, documents
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


GENERAL = "log(S1) - t + (1 - exp(t)/S1)/3"


def test_theorems_that_do_not_apply_to_a_loss_of_ones_own_are_left_out():
    """The closed forms are those of named losses; what is said of this instance is certified."""
    done = run("optimum", "--loss", GENERAL, "--format", "json")
    assert done.return_value == 0
    derivations = json.loads(done.output)["derivations"]
    assert [derivation["theorem"] for derivation in derivations] == ["contrastive-bound", "reduced-function"]
    assert not any(derivation["warnings"] or derivation["holes"] for derivation in derivations)
    assert all(any(GENERAL in step["section"] for step in derivation["steps"]) for derivation in derivations)
    assert {value["name"] for value in derivations[0]["values"]} >= {"objective", "margin"}


def test_a_theorem_is_boxed_where_nothing_else_is_left():
    """It is asked for by name, or no theorem of the family applies: its claims are said in words."""
    done = run("collapse-optimum", "--loss", GENERAL, "-K", "3")
    assert done.return_value == 4 and "scale equation at" in done.output.lower()
    assert "ScaleEquation" not in done.output and "hypothesis is not met" in done.output
    problem = problem_of({"loss": "focal(2)", "K": "3", "d": "3", "n": "1", "tau": "1"})
    assert [theorem.name for theorem in theorems_about("spectrum", "sphere", problem)] == ["sphere-spectrum"]


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


# --- comparing a folder, writing nothing ------------------------------------------------------------------

OWN_THEOREM = """
import sympy
from ncproofs.proof.claims import Identity
from ncproofs.theorems.theorem import Source, Theorem

x = sympy.Symbol("x", real=True)
MINE = Theorem("my-square", "A square", "(x + 1)^2 = x^2 + 2x + 1.", "Expand.", Source("None", "", "nothing", "equal"),
               general=lambda: [Identity(left=(x + 1) ** 2, right=x**2 + 2 * x + 1)])
BADLY_NAMED = Theorem("../up", "t", "s", "i", Source("None", "", "nothing", "equal"), general=MINE.general)
"""


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    code = main(["derive", *arguments])
    return code, capsys.readouterr().err.splitlines()


def test_a_folder_is_compared_and_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "own_theorem.py").write_text(OWN_THEOREM, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    out = tmp_path / "derivations"
    chosen = ("--only", "equality-case", "--only", "own_theorem:MINE", "--out", str(out))
    assert told(capsys, *chosen, "--format", "html")[0] == 0
    assert {path.name for path in out.iterdir()} == {
        "equality-case.html", "my-square.html", "index.html", "index.json"
    }
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.iterdir()}
    check = ("--check", "--allow-imports", "--out", str(out))  # format and documents as the index has them
    code, lines = told(capsys, *check)
    assert code == 0 and [line.partition(": ")[2] for line in lines] == ["up to date"] * 2
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.iterdir()} == before
    (out / "my-square.html").write_text("edited", encoding="utf-8")
    (out / "equality-case.html").unlink()
    code, lines = told(capsys, *check)
    assert code == 1 and lines == [
        "[1/2] equality-case: missing: equality-case.html", "[2/2] own_theorem:MINE: stale: my-square.html",
    ]
    code, lines = told(capsys, *chosen[2:], "--check")  # only one of the two is asked about
    assert code == 1 and len(lines) == 1
    assert told(capsys, *chosen, "--format", "html")[0] == 0 and told(capsys, *check)[0] == 0


def test_an_index_does_not_import_unless_allowed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "evil_module.py").write_text("open('ran', 'w').close()\n" + OWN_THEOREM, encoding="utf-8")
    index = {"format": "text", "documents": [{"name": "sphere-mse"}, {"name": "evil_module:MINE"}]}
    (tmp_path / "index.json").write_text(json.dumps(index), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    code, (line,) = told(capsys, "--check", "--out", str(tmp_path))
    assert code == 2 and "'evil_module:MINE'" in line and "--allow-imports" in line
    assert not (tmp_path / "ran").exists()
    assert told(capsys, "--check", "--allow-imports", "--out", str(tmp_path))[0] == 1  # missing, and looked for
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("pair", [
    ("equality-case", "of_one_name:TAKEN"), ("of_one_name:MINE", "of_one_name:ALSO"),
    ("of_one_name:MINE", "of_one_name:BIG"),
])
def test_two_theorems_of_one_name_are_not_one_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, pair: tuple[str, str]
):
    more = "".join(
        f"\n{name} = Theorem({title!r}, 't', 's', 'i', MINE.source, general=MINE.general)"
        for name, title in (("TAKEN", "equality-case"), ("ALSO", "my-square"), ("BIG", "My-Square"))
    )
    (tmp_path / "of_one_name.py").write_text(OWN_THEOREM + more, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    out = tmp_path / "out"
    code, (line,) = told(capsys, "--only", pair[0], "--only", pair[1], "--out", str(out))
    assert code == 2 and all(name in line for name in pair) and "two folders" in line and not out.exists()
    assert told(capsys, "--only", pair[1], "--only", pair[1], "--out", str(out))[0] == 0  # the same asked twice


def test_a_theorem_of_ones_own_is_written_again_when_it_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "own_again.py").write_text(OWN_THEOREM, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    arguments = ("--only", "own_again:MINE", "--out", str(tmp_path / "out"))
    assert "proved" in told(capsys, *arguments)[1][0] and "proved" in told(capsys, *arguments)[1][0]
    assert told(capsys, "--only", "own_again:BADLY_NAMED", "--out", str(tmp_path / "out"))[0] == 2
    assert not (tmp_path / "up.tex").exists()


def test_what_is_left_over_is_listed(tmp_path: Path):
    lines: list[str] = []
    build_all(tmp_path, "text", pdf=False, told=lines.append, chosen=SOME)
    (tmp_path / "index.md").write_text("edited", encoding="utf-8")
    lines.clear()
    one = {"equality-case": SOME["equality-case"]}
    assert check_folder(tmp_path, "text", pdf=False, told=lines.append, chosen=one) == 1
    assert lines[1:] == ["left over: sphere-mse.txt", "stale: index.md"]


def test_a_pdf_is_compared_by_what_it_was_printed_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(collection, "write_pdf", lambda derivations, path: path.write_bytes(b"%PDF"))
    one = {"equality-case": SOME["equality-case"]}
    build_all(tmp_path, "latex", pdf=True, told=lambda line: None, chosen=one)

    def found() -> str:
        lines: list[str] = []
        check_folder(tmp_path, "latex", pdf=False, told=lines.append, chosen=one)
        return lines[0]

    assert found().endswith("up to date")
    (tmp_path / "equality-case.pdf").write_bytes(b"%PDF changed")
    assert found().endswith(": stale: equality-case.pdf")
    (tmp_path / "equality-case.pdf").unlink()
    assert found().endswith(": missing: equality-case.pdf")


@pytest.mark.parametrize("index", [None, "{", '{"format": "text", "documents": []}', '{"format": "x", "documents": 3}'])
def test_a_folder_without_an_index_cannot_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str], index):
    if index is not None:
        (tmp_path / "index.json").write_text(index, encoding="utf-8")
    code, lines = told(capsys, "--check", "--out", str(tmp_path))
    assert code == 2 and "write the folder first: ncproofs derive --all --out" in lines[0]


@pytest.mark.parametrize("arguments", [
    ("--check",), ("--all", "--only", "equality-case", "--out", "x"), ("--only", "nothing-of-the-kind", "--out", "x"),
    ("--check", "equality-case"), ("--only", "equality-case"),
])
def test_options_that_do_not_go_together(capsys: pytest.CaptureFixture[str], arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert told(capsys, *arguments)[0] == 2 and list(tmp_path.iterdir()) == []


# --- exit codes as of verify ------------------------------------------------------------------------------

OUTSIDE = {
    "a loss outside the hypotheses": ("mse-optimum", "--loss", "cross_entropy", "-K", "3", "-d", "3"),
    "sizes outside the hypotheses": ("benign-landscape", "--loss", "cross_entropy", "-K", "4", "-d", "1",
                                     "--lambda-W", "1/400", "--lambda-H", "1/400"),
    "inside": ("collapse-optimum", "--loss", "focal(2)", "-K", "3", "-d", "3"),
    "no instance": ("sphere-optimum",),
}


@pytest.mark.parametrize("arguments", OUTSIDE.values(), ids=OUTSIDE)
def test_exit_codes_are_those_of_verify(capsys: pytest.CaptureFixture[str], arguments):
    name, *options = arguments
    asked = [f"loss={options[i + 1]}" for i, option in enumerate(options) if option == "--loss"]
    sizes = [o for i, o in enumerate(options) if o != "--loss" and (i == 0 or options[i - 1] != "--loss")]
    lambdas = [] if not asked or "--lambda-W" in options else ["--set", "lambda_W=1/100", "--set", "lambda_H=1/100"]
    verified = main(["verify", name, *(part for text in asked for part in ("--set", text)), *spelled(sizes), *lambdas])
    capsys.readouterr()
    derived = main(["derive", *arguments])
    captured = capsys.readouterr()
    assert derived == verified
    assert bool(derived) is ("in a box: " in captured.err) and "Machine-checked" in captured.out


def spelled(options: list[str]) -> list[str]:
    """-K 3 as verify takes it; the weights as --set."""
    found: list[str] = []
    for option, value in zip(options[::2], options[1::2], strict=True):
        long = option.startswith("--")
        found += ["--set", f"{option[2:].replace('-', '_')}={value}"] if long else [option, value]
    return found


def test_a_network_needs_its_data(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    code, lines = told(capsys, "optimum", "--family", "network")
    assert code == 2 and "--set kind=... --set data=..." in lines[0]
    (tmp_path / "points.csv").write_text("x,y\n0,0\n1,1\n2,0\n", encoding="utf-8")
    data = f"data={tmp_path / 'points.csv'}"
    done = run("spline-interpolation", "--set", "kind=spline", "--set", data, "--format", "json")
    assert done.return_value == 0 and json.loads(done.output)["warnings"] == []
    assert told(capsys, "spline-interpolation", "--set", "kind=spline", "--set", "data=no-such-file.csv")[0] == 2
