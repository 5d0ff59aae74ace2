"""``ncproofs optimum code``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

__all__ = ["code_command"]

_LARGEST_FILE = 2**24
#: Coordinates from which a search takes minutes, and says how far it is.
_SLOW = 500
_FILE = click.Path(path_type=Path, dir_okay=False)

_EPILOG = """\b
Examples:
  ncproofs optimum code -K 7 -d 3 --digits 40            bounds, and a code that is strictly locally optimal
  ncproofs optimum code -K 240 -d 8                      proved optimal: the roots of E8
  ncproofs optimum code -K 13 -d 3 --out points.txt --plot code.png
  ncproofs optimum code -K 4 -d 2 --points points.txt    exact margins of given points
  ncproofs optimum code -K 13 -d 3 --points table.txt --polish    the code that a table of decimals rounds

A file of points has one coordinate a line, or one point a line; decimals and fractions are exact. The quantities are
explained by `ncproofs show code`. Exit code 0: proved optimal, or margins of given points. 4: bounded between.
"""


@click.command("code", epilog=_EPILOG)
@click.option("-K", "K", required=True, help="Points (classes), at least 2.")
@click.option("-d", "d", required=True, help="Dimension.")
@click.option("--points", type=_FILE, help="Exact margins of the points in this file.")
@click.option("--polish", is_flag=True, help="With --points: the local optimum near them, certified where possible.")
@click.option("--seed", type=click.IntRange(0, 2**31), default=0, show_default=True, help="Seed of the search.")
@click.option("--starts", type=click.IntRange(1, 10_000), help="Starts of the search; by size when not given.")
@click.option("--digits", type=click.IntRange(1, 200), default=30, show_default=True, help="Digits of what is shown.")
@click.option("--json", "json_", is_flag=True, help="One JSON object on stdout.")
@click.option("--out", type=_FILE, help="Write the coordinates to this file.")
@click.option("--plot", type=_FILE, help="Draw the code (d = 2 or 3) to this file.")
def code_command(digits: int, *, json_: bool, **given: Any) -> int:
    """Unit vectors far from the hull of the others: rho*(d, K), or the margins of given points."""
    from ncproofs.families import problem_of
    from ncproofs.report.code_text import code_lines, code_record
    from ncproofs.truth import Truth

    problem = problem_of({"family": "code", "K": given["K"], "d": given["d"]})
    if given["plot"] and problem.d not in (2, 3):
        raise click.UsageError(f"--plot needs d = 2 or d = 3; got d={problem.d}")
    found = _found(problem, digits, given)
    _write(found, given)
    if json_:
        parameters = {"family": "code", "K": str(problem.K), "d": str(problem.d)}
        click.echo(json.dumps(code_record(parameters, found, digits), indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(code_lines(found, digits)))
    return 0 if found.truth is Truth.HOLDS else 4


def _found(problem: Any, digits: int, given: dict[str, Any]) -> Any:
    # Small matrices: threads cost more than they save, and a sum in another order may end in another code.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from ncproofs.critical.code_optimum import code_optimum
    from ncproofs.critical.code_points import point_margins
    from ncproofs.critical.code_polish import polished_points
    from ncproofs.problems.codes import read_points

    if given["points"] is None:
        if given["polish"]:
            raise click.UsageError("--polish starts from points; give them with --points FILE")
        told = (lambda line: click.echo(line, err=True)) if problem.K * problem.d >= _SLOW else None
        return code_optimum(problem, digits=digits, seed=given["seed"], starts=given["starts"], progress=told)
    if given["out"] is not None and not given["polish"]:
        raise click.UsageError("--out writes the code that is found; with --points there is none to write")
    points = read_points(_text(given["points"]), problem, str(given["points"]))
    return (polished_points if given["polish"] else point_margins)(points, digits=digits)


def _text(path: Path) -> str:
    from ncproofs.errors import InvalidProblem

    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InvalidProblem(f"{path} is larger than {_LARGEST_FILE} bytes; write fewer digits")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidProblem(f"{path} cannot be read ({error.strerror}); give a readable file of coordinates") from None
    except UnicodeDecodeError:
        raise InvalidProblem(f"{path} is not text; write one coordinate a line") from None


def _write(found: Any, given: dict[str, Any]) -> None:
    from ncproofs.errors import InvalidProblem
    from ncproofs.problems.codes import written_points
    from ncproofs.report.code_text import plot_code
    from ncproofs.store import write_atomically

    if (given["out"] or given["plot"]) and not found.coordinates:
        raise InvalidProblem(f"no coordinates are known for {found.problem}; leave out --out and --plot")
    try:
        if given["out"] is not None:
            write_atomically(given["out"], written_points(found.coordinates))
        if given["plot"] is not None:
            plot_code(found.coordinates, found.contacts or (), given["plot"], f"{found.problem}: {found.status}")
    except OSError as error:
        raise InvalidProblem(f"{error.filename} cannot be written ({error.strerror}); give a path that can") from None
