r"""The certified optimum on products of spheres: ``sphere_optimum(problem)``.

Quantities (names are those of ``ncproofs optimum``):
    objective; multiplier_W and multiplier_H, the normal components of the gradient at every classifier and every
    feature (alpha = -tau g and beta = -tau K g/N at a collapsed point); condition_number, the largest over the
    least magnitude of a nonzero Hessian eigenvalue (absent where the minimisers are not one orbit of rotations).

Every loss here satisfies l >= Phi(r) with r = <w_k - w_bar, h>, and the mean of r^2 is at most 1. If Phi is convex
and Phi'(1) < 0, or under inequality (J), the simplex ETF is the only global minimiser; if Phi is convex and
Phi'(1) > 0, every minimiser has the logits of Phi's own minimum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import flint
from flint import arb

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.optimum import climb
from ncproofs.critical.profiles import Profile, is_mean_squared, profile_of, to_ball
from ncproofs.critical.regimes import CHAIN, LADDER, Number, lift, product
from ncproofs.critical.sphere_focal import contact_inequality
from ncproofs.critical.sphere_points import collapsed, is_projected, temperature
from ncproofs.critical.sphere_spectrum import curvature_range, sphere_rows
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.notebook import optimum_html
from ncproofs.problems.features import Spheres
from ncproofs.truth import Rigor, Truth

__all__ = [
    "SphereOptimum", "SphereRegime", "closed_form", "gap_of", "lower_bound", "sphere_optimum", "sphere_regime",
    "tilt_threshold", "tilted_value",
]

_NARROW = "whether every global minimiser is a simplex ETF beyond the threshold at d = K - 1"
_MANY = "the minimisers are more than one orbit of rotations, so they have no common Hessian spectrum"
_CONTACT = "inequality (J) is not certified, and no other proof of global optimality is known here"


@dataclass(frozen=True, kw_only=True)
class SphereRegime:
    """Where the global minimisers are, or what is known about them.

    ``name``: "collapse", "tilted collapse", "orthogonal frame", "exact fit", "antipodal ...". ``point`` names the
    point for ``sphere_spectrum``, None where the minimisers are not one orbit of rotations.
    """

    name: str
    geometry: str
    point: str | None
    because: str
    truth: Truth = Truth.HOLDS
    rigor: Rigor = Rigor.ENCLOSED
    axioms: tuple[str, ...] = CHAIN
    holes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SphereOptimum:
    """Where every global minimiser of ``problem`` is, and what it is worth.

    ``truth`` HOLDS: every global minimiser has ``geometry`` and these quantities. UNDECIDED: these are the numbers
    of the best candidate, and ``holes`` or ``because`` say what is missing. FAILS: the shown simplex ETF is
    certainly not a minimiser. At ``point="antipodal"`` the numbers are those of a critical point, and ``truth``
    speaks of them only.
    """

    problem: Spheres
    truth: Truth
    rigor: Rigor
    regime: str
    geometry: str
    point: str | None
    quantities: Mapping[str, Enclosure]
    because: str
    holes: tuple[str, ...]
    axioms: tuple[str, ...]
    notes: tuple[str, ...]

    _repr_html_ = optimum_html


def sphere_optimum(problem: Spheres, *, point: str = "etf", digits: int = 30) -> SphereOptimum:
    """The optimum of ``problem`` (``point="etf"``), or the critical point h = -w (``point="antipodal"``).

    Every quantity has relative width below 10^-``digits``; zeros are exact. Where the simplex ETF is not optimal
    the answer says so, and shows the optimum that is.

    Raises:
        InvalidProblem: another point, digits < 1, or d < K - 1 leaves no room for a simplex ETF (for the mean squared
            error only where tau K > d).
        OutOfScope: no theorem of this package covers the loss.
    """
    if digits < 1:
        raise InvalidProblem(f"digits={digits} given, but digits >= 1 is needed")
    theta = temperature(problem, point)
    if problem.d < problem.K - 1 and not (theta > 0 and has_tight_frame(problem)):
        raise InvalidProblem(f"a simplex ETF needs d >= K - 1; got d={problem.d}, K={problem.K}")
    regime = sphere_regime(problem) if theta > 0 else _antipodal(problem)
    quantities = climb(lambda bits: _quantities(problem, regime, bits), digits)
    return SphereOptimum(
        problem=problem,
        truth=regime.truth,
        rigor=regime.rigor,
        regime=regime.name,
        geometry=regime.geometry,
        point=regime.point,
        quantities=quantities,
        because=regime.because,
        holes=regime.holes,
        axioms=regime.axioms,
        notes=regime.notes,
    )


def sphere_regime(problem: Spheres) -> SphereRegime:
    """The regime of the global minimisers, for d >= K - 1 or ``has_tight_frame``."""
    if is_mean_squared(problem.loss):
        return _mean_squared(problem)
    if is_projected(problem.loss):
        return _convex(problem, _order(gap_of(problem), Fraction(1)) or 0, f"{gap_of(problem)}", Rigor.EXACT)
    profile = profile_of(problem.loss)
    if profile.kind == "linear":
        return _linear(problem, profile)
    return _by_contact(problem, profile)


def _collapse(because: str, rigor: Rigor = Rigor.ENCLOSED) -> SphereRegime:
    return SphereRegime(name="collapse", geometry="simplex ETF", point="etf", because=because, rigor=rigor)


def gap_of(problem: Spheres) -> Fraction:
    """tau K/(K-1), the logit gap of the simplex ETF with h = w."""
    return problem.tau * Fraction(problem.K, problem.K - 1)


def _order(left: Number, right: Number) -> int | None:
    """Sign of left - right, None when balls do not tell."""
    x, y = lift(left, right)
    gap = x - y
    return 1 if gap > 0 else -1 if gap < 0 else 0 if isinstance(gap, Fraction) else None


def tilt_threshold(problem: Spheres) -> Number | None:
    """The logit gap at which the loss of one sample is least: log(1 + K(1-alpha)/alpha), or 1 for the projected
    mean squared error; None where it has no minimum. At the current precision.
    """
    if is_projected(problem.loss):
        return Fraction(1)
    profile = profile_of(problem.loss)
    if profile.kind != "linear" or not profile.tilt:
        return None
    return to_ball(problem.K * (1 - profile.tilt) / profile.tilt).log1p()


def _linear(problem: Spheres, profile: Profile) -> SphereRegime:
    """Cross-entropy and label smoothing: convex, so the sign of Phi'(1) decides."""
    if not profile.tilt:
        return _collapse("cross-entropy: the chain L1-L6 of theorem sphere-lower-bound, at every temperature",
                         Rigor.EXACT)
    for bits in LADDER:
        with flint.ctx.workprec(bits):
            edge = to_ball(tilt_threshold(problem) or 0)
            order = _order(to_ball(gap_of(problem)), edge)
        if order is not None:
            sides = f"{gap_of(problem)}, threshold {edge.str(8, radius=False)} at {bits} bits"
            return _convex(problem, order, sides, Rigor.ENCLOSED)
    return replace(_collapse(f"tau K/(K-1) and the threshold agree to {LADDER[-1]} bits"),
                   truth=Truth.UNDECIDED, rigor=Rigor.ESTIMATED)


