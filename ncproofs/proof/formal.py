"""The kernel rung: theorems of ``verification/formal`` accepted by Coq, and read back as what Coq printed.

A library that compiles proves that its theorems follow from its axioms, not that they say what their names promise.
So each statement is printed by Coq together with every definition it rests on and every axiom it uses, and compared
with ``golden.txt``, which a person has read. Only then is it called certified, with rigor *kernel*.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from ncproofs.errors import InvalidClaim, MissingDependency, NcproofsError
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["GOLDEN", "Library", "Statement", "TookTooLong", "Unaccepted", "accepted", "build", "open_library",
           "printed", "recheck", "run_coq", "version", "written"]

GOLDEN, STATEMENTS, LOGICAL = "golden.txt", "statements.toml", "NC"
#: What Coq's classical reals assume; every statement may rest on these.
CLASSICAL = frozenset({
    "ClassicalDedekindReals.sig_forall_dec",
    "ClassicalDedekindReals.sig_not_dec",
    "Classical_Prop.classic",
    "FunctionalExtensionality.functional_extensionality_dep",
})
#: The integers and floats of the machine and what is assumed of them: allowed, and said.
MACHINE = ("FloatAxioms.", "PrimFloat.", "PrimInt63.", "Uint63.")
_INSTALL = "install coq, libcoq-coquelicot, libcoq-interval and libcoq-flocq (Debian's names)"
#: Set after the library is loaded, since a library can set options of its own.
_PRINTING = ("Set Printing Width 110.", "Set Printing Depth 1000000.", "Set Printing Notations.", "Unset Printing All.",
             "Set Printing Coercions.", "Set Printing Implicit.", "Unset Printing Universes.", "Set Printing Matching.")
#: Names that a file of a library may not have: of Coq's own modules that are loaded, or allowed as axioms, and ours.
_TAKEN = frozenset({
    "Classical_Prop", "ClassicalDedekindReals", "FloatAxioms", "FloatOps", "FunctionalExtensionality", "PrimFloat",
    "PrimInt63", "Reals", "Script", "Uint63",
})
_HEADING = re.compile(r"^== (?P<name>\S+)$", re.MULTILINE)


class Unaccepted(NcproofsError):
    """Coq did not accept a file."""


class TookTooLong(Unaccepted):
    """Coq was not done in time."""


@dataclass(frozen=True)
class Statement:
    """One theorem of the Coq library: its qualified ``name``, the ``theorem`` of the catalogue that it renders in
    part or in whole, what it ``says``, and what it ``covers`` of that theorem."""

    name: str
    theorem: str
    says: str
    covers: str


@dataclass(frozen=True)
class Library:
    """The sources of a folder, the statements it is asked for, the text of its golden file by name, and the theorems
    of the catalogue that its statements prove in whole."""

    folder: Path
    statements: tuple[Statement, ...]
    golden: dict[str, str]
    whole: tuple[str, ...]

    @property
    def sources(self) -> tuple[Path, ...]:
        return tuple(sorted(self.folder.glob("*.v")))


def open_library(folder: Path | None = None) -> Library:
    """The library in ``folder``, or the one that comes with the package.

    Raises:
        InvalidClaim: the folder has no statements.toml, or it is not a list of statements.
    """
    home = Path(str(files("ncproofs")))
    shipped = (home / "verification" / "formal", home.parent / "verification" / "formal")
    folder = folder or next((place for place in shipped if place.is_dir()), shipped[1])
    try:
        table = tomllib.loads((folder / STATEMENTS).read_text(encoding="utf-8"))
        statements, whole = tuple(Statement(**row) for row in table["statement"]), tuple(table.get("whole", ()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidClaim(
            f"{folder / STATEMENTS} is no list of statements ({error}); write [[statement]] tables with "
            "name, theorem, says and covers"
        ) from None
    if unnamed := [s.name for s in statements if not re.fullmatch(r"\w+\.\w+", str(s.name))]:
        raise InvalidClaim(f"{unnamed[0]!r} is no name of a Coq theorem; write Module.theorem")
    if not statements or not set(whole) <= {statement.theorem for statement in statements}:
        raise InvalidClaim(f"{folder / STATEMENTS} has no statement, or says of a theorem without one that it is whole")
    names = [path.stem for path in folder.glob("*.v")]
    if bad := [name for name in names if name in _TAKEN or not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII)] or (
            [] if names else ["none"]):
        raise InvalidClaim(f"{folder} has {bad[0]}.v; files of letters and digits are needed, not named as Coq's own")
    text = (folder / GOLDEN).read_bytes().decode("utf-8", "replace") if (folder / GOLDEN).is_file() else ""
    parts = _HEADING.split(text)
    golden = dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))
    return Library(folder, statements, golden, whole)


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise MissingDependency(f"{name} is not installed; {_INSTALL}")
    return found


def _run(command: list[str], place: Path, seconds: int) -> str:
    """What the program printed.

    Raises:
        Unaccepted: it failed, or took too long.
    """
    with tempfile.TemporaryFile() as log:
        try:
            done = subprocess.run(command, cwd=place, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                  timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            raise TookTooLong(f"{Path(command[0]).name} took more than {seconds} s on {command[-1]}") from None
        log.seek(0)
        text = log.read().decode("utf-8", "replace")
    if done.returncode:
        said = " ".join(text.split())
        missing = f"; {_INSTALL}" if "Cannot find a physical path" in said or "Unable to locate library" in said else ""
        raise Unaccepted(f"{command[-1]}: {said[:500]}{missing}")
    return text


def version() -> str:
    """Of the compiler, as it says itself."""
    return _run([_tool("coqc"), "--print-version"], Path.cwd(), 60).split()[0]


@contextmanager
def build(library: Library, said: Callable[[str], None] = lambda line: None, seconds: int = 600) -> Iterator[Path]:
    """A temporary folder in which every source of the library has been compiled, each in at most ``seconds``.

    Raises:
        MissingDependency: no Coq. Unaccepted: Coq does not accept a source.
    """
    coqc, coqdep = _tool("coqc"), _tool("coqdep")
    with tempfile.TemporaryDirectory(prefix="ncproofs-formal-") as name:
        place = Path(name)
        for source in library.sources:
            shutil.copy(source, place)
        said_order = _run([coqdep, "-sort", "-R", ".", LOGICAL, *(s.name for s in library.sources)], place, seconds)
        order = [word for word in said_order.split() if (place / word).is_file()]  # warnings are printed as well
        for file in map(Path, dict.fromkeys(order)):
            said(f"coqc {file.name}")
            _run([coqc, "-q", "-R", ".", LOGICAL, file.name], place, seconds)
        yield place


def _mentioned(library: Library, text: str) -> set[str]:
    """The names of the library's own constants in what Coq printed; nothing is imported, so that they are qualified."""
    stems = "|".join(re.escape(source.stem) for source in library.sources)
    return set(re.findall(rf"(?<![\w.'])(?:{LOGICAL}\.)?((?:{stems})(?:\.[\w']+)+)", text))


