"""``ncproofs optimum network`` and ``show network``: answers, JSON, errors in one line."""

from __future__ import annotations

import builtins
import json
from fractions import Fraction
from typing import Any

import pytest

from ncproofs.cli import main
from ncproofs.report.catalogue_text import family_lines

PLANE = '{"X": [[1, 2], [-2, 1], [3, -1]], "Y": [1, -2, 3]}'
POINTS = '{"x": [-1, 0, 2, 3, 5], "y": [0, 1, -1, 2, 2]}'


@pytest.fixture
def ask(tmp_path, capsys):
    """Run the command on data written to a file; the exit code, stdout and stderr."""

    def run(kind: str, text: str, *options: str, name: str = "data.json") -> tuple[int, str, str]:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        code = main(["optimum", "network", "--kind", kind, "--data", str(path), *options])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


ANSWERS: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "linear": ("linear", PLANE, ("--beta", "1/2"), "rank one"),
    "deep": ("deep-linear", PLANE, ("--beta", "1/2", "--layers", "3"), "no strong duality"),
    "deep, unit": ("deep-linear", PLANE, ("--beta", "1/2", "--layers", "3", "--normalisation", "unit"), "rank one"),
    "ReLU": ("relu", PLANE, ("--beta", "0.5"), "finite convex program"),
    "spline": ("spline", POINTS, (), "flat ends"),
    "batchnorm": ("batchnorm", '{"counts": [4, 3, 1]}', ("--beta", "6/5"), "minority collapse"),
}


@pytest.mark.parametrize(("kind", "text", "options", "regime"), ANSWERS.values(), ids=ANSWERS)
def test_answers(ask, kind, text, options, regime):
    code, out, err = ask(kind, text, *options)
    assert code == 0 and f"regime: {regime}" in out and "objective" in out and "neuron 1:" in out and not err


@pytest.mark.parametrize(("kind", "text", "options", "regime"), ANSWERS.values(), ids=ANSWERS)
def test_json(ask, kind, text, options, regime):
    code, out, _ = ask(kind, text, *options, "--json", "--digits", "40")
    record = json.loads(out)
    assert code == 0 and record["schema"] == 1 and record["truth"] == "holds" and record["regime"] == regime
    assert record["problem"]["family"] == "network" and record["problem"]["kind"] == kind
    assert {"objective", "dual", "gap", "rank"} <= set(record["quantities"])
    objective = record["quantities"]["objective"]
    lower, upper = Fraction(objective["lower"]), Fraction(objective["upper"])
    assert lower <= upper and (upper - lower) * 10**40 <= lower
    for neuron in record["neurons"]:
        assert set(neuron) == {"w", "middle", "bias", "out"} and set(neuron["w"][0]) == {"lower", "upper", "rigor"}


def test_the_weights_in_the_json_make_the_network(ask):
    """Read back from decimals, they have the objective: half the squared error plus weight decay."""
    _, out, _ = ask("relu", PLANE, "--beta", "1/2", "--json")
    record = json.loads(out)
    total = 0.0
    for row, target in zip(record["problem"]["data"]["X"], record["problem"]["data"]["Y"], strict=True):
        f = sum(
            float(neuron["out"][0]["lower"])
            * max(sum(float(x) * float(w["lower"]) for x, w in zip(row, neuron["w"], strict=True)), 0)
            for neuron in record["neurons"]
        )
        total += (f - float(target[0])) ** 2 / 2
    decay = sum(float(entry["lower"]) ** 2 for neuron in record["neurons"] for entry in (*neuron["w"], *neuron["out"]))
    assert abs(total + decay / 4 - float(record["quantities"]["objective"]["lower"])) < 1e-12


def test_csv(ask):
    code, out, _ = ask("relu", "x1,x2,y\n1,2,0.25\n-2,1,-2\n", "--beta", "1/2", name="data.csv")
    assert code == 0 and "Y=[1/4; -2]" in out


