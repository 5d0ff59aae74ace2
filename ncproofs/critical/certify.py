"""From a float to a certified critical point: rising precision, and a reason where nothing is certified.

A point ends certified, with the exact index and nullity of its Hessian, or undecided. Floats decide only what is
tried: Krawczyk's operator at 64, 128, 256 and 512 bits for a point that looks isolated modulo symmetry, the closed
forms of ``ncproofs.critical.continua`` for one that does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical import continua, search
from ncproofs.critical.balance import balanced, exponent_of, rescaled
from ncproofs.critical.krawczyk import CertifiedPoint, NotCertified, certify_critical_point
from ncproofs.critical.label_terrain import LabelTerrain
from ncproofs.critical.multilabel_search import distinct_sets, refuse_absent_classes
from ncproofs.critical.profiles import is_mean_squared, profile_of
from ncproofs.critical.ray_terrain import RayTerrain, ray_point
from ncproofs.critical.ridge_terrain import RidgeTerrain
from ncproofs.critical.seekers import newton
from ncproofs.critical.sphere_krawczyk import CertifiedSpherePoint, certify_sphere_point
from ncproofs.critical.sphere_terrain import SphereTerrain
from ncproofs.critical.terrain import Array, Terrain, inertia, size_of
from ncproofs.errors import InvalidProblem, NcproofsError, OutOfScope
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.problems.multilabel import MultiLabel, Problem

__all__ = [
    "BITS", "Classified", "Kind", "Scaled", "certify", "is_large", "parts_of", "point_size", "scaled", "stratum",
    "terrain_of",
]

BITS = (64, 128, 256, 512)
_DENSE = 700
#: A float that lies on a continuum has its value to within this share.
_SAME_VALUE = Fraction(1, 10**8)
#: Newton's method may change the value by this share.
_SETTLED_VALUE = Fraction(1, 10**6)
#: Newton's method may move a point by this share of its norm: the certificate is about a point that is near.
_NEAR = Fraction(1, 1000)
#: A gradient above this share of the largest Hessian eigenvalue is none of a critical point.
_RESIDUAL = Fraction(1, 10**6)

Kind = Literal["certified", "degenerate", "precision", "budget", "not critical"]


@dataclass(frozen=True, kw_only=True)
class Classified:
    """What is certain about the critical point near a float.

    ``kind`` "certified": an exact critical point is there, and ``index``, ``nullity``, ``orbit_dimension`` and the
    enclosures of its value and of the smallest (and smallest positive) Hessian eigenvalue are those of that point;
    ``how`` says by what. Otherwise nothing is certain, and ``reason`` says why: the point is not isolated modulo
    symmetry and on no known continuum ("degenerate"), 512 bits do not suffice ("precision"), it is too large
    ("budget"), or Newton's method leaves it ("not critical"). ``refined`` are floats next to the exact point, laid out
    as those of the search; empty where none were computed.
    """

    kind: Kind
    reason: str = ""
    how: str = ""
    value: Enclosure | None = None
    smallest: Enclosure | None = None
    minimum_positive: Enclosure | None = None
    rank: int = 0
    index: int = 0
    nullity: int = 0
    orbit_dimension: int = 0
    bits: int = 0
    refined: tuple[float, ...] = ()

    @property
    def is_certified(self) -> bool:
        return self.kind == "certified"

    @property
    def excess_nullity(self) -> int:
        """Flat directions that are no symmetry."""
        return self.nullity - self.orbit_dimension

    @property
    def is_strict_local_minimum(self) -> bool:
        """Modulo symmetry; certified."""
        return self.is_certified and self.index == 0 and self.excess_nullity == 0


def is_large(problem: Problem) -> bool:
    """Whether dense Hessians are too large, and the search keeps to points with the symmetry of all classes."""
    return _unknowns(problem) > _DENSE


def _unknowns(problem: Problem) -> int:
    """Samples with one label set share their feature at every critical point."""
    if not isinstance(problem, MultiLabel):
        return problem.dimension
    return distinct_sets(problem).unknowns if problem.is_pick_all_label else problem.dimension


def terrain_of(problem: Problem) -> Terrain:
    """The problem as the search sees it.

    Raises:
        InvalidProblem: not a problem of this package, or a free bias of a class that is no label of any sample.
        OutOfScope: too large for dense Hessians, and not a Ridge problem with a loss of known profile; label sets
            with another loss than pick-all-label cross-entropy; weights that have no room among floats.
    """
    if isinstance(problem, (Ridge, Spheres, MultiLabel)) and is_large(problem):
        _refuse_large(problem)
    if isinstance(problem, (Ridge, MultiLabel)):
        search.refuse_extreme(problem)
    if isinstance(problem, Ridge):
        return RayTerrain(problem) if is_large(problem) else RidgeTerrain(problem)
    if isinstance(problem, Spheres):
        return SphereTerrain(problem)
    if isinstance(problem, MultiLabel):
        refuse_absent_classes(problem)
        return _label_terrain(problem)
    raise InvalidProblem(f"{problem!r} is not a problem; write for example Ridge(cross_entropy(), K=3, ...)")


@dataclass(frozen=True, eq=False)
class Scaled:
    """A problem's terrain in the scale in which floats see it best (``ncproofs.critical.balance``), and the way there.

    Values and inertia are the same in both scales, eigenvalues are not.
    """

    terrain: Terrain
    widths: tuple[int, int]
    exponent: int

    def inside(self, x: Array) -> Array:
        """The point ``x`` of the problem in the scale of ``terrain``."""
        return rescaled(x, self.widths, -self.exponent)

    def outside(self, y: Array) -> Array:
        """The inverse of ``inside``."""
        return rescaled(y, self.widths, self.exponent)


def scaled(problem: Problem) -> Scaled:
    """Raises: as ``terrain_of``."""
    if not isinstance(problem, (Ridge, MultiLabel)) or is_large(problem):
        return Scaled(terrain_of(problem), (0, 0), 0)
    search.refuse_extreme(problem)
    if isinstance(problem, MultiLabel):
        terrain: Terrain = terrain_of(balanced(problem))
        sets = distinct_sets(problem)
        return Scaled(terrain, (sets.d * problem.K, sets.d * len(sets.counts)), exponent_of(problem))
    widths = (problem.d * problem.K, problem.d * problem.N)
    return Scaled(terrain_of(balanced(problem)), widths, exponent_of(problem))


def _label_terrain(problem: MultiLabel) -> LabelTerrain:
    if not problem.is_pick_all_label:
        raise OutOfScope(f"{problem.loss} given; the search over label sets needs pick_all_label")
    return LabelTerrain(distinct_sets(problem))


def _refuse_large(problem: Problem) -> None:
    needed = f"{_unknowns(problem)} coordinates are too many for a dense Hessian (at most {_DENSE})"
    if not isinstance(problem, Ridge):
        raise OutOfScope(f"{needed}; lower K, d or n")
    if is_mean_squared(problem.loss):
        raise OutOfScope(f"{needed}, and the search on the ray is for losses of softmax form; lower K, d or n, or see "
                         "ncproofs show mse-landscape, which lists every critical point of the mean squared error")
    try:
        profile_of(problem.loss)
    except OutOfScope:
        raise OutOfScope(f"{needed}, and {problem.loss} has no closed forms; lower K, d or n") from None


def stratum(problem: Problem, x: Array) -> str:
    """The name of the continuum of critical points on which ``x`` lies in floats; empty for an isolated one."""
    if is_large(problem) or isinstance(problem, MultiLabel):
        return ""
    W, H, _ = parts_of(problem, x)
    if isinstance(problem, Ridge):
        return continua.mse_stratum(problem, np.ldexp(W, -exponent_of(problem)))
    name = continua.sphere_stratum(problem, W, H)
    near = name or continua.sphere_stratum(problem, W, H, flat=True)
    return near if name or (near and _has_flat_directions(SphereTerrain(problem), x)) else ""


def _has_flat_directions(terrain: Terrain, x: Array) -> bool:
    """Whether floats see more zero eigenvalues than the symmetries account for."""
    hessian = terrain.local(x).hessian
    if not np.isfinite(hessian).all():
        return False
    return inertia(np.linalg.eigvalsh(hessian))[1] > terrain.orbit_dimension(x)


def point_size(problem: Problem) -> int:
    """How many floats a point of ``problem`` is in the search."""
    if is_large(problem):
        return 1
    if isinstance(problem, MultiLabel):
        return distinct_sets(problem).unknowns
    return problem.dimension if isinstance(problem, Ridge) else problem.d * (problem.K + problem.N)


def parts_of(problem: Problem, x: Array) -> tuple[Array, Array, Array | None]:
    """W (d, K), H (d, N) and b of the flat floats of the search; b None without a bias and on spheres."""
    if isinstance(problem, Ridge):
        return search.unpack(problem, x)
    if isinstance(problem, MultiLabel):
        return _label_terrain(problem).whole(x)
    X = x.reshape(problem.d, -1)
    return X[:, : problem.K], X[:, problem.K :], None


def certify(problem: Problem, x: Array, bits: tuple[int, ...] = BITS) -> Classified:
    """Classify the critical point of ``problem`` near the flat floats ``x``; the lowest of ``bits`` that suffices.

    Raises:
        InvalidProblem: ``x`` does not have the problem's size, or is not finite.
    """
    view = scaled(problem)
    x = np.asarray(x, dtype=np.float64)
    expected = point_size(problem)
    if x.shape != (expected,) or not np.isfinite(x).all():
        raise InvalidProblem(f"a point of shape {x.shape} given; {problem} needs {expected} finite numbers")
    settled = _settled(view.terrain, view.inside(x))
    if isinstance(settled, Classified):
        return settled
    y, values = settled
    x = view.outside(y)
    if isinstance(problem, Ridge) and is_large(problem):
        return _on_ray(problem, x)
    name = stratum(problem, x)
    found = _on_continuum(problem, x, name) if name else None
    if found is not None:
        return found
    answer = _isolated(problem, x, bits, inertia(values)[1] - view.terrain.orbit_dimension(y), name)
    return _near_by(answer, view.terrain.value(y))


def _near_by(answer: Classified, seen: float) -> Classified:
    """Newton's method in balls must not have gone to another critical point than the one that is asked about."""
    if answer.value is None or abs(seen - float(answer.value.lower)) <= _SETTLED_VALUE * max(1, abs(seen)):
        return answer
    exact = float(answer.value.lower)
    return Classified(kind="not critical", reason=f"value {seen} in floats, but {exact} where Newton's method ends")


