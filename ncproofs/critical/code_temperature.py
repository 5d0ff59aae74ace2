r"""Cross-entropy of unit classifiers and features at temperature tau, in balls, and how it stands to HardMax.

    f_tau(W, H) = (1/K) sum_k log(1 + sum_{j != k} exp(<w_j - w_k, h_k>/tau))

(one feature a class; with more the minimiser repeats them). For fixed W each term is convex in h, so over the unit ball

    g(h) >= g(h0) + <grad g(h0), h - h0> >= g(h0) - |grad g(h0)| - <grad g(h0), h0>,

which is tight at the minimiser on the sphere, where the gradient is -alpha h0. That bounds min_H f_tau from below.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from flint import arb, ctx, fmpq
from numpy.typing import NDArray

__all__ = ["best_features", "descend", "least_over_features", "loss", "unit_balls"]

Array = NDArray[np.float64]
Rows = Sequence[Sequence[arb]]


def _ball(tau: Fraction) -> arb:
    return arb(fmpq(tau.numerator, tau.denominator))


def _dot(a: Sequence[arb], b: Sequence[arb]) -> arb:
    return sum((x * y for x, y in zip(a, b, strict=True)), arb(0))


def _term(W: Rows, k: int, h: Sequence[arb], tau: arb) -> tuple[arb, list[arb]]:
    """log(1 + sum_j exp(<w_j - w_k, h>/tau)) and its gradient in h."""
    gaps = [[a - b for a, b in zip(row, W[k], strict=True)] for j, row in enumerate(W) if j != k]
    powers = [(_dot(gap, h) / tau).exp() for gap in gaps]
    total = 1 + sum(powers, arb(0))
    slope = [sum((p * gap[a] for p, gap in zip(powers, gaps, strict=True)), arb(0)) / (total * tau)
             for a in range(len(h))]
    return total.log(), slope


def loss(W: Rows, H: Rows, tau: Fraction, bits: int) -> arb:
    """f_tau(W, H) for balls W, H (K rows of d) of unit vectors, one feature a class."""
    with ctx.workprec(bits):
        terms = [_term(W, k, H[k], _ball(tau))[0] for k in range(len(W))]
        return sum(terms, arb(0)) / len(W)


def least_over_features(W: Rows, H: Rows, tau: Fraction, bits: int) -> tuple[arb, arb]:
    """(lower bound of min_H f_tau(W, H), value at ``H``): the closer H is to the minimiser, the closer the two."""
    with ctx.workprec(bits):
        lower = upper = arb(0)
        for k in range(len(W)):
            value, slope = _term(W, k, H[k], _ball(tau))
            upper = upper + value
            # Every term is positive: a bad h0 gives a bound below 0 that says nothing.
            lower = lower + (value - _dot(slope, slope).sqrt() - _dot(slope, H[k])).max(arb(0))
        return (lower / len(W)).lower(), upper / len(W)


def best_features(W: Rows, tau: Fraction) -> list[list[arb]]:
    """Nearly best features for the balls ``W``, found in floats; ``least_over_features`` says how near."""
    from scipy.optimize import minimize

    rows = np.array([[float(x.mid()) for x in row] for row in W])
    K, d = rows.shape

    def value(flat: Array) -> tuple[float, Array]:
        both, slope = _value(np.concatenate([rows.ravel(), flat]), K, d, float(tau))
        return both, slope[K * d :]

    flat = rows.ravel()
    for _ in range(3):
        flat = minimize(value, flat, jac=True, method="L-BFGS-B",
                        options={"maxiter": 2000, "ftol": 1e-16, "gtol": 1e-14}).x
    return unit_balls(flat.reshape(K, d))


def unit_balls(rows: Array) -> list[list[arb]]:
    """Float rows as exact binary fractions, divided by their lengths in balls at the current precision."""
    found = []
    for row in rows.tolist():
        exact = [arb(float(x)) for x in row]
        length = _dot(exact, exact).sqrt()
        found.append([x / length for x in exact])
    return found


def _value(flat: Array, K: int, d: int, tau: float) -> tuple[float, Array]:
    raw = flat.reshape(2 * K, d)
    lengths = np.linalg.norm(raw, axis=1, keepdims=True)
    unit = raw / lengths
    W, H = unit[:K], unit[K:]
    logits = (H @ W.T) / tau  # row k: class k's feature
    logits = logits - logits.max(axis=1, keepdims=True)
    shares = np.exp(logits)
    total = shares.sum(axis=1, keepdims=True)
    value = float((np.log(total[:, 0]) - np.diag(logits)).mean())
    slope = (shares / total - np.eye(K)) / (K * tau)
    both = np.vstack([slope.T @ H, slope @ W])
    both -= (both * unit).sum(axis=1, keepdims=True) * unit
    return value, (both / lengths).ravel()


def descend(K: int, d: int, tau: Fraction, starts: int, seed: int) -> tuple[Array, Array]:
    """A good (W, H) for f_tau in floats, rows of length one; it certifies nothing."""
    from scipy.optimize import minimize

    rng = np.random.default_rng(seed)
    best: tuple[float, Array] | None = None
    for _ in range(starts):
        begin = rng.standard_normal((K, d))
        flat = np.vstack([begin, begin]).ravel()
        for warmth in (4, 2, 1):
            options = {"maxiter": 3000, "ftol": 1e-16, "gtol": 1e-12}
            done = minimize(_value, flat, args=(K, d, warmth * float(tau)), jac=True, method="L-BFGS-B",
                            options=options)
            flat = done.x
        if best is None or done.fun < best[0]:
            best = float(done.fun), flat
    assert best is not None
    rows = best[1].reshape(2 * K, d)
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows[:K], rows[K:]
