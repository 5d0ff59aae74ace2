"""Settle claims about spherical codes: disjoint balls decide, equality is settled by exact algebra alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import sympy
from flint import arb, fmpq_poly

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.arithmetic.exact import exact_number
from ncproofs.critical.code_margins import exact_margins, hardmax
from ncproofs.critical.code_optimum import code_optimum
from ncproofs.critical.code_values import ExactValue, exact_value
from ncproofs.errors import InvalidClaim
from ncproofs.problems.codes import Codes, Points, inner
from ncproofs.proof.angles import angle_ball
from ncproofs.proof.claims import Claim
from ncproofs.proof.code_claims import (
    CodeBracket,
    CodeEverywhereActive,
    CodeMinimisesLoss,
    CodeQuantity,
    CodeValue,
    HardMaxValue,
    LocalCodeValue,
    LossAtCode,
    SoftmaxCode,
)
from ncproofs.proof.constants import (
    as_expression,
    fails,
    holds,
    refuse,
    related,
    same_constant,
    settled_by,
)
from ncproofs.proof.discharge import Effort
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["settle"]

_SEARCH_STARTS = 24
_QUANTITY = re.compile(r"(margin|cosine)|(rho|one_minus_cosine)\[([1-9]\d{0,3})\]")


def settle(claim: Claim, effort: Effort) -> Evidence:
    """The evidence about a claim on spherical codes.

    Raises:
        InvalidClaim: a value that is not an exact constant, a quantity or relation that does not exist.
    """
    return settled_by(_RULES, claim, effort, "spherical codes")


def _well_formed(claim: Any) -> None:
    """Raises InvalidClaim for a relation that does not exist, or a value that is no exact constant."""
    related(0, claim.relation)
    angle_ball(claim.value, 64)


def _said(sentence: str, because: str, covers: object, axioms: tuple[str, ...] = (), *, yes: bool,
          rigor: Rigor = Rigor.ENCLOSED) -> Evidence:
    if not yes:
        return fails(sentence, because, covers, because)
    return Evidence(truth=Truth.HOLDS, rigor=rigor, sentence=sentence, because=because, covers=str(covers),
                    axioms=axioms)


def _algebraic_order(polynomial: fmpq_poly, ball: Callable[[int], arb], value: Any, effort: Effort) -> int | None:
    """Sign of (the zero of ``polynomial`` in ``ball``) - value; 0 is proved by p(value) = 0 and isolation.

    None when the balls overlap to the last precision and the value is no zero of the polynomial.
    """
    for bits in effort.ladder:
        with flint.ctx.workprec(bits):
            gap = ball(bits) - angle_ball(value, bits)
            if gap > 0:
                return 1
            if gap < 0:
                return -1
    expression = as_expression(value)
    if expression.has(sympy.cos, sympy.sin):  # the normal form of the algebra does not know them
        return None
    at = sum((sympy.Rational(int(c.p), int(c.q)) * expression**k for k, c in enumerate(polynomial.coeffs())),
             sympy.Integer(0))
    if not same_constant(at, sympy.Integer(0), effort):
        return None
    bits = effort.ladder[-1]
    with flint.ctx.workprec(bits):
        joined = ball(bits).union(angle_ball(value, bits))
        zeros: list[Any] = _distinct(polynomial).complex_roots()
        near = [zero for zero, _ in zeros if zero.imag.is_zero() and zero.real.overlaps(joined)]
    return 0 if len(near) == 1 else None


def _distinct(polynomial: fmpq_poly) -> fmpq_poly:
    """Without repeated factors, so that its zeros can be isolated."""
    common = polynomial.gcd(polynomial.derivative())
    return polynomial // common


def _margin_order(polynomial: fmpq_poly, cosine: Callable[[int], arb], value: Any, effort: Effort) -> int | None:
    """Sign of (1 - c) - value."""
    order = _algebraic_order(polynomial, cosine, 1 - as_expression(value), effort)
    return None if order is None else -order


def _value(claim: CodeValue, effort: Effort) -> Evidence:
    problem = claim.problem
    sentence = f"rho* {claim.relation} {claim.value} for {problem}"
    _well_formed(claim)
    known = exact_value(problem)
    if known is not None:
        polygon = known.regime == "polygon" and 1 - as_expression(claim.value) == sympy.cos(2 * sympy.pi / problem.K)
        order = 0 if polygon else _margin_order(known.polynomial, known.cosine, claim.value, effort)
        shown = _shown(known)
        if order is None:
            return refuse(sentence, f"rho* is {shown}, and the value is not told from it")
        return _said(sentence, f"rho* is {shown}; {known.because}", problem, known.axioms, rigor=Rigor.EXACT,
                     yes=related(order, claim.relation))
    return _between(claim, sentence, effort)


def _shown(known: ExactValue) -> str:
    if known.rational is not None:
        return str(1 - known.rational)
    with flint.ctx.workprec(128):
        return (1 - known.cosine(128)).str(25, radius=False)


def _between(claim: CodeValue, sentence: str, effort: Effort) -> Evidence:
    """Only bounds are known."""
    found = code_optimum(claim.problem, seed=effort.seed, starts=_SEARCH_STARTS)
    margin = found.quantities["margin"]
    with flint.ctx.workprec(256):
        value = Enclosure.of_ball(angle_ball(claim.value, 256))
    low, high = margin.decimals(12)
    shown = f"rho* lies in [{low}, {high}]: {found.because}"
    order = 1 if value.upper < margin.lower else -1 if value.lower > margin.upper else None
    if order is None:
        return refuse(sentence, f"{shown}; the value lies between")
    return _said(sentence, shown, claim.problem, found.axioms if order < 0 else (),
                 yes=related(order, claim.relation))


def _bracket(claim: CodeBracket, effort: Effort) -> Evidence:
    sentence = f"certified bounds of rho* for {claim.problem}"
    found = code_optimum(claim.problem, seed=effort.seed, starts=_SEARCH_STARTS)
    margin = found.quantities["margin"]
    low, high = margin.decimals(12)
    if margin.lower > margin.upper:
        return fails(sentence, "the bounds contradict each other", claim.problem, f"{low} > {high}")
    rigor = found.rigor if found.truth is Truth.HOLDS else Rigor.ENCLOSED
    return _said(sentence, f"{found.status}: rho* in [{low}, {high}]; {found.because}", claim.problem, found.axioms,
                 yes=True, rigor=rigor)


def _signed_square(points: Points, quantity: str) -> Fraction:
    """x |x| for the quantity x: exact, since every quantity is a root of a fraction or a fraction."""
    match = _QUANTITY.fullmatch(quantity)
    if match is None:
        raise InvalidClaim(f"quantity={quantity!r} given; write margin, cosine, rho[1] or one_minus_cosine[1]")
    radius_sq = points.radius_sq
    if radius_sq is None:
        raise InvalidClaim("the points have different lengths; give points of one length")
    k = int(match[3]) - 1 if match[3] else 0
    if k >= points.K:
        raise InvalidClaim(f"{quantity} given, but there are {points.K} points")
    if match[1] == "cosine" or match[2]:
        pairs = [(i, k) for i in range(points.K) if i != k] if match[2] else [
            (i, j) for j in range(points.K) for i in range(j)]
        if match[2] != "rho":
            level = max(inner(points.rows[i], points.rows[j]) for i, j in pairs) / radius_sq
            value = 1 - level if match[2] else level
            return value * abs(value)
    squares = exact_margins(points).rho_sq
    return (squares[k] if match[2] else min(squares)) / radius_sq


def _ordered(square: Fraction, value: Any, effort: Effort) -> int | None:
    """Sign of x - value, where x |x| = square."""
    exact = sympy.Rational(square.numerator, square.denominator)
    root = sympy.sqrt(exact) if square >= 0 else -sympy.sqrt(-exact)
    return _constant_order(root, value, effort)


def _constant_order(left: Any, value: Any, effort: Effort) -> int | None:
    for bits in effort.ladder:
        with flint.ctx.workprec(bits):
            gap = angle_ball(left, bits) - angle_ball(value, bits)
            if gap > 0:
                return 1
            if gap < 0:
                return -1
    return 0 if same_constant(left, as_expression(value), effort) else None


def _decided(sentence: str, covers: object, shown: str, order: int | None, relation: str) -> Evidence:
    if order is None:
        return refuse(sentence, f"it is {shown}, and the value is not told from it")
    return _said(sentence, f"it is {shown}", covers, yes=related(order, relation), rigor=Rigor.EXACT)


def _quantity(claim: CodeQuantity, effort: Effort) -> Evidence:
    sentence = f"{claim.quantity} {claim.relation} {claim.value} for {claim.points}"
    _well_formed(claim)
    square = _signed_square(claim.points, claim.quantity)
    shown = f"{'-' if square < 0 else ''}sqrt({abs(square)})"
    return _decided(sentence, claim.points, shown, _ordered(square, claim.value, effort), claim.relation)


def _hardmax(claim: HardMaxValue, effort: Effort) -> Evidence:
    sentence = f"HardMax(W, H) {claim.relation} {claim.value} for {claim.points}"
    _well_formed(claim)
    exact = [[[exact_number(x, "feature") for x in h] for h in features] for features in claim.features]
    found = hardmax(claim.points, exact)
    order = _constant_order(as_expression(found), claim.value, effort)
    return _decided(sentence, claim.points, str(found), order, claim.relation)


def _is_code(claim: SoftmaxCode, effort: Effort) -> Evidence:
    points = claim.points
    problem = Codes(points.K, points.d)
    sentence = f"{points} are a softmax code"
    square = _signed_square(points, "margin")
    known = exact_value(problem)
    if known is not None:
        root = sympy.sqrt(sympy.Rational(square.numerator, square.denominator))
        order = _margin_order(known.polynomial, known.cosine, root, effort)
        if order is None:
            return refuse(sentence, f"the squared margin {square} is not told from that of rho* = {_shown(known)}")
        return _said(sentence, f"squared margin {square}, rho* = {_shown(known)}", points, known.axioms,
                     yes=order == 0, rigor=Rigor.EXACT)
    found = code_optimum(problem, seed=effort.seed, starts=_SEARCH_STARTS)
    lower = found.quantities["margin"].lower
    if lower > 0 and square < lower * lower:
        low = found.quantities["margin"].decimals(12)[0]
        return _said(sentence, f"squared margin {square}, but another code has margin {low} or more", points, yes=False)
    return refuse(sentence, f"the squared margin is {square}, and rho* is only known between bounds")


def _active(claim: CodeEverywhereActive, effort: Effort) -> Evidence:
    margins = exact_margins(claim.points)
    sentence = f"every rho_k equals the margin of {claim.points}"
    free = [k + 1 for k in range(claim.points.K) if k not in margins.active]
    shown = f"squared margin {margins.margin_sq}" + (f", larger at point {free[0]}" if free else " at every point")
    return _said(sentence, shown, claim.points, yes=not free, rigor=Rigor.EXACT)


def _local(claim: LocalCodeValue, effort: Effort) -> Evidence:
    from ncproofs.critical.code_local import certify_code
    from ncproofs.critical.code_search import search

    problem = claim.problem
    sentence = f"a strict local maximum with margin {claim.relation} {claim.value} for {problem}"
    _well_formed(claim)
    if problem.d < 2:
        return refuse(sentence, "in R^1 unit vectors are isolated points")
    found = search(problem.K, problem.d, starts=_SEARCH_STARTS, seed=claim.seed)
    local = certify_code(found.W, 160)
    if not local.optimal:
        return refuse(sentence, f"the best code found is not certified: {local.missing}")
    with flint.ctx.workprec(160):
        shown = (1 - local.cosine).str(30, radius=False)
        gap = 1 - local.cosine - angle_ball(claim.value, 160)
    order = 1 if gap > 0 else -1 if gap < 0 else None
    if order is None and local.polynomial is not None:
        order = _margin_order(local.polynomial, lambda bits: local.cosine, claim.value,
                              Effort(ladder=(64, 160), seed=effort.seed))
    if order is not None and related(order, claim.relation):
        return holds(sentence, f"margin {shown}: {local.optimal}", problem)
    # Other local maxima may exist, so a value that does not fit is not refuted.
    return refuse(sentence, f"the code found has margin {shown}")


def _loss(claim: LossAtCode, effort: Effort) -> Evidence:
    from ncproofs.critical.code_temperature import loss

    sides = {"equal": 1, "opposite": -1}
    if claim.features not in sides:
        raise InvalidClaim(f"features={claim.features!r} given; write equal (H = W) or opposite (H = -W)")
    tau = exact_number(claim.tau, "tau")
    place = "H = W" if sides[claim.features] > 0 else "H = -W"
    sentence = f"f_tau {claim.relation} {claim.value} at {place}, tau = {tau}, for {claim.problem}"
    _well_formed(claim)
    known = exact_value(claim.problem)
    if known is None or tau <= 0:
        return refuse(sentence, "no optimal code is proved here" if tau > 0 else "tau > 0 is needed")
    for bits in effort.ladder:
        with flint.ctx.workprec(bits):
            rows = known.rows(bits)
            found = loss(rows, [[sides[claim.features] * x for x in row] for row in rows], tau, bits)
            gap = found - angle_ball(claim.value, bits)
            shown = found.str(20, radius=False)
        if gap > 0 or gap < 0:
            return _said(sentence, f"it is {shown}", claim.problem, yes=related(1 if gap > 0 else -1, claim.relation))
    return refuse(sentence, f"it is {shown}, not told from the value by {effort.ladder[-1]} bits")


def _minimises(claim: CodeMinimisesLoss, effort: Effort) -> Evidence:
    from ncproofs.critical.code_local import certify_code
    from ncproofs.critical.code_search import search
    from ncproofs.critical.code_temperature import best_features, descend, least_over_features, loss, unit_balls

    problem, tau = claim.problem, exact_number(claim.tau, "tau")
    sentence = f"the best known code with its best features minimises cross-entropy at tau = {tau}, {problem}"
    if tau <= 0:
        raise InvalidClaim(f"tau={tau} given, but tau > 0 is needed")
    bits = 160
    if problem.K <= problem.d + 1:
        return _said(sentence, "K <= d + 1: the simplex ETF with h = w is the global minimiser at every tau", problem,
                     ("Jensen's inequality", "Cauchy-Schwarz inequality"), yes=True)
    known = exact_value(problem)
    if problem.d < 2:
        return refuse(sentence, "in R^1 there is nothing to descend")
    if known is not None and not known.unique and problem.K < 2 * problem.d:
        return refuse(sentence, "optimal codes differ for d + 2 <= K < 2d, and which of them minimises is not decided")
    with flint.ctx.workprec(bits):
        rows = known.rows(bits) if known else certify_code(
            search(problem.K, problem.d, starts=_SEARCH_STARTS, seed=claim.seed).W, bits).rows
        lower, upper = least_over_features(rows, best_features(rows, tau), tau, bits)
        W, H = descend(problem.K, problem.d, tau, _SEARCH_STARTS // 2, claim.seed)
        other = loss(unit_balls(W), unit_balls(H), tau, bits)
        shown = f"{other.str(12, radius=False)} at another point, {lower.str(12, radius=False)} or more at the code"
        if other < lower:
            return _said(sentence, shown, problem, yes=False)
    return refuse(sentence, f"no better point was found ({upper.str(12, radius=False)} at the code)")


_RULES: dict[type[Claim], Callable[[Any, Effort], Evidence]] = {
    CodeValue: _value,
    CodeBracket: _bracket,
    CodeQuantity: _quantity,
    HardMaxValue: _hardmax,
    SoftmaxCode: _is_code,
    CodeEverywhereActive: _active,
    LocalCodeValue: _local,
    LossAtCode: _loss,
    CodeMinimisesLoss: _minimises,
}
