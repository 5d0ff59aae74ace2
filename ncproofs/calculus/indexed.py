"""Sums over classes, samples and coordinates whose sizes are symbols, reduced to a normal form.

An identity such as ``sum_k (1 - K e_k)(1 - K e_k)^T = K^2 (I - 11^T/K)`` holds for every K at once because both
sides reduce to the same combination of monomials. A monomial is a product of tensor entries under sums:

    sum_{k < K} sum_{a < d} w[k, a] h[k, i, a]          (i is a free index)

The reduction uses linearity and these rules only: ``sum_j delta[j, k] x[j] = x[k]``; ``sum_j 1 = K``; the declared
symmetries of a tensor (symmetric, antisymmetric, zero on the diagonal, entries of square one); a declared zero
sum over one slot; a declared zero contraction of two slots; unit vectors and vectors orthogonal to them.
Names of summed indices do not matter. Coefficients are rational functions of the sizes and of any other scalars.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import permutations, product
from typing import Any

import sympy

from ncproofs.errors import InvalidClaim

__all__ = ["Index", "IndexedSum", "Tensor", "delta", "scalar", "total"]


@dataclass(frozen=True)
class Index:
    """An index with the size of its range, e.g. ``Index("k", K)``."""

    name: str
    size: sympy.Expr

    def __str__(self) -> str:
        return self.name

    def __lt__(self, other: Index) -> bool:
        return (self.name, str(self.size)) < (other.name, str(other.size))


@dataclass(frozen=True)
class Tensor:
    """A named array with declared properties.

    Arguments:
        name: unique within an identity.
        sizes: the size of each slot's range.
        symmetric, antisymmetric: in its first two slots.
        zero_diagonal: entries with equal first two indices vanish.
        zero_sum: slots over which every sum vanishes.
        square_one: every entry squares to one (signs).
        annihilates: ``(slot, other name, other slot)``: the contraction of these two slots vanishes.
        unit: the slot over which every vector of entries has length one.
        orthogonal_to: ``(slot, other name, other slot)``: the contraction of these two slots vanishes when all
            other indices agree, as for a tangent vector of a sphere and its point.
    """

    name: str
    sizes: tuple[sympy.Expr, ...]
    symmetric: bool = False
    antisymmetric: bool = False
    zero_diagonal: bool = False
    zero_sum: tuple[int, ...] = ()
    square_one: bool = False
    annihilates: tuple[tuple[int, str, int], ...] = ()
    unit: int | None = None
    orthogonal_to: tuple[tuple[int, str, int], ...] = ()

    def __post_init__(self) -> None:
        paired = self.symmetric or self.antisymmetric or self.zero_diagonal
        if paired and (len(self.sizes) < 2 or self.sizes[0] != self.sizes[1]):
            raise InvalidClaim(f"{self.name} of sizes {self.sizes} cannot be symmetric in its first two slots")

    def __getitem__(self, indices: Index | tuple[Index, ...]) -> IndexedSum:
        indices = indices if isinstance(indices, tuple) else (indices,)
        if [index.size for index in indices] != list(self.sizes):
            given = ", ".join(f"{index}:{index.size}" for index in indices)
            raise InvalidClaim(f"{self.name} has slots of sizes {self.sizes}; got indices {given}")
        _refuse_reserved(indices)
        return _reduced([(_Monomial((), ((self, indices),)), sympy.Integer(1))], ("entry", self, indices))


@dataclass(frozen=True)
class _Monomial:
    """Summed indices, and factors (tensor, indices); ``None`` as tensor is a Kronecker delta."""

    summed: tuple[Index, ...]
    factors: tuple[tuple[Tensor | None, tuple[Index, ...]], ...]


@dataclass(frozen=True, eq=False)
class IndexedSum:
    """A combination of monomials in normal form; ``terms`` maps each monomial to its coefficient.

    ``origin`` is how it was written, before any rule was applied: ("number", value), ("entry", tensor or None for
    delta, indices), ("+", left, right), ("*", left, right), ("sum", indices, part), ("at", replacement, part) with
    sums as parts. None: as its terms. A certificate states an identity as it was written.
    """

    terms: Mapping[_Monomial, sympy.Expr]
    origin: tuple[Any, ...] | None = None

    def __add__(self, other: object) -> IndexedSum:
        terms, other = dict(self.terms), scalar(other)
        for monomial, coefficient in other.terms.items():
            terms[monomial] = terms.get(monomial, sympy.Integer(0)) + coefficient
        return IndexedSum({m: c for m, c in terms.items() if c != 0}, ("+", self, other))

    __radd__ = __add__

    def __neg__(self) -> IndexedSum:
        return IndexedSum({m: -c for m, c in self.terms.items()}, ("*", scalar(-1), self))

    def __sub__(self, other: object) -> IndexedSum:
        return self + (-scalar(other))

    def __rsub__(self, other: object) -> IndexedSum:
        return scalar(other) - self

    def __mul__(self, other: object) -> IndexedSum:
        if isinstance(other, (int, sympy.Expr)):
            factor = sympy.sympify(other, strict=True)
            terms = {m: c * factor for m, c in self.terms.items() if factor != 0}
            return IndexedSum(terms, ("*", scalar(factor), self))
        return self._times(scalar(other))

    __rmul__ = __mul__

    def __truediv__(self, other: sympy.Expr | int) -> IndexedSum:
        return self * (1 / sympy.sympify(other, strict=True))

    def __pow__(self, power: int) -> IndexedSum:
        if not isinstance(power, int) or isinstance(power, bool) or power < 0:
            raise InvalidClaim(f"the power {power} of an indexed sum given; write a whole number >= 0")
        result = scalar(1)
        for _ in range(power):
            result = result * self
        return result

    def _times(self, other: IndexedSum) -> IndexedSum:
        terms = []
        for (left, a), (right, b) in product(self.terms.items(), other.terms.items()):
            right = _renamed_apart(right, left)
            terms.append((_Monomial(left.summed + right.summed, left.factors + right.factors), a * b))
        return _reduced(terms, ("*", self, other))

    def at(self, replacement: Mapping[Index, Index]) -> IndexedSum:
        """The same expression with free indices renamed to indices of the same range."""
        for old, new in replacement.items():
            if old.size != new.size:
                raise InvalidClaim(f"{old} ranges over {old.size} and {new} over {new.size}; rename within one range")
        return _reduced(
            ((_substituted(_renamed_apart_from(m, replacement), replacement), c) for m, c in self.terms.items()),
            ("at", dict(replacement), self),
        )

    @property
    def free(self) -> set[Index]:
        """The free indices."""
        found = (set().union(*(i for _, i in m.factors)) - set(m.summed) for m in self.terms if m.factors)
        return set().union(*found) if self.terms else set()

    @property
    def tensors(self) -> set[Tensor]:
        return {tensor for m in self.terms for tensor, _ in m.factors if tensor is not None}

    def __str__(self) -> str:
        return " + ".join(f"({c})*{_spelled(m)}" for m, c in self.terms.items()) or "0"


def scalar(value: object) -> IndexedSum:
    """A number or SymPy expression as an indexed sum (with no indices)."""
    if isinstance(value, IndexedSum):
        return value
    expression = sympy.sympify(value, strict=True)
    if not isinstance(expression, sympy.Expr):
        raise InvalidClaim(f"{value!r} is not a scalar")
    return IndexedSum({_Monomial((), ()): expression} if expression != 0 else {}, ("number", expression))


def delta(left: Index, right: Index) -> IndexedSum:
    """Kronecker's delta of two indices of the same range."""
    if left.size != right.size:
        raise InvalidClaim(f"delta[{left}, {right}] joins ranges of sizes {left.size} and {right.size}")
    _refuse_reserved((left, right))
    return _reduced([(_Monomial((), ((None, (left, right)),)), sympy.Integer(1))], ("entry", None, (left, right)))


