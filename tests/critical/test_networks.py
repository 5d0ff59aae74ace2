"""Certified optima of networks: the reference instances, brute force, and laws."""

import json
import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st

from ncproofs.critical.network_certificate import certify, primal_value
from ncproofs.critical.network_deep import mode, trivial_dual
from ncproofs.critical.network_optimum import closed_form, network_answer, network_optimum
from ncproofs.critical.network_search import as_floats
from ncproofs.critical.network_spline import evaluate, off_data_minimiser, solve_spline
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.problems.networks import Points, batchnorm, linear, relu, spline
from ncproofs.truth import Rigor, Truth

REFERENCE = json.loads((Path(__file__).parent.parent / "data" / "networks.json").read_text(encoding="utf-8"))


def identity(n):
    return [[int(i == j) for j in range(n)] for i in range(n)]


def rational(rng, n, d):
    return [[Fraction(rng.randint(-9, 9), 3) for _ in range(d)] for _ in range(n)]


def holds(found, spelling, places=39):
    """Whether the reference, right to ``places`` digits, is what the enclosure says."""
    value, unit = Fraction(spelling), Fraction(1, 10**places)
    return found.lower - unit <= value <= found.upper + unit


def test_reference_disjoint_supports():
    given_ = REFERENCE["V4"]
    found = network_optimum(relu(identity(4), given_["inputs"]["Y"], given_["inputs"]["beta"]), digits=40)
    assert found.rigor is Rigor.EXACT and found.quantities["objective"].lower == Fraction(given_["opt_value"])
    names = ("strength_1_pos", "strength_1_neg", "strength_2_pos", "strength_2_neg")
    for name, value in zip(names, given_["neuron_strengths_posneg_per_column"], strict=True):
        assert found.quantities[name].is_point and found.quantities[name].lower == Fraction(value)


def test_reference_spline():
    given_ = REFERENCE["V5"]
    found = network_optimum(spline(given_["inputs"]["x"], given_["inputs"]["y"]), digits=40)
    for name, key in (("objective", "R_star"), ("T0", "T0"), ("S0", "S0"), ("dual_m", "dual_m")):
        assert found.quantities[name].is_point and found.quantities[name].lower == Fraction(given_[key])
    for i, value in enumerate(given_["dual_v"], start=1):
        assert found.quantities[f"dual_v_{i}"].lower == Fraction(value)


def test_reference_batchnorm():
    given_ = REFERENCE["V6"]
    found = network_optimum(batchnorm(given_["inputs"]["nk"], given_["inputs"]["beta"]), digits=40)
    assert holds(found.quantities["objective"], given_["opt_value"])
    for k, values in enumerate(given_["per_class"], start=1):
        for name, key in (("prediction_scale", "prediction_scale"), ("gamma", "gamma"), ("alpha", "alpha"),
                          ("activation", "activation_on_class"), ("out_weight", "out_weight")):
            assert holds(found.quantities[f"{name}_{k}"], values[key])


def brute_force(problem, starts=8):
    """The least value that L-BFGS reaches, over all weights of a network of ample width."""
    X, Y, L, beta = as_floats(problem.X), as_floats(problem.Y), problem.layers, float(problem.price)
    width = 6 if problem.kind == "relu" else min(X.shape[1], Y.shape[1])
    shapes = [(X.shape[1], width), *[(width, width)] * (L - 2), (width, Y.shape[1])]

    def value(flat):
        at, f = 0, X
        for index, (a, b) in enumerate(shapes):
            f = f @ flat[at : at + a * b].reshape(a, b)
            at += a * b
            if problem.kind == "relu" and index < L - 1:
                f = np.maximum(f, 0)
        return ((f - Y) ** 2).sum() / 2 + beta / 2 * (flat**2).sum()

    size = sum(a * b for a, b in shapes)
    rng = np.random.default_rng(0)
    options = {"maxiter": 3000, "ftol": 1e-15}
    return min(scipy.optimize.minimize(value, rng.normal(size=size), method="L-BFGS-B", options=options).fun
               for _ in range(starts))


