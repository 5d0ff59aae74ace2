"""The optimum: every regime of every loss, certified, at the width asked for; wrong input in one sentence."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
import sympy

from ncproofs.critical.optimum import optimum
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import Loss, S, T, Z
from ncproofs.problems.features import Ridge
from ncproofs.truth import Rigor, Truth

INSTANCES = json.loads((Path(__file__).parents[1] / "data" / "ridge.json").read_text())["instances"]
LOSSES = {
    "CE": lambda row: cross_entropy(),
    "LS": lambda row: label_smoothing(row["alpha"]),
    "FL": lambda row: focal(row["gamma"]),
    "MSE": lambda row: mean_squared(),
}
NAMES = {
    "objective": "objective",
    "margin": "margin",
    "W_row_norm_sq": "class_gram_diag",
    "bias": "bias_value",
    "mean_direction": "mean_direction_scale_y",
}
REGIMES = {"ETF": "collapse", "orthogonal frame": "orthogonal frame", "intermediate": "intermediate"}
TIE = "0.0111565162400060845475842759314282016814"  # c_tie at K = 100, gamma = 2, cut after 40 digits


def problem_of(row):
    bias = None if row["lb"] == "none" else row["lb"]
    return Ridge(LOSSES[row["loss"]](row), row["K"], row["d"], row["n"], row["lW"], row["lH"], bias)


def softmax(name, profile):
    """A user's loss F(ell), ell = log S_1 - t."""
    return Loss(name, profile(sympy.log(S(1)) - T, 1 - sympy.exp(T) / S(1)), (sympy.exp(Z),), "a test")


@pytest.mark.parametrize("entry", INSTANCES, ids=lambda entry: entry["instance"]["id"])
def test_reference_instances_to_forty_digits(entry):
    at = optimum(problem_of(entry["instance"]), digits=40)
    assert at.truth is Truth.HOLDS
    assert at.rigor >= Rigor.ENCLOSED
    assert at.regime == REGIMES[entry["values"]["phase"]]
    for name, key in NAMES.items():
        value = entry["values"].get(key)
        if value is None:
            continue
        enclosure = at.quantities[name]
        lower, upper = map(Fraction, enclosure.decimals(40))
        assert lower <= Fraction(value) <= upper, name
        assert enclosure.relative_width() < Fraction(1, 10**40)


LARGE = Fraction(1, 4) * (1 - Fraction(1, 10**30))
CASES = {
    "CE just inside c < 1/K": (Ridge(cross_entropy(), 4, 3, 1, LARGE, LARGE), "collapse"),
    "CE exactly at c = 1/K": (Ridge(cross_entropy(), 4, 3, 1, "1/4", "1/4", 0), "trivial"),
    "CE trivial needs no room": (Ridge(cross_entropy(), 4, 1, 1, 1, 1), "trivial"),
    "CE K = 2, d = 1": (Ridge(cross_entropy(), 2, 1, 1, "1/10", "1/20", "1/3"), "collapse"),
    "CE with tiny weights": (
        Ridge(cross_entropy(), 4, 3, 1, Fraction(1, 10**80), Fraction(1, 10**60)),
        "collapse",
    ),
    "LS beyond its threshold": (Ridge(label_smoothing("1/2"), 4, 3, 1, "1/8", "1/8"), "trivial"),
    "LS inside its threshold": (Ridge(label_smoothing("1/2"), 4, 3, 1, "1/8", "1/9"), "collapse"),
    "focal just below c_tie": (Ridge(focal(2), 100, 99, 1, TIE, TIE), "collapse"),
    "focal just above c_tie": (Ridge(focal(2), 100, 99, 1, TIE + "3", TIE + "3"), "trivial"),
    "focal between phi'(0) and c_tie": (Ridge(focal(2), 100, 99, 1, "0.011", "0.011"), "collapse"),
    "focal with a bias, c <= 1/(K-1)": (Ridge(focal(2), 10, 9, 1, "1/10", "1/10", 0), "collapse"),
    "focal with a bias, heavy": (Ridge(focal(2), 10, 10, 1, 2, 2, "1/100"), "trivial"),
    "MSE no bias": (Ridge(mean_squared(), 4, 5, 2, "1/20", "1/40"), "orthogonal frame"),
    "MSE no bias, d < K": (Ridge(mean_squared(), 4, 3, 1, "1/20", "1/40"), "rank-deficient frame"),
    "MSE free bias": (Ridge(mean_squared(), 4, 3, 1, "1/20", "1/40", 0), "collapse"),
    "MSE small bias weight": (Ridge(mean_squared(), 4, 5, 1, "1/20", "1/20", "1/4"), "collapse"),
    "MSE larger bias weight": (Ridge(mean_squared(), 4, 5, 1, "1/20", "1/20", "26/100"), "intermediate"),
    "MSE larger bias weight, d = K-1": (Ridge(mean_squared(), 4, 3, 1, "1/20", "1/20", 1), "collapse"),
    "MSE d < K-1": (Ridge(mean_squared(), 5, 2, 1, "1/20", "1/20", "1/4"), "rank-deficient frame"),
    "MSE exactly at Kc = 1": (Ridge(mean_squared(), 3, 5, 2, "1/3", "1/6", 1), "trivial"),
}


