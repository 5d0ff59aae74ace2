"""Reading what is not trusted: canonical JSON of bounded size, and the small grammar of certificates."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Any

from ncproofs.proof.checker_arithmetic import Limit, Rejected

BYTES, DEPTH, DIGITS, ENTRIES = 16_000_000, 200, 2000, 10**6
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")
_RATIONAL = re.compile(r"-?(0|[1-9][0-9]*)(/([1-9][0-9]*))?\Z")
# Also matches a string that never ends, so that it is read once and not from each of its quotes.
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_ARITIES = {"+": (2, ENTRIES), "*": (2, ENTRIES), "-": (1, 2), "/": (2, 2), "pow": (2, 2), "exp": (1, 1),
            "log": (1, 1), "sqrt": (1, 1)}


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def _refused(text: str) -> Any:
    raise Rejected(f"{text[:20]} is a float or not a number")


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > 18:
        raise Rejected("a bare integer of more than 18 digits")
    return int(text)


def _keyed(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise Rejected("a duplicate key")
    return dict(pairs)


def parse(raw: bytes) -> Any:
    """The envelope, once it is canonical JSON of bounded size and depth without floats."""
    if len(raw) > BYTES:
        raise Limit("the file is larger than 16 MB")
    depth = deepest = 0
    for bracket in re.findall(rb'[\[{\]}]', _STRING.sub(b"", raw)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    if deepest > DEPTH:
        raise Rejected(f"nesting of {deepest}, at most {DEPTH} is read")
    try:
        value = json.loads(raw.decode("ascii"), parse_float=_refused, parse_constant=_refused, parse_int=_whole,
                           object_pairs_hook=_keyed)
    except (ValueError, RecursionError) as error:
        raise Rejected(f"not JSON in ASCII ({str(error)[:80]})") from None
    if canonical(value) != raw:
        raise Rejected("not the canonical encoding of its content")
    return value


def need(value: Any, *keys: str) -> list[Any]:
    """The values of exactly these keys."""
    if not isinstance(value, dict) or set(value) != set(keys):
        raise Rejected(f"an object with exactly the keys {', '.join(keys)} is needed")
    return [value[key] for key in keys]


def whole(value: Any, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise Rejected(f"an integer from {low} to {high} is needed")
    return value


def listed(value: Any, size: int | None = None) -> list[Any]:
    if not isinstance(value, list) or len(value) > ENTRIES or (size is not None and len(value) != size):
        raise Rejected("a list is needed" + (f", of {size}" if size is not None else ""))
    return value


def name(value: Any) -> str:
    if not isinstance(value, str) or not _NAME.match(value):
        raise Rejected("a name is needed")
    return value


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Rejected("true or false is needed")
    return value


def rational(value: Any) -> Fraction:
    if not isinstance(value, str) or len(value) > 2 * DIGITS + 2 or not (match := _RATIONAL.match(value)):
        raise Rejected("a rational in a string is needed")
    if max(len(part.lstrip("-")) for part in value.split("/")) > DIGITS:
        raise Rejected(f"an integer of more than {DIGITS} digits")
    top, bottom = int(value.split("/")[0]), int(match[3] or 1)
    found = Fraction(top, bottom)
    if str(found) != value:
        raise Rejected("a rational that is not in lowest terms")
    return found


def expression(value: Any) -> Any:
    """``value``, once it is an expression."""
    if isinstance(value, str):
        return value if _NAME.match(value) else str(rational(value))
    operation, *rest = listed(value) or [None]
    if operation == "^" and len(rest) == 2:
        return [operation, expression(rest[0]), whole(rest[1], -10_000, 10_000)]
    low, high = _ARITIES.get(operation, (1, 0)) if isinstance(operation, str) else (1, 0)
    if not low <= len(rest) <= high:
        raise Rejected("an unknown operation, or a wrong number of arguments")
    return [operation, *map(expression, rest)]


def mentions(body: Any, called: str) -> bool:
    return body == called if not isinstance(body, list) else any(mentions(part, called) for part in body[1:])


def vector(value: Any, size: int) -> list[Fraction]:
    shift, mantissas = need(value, "s", "m")
    scale = 1 << whole(shift, 0, 4096)
    found = [rational(text) for text in listed(mantissas, size)]
    if any(m.denominator != 1 for m in found):
        raise Rejected("a mantissa that is not an integer")
    return [m / scale for m in found]
