"""The kernel rung: what Coq accepts counts only as long as it says what was read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from ncproofs.cli import main
from ncproofs.errors import InvalidClaim, MissingDependency, OutOfScope
from ncproofs.losses import cross_entropy, focal
from ncproofs.problems.features import Ridge
from ncproofs.proof import formal
from ncproofs.proof.certificate import seal
from ncproofs.proof.checker_arithmetic import Rejected
from ncproofs.proof.critical_certificates import saddle_box_certificate
from ncproofs.proof.formal_saddle import box_of, is_accepted
from ncproofs.theorems.catalogue import CATALOGUE
from ncproofs.truth import Rigor, Truth

coq = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed; install coq")
STATEMENTS = '[[statement]]\nname = "A.even"\ntheorem = ""\nsays = "a double is even"\ncovers = "all n"\n'
SOURCE = """Require Import Arith.
Definition twice (n : nat) : nat := n + n.
Theorem even n : exists k, twice n = 2 * k.
Proof. exists n. unfold twice. simpl. rewrite Nat.add_0_r. reflexivity. Qed.
"""


def library(folder: Path, source: str = SOURCE) -> Path:
    (folder / "A.v").write_text(source, encoding="utf-8")
    (folder / "statements.toml").write_text(STATEMENTS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small library with its golden file."""
    folder = library(tmp_path_factory.mktemp("library"))
    assert main(["formal", str(folder), "--accept"]) == 0
    return folder


def altered(read: Path, folder: Path, source: str) -> Path:
    shutil.copy(read / "golden.txt", folder)
    return library(folder, source)


