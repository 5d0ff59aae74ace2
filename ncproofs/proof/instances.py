"""Settle claims about one problem: optimum, spectrum, named critical points, reduced function.

Every rule compares certified enclosures with the claimed value at rising precision; disjoint balls decide,
and an equality is settled only by exact algebra on a closed form. A claim that is out of reach is undecided.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import flint

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.closed_forms import closed_form, origin_curvature, rational
from ncproofs.critical.mse import mse_regime, mse_scale
from ncproofs.critical.optimum import Optimum, enclose, optimum
from ncproofs.critical.profiles import is_mean_squared, profile_of, to_ball
from ncproofs.critical.regimes import Regime
from ncproofs.critical.softmax import trivial_scale
from ncproofs.errors import InvalidClaim, InvalidProblem, NcproofsError
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import (
    Claim,
    CollapsedOptimum,
    CriticalValue,
    Curvature,
    NullityAtOptimum,
    OptimalValue,
    OptimumIs,
    ScaleEquation,
    SpectrumAtOptimum,
    UniqueArgmin,
)
from ncproofs.proof.constants import (
    answer,
    as_expression,
    digits_of,
    fails,
    refuse,
    same_constant,
    value_ball,
)
from ncproofs.proof.discharge import Effort
from ncproofs.proof.hessians import settle_curvature, settle_nullity, settle_spectrum, settle_stability
from ncproofs.proof.reduced_function import settle_argmin, settle_scale
from ncproofs.proof.wording import kind_of
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["settle"]


def settle(claim: Claim, effort: Effort) -> Evidence:
    """The evidence about a claim on one instance.

    Raises:
        InvalidClaim: a value that is not an exact constant, a geometry or a quantity that does not exist.
    """
    rule = _RULES.get(type(claim))
    if rule is None:
        raise InvalidClaim(f"{type(claim).__name__} is not a claim about one problem")
    try:
        return rule(claim, effort)
    except InvalidClaim:
        raise
    except NcproofsError as error:
        return refuse(claim.sentence or _title(claim), str(error))


def _title(claim: Claim) -> str:
    problem = getattr(claim, "problem", None)
    return f"{kind_of(claim)} at {problem}" if problem is not None else kind_of(claim)


def _optimal_value(claim: OptimalValue, effort: Effort) -> Evidence:
    sentence = f"the minimum {claim.relation} {claim.value} for {claim.problem}"
    try:
        at = optimum(claim.problem, digits=6)
    except InvalidProblem:
        return _without_room(claim, sentence)
    order, found = _order(at, "objective", claim.value, effort)
    if at.truth is not Truth.HOLDS:
        return _bounded_above(claim, at, order, found, sentence)
    if order is None:
        return refuse(
            sentence, f"the minimum {found} and the value are not separated by {effort.ladder[-1]} bits"
        )
    holds = {"==": order == 0, "<=": order <= 0, ">=": order >= 0, "<": order < 0, ">": order > 0}[
        claim.relation
    ]
    return answer(
        at, sentence, f"the minimum is {found}; {at.because}", f"the minimum is {found}", holds=holds
    )


def _without_room(claim: OptimalValue, sentence: str) -> Evidence:
    """d < K-1: the lower bound of lower-bound-chain holds and is not attained; W = H = 0 is an upper bound."""
    problem = claim.problem
    roomy = optimum(replace(problem, d=problem.K - 1), digits=20)
    if roomy.truth is not Truth.HOLDS or roomy.geometry != "simplex ETF":
        return refuse(sentence, f"a simplex ETF needs d >= K-1; got d={problem.d}, K={problem.K}")
    low, high = roomy.quantities["objective"], _origin_value(problem)
    with flint.ctx.workprec(256):
        value = Enclosure.of_ball(value_ball(claim.value, 256))
    below, above = value.upper <= low.lower, value.lower > high.upper
    shown = f"the minimum lies above {low.decimals(20)[0]} and is at most {high.decimals(20)[1]}"
    if (below and claim.relation in (">", ">=")) or (above and claim.relation in ("<", "<=")):
        return replace(_bounded(roomy, sentence, shown), covers=str(problem))
    if below or above:
        return fails(sentence, "outside the certified bounds", problem, shown)
    return refuse(sentence, f"{shown}: an ETF has no room in d={problem.d}, and the value lies between")


def _bounded(at: Optimum, sentence: str, because: str) -> Evidence:
    """A yes that rests on the bounds of ``at``."""
    return Evidence(truth=Truth.HOLDS, rigor=Rigor.ENCLOSED, sentence=sentence, because=because, axioms=at.axioms,
                    holes=at.holes)


def _origin_value(problem: Ridge) -> Enclosure:
    with flint.ctx.workprec(128):
        return enclose(trivial_scale(problem, profile_of(problem.loss), 128).objective)


def _bounded_above(
    claim: OptimalValue, at: Optimum, order: int | None, found: str, sentence: str
) -> Evidence:
    """Only an upper bound of the minimum is known: the value of the best candidate."""
    if order is not None and order < 0:  # min <= candidate < value
        if claim.relation in ("<", "<="):
            return Evidence(
                truth=Truth.HOLDS,
                rigor=Rigor.ENCLOSED,
                sentence=sentence,
                because=f"a simplex ETF or zero point has value {found}",
            )
        return Evidence(
            truth=Truth.FAILS,
            rigor=Rigor.ENCLOSED,
            sentence=sentence,
            because="a lower point is known",
            witness=f"a simplex ETF or zero point has value {found}",
        )
    return refuse(sentence, f"the optimum itself is not certified: {at.because}")


def _optimum_is(claim: OptimumIs, effort: Effort) -> Evidence:
    sentence = f"{claim.quantity} = {claim.value} at the optimum of {claim.problem}"
    at = optimum(claim.problem, digits=6)
    if claim.quantity not in at.quantities:
        raise InvalidClaim(f"{claim.quantity!r} is not one of {', '.join(at.quantities)} for {claim.problem}")
    if at.truth is not Truth.HOLDS:
        return refuse(sentence, f"the optimum itself is not certified: {at.because}")
    order, found = _order(at, claim.quantity, claim.value, effort)
    if order is None:
        return refuse(
            sentence, f"{claim.quantity} {found} and the value are not separated by {effort.ladder[-1]} bits"
        )
    if claim.quantity == "bias" and any("multiple of 1" in note for note in at.notes):
        return refuse(sentence, "the bias is free along 1, so its common entry is not determined")
    found = f"{claim.quantity} is {found}"
    return answer(at, sentence, found, found, holds=order == 0)


def _order(at: Optimum, quantity: str, value: Any, effort: Effort) -> tuple[int | None, str]:
    """Sign of (quantity - value) and the quantity in words; 0 only by exact algebra, None when undecided."""
    for bits in effort.ladder:
        enclosure = optimum(at.problem, digits=digits_of(bits)).quantities[quantity]
        shown = f"in [{', '.join(enclosure.decimals(20))}]"
        ball = value_ball(value, bits + 32)
        with flint.ctx.workprec(bits + 32):
            gap = enclosure.ball() - ball
            if gap > 0 or gap < 0:
                return (1 if gap > 0 else -1), shown
    if _same_exactly(at, quantity, value, effort):
        return 0, shown
    return None, shown


def _same_exactly(at: Optimum, quantity: str, value: Any, effort: Effort) -> bool:
    enclosure = at.quantities[quantity]
    exact = rational(enclosure.lower) if enclosure.is_point else closed_form(at.problem, at.details, quantity)
    return exact is not None and same_constant(exact, as_expression(value), effort)


_GEOMETRIES = {"simplex ETF": -1, "orthogonal frame": 0, "intermediate frame": 0, "zero": None}


def _collapsed(claim: CollapsedOptimum, effort: Effort) -> Evidence:
    """Geometry of every global minimiser."""
    problem = claim.problem
    if claim.geometry not in _GEOMETRIES:
        raise InvalidClaim(
            f"geometry={claim.geometry!r} given, but one of {', '.join(_GEOMETRIES)} is needed"
        )
    sentence = f"every global minimiser of {problem} is of the kind: {claim.geometry}"
    shift = _GEOMETRIES[claim.geometry]
    if shift is not None and problem.d < problem.K + shift and _has_minimiser(problem):
        witness = f"{claim.geometry} has rank {problem.K + shift} > d = {problem.d}"
        return fails(sentence, "a minimiser exists and has rank at most d", problem, witness)
    if claim.geometry == "zero" and _origin_descends(problem):
        return fails(sentence, "W = H = 0 is a strict saddle", problem, "its explicit direction has curvature < 0")
    at = optimum(problem, digits=20)
    if at.truth is Truth.UNDECIDED:
        return _below_zero(claim, at, sentence)
    if at.truth is Truth.FAILS:
        return _without_collapse(claim, at, sentence)
    if at.geometry == claim.geometry:
        return Evidence(
            truth=Truth.HOLDS,
            rigor=at.rigor,
            sentence=sentence,
            because=at.because,
            axioms=at.axioms,
            holes=at.holes,
            covers=str(problem),
        )
    return fails(sentence, at.because, problem, _other_geometry(claim, at))


def _origin_descends(problem: Ridge) -> bool:
    """The curvature 2 (lambda - s_1) of the null sector is negative at W = H = 0, for every d >= 1."""
    curvature = None if is_mean_squared(problem.loss) else origin_curvature(problem)
    return curvature is not None and bool(value_ball(curvature, 256) < 0)


def _below_zero(claim: CollapsedOptimum, at: Optimum, sentence: str) -> Evidence:
    """The optimum is open, but a candidate certified below the origin refutes that the minimiser is zero."""
    if claim.geometry == "zero" and at.geometry == "simplex ETF" and not is_mean_squared(claim.problem.loss):
        origin = _origin_value(claim.problem)
        best = at.quantities["objective"]
        if best.upper < origin.lower:
            shown = f"the ETF has value at most {best.decimals(20)[1]} < {origin.decimals(20)[0]} at W = H = 0"
            return fails(sentence, "a better point is known", claim.problem, shown)
    return refuse(sentence, at.because)


def _has_minimiser(problem: Ridge) -> bool:
    """Whether the objective is known to be coercive (modulo adding a constant to the bias)."""
    return is_mean_squared(problem.loss) or profile_of(problem.loss).kind != "general"


def _without_collapse(claim: CollapsedOptimum, at: Optimum, sentence: str) -> Evidence:
    """A point below every ETF and every zero point is known; classifiers of a softmax loss sum to zero."""
    if claim.geometry in ("simplex ETF", "zero"):
        return Evidence(
            truth=Truth.FAILS,
            rigor=Rigor.ENCLOSED,
            sentence=sentence,
            because="a better point is known",
            witness=at.because,
            covers=str(claim.problem),
        )
    return refuse(sentence, at.because)


def _other_geometry(claim: CollapsedOptimum, at: Optimum) -> str:
    shown = ", ".join(at.quantities["objective"].decimals(20))
    text = f"the minimisers are of the kind {at.geometry}, with value in [{shown}]"
    rival = _rival_value(claim.problem, claim.geometry)
    return text if rival is None else f"{text}; the best {claim.geometry} has value {rival}"


def _rival_value(problem: Ridge, geometry: str) -> str | None:
    """The value of the best point with the claimed geometry, where there is a formula for it."""
    with flint.ctx.workprec(128):
        if not is_mean_squared(problem.loss):
            if geometry != "zero":
                return None
            origin = trivial_scale(problem, profile_of(problem.loss), 128).objective
            return str(to_ball(origin).str(20, radius=False))
        if geometry not in ("simplex ETF", "zero") or mse_regime(problem).is_trivial:
            return None
        rank = problem.K - 1 if geometry == "simplex ETF" else 0
        name = "collapse" if rank else "trivial"
        best = mse_scale(problem, Regime(name=name, geometry=geometry, rank=rank, because=""))
        return str(to_ball(best.objective).str(20, radius=False))


_RULES: dict[type[Claim], Callable[[Any, Effort], Evidence]] = {
    OptimalValue: _optimal_value,
    OptimumIs: _optimum_is,
    CollapsedOptimum: _collapsed,
    NullityAtOptimum: settle_nullity,
    SpectrumAtOptimum: settle_spectrum,
    Curvature: settle_curvature,
    CriticalValue: settle_stability,
    ScaleEquation: settle_scale,
    UniqueArgmin: settle_argmin,
}
