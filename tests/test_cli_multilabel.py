"""``ncproofs optimum multilabel``, ``verify`` with label sets, and one line for every wrong input."""

import json
import random
from fractions import Fraction
from pathlib import Path

import pytest

from ncproofs.cli import main
from ncproofs.suite import expand, read_suite, suite_path, validate

BASE = ["optimum", "multilabel", "--lambda-W", "1/100", "--lambda-H", "1/100"]
COUNTED = [*BASE, "-K", "3", "-d", "2", "--counts", "1:2,2:1"]


@pytest.fixture
def cli(capsys):
    def call(*arguments):
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_json(cli):
    code, out, err = cli(*COUNTED, "--digits", "40", "--spectrum", "--json", "--lambda-b", "0")
    record = json.loads(out)
    assert code == 0 and err == "" and record["schema"] == 1
    assert record["problem"] == {
        "family": "multilabel",
        "loss": "pick_all_label",
        "K": "3",
        "d": "2",
        "counts": "1:2,2:1",
        "lambda_W": "1/100",
        "lambda_H": "1/100",
        "lambda_b": "0",
    }
    assert (record["truth"], record["regime"], record["holes"]) == ("holds", "collapse", [])
    assert list(record["quantities"]) == [
        "objective",
        "W_fro_sq",
        "H_fro_sq",
        "y",
        "logit_gap[1]",
        "logit_gap[2]",
        "feature_scale[1]",
        "feature_scale[2]",
        "tag_sum[1]",
        "tag_average[1]",
        "tag_sum[2]",
        "tag_average[2]",
        "bias",
    ]
    tag = record["quantities"]["tag_sum[2]"]
    reference, unit = Fraction("0.8668807253567933396125116462204198632370"), Fraction(1, 10**40)
    assert reference - unit < Fraction(tag["lower"]) < Fraction(tag["upper"]) < reference + unit
    assert sum(entry["multiplicity"] for entry in record["spectrum"]) == 2 * 12 + 3


def test_text_and_weights(cli):
    code, out, _ = cli(*COUNTED, "--weights", "2:1/2")
    assert code == 0 and "weights=2:1/2" in out and "simplex ETF" in out and "tag_average[2]" in out
    code, out, _ = cli(*COUNTED, "--loss", "pick_all_label(1)")
    assert code == 0 and "pick_all_label(1) K=3" in out


def test_label_files(cli, tmp_path: Path):
    path = tmp_path / "labels.txt"
    path.write_text("1\n2\n3\n1 3\n2 3\n1 2\n1 2\n", encoding="utf-8")
    code, out, _ = cli(*BASE, "--labels", str(path), "--lambda-b", "1/100", "--json")
    record = json.loads(out)
    value = record["quantities"]["objective"]
    assert code == 0 and record["regime"] == "bounded" and record["rigor"] == "enclosed"
    assert Fraction(value["lower"]) < Fraction("0.937430823480612250698511835590095") < Fraction(value["upper"])
    assert record["problem"]["K"] == "3" and record["problem"]["labels"] == "1; 2; 3; 1 3; 2 3; 1 2; 1 2"
    path.write_text("[[1], [2], [3]]", encoding="utf-8")
    assert cli(*BASE, "--labels", str(path))[0] == 0
    path.write_text("1\n1\n1\n2\n3\n1 2\n1 2\n2 3\n", encoding="utf-8")
    code, out, _ = cli(*BASE, "--labels", str(path), "-d", "1")
    assert code == 4 and "undecided" in out and "upper minus lower" in out


def test_counts_without_room_for_an_etf_have_bounds(cli):
    code, out, _ = cli(*BASE, "-K", "4", "-d", "2", "--counts", "1:1", "--json")
    record = json.loads(out)
    value = record["quantities"]["objective"]
    assert code == 4 and record["truth"] == "undecided" and "an ETF has no room" in record["because"]
    assert Fraction(value["lower"]) < Fraction(value["upper"])


def test_the_digits_that_are_asked_are_reached_on_long_lists(cli, tmp_path: Path):
    """K = 20 and a hundred label sets: 1539 unknowns, refined with the features eliminated."""
    generator = random.Random(7)
    lists = [generator.sample(range(1, 21), generator.choice([1, 1, 2, 3])) for _ in range(80)]
    path = tmp_path / "labels.txt"
    path.write_text("\n".join(" ".join(map(str, labels)) for labels in [*lists, *([k] for k in range(1, 21))]))
    code, out, _ = cli("optimum", "multilabel", "--lambda-W", "1/1000", "--lambda-H", "1/500", "--labels", str(path),
                       "--digits", "30", "--json")
    value = json.loads(out)["quantities"]["objective"]
    low, high = Fraction(value["lower"]), Fraction(value["upper"])
    assert code == 0 and 0 < (high - low) * 10**30 < 3 * high


