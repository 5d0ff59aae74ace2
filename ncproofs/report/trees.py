"""Claims as data: each side of an equation as an expression tree, so that another program can read it back.

The trees are those of docs/certificate-format.md (``["+", "K", ["^", "x", 2]]``), with three additions for what
certificates do not need: ``["pi"]``, ``["abs", x]`` and ``["function", name, argument...]`` for any other function.
The sides as they are printed (``written``) may also have ``["derivative", f, [x, order]...]``, ``["at", f, [x,
value]...]`` and ``letters``: names with the trees of their values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sympy

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor, scalar
from ncproofs.proof.claims import Claim, Identity, Sign, SumIdentity, UniqueRoot, Wording
from ncproofs.proof.domain import Domain, Range
from ncproofs.proof.wording import letter_name
from ncproofs.report.written_sums import Entry, Node, Number, Plus, Sum, Times, entries_of, free_indices, written

__all__ = [
    "claim_tree", "domain_tree", "expression_tree", "printed_sides", "ranges_of", "sides_of", "sum_sides", "sum_terms",
]


def expression_tree(expression: sympy.Expr) -> Any:
    """The tree of ``expression``; arguments of sums and products stand in a fixed order."""
    expression = sympy.sympify(expression, strict=True)  # a claim may write 0 for sympy.Integer(0)
    if expression.is_Symbol:
        return str(expression)
    if expression.is_Rational:
        return str(expression)
    if expression.is_Add or expression.is_Mul:
        arguments = sorted(expression.args, key=sympy.default_sort_key)
        return ["+" if expression.is_Add else "*", *map(expression_tree, arguments)]
    if isinstance(expression, sympy.exp):
        return ["exp", expression_tree(expression.args[0])]
    if expression.is_Pow:
        return _power(*expression.args)
    if isinstance(expression, (sympy.log, sympy.Abs)) and len(expression.args) == 1:
        return ["log" if isinstance(expression, sympy.log) else "abs", expression_tree(expression.args[0])]
    if expression is sympy.S.Exp1:
        return ["exp", "1"]
    if expression is sympy.pi:
        return ["pi"]
    if isinstance(expression, sympy.Derivative):
        return ["derivative", expression_tree(expression.expr), *([str(x), int(order)] for x, order in
                                                                  expression.variable_count)]
    if isinstance(expression, sympy.Subs):
        pairs = zip(expression.variables, expression.point, strict=True)
        return ["at", expression_tree(expression.expr), *([str(x), expression_tree(value)] for x, value in pairs)]
    if isinstance(expression, sympy.core.function.AppliedUndef):
        return letter_name(expression)
    return ["function", type(expression).__name__, *map(expression_tree, expression.args)]


def _power(base: sympy.Expr, exponent: sympy.Expr) -> Any:
    if exponent.is_Integer:
        return ["^", expression_tree(base), int(exponent)]
    if exponent.is_Rational:
        root = ["root", expression_tree(base), int(exponent.q)]
        return root if exponent.p == 1 else ["^", root, int(exponent.p)]
    return ["pow", expression_tree(base), expression_tree(exponent)]


def sides_of(claim: Claim) -> tuple[sympy.Expr, ...]:
    """The expressions of a claim; for sums its coefficients."""
    if isinstance(claim, Identity):
        return sympy.sympify(claim.left, strict=True), sympy.sympify(claim.right, strict=True)
    if isinstance(claim, SumIdentity):
        return tuple(c for side in sum_sides(claim) for c in side.terms.values())
    return (sympy.sympify(claim.expression, strict=True),) if isinstance(claim, (Sign, UniqueRoot)) else ()


def sum_sides(claim: SumIdentity) -> tuple[IndexedSum, IndexedSum]:
    """Both sides as sums; a claim may state one of them as a plain expression."""
    return scalar(claim.left), scalar(claim.right)


def printed_sides(claim: SumIdentity) -> tuple[IndexedSum, IndexedSum]:
    """Both sides as they are printed: as worded, or else as proved."""
    if claim.wording is None:
        return sum_sides(claim)
    return scalar(claim.wording.left), scalar(claim.wording.right)


def _letters_tree(claim: Identity | SumIdentity) -> dict[str, Any]:
    """The letters of a wording, each with the tree of its value; a value may have letters that come later."""
    if claim.wording is None:
        return {}
    return {"letters": [[letter_name(letter), expression_tree(value)] for letter, value in claim.wording.letters]}


def _worded(claim: Identity) -> dict[str, Any]:
    if claim.wording is None:
        return {}
    sides = {"left": expression_tree(claim.wording.left), "right": expression_tree(claim.wording.right)}
    return {"written": sides, **_letters_tree(claim)}


def unfolded(tree: Any, wording: Wording) -> Any:
    """``tree`` with the values of the wording's letters, sums and products flattened; nothing is computed."""
    letters = {letter_name(letter): value for letter, value in wording.letters}
    if isinstance(tree, str):
        return unfolded(expression_tree(letters[tree]), wording) if tree in letters else tree
    if not isinstance(tree, list) or tree[0] in ("entry", "delta"):
        return tree
    head, *rest = tree
    parts = [unfolded(part, wording) for part in rest]
    if head not in ("+", "*"):
        return [head, *parts]
    flat = [inner for part in parts for inner in (part[1:] if isinstance(part, list) and part[0] == head else [part])]
    return [head, *sorted(flat, key=str)]


