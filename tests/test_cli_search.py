"""``ncproofs search``: tables, exit codes, replay, files that go on, interruptions, figures."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ncproofs.cli import main
from ncproofs.cli.search import _METHODS
from ncproofs.critical.seekers import METHODS

Cli = Callable[..., tuple[int, str, str]]
SIZES = ["-K", "3", "-d", "3", "--lambda-W", "1/60", "--lambda-H", "1/100"]
RIDGE = ["search", "ridge", *SIZES]
LABELS = ["search", "multilabel", "-K", "3", "-d", "2", *SIZES[4:], "--counts", "1:1,2:1"]
SPURIOUS = ["search", "ridge", "-K", "4", "-d", "1", "--lambda-W", "1/400", "--lambda-H", "1/400"]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_inside_the_theorem_there_are_no_violations(cli: Cli) -> None:
    code, out, err = cli(*RIDGE, "--count", "21")
    assert code == 0
    assert "21 starts (seed 0)" in out
    assert "theorem benign-landscape" in out
    assert "0 violations among" in out
    assert "least negative curvature first" in out
    assert "start 0: index" in err


def test_results_do_not_depend_on_processes(cli: Cli) -> None:
    alone, together = cli(*RIDGE, "--count", "9", "--json"), cli(*RIDGE, "--count", "9", "--json", "--jobs", "2")
    assert alone[:2] == together[:2]


def test_a_counterexample_comes_with_the_command_that_finds_it_again(cli: Cli) -> None:
    code, out, _ = cli(*SPURIOUS, "--count", "40", "--method", "descent", "--method", "escape")
    assert code == 1
    assert "counterexample: a strict local minimum modulo symmetry (index 0, nullity 0 = 0 symmetries)" in out
    assert "value >= 0.69377025852" in out and "value <= 0.57918026321" in out
    (replay,) = [line.split("again: ")[1] for line in out.splitlines() if "again: " in line]
    code, again, _ = cli(*shlex.split(replay)[1:])
    assert code == 1
    assert [line for line in again.splitlines() if "counterexample: " in line] == [
        line for line in out.splitlines() if "counterexample: " in line]


def test_json_has_the_counts_the_points_and_the_counterexamples(cli: Cli) -> None:
    code, out, _ = cli(*SPURIOUS, "--count", "40", "--method", "descent", "--method", "escape", "--json")
    record = json.loads(out)
    assert code == 1
    assert (record["schema"], record["candidates"], record["interrupted"]) == (1, 40, False)
    assert record["distinct"] == len(record["points"]) == record["certified"] + record["undecided"]
    (found,) = record["counterexamples"]
    assert found["replay"].startswith("ncproofs search ridge --loss cross_entropy -K 4")
    place = next(point for point in record["points"] if point["number"] == found["start"])
    assert (place["index"], place["nullity"], place["excess_nullity"]) == (0, 0, 0)
    assert place["value"]["rigor"] == "enclosed"


def test_nothing_certified_is_undecided(cli: Cli) -> None:
    """The squared error on spheres at tau > 1: the exact fits are a continuum that no closed form covers."""
    code, out, _ = cli("search", "sphere", "--loss", "mean_squared", "-K", "3", "-d", "4", "--tau", "3",
                       "--method", "descent", "--count", "2")
    assert code == 4
    assert "undecided, degenerate:" in out


WRONG_INPUT = {
    "d = 0": (["search", "ridge", "-K", "3", "-d", "0", *SIZES[4:]], "d >= 1 is needed"),
    "d = 1 on spheres": (["search", "sphere", "-K", "3", "-d", "1", "--tau", "1"], "d >= 2 is needed"),
    "K = 1": (["search", "ridge", "-K", "1", "-d", "3", *SIZES[4:]], "K >= 2 is needed"),
    "K is not whole": (["search", "ridge", "-K", "5/2", "-d", "3", *SIZES[4:]], "K >= 2 is needed"),
    "count 0": ([*RIDGE, "--count", "0"], "--count"),
    "seed -1": ([*RIDGE, "--seed", "-1"], "--seed"),
    "a method that is not there": ([*RIDGE, "--method", "annealing"], "--method"),
    "only a word": ([*RIDGE, "--only", "first"], "such as 17,4"),
    "only nothing": ([*RIDGE, "--only", ""], "such as 17,4"),
    "only too many": ([*RIDGE, "--only", ",".join(map(str, range(1001)))], "at most 1000"),
    "a figure of another kind": ([*RIDGE, "--plot", "points.jpg"], ".svg, .png, .pdf"),
    "a folder that is not there": ([*RIDGE, "--out", "no/such/folder/points.jsonl"], "writable folder"),
    "too large": (["search", "sphere", "-K", "20", "-d", "30", "-n", "5", "--tau", "1"], "at most 700"),
    "unknown loss": ([*RIDGE, "--loss", "hinge"], "hinge"),
    "a number of 401 digits": (
        ["search", "sphere", "-K", "3", "-d", "3", "--tau", "1e400"], "tau=100000000000...000 (401 digits) given"),
    "weights beyond floats": (["search", "ridge", "-K", "3", "-d", "3", "--lambda-W", "1e400", "--lambda-H", "1"],
                              "from 1e-100 to 1e100"),
    "label sets without any": ([*LABELS[:6], *SIZES[4:]], "--counts needed"),
    "label sets with another loss": ([*LABELS, "--loss", "focal(2)"], "needs pick_all_label"),
    "temperature zero": (["search", "sphere", "-K", "3", "-d", "3", "--tau", "0"], "tau > 0 is needed"),
}


@pytest.mark.parametrize("name", WRONG_INPUT)
def test_wrong_input_is_one_line_and_exit_code_2(name: str, cli: Cli) -> None:
    arguments, reason = WRONG_INPUT[name]
    code, out, err = cli(*arguments)
    assert code == 2
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert reason in err


def test_a_loss_of_ones_own_in_two_processes(cli: Cli) -> None:
    code, out, _ = cli(*RIDGE, "--loss", "log(S1) - t + 1 - exp(t)/S1", "--count", "7", "--jobs", "2")
    assert code == 0
    assert "0 violations among" in out  # convex in the logits and shift invariant, which is certified


def test_a_file_goes_on_with_the_same_arguments(cli: Cli, tmp_path: Path) -> None:
    path = str(tmp_path / "points.jsonl")
    cli(*RIDGE, "--count", "6", "--out", path)
    size = len(Path(path).read_text(encoding="utf-8").splitlines())
    _, out, err = cli(*RIDGE, "--count", "9", "--out", path)
    assert "6 of 9 starts are in" in err
    assert "9 starts (seed 0)" in out
    lines = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    assert len(lines) > size
    assert sorted(line["number"] for line in lines if line["kind"] == "start") == list(range(9))
    points = [line["number"] for line in lines if line["kind"] == "point"]
    assert len(points) == len(set(points))
    assert out == cli(*RIDGE, "--count", "9")[1]
    code, _, err = cli(*RIDGE, "--seed", "1", "--out", path)
    assert code == 2 and "another search" in err


def test_label_sets_from_a_file(cli: Cli, tmp_path: Path) -> None:
    sets, points = tmp_path / "sets.txt", str(tmp_path / "points.jsonl")
    sets.write_text("1\n2\n1 3\n2\n1 2 3\n", encoding="utf-8")
    call = ["search", "multilabel", "--labels", str(sets), *SIZES[4:], "--lambda-b", "0"]
    code, out, _ = cli(*call, "--count", "8", "--jobs", "2", "--out", points)
    assert code == 0 and "0 violations among" in out and "theorem multilabel-landscape" in out
    _, again, err = cli(*call, "--count", "8", "--out", points, "--certificates", str(tmp_path / "certificates"))
    assert again == out and "8 of 8 starts are in" in err
    files = list((tmp_path / "certificates").iterdir())
    assert f"{len(files)} certificates written" in err and "without a certificate" not in err
    code, out, _ = cli("check", str(tmp_path / "certificates"))
    assert code == 0 and out.count("label/critical-point/1") == len(files) > 2


def test_a_spurious_minimum_with_label_sets_is_found_again(cli: Cli) -> None:
    code, out, _ = cli("search", "multilabel", "-K", "4", "-d", "2", "--counts", "1:1,2:1", "--lambda-W", "1/200",
                       "--lambda-H", "1/200", "--count", "20", "--method", "descent")
    assert code == 1 and "value >= 1.32603422523" in out
    (replay,) = [line.split("again: ")[1] for line in out.splitlines() if "again: " in line]
    code, again, _ = cli(*shlex.split(replay)[1:])
    assert code == 1 and "value >= 1.32603422523" in again


@pytest.mark.parametrize("whole_group", [False, True])
def test_workers_end_with_an_interruption_and_the_search_goes_on(tmp_path: Path, *, whole_group: bool) -> None:
    """Ctrl-C on a terminal reaches the whole process group, ``kill -INT`` the parent alone."""
    path = tmp_path / "points.jsonl"
    command = [sys.executable, "-m", "ncproofs", *RIDGE, "--count", "100000", "--jobs", "2", "--out", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}, start_new_session=True)
    assert process.stderr is not None
    process.stderr.readline()  # the first point
    os.killpg(process.pid, signal.SIGINT) if whole_group else process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)  # returns only when no worker holds the pipes any more
    assert process.returncode == 130
    assert "Traceback" not in err and "a rerun goes on from" in err
    kept = path.read_bytes()
    done = sum(json.loads(line)["kind"] == "start" for line in kept.splitlines()[1:])
    again = subprocess.run([*command[:-5], "5", *command[-4:]], capture_output=True, text=True, timeout=120,
                           env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}, check=False)
    assert again.returncode == 0 and done >= 1
    assert "starts are in" in again.stderr and path.read_bytes().startswith(kept)


def test_an_interruption_keeps_what_was_finished(tmp_path: Path) -> None:
    path = tmp_path / "points.jsonl"
    command = [sys.executable, "-m", "ncproofs", *RIDGE, "--count", "100000", "--out", str(path)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    process.stderr.readline()  # the first point
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "interrupted; what was finished is reported, and a rerun goes on from" in err
    assert "converged to" in out
    starts = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    assert starts and starts[0]["kind"] == "start"


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_the_figure_is_drawn_and_is_the_same_every_time(suffix: str, cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is an optional dependency: pip install 'ncproofs[plot]'")
    paths = [tmp_path / f"{name}.{suffix}" for name in "ab"]
    for path in paths:
        assert cli(*RIDGE, "--count", "9", "--plot", str(path))[0] == 0
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    assert len(first) > 5000
    assert first.startswith(b"\x89PNG" if suffix == "png" else b"<?xml")
    if suffix == "svg":
        assert b"index of the Hessian" in first or b"<svg" in first


def test_without_matplotlib_the_message_says_what_to_install(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, out, err = cli(*RIDGE, "--plot", "points.svg")
    assert code == 2 and out == ""
    assert "pip install 'ncproofs[plot]'" in err


def test_the_methods_of_the_command_line_are_those_of_the_library() -> None:
    assert tuple(METHODS) == _METHODS


def test_certificates_are_written_and_accepted(cli: Cli, tmp_path: Path) -> None:
    from ncproofs.proof.checker import check

    folder = tmp_path / "certificates"
    code, _, err = cli(*SPURIOUS, "--count", "40", "--method", "descent", "--method", "escape",
                       "--certificates", str(folder))
    files = sorted(folder.glob("*.json"))
    assert code == 1
    assert f"{len(files)} certificates written to" in err and len(files) >= 2
    assert all(check(path.read_bytes())[0] == "accepted" for path in files)
    rivals = [json.loads(path.read_bytes())["statement"]["rival"] for path in files]
    assert sum(rival is not None for rival in rivals) == 1
    code, _, err = cli(*RIDGE, "--count", "1", "--certificates", str(files[0]))
    assert code == 2 and "Error" not in err


def test_boxes_make_no_claim_of_existence(cli: Cli, tmp_path: Path) -> None:
    from ncproofs.proof.checker import check

    kinds = []
    for flags in ([], ["--boxes"]):
        folder = tmp_path / f"certificates{len(flags)}"
        code, _, _ = cli(*RIDGE, "--count", "8", "--certificates", str(folder), *flags)
        files = sorted(folder.glob("*.json"))
        assert code == 0 and files and all(check(path.read_bytes())[0] == "accepted" for path in files)
        kinds.append({json.loads(path.read_bytes())["statement"]["kind"] for path in files})
    # A minimum has no direction of negative curvature, so that its certificate stays.
    assert kinds == [{"ridge/critical-point/1"}, {"ridge/critical-point/1", "ridge/saddle-box/1"}]
