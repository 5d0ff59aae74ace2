"""``ncproofs derive``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ncproofs.report.derivation import Derivation

__all__ = ["derive_command"]

_EPILOG = """\b
Examples:
  ncproofs derive lower-bound-chain
  ncproofs derive collapse-optimum --loss 'focal(2)' -K 3 -d 3 --format html > optimum.html
  ncproofs derive collapse-spectrum --pdf spectrum.pdf
  ncproofs derive optimum --family sphere --loss cross_entropy --tau 2
  ncproofs derive objective --loss 'focal(2)' --format latex --standalone > objective.tex
  ncproofs derive --all --out derivations --pdf
  ncproofs derive --only mine.theorems:bound --only equality-case --out derivations
  ncproofs derive --check --out derivations            for a pre-commit hook: nothing is written
  ncproofs derive --check --allow-imports --out derivations      the same where its index names modules of your own

The document is written in any case. Exit code, as of `ncproofs verify`: 0 every step is proved and every hypothesis
met. 1 a step is refuted. 2 wrong input. 4 a step is not proved, has a hole, or the loss or the sizes do not meet a
hypothesis: a box in the document says so, and stderr too. With --check: 1 something is stale or missing.
"""
_SIZES = ("K", "d", "n", "lambda_W", "lambda_H", "lambda_b", "tau")


class _Derive(click.Group):
    """Besides its commands, every theorem is a command."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = super().get_command(ctx, cmd_name)
        if command is not None or cmd_name.startswith("-"):
            return command
        return _theorem_command(cmd_name)


@click.group("derive", cls=_Derive, epilog=_EPILOG, invoke_without_command=True,
             subcommand_metavar="THEOREM|objective|riemannian|spectrum|optimum [OPTIONS]")
@click.option("--all", "all_", is_flag=True, help="Every theorem, and the calculus of every shipped loss.")
@click.option("--only", multiple=True, metavar="THEOREM", help="Instead of --all: these (may be repeated).")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False),
              help="With --all or --only: the folder to write to.")
@click.option("--check", is_flag=True,
              help="Write nothing: build, compare with the folder, list what is stale or missing. Without --all and "
                   "--only: what the folder's index lists, in its format.")
@click.option("--format", "format_", type=click.Choice(["text", "latex", "json", "html"]),
              help="With --all or --only: the format of the files.  [default: latex]")
@click.option("--pdf", is_flag=True, help="With --all or --only: also a PDF of each.")
@click.option("--allow-imports", is_flag=True,
              help="With --check: let the folder's index name package.module:name, which runs its code.")
@click.pass_context
def derive_command(
    ctx: click.Context, format_: str | None, only: tuple[str, ...], out: Path | None, *, all_: bool, check: bool,
    pdf: bool, allow_imports: bool,
) -> int | None:
    """Derivations for any K, n and d; each step is machine-checked before it is printed.

    THEOREM is a name of `ncproofs list theorems` or package.module:name.
    """
    if ctx.invoked_subcommand is not None:
        if all_ or only or out or pdf or check or allow_imports:
            raise click.UsageError("--all, --only, --out, --check and --pdf go without a name; write options after it")
        return None
    if out is None or not (all_ or only or check) or (all_ and only):
        raise click.UsageError(
            "write a theorem, objective, riemannian, spectrum or optimum; or --all or --only THEOREM, and --out FOLDER"
        )
    from ncproofs.report.collection import build_all, check_folder, chosen_documents, listed

    def told(line: str) -> None:
        click.echo(line, err=True)

    if not check:
        return build_all(out, format_ or "latex", pdf=pdf, told=told, chosen=chosen_documents(only))
    there, written = listed(out)
    if not (all_ or only or allow_imports):
        _without_imports(out, there)
    chosen = chosen_documents(() if all_ else only or there)
    return check_folder(out, format_ or written, pdf=pdf, told=told, chosen=chosen, whole=not only)