@pytest.mark.parametrize("problem, regime", CASES.values(), ids=CASES.keys())
def test_regimes(problem, regime):
    at = optimum(problem, digits=40)
    assert (at.truth, at.regime) == (Truth.HOLDS, regime)
    for name, enclosure in at.quantities.items():
        assert enclosure.relative_width() * 10**40 < 1, name
    assert ("bias" in at.quantities) is problem.has_bias
    assert (at.quantities["margin"].upper == 0) is (regime == "trivial")


def test_rational_data_give_exact_values_for_mse():
    at = optimum(Ridge(mean_squared(), 4, 5, 1, "1/20", "1/20", "1/4"))
    assert at.quantities["objective"].lower == at.quantities["objective"].upper == Fraction(4, 25)
    assert at.quantities["bias"].lower == Fraction(1, 5)


@pytest.mark.parametrize("bias", [0, "1/1000"])
def test_focal_with_bias_near_the_tie_is_refuted(bias):
    at = optimum(Ridge(focal(5), 100, 100, 1, "0.01274", "0.01274", bias))
    assert at.truth is Truth.FAILS
    assert "of 100 classes" in at.because
    assert at.quantities["objective"].lower > Fraction("4.3793")


def test_focal_with_bias_outside_the_proved_range_is_open():
    at = optimum(Ridge(focal(2), 10, 10, 1, "1/8", "1/8", 0))
    assert at.truth is Truth.UNDECIDED
    assert at.holes


GENERAL = {
    "poly-1, convex": (softmax("poly", lambda ell, miss: ell + miss / 2), "1/10", "collapse"),
    "ell + ell^2, convex": (softmax("square", lambda ell, miss: ell + ell**2), 0, "collapse"),
    "focal spelled out, not convex": (softmax("mine", lambda ell, miss: miss**2 * ell), None, "collapse"),
    "1 - p, not convex": (softmax("mae", lambda ell, miss: miss), None, "collapse"),
}


@pytest.mark.parametrize("loss, bias, regime", GENERAL.values(), ids=GENERAL.keys())
def test_a_users_own_loss(loss, bias, regime):
    at = optimum(Ridge(loss, 4, 4, 2, "1/50", "1/40", bias))
    assert (at.truth, at.regime, at.rigor) == (Truth.HOLDS, regime, Rigor.ENCLOSED)


def test_a_users_focal_loss_agrees_with_the_focal_theorem():
    mine = softmax("focal(7)", lambda ell, miss: miss**2 * ell)  # a misleading name changes nothing
    problems = [Ridge(loss, 100, 99, 1, "0.011", "0.011") for loss in (mine, focal(2))]
    left, right = (optimum(problem, digits=20).quantities["margin"] for problem in problems)
    assert left.lower <= right.upper and right.lower <= left.upper


def test_poly_threshold_is_exact():
    poly = softmax("poly", lambda ell, miss: ell + miss / 2)  # phi'(0) = (1 + 1/(2K))/K = 5/8 at K = 2
    assert optimum(Ridge(poly, 2, 1, 1, "5/8", "5/8")).regime == "trivial"
    assert optimum(Ridge(poly, 2, 1, 1, "5/8", "624/1000")).regime == "collapse"


REFUSED = {
    "no room for an ETF": (
        cross_entropy(),
        5,
        3,
        None,
        InvalidProblem,
        "a simplex ETF needs d >= K - 1; got d=3, K=5",
    ),
    "F' changes sign": (softmax("bad", lambda ell, miss: ell - 2 * miss), 4, 4, None, OutOfScope, "F' > 0"),
    "not of softmax form": (
        Loss("odd", sympy.log(S(1)) - T**3, (sympy.exp(Z),), "x"),
        4,
        4,
        None,
        OutOfScope,
        "form",
    ),
    "not convex, bias": (softmax("mae", lambda ell, miss: miss), 4, 4, 0, OutOfScope, "convex"),
}


@pytest.mark.parametrize("loss, K, d, bias, error, words", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(loss, K, d, bias, error, words):
    with pytest.raises(error, match=".*".join(words.split("...")).replace("(", r"\(")):
        optimum(Ridge(loss, K, d, 1, "1/100", "1/100", bias))
