"""``ncproofs check``."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ncproofs.checking import Checked

__all__ = ["check_command"]

_EPILOG = """\b
Examples:
  ncproofs verify --certificates proofs                write a certificate of every certified verdict
  ncproofs check proofs                                check them
  ncproofs check bundle.zip --json                     a bundle from ncproofs verify --bundle bundle.zip
  ncproofs check proofs --expect hashes.txt            accept only statements whose hash is in the file
  ncproofs check proofs --reading                      and name the files of the checker to read
  ncproofs check proofs --kernel                       saddle boxes once more, inside Coq

\b
Exit codes: 0 all accepted   1 one rejected or holey   2 one over a limit and none rejected, or a usage error
"""


@click.command("check", epilog=_EPILOG)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option(
    "--expect", type=click.Path(path_type=Path), help="Accept only statements whose SHA-256 is in this file."
)
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes; as many as processors when not given.")
@click.option("--seconds", type=click.IntRange(1, 10**5), default=60, show_default=True, help="For each file.")
@click.option("--memory", type=click.IntRange(64, 10**6), default=1024, show_default=True, metavar="MB",
              help="Address space of the checker's process.")
@click.option("--kernel", is_flag=True,
              help="Let Coq decide accepted saddle boxes of cross-entropy once more; other kinds are as without.")
@click.option("--reading", is_flag=True,
              help="Also name the files of the checker that decide these certificates: all that has to be trusted.")
@click.option("--json", "json_", is_flag=True, help="One JSON object on stdout.")
def check_command(paths: tuple[Path, ...], **options: Any) -> int:
    """Check certificates: files, folders of them, or bundles (.zip).

    The checker shares no code with the prover and runs in a process of its own. It accepts what is proved, rejects
    what is not, and calls holey what rests on a step that nobody proved.
    """
    from ncproofs.checking import check_files
    from ncproofs.errors import NcproofsError

    expect = options["expect"]
    if expect is not None and not (expect.is_file() and expect.read_bytes().isascii()):
        raise NcproofsError(f"{expect} is not a text file of hashes; write one SHA-256 a line")
    with tempfile.TemporaryDirectory(prefix="ncproofs-bundle-") as folder:
        files = _certificates(paths, Path(folder))
        answers = check_files(
            list(files), expect=expect, seconds=options["seconds"], megabytes=options["memory"],
            jobs=options["jobs"] or os.cpu_count() or 1,
        )
        if options["kernel"] and any(answer.verdict == "accepted" for answer in answers):
            answers = _in_coq(answers, options["seconds"])
        reading = _reading(list(files)) if options["reading"] else None
    _report(answers, files, reading, as_json=options["json_"])
    verdicts = {answer.verdict for answer in answers}
    return 1 if verdicts & {"rejected", "holey"} else 2 if "limit" in verdicts else 0


def _in_coq(answers: list[Checked], seconds: int) -> list[Checked]:
    """The same answers; an accepted saddle box that Coq does not accept is rejected."""
    import dataclasses

    from ncproofs.proof.formal import build, open_library
    from ncproofs.proof.formal_saddle import is_accepted

    told = []
    with build(open_library(), lambda line: click.echo(line, err=True)) as place:
        for answer in answers:
            verdict, reason = is_accepted(answer.file.read_bytes(), place, seconds) if (
                answer.verdict == "accepted") else ("skipped", "")
            told.append(answer if verdict == "skipped" else dataclasses.replace(
                answer, verdict=verdict, reason=f"{answer.reason}; {reason}" if verdict == "accepted" else reason))
    return told


def _certificates(paths: tuple[Path, ...], folder: Path) -> dict[Path, str]:
    """Every certificate, with the name to show for it."""
    from ncproofs.bundle import unpack
    from ncproofs.errors import NcproofsError
    from ncproofs.proof.checker import OTHERS

    found: dict[Path, str] = {}
    for number, path in enumerate(paths):
        if path.is_dir():
            inside = [file for file in sorted(path.rglob("*.json")) if file.name not in OTHERS and file.is_file()]
            if not inside:
                raise NcproofsError(
                    f"{path} has no certificates (*.json); ncproofs verify and ncproofs search write some with "
                    f"--certificates {path}"
                )
            found |= {file: str(file) for file in inside}
        elif path.suffix == ".zip" and path.is_file():
            (folder / str(number)).mkdir()
            found |= {file: f"{path}/{file.name}" for file in unpack(path, folder / str(number))}
        elif path.is_file():
            found[path] = str(path)
        else:
            raise NcproofsError(f"{path} is no file and no folder; give certificates (*.json), folders or bundles")
    return found


def _reading(files: list[Path]) -> dict[str, int]:
    from ncproofs.reading_list import kinds_in, reading_list

    return reading_list(kinds_in(files))


def _report(
    answers: list[Checked], names: dict[Path, str], reading: dict[str, int] | None, *, as_json: bool
) -> None:
    counts = Counter(answer.verdict for answer in answers)
    if as_json:
        rows = [{"file": names[a.file], "verdict": a.verdict, "reason": a.reason} for a in answers]
        more = {} if reading is None else {"reading": reading}
        click.echo(json.dumps({"counts": counts, "files": rows, **more}, indent=1))
        return
    for answer in answers:
        click.echo(f"{answer.verdict:9} {names[answer.file]}: {answer.reason}")
    click.echo(", ".join(f"{number} {verdict}" for verdict, number in sorted(counts.items())))
    if reading is not None:
        told = ", ".join(f"{file} {lines}" for file, lines in reading.items())
        click.echo(f"\ndecided by {len(reading)} files of the checker, {sum(reading.values())} lines: {told}")