def ranges_of(claim: Claim) -> Domain:
    """Where the variables of the claim live: as it says, and for any other symbol what SymPy assumes of it."""
    stated = claim.where if isinstance(claim, (Identity, Sign)) else Domain()
    if isinstance(claim, UniqueRoot):
        stated = Domain.of((claim.variable, Range(claim.lower, claim.upper, lower_open=True, upper_open=True)))
    declared = {symbol for symbol, _ in stated}
    free = {symbol for side in sides_of(claim) for symbol in side.free_symbols} - declared
    free |= _written_symbols(claim) if isinstance(claim, SumIdentity) else set()
    related = {symbol for symbol, _ in claim.relations} if isinstance(claim, SumIdentity) else set()
    others = sorted(free - related, key=lambda symbol: symbol.name)
    return Domain((*((symbol, _assumed(symbol)) for symbol in others), *stated.ranges))


def _written_symbols(claim: SumIdentity) -> set[sympy.Symbol]:
    """Every number in the sums as they are printed, sizes included; letters of a wording by their values."""
    sides = printed_sides(claim)
    nodes = written(sides)
    numbers = {index.size for side in sides for index in free_indices(side)}
    numbers |= {sympy.sympify(value, strict=True) for _, value in claim.relations}
    if nodes is None:
        numbers |= {coefficient for side in sides for coefficient in side.terms.values()}
    for node in nodes or ():
        numbers |= set(_numbers(node))
    found = {symbol for number in numbers for symbol in number.free_symbols}
    letters = {} if claim.wording is None else dict(claim.wording.letters)
    while found & set(letters):  # a value may use letters that come later
        letter = next(iter(found & set(letters)))
        value = sympy.sympify(letters.pop(letter), strict=True)
        found = (found - {letter}) | (value.free_symbols - {letter})
    return found


def _numbers(node: Node) -> Iterator[sympy.Expr]:
    """The numbers in a sum as it was written, and the sizes of its ranges."""
    if isinstance(node, Number):
        yield node.value
    elif isinstance(node, Sum):
        yield from node.sizes
        yield from _numbers(node.body)
    elif isinstance(node, (Plus, Times)):
        for part in node.parts:
            yield from _numbers(part)


def _assumed(symbol: sympy.Symbol) -> Range:
    zero, whole = sympy.Integer(0), bool(symbol.is_integer)
    if symbol.is_positive:
        return Range(sympy.Integer(1), None, integer=True) if whole else Range(zero, None, lower_open=True)
    if symbol.is_negative:
        return Range(None, zero, upper_open=True, integer=whole)
    return Range(zero if symbol.is_nonnegative else None, zero if symbol.is_nonpositive else None, integer=whole)


def domain_tree(domain: Domain) -> list[dict[str, Any]]:
    """The variables with their ranges, as in certificates."""
    return [
        {
            "name": str(symbol),
            "lower": None if span.lower is None else expression_tree(span.lower),
            "upper": None if span.upper is None else expression_tree(span.upper),
            "lower_open": span.lower_open,
            "upper_open": span.upper_open,
            "integer": span.integer,
        }
        for symbol, span in domain
    ]


