"""``ncproofs optimum layered`` and the theorems about layers from the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from ncproofs.cli import main

Cli = Callable[..., tuple[int, str, str]]
DEEP = ["optimum", "layered", "--layers", "2", "-K", "3", "-n", "2", "--lambdas", "3/100,1/20", "--lambda-H", "1/50"]
RELU = ["optimum", "layered", "--layers", "2", "-K", "6", "--lambdas", "1/15,1/15", "--lambda-H", "1/15", "--relu"]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def changed(option: str, value: str) -> list[str]:
    arguments = list(DEEP)
    arguments[arguments.index(option) + 1] = value
    return arguments


def test_json_has_the_shape_of_every_optimum(cli: Cli) -> None:
    code, out, _ = cli(*DEEP, "--json", "--digits", "40", "--critical-points", "--spectrum", "--rank", "1")
    record = json.loads(out)
    assert code == 0
    assert set(record) == {"schema", "problem", "truth", "rigor", "regime", "geometry", "quantities", "holes", "axioms",
                           "because", "notes", "spectrum", "critical_points"}
    assert record["schema"] == 1 and record["problem"]["family"] == "layered"
    assert record["problem"]["lambdas"] == "3/100,1/20" and record["problem"]["class_sizes"] == "none"
    assert (record["truth"], record["rigor"], record["regime"]) == ("holds", "exact", "orthogonal frame")
    sigma = record["quantities"]["sigma_plus"]
    assert sigma["lower"].startswith("0.8773164757869147319421740388559137448")
    width = Fraction(sigma["upper"]) - Fraction(sigma["lower"])
    assert 0 < width < Fraction(1, 10**40)
    assert sum(row["multiplicity"] for row in record["spectrum"]) == 36
    points = {(p["plus"], p["minus"]): p for p in record["critical_points"]}
    assert len(points) == 10 and points[3, 0]["kind"] == "global minimum"
    assert points[0, 0]["kind"] == "local minimum" and points[1, 2]["negative"] == 3
    assert any("1 directions with sigma_plus" in note for note in record["notes"])


def test_points_of_several_groups(cli: Cli) -> None:
    code, out, _ = cli(*DEEP, "--lambda-b", "1", "--digits", "8", "--critical-points")
    assert code == 0 and "one number for each group: class, mean" in out
    assert re.search(r" 2,1  0,0 +0 +\d+ .* global minimum", out) and re.search(r" 1,1  0,0 .* strict saddle", out)
    sizes = ["optimum", "layered", "--layers", "2", "--class-sizes", "9,4,1", "--lambdas", "1/30,1/30", "--lambda-H",
             "1/30", "--critical-points", "--spectrum", "--rank", "1,1,0", "--minus", "0,0,1", "--json"]
    record = json.loads(cli(*sizes)[1])
    assert len(record["critical_points"]) == 27
    assert record["critical_points"][0]["modes"][0] == {"mode": "n9", "plus": 0, "minus": 0}
    assert any("at 1,1,0 directions with sigma_plus and 0,0,1" in note for note in record["notes"])
    assert sum(row["multiplicity"] for row in record["spectrum"]) == 3 * 3 + 3 * 3 + 3 * 14


def test_text(cli: Cli) -> None:
    code, out, _ = cli(*DEEP, "--digits", "10", "--critical-points")
    assert code == 0
    assert "holds  exact  regime: orthogonal frame" in out
    assert re.search("kappa_power +0.00162 \\(exactly\\)", out)
    assert "spurious local minima: zero and the points of rank 1 to 2" in out
    assert "global minimum" in out and "strict saddle" in out


EXITS = {
    "certified": (DEEP, 0, "holds  exact"),
    "beaten with a ReLU": (RELU, 1, "circ(1,1,0,-1,-1,0)"),
    "open with a ReLU": ([*RELU[:5], "3", *RELU[6:]], 4, "hypothesis NN"),
    "class sizes alone": (["optimum", "layered", "--layers", "2", "--class-sizes", "9,4,1", "--lambdas", "1/10,1/10",
                           "--lambda-H", "1/10"], 0, "minority collapse"),
    "a bias": ([*DEEP, "--lambda-b", "1"], 0, "intermediate"),
    "widths": ([*DEEP, "-d", "5,2"], 0, "rank-deficient frame"),
    "the spectrum at sigma_minus": ([*DEEP, "--spectrum", "--minus", "1"], 0, "minus, symmetric"),
}


@pytest.mark.parametrize(("arguments", "code", "said"), EXITS.values(), ids=EXITS)
def test_exit_codes(cli: Cli, arguments: list[str], code: int, said: str) -> None:
    found, out, err = cli(*arguments)
    assert found == code and said in out and err == ""


WRONG = {
    "no layers": (changed("--layers", "0"), "layers >= 1 is needed"),
    "too few weights": (changed("--lambdas", "1/100"), "1 lambdas given for 2 layers"),
    "a zero weight": (changed("--lambdas", "0,1"), "lambda_1 > 0"),
    "a word": (changed("--lambda-H", "small"), "is not an exact number"),
    "one class": (changed("-K", "1"), "K >= 2"),
    "an empty class": ([*changed("-n", "1"), "--class-sizes", "1,0,2"], "n_2 >= 1"),
    "class sizes and K differ": ([*changed("-n", "1"), "--class-sizes", "1,2"], "2 class sizes given for K=3"),
    "unequal classes with a bias": ([*changed("-n", "1"), "--class-sizes", "1,2,3", "--lambda-b", "1"],
                                    "no closed form is known"),
    "a width of zero": ([*DEEP, "-d", "0"], "d_1 >= 1"),
    "a rank for two groups where there is one": ([*DEEP, "--spectrum", "--rank", "1,2"], "given for 1 group of"),
    "relu with a bias": ([*RELU, "--lambda-b", "1"], "write lambda_b=none"),
    "relu spectrum": ([*RELU, "--spectrum"], "linear model"),
    "one rank for two groups": ([*DEEP, "--lambda-b", "1", "--spectrum", "--rank", "2"],
                                "how many of each: class, mean"),
    "a rank that is not there": ([*DEEP, "--spectrum", "--rank", "4"], "the rank is at most 3"),
    "a rank that is no number": ([*DEEP, "--spectrum", "--rank", "1,,2"], "one whole number for each group"),
    "a rank without a spectrum": ([*DEEP, "--rank", "1"], "add --spectrum"),
    "a negative rank": ([*DEEP, "--spectrum", "--rank", "-1"], "--rank"),
    "what is needed": (["optimum", "layered", "-K", "3"], "missing --layers, --lambdas, --lambda-H"),
    "digits": ([*DEEP, "--digits", "0"], "--digits"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG)
def test_wrong_input_is_one_line(cli: Cli, arguments: list[str], said: str) -> None:
    code, out, err = cli(*arguments)
    assert code == 2 and out == ""
    assert err.startswith("error: ") and err.count("\n") == 1 and said in err


def test_words(cli: Cli) -> None:
    code, out, _ = cli("show", "layered")
    assert code == 0
    names = set(json.loads(cli(*DEEP, "--json")[1])["quantities"])
    for name in names - {"alpha", "beta"}:
        assert name.rstrip("12").rstrip("_") in out, name
    for regime in ("orthogonal frame", "collapse", "intermediate", "minority collapse", "tie", "trivial"):
        assert f"  {regime} " in out
    code, out, _ = cli("show", "layered-relu")
    assert code == 0 and "corrected" in out and "K = 3 and 4" in out


def test_a_theorem_on_a_grid(cli: Cli) -> None:
    code, out, _ = cli("verify", "layered-optimum", "-K", "2:3", "--set", "layers=3", "--set",
                       "lambdas=1/50,1/40,1/30", "--jobs", "1")
    assert code == 0 and "2 of 2 instances" in out
    code, out, _ = cli("verify", "layered-benign", "-K", "2", "--jobs", "1")
    assert code == 1 and "layered-benign" in out  # two layers by default: not benign


def test_a_suite_of_layers(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "layers.toml"
    path.write_text(
        '[[check]]\ntheorem = "layered-imbalance"\nfamily = "layered"\nlayers = [1, 2]\nK = 3\n'
        'lambdas = ["1/9", "1/9 1/8"]\nlambda_H = "1/9"\nclass_sizes = "3,2,1"\n', encoding="utf-8")
    code, _, err = cli("verify", str(path), "--jobs", "1")
    assert code == 2 and "2 lambdas given for 1 layers" in err
    path.write_text(path.read_text(encoding="utf-8").replace("[1, 2]", "2").replace('"1/9", ', ""), encoding="utf-8")
    code, out, _ = cli("verify", str(path), "--jobs", "1")
    assert code == 0 and "certified on 1 of 1" in out
