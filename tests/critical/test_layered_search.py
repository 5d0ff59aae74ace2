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
    "three layers": Layered(layers=3, K=2, lambdas="1/50,1/40,1/30", lambda_H="1/30"),
}


@pytest.mark.parametrize("problem", SETTINGS.values(), ids=SETTINGS)
def test_descents_end_at_the_predicted_minima(problem):
    least = float(layered_optimum(problem).quantities["objective"].lower)
    runs = [run for run in random_descents(problem, starts=40) if run.slope < 1e-6]
    assert len(runs) > 30
    assert least - 1e-13 < min(run.value for run in runs) < least + 1e-12
    if problem.has_bias or not problem.balanced:
        return
    minima = {point.plus: float(point.value.lower) for point in critical_points(problem) if "minimum" in point.kind}
    ends = {run.rank(1e-3): run.value for run in runs}
    assert set(ends) == set(minima)  # every predicted rank is reached, and no other
    assert all(abs(ends[rank] - minima[rank]) < 1e-10 for rank in minima)


def test_the_seed_is_the_answer():
    problem = SETTINGS["two layers"]
    assert random_descents(problem, starts=3, seed=5) == random_descents(problem, starts=3, seed=5)


def test_relu_is_refused():
    with pytest.raises(InvalidProblem, match="smooth"):
        random_descents(Layered(layers=2, K=2, lambdas="1,1", lambda_H=1, relu=True))
