r"""The symbols of one document under names that print apart: different symbols never look alike in any format.

``s1`` and ``s_1`` are both set as s with index 1, a symbol ``log`` looks like the logarithm, and SymPy allows two
symbols of one name that differ in their assumptions. Here every name becomes a plain one, and where two would look
alike all but one get a number. Symbols are renamed one to one, so that a renamed claim says the same.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sympy
from sympy.core.function import AppliedUndef, UndefinedFunction

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor
from ncproofs.proof.claims import Claim, Identity, Sign, SumIdentity, UniqueRoot, Wording
from ncproofs.proof.domain import Domain, Range
from ncproofs.report.spelling import spelled
from ncproofs.report.steps import Formula
from ncproofs.report.typesetting import name_latex
from ncproofs.report.written_sums import entries_of, free_indices, parts_of

__all__ = ["names_of", "printed_apart"]

#: A thing with a name: a SymPy symbol, the f of f(x), an array (Tensor), or a free Index.
Named = Any
#: Words that are printed for functions.
_RESERVED = ("log", "exp", "sqrt", "sin", "cos", "sinh", "cosh", "tanh", "min", "max", "sum")


def printed_apart(claims: Sequence[Claim]) -> tuple[tuple[Claim, ...], tuple[tuple[Formula, str], ...]]:
    """The claims as they are to be printed, and for each name that had to be changed what it stands for.

    Over all claims, different names get different renderings, and so do arrays of one name and size with different
    properties; anything else of one name is told apart within a claim.
    A sum identity is to be proved in its own names: those may decide the order of its normal form.
    """
    found = [_named(claim) for claim in claims]
    names = {_name(thing) for things in found for thing in things}
    table, taken = _table(names, _constants(claims))
    arrays, taken = _arrays_apart(found, table, taken)
    renamed, notes = [], {new: old for old, new in table.items() if old != new}
    for claim, things in zip(claims, found, strict=True):
        naming, more = _naming(things, {**table, **arrays}, taken)
        changed = {  # a Dummy is printed with an underscore that is not in its name
            thing: new for thing, new in naming.items() if new != _name(thing) or isinstance(thing, sympy.Dummy)
        }
        renamed.append(_Renaming(changed).claim(claim) if changed else claim)
        notes.update({new: old for new, old in more.items() if new != old})
    said = ((new, f"called {old!a} by the theorem") for new, old in sorted(notes.items()) if new != old)
    return tuple(renamed), tuple((Formula(new, name_latex(new)), meaning) for new, meaning in said)


def names_of(claims: Iterable[Claim]) -> frozenset[str]:
    """The names of symbols, functions and arrays in the claims: a bound index that had one would get its meaning."""
    return frozenset(_name(thing) for claim in claims for thing in _named(claim) if not isinstance(thing, Index))


# --- which names there are --------------------------------------------------------------------------------


def _name(thing: Named) -> str:
    return thing.__name__ if isinstance(thing, UndefinedFunction) else str(thing.name)


def _expressions(claim: Claim) -> Iterator[Any]:
    """Every expression and sum of a claim that is printed."""
    if isinstance(claim, (Identity, SumIdentity)):
        yield from (claim.left, claim.right)
        if claim.wording is not None:
            yield from (claim.wording.left, claim.wording.right)
            yield from (part for pair in claim.wording.letters for part in pair)
    if isinstance(claim, SumIdentity):
        yield from (part for pair in claim.relations for part in pair)
    if isinstance(claim, (Sign, UniqueRoot)):
        yield claim.expression
    if isinstance(claim, UniqueRoot):
        yield from (claim.variable, claim.lower, claim.upper)
    if isinstance(claim, (Identity, Sign)):
        for symbol, span in claim.where:
            yield from (part for part in (symbol, span.lower, span.upper) if part is not None)


def _scalars(part: Any) -> Iterator[sympy.Basic]:
    """The SymPy expressions in an expression or a sum, in its normal form and as it was written."""
    if not isinstance(part, IndexedSum):
        yield sympy.sympify(part, strict=True)
        return
    for here in parts_of(part):
        yield from here.terms.values()
        yield from (piece for piece in here.origin or () if isinstance(piece, sympy.Basic))
    for tensor, indices in entries_of(part):
        yield from (size for index in indices for size in (index.size,))
        yield from tensor.sizes if tensor is not None else ()


def _named(claim: Claim) -> list[Named]:
    """The things of a claim that have names, in a fixed order."""
    found: set[Named] = set()
    for part in _expressions(claim):
        for scalar in _scalars(part):
            found |= scalar.atoms(sympy.Symbol)
            found |= {applied.func for applied in scalar.atoms(AppliedUndef)}
        if isinstance(part, IndexedSum):
            found |= {tensor for tensor, _ in entries_of(part) if tensor is not None}
            found |= free_indices(part)
    return sorted(found, key=lambda thing: (_name(thing), type(thing).__name__, _told(thing)))


def _told(thing: Named) -> str:
    """What tells things of one name apart, the same in every run."""
    if isinstance(thing, sympy.Symbol):
        return str(sorted(thing.assumptions0.items()))
    return str(thing.size) if isinstance(thing, Index) else str(thing)


def _constants(claims: Iterable[Claim]) -> set[str]:
    """How the constants and functions in the claims are printed."""
    taken = {word for name in _RESERVED for word in (name, name_latex(name))}
    scalars = {_name(thing) for things in map(_named, claims) for thing in things if not isinstance(thing, Tensor)}
    bare = {"e", "E"} & {name for name in map(spelled, scalars)}  # an entry of an array e has its indices
    for claim in claims:
        for scalar in (scalar for part in _expressions(claim) for scalar in _scalars(part)):
            taken |= _looks("pi") if scalar.has(sympy.pi) else set()
            taken |= bare & {"e"} if scalar.has(sympy.exp) or scalar.has(sympy.E) else set()
            taken |= bare & {"E"} if scalar.has(sympy.E) else set()
            for inside in scalar.atoms(sympy.Abs):
                taken |= _looks(f"|{inside.args[0]}|") if inside.args[0].is_Symbol else set()
        if isinstance(claim, SumIdentity) and any(
            tensor is None for side in (claim.left, claim.right) if isinstance(side, IndexedSum)
            for tensor, _ in entries_of(side)
        ):
            taken |= _looks("delta")
    return taken


# --- names that print apart -------------------------------------------------------------------------------


def _looks(name: str) -> set[str]:
    """The renderings of a plain name."""
    return {name, name_latex(name)}


def _fresh(name: str, taken: set[str]) -> str:
    """``name``, or the first of name_2, name_3, ... that looks like nothing that is taken."""
    new, count = name, 1
    while _looks(new) & taken:
        count += 1
        new = f"{name.strip('|')}_{count}"
    return new


def _table(names: Iterable[str], taken: set[str]) -> tuple[dict[str, str], set[str]]:
    """Name -> printed name, all with renderings of their own, and the renderings; plain names choose first."""
    table: dict[str, str] = {}
    used = set(taken)
    for name in sorted(names, key=lambda name: (spelled(name) != name, bool(re.search(r"[A-Za-z]\d", name)), name)):
        table[name] = _fresh(spelled(name), used)
        used |= _looks(table[name])
    return table, used


def _arrays_apart(
    found: Iterable[Sequence[Named]], table: Mapping[str, str], taken: set[str]
) -> tuple[dict[Named, str], set[str]]:
    """Array -> printed name; the first of its name and sizes keeps that of the table."""
    naming: dict[Named, str] = {}
    first: dict[tuple[Any, ...], Tensor] = {}
    used = set(taken)
    for array in (thing for things in found for thing in things if isinstance(thing, Tensor)):
        kept = first.setdefault((array.name, array.sizes), array)
        if array not in naming:
            naming[array] = table[array.name] if kept == array else _fresh(table[array.name], used)
            used |= _looks(naming[array])
    return naming, used


def _naming(
    things: Sequence[Named], table: Mapping[Any, str], taken: set[str]
) -> tuple[dict[Named, str], dict[str, str]]:
    """Thing -> printed name in one claim, and the new names that only this claim needs."""
    naming: dict[Named, str] = {}
    more: dict[str, str] = {}
    used = set(taken)
    for thing in things:
        new = table.get(thing, table[_name(thing)])
        more |= {new: thing.name} if thing in table else {}
        if new in naming.values():
            new = _fresh(new, used)
            more[new] = _name(thing)
            used |= _looks(new)
        naming[thing] = new
    return naming, more


# --- claims in other names --------------------------------------------------------------------------------


class _Renaming:
    """A claim with its things under other names."""

    def __init__(self, naming: Mapping[Named, str]) -> None:
        self.naming = naming
        self.symbols = {
            thing: sympy.Symbol(new, **thing.assumptions0)
            for thing, new in naming.items() if isinstance(thing, sympy.Symbol)
        }
        self.arrays = {thing.name: new for thing, new in naming.items() if isinstance(thing, Tensor)}
        self.sums: dict[int, IndexedSum] = {}

    def claim(self, claim: Claim) -> Claim:
        changes: dict[str, Any] = {}
        for name in ("left", "right", "expression", "variable", "lower", "upper"):
            if isinstance(claim, (Identity, SumIdentity, Sign, UniqueRoot)) and hasattr(claim, name):
                changes[name] = self.part(getattr(claim, name))
        if isinstance(claim, (Identity, Sign)):
            changes["where"] = self.domain(claim.where)
        if isinstance(claim, SumIdentity):
            changes["relations"] = tuple((self.part(left), self.part(right)) for left, right in claim.relations)
        if isinstance(claim, (Identity, SumIdentity)) and claim.wording is not None:
            kept = claim.wording
            letters = tuple((self.part(letter), self.part(value)) for letter, value in kept.letters)
            changes["wording"] = Wording(self.part(kept.left), self.part(kept.right), letters)
        return dataclasses.replace(claim, **changes)

    def domain(self, where: Domain) -> Domain:
        def end(value: sympy.Expr | None) -> sympy.Expr | None:
            return None if value is None else self.part(value)

        return Domain(tuple(
            (self.symbols.get(symbol, symbol), Range(end(span.lower), end(span.upper), span.lower_open,
                                                     span.upper_open, span.integer))
            for symbol, span in where
        ))

    def part(self, part: Any) -> Any:
        if isinstance(part, IndexedSum):
            return self.sum(part)
        return self.expression(sympy.sympify(part, strict=True))

    def expression(self, node: sympy.Basic) -> sympy.Basic:
        if isinstance(node, sympy.Symbol):
            return self.symbols.get(node, node)
        arguments = tuple(map(self.expression, node.args))
        if isinstance(node, AppliedUndef) and node.func in self.naming:
            return sympy.Function(self.naming[node.func])(*arguments)
        return node if arguments == node.args else node.func(*arguments)

    def sum(self, part: IndexedSum) -> IndexedSum:
        """Parts are shared, so each is renamed once."""
        if id(part) not in self.sums:
            terms = {
                dataclasses.replace(
                    monomial, summed=tuple(map(self.index, monomial.summed)),
                    factors=tuple((self.array(t), tuple(map(self.index, old))) for t, old in monomial.factors),
                ): self.part(coefficient)
                for monomial, coefficient in part.terms.items()
            }
            origin = None if part.origin is None else (part.origin[0], *map(self.piece, part.origin[1:]))
            self.sums[id(part)] = IndexedSum(terms, origin)
        return self.sums[id(part)]

    def piece(self, piece: Any) -> Any:
        """A part of an origin."""
        if isinstance(piece, tuple):
            return tuple(map(self.index, piece))
        if isinstance(piece, dict):
            return {self.index(old): self.index(new) for old, new in piece.items()}
        return self.array(piece) if piece is None or isinstance(piece, Tensor) else self.part(piece)

    def index(self, index: Index) -> Index:
        return Index(self.naming.get(index, index.name), self.part(index.size))

    def array(self, tensor: Tensor | None) -> Tensor | None:
        if tensor is None:
            return None
        return dataclasses.replace(
            tensor, name=self.naming.get(tensor, tensor.name), sizes=tuple(map(self.part, tensor.sizes)),
            annihilates=self.others(tensor.annihilates), orthogonal_to=self.others(tensor.orthogonal_to),
        )

    def others(self, properties: Iterable[tuple[int, str, int]]) -> tuple[tuple[int, str, int], ...]:
        return tuple((slot, self.arrays.get(name, name), there) for slot, name, there in properties)
