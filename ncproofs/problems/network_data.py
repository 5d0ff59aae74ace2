"""Data of a network from JSON or CSV text. The text comes from outside: sizes are limited, errors are one line.

JSON: one object, ``{"X": [["1", "0"], ...], "Y": [...]}``, ``{"x": [...], "y": [...]}``, ``{"counts": [4, 3, 1]}``,
``{"labels": [0, 0, 1], "A": [...]}`` or ``{"Y": one-hot rows, "A": [...]}``. Numbers are whole numbers or exact strings
("1/3", "0.25"); a JSON float is refused, because most programs that write one have already rounded.

CSV: a header line, then one sample a line, cells exact. Columns ``x`` and ``y`` (spline); ``x1, x2, ...`` and ``y`` or
``y1, y2, ...``; ``label`` with optional ``a1, a2, ...`` (batchnorm).
"""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

from ncproofs.arithmetic.exact import exact_number, size
from ncproofs.errors import InexactInput, InvalidProblem
from ncproofs.problems.networks import KINDS, Labels, Network, Points, Regression

__all__ = ["network_from_text", "read_text"]

_LARGEST = 2**20
_MOST_COLUMNS = 1000
_DEEPEST = 4


def read_text(path: str) -> str:
    """The text of a data file.

    Raises:
        InvalidProblem: it cannot be read, is larger than 1 MiB, or is not UTF-8.
    """
    place = Path(path)
    try:
        with place.open("rb") as file:
            raw = file.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            raise InvalidProblem(f"{path} is larger than {_LARGEST} bytes; give a smaller file")
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise InvalidProblem(f"{path} cannot be read ({error.strerror}); give a JSON or CSV file") from None
    except UnicodeDecodeError:
        raise InvalidProblem(f"{path} is not UTF-8 text; save it as UTF-8") from None


def network_from_text(kind: str, text: str, **options: Any) -> Network:
    """The problem whose data are ``text``, JSON if it starts with a brace, else CSV.

    ``options``: beta, layers, normalisation, as ``Network`` takes them; None is left out.

    Raises:
        InvalidProblem, InexactInput: one line that says what was given and what is needed.
    """
    if kind not in KINDS:
        raise InvalidProblem(f"kind={kind!r} given; write one of: {', '.join(KINDS)}")
    if len(text) > _LARGEST:
        raise InvalidProblem(f"the data have {len(text)} characters; give at most {_LARGEST}")
    given = _json(text) if text.lstrip().startswith(("{", "[")) else _csv(text)
    chosen = {name: value for name, value in options.items() if value is not None}
    return Network(kind, _data(kind, given), **chosen)


def _data(kind: str, given: dict[str, Any]) -> Regression | Points | Labels:
    if kind == "spline":
        _needs(kind, given, ("x", "y"), ())
        return Points(given["x"], given["y"])
    if kind == "batchnorm":
        return _labels(given)
    if "y" in given and "Y" not in given:
        given = {("Y" if name == "y" else name): value for name, value in given.items()}
    _needs(kind, given, ("X", "Y"), ())
    return Regression(given["X"], given["Y"])


def _needs(kind: str, given: dict[str, Any], needed: tuple[str, ...], optional: tuple[str, ...]) -> None:
    missing = [name for name in needed if name not in given]
    foreign = [name for name in given if name not in (*needed, *optional)]
    if missing or foreign:
        raise InvalidProblem(
            f"the data give {', '.join(given) or 'nothing'}, but kind {kind} needs {' and '.join(needed)}"
            + (f" (optional: {', '.join(optional)})" if optional else "")
        )


def _labels(given: dict[str, Any]) -> Labels:
    sources = [name for name in ("counts", "labels", "Y") if name in given]
    if len(sources) != 1:
        raise InvalidProblem("kind batchnorm needs exactly one of counts, labels and Y (one-hot rows)")
    _needs("batchnorm", given, (sources[0],), ("A", "classes") if sources[0] == "labels" else ("A",))
    if sources[0] == "counts":
        return Labels(given["counts"], given.get("A"))
    if sources[0] == "Y":
        labels, classes = _from_one_hot(given["Y"])
    else:
        listed = given["labels"]
        if not isinstance(listed, list) or not listed:
            raise InvalidProblem("labels must be a list of whole numbers from 0 on, one for each sample")
        labels = [size(value, f"labels (entry {i})", 0) for i, value in enumerate(listed, start=1)]
        classes = size(given.get("classes", max(labels) + 1), "classes", max(labels) + 1)
    if classes > 10**4:
        raise InvalidProblem(f"{classes} classes given; write labels 0, 1, ..., at most 10^4 of them")
    counts = [0] * classes
    for label in labels:
        counts[label] += 1
    if "labels" in given and 0 in counts:
        raise InvalidProblem(f"no sample has label {counts.index(0)}, so that class is empty; one-hot labels need a "
                             "sample of every class: labels are 0, 1, ..., without gaps")
    rows = given.get("A")
    if rows is not None:
        if not isinstance(rows, list) or len(rows) != len(labels):
            raise InvalidProblem(f"A must be a list of {len(labels)} rows, one for each label")
        rows = [row for _, row in sorted(zip(labels, rows, strict=True), key=lambda pair: pair[0])]  # class-major
    return Labels(tuple(counts), None if rows is None else tuple(rows))


