"""Mutation of the library: every small change of a closed form must make some claim fail.

    python -m tests.soundness.library [--kinds sign,double] [--every N] [--only TEXT] [--json FILE]

Each mutant changes one operation in one function (a sign, a factor 2, an integer by one, lambda_W for lambda_H).
A child process with that change settles the claims of every theorem, the instances of the default suite and the
pairs of ``false_claims``, and compares each truth with that of the unchanged library. A mutant is killed by the first
difference, by an exception or by running on. What the claims do not notice is given to the unit tests of its module;
README.md says why the survivors survive.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.util
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

__all__ = ["KINDS", "MODULES", "Mutant", "Outcome", "baseline", "items", "mutants", "tried"]

PACKAGE = Path(__file__).parents[2] / "ncproofs"
#: The modules with the formulas that theorems and instances rest on.
MODULES = (
    "calculus.blocks", "calculus.indexed", "calculus.logit_facts", "calculus.logits", "calculus.objective",
    "calculus.sphere_objective", "calculus.sphere_sectors", "calculus.symmetry",
    "critical.closed_forms", "critical.exponential_sums", "critical.focal", "critical.mse", "critical.regimes",
    "critical.saddles", "critical.softmax", "critical.spectrum", "critical.sphere_families", "critical.sphere_focal",
    "critical.sphere_optimum", "critical.sphere_points", "critical.sphere_spectrum", "critical.tables",
)
KINDS = ("sign", "double", "shift", "swap")
_PAIRS = (("lW", "lH"), ("lambda_W", "lambda_H"), ("n", "N"), ("A", "B"), ("dW", "dH"), ("mu", "nu"))
_SWAPS = {name: other for pair in _PAIRS for name, other in (pair, pair[::-1])}
_PATIENCE = 90.0


@dataclass(frozen=True)
class Mutant:
    """One change: ``before`` became ``after`` in ``function`` of ``module``; ``number`` counts within the module."""

    module: str
    function: str
    kind: str
    line: int
    before: str
    after: str
    number: int

    @property
    def key(self) -> str:
        return f"{self.module}.{self.function}: {self.before} -> {self.after}"


@dataclass(frozen=True)
class Outcome:
    mutant: Mutant
    killed: bool
    by: str
    seconds: float


# --- mutants ----------------------------------------------------------------------------------------------


def _changes(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """(kind, replacement) for one expression node."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        other = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
        yield "sign", ast.BinOp(node.left, other, node.right)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "sign", node.operand
    elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)):
        yield "double", ast.BinOp(ast.Constant(2), ast.Mult(), node)
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield "shift", ast.Constant(node.value + 1)
    elif isinstance(node, ast.Name) and node.id in _SWAPS:
        yield "swap", ast.Name(_SWAPS[node.id], ast.Load())
    elif isinstance(node, ast.Attribute) and node.attr in ("lambda_W", "lambda_H", "n", "N"):
        yield "swap", ast.Attribute(node.value, _SWAPS[node.attr], ast.Load())


def _places(tree: ast.Module) -> Iterator[tuple[str, ast.AST, str, int | None, ast.expr]]:
    """(function, parent, field, position, node) of every expression that computes; messages are left alone."""

    def walk(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST, str, int | None, ast.expr]]:
        for field, value in ast.iter_fields(node):
            for position, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if not isinstance(child, ast.AST) or _is_talk(child):
                    continue
                inside = function
                if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                    inside = f"{function}.{child.name}" if function else child.name
                if isinstance(child, ast.expr) and field not in ("annotation", "returns", "decorator_list", "keys"):
                    yield inside or "<module>", node, field, position, child
                if field not in ("annotation", "returns", "decorator_list"):
                    yield from walk(child, inside)

    yield from walk(tree, "")


def _is_talk(node: ast.AST) -> bool:
    return isinstance(node, (ast.Raise, ast.JoinedStr, ast.Import, ast.ImportFrom)) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _source(module: str) -> str:
    return (PACKAGE / Path(*module.split("."))).with_suffix(".py").read_text(encoding="utf-8")


def _enumerated(tree: ast.Module) -> Iterator[tuple[str, str, ast.expr, ast.expr, Callable[[], None]]]:
    for function, parent, field, position, node in _places(tree):
        for kind, replacement in _changes(node):
            if isinstance(node, ast.Constant) and isinstance(parent, (ast.Slice, ast.keyword)):
                continue

            def apply(p: Any = parent, f: str = field, at: int | None = position, r: ast.expr = replacement) -> None:
                if at is None:
                    setattr(p, f, r)
                else:
                    getattr(p, f)[at] = r

            yield function, kind, node, replacement, apply