@coq
def test_a_library_as_it_was_read_is_certified(read: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["formal", str(read), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["statements"]
    assert (row["truth"], row["rigor"], row["theorem"]) == ("holds", "kernel", None)
    golden = (read / "golden.txt").read_text(encoding="utf-8")
    assert "== A.even" in golden and "== A.twice" in golden and "axioms: none" in golden


@coq
@pytest.mark.parametrize(("old", "new", "said"), [
    ("n + n.", "n + (n + 0).", "A.twice"),  # the statement reads the same, and is about something else
    ("exists k, twice n = 2 * k", "exists k, twice n = 2 * k \\/ n = 0", "A.even"),
    ("Proof. exists n. unfold twice. simpl. rewrite Nat.add_0_r. reflexivity. Qed.", "Admitted.", "nobody proved"),
    ("Theorem even", "Axiom free : forall n m : nat, n = m.\nTheorem even", None),
], ids=["another definition", "a weaker statement", "admitted", "an axiom that is not used"])
def test_what_changed_is_not_certified(
    read: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str | None
) -> None:
    source = SOURCE.replace(old, new)
    if "\\/" in new:
        source = source.replace("exists n. unfold", "exists n. left. unfold").replace("\\\\", "\\")
    if "(n + 0)" in new:
        source = source.replace("simpl. rewrite Nat.add_0_r.", "simpl. rewrite !Nat.add_0_r.")
    assert main(["formal", str(altered(read, tmp_path, source))]) == (0 if said is None else 4)
    assert said is None or said in capsys.readouterr().out


@coq
@pytest.mark.parametrize("trick", [
    "Axiom free : forall n m : nat, n = m.\n"
    "Theorem even n : exists k, twice n = 2 * k.\nProof. exists 0. apply free. Qed.",
    "Unset Guard Checking.\nFixpoint free (n : nat) {struct n} : False := free n.\nSet Guard Checking.\n"
    "Theorem even n : exists k, twice n = 2 * k.\nProof. destruct (free n). Qed.",
], ids=["an axiom", "no guard"])
def test_what_rests_on_more_than_the_classical_reals_is_not_certified(
    read: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], trick: str
) -> None:
    folder = altered(read, tmp_path, SOURCE[: SOURCE.index("Theorem")] + trick + "\n")
    assert main(["formal", str(folder), "--accept"]) == 4  # not even when somebody accepts it
    assert "nobody proved: " in capsys.readouterr().out


@coq
@pytest.mark.parametrize("hidden", [
    "Local Definition bound := {}.", "Example bound := {}.", "Definition other := 0. Definition bound := {}.",
    "Lemma bound : nat. exact {}. Defined.", "Module M. Definition bound' := {}. End M. Notation bound := M.bound'.",
], ids=["local", "example", "second on its line", "by a proof", "in a module"])
def test_no_definition_hides(tmp_path: Path, hidden: str, capsys: pytest.CaptureFixture[str]) -> None:
    for value, code in (("1", 0), ("2", 4)):
        text = hidden.format(value) + "\nTheorem even : 5 <= 5 + bound.\nProof. repeat constructor. Qed.\n"
        library(tmp_path, "Require Import Arith.\n" + text)
        assert main(["formal", str(tmp_path), *(["--accept"] if not code else [])]) == code
    assert "bound" in capsys.readouterr().out


@coq
def test_no_argument_hides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An implicit argument, which Coq leaves out by default, is part of the statement."""
    for value, code in (("1", 0), ("2", 4)):
        text = f"Definition small {{n : nat}} : Prop := n <= 5.\nTheorem even : @small {value}.\n"
        library(tmp_path, text + "Proof. unfold small. repeat constructor. Qed.\n")
        assert main(["formal", str(tmp_path), *(["--accept"] if not code else [])]) == code
    assert "A.even" in capsys.readouterr().out


@coq
def test_a_proposition_is_no_theorem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["formal", str(library(tmp_path, "Definition even : Prop := 1 = 2.\n")), "--accept"]) == 4
    assert "does not accept" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["FloatAxioms", "Uint63", "Reals", "Script", "two words"])
def test_files_named_as_coqs_own_are_refused(read_only: Path, name: str) -> None:
    (read_only / f"{name}.v").write_text("Axiom cheat : False.\n", encoding="utf-8")
    with pytest.raises(InvalidClaim, match="not named as"):
        formal.open_library(read_only)


def test_nothing_is_whole_without_a_statement(read_only: Path) -> None:
    text = (read_only / "statements.toml").read_text(encoding="utf-8")
    for more in ('whole = ["equality-case"]\n' + text, "statement = []\n"):
        (read_only / "statements.toml").write_text(more, encoding="utf-8")
        with pytest.raises(InvalidClaim):
            formal.open_library(read_only)


@coq
def test_a_broken_proof_is_undecided(read: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["formal", str(altered(read, tmp_path, SOURCE.replace("reflexivity", "discriminate")))]) == 4
    assert "undecided: Coq does not accept the library: A.v" in capsys.readouterr().err


@coq
def test_a_statement_that_is_not_there_is_undecided(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["formal", str(library(tmp_path, SOURCE.replace("even", "odd")))]) == 4
    assert "A.even was not found" in capsys.readouterr().err


def test_without_coq_it_says_what_to_install(read_only: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingDependency, match="install coq"), formal.build(formal.open_library(read_only)):
        pass


@pytest.fixture
def read_only(tmp_path: Path) -> Path:
    return library(tmp_path)


@pytest.mark.parametrize("text", [
    "", "[[statement]]\nname = 3", STATEMENTS.replace("A.even", "A.even. Admitted"), STATEMENTS + "more = 1\n", "= ",
])
def test_statements_that_are_no_statements_are_refused(read_only: Path, text: str) -> None:
    (read_only / "statements.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidClaim):
        formal.open_library(read_only)


def test_an_answer_needs_text_and_axioms_as_read(read_only: Path) -> None:
    given = formal.open_library(read_only)
    texts = {"A.even": "A.even : forall n, A.twice n = n\naxioms: none", "A.twice": "A.twice = fun n => n"}
    as_read = replace(given, golden=dict(texts))
    (answer,) = formal.accepted(as_read, texts, "8")
    assert (answer.truth, answer.rigor) == (Truth.HOLDS, Rigor.KERNEL)
    for name in texts:
        (answer,) = formal.accepted(replace(as_read, golden={**texts, name: "otherwise"}), texts, "8")
        assert answer.truth is Truth.UNDECIDED and name in answer.because
    foreign = {**texts, "A.even": texts["A.even"].replace("none", "A.free")}
    (answer,) = formal.accepted(replace(given, golden=foreign), foreign, "8")
    assert answer.truth is Truth.UNDECIDED and "A.free" in answer.because


def test_the_shipped_library_names_theorems_of_the_catalogue_and_has_all_its_golden_texts() -> None:
    shipped = formal.open_library()
    assert {s.theorem for s in shipped.statements} - {""} <= set(CATALOGUE)
    assert set(shipped.whole) <= {s.theorem for s in shipped.statements}
    assert {s.name for s in shipped.statements} <= set(shipped.golden)
    allowed = formal.CLASSICAL | {"none"}
    for statement in shipped.statements:
        axioms = shipped.golden[statement.name].rpartition("axioms: ")[2].split(", ")
        assert all(axiom in allowed or axiom.startswith(formal.MACHINE) for axiom in axioms)


def test_no_source_of_the_shipped_library_changes_how_things_read() -> None:
    """Notations and coercions could make a printed statement mean something else."""
    for source in formal.open_library().sources:
        words = set(source.read_text(encoding="utf-8").split())
        assert not words & {"Notation", "Infix", "Coercion", "Axiom", "Parameter", "Admitted.", "Conjecture", "Unset"}


def saddle(K: int, d: int, n: int, lambda_b: str | None, loss: object = None) -> tuple[dict, dict]:  # type: ignore[type-arg]
    """Near W = H = 0 there is negative curvature along any u (x, theta x) with sum x = 0 and weak decay."""
    weight = Fraction(1, 300)
    problem = Ridge(loss=loss or cross_entropy(), K=K, d=d, n=n, lambda_W=weight, lambda_H=weight,  # type: ignore[arg-type]
                    lambda_b=None if lambda_b is None else Fraction(lambda_b))
    noise = np.random.default_rng(K)
    W, H, b = (noise.normal(size=size) / 1000 for size in ((d, K), (d, K * n), K))
    x = np.eye(K)[0] - 1 / K
    u = np.eye(d)[-1]
    return saddle_box_certificate(problem, W, H, b * 0 if lambda_b is None else b,
                                  (np.outer(u, x), np.outer(u, np.repeat(x, n)), 0 * b))


def test_a_box_is_spelled_in_the_order_of_the_coq_checker() -> None:
    statement, witness = saddle(3, 2, 2, "1/5")
    box = box_of(seal(statement, witness))
    shift, rows = statement["centre"]["W"]["s"], list(map(int, statement["centre"]["W"]["m"]))
    scale = 2 ** (box.shift - shift)
    assert [entry // scale for entry in box.centre[0]] == [rows[a * 3 + k] for k in range(3) for a in range(2)]
    features = list(map(int, statement["centre"]["H"]["m"]))
    assert [entry // scale for entry in box.centre[1]] == [features[a * 6 + s] for s in range(6) for a in range(2)]
    assert Fraction(box.radius, 2**box.shift) >= Fraction(statement["radius"])
    assert box.rationals[3] == Fraction(statement["margin"])
    assert "vm_compute" in box.goal() and box.goal().count("[") == box.goal().count("]")


def test_other_certificates_are_not_for_coq() -> None:
    statement, witness = saddle(3, 3, 1, None, focal(2))
    with pytest.raises(OutOfScope, match="cross-entropy"):
        box_of(seal(statement, witness))
    with pytest.raises(OutOfScope, match="saddle-box"):
        box_of(seal({**statement, "kind": "ridge/minimum/1"}, witness))
    statement, witness = saddle(3, 3, 1, None)
    with pytest.raises(Rejected, match="bias"):
        box_of(seal({**statement, "centre": {**statement["centre"], "b": {"s": 0, "m": ["0"] * 3}}}, witness))
    with pytest.raises(Rejected, match="margin"):
        box_of(seal({**statement, "margin": "0"}, witness))


@pytest.fixture(scope="module")
def compiled() -> Iterator[Path]:
    try:
        with formal.build(formal.open_library()) as place:
            yield place
    except formal.Unaccepted as error:
        if "libcoq" not in str(error):  # a proof that broke is no reason to skip
            raise
        pytest.skip(f"Coq is here without its libraries: {error}")


@coq
@pytest.mark.slow
def test_coq_decides_saddle_boxes(compiled: Path) -> None:
    for K, d, n, lambda_b in ((2, 1, 1, None), (3, 4, 2, "0"), (5, 5, 1, "1/7")):
        statement, witness = saddle(K, d, n, lambda_b)
        raw = seal(statement, witness)
        assert is_accepted(raw, compiled)[0] == "accepted"
        for changed in ({"margin": str(Fraction(statement["margin"]) * 4)}, {"radius": "1"}):
            assert is_accepted(seal({**statement, **changed}, witness), compiled)[0] == "rejected"
        problem = {**statement["problem"], "lambda_W": "3", "lambda_H": "3"}
        assert is_accepted(seal({**statement, "problem": problem}, witness), compiled)[0] == "rejected"


@coq
@pytest.mark.slow
def test_the_shipped_library_is_accepted_as_it_was_read(compiled: Path) -> None:
    shipped = formal.open_library()
    answers = formal.accepted(shipped, formal.printed(shipped, compiled), formal.version())
    assert [s.name for s, a in zip(shipped.statements, answers, strict=True) if a.rigor is not Rigor.KERNEL] == []


@coq
@pytest.mark.slow
def test_check_asks_coq_about_saddle_boxes_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "saddle.json").write_bytes(seal(*saddle(3, 3, 1, None)))
    (tmp_path / "other.json").write_bytes(seal(*saddle(3, 3, 1, None, focal(2))))
    assert main(["check", str(tmp_path), "--kernel"]) == 0
    said = capsys.readouterr().out
    assert said.count("by Coq") == 1 and "2 accepted" in said


@pytest.fixture
def golden_coq(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Coq as if it printed the golden file, which the test may change."""
    texts = dict(formal.open_library().golden)
    monkeypatch.setattr(formal, "build", lambda *_: nullcontext(Path()))
    monkeypatch.setattr(formal, "printed", lambda *_: texts)
    monkeypatch.setattr(formal, "version", lambda: "8")
    return texts


def test_a_verdict_is_of_the_kernel_where_coq_has_the_whole_theorem(
    golden_coq: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["verify", "sphere-lower-bound", "equality-case", "--json"]
    assert main([*words, "--kernel"]) == 0
    rows = {row["theorem"]: row for row in json.loads(capsys.readouterr().out)["rows"]}
    assert (rows["sphere-lower-bound"]["rigor"], rows["equality-case"]["rigor"]) == ("kernel", "exact")
    assert len(rows["sphere-lower-bound"]["claims"]) == 4
    assert main([*words, "--kernel", "--rigor", "kernel"]) == 4  # Coq has equality-case for cross-entropy alone
    assert main(["verify", "sphere-lower-bound", "--rigor", "kernel"]) == 4  # nobody asked Coq
    golden_coq["NCSum.dot"] += " "
    assert main([*words, "--kernel"]) == 4
