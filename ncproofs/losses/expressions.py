"""Arithmetic expressions from text, through a whitelist of syntax nodes. Nothing is evaluated by Python.

Allowed: the given letters, exact numbers, + - * / ** with a numeric exponent, exp, log, sqrt and parentheses.
Every limit below bounds the work before it is done: text length, depth, digits, exponents, size of numbers.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Mapping
from fractions import Fraction

import sympy

from ncproofs.errors import InvalidLoss

__all__ = ["expression_from_text"]

_LONGEST = 2000
_DEEPEST = 100
_DIGITS = 50
_EXPONENT = 1000
_BITS = 20_000

_RUN = re.compile(rf"\d{{{_DIGITS + 1},}}")
_DECIMAL = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
_WORDS = {
    ast.BitXor: "write ** for a power",
    ast.MatMult: "write * for a product",
    ast.FloorDiv: "write /",
    ast.Mod: "only + - * / ** are covered",
}


def expression_from_text(text: str, letters: Mapping[str, sympy.Symbol], part: str) -> sympy.Expr:
    """The expression that ``text`` spells in ``letters``; decimals such as 0.5 are exact.

    Raises:
        InvalidLoss: anything else, or a limit exceeded; ``part`` names the text in the message.
    """
    if not isinstance(text, str) or not text.strip():
        raise InvalidLoss(f"{part}={text!r} is not an expression; write for example log(S1) - t")
    if len(text) > _LONGEST:
        raise InvalidLoss(f"{part} has {len(text)} characters; write at most {_LONGEST}")
    long_run = _RUN.search(text)
    if long_run:
        raise InvalidLoss(f"{part} has a number of {len(long_run[0])} digits; write at most {_DIGITS}")
    body = " ".join(text.split())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "1if" and the like; refused below anyway
            tree = ast.parse(body, mode="eval").body
    except SyntaxError as error:
        raise InvalidLoss(
            f"{part}={_shown(body)} cannot be read ({error.msg}); write for example log(S1) - t"
        ) from None
    except (ValueError, RecursionError, MemoryError):
        raise InvalidLoss(f"{part}={_shown(body)} is nested too deeply; write it flatter") from None
    return _Reader(body, letters, part).visit(tree, 0)


class _Reader:
    """Builds a SymPy expression from allowed nodes; everything else raises."""

    def __init__(self, text: str, letters: Mapping[str, sympy.Symbol], part: str) -> None:
        self.text, self.letters, self.part = text, letters, part

    def refuse(self, node: ast.AST, why: str) -> InvalidLoss:
        segment = ast.get_source_segment(self.text, node) or type(node).__name__
        return InvalidLoss(f"{self.part}: {_shown(segment)}: {why}")

    def visit(self, node: ast.expr, depth: int) -> sympy.Expr:
        if depth > _DEEPEST:
            raise InvalidLoss(f"{self.part} is nested more than {_DEEPEST} deep; write it flatter")
        handler: Callable[[ast.expr, int], sympy.Expr] | None = getattr(self, f"on_{type(node).__name__}", None)
        if handler is None:
            known = ", ".join(self.letters)
            raise self.refuse(node, f"only numbers, {known}, + - * / **, exp, log and sqrt are covered")
        return self.checked(node, handler(node, depth + 1))

    def checked(self, node: ast.expr, value: sympy.Expr) -> sympy.Expr:
        """``value`` if it is a finite real expression of moderate size."""
        if value.has(sympy.zoo, sympy.nan, sympy.oo, sympy.I):
            raise self.refuse(node, "is not a finite real number; divide by nothing that is zero, no log(0)")
        for part in value.args if not value.is_Rational else (value,):
            if part.is_Rational and max(abs(int(part.p)), int(part.q)).bit_length() > _BITS:
                raise self.refuse(node, f"a number of more than {_BITS} bits; write a smaller one")
        if value.is_Pow and value.args[1].is_Rational and max(abs(value.args[1].p), value.args[1].q) > _EXPONENT:
            raise self.refuse(node, f"the exponent {_shown(str(value.args[1]))} exceeds {_EXPONENT}")
        return value

    def on_Constant(self, node: ast.Constant, depth: int) -> sympy.Expr:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise self.refuse(node, "is not a number; write for example 2 or 1/10")
        segment = (ast.get_source_segment(self.text, node) or "").replace("_", "")
        if not _DECIMAL.fullmatch(segment):
            raise self.refuse(node, "is not an exact decimal number; write for example 2, 0.5 or 1/10")
        number = Fraction(segment)
        return sympy.Rational(number.numerator, number.denominator)

    def on_Name(self, node: ast.Name, depth: int) -> sympy.Expr:
        if node.id not in self.letters:
            hint = "; write the logit as z" if "z" in self.letters else "; S1 is the sum of the first class function"
            raise self.refuse(node, f"is not one of the letters {', '.join(self.letters)}{hint}")
        return self.letters[node.id]

    def on_UnaryOp(self, node: ast.UnaryOp, depth: int) -> sympy.Expr:
        if not isinstance(node.op, ast.USub | ast.UAdd):
            raise self.refuse(node, "only + and - may stand before an expression")
        value = self.visit(node.operand, depth)
        return -value if isinstance(node.op, ast.USub) else value

    def on_BinOp(self, node: ast.BinOp, depth: int) -> sympy.Expr:
        left, right = self.visit(node.left, depth), self.visit(node.right, depth)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.Div):
            if right == 0:
                raise self.refuse(node, "divides by zero")
            return left / right
        if isinstance(node.op, ast.Pow):
            return self.power(node, left, right)
        raise self.refuse(node, _WORDS.get(type(node.op), "only + - * / ** are covered"))

    def power(self, node: ast.BinOp, base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
        if not exponent.is_Rational:
            raise self.refuse(node, "an exponent must be a number; write exp(a*log(b)) for b**a")
        if max(abs(int(exponent.p)), int(exponent.q)) > _EXPONENT:
            raise self.refuse(node, f"exponents up to {_EXPONENT} are covered")
        numbers = (
            [x for x in base.atoms(sympy.Rational) if x not in (-1, 0, 1)] if base.is_Rational or base.is_Mul else []
        )
        bits = max((max(abs(int(x.p)), int(x.q)).bit_length() for x in numbers), default=0)
        if bits * abs(exponent) > _BITS:
            raise self.refuse(node, f"a number of more than {_BITS} bits; write a smaller one")
        return base**exponent

    def on_Call(self, node: ast.Call, depth: int) -> sympy.Expr:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in ("exp", "log", "sqrt") or node.keywords or len(node.args) != 1:
            raise self.refuse(node, "only exp(x), log(x) and sqrt(x) may be called")
        value = self.visit(node.args[0], depth)
        if name == "sqrt":
            return sympy.sqrt(value)
        # SymPy decides signs of constants numerically, and rewrites exp(c log x) as x^c.
        if not value.free_symbols and not (value.is_Rational and abs(value) <= _EXPONENT):
            raise self.refuse(node, f"of a constant only numbers up to {_EXPONENT} in size are covered")
        if name == "log":
            return sympy.log(value)
        if value.has(sympy.log) and any(abs(x) > _EXPONENT for x in value.atoms(sympy.Rational)):
            raise self.refuse(node, f"exponents up to {_EXPONENT} are covered")
        return sympy.exp(value)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
