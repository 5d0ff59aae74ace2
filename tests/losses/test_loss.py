"""What a loss may be, and its softmax form."""

from fractions import Fraction

import pytest
import sympy
from flint import ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, exp, log

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.program import lower
from ncproofs.calculus.logits import value_at
from ncproofs.errors import InexactInput, InvalidLoss
from ncproofs.losses import Loss, cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import ELL, TOTAL, K, S, T, Z

PROBABILITY = exp(T) / S(1)
VALUE = log(S(1)) - T


def user(phi, *functions):
    return Loss("user", phi, functions or (exp(Z),), "a test")


SOFTMAX = {
    "cross-entropy": (cross_entropy(), ELL, 0),
    "label smoothing": (label_smoothing("1/10"), ELL, Fraction(1, 10)),
    "focal(0)": (focal(0), ELL, 0),
    "focal(1/2)": (focal("1/2"), ELL * sympy.sqrt(1 - exp(-ELL)), 0),
    "focal(7/3)": (focal("7/3"), ELL * (1 - exp(-ELL)) ** Rational(7, 3), 0),
    "focal(1000)": (focal(1000), ELL * (1 - exp(-ELL)) ** 1000, 0),
    "poly-1": (user(VALUE + Rational(1, 3) * (1 - PROBABILITY)), ELL + (1 - exp(-ELL)) / 3, 0),
    "ell + ell^2": (user(VALUE + VALUE**2), ELL + ELL**2, 0),
    "-log p": (user(-log(PROBABILITY)), ELL, 0),
    "log of the other classes": (user(log(S(1) - exp(T)) - T), log(exp(ELL) - 1), 0),
    "pure tilt": (user(T - S(2) / K, exp(Z), Z), 0, 1),
    "scaled class function": (user(log(S(1) / 2) - T, 2 * exp(Z)), ELL, 0),
}

NOT_SOFTMAX = {
    "mean squared": mean_squared(),
    "log S_1 alone": user(log(S(1))),
    "wrong tilt: t/10 - S_2/(5K)": user(VALUE + T / 10 - S(2) / (5 * K), exp(Z), Z),
    "another exponential": user(log(S(1)) - T, exp(2 * Z)),
    "a constant in the class function": user(VALUE, exp(Z) + 1),
    "nearly invariant": user(VALUE + Rational(1, 10**20) * T**2),
}


@pytest.mark.parametrize("name", SOFTMAX)
def test_softmax_form(name):
    loss, profile, tilt = SOFTMAX[name]
    form = loss.softmax_form()
    assert form is not None and form.tilt == tilt
    assert sympy.simplify(form.profile - profile) == 0  # the profile's spelling is free; proof is not at stake


@pytest.mark.parametrize("name", NOT_SOFTMAX)
def test_no_softmax_form(name):
    assert NOT_SOFTMAX[name].softmax_form() is None


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(SOFTMAX)), st.lists(st.fractions(-3, 3, max_denominator=8), min_size=2, max_size=4))
def test_softmax_form_has_the_values_of_the_loss(name, logits):
    loss, _, _ = SOFTMAX[name]
    form, ball = loss.softmax_form(), Ball(128)
    with ctx.workprec(128):
        z = [ball.constant(x) for x in logits]
        ell = sum((x.exp() for x in z), ball.constant(0)).log() - z[0]
        profile = lower([form.profile], [ELL]).run(ball, {ELL.name: ell})[0]
        tilt = ball.constant(form.tilt) * (z[0] - sum(z, ball.constant(0)) / len(z))
        assert value_at(loss, z, 0, ball).overlaps(profile + tilt)
    assert TOTAL not in form.profile.free_symbols


REFUSED = {
    "text": ("log(S_1) - t", "loss_from_expression"),
    "a float": (0.5 * T, "binary float"),
    "a bare float": (0.5, "not a SymPy expression"),
    "a foreign letter": (VALUE + sympy.Symbol("x"), "uses x"),
    "another function": (sympy.sin(T), "uses sin"),
    "the imaginary unit": (sympy.I * T, "uses ImaginaryUnit"),
    "infinity": (T + sympy.oo, "Infinity"),
    "a root of a negative number": (T * (-2) ** Rational(1, 3), "not real"),
    "a truth value": (True, "not a SymPy expression"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_a_loss_is_refused(name):
    phi, message = REFUSED[name]
    with pytest.raises(InvalidLoss, match=message):
        user(phi)


def test_parameters_are_exact():
    with pytest.raises(InexactInput, match="binary float"):
        focal(0.5)
    with pytest.raises(InvalidLoss, match="alpha=6/5 given, but 0 <= alpha < 1 is needed"):
        label_smoothing("1.2")
    with pytest.raises(InvalidLoss, match="gamma=-1 given"):
        focal(-1)


def test_explicit_values():
    z = sympy.symbols("a b c", real=True)
    assert cross_entropy().at(list(z), 1) == log(exp(z[0]) + exp(z[1]) + exp(z[2])) - z[1]
    squared = sympy.expand(mean_squared().at(list(z), 0) - ((z[0] - 1) ** 2 + z[1] ** 2 + z[2] ** 2) / 2)
    assert squared == 0
