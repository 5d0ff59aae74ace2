"""``verify --html``, ``report`` and ``lint``; what is offered to CI services is well formed and runs."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from ncproofs.cli import main
from ncproofs.suite import shipped_suites

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "docs" / "ci-example"
SUITE = '[suite]\ntitle = "<b>&"\n[[check]]\ntheorem = "equality-case"\n'


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_verify_and_report_write_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    suite, github = tmp_path / "<img src=x>.toml", tmp_path / "summary"
    suite.write_text(SUITE, encoding="utf-8")
    github.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(github))
    names = {kind: str(tmp_path / f"a.{kind}") for kind in ("html", "markdown", "junit")}
    options = [word for kind, name in names.items() for word in (f"--{kind}", name)]
    code, out, _ = ran(capsys, "verify", str(suite), "--json", "--github-summary", "--jobs", "1", *options)
    results = tmp_path / "r.json"
    results.write_text(out, encoding="utf-8")
    again = [word.replace("a.", "b.") if word in names.values() else word for word in options]
    assert code == 0 and ran(capsys, "report", str(results), *again) == (0, "", "")
    for name in names.values():
        assert Path(name).read_text(encoding="utf-8") == Path(name.replace("a.", "b.")).read_text(encoding="utf-8")
    page = Path(names["html"]).read_text(encoding="utf-8")
    assert "&lt;img src=x&gt;.toml" in page and "<img" not in page and "<h1>&lt;b&gt;&amp;</h1>" in page
    assert github.read_text(encoding="utf-8") == "before\n" + Path(names["markdown"]).read_text(encoding="utf-8")
    assert ran(capsys, "report", str(results))[1] == Path(names["markdown"]).read_text(encoding="utf-8")


def test_no_summary_is_written_unless_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    assert ran(capsys, "verify", "equality-case", "--jobs", "1")[0] == 0
    assert not (tmp_path / "summary").exists()
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    code, out, err = ran(capsys, "verify", "equality-case", "--github-summary")
    assert code == 2 and out == "" and "GITHUB_STEP_SUMMARY" in err and "1/1" not in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "no.json"], "cannot be read"),
        (["report", "docs/reports.md"], "is not what `ncproofs verify --json` prints"),
        (["diff", "docs/runs/monday.json", "no.json"], "cannot be read"),
        (["report", "docs/runs/monday.json", "--html", "no/such/folder/a.html"], "cannot be written"),
        (["lint"], "Missing argument"),
        (["lint", "no-such-suite"], "there is no suite"),
    ],
)
def test_wrong_input_is_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = ran(capsys, *arguments)
    assert code == 2 and out == "" and err.startswith("error: ") and err.count("\n") == 1 and said in err


LINTED = {
    "in order": (SUITE, 0, "1 checks, 1 jobs"),
    "not TOML": ("[[", 2, "is not TOML"),
    "an unknown theorem": ('[[check]]\ntheorem = "equality-cast"\n', 2, "did you mean 'equality-case'"),
    "an unknown key": (SUITE + "gird = 1\n", 2, "gird"),
    "an import": ('[[check]]\ntheorem = "os:system"\n', 2, "--allow-imports"),
    "no such problem": (
        '[[check]]\ntheorem = "benign-landscape"\nloss = "focal(-1)"\nK = 3\nd = 3\nlambda_W = "1"\nlambda_H = "1"\n',
        2, "check 1",
    ),
}


@pytest.mark.parametrize("name", LINTED)
def test_lint(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, expected, said = LINTED[name]
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    code, out, err = ran(capsys, "lint", str(tmp_path / "s.toml"))
    assert code == expected and said in out + err and len((out + err).splitlines()) == 1


def test_lint_goes_on_after_a_bad_suite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = ran(capsys, "lint", str(tmp_path / "no.toml"), *shipped_suites())
    assert code == 2 and err.count("\n") == 1 and len(out.splitlines()) == len(shipped_suites())


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_example_suite_is_in_order_and_certified(capsys: pytest.CaptureFixture[str]) -> None:
    suite = str(EXAMPLE / "verification" / "mine.toml")
    assert ran(capsys, "lint", suite)[0] == 0
    code, out, _ = ran(capsys, "verify", suite, "--jobs", "1")
    assert code == 0 and "certified on 9 of 9; controls: 1 of 1" in out


def test_the_example_uses_what_there_is() -> None:
    action = loaded(ROOT / ".github" / "actions" / "verify" / "action.yml")
    (step,) = [s for s in loaded(EXAMPLE / ".github/workflows/verify.yml")["jobs"]["verify"]["steps"] if "with" in s]
    assert set(step["with"]) <= set(action["inputs"])
    place = step["uses"].partition("@")[0].split("/", 2)[2]
    assert (ROOT / place / "action.yml").is_file()
    assert all((EXAMPLE / name).is_file() for name in step["with"]["suites"].split())
    hooks = {hook["id"]: hook for hook in loaded(ROOT / ".pre-commit-hooks.yaml")}
    (repo,) = loaded(EXAMPLE / ".pre-commit-config.yaml")["repos"]
    assert {hook["id"] for hook in repo["hooks"]} == set(hooks)
    assert re.search(hooks["ncproofs-lint"]["files"], "verification/mine.toml")
    assert not re.search(hooks["ncproofs-lint"]["files"], "pyproject.toml")


def test_the_hook_for_derivations_compares_the_example(tmp_path: Path) -> None:
    """As pre-commit runs it, in a copy of the example whose folder was written as its README says."""
    hook = {hook["id"]: hook for hook in loaded(ROOT / ".pre-commit-hooks.yaml")}["ncproofs-derivations"]
    shutil.copytree(EXAMPLE, tmp_path / "repo")
    (written,) = re.findall(r"^    ncproofs (derive --only .*?) +#", (EXAMPLE / "README.md").read_text(), re.M)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *arguments]
        where, env = tmp_path / "repo", {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, cwd=where, env=env, capture_output=True, text=True, timeout=120)

    assert run("-m", "ncproofs", *written.split()).returncode == 0
    program, *entry = hook["entry"].split()
    assert program == "python" and hook["pass_filenames"] is False
    assert run(*entry, *hook["args"]).returncode == 0
    document = tmp_path / "repo" / "derivations" / "benign-landscape.tex"
    document.write_text(document.read_text(encoding="utf-8").replace("strict", "any"), encoding="utf-8")
    done = run(*entry, *hook["args"])
    assert done.returncode == 1 and "stale: benign-landscape.tex" in done.stderr
    for name, seen in (("derivations/a.tex", True), ("mine/theorems.py", True), ("README.md", False)):
        assert bool(re.search(hook["files"], name)) is seen


def test_no_input_of_the_action_is_read_as_code() -> None:
    for step in loaded(ROOT / ".github" / "actions" / "verify" / "action.yml")["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


@pytest.mark.skipif(shutil.which("bash") is None, reason="the action runs in bash")
def test_the_scripts_of_the_action_run(tmp_path: Path) -> None:
    """Its own shell lines, as GitHub runs them, in the example repository."""
    steps = {s.get("name"): s for s in loaded(ROOT / ".github" / "actions" / "verify" / "action.yml")["runs"]["steps"]}
    shutil.copytree(EXAMPLE, tmp_path / "repo")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "python"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    variables = {
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "PYTHONPATH": str(ROOT), "REPORTS": "out", "RIGOR": "exact",
        "SUITES": "verification/mine.toml $(touch${IFS}pwned)", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "BASELINE": "out/report.json", "ALLOW_IMPORTS": "false",
    }

    def run(name: str) -> subprocess.CompletedProcess[str]:
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", steps[name]["run"]]
        place = tmp_path / "repo"
        return subprocess.run(command, cwd=place, env=variables, capture_output=True, text=True, timeout=120)

    assert run("Verify").returncode == 2 and not (tmp_path / "repo" / "pwned").exists()
    variables["SUITES"] = "verification/mine.toml\nno-such-suite\n"  # as with `suites: |`: the second line is read
    second = run("Verify")
    assert second.returncode == 2 and "no-such-suite" in second.stderr
    variables["SUITES"] = "\n verification/mine.toml\n"
    finished = run("Verify")
    assert finished.returncode == 0, finished.stderr
    assert {path.name for path in (tmp_path / "repo" / "out").iterdir()} == {"report.html", "report.xml", "report.json"}
    assert "certified on 9 of 9" in (tmp_path / "summary").read_text(encoding="utf-8")
    assert run("Compare").returncode == 0
    with_own_theorem(tmp_path / "repo")
    variables["SUITES"] = "verification/own.toml"
    refused = run("Verify")
    assert refused.returncode == 2 and "--allow-imports" in refused.stderr
    variables["ALLOW_IMPORTS"] = "true"
    assert run("Verify").returncode == 0
    page = (tmp_path / "repo" / "out" / "report.html").read_text(encoding="utf-8")
    assert "python -m ncproofs verify mine:THEOREM" in page
    assert "python -m ncproofs verify --html" in page and "--allow-imports" in page  # what was typed


def with_own_theorem(repo: Path) -> None:
    """A theorem in a module of the repository, and a suite that names it."""
    (repo / "mine.py").write_text(OWN, encoding="utf-8")
    (repo / "verification" / "own.toml").write_text('[[check]]\ntheorem = "mine:THEOREM"\n', encoding="utf-8")


OWN = """
import sympy
from ncproofs.proof.claims import Identity
from ncproofs.theorems.theorem import Source, Theorem

