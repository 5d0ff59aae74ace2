"""Parts of the checker tried by themselves: algebra of constants and radicals, shifts of losses, counts of eigenvalues.

Each is an attack: "right" from the checker as it is. A changed one is "wrong" when it takes unequal numbers for equal
ones, or no longer sees what it is there to see.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

__all__ = ["ALONE"]

Answer = tuple[str, str]


def _module(name: str) -> Any:
    return importlib.import_module(f"ncproofs.proof.checker_{name}")


def _log(x: Any) -> list[Any]:
    return ["log", x]


def _root(x: Any) -> list[Any]:
    return ["sqrt", x]


_ONE_ROOT = ["+", "1", _root("2")]  # 1 + sqrt 2
_NEGATIVE = _log(["-", _root("2"), "1"])  # log(sqrt 2 - 1) < 0
#: Pairs of constants that are equal, and are seen to be.
EQUAL: dict[str, tuple[Any, Any]] = {
    "log 6": (_log("6"), ["+", _log("2"), _log("3")]),
    "log 14": (_log("14"), ["+", _log("2"), _log("7")]),
    "log 3/2": (_log("3/2"), ["-", _log("3"), _log("2")]),
    "log 1": (_log("1"), "0"),
    "sqrt 12": (_root("12"), ["*", "2", _root("3")]),
    "sqrt 4": (_root("4"), "2"),
    "sqrt of a square of a large prime": (_root(str(104729**2)), "104729"),
    "sqrt 0": (_root("0"), "0"),
    "sqrt exp 2": (_root(["exp", "2"]), ["exp", "1"]),
    "sqrt exp 3": (_root(["exp", "3"]), ["*", ["exp", "1"], _root(["exp", "1"])]),
    "exp 2": (["exp", "2"], ["*", ["exp", "1"], ["exp", "1"]]),
    "exp -1": (["exp", "-1"], ["/", "1", ["exp", "1"]]),
    "exp 0": (["exp", "0"], "1"),
    "a root of a sum": (_root(["+", "4", ["*", "4", _root("2")]]), ["*", "2", _root(_ONE_ROOT)]),
    "a root of a quotient": (_root(["/", "1", ["exp", "2"]]), ["exp", "-1"]),
    "one logarithm": (_log(_ONE_ROOT), _log(["+", _root("2"), "1"])),
}
#: Pairs that are not.
UNEQUAL: dict[str, tuple[Any, Any]] = {
    "log 7": (_log("7"), "0"),
    "log 7, log 4": (_log("7"), _log("4")),
    "log 3, log 2": (_log("3"), _log("2")),
    "two logarithms": (_log(_ONE_ROOT), _log(["+", "1", _root("3")])),
    "two exponentials": (["exp", _root("2")], ["exp", _root("3")]),
    "sqrt 7, 1": (_root("7"), "1"),
    "sqrt 7, 2": (_root("7"), "2"),
    "sqrt 2, 1": (_root("2"), "1"),
    "sqrt 4, 2 sqrt 2": (_root("4"), ["*", "2", _root("2")]),
    "a large prime": (_root("104729"), "323"),
    "exp 1, 1": (["exp", "1"], "1"),
    "exp 1, exp -1": (["exp", "1"], ["exp", "-1"]),
    "a root of a sum, 1": (_root(_ONE_ROOT), "1"),
    "a root of a sum, a root of its part": (_root(_ONE_ROOT), _root(_root("2"))),
    "sqrt sqrt 2, 1": (_root(_root("2")), "1"),
    "sqrt exp 2, 1": (_root(["exp", "2"]), "1"),
    "sqrt exp 1, 1": (_root(["exp", "1"]), "1"),
    "sqrt exp 2, exp 3/2": (_root(["exp", "2"]), ["*", ["exp", "1"], _root(["exp", "1"])]),
    "a root of the square of a negative": (_root(["^", _NEGATIVE, 2]), _NEGATIVE),
    "a root of a quotient by the square of a negative": (_root(["/", "1", ["^", _NEGATIVE, 2]]), ["/", "1", _NEGATIVE]),
}


def _constants(checker: Any) -> Answer:
    arithmetic, constants = _module("arithmetic"), _module("constants")

    def same(pair: tuple[Any, Any]) -> bool:
        field = constants.Constants(arithmetic.Budget(10**7))
        left, right = (arithmetic.evaluate(side, {}, field) for side in pair)
        return bool(field.vanishes(field.sub(left, right)))

    return _table(same)


def _table(same: Callable[[tuple[Any, Any]], bool], equal: Any = EQUAL, unequal: Any = UNEQUAL) -> Answer:
    for name, pair in unequal.items():
        if same(pair):
            return "wrong", f"equal: {name}"
    for name, pair in equal.items():
        if not same(pair):
            return "wrong", f"not equal: {name}"
    return "right", ""


def _products(checker: Any) -> Answer:
    """Logarithms of products of numbers that are named beforehand."""
    arithmetic, constants = _module("arithmetic"), _module("constants")
    p, q = ["-", "1", _root("1/50")], _root("1/50")

    def same(pair: tuple[Any, Any]) -> bool:
        field = constants.Constants(arithmetic.Budget(10**7))
        field.name(*(arithmetic.evaluate(known, {}, field) for known in (p, q, "3")))
        left, right = (arithmetic.evaluate(side, {}, field) for side in pair)
        return bool(field.vanishes(field.sub(left, right)))

    return _table(same, {
        "p q": (_log(["*", p, q]), ["+", _log(p), _log(q)]), "p/q": (_log(["/", p, q]), ["-", _log(p), _log(q)]),
        "3 p": (_log(["*", "3", p]), ["+", _log("3"), _log(p)]),
    }, {"p, 1": (_log(p), "0"), "p, q": (_log(p), _log(q)), "p q, p": (_log(["*", p, q]), _log(p)),
        "3 p, p": (_log(["*", "3", p]), _log(p)), "p + q": (_log(["+", p, p]), _log(p))})


def _radicals(checker: Any) -> Answer:
    arithmetic, radicals = _module("arithmetic"), _module("radicals")
    third = ["pow", "2", "1/3"]

    def same(pair: tuple[Any, Any]) -> bool:
        algebra = radicals.Radicals(arithmetic.Budget(10**7))
        try:
            left, right = (arithmetic.evaluate(side, {}, algebra) for side in pair)
        except arithmetic.Rejected:
            return False
        return bool(left == right)

    return _table(same, {
        "16^(1/3)": (["pow", "16", "1/3"], ["*", "2", third]), "sqrt 8": (_root("8"), ["*", "2", _root("2")]),
        "2 x": (["+", third, third], ["*", "2", third]), "0 + x": (["+", "0", third], third),
        "x + 0": (["+", third, "0"], third), "x - 0": (["-", third, "0"], third), "sqrt 0": (_root("0"), "0"),
        "x - x/2": (["-", third, ["/", third, "2"]], ["/", third, "2"]), "0 x": (["*", "0", third], "0"),
        "0 + 0": (["+", "0", "0"], ["*", "0", third]), "x - y": (["-", ["+", "3", "0"], "2"], "1"),
    }, {
        "x, 0": (third, "0"), "0 + x, 0": (["+", "0", third], "0"), "x + x, x": (["+", third, third], third),
        "x - x/2, x": (["-", third, ["/", third, "2"]], third), "sqrt 2, 0": (_root("2"), "0"),
        "2^(1/3), 2^(2/3)": (third, ["pow", "2", "2/3"]), "log": (_root("3"), _root("2")),
    })


_WAVE = ["exp", "z"]
#: (phi, sums, whether adding one number to three logits changes nothing). What is not seen by the form counts as no.
SHIFTS: list[tuple[Any, list[Any], bool]] = [
    (["-", ["log", "S1"], "t"], [_WAVE], True),
    (["-", ["log", "S1"], ["*", "2", "t"]], [_WAVE], False),
    (["-", ["log", "S1"], "t", ], [["exp", ["*", "2", "z"]]], False),
    (["-", ["/", "S1", "3"], "t"], ["z"], True),
    (["-", ["/", "S1", "4"], "t"], ["z"], False),
    (["-", ["/", "S1", "K"], "t"], ["z"], True),
    (["*", "S1", ["exp", ["-", "t"]]], [_WAVE], True),
    (["/", "S1", ["exp", "t"]], [_WAVE], True),
    (["*", "S1", ["exp", "t"]], [_WAVE], False),
    (["/", ["exp", "t"], "S1"], [_WAVE], True),
    (["*", ["sqrt", "S1"], ["exp", ["/", ["-", "t"], "2"]]], [_WAVE], True),
    (["*", ["sqrt", "S1"], ["exp", ["-", "t"]]], [_WAVE], False),
    (["*", ["^", "S1", 2], ["exp", ["*", "-2", "t"]]], [_WAVE], True),
    (["*", ["^", "S1", 2], ["exp", ["-", "t"]]], [_WAVE], False),
    (["-", ["log", "S1"], ["*", ["^", "2", -1], "t"]], [_WAVE], False),
    (["-", ["log", "S1"], ["*", ["^", "2", 0], "t"]], [_WAVE], True),
    (["-", ["log", ["^", "S1", 2]], ["*", ["^", "2", 1], "t"]], [_WAVE], True),
    (["*", ["pow", "S1", "3/2"], ["exp", ["*", "-3/2", "t"]]], [_WAVE], True),
    (["*", ["pow", "S1", "3/2"], ["exp", ["-", "t"]]], [_WAVE], False),
    (["pow", "S1", "t"], [_WAVE], False),
    (["pow", ["/", "S1", ["exp", "t"]], ["-", "t", "t"]], [_WAVE], True),
    (["+", "S1", ["exp", "t"]], [_WAVE], False),
    (["log", ["+", "S1", "1"]], [_WAVE], False),
    (["+", "t", "t"], [], False),
    (["-", "t", "t"], [], True),
    (["-", "t"], [], False),
    (["-", ["-", "t"], ["-", "t"]], [], True),
    (["-", ["exp", "t"], ["exp", "t"]], [], False),
    (["log", ["-", "S1", ["exp", "t"]]], [_WAVE], False),
    (["-", ["log", ["-", "S1", ["exp", "t"]]], "t"], [_WAVE], True),
    (["*", "t", "t"], [], False),
    (["*", "0", "t"], [], True),
    (["*", "2", ["-", "t", "t"]], [], True),
    (["/", "3", "t"], [], False),
    (["/", "t", "t"], [], False),
    (["-", ["/", "t", "2"], ["*", "1/2", "t"]], [], True),
    (["-", ["/", "t", "2"], ["*", "2", "t"]], [], False),
    (["exp", "t"], [], False),
    (["exp", ["-", "t", "t"]], [], True),
    (["sqrt", "t"], [], False),
    (["*", ["/", "1", "0"], "3"], [], True),  # nowhere defined
    (["-", "t", ["*", ["/", "2", "2"], "t"]], [], True),
    (["-", "t", ["*", ["/", "4", "2"], "t"]], [], False),
    (["+", ["*", str(2**600), "t"], ["*", str(-(2**600)), "t"]], [], False),  # too long to be followed
    (["+", ["*", str(2**511), "t"], ["*", str(-(2**511)), "t"]], [], True),
    (["+", "t", ["*", "z", "0"]], [], False),
    ("z", [], False),
    ("5", [], True),
]


def _shifts(checker: Any) -> Answer:
    seen = _module("shifts").is_shift_invariant
    for phi, sums, invariant in SHIFTS:
        if seen(phi, sums, 3) is not invariant:
            return "wrong", str(phi)
    return "right", ""


def _eigenvalues(checker: Any) -> Answer:
    """Diagonal matrices turned by an exact rotation, and low ranks: both ways to count, on both sides."""
    arithmetic, hessian = _module("arithmetic"), _module("hessian")
    balls, unit, made = arithmetic.Intervals(64, arithmetic.Budget(10**8)), 1 << 64, random.Random(3)
    kept = hessian._SMALL
    try:
        for size in (1, 2, 3, 5, 8, 13, 14):
            values = sorted(made.sample(range(-30, 30), size))
            axis = [made.randint(-3, 3) for _ in range(size - 1)] + [1]
            norm = sum(a * a for a in axis)  # I - 2 a a^T/|a|^2 turns the diagonal matrix
            turn = [[Fraction(int(i == j)) - Fraction(2 * a * b, norm) for j, b in enumerate(axis)]
                    for i, a in enumerate(axis)]
            A = [[sum((turn[i][k] * values[k] * turn[j][k] for k in range(size)), Fraction(0)) for j in range(size)]
                 for i in range(size)]
            for hessian._SMALL in (0, 99):
                known = hessian.Eigenvalues(balls, [([[balls.number(x) for x in row] for row in A], 1)])
                for place, value in enumerate(values):
                    for x, fewer in ((value - Fraction(1, 9), place), (value + Fraction(1, 9), place + 1)):
                        if (known.at_most_below(x), known.at_least_below(x)) != (fewer, fewer):
                            return "wrong", f"another number below {x} for {values}"
            whole = [[int(x * unit) for x in row] for row in A]
            if size > 1:
                count, distance = hessian.negative_pivots(whole, unit // 3, balls)
                if not 0 <= distance < unit >> 30 or count != sum(value <= 0 for value in values):
                    return "wrong", "a factorisation"
        if hessian.negative_pivots([[0, 1], [1, 0]], 0, balls)[1] >= 0:
            return "wrong", "a pivot 0"
        if hessian.negative_pivots([[1, unit], [unit, 1]], 0, balls)[1] >= 0:
            return "wrong", "a pivot that is too small"
        if hessian._distance([[5, 1], [1, 5]], 0, [[unit], [0, unit]], [5, 5], 64) != 1:
            return "wrong", "the distance of two matrices off the diagonal"
        star = [[5, 1, 1], [1, 5, 0], [1, 0, 5]]  # the first row is that of the largest sum
        if hessian._distance(star, 0, [[unit], [0, unit], [0, 0, unit]], [5, 5, 5], 64) != 2:
            return "wrong", "the distance of two matrices in one row"
        if hessian._distance([[5, 0], [0, 7]], 2, [[unit], [0, unit]], [3, 3], 64) != 2:
            return "wrong", "the distance of two matrices on the diagonal"
    finally:
        hessian._SMALL = kept
    return "right", ""


ALONE: dict[str, Callable[[Any], Answer]] = {
    "constants": _constants, "logarithms of products": _products, "radicals": _radicals, "shifts": _shifts,
    "eigenvalues": _eigenvalues,
}
