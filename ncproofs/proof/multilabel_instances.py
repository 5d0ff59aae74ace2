"""Settle claims about one problem with label sets.

Balanced label sets have an exact system: quantities are enclosed at rising precision, disjoint balls decide, and an
equality is settled only by exact algebra on a closed form. Other lists have certified bounds of the minimum.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
from flint import arb

from ncproofs.arithmetic.linalg import contains_spectrum
from ncproofs.calculus.objective import dense_hessian, gradient_at
from ncproofs.critical.closed_forms import rational
from ncproofs.critical.multilabel import closed_form, is_trivial, label_optimum, multilabel_optimum
from ncproofs.critical.multilabel_dual import certified_bounds, classifier_bound
from ncproofs.critical.multilabel_points import etf_point, optimal_point
from ncproofs.critical.multilabel_scale import (
    fraction_text,
    proper,
    scalar_system,
    separating_weight,
    threshold,
)
from ncproofs.critical.multilabel_spectrum import multilabel_rows, multilabel_spectrum
from ncproofs.critical.multilabel_zero import zero_is_optimal
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.spectrum import zero_count
from ncproofs.errors import InvalidClaim
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.claims import Claim
from ncproofs.proof.constants import (
    as_expression,
    digits_of,
    fails,
    refuse,
    related,
    same_constant,
    settled_by,
    value_ball,
)
from ncproofs.proof.discharge import Effort
from ncproofs.proof.multilabel_claims import (
    BenignLabelLandscape,
    DualGap,
    LabelGeometry,
    LabelNullity,
    LabelOriginCurvature,
    LabelQuantity,
    LabelSpectrum,
    LabelStationary,
    LabelValue,
    ScalarRoot,
)
from ncproofs.proof.multilabel_landscape import settle_landscape
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["settle"]

_GEOMETRIES = ("simplex ETF", "zero")
_INDEXED = ("logit_gap", "feature_scale", "tag_sum", "tag_average")
_LARGEST_DENSE = 300
_BOUND_DIGITS = (12, 40)


def settle(claim: Claim, effort: Effort) -> Evidence:
    """The evidence about a claim on one problem with label sets.

    Raises:
        InvalidClaim: a value that is not an exact constant, a geometry, quantity or relation that does not exist.
    """
    return settled_by(_RULES, claim, effort, "one problem with label sets")


def _verdict(sentence: str, problem: object, because: str, *, yes: bool, rigor: Rigor = Rigor.ENCLOSED,
             axioms: tuple[str, ...] = ()) -> Evidence:
    if not yes:
        return fails(sentence, because, problem, because)
    return Evidence(truth=Truth.HOLDS, rigor=rigor, sentence=sentence, because=because, covers=str(problem),
                    axioms=axioms)


def _has_optimum(problem: MultiLabel) -> bool:
    """Whether the exact system answers: balanced label sets, with room for the simplex ETF if there is one."""
    return problem.balanced is not None and (problem.d >= problem.K - 1 or is_trivial(problem))


def _value(claim: LabelValue, effort: Effort) -> Evidence:
    problem = claim.problem
    sentence = f"the minimum {claim.relation} {claim.value} for {problem}"
    related(0, claim.relation)
    value_ball(claim.value, 64)
    if not _has_optimum(problem):
        return _value_by_bounds(claim, sentence)
    order, shown = _order(problem, "objective", claim.value, effort)
    if order is None:
        return refuse(sentence, f"the minimum {shown} and the value are not separated by {effort.ladder[-1]} bits")
    at = multilabel_optimum(problem, digits=6)
    return _verdict(sentence, problem, f"the minimum is {shown}; {at.because}",
                    yes=related(order, claim.relation), axioms=at.axioms)


def _value_by_bounds(claim: LabelValue, sentence: str) -> Evidence:
    shown = ""
    for digits in _BOUND_DIGITS:
        bounds = certified_bounds(claim.problem, digits)
        shown = f"the minimum lies in [{', '.join(bounds.enclosure().decimals(15))}], by a dual point and a point"
        with flint.ctx.workprec(64 + 4 * digits):
            value = value_ball(claim.value, 64 + 4 * digits)
            above, below = to_ball(bounds.lower) - value, to_ball(bounds.upper) - value
        order = 1 if above > 0 else -1 if below < 0 else None
        if order is not None:
            return _verdict(sentence, claim.problem, shown, yes=related(order, claim.relation))
    return refuse(sentence, f"{shown}; the value is inside")


def _quantity(claim: LabelQuantity, effort: Effort) -> Evidence:
    problem = claim.problem
    sentence = f"{claim.quantity} {claim.relation} {claim.value} at the optimum of {problem}"
    related(0, claim.relation)
    value_ball(claim.value, 64)
    at = multilabel_optimum(problem, digits=6)
    if claim.quantity not in at.quantities:
        if claim.quantity.partition("[")[0] in _INDEXED:
            return refuse(sentence, f"{claim.quantity} has no meaning here; there are {', '.join(at.quantities)}")
        raise InvalidClaim(f"{claim.quantity!r} is not one of {', '.join(at.quantities)} for {problem}")
    if claim.quantity == "bias" and problem.lambda_b == 0:
        return refuse(sentence, "the bias is free along 1, so its common entry is not determined")
    order, shown = _order(problem, claim.quantity, claim.value, effort)
    if order is None:
        return refuse(sentence, f"{claim.quantity} is {shown}, not told from the value at {effort.ladder[-1]} bits")
    return _verdict(sentence, problem, f"{claim.quantity} is {shown}", yes=related(order, claim.relation),
                    axioms=at.axioms)


def _order(problem: MultiLabel, quantity: str, value: Any, effort: Effort) -> tuple[int | None, str]:
    """Sign of (quantity - value) and the quantity in words; 0 only by exact algebra, None when undecided."""
    shown = ""
    for bits in effort.ladder:
        enclosure = multilabel_optimum(problem, digits=digits_of(bits)).quantities[quantity]
        shown = f"in [{', '.join(enclosure.decimals(20))}]"
        with flint.ctx.workprec(bits + 32):
            gap = enclosure.ball() - value_ball(value, bits + 32)
        if gap > 0 or gap < 0:
            return (1 if gap > 0 else -1), shown
        exact = rational(enclosure.lower) if enclosure.is_point else closed_form(problem, quantity)
        if exact is not None and same_constant(exact, as_expression(value), effort):
            return 0, shown
    return None, shown


def _geometry(claim: LabelGeometry, effort: Effort) -> Evidence:
    problem = claim.problem
    if claim.geometry not in _GEOMETRIES:
        raise InvalidClaim(f"geometry={claim.geometry!r} given, but one of {', '.join(_GEOMETRIES)} is needed")
    what = "has classifiers that form a simplex ETF" if claim.geometry == "simplex ETF" else "is zero"
    sentence = f"every global minimiser of {problem} {what}"
    if claim.geometry == "simplex ETF" and problem.d < problem.K - 1:
        witness = f"a simplex ETF has rank {problem.K - 1} > d = {problem.d}, and a minimiser exists"
        if problem.lambda_b == 0 and problem.balanced is None and _lacks_a_class(problem):
            return refuse(sentence, "a class that is no label leaves a free bias unbounded")
        return fails(sentence, "the rank of W is at most d", problem, witness)
    if not (exact := _has_optimum(problem)) and not zero_is_optimal(problem):
        return _geometry_by_bounds(claim, sentence)
    at = multilabel_optimum(problem, digits=12) if exact else label_optimum(problem, digits=12)
    if at.geometry == claim.geometry:
        return _verdict(sentence, problem, at.because, yes=True, rigor=at.rigor, axioms=at.axioms)
    value = ", ".join(at.quantities["objective"].decimals(15))
    witness = f"the minimisers are of the kind {at.geometry}, with value in [{value}]"
    return fails(sentence, at.because, problem, witness)


def _lacks_a_class(problem: MultiLabel) -> bool:
    return len({label for labels in problem.label_counts for label in labels}) < problem.K


def _geometry_by_bounds(claim: LabelGeometry, sentence: str) -> Evidence:
    """Refuted when every point of the kind is certified to lie above another point."""
    kind: Any = claim.geometry
    rival, bounds = classifier_bound(claim.problem, kind), certified_bounds(claim.problem)
    if rival > bounds.upper:
        least = bounds.enclosure().decimals(15)[1]
        shown = f"every point of the kind {kind} has value >= {_decimal(rival)}, and the minimum is <= {least}"
        return fails(sentence, "by a dual point among the points of this kind", claim.problem, shown)
    return refuse(sentence, f"the label sets are not balanced, or d < K - 1; points of the kind have value >= "
                            f"{_decimal(rival)}, and the minimum is <= {bounds.enclosure().decimals(15)[1]}")


def _decimal(value: Fraction) -> str:
    from ncproofs.arithmetic.enclosure import Enclosure

    return Enclosure.exact(value).decimals(15)[0]


def _scalar_root(claim: ScalarRoot, effort: Effort) -> Evidence:
    problem = claim.problem
    sentence = f"the scalar system has exactly one root y > 0 for {problem}"
    pull, available = threshold(problem)
    if pull >= available:
        right = f"{fraction_text(pull)} = lambda_W lambda_H N^2"
        because = (f"at y > 0 the left side is below {fraction_text(available)} <= {right}" if available
                   else f"the left side is an empty sum, 0 < {right}")
        why = "the left side decreases strictly in y, from its value at 0" if available else "no term has m < K"
        return fails(sentence, why, problem, because)
    for bits in effort.ladder:
        try:
            scale = scalar_system(problem, bits)
        except ArithmeticError:
            continue
        gaps = ", ".join(f"t_{m} = {to_ball(gap).str(15)}" for m, gap in scale.gaps.items())
        root = f"y = {to_ball(scale.y).str(15)}, {gaps}"
        because = f"both sides are monotone (multilabel-scalar-system); certified signs around {root}"
        return _verdict(sentence, problem, because, yes=True, axioms=("intermediate value theorem",))
    return refuse(sentence, f"no certified signs around the root at {effort.ladder[-1]} bits")


def _stationary(claim: LabelStationary, effort: Effort) -> Evidence:
    """The gradient at the point in balls: excluded from 0 refutes; inside balls that the exact system proves, holds."""
    problem = claim.problem
    sentence = f"the point with features along sums of classifiers is critical for {problem}"
    proved = claim.energy is None and claim.scales is None
    for bits in effort.ladder[1:]:
        scale = scalar_system(problem, bits)
        with flint.ctx.workprec(bits):
            energy = to_ball(scale.energy) if claim.energy is None else value_ball(claim.energy, bits)
            own = {m: to_ball(c) for m, c in scale.features.items()}
            given = own if claim.scales is None else {m: value_ball(c, bits) for m, c in claim.scales}
            if not energy > 0:
                raise InvalidClaim(f"energy={claim.energy} given, but |W|^2 > 0 is needed")
            point = etf_point(problem, energy, given)
            parts = gradient_at(problem, *point, bits)
            slope = [entry for part in parts if part is not None for entry in part.entries()]
            largest = max((abs(entry) for entry in slope), key=lambda value: value.mid())
            if largest > 0:
                entry = f"an entry of the gradient has magnitude {largest.str(12)}"
                return fails(sentence, "the gradient is certainly not zero", problem, entry)
            if proved and all(entry.contains(0) and entry.rad() < arb(2) ** (-bits // 2) for entry in slope):
                because = f"the gradient contains 0 in balls of radius below 2^-{bits // 2}"
                return _verdict(sentence, problem, f"{because}, at the root of the scalar system", yes=True)
    return refuse(sentence, "the gradient is not told from 0 at the claimed numbers")


def _nullity(claim: LabelNullity, effort: Effort) -> Evidence:
    if not isinstance(claim.nullity, int) or isinstance(claim.nullity, bool):
        raise InvalidClaim(f"nullity={claim.nullity!r} given; write a whole number")
    sentence = f"the Hessian at the optimum of {claim.problem} has exactly {claim.nullity} zero eigenvalues"
    found = zero_count(multilabel_spectrum(claim.problem, digits=10))
    because = f"{found} eigenvalues of the closed form are exactly 0, all others are enclosed away from 0"
    return _verdict(sentence, claim.problem, because, yes=found == claim.nullity)


def _spectrum(claim: LabelSpectrum, effort: Effort) -> Evidence:
    problem = claim.problem
    sentence = f"the closed-form spectrum at the optimum of {problem} is that of the dense Hessian"
    if problem.dimension > _LARGEST_DENSE:
        return refuse(sentence, f"dimension {problem.dimension}; dense Hessians are built up to {_LARGEST_DENSE}")
    because = "no precision in the ladder"
    for bits in [bits for bits in effort.ladder if bits <= 256]:
        dense = dense_hessian(problem, *optimal_point(problem, bits + 64), bits + 64)
        with flint.ctx.workprec(bits + 64):
            table = [(to_ball(value), count) for value, count, _ in multilabel_rows(problem, bits + 64) if count]
        found = contains_spectrum(dense, table, bits)
        because = found.because
        if found.truth is not Truth.UNDECIDED:
            return _verdict(sentence, problem, because, yes=found.truth is Truth.HOLDS)
    return refuse(sentence, because)


def _origin(claim: LabelOriginCurvature, effort: Effort) -> Evidence:
    """(lW + lH)/2 - sqrt((lW - lH)^2/4 + s^2), or lambda_b + pull where that is less."""
    import sympy

    problem = claim.problem
    sentence = f"the least Hessian eigenvalue at W = H = 0 {claim.relation} {claim.value} for {problem}"
    related(0, claim.relation)
    proper(problem)
    lW, lH = rational(problem.lambda_W), rational(problem.lambda_H)
    square = rational(separating_weight(problem) / problem.N**2)
    exact = (lW + lH) / 2 - sympy.sqrt((lW - lH) ** 2 / 4 + square)
    if problem.lambda_b is not None:
        other = rational(problem.lambda_b)
        distance = value_ball(exact - other, 512)
        if not (distance > 0 or distance < 0):
            return refuse(sentence, f"{exact} is not told from lambda_b = {other}")
        exact = other if distance > 0 else exact
    if same_constant(exact, as_expression(claim.value), effort):
        return _verdict(sentence, problem, f"it is {exact} exactly", yes=related(0, claim.relation), rigor=Rigor.EXACT)
    for bits in effort.ladder:
        with flint.ctx.workprec(bits):
            gap = value_ball(exact, bits) - value_ball(claim.value, bits)
            shown = f"it is {exact} = {value_ball(exact, bits).str(15, radius=False)}"
        if gap > 0 or gap < 0:
            return _verdict(sentence, problem, shown, yes=related(1 if gap > 0 else -1, claim.relation))
    return refuse(sentence, f"{exact} is not separated from the value, nor proved equal to it")


def _gap(claim: DualGap, effort: Effort) -> Evidence:
    sentence = f"the minimum of {claim.problem} is certified by duality to within {claim.gap}"
    limit = value_ball(claim.gap, 256)
    if not limit > 0:
        raise InvalidClaim(f"gap={claim.gap} given, but a gap > 0 is needed")
    shown = ""
    for digits in _BOUND_DIGITS:
        bounds = certified_bounds(claim.problem, digits, effort.seed)
        with flint.ctx.workprec(256):
            gap = to_ball(bounds.gap)
            shown = f"[{', '.join(bounds.enclosure().decimals(15))}], gap {gap.str(3, radius=False)}"
            if gap <= limit:
                because = f"dual point and point: the minimum lies in {shown}"
                return _verdict(sentence, claim.problem, because, yes=True,
                                axioms=("Jensen's inequality", "Cauchy-Schwarz inequality"))
    return refuse(sentence, f"the best bounds found are {shown}")


_RULES: dict[type[Claim], Callable[[Any, Effort], Evidence]] = {
    BenignLabelLandscape: settle_landscape,
    DualGap: _gap,
    LabelGeometry: _geometry,
    LabelNullity: _nullity,
    LabelOriginCurvature: _origin,
    LabelQuantity: _quantity,
    LabelSpectrum: _spectrum,
    LabelStationary: _stationary,
    LabelValue: _value,
    ScalarRoot: _scalar_root,
}
