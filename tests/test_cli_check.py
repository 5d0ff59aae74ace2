"""verify --certificates and --bundle, and check: files, folders, bundles, hostile bundles, limits, exit codes."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ncproofs import checking
from ncproofs.bundle import InvalidBundle, unpack
from ncproofs.certificates import derived_pin, pins, problem_from, statement_of
from ncproofs.cli import main
from ncproofs.errors import NcproofsError
from ncproofs.families import problem_of
from ncproofs.proof import checker
from ncproofs.proof.certificate import digest_of, problem_record, seal, verdict_certificate
from ncproofs.proof.discharge import Effort
from ncproofs.proof.loss_reading import loss_text
from ncproofs.proof.network_claims import DualityGap
from ncproofs.reading_list import kinds_in, reading_list
from ncproofs.theorems.catalogue import CATALOGUE, load
from tests.proof.certificate_examples import EXAMPLES, verdict

SIZES = ["-K", "3", "-d", "3", "-n", "1"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder of certificates and a bundle: one theorem for all sizes, one of numbers alone."""
    folder = tmp_path_factory.mktemp("proofs")
    bundle = folder.with_name("bundle.zip")
    base = ["--jobs", "1", "--certificates", str(folder)]
    assert main(["verify", "lower-bound-chain", *base]) == 0
    assert main(["verify", "lower-bound-chain", "focal-uniqueness", "--loss", "focal(2)", *SIZES, *base]) in (0, 2)
    assert main(["verify", "focal-uniqueness", "--loss", "focal(2)", *SIZES, *base, "--bundle", str(bundle)]) == 0
    return folder, bundle


def test_certificates_are_written_and_accepted(written, capsys):
    folder, _ = written
    names = sorted(path.name.rsplit("-", 1)[0] for path in folder.iterdir())
    assert names == ["focal-uniqueness", "lower-bound-chain"]
    assert main(["check", str(folder), "--jobs", "1"]) == 0
    told = capsys.readouterr().out
    assert told.count("as pinned") == 2
    assert "2 accepted" in told


def test_another_expression_for_the_same_problem_is_rejected(written, tmp_path, capsys):
    """True numbers that are not those of the theorem at this problem: the hash is derived from the parameters."""
    (path,) = written[0].glob("focal-*.json")
    value = json.loads(path.read_bytes())
    value["statement"]["claims"][0]["expression"] = "1"
    (tmp_path / "forged.json").write_bytes(seal(value["statement"], value["witness"]))
    assert main(["check", str(tmp_path), "--jobs", "1"]) == 1
    assert "needs a pinned statement" in capsys.readouterr().out


def test_another_statement_under_the_name_of_a_theorem_is_rejected(written, tmp_path, capsys):
    (path,) = written[0].glob("lower-*.json")
    value = json.loads(path.read_bytes())
    statement = value["statement"] | {"claims": value["statement"]["claims"][:1]}
    witness = {"claims": value["witness"]["claims"][:1]}
    (tmp_path / "part.json").write_bytes(seal(statement, witness))
    assert main(["check", str(tmp_path), "--jobs", "1"]) == 1
    assert "not the pinned statement of lower-bound-chain" in capsys.readouterr().out


