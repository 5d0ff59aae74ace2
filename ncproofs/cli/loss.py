"""``ncproofs loss``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ncproofs.critical.optimum import Optimum
    from ncproofs.losses.loss import Loss

__all__ = ["loss_command", "loss_given"]

_EPILOG = """\b
Examples:
  ncproofs loss "log(S1) - t"                                   S1 = sum_j exp(z_j), t = z_y
  ncproofs loss "S1/2 - t + 1/2" -f "z**2"                      a class function of your own
  ncproofs loss "log(S1) - t + (1 - exp(t)/S1)" -K 4 -d 4 --lambda-W 1/100 --lambda-H 1/100
  ncproofs loss my-loss.toml                                    phi = "...", functions = ["exp(z)"]
  ncproofs loss mypackage.module:name                           a Loss, or a function that returns one
"""


@click.command("loss", epilog=_EPILOG)
@click.argument("given", metavar='FILE|"EXPRESSION"|NAME')
@click.option(
    "-f", "--function", "functions", multiple=True, help="f_1, f_2, ... in z, in order.  [default: exp(z)]"
)
@click.option("-K", "K", help="With -K, -d and the weights: also the certified optimum of this instance.")
@click.option("-d", "d", help="Feature dimension.")
@click.option("-n", "n", default="1", show_default=True, help="Samples per class.")
@click.option("--lambda-W", "lambda_W", help="Weight decay of W, exact: 1/100 or 0.01.")
@click.option("--lambda-H", "lambda_H", help="Weight decay of H.")
@click.option(
    "--lambda-b",
    "lambda_b",
    default="none",
    show_default=True,
    help="none (no bias), 0 (free bias) or a number.",
)
@click.option("--digits", type=click.IntRange(1, 10_000), default=30, show_default=True)
@click.option("--json", "json_", is_flag=True, help="One JSON object on stdout.")
def loss_command(given: str, functions: tuple[str, ...], *, digits: int, json_: bool, **sizes: str) -> int:
    """What can be said about a loss: its form, shift invariance, convexity, contrastive bound, optimum."""
    from ncproofs.report.loss_text import facts_of, form_lines
    from ncproofs.report.optimum_text import optimum_lines, optimum_record, spelled

    loss = loss_given(given, functions)
    facts = facts_of(loss)
    found = _optimum(loss, sizes, digits)
    if json_:
        record = {
            "schema": 1,
            "loss": loss.name,
            "phi": str(loss.phi),
            "functions": list(map(str, loss.class_functions)),
            "properties": [
                {"property": fact.property, "truth": str(fact.truth), "because": fact.because} for fact in facts
            ],
        }
        if found is not None:
            record["optimum"] = optimum_record(spelled(found.problem), found, digits, None)
        click.echo(json.dumps(record, indent=1, ensure_ascii=False))
        return 0
    click.echo("\n".join(form_lines(loss)) + "\n")
    for fact in facts:
        click.echo(f"{str(fact.truth).ljust(9)}  {fact.property}\n           {fact.because}")
    if found is not None:
        click.echo("\n" + "\n".join(optimum_lines(found, found.problem, digits, None)))
    return 0


def _optimum(loss: Loss, sizes: dict[str, Any], digits: int) -> Optimum | None:
    """The optimum at ``sizes``, or None when none were given."""
    from ncproofs.critical.optimum import optimum
    from ncproofs.problems.features import Ridge

    missing = [key for key, value in sizes.items() if value is None]
    if len(missing) == 4:
        return None
    if missing:
        raise click.UsageError(f"an optimum needs K, d, lambda_W and lambda_H; {', '.join(missing)} not given")
    bias = None if sizes["lambda_b"] == "none" else sizes["lambda_b"]
    return optimum(Ridge(loss, **{**sizes, "lambda_b": bias}), digits=digits)


def loss_given(given: str, functions: tuple[str, ...] = ()) -> Loss:
    """The loss in a file, by a name, or as an expression.

    Raises:
        InvalidLoss, UnknownName: neither; the message says what to write.
    """
    from ncproofs.losses.spelling import loss_from_expression, loss_from_text

    path = Path(given) if len(given) < 1000 else None
    if given.endswith(".toml") or (path is not None and "/" in given and path.is_file()):
        return _from_file(Path(given))
    return loss_from_expression(given, functions) if functions else loss_from_text(given)


def _from_file(path: Path) -> Loss:
    from ncproofs.errors import InvalidLoss
    from ncproofs.losses.spelling import loss_from_expression
    from ncproofs.untrusted import toml_table

    table = toml_table(path, InvalidLoss, 'write phi = "log(S1) - t"')
    unknown = set(table) - {"phi", "functions", "name", "source"}
    if unknown or not isinstance(table.get("phi"), str):
        raise InvalidLoss(
            f"{path} gives {', '.join(sorted(table)) or 'nothing'}; "
            'write phi = "...", and if wanted functions, name, source'
        )
    functions = table.get("functions", ["exp(z)"])
    texts = {
        key: table.get(key, default) for key, default in (("name", path.stem), ("source", f"the file {path}"))
    }
    for key, value in texts.items():
        if not isinstance(value, str):
            raise InvalidLoss(f"{path}: {key}={value!r} given, but a text is needed")
    if not isinstance(functions, list) or not all(isinstance(text, str) for text in functions):
        raise InvalidLoss(
            f'{path}: functions={functions!r} given, but a list of texts is needed, such as ["exp(z)"]'
        )
    return loss_from_expression(table["phi"], functions, **texts)
