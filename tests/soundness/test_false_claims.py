"""No false claim is certified, and every true neighbour is: a verifier that says no to everything fails here."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from ncproofs.cli import main
from ncproofs.cli.verify import exit_code
from ncproofs.proof.discharge import Effort, discharge
from ncproofs.runner import Outcome, run
from ncproofs.suite import expand, read_suite, validate
from ncproofs.theorems.catalogue import CATALOGUE, load
from ncproofs.theorems.theorem import verify
from ncproofs.truth import Rigor, Truth
from tests.soundness import false_theorems
from tests.soundness.false_claims import DERIVED, NUMBERED, SPEC, spoiled

SUITE = Path(__file__).with_name("false_suites.toml")
QUICK = Effort(starts=12)
#: False, and refuted by nothing here; each with the reason. They must not be certified either.
UNDECIDED = {
    "general: a move that is not tangent": "no random tensor with a nonlinear constraint is built",
    "general: Riemannian gradient without the multiplier": "the same",
    "general: sum of multipliers vanishes": "the same",
    "general: I4 for losses that are not shift invariant": "the same",
    "general: K/(K-1) > 1 + 1/1000": "first false at K = 1002, beyond the points that are tried",
    "general: a square over nothing": "undefined at 0, which no value refutes",
    "general: a logarithm beyond its domain": "undefined for x <= 0, which no value refutes",
    "general: a double zero and a simple one": "a double zero is not resolved",
    "general: a pole is no root": "undefined at 1/2, which no value refutes",
    "ridge: attained for every d": "the minimum in too few dimensions is not known",
    "spheres: the threshold without 1 +": "the kinds overlap: an ETF has equal logit gaps",
    "spheres: the better sum of simplices": "its value is above the other's only by a rival that is not known",
}


@pytest.mark.parametrize("name", DERIVED)
def test_neighbours(name: str) -> None:
    false, true = (discharge(claim) for claim in (DERIVED[name].false, DERIVED[name].true))
    assert true.truth is Truth.HOLDS and true.rigor >= Rigor.ENCLOSED and not true.holes, true.because
    if name in UNDECIDED:
        assert false.truth is Truth.UNDECIDED and false.because
    else:
        assert false.truth is Truth.FAILS and false.rigor >= Rigor.ENCLOSED and false.witness, false.because


def test_there_are_many_mistakes_of_many_kinds() -> None:
    assert len(DERIVED) >= 200
    kinds = Counter(neighbours.mistake for neighbours in DERIVED.values())
    assert len(kinds) >= 40
    assert set(UNDECIDED) <= set(DERIVED)


def test_the_numbers_of_the_list_are_all_rendered() -> None:
    assert NUMBERED["ridge"] == {f"F{i}" for i in (1, 3, 4, 6, 7, 10, 11, 12, 13, 14, 16, 18)}
    assert NUMBERED["spheres"] == {str(i) for i in range(1, 11)}


@pytest.mark.parametrize("theorem", [name for name in CATALOGUE if load(name).general is not None])
def test_spoiled_claims_of_a_theorem_never_hold(theorem: str, request: pytest.FixtureRequest) -> None:
    """A third of the spoiled variants; with ``--slow all``, every one."""
    tried = refuted = 0
    step = 1 if request.config.getoption("--slow") == "all" else 3
    variants = [(c, what, bad) for c in load(theorem).general() for what, bad in spoiled(c)]  # type: ignore[misc]
    for claim, what, bad in variants[::step]:
        evidence = discharge(bad, QUICK)
        assert evidence.truth is not Truth.HOLDS, (what, claim.sentence)
        tried += 1
        refuted += evidence.truth is Truth.FAILS
    assert tried and refuted >= tried / 2


@pytest.mark.parametrize("name", false_theorems.GENERAL)
def test_a_false_theorem_is_not_certified(name: str) -> None:
    verdict = verify(getattr(false_theorems, name))
    assert verdict.truth is false_theorems.GENERAL[name]
    assert not verdict.certified and verdict.reason


@pytest.mark.parametrize("name", false_theorems.INSTANCES)
def test_a_false_theorem_is_not_certified_at_an_instance(name: str) -> None:
    problem, truth = false_theorems.INSTANCES[name]
    verdict = verify(getattr(false_theorems, name), problem)
    assert verdict.truth is truth and not verdict.certified


def test_the_true_theorem_beside_them_is_certified() -> None:
    assert verify(false_theorems.holds).certified


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    suite = read_suite(SUITE)
    jobs = expand(suite)
    validate(suite, jobs)
    return list(run(jobs, workers=2))


def test_no_false_instance_passes(outcomes: list[Outcome]) -> None:
    """Each check on its own has an exit code other than 0, and a false one is never certified."""
    assert len(outcomes) >= 40
    for outcome in outcomes:
        assert exit_code([outcome]) in (1, 4), outcome.verdict
        if outcome.job.check.number <= 12:
            assert not outcome.verdict.certified, outcome.verdict.covers


def test_false_suites_and_theorems_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ", ".join(f'"tests.soundness.false_theorems:{name}"' for name in false_theorems.GENERAL)
    path = tmp_path / "false.toml"
    path.write_text(f"[[check]]\ntheorem = [{names}]\n", encoding="utf-8")
    assert main(["verify", str(path), "--json"]) == 2  # a suite may not run code unless it is told
    capsys.readouterr()
    assert main(["verify", str(path), "--json", "--allow-imports", "--jobs", "2"]) == 1
    rows = json.loads(capsys.readouterr().out)
    assert not any(row["certified"] for row in rows["rows"])
    assert len(rows["rows"]) == len(false_theorems.GENERAL)


@pytest.mark.slow
@pytest.mark.parametrize("name", SPEC)
def test_the_list_of_false_theorems(name: str) -> None:
    """Tested beside their settings in detail; here only that none is certified."""
    assert discharge(SPEC[name], QUICK).truth is not Truth.HOLDS
