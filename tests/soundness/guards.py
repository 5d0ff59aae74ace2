"""Mutation of the checker: without any one of its guards, some attack must be accepted.

    python -m tests.soundness.guards [--only TEXT] [--missing] [--write]

Every guard is disabled in turn (``if ...: raise Rejected``, and ``if ...: return False`` or ``None``), every part of
its condition dropped, every comparison in it moved by one, every rounding turned round and every range of a size
widened; what must hold together (``not (... and ...)``, ``a < b < c``, the answer of a test) is asked for less one
part. A condition that chooses a regime or a formula is taken to be always true, never true, and moved by one. A changed
checker is noticed when an attack that must not be accepted is, when a genuine certificate no longer is, or when it
breaks. What is noticed, by what, and why the rest is not, is kept in ``guards.json``; the test compares its keys with
the source.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.util
import json
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ncproofs.proof import checker
from tests.soundness.attacks import by_hand, relevant
from tests.soundness.genuine import claims
from tests.soundness.hostile import Overdue, within

__all__ = ["CLASSIFIED", "EXPLAINED", "Guard", "guards", "loaded", "noticed"]

FOLDER = Path(checker.__file__).parent
CLASSIFIED = Path(__file__).with_name("guards.json")
#: Files about problems: their conditions choose regimes and formulas. In the others they choose how to compute.
BRANCHES = tuple(f"checker_{name}" for name in (
    "codes", "constants", "copositive", "critical", "hessian", "inertia", "label_points", "labels", "layered",
    "layered_points", "losses", "network_bounds", "networks", "optimum", "radicals", "ridge", "sectors", "shifts",
    "spheres",
))
_RAISED = ("Rejected", "Limit")
#: Enough for the genuine certificates here; hostile ones reach their limit sooner.
_STEPS = 2 * 10**6
_MOST = 80
_OPEN = "NOT NOTICED"
#: How a change that nothing notices may be explained.
EXPLAINED = ("second layer: ", "limit only: ", "crash only: ", "harmless: ", "one unit: ", "unattacked: ")


@dataclass(frozen=True)
class Guard:
    """One change of the checker. ``told`` is the fixed part of the message that the guard raises, if it is one."""

    file: str
    function: str
    kind: str
    before: str
    after: str
    told: str
    number: int

    @property
    def key(self) -> str:
        return f"{self.file}.{self.function} | {self.kind} | {self.before} -> {self.after}"


# --- changes ----------------------------------------------------------------------------------------------


def _raises(body: Sequence[ast.stmt]) -> ast.Raise | None:
    last = body[-1]
    if isinstance(last, ast.Raise) and isinstance(last.exc, ast.Call) and isinstance(last.exc.func, ast.Name):
        return last if last.exc.func.id in _RAISED else None
    return None


def _message(raised: ast.Raise) -> str:
    """The longest fixed part of the message."""
    assert isinstance(raised.exc, ast.Call)
    texts = [node.value for argument in raised.exc.args for node in ast.walk(argument)
             if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return max(texts, key=len, default="")


_MOVED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
Apply = Callable[[], None]


def _of_condition(test: ast.expr, put: Callable[[ast.expr], None]) -> Iterator[tuple[str, ast.expr, ast.expr, Apply]]:
    """Parts dropped and comparisons moved, inside the condition of a guard."""
    off = ast.Constant(value=False)
    yield "off", test, off, lambda: put(off)
    for node in ast.walk(test):
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            for place, part in enumerate(node.values):
                fewer = node.values[:place] + node.values[place + 1 :]
                kept = fewer[0] if len(fewer) == 1 else ast.BoolOp(ast.Or(), fewer)

                def drop(n: ast.BoolOp = node, f: list[ast.expr] = fewer) -> None:
                    n.values = [*f, f[0]] if len(f) == 1 else f

                yield "dropped", part, kept, drop
        if isinstance(node, ast.Compare):
            for place, op in enumerate(node.ops):
                if type(op) in _MOVED:
                    moved = copy.deepcopy(node)
                    moved.ops[place] = _MOVED[type(op)]()

                    def move(n: ast.Compare = node, o: list[ast.cmpop] = moved.ops) -> None:
                        n.ops = o

                    yield "moved", node, moved, move


def _of_branch(test: ast.expr, put: Callable[[ast.expr], None]) -> Iterator[tuple[ast.expr, ast.expr, Apply]]:
    """A condition that chooses a formula: always, never, and with each comparison moved by one."""
    for forced in (ast.Constant(value=True), ast.Constant(value=False)):
        yield test, forced, lambda value=forced: put(value)
    for kind, before, after, apply in _of_condition(test, put):
        if kind == "moved":
            yield before, after, apply


def _fewer(expression: ast.expr, *, wanted: bool) -> Iterator[tuple[ast.expr, ast.expr, Apply]]:
    """One part less of every "and" and of every chain of comparisons that is ``wanted`` to hold, not its negation."""
    if isinstance(expression, ast.UnaryOp) and isinstance(expression.op, ast.Not):
        yield from _fewer(expression.operand, wanted=not wanted)
    elif isinstance(expression, ast.BoolOp):
        if wanted and isinstance(expression.op, ast.And):
            for place, part in enumerate(expression.values):
                fewer = expression.values[:place] + expression.values[place + 1 :]

                def drop(n: ast.BoolOp = expression, f: list[ast.expr] = fewer) -> None:
                    n.values = [*f, f[0]] if len(f) == 1 else f

                yield part, fewer[0] if len(fewer) == 1 else ast.BoolOp(ast.And(), fewer), drop
        for part in expression.values:
            yield from _fewer(part, wanted=wanted)
    elif isinstance(expression, ast.Compare) and wanted and len(expression.ops) > 1:
        ends = [expression.left, *expression.comparators]
        for place in range(len(ends)):
            if place not in (0, len(ends) - 1):
                continue
            rest, ops = (ends[1:], expression.ops[1:]) if not place else (ends[:-1], expression.ops[:-1])

            def shorten(n: ast.Compare = expression, r: list[ast.expr] = rest, o: list[ast.cmpop] = ops) -> None:
                n.left, n.comparators, n.ops = r[0], r[1:], o

            yield expression, ast.Compare(rest[0], ops, rest[1:]), shorten


def _refuses(body: Sequence[ast.stmt]) -> bool:
    last = body[-1]
    return isinstance(last, ast.Return) and isinstance(last.value, ast.Constant) and last.value.value in (False, None)


def _rounding(node: ast.expr) -> ast.expr | None:
    """The other rounding of a shift or a quotient."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.RShift, ast.FloorDiv)):
        up = ast.BinOp(ast.UnaryOp(ast.USub(), node.left), node.op, node.right)
        return ast.UnaryOp(ast.USub(), up)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_up":
        return ast.BinOp(node.args[0], ast.RShift(), node.args[1])
    return None


