"""Critical points that exist: certified in balls, isolated modulo symmetry, with the inertia of the Hessian.

The objective is invariant under O(d) acting on (W, H), and under b -> b + s 1 for a shift-invariant loss
with a free bias. A point of rank r is turned into R^r, where W is made upper triangular on r pivot columns;
what stays free is a square system. The symmetry orbit is transversal to the frozen coordinates as soon as
the r pivots are nonzero: a zero of the free part of the gradient is then a zero of all of it, and the
Hessian has exactly the orbit's tangent space as kernel unless an eigenvalue outside it vanishes too.
Krawczyk's operator proves that a zero exists in the box and is the only one there.

The d - r directions outside R^r carry the null sector: each has the Hessian [[lambda_W I, G], [G^T, lambda_H
I]] with G the logit gradient (theorem ``null-sector``), of which r singular values are exactly sqrt(lambda_W
lambda_H).

Where the samples of each class, or of each label set, are equal, the point is one of the problem with one sample each
and c lambda_H for c equal samples (symmetric criticality). Its Hessian splits into that problem's, rescaled, and for
each class or set c - 1 copies of lambda_H I + v W M W^T/N, M the Hessian of the loss in the logits.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from ncproofs.arithmetic.ball import ball_of, sign
from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.arithmetic.linalg import eigenvalue_enclosures
from ncproofs.calculus.logit_facts import ignores_shifts
from ncproofs.calculus.objective import dense_hessian, gradient_at, objective_value
from ncproofs.critical.balance import balanced, exponent_of
from ncproofs.critical.search import numerical_rank, reduced
from ncproofs.problems.features import Ridge
from ncproofs.problems.multilabel import MultiLabel, WeightDecay
from ncproofs.problems.tied import Tied

__all__ = ["CertifiedPoint", "NotCertified", "certify_critical_point", "has_shift_symmetry", "least_of", "value_at"]

Array = NDArray[np.float64]

_LARGEST = 240
_NEWTON_STEPS = 24
#: Rows up to which, and bits from which on, eigenvalues below the reach of doubles are looked for at full precision.
_SLOW, _SLOW_BITS = 24, 256
#: Newton's method may move the floats by this share of their norm.
_NEAR = Fraction(1, 10)
#: Samples of one class that differ by less, relative to the largest feature, are taken for equal.
_TOGETHER = Fraction(1, 10**8)


@dataclass(frozen=True, kw_only=True, eq=False)
class CertifiedPoint:
    """An exact critical point lies in the box W (d, K), H (d, N), b, and is unique there modulo symmetry.

    ``index``, ``nullity``, the smallest and the smallest positive eigenvalue are those of the full Hessian at
    that point; ``orbit_dimension`` is the dimension of its symmetry orbit, so a point with index 0 and no excess
    nullity is a strict local minimum modulo symmetry.
    """

    problem: WeightDecay
    W: arb_mat
    H: arb_mat
    b: arb_mat | None
    value: Enclosure
    rank: int
    index: int
    nullity: int
    orbit_dimension: int
    smallest: Enclosure
    minimum_positive: Enclosure
    bits: int

    @property
    def excess_nullity(self) -> int:
        return self.nullity - self.orbit_dimension

    @property
    def is_strict_local_minimum(self) -> bool:
        """Modulo symmetry; certified."""
        return self.index == 0 and self.excess_nullity == 0


@dataclass(frozen=True)
class NotCertified:
    """No conclusion, and why."""

    reason: str


@dataclass(frozen=True, eq=False)
class _Slice:
    """The gauge slice in R^r, seen in the problem with d' = min(d, r + 1) feature dimensions.

    ``x`` are exact coordinates in the order W, H, b; ``free`` those that vary; ``pivots`` the r coordinates
    whose product must not vanish; ``inner`` all coordinates of R^r and of b; ``columns`` the column of H for each
    sample.
    """

    problem: WeightDecay | Tied
    columns: list[int]
    rank: int
    x: list[arb]
    free: list[int]
    pivots: list[int]
    inner: list[int]

    @property
    def copies(self) -> list[int]:
        """How many samples each column of H stands for."""
        found = Counter(self.columns)
        return [found[column] for column in range(self.problem.N)]


def has_shift_symmetry(problem: WeightDecay) -> bool:
    """Whether b -> b + s 1 leaves the objective unchanged for a reason that is certain."""
    if problem.lambda_b != 0:
        return False
    if isinstance(problem, MultiLabel):  # the rule for a single label does not count m
        return problem.is_pick_all_label
    return ignores_shifts(problem.loss)


def certify_critical_point(
    problem: WeightDecay, W: Array, H: Array, b: Array | None, bits: int = 128
) -> CertifiedPoint | NotCertified:
    """Certify a critical point of ``problem`` near the floats W (d, K), H (d, N), b, with its inertia.

    Nothing is trusted from the floats. ``NotCertified`` carries the step that did not go through: the point
    is not isolated modulo symmetry, an eigenvalue could not be separated from 0, or the precision is too low.
    """
    if problem.has_bias is (b is None):
        return NotCertified("a bias is given for a problem without one, or the other way round")
    j, small = exponent_of(problem), balanced(problem)
    W, H = np.ldexp(W, -j), np.ldexp(H, j)
    rank = numerical_rank(np.linalg.svd(W, compute_uv=False))
    with flint.ctx.workprec(bits):
        while True:
            chart = _gauge_slice(small, W, H, b, rank)
            if len(chart.free) > _LARGEST:
                return NotCertified(f"{len(chart.free)} unknowns; at most {_LARGEST} are tried")
            box = _krawczyk(chart, bits)
            if isinstance(box, NotCertified):
                return box
            if all(sign(box[index]) not in (None, 0) for index in chart.pivots):
                return _with_inertia(problem, *_unbalanced(chart, box, j), bits)
            lower = _rank_of(chart, box)
            if not lower < rank:
                return NotCertified(f"rank W = {rank} is not certified: a pivot may vanish")
            rank = lower  # Newton's method ended where there are fewer directions than the floats showed


def _rank_of(chart: _Slice, box: list[arb]) -> int:
    W = _matrices(chart.problem, box)[0]
    return numerical_rank(np.linalg.svd(np.array([[float(e.mid()) for e in row] for row in W.tolist()]),
                                        compute_uv=False))


def _unbalanced(chart: _Slice, box: list[arb], j: int) -> tuple[_Slice, list[arb]]:
    """The chart and the box in the scale of the problem as it was given: W = 2^j V, H = 2^-j G."""
    if not j:
        return chart, box
    d, K, N = chart.problem.d, chart.problem.K, chart.problem.N
    scale = arb(2) ** j
    moved = [x * scale for x in box[: d * K]] + [x / scale for x in box[d * K : d * (K + N)]] + box[d * (K + N) :]
    inner, factor = chart.problem, Fraction(4) ** j
    weights: dict[str, Any] = {"lambda_W": inner.lambda_W / factor, "lambda_H": inner.lambda_H * factor}
    given = replace(inner, problem=replace(inner.problem, **weights)) if isinstance(inner, Tied) else replace(
        inner, **weights)
    return replace(chart, problem=given), moved


def _with_equal_samples(problem: WeightDecay, H: Array) -> tuple[WeightDecay | Tied, list[int]]:
    """The problem in which equal samples are one, and the number of that one for each sample.

    Equal in floats, that is; a certificate is then about a point where they are equal.
    """
    small: WeightDecay | Tied
    if isinstance(problem, Ridge):
        small, columns = reduced(problem), [s // problem.n for s in range(problem.N)]
    else:
        order = {labels: j for j, labels in enumerate(problem.label_counts)}
        small, columns = Tied(problem, problem.d), [order[tuple(k + 1 for k in labels)] for labels in problem.targets]
    first = [columns.index(j) for j in columns]
    close = float(np.abs(H - H[:, first]).max()) < _TOGETHER * max(1, float(np.abs(H).max()))
    return (small, columns) if close and small.N < problem.N else (problem, list(range(problem.N)))


def value_at(problem: WeightDecay, W: Array, H: Array, b: Array | None, bits: int = 128) -> Enclosure:
    """The objective at the point with exactly these float coordinates: an upper bound of the minimum."""
    with flint.ctx.workprec(bits):
        bias = None if b is None else arb_mat([[float(entry)] for entry in b])
        return Enclosure.of_ball(
            objective_value(problem, arb_mat(W.tolist()), arb_mat(H.tolist()), bias, bits)
        )


def _gauge_slice(problem: WeightDecay, W: Array, H: Array, b: Array | None, rank: int) -> _Slice:
    from scipy.linalg import qr

    together, columns_of = _with_equal_samples(problem, H)
    H = H[:, [columns_of.index(j) for j in range(together.N)]]
    left, _, _ = np.linalg.svd(W, full_matrices=False)
    small, features = left[:, :rank].T @ W, left[:, :rank].T @ H
    columns: list[int] = []
    if rank:
        turn, _, order = qr(small, pivoting=True)
        small, features, columns = turn.T @ small, turn.T @ features, [int(column) for column in order[:rank]]
    padded = replace(together, d=min(problem.d, rank + 1))
    K, N, d = padded.K, padded.N, padded.d
    coordinates = np.zeros(padded.dimension)
    coordinates[: rank * K], coordinates[d * K : d * K + rank * N] = small.ravel(), features.ravel()
    inner = [*range(rank * K), *range(d * K, d * K + rank * N), *range(d * (K + N), padded.dimension)]
    frozen = {row * K + columns[step] for step in range(rank) for row in range(step + 1, rank)}
    if b is not None:
        shifted = has_shift_symmetry(problem)
        coordinates[d * (K + N) :] = b - b[-1] if shifted else b
        frozen |= {padded.dimension - 1} if shifted else set()
    coordinates[list(frozen)] = 0
    pivots = [step * K + columns[step] for step in range(rank)]
    exact = [arb(float(value)) for value in coordinates]
    free = [index for index in inner if index not in frozen]
    return _Slice(padded, columns_of, rank, exact, free, pivots, inner)


def _matrices(problem: WeightDecay | Tied, x: list[arb]) -> tuple[arb_mat, arb_mat, arb_mat | None]:
    d, K, N = problem.d, problem.K, problem.N
    bias = arb_mat(K, 1, x[d * (K + N) :]) if problem.has_bias else None
    return arb_mat(d, K, x[: d * K]), arb_mat(d, N, x[d * K : d * (K + N)]), bias


def _free_gradient(chart: _Slice, x: list[arb], bits: int) -> arb_mat:
    W, H, b = gradient_at(chart.problem, *_matrices(chart.problem, x), bits)
    entries = [*W.entries(), *H.entries(), *([] if b is None else b.entries())]
    return arb_mat(len(chart.free), 1, [entries[index] for index in chart.free])


def _block(matrix: arb_mat, indices: list[int]) -> arb_mat:
    return arb_mat(len(indices), len(indices), [matrix[i, j] for i in indices for j in indices])


def _free_hessian(chart: _Slice, x: list[arb], bits: int) -> arb_mat:
    return _block(dense_hessian(chart.problem, *_matrices(chart.problem, x), bits), chart.free)


def _moved(chart: _Slice, x: list[arb], values: list[arb]) -> list[arb]:
    moved = list(x)
    for index, value in zip(chart.free, values, strict=True):
        moved[index] = value
    return moved


def _distance(left: list[arb], right: list[arb]) -> float:
    return float(np.linalg.norm([float((a - b).mid()) for a, b in zip(left, right, strict=True)]))


def _krawczyk(chart: _Slice, bits: int) -> list[arb] | NotCertified:
    """A box of coordinates that contains exactly one zero of the free gradient."""
    if not chart.free:
        return list(chart.x)
    x, small = chart.x, arb(2) ** (-(3 * bits) // 4)
    for _ in range(_NEWTON_STEPS):
        try:
            inverse = _free_hessian(chart, x, bits).mid().inv().mid()
        except ZeroDivisionError:
            return NotCertified("the Hessian on the gauge slice is singular: not isolated modulo symmetry")
        step = (inverse * _free_gradient(chart, x, bits)).mid().entries()
        x = _moved(chart, x, [(x[i] - s).mid() for i, s in zip(chart.free, step, strict=True)])
        if all(abs(entry) < small for entry in step):
            break
    else:
        return NotCertified(f"Newton's method did not converge in {_NEWTON_STEPS} steps")
    if _distance(x, chart.x) > _NEAR * max(1, _distance(chart.x, [arb(0)] * len(chart.x))):
        return NotCertified("Newton's method leaves the floats for a critical point far from them")
    radius = arb(2) ** (-bits // 2)
    # K(X) = x - Y F(x) + (I - Y J(X)) (X - x); K(X) inside X proves one zero in X, and it lies in K(X).
    offsets = arb_mat(len(chart.free), 1, [arb(0, radius) for _ in chart.free])
    wide = _moved(chart, x, [arb(x[index], radius) for index in chart.free])
    slack = -(inverse * _free_hessian(chart, wide, bits))
    for i in range(len(chart.free)):
        slack[i, i] = slack[i, i] + 1
    shift = slack * offsets - inverse * _free_gradient(chart, x, bits)
    image = [x[index] + shift[i, 0] for i, index in enumerate(chart.free)]
    if not all(wide[index].contains_interior(new) for index, new in zip(chart.free, image, strict=True)):
        return NotCertified(f"Krawczyk's operator at {bits} bits does not map the box into its interior")
    return _moved(chart, x, image)


def _with_inertia(problem: WeightDecay, chart: _Slice, box: list[arb], bits: int) -> CertifiedPoint | NotCertified:
    W, H, b = _matrices(chart.problem, box)
    matrix = _rescaled(chart, dense_hessian(chart.problem, W, H, b, bits))
    rank, extra = chart.rank, problem.d - chart.rank
    shift = int(has_shift_symmetry(problem))
    zeros = rank * (rank - 1) // 2 + shift
    parts = [(_separated(_block(matrix, chart.inner), bits, zeros), 1, zeros)]
    if extra:
        parts.append((_null_sector(problem, chart, matrix, bits), extra, rank))
    for column, copies in enumerate(chart.copies):
        if rank and copies > 1:
            parts.append((eigenvalue_enclosures(_apart(chart, matrix, column), bits), copies - 1, 0))
    index = nullity = 0
    every = [value for values, _, _ in parts for value in values]
    for values, copies, zeros in parts:
        signs = [sign(value) for value in values]
        unsettled = len(signs) - signs.count(1) - signs.count(-1)
        if unsettled != zeros:
            return NotCertified(f"{unsettled - zeros} eigenvalues of the Hessian are not separated from 0")
        index, nullity = index + copies * signs.count(-1), nullity + copies * zeros
    return CertifiedPoint(
        problem=problem,
        W=_padded(W, rank, problem.d),
        H=_spread(_padded(H, rank, problem.d), chart.columns),
        b=b,
        value=Enclosure.of_ball(objective_value(chart.problem, W, H, b, bits)),
        rank=rank,
        index=index,
        nullity=nullity,
        orbit_dimension=rank * (rank - 1) // 2 + rank * extra + shift,
        smallest=least_of(every),
        minimum_positive=least_of([value for value in every if value > 0]),
        bits=bits,
    )


def _separated(matrix: arb_mat, bits: int, zeros: int) -> list[arb]:
    """Eigenvalues; tiny ones among many are told from 0 by the slow solver, where the matrix is small enough for it."""
    values = eigenvalue_enclosures(matrix, bits)
    if bits < _SLOW_BITS or matrix.nrows() > _SLOW or sum(sign(value) not in (1, -1) for value in values) <= zeros:
        return values
    return eigenvalue_enclosures(matrix, bits, small=_SLOW)


def least_of(values: list[arb]) -> Enclosure:
    """The smallest of the enclosed numbers."""
    lowest = min(values, key=lambda value: value.lower())
    return Enclosure.of_ball(lowest.lower().union(min((value.upper() for value in values), key=float)))


def _rescaled(chart: _Slice, matrix: arb_mat) -> arb_mat:
    """The Hessian in orthonormal coordinates: moving c equal samples by h has the length sqrt(c) |h|."""
    K, N, d = chart.problem.K, chart.problem.N, chart.problem.d
    if N == len(chart.columns):
        return matrix
    scales = [1 / arb(copies).sqrt() for copies in chart.copies]
    weights = [arb(1)] * (d * K) + scales * d
    weights += [arb(1)] * (matrix.nrows() - len(weights))
    rows = [[e * u * v for e, v in zip(row, weights, strict=True)]
            for row, u in zip(matrix.tolist(), weights, strict=True)]
    return arb_mat(rows)


def _apart(chart: _Slice, matrix: arb_mat, column: int) -> arb_mat:
    """lambda_H I + v W M W^T/N: the Hessian on equal samples that move apart, in R^r."""
    K, N, d = chart.problem.K, chart.problem.N, chart.problem.d
    return _block(matrix, [d * K + row * N + column for row in range(chart.rank)])


def _null_sector(problem: WeightDecay, chart: _Slice, matrix: arb_mat, bits: int) -> list[arb]:
    """Eigenvalues of [[lambda_W I, G], [G^T, lambda_H I]]: the first padded row of the padded problem."""
    rank, d, K, N = chart.rank, chart.rank + 1, problem.K, chart.problem.N
    row = [*range(rank * K, d * K), *range(d * K + rank * N, d * (K + N))]
    G = arb_mat(K, N, [matrix[i, j] for i in row[:K] for j in row[K:]])
    lW, lH = ball_of(problem.lambda_W, bits), ball_of(problem.lambda_H, bits)
    values: list[arb] = [lH] * (problem.N - min(K, N)) + [lW] * (K - min(K, N))
    for square in eigenvalue_enclosures(G * G.transpose() if N >= K else G.transpose() * G, bits):
        # s^2 >= 0 exactly; the roots of (x - lambda_W)(x - lambda_H) = s^2, the smaller one as product /
        # larger.
        larger = (lW + lH + _root((lW - lH) * (lW - lH) + 4 * square)) / 2
        values += [(lW * lH - square) / larger, larger]
    return values


def _root(value: arb) -> arb:
    """The square root of a number that is >= 0 although its ball may not show it."""
    return value.sqrt() if value > 0 else arb(0).union(value.abs_upper().sqrt().upper())


def _spread(matrix: arb_mat, columns: list[int]) -> arb_mat:
    """H of all samples, from the column of each."""
    return arb_mat([[row[column] for column in columns] for row in matrix.tolist()])


def _padded(matrix: arb_mat, rank: int, d: int) -> arb_mat:
    columns = matrix.ncols()
    entries = matrix.entries()[: rank * columns]
    return arb_mat(d, columns, entries + [arb(0)] * ((d - rank) * columns))
