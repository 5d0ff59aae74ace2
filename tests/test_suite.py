"""Suites: what is accepted, and each refusal with its one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ncproofs.errors import InvalidSuite, UnknownName
from ncproofs.families import family_of_keys, problem_of
from ncproofs.grid import numbers, sizes, texts, widths
from ncproofs.report.html import replay
from ncproofs.suite import Check, Suite, expand, grid_of, read_suite, shipped_suites, suite_path, validate
from ncproofs.theorems.catalogue import CATALOGUE
from ncproofs.truth import Rigor, Truth

GENERAL = '[[check]]\ntheorem = "lower-bound-chain"\n'
GRID = (
    '[[check]]\ntheorem = "benign-landscape"\nloss = "cross_entropy"\nK = "3:4"\nd = ["K - 1", "K + 2"]\n'
    'n = 2\nlambda_W = "1/100"\nlambda_H = "0.01"\n'
)


def written(folder: Path, text: str) -> Path:
    path = folder / "suite.toml"
    path.write_text(text, encoding="utf-8")
    return path


def check(folder: Path, text: str) -> None:
    suite = read_suite(written(folder, text))
    validate(suite, expand(suite))


def test_general_and_grid(tmp_path: Path) -> None:
    suite = read_suite(written(tmp_path, '[suite]\ntitle = "a title"\n' + GENERAL + GRID))
    jobs = expand(suite)
    validate(suite, jobs)
    assert suite.title == "a title"
    assert [job.index for job in jobs] == list(range(5))
    assert jobs[0].parameters is None
    assert [(job.parameters["K"], job.parameters["d"]) for job in jobs[1:]] == [
        ("3", "2"),
        ("3", "5"),
        ("4", "3"),
        ("4", "6"),
    ]
    assert jobs[1].parameters["lambda_b"] == "none"
    assert jobs[1].check.expect is Truth.HOLDS and jobs[1].check.rigor is Rigor.ENCLOSED


def test_a_control_expects_fails(tmp_path: Path) -> None:
    suite = read_suite(
        written(tmp_path, GRID + 'control = true\nbreaks = "d >= K - 1"\nbudget_seconds = 5\n')
    )
    (only,) = suite.checks
    assert only.expect is Truth.FAILS and only.limits.seconds == 5


REFUSED = {
    "empty file": ("", "is empty"),
    "not TOML": ("[suite", "is not TOML"),
    "no check": ('[suite]\ntitle = "t"', "has no checks"),
    "check is a table, not a list": ("[check]\ntheorem = 'x'", "has no checks"),
    "unknown table": ("[suit]\n" + GENERAL, "did you mean 'suite'"),
    "unknown key": (GENERAL + 'expekt = "holds"', "did you mean 'expect'"),
    "unknown key of the head": ("[suite]\nname = 1\n" + GENERAL, "there is no key 'name'"),
    "no theorem": ('[[check]]\nexpect = "holds"', "a name is needed"),
    "theorem is a number": ("[[check]]\ntheorem = 3", "a name is needed"),
    "typo in a theorem": ('[[check]]\ntheorem = "lower-bound-chian"', "did you mean 'lower-bound-chain'"),
    "unknown loss": (GRID.replace("cross_entropy", "cross_entropi"), "cross_entropi"),
    "loss outside its range": (GRID.replace("cross_entropy", "label_smoothing(1.2)"), "alpha"),
    "a float": (GRID.replace('"1/100"', "0.01"), "0.01 is a binary float; write an exact string"),
    "a float in a list": (GRID.replace('"1/100"', '["1/10", 0.01]'), "is a binary float"),
    "a float as K": (GRID.replace('"3:4"', "3.0"), "is a binary float"),
    "lambda zero": (GRID.replace('"1/100"', '"0"'), "lambda_W > 0 is needed"),
    "lambda divides by zero": (GRID.replace('"1/100"', '"1/0"'), "divides by zero"),
    "lambda negative": (GRID.replace('"1/100"', '"-1"'), "lambda_W > 0 is needed"),
    "K = 1": (GRID.replace('"3:4"', "1").replace("K - 1", "K"), "K >= 2 is needed"),
    "backward range": (GRID.replace("3:4", "4:3"), "write the smaller end first"),
    "huge range": (GRID.replace("3:4", "2:999999"), "not a range"),
    "not a number": (GRID.replace("3:4", "three"), "a whole number"),
    "d becomes zero": (GRID.replace("K - 1", "K - 3"), "K - 3 is 0 at K=3"),
    "d calls a function": (GRID.replace("K - 1", "pow(K,2)"), "is not a size"),
    "d has an attribute": (GRID.replace("K - 1", "K.real"), "is not a size"),
    "d uses a power": (GRID.replace("K - 1", "9**9**9"), "is not a size"),
    "d uses an unknown letter": (GRID.replace("K - 1", "N"), "is not a size"),
    "d is long": (GRID.replace("K - 1", "K" + " + 1" * 50), "write at most 60"),
    "grid too large": (GRID.replace("3:4", "2:4001"), "has more than 5000 instances"),
    "incomplete instance": (
        '[[check]]\ntheorem = "benign-landscape"\nK = 3\n',
        "but not loss, d, lambda_W, lambda_H",
    ),
    "sizes for a general theorem": (
        GRID.replace("benign-landscape", "critical-point-structure"),
        "leave out the sizes",
    ),
    "unknown expectation": (GENERAL + 'expect = "true"', "write one of: holds, fails, undecided"),
    "rigor too low to certify": (GENERAL + 'rigor = "sampled"', "write one of: enclosed, exact, kernel"),
    "budget zero": (GENERAL + "budget_seconds = 0", "a whole number from 1"),
    "budget true": (GENERAL + "budget_seconds = true", "a whole number from 1"),
    "control without a reason": (GRID + "control = true", "breaks = "),
    "reason without control": (GRID + 'breaks = "d"', "control = true"),
    "module code": ('[[check]]\ntheorem = "os:path"', "--allow-imports"),
    "module code as a loss": (GRID.replace("cross_entropy", "os:path"), "--allow-imports"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, tmp_path: Path) -> None:
    text, said = REFUSED[name]
    with pytest.raises(InvalidSuite) as caught:
        check(tmp_path, text)
    assert said in str(caught.value)
    assert "suite.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_number_of_the_check_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSuite, match="check 2"):
        check(tmp_path, GENERAL + GENERAL.replace("lower", "loweer"))


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(InvalidSuite, match="cannot be read"):
        read_suite(tmp_path / "nothing.toml")
    with pytest.raises(InvalidSuite, match="cannot be read"):
        read_suite(tmp_path)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidSuite, match="is not TOML"):
        read_suite(tmp_path / "bytes.toml")


def test_imports_can_be_allowed(tmp_path: Path) -> None:
    path = written(tmp_path, '[[check]]\ntheorem = "mypackage.module:THEOREM"')
    assert read_suite(path, imports=True).checks[0].theorems == ("mypackage.module:THEOREM",)


def test_shipped_suites_are_sound() -> None:
    suites = shipped_suites()
    assert next(iter(suites)) == "default" and "ridge-full" in suites
    for path in suites.values():
        suite = read_suite(path)
        jobs = expand(suite)
        validate(suite, jobs)
        assert any(job.check.control for job in jobs)
    with pytest.raises(UnknownName, match="there is no suite 'defualt'"):
        suite_path("defualt")


def test_the_default_suite_looks_at_every_theorem() -> None:
    jobs = expand(read_suite(suite_path("default")))
    assert {job.theorem for job in jobs} == set(CATALOGUE)


def test_grid_values() -> None:
    assert numbers("K", "3:5, 9") == ["3", "4", "5", "9"]
    assert numbers("K", [2, "4:5"]) == ["2", "4", "5"]
    assert sizes("d", ["K - 1", "2*K + n", "7:8"], {"K": 3, "n": 4}) == [2, 10, 7, 8]
    assert texts("loss", "focal(2), pair(1, 2)") == ["focal(2)", "pair(1, 2)"]
    for empty in ("", "1,,2", []):
        with pytest.raises(InvalidSuite):
            texts("n", empty)


def test_widths_of_one_network_have_blanks_between_them() -> None:
    known = {"K": 3, "n": 1}
    assert widths("d", ["2 K+1", "4", "K + 1", "K +1", "5:6"], known) == ["2 4", "4", "4", "4", "5", "6"]
    for wrong in ("2 K + 1", "2 0", "2 4:5", "2 x"):
        with pytest.raises(InvalidSuite, match="size"):
            widths("d", [wrong], known)


def test_one_spelling_of_widths_serves_every_door() -> None:
    """A suite, what it spells out for a worker, and the command that asks again."""
    at = {"family": "layered", "layers": 2, "K": 3, "lambdas": "1/9 1/8", "lambda_H": "1/9"}
    check = Check(number=1, theorems=("layered-optimum",), grid=grid_of("here", {**at, "d": ["2 3", "K"]}))
    unequal, equal = expand(Suite("here", "", "", (check,)))
    assert unequal.parameters is not None and equal.parameters is not None
    assert problem_of(unequal.parameters).widths == (2, 3) and problem_of(equal.parameters).widths == (3, 3)
    assert "-d '2 3' " in replay("layered-optimum", unequal.parameters)
    ridge = {"loss": "cross_entropy", "K": 3, "d": "2 3", "lambda_W": "1", "lambda_H": "1"}
    with pytest.raises(InvalidSuite, match="'2 3' is not a size"):  # one layer of features has one width
        expand(Suite("here", "", "", (Check(number=1, theorems=("collapse-optimum",), grid=grid_of("here", ridge)),)))


FOREIGN = {
    "an unknown family": ({"family": "torus", "K": 3}, "there is no family 'torus'"),
    "a key of another family": ({"family": "sphere", "K": 3, "lambda_W": "1"}, "of family sphere do not have"),
}


@pytest.mark.parametrize(("given", "said"), FOREIGN.values(), ids=FOREIGN)
def test_a_family_has_its_own_keys(given: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidSuite, match=said):
        family_of_keys("here", given)


def test_a_family_may_be_named() -> None:
    sizes = {"loss": "cross_entropy", "K": "3", "d": "3", "n": "1"}
    assert problem_of({"family": "sphere", **sizes, "tau": "1/2"}) == problem_of({**sizes, "tau": "1/2"})
    assert problem_of({**sizes, "lambda_W": "1", "lambda_H": "1"}).lambda_b is None
