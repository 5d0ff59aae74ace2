"""Is everything there that a verdict rests on, and does it work?"""

from __future__ import annotations

import ast
import importlib.metadata
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Finding", "examine", "interval_contexts"]

_NEEDED = (
    "sympy",
    "mpmath",
    "numpy",
    "scipy",
    "python-flint",
    "click",
    "rich",
    "msgspec",
    "jinja2",
    "latex2mathml",
)
_OPTIONAL = ("hypothesis", "pytest", "cvxpy-base", "clarabel", "distributed", "matplotlib")
_TOOLS = {
    "pdflatex": "compiles what `ncproofs derive --format latex` prints; install texlive-latex-recommended",
    "coqc": "accepts the theorems of `ncproofs formal`; install coq, libcoq-coquelicot, libcoq-interval, libcoq-flocq",
}


@dataclass(frozen=True)
class Finding:
    """``state`` is "ok", "absent" (optional, ``said`` tells what to install) or "broken" (needed)."""

    part: str
    state: str
    said: str


def examine() -> tuple[Finding, ...]:
    """Every finding, the needed parts first. Never raises: what cannot be examined is broken."""
    return (
        Finding("python", "ok", platform.python_version()),
        *_versions(),
        _flint_self_test(),
        _refinement_self_test(),
        _canary(),
        *_tools(),
    )


def _versions() -> Iterator[Finding]:
    for name in _NEEDED:
        try:
            yield Finding(name, "ok", importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, "broken", f"not installed; run pip install {name}")
    for name in _OPTIONAL:
        try:
            yield Finding(name, "ok", importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, "absent", f"optional; run pip install {name}")


def _flint_self_test() -> Finding:
    """Balls must contain what they are asked for, at several precisions, and refuse to order overlaps."""
    try:
        import flint
        from flint import arb, fmpq

        for bits in (53, 128, 512):
            with flint.ctx.workprec(bits):
                third = arb(fmpq(1, 3))
                if not (third * 3).contains(1) or third.contains(fmpq(33, 100)):
                    return Finding("flint balls", "broken", f"1/3 is not enclosed at {bits} bits")
                if not (arb(2).sqrt() ** 2).contains(2) or not (arb(5).log().exp()).contains(5):
                    return Finding(
                        "flint balls", "broken", f"sqrt, exp or log does not enclose at {bits} bits"
                    )
                if arb(0, 1) < arb(1, 1) or arb(0, 1) > arb(1, 1):
                    return Finding("flint balls", "broken", "overlapping balls were ordered")
    except Exception as error:
        return Finding("flint balls", "broken", f"{type(error).__name__}: {error}")
    return Finding("flint balls", "ok", "enclose and refuse as they must at 53, 128 and 512 bits")


def _refinement_self_test() -> Finding:
    """log 2 at 300 bits lies inside log 2 at 60 bits, and is thinner."""
    try:
        import flint
        from flint import arb

        with flint.ctx.workprec(60):
            coarse = arb(2).log()
        with flint.ctx.workprec(300):
            fine = arb(2).log()
            nested = bool(coarse.contains(fine)) and bool(fine.rad() < coarse.rad())
    except Exception as error:
        return Finding("flint precision", "broken", f"{type(error).__name__}: {error}")
    if nested:
        return Finding("flint precision", "ok", "more bits give a thinner ball inside the wider one")
    return Finding(
        "flint precision", "broken", "more bits do not give a thinner ball; reinstall python-flint"
    )


def _canary() -> Finding:
    """mpmath's interval context gives wrong enclosures for some functions, so no module may use it."""
    root = Path(__file__).parent
    found = [
        f"{path.relative_to(root)}:{line}"
        for path in sorted(root.rglob("*.py"))
        for line in interval_contexts(path)
    ]
    if found:
        return Finding("no mpmath iv", "broken", f"used in {', '.join(found)}; use flint balls")
    return Finding("no mpmath iv", "ok", "no module uses mpmath's interval context")


def interval_contexts(path: Path) -> list[int]:
    """The lines of the Python file at ``path`` that use mpmath's interval context."""
    lines = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mpmath"):
            if "ctx_iv" in (node.module or "") or any(
                alias.name in ("iv", "mpi", "ctx_iv") for alias in node.names
            ):
                lines.append(node.lineno)
        elif isinstance(node, ast.Import) and any("ctx_iv" in alias.name for alias in node.names):
            lines.append(node.lineno)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in ("mpmath", "mp") and node.attr in ("iv", "mpi", "ctx_iv"):
                lines.append(node.lineno)
    return lines


def _tools() -> Iterator[Finding]:
    for name, use in _TOOLS.items():
        place = shutil.which(name)
        yield Finding(name, "ok" if place else "absent", place or f"optional: {use}")
