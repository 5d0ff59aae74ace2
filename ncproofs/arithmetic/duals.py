"""Dual numbers over SymPy expressions: a program differentiated forwards, exactly, without SymPy's ``diff``.

A value is a pair (v, v') with v' the derivative along one argument. Running a lowered program in this arithmetic
applies the chain rule step by step, which is a second derivation of a derivative, independent of the first.
"""

from __future__ import annotations

from fractions import Fraction

import sympy

__all__ = ["Dual", "Duals"]

Dual = tuple[sympy.Expr, sympy.Expr]


class Duals:
    """The ``Arithmetic`` protocol over pairs (value, derivative)."""

    def argument(self, symbol: sympy.Symbol, *, moving: bool) -> Dual:
        """The symbol itself; its derivative is 1 if it is the one that moves."""
        return symbol, sympy.Integer(int(moving))

    def constant(self, value: Fraction) -> Dual:
        return sympy.Rational(value.numerator, value.denominator), sympy.Integer(0)

    def add(self, left: Dual, right: Dual) -> Dual:
        return left[0] + right[0], left[1] + right[1]

    def multiply(self, left: Dual, right: Dual) -> Dual:
        return left[0] * right[0], left[1] * right[0] + left[0] * right[1]

    def divide(self, left: Dual, right: Dual) -> Dual:
        return left[0] / right[0], (left[1] * right[0] - left[0] * right[1]) / right[0] ** 2

    def integer_power(self, base: Dual, exponent: int) -> Dual:
        if exponent == 0:
            return sympy.Integer(1), sympy.Integer(0)
        return base[0] ** exponent, exponent * base[0] ** (exponent - 1) * base[1]

    def real_power(self, base: Dual, exponent: Dual) -> Dual:
        value = base[0] ** exponent[0]
        turn = value * exponent[1] * sympy.log(base[0]) if exponent[1] != 0 else sympy.Integer(0)
        return value, exponent[0] * base[0] ** (exponent[0] - 1) * base[1] + turn

    def exp(self, value: Dual) -> Dual:
        return sympy.exp(value[0]), sympy.exp(value[0]) * value[1]

    def log(self, value: Dual) -> Dual:
        return sympy.log(value[0]), value[1] / value[0]