def mutants(module: str, kinds: Sequence[str] = KINDS) -> list[Mutant]:
    found = []
    for number, (function, kind, node, replacement, _) in enumerate(_enumerated(ast.parse(_source(module)))):
        if kind in kinds:
            parts = (ast.fix_missing_locations(copy.deepcopy(part)) for part in (node, replacement))
            before, after = map(ast.unparse, parts)
            found.append(Mutant(module, function, kind, node.lineno, before[:160], after[:160], number))
    return found


def _mutated(mutant: Mutant) -> ast.Module:
    tree = ast.parse(_source(mutant.module))
    for number, (*_, apply) in enumerate(_enumerated(tree)):
        if number == mutant.number:
            apply()
            return ast.fix_missing_locations(tree)
    raise LookupError(mutant.key)


class _Loader(importlib.abc.Loader, importlib.abc.MetaPathFinder):
    """Finds one module before everyone else, and runs the changed tree in its place."""

    def __init__(self, mutant: Mutant) -> None:
        self.name, self.tree = f"ncproofs.{mutant.module}", _mutated(mutant)

    def find_spec(self, name: str, path: object, target: object = None) -> Any:
        return importlib.util.spec_from_loader(name, self) if name == self.name else None

    def exec_module(self, module: Any) -> None:
        module.__file__ = self.name
        exec(compile(self.tree, self.name, "exec"), module.__dict__)


# --- what a mutant has to pass ----------------------------------------------------------------------------


def items() -> list[tuple[str, str]]:
    """("general", theorem), ("instance", job number) and ("pair", name): every item is settled on its own."""
    from ncproofs.suite import expand, read_suite, suite_path
    from ncproofs.theorems.catalogue import CATALOGUE, load
    from tests.soundness.false_claims import DERIVED

    general = [("general", name) for name in CATALOGUE if load(name).general is not None]
    jobs = [job for job in expand(read_suite(suite_path("default"))) if job.parameters is not None]
    facts = [("fact", phi) for phi in FACTS]
    return [*general, *facts, *(("instance", str(job.index)) for job in jobs), *(("pair", name) for name in DERIVED)]


#: Losses of a user's own, for what ``ncproofs loss`` says of them: half of these statements are true.
FACTS = (
    "log(S1) - t", "(log(S1) - t)**2", "log(S1) - t + 1 - exp(t)/S1", "sqrt(log(S1) - t)", "t - log(S1)", "S1/exp(t)",
    "(1 - exp(t)/S1)**2*(log(S1) - t)", "1 - exp(t)/S1", "log(S1) - t + (log(S1) - t)**3", "S1 - t", "t**2 - t",
    "log(S1) - 2*t", "log(S1) - t - 1/(K + 1)", "log(S1) - t - (1 - exp(t)/S1)/2", "log(S1)**2 - t", "S1**2", "t*S1",
    "-t**2", "(log(S1) - t)*(1 - exp(t)/S1)", "log(S1) - t + (1 - exp(t)/S1)**2",
    "(log(S1) - t)**2 - (log(S1) - t)",
)


def settled(item: tuple[str, str]) -> str:
    """What came out, in words that a mutant may not change."""
    from ncproofs.proof.discharge import Effort, discharge
    from ncproofs.suite import expand, problem_of, read_suite, suite_path
    from ncproofs.theorems.catalogue import load
    from ncproofs.theorems.theorem import verify

    kind, name = item
    if kind == "pair":
        from tests.soundness.false_claims import DERIVED

        pair = DERIVED[name]
        return " ".join(str(discharge(claim, Effort(starts=4)).truth) for claim in (pair.true, pair.false))
    if kind == "fact":
        from ncproofs.calculus.logit_facts import is_convex, is_shift_invariant
        from ncproofs.losses import loss_from_expression

        loss = loss_from_expression(name)
        return f"{is_convex(loss).truth} {is_shift_invariant(loss).truth}"
    if kind == "general":
        verdict = verify(load(name))
    else:
        global _JOBS
        _JOBS = _JOBS or expand(read_suite(suite_path("default")))
        job = _JOBS[int(name)]
        verdict = verify(load(job.theorem), problem_of(job.parameters or {}), Effort(boxes=job.check.boxes or 20_000))
    return f"{verdict.truth} {verdict.certified}"


_JOBS: Any = None


def baseline() -> dict[tuple[str, str], tuple[str, float]]:
    """What each item comes out as without a change, and the seconds it takes."""
    found = {}
    for item in items():
        started = time.perf_counter()
        answer = settled(item)
        found[item] = (answer, time.perf_counter() - started)
    return found


def _examine(order: Sequence[tuple[str, str]], expected: dict[tuple[str, str], str]) -> tuple[bool, str]:
    for item in order:
        try:
            answer = settled(item)
        except Exception as error:
            return True, f"{' '.join(item)}: {type(error).__name__}"
        if answer != expected[item]:
            return True, f"{' '.join(item)}: {answer}, not {expected[item]}"
    return False, ""


