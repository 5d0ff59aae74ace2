"""The house, enforced from the source: floors, sizes, and what must not be there."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import ncproofs
from ncproofs.doctor import interval_contexts

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "ncproofs"

#: Room to floor; imports go to the same room or a lower floor; on one floor, only PAIRS.
FLOORS = {
    "errors": 0,
    "notebook": 0,
    "truth": 0,
    "spawning": 1,
    "arithmetic": 1,
    "losses": 1,
    "manifold": 1,
    "derivative_check": 2,
    "problems": 2,
    "calculus": 3,
    "kernels": 3,
    "critical": 4,
    "proof": 5,
    "theorems": 6,
    "families": 7,
    "grid": 7,
    "suite": 7,
    "untrusted": 7,
    "worker": 7,
    "runner": 7,
    "store": 7,
    "certificates": 7,
    "bundle": 8,
    "checking": 8,
    "doctor": 7,
    "campaign": 8,
    "campaign_file": 8,
    "reading_list": 8,
    "report": 8,
    "scale": 8,
    "sweep": 9,
    "audit": 8,
    "testing": 8,
    "cli": 10,
    "__main__": 11,
}
#: Neighbours on one floor that may know each other, in this direction.
PAIRS = {
    ("losses", "arithmetic"),
    ("kernels", "calculus"),
    ("suite", "families"),
    ("suite", "grid"),
    ("campaign", "campaign_file"),
    ("report", "campaign_file"),
    ("suite", "untrusted"),
    ("runner", "suite"),
    ("runner", "store"),
    ("runner", "worker"),
    ("worker", "store"),
    ("worker", "families"),
    ("worker", "certificates"),
    ("certificates", "families"),
    ("certificates", "store"),
    ("bundle", "reading_list"),
}
#: Modules in which a binary float is meant: wall-clock time, searches checked later, bounds on rounding.
FLOATS = {
    "audit.compare",
    "audit.measures",
    "manifold",
    "runner",
    "suite",
    "truth",
    "arithmetic.floating",
    "arithmetic.eigenbasis",
    "critical.network_search",
    "critical.network_orthant_search",
    "critical.distinct",
    "critical.counting",
    "critical.random_points",
    "critical.ray_terrain",
    "critical.ridge_terrain",
    "critical.search",
    "critical.seekers",
    "critical.sphere_search",
    "critical.code_attained",
    "critical.code_search",
    "critical.code_settle",
    "critical.code_contacts",
    "critical.code_newton",
    "critical.code_stress",
    "critical.code_algebraic",
    "critical.code_temperature",
    "critical.label_terrain",
    "critical.levenshtein",
    "critical.multilabel_search",
    "critical.multilabel_newton",
    "critical.multilabel_precise",
    "critical.sphere_terrain",
    "critical.terrain",
    "derivative_check",
    "testing.conformance",
    "testing.manifold_laws",
    "critical.sweep",
    "kernels.arrays",
    "kernels.bounded",
    "kernels.bounds",
    "kernels.curvature",
    "kernels.features",
    "kernels.sweep",
    "kernels.triton_softmax",
    "scale",
}
BANNED_CALLS = {
    "eval",
    "exec",
    "compile",
    "sympify",
    "parse_expr",
    "parse_latex",
    "lambdify",
    "print",
    "breakpoint",
    "__import__",
}
BANNED_IMPORTS = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal"}
BANNED_NAMES = {"utils", "helpers", "common", "misc", "tools"}
#: Methods of these names, such as ``Poly.eval`` or ``re.compile``, run no text.
HARMLESS_METHODS = {"eval", "compile", "print", "exec"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported_rooms(tree: ast.Module) -> Iterator[str]:
    """First name under ncproofs of all that a module imports, in functions too, but not for type checkers."""
    for node in _walk_run(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "ncproofs":
                yield from (alias.name for alias in node.names if (PACKAGE / alias.name).exists())
            elif node.module.startswith("ncproofs."):
                yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (
                alias.name.split(".")[1] for alias in node.names if alias.name.startswith("ncproofs.")
            )


def _walk_run(node: ast.AST) -> Iterator[ast.AST]:
    """Every node but those under ``if TYPE_CHECKING``."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from _walk_run(child)


def misplaced(room: str, tree: ast.Module) -> list[str]:
    return [
        f"{room} imports {other}"
        for other in imported_rooms(tree)
        if other != room and FLOORS[other] >= FLOORS[room] and (room, other) not in PAIRS
    ]


def test_every_room_has_a_floor() -> None:
    rooms = {name_of(path).split(".")[0] for path in MODULES} - {"__init__"}
    assert rooms <= set(FLOORS)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_down(path: Path) -> None:
    room = name_of(path).split(".")[0]
    if room != "__init__":
        assert misplaced(room, tree_of(path)) == []


