r"""Where rho*(d, K) is known exactly: ``exact_value(problem)``.

    d = 1, K >= 3       0, since two unit numbers coincide
    K <= d + 1          K/(K-1), only the simplex ETF
    d = 2               1 - cos(2 pi/K), only the regular polygon
    d + 2 <= K <= 2d    1, exactly the codes without positive inner products
    a sharp code built in ``sharp_codes`` (and the icosahedron): a Delsarte certificate with equality
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from flint import arb, arb_mat, ctx, fmpq, fmpq_poly, fmpz_mat

from ncproofs.arithmetic.number_field import NumberField
from ncproofs.critical.code_bounds import SCHOENBERG
from ncproofs.critical.delsarte import DelsarteCertificate, check
from ncproofs.problems.codes import Codes

__all__ = ["ExactValue", "exact_value", "literature", "literature_note", "sharp_certificate", "value_ball"]

Rows = list[list[arb]]


@dataclass(frozen=True, eq=False)
class ExactValue:
    """rho* = 1 - c*, proved: ``cosine`` is c* as (polynomial, ball) root data, ``rows`` an optimal code in balls.

    ``polynomial`` has integer coefficients and the zero c*, which ``cosine(bits)`` encloses and separates from its
    other zeros as bits grow.
    """

    problem: Codes
    regime: str
    geometry: str
    because: str
    axioms: tuple[str, ...]
    polynomial: fmpq_poly
    cosine: Callable[[int], arb]
    rows: Callable[[int], Rows]
    unique: bool
    certificate: DelsarteCertificate | None = None

    @property
    def rational(self) -> Fraction | None:
        """c* when it is rational."""
        if self.polynomial.degree() != 1:
            return None
        value = -self.polynomial[0] / self.polynomial[1]
        return Fraction(int(value.p), int(value.q))


def _linear(value: Fraction) -> fmpq_poly:
    return fmpq_poly([-value.numerator, value.denominator])


def _constant(value: Fraction) -> Callable[[int], arb]:
    def ball(bits: int) -> arb:
        with ctx.workprec(bits):
            return arb(fmpq(value.numerator, value.denominator))

    return ball


def value_ball(found: ExactValue, bits: int) -> arb:
    """rho* = 1 - c* in a ball."""
    with ctx.workprec(bits):
        return 1 - found.cosine(bits)


@cache
def exact_value(problem: Codes) -> ExactValue | None:
    """The proved optimum, or None where this package has no proof."""
    K, d = problem.K, problem.d
    if d == 1 and K >= 3:
        return _repeated(problem)
    if d + 1 >= K:
        return _simplex(problem)
    if d == 2:
        return _polygon(problem)
    if K <= 2 * d:
        return _orthoplex(problem)
    return _sharp(problem)


def _repeated(problem: Codes) -> ExactValue:
    def rows(bits: int) -> Rows:
        return [[arb((-1) ** k)] for k in range(problem.K)]

    return ExactValue(problem, "coincidence", "repeated points", "d = 1 and K >= 3: two of the signs agree", (),
                      _linear(Fraction(1)), _constant(Fraction(1)), rows, unique=False)


def _simplex(problem: Codes) -> ExactValue:
    K = problem.K

    def rows(bits: int) -> Rows:
        """Column j of the simplex: sqrt(K/((K-1) j (j+1))) (1, ..., 1, -j, 0, ...) read along the points."""
        with ctx.workprec(bits):
            found = [[arb(0)] * problem.d for _ in range(K)]
            for j in range(1, K):
                scale = arb(fmpq(K, (K - 1) * j * (j + 1))).sqrt()
                for k in range(j):
                    found[k][j - 1] = scale
                found[j][j - 1] = -j * scale
            return found

    value = Fraction(-1, K - 1)
    return ExactValue(problem, "simplex", "simplex ETF", "K <= d + 1: sum_k |w_k - mean_{j != k} w_j|^2 <= K^3/(K-1)^2",
                      (), _linear(value), _constant(value), rows, unique=True)


def _polygon(problem: Codes) -> ExactValue:
    K = problem.K

    def rows(bits: int) -> Rows:
        with ctx.workprec(bits):
            return [[arb.cos_pi_fmpq(fmpq(2 * k, K)), arb.sin_pi_fmpq(fmpq(2 * k, K))] for k in range(K)]

    def ball(bits: int) -> arb:
        with ctx.workprec(bits):
            return arb.cos_pi_fmpq(fmpq(2, K))

    chebyshev = [fmpq_poly([1]), fmpq_poly([0, 1])]
    while len(chebyshev) <= K:
        chebyshev.append(2 * fmpq_poly([0, 1]) * chebyshev[-1] - chebyshev[-2])
    return ExactValue(problem, "polygon", "regular polygon", "d = 2: the least of K angles with sum 2 pi", (),
                      chebyshev[K] - 1, ball, rows, unique=True)


def _orthoplex(problem: Codes) -> ExactValue:
    K, d = problem.K, problem.d

    def rows(bits: int) -> Rows:
        return [[arb((1 - 2 * (k // d)) * (a == k % d)) for a in range(d)] for k in range(K)]

    return ExactValue(
        problem, "orthoplex", "no positive inner products",
        "d + 2 <= K <= 2d: a point of two disjoint hulls gives rho* <= 1, attained iff no inner product is positive",
        ("Radon's theorem",), _linear(Fraction(0)), _constant(Fraction(0)), rows, unique=K == 2 * d,
    )


@cache
def sharp_certificate(d: int, K: int) -> tuple[DelsarteCertificate, Any] | None:
    """The equality certificate and the rows of a built sharp code with these (d, K), all checked; None without one.

    Checked: K different rows of one length, rank d, their inner products exactly, and ``delsarte.check``.
    """
    from ncproofs.critical.sharp_codes import constructed

    rows = constructed(d, K)
    if rows is None:
        return None
    gram = rows @ rows.T
    norm = int(gram[0, 0])
    products = {int(value) for value in set(gram.ravel().tolist())} - {norm}
    alone = bool((gram == norm).sum() == K and (gram.diagonal() == norm).all())
    if not alone or len(rows) != K or fmpz_mat((rows.T @ rows).tolist()).rank() != d:
        return None
    values = sorted(Fraction(value, norm) for value in products)
    end = int(values[0] == -1)
    found = check(d, K, values[-1], values[end:-1], endpoint=end)
    return (found, rows) if found else None


def _sharp(problem: Codes) -> ExactValue | None:
    if (problem.d, problem.K) == (3, 12):
        return _icosahedron(problem)
    found = sharp_certificate(problem.d, problem.K)
    if found is None:
        return None
    certificate, integers = found
    value = Fraction(int(certificate.c[0].p), int(certificate.c[0].q))

    def rows(bits: int) -> Rows:
        return _in_basis(integers.tolist(), problem.d, bits)

    return _by_delsarte(problem, certificate, _linear(value), _constant(value), rows)


def _by_delsarte(
    problem: Codes, certificate: DelsarteCertificate, polynomial: fmpq_poly, ball: Callable[[int], arb],
    rows: Callable[[int], Rows],
) -> ExactValue:
    degree = len(certificate.coefficients) - 1
    because = (f"Delsarte certificate of degree {degree} with f(1) = K f_0 exactly, and a code built with "
               "this largest inner product")
    return ExactValue(problem, "sharp", "sharp code", because, (SCHOENBERG,), polynomial, ball, rows, unique=False,
                      certificate=certificate)


def _icosahedron(problem: Codes) -> ExactValue:
    """c = 1/sqrt 5 =: r. The vertices (0, +-1, +-phi), phi = (1 + 5 r)/2, in cyclic order; exact in Q(r)."""
    field = NumberField(fmpq_poly([-1, 0, 5]), Fraction(1, 10), Fraction(1))
    r = field.root
    phi = field.element([Fraction(1, 2), Fraction(5, 2)])
    rows = []
    for shift in range(3):
        for a in (1, -1):
            for b in (1, -1):
                row = [field.element(0), field.element(a), field.product(field.element(b), phi)]
                rows.append(row[-shift:] + row[:-shift])
    norm = field.inverse(field.element(1) + field.product(phi, phi))
    gram = [field.product(sum((field.product(x, y) for x, y in zip(p, q, strict=True)), fmpq_poly()), norm)
            for i, p in enumerate(rows) for q in rows[:i]]
    assert all(any((g - v).is_zero() for v in (r, -r, field.element(-1))) for g in gram)
    certificate = check(3, 12, r, [-r], endpoint=1, field=field)
    assert certificate is not None

    def balls(bits: int) -> Rows:
        with ctx.workprec(bits):
            length = field.ball(norm, bits).sqrt()
            return [[field.ball(x, bits) * length for x in row] for row in rows]

    return _by_delsarte(problem, certificate, field.modulus, lambda bits: field.ball(r, bits), balls)


def _in_basis(rows: list[list[int]], d: int, bits: int) -> Rows:
    """The rows over their length, in an orthonormal basis of the space they span (Gram-Schmidt over the integers)."""
    basis: list[list[int]] = []
    for row in rows:
        rest = row
        for other in basis:
            top, below = sum(map(int.__mul__, rest, other)), sum(map(int.__mul__, other, other))
            rest = [x * below - y * top for x, y in zip(rest, other, strict=True)]
        if any(rest):
            basis.append(_primitive(rest))
        if len(basis) == d:
            break
    with ctx.workprec(bits):
        unit = arb_mat([[arb(x) / arb(sum(y * y for y in other)).sqrt() for x in other] for other in basis])
        length = arb(sum(x * x for x in rows[0])).sqrt()
        found = arb_mat(rows) * unit.transpose() / length
        return found.tolist()


def _primitive(row: list[int]) -> list[int]:
    from math import gcd

    common = gcd(*row)
    return [x // common for x in row]


#: (d, K) -> who proved that the best known code is optimal, and its margin; printed, never used as a proof.
_PROVED_ELSEWHERE = {
    (3, 7): ("Schutte and van der Waerden 1951", "0.7898616873"),
    (3, 8): ("Schutte and van der Waerden 1951", "0.7387961250"),
    (3, 9): ("Schutte and van der Waerden 1951", "0.6666666667"),
    (3, 10): ("Danzer 1963", "0.5956056747"),
    (3, 11): ("Danzer 1963", "0.5527864045"),
    (3, 13): ("Musin and Tarasov 2012", "0.4573635132"),
    (3, 14): ("Musin and Tarasov 2015", "0.4360496996"),
    (3, 24): ("Robinson 1961", "0.2769215317"),
    (4, 10): ("Bachoc and Vallentin 2009", "0.8333333333"),
    (4, 24): ("de Laat, Leijenhorst and de Muinck Keizer 2024", "0.5000000000"),
}
_SAME = Fraction(2, 10**10)


def literature(problem: Codes) -> str:
    """Who proved the best known value of rho* optimal, where this package does not; empty when nobody is known to."""
    return _PROVED_ELSEWHERE.get((problem.d, problem.K), ("", ""))[0]


def literature_note(problem: Codes, lower: Fraction, upper: Fraction) -> str:
    """A sentence on the code whose margin is between the bounds: that it was proved optimal, or that it is worse."""
    who, value = _PROVED_ELSEWHERE.get((problem.d, problem.K), ("", "0"))
    if not who:
        return ""
    if Fraction(value) - _SAME <= lower and upper <= Fraction(value) + _SAME:
        return f"proved optimal in the literature, not here: {who} (for the best code known to us)"
    return f"the best code known to us has margin {value}, proved optimal in the literature, not here: {who}"
