"""One row a theorem: rich table, plain lines, JSON, JUnit. Nothing here decides anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from xml.etree import ElementTree

from ncproofs.runner import Outcome, Standing
from ncproofs.store import evidence_record
from ncproofs.truth import Truth

if TYPE_CHECKING:
    from rich.table import Table

__all__ = [
    "Row", "as_json", "as_junit", "as_lines", "as_table", "claim_lines", "closing_lines", "counts", "one_line",
    "reason_of", "rows_of", "unfinished", "word_of",
]

_MOST_SHOWN = 4
_HEAD = ("theorem", "verdict", "rigor", "covered", "why", "time")


@dataclass(frozen=True)
class Row:
    """What the default view says about one theorem: all sizes, instances, negative controls."""

    theorem: str
    verdict: str
    rigor: str
    covered: str
    why: str
    seconds: float

    def cells(self) -> tuple[str, ...]:
        return (self.theorem, self.verdict, self.rigor, self.covered, self.why, f"{self.seconds:.1f} s")


def rows_of(outcomes: Iterable[Outcome]) -> tuple[Row, ...]:
    """One row a theorem, in the order of the suite."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda outcome: outcome.job.index):
        groups.setdefault(outcome.job.theorem, []).append(outcome)
    return tuple(_row(theorem, group) for theorem, group in groups.items())


def _row(theorem: str, group: Sequence[Outcome]) -> Row:
    asked = [outcome for outcome in group if not outcome.job.check.control] or group
    wanted = [outcome for outcome in asked if outcome.job.check.expect is Truth.HOLDS] or asked
    return Row(
        theorem=theorem,
        verdict=word_of(asked),
        rigor=_rigor(wanted),
        covered=_covered(asked),
        why=_why(group),
        seconds=sum(outcome.verdict.seconds for outcome in group),
    )


def _rigor(group: Sequence[Outcome]) -> str:
    """The weakest rank; said apart for all sizes and for instances when they differ."""
    general = [outcome.verdict.rigor for outcome in group if outcome.job.parameters is None]
    instances = [outcome.verdict.rigor for outcome in group if outcome.job.parameters is not None]
    if general and instances and min(general) is not min(instances):
        return f"{min(general)}; instances {min(instances)}"
    return str(min(general + instances))


def word_of(group: Sequence[Outcome]) -> str:
    standings = {outcome.standing for outcome in group}
    if Standing.ERROR in standings:
        return "internal error"
    if Standing.WRONG in standings:
        wrong = next(outcome for outcome in group if outcome.standing is Standing.WRONG)
        return "fails" if wrong.verdict.truth is Truth.FAILS else f"unexpectedly {wrong.verdict.truth}"
    if Standing.OPEN in standings:
        return (
            "undecided" if any(o.verdict.truth is not Truth.HOLDS for o in group) else "holds, not certified"
        )
    expected = {outcome.job.check.expect for outcome in group}
    return (
        "certified"
        if Truth.HOLDS in expected
        else " and ".join(f"{t} as expected" for t in Truth if t in expected)
    )


def _covered(group: Sequence[Outcome]) -> str:
    general = [outcome.verdict.covers for outcome in group if outcome.job.parameters is None]
    instances = [outcome for outcome in group if outcome.job.parameters is not None]
    parts = list(dict.fromkeys(general))
    if len(instances) == 1 and not general:
        parts.append(instances[0].verdict.covers)
    elif instances:
        # Not every family has classes: a network is given by its data.
        given = [outcome.job.parameters or {} for outcome in instances]
        classes = [int(parameters["K"]) for parameters in given if "K" in parameters]
        span = f", K = {min(classes)}" if classes else ""
        if classes and min(classes) < max(classes):
            span += f" to {max(classes)}"
        reached = sum(outcome.standing is Standing.EXPECTED for outcome in instances)
        parts.append(f"{reached} of {len(instances)} instances{span}")
    return "; ".join(parts)


def _why(group: Sequence[Outcome]) -> str:
    for standing in (Standing.ERROR, Standing.WRONG, Standing.OPEN):
        for outcome in group:
            if outcome.standing is standing:
                return one_line(reason_of(outcome))
    asked = [outcome for outcome in group if not outcome.job.check.control]
    controls = [outcome.job.check.breaks for outcome in group if outcome.job.check.control]
    settled = sum(len(outcome.verdict.evidence) for outcome in asked)
    parts = [f"{settled} claims settled"] if asked else []
    other = [outcome for outcome in asked if outcome.job.check.expect is not Truth.HOLDS]
    parts += [f"{outcome.job.check.expect} as expected: {reason_of(outcome)}" for outcome in other[:1]]
    parts += [f"control fails as it must: {breaks}" for breaks in dict.fromkeys(controls)]
    return one_line("; ".join(parts))


