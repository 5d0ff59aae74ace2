r"""Bounds of rho*(d, K) for every K and d, each proved or named.

A_d(th) is the share of the sphere in a cap of angular radius th. Balls of radius half the least angle are disjoint, so
the least angle is at most 2 th_U with A_d(th_U) = 1/K; a set that cannot be enlarged covers, so some set has least
angle at least th_L with A_d(th_L) = 1/(K-1). With rho* = 1 - c* these are bounds of rho*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, ctx, fmpq

from ncproofs.arithmetic.ball import bracket_root
from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.delsarte import best_certificate
from ncproofs.problems.codes import Codes
from ncproofs.truth import Rigor

__all__ = [
    "CAPS", "FEJES_TOTH", "SCHOENBERG", "CodeBound", "cap_lower", "cap_upper", "closed_bounds", "fejes_toth",
    "lower_bounds", "sphere_ratio", "upper_bounds",
]

CAPS = "area of a union of spherical caps"
FEJES_TOTH = "Fejes Toth's bound for points on the sphere"
SCHOENBERG = "Schoenberg's theorem on Gegenbauer polynomials"


@dataclass(frozen=True)
class CodeBound:
    """rho* is at most (or at least) ``value``; ``name`` says by what."""

    value: Enclosure
    name: str
    axioms: tuple[str, ...] = ()


def _cap_integral(power: int, angle: arb) -> arb:
    """The integral of sin^power from 0 to ``angle``, by parts."""
    start = power % 2
    value = 1 - angle.cos() if start else angle
    sine, cosine = angle.sin(), angle.cos()
    for n in range(start + 2, power + 1, 2):
        value = (arb(n - 1) * value - cosine * sine ** (n - 1)) / n
    return value


def _angle(d: int, parts: int, bits: int) -> arb:
    """The radius of the cap that has 1/``parts`` of the sphere of R^d, d >= 2."""
    with ctx.workprec(bits + 64 + 4 * d):
        whole = _cap_integral(d - 2, arb.pi())
        goal = whole / parts

        def excess(angle: arb) -> arb:
            return _cap_integral(d - 2, angle) - goal

        found = bracket_root(excess, Fraction(1, 10**6), Fraction(31416, 10**4), bits + 32)
        assert found is not None  # the integral is increasing; K is at most 5000
        return found


def cap_upper(problem: Codes, bits: int) -> CodeBound:
    """rho* <= 1 - cos 2 th_U; for d >= 2."""
    angle = _angle(problem.d, problem.K, bits)
    with ctx.workprec(bits):
        return CodeBound(Enclosure.of_ball(1 - (2 * angle).cos()), "disjoint caps", (CAPS,))


def cap_lower(problem: Codes, bits: int) -> CodeBound:
    """rho* >= 1 - cos th_L; for d >= 2 and K >= 3 (for K = 2 the cap is the whole sphere)."""
    if problem.K == 2:
        return CodeBound(Enclosure.exact(2), "antipodal points")
    angle = _angle(problem.d, problem.K - 1, bits)
    with ctx.workprec(bits):
        return CodeBound(Enclosure.of_ball(1 - angle.cos()), "covering caps", (CAPS,))


def sphere_ratio(d: int, bits: int) -> arb:
    """B_d = 2 sqrt(pi) Gamma((d+1)/2)/Gamma(d/2)."""
    with ctx.workprec(bits):
        return 2 * arb.pi().sqrt() * (arb(d + 1) / 2).gamma() / (arb(d) / 2).gamma()


def closed_bounds(problem: Codes, bits: int) -> tuple[Enclosure, Enclosure] | None:
    """(1/2)(B_d/(K-1))^(2/(d-1)) <= rho* <= 2 (B_d/K)^(2/(d-1)) for d >= 3; None otherwise."""
    if problem.d < 3:
        return None
    with ctx.workprec(bits):
        ratio, exponent = sphere_ratio(problem.d, bits), arb(fmpq(2, problem.d - 1))
        low, high = (ratio / (problem.K - 1)) ** exponent / 2, 2 * (ratio / problem.K) ** exponent
        return Enclosure.of_ball(low), Enclosure.of_ball(high)


def fejes_toth(problem: Codes, bits: int) -> CodeBound | None:
    """d = 3, K >= 3: rho* <= (4 - 1/sin^2(pi K/(6(K-2))))/2."""
    if problem.d != 3 or problem.K < 3:
        return None
    with ctx.workprec(bits):
        sine = arb.sin_pi_fmpq(fmpq(problem.K, 6 * (problem.K - 2)))
        return CodeBound(Enclosure.of_ball((4 - 1 / sine**2) / 2), "Fejes Toth", (FEJES_TOTH,))


def upper_bounds(problem: Codes, bits: int = 128) -> Iterator[CodeBound]:
    """Every upper bound of rho*(d, K) that is known here for d >= 3 and K > 2d; the least is the one to use."""
    yield CodeBound(Enclosure.exact(1), "Rankin (K >= d + 2)", ("Radon's theorem",))
    yield cap_upper(problem, bits)
    plane = fejes_toth(problem, bits)
    if plane is not None:
        yield plane
    found = best_certificate(problem.d, problem.K)
    if found is not None:
        level = Fraction(int(found.c[0].p), int(found.c[0].q))
        degree = len(found.coefficients) - 1
        value = Enclosure(1 - level, 1 - level, Rigor.EXACT)
        yield CodeBound(value, f"Delsarte, degree {degree}", (SCHOENBERG,))


def lower_bounds(problem: Codes, bits: int = 128) -> Iterator[CodeBound]:
    """Lower bounds that need no point set."""
    if problem.d >= 2:
        yield cap_lower(problem, bits)
