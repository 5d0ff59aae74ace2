r"""Any name of a symbol as a plain one: letters, digits, underscores and primes, so that nothing of it is lost.

Greek letters are spelled out, ``x_{1}`` and ``x₁`` are ``x_1``, and any other character is put into words:
``u$`` is ``u_dollarsign``. Two names may be spelled alike; ``ncproofs.report.apart`` then numbers them apart.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["is_plain", "spelled"]

_PART = r"(?:[A-Za-z0-9]+|[+-])"
_PLAIN = re.compile(rf"\|[A-Za-z]+\||[A-Za-z][A-Za-z0-9]*'{{0,3}}(?:_{_PART}(?:,{_PART})*)*")
_GREEK = re.compile(r"GREEK (SMALL|CAPITAL) LETTER ([A-Z]+)")


def is_plain(name: str) -> bool:
    """Whether the name is printed as it stands."""
    return _PLAIN.fullmatch(name) is not None


def spelled(name: str) -> str:
    """``name`` as a plain name."""
    if is_plain(name):
        return name
    text = re.sub(r"_\{([A-Za-z0-9,_+-]+)\}", r"_\1", name)
    text = re.sub(r"^([^']*?)((?:_[A-Za-z0-9,]+)+)('{1,3})$", r"\1\3\2", text)  # a prime of a_1' is one of a
    if is_plain(text):
        return text
    words = "".join(_words(character) for character in text)
    parts = [part.strip(",") for part in words.split("_")]
    first, *rest = [part for part in parts if part] or ["empty"]
    if not first[0].isalpha():
        first = f"x_{first}"
    plain = "_".join([first, *rest])
    if not is_plain(plain):  # commas in the base and such: every part becomes a subscript of its own
        plain = "_".join(re.findall(r"[A-Za-z0-9]+", plain))
    return plain


def _words(character: str) -> str:
    """A letter or digit as it is, Greek by its name, an index below as one, and the rest as a word below."""
    if character.isascii() and (character.isalnum() or character in "_,"):
        return character
    greek = _GREEK.fullmatch(unicodedata.name(character, ""))
    if greek is not None:
        letter = greek[2].replace("LAMDA", "LAMBDA")  # as Unicode writes it
        return letter.lower() if greek[1] == "SMALL" else letter.capitalize()
    kind, *codes = unicodedata.decomposition(character).split() or [""]
    if kind == "<sub>" and len(codes) == 1 and chr(int(codes[0], 16)) in "0123456789":
        return f"_{chr(int(codes[0], 16))}"
    word = re.sub(r"[^a-z0-9]", "", unicodedata.name(character, f"U{ord(character):04X}").lower())
    return f"_{word}_"
