"""Straight-line programs: a SymPy expression lowered once, then run in any arithmetic.

The expression is derived once and evaluated in fractions, balls, ball series, mpmath numbers or arrays; the
operations allowed are + * / integer and real powers, exp and log, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

from ncproofs.errors import InvalidLoss

if TYPE_CHECKING:
    import sympy

__all__ = ["Arithmetic", "Program", "lower"]


class Arithmetic(Protocol):
    """What a number system must offer to run a program; every value is one of its own numbers."""

    def constant(self, value: Fraction) -> Any: ...
    def add(self, left: Any, right: Any) -> Any: ...
    def multiply(self, left: Any, right: Any) -> Any: ...
    def divide(self, left: Any, right: Any) -> Any: ...
    def integer_power(self, base: Any, exponent: int) -> Any: ...
    def real_power(self, base: Any, exponent: Any) -> Any: ...
    def exp(self, value: Any) -> Any: ...
    def log(self, value: Any) -> Any: ...


@dataclass(frozen=True)
class Program:
    """``steps[i] = (operation, operands)``; operands are indices of earlier steps or immediate values."""

    arguments: tuple[str, ...]
    steps: tuple[tuple[str, tuple[Any, ...]], ...]
    outputs: tuple[int, ...]

    def run(self, arithmetic: Arithmetic, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The outputs at ``values`` (argument name to number of ``arithmetic``)."""
        missing = [name for name in self.arguments if name not in values]
        if missing:
            raise InvalidLoss(f"no value for {', '.join(missing)}; this program needs {', '.join(self.arguments)}")
        registers: list[Any] = []
        for operation, operands in self.steps:
            registers.append(_step(arithmetic, operation, operands, registers, values))
        return tuple(registers[index] for index in self.outputs)


def _step(
    arithmetic: Arithmetic, operation: str, operands: tuple[Any, ...], registers: list[Any], values: Mapping[str, Any]
) -> Any:
    if operation == "argument":
        return values[operands[0]]
    if operation == "constant":
        return arithmetic.constant(operands[0])
    if operation == "integer_power":
        return arithmetic.integer_power(registers[operands[0]], operands[1])
    return getattr(arithmetic, operation)(*(registers[index] for index in operands))


def lower(expressions: Sequence[sympy.Expr], arguments: Sequence[sympy.Symbol]) -> Program:
    """Lower ``expressions`` in the symbols ``arguments`` to one program with shared subexpressions.

    Raises:
        InvalidLoss: a symbol that is not an argument, a float, or an operation outside the list above.
    """
    builder = _Builder({symbol: symbol.name for symbol in arguments})
    outputs = tuple(builder.visit(expression) for expression in expressions)
    return Program(tuple(symbol.name for symbol in arguments), tuple(builder.steps), outputs)


class _Builder:
    """Collects steps; equal subexpressions share one register."""

    def __init__(self, names: Mapping[sympy.Symbol, str]) -> None:
        self.names = names
        self.steps: list[tuple[str, tuple[Any, ...]]] = []
        self.seen: dict[Any, int] = {}

    def emit(self, operation: str, *operands: Any) -> int:
        key = (operation, operands)
        if key not in self.seen:
            self.seen[key] = len(self.steps)
            self.steps.append(key)
        return self.seen[key]

    def visit(self, node: sympy.Expr) -> int:
        import sympy

        if node.is_Symbol:
            if node not in self.names:
                raise InvalidLoss(f"the symbol {node} is not one of {', '.join(sorted(self.names.values()))}")
            return self.emit("argument", self.names[node])
        if node.is_Rational:
            return self.emit("constant", Fraction(int(node.p), int(node.q)))
        if node is sympy.E:
            return self.emit("exp", self.emit("constant", Fraction(1)))
        if node.is_Add or node.is_Mul:
            return self._fold("add" if node.is_Add else "multiply", node.args)
        if isinstance(node, sympy.exp):
            return self.emit("exp", self.visit(node.args[0]))
        if isinstance(node, sympy.log):
            return self.emit("log", self.visit(node.args[0]))
        if node.is_Pow:
            return self._power(node)
        raise InvalidLoss(f"{node} uses {type(node).__name__}; only + * / powers, exp and log can be evaluated")

    def _fold(self, operation: str, parts: Sequence[sympy.Expr]) -> int:
        indices = [self.visit(part) for part in parts]
        total = indices[0]
        for index in indices[1:]:
            total = self.emit(operation, total, index)
        return total

    def _power(self, node: sympy.Expr) -> int:
        base, exponent = node.as_base_exp() if not node.args[0].is_Rational else node.args
        if exponent.is_Integer and abs(int(exponent)) < 2**31:
            if int(exponent) >= 0:
                return self.emit("integer_power", self.visit(base), int(exponent))
            inverse = self.emit("integer_power", self.visit(base), -int(exponent))
            return self.emit("divide", self.emit("constant", Fraction(1)), inverse)
        return self.emit("real_power", self.visit(base), self.visit(exponent))
