"""Writers of certificates for claims about one layered problem (docs/certificate-format.md, "Layers")."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import flint

from ncproofs.arithmetic.enclosure import exact_bounds
from ncproofs.critical.layered_groups import Group, groups_of, strength_of
from ncproofs.critical.layered_modes import sigma_root
from ncproofs.critical.layered_optimum import layered_optimum
from ncproofs.critical.layered_points import critical_point, layered_spectrum
from ncproofs.critical.layered_relu import linear_part, rival, rival_factors
from ncproofs.errors import OutOfScope
from ncproofs.problems.layered import Layered
from ncproofs.proof.certificate import NoCertificate, layered_record, stated
from ncproofs.proof.constants import value_ball
from ncproofs.proof.discharge import Effort
from ncproofs.proof.layered_claims import (
    BenignLayeredLandscape,
    FiniteCriticalPoints,
    LayeredAttained,
    LayeredGeometry,
    LayeredInertia,
    LayeredKind,
    LayeredQuantity,
    LayeredSpectrum,
    LayeredValue,
    ReluFirstFeatures,
)
from ncproofs.proof.ridge_certificates import settled, shorter, table_of
from ncproofs.proof.written_losses import constant

__all__ = ["write"]

Pair = tuple[dict[str, Any], dict[str, Any]]
Draft = tuple[dict[str, Any], Iterator[dict[str, Any]]]

_BITS = (96, 160, 320, 640)
_SPREAD = "1/100000000000000000000"
_POINT_BITS = 96


def write(claim: Any, effort: Effort) -> Pair:
    """The statement and the witness of a claim about one layered problem.

    Raises:
        NoCertificate: no witness was found that the checker accepts.
    """
    return settled(_RULES, claim)


def _about(claim: Any, kind: str, problem: Layered | None = None, **parts: Any) -> dict[str, Any]:
    title = claim.sentence or f"{type(claim).__name__} at {claim.problem}"
    return stated(kind, title, problem=layered_record(problem or claim.problem), **parts)


def _ends(problem: Layered, group: Group, bits: int, *, upper: bool) -> list[str] | None:
    """Rationals around the root, or the root twice; None where the checker has a closed form or there is no root."""
    M = problem.factors
    if M == 2:
        return None
    with flint.ctx.workprec(bits + 32):
        power = strength_of(problem, group)
        if isinstance(power, Fraction):
            powers = [power]
        else:  # the checker knows it to about 2^-bits
            low, high = exact_bounds(power)
            powers = [low - low / 2 ** (bits - 7), high + high / 2 ** (bits - 7)]
        roots = [sigma_root(M, end, upper=upper) for end in powers]
    bounds = [end for root in roots if root is not None
              for end in ((root,) if isinstance(root, Fraction) else exact_bounds(root))]
    if len(bounds) < len(powers):
        return None
    if len(bounds) == 1:
        return [str(bounds[0]), str(bounds[0])]
    peak = Fraction(M - 2, 2 * M - 2)
    floor, ceiling = (peak, Fraction(1)) if upper else (Fraction(0), peak)
    return [str(max(floor, _short(min(bounds), bits, -1))), str(min(ceiling, _short(max(bounds), bits, 1)))]


def _short(value: Fraction, bits: int, side: int) -> Fraction:
    """A dyadic number beyond ``value`` with about so many bits behind the point."""
    steps = value * 2**bits
    whole = steps.numerator // steps.denominator
    return Fraction(whole + (1 if side > 0 else 0), 2**bits)


def _modes(problem: Layered, bits: int) -> list[Any]:
    linear = linear_part(problem)
    return [_ends(problem, group, bits, upper=True) if used else None
            for group, used in zip(_usable(linear), layered_optimum(linear, digits=6).details.used, strict=True)]


def _usable(problem: Layered) -> list[Group]:
    """The groups of directions that the checker knows as modes."""
    return [group for group in groups_of(problem) if group.share]


def _numbers(problem: Layered) -> Iterator[dict[str, Any]]:
    for bits in _BITS:
        yield {"bits": bits, "roots": _modes(problem, bits)}


def _value(claim: LayeredValue) -> Draft:
    problem = claim.problem
    better = rival(problem) if problem.relu and claim.relation in ("<", "<=") else None
    if better is not None:
        with flint.ctx.workprec(128):
            if better.value < value_ball(claim.value, 128):
                return _upper(claim)
    statement = _about(claim, "layered/optimum/1", quantity="objective", relation=claim.relation,
                       value=constant(claim.value))
    return statement, _numbers(problem)


def _upper(claim: LayeredValue) -> Draft:
    """An explicit point of the ReLU model below the value; n samples a class are one with n lambda_H."""
    problem = claim.problem
    if problem.n != 1:
        raise NoCertificate("the point is written out for one sample a class")
    better = rival(problem)
    assert better is not None  # the caller found it
    point = []
    for factor in rival_factors(problem, better, 2 * _POINT_BITS):
        middles = [sum(exact_bounds(entry)) / 2 for entry in factor.entries()]
        point.append({"s": _POINT_BITS, "m": [str(round(middle * 2**_POINT_BITS)) for middle in middles]})
    statement = _about(claim, "layered/upper/1", value=constant(claim.value))
    return statement, ({"bits": bits, "point": point} for bits in _BITS[1:])


def _quantity(claim: LayeredQuantity) -> Draft:
    statement = _about(claim, "layered/optimum/1", quantity=claim.quantity, relation=claim.relation,
                       value=constant(claim.value))
    return statement, _numbers(claim.problem)


def _geometry(claim: LayeredGeometry) -> Draft:
    return _about(claim, "layered/geometry/1", geometry=claim.geometry), iter([{}])


def _attained(claim: LayeredAttained) -> Draft:
    return _about(claim, "layered/attained/1", spread=_SPREAD), _numbers(claim.problem)


def _benign(claim: BenignLayeredLandscape) -> Draft:
    return _about(claim, "layered/benign/1"), iter([{}])


def _finite(claim: FiniteCriticalPoints) -> Draft:
    return _about(claim, "layered/finite/1"), iter([{}])


def _never(claim: ReluFirstFeatures) -> Draft:
    raise NoCertificate("the features of the ReLU model are never an orthogonal frame in every minimiser")


def _counted(claim: LayeredSpectrum | LayeredKind | LayeredInertia) -> tuple[Layered, Any, Any]:
    """The counts as the statement spells them: numbers, or lists when there are several groups."""
    problem = claim.problem
    plus, minus = (part if isinstance(part, int) else list(part)
                   for part in critical_point(problem, claim.plus, claim.minus, digits=6).counts)
    return problem, plus, minus


def _two_roots(problem: Layered, plus: Any, minus: Any, bits: int) -> list[Any]:
    """The ends of sigma_plus and sigma_minus of each group, None where it is not used."""
    found = []
    pairs = zip([plus] if isinstance(plus, int) else plus, [minus] if isinstance(minus, int) else minus, strict=True)
    for group, (upper, lower) in zip(_usable(problem), pairs, strict=True):
        found += [_ends(problem, group, bits, upper=True) if upper else None,
                  _ends(problem, group, bits, upper=False) if lower else None]
    return found


def _spectrum(claim: LayeredSpectrum) -> Draft:
    problem, plus, minus = _counted(claim)
    table = table_of(layered_spectrum(problem, plus, minus, digits=12))
    if critical_point(problem, plus, minus, digits=6).kind == "degenerate saddle":
        # At kappa_sn a zero eigenvalue does not come from symmetry: the checker sees an interval around it.
        table = [[f"-{_SPREAD}", _SPREAD, count] if low == high == "0" else [low, high, count]
                 for low, high, count in table]
    statement = _about(claim, "layered/spectrum/1", plus=plus, minus=minus, eigenvalues=table)
    return statement, ({"bits": bits, "roots": _two_roots(problem, plus, minus, bits)} for bits in _BITS)


def _kind(claim: LayeredKind) -> Draft:
    return _critical(claim, claim.kind)


def _inertia(claim: LayeredInertia) -> Draft:
    return _critical(claim, critical_point(claim.problem, claim.plus, claim.minus, digits=6).kind)


def _critical(claim: LayeredKind | LayeredInertia, nature: str) -> Draft:
    problem, plus, minus = _counted(claim)
    at = critical_point(problem, plus, minus, digits=12)
    if at.kind == "degenerate saddle":
        raise OutOfScope("at kappa = kappa_sn a zero eigenvalue does not come from symmetry")
    counts = at.negative, at.zero
    if isinstance(claim, LayeredInertia):
        counts = tuple(given if given is not None else found for given, found in zip(
            (claim.negative, claim.zero), counts, strict=True))  # type: ignore[assignment]
    ends = [entry.enclosure for entry in layered_spectrum(problem, plus, minus, digits=6)]
    sizes = [min(abs(end.lower), abs(end.upper)) for end in ends if not end.is_point or end.lower]
    lower, upper = at.value.lower, at.value.upper
    if lower == upper:
        lower, upper = lower - Fraction(1, 10**12), upper + Fraction(1, 10**12)
    statement = _about(claim, "layered/critical/1", plus=plus, minus=minus, negative=counts[0], zero=counts[1],
                       nature=nature, value=[str(_decimal(lower, -1)), str(_decimal(upper, 1))])
    gap = shorter(min(sizes) / 2)
    return statement, ({"bits": bits, "roots": _two_roots(problem, plus, minus, bits), "gap": gap,
                        "modes": _modes(problem, bits)} for bits in _BITS)


def _decimal(value: Fraction, side: int) -> Fraction:
    """Ten digits behind the point, outwards."""
    steps = value * 10**10
    return Fraction(steps.numerator // steps.denominator + (2 if side > 0 else -1), 10**10)


_RULES: dict[type[Any], Any] = {
    LayeredValue: _value,
    LayeredQuantity: _quantity,
    LayeredGeometry: _geometry,
    LayeredAttained: _attained,
    LayeredSpectrum: _spectrum,
    LayeredInertia: _inertia,
    LayeredKind: _kind,
    BenignLayeredLandscape: _benign,
    FiniteCriticalPoints: _finite,
    ReluFirstFeatures: _never,
}
