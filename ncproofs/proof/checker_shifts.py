"""Losses that adding one number to all logits leaves unchanged, read off their expressions.

With z_j + s for every z_j, an expression e is shown to become e + a s, or e exp(m s), for constants a and m that its
form gives: t becomes t + s; exp of e + a s is exp(e) exp(a s); a sum of K terms e(z_j) + a s grows by K a s. These are
identities wherever e is defined, and where e is defined the shifted e is. What has no such form is not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

_BITS, _POWER = 512, 16  # of a constant; longer and higher ones are not followed


@dataclass(frozen=True)
class _Moved:
    """e becomes e + added s and e exp(grown s); None where that is not shown. ``value``: that of a constant."""

    added: Fraction | None = None
    grown: Fraction | None = None
    value: Fraction | None = None


_STAYS = _Moved(Fraction(0), Fraction(0))


def is_shift_invariant(phi: Any, sums: list[Any], K: int) -> bool:
    """Whether phi(t, S_1, ..., K) with S_i = sum_j sums_i(z_j) is shown to be: False proves nothing."""
    names = {"t": _Moved(added=Fraction(1)), "K": _Moved(Fraction(0), Fraction(0), Fraction(K))}
    for i, body in enumerate(sums, start=1):
        one = _moved(body, {"z": _Moved(added=Fraction(1))})
        names[f"S{i}"] = _joined(_scaled(one.added, Fraction(K)), one.grown)
    return _moved(phi, names).added == 0


def _joined(added: Fraction | None, grown: Fraction | None) -> _Moved:
    """Unchanged is both."""
    return _STAYS if 0 in (added, grown) else _Moved(added, grown)


def _scaled(a: Fraction | None, b: Fraction | None) -> Fraction | None:
    return None if a is None or b is None else _short(a * b)


def _short(a: Fraction) -> Fraction | None:
    return a if max(a.numerator.bit_length(), a.denominator.bit_length()) <= _BITS else None


def _total(parts: list[Fraction | None]) -> Fraction | None:
    total: Fraction | None = Fraction(0)
    for part in parts:
        total = None if part is None or total is None else _short(total + part)
    return total


def _moved(e: Any, names: dict[str, _Moved]) -> _Moved:
    if isinstance(e, str):
        if e[0].isalpha() or e[0] == "_":
            return names.get(e, _Moved())
        return _Moved(Fraction(0), Fraction(0), _short(Fraction(e)))
    operation, *rest = e
    if operation == "^":
        base, n = _moved(rest[0], names), rest[1]
        found = _joined(None, _scaled(base.grown, Fraction(n)))
        fits = base.value and abs(n) <= _POWER  # not 0, so that every power exists
        return _Moved(found.added, found.grown, _short(base.value**n)) if fits and base.value else found
    parts = [_moved(part, names) for part in rest]
    if operation in ("+", "-"):
        return _of_sum(parts, minus=operation == "-")
    if operation in ("*", "/"):
        return _of_product(parts, over=operation == "/")
    first = parts[0]
    if operation == "exp":
        return _joined(None, first.added)
    if operation == "log":
        return _joined(first.grown, None)
    if operation == "sqrt":
        return _joined(None, _scaled(first.grown, Fraction(1, 2)))
    # pow: e^(m s p) for a constant p, and nothing moves if neither base nor exponent does
    return _STAYS if first == parts[1] == _STAYS else _joined(None, _scaled(first.grown, parts[1].value))


def _of_sum(parts: list[_Moved], *, minus: bool) -> _Moved:
    """Terms that all grow alike do so together; a sign changes what is added."""
    signs = [Fraction(-1 if minus and (i or len(parts) == 1) else 1) for i in range(len(parts))]
    added, value = (_total([_scaled(x, sign) for x, sign in zip(column, signs, strict=True)])
                    for column in zip(*((part.added, part.value) for part in parts), strict=True))
    alike = {part.grown for part in parts}
    found = _joined(added, alike.pop() if len(alike) == 1 else None)
    return _Moved(found.added, found.grown, value)


def _of_product(parts: list[_Moved], *, over: bool) -> _Moved:
    """What grows adds up; what is added is multiplied by constants."""
    grown = [_scaled(part.grown, Fraction(-1)) if over and i else part.grown for i, part in enumerate(parts)]
    varying = [part for part in parts if part.value is None]
    factor: Fraction | None = Fraction(1)
    for i, part in enumerate(parts):
        if part.value is not None:
            by = part.value if not (over and i) else 1 / part.value if part.value else None
            factor = _scaled(factor, by)
    if not varying:
        return _STAYS if factor is None else _Moved(Fraction(0), Fraction(0), factor)
    alone = len(varying) == 1 and not (over and parts[1].value is None)
    return _joined(_scaled(varying[0].added, factor) if alone else None, _total(grown))
