"""Theorems whose claims sleep, crash, eat memory or raise: for the runner, which must survive them all.

``general`` is called in the worker only, and teaches that process how these claims are settled.
"""

from __future__ import annotations

import os
import sys
import time
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ncproofs.errors import OutOfScope
from ncproofs.proof import discharge
from ncproofs.proof.claims import Claim
from ncproofs.theorems.theorem import Source, Theorem
from ncproofs.truth import Evidence, Rigor, Truth


@dataclass(frozen=True, kw_only=True)
class Deed(Claim):
    what: str


def _settle(claim: Deed, effort: object) -> Evidence:
    match claim.what:
        case "sleep":
            time.sleep(60)
        case "crash":
            os._exit(7)
        case "eat":
            return Evidence(
                truth=Truth.HOLDS, rigor=Rigor.EXACT, sentence="ate", because=str(len(bytearray(2**33)))
            )
        case "raise":
            raise ZeroDivisionError("a defect")
        case "refuse":
            raise OutOfScope("no theorem covers this")
        case "fail":
            return Evidence(
                truth=Truth.FAILS, rigor=Rigor.EXACT, sentence="fails", because="so", witness="x = 1"
            )
    return Evidence(truth=Truth.HOLDS, rigor=Rigor.EXACT, sentence=claim.what, because="done")


def _theorem(name: str, *deeds: str) -> Theorem:
    def general() -> Iterable[Claim]:
        room = types.ModuleType("ncproofs.proof.deeds")
        room.settle = _settle  # type: ignore[attr-defined]
        sys.modules["ncproofs.proof.deeds"] = room
        discharge._RULES["Deed"] = "deeds"
        return [Deed(what=deed, sentence=deed) for deed in deeds]

    return _made(name, general)


def _made(name: str, general: Callable[[], Iterable[Claim]]) -> Theorem:
    source = Source("a test", "", "nothing", "auxiliary")
    return Theorem(name, name, "it behaves", "it does not", source, covers="everything", general=general)


def _endless() -> Iterable[Claim]:
    time.sleep(60)
    return []


good = _theorem("good", "one", "two")
sleeps = _theorem("sleeps", "one", "sleep", "three")
crashes = _theorem("crashes", "crash", "two")
eats = _theorem("eats", "one", "eat", "three")
raises = _theorem("raises", "one", "raise", "three")
refuses = _theorem("refuses", "one", "refuse")
fails = _theorem("fails", "one", "fail")
endless = _made("endless", _endless)
