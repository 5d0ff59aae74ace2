"""The laws of an embedded manifold: what ``ncproofs.testing.conformance.check_manifold`` looks at, in floats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ncproofs.errors import InvalidProblem
from ncproofs.manifold import Manifold
from ncproofs.testing.laws import hold

__all__ = ["check_manifold"]

#: Singular values of a projection are 0 and 1.
_HALF = 0.5
#: A step small enough for a constraint to be linear, and the share of it that tells a kink.
_STEP, _TURN = 1e-6, 1e-3
#: Directions, in ambient coordinates, up to which constraints are looked at one by one.
_NORMAL = 24
#: Slopes below this share of the largest are none; constraints bend, which looks like a slope of less than the other.
_SEEN, _CURVED = 1e-3, 1e-5


def check_manifold(manifold: Manifold, *, examples: int = 10, seed: int = 0, tolerance: float = 1e-9) -> None:
    """Laws of an embedded manifold, in floats.

    1. random points and retracted points lie on it; 2. the projection is idempotent, symmetric and linear, and the
    Riemannian gradient is the projected gradient; 3. the retraction moves along the tangent vector to first order, and
    its second-order part is normal; 4. the Riemannian Hessian of a quadratic is tangent, symmetric, and gives the
    second derivative along the retraction; 5. ``dimension`` is the rank of the projection, and every direction that
    the projection removes leaves the manifold: ``defect`` grows along it (looked at where it removes at most 24).

    Raises:
        Unlawful: a law is broken.
        InvalidProblem: not a manifold.
    """
    import numpy as np

    if not isinstance(manifold, Manifold):
        raise InvalidProblem(f"{manifold!r} is no Manifold; write for example check_manifold(Oblique(3, 4))")
    rng = np.random.default_rng(seed)
    for number in range(examples):
        point = manifold.random_point(rng)
        for law, yes in _laws(manifold, point, rng, tolerance):
            hold(law, f"example {number} of seed {seed} on {manifold}", yes)


def _laws(manifold: Manifold, X: Any, rng: Any, tolerance: float) -> Iterator[tuple[str, bool]]:
    inner, combine, project = manifold.inner_product, manifold.combination, manifold.projection

    def small(vector: Any) -> bool:
        return bool(inner(vector, vector) ** 0.5 < tolerance)

    yield "random points lie on the manifold", manifold.defect(X) < tolerance
    left, right = manifold.random_ambient(rng), manifold.random_ambient(rng)
    U, V = project(X, left), project(X, right)
    yield "the projection is idempotent", small(combine(1, project(X, U), -1, U))
    yield "the projection is symmetric", abs(inner(U, right) - inner(left, V)) < tolerance
    yield "the projection is linear", small(
        combine(1, project(X, combine(2, left, 3, right)), -1, combine(2, U, 3, V)))
    yield "the Riemannian gradient is the projected gradient", small(
        combine(1, manifold.riemannian_gradient(X, left), -1, U))
    yield from _rank_laws(manifold, X, left, rng)
    if not manifold.dimension:
        return
    U, V, step = manifold.random_tangent(X, rng), manifold.random_tangent(X, rng), 1e-4
    moved = manifold.retraction(X, combine(step, U, 0, U))
    yield "retracted points lie on the manifold", manifold.defect(moved) < tolerance
    second = combine(1 / step, combine(1, moved, -1, X), -1, U)
    yield "the retraction moves along the tangent vector", bool(inner(second, second) ** 0.5 < 10 * step)
    tangential = project(X, second)
    yield "the retraction is of second order", bool(inner(tangential, tangential) ** 0.5 < 100 * step**2)
    yield from _hessian_laws(manifold, X, U, V, rng, tolerance)


def _rank_laws(manifold: Manifold, X: Any, ambient: Any, rng: Any) -> Iterator[tuple[str, bool]]:
    """By the matrix of the projection: its singular values are 0 and 1, its kernel the normal directions."""
    import numpy as np

    size = _flat(ambient).size
    columns = [_flat(manifold.projection(X, _shaped(unit, ambient))) for unit in np.eye(size)]
    vectors, values, _ = np.linalg.svd(np.array(columns).T)
    rank = int((values > _HALF).sum())
    yield f"dimension is the rank of the projection ({manifold.dimension} and {rank})", rank == manifold.dimension
    removed = vectors[:, rank:]
    if 0 < removed.shape[1] <= _NORMAL:
        seen = _constraints(manifold, X, removed, ambient, rng)
        yield ("every direction that the projection removes leaves the manifold "
               f"({removed.shape[1]} removed, {seen} leave)"), seen == removed.shape[1]


def _constraints(manifold: Manifold, X: Any, removed: Any, ambient: Any, rng: Any) -> int:
    """How many of the removed directions the constraints see to first order.

    c -> defect(X + t removed c)/t is nearly sum_i |<g_i, c>|, g_i the slopes of the constraints: its gradients at
    random c are signed sums of the g_i, and enough of them span what the g_i span.
    """
    import numpy as np

    count = removed.shape[1]

    def size(c: Any) -> float:
        step = _shaped(removed @ c, ambient)
        return float(manifold.defect(manifold.combination(1, X, _STEP, step))) / _STEP

    slopes = []
    for _ in range(4 * count + 16):
        c = rng.standard_normal(count)
        here = size(c)
        slopes.append([(size(c + _TURN * unit) - here) / _TURN for unit in np.eye(count)])
    seen = np.linalg.svd(np.array(slopes), compute_uv=False)
    return int((seen > max(_SEEN * seen[0], _CURVED * len(slopes) ** 0.5)).sum())


def _flat(vector: Any) -> Any:
    """The numbers of an ambient vector; those of the factors of a product one after the other."""
    import numpy as np

    if isinstance(vector, (tuple, list)):
        return np.concatenate([_flat(part) for part in vector])
    return np.asarray(vector, dtype=np.float64).ravel()


def _shaped(numbers: Any, like: Any) -> Any:
    """The inverse of ``_flat``."""
    if not isinstance(like, (tuple, list)):
        return numbers.reshape(like.shape)
    parts, place = [], 0
    for part in like:
        size = _flat(part).size
        parts.append(_shaped(numbers[place : place + size], part))
        place += size
    return tuple(parts)


def _hessian_laws(manifold: Manifold, X: Any, U: Any, V: Any, rng: Any, tolerance: float) -> Iterator[tuple[str, bool]]:
    """With f(X) = <A, X>^2/2 + <B, X>: egrad = <A, X> A + B and ehess[U] = <A, U> A."""
    inner, combine = manifold.inner_product, manifold.combination
    A, B = manifold.random_ambient(rng), manifold.random_ambient(rng)

    def value(point: Any) -> float:
        return float(inner(A, point) ** 2 / 2 + inner(B, point))

    slopes = combine(inner(A, X), A, 1, B)

    def hessian(tangent: Any) -> Any:
        return manifold.riemannian_hessian(X, slopes, combine(inner(A, tangent), A, 0, A), tangent)

    HU, HV = hessian(U), hessian(V)
    scale = 1 + abs(inner(HU, HU)) ** 0.5 + abs(inner(HV, HV)) ** 0.5
    off = combine(1, HU, -1, manifold.projection(X, HU))
    yield "the Riemannian Hessian is tangent", bool(inner(off, off) ** 0.5 < tolerance * scale)
    yield "the Riemannian Hessian is symmetric", bool(abs(inner(V, HU) - inner(U, HV)) < tolerance * scale)
    t = 1e-3
    ahead, behind = (value(manifold.retraction(X, combine(sign * t, U, 0, U))) for sign in (1, -1))
    seen = (ahead - 2 * value(X) + behind) / t**2
    yield ("the Riemannian Hessian is the second derivative along the retraction",
           bool(abs(seen - inner(U, HU)) < 1e-4 * scale * (1 + abs(value(X)))))