def _settled(terrain: Terrain, start: Array) -> tuple[Array, Array] | Classified:
    """The critical point in floats next to ``start``, and the eigenvalues of the Hessian there."""
    with np.errstate(all="ignore"):
        x = newton(terrain, start)
        local = terrain.local(x)
        moved, size = float(np.linalg.norm(x - start)), float(np.linalg.norm(start))
    if not moved <= _NEAR * max(1, size):
        return Classified(kind="not critical", reason=f"Newton's method in floats moves the point by {moved:.2g}")
    if not (math.isfinite(size) and np.isfinite(local.hessian).all()):
        return Classified(kind="not critical", reason="the objective overflows there in floats")
    values = np.asarray(np.linalg.eigvalsh(local.hessian), dtype=np.float64)
    slope = float(np.linalg.norm(local.gradient))
    if not slope <= _RESIDUAL * size_of(values):
        return Classified(kind="not critical", reason=f"Newton's method in floats stops at a gradient of {slope:.2g}")
    return x, values


def _isolated(problem: Problem, x: Array, bits: tuple[int, ...], excess: int, name: str) -> Classified:
    """Krawczyk's operator at rising precision; ``excess`` zero eigenvalues in floats are no symmetries."""
    # A true zero eigenvalue survives every precision: where floats see one, only the first and the last are tried.
    ladder = bits if excess <= 0 else tuple(dict.fromkeys((bits[0], bits[-1])))
    reason = ""
    for precision in ladder:
        tried = _krawczyk(problem, x, precision)
        if not isinstance(tried, NotCertified):
            return Classified(
                kind="certified", how="Krawczyk", value=tried.value, smallest=tried.smallest,
                minimum_positive=tried.minimum_positive, rank=tried.rank, index=tried.index, nullity=tried.nullity,
                orbit_dimension=tried.orbit_dimension, bits=precision, refined=_refined(problem, tried),
            )
        reason = tried.reason
        if "unknowns" in reason:
            return Classified(kind="budget", reason=reason)
    return _refused(reason, bits[-1], excess, name)


