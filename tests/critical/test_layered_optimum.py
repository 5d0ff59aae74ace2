"""The layered optimum: reference values, every regime and tie, the minimiser itself, and laws between problems."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from flint import ctx
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ncproofs.calculus.layered_objective import layered_gradient, layered_value
from ncproofs.critical.layered_closed import layered_closed_form
from ncproofs.critical.layered_minimiser import minimiser
from ncproofs.critical.layered_modes import first_order, kappa_power, modes_of, saddle_node, sigma_root
from ncproofs.critical.layered_optimum import layered_optimum, layered_regime
from ncproofs.critical.optimum import optimum
from ncproofs.critical.profiles import to_ball
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.losses import mean_squared
from ncproofs.problems.features import Ridge
from ncproofs.problems.layered import Layered
from ncproofs.proof.constants import value_ball
from ncproofs.truth import Rigor, Truth

DATA = json.loads((Path(__file__).parents[1] / "data" / "layers_and_duality.json").read_text())


def near(enclosure, text):
    """Equality to 40 digits; the reference has 40."""
    value = Fraction(text)
    slack = abs(value) / 10**38
    return enclosure.lower - slack <= value <= enclosure.upper + slack


def reference(name):
    given_ = DATA[name]["inputs"]
    weights = given_.get("lamWs") or [given_["lamW"]]
    return Layered(layers=len(weights), K=given_["K"], n=given_["n"], lambdas=weights, lambda_H=given_["lamH"],
                   lambda_b=given_.get("lamb"), widths=given_.get("d", ()))


NAMES = {
    "V1": {"kappa": "c", "objective": "fmin", "feature_norm_sq": "h_norm_sq", "W_row_norm_sq": "w_norm_sq"},
    "V2": {"kappa": "kappa", "alpha": "alpha", "beta": "beta", "bias": "b_entry", "feature_norm_sq": "mean_norm_sq",
           "feature_inner": "mean_inner", "cosine": "cosine", "objective": "fmin",
           "lambda_b_threshold": "lamb_threshold"},
    "V3": {"kappa": "kappa", "kappa_power": "kappa_pow_M", "sigma_minus": "sigma_minus", "sigma_plus": "sigma_plus",
           "objective": "f_global_min", "feature_norm_sq": "h_norm_sq_at_plus", "kappa_c": "kappa_c",
           "kappa_sn": "kappa_sn", "hessian_scaled_sym_uniform_eig": "hessian_scaled_sym_uniform_eig"},
}


@pytest.mark.parametrize("name", NAMES)
def test_reference_instances_to_forty_digits(name):
    found = layered_optimum(reference(name), digits=45)
    assert found.truth is Truth.HOLDS and found.rigor is Rigor.EXACT
    for quantity, key in NAMES[name].items():
        assert near(found.quantities[quantity], DATA[name][key]), quantity
    for layer, value in enumerate(DATA[name].get("W_singular_values_sq_at_plus", ()), start=1):
        assert near(found.quantities[f"W_singular_values_sq_{layer}"], value)
    assert all(value.relative_width() < Fraction(1, 10**45) for value in found.quantities.values())


def deep(layers, K, power, **more):
    """A problem with kappa^M = ``power``: all the weight on lambda_H."""
    M = layers + 1
    return Layered(layers=layers, K=K, lambdas=(1,) * layers, lambda_H=Fraction(power) / K**M, **more)


REGIMES = {
    "one layer": (deep(1, 3, "1/4"), "orthogonal frame", "orthogonal frame"),
    "one layer at kappa_c": (deep(1, 3, 1), "trivial", "zero"),
    "one layer beyond": (deep(1, 3, 2), "trivial", "zero"),
    "one layer, d < K": (deep(1, 4, "1/4", widths=2), "rank-deficient frame", "projector of rank 2"),
    "two layers": (deep(2, 3, "1/17"), "orthogonal frame", "orthogonal frame"),
    "two layers at kappa_c": (deep(2, 3, "1/16"), "tie", "frames of every rank from 0 to 3"),
    "two layers at kappa_c, narrow": (deep(2, 3, "1/16", widths="3,2"), "tie",
                                      "frames of every rank from 0 to 2"),
    "two layers, metastable": (deep(2, 3, "1/12"), "trivial", "zero"),
    "two layers at kappa_sn": (deep(2, 3, "27/256"), "trivial", "zero"),
    "two layers, one narrow": (deep(2, 4, "1/100", widths="5,3"), "rank-deficient frame", "projector of rank 3"),
    "three layers at kappa_c": (deep(3, 2, "4/729"), "tie", "frames of every rank from 0 to 2"),
    "five layers": (deep(5, 2, "1/50000"), "orthogonal frame", "orthogonal frame"),
    "five layers beyond": (deep(5, 2, "1/1000"), "trivial", "zero"),
    "free bias": (deep(2, 3, "1/50", lambda_b=0), "collapse", "simplex ETF"),
    "free bias beyond": (deep(2, 3, "1/15", lambda_b=0), "trivial", "zero"),
    "light bias": (deep(1, 4, "9/100", lambda_b="1/5"), "collapse", "simplex ETF"),
    "one layer at lambda_b*": (deep(1, 4, "9/100", lambda_b="3/7"), "collapse", "simplex ETF"),
    "heavy bias": (deep(1, 4, "9/100", lambda_b="1/2"), "intermediate", "intermediate frame"),
    "heavy bias, d = K - 1": (deep(1, 4, "9/100", lambda_b="1/2", widths=3), "collapse", "simplex ETF"),
    "bias, d = K - 2": (deep(1, 4, "9/100", lambda_b="1/2", widths=2), "rank-deficient frame",
                        "projector of rank 2 orthogonal to 1"),
    "two layers at lambda_b*": (deep(2, 3, "1/128", lambda_b=1), "tie", "simplex ETF or intermediate frame"),
    "two layers just beyond": (deep(2, 3, "1/128", lambda_b="101/100"), "intermediate", "intermediate frame"),
    "two layers at lambda_b*, narrow": (deep(2, 3, "1/128", lambda_b=1, widths=2), "collapse", "simplex ETF"),
    "unequal classes": (Layered(layers=1, K=3, lambdas="1/100", lambda_H="1/900", class_sizes="9,4,1"),
                        "orthogonal means", "orthogonal means"),
    "minority collapse": (Layered(layers=2, K=3, lambdas="1/10,1/10", lambda_H="1/10", class_sizes="9,4,1"),
                          "minority collapse", "orthogonal means"),
    "unequal, all vanish": (Layered(layers=2, K=2, lambdas="1,1", lambda_H=1, class_sizes="2,1"), "trivial", "zero"),
    "unequal, narrow": (Layered(layers=1, K=3, lambdas="1/100", lambda_H="1/900", class_sizes="9,4,1", widths=2),
                        "rank-deficient frame", "orthogonal means"),
    "unequal, narrow inside a block": (
        Layered(layers=1, K=3, lambdas="1/100", lambda_H="1/900", class_sizes="9,4,4", widths=2),
        "rank-deficient frame", "frame of rank 2"),
    # N^3 lambda^3 / n_k^2 = 1/16 for the class of one sample, below for the other.
    "unequal, a tie": (Layered(layers=2, K=2, lambdas="1,1", lambda_H="1/432", class_sizes="2,1"), "tie",
                       "orthogonal means"),
    "unequal, a tie of two": (Layered(layers=2, K=3, lambdas="1,1", lambda_H="1/1024", class_sizes="2,1,1"), "tie",
                              "frames of every rank from 1 to 3"),
}


@pytest.mark.parametrize(("problem", "regime", "geometry"), REGIMES.values(), ids=REGIMES)
def test_regimes(problem, regime, geometry):
    found = layered_optimum(problem, digits=20)
    assert (found.regime, found.geometry, found.truth) == (regime, geometry, Truth.HOLDS)
    assert all(value.relative_width() < Fraction(1, 10**20) for value in found.quantities.values())
    assert bool(found.notes) or regime not in ("tie", "rank-deficient frame", "minority collapse")


@pytest.mark.parametrize("problem", [row[0] for row in REGIMES.values()], ids=REGIMES)
def test_the_minimiser_is_critical_and_has_the_value(problem):
    """Straight from the objective, which knows nothing of the closed forms."""
    factors, bias = minimiser(problem, layered_regime(problem), 160)
    value, gradient = (f(problem, factors, bias, 160) for f in (layered_value, layered_gradient))
    found = layered_optimum(problem, digits=20)
    assert value.overlaps(found.quantities["objective"].ball()) and value.rad() < 1e-30
    assert all(entry.contains(0) and entry.abs_upper() < 1e-20 for entry in gradient)


@pytest.mark.parametrize("problem", [row[0] for row in REGIMES.values()], ids=REGIMES)
def test_closed_forms_agree_with_the_balls(problem):
    found = layered_optimum(problem, digits=20)
    seen = 0
    for name, enclosure in found.quantities.items():
        form = layered_closed_form(problem, found.details, name)
        if form is not None:
            seen += 1
            with ctx.workprec(128):
                assert value_ball(form, 128).overlaps(enclosure.ball()), name
    assert seen >= 2


def test_at_a_tie_every_rank_has_the_same_value():
    problem = deep(2, 3, "1/16")
    assert layered_optimum(problem).quantities["objective"].lower == Fraction(1, 2)
    assert layered_optimum(problem).quantities["sigma_plus"].lower == Fraction(1, 2)
    tied = layered_optimum(deep(2, 3, "1/128", lambda_b=1))
    assert "alpha" in tied.quantities and "beta" not in tied.quantities
    with ctx.workprec(128):  # beta = 1/2 is worth exactly as much as beta = 0
        alpha = tied.quantities["alpha"].ball()
        mean = to_ball(Fraction(1, 2))
        kappa = to_ball(Fraction(1, 128)) ** to_ball(Fraction(1, 3))
        used = mean * (1 - mean) ** 2 / mean / 2 + 3 * kappa * mean ** to_ball(Fraction(2, 3))
        assert used.overlaps(mean) and alpha > mean


@given(st.integers(1, 5), st.fractions(Fraction(1, 10**6), Fraction(99, 100)))
@settings(max_examples=40)
def test_roots_solve_their_equation(layers, share):
    M = layers + 1
    value = saddle_node(M) * share
    with ctx.workprec(200):
        plus, minus = (sigma_root(M, value, upper=upper) for upper in (True, False))
        assert (minus is None) == (M == 2)
        for sigma in filter(None, (plus, minus)):
            ball = to_ball(sigma)
            assert (ball ** (M - 2) * (1 - ball) ** M).overlaps(to_ball(value))
        peak = Fraction(M - 2, 2 * M - 2)
        assert to_ball(plus) > to_ball(peak)
        assert minus is None or 0 < to_ball(minus) < to_ball(peak)
        # sigma_plus > sigma_c exactly when kappa < kappa_c
        critical = to_ball(Fraction(M - 2, M - 1))
        if value != first_order(M):
            assert bool(to_ball(plus) > critical) == (value < first_order(M))


def test_rational_roots_are_exact():
    """sigma = 4/5 with three factors: kappa^3 = 4/625."""
    with ctx.workprec(64):
        assert sigma_root(3, Fraction(4, 625), upper=True) == Fraction(4, 5)
        assert sigma_root(3, saddle_node(3), upper=False) == Fraction(1, 4)
        assert sigma_root(3, saddle_node(3) * 2, upper=True) is None
    found = layered_optimum(deep(2, 3, "4/625"))
    assert found.quantities["objective"].is_point
    assert found.quantities["objective"].lower == (1 + Fraction(4, 5) * (1 - Fraction(8, 5))) / 2


WEIGHT = st.fractions(Fraction(1, 500), 1, max_denominator=500)


@given(st.integers(2, 5), st.integers(1, 6), st.integers(1, 3), WEIGHT, WEIGHT,
       st.one_of(st.none(), st.just(Fraction(0)), WEIGHT))
@settings(max_examples=60)
def test_one_layer_is_the_ridge_problem(K, d, n, weight, lambda_H, lambda_b):
    """Two independent paths to the same optimum: theorem mse-optimum and the modes."""
    one = Layered(layers=1, K=K, n=n, lambdas=(weight,), lambda_H=lambda_H, lambda_b=lambda_b, widths=d)
    ridge = optimum(Ridge(mean_squared(), K, d, n, weight, lambda_H, lambda_b), digits=20)
    found = layered_optimum(one, digits=20)
    assert (found.regime, found.truth) == (ridge.regime, ridge.truth)
    pairs = {"objective": "objective", "bias": "bias", "W_fro_sq_1": "W_fro_sq", "H_fro_sq": "H_fro_sq"}
    if ridge.regime != "rank-deficient frame":
        pairs |= {"feature_norm_sq": "H_col_norm_sq", "W_row_norm_sq": "W_row_norm_sq"}
    for name, other in pairs.items():
        if name == "bias" and lambda_b is None:
            continue
        left, right = found.quantities[name], ridge.quantities[other]
        assert left.lower <= right.upper and right.lower <= left.upper, name


@given(st.integers(1, 4), st.integers(2, 4), st.data())
@settings(max_examples=40)
def test_only_the_product_of_the_weights_counts(layers, K, data):
    weights = data.draw(st.lists(WEIGHT, min_size=layers + 1, max_size=layers + 1))
    first, other = (Layered(layers=layers, K=K, lambdas=w[1:], lambda_H=w[0]) for w in (weights, weights[::-1]))
    left, right = layered_optimum(first, digits=15), layered_optimum(other, digits=15)
    assert left.regime == right.regime
    assert left.quantities["objective"] == right.quantities["objective"]
    # every factor carries the same decay
    energies = [w * left.quantities[name].ball() for w, name in zip(
        map(to_ball, weights), ["H_fro_sq", *(f"W_fro_sq_{i}" for i in range(1, layers + 1))], strict=True)
    ] if left.regime != "tie" else []
    assert all(energy.overlaps(energies[0]) for energy in energies)


@given(st.lists(st.integers(1, 9), min_size=2, max_size=4), st.integers(1, 3), WEIGHT)
@settings(max_examples=40)
def test_unequal_classes_are_bounded_by_their_parts(sizes, layers, weight):
    """Zero is worth 1/2; the value is the sum over classes; equal sizes give the balanced answer."""
    problem = Layered(layers=layers, K=len(sizes), lambdas=(weight,) * layers, lambda_H=weight, class_sizes=sizes)
    found = layered_optimum(problem, digits=15).quantities["objective"]
    assert found.upper <= Fraction(1, 2) + Fraction(1, 10**12)
    assert sum(mode.count for mode in modes_of(problem)) == len(sizes)
    shuffled = Layered(layers=layers, K=len(sizes), lambdas=(weight,) * layers, lambda_H=weight,
                       class_sizes=sorted(sizes))
    assert layered_optimum(shuffled, digits=15).quantities["objective"] == found


@given(WEIGHT, WEIGHT, st.integers(1, 3))
@settings(max_examples=30)
def test_more_decay_never_lowers_the_minimum(weight, more, layers):
    assume(more > 0)
    light, heavy = (
        layered_optimum(Layered(layers=layers, K=3, lambdas=(w,) * layers, lambda_H=w)).quantities["objective"]
        for w in (weight, weight + more)
    )
    assert light.lower <= heavy.upper


def test_many_classes_cost_nothing():
    found = layered_optimum(Layered(layers=2, K=1000, n=500, lambdas="1e-5,1e-5", lambda_H="1e-6"), digits=40)
    assert found.truth is Truth.HOLDS and found.quantities["kappa_power"].is_point


def test_what_is_not_covered_is_refused():
    with pytest.raises(OutOfScope, match="write lambda_b=none, lambda_b=0 or equal sizes"):
        layered_optimum(Layered(layers=1, K=2, lambdas="1", lambda_H=1, lambda_b="1/2", class_sizes="1,2"))
    with pytest.raises(InvalidProblem, match="not a Layered problem"):
        layered_optimum(Ridge(mean_squared(), 3, 3, 1, 1, 1))
    with pytest.raises(InvalidProblem, match="digits"):
        layered_optimum(deep(1, 2, 1), digits=0)


def test_kappa_power_is_exact():
    assert kappa_power(reference("V3")) == Fraction(DATA["V3"]["kappa_pow_M"])
    assert kappa_power(Layered(layers=2, K=2, lambdas="1,1", lambda_H="1/432", class_sizes="2,1"), 1) == Fraction(1, 16)
