"""pdflatex, run in an empty folder without a shell; what comes out of it is read from its log."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ncproofs.errors import MissingDependency, NcproofsError

__all__ = ["PdfFailed", "Printed", "pdf_of"]

_SECONDS = 120


class PdfFailed(NcproofsError):
    """pdflatex did not accept the document, or took too long."""


@dataclass(frozen=True)
class Printed:
    """The PDF, the widest overfull line in hundredths of a point, and references that lead nowhere.

    ``twice`` counts labels and link targets that stand for two places.
    """

    pdf: bytes
    overfull: int
    undefined: int
    twice: int = 0


def pdf_of(document: str) -> Printed:
    """A whole LaTeX document (ASCII) as PDF; two runs, so that references are resolved.

    Raises:
        MissingDependency: pdflatex is not installed.
        PdfFailed: the first error of the log.
    """
    program = shutil.which("pdflatex")
    if program is None:
        raise MissingDependency(
            "pdflatex is not installed; with Debian: apt-get install texlive-latex-base texlive-latex-recommended"
        )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "document.tex").write_text(document, encoding="ascii")
        for _ in range(2):
            log = _run(program, place)
        printed = (place / "document.pdf").read_bytes()
        twice = log.count("multiply defined.") + log.count("destination with the same identifier")
        return Printed(printed, _widest(log), log.count("undefined on input line"), twice)


def _run(program: str, place: Path) -> str:
    command = [program, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "document.tex"]
    try:
        done = subprocess.run(
            command, cwd=place, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False,
            env={**os.environ, "max_print_line": "10000"},  # warnings of the log on one line each
        )
    except subprocess.TimeoutExpired:
        raise PdfFailed(f"pdflatex took more than {_SECONDS} s; write --format latex and run it yourself") from None
    log = place / "document.log"
    text = log.read_text(encoding="latin-1") if log.exists() else ""
    if done.returncode:
        error = next((line for line in text.splitlines() if line.startswith("!")), "no message")
        raise PdfFailed(f"pdflatex stopped: {error}; write --format latex --standalone to see the source")
    return text


def _widest(log: str) -> int:
    found = re.findall(r"Overfull \\hbox \((\d+)(?:\.(\d+))?pt", log)
    return max((int(whole) * 100 + int((part + "00")[:2]) for whole, part in found), default=0)