def _convex(problem: Spheres, order: int, sides: str, rigor: Rigor) -> SphereRegime:
    """``order`` is the sign of tau K/(K-1) minus the threshold; the loss of one sample is convex in its gap."""
    edge = "1" if is_projected(problem.loss) else "log(1 + K(1-alpha)/alpha)"
    if order <= 0:
        return _collapse(f"tau K/(K-1) <= {edge} ({sides}): the loss of a sample still falls, or rests, "
                         "at the gap of the simplex ETF", rigor)
    beyond = f"tau K/(K-1) > {edge} ({sides})"
    if problem.d >= problem.K:
        return SphereRegime(
            name="tilted collapse", geometry="equal logit gaps", point=None, rigor=rigor,
            because=f"{beyond}: every sample can reach the least loss, at logits const + threshold e_y",
            notes=(
                f"w_k = h_k,i = (sin t ETF_k, cos t) with sin^2 t = {edge} (K-1)/(tau K) is one global minimiser; "
                "all others share its logits up to a constant per sample, and their gradient in the logits is 0",
                _MANY,
            ),
        )
    if _has_negative_curvature(problem):
        return replace(_collapse(f"{beyond} and the simplex ETF has a certified negative eigenvalue"),
                       truth=Truth.FAILS, holes=())
    return replace(_collapse(f"{beyond}; {_NARROW} is open"), truth=Truth.UNDECIDED, rigor=Rigor.ESTIMATED,
                   holes=(_NARROW,))