RNG = random.Random(4)
BRUTE = {
    "linear, one output": (linear(rational(RNG, 5, 3), rational(RNG, 5, 1), "1/2"), "rank one"),
    "linear, wide, one output": (linear(rational(RNG, 2, 4), rational(RNG, 2, 1), "1/2"), "rank one"),
    "linear, three outputs": (linear(rational(RNG, 6, 4), rational(RNG, 6, 3), "5/2"), "low rank"),
    "linear, whitened": (linear(identity(4), rational(RNG, 4, 3), "5/2"), "whitened"),
    "three layers, one output": (linear(rational(RNG, 5, 3), rational(RNG, 5, 1), "1/2", layers=3),
                                 "no strong duality"),
    "four layers, one output, wide": (linear(rational(RNG, 2, 4), rational(RNG, 2, 1), "1/5", layers=4),
                                      "no strong duality"),
    "three layers, whitened": (linear(identity(3), rational(RNG, 3, 2), "1/2", layers=3), "no strong duality"),
    "ReLU, plane": (relu(rational(RNG, 4, 2), rational(RNG, 4, 1), "1/2"), "finite convex program"),
    "ReLU, whitened": (relu([["0", "3/5", "4/5"], [1, 0, 0]], [1, -3], "1/2"), "whitened"),
    "ReLU, rank one": (relu([[1, 2], [2, 4], [-1, -2]], [[1, 2], [-1, 1], [2, 0]], "1/2"), "rank one"),
    "ReLU, overlapping outputs": (relu(identity(3), [[1, 1], [2, 2], ["1/2", "1/2"]], "1/2"),
                                  "whitened, overlapping outputs"),
    "ReLU, X^T X = I only": (relu([["3/5", 0], [0, "3/5"], ["4/5", 0], [0, "4/5"]], [1, -1, 2, 1], "1/10"),
                             "finite convex program"),
}


@pytest.mark.parametrize(("problem", "regime"), BRUTE.values(), ids=BRUTE)
def test_against_brute_force(problem, regime):
    """Random starts never go below the minimum, and reach it."""
    found = network_optimum(problem)
    assert (found.truth, found.regime) == (Truth.HOLDS, regime)
    reached = brute_force(problem)
    assert float(found.quantities["objective"].lower) <= reached + 1e-9
    assert reached <= float(found.quantities["objective"].upper) + 1e-5 * (1 + reached)


def test_three_layer_relu_by_modes():
    """Parallel chains: the value is that of the signed parts, each by its own mode."""
    problem = relu(identity(3), [3, -2, 1], "1/10", layers=3)
    found = network_optimum(problem)
    value = sum(float(mode(Fraction(s), Fraction(1, 10), 3).value) for s in (10, 4))
    assert abs(float(found.quantities["objective"].lower) - value) < 1e-12
    assert float(found.quantities["objective"].upper) <= brute_force(problem) + 1e-9


@pytest.mark.parametrize(("d", "least", "seeds"), [(2, 50, range(6)), (3, 9, range(6))])
def test_gap_of_six_samples(d, least, seeds):
    for seed in seeds:
        rng = random.Random(seed)
        found = network_optimum(relu(rational(rng, 6, d), rational(rng, 6, 1), "1/2"), digits=least + 2)
        assert found.truth is Truth.HOLDS and found.regime in ("finite convex program", "trivial")
        assert found.quantities["gap"].upper < Fraction(1, 10**least)


INTEGERS = st.integers(-3, 3)
SMALL = st.integers(1, 5).flatmap(lambda n: st.tuples(
    st.lists(st.tuples(INTEGERS, INTEGERS), min_size=n, max_size=n), st.lists(INTEGERS, min_size=n, max_size=n)))


