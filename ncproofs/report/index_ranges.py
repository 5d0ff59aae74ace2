r"""Where the letters of a sum identity range: its numbers, as it was written, and its indices by their sizes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sympy

from ncproofs.calculus.indexed import IndexedSum
from ncproofs.proof.claims import Claim, SumIdentity
from ncproofs.report.claim_formulas import range_phrase, shown_nodes
from ncproofs.report.steps import Formula
from ncproofs.report.sum_typesetting import letters_shown
from ncproofs.report.trees import printed_sides, ranges_of
from ncproofs.report.typesetting import name_latex, symbolic
from ncproofs.report.written_sums import Node, Plus, Sum, Times, free_indices, letters_under

__all__ = ["where_phrase"]


def where_phrase(claim: Claim, reserved: frozenset[str]) -> Formula | None:
    """The ranges of numbers and of indices as text and as LaTeX text; None without either."""
    numbers = range_phrase(ranges_of(claim))
    found = dict.fromkeys(_indices(claim, reserved)) if isinstance(claim, SumIdentity) else {}
    if not found:
        return numbers
    text, latex = [], []
    for size in dict.fromkeys(size for _, size in found):
        letters = [letter for letter, other in found if other == size]
        text.append(f"{', '.join(letters)} from 1 to {size}")
        latex.append(f"{', '.join(f'${name_latex(letter)}$' for letter in letters)} from $1$ to ${symbolic(size)}$")
    head = ("for ", "for ") if numbers is None else (f"{numbers.text}; ", f"{numbers.latex}; ")
    return Formula(f"{head[0]}indices {'; '.join(text)}", f"{head[1]}indices {'; '.join(latex)}")


def _indices(claim: SumIdentity, reserved: frozenset[str]) -> Iterator[tuple[str, sympy.Expr]]:
    """The letters of indices in the formula with their sizes, those that are not summed first."""
    sides = printed_sides(claim)
    free = {index for side in sides for index in free_indices(side)}
    yield from sorted(((index.name, index.size) for index in free), key=str)
    nodes = shown_nodes(claim, reserved)
    bound = _under(nodes) if nodes is not None else _reduced(sides, reserved)
    yield from sorted(bound, key=lambda pair: (str(pair[1]), pair[0]))


def _under(nodes: Iterable[Node]) -> Iterator[tuple[str, sympy.Expr]]:
    """Letters that stand under a sum sign; those of inner products are left out in print."""
    for node in nodes:
        if isinstance(node, Sum):
            sizes = dict(zip(node.letters, node.sizes, strict=True))
            yield from ((letter, sizes[letter]) for letter in letters_under(node))
            yield from _under([node.body])
        elif isinstance(node, (Plus, Times)):
            yield from _under(node.parts)


def _reduced(sides: Iterable[IndexedSum], reserved: frozenset[str]) -> Iterator[tuple[str, sympy.Expr]]:
    sides = tuple(sides)
    for side in sides:
        yield from letters_shown(side, sides, reserved)
