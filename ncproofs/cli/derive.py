"""``ncproofs derive``."""

from __future__ import annotations

import json

import click

__all__ = ["derive_command"]

_EPILOG = """\b
Examples:
  ncproofs derive objective --loss 'focal(2)'
  ncproofs derive objective --format latex --standalone > objective.tex
"""


@click.group("derive", epilog=_EPILOG)
def derive_command() -> None:
    """Derivations in closed form for any K, n and d; each step is machine-checked before it is printed."""


@derive_command.command("objective", epilog=_EPILOG)
@click.option(
    "--loss", default="cross_entropy", show_default=True, help="cross_entropy, focal(2), mean_squared, ..."
)
@click.option(
    "--format", "format_", type=click.Choice(["text", "latex", "json"]), default="text", show_default=True
)
@click.option("--standalone", is_flag=True, help="With latex: a whole document instead of a fragment.")
def objective(loss: str, format_: str, *, standalone: bool) -> int:
    """The objective with its gradient, its Hessian form and the critical-point conditions."""
    from ncproofs.losses.spelling import loss_from_text
    from ncproofs.report.derivation import as_json, as_latex, as_text, derive_objective

    if standalone and format_ != "latex":
        raise click.UsageError(f"--standalone goes with --format latex, but the format is {format_}")
    derivation = derive_objective(loss_from_text(loss))
    if format_ == "json":
        click.echo(json.dumps(as_json(derivation), indent=1, ensure_ascii=False))
    elif format_ == "latex":
        click.echo(as_latex(derivation, standalone=standalone))
    else:
        click.echo(as_text(derivation))
    return 0
