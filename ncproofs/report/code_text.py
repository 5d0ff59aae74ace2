"""What is known about a code, as text, as JSON and as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ncproofs.errors import InvalidProblem, MissingDependency

if TYPE_CHECKING:
    from ncproofs.critical.code_optimum import CodeOptimum

__all__ = ["code_lines", "code_record", "plot_code"]

_MOST_SHOWN, _LONGEST_FRACTION, _LARGEST_POWER = 12, 80, 60


def code_record(parameters: Mapping[str, str], found: CodeOptimum, digits: int) -> dict[str, Any]:
    """One object, schema 1; bounds are decimal strings rounded outwards, ``exact`` has fractions and polynomials."""
    return {
        "schema": 1,
        "problem": dict(parameters),
        "truth": str(found.truth),
        "rigor": str(found.rigor),
        "regime": found.regime,
        "geometry": found.geometry,
        "status": found.status,
        "quantities": {name: value.as_json(digits) for name, value in found.quantities.items()},
        "exact": dict(found.exact),
        "contacts": None if found.contacts is None else [list(pair) for pair in found.contacts],
        "contacts_within": found.contacts_within,
        "rattlers": None if found.rattlers is None else list(found.rattlers),
        "coordinates": [list(row) for row in found.coordinates],
        "holes": list(found.holes),
        "axioms": list(found.axioms),
        "because": found.because,
        "notes": list(found.notes),
    }


def code_lines(found: CodeOptimum, digits: int) -> list[str]:
    """For people: the status, each quantity with its fraction, contacts, rattlers, what it rests on."""
    lines = [f"{found.problem}", f"{found.truth}  {found.rigor}  {found.status}  geometry: {found.geometry}", ""]
    width = max((len(name) for name in [*found.quantities, "contacts", "rattlers"]), default=0)
    for name, value in found.quantities.items():
        low, high = value.decimals(digits)
        shown = f"{low} (exactly)" if value.is_point and low == high else f"[{low}, {high}]"
        exact = found.exact.get(name, "")
        lines.append(f"  {name.ljust(width)}  {shown}{f' = {_brief(exact)}' if exact and exact != low else ''}")
    named = {name: text for name, text in found.exact.items() if name not in found.quantities}
    lines += [f"  {name.ljust(width)}  {_brief(text)}" for name, text in named.items()]
    if found.contacts is None or found.rattlers is None:
        lines.append(f"  {'contacts'.ljust(width)}  not listed for so many points")
    else:
        within = "" if found.contacts_within == "0" else f" (equal within {found.contacts_within})"
        lines.append(f"  {'contacts'.ljust(width)}  {len(found.contacts)}{within}")
        lines.append(f"  {'rattlers'.ljust(width)}  {_listed(found.rattlers)}")
    lines += ["", f"because {found.because}"]
    lines += [f"note: {note}" for note in found.notes]
    if found.axioms:
        lines.append(f"classical results used as axioms: {'; '.join(found.axioms)}")
    return [*lines, *(f"hole, checked by nobody: {hole}" for hole in found.holes)]


def _brief(text: str) -> str:
    """A fraction; a long one is left to ``--json``."""
    return text if len(text) <= _LONGEST_FRACTION else f"a fraction of {len(text) - 1} digits (--json writes it)"


def _listed(places: Sequence[int]) -> str:
    if not places:
        return "none"
    more = f" and {len(places) - _MOST_SHOWN} more" if len(places) > _MOST_SHOWN else ""
    return f"{', '.join(map(str, places[:_MOST_SHOWN]))}{more}"


def _drawn(rows: Sequence[Sequence[str]]) -> list[list[float]]:
    """As floats; times a power of two where their sizes are none that a picture can have."""
    exact = [[Fraction(x) for x in row] for row in rows]
    largest = max(abs(x) for row in exact for x in row)
    power = largest.denominator.bit_length() - largest.numerator.bit_length()
    scale = Fraction(2) ** power if abs(power) > _LARGEST_POWER else Fraction(1)
    return [[float(x * scale) for x in row] for row in exact]


def plot_code(rows: Sequence[Sequence[str]], contacts: Sequence[tuple[int, int]], path: Path, title: str) -> None:
    """Draw points and contacts of a code in R^2 or R^3 to ``path``; the ending chooses the format.

    Raises:
        InvalidProblem: another dimension, or an ending that matplotlib does not know.
        MissingDependency: matplotlib is not installed.
    """
    d = len(rows[0])
    if d not in (2, 3):
        raise InvalidProblem(f"d={d} given, but a picture needs d = 2 or d = 3; leave out --plot")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingDependency("matplotlib is not installed; run pip install 'ncproofs[plot]'") from None
    figure = Figure(figsize=(6, 6))
    axes: Any = figure.add_subplot(projection="3d" if d == 3 else None)
    points = _drawn(rows)
    for i, j in contacts:
        axes.plot(*zip(points[i - 1], points[j - 1], strict=True), color="tab:blue", linewidth=1)
    axes.scatter(*zip(*points, strict=True), color="black", s=20)
    for k, point in enumerate(points, start=1):
        axes.text(*point, f" {k}", fontsize=7)
    axes.set_aspect("equal")
    axes.set_title(title)
    try:
        figure.savefig(path)
    except ValueError as error:
        raise InvalidProblem(f"{path} cannot be written as a picture ({error}); end its name in .png or .svg") from None
