"""Spherical codes as problems, and exact point sets with the plain files that hold them.

W is (d, K) elsewhere in this package: its columns are the classifiers. A point set is the list of those columns.
Many papers write them as rows of a (K, d) matrix; so do coordinate files, one point after the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ncproofs.arithmetic.exact import exact_number, size
from ncproofs.errors import InexactInput, InvalidProblem

__all__ = ["ROUNDED", "Codes", "Points", "read_points", "written_points"]

_MOST_POINTS, _MOST_DIMENSIONS = 5000, 500
_LONGEST_FILE = 2**24
#: A table with fewer decimals is rounded only where its points have length one up to that: 0.5 is one half.
ROUNDED = 4
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


@dataclass(frozen=True)
class Codes:
    """K unit vectors in R^d, placed so that each is as far as possible from the hull of the others.

    The optimum is rho*(d, K) = max_W min_k dist(w_k, conv{w_j : j != k}) over unit w_1, ..., w_K: the value of the
    softmax code, and the negative of the least HardMax. K: points, from 2 to 5000; d: dimension, from 1 to 500.

    Raises:
        InvalidProblem, InexactInput: one line that says what was given and what is needed.
    """

    K: int
    d: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "K", size(self.K, "K", 2))
        object.__setattr__(self, "d", size(self.d, "d", 1))
        for name, most in (("K", _MOST_POINTS), ("d", _MOST_DIMENSIONS)):
            if getattr(self, name) > most:
                raise InvalidProblem(f"{name}={getattr(self, name)} given; write at most {most}")

    def __str__(self) -> str:
        return f"code K={self.K} d={self.d}"


@dataclass(frozen=True)
class Points:
    """K points of R^d with exact rational coordinates; ``rows[k]`` is the column w_k of W.

    ``places``: the decimals of the table they were read from, when they may be rounded; None: they are what they are.

    Raises:
        InvalidProblem: fewer than two points, points of different lengths, or the zero vector among them.
        InexactInput: a binary float.
    """

    rows: tuple[tuple[Fraction, ...], ...]
    places: int | None = None

    def __post_init__(self) -> None:
        rows = tuple(tuple(exact_number(x, "coordinate") for x in row) for row in self.rows)
        object.__setattr__(self, "rows", rows)
        Codes(len(rows), len(rows[0]) if rows else 0)
        if any(len(row) != self.d for row in rows):
            raise InvalidProblem(f"points of {sorted({len(row) for row in rows})} coordinates given; equal lengths "
                                 "are needed")
        for position, row in enumerate(rows, start=1):
            if not any(row):
                raise InvalidProblem(f"point {position} is the zero vector; it has no direction, so leave it out")

    @property
    def K(self) -> int:
        return len(self.rows)

    @property
    def d(self) -> int:
        return len(self.rows[0])

    @property
    def norms_sq(self) -> tuple[Fraction, ...]:
        """The squared lengths."""
        return tuple(inner(row, row) for row in self.rows)

    @property
    def radius_sq(self) -> Fraction | None:
        """The common squared length, or None when the points are not on one sphere around 0."""
        norms = set(self.norms_sq)
        return norms.pop() if len(norms) == 1 else None

    def __str__(self) -> str:
        return f"{self.K} points in R^{self.d}"


def inner(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    """The inner product, exactly."""
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))


def read_points(text: str, problem: Codes, place: str = "the file") -> Points:
    """The points that ``text`` spells: K d numbers, one on a line, or K lines of d numbers.

    Numbers are separated by blanks or commas; ``#`` starts a comment. Decimals such as 0.333 or 1e-3 and fractions such
    as 3/5 are exact rationals, never binary floats.

    Raises:
        InvalidProblem: ragged lines, another number of points, or an entry that is no finite number.
    """
    if len(text) > _LONGEST_FILE:
        raise InvalidProblem(f"{place} has more than {_LONGEST_FILE} characters; write fewer digits")
    lines = [line.partition("#")[0].replace(",", " ").split() for line in text.splitlines()]
    lines = [line for line in lines if line]
    K, d = problem.K, problem.d
    widths = {len(line) for line in lines}
    if not lines:
        raise InvalidProblem(f"{place} has no numbers; write {K} lines of {d} coordinates")
    if len(widths) > 1:
        raise InvalidProblem(f"{place} is ragged: its lines have {_listed(widths)} numbers; write {d} on every line, "
                             "or one coordinate a line")
    (width,) = widths
    words = [word for line in lines for word in line]
    if width not in (1, d) or len(words) != K * d:
        raise InvalidProblem(f"{place} has {len(lines)} lines of {width} numbers, but K={K}, d={d} needs {K} lines of "
                             f"{d}, or {K * d} lines of one")
    numbers = [_coordinate(word, place) for word in words]
    return Points(tuple(tuple(numbers[k * d : (k + 1) * d]) for k in range(K)), _places(words))


def _listed(values: Iterable[int]) -> str:
    return " and ".join(str(value) for value in sorted(values)[:4])


def _places(words: Sequence[str]) -> int | None:
    """How many decimals a table has: the median over its numbers with at least four, else over those with any."""
    found = []
    for word in words:
        mantissa, _, exponent = word.lower().partition("e")
        decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
        if "." in mantissa and "/" not in word and decimals > 0:
            found.append(decimals)
    fine = [decimals for decimals in found if decimals >= ROUNDED] or found
    return sorted(fine)[len(fine) // 2] if fine else None


def _coordinate(word: str, place: str) -> Fraction:
    if _NOT_FINITE.fullmatch(word):
        raise InvalidProblem(f"{place} has the entry {word}; a coordinate is a finite number such as 0.25 or 1/4")
    try:
        return exact_number(word, "coordinate")
    except (InvalidProblem, InexactInput) as error:
        raise InvalidProblem(f"{place}: {error}") from None


def written_points(rows: Sequence[Sequence[str]]) -> str:
    """The text of a coordinate file: one coordinate a line, point after point, as Sloane's tables have them."""
    return "".join(f"{word}\n" for row in rows for word in row)
