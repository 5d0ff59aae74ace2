"""``ncproofs sweep``."""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ncproofs.runner import Outcome
    from ncproofs.suite import Job

__all__ = ["sweep_command"]

_EPILOG = """\b
Examples:
  ncproofs sweep ridge-full --out ridge.jsonl                       a large suite, kept job by job
  ncproofs sweep ridge-full --out ridge.jsonl --resume              go on where it stopped
  ncproofs sweep my.toml --out my.jsonl --engine dask --scheduler tcp://10.0.0.1:8786

Exit codes are those of verify; 130 when interrupted, and what was finished is in the file.
"""


@click.command("sweep", epilog=_EPILOG)
@click.argument("suite", metavar="SUITE")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="JSON lines, one a job.")
@click.option("--resume", is_flag=True, help="Go on from --out: jobs that it has are not run again.")
@click.option("--retry", is_flag=True, help="With --resume: run undecided jobs again.")
@click.option("--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True)
@click.option("--scheduler", metavar="ADDRESS", help="Of a dask cluster; without it dask works on this machine.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Worker processes; as many as processors when not given.")
@click.option("--allow-imports", is_flag=True, help="Let the suite name package.module:name, which runs its code.")
@click.option("--json", "json_", is_flag=True, help="One JSON object on stdout, as verify prints it.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Also write JUnit XML to this file.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Also write one self-contained page.")
@click.option("--markdown", type=click.Path(path_type=Path, dir_okay=False), help="Also write a summary in Markdown.")
def sweep_command(suite: str, **options: Any) -> int:
    """A suite over hours or several machines: every outcome goes to a file at once, and --resume goes on from there."""
    import ncproofs.sweep as sweep
    from ncproofs.cli.verify import collect, exit_code, report
    from ncproofs.suite import expand, read_suite, suite_path, validate

    if options["scheduler"] is not None and options["engine"] != "dask":
        raise click.UsageError("--scheduler goes with --engine dask; write both, or neither")
    if options["retry"] and not options["resume"]:
        raise click.UsageError("--retry goes with --resume; write both, or neither")
    read = read_suite(suite_path(suite), imports=options["allow_imports"])
    jobs = expand(read)
    validate(read, jobs)
    lines = sweep.begun(options["out"], resume=options["resume"])
    known = sweep.kept(options["out"], lines, jobs, retry=options["retry"])
    started = time.perf_counter()
    done = {outcome.job.index for outcome in known}
    running = _running([job for job in jobs if job.index not in done], options)
    outcomes, whole = collect(running, known, len(jobs), lambda outcome: sweep.append(options["out"], outcome))
    report(read.title, outcomes, len(jobs), time.perf_counter() - started,
           {**options, "claims": False, "github_summary": False})
    if known:
        click.echo(f"{len(known)} of {len(outcomes)} outcomes are from {options['out']}", err=True)
    return exit_code(outcomes) if whole else 130


def _running(left: list[Job], options: dict[str, Any]) -> Generator[Outcome, None, None]:
    import ncproofs.sweep as sweep
    from ncproofs.runner import run

    if options["engine"] == "dask" and left:
        return sweep.distributed(left, options["scheduler"], options["jobs"])
    return run(left, workers=options["jobs"])