x = sympy.Symbol("x", real=True)
THEOREM = Theorem(
    name="mine", title="Mine", statement="A square.", idea="Expand.", source=Source("A paper", "", "a square", "equal"),
    general=lambda: [Identity(left=(x + 1) ** 2, right=x**2 + 2 * x + 1)],
)
EMPTY = Theorem(
    name="empty", title="Empty", statement="Nothing.", idea="None.", source=Source("A paper", "", "nothing", "equal"),
    general=lambda: [],
)
"""


def test_the_hook_for_suites_may_name_a_theorem_of_the_repository(tmp_path: Path) -> None:
    """As pre-commit runs it: entry, args, names of files, in the repository."""
    hook = {hook["id"]: hook for hook in loaded(ROOT / ".pre-commit-hooks.yaml")}["ncproofs-lint"]
    shutil.copytree(EXAMPLE, tmp_path / "repo")
    with_own_theorem(tmp_path / "repo")
    program, *entry = hook["entry"].split()
    assert program == "python"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        where, env = tmp_path / "repo", {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, *entry, *arguments, "verification/mine.toml", "verification/own.toml"]
        return subprocess.run(command, cwd=where, env=env, capture_output=True, text=True, timeout=120)

    refused, taken = run(), run("--allow-imports")
    assert refused.returncode == 2 and "--allow-imports" in refused.stderr
    assert taken.returncode == 0 and "verification/own.toml: 1 checks" in taken.stdout
    assert "args: [--allow-imports]" in (EXAMPLE / "README.md").read_text(encoding="utf-8")


def test_junit_says_what_is_a_control(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, _ = ran(capsys, "verify", str(EXAMPLE / "verification" / "mine.toml"), "--jobs", "1",
                     "--junit", str(tmp_path / "report.xml"))
    cases = ElementTree.parse(tmp_path / "report.xml").getroot().findall("testcase")
    controls = [case for case in cases if "[control, breaks: " in (case.get("name") or "")]
    assert code == 0 and len(cases) == 10 and len(controls) == 1
    told = {p.get("name"): p.get("value") for p in controls[0].findall("properties/property")}
    assert told["control"] == "true" and told["breaks"]
    assert f"breaks: {told['breaks']}]" in (controls[0].get("name") or "")
    assert not any(case.find("properties") for case in cases if case not in controls)


def test_a_theorem_that_claims_nothing_is_not_proved(tmp_path: Path) -> None:
    with_own = tmp_path / "mine.py"
    with_own.write_text(OWN, encoding="utf-8")
    for command in ("derive", "verify"):
        done = subprocess.run(
            [sys.executable, "-m", "ncproofs", command, "mine:EMPTY"], cwd=tmp_path, capture_output=True, text=True,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}, timeout=120,
        )
        assert done.returncode == 4, done.stderr


def test_a_module_that_is_not_found_is_told_how(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["verify", "no_such_module:THEOREM"], ["loss", "no_such_module:loss", "-K", "3", "-d", "3"]):
        code, _, err = ran(capsys, *arguments)
        assert code == 2 and "python -m ncproofs instead of ncproofs" in err