def test_the_floor_rule_sees_an_import_upwards() -> None:
    assert misplaced("losses", ast.parse("def f():\n    from ncproofs.theorems.catalogue import load"))
    assert misplaced("report", ast.parse("import ncproofs.cli"))
    assert not misplaced("proof", ast.parse("from ncproofs.critical.optimum import optimum"))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    long = [
        f"{node.name}: {length}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and (length := _lines(node)) > 40
    ]
    assert long == []


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of code: the docstring is for the reader and does not count, nor do decorators."""
    assert node.end_lineno is not None
    doc = node.body[0]
    has_doc = (
        isinstance(doc, ast.Expr) and isinstance(doc.value, ast.Constant) and isinstance(doc.value.value, str)
    )
    return node.end_lineno - node.lineno + 1 - ((doc.end_lineno or 0) - doc.lineno + 1 if has_doc else 0)


#: The checker is copied out of the package and runs alone: it imports its own files relatively and prints.
CHECKER = "proof.checker"
#: Rooms that look names up at run time, among rooms of their own floor or below.
LATE = {
    "__init__", "proof.discharge", "proof.certificate", "theorems.catalogue", "losses.spelling", "doctor",
    "cli.__init__", CHECKER,
}


def _is_text(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)


def _late_imports(path: str, call: ast.Call, called: str) -> list[str]:
    if called != "import_module" or path in LATE:
        return []
    return [f"{path}:{call.lineno} imports a module by name"]


def offences(path: str, tree: ast.Module) -> list[str]:
    """What must not be in the library: running text, unpickling, printing, floats outside ``FLOATS``."""
    found = []
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            # sympify(x, strict=True) refuses text, and is how an int becomes a SymPy number.
            strict = any(k.arg == "strict" and getattr(k.value, "value", None) is True for k in node.keywords)
            method = isinstance(node.func, ast.Attribute) and called in HARMLESS_METHODS
            if called in BANNED_CALLS and not method and not (called == "sympify" and strict):
                found.append(f"{path}:{line} calls {called}")
            module = node.func.value.id if method and isinstance(node.func.value, ast.Name) else ""
            if module == "builtins" or (called == "float" and _is_text(node)):
                found.append(f"{path}:{line} calls {called} through a back door")
            found += _late_imports(path, node, called)
        elif isinstance(node, ast.Attribute) and node.attr == "stdout" and not path.startswith(("cli", CHECKER)):
            found.append(f"{path}:{line} writes to stdout")
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            if getattr(node, "level", 0) and not path.startswith(CHECKER):
                found.append(f"{path}:{line} imports relatively; the table of floors reads absolute names")
            lazy = getattr(node, "module", None) == "ncproofs" or any(a.name == "ncproofs" for a in node.names)
            if lazy and {a.name for a in node.names} != {"__version__"}:
                found.append(f"{path}:{line} imports through the lazy names of ncproofs")
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            found += [
                f"{path}:{line} imports {name}" for name in names if name.split(".")[0] in BANNED_IMPORTS
            ]
        elif isinstance(node, ast.Constant) and isinstance(node.value, float) and path not in FLOATS:
            found.append(f"{path}:{line} has the float {node.value}")
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_forbidden(path: Path) -> None:
    assert offences(name_of(path), tree_of(path)) == []
    assert interval_contexts(path) == []
    assert not set(name_of(path).split(".")) & BANNED_NAMES


@pytest.mark.parametrize(
    "code",
    [
        "eval('1')",
        "sympy.sympify(text)",
        "import pickle",
        "from pickle import loads",
        "x = 0.1",
        "print(1)",
        "parse_expr(t)",
    ],
)
def test_the_rule_sees_what_is_forbidden(code: str) -> None:
    assert offences("some.module", ast.parse(code))


@pytest.mark.parametrize(
    "code", ["from mpmath import iv", "import mpmath\nmpmath.iv.mpf(1)", "from mpmath.ctx_iv import x"]
)
def test_the_canary_sees_interval_contexts(code: str, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(code, encoding="utf-8")
    assert interval_contexts(path)


def test_every_module_says_what_it_is() -> None:
    assert [name_of(path) for path in MODULES if not ast.get_docstring(tree_of(path))] == []


def test_public_surface() -> None:
    """A change here is a change for users: say it in CHANGELOG.md."""
    assert ncproofs.__all__ == [
        "Effort",
        "Evidence",
        "Loss",
        "Ridge",
        "Rigor",
        "Spheres",
        "Theorem",
        "Truth",
        "Verdict",
        "check_gradient",
        "check_hessian",
        "claims",
        "cross_entropy",
        "discharge",
        "focal",
        "label_smoothing",
        "load",
        "mean_squared",
        "optimum",
        "spectrum",
        "verify",
    ]


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_registry_hosts_and_no_machine_paths() -> None:
    hosts = [
        "pypi" + ".org",
        "python" + "hosted.org",
        "conda" + ".anaconda",
        "npm" + "js.org",
        "deb.debian" + ".org",
    ]
    machine = ["/" + "work/", "/" + "root/", "/home/" + "runner", "/" + "tmp/v/"]
    # "label/root/1" is a kind of statement and no path
    pattern = re.compile("|".join([*map(re.escape, hosts), *(rf"(?<!\w){re.escape(path)}" for path in machine)]))
    found = []
    for path in tracked_files():
        text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in pattern.finditer(text)]
    assert found == []


BACK_DOORS = {
    "a relative import": "from ..theorems.catalogue import load",
    "a lazy name": "from ncproofs import load",
    "the package itself": "import ncproofs",
    "an import by name": "import importlib\nimportlib.import_module('ncproofs.theorems.catalogue')",
    "eval of builtins": "import builtins\nbuiltins.eval('1')",
    "a float from text": "x = float('0.1')",
    "standard output": "import sys\nsys.stdout.write('x')",
    "a float": "x = 0.5",
    "print": "print(1)",
}


@pytest.mark.parametrize("source", BACK_DOORS.values(), ids=BACK_DOORS)
def test_back_doors_are_closed(source: str) -> None:
    assert offences("losses.loss", ast.parse(source))
