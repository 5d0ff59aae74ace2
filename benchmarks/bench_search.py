"""Critical points per minute: found and certified here, against solvers that only converge, from the same starts.

Run from the repository: OPENBLAS_NUM_THREADS=1 python benchmarks/bench_search.py [STARTS]    (pip install pymanopt)

The starts are points of the full manifold: in turn random ones, and ones with merged or flipped classes, disturbed by
a hundredth. Exactly these points go to
    ours      Levenberg-Marquardt on the gradient or eigenvector following in turn, then Newton's method; every
              distinct point is certified;
    descent   pymanopt's trust regions on the objective;
    squares   pymanopt's trust regions on |grad f|^2 / 2 with Hessian A^2 (Gauss-Newton): saddles are minima of it;
    scipy     scipy's least squares on the gradient, which stops at saddles too.
All have the same exact gradients and Hessians and two processes, their start included; the solvers take turns,
setting by setting. A run counts as stationary when |gradient| <= 1e-9 of the largest Hessian eigenvalue. Distinct
points are told apart modulo symmetry by the same code, in the time of each; only ours are certified.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from ncproofs.critical.certify import certify, terrain_of
from ncproofs.critical.random_points import Distinct, candidate_at
from ncproofs.critical.seekers import eigenvector_following, levenberg_marquardt, newton
from ncproofs.critical.terrain import Local, Terrain
from ncproofs.losses import cross_entropy, focal
from ncproofs.problems.features import FeatureProblem, Ridge, Spheres

SETTINGS: tuple[FeatureProblem, ...] = (
    Ridge(cross_entropy(), 4, 5, 1, "1/200", "1/100"),
    Ridge(focal(2), 5, 5, 1, "1/200", "1/200"),
    Spheres(cross_entropy(), 4, 5, 1, 3),
    Spheres(focal(2), 5, 6, 1, 2),
)
Solver = Callable[[FeatureProblem, np.ndarray, int], np.ndarray]
_ITERATIONS = 300


def start(problem: FeatureProblem, number: int) -> np.ndarray:
    """Start ``number``, a point of the full manifold."""
    terrain, rng = terrain_of(problem), np.random.default_rng([0, number])
    if number % 4 < 2:
        return terrain.random(rng)
    x = terrain.structured(rng)
    return terrain.normal(x + 0.01 * rng.standard_normal(x.shape))


def by_us(problem: FeatureProblem, x: np.ndarray, number: int) -> np.ndarray:
    terrain = terrain_of(problem)
    if number % 2:
        index = int(np.random.default_rng([1, number]).integers(0, max(2, terrain.dimension // 2)))
        return newton(terrain, eigenvector_following(terrain, x, index))
    return newton(terrain, levenberg_marquardt(terrain, x))


def by_descent(problem: FeatureProblem, x: np.ndarray, number: int) -> np.ndarray:
    """Trust regions of pymanopt on the objective."""
    terrain = terrain_of(problem)
    return _trust_regions(problem, x, terrain.value, lambda local: local.gradient, lambda local, v: local.hessian @ v)


def by_gradient_squared(problem: FeatureProblem, x: np.ndarray, number: int) -> np.ndarray:
    """Trust regions of pymanopt on half the squared length of the gradient: stationary points of any index."""
    terrain = terrain_of(problem)

    def half_square(point: np.ndarray) -> float:
        return float((terrain.local(point).gradient ** 2).sum() / 2)

    return _trust_regions(problem, x, half_square, lambda local: local.hessian @ local.gradient,
                          lambda local, v: local.hessian @ (local.hessian @ v))


def _trust_regions(problem: FeatureProblem, x: np.ndarray, value: Callable[[np.ndarray], float],
                   slope: Callable[[Local], np.ndarray], bend: Callable[[Local, np.ndarray], np.ndarray]) -> np.ndarray:
    """On a product of spheres or Euclidean space; ``slope`` and ``bend`` in coordinates of the tangent space."""
    import pymanopt

    terrain, spheres = terrain_of(problem), isinstance(problem, Spheres)
    shape = (problem.d, x.size // problem.d) if spheres else (x.size,)
    manifold = pymanopt.manifolds.Oblique(*shape) if spheres else pymanopt.manifolds.Euclidean(*shape)
    seen = _Last(terrain)

    @pymanopt.function.numpy(manifold)
    def cost(point: np.ndarray) -> float:
        return value(point.ravel())

    @pymanopt.function.numpy(manifold)
    def gradient(point: np.ndarray) -> np.ndarray:
        local = seen.at(point)
        return _ambient(local, slope(local), shape)

    @pymanopt.function.numpy(manifold)
    def hessian(point: np.ndarray, vector: np.ndarray) -> np.ndarray:
        local = seen.at(point)
        inner = vector.ravel() if local.frame is None else np.einsum("aij,ia->aj", local.frame, vector).ravel()
        return _ambient(local, bend(local, inner), shape)

    told = pymanopt.Problem(manifold, cost, riemannian_gradient=gradient, riemannian_hessian=hessian)
    solver = pymanopt.optimizers.TrustRegions(
        verbosity=0, min_gradient_norm=1e-12, max_iterations=_ITERATIONS, max_time=30)
    return np.asarray(solver.run(told, initial_point=x.reshape(shape)).point).ravel()


class _Last:
    """Gradient and Hessian at the point asked for last: conjugate gradients ask many times at one point."""

    def __init__(self, terrain: Terrain) -> None:
        self.terrain, self.point, self.local = terrain, np.zeros(0), None

    def at(self, point: np.ndarray) -> Local:
        if self.local is None or not np.array_equal(self.point, point):
            self.point, self.local = point.copy(), self.terrain.local(point.ravel())
        return self.local


def _ambient(local: Local, inner: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if local.frame is None:
        return inner.reshape(shape)
    return np.einsum("aij,aj->ia", local.frame, inner.reshape(shape[1], -1))


def by_scipy(problem: FeatureProblem, x: np.ndarray, number: int) -> np.ndarray:
    """scipy's least squares on the gradient of the pulled-back objective: stationary points of any index."""
    from scipy.optimize import least_squares

    terrain = terrain_of(problem)
    found = least_squares(lambda v: terrain.pulled_back(v)[1], x, xtol=1e-15, ftol=1e-15, gtol=1e-15,
                          max_nfev=_ITERATIONS)
    return terrain.normal(found.x)


