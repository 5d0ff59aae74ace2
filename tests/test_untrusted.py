"""TOML from outside: read within limits, or refused in one line that says what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from ncproofs.errors import InvalidLoss, InvalidSuite
from ncproofs.suite import expand, read_suite
from ncproofs.untrusted import TomlFloat, toml_table

REFUSED = {
    "not TOML": (b"[suite", "is not TOML"),
    "not UTF-8": (b"\xff", "is not TOML"),
    "more digits than Python reads": (b"x = " + b"1" * 5000, "is not TOML"),
    "more than 64 bits": (b"x = [{a = 0x1" + b"0" * 16 + b"}]", "more than 64 bits"),
    "a key of many parts": (b"a." * 300 + b"a = 1", "more than 200 dots"),
    "large": (b"#" * (2**20 + 1), "larger than 1048576 bytes"),
    "deep": (b"x = " + b"[" * 10**5, "is not TOML"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, tmp_path: Path) -> None:
    raw, said = REFUSED[name]
    path = tmp_path / "file.toml"
    path.write_bytes(raw)
    with pytest.raises(InvalidLoss, match=said) as caught:
        toml_table(path, InvalidLoss, "write something else")
    assert "\n" not in str(caught.value)


def test_read(tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_text(f"a = {2**63 - 1}\nb = 0.5\nc = '{'.' * 100}'\n", encoding="utf-8")
    table = toml_table(path, InvalidSuite, "")
    assert table == {"a": 2**63 - 1, "b": "0.5", "c": "." * 100}
    assert isinstance(table["b"], TomlFloat)


def test_an_absent_file_and_a_path_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidSuite, match="cannot be read"):
        toml_table(tmp_path / "absent.toml", InvalidSuite, "")
    with pytest.raises(InvalidSuite, match="null byte"):
        toml_table(Path("\x00.toml"), InvalidSuite, "")


GRID = (
    '[[check]]\ntheorem = "benign-landscape"\nloss = "cross_entropy"\nK = {K}\nd = {d}\nn = {n}\n'
    'lambda_W = "1/9"\nlambda_H = "1/9"\n'
)


def _jobs(folder: Path, text: str) -> int:
    path = folder / "suite.toml"
    path.write_text(text, encoding="utf-8")
    return len(expand(read_suite(path)))


def test_samples_may_be_a_range(tmp_path: Path) -> None:
    assert _jobs(tmp_path, GRID.format(K=3, d='["K - 1", "n"]', n='"1:3"')) == 2 + 1 + 2  # n = 2 is K - 1


def test_repetitions_cost_nothing_and_have_an_end(tmp_path: Path) -> None:
    many = '"' + ",".join(["3"] * 30_000) + '"'
    assert _jobs(tmp_path, GRID.format(K=many, d=many, n=many)) == 1
    with pytest.raises(InvalidSuite, match="spelled out"):
        _jobs(tmp_path, GRID.format(K='"2:1001"', d="3", n=1) * 21)
    with pytest.raises(InvalidSuite, match="at most 5000"):
        _jobs(tmp_path, GRID.format(K=3, d='"' + ",".join(f"K+{i}" for i in range(5001)) + '"', n=1))


def test_long_messages_lose_their_middle() -> None:
    shown = str(InvalidSuite("start " + "x" * 10**6 + " end"))
    assert len(shown) < 2100 and shown.startswith("start ") and shown.endswith(" end")
    assert str(InvalidSuite("short")) == "short"