def _enumerated(tree: ast.Module, *, branches: bool) -> Iterator[tuple[str, str, ast.AST, ast.AST, str, Apply]]:
    """(function, kind, before, after, message, apply) of every change of one file."""

    def walk(node: ast.AST, function: str) -> Iterator[tuple[str, str, ast.AST, ast.AST, str, Apply]]:
        for field, value in ast.iter_fields(node):
            for place, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if not isinstance(child, ast.AST):
                    continue
                inside = function
                if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                    inside = f"{function}.{child.name}" if function else child.name
                yield from changes(node, field, place, child, inside)
                yield from walk(child, inside)

    def changes(parent: ast.AST, field: str, place: int | None, node: ast.AST,
                function: str) -> Iterator[tuple[str, str, ast.AST, ast.AST, str, Apply]]:
        def put(value: ast.AST) -> None:
            if place is None:
                setattr(parent, field, value)
            else:
                getattr(parent, field)[place] = value

        if isinstance(node, ast.If) and (raised := _raises(node.body)):
            def condition(value: ast.expr, n: ast.If = node) -> None:
                n.test = value

            for kind, before, after, apply in _of_condition(node.test, condition):
                yield function, kind, before, after, _message(raised), apply
            for before, after, apply in _fewer(node.test, wanted=False):
                yield function, "fewer", before, after, _message(raised), apply
        if isinstance(node, ast.If) and _refuses(node.body):
            def refusal(value: ast.expr, n: ast.If = node) -> None:
                n.test = value

            for kind, before, after, apply in _of_condition(node.test, refusal):
                yield function, f"{kind} answer", before, after, "", apply
        if branches and (isinstance(node, ast.IfExp) or (
                isinstance(node, ast.If) and not _raises(node.body) and not _refuses(node.body))):
            def regime(value: ast.expr, n: ast.If | ast.IfExp = node) -> None:
                n.test = value

            for before, after, apply in _of_branch(node.test, regime):
                yield function, "branch", before, after, "", apply
        if isinstance(node, (ast.Return, ast.Assign)) and isinstance(node.value, (ast.BoolOp, ast.Compare)):
            for before, after, apply in _fewer(node.value, wanted=True):
                yield function, "fewer answer", before, after, "", apply
        for value in node.values if isinstance(node, ast.Dict) else ():
            for before, after, apply in _fewer(value, wanted=True):
                yield function, "fewer answer", before, after, "", apply
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "all" and not isinstance(
                parent, (ast.If, ast.UnaryOp)):
            yield function, "all answer", node, ast.Constant(value=True), "", lambda: put(ast.Constant(value=True))
        if isinstance(node, ast.expr) and (other := _rounding(node)) is not None:
            yield function, "rounding", node, other, "", lambda: put(other)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "whole":
            for position, step in ((1, -1), (2, 1)):
                wider = copy.deepcopy(node)
                wider.args[position] = ast.BinOp(wider.args[position], ast.Add(), ast.Constant(step))
                yield function, "wider", node, wider, "an integer from", lambda w=wider: put(w)

    yield from walk(tree, "")