def tried(mutant: Mutant, order: Sequence[tuple[str, str]], expected: dict[tuple[str, str], str]) -> Outcome:
    """Settle everything in a child with the change; this process must not have imported ncproofs."""
    started = time.perf_counter()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            sys.meta_path.insert(0, _Loader(mutant))
            killed, by = _examine(order, expected)
        except BaseException as error:
            killed, by = True, f"import: {type(error).__name__}"
        os.write(writing, json.dumps([killed, by[:300]]).encode())
        os._exit(0)
    os.close(writing)
    ready, _, _ = select.select([reading], [], [], _PATIENCE)
    raw = os.read(reading, 4096) if ready else b""
    if not ready:
        os.kill(child, signal.SIGKILL)
    os.close(reading)
    os.waitpid(child, 0)
    killed, by = json.loads(raw) if raw else (True, "ran on" if not ready else "the process died")
    return Outcome(mutant, killed, by, time.perf_counter() - started)


def _baseline_in_child() -> dict[tuple[str, str], tuple[str, float]]:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        found = [[*item, *answer] for item, answer in baseline().items()]
        with os.fdopen(writing, "w") as stream:
            json.dump(found, stream)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        rows = json.load(stream)
    os.waitpid(child, 0)
    return {(kind, name): (answer, seconds) for kind, name, answer, seconds in rows}


_UNDER_TEST = """
import sys
import pytest
from tests.soundness import library
sys.meta_path.insert(0, library._Loader(library.Mutant(*{mutant!r})))
sys.exit(pytest.main(["-x", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", {tests!r}]))
"""


def by_unit_tests(mutant: Mutant) -> Outcome:
    """Whether the tests of the mutant's own module notice it."""
    started = time.perf_counter()
    room, _, name = mutant.module.partition(".")
    tests = PACKAGE.parent / "tests" / room / f"test_{name}.py"
    if not tests.is_file():
        tests = tests.parent
    script = _UNDER_TEST.format(mutant=tuple(asdict(mutant).values()), tests=str(tests))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=PACKAGE.parent)
    failed = re.search(r"FAILED (\S+)", done.stdout)
    by = f"unit test: {failed[1]}" if failed else f"unit tests: exit {done.returncode}" if done.returncode else ""
    return Outcome(mutant, bool(done.returncode), by, time.perf_counter() - started)


def sweep(chosen: Sequence[Mutant], tell: Callable[[Outcome], None]) -> list[Outcome]:
    """Try every mutant; what has killed before in the same module is tried first, then what is quick."""
    for name in ("sympy", "flint", "numpy", "scipy.linalg", "scipy.optimize", "msgspec"):
        importlib.import_module(name)
    known = _baseline_in_child()
    expected = {item: answer for item, (answer, _) in known.items()}
    quick = sorted(known, key=lambda item: known[item][1])
    kills: dict[str, Counter[tuple[str, str]]] = {}
    found = []
    for mutant in chosen:
        hot = kills.setdefault(mutant.module, Counter())
        first = [item for item, _ in hot.most_common(25)]
        outcome = tried(mutant, [*first, *(item for item in quick if item not in first)], expected)
        kind, _, rest = outcome.by.partition(" ")
        item = (kind, rest.rpartition(": ")[0])
        if item in expected:
            hot[item] += 1
        if not outcome.killed:
            again = by_unit_tests(mutant)
            outcome = Outcome(mutant, again.killed, again.by, outcome.seconds + again.seconds)
        found.append(outcome)
        tell(outcome)
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--every", type=int, default=1, help="every N-th mutant only")
    parser.add_argument("--only", default="", help="mutants whose module or function contains this text")
    parser.add_argument("--json", help="write every outcome to this file, one a line")
    options = parser.parse_args(arguments)
    chosen = [m for module in MODULES for m in mutants(module, options.kinds.split(","))
              if options.only in f"{m.module}.{m.function}"][:: options.every]
    stream = open(options.json, "a", encoding="utf-8") if options.json else None

    def tell(outcome: Outcome) -> None:
        if stream:
            stream.write(json.dumps(asdict(outcome)) + "\n")
            stream.flush()
        if not outcome.killed:
            sys.stdout.write(f"survived {outcome.mutant.kind:6} line {outcome.mutant.line}: {outcome.mutant.key}\n")
            sys.stdout.flush()

    found = sweep(chosen, tell)
    for module in MODULES:
        here = [outcome for outcome in found if outcome.mutant.module == module]
        if here:
            _row(module, here)
    _row("all", found)
    return 0


def _row(name: str, found: Sequence[Outcome]) -> None:
    tests = sum(outcome.killed and outcome.by.startswith("unit test") for outcome in found)
    killed = sum(outcome.killed for outcome in found)
    sys.stdout.write(f"{name:28} tried {len(found):4}  killed by claims {killed - tests:4}, by unit tests {tests:4}  "
                     f"survived {len(found) - killed:3}  {sum(o.seconds for o in found):.0f} s\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
