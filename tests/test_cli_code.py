"""``ncproofs optimum code``: answers, files, pictures, and one line for wrong input."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from ncproofs.cli import main
from ncproofs.report.catalogue_text import FAMILIES

Cli = Callable[..., tuple[int, str, str]]
SMALL = ["optimum", "code", "-K", "8", "-d", "3", "--starts", "6"]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    def call(*arguments: object) -> tuple[int, str, str]:
        code = main([str(a) for a in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_a_proved_code_as_json(cli: Cli) -> None:
    code, out, _ = cli("optimum", "code", "-K", 240, "-d", 8, "--json")
    record = json.loads(out)
    assert code == 0 and record["schema"] == 1 and record["problem"] == {"family": "code", "K": "240", "d": "8"}
    assert record["truth"] == "holds" and record["rigor"] == "exact" and record["status"] == "proved optimal"
    assert record["exact"]["margin"] == "1/2" and len(record["contacts"]) == 6720 and record["rattlers"] == []


def test_a_bounded_code_as_json_and_text(cli: Cli) -> None:
    code, out, _ = cli(*SMALL, "--json")
    record = json.loads(out)
    assert code == 4 and record["truth"] == "undecided" and record["status"].startswith("strict local optimum")
    margin = record["quantities"]["margin"]
    assert Fraction(margin["lower"]) < Fraction("0.73879612503625856") < Fraction(margin["upper"])
    assert len(record["contacts"]) == 16 and len(record["coordinates"]) == 8
    code, out, _ = cli(*SMALL)
    assert code == 4 and "7c^2 + 2c - 1" in out and "not here: Schutte" in out and "contacts" in out


def test_every_quantity_and_regime_is_explained(cli: Cli, tmp_path: Path) -> None:
    _, _, quantities, regimes = FAMILIES["code"]
    points = tmp_path / "p.txt"
    points.write_text("1 0\n0 1\n-1 0\n", encoding="utf-8")
    for arguments in (SMALL, ["optimum", "code", "-K", "3", "-d", "2"], ["optimum", "code", "-K", "5", "-d", "1"],
                      ["optimum", "code", "-K", "3", "-d", "2", "--points", points]):
        record = json.loads(cli(*arguments, "--json")[1])
        assert {name.partition("[")[0] for name in record["quantities"]} <= {n.partition("[")[0] for n in quantities}
        assert record["regime"] in regimes
    code, out, _ = cli("show", "code")
    assert code == 0 and "rho*" in out and "contacts" in out


def test_coordinates_go_out_and_come_back(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "code.txt"
    assert cli(*SMALL, "--digits", 50, "--out", path)[0] == 4
    assert len(path.read_text(encoding="utf-8").split()) == 24
    code, out, _ = cli("optimum", "code", "-K", 8, "-d", 3, "--points", path, "--json")
    record = json.loads(out)
    assert code == 0 and record["regime"] == "points of one length up to rounding"
    assert len(record["contacts"]) == 16 and 0 < Fraction(record["contacts_within"]) <= Fraction("1e-48")
    assert record["exact"]["margin_sq"] and "precision of the table" in record["notes"][0]
    bound = Fraction(record["quantities"]["unit_margin_bound"]["lower"])
    assert Fraction("0.738796125036258557485231793082") < bound < Fraction("0.738796125036258557485231793083")


def test_a_rounded_table_is_polished(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    assert cli(*SMALL, "--digits", 12, "--out", path)[0] == 4
    where = ["optimum", "code", "-K", 8, "-d", 3, "--points", path]
    record = json.loads(cli(*where, "--json")[1])
    assert len(record["contacts"]) == 16 and 0 < Fraction(record["contacts_within"]) <= Fraction("1e-10")
    code, out, _ = cli(*where, "--polish", "--digits", 40, "--json")
    record = json.loads(out)
    assert code == 4 and record["status"].startswith("strict local optimum") and record["contacts_within"] == "0"
    assert record["exact"]["cosine"] == "a zero of 7c^2 + 2c - 1" and len(record["contacts"]) == 16
    assert any("moves by at most" in note for note in record["notes"])
    out_path = tmp_path / "polished.txt"
    assert cli(*where, "--polish", "--out", out_path)[0] == 4 and len(out_path.read_text().split()) == 24


def test_points_of_different_lengths_say_so(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    path.write_text("3 0\n0 1/2\n-1 -1\n", encoding="utf-8")
    code, out, _ = cli("optimum", "code", "-K", 3, "-d", 2, "--points", path, "--json")
    record = json.loads(out)
    assert code == 0 and record["regime"] == "points of different lengths" and "not unit vectors" in record["notes"][0]
    assert record["exact"]["margin_sq"] == "25/17"  # from (0, 1/2) to the line of the others
    value = record["quantities"]["unit_margin"]
    low, high = Fraction(value["lower"]), Fraction(value["upper"])
    assert 0 < high - low < Fraction(1, 10**28)
    assert low > Fraction(record["quantities"]["unit_margin_bound"]["lower"])


def test_a_code_of_its_own_comes_back_with_its_contacts(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "ico.txt"
    assert cli("optimum", "code", "-K", 12, "-d", 3, "--out", path)[0] == 0
    code, out, _ = cli("optimum", "code", "-K", 12, "-d", 3, "--points", path)
    assert code == 0 and "contacts           30 (equal within 1e-29)" in out
    code, out, _ = cli("optimum", "code", "-K", 12, "-d", 3, "--points", path, "--polish")
    assert code == 0 and "proved optimal" in out and "contacts  30\n" in out


def test_the_literature_is_not_quoted_for_another_code(cli: Cli) -> None:
    code, out, _ = cli("optimum", "code", "-K", 13, "-d", 3, "--seed", 1, "--starts", 1)
    assert code == 4 and "best code known to us has margin 0.4573635132" in out and "by 1 start from" in out
    assert "note: proved optimal in the literature" not in out


def test_a_long_search_says_how_far_it_is(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli(*SMALL)[2] == ""
    monkeypatch.setattr("ncproofs.cli.code._SLOW", 24)
    code, out, err = cli(*SMALL)
    assert code == 4 and "start 1 of 6" in err and "start 6 of 6" in err and "start 1 of" not in out


@pytest.mark.parametrize("size", ["1e200", "1e400", "1e-400"])
def test_sizes_beyond_doubles(size: str, cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    path.write_text(f"\ufeff{size} 0\n0 {size}\n-{size} 0\n", encoding="utf-8")  # as some editors write it
    for more in ((), ("--polish",)):
        code, _, err = cli("optimum", "code", "-K", 3, "-d", 2, "--points", path, *more)
        assert code == 0 and err == ""


def test_exact_margins_of_a_file(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    path.write_text("# three unit points\n1 0\n0, 1\n-3/5 -4/5\n", encoding="utf-8")
    code, out, _ = cli("optimum", "code", "-K", 3, "-d", 2, "--points", path, "--json")
    record = json.loads(out)
    assert code == 0 and record["regime"] == "unit points" and record["notes"] == []
    assert record["exact"] == {"margin_sq": "8/5", "rho_sq[1]": "8/5", "rho_sq[2]": "9/5", "rho_sq[3]": "72/25",
                               "cosine": "0"}
    path.write_text("2 0\n0 1\n-1 -0.123456789012345678901234567890123456789012345678901\n", encoding="utf-8")
    code, out, _ = cli("optimum", "code", "-K", 3, "-d", 2, "--points", path)
    assert code == 0 and "not on one sphere" in out and "digits (--json writes it)" in out


def test_pictures(cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib: pip install 'ncproofs[plot]'")
    for K, d, name in ((5, 2, "a.png"), (6, 3, "b.svg")):
        path = tmp_path / name
        assert cli("optimum", "code", "-K", K, "-d", d, "--plot", path)[0] == 0
        assert path.stat().st_size > 2000
    path = tmp_path / "p.txt"
    path.write_text("3/5 4/5\n0 1\n-1 0\n", encoding="utf-8")
    assert cli("optimum", "code", "-K", 3, "-d", 2, "--points", path, "--plot", tmp_path / "c.png")[0] == 0
    code, out, err = cli("optimum", "code", "-K", 5, "-d", 2, "--plot", tmp_path / "a.nothing")
    assert code == 2 and out == "" and "end its name in .png" in err and err.count("\n") == 1


def test_a_picture_without_matplotlib(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    code, _, err = cli("optimum", "code", "-K", 5, "-d", 2, "--plot", tmp_path / "a.png")
    assert code == 2 and "pip install 'ncproofs[plot]'" in err


WRONG = {
    "K = 1": ("-K 1 -d 3", "K >= 2 is needed"),
    "d = 0": ("-K 3 -d 0", "d >= 1 is needed"),
    "K is half": ("-K 1/2 -d 3", "whole number K"),
    "K is huge": ("-K 100000 -d 3", "at most 5000"),
    "no d": ("-K 3", "-d"),
    "no digits": ("-K 3 -d 2 --digits 0", "--digits"),
    "no starts": ("-K 7 -d 3 --starts 0", "--starts"),
    "a picture in R^4": ("-K 7 -d 4 --plot x.png", "d = 2 or d = 3"),
    "no such file": ("-K 3 -d 2 --points no/such/file", "cannot be read"),
    "a folder": ("-K 3 -d 2 --points .", "is a directory"),
    "out with points": ("-K 3 -d 2 --points {p} --out x.txt", "there is none to write"),
    "polish without points": ("-K 3 -d 2 --polish", "give them with --points"),
    "a point at 0": ("-K 3 -d 2 --points {zero}", "point 2 is the zero vector"),
    "no such folder": ("-K 3 -d 2 --out no/such/folder/x.txt", "cannot be written"),
    "ragged": ("-K 3 -d 2 --points {ragged}", "ragged"),
    "nan": ("-K 3 -d 2 --points {nan}", "the entry nan"),
    "other sizes": ("-K 4 -d 2 --points {p}", "3 lines of 2 numbers"),
    "not text": ("-K 3 -d 2 --points {binary}", "is not text"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_one_line(name: str, cli: Cli, tmp_path: Path) -> None:
    files = {"p": b"1 0\n0 1\n-1 0\n", "ragged": b"1 0\n0\n1 1\n", "nan": b"1 0\nnan 1\n1 1\n", "binary": b"\xff\xfe",
             "zero": b"1 0\n0 0\n0 1\n"}
    for key, content in files.items():
        (tmp_path / key).write_bytes(content)
    text, said = WRONG[name]
    code, out, err = cli("optimum", "code", *text.format(**{key: tmp_path / key for key in files}).split())
    assert code == 2 and out == "" and err.startswith("error: ") and err.count("\n") == 1 and said in err, err


def test_a_grid_of_codes(cli: Cli) -> None:
    code, out, _ = cli("verify", "code-exact-values", "-K", "3:4", "-d", "2, K", "--jobs", "1", "--json")
    record = json.loads(out)
    assert code == 0 and record["asked"] == 4 and "certified on 4 of 4" in record["summary"]
