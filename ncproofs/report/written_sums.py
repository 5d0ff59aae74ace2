r"""Indexed sums as their author wrote them, before any reduction: as a tree with unambiguous letters, LaTeX, text.

An ``IndexedSum`` keeps its ``origin``. Here bound indices get letters that clash with nothing, products and sums are
flattened and numbers collected; nothing is computed, so both sides of an identity can be seen as they were claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from itertools import count as numbers
from typing import Any

import sympy

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor
from ncproofs.report.spelling import spelled
from ncproofs.report.typesetting import name_latex, symbolic

__all__ = [
    "Dialect",
    "Entry",
    "Node",
    "Number",
    "Plus",
    "Sum",
    "Times",
    "chunks",
    "entries_of",
    "free_indices",
    "letters_under",
    "number_latex",
    "number_text",
    "parts_of",
    "taken_letters",
    "total_latex",
    "valued",
    "written",
]

_MOST_PARTS = 2000
_POOLS = {"K": "kljmrv", "n": "iuv", "N": "stuv", "d": "apqr"}


@dataclass(frozen=True)
class Entry:
    """An entry of a tensor, or a delta (``tensor`` is None), with letters for indices."""

    tensor: Tensor | None
    indices: tuple[str, ...]


@dataclass(frozen=True)
class Number:
    value: sympy.Expr


@dataclass(frozen=True)
class Plus:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Times:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Sum:
    """The sum of ``body`` over letters, each with the size of its range."""

    letters: tuple[str, ...]
    sizes: tuple[sympy.Expr, ...]
    body: Node


Node = Entry | Number | Plus | Times | Sum


def taken_letters(sides: Iterable[IndexedSum], reserved: frozenset[str] = frozenset()) -> set[str]:
    """Names that no bound index may get: symbols, arrays, the indices that are free in a side, what is reserved."""
    taken: set[str] = set(reserved)
    for side in sides:
        for monomial, coefficient in side.terms.items():
            taken |= {str(symbol) for symbol in coefficient.free_symbols}
            for tensor, indices in monomial.factors:
                taken |= {tensor.name if tensor else "delta"}
                taken |= {index.name for index in indices if index not in monomial.summed}
                taken |= {str(s) for index in indices for s in index.size.free_symbols}
    return taken


def written(sides: Sequence[IndexedSum], reserved: frozenset[str] = frozenset()) -> list[Node] | None:
    """The sides as written, with letters that clash with nothing in any of them; None if one is not known.

    ``reserved``: names with a meaning in the rest of the document, which no bound index gets either.
    """
    free = {index.name for side in sides for index in free_indices(side)}
    arrays = {tensor.name for side in sides for tensor, _ in entries_of(side) if tensor is not None}
    nodes = [resolved(side, taken_letters(sides, reserved) | free | arrays) for side in sides]
    known = [node for node in nodes if node is not None]
    return known if len(known) == len(nodes) else None


def free_indices(expression: IndexedSum) -> set[Index]:
    """Free indices of the sum as it was written; some may cancel in the normal form."""
    known: dict[int, set[Index]] = {}  # parts are shared, so each is looked at once

    def free(part: IndexedSum) -> set[Index]:
        if id(part) not in known:
            known[id(part)] = _free_here(part, free)
        return known[id(part)]

    return free(expression)


def _free_here(expression: IndexedSum, free: Callable[[IndexedSum], set[Index]]) -> set[Index]:
    if expression.origin is None:
        return expression.free
    kind, *rest = expression.origin
    if kind == "entry":
        return set(rest[1])
    if kind == "sum":
        return free(rest[1]) - set(rest[0])
    if kind == "at":
        return {rest[0].get(index, index) for index in free(rest[1])}
    return set().union(*(free(part) for part in rest if isinstance(part, IndexedSum)))


def resolved(expression: IndexedSum, taken: Iterable[str]) -> Node | None:
    """``expression`` as written; None where only its normal form is known, or where it is too long to be read."""
    if _length(expression) > _MOST_PARTS:
        return None
    try:
        return _resolve(expression, {}, frozenset(taken))
    except _Unknown:
        return None


def _length(expression: IndexedSum) -> int:
    """How many parts the sum has when every shared part is written out."""
    known: dict[int, int] = {}

    def length(part: IndexedSum) -> int:
        if id(part) not in known:
            inner = [piece for piece in part.origin or () if isinstance(piece, IndexedSum)]
            known[id(part)] = 1 + sum(map(length, inner))
        return known[id(part)]

    return length(expression)


def parts_of(expression: IndexedSum) -> Iterator[IndexedSum]:
    """The sum and every sum that it was written from, each once."""
    seen: set[int] = set()
    waiting = [expression]
    while waiting:
        part = waiting.pop()
        if id(part) not in seen:
            seen.add(id(part))
            yield part
            waiting += [inner for inner in part.origin or () if isinstance(inner, IndexedSum)]


def entries_of(expression: IndexedSum) -> Iterator[tuple[Tensor | None, tuple[Index, ...]]]:
    """Every entry that was written, also those that cancel in the normal form; indices as they were named."""
    for part in parts_of(expression):
        if part.origin is None:
            yield from (factor for monomial in part.terms for factor in monomial.factors)
            continue
        kind, *rest = part.origin
        if kind == "entry":
            yield rest[0], rest[1]
        if kind == "at":
            yield from ((None, (new, new)) for new in rest[0].values())


class _Unknown(Exception):
    """A part of the sum that has no origin."""


def _resolve(expression: IndexedSum, scope: Mapping[Index, str], taken: frozenset[str]) -> Node:
    if expression.origin is None:
        raise _Unknown
    kind, *rest = expression.origin
    if kind == "number":
        return Number(rest[0])
    if kind == "entry":
        return Entry(rest[0], tuple(scope.get(index, index.name) for index in rest[1]))
    if kind == "at":
        naming, part = rest
        inner = {**scope, **{old: scope.get(new, new.name) for old, new in naming.items()}}
        return _resolve(part, inner, taken)
    if kind == "sum":
        return _resolved_sum(rest[0], rest[1], scope, taken)
    parts = [_resolve(part, scope, taken) for part in rest]
    return _plus(parts) if kind == "+" else _times(parts)


def _resolved_sum(
    indices: Sequence[Index], part: IndexedSum, scope: Mapping[Index, str], taken: frozenset[str]
) -> Node:
    used, inner = set(taken) | set(scope.values()), dict(scope)
    shown = set(map(name_latex, used))
    for index in indices:
        likely = _POOLS.get(str(index.size), "") + "ijklmpqrstuv"
        pool = chain([spelled(index.name)], likely, map("i_{}".format, numbers()))
        inner[index] = next(letter for letter in pool if letter not in used and name_latex(letter) not in shown)
        used.add(inner[index])
        shown.add(name_latex(inner[index]))
    # What ``at`` takes out of the scope is still bound around here.
    body = _resolve(part, inner, frozenset(used))
    letters, sizes = tuple(inner[index] for index in indices), tuple(index.size for index in indices)
    if body == Number(sympy.Integer(0)):
        return body
    if isinstance(body, Sum):
        return Sum(letters + body.letters, sizes + body.sizes, body.body)
    return Sum(letters, sizes, body)


def _plus(parts: Iterable[Node]) -> Node:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Plus) else (part,))]
    kept = tuple(part for part in flat if part != Number(sympy.Integer(0)))
    return kept[0] if len(kept) == 1 else Plus(kept) if kept else Number(sympy.Integer(0))


def _times(parts: Iterable[Node]) -> Node:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Times) else (part,))]
    number = sympy.Mul(*(part.value for part in flat if isinstance(part, Number)))
    others = tuple(part for part in flat if not isinstance(part, Number))
    if number == 0 or not others:
        return Number(number)
    kept = others if number == 1 else (Number(number), *others)
    return kept[0] if len(kept) == 1 else Times(kept)


def valued(node: Node | None, letters: Sequence[tuple[Any, sympy.Expr]]) -> Node | None:
    """``node`` with the values of its letters in its numbers."""
    if isinstance(node, Number):
        number = node.value
        for letter, value in letters:
            number = number.xreplace({letter: value})
        return Number(number.doit())
    if isinstance(node, Sum):
        inner = valued(node.body, letters)
        return None if inner is None else replace(node, body=inner)
    if isinstance(node, (Plus, Times)):
        parts = [valued(part, letters) for part in node.parts]
        return replace(node, parts=tuple(part for part in parts if part is not None))
    return node


# --- for people -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Dialect:
    """How entries, inner products, sums and numbers are spelled."""

    entry: Any
    inner: Any
    total: Any
    number: Any
    power: Any
    brackets: tuple[str, str]


def chunks(node: Node, dialect: Dialect) -> list[list[str]]:
    """Term by term, each in pieces between which a line may be broken; all but the very first begin with a sign."""
    terms: list[list[str]] = []
    for part in node.parts if isinstance(node, Plus) else (node,):
        first, *rest = _term(part, dialect)
        if terms and not first.startswith("- "):
            first = f"+ {first}"
        terms.append([first, *rest])
    return terms


def _pieces(node: Node, dialect: Dialect) -> list[str]:
    return [piece for term in chunks(node, dialect) for piece in term]


def _term(node: Node, dialect: Dialect) -> list[str]:
    """A term: its sign, its number, sums and factors; a bracketed sum inside may be broken."""
    if isinstance(node, Plus):
        return _powered(_pieces(node, dialect), 1, dialect)
    if isinstance(node, Number):
        negative = not node.value.is_Add and node.value.could_extract_minus_sign()
        return [f"- {dialect.number(-node.value, alone=True)}" if negative else dialect.number(node.value, alone=True)]
    number, body = _split(node)
    sign = ""
    if not number.is_Add and number.could_extract_minus_sign():
        sign, number = "- ", -number
    head = "" if number == 1 else f"{dialect.number(number, alone=False)} "
    pieces = _product(body, dialect)
    return [f"{sign}{head}{pieces[0]}", *pieces[1:]]


def _split(node: Node) -> tuple[sympy.Expr, tuple[Node, ...]]:
    parts = node.parts if isinstance(node, Times) else (node,)
    if isinstance(parts[0], Number):
        return parts[0].value, parts[1:]
    return sympy.Integer(1), parts


def _product(parts: Sequence[Node], dialect: Dialect) -> list[str]:
    counted: dict[Node, int] = {}
    for part in parts:
        counted[part] = counted.get(part, 0) + 1
    pieces = [""]
    # What is summed stands last, so that no factor seems to stand under its sign.
    for part, count in sorted(counted.items(), key=lambda item: isinstance(item[0], Sum) and item[1] == 1):
        first, *rest = _factor(part, count, dialect, alone=len(counted) == 1)
        pieces = [*pieces[:-1], f"{pieces[-1]} {first}".strip(), *rest]
    return pieces


def _factor(part: Node, count: int, dialect: Dialect, *, alone: bool) -> list[str]:
    if isinstance(part, Entry):
        return [dialect.power(dialect.entry(part.tensor, part.indices), count)]
    if isinstance(part, Sum):
        inside = _summed(part, count, dialect)
        contracted = not _left_over(part)[0]
        if contracted or (count == 1 and alone):
            return inside
        return _powered(inside, count, dialect)
    return _powered(_pieces(part, dialect), count, dialect)


def _powered(inside: list[str], count: int, dialect: Dialect) -> list[str]:
    left, right = dialect.brackets
    framed = [f"{left}{inside[0]}", *inside[1:]]
    return [*framed[:-1], dialect.power(f"{framed[-1]}{right}", count)]


def _left_over(node: Sum) -> tuple[list[str], list[tuple[Entry, Entry]], list[Node]]:
    """Letters that stay under the sum sign, contracted pairs, and the other factors."""
    parts: list[Node] = list(node.body.parts) if isinstance(node.body, Times) else [node.body]
    pairs: list[tuple[Entry, Entry]] = []
    letters: list[str] = []
    for letter in node.letters:
        places = [part for part in parts if letter in _letters_of(part)]
        last = all(isinstance(part, Entry) and part.tensor and part.indices.index(letter) == len(part.indices) - 1
                   for part in places)
        if len(places) == 2 and last and isinstance(places[0], Entry) and isinstance(places[1], Entry):
            pairs.append((places[0], places[1]))
            for part in places:
                parts.remove(part)
        else:
            letters.append(letter)
    return letters, pairs, parts


def letters_under(node: Sum) -> list[str]:
    """The letters of a sum that are printed under its sign."""
    return _left_over(node)[0]


def _letters_of(node: Node) -> Iterator[str]:
    if isinstance(node, Entry):
        yield from node.indices
    elif isinstance(node, Sum):
        yield from _letters_of(node.body)
    elif isinstance(node, (Plus, Times)):
        for part in node.parts:
            yield from _letters_of(part)


def _summed(node: Sum, count: int, dialect: Dialect) -> list[str]:
    letters, pairs, parts = _left_over(node)
    if not letters and not parts:
        spelled = [_inner(pair, count, dialect) for pair in pairs]
        return [" ".join(spelled)]
    number, rest = _split(Times(tuple(parts))) if parts else (sympy.Integer(1), ())
    silent = number == 1 and (rest or pairs)  # a sum of ones keeps its 1
    head = [] if silent else [dialect.number(number, alone=False)]
    lead = " ".join([*([dialect.total(letters)] if letters else []), *head, *(_inner(p, 1, dialect) for p in pairs)])
    pieces = _product(rest, dialect) if rest else [""]
    return [f"{lead} {pieces[0]}".strip(), *pieces[1:]]


def _inner(pair: tuple[Entry, Entry], count: int, dialect: Dialect) -> str:
    left, right = ((part.tensor, part.indices[:-1]) for part in pair)
    return str(dialect.inner(left, right, count))


def number_latex(value: sympy.Expr, *, alone: bool) -> str:
    spelled = symbolic(value)
    return spelled if alone or not value.is_Add else rf"\left({spelled}\right)"


def number_text(value: sympy.Expr, *, alone: bool) -> str:
    return f"({value})" if value.is_Add and not alone else str(value)


def total_latex(letters: Sequence[str]) -> str:
    return rf"\sum_{{{', '.join(map(name_latex, letters))}}}"