def sum_terms(expression: IndexedSum) -> list[dict[str, Any]]:
    """The terms of an indexed sum, as in certificates of kind ``sum-identity/1``."""
    terms = [
        {
            "coefficient": expression_tree(coefficient),
            "sum": [index.name for index in monomial.summed],
            "factors": [
                [tensor.name if tensor else "delta", *(index.name for index in indices)]
                for tensor, indices in monomial.factors
            ],
        }
        for monomial, coefficient in expression.terms.items()
    ]
    return sorted(terms, key=str)


def _properties(tensor: Tensor) -> list[list[Any]]:
    flags = ("symmetric", "antisymmetric", "zero_diagonal", "square_one")
    found: list[list[Any]] = [[flag] for flag in flags if getattr(tensor, flag)]
    found += [["zero_sum", slot] for slot in tensor.zero_sum]
    found += [["annihilates", *entry] for entry in tensor.annihilates]
    found += [["orthogonal_to", *entry] for entry in tensor.orthogonal_to]
    return [*found, *([["unit", tensor.unit]] if tensor.unit is not None else [])]


def _sum_tree(claim: SumIdentity, reserved: frozenset[str]) -> dict[str, Any]:
    left, right = sum_sides(claim)
    reduced = [factor for side in (left, right) for m in side.terms for factor in m.factors]
    entries = [*reduced, *entries_of(left), *entries_of(right)]
    tensors = sorted({tensor for tensor, _ in entries if tensor is not None}, key=lambda tensor: tensor.name)
    indices: list[Index] = sorted({index for _, found in entries for index in found})
    nodes = written(printed_sides(claim), reserved)
    return {
        "kind": "sum identity",
        "domain": domain_tree(ranges_of(claim)),
        "relations": [[str(symbol), expression_tree(value)] for symbol, value in claim.relations],
        "indices": {index.name: expression_tree(index.size) for index in indices},
        "tensors": {
            tensor.name: {"slots": list(map(expression_tree, tensor.sizes)), "properties": _properties(tensor)}
            for tensor in tensors
        },
        "left": sum_terms(left),
        "right": sum_terms(right),
        **({} if nodes is None else {"written": {"left": written_tree(nodes[0]), "right": written_tree(nodes[1])}}),
        **_letters_tree(claim),
    }


def written_tree(node: Node) -> Any:
    """Nested lists: those of expressions, and ``["sum", [letter, size]..., body]``, ``["entry", name, letter...]``."""
    if isinstance(node, Number):
        return expression_tree(node.value)
    if isinstance(node, Entry):
        return ["delta", *node.indices] if node.tensor is None else ["entry", node.tensor.name, *node.indices]
    if isinstance(node, Sum):
        ranges = ([letter, expression_tree(size)] for letter, size in zip(node.letters, node.sizes, strict=True))
        return ["sum", *ranges, written_tree(node.body)]
    return ["+" if isinstance(node, Plus) else "*", *map(written_tree, node.parts)]


def claim_tree(claim: Claim, reserved: frozenset[str] = frozenset()) -> Mapping[str, Any] | None:
    """The claim as data; None for a kind of claim that is no formula. No bound index gets a ``reserved`` name."""
    if isinstance(claim, Identity):
        return {
            "kind": "identity", "domain": domain_tree(ranges_of(claim)),
            "left": expression_tree(claim.left), "right": expression_tree(claim.right), **_worded(claim),
        }
    if isinstance(claim, Sign):
        return {
            "kind": "sign", "domain": domain_tree(ranges_of(claim)), "relation": claim.relation,
            "left": expression_tree(claim.expression), "right": "0",
        }
    if isinstance(claim, UniqueRoot):
        return {
            "kind": "unique root", "domain": domain_tree(ranges_of(claim)),
            "variable": str(claim.variable), "lower": expression_tree(claim.lower),
            "upper": expression_tree(claim.upper), "left": expression_tree(claim.expression), "right": "0",
        }
    return _sum_tree(claim, reserved) if isinstance(claim, SumIdentity) else None
