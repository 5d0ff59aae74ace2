"""What is printed of an identity is what is proved of it: wordings that say the same, and wordings that do not."""

from __future__ import annotations

import pytest
import sympy

from ncproofs.calculus.indexed import Index, Tensor, total
from ncproofs.proof.claims import Identity, SumIdentity, Wording
from ncproofs.proof.domain import Domain, positive, real
from ncproofs.proof.wording import computed, printed_as_proved, value_at, worded, wording_of
from ncproofs.truth import Truth

x, y = sympy.symbols("x y", real=True)
s, beta = sympy.symbols("s beta", positive=True)
v, w = sympy.symbols("v w", positive=True)
n = sympy.Symbol("n", integer=True, positive=True)
i = Index("i", n)
U = Tensor("u", (n,))
f = sympy.Function("f")
PLANE = Domain.of((x, real()), (y, real()))
POSITIVE = Domain.of((s, positive()), (beta, positive()))


def identity(left, right, wording, where=PLANE):
    return Identity(left=left, right=right, where=where, wording=wording)


SAYS_THE_SAME = {
    "a letter": identity(beta * s, beta * s, Wording(v * s**2, beta * s, ((v, beta / s),)), POSITIVE),
    "a letter whose value has a letter": identity(x**2, x**2, Wording(v, x**2, ((v, w**2), (w, x)))),
    "a derivative": identity(2 * x, 2 * x, Wording(sympy.Derivative(x**2, x), 2 * x)),
    "a value at a point": identity(y, y, Wording(value_at(x + y, x, 0), y)),
    "a function as a letter": identity(
        sympy.Integer(0), sympy.Integer(0), Wording(value_at(sympy.Derivative(f(x), x), x, 0), 0, ((f(x), x**2),))
    ),
    "equal by algebra only": identity(
        x**2 - y**2, (x - y) * (x + y), Wording((x - y) * v, x**2 - y**2, ((v, x + y),))
    ),
    "a sum": SumIdentity(
        left=total(2 * x * U[i], i), right=2 * x * total(U[i], i),
        wording=wording_of(total(v * U[i], i), 2 * x * total(U[i], i), {v: 2 * x}),
    ),
}
DOES_NOT = {
    "another side": identity(x + 1, x + 1, Wording(v + 2, x + 1, ((v, x),))),
    "another right side": identity(x + 1, x + 1, Wording(v + 1, x, ((v, x),))),
    "sides exchanged for other true ones": identity(x, x, Wording(v, y, ((v, y),))),
    "a letter that is a variable": identity(x * y, x * y, Wording(x * y, x * y, ((x, y),))),
    "a letter that is a variable of the range": identity(
        sympy.Integer(1), sympy.Integer(1), Wording(x, 1, ((x, sympy.Integer(1)),))
    ),
    "a letter named as a variable": identity(
        y**2, y**2, Wording(sympy.Symbol("y", positive=True) * y, y**2, ((sympy.Symbol("y", positive=True), y),))
    ),
    "a letter given twice": identity(x, x, Wording(v, x, ((v, x), (v, x)))),
    "a derivative worked out wrongly": identity(x, x, Wording(sympy.Derivative(x**2, x), x)),
    "a sum with another coefficient": SumIdentity(
        left=total(2 * x * U[i], i), right=2 * x * total(U[i], i),
        wording=wording_of(total(v * U[i], i), 2 * x * total(U[i], i), {v: 3 * x}),
    ),
}


@pytest.mark.parametrize("claim", SAYS_THE_SAME.values(), ids=SAYS_THE_SAME)
def test_a_wording_that_says_the_same_is_printed(claim):
    assert printed_as_proved(claim) is None


@pytest.mark.parametrize("claim", DOES_NOT.values(), ids=DOES_NOT)
def test_a_wording_that_says_something_else_is_open(claim):
    found = printed_as_proved(claim)
    assert found is not None and found.truth is Truth.UNDECIDED
    assert "the formula as printed" in found.because


def test_an_identity_is_written_once():
    claim = worded(v * s**2 - v**2 * s**2 / 2, beta * s - beta**2 / 2, {v: beta / s}, where=POSITIVE)
    assert claim.left == claim.right == beta * s - beta**2 / 2
    assert claim.wording is not None and v in claim.wording.left.free_symbols
    assert printed_as_proved(claim) is None


def test_letters_that_are_not_used_are_left_out():
    claim = worded(v, x, {v: x, w: y})
    assert claim.wording is not None and claim.wording.letters == ((v, x),)


def test_a_wording_is_no_part_of_the_claim():
    claim = worded(v, x, {v: x}, where=PLANE)
    assert claim == Identity(left=x, right=x, where=PLANE)


def test_what_is_only_written_down_is_worked_out_when_it_is_compared():
    assert computed(sympy.Mul(2, 3, evaluate=False), ()) == 6
    assert computed(value_at(sympy.Derivative(f(x), (x, 2)), x, 0), ((f(x), sympy.exp(x)),)) == 1
