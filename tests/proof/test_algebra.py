"""Identities: proved by a normal form, refuted at a point, or undecided with a reason."""

import pytest
import sympy
from sympy import Integer, Rational, Symbol, diff, exp, log, sqrt

from ncproofs.errors import InvalidClaim
from ncproofs.proof.claims import Identity
from ncproofs.proof.discharge import discharge
from ncproofs.proof.domain import Domain, between, integers_from, nonnegative, positive, real
from ncproofs.truth import Rigor, Truth

K = Symbol("K", integer=True, positive=True)
t, u, x, z = sympy.symbols("t u x z", real=True)
a, b, p = sympy.symbols("a b p", positive=True)
g = Symbol("g", nonnegative=True)
LOGITS = Domain.of((K, integers_from(2)), (t, real()))
POSITIVE = Domain.of((a, positive()), (b, positive()))
FOCAL = Domain.of((p, between(0, 1)), (g, nonnegative()))

TRUE = {
    "exponents over one denominator": (exp(t) * exp(t / (K - 1)), exp(K * t / (K - 1)), LOGITS),
    "derivative of phi": (
        diff(log(1 + (K - 1) * exp(t / (K - 1))), t),
        1 / (exp(-t / (K - 1)) + K - 1),
        LOGITS,
    ),
    "logarithm of positive factors": (log(a * b**2 / (1 + a)), log(a) + 2 * log(b) - log(1 + a), POSITIVE),
    "logarithm of an exponential": (log(1 + exp(u)) - u, log(1 + exp(-u)), Domain.of((u, real()))),
    "symbolic power": ((1 - p) ** (g + 1), (1 - p) * (1 - p) ** g, FOCAL),
    "power of a product": (
        (a * b) ** g,
        a**g * b**g,
        Domain.of((a, positive()), (b, positive()), (g, positive())),
    ),
    "power of a power": (
        (p**g) ** K,
        p ** (K * g),
        Domain.of((K, integers_from(2)), (p, between(0, 1)), (g, positive())),
    ),
    "square roots": (sqrt(a * b) ** 2, a * b, POSITIVE),
    "rationalised denominator": (1 / (sqrt(a) - sqrt(b)), (sqrt(a) + sqrt(b)) / (a - b), POSITIVE),
    "numbers": (sqrt(Integer(8)) * sqrt(Integer(3)), 2 * sqrt(Integer(6)), Domain()),
    "removable singularity": ((x**2 - 1) / (x - 1), x + 1, Domain.of((x, real()))),
    "power as exponential": (exp(a * log(b)), b**a, POSITIVE),
    "constants": (log(Integer(12)), 2 * log(Integer(2)) + log(Integer(3)), Domain()),
}

FALSE = {
    "a wrong constant": (exp(t) * exp(t / (K - 1)), exp((K + 1) * t / (K - 1)), LOGITS),
    "logarithm of a sum": (log(a + b), log(a) + log(b), POSITIVE),
    "a root of a square on the line": (sqrt(x**2), x, Domain.of((x, real()))),
    "off by 10^-30": (x + Rational(1, 10**30), x, Domain.of((x, real()))),
    "transcendental": (exp(log(Integer(2)) / 3), Rational(126, 100), Domain()),
    "true only at K = 2": ((K - 1) * t, t, LOGITS),
}

#: log x^2 = 2 log|x| on the line, which no rule here may turn into 2 log x.
UNDECIDED = {
    "logarithm of a square": (log(x**2), 2 * log(x), Domain.of((x, real()))),
    "nested radicals": (sqrt(5 + 2 * sqrt(6)), sqrt(2) + sqrt(3), Domain()),
}


def settle(sides):
    return discharge(Identity(left=sides[0], right=sides[1], where=sides[2]))


@pytest.mark.parametrize("name", TRUE)
def test_true_identities_are_proved_exactly(name):
    evidence = settle(TRUE[name])
    assert (evidence.truth, evidence.rigor) == (Truth.HOLDS, Rigor.EXACT)


@pytest.mark.parametrize("name", FALSE)
def test_false_identities_are_refuted_with_a_point(name):
    evidence = settle(FALSE[name])
    assert evidence.truth is Truth.FAILS
    assert evidence.rigor >= Rigor.ENCLOSED
    assert "left - right = " in evidence.witness


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_the_normal_form_cannot_see_is_undecided(name):
    evidence = settle(UNDECIDED[name])
    assert evidence.truth is Truth.UNDECIDED
    assert evidence.because


def test_a_vanishing_denominator_is_never_a_proof():
    zero = sqrt(a) ** 2 * sqrt(b) - sqrt(b * a**2)
    unequal = sympy.Mul(Integer(1), sympy.Pow(zero, -1, evaluate=False), evaluate=False)
    evidence = settle((unequal, 2 * unequal, POSITIVE))
    assert evidence.truth is not Truth.HOLDS


def test_symbols_without_a_range_range_over_their_assumptions():
    assert discharge(Identity(left=log(a * b), right=log(a) + log(b))).truth is Truth.HOLDS
    assert discharge(Identity(left=sqrt(z**2), right=z)).truth is Truth.FAILS


def test_unknown_functions_are_generators():
    f = sympy.Function("f")
    assert (
        settle((f(x + x) * f(z), f(z) * f(2 * x), Domain.of((x, real()), (z, real())))).truth is Truth.HOLDS
    )
    assert settle((f(x), f(z), Domain.of((x, real()), (z, real())))).truth is Truth.UNDECIDED


def test_astronomic_exponents_are_undecided_not_fatal():
    fine = exp(Rational(1, 10**24)) * exp(t)
    assert settle((fine * x**20_000, fine * x**20_000 * (1 + 0 * t), LOGITS)).truth is not Truth.FAILS
    assert settle(((1 + x) ** 20_000, (1 + x) ** 20_001, Domain.of((x, between(1, 2))))).truth is Truth.FAILS


def test_floats_are_refused():
    with pytest.raises(InvalidClaim, match="binary float"):
        discharge(Identity(left=x * 0.5, right=x / 2))


def test_many_variables_are_no_obstacle():
    many = sympy.symbols("x0:30", real=True)
    partition = sympy.Add(*(exp(each) for each in many))
    shifted = sympy.Add(*(exp(each - many[0]) for each in many))
    domain = Domain.of(*((each, real()) for each in many))
    assert settle((log(partition) - many[0], log(shifted), domain)).truth is Truth.HOLDS
