"""Problems with label sets: what is accepted, each refusal with its line, and two spellings of one problem."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncproofs.errors import InexactInput, InvalidProblem, OutOfScope
from ncproofs.families import problem_of
from ncproofs.losses import cross_entropy, mean_squared, pick_all_label
from ncproofs.problems.label_sets import largest_label, read_label_file
from ncproofs.problems.multilabel import Balanced, MultiLabel
from ncproofs.report.optimum_text import spelled


def make(K=3, **given):
    given = {"d": 2, "lambda_W": "1/100", "lambda_H": "1/50", **given}
    return MultiLabel(K=K, **given)


ACCEPTED = {
    "counts as a mapping": {"counts": {1: 3, 2: 2}},
    "counts as text": {"counts": "2:2, 1:3"},
    "counts as pairs": {"counts": ((1, 3), (2, 2), (3, 0))},
    "labels as text": {"labels": "1; 1;1 ;2;2;2;3;3;3;1 2;2 1;1 3;1,3;2 3;2 3"},
    "labels as lists": {"labels": [[k] for k in (1, 2, 3) for _ in range(3)] + [{1, 2}, (1, 3), [3, 2]] * 2},
}


@pytest.mark.parametrize("given_", ACCEPTED.values(), ids=ACCEPTED)
def test_many_spellings_of_one_problem(given_):
    problem = make(**given_)
    assert problem.N == 15 and problem.dimension == 2 * (3 + 15)
    assert problem.balanced == (Balanced(1, 3, Fraction(1)), Balanced(2, 2, Fraction(1)))
    assert sorted(problem.targets) == sorted(make(counts="1:3,2:2").targets)
    assert hash(problem) == hash(make(**given_)) and problem == make(**given_)


REFUSED = {
    "no samples at all": ({}, "counts or labels are needed, and neither was"),
    "both": ({"counts": "1:1", "labels": "1"}, "both were given"),
    "zero everywhere": ({"counts": "1:0,2:0"}, "zero everywhere"),
    "a negative count": ({"counts": {1: -1}}, "counts[1] >= 0 is needed"),
    "half a count": ({"counts": "1:1/2"}, "whole number counts[1]"),
    "m above K": ({"counts": "4:1"}, "only K=3 classes"),
    "m = 0": ({"counts": "0:1"}, "m in counts >= 1"),
    "m twice": ({"counts": "1:1,1:2"}, "m=1 twice"),
    "no colon": ({"counts": "3"}, "of the form m:value"),
    "a number for counts": ({"counts": 3}, "no table of m and value"),
    "label above K": ({"labels": [[1], [4]]}, "label set 2 has the label 4"),
    "label 0": ({"labels": "0"}, "has the label 0"),
    "a negative label": ({"labels": [[-1]]}, "has the label -1"),
    "the empty set": ({"labels": [[1], []]}, "label set 2 is empty"),
    "the empty set in text": ({"labels": "1;;2"}, "label set 2 is empty"),
    "no sets": ({"labels": []}, "no label sets"),
    "a label twice": ({"labels": [[2, 2]]}, "names class 2 twice"),
    "a word": ({"labels": "1 x"}, "'x' is not a class"),
    "sets as one list": ({"labels": [1, 2]}, "write a list of classes"),
    "labels as a mapping": ({"labels": {1: 2}}, "no list of label sets"),
    "a weight of zero": ({"counts": "1:1", "weights": {1: 0}}, "weights[1] > 0 is needed"),
    "a weight twice": ({"counts": "1:1", "weights": "1:1,1:2"}, "m=1 twice"),
    "K = 1": ({"K": 1, "counts": "1:1"}, "K >= 2 is needed"),
    "d = 0": ({"d": 0, "counts": "1:1"}, "d >= 1 is needed"),
    "no loss": ({"counts": "1:1", "loss": "ce"}, "is not a Loss"),
}


@pytest.mark.parametrize(("given_", "said"), REFUSED.values(), ids=REFUSED)
def test_refusals_are_one_line(given_, said):
    with pytest.raises(InvalidProblem) as caught:
        make(**given_)
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("given_", [{"counts": {1: 1.0}}, {"labels": [[1.0]]}, {"counts": "1:1", "weights": {1: 0.5}}])
def test_floats_are_refused(given_):
    with pytest.raises(InexactInput, match="binary float"):
        make(**given_)


def test_unbalanced_lists_have_no_counts():
    assert make(labels="1;2;3;1 2").balanced is None
    assert make(labels="1;2").balanced is None
    assert make(labels="1;2;3;1 2 3").balanced == (Balanced(1, 1, Fraction(1)), Balanced(3, 1, Fraction(1)))


def test_weights_of_the_problem_and_of_the_loss_multiply():
    problem = make(counts="1:1,2:1", weights="2:3", loss=pick_all_label(1))
    assert problem.weight_of(1) == 1 and problem.weight_of(2) == Fraction(3, 2)
    assert problem.sample_weights == (1, 1, 1, 3, 3, 3)
    assert problem.is_pick_all_label and make(counts="1:1", loss=cross_entropy()).is_pick_all_label
    assert not make(counts="1:1", loss=mean_squared()).is_pick_all_label


def test_large_counts_are_never_listed():
    problem = MultiLabel(K=100, d=99, counts="50:3", lambda_W=1, lambda_H=1)
    assert problem.N == 3 * 100891344545564193334812497256
    with pytest.raises(OutOfScope, match="too many to list"):
        dict(problem.label_counts)
    with pytest.raises(OutOfScope, match="at most"):
        list(problem.targets)


@given(st.lists(st.sets(st.integers(1, 4), min_size=1), min_size=1, max_size=8))
def test_a_problem_is_what_its_spelling_says(sets):
    problem = make(K=4, labels=sets, weights={2: "1/3"}, lambda_b="1/7")
    assert problem_of(spelled(problem)) == problem


FILES = {
    "one set a line": ("1\n2\n3\n1 3\n", [["1"], ["2"], ["3"], ["1", "3"]]),
    "comments and commas": ("# three classes\n1\n1,3\n\n", [["1"], ["1", "3"]]),
    "JSON": (" [[1], [1, 3]]", [[1], [1, 3]]),
}


@pytest.mark.parametrize(("text", "expected"), FILES.values(), ids=FILES)
def test_label_files(text, expected, tmp_path: Path):
    path = tmp_path / "labels"
    path.write_text(text, encoding="utf-8")
    found = read_label_file(path)
    assert found == expected and largest_label(found) == max(int(x) for labels in expected for x in labels)


BAD_FILES = {
    "a gap": ("1\n\n2\n", "label set 2 is empty"),
    "floats": ("[[1.5]]", "1.5 is not a whole number"),
    "text in JSON": ('[["1"]]', "label set 1"),
    "truth in JSON": ("[[true]]", "label set 1"),
    "no JSON": ("[[1]", "is not JSON"),
    "flat JSON": ("[1, 2]", "label set 1"),
    "NaN": ("[[NaN]]", "NaN is not a whole number"),
    "deep": ("[" * 100_000, "is not JSON"),
    "words": ("cat dog\n", "'cat' is not a class"),
}


@pytest.mark.parametrize(("text", "said"), BAD_FILES.values(), ids=BAD_FILES)
def test_bad_label_files(text, said, tmp_path: Path):
    path = tmp_path / "labels"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidProblem) as caught:
        read_label_file(path)
    assert said in str(caught.value)


def test_unreadable_label_files(tmp_path: Path):
    with pytest.raises(InvalidProblem, match="cannot be read"):
        read_label_file(tmp_path / "nothing")
    (tmp_path / "binary").write_bytes(b"\xff\xfe1\n")
    with pytest.raises(InvalidProblem, match="not UTF-8"):
        read_label_file(tmp_path / "binary")
