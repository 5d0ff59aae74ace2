"""Settle claims about one regularised network: certified bounds decide; an equality only by exact algebra."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.arithmetic.exact import exact_number
from ncproofs.critical.network_batchnorm import has_range, mean_geometry, strengths
from ncproofs.critical.network_certificate import ZERO, NetworkOptimum, certify, enclosed, norm, plus, square
from ncproofs.critical.network_optimum import closed_form, network_answer
from ncproofs.critical.network_spline import off_data_minimiser, solve_spline
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.regimes import product
from ncproofs.errors import InvalidClaim, NcproofsError
from ncproofs.problems.networks import Labels, Network, Points
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
from ncproofs.proof.network_claims import (
    CostsAtLeast,
    DualityGap,
    KinksAtData,
    MeanGeometry,
    NetworkQuantity,
    NetworkValue,
)
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["settle"]

#: Regimes in which ``rank`` is that of one network among several minimisers.
_SHOWN_RANK = ("low rank", "finite convex program", "whitened, overlapping outputs", "bounds only", "flat ends",
               "sloped ends")
#: Numbers of the network shown, which other minimisers need not share.
_SHOWN = ("output_bias", "dual_m", "dual", "gap", "dual_v_")
_MOST_DIGITS = 1000


def settle(claim: Claim, effort: Effort) -> Evidence:
    """The evidence about a claim on one network.

    Raises:
        InvalidClaim: a value that is not an exact constant, a quantity, geometry or relation that does not exist.
    """
    return settled_by(_RULES, claim, effort, "one network")


def _verdict(sentence: str, at: NetworkOptimum, because: str, *, yes: bool) -> Evidence:
    if not yes:
        return fails(sentence, because, at.problem, because)
    return Evidence(truth=Truth.HOLDS, rigor=min(at.rigor, Rigor.ENCLOSED), sentence=sentence, because=because,
                    covers=str(at.problem), axioms=at.axioms, holes=at.holes)


def _value(claim: NetworkValue, effort: Effort) -> Evidence:
    sentence = f"the minimum {claim.relation} {claim.value} for {claim.problem}"
    related(0, claim.relation)
    return _compared(claim.problem, "objective", claim.value, claim.relation, sentence, effort)


def _quantity(claim: NetworkQuantity, effort: Effort) -> Evidence:
    sentence = f"{claim.quantity} {claim.relation} {claim.value} at the optimum of {claim.problem}"
    related(0, claim.relation)
    if claim.quantity == "objective":
        return _compared(claim.problem, "objective", claim.value, claim.relation, sentence, effort)
    if claim.quantity.startswith(_SHOWN):
        raise InvalidClaim(f"{claim.quantity} belongs to the certificate, not to every optimum; claim another quantity")
    return _compared(claim.problem, claim.quantity, claim.value, claim.relation, sentence, effort)


def _compared(problem: Network, quantity: str, value: Any, relation: str, sentence: str, effort: Effort) -> Evidence:
    """The bounds of the objective decide even where they do not agree; other quantities need the optimum."""
    answer = network_answer(problem)
    linear = problem.kind in ("linear", "deep-linear", "batchnorm")
    if quantity == "rank" and answer.regime != "trivial" and answer.geometry != ZERO and (
            not linear or answer.regime in _SHOWN_RANK):
        return refuse(sentence, f"regime {answer.regime}: the rank is that of one network, others may have another")
    shown = ""
    for bits in effort.ladder:
        at = certify(problem, answer, digits_of(bits))
        if quantity not in at.quantities:
            raise InvalidClaim(f"{quantity!r} is not one of {', '.join(at.quantities)}")
        found = at.quantities[quantity]
        if quantity != "objective" and at.truth is not Truth.HOLDS:
            return refuse(sentence, f"the optimum itself is not certified: {at.because}")
        shown = f"{quantity} is {_in_words(found)}"
        order = _order(found, value, bits)
        if order is not None:
            return _verdict(sentence, at, f"{shown}; {at.because}", yes=related(order, relation))
    if at.truth is Truth.HOLDS and _is_equal(problem, quantity, found, value, effort):
        return _verdict(sentence, at, f"{shown}, equal by exact algebra; {at.because}", yes=related(0, relation))
    return refuse(sentence, f"{shown}, and the value is neither separated from it nor proved equal")


def _in_words(found: Enclosure) -> str:
    return f"in [{', '.join(found.decimals(20))}]"


def _order(found: Enclosure, value: Any, bits: int) -> int | None:
    """Sign of (quantity - value) where the two are certainly apart, or both are fractions."""
    if found.is_point:
        try:
            given = exact_number(value, "value")
        except NcproofsError:
            pass
        else:
            return (found.lower > given) - (found.lower < given)
    with flint.ctx.workprec(bits + 32):
        gap = found.ball() - value_ball(value, bits + 32)
        return 1 if gap > 0 else -1 if gap < 0 else None


def _is_equal(problem: Network, quantity: str, found: Enclosure, value: Any, effort: Effort) -> bool:
    """True is a proof: a fraction, or the closed form of the minimum, equals the value by algebra."""
    exact = as_expression(found.lower) if found.is_point else closed_form(problem) if quantity == "objective" else None
    given = as_expression(value)
    return exact is not None and (bool(exact == given) or same_constant(exact, given, effort))


def _gap(claim: DualityGap, effort: Effort) -> Evidence:
    """Every certificate bounds the gap from above; a gap bounded from below comes from a complete list of minima."""
    problem, relation = claim.problem, claim.relation
    sentence = f"the duality gap {relation} {claim.value} for {problem}"
    if relation not in ("==", "<", ">"):
        raise InvalidClaim(f"relation={relation!r} given; write ==, < or >")
    level = exact_number(claim.value, "value")
    answer = network_answer(problem)
    digits = 30 if level <= 0 else max(30, len(str(int(1 / level))) + 5)
    if digits > _MOST_DIGITS:
        raise InvalidClaim(f"value={claim.value} given; write a bound of at least 10^-{_MOST_DIGITS - 5}")
    at = certify(problem, answer, digits)
    gap = at.quantities["gap"]
    shown = f"the gap is at most {gap.decimals(6)[1]}" if gap.lower <= 0 else f"the gap is {_in_words(gap)}"
    because = f"{shown}; {at.because}"
    if gap.lower > level or (gap.is_point and gap.lower == level == 0):
        return _verdict(sentence, at, because, yes=relation == (">" if gap.lower > level else "=="))
    if gap.upper < level:
        return _verdict(sentence, at, because, yes=relation == "<")
    return refuse(sentence, because)


def _means(claim: MeanGeometry, effort: Effort) -> Evidence:
    problem = claim.problem
    which = "globally centred class means" if claim.centred else "class means"
    sentence = f"the {which} of every minimiser of {problem} are: {claim.geometry}"
    if claim.geometry not in ("orthogonal frame", "simplex ETF"):
        raise InvalidClaim(f"geometry={claim.geometry!r} given; write orthogonal frame or simplex ETF")
    if problem.kind != "batchnorm" or not isinstance(problem.data, Labels):
        raise InvalidClaim(f"kind {problem.kind} has no class means here; give a batchnorm problem")
    if not has_range(problem.data):
        return refuse(sentence, "the range condition fails, and the minimiser is not known")
    found = mean_geometry(problem, centred=claim.centred)
    if found == claim.geometry:
        because = "every minimiser has the Gram matrix sum_k (sqrt n_k - beta)_+ y_k y_k^T/n_k"
        return holds(sentence, because, problem, Rigor.EXACT)
    # For K = 2 the centred means are opposite: an ETF when they have one length, which they always have weighted.
    if claim.centred and len(problem.data.counts) == 2:
        return refuse(sentence, f"two centred means are always opposite; here they are: {found}")
    lengths = [enclosed(value) for value in _mean_lengths(problem)]
    witness = f"squared lengths of the means: {', '.join(_in_words(value) for value in lengths[:8])}, " \
              "inner products 0"
    return fails(sentence, f"they are: {found}", problem, witness)


def _mean_lengths(problem: Network) -> list[Any]:
    assert isinstance(problem.data, Labels)
    with flint.ctx.workprec(128):
        return [
            sigma / count if isinstance(sigma, Fraction) else sigma / to_ball(count)
            for sigma, count in zip(strengths(problem), problem.data.counts, strict=True)
        ]


def _points(problem: Network) -> Points:
    if not isinstance(problem.data, Points):
        raise InvalidClaim(f"kind {problem.kind} given, but the claim speaks of a spline")
    return problem.data


def _kinks(claim: KinksAtData, effort: Effort) -> Evidence:
    problem = claim.problem
    sentence = f"every least-norm interpolant has kinks at the data only, for {problem}"
    other = off_data_minimiser(_points(problem))
    if other is None:
        because = "|g| < 1 and |g - m| < 1 off the data for an optimal dual point"
        return holds(sentence, because, problem, Rigor.EXACT)
    places = ", ".join(map(str, other))
    return fails(sentence, "another interpolant costs as much", problem, f"a minimiser has kinks at {places}")


def _costs(claim: CostsAtLeast, effort: Effort) -> Evidence:
    points = _points(claim.problem)
    sentence = f"a network of {len(claim.layers)} layers costs at least the two-layer minimum for {claim.problem}"
    layers = [_layer(weights, biases) for weights, biases in claim.layers]
    if len(layers) < 2:
        raise InvalidClaim(f"{len(layers)} layer given; give at least 2, each as (weights, biases)")
    for weights, _ in layers[:-2]:
        if square([entry for row in weights for entry in row]) > 1:
            return refuse(sentence, "an inner layer has norm above one, so the cost does not count")
    for x, y in zip(points.x, points.y, strict=True):
        if _through(layers, x) != y:
            return refuse(sentence, f"the network given does not pass through ({x}, {y})")
    with flint.ctx.workprec(128):
        total: Any = Fraction(0)
        for row, out in zip(layers[-2][0], layers[-1][0][0], strict=True):
            total = plus(total, product(norm(row), abs(out)))
        cost = enclosed(total)
    least = solve_spline(points).value
    because = f"it costs {_in_words(cost)}, two layers at least {least}"
    if cost.upper < least:
        return fails(sentence, because, claim.problem, because)
    if cost.lower >= least:
        return holds(sentence, because, claim.problem)
    return refuse(sentence, because)


def _layer(weights: Any, biases: Any) -> tuple[list[list[Fraction]], list[Fraction]]:
    rows = [[exact_number(entry, "weight") for entry in row] for row in weights]
    shift = [exact_number(entry, "bias") for entry in biases]
    if len(rows) != len(shift) or not rows:
        raise InvalidClaim(f"a layer of {len(rows)} units with {len(shift)} biases given; give one bias a unit")
    return rows, shift


def _through(layers: list[tuple[list[list[Fraction]], list[Fraction]]], x: Fraction) -> Fraction:
    values = [x]
    for index, (weights, biases) in enumerate(layers):
        if any(len(row) != len(values) for row in weights):
            raise InvalidClaim("the widths of the layers do not match; each row needs one weight for each input")
        values = [sum((w * v for w, v in zip(row, values, strict=True)), b)
                  for row, b in zip(weights, biases, strict=True)]
        if index < len(layers) - 1:
            values = [max(value, Fraction(0)) for value in values]
    if len(values) != 1:
        raise InvalidClaim(f"the network has {len(values)} outputs; give one")
    return values[0]


_RULES: dict[type[Claim], Callable[[Any, Effort], Evidence]] = {
    NetworkValue: _value,
    NetworkQuantity: _quantity,
    DualityGap: _gap,
    MeanGeometry: _means,
    KinksAtData: _kinks,
    CostsAtLeast: _costs,
}
