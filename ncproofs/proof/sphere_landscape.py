"""Settle statements about the landscape on products of spheres: by a theorem, or by a certified counterexample.

Holds: cross-entropy with d >= K and d >= 3, at any temperature (theorem ``sphere-landscape``). Fails: at d = 2, a
critical point without negative curvature from which an explicit curve descends; elsewhere a strict local minimum
modulo rotations, certified in balls, whose certified value lies above that of another point. Otherwise undecided:
not to have found such a point proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import flint
import numpy as np
from flint import arb, arb_mat

from ncproofs.arithmetic.ball import Ball, certified_negative
from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.arithmetic.series import BallSeries, Series
from ncproofs.calculus.sphere_objective import sphere_objective, sphere_value
from ncproofs.critical import sphere_families as families
from ncproofs.critical.krawczyk import NotCertified
from ncproofs.critical.sphere_krawczyk import CertifiedSpherePoint, certify_sphere_point
from ncproofs.critical.sphere_points import named_point
from ncproofs.critical.sphere_search import Array, FoundSpherePoint, local_minima
from ncproofs.errors import InvalidClaim
from ncproofs.problems.features import Spheres
from ncproofs.proof.claims import Claim
from ncproofs.proof.discharge import Effort
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = [
    "BenignSphereLandscape", "NoSpuriousSphereMinima", "SpuriousSphereMinimum", "by_theorem", "claimed_place",
    "descending_curve", "settle", "value_at_floats",
]

#: Coordinates of the problem up to which random critical points are searched.
_SEARCHABLE = 120
_BITS = (128, 256)
#: Direct sums of simplices that are compared before the search gives up.
_SUMS = 40

_AXIOMS = ("tangent plane of a convex function", "rank-nullity")


@dataclass(frozen=True, kw_only=True)
class BenignSphereLandscape(Claim):
    """Every critical point of ``problem`` is a global minimiser or has a direction of negative curvature."""

    problem: Spheres


@dataclass(frozen=True, kw_only=True)
class NoSpuriousSphereMinima(Claim):
    """Every local minimiser of ``problem`` is a global one; weaker than ``BenignSphereLandscape``."""

    problem: Spheres


@dataclass(frozen=True, kw_only=True)
class SpuriousSphereMinimum(Claim):
    """Near a named place ``problem`` has a strict local minimum modulo rotations that is not global.

    Exactly one place: ``flips`` features of each class at -w_k of a simplex ETF, a direct sum of simplex ETFs of
    ``sizes``, or, for d = 2, ``degrees``: the angles of the K classifiers, then of the N features, to which the
    point is near. ``violates`` says which hypothesis of the landscape theorem fails here.
    """

    problem: Spheres
    flips: int = 0
    sizes: tuple[int, ...] = ()
    degrees: tuple[str, ...] = ()
    violates: str = ""


@dataclass(frozen=True, kw_only=True)
class _Spurious:
    """A strict local minimum modulo rotations, certified to lie above another point."""

    what: str
    value: Enclosure
    better: Enclosure
    elsewhere: str
    nullity: int
    W: str = ""

    def __str__(self) -> str:
        value, better = self.value.decimals(15)[0], self.better.decimals(15)[1]
        place = f", near W = {self.W}" if self.W else ""
        return (
            f"spurious local minimum (strict modulo rotations, index 0, nullity {self.nullity}): {self.what} has "
            f"value >= {value}, but {self.elsewhere} has value <= {better}{place}"
        )


def settle(claim: BenignSphereLandscape | NoSpuriousSphereMinima | SpuriousSphereMinimum, effort: Effort) -> Evidence:
    """Holds, fails (with its witness), or undecided with what is open."""
    problem = claim.problem
    if isinstance(claim, SpuriousSphereMinimum):
        return _settle_spurious(claim)
    strict = isinstance(claim, BenignSphereLandscape)
    words = "every local minimum is global"
    if strict:
        words = "every critical point is a global minimiser or a strict saddle"
    sentence = claim.sentence or f"{words}: {problem}"

    def answer(truth: Truth, rigor: Rigor, because: str, **more: object) -> Evidence:
        return Evidence(truth=truth, rigor=rigor, sentence=sentence, because=because, covers=str(problem),
                        **more)  # type: ignore[arg-type]

    plain = families.is_cross_entropy(problem)
    proof = by_theorem(problem)
    if proof.truth is Truth.HOLDS:
        return answer(Truth.HOLDS, proof.rigor, proof.because, axioms=proof.axioms)
    if plain and strict and problem.d == 2:
        curve = descending_curve(problem)
        if curve:
            because = "theorem dimension-two: a critical point without negative curvature that is no local minimum"
            return answer(Truth.FAILS, Rigor.EXACT, because, witness=curve)
    spurious = (_flipped(problem) or _summed(problem) if plain else None) or _searched(problem, effort)
    if spurious is not None:
        because = "a certified local minimum lies above another point, both in balls"
        return answer(Truth.FAILS, Rigor.ENCLOSED, because, witness=str(spurious))
    return answer(Truth.UNDECIDED, Rigor.SAMPLED, f"{proof.because}; {_effort_of_search(problem, effort)}")


def by_theorem(problem: Spheres) -> Evidence:
    """Whether a theorem whose hypotheses are checked says that the landscape is benign; never fails."""
    plain = families.is_cross_entropy(problem)
    met = plain and problem.d >= max(problem.K, 3)
    because = f"theorem sphere-landscape: cross-entropy, d = {problem.d} >= max(K, 3), any temperature"
    return Evidence(
        truth=Truth.HOLDS if met else Truth.UNDECIDED,
        rigor=Rigor.EXACT if met else Rigor.SAMPLED,
        sentence=f"every critical point is a global minimiser or a strict saddle: {problem}",
        because=because if met else f"no theorem applies ({_missing(problem, plain=plain)})",
        covers=str(problem),
        axioms=_AXIOMS if met else (),
    )


def _settle_spurious(claim: SpuriousSphereMinimum) -> Evidence:
    """Holds with the certificate; fails when the certified point has negative curvature; else undecided."""
    problem = claim.problem
    W, H, where = claimed_place(claim)
    sentence = claim.sentence or f"a spurious local minimum at {where}: {problem}"

    def answer(truth: Truth, because: str, witness: str = "") -> Evidence:
        return Evidence(truth=truth, rigor=Rigor.ENCLOSED, sentence=sentence, because=because, covers=str(problem),
                        witness=witness)

    reason = ""
    better, elsewhere = _reference(problem)
    for bits in _BITS:
        found = certify_sphere_point(problem, W, H, bits)
        if isinstance(found, NotCertified):
            reason = found.reason
        elif found.index:
            return answer(Truth.FAILS, "the certified point there is no local minimum", f"index {found.index}")
        elif found.value.lower > better.upper:
            seen = _Spurious(what=where, value=found.value, better=better, elsewhere=elsewhere, nullity=found.nullity)
            return answer(Truth.HOLDS, f"{seen}; {claim.violates}".removesuffix("; "))
        else:
            reason = f"its value is not certified to lie above that of {elsewhere}"
    return answer(Truth.UNDECIDED, reason)


def claimed_place(claim: SpuriousSphereMinimum) -> tuple[Array, Array, str]:
    """W (d, K) and H (d, N) in floats near the place that the claim names, and that place in words."""
    problem = claim.problem
    if sum(map(bool, (claim.flips, claim.sizes, claim.degrees))) != 1:
        raise InvalidClaim("a spurious minimum needs exactly one place: flips, sizes or degrees")
    if claim.degrees:
        if problem.d != 2 or len(claim.degrees) != problem.K + problem.N:
            raise InvalidClaim(f"{len(claim.degrees)} angles given; K + N = {problem.K + problem.N}, d = 2, are needed")
        angles = np.radians([float(Fraction(angle)) for angle in claim.degrees])
        X = np.array([np.cos(angles), np.sin(angles)])
        return X[:, : problem.K], X[:, problem.K :], "the certified point near the given angles"
    if claim.flips:
        point = families.flipped_etf(problem, claim.flips, _BITS[0])
        return _floats(point.W), _floats(point.H), f"the simplex ETF with {claim.flips} feature(s) a class at -w_k"
    point = families.direct_sum(problem, claim.sizes, _BITS[0])
    return _floats(point.W), _floats(point.H), f"the direct sum of simplex ETFs of sizes {_sizes(claim.sizes)}"


def _reference(problem: Spheres) -> tuple[Enclosure, str]:
    """The lowest value among the named points and the direct sums: an upper bound of the minimum."""
    values: list[tuple[Enclosure, str]] = []
    names = [("etf", "neural collapse", problem.K - 1), ("frame", "the orthonormal frame", problem.K)]
    for name, words, needed in names:
        if problem.d >= needed:
            value = sphere_value(problem, *named_point(problem, name, _BITS[1]), _BITS[1])
            values.append((Enclosure.of_ball(value), words))
    if not values and families.is_cross_entropy(problem):
        for sizes in islice(families.direct_sum_sizes(problem.K, problem.d), _SUMS):
            value = families.direct_sum_value(problem, sizes, _BITS[1])
            values.append((Enclosure.of_ball(value), f"the direct sum of sizes {_sizes(sizes)}"))
    if not values:
        raise InvalidClaim(f"no closed-form point to compare with is known for {problem}")
    return min(values, key=lambda pair: pair[0].upper)


def descending_curve(problem: Spheres, bits: int = 128) -> str:
    """At d = 2: W = e_1 1^T, H = e_2 1^T, and the curve along which f falls like x^4; empty if balls do not show it.

    theta_1 = -x^2/(2 tau) turns w_1 and phi_1 = x turns the features of class 1.
    """
    K, n, tau = problem.K, problem.n, problem.tau
    with flint.ctx.workprec(bits):
        series = BallSeries(bits, 4)
        e1, e2 = _direction(series, []), _direction(series, [])[::-1]
        turned_w = _direction(series, [Fraction(0), -1 / (2 * tau)])
        sine, cosine = _direction(series, [Fraction(1)])[::-1]
        turned_h = (tuple(-c for c in sine), cosine)
        W = [[turned_w[row], *[e1[row]] * (K - 1)] for row in (0, 1)]
        H = [[*[turned_h[row]] * n, *[e2[row]] * (n * (K - 1))] for row in (0, 1)]
        f: Series = sphere_objective(problem, W, H, series)
        expected = Ball(bits).constant(-Fraction(K - 1, 8 * K**2))
        flat = all(f[order].contains(0) for order in (1, 2, 3)) and f[0].overlaps(arb(K).log())
        if not (flat and f[4].overlaps(expected) and certified_negative(f[4])):
            return ""
    drop = Fraction(K - 1, 8 * K**2)
    return (
        f"W = e1 1^T, H = e2 1^T is critical with f = log {K} and positive semidefinite Hessian; turning w_1 by "
        f"-({1 / (2 * tau)}) x^2 and the features of class 1 by x gives f = log {K} - ({drop}) x^4 + O(x^5)"
    )


def _direction(series: BallSeries, angle: list[Fraction]) -> tuple[Series, Series]:
    """(cos, sin) of the angle a_1 x + a_2 x^2 + ..., up to x^4."""
    ball = Ball(series.bits)
    turn: Series = tuple([arb(0), *map(ball.constant, angle)] + [arb(0)] * (4 - len(angle)))
    square = series.multiply(turn, turn)
    quarter = series.multiply(square, square)
    cosine = tuple(a - b / 2 + c / 24 for a, b, c in zip(series.constant(1), square, quarter, strict=True))
    cube = series.multiply(square, turn)
    return cosine, tuple(a - b / 6 for a, b in zip(turn, cube, strict=True))


def _flipped(problem: Spheres) -> _Spurious | None:
    """The simplex ETF with one feature of each class turned over, at d = K - 1."""
    K = problem.K
    if problem.d != K - 1 or K < 3 or problem.n < 2:
        return None
    for bits in _BITS:
        if families.flip_is_minimum(problem, 1, bits) is Truth.HOLDS:
            value, better = (Enclosure.of_ball(families.flip_value(problem, flips, bits)) for flips in (1, 0))
            if value.lower > better.upper:
                return _Spurious(
                    what="the simplex ETF with one feature of each class at -w_k", value=value, better=better,
                    elsewhere="neural collapse", nullity=(K - 1) * (K - 2) // 2,
                )
    return None


def _summed(problem: Spheres) -> _Spurious | None:
    """A direct sum of simplices that is certified a local minimum above another one."""
    values: list[tuple[arb, tuple[int, ...]]] = []
    for sizes in islice(families.direct_sum_sizes(problem.K, problem.d), _SUMS):
        values.append((families.direct_sum_value(problem, sizes, _BITS[0]), sizes))
    if len(values) < 2:
        return None
    values.sort(key=lambda pair: float(pair[0].mid()))
    least, best = Enclosure.of_ball(values[0][0]), _sizes(values[0][1])
    for value, sizes in reversed(values[1:]):
        if not Enclosure.of_ball(value).lower > least.upper:
            continue
        point = families.direct_sum(problem, sizes, _BITS[0])
        found = _certified(problem, _floats(point.W), _floats(point.H))
        if found is not None and found.value.lower > least.upper:
            return _Spurious(what=f"the direct sum of simplex ETFs of sizes {_sizes(sizes)}", value=found.value,
                             better=least, elsewhere=f"that of sizes {best}", nullity=found.nullity)
    return None


def _sizes(sizes: tuple[int, ...]) -> str:
    return "+".join(map(str, sizes))


def _floats(matrix: arb_mat) -> Array:
    return np.array([[float(entry.mid()) for entry in row] for row in matrix.tolist()])


def _certified(problem: Spheres, W: Array, H: Array) -> CertifiedSpherePoint | None:
    """The point near these floats, if it is certified to be a strict local minimum modulo rotations."""
    for bits in _BITS:
        found = certify_sphere_point(problem, W, H, bits)
        if isinstance(found, CertifiedSpherePoint):
            return found if found.is_strict_local_minimum else None
    return None


def _searched(problem: Spheres, effort: Effort) -> _Spurious | None:
    """The first local minimum found that is certified above another point."""
    if problem.d * (problem.K + problem.N) > _SEARCHABLE:
        return None
    best: FoundSpherePoint | None = None
    for point in local_minima(problem, effort.starts, effort.seed):
        low, high = (best or point), point
        if best is not None:
            low, high = sorted((best, point), key=lambda found: found.value)
            found = _certified(problem, high.W, high.H)
            better = value_at_floats(problem, low.W, low.H)
            if found is not None and found.value.lower > better.upper:
                return _Spurious(what="a point certified by Krawczyk's operator", value=found.value, better=better,
                                 elsewhere="another point", nullity=found.nullity, W=_rows(found))
        best = low
    return None


def value_at_floats(problem: Spheres, W: Array, H: Array) -> Enclosure:
    """The objective at these floats with their columns divided by their lengths: an upper bound of the minimum."""
    ball = Ball(_BITS[0])
    with ball.working():
        rows = [[[arb(float(entry)) for entry in row] for row in X] for X in (W, H)]
        return Enclosure.of_ball(sphere_objective(problem, rows[0], rows[1], ball))


def _rows(point: CertifiedSpherePoint) -> str:
    return "; ".join(" ".join(f"{entry:.15g}" for entry in row) for row in _floats(point.W))


def _missing(problem: Spheres, *, plain: bool) -> str:
    if not plain:
        return f"{problem.loss} is not cross-entropy"
    if problem.d < problem.K:
        return f"d = {problem.d} < K = {problem.K}"
    return f"d = {problem.d} < 3"


def _effort_of_search(problem: Spheres, effort: Effort) -> str:
    size = problem.d * (problem.K + problem.N)
    if size > _SEARCHABLE:
        return f"{size} coordinates are too many for a search for a spurious minimum (at most {_SEARCHABLE})"
    return f"no spurious minimum was found from {effort.starts} starts (seed {effort.seed})"


