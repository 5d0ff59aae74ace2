"""Equality of real constants: what the kinds about one problem need of closed forms."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import isqrt
from typing import Any

from ncproofs.proof.checker_algebra import ONE, Field, Poly, Ratio
from ncproofs.proof.checker_arithmetic import Budget, Intervals, Rejected, evaluate

_TRIALS = 20_000  # primes below this are found


class Constants(Field):
    """Real constants, with one spelling for equal ones as far as it goes; definedness is the caller's concern.

    Square roots and logarithms of rationals are split along primes, exp(r) is a power of exp(unit), and the
    logarithm of a product of known numbers is the sum of their logarithms. Anything else is a generator of its own.
    """

    def __init__(self, budget: Budget, unit: Fraction = Fraction(1)) -> None:
        super().__init__(budget, proving=False)
        self.unit, self.base = unit, self.generator(2)  # exp(unit)
        self.known: list[Ratio] = []
        self.logs: list[tuple[Ratio, Ratio]] = []
        self.exps: list[tuple[Ratio, Ratio]] = []

    def name(self, *values: Ratio) -> None:
        """Positive numbers (the caller knows) of which later arguments of logarithms may be products."""
        self.known += values

    def _rational(self, a: Ratio) -> Fraction | None:
        if (a[0] and list(a[0]) != [()]) or any(a[1].values()):
            return None
        return Fraction(a[0].get((), 0))

    def _factors(self, n: int) -> list[tuple[int, int]]:
        """Small primes and their powers in n >= 1; what has no small prime stays in one piece, or two equal ones."""
        found = []
        self.budget.spend(1 + n.bit_length() // 8)
        for prime in (2, *range(3, _TRIALS, 2)):  # a composite divides nothing any more
            if prime * prime > n:
                break
            power = 0
            while n % prime == 0:
                n, power = n // prime, power + 1
            found += [(prime, power)] if power else []
        root = isqrt(n)
        return found + ([] if n == 1 else [(root, 2)] if root * root == n else [(n, 1)])

    def _generated(self, table: list[tuple[Ratio, Ratio]], a: Ratio, sign: int = 0) -> Ratio:
        for argument, value in table:
            if self.vanishes(self.sub(a, argument)):
                return value
        table.append((a, self.generator(sign)))
        return table[-1][1]

    def exp(self, a: Ratio) -> Ratio:
        exact = self._rational(a)
        if exact is None:
            return self._generated(self.exps, a, 2)
        if (exact / self.unit).denominator > 1 or abs(exact / self.unit) > 1000:
            raise Rejected("an exponent that is no small multiple of the unit")
        power = int(exact / self.unit)
        ((monomial, _),) = self.base[0].items()
        whole: Ratio = {((monomial[0][0], abs(power)),): 1} if power else ONE, {}
        return whole if power >= 0 else self.div((ONE, {}), whole)

    def log(self, a: Ratio) -> Ratio:
        exact = self._rational(a)
        if exact is not None:
            return self._rational_log(exact)
        for exponents in sorted(product((0, 1, -1), repeat=len(self.known)), key=lambda e: sum(map(abs, e))):
            value = a
            for base, e in zip(self.known, exponents, strict=True):
                value = self.mul(value, self.power(base, -e))
            rest = self._rational(value) or Fraction(0)
            if rest == 1 or self.vanishes(self.sub(value, (ONE, {}))):
                total: Ratio = {}, {}
                for base, e in zip(self.known, exponents, strict=True):
                    if e:
                        one = self._rational(base)
                        part = self._generated(self.logs, base) if one is None else self._rational_log(one)
                        total = self.add(total, self.mul(part, self.number(Fraction(e))))
                return total
        return self._generated(self.logs, a)

    def _rational_log(self, q: Fraction) -> Ratio:
        if q <= 0:
            raise Rejected("the logarithm of a number <= 0")
        total: Ratio = {}, {}
        for part, side in ((q.numerator, 1), (q.denominator, -1)):
            for base, power in self._factors(part):
                one = self._generated(self.logs, self.number(Fraction(base)))
                total = self.add(total, self.mul(one, self.number(Fraction(side * power))))
        return total

    def sqrt(self, a: Ratio) -> Ratio:
        # Only what is certainly positive is taken out of a root: sqrt(f^2) is not f for a negative f.
        if any(self._sign(dict(factor)) != 2 for factor in a[1]) or (len(a[0]) == 1 and self._sign(a[0]) != 2):
            return super().sqrt(a)
        result = self._root_of(a[0])
        for factor, power in a[1].items():
            for _ in range(power):
                result = self.div(result, self._root_of(dict(factor)))
        return result

    def _root_of(self, p: Poly) -> Ratio:
        """The root of p >= 0 as that of lead times that of p/lead; of a positive monomial along its generators."""
        if not p:
            return {}, {}
        lead = Fraction(p[min(p)])
        if lead < 0:
            return super().sqrt((p, {}))
        result: Ratio = ONE, {}
        for part in (lead.numerator, lead.denominator):
            for base, power in self._factors(part):
                kept = super().sqrt(self.number(Fraction(base))) if power % 2 else (ONE, {})
                result = self.mul(result, self.mul(kept, self.number(Fraction(base ** (power // 2)))))
        result = self.mul(result, self.number(Fraction(1, lead.denominator)))
        if len(p) > 1:
            return self.mul(result, super().sqrt(({m: c / lead for m, c in p.items()}, {})))
        for index, power in next(iter(p)):
            whole: Ratio = {((index, power // 2),): 1} if power > 1 else ONE, {}
            odd = super().sqrt(({((index, 1),): 1}, {})) if power % 2 else (ONE, {})
            result = self.mul(result, self.mul(whole, odd))
        return result


def compared(
    budget: Budget, bits: int, derived: Callable[[Any], Any], relation: str, claimed: Any,
    unit: Fraction = Fraction(1),
) -> None:
    """Raise unless ``derived(algebra)`` relation the constant expression ``claimed``.

    An equality is shown by algebra, where intervals show that both sides are defined; an inequality in intervals.
    """
    balls = Intervals(bits, budget)
    low, high = balls.sub(derived(balls), evaluate(claimed, {}, balls))
    if relation == "==":
        field = Constants(budget, unit)
        if not low <= 0 <= high or not field.vanishes(field.sub(derived(field), evaluate(claimed, {}, field))):
            raise Rejected("the quantity is not shown to equal the value")
        return
    shown = {">": low > 0, ">=": low >= 0, "<": high < 0, "<=": high <= 0}
    if not isinstance(relation, str) or relation not in shown:
        raise Rejected("the relation is one of ==, >=, <=, >, <")
    if not shown[relation]:
        raise Rejected("the quantity is not shown to stand in this relation to the value")
