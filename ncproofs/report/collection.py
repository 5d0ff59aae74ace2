"""Every derivation of the package, or those that were asked for, in one folder with an index.

A document depends on all of the package, so it is up to date when the package's source is unchanged and the file is
still what was written; a document about a theorem of one's own is always built again. The index is written after each
document: an interrupted run goes on where it stopped. ``check_folder`` compares and writes nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from ncproofs.errors import InvalidClaim, NcproofsError
from ncproofs.report.derivation_html import page
from ncproofs.report.printing import FORMATS, exit_code, rendered, write_pdf
from ncproofs.report.steps import Derivation, summary_line
from ncproofs.store import write_atomically

__all__ = ["build_all", "check_folder", "chosen_documents", "documents", "listed"]

_INDEX = "index.json"
_VERDICTS = {0: "proved", 1: "refuted", 4: "not proved"}


def documents() -> dict[str, Callable[[], Derivation]]:
    """Name -> how to build it: each theorem of the catalogue, and the calculus of each shipped loss."""
    from ncproofs.losses.spelling import KNOWN, known_loss
    from ncproofs.report.derivation import derive_objective, derive_riemannian
    from ncproofs.theorems.catalogue import CATALOGUE

    found: dict[str, Callable[[], Derivation]] = {name: partial(_theorem, name) for name in CATALOGUE}
    for loss, (_, _, example) in KNOWN.items():
        found[f"objective-{loss}"] = partial(lambda text: derive_objective(known_loss(text)), example)
        found[f"riemannian-{loss}"] = partial(lambda text: derive_riemannian(known_loss(text)), example)
    return found


def _theorem(name: str) -> Derivation:
    from ncproofs.report.subjects import instance_of
    from ncproofs.report.theorem_derivation import derive_theorem
    from ncproofs.theorems.catalogue import load

    value = load(name)
    return derive_theorem(value, problem=None if value.general is not None else instance_of(value.family, {}))


def chosen_documents(asked: Sequence[str]) -> dict[str, Callable[[], Derivation]]:
    """What is asked for by a name of ``documents`` or as ``package.module:theorem``; no names: all documents.

    Raises:
        UnknownName: there is no such document or theorem. InvalidClaim: two of them would be one file.
    """
    from ncproofs.theorems.catalogue import load

    known = documents()
    if not asked:
        return known
    files: dict[str, str] = {}
    for name in dict.fromkeys(asked):
        stem = name if name in known else load(name).name
        other = files.setdefault(stem.lower(), name)  # some file systems do not tell W.tex from w.tex
        if other != name:
            raise InvalidClaim(
                f"{other} and {name} would both be the file {stem}; rename one of the theorems, or write them to two "
                "folders"
            )
    return {name: known.get(name, partial(_theorem, name)) for name in asked}


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
        entry = known.get(name) if ":" not in name else None
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
    path = folder / f"{_stem(name, derivation)}.{FORMATS[format_]}"
    write_atomically(path, rendered([derivation], format_))
    printed = path.with_suffix(".pdf")
    if pdf:
        write_pdf([derivation], printed)
    files = {"file": path.name, "sha256": _sha256(path), "pdf": printed.name if pdf else "",
             "pdf_sha256": _sha256(printed) if pdf else ""}
    return {**_entry(name, derivation), **files}


def _entry(name: str, derivation: Derivation) -> dict[str, Any]:
    return {
        "name": name, "title": derivation.title, "summary": summary_line(derivation.steps),
        "holes": list(derivation.holes), "code": exit_code([derivation]),
    }


def _stem(name: str, derivation: Derivation) -> str:
    """The name of the file without its ending."""
    stem = derivation.preface.name if ":" in name and derivation.preface is not None else name
    if re.fullmatch(r"[A-Za-z0-9][\w-]*", stem, re.ASCII) is None or stem.lower() == "index":
        raise InvalidClaim(f"the theorem {name} is named {stem!r}; a file needs letters, digits, - and _, not 'index'")
    return stem


def _write_index(folder: Path, source: str, format_: str, entries: Mapping[str, dict[str, Any]]) -> None:
    index = {"schema": 1, "source": source, "format": format_, "documents": list(entries.values())}
    write_atomically(folder / _INDEX, json.dumps(index, indent=1, ensure_ascii=False))


def _write_table(folder: Path, format_: str, entries: Mapping[str, dict[str, Any]]) -> None:
    name, text = _table(format_, entries)
    write_atomically(folder / name, text)


def _table(format_: str, entries: Mapping[str, dict[str, Any]]) -> tuple[str, str]:
    """For people: index.html beside HTML, index.md beside anything else."""
    if format_ == "html":
        return "index.html", page("Derivations", _rows(entries))
    lines = ["# Derivations", "", "| document | title | verdict | steps |", "|---|---|---|---|"]
    for entry in entries.values():
        files = f"[{entry['name']}]({entry['file']})" + (f", [pdf]({entry['pdf']})" if entry["pdf"] else "")
        title = escape(" ".join(entry["title"].replace("|", "/").split()), quote=False)
        lines.append(f"| {files} | {title} | {_VERDICTS[entry['code']]} | {entry['summary']} |")
    return "index.md", "\n".join(lines) + "\n"


def _rows(entries: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    yield "<h1>Derivations</h1><ul>"
    for entry in entries.values():
        pdf = f' (<a href="{escape(entry["pdf"])}">PDF</a>)' if entry["pdf"] else ""
        link = f'<a href="{escape(entry["file"])}">{escape(entry["title"])}</a>{pdf}'
        yield f"<li>{link}: {_VERDICTS[entry['code']]}. {escape(entry['summary'])}</li>"
    yield "</ul>"


# --- comparing without writing ----------------------------------------------------------------------------


def listed(folder: Path) -> tuple[tuple[str, ...], str]:
    """The documents that the index of ``folder`` lists, and their format.

    Raises:
        NcproofsError: there is no index, or it cannot be read.
    """
    entries, format_ = _any_index(folder)
    if format_ not in FORMATS or not entries:
        raise NcproofsError(
            f"{folder} has no readable {_INDEX}; write the folder first: ncproofs derive --all --out {folder}"
        )
    return tuple(entries), format_


def _any_index(folder: Path) -> tuple[dict[str, dict[str, Any]], str]:
    """Entries by name and format of an index of any source; nothing where it cannot be read."""
    try:
        data = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        entries = {str(entry["name"]): dict(entry) for entry in data["documents"]}
        return entries, str(data["format"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}, ""


def check_folder(
    folder: Path, format_: str, *, pdf: bool, told: Callable[[str], None],
    chosen: Mapping[str, Callable[[], Derivation]], whole: bool = True,
) -> int:
    """Build every document, compare it with its file, write nothing; 1 when a file is stale, missing or left over.

    A PDF is compared by what the index says of it: that it was printed from this document, and not changed since.
    ``whole``: the folder has nothing but ``chosen``, and its table of contents is compared too.
    """
    known, _ = _any_index(folder)
    entries: dict[str, dict[str, Any]] = {}
    wrong = 0
    for number, (name, build) in enumerate(chosen.items(), start=1):
        derivation, before = build(), known.get(name, {})
        path = folder / f"{_stem(name, derivation)}.{FORMATS[format_]}"
        with_pdf = pdf or bool(before.get("pdf"))
        found = [state for state in (
            _state(path, rendered([derivation], format_)), _pdf_state(path, before) if with_pdf else "",
        ) if state]
        told(f"[{number}/{len(chosen)}] {name}: {'; '.join(found) or 'up to date'}")
        wrong += len(found)
        files = {"file": path.name, "pdf": path.with_suffix(".pdf").name if with_pdf else ""}
        entries[name] = {**_entry(name, derivation), **files}
    others = _others(folder, format_, known, entries) if whole else []
    for line in others:
        told(line)
    return 1 if wrong or others else 0


def _others(
    folder: Path, format_: str, known: Mapping[str, dict[str, Any]], entries: Mapping[str, dict[str, Any]]
) -> list[str]:
    """What is wrong beside the documents: the table of contents, and documents that nobody asks for any more."""
    table, text = _table(format_, entries)
    state = _state(folder / table, text)
    gone = sorted(f"left over: {entry.get('file')}" for name, entry in known.items() if name not in entries)
    return [*gone, *([state] if state else [])]


def _state(path: Path, text: str) -> str:
    if not path.is_file():
        return f"missing: {path.name}"
    return "" if path.read_bytes() == text.encode() else f"stale: {path.name}"


def _pdf_state(path: Path, entry: Mapping[str, Any]) -> str:
    printed = path.with_suffix(".pdf")
    if not printed.is_file():
        return f"missing: {printed.name}"
    same = entry.get("sha256") == _sha256(path) and entry.get("pdf_sha256") == _sha256(printed)
    return "" if same else f"stale: {printed.name}"
