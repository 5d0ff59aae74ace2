"""The checker's own arithmetic on Python integers: outward-rounded intervals and power series.

Algebras with one interface (number, add, neg, mul, div, exp, log, sqrt, power); ``evaluate`` runs an
expression of docs/certificate-format.md in any of them. Standard library only.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any


class Rejected(Exception):
    """The certificate does not prove its statement, or is not well formed."""


class Limit(Exception):
    """The certificate asks for more than the checker will do."""


class Budget:
    """Counts elementary steps, so that no input makes the checker hang."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise Limit("the budget of elementary steps is used up")


class Algebra:
    """What all algebras share; values are opaque to the caller."""

    budget: Budget

    def sub(self: Any, a: Any, b: Any) -> Any:
        return self.add(a, self.neg(b))

    def power(self: Any, a: Any, n: int) -> Any:
        one = self.number(Fraction(1))
        if n < 0:
            return self.power(self.div(one, a), -n)
        result = None
        while n:
            if n & 1:
                result = a if result is None else self.mul(result, a)
            n >>= 1
            a = self.mul(a, a) if n else a
        return one if result is None else result


def evaluate(expression: Any, env: dict[str, Any], algebra: Any) -> Any:
    """The value of an expression whose names are in ``env``."""
    algebra.budget.spend(1)
    if isinstance(expression, str):
        if expression[0].isalpha() or expression[0] == "_":
            if expression not in env:
                raise Rejected(f"unknown name {expression[:40]}")
            return env[expression]
        return algebra.number(Fraction(expression))
    operation, *rest = expression
    if operation == "^":
        return algebra.power(evaluate(rest[0], env, algebra), rest[1])
    values = [evaluate(part, env, algebra) for part in rest]
    if operation in ("+", "*"):
        total = values[0]
        for value in values[1:]:
            total = algebra.add(total, value) if operation == "+" else algebra.mul(total, value)
        return total
    if operation == "-":
        return algebra.neg(values[0]) if len(values) == 1 else algebra.sub(*values)
    if operation == "pow":
        return algebra.exp(algebra.mul(values[1], algebra.log(values[0])))
    return {"/": algebra.div, "exp": algebra.exp, "log": algebra.log, "sqrt": algebra.sqrt}[operation](*values)


def total(algebra: Any, terms: list[Any]) -> Any:
    result = terms[0]
    for term in terms[1:]:
        result = algebra.add(result, term)
    return result


def times(algebra: Any, value: Any, factor: Fraction | int) -> Any:
    return algebra.mul(algebra.number(Fraction(factor)), value)


def fractional_power(algebra: Any, base: Any, exponent: Fraction) -> Any:
    """base^exponent for a base > 0: by products and a root where that is enough: constants keep one spelling."""
    if exponent.denominator <= 2 and abs(exponent.numerator) <= 1000:
        return algebra.power(base if exponent.denominator == 1 else algebra.sqrt(base), exponent.numerator)
    return algebra.exp(times(algebra, algebra.log(base), exponent))


Interval = tuple[int, int]


def _up(a: int, bits: int) -> int:
    """ceil(a / 2^bits); a >> bits is the floor, for negative a too."""
    return -((-a) >> bits)


