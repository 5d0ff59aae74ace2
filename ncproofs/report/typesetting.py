r"""SymPy expressions as LaTeX that fits a line: safe names, a measure of width, breaking at sums, naming of parts.

Only commands that both amsmath and latex2mathml know are written. A name never reaches LaTeX as it stands: letters
and digits do, all else is put into words, so that no symbol can run a command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from ncproofs.report.spelling import spelled

__all__ = ["LIMIT", "Names", "aligned", "fitted", "name_latex", "plain", "symbolic", "terms_of", "width"]

#: Width of a line of an article in tenths of a letter (a letter at 11 pt is about 6 pt wide).
LIMIT = 480

_GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell".split()
)


def _word(word: str) -> str:
    if word in _GREEK:
        return rf"\{word}"
    return word if len(word) <= 1 or word.isdigit() else rf"\mathrm{{{word}}}"


def name_latex(name: str) -> str:
    """A symbol's name in math mode: Greek spelled out, the parts after underscores as subscripts, primes kept."""
    name = spelled(name)
    if re.fullmatch(r"\|[A-Za-z]+\|", name):
        return rf"\left|{name_latex(name[1:-1])}\right|"
    base, *subscripts = name.split("_")
    base, primes = base.rstrip("'"), "'" * base.count("'")
    split = re.fullmatch(r"([A-Za-z]+?)([0-9]+)", base)
    if split:
        base, subscripts = split[1], [split[2], *subscripts]
    inside = ",".join(_word(word) for part in subscripts for word in part.split(","))
    return _word(base) + primes + (rf"_{{{inside}}}" if inside else "")


class _Printer(LatexPrinter):  # type: ignore[misc]
    """SymPy's LaTeX with names made safe."""

    def _print_Symbol(self, expr: Any, style: str = "plain") -> str:
        return name_latex(expr.name)

    _print_Dummy = _print_Symbol

    def _print_Subs(self, subs: Any) -> str:
        places = ", ".join(
            f"{self._print(x)}={self._print(value)}" for x, value in zip(subs.variables, subs.point, strict=True)
        )
        return rf"\left. {self._print(subs.expr)} \right|_{{{places}}}"

    def _print_Function(self, expr: Any, exp: Any = None) -> str:
        if isinstance(expr, AppliedUndef):
            power = f"^{{{exp}}}" if exp is not None else ""
            inside = ", ".join(self._print(argument) for argument in expr.args)
            return rf"{name_latex(type(expr).__name__)}{power}\left({inside}\right)"
        return str(super()._print_Function(expr, exp))


class _TextPrinter(StrPrinter):  # type: ignore[misc]
    """SymPy's text, with derivatives and values at a point as people write them."""

    def _print_Subs(self, subs: Any) -> str:
        pairs = zip(subs.variables, subs.point, strict=True)
        places = ", ".join(f"{self._print(x)} = {self._print(value)}" for x, value in pairs)
        return f"({self._print(subs.expr)} at {places})"

    def _print_Derivative(self, derivative: Any) -> str:
        inner = derivative.expr
        body = self._print(inner) if inner.is_Function else f"({self._print(inner)})"
        for x, order in reversed(derivative.variable_count):
            power = "" if order == 1 else f"^{order}"
            body = f"d{power}/d{self._print(x)}{power} {body}"
        return body


def plain(expression: sympy.Expr) -> str:
    """The expression as text, the terms in a fixed order."""
    return str(_TextPrinter().doprint(expression))


def symbolic(expression: sympy.Expr) -> str:
    """One line of LaTeX, the terms in a fixed order."""
    return str(_Printer({"ln_notation": False}).doprint(expression))


# --- how wide a formula is --------------------------------------------------------------------------------

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)
_KNOWN = {
    r"\,": 3, r"\;": 5, r"\ ": 6, r"\quad": 20, r"\qquad": 40, r"\left": 0, r"\right": 0, r"\log": 25, r"\min": 30,
    r"\max": 35, r"\bigl": 0, r"\bigr": 0, r"\langle": 7, r"\rangle": 7, r"\|": 7,
    r"\exp": 30, r"\sinh": 35, r"\cosh": 38, r"\tanh": 38, r"\sum": 20, " ": 0, "&": 0,
    "+": 18, "-": 18, "=": 18, "<": 18, ">": 18, r"\ge": 18, r"\le": 18, r"\ne": 18,
    **dict.fromkeys("0123456789", 9), **dict.fromkeys("()[]", 8), **dict.fromkeys("|,.", 7),
}
_TRANSPARENT = frozenset({r"\mathrm", r"\mathbf", r"\operatorname", r"\text", r"\begin", r"\end"})


def width(latex: str) -> int:
    """Estimated width in units of ``LIMIT``; fractions count their wider half."""
    return _run(iter(_TOKEN.findall(latex)))