def reason_of(outcome: Outcome) -> str:
    verdict, check = outcome.verdict, outcome.job.check
    reason = verdict.reason
    if verdict.certified and check.expect is Truth.HOLDS and verdict.rigor < check.rigor:
        reason = f"{verdict.rigor} reached, {check.rigor} asked for"
    if check.control and outcome.standing is not Standing.EXPECTED:
        return f"the negative control ({check.breaks}) came out as {verdict.truth}: {reason}"
    if verdict.truth is Truth.FAILS and verdict.unmet:
        return f"{reason} (hypotheses not met: {'; '.join(verdict.unmet)})"
    return reason


def one_line(text: str) -> str:
    return " ".join(text.split())


def as_table(rows: Sequence[Row]) -> Table:
    """The rows for a terminal."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    widest = {"verdict": 16, "rigor": 10}
    for name in _HEAD:
        side: Literal["left", "right"] = "right" if name == "time" else "left"
        table.add_column(
            name,
            no_wrap=name in ("theorem", "time"),
            justify=side,
            max_width=widest.get(name),
            overflow="fold",
        )
    for row in rows:
        cells = [Text(cell) for cell in row.cells()]
        good = row.verdict == "certified" or row.verdict.endswith("as expected")
        cells[1].stylize(
            "green" if good else "yellow" if row.verdict.startswith(("undecided", "holds")) else "red"
        )
        table.add_row(*cells)
    return table


def as_lines(rows: Sequence[Row]) -> list[str]:
    """The rows as plain lines, columns aligned, the reason last."""
    cells = [_HEAD, *(row.cells() for row in rows)]
    order = (0, 1, 2, 5, 3, 4)
    widths = [max(len(line[column]) for line in cells) for column in order]
    return [
        "  ".join(line[column].ljust(width) for column, width in zip(order, widths, strict=True)).rstrip()
        for line in cells
    ]


def closing_lines(outcomes: Sequence[Outcome], asked: int, seconds: float) -> list[str]:
    """What needs attention, what everything rests on, and the count."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.job.index)
    lines = _attention([outcome for outcome in ordered if outcome.standing is not Standing.EXPECTED])
    positive = [outcome for outcome in ordered if not outcome.job.check.control]
    axioms = dict.fromkeys(axiom for outcome in positive for axiom in outcome.verdict.axioms)
    holes = dict.fromkeys(hole for outcome in positive for hole in outcome.verdict.holes)
    if axioms:
        lines.append(f"classical results used as axioms: {'; '.join(axioms)}")
    lines += [f"hole, checked by nobody: {hole}" for hole in holes]
    if len(outcomes) < asked:
        lines.append(f"interrupted: {len(outcomes)} of {asked} were finished")
    return [*lines, f"{counts(ordered)} ({seconds:.1f} s)"]


def unfinished(outcomes: Sequence[Outcome], asked: int) -> str:
    """Such as "interrupted: 4 of 8 were not finished"; empty when all that was asked was finished."""
    missing = asked - len(outcomes)
    return f"interrupted: {missing} of {asked} were not finished" if missing > 0 else ""


def _attention(outcomes: Sequence[Outcome]) -> list[str]:
    """One line for each of the first few of a theorem, and a count of the others."""
    lines, shown = [], Counter[str]()
    for outcome in outcomes:
        shown[outcome.job.theorem] += 1
        if shown[outcome.job.theorem] <= _MOST_SHOWN:
            where = f"{outcome.job.theorem} ({outcome.verdict.covers})"
            lines.append(f"{word_of([outcome])}: {where}: {one_line(reason_of(outcome))}")
    more = {theorem: count - _MOST_SHOWN for theorem, count in shown.items() if count > _MOST_SHOWN}
    return lines + [
        f"and {count} more of {theorem}; --json lists them all" for theorem, count in more.items()
    ]


def counts(outcomes: Sequence[Outcome]) -> str:
    """Such as "certified on 24 of 24; controls: 3 of 3 came out as expected"."""
    wanted = [o for o in outcomes if not o.job.check.control and o.job.check.expect is Truth.HOLDS]
    other = [o for o in outcomes if not o.job.check.control and o.job.check.expect is not Truth.HOLDS]
    controls = [o for o in outcomes if o.job.check.control]
    parts = []
    if wanted:
        parts.append(f"certified on {_expected(wanted)} of {len(wanted)}")
    if other:
        parts.append(f"expected not to be certified: {_expected(other)} of {len(other)} came out so")
    if controls:
        parts.append(f"controls: {_expected(controls)} of {len(controls)} came out as expected")
    return "; ".join(parts) or "nothing was finished"