WRONG = {
    "a label above K": ([*BASE, "--labels", "FILE", "-K", "2"], "has the label 3"),
    "zero counts": ([*BASE, "-K", "3", "-d", "2", "--counts", "1:0"], "zero everywhere"),
    "counts beyond K": ([*BASE, "-K", "3", "-d", "2", "--counts", "4:1"], "only K=3 classes"),
    "K = 1": ([*BASE, "-K", "1", "-d", "2", "--counts", "1:1"], "K >= 2 is needed"),
    "counts of floats": ([*BASE, "-K", "3", "-d", "2", "--counts", "1:1.5"], "whole number"),
    "no counts": ([*BASE, "-K", "3", "-d", "2"], "--counts needed"),
    "no K": ([*BASE, "-d", "2", "--counts", "1:1"], "-K needed"),
    "both": ([*COUNTED, "--labels", "FILE"], "write one of them"),
    "no file": ([*BASE, "--labels", "nothing.txt"], "cannot be read"),
    "a weight of no sample": ([*COUNTED, "--weights", "3:1/2"], "no sample has 3 labels"),
    "spectrum without room": ([*BASE, "-K", "4", "-d", "2", "--counts", "1:1", "--spectrum"], "d=2 < K - 1 = 3 leaves"),
    "a weight of 0": ([*COUNTED, "--weights", "1:0"], "weights[1] > 0 is needed"),
    "lambda 0": (
        ["optimum", "multilabel", "-K", "3", "-d", "2", "--counts", "1:1", "--lambda-W", "0", "--lambda-H", "1"],
        "lambda_W > 0 is needed",
    ),
    "another loss": ([*COUNTED, "--loss", "mean_squared"], "not pick-all-label"),
    "spectrum of an unbalanced list": ([*BASE, "--labels", "FILE", "--spectrum"], "equally often"),
    "theorem without counts": (["verify", "multilabel-threshold", "-K", "3"], "counts or labels are needed"),
    "theorem with n": (["verify", "multilabel-threshold", "-K", "3", "--counts", "1:1", "-n", "2"], "do not have"),
    "a ridge theorem with counts": (["verify", "collapse-optimum", "-K", "3", "--counts", "1:1"], "speaks of Ridge"),
    "a bad label in a grid": (["verify", "multilabel-landscape", "-K", "3", "--labels", "1; 9"], "has the label 9"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_one_line_and_exit_code_2(name, cli, tmp_path: Path):
    arguments, said = WRONG[name]
    path = tmp_path / "labels.txt"
    path.write_text("1\n3\n1 2\n", encoding="utf-8")
    code, out, err = cli(*(str(path) if part == "FILE" else part for part in arguments))
    assert code == 2 and out == "" and said in err
    assert err.startswith("error: ") and err.count("\n") == 1


def test_verify_a_theorem_on_label_sets(cli):
    code, out, _ = cli("verify", "multilabel-tag-average", "-K", "3:4", "--counts", "1:2,2:1", "--lambda-b", "1/10")
    assert code == 0 and "certified on 2 of 2" in out
    code, out, _ = cli("verify", "multilabel-equality-case", "-K", "3", "--labels", "1; 2; 3; 1 2")
    assert code == 1 and "simplex ETF has value >=" in out


def test_show_explains_the_quantities(cli):
    code, out, _ = cli("show", "multilabel")
    assert code == 0 and "tag_average[m]" in out and "collapse" in out and "bounded" in out
    assert "multilabel" in cli("list", "families")[1] and "pick_all_label" in cli("list", "losses")[1]
    assert "1/m < C_sum(m) < 1" in cli("show", "multilabel-tag-average")[1]
    assert "number of labels" not in cli("derive", "objective", "--loss", "pick_all_label")[2]


def test_the_suite_is_valid_and_has_controls():
    suite = read_suite(suite_path("multilabel"))
    jobs = expand(suite)
    validate(suite, jobs)
    assert len(jobs) > 500 and sum(job.check.control for job in jobs) == 7


def test_a_byte_order_mark_is_no_class(cli, tmp_path):
    path = tmp_path / "labels.txt"
    path.write_text("\ufeff1\n1 2\n2\n", encoding="utf-8")
    weights = ("--lambda-W", "1/100", "--lambda-H", "1/100")
    code, out, err = cli("optimum", "multilabel", "--labels", path, "-d", 2, *weights)
    assert code == 0 and err == "" and "objective" in out


def test_an_empty_sum_is_called_one(cli):
    given = ("-K", 3, "-d", 2, "--counts", "3:1", "--lambda-W", "1/100", "--lambda-H", "1/100")
    code, out, _ = cli("verify", "multilabel-scalar-system", *given)
    assert code == 1 and "the left side is an empty sum, 0 < 1/10000" in out and "below 0" not in out
