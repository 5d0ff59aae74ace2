"""The values of a grid: ``3``, ``"3:6"``, ``"2, 4, 9"``, ``"K + 1"``, widths ``"2 K+1"``; a whitelist, never code."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from ncproofs.errors import InvalidSuite

__all__ = ["MOST_JOBS", "numbers", "sizes", "texts", "wholes", "widths"]

#: The most instances that one suite, or one grid from the command line, may have.
MOST_JOBS = 5000
_LONGEST = 60
_LARGEST = 10**6


def texts(place: str, value: object) -> list[str]:
    """``value`` (a string, a whole number or a list of them) as a list of spellings; commas separate.

    A comma inside parentheses separates nothing, so that a loss may have two parameters.
    """
    pieces: list[str] = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, bool) or not isinstance(item, (str, int)):
            raise InvalidSuite(
                f'{place}={item!r} given; write a whole number, a string such as "1/100", or a list'
            )
        pieces.extend(_split(str(item)))
    if not pieces or not all(pieces):
        raise InvalidSuite(f"{place}={value!r} is empty; write at least one value")
    return _few(place, pieces)


def _few(place: str, pieces: list[str]) -> list[str]:
    """Each spelling once, when there are not too many."""
    distinct = list(dict.fromkeys(pieces))
    if len(distinct) > MOST_JOBS:
        raise InvalidSuite(f"{place} has {len(distinct)} values; write at most {MOST_JOBS}")
    return distinct


def wholes(place: str, value: object) -> list[str]:
    """``value`` (a string, a whole number or a list of them) as spellings in which a comma separates nothing."""
    pieces = value if isinstance(value, list) else [value]
    for item in pieces:
        if isinstance(item, bool) or not isinstance(item, (str, int)):
            raise InvalidSuite(f"{place}={item!r} given; write a string, a whole number, or a list of them")
    if not pieces or not all(str(item).strip() for item in pieces):
        raise InvalidSuite(f"{place}={value!r} is empty; write at least one value")
    return _few(place, [str(item).strip() for item in pieces])


def _split(text: str) -> list[str]:
    depth, start, pieces = 0, 0, []
    for position, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            pieces.append(text[start:position].strip())
            start = position + 1
    return [*pieces, text[start:].strip()]


def numbers(place: str, value: object) -> list[str]:
    """Whole numbers and closed ranges such as ``3:6``, as spellings."""
    found: list[str] = []
    for piece in texts(place, value):
        first, colon, last = piece.partition(":")
        ends = [_whole(place, end.strip()) for end in ((first, last) if colon else (first,))]
        if ends[0] > ends[-1] or ends[-1] - ends[0] >= MOST_JOBS:
            raise InvalidSuite(
                f"{place}={piece} is not a range; write the smaller end first, for example 3:6"
            )
        found.extend(str(number) for number in range(ends[0], ends[-1] + 1))
        if len(found) > MOST_JOBS:
            found = _few(place, found)
    return found


def _whole(place: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8 and int(text) <= _LARGEST):
        raise InvalidSuite(
            f"{place}={text} given, but a whole number up to {_LARGEST} is needed; write for example 3 or 3:6"
        )
    return int(text)


def sizes(place: str, spellings: Iterable[str], known: Mapping[str, int]) -> list[int]:
    """The sizes that ``spellings`` stand for: numbers, ranges, or expressions in the letters of ``known``.

    Raises:
        InvalidSuite: not of that form, or a result that is no whole number from 1 to a million.
    """
    found: list[int] = []
    for spelling in spellings:
        first, colon, last = spelling.partition(":")
        ends = [_size(place, end.strip(), known) for end in ((first, last) if colon else (first,))]
        if ends[0] > ends[-1] or ends[-1] - ends[0] >= MOST_JOBS:
            raise InvalidSuite(
                f"{place}={spelling} is not a range; write the smaller end first, for example 3:6"
            )
        found.extend(range(ends[0], ends[-1] + 1))
    return found


def widths(place: str, spellings: Iterable[str], known: Mapping[str, int]) -> list[str]:
    """As ``sizes``, where blanks separate the widths of one network: ``"2 K+1"`` is d_1 = 2, d_2 = K + 1.

    Blanks around + - * and : belong to one expression, so that "K + 1" is a single size.

    Raises:
        InvalidSuite: as ``sizes``.
    """
    found: list[str] = []
    for spelling in spellings:
        pieces = spelling.split()
        if any(piece[0] in "+-*:" or piece[-1] in "+-*:" for piece in pieces):
            pieces = [spelling]
        if len(pieces) == 1:
            found.extend(map(str, sizes(place, pieces, known)))
        else:
            found.append(" ".join(str(_size(place, piece, known)) for piece in pieces))
    return found


def _size(place: str, text: str, known: Mapping[str, int]) -> int:
    letters = ", ".join(known)
    refusal = (
        f"{place}={text!r} is not a size; write a whole number, or {letters} with + - *, for example K + 1"
    )
    if len(text) > _LONGEST:
        raise InvalidSuite(f"{place} has {len(text)} characters; write at most {_LONGEST}")
    try:
        value = _value(ast.parse(text, mode="eval").body, known)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InvalidSuite(refusal) from None
    if not 1 <= value <= _LARGEST:
        at = ", ".join(f"{letter}={number}" for letter, number in known.items())
        raise InvalidSuite(f"{place}={text} is {value} at {at}, but a size from 1 to {_LARGEST} is needed")
    return value


def _value(node: ast.expr, known: Mapping[str, int]) -> int:
    match node:
        case ast.Constant(value=int() as number) if not isinstance(number, bool) and number <= _LARGEST:
            return number
        case ast.Name(id=letter) if letter in known:
            return known[letter]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _value(left, known) + _value(right, known)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _value(left, known) - _value(right, known)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _value(left, known) * _value(right, known)
    raise ValueError("not on the list")
