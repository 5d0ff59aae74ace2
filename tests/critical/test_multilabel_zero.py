"""Zero as the optimum of any list of label sets, against the balanced threshold, descent and the dual bound."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from ncproofs.critical.multilabel import is_trivial, label_optimum
from ncproofs.critical.multilabel_dual import certified_bounds
from ncproofs.critical.multilabel_zero import value_at_zero_weight, zero_is_optimal
from ncproofs.losses import focal
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.truth import Rigor, Truth

LISTS = st.lists(st.sets(st.integers(1, 4), min_size=1).map(lambda s: tuple(sorted(s))), min_size=1, max_size=6)


@settings(max_examples=40)
@given(st.sampled_from(("1:1", "1:2,2:1", "2:3", "1:1,3:2", "1:1,4:1")), st.sampled_from((None, 0, 1)),
       st.fractions("1/50", "2", max_denominator=50))
def test_on_balanced_sets_it_is_the_sharp_threshold(counts: str, lambda_b: int | None, weight: Fraction) -> None:
    problem = MultiLabel(4, 3, weight, weight / 3, lambda_b, counts=counts)
    assert zero_is_optimal(problem) == is_trivial(problem)


@settings(max_examples=25)
@given(LISTS, st.fractions("1/50", "1", max_denominator=50))
def test_descent_from_near_zero_goes_below_it_exactly_when_it_is_not_optimal(
        labels: list[tuple[int, ...]], weight: Fraction) -> None:
    problem = MultiLabel(4, 2, weight, weight, labels=labels)
    value, start = _objective(labels, float(weight)), np.random.default_rng(0).normal(size=2 * (4 + len(labels)))
    found = minimize(value, start, options={"gtol": 1e-9}).fun
    at_zero = float(value_at_zero_weight(problem)) * np.log(4)
    if zero_is_optimal(problem):
        assert found >= at_zero - 1e-9
    else:
        assert certified_bounds(problem, 6).upper <= Fraction(at_zero + 1e-9)
        assert found < at_zero + 1e-7


def _objective(labels: list[tuple[int, ...]], weight: float):  # type: ignore[no-untyped-def]
    def value(x: np.ndarray) -> float:
        W, H = x[:8].reshape(2, 4), x[8:].reshape(2, -1)
        z = W.T @ H
        losses = [len(s) * np.logaddexp.reduce(z[:, i]) - sum(z[k - 1, i] for k in s) for i, s in enumerate(labels)]
        return float(np.mean(losses) + weight / 2 * (x @ x))
    return value


def test_at_the_threshold_itself_zero_is_the_only_minimiser() -> None:
    # One sample of class 1 among two classes: G = (-1/2, 1/2), |G|^2 = 1/2.
    at = MultiLabel(2, 1, Fraction(1, 2), 1, labels=[(1,)])
    assert zero_is_optimal(at) is True
    assert zero_is_optimal(MultiLabel(2, 1, Fraction(1, 2), Fraction(999999, 10**6), labels=[(1,)])) is False


def test_a_bias_that_moves_leaves_the_question_open() -> None:
    labels = [(1,), (2,), (3,), (1, 2)]
    assert zero_is_optimal(MultiLabel(3, 3, 10, 10, labels=labels)) is True
    assert zero_is_optimal(MultiLabel(3, 3, 10, 10, 1, labels=labels)) is None
    even = [(1, 2), (2, 3), (3, 4), (1, 4)]  # not balanced, and every class as often
    assert zero_is_optimal(MultiLabel(4, 3, 10, 10, 1, labels=even)) is True
    assert zero_is_optimal(MultiLabel(4, 3, 10, 10, 0, labels=even)) is True
    assert zero_is_optimal(MultiLabel(4, 3, 10, 10, counts="1:1", loss=focal(2))) is None


@pytest.mark.parametrize("lambda_b", [None, 0, 1])
def test_the_optimum_is_exact(lambda_b: int | None) -> None:
    found = label_optimum(MultiLabel(4, 3, 1, 1, lambda_b, labels=[(1, 2), (2, 3), (3, 4), (1, 4)]), digits=20)
    assert (found.truth, found.rigor, found.geometry) == (Truth.HOLDS, Rigor.EXACT, "zero")
    objective = found.quantities["objective"]
    assert abs(objective.lower - Fraction("2.77258872223978123766892848583")) < Fraction(1, 10**20)  # 2 log 4
    assert bool(found.notes) == (lambda_b == 0)
