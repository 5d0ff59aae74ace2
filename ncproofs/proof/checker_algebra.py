"""The checker's rational functions over the integers, with exponentials, logarithms and roots as generators."""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from ncproofs.proof.checker_arithmetic import Algebra, Budget, Limit, Rejected

Monomial = tuple[tuple[int, int], ...]  # ((generator, exponent), ...), generators increasing
Poly = dict[Monomial, int]
Ratio = tuple[Poly, Poly]
ONE: Poly = {(): 1}


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

    def __init__(
        self, budget: Budget, *, proving: bool, above_one: bool = False, whole_logs: bool = False
    ) -> None:
        self.budget, self.proving, self.above_one, self.whole_logs = budget, proving, above_one, whole_logs
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
            factor = self._exponential(m)
            if len(factor[0]) == 1:  # a generator, whose powers are monomials
                ((index, _),) = next(iter(factor[0]))
                power: Ratio = {((index, abs(c)),): 1}, ONE
            elif abs(c) > 200:
                raise Limit("a high power of 1 + x + q")
            else:
                power = self.power(factor, abs(c))
            result = self.mul(result, power if c > 0 else (power[1], power[0]))
        return result

    def _exponential(self, m: Monomial) -> Ratio:
        """exp(x) with x = m/(over scale): a generator, or 1 + x + q with q >= 0 when x >= 0 and ``above_one``."""
        if m not in self.exps:
            x = self.ratio(self.times({m: 1}, self.over[1]), self.over[0])
            sign = self.poly_sign({m: 1}) if self.above_one else 0
            made = self.generator(sign if sign > 0 else 2)
            if sign > 0:
                made = self.add(self.add(x, made), (ONE, ONE))
            else:
                self.exponents[len(self.signs) - 1] = x
            self.exps[m] = made
        return self.exps[m]

    def log(self, a: Ratio) -> Ratio:
        """The logarithm, split along positive monomials, integers, and a positive numerator or denominator."""
        if self.proving and self.sign(a) != 2:
            raise Rejected("the argument of a logarithm is not shown to be positive")
        if not a[0]:
            raise Rejected("the logarithm of 0")
        if self.whole_logs and abs(self.sign(self.sub(a, (ONE, ONE)))) == 2:
            return self._log_of(a)
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