def _expected(outcomes: Sequence[Outcome]) -> int:
    return sum(outcome.standing is Standing.EXPECTED for outcome in outcomes)


def claim_lines(outcome: Outcome) -> list[str]:
    """Every claim of one verdict, for a reader who wants to see what was settled and how."""
    lines = [f"{outcome.job.theorem} ({outcome.verdict.covers})"]
    for part in outcome.verdict.evidence:
        lines.append(f"  {part.truth}  {part.rigor}  {one_line(part.sentence)}")
        lines.append(f"      {one_line(part.witness or part.because)}")
    lines += [f"  hypothesis not met: {sentence}" for sentence in outcome.verdict.unmet]
    return lines


def as_json(title: str, outcomes: Sequence[Outcome], asked: int, seconds: float) -> dict[str, Any]:
    """One object: the counts, and one row a job with every piece of evidence."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.job.index)
    return {
        "schema": 1,
        "suite": title,
        "asked": asked,
        "finished": len(ordered),
        "summary": counts(ordered),
        "seconds": round(seconds, 3),
        "rows": [_record(outcome) for outcome in ordered],
    }


def _record(outcome: Outcome) -> dict[str, Any]:
    verdict, check = outcome.verdict, outcome.job.check
    return {
        "theorem": outcome.job.theorem,
        "parameters": None if outcome.job.parameters is None else dict(outcome.job.parameters),
        "covers": verdict.covers,
        "truth": str(verdict.truth),
        "rigor": str(verdict.rigor),
        "certified": verdict.certified,
        "expect": str(check.expect),
        "control": check.control,
        "breaks": check.breaks,
        "standing": outcome.standing.value,
        "rigor_asked": str(check.rigor),
        "error": outcome.error,
        "because": one_line(reason_of(outcome)),
        "unmet": list(verdict.unmet),
        "holes": list(verdict.holes),
        "axioms": list(verdict.axioms),
        "seconds": round(verdict.seconds, 6),
        "claims": [evidence_record(part) for part in verdict.evidence],
    }


def as_junit(title: str, outcomes: Sequence[Outcome], asked: int) -> str:
    """JUnit XML: one test case a job; undecided counts as a failure, since it is not what was expected.

    A run that did not finish all that was ``asked`` has one more case, an error, which says how much is missing.
    """
    ordered = sorted(outcomes, key=lambda outcome: outcome.job.index)
    bad = sum(outcome.standing in (Standing.WRONG, Standing.OPEN) for outcome in ordered)
    missing = unfinished(ordered, asked)
    errors = sum(outcome.standing is Standing.ERROR for outcome in ordered) + bool(missing)
    seconds = sum(outcome.verdict.seconds for outcome in ordered)
    suite = ElementTree.Element(
        "testsuite",
        _clean(
            {
                "name": title,
                "tests": len(ordered) + bool(missing),
                "failures": bad,
                "errors": errors,
                "time": f"{seconds:.3f}",
            }
        ),
    )
    if missing:
        case = ElementTree.SubElement(suite, "testcase", _clean({"classname": title, "name": missing, "time": "0.000"}))
        ElementTree.SubElement(case, "error", _clean({"type": "interrupted", "message": missing}))
    for outcome in ordered:
        named = {
            "classname": outcome.job.theorem, "name": _case_name(outcome), "time": f"{outcome.verdict.seconds:.3f}",
        }
        case = ElementTree.SubElement(suite, "testcase", _clean(named))
        if outcome.job.check.control:
            properties = ElementTree.SubElement(case, "properties")
            for name, value in (("control", "true"), ("breaks", outcome.job.check.breaks)):
                ElementTree.SubElement(properties, "property", _clean({"name": name, "value": value}))
        if outcome.standing is not Standing.EXPECTED:
            kind = "error" if outcome.standing is Standing.ERROR else "failure"
            attributes = _clean({"type": outcome.verdict.truth, "message": one_line(reason_of(outcome))})
            ElementTree.SubElement(case, kind, attributes).text = _printable(outcome.error)
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _case_name(outcome: Outcome) -> str:
    """A control is told from a theorem by its name alone, since most readers of JUnit show no more."""
    check = outcome.job.check
    return f"{outcome.verdict.covers} [control, breaks: {check.breaks}]" if check.control else outcome.verdict.covers


def _clean(attributes: dict[str, Any]) -> dict[str, str]:
    return {key: _printable(str(value)) for key, value in attributes.items()}


def _printable(text: str) -> str:
    # XML has no way to write control characters, so they go.
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")
