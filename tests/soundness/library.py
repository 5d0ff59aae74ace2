"""Mutation of the library: every small change of a closed form must make some claim fail.

    python -m tests.soundness.library [--kinds sign,double] [--every N [--start M]] [--only TEXT] [--json FILE]

Each mutant changes one operation in one function (a sign, a factor 2, an integer by one, lambda_W for lambda_H).
A child process with that change settles the claims of every theorem, the instances of the default suite and the
pairs of ``false_claims``, and compares each truth with that of the unchanged library. A mutant is killed by the first
difference, by an exception or by running on. Items that never call the changed function are left out. What the claims
do not notice is given to the unit tests of its module; ``survivors.json`` says why the survivors survive.
"""

from __future__ import annotations

import argparse
import ast
import copy
import functools
import gc
import importlib
import importlib.abc
import importlib.util
import inspect
import json
import os
import resource
import signal
import sys
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from types import CodeType
from typing import Any

__all__ = ["KINDS", "MODULES", "SURVIVORS", "Mutant", "Outcome", "baseline", "items", "mutants", "named", "tried"]

#: Why each mutant that survives is harmless.
SURVIVORS = Path(__file__).with_name("survivors.json")

PACKAGE = Path(__file__).parents[2] / "ncproofs"
#: The modules with the formulas that theorems and instances rest on.
MODULES = (
    "calculus.blocks", "calculus.indexed", "calculus.layered_objective", "calculus.logit_facts", "calculus.logits",
    "calculus.objective", "calculus.sphere_objective", "calculus.sphere_sectors", "calculus.symmetry",
    "critical.closed_forms", "critical.exponential_sums", "critical.focal", "critical.mse", "critical.regimes",
    "critical.saddles", "critical.softmax", "critical.spectrum", "critical.sphere_families", "critical.sphere_focal",
    "critical.sphere_optimum", "critical.sphere_points", "critical.sphere_spectrum", "critical.tables",
)
KINDS = ("sign", "double", "shift", "swap")
_PAIRS = (("lW", "lH"), ("lambda_W", "lambda_H"), ("n", "N"), ("A", "B"), ("dW", "dH"), ("mu", "nu"))
_SWAPS = {name: other for pair in _PAIRS for name, other in (pair, pair[::-1])}
#: Seconds of a processor: for the claims that are tried first, after which they have run on, and anything else has.
_CHEAP, _PATIENCE = 3.0, (20, 60)


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
        return f"{self.module}.{self.function} | {self.kind} | {self.before} -> {self.after}"


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
    elif isinstance(node, ast.Name) and node.id in _SWAPS and isinstance(node.ctx, ast.Load):
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


def named(kinds: Sequence[str] = KINDS) -> dict[str, Mutant]:
    """Every mutant by its name in ``survivors.json``; a number tells equal changes of one function apart."""
    found: dict[str, Mutant] = {}
    for mutant in (mutant for module in MODULES for mutant in mutants(module)):
        count, name = 1, mutant.key
        while name in found:
            count, name = count + 1, f"{mutant.key} | {count + 1}"
        found[name] = mutant
    return {name: mutant for name, mutant in found.items() if mutant.kind in kinds}


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


def _functions(code: CodeType, prefix: str = "") -> Iterator[tuple[str, CodeType]]:
    """The functions and methods of a module by qualified name, without those inside them."""
    for part in code.co_consts:
        if isinstance(part, CodeType) and not part.co_name.startswith("<"):
            if part.co_flags & inspect.CO_OPTIMIZED:
                yield prefix + part.co_name, part
            else:
                yield from _functions(part, f"{prefix}{part.co_name}.")


def _spelled(code: CodeType) -> tuple[object, ...]:
    parts = (_spelled(part) if isinstance(part, CodeType) else (type(part), part) for part in code.co_consts)
    return code.co_code, code.co_names, tuple(parts)


@cache
def changed_function(mutant: Mutant) -> tuple[str, CodeType] | None:
    """The outermost function whose body is changed, and its new code; None for what runs on import."""
    before = dict(_functions(compile(_source(mutant.module), "before", "exec")))
    after = _functions(compile(_mutated(mutant), "after", "exec"))
    return next(((name, code) for name, code in after if _spelled(code) != _spelled(before[name])), None)


def _put_in_place(mutant: Mutant) -> None:
    """Give the function of the imported library its new code; its callers need not be imported again."""
    name, code = changed_function(mutant) or ("", None)
    found: Any = importlib.import_module(f"ncproofs.{mutant.module}")
    for part in name.split("."):
        found = vars(found)[part]
    found = getattr(found, "__func__", getattr(found, "fget", found))
    inspect.unwrap(found).__code__ = code


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


