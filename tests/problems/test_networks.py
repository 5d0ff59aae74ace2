"""Network problems as exact data, and the files they are read from: what is accepted, what is refused."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from ncproofs.errors import InexactInput, InvalidProblem, NcproofsError
from ncproofs.families import problem_of
from ncproofs.problems.network_data import network_from_text, read_text
from ncproofs.problems.networks import Network, Points, Regression, batchnorm, linear, relu, spline

HALF = Fraction(1, 2)


def test_exact_numbers_of_every_kind_are_accepted():
    problem = relu([[1, "1/2"], [Fraction(1, 3), sympy.Rational(2, 3)]], np.array([1, -2]), "0.5")
    assert problem.X == ((1, HALF), (Fraction(1, 3), Fraction(2, 3)))
    assert problem.Y == ((1,), (-2,)) and problem.beta == HALF and problem.layers == 2


def test_points_are_put_in_order():
    assert spline([2, 0, 1], [5, 3, 4]).data == Points((0, 1, 2), (3, 4, 5))


def test_whitened_is_decided_exactly():
    third = [["1/3", "2/3", "2/3"], ["2/3", "1/3", "-2/3"]]
    assert relu(third, [1, 1], 1).is_whitened
    assert not relu([["0.3333333333333333", "0.6666666666666666", "0.6666666666666666"]], [1], 1).is_whitened
    assert not relu([["3/5", 0], [0, "3/5"], ["4/5", 0], [0, "4/5"]], [1, 1, 1, 1], 1).is_whitened  # X^T X = I only


def test_the_name_tells_instances_apart():
    many = [[i % 7, i] for i in range(40)]
    other = [row[:] for row in many]
    other[7][0] += 1
    assert str(relu(many, [1] * 40, 1)) != str(relu(other, [1] * 40, 1))


REFUSED = {
    "an entry of a vector a float": (lambda: spline([0, 1], [1, 0.5]), InexactInput, r"y \(entry 2\)=0.5"),
    "a class size below zero": (lambda: batchnorm([1, -2], 1), InvalidProblem, "size of class 2=-2"),
    "beta zero": (lambda: relu([[1]], [1], 0), InvalidProblem, "beta=0 given, but beta > 0"),
    "beta negative": (lambda: linear([[1]], [1], "-1/2"), InvalidProblem, "beta > 0"),
    "beta missing": (lambda: Network("relu", Regression([[1]], [1])), InvalidProblem, "needs beta > 0"),
    "beta a float": (lambda: relu([[1]], [1], 0.5), InexactInput, "binary float"),
    "an entry a float": (lambda: relu([[0.1]], [1], 1), InexactInput, r"X \(row 1, column 1\)=0.1"),
    "NaN": (lambda: relu([["nan"]], [1], 1), InvalidProblem, "not an exact number"),
    "ragged rows": (lambda: relu([[1, 2], [3]], [1, 1], 1), InvalidProblem, "ragged: row 1 has 2 entries, row 2 has 1"),
    "rows and numbers mixed": (lambda: relu([[1], 2], [1, 1], 1), InvalidProblem, "mixes rows and numbers"),
    "no rows": (lambda: relu([], [], 1), InvalidProblem, "X is empty"),
    "text for a list": (lambda: relu("12", [1], 1), InvalidProblem, "not a list"),
    "lengths differ": (lambda: relu([[1], [2]], [1], 1), InvalidProblem, "X has 2 rows and Y has 1"),
    "too large": (lambda: relu([[1] * 1500] * 20, [1] * 20, 1), InvalidProblem, "at most 20000"),
    "an x twice": (lambda: spline([0, 1, "0"], [1, 2, 3]), InvalidProblem, "x=0 is given twice"),
    "one point": (lambda: spline([0], [1]), InvalidProblem, "at least 2"),
    "a spline with beta": (lambda: Network("spline", Points([0, 1], [0, 1]), 1), InvalidProblem, "leave beta out"),
    "an empty class": (lambda: batchnorm([3, 0, 2], 1), InvalidProblem, "class 2 of 3 is empty"),
    "one class": (lambda: batchnorm([3], 1), InvalidProblem, "at least 2"),
    "A of another length": (lambda: batchnorm([1, 1], 1, [[1]]), InvalidProblem, "A has 1 rows"),
    "an unknown kind": (lambda: Network("conv", Regression([[1]], [1]), 1), InvalidProblem, "kind='conv'"),
    "data of another kind": (lambda: Network("spline", Regression([[1]], [1])), InvalidProblem, "give Points"),
    "one layer": (lambda: linear([[1]], [1], 1, layers=1), InvalidProblem, "layers >= 2"),
    "a deep two-layer kind": (lambda: Network("linear", Regression([[1]], [1]), 1, 3), InvalidProblem, "deep-linear"),
    "too deep": (lambda: linear([[1]], [1], 1, layers=99), InvalidProblem, "at most 12"),
    "a normalised spline": (lambda: Network("spline", Points([0, 1], [0, 1]), None, 2, "unit"), InvalidProblem,
                            "no inner layers"),
    "normalisation": (lambda: linear([[1]], [1], 1, normalisation="l2"), InvalidProblem, "standard, unit"),
}


@pytest.mark.parametrize(("make", "error", "said"), REFUSED.values(), ids=REFUSED)
def test_refused(make, error, said):
    with pytest.raises(error, match=said) as caught:
        make()
    assert "\n" not in str(caught.value)


READ = {
    "JSON": ("relu", '{"X": [["1/2", 1], [0, "0.25"]], "Y": ["1", 2]}', relu([[HALF, 1], [0, "1/4"]], [1, 2], 1)),
    "JSON, lower-case y": ("linear", '{"X": [[1]], "y": [2]}', linear([[1]], [2], 1)),
    "CSV, a decimal is exact": ("relu", "x1,x2,y\n0.5,1,1\n0,.25,2\n", relu([[HALF, 1], [0, "1/4"]], [1, 2], 1)),
    "CSV, columns by number": ("relu", "x2,y,x1\n1,1,0.5\n.25,2,0\n", relu([[HALF, 1], [0, "1/4"]], [1, 2], 1)),
    "CSV, two outputs": ("linear", "x1,y1,y2\n1,2,3\n", linear([[1]], [[2, 3]], 1)),
    "CSV, spline": ("spline", "x,y\n1,1/3\n0,2\n", spline([0, 1], [2, "1/3"])),
    "CSV, labels": ("batchnorm", "label,a1\n1,5\n0,6\n1,7\n", batchnorm([1, 2], 1, [[6], [5], [7]])),
    "one-hot": ("batchnorm", '{"Y": [[0, 1], [1, 0], [0, 1]]}', batchnorm([1, 2], 1)),
    "counts": ("batchnorm", '{"counts": [4, "3"]}', batchnorm([4, 3], 1)),
}


@pytest.mark.parametrize(("kind", "text", "problem"), READ.values(), ids=READ)
def test_files(kind, text, problem):
    assert network_from_text(kind, text, beta=None if kind == "spline" else "1") == problem


MISREAD = {
    "a JSON float": ("relu", '{"X": [[0.25]], "Y": [1]}', '0.25 is a JSON float; write it in quotes, .*"0.25"'),
    "NaN": ("spline", '{"x": [NaN, 1], "y": [0, 1]}', "NaN is not a number"),
    "Infinity": ("spline", '{"x": [-Infinity, 1], "y": [0, 1]}', "-Infinity is not a number"),
    "an exponent": ("spline", '{"x": [1e3, 1], "y": [0, 1]}', '1e3 is a JSON float; write it in quotes, .*"1e3"'),
    "a key twice": ("spline", '{"x": [0, 1], "x": [1, 2], "y": [0, 1]}', "'x' is given twice"),
    "a foreign key": ("spline", '{"x": [0, 1], "y": [0, 1], "z": 1}', "needs x and y"),
    "a missing key": ("relu", '{"X": [[1]]}', "needs X and Y"),
    "not JSON": ("relu", '{"X": [', "not JSON"),
    "a list": ("relu", "[1, 2]", "one JSON object"),
    "deep nesting": ("relu", '{"X": [[[[[1]]]]], "Y": [1]}', "nested more than 4 deep"),
    "nesting that parses": ("relu", '{"X": ' + "[" * 800 + "]" * 800 + ', "Y": [1]}', "nested more than 4 deep"),
    "endless nesting": ("relu", "[" * 100000, "nested more than 4 deep"),
    "objects in objects": ("relu", '{"X": {"a": {"b": {"c": {}}}}, "Y": [1]}', "nested more than 4 deep"),
    "brackets in a string": ("relu", '{"X": [["[[[[[["]], "Y": [1]}', "not an exact number"),
    "a long number": ("spline", '{"x": [' + "1" * 3000 + ', 1], "y": [0, 1]}', "3000 digits"),
    "an empty class": ("batchnorm", '{"labels": [0, 2]}', "no sample has label 1"),
    "an empty one-hot class": ("batchnorm", '{"Y": [[1, 0], [1, 0]]}', "class 2 of 2 is empty"),
    "not one-hot": ("batchnorm", '{"Y": [[1, 1], [1, 0]]}', "row 1 of Y is not one-hot"),
    "two sources of labels": ("batchnorm", '{"labels": [0, 1], "counts": [1, 1]}', "exactly one of"),
    "a huge label": ("batchnorm", '{"labels": [0, 99999999]}', "at most 10"),
    "a CSV column left out": ("relu", "x1,x3,y\n1,2,3\n", "columns x1, x3 given; number them x1 to x2"),
    "ragged CSV": ("relu", "x1,y\n1,2\n1\n", "line 3 has 1 cells, but the header has 2"),
    "CSV without samples": ("relu", "x1,y\n", "no samples"),
    "a CSV word": ("spline", "x,y\n1,two\n2,3\n", "line 2, column y='two'"),
    "a CSV infinity": ("spline", "x,y\n1,inf\n2,3\n", "column y='inf'"),
    "an unknown column": ("spline", "x,y,z\n1,2,3\n", "column 'z' is unknown"),
    "a column twice": ("spline", "x,x\n1,2\n", "distinct names"),
    "an unknown kind": ("conv", "{}", "kind='conv'"),
}


@pytest.mark.parametrize(("kind", "text", "said"), MISREAD.values(), ids=MISREAD)
def test_files_refused(kind, text, said):
    with pytest.raises(NcproofsError, match=said) as caught:
        network_from_text(kind, text, beta=None if kind == "spline" else "1")
    assert "\n" not in str(caught.value)


@given(st.text(max_size=200), st.sampled_from(["relu", "spline", "batchnorm"]))
def test_no_text_does_anything_but_be_read_or_refused(text, kind):
    try:
        network_from_text(kind, text, beta=None if kind == "spline" else "1")
    except NcproofsError as error:
        assert "\n" not in str(error)


def test_a_file_that_is_not_there_or_too_large(tmp_path):
    with pytest.raises(InvalidProblem, match="cannot be read"):
        read_text(str(tmp_path / "none.json"))
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * (2**20 + 1))
    with pytest.raises(InvalidProblem, match="larger than"):
        read_text(str(large))
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidProblem, match="not UTF-8"):
        read_text(str(binary))


def test_suites_spell_networks():
    spelled = {"family": "network", "kind": "spline", "data": '{"x": [0, 1], "y": [0, 1]}'}
    assert problem_of(spelled) == spline([0, 1], [0, 1])
    deep = {"family": "network", "kind": "deep-linear", "data": '{"X": [[1]], "Y": [2]}', "beta": "1/10", "layers": "3"}
    assert problem_of(deep) == linear([[1]], [2], "1/10", layers=3)
