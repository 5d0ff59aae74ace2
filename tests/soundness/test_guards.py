"""Every guard of the checker is classified, and a sample of them is removed again to see the attack come through."""

from __future__ import annotations

import json

import pytest

from ncproofs.proof import checker
from tests.soundness.alone import ALONE
from tests.soundness.attacks import by_hand
from tests.soundness.guards import CLASSIFIED, EXPLAINED, Guard, guards, loaded

KNOWN: dict[str, str] = json.loads(CLASSIFIED.read_text(encoding="utf-8"))
ALL = {guard.key: guard for guard in guards()}
#: Those that an attack made by hand notices; the others take longer to make.
NOTICED = [
    key for key, text in KNOWN.items()
    if key in ALL and text.removeprefix("noticed by ").rpartition(": ")[0] in by_hand() and "runs on" not in text
]


def test_the_list_is_in_step_with_the_source() -> None:
    """After a change of the checker: python -m tests.soundness.guards --missing --write, and explain what is open."""
    assert sorted(KNOWN) == sorted(ALL)
    assert {key: text for key, text in KNOWN.items() if not text.startswith(("noticed by ", *EXPLAINED))} == {}


def test_most_guards_are_the_only_defence_against_something() -> None:
    off = [text for key, text in KNOWN.items() if "| off |" in key]
    assert len(off) >= 150
    assert sum(text.startswith("noticed by ") for text in off) >= 0.75 * len(off)


def test_no_attack_is_accepted_by_the_real_checker() -> None:
    for name, attack in by_hand().items():
        verdict = attack(checker)[0]
        if name == "arithmetic" or name in ALONE:
            assert verdict == "right"
        else:
            assert verdict in ("rejected", "limit", "holey"), name


def _comes_through(key: str) -> None:
    guard: Guard = ALL[key]
    name, _, verdicts = KNOWN[key].removeprefix("noticed by ").rpartition(": ")
    attack = by_hand()[name]
    with loaded(guard) as changed:
        assert attack(changed)[0] != verdicts.rpartition("not ")[2], name
    assert attack(checker)[0] == verdicts.rpartition("not ")[2]


@pytest.mark.parametrize("key", [key for key in NOTICED if "| off |" in key][::8])
def test_without_its_guard_an_attack_comes_through(key: str) -> None:
    _comes_through(key)


@pytest.mark.parametrize("key", [key for key in NOTICED if "| branch |" in key][::9])
def test_a_wrong_choice_of_a_formula_is_noticed(key: str) -> None:
    _comes_through(key)


@pytest.mark.slow
@pytest.mark.parametrize("key", NOTICED[1::9])
def test_other_changes_are_noticed(key: str) -> None:
    _comes_through(key)


def test_the_real_checker_is_back_afterwards() -> None:
    with loaded(next(iter(ALL.values()))) as changed:
        assert changed is not checker
    from ncproofs.proof import checker as again

    assert again is checker