def baseline() -> dict[tuple[str, str], tuple[str, float, list[str]]]:
    """What each item comes out as without a change, the seconds it takes, and the functions that it calls."""
    found = {}
    for item in items():
        started = time.process_time()
        called: set[Any] = set()
        sys.settrace(lambda frame, event, argument, called=called: called.add(frame.f_code))  # type: ignore[misc]
        answer = settled(item)
        sys.settrace(None)
        found[item] = (answer, time.process_time() - started, sorted(filter(None, map(_named, called))))
    return found


def _named(code: Any) -> str:
    """``critical.mse.level`` for its code and for that of its lambdas and comprehensions."""
    if not code.co_filename.startswith(str(PACKAGE)):
        return ""
    module = ".".join(Path(code.co_filename).relative_to(PACKAGE).with_suffix("").parts)
    inner = [part for part in code.co_qualname.split(".") if not part.startswith("<")]
    return ".".join((module, *inner)) if module in MODULES else ""


def _examine(order: Sequence[tuple[str, str]], expected: dict[tuple[str, str], str]) -> tuple[bool, str]:
    for item in order:
        try:
            answer = settled(item)
        except Exception as error:
            return True, f"{' '.join(item)}: {type(error).__name__}"
        if answer != expected[item]:
            return True, f"{' '.join(item)}: {answer}, not {expected[item]}"
    return False, ""


