"""Dual bounds: true, close, refused when their conditions do not hold, and below every point found otherwise."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.arithmetic.enclosure import exact_bounds
from ncproofs.critical.krawczyk import has_shift_symmetry
from ncproofs.critical.multilabel import label_optimum, multilabel_optimum
from ncproofs.critical.multilabel_dual import (
    DualPoint,
    certified_bounds,
    classifier_bound,
    dual_value,
    scaled_dual,
)
from ncproofs.critical.multilabel_search import descend, expanded, local_minima
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.losses import cross_entropy, mean_squared
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.truth import Truth
from tests.critical.test_multilabel import brute_force

UNBALANCED = "1; 2; 3; 1 3; 2 3; 1 2; 1 2"


def listed(labels=UNBALANCED, K=3, d=2, lb="1/100", lW="1/100", lH="1/100", **more):
    return MultiLabel(K=K, d=d, lambda_W=lW, lambda_H=lH, lambda_b=lb, labels=labels, **more)


LISTS = {
    "penalised bias": listed(),
    "no bias": listed(lb=None),
    "free bias": listed(lb=0),
    "many sets, weights": listed("1;1;2;3 4;1 2 3;4;4;2 3;1 2 3 4", K=4, d=3, weights="2:1/2,3:2"),
    "a spare dimension": listed("1;1;2;1 2 3", d=5, lW="1/300"),
    "some directions collapse": listed("1;1;1;1;2;2;3;1 4;5;2 3", K=5, d=4, lW="1/10", lH="1/10"),
    "all collapse": listed(lW="2", lH="3"),
    "a class without samples": listed("1;2", K=3),
}


@pytest.mark.parametrize("problem", LISTS.values(), ids=LISTS)
def test_the_minimum_is_between_close_bounds(problem):
    bounds = certified_bounds(problem, 15)
    assert 0 <= bounds.gap < Fraction(1, 10**15) * bounds.lower
    lowest = min(brute_force(problem, seed)[0] for seed in range(2))
    assert float(bounds.lower) - 1e-12 < lowest < float(bounds.upper) + 1e-8
    assert dual_value(bounds.dual, 300) > 0


def test_bounds_of_a_balanced_list_contain_the_exact_minimum():
    counted = MultiLabel(K=4, d=3, lambda_W="1/100", lambda_H="1/50", lambda_b=0, counts="1:1,2:2")
    exact = multilabel_optimum(counted, digits=40).quantities["objective"]
    bounds = certified_bounds(counted, 20)
    assert bounds.lower <= exact.upper and exact.lower <= bounds.upper and bounds.gap < Fraction(1, 10**20)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.integers(1, 20), min_size=3, max_size=3), min_size=6, max_size=6))
def test_any_probabilities_give_a_bound_below_the_minimum(columns):
    problem = listed()
    least = certified_bounds(problem, 12).upper
    dual = DualPoint(problem, tuple(tuple(Fraction(x, sum(column)) for x in column) for column in columns))
    assert dual_value(scaled_dual(dual, 128), 160) <= float(least) + 1e-12


def columns_of(problem):
    return certified_bounds(problem, 8).dual.columns


REFUSED = {
    "too few columns": (lambda p, c: c[1:], "columns given"),
    "not summing to 1": (lambda p, c: (tuple(x * 2 for x in c[0]), *c[1:]), "no probability vector"),
    "a negative entry": (lambda p, c: ((Fraction(-1), Fraction(1), Fraction(1)), *c[1:]), "no probability vector"),
    "norm too large": (lambda p, c: ((Fraction(0), Fraction(0), Fraction(1)), *c[1:]), "norm condition"),
}


@pytest.mark.parametrize(("spoil", "said"), REFUSED.values(), ids=REFUSED)
def test_a_point_that_proves_nothing_is_refused(spoil, said):
    problem = listed()
    with pytest.raises(InvalidProblem, match=said):
        dual_value(DualPoint(problem, spoil(problem, columns_of(problem))), 128)


def test_a_free_bias_needs_balanced_rows():
    free, columns = listed(lb=0), columns_of(listed())
    assert dual_value(DualPoint(free, columns_of(free)), 128) > 0
    with pytest.raises(InvalidProblem, match=r"sum to 0 exactly"):
        dual_value(DualPoint(free, columns), 128)
    with pytest.raises(InvalidProblem, match="class 3 is a label of no sample"):
        certified_bounds(listed("1;2", lb=0))
    uniform = (Fraction(1, 3),) * 3
    far = scaled_dual(DualPoint(free, ((Fraction(1), Fraction(0), Fraction(0)), *(uniform,) * 5)), 128)
    assert far.columns == tuple(tuple(Fraction(k in labels, len(labels)) for k in (1, 2, 3))
                                for labels in free.label_counts)  # y_s = 0 balances whatever was given
    assert exact_bounds(dual_value(far, 128))[0] <= certified_bounds(free).upper


def test_other_losses_are_refused():
    with pytest.raises(OutOfScope, match="not pick-all-label"):
        certified_bounds(listed(loss=mean_squared()))


def test_too_few_dimensions_leave_a_gap_and_no_verdict():
    narrow = listed("1;1;1;2;3;1 2;1 2;2 3", d=1, lH="8/1000", lb="1/50")
    bounds = certified_bounds(narrow, 8)
    assert bounds.lower < Fraction("0.7331277600476") and bounds.upper >= Fraction("0.7331277600475")
    found = label_optimum(narrow, digits=8)
    assert found.truth is Truth.UNDECIDED and found.regime == "bounded" and "d = 1 < K - 1" in " ".join(found.notes)
    values = [point.value for point in local_minima(narrow, 20, 0)]
    assert values[0] == pytest.approx(0.73312776, abs=1e-7) and any(abs(v - 1.02602713) < 1e-7 for v in values)


def test_etf_and_zero_lie_above_the_minimum_of_an_unbalanced_list():
    problem = listed()
    upper = certified_bounds(problem).upper
    etf, zero = classifier_bound(problem, "simplex ETF"), classifier_bound(problem, "zero")
    assert upper < etf < zero
    balanced = replace(problem, labels="1;2;3;1 2;1 3;2 3")
    exact = multilabel_optimum(balanced, digits=15).quantities["objective"]
    assert abs(classifier_bound(balanced, "simplex ETF") - exact.lower) < Fraction(1, 10**9)


def test_features_of_one_label_set_are_shared():
    W, H, b = expanded(descend(listed(d=4), 1, 0))
    assert W.shape == (4, 3) and H.shape == (4, 7) and b.shape == (3,)
    assert (H[:, 5] == H[:, 6]).all() and not H[2:].any()


def test_too_many_unknowns_are_refused():
    with pytest.raises(OutOfScope, match="distinct label sets"):
        descend(MultiLabel(K=60, d=59, lambda_W=1, lambda_H=1, counts="1:1,2:1"), 1, 0)


def test_a_free_bias_is_a_symmetry_only_where_every_loss_is_shift_invariant():
    """Cross-entropy of one label is invariant under constant shifts; with t summed over two labels it is not."""
    assert has_shift_symmetry(listed("1; 2 3", lb=0)) and not has_shift_symmetry(listed("1; 2 3"))
    assert not has_shift_symmetry(listed("1; 2 3", lb=0, loss=cross_entropy()))
