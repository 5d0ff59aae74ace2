r"""Plain text as LaTeX text: everything escaped, and what is plainly a formula letter set as one.

Statements are written in plain text (``w_k``, ``lambda_W >= 0``). Only names of this shape become mathematics, and
they are rebuilt from letters and digits, so that no text can run a command.
"""

from __future__ import annotations

import re
import unicodedata

from ncproofs.report.typesetting import name_latex

__all__ = ["escaped", "prose", "sentence"]

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
    "|": r"\ensuremath{|}",
    '"': "''",
    "`": r"\textasciigrave{}",
    "[": "{[}",
    "]": "{]}",
    "-": "{-}",
    "'": "{'}",
}


#: Combining accents that every LaTeX has.
_ACCENTS = {"\u0300": r"\`", "\u0301": r"\'", "\u0302": r"\^", "\u0303": r"\~", "\u0308": r'\"', "\u0327": r"\c"}


def escaped(text: str) -> str:
    """``text`` so that LaTeX prints it as it is."""
    return "".join(_one(character) for character in " ".join(text.split()))


def _one(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isascii() and character.isprintable():
        return character
    letter, *accents = list(unicodedata.normalize("NFD", character))
    if len(accents) == 1 and accents[0] in _ACCENTS and letter.isascii() and letter.isalpha():
        return f"{_ACCENTS[accents[0]]}{{{letter}}}"
    return f"{{[}}U+{ord(character):04X}{{]}}"


_GREEK = (
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|rho|sigma|tau|phi|psi|chi|omega|ell|"
    "Gamma|Delta|Theta|Lambda|Pi|Sigma|Phi|Psi|Omega"
)
_BRACED = r"\{(?:[A-Za-z0-9]+(?:,[A-Za-z0-9]+)*|[A-Za-z]_[A-Za-z0-9]|[a-z] != [a-z])\}"
_SUBSCRIPT = rf"(?:_(?:{_BRACED}|[A-Za-z0-9]+|[+-](?![A-Za-z0-9+-])))"
_POWER = rf"(?:\^(?:\d+|[A-Z]|-(?:{_GREEK}|[a-z])(?![A-Za-z])|\((?:[A-Za-z]|\d+)(?:[-+/](?:[A-Za-z]|\d+))+\)))"
_WORDS = r"(?:sum|grad|max|min|mean|sup|inf)(?=_(?:[A-Za-z](?![A-Za-z0-9])|\{))"
_LETTER = r"[A-Za-z](?=[_^']|\*\()|[B-HJ-Zb-z](?![A-Za-z'])"
_BASE = rf"{_WORDS}|(?:d(?=[A-Za-z][_^]))?(?:{_GREEK}|{_LETTER})|d[A-Z](?![A-Za-z])"
#: A Greek name, a letter, a differential or one of a few words, with primes, subscript and power; or a relation.
_MATH = re.compile(
    rf"(?<![A-Za-z_\\'])(?!(?<=\d)[eE][-+]?\d)(?P<base>{_BASE})"  # 1e-9 is a number
    rf"(?P<prime>'{{0,2}})(?P<sub>{_SUBSCRIPT}?)(?P<power>{_POWER}?)(?![A-Za-z0-9_])"
    r"|(?<![\w.^])(?P<ones>11?)(?P<many>_[nNK]\b)?(?P<turned>\^T\b)?(?:(?<=T)|(?<=_[nNK]))"
    r"|(?P<sign>(?<= )\(x\)(?= (?:1_|[A-Z]\b))|(?<![\w.])oo(?!\w))"
    r"|(?P<close>[|)\]])(?:\^(?P<exponent>-?\d+|[A-Z]\b|\(-?\d+/\d+\))|_(?P<part>[+-])(?![A-Za-z0-9+-]))"
    r"|(?P<relation>\+-(?=[ (A-Za-z0-9])|(?<=\d) x (?=\d)"
    r"|>=|<=|->|!=| - |(?<=\b[A-Za-z])-(?=\d|[A-Za-z]\b)|(?<=\d)-(?=[A-Za-z]\b)"
    r"|(?<=[(= ])-(?=[A-Za-z0-9]))"
)
_RELATIONS = {
    "+-": r"\pm", " x ": r" \times ", ">=": r"\ge", "<=": r"\le", "->": r"\to", "!=": r"\ne", " - ": " - ", "-": "-",
}
_SIGNS = {"(x)": r"\otimes", "oo": r"\infty"}


def sentence(text: str) -> str:
    """``text`` with a capital and a full stop, unless it begins with a formula."""
    flat = " ".join(text.split())
    word = re.match(r"[a-z]{2,}(?:[ ,:.]|$)", flat)
    if word and not re.match(rf"(?:{_GREEK}|sum|spec|trace|log|exp|sup|dim)\b", flat):
        flat = flat[0].upper() + flat[1:]
    return flat if flat.endswith((".", "?", "!", ":")) or not flat else f"{flat}."


def prose(text: str) -> str:
    """``text`` as LaTeX text, escaped, with names and relations set as mathematics."""
    flat, done, out = " ".join(text.split()).replace("**", "^"), 0, []
    for match in _MATH.finditer(flat):
        out += [_run(flat[done : match.start()]), _set(match)]
        done = match.end()
    return "".join([*out, _run(flat[done:])])


def _run(text: str) -> str:
    """A part of a line: the spaces at its ends stay."""
    return "".join(_one(character) for character in text)


def _set(match: re.Match[str]) -> str:
    if match["relation"]:
        sign = _RELATIONS[match["relation"]]
        return f" ${sign.strip()}$ " if sign.startswith(" ") else f"${sign}$"
    if match["sign"]:
        return rf"${_SIGNS[match['sign']]}$"
    if match["ones"]:
        return _ones(match)
    if match["close"]:
        raised = f"^{{{match['exponent'].strip('()')}}}" if match["exponent"] else f"_{{{match['part']}}}"
        return f"${match['close']}{raised}$"
    base = match["base"]
    differential = r"\mathrm{d}" if re.fullmatch(rf"d(?:{_GREEK}|[A-Za-z])", base) and base != "delta" else ""
    base = base[1:] if differential else base
    inside = match["sub"].lstrip("_").strip("{}")
    subscript = _below(inside) if inside else ""
    power = _above(match["power"][1:]) if match["power"] else ""
    spelled = r"\textstyle\sum" if base == "sum" else name_latex(base)
    return f"${differential}{spelled}{match['prime']}{subscript}{power}$"


def _below(inside: str) -> str:
    """A subscript: a sign, an unequal pair, a name with an index of its own, or indices."""
    if inside in ("+", "-"):
        return f"_{{{inside}}}"
    if " != " in inside:
        return "_{" + inside.replace(" != ", r" \ne ") + "}"
    return f"_{{{name_latex(inside)}}}" if "_" in inside else name_latex(f"x_{inside}").removeprefix("x")


def _above(inside: str) -> str:
    """An exponent: a number, a letter, minus a letter, or a quotient or sum of these in brackets."""
    minus, letter = ("-", inside[1:]) if inside.startswith("-") else ("", inside)
    return f"^{{{minus}{name_latex(letter) if letter.isalpha() else letter.strip('()')}}}"


def _ones(match: re.Match[str]) -> str:
    """A column of ones, with its length; or a row, or the matrix of ones as their product."""
    below = f"_{{{match['many'][1:]}}}" if match["many"] else ""
    above = r"^{\top}" if match["turned"] else ""
    return "$" + r"\mathbf{1}" * len(match["ones"]) + f"{below}{above}$"
