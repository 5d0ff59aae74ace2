"""Writers of certificates for claims about one problem on products of spheres (docs/certificate-format.md)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Any

from ncproofs.calculus.sphere_objective import sphere_value
from ncproofs.critical.profiles import is_mean_squared, profile_of
from ncproofs.critical.sphere_families import direct_sum, direct_sum_sizes
from ncproofs.critical.sphere_points import is_projected, named_point
from ncproofs.critical.sphere_spectrum import sphere_spectrum
from ncproofs.problems.features import Spheres
from ncproofs.proof.certificate import NoCertificate, problem_record
from ncproofs.proof.checker_arithmetic import Budget, Intervals, Rejected
from ncproofs.proof.checker_spheres import Spheres as WrittenSpheres
from ncproofs.proof.checker_spheres import contact_holds
from ncproofs.proof.critical_certificates import critical_point_certificate, rival_point
from ncproofs.proof.discharge import Effort
from ncproofs.proof.ridge_certificates import Draft, Pair, Rules, about, drafted, settled, shorter, table_of
from ncproofs.proof.sphere_claims import (
    ContactInequality,
    DualCertificate,
    MultiplierBalance,
    SphereGeometry,
    SphereInertia,
    SphereQuantity,
    SphereSpectrum,
    SphereValue,
)
from ncproofs.proof.sphere_landscape import (
    BenignSphereLandscape,
    NoSpuriousSphereMinima,
    SpuriousSphereMinimum,
    claimed_place,
)
from ncproofs.proof.written_losses import constant

__all__ = ["state", "write"]

_BITS = (64, 96, 160, 320, 640)
_PIECES = 2000


def state(claim: Any) -> dict[str, Any]:
    """The statement of a claim, without a witness.

    Raises:
        NoCertificate: the claim has no place in certificates.
    """
    return drafted(_RULES, claim)[0]


def write(claim: Any, effort: Effort) -> Pair:
    """The statement and the witness of a claim about one problem on spheres.

    Raises:
        NoCertificate: no witness was found that the checker accepts.
    """
    return settled(_RULES, claim)


def _searched(problem: Spheres, **more: Any) -> Iterator[dict[str, Any]]:
    for bits in _BITS:
        yield {"bits": bits, "points": _points(problem, bits), **more}


def _points(problem: Spheres, bits: int) -> list[str] | None:
    """Pieces of |r| <= 2(K-1)/K on which the checker settles inequality (J); None where it is not needed."""
    if is_mean_squared(problem.loss) or is_projected(problem.loss) or profile_of(problem.loss).kind == "linear":
        return None
    return contact_points(problem, bits)


def contact_points(problem: Spheres, bits: int) -> list[str]:
    """Ends of pieces, halved until the checker settles each; 1 lies inside one of them."""
    reach = Fraction(2 * (problem.K - 1), problem.K)
    record, ladder = WrittenSpheres(problem_record(problem)), Intervals(bits, Budget(10**9))
    stack, points = [(-reach, reach)], [-reach]
    while stack:
        low, high = stack.pop()
        if high - low <= 1 and _is_settled(record, ladder, low, high, reach):
            points.append(high)
            continue
        if len(points) > _PIECES or high - low < Fraction(1, 2**40):
            raise NoCertificate("inequality (J) takes too many pieces")
        middle = low + (high - low) * Fraction(17, 36)
        middle = Fraction(round(middle * 2**20), 2**20) if high - low > Fraction(1, 2**15) else middle
        stack += [(middle, high), (low, middle)]
    return list(map(str, points))


def _is_settled(record: WrittenSpheres, balls: Intervals, low: Fraction, high: Fraction, reach: Fraction) -> bool:
    try:
        contact_holds(record, balls, [str(end) for end in (low, high)], complete=False)
    except Rejected:
        return False
    return True


def _value(claim: SphereValue) -> Draft:
    statement = about(claim, "sphere/optimum/1", point="minimum", quantity="objective", relation=claim.relation,
                      value=constant(claim.value))
    return statement, _searched(claim.problem)


def _quantity(claim: SphereQuantity) -> Draft:
    if claim.quantity == "condition_number":
        return _conditioning(claim)
    point = "minimum" if claim.point == "etf" else claim.point
    statement = about(claim, "sphere/optimum/1", point=point, quantity=claim.quantity, relation=claim.relation,
                      value=constant(claim.value))
    return statement, _searched(claim.problem)


def _conditioning(claim: SphereQuantity) -> Draft:
    if claim.point != "etf":
        raise NoCertificate("the condition number is certified at the optimum only")
    value = constant(claim.value)
    if not isinstance(value, str):
        raise NoCertificate("the condition number is compared with rationals only")
    rows = [row for row in sphere_spectrum(claim.problem, digits=30) if row.enclosure.lower > 0]
    least, most = rows[0].enclosure, rows[-1].enclosure
    if claim.relation in (">", ">="):
        ends = [least.upper * (1 + Fraction(1, 10**20)), most.lower * (1 - Fraction(1, 10**20))]
    else:
        ends = [least.lower * (1 - Fraction(1, 10**20)), most.upper * (1 + Fraction(1, 10**20))]
    short = [str(Fraction(round(end * 10**40), 10**40)) for end in ends]
    statement = about(claim, "sphere/conditioning/1", relation=claim.relation, value=value)
    gap = shorter(least.lower / 2)
    return statement, _searched(claim.problem, gap=gap, ends=short)


def _geometry(claim: SphereGeometry) -> Draft:
    return about(claim, "sphere/geometry/1", geometry=claim.geometry), _searched(claim.problem)


def _inertia(claim: SphereInertia) -> Draft:
    entries = sphere_spectrum(claim.problem, point=claim.point, digits=10)
    ends = [(entry.enclosure.lower, entry.enclosure.upper, entry.multiplicity) for entry in entries]
    zero = sum(n for low, high, n in ends if low == high == 0) if claim.zero is None else claim.zero
    negative = sum(n for _, high, n in ends if high < 0) if claim.negative is None else claim.negative
    gap = shorter(min(max(low, -high) for low, high, _ in ends if low > 0 or high < 0) / 2)
    statement = about(claim, "sphere/inertia/1", point=claim.point, negative=negative, zero=zero)
    return statement, _plain(gap=gap)


def _plain(**more: Any) -> Iterator[dict[str, Any]]:
    for bits in _BITS:
        yield {"bits": bits, "points": None, **more}


def _spectrum(claim: SphereSpectrum) -> Draft:
    table = table_of(sphere_spectrum(claim.problem, point=claim.point, digits=12))
    return about(claim, "sphere/spectrum/1", point=claim.point, eigenvalues=table), _plain()


def _dual(claim: DualCertificate) -> Draft:
    entries = sphere_spectrum(claim.problem, point=claim.point, digits=10)
    sizes = [entry.enclosure.lower for entry in entries if entry.enclosure.lower > 0]
    gaps = [shorter(value / 1000) for value in sizes[:1]] or ["1"]
    return about(claim, "sphere/dual/1", point=claim.point), _plain(gap=gaps[0])


def _contact(claim: ContactInequality) -> Draft:
    witnesses = ({"bits": bits, "points": contact_points(claim.problem, bits)} for bits in _BITS)
    return about(claim, "sphere/contact/1"), witnesses


def _balance(claim: MultiplierBalance) -> Draft:
    return about(claim, "sphere/balance/1", point=claim.point), iter([{}])


def _benign(claim: BenignSphereLandscape | NoSpuriousSphereMinima) -> Draft:
    return about(claim, "sphere/benign/1"), iter([{}])


def _spurious(claim: SpuriousSphereMinimum) -> Draft:
    """A critical point of index 0 whose zeros are its orbit's, above a named point."""
    W, H, where = claimed_place(claim)
    title = claim.sentence or f"spurious minimum, {where}: {claim.problem}"
    statement, witness = critical_point_certificate(claim.problem, W, H, rival=_rival(claim.problem), title=title)
    if statement["negative"]:
        raise NoCertificate(f"the certified point has index {statement['negative']}")
    return statement, iter([witness])


