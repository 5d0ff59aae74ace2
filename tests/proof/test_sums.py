"""Identities between indexed sums: accepted for all sizes, refuted with exact numbers, or undecided."""

import pytest
import sympy

from ncproofs.calculus.indexed import Index, Tensor, delta, scalar, total
from ncproofs.proof.claims import SumIdentity
from ncproofs.proof.discharge import discharge
from ncproofs.truth import Rigor, Truth

K, n = sympy.symbols("K n", integer=True, positive=True)
c = sympy.Symbol("c", positive=True)
j, k, l = (Index(name, K) for name in "jkl")  # noqa: E741
i = Index("i", n)
x, v = Tensor("x", (K,)), Tensor("v", (K,), zero_sum=(0,))
mean = total(x[j], j) / K

TABLE = {
    "variance": (total((x[k] - mean) ** 2, k), total(x[k] ** 2, k) - K * mean**2, Truth.HOLDS),
    "variance with the wrong factor": (total((x[k] - mean) ** 2, k), total(x[k] ** 2, k) - mean**2, Truth.FAILS),
    "a zero sum": (total(v[k], k), scalar(0), Truth.HOLDS),
    "a sum that is not zero": (total(x[k], k), scalar(0), Truth.FAILS),
    "n for N": (total(x[k], k, i), n * total(x[k], k), Truth.HOLDS),
    "N for n": (total(x[k], k, i), n * K * total(x[k], k), Truth.FAILS),
    "projector": (total((delta(j, l) - scalar(1) / K) * (delta(l, k) - scalar(1) / K), l),
                  delta(j, k) - scalar(1) / K, Truth.HOLDS),
    "off by one in K": (total(delta(k, k), k), scalar(K - 1), Truth.FAILS),
}


@pytest.mark.parametrize(("left", "right", "expected"), TABLE.values(), ids=TABLE)
def test_table(left, right, expected):
    evidence = discharge(SumIdentity(left=left, right=right))
    assert evidence.truth is expected
    assert evidence.rigor is Rigor.EXACT
    assert bool(evidence.witness) == (expected is Truth.FAILS)


def test_a_relation_is_used_and_named():
    claim = SumIdentity(left=c**2 * total(x[k], k), right=n * total(x[k], k), relations=((n, c**2),))
    evidence = discharge(claim)
    assert evidence.truth is Truth.HOLDS
    assert "n = c**2" in evidence.because


def test_an_unrecognised_identity_is_undecided_not_refuted():
    w = Tensor("w", (K, K))
    a = Tensor("a", (K,), annihilates=((0, "w", 1),))
    # sum_k a_k w[k, j] need not vanish, but a random tensor with a nonlinear constraint is not built here.
    evidence = discharge(SumIdentity(left=total(a[k] * w[k, j], k), right=scalar(0)))
    assert evidence.truth is Truth.UNDECIDED