def _has_negative_curvature(problem: Spheres, point: str = "etf") -> bool:
    with flint.ctx.workprec(256):
        return any(row[1] and bool(row[0] < 0) for row in sphere_rows(problem, point, 256))


def _by_contact(problem: Spheres, profile: Profile) -> SphereRegime:
    """Focal loss, and every increasing F(ell): inequality (J)."""
    rising = profile.kind == "focal" or (
        profile.total is not None and profile.total.derivative().is_positive_beyond()
    )
    found = contact_inequality(profile, problem.K, problem.tau)
    if rising and found.truth is Truth.HOLDS:
        return _collapse(found.because)
    because = found.because if rising else "the profile F is not certified to be increasing"
    if _has_negative_curvature(problem):
        return replace(_collapse("the simplex ETF has a certified negative eigenvalue"), truth=Truth.FAILS)
    return replace(_collapse(f"{because}; {_CONTACT}"), truth=Truth.UNDECIDED, rigor=Rigor.ESTIMATED,
                   holes=(_CONTACT,))


def has_tight_frame(problem: Spheres) -> bool:
    """Whether unit-norm tight frames are optimal: the mean squared error with tau K <= d < K."""
    return is_mean_squared(problem.loss) and problem.tau * problem.K <= problem.d < problem.K


def _mean_squared(problem: Spheres) -> SphereRegime:
    """l >= (1 - z_y)^2/2 and z_y <= tau; for d < K the logits M of one sample a class have |tr M| <= sqrt(d) |M|."""
    if has_tight_frame(problem):
        return SphereRegime(
            name="tight frame", geometry="unit-norm tight frame", point=None, rigor=Rigor.EXACT,
            axioms=("Cauchy-Schwarz inequality", "singular value decomposition"),
            because=f"tau K = {problem.tau * problem.K} <= d = {problem.d}: M = W^T H has |tau M - I|^2 >= "
                    "tau^2 (tr M)^2/d - 2 tau tr M + K, which falls up to tr M = K, with equality only for h = w and "
                    "W W^T = (K/d) I",
            notes=("every unit-norm tight frame with h_{k,i} = w_k is a minimiser; at d = K - 1 these are the simplex "
                   "ETF and what comes of it by changing the signs of classifiers with their features",),
        )
    if problem.d < problem.K:
        if _has_negative_curvature(problem):
            return replace(_collapse("the simplex ETF has a certified negative eigenvalue"), truth=Truth.FAILS)
        return replace(
            _collapse("for d = K - 1 and tau K > d the minimum of the mean squared error on spheres is not known; "
                      "shown is the simplex ETF"),
            truth=Truth.UNDECIDED, rigor=Rigor.ESTIMATED,
            holes=("the optimum of the mean squared error at d < K, tau K > d",),
        )
    if problem.tau <= 1:
        return SphereRegime(
            name="orthogonal frame", geometry="orthogonal frame", point="frame", rigor=Rigor.EXACT,
            axioms=("Cauchy-Schwarz inequality",),
            because="l >= (1 - z_y)^2/2 >= (1 - tau)^2/2, with equality only for h = w_y and w_j orthogonal to w_y",
        )
    return SphereRegime(
        name="exact fit", geometry="exact fit", point=None, rigor=Rigor.EXACT,
        axioms=("intermediate value theorem",),
        because="tau > 1: classifiers with equal inner products c >= 0 have a dual basis of squared length "
                "(1 + c(K-2))/((1-c)(1+c(K-1))), which takes the value tau^2; its directions fit every target",
        notes=("every global minimiser has logits e_y exactly", _MANY),
    )


def _antipodal(problem: Spheres) -> SphereRegime:
    """h = -w, critical for every class-symmetric loss."""
    with flint.ctx.workprec(256):
        higher = to_ball(collapsed(problem, -problem.tau, 256).value) - to_ball(
            collapsed(problem, problem.tau, 256).value)
        above = bool(higher > 0)
    reasons = ["its value exceeds that of h = w"] if above else []
    if _has_negative_curvature(problem, "antipodal"):
        reasons.append("its Hessian has a negative eigenvalue")
    name = "antipodal critical point, not the optimum" if reasons else "antipodal critical point"
    return SphereRegime(
        name=name, geometry="simplex ETF with h = -w", point="antipodal", axioms=(),
        because="; ".join(["the gradient vanishes by symmetry", *reasons]),
    )