@given(SMALL, st.sampled_from(["1/10", "1", "3"]))
def test_every_small_relu_problem_is_solved(data, beta):
    """Degenerate data too: parallel, opposite and zero samples, ties between cells."""
    X, y = data
    problem = relu(X, y, beta)
    found = network_optimum(problem, digits=20)
    assert found.truth is Truth.HOLDS
    gap = found.quantities["gap"]
    assert gap.lower == 0 <= gap.upper < Fraction(1, 10**15)
    # The network without neurons is one of those the minimum is taken over.
    assert found.quantities["objective"].lower <= sum(Fraction(v) ** 2 for v in y) / 2


def test_the_value_does_not_increase_when_beta_falls():
    X, y = rational(random.Random(9), 5, 2), rational(random.Random(10), 5, 1)
    values = [network_optimum(relu(X, y, beta)).quantities["objective"].lower for beta in ("2", "1", "1/2", "1/8")]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("layers", [3, 5])
def test_unit_normalisation_has_the_two_layer_minimum(layers):
    X, Y = rational(random.Random(2), 4, 3), rational(random.Random(3), 4, 2)
    deep = network_optimum(linear(X, Y, "1/2", layers=layers, normalisation="unit"))
    flat = network_optimum(linear(X, Y, "1/2"))
    one, two = deep.quantities["objective"], flat.quantities["objective"]
    assert max(one.lower, two.lower) <= min(one.upper, two.upper)
    assert all(len(neuron.middle) == layers - 2 for neuron in deep.neurons)


def test_rank_is_decided_at_the_threshold():
    Y = [[2, 0], [0, "1/2"]]
    ranks = [network_optimum(linear(identity(2), Y, beta)).quantities["rank"].lower for beta in ("1/3", "1/2", "2")]
    assert ranks == [2, 1, 0]


def test_mode_threshold_is_exact():
    """L = 3: beta^3 = s^4/16 at s = 2, beta = 1 is a tie, and the answer is zero there, both values being equal."""
    assert not mode(Fraction(4), Fraction(1), 3).is_active
    assert mode(Fraction(4), Fraction(999, 1000), 3).is_active
    assert mode(Fraction(9), Fraction(1), 2).value == Fraction(5, 2)
    assert mode(Fraction(1, 4), Fraction(1), 2).value == Fraction(1, 8)


def test_the_trivial_dual_is_the_distance_to_the_range():
    assert trivial_dual(linear([[1], [1]], [1, -1], 1, layers=3)) == 1
    assert trivial_dual(linear([[1, 1], [1, 1]], [[1, 0], [3, 0]], 1, layers=3)) == 1
    assert trivial_dual(linear(identity(2), [1, 5], 1, layers=3)) == 0


def test_closed_forms_are_the_optimum():
    for problem in (linear(identity(3), [1, 2, 3], "1/2"), linear(identity(2), [[1, 0], [0, 3]], 2),
                    relu(identity(3), [1, -2, 3], "1/2"), relu([[1], [-2], [3]], [1, 1, -1], "1/2"),
                    batchnorm([5, 2, 1], "6/5")):
        value = network_optimum(problem, digits=30).quantities["objective"]
        spelled = Fraction(str(closed_form(problem).evalf(40)))
        assert value.lower - Fraction(1, 10**30) <= spelled <= value.upper + Fraction(1, 10**30)
    assert closed_form(relu(rational(random.Random(1), 4, 2), [1, 1, 2, 1], 1)) is None


@given(st.lists(st.tuples(st.integers(-30, 30), st.fractions(-9, 9, max_denominator=7)), min_size=2, max_size=9,
                unique_by=lambda pair: pair[0]))
def test_splines(pairs):
    """Both forms of the norm; the interpolant interpolates; the mirrored data have the same norm."""
    x, y = zip(*pairs, strict=True)
    points = Points(x, y)
    found = solve_spline(points)
    assert found.value == max(found.T0, (found.T0 + found.S0) / 2)
    assert [evaluate(found.neurons, found.constant, at) for at in points.x] == list(points.y)
    assert solve_spline(Points([-a for a in x], y)).value == found.value
    assert solve_spline(Points(x, [-b for b in y])).value == found.value
    assert solve_spline(Points(x, [b + 5 for b in y])).value == found.value
    other = off_data_minimiser(points)
    assert other is None or set(other) - set(points.x)


