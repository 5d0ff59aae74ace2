"""The bases that the checker's exponentials and logarithms are written over, found with SymPy.

An exponent is split into monomials c m/D with rational c; exp(m/D) is one generator, and exp of the whole a product
of powers. The argument of a logarithm is a product of positive factors, or left whole. Whether a factor or an
exponent is positive is guessed from a few points of the domain; the checker decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import lcm
from typing import Any

import flint
import sympy

from ncproofs.errors import NcproofsError
from ncproofs.proof.certificate_spelling import Names
from ncproofs.proof.domain import Domain
from ncproofs.proof.points import ball_of, sample

__all__ = ["basis_of"]


def basis_of(expressions: Iterable[sympy.Expr], where: Domain, names: Names, *, split: bool) -> list[Any]:
    """The basis for all exponentials and logarithms in ``expressions``, as a witness spells it.

    ``split``: logarithms are split along the factors of their arguments.
    """
    expressions = tuple(expressions)
    scales: dict[Any, int] = {}
    while True:
        basis = _Basis(where, scales, split=split)
        for expression in expressions:
            basis.form(expression)
        if basis.scales == scales:
            return [[kind, body if kind == "product" else names.spell(body)] for kind, body in basis.steps]
        scales = basis.scales


class _Basis:
    """Steps of a basis, and for each pair of the checker its two sides over the generators."""

    def __init__(self, where: Domain, scales: dict[Any, int], *, split: bool) -> None:
        self.places = list(sample(where, 8, 0))
        self.scales, self.split = dict(scales), split
        self.steps: list[tuple[str, Any]] = []
        self.pairs: list[tuple[sympy.Expr, sympy.Expr]] = [(sympy.Integer(1), sympy.Integer(0))]
        self.original: dict[sympy.Symbol, sympy.Expr] = {}
        self.memo: dict[sympy.Expr, sympy.Expr] = {}

    def form(self, node: sympy.Expr) -> sympy.Expr:
        """``node`` as a rational function of symbols and generators."""
        if node not in self.memo:
            self.memo[node] = self._form(node)
        return self.memo[node]

    def _form(self, node: sympy.Expr) -> sympy.Expr:
        if node is sympy.E:
            return self._exponential(sympy.Integer(1))
        if isinstance(node, sympy.exp):
            return self._exponential(self.form(node.args[0]))
        if isinstance(node, sympy.log):
            return self._logarithm(self.form(node.args[0]))
        if node.is_Pow and not node.args[1].is_Integer:
            base, exponent = map(self.form, node.args)
            if (2 * exponent).is_Integer:
                return sympy.Pow(base, exponent)
            return self._exponential(exponent * self._logarithm(base))
        return node.func(*map(self.form, node.args)) if node.args else node

    def _back(self, form: sympy.Expr) -> sympy.Expr:
        """``form`` in the symbols of the claim."""
        return form.xreplace(self.original)

    def _sign(self, form: sympy.Expr) -> int:
        """1 or -1 when ``form`` has that sign at all sampled points at which it is defined, else 0."""
        signs, value = set(), self._back(form)
        for place in self.places or [{}]:
            try:
                with flint.ctx.workprec(200):
                    ball = ball_of(value.subs(place))
                    signs.add(1 if ball > 0 else -1 if ball < 0 else 0)
            except (NcproofsError, ZeroDivisionError):
                continue
        signs -= {0} if len(signs) > 1 else set()
        return signs.pop() if len(signs) == 1 else 0

    def _pair(self, kind: str, body: Any, pair: tuple[sympy.Expr, sympy.Expr]) -> int:
        self.steps.append((kind, body))
        self.pairs.append(pair)
        return len(self.pairs) - 1

    def _generator(self, original: sympy.Expr) -> sympy.Symbol:
        made = sympy.Symbol(f"generator {len(self.original)}", real=True)  # the same in every pass
        self.original[made] = original
        return made

    def _product(self, powers: dict[int, int]) -> tuple[sympy.Expr, sympy.Expr]:
        powers = {index: int(power) for index, power in powers.items() if power}
        value = sympy.Mul(*(self.pairs[index][0] ** power for index, power in powers.items()))
        total = sympy.Add(*(self.pairs[index][1] * power for index, power in powers.items()))
        body = [[index, power] for index, power in powers.items()]
        if body and (len(body) > 1 or body[0][1] != 1) and ("product", body) not in self.steps:
            self._pair("product", body, (value, total))
        return value, total

    # --- exponentials -------------------------------------------------------------------------------------

    def _exponential(self, exponent: sympy.Expr) -> sympy.Expr:
        num, den = sympy.fraction(sympy.cancel(exponent))
        variables = sorted(exponent.free_symbols, key=str)
        whole, rest = sympy.div(num, den, *variables) if variables else (exponent, sympy.Integer(0))
        powers: dict[int, int] = {}
        for part, over in ((whole, sympy.Integer(1)), (rest, den)):
            for term in sympy.Add.make_args(sympy.expand(part)):
                coefficient, monomial = term.as_coeff_Mul()
                if coefficient != 0:
                    index, power = self._unit(sympy.cancel(monomial / over), coefficient)
                    powers[index] = powers.get(index, 0) + power
        return self._product(powers)[0]

    def _unit(self, unit: sympy.Expr, coefficient: sympy.Rational) -> tuple[int, int]:
        """The pair whose power is exp(coefficient unit)."""
        factor, unit = unit.as_coeff_Mul()
        coefficient *= factor
        for index, (_, logarithm) in enumerate(self.pairs):
            if index and logarithm == unit and coefficient.is_Integer:
                return index, int(coefficient)
        scale = self.scales[unit] = lcm(self.scales.get(unit, 1), int(coefficient.q))
        direction = -1 if self._sign(unit) < 0 else 1
        exponent = unit * direction / scale
        for index, (_, logarithm) in enumerate(self.pairs):
            if index and logarithm == exponent:
                return index, int(coefficient * scale * direction)
        body = self._back(exponent)
        index = self._pair("exp", body, (self._generator(sympy.exp(body)), exponent))
        return index, int(coefficient * scale * direction)

    # --- logarithms ---------------------------------------------------------------------------------------

    def _logarithm(self, argument: sympy.Expr) -> sympy.Expr:
        argument = sympy.cancel(argument)
        if not self.split:
            return self.pairs[self._factor(argument)][1] if argument != 1 else sympy.Integer(0)
        powers: dict[int, int] = {}
        unknown, constant = sympy.Integer(1), sympy.Integer(1)
        for polynomial, direction in zip(sympy.fraction(argument), (1, -1), strict=True):
            content, factors = sympy.factor_list(polynomial)
            constant *= content**direction
            for factor, power in factors:
                sign = self._sign(factor)
                if sign == 0:
                    unknown *= factor ** (power * direction)
                    continue
                constant *= sign**power
                index = self._factor(sympy.expand(sign * factor))
                powers[index] = powers.get(index, 0) + power * direction
        if unknown != 1:
            powers[self._factor(unknown * sympy.sign(constant))] = 1
        for number, direction in zip(sympy.fraction(abs(constant)), (1, -1), strict=True):
            for prime, power in sympy.factorint(number, limit=10**6).items():
                index = self._factor(sympy.Integer(prime))
                powers[index] = powers.get(index, 0) + power * direction
        return self._product(powers)[1]

    def _factor(self, argument: sympy.Expr) -> int:
        for index, (value, _) in enumerate(self.pairs):
            if index and value == argument:
                return index
        body = self._back(argument)
        return self._pair("log", body, (argument, self._generator(sympy.log(body, evaluate=False))))
