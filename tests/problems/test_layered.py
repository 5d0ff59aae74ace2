"""The layered problem: what it accepts, and one sentence for what it refuses."""

from fractions import Fraction

import pytest
import sympy

from ncproofs.errors import InexactInput, InvalidProblem
from ncproofs.families import problem_of
from ncproofs.problems.layered import Layered

GOOD = {"layers": 2, "K": 3, "n": 2, "lambdas": "3/100,1/20", "lambda_H": "1/50"}

ACCEPTED = {
    "commas": {},
    "blanks": {"lambdas": "3/100 1/20"},
    "commas and blanks": {"lambdas": "0.03, 5e-2"},
    "fractions": {"lambdas": (Fraction(3, 100), Fraction(1, 20)), "lambda_H": sympy.Rational(1, 50)},
    "equal widths": {"widths": 3},
    "a width for each layer": {"widths": "3,3"},
    "equal class sizes": {"class_sizes": "2,2,2"},
    "no bias, in words": {"lambda_b": "none"},
}


@pytest.mark.parametrize("change", ACCEPTED.values(), ids=ACCEPTED)
def test_spellings_of_one_problem(change):
    assert Layered(**{**GOOD, **change}) == Layered(**GOOD)


REFUSED = {
    "no layer": ({"layers": 0}, InvalidProblem, "layers >= 1 is needed"),
    "65 layers": ({"layers": 65}, InvalidProblem, "at most 64"),
    "half a layer": ({"layers": "3/2"}, InvalidProblem, "whole number layers"),
    "one class": ({"K": 1}, InvalidProblem, "K >= 2"),
    "no sample": ({"n": 0}, InvalidProblem, "n >= 1"),
    "too few weights": ({"lambdas": "1/100"}, InvalidProblem, "1 lambdas given for 2 layers; write one for each layer"),
    "too many weights": ({"lambdas": "1,1,1"}, InvalidProblem, "3 lambdas given for 2 layers"),
    "a weight is zero": ({"lambdas": "1/100,0"}, InvalidProblem, "lambda_2 > 0"),
    "a weight is negative": ({"lambdas": "-1,1"}, InvalidProblem, "lambda_1 > 0"),
    "a weight is a float": ({"lambdas": (0.01, 1)}, InexactInput, "lambda_1=0.01 is a binary float"),
    "a weight is missing": ({"lambdas": "1,,1"}, InvalidProblem, "empty entry"),
    "weights of nothing": ({"lambdas": ()}, InvalidProblem, "empty entry"),
    "lambda_H is a float": ({"lambda_H": 0.5}, InexactInput, "binary float"),
    "lambda_H is zero": ({"lambda_H": 0}, InvalidProblem, "lambda_H > 0"),
    "lambda_b is negative": ({"lambda_b": "-1"}, InvalidProblem, "lambda_b >= 0"),
    "a width is zero": ({"widths": "3,0"}, InvalidProblem, "d_2=0 given, but a whole number d_2 >= 1"),
    "a width too many": ({"widths": "3,3,3"}, InvalidProblem, "3 widths given for 2 layers"),
    "an empty class": ({"n": 1, "class_sizes": "1,0,2"}, InvalidProblem, "n_2=0 given, but a whole number n_2 >= 1"),
    "two class sizes for three": ({"n": 1, "class_sizes": "1,2"}, InvalidProblem, "2 class sizes given for K=3"),
    "n and class sizes": ({"class_sizes": "2,2,3"}, InvalidProblem, "write one or the other"),
    "relu in three layers": ({"layers": 3, "lambdas": "1,1,1", "relu": True}, InvalidProblem, "write layers=2"),
    "relu with a bias": ({"relu": True, "lambda_b": 0}, InvalidProblem, "write lambda_b=none"),
    "relu with unequal classes": ({"relu": True, "n": 1, "class_sizes": "1,1,2"}, InvalidProblem, "write equal ones"),
    "relu perhaps": ({"relu": "perhaps"}, InvalidProblem, "write yes or no"),
    "relu one": ({"relu": 1}, InvalidProblem, "write yes or no"),
}


@pytest.mark.parametrize(("change", "error", "said"), REFUSED.values(), ids=REFUSED)
def test_wrong_input(change, error, said):
    with pytest.raises(error, match=said) as caught:
        Layered(**{**GOOD, **change})
    assert "\n" not in str(caught.value)


def test_parameters_spell_the_problem():
    for change in ({}, {"widths": "4,3"}, {"n": 1, "class_sizes": "9,4,1"}, {"relu": True}, {"lambda_b": "1/3"}):
        problem = Layered(**{**GOOD, **change})
        assert Layered.from_parameters(problem.parameters) == problem
        assert problem_of({"family": "layered", **problem.parameters}) == problem


def test_sizes():
    problem = Layered(layers=2, K=3, lambdas="1,1", lambda_H=1, widths="4,2", class_sizes="3,2,1", lambda_b="1/2")
    assert (problem.N, problem.factors, problem.rank, problem.balanced) == (6, 3, 2, False)
    assert problem.shapes == ((4, 6), (2, 4), (3, 2))
    assert problem.dimension == 24 + 8 + 6 + 3
    assert problem.mean_weight == Fraction(1, 3)
    assert str(Layered(**GOOD)) == "layers=2 K=3 d=3 n=2 lambdas=3/100,1/20 lambda_H=1/50 lambda_b=none"