def _refuse_reserved(indices: Iterable[Index]) -> None:
    reserved = [index.name for index in indices if index.name.startswith("_")]
    if reserved:
        raise InvalidClaim(f"the index name {reserved[0]!r} is reserved for summed indices; drop the underscore")


def total(expression: IndexedSum, *indices: Index) -> IndexedSum:
    """The sum of ``expression`` over each of ``indices``."""
    if len(set(indices)) < len(indices):
        raise InvalidClaim(f"a sum over {', '.join(map(str, indices))} names an index twice; nest two sums instead")
    terms, part = [], scalar(expression)
    for monomial, coefficient in part.terms.items():
        monomial = _renamed_apart_from(monomial, dict.fromkeys(indices))
        terms.append((_Monomial(monomial.summed + indices, monomial.factors), coefficient))
    return _reduced(terms, ("sum", indices, part))


# --- normal form ------------------------------------------------------------------------------------------


def _reduced(terms: Iterable[tuple[_Monomial, sympy.Expr]], origin: tuple[Any, ...]) -> IndexedSum:
    """The normal form of a sum of terms; the same monomial may occur in it more than once."""
    result: dict[_Monomial, sympy.Expr] = {}
    for monomial, coefficient in terms:
        factor, normal = _normal(monomial)
        if factor != 0:
            result[normal] = result.get(normal, sympy.Integer(0)) + coefficient * factor
    return IndexedSum({m: c for m, c in result.items() if c != 0}, origin)


