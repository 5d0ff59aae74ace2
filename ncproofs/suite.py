"""Suites: where we promise to look, how hard, and what we expect, as TOML files.

A suite is a ``[suite]`` table (title, description) and ``[[check]]`` tables. A check names one theorem or
several. With sizes it is a grid of instances; without, it is the theorem's claims for all sizes at once.
Suites are untrusted: unknown keys, floats, and grids beyond ``MOST_JOBS`` are refused with one line that says
what to write.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ncproofs.errors import InvalidSuite, NcproofsError, UnknownName
from ncproofs.families import FAMILIES, GRID_KEYS, family_of_class, family_of_keys, problem_of
from ncproofs.grid import MOST_JOBS, numbers, sizes, texts, wholes, widths
from ncproofs.truth import Rigor, Truth
from ncproofs.untrusted import TomlFloat, toml_table

if TYPE_CHECKING:
    from ncproofs.theorems.theorem import Theorem

__all__ = [
    "Check",
    "Job",
    "Limits",
    "Suite",
    "expand",
    "grid_of",
    "problem_of",
    "read_suite",
    "shipped_suites",
    "suite_path",
    "validate",
]

_SUITE_KEYS = ("title", "description")
_EFFORT_KEYS = ("boxes", "budget_seconds", "memory_mb")
_KEYS = ("theorem", *GRID_KEYS, "expect", "rigor", *_EFFORT_KEYS, "control", "breaks")


@dataclass(frozen=True)
class Limits:
    """What one claim may cost: seconds of wall time, and megabytes on top of what the worker already uses."""

    seconds: int = 60
    memory_mb: int = 2048


@dataclass(frozen=True, kw_only=True)
class Check:
    """One ``[[check]]`` table. ``grid`` is None for all sizes at once; its values are exact spellings."""

    number: int
    theorems: tuple[str, ...]
    grid: Mapping[str, tuple[str, ...]] | None = None
    expect: Truth = Truth.HOLDS
    rigor: Rigor = Rigor.ENCLOSED
    boxes: int | None = None
    limits: Limits = field(default_factory=Limits)
    control: bool = False
    breaks: str = ""


@dataclass(frozen=True)
class Suite:
    """A suite as read; ``place`` is the path, or what stands for it in error messages."""

    place: str
    title: str
    description: str
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Job:
    """One theorem, on all sizes (``parameters`` is None) or on one instance; plain data."""

    index: int
    theorem: str
    parameters: Mapping[str, str] | None
    check: Check


def shipped_suites() -> dict[str, Path]:
    """Name to path of the suites that come with the package, the default one first."""
    home = Path(str(files("ncproofs")))
    for folder in (home / "verification", home.parent / "verification"):  # in a wheel, in the repository
        found = {path.stem: path for path in sorted(folder.glob("*.toml"))}
        if "default" in found:
            return {"default": found.pop("default"), **found}
    return {}


def suite_path(name: str) -> Path:
    """The file of the suite called ``name``: a path that ends in .toml, or the name of a shipped suite.

    Raises:
        UnknownName: no shipped suite has this name.
    """
    if name.endswith(".toml"):
        return Path(name)
    suites = shipped_suites()
    if name not in suites:
        raise UnknownName(
            f"there is no suite {name!r}; there are: {', '.join(suites)}, or give a path ending in .toml"
        )
    return suites[name]


def read_suite(path: Path, *, imports: bool = False) -> Suite:
    """The suite in the file at ``path``, its form checked; ``expand`` and ``validate`` check what it names.

    ``imports`` lets it name theorems and losses as ``package.module:name``, which runs that module's code.

    Raises:
        InvalidSuite: unreadable, not TOML, empty, an unknown key or a value out of range.
    """
    place = str(path)
    suite = _suite(place, toml_table(path, InvalidSuite, "see `ncproofs show default` for an example"))
    for check in suite.checks if not imports else ():
        for name in (*check.theorems, *(check.grid or {}).get("loss", ())):
            if ":" in name:
                raise InvalidSuite(
                    f"{place} check {check.number} names {name!r}, which runs that module's code; "
                    "add --allow-imports if you trust the suite"
                )
    return suite


def _suite(place: str, document: dict[str, Any]) -> Suite:
    if not document:
        raise InvalidSuite(f"{place} is empty; write a [suite] table and at least one [[check]] table")
    _known(place, document, ("suite", "check"), "table")
    head = document.get("suite", {})
    if not isinstance(head, dict):
        raise InvalidSuite(
            f"{place}: suite={head!r} given, but a table is needed; write [suite] on its own line"
        )
    _known(f"{place} [suite]", head, _SUITE_KEYS, "key")
    tables = document.get("check", [])
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise InvalidSuite(f'{place} has no checks; write at least one [[check]] table with theorem = "..."')
    checks = tuple(
        _check(f"{place} check {number}", number, table) for number, table in enumerate(tables, start=1)
    )
    title, description = (_text(f"{place} [suite]", head, key, "") for key in _SUITE_KEYS)
    return Suite(place, title or Path(place).stem, description, checks)


def _check(place: str, number: int, table: dict[str, Any]) -> Check:
    _known(place, table, _KEYS, "key")
    names = table.get("theorem")
    theorems = tuple(names) if isinstance(names, list) else (names,)
    if not theorems or not all(isinstance(name, str) and type(name) is str and name for name in theorems):
        raise InvalidSuite(
            f'{place}: theorem={names!r} given, but a name is needed; write theorem = "collapse-optimum"'
        )
    control = table.get("control", False)
    if not isinstance(control, bool):
        raise InvalidSuite(f"{place}: control={control!r} given; write control = true or leave it out")
    breaks = _text(place, table, "breaks", "")
    if control != bool(breaks):
        raise InvalidSuite(
            f'{place}: a negative control has both control = true and breaks = "the hypothesis it breaks"'
        )
    expect = _choice(
        place, table, "expect", [truth.value for truth in Truth], "fails" if control else "holds"
    )
    rigor = _choice(place, table, "rigor", ["enclosed", "exact", "kernel"], "enclosed")
    return Check(
        number=number,
        theorems=theorems,
        grid=_grid(place, table),
        expect=Truth(expect),
        rigor=Rigor[rigor.upper()],
        boxes=_whole(place, table, "boxes", None),
        control=control,
        breaks=breaks,
        limits=Limits(
            _whole(place, table, "budget_seconds", Limits.seconds) or 0,
            _whole(place, table, "memory_mb", Limits.memory_mb) or 0,
        ),
    )


def _grid(place: str, table: Mapping[str, Any]) -> dict[str, tuple[str, ...]] | None:
    given = {key: table[key] for key in GRID_KEYS if key in table}
    if not given:
        return None
    family = family_of_keys(place, given)
    missing = [key for key in family.keys if key not in given and key not in family.optional]
    if missing:
        raise InvalidSuite(
            f"{place} gives {', '.join(given)} but not {', '.join(missing)}; an instance needs them all"
        )
    return grid_of(place, given)


def grid_of(place: str, given: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The values of a grid, exact spellings for each key; what is optional has its default when not given.

    Raises:
        InvalidSuite: a value that is no range, expression or exact number; the message starts with ``place``.
    """
    family = family_of_keys(place, given)
    grid: dict[str, tuple[str, ...]] = {"family": (family.name,)} if "family" in given else {}
    for key in family.keys:
        value = given.get(key, family.optional.get(key))
        if isinstance(value, TomlFloat) or (
            isinstance(value, list) and any(isinstance(v, TomlFloat) for v in value)
        ):
            raise InvalidSuite(
                f'{place}: {key}={value} is a binary float; write an exact string such as "1/100"'
            )
        read = numbers if key == "K" else wholes if key in family.whole else texts
        grid[key] = tuple(read(f"{place}: {key}", value))
    return grid