def _files() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("checker*.py"))


def _tree(file: str) -> ast.Module:
    return ast.parse((FOLDER / f"{file}.py").read_text(encoding="utf-8"))


def _shown(node: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))


def guards() -> list[Guard]:
    """Every change, in the order of the source; equal ones in one function are counted."""
    found, seen = [], defaultdict(int)
    for file in _files():
        changes = _enumerated(_tree(file), branches=file in BRANCHES)
        for number, (function, kind, before, after, told, _) in enumerate(changes):
            name = function or "<module>"
            shown = (file, name, kind, _shown(before), _shown(after))
            seen[shown] += 1
            if seen[shown] > 1:
                name = f"{name}#{seen[shown]}"
            found.append(Guard(file, name, kind, shown[3], shown[4], told, number))
    return found


def _changed(guard: Guard) -> ast.Module:
    tree = _tree(guard.file)
    for number, (*_, apply) in enumerate(_enumerated(tree, branches=guard.file in BRANCHES)):
        if number == guard.number:
            apply()
            return ast.fix_missing_locations(tree)
    raise LookupError(guard.key)


class _Loader(importlib.abc.Loader, importlib.abc.MetaPathFinder):
    def __init__(self, code: dict[str, Any]) -> None:
        self.code = code

    def find_spec(self, name: str, path: object, target: object = None) -> Any:
        return importlib.util.spec_from_loader(name, self) if name in self.code else None

    def exec_module(self, module: Any) -> None:
        module.__file__ = str(FOLDER / f"{module.__name__.rpartition('.')[2]}.py")
        exec(self.code[module.__name__], module.__dict__)


_CODE: dict[str, Any] = {}


@contextmanager
def loaded(guard: Guard | None) -> Iterator[Any]:
    """A checker of its own with this change; the real one is back afterwards."""
    for file in _files():
        name = f"ncproofs.proof.{file}"
        if name not in _CODE:
            _CODE[name] = compile(_tree(file), name, "exec")
    code = dict(_CODE)
    if guard is not None:
        code[f"ncproofs.proof.{guard.file}"] = compile(_changed(guard), guard.file, "exec")
    kept = {name: sys.modules.pop(name) for name in code if name in sys.modules}
    package = sys.modules["ncproofs.proof"]
    attributes = {file: getattr(package, file) for file in _files() if hasattr(package, file)}
    for file in attributes:
        delattr(package, file)  # else ``from ncproofs.proof import ...`` finds the real ones
    finder = _Loader(code)
    sys.meta_path.insert(0, finder)
    try:
        changed = importlib.import_module("ncproofs.proof.checker")
        changed.STEPS = _STEPS  # type: ignore[attr-defined]
        yield changed
    finally:
        sys.meta_path.remove(finder)
        for name in code:
            sys.modules.pop(name, None)
        sys.modules.update(kept)
        for file, module in attributes.items():
            setattr(package, file, module)