def test_a_spline_of_fifty_points():
    rng = random.Random(7)
    x = [Fraction(k, 3) for k in rng.sample(range(1000), 50)]
    found = network_optimum(spline(x, [Fraction(rng.randint(-999, 999), 97) for _ in x]), digits=60)
    assert found.rigor is Rigor.EXACT and found.quantities["gap"].lower == found.quantities["gap"].upper == 0


def test_batchnorm_needs_the_range():
    """Labels 2, 1 on a line: a centred label vector is missed, and only bounds are left."""
    inside = network_optimum(batchnorm([2, 1], "1/2", [[1, 0], [2, 0], [4, 1]]))
    outside = network_optimum(batchnorm([2, 1], "1/2", [[1], [2], [4]]))
    assert (inside.truth, outside.truth, outside.regime) == (Truth.HOLDS, Truth.UNDECIDED, "bounds only")
    assert outside.quantities["objective"].lower <= inside.quantities["objective"].upper
    assert inside.quantities["objective"].upper < outside.quantities["objective"].upper


def test_neurons_have_the_value_shown():
    for problem, _ in BRUTE.values():
        found = network_optimum(problem)
        value = primal_value(problem, found.neurons)
        low, high = found.quantities["objective"].lower, found.quantities["objective"].upper
        assert float(low) - 1e-9 <= float(value) <= float(high) + 1e-9


OUT_OF_SCOPE = {
    "deep ReLU on other data": relu([[1, 2], [3, 4], [5, 6]], [1, 2, 3], 1, layers=3),
    "several outputs on other data": relu([[1, 2], [3, 4], [5, 7]], [[1, 2]] * 3, 1),
    "deep linear, several outputs": linear([[1, 2], [3, 4]], [[1, 2], [3, 5]], 1, layers=3),
    "deep ReLU, several outputs": relu(identity(2), [[1, 0], [0, 1]], 1, layers=3),
    "overlapping deep outputs": relu(identity(2), [[1, 1], [0, 1]], 1, layers=3, normalisation="unit"),
}


@pytest.mark.parametrize("problem", OUT_OF_SCOPE.values(), ids=OUT_OF_SCOPE)
def test_out_of_scope(problem):
    with pytest.raises(OutOfScope):
        network_optimum(problem)


def test_what_is_no_network_or_no_number_of_digits():
    with pytest.raises(InvalidProblem, match="not a network problem"):
        network_answer("relu")
    with pytest.raises(InvalidProblem, match="digits=0"):
        network_optimum(spline([0, 1], [0, 1]), digits=0)


def test_a_dual_value_above_the_primal_one_is_an_error():
    """The certificate refuses itself rather than report a negative gap."""
    problem = spline([0, 1], [0, 1])
    answer = network_answer(problem)
    from dataclasses import replace

    wrong = replace(answer, attempt=lambda bits: replace(answer.attempt(bits), dual=Fraction(2)))
    with pytest.raises(ArithmeticError, match="exceeds"):
        certify(problem, wrong, 10)


def test_zero_is_attained_without_the_range_condition_and_by_targets_out_of_reach():
    for problem in (batchnorm([2, 2], 2, [[1], [1], [1], [1]]), linear([[1], [1]], [1, -1], 1, layers=3),
                    relu([[0, 0], [0, 0]], [1, 2], 1), relu(identity(2), [0, 0], 1)):
        found = network_optimum(problem)
        assert found.truth is Truth.HOLDS and "zero" in found.geometry
        gap = found.quantities["gap"]
        assert gap.lower <= 0 <= gap.upper and not found.neurons and not any("duality" in note for note in found.notes)
