"""Writers of certificates for claims about one problem with label sets (docs/certificate-format.md)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import flint
from flint import arb, arb_mat

from ncproofs.arithmetic.enclosure import exact_bounds
from ncproofs.arithmetic.exact import exact_number
from ncproofs.critical.multilabel import is_trivial
from ncproofs.critical.multilabel_dual import Bounds, certified_bounds
from ncproofs.critical.multilabel_scale import gap_at, proper, scalar_system
from ncproofs.critical.multilabel_spectrum import multilabel_spectrum
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.spectrum import SpectrumEntry
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.certificate import NoCertificate
from ncproofs.proof.discharge import Effort
from ncproofs.proof.multilabel_claims import (
    BenignLabelLandscape,
    DualGap,
    LabelGeometry,
    LabelNullity,
    LabelOriginCurvature,
    LabelQuantity,
    LabelSpectrum,
    LabelStationary,
    LabelValue,
    ScalarRoot,
)
from ncproofs.proof.ridge_certificates import Draft, Pair, Rules, about, drafted, settled, shorter, table_of
from ncproofs.proof.written_losses import constant

__all__ = ["state", "write"]

_BITS = (96, 160, 320, 640)
_DIGITS = (12, 40)


def state(claim: Any) -> dict[str, Any]:
    """The statement of a claim, without a witness.

    Raises:
        NoCertificate: the claim has no place in certificates.
    """
    return drafted(_RULES, claim)[0]


def write(claim: Any, effort: Effort) -> Pair:
    """The statement and the witness of a claim about one problem with label sets.

    Raises:
        NoCertificate: no witness was found that the checker accepts.
    """
    return settled(_RULES, claim)


def _plain(kind: str) -> Any:
    """A rule for claims that say nothing more than the problem and need no witness."""
    return lambda claim: (about(claim, kind), iter([{}]))


def _geometry(claim: LabelGeometry) -> Draft:
    return about(claim, "label/geometry/1", geometry=claim.geometry), iter([{}])


def _value(claim: LabelValue) -> Draft:
    statement = about(claim, "label/optimum/1", quantity="objective", relation=claim.relation,
                      value=constant(claim.value))
    return statement, _systems(claim.problem, closed=True)


def _quantity(claim: LabelQuantity) -> Draft:
    statement = about(claim, "label/optimum/1", quantity=claim.quantity, relation=claim.relation,
                      value=constant(claim.value))
    return statement, _systems(claim.problem, closed=True)


def _origin(claim: LabelOriginCurvature) -> Draft:
    statement = about(claim, "label/origin-curvature/1", relation=claim.relation, value=constant(claim.value))
    return statement, ({"bits": bits} for bits in _BITS)


def _stationary(claim: LabelStationary) -> Draft:
    if claim.energy is not None or claim.scales is not None:
        raise NoCertificate("there is no kind for other numbers than those of the scalar system")
    return about(claim, "label/stationary/1"), _systems(claim.problem)


def _spectrum(claim: LabelSpectrum) -> Draft:
    table = table_of(multilabel_spectrum(claim.problem, digits=12))
    return about(claim, "label/spectrum/1", eigenvalues=table), _systems(claim.problem)


def _nullity(claim: LabelNullity) -> Draft:
    entries: tuple[SpectrumEntry, ...] = multilabel_spectrum(claim.problem, digits=12)
    least = min((entry.enclosure.lower for entry in entries if entry.enclosure.lower > 0), default=Fraction(1))
    return about(claim, "label/nullity/1", zero=claim.nullity), _systems(claim.problem, gap=shorter(least / 2))


def _systems(problem: MultiLabel, *, closed: bool = False, **more: Any) -> Iterator[dict[str, Any]]:
    """The root of the scalar system between rationals; none where it is 0, or where a closed form will do."""
    for bits in _BITS:
        if is_trivial(problem) or (closed and len(proper(problem)) == 1):
            yield {"bits": bits, "y": None, "gaps": None, **more}
        else:
            yield {"bits": bits, **_enclosed(problem, bits), **more}


def _enclosed(problem: MultiLabel, bits: int) -> dict[str, Any]:
    """y to half of the bits, so that the signs at its ends are clear, and the gaps at both ends to nearly all."""
    with flint.ctx.workprec(2 * bits):
        y, step = to_ball(scalar_system(problem, 2 * bits).y), arb(2) ** (-bits // 2)
        ends = [_rounded(exact_bounds((y * (1 - step)).mid())[0], bits, -1),
                _rounded(exact_bounds((y * (1 + step)).mid())[1], bits, 1)]
        rows = []
        for part in proper(problem):
            row: list[str] = []
            for end in ends:
                low, high = exact_bounds(gap_at(part, problem.K, to_ball(end), 2 * bits))
                slack = Fraction(1, 2 ** (bits - 16)) * (1 + high)
                row += [str(_rounded(max(low - slack, Fraction(0)), bits, -1)), str(_rounded(high + slack, bits, 1))]
            rows.append(row)
    return {"y": [str(end) for end in ends], "gaps": rows}


def _rounded(value: Fraction, bits: int, side: int) -> Fraction:
    """A dyadic number with about so many significant bits, beyond ``value`` on this side."""
    if not value:
        return value
    shift = bits - (value.numerator.bit_length() - value.denominator.bit_length())
    scale = Fraction(2) ** shift
    whole = value * scale
    return (whole.numerator // whole.denominator if side < 0 else -(-whole.numerator // whole.denominator)) / scale


def _gap(claim: DualGap) -> Draft:
    problem, gap = claim.problem, exact_number(claim.gap, "gap")
    unit = Fraction(shorter(gap / 1000))
    for digits in _DIGITS:
        bounds = certified_bounds(problem, digits)
        if bounds.gap < gap / 2:
            break
    lower, upper = (bounds.lower // unit - 1) * unit, (bounds.upper // unit + 2) * unit
    statement = about(claim, "label/minimum/1", lower=str(lower), upper=str(upper), gap=str(gap))
    return statement, (_bound_witness(problem, bounds, bits) for bits in _BITS[1:])


def _bound_witness(problem: MultiLabel, bounds: Bounds, bits: int) -> dict[str, Any]:
    W, h, b = (_vector(part, bits) for part in bounds.point)
    columns = [[str(entry) for entry in column] for column in bounds.dual.columns]
    point = {"W": W, "H": h, "b": b if problem.has_bias else None}
    return {"bits": bits, "columns": columns, "point": point}


def _vector(part: arb_mat, bits: int) -> dict[str, Any]:
    middles = [exact_bounds(entry.mid())[0] for entry in part.entries()]
    return {"s": bits, "m": [str(round(entry * 2**bits)) for entry in middles]}


_RULES: Rules = {
    BenignLabelLandscape: _plain("label/benign/1"),
    DualGap: _gap,
    LabelGeometry: _geometry,
    LabelNullity: _nullity,
    LabelOriginCurvature: _origin,
    LabelQuantity: _quantity,
    LabelSpectrum: _spectrum,
    LabelStationary: _stationary,
    LabelValue: _value,
    ScalarRoot: _plain("label/root/1"),
}