def lower_bound(problem: Spheres, bits: int) -> tuple[Number, str] | None:
    """A lower bound of the objective for every d, and why; None where none is proved.

    For d < K - 1 and a collapse regime the bound is not attained: equality forces a simplex ETF, of rank K - 1.
    """
    wide = Spheres(problem.loss, problem.K, max(problem.d, problem.K), problem.n, problem.tau)
    regime = sphere_regime(wide)
    if regime.truth is not Truth.HOLDS:
        return None
    return _quantities(wide, regime, bits, with_condition=False)["objective"], regime.because


def _quantities(
    problem: Spheres, regime: SphereRegime, bits: int, *, with_condition: bool = True
) -> dict[str, Number]:
    with flint.ctx.workprec(bits + 32):
        K, N, tau = problem.K, problem.N, problem.tau
        zero = Fraction(0)
        if regime.name == "tilted collapse":
            return {"objective": tilted_value(problem), "multiplier_W": zero, "multiplier_H": zero}
        if regime.name == "tight frame":
            load = tau * Fraction(K, problem.d)  # tau |M e_k|^2
            return {"objective": (1 - 2 * tau + tau * load) / 2, "multiplier_W": tau * (load - 1) / K,
                    "multiplier_H": tau * (load - 1) / N}
        if regime.name == "exact fit":
            return {"objective": zero, "multiplier_W": zero, "multiplier_H": zero}
        if regime.point == "frame":
            pull = tau * (tau - 1)
            found: dict[str, Number] = {
                "objective": (1 - tau) ** 2 / 2, "multiplier_W": pull / K, "multiplier_H": pull / N}
        else:
            theta = temperature(problem, regime.point or "etf")
            data = collapsed(problem, theta, bits + 32)
            # For the mean squared error the mean part of G is orthogonal to every feature and classifier sum.
            found = {"objective": data.value, "multiplier_W": product(-theta, data.g),
                     "multiplier_H": product(-theta, data.g, Fraction(K, N))}
        ends = curvature_range(problem, regime.point or "etf", bits) if with_condition else None
        if ends is not None:
            found["condition_number"] = _ratio(*ends)
        return found


def _ratio(low: Number, high: Number) -> Number:
    if isinstance(low, Fraction) and isinstance(high, Fraction):
        return high / low
    return to_ball(high) / to_ball(low)


def tilted_value(problem: Spheres) -> Number:
    """The least loss of one sample: at the gap ``tilt_threshold``."""
    edge = tilt_threshold(problem)
    if is_projected(problem.loss):
        return Fraction(0)
    if edge is None:
        raise OutOfScope(f"{problem.loss} has no least loss of one sample")
    profile, K = profile_of(problem.loss), problem.K
    value = profile.at(arb(K - 1).log() - to_ball(edge))[0]
    return value + to_ball(profile.tilt * Fraction(K - 1, K)) * to_ball(edge)


def closed_form(problem: Spheres, regime: SphereRegime, quantity: str) -> Any:
    """``quantity`` at the regime's point as an exact SymPy expression, or None where none is known here.

    Used only to settle equalities, which balls cannot.
    """
    import sympy

    def exact(value: Fraction | int) -> Any:
        return sympy.Rational(Fraction(value).numerator, Fraction(value).denominator)

    if is_projected(problem.loss) or is_mean_squared(problem.loss):
        found = _quantities(problem, regime, 64, with_condition=False).get(quantity)
        return exact(found) if isinstance(found, Fraction) else None
    profile, K = profile_of(problem.loss), exact(problem.K)
    if profile.kind == "general" or quantity == "condition_number":
        return None
    tilt, gamma = exact(profile.tilt), exact(profile.gamma)
    if regime.name == "tilted collapse":
        edge = sympy.log(1 + K * (1 - tilt) / tilt)
        value = sympy.log(1 + (K - 1) * sympy.exp(-edge)) + tilt * (K - 1) / K * edge
        return value if quantity == "objective" else sympy.Integer(0)
    theta = exact(temperature(problem, regime.point or "etf"))
    wrong = sympy.exp(-theta * K / (K - 1))
    rest, ell = (K - 1) * wrong / (1 + (K - 1) * wrong), sympy.log(1 + (K - 1) * wrong)
    if quantity == "objective":
        return rest**gamma * ell + tilt * theta
    slope = rest**gamma + gamma * rest ** (gamma - 1) * (1 - rest) * ell if gamma else sympy.Integer(1)
    pull = -theta * (slope * rest / (K - 1) - tilt / K)
    return pull if quantity == "multiplier_W" else pull * K / problem.N
