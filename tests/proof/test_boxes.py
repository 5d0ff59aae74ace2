"""Roots: unique ones certified, several or none refuted, poles not mistaken for roots."""

import flint
import pytest
import sympy
from flint import arb
from sympy import Integer, Rational, exp, log, oo

from ncproofs.errors import InvalidClaim
from ncproofs.proof.boxes import isolate_roots
from ncproofs.proof.claims import UniqueRoot
from ncproofs.proof.discharge import discharge
from ncproofs.truth import Rigor, Truth

x = sympy.Symbol("x", real=True)
s = sympy.Symbol("s", positive=True)

UNIQUE = {
    "square root of 2": (x**2 - 2, x, Integer(0), Integer(2)),
    "on the line": (exp(x) - 3, x, -oo, oo),
    "undefined at the open end": (log(s) + s, s, Integer(0), oo),
    "not monotone, roots isolated": (x**3 - x + Rational(1, 2), x, Integer(-2), Integer(2)),
    "an exact zero at the open end does not count": (x * (x - 1), x, Integer(0), Integer(2)),
    "the supremum of p*": ((1 - exp(-2 - s)) * s**2 - 4 * exp(-2 - s) * (2 + s), s, Integer(0), oo),
    "a transcendental end": (s**2 - 2, s, Integer(0), exp(1)),
}
NOT_UNIQUE = {
    "two": (x**2 - 2, x, Integer(-2), Integer(2)),
    "none": (x**2 + 1, x, -oo, oo),
    "three": (x**3 - x + Rational(1, 3), x, Integer(-3), Integer(2)),
    "outside": (x**2 - 2, x, Integer(2), Integer(3)),
}
UNDECIDED = {
    "a pole": (1 / x, x, Integer(-1), Integer(1)),
    "a double root": ((3 * x - 1) ** 2, x, Integer(0), Integer(1)),
    "one root and a pole": ((x - 1) / (3 * x + 1), x, Integer(-2), Integer(2)),
}


def settle(entry):
    return discharge(UniqueRoot(expression=entry[0], variable=entry[1], lower=entry[2], upper=entry[3]))


@pytest.mark.parametrize("name", UNIQUE)
def test_unique_roots(name):
    evidence = settle(UNIQUE[name])
    assert evidence.truth is Truth.HOLDS, evidence.because
    assert evidence.rigor is Rigor.ENCLOSED


@pytest.mark.parametrize("name", NOT_UNIQUE)
def test_none_or_several_roots_are_refuted(name):
    evidence = settle(NOT_UNIQUE[name])
    assert evidence.truth is Truth.FAILS, evidence.because
    assert evidence.witness


@pytest.mark.parametrize("name", UNDECIDED)
def test_poles_and_double_roots_are_undecided(name):
    assert settle(UNDECIDED[name]).truth is Truth.UNDECIDED


def test_an_empty_interval_and_a_second_variable_are_refused():
    with pytest.raises(InvalidClaim, match="smaller end first"):
        settle((x, x, Integer(1), Integer(0)))
    with pytest.raises(InvalidClaim, match="other variables"):
        settle((x - s, x, Integer(0), Integer(1)))


def test_isolate_roots_finds_each_root_once():
    def cubic(at):
        return at * at * at - at + arb(1) / 3

    with flint.ctx.workprec(128):
        roots = isolate_roots(cubic, lambda at: 3 * at * at - 1, arb(-3), arb(2), 60, 1000)
        assert not roots.unresolved
        assert len(roots.isolated) == 3
        assert all(cubic(root).contains(0) and root.rad() < arb(2) ** -59 for root in roots.isolated)


def test_isolate_roots_reports_what_it_cannot_resolve():
    roots = isolate_roots(lambda at: (3 * at - 1) ** 2, lambda at: 6 * (3 * at - 1), arb(0), arb(1), 60, 1000)
    assert not roots.isolated
    assert roots.unresolved
