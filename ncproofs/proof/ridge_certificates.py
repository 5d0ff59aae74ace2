"""Writers of certificates for claims about one weight-decay problem (docs/certificate-format.md, "Instances").

The statement is the claim; the witness is found with the prover's own optimum and with the checker's intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from ncproofs.critical.optimum import optimum
from ncproofs.critical.spectrum import SpectrumEntry, family_spectrum, spectrum
from ncproofs.errors import NcproofsError
from ncproofs.problems.features import Ridge
from ncproofs.proof.certificate import NoCertificate, problem_record, stated
from ncproofs.proof.certificate_spelling import Unspeakable
from ncproofs.proof.checker import decided_by
from ncproofs.proof.checker_arithmetic import Budget, Limit, Rejected
from ncproofs.proof.claims import (
    BenignLandscape,
    Claim,
    CollapsedOptimum,
    CriticalValue,
    Curvature,
    NullityAtOptimum,
    OptimalValue,
    OptimumIs,
    ScaleEquation,
    SpectrumAtOptimum,
    UniqueArgmin,
)
from ncproofs.proof.constants import as_expression
from ncproofs.proof.discharge import Effort
from ncproofs.proof.reduced_certificates import bracket, collapsed_margin, search
from ncproofs.proof.written_losses import constant
from ncproofs.truth import Truth

__all__ = ["about", "drafted", "first_accepted", "settled", "shorter", "state", "table_of", "write"]

Pair = tuple[dict[str, Any], dict[str, Any]]
Draft = tuple[dict[str, Any], Iterator[dict[str, Any]]]
Rules = dict[type[Any], Callable[[Any], Draft]]

_BITS = (64, 96, 160, 320)
_STEPS = 10**7


def state(claim: Any) -> dict[str, Any]:
    """The statement of a claim, without a witness.

    Raises:
        NoCertificate: the claim has no place in certificates.
    """
    return drafted(_RULES, claim)[0]


def write(claim: Any, effort: Effort) -> Pair:
    """The statement and the witness of a claim about one weight-decay problem.

    Raises:
        NoCertificate: no witness was found that the checker accepts.
    """
    return settled(_RULES, claim)


def settled(rules: Rules, claim: Any) -> Pair:
    """What the rule for the type of ``claim`` writes, with the first witness that the checker accepts.

    Raises:
        NoCertificate: there is no rule, or no such witness.
    """
    statement, witnesses = drafted(rules, claim)
    try:
        return statement, first_accepted(statement, witnesses)
    except (NcproofsError, Unspeakable) as error:  # the witnesses are found one by one
        raise NoCertificate(str(error)) from None


def drafted(rules: Rules, claim: Any) -> Draft:
    """The statement of a claim, and the witnesses to try.

    Raises:
        NoCertificate: there is no rule, or the prover has no answer.
    """
    rule = rules.get(type(claim))
    if rule is None:
        raise NoCertificate(f"there is no writer for {type(claim).__name__}")
    try:
        return rule(claim)
    except (NcproofsError, Unspeakable) as error:
        raise NoCertificate(str(error)) from None


def first_accepted(statement: dict[str, Any], witnesses: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """The first witness that the checker accepts for ``statement``."""
    keys, decide = decided_by(statement["kind"])
    reason = "no witness is known"
    for witness in witnesses:
        try:
            decide([statement[key] for key in keys], witness, Budget(_STEPS))
            return witness
        except Limit as error:  # more bits would take longer still
            raise NoCertificate(f"{statement['kind']}: {error}") from None
        except Rejected as error:
            reason = str(error)
    raise NoCertificate(f"{statement['kind']}: {reason}")


def _title(claim: Claim) -> str:
    return claim.sentence or f"{type(claim).__name__} at {getattr(claim, 'problem', '')}"


def about(claim: Any, kind: str, **parts: Any) -> dict[str, Any]:
    return stated(kind, _title(claim), problem=problem_record(claim.problem), **parts)


def _searched(problem: Ridge, **more: Any) -> Iterator[dict[str, Any]]:
    for bits in _BITS:
        yield {"bits": bits, "search": search(problem, bits), **more}


def _optimal_value(claim: OptimalValue) -> Draft:
    statement = about(claim, "ridge/optimum/1", quantity="objective", relation=claim.relation,
                       value=constant(claim.value))
    return statement, _searched(claim.problem)


def _optimum_is(claim: OptimumIs) -> Draft:
    statement = about(claim, "ridge/optimum/1", quantity=claim.quantity, relation="==", value=constant(claim.value))
    return statement, _searched(claim.problem)


def _geometry(claim: CollapsedOptimum) -> Draft:
    found = optimum(claim.problem, digits=6)
    if found.truth is not Truth.HOLDS or found.geometry != claim.geometry:
        raise NoCertificate(f"not the geometry of the minimisers: {found.because}")
    return about(claim, "ridge/geometry/1", geometry=claim.geometry), _searched(claim.problem)


def _scale(claim: ScaleEquation) -> Draft:
    ratio = None if claim.scale is None else constant(claim.scale)
    statement = about(claim, "ridge/scale/1", slope=constant(claim.slope), scale=ratio)
    return statement, ({"bits": bits, "search": None, "root": bracket(collapsed_margin(claim.problem))}
                       for bits in _BITS[1:])


def _argmin(claim: UniqueArgmin) -> Draft:
    import sympy

    if claim.c is None:
        raise NoCertificate("uniqueness for every c > 0 has a certificate only for one c")
    squared = sympy.expand(as_expression(claim.c) ** 2)
    if not squared.is_Rational:
        raise NoCertificate(f"c={claim.c} is not the square root of a rational")
    problem = Ridge(claim.loss, claim.K, max(claim.K - 1, 1), 1, Fraction(squared.p, squared.q), Fraction(1))
    record = problem_record(problem)
    statement = stated("ridge/argmin/1", _title(claim), loss=record["loss"], parameter=record["parameter"], K=claim.K,
                       c=constant(claim.c))
    return statement, _searched(problem)


def _nullity(claim: NullityAtOptimum) -> Draft:
    return _inertia_of(claim, "minimum", spectrum(claim.problem, digits=10), claim.nullity)


def _stability(claim: CriticalValue) -> Draft:
    entries = family_spectrum(claim.problem, claim.family, digits=10)
    return _inertia_of(claim, claim.family, entries, None)


def _inertia_of(
    claim: Any, point: str, entries: tuple[SpectrumEntry, ...], zero: int | None
) -> Draft:
    signs = [(entry.enclosure.lower, entry.enclosure.upper, entry.multiplicity) for entry in entries]
    found = sum(count for low, high, count in signs if low == high == 0)
    gap = min(max(low, -high) for low, high, _ in signs if low > 0 or high < 0) / 2
    statement = about(claim, "ridge/inertia/1", point=point, negative=sum(n for _, high, n in signs if high < 0),
                       zero=found if zero is None else zero)
    return statement, _at_point(claim.problem, point, gap=shorter(gap))


def _spectrum(claim: SpectrumAtOptimum) -> Draft:
    table = table_of(spectrum(claim.problem, digits=12))
    statement = about(claim, "ridge/spectrum/1", point="minimum", eigenvalues=table)
    return statement, _at_point(claim.problem, "minimum")


def _at_point(problem: Ridge, point: str, **more: Any) -> Iterator[dict[str, Any]]:
    root = bracket(collapsed_margin(problem)) if point == "collapse" else None
    for bits in _BITS:
        yield {"bits": bits, "search": search(problem, bits) if point == "minimum" else None, "root": root, **more}


def shorter(value: Fraction) -> str:
    """A rational near ``value`` > 0, at most that, with few digits."""
    digits = 0
    while value * 10**digits < 100:
        digits += 1
    return str(Fraction(value.numerator * 10**digits // value.denominator, 10**digits))


def table_of(entries: tuple[SpectrumEntry, ...], digits: int = 9) -> list[list[Any]]:
    """Rows [lower, upper, multiplicity], rounded outwards to so many digits; rows that touch are joined."""
    rows: list[tuple[Fraction, Fraction, int]] = []
    for entry in entries:
        low, high = _rounded(entry.enclosure.lower, digits, -1), _rounded(entry.enclosure.upper, digits, 1)
        if rows and low <= rows[-1][1]:
            before = rows.pop()
            low, high = before[0], max(high, before[1])
            rows.append((low, high, before[2] + entry.multiplicity))
        else:
            rows.append((low, high, entry.multiplicity))
    return [[str(low), str(high), count] for low, high, count in rows]


def _rounded(value: Fraction, digits: int, side: int) -> Fraction:
    """At least one unit of the last of so many significant digits beyond ``value``; zero stays zero."""
    if not value:
        return value
    power = 0
    while abs(value) * Fraction(10) ** power < 10**digits:
        power += 1
    while abs(value) * Fraction(10) ** power >= 10 ** (digits + 1):
        power -= 1
    unit = Fraction(10) ** -power
    steps = value / unit
    whole = steps.numerator // steps.denominator
    return (whole + 2 if side > 0 else whole - 1) * unit


def _curvature(claim: Curvature) -> Draft:
    statement = about(claim, "ridge/origin-curvature/1", value=constant(claim.value))
    return statement, ({"bits": bits, "search": None} for bits in _BITS[1:2])


def _benign(claim: BenignLandscape) -> Draft:
    return about(claim, "ridge/benign/1"), iter([{}])


_RULES: Rules = {
    OptimalValue: _optimal_value,
    OptimumIs: _optimum_is,
    CollapsedOptimum: _geometry,
    ScaleEquation: _scale,
    UniqueArgmin: _argmin,
    NullityAtOptimum: _nullity,
    SpectrumAtOptimum: _spectrum,
    Curvature: _curvature,
    CriticalValue: _stability,
    BenignLandscape: _benign,
}
