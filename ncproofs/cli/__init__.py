"""The command line. Only click is imported here, so that ``--version`` and ``--help`` answer at once."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence

import click

from ncproofs import __version__
from ncproofs.errors import NcproofsError

__all__ = ["main"]

#: command -> (module in this room, one line of help); nothing is imported before its command is called.
_COMMANDS = {
    "verify": ("verify", "Check theorems: the default suite, a suite file, or theorems by name."),
    "sweep": ("sweep", "A suite over hours or several machines, kept job by job, resumable."),
    "check": ("check", "Check certificates that verify wrote: files, folders or bundles."),
    "formal": ("formal", "Theorems proved in Coq, compiled and compared with what was read."),
    "list": ("browse", "What is there: theorems, losses, suites, families."),
    "show": ("browse", "One theorem, loss, family or suite in full."),
    "optimum": ("optimum", "The certified optimum of one instance, and its Hessian spectrum."),
    "search": ("search", "Random critical points of any index, each one certified or undecided."),
    "derive": ("derive", "Derivations, each step machine-checked, as text, LaTeX, PDF, HTML or JSON."),
    "loss": ("loss", "What can be said about a loss of your own."),
    "audit": ("audit", "How far trained W, H and b are from the optimum."),
    "scale": ("scale", "Closed forms against the array kernels at large K, with rounding bounds."),
    "report": ("report", "HTML, Markdown or JUnit from what `verify --json` printed."),
    "diff": ("report", "What changed between two runs; exit code 1 when something got worse."),
    "lint": ("report", "Check suites without running them."),
    "doctor": ("doctor", "Versions, self-tests, and what is missing."),
}

_EPILOG = """\b
Examples:
  ncproofs verify                                  the default suite, one row a theorem, in about a minute
  ncproofs show collapse-optimum                   a theorem with its hypotheses, claims and source
  ncproofs verify collapse-optimum -K 3:6 -d K+1   one theorem on a grid of instances
  ncproofs optimum ridge --loss 'focal(2)' -K 4 -d 4 -n 2 --lambda-W 1/100 --lambda-H 1/100

Numbers are exact: write 1/100 or 0.01. Results go to stdout, progress to stderr.

\b
Exit codes: 0 all that was asked is certified (negative controls fail as they must)   1 something fails
  2 usage or input error   3 internal error   4 only undecided   5 nothing selected   130 interrupted
"""


class _Lazy(click.Group):
    """A group whose commands are imported when they are called; a report says what was typed."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta["ncproofs.arguments"] = list(args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module = importlib.import_module(f"ncproofs.cli.{_COMMANDS[name][0]}")
        command: click.Command = getattr(module, f"{name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.group(
    cls=_Lazy,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="ncproofs", message="%(prog)s %(version)s")
def _group() -> None:
    """Verify the theorems of Neural Collapse: exact algebra for all sizes, rigorous balls on instances."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; errors are one line on stderr."""
    try:
        code = _group.main(arguments, prog_name="ncproofs", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 2
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        _complain(error.format_message(), f"; see {context.command_path} --help" if context else "")
        return 2
    except NcproofsError as error:
        _complain(str(error))
        return 2
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted")
        return 130
    except BrokenPipeError:  # the reader (head, less) has gone; that is its right
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("NCPROOFS_DEBUG"):
            click.echo(traceback.format_exc(), err=True)
        _complain(
            f"internal: {type(error).__name__}: {error}",
            "; set NCPROOFS_DEBUG=1 to see the traceback, and report it",
        )
        return 3


def _complain(message: str, hint: str = "") -> None:
    click.echo(f"error: {' '.join(message.split()).rstrip('.')}{hint}", err=True)