#: How often the same instances may be spelled on average.
_REPETITIONS = 4


def expand(suite: Suite) -> tuple[Job, ...]:
    """Every job of the suite once, in the order of its file: checks, then theorems, then the grid.

    Raises:
        InvalidSuite: a size that is not a whole number in range, more than ``MOST_JOBS`` jobs, or a few times as
            many spelled ones, repetitions included.
    """
    found: list[Job] = []
    spelled = 0
    seen: set[tuple[object, ...]] = set()
    for check in suite.checks:
        place = f"{suite.place} check {check.number}"
        spelled += len(check.theorems) * prod(map(len, (check.grid or {}).values()))
        if spelled > _REPETITIONS * MOST_JOBS:  # they would be run once, but all have to be looked at
            raise InvalidSuite(f"{place}: more than {_REPETITIONS * MOST_JOBS} instances are spelled out; write fewer")
        for theorem in check.theorems:
            for parameters in [None] if check.grid is None else _instances(place, check.grid):
                instance = None if parameters is None else tuple(parameters.items())
                question = (theorem, instance, check.expect, check.rigor, check.control)
                if question in seen:  # the same question twice would be counted twice
                    continue
                seen.add(question)
                found.append(Job(len(found), theorem, parameters, check))
                if len(found) > MOST_JOBS:
                    raise InvalidSuite(
                        f"{place}: the grid has more than {MOST_JOBS} instances; write a smaller one"
                    )
    return tuple(found)


