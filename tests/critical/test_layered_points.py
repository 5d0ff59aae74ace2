"""Critical points of the layered model: values, counts, spectra against dense Hessians, what does not exist."""

import json
from fractions import Fraction
from pathlib import Path

import flint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.arithmetic.linalg import contains_spectrum
from ncproofs.calculus.layered_objective import layered_gradient, layered_hessian, layered_value
from ncproofs.critical.layered_modes import first_order, kappa_power, saddle_node
from ncproofs.critical.layered_points import (
    critical_bias,
    critical_factors,
    critical_point,
    critical_points,
    layered_spectrum,
    spectrum_table,
)
from ncproofs.critical.layered_search import random_critical_values
from ncproofs.critical.profiles import to_ball
from ncproofs.errors import OutOfScope
from ncproofs.problems.layered import Layered
from ncproofs.truth import Truth

DATA = json.loads((Path(__file__).parents[1] / "data" / "layers_and_duality.json").read_text())
V1 = Layered(layers=1, K=3, n=4, widths=5, lambdas="1/100", lambda_H="1/200")
V3 = Layered(layers=2, K=3, n=2, lambdas="3/100,1/20", lambda_H="1/50")

PROBLEMS = {
    "one layer": Layered(layers=1, K=3, n=2, widths=4, lambdas="1/30", lambda_H="1/40"),
    "one layer, narrow": Layered(layers=1, K=3, n=1, widths=2, lambdas="1/5", lambda_H="1/40"),
    "one layer at c = 1": Layered(layers=1, K=2, n=1, lambdas="1/2", lambda_H="1/2"),
    "one layer beyond": Layered(layers=1, K=2, n=2, lambdas="1", lambda_H="1/2"),
    "two layers": Layered(layers=2, K=3, n=2, lambdas="3/100,1/20", lambda_H="1/50", widths="4,3"),
    "two layers, narrow": Layered(layers=2, K=3, n=1, lambdas="1/10,1/20", lambda_H="1/9", widths="2,4"),
    "two layers, metastable": Layered(layers=2, K=2, lambdas="21/50,1", lambda_H="1/42"),
    "two layers at kappa_sn": Layered(layers=2, K=3, lambdas="1/4,1/4", lambda_H="1/16"),
    "three layers": Layered(layers=3, K=2, lambdas="3/100,1/20,1/7", lambda_H="1/50", widths="3,2,3"),
    "five layers": Layered(layers=5, K=2, lambdas="1/50,1/40,1/30,1/60,1/50", lambda_H="1/20"),
    "one layer, free bias": Layered(layers=1, K=3, n=2, widths=3, lambdas="1/30", lambda_H="1/40", lambda_b=0),
    "one layer, light bias": Layered(layers=1, K=3, widths=2, lambdas="1/30", lambda_H="1/40", lambda_b="1/50"),
    "one layer, heavy bias": Layered(layers=1, K=2, n=2, widths=4, lambdas="1/30", lambda_H="1/40", lambda_b="1"),
    "one layer, mean mode at the edge": Layered(layers=1, K=2, lambdas="1/8", lambda_H="1/8", lambda_b="1/3"),
    "two layers, free bias": Layered(layers=2, K=3, lambdas="3/100,1/20", lambda_H="1/50", lambda_b=0, widths="3,2"),
    "two layers, bias": Layered(layers=2, K=3, n=2, lambdas="1/50,1/40", lambda_H="1/30", lambda_b="1", widths="2,3"),
    "three layers, bias": Layered(layers=3, K=2, lambdas="1/50,1/40,1/30", lambda_H="1/30", lambda_b="3"),
    "one layer, sizes 3, 1, 1": Layered(layers=1, K=3, lambdas="1/30", lambda_H="1/40", class_sizes="3,1,1"),
    "one layer, narrow, sizes 3, 2, 1": Layered(layers=1, K=3, widths=2, lambdas="1/9", lambda_H="1/40",
                                                class_sizes="3,1,2"),
    "two layers, sizes 3, 1": Layered(layers=2, K=2, lambdas="1/50,1/40", lambda_H="1/60", class_sizes="1,3"),
    "two layers, sizes 2, 1, 1": Layered(layers=2, K=3, lambdas="1/50,1/40", lambda_H="1/60", class_sizes="1,2,1",
                                         widths="3,2"),
    "three layers, sizes 2, 1": Layered(layers=3, K=2, lambdas="1/50,1/40,1/70", lambda_H="1/60", class_sizes="2,1"),
    "one layer, free bias, sizes 3, 2, 1": Layered(layers=1, K=3, lambdas="1/30", lambda_H="1/40", lambda_b=0,
                                                   class_sizes="2,3,1"),
    "two layers, free bias, sizes 2, 1, 1": Layered(layers=2, K=3, lambdas="1/30,1/50", lambda_H="1/40", lambda_b=0,
                                                    class_sizes="2,1,1"),
    "two layers, free bias, sizes 1, 2, 4": Layered(layers=2, K=3, lambdas="1/30,1/50", lambda_H="1/40", lambda_b=0,
                                                    class_sizes="1,2,4"),
}


