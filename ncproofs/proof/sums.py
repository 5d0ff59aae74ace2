"""Settle an identity between indexed sums for every size at once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

import sympy

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor
from ncproofs.proof.claims import SumIdentity
from ncproofs.proof.discharge import Effort
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["settle"]

_ATTEMPTS = 200
_LARGEST = 9


def settle(claim: SumIdentity, effort: Effort) -> Evidence:
    """Holds when ``left - right`` reduces to zero; refuted by exact numbers at small sizes; else undecided.

    Reduction is sound for all sizes because each rule of ``calculus.indexed`` is an identity for all sizes, and
    the remaining coefficients are decided as rational functions.
    """
    substitution = dict(claim.relations)
    difference = claim.left - claim.right
    remainder = {m: sympy.cancel(c.subs(substitution, simultaneous=True)) for m, c in difference.terms.items()}
    remainder = {m: c for m, c in remainder.items() if c != 0}
    sentence = claim.sentence or f"{claim.left} = {claim.right}"
    if not remainder:
        return Evidence(
            truth=Truth.HOLDS, rigor=Rigor.EXACT, sentence=sentence, covers="all sizes at which both sides are defined",
            because="left - right reduces to zero as indexed sums" + _given(claim),
        )
    witness = _refutation(IndexedSum(remainder), claim.relations, effort.seed)
    if witness is not None:
        return Evidence(
            truth=Truth.FAILS, rigor=Rigor.EXACT, sentence=sentence, witness=witness,
            because="the two sides differ at exact numbers",
        )
    return Evidence(
        truth=Truth.UNDECIDED, rigor=Rigor.EXACT, sentence=sentence,
        because=f"left - right reduces to {IndexedSum(remainder)}, which is not recognised as zero",
    )


def _given(claim: SumIdentity) -> str:
    spelled = ", ".join(f"{symbol} = {value}" for symbol, value in claim.relations)
    return f", given {spelled}" if spelled else ""


_Relations = tuple[tuple[sympy.Expr, sympy.Expr], ...]


def _refutation(difference: IndexedSum, relations: _Relations, seed: int) -> str | None:
    """Exact values at which ``difference`` is not zero, as a sentence; None if none was found."""
    generator = random.Random(seed)
    for _ in range(_ATTEMPTS):
        scalars = _random_scalars(difference, relations, generator)
        if scalars is None:
            continue
        values = {}
        for tensor in sorted(difference.tensors, key=lambda t: t.name):
            entries = _random_tensor(tensor, scalars, generator)
            if entries is not None:
                values[tensor] = entries
        if len(values) < len(difference.tensors):
            continue  # no such tensor at this size, or none that can be built from linear conditions
        for free in _assignments(sorted(difference.free), scalars):
            value = _evaluate(difference, scalars, values, free)
            if value not in (0, None):
                at = ", ".join(f"{s}={v}" for s, v in sorted(scalars.items(), key=str))
                return f"left - right = {value} at {at}, indices {free or 'none'}, random rational entries"
    return None


def _random_scalars(
    difference: IndexedSum, relations: _Relations, generator: random.Random
) -> dict[sympy.Symbol, sympy.Rational] | None:
    """Whole numbers (often squares, for square roots) and fractions that satisfy the relations.

    None where a size is no positive whole number or a coefficient is irrational.
    """
    sizes = {sympy.sympify(size, strict=True) for tensor in difference.tensors for size in tensor.sizes}
    sizes |= {sympy.sympify(index.size, strict=True) for monomial in difference.terms for index in monomial.summed}
    sizes |= {sympy.sympify(index.size, strict=True) for index in difference.free}
    related = [value for _, value in relations]
    symbols = set().union(*(e.free_symbols for e in (*sizes, *related, *difference.terms.values())))
    scalars = {
        s: sympy.Integer(generator.choice((4, 4, 9, 3, 5, 1, 2)))
        if s.is_integer
        else sympy.Rational(generator.randint(1, 9), 7)
        for s in sorted(symbols, key=str)
    }
    scalars |= {symbol: value.subs(scalars) for symbol, value in relations}
    whole = all(size.subs(scalars).is_Integer and 1 <= size.subs(scalars) <= _LARGEST for size in sizes)
    rational = all(coefficient.subs(scalars).is_Rational for coefficient in difference.terms.values())
    return scalars if whole and rational else None


def _random_tensor(
    tensor: Tensor, sizes: dict[sympy.Symbol, sympy.Rational], generator: random.Random
) -> dict[tuple[int, ...], sympy.Rational] | None:
    """Random rational entries with the declared linear properties; None where they are not linear."""
    if tensor.annihilates or tensor.unit is not None or tensor.orthogonal_to:
        return None
    shape = [int(sympy.sympify(size, strict=True).subs(sizes)) for size in tensor.sizes]
    cells = list(product(*map(range, shape)))
    if len(cells) > 400 or min(shape, default=1) < 1:
        return None
    if tensor.square_one:
        if tensor.symmetric or tensor.antisymmetric or tensor.zero_diagonal or tensor.zero_sum:
            return None
        return {cell: sympy.Integer(generator.choice((-1, 1))) for cell in cells}
    entries = {cell: sympy.Rational(generator.randint(-9, 9), generator.randint(1, 5)) for cell in cells}
    constraints = list(_linear_constraints(tensor, shape))
    if not constraints:
        return entries
    unknowns = {cell: position for position, cell in enumerate(cells)}
    matrix = sympy.zeros(len(constraints), len(cells))
    for row, constraint in enumerate(constraints):
        for cell, coefficient in constraint.items():
            matrix[row, unknowns[cell]] += coefficient
    basis = matrix.nullspace()
    if not basis:
        return None
    combination = sum((generator.randint(-3, 3) * vector for vector in basis), sympy.zeros(len(cells), 1))
    return {cell: combination[position] for cell, position in unknowns.items()}


def _linear_constraints(tensor: Tensor, shape: list[int]) -> Iterator[dict[tuple[int, ...], int]]:
    cells = product(*map(range, shape))
    for cell in cells:
        if (tensor.symmetric or tensor.antisymmetric) and cell[0] < cell[1]:
            yield {cell: 1, (cell[1], cell[0], *cell[2:]): -1 if tensor.symmetric else 1}
        if (tensor.zero_diagonal or tensor.antisymmetric) and cell[0] == cell[1]:
            yield {cell: 1}
        for slot in tensor.zero_sum:
            if cell[slot] == 0:
                yield {(*cell[:slot], position, *cell[slot + 1 :]): 1 for position in range(shape[slot])}


def _assignments(free: list[Index], sizes: dict[sympy.Symbol, sympy.Rational]) -> Iterator[dict[str, int]]:
    ranges = [range(int(sympy.sympify(index.size, strict=True).subs(sizes))) for index in free]
    for position, choice in enumerate(product(*ranges)):
        if position >= 40:
            return
        yield {index.name: value for index, value in zip(free, choice, strict=True)}


def _evaluate(
    difference: IndexedSum,
    sizes: dict[sympy.Symbol, sympy.Rational],
    values: dict[Tensor, dict[tuple[int, ...], sympy.Rational]],
    free: dict[str, int],
) -> sympy.Rational | None:
    result = sympy.Integer(0)
    for monomial, coefficient in difference.terms.items():
        number = coefficient.subs(sizes)
        if not number.is_Rational:
            return None
        ranges = [range(int(sympy.sympify(index.size, strict=True).subs(sizes))) for index in monomial.summed]
        subtotal = sympy.Integer(0)
        for choice in product(*ranges):
            place = free | {index.name: value for index, value in zip(monomial.summed, choice, strict=True)}
            subtotal += _product(monomial.factors, place, values)
        result += number * subtotal
    return result


def _product(
    factors: tuple[tuple[Tensor | None, tuple[Index, ...]], ...],
    place: dict[str, int],
    values: dict[Tensor, dict[tuple[int, ...], sympy.Rational]],
) -> sympy.Rational:
    result = sympy.Integer(1)
    for tensor, indices in factors:
        cell = tuple(place[index.name] for index in indices)
        result *= int(cell[0] == cell[1]) if tensor is None else values[tensor][cell]
    return result