def _refined(problem: Problem, point: CertifiedPoint | CertifiedSpherePoint) -> tuple[float, ...]:
    """The middle of the box in the layout of the search."""
    W, H = (np.array([[float(e.mid()) for e in row] for row in part.tolist()]) for part in (point.W, point.H))
    if isinstance(problem, Spheres):
        return tuple(np.hstack([W, H]).ravel().tolist())
    assert isinstance(point, CertifiedPoint)
    b = None if point.b is None else np.array([float(e.mid()) for e in point.b.entries()])
    if isinstance(problem, MultiLabel):
        W, H = _label_terrain(problem).narrow(W, H)
    return tuple(search.pack(W, H, b).tolist())


def _on_ray(problem: Ridge, x: Array) -> Classified:
    found = ray_point(problem, x)
    if isinstance(found, str):
        return Classified(kind="budget", reason=found)
    return Classified(
        kind="certified", how=f"closed form: {found.family}", value=found.value, smallest=found.smallest,
        rank=found.rank, index=found.index, nullity=found.nullity, orbit_dimension=found.orbit_dimension,
    )


def _refused(reason: str, bits: int, excess: int, name: str) -> Classified:
    if excess > 0:
        flat = f"{excess} flat direction{'s' if excess > 1 else ''} in floats beyond the symmetries"
        where = f", near the continuum {name}" if name else ""
        return Classified(kind="degenerate", reason=f"{flat}{where}; at {bits} bits: {reason}")
    if "did not converge" in reason:
        return Classified(kind="not critical", reason=f"{reason} from the floats, at {bits} bits")
    if "singular" in reason or "isolated" in reason:
        return Classified(kind="degenerate", reason=reason)
    return Classified(kind="precision", reason=f"{reason} (tried up to {bits} bits)")


