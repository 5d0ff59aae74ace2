"""``ncproofs search``."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ncproofs.cli.problem_options import labelled, labelled_problem, weighted, with_options

if TYPE_CHECKING:
    from ncproofs.campaign import Campaign, Event
    from ncproofs.campaign_file import Heading
    from ncproofs.critical.random_points import SearchResult
    from ncproofs.problems.multilabel import Problem
    from ncproofs.proof.search_verdict import Judgement

__all__ = ["search_command"]

_METHODS = ("squares", "following", "padding", "symmetry", "homotopy", "descent", "escape")
_ONLY = 1000

_EPILOG = """\b
Examples:
  ncproofs search ridge -K 4 -d 5 -n 2 --lambda-W 1/200 --lambda-H 1/100 --count 200
  ncproofs search sphere -K 4 -d 5 --tau 3 --count 500 --jobs 2 --out points.jsonl --plot points.svg
  ncproofs search ridge -K 4 -d 1 --lambda-W 1/400 --lambda-H 1/400 --method descent   hunts a spurious minimum
  ncproofs search ridge --loss "log(S1) - t" -K 3 -d 3 --lambda-W 1/50 --lambda-H 1/50 a loss of your own
  ncproofs search multilabel -K 4 -d 2 --counts 1:1,2:1 --lambda-W 1/200 --lambda-H 1/200

Inside the hypotheses of a landscape theorem every certified point must be a global minimiser or have negative
curvature. Outside, a certified point that is neither is reported with the command that finds it again.

\b
Exit codes: 0 no certified point contradicts the statement   1 one does (a counterexample or a violation)
  2 usage or input error   4 nothing was certified   130 interrupted (what was finished is reported and kept)
