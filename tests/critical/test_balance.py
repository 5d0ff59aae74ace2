"""Weights of very different size: the same critical points, found and counted in a scale in which floats see them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.critical.balance import balanced, exponent_of, rescaled
from ncproofs.critical.certify import Classified, parts_of, scaled, terrain_of
from ncproofs.critical.random_points import critical_points
from ncproofs.losses import cross_entropy
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.problems.multilabel import MultiLabel

weights = st.builds(lambda n, k: Fraction(n) * Fraction(10) ** k, st.integers(1, 9), st.integers(-40, 40))


@given(weights, weights)
@settings(max_examples=60)
def test_balanced_weights_are_of_one_size_and_their_product_is_kept(lambda_W: Fraction, lambda_H: Fraction) -> None:
    problem = Ridge(cross_entropy(), 3, 2, 1, lambda_W, lambda_H)
    small = balanced(problem)
    assert small.lambda_W * small.lambda_H == lambda_W * lambda_H
    assert Fraction(1, 32) < small.lambda_W / small.lambda_H < 32
    if Fraction(1, 8) <= lambda_W / lambda_H <= 8:
        assert small is problem and exponent_of(problem) == 0


EXTREME = {
    "ridge": Ridge(cross_entropy(), 3, 2, 2, 10, Fraction(1, 10**8), "1/7"),
    "ridge, the other way round": Ridge(cross_entropy(), 3, 3, 1, "1/100000", 30),
    "label sets": MultiLabel(3, 4, 10**3, Fraction(1, 10**7), "1/7", counts="1:1,2:2"),
    "spheres": Spheres(cross_entropy(), 3, 3, 1, 2),
    "too large for dense Hessians": Ridge(cross_entropy(), 30, 40, 1, 1, Fraction(1, 10**6)),
}


@pytest.mark.parametrize("name", EXTREME)
def test_the_other_scale_has_the_same_values_and_leads_back(name: str) -> None:
    problem = EXTREME[name]
    view, terrain = scaled(problem), terrain_of(problem)
    y = view.terrain.random(np.random.default_rng(0))
    x = view.outside(y)
    assert (view.inside(x) == y).all()
    assert terrain.value(x) == pytest.approx(view.terrain.value(y), rel=1e-12)
    if view.exponent:
        (W, H, _), (V, G, _) = parts_of(problem, x), parts_of(balanced(problem), y)
        assert np.allclose(W.T @ H, V.T @ G, rtol=1e-12)
        assert not np.allclose(W, V)


def test_rescaling_leaves_the_bias_alone() -> None:
    assert rescaled(np.arange(1.0, 7.0), (2, 3), 2).tolist() == [4, 8, 0.75, 1, 1.25, 6]
    assert rescaled(np.zeros(0), (2, 3), 2).size == 0


def test_one_minimiser_is_one_point_whatever_the_weights_are() -> None:
    """The simplex ETF is unique modulo rotation; 42 starts used to end at 11 copies of it."""
    plain = critical_points(Ridge(cross_entropy(), 3, 2, 1, "1/3000", "1/3000"), 42)
    result = critical_points(Ridge(cross_entropy(), 3, 2, 1, 10, "1/90000000"), 42)
    assert result.by_index == {0: 1, 1: 1, 2: 1, 4: 1}
    assert len(result.certified) == len(result.points) == 4
    for point in result.certified:
        assert any(_same(point.classified, other.classified) for other in plain.certified)


def _same(one: Classified, other: Classified) -> bool:
    """Value, rank and inertia do not depend on the scale; eigenvalues do."""
    assert one.value is not None and other.value is not None
    return (one.rank, one.index, one.nullity) == (other.rank, other.index, other.nullity) and (
        one.value.lower <= other.value.upper and other.value.lower <= one.value.upper)


@pytest.mark.parametrize(("lambda_W", "lambda_H"), [("1/10000", 10000), (10**12, 1)])
def test_the_origin_is_certified_and_one_point(lambda_W: object, lambda_H: object) -> None:
    result = critical_points(Ridge(cross_entropy(), 3, 2, 1, lambda_W, lambda_H), 14)  # type: ignore[arg-type]
    assert result.by_index == {0: 1} and not result.undecided
    (origin,) = result.points
    assert origin.classified.rank == 0 and origin.classified.nullity == 0 and origin.hits >= 10


def test_label_sets_with_weights_of_different_size() -> None:
    problem = MultiLabel(3, 2, 10**3, Fraction(1, 10**7), counts="1:1,2:2")
    plain = MultiLabel(3, 2, "1/100", "1/100", counts="1:1,2:2")
    first, second = critical_points(problem, 14), critical_points(plain, 14)
    assert first.by_index == second.by_index and not first.undecided