def _normal(monomial: _Monomial) -> tuple[sympy.Expr, _Monomial]:
    """``monomial == factor * normal`` with ``normal`` the same for every way of writing it."""
    monomial = _without_units(_without_deltas(monomial))
    used = [index for _, indices in monomial.factors for index in indices]
    factor = sympy.Integer(1)
    kept = []
    for index in monomial.summed:
        if index in used:
            kept.append(index)
        else:
            factor *= index.size
    if _vanishes(kept, monomial.factors):
        return sympy.Integer(0), monomial
    sign, canonical = _canonical(tuple(kept), monomial.factors)
    return factor * sign, canonical


def _without_deltas(monomial: _Monomial) -> _Monomial:
    summed, factors = list(monomial.summed), list(monomial.factors)
    for position, (tensor, indices) in enumerate(factors):
        if tensor is not None:
            continue
        left, right = sorted(indices)
        rest = factors[:position] + factors[position + 1 :]
        if left == right:
            return _without_deltas(_Monomial(tuple(summed), tuple(rest)))
        gone = left if left in summed else right
        other = right if gone is left else left
        replaced = [(t, tuple(other if i == gone else i for i in old)) for t, old in rest]
        if gone in summed:
            summed.remove(gone)
            return _without_deltas(_Monomial(tuple(summed), tuple(replaced)))
        if replaced != rest:  # delta[j, k] x[k] = delta[j, k] x[j] for free j, k; one of two equal deltas goes
            return _without_deltas(_Monomial(tuple(summed), (*replaced, (None, (left, right)))))
    return _Monomial(tuple(summed), tuple(factors))


def _without_units(monomial: _Monomial) -> _Monomial:
    """``sum_a u[.., a] u[.., a] = 1`` for a tensor of unit vectors, once for every such pair."""
    for index in monomial.summed:
        places = [position for position, (_, indices) in enumerate(monomial.factors) if index in indices]
        if len(places) != 2:
            continue
        (tensor, left), (other, right) = (monomial.factors[place] for place in places)
        if tensor is not None and tensor == other and left == right and tensor.unit is not None:
            if left.count(index) == 1 and left[tensor.unit] == index:
                kept = tuple(f for place, f in enumerate(monomial.factors) if place not in places)
                return _without_units(_Monomial(tuple(i for i in monomial.summed if i != index), kept))
    return monomial


def _vanishes(summed: list[Index], factors: tuple[tuple[Tensor | None, tuple[Index, ...]], ...]) -> bool:
    for tensor, indices in factors:
        if tensor is not None and (tensor.zero_diagonal or tensor.antisymmetric) and indices[0] == indices[1]:
            return True
    for index in summed:
        places = [
            (position, t, slot)
            for position, (t, indices) in enumerate(factors)
            for slot, i in enumerate(indices)
            if i == index
        ]
        if len(places) == 1 and places[0][1] is not None and places[0][2] in places[0][1].zero_sum:
            return True
        apart = len(places) == 2 and places[0][0] != places[1][0]  # a trace is no contraction of two factors
        if apart and _annihilate(*places[0][1:], *places[1][1:]):
            return True
        if len(places) == 2 and _orthogonal(index, factors):
            return True
    return False


def _orthogonal(index: Index, factors: tuple[tuple[Tensor | None, tuple[Index, ...]], ...]) -> bool:
    """The two factors that carry ``index`` are declared orthogonal, and their other indices agree."""
    carrying = [(tensor, indices) for tensor, indices in factors if index in indices]
    if len(carrying) != 2:
        return False
    for (tensor, left), (other, right) in (carrying, carrying[::-1]):
        if tensor is None or other is None:
            return False
        slots = (left.index(index), other.name, right.index(index))
        rest = [i for i in left if i != index], [i for i in right if i != index]
        if slots in tensor.orthogonal_to and rest[0] == rest[1]:
            return True
    return False


