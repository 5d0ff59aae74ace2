"""The multi-label optimum: the reference instances, closed forms, laws, and an independent brute force."""

import itertools
import json
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from ncproofs.critical.multilabel import closed_form, is_trivial, label_optimum, multilabel_optimum
from ncproofs.critical.multilabel_scale import fraction_text, scalar_system, threshold
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.losses import mean_squared, pick_all_label
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.truth import Rigor, Truth

INSTANCES = json.loads((Path(__file__).parent.parent / "data" / "multilabel_and_codes.json").read_text())


def problem(K, counts, lW="1/100", lH="1/100", lb=None, d=None, **more):
    return MultiLabel(K=K, d=d or K - 1, lambda_W=lW, lambda_H=lH, lambda_b=lb, counts=counts, **more)


def number(at, name):
    return at.quantities[name]


@pytest.mark.parametrize("name", ["R1", "R2", "R3"])
def test_reference_instances_to_40_digits(name):
    data = INSTANCES[name]
    given_ = problem(data["K"], data["n"], data["lambda_W"], data["lambda_H"])
    at = multilabel_optimum(given_, digits=45)
    expected = {"y": data["y"], "W_fro_sq": data["W_fro_sq"], "objective": data["f_star"]}
    expected |= {f"logit_gap[{m}]": t for m, t in data["t"].items()}
    expected |= {f"feature_scale[{m}]": c for m, c in data["c"].items()}
    expected |= {f"tag_sum[{m}]": c for m, c in data.get("C_sum", {}).items()}
    for key, value in expected.items():
        # A reference value is rounded in its last place.
        last = Fraction(1, 10 ** len(value.partition(".")[2]))
        assert abs(number(at, key).lower - Fraction(value)) <= last, key
    assert at.truth is Truth.HOLDS and at.geometry == "simplex ETF" and given_.N == data.get("N", given_.N)


FORMS = [
    problem(4, "2:3", "1/200", "1/100"),
    problem(5, "3:2", "1/900", "1/1000", 0, weights="3:1/7"),
    problem(3, "1:2,3:4", "1/100", "1/100", "1/10"),
    problem(4, "1:1,2:1", "1", "1"),
    problem(2, "1:3"),
    problem(6, "2:1", loss=pick_all_label(1)),
    problem(5, "5:2"),
]


@pytest.mark.parametrize("given_", FORMS, ids=str)
def test_closed_forms_agree_with_the_enclosures(given_):
    at = multilabel_optimum(given_, digits=25)
    for name, enclosure in at.quantities.items():
        form = closed_form(given_, name)
        if form is not None:
            value = Fraction(str(sympy.N(form, 40)))
            assert enclosure.lower - Fraction(1, 10**35) <= value <= enclosure.upper + Fraction(1, 10**35), name


def brute_force(given_, seed):
    """L-BFGS on the samples themselves, with nothing shared with the package: a value, W and H."""
    K, d, N = given_.K, given_.d, given_.N
    member = np.zeros((K, N))
    for i, labels in enumerate(given_.targets):
        member[list(labels), i] = 1
    m, v = member.sum(axis=0), np.array([float(given_.weight_of(len(labels))) for labels in given_.targets])
    lW, lH, lb = float(given_.lambda_W), float(given_.lambda_H), float(given_.lambda_b or 0)

    def value(x):
        W, H, b = x[: d * K].reshape(d, K), x[d * K : d * (K + N)].reshape(d, N), x[d * (K + N) :]
        b = b if given_.has_bias else np.zeros(K)
        Z = W.T @ H + b[:, None]
        top = Z.max(axis=0)
        lse = top + np.log(np.exp(Z - top).sum(axis=0))
        G = v * (m * np.exp(Z - lse) - member) / N
        f = (v * (m * lse - (member * Z).sum(axis=0))).sum() / N
        f += lW / 2 * (W**2).sum() + lH / 2 * (H**2).sum() + lb / 2 * (b**2).sum()
        slope = [(H @ G.T + lW * W).ravel(), (W @ G + lH * H).ravel()]
        return f, np.concatenate([*slope, G.sum(axis=1) + lb * b] if given_.has_bias else slope)

    x = np.random.default_rng(seed).normal(size=given_.dimension)
    found = minimize(value, x, jac=True, method="L-BFGS-B", options={"maxiter": 3000, "ftol": 0, "gtol": 1e-11})
    return found.fun, found.x[: d * K].reshape(d, K), found.x[d * K : d * (K + N)].reshape(d, N)


BRUTE = [
    problem(3, "1:2,2:1"),
    problem(4, "2:3", "1/200", "1/100", 0),
    problem(4, "1:1,2:2,4:1", "1/300", "1/100", "1/10", d=5),
    problem(5, "1:1,2:1,3:1", "1/250", "3/1000"),
    problem(3, "1:1,2:1", "1/3", "1/2"),
    problem(4, "1:2,3:1", "1/200", "1/100", weights="1:2,3:1/3"),
    problem(3, "1:1,2:1", loss=pick_all_label(1)),
]


