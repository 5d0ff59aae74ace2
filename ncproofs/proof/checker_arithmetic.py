"""The checker's own arithmetic on Python integers: intervals, power series, rational functions.

Three algebras with one interface (number, add, neg, mul, div, exp, log, root, power); ``evaluate`` runs an
expression of docs/certificate-format.md in any of them. Standard library only, nothing from ncproofs.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, isqrt
from typing import Any

Monomial = tuple[tuple[int, int], ...]
Poly = dict[Monomial, int]
Ratio = tuple[Poly, Poly]
ONE: Poly = {(): 1}


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
    """What all three share; values are opaque to the caller."""

    budget: Budget

    def sub(self: Any, a: Any, b: Any) -> Any:
        return self.add(a, self.neg(b))

    def power(self: Any, a: Any, n: int) -> Any:
        one = self.number(Fraction(1))
        if n < 0:
            return self.div(one, self.power(a, -n))
        result = None
        while n:
            if n & 1:
                result = a if result is None else self.mul(result, a)
            n >>= 1
            a = self.mul(a, a) if n else a
        return one if result is None else result


def evaluate(expression: Any, env: dict[str, Any], algebra: Any) -> Any:
    """The value of an expression whose names are in ``env``."""
    if isinstance(expression, str):
        if expression[0].isalpha() or expression[0] == "_":
            if expression not in env:
                raise Rejected(f"unknown name {expression[:40]}")
            return env[expression]
        return algebra.number(Fraction(expression))
    operation, *rest = expression
    algebra.budget.spend(1)
    if operation in ("^", "root"):
        base = evaluate(rest[0], env, algebra)
        return algebra.power(base, rest[1]) if operation == "^" else algebra.root(base, rest[1])
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
    return {"/": algebra.div, "exp": algebra.exp, "log": algebra.log}[operation](*values)


def _up(a: int, bits: int) -> int:
    """ceil(a / 2^bits); a >> bits is the floor, for negative a too."""
    return -((-a) >> bits)


def integer_root(a: int, q: int) -> int:
    """floor(a^(1/q)) for a >= 0, by bisection."""
    if q == 2:
        return isqrt(a)
    low, high = 0, 1 << (a.bit_length() // q + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**q <= a else (low, middle)
    return low


class Intervals(Algebra):
    """Pairs (lo, hi) of integers: the reals x with lo <= 2^p x <= hi. Every step rounds outwards."""

    def __init__(self, bits: int, budget: Budget) -> None:
        self.p, self.budget = bits, budget

    def number(self, q: Fraction) -> tuple[int, int]:
        scaled = q.numerator << self.p
        return scaled // q.denominator, -(-scaled // q.denominator)

    def add(self, a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
        return a[0] + b[0], a[1] + b[1]

    def neg(self, a: tuple[int, int]) -> tuple[int, int]:
        return -a[1], -a[0]

    def mul(self, a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
        self.budget.spend(1 + (max(map(abs, a)).bit_length() + max(map(abs, b)).bit_length() >> 10))
        if max(map(abs, (*a, *b))).bit_length() > self.p + 70000:
            raise Limit("a number beyond 2^70000")
        products = (a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1])
        # The product of two equal intervals is a square only in ``power``; here the factors are independent.
        return min(products) >> self.p, _up(max(products), self.p)

    def power(self, a: tuple[int, int], n: int) -> tuple[int, int]:
        if n < 0:
            return self.div(self.number(Fraction(1)), self.power(a, -n))
        if n and n % 2 == 0:
            square = self.mul(a, a)
            if a[0] < 0 < a[1]:
                square = 0, square[1]
            return super().power(square, n // 2)
        return self.mul(a, self.power(a, n - 1)) if n > 1 else super().power(a, n)

    def div(self, a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
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

    def _exp_at(self, x: int) -> tuple[int, int]:
        low, high, Q = self._exp_bounds(abs(x))
        if x >= 0:
            return low >> (Q - self.p), _up(high, Q - self.p)
        one = 1 << (Q + self.p)
        return one // high, -(-one // low)

    def exp(self, a: tuple[int, int]) -> tuple[int, int]:
        return self._exp_at(a[0])[0], self._exp_at(a[1])[1]

    def _log_at(self, x: int) -> tuple[int, int]:
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

    def log(self, a: tuple[int, int]) -> tuple[int, int]:
        if a[0] <= 0:
            raise Rejected("the argument of a logarithm is not shown to be positive")
        low = self._log_at(a[0])
        return low[0], (low if a[0] == a[1] else self._log_at(a[1]))[1]

    def root(self, a: tuple[int, int], q: int) -> tuple[int, int]:
        if a[0] < 0:
            raise Rejected("a radicand is not shown to be nonnegative")
        self.budget.spend(q * (self.p + a[1].bit_length()) // 8)
        shift = self.p * (q - 1)
        return integer_root(a[0] << shift, q), integer_root(a[1] << shift, q) + 1

    def sign(self, a: tuple[int, int]) -> int:
        """2 positive, 1 nonnegative, 0 not shown, -1 nonpositive, -2 negative."""
        return 2 if a[0] > 0 else -2 if a[1] < 0 else 1 if a[0] == 0 else -1 if a[1] == 0 else 0


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

    def mul(self, a: list[Any], b: list[Any]) -> list[Any]:
        m = self.base.mul
        return [self._sum([m(a[j], b[k - j]) for j in range(k + 1)]) for k in range(self.order + 1)]

    def div(self, a: list[Any], b: list[Any]) -> list[Any]:
        q: list[Any] = []  # a_k = sum_j q_j b_{k-j}
        for k in range(self.order + 1):
            known = self._sum([self.base.mul(q[j], b[k - j]) for j in range(k)])
            q.append(self.base.div(self.base.sub(a[k], known), b[0]))
        return q

    def _weighted(self, a: list[Any], y: list[Any], k: int, weight: Any) -> Any:
        """sum over j = 1..k of weight(j) a_j y_{k-j}."""
        m, number = self.base.mul, self.base.number
        return self._sum([m(number(Fraction(weight(j))), m(a[j], y[k - j])) for j in range(1, k + 1)])

    def exp(self, a: list[Any]) -> list[Any]:
        y = [self.base.exp(a[0])]  # y' = a' y
        for k in range(1, self.order + 1):
            y.append(self._weighted(a, y, k, lambda j, k=k: Fraction(j, k)))
        return y

    def log(self, a: list[Any]) -> list[Any]:
        y = [self.base.log(a[0])]  # a y' = a'
        for k in range(1, self.order + 1):
            known = self._sum([self.base.mul(self.base.number(Fraction(j, k)), self.base.mul(y[j], a[k - j]))
                               for j in range(1, k)])
            y.append(self.base.div(self.base.sub(a[k], known), a[0]))
        return y

    def root(self, a: list[Any], q: int) -> list[Any]:
        y = [self.base.root(a[0], q)]  # q a y' = a' y
        for k in range(1, self.order + 1):
            total = self._weighted(a, y, k, lambda j, k=k: (Fraction(j, q) - (k - j)) / k)
            y.append(self.base.div(total, a[0]))
        return y


# --- polynomials over the integers: monomial ((generator, exponent), ...) with increasing generators -> coefficient


def _key(m: Monomial) -> tuple[tuple[int, int], ...]:
    """Lexicographic order in which earlier generators weigh more; compatible with multiplication."""
    return tuple((-i, e) for i, e in m)


def _times(a: Monomial, b: Monomial) -> Monomial:
    if not a or not b:
        return a or b
    powers = dict(a)
    for i, e in b:
        powers[i] = powers.get(i, 0) + e
    return tuple(sorted((i, e) for i, e in powers.items() if e))


def _over(a: Monomial, b: Monomial) -> Monomial | None:
    quotient = _times(a, tuple((i, -e) for i, e in b))
    return None if any(e < 0 for _, e in quotient) else quotient


def plus(p: Poly, q: Poly, factor: int = 1) -> Poly:
    total = dict(p)
    for m, c in q.items():
        total[m] = total.get(m, 0) + factor * c
        if not total[m]:
            del total[m]
    return total


def bits_of(p: Poly) -> int:
    return max((c.bit_length() for c in p.values()), default=0)


class Field(Algebra):
    """Rational functions over the integers in generators: variables, exponentials, logarithms and roots.

    ``proving`` means that an operation is refused unless its domain is shown by signs of coefficients;
    otherwise it is assumed to be defined. Equal values may be spelled in several ways, but a numerator that
    is the zero polynomial (after r^q = radicand) proves that the value is zero wherever it is defined.
    """

    def __init__(self, budget: Budget, *, proving: bool, above_one: bool = False) -> None:
        self.budget, self.proving, self.above_one = budget, proving, above_one
        self.signs: list[int] = []  # of each generator: 2 positive, 1 nonnegative, 0 unknown
        self.exps: dict[Monomial, Ratio] = {}
        self.exponents: dict[int, Ratio] = {}  # generator -> the a of its exp(a)
        self.logs: list[tuple[Ratio, int, int]] = []  # (argument, generator, sign of the logarithm's spelling)
        self.roots: list[tuple[int, int, Ratio]] = []
        self.over: Ratio = (ONE, ONE)

    def set_over(self, over: Ratio, scale: int) -> None:
        """Exponentials are from now on exp(monomial / (over scale))."""
        self.over, self.exps = self.mul(over, (({(): scale}), ONE)), {}

    def generator(self, sign: int) -> Ratio:
        self.signs.append(sign)
        return {((len(self.signs) - 1, 1),): 1}, ONE

    def times(self, p: Poly, q: Poly) -> Poly:
        self.budget.spend(len(p) * len(q) * (1 + (bits_of(p) + bits_of(q) >> 9)))
        if bits_of(p) + bits_of(q) > 200_000:
            raise Limit("an integer of more than 200000 bits")
        total: Poly = {}
        for m, c in p.items():
            for k, d in q.items():
                key = _times(m, k)
                total[key] = total.get(key, 0) + c * d
        return {m: c for m, c in total.items() if c}

    def poly_power(self, p: Poly, n: int) -> Poly:
        result = ONE
        for _ in range(n):
            result = self.times(result, p)
        return result

    def quotient(self, p: Poly, q: Poly) -> Poly | None:
        """p / q when q divides p over the integers."""
        lead = max(q, key=_key)
        rest, result = p, {}
        while rest:
            top = max(rest, key=_key)
            m = _over(top, lead)
            if m is None or rest[top] % q[lead]:
                return None
            self.budget.spend(2 * len(rest) + len(q))
            result[m] = rest[top] // q[lead]
            rest = plus(rest, {_times(k, m): c for k, c in q.items()}, -result[m])
        return result

    def ratio(self, num: Poly, den: Poly) -> Ratio:
        """num/den with common integers, monomials and, when one divides the other, polynomials removed."""
        if not den:
            raise Rejected("division by zero")
        if not num:
            return {}, ONE
        common = gcd(*num.values(), *den.values()) * (1 if den[max(den, key=_key)] > 0 else -1)
        least: dict[int, int] | None = None
        for m in (*num, *den):
            powers = dict(m)
            least = powers if least is None else {i: min(e, powers[i]) for i, e in least.items() if i in powers}
        shared = tuple(sorted((i, -e) for i, e in (least or {}).items()))
        num, den = ({_times(m, shared): c // common for m, c in p.items()} for p in (num, den))
        if len(den) > 1:
            divided = self.quotient(num, den)
            if divided is not None:
                return divided, ONE
        if len(num) > 1 and len(den) > 1:
            divided = self.quotient(den, num)
            if divided is not None:
                return self.ratio(ONE, divided)
        return num, den

    def number(self, q: Fraction) -> Ratio:
        return ({(): q.numerator} if q else {}), {(): q.denominator}

    def add(self, a: Ratio, b: Ratio) -> Ratio:
        if a[1] == b[1]:
            return self.ratio(plus(a[0], b[0]), a[1])
        for x, y in ((a, b), (b, a)):
            share = self.quotient(x[1], y[1]) if len(x[1]) >= len(y[1]) else None
            if share is not None:
                return self.ratio(plus(x[0], self.times(y[0], share)), x[1])
        return self.ratio(plus(self.times(a[0], b[1]), self.times(b[0], a[1])), self.times(a[1], b[1]))

    def neg(self, a: Ratio) -> Ratio:
        return {m: -c for m, c in a[0].items()}, a[1]

    def mul(self, a: Ratio, b: Ratio) -> Ratio:
        return self.ratio(self.times(a[0], b[0]), self.times(a[1], b[1]))

    def div(self, a: Ratio, b: Ratio) -> Ratio:
        if self.vanishes(b[0]) or (self.proving and abs(self.sign(b)) != 2):
            raise Rejected("a divisor is not shown to be nonzero")
        return self.ratio(self.times(a[0], b[1]), self.times(a[1], b[0]))

    def exp(self, a: Ratio) -> Ratio:
        """exp of sum c m/(over scale), after integer multiples of logarithms have become powers."""
        num, den = self.times(a[0], self.over[0]), self.times(a[1], self.over[1])
        rest = self.quotient(num, den)
        if rest is None:
            raise Rejected("an exponent is not an integer combination of monomials over `over` times `scale`")
        result: Ratio = (ONE, ONE)
        for argument, index, sign in self.logs:
            step = self.quotient(self.times({((index, 1),): sign}, self.over[0]), self.over[1])
            lead = max(step, key=_key) if step else ()
            count = rest.get(lead, 0) // step[lead] if step else 0
            if step and count:
                rest = plus(rest, step, -count)
                if abs(count) > 10_000:
                    raise Limit("a power beyond 10000")
                result = self.mul(result, self.power(argument, count))
        for m, c in rest.items():
            factor, _ = self._exponential(m)
            if len(factor) == 1:  # a generator, whose powers are monomials
                ((index, _),) = next(iter(factor))
                power: Poly = {((index, abs(c)),): 1}
            elif abs(c) > 200:
                raise Limit("a high power of 1 + q")
            else:
                power = self.poly_power(factor, abs(c))
            num, den = result
            result = self.ratio(self.times(num, power), den) if c > 0 else self.ratio(num, self.times(den, power))
        return result

    def _exponential(self, m: Monomial) -> Ratio:
        if m not in self.exps:
            sign = self.poly_sign({m: 1}) if self.above_one and m else 0
            made = self.generator(sign if sign > 0 else 2)
            self.exps[m] = self.add(made, (ONE, ONE)) if sign > 0 else made
            if sign <= 0:
                exponent = self.times({m: 1}, self.over[1]), self.over[0]
                self.exponents[len(self.signs) - 1] = self.ratio(*exponent)
        return self.exps[m]

    def log(self, a: Ratio) -> Ratio:
        """The logarithm, split along positive monomials, integers, and a positive numerator or denominator."""
        if self.proving and self.sign(a) != 2:
            raise Rejected("the argument of a logarithm is not shown to be positive")
        if not a[0]:
            raise Rejected("the logarithm of 0")
        total: Ratio = ({}, ONE)
        parts = []
        for poly, direction in ((a[0], 1), (a[1], -1)):
            content = gcd(*poly.values())
            common = set.intersection(*(set(dict(m)) for m in poly))
            powers = {i: min(dict(m)[i] for m in poly) for i in common if self.signs[i] == 2}
            shared = tuple(sorted((i, -e) for i, e in powers.items()))
            parts.append({_times(m, shared): c // content for m, c in poly.items()})
            for i, e in powers.items():
                one = self.exponents[i] if i in self.exponents else self._log_of(({((i, 1),): 1}, ONE))
                total = self.add(total, self.mul(one, self.number(Fraction(direction * e))))
            if content > 1:
                one = self._log_of(({(): content}, ONE))
                total = self.add(total, self.mul(one, self.number(Fraction(direction))))
        num, den = parts
        if self.poly_sign(den) == -2 or self.poly_sign(num) == -2:
            num, den = ({m: -c for m, c in p.items()} for p in (num, den))
        if 2 in (self.poly_sign(num), self.poly_sign(den)):  # both positive, as the quotient is
            return self.add(total, self.sub(self._log_of((num, ONE)), self._log_of((den, ONE))))
        return self.add(total, self._log_of((num, den)))

    def _log_of(self, argument: Ratio) -> Ratio:
        if argument[0] == argument[1]:
            return {}, ONE
        for known, index, sign in self.logs:
            if known == argument:
                return {((index, 1),): sign}, ONE
        above = self.poly_sign(plus(argument[0], argument[1], -1)) if self.poly_sign(argument[1]) == 2 else 0
        made, direction = self.generator(abs(above)), -1 if above < 0 else 1
        self.logs.append((argument, len(self.signs) - 1, direction))
        return self.neg(made) if direction < 0 else made

    def root(self, a: Ratio, q: int) -> Ratio:
        sign = self.sign(a)
        if self.proving and sign < 1:
            raise Rejected("a radicand is not shown to be nonnegative")
        for index, order, radicand in self.roots:
            if order == q and radicand == a:
                return {((index, 1),): 1}, ONE
        made = self.generator(max(1, sign))
        self.roots.append((len(self.signs) - 1, q, a))
        return made

    def vanishes(self, p: Poly) -> bool:
        """p is zero once every root satisfies r^q = radicand, the later roots first."""
        for index, q, (num, den) in reversed(self.roots):
            highest = max((dict(m).get(index, 0) // q for m in p), default=0)
            if highest:
                total: Poly = {}
                for m, c in p.items():
                    turns = dict(m).get(index, 0) // q
                    kept = _times(m, ((index, -q * turns),)) if turns else m
                    weight = self.times(self.poly_power(num, turns), self.poly_power(den, highest - turns))
                    total = plus(total, self.times({kept: c}, weight))
                p = total
        return not p

    def poly_sign(self, p: Poly) -> int:
        """2 positive, 1 nonnegative (or zero), 0 not shown, -1, -2: by the signs of all coefficients."""
        if not p:
            return 1
        direction, strict = 0, False
        for m, c in p.items():
            least = 2
            for i, e in m:
                if self.signs[i] == 0 and e % 2:
                    return 0
                least = min(least, max(1, self.signs[i]))
            this = 1 if c > 0 else -1
            if direction not in (0, this):
                return 0
            direction, strict = this, strict or least == 2
        return direction * (2 if strict else 1)

    def sign(self, a: Ratio, polya: int = 0) -> int:
        num, den = a
        if polya:
            used = sorted({i for p in a for m in p for i, _ in m if self.signs[i]})
            factor = self.poly_power({(): 1, **{((i, 1),): 1 for i in used}}, polya)
            num, den = self.times(num, factor), self.times(den, factor)
        below = self.poly_sign(den)
        return self.poly_sign(num) * (below // 2) if abs(below) == 2 else 0

