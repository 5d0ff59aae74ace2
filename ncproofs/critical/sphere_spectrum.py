r"""The Riemannian Hessian spectrum at named points on products of spheres: ``sphere_spectrum(problem)``.

At a simplex ETF with h = w (theta = tau) or h = -w (theta = -tau), s = theta/(K-1), (g, a, b) as in
``sphere_points``, r = d - K + 1 and c = g + s a, the eigenvalues are theta times

    perpendicular:  g/n [(N-K) r + r],   g [r],   g (1 + 1/n) and 0 [(K-1) r each];
    in plane:       c/n [K(K-2)(n-1)],   c (1 + 1/n) and 0 [(K-1)(K-2)/2 each],
                    [[c, (s a - g)/sqrt n], [., c/n]]  [K(K-3)/2 each],
                    [[c - s b K(K-2)/(K-1), (s a - g)/((K-1) sqrt n)], [., c/n]]  [K-1 each, K >= 3].

The cost does not depend on K, n or d.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import flint
from flint import arb

from ncproofs.arithmetic.linalg import contains_spectrum
from ncproofs.calculus.sphere_objective import dense_riemannian_hessian
from ncproofs.critical.profiles import is_mean_squared, to_ball
from ncproofs.critical.regimes import Number, lift
from ncproofs.critical.regimes import product as times
from ncproofs.critical.spectrum import SpectrumEntry, merged
from ncproofs.critical.sphere_points import Collapsed, collapsed, named_point, temperature
from ncproofs.critical.tables import Row
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import Loss
from ncproofs.losses.projected_mean_squared import projected_mean_squared
from ncproofs.problems.features import Spheres
from ncproofs.truth import Truth

__all__ = [
    "certificate_rows", "curvature_range", "dense_agreement", "dense_sweep", "sphere_grid", "sphere_rows",
    "sphere_spectrum",
]

_LARGEST = 110


def sphere_spectrum(
    problem: Spheres, *, point: str | None = "etf", digits: int = 30
) -> tuple[SpectrumEntry, ...]:
    """All eigenvalues at a named point, ascending, each of relative width below 10^-``digits``.

    ``point``: "etf" (h = w), "antipodal" (h = -w), for any loss invariant under constant shifts and for the mean
    squared error; "frame" (orthonormal w, h = w), for the mean squared error. Zeros are exact, equal eigenvalues
    share one entry, and the multiplicities add up to ``problem.dimension``. The point is critical, optimal or not;
    at the optimum it is ``sphere_optimum(problem).point``, which is None where the minimisers are not one orbit.

    Raises:
        InvalidProblem: another point, too few dimensions for it, or digits < 1.
        OutOfScope: no theorem of this package covers the loss at this point, or ``point`` is None.
    """
    if digits < 1:
        raise InvalidProblem(f"digits={digits} given, but digits >= 1 is needed")
    if point is None:
        raise OutOfScope("the minimisers are not one orbit of rotations and have no common spectrum; "
                         "point='etf' gives that of the simplex ETF")
    _refuse(problem, point)
    return merged(problem, lambda bits: sphere_rows(problem, point, bits), digits)


def _refuse(problem: Spheres, point: str) -> None:
    if point not in ("etf", "antipodal", "frame"):
        raise InvalidProblem(f"point={point!r} given, but one of etf, antipodal, frame is needed")
    need = problem.K if point == "frame" else problem.K - 1
    if problem.d < need:
        what = "an orthonormal frame needs d >= K" if point == "frame" else "a simplex ETF needs d >= K - 1"
        raise InvalidProblem(f"{what}; got d={problem.d}, K={problem.K}")


def _refuse_frame(problem: Spheres) -> None:
    if not is_mean_squared(problem.loss):
        raise OutOfScope(f"an orthonormal frame is treated for mean_squared; got {problem.loss}")


def sphere_rows(problem: Spheres, point: str, bits: int) -> list[Row]:
    """The unmerged table at ``bits`` bits."""
    _refuse(problem, point)
    if point == "frame":
        _refuse_frame(problem)
        with flint.ctx.workprec(bits):
            return _frame_rows(problem)
    theta = temperature(problem, point)
    data = collapsed(problem, theta, bits + 32)
    with flint.ctx.workprec(bits + 32):
        return _perpendicular(problem, theta, data) + _in_plane(problem, theta, data)


def certificate_rows(problem: Spheres, point: str, bits: int) -> list[Row]:
    """Eigenvalues of T = [[-D_alpha, tau G], [tau G^T, -D_beta]] at the point, K + N of them.

    T >= 0 at a critical point of a convex loss makes it a global minimiser, in every dimension. Outside the span
    of the columns the Hessian is d - rank copies of T, and one copy has the table below.
    """
    _refuse(problem, point)
    wide = Spheres(problem.loss, problem.K, problem.K + (point == "frame"), problem.n, problem.tau)
    if point == "frame":
        _refuse_frame(problem)
        with flint.ctx.workprec(bits):
            return [*_frame_rows(wide)[:2], (Fraction(0), problem.K, "perpendicular, gauge")]
    theta = temperature(problem, point)
    data = collapsed(problem, theta, bits + 32)
    with flint.ctx.workprec(bits + 32):
        return _perpendicular(wide, theta, data)


def _perpendicular(problem: Spheres, theta: Fraction, data: Collapsed) -> list[Row]:
    """Directions orthogonal to the span of the frame: r = d - K + 1 copies of T."""
    K, n, N, spare = problem.K, problem.n, problem.N, problem.d - problem.K + 1
    unit = times(theta, data.g)
    rows: list[Row] = [
        (Fraction(0), (K - 1) * spare, "perpendicular, gauge"),
        (times(unit, Fraction(1, n)), (N - K) * spare, "perpendicular, within class"),
        (times(unit, Fraction(n + 1, n)), (K - 1) * spare, "perpendicular, standard"),
    ]
    ends: tuple[Number, Number] = (times(unit, Fraction(1, n)), unit)
    if is_mean_squared(problem.loss):  # G has the further part -1/(KN) in every entry
        ends = _two_by_two(unit, times(theta * theta, Fraction(1, K * K * n)), times(unit, Fraction(1, n)))
    return rows + [(value, spare, "perpendicular, trivial") for value in ends]


def _in_plane(problem: Spheres, theta: Fraction, data: Collapsed) -> list[Row]:
    K, n = problem.K, problem.n
    if K == 2:
        return []
    s = theta / (K - 1)
    base, cross = times(data.a, _sum(data.ratio, s)), times(data.a, _sum(s, times(-1, data.ratio)))
    low, off = times(theta, base, Fraction(1, n)), times(theta, cross)
    pairs = (K - 1) * (K - 2) // 2
    rows: list[Row] = [
        (low, K * (K - 2) * (n - 1), "in plane, within class"),
        (Fraction(0), pairs, "rotations"),
        (times(theta, base, Fraction(n + 1, n)), pairs, "in plane, antisymmetric"),
    ]
    if K > 3:
        both = _two_by_two(times(theta, base), times(off, off, Fraction(1, n)), low)
        rows += [(value, K * (K - 3) // 2, "in plane, symmetric") for value in both]
    high = _sum(times(theta, base), times(theta, -s * Fraction(K * (K - 2), K - 1), data.b))
    mixed = times(off, Fraction(1, K - 1))
    if is_mean_squared(problem.loss):  # the mean of the logits moves with sum_j dw_j
        high = _sum(high, theta * theta * Fraction(K - 2, (K - 1) ** 2))
        mixed = _sum(mixed, -theta * Fraction(K - 2, K * (K - 1)))
    both = _two_by_two(high, times(mixed, mixed, Fraction(1, n)), low)
    return rows + [(value, K - 1, "in plane, standard") for value in both]


def _frame_rows(problem: Spheres) -> list[Row]:
    """The mean squared error at w_k = h_{k,i} = e_k, with delta = 1 - tau.

    G = -(delta/N) e_k, so T = (tau delta/N) [[n, -1], [-1, 1]] class by class; a pair (j, k) of in-plane
    coordinates gives (tau/N) [[n, sqrt n (+-tau - delta)], [., 1]].
    """
    K, n, N, tau, spare = problem.K, problem.n, problem.N, problem.tau, problem.d - problem.K
    unit = tau * (1 - tau) / N
    pairs = K * (K - 1) // 2
    both = _two_by_two(tau / K, tau**2 * (2 * tau - 1) ** 2 / (N * K), tau / N)
    return [
        (unit, (N - K) * spare, "perpendicular, within class"),
        (unit * (n + 1), K * spare, "perpendicular, class means"),
        (Fraction(0), K * spare, "perpendicular, gauge"),
        (tau / N, K * (K - 1) * (n - 1), "in plane, within class"),
        (Fraction(0), pairs, "rotations"),
        (tau * (n + 1) / N, pairs, "in plane, antisymmetric"),
        *((value, pairs, "in plane, symmetric") for value in both),
    ]


def _sum(left: Number, right: Number) -> Number:
    x, y = lift(left, right)
    total: Number = x + y
    return total


def _two_by_two(top: Number, square: Number, bottom: Number) -> tuple[Number, Number]:
    """Both eigenvalues of [[top, c], [c, bottom]] with c^2 = ``square``; exact zeros stay exact."""
    top, square, bottom = lift(top, square, bottom)
    trace, det = _sum(top, bottom), _sum(times(top, bottom), times(-1, square))
    if isinstance(det, Fraction) and det == 0:
        return Fraction(0), trace
    if square == 0 and isinstance(square, Fraction):
        return top, bottom
    p, q, c2, total, product_ = (to_ball(value) for value in (top, bottom, square, trace, det))
    gap = p - q
    spread = _root(gap * gap + 4 * c2)
    if total > 0:  # the determinant over the larger root loses no digits
        far = (total + spread) / 2
    elif total < 0:
        far = (total - spread) / 2
    else:
        return (total - spread) / 2, (total + spread) / 2
    return product_ / far, far


def _root(value: arb) -> arb:
    """The square root of a number known to be >= 0, from a ball that may reach below 0."""
    return value.sqrt() if value > 0 else arb(0).union(value.upper().sqrt())


def curvature_range(problem: Spheres, point: str, bits: int) -> tuple[Number, Number] | None:
    """The least and the largest magnitude of an eigenvalue that is not exactly 0; None if all are 0.

    An eigenvalue whose ball reaches 0 makes the least one reach 0.
    """
    rows = [row[0] for row in sphere_rows(problem, point, bits) if row[1]]
    sizes: list[Number] = [_size(value) for value in rows if not _is_exact_zero(value)]
    exact = [value for value in sizes if isinstance(value, Fraction)]
    if not sizes:
        return None
    if len(exact) == len(sizes):
        return min(exact), max(exact)
    with flint.ctx.workprec(bits):
        low = high = to_ball(sizes[0])
        for value in sizes[1:]:
            low, high = low.min(to_ball(value)), high.max(to_ball(value))
        return low, high


def _size(value: Number) -> Number:
    return value if isinstance(value, Fraction) and value > 0 else -value if isinstance(value, Fraction) else abs(value)


def _is_exact_zero(value: Number) -> bool:
    return isinstance(value, Fraction) and value == 0


def dense_agreement(
    problem: Spheres, point: str = "etf", ladder: tuple[int, ...] = (64, 128, 200)
) -> tuple[Truth, str]:
    """Whether the dense Riemannian Hessian at the point has the closed-form spectrum, to its enclosures' width.

    The Hessian is assembled by ``calculus.sphere_objective``, which shares no formula with the tables.
    """
    table = [(entry.enclosure.ball(), entry.multiplicity)
             for entry in sphere_spectrum(problem, point=point, digits=20)]
    because = "no precision given"
    for bits in ladder:
        dense = dense_riemannian_hessian(problem, *named_point(problem, point, bits + 32), bits)
        match = contains_spectrum(dense, table, bits)
        because = f"{match.because}, at {bits} bits"
        if match.truth is not Truth.UNDECIDED:
            return match.truth, because
    return Truth.UNDECIDED, because


def sphere_grid() -> Iterator[tuple[Spheres, str]]:
    """Every loss, both collapsed points and the frame, dimension at most 110, in a fixed order."""
    losses: tuple[Loss, ...] = (
        cross_entropy(), label_smoothing("3/10"), focal(2), focal("1/2"), projected_mean_squared(), mean_squared(),
    )
    temperatures = (Fraction(3, 4), Fraction(3, 2), Fraction(4))
    for tau, n, K, extra, loss in product(temperatures, (1, 2, 3), (2, 3, 4, 5, 6), (-1, 0, 1), losses):
        if K + extra < 2:
            continue
        problem = Spheres(loss, K, K + extra, n, tau)
        if problem.dimension > _LARGEST:
            continue
        yield problem, "etf"
        if extra < 1:
            yield problem, "antipodal"
        if loss.name == "mean_squared" and extra >= 0:
            yield problem, "frame"


def dense_sweep(count: int) -> dict[str, tuple[Truth, str]]:
    """``dense_agreement`` on ``count`` instances spread evenly over the grid, by instance and point."""
    cases = list(sphere_grid())
    # A fixed step would be in step with the six losses, and miss some of them altogether.
    chosen = (cases[index * len(cases) // count] for index in range(min(count, len(cases))))
    return {f"{problem}, {point}": dense_agreement(problem, point) for problem, point in chosen}
