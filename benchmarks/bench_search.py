"""Critical points per minute: found and certified here, against solvers that only converge.

Run from the repository: OPENBLAS_NUM_THREADS=1 python benchmarks/bench_search.py [STARTS]

Random starts from seed 0 go to
    ours      the search with all its methods, and the certification of every distinct point (the same random streams,
              but several methods draw reduced or structured starts from them, so the starts are not the same points);
    solver    pymanopt's trust regions on the same manifold, with the same gradients and Hessians, where it is
              installed and runs; scipy's least squares on the gradient, which also stops at saddles.
Two processes each, their start included.
A run counts as stationary when |gradient| <= 1e-9 of the largest Hessian eigenvalue. Found by a solver are distinct
points modulo symmetry, told apart by the same code as ours; none of them is certified.
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

from ncproofs.campaign import Campaign, run
from ncproofs.campaign_file import Heading
from ncproofs.critical.certify import terrain_of
from ncproofs.critical.random_points import Candidate, Distinct, Found, candidate_at, chosen
from ncproofs.losses import cross_entropy, focal
from ncproofs.problems.features import FeatureProblem, Ridge, Spheres

SETTINGS: tuple[FeatureProblem, ...] = (
    Ridge(cross_entropy(), 4, 5, 1, "1/200", "1/100"),
    Ridge(focal(2), 5, 5, 1, "1/200", "1/200"),
    Spheres(cross_entropy(), 4, 5, 1, 3),
    Spheres(focal(2), 5, 6, 1, 2),
)
Solver = Callable[[FeatureProblem, np.ndarray], np.ndarray]


def by_pymanopt(problem: FeatureProblem, x: np.ndarray) -> np.ndarray:
    """Trust regions of pymanopt, on products of spheres or Euclidean space, with exact derivatives."""
    import pymanopt

    terrain = terrain_of(problem)
    shape = (problem.d, x.size // problem.d) if isinstance(problem, Spheres) else (x.size,)
    manifold = (pymanopt.manifolds.Oblique(*shape) if isinstance(problem, Spheres)
                else pymanopt.manifolds.Euclidean(*shape))

    @pymanopt.function.numpy(manifold)
    def cost(point: np.ndarray) -> float:
        return terrain.value(point.ravel())

    @pymanopt.function.numpy(manifold)
    def gradient(point: np.ndarray) -> np.ndarray:
        return terrain.pulled_back(point.ravel())[1].reshape(shape)

    @pymanopt.function.numpy(manifold)
    def hessian(point: np.ndarray, vector: np.ndarray) -> np.ndarray:
        local = terrain.local(point.ravel())
        if local.frame is None:
            return (local.hessian @ vector.ravel()).reshape(shape)
        inner = np.einsum("aij,ia->aj", local.frame, vector).ravel()
        return np.einsum("aij,aj->ia", local.frame, (local.hessian @ inner).reshape(shape[1], -1))

    told = pymanopt.Problem(manifold, cost, riemannian_gradient=gradient, riemannian_hessian=hessian)
    solver = pymanopt.optimizers.TrustRegions(verbosity=0, min_gradient_norm=1e-11, max_time=30)
    return np.asarray(solver.run(told, initial_point=x.reshape(shape)).point).ravel()


def by_scipy(problem: FeatureProblem, x: np.ndarray) -> np.ndarray:
    """scipy's least squares on the gradient of the pulled-back objective: stationary points of any index."""
    from scipy.optimize import least_squares

    terrain = terrain_of(problem)
    found = least_squares(lambda v: terrain.pulled_back(v)[1], x, xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=200)
    return terrain.normal(found.x)


def _solved(order: tuple[str, FeatureProblem, int]) -> tuple[int, list[float]]:
    name, problem, number = order
    terrain = terrain_of(problem)
    x = terrain.random(np.random.default_rng([0, number]))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return number, SOLVERS[name](problem, x).tolist()


SOLVERS: dict[str, Solver] = {"pymanopt": by_pymanopt, "scipy": by_scipy}


def solver_run(name: str, problem: FeatureProblem, starts: int) -> tuple[int, int, float]:
    """(stationary runs, distinct points, seconds) on two processes."""
    distinct, stationary, began = Distinct(terrain_of(problem)), 0, time.perf_counter()
    with get_context("spawn").Pool(2) as pool:
        for number, x in pool.imap(_solved, [(name, problem, i) for i in range(starts)]):
            candidate = candidate_at(problem, number, name, np.array(x))
            stationary += candidate.converged
            if candidate.converged:
                distinct.add(candidate)
        return stationary, len(distinct.kept), time.perf_counter() - began


def our_run(problem: FeatureProblem, starts: int) -> tuple[int, int, int, float]:
    """(converged, distinct, certified, seconds) on two processes."""
    heading = Heading(problem, 0, chosen(None), problem.loss.name)
    began = time.perf_counter()
    events = list(run(Campaign(heading, tuple(range(starts))), jobs=2))
    seconds = time.perf_counter() - began
    points = [event for event in events if isinstance(event, Found)]
    converged = sum(event.converged for event in events if isinstance(event, Candidate))
    return converged, len(points), sum(point.classified.is_certified for point in points), seconds


def main() -> int:
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else 120
    names = list(SOLVERS)
    try:
        import pymanopt
        sys.stdout.write(f"pymanopt {pymanopt.__version__}, numpy {np.__version__}, {starts} starts, two processes\n")
    except ImportError as error:
        sys.stdout.write(f"pymanopt is not installed ({error}); scipy alone, numpy {np.__version__}\n")
        names.remove("pymanopt")
    totals: dict[str, list[Any]] = {name: [0, 0, 0.0] for name in ["ours", *names]}
    for problem in SETTINGS:
        sys.stdout.write(f"{problem}\n")
        converged, distinct, certified, seconds = our_run(problem, starts)
        _add(totals["ours"], converged, certified, seconds)
        sys.stdout.write(f"  ours      {converged:4} converged, {distinct:4} distinct, {certified:4} certified, "
                         f"{seconds:6.1f} s: {60 * certified / seconds:7.1f} certified points a minute\n")
        for name in names:
            stationary, distinct, seconds = solver_run(name, problem, starts)
            _add(totals[name], stationary, distinct, seconds)
            sys.stdout.write(f"  {name:9} {stationary:4} stationary, {distinct:4} distinct,    0 certified, "
                             f"{seconds:6.1f} s: {60 * distinct / seconds:7.1f} distinct points a minute\n")
        sys.stdout.flush()
    ours = totals["ours"]
    for name in names:
        theirs = totals[name]
        sys.stdout.write(
            f"ours / {name}: {_ratio(ours, theirs, 0)} in converged runs a minute, "
            f"{_ratio(ours, theirs, 1)} in distinct points a minute (ours certified)\n"
        )
    return 0


def _ratio(ours: list[Any], theirs: list[Any], place: int) -> str:
    rate = theirs[place] / theirs[2]
    return f"{ours[place] / ours[2] / rate:.2f}" if rate else "infinite"


def _add(total: list[Any], *values: float) -> None:
    for place, value in enumerate(values):
        total[place] += value


if __name__ == "__main__":
    raise SystemExit(main())
