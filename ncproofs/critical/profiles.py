r"""A loss reduced to one variable: psi(u) = F(log(1 + e^u)), where u is the log-odds against the true class.

A loss of softmax form is L(z, y) = F(ell) + tilt (z_y - mean z) with ell = log(1 + e^u). At a symmetric
point of margin m, u = log(K - 1) - m, and everything the optimum and its Hessian need is psi, psi', psi''
there.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Literal

from flint import arb, fmpq

from ncproofs.critical.exponential_sums import ExponentialSum
from ncproofs.critical.focal import psi, psi_prime
from ncproofs.errors import OutOfScope
from ncproofs.losses.cross_entropy import cross_entropy
from ncproofs.losses.focal import focal
from ncproofs.losses.label_smoothing import label_smoothing
from ncproofs.losses.loss import ELL, Loss
from ncproofs.losses.mean_squared import mean_squared

__all__ = ["Profile", "exact_root", "is_mean_squared", "profile_of", "root", "to_ball"]

Kind = Literal["linear", "focal", "general"]


def to_ball(value: Fraction | int | arb) -> arb:
    """A rational as a ball at the current precision; a ball passes through."""
    if isinstance(value, arb):
        return value
    value = Fraction(value)
    return arb(fmpq(value.numerator, value.denominator))


def exact_root(value: Fraction) -> Fraction | None:
    """The square root if it is rational."""
    top, bottom = isqrt(value.numerator), isqrt(value.denominator)
    if top * top == value.numerator and bottom * bottom == value.denominator:
        return Fraction(top, bottom)
    return None


def root(value: Fraction) -> Fraction | arb:
    """The square root, exact when rational, else a ball at the current precision."""
    exact = exact_root(value)
    return to_ball(value).sqrt() if exact is None else exact


@dataclass(frozen=True)
class Profile:
    """``linear``: F(ell) = ell. ``focal``: (1 - e^-ell)^gamma ell, gamma > 0. ``general``: a sum."""

    kind: Kind
    tilt: Fraction = Fraction(0)
    gamma: Fraction = Fraction(0)
    total: ExponentialSum | None = None

    def at(self, u: arb) -> tuple[arb, arb, arb]:
        """psi, psi', psi'' at log-odds ``u``, at the current precision."""
        p, rest, ell = 1 / (1 + u.exp()), 1 / (1 + (-u).exp()), u.exp().log1p()
        if self.kind == "linear":
            return ell, rest, p * rest
        if self.kind == "focal":
            g = to_ball(self.gamma)
            # psi'' = p (1-p)^g [ell p g^2 + (1-p)(2 - ell) g + (1-p)]
            bend = ell * p * g * g + rest * ((2 - ell) * g + 1)
            return psi(u, self.gamma), psi_prime(u, self.gamma), p * (-g * (-u).exp().log1p()).exp() * bend
        first, second = self._sum.derivative(), self._sum.derivative().derivative()
        slope = first.at(ell)
        # d ell / du = 1 - p and d(1 - p)/du = p (1 - p)
        return self._sum.at(ell), slope * rest, second.at(ell) * rest * rest + slope * p * rest

    @property
    def _sum(self) -> ExponentialSum:
        if self.total is None:
            raise OutOfScope("this profile has no exponential sum")
        return self.total

    def origin_slope(self, K: int) -> Fraction | None:
        """phi'(0) = (F'(log K) - tilt) / K when it is visibly rational, else None."""
        if self.kind == "linear":
            return (1 - self.tilt) / K
        if self.kind == "focal":  # (1-1/K)^gamma (K-1 + gamma log K) / (K (K-1)) is transcendental
            return None
        value = self._sum.derivative().at_log(K)
        return None if value is None else (value - self.tilt) / K


def is_mean_squared(loss: Loss) -> bool:
    """Whether the loss is MSE, whatever its name: the expressions are compared."""
    return _same(loss, mean_squared())


def profile_of(loss: Loss) -> Profile:
    """The profile of a loss of softmax form, recognised by its expression, never by its name.

    Raises:
        OutOfScope: the loss is not of softmax form, or its profile is neither ell, nor focal, nor a sum of
            terms a ell^j exp(-k ell).
    """
    if _same(loss, cross_entropy()):
        return Profile("linear")
    alpha, gamma = loss.parameters.get("alpha"), loss.parameters.get("gamma")
    if isinstance(alpha, Fraction) and 0 <= alpha < 1 and _same(loss, label_smoothing(alpha)):
        return Profile("linear", tilt=alpha)
    if isinstance(gamma, Fraction) and gamma >= 0 and _same(loss, focal(gamma)):
        return Profile("focal", gamma=gamma) if gamma else Profile("linear")
    form = loss.softmax_form()
    if form is None:
        raise OutOfScope(
            f"{loss} is not of the form F(ell) + tilt (z_y - mean z), and no theorem here gives its optimum"
        )
    if form.profile == ELL and 0 <= form.tilt < 1:
        return Profile("linear", tilt=form.tilt)
    total = ExponentialSum.parse(form.profile)
    if total is None:
        raise OutOfScope(
            f"{loss} has the profile {form.profile}; "
            "only sums of a ell^j exp(-k ell) with rational a, k are covered"
        )
    return Profile("general", tilt=form.tilt, total=total)


def _same(left: Loss, right: Loss) -> bool:
    return bool(left.phi == right.phi) and left.class_functions == right.class_functions
