r"""The layered model split into modes: thresholds, and the roots of sigma^(M-2) (1-sigma)^M = kappa^M.

With M = L + 1 factors every direction of the class space behaves alone. A mode of strength kappa is worth
(1-sigma)^2 + M kappa sigma^(2/M), stationary where sigma^(M-2) (1-sigma)^M = kappa^M or sigma = 0. Only kappa^M occurs
in decisions, and that is rational: kappa^M = N^M lambda_H prod lambda_l / n_k^(M-1).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from flint import arb, ctx, fmpz_poly

from ncproofs.arithmetic.ball import bracket_root
from ncproofs.arithmetic.rational import Rationals
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.regimes import Number
from ncproofs.errors import InexactInput, OutOfScope
from ncproofs.problems.layered import Layered

__all__ = ["Mode", "excess", "first_order", "kappa_power", "modes_of", "power", "saddle_node", "sigma_root"]

#: Degrees up to which rational roots are looked for; beyond, a root is enclosed.
_FACTORED = 24


def saddle_node(M: int) -> Fraction:
    """kappa_sn^M = (M-2)^(M-2) M^M / (2M-2)^(2M-2): beyond it the only critical point is zero. 1 for M = 2."""
    return Fraction((M - 2) ** (M - 2) * M**M, (2 * M - 2) ** (2 * M - 2))


def first_order(M: int) -> Fraction:
    """kappa_c^M = (M-2)^(M-2) / (M-1)^(2M-2): beyond it zero is the global minimum. 1 for M = 2."""
    return Fraction((M - 2) ** (M - 2), (M - 1) ** (2 * M - 2))


def kappa_power(problem: Layered, size: int | None = None) -> Fraction:
    """kappa^M of a class with ``size`` samples (of every class when they are equal), exactly."""
    M = problem.factors
    return problem.N**M * problem.weight_product / Fraction(size or problem.n) ** (M - 1)


@dataclass(frozen=True)
class Mode:
    """``count`` directions of the class space that behave alike.

    ``weight``: each contributes weight (1 + e(sigma)) / 2 to the objective. ``power``: its kappa^M.
    ``scale``: nu^M = size lambda_H prod lambda_l; each factor has lambda |factor|^2 = nu sigma^(2/M) there.
    """

    name: str
    weight: Fraction
    power: Fraction
    count: int
    scale: Fraction

    def state(self, M: int) -> Literal["present", "tie", "absent"]:
        """Whether it is used by the global minimum; "tie": used or not, the value is the same."""
        if self.power < first_order(M):
            return "present"
        return "tie" if self.power == first_order(M) and M > 2 else "absent"


def modes_of(problem: Layered) -> tuple[Mode, ...]:
    """The modes, the most profitable first.

    Raises:
        OutOfScope: unequal classes with lambda_b > 0; with lambda_b = 0 the modes are those of ``layered_centred``.
    """
    if not problem.balanced:
        if problem.lambda_b == 0:
            raise OutOfScope("class sizes are unequal and the bias is free: the modes are the singular directions of "
                             "the centred targets; call layered_regime, which knows them")
        if problem.has_bias:
            raise OutOfScope(
                f"class sizes are unequal and lambda_b={problem.lambda_b}, for which no closed form is known: the "
                "centred and the mean part of the loss do not commute; write lambda_b=none, lambda_b=0 or equal sizes"
            )
        sizes = sorted(set(problem.class_sizes), reverse=True)
        return tuple(
            Mode(f"n{size}", Fraction(size, problem.N), kappa_power(problem, size), problem.class_sizes.count(size),
                 size * problem.weight_product)
            for size in sizes
        )
    power, scale, weight = kappa_power(problem), problem.n * problem.weight_product, Fraction(1, problem.K)
    if not problem.has_bias:
        return (Mode("class", weight, power, problem.K, scale),)
    found = [Mode("class", weight, power, problem.K - 1, scale)]
    share = problem.mean_weight
    if share > 0:
        found.append(Mode("mean", share / problem.K, power / share**problem.factors, 1, scale))
    return tuple(found)


def power(base: Fraction, exponent: Fraction) -> Number:
    """``base ** exponent`` for base >= 0, exactly when rational, else a ball at the current precision."""
    try:
        return Rationals().real_power(base, exponent)
    except (InexactInput, OutOfScope):
        return to_ball(base) ** to_ball(exponent)


def sigma_root(M: int, kappa_to_M: Fraction, *, upper: bool) -> Number | None:
    """sigma_+ (or sigma_-) at the current precision, exact when rational; None where there is none.

    sigma^(M-2) (1-sigma)^M rises up to sigma_sn = (M-2)/(2M-2) and falls beyond, so there is one root on either side
    of it when kappa^M < kappa_sn^M, and sigma_sn itself when they are equal. For M = 2 it is 1 - kappa alone.
    """
    if M == 2:
        if not upper or kappa_to_M >= 1:
            return None
        root = power(kappa_to_M, Fraction(1, 2))
        return 1 - root
    peak = Fraction(M - 2, 2 * M - 2)
    if kappa_to_M >= saddle_node(M):
        return peak if kappa_to_M == saddle_node(M) else None
    low, high = (peak, Fraction(1)) if upper else (Fraction(0), peak)
    for exact in _rational_roots(M, kappa_to_M):
        if low < exact < high:
            return exact
    return _enclosed(M, kappa_to_M, low, high)


def _enclosed(M: int, value: Fraction, low: Fraction, high: Fraction) -> arb:
    def gap(sigma: arb) -> arb:
        found: arb = sigma ** (M - 2) * (1 - sigma) ** M - to_ball(value)
        return found

    bits = ctx.prec
    # The small root is about kappa^(M/(M-2)): its bracket starts below it, for relative precision.
    if low == 0:
        low = min(value, high) / 2  # sigma^(M-2) >= kappa^M there, so sigma >= kappa^M
    for extra in (0, 64, 256, 1024):
        root = bracket_root(gap, low, high, bits + extra)
        if root is not None:
            return root
    raise OutOfScope(f"kappa^M = {value} is too close to kappa_sn^M to separate the roots at {bits} bits")


@lru_cache(maxsize=256)
def _rational_roots(M: int, value: Fraction) -> tuple[Fraction, ...]:
    if 2 * M - 2 > _FACTORED:
        return ()
    sigma = fmpz_poly([0, 1])
    polynomial = value.denominator * sigma ** (M - 2) * (1 - sigma) ** M - value.numerator
    _, parts = polynomial.factor()
    return tuple(Fraction(-int(part[0]), int(part[1])) for part, _ in parts if part.degree() == 1)


def excess(M: int, sigma: Number) -> Number:
    """e(sigma) = sigma ((M-2) - (M-1) sigma): a mode in use is worth 1 + e, one not in use 1."""
    value: Number = sigma * (-(M - 1) * sigma + (M - 2))  # type: ignore[operator]
    return value
