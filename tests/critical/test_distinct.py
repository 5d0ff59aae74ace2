"""Points are merged exactly when a symmetry maps one to the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncproofs.critical.distinct import agree, same_figure
from ncproofs.critical.terrain import Figure

SEEDS = st.integers(0, 10**6)


def figure(seed: int, d: int = 3, K: int = 4, n: int = 2) -> Figure:
    rng = np.random.default_rng(seed)
    return Figure(rng.standard_normal((d, K + K * n)), rng.standard_normal(K))


def moved(at: Figure, seed: int, n: int = 2) -> Figure:
    """Rotated, its classes relabelled, the samples of each class shuffled."""
    rng = np.random.default_rng(seed)
    d, K = at.columns.shape[0], at.numbers.size
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0]
    classes = rng.permutation(K)
    samples = [K + k * n + i for k in classes for i in rng.permutation(n)]
    return Figure(turn @ at.columns[:, [*classes, *samples]], at.numbers[classes])


@given(SEEDS, SEEDS)
def test_symmetric_images_are_the_same(seed: int, motion: int) -> None:
    assert same_figure(figure(seed), moved(figure(seed), motion))


@given(SEEDS, st.integers(0, 11))
def test_a_column_moved_makes_another_point(seed: int, column: int) -> None:
    at = figure(seed)
    columns = at.columns.copy()
    columns[:, column] *= 1.01
    assert not same_figure(at, moved(Figure(columns, at.numbers), seed + 1))


@given(SEEDS)
def test_numbers_travel_with_their_classes(seed: int) -> None:
    at = figure(seed)
    assert not same_figure(at, Figure(at.columns, np.roll(at.numbers, 1)))
    assert same_figure(at, moved(at, seed))


def test_samples_stay_with_their_class() -> None:
    at = figure(5)
    swapped = at.columns[:, [0, 1, 2, 3, 6, 5, 4, 7, 8, 9, 10, 11]]  # a sample of class 0 and one of class 1
    assert not same_figure(at, Figure(swapped, at.numbers))


def test_a_wrong_first_choice_is_taken_back() -> None:
    """All classifiers equal: only the features tell the classes apart, and the first guess is wrong."""
    columns = np.hstack([np.ones((1, 4)), np.array([[1.0, 2.0, 3.0, 4.0]])])
    other = np.hstack([np.ones((1, 4)), np.array([[4.0, 3.0, 2.0, 1.0]])])
    assert same_figure(Figure(columns, np.zeros(4)), Figure(other, np.zeros(4)))
    other[0, 4] = 5.0
    assert not same_figure(Figure(columns, np.zeros(4)), Figure(other, np.zeros(4)))


def test_tiny_columns_are_all_zero() -> None:
    rng = np.random.default_rng(0)
    noise = [Figure(1e-12 * rng.standard_normal((2, 6)), np.zeros(3)) for _ in range(2)]
    assert same_figure(*noise)


@pytest.mark.parametrize(("left", "right"), [([1.0, 2.0], [1.0, 2.0 + 1e-9]), ([], [])])
def test_invariants_that_agree(left: list[float], right: list[float]) -> None:
    assert agree(np.array(left), np.array(right))


@pytest.mark.parametrize(("left", "right"), [([1.0, 2.0], [1.0, 2.1]), ([1.0, 2.0], [1.0])])
def test_invariants_that_differ(left: list[float], right: list[float]) -> None:
    assert not agree(np.array(left), np.array(right))


def test_figures_of_different_shapes_differ() -> None:
    assert not same_figure(figure(0), figure(0, d=2))
