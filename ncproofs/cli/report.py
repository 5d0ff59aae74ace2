"""``ncproofs report``, ``ncproofs diff`` and ``ncproofs lint``."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

__all__ = ["diff_command", "lint_command", "report_command", "write_reports"]

_FILE = click.Path(path_type=Path, dir_okay=False)

_REPORT_EPILOG = """\b
Examples:
  ncproofs verify --json > results.json; ncproofs report results.json --html report.html
  ncproofs report results.json                              Markdown on stdout
  ncproofs report results.json --junit report.xml --markdown summary.md

Exit code 0: the files are written, whatever the verdicts; 2: the file is not what `verify --json` prints.
"""


@click.command("report", epilog=_REPORT_EPILOG)
@click.argument("results", type=_FILE, metavar="RESULTS.json")
@click.option("--html", type=_FILE, help="One self-contained page.")
@click.option("--markdown", type=_FILE, help="A summary in Markdown.")
@click.option("--junit", type=_FILE, help="JUnit XML.")
def report_command(results: Path, **options: Any) -> int:
    """Reports from what `ncproofs verify --json` printed; without options, Markdown on stdout."""
    from ncproofs.report.markdown import as_markdown
    from ncproofs.report.results import read_results

    read = read_results(results)
    if not any(options.values()):
        click.echo(as_markdown(read), nl=False)
        return 0
    write_reports(read, options)
    return 0


def write_reports(results: Any, options: dict[str, Any]) -> None:
    """Write each report that ``options`` names a file for: html, markdown, junit."""
    from ncproofs.store import write_atomically

    if options.get("junit") is not None:
        from ncproofs.report.summary import as_junit

        write_atomically(options["junit"], as_junit(results.title, results.outcomes, results.asked))
    if options.get("markdown") is not None:
        from ncproofs.report.markdown import as_markdown

        write_atomically(options["markdown"], as_markdown(results))
    if options.get("html") is not None:
        from ncproofs.report.html import as_html

        folder = Path(os.path.relpath(options["html"].parent)).as_posix()
        write_atomically(options["html"], as_html(replace(results, page_folder=folder)))


@click.command("diff", epilog="Example: ncproofs diff last-week.json today.json")
@click.argument("before", type=_FILE, metavar="A.json")
@click.argument("after", type=_FILE, metavar="B.json")
@click.option("--json", "json_", is_flag=True, help="One JSON object on stdout.")
def diff_command(before: Path, after: Path, *, json_: bool) -> int:
    """What changed between two runs of `ncproofs verify --json`.

    Exit code 1 when something got worse: certified before and not now, a weaker rigor, a row that is gone, a new
    row that is not as expected, or a run that was interrupted with more left to do. Times are shown and
    never count as worse.
    """
    from ncproofs.report.difference import as_record, difference, lines_of
    from ncproofs.report.results import read_results

    found = difference(read_results(before), read_results(after))
    if json_:
        import json

        click.echo(json.dumps(as_record(found), indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(lines_of(found)))
    return 1 if found.is_worse else 0


@click.command("lint", epilog="Example: ncproofs lint verification/*.toml")
@click.argument("suites", nargs=-1, required=True, metavar="SUITE...")
@click.option("--allow-imports", is_flag=True, help="Let suites name package.module:name, which runs its code.")
def lint_command(suites: tuple[str, ...], *, allow_imports: bool) -> int:
    """Read suites and check all that they name, without running anything.

    Every suite that is not in order is one line, and the exit code is 2.
    """
    from ncproofs.errors import NcproofsError
    from ncproofs.suite import expand, read_suite, suite_path, validate

    code = 0
    for name in suites:
        try:
            suite = read_suite(suite_path(name), imports=allow_imports)
            jobs = expand(suite)
            validate(suite, jobs)
        except NcproofsError as error:
            click.echo(f"error: {' '.join(str(error).split()).rstrip('.')}", err=True)
            code = 2
            continue
        controls = sum(job.check.control for job in jobs)
        click.echo(f"{name}: {len(suite.checks)} checks, {len(jobs)} jobs, {controls} of them controls")
    return code
