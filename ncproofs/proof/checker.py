"""Checks certificates of docs/certificate-format.md, with the standard library alone.

    python -m ncproofs.proof.checker [--json] [--pins FILE] [--expect FILE] PATH...
    python checker.py PATH...            (checker*.py and statements.txt copied to any folder)

Nothing here is shared with the prover. What a statement means is fixed by its kind, in the files beside this one,
each of which is loaded when a statement needs it; the witness is not trusted. Exit status 0 all accepted, 1 some
rejected or holey, 2 some over a limit and none rejected.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

if not __package__:  # copied away from ncproofs: this folder stands in for the package of that name
    for _name in ("ncproofs", "ncproofs.proof"):
        _folder = ModuleType(_name)
        _folder.__path__ = [str(Path(__file__).resolve().parent)]
        sys.modules.setdefault(_name, _folder)

from ncproofs.proof.checker_arithmetic import Budget, Limit, Rejected
from ncproofs.proof.checker_reading import BYTES, canonical, listed, need, parse
from ncproofs.proof.checker_theorems import ABOUT, AXIOMS, REQUIRED

__all__ = ["KINDS", "check", "decided_by", "main", "pinned"]

FORMAT, STEPS, PINS = "ncproofs-certificate/1", 10**7, Path(__file__).resolve().with_name("statements.txt")
#: Files of a bundle that are no certificates.
OTHERS = ("THEOREM_MAP.json",)

#: File -> the kinds of statements that it decides. Closed: no file is loaded that is not named here or imported by one.
_FILES = {
    "checker_sums": "sum-identity/1",
    "checker_signs": "identity/1 sign/1 root/1",
    "checker_inertia": "matrix/inertia/1",
    "checker_ridge": "ridge/saddle-box/1 ridge/minimum/1",
    "checker_optimum": "ridge/optimum/1 ridge/geometry/1 ridge/scale/1 ridge/argmin/1 ridge/spectrum/1 ridge/inertia/1 "
                       "ridge/origin-curvature/1 ridge/benign/1",
    "checker_spheres": "sphere/optimum/1 sphere/geometry/1 sphere/contact/1 sphere/spectrum/1 sphere/inertia/1 "
                       "sphere/conditioning/1 sphere/dual/1 sphere/balance/1 sphere/benign/1",
    "checker_critical": "ridge/critical-point/1 label/critical-point/1 sphere/critical-point/1 sphere/saddle-box/1",
    "checker_layered": "layered/optimum/1 layered/geometry/1 layered/benign/1 layered/finite/1",
    "checker_layered_points": "layered/attained/1 layered/upper/1 layered/critical/1 layered/spectrum/1",
    "checker_networks": "network/value/1 network/gap/1 network/rank/1 network/means/1 network/kinks/1",
    "checker_network_bounds": "network/bound/1",
    "checker_labels": "label/geometry/1 label/unique-root/1 label/benign/1 label/optimum/1 label/origin-curvature/1",
    "checker_label_points": "label/minimum/1 label/stationary/1 label/spectrum/1 label/nullity/1",
    "checker_codes": "code/value/1 code/bracket/1 code/minimises/1",
}
#: Kind of statement -> the file that decides it.
KINDS = {kind: file for file, kinds in _FILES.items() for kind in kinds.split()}
Pins = dict[str, set[str]]


def pinned(path: Path = PINS) -> Pins:
    """Theorem -> the hashes of its statements, from a file of lines ``hash theorem``."""
    pins: Pins = {}
    for line in path.read_text(encoding="ascii").splitlines() if path.is_file() else ():
        digest, _, theorem = line.partition(" ")
        pins.setdefault(theorem.strip(), set()).add(digest)
    return pins


def _loaded(file: str) -> Any:
    """This file of the checker, of which a bundle has only those that its certificates need."""
    try:
        return importlib.import_module(f"ncproofs.proof.{file}")
    except ModuleNotFoundError as error:
        missing = str(error.name).rpartition(".")[2]
        if not missing.startswith("checker"):
            raise
        raise Rejected(f"its file {missing}.py is not here") from None


def decided_by(kind: str) -> tuple[tuple[str, ...], Callable[[list[Any], Any, Budget], Any]]:
    """The keys that a statement of this kind has, and what decides it."""
    rule: tuple[tuple[str, ...], Callable[[list[Any], Any, Budget], Any]] = _loaded(KINDS[kind]).KINDS[kind]
    return rule


@dataclass
class _Claims:
    """What the claims of one certificate add up to."""

    budget: Budget
    axioms: list[str] = field(default_factory=list)
    holes: list[str] = field(default_factory=list)
    checked: list[dict[str, Any]] = field(default_factory=list)

    def decide(self, statement: Any, witness: Any) -> None:
        kind = statement.get("kind") if isinstance(statement, dict) else None
        if kind == "axiom/1":
            title, called, _ = need(statement, "title", "name", "kind")
            need(witness)
            known = isinstance(called, str) and called in AXIOMS
            (self.axioms if known else self.holes).append(called if known else f"no classical theorem: {title}")
            return
        if not isinstance(kind, str) or kind not in KINDS:
            raise Rejected("an unknown kind of statement")
        keys, judge = decided_by(kind)
        title, _, *parts = need(statement, "title", "kind", *keys)
        if not isinstance(title, str):
            raise Rejected("a title is text")
        judge(parts, witness, self.budget)
        self.checked.append(statement)


def _verdict(statement: Any, witness: Any, claims: _Claims) -> tuple[str, Any]:
    """The theorem and the parameters of a verdict, once all its claims are decided."""
    theorem, parameters, parts, holes, title, _ = need(
        statement, "theorem", "parameters", "claims", "holes", "title", "kind")
    (witnesses,) = need(witness, "claims")
    if not all(isinstance(text, str) and text for text in (theorem, title, *listed(holes))):
        raise Rejected("a theorem, a title and holes are sentences")
    claims.holes += holes
    for part, witnessed in zip(listed(parts), listed(witnesses, len(parts)), strict=True):
        claims.decide(part, witnessed)
    if parameters is not None:
        if not isinstance(parameters, dict):
            raise Rejected("parameters are an object")
        for part in claims.checked:  # whatever a claim says about its problem is what the parameters say
            problem = part.get("problem", {key: part[key] for key in ("loss", "parameter", "K") if key in part})
            said = parameters if "problem" in part else {key: parameters.get(key) for key in problem}
            if canonical(said) != canonical(problem):  # as written: true is not 1
                raise Rejected("a claim about another problem than the parameters")
            if part["kind"] == "ridge/argmin/1":
                _loaded(KINDS[part["kind"]]).price_is_that_of(part["c"], parameters, claims.budget)
    return theorem, parameters


def _standing(theorem: str, parameters: Any, claims: _Claims, pins: Pins) -> str:
    """How a statement that is not pinned stands to the theorem that it names."""
    if theorem not in pins and theorem not in REQUIRED:
        return "a theorem that is not in the catalogue"
    if parameters is None and theorem in pins:
        raise Rejected(f"not the pinned statement of {theorem}")
    if parameters is not None:
        if any(parameters.get(key) != value for key, value in ABOUT.get(theorem, {}).items()):
            raise Rejected(f"{theorem} is about another loss or kind")
        missing = [kind for kind, fixed in REQUIRED.get(theorem, ()) if not any(
            part["kind"] == kind and all(part.get(key) == value for key, value in fixed.items())
            for part in claims.checked)]
        if missing or not REQUIRED.get(theorem):
            raise Rejected(f"{theorem} at a problem needs {', '.join(missing) or 'a pinned statement'}")
    return "not pinned" if parameters is None else "claims of its kinds at these parameters"


def check(raw: bytes, pins: Pins | None = None, expected: set[str] | None = None) -> tuple[str, str]:
    """(verdict, reason): "accepted", "rejected", "holey" or "limit".

    ``pins``: hashes of statements by theorem; ``expected``: the only hashes that may be accepted, if given.
    """
    pins, claims = pins or {}, _Claims(Budget(STEPS))
    try:
        form, _, statement, digest, witness = need(
            parse(raw), "format", "producer", "statement", "statement_sha256", "witness")
        if form != FORMAT or hashlib.sha256(canonical(statement)).hexdigest() != digest:
            raise Rejected("another format, or the hash is not that of the statement")
        if expected is not None and digest not in expected:
            raise Rejected("the statement is none of those expected")
        if isinstance(statement, dict) and statement.get("kind") == "verdict/1":
            theorem, parameters = _verdict(statement, witness, claims)
            known = digest in pins.get(theorem, ()) or expected is not None
            told = f"{theorem}, {'as pinned' if known else _standing(theorem, parameters, claims, pins)}"
        else:
            claims.decide(statement, witness)
            told = str(statement["kind"])
        if not claims.checked:
            raise Rejected("nothing but named classical theorems is claimed")
    except Rejected as error:
        return "rejected", str(error)
    except (Limit, MemoryError, RecursionError) as error:
        return "limit", str(error) or type(error).__name__
    if claims.holes:
        return "holey", "; ".join(claims.holes)
    return "accepted", told + (f"; resting on: {', '.join(dict.fromkeys(claims.axioms))}" if claims.axioms else "")


def _files(paths: list[str]) -> Iterator[Path]:
    for path in map(Path, paths):
        inside = sorted(path.rglob("*.json")) if path.is_dir() else [path]
        yield from (file for file in inside if file == path or file.name not in OTHERS)


def main(arguments: list[str]) -> int:
    """Check every path; one line each on standard output."""
    paths, pins, expected, verdicts = list(arguments), PINS, None, []
    as_json = paths[:1] == ["--json"]
    paths = paths[as_json:]
    if paths[:1] == ["--pins"] and len(paths) > 1:
        pins, paths = Path(paths[1]), paths[2:]
    if paths[:1] == ["--expect"] and len(paths) > 1:
        expected, paths = set(Path(paths[1]).read_text(encoding="ascii").split()), paths[2:]
    known = pinned(pins)
    for file in _files(paths):
        try:
            raw = file.read_bytes() if file.stat().st_size <= BYTES else b" " * (BYTES + 1)
            verdict, reason = check(raw, known, expected)
        except OSError as error:
            verdict, reason = "rejected", f"cannot be read ({error.strerror})"
        verdicts.append(verdict)
        line = json.dumps([str(file), verdict, reason]) if as_json else f"{verdict:9} {file}: {reason}"
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    if not verdicts:
        sys.stdout.write("rejected  nothing to check\n")
    bad = not verdicts or "rejected" in verdicts or "holey" in verdicts
    return 1 if bad else 2 if "limit" in verdicts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
