r"""Indexed sums for people: contractions become inner products, and summed indices get letters.

A summed index that stands in the last slot of exactly two factors is written as an inner product:
``sum_a w[k, a] h[k, i, a]`` is <w_k, h_{k,i}>, and |w_k|^2 when both factors agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import sympy

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor
from ncproofs.report.typesetting import LIMIT, Names, fitted, name_latex, symbolic, width
from ncproofs.report.written_sums import Dialect, number_latex, number_text, taken_letters, total_latex

__all__ = ["LATEX", "TEXT", "letters_shown", "sum_latex_terms", "sum_text", "tensor_latex"]

_POOLS = {"K": "kljmrv", "n": "iuv", "N": "stuv", "d": "apqr"}


Factor = tuple[Tensor | None, tuple[str, ...]]


@dataclass(frozen=True)
class _Atom:
    """An entry (one factor), an inner product (two), or a delta (``None``), to a power."""

    factors: tuple[Factor, ...]
    power: int = 1


def _letters(summed: Sequence[Index], taken: set[str]) -> dict[Index, str]:
    """A letter for each summed index, by the size of its range; none is used otherwise."""
    used, naming = set(taken), {}
    for index in summed:
        pool = chain(_POOLS.get(str(index.size), ""), "ijklmpqrstuv", (f"i_{number}" for number in range(99)))
        naming[index] = next(letter for letter in pool if letter not in used)
        used.add(naming[index])
    return naming


def _atoms(monomial: object, naming: Mapping[Index, str]) -> tuple[list[str], list[_Atom]]:
    """Letters that stay under the sum sign, and the factors with contractions joined."""
    summed, factors = list(monomial.summed), list(monomial.factors)  # type: ignore[attr-defined]
    atoms: list[_Atom] = []
    for index in monomial.summed:  # type: ignore[attr-defined]
        places = [place for place, (_, indices) in enumerate(factors) if index in indices]
        last = all(
            factors[place][0] is not None and factors[place][1].index(index) == len(factors[place][1]) - 1
            for place in places
        )
        if len(places) == 2 and last:
            pair = [factors[place] for place in places]
            atoms.append(_Atom(tuple((t, tuple(naming.get(i, i.name) for i in old[:-1])) for t, old in pair)))
            factors = [factor for place, factor in enumerate(factors) if place not in places]
            summed.remove(index)
    atoms += [_Atom(((t, tuple(naming.get(i, i.name) for i in old)),)) for t, old in factors]
    return [naming[index] for index in summed], _powers(atoms)


def _powers(atoms: Sequence[_Atom]) -> list[_Atom]:
    counted: dict[_Atom, int] = {}
    for atom in sorted(atoms, key=str):
        counted[atom] = counted.get(atom, 0) + 1
    return [_Atom(atom.factors, power) for atom, power in counted.items()]


# --- LaTeX ------------------------------------------------------------------------------------------------


def tensor_latex(name: str) -> str:
    """Letters as they are; ``dw`` as a differential, other words upright."""
    if len(name) == 2 and name[0] == "d" and name[1].isalpha():
        return rf"\mathrm{{d}}{name[1]}"
    return name_latex(name)


def _entry(tensor: Tensor | None, indices: tuple[str, ...]) -> str:
    base = r"\delta" if tensor is None else tensor_latex(tensor.name)
    inside = ",".join(map(name_latex, indices))
    if not inside:
        return base
    return f"({base})_{{{inside}}}" if "_" in base else f"{base}_{{{inside}}}"


def _power_latex(base: str, count: int) -> str:
    return f"{base}^{{{count}}}" if count > 1 else base


def _inner_latex(left: Factor, right: Factor, count: int) -> str:
    spelled = _entry(*left), _entry(*right)
    if spelled[0] == spelled[1]:
        return rf"\|{spelled[0]}\|^{{{2 * count}}}"
    return _power_latex(rf"\langle {spelled[0]}, {spelled[1]} \rangle", count)


def _atom_latex(atom: _Atom) -> str:
    if len(atom.factors) == 1:
        return _power_latex(_entry(*atom.factors[0]), atom.power)
    left, right = atom.factors
    return _inner_latex(left, right, atom.power)


def sum_latex_terms(
    expression: IndexedSum, sides: Sequence[IndexedSum], names: Names, reserved: frozenset[str] = frozenset()
) -> list[str]:
    """The terms in LaTeX, signs included, in a fixed order; wide coefficients get names."""
    taken = taken_letters(sides, reserved)
    found = []
    for monomial, coefficient in expression.terms.items():
        letters, atoms = _atoms(monomial, _letters(monomial.summed, taken))
        body = r" \, ".join(map(_atom_latex, atoms))
        if letters:
            body = rf"\sum_{{{', '.join(map(name_latex, letters))}}} {body}"
        found.append((len(monomial.factors), body, coefficient))
    found.sort(key=lambda term: (-term[0], term[1], sympy.default_sort_key(term[2])))
    return [_times(coefficient, body, names) for _, body, coefficient in found] or ["0"]


def _times(coefficient: sympy.Expr, body: str, names: Names) -> str:
    sign = ""
    if not coefficient.is_Add and coefficient.could_extract_minus_sign():
        sign, coefficient = "- ", -coefficient
    if coefficient == 1 and body:
        return f"{sign}{body}"
    room = max(LIMIT - width(body) - 80, LIMIT // 4)
    spelled = symbolic(coefficient)
    if width(spelled) > room:
        spelled = symbolic(names.of(coefficient) if coefficient.is_Add else fitted(coefficient, room, names))
    if body and coefficient.is_Add and width(symbolic(coefficient)) <= room:
        spelled = rf"\left({spelled}\right)"
    return f"{sign}{spelled} {body}".rstrip()


# --- plain text -------------------------------------------------------------------------------------------


def _entry_text(tensor: Tensor | None, indices: tuple[str, ...]) -> str:
    return (tensor.name if tensor else "delta") + (f"[{','.join(indices)}]" if indices else "")


def _power_text(base: str, count: int) -> str:
    return f"{base}^{count}" if count > 1 else base


def _inner_text(left: Factor, right: Factor, count: int) -> str:
    spelled = _entry_text(*left), _entry_text(*right)
    if spelled[0] == spelled[1]:
        return f"|{spelled[0]}|^{2 * count}"
    return _power_text(f"<{spelled[0]}, {spelled[1]}>", count)


def _atom_text(atom: _Atom) -> str:
    if len(atom.factors) == 1:
        return _power_text(_entry_text(*atom.factors[0]), atom.power)
    left, right = atom.factors
    return _inner_text(left, right, atom.power)


def letters_shown(
    expression: IndexedSum, sides: Sequence[IndexedSum], reserved: frozenset[str] = frozenset()
) -> Iterator[tuple[str, sympy.Expr]]:
    """The letters that ``sum_text`` and ``sum_latex_terms`` print under sum signs, with the sizes of their ranges."""
    taken = taken_letters(sides, reserved)
    for monomial in expression.terms:
        naming = _letters(monomial.summed, taken)
        under = set(_atoms(monomial, naming)[0])
        yield from ((letter, index.size) for index, letter in naming.items() if letter in under)


def sum_text(expression: IndexedSum, sides: Sequence[IndexedSum], reserved: frozenset[str] = frozenset()) -> str:
    """One line, in the notation of ``sum_latex_terms``."""
    taken = taken_letters(sides, reserved)
    terms = []
    for monomial, coefficient in expression.terms.items():
        letters, atoms = _atoms(monomial, _letters(monomial.summed, taken))
        body = " ".join(map(_atom_text, atoms))
        if letters:
            body = f"sum_{{{','.join(letters)}}} {body}"
        factor = f"({coefficient})" if coefficient.is_Add else str(coefficient)
        if body and factor in ("1", "-1"):
            factor = factor[:-1]
        terms.append((-len(monomial.factors), f"{factor}{'' if factor in ('', '-') else ' '}{body}".strip()))
    return " + ".join(term for _, term in sorted(terms)).replace(" + -", " - ") or "0"


# --- as written -------------------------------------------------------------------------------------------

#: How ``written_sums`` spells a sum that was not reduced.
LATEX = Dialect(
    entry=_entry, inner=_inner_latex, total=total_latex, number=number_latex, power=_power_latex,
    brackets=(r"\bigl(", r"\bigr)"),
)
TEXT = Dialect(
    entry=_entry_text, inner=_inner_text, total=lambda letters: f"sum_{{{','.join(letters)}}}", number=number_text,
    power=_power_text, brackets=("(", ")"),
)
