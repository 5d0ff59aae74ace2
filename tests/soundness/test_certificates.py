"""Genuine certificates, changed by a little: rejected, or still true; every accepted change is explained."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from ncproofs.proof import checker
from tests.soundness.certificates import (
    Tally,
    changes,
    digest,
    examine_claim,
    examine_verdict,
    sealed,
    verdict_changes,
    why,
)
from tests.soundness.genuine import MISSING, claims, verdict
from tests.soundness.oracle import claim_of, refuted
from tests.soundness.standing import false_ones, true_ones

#: The first claim of each kind; the others with ``--slow``.
FIRST = list({pair[0]["kind"]: name for name, pair in reversed(claims().items())}.values())


def test_every_kind_has_a_genuine_claim() -> None:
    assert {pair[0]["kind"] for pair in claims().values()} == set(checker.KINDS) - MISSING
    for name, pair in claims().items():
        assert checker.check(sealed(*pair))[0] == "accepted", name


def _examined(name: str, most: int) -> Tally:
    tally = Tally.empty()
    examine_claim(claims()[name][0]["kind"], claims()[name], most, tally)
    return tally


@pytest.mark.parametrize("name", FIRST)
def test_changes_of_a_claim(name: str) -> None:
    tally = _examined(name, 14)
    assert tally.wrong == []
    assert tally.accepted["genuine"] == 1
    assert tally.accepted["statement, old seal"] == tally.accepted["statement, sealed, pinned"] == 0
    assert tally.tried["statement, sealed, pinned"] >= 5
    assert all(why(told) for told in tally.entries if told[1] != "genuine"), tally.entries


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in claims() if name not in FIRST])
def test_more_changes(name: str) -> None:
    tally = _examined(name, 60)
    assert tally.wrong == [] and tally.accepted["genuine"] == 1


@pytest.mark.parametrize("name", ["lower bound", "optimum", "spectrum", "sphere", "sphere landscape"])
def test_changes_of_a_verdict(name: str) -> None:
    tally = Tally.empty()
    examine_verdict(verdict(name), tally)
    assert tally.wrong == []
    assert tally.tried["verdict, sealed, pinned"] >= 20
    assert all(why(told) for told in tally.entries), tally.entries


@pytest.mark.parametrize("name", ["lower bound", "saddles", "optimum", "spectrum", "sphere", "duality"])
def test_a_pin_rejects_every_other_statement(name: str) -> None:
    certificate = json.loads(verdict(name))
    pins = {certificate["statement"]["theorem"]: {digest(certificate["statement"])}}
    assert checker.check(verdict(name), pins)[0] == "accepted"
    general = certificate["statement"]["parameters"] is None
    verdicts: Counter[str] = Counter()
    for how, statement, witness in verdict_changes(certificate["statement"], certificate["witness"]):
        if general and statement["theorem"] == certificate["statement"]["theorem"] and statement["parameters"] is None:
            if statement != certificate["statement"]:
                found = checker.check(sealed(statement, witness), pins)[0]
                verdicts[found] += 1
                assert found != "accepted", how
    assert verdicts["rejected"] >= 5 or not general


def test_holes_and_unknown_axioms_are_never_accepted() -> None:
    certificate = json.loads(verdict("lower bound"))
    for how, statement, witness in verdict_changes(certificate["statement"], certificate["witness"]):
        if how in ("a hole", "an axiom of its own", "axiom renamed"):
            assert checker.check(sealed(statement, witness))[0] == "holey"
            assert checker.check(sealed(statement, witness), None, {digest(statement)})[0] == "holey"
        if how == "no claims":
            assert checker.check(sealed(statement, witness))[0] == "rejected"


def test_the_library_judges_most_kinds() -> None:
    """Genuine statements are never refuted, and a false one is."""
    judged = [pair[0] for pair in claims().values() if claim_of(pair[0]) is not None]
    assert len({statement["kind"] for statement in judged}) >= 25
    assert not any(refuted(statement) for statement in judged[::4])
    false = {**next(statement for statement in judged if statement["kind"] == "sign/1")}
    assert refuted({**false, "expression": ["-", false["expression"]], "relation": ">"})


def test_changes_change() -> None:
    value = {"s": 9, "m": ["512"], "flag": True, "word": "minimum", "list": [1, 2, 3], "none": None}
    found = list(changes(value))
    assert all(change.value != value for change in found)
    assert {change.how for change in found} >= {
        "flipped", "one more", "last digit", "sign", "another word", "first dropped", "exchanged", "given"}


@pytest.mark.parametrize("name", false_ones())
def test_claims_that_are_not_those_of_the_theorem_at_the_parameters(name: str) -> None:
    """All claims hold on their own; an unpinned verdict must say what its theorem claims at its problem."""
    raw = false_ones()[name]
    certificate = json.loads(raw)
    for pair in zip(certificate["statement"]["claims"], certificate["witness"]["claims"], strict=True):
        assert checker.check(sealed(*pair))[0] == "accepted"
    verdict, reason = checker.check(raw, checker.pinned())
    assert verdict == "rejected", reason
    assert any(text in reason for text in (
        "another problem", "needs", "an object", "not the pinned", "to equal", "an integer", "lowest terms",
        "about another loss or kind")), reason


@pytest.mark.parametrize("name", true_ones())
def test_claims_that_are_those_of_the_theorem(name: str) -> None:
    assert checker.check(true_ones()[name], checker.pinned()) == ("accepted", checker.check(true_ones()[name])[1])
    assert "claims of its kinds at these parameters" in checker.check(true_ones()[name])[1]
