"""Theorems about codes: proved for all sizes, certified at instances, refuted outside their hypotheses."""

import pytest

from ncproofs.errors import OutOfScope
from ncproofs.problems.codes import Codes
from ncproofs.theorems.catalogue import load
from ncproofs.theorems.theorem import verify
from ncproofs.truth import Rigor, Truth

GENERAL = ["softmax-margin-duality", "softmax-code-value", "code-exact-values", "code-bounds",
           "code-finite-temperature", "sharp-codes"]


@pytest.mark.parametrize("name", GENERAL)
def test_general_claims_are_exact(name):
    verdict = verify(load(name))
    assert verdict.certified and verdict.rigor is Rigor.EXACT, verdict.reason


INSIDE = {
    "code-exact-values": [Codes(2, 1), Codes(5, 1), Codes(4, 3), Codes(7, 2), Codes(50, 2), Codes(7, 4),
                          Codes(100, 50)],
    "sharp-codes": [Codes(12, 3), Codes(240, 8), Codes(100, 22)],
    "code-bounds": [Codes(3, 2), Codes(7, 3), Codes(16, 5)],
    "code-finite-temperature": [Codes(2, 1), Codes(4, 3), Codes(10, 12)],
}


@pytest.mark.parametrize("name, problem", [(n, p) for n, problems in INSIDE.items() for p in problems], ids=str)
def test_instances_inside(name, problem):
    verdict = verify(load(name), problem)
    assert verdict.certified, verdict.reason


OUTSIDE = {
    "more than 2d points": ("code-exact-values", Codes(7, 3)),
    "twelve points in R^5": ("code-exact-values", Codes(12, 5)),
    "cross-entropy prefers the bipyramid": ("code-finite-temperature", Codes(7, 3)),
}


@pytest.mark.parametrize("name, problem", OUTSIDE.values(), ids=OUTSIDE)
def test_instances_outside_fail(name, problem):
    verdict = verify(load(name), problem)
    assert verdict.truth is Truth.FAILS and verdict.unmet


@pytest.mark.parametrize("problem", [Codes(24, 3), Codes(24, 4), Codes(5, 3)])
def test_no_value_is_claimed_where_no_sharp_code_is(problem):
    with pytest.raises(OutOfScope, match="not one of the twelve pairs"):
        list(load("sharp-codes").instance(problem))


def test_the_master_identity_is_one_claim_of_theorem_e():
    (claim,) = [c for c in load("softmax-code-value").general() if c.sentence.startswith("master identity")]
    assert {tensor.name for tensor in claim.left.tensors} == {"u_k", "u_j", "r_k", "r_j"}


def test_the_gegenbauer_polynomials_of_the_reader_are_normalised():
    from ncproofs.theorems.softmax_codes.sharp_codes import gegenbauer, t

    for d in (3, 5, 8, 22):
        for k in range(5):
            assert gegenbauer(d, k).subs(t, 1) == 1