def near(enclosure, text):
    value = Fraction(text)
    slack = abs(value) / 10**38
    return enclosure.lower - slack <= value <= enclosure.upper + slack


def test_reference_spectrum_at_the_minimum():
    """V1, merged: two rows of the reference are zero, and one number may stem from two blocks."""
    found = layered_spectrum(V1, 3, digits=45)
    expected: dict[Fraction, int] = {}
    for text, count in DATA["V1"]["hessian_at_global_min"]:
        expected[Fraction(text)] = expected.get(Fraction(text), 0) + count
    assert [entry.multiplicity for entry in found] == [count for _, count in sorted(expected.items())]
    values = sorted(expected)
    assert all(near(entry.enclosure, str(value)) for entry, value in zip(found, values, strict=True))


def test_reference_saddle():
    at = critical_point(V1, 1, digits=45)
    assert near(at.value, DATA["V1"]["critical_value_rank_saddle"]) and at.kind == "strict saddle"
    lowest = layered_spectrum(V1, 1, digits=45)[0]
    assert near(lowest.enclosure, DATA["V1"]["negative_eigenvalue_at_rank_saddle"])
    assert lowest.multiplicity == DATA["V1"]["negative_multiplicity"] == at.negative


def test_reference_two_layers():
    assert near(critical_point(V3, 3, digits=45).value, DATA["V3"]["f_all_plus"])
    assert near(critical_point(V3, 1, digits=45).value, DATA["V3"]["f_rank1_plus"])
    with flint.ctx.workprec(200):  # the scaled eigenvalue on equal a: x^(M-2) ((2M-2) sigma - (M-2))
        sigma = to_ball(Fraction(DATA["V3"]["sigma_plus"]))
        value = sigma ** to_ball(Fraction(1, 3)) * (4 * sigma - 1)
        assert abs(value - to_ball(Fraction(DATA["V3"]["hessian_scaled_sym_uniform_eig"]))) < 1e-36


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_closed_form_against_the_objective(problem):
    """Gradient zero, value and all eigenvalues, at every critical point, from the product of the factors alone."""
    for at in critical_points(problem):
        factors, bias = critical_factors(problem, *at.counts, 192), critical_bias(problem, *at.counts, 192)
        assert layered_value(problem, factors, bias, 192).overlaps(at.value.ball())
        slopes = layered_gradient(problem, factors, bias, 192)
        assert all(entry.contains(0) and entry.rad() < 1e-30 for entry in slopes)
        with flint.ctx.workprec(192):
            table = [(to_ball(value), count) for value, count, _ in spectrum_table(problem, *at.counts, 160)]
        match = contains_spectrum(layered_hessian(problem, factors, 192, bias), table, 128)
        assert match.truth is Truth.HOLDS, match.because
        entries = layered_spectrum(problem, *at.counts, digits=12)
        zero = sum(e.multiplicity for e in entries if e.enclosure.is_point and e.enclosure.lower == 0)
        negative = sum(e.multiplicity for e in entries if e.enclosure.upper < 0)
        assert (negative, zero) == (at.negative, at.zero)
        assert sum(e.multiplicity for e in entries) == problem.dimension


COMPLETE = ["one layer", "two layers, narrow", "one layer, light bias", "two layers, free bias", "two layers, bias",
            "one layer, sizes 3, 1, 1", "two layers, sizes 2, 1, 1", "one layer, free bias, sizes 3, 2, 1",
            "two layers, free bias, sizes 1, 2, 4"]


@pytest.mark.parametrize("name", COMPLETE)
def test_random_critical_points_are_on_the_list(name):
    """Least squares on the gradient from random starts goes to saddles as to minima: all their values are listed."""
    problem = PROBLEMS[name]
    listed = [float(at.value.lower) for at in critical_points(problem)]
    found = random_critical_values(problem, starts=25)
    assert len(found) > 12
    assert len({round(value, 7) for value in found}) > 2
    assert all(min(abs(value - known) for known in listed) < 1e-9 for value in found)


KINDS = {
    "one layer, mean mode at the edge": ["strict saddle", "global minimum"],
    "one layer, sizes 3, 1, 1": ["strict saddle"] * 5 + ["global minimum"],
    "one layer": ["strict saddle"] * 3 + ["global minimum"],
    "one layer at c = 1": ["global minimum"],
    "one layer beyond": ["global minimum"],
    "two layers, metastable": ["global minimum", "local minimum", "strict saddle", "local minimum"]
    + ["strict saddle"] * 2,
    "two layers at kappa_sn": ["global minimum"] + ["degenerate saddle"] * 3,
}