def _rival(problem: Spheres) -> dict[str, Any]:
    """The lowest of neural collapse, the orthonormal frame and direct sums of simplices, where they have room."""
    points = [named_point(problem, name, 64) for name, needed in (("etf", problem.K - 1), ("frame", problem.K))
              if problem.d >= needed]
    if not points:
        sums = (direct_sum(problem, sizes, 64) for sizes in islice(direct_sum_sizes(problem.K, problem.d), 40))
        points = [(point.W, point.H) for point in sums]
    if not points:
        raise NoCertificate("no point to compare with is known")
    W, H = min(points, key=lambda point: float(sphere_value(problem, point[0], point[1], 64).mid()))
    return rival_point(problem, _floats(W), _floats(H))


def _floats(matrix: Any) -> list[list[float]]:
    return [[float(entry.mid()) for entry in row] for row in matrix.tolist()]


_RULES: Rules = {
    BenignSphereLandscape: _benign,
    ContactInequality: _contact,
    DualCertificate: _dual,
    MultiplierBalance: _balance,
    NoSpuriousSphereMinima: _benign,
    SphereGeometry: _geometry,
    SphereInertia: _inertia,
    SphereQuantity: _quantity,
    SphereSpectrum: _spectrum,
    SphereValue: _value,
    SpuriousSphereMinimum: _spurious,
}