#: The keys that a grid runs through first; n and d may be expressions in those before them.
_LEADING = ("family", "loss", "K", "n")


def _instances(place: str, grid: Mapping[str, tuple[str, ...]]) -> Iterable[dict[str, str]]:
    leading = [key for key in _LEADING if key in grid]
    others = [key for key in grid if key not in (*_LEADING, "d")]
    several = grid.get("family", ("",))[0] in FAMILIES and "d" in FAMILIES[grid["family"][0]].several
    for choice in product(*(grid[key] for key in leading)):
        fixed = dict(zip(leading, choice, strict=True))
        known = {"K": int(fixed["K"])} if "K" in fixed else {}
        for n in sizes(f"{place}: n", [fixed["n"]], known) if "n" in fixed else (None,):
            spelled = fixed if n is None else {**fixed, "n": str(n)}
            at = known if n is None else {**known, "n": n}
            read = widths if several else sizes
            for d in dict.fromkeys(read(f"{place}: d", grid["d"], at)) if "d" in grid else (None,):
                spelled = spelled if d is None else {**spelled, "d": str(d)}
                for rest in product(*(grid[key] for key in others)):
                    yield {key: {**spelled, **dict(zip(others, rest, strict=True))}[key] for key in grid}


def validate(suite: Suite, jobs: Iterable[Job]) -> None:
    """Check that every theorem, loss and problem named by ``jobs`` exists, before anything is run.

    Raises:
        InvalidSuite: the first that does not, with the suite's path and the number of the check.
    """
    from ncproofs.theorems.catalogue import CATALOGUE, load

    for job in jobs:
        place = f"{suite.place} check {job.check.number}"
        if ":" not in job.theorem and job.theorem not in CATALOGUE:
            raise InvalidSuite(
                f"{place}: there is no theorem {job.theorem!r}{_closest(job.theorem, CATALOGUE)}"
            )
        try:
            theorem = load(job.theorem)
            if job.parameters is not None:
                _same_family(theorem, problem_of(job.parameters))
        except NcproofsError as error:
            raise InvalidSuite(f"{place}: {error}") from None
        if job.parameters is None and theorem.general is None:
            raise InvalidSuite(
                f"{place}: {job.theorem} speaks of instances; give loss, K, d and the weights (or tau), or its family"
            )
        if job.parameters is not None and theorem.instance is None:
            raise InvalidSuite(f"{place}: {job.theorem} is about all sizes at once; leave out the sizes")


def _same_family(theorem: Theorem, problem: Any) -> None:
    if theorem.instance is not None and not isinstance(problem, theorem.family):
        needed = family_of_class(theorem.family).needed
        raise InvalidSuite(f"{theorem.name} speaks of {theorem.family.__name__} problems; write {needed}")


def _known(place: str, table: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    for key in table:
        if key not in known:
            raise InvalidSuite(f"{place}: there is no {what} {key!r}{_closest(key, known)}")


def _closest(word: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(word, names, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(names)}"


def _text(place: str, table: Mapping[str, Any], key: str, default: str) -> str:
    value = table.get(key, default)
    if type(value) is not str:
        raise InvalidSuite(f'{place}: {key}={value!r} given, but a text is needed; write {key} = "..."')
    return value


def _choice(place: str, table: Mapping[str, Any], key: str, choices: list[str], default: str) -> str:
    value = table.get(key, default)
    if value not in choices:
        raise InvalidSuite(f"{place}: {key}={value!r} given; write one of: {', '.join(choices)}")
    return str(value)


def _whole(place: str, table: Mapping[str, Any], key: str, default: int | None) -> int | None:
    value = table.get(key, default)
    if value is default:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 10**6:
        raise InvalidSuite(f"{place}: {key}={value} given, but a whole number from 1 to 1000000 is needed")
    return value
