"""Closed-form families: critical in balls, value and index where they are claimed, both ways."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from flint import arb, arb_mat

from ncproofs.arithmetic.ball import Ball, sign
from ncproofs.arithmetic.linalg import eigenvalue_enclosures
from ncproofs.calculus.sphere_objective import dense_riemannian_hessian, riemannian_gradient, sphere_value
from ncproofs.critical import sphere_families as families
from ncproofs.critical.sphere_families import FamilyPoint
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.losses import cross_entropy, focal, label_smoothing
from ncproofs.problems.features import Spheres
from ncproofs.truth import Truth

BITS = 128


def spheres(K: int, d: int, n: int, tau: object) -> Spheres:
    return Spheres(cross_entropy(), K, d, n, tau)  # type: ignore[arg-type]


PROVED = {
    **{f"merged ETF {sizes} tau={tau}": (families.merged_etf(spheres(*sizes[:3], tau), sizes[3], BITS))
       for sizes in [(4, 2, 1, 2), (4, 3, 2, 2), (6, 3, 1, 3), (6, 4, 1, 2), (4, 4, 1, 4)] for tau in ("1/2", 3)},
    **{f"rank one {w} {h}": families.rank_one(spheres(3, 3, 1, 1), w, h, BITS)
       for w in ((1, 1, -1), (1, -1, -1)) for h in ((1, 1, -1), (-1, -1, 1), (1, -1, 1))},
    "all equal, tau=40": families.one_direction(spheres(3, 3, 1, 40), BITS),
    "one direction, oblique features": families.one_direction(spheres(3, 3, 2, 2), BITS, cosine=Fraction(3, 5)),
    "one direction, d=4": families.one_direction(spheres(4, 4, 1, 2), BITS, cosine=Fraction(-3, 5)),
}

OBSERVED = {
    "antipodal": (families.antipodal(spheres(4, 4, 1, 2), BITS), None),
    "flipped": (families.flipped_etf(spheres(3, 2, 4, 3), 1, BITS), None),
    "direct sum 3+3": (families.direct_sum(spheres(6, 4, 1, 4), (3, 3), BITS), (0, 6)),
    "direct sum 4+2": (families.direct_sum(spheres(6, 4, 1, 1), (4, 2), BITS), (0, 6)),
    "square in the plane": (families.polygon(spheres(4, 2, 1, 1), 1, BITS), (0, 1)),
    "pentagon in R^3": (families.polygon(spheres(5, 3, 1, 3), 1, BITS), (2, 3)),
    "hexagon in R^3": (families.polygon(spheres(6, 3, 1, 1), 1, BITS), (3, 3)),
    "hexagon winding twice": (families.polygon(spheres(6, 4, 1, 3), 2, BITS), None),
    "signed ETF, d >= m": (families.signed_etf(spheres(6, 3, 1, 2), BITS), (3, 3)),
}


def refused_as_critical(point: FamilyPoint) -> bool:
    """Whether balls refute that the point is critical, on the spheres, with the claimed value."""
    parts = riemannian_gradient(point.problem, point.W, point.H, BITS)
    assert all(entry.rad() < 1e-30 for part in parts for entry in part.entries())
    value = sphere_value(point.problem, point.W, point.H, BITS)
    return not all(entry.contains(0) for part in parts for entry in part.entries()) or not value.overlaps(point.value)


@pytest.mark.parametrize("name", PROVED)
def test_proved_index_and_nullity(name: str) -> None:
    point = PROVED[name]
    assert not refused_as_critical(point)
    assert point.because
    assert families.dense_inertia(point, BITS) == (point.index, point.nullity)


@pytest.mark.parametrize("name", OBSERVED)
def test_observed_index_and_nullity(name: str) -> None:
    point, expected = OBSERVED[name]
    assert not refused_as_critical(point)
    assert point.index is None
    negative, unsettled = families.dense_inertia(point, BITS)
    assert unsettled == point.orbit_dimension
    if expected is not None:
        assert (negative, unsettled) == expected


def test_a_point_that_is_not_critical_is_refuted() -> None:
    """The same configuration under another loss weighting is fine; another configuration is not."""
    square = families.polygon(spheres(4, 2, 1, 1), 1, BITS)
    rectangle = FamilyPoint(
        family="rectangle", problem=square.problem, value=square.value, rank=2, W=square.W,
        H=families.direct_sum(spheres(4, 2, 1, 1), (2, 2), BITS).W,
    )
    assert refused_as_critical(rectangle)


def test_smallest_eigenvalue_of_the_merged_etf() -> None:
    """(tau/N) ((n+1) th - sqrt((n-1)^2 th^2 + 4 n))/2 with th = m/(e^u + m - 1), u = tau m/(m-1), for d >= m."""
    import flint

    problem, m = spheres(4, 3, 2, 3), 2
    point = families.merged_etf(problem, m, BITS)
    with flint.ctx.workprec(BITS):
        theta = m / ((flint.arb(3) * m / (m - 1)).exp() + m - 1)
        expected = flint.arb(3) / 8 * (3 * theta - (theta**2 + 8).sqrt()) / 2
        least = eigenvalue_enclosures(dense_riemannian_hessian(problem, point.W, point.H, BITS), BITS)[0]
        assert least.overlaps(expected)
        assert expected < 0


def test_the_temperature_bound_is_not_necessary() -> None:
    """K=d=3, n=1, tau=40, far above 2(d-2)/(1 + (K mod 2)/K) = 3/2: W = e1 1^T, h = (e1+e2)/sqrt 2 has index 4."""
    import flint

    problem = spheres(3, 3, 1, 40)
    with flint.ctx.workprec(BITS):
        point = families.one_direction(problem, BITS, cosine=flint.arb("0.5").sqrt())
    assert not refused_as_critical(point)
    assert families.dense_inertia(point, BITS)[0] == point.index == 4
    values = eigenvalue_enclosures(dense_riemannian_hessian(problem, point.W, point.H, BITS), BITS)
    assert values[0].overlaps(flint.arb(-40) / 3)


def test_features_orthogonal_to_the_common_direction_have_no_claimed_index() -> None:
    point = families.one_direction(spheres(2, 2, 1, 1), BITS, cosine=0)
    assert point.index is None
    values = eigenvalue_enclosures(dense_riemannian_hessian(point.problem, point.W, point.H, BITS), BITS)
    assert [bool(value.contains(0)) for value in values] == [True, True, True, False]
    assert values[-1].contains(Fraction(1, 2).numerator / 2)


FLIPS = {
    "K=3, tau=5/2, n=62": (spheres(3, 2, 62, "5/2"), 1, Truth.HOLDS),
    "K=3, tau=5/2, n=50": (spheres(3, 2, 50, "5/2"), 1, Truth.FAILS),
    "K=4, tau=18/5, n=460": (spheres(4, 3, 460, "18/5"), 1, Truth.HOLDS),
    "K=4, tau=18/5, n=450": (spheres(4, 3, 450, "18/5"), 1, Truth.FAILS),
    "two flips of 460": (spheres(4, 3, 460, "18/5"), 2, Truth.FAILS),
    "tau = K - 1": (spheres(3, 2, 1000, 2), 1, Truth.FAILS),
    "all flipped": (spheres(3, 2, 62, "5/2"), 62, Truth.FAILS),
    "K=10, n=10^9": (spheres(10, 9, 10**9, 12), 1, Truth.HOLDS),
}


@pytest.mark.parametrize("name", FLIPS)
def test_closed_form_condition_of_flips(name: str) -> None:
    problem, flips, expected = FLIPS[name]
    assert families.flip_is_minimum(problem, flips, BITS) is expected


def test_closed_form_condition_agrees_with_the_dense_hessian() -> None:
    for n in (6, 12):
        problem = spheres(3, 2, n, "7/2")
        point = families.flipped_etf(problem, 1, BITS)
        is_minimum = families.dense_inertia(point, BITS) == (0, point.orbit_dimension)
        assert (families.flip_is_minimum(problem, 1, BITS) is Truth.HOLDS) is is_minimum


def reduced_hessian(problem: Spheres, flips: int) -> arb_mat:
    """n times the Hessian on (dW, one feature of each class that stays, one that is flipped), samples moving together.

    The objective is a mean over samples, so it is that of n = 1 without and with the flip, weighted by their numbers.
    """
    K, size, stay = problem.K, problem.K * (problem.d - 1), problem.n - flips
    rows = [[arb(0)] * (3 * size) for _ in range(3 * size)]
    for count, turned, start in ((stay, 0, size), (flips, 1, 2 * size)):
        point = families.flipped_etf(spheres(K, problem.d, 1, problem.tau), turned, BITS)
        dense = dense_riemannian_hessian(point.problem, point.W, point.H, BITS).tolist()
        place = [*range(size), *range(start, start + size)]
        for i, row in zip(place, dense, strict=True):
            for j, entry in zip(place, row, strict=True):
                rows[i][j] += count * entry
    return arb_mat(rows)


@pytest.mark.parametrize(("K", "tau", "flips"), [
    (3, "9/4", 1), (3, "5/2", 2), (3, "7/2", 1), (3, 5, 1), (4, "13/4", 1), (4, "9/2", 1), (5, 6, 1),
], ids=str)
def test_the_least_number_of_samples_is_that_of_the_hessian(K: int, tau: object, flips: int) -> None:
    """A flip becomes a minimum at one number of samples: there by the closed form, and by the Hessian."""
    low, high = flips, flips + 1
    while families.flip_is_minimum(spheres(K, K - 1, high, tau), flips, BITS) is not Truth.HOLDS:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        is_minimum = families.flip_is_minimum(spheres(K, K - 1, middle, tau), flips, BITS) is Truth.HOLDS
        low, high = (low, middle) if is_minimum else (middle, high)
    rotations = (K - 1) * (K - 2) // 2
    for n, is_minimum in ((low, False), (high, True)):
        with Ball(BITS).working():
            signs = [sign(value) for value in eigenvalue_enclosures(reduced_hessian(spheres(K, K - 1, n, tau), flips),
                                                                    BITS)]
        assert (signs.count(1) == len(signs) - rotations) is is_minimum
        assert (signs.count(-1) > 0) is not is_minimum


@pytest.mark.parametrize(("K", "winding", "rank"), [(4, 1, 2), (4, 2, 1), (5, 2, 2), (2, 1, 1), (8, 2, 2)])
def test_polygons_that_are_segments_have_rank_one(K: int, winding: int, rank: int) -> None:
    point = families.polygon(spheres(K, 2, 1, 1), winding, BITS)
    with Ball(BITS).working():
        signs = [sign(value) for value in eigenvalue_enclosures(point.W * point.W.transpose(), BITS)]
    assert point.rank == signs.count(1) == rank


def test_partitions() -> None:
    assert list(families.direct_sum_sizes(6, 4)) == [(4, 2), (3, 3)]
    assert list(families.direct_sum_sizes(8, 5)) == [(4, 2, 2), (3, 3, 2)]
    assert list(families.direct_sum_sizes(5, 4)) == [(5,)]
    assert list(families.direct_sum_sizes(7, 3)) == []
    assert list(families.direct_sum_sizes(3, 3)) == []


def test_values_cross_between_tau_1_and_4() -> None:
    def gap(tau: int) -> object:
        problem = spheres(6, 4, 1, tau)
        return families.direct_sum_value(problem, (3, 3), BITS) - families.direct_sum_value(problem, (4, 2), BITS)

    assert gap(1) < 0  # type: ignore[operator]
    assert gap(4) > 0  # type: ignore[operator]


ce = spheres(4, 3, 2, 1)
REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "too few signs": (lambda: families.rank_one(ce, (1, 1), (1,) * 8, BITS), "4 signs"),
    "a sign 0": (lambda: families.rank_one(ce, (1, 1, 0, 1), (1,) * 8, BITS), "signs 1 or -1"),
    "groups that do not divide K": (lambda: families.merged_etf(ce, 3, BITS), "divisor"),
    "one group": (lambda: families.merged_etf(ce, 1, BITS), "divisor"),
    "flips > n": (lambda: families.flipped_etf(ce, 3, BITS), "flips=3"),
    "d too small": (lambda: families.antipodal(spheres(5, 3, 1, 1), BITS), "d >= K - 1"),
    "flips need d = K - 1": (lambda: families.flip_is_minimum(spheres(3, 3, 5, 3), 1, BITS), "d = K - 1"),
    "parts of size 1": (lambda: families.direct_sum(ce, (3, 1), BITS), "parts >= 2"),
    "winding": (lambda: families.polygon(ce, 3, BITS), "winding"),
    "odd K": (lambda: families.signed_etf(spheres(5, 3, 1, 1), BITS), "even K"),
    "cosine": (lambda: families.one_direction(ce, BITS, cosine=2), "cosine"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    action, message = REFUSED[name]
    with pytest.raises(InvalidProblem, match=message):
        action()


def test_other_losses_are_out_of_scope() -> None:
    for loss in (label_smoothing("1/10"), focal(2)):
        with pytest.raises(OutOfScope, match="cross-entropy"):
            families.antipodal(Spheres(loss, 3, 3, 1, Fraction(1)), BITS)
    # A loss is recognised by its expression, not by its name.
    assert families.is_cross_entropy(Spheres(focal(0), 3, 3, 1, Fraction(1)))