def test_exit_codes_and_json(tmp_path, capsys):
    good, hole, bad = (tmp_path / f"{name}.json" for name in ("good", "hole", "bad"))
    good.write_bytes(seal(*verdict()))
    statement, witness = verdict()
    hole.write_bytes(seal(statement | {"holes": ["nobody knows"]}, witness))
    bad.write_bytes(b"{}")
    assert main(["check", str(good), "--json", "--jobs", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"] == {"accepted": 1}
    assert main(["check", str(hole), "--jobs", "1"]) == 1
    assert main(["check", str(bad), "--jobs", "1"]) == 1
    assert capsys.readouterr().out.count("holey") == 2


def test_expected_hashes(tmp_path):
    raw = seal(*EXAMPLES["root"]())
    (tmp_path / "root.json").write_bytes(raw)
    pinned = tmp_path / "hashes.txt"
    pinned.write_text(json.loads(raw)["statement_sha256"] + "\n")
    assert main(["check", str(tmp_path), "--expect", str(pinned), "--jobs", "1"]) == 0
    pinned.write_text("0" * 64 + "\n")
    assert main(["check", str(tmp_path), "--expect", str(pinned), "--jobs", "1"]) == 1


@pytest.mark.parametrize(("arguments", "told"), [
    (["nowhere"], "is no file and no folder"),
    (["."], "has no certificates"),
    ([".", "--expect", "nowhere"], "not a text file of hashes"),
])
def test_what_cannot_be_checked_is_said(arguments, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["check", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_a_process_that_hangs_or_dies_costs_one_file(tmp_path, monkeypatch):
    files = []
    for number in range(3):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_bytes(seal(*EXAMPLES["root"]()))
    source = Path(checker.__file__).read_text(encoding="utf-8")
    broken = tmp_path / "broken" / "checker.py"
    shutil.copytree(Path(checker.__file__).parent, broken.parent, ignore=shutil.ignore_patterns("__pycache__"))
    loop = "        if file.name == '1.json':\n            FAULT\n        try:\n            raw = file"
    for fault, seconds in (("import os; os._exit(9)", 60), ("import time; time.sleep(60)", 3)):
        broken.write_text(source.replace("        try:\n            raw = file", loop.replace("FAULT", fault)))
        monkeypatch.setattr(checking.checker, "__file__", str(broken))
        found = [answer.verdict for answer in checking.check_files(files, seconds=seconds)]
        assert found == ["accepted", "limit", "accepted"]


def test_a_problem_comes_back_from_its_parameters():
    for spelled in ({"loss": "focal(1/2)", "K": "4", "d": "3", "lambda_W": "1/100", "lambda_H": "0.02",
                     "lambda_b": "0"},
                    {"loss": "cross_entropy", "K": "3", "d": "2", "n": "2", "tau": "5/2"}):
        problem = problem_of(spelled)
        assert problem_from(problem_record(problem)) == problem
    for junk in ({}, {"loss": 1}, {"loss": "focal", "parameter": "-1", "K": 3, "d": 2, "n": 2, "tau": "1"},
                 {"loss": "os:system", "parameter": None, "K": 3, "d": 2, "n": 2, "tau": "1"}):
        with pytest.raises(NcproofsError):
            problem_from(junk)


def test_what_a_theorem_claims_at_a_problem_is_derived_anew():
    ridge = {"K": "3", "d": "3", "lambda_W": "1/100", "lambda_H": "1/100"}
    numbers = statement_of(load("focal-uniqueness"), problem_of({"loss": "focal(2)", **ridge}))
    assert derived_pin(numbers) is not None
    assert derived_pin(numbers | {"theorem": "nothing"}) is None
    assert derived_pin(numbers | {"parameters": None}) is None
    assert derived_pin(numbers | {"parameters": {"loss": "focal"}}) is None
    for theorem, spelled in (
        ("benign-landscape", {"loss": "focal(2)", **ridge}),
        ("layered-optimum", {"family": "layered", "layers": "2", "K": "3", "d": "2,4", "lambdas": "1/30,1/40",
                             "lambda_H": "1/20", "lambda_b": "1"}),
        ("layered-imbalance", {"family": "layered", "layers": "1", "K": "2", "lambdas": "1/30", "lambda_H": "1/20",
                               "class_sizes": "3,1"}),
        ("relu-program", {"family": "network", "kind": "relu", "data": '{"X": [[1]], "Y": [[2]]}', "beta": "1/10"}),
    ):
        statement = statement_of(load(theorem), problem_of(spelled))
        assert derived_pin(statement) == digest_of(statement)
        assert derived_pin(statement | {"claims": []}) == digest_of(statement)


def test_what_would_take_a_search_or_is_large_is_not_derived_anew():
    for theorem, spelled in (("code-bounds", {"family": "code", "K": "7", "d": "3"}),
                             ("collapse-optimum", {"loss": "cross_entropy", "K": "1001", "d": "1001",
                                                   "lambda_W": "1", "lambda_H": "1"})):
        assert derived_pin(statement_of(load(theorem), problem_of(spelled))) is None


def test_true_claims_under_the_name_of_a_theorem_that_claims_something_else(tmp_path):
    """A weaker bound, and a theorem that says nothing about one layer: the claims hold, the names are wrong."""
    problem = problem_of({"family": "network", "kind": "spline", "data": '{"x": [0, 1, 2], "y": [0, 1, 0]}'})
    effort, files = Effort(), []
    genuine = list(load("spline-interpolation").instance(problem))
    for claims in (genuine, [*genuine, DualityGap(problem=problem, relation="<", value=1)]):
        statement, raw = verdict_certificate(
            "spline-interpolation", load("spline-interpolation").title, problem, claims, effort)
        files.append(tmp_path / f"{digest_of(statement)}.json")
        files[-1].write_bytes(raw)
    found = checking.check_files(files)
    assert [answer.verdict for answer in found] == ["accepted", "rejected"]
    assert "not what spline-interpolation claims at these parameters" in found[1].reason
    one = problem_of({"family": "layered", "layers": "1", "K": "3", "lambdas": "1/30", "lambda_H": "1/20"})
    statement = statement_of(load("layered-benign"), one)
    assert derived_pin(statement | {"theorem": "collapse-optimum"}) == "nothing"
    answer = checking.Checked(files[0], "accepted", "")
    assert "it claims nothing there" in checking._compared(answer, ("nothing", "collapse-optimum", "0")).reason


@pytest.mark.slow
def test_the_pinned_statements_are_those_of_the_theorems():
    """After a deliberate change of a theorem: python -m ncproofs.certificates."""
    assert checker.PINS.read_text(encoding="ascii") == pins()


def test_every_theorem_for_all_sizes_is_pinned():
    assert set(checker.pinned()) == {name for name in CATALOGUE if load(name).general is not None}


# --- bundles ----------------------------------------------------------------------------------------------


def test_a_bundle_is_accepted_here_and_on_its_own(written, tmp_path, capsys):
    _, bundle = written
    assert main(["check", str(bundle), "--jobs", "1"]) == 0
    assert "1 accepted" in capsys.readouterr().out
    with zipfile.ZipFile(bundle) as packed:
        packed.extractall(tmp_path)
    rows = json.loads((tmp_path / "THEOREM_MAP.json").read_text())
    assert [(row["theorem"], row["verdict"], row["rigor"]) for row in rows] == [
        ("focal-uniqueness", "holds", rows[0]["rigor"])]
    for line in (tmp_path / "MANIFEST.sha256").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import checker; code = checker.main([{str(tmp_path)!r}]);"
        "loaded = {n.split('.')[0] for n in sys.modules} & {'sympy', 'numpy', 'scipy', 'flint', 'mpmath', 'click'};"
        "loaded |= {n for n in sys.modules if n.startswith('ncproofs.') and 'checker' not in n} - {'ncproofs.proof'};"
        "print(loaded); sys.exit(code or len(loaded))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("as pinned") == 1


def test_a_bundle_has_the_files_that_its_certificates_need_and_says_how_many(written, tmp_path):
    with zipfile.ZipFile(written[1]) as packed:
        packed.extractall(tmp_path)
    here = {path.name for path in tmp_path.glob("checker*.py")}
    needed = reading_list(kinds_in((tmp_path / "certificates").iterdir()))
    assert here == set(needed) and "checker_codes.py" not in here
    told = (tmp_path / "README.txt").read_text()
    assert f"the {len(needed)} files of the checker, {sum(needed.values())} lines in all" in told
    (tmp_path / "more.json").write_bytes(seal(*EXAMPLES["saddle, cross-entropy"](), "test"))
    done = subprocess.run([sys.executable, "-I", str(tmp_path / "checker.py"), str(tmp_path)], capture_output=True,
                          text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[-1].endswith("more.json: its file checker_ridge.py is not here")
    assert done.stdout.count("accepted") == len(list((tmp_path / "certificates").iterdir()))


def repacked(bundle: Path, target: Path, *, seal_again: bool, **changes: bytes) -> Path:
    """A copy of a bundle with files changed or added."""
    with zipfile.ZipFile(bundle) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    members |= {name: raw for name, raw in changes.items()}
    if seal_again:
        lines = [f"{hashlib.sha256(raw).hexdigest()}  {name}\n" for name, raw in sorted(members.items())
                 if name != "MANIFEST.sha256"]
        members["MANIFEST.sha256"] = "".join(lines).encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, raw in members.items():
            packed.writestr(name, raw)
    return target


HOSTILE = {
    "a changed file": ({"README.txt": b"x"}, False, "MANIFEST"),
    "a file that is not listed": ({"more.txt": b"x"}, False, "MANIFEST"),
    "a path upwards": ({"../evil.json": b"{}"}, True, "no place"),
    "an absolute path": ({"/evil.json": b"{}"}, True, "no place"),
    "a drive": ({"C:evil.json": b"{}"}, True, "no place"),
    "a backslash": ({"certificates\\..\\evil.json": b"{}"}, True, "no place"),
    "another folder": ({"certificates/a/b.json": b"{}"}, True, "no place"),
    "a certificate that is not in the map": ({"certificates/b.json": b"{}"}, True, "THEOREM_MAP"),
    "a map that is no JSON": ({"THEOREM_MAP.json": b"["}, True, "THEOREM_MAP"),
    "a map that is no list": ({"THEOREM_MAP.json": b"7"}, True, "THEOREM_MAP"),
    "a bomb": ({"certificates/bomb.json": b" " * (checker.BYTES + 1)}, True, "unpacks to more"),
}


@pytest.mark.parametrize(("changes", "again", "told"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_bundles_are_refused(changes, again, told, written, tmp_path):
    target = repacked(written[1], tmp_path / "hostile.zip", seal_again=again, **changes)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(InvalidBundle, match=told):
        unpack(target, out)
    assert list(out.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hostile.zip", "out"]


def test_a_bundle_cannot_bring_its_own_pins(written, tmp_path, capsys):
    """Neither its statements.txt nor its checker is believed or run here."""
    evil = {"statements.txt": b"0 x\n", "checker.py": b"import sys; sys.exit(0)\n"}
    target = repacked(written[1], tmp_path / "own.zip", seal_again=True, **evil)
    assert main(["check", str(target), "--jobs", "1"]) == 0
    assert "focal-uniqueness, as pinned" in capsys.readouterr().out


def test_what_is_no_zip_is_said(tmp_path, capsys):
    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04 no")
    assert main(["check", str(tmp_path / "no.zip")]) == 2
    assert "not a readable zip" in capsys.readouterr().err


def test_reading_names_the_files_that_decide(
    written: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(written[1]), "--reading", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert "checker_signs.py" in record["reading"] and "checker_codes.py" not in record["reading"]
    assert main(["check", str(written[1]), "--reading"]) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith(f"decided by {len(record['reading'])} files") and "checker_signs.py" in said
    assert main(["check", str(written[1])]) == 0 and "decided by" not in capsys.readouterr().out


@pytest.mark.parametrize("text", ["3*(log(S1) - t)", "log(S1) - t + 1 - exp(t)/S1", "sqrt(S1)*exp(-t/2)", "log(S1)-t"])
def test_a_verdict_about_a_loss_of_ones_own_is_tied_to_its_expression(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The loss is read back from the parameters; another expression under the same claims is not accepted."""
    folder = tmp_path / "proofs"
    args = ["verify", "contrastive-bound", "--loss", text, *SIZES, "--certificates", str(folder)]
    assert main(args) == 0
    assert main(["check", str(folder)]) == 0
    assert "as pinned" in capsys.readouterr().out
    (file,) = folder.glob("*.json")
    certificate = json.loads(file.read_bytes())
    parameters = certificate["statement"]["parameters"]
    if isinstance(parameters["parameter"], dict):
        parameters["parameter"]["phi"] = ["*", "2", parameters["parameter"]["phi"]]
        file.write_bytes(seal(certificate["statement"], certificate["witness"]))
        assert main(["check", str(folder)]) == 1


def test_losses_that_no_certificate_may_hold() -> None:
    for record in ({"phi": "t"}, {"phi": ["sin", "t"], "sums": [["exp", "z"]]}, {"phi": "t", "sums": []},
                   {"phi": ["__import__", "t"], "sums": [["exp", "z"]]}, {"phi": "q", "sums": [["exp", "z"]]},
                   {"phi": ["-", "t", "t", "t"], "sums": [["exp", "z"]]}, {"phi": [], "sums": [["exp", "z"]]}, 7):
        with pytest.raises(NcproofsError):
            loss_text(record)
    deep: Any = "t"
    for _ in range(190):
        deep = ["exp", deep]
    with pytest.raises(NcproofsError):
        loss_text({"phi": deep, "sums": [["exp", "z"]]})
    assert loss_text({"phi": ["-", ["log", "S1"], "t"], "sums": [["exp", "z"]]}) == "-t + log(S_1)"
