"""The certified closed-form Hessian spectrum against a dense Hessian and an eigen-solver, in one process.

Cross-entropy with weight decay at its optimum. Dense, in doubles: the Hessian column by column as
complex-step derivatives of the reverse-mode gradient, then LAPACK; best of three. Dense, at 30 digits: the
same in mpmath, on a smaller problem.

Run from the repository: python benchmarks/bench_spectrum.py
"""

from __future__ import annotations

import sys
import time
from fractions import Fraction

import mpmath
import numpy as np
from bench_balls import machine, seconds
from numpy.typing import NDArray

from ncproofs.critical.spectrum import SpectrumEntry, spectrum
from ncproofs.losses.cross_entropy import cross_entropy
from ncproofs.problems.features import Ridge

DECAY = Fraction(1, 200)
Complex = NDArray[np.complex128]


def gradient(W: Complex, H: Complex, decay: float) -> tuple[Complex, Complex]:
    """The gradient by the backward pass; shapes (..., d, K), n = 1."""
    logits = np.swapaxes(W, -1, -2) @ H
    weights = np.exp(logits - logits.real.max(axis=-2, keepdims=True))
    residual = (weights / weights.sum(axis=-2, keepdims=True) - np.eye(W.shape[-1])) / W.shape[-1]
    return H @ np.swapaxes(residual, -1, -2) + decay * W, W @ residual + decay * H


def optimum(K: int, d: int, decay: float) -> NDArray[np.float64]:
    """The balanced simplex point of margin log(1/c - (K - 1)), c = decay, as W beside H."""
    squared = np.log(1 / decay - (K - 1))
    frame = np.zeros((d, K))
    frame[:K] = np.sqrt(squared) * (np.eye(K) - np.full((K, K), 1 / K))
    return np.stack([frame, frame])


def dense_in_doubles(K: int, d: int) -> NDArray[np.float64]:
    decay, step = float(DECAY), 1e-30
    base = optimum(K, d, decay)
    size, columns = base.size, []
    for start in range(0, size, 120):  # in slices, so that the working set stays small
        rows = np.arange(start, min(start + 120, size))
        moved = np.repeat(base.reshape(1, size).astype(complex), len(rows), axis=0)
        moved[np.arange(len(rows)), rows] += 1j * step
        W, H = moved.reshape(len(rows), 2, d, K).swapaxes(0, 1)
        parts = gradient(W, H, decay)
        columns.append(np.stack(parts, axis=1).reshape(len(rows), size).imag / step)
    hessian = np.concatenate(columns)
    return np.linalg.eigvalsh((hessian + hessian.T) / 2)


def dense_in_mpmath(K: int, d: int, dps: int) -> list[mpmath.mpf]:
    """The same Hessian by complex step in mpmath at ``dps`` digits, and mpmath's symmetric eigen-solver."""
    context = mpmath.MPContext()
    context.dps = dps
    decay = context.mpf(DECAY.numerator) / DECAY.denominator
    step = context.mpf(10) ** (-dps)
    size = context.sqrt(context.log(1 / decay - (K - 1)))
    share = context.mpf(1) / K
    frame = [[size * ((i == j) - share) if i < K else context.zero for j in range(K)] for i in range(d)]
    base = [entry for _ in range(2) for row in frame for entry in row]
    hessian = context.matrix(len(base), len(base))
    for index in range(len(base)):
        moved = [context.mpc(entry) for entry in base]
        moved[index] += context.mpc(0, step)
        for other, slope in enumerate(_mp_gradient(context, moved, K, d, decay)):
            hessian[index, other] = slope.imag / step
    return sorted(context.eigsy(hessian, eigvals_only=True))


def _mp_gradient(context, point, K, d, decay):  # type: ignore[no-untyped-def]
    half = d * K
    W, H = (lambda i, k: point[i * K + k]), (lambda i, k: point[half + i * K + k])
    residual = [[context.zero] * K for _ in range(K)]
    for s in range(K):
        weights = [context.exp(context.fsum(W(i, k) * H(i, s) for i in range(d))) for k in range(K)]
        total = context.fsum(weights)
        for k in range(K):
            residual[k][s] = (weights[k] / total - (k == s)) / K
    to_W = [context.fsum(H(i, s) * residual[k][s] for s in range(K)) + decay * W(i, k)
            for i in range(d) for k in range(K)]
    to_H = [context.fsum(W(i, k) * residual[k][s] for k in range(K)) + decay * H(i, s)
            for i in range(d) for s in range(K)]
    return to_W + to_H


def closed(K: int, d: int, digits: int) -> tuple[SpectrumEntry, ...]:
    problem = Ridge(cross_entropy(), K=K, d=d, n=1, lambda_W=DECAY, lambda_H=DECAY)
    return spectrum(problem, digits=digits)


def disagreement(entries: tuple[SpectrumEntry, ...], dense: list[mpmath.mpf] | NDArray[np.float64]) -> float:
    """The largest difference between the sorted lists."""
    with mpmath.workdps(50):
        claimed = [mpmath.mpf(e.enclosure.lower.numerator) / e.enclosure.lower.denominator
                   for e in entries for _ in range(e.multiplicity)]
        return float(max(abs(a - mpmath.mpf(b)) for a, b in zip(claimed, dense, strict=True)))


def report(label: str, K: int, d: int, digits: int) -> None:
    write = sys.stdout.write
    entries = closed(K, d, digits)
    ours = seconds(lambda: closed(K, d, digits), rounds=5)
    theirs = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        dense = dense_in_doubles(K, d) if digits < 20 else dense_in_mpmath(K, d, digits)
        theirs = min(theirs, time.perf_counter() - started)
    write(f"{label}: K={K} n=1 d={d}, {2 * K * d} eigenvalues, {len(entries)} distinct; "
          f"closed form, certified to {digits} digits, {ours * 1e3:.1f} ms; "
          f"dense {theirs * 1e3:.0f} ms; ratio {theirs / ours:.0f}; "
          f"largest difference {disagreement(entries, dense):.1e}\n")


def main() -> None:
    sys.stdout.write("command: python benchmarks/bench_spectrum.py\n")
    sys.stdout.write(f"machine: {machine()}, NumPy {np.__version__}\n")
    dense_in_doubles(3, 4)  # the first call loads LAPACK
    report("doubles", 20, 21, 15)
    report("mpmath ", 4, 5, 30)


if __name__ == "__main__":
    main()
