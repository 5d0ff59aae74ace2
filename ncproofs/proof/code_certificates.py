"""Writers of certificates for claims about spherical codes (docs/certificate-format.md)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import sympy
from flint import fmpq_poly, fmpz_mat

from ncproofs.arithmetic.exact import exact_number
from ncproofs.critical.code_bounds import fejes_toth
from ncproofs.critical.code_optimum import code_optimum
from ncproofs.critical.code_values import ExactValue, exact_value, sharp_certificate
from ncproofs.critical.delsarte import DelsarteCertificate, best_certificate
from ncproofs.problems.codes import Codes
from ncproofs.proof.certificate import NoCertificate
from ncproofs.proof.code_claims import CodeBracket, CodeMinimisesLoss, CodeValue
from ncproofs.proof.constants import as_expression
from ncproofs.proof.discharge import Effort
from ncproofs.proof.ridge_certificates import Draft, Pair, Rules, about, drafted, settled
from ncproofs.proof.written_losses import constant

__all__ = ["state", "write"]

_BITS = (128, 256, 512)
_STARTS = 24
_DIGITS = 12
_ICOSAHEDRON = (3, 12)


def state(claim: Any) -> dict[str, Any]:
    """The statement of a claim, without a witness.

    Raises:
        NoCertificate: the claim has no place in certificates.
    """
    return drafted(_RULES, claim)[0]


def write(claim: Any, effort: Effort) -> Pair:
    """The statement and the witness of a claim about spherical codes.

    Raises:
        NoCertificate: no witness was found that the checker accepts.
    """
    return settled(_RULES, claim)


def _value(claim: CodeValue) -> Draft:
    problem, known = claim.problem, exact_value(claim.problem)
    if known is None:
        raise NoCertificate(f"rho* is not known exactly for {problem}")
    turn = known.regime == "polygon" and 1 - as_expression(claim.value) == sympy.cos(2 * sympy.pi / problem.K)
    value: Any = ["-", "1", "turn"] if turn else constant(claim.value)
    return about(claim, "code/value/1", relation=claim.relation, value=value), _value_witnesses(known)


def _value_witnesses(known: ExactValue) -> Iterator[dict[str, Any]]:
    code, bound = None, None
    if known.certificate is not None:
        code, bound = _written_code(known.problem), _written_bound(known.certificate)
    return ({"bits": bits, "code": code, "bound": bound} for bits in _BITS)


def _number(value: fmpq_poly) -> Any:
    """An element of Q or of Q(1/sqrt 5), the field of the icosahedron."""
    root = 1 / sympy.sqrt(5)
    parts = (sympy.Rational(int(c.p), int(c.q)) * root**k for k, c in enumerate(value.coeffs()))
    return constant(sum(parts, sympy.Integer(0)))


def _written_bound(found: DelsarteCertificate) -> dict[str, Any]:
    return {"level": _number(found.c), "nodes": [_number(node) for node in found.nodes], "endpoint": found.endpoint}


def _written_code(problem: Codes) -> dict[str, Any]:
    """The points as integers, with the vectors orthogonal to all of them."""
    if (problem.d, problem.K) == _ICOSAHEDRON:  # (0, +-2, +-(1 + sqrt 5)) and its cyclic shifts
        rows: list[list[int]] = []
        surds: list[list[int]] = []
        for shift in range(3):
            for a in (2, -2):
                for b in (1, -1):
                    for kept, row in ((rows, [0, a, b]), (surds, [0, 0, b])):
                        kept.append(row[-shift:] + row[:-shift])
        return {"rows": rows, "surds": surds, "root": 5, "normals": []}
    found = sharp_certificate(problem.d, problem.K)
    assert found is not None
    kernel, dimension = fmpz_mat((found[1].T @ found[1]).tolist()).nullspace()
    columns = kernel.transpose().tolist()[:dimension]
    normals = [_primitive([int(x) for x in row]) for row in columns]
    return {"rows": found[1].tolist(), "surds": [], "root": 0, "normals": normals}


def _primitive(row: list[int]) -> list[int]:
    from math import gcd

    common = gcd(*row)
    return [x // common for x in row]


def _bracket(claim: CodeBracket) -> Draft:
    problem, unit = claim.problem, Fraction(1, 10**_DIGITS)
    found = code_optimum(problem, seed=0, starts=_STARTS)
    margin = found.quantities["margin"]
    lower = (margin.lower // unit - 1) * unit
    upper, bound, points = (margin.upper // unit + 2) * unit, None, None
    if found.regime in ("bounded", "sharp"):
        if not found.coordinates:
            raise NoCertificate(f"no points are shown for {problem}")
        upper, bound = min(_upper_bounds(problem, unit), key=lambda pair: pair[0])
        points = {"s": 0, "m": [str(int(word.replace(".", ""))) for row in found.coordinates for word in row]}
    statement = about(claim, "code/bracket/1", lower=str(lower), upper=str(upper))
    return statement, ({"bits": bits, "points": points, "bound": bound} for bits in _BITS)


def _upper_bounds(problem: Codes, unit: Fraction) -> Iterator[tuple[Fraction, Any]]:
    yield Fraction(1), None
    planar, known = fejes_toth(problem, 128), exact_value(problem)
    if planar is not None:
        yield (planar.value.upper // unit + 2) * unit, "planar"
    found = known.certificate if known is not None else best_certificate(problem.d, problem.K)
    if found is not None and found.c.degree() < 1:
        level = Fraction(int(found.c[0].p), int(found.c[0].q))
        yield 1 - level, _written_bound(found)


def _minimises(claim: CodeMinimisesLoss) -> Draft:
    return about(claim, "code/minimises/1", tau=str(exact_number(claim.tau, "tau"))), iter([{}])


_RULES: Rules = {
    CodeBracket: _bracket,
    CodeMinimisesLoss: _minimises,
    CodeValue: _value,
}
