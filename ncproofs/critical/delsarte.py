r"""Linear programming bounds for spherical codes, with exact certificates.

Let G_k be the Gegenbauer polynomials of R^d with G_k(1) = 1, and f = sum f_k G_k with f_0 > 0 and every f_k >= 0. For
unit vectors x_1, ..., x_K the sum of G_k(<x_i, x_j>) over all i, j is >= 0 (Schoenberg), so

    K f(1) + sum_{i != j} f(<x_i, x_j>) >= K^2 f_0.

If f <= 0 on [-1, c], a code with all inner products <= c has K <= f(1)/f_0. Here f = (t - c) (t + 1)^e prod (t - a_i)^2
with e = 0 or 1, which is <= 0 on [-1, c] by its form. So f(1) < K f_0 proves that K points have c(W) > c.

At equality f(1) = K f_0, all inner products <= c would be zeros of f. If none were c itself they would be zeros of
h = f/(t - c); when h_k = 0 wherever f_k = 0, the moments that vanish give h(1) = K h_0. So h(1) != K h_0 proves that
K points have c(W) >= c, with equality for a code whose largest inner product is c.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import fmpq_poly

from ncproofs.arithmetic.number_field import RATIONALS, NumberField
from ncproofs.errors import InvalidProblem

__all__ = ["DelsarteCertificate", "best_certificate", "check", "expansion"]

Polynomial = list[fmpq_poly]  # coefficients in t, constant first, each an element of the field

_GRID = 2**44
_MOST_NODES = 12


@dataclass(frozen=True, eq=False)
class DelsarteCertificate:
    """f = (t - c) (t + 1)^``endpoint`` prod (t - a)^2 over ``nodes``, for points on the sphere of R^d.

    ``coefficients`` are its Gegenbauer coefficients f_0, f_1, ...; ``ratio`` is f(1)/f_0, all elements of ``field``.
    """

    d: int
    K: int
    c: fmpq_poly
    nodes: tuple[fmpq_poly, ...]
    endpoint: int
    coefficients: tuple[fmpq_poly, ...]
    ratio: fmpq_poly
    strict: bool
    field: NumberField

    def fractions(self) -> list[Fraction] | None:
        """The Gegenbauer coefficients as fractions when they are rational."""
        if any(value.degree() > 0 for value in self.coefficients):
            return None
        return [Fraction(int(v[0].p), int(v[0].q)) if len(v) else Fraction(0) for v in self.coefficients]


def _times(field: NumberField, left: Polynomial, right: Polynomial) -> Polynomial:
    result = [fmpq_poly()] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            result[i + j] = result[i + j] + field.product(a, b)
    return result


def _shifted(field: NumberField, root: fmpq_poly) -> Polynomial:
    return [-root, field.element(1)]


def expansion(field: NumberField, polynomial: Polynomial, d: int) -> list[fmpq_poly]:
    """Coefficients on the Gegenbauer polynomials of R^d normalised to 1 at t = 1.

    (k + d - 2) G_{k+1} = (2k + d - 2) t G_k - k G_{k-1}, G_0 = 1, G_1 = t: for d = 2 Chebyshev, for d = 3 Legendre.

    Raises:
        InvalidProblem: d < 2.
    """
    if d < 2:
        raise InvalidProblem(f"d={d} given, but Gegenbauer polynomials need d >= 2")
    degree = len(polynomial) - 1
    basis: list[list[Fraction]] = [[Fraction(1)], [Fraction(0), Fraction(1)]]
    for k in range(1, degree):
        lifted = [Fraction(2 * k + d - 2) * x for x in [Fraction(0), *basis[k]]]
        for power, x in enumerate(basis[k - 1]):
            lifted[power] -= k * x
        basis.append([x / (k + d - 2) for x in lifted])
    rest = list(polynomial)
    found = [fmpq_poly()] * (degree + 1)
    for k in range(degree, -1, -1):
        found[k] = field.product(rest[k], field.element(1 / basis[k][k]))
        rest = [x - field.product(found[k], field.element(basis[k][p])) if p <= k else x for p, x in enumerate(rest)]
    return found


def _value_at_one(field: NumberField, polynomial: Polynomial) -> fmpq_poly:
    return sum(polynomial, fmpq_poly()) % field.modulus


def check(
    d: int, K: int, c: Any, nodes: Sequence[Any], *, endpoint: int, field: NumberField = RATIONALS
) -> DelsarteCertificate | None:
    """The certificate that K unit vectors of R^d have c(W) > c (``strict``) or c(W) >= c; None when it proves neither.

    ``c`` and ``nodes`` are elements of ``field``, fractions or integers, with c < 1.

    Raises:
        InvalidProblem: ``endpoint`` other than 0 or 1, or d < 2.
    """
    if endpoint not in (0, 1):
        raise InvalidProblem(f"endpoint={endpoint} given; write 0 or 1, the power of t + 1")
    c, nodes = field.element(c), tuple(field.element(node) for node in nodes)
    one = field.element(1)
    if field.sign(one - c) <= 0:
        return None
    h: Polynomial = [one]
    for root in [*([-one] * endpoint), *nodes, *nodes]:
        h = _times(field, h, _shifted(field, root))
    f = _times(field, _shifted(field, c), h)
    found = expansion(field, f, d)
    signs = [field.sign(value) for value in found]
    if signs[0] <= 0 or min(signs) < 0:
        return None
    ratio = field.product(_value_at_one(field, f), field.inverse(found[0]))
    order = field.sign(ratio - field.element(K))
    if order > 0 or (order == 0 and not _tight(field, h, signs, d, K)):
        return None
    return DelsarteCertificate(d, K, c, nodes, endpoint, tuple(found), ratio, order < 0, field)


def _tight(field: NumberField, h: Polynomial, signs: list[int], d: int, K: int) -> bool:
    """h_k = 0 wherever f_k = 0, and h(1) != K h_0: then some inner product is c."""
    moments = expansion(field, h, d)
    supported = all(value.is_zero() for value, sign in zip(moments[1:], signs[1:], strict=False) if sign == 0)
    return supported and not (_value_at_one(field, h) - field.product(field.element(K), moments[0])).is_zero()


def best_certificate(d: int, K: int) -> DelsarteCertificate | None:
    """A strict certificate with c close to the best of Levenshtein's polynomials, or None (d < 3, or none is found).

    Floats choose c and the nodes; ``check`` then proves the bound over the rationals.
    """
    from ncproofs.critical.levenshtein import candidates

    best: DelsarteCertificate | None = None
    for c, nodes, endpoint in candidates(d, K, _MOST_NODES):
        rounded = [Fraction(round(x * _GRID), _GRID) for x in nodes]
        level = Fraction(int(c * _GRID // 1), _GRID) - Fraction(1, 2**40)
        if best is not None and level <= Fraction(int(best.c[0].p), int(best.c[0].q)):
            continue
        found = check(d, K, level, rounded, endpoint=endpoint)
        if found is not None and found.strict:
            best = found
    return best
