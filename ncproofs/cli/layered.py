"""``ncproofs optimum layered``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

__all__ = ["layered"]

_EPILOG = """\b
Examples:
  ncproofs optimum layered --layers 2 -K 3 -n 2 --lambdas 3/100,1/20 --lambda-H 1/50 --critical-points
  ncproofs optimum layered --layers 1 -K 3 -n 4 --lambdas 1/50 --lambda-H 1/100 --lambda-b 1/2
  ncproofs optimum layered --layers 2 --class-sizes 9,4,1 --lambdas 1/100,1/100 --lambda-H 1/100
  ncproofs optimum layered --layers 2 -K 6 --lambdas 1/15,1/15 --lambda-H 1/15 --relu
  ncproofs optimum layered --phase-diagram phases.png

The quantities and regimes are explained by `ncproofs show layered`.
Exit code 0: certified. 1: with --relu, a point below the linear minimum is certified. 4: undecided.
"""


@click.command("layered", epilog=_EPILOG)
@click.option("--layers", help="Weight layers L, 1 to 64.")
@click.option("-K", "K", help="Classes, at least 2; not needed with --class-sizes.")
@click.option("-d", "d", default="K", show_default=True, help="Widths d_1,...,d_L, or one number for all.")
@click.option("-n", "n", default="1", show_default=True, help="Samples per class.")
@click.option("--lambdas", help="Weight decay of W_1,...,W_L, exact: 1/100,1/50.")
@click.option("--lambda-H", "lambda_H", help="Weight decay of H.")
@click.option("--lambda-b", "lambda_b", default="none", show_default=True,
              help="none (no bias), 0 (free bias) or a number.")
@click.option("--relu", is_flag=True, help="W_2 relu(W_1 H): two layers, no bias.")
@click.option("--class-sizes", "class_sizes", default="none", help="Unequal classes: n_1,...,n_K in place of -n.")
@click.option("--critical-points", "points_", is_flag=True, help="Also every critical point, by rank.")
@click.option("--spectrum", "spectrum_", is_flag=True, help="Also every distinct eigenvalue of the Hessian.")
@click.option("--rank", metavar="R", help="The spectrum at this many directions with sigma_plus, one number for each "
              "group of --critical-points: 2, or 2,1.")
@click.option("--minus", metavar="R", help="... and this many with sigma_minus.")
@click.option("--digits", type=click.IntRange(1, 1000), default=30, show_default=True,
              help="Enclosures of relative width below 10^-DIGITS.")
@click.option("--json", "json_", is_flag=True, help="One JSON object on stdout.")
@click.option("--phase-diagram", "figure", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Draw the regimes over (kappa, lambda_b) for 1, 2, 3 layers; nothing else is needed.")
def layered(digits: int, *, figure: Path | None, points_: bool, spectrum_: bool, rank: str | None, minus: str | None,
            json_: bool, **given: Any) -> int:
    """L weight layers on free features, mean squared error: the global minimum over all factors and the bias."""
    if figure is not None:
        from ncproofs.report.layered_figure import phase_diagram

        phase_diagram(figure)
        click.echo(f"{figure}: regimes over (kappa, lambda_b) for 1, 2 and 3 layers")
        return 0
    at = _counts("--rank", rank), _counts("--minus", minus)
    if at != (None, None) and not spectrum_:
        raise click.UsageError("--rank and --minus say where the spectrum is taken; add --spectrum")
    return _answered(_problem(given), digits, points_=points_, at=at if spectrum_ else None, json_=json_)


def _counts(option: str, text: str | None) -> Any:
    """2, or (2, 1) for several groups of directions."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 8 for part in parts):
        raise click.UsageError(f"{option} {text} given; write one whole number for each group, for example 2 or 2,1")
    numbers = tuple(map(int, parts))
    return numbers if len(numbers) > 1 else numbers[0]


def _problem(given: dict[str, Any]) -> Any:
    from ncproofs.families import problem_of

    if given["K"] is None and given["class_sizes"] != "none":
        given["K"] = str(len(given["class_sizes"].replace(",", " ").split()))
    missing = [f"-{key}" if len(key) == 1 else f"--{key.replace('_', '-')}"
               for key in ("layers", "K", "lambdas", "lambda_H") if given[key] is None]
    if missing:
        raise click.UsageError(f"missing {', '.join(missing)}; write for example --layers 2 -K 3 --lambdas 1/100,1/100 "
                               "--lambda-H 1/100")
    return problem_of({"family": "layered", **given, "relu": "yes" if given["relu"] else "no"})


def _answered(problem: Any, digits: int, *, points_: bool, at: Any, json_: bool) -> int:
    from ncproofs.critical.layered_optimum import layered_optimum
    from ncproofs.critical.layered_points import critical_points, layered_spectrum
    from ncproofs.report.layered_text import point_lines, point_records, shown
    from ncproofs.report.optimum_text import optimum_lines, optimum_record, spelled
    from ncproofs.truth import Truth

    found = layered_optimum(problem, digits=digits)
    points = critical_points(problem, digits=digits) if points_ else None
    entries, note = None, []
    if at is not None:
        used = found.details.used
        plus, minus = (used[0] if len(used) == 1 else used, 0) if at == (None, None) else [part or 0 for part in at]
        entries = layered_spectrum(problem, plus, minus, digits=digits)
        note = [f"the spectrum is that at {shown(plus)} directions with sigma_plus and {shown(minus)} with sigma_minus"]
    if json_:
        record = optimum_record(spelled(problem), found, digits, entries)
        record["notes"] += note
        if points is not None:
            record["critical_points"] = point_records(points, digits)
        click.echo(json.dumps(record, indent=1, ensure_ascii=False))
    else:
        lines = optimum_lines(found, problem, digits, entries)
        click.echo("\n".join(lines + [f"note: {text}" for text in note]))
        if points is not None:
            click.echo("\n".join(point_lines(points, digits)))
    return {Truth.HOLDS: 0, Truth.FAILS: 1, Truth.UNDECIDED: 4}[found.truth]