def _ask(place: Path, requests: dict[str, str]) -> dict[str, str]:
    """What Coq answers to each request, by its key."""
    modules = " ".join(f"{LOGICAL}.{file.stem}" for file in sorted(place.glob("*.vo")))
    lines = [f"Require {modules}.", "From Coq Require Import Reals.", "Open Scope R_scope.", *_PRINTING]
    lines += [f'Redirect "answer{number}" {request}.' for number, request in enumerate(requests.values())]
    run_coq("\n".join(lines) + "\n", place)
    answers = {key: (place / f"answer{number}.out").read_text(encoding="utf-8").strip()
               for number, key in enumerate(requests)}
    if cut := [requests[key] for key, answer in answers.items() if "..." in answer]:
        raise Unaccepted(f"Coq does not print the whole answer to {cut[0]}")
    return answers


def run_coq(text: str, place: Path, seconds: int = 600) -> None:
    """Compile a script beside the library compiled in ``place``.

    Raises:
        Unaccepted: Coq does not accept it.
    """
    script = place / "Script.v"
    script.write_text(text, encoding="utf-8")
    try:
        _run([_tool("coqc"), "-q", "-R", ".", LOGICAL, script.name], place, seconds)
    finally:
        for used in place.glob("Script.*"):
            used.unlink()


