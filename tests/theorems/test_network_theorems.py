"""Theorems of the convex-duality folder: certified for all sizes, on instances, and refuted outside."""

import pytest

from ncproofs.errors import InvalidClaim
from ncproofs.problems.networks import batchnorm, linear, relu, spline
from ncproofs.theorems.catalogue import CATALOGUE, load
from ncproofs.theorems.theorem import verify
from ncproofs.truth import Truth

NAMES = [name for name, module in CATALOGUE.items() if module.startswith("convex_duality.")]
EYE = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
PLANE = [[1, 2], [-2, 1], [3, -1]]


@pytest.mark.parametrize("name", NAMES)
def test_certified_for_all_sizes(name):
    verdict = verify(load(name))
    assert verdict.certified, verdict.reason


INSIDE = {
    "weak duality, ReLU": ("network-weak-duality", relu(PLANE, [1, -2, 3], "1/2")),
    "weak duality, linear": ("network-weak-duality", linear(PLANE, [[1, 0], [2, 1], [0, 3]], "1/2")),
    "weak duality, exact": ("network-weak-duality", batchnorm([4, 9], "1/2")),
    "linear, whitened": ("linear-network", linear(EYE, [1, 2, 3], "1/2")),
    "linear, trivial": ("linear-network", linear(PLANE, [1, 2, 3], 100)),
    "linear, unit": ("linear-network", linear(PLANE, [1, 2, 3], 1, layers=4, normalisation="unit")),
    "deep": ("deep-linear-network", linear(PLANE, [1, 2, 3], 1, layers=4)),
    "deep, heavy: zero, and still a gap": ("deep-linear-network", linear(PLANE, [1, 2, 3], 100, layers=3)),
    "deep, whitened": ("deep-linear-network", linear(EYE, [[1, 2], [3, 1], [0, 1]], "1/2", layers=3)),
    "ReLU, whitened": ("relu-network", relu(EYE, [[1, 0], [-2, 0], [0, 3]], "3/2")),
    "ReLU, rank one": ("relu-network", relu([[1, 1], [-2, -2]], [[1, 2], [3, 4]], "1/2")),
    "ReLU, unit": ("relu-network", relu(EYE, [1, -2, 3], "1/2", layers=3, normalisation="unit")),
    "program": ("relu-program", relu(PLANE, [1, -2, 3], "1/10")),
    "spline": ("spline-interpolation", spline([0, 1, "3/2"], [0, 5, "1/3"])),
    "spline, rigid": ("spline-kinks", spline([0, 1, 2, 3], [0, 1, 0, 1])),
    "batchnorm": ("batchnorm-network", batchnorm([3, 3, 3], "3/2")),
}


@pytest.mark.parametrize(("name", "problem"), INSIDE.values(), ids=INSIDE)
def test_certified_on_instances(name, problem):
    verdict = verify(load(name), problem)
    assert verdict.certified, (verdict.reason, verdict.unmet)


OUTSIDE = {
    "n > d": ("relu-network", relu([["3/5", 0], [0, "3/5"], ["4/5", 0], [0, "4/5"]], [1, -1, 2, 1], "1/10")),
    "overlapping outputs": ("relu-network", relu(EYE, [[1, 1], [2, 2], [1, 1]], "1/2")),
    "normalised inner layers have no gap": (
        "deep-linear-network", linear([[1]], [2], "1/10", layers=3, normalisation="unit")),
    "weight decay on every layer has a gap": ("network-weak-duality", linear([[1]], [2], "1/10", layers=3)),
    "two changes of one sign": ("spline-kinks", spline([0, 1, 2, 3], [0, 0, 1, 3])),
    "sloped ends": ("spline-kinks", spline([0, 1], [0, 1])),
    "classes of two sizes": ("batchnorm-network", batchnorm([4, 3, 1], "6/5")),
    "nothing active": ("batchnorm-network", batchnorm([2, 2, 2], 3)),
}


@pytest.mark.parametrize(("name", "problem"), OUTSIDE.values(), ids=OUTSIDE)
def test_refuted_outside_the_hypotheses(name, problem):
    verdict = verify(load(name), problem)
    assert verdict.truth is Truth.FAILS and verdict.unmet and not verdict.certified


OTHER_KINDS = [linear(EYE, [1, 2, 3], 1), relu(EYE, [1, 2, 3], 1), spline([0, 1], [0, 1]), batchnorm([2, 2], 1)]


@pytest.mark.parametrize("name", NAMES)
def test_hypotheses_answer_for_every_kind(name):
    """Never an error: a theorem about one kind says of the others that its hypotheses are not met."""
    answers = [all(part.met(problem) is Truth.HOLDS for part in load(name).hypotheses) for problem in OTHER_KINDS]
    assert name == "network-weak-duality" or not all(answers)


@pytest.mark.parametrize("name", NAMES)
def test_no_theorem_is_certified_on_a_kind_it_does_not_speak_of(name):
    for problem in OTHER_KINDS:
        if all(part.met(problem) is Truth.HOLDS for part in load(name).hypotheses):
            continue
        try:
            verdict = verify(load(name), problem)
        except InvalidClaim as error:
            assert f"{name} speaks of kind" in str(error)
        else:
            assert not verdict.certified and verdict.unmet
