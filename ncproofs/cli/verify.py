"""``ncproofs verify``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ncproofs.families import Family
    from ncproofs.runner import Outcome
    from ncproofs.suite import Check, Suite

__all__ = ["collect", "exit_code", "report", "verify_command"]

_SIZES = ("loss", "K", "d", "n", "lambda_W", "lambda_H", "lambda_b", "tau", "counts", "labels", "weights")

_EPILOG = """\b
Examples:
  ncproofs verify                                           the default suite
  ncproofs verify ridge-full --jobs 8 --junit report.xml    a larger suite that comes with the package
  ncproofs verify my-suite.toml                             a suite of your own
  ncproofs verify lower-bound-chain --claims                one theorem, every claim shown
  ncproofs verify collapse-optimum --loss 'focal(2)' -K 3:6 -d 'K - 1, K + 2' -n 2 --lambda-W 1/50

Sizes not given are: loss cross_entropy, K 3:5, d K, n 1, both weights 1/100, no bias; for theorems on spheres tau 1.
"""


@click.command("verify", epilog=_EPILOG)
@click.argument("names", nargs=-1, metavar="[SUITE|THEOREM]...")
@click.option(
    "--loss", help="Losses, separated by commas: cross_entropy, focal(2), label_smoothing(1/10), ..."
)
@click.option("-K", "K", help="Classes: 3, 3:6 or 3,5,9.")
@click.option("-d", "d", help="Feature dimensions: numbers, or expressions such as 'K - 1, K + 2'.")
@click.option("-n", "n", help="Samples per class.")
@click.option("--lambda-W", "lambda_W", help="Weight decay of W, exact: 1/100 or 0.01.")
@click.option("--lambda-H", "lambda_H", help="Weight decay of H.")
@click.option(
    "--lambda-b", "lambda_b", help="Weight decay of the bias: none (no bias), 0 (free bias) or a number."
)
@click.option("--tau", help="Temperature of normalised features, exact.")
@click.option("--counts", help="Label sets: every set of m labels n times, as m:n, for example 1:3,2:2.")
@click.option("--labels", help="Label sets one by one, for example '1; 2; 1 3'.")
@click.option("--weights", help="Weights of the numbers of labels, as m:v, for example 1:1,2:1/2.")
@click.option("--set", "others", multiple=True, metavar="KEY=VALUE",
              help="Any other key of the theorem's family (see `ncproofs list families`), repeatable.")
@click.option("--rigor", type=click.Choice(["enclosed", "exact", "kernel"]), help="The least rigor to accept.")
@click.option("--kernel", is_flag=True, help="Let Coq prove the theorems that its library has in whole; minutes.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), help="Worker processes; as many as processors when not given."
)
@click.option(
    "--budget",
    type=click.IntRange(1, 10**6),
    metavar="S",
    help="Seconds for each claim, then it is undecided.",
)
@click.option(
    "--allow-imports", is_flag=True, help="Let suite files name package.module:name, which runs its code."
)
@click.option(
    "--certificates",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write a certificate of every certified verdict into this folder, for ncproofs check.",
)
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Pack the certificates with a checker into this zip file.",
)
@click.option("--claims", is_flag=True, help="Show every claim, not only one row a theorem.")
@click.option("--json", "json_", is_flag=True, help="One JSON object on stdout.")
@click.option(
    "--junit", type=click.Path(path_type=Path, dir_okay=False), help="Also write JUnit XML to this file."
)
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Also write one self-contained page.")
@click.option("--markdown", type=click.Path(path_type=Path, dir_okay=False), help="Also write a summary in Markdown.")
@click.option("--github-summary", is_flag=True, help="Also append it to the file that $GITHUB_STEP_SUMMARY names.")
def verify_command(names: tuple[str, ...], **options: Any) -> int:
    """Check theorems and say what was settled, how, and for which sizes.

    Without arguments: the default suite. A theorem without sizes runs what the default suite says about it;
    with sizes, its claims on that grid of instances. Negative controls break a hypothesis and must fail.
    """
    from ncproofs.runner import run
    from ncproofs.suite import expand, validate

    if options["github_summary"]:
        _summary_file()
    suite = _selected(names, options)
    suite = replace(suite, checks=tuple(_adjusted(check, options) for check in suite.checks))
    jobs = expand(suite)
    validate(suite, jobs)
    if not jobs:
        click.echo("nothing selected", err=True)
        return 5
    started = time.perf_counter()
    with _folder(options) as folder:
        outcomes, whole = collect(run(jobs, workers=options["jobs"], certificates=folder), [], len(jobs))
        if options["kernel"] and whole:
            from ncproofs.cli.formal import in_coq

            outcomes = in_coq(outcomes)
        report(suite.title, outcomes, len(jobs), time.perf_counter() - started, options)
        _report_certificates(outcomes, folder, options["bundle"])
    return exit_code(outcomes) if whole else 130


def _selected(names: tuple[str, ...], options: dict[str, Any]) -> Suite:
    """The suite to run: one given by name, or the checks of the theorems given."""
    from ncproofs.errors import UnknownName
    from ncproofs.suite import Suite, read_suite, shipped_suites, suite_path
    from ncproofs.theorems.catalogue import CATALOGUE

    sizes = {key: options[key] for key in _SIZES if options[key] is not None}
    sizes.update(_pair(text) for text in options["others"])
    suites = [name for name in names if name.endswith(".toml") or name in shipped_suites()]
    theorems = [name for name in names if name not in suites]
    unknown = [name for name in theorems if name not in CATALOGUE and ":" not in name]
    if unknown:
        raise UnknownName(_nothing_called(unknown[0], [*CATALOGUE, *shipped_suites()]))
    if sizes and not theorems:
        raise click.UsageError(
            f"{_spelled(sizes)} needs a theorem; write for example ncproofs verify collapse-optimum -K 3:6"
        )
    if sizes and suites:
        raise click.UsageError(
            f"{_spelled(sizes)} goes with theorems, but the suite {suites[0]} has sizes of its own"
        )
    read = [
        read_suite(suite_path(name), imports=options["allow_imports"])
        for name in suites or ([] if theorems else ["default"])
    ]
    checks = [check for suite in read for check in suite.checks]
    for name in theorems:
        checks += _checks_of(name, sizes)
    if len(read) == 1 and not theorems:
        return read[0]
    title = ", ".join(names)
    return Suite(
        "the command line", title, "", tuple(replace(c, number=i) for i, c in enumerate(checks, start=1))
    )


def _checks_of(theorem: str, sizes: dict[str, Any]) -> list[Check]:
    """With sizes, that grid; without, what the default suite says, or the claims about all sizes."""
    from ncproofs.suite import Check, grid_of, read_suite, suite_path
    from ncproofs.theorems.catalogue import load

    if sizes:
        family = _family(load(theorem).family, sizes)
        named = {} if family.name in ("ridge", "sphere") else {"family": family.name}
        given = {**named, **{key: family.usual[key] for key in family.usual if key not in sizes}, **sizes}
        return [Check(number=1, theorems=(theorem,), grid=grid_of("the command line", given))]
    known = [c for c in read_suite(suite_path("default")).checks if theorem in c.theorems]
    return [replace(check, theorems=(theorem,)) for check in known] or [Check(number=1, theorems=(theorem,))]


def _family(problem: type, sizes: dict[str, Any]) -> Family:
    """The theorem's own family, unless the sizes can only be those of the other one with features."""
    from ncproofs.families import FAMILIES, family_of_class

    own = family_of_class(problem)
    if "counts" in sizes or "labels" in sizes:
        return FAMILIES["multilabel"]
    if own.name in ("ridge", "sphere"):
        weights = any(key.startswith("lambda") for key in sizes)
        return FAMILIES["sphere" if "tau" in sizes else "ridge" if weights else own.name]
    return own


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        raise click.UsageError(f"--set {text} given; write KEY=VALUE, for example --set tau=1/2")
    return key, value


