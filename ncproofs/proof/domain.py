"""Where the variables of a claim live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy

from ncproofs.errors import InvalidClaim

__all__ = [
    "Domain",
    "Range",
    "at_least",
    "between",
    "check_assumptions",
    "integers_from",
    "nonnegative",
    "positive",
    "real",
]


@dataclass(frozen=True)
class Range:
    """An interval of reals, or the integers in it; ``None`` is an infinite end, which is always open."""

    lower: sympy.Expr | None
    upper: sympy.Expr | None
    lower_open: bool = False
    upper_open: bool = False
    integer: bool = False

    def __str__(self) -> str:
        left = "(-oo" if self.lower is None else f"{'(' if self.lower_open else '['}{self.lower}"
        right = "oo)" if self.upper is None else f"{self.upper}{')' if self.upper_open else ']'}"
        return f"{'integers in ' if self.integer else ''}{left}, {right}"


def _exact(value: object) -> sympy.Expr:
    from ncproofs.arithmetic.exact import exact_number

    if isinstance(value, sympy.Expr) and not value.has(sympy.Float):
        return value
    number = exact_number(value, "bound")
    return sympy.Rational(number.numerator, number.denominator)


def integers_from(lower: object) -> Range:
    return Range(_exact(lower), None, integer=True)


def positive() -> Range:
    return Range(sympy.Integer(0), None, lower_open=True)


def nonnegative() -> Range:
    return Range(sympy.Integer(0), None)


def at_least(lower: object) -> Range:
    return Range(_exact(lower), None)


def real() -> Range:
    return Range(None, None)


def between(lower: object, upper: object, *, closed: bool = False) -> Range:
    """The interval from ``lower`` to ``upper``, open unless ``closed``; the ends may use other variables.

    Raises:
        InvalidClaim: two numbers with nothing between them, where every claim would hold.
    """
    low, high = _exact(lower), _exact(upper)
    if low.is_Rational and high.is_Rational and not (low < high or (closed and low == high)):
        raise InvalidClaim(f"nothing lies between {low} and {high}, so that every claim holds there; write the smaller "
                           "end first")
    return Range(_exact(lower), _exact(upper), lower_open=not closed, upper_open=not closed)


def check_assumptions(symbol: sympy.Symbol, span: Range) -> None:
    """SymPy simplifies by a symbol's assumptions, so the range of a claim may not be wider than they are.

    Raises:
        InvalidClaim: the range contains numbers that the symbol does not stand for.
    """
    low, high = span.lower, span.upper
    above = low is not None and (low.is_positive or (low.is_nonnegative and span.lower_open))
    below = high is not None and (high.is_negative or (high.is_nonpositive and span.upper_open))
    fixed = low is not None and low == high
    wrong = ""
    if symbol.is_integer and not span.integer and not (fixed and low is not None and low.is_integer):
        wrong = "whole numbers"
    elif symbol.is_positive and not above:
        wrong = "positive numbers"
    elif symbol.is_nonnegative and not (low is not None and low.is_nonnegative):
        wrong = "nonnegative numbers"
    elif symbol.is_negative and not below:
        wrong = "negative numbers"
    elif symbol.is_nonpositive and not (high is not None and high.is_nonpositive):
        wrong = "nonpositive numbers"
    if wrong:
        raise InvalidClaim(
            f"the symbol {symbol} is declared to stand for {wrong}, but its range is {span}; make the two agree"
        )


@dataclass(frozen=True)
class Domain:
    """Variables with their ranges, in order; a range may refer to variables that come before it."""

    ranges: tuple[tuple[sympy.Symbol, Range], ...] = ()

    def __post_init__(self) -> None:
        seen: set[sympy.Symbol] = set()
        for symbol, span in self.ranges:
            if symbol in seen:
                raise InvalidClaim(f"{symbol} is declared twice; give it one range")
            ends = [end for end in (span.lower, span.upper) if end is not None]
            unknown = set().union(*(end.free_symbols for end in ends)) - seen if ends else set()
            if unknown:
                raise InvalidClaim(f"the range of {symbol} uses {unknown}, which must be declared before it")
            seen.add(symbol)

    @classmethod
    def of(cls, *pairs: tuple[sympy.Symbol, Range]) -> Domain:
        return cls(tuple(pairs))

    def __iter__(self) -> Iterator[tuple[sympy.Symbol, Range]]:
        return iter(self.ranges)

    def __str__(self) -> str:
        if not self.ranges:
            return "no variables"
        return ", ".join(f"{symbol} in {span}" for symbol, span in self.ranges)
