"""An optimum and its spectrum as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ncproofs.arithmetic.enclosure import Enclosure
    from ncproofs.critical.spectrum import SpectrumEntry
    from ncproofs.problems.layered import Layered
    from ncproofs.problems.multilabel import Problem, WeightDecay

__all__ = ["optimum_lines", "optimum_record", "spelled"]


def spelled(problem: Problem | Layered) -> dict[str, str]:
    """The problem as exact strings, under the names of the command line."""
    from ncproofs.problems.features import Spheres
    from ncproofs.problems.layered import Layered

    if isinstance(problem, Layered):
        return {"family": "layered", **problem.parameters}
    from ncproofs.problems.multilabel import MultiLabel

    if isinstance(problem, MultiLabel):
        sizes = {name: str(getattr(problem, name)) for name in ("loss", "K", "d")}
        return {"family": "multilabel", **sizes, **problem.spelling, **_decay(problem)}
    common = {name: str(getattr(problem, name)) for name in ("loss", "K", "d", "n")}
    if isinstance(problem, Spheres):
        return {"family": "sphere", **common, "tau": str(problem.tau)}
    return {"family": "ridge", **common, **_decay(problem)}


def _decay(problem: WeightDecay) -> dict[str, str]:
    bias = "none" if problem.lambda_b is None else str(problem.lambda_b)
    return {"lambda_W": str(problem.lambda_W), "lambda_H": str(problem.lambda_H), "lambda_b": bias}


def optimum_record(
    parameters: Mapping[str, Any], found: Any, digits: int, spectrum: Sequence[SpectrumEntry] | None
) -> dict[str, Any]:
    """One object, schema 1; bounds are decimal strings rounded outwards."""
    record: dict[str, Any] = {
        "schema": 1,
        "problem": dict(parameters),
        "truth": str(found.truth),
        "rigor": str(found.rigor),
        "regime": found.regime,
        "geometry": found.geometry,
        "quantities": {name: value.as_json(digits) for name, value in found.quantities.items()},
        "holes": list(found.holes),
        "axioms": list(found.axioms),
        "because": found.because,
        "notes": list(found.notes),
    }
    if spectrum is not None:
        record["spectrum"] = [_entry(entry, digits) for entry in spectrum]
    return record


def _entry(entry: SpectrumEntry, digits: int) -> dict[str, Any]:
    lower, upper = entry.enclosure.decimals(digits)
    return {"lower": lower, "upper": upper, "multiplicity": int(entry.multiplicity), "sector": entry.sector}


def optimum_lines(
    found: Any, problem: object, digits: int, spectrum: Sequence[SpectrumEntry] | None
) -> list[str]:
    """For people: the answer, each quantity, the spectrum with multiplicities, what it rests on."""
    lines = [
        f"{problem}",
        f"{found.truth}  {found.rigor}  regime: {found.regime}  geometry: {found.geometry}",
        "",
    ]
    width = max((len(name) for name in found.quantities), default=0)
    lines += [f"  {name.ljust(width)}  {_value(value, digits)}" for name, value in found.quantities.items()]
    if spectrum is not None:
        lines += ["", "  Hessian there: multiplicity, eigenvalue, sector"]
        lines += [
            f"  {str(entry.multiplicity).rjust(8)}  {_value(entry.enclosure, digits)}  {entry.sector}"
            for entry in spectrum
        ]
        lines.append(f"  {str(sum(entry.multiplicity for entry in spectrum)).rjust(8)}  in all")
    lines += ["", f"because {found.because}"]
    lines += [f"note: {note}" for note in found.notes]
    if found.axioms:
        lines.append(f"classical results used as axioms: {'; '.join(found.axioms)}")
    return [*lines, *(f"hole, checked by nobody: {hole}" for hole in found.holes)]


def _value(value: Enclosure, digits: int) -> str:
    lower, upper = value.decimals(digits)
    return f"{lower} (exactly)" if value.is_point and lower == upper else f"[{lower}, {upper}]"
