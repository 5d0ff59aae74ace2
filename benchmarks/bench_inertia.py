"""Verified floats against scipy's eigenvalues without bounds, and against balls: one process, ratios.

Run from the repository: python benchmarks/bench_inertia.py
OPENBLAS_NUM_THREADS sets the threads; it is 1 unless set.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import scipy.linalg
from bench_balls import machine
from flint import arb_mat
from numpy.typing import NDArray

from ncproofs.arithmetic import inertia as balls
from ncproofs.arithmetic.floating import exact_residual
from ncproofs.arithmetic.verified_floats import (
    eigenvalue_bounds,
    inertia,
    positive_definite,
    smallest_eigenvalue_bound,
)

BITS = 128
SEED = 4
SIZES = (200, 500, 1000, 2000)
LARGEST_BALLS, LARGEST_EXACT = 200, 1000


def symmetric(n: int) -> NDArray[np.float64]:
    """Independent normal entries: eigenvalues of both signs between -sqrt(2 n) and sqrt(2 n)."""
    square = np.random.default_rng(SEED).standard_normal((n, n))
    return (square + square.T) / 2


def timed(work: Callable[[], object], rounds: int) -> tuple[float, object]:
    """The best time of a call, and its answer."""
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        answer = work()
        best = min(best, time.perf_counter() - started)
    return best, answer


def rows(n: int, A: NDArray[np.float64]) -> list[tuple[str, Callable[[], object]]]:
    gram = A @ A + np.eye(n)
    gram = (gram + gram.T) / 2
    work: list[tuple[str, Callable[[], object]]] = [
        ("numpy eigh, unverified", lambda: len(np.linalg.eigh(A)[0])),
        ("inertia, float residual", lambda: inertia(A)),
        ("definite, float residual", lambda: positive_definite(gram)),
        ("smallest eigenvalue, float residual", lambda: smallest_eigenvalue_bound(gram) is not None),
    ]
    if n <= LARGEST_EXACT:
        work += [
            ("inertia, exact residual", lambda: inertia(A, residual=exact_residual)),
            ("definite, exact residual", lambda: positive_definite(gram, residual=exact_residual)),
        ]
    if n <= LARGEST_BALLS:
        exact = arb_mat(n, n, A.ravel().tolist())
        work += [
            (f"inertia, balls of {BITS} bits", lambda: balls.inertia(exact, BITS)),
            (f"inertia, LDL' in balls of {8 * BITS} bits", lambda: balls.ldl_inertia(exact, 8 * BITS)),
        ]
    return work


def main() -> None:
    write = sys.stdout.write
    threads = os.environ["OPENBLAS_NUM_THREADS"]
    write(f"command: python benchmarks/bench_inertia.py\nmachine: {machine()}\n")
    versions = f"numpy {np.__version__}, scipy {scipy.__version__}"
    write(f"{versions}, {threads} BLAS threads; best of 3, above 1 s of 1\n")
    for n in SIZES:
        A = symmetric(n)
        base, values = timed(lambda A=A: scipy.linalg.eigvalsh(A), 3)  # type: ignore[misc]
        smallest = float(np.abs(values).min())  # type: ignore[call-overload]
        write(f"\nn = {n}, smallest |eigenvalue| {smallest:.1e}\n")
        write(f"{'scipy eigvalsh, unverified':<38} {base:>9.4f}s {'1.0x':>8}\n")
        for name, work in rows(n, A):
            seconds, answer = timed(work, 1)
            if seconds < 1:
                seconds, answer = timed(work, 3)
            write(f"{name:<38} {seconds:>9.4f}s {seconds / base:>7.1f}x  {answer}\n")
        bounds = eigenvalue_bounds(A)
        if bounds is not None:
            write(f"widest eigenvalue enclosure, float residual: "
                  f"{float(max(u - v for u, v in zip(bounds.upper, bounds.lower, strict=True))):.1e}\n")


if __name__ == "__main__":
    main()
