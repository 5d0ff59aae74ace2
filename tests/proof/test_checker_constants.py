"""The checker's equality of constants: equal ones in several spellings, and neighbours that are not equal."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ncproofs.proof.checker_arithmetic import Budget, Limit, Rejected, evaluate
from ncproofs.proof.checker_constants import compared

ROOT2 = ["sqrt", "2"]
LESS = ["-", "1", ROOT2]  # negative
HALF = Fraction(1, 2)
E = ["exp", "-3/2"]


def same(left, right, unit=Fraction(1)):
    compared(Budget(10**6), 128, lambda algebra: evaluate(left, {}, algebra), "==", right, unit)


EQUAL = {
    "roots of one square class": (["sqrt", "1/20000"], ["/", ROOT2, "200"], 1),
    "product of roots": (["*", ["sqrt", "6"], ROOT2], ["*", "2", ["sqrt", "3"]], 1),
    "a square": (["sqrt", "49/4"], "7/2", 1),
    "logarithms along primes": (
        ["log", "12/35"], ["+", ["*", "2", ["log", "2"]], ["log", "3"], ["-", ["log", "35"]]], 1),
    "conjugates": (["/", "1", LESS], ["-", ["-", "1"], ROOT2], 1),
    "root of an exponential": (["sqrt", ["*", "2", E]], ["*", ROOT2, ["exp", "-3/4"]], Fraction(3, 4)),
    "root of a quotient": (["sqrt", ["/", E, ["+", "1", E]]], ["/", ["exp", "-3/4"], ["sqrt", ["+", "1", E]]],
                           Fraction(3, 4)),
}
DIFFERENT = {
    "a root off by 10^-30": (["sqrt", "2"], ["+", ROOT2, "1/1000000000000000000000000000000"], 1),
    "root of a square of another sign": (["sqrt", ["^", LESS, 2]], LESS, 1),
    "a quotient of another sign": (["sqrt", ["/", "1", ["^", LESS, 2]]], ["/", "1", LESS], 1),
    "roots of negative logarithms": (
        ["*", ["sqrt", ["*", ["log", "1/2"], ["log", "1/3"]]], ["sqrt", ["*", ["log", "1/3"], ["log", "1/5"]]]],
        ["*", ["log", "1/3"], ["sqrt", ["*", ["log", "1/2"], ["log", "1/5"]]]], 1),
    "logarithms": (["log", "12"], ["+", ["log", "3"], ["log", "5"]], 1),
    "exponentials": (["exp", "3/2"], ["exp", "-3/2"], HALF),
    "undefined on both sides": (["log", "-1"], ["log", "-1"], 1),
    "division by zero": (["/", "1", ["-", ["^", ROOT2, 2], "2"]], ["/", "1", ["-", ["^", ROOT2, 2], "2"]], 1),
    "an exponent beside the unit": (["exp", "1/3"], ["exp", "1/3"], HALF),
}


@pytest.mark.parametrize(("left", "right", "unit"), EQUAL.values(), ids=EQUAL)
def test_equal_constants(left, right, unit):
    same(left, right, Fraction(unit))


@pytest.mark.parametrize(("left", "right", "unit"), DIFFERENT.values(), ids=DIFFERENT)
def test_different_or_undefined_constants(left, right, unit):
    with pytest.raises((Rejected, Limit)):
        same(left, right, Fraction(unit))
