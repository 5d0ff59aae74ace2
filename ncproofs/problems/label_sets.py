"""Label sets, counts and weights as they are given: mappings, lists, or text; each refusal is one line."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from ncproofs.arithmetic.exact import positive, size
from ncproofs.errors import InvalidProblem

__all__ = ["MOST_LABELS", "counts_of", "label_sets_of", "largest_label", "read_label_file",
           "refuse_idle_weights", "weights_of"]

#: The most label sets of one problem, and the most labels in all of them together.
MOST_LABELS = 10**6
_LONGEST = 2**24
_LABEL = re.compile(r"\d{1,7}", re.ASCII)


def counts_of(given: Any, K: int) -> tuple[tuple[int, int], ...]:
    """((m, n_m), ...) ascending in m, without those that are zero."""
    pairs = _pairs(given, "counts", "1:3,2:2")
    counts: dict[int, int] = {}
    for number, count in pairs:
        m = _multiplicity(number, K, "counts")
        if m in counts:
            raise InvalidProblem(f"counts gives m={m} twice; write each number of labels once")
        counts[m] = size(count, f"counts[{m}]", 0)
    if not any(counts.values()):
        raise InvalidProblem("counts are zero everywhere, but at least one sample is needed; write for example 1:1")
    return tuple((m, counts[m]) for m in sorted(counts) if counts[m])


def weights_of(given: Any, K: int) -> tuple[tuple[int, Fraction], ...]:
    """((m, v_m), ...) ascending in m, without those that are 1."""
    weights: dict[int, Fraction] = {}
    for number, value in _pairs(given, "weights", "1:1,2:1/2") if given else []:
        m = _multiplicity(number, K, "weights")
        if m in weights:
            raise InvalidProblem(f"weights gives m={m} twice; write each number of labels once")
        weights[m] = positive(value, f"weights[{m}]")
    return tuple((m, weights[m]) for m in sorted(weights) if weights[m] != 1)


def refuse_idle_weights(given: Any, present: Collection[int]) -> None:
    """Weights of one instance: each must be that of some sample. (A grid may have weights for some of its problems.)

    Raises:
        InvalidProblem: a number of labels that is not ``present``.
    """
    for number, _ in _pairs(given, "weights", "1:1,2:1/2"):
        if int(number) not in present:
            listed = ", ".join(map(str, sorted(present)))
            raise InvalidProblem(f"weights gives m={number}, but no sample has {number} labels; write weights for "
                                 f"m = {listed} only")


def label_sets_of(given: Any, K: int) -> tuple[tuple[int, ...], ...]:
    """The label sets, each ascending, in the order given; labels are counted from 1."""
    if isinstance(given, str):
        given = _read(given)
    if isinstance(given, Mapping) or not isinstance(given, Iterable):
        raise InvalidProblem(f"labels={given!r} is no list of label sets; write for example [[1], [1, 3]] or '1; 1 3'")
    found = tuple(_label_set(labels, position, K) for position, labels in enumerate(given, start=1))
    if not found:
        raise InvalidProblem("there are no label sets, but at least one sample is needed; write for example '1; 1 3'")
    if len(found) > MOST_LABELS or sum(map(len, found)) > MOST_LABELS:
        raise InvalidProblem(f"{len(found)} label sets given; at most {MOST_LABELS} labels in all are taken")
    return found


def _label_set(labels: Any, position: int, K: int) -> tuple[int, ...]:
    place = f"label set {position}"
    if isinstance(labels, (str, Mapping)) or not isinstance(labels, Iterable):
        raise InvalidProblem(f"{place} is {labels!r}; write a list of classes such as [1, 3]")
    found = [_label(label, place, K) for label in labels]
    if not found:
        raise InvalidProblem(f"{place} is empty, but a sample needs at least one label")
    if len(set(found)) < len(found):
        raise InvalidProblem(f"{place} names class {max(found, key=found.count)} twice; write each label once")
    return tuple(sorted(found))


def _label(label: Any, place: str, K: int) -> int:
    number = size(label, f"a label of {place}", -(10**9))
    if not 1 <= number <= K:
        raise InvalidProblem(f"{place} has the label {number}, but classes are counted from 1 to K={K}")
    return number


def _read(text: str) -> list[list[str]]:
    """Sets separated by ``;`` or new lines, labels by spaces or commas; lines that start with # are comments."""
    if len(text) > _LONGEST:
        raise InvalidProblem(f"the label sets have {len(text)} characters; write at most {_LONGEST}")
    lines = [line for line in text.rstrip().splitlines() if not line.lstrip().startswith("#")]
    found: list[list[str]] = []
    for piece in (piece for line in lines for piece in line.split(";")):
        words = piece.replace(",", " ").split()
        wrong = [word for word in words if not _LABEL.fullmatch(word)]
        if wrong:
            raise InvalidProblem(f"{wrong[0][:40]!r} is not a class; write whole numbers, for example '1; 1 3'")
        if not words:
            raise InvalidProblem(f"label set {len(found) + 1} is empty, but a sample needs at least one label")
        found.append(words)
    return found


def read_label_file(path: Path) -> list[Any]:
    """The label sets in a file: one a line, or a JSON list of lists of whole numbers; not yet checked against K.

    Raises:
        InvalidProblem: unreadable, too large, or neither form.
    """
    try:
        if path.stat().st_size > _LONGEST:
            raise InvalidProblem(f"{path} is larger than {_LONGEST} bytes; write a smaller file")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidProblem(f"{path} cannot be read ({error.strerror}); give a readable file of label sets") from None
    except UnicodeDecodeError:
        raise InvalidProblem(f"{path} is not UTF-8 text; write one label set a line, for example 1 3") from None
    if not text.lstrip().startswith("["):
        return _read(text)
    try:
        value = json.loads(text, parse_float=_refuse_number, parse_constant=_refuse_number)
    except (ValueError, RecursionError) as error:
        raise InvalidProblem(f"{path} is not JSON ({error}); write for example [[1], [1, 3]]") from None
    for position, labels in enumerate(value, start=1):
        if not isinstance(labels, list) or not all(type(label) is int for label in labels):
            raise InvalidProblem(f"label set {position} of {path} is no list of whole numbers; write [[1], [1, 3]]")
    return list(value)


def largest_label(sets: list[list[Any]]) -> int:
    """The largest label, to be used as K where none is given; 2 at least."""
    return max([2, *(int(label) for labels in sets for label in labels)])


def _refuse_number(text: str) -> Any:
    raise InvalidProblem(f"the label {text} is not a whole number; write for example [[1], [1, 3]]")


def _pairs(given: Any, name: str, example: str) -> list[tuple[Any, Any]]:
    if isinstance(given, str):
        pieces = [piece.strip() for piece in given.split(",")]
        pairs = [tuple(part.strip() for part in piece.split(":")) for piece in pieces]
        if len(given) > 2000 or any(len(pair) != 2 for pair in pairs):
            raise InvalidProblem(f"{name}={given[:80]!r} is not of the form m:value; write for example {example}")
        return [(left, right) for left, right in pairs]
    if isinstance(given, Mapping):
        return list(given.items())
    if isinstance(given, tuple | list) and all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in given):
        return [(pair[0], pair[1]) for pair in given]
    raise InvalidProblem(f"{name}={given!r} is no table of m and value; write {{1: 3, 2: 2}} or {example!r}")


def _multiplicity(number: Any, K: int, name: str) -> int:
    m = size(number, f"m in {name}", 1)
    if m > K:
        raise InvalidProblem(f"{name} gives m={m} labels, but there are only K={K} classes; write m from 1 to K")
    return m