def test_bounds_that_do_not_meet_are_undecided(ask):
    code, out, _ = ask("batchnorm", '{"labels": [0, 0, 1], "A": [[1], [2], [4]]}', "--beta", "1/2")
    assert code == 4 and "regime: bounds only" in out


WRONG: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "not whitened where it must be": ("relu", PLANE, ("--beta", "1", "--layers", "3"), "X X^T = I"),
    "an x twice": ("spline", '{"x": [0, 0], "y": [1, 2]}', (), "x=0 is given twice"),
    "beta zero": ("relu", PLANE, ("--beta", "0"), "beta > 0 is needed"),
    "beta negative": ("relu", PLANE, ("--beta", "-1"), "beta > 0 is needed"),
    "beta no number": ("relu", PLANE, ("--beta", "nan"), "not an exact number"),
    "beta missing": ("relu", PLANE, (), "needs beta > 0"),
    "beta for a spline": ("spline", POINTS, ("--beta", "1"), "leave beta out"),
    "data that are not whitened": ("relu", '{"X": [[1, 1], [0, 1]], "Y": [[1, 2], [2, 1]]}', ("--beta", "1"),
                                   "entry (1, 1) of X X^T is 2, but several outputs need X X^T = I"),
    "more samples than dimensions": ("relu", '{"X": [[1], [2]], "Y": [1, 2]}', ("--beta", "1", "--layers", "3"),
                                     "n=2 > d=1, but a deep ReLU network"),
    "an empty class": ("batchnorm", '{"Y": [[1, 0], [1, 0]]}', ("--beta", "1"), "class 2 of 2 is empty"),
    "ragged CSV": ("relu", "x1,y\n1\n", ("--beta", "1"), "line 2 has 1 cells"),
    "NaN": ("spline", '{"x": [0, NaN], "y": [1, 2]}', (), "NaN is not a number"),
    "a float": ("spline", '{"x": [0, 0.5], "y": [1, 2]}', (), '0.5 is a JSON float; write it in quotes'),
    "a key twice": ("spline", '{"x": [0, 1], "x": [0, 1], "y": [1, 2]}', (), "given twice"),
    "layers missing": ("deep-linear", PLANE, ("--beta", "1"), "--layers 3"),
    "layers for two": ("linear", PLANE, ("--beta", "1", "--layers", "3"), "deep-linear"),
    "a plot of a ReLU network": ("relu", PLANE, ("--beta", "1", "--plot", "x.png"), "only a spline"),
    "a plot of no format": ("spline", POINTS, ("--plot", "x.bmp"), "ends in .png"),
    "other data": ("spline", PLANE, (), "needs x and y"),
}


@pytest.mark.parametrize(("kind", "text", "options", "said"), WRONG.values(), ids=WRONG)
def test_wrong_input_is_one_line(ask, kind, text, options, said):
    code, out, err = ask(kind, text, *options)
    assert code == 2 and not out and said in err and len(err.strip().splitlines()) == 1


def test_a_missing_file_is_one_line(capsys):
    assert main(["optimum", "network", "--kind", "spline", "--data", "nowhere.json"]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_show_explains_kinds_formats_and_quantities(capsys):
    assert main(["show", "network"]) == 0
    out = capsys.readouterr().out
    for word in ("linear", "deep-linear", "relu", "spline", "batchnorm", "JSON", "CSV", "objective", "gap", "rank"):
        assert word in out
    assert all(len(line) <= 140 for line in family_lines("network"))


def test_a_plot_without_matplotlib_says_what_to_install(ask, monkeypatch, tmp_path):
    real = builtins.__import__

    def without(name: str, *arguments: Any, **options: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    code, _, err = ask("spline", POINTS, "--plot", str(tmp_path / "spline.png"))
    assert code == 2 and "install ncproofs[plot]" in err


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_plot_is_drawn(ask, tmp_path, ending):
    pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    path = tmp_path / f"spline.{ending}"
    assert ask("spline", POINTS, "--plot", str(path))[0] == 0
    assert path.stat().st_size > 1000
    assert "cannot be written" in ask("spline", POINTS, "--plot", str(tmp_path / "no" / "such.png"))[2]
