"""Identities as a reader should see them: both sides before SymPy computed anything, in letters with values.

By the time an ``Identity`` holds ``kappa (K - 1) = K/(m p)`` for ``kappa = K/(m p (K - 1))``, both its sides are
``K/(m p)`` and nothing is left to see. A wording keeps the sides as they were meant; a letter is no variable, only a
name for its value. What is proved are the sides of the claim. A wording is printed only if its sides, once worked
out, are proved equal to them: see ``printed_as_proved``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import sympy

from ncproofs.calculus.indexed import IndexedSum
from ncproofs.proof.claims import Claim, Identity, SumIdentity, Wording
from ncproofs.proof.domain import Domain
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["computed", "kind_of", "letter_name", "printed_as_proved", "symbols_of", "value_at", "worded", "wording_of"]

Letters = Mapping[sympy.Expr, Any]


def worded(
    left: Any, right: Any, letters: Letters, *, where: Domain | None = None, sentence: str = "", because: str = ""
) -> Identity:
    """The claim that ``left = right``, printed as it is written here.

    Arguments:
        left: an expression that may have ``letters``, and parts that are only written down, not worked out:
            ``sympy.Derivative``, ``value_at(expression, x, value)``.
        right: another one.
        letters: name -> value, a symbol or a function such as ``f(x)``; a value may have letters that come later.
        where: the range of the variables.
        sentence: the claim in words.
        because: why it is expected to hold, for the reader.
    """
    wording = wording_of(left, right, letters)
    return Identity(
        left=computed(wording.left, wording.letters), right=computed(wording.right, wording.letters),
        where=Domain() if where is None else where, sentence=sentence, because=because, wording=wording,
    )


def wording_of(left: Any, right: Any, letters: Letters) -> Wording:
    """The wording with the letters that it uses, in the order given."""
    sides = [side if isinstance(side, IndexedSum) else sympy.sympify(side, strict=True) for side in (left, right)]
    used = set().union(*(_names_in(side) for side in sides))
    kept: list[tuple[Any, sympy.Expr]] = []
    for letter, value in letters.items():
        if letter in used:
            spelled = sympy.sympify(value, strict=True)
            used |= _names_in(spelled)
            kept.append((letter, spelled))
    return Wording(sides[0], sides[1], tuple(kept))


def value_at(expression: sympy.Expr, variable: sympy.Symbol, value: Any) -> sympy.Expr:
    """``expression`` at ``variable = value``, written down and not worked out."""
    return sympy.Subs(expression, variable, sympy.sympify(value, strict=True))


def _names_in(side: Any) -> set[sympy.Expr]:
    if isinstance(side, IndexedSum):
        return set().union(*(_names_in(coefficient) for coefficient in side.terms.values()))
    return set(side.atoms(sympy.Symbol)) | set(side.atoms(sympy.core.function.AppliedUndef))


def computed(side: Any, letters: Iterable[tuple[Any, sympy.Expr]]) -> Any:
    """``side`` with the values of its letters, in order, and everything worked out that was only written down."""
    if isinstance(side, IndexedSum):
        pairs = list(letters)
        worked = {monomial: computed(coefficient, pairs) for monomial, coefficient in side.terms.items()}
        return IndexedSum({monomial: value for monomial, value in worked.items() if value != 0})
    side = sympy.sympify(side, strict=True)
    for letter, value in letters:
        side = side.xreplace({letter: value})
    return side.doit()


def letter_name(letter: Any) -> str:
    """``f`` for ``f(x)``."""
    return str(getattr(letter, "name", ""))


def kind_of(claim: Claim) -> str:
    """The kind of a claim in words: ``scale equation`` for ``ScaleEquation``."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", type(claim).__name__).lower()


def symbols_of(side: Any) -> set[sympy.Symbol]:
    """The free scalars of a side, of an expression or of a sum."""
    if isinstance(side, IndexedSum):
        return set().union(*(coefficient.free_symbols for coefficient in side.terms.values()))
    return set(sympy.sympify(side, strict=True).free_symbols)


def printed_as_proved(claim: Identity | SumIdentity) -> Evidence | None:
    """None when what is printed of ``claim`` is what is proved of it; else why that is not so, or not known."""
    from ncproofs.proof.discharge import discharge

    wording = claim.wording
    if wording is None:
        return None
    clash = _clash(claim, wording)
    if clash:
        return _apart(claim, f"the letter {clash} is also a variable")
    for printed, proved in ((wording.left, claim.left), (wording.right, claim.right)):
        value = computed(printed, wording.letters)
        if isinstance(claim, SumIdentity):
            found = discharge(SumIdentity(left=value, right=proved, relations=claim.relations))
        elif value == sympy.sympify(proved, strict=True):
            continue
        else:
            found = discharge(Identity(left=value, right=proved, where=claim.where))
        if found.truth is not Truth.HOLDS:
            return _apart(claim, found.witness or found.because)
    return None


def _clash(claim: Identity | SumIdentity, wording: Wording) -> str:
    """A letter with the name of a variable would be read as that variable."""
    taken = {symbol.name for side in (claim.left, claim.right) for symbol in symbols_of(side)}
    if isinstance(claim, Identity):
        taken |= {symbol.name for symbol, _ in claim.where}
    names = [letter_name(letter) for letter, _ in wording.letters]
    return next((name for name in names if name in taken or names.count(name) > 1), "")


def _apart(claim: Identity | SumIdentity, because: str) -> Evidence:
    return Evidence(
        truth=Truth.UNDECIDED, rigor=Rigor.SAMPLED, sentence=claim.sentence,
        because=f"the formula as printed is not shown to be the one that is proved: {because}",
    )
