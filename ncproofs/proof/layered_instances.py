"""Settle claims about one layered problem: optimum, critical points, spectra, landscape, and the model with a ReLU.

Regimes and kinds of critical points are decisions between rationals. Disjoint balls decide values; an equality is
settled only by exact algebra on a closed form. What is out of reach is undecided.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
from flint import arb, arb_mat

from ncproofs.arithmetic.inertia import inertia
from ncproofs.arithmetic.linalg import contains_spectrum
from ncproofs.calculus.layered_objective import layered_gradient, layered_hessian, layered_value
from ncproofs.critical.layered_closed import layered_closed_form
from ncproofs.critical.layered_groups import groups_of, has_nonzero
from ncproofs.critical.layered_minimiser import minimiser
from ncproofs.critical.layered_modes import excess, first_order, kappa_power, sigma_root
from ncproofs.critical.layered_optimum import LayeredOptimum, layered_optimum, layered_regime
from ncproofs.critical.layered_points import (
    Counts,
    CriticalPoint,
    critical_bias,
    critical_factors,
    critical_point,
    local_minima,
    spectrum_table,
)
from ncproofs.critical.layered_relu import linear_part, relu_status
from ncproofs.critical.profiles import to_ball
from ncproofs.errors import InvalidClaim, NcproofsError
from ncproofs.problems.layered import Layered
from ncproofs.proof.claims import Claim
from ncproofs.proof.constants import (
    as_expression,
    digits_of,
    fails,
    refuse,
    related,
    same_constant,
    value_ball,
)
from ncproofs.proof.discharge import Effort
from ncproofs.proof.layered_claims import (
    BenignLayeredLandscape,
    FiniteCriticalPoints,
    LayeredAttained,
    LayeredGeometry,
    LayeredInertia,
    LayeredKind,
    LayeredQuantity,
    LayeredSpectrum,
    LayeredValue,
    ReluFirstFeatures,
)
from ncproofs.proof.wording import kind_of
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["settle"]

_GEOMETRIES = ("orthogonal frame", "simplex ETF", "intermediate frame", "orthogonal means", "zero")
_KINDS = ("global minimum", "local minimum", "strict saddle", "degenerate saddle")
#: What the list of critical points rests on.
_LISTED = ("singular value decomposition",)
_LARGEST_DENSE = 150
_LARGEST_CONFIRMED = 80
_LARGEST_WRITTEN = 4000


def settle(claim: Claim, effort: Effort) -> Evidence:
    """The evidence about a claim on one layered problem.

    Raises:
        InvalidClaim: a value that is not an exact constant, a geometry, quantity, kind or relation that does not exist.
    """
    rule = _RULES.get(type(claim))
    problem = getattr(claim, "problem", None)
    if rule is None or not isinstance(problem, Layered):
        raise InvalidClaim(f"{type(claim).__name__} about {problem!r} is not a claim about one layered problem")
    try:
        return rule(claim, effort)
    except InvalidClaim:
        raise
    except NcproofsError as error:
        return refuse(claim.sentence or f"{kind_of(claim)} at {problem}", str(error))


def _verdict(sentence: str, problem: Layered, because: str, rigor: Rigor, axioms: tuple[str, ...] = (), *,
             yes: bool) -> Evidence:
    if not yes:
        return fails(sentence, because, problem, because)
    return Evidence(truth=Truth.HOLDS, rigor=rigor, sentence=sentence, because=because, covers=str(problem),
                    axioms=axioms)


# --- the optimum -----------------------------------------------------------------------------------------------


def _value(claim: LayeredValue, effort: Effort) -> Evidence:
    problem, relation = claim.problem, claim.relation
    sentence = f"the minimum {relation} {claim.value} for {problem}"
    related(0, relation)
    value_ball(claim.value, 64)  # refuses what is not an exact constant
    if problem.relu:
        truth, because, better = relu_status(problem)
        if truth is not Truth.HOLDS:
            return _from_above(claim, sentence, because, None if better is None else better.value, effort)
    at = layered_optimum(problem, digits=6)
    order, shown = _order(at, "objective", claim.value, effort)
    if order is None:
        return refuse(sentence, f"the minimum {shown} and the value are neither separated nor proved equal")
    return _verdict(sentence, problem, f"the minimum is {shown}; {at.because}", Rigor.ENCLOSED, at.axioms,
                    yes=related(order, relation))


def _from_above(claim: LayeredValue, sentence: str, why: str, better: arb | None, effort: Effort) -> Evidence:
    """With relu: the minimum is at most that of the linear model, and at most that of a certified point below it."""
    order, shown = _order(layered_optimum(linear_part(claim.problem), digits=6), "objective", claim.value, effort)
    bound, strict = shown, False
    if better is not None:
        with flint.ctx.workprec(128):
            gap = better - value_ball(claim.value, 128)
        below = bool(gap < 0)
        if below or order == 0:  # the certified point lies strictly below the linear minimum
            order, strict = -1, True
        bound = f"at most {better.str(20, radius=False)}"
    because = f"the minimum is {bound if better is not None else f'at most that of the linear model, {shown}'}; {why}"
    if order is not None and order <= 0:
        if claim.relation == "<=" or (claim.relation == "<" and (order < 0 or strict)):
            return _verdict(sentence, claim.problem, because, Rigor.ENCLOSED, yes=True)
        if order < 0:
            return _verdict(sentence, claim.problem, because, Rigor.ENCLOSED, yes=False)
        if claim.relation == ">":
            return _verdict(sentence, claim.problem, because, Rigor.ENCLOSED, yes=False)
    return refuse(sentence, because)


def _quantity(claim: LayeredQuantity, effort: Effort) -> Evidence:
    sentence = f"{claim.quantity} {claim.relation} {claim.value} at the optimum of {claim.problem}"
    related(0, claim.relation)
    value_ball(claim.value, 64)
    at = layered_optimum(claim.problem, digits=6)
    if at.truth is not Truth.HOLDS:
        return refuse(sentence, f"the optimum itself is not certified: {at.because}")
    if claim.quantity not in at.quantities:
        names = ", ".join(at.quantities)
        return refuse(sentence, f"the minimisers ({at.regime}) share no {claim.quantity}; they share {names}")
    order, shown = _order(at, claim.quantity, claim.value, effort)
    if order is None:
        return refuse(sentence, f"{claim.quantity} {shown} and the value are neither separated nor proved equal")
    return _verdict(sentence, claim.problem, f"{claim.quantity} is {shown}; {at.because}", Rigor.ENCLOSED, at.axioms,
                    yes=related(order, claim.relation))


def _order(at: LayeredOptimum, quantity: str, value: Any, effort: Effort) -> tuple[int | None, str]:
    """Sign of (quantity - value) and the quantity in words; 0 only by exact algebra, None when undecided."""
    shown = ""
    for bits in effort.ladder:
        enclosure = layered_optimum(at.problem, digits=digits_of(bits)).quantities[quantity]
        lower, upper = enclosure.decimals(20)
        shown = lower if enclosure.is_point and lower == upper else f"in [{lower}, {upper}]"
        with flint.ctx.workprec(bits + 32):
            gap = enclosure.ball() - value_ball(value, bits + 32)
            if gap > 0 or gap < 0:
                return (1 if gap > 0 else -1), shown
    exact = at.quantities[quantity]
    given = as_expression(value)
    form = as_expression(exact.lower) if exact.is_point else layered_closed_form(at.problem, at.details, quantity)
    same = form is not None and (bool(form == given) or same_constant(form, given, effort))
    return (0 if same else None), shown


def _geometry(claim: LayeredGeometry, effort: Effort) -> Evidence:
    problem, geometry = claim.problem, claim.geometry
    if geometry not in _GEOMETRIES:
        raise InvalidClaim(f"geometry={geometry!r} given, but one of {', '.join(_GEOMETRIES)} is needed")
    sentence = f"every global minimiser of {problem} is of the kind: {geometry}"
    if problem.relu:
        truth, because, _ = relu_status(problem)
        if truth is Truth.FAILS and geometry in ("orthogonal frame", "zero"):
            return fails(sentence, because, problem, because)
        if truth is not Truth.HOLDS:
            return refuse(sentence, because)
    at = layered_optimum(problem, digits=12)
    if at.regime in ("centred", "tie") and problem.has_bias and not problem.balanced:
        # sum n_k h_k = 0, n_k unequal: means that are not all zero are not orthogonal, no ETF and not independent
        because = f"some minimiser has class means that are not all zero, and sum n_k h_k = 0: {at.because}"
        return fails(sentence, because, problem, because)
    if at.geometry == geometry:
        return _verdict(sentence, problem, at.because, Rigor.EXACT, at.axioms, yes=True)
    if geometry == "orthogonal means" and at.geometry in ("orthogonal frame", "zero"):
        return _verdict(sentence, problem, at.because, Rigor.EXACT, at.axioms, yes=True)
    if geometry == "orthogonal frame" and at.regime == "orthogonal means":  # unequal classes may have equal lengths
        lengths = [value for name, value in at.quantities.items() if name.startswith("feature_norm_sq")]
        if max(value.lower for value in lengths) <= min(value.upper for value in lengths):
            return refuse(sentence, "the class means are orthogonal, and their lengths agree to 12 digits")
    shown = ", ".join(at.quantities["objective"].decimals(12))
    notes = f"; {'; '.join(at.notes)}" if at.notes else ""
    witness = f"the minimisers are of the kind: {at.geometry} (regime {at.regime}, value in [{shown}]){notes}"
    return fails(sentence, at.because, problem, f"{witness}; {at.because}")


def _attained(claim: LayeredAttained, effort: Effort) -> Evidence:
    problem, bits = claim.problem, 128
    sentence = f"the minimiser written out is critical and has the value of the closed form: {problem}"
    if problem.relu or problem.dimension > _LARGEST_WRITTEN:
        return refuse(sentence, f"written out for the linear model, up to {_LARGEST_WRITTEN} unknowns")
    if problem.has_bias and not problem.balanced:
        used = layered_optimum(problem, digits=6).details.used
        factors, bias = critical_factors(problem, used, 0, bits), critical_bias(problem, used, 0, bits)
    else:
        factors, bias = minimiser(problem, layered_regime(problem), bits)
    value = layered_value(problem, factors, bias, bits)
    gradient = layered_gradient(problem, factors, bias, bits)
    claimed = layered_optimum(problem, digits=30).quantities["objective"].ball()
    with flint.ctx.workprec(bits):
        spread = max((entry.abs_upper() for entry in gradient), default=arb(0))
        thin = bool(spread < arb(2) ** (-bits // 2)) and bool(value.rad() < arb(2) ** (-bits // 2))
    yes = bool(value.overlaps(claimed)) and all(entry.contains(0) for entry in gradient)
    because = (f"value {value.str(20, radius=False)}, claimed {claimed.str(20, radius=False)}; every partial "
               f"derivative is at most {spread.str(3, radius=False)} in size")
    if yes and not thin:
        return refuse(sentence, f"{because}: not thin enough to tell")
    return _verdict(sentence, problem, because, Rigor.ENCLOSED, yes=yes)


# --- critical points -------------------------------------------------------------------------------------------


def _spectrum(claim: LayeredSpectrum, effort: Effort) -> Evidence:
    problem, plus, minus = claim.problem, claim.plus, claim.minus
    sentence = f"the closed-form spectrum at {_place(plus, minus)} is that of the dense Hessian: {problem}"
    if problem.dimension > _LARGEST_DENSE:
        return refuse(sentence, f"dimension {problem.dimension}; dense Hessians are built up to {_LARGEST_DENSE}")
    critical_point(problem, plus, minus, digits=6)
    for bits in (bits for bits in effort.ladder if 128 <= bits <= 512):
        with flint.ctx.workprec(bits + 32):
            table = [(to_ball(value), count) for value, count, _ in spectrum_table(problem, plus, minus, bits + 32)]
        dense = _dense(problem, plus, minus, bits + 32)
        found = contains_spectrum(dense, table, bits)
        if found.truth is not Truth.UNDECIDED:
            yes = found.truth is Truth.HOLDS
            return _verdict(sentence, problem, found.because, Rigor.ENCLOSED, yes=yes)
    return refuse(sentence, found.because)


def _dense(problem: Layered, plus: Counts, minus: Counts, bits: int) -> arb_mat:
    factors, bias = critical_factors(problem, plus, minus, bits), critical_bias(problem, plus, minus, bits)
    return layered_hessian(problem, factors, bits, bias)


def _place(plus: Counts, minus: Counts) -> str:
    return f"{plus} directions with sigma_plus and {minus} with sigma_minus"


def _confirmed(problem: Layered, at: CriticalPoint) -> str:
    """The counts of the closed form against the dense Hessian, where that is small; what was found, in words."""
    if problem.dimension > _LARGEST_CONFIRMED or at.kind == "degenerate saddle":
        return "closed form"
    for bits in (128, 256, 512):
        dense = _dense(problem, *at.counts, bits + 32)
        found = inertia(dense, bits, nullity=at.zero)
        if found is not None:
            if (found.negative, found.zero) != (at.negative, at.zero):
                raise InvalidClaim(f"the closed form counts {at.negative} negative eigenvalues, the dense Hessian "
                                   f"{found.negative}; this is a defect of ncproofs")
            return "closed form, and the dense Hessian in balls"
    return "closed form"


def _inertia(claim: LayeredInertia, effort: Effort) -> Evidence:
    wanted = [f"{count} {name} eigenvalues"
              for name, count in (("zero", claim.zero), ("negative", claim.negative)) if count is not None]
    if not wanted:
        raise InvalidClaim("neither zero nor negative given; say how many eigenvalues are meant")
    sentence = f"the Hessian at {_place(claim.plus, claim.minus)} has {' and '.join(wanted)}: {claim.problem}"
    at = critical_point(claim.problem, claim.plus, claim.minus, digits=10)
    because = f"{at.negative} negative and {at.zero} zero eigenvalues ({_confirmed(claim.problem, at)})"
    yes = claim.zero in (None, at.zero) and claim.negative in (None, at.negative)
    return _verdict(sentence, claim.problem, because, Rigor.ENCLOSED, yes=yes)


def _kind(claim: LayeredKind, effort: Effort) -> Evidence:
    if claim.kind not in _KINDS:
        raise InvalidClaim(f"kind={claim.kind!r} given, but one of {', '.join(_KINDS)} is needed")
    sentence = f"{_place(claim.plus, claim.minus)}: {claim.kind}, {claim.problem}"
    at = critical_point(claim.problem, claim.plus, claim.minus, digits=20)
    least = layered_optimum(claim.problem, digits=20).quantities["objective"]
    because = (f"value in [{', '.join(at.value.decimals(20))}], minimum in [{', '.join(least.decimals(20))}]; "
               f"{at.negative} negative and {at.zero} zero eigenvalues on a manifold of dimension {at.dimension} "
               f"({_confirmed(claim.problem, at)}): {at.kind}")
    return _verdict(sentence, claim.problem, because, Rigor.ENCLOSED, yes=at.kind == claim.kind)


def _benign(claim: BenignLayeredLandscape, effort: Effort) -> Evidence:
    problem = claim.problem
    sentence = f"every critical point is a global minimum or a strict saddle: {problem}"
    if problem.relu:
        return refuse(sentence, "critical points are listed for the linear model only")
    if problem.layers == 1 and problem.balanced:
        because = "theorem mse-landscape: one layer is the mean-squared-error model, benign for every width and bias"
        return _verdict(sentence, problem, because, Rigor.EXACT, _axioms_of(problem), yes=True)
    groups_of(problem)  # refuses what is not covered
    if problem.layers == 1:
        because = ("theorem layered-critical-points: a point of one layer that leaves out a more profitable direction "
                   "has negative curvature")
        return _verdict(sentence, problem, because, Rigor.EXACT, _LISTED, yes=True)
    for plus, minus in local_minima(problem):
        at = critical_point(problem, plus, minus, digits=20)
        if at.kind != "global minimum":
            because = _kind(LayeredKind(problem=problem, kind=at.kind, plus=plus), effort).because
            return fails(sentence, because, problem, f"{_place(plus, minus)}: {because}")
    because = "every critical point without negative curvature is a global minimum, decided in rationals"
    return _verdict(sentence, problem, because, Rigor.EXACT, _LISTED, yes=True)


def _axioms_of(problem: Layered) -> tuple[str, ...]:
    return layered_regime(problem).axioms


def _finite(claim: FiniteCriticalPoints, effort: Effort) -> Evidence:
    problem = claim.problem
    sentence = f"the critical points have finitely many products W_L ... W_1 H: {problem}"
    found = [group for group in groups_of(problem) if has_nonzero(problem, group)[0]]
    several = next((group for group in found if group.count > 1), None)
    if several is None:
        because = f"{len(found)} singular directions can be in use, each of its own size" if found else (
            "zero is the only critical point")
        return _verdict(sentence, problem, because, Rigor.EXACT, _LISTED, yes=True)
    because = (f"sigma_plus u v^T is critical for every unit vector u of a space of dimension {several.count} (group "
               f"{several.name}), for example u = (3/5, 4/5, 0, ...) in any of its orthonormal bases")
    return fails(sentence, because, problem, because)


def _first_features(claim: ReluFirstFeatures, effort: Effort) -> Evidence:
    """False always: frames are worth at least the linear minimum, which T = p ((1+a) I - a 11^T) attains for a > 0."""
    problem = claim.problem
    sentence = f"in every global minimiser H is an orthogonal frame: {problem}"
    if not problem.relu:
        raise InvalidClaim("a claim about the first features of the model with relu, but the problem has none")
    if min(problem.widths) < problem.K:
        return refuse(sentence, f"widths {min(problem.widths)} < K leave no room for the rank-K rivals")
    if kappa_power(problem) >= first_order(3):
        because = "an orthogonal frame H has a value above or at 1/2, and zero has the value 1/2"
        return fails(sentence, because, problem, "zero, or a point below it")
    with flint.ctx.workprec(128):
        sigma = sigma_root(3, kappa_power(problem), upper=True)
        assert sigma is not None  # kappa < kappa_c
        value = to_ball((1 + excess(3, sigma)) / 2).str(20, radius=False)
    a = f"a = 1/{problem.K - 1}"
    because = (f"a point with an orthogonal frame H has value >= {value}, and W_1 H = p ((1+a) I - a 11^T) with {a}, "
               "whose H is a simplex ETF, has exactly that value")
    return fails(sentence, because, problem, because)


_RULES: dict[type[Claim], Callable[[Any, Effort], Evidence]] = {
    LayeredValue: _value,
    LayeredQuantity: _quantity,
    LayeredGeometry: _geometry,
    LayeredAttained: _attained,
    LayeredSpectrum: _spectrum,
    LayeredInertia: _inertia,
    LayeredKind: _kind,
    BenignLayeredLandscape: _benign,
    FiniteCriticalPoints: _finite,
    ReluFirstFeatures: _first_features,
}
