"""Whether an expression is defined on all of a space of variables or nowhere there: a jump cannot hide in it.

A derivative that is 0 wherever it is defined makes a function constant only where its domain is connected:
sqrt((t-1)^2)/(t-1) has the derivative 0 and jumps at t = 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import sympy

from ncproofs.losses.identities import constant_value

__all__ = ["is_positive_as_written", "is_regular"]


def is_positive_as_written(value: sympy.Expr) -> bool:
    """Whether a real expression is made of exponentials, squares and positive numbers so that it is positive."""
    return _sign(value) == 1


def is_regular(
    expression: sympy.Expr, variables: Iterable[sympy.Symbol],
    is_positive: Callable[[sympy.Expr], bool] = is_positive_as_written,
) -> bool:
    """Whether, whatever the other symbols are, ``expression`` is analytic in all real ``variables`` or defined nowhere.

    True is a proof: every logarithm and every power but 0, 1, 2, ... has a base that is free of the variables, or
    positive, or C exp(a_1 x_1 + a_2 x_2 + ...) with C free of them. ``is_positive`` is asked for a proof of that; where
    it knows the variables to be in a smaller set, the answer is about that set.
    """
    moving = tuple(variables)
    for node in sympy.preorder_traversal(expression):
        if not node.has(*moving) or node.is_Add or node.is_Mul or node.is_Symbol or isinstance(node, sympy.exp):
            continue
        if isinstance(node, sympy.log):
            base, fixed = node.args[0], True
        elif node.is_Pow:
            base, fixed = node.args[0], not node.args[1].has(*moving)
            if node.args[1].is_Integer and node.args[1] >= 0:
                continue
        else:
            return False
        either = node.is_Pow and node.args[1].is_Integer and is_positive(-base)
        if not (either or is_positive(base) or (fixed and _is_exponential(base, moving))):
            return False
    return True


def _is_exponential(base: sympy.Expr, moving: tuple[sympy.Symbol, ...]) -> bool:
    """base' = a base in each variable. The parts of the base are regular themselves, so this ODE holds everywhere."""
    return all(constant_value(sympy.diff(base, symbol) / base) is not None for symbol in moving if base.has(symbol))


def _sign(value: sympy.Expr) -> int | None:
    """1 or 0 if a real ``value`` is positive or nonnegative as it is written, else None."""
    if value.is_Rational:
        return 1 if value > 0 else 0 if value == 0 else None
    if isinstance(value, sympy.exp) or (value.is_Symbol and value.is_positive):
        return 1
    if isinstance(value, sympy.log) and value.args[0].is_Rational:
        return 1 if value.args[0] > 1 else None
    if value.is_Pow:
        sign = _sign(value.args[0])
        even = value.args[1].is_Integer and value.args[1] % 2 == 0 and value.args[1] > 0
        return 1 if sign == 1 else 0 if even or (sign == 0 and value.args[1].is_positive) else None
    if value.is_Add or value.is_Mul:
        signs = [sign for sign in map(_sign, value.args) if sign is not None]
        if len(signs) < len(value.args):
            return None
        return max(signs) if value.is_Add else min(signs)
    return None