SOLVERS: dict[str, Solver] = {
    "ours": by_us, "descent": by_descent, "squares": by_gradient_squared, "scipy": by_scipy,
}


def _solved(order: tuple[str, FeatureProblem, int]) -> tuple[int, np.ndarray]:
    name, problem, number = order
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return number, SOLVERS[name](problem, start(problem, number), number)
        except np.linalg.LinAlgError:
            return number, np.zeros(0)


def _is_certified(order: tuple[FeatureProblem, np.ndarray]) -> bool:
    return certify(*order).is_certified


def measured(name: str, problem: FeatureProblem, starts: int) -> tuple[int, int, int, int, float]:
    """(stationary runs, distinct points, of these not minima, certified, seconds) on two processes."""
    distinct, stationary, began = Distinct(terrain_of(problem)), 0, time.perf_counter()
    with get_context("spawn").Pool(2) as pool:
        for number, x in pool.imap(_solved, [(name, problem, i) for i in range(starts)]):
            candidate = candidate_at(problem, number, name, x)
            stationary += candidate.converged
            if candidate.converged:
                distinct.add(candidate)
        certified = 0
        if name == "ours":
            certified = sum(pool.imap(_is_certified, [(problem, found.x) for found in distinct.kept]))
    saddles = sum(found.index > 0 for found in distinct.kept)
    return stationary, len(distinct.kept), saddles, certified, time.perf_counter() - began


def main() -> int:
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else 120
    names = list(SOLVERS)
    try:
        import pymanopt
        sys.stdout.write(f"pymanopt {pymanopt.__version__}, numpy {np.__version__}, {starts} starts, two processes\n")
    except ImportError as error:
        sys.stdout.write(f"pymanopt is not installed ({error}); scipy alone, numpy {np.__version__}\n")
        names = ["ours", "scipy"]
    totals: dict[str, list[Any]] = {name: [0, 0, 0.0] for name in names}
    for problem in SETTINGS:
        sys.stdout.write(f"{problem}\n")
        for name in names:
            stationary, distinct, saddles, certified, seconds = measured(name, problem, starts)
            for place, value in enumerate((stationary, certified if name == "ours" else distinct, seconds)):
                totals[name][place] += value
            sys.stdout.write(
                f"  {name:8} {stationary:4} stationary, {distinct:3} distinct ({saddles:3} not minima), {certified:3} "
                f"certified, {seconds:6.1f} s\n")
            sys.stdout.flush()
    for name, (stationary, points, seconds) in totals.items():
        what = "certified points" if name == "ours" else "distinct points, none certified"
        sys.stdout.write(f"{name:8} a minute: {60 * stationary / seconds:7.1f} stationary runs, "
                         f"{60 * points / seconds:6.1f} {what}\n")
    ours = totals["ours"]
    for name in names[1:]:
        theirs = totals[name]
        sys.stdout.write(f"ours / {name}: {_ratio(ours, theirs, 0)} in stationary runs a minute, "
                         f"{_ratio(ours, theirs, 1)} in distinct points a minute (ours certified)\n")
    return 0


def _ratio(ours: list[Any], theirs: list[Any], place: int) -> str:
    rate = theirs[place] / theirs[2]
    return f"{ours[place] / ours[2] / rate:.2f}" if rate else "infinite"


if __name__ == "__main__":
    raise SystemExit(main())
