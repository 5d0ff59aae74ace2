"""The theorems that a theorem rests on, as steps of its derivation: each is proved again, or stands in a box."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ncproofs.errors import NcproofsError
from ncproofs.proof.discharge import Effort, discharge
from ncproofs.report.prose import sentence
from ncproofs.report.steps import Step
from ncproofs.theorems.catalogue import load
from ncproofs.theorems.theorem import Theorem
from ncproofs.truth import BY_AXIOM, Evidence, Rigor, Truth, conclude

__all__ = ["SECTION", "rested_steps"]

SECTION = "Theorems that are used"


def rested_steps(theorem: Theorem, effort: Effort) -> Iterator[Step]:
    """One step for each theorem that ``theorem`` rests on, those it rests on in turn included in its evidence."""
    for name in theorem.rests_on:
        evidence = _status(name, effort, (theorem.name,))
        yield Step(
            number=0, statement=sentence(evidence.sentence), formulas=(), reason="", evidence=evidence,
            checked=f"{evidence.because}{f'; covers {evidence.covers}' if evidence.covers else ''}", section=SECTION,
        )


@lru_cache(maxsize=1024)
def _status(name: str, effort: Effort, above: tuple[str, ...]) -> Evidence:
    """What is proved of the theorem ``name`` now; ``above`` are the theorems that rest on it."""
    if name in above:
        return _open(name, f"it rests on itself by way of {' and '.join(above)}")
    try:
        theorem = load(name)
        if theorem.general is None:
            return _open(name, "it speaks of instances only, and none was checked here")
        claims = tuple(theorem.general())
        if not claims:
            return _open(name, "it makes no claim, so nothing of it was checked")
        parts = [discharge(claim, effort) for claim in claims]
    except NcproofsError as error:
        return _open(name, f"cannot be settled: {error}")
    others = [_status(other, effort, (*above, name)) for other in theorem.rests_on]
    return _joined(theorem, parts, others)


def _open(name: str, because: str) -> Evidence:
    return Evidence(truth=Truth.UNDECIDED, rigor=Rigor.SAMPLED, sentence=f"theorem {name}", because=because)


def _joined(theorem: Theorem, parts: list[Evidence], others: list[Evidence]) -> Evidence:
    """All claims of the theorem and all that they rest on, as one."""
    every = [*parts, *others]
    truth, rigor = conclude(every)
    worst = next((part for part in every if part.truth is truth), None)
    sentence_ = f"theorem {theorem.name}: {' '.join(theorem.statement.split())}"
    if truth is not Truth.HOLDS or worst is None:
        because = f"{worst.sentence}: {worst.because}" if worst is not None else "nothing of it was checked"
    else:
        cited = sum(part.because == BY_AXIOM for part in parts)
        named = f", of which {cited} cite{'s' if cited == 1 else ''} a classical theorem" if cited else ""
        because = f"proved again with this document: all {len(parts)} claims of the theorem{named}"
        because += f", and what it rests on ({', '.join(theorem.rests_on)})" if others else ""
    return Evidence(
        truth=truth, rigor=rigor, sentence=sentence_, because=because, covers=theorem.covers,
        witness=worst.witness if worst is not None else "",
        holes=tuple(dict.fromkeys(hole for part in every for hole in part.holes)),
        axioms=tuple(dict.fromkeys(axiom for part in every for axiom in part.axioms)),
    )
