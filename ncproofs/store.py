"""Results as plain data: JSON in and out, and files written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ncproofs.errors import NcproofsError
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["decode", "encode", "evidence_from", "evidence_record", "write_atomically"]


def encode(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "backslashreplace")


def decode(message: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(message)
    return value


def evidence_record(evidence: Evidence) -> dict[str, Any]:
    """``evidence`` as plain data; ``evidence_from`` reads it back."""
    return {
        "truth": str(evidence.truth),
        "rigor": str(evidence.rigor),
        "sentence": evidence.sentence,
        "because": evidence.because,
        "covers": evidence.covers,
        "witness": evidence.witness,
        "axioms": list(evidence.axioms),
        "holes": list(evidence.holes),
        "seconds": round(evidence.seconds, 6),
    }


def evidence_from(record: Mapping[str, Any]) -> Evidence:
    given = dict(record)
    return Evidence(
        truth=Truth(given.pop("truth")),
        rigor=Rigor[given.pop("rigor").upper()],
        axioms=tuple(given.pop("axioms")),
        holes=tuple(given.pop("holes")),
        **given,
    )


def write_atomically(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` so that a reader sees the old file or the new one, never a part.

    Raises:
        NcproofsError: the folder cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            Path(name).chmod(0o644)  # mkstemp lets nobody else read; a report is for others
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise NcproofsError(
            f"{path} cannot be written ({error.strerror}); give a path in a writable folder"
        ) from None
