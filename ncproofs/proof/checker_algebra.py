"""The checker's rational functions over the rationals, with exponentials, logarithms and roots as generators."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ncproofs.proof.checker_arithmetic import Algebra, Budget, Limit, Rejected, evaluate
from ncproofs.proof.checker_reading import expression, listed, whole

Monomial = tuple[tuple[int, int], ...]  # ((generator, exponent), ...), generators increasing
Poly = dict[Monomial, Any]  # coefficients are integers or Fractions, never 0
Denominator = dict[tuple[Any, ...], int]  # (terms of a polynomial, sorted) -> power
Ratio = tuple[Poly, Denominator]
ONE: Poly = {(): 1}


def plus(p: Poly, q: Poly) -> Poly:
    total = dict(p)
    for m, c in q.items():
        total[m] = total.get(m, 0) + c
    return {m: c for m, c in total.items() if c}


def _product(a: Monomial, b: Monomial) -> Monomial:
    powers = dict(a)
    for i, e in b:
        powers[i] = powers.get(i, 0) + e
    return tuple(sorted(powers.items()))


def _bits(p: Poly) -> int:
    return max((c.numerator.bit_length() + c.denominator.bit_length() for c in p.values()), default=0)


class Field(Algebra):
    """Rational functions in generators: variables, exponentials, logarithms and square roots.

    Nothing is cancelled; a denominator is kept as a product of powers. Equal values may be spelled in several
    ways, but a numerator that is the zero polynomial (after r^2 = radicand) proves that the value is zero wherever
    it is defined. ``proving`` means that an operation is refused unless its domain is shown by signs of coefficients.
    """

    def __init__(self, budget: Budget, *, proving: bool) -> None:
        self.budget, self.proving = budget, proving
        self.signs: list[int] = []  # of each generator: 2 positive, 1 nonnegative, 0 unknown
        self.roots: list[tuple[int, Ratio]] = []
        #: (x, log x) for positive x: all that ``exp`` and ``log`` know.
        self.pairs: list[tuple[Ratio, Ratio]] = [((ONE, {}), ({}, {}))]

    def generator(self, sign: int) -> Ratio:
        self.signs.append(sign)
        return {((len(self.signs) - 1, 1),): 1}, {}

    def times(self, p: Poly, q: Poly) -> Poly:
        bits = _bits(p) + _bits(q)
        self.budget.spend(1 + len(p) * len(q) * (1 + (bits >> 9)))
        if bits > 200_000:
            raise Limit("a coefficient of more than 200000 bits")
        total: Poly = {}
        for m, c in p.items():
            for k, d in q.items():
                key = _product(m, k)
                total[key] = total.get(key, 0) + c * d
        return {m: c for m, c in total.items() if c}

    def _expanded(self, p: Poly, factors: Denominator) -> Poly:
        for factor, power in factors.items():
            for _ in range(power):
                p = self.times(p, dict(factor))
        return p

    def number(self, q: Fraction) -> Ratio:
        return ({(): q.numerator if q.denominator == 1 else q} if q else {}), {}

    def add(self, a: Ratio, b: Ratio) -> Ratio:
        common = {f: max(a[1].get(f, 0), b[1].get(f, 0)) for f in (*a[1], *b[1])}
        parts = [self._expanded(x, {f: e - y.get(f, 0) for f, e in common.items()}) for x, y in (a, b)]
        return plus(*parts), common

    def neg(self, a: Ratio) -> Ratio:
        return {m: -c for m, c in a[0].items()}, a[1]

    def mul(self, a: Ratio, b: Ratio) -> Ratio:
        return self.times(a[0], b[0]), {f: a[1].get(f, 0) + b[1].get(f, 0) for f in (*a[1], *b[1])}

    def div(self, a: Ratio, b: Ratio) -> Ratio:
        if self.vanishes(b) or (self.proving and abs(self.sign(b)) != 2):
            raise Rejected("a divisor is not shown to be nonzero")
        lead = min(b[0])  # a divisor is kept up to a constant factor, a monomial as powers of its generators
        factors: Denominator = {tuple(sorted((m, Fraction(c) / b[0][lead]) for m, c in b[0].items())): 1}
        if len(b[0]) == 1:
            factors = {((((i, 1),), 1),): e for i, e in lead}
        inverse = self._expanded({(): 1 / Fraction(b[0][lead])}, b[1]), factors
        return self.mul(a, inverse)

    def exp(self, a: Ratio) -> Ratio:
        for value, logarithm in self.pairs:
            if self.vanishes(self.sub(a, logarithm)):
                return value
        raise Rejected("an exponent is none that the basis provides for")

    def log(self, a: Ratio) -> Ratio:
        for value, logarithm in self.pairs:
            if self.vanishes(self.sub(a, value)):
                return logarithm
        raise Rejected("the argument of a logarithm is none that the basis provides for")

    def sqrt(self, a: Ratio) -> Ratio:
        for index, radicand in self.roots:
            if self.vanishes(self.sub(a, radicand)):
                return {((index, 1),): 1}, {}
        sign = self.sign(a)
        if self.proving and sign < 1:
            raise Rejected("a radicand is not shown to be nonnegative")
        made = self.generator(max(1, sign))
        self.roots.append((len(self.signs) - 1, a))
        return made

    def extend(self, basis: Any, env: dict[str, Any]) -> None:
        """One more pair (x, log x) for each entry of the basis of a witness."""
        for item in listed(basis):
            kind, body = listed(item, 2)
            if kind == "product":
                value, total = self.pairs[0]
                for factor in listed(body):
                    index, power = whole(listed(factor, 2)[0], 1, len(self.pairs) - 1), whole(factor[1], -200, 200)
                    value = self.mul(value, self.power(self.pairs[index][0], power))
                    total = self.add(total, self.mul(self.pairs[index][1], self.number(Fraction(power))))
            elif kind == "exp":
                total = evaluate(expression(body), env, self)
                sign = self.sign(total)
                value = self.generator(sign if sign > 0 else 2)
                if sign > 0:  # exp(x) = 1 + x + q with q > 0 (>= 0) for x > 0 (>= 0)
                    value = self.add(self.add((ONE, {}), total), value)
            elif kind == "log":
                value = evaluate(expression(body), env, self)
                if self.sign(value) != 2:
                    raise Rejected("the argument of a logarithm is not shown to be positive")
                sign = self.sign(self.sub(value, (ONE, {})))  # log x has the sign of x - 1
                total = self.generator(abs(sign))
                total = self.neg(total) if sign < 0 else total
            else:
                raise Rejected("an entry of a basis is exp, log or product")
            self.pairs.append((value, total))

    def vanishes(self, a: Ratio) -> bool:
        """The numerator is zero once every root satisfies r^2 = radicand, the later roots first."""
        for index, radicand in reversed(self.roots):
            parts: dict[int, Poly] = {}
            for m, c in a[0].items():
                parts.setdefault(dict(m).get(index, 0), {})[m] = c
            if max(parts, default=0) > 1:
                a = {}, {}
                for power, part in parts.items():
                    kept = {tuple((i, power % 2 if i == index else e) for i, e in m): c for m, c in part.items()}
                    kept = {tuple(f for f in m if f[1]): c for m, c in kept.items()}
                    a = self.add(a, self.mul((kept, {}), self.power(radicand, power // 2)))
        return not a[0]

    def _sign(self, p: Poly) -> int:
        """2 positive, 1 nonnegative (or zero), 0 not shown, -1, -2: by the signs of all coefficients."""
        direction, strict = 0, False
        for m, c in p.items():
            if any(e % 2 and not self.signs[i] for i, e in m) or direction * c < 0:
                return 0
            direction, strict = (1 if c > 0 else -1), strict or all(self.signs[i] == 2 for i, _ in m)
        return direction * (2 if strict else 1) if p else 1

    def sign(self, a: Ratio) -> int:
        found = self._sign(a[0])
        for factor, power in a[1].items():
            below = self._sign(dict(factor)) if power else 2
            found = 0 if abs(below) != 2 else -found if below < 0 and power % 2 else found
        return found