def _from_one_hot(rows: Any) -> tuple[list[int], int]:
    Y = Regression(rows, rows).Y
    labels = []
    for i, row in enumerate(Y, start=1):
        if sorted(row) != [0] * (len(row) - 1) + [1]:
            raise InvalidProblem(f"row {i} of Y is not one-hot: one entry must be 1 and all others 0")
        labels.append(row.index(1))
    return labels, len(Y[0])


def _json(text: str) -> dict[str, Any]:
    if _deepest(text) > _DEEPEST:
        raise InvalidProblem(f"the data are nested more than {_DEEPEST} deep; write one object with lists of rows")

    def no_number(spelling: str) -> Any:
        raise InexactInput(f"{spelling} is not a number; write an exact one, for example 3 or \"1/3\"")

    def refuse(spelling: str) -> Any:
        raise InexactInput(f'{spelling} is a JSON float; write it in quotes, for example "{spelling}"')

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                raise InvalidProblem(f"the key {name!r} is given twice; give it once")
            found[name] = value
        return found

    try:
        given = json.loads(text, parse_float=refuse, parse_constant=no_number, parse_int=_whole, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise InvalidProblem(f"the data are not JSON ({error}); see `ncproofs show network`") from None
    if not isinstance(given, dict):
        raise InvalidProblem('the data must be one JSON object, for example {"X": [["1", "0"]], "Y": ["2"]}')
    return given


def _whole(spelling: str) -> int:
    if len(spelling) > 2000:
        raise InvalidProblem(f"a number of {len(spelling)} digits given; write at most 2000")
    return int(spelling)


def _deepest(text: str) -> int:
    """How many brackets and braces are open at once, strings apart: known before anything recurses into them."""
    depth = most = 0
    for letter in re.findall(r"[\[\]{}]", re.sub(r'"(?:[^"\\]|\\.)*"', "", text)):
        depth += 1 if letter in "[{" else -1
        most = max(most, depth)
    return most


def _csv(text: str) -> dict[str, Any]:
    try:
        lines = [row for row in csv.reader(io.StringIO(text), strict=True) if row]
    except csv.Error as error:
        raise InvalidProblem(f"the data are not CSV ({error}); see `ncproofs show network`") from None
    if len(lines) < 2:
        raise InvalidProblem("the data have no samples; write a header line such as x1,x2,y and one line a sample")
    header = [name.strip() for name in lines[0]]
    if len(header) > _MOST_COLUMNS or len(set(header)) < len(header):
        raise InvalidProblem(f"the header has {len(header)} columns; write distinct names, at most {_MOST_COLUMNS}")
    for number, row in enumerate(lines[1:], start=2):
        if len(row) != len(header):
            raise InvalidProblem(f"line {number} has {len(row)} cells, but the header has {len(header)}")
    columns = {
        name: [exact_number(row[j], f"line {number}, column {name}") for number, row in enumerate(lines[1:], start=2)]
        for j, name in enumerate(header)
    }
    return _grouped(columns)


def _grouped(columns: dict[str, list[Any]]) -> dict[str, Any]:
    """x and y as vectors, x1, x2, ... as the matrix X, a1, ... as A, label as labels."""
    given: dict[str, Any] = {}
    groups: dict[str, dict[int, list[Any]]] = {}
    for name, values in columns.items():
        letter, number = name[:1].lower(), name[1:]
        if name.lower() == "label":
            given["labels"] = values
        elif letter in ("x", "y", "a") and number.isascii() and number.isdigit():
            groups.setdefault(letter.upper(), {})[int(number)] = values
        elif name.lower() in ("x", "y"):
            given[name.lower()] = values
        else:
            raise InvalidProblem(f"column {name!r} is unknown; write x and y, or x1, x2, ..., y1, ..., label, a1, ...")
    for name, part in groups.items():
        if sorted(part) != list(range(1, len(part) + 1)):
            shown = ", ".join(f"{name.lower()}{number}" for number in sorted(part))
            raise InvalidProblem(f"columns {shown} given; number them {name.lower()}1 to {name.lower()}{len(part)}")
        given[name] = [list(row) for row in zip(*(part[number] for number in sorted(part)), strict=True)]
    return given
