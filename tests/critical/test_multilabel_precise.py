"""Label sets with tiny weights: bounds to the digits asked, and never a refusal of a problem that is one."""

from fractions import Fraction

import flint
import numpy as np
import pytest
from flint import arb

from ncproofs.critical import multilabel_dual
from ncproofs.critical.multilabel import label_optimum, multilabel_optimum
from ncproofs.critical.multilabel_dual import certified_bounds
from ncproofs.critical.multilabel_precise import _Model, is_stiff, precise_point
from ncproofs.critical.multilabel_search import descend, distinct_sets
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.truth import Truth

SETS = "1; 1; 1 2; 2 3 4; 4; 1 2 3 4; 3; 1 5; 5"
FEW = "1; 1 2; 3; 2 3; 3"


def problem(lW, lH, lb, labels=SETS, K=5, weights=()):
    return MultiLabel(K=K, d=K, labels=labels, lambda_W=lW, lambda_H=lH, lambda_b=lb, weights=weights)


STIFF = {
    "1e-6, no bias": problem("1e-6", "1e-6", None),
    "1e-6, free bias": problem("1e-6", "1e-6", 0),
    "1e-8, no bias": problem("1e-8", "1e-8", None),
    "three classes, 1e-8, a bias": problem("1e-8", "1e-8", "1/100", FEW, 3),
    "three classes, 1e-8, free bias": problem("1e-8", "1e-8", 0, FEW, 3),
    "three classes, 1e-12 and 1/100": problem("1e-12", "1/100", 0, FEW, 3),
    "three classes, 1e-15 and 1/50": problem("1e-15", "1/50", 0, FEW, 3),
    "weights of all sizes": problem("1e-6", "1e-6", None, weights="1:1e6,2:1e-6"),
}


@pytest.mark.parametrize("name", STIFF)
def test_tiny_weights_reach_the_digits_asked(name):
    found = label_optimum(STIFF[name], digits=14)
    assert found.truth is Truth.HOLDS and found.regime == "bounded", found.notes
    value = found.quantities["objective"]
    assert 0 < value.upper - value.lower <= value.lower / 10**14


def test_balanced_lists_agree_with_the_scalar_system():
    """The same minimum by the closed system, which knows no stiffness."""
    counts = MultiLabel(K=3, d=2, counts="1:1,2:1", lambda_W="1e-9", lambda_H="1e-7")
    known = multilabel_optimum(counts, digits=20).quantities["objective"]
    bounds = certified_bounds(problem("1e-9", "1e-7", None, "1; 2; 3; 1 2; 1 3; 2 3", 3), digits=18)
    assert bounds.lower <= known.upper and known.lower <= bounds.upper
    assert bounds.gap < known.lower / 10**18


@pytest.mark.parametrize("lb", [None, 0, "1/7"])
def test_gradient_and_hessian_are_those_of_the_value(lb):
    sets = distinct_sets(problem("1/10", "1/10", lb, FEW, 3))
    with flint.ctx.workprec(300):
        model = _Model(sets, arb("0.1"), None if lb is None else arb(1) / 7 if lb else arb(0))
        rng = np.random.default_rng(2)
        x = [arb(float(v)) for v in rng.standard_normal(sets.unknowns)]
        step = [arb(float(v)) for v in rng.standard_normal(sets.unknowns)]
        h = arb(2) ** -60
        ahead = [a + h * b for a, b in zip(x, step, strict=True)]
        back = [a - h * b for a, b in zip(x, step, strict=True)]
        slope = sum(a * b for a, b in zip(model.gradient(x), step, strict=True))
        assert abs((model.value(ahead) - model.value(back)) / (2 * h) - slope) < arb(2) ** -90
        W, u, _ = model.parts(x)
        R = model._symmetries(W, u, len(x))
        curved = (model.hessian(x) - R.transpose() * R) * flint.arb_mat(len(x), 1, step)
        by_slopes = [(a - b) / (2 * h) for a, b in zip(model.gradient(ahead), model.gradient(back), strict=True)]
        assert max(abs(a - b) for a, b in zip(curved.entries(), by_slopes, strict=True)) < arb(2) ** -90
        # Symmetries: the gradient is orthogonal to them.
        assert max(abs(v) for v in (R * flint.arb_mat(len(x), 1, model.gradient(x))).entries()) < arb(2) ** -200


def test_a_saddle_is_left():
    """A weak class joins only when the weights have become small: the branch without it ends at a saddle."""
    hard = problem("1e-6", "1e-6", 0, "1; 1; 3; 1 2", 3, "1:1e4,2:1e-4")
    assert label_optimum(hard, digits=12).truth is Truth.HOLDS


def test_what_is_easy_is_left_to_doubles():
    easy = problem("1/100", "1/100", None)
    assert not is_stiff(descend(easy, 1, 0)) and is_stiff(descend(problem("1e-8", "1e-8", None), 1, 0))
    assert precise_point(problem("1/100", "1/100", None, "; ".join(str(k) for k in range(1, 21)), 20), 100, 0) is None


def test_without_balance_there_are_bounds_all_the_same(monkeypatch):
    """When the search fails a free bias, the label sets themselves are the dual point: a poor bound, no refusal."""
    monkeypatch.setattr(multilabel_dual, "precise_point", lambda *given: None)
    found = label_optimum(problem("1e-12", "1/100", 0, FEW, 3), digits=12)
    value = found.quantities["objective"]
    assert found.truth is Truth.UNDECIDED and value.lower < value.upper
    true = certified_bounds(STIFF["three classes, 1e-12 and 1/100"], digits=6)
    assert value.lower <= true.upper and true.lower <= value.upper


def test_the_gap_is_not_rounded_to_nothing():
    found = label_optimum(problem("1/100", "1/50", None), digits=300)
    said = found.notes[0].removeprefix("upper minus lower bound: at most ")
    value = found.quantities["objective"]
    assert 0 < value.upper - value.lower <= Fraction(said) < Fraction(1, 10**300)