def _spelled(sizes: dict[str, Any]) -> str:
    return ", ".join(f"-{key}" if len(key) == 1 else f"--{key.replace('_', '-')}" for key in sizes)


def _nothing_called(name: str, known: list[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "see `ncproofs list` for what there is"
    return f"there is no theorem or suite {name!r}; {hint}"


def _adjusted(check: Check, options: dict[str, Any]) -> Check:
    from ncproofs.truth import Rigor

    if options["budget"] is not None:
        check = replace(check, limits=replace(check.limits, seconds=options["budget"]))
    if options["rigor"] is not None:
        check = replace(check, rigor=Rigor[options["rigor"].upper()])
    return check


@contextmanager
def _folder(options: dict[str, Any]) -> Iterator[Path | None]:
    """The folder for certificates; one that goes away when only a bundle is asked for."""
    import tempfile

    from ncproofs.errors import NcproofsError

    given: Path | None = options["certificates"]
    if given is None and options["bundle"] is not None:
        with tempfile.TemporaryDirectory(prefix="ncproofs-certificates-") as folder:
            yield Path(folder)
        return
    if given is not None:
        try:
            given.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NcproofsError(f"{given} cannot be made ({error.strerror}); give a writable folder") from None
        given = given.resolve()
    yield given


def _report_certificates(outcomes: list[Outcome], folder: Path | None, bundle: Path | None) -> None:
    """How many certificates there are, on stderr, and why some certified verdicts have none."""
    from collections import Counter

    if folder is None:
        return
    written = {outcome.certificate for outcome in outcomes if outcome.certificate}
    bare = [o for o in outcomes if o.verdict.certified and not o.certificate]
    click.echo(f"{len(written)} certificates written; {len(bare)} certified verdicts have none", err=True)
    for (theorem, reason), count in Counter((o.verdict.theorem, o.without) for o in bare).items():
        click.echo(f"  {theorem} ({count} times): {reason or 'interrupted'}", err=True)
    if bundle is not None:
        from ncproofs.bundle import write_bundle

        click.echo(f"{write_bundle(bundle, outcomes)} certificates packed into {bundle}", err=True)


def collect(
    running: Generator[Outcome, None, None], known: list[Outcome], asked: int,
    kept: Callable[[Outcome], None] = lambda outcome: None,
) -> tuple[list[Outcome], bool]:
    """The outcomes with those known before, and whether all jobs were finished before an interruption."""
    outcomes = list(known)
    try:
        with progress(asked) as tell:
            for outcome in running:
                kept(outcome)
                outcomes.append(outcome)
                tell(len(outcomes), outcome)
    except KeyboardInterrupt:
        return outcomes, False
    finally:
        running.close()
    return outcomes, True


@contextmanager
def progress(asked: int) -> Iterator[Callable[[int, Outcome], None]]:
    """A bar on a terminal, plain lines elsewhere; on stderr."""
    if not sys.stderr.isatty():

        def line(done: int, outcome: Outcome) -> None:
            verdict = outcome.verdict
            click.echo(
                f"{done}/{asked} {verdict.theorem} ({verdict.covers}): {verdict.truth}, {verdict.rigor}",
                err=True,
            )

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=asked)
        yield lambda done, outcome: bar.update(task, completed=done, description=outcome.verdict.theorem)


def report(title: str, outcomes: list[Outcome], asked: int, seconds: float, options: dict[str, Any]) -> None:
    from ncproofs.cli.report import write_reports
    from ncproofs.report import results, summary

    about = results.about([*_program(), *_arguments()])
    found = results.Results(
        title=title, outcomes=tuple(outcomes), asked=asked, seconds=seconds, about=about,
        certificates=_certificates(outcomes),
    )
    write_reports(found, options)
    if options["github_summary"]:
        _append_summary(found)
    if options["json_"]:
        import json

        click.echo(json.dumps(results.record_of(found), indent=1, ensure_ascii=False))
        return
    rows = summary.rows_of(outcomes)
    if sys.stdout.isatty():
        from rich.console import Console

        Console().print(summary.as_table(rows))
    else:
        click.echo("\n".join(summary.as_lines(rows)) + "\n")
    if options["claims"]:
        for outcome in sorted(outcomes, key=lambda outcome: outcome.job.index):
            click.echo("\n".join(summary.claim_lines(outcome)) + "\n")
    click.echo("\n".join(summary.closing_lines(outcomes, asked, seconds)))


def _certificates(outcomes: list[Outcome]) -> dict[int, str]:
    """Job number to the path of its certificate from here, where certificates were asked for."""
    import os

    # An outcome has this attribute where the runner writes certificates.
    named = {outcome.job.index: outcome.certificate for outcome in outcomes}
    return {index: Path(os.path.relpath(name)).as_posix() for index, name in named.items() if name}


def _program() -> list[str]:
    """``python -m ncproofs`` if that was typed: it finds code of the current folder, ``ncproofs`` does not."""
    return ["python", "-m", "ncproofs"] if Path(sys.argv[0]).name == "__main__.py" else ["ncproofs"]


def _arguments() -> list[str]:
    """What was typed after ``ncproofs``, for the report."""
    context = click.get_current_context()
    typed: list[str] = context.find_root().meta.get("ncproofs.arguments", [])
    return typed


def _summary_file() -> Path:
    """The file that $GITHUB_STEP_SUMMARY names; asked for before anything runs, so that no run is wasted."""
    import os

    place = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if not place:
        raise click.UsageError(
            "--github-summary needs the variable GITHUB_STEP_SUMMARY, which GitHub Actions sets; "
            "elsewhere write --markdown FILE"
        )
    return Path(place)


def _append_summary(found: Any) -> None:
    from ncproofs.report.markdown import as_markdown

    place = _summary_file()
    try:
        with place.open("a", encoding="utf-8") as stream:
            stream.write(as_markdown(found))
    except OSError as error:
        raise click.UsageError(f"{place} cannot be written ({error.strerror}); see GITHUB_STEP_SUMMARY") from None


def exit_code(outcomes: list[Outcome]) -> int:
    """3 for a defect of ncproofs, 1 when something fails, 4 when something is open, else 0."""
    import os

    from ncproofs.runner import Standing

    standings = {outcome.standing for outcome in outcomes}
    if Standing.ERROR in standings:
        broken = next(outcome for outcome in outcomes if outcome.error)
        hint = "set NCPROOFS_DEBUG=1 to see the traceback"
        click.echo(
            broken.error if os.environ.get("NCPROOFS_DEBUG") else f"error: internal error; {hint}", err=True
        )
        return 3
    return 1 if Standing.WRONG in standings else 4 if Standing.OPEN in standings else 0
