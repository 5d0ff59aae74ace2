"""Every theorem of the catalogue that speaks of all sizes is certified, and says what a theorem must say."""

from dataclasses import replace

import pytest

from ncproofs.errors import InvalidClaim, UnknownName
from ncproofs.problems.layered import Layered
from ncproofs.theorems.catalogue import CATALOGUE, load
from ncproofs.theorems.theorem import Theorem, verify
from ncproofs.truth import Truth


@pytest.mark.parametrize("name", CATALOGUE)
def test_general_claims_hold(name):
    theorem = load(name)
    assert theorem.name == name
    assert theorem.source.quoted and theorem.source.arxiv
    assert len(theorem.idea.splitlines()) <= 6
    if theorem.general is None:
        assert theorem.instance is not None
        return
    verdict = verify(theorem)
    undecided = [part.sentence for part in verdict.evidence if part.truth is not Truth.HOLDS]
    assert not undecided
    assert verdict.certified or verdict.holes
    assert all(part.sentence and part.because for part in verdict.evidence)


def test_an_unknown_theorem_lists_the_known_ones():
    with pytest.raises(UnknownName, match="lower-bound-chain"):
        load("lower-bound-chian")
    with pytest.raises(UnknownName, match="not a Theorem"):
        load("math:pi")


def test_a_theorem_must_say_something():
    source = load("null-sector").source
    with pytest.raises(InvalidClaim, match="empty statement"):
        Theorem(name="x", title="x", statement=" ", idea="x", source=source, general=lambda: ())
    with pytest.raises(InvalidClaim, match="claims nothing"):
        Theorem(name="x", title="x", statement="x", idea="x", source=source)


def test_a_verdict_without_claims_says_so() -> None:
    problem = Layered(layers=2, K=2, widths=1, lambdas=("1/15", "1/15"), lambda_H="1/15", relu=True)
    verdict = verify(replace(load("layered-relu"), instance=lambda problem: iter(())), problem)
    assert not verdict.certified and not verdict.evidence and "no claim" in verdict.reason
