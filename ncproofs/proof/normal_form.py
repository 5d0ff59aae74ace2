r"""A normal form for expressions: rational functions over generators that are independent as far as we know.

The generators are the symbols, exponentials, roots and logarithms of the expression. Exponents are split into
Q-independent monomials over one common denominator, so that exp(a + b) = exp(a) exp(b), exp(k a) = exp(a)^k
and x^(a + k) = x^a x^k hold by construction; x^a is exp(a log x). The logarithm of a product is split only
along factors that are certified positive on the domain. Roots satisfy r^q = x.

Two expressions with the same normal form are equal wherever both are defined. The converse needs the
algebraic independence of the generators and is never used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import comb, lcm
from typing import Any

import sympy
from flint import Ordering, fmpq, fmpq_mpoly_ctx

from ncproofs.errors import InvalidClaim, OutOfScope

__all__ = ["Atom", "Field", "Ratio", "factored", "normal_form"]

_HIGHEST = 10_000
_MOST_TERMS = 20_000

Positivity = Callable[["Field", Any], int]


def factored(polynomial: Any) -> tuple[fmpq, list[tuple[Any, int]]]:
    """Content and irreducible factors with their multiplicities.

    Raises:
        OutOfScope: flint gives up (very high degrees).
    """
    try:
        content, parts = polynomial.factor()
    except RuntimeError as error:
        raise OutOfScope(f"a polynomial could not be factored ({error})") from None
    return content, [(part, int(power)) for part, power in parts]


@dataclass(frozen=True)
class Ratio:
    """``num / den`` in lowest terms, ``den`` with leading coefficient 1."""

    num: Any
    den: Any

    @classmethod
    def of(cls, num: Any, den: Any) -> Ratio:
        if den.is_zero():
            raise OutOfScope("a denominator is identically zero")
        if not den.is_constant():
            common = num.gcd(den)
            if not common.is_one():
                num, den = num // common, den // common
        lead = den.leading_coefficient()
        return cls(num / lead, den / lead)

    def __add__(self, other: Ratio) -> Ratio:
        if self.den == other.den:
            return Ratio.of(self.num + other.num, self.den)
        return Ratio.of(self.num * other.den + other.num * self.den, self.den * other.den)

    def __sub__(self, other: Ratio) -> Ratio:
        return self + Ratio(-other.num, other.den)

    def __mul__(self, other: Ratio) -> Ratio:
        return Ratio.of(self.num * other.num, self.den * other.den)

    def __pow__(self, exponent: int) -> Ratio:
        if exponent >= 0:
            return Ratio(self.num**exponent, self.den**exponent)
        return Ratio.of(self.den**-exponent, self.num**-exponent)


@dataclass(frozen=True)
class Atom:
    """One generator: a symbol, constant, function, log, exp, root or parameter (``kind``) of ``payload``."""

    kind: str
    payload: Any
    key: str


@dataclass
class _Plan:
    """What all exponents need: a common denominator, and a root order per basis monomial."""

    denominator: dict[tuple[int, ...], fmpq] | None = None
    orders: dict[str, int] = field(default_factory=dict)


def _terms_of_power(polynomial: Any, power: int) -> int:
    """At most this many terms: choose ``power`` of them with repetition."""
    return comb(power + len(polynomial) - 1, power) if len(polynomial) else 0


class Replan(OutOfScope):
    """The plan has grown; build the normal form afresh."""


class Field:
    """Generators found so far, in one flint context of fixed capacity."""

    def __init__(
        self, symbols: Sequence[sympy.Symbol], capacity: int, plan: _Plan, positive: Positivity
    ) -> None:
        names = [f"g{index}" for index in range(capacity)]
        self.context = fmpq_mpoly_ctx.get(names, Ordering.degrevlex)
        self.generators = self.context.gens()
        self.atoms: list[Atom] = []
        self.plan, self.positive = plan, positive
        self.memo: dict[sympy.Expr, Ratio] = {}
        self.index: dict[str, int] = {}
        self.symbols = tuple(symbols)
        for symbol in self.symbols:
            self.atom("symbol", symbol, f"s:{sympy.srepr(symbol)}")

    def number(self, value: Any) -> Ratio:
        exact = fmpq(int(value.p), int(value.q)) if hasattr(value, "p") else fmpq(int(value))
        return Ratio(self.context.constant(exact), self.context.constant(1))

    def atom(self, kind: str, payload: Any, key: str) -> Ratio:
        """The generator with this key, made when it is new."""
        if key not in self.index:
            if len(self.atoms) == len(self.generators):
                raise Replan("capacity")
            self.index[key] = len(self.atoms)
            self.atoms.append(Atom(kind, payload, key))
        return Ratio(self.generators[self.index[key]], self.context.constant(1))

    def spell(self, polynomial: Any) -> str:
        """A name for a polynomial that does not depend on the order in which generators were found."""
        terms = []
        for exponents, coefficient in polynomial.to_dict().items():
            parts = [f"{self.atoms[i].key}^{e}" for i, e in enumerate(exponents) if e]
            terms.append(f"{coefficient}*{'*'.join(sorted(parts))}")
        return f"({'+'.join(sorted(terms))})"

    def of(self, expression: sympy.Expr) -> Ratio:
        """The normal form of ``expression``."""
        if expression not in self.memo:
            self.memo[expression] = self._build(expression)
        return self.memo[expression]

    def _build(self, node: sympy.Expr) -> Ratio:
        if node.is_Rational:
            return self.number(node)
        if node.is_Float:
            raise InvalidClaim(f"{node} is a binary float; write a Rational")
        if node is sympy.I or node in (sympy.oo, -sympy.oo, sympy.zoo, sympy.nan):
            raise OutOfScope(f"{node} is not a finite real number")
        if node.is_Symbol:
            return self.atom("symbol", node, f"s:{sympy.srepr(node)}")
        if node.is_Add or node.is_Mul:
            total = self.of(node.args[0])
            for part in node.args[1:]:
                total = total + self.of(part) if node.is_Add else total * self.of(part)
            return total
        if node is sympy.E:
            return self.exponential(self.number(sympy.Integer(1)))
        if isinstance(node, sympy.exp):
            return self.exponential(self.of(node.args[0]))
        if isinstance(node, sympy.log):
            return self.logarithm(self.of(node.args[0]))
        if node.is_Pow:
            return self._power(*node.args)
        if node is sympy.pi:
            return self.atom("constant", node, "pi")
        if isinstance(node, sympy.core.function.AppliedUndef):
            arguments = [self.of(part) for part in node.args]
            assumed = sorted(getattr(node.func, "_kwargs", {}).items())  # f and a positive f are two functions
            name = ",".join(self.spell(a.num) + "/" + self.spell(a.den) for a in arguments)
            return self.atom("function", node, f"f:{node.func.__name__}{assumed}[{name}]")
        raise OutOfScope(f"{type(node).__name__} has no normal form; write it with + * / powers, exp and log")

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> Ratio:
        if exponent.is_Integer:
            if abs(int(exponent)) > _HIGHEST:
                raise OutOfScope(f"the exponent {exponent} is too large to expand")
            form, power = self.of(base), abs(int(exponent))
            if max(_terms_of_power(part, power) for part in (form.num, form.den)) > _MOST_TERMS:
                raise OutOfScope(f"the power {exponent} of a sum has too many terms to expand")
            return form ** int(exponent)
        return self.exponential(self.of(exponent) * self.logarithm(self.of(base)))

    def exponential(self, exponent: Ratio) -> Ratio:
        """exp(exponent) as a product of powers of generators."""
        num, den, shared = exponent.num, exponent.den, self.context.constant(1)
        if not den.is_constant():
            shared = self._shared_denominator(den)
            num = num * (shared // den)
        whole, rest = divmod(num, shared)
        result = self.number(1)
        for part, over in ((whole, self.context.constant(1)), (rest, shared)):
            for exponents, coefficient in part.to_dict().items():
                result = result * self._basis_power(exponents, over, coefficient)
        return result

    def _shared_denominator(self, den: Any) -> Any:
        """The planned common denominator; a denominator with other generators than symbols stands alone."""
        count = len(self.symbols)
        if any(any(exponents[count:]) for exponents in den.monoms()):
            return den
        planned = self.plan.denominator
        size = len(self.generators)
        shared = (
            den
            if planned is None
            else self.context.from_dict(
                {key + (0,) * (size - count): value for key, value in planned.items()}
            )
        )
        if planned is None or not divmod(shared, den)[1].is_zero():
            shared = shared if planned is None else shared * (den // shared.gcd(den))
            shared = shared / shared.leading_coefficient()
            self.plan.denominator = {key[:count]: value for key, value in shared.to_dict().items()}
            if planned is not None:
                raise Replan("denominator")
        return shared

    def _basis_power(self, exponents: tuple[int, ...], over: Any, coefficient: fmpq) -> Ratio:
        """exp(coefficient * monomial / over), with x^c when the monomial is log x."""
        monomial = self.context.from_dict({exponents: fmpq(1)})
        key = self.spell(monomial) + "/" + self.spell(over)
        order = self.plan.orders.get(key, 1)
        if order % int(coefficient.q):
            self.plan.orders[key] = lcm(order, int(coefficient.q))
            raise Replan("order")
        used = [i for i, e in enumerate(exponents) if e]
        steps = int((coefficient * order).p)
        if abs(steps) > _HIGHEST:
            raise OutOfScope(f"the exponents need the power {steps} of one exponential, which is too high")
        if len(used) == 1 and exponents[used[0]] == 1 and over.is_one() and self.atoms[used[0]].kind == "log":
            argument: Ratio = self.atoms[used[0]].payload
            if order == 1:
                return argument**steps
            root = self.atom("root", (used[0], order), f"r{order}:{key}")
            return argument ** (steps // order) * root ** (steps % order)
        unit = Ratio.of(monomial, over * order)
        return self.atom("exp", unit, f"e{order}:{key}") ** steps

    def logarithm(self, argument: Ratio) -> Ratio:
        """log(argument), split along factors that are positive on the domain."""
        constant, factors = fmpq(1), []
        for polynomial, sign in ((argument.num, 1), (argument.den, -1)):
            if polynomial.is_zero():
                raise OutOfScope("the logarithm of 0")
            content, parts = factored(polynomial)
            constant = constant * content if sign == 1 else constant / content
            factors += [(part, sign * power) for part, power in parts]
        total, unknown = self.number(0), []
        for part, power in factors:
            sign = self.positive(self, part)
            if sign == 0:
                unknown.append((part, power))
                continue
            constant = -constant if sign < 0 and power % 2 else constant
            total = total + self._log_factor(part * sign) * self.number(power)
        if not unknown and constant < 0:
            raise OutOfScope("the logarithm of a negative quantity")
        return total + self._log_number(abs(constant)) + self._log_unknown(unknown, negative=constant < 0)

    def _log_unknown(self, unknown: list[tuple[Any, int]], *, negative: bool) -> Ratio:
        if not unknown:
            return self.number(0)
        if len(unknown) == 1 and unknown[0][1] % 2:  # F^k > 0 with k odd means F > 0
            part = -unknown[0][0] if negative else unknown[0][0]
            return self._log_factor(part) * self.number(unknown[0][1])
        rest = self.number(-1 if negative else 1)
        for part, power in unknown:
            rest = rest * Ratio(part, self.context.constant(1)) ** power
        return self.atom("log", rest, f"l:{self.spell(rest.num)}/{self.spell(rest.den)}")

    def _log_factor(self, part: Any) -> Ratio:
        """log of one irreducible positive polynomial; of a generator exp(a) it is a."""
        terms = part.to_dict()
        if len(terms) == 1:
            ((exponents, coefficient),) = terms.items()
            used = [i for i, e in enumerate(exponents) if e]
            if len(used) == 1 and exponents[used[0]] == 1 and coefficient == 1:
                atom = self.atoms[used[0]]
                if atom.kind == "exp":
                    unit: Ratio = atom.payload
                    return unit
                if atom.kind == "root":
                    return Ratio(self.generators[atom.payload[0]] / atom.payload[1], self.context.constant(1))
        lead = abs(part.leading_coefficient())
        monic = part / lead
        argument = Ratio(monic, self.context.constant(1))
        return self.atom("log", argument, f"l:{self.spell(monic)}") + self._log_number(lead)

    def _log_number(self, value: fmpq) -> Ratio:
        total = self.number(0)
        for whole, sign in ((int(value.p), 1), (int(value.q), -1)):
            primes = sympy.factorint(whole) if whole < 10**20 else {whole: 1}
            for prime, power in primes.items():
                if prime != 1:
                    atom = self.atom("log", self.number(prime), f"l:({prime}*)")
                    total = total + atom * self.number(sign * power)
        return total

    def vanishes(self, polynomial: Any) -> bool:
        """``polynomial`` is zero once every r^q is replaced by its radicand. False means: not shown."""
        for position in reversed(range(len(self.atoms))):
            atom = self.atoms[position]
            if atom.kind == "root" and not polynomial.is_zero():
                log_index, order = atom.payload
                polynomial = self._reduce(polynomial, position, self.atoms[log_index].payload, order)
        return bool(polynomial.is_zero())

    def _reduce(self, polynomial: Any, position: int, radicand: Ratio, order: int) -> Any:
        """``polynomial`` times a power of the radicand's denominator, with exponents of r below ``order``."""
        terms = polynomial.to_dict()
        top = max(exponents[position] // order for exponents in terms)
        total = self.context.constant(0)
        for exponents, coefficient in terms.items():
            times, left = divmod(exponents[position], order)
            key = (*exponents[:position], left, *exponents[position + 1 :])
            total += (
                self.context.from_dict({key: coefficient})
                * radicand.num**times
                * radicand.den ** (top - times)
            )
        return total


def normal_form(
    expressions: Sequence[sympy.Expr], symbols: Sequence[sympy.Symbol], positive: Positivity, spare: int = 0
) -> tuple[Field, list[Ratio]]:
    """One field, and the normal form of each expression in it; ``spare`` generators are left for the caller.

    Raises:
        OutOfScope: a function without a normal form, a zero denominator, or too many generators.
        InvalidClaim: a float.
    """
    nodes = {node for expression in expressions for node in sympy.preorder_traversal(expression)}
    every = sorted(set(symbols) | {node for node in nodes if node.is_Symbol}, key=sympy.srepr)
    deep = sum(1 for node in nodes if node.is_Pow or node.is_Function or node.is_NumberSymbol)
    capacity, plan = len(every) + deep + 8, _Plan()
    for _ in range(40):
        space = Field(every, capacity + spare, plan, positive)
        try:
            forms = [space.of(expression) for expression in expressions]
            if len(space.atoms) + spare > len(space.generators):
                raise Replan("capacity")
            return space, forms
        except Replan as reason:
            if str(reason) == "capacity":
                capacity *= 2
    raise OutOfScope("the exponents of this expression have no common basis of moderate size")
