"""The spectrum at the optimum: reference values, multiplicities, and dense Hessians in balls."""

import json
import time
from fractions import Fraction
from pathlib import Path

import pytest

from ncproofs.calculus.objective import gradient_at, objective_value
from ncproofs.critical.collapse import collapse_point
from ncproofs.critical.optimum import optimum
from ncproofs.critical.spectrum import family_spectrum, negative_count, spectrum, zero_count
from ncproofs.critical.sweep import dense_agreement, dense_sweep, grid
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.problems.features import Ridge
from ncproofs.truth import Truth

INSTANCES = json.loads((Path(__file__).parents[1] / "data" / "ridge.json").read_text())["instances"]
LOSSES = {
    "CE": lambda row: cross_entropy(),
    "LS": lambda row: label_smoothing(row["alpha"]),
    "FL": lambda row: focal(row["gamma"]),
    "MSE": lambda row: mean_squared(),
}


def problem_of(row):
    bias = None if row["lb"] == "none" else row["lb"]
    return Ridge(LOSSES[row["loss"]](row), row["K"], row["d"], row["n"], row["lW"], row["lH"], bias)


@pytest.mark.parametrize("entry", INSTANCES, ids=lambda entry: entry["instance"]["id"])
def test_reference_spectra_to_forty_digits(entry):
    problem, expected = problem_of(entry["instance"]), entry["values"]["spectrum"]
    found = spectrum(problem, digits=40)
    assert [row.multiplicity for row in found] == [count for _, count in expected]
    for row, (value, _) in zip(found, expected, strict=True):
        lower, upper = map(Fraction, row.enclosure.decimals(40))
        assert lower <= Fraction(value) <= upper
        assert row.enclosure.relative_width() < Fraction(1, 10**40)
    assert zero_count(found) == entry["values"]["zero_modes"]


def test_a_large_instance_costs_nothing():
    problem = Ridge(cross_entropy(), 1000, 2048, 500, "1/100000", "1/50000", "1/100")
    started = time.perf_counter()
    found = spectrum(problem, digits=40)
    assert time.perf_counter() - started < 2
    assert sum(row.multiplicity for row in found) == problem.dimension == 1_026_049_000
    assert zero_count(found) == 999 * 1049 + 999 * 998 // 2


W = ("1/50", "1/30")
DENSE = {
    "CE K=2 d=1": Ridge(cross_entropy(), 2, 1, 2, *W, 0),
    "CE K=2 d=4 no bias": Ridge(cross_entropy(), 2, 4, 2, *W),
    "CE K=4 d=K-1": Ridge(cross_entropy(), 4, 3, 2, *W, "1/10"),
    "CE trivial": Ridge(cross_entropy(), 3, 4, 2, "3/5", "4/5", 0),
    "CE at the threshold": Ridge(cross_entropy(), 4, 3, 1, "1/4", "1/4", 0),
    "LS K=5": Ridge(label_smoothing("1/10"), 5, 5, 1, *W, 0),
    "focal K=4": Ridge(focal(2), 4, 5, 1, *W, "1/10"),
    "focal K=3 trivial": Ridge(focal("1/2"), 3, 2, 2, 1, 1, 0),
    "MSE orthogonal frame": Ridge(mean_squared(), 3, 4, 2, *W),
    "MSE intermediate": Ridge(mean_squared(), 3, 4, 2, *W, 1),
    "MSE ETF, free bias": Ridge(mean_squared(), 4, 4, 1, *W, 0),
    "MSE at kappa = Kc": Ridge(mean_squared(), 4, 5, 1, "1/20", "1/20", "1/4"),
    "MSE rank 2 of K=5": Ridge(mean_squared(), 5, 2, 2, *W, "1/10"),
    "MSE rank 2 of K=5, no bias": Ridge(mean_squared(), 5, 2, 2, *W),
    "MSE trivial": Ridge(mean_squared(), 3, 4, 2, "3/5", "4/5", 1),
}


@pytest.mark.parametrize("problem", DENSE.values(), ids=DENSE.keys())
def test_dense_hessians_contain_the_closed_form(problem):
    truth, because = dense_agreement(problem)
    assert truth is Truth.HOLDS, because


@pytest.mark.parametrize("problem", DENSE.values(), ids=DENSE.keys())
def test_the_point_is_critical_and_has_the_optimal_value(problem):
    at = optimum(problem)
    point = collapse_point(problem, 128, at)
    assert objective_value(problem, *point, 128).overlaps(at.quantities["objective"].ball())
    for part in gradient_at(problem, *point, 128):
        for entry in part.entries() if part is not None else ():
            assert entry.contains(0) and entry.rad() * 10**25 < 1


def test_a_wrong_table_would_be_seen():
    from ncproofs.arithmetic.linalg import contains_spectrum
    from ncproofs.calculus.objective import dense_hessian

    problem = Ridge(cross_entropy(), 3, 3, 1, *W)
    table = [(row.enclosure.ball(), row.multiplicity) for row in spectrum(problem)]
    dense = dense_hessian(problem, *collapse_point(problem, 96), 64)
    assert contains_spectrum(dense, table, 64).truth is Truth.HOLDS
    moved = [(table[0][0], table[0][1] - 1), (table[1][0], table[1][1] + 1), *table[2:]]
    assert contains_spectrum(dense, moved, 64).truth is Truth.FAILS


def test_the_grid_reaches_every_regime_and_bias_mode():
    problems = list(grid())
    assert len(problems) > 1000
    assert max(problem.dimension for problem in problems) <= 130
    assert {problem.lambda_b is None for problem in problems} == {True, False}


def test_two_hundred_dense_hessians():
    answers = dense_sweep(210)
    assert len(answers) >= 200
    assert {name: because for name, (truth, because) in answers.items() if truth is not Truth.HOLDS} == {}


@pytest.mark.parametrize("name", ["CE K=4 d=K-1", "focal K=4", "MSE ETF, free bias"])
def test_the_named_optimum_has_the_spectrum_of_the_optimum(name):
    """The two take the margin from different places."""
    named = family_spectrum(DENSE[name], "collapse", digits=30)
    for left, right in zip(named, spectrum(DENSE[name], digits=30), strict=True):
        assert left.multiplicity == right.multiplicity and left.enclosure.ball().overlaps(right.enclosure.ball())


def test_named_points():
    light = Ridge(cross_entropy(), 4, 4, 1, "1/100", "1/100", 0)
    assert negative_count(family_spectrum(light, "origin")) == 3 * 4
    assert negative_count(family_spectrum(light, "collapse")) == 0
    assert negative_count(family_spectrum(Ridge(mean_squared(), 4, 5, 1, *W, 1), "collapse")) == 2
    for loss in (cross_entropy(), mean_squared()):
        with pytest.raises(OutOfScope):
            family_spectrum(Ridge(loss, 4, 4, 1, 1, 1), "collapse")
    with pytest.raises(InvalidProblem):
        family_spectrum(light, "summit")
