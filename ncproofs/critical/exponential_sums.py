"""Sums of terms a ell^j exp(-k ell): derivatives, values on balls, and certified sign on (start, oo)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

import flint
import sympy
from flint import arb, fmpq

from ncproofs.losses.loss import ELL

__all__ = ["ExponentialSum"]

_BITS = 96
_BOXES = 6000


def _ball(value: Fraction | int) -> arb:
    value = Fraction(value)
    return arb(fmpq(value.numerator, value.denominator))


@dataclass(frozen=True)
class ExponentialSum:
    """``terms``: tuples (a, j, k) of nonzero a, whole j >= 0 and rational k, one for each (j, k)."""

    terms: tuple[tuple[Fraction, int, Fraction], ...]

    @classmethod
    def of(cls, terms: list[tuple[Fraction, int, Fraction]]) -> ExponentialSum:
        collected: dict[tuple[int, Fraction], Fraction] = defaultdict(Fraction)
        for a, j, k in terms:
            collected[j, k] += a
        return cls(tuple((a, j, k) for (j, k), a in sorted(collected.items()) if a))

    @classmethod
    def parse(cls, expression: sympy.Expr) -> ExponentialSum | None:
        """The sum that ``expression`` in ELL is, or None if it is not visibly one."""
        terms = []
        for part in sympy.Add.make_args(sympy.expand(expression)):
            term = _term(part)
            if term is None:
                return None
            terms.append(term)
        return cls.of(terms)

    def __add__(self, other: ExponentialSum) -> ExponentialSum:
        return self.of([*self.terms, *other.terms])

    def plus(self, constant: Fraction) -> ExponentialSum:
        return self.of([*self.terms, (Fraction(constant), 0, Fraction(0))])

    def damped(self) -> ExponentialSum:
        """The sum times exp(-ell)."""
        return self.of([(a, j, k + 1) for a, j, k in self.terms])

    def negated(self) -> ExponentialSum:
        return self.of([(-a, j, k) for a, j, k in self.terms])

    def derivative(self) -> ExponentialSum:
        parts = [(a * j, j - 1, k) for a, j, k in self.terms if j]
        return self.of(parts + [(-a * k, j, k) for a, j, k in self.terms])

    def at(self, ell: arb) -> arb:
        total = arb(0)
        for a, j, k in self.terms:
            total += _ball(a) * ell**j * (-_ball(k) * ell).exp()
        return total

    def at_zero(self) -> Fraction:
        return sum((a for a, j, _ in self.terms if j == 0), Fraction(0))

    def at_log(self, K: int) -> Fraction | None:
        """The value at log K if no power of log K and no root of K is left in it."""
        if any(j or k.denominator != 1 for _, j, k in self.terms):
            return None
        return sum((a * Fraction(K) ** int(-k) for a, _, k in self.terms), Fraction(0))

    def is_positive_beyond(self, start: arb | None = None) -> bool:
        """True is a proof that the sum is > 0 on (0, oo), or on [start, oo); False is no answer.

        Near 0 a zero is removed by integrating the derivative's sign; the tail is the dominant term times
        1 + remainders that decrease; in between, bisection in balls.
        """
        with flint.ctx.workprec(_BITS):
            far = self._tail()
            if far is None:
                return False
            near = self._head() if start is None else start.lower()
            return near is not None and (not near < far or self._middle(near, far))

    def _head(self) -> arb | None:
        """A point up to which the sum is certainly positive on (0, point]."""
        for halvings in range(12):
            point = arb(2) ** -halvings
            if self._positive_up_to(point, 4):
                return point
        return None

    def _positive_up_to(self, point: arb, orders: int) -> bool:
        value = self.at_zero()
        if value > 0:
            return bool(self.at(arb(0).union(point)) > 0)
        return value == 0 and orders > 0 and self.derivative()._positive_up_to(point, orders - 1)

    def _tail(self) -> arb | None:
        """A point from which the sum is certainly positive."""
        if not self.terms:
            return None
        lead, power, rate = min(self.terms, key=lambda term: (term[2], -term[1]))
        if lead < 0:
            return None
        for doublings in range(14):
            point = arb(2) ** doublings
            remainder = arb(0)
            for a, j, k in self.terms:
                if (j, k) == (power, rate):
                    continue
                if k > rate and not point * _ball(k - rate) >= j - power:
                    break  # ell^(j - power) exp(-(k - rate) ell) may still grow here
                remainder += abs(_ball(a / lead)) * point ** (j - power) * (-_ball(k - rate) * point).exp()
            else:
                if remainder < 1:
                    return point
        return None

    def _middle(self, near: arb, far: arb) -> bool:
        boxes, opened = [(near, far)], 0
        while boxes:
            low, high = boxes.pop()
            opened += 1
            if self.at(low.union(high)) > 0:
                continue
            middle = ((low + high) / 2).mid()
            if opened > _BOXES or self.at(middle) < 0:
                return False
            boxes += [(low, middle), (middle, high)]
        return True


def _term(part: sympy.Expr) -> tuple[Fraction, int, Fraction] | None:
    coefficient, rest = part.as_coeff_Mul()
    if not coefficient.is_Rational:
        return None
    power, rate = 0, Fraction(0)
    for factor in sympy.Mul.make_args(rest):
        base, exponent = factor.as_base_exp()
        if factor == 1:
            continue
        if base == ELL and exponent.is_Integer and exponent > 0:
            power += int(exponent)
        elif base is sympy.E and (ratio := sympy.cancel(exponent / ELL)).is_Rational:
            rate -= Fraction(int(ratio.p), int(ratio.q))
        else:
            return None
    return Fraction(int(coefficient.p), int(coefficient.q)), power, rate