def _in_child(work: Callable[[], tuple[bool, str]], patience: int) -> tuple[bool, str]:
    """What ``work`` answers in a child of this process, which is ended after so many seconds of its own work."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        resource.setrlimit(resource.RLIMIT_CPU, (patience, patience))
        try:
            killed, by = work()
        except BaseException as error:
            killed, by = True, f"import: {type(error).__name__}"
        os.write(writing, json.dumps([killed, by[:300]]).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream_back:
        raw = stream_back.read()
    _, status = os.waitpid(child, 0)
    ran_on = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL)
    killed, by = json.loads(raw) if raw else (True, "ran on" if ran_on else "the process died")
    return killed, by


def tried(mutant: Mutant, order: Sequence[tuple[str, str]], expected: dict[tuple[str, str], str],
          patience: int = _PATIENCE[1]) -> Outcome:
    """Settle everything in a child with the change. What runs on import needs a process without the library."""
    def work() -> tuple[bool, str]:
        _apply(mutant)
        return _examine(order, expected)

    started = time.perf_counter()
    return Outcome(mutant, *_in_child(work, patience), time.perf_counter() - started)


def _apply(mutant: Mutant) -> None:
    if changed_function(mutant) is None:
        sys.meta_path.insert(0, _Loader(mutant))
    else:
        _put_in_place(mutant)


def _baseline_in_child() -> dict[tuple[str, str], tuple[str, float, list[str]]]:
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
    return {(kind, name): (answer, seconds, called) for kind, name, answer, seconds, called in rows}


#: Tests of a module beside those in the file that mirrors it.
_TESTS = {
    "calculus.logit_facts": ["calculus/test_logits.py"], "calculus.logits": ["calculus/test_label_sets.py"],
    "calculus.objective": ["calculus/test_label_sets.py"], "calculus.sphere_sectors": ["theorems/test_sector_words.py"],
    "calculus.symmetry": ["theorems/test_sector_words.py"], "critical.focal": ["theorems/test_focal.py"],
    "critical.mse": ["critical/test_optimum.py"], "critical.regimes": ["critical/test_optimum.py"],
    "critical.softmax": ["critical/test_optimum.py", "critical/test_spectrum.py"],
    "critical.sphere_points": ["critical/test_sphere_spectrum.py"], "critical.tables": ["critical/test_spectrum.py"],
}


class _FirstFailure:
    name = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.name = self.name or (report.nodeid if report.failed else "")


def by_unit_tests(mutant: Mutant) -> Outcome:
    """Whether the tests of the mutant's own module notice it."""
    started = time.perf_counter()
    own = ["{}/test_{}.py".format(*mutant.module.split(".")), *_TESTS.get(mutant.module, ())]
    tests = [str(path) for path in (PACKAGE.parent / "tests" / each for each in own) if path.is_file()]

    def work() -> tuple[bool, str]:
        import pytest

        _apply(mutant)
        seen = _FirstFailure()
        code = pytest.main(["-x", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", *tests], plugins=[seen])
        return bool(code), f"unit test: {seen.name or int(code)}" if code else ""

    return Outcome(mutant, *(_in_child(work, _PATIENCE[1]) if tests else (False, "")), time.perf_counter() - started)


Item = tuple[str, str]


def _known(path: str | None) -> dict[Item, tuple[str, float, list[str]]]:
    """The baseline, from a file of this very source if it is there; it takes a minute."""
    if path and Path(path).is_file():
        rows = json.loads(Path(path).read_text(encoding="utf-8"))
    else:
        rows = [[*item, *answer] for item, answer in _baseline_in_child().items()]
        if path:
            Path(path).write_text(json.dumps(rows), encoding="utf-8")
    return {(kind, name): (answer, seconds, called) for kind, name, answer, seconds, called in rows}


def _order(mutant: Mutant, known: dict[Item, tuple[str, float, list[str]]], hot: Counter[Item]) -> list[Item]:
    """Those that call the function, what has killed before first; all of them for what runs on import."""
    own, module = f"{mutant.module}.{mutant.function}", f"{mutant.module}."
    calling = [item for item, (_, _, called) in known.items() if own in called]
    near = {item for item, (_, _, called) in known.items() if any(name.startswith(module) for name in called)}
    return sorted(calling or known, key=lambda item: (item not in near, -hot[item], known[item][1]))


def sweep(chosen: Sequence[Mutant], known: dict[Item, tuple[str, float, list[str]]], seconds: float,
          tell: Callable[[Outcome], None]) -> list[Outcome]:
    """Try every mutant, those of what runs on import first, while this process has not imported the library."""
    for name in ("sympy", "flint", "numpy", "scipy.linalg", "scipy.optimize", "msgspec", "pytest"):
        importlib.import_module(name)
    expected = {item: answer for item, (answer, *_) in known.items()}
    kills: dict[str, Counter[Item]] = {}
    found = []
    for mutant in sorted(chosen, key=lambda mutant: changed_function(mutant) is not None):
        if changed_function(mutant) is not None:
            _import_all()
        hot = kills.setdefault(mutant.module, Counter())
        order = _order(mutant, known, hot)
        spent = list(accumulate(known[item][1] for item in order))
        outcome = _outcome(mutant, order[: bisect_left(spent, seconds)], bisect_left(spent, _CHEAP), expected)
        kind, _, rest = outcome.by.partition(" ")
        hot[kind, rest.rpartition(": ")[0]] += 1
        found.append(outcome)
        tell(outcome)
    return found


def _outcome(mutant: Mutant, order: Sequence[Item], cheap: int, expected: dict[Item, str]) -> Outcome:
    """The claims that take a few seconds together, the unit tests, and the other claims."""
    outcome = tried(mutant, order[:cheap], expected, _PATIENCE[0])
    if not outcome.killed:
        outcome = _later(outcome, by_unit_tests(mutant))
    if not outcome.killed and order[cheap:]:
        outcome = _later(outcome, tried(mutant, order[cheap:], expected))
    return outcome


@cache
def _import_all() -> None:
    """Import the library and its items, with empty caches."""
    items()
    for found in gc.get_objects():
        if isinstance(found, functools._lru_cache_wrapper) and str(found.__module__).startswith("ncproofs"):
            found.cache_clear()


def _later(first: Outcome, second: Outcome) -> Outcome:
    return Outcome(first.mutant, second.killed, second.by, first.seconds + second.seconds)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--every", type=int, default=1, help="every N-th mutant only")
    parser.add_argument("--start", type=int, default=0, help="the first of them")
    parser.add_argument("--only", default="", help="mutants whose module or function contains this text")
    parser.add_argument("--json", help="add every outcome to this file, one a line; what it has is not tried again")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="of claims for each mutant, about")
    parser.add_argument("--known", help="a file for the baseline, to share it between runs")
    options = parser.parse_args(arguments)
    chosen = [m for module in MODULES for m in mutants(module, options.kinds.split(","))
              if options.only in f"{m.module}.{m.function}"][options.start :: options.every]
    done: set[tuple[str, int]] = set()
    if options.json and Path(options.json).is_file():
        lines = map(json.loads, Path(options.json).read_text(encoding="utf-8").splitlines())
        done = {(line["mutant"]["module"], line["mutant"]["number"]) for line in lines}
    chosen = [mutant for mutant in chosen if (mutant.module, mutant.number) not in done]
    stream = open(options.json, "a", encoding="utf-8") if options.json else None
    names = {mutant: name for name, mutant in named().items()}
    reasons = json.loads(SURVIVORS.read_text(encoding="utf-8"))

    def tell(outcome: Outcome) -> None:
        if stream:
            stream.write(json.dumps(asdict(outcome)) + "\n")
            stream.flush()
        if not outcome.killed:
            name = names[outcome.mutant]
            sys.stdout.write(f"survived, line {outcome.mutant.line}: {name}: {reasons.get(name, 'NOT EXPLAINED')}\n")
            sys.stdout.flush()

    found = sweep(chosen, _known(options.known), options.seconds, tell)
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
