r"""Signs by algebra: a domain is written over nonnegative parameters, and coefficients are read off.

A range [a, oo) becomes a + s, an interval (a, b) becomes (a + b s) / (1 + s), the real line splits into s
and -s. After the substitution a polynomial without negative coefficients is nonnegative, and positive when
one of its monomials has only positive parameters. Exponentials are positive; log x has the sign of x - 1.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import flint
import sympy
from flint import arb, fmpq

from ncproofs.arithmetic.enclosure import exact_bounds
from ncproofs.errors import OutOfScope
from ncproofs.proof.domain import Domain, Range
from ncproofs.proof.normal_form import Field, Ratio, Replan, factored

__all__ = ["Signs", "cases", "positivity"]

POSITIVE, NONNEGATIVE, UNKNOWN, NONPOSITIVE, NEGATIVE = "+", "0+", "?", "0-", "-"
_MIRROR = {
    POSITIVE: NEGATIVE,
    NONNEGATIVE: NONPOSITIVE,
    UNKNOWN: UNKNOWN,
    NONPOSITIVE: NONNEGATIVE,
    NEGATIVE: POSITIVE,
    "0": "0",
}
_MOST_TERMS = 4000
_MOST_CASES = 256


@dataclass(frozen=True)
class Piece:
    """One variable on a piece of its range: ``base + direction * s``, or an interval; s > 0 if ``strict``."""

    symbol: sympy.Symbol
    base: sympy.Expr
    direction: int = 0
    top: sympy.Expr | None = None
    strict: bool = False


def _pieces(symbol: sympy.Symbol, span: Range) -> tuple[Piece, ...]:
    if span.lower is None and span.upper is None:
        return Piece(symbol, sympy.Integer(0), 1), Piece(symbol, sympy.Integer(0), -1)
    if span.lower is None:
        return (Piece(symbol, span.upper, -1, strict=span.upper_open),)
    if span.upper is None:
        return (Piece(symbol, span.lower, 1, strict=span.lower_open),)
    inside = Piece(symbol, span.lower, 1, span.upper, span.lower_open)
    return (inside,) if span.upper_open else (inside, Piece(symbol, span.upper))


def cases(domain: Domain) -> Iterator[tuple[Piece, ...]]:
    """The domain as a finite union of images of orthants.

    With too many real variables none of them is split; then only their even powers have a sign.

    Raises:
        OutOfScope: more than 256 pieces all the same.
    """
    pieces = [_pieces(symbol, span) for symbol, span in domain]
    if math.prod(map(len, pieces)) > _MOST_CASES:
        bounded = zip(pieces, domain, strict=True)
        pieces = [piece for piece, (_, span) in bounded if span.lower is not None or span.upper is not None]
    if math.prod(map(len, pieces)) > _MOST_CASES:
        raise OutOfScope("the domain has too many closed intervals to be split at their ends")
    yield from itertools.product(*pieces)


class Signs:
    """Signs of polynomials of one field on one case of a domain."""

    def __init__(self, space: Field, case: Sequence[Piece]) -> None:
        self.space = space
        self.images: dict[int, Ratio] = {}
        self.known: dict[int, str] = {}
        self.pending: set[int] = set()
        for piece in case:
            self._place(piece)
        for index, atom in enumerate(list(space.atoms)):
            if atom.kind == "exp":
                self._place_exponential(index, atom.payload)

    def _parameter(self, key: str, sign: str) -> Ratio:
        made = self.space.atom("parameter", key, key)
        self.known[self.space.index[key]] = sign
        return made

    def _place(self, piece: Piece) -> None:
        key = f"s:{sympy.srepr(piece.symbol)}"
        if key not in self.space.index:
            return
        base = self._bound(piece.base)
        if piece.direction == 0:
            self.images[self.space.index[key]] = base
            return
        sign = POSITIVE if piece.strict else NONNEGATIVE
        root = self._root_of(self.space.index[key]) if piece.base == 0 and piece.top is None else None
        if root is not None and piece.direction > 0:  # x = r^q is the better parameter when x^(1/q) occurs
            self.known[root] = sign
            self.images[self.space.index[key]] = (
                self._generator_ratio(root) ** self.space.atoms[root].payload[1]
            )
            return
        s = self._parameter(f"q:{key}:{piece.direction}:{piece.strict}", sign)
        if piece.top is not None:
            one = self.space.number(1)
            image = (base + self._bound(piece.top) * s) * (one + s) ** -1
        else:
            image = base + s * self.space.number(piece.direction)
        self.images[self.space.index[key]] = image

    def _generator_ratio(self, index: int) -> Ratio:
        return Ratio(self.space.generators[index], self.space.context.constant(1))

    def _root_of(self, position: int) -> int | None:
        """The generator that is a root of the generator at ``position``, if there is one."""
        for index, atom in enumerate(self.space.atoms):
            if atom.kind == "root":
                radicand: Ratio = self.space.atoms[atom.payload[0]].payload
                if radicand.den.is_one() and radicand.num == self.space.generators[position]:
                    return index
        return None

    def _place_exponential(self, index: int, exponent: Ratio) -> None:
        """exp(a) = 1 + q for a > 0 and 1 / (1 + q) for a < 0."""
        if exponent.num.is_constant() and exponent.den.is_constant():
            self._place_constant(index, exponent)
            return
        sign = self.of(exponent)
        if sign in (UNKNOWN, "0"):
            return
        strict = POSITIVE if sign in (POSITIVE, NEGATIVE) else NONNEGATIVE
        q = self._parameter(f"q:{self.space.atoms[index].key}:{strict}", strict)
        above = self.space.number(1) + q
        self.images[index] = above if sign in (POSITIVE, NONNEGATIVE) else above**-1

    def _place_constant(self, index: int, exponent: Ratio) -> None:
        """exp of a rational number lies between two rationals a < b: it is (a + b q) / (1 + q) with q > 0."""
        value = exponent.num.leading_coefficient() / exponent.den.leading_coefficient()
        if not 0 < abs(value) < 40:
            return
        with flint.ctx.workprec(100):
            scaled = arb(value).exp() * 10**24
            low, high = exact_bounds(scaled)
        floor, ceiling = (fmpq(end, 10**24) for end in (math.floor(low), math.ceil(high)))
        q = self._parameter(f"q:{self.space.atoms[index].key}", POSITIVE)
        one = self.space.number(1)
        self.images[index] = (self.space.number(floor) + self.space.number(ceiling) * q) * (one + q) ** -1

    def _bound(self, value: sympy.Expr) -> Ratio:
        form = self.space.of(value)
        return self.substitute(form)

    def substitute(self, form: Ratio) -> Ratio:
        """``form`` in the parameters of this case."""
        return self._evaluate(form.num) * self._evaluate(form.den) ** -1

    def _evaluate(self, polynomial: Any) -> Ratio:
        used = [i for i in self.images if any(e[i] for e in polynomial.monoms())]
        if not used:
            return Ratio.of(polynomial, self.space.context.constant(1))
        total = self.space.number(0)
        powers: dict[tuple[int, int], Ratio] = {}
        for exponents, coefficient in polynomial.to_dict().items():
            left = tuple(0 if i in self.images else e for i, e in enumerate(exponents))
            term = Ratio(self.space.context.from_dict({left: coefficient}), self.space.context.constant(1))
            for i in used:
                if exponents[i]:
                    power = powers.setdefault((i, exponents[i]), self.images[i] ** exponents[i])
                    term = term * power
            total = total + term
        return total

    def of(self, form: Ratio) -> str:
        """The sign of ``form`` on this case: one of + 0+ 0 0- - and ? (not shown)."""
        image = self.substitute(form)
        if image.num.is_zero():
            return "0"
        return _times(self._polynomial(image.num), _strict(self._polynomial(image.den)))

    def defined(self, form: Ratio) -> bool:
        """It is shown that every logarithm and exponent below ``form`` is defined on this case.

        A radicand may vanish; the argument of a logarithm, or of a power with a symbolic exponent, may not.
        """
        atoms = list(self.space.atoms)
        direct = _generators(form).union(*(_generators(a.payload) for a in atoms if a.kind in ("exp", "log")))
        for index, atom in enumerate(atoms):
            accepted = (POSITIVE,) if index in direct else (POSITIVE, NONNEGATIVE)
            if atom.kind == "log" and self.of(atom.payload) not in accepted:
                return False
            if atom.kind == "exp" and self._polynomial(self.substitute(atom.payload).den) not in (
                POSITIVE,
                NEGATIVE,
            ):
                return False
        return True

    def _polynomial(self, polynomial: Any) -> str:
        if len(polynomial) > _MOST_TERMS:
            return UNKNOWN
        direct = self._coefficients(polynomial)
        if direct in (POSITIVE, NEGATIVE):
            return direct
        content, parts = factored(polynomial)
        sign = POSITIVE if content > 0 else NEGATIVE
        for part, power in parts:
            one = self._irreducible(part)
            sign = _times(sign, _even(one) if power % 2 == 0 else one)
        return sign if sign != UNKNOWN else direct

    def _irreducible(self, part: Any) -> str:
        sign = self._coefficients(part)
        if sign == UNKNOWN:
            sign = self._sturm(part)
        if sign == UNKNOWN:
            sign = self._multiplied(part)
        return sign

    def _coefficients(self, polynomial: Any) -> str:
        seen = {self._monomial(e, POSITIVE if c > 0 else NEGATIVE) for e, c in polynomial.to_dict().items()}
        for good, weak, strong in ((POSITIVE, NONNEGATIVE, POSITIVE), (NEGATIVE, NONPOSITIVE, NEGATIVE)):
            if seen <= {good, weak}:
                return strong if good in seen else weak
        return UNKNOWN

    def _monomial(self, exponents: tuple[int, ...], sign: str) -> str:
        for index, power in enumerate(exponents):
            if power:
                one = self._generator(index)
                sign = _times(sign, _even(one) if power % 2 == 0 else one)
        return sign

    def _generator(self, index: int) -> str:
        """The sign of a generator; of log x it is the sign of x - 1."""
        if index in self.known:
            return self.known[index]
        atom = self.space.atoms[index]
        sign = UNKNOWN
        if atom.kind in ("exp", "constant"):
            sign = POSITIVE
        elif atom.kind == "log" and index not in self.pending:
            self.pending.add(index)
            sign = self.of(atom.payload - self.space.number(1))
            self.pending.discard(index)
        elif atom.kind == "root":
            radicand: Ratio = self.space.atoms[atom.payload[0]].payload
            sign = POSITIVE if self.of(radicand) == POSITIVE else NONNEGATIVE
        self.known[index] = sign
        return sign

    def _sturm(self, polynomial: Any) -> str:
        """A polynomial in one nonnegative parameter, by counting its real roots exactly."""
        used = {i for exponents in polynomial.monoms() for i, e in enumerate(exponents) if e}
        if len(used) != 1 or self._generator(*used) not in (POSITIVE, NONNEGATIVE):
            return UNKNOWN
        (index,) = used
        x = sympy.Symbol("x")
        terms = {(e[index],): sympy.Rational(int(c.p), int(c.q)) for e, c in polynomial.to_dict().items()}
        univariate = sympy.Poly(terms, x)
        if univariate.degree() > 200 or univariate.count_roots(0, sympy.oo):
            return UNKNOWN
        return POSITIVE if univariate.eval(1) > 0 else NEGATIVE

    def _multiplied(self, polynomial: Any) -> str:
        """Polya: times a power of a positive linear form, the coefficients may lose their mixed signs."""
        used = {i for exponents in polynomial.monoms() for i, e in enumerate(exponents) if e}
        if len(polynomial) > 60 or not all(self._generator(i) in (POSITIVE, NONNEGATIVE) for i in used):
            return UNKNOWN
        total = self.space.context.constant(0)
        for i in used:
            total += self.space.generators[i]
        for factor in (1 + total, total):
            product = polynomial
            for _ in range(4):
                product = product * factor
                sign = self._coefficients(product)
                if sign != UNKNOWN:
                    # total vanishes where all its parameters do; 1 + total never does.
                    safe = factor != total or any(self._generator(i) == POSITIVE for i in used)
                    return sign if safe else _weak(sign)
        return UNKNOWN


def _generators(form: Ratio) -> set[int]:
    monomials = (*form.num.monoms(), *form.den.monoms())
    return {index for exponents in monomials for index, power in enumerate(exponents) if power}


def _relevant(domain: Domain, space: Field, form: Ratio) -> Domain:
    """The part of ``domain`` on which ``form`` depends."""
    pending, seen = list(_generators(form)), set()
    while pending:
        index = pending.pop()
        if index not in seen:
            seen.add(index)
            atom = space.atoms[index]
            if atom.kind in ("log", "exp"):
                pending += _generators(atom.payload)
            elif atom.kind == "root":
                pending.append(atom.payload[0])
    symbols = {space.atoms[index].payload for index in seen if space.atoms[index].kind == "symbol"}
    kept: list[tuple[sympy.Symbol, Range]] = []
    for symbol, span in reversed(domain.ranges):
        if symbol in symbols:
            kept.insert(0, (symbol, span))
            symbols |= set().union(*(end.free_symbols for end in (span.lower, span.upper) if end is not None))
    return Domain(tuple(kept))


def _times(left: str, right: str) -> str:
    if "0" in (left, right):
        return "0"
    if UNKNOWN in (left, right):
        return UNKNOWN
    plus = (left in (POSITIVE, NONNEGATIVE)) == (right in (POSITIVE, NONNEGATIVE))
    strict = left in (POSITIVE, NEGATIVE) and right in (POSITIVE, NEGATIVE)
    sign = POSITIVE if strict else NONNEGATIVE
    return sign if plus else _MIRROR[sign]


def _even(sign: str) -> str:
    return POSITIVE if sign in (POSITIVE, NEGATIVE) else "0" if sign == "0" else NONNEGATIVE


def _weak(sign: str) -> str:
    return {POSITIVE: NONNEGATIVE, NEGATIVE: NONPOSITIVE}.get(sign, sign)


def _strict(sign: str) -> str:
    """A denominator must be shown to be nonzero."""
    return sign if sign in (POSITIVE, NEGATIVE) else UNKNOWN


def positivity(domain: Domain) -> Any:
    """The callback of ``normal_form``: +1 or -1 if a polynomial has that strict sign on all of ``domain``."""

    def sign(space: Field, polynomial: Any) -> int:
        form = Ratio(polynomial, space.context.constant(1))
        try:
            found = {Signs(space, case).of(form) for case in cases(_relevant(domain, space, form))}
        except Replan:  # the field is being built: it starts afresh with what was learnt
            raise
        except OutOfScope:
            return 0
        return 1 if found == {POSITIVE} else -1 if found == {NEGATIVE} else 0

    return sign
