"""Ball evaluation against mpmath at equal precision: one expression, one process, ratios.

Run from the repository: python benchmarks/bench_balls.py
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from fractions import Fraction

import flint
import mpmath
import sympy

from ncproofs.arithmetic.ball import LADDER, Ball
from ncproofs.arithmetic.digits import Digits
from ncproofs.arithmetic.program import lower
from ncproofs.arithmetic.series import BallSeries

# Focal loss with gamma = 5/2 at a simplex point with K = 10 and margin x: exp, log, real powers.
X = sympy.Symbol("x")
P = 1 / (1 + 9 * sympy.exp(-X))
LOSS = -((1 - P) ** sympy.Rational(5, 2)) * sympy.log(P)


def machine() -> str:
    """One line that says where the figures were taken."""
    versions = f"Python {platform.python_version()}, flint {flint.__FLINT_VERSION__}"
    versions += f", mpmath {mpmath.__version__}"
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores; {versions}"


def seconds(work: Callable[[], object], rounds: int = 7) -> float:
    """The median time of one call, over ``rounds`` rounds of at least 20 ms each."""
    work()
    repeat, elapsed = 1, 0.0
    while elapsed < 0.02:
        repeat *= 2
        started = time.perf_counter()
        for _ in range(repeat):
            work()
        elapsed = time.perf_counter() - started
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(repeat):
            work()
        times.append((time.perf_counter() - started) / repeat)
    return statistics.median(times)


def main() -> None:
    write = sys.stdout.write
    write(f"command: python benchmarks/bench_balls.py\nmachine: {machine()}\n")
    program = lower([LOSS, sympy.diff(LOSS, X, 2)], [X])
    value = lower([LOSS], [X])
    write(f"focal loss and its second derivative, {len(program.steps)} steps; times per evaluation\n")
    write(" bits      balls     mpmath  mpmath/balls     series  closed/series\n")
    for bits in LADDER:
        ball, series, digits = Ball(bits), BallSeries(bits, 2), Digits(mpmath.libmp.prec_to_dps(bits))
        at = ball.constant(Fraction(7, 3))
        along = series.line(at, ball.constant(1))
        estimate = digits.constant(Fraction(7, 3))

        def in_balls(ball: Ball = ball, at: object = at) -> object:
            with ball.working():
                return program.run(ball, {"x": at})

        exact = seconds(in_balls)
        float_like = seconds(lambda d=digits, x=estimate: program.run(d, {"x": x}))  # type: ignore[misc]
        jets = seconds(lambda s=series, x=along: value.run(s, {"x": x}))  # type: ignore[misc]
        write(f"{bits:>5} {exact * 1e6:>8.1f}us {float_like * 1e6:>8.1f}us {float_like / exact:>13.1f} "
              f"{jets * 1e6:>8.1f}us {exact / jets:>14.2f}\n")


if __name__ == "__main__":
    main()
