"""Problems with weight decay too large for dense Hessians: the points with the symmetry of all the classes.

What S_K fixes (modulo rotations) is one ray: W^T H = m P (x) 1_n^T, balanced, b = 0. By symmetric criticality its
critical points are critical for the whole problem: m = 0, and the roots of the scale equation. With m = s^2,

    f(s) = psi(log(K-1) - s^2) + (c + tilt/K) (K-1) s^2

is smooth and even in s. A root is certified in closed form, with the inertia in all dimensions, whatever K, d and n.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import flint
import numpy as np
from flint import arb

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.optimum import enclose
from ncproofs.critical.profiles import Profile, profile_of
from ncproofs.critical.softmax import collapse_scale, trivial_scale
from ncproofs.critical.spectrum import family_spectrum, negative_count, zero_count
from ncproofs.critical.terrain import Array, Figure, Lift, Local, Terrain
from ncproofs.errors import NcproofsError
from ncproofs.problems.features import Ridge

__all__ = ["RayPoint", "RayTerrain", "ray_family", "ray_point"]

_BITS = 64
_DIGITS = 20
#: A margin below this is the origin.
_ZERO = 1e-6


@dataclass(frozen=True, kw_only=True)
class RayPoint:
    """W = H = 0 or a simplex ETF of ``problem``, with its value and the inertia of the whole Hessian."""

    family: str
    value: Enclosure
    smallest: Enclosure
    rank: int
    index: int
    nullity: int
    orbit_dimension: int


@dataclass(frozen=True)
class RayTerrain:
    """f(s) on the real line, for a loss of softmax form with a known profile."""

    problem: Ridge

    @property
    def dimension(self) -> int:
        return 1

    @property
    def classes(self) -> int:
        return self.problem.K

    @cached_property
    def _profile(self) -> Profile:
        return profile_of(self.problem.loss)

    def _at(self, s: float) -> tuple[float, float, float]:
        """f and its first and second derivative in the margin m = s^2."""
        K, margin = self.problem.K, float(s) ** 2
        price = math.sqrt(self.problem.c_squared) + float(self._profile.tilt) / K
        with flint.ctx.workprec(_BITS):
            value, slope, bend = (float(e.mid()) for e in self._profile.at(arb(K - 1).log() - arb(margin)))
        return value + price * (K - 1) * margin, price * (K - 1) - slope, bend

    def value(self, x: Array) -> float:
        return self._at(x[0])[0]

    def local(self, x: Array) -> Local:
        _, slope, bend = self._at(x[0])
        return Local(2 * x * slope, np.array([[2 * slope + 4 * x[0] ** 2 * bend]]))

    def moved(self, x: Array, local: Local, step: Array) -> Array:
        return x + step

    def reach(self, x: Array) -> float:
        return 0.5

    def pulled_back(self, v: Array) -> tuple[float, Array]:
        value, slope, _ = self._at(v[0])
        return value, 2 * v * slope

    def normal(self, v: Array) -> Array:
        return v

    def figure(self, x: Array) -> Figure:
        return Figure(x.reshape(1, 1), np.zeros(1))

    def orbit_dimension(self, x: Array) -> int:
        return 0

    def random(self, rng: np.random.Generator) -> Array:
        return np.array([2.0 * math.sqrt(math.log(self.problem.K)) * rng.random() * rng.choice([0.3, 1.0, 2.0])])

    def structured(self, rng: np.random.Generator) -> Array:
        return np.zeros(1)

    def view(self, rng: np.random.Generator) -> tuple[Terrain, Lift]:
        return self, lambda x: x

    def lower_rank(self, rng: np.random.Generator) -> tuple[Terrain, Lift] | None:
        return None

    def at_strength(self, factor: float) -> Terrain:
        exact = Fraction(factor)
        return RayTerrain(replace(self.problem, lambda_W=exact * self.problem.lambda_W,
                                  lambda_H=exact * self.problem.lambda_H))


def ray_family(problem: Ridge, x: Array) -> str:
    """ "origin", "collapse" (a root on the upper branch), or empty: a root on the lower branch, not covered."""
    if abs(float(x[0])) < _ZERO:
        return "origin"
    return "collapse" if RayTerrain(problem).local(x).hessian[0, 0] > 0 else ""


def ray_point(problem: Ridge, x: Array) -> RayPoint | str:
    """The exact point near the float ``x``; the reason where it is not covered."""
    family = ray_family(problem, x)
    if not family:
        return "a simplex ETF on the lower branch of the scale equation, whose spectrum has no closed form here"
    try:
        entries = family_spectrum(problem, family, digits=_DIGITS)
        scale = trivial_scale if family == "origin" else collapse_scale
        value = enclose(scale(problem, profile_of(problem.loss), 160).objective)
    except NcproofsError as error:
        return str(error)
    rank = 0 if family == "origin" else problem.K - 1
    orbit = rank * (rank - 1) // 2 + rank * (problem.d - rank) + int(problem.lambda_b == 0)
    return RayPoint(
        family=family, value=value, smallest=entries[0].enclosure, rank=rank, index=negative_count(entries),
        nullity=zero_count(entries), orbit_dimension=orbit,
    )
