"""``ncproofs derive``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ncproofs.report.derivation import Derivation

__all__ = ["derive_command"]

_EPILOG = """\b
Examples:
  ncproofs derive objective --loss 'focal(2)'
  ncproofs derive riemannian --loss 'label_smoothing(1/10)'
  ncproofs derive objective --format latex --standalone > objective.tex
"""


@click.group("derive", epilog=_EPILOG)
def derive_command() -> None:
    """Derivations in closed form for any K, n and d; each step is machine-checked before it is printed."""


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every derivation has."""
    for option in (
        click.option("--standalone", is_flag=True, help="With latex: a whole document instead of a fragment."),
        click.option(
            "--format", "format_", type=click.Choice(["text", "latex", "json"]), default="text", show_default=True
        ),
        click.option(
            "--loss", default="cross_entropy", show_default=True, help="cross_entropy, focal(2), mean_squared, ..."
        ),
    ):
        command = option(command)
    return command


@derive_command.command("objective", epilog=_EPILOG)
@_options
def objective(loss: str, format_: str, *, standalone: bool) -> int:
    """The weight-decay objective with its gradient, its Hessian form and the critical-point conditions."""
    _check(format_, standalone=standalone)
    from ncproofs.losses.spelling import loss_from_text
    from ncproofs.report.derivation import derive_objective

    _show(derive_objective(loss_from_text(loss)), format_, standalone=standalone)
    return 0


@derive_command.command("riemannian", epilog=_EPILOG)
@_options
def riemannian(loss: str, format_: str, *, standalone: bool) -> int:
    """Unit classifiers and features, temperature tau: Riemannian gradient and Hessian, identities I1-I6."""
    _check(format_, standalone=standalone)
    from ncproofs.losses.spelling import loss_from_text
    from ncproofs.report.derivation import derive_riemannian

    _show(derive_riemannian(loss_from_text(loss)), format_, standalone=standalone)
    return 0


def _check(format_: str, *, standalone: bool) -> None:
    if standalone and format_ != "latex":
        raise click.UsageError(f"--standalone goes with --format latex, but the format is {format_}")


def _show(derivation: Derivation, format_: str, *, standalone: bool) -> None:
    from ncproofs.report.derivation import as_json, as_latex, as_text

    if format_ == "json":
        click.echo(json.dumps(as_json(derivation), indent=1, ensure_ascii=False))
    elif format_ == "latex":
        click.echo(as_latex(derivation, standalone=standalone))
    else:
        click.echo(as_text(derivation))