# --- noticing ---------------------------------------------------------------------------------------------


def noticed(guard: Guard, attacks: dict[str, Any], baseline: dict[str, tuple[str, str]]) -> str:
    """The first attack whose verdict changes, and to what; empty when none does."""
    order = _ordered(guard, baseline)  # made with the real checker: writers ask it for witnesses
    with loaded(guard) as changed:
        for name in order:
            verdict, limit = "", 20.0
            try:
                with within(limit):
                    verdict = attacks[name](changed)[0]
            except Overdue:
                verdict = "runs on"
            except Exception as error:
                verdict = type(error).__name__
            if verdict != baseline[name][0]:
                return f"{name}: {verdict}, not {baseline[name][0]}"
    return ""


def _ordered(guard: Guard, baseline: dict[str, tuple[str, str]]) -> list[str]:
    """Attacks that this guard stops come first; a guard that is only switched off can change no other."""
    stopped = [name for name, (_, reason) in baseline.items() if guard.told and guard.told in reason]
    stopped.sort(key=lambda name: "," in name)
    if guard.kind in ("off", "dropped", "fewer") and guard.told:
        return stopped[:_MOST]
    if guard.kind == "branch":  # genuine claims first: most of those about a wrong formula are rejected at once
        about = relevant(guard.file)
        names = [f"genuine {name}" for name in claims()]
        names += [name for name in by_hand() if name not in about] + [name for name in about if name in by_hand()]
        return sorted(names, key=lambda name: name not in about)
    others = [name for name in relevant(guard.file) if name in baseline]
    return [*stopped[:30], *(name for name in others if name not in set(stopped[:30]))]


def _automatic(guard: Guard) -> str:
    """A reason that holds by the kind of the change."""
    if guard.kind == "rounding" and "bits // " in guard.before:
        return "limit only: the price of a step"
    if guard.kind == "wider" and guard.before == "whole(bits, 64, 4096)":
        return "harmless: every precision is sound"
    if guard.kind == "wider" and guard.after.endswith("+ 1)"):
        return "limit only: the range of a size, wider by one"
    return ""


def main(arguments: list[str]) -> int:
    """Try every change; print those that nothing notices and nothing explains."""
    from tests.soundness.attacks import attacks

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="changes whose key contains this text")
    parser.add_argument("--write", action="store_true", help="keep what was found in guards.json")
    parser.add_argument("--missing", action="store_true", help="only changes that guards.json does not know")
    options = parser.parse_args(arguments)
    known: dict[str, str] = json.loads(CLASSIFIED.read_text()) if CLASSIFIED.exists() else {}
    tried, all_of_them = attacks(), guards()
    with loaded(None) as plain:
        baseline = {name: attack(plain) for name, attack in tried.items()}
    found, open_ones, started = {}, 0, time.perf_counter()
    for guard in all_of_them:
        if options.only not in guard.key or (options.missing and known.get(guard.key, _OPEN) != _OPEN):
            continue
        by = noticed(guard, tried, baseline)
        said = known.get(guard.key, "")
        reason = f"noticed by {by}" if by else said if said.startswith(EXPLAINED) else _automatic(guard)
        found[guard.key] = reason or _OPEN
        if not reason:
            open_ones += 1
            sys.stdout.write(f"open: {guard.key}   [{guard.told}]\n")
            sys.stdout.flush()
    noticed_ones = sum(text.startswith("noticed") for text in found.values())
    sys.stdout.write(f"{len(found)} changes tried, {noticed_ones} noticed, "
                     f"{len(found) - noticed_ones - open_ones} explained, {open_ones} open; "
                     f"{len(tried)} attacks, {time.perf_counter() - started:.0f} s\n")
    if options.write:
        kept = {**(known if options.only or options.missing else {}), **found}
        alive = {guard.key for guard in all_of_them}
        CLASSIFIED.write_text(json.dumps({k: v for k, v in sorted(kept.items()) if k in alive}, indent=0) + "\n")
    return 1 if open_ones else 0


if __name__ == "__main__":
    assert signal.SIGALRM
    sys.exit(main(sys.argv[1:]))