def _run(tokens: Iterator[str], *, single: bool = False) -> int:
    """Width up to the end of the group, or of one argument when ``single``."""
    total = 0
    for token in tokens:
        if token == "}":
            break
        if single and token == " ":
            continue
        total += _one(token, tokens)
        if single:
            break
    return total


def _one(token: str, tokens: Iterator[str]) -> int:
    if token == "{":
        return _run(tokens)
    if token in (r"\frac", r"\tfrac"):
        return max(_run(tokens, single=True), _run(tokens, single=True)) + 6
    if token in ("^", "_"):
        return 7 * _run(tokens, single=True) // 10
    return 0 if token in _TRANSPARENT else _KNOWN.get(token, 10)


# --- naming what is too wide ------------------------------------------------------------------------------


class Names:
    """Letters for parts of one formula: X_1, X_2, ... with their definitions in order of use."""

    def __init__(self, taken: Sequence[str]) -> None:
        bases = {spelled(name).split("_")[0].rstrip("0123456789") for name in taken}
        spare = chain("XYUVQRET", ("Xi", "Upsilon"), (f"part{'o' * count}" for count in range(len(bases) + 1)))
        self.letter = next(letter for letter in spare if letter not in bases)
        self.definitions: dict[sympy.Symbol, sympy.Expr] = {}
        self.told = 0  # how many of them are printed already

    def of(self, expression: sympy.Expr) -> sympy.Symbol:
        for symbol, known in self.definitions.items():
            if known == expression:
                return symbol
        symbol = sympy.Symbol(f"{self.letter}_{len(self.definitions) + 1}")
        self.definitions[symbol] = expression
        return symbol


def fitted(expression: sympy.Expr, limit: int, names: Names) -> sympy.Expr:
    """``expression`` with wide parts named, so that each of its terms fits ``limit``."""
    if expression.is_Add:
        return sympy.Add(*(fitted(term, limit, names) for term in expression.args), evaluate=False)
    while width(symbolic(expression)) > limit and expression.args:
        smaller = _one_named(expression, limit, names)
        if smaller == expression:
            break
        expression = smaller
    return expression


def _one_named(expression: sympy.Expr, limit: int, names: Names) -> sympy.Expr:
    """``expression`` with its widest part named, or with its widest part made narrower."""
    parts = sorted(set(expression.args), key=lambda part: (-width(symbolic(part)), sympy.default_sort_key(part)))
    for part in parts:
        if part.is_Atom or isinstance(part, (AppliedUndef, sympy.Tuple)):
            continue
        inner = part if part.is_Add else _one_named(part, limit, names)
        replacement = names.of(part) if part.is_Add or inner == part else inner
        return expression.func(*(replacement if argument == part else argument for argument in expression.args))
    return expression


# --- lines ------------------------------------------------------------------------------------------------


def terms_of(expression: sympy.Expr) -> list[str]:
    """The terms of a sum in LaTeX, signs included."""
    if not expression.is_Add:
        return [symbolic(expression)]
    return [symbolic(term) for term in expression.as_ordered_terms()]


def packed(terms: Sequence[str | Sequence[str]], limit: int) -> list[str]:
    """The terms joined by their signs, in as few lines as ``limit`` allows; a term in pieces is broken last."""
    lines: list[str] = []
    for position, term in enumerate(terms):
        first, *rest = [term] if isinstance(term, str) else term
        pieces = [_signed(first) if position else first, *rest]
        whole = " ".join(pieces)
        fits = lines and width(f"{lines[-1]} {whole}") <= limit
        for piece in [whole] if fits or width(whole) <= limit else pieces:
            if lines and width(f"{lines[-1]} {piece}") <= limit and (fits or piece is not pieces[0]):
                lines[-1] += f" {piece}"
            else:
                lines.append(piece)
    return lines


def _signed(term: str) -> str:
    if term.startswith("-"):
        return f"- {term[1:].lstrip()}"
    return term if term.startswith("+") else f"+ {term}"


def aligned(left: Sequence[str | Sequence[str]], relation: str, right: Sequence[str | Sequence[str]]) -> str:
    """``left relation right`` from the terms of both sides: one line, or an ``aligned`` block."""
    one = f"{' '.join(packed(left, 10**6))} {relation} {' '.join(packed(right, 10**6))}"
    if width(one) <= LIMIT:
        return one
    first = " ".join(packed(left, 10**6))
    if width(first) <= LIMIT // 3:
        rows = packed(right, LIMIT - width(first) - 40)
        body = [f"{first} {relation}{{}}& {rows[0]}", *(rf"&\quad {row}" for row in rows[1:])]
    else:
        start, *rest = packed(left, LIMIT - 40)
        rows = packed(right, LIMIT - 80)
        body = [f"& {start}", *(rf"&\quad {row}" for row in rest), rf"&\quad {relation} {rows[0]}"]
        body += [rf"&\qquad {row}" for row in rows[1:]]
    joined = r" \\ ".join(body)
    return rf"\begin{{aligned}} {joined} \end{{aligned}}"
