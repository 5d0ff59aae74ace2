"""Bundles: a zip file with certificates, what they are about, and a checker that runs on its own.

A bundle from elsewhere is not trusted: sizes, names, the manifest and the map are checked before anything is used,
and its own copies of the checker and of the pinned statements are for the reader, never run or believed here.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ncproofs.certificates import derived_pin
from ncproofs.errors import NcproofsError
from ncproofs.proof import checker
from ncproofs.proof.checker_arithmetic import Limit, Rejected
from ncproofs.proof.checker_reading import BYTES, parse
from ncproofs.reading_list import kinds_of, reading_list
from ncproofs.runner import Outcome
from ncproofs.theorems.catalogue import load

__all__ = ["InvalidBundle", "unpack", "write_bundle"]

_FOLDER, _MANIFEST, _MAP = "certificates", "MANIFEST.sha256", "THEOREM_MAP.json"
_MOST_FILES, _MOST_BYTES = 20_000, 2**28
_NAME = re.compile(r"(certificates/)?[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_README = """\
{count} certificates of theorems, written by ncproofs. THEOREM_MAP.json says what each is about.

    sha256sum -c MANIFEST.sha256      the files are those that were packed
    python -I checker.py .            accepts or rejects each certificate; needs Python 3.11 or later and nothing else

Here are the {files} files of the checker, {lines} lines in all, that decide these certificates. A certificate that
needs another file is rejected, with the name of that file.
statements.txt has the hash of what each theorem states; compare it with the one of the ncproofs that you trust.
"""


class InvalidBundle(NcproofsError):
    """A zip file that is no bundle, or not an intact one."""


def write_bundle(path: Path, outcomes: Iterable[Outcome]) -> int:
    """Pack the certificates of ``outcomes``; the number of them. Equal outcomes give equal bytes.

    Raises:
        NcproofsError: the file cannot be written, or there is no certificate.
    """
    members: dict[str, bytes] = {}
    rows: list[dict[str, Any]] = []
    pins, kinds = [checker.PINS.read_text(encoding="ascii")], set[str]()
    for outcome in sorted(outcomes, key=lambda outcome: outcome.job.index):
        name = f"{_FOLDER}/{Path(outcome.certificate).name}"
        if outcome.certificate and name not in members:
            members[name] = Path(outcome.certificate).read_bytes()
            statement = json.loads(members[name])["statement"]
            rows.append(_row(name, statement, members[name], outcome))
            kinds |= kinds_of(statement)
            pin = derived_pin(statement)
            pins += [f"{pin} {statement['theorem']}\n"] if pin not in (None, "nothing") else []
    if not rows:
        raise NcproofsError(f"{path} was not written: no verdict has a certificate")
    needed = reading_list(kinds)
    members |= {file: checker.PINS.with_name(file).read_bytes() for file in needed}
    members["statements.txt"] = "".join(pins).encode("ascii")
    members[_MAP] = (json.dumps(rows, indent=1) + "\n").encode("ascii")
    members["README.txt"] = _README.format(
        count=len(rows), files=len(needed), lines=sum(needed.values())).encode("ascii")
    members[_MANIFEST] = _manifest(members).encode("ascii")
    _zip(path, members)
    return len(rows)


def _row(name: str, statement: Mapping[str, Any], raw: bytes, outcome: Outcome) -> dict[str, Any]:
    verdict = outcome.verdict
    return {
        "file": name, "theorem": verdict.theorem, "statement": " ".join(load(verdict.theorem).statement.split()),
        "covers": verdict.covers, "parameters": statement["parameters"],
        "sha256": json.loads(raw)["statement_sha256"], "verdict": str(verdict.truth), "rigor": str(verdict.rigor),
        "axioms": list(verdict.axioms),
    }


def _manifest(members: Mapping[str, bytes]) -> str:
    return "".join(f"{hashlib.sha256(raw).hexdigest()}  {name}\n" for name, raw in sorted(members.items()))


def _zip(path: Path, members: Mapping[str, bytes]) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, raw in sorted(members.items()):
                packed.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), raw, zipfile.ZIP_DEFLATED)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise NcproofsError(
            f"{path} cannot be written ({error.strerror}); give a path in a writable folder"
        ) from None


def unpack(path: Path, folder: Path) -> list[Path]:
    """Write the certificates of a bundle into ``folder``, once the bundle is found intact.

    Raises:
        InvalidBundle: too large, an unexpected name, or a manifest or map that does not fit the files.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            members = _members(path, packed)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error) as error:
        raise InvalidBundle(f"{path} is not a readable zip file ({error})") from None
    manifest = members.pop(_MANIFEST, b"")
    if _manifest(members).encode("ascii") != manifest:
        raise InvalidBundle(f"{path}: {_MANIFEST} does not list exactly the files that are there, with their hashes")
    certificates = {name: raw for name, raw in members.items() if name.startswith(f"{_FOLDER}/")}
    if _mapped(path, members) != {name: _digest(raw) for name, raw in certificates.items()}:
        raise InvalidBundle(f"{path}: {_MAP} does not list exactly the certificates, each with its hash")
    written = []
    for name, raw in sorted(certificates.items()):
        target = folder / Path(name).name
        target.write_bytes(raw)
        written.append(target)
    return written


def _members(path: Path, packed: zipfile.ZipFile) -> dict[str, bytes]:
    """Every file, read no further than the limits; a declared size is not believed."""
    names = packed.namelist()
    if len(names) > _MOST_FILES or len(set(names)) < len(names):
        raise InvalidBundle(f"{path} has more than {_MOST_FILES} files, or one name twice")
    members: dict[str, bytes] = {}
    left = _MOST_BYTES
    for name in names:
        if not _NAME.match(name):
            raise InvalidBundle(f"{path} has a file {name[:80]!r}, which has no place in a bundle")
        with packed.open(name) as stream:
            members[name] = stream.read(min(left, BYTES) + 1)
        left -= len(members[name])
        if len(members[name]) > BYTES or left < 0:
            raise InvalidBundle(f"{path} unpacks to more than {_MOST_BYTES} bytes, or one file to more than {BYTES}")
    return members


def _mapped(path: Path, members: Mapping[str, bytes]) -> dict[str, str] | None:
    try:
        rows = json.loads(members[_MAP])
        found = {str(row["file"]): str(row["sha256"]) for row in rows}
    except (KeyError, TypeError, ValueError, RecursionError):
        raise InvalidBundle(f"{path}: {_MAP} is missing or cannot be read") from None
    return found if len(found) == len(rows) else None


def _digest(raw: bytes) -> str:
    try:
        value = parse(raw)
    except (Rejected, Limit):
        return ""
    return str(value.get("statement_sha256", "")) if isinstance(value, dict) else ""
