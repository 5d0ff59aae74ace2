"""``ncproofs scale``."""

from __future__ import annotations

import json
import time
from typing import Any

import click

__all__ = ["scale_command"]

_EPILOG = """\b
Examples:
  ncproofs scale -K 1000 -d 64                          merged classes: a strict saddle, certified
  ncproofs scale -K 300 -d 512 -n 2 --loss 'focal(2)'   room for a simplex ETF: the certified optimum
  ncproofs scale -K 5000 -d 100 --loss "log(S1) - t + 1 - exp(t)/S1"   a loss of your own: W = H = 0
  ncproofs scale -K 1000 -d 64 --tau 8                  unit vectors: classes in groups on a cross-polytope
  ncproofs scale -K 100000 -d 512 --device cuda --dtype float32

Exit code 0: everything agrees. 1: something does not. 4: a sign is not decided in this dtype.
"""


@click.command("scale", epilog=_EPILOG)
@click.option("--loss", default="cross_entropy", show_default=True, 
              help="cross_entropy, focal(2), ..., an expression, a .toml file or package.module:name.")
@click.option("-K", "--K", "K", required=True, type=click.IntRange(2, 10**8), help="Classes.")
@click.option("-d", "d", required=True, type=click.IntRange(1, 10**6), help="Feature dimension.")
@click.option("-n", "n", default=1, show_default=True, type=click.IntRange(1, 10**7), help="Samples per class.")
@click.option("--lambda-W", "lambda_W", help="Weight decay of W, exact; 1/(4 K n) when not given.")
@click.option("--lambda-H", "lambda_H", help="Weight decay of H, exact; as lambda_W when not given.")
@click.option("--lambda-b", "lambda_b", help="none (no bias), 0 or a number.  [default: none]")
@click.option("--tau", help="Unit classifiers and features at this temperature, instead of weight decay.")
@click.option("--device", default="cpu", show_default=True, help="cpu (NumPy), or a device of torch such as cuda.")
@click.option("--dtype", default="float64", show_default=True, type=click.Choice(["float64", "float32"]))
@click.option("--threads", type=click.IntRange(1, 256), help="NumPy only; when not given all processors, up to 8.")
@click.option("--seed", default=0, show_default=True, help="Of the random directions.")
@click.option("--json", "json_", is_flag=True, help="One JSON object on stdout.")
def scale_command(*, json_: bool, **given: Any) -> int:
    """Closed forms against the kernels at large K: value, gradient, and curvature with its rounding bound."""
    problem = _problem(given)
    evidence, seconds, needed = _checked(problem, given)
    if json_:
        click.echo(json.dumps(_record(problem, given, evidence, seconds, needed), indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(problem, evidence, seconds)))
    return _code(evidence)


def _problem(given: dict[str, Any]) -> Any:
    from ncproofs.cli.loss import loss_given
    from ncproofs.problems.features import Ridge, Spheres
    from ncproofs.scale import weights_for

    loss, K, d, n = loss_given(given["loss"]), given["K"], given["d"], given["n"]
    if given["tau"] is not None:
        weights = [name for name in ("lambda_W", "lambda_H", "lambda_b") if given[name] is not None]
        if weights:
            raise click.UsageError(f"--tau and {', '.join(weights)} given; write --tau or the weights")
        return Spheres(loss, K, d, n, given["tau"])
    weight = given["lambda_W"] or weights_for(K, n)
    bias: Any = given["lambda_b"] or "none"
    return Ridge(loss, K, d, n, weight, given["lambda_H"] or weight, bias)


def _checked(problem: Any, given: dict[str, Any]) -> tuple[list[Any], float, int]:
    """The evidence, the seconds and the bytes; refuses what will not fit before anything is made."""
    from ncproofs.errors import InvalidProblem
    from ncproofs.scale import memory_free, memory_needed, place, scale_checks

    device, dtype = given["device"], given["dtype"]
    where = place(device, dtype)
    threads = _threads(given["threads"]) if device == "cpu" else 1
    needed, free = memory_needed(problem, dtype, threads=threads), memory_free(device)
    shown = "unknown" if free is None else f"{free / 2**30:.1f} GiB"
    click.echo(f"memory: about {needed / 2**30:.2f} GiB needed, {shown} free on {device}", err=True)
    if free is not None and needed > free:
        raise InvalidProblem(
            f"K={problem.K}, N={problem.N}, d={problem.d} in {dtype} needs about {needed / 2**30:.1f} GiB, and "
            f"{shown} are free on {device}; write a smaller size, or --dtype float32"
        )
    started = time.perf_counter()

    def tell(what: str) -> None:
        click.echo(f"{time.perf_counter() - started:6.1f} s  {what}", err=True)

    found = list(scale_checks(problem, where, threads=threads, seed=given["seed"], tell=tell))
    return found, time.perf_counter() - started, needed


def _threads(asked: int | None) -> int:
    """All processors, up to 8, when nothing is asked and threadpoolctl is there to make that pay.

    Each thread has sums (d, K) of its own.
    """
    import importlib.util
    import os

    if asked is not None:
        return asked
    return min(8, os.cpu_count() or 1) if importlib.util.find_spec("threadpoolctl") else 1


def _lines(problem: Any, evidence: list[Any], seconds: float) -> list[str]:
    lines = [str(problem), ""]
    for part in evidence:
        lines += [f"{str(part.truth).ljust(9)} {str(part.rigor).ljust(9)} {part.sentence}",
                  f"{' ' * 20}{part.witness if str(part.truth) == 'fails' else part.because}"]
    return [*lines, "", f"{seconds:.1f} s"]


def _record(problem: Any, given: dict[str, Any], evidence: list[Any], seconds: float, needed: int) -> dict[str, Any]:
    from ncproofs.report.optimum_text import spelled
    from ncproofs.store import evidence_record

    return {
        "schema": 1, "problem": spelled(problem), "device": given["device"], "dtype": given["dtype"],
        "seconds": round(seconds, 3), "bytes_needed": needed, "checks": [evidence_record(part) for part in evidence],
    }


def _code(evidence: list[Any]) -> int:
    from ncproofs.truth import Truth

    found = {part.truth for part in evidence}
    return 1 if Truth.FAILS in found else 4 if Truth.UNDECIDED in found else 0