def printed(library: Library, place: Path) -> dict[str, str]:
    """Name -> what Coq prints: the statements with their axioms, then each definition that these use, in turn.

    Raises:
        Unaccepted: a statement is not in the library.
    """
    found: dict[str, str] = {}
    names = [statement.name for statement in library.statements]
    asked = {f"{word} {LOGICAL}.{name}": f"{word} {LOGICAL}.{name}"
             for name in names for word in ("Check", "Print Assumptions")}
    proved = {f"Prop {name}": f"Check ({LOGICAL}.{name} : (_ : Prop))" for name in names}  # not a bare proposition
    said = _ask(place, asked | proved)
    bodies = {name: said[f"Check {LOGICAL}.{name}"] for name in names}
    for name in names:
        found[name] = f"{bodies[name]}\naxioms: {_assumed(said[f'Print Assumptions {LOGICAL}.{name}'])}"
    fresh = "\n".join(bodies.values())
    while more := sorted(_mentioned(library, fresh) - set(found)):
        answers = _ask(place, {name: f"Print {LOGICAL}.{name}" for name in more})
        found |= answers
        fresh = "\n".join(answers.values())
    return found


def _assumed(said: str) -> str:
    """The names of the axioms; a line that is no name (a type in type, a guard switched off) stays as it is."""
    lines = [line for line in said.splitlines() if line and not line.startswith(" ")]
    names = sorted(re.sub(r"^([\w.']+)( :.*)?$", r"\1", line) for line in lines if line != "Axioms:")
    return "none" if names == ["Closed under the global context"] else ", ".join(names)


def written(texts: dict[str, str]) -> str:
    """The golden file of these texts."""
    return "\n\n".join(f"== {name}\n{text}" for name, text in sorted(texts.items())) + "\n"


def recheck(library: Library, place: Path) -> str:
    """Let coqchk, a second program, check the compiled files again; what it says about axioms and assumptions."""
    modules = [f"{LOGICAL}.{source.stem}" for source in library.sources]
    return _run([_tool("coqchk"), "-silent", "-o", "-R", ".", LOGICAL, *modules], place, 3600)


def _uses(library: Library, statement: str, texts: dict[str, str]) -> set[str]:
    """The statement, and the definitions that it rests on."""
    found: set[str] = set()
    fresh = {statement}
    while fresh:
        found |= fresh
        seen = "\n".join(texts.get(name, "").split("\naxioms:")[0] for name in fresh)
        fresh = _mentioned(library, seen) - found
    return found


def accepted(library: Library, texts: dict[str, str], compiler: str) -> list[Evidence]:
    """One answer for each statement: it holds with rigor *kernel* when what Coq printed is what was read."""
    answers = []
    for statement in library.statements:
        changed = sorted(name for name in _uses(library, statement.name, texts)
                         if library.golden.get(name, "") != texts.get(name))
        axioms = texts[statement.name].rpartition("axioms: ")[2].split(", ")
        foreign = [a for a in axioms if a not in CLASSICAL and not a.startswith(MACHINE) and a != "none"]
        because = f"accepted by Coq {compiler}; rests on Coq's classical reals" + (
            " and on the machine's integers and floats" if any(a.startswith(MACHINE) for a in axioms) else "")
        if foreign:
            because = f"Coq accepts it from axioms that nobody proved: {', '.join(foreign)}"
        elif changed:
            because = f"what Coq prints for {', '.join(changed)} is not what {GOLDEN} says; read the difference"
        truth = Truth.UNDECIDED if foreign or changed else Truth.HOLDS
        answers.append(Evidence(
            truth=truth, rigor=Rigor.KERNEL if truth is Truth.HOLDS else Rigor.SAMPLED, sentence=statement.says,
            because=because, covers=statement.covers, axioms=tuple(a for a in axioms if a in CLASSICAL)))
    return answers
