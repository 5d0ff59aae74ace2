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
from ncproofs.cli.problem_options import labelled, labelled_problem, weighted, with_options

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
    return with_options(_answers(command), options)


def _answers(command: Callable[..., int]) -> Callable[..., int]:
    """The options about the answer."""
    options = (
        click.option("--digits", type=click.IntRange(1, 1000), default=30, show_default=True,
                     help="Enclosures of relative width below 10^-DIGITS."),
        click.option("--spectrum", "spectrum_", is_flag=True,
                     help="Also every distinct eigenvalue of the Hessian there."),
        click.option("--json", "json_", is_flag=True, help="One JSON object on stdout."),
    )
    return with_options(command, options)


@optimum_command.command("ridge", epilog=_EPILOG)
@weighted
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
@labelled
@_answers
def multilabel(digits: int, *, spectrum_: bool, json_: bool, labels: Path | None, **given: str | None) -> int:
    """Samples with a set of labels: the global minimum, or for unbalanced lists certified bounds of it."""
    from ncproofs.critical.multilabel import label_optimum
    from ncproofs.critical.multilabel_spectrum import multilabel_spectrum

    problem = labelled_problem(labels, given)
    entries = multilabel_spectrum(problem, digits=digits) if spectrum_ else None
    found = label_optimum(problem, digits=digits)
    return _told(problem, found, entries, digits, json_=json_)


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