def _annihilate(left: Tensor | None, left_slot: int, right: Tensor | None, right_slot: int) -> bool:
    if left is None or right is None:
        return False
    return (left_slot, right.name, right_slot) in left.annihilates or (
        right_slot, left.name, left_slot
    ) in right.annihilates


def _canonical(
    summed: tuple[Index, ...], factors: tuple[tuple[Tensor | None, tuple[Index, ...]], ...]
) -> tuple[sympy.Expr, _Monomial]:
    """The smallest spelling over all namings of the summed indices, with the sign of antisymmetric swaps.

    The sign is 0 when two namings give the same monomial with opposite signs, as for sum_{j,k} r[j,k] x[j] x[k].
    """
    groups: dict[sympy.Expr, list[Index]] = {}
    for index in summed:
        groups.setdefault(index.size, []).append(index)
    best: tuple[tuple[str, ...], sympy.Expr, _Monomial] | None = None
    for choice in product(*(permutations(range(len(group))) for group in groups.values())):
        naming = {
            index: Index(f"_{size}{position}", size)
            for (size, group), order in zip(groups.items(), choice, strict=True)
            for index, position in zip(group, order, strict=True)
        }
        sign, ordered = _sorted_factors(
            [(t, tuple(naming.get(i, i) for i in indices)) for t, indices in factors]
        )
        spelling = tuple(_factor_spelled(*factor) for factor in ordered)
        if best is None or spelling < best[0]:
            names = tuple(sorted(naming.values()))
            best = (spelling, sign, _Monomial(names, ordered))
        elif best[1] == -sign and best[2].factors == ordered:  # it equals its own negative
            best = (best[0], sympy.Integer(0), best[2])
    assert best is not None  # the product over groups has at least the empty choice
    return best[1], best[2]


def _sorted_factors(
    factors: list[tuple[Tensor | None, tuple[Index, ...]]],
) -> tuple[sympy.Expr, tuple[tuple[Tensor | None, tuple[Index, ...]], ...]]:
    sign = sympy.Integer(1)
    ordered = []
    for tensor, indices in factors:
        swap = indices[:2] != tuple(sorted(indices[:2]))
        if swap and (tensor is None or tensor.symmetric or tensor.antisymmetric):
            indices = (indices[1], indices[0], *indices[2:])
            sign = -sign if tensor is not None and tensor.antisymmetric else sign
        ordered.append((tensor, indices))
    ordered.sort(key=lambda factor: _factor_spelled(*factor))
    kept: list[tuple[Tensor | None, tuple[Index, ...]]] = []
    for factor in ordered:
        if kept and kept[-1] == factor and factor[0] is not None and factor[0].square_one:
            kept.pop()
        else:
            kept.append(factor)
    return sign, tuple(kept)


def _factor_spelled(tensor: Tensor | None, indices: Iterable[Index]) -> str:
    return f"{tensor.name if tensor else 'delta'}[{','.join(map(str, indices))}]"


def _spelled(monomial: _Monomial) -> str:
    body = " ".join(_factor_spelled(*factor) for factor in monomial.factors) or "1"
    return f"sum_{{{','.join(map(str, monomial.summed))}}} {body}" if monomial.summed else body


def _renamed_apart(monomial: _Monomial, other: _Monomial) -> _Monomial:
    taken = {index: None for _, indices in other.factors for index in indices} | dict.fromkeys(other.summed)
    return _renamed_apart_from(monomial, taken)


def _renamed_apart_from(monomial: _Monomial, taken: Mapping[Index, object]) -> _Monomial:
    """``monomial`` with its summed indices renamed away from ``taken`` and from its own free indices."""
    names = {index.name for index in taken} | {i.name for _, indices in monomial.factors for i in indices}
    naming: dict[Index, Index] = {}
    for index in monomial.summed:
        fresh, count = index.name, 0
        while fresh in names:
            fresh, count = f"{index.name}'{count}", count + 1
        names.add(fresh)
        naming[index] = Index(fresh, index.size)
    return _substituted(monomial, naming)


def _substituted(monomial: _Monomial, naming: Mapping[Index, Index]) -> _Monomial:
    return _Monomial(
        tuple(naming.get(index, index) for index in monomial.summed),
        tuple((t, tuple(naming.get(i, i) for i in indices)) for t, indices in monomial.factors),
    )
