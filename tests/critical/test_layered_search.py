"""Random descents: never below the certified minimum, and at the predicted local minima; a slice of the script."""

import pytest

from ncproofs.critical.layered_optimum import layered_optimum
from ncproofs.critical.layered_points import critical_points
from ncproofs.critical.layered_search import random_descents
from ncproofs.errors import InvalidProblem
from ncproofs.problems.layered import Layered

SETTINGS = {
    "one layer, d < K": Layered(layers=1, K=4, widths=2, lambdas="1/40", lambda_H="1/50"),
    "one layer, heavy bias": Layered(layers=1, K=3, n=4, lambdas="1/50", lambda_H="1/100", lambda_b="1/2"),
    "two layers": Layered(layers=2, K=3, n=2, lambdas="3/100,1/20", lambda_H="1/50"),
    "two layers, metastable": Layered(layers=2, K=2, lambdas="21/50,1", lambda_H="1/42"),
    "two layers, bias": Layered(layers=2, K=3, lambdas="1/50,1/40", lambda_H="1/30", lambda_b="1/10"),
    "unequal classes": Layered(layers=2, K=3, lambdas="1/30,1/30", lambda_H="1/30", class_sizes="9,4,1"),
    "unequal classes, free bias": Layered(layers=2, K=3, lambdas="1/30,1/30", lambda_H="1/30", class_sizes="9,4,1",
                                          lambda_b=0),
    "unequal classes, free bias, one layer": Layered(layers=1, K=4, widths=3, lambdas="1/20", lambda_H="1/30",
                                                     class_sizes="3,3,2,1", lambda_b=0),
    "three layers": Layered(layers=3, K=2, lambdas="1/50,1/40,1/30", lambda_H="1/30"),
}


@pytest.mark.parametrize("problem", SETTINGS.values(), ids=SETTINGS)
def test_descents_end_at_the_predicted_minima(problem):
    least = float(layered_optimum(problem).quantities["objective"].lower)
    # At sizes 9, 4, 1 the point that keeps the smallest class is metastable, and few starts end there.
    starts = 240 if problem.class_sizes == (9, 4, 1) else 40
    runs = [run for run in random_descents(problem, starts=starts) if run.slope < 1e-6]
    assert len(runs) > 30
    assert least - 1e-13 < min(run.value for run in runs) < least + 1e-12
    minima = [float(point.value.lower) for point in critical_points(problem) if "minimum" in point.kind]
    ends = [run.value for run in runs]
    assert all(min(abs(end - value) for value in minima) < 1e-10 for end in ends)  # at predicted minima, and no others
    assert all(min(abs(end - value) for end in ends) < 1e-10 for value in minima)  # and at every one of them
    if not problem.has_bias and problem.balanced:
        assert {run.rank(1e-3) for run in runs} == {
            point.plus for point in critical_points(problem) if "minimum" in point.kind}


def test_the_seed_is_the_answer():
    problem = SETTINGS["two layers"]
    assert random_descents(problem, starts=3, seed=5) == random_descents(problem, starts=3, seed=5)


def test_relu_is_refused():
    with pytest.raises(InvalidProblem, match="smooth"):
        random_descents(Layered(layers=2, K=2, lambdas="1,1", lambda_H=1, relu=True))
