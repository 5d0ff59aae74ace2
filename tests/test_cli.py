"""The command line: answers, exit codes, and one line for every wrong input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from ncproofs import __version__
from ncproofs.cli import main
from ncproofs.report.catalogue_text import FAMILIES

Cli = Callable[..., tuple[int, str, str]]
RIDGE = ["optimum", "ridge", "-K", "3", "-d", "2", "-n", "2", "--lambda-W", "1/100", "--lambda-H", "1/200"]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def changed(option: str, value: str) -> list[str]:
    """``RIDGE`` with one value replaced."""
    arguments = list(RIDGE)
    arguments[arguments.index(option) + 1] = value
    return arguments


WRONG_INPUT = {
    "K = 1": (changed("-K", "1"), "K >= 2 is needed"),
    "d = 0": (changed("-d", "0"), "d >= 1 is needed"),
    "n is half": (changed("-n", "1/2"), "whole number n >= 1 is needed"),
    "no room for a simplex": (changed("-d", "1"), "d"),
    "lambda zero": (changed("--lambda-W", "0"), "lambda_W > 0 is needed"),
    "lambda negative": (changed("--lambda-H", "-1"), "lambda_H > 0 is needed"),
    "lambda divides by zero": (changed("--lambda-W", "1/0"), "divides by zero"),
    "lambda is a word": (changed("--lambda-W", "small"), "is not an exact number"),
    "bias negative": ([*RIDGE, "--lambda-b", "-1"], "lambda_b >= 0 is needed"),
    "alpha out of range": ([*RIDGE, "--loss", "label_smoothing(1.2)"], "alpha"),
    "unknown loss": ([*RIDGE, "--loss", "hinge"], "hinge"),
    "loss is code": ([*RIDGE, "--loss", "__import__('os')"], "no loss"),
    "digits zero": ([*RIDGE, "--digits", "0"], "--digits"),
    "an option is missing": (RIDGE[:-2], "--lambda-H"),
    "unknown command": (["prove"], "No such command"),
    "unknown theorem": (["verify", "collapse-optimun"], "did you mean 'collapse-optimum'"),
    "unknown name": (["show", "focal-uniquness"], "did you mean 'focal-uniqueness'"),
    "sizes without a theorem": (["verify", "-K", "3"], "needs a theorem"),
    "sizes with a suite": (["verify", "default", "benign-landscape", "-K", "3"], "has sizes of its own"),
    "unreadable suite": (["verify", "no/such/suite.toml"], "cannot be read"),
    "grid is no range": (["verify", "benign-landscape", "-K", "5:3"], "smaller end first"),
    "d is no size": (["verify", "benign-landscape", "-d", "K.x"], "is not a size"),
    "sizes for a general theorem": (["verify", "critical-point-structure", "-K", "3"], "leave out the sizes"),
    "rigor unknown": (["verify", "--rigor", "sampled"], "--rigor"),
    "jobs zero": (["verify", "--jobs", "0"], "--jobs"),
    "a module that is not there": (["show", "no.such:THEOREM"], "cannot be imported"),
    "an expression with a call": (["loss", "foo(t) + S1"], "foo"),
    "an unreadable loss file": (["loss", "nothing.toml"], "cannot be read"),
    "an optimum without sizes": (["loss", "log(S1) - t", "-K", "3"], "lambda_W"),
    "latex option with text": (["derive", "objective", "--standalone"], "--format latex"),
}


@pytest.mark.parametrize("name", WRONG_INPUT)
def test_wrong_input_is_one_line_and_exit_code_2(name: str, cli: Cli) -> None:
    arguments, said = WRONG_INPUT[name]
    code, out, err = cli(*arguments)
    assert code == 2 and out == ""
    assert err.startswith("error: ") and err.count("\n") == 1 and said in err
    assert "Traceback" not in err


def test_the_same_through_a_real_process() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "ncproofs", *changed("-K", "1")], capture_output=True, text=True, timeout=60
    )
    assert finished.returncode == 2 and finished.stdout == "" and finished.stderr.count("\n") == 1


def test_version_and_help(cli: Cli) -> None:
    assert cli("--version")[1] == f"ncproofs {__version__}\n"
    for command in ("verify", "list", "show", "optimum", "derive", "loss", "doctor"):
        code, out, _ = cli(command, "--help")
        assert code == 0 and "Usage: ncproofs" in out
        assert command in cli("--help")[1]
    assert cli()[0] == 2


def test_lists(cli: Cli) -> None:
    code, out, _ = cli("list")
    assert code == 0
    for name in ("collapse-optimum", "mse-optimum", "focal(2)", "ridge", "default"):
        assert name in out
    record = json.loads(cli("list", "losses", "--json")[1])
    assert record["schema"] == 1 and list(record) == ["schema", "losses"]


@pytest.mark.parametrize(
    "name", ["lower-bound-chain", "focal-bias", "ridge", "focal(2)", "mean_squared", "default"]
)
def test_show(name: str, cli: Cli) -> None:
    code, out, _ = cli("show", name)
    assert code == 0 and len(out.splitlines()) > 5


def test_optimum_as_json(cli: Cli) -> None:
    code, out, _ = cli(*RIDGE, "--digits", "40", "--spectrum", "--json")
    record = json.loads(out)
    assert code == 0 and record["schema"] == 1
    assert record["problem"] == {
        "family": "ridge",
        "loss": "cross_entropy",
        "K": "3",
        "d": "2",
        "n": "2",
        "lambda_W": "1/100",
        "lambda_H": "1/200",
        "lambda_b": "none",
    }
    assert (
        record["truth"] == "holds" and record["regime"] == "collapse" and record["geometry"] == "simplex ETF"
    )
    objective = record["quantities"]["objective"]
    lower, upper = Fraction(objective["lower"]), Fraction(objective["upper"])
    assert lower <= Fraction("0.111902056890930886800604053191083108399527") <= upper
    assert 0 < (upper - lower) / lower < Fraction(1, 10**40)
    assert sum(entry["multiplicity"] for entry in record["spectrum"]) == 3 * 2 + 2 * 6
    assert set(record) >= {"rigor", "holes", "axioms", "because"}


def test_every_quantity_is_explained(cli: Cli) -> None:
    _, _, quantities, regimes = FAMILIES["ridge"]
    bias = ["--lambda-b", "1"]
    for arguments in (RIDGE, [*RIDGE, *bias], [*changed("-d", "4"), "--loss", "mean_squared", *bias]):
        record = json.loads(cli(*arguments, "--json")[1])
        assert set(record["quantities"]) <= set(quantities)
        assert record["regime"] in regimes


def test_optimum_as_text(cli: Cli) -> None:
    code, out, _ = cli(*RIDGE, "--spectrum")
    assert code == 0 and "simplex ETF" in out and "18  in all" in out and "because" in out


def test_verify_a_theorem(cli: Cli, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    code, out, err = cli("verify", "lower-bound-chain", "--claims", "--junit", str(report))
    assert code == 0 and "certified on 1 of 1" in out and "axioms" in out
    assert "1/1 lower-bound-chain" in err
    assert report.read_text(encoding="utf-8").startswith("<?xml")


def test_verify_a_grid_as_json(cli: Cli) -> None:
    arguments = ("verify", "benign-landscape", "-K", "3:4", "-d", "K - 1, K", "--jobs", "1", "--json")
    code, out, _ = cli(*arguments)
    record = json.loads(out)
    assert (
        code == 0
        and record["asked"] == record["finished"] == 4
        and "certified on 4 of 4" in record["summary"]
    )


def test_exit_codes(cli: Cli, tmp_path: Path) -> None:
    suite = tmp_path / "s.toml"
    for name, code in (("good", 0), ("fails", 1), ("raises", 3), ("refuses", 4)):
        suite.write_text(f'[[check]]\ntheorem = "tests.unruly:{name}"\n', encoding="utf-8")
        assert cli("verify", str(suite), "--allow-imports")[0] == code
    suite.write_text('[[check]]\ntheorem = "tests.unruly:fails"\nexpect = "fails"\n', encoding="utf-8")
    assert cli("verify", str(suite), "--allow-imports")[0] == 0
    suite.write_text(
        '[[check]]\ntheorem = ["tests.unruly:fails", "tests.unruly:refuses"]\n', encoding="utf-8"
    )
    assert cli("verify", str(suite), "--allow-imports")[0] == 1


def test_a_defect_is_one_line_and_exit_code_3(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ncproofs.doctor.examine", lambda: 1 / 0)
    monkeypatch.delenv("NCPROOFS_DEBUG", raising=False)
    code, _, err = cli("doctor")
    assert code == 3 and err.count("\n") == 1 and "ZeroDivisionError" in err and "NCPROOFS_DEBUG=1" in err
    monkeypatch.setenv("NCPROOFS_DEBUG", "1")
    assert "Traceback" in cli("doctor")[2]


def test_interruption_is_130(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ncproofs.doctor.examine", interrupt)
    assert cli("doctor")[0] == 130


def test_no_colour_and_no_bar_when_not_a_terminal() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "ncproofs", "verify", "equality-case"],
        capture_output=True,
        timeout=60,
        check=True,
        env={**os.environ, "FORCE_COLOR": ""},
    )
    assert b"\x1b" not in finished.stdout + finished.stderr


def test_loss(cli: Cli, tmp_path: Path) -> None:
    code, out, _ = cli("loss", "log(S1) - t", "--json")
    truths = {row["property"].split(":")[0]: row["truth"] for row in json.loads(out)["properties"]}
    assert code == 0 and set(truths.values()) == {"holds"}
    _, out, _ = cli("loss", "S1/2 - t + 1/2", "-f", "z**2", "--json")
    assert json.loads(out)["properties"][0]["truth"] == "fails"
    _, out, _ = cli("loss", "log(S1) - t + (1/K)*(1 - exp(t)/S1)**2", "--json")  # no function of ell alone
    assert json.loads(out)["properties"][0]["truth"] == "holds"
    path = tmp_path / "mine.toml"
    path.write_text('phi = "log(S1) - t"\n', encoding="utf-8")
    code, out, _ = cli("loss", str(path), "-K", "3", "-d", "3", "--lambda-W", "1/100", "--lambda-H", "1/100")
    assert code == 0 and "simplex ETF" in out
    path.write_text('fi = "log(S1) - t"\n', encoding="utf-8")
    assert cli("loss", str(path))[0] == 2


def test_doctor(cli: Cli) -> None:
    code, out, _ = cli("doctor")
    assert code == 0 and "python-flint" in out and "no mpmath iv" in out
    assert all(
        finding["state"] in ("ok", "absent") for finding in json.loads(cli("doctor", "--json")[1])["findings"]
    )


def test_derive_takes_a_loss_as_loss_does(cli: Cli, tmp_path: Path) -> None:
    text = "log(S1) - t + (1 - exp(t)/S1)/3"
    file = tmp_path / "mine.toml"
    file.write_text(f'phi = "{text}"\nname = "mine"\n', encoding="utf-8")
    for loss in (text, str(file)):
        code, out, _ = cli("derive", "objective", "--loss", loss)
        assert code == 0 and "steps proved" in out
    assert cli("derive", "collapse-optimum", "--loss", "log(S1) - t", "-K", "3", "-d", "3")[0] == 0
    code, _, err = cli("derive", "objective", "--loss", "nonsense")
    assert code == 2 and "no loss 'nonsense'" in err


def test_derive(cli: Cli) -> None:
    code, out, _ = cli("derive", "objective", "--loss", "cross_entropy")
    assert code == 0 and len(out.splitlines()) > 5
    assert "\\documentclass" in cli("derive", "objective", "--format", "latex", "--standalone")[1]
    assert isinstance(json.loads(cli("derive", "objective", "--format", "json")[1]), dict)
