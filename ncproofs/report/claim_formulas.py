r"""Claims of a theorem as displayed formulas, with the range of their letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy

from ncproofs.calculus.indexed import IndexedSum
from ncproofs.proof.claims import Claim, Identity, MatrixInertia, Sign, SumIdentity, UniqueRoot, Wording
from ncproofs.proof.constants import as_expression
from ncproofs.proof.domain import Domain, Range
from ncproofs.proof.matrices import exact_rows
from ncproofs.proof.wording import letter_name, symbols_of
from ncproofs.report.steps import Formula
from ncproofs.report.sum_typesetting import LATEX, TEXT, sum_latex_terms, sum_text
from ncproofs.report.trees import (
    claim_tree,
    expression_tree,
    printed_sides,
    ranges_of,
    sides_of,
    unfolded,
    written_tree,
)
from ncproofs.report.typesetting import LIMIT, Names, aligned, fitted, name_latex, plain, symbolic, terms_of, width
from ncproofs.report.written_sums import Node, chunks, entries_of, valued, written

__all__ = ["claim_formulas", "equation_latex", "is_definition", "is_empty", "range_phrase", "shown_nodes"]

_RELATIONS = {">": ">", ">=": r"\ge", "<": "<", "<=": r"\le"}
#: Parts of a side that has to be broken are kept below this width.
_TERM = LIMIT - 100
#: A matrix of more rows is not printed.
_ROWS = 6


def claim_formulas(claim: Claim, reserved: frozenset[str] = frozenset()) -> tuple[Formula, ...]:
    """The display equations of ``claim``, first the claim itself, then the letters that it had to introduce.

    ``reserved``: names with a meaning elsewhere in the document, which no bound index gets.
    """
    names = Names([*_taken(claim)])
    if isinstance(claim, SumIdentity):
        return (*_sums(claim, names, reserved), *_letters(claim.wording, names))
    sides = sides_of(claim)
    if isinstance(claim, Identity):
        left, right = sides if claim.wording is None else (claim.wording.left, claim.wording.right)
        return (*_expressions(claim, left, "=", right, names), *_letters(claim.wording, names))
    if isinstance(claim, Sign):
        return _expressions(claim, sides[0], claim.relation, sympy.Integer(0), names)
    if isinstance(claim, UniqueRoot):
        return (*_expressions(claim, sides[0], "=", sympy.Integer(0), names), _root_place(claim))
    return _matrix(claim) if isinstance(claim, MatrixInertia) else ()


def _matrix(claim: MatrixInertia) -> tuple[Formula, ...]:
    """A small matrix and its inertia; of a large one the sentence alone is printed."""
    rows = exact_rows(claim)
    if len(rows) > _ROWS:
        return ()
    entries = r" \\ ".join(" & ".join(symbolic(as_expression(x)) for x in row) for row in rows)
    counts = f"({claim.positive}, {claim.negative}, {claim.zero})"
    text = f"inertia of [{'; '.join(' '.join(map(str, row)) for row in rows)}] = {counts}"
    return (Formula(text, rf"\operatorname{{In}} \begin{{pmatrix}} {entries} \end{{pmatrix}} = {counts}"),)


def _taken(claim: Claim) -> Iterator[str]:
    """Every name in a step, so that no part of a formula gets it."""
    if not isinstance(claim, (Identity, SumIdentity, Sign, UniqueRoot)):
        return
    yield from (symbol.name for symbol, _ in ranges_of(claim))
    wording = claim.wording if isinstance(claim, (Identity, SumIdentity)) else None
    for letter, value in () if wording is None else wording.letters:
        yield letter_name(letter)
        yield from (symbol.name for symbol in symbols_of(value))
    for side in printed_sides(claim) if isinstance(claim, SumIdentity) else ():
        yield from (symbol.name for coefficient in side.terms.values() for symbol in coefficient.free_symbols)
        yield from (tensor.name for tensor, _ in entries_of(side) if tensor is not None)
        yield from (index.name for _, indices in entries_of(side) for index in indices)
    for side in () if wording is None else (wording.left, wording.right):
        yield from (symbol.name for symbol in symbols_of(side))


def _expressions(
    claim: Claim, left: sympy.Expr, relation: str, right: sympy.Expr, names: Names
) -> tuple[Formula, ...]:
    sides = [terms_of(fitted(side, _TERM, names)) for side in (left, right)]
    latex = aligned(sides[0], _RELATIONS.get(relation, relation), sides[1])
    head = Formula(f"{plain(left)} {relation} {plain(right)}", latex, claim_tree(claim))
    return (head, *_definitions(names))


def equation_latex(left: str, expression: sympy.Expr) -> str:
    """``left = expression`` for a left-hand side in LaTeX, letters for long parts defined in the same block."""
    names = Names([left, *(str(symbol) for symbol in expression.free_symbols)])
    terms = terms_of(fitted(expression, _TERM - width(left), names))
    blocks = [aligned([left], "=", terms), *(formula.latex for formula in _definitions(names))]
    if len(blocks) == 1:
        return blocks[0]
    bare = [block.removeprefix(r"\begin{aligned} ").removesuffix(r" \end{aligned}") for block in blocks]
    rows = r" \\ ".join(row if "&" in row else f"& {row}" for row in bare)
    return rf"\begin{{aligned}} {rows} \end{{aligned}}"


def _definitions(names: Names) -> Iterator[Formula]:
    while names.told < len(names.definitions):  # a definition may name parts of its own
        symbol, expression = list(names.definitions.items())[names.told]
        names.told += 1
        terms = terms_of(fitted(expression, _TERM - 40, names))
        yield Formula(f"{symbol} = {expression}", aligned([symbolic(symbol)], "=", terms))


def _root_place(claim: UniqueRoot) -> Formula:
    x, low, high = (symbolic(part) for part in (claim.variable, claim.lower, claim.upper))
    return Formula(
        f"for exactly one {claim.variable} in ({claim.lower}, {claim.upper})",
        rf"\text{{for exactly one }} {x} \in ({low}, {high})",
    )


def _letters(wording: Wording | None, names: Names) -> Iterator[Formula]:
    """``where w = ..., h = ...``: the letters of a wording with their values, as many on a line as fit."""
    pairs = () if wording is None else wording.letters
    row: list[tuple[str, str]] = []
    word = "where"
    for position, (letter, value) in enumerate(pairs):
        terms = terms_of(fitted(value, _TERM - 60, names))
        entry = (f"{letter} = {plain(value)}", aligned([symbolic(letter)], "=", terms))
        broken = r"\begin{aligned}" in entry[1]
        if row and (broken or width(_joined(row, entry)) > LIMIT - 60):
            yield _where(row, word)
            row, word = [], "and"
        row.append(entry)
        if broken or position == len(pairs) - 1:
            yield _where(row, word)
            row, word = [], "and"
    yield from _definitions(names)


def _joined(row: Sequence[tuple[str, str]], *more: tuple[str, str]) -> str:
    return r",\quad ".join(latex for _, latex in (*row, *more))


def _where(row: Sequence[tuple[str, str]], word: str) -> Formula:
    return Formula(f"{word} {', '.join(text for text, _ in row)}", rf"\text{{{word} }} {_joined(row)}")


def shown_nodes(claim: SumIdentity, reserved: frozenset[str]) -> list[Node] | None:
    """The sides as they were written, if they are known and fit the page; otherwise the normal form is shown."""
    nodes = written(printed_sides(claim), reserved)
    pieces = (piece for node in nodes or () for term in chunks(node, LATEX) for piece in term)
    return nodes if all(width(piece) < _TERM for piece in pieces) else None


def _sums(claim: SumIdentity, names: Names, reserved: frozenset[str]) -> Iterator[Formula]:
    left, right = sides = printed_sides(claim)
    nodes = shown_nodes(claim, reserved)
    tree = claim_tree(claim, reserved)
    if nodes is not None:
        pieces = [chunks(node, LATEX) for node in nodes]
        text = " = ".join(" ".join(piece for term in chunks(node, TEXT) for piece in term) for node in nodes)
        yield Formula(text, aligned(pieces[0], "=", pieces[1]), tree)
    elif _same(left, right):
        # Too wide as written, and both sides are the same once reduced: the normal form is shown once.
        yield Formula(
            f"both sides reduce to {sum_text(left, sides, reserved)}",
            aligned([r"\text{both sides}"], "=", sum_latex_terms(left, sides, names, reserved)),
            tree,
        )
    else:
        yield Formula(
            f"{sum_text(left, sides, reserved)} = {sum_text(right, sides, reserved)}",
            aligned(sum_latex_terms(left, sides, names, reserved), "=", sum_latex_terms(right, sides, names, reserved)),
            tree,
        )
    yield from _definitions(names)
    for symbol, value in claim.relations:
        yield Formula(f"given {symbol} = {value}", rf"\text{{given }} {symbolic(symbol)} = {symbolic(value)}")


def _same(left: IndexedSum, right: IndexedSum) -> bool:
    return not (left - right).terms


def is_empty(claim: Identity | SumIdentity) -> bool:
    """Whether both sides are printed alike, as X = X."""
    if isinstance(claim, SumIdentity):
        nodes = written(printed_sides(claim))
        return nodes is not None and nodes[0] == nodes[1]
    left, right = sides_of(claim) if claim.wording is None else (claim.wording.left, claim.wording.right)
    return plain(left) == plain(right)


def is_definition(claim: Identity | SumIdentity) -> bool:
    """Whether both sides are the same expression once the letters of the wording have their values.

    Such a formula only gives a value its name: ``lambda_H E = M E where M = lambda_H``.
    """
    if claim.wording is None or is_empty(claim):
        return False
    if isinstance(claim, SumIdentity):
        nodes = written(printed_sides(claim)) or []
        if len({valued(node, claim.wording.letters) for node in nodes}) == 1:
            return True
        trees = [written_tree(node) for node in nodes]
    else:
        trees = [expression_tree(side) for side in (claim.wording.left, claim.wording.right)]
    left, right = (unfolded(tree, claim.wording) for tree in trees or (0, 1))
    return bool(left == right)


# --- ranges -----------------------------------------------------------------------------------------------


def range_phrase(domain: Domain) -> Formula | None:
    """``for integers K >= 2, real c > 0`` as text and as LaTeX text; None without variables."""
    words, latex = [], []
    for integer, kind in ((True, "integers"), (False, "real")):
        group = [(symbol, span) for symbol, span in domain if span.integer is integer]
        if group:
            words.append(f"{kind} {', '.join(_range_text(*pair) for pair in group)}")
            latex.append(f"{kind} {', '.join(f'${_range_latex(*pair)}$' for pair in group)}")
    return Formula(f"for {'; '.join(words)}", f"for {'; '.join(latex)}") if words else None


def _range_latex(symbol: sympy.Symbol, span: Range) -> str:
    name = name_latex(symbol.name)
    if span.lower is not None and span.lower == span.upper:
        return f"{name} = {symbolic(span.lower)}"
    if span.lower is not None and span.upper is None:
        return f"{name} {_above(span)} {symbolic(span.lower)}"
    low = "" if span.lower is None else f"{symbolic(span.lower)} {_under(open_=span.lower_open)} "
    high = "" if span.upper is None else f" {_under(open_=span.upper_open)} {symbolic(span.upper)}"
    return f"{low}{name}{high}"


def _above(span: Range) -> str:
    return ">" if span.lower_open else r"\ge"


def _under(*, open_: bool) -> str:
    return "<" if open_ else r"\le"


def _range_text(symbol: sympy.Symbol, span: Range) -> str:
    if span.lower is not None and span.lower == span.upper:
        return f"{symbol} = {span.lower}"
    if span.lower is not None and span.upper is None:
        return f"{symbol} {'>' if span.lower_open else '>='} {span.lower}"
    low = "" if span.lower is None else f"{span.lower} {'<' if span.lower_open else '<='} "
    high = "" if span.upper is None else f" {'<' if span.upper_open else '<='} {span.upper}"
    return f"{low}{symbol}{high}"