class Intervals(Algebra):
    """Pairs (lo, hi) of integers: the reals x with lo <= 2^p x <= hi. Every step rounds outwards."""

    def __init__(self, bits: int, budget: Budget) -> None:
        self.p, self.budget = bits, budget

    def number(self, q: Fraction) -> Interval:
        scaled = q.numerator << self.p
        return scaled // q.denominator, -(-scaled // q.denominator)

    def add(self, a: Interval, b: Interval) -> Interval:
        return a[0] + b[0], a[1] + b[1]

    def neg(self, a: Interval) -> Interval:
        return -a[1], -a[0]

    def mul(self, a: Interval, b: Interval) -> Interval:
        longest = max(map(abs, (*a, *b))).bit_length()
        self.budget.spend(1 + (longest >> 9))
        if longest > self.p + 70000:
            raise Limit("a number beyond 2^70000")
        products = (a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1])
        return min(products) >> self.p, _up(max(products), self.p)

    def power(self, a: Interval, n: int) -> Interval:
        if n > 0 and n % 2 == 0:  # a square is not negative
            low, high = self.mul(a, a)
            a, n = (0 if a[0] < 0 < a[1] else low, high), n // 2
            return self.power(a, n)
        if n > 1:
            return self.mul(a, self.power(a, n - 1))
        return super().power(a, n)

    def div(self, a: Interval, b: Interval) -> Interval:
        if b[0] <= 0 <= b[1]:
            raise Rejected("a divisor is not shown to be nonzero")
        one = 1 << 2 * self.p  # 1/x decreases on either side of 0
        return self.mul(a, (one // b[1], -(-one // b[0])))

    def _exp_bounds(self, x: int) -> tuple[int, int, int]:
        """(lo, hi, Q) with lo <= 2^Q exp(x / 2^p) <= hi, for x >= 0.

        y = x / 2^(p+k) < 2^-8 exactly, with Q bits. Lower terms are floored and upper ones ceiled, so each
        bound is one-sided and no rounding has to be counted. The tail after the term t_n is at most
        t_n (1/256 + 1/256^2 + ...) < t_n. Squaring k times gives exp(x).
        """
        if x >> self.p > 20000:
            raise Limit("exp of more than 20000")
        k = max(0, x.bit_length() - self.p + 8)
        Q = self.p + 2 * k + 16
        self.budget.spend(20 + Q // 8)
        y = x << (Q - self.p - k)
        low = high = below = above = 1 << Q
        n = 0
        while above > 1:
            n += 1
            below, above = (below * y >> Q) // n, -(-_up(above * y, Q) // n)
            low, high = low + below, high + above
        high += above
        for _ in range(k):
            low, high = low * low >> Q, _up(high * high, Q)
        return low, high, Q

    def _exp_at(self, x: int) -> Interval:
        low, high, Q = self._exp_bounds(abs(x))
        if x >= 0:
            return low >> (Q - self.p), _up(high, Q - self.p)
        one = 1 << (Q + self.p)
        return one // high, -(-one // low)

    def exp(self, a: Interval) -> Interval:
        return self._exp_at(a[0])[0], self._exp_at(a[1])[1]

    def _log_at(self, x: int) -> Interval:
        """Integers lo <= 2^p log(x / 2^p) <= hi: guessed by Halley's step, then proved by exp on both sides."""
        one = 1 << self.p
        y = (x.bit_length() - 1 - self.p) * (one * 2 // 3)
        for _ in range(200):
            e = sum(self._exp_at(y)) // 2
            step = 2 * (x - e) * one // (x + e)
            y += step
            if abs(step) <= 2:
                break
        slack = 1
        while self._exp_at(y - slack)[1] > x or self._exp_at(y + slack)[0] < x:
            slack *= 2
        return y - slack, y + slack

    def log(self, a: Interval) -> Interval:
        if a[0] <= 0:
            raise Rejected("the argument of a logarithm is not shown to be positive")
        low = self._log_at(a[0])
        return low[0], (low if a[0] == a[1] else self._log_at(a[1]))[1]

    def sqrt(self, a: Interval) -> Interval:
        if a[0] < 0:
            raise Rejected("a radicand is not shown to be nonnegative")
        self.budget.spend((self.p + a[1].bit_length()) >> 2)
        return isqrt(a[0] << self.p), isqrt(a[1] << self.p) + 1


class Series(Algebra):
    """Power series a_0 + a_1 s + ... + a_k s^k with coefficients in another algebra."""

    def __init__(self, base: Any, order: int) -> None:
        self.base, self.order, self.budget = base, order, base.budget
        self.zero = base.number(Fraction(0))

    def constant(self, value: Any, slope: int = 0) -> list[Any]:
        rest = [self.zero] * self.order
        if slope and rest:
            rest[0] = self.base.number(Fraction(slope))
        return [value, *rest]

    def number(self, q: Fraction) -> list[Any]:
        return self.constant(self.base.number(q))

    def add(self, a: list[Any], b: list[Any]) -> list[Any]:
        return [self.base.add(x, y) for x, y in zip(a, b, strict=True)]

    def neg(self, a: list[Any]) -> list[Any]:
        return [self.base.neg(x) for x in a]

    def _sum(self, terms: list[Any]) -> Any:
        total = self.zero
        for term in terms:
            total = self.base.add(total, term)
        return total

    def _share(self, j: int, k: int, x: Any) -> Any:
        return self.base.mul(self.base.number(Fraction(j, k)), x)

    def mul(self, a: list[Any], b: list[Any]) -> list[Any]:
        m = self.base.mul
        return [self._sum([m(a[j], b[k - j]) for j in range(k + 1)]) for k in range(self.order + 1)]

    def div(self, a: list[Any], b: list[Any]) -> list[Any]:
        q: list[Any] = []  # a_k = sum_j q_j b_{k-j}
        for k in range(self.order + 1):
            known = self._sum([self.base.mul(q[j], b[k - j]) for j in range(k)])
            q.append(self.base.div(self.base.sub(a[k], known), b[0]))
        return q

    def exp(self, a: list[Any]) -> list[Any]:
        y = [self.base.exp(a[0])]  # y' = a' y
        for k in range(1, self.order + 1):
            y.append(self._sum([self._share(j, k, self.base.mul(a[j], y[k - j])) for j in range(1, k + 1)]))
        return y

    def log(self, a: list[Any]) -> list[Any]:
        y = [self.base.log(a[0])]  # a y' = a'
        for k in range(1, self.order + 1):
            known = self._sum([self._share(j, k, self.base.mul(y[j], a[k - j])) for j in range(1, k)])
            y.append(self.base.div(self.base.sub(a[k], known), a[0]))
        return y

    def sqrt(self, a: list[Any]) -> list[Any]:
        y = [self.base.sqrt(a[0])]  # y^2 = a
        for k in range(1, self.order + 1):
            known = self._sum([self.base.mul(y[j], y[k - j]) for j in range(1, k)])
            y.append(self.base.div(self.base.sub(a[k], known), self.base.add(y[0], y[0])))
        return y
