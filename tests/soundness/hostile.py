"""Hostile input for every reader of untrusted text, and what counts as surviving it.

    python -m tests.soundness.hostile [COUNT]        # COUNT random inputs a reader, and every one of the tables

A reader survives an input when it answers or raises an error of its declared class within ``SECONDS``. An
internal error, a hang or running code is a failure.
"""

from __future__ import annotations

import io
import json
import os
import random
import signal
import string
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ncproofs.arithmetic.exact import exact_number
from ncproofs.errors import InexactInput, InvalidLoss, InvalidProblem, InvalidSuite, UnknownName
from ncproofs.grid import numbers, sizes, texts
from ncproofs.losses import known_loss, loss_from_expression
from ncproofs.proof import checker
from ncproofs.suite import expand, read_suite, validate
from tests.soundness.certificates import sealed
from tests.soundness.genuine import claims

__all__ = ["READERS", "SECONDS", "TABLES", "Overdue", "outcome", "random_inputs", "within"]

SECONDS = 10.0
#: If any of this text were run, this file would appear.
CANARY = Path(tempfile.gettempdir()) / f"ncproofs-hostile-input-was-run-{os.getpid()}"


class Overdue(BaseException):
    """Not an Exception, so that no reader swallows it."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise ``Overdue`` in here after so many seconds."""

    def ring(signum: int, frame: object) -> None:
        raise Overdue(f"more than {seconds} s")

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _suite(text: str | bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "suite.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        suite = read_suite(path)
        validate(suite, expand(suite))


def _grid(text: str) -> None:
    for read in (texts, numbers, lambda place, value: sizes(place, [value], {"K": 3, "n": 2})):
        try:
            read("here", text)
        except InvalidSuite:
            continue


def _certificate(raw: bytes) -> None:
    verdict, _ = checker.check(raw)
    if verdict not in ("accepted", "rejected", "limit", "holey"):
        raise AssertionError(verdict)


def _expression(text: str) -> None:
    loss_from_expression(text).softmax_form()


def _function(text: str) -> None:
    loss_from_expression("log(S1) - t", [text]).softmax_form()


def _number(text: str) -> None:
    exact_number(text, "x")


#: Reader -> (what it reads, the classes of error it declares).
READERS: dict[str, tuple[Callable[[Any], None], tuple[type[Exception], ...]]] = {
    "expressions": (_expression, (InvalidLoss,)),
    "class functions": (_function, (InvalidLoss,)),
    "losses": (known_loss, (InvalidLoss, InvalidProblem, InexactInput, UnknownName)),
    "numbers": (_number, (InvalidProblem, InexactInput)),
    "grids": (_grid, ()),
    "suites": (_suite, (InvalidSuite,)),
    "certificates": (_certificate, ()),
}


def outcome(reader: str, text: Any) -> tuple[str, float]:
    """("answered" or "refused", seconds).

    Raises:
        Exception, Overdue: the reader did not survive.
    """
    read, declared = READERS[reader]
    started = time.perf_counter()
    with within(SECONDS):
        try:
            read(text)
            found = "answered"
        except declared as error:
            found = "refused"
            shown = str(error)
            if not shown or "\n" in shown or len(shown) > 3000:
                raise AssertionError(f"not one line: {shown[:200]!r}") from error
    if CANARY.exists():
        CANARY.unlink()
        raise AssertionError("the input was run")
    return found, time.perf_counter() - started


# --- tables -----------------------------------------------------------------------------------------------

_RUN = f"__import__('pathlib').Path({str(CANARY)!r}).touch()"
_CHECK = (
    '[[check]]\ntheorem = "benign-landscape"\nloss = "{loss}"\nK = {K}\nd = {d}\nn = {n}\n'
    'lambda_W = {w}\nlambda_H = "1/3"\n'
)


def _grid_of(**parts: str) -> str:
    return _CHECK.format(**{"loss": "cross_entropy", "K": "3", "d": "3", "n": "1", "w": '"1/3"', **parts})


SUITES: dict[str, str | bytes] = {
    "a decimal of 5000 digits": "x = " + "1" * 5000,
    "K of a million digits": _grid_of(K="1" * 10**6),
    "K of 100000 hexadecimal digits": _grid_of(K="0x" + "f" * 10**5),
    "a boolean and huge numbers where text is due": "[suite]\ntitle = [0x" + "f" * 5000 + "]\n",
    "deep arrays": "x = " + "[" * 10**5,
    "deep arrays, closed": "x = " + "[" * 10**4 + "]" * 10**4,
    "deep inline tables": "x = " + "{a=" * 3000 + "1" + "}" * 3000,
    "a key of many parts": ".".join(["a"] * 20000) + " = 1",
    "many keys of many parts": "".join(".".join([f"a{i}"] + ["a"] * 150) + " = 1\n" for i in range(400)),
    "a table name of many parts": "[" + ".".join(["a"] * 20000) + "]",
    "a float beyond all": "x = 1e999999999",
    "NaN and infinity": _grid_of(K="nan", w="inf"),
    "a date": _grid_of(K="1979-05-27"),
    "no date": "x = 9999-99-99",
    "null bytes in a string": 'x = "\\u0000"\n[[check]]\ntheorem = "a\\u0000b"',
    "null bytes": b"\x00" * 1000,
    "a lone surrogate, escaped": 'x = "\\ud800"',
    "a lone surrogate": '[[check]]\ntheorem = "\ud800"',
    "not UTF-8": b"\xff\xfe[[check]]",
    "a byte order mark": "\ufeff[[check]]\ntheorem = 'lower-bound-chain'",
    "duplicate keys": "[suite]\ntitle = 'a'\ntitle = 'b'",
    "duplicate tables": "[suite]\n[suite]\n",
    "20000 checks": '[[check]]\ntheorem="lower-bound-chain"\n' * 20000,
    "20000 theorems": "[[check]]\ntheorem = [" + '"lower-bound-chain",' * 20000 + "]",
    "a name of half a million letters": '[[check]]\ntheorem = "' + "a" * 500_000 + '"',
    "a megabyte and more": "#" * 2**21,
    "a loss with a huge parameter": _grid_of(loss="focal(1e999)"),
    "a loss with a long parameter": _grid_of(loss="focal(1/" + "3" * 1500 + ")"),
    "a loss that is a tower": _grid_of(loss="focal(9**9**9**9)"),
    "a hundred thousand values": _grid_of(K='"' + ",".join(["3"] * 10**5) + '"', d='"' + ",".join(["K"] * 10**5) + '"'),
    "many different values": _grid_of(d='"' + ",".join(f"K+{i}" for i in range(60000)) + '"'),
    "a huge grid": _grid_of(K='"2:4000"', d='"1:4000"', n='"1:4000"'),
    "many overlapping ranges": _grid_of(K='"' + ",".join(f"2:{4000 + i}" for i in range(300)) + '"'),
    "many overlapping ranges of d": _grid_of(d='"' + ",".join(f"1:{4000 + i}" for i in range(300)) + '"') * 9,
    "the same grid many times": _grid_of(K='"2:2000"') * 500,
    "a range upside down": _grid_of(n='"5:2"'),
    "text that turns right to left": '[[check]]\ntheorem = "\u202ebenign-landscape"',
    "digits of another script": _grid_of(K='"\u0663"', d='"\uff13"'),
    "letters that look alike": _grid_of(loss="cr\u043ess_entropy"),
    "an underscore in a number": _grid_of(K='"1_0"', d='"1_0"', w='"1_0"'),
    "spaces in numbers": _grid_of(K='" 3\u00a0"', w='"1 / 3"'),
    "code for a size": _grid_of(d=json.dumps(_RUN)),
    "code for a loss": _grid_of(loss=_RUN.replace("'", "")),
    "code for a theorem": f"[[check]]\ntheorem = {json.dumps('os:system')}",
    "an attribute chain": _grid_of(d='"K.__class__.__mro__"'),
    "a lambda": _grid_of(d='"(lambda: 3)()"'),
    "a comprehension": _grid_of(d='"[1 for _ in range(10**9)]"'),
    "a product of large sizes": _grid_of(d='"' + "*".join(["999999"] * 8) + '"'),
    "budget beyond": _grid_of() + "budget_seconds = 10000000000000000000\n",
    "a family that is not there": _grid_of() + 'family = "\\u0000"\n',
}

EXPRESSIONS: dict[str, str] = {
    "code": _RUN,
    "code in a call": f"log({_RUN})",
    "attributes": "S1.__class__.__init__.__globals__",
    "a format string": "f'{t}'",
    "a walrus": "(t := S1)",
    "await": "await t",
    "a tower of powers": "2**2**2**2**2**2",
    "a tower of exp": "exp(" * 60 + "t" + ")" * 60,
    "a tower of log": "log(" * 60 + "S1" + ")" * 60,
    "deep brackets": "(" * 900 + "t" + ")" * 900,
    "deep signs": "-" * 1900 + "t",
    "deep powers": "t" + "**1" * 600,
    "a sum to a power": "(t + S1 + 1)**1000",
    "a sum to a power, twice": "((t + S1 + 1)**30)**30",
    "exp of a power": "exp((t + 1)**500)",
    "a product of sums": "*".join(f"(t+{i})" for i in range(250)),
    "a product of sums of exponentials": "*".join(f"(1+exp({2**i}*t))" for i in range(9)),
    "nested quotients": "1/(" * 90 + "t" + "+1)" * 90,
    "a number of 51 digits": "1" * 51 + "*t",
    "many numbers of 50 digits": "*".join(["9" * 50] * 38) + "*t",
    "a power of a large number": "(" + "9" * 50 + ")**1000",
    "powers of powers of numbers": "((((2**9)**9)**9)**9)**9*t",
    "a root of a huge number": "sqrt(" + "7" * 50 + "**9)",
    "fractional powers": "(t**0.001)**0.001 + 2**0.001",
    "large denominators in exponents": "+".join(f"exp(t/{p})" for p in (101, 103, 107, 109, 113, 127, 131, 137)),
    "log of a power": "log((S1 + 1)**1000)",
    "exp of log": "exp(1000*log(S1 + exp(t)))",
    "a complex number": "1j*t",
    "hidden division by zero": "1/(exp(log(S1)) - S1)",
    "zero to a negative power": "(t - t)**-1",
    "a null byte": "t\x00",
    "line breaks": "t\n\n\n+\r\nS1",
    "a form feed": "t\x0c + S1",
    "a full-width letter": "\uff54 + \uff33\uff11",
    "a superscript": "t\u00b2",
    "digits of another script": "t*\u0663",
    "right to left": "\u202et + S1",
    "a combining mark": "t\u0301",
    "a lone surrogate": "t\ud800",
    "a comment": "t # + S1",
    "a backslash": "t \\\n + S1",
    "a very long line": "t+" * 999 + "t",
    "underscores": "1_000*t",
    "an octal number": "0o17*t",
    "a hexadecimal float": "0x1p3*t",
    "an ellipsis": "...",
    "a matrix": "t @ S1",
    "a chain of comparisons": "t < S1 < 1",
    "a star": "log(*t)",
    "two stars": "log(**t)",
}

NUMBERS: dict[str, str] = {
    "a million digits": "1" * 10**6,
    "an exponent": "1e999999999",
    "an exponent of three digits": "1e999",
    "a tower": "9**9**9",
    "code": _RUN,
    "NaN": "nan",
    "infinity": "-inf",
    "division by zero": "1/0",
    "digits of another script": "\u0661/\u0662",
    "a null byte": "1\x00",
    "a float in hexadecimal": "0x1.8p1",
    "two slashes": "1/2/3",
    "empty": "",
    "spaces": "1 / 2",
    "underscores": "1_0",
    "a lone surrogate": "\udc80",
}

LOSSES: dict[str, str] = {
    **{f"number {name}": f"focal({text})" for name, text in NUMBERS.items()},
    "code": _RUN,
    "a path": "os:system",
    "many arguments": "focal(" + "2," * 900 + "2)",
    "brackets": "focal" + "(" * 900 + "2" + ")" * 900,
    "another script": "f\u043ecal(2)",
}


def _bomb() -> bytes:
    """A zip file of 10 kB that unpacks to 10 MB: bytes that are no certificate."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("certificate.json", b"[" * 10**7)
    return stream.getvalue()


def _tower(depth: int, operation: str) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [operation, value] if operation in ("exp", "log", "sqrt") else [operation, value, value]
    return value


def _claim(expression: Any, witness: Any, **parts: Any) -> bytes:
    unit = {"name": "x", "lower": "0", "upper": "1", "lower_open": False, "upper_open": False, "integer": False}
    statement = {"kind": "sign/1", "title": "hostile", "domain": [unit], "expression": expression, "relation": ">=",
                 **parts}
    return sealed(statement, witness)


_BY_COEFFICIENTS = {"method": "coefficients", "basis": []}
_BY_CUTS = {"method": "cuts", "bits": 4096, "cuts": ["n"]}


def _basis(*entries: Any) -> dict[str, Any]:
    return {"method": "coefficients", "basis": list(entries)}


def _verdict(claims: list[Any], witnesses: list[Any], **parts: Any) -> bytes:
    statement = {"kind": "verdict/1", "title": "hostile", "theorem": "hostile", "parameters": None, "holes": [],
                 "claims": claims, **parts}
    return sealed(statement, {"claims": witnesses})


_AXIOM = {"kind": "axiom/1", "title": "hostile", "name": "inertia"}
CERTIFICATES: dict[str, bytes] = {
    "nothing": b"",
    "a zip bomb": _bomb(),
    "brackets": b"[" * 2_000_000,
    "quotes": b'"' * 2_000_000,
    "backslashes": b"\\" * 2_000_000,
    "an open string of escapes": b'"' + b"\\u0000" * 2_000_000,
    "too large": b" " * 17_000_000,
    "many keys": b"{" + b",".join(b'"%06d":1' % i for i in range(10**5)) + b"}",
    "the same key": b"{" + b",".join([b'"a":1'] * 10**5) + b"}",
    "a number of a million digits": b'{"a":' + b"7" * 10**6 + b"}",
    "a long exponent": b'{"a":1e' + b"9" * 1000 + b"}",
    "NaN": b'{"a":NaN}',
    "minus zero": b'{"a":-0}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a null byte": b'{"a":"\x00"}',
    "a string of a megabyte": _claim("1" * 10**6, _BY_CUTS),
    "doubled sums": _claim(_tower(22, "+"), _BY_COEFFICIENTS),
    "doubled products": _claim(_tower(22, "*"), _BY_COEFFICIENTS),
    "doubled products in intervals": _claim(_tower(14, "*"), _BY_CUTS),
    "a tower of exponentials": _claim(_tower(40, "exp"), _BY_CUTS),
    "a tower of exponentials, exactly": _claim(_tower(40, "exp"), _BY_COEFFICIENTS),
    "a tower of logarithms": _claim(_tower(40, "log"), _BY_COEFFICIENTS),
    "a large power in 4096 bits": _claim(["^", "x", 10_000], _BY_CUTS),
    "powers of powers": _claim(["^", ["^", ["^", ["+", "x", "1"], 10_000], 10_000], 10_000], _BY_CUTS),
    "powers of powers, exactly": _claim(["^", ["^", ["+", "x", "1"], 100], 100], _BY_COEFFICIENTS),
    "exp of a power": _claim(["exp", ["^", ["+", "x", "1"], 200]], _BY_COEFFICIENTS),
    "roots of roots": _claim(_tower(60, "sqrt"), _BY_CUTS),
    "roots of roots, exactly": _claim(_tower(60, "sqrt"), _BY_COEFFICIENTS),
    "products of products": _claim("x", _basis(["exp", "x"], *(["product", [[i, 200]]] for i in range(1, 150)))),
    "many exponentials": _claim("x", _basis(*(["exp", ["*", str(i), "x"]] for i in range(1, 3000)))),
    "exponentials of exponentials": _claim("x", _basis(["exp", "x"], *(["exp", ["exp", "x"]] for _ in range(40)))),
    "a basis that is no list": _claim("x", {"method": "coefficients", "basis": "exp"}),
    "a product of itself": _claim("x", _basis(["product", [[0, 1]]], ["product", [[1, 1]]])),
    "many axioms": _verdict([_AXIOM] * 10**4, [{}] * 10**4),
    "verdicts in verdicts": _verdict([{"kind": "verdict/1"}], [{}]),
    "a theorem that is a list": _verdict([_AXIOM], [{}], theorem=["hostile"]),
    "an axiom alone": _verdict([_AXIOM], [{}]),
    "parameters that are a list": _verdict([_AXIOM], [{}], parameters=[1]),
    "a million cuts": _claim("x", {"method": "cuts", "bits": 64, "cuts": [[0, "1/2"]] * 10**4}),
    "splits in splits": _claim("x", {"method": "split", "variable": "x", "at": ["1/2"], "parts": [_BY_CUTS] * 2}),
    "taylor in taylor": _claim("x", {"method": "taylor", "variable": "x", "end": "lower", "strict": 0,
                                     "start": [_BY_COEFFICIENTS] * 6, "rest": _BY_COEFFICIENTS}),
    "a high power of many variables": _claim(
        ["^", ["+", *(f"x{i}" for i in range(60))], 9], _BY_COEFFICIENTS, domain=[
            {"name": f"x{i}", "lower": "0", "upper": None, "lower_open": False, "upper_open": True, "integer": False}
            for i in range(60)]),
    "a recursion of ends": _claim("x", _BY_CUTS, domain=[
        {"name": "x", "lower": "x", "upper": "x", "lower_open": False, "upper_open": False, "integer": False}]),
}

TABLES: dict[str, dict[str, Any]] = {
    "expressions": EXPRESSIONS,
    "class functions": {name: text.replace("S1", "z").replace("t", "z") for name, text in EXPRESSIONS.items()},
    "losses": LOSSES,
    "numbers": NUMBERS,
    "grids": {**NUMBERS, **EXPRESSIONS, **{name: "K*" * 20 + "K" for name in ("a product",)}},
    "suites": SUITES,
    "certificates": CERTIFICATES,
}


# --- random input -----------------------------------------------------------------------------------------

_TOKENS = ["t", "S1", "S2", "z", "K", "exp(", "log(", "sqrt(", "(", ")", "+", "-", "*", "/", "**", "0", "1", "2", "7/3",
           "1000", "0.5", "1e9", "1e99", "9" * 50, ",", ".", "[", "]", "lambda", "__class__", "if", "else", "'", '"',
           "\x00", "\n", "\u0663", "\u202e", "\ud800", "#", "\\", "=", ":", ";", "@", "_", "j", "0x", "True", " "]


def _soup(generator: random.Random) -> str:
    return "".join(generator.choice(_TOKENS) for _ in range(generator.randint(1, 40)))


def _grown(generator: random.Random, depth: int, leaves: list[str]) -> str:
    """A well-formed expression, so that the reader gets past the syntax."""
    if depth == 0 or generator.random() < 0.1:
        return generator.choice([*leaves, "1", "2", "0", "1/3", "7", "0.001", "9" * 50])
    kind = generator.choice(["+", "-", "*", "/", "**", "exp", "log", "sqrt"])
    inner = _grown(generator, depth - 1, leaves)
    if kind in ("exp", "log", "sqrt"):
        return f"{kind}({inner})"
    if kind == "**":
        return f"({inner})**{generator.choice(['2', '3', '-1', '1/2', '1000', '-7/3', '40'])}"
    return f"({inner}){kind}({_grown(generator, depth - 1, leaves)})"


def _toml_value(generator: random.Random) -> str:
    return generator.choice([
        lambda: str(generator.randint(-5, 10**generator.randint(1, 30))),
        lambda: json.dumps(_soup(generator)),
        lambda: f'"{generator.randint(0, 9)}:{generator.randint(0, 9999)}"',
        lambda: "[" + ", ".join(_toml_value(generator) for _ in range(generator.randint(0, 4))) + "]",
        lambda: f"{generator.random()}",
        lambda: generator.choice(["true", "false", "nan", "-inf", "1979-05-27", "{}", "{a = 1}", "''", '"none"']),
    ])()


_TABLE_KEYS = ["theorem", "loss", "K", "d", "n", "lambda_W", "lambda_H", "lambda_b", "tau", "expect", "rigor", "boxes",
               "budget_seconds", "memory_mb", "control", "breaks", "family", "what"]
_GOOD = {"theorem": '"benign-landscape"', "loss": '"cross_entropy"', "K": '"3:5"', "d": '"K"', "lambda_W": '"1/9"',
         "lambda_H": '"1/9"'}


def _random_suite(generator: random.Random) -> str | bytes:
    lines = []
    for _ in range(generator.randint(1, 3)):
        table = dict(_GOOD) if generator.random() < 0.8 else {}
        for _ in range(generator.randint(0, 3)):
            table[generator.choice(_TABLE_KEYS)] = _toml_value(generator)
        lines += ["[[check]]", *(f"{key} = {value}" for key, value in table.items())]
    text = "\n".join(lines)
    if generator.random() < 0.3:
        raw = bytearray(text.encode("utf-8", "surrogatepass"))
        for _ in range(generator.randint(1, 4)):
            raw[generator.randrange(len(raw))] = generator.randrange(256)
        return bytes(raw)
    return text


_JUNK: tuple[Any, ...] = (None, True, 0, -1, 7, 10**17, "", "x", "K", "1/2", "-1/3", "1" * 1999, [], [[]], {},
                          ["exp", "x"], ["/", "1", "x"], ["^", "x", 10_000], ["^", "x", -1], ["log", "x"],
                          ["sqrt", "x"],
                          {"s": 0, "m": []}, {"s": 4096, "m": ["1"]}, _tower(12, "*"), _tower(9, "exp"))


def _spoiled(generator: random.Random, value: Any) -> Any:
    """``value`` with something inside replaced, dropped, repeated or exchanged."""
    if not isinstance(value, (list, dict)) or not value or generator.random() < 0.12:
        return generator.choice(_JUNK)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = generator.choice(keys)
    made = dict(value) if isinstance(value, dict) else list(value)
    turn = generator.random()
    if turn < 0.08:
        del made[key]
    elif turn < 0.16 and isinstance(made, list):
        made.insert(key, made[key])
    elif turn < 0.24:
        other = generator.choice(keys)
        made[key], made[other] = made[other], made[key]
    else:
        made[key] = _spoiled(generator, value[key])
    return made


def _random_certificate(generator: random.Random) -> bytes:
    statement, witness = generator.choice(list(claims().values()))
    if generator.random() < 0.2:
        raw = bytearray(sealed(statement, witness))
        for _ in range(generator.randint(1, 3)):
            raw[generator.randrange(len(raw))] = generator.randrange(256)
        return bytes(raw)
    for _ in range(generator.randint(1, 3)):
        if generator.random() < 0.6:
            statement = _spoiled(generator, statement)
        else:
            witness = _spoiled(generator, witness)
    return sealed(statement, witness)


def _random_text(*leaves: str) -> Callable[[random.Random], str]:
    def made(generator: random.Random) -> str:
        turn = generator.random()
        if turn < 0.5:
            return _grown(generator, generator.randint(1, 5), list(leaves))
        if turn < 0.85:
            return _soup(generator)
        return "".join(generator.choice(string.printable) for _ in range(generator.randint(0, 30)))
    return made


_RANDOM: dict[str, Callable[[random.Random], Any]] = {
    "expressions": _random_text("t", "S1", "K"),
    "class functions": _random_text("z"),
    "losses": lambda generator: f"{generator.choice(['focal', 'label_smoothing', 'x'])}({_soup(generator)})",
    "numbers": _soup,
    "grids": _random_text("K", "n"),
    "suites": _random_suite,
    "certificates": _random_certificate,
}


def random_inputs(reader: str, count: int, seed: int) -> Iterator[Any]:
    """``count`` inputs for one reader, the same for the same seed."""
    generator = random.Random(f"{reader} {seed}")
    for _ in range(count):
        yield _RANDOM[reader](generator)


def main(arguments: list[str]) -> int:
    """Try everything and print a table; 1 when some input was not survived."""
    count = int(arguments[0]) if arguments else 1000
    sys.stdout.write(f"{'reader':<17} {'tried':>6} {'answered':>9} {'refused':>8} {'lost':>5}  slowest\n")
    lost = 0
    for reader in READERS:
        found: Counter[str] = Counter()
        slowest = 0.0
        for text in (*TABLES[reader].values(), *random_inputs(reader, count, 0)):
            try:
                word, seconds = outcome(reader, text)
                slowest = max(slowest, seconds)
            except (Exception, Overdue) as error:
                word = "lost"
                sys.stdout.write(f"LOST {type(error).__name__}: {str(error)[:100]}: {text[:200]!r}\n")
            found[word] += 1
        lost += found["lost"]
        sys.stdout.write(f"{reader:<17} {found.total():>6} {found['answered']:>9} {found['refused']:>8} "
                         f"{found['lost']:>5}  {slowest:.2f} s\n")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
