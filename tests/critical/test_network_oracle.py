"""The second opinion of cvxpy and Clarabel: rounded, re-checked, never trusted."""

import builtins
import random
from fractions import Fraction

import pytest

from ncproofs.critical.network_optimum import network_optimum
from ncproofs.critical.network_oracle import second_opinion
from ncproofs.errors import MissingDependency, OutOfScope
from ncproofs.problems.networks import linear, relu, spline


def rational(rng, n, d):
    return [[Fraction(rng.randint(-9, 9), 3) for _ in range(d)] for _ in range(n)]


def test_without_cvxpy_it_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **options):
        if name in ("cvxpy", "clarabel"):
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependency, match=r"ncproofs\[convex\]"):
        second_opinion(relu([[1]], [1], 1))


PROBLEMS = {
    "linear": linear(rational(random.Random(1), 5, 3), rational(random.Random(2), 5, 2), "1/2"),
    "ReLU, plane": relu(rational(random.Random(3), 6, 2), rational(random.Random(4), 6, 1), "1/2"),
    "ReLU, space": relu(rational(random.Random(5), 6, 3), rational(random.Random(6), 6, 1), "1/2"),
}


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_its_checked_bounds_contain_the_minimum(problem):
    pytest.importorskip("clarabel", reason="the extra `convex` is not installed")
    pytest.importorskip("cvxpy", reason="the extra `convex` is not installed")
    opinion = second_opinion(problem)
    found = network_optimum(problem).quantities["objective"]
    assert opinion.status == "optimal" and opinion.reported_gap >= 0
    assert opinion.checked.lower <= found.upper and found.lower <= opinion.checked.upper
    assert 0 < opinion.checked.upper - opinion.checked.lower < Fraction(1, 10**4)
    assert abs(opinion.reported - found.lower) < Fraction(1, 10**4)


@pytest.mark.parametrize("problem", [spline([0, 1], [0, 1]), linear([[1]], [2], 1, layers=3), relu([[1]], [[1, 2]], 1)])
def test_what_it_has_no_opinion_on(problem):
    pytest.importorskip("clarabel", reason="the extra `convex` is not installed")
    pytest.importorskip("cvxpy", reason="the extra `convex` is not installed")
    with pytest.raises(OutOfScope):
        second_opinion(problem)