def _without_imports(folder: Path, names: Sequence[str]) -> None:
    """The index of a folder is a file from outside: the names in it are not imported unless that was allowed."""
    from ncproofs.errors import UnknownName

    for name in names:
        if ":" in name:
            raise UnknownName(
                f"the index of {folder} names {name!r}, which runs that module's code; add --allow-imports if you "
                f"trust the folder, or --only {name}"
            )


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every derivation has."""
    for option in (
        click.option("--standalone", is_flag=True, help="With latex: a whole document instead of a fragment."),
        click.option("--pdf", type=click.Path(path_type=Path, dir_okay=False), metavar="OUT",
                     help="Print to this file with pdflatex instead."),
        click.option("--format", "format_", type=click.Choice(["text", "latex", "json", "html"]), default="text",
                     show_default=True),
    ):
        command = option(command)
    return command


def _loss_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--loss", default="cross_entropy", show_default=True,
                        help="cross_entropy, focal(2), mean_squared, a file of your own, ...")(command)


def _instance_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """An instance; what is not given is K 3, d K, n 1, weights 1/100, no bias, tau 1."""
    for option in (
        click.option("--set", "others", multiple=True, metavar="KEY=VALUE",
                     help="Any other key of the family; data=FILE for a network."),
        click.option("--tau", help="Temperature of normalised features, exact."),
        click.option("--lambda-b", "lambda_b", help="Weight decay of the bias: none, 0 or a number."),
        click.option("--lambda-H", "lambda_H", help="Weight decay of H."),
        click.option("--lambda-W", "lambda_W", help="Weight decay of W, exact: 1/100 or 0.01."),
        click.option("-n", "n", help="Samples per class."),
        click.option("-d", "d", help="Feature dimension."),
        click.option("-K", "K", help="Classes."),
    ):
        command = option(command)
    return command


@derive_command.command("objective", epilog=_EPILOG)
@_loss_option
@_options
def objective(loss: str, format_: str, pdf: Path | None, *, standalone: bool) -> int:
    """The weight-decay objective with its gradient, its Hessian form and the critical-point conditions."""
    _check(format_, standalone=standalone)
    from ncproofs.cli.loss import loss_given
    from ncproofs.report.derivation import derive_objective

    return _show([derive_objective(loss_given(loss))], format_, pdf, standalone=standalone)


@derive_command.command("riemannian", epilog=_EPILOG)
@_loss_option
@_options
def riemannian(loss: str, format_: str, pdf: Path | None, *, standalone: bool) -> int:
    """Unit classifiers and features, temperature tau: Riemannian gradient and Hessian, identities I1-I6."""
    _check(format_, standalone=standalone)
    from ncproofs.cli.loss import loss_given
    from ncproofs.report.derivation import derive_riemannian

    return _show([derive_riemannian(loss_given(loss))], format_, pdf, standalone=standalone)


def _about(
    subject: str, family: str, format_: str, pdf: Path | None, given: dict[str, Any], *, standalone: bool
) -> int:
    _check(format_, standalone=standalone)
    from ncproofs.families import family_named
    from ncproofs.report.subjects import theorems_about
    from ncproofs.report.theorem_derivation import derive_theorem

    problem = _problem(family_named("--family", family), given)
    found: list[Derivation] = []
    for theorem in theorems_about(subject, family, problem):
        local = problem if theorem.instance is not None and isinstance(problem, theorem.family) else None
        # The calculus of a loss is that of one label for each sample; other families have their own theorems for it.
        loss = problem.loss if family in ("ridge", "sphere") else None
        found.append(derive_theorem(theorem, problem=local, loss=None if found else loss))
    return _show(found, format_, pdf, standalone=standalone)


def _family_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--family", default="ridge", show_default=True, help="See `ncproofs list families`.")(command)


@derive_command.command("spectrum", epilog=_EPILOG)
@_family_option
@click.option("--loss", help="A loss, for families that have one: a name, an expression or a .toml file.")
@_instance_options
@_options
def spectrum(family: str, format_: str, pdf: Path | None, *, standalone: bool, **given: Any) -> int:
    """The theorems about the Hessian spectrum at the optimum that apply to this loss and these sizes."""
    return _about("spectrum", family, format_, pdf, given, standalone=standalone)


@derive_command.command("optimum", epilog=_EPILOG)
@_family_option
@click.option("--loss", help="A loss, for families that have one: a name, an expression or a .toml file.")
@_instance_options
@_options
def optimum(family: str, format_: str, pdf: Path | None, *, standalone: bool, **given: Any) -> int:
    """The theorems about the global minimum that apply to this loss and these sizes."""
    return _about("optimum", family, format_, pdf, given, standalone=standalone)


def _theorem_command(name: str) -> click.Command:
    @click.command(name, help=f"The theorem {name}: statement, notation, every claim as a step proved now.")
    @click.option("--loss", help="Derive what the theorem needs to know of this loss, and take it for the instance.")
    @_instance_options
    @_options
    def command(format_: str, pdf: Path | None, *, standalone: bool, **given: Any) -> int:
        _check(format_, standalone=standalone)
        from ncproofs.cli.loss import loss_given
        from ncproofs.report.theorem_derivation import derive_theorem
        from ncproofs.theorems.catalogue import load

        theorem = load(name)
        loss = None if given["loss"] is None else loss_given(given["loss"])
        sizes = any(given[key] is not None for key in _SIZES) or bool(given["others"])
        problem = None
        if sizes or (loss is not None and theorem.instance is not None):
            problem = _problem(theorem.family, given)
        return _show([derive_theorem(theorem, problem=problem, loss=loss)], format_, pdf, standalone=standalone)

    return command


def _problem(family: Any, given: dict[str, Any]) -> Any:
    """The instance that the options spell."""
    from ncproofs.cli.loss import loss_given
    from ncproofs.report.subjects import instance_of

    spelled = {key: given[key] for key in _SIZES if given.get(key) is not None}
    if given.get("loss") is not None:
        spelled["loss"] = loss_given(given["loss"])
    for text in given["others"]:
        key, sign, value = text.partition("=")
        if not sign:
            raise click.UsageError(f"--set {text} has no value; write KEY=VALUE")
        spelled[key.strip()] = value.strip()
    if "data" in spelled and not set(spelled["data"]) & set("{[,\n"):
        from ncproofs.problems.network_data import read_text

        spelled["data"] = read_text(spelled["data"])
    return instance_of(family, spelled)


def _check(format_: str, *, standalone: bool) -> None:
    if standalone and format_ != "latex":
        raise click.UsageError(f"--standalone goes with --format latex, but the format is {format_}")


def _show(derivations: Sequence[Derivation], format_: str, pdf: Path | None, *, standalone: bool) -> int:
    from ncproofs.report.printing import boxes, exit_code, rendered, write_pdf

    if pdf is not None:
        write_pdf(derivations, pdf)
    else:
        click.echo(rendered(derivations, format_, standalone=standalone))
    for line in boxes(derivations):
        click.echo(f"in a box: {line}", err=True)
    return exit_code(derivations)
