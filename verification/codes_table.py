"""The table of docs/codes.md: certified lower and upper bounds of rho*(d, K), status and time, as Markdown.

Run from the repository: python verification/codes_table.py [SEED]
"""

from __future__ import annotations

import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from ncproofs.critical.code_optimum import code_optimum
from ncproofs.critical.code_values import literature
from ncproofs.problems.codes import Codes

ROWS = [(3, K) for K in range(4, 25)] + [(4, K) for K in (6, 8, 9, 10, 11, 12, 16, 20, 24)] + [
    (5, K) for K in (7, 10, 11, 12, 16, 20)] + [(6, 27), (7, 56), (8, 240), (21, 112), (21, 162), (22, 100), (22, 275),
                                                (22, 891), (23, 552), (3, 60), (3, 120), (8, 60),
                                                (7, 30), (6, 40), (4, 200), (8, 120)]
SHORT = {"proved optimal": "proved", "strict local optimum, bounded between": "local", "bounded between": "bounded"}


def main() -> None:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    write = sys.stdout.write
    write("| d | K | lower | upper | by | status | contacts | rattlers | elsewhere | time (s) |\n")
    write("|---|---|---|---|---|---|---|---|---|---|\n")
    for d, K in ROWS:
        started = time.perf_counter()
        found = code_optimum(Codes(K, d), digits=12, seed=seed)
        seconds = time.perf_counter() - started
        margin = found.quantities["margin"]
        low, high = margin.decimals(8)
        by = found.because.partition("upper: ")[2].partition(" (")[0] or found.regime
        write(f"| {d} | {K} | {low} | {high} | {by} | {SHORT[found.status]} | {len(found.contacts)} | "
              f"{len(found.rattlers)} | {literature(Codes(K, d))} | {seconds:.1f} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
