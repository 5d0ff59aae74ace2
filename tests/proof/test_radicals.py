"""Radicals of the checker: two spellings of one number agree, other numbers do not."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncproofs.proof.checker_arithmetic import Budget, Limit, Rejected
from ncproofs.proof.checker_radicals import Radicals, compared_with_radicals

NUMBER = st.fractions(Fraction(1, 500), 500, max_denominator=500)
ROOT = st.integers(2, 7)


def radicals():
    return Radicals(Budget(10**6))


@given(NUMBER, NUMBER, ROOT)
def test_roots_of_products(a, b, q):
    """(a b)^(1/q) = a^(1/q) b^(1/q), and its q-th power is a b."""
    R = radicals()
    share = R.number(Fraction(1, q))

    def root(value):
        return R.exp(R.mul(share, R.log(value)))

    x, y = R.number(a), R.number(b)
    whole = root(R.mul(x, y))
    assert whole == R.mul(root(x), root(y))
    assert R.rational(R.power(whole, q)) == a * b
    assert R.div(whole, root(y)) == root(x)
    if q == 2:
        assert R.sqrt(x) == root(x)


@given(NUMBER, NUMBER)
def test_rational_sums(a, b):
    R = radicals()
    assert R.rational(R.add(R.number(a), R.number(b))) == a + b
    assert R.add(None, R.number(a)) == R.number(a)
    if a > b:
        assert R.rational(R.sub(R.number(a), R.number(b))) == a - b


REFUSED = {
    "a negative number": lambda R: R.number(Fraction(-1)),
    "minus one": lambda R: R.neg(R.number(Fraction(1))),
    "a difference below 0": lambda R: R.sub(R.number(Fraction(1)), R.number(Fraction(2))),
    "a sum of roots": lambda R: R.add(R.sqrt(R.number(Fraction(2))), R.number(Fraction(1))),
    "division by 0": lambda R: R.div(R.number(Fraction(1)), None),
    "the logarithm of 0": lambda R: R.log(None),
    "exp of a number": lambda R: R.exp(R.number(Fraction(1))),
    "an irrational exponent": lambda R: R.mul(R.sqrt(R.number(Fraction(2))), R.log(R.number(Fraction(3)))),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_what_is_no_radical_is_refused(call):
    with pytest.raises(Rejected):
        call(radicals())


def test_a_huge_number_is_a_limit():
    R = radicals()
    with pytest.raises(Limit):
        R.rational(R.power(R.number(Fraction(3)), 10**6))


@pytest.mark.parametrize(("claimed", "accepted"), {
    "the same, split": (["*", ["pow", "2", "1/3"], ["pow", "3", "1/3"]], True),
    "the same": (["pow", "6", "1/3"], True),
    "close by": (["pow", "6", "1000001/3000000"], False),
    "another": (["pow", "5", "1/3"], False),
}.values())
def test_equalities(claimed, accepted):
    def derived(algebra):
        return algebra.exp(algebra.mul(algebra.number(Fraction(1, 3)), algebra.log(algebra.number(Fraction(6)))))

    if accepted:
        compared_with_radicals(Budget(10**6), 128, derived, "==", claimed)
        return
    with pytest.raises(Rejected):
        compared_with_radicals(Budget(10**6), 128, derived, "==", claimed)