"""


@click.group("search", epilog=_EPILOG)
def search_command() -> None:
    """Random critical points of any index: each one certified, with index and nullity, or undecided with the reason.

    Layered models, codes and networks have searches of their own, for minima: see `ncproofs optimum`.
    """


def _shared(command: Callable[..., int]) -> Callable[..., int]:
    """The options that every family has."""
    return with_options(command, (
        click.option("--count", type=click.IntRange(1, 10**7), default=200, show_default=True, help="Starts."),
        click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True,
                     help="Start i of seed s is the same in every run."),
        click.option("--only", help="Only these starts, such as 17,4: how a counterexample is found again."),
        click.option("--method", "methods", multiple=True, type=click.Choice(_METHODS),
                     help="Give it several times to let several take turns.  [default: all]"),
        click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes."),
        click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
                     help="Append what is found to this file; with the same arguments a rerun goes on from there."),
        click.option("--certificates", type=click.Path(path_type=Path, file_okay=False),
                     help="Write a certificate of each point to this folder, for the independent checker."),
        click.option("--boxes", is_flag=True,
                     help="Certificates of saddles say only that a box around them has negative curvature; "
                     "ncproofs check --kernel decides those of cross-entropy inside Coq."),
        click.option("--plot", type=click.Path(path_type=Path, dir_okay=False),
                     help="Draw objective against index and the least curvatures (.svg, .png, .pdf)."),
        click.option("--json", "json_", is_flag=True, help="One JSON object on stdout."),
    ))


def _balanced(command: Callable[..., int]) -> Callable[..., int]:
    """The options of the families with n samples of each class."""
    return with_options(command, (
        click.option("--loss", default="cross_entropy", show_default=True,
                     help="cross_entropy, focal(2), ..., an expression, a .toml file or package.module:name."),
        click.option("-K", "K", required=True, help="Classes, at least 2."),
        click.option("-d", "d", required=True, help="Feature dimension."),
        click.option("-n", "n", default="1", show_default=True, help="Samples per class."),
    ))


@search_command.command("ridge", epilog=_EPILOG)
@_balanced
@weighted
@_shared
def ridge(**options: Any) -> int:
    """Weight decay on W and H, with or without a bias."""
    return _search(_feature_problem("ridge", ("K", "d", "n", "lambda_W", "lambda_H", "lambda_b"), options), options)


@search_command.command("sphere", epilog=_EPILOG)
@_balanced
@click.option("--tau", required=True, help="Temperature, exact: 1, 3/2 or 0.5.")
@_shared
def sphere(**options: Any) -> int:
    """Unit classifiers and features."""
    return _search(_feature_problem("sphere", ("K", "d", "n", "tau"), options), options)


@search_command.command("multilabel", epilog=_EPILOG)
@labelled
@_shared
def multilabel(**options: Any) -> int:
    """Samples with a set of labels, pick-all-label cross-entropy, weight decay on W and H."""
    keys = ("loss", "K", "d", "counts", "weights", "lambda_W", "lambda_H", "lambda_b")
    return _search(labelled_problem(options["labels"], {key: options[key] for key in keys}), options)


def _search(problem: Problem, options: dict[str, Any]) -> int:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small matrices: threads cost more than they save
    from ncproofs.campaign import Campaign
    from ncproofs.campaign_file import opened
    from ncproofs.report.search_figure import check_figure

    heading = _heading(problem, options)
    numbers = _numbers(options)
    if options["plot"] is not None:
        check_figure(options["plot"])
    done, known = ({}, set()) if options["out"] is None else opened(options["out"], heading)
    campaign = Campaign(heading, numbers, {number: done[number] for number in numbers if number in done})
    if campaign.done:
        click.echo(f"{len(campaign.done)} of {len(numbers)} starts are in {options['out']} already", err=True)
    result, whole = _collected(campaign, options, known)
    return _told(result, heading, options, whole=whole)


def _feature_problem(family: str, keys: tuple[str, ...], options: dict[str, Any]) -> Problem:
    from ncproofs.cli.loss import loss_given
    from ncproofs.families import problem_of

    loss = loss_given(options["loss"])
    problem = problem_of({"family": family, "loss": "cross_entropy", **{key: options[key] for key in keys}})
    return replace(problem, loss=loss)


def _heading(problem: Problem, options: dict[str, Any]) -> Heading:
    from ncproofs.campaign_file import Heading, is_spelling_of
    from ncproofs.critical.certify import terrain_of
    from ncproofs.critical.random_points import chosen

    terrain_of(problem)
    text = options["loss"] if is_spelling_of(options["loss"], problem.loss) else None
    return Heading(problem, options["seed"], chosen(options["methods"]), text)


def _numbers(options: dict[str, Any]) -> tuple[int, ...]:
    if options["only"] is None:
        return tuple(range(options["count"]))
    parts = options["only"].split(",")
    if not all(part.strip().isascii() and part.strip().isdigit() and len(part) < 10 for part in parts):
        raise click.UsageError(f"--only {options['only']} given; write start numbers such as 17,4")
    if len(parts) > _ONLY:
        raise click.UsageError(f"--only gives {len(parts)} starts; write at most {_ONLY}, or --count")
    return tuple(sorted({int(part) for part in parts}))


def _collected(campaign: Campaign, options: dict[str, Any], known: set[int]) -> tuple[SearchResult, bool]:
    """The result, and whether all starts were finished before an interruption."""
    from ncproofs.campaign import run
    from ncproofs.campaign_file import append, point_record, start_record
    from ncproofs.critical.random_points import Candidate, Found

    candidates, points, whole = dict(campaign.done), {}, True
    events = run(campaign, options["jobs"])
    try:
        with _progress(len(campaign.numbers)) as tell:
            for event in events:
                if isinstance(event, Candidate):
                    candidates[event.number] = event
                else:
                    points[event.candidate.number] = event.classified
                if options["out"] is not None and not (isinstance(event, Found) and event.candidate.number in known):
                    append(options["out"], start_record(event) if isinstance(event, Candidate) else point_record(event))
                tell(len(candidates), len(points), event)
    except KeyboardInterrupt:
        whole = False
    finally:
        close = getattr(events, "close", None)
        if close is not None:
            close()
    return campaign.result(list(candidates.values()), points), whole


@contextmanager
def _progress(asked: int) -> Iterator[Callable[[int, int, Event], None]]:
    """A bar on a terminal, a line for each new point elsewhere; on stderr."""
    from ncproofs.critical.random_points import Candidate

    if not sys.stderr.isatty():

        def line(done: int, points: int, event: Event) -> None:
            if not isinstance(event, Candidate):
                found = event.classified
                words = f"index {found.index}, nullity {found.nullity}" if found.is_certified else found.kind
                click.echo(f"{done}/{asked} start {event.candidate.number}: {words}", err=True)

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=asked)
        yield lambda done, points, event: bar.update(task, completed=done, description=f"{points} distinct points")


def _told(result: SearchResult, heading: Heading, options: dict[str, Any], *, whole: bool) -> int:
    from ncproofs.campaign_file import spelled
    from ncproofs.proof.search_verdict import judge
    from ncproofs.report.search_figure import write_figure
    from ncproofs.report.search_text import search_lines, search_record

    judged = judge(result)
    replay = {place: _replay(heading, judged, place, options) for place in range(len(judged.against))}
    if options["json_"]:
        record = search_record(spelled(result.problem), result, judged, replay)
        click.echo(json.dumps({**record, "interrupted": not whole}, indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(search_lines(result, judged, replay)))
    if options["plot"] is not None:
        write_figure(result, options["plot"])
    if options["certificates"] is not None and whole:
        _certify(result, judged, options["certificates"], boxes=options["boxes"])
    if not whole:
        click.echo("error: interrupted; what was finished is reported" + (
            f", and a rerun goes on from {options['out']}" if options["out"] is not None else ""), err=True)
        return 130
    return 1 if judged.against else 0 if result.certified else 4


def _certify(result: SearchResult, judged: Judgement, folder: Path, *, boxes: bool) -> None:
    """A file a certified point, each accepted by the checker before it is written; what has none is told."""
    from ncproofs.proof.certificate import NoCertificate
    from ncproofs.proof.point_certificates import point_certificate
    from ncproofs.proof.search_verdict import lower_start
    from ncproofs.store import write_atomically

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"--certificates {folder} cannot be made ({error.strerror})") from None
    below = {found.point.candidate.number: lower_start(result, found) for found in judged.against}
    refused: dict[str, int] = {}
    for point in result.certified:
        number = point.candidate.number
        try:
            raw = point_certificate(result.problem, point, below.get(number), boxes=boxes)
            write_atomically(folder / f"point-{number:06d}.json", raw.decode("ascii"))
        except NoCertificate as error:
            refused[str(error)] = refused.get(str(error), 0) + 1
    click.echo(f"{len(result.certified) - sum(refused.values())} certificates written to {folder}", err=True)
    for reason, count in refused.items():
        click.echo(f"{count} without a certificate: {reason}", err=True)


def _replay(heading: Heading, judged: Judgement, place: int, options: dict[str, Any]) -> str:
    """The command that finds this counterexample and the point below it, and nothing else."""
    from ncproofs.campaign_file import spelled

    found = judged.against[place]
    starts = {found.point.candidate.number}
    if found.better.number is not None:
        starts.add(found.better.number)
    words = ["ncproofs", "search", spelled(heading.problem)["family"], "--loss", options["loss"]]
    for key, value in spelled(heading.problem).items():
        if key == "labels":
            value = str(options["labels"])
        if key not in ("family", "loss") and value != "none":
            words += [f"-{key}" if len(key) == 1 else f"--{key.replace('_', '-')}", value]
    for method in options["methods"]:
        words += ["--method", method]
    return shlex.join([*words, "--seed", str(heading.seed), "--only", ",".join(map(str, sorted(starts)))])
