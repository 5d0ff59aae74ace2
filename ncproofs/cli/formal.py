"""``ncproofs formal``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ncproofs.proof.formal import Library
    from ncproofs.runner import Outcome
    from ncproofs.truth import Evidence

__all__ = ["formal_command", "in_coq"]

_EPILOG = """\b
Examples:
  ncproofs formal                       compile the Coq library and compare its statements with the golden file
  ncproofs formal --statements          what Coq prints for each statement and definition, without comparing
  ncproofs formal --coqchk              also let coqchk, a second program, check the compiled files
  ncproofs formal my/library            a library of your own: *.v, statements.toml, golden.txt
  ncproofs check --kernel proofs        certificates of saddle boxes, decided inside Coq

\b
Exit codes: 0 every statement is certified   2 usage or input error, or no Coq   4 some statement is not accepted
"""


@click.command("formal", epilog=_EPILOG)
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--statements", is_flag=True, help="Print what Coq prints, and stop.")
@click.option("--accept", is_flag=True, help="Write what Coq prints to golden.txt; read the difference first.")
@click.option("--coqchk", is_flag=True, help="Let coqchk check the compiled files again; about a minute more.")
@click.option("--json", "json_", is_flag=True, help="One JSON object on stdout.")
def formal_command(folder: Path | None, **options: Any) -> int:
    """Theorems proved in Coq: compile them, and compare what Coq prints for each with a file that a person has read.

    A statement is certified, with rigor kernel, when Coq accepts the library, the statement and every definition that
    it rests on are as in golden.txt, and its axioms are those of Coq's classical reals (or, where it says so, of the
    machine's integers and floats). A library is a program: compile only what you trust.
    """
    from ncproofs.proof import formal

    library = formal.open_library(folder)
    try:
        with formal.build(library, lambda line: click.echo(line, err=True)) as place:
            texts = formal.printed(library, place)
            if options["coqchk"]:
                click.echo(formal.recheck(library, place).strip(), err=True)
    except formal.Unaccepted as error:
        click.echo(f"undecided: Coq does not accept the library: {error}", err=True)
        return 4
    if options["statements"]:
        click.echo(formal.written(texts), nl=False)
        return 0
    if options["accept"]:
        (library.folder / formal.GOLDEN).write_text(formal.written(texts), encoding="utf-8")
        library = formal.open_library(library.folder)
    answers = formal.accepted(library, texts, formal.version())
    _report(library, answers, as_json=options["json_"])
    return 0 if all(_certified(answer) for answer in answers) else 4


def in_coq(outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes, those of a theorem that Coq proves in whole and for all sizes resting on Coq's statements instead.

    Raises:
        MissingDependency: no Coq. Unaccepted: Coq does not accept the library.
    """
    from dataclasses import replace

    from ncproofs.proof import formal
    from ncproofs.truth import conclude

    library = formal.open_library()
    with formal.build(library, lambda line: click.echo(line, err=True)) as place:
        answers = formal.accepted(library, formal.printed(library, place), formal.version())
    told = []
    for outcome in outcomes:
        theorem = outcome.verdict.theorem
        parts = [a for s, a in zip(library.statements, answers, strict=True) if s.theorem == theorem]
        if outcome.job.parameters is None and theorem in library.whole and outcome.verdict.certified:
            truth, rigor = conclude(parts)
            verdict = replace(outcome.verdict, truth=truth, rigor=rigor, evidence=tuple(parts), axioms=tuple(
                dict.fromkeys(axiom for part in parts for axiom in part.axioms)))
            told.append(replace(outcome, verdict=verdict))
        else:
            told.append(outcome)
    return told


def _certified(answer: Evidence) -> bool:
    from ncproofs.truth import Rigor, Truth

    return answer.truth is Truth.HOLDS and answer.rigor is Rigor.KERNEL


def _report(library: Library, answers: list[Evidence], *, as_json: bool) -> None:
    rows = list(zip(library.statements, answers, strict=True))
    if as_json:
        told = [{"name": s.name, "theorem": s.theorem or None, "says": s.says, "covers": s.covers,
                 "truth": str(a.truth), "rigor": str(a.rigor), "because": a.because} for s, a in rows]
        click.echo(json.dumps({"schema": 1, "whole": list(library.whole), "statements": told}, indent=1))
        return
    for statement, answer in rows:
        word = "certified" if _certified(answer) else str(answer.truth)
        of = f"  [{statement.theorem}]" if statement.theorem else ""
        click.echo(f"{word:10} {answer.rigor!s:7} {statement.name}{of}")
        click.echo(f"           {statement.says}")
        click.echo(f"           {statement.covers}" + ("" if _certified(answer) else f"\n           {answer.because}"))
    reasons = sorted({answer.because for answer in answers if _certified(answer)}, key=len)
    click.echo("\n".join(["", *reasons]))
    left = {statement.theorem for statement, answer in rows if not _certified(answer)}
    settled = [theorem for theorem in library.whole if theorem not in left]
    click.echo(f"certified on {sum(_certified(a) for a in answers)} of {len(answers)}"
               + (f"; in whole: {', '.join(settled)}" if settled else ""))
