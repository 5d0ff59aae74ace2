"""Every derivation of the package in one folder, with an index; what is up to date is not built again.

A document depends on all of the package, so it is up to date when the package's source is unchanged and the file is
still what was written. The index is written after each document: an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from ncproofs.errors import NcproofsError
from ncproofs.report.derivation_html import page
from ncproofs.report.printing import FORMATS, exit_code, rendered, write_pdf
from ncproofs.report.steps import Derivation, summary_line
from ncproofs.store import write_atomically

__all__ = ["build_all", "documents"]

_INDEX = "index.json"
_VERDICTS = {0: "proved", 1: "refuted", 4: "not proved"}


def documents() -> dict[str, Callable[[], Derivation]]:
    """Name -> how to build it: each theorem of the catalogue, and the calculus of each shipped loss."""
    from ncproofs.losses.spelling import KNOWN, known_loss
    from ncproofs.report.derivation import derive_objective, derive_riemannian
    from ncproofs.report.subjects import instance_of
    from ncproofs.report.theorem_derivation import derive_theorem
    from ncproofs.theorems.catalogue import CATALOGUE, load

    def theorem(name: str) -> Derivation:
        value = load(name)
        return derive_theorem(value, problem=None if value.general is not None else instance_of(value.family, {}))

    found: dict[str, Callable[[], Derivation]] = {name: partial(theorem, name) for name in CATALOGUE}
    for loss, (_, _, example) in KNOWN.items():
        found[f"objective-{loss}"] = partial(lambda text: derive_objective(known_loss(text)), example)
        found[f"riemannian-{loss}"] = partial(lambda text: derive_riemannian(known_loss(text)), example)
    return found


def build_all(
    folder: Path, format_: str, *, pdf: bool, told: Callable[[str], None],
    chosen: Mapping[str, Callable[[], Derivation]] | None = None,
) -> int:
    """Write every document into ``folder``; ``told`` gets a line for each; returns the worst exit code.

    Raises:
        NcproofsError: the folder cannot be written. MissingDependency: ``pdf`` without pdflatex.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NcproofsError(f"{folder} cannot be made ({error.strerror}); give a writable folder") from None
    source = source_digest()
    known, entries = _read_index(folder, source, format_), {}
    chosen = documents() if chosen is None else chosen
    for number, (name, build) in enumerate(chosen.items(), start=1):
        entry = known.get(name)
        if entry is not None and _is_current(folder, entry, pdf=pdf):
            told(f"[{number}/{len(chosen)}] {name}: up to date")
        else:
            entry = _written(folder, name, build(), format_, pdf=pdf)
            told(f"[{number}/{len(chosen)}] {name}: {entry['summary']}")
        entries[name] = entry
        _write_index(folder, source, format_, {**known, **entries})
    _write_index(folder, source, format_, entries)
    _write_table(folder, format_, entries)
    codes = [entry["code"] for entry in entries.values()]
    return 1 if 1 in codes else max(codes, default=0)


def source_digest() -> str:
    """SHA-256 over the package's Python files and their names."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _read_index(folder: Path, source: str, format_: str) -> dict[str, dict[str, Any]]:
    """Entries of an earlier run of this source; anything unreadable counts as no index."""
    try:
        data = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        if data["source"] != source or data["format"] != format_:
            return {}
        return {entry["name"]: entry for entry in data["documents"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _is_current(folder: Path, entry: Mapping[str, Any], *, pdf: bool) -> bool:
    try:
        files = [name for name in (entry["file"], entry["pdf"]) if name]
        known = [entry["sha256"], entry["pdf_sha256"]][: len(files)]
        inside = all(Path(name).name == name for name in files)
        same = inside and all(_sha256(folder / name) == digest for name, digest in zip(files, known, strict=True))
        return same and (not pdf or bool(entry["pdf"])) and entry["code"] in _VERDICTS
    except (KeyError, TypeError, ValueError):
        return False


def _written(folder: Path, name: str, derivation: Derivation, format_: str, *, pdf: bool) -> dict[str, Any]:
    derivations: Sequence[Derivation] = [derivation]
    path = folder / f"{name}.{FORMATS[format_]}"
    write_atomically(path, rendered(derivations, format_))
    printed = folder / f"{name}.pdf"
    if pdf:
        write_pdf(derivations, printed)
    return {
        "name": name,
        "title": derivation.title,
        "file": path.name,
        "sha256": _sha256(path),
        "pdf": printed.name if pdf else "",
        "pdf_sha256": _sha256(printed) if pdf else "",
        "summary": summary_line(derivation.steps),
        "holes": list(derivation.holes),
        "code": exit_code(derivations),
    }


def _write_index(folder: Path, source: str, format_: str, entries: Mapping[str, dict[str, Any]]) -> None:
    index = {"schema": 1, "source": source, "format": format_, "documents": list(entries.values())}
    write_atomically(folder / _INDEX, json.dumps(index, indent=1, ensure_ascii=False))


def _write_table(folder: Path, format_: str, entries: Mapping[str, dict[str, Any]]) -> None:
    """For people: index.html beside HTML, index.md beside anything else."""
    if format_ == "html":
        write_atomically(folder / "index.html", page("Derivations", _rows(entries)))
        return
    lines = ["# Derivations", "", "| document | title | verdict | steps |", "|---|---|---|---|"]
    for entry in entries.values():
        files = f"[{entry['name']}]({entry['file']})" + (f", [pdf]({entry['pdf']})" if entry["pdf"] else "")
        title = escape(" ".join(entry["title"].replace("|", "/").split()), quote=False)
        lines.append(f"| {files} | {title} | {_VERDICTS[entry['code']]} | {entry['summary']} |")
    write_atomically(folder / "index.md", "\n".join(lines) + "\n")


def _rows(entries: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    yield "<h1>Derivations</h1><ul>"
    for entry in entries.values():
        pdf = f' (<a href="{escape(entry["pdf"])}">PDF</a>)' if entry["pdf"] else ""
        link = f'<a href="{escape(entry["file"])}">{escape(entry["title"])}</a>{pdf}'
        yield f"<li>{link}: {_VERDICTS[entry['code']]}. {escape(entry['summary'])}</li>"
    yield "</ul>"
