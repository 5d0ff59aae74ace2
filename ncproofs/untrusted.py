"""TOML files from outside, read with limits, so that no file makes the reader hang or break.

Beside the size: numbers of more than 64 bits, which TOML does not have, and lines with very many dots, since a key
of n parts costs the parser n^2 steps.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from ncproofs.errors import NcproofsError

__all__ = ["TomlFloat", "toml_table"]

_LARGEST_FILE = 2**20
_MOST_DOTS = 200
_MOST_BITS = 64


class TomlFloat(str):
    """The spelling of a TOML float, kept so that a refusal can quote it."""

    __slots__ = ()


def toml_table(path: Path, refusal: type[NcproofsError], hint: str) -> dict[str, Any]:
    """The table in the file at ``path``; floats are ``TomlFloat``.

    Raises:
        NcproofsError: of the class ``refusal``: unreadable, too large or not TOML; ``hint`` says what to write.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(_LARGEST_FILE + 1)
        if len(raw) > _LARGEST_FILE:
            raise refusal(f"{path} is larger than {_LARGEST_FILE} bytes; split it")
        text = raw.decode("utf-8")
        if any(line.count(".") > _MOST_DOTS for line in text.splitlines()):
            raise refusal(f"{path} has a line with more than {_MOST_DOTS} dots; split it")
        table = tomllib.loads(text, parse_float=TomlFloat)
    except OSError as error:
        raise refusal(f"{path} cannot be read ({error.strerror}); give a readable .toml file") from None
    except (ValueError, RecursionError) as error:  # ValueError: no TOML, no UTF-8, or more digits than Python reads
        raise refusal(f"{str(path)!r} is not TOML ({error}); {hint}") from None
    if _has_huge_number(table):
        raise refusal(f"{path} has a whole number of more than {_MOST_BITS} bits; write a smaller one, or a string")
    return table


def _has_huge_number(table: dict[str, Any]) -> bool:
    waiting: list[Any] = [table]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, int) and value.bit_length() > _MOST_BITS:
            return True
    return False
