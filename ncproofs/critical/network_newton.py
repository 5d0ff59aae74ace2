"""Newton's method at high precision on the stationarity equations of networks; results are approximations.

Balls are used as multiprecision numbers: every step keeps midpoints only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flint import arb, arb_mat, fmpq

__all__ = ["newton", "refine_factors", "refine_group_lasso"]

_STEPS = 80
_HALVINGS = 20


def newton(point: list[arb], system: Callable[[list[arb]], tuple[list[arb], arb_mat]], bits: int,
           merit: Callable[[list[arb]], arb] | None = None) -> list[arb]:
    """The zero of ``system`` (values, Jacobian) near ``point``; the last point before a step that does not shrink.

    With a convex ``merit``, whose gradient the values are, a step is halved until it does not raise it.
    """
    last = None
    for _ in range(_STEPS):
        values, jacobian = system(point)
        right = arb_mat(len(values), 1, [value.mid() for value in values])
        try:
            step = jacobian.mid().solve(right, algorithm="approx").mid().entries()
        except ZeroDivisionError:
            return point
        size = max((abs(entry) for entry in step), default=arb(0)).mid()
        if not size.is_finite() or (merit is None and last is not None and size > last * 8):
            return point
        moved = _moved(point, step, merit, bits)
        if moved is None:
            return point
        point = moved
        if size < arb(2) ** (8 - bits):
            return point
        last = size
    return point


def _moved(point: list[arb], step: list[arb], merit: Callable[[list[arb]], arb] | None, bits: int) -> list[arb] | None:
    """The point after the step, or after a part of it that does not raise ``merit``; None when there is none."""
    share = arb(1)
    limit = None
    if merit is not None:
        before = merit(point).mid()
        limit = before + abs(before) * arb(2) ** (8 - bits)  # rounding
    for _ in range(_HALVINGS):
        trial = [(x - share * s).mid() for x, s in zip(point, step, strict=True)]
        if merit is None or limit is None or merit(trial).mid() <= limit:
            return trial
        share = share / 2
    return None


def _exact(value: Any) -> arb:
    """A double as a ball, exactly."""
    numerator, denominator = float(value).as_integer_ratio()
    return arb(fmpq(numerator, denominator))


def refine_factors(X: arb_mat, Y: arb_mat, beta: arb, start: tuple[Any, Any], bits: int) -> tuple[arb_mat, arb_mat]:
    """Stationary (A, B) of |XAB - Y|^2/2 + (beta/2)(|A|^2 + |B|^2) near ``start``.

    The Hessian vanishes along (A S, -S B), S antisymmetric; these directions are added to it as a penalty.
    """
    d, r = start[0].shape
    K = start[1].shape[1]
    gram, pulled = X.transpose() * X, X.transpose() * Y

    def split(point: Sequence[arb]) -> tuple[arb_mat, arb_mat]:
        return arb_mat(d, r, list(point[: d * r])), arb_mat(r, K, list(point[d * r :]))

    def system(point: list[arb]) -> tuple[list[arb], arb_mat]:
        A, B = split(point)
        slope = gram * A * B - pulled
        values = (slope * B.transpose() + A * beta).entries() + (A.transpose() * slope + B * beta).entries()
        columns = []
        for index in range(len(point)):
            dA, dB = split([arb(int(i == index)) for i in range(len(point))])
            turned = gram * (dA * B + A * dB)
            columns.append(
                (turned * B.transpose() + slope * dB.transpose() + dA * beta).entries()
                + (A.transpose() * turned + dA.transpose() * slope + dB * beta).entries()
            )
        hessian = arb_mat(columns).transpose()
        for orbit in _orbit(A, B):
            direction = arb_mat(len(point), 1, orbit)
            hessian = hessian + direction * direction.transpose()
        return values, hessian

    flat = [_exact(x) for x in start[0].ravel()] + [_exact(x) for x in start[1].ravel()]
    A, B = split(newton(flat, system, bits))
    return A, B


def _orbit(A: arb_mat, B: arb_mat) -> list[list[arb]]:
    r = B.nrows()
    found = []
    for i in range(r):
        for j in range(i):
            S = arb_mat(r, r)
            S[i, j], S[j, i] = arb(1), arb(-1)
            found.append((A * S).entries() + (S * B * -1).entries())
    return found


def refine_group_lasso(blocks: Sequence[arb_mat], y: arb_mat, beta: arb, start: Sequence[Sequence[Any]],
                       bits: int) -> list[list[arb]]:
    """Stationary z of |sum_j M_j z_j - y|^2/2 + beta sum_j |z_j|, every z_j near ``start`` and not 0."""
    sizes = [block.ncols() for block in blocks]
    ends = [sum(sizes[: j + 1]) for j in range(len(sizes))]
    whole = arb_mat([[entry for block in blocks for entry in block.tolist()[i]] for i in range(y.nrows())])
    gram, pulled = whole.transpose() * whole, whole.transpose() * y

    def system(point: list[arb]) -> tuple[list[arb], arb_mat]:
        column = arb_mat(len(point), 1, point)
        values = (gram * column - pulled).entries()
        jacobian = arb_mat(gram)
        for size, end in zip(sizes, ends, strict=True):
            part = point[end - size : end]
            length = sum((x * x for x in part), arb(0)).sqrt()
            for i in range(size):
                values[end - size + i] += beta * part[i] / length
                for j in range(size):
                    bend = (arb(int(i == j)) - part[i] * part[j] / length**2) / length
                    jacobian[end - size + i, end - size + j] += beta * bend
        return values, jacobian

    def merit(point: list[arb]) -> arb:
        gap = whole * arb_mat(len(point), 1, point) - y
        total = sum((entry * entry for entry in gap.entries()), arb(0)) / 2
        for size, end in zip(sizes, ends, strict=True):
            total += beta * sum((x * x for x in point[end - size : end]), arb(0)).sqrt()
        return total

    flat = newton([_exact(x) for part in start for x in part], system, bits, merit)
    return [flat[end - size : end] for size, end in zip(sizes, ends, strict=True)]
