"""Settle claims about one problem: its optimum, its spectrum, its named critical points, one reduced function.

Every rule compares certified enclosures with the claimed value at rising precision; disjoint balls decide, and an
equality is settled only by exact algebra on a closed form. A claim that is out of reach is undecided.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
from flint import arb

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.exact import exact_number
from ncproofs.critical.optimum import Optimum, optimum
from ncproofs.errors import InexactInput, InvalidClaim, InvalidLoss, InvalidProblem, NcproofsError
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
from ncproofs.proof.discharge import Effort
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["digits_of", "refuse", "settle", "value_ball"]


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
    return f"{type(claim).__name__} at {problem}" if problem is not None else type(claim).__name__


def refuse(sentence: str, because: str) -> Evidence:
    """An undecided answer with its reason."""
    return Evidence(truth=Truth.UNDECIDED, rigor=Rigor.SAMPLED, sentence=sentence, because=because)


def value_ball(value: Any, bits: int) -> arb:
    """An exact constant (SymPy expression, Fraction, integer or string such as "1/100") as a ball.

    Raises:
        InvalidClaim: a float, a symbol, or a function that balls do not evaluate.
    """
    import sympy

    from ncproofs.arithmetic.program import lower

    try:
        if isinstance(value, sympy.Expr) and not value.is_Rational:
            if value.has(sympy.Float):
                raise InvalidClaim(f"{value} contains a binary float; write rationals such as Rational(1, 10)")
            return lower([value], []).run(Ball(bits), {})[0]
        number = exact_number(value, "value")
    except (InvalidLoss, InexactInput, InvalidProblem) as error:
        raise InvalidClaim(f"{value!r} is not an exact constant: {error}") from None
    with flint.ctx.workprec(bits):
        return Ball(bits).constant(number)


def as_expression(value: Any) -> Any:
    """An exact constant as a SymPy expression."""
    import sympy

    if isinstance(value, sympy.Expr):
        return value
    number = exact_number(value, "value")
    return sympy.Rational(number.numerator, number.denominator)


def digits_of(bits: int) -> int:
    """Decimal digits that ``bits`` bits are worth."""
    return max(6, bits * 3 // 10)


def _optimal_value(claim: OptimalValue, effort: Effort) -> Evidence:
    sentence = f"the minimum {claim.relation} {claim.value} for {claim.problem}"
    at = optimum(claim.problem, digits=6)
    order, found = _order(at, "objective", claim.value, effort)
    if at.truth is not Truth.HOLDS:
        return _bounded_above(claim, at, order, found, sentence)
    if order is None:
        return refuse(sentence, f"the minimum {found} and the value are not separated by {effort.ladder[-1]} bits")
    holds = {"==": order == 0, "<=": order <= 0, ">=": order >= 0, "<": order < 0, ">": order > 0}[claim.relation]
    return _answer(holds, at, sentence, f"the minimum is {found}; {at.because}", f"the minimum is {found}")


def _bounded_above(claim: OptimalValue, at: Optimum, order: int | None, found: str, sentence: str) -> Evidence:
    """Only an upper bound of the minimum is known: the value of the best candidate."""
    if order is not None and order < 0:  # min <= candidate < value
        if claim.relation in ("<", "<="):
            return Evidence(truth=Truth.HOLDS, rigor=Rigor.ENCLOSED, sentence=sentence,
                            because=f"a simplex ETF or zero point has value {found}")
        return Evidence(truth=Truth.FAILS, rigor=Rigor.ENCLOSED, sentence=sentence, because="a lower point is known",
                        witness=f"a simplex ETF or zero point has value {found}")
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
        return refuse(sentence, f"{claim.quantity} {found} and the value are not separated by {effort.ladder[-1]} bits")
    if claim.quantity == "bias" and any("multiple of 1" in note for note in at.notes):
        return refuse(sentence, "the bias is free along 1, so its common entry is not determined")
    return _answer(order == 0, at, sentence, f"{claim.quantity} is {found}", f"{claim.quantity} is {found}")


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
    from ncproofs.critical.closed_forms import closed_form, rational

    enclosure = at.quantities[quantity]
    exact = rational(enclosure.lower) if enclosure.is_point else closed_form(at.problem, at.details, quantity)
    return exact is not None and same_constant(exact, as_expression(value), effort)


def same_constant(left: Any, right: Any, effort: Effort) -> bool:
    """True is a proof that two exact constants are equal."""
    from ncproofs.proof.algebra import settle as settle_identity
    from ncproofs.proof.claims import Identity

    return settle_identity(Identity(left=left, right=right), effort).truth is Truth.HOLDS


def _answer(holds: bool, at: Optimum, sentence: str, because: str, witness: str) -> Evidence:
    return Evidence(
        truth=Truth.HOLDS if holds else Truth.FAILS, rigor=min(at.rigor, Rigor.ENCLOSED), sentence=sentence,
        because=because, witness="" if holds else witness, covers=str(at.problem), axioms=at.axioms if holds else (),
    )


_GEOMETRIES = {"simplex ETF": -1, "orthogonal frame": 0, "intermediate frame": 0, "zero": None}


def _collapsed(claim: CollapsedOptimum, effort: Effort) -> Evidence:
    """Geometry of every global minimiser."""
    problem = claim.problem
    if claim.geometry not in _GEOMETRIES:
        raise InvalidClaim(f"geometry={claim.geometry!r} given, but one of {', '.join(_GEOMETRIES)} is needed")
    sentence = f"every global minimiser of {problem} is of the kind: {claim.geometry}"
    shift = _GEOMETRIES[claim.geometry]
    if shift is not None and problem.d < problem.K + shift:
        return Evidence(
            truth=Truth.FAILS, rigor=Rigor.EXACT, sentence=sentence, because="a minimiser exists and has rank at most d",
            witness=f"{claim.geometry} has rank {problem.K + shift} > d = {problem.d}", covers=str(problem),
            axioms=("existence of a minimiser of a continuous coercive function",),
        )
    at = optimum(problem, digits=20)
    if at.truth is Truth.UNDECIDED:
        return refuse(sentence, at.because)
    if at.truth is Truth.FAILS:
        return _without_collapse(claim, at, sentence)
    if at.geometry == claim.geometry:
        return Evidence(truth=Truth.HOLDS, rigor=at.rigor, sentence=sentence, because=at.because, axioms=at.axioms,
                        holes=at.holes, covers=str(problem))
    return Evidence(
        truth=Truth.FAILS, rigor=at.rigor, sentence=sentence, because=at.because, covers=str(problem),
        witness=_other_geometry(claim, at),
    )


def _without_collapse(claim: CollapsedOptimum, at: Optimum, sentence: str) -> Evidence:
    """A point below every ETF and every zero point is known; classifiers of a softmax loss sum to zero."""
    if claim.geometry in ("simplex ETF", "zero"):
        return Evidence(truth=Truth.FAILS, rigor=Rigor.ENCLOSED, sentence=sentence, because="a better point is known",
                        witness=at.because, covers=str(claim.problem))
    return refuse(sentence, at.because)


def _other_geometry(claim: CollapsedOptimum, at: Optimum) -> str:
    shown = ", ".join(at.quantities["objective"].decimals(20))
    text = f"the minimisers are of the kind {at.geometry}, with value in [{shown}]"
    rival = _rival_value(claim.problem, claim.geometry)
    return text if rival is None else f"{text}; the best {claim.geometry} has value {rival}"


def _rival_value(problem: Ridge, geometry: str) -> str | None:
    """The value of the best point with the claimed geometry, where there is a formula for it."""
    from ncproofs.critical.mse import mse_regime, mse_scale
    from ncproofs.critical.profiles import is_mean_squared, profile_of, to_ball
    from ncproofs.critical.regimes import Regime
    from ncproofs.critical.softmax import trivial_scale

    with flint.ctx.workprec(128):
        if not is_mean_squared(problem.loss):
            if geometry != "zero":
                return None
            return str(trivial_scale(problem, profile_of(problem.loss), 128).objective.str(20, radius=False))
        if geometry not in ("simplex ETF", "zero") or mse_regime(problem).is_trivial:
            return None
        rank = problem.K - 1 if geometry == "simplex ETF" else 0
        name = "collapse" if rank else "trivial"
        best = mse_scale(problem, Regime(name=name, geometry=geometry, rank=rank, because=""))
        return str(to_ball(best.objective).str(20, radius=False))


def _nullity(claim: NullityAtOptimum, effort: Effort) -> Evidence:
    from ncproofs.critical.spectrum import spectrum, zero_count

    sentence = f"the Hessian at the optimum of {claim.problem} has exactly {claim.nullity} zero eigenvalues"
    at = optimum(claim.problem, digits=6)
    if at.truth is not Truth.HOLDS:
        return refuse(sentence, f"the optimum itself is not certified: {at.because}")
    found = zero_count(spectrum(claim.problem, at, digits=10))
    because = f"{found} eigenvalues of the closed form are exactly 0, all others are enclosed away from 0"
    return _answer(found == claim.nullity, at, sentence, because, f"the nullity is {found}")


_LARGEST_DENSE = 300


def _spectrum(claim: SpectrumAtOptimum, effort: Effort) -> Evidence:
    from ncproofs.critical.sweep import dense_agreement

    sentence = f"the closed-form spectrum at the optimum of {claim.problem} is that of the dense Hessian"
    if claim.problem.dimension > _LARGEST_DENSE:
        return refuse(sentence, f"dimension {claim.problem.dimension}; dense Hessians are built up to {_LARGEST_DENSE}")
    truth, because = dense_agreement(claim.problem, tuple(bits for bits in effort.ladder if bits <= 256))
    witness = because if truth is Truth.FAILS else ""
    return Evidence(truth=truth, rigor=Rigor.ENCLOSED, sentence=sentence, because=because, witness=witness,
                    covers=str(claim.problem))


def _curvature(claim: Curvature, effort: Effort) -> Evidence:
    """2 (lam - s1) exactly, for dW = (lambda_H/lambda_W)^(1/4) u a^T and its partner, at W = H = 0."""
    from ncproofs.critical.closed_forms import origin_curvature

    sentence = f"at W = H = 0 of {claim.problem} the explicit direction has second derivative {claim.value}"
    exact = origin_curvature(claim.problem)
    if exact is None:
        return refuse(sentence, "phi'(0) has no closed form for this loss")
    covers = str(claim.problem)
    for bits in effort.ladder:
        with flint.ctx.workprec(bits):
            gap = value_ball(exact, bits) - value_ball(claim.value, bits)
            if gap > 0 or gap < 0:
                shown = value_ball(exact, bits).str(20, radius=False)
                return Evidence(truth=Truth.FAILS, rigor=Rigor.ENCLOSED, sentence=sentence, covers=covers,
                                because="the curvature is 2 (lam - s1)", witness=f"it is {exact} = {shown}")
    if same_constant(exact, as_expression(claim.value), effort):
        return Evidence(truth=Truth.HOLDS, rigor=Rigor.EXACT, sentence=sentence, covers=covers,
                        because=f"2 (lam - s1) = {exact}, the same constant by exact algebra")
    return refuse(sentence, f"2 (lam - s1) = {exact} is not separated from the value, nor proved equal to it")


def _critical_value(claim: CriticalValue, effort: Effort) -> Evidence:
    from ncproofs.critical.spectrum import family_spectrum, negative_count, zero_count

    problem = claim.problem
    sentence = f"the {claim.family} point of {problem} is a strict local minimum modulo symmetry"
    if claim.family not in ("origin", "collapse"):
        raise InvalidClaim(f"family={claim.family!r} given, but 'origin' or 'collapse' is needed")
    entries = family_spectrum(problem, claim.family, digits=10)
    covers, negative = str(problem), negative_count(entries)
    if negative:
        low = ", ".join(entries[0].enclosure.decimals(12))
        return Evidence(truth=Truth.FAILS, rigor=Rigor.ENCLOSED, sentence=sentence, covers=covers,
                        because="the point is a strict saddle", witness=f"{negative} eigenvalues are negative, from [{low}]")
    found, orbit = zero_count(entries), _orbit_dimension(problem, claim.family)
    if found > orbit:
        return refuse(sentence, f"{found} zero eigenvalues, {orbit} of them from symmetry; second order does not decide")
    least = next(entry.enclosure for entry in entries if entry.enclosure.lower > 0)
    return Evidence(
        truth=Truth.HOLDS, rigor=Rigor.ENCLOSED, sentence=sentence, covers=covers,
        because=f"{found} zero modes, all of them symmetry; least positive eigenvalue {least.decimals(12)[0]}",
    )


def _orbit_dimension(problem: Ridge, family: str) -> int:
    """Dimension of the orbit under rotations of the features, and under b + s 1 for a free bias of a softmax loss."""
    from ncproofs.critical.profiles import is_mean_squared

    K, d = problem.K, problem.d
    shift = int(problem.lambda_b == 0 and not is_mean_squared(problem.loss))
    if family == "origin":
        return shift
    orbit = (K - 1) * (d - K + 1) + (K - 1) * (K - 2) // 2 + shift
    if is_mean_squared(problem.loss) and not problem.has_bias:
        orbit += K - 1  # rotations of the classes move the projector
    return orbit


def _scale_equation(claim: ScaleEquation, effort: Effort) -> Evidence:
    from ncproofs.proof.reduced import settle_scale

    return settle_scale(claim, effort)


def _argmin(claim: UniqueArgmin, effort: Effort) -> Evidence:
    from ncproofs.proof.reduced import settle_argmin

    return settle_argmin(claim, effort)


_RULES: dict[type[Claim], Callable[[Any, Effort], Evidence]] = {
    OptimalValue: _optimal_value,
    OptimumIs: _optimum_is,
    CollapsedOptimum: _collapsed,
    NullityAtOptimum: _nullity,
    SpectrumAtOptimum: _spectrum,
    Curvature: _curvature,
    CriticalValue: _critical_value,
    ScaleEquation: _scale_equation,
    UniqueArgmin: _argmin,
}

