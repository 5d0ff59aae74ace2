"""Cross-entropy at finite temperature: reference values, gradients, the lower bound over features."""

import json
from fractions import Fraction
from pathlib import Path

import flint
import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad

from ncproofs.critical.code_temperature import _value as float_value
from ncproofs.critical.code_temperature import best_features, descend, least_over_features, loss, unit_balls
from ncproofs.critical.code_values import exact_value
from ncproofs.problems.codes import Codes

REFERENCE = Path(__file__).parent.parent / "data" / "multilabel_and_codes.json"
DATA = json.loads(REFERENCE.read_text(encoding="utf-8"))["R6"]


def rows_of(K, d):
    return exact_value(Codes(K, d)).rows(200)


@pytest.mark.parametrize(("K", "d", "tau", "digits"), [
    (7, 2, Fraction(1, 10), DATA["f_tau_7gon_tau_0p1"]), (5, 4, Fraction(1, 5), DATA["f_tau_K5_simplex_tau_0p2"]),
])
def test_reference_values(K, d, tau, digits):
    rows = rows_of(K, d)
    with flint.ctx.workprec(200):
        assert abs(loss(rows, rows, tau, 200) - arb(digits)) < arb(10) ** -39


def test_the_float_gradient():
    rng = np.random.default_rng(0)
    point = rng.standard_normal(2 * 5 * 3)
    assert check_grad(lambda x: float_value(x, 5, 3, 0.4)[0], lambda x: float_value(x, 5, 3, 0.4)[1], point) < 1e-5


def random_rows(K, d, seed):
    rows = np.random.default_rng(seed).standard_normal((K, d))
    return unit_balls(rows / np.linalg.norm(rows, axis=1, keepdims=True))


@settings(max_examples=15)
@given(st.integers(2, 6), st.integers(2, 4), st.integers(0, 10**6), st.sampled_from([Fraction(1, 5), Fraction(1), 3]))
def test_no_features_go_below_the_bound(K, d, seed, tau):
    tau = Fraction(tau)
    with flint.ctx.workprec(128):
        W = random_rows(K, d, seed)
        lower, upper = least_over_features(W, best_features(W, tau), tau, 128)
        assert upper - lower < arb(10) ** -9  # tight at the minimiser: features of a class agree (T2)
        for other in range(4):
            assert not loss(W, random_rows(K, d, seed + 1 + other), tau, 128) < lower
            bad, _ = least_over_features(W, random_rows(K, d, seed + other), tau, 128)
            assert bad <= upper.upper()  # a bad starting point gives a weak bound, never a wrong one


@settings(max_examples=25)
@given(st.integers(2, 6), st.integers(2, 4), st.integers(0, 10**6), st.sampled_from(["1/20", "1/3", "1", "4"]))
def test_the_log_sum_exp_sandwich(K, d, seed, tau):
    """T1 at random points: (1/K) log(1 + e^(M/tau)) <= f <= log(1 + (K-1) e^(M/tau))."""
    with flint.ctx.workprec(128):
        W, H = random_rows(K, d, seed), random_rows(K, d, seed + 1)
        margin = max((sum(((a - b) * x for a, b, x in zip(W[j], W[k], H[k], strict=True)), arb(0))
                      for k in range(K) for j in range(K) if j != k), key=lambda ball: float(ball.mid()))
        t = arb(Fraction(tau).numerator) / Fraction(tau).denominator
        f = loss(W, H, Fraction(tau), 128)
        assert not f < (margin / t).exp().log1p() / K - arb(2) ** -100
        assert not f > ((K - 1) * (margin / t).exp()).log1p() + arb(2) ** -100


def test_the_bipyramid_beats_seven_points_at_three_tenths():
    W, H = descend(7, 3, Fraction(3, 10), 12, 0)
    with flint.ctx.workprec(128):
        value = loss(unit_balls(W), unit_balls(H), Fraction(3, 10), 128)
        assert abs(arb("0.3") * value.log() - arb("-0.45246035")) < arb(10) ** -7
    assert np.abs(W - H).max() < 1e-6
