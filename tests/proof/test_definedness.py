"""Statements that are not false but meaningless, and symbols that do not stand for what they are said to."""

import pytest
import sympy

from ncproofs.calculus.indexed import Index, Tensor, scalar, total
from ncproofs.errors import InvalidClaim
from ncproofs.losses import cross_entropy, focal, mean_squared
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import CriticalValue, Identity, NullityAtOptimum, Sign, SumIdentity, UniqueArgmin, UniqueRoot
from ncproofs.proof.discharge import discharge
from ncproofs.proof.domain import Domain, Range, between, positive, real
from ncproofs.truth import Truth

x = sympy.Symbol("x", real=True)
plain = sympy.Symbol("x")  # sqrt(x^2) stays a root when SymPy does not know that x is real
m = sympy.Symbol("m", integer=True)
p = sympy.Symbol("p", positive=True)
K, d, n = sympy.symbols("K d n", integer=True, positive=True)
k, i, a = Index("k", K), Index("i", n), Index("a", d)
v = Tensor("v", (K,), zero_sum=(0,))
u, w = Tensor("u", (d,)), Tensor("w", (d,))
r = sympy.sqrt(x + 1)
whole, zero, two = sympy.Integer(1), sympy.Integer(0), sympy.Integer(2)
UNIT = Domain.of((x, between(0, 1, closed=True)))

NOT_HELD = {
    "undefined at an end that belongs to the domain": Sign(expression=(x**2 + x) / x, relation=">", where=UNIT),
    "a denominator that is zero everywhere": Sign(
        expression=((r + 1) * (r - 1) - x) / ((r + 2) * (r - 2) + 3 - x), relation=">",
        where=Domain.of((x, positive())),
    ),
    "a jump without a zero": UniqueRoot(
        expression=3 * sympy.sqrt(plain**2) / plain + plain, variable=plain, lower=-whole, upper=whole
    ),
    "a removable singularity is no zero": UniqueRoot(
        expression=(x**2 - 2 * x + 1) / (x - 1), variable=x, lower=zero, upper=two
    ),
    "one class": UniqueArgmin(loss=cross_entropy(), K=1),
    "a negative number of classes": UniqueArgmin(loss=mean_squared(), K=-5),
    "two functions of one name": Identity(
        left=sympy.Function("f")(x), right=sympy.Function("f", positive=True)(x)
    ),
    "no such critical point": CriticalValue(
        problem=Ridge(focal(2), K=3, d=3, n=1, lambda_W="1", lambda_H="1"), family="collapse"
    ),
}
REFUSED = {
    "a step function": (lambda: Sign(
        expression=sympy.Piecewise((1, x < sympy.Rational(77, 100)), (-1, x < sympy.Rational(78, 100)), (1, True)),
        relation=">", where=Domain.of((x, between(0, 2, closed=True)))), "Piecewise"),
    "floor": (lambda: UniqueRoot(expression=sympy.floor(x), variable=x, lower=-whole, upper=whole), "floor"),
    "a symbol wider than its assumption": (
        lambda: Identity(left=sympy.sqrt(p**2), right=p, where=Domain.of((p, real()))), "make the two agree"),
    "a variable declared twice": (lambda: Domain.of((x, positive()), (x, real())), "twice"),
    "a negative power of a sum": (lambda: v[k] ** -1, "power"),
    "a sum over an index twice": (lambda: total(v[k], k, k), "twice"),
    "renaming into another range": (lambda: v[k].at({k: i}), "ranges over"),
    "a nullity that is no whole number": (lambda: NullityAtOptimum(
        problem=Ridge(cross_entropy(), 3, 3, 1, "1/100", "1/100"), nullity=1.0), "whole number"),
}
NOT_FAILED = {
    "integers above 0 are at least 1": Sign(
        expression=m - 1, relation=">=", where=Domain.of((m, Range(zero, None, lower_open=True, integer=True)))
    ),
    "integers below 5 are at most 4": Sign(
        expression=4 - m, relation=">=",
        where=Domain.of((m, Range(zero, sympy.Integer(5), upper_open=True, integer=True))),
    ),
    "a relation that fixes a size": SumIdentity(
        left=total(u[a] * w[a], a), right=total(u[a], a) * total(w[a], a), relations=((d, whole),)
    ),
    "signs with a zero sum": SumIdentity(
        left=total(Tensor("s", (K, K), symmetric=True, zero_sum=(0,), square_one=True)[Index("j", K), k], k),
        right=scalar(0),
    ),
}


@pytest.mark.parametrize("claim", NOT_HELD.values(), ids=NOT_HELD)
def test_never_holds(claim):
    assert discharge(claim).truth is not Truth.HOLDS


@pytest.mark.parametrize("claim", NOT_FAILED.values(), ids=NOT_FAILED)
def test_never_fails(claim):
    assert discharge(claim).truth is not Truth.FAILS


@pytest.mark.parametrize(("build", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_with_a_sentence(build, message):
    with pytest.raises(InvalidClaim, match=message):
        discharge(build())


def test_defined_statements_still_hold():
    above = Sign(expression=(x**2 + x) / x, relation=">", where=Domain.of((x, positive())))
    assert discharge(above).truth is Truth.HOLDS
    root = UniqueRoot(expression=sympy.log(p) + p, variable=p, lower=zero, upper=two)
    assert discharge(root).truth is Truth.HOLDS


def test_a_range_without_numbers_is_refused() -> None:
    for low, high, closed in ((2, 1, False), (1, 1, False), ("1/2", "1/3", True)):
        with pytest.raises(InvalidClaim, match="nothing lies between"):
            between(low, high, closed=closed)
    assert between(1, 1, closed=True).lower == 1
