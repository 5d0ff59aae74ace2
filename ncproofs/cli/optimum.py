"""``ncproofs optimum``."""

from __future__ import annotations

import json

import click

__all__ = ["optimum_command"]

_EPILOG = """\b
Examples:
  ncproofs optimum ridge -K 3 -d 2 -n 2 --lambda-W 1/100 --lambda-H 1/200
  ncproofs optimum ridge --loss mean_squared -K 4 -d 5 --lambda-W 1/20 --lambda-H 1/40 --lambda-b 1 --spectrum
  ncproofs optimum ridge --loss 'focal(2)' -K 1000 -d 2048 -n 500 --lambda-W 1e-5 --lambda-H 1e-5 --json

The quantities and regimes are explained by `ncproofs show ridge`.
Exit code 0: certified. 1: not a simplex ETF or zero. 4: undecided.
"""


@click.group("optimum", epilog=_EPILOG)
def optimum_command() -> None:
    """The certified optimum of one instance: value, geometry, scale, bias, Hessian spectrum."""


@optimum_command.command("ridge", epilog=_EPILOG)
@click.option(
    "--loss", default="cross_entropy", show_default=True, help="cross_entropy, focal(2), mean_squared, ..."
)
@click.option("-K", "K", required=True, help="Classes, at least 2.")
@click.option("-d", "d", required=True, help="Feature dimension, at least 1.")
@click.option("-n", "n", default="1", show_default=True, help="Samples per class.")
@click.option("--lambda-W", "lambda_W", required=True, help="Weight decay of W, exact: 1/100 or 0.01.")
@click.option("--lambda-H", "lambda_H", required=True, help="Weight decay of H.")
@click.option(
    "--lambda-b",
    "lambda_b",
    default="none",
    show_default=True,
    help="none (no bias), 0 (free bias) or a number.",
)
@click.option(
    "--digits",
    type=click.IntRange(1, 10_000),
    default=30,
    show_default=True,
    help="Enclosures of relative width below 10^-DIGITS.",
)
@click.option(
    "--spectrum", "spectrum_", is_flag=True, help="Also every distinct eigenvalue of the Hessian there."
)
@click.option("--json", "json_", is_flag=True, help="One JSON object on stdout.")
def ridge(digits: int, *, spectrum_: bool, json_: bool, **given: str) -> int:
    """Weight decay on W and H: the global minimum over all of W, H and b."""
    from ncproofs.critical.optimum import optimum
    from ncproofs.critical.spectrum import spectrum
    from ncproofs.report.optimum_text import optimum_lines, optimum_record, spelled
    from ncproofs.suite import problem_of
    from ncproofs.truth import Truth

    problem = problem_of(given)
    found = optimum(problem, digits=digits)
    entries = spectrum(problem, found, digits=digits) if spectrum_ else None
    if json_:
        click.echo(
            json.dumps(optimum_record(spelled(problem), found, digits, entries), indent=1, ensure_ascii=False)
        )
    else:
        click.echo("\n".join(optimum_lines(found, problem, digits, entries)))
    return {Truth.HOLDS: 0, Truth.FAILS: 1, Truth.UNDECIDED: 4}[found.truth]