@pytest.mark.parametrize("name", KINDS)
def test_kinds(name):
    assert [point.kind for point in critical_points(PROBLEMS[name])] == KINDS[name]


def test_at_the_transition_all_local_minima_are_global():
    problem = Layered(layers=2, K=4, lambdas="1/4,1/8", lambda_H="1/32")
    assert kappa_power(problem) == first_order(3)
    points = critical_points(problem)
    assert {p.kind for p in points if not p.minus} == {"global minimum"}
    assert all(p.value.lower == Fraction(1, 2) for p in points if not p.minus)
    assert {p.kind for p in points if p.minus} == {"strict saddle"}


@given(st.integers(2, 3), st.integers(2, 4), st.data())
@settings(max_examples=15)
def test_index_and_nullity_below_the_saddle_node(layers, K, data):
    """minus (minus + 1)/2 negative eigenvalues, and as many zeros as the orbit has dimensions."""
    widths = data.draw(st.lists(st.integers(1, 5), min_size=layers, max_size=layers))
    share = data.draw(st.fractions(Fraction(1, 1000), Fraction(99, 100), max_denominator=1000))
    value = saddle_node(layers + 1) * share / K ** (layers + 1)
    problem = Layered(layers=layers, K=K, lambdas=(1,) * layers, lambda_H=value, widths=widths)
    for point in critical_points(problem, digits=6):
        assert point.negative == point.minus * (point.minus + 1) // 2
        assert point.zero == point.dimension
        assert (point.kind == "strict saddle") == (point.minus > 0)


def test_one_layer_families_have_the_known_dimension():
    for K, d in ((3, 5), (4, 2), (2, 2)):
        problem = Layered(layers=1, K=K, widths=d, lambdas="1/40", lambda_H="1/40")
        for point in critical_points(problem, digits=6):
            r = point.plus
            assert point.zero == point.dimension == r * (K + d) - (3 * r * r + r) // 2


ABSENT = {
    "rank too large": (PROBLEMS["two layers"], 4, 0),
    "rank too large together": (PROBLEMS["two layers"], 2, 2),
    "sigma_minus of one layer": (PROBLEMS["one layer"], 0, 1),
    "nonzero beyond kappa_sn": (PROBLEMS["one layer beyond"], 1, 0),
    "sigma_minus at kappa_sn": (PROBLEMS["two layers at kappa_sn"], 0, 1),
    "negative": (PROBLEMS["two layers"], -1, 1),
    "more modes than there are": (PROBLEMS["one layer, heavy bias"], (1, 2), 0),
    "the mean with a free bias": (PROBLEMS["one layer, free bias"], 3, 0),
    "the mean beyond its kappa": (PROBLEMS["one layer, light bias"], (1, 1), 0),
    "one count for several groups": (PROBLEMS["two layers, bias"], 2, 0),
    "too many counts": (PROBLEMS["two layers"], (1, 1), 0),
    "unequal classes and a regularised bias": (
        Layered(layers=1, K=2, lambdas="1/9", lambda_H="1/9", class_sizes="2,1", lambda_b=1), 1, 0),
    "relu": (Layered(layers=2, K=2, lambdas="1/9,1/9", lambda_H="1/9", relu=True), 1, 0),
}


@pytest.mark.parametrize(("problem", "plus", "minus"), ABSENT.values(), ids=ABSENT)
def test_what_does_not_exist_is_refused(problem, plus, minus):
    for call in (critical_point, layered_spectrum):
        with pytest.raises(OutOfScope, match=r"no critical point|are known for|do not commute|say how many"):
            call(problem, plus, minus)


def test_many_groups_and_little_room_are_no_long_way():
    sizes = ",".join(map(str, range(100, 160)))
    problem = Layered(layers=2, K=60, widths=1, lambdas="1/10000,1/10000", lambda_H="1/10000", class_sizes=sizes)
    points = critical_points(problem, digits=6)
    assert len(points) == 1 + 2 * 60  # nothing, or one class at either root
    assert [point.kind for point in points].count("global minimum") == 1
    with pytest.raises(OutOfScope, match="more than 2000"):
        critical_points(Layered(layers=2, K=60, lambdas="1/10000,1/10000", lambda_H="1/10000", class_sizes=sizes))
    with pytest.raises(OutOfScope, match="are listed for 200"):
        critical_points(Layered(layers=1, K=300, lambdas="1", lambda_H="1", class_sizes=list(range(1, 301))))


def test_a_long_list_is_refused():
    with pytest.raises(OutOfScope, match="at most 2000"):
        critical_points(Layered(layers=2, K=100, lambdas="1/1000,1/1000", lambda_H="1/1000"))
