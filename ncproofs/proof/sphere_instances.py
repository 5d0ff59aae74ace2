"""Settle claims about one problem on products of spheres: optimum, spectrum, certificate, multipliers.

Disjoint balls decide; an equality is settled only by exact algebra on a closed form. What is out of reach is
undecided.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
from flint import arb

from ncproofs.calculus.logit_facts import is_convex
from ncproofs.calculus.sphere_objective import sphere_multipliers
from ncproofs.critical.profiles import is_mean_squared, profile_of, to_ball
from ncproofs.critical.sphere_focal import contact_inequality
from ncproofs.critical.sphere_optimum import SphereOptimum, closed_form, lower_bound, sphere_optimum, sphere_regime
from ncproofs.critical.sphere_points import is_projected, named_point
from ncproofs.critical.sphere_spectrum import certificate_rows, curvature_range, dense_agreement, sphere_spectrum
from ncproofs.errors import InvalidClaim, InvalidProblem, OutOfScope
from ncproofs.problems.features import Spheres
from ncproofs.proof.claims import Claim
from ncproofs.proof.constants import (
    as_expression,
    digits_of,
    fails,
    holds,
    refuse,
    related,
    same_constant,
    settled_by,
    value_ball,
)
from ncproofs.proof.discharge import Effort
from ncproofs.proof.sphere_claims import (
    ContactInequality,
    DualCertificate,
    MultiplierBalance,
    SphereComparison,
    SphereGeometry,
    SphereInertia,
    SphereQuantity,
    SphereSpectrum,
    SphereValue,
)
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["settle"]

_GEOMETRIES = {"simplex ETF": -1, "orthogonal frame": 0, "equal logit gaps": None, "exact fit": None,
               "unit-norm tight frame": None}
_QUANTITIES = ("objective", "multiplier_W", "multiplier_H", "condition_number")
_LARGEST_DENSE = 300


def settle(claim: Claim, effort: Effort) -> Evidence:
    """The evidence about a claim on one problem on spheres.

    Raises:
        InvalidClaim: a value that is not an exact constant, a geometry, quantity or relation that does not exist.
    """
    return settled_by(_RULES, claim, effort, "one problem on spheres")


def _verdict(sentence: str, problem: object, because: str, rigor: Rigor, axioms: tuple[str, ...] = (), *,
             yes: bool) -> Evidence:
    if not yes:
        return fails(sentence, because, problem, because)
    return Evidence(truth=Truth.HOLDS, rigor=min(rigor, Rigor.ENCLOSED), sentence=sentence, because=because,
                    covers=str(problem), axioms=axioms)


def _value(claim: SphereValue, effort: Effort) -> Evidence:
    problem = claim.problem
    sentence = f"the minimum {claim.relation} {claim.value} for {problem}"
    related(0, claim.relation)
    try:
        at = sphere_optimum(problem, digits=6)
    except (InvalidProblem, OutOfScope):
        return _from_below(claim, sentence, effort)
    if at.truth is not Truth.HOLDS:
        found = _above_candidate(claim, at, sentence, effort)
        return found or _from_below(claim, sentence, effort)
    order, shown = _order(at, "objective", claim.value, effort)
    if order is None:
        return refuse(sentence, f"the minimum {shown} and the value are not separated by {effort.ladder[-1]} bits")
    return _verdict(sentence, problem, f"the minimum is {shown}; {at.because}", at.rigor, at.axioms,
                    yes=related(order, claim.relation))


def _above_candidate(claim: SphereValue, at: SphereOptimum, sentence: str, effort: Effort) -> Evidence | None:
    """min <= candidate < value decides every relation."""
    order, shown = _order(at, "objective", claim.value, effort)
    if order is None or order >= 0:
        return None
    because = f"the point shown by `optimum` has value {shown}"
    return _verdict(sentence, claim.problem, because, Rigor.ENCLOSED, yes=claim.relation in ("<", "<="))


def _from_below(claim: SphereValue, sentence: str, effort: Effort) -> Evidence:
    """The lower bound that holds for every d. It is not a value when equality needs rank K - 1 > d."""
    problem = claim.problem
    wide = Spheres(problem.loss, problem.K, max(problem.d, problem.K), problem.n, problem.tau)
    regime = sphere_regime(wide)
    if regime.truth is not Truth.HOLDS:
        return refuse(sentence, f"no lower bound is certified: {regime.because}")
    rank = {"simplex ETF": problem.K - 1, "orthogonal frame": problem.K}.get(regime.geometry, 0)
    strict = problem.d < rank
    why = f"equality forces the kind {regime.geometry}, of rank {rank} > d" if strict else "for every d"
    for bits in effort.ladder:
        found = lower_bound(problem, bits)
        with flint.ctx.workprec(bits):
            bound = to_ball(found[0]) if found else arb.nan()
            below = bool(value_ball(claim.value, bits) < bound)
        if below:
            break
    exact = closed_form(wide, regime, "objective")
    equal = not below and _is_same(exact, claim.value, effort)
    because = f"the minimum is {'more than' if strict else 'at least'} {bound.str(20, radius=False)}: {why}"
    if below or (equal and strict):  # value < min
        return _verdict(sentence, problem, because, regime.rigor, regime.axioms, yes=claim.relation in (">", ">="))
    if equal and claim.relation in (">=", "<"):
        return _verdict(sentence, problem, because, regime.rigor, regime.axioms, yes=claim.relation == ">=")
    return refuse(sentence, f"{because}; the minimum itself is not known")


def _quantity(claim: SphereQuantity, effort: Effort) -> Evidence:
    sentence = f"{claim.quantity} {claim.relation} {claim.value} at {claim.point} of {claim.problem}"
    related(0, claim.relation)
    if claim.quantity not in _QUANTITIES:
        raise InvalidClaim(f"{claim.quantity!r} is not one of {', '.join(_QUANTITIES)}")
    at = sphere_optimum(claim.problem, point=claim.point, digits=6)
    if at.truth is not Truth.HOLDS:
        return refuse(sentence, f"the optimum itself is not certified: {at.because}")
    if claim.quantity not in at.quantities:
        return refuse(sentence, f"the minimisers are not one orbit of rotations ({at.regime}), and share no "
                                f"{claim.quantity}")
    order, shown = _order(at, claim.quantity, claim.value, effort)
    if order is None:
        return refuse(sentence, f"{claim.quantity} {shown} and the value are not separated nor proved equal")
    return _verdict(sentence, claim.problem, f"{claim.quantity} is {shown}", at.rigor, at.axioms,
                    yes=related(order, claim.relation))


def _order(at: SphereOptimum, quantity: str, value: Any, effort: Effort) -> tuple[int | None, str]:
    """Sign of (quantity - value) and the quantity in words; 0 only by exact algebra, None when undecided."""
    point = "antipodal" if at.point == "antipodal" else "etf"
    shown = ""
    for bits in effort.ladder:
        enclosure = sphere_optimum(at.problem, point=point, digits=digits_of(bits)).quantities[quantity]
        shown = f"in [{', '.join(enclosure.decimals(20))}]"
        with flint.ctx.workprec(bits + 32):
            gap = enclosure.ball() - value_ball(value, bits + 32)
            if gap > 0 or gap < 0:
                return (1 if gap > 0 else -1), shown
    exact = at.quantities[quantity]
    if exact.is_point:
        expression = as_expression(exact.lower)
    elif point == "etf":
        expression = closed_form(at.problem, sphere_regime(at.problem), quantity)
    else:
        return None, shown
    return (0 if _is_same(expression, value, effort) else None), shown


def _is_same(exact: Any, value: Any, effort: Effort) -> bool:
    """True is a proof; one expression written twice needs no algebra."""
    given = as_expression(value)
    return exact is not None and (bool(exact == given) or same_constant(exact, given, effort))


def _geometry(claim: SphereGeometry, effort: Effort) -> Evidence:
    problem = claim.problem
    if claim.geometry not in _GEOMETRIES:
        raise InvalidClaim(f"geometry={claim.geometry!r} given, but one of {', '.join(_GEOMETRIES)} is needed")
    sentence = f"every global minimiser of {problem} is of the kind: {claim.geometry}"
    shift = _GEOMETRIES[claim.geometry]
    if shift is not None and problem.d < problem.K + shift:
        witness = f"{claim.geometry} has rank {problem.K + shift} > d = {problem.d}"
        return fails(sentence, "a minimiser exists, on a compact set, and has rank at most d", problem, witness)
    at = sphere_optimum(problem, digits=20)
    shown = ", ".join(at.quantities["objective"].decimals(20))
    if at.truth is Truth.UNDECIDED:
        return refuse(sentence, at.because)
    if at.truth is Truth.FAILS:
        if claim.geometry == "simplex ETF":
            return fails(sentence, at.because, problem, at.because)
        return refuse(sentence, at.because)
    if at.geometry == claim.geometry:
        return _verdict(sentence, problem, at.because, at.rigor, at.axioms, yes=True)
    if at.geometry == "unit-norm tight frame" and claim.geometry == "simplex ETF":
        flipped = "with an ETF, w_1 and every h_{1,i} of opposite sign are optimal too, and w_1, w_2 at another angle"
        return fails(sentence, at.because, problem, f"the minimum is in [{shown}]; {flipped}")
    if _GEOMETRIES[claim.geometry] is None or (
        at.geometry == "equal logit gaps" and claim.geometry == "orthogonal frame"
    ):  # not disjoint kinds: an orthogonal frame with h = w has one logit gap, and fits exactly at tau = 1
        return refuse(sentence, f"the regime is {at.regime}: {at.because}")
    return fails(sentence, at.because, problem, _other(problem, at, claim.geometry, shown))


def _other(problem: Spheres, at: SphereOptimum, claimed: str, shown: str) -> str:
    text = f"the minimum is in [{shown}], regime {at.regime}"
    if claimed != "simplex ETF":
        return text
    from ncproofs.critical.sphere_points import collapsed

    with flint.ctx.workprec(128):
        rival = to_ball(collapsed(problem, problem.tau, 128).value)
    return f"{text}; the simplex ETF has value {rival.str(20, radius=False)}"


def _comparison(claim: SphereComparison, effort: Effort) -> Evidence:
    sentence = f"{claim.quantity} of [{claim.left}] {claim.relation} that of [{claim.right}]"
    if claim.relation not in (">", "<"):
        raise InvalidClaim(f"relation={claim.relation!r} given; write > or <")
    if claim.quantity not in (*_QUANTITIES, "least_curvature"):
        raise InvalidClaim(f"{claim.quantity!r} is not one of {', '.join(_QUANTITIES)}, least_curvature")
    for bits in effort.ladder:
        left, right = (_measured(problem, claim.quantity, bits) for problem in (claim.left, claim.right))
        with flint.ctx.workprec(bits):
            if left > right or left < right:
                because = f"{left.str(12, radius=False)} and {right.str(12, radius=False)}"
                yes = bool(left > right) == (claim.relation == ">")
                return _verdict(sentence, f"{claim.left}; {claim.right}", because, Rigor.ENCLOSED, yes=yes)
    return refuse(sentence, f"not separated by {effort.ladder[-1]} bits")


def _measured(problem: Spheres, quantity: str, bits: int) -> arb:
    at = sphere_optimum(problem, digits=digits_of(bits))
    if at.truth is not Truth.HOLDS:
        raise OutOfScope(f"the optimum itself is not certified: {at.because}")
    with flint.ctx.workprec(bits):
        if quantity != "least_curvature":
            if quantity not in at.quantities:
                raise OutOfScope(f"{problem} has no {quantity}: {at.because}")
            return at.quantities[quantity].ball()
        ends = curvature_range(problem, at.point, bits) if at.point else None
        if ends is None:
            raise OutOfScope(f"{problem} has no single spectrum at its minimisers")
        return to_ball(ends[0])


def _inertia(claim: SphereInertia, effort: Effort) -> Evidence:
    wanted = [f"{count} {name} eigenvalues"
              for name, count in (("zero", claim.zero), ("negative", claim.negative)) if count is not None]
    if not wanted:
        raise InvalidClaim("neither zero nor negative given; say how many eigenvalues are meant")
    sentence = f"the Hessian at {claim.point} of {claim.problem} has exactly {' and '.join(wanted)}"
    entries = sphere_spectrum(claim.problem, point=claim.point, digits=10)
    zero = sum(e.multiplicity for e in entries if e.enclosure.is_point and e.enclosure.lower == 0)
    negative = sum(e.multiplicity for e in entries if e.enclosure.upper < 0)
    positive = sum(e.multiplicity for e in entries if e.enclosure.lower > 0)
    if zero + negative + positive != sum(e.multiplicity for e in entries):
        raise OutOfScope("the sign of an eigenvalue is not certain at this precision")
    because = f"{zero} eigenvalues of the closed form are exactly 0 and {negative} certainly negative, " \
              "all others are certainly positive"
    yes = claim.zero in (None, zero) and claim.negative in (None, negative)
    return _verdict(sentence, claim.problem, because, Rigor.ENCLOSED, yes=yes)


def _spectrum(claim: SphereSpectrum, effort: Effort) -> Evidence:
    sentence = f"the closed-form spectrum at {claim.point} of {claim.problem} is that of the dense Hessian"
    if claim.problem.dimension > _LARGEST_DENSE:
        return refuse(sentence, f"dimension {claim.problem.dimension}; dense Hessians are built up to {_LARGEST_DENSE}")
    ladder = tuple(bits for bits in effort.ladder if bits <= 256)
    truth, because = dense_agreement(claim.problem, claim.point, ladder)
    if truth is Truth.UNDECIDED:
        return refuse(sentence, because)
    return _verdict(sentence, claim.problem, because, Rigor.ENCLOSED, yes=truth is Truth.HOLDS)


def _certificate(claim: DualCertificate, effort: Effort) -> Evidence:
    sentence = f"T >= 0 at {claim.point} of {claim.problem}, and the loss is convex"
    for bits in effort.ladder:
        with flint.ctx.workprec(bits):
            rows = [row for row in certificate_rows(claim.problem, claim.point, bits) if row[1]]
            below = [to_ball(row[0]) for row in rows if row[0] < 0]
            clear = all(bool(row[0] >= 0) for row in rows)
        if below:
            least = f"{below[0].str(12, radius=False)} is an eigenvalue of T"
            return fails(sentence, least, claim.problem, least)
        if clear:
            break
    else:
        return refuse(sentence, f"the sign of an eigenvalue of T is not decided at {effort.ladder[-1]} bits")
    why, rigor = "Hess L = I - 1 1^T/K is a projector", Rigor.EXACT
    if not is_projected(claim.problem.loss):
        convex = is_convex(claim.problem.loss)
        if convex.truth is not Truth.HOLDS:
            return refuse(sentence, f"T >= 0, but convexity: {convex.because}")
        why, rigor = convex.because, convex.rigor
    because = f"all {len(rows)} kinds of eigenvalues of T are certified >= 0; {why}"
    return _verdict(sentence, claim.problem, because, rigor, ("tangent plane of a convex function",), yes=True)


def _contact(claim: ContactInequality, effort: Effort) -> Evidence:
    sentence = f"Phi'(1) < 0 and inequality (J) for {claim.problem}"
    found = contact_inequality(profile_of(claim.problem.loss), claim.problem.K, claim.problem.tau,
                               boxes=effort.boxes)
    if found.truth is Truth.UNDECIDED:
        return refuse(sentence, found.because)
    return _verdict(sentence, claim.problem, found.because, Rigor.ENCLOSED, yes=found.truth is Truth.HOLDS)


def _balance(claim: MultiplierBalance, effort: Effort) -> Evidence:
    sentence = f"sum_k alpha_k w_k = 0 at {claim.point} of {claim.problem}"
    if claim.point in ("etf", "antipodal"):
        named_point(claim.problem, claim.point, 64)
        return holds(sentence, "all alpha_k are equal and the classifiers sum to zero", claim.problem, Rigor.EXACT)
    if not is_mean_squared(claim.problem.loss):
        return refuse(sentence, f"the point {claim.point} is critical for mean_squared only")
    for bits in effort.ladder:
        W, H = named_point(claim.problem, claim.point, bits)
        alpha, _ = sphere_multipliers(claim.problem, W, H, bits)
        with flint.ctx.workprec(bits):
            sums = [sum((x * y for x, y in zip(row, alpha, strict=True)), arb(0)) for row in W.tolist()]
            if any(entry > 0 or entry < 0 for entry in sums):
                size = sum((entry * entry for entry in sums), arb(0)).sqrt().str(12, radius=False)
                return fails(sentence, "the sum is enclosed away from 0", claim.problem, f"its length is {size}")
    return refuse(sentence, "the sum is not separated from 0")


_RULES: dict[type[Claim], Callable[[Any, Effort], Evidence]] = {
    SphereValue: _value,
    SphereGeometry: _geometry,
    SphereQuantity: _quantity,
    SphereComparison: _comparison,
    SphereInertia: _inertia,
    SphereSpectrum: _spectrum,
    DualCertificate: _certificate,
    ContactInequality: _contact,
    MultiplierBalance: _balance,
}