def _krawczyk(problem: Problem, x: Array, bits: int) -> CertifiedPoint | CertifiedSpherePoint | NotCertified:
    try:
        W, H, b = parts_of(problem, x)
        if isinstance(problem, Spheres):
            return certify_sphere_point(problem, W, H, bits)
        return certify_critical_point(problem, W, H, b, bits)
    except (ArithmeticError, ValueError, NcproofsError) as error:  # the loss is undefined somewhere in the box
        return NotCertified(f"{type(error).__name__} in ball arithmetic at {bits} bits")


def _on_continuum(problem: Problem, x: Array, name: str) -> Classified | None:
    if isinstance(problem, Spheres):
        W, H, _ = parts_of(problem, x)
        found = continua.sphere_continuum(problem, name, W, H, 128)
    else:
        assert isinstance(problem, Ridge)  # label sets lie on no known continuum
        found = continua.mse_continuum(problem, name, 256)
    if found is None:
        return None
    seen, exact = terrain_of(problem).value(x), float(found.value.lower)
    if abs(seen - exact) > _SAME_VALUE * max(1, abs(exact)):
        return Classified(kind="not critical", reason=f"value {seen} in floats, but {exact} on {found.family}")
    return Classified(
        kind="certified", how=f"closed form: {found.family}", value=found.value, smallest=found.smallest,
        rank=found.rank, index=found.index, nullity=found.nullity, orbit_dimension=found.orbit_dimension,
        bits=found.bits,
    )
