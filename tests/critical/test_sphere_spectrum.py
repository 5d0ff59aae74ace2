"""Spectra on spheres: reference values, multiplicities, dense Hessians in balls, and the matrix T."""

import json
import time
from fractions import Fraction
from pathlib import Path

import flint
import pytest
from flint import arb_mat

from ncproofs.arithmetic.linalg import contains_spectrum
from ncproofs.calculus.sphere_objective import dense_riemannian_hessian, riemannian_gradient, sphere_value
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.sphere_optimum import sphere_optimum
from ncproofs.critical.sphere_points import named_point, tilted_point
from ncproofs.critical.sphere_spectrum import (
    certificate_rows,
    curvature_range,
    dense_agreement,
    dense_sweep,
    sphere_grid,
    sphere_rows,
    sphere_spectrum,
)
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import Loss, S, T, Z
from ncproofs.losses.projected_mean_squared import projected_mean_squared
from ncproofs.problems.features import Spheres
from ncproofs.truth import Truth

CE = cross_entropy()
INSTANCES = json.loads((Path(__file__).parents[1] / "data" / "spheres.json").read_text())["instances"]
LOSSES = {"CE": lambda parameter: CE, "LS": label_smoothing, "FL": focal}


def problem_of(row):
    return Spheres(LOSSES[row["loss"]](row["loss_param"]), row["K"], row["d"], row["n"], row["tau"])


def near(enclosure, text):
    """The reference has 42 significant digits: equality to 40."""
    value = Fraction(text)
    slack = abs(value) / 10**40
    return enclosure.lower - slack <= value <= enclosure.upper + slack


@pytest.mark.parametrize("row", INSTANCES, ids=lambda row: f"{row['loss']} K={row['K']} d={row['d']}")
def test_reference_instances_to_forty_digits(row):
    problem = problem_of(row)
    at, found = sphere_optimum(problem, digits=45), sphere_spectrum(problem, digits=45)
    assert at.truth is Truth.HOLDS and at.regime == "collapse"
    assert near(at.quantities["objective"], row["objective"])
    assert [entry.multiplicity for entry in found] == [e["multiplicity"] for e in row["eigenvalues"]]
    for entry, expected in zip(found, row["eigenvalues"], strict=True):
        assert near(entry.enclosure, expected["value"])
        assert entry.enclosure.relative_width() < Fraction(1, 10**45)
    assert found[0].multiplicity == row["nullity"] and found[0].enclosure.is_point


def test_a_large_instance_costs_nothing():
    problem = Spheres(CE, 100, 128, 50, "4.4")
    started = time.perf_counter()
    found = sphere_spectrum(problem, digits=40)
    assert time.perf_counter() - started < 1
    assert sum(entry.multiplicity for entry in found) == problem.dimension == 5100 * 127
    assert found[0].multiplicity == 99 * 29 + 99 * 98 // 2


def test_a_hundred_dense_hessians_contain_the_closed_form():
    answers = dense_sweep(105)
    assert len(answers) >= 100
    every = {(problem.loss.name, point) for problem, point in sphere_grid()}
    assert all(any(f"{loss}" in name and name.endswith(point) for name in answers) for loss, point in every)
    assert len(every) == 13
    assert {name: because for name, (truth, because) in answers.items() if truth is not Truth.HOLDS} == {}


def test_the_grid_reaches_every_loss_and_point():
    cases = list(sphere_grid())
    assert len(cases) > 1000
    assert {point for _, point in cases} == {"etf", "antipodal", "frame"}
    assert {problem.K for problem, _ in cases} == {2, 3, 4, 5, 6}


TRICKY = {
    "s = -1, exact zeros": (Spheres(CE, 5, 4, 1, 4), "antipodal"),
    "s = 1, equal entries": (Spheres(CE, 6, 5, 2, 5), "etf"),
    "K = 2": (Spheres(focal("1/2"), 2, 3, 3, 2), "antipodal"),
    "g < 0": (Spheres(label_smoothing("1/10"), 3, 3, 1, 3), "etf"),
    "g = 0": (Spheres(projected_mean_squared(), 4, 4, 1, "3/4"), "etf"),
    "frame at tau = 1": (Spheres(mean_squared(), 3, 4, 2, 1), "frame"),
    "frame beyond tau = 1": (Spheres(mean_squared(), 3, 3, 2, 2), "frame"),
    "mean squared, ETF": (Spheres(mean_squared(), 5, 5, 2, "7/5"), "etf"),
    "mean squared, ETF, large tau": (Spheres(mean_squared(), 4, 3, 2, 5), "etf"),
    "projected, beyond": (Spheres(projected_mean_squared(), 3, 3, 1, 2), "etf"),
    "mean squared, antipodal": (Spheres(mean_squared(), 3, 4, 1, "1/3"), "antipodal"),
}


@pytest.mark.parametrize("problem, point", TRICKY.values(), ids=TRICKY.keys())
def test_edges_of_the_table(problem, point):
    truth, because = dense_agreement(problem, point)
    assert truth is Truth.HOLDS, because


