"""Kernels against balls: every error is within its stated bound, for every loss, dtype, tiling and array namespace."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from flint import ctx

from ncproofs.errors import InexactInput, InvalidProblem, OutOfScope
from ncproofs.kernels.bounds import rounding_bounds
from ncproofs.kernels.curvature import curvature_below, least_curvature
from ncproofs.kernels.features import evaluate
from ncproofs.kernels.labels import label_sets, labels_of
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.spelling import loss_from_expression
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.truth import Truth
from tests.kernels.exact_sums import BITS, distance, exact

LOSSES = {
    "cross_entropy": cross_entropy(),
    "label_smoothing": label_smoothing("1/10"),
    "focal(2)": focal(2),
    "focal(5/2)": focal("5/2"),
    "mean_squared": mean_squared(),
    "poly": loss_from_expression("log(S1) - t + 1 - exp(t)/S1"),
    "two sums": loss_from_expression("log(S1) - t + S2/100", ["exp(z)", "z**2"]),
}
TILES = (3, 8, 50, 10**5)


def drawn(seed: int, dtype: str, loss: Any, *, spheres: bool) -> tuple[Any, Any, Any]:
    """A problem, a point and a direction."""
    rng = np.random.default_rng(seed)
    K, d, n = int(rng.integers(2, 6)), int(rng.integers(2, 6)), int(rng.integers(1, 4))

    def normal(*shape: int) -> Any:
        return rng.standard_normal(shape)

    if spheres:
        problem: Any = Spheres(loss, K, d, n, ["1/2", "7/3", "12"][seed % 3])
        X = [x / np.linalg.norm(x, axis=0) for x in (normal(d, K), normal(d, K * n))]
        D = [v - x * (x * v).sum(axis=0) for x, v in zip(X, (normal(d, K), normal(d, K * n)), strict=True)]
        return problem, (*(x.astype(dtype) for x in X), None), (*(v.astype(dtype) for v in D), None)
    bias = [None, "0", "1/7"][seed % 3]
    problem = Ridge(loss, K, d, n, "1/30", "1/50", bias)
    size = float(10 ** rng.uniform(-1, 0.6))

    def point() -> Any:
        b = None if bias is None else (size * normal(K)).astype(dtype)
        return (size * normal(d, K)).astype(dtype), (size * normal(d, K * n)).astype(dtype), b

    return problem, point(), point()


def compare(problem: Any, point: Any, direction: Any, tile: int, convert: Any = lambda part: part) -> list[float]:
    """Error over bound, for value, gradient, product and curvature."""
    here, there = (tuple(None if part is None else convert(part) for part in where) for where in (point, direction))
    try:
        found = evaluate(problem, here, there, tile=tile)
    except OutOfScope:  # said, not hidden: the loss overflows in this dtype
        return [0.0]
    bounds = rounding_bounds(problem, here, there, tile=tile)
    value, gradient, product, curvature = exact(problem, point, direction)
    assert found.product is not None and bounds.product is not None
    with ctx.workprec(BITS):
        shares = [abs(float((value - found.value).mid())) / bounds.value,
                  abs(float((curvature - found.curvature).mid())) / bounds.curvature]  # type: ignore[operator]
    for parts, errors, wanted in ((found.gradient, bounds.gradient, gradient),
                                  (found.product, bounds.product, product)):
        given = [(part, error) for part, error in zip(parts, errors, strict=True) if part is not None]
        shares += [distance(true, np.asarray(part)) / error  # type: ignore[operator]
                   for true, (part, error) in zip(wanted, given, strict=True)]
    return shares


@pytest.mark.parametrize("spheres", [False, True])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", LOSSES)
def test_errors_are_within_their_bounds(name: str, dtype: str, *, spheres: bool) -> None:
    for seed in range(3):
        problem, point, direction = drawn(seed, dtype, LOSSES[name], spheres=spheres)
        shares = compare(problem, point, direction, TILES[seed % len(TILES)])
        assert max(shares) <= 1, (problem, shares)
        assert max(shares) > 1e-9 or max(shares) == 0  # a bound that says nothing would be no bound


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_a_hundred_problems_in_single_precision(part: int) -> None:
    losses = list(LOSSES.values())
    for number in range(100):
        seed = 1000 + 100 * part + number
        drawn_ = drawn(seed, "float32", losses[seed % len(losses)], spheres=seed % 2 == 0)
        assert max(compare(*drawn_, TILES[seed % len(TILES)])) <= 1, seed


@pytest.mark.parametrize(("left", "right"), [(1e-300, 1e-300), (1e-320, 1e-320), (1e-170, 1.0), (1e-170, 1e150)])
def test_tiny_and_huge_entries(left: float, right: float) -> None:
    problem, point, direction = drawn(0, "float64", cross_entropy(), spheres=False)
    scaled = (point[0] * left, point[1] * right, point[2])
    found, bounds = evaluate(problem, scaled), rounding_bounds(problem, scaled)
    _, gradient, *_ = exact(problem, scaled, direction)
    for wanted, part, bound in zip(gradient, found.gradient, bounds.gradient, strict=False):
        assert distance(wanted, part) <= bound  # type: ignore[operator]


def test_a_silent_overflow_inside_has_no_finite_bound() -> None:
    """S1^2 overflows in single precision although S1 and the result do not: 1/S1^2 is computed as 0."""
    loss = loss_from_expression("log(S1) - t", ["exp(z) + z**3/1000"])
    problem = Ridge(loss, 2, 1, 1, "1/10", "1/10")
    point = tuple(np.asarray(part, dtype="float32") for part in ([[7.0, 7.0]], [[7.0, 7.0]]))
    direction = tuple(np.asarray(part, dtype="float32") for part in ([[1.0, -1.0]], [[1.0, 1.0]]))
    assert loss.softmax_form() is None
    bounds = rounding_bounds(problem, (*point, None), (*direction, None))
    assert np.isfinite(bounds.value) and bounds.product is not None and np.isinf(bounds.product[0])


def test_a_wrong_kernel_is_outside_its_bound() -> None:
    problem, point, direction = drawn(1, "float64", cross_entropy(), spheres=False)
    other = Ridge(cross_entropy(), problem.K, problem.d, problem.n, "1/30", "1/49", problem.lambda_b)
    value, gradient, *_ = exact(other, point, direction)
    found, bounds = evaluate(problem, point, direction), rounding_bounds(problem, point, direction)
    assert abs(float((value - found.value).mid())) > bounds.value
    assert distance(gradient[1], found.gradient[1]) > bounds.gradient[1]


NAMESPACES = ["array_api_strict", "torch", "jax.numpy"]


@pytest.mark.parametrize("package", NAMESPACES)
def test_other_array_namespaces(package: str) -> None:
    module = pytest.importorskip(package, reason=f"{package} is not installed; pip install {package.split('.')[0]}")
    # JAX has double precision only when asked for, once for the whole process: here it is tested in single alone.
    dtypes = ("float32",) if package == "jax.numpy" else ("float64", "float32")
    for seed, name in enumerate(LOSSES):
        for dtype in dtypes:
            problem, point, direction = drawn(seed, dtype, LOSSES[name], spheres=seed % 2 == 1)
            shares = compare(problem, point, direction, TILES[seed % 4], lambda part: module.asarray(part))
            assert max(shares) <= 1
    # Whole matrices at once, and Lanczos with the symmetries projected out.
    flat = Ridge(cross_entropy(), 4, 5, 2, "1/50", "1/60", "0")
    origin = (np.zeros((5, 4), dtype), np.zeros((5, 8), dtype), np.zeros(4, dtype))
    there = (module.asarray(origin[0]), module.asarray(origin[1]), module.asarray(origin[2]))
    assert abs(least_curvature(flat, there).value - least_curvature(flat, origin).value) < 1e-5
    assert curvature_below(flat, there, least_curvature(flat, there).direction).truth is Truth.HOLDS
    made = evaluate(problem, tuple(None if part is None else module.asarray(part) for part in point))
    assert type(made.gradient[0]) is type(module.asarray(point[0])) and str(made.gradient[0].dtype).endswith("float32")


def test_label_sets_are_the_sum_over_their_labels() -> None:
    """Pick-all-label: L(z, S) = sum over k in S of L(z, k)."""
    rng = np.random.default_rng(0)
    sets = [[0], [1, 3], [0, 2, 3], [4], [1, 2]]
    for loss in (cross_entropy(), label_smoothing("1/5")):
        problem = Ridge(loss, 5, 3, 1, "1/30", "1/50")
        W, H, D = rng.standard_normal((3, 5)), rng.standard_normal((3, 5)), rng.standard_normal((3, 10))
        for tile in (4, 10**5):
            found = evaluate(problem, (W, H, None), (D[:, :5], D[:, 5:], None), labels=label_sets(5, sets), tile=tile)
            flat, repeats = [k for s in sets for k in s], [len(s) for s in sets]
            spread = (np.repeat(H, repeats, axis=1), np.repeat(D[:, 5:], repeats, axis=1))
            one = evaluate(problem, (W, spread[0], None), (D[:, :5], spread[1], None), labels=labels_of(5, flat))
            share = len(flat) / 5
            assert found.product is not None and one.product is not None
            decay = (W**2).sum() / 60
            bare = (W**2).sum() / 60 + (H**2).sum() / 100
            other = decay + (spread[0] ** 2).sum() / 100
            assert abs(found.value - bare - share * (one.value - other)) < 1e-12
            assert np.abs(found.gradient[0] - W / 30 - share * (one.gradient[0] - W / 30)).max() < 1e-12
            assert np.abs(found.product[0] - D[:, :5] / 30 - share * (one.product[0] - D[:, :5] / 30)).max() < 1e-12


def test_labels_in_any_order() -> None:
    rng = np.random.default_rng(0)
    problem = Ridge(focal(2), 4, 3, 2, "1/30", "1/50", "0")
    W, H, b = rng.standard_normal((3, 4)), rng.standard_normal((3, 8)), rng.standard_normal(4)
    order = rng.permutation(8)
    plain = evaluate(problem, (W, H, b), tile=9)
    mixed = evaluate(problem, (W, H[:, order], b), labels=labels_of(4, np.repeat(np.arange(4), 2)[order]), tile=9)
    assert abs(plain.value - mixed.value) < 1e-13
    assert np.abs(plain.gradient[1][:, order] - mixed.gradient[1]).max() < 1e-13


def test_threads_change_nothing() -> None:
    problem, point, direction = drawn(2, "float64", cross_entropy(), spheres=False)
    one = evaluate(problem, point, direction)
    two = evaluate(problem, point, direction, threads=2, tile=9)
    assert one.product is not None and two.product is not None
    assert abs(one.value - two.value) < 1e-13 and np.abs(one.product[1] - two.product[1]).max() < 1e-13


CE = Ridge(cross_entropy(), 3, 2, 1, "1/10", "1/10")
GOOD = np.zeros((2, 3))
REFUSED = {
    "wrong shape": ((GOOD, np.zeros((2, 4)), None), InvalidProblem, "H has shape"),
    "a bias that is not there": ((GOOD, GOOD, np.zeros(3)), InvalidProblem, "None is needed"),
    "whole numbers": ((GOOD.astype(int), GOOD.astype(int), None), InexactInput, "write float64"),
    "mixed precision": ((GOOD, GOOD.astype(np.float32), None), InexactInput, "write float64"),
    "not finite": ((GOOD + np.inf, GOOD + 1, None), OutOfScope, "not finite"),
}


@pytest.mark.parametrize(("point", "error", "said"), REFUSED.values(), ids=REFUSED)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_refusals(point: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        evaluate(CE, point)


BAD_LABELS = {
    "a class too many": lambda: labels_of(3, [0, 3]),
    "a fraction": lambda: labels_of(3, np.array([0.5])),
    "an empty set": lambda: label_sets(3, [[0], []]),
    "a repeated label": lambda: label_sets(3, [[1, 1]]),
    "none": lambda: labels_of(3, []),
}


@pytest.mark.parametrize("make", BAD_LABELS.values(), ids=BAD_LABELS)
def test_labels_are_checked(make: Any) -> None:
    with pytest.raises(InvalidProblem):
        make()


def test_label_sets_need_a_linear_softmax_loss() -> None:
    problem = Ridge(focal(2), 3, 2, 1, "1/10", "1/10")
    with pytest.raises(OutOfScope, match="label sets"):
        evaluate(problem, (GOOD, GOOD, None), labels=label_sets(3, [[0], [0, 1], [2]]))


def test_memory_is_proportional_to_the_arguments() -> None:
    import tracemalloc

    K, d, tile = 1500, 4, 2**14
    problem = Ridge(cross_entropy(), K, d, 1, "1/10", "1/10")
    rng = np.random.default_rng(0)
    X, D = ((rng.standard_normal((d, K)), rng.standard_normal((d, K)), None) for _ in range(2))
    tracemalloc.start()
    evaluate(problem, X, D, tile=tile)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * 4 * d * K * 8 + 12 * 8 * max(tile, 128 * 128) < K * K * 8


def test_bounds_of_a_loss_of_class_sums_keep_to_tiles() -> None:
    """K x block arrays were kept for the bounds: some 26 of them, whatever the tile."""
    import tracemalloc

    K, N, tile = 20_000, 64, 2**16
    problem = Ridge(mean_squared(), K, 1, 1, "1/50", "1/60")
    point = (np.ones((1, K)), np.ones((1, N)), None)
    tracemalloc.start()
    rounding_bounds(problem, point, labels=labels_of(K, [0] * N), tile=tile)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * K * 8


def test_threads_are_as_quiet_as_one() -> None:
    import warnings

    problem = Ridge(focal("1/2"), 3, 2, 4, "1/50", "1/60")
    point = (np.full((2, 3), 400.0) * [1, 0, -1], np.full((2, 12), 400.0), None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for threads in (1, 2):
            with suppress(OutOfScope):
                evaluate(problem, point, threads=threads)


def test_lost_squares_count_with_their_weight() -> None:
    """float32: the squares of 2.4e-23 vanish, and the weight 1e38 would have made 2000 of them count."""
    problem = Ridge(cross_entropy(), 2, 1000, 1, 10**38, 1)
    point = (np.full((1000, 2), 2.4e-23, np.float32), np.zeros((1000, 2), np.float32), None)
    exact = float(np.log(2)) + 1e41 * float(point[0][0, 0]) ** 2
    off = abs(evaluate(problem, point).value - exact)
    assert 5e-5 < off <= rounding_bounds(problem, point).value


def test_where_a_logit_overflows_the_bounds_are_infinite_and_no_nan() -> None:
    point = (np.full((2, 3), 2000, np.float32), np.full((2, 3), 2000, np.float32), None)
    found = rounding_bounds(Ridge(cross_entropy(), 3, 2, 1, "1/50", "1/50"), point, point)
    assert not any(np.isnan(bound) for bound in (found.value, *found.gradient[:2], *(found.product or ())[:2]))
    assert found.curvature == np.inf
