"""Certified duality gap against the gap that Clarabel reports, and the time of both, on the same instances.

Run: python benchmarks/bench_networks.py (needs the extra `convex`). One line an instance:

    ours      upper bound of primal minus dual value, certified in balls at 60 digits, and seconds for it
    reported  difference of the two objective values that Clarabel returns, and seconds of cvxpy and Clarabel
    true      how far Clarabel's objective certainly is from the minimum
    checked   certified gap of Clarabel's own numbers, rounded to fractions and made feasible
"""

from __future__ import annotations

import random
import sys
import time
from fractions import Fraction

from ncproofs.critical.network_optimum import network_optimum
from ncproofs.critical.network_oracle import second_opinion
from ncproofs.errors import MissingDependency
from ncproofs.problems.networks import Network, linear, relu


def rational(seed: int, n: int, d: int) -> list[list[Fraction]]:
    rng = random.Random(seed)
    return [[Fraction(rng.randint(-9, 9), 3) for _ in range(d)] for _ in range(n)]


INSTANCES: dict[str, Network] = {
    "linear n=10 d=5 K=1": linear(rational(1, 10, 5), rational(2, 10, 1), "1/2"),
    "linear n=10 d=6 K=4": linear(rational(3, 10, 6), rational(4, 10, 4), "2"),
    "linear n=30 d=10 K=5": linear(rational(5, 30, 10), rational(6, 30, 5), "20"),
    "relu n=6 d=2": relu(rational(7, 6, 2), rational(8, 6, 1), "1/2"),
    "relu n=12 d=2": relu(rational(9, 12, 2), rational(10, 12, 1), "1/2"),
    "relu n=6 d=3": relu(rational(11, 6, 3), rational(12, 6, 1), "1/2"),
    "relu n=8 d=3": relu(rational(13, 8, 3), rational(14, 8, 1), "1/10"),
    "relu n=10 d=3": relu(rational(15, 10, 3), rational(16, 10, 1), "1"),
    "relu n=8 d=4": relu(rational(17, 8, 4), rational(18, 8, 1), "1"),
}


def main() -> int:
    header = ("instance", "ours", "s", "reported", "s", "true", "checked", "faster")
    print("{:<22}{:>10}{:>8}{:>10}{:>8}{:>10}{:>10}{:>8}".format(*header))
    network_optimum(INSTANCES["relu n=6 d=2"])  # imports are not measured
    try:
        second_opinion(INSTANCES["relu n=6 d=2"])
    except MissingDependency as error:
        print(error)
        return 0
    for name, problem in INSTANCES.items():
        started = time.perf_counter()
        found = network_optimum(problem, digits=60)
        ours = time.perf_counter() - started
        opinion = second_opinion(problem)
        objective = found.quantities["objective"]
        off = max(opinion.reported - objective.upper, objective.lower - opinion.reported, Fraction(0))
        checked = opinion.checked.upper - opinion.checked.lower
        gap = found.quantities["gap"].upper
        print(f"{name:<22}{_short(gap):>10}{ours:>8.2f}{_short(opinion.reported_gap):>10}{opinion.seconds:>8.2f}"
              f"{_short(off):>10}{_short(checked):>10}{opinion.seconds / ours:>7.1f}x")
    return 0


def _short(value: Fraction) -> str:
    return f"{float(value):.1e}"


if __name__ == "__main__":
    sys.exit(main())
