"""``ncproofs optimum network``."""

from __future__ import annotations

import json

import click

__all__ = ["network"]

_EPILOG = """\b
Examples:
  ncproofs optimum network --kind relu --data data.json --beta 1/2
  ncproofs optimum network --kind spline --data points.csv --plot spline.png
  ncproofs optimum network --kind deep-linear --layers 3 --data data.csv --beta 1/10 --json
  ncproofs optimum network --kind batchnorm --data counts.json --beta 6/5

Kinds, file formats and quantities: `ncproofs show network`.
Exit code 0: the certified bounds agree to the digits asked for. 4: certified bounds that are further apart.
"""


@click.command("network", epilog=_EPILOG)
@click.option("--kind", required=True, type=click.Choice(["linear", "deep-linear", "relu", "spline", "batchnorm"]))
@click.option("--data", "data", required=True, metavar="FILE", help="JSON or CSV of exact numbers.")
@click.option("--beta", help="Weight decay, > 0, exact: 1/10 or 0.1. Not for a spline, which interpolates.")
@click.option("--layers", help="Weight layers, 2 unless deep-linear or relu.  [default: 2]")
@click.option("--normalisation", type=click.Choice(["standard", "unit"]), default="standard", show_default=True,
              help="standard: weight decay on every layer. unit: inner layers of norm at most one.")
@click.option("--digits", type=click.IntRange(1, 1000), default=30, show_default=True,
              help="Enclosures of relative width below 10^-DIGITS.")
@click.option("--plot", metavar="FILE", help="spline: draw data, interpolant and kinks (.png, .svg, .pdf).")
@click.option("--json", "json_", is_flag=True, help="One JSON object on stdout.")
def network(kind: str, data: str, beta: str | None, layers: str | None, normalisation: str, digits: int,
            plot: str | None, *, json_: bool) -> int:
    """A regularised network: minimum, dual value, gap, and the weights that attain it."""
    from ncproofs.critical.network_optimum import network_optimum
    from ncproofs.errors import InvalidProblem
    from ncproofs.problems.network_data import network_from_text, read_text
    from ncproofs.report.network_text import network_lines, network_record
    from ncproofs.truth import Truth

    if kind == "deep-linear" and layers is None:
        raise InvalidProblem("kind deep-linear given without layers; write for example --layers 3")
    problem = network_from_text(kind, read_text(data), beta=beta, layers=layers, normalisation=normalisation)
    found = network_optimum(problem, digits=digits)
    if plot is not None:
        from ncproofs.report.spline_figure import draw_spline

        draw_spline(problem, plot)
    if json_:
        click.echo(json.dumps(network_record(found, digits), indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(network_lines(found, digits)))
    return {Truth.HOLDS: 0, Truth.FAILS: 1, Truth.UNDECIDED: 4}[found.truth]
