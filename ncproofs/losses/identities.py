r"""Exact zero tests for the expressions that losses are written in: + * / powers, exp and log.

An expression becomes a rational function of generators: symbols, exp of monomials, logarithms and powers of
what cannot be split. exp(a + b) = exp(a) exp(b), x^(r + k) = x^r x^k and, for a positive monomial factor,
log(x y) = log x + log y hold by construction. A zero numerator then proves that the expression vanishes
wherever it is defined. Generators may be dependent, so a nonzero normal form refutes nothing.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb, lcm
from typing import Any

import sympy
from flint import Ordering, fmpq, fmpq_mpoly_ctx

__all__ = ["constant_value", "vanishes"]

_MOST_TERMS = 5000
_MANY_TERMS = 60
_CAP = 10**9
_MOST_SCALE = 5040
_SMALL_POWER = 8


class _TooHard(Exception):
    """The normal form would be too large; nothing is concluded."""


def vanishes(expression: sympy.Expr) -> bool:
    """True is a proof that ``expression`` is zero wherever it is defined; False says nothing."""
    return constant_value(expression) == 0


def constant_value(expression: sympy.Expr) -> Fraction | None:
    """The rational number that ``expression`` is proved to equal wherever it is defined, or None."""
    if expression.is_Rational:
        return Fraction(int(expression.p), int(expression.q))
    try:
        space = _Generators(_scale(expression))
        value = _cancel(space.normal(expression))
        if not value.is_Rational:
            value = space.with_roots_reduced(value)
    except _TooHard:
        return None
    if not value.is_Rational:
        return None
    return Fraction(int(value.p), int(value.q))


def _scale(expression: sympy.Expr) -> int:
    """A common denominator of all rational coefficients and exponents inside exp and powers."""
    scale = 1
    for node in sympy.preorder_traversal(expression):
        if isinstance(node, sympy.exp):
            inside = [x.q for x in node.args[0].atoms(sympy.Rational)]
        elif node.is_Pow and node.args[1].is_Rational:
            inside = [node.args[1].q]
        else:
            continue
        scale = lcm(scale, *map(int, inside))
        if scale > _MOST_SCALE:
            raise _TooHard
    return scale


class _Generators:
    """Generators met so far; exp(m) is stored as exp(m / scale)^scale, so that roots of it exist."""

    def __init__(self, scale: int) -> None:
        self.scale = scale
        self.names: dict[tuple[str, Any], sympy.Symbol] = {}
        self.meaning: dict[sympy.Symbol, tuple[str, Any]] = {}
        self.anchors: dict[tuple[sympy.Expr, Fraction], list[Fraction]] = {}

    def generator(self, kind: str, of: Any) -> sympy.Symbol:
        key = (kind, of)
        if key not in self.names:
            symbol = sympy.Symbol(f"g_{len(self.names)}")
            self.names[key], self.meaning[symbol] = symbol, key
        return self.names[key]

    def normal(self, node: sympy.Expr) -> sympy.Expr:
        """``node`` as a rational function of generators."""
        if node.is_Rational:
            return node
        if node.is_Symbol:
            return self.generator("positive" if node.is_positive else "symbol", node)
        if node.is_Add or node.is_Mul:
            return self._combined(node)
        if node is sympy.E:
            return self.exponential(sympy.Integer(1))
        if isinstance(node, sympy.exp):
            return self.exponential(self.normal(node.args[0]))
        if isinstance(node, sympy.log):
            return self.logarithm(self.normal(node.args[0]))
        if node.is_Pow:
            return self._power(node)
        raise _TooHard

    def _combined(self, node: sympy.Expr) -> sympy.Expr:
        """A sum or product, brought to lowest terms on the way when it grows."""
        result = self.normal(node.args[0])
        for part in node.args[1:]:
            result = node.func(result, self.normal(part))
            if _most_terms(result) > _MANY_TERMS:
                result = _cancel(result)
        return result

    def _power(self, node: sympy.Expr) -> sympy.Expr:
        base, exponent = node.args
        if exponent.is_Rational:
            return self.power(self.normal(base), Fraction(int(exponent.p), int(exponent.q)))
        return self.exponential(self.normal(exponent) * self.logarithm(self.normal(base)))

    def exponential(self, argument: sympy.Expr) -> sympy.Expr:
        """exp(sum_i c_i m_i) = prod_i exp(m_i)^{c_i}, and exp(c log x) = x^c."""
        numerator, denominator = sympy.fraction(_cancel(argument))
        result = sympy.Integer(1)
        for term in sympy.Add.make_args(_expanded(numerator)):
            coefficient, monomial = term.as_coeff_Mul()
            constant, denominator_rest = denominator.as_coeff_Mul()
            weight = Fraction(int(coefficient.p), int(coefficient.q)) / Fraction(int(constant.p), int(constant.q))
            if weight == 0:
                continue
            kind, of = self.meaning.get(monomial, ("", None))
            if kind == "log" and denominator_rest == 1:
                result *= self.power(of, weight)
                continue
            result *= self._exponential_of(monomial / denominator_rest, weight)
        return result

    def _exponential_of(self, monomial: sympy.Expr, weight: Fraction) -> sympy.Expr:
        """exp(weight * monomial); the generator ("exp", (m, w)) stands for exp(w m)."""
        steps = weight * self.scale
        if steps.denominator != 1 or abs(steps) > _MOST_SCALE:
            return self.generator("exp", (monomial, weight))
        return self.generator("exp", (monomial, Fraction(1, self.scale))) ** int(steps)

    def logarithm(self, argument: sympy.Expr) -> sympy.Expr:
        """log of a product, split along factors that are certainly positive."""
        content, factors, rest = self._split(argument)
        result = sympy.Integer(0)
        for prime, exponent in sympy.factorrat(content, limit=1000).items():
            result += exponent * self.generator("log", sympy.Integer(prime))
        for symbol, exponent in factors.items():
            kind, of = self.meaning[symbol]
            if kind == "exp":
                monomial, weight = of
                share = exponent * weight
                result += sympy.Rational(share.numerator, share.denominator) * monomial
            else:
                result += exponent * self.generator("log", symbol)
        numerator, denominator = sympy.fraction(rest)
        if denominator != 1 and (self._is_positive(numerator) or self._is_positive(denominator)):
            return result + self._log_atom(numerator) - self._log_atom(denominator)
        return result + self._log_atom(rest)

    def _log_atom(self, rest: sympy.Expr) -> sympy.Expr:
        return sympy.Integer(0) if rest == 1 else self.generator("log", rest)

    def power(self, base: sympy.Expr, exponent: Fraction) -> sympy.Expr:
        """base^exponent; powers of one base whose exponents differ by small integers share a generator."""
        if exponent.denominator == 1 and abs(exponent) <= _SMALL_POWER:
            return base ** int(exponent)
        content, factors, rest = self._split(base)
        result = sympy.Integer(1)
        for symbol, multiplicity in factors.items():
            total = exponent * multiplicity
            kind, of = self.meaning[symbol]
            if kind == "exp" and total.denominator != 1:
                monomial, weight = of
                result *= self._exponential_of(monomial, weight * total)
            elif total.denominator == 1:
                result *= symbol ** int(total)
            else:
                result *= self._anchored(symbol, total)
        for part in (content, rest):
            if part != 1:
                result *= self._anchored(part, exponent)
        return result

    def _anchored(self, base: sympy.Expr, exponent: Fraction) -> sympy.Expr:
        near = self.anchors.setdefault((base, exponent % 1), [])
        for anchor in near:
            if abs(exponent - anchor) <= _SMALL_POWER:
                return self.generator("power", (base, anchor)) * base ** int(exponent - anchor)
        near.append(exponent)
        return self.generator("power", (base, exponent))

    def with_roots_reduced(self, value: sympy.Expr) -> sympy.Expr:
        """``value`` with powers g^q of roots g = base^(p/q) replaced by base^p."""
        for symbol, (kind, of) in self.meaning.items():
            if kind == "power" and of[1].denominator > 1 and value.has(symbol):
                numerator, denominator = (_root_reduced(part, symbol, *of) for part in sympy.fraction(value))
                value = _cancel(numerator / denominator)
        return value

    def _split(self, argument: sympy.Expr) -> tuple[sympy.Rational, dict[sympy.Symbol, int], sympy.Expr]:
        """argument = content * prod symbol^exponent * rest: content > 0 rational, the symbols positive."""
        numerator, denominator = sympy.fraction(_cancel(argument))
        if numerator == 0:
            raise _TooHard
        content, rest = sympy.Integer(1), sympy.Integer(1)
        factors: dict[sympy.Symbol, int] = {}
        for part, side in ((numerator, 1), (denominator, -1)):
            number, body = sympy.expand(part).primitive()
            negative = number < 0
            content *= abs(number) ** side
            common = sympy.gcd_terms(body).as_powers_dict() if body.is_Add else body.as_powers_dict()
            for factor, exponent in common.items():
                if factor.is_Symbol and self._positive_symbol(factor) and exponent.is_Integer:
                    factors[factor] = factors.get(factor, 0) + side * int(exponent)
                    body = body / factor**exponent
            body = sympy.expand(body)
            rest *= (-body if negative else body) ** side
        return content, factors, rest

    def _positive_symbol(self, symbol: sympy.Symbol) -> bool:
        kind, _ = self.meaning[symbol]
        return kind in ("exp", "positive")

    def _is_positive(self, polynomial: sympy.Expr) -> bool:
        """Every coefficient is positive and so is every generator."""
        if any(not self._positive_symbol(symbol) for symbol in polynomial.free_symbols):
            return False
        return all(term.as_coeff_Mul()[0] > 0 for term in sympy.Add.make_args(sympy.expand(polynomial)))


def _root_reduced(polynomial: sympy.Expr, root: sympy.Symbol, base: sympy.Expr, exponent: Fraction) -> sympy.Expr:
    q, p = exponent.denominator, exponent.numerator
    terms = sympy.Poly(_expanded(polynomial), root).terms()
    return sympy.Add(*(c * root ** (e % q) * base ** (p * (e // q)) for (e,), c in terms))


def _expanded(expression: sympy.Expr) -> sympy.Expr:
    if _most_terms(expression) > _MOST_TERMS:
        raise _TooHard
    return sympy.expand(expression)


def _cancel(expression: sympy.Expr) -> sympy.Expr:
    """A rational function in lowest terms, the denominator with leading coefficient 1."""
    if expression.is_Rational or expression.is_Symbol:
        return expression
    if _most_terms(expression) > _MOST_TERMS:
        raise _TooHard
    symbols = sorted(expression.free_symbols, key=str)
    if not symbols:
        return _checked_number(expression)
    context = fmpq_mpoly_ctx.get([symbol.name for symbol in symbols], Ordering.degrevlex)
    numerator, denominator = _ratio(expression, dict(zip(symbols, context.gens(), strict=True)), context)
    lead = denominator.leading_coefficient()
    return _spelled(numerator / lead, symbols) / _spelled(denominator / lead, symbols)


def _checked_number(expression: sympy.Expr) -> sympy.Expr:
    if not expression.is_Rational:
        raise _TooHard
    return expression


def _ratio(expression: sympy.Expr, letters: dict[sympy.Symbol, Any], context: Any) -> tuple[Any, Any]:
    """Numerator and denominator in lowest terms, as flint polynomials."""
    one = context.constant(1)
    if expression.is_Rational:
        return context.constant(fmpq(int(expression.p), int(expression.q))), one
    if expression.is_Symbol:
        return letters[expression], one
    if expression.is_Add or expression.is_Mul:
        top, bottom = _ratio(expression.args[0], letters, context)
        for part in expression.args[1:]:
            n, d = _ratio(part, letters, context)
            if expression.is_Mul:
                top, bottom = _lowest(top * n, bottom * d)
            elif d == bottom:
                top, bottom = _lowest(top + n, bottom)
            else:
                top, bottom = _lowest(top * d + n * bottom, bottom * d)
        return top, bottom
    if expression.is_Pow and expression.args[1].is_Integer:
        top, bottom = _ratio(expression.args[0], letters, context)
        exponent = int(expression.args[1])
        if exponent < 0:
            top, bottom = bottom, top
        if bottom.is_zero():
            raise _TooHard
        return top ** abs(exponent), bottom ** abs(exponent)
    raise _TooHard


def _lowest(top: Any, bottom: Any) -> tuple[Any, Any]:
    if bottom.is_constant():
        return top, bottom
    common = top.gcd(bottom)
    return top // common, bottom // common


def _spelled(polynomial: Any, symbols: list[sympy.Symbol]) -> sympy.Expr:
    return sympy.Add(
        *(
            sympy.Rational(int(c.p), int(c.q))
            * sympy.Mul(*(x**e for x, e in zip(symbols, map(int, exponents), strict=True)))
            for exponents, c in polynomial.to_dict().items()
        )
    )


def _most_terms(expression: sympy.Expr) -> int:
    """A bound on the number of terms of numerator and denominator after expansion, capped."""
    numerator, denominators = _sizes(expression)
    return min(numerator + _denominator_terms(denominators), _CAP)


def _sizes(expression: sympy.Expr) -> tuple[int, dict[sympy.Expr, int]]:
    """Terms of the numerator, and exponent of each base in the denominator."""
    if expression.is_Add:
        parts = [_sizes(part) for part in expression.args]
        common: dict[sympy.Expr, int] = {}
        for _, own in parts:
            common |= {base: max(power, common.get(base, 0)) for base, power in own.items()}
        missing = ({base: power - own.get(base, 0) for base, power in common.items()} for _, own in parts)
        sizes = (n * _denominator_terms(rest) for (n, _), rest in zip(parts, missing, strict=True))
        return min(sum(sizes), _CAP), common
    if expression.is_Mul:
        total, powers = 1, dict[sympy.Expr, int]()
        for part in expression.args:
            n, own = _sizes(part)
            total = min(total * n, _CAP)
            powers |= {base: power + powers.get(base, 0) for base, power in own.items()}
        return total, powers
    if expression.is_Pow:
        base, exponent = expression.args[0], int(expression.args[1])
        n, own = _sizes(base)
        if exponent < 0:
            return _denominator_terms({b: -p * exponent for b, p in own.items()}), {base: -exponent}
        return _power_terms(n, exponent), {b: p * exponent for b, p in own.items()}
    return 1, {}


def _denominator_terms(powers: dict[sympy.Expr, int]) -> int:
    total = 1
    for base, power in powers.items():
        total = min(total * _power_terms(_sizes(base)[0], power), _CAP)
    return total


def _power_terms(terms: int, power: int) -> int:
    """Monomials of degree ``power`` in ``terms`` letters."""
    if terms == 1 or power == 0:
        return 1
    return _CAP if terms > _MOST_TERMS or power > 200 else min(comb(terms + power - 1, power), _CAP)
