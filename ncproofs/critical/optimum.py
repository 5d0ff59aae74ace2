"""The certified optimum of one problem: ``optimum(problem, digits=30)``.

Quantities (names are those of ``ncproofs optimum``):
    objective, margin (m with Z0 = m P; MSE: x), mean_direction (MSE: y), W_row_norm_sq (|w_k|^2),
    H_col_norm_sq, W_fro_sq, H_fro_sq, logit_gap (z_k - z_j), bias (the common entry; absent without a bias),
    c.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import flint
from flint import arb

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.mse import mse_regime, mse_scale
from ncproofs.critical.profiles import Profile, is_mean_squared, profile_of, root
from ncproofs.critical.regimes import Number, Regime, Scale, c_of, lift, product
from ncproofs.critical.softmax import softmax_regime, softmax_scale
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.notebook import optimum_html
from ncproofs.problems.features import Ridge
from ncproofs.truth import Rigor, Truth

__all__ = ["Optimum", "climb", "enclose", "optimum", "scale_of"]

_GUARD_DIGITS = 4
#: A quantity that is refused this often does not exist; more bits would not help.
_REFUSALS = 5
_MOST_BITS = 2**17
MOST_DIGITS = 1000


@dataclass(frozen=True, kw_only=True)
class Optimum:
    """Where every global minimiser of ``problem`` is, and what it is worth.

    ``truth`` HOLDS: every global minimiser has ``geometry`` and these quantities. UNDECIDED: this is the best
    candidate, and ``holes`` or ``because`` say what is missing. FAILS: this is the best simplex ETF or zero
    point, and ``because`` names a point that is certainly better.
    """

    problem: Ridge
    truth: Truth
    rigor: Rigor
    regime: str
    geometry: str
    quantities: Mapping[str, Enclosure]
    because: str
    holes: tuple[str, ...]
    axioms: tuple[str, ...]
    notes: tuple[str, ...]
    details: Regime

    _repr_html_ = optimum_html


def optimum(problem: Ridge, *, digits: int = 30) -> Optimum:
    """The optimum of ``problem``; every quantity has relative width below 10^-``digits`` (zeros are exact).

    Raises:
        InvalidProblem: the optimum is a simplex ETF and d < K - 1 leaves no room for one, or digits < 1.
        OutOfScope: no theorem of this package covers the loss.
    """
    if not isinstance(problem, Ridge):
        raise InvalidProblem(f"{problem!r} is not a Ridge problem; write for example Ridge(cross_entropy(), K=3, ...)")
    profile, regime = _decide(problem)
    quantities = climb(
        lambda bits: _quantities(problem, regime, scale_of(problem, profile, regime, bits), bits), digits
    )
    return Optimum(
        problem=problem,
        truth=regime.truth,
        rigor=regime.rigor,
        regime=regime.name,
        geometry=regime.geometry,
        quantities=quantities,
        because=regime.because,
        holes=regime.holes,
        axioms=regime.axioms,
        notes=regime.notes,
        details=regime,
    )


def _decide(problem: Ridge) -> tuple[Profile | None, Regime]:
    if is_mean_squared(problem.loss):
        return None, mse_regime(problem)
    profile = profile_of(problem.loss)
    return profile, softmax_regime(problem, profile)


def scale_of(problem: Ridge, profile: Profile | None, regime: Regime, bits: int) -> Scale:
    """The numbers of the optimal point at ``bits`` bits; ``profile`` is None for MSE."""
    if profile is None:
        with flint.ctx.workprec(bits):
            return mse_scale(problem, regime)
    return softmax_scale(problem, profile, regime, bits)


def climb(compute: Callable[[int], Mapping[str, Number]], digits: int) -> dict[str, Enclosure]:
    """``compute`` at rising precision until every value has relative width below 10^-``digits``.

    Raises:
        OutOfScope: still too wide at 2^17 bits, or not there at all at several precisions in a row.
    """
    if not isinstance(digits, int) or isinstance(digits, bool) or not 1 <= digits <= MOST_DIGITS:
        raise InvalidProblem(f"digits={digits} given; write a whole number from 1 to {MOST_DIGITS}")
    bits, reason, refusals = 64 + 4 * digits, "", 0
    while bits <= _MOST_BITS and refusals < _REFUSALS:
        try:
            enclosures = {name: enclose(value) for name, value in compute(bits).items()}
            wide = [name for name, value in enclosures.items() if not _is_thin(value, digits)]
            if not wide:
                return enclosures
            reason = f"{', '.join(wide)} not enclosed to {digits} digits"
        except (OutOfScope, ArithmeticError, InvalidEnclosure) as error:
            reason, refusals = str(error), refusals + 1
        bits *= 2
    raise OutOfScope(f"{reason} at {bits // 2} bits")


class InvalidEnclosure(ValueError):
    """A ball that is not finite at this precision."""


def enclose(value: Number) -> Enclosure:
    """A fraction exactly, a ball by its ends."""
    if not isinstance(value, arb):
        return Enclosure.exact(value)
    if not value.is_finite():
        raise InvalidEnclosure("a ball is not finite")
    return Enclosure.of_ball(value)


def _is_thin(value: Enclosure, digits: int) -> bool:
    width = value.relative_width()
    return width is not None and width * 10 ** (digits + _GUARD_DIGITS) < 1


def _quantities(problem: Ridge, regime: Regime, scale: Scale, bits: int) -> dict[str, Number]:
    with flint.ctx.workprec(bits):
        n, K, shape = problem.n, problem.K, root(problem.n * problem.lambda_H / problem.lambda_W)
        energy = product(shape, _trace(regime, scale, K))  # |W|^2 = sqrt(n lambda_H / lambda_W) tr(Z0)
        quantities: dict[str, Number] = {"objective": scale.objective, "margin": scale.margin}
        if _is_mean(problem):
            quantities["mean_direction"] = scale.mean
        ratio = problem.lambda_W / problem.lambda_H
        if regime.name != "rank-deficient frame":
            quantities["W_row_norm_sq"] = product(energy, Fraction(1, K))
            quantities["H_col_norm_sq"] = product(energy, ratio, Fraction(1, n * K))
        quantities["W_fro_sq"], quantities["H_fro_sq"] = energy, product(energy, ratio)
        if regime.name != "rank-deficient frame":
            quantities["logit_gap"] = scale.margin
        if problem.has_bias:
            quantities["bias"] = scale.bias
        quantities["c"] = c_of(problem)
        return quantities


def _is_mean(problem: Ridge) -> bool:
    return is_mean_squared(problem.loss)


def _trace(regime: Regime, scale: Scale, K: int) -> Number:
    """tr(Z0): margin times the rank of the frame, plus the mean direction."""
    body = product(scale.margin, regime.rank)
    if not regime.has_mean:
        return body
    left, right = lift(body, scale.mean)
    total: Number = left + right
    return total