def test_a_loss_of_no_softmax_form():
    """Shift invariant, convex, class-symmetric: cross-entropy plus the projected mean squared error."""
    square = projected_mean_squared()
    phi = square.phi.subs({S(1): S(2), S(2): S(3)}, simultaneous=True)
    mixed = Loss("mixed", CE.phi + phi, (*CE.class_functions, *square.class_functions), "a test")
    assert Z in square.class_functions[1].free_symbols and T in phi.free_symbols
    truth, because = dense_agreement(Spheres(mixed, 4, 4, 2, "1/2"))
    assert truth is Truth.HOLDS, because


def test_a_wrong_table_would_be_seen():
    problem = Spheres(CE, 4, 4, 2, 1)
    table = [(entry.enclosure.ball(), entry.multiplicity) for entry in sphere_spectrum(problem)]
    dense = dense_riemannian_hessian(problem, *named_point(problem, "etf", 96), 64)
    assert contains_spectrum(dense, table, 64).truth is Truth.HOLDS
    moved = [(table[0][0], table[0][1] - 1), (table[1][0], table[1][1] + 1), *table[2:]]
    assert contains_spectrum(dense, moved, 64).truth is Truth.FAILS


@pytest.mark.parametrize(
    "problem, point",
    [(Spheres(CE, 3, 3, 2, 1), "etf"), (Spheres(CE, 4, 3, 1, 2), "antipodal"),
     (Spheres(mean_squared(), 3, 3, 2, "1/2"), "frame"), (Spheres(mean_squared(), 3, 3, 2, "1/2"), "etf")],
)
def test_the_matrix_T_has_the_tabled_eigenvalues(problem, point):
    """In one dimension more than the columns span, T is the Hessian along (v x^T, v y^T), v orthogonal to all."""
    from ncproofs.calculus.sphere_objective import riemannian_form

    rank = problem.K if point == "frame" else problem.K - 1
    wide = Spheres(problem.loss, problem.K, rank + 1, problem.n, problem.tau)
    at, size = named_point(wide, point, 160), problem.K + problem.N
    with flint.ctx.workprec(128):

        def direction(*indices):
            flat = [int(i in indices) for i in range(size)]
            parts = flat[: problem.K], flat[problem.K :]
            return tuple([[0] * len(part) for _ in range(rank)] + [list(part)] for part in parts)

        own = [riemannian_form(wide, at, direction(i), 128) for i in range(size)]
        rows = [[own[i] if i == j else (riemannian_form(wide, at, direction(i, j), 128) - own[i] - own[j]) / 2
                 for j in range(size)] for i in range(size)]
        table = [(to_ball(value), count) for value, count, _ in certificate_rows(problem, point, 128)]
        match = contains_spectrum(arb_mat(rows), table, 128)
    assert match.truth is Truth.HOLDS, match.because


def test_named_points_are_critical_and_lie_on_the_spheres():
    for problem, point in TRICKY.values():
        at = named_point(problem, point, 128)
        for part in riemannian_gradient(problem, *at, 96):
            assert all(entry.contains(0) and entry.rad() * 10**20 < 1 for entry in part.entries())


@pytest.mark.parametrize("problem, point", TRICKY.values(), ids=TRICKY.keys())
def test_the_curvature_range_is_that_of_the_spectrum(problem, point):
    """Magnitudes, whether the eigenvalues are positive, negative, fractions or balls."""
    sizes = [abs(row.enclosure.ball()) for row in sphere_spectrum(problem, point=point) if row.enclosure.upper != 0]
    low, high = curvature_range(problem, point, 128)
    assert to_ball(low).overlaps(min(sizes, key=lambda size: size.mid()))
    assert to_ball(high).overlaps(max(sizes, key=lambda size: size.mid()))
    assert low > 0


def test_the_tilted_point_has_the_least_value():
    problem = Spheres(label_smoothing("1/10"), 3, 3, 2, 3)
    with flint.ctx.workprec(128):
        sine_squared = to_ball(28).log() * 2 / 9
        value = sphere_value(problem, *tilted_point(problem, sine_squared, 128), 128)
    assert value.overlaps(sphere_optimum(problem).quantities["objective"].ball())


def test_refusals():
    with pytest.raises(InvalidProblem, match="d >= K - 1"):
        sphere_spectrum(Spheres(CE, 4, 2, 1, 1))
    with pytest.raises(InvalidProblem, match="etf, antipodal, frame"):
        sphere_spectrum(Spheres(CE, 4, 4, 1, 1), point="summit")
    with pytest.raises(InvalidProblem, match="d >= K"):
        sphere_spectrum(Spheres(mean_squared(), 4, 3, 1, 1), point="frame")
    with pytest.raises(OutOfScope, match="not one orbit"):
        sphere_spectrum(Spheres(CE, 4, 4, 1, 1), point=None)
    with pytest.raises(OutOfScope, match="mean_squared"):
        sphere_spectrum(Spheres(CE, 4, 4, 1, 1), point="frame")
    with pytest.raises(OutOfScope, match="constant shifts"):
        sphere_rows(Spheres(Loss("quartic", S(1) - T, (Z**4,), "a test"), 3, 3, 1, 1), "etf", 64)
