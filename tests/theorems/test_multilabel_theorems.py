"""Theorems about label sets: proved for all sizes, certified at instances, and silent or refuted outside."""

import pytest

from ncproofs.losses import mean_squared, pick_all_label
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.theorems.catalogue import CATALOGUE, load
from ncproofs.theorems.theorem import verify
from ncproofs.truth import Rigor, Truth

NAMES = [name for name in CATALOGUE if name.startswith("multilabel-")]


def counted(K, counts, lW="1/1000", lH="1/1000", lb=None, d=None, **more):
    return MultiLabel(K=K, d=d or K - 1, lambda_W=lW, lambda_H=lH, lambda_b=lb, counts=counts, **more)


def listed(labels, K=3, d=2, lb="1/100", **more):
    return MultiLabel(K=K, d=d, lambda_W="1/100", lambda_H="1/100", lambda_b=lb, labels=labels, **more)


BROKEN = listed("1; 2; 3; 1 3; 2 3; 1 2; 1 2")


def test_there_are_nine():
    assert len(NAMES) == 9


@pytest.mark.parametrize("name", NAMES)
def test_general_claims_are_exact_without_holes(name):
    verdict = verify(load(name))
    assert verdict.certified and verdict.rigor is Rigor.EXACT, verdict.reason
    assert not verdict.holes


CERTIFIED = {
    "multilabel-scalar-system": [
        counted(3, "1:2,2:1"),
        counted(4, "2:3"),
        counted(2, "1:1"),
        counted(100, "1:1,2:1", "1e-9"),
        counted(5, "2:1", loss=pick_all_label(1)),
        counted(4, "1:1,4:2", weights="1:1/3"),
    ],
    "multilabel-equality-case": [counted(4, "3:1"), counted(6, "2:1,4:2", lb=0, d=8), listed("1;2;3")],
    "multilabel-tag-average": [
        counted(4, "1:1,2:1,3:1"),
        counted(50, "1:1,2:1", "1e-7"),
        counted(4, "1:3,3:1", weights="1:2,3:2"),
    ],
    "multilabel-threshold": [
        counted(4, "1:1,2:1", lb="1/9"),
        counted(3, "1:2,2:1", 1, 1, 0),
        counted(4, "2:1", 1, 1, d=1),
    ],
    "multilabel-spectrum": [counted(3, "1:1,2:1", d=4, lb=0), counted(4, "2:1", lb="1/10")],
    "multilabel-landscape": [BROKEN, listed("1; 2 3", d=5, lb=0), counted(4, "2:3")],
    "multilabel-dual-bound": [BROKEN, listed("1; 2; 3; 1 2", lb=None), listed("1; 2", lb="1"), counted(3, "1:1,2:1")],
}
CASES = [(name, problem) for name, problems in CERTIFIED.items() for problem in problems]


@pytest.mark.parametrize(("name", "problem"), CASES, ids=lambda value: str(value)[:60])
def test_certified_at_instances(name, problem):
    verdict = verify(load(name), problem)
    assert verdict.certified, (verdict.reason, verdict.unmet)


#: Each hypothesis broken once: what the verdict is then, and the hypothesis that is listed as unmet.
BROKEN_HYPOTHESES = {
    "not balanced": ("multilabel-equality-case", BROKEN, Truth.FAILS, "occurs equally often"),
    "no room": ("multilabel-equality-case", counted(4, "1:1", d=2), Truth.FAILS, "d >= K - 1"),
    "above the threshold": (
        "multilabel-scalar-system",
        counted(3, "1:1", 1, 1),
        Truth.FAILS,
        "the optimum is not zero",
    ),
    "spectrum above the threshold": (
        "multilabel-spectrum",
        counted(3, "1:1", 1, 1),
        Truth.FAILS,
        "the optimum is not zero",
    ),
    "unequal weights": ("multilabel-tag-average", counted(4, "1:2,2:1", weights="2:1/100"), Truth.FAILS, "same weight"),
    "no single labels": ("multilabel-tag-average", counted(4, "2:1"), Truth.UNDECIDED, "samples with one label"),
    "no room for the landscape": (
        "multilabel-landscape",
        MultiLabel(K=3, d=1, lambda_W="1/100", lambda_H="8/1000", lambda_b="1/50", labels="1;1;1;2;3;1 2;1 2;2 3"),
        Truth.FAILS,
        "d >= K - 1",
    ),
    "no room for duality": ("multilabel-dual-bound", listed("1;2;3;1 2", d=1), Truth.UNDECIDED, "d >= K - 1"),
    "a class without samples": ("multilabel-dual-bound", listed("1;2", lb=0), Truth.UNDECIDED, "label of some sample"),
    "another loss": ("multilabel-landscape", counted(3, "1:1", loss=mean_squared()), Truth.UNDECIDED, "pick-all-label"),
    "no room below the threshold": (
        "multilabel-threshold",
        counted(4, "1:1", d=2),
        Truth.FAILS,
        "or the optimum is zero",
    ),
}


@pytest.mark.parametrize(("name", "problem", "truth", "said"), BROKEN_HYPOTHESES.values(), ids=BROKEN_HYPOTHESES)
def test_outside_the_hypotheses_nothing_is_certified(name, problem, truth, said):
    verdict = verify(load(name), problem)
    assert verdict.truth is truth and not verdict.certified
    assert any(said in unmet for unmet in verdict.unmet)
