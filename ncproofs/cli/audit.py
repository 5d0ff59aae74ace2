"""``ncproofs audit``."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ncproofs.audit.compare import Audit
    from ncproofs.audit.reading import Trained
    from ncproofs.problems.features import Ridge, Spheres

__all__ = ["audit_command"]

_EPILOG = """\b
Examples:
  ncproofs audit trained.npz --lambda-W 1/1000 --lambda-H 1/1000
  ncproofs audit trained.npz --lambda-W 5e-4 --lambda-H 5e-4 --lambda-b 0 --loss 'label_smoothing(1/10)'
  ncproofs audit trained.npz --tau 10 --layout rows
  ncproofs audit trained.npz --lambda-W 1/1000 --lambda-H 1/1000 --within 1e-6     for CI
  ncproofs audit trained.npz --lambda-W 1/1000 --lambda-H 1/1000 --certificate trained.json

\b
The file is written by numpy.savez(FILE, W=W, H=H, b=b, y=y): classifiers W (d, K) and features H (d, N), or
transposed; biases b (K,) where there are any; classes y (N,) from 0, else N/K samples of each class in turn.

\b
Exit codes: 0 the minimum is certified (with --within: and the excess is at most that)   1 the excess is larger
  2 usage or input error   4 no certified minimum, or the rounding bound is too wide to say
"""

_MOST_LISTED = 20
#: Name -> what a reader needs to know about it.
_MEANINGS = {
    "objective": "value at these arrays",
    "gradient_norm": "0 at a critical point",
    "minimum": "bounds of the global minimum",
    "excess": "objective - minimum",
    "mean_sq_feature_distance": "proved by the excess: mean |h - theta (w_k - w_bar)|^2, "
    "theta^2 = lambda_W/(n lambda_H)",
    "classifier_mean_norm_sq": "proved by the excess: |w_bar|^2",
    "distance": "to the set of optima, relative to their length",
    "within_class_share": "NC1: share of |H|^2 that lies around the class means",
    "NC1": "tr(S_W S_B^+)/K",
    "NC2_norms_W": "std/mean of |w_k|",
    "NC2_norms_means": "the same for centred class means",
    "NC2_angles_W": "largest |cos(w_j, w_k) + 1/(K-1)|",
    "NC2_angles_means": "the same for centred class means",
    "NC3": "|W/|W| - M/|M||, M the centred class means",
    "NC4": "share where the nearest class mean and the largest logit agree",
    "accuracy": "share where the largest logit is the label's",
    "bias_spread": "largest minus smallest bias",
}


@click.command("audit", epilog=_EPILOG)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--loss", default="cross_entropy", show_default=True, help="cross_entropy, focal(2), an expression, ...")
@click.option("--lambda-W", "lambda_W", help="Weight decay of W in the objective, exact: 1/1000 or 5e-4.")
@click.option("--lambda-H", "lambda_H", help="Weight decay of H.")
@click.option("--lambda-b", "lambda_b", help="Weight decay of the biases, 0 if they are free.")
@click.option("--tau", help="Instead of weights: the temperature of normalised classifiers and features.")
@click.option("--layout", type=click.Choice(["columns", "rows"]),
              help="Vectors are columns, W (d, K), or rows, W (K, d).")
@click.option("--within", metavar="E", help="Ask whether the excess is at most E, exact.")
@click.option("--digits", type=click.IntRange(1, 100), default=12, show_default=True, help="Of the minimum.")
@click.option("--certificate", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write that the minimum lies between a dual bound and the value here, for ncproofs check.")
@click.option("--json", "json_", is_flag=True, help="One JSON object on stdout.")
def audit_command(file: Path, **options: Any) -> int:
    """How far trained W, H and b are from the theorem's optimum.

    Value, gradient and excess are enclosed: the floats of the file are exact numbers. The measures of collapse,
    NC1 to NC4, and the distance to the set of optima are estimated in floats.
    """
    from ncproofs.arithmetic.exact import nonnegative
    from ncproofs.audit.compare import audit, problem_for
    from ncproofs.audit.reading import read_trained
    from ncproofs.cli.loss import loss_given

    most = None if options["within"] is None else nonnegative(options["within"], "within")
    given = read_trained(file, options["layout"] or "")
    weights = {name: options[name] for name in ("tau", "lambda_W", "lambda_H", "lambda_b")}
    found = audit(given, problem_for(given, loss_given(options["loss"]), **weights), digits=options["digits"])
    if options["certificate"] is not None:
        _certify(given, found.problem, options["certificate"])
    code, answer = _answered(found, most)
    if options["json_"]:
        click.echo(json.dumps(_record(found, options["digits"], answer), indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(found, options["digits"], answer)))
    return code


def _certify(given: Trained, problem: Ridge | Spheres, path: Path) -> None:
    from ncproofs.audit.compare import certificate
    from ncproofs.store import write_atomically

    raw = certificate(given, problem)
    write_atomically(path, raw.decode("ascii"))
    click.echo(f"certificate written to {path}", err=True)


def _answered(found: Audit, most: Fraction | None) -> tuple[int, str]:
    from ncproofs.truth import Rigor, Truth

    excess = found.quantities.get("excess")
    if excess is None or (most is None and found.truth is not Truth.HOLDS):
        return 4, f"undecided: the minimum is not known to the digits asked ({found.because})"
    if most is None:
        return 0, ""
    how = "" if excess.rigor >= Rigor.ENCLOSED else f", {excess.rigor}"
    if excess.upper <= most:
        return 0, f"holds{how}: the excess is at most {most}"
    if excess.lower > most:
        return 1, f"fails{how}: the excess is more than {most}"
    return 4, f"undecided: what is known leaves open whether the excess is at most {most}"


def _record(found: Audit, digits: int, answer: str) -> dict[str, Any]:
    from ncproofs.report.optimum_text import spelled

    problem = spelled(found.problem)
    if len(set(found.counts)) > 1:
        del problem["n"]
    return {
        "schema": 1, "problem": problem, "class_sizes": list(found.counts),
        "truth": str(found.truth), "regime": found.regime, "geometry": found.geometry,
        "quantities": {name: value.as_json(digits) for name, value in found.quantities.items()},
        "measures": {name: f"{value:.6g}" for name, value in found.measures.items()},
        "because": found.because, "answer": answer, "notes": list(found.notes),
    }


def _lines(found: Audit, digits: int, answer: str) -> list[str]:
    width = max(map(len, [*found.quantities, *found.measures]))
    own = f" n={found.problem.n}"
    listed = ",".join(map(str, found.counts)) if len(found.counts) <= _MOST_LISTED else "unequal"
    problem = str(found.problem).replace(own, own if len(set(found.counts)) == 1 else f" class_sizes={listed}")
    lines = [problem, f"optimum: {found.regime}  geometry: {found.geometry}", ""]
    for name, value in found.quantities.items():
        low, high = value.decimals(digits)
        shown = low if low == high else f"[{low}, {high}]"
        lines.append(f"  {name.ljust(width)}  {shown}  {value.rigor}: {_MEANINGS[name]}")
    lines.append("")
    lines += [f"  {name.ljust(width)}  {value:<12.6g}  {_MEANINGS[name]}" for name, value in found.measures.items()]
    lines += ["", *(f"note: {note}" for note in found.notes), *([answer] if answer else [])]
    return lines if lines[-1] else lines[:-1]
