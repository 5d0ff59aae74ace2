"""The door for numbers: what enters a proof is an integer, a fraction, or a string that spells one."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from numbers import Rational

from ncproofs.errors import InexactInput, InvalidProblem

__all__ = ["exact_number", "nonnegative", "positive", "size"]

_LONGEST = 2000
_SPELLING = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?|[+-]?\d+/\d+", re.ASCII)


def exact_number(value: object, name: str) -> Fraction:
    """``value`` as a fraction: an integer, Fraction, SymPy Rational, or a string such as "1/100" or "0.01".

    A decimal string is exact (it spells a fraction); a Python float is not, and is refused.

    Raises:
        InexactInput: ``value`` is a float or another inexact number.
        InvalidProblem: ``value`` does not spell a number.
    """
    if isinstance(value, bool):
        raise InvalidProblem(f"{name}={value} is a truth value; write a number such as 1 or '1/100'")
    if isinstance(value, Rational):  # int, Fraction, numpy integers, SymPy Rational and Integer
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, str):
        return _spelled(value.strip(), name)
    if isinstance(value, Decimal) and value.is_finite():
        return _spelled(str(value), name)
    if hasattr(value, "p") and hasattr(value, "q") and not hasattr(value, "hex"):
        return Fraction(int(value.p), int(value.q))
    if hasattr(value, "free_symbols") and getattr(value, "is_Float", None) is not True:
        what = "a symbol" if value.free_symbols else "not rational"
        raise InvalidProblem(
            f"{name}={value} is {what}; an instance needs exact rationals such as 3 or '1/100' "
            "(for all sizes at once, verify a theorem without a problem)"
        )
    if isinstance(value, float) or hasattr(value, "__float__"):
        raise InexactInput(
            f"{name}={value!r} is a binary float; write a Fraction or a string such as '1/100'"
        )
    raise InvalidProblem(f"{name}={value!r} is not a number; write an integer or a string such as '1/100'")


def _spelled(text: str, name: str) -> Fraction:
    if len(text) > _LONGEST:
        raise InvalidProblem(f"{name} has {len(text)} characters; write at most {_LONGEST}")
    if not _SPELLING.fullmatch(text):
        raise InvalidProblem(f"{name}={text!r} is not an exact number; write for example 3, '1/100' or '0.01'")
    try:
        return Fraction(text)
    except ZeroDivisionError:
        raise InvalidProblem(f"{name}={text!r} divides by zero; write a fraction with a nonzero denominator") from None


def positive(value: object, name: str) -> Fraction:
    """``exact_number`` that must be > 0."""
    number = exact_number(value, name)
    if number <= 0:
        raise InvalidProblem(f"{name}={number} given, but {name} > 0 is needed; write for example '1/100'")
    return number


def nonnegative(value: object, name: str) -> Fraction:
    """``exact_number`` that must be >= 0."""
    number = exact_number(value, name)
    if number < 0:
        raise InvalidProblem(f"{name}={number} given, but {name} >= 0 is needed; write for example 0 or '1/100'")
    return number


def size(value: object, name: str, minimum: int) -> int:
    """A whole number >= ``minimum``, such as K, d or n."""
    number = exact_number(value, name)
    if number.denominator != 1 or number < minimum:
        raise InvalidProblem(f"{name}={number} given, but a whole number {name} >= {minimum} is needed")
    return int(number)
