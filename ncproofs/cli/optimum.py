"""``ncproofs optimum``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ncproofs.cli.code import code_command
from ncproofs.cli.layered import layered
from ncproofs.cli.optimum_network import network

__all__ = ["optimum_command"]

_EPILOG = """\b
Examples:
  ncproofs optimum ridge -K 3 -d 2 -n 2 --lambda-W 1/100 --lambda-H 1/200
  ncproofs optimum ridge --loss mean_squared -K 4 -d 5 --lambda-W 1/20 --lambda-H 1/40 --lambda-b 1 --spectrum
  ncproofs optimum sphere -K 4 -d 4 --tau 3/2 --spectrum
  ncproofs optimum code -K 24 -d 4
  ncproofs optimum multilabel -K 5 -d 4 --counts 1:2,2:1,3:3 --lambda-W 1/250 --lambda-H 3/1000 --digits 40
  ncproofs optimum ridge --loss 'focal(2)' -K 1000 -d 2048 -n 500 --lambda-W 1e-5 --lambda-H 1e-5 --json

The quantities and regimes are explained by `ncproofs show FAMILY`.
Exit code 0: certified. 1: not a simplex ETF or zero. 4: undecided.
"""


@click.group("optimum", epilog=_EPILOG)
def optimum_command() -> None:
    """The certified optimum of one instance: value, geometry, scale, bias, Hessian spectrum."""


optimum_command.add_command(layered)
optimum_command.add_command(code_command)
optimum_command.add_command(network)


def _shared(command: Callable[..., int]) -> Callable[..., int]:
    """The options of the families with n samples per class."""
    options = (
        click.option("--loss", default="cross_entropy", show_default=True, help="cross_entropy, focal(2), ..."),
        click.option("-K", "K", required=True, help="Classes, at least 2."),
        click.option("-d", "d", required=True, help="Feature dimension."),
        click.option("-n", "n", default="1", show_default=True, help="Samples per class."),
    )
    command = _answers(command)
    for option in reversed(options):
        command = option(command)
    return command


def _answers(command: Callable[..., int]) -> Callable[..., int]:
    """The options about the answer."""
    options = (
        click.option("--digits", type=click.IntRange(1, 1000), default=30, show_default=True,
                     help="Enclosures of relative width below 10^-DIGITS."),
        click.option("--spectrum", "spectrum_", is_flag=True,
                     help="Also every distinct eigenvalue of the Hessian there."),
        click.option("--json", "json_", is_flag=True, help="One JSON object on stdout."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@optimum_command.command("ridge", epilog=_EPILOG)
@click.option("--lambda-W", "lambda_W", required=True, help="Weight decay of W, exact: 1/100 or 0.01.")
@click.option("--lambda-H", "lambda_H", required=True, help="Weight decay of H.")
@click.option("--lambda-b", "lambda_b", default="none", show_default=True,
              help="none (no bias), 0 (free bias) or a number.")
@_shared
def ridge(digits: int, *, spectrum_: bool, json_: bool, **given: str) -> int:
    """Weight decay on W and H: the global minimum over all of W, H and b."""
    from ncproofs.critical.optimum import optimum
    from ncproofs.critical.spectrum import spectrum

    problem = _problem(given)
    found = optimum(problem, digits=digits)
    entries = spectrum(problem, found, digits=digits) if spectrum_ else None
    return _told(problem, found, entries, digits, json_=json_)


@optimum_command.command("sphere", epilog=_EPILOG)
@click.option("--tau", required=True, help="Temperature, exact: 1, 3/2 or 0.5.")
@click.option("--point", type=click.Choice(["etf", "antipodal"]), default="etf", show_default=True,
              help="etf: features at their classifiers. antipodal: the critical point with features opposite.")
@_shared
def sphere(digits: int, *, point: str, spectrum_: bool, json_: bool, **given: str) -> int:
    """Unit classifiers and features: the global minimum over the product of spheres."""
    from ncproofs.critical.sphere_optimum import sphere_optimum
    from ncproofs.critical.sphere_spectrum import sphere_spectrum

    problem = _problem(given)
    found = sphere_optimum(problem, point=point, digits=digits)
    # Without a point the minimisers are no single orbit; a note of the answer says so.
    entries = sphere_spectrum(problem, point=found.point, digits=digits) if spectrum_ and found.point else None
    return _told(problem, found, entries, digits, json_=json_)


@optimum_command.command("multilabel", epilog=_EPILOG)
@click.option("--loss", default="pick_all_label", show_default=True, help="pick_all_label, or pick_all_label(1): 1/m.")
@click.option("-K", "K", help="Classes, at least 2; with --labels the largest label when not given.")
@click.option("-d", "d", help="Feature dimension; with --labels K when not given.")
@click.option("--counts", help="m:n for every number m of labels: each set of m labels n times, for example 1:3,2:2.")
@click.option("--labels", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Instead: one label set a line, for example 1 3, or a JSON list of lists; classes from 1.")
@click.option("--weights", default="none", help="Weights v_m of the loss, for example 1:1,2:1/2; 1 when not given.")
@click.option("--lambda-W", "lambda_W", required=True, help="Weight decay of W, exact: 1/100 or 0.01.")
@click.option("--lambda-H", "lambda_H", required=True, help="Weight decay of H.")
@click.option("--lambda-b", "lambda_b", default="none", show_default=True,
              help="none (no bias), 0 (free bias) or a number.")
@_answers
def multilabel(digits: int, *, spectrum_: bool, json_: bool, labels: Path | None, **given: str | None) -> int:
    """Samples with a set of labels: the global minimum, or for unbalanced lists certified bounds of it."""
    from ncproofs.critical.multilabel import label_optimum
    from ncproofs.critical.multilabel_spectrum import multilabel_spectrum

    problem = multilabel_problem(labels, given)
    entries = multilabel_spectrum(problem, digits=digits) if spectrum_ else None
    found = label_optimum(problem, digits=digits)
    return _told(problem, found, entries, digits, json_=json_)


def multilabel_problem(labels: Path | None, given: dict[str, str | None]) -> Any:
    """The problem of --counts or of the file --labels; what is missing is a usage error."""
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
    problem = _problem({"family": "multilabel", **spelled, **({} if sets is None else {"labels": sets})})
    if given["weights"] not in (None, "none"):
        refuse_idle_weights(given["weights"], problem.multiplicities)
    return problem


def _problem(given: dict[str, Any]) -> Any:
    from ncproofs.families import problem_of

    return problem_of(given)


def _told(problem: Any, found: Any, entries: Any, digits: int, *, json_: bool) -> int:
    """Print the answer; the exit code says whether it is certified."""
    from ncproofs.report.optimum_text import optimum_lines, optimum_record, spelled
    from ncproofs.truth import Truth

    if json_:
        record = optimum_record(spelled(problem), found, digits, entries)
        click.echo(json.dumps(record, indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(optimum_lines(found, problem, digits, entries)))
    return {Truth.HOLDS: 0, Truth.FAILS: 1, Truth.UNDECIDED: 4}[found.truth]