@pytest.mark.parametrize("given_", BRUTE, ids=str)
def test_no_start_gets_below_and_the_best_has_the_predicted_shape(given_):
    at = multilabel_optimum(given_, digits=15)
    runs = [brute_force(given_, seed) for seed in range(3)]
    best = min(runs, key=lambda run: run[0])
    least = float(number(at, "objective").lower)
    assert least - 1e-12 < best[0] < least + 1e-8
    _, W, H = best
    assert (W**2).sum() == pytest.approx(float(number(at, "W_fro_sq").lower), rel=1e-3, abs=1e-4)
    assert (H**2).sum() == pytest.approx(float(number(at, "H_fro_sq").lower), rel=1e-3, abs=1e-4)
    for i, labels in enumerate(given_.targets):
        scale = at.quantities.get(f"feature_scale[{len(labels)}]")
        expected = np.zeros(given_.d) if scale is None else float(scale.lower) * W[:, list(labels)].sum(axis=1)
        assert np.abs(H[:, i] - expected).max() < 2e-3


counts_strategy = st.dictionaries(st.integers(1, 6), st.integers(1, 5), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None)
@given(st.integers(7, 12), counts_strategy, st.integers(1, 6), st.integers(1, 4))
def test_tag_constants_lie_in_their_range(K, counts, power, other):
    given_ = problem(K, {1: 1, **counts}, Fraction(1, 10**power), Fraction(1, 10 ** (2 * other)))
    if is_trivial(given_):
        return
    at = multilabel_optimum(given_, digits=12)
    gaps = [(m, number(at, f"logit_gap[{m}]")) for m in given_.multiplicities]
    for (m, t), (later, s) in itertools.pairwise(gaps):
        assert t.lower > s.upper and m * t.upper < later * s.lower
    for m, _ in gaps:
        share = number(at, f"tag_sum[{m}]")
        assert m == 1 or Fraction(1, m) < share.lower <= share.upper < 1


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 9), counts_strategy, st.integers(1, 7), st.fractions("1/9", 9))
def test_scaling_laws(K, counts, copies, scale):
    counts = {m: n for m, n in counts.items() if m <= K} or {1: 1}
    given_ = problem(K, counts, "1/1000", "1/100", d=K)
    value = number(multilabel_optimum(given_, digits=20), "objective")
    more = problem(K, {m: copies * n for m, n in counts.items()}, "1/1000", Fraction(1, 100 * copies), d=K)
    heavier = problem(K, counts, scale / 1000, scale / 100, d=K, weights=dict.fromkeys(counts, scale))
    assert number(multilabel_optimum(more, digits=20), "objective").ball().overlaps(value.ball())
    scaled = value.ball() * scale.numerator / scale.denominator
    assert number(multilabel_optimum(heavier, digits=20), "objective").ball().overlaps(scaled)


def test_counts_and_the_same_list_agree():
    counted = problem(4, "1:2,2:1", lb="1/10")
    listed = MultiLabel(
        K=4,
        d=3,
        lambda_W="1/100",
        lambda_H="1/100",
        lambda_b="1/10",
        labels=[[k + 1 for k in labels] for labels in counted.targets],
    )
    assert label_optimum(listed, digits=20).quantities == multilabel_optimum(counted, digits=20).quantities


@pytest.mark.parametrize("power", [5, 20, 60])
def test_near_the_threshold(power):
    """The first correction of the sum is linear in y, so y is proportional to the distance."""
    edge = Fraction(14, 2500)
    below = problem(5, "1:2,2:1,3:3", edge * (1 - Fraction(1, 10**power)), 1)
    assert number(multilabel_optimum(below, digits=10), "y").upper < Fraction(6, 10**power)
    for factor in (1, 1 + Fraction(1, 10**power)):
        at = multilabel_optimum(problem(5, "1:2,2:1,3:3", edge * factor, 1, d=1), digits=10)
        assert at.geometry == "zero" and number(at, "W_fro_sq").is_point
    with pytest.raises(InvalidProblem, match="the optimum is zero"):
        scalar_system(problem(5, "1:2,2:1,3:3", edge, 1), 64)


def test_a_hundred_classes_take_well_under_a_second():
    given_ = problem(100, "1:3,2:2,3:1,5:1,10:2,50:1,99:4,100:1", "1e-20", "1e-20")
    multilabel_optimum(given_, digits=40)
    start = time.perf_counter()
    at = multilabel_optimum(given_, digits=41)
    assert time.perf_counter() - start < 1 and len(at.quantities) == 4 + 4 * 7
    widths = [value.relative_width() for value in at.quantities.values()]
    assert at.rigor is Rigor.EXACT and max(widths) < Fraction(1, 10**41)


def test_what_is_out_of_reach_says_so():
    with pytest.raises(InvalidProblem, match="d >= K - 1; got d=1, K=3"):
        multilabel_optimum(problem(3, "1:1", d=1))
    with pytest.raises(OutOfScope, match="not pick-all-label"):
        multilabel_optimum(problem(3, "1:1", loss=mean_squared()))
    with pytest.raises(OutOfScope, match="equally often"):
        threshold(MultiLabel(K=3, d=2, lambda_W=1, lambda_H=1, labels="1;2"))
    with pytest.raises(InvalidProblem, match="not a MultiLabel"):
        multilabel_optimum("R1")
    assert fraction_text(Fraction(1, 3)) == "1/3" and fraction_text(Fraction(10) ** 5000) == "about 1.0000000e+5000"
