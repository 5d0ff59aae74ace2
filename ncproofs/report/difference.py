"""What changed between two runs, question by question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ncproofs.report.results import Results
from ncproofs.report.summary import one_line, reason_of
from ncproofs.runner import Outcome, Standing
from ncproofs.truth import Truth

__all__ = ["Change", "Difference", "as_record", "difference", "lines_of"]

#: A question is slower when it takes this many times as long, and at least this many seconds longer.
_SLOWER, _NOTICED = 2, 1
_RANK = {Standing.ERROR: 0, Standing.WRONG: 1, Standing.OPEN: 2, Standing.EXPECTED: 3}
_KINDS = ("interrupted", "lost", "worse", "weaker rigor", "gone", "newly certified", "better", "stronger rigor", "new",
          "changed", "slower", "faster")
#: For the worse; ``new`` is so only when the new row is not as expected. Time never is: machines differ.
_BAD = ("interrupted", "lost", "worse", "weaker rigor", "gone")


@dataclass(frozen=True)
class Change:
    """One question that came out otherwise, or a run that was interrupted. ``bad``: for the worse."""

    kind: str
    theorem: str
    covers: str
    said: str
    bad: bool


@dataclass(frozen=True)
class Difference:
    """All changes, the bad ones first, and the total time of the questions that both runs asked."""

    changes: tuple[Change, ...]
    common: int
    seconds: tuple[float, float]
    suites: tuple[str, str] = field(default=("", ""))

    @property
    def is_worse(self) -> bool:
        return any(change.bad for change in self.changes)


def difference(before: Results, after: Results) -> Difference:
    """What changed from ``before`` to ``after``; the same question has the same theorem, instance and role."""
    old, new = _by_question(before.outcomes), _by_question(after.outcomes)
    changes = [*_interrupted(before, after), *(_gone(old[key]) for key in old if key not in new)]
    changes += [_new(new[key]) for key in new if key not in old]
    both = [key for key in old if key in new]
    for key in both:
        changes += _compared(old[key], new[key])
    order = {kind: place for place, kind in enumerate(_KINDS)}
    changes.sort(key=lambda change: (not change.bad, order[change.kind]))
    spent = (sum(old[key].verdict.seconds for key in both), sum(new[key].verdict.seconds for key in both))
    return Difference(tuple(changes), len(both), spent, (before.title, after.title))


def _interrupted(before: Results, after: Results) -> list[Change]:
    """A second run with more left to do than the first: what it did not answer may be anything."""
    left = [run.asked - len(run.outcomes) for run in (before, after)]
    if left[1] <= left[0]:
        return []
    said = f"{left[1]} of {after.asked} were not finished"
    return [Change("interrupted", after.title, "the second run", said, bad=True)]


def _by_question(outcomes: Iterable[Outcome]) -> dict[tuple[object, ...], Outcome]:
    """By theorem, instance, whether it is a control; the same question asked again is counted apart."""
    found: dict[tuple[object, ...], Outcome] = {}
    for outcome in outcomes:
        given = outcome.job.parameters
        instance = None if given is None else tuple(sorted(given.items()))
        key: tuple[object, ...] = (outcome.job.theorem, instance, outcome.job.check.control)
        again = 0
        while (*key, again) in found:
            again += 1
        found[(*key, again)] = outcome
    return found


def _change(kind: str, outcome: Outcome, said: str, *, bad: bool) -> Change:
    return Change(kind, outcome.job.theorem, outcome.verdict.covers, one_line(said), bad)


def _gone(old: Outcome) -> Change:
    return _change("gone", old, f"was {_word(old)}; the second run did not answer it", bad=True)


def _new(new: Outcome) -> Change:
    odd = new.standing is not Standing.EXPECTED
    return _change("new", new, f"{_word(new)}{f': {reason_of(new)}' if odd else ''}", bad=odd)


def _word(outcome: Outcome) -> str:
    verdict = outcome.verdict
    return f"{'certified' if verdict.certified else verdict.truth} ({verdict.rigor}), {outcome.standing.value}"


def _compared(old: Outcome, new: Outcome) -> list[Change]:
    changes = []
    before, after = old.verdict, new.verdict
    wanted = new.job.check.expect is Truth.HOLDS
    rank = _RANK[new.standing] - _RANK[old.standing]
    said = f"was {_word(old)}; is {_word(new)}{f': {reason_of(new)}' if rank < 0 else ''}"
    if before.certified and not after.certified and wanted:
        changes.append(_change("lost", new, said, bad=True))
    elif after.certified and not before.certified and wanted:
        changes.append(_change("newly certified", new, said, bad=rank < 0))
    elif rank:
        changes.append(_change("worse" if rank < 0 else "better", new, said, bad=rank < 0))
    elif before.truth is not after.truth or old.job.check.expect is not new.job.check.expect:
        changes.append(_change("changed", new, said, bad=False))
    elif before.rigor is not after.rigor and before.certified:
        kind = "weaker rigor" if after.rigor < before.rigor else "stronger rigor"
        changes.append(_change(kind, new, f"was {before.rigor}; is {after.rigor}", bad=after.rigor < before.rigor))
    return changes + _timed(old, new)


def _timed(old: Outcome, new: Outcome) -> list[Change]:
    before, after = old.verdict.seconds, new.verdict.seconds
    said = f"{before:.2f} s, then {after:.2f} s"
    if after > _SLOWER * before and after - before >= _NOTICED:
        return [_change("slower", new, said, bad=False)]
    if before > _SLOWER * after and before - after >= _NOTICED:
        return [_change("faster", new, said, bad=False)]
    return []


def lines_of(found: Difference) -> list[str]:
    """One line a change, then the count and the ratio of the times."""
    lines = [f"{change.kind}: {change.theorem} ({change.covers}): {change.said}" for change in found.changes]
    before, after = found.seconds
    ratio = f", {after / before:.2f} times as long" if before >= _NOTICED else ""
    bad = sum(change.bad for change in found.changes)
    counted = f"{_number(len(found.changes), 'change')}, {bad} for the worse" if found.changes else "no change"
    asked = _number(found.common, "question")
    return [*lines, f"{counted}; {asked} in both, {before:.1f} s and {after:.1f} s{ratio}"]


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def as_record(found: Difference) -> dict[str, object]:
    """One object, schema 1."""
    return {
        "schema": 1,
        "suites": list(found.suites),
        "worse": found.is_worse,
        "common": found.common,
        "seconds": [round(spent, 3) for spent in found.seconds],
        "changes": [
            {"kind": c.kind, "theorem": c.theorem, "covers": c.covers, "said": c.said, "bad": c.bad}
            for c in found.changes
        ],
    }
