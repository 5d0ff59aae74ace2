"""The search for codes against plain HardMax subgradient descent (the published approach), at equal time: values.

Both get the same seconds on one thread and as many random starts as fit; the best margin rho(W) = 1 - c(W) or the
least HardMax that was reached is shown, in floats, with the best value known to us.

Run from the repository: python benchmarks/bench_codes.py [SECONDS]
OPENBLAS_NUM_THREADS sets the threads; it is 1 unless set.
"""

from __future__ import annotations

import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from bench_balls import machine
from numpy.typing import NDArray

from ncproofs.critical.code_search import largest_cosine, search

Array = NDArray[np.float64]
KNOWN = {(3, 12): 0.5527864045, (3, 13): 0.4573635132, (4, 24): 0.5}
SEED = 0
STEPS = 4000


def hardmax(W: Array, H: Array) -> tuple[float, Array, Array]:
    """HardMax(W, H) and one subgradient; rows are classifiers and features."""
    scores = H @ W.T
    gaps = scores - np.diag(scores)[:, None]
    np.fill_diagonal(gaps, -np.inf)
    k, j = np.unravel_index(int(np.argmax(gaps)), gaps.shape)
    slope_w, slope_h = np.zeros_like(W), np.zeros_like(H)
    slope_w[j] += H[k]
    slope_w[k] -= H[k]
    slope_h[k] = W[j] - W[k]
    return float(gaps[k, j]), slope_w, slope_h


def descent(K: int, d: int, rng: np.random.Generator, until: float) -> float:
    """Projected subgradient descent on W and H from one random start, steps a/sqrt(t); the best margin on the way."""
    W, H = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in rng.standard_normal((2, K, d)))
    best = -np.inf
    for t in range(1, STEPS + 1):
        value, slope_w, slope_h = hardmax(W, H)
        best = max(best, -value)
        step = 0.3 / np.sqrt(t)
        W = W - step * slope_w
        H = H - step * slope_h
        W /= np.linalg.norm(W, axis=1, keepdims=True)
        H /= np.linalg.norm(H, axis=1, keepdims=True)
        if t % 100 == 0 and time.perf_counter() > until:
            break
    return best


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    print(machine())
    print(f"{seconds:g} s each, one thread, seed {SEED}")
    print(f"{'(d, K)':>9}  {'best known':>12}  {'this search':>12}  starts  {'subgradient':>12}  starts")
    for (d, K), known in KNOWN.items():
        until, found, starts = time.perf_counter() + seconds, -np.inf, 0
        while time.perf_counter() < until:
            found = max(found, 1 - largest_cosine(search(K, d, starts=6, seed=SEED + starts).W))
            starts += 6
        rng, until = np.random.default_rng(SEED), time.perf_counter() + seconds
        plain, tries = -np.inf, 0
        while time.perf_counter() < until:
            plain = max(plain, descent(K, d, rng, until))
            tries += 1
        row = f"{f'({d}, {K})':>9}  {known:12.10f}  {found:12.10f}  {starts:6d}  {plain:12.10f}  {tries:6d}"
        print(row, flush=True)


if __name__ == "__main__":
    main()
