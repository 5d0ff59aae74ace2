"""A loss that is a shipped one in other words is given its expression, so that every theorem about that one applies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import sympy

from ncproofs.losses.focal import focal
from ncproofs.losses.identities import vanishes
from ncproofs.losses.loss import ELL, Loss, S, T, Z
from ncproofs.losses.mean_squared import mean_squared

__all__ = ["as_known"]

_HARD = 1 - sympy.exp(-ELL)  # 1 - p of the true class
#: Powers that are tried where none can be read off, as when everything is multiplied out.
_POWERS = range(1, 9)


def as_known(loss: Loss) -> Loss:
    """``loss`` by its own name, with the expression of the focal or squared loss that it equals at all logits.

    Cross-entropy and label smoothing need nothing here: they are recognised by their profile.
    """
    twin = _squared(loss) or _focal(loss)
    if twin is None:
        return loss
    return replace(loss, phi=twin.phi, class_functions=twin.class_functions, parameters=twin.parameters)


def _squared(loss: Loss) -> Loss | None:
    twin = mean_squared()
    if loss.class_functions[0] != Z**2 or loss.phi.free_symbols - {T, S(1)}:
        return None
    difference = loss.phi - twin.phi
    return twin if difference.is_polynomial(T, S(1)) and sympy.expand(difference) == 0 else None


def _focal(loss: Loss) -> Loss | None:
    form = loss.softmax_form()
    if form is None or form.tilt or not form.profile.has(ELL) or form.profile == ELL:
        return None
    for power in _candidates(form.profile):
        if vanishes(form.profile - ELL * _HARD ** sympy.Rational(power.numerator, power.denominator)):
            return focal(power)
    return None


def _candidates(profile: sympy.Expr) -> Iterator[Fraction]:
    for node in profile.atoms(sympy.Pow):
        if node.args[0] == _HARD and node.args[1].is_Rational and node.args[1] > 0:
            yield Fraction(int(node.args[1].p), int(node.args[1].q))
    if not any(node.args[1].is_Rational and not node.args[1].is_Integer for node in profile.atoms(sympy.Pow)):
        yield from map(Fraction, _POWERS)
