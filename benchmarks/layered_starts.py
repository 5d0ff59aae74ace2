"""Descent from random starts against the certified minimum and the predicted local minima, on thirteen settings.

    python benchmarks/layered_starts.py [STARTS]

No run may end below the certified minimum; runs of two layers or more end at the predicted local minima.
"""

from __future__ import annotations

import sys
import time

from ncproofs.critical.layered_optimum import layered_optimum
from ncproofs.critical.layered_points import critical_points
from ncproofs.critical.layered_search import random_descents
from ncproofs.problems.layered import Layered

SETTINGS = {
    "one layer": {"layers": 1, "K": 3, "n": 2, "lambdas": "1/40", "lambda_H": "1/50"},
    "one layer, d < K": {"layers": 1, "K": 4, "widths": 2, "lambdas": "1/40", "lambda_H": "1/50"},
    "one layer, heavy decay": {"layers": 1, "K": 3, "lambdas": "1/2", "lambda_H": "1/2"},
    "one layer, bias, ETF": {"layers": 1, "K": 4, "lambdas": "1/30", "lambda_H": "1/30", "lambda_b": "1/20"},
    "one layer, bias, intermediate": {"layers": 1, "K": 3, "n": 4, "lambdas": "1/50", "lambda_H": "1/100",
                                      "lambda_b": "1/2"},
    "two layers": {"layers": 2, "K": 3, "n": 2, "lambdas": "3/100,1/20", "lambda_H": "1/50"},
    "two layers, wide": {"layers": 2, "K": 2, "widths": "5,4", "lambdas": "1/30,1/20", "lambda_H": "1/25"},
    "two layers, narrow": {"layers": 2, "K": 4, "widths": "4,2", "lambdas": "1/50,1/50", "lambda_H": "1/50"},
    "two layers, metastable": {"layers": 2, "K": 2, "lambdas": "21/50,1", "lambda_H": "1/42"},
    "two layers, bias": {"layers": 2, "K": 3, "lambdas": "1/50,1/40", "lambda_H": "1/30", "lambda_b": "1/10"},
    "two layers, classes 9, 4, 1": {"layers": 2, "K": 3, "lambdas": "1/30,1/30", "lambda_H": "1/30",
                                    "class_sizes": "9,4,1"},
    "two layers, classes 9, 4, 1, free bias": {"layers": 2, "K": 3, "lambdas": "1/30,1/30", "lambda_H": "1/30",
                                               "class_sizes": "9,4,1", "lambda_b": 0},
    "three layers": {"layers": 3, "K": 2, "lambdas": "1/50,1/40,1/30", "lambda_H": "1/30"},
}


def main(starts: int) -> int:
    """Print one row a setting; 1 when a run ends below the certified minimum."""
    worst = 0
    heads = ("certified minimum", "runs", "least - minimum", "local minima reached")
    print(f"{'setting':38} {heads[0]:>18} {heads[1]:>5} {heads[2]:>16} {heads[3]:>22}  s")
    for name, given in SETTINGS.items():
        problem = Layered(**given)  # type: ignore[arg-type]
        started = time.perf_counter()
        least = layered_optimum(problem, digits=30).quantities["objective"]
        runs = [run for run in random_descents(problem, starts=starts) if run.slope < 1e-6]
        gap = min(run.value for run in runs) - float(least.lower)
        worst |= gap < -1e-12
        seconds = time.perf_counter() - started
        row = f"{name:38} {float(least.lower):18.15f} {len(runs):5} {gap:16.1e}"
        print(f"{row} {_reached(problem, runs):>22}  {seconds:.1f}")
    return worst


def _reached(problem: Layered, runs: list) -> str:
    minima = [point for point in critical_points(problem) if point.kind.endswith("minimum")]
    near = [sum(abs(run.value - float(point.value.lower)) < 1e-9 for run in runs) for point in minima]
    other = len(runs) - sum(near)
    return f"{sum(count > 0 for count in near)} of {len(minima)}" + (f", {other} other" if other else "")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 240))
