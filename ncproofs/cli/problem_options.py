"""Options that spell a problem, for every command that takes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

__all__ = ["labelled", "labelled_problem", "weighted", "with_options"]

Command = Callable[..., int]


def with_options(command: Command, options: Sequence[Callable[..., Any]]) -> Command:
    """The options in the order of the list."""
    for option in reversed(options):
        command = option(command)
    return command


def weighted(command: Command) -> Command:
    """The options of the families with weight decay."""
    return with_options(command, (
        click.option("--lambda-W", "lambda_W", required=True, help="Weight decay of W, exact: 1/100 or 0.01."),
        click.option("--lambda-H", "lambda_H", required=True, help="Weight decay of H."),
        click.option("--lambda-b", "lambda_b", default="none", show_default=True,
                     help="none (no bias), 0 (free bias) or a number."),
    ))


def labelled(command: Command) -> Command:
    """The options of samples with sets of labels; ``labelled_problem`` reads them."""
    return with_options(weighted(command), (
        click.option("--loss", default="pick_all_label", show_default=True,
                     help="pick_all_label, or pick_all_label(1): 1/m."),
        click.option("-K", "K", help="Classes, at least 2; with --labels the largest label when not given."),
        click.option("-d", "d", help="Feature dimension; with --labels K when not given."),
        click.option("--counts",
                     help="m:n for every number m of labels: each set of m labels n times, for example 1:3,2:2."),
        click.option("--labels", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
                     help="Instead: one label set a line, for example 1 3, or a JSON list of lists; classes from 1."),
        click.option("--weights", default="none",
                     help="Weights v_m of the loss, for example 1:1,2:1/2; 1 when not given."),
    ))


def labelled_problem(labels: Path | None, given: dict[str, str | None]) -> Any:
    """The problem of --counts or of the file --labels; what is missing is a usage error."""
    from ncproofs.families import problem_of
    from ncproofs.problems.label_sets import largest_label, read_label_file, refuse_idle_weights

    sets: Any = None
    if labels is not None:
        if given["counts"] is not None:
            raise click.UsageError("--counts and --labels given; write one of them")
        sets = read_label_file(labels)
        given = {**given, "K": given["K"] or str(largest_label(sets))}
        given["d"] = given["d"] or given["K"]
    missing = [f"-{name}" for name in ("K", "d") if given[name] is None]
    if given["counts"] is None and labels is None:
        missing.append("--counts")
    if missing:
        raise click.UsageError(f"{', '.join(missing)} needed; write for example -K 3 -d 2 --counts 1:2,2:1")
    spelled = {key: value for key, value in given.items() if value is not None}
    problem = problem_of({"family": "multilabel", **spelled, **({} if sets is None else {"labels": sets})})
    if given["weights"] not in (None, "none"):
        refuse_idle_weights(given["weights"], problem.multiplicities)
    return problem
