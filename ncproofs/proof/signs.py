r"""Settle ``Sign``: by coefficients, by monotonicity from an end, by balls; or refuted at a point.

Exact means that after the substitution of ``ncproofs.proof.orthant`` every coefficient has one sign, or that
the expression has the right sign at one end of a variable's range and a derivative of the right sign (used
again on the derivative). On compact ranges a branch and bound in balls follows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import flint
import sympy

from ncproofs.errors import InvalidClaim, NcproofsError, OutOfScope
from ncproofs.proof.algebra import real_expression
from ncproofs.proof.boxes import positive_on
from ncproofs.proof.claims import Sign
from ncproofs.proof.discharge import Effort
from ncproofs.proof.domain import Domain, Range
from ncproofs.proof.normal_form import normal_form
from ncproofs.proof.orthant import NONNEGATIVE, POSITIVE, Signs, cases, positivity
from ncproofs.proof.points import Refutation, ball_of, breaking_point, completed
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["defined_throughout", "proved_exactly", "settle"]

_DEEPEST = 4
_SHIFTS = 3
_MOST_CASES = 50
_MOST_BOXES = 2000
#: Points tried before and after the proof by monotonicity.
_SAMPLES = (16, 120)


def settle(claim: Sign, effort: Effort) -> Evidence:
    """Exact, enclosed, refuted with a witness, or undecided with the box that remained.

    Raises:
        InvalidClaim: a float in the claim, or an unknown relation.
    """
    expression = real_expression(claim.expression)
    if claim.relation not in (">", ">=", "<", "<="):
        raise InvalidClaim(f"relation={claim.relation!r} given; write one of > >= < <=")
    where = completed(claim.where, expression)
    sentence = claim.sentence or f"{expression} {claim.relation} 0 for {where}"
    upright = expression if claim.relation[0] == ">" else -expression
    strict = "=" not in claim.relation
    found, rigor, because = _answer(upright, where, effort, strict=strict)
    witness = ""
    if isinstance(found, Refutation):
        value = found.value if claim.relation[0] == ">" else _negated(found.value)
        witness, found = f"at {found.place}: the expression is {value}", Truth.FAILS
    return Evidence(
        truth=found, rigor=rigor, sentence=sentence, because=because, covers=str(where), witness=witness
    )


def _negated(shown: str) -> str:
    opening, number = ("[", shown[1:]) if shown.startswith("[") else ("", shown)
    return opening + (number[1:] if number.startswith("-") else number if number == "0" else f"-{number}")


def _answer(
    expression: sympy.Expr, where: Domain, effort: Effort, *, strict: bool
) -> tuple[Truth | Refutation, Rigor, str]:
    how = proved_exactly(expression, where, strict=strict)
    if how and defined_throughout(expression, where):
        return Truth.HOLDS, Rigor.EXACT, how
    for points in _SAMPLES:
        broken = breaking_point(
            expression, where, effort, lambda b: bool(b < 0) or (strict and bool(b <= 0)), points
        )
        if broken is not None:
            return broken, broken.rigor, "a point of the domain breaks the relation"
        how = _by_calculus(expression, where, strict=strict) if points == _SAMPLES[0] else ""
        if how and defined_throughout(expression, where):
            return Truth.HOLDS, Rigor.EXACT, how
    return _in_balls(expression, where, effort, strict=strict)


def proved_exactly(expression: sympy.Expr, where: Domain, *, strict: bool) -> str:
    """How ``expression`` > 0 (or >= 0) follows from coefficients alone; "" when it does not."""
    for domain, what in _shifted(where):
        outcome = [_by_coefficients(expression, piece, strict=strict) for piece in domain]
        if all(outcome):
            return (
                f"every coefficient has one sign once the domain is written over nonnegative parameters{what}"
            )
    return ""


def _shifted(where: Domain) -> Iterator[tuple[list[Domain], str]]:
    """The domain itself, then its first integer variable split into small values and the rest."""
    yield [where], ""
    for position, (symbol, span) in enumerate(where.ranges):
        if not span.integer or span.lower is None or not span.lower.is_Integer:
            continue
        if span.upper is not None:
            if span.upper.is_Integer and span.upper - span.lower <= _MOST_CASES:
                values = range(int(span.lower), int(span.upper) + 1)
                yield [_fixed(where, position, sympy.Integer(v)) for v in values], f", each {symbol} by itself"
                return
            continue
        for shift in range(1, _SHIFTS + 1):
            small = [_fixed(where, position, span.lower + j) for j in range(shift)]
            rest = dataclasses.replace(span, lower=span.lower + shift, lower_open=False)
            ranges = (*where.ranges[:position], (symbol, rest), *where.ranges[position + 1 :])
            yield [*small, Domain(ranges)], f", {symbol} < {span.lower + shift} case by case"
        return


def _fixed(where: Domain, position: int, value: sympy.Expr) -> Domain:
    symbol = where.ranges[position][0]
    return Domain((*where.ranges[:position], (symbol, Range(value, value)), *where.ranges[position + 1 :]))


def _by_coefficients(expression: sympy.Expr, where: Domain, *, strict: bool) -> bool:
    spare = 4 * len(where.ranges) + 4
    try:
        space, (form,) = normal_form([expression], [s for s, _ in where], positivity(where), spare=spare)
        accepted = (POSITIVE,) if strict else (POSITIVE, NONNEGATIVE, "0")
        for case in cases(where):
            signs = Signs(space, case)
            if signs.of(form) not in accepted or not signs.defined(form):
                return False
    except OutOfScope:
        return False
    return True


def _by_calculus(expression: sympy.Expr, where: Domain, *, strict: bool) -> str:
    """Monotonicity from an end, or from 0 or 1 in both directions."""
    how = _by_monotony(expression, where, _DEEPEST, strict=strict)
    if how:
        return how
    for position, (symbol, span) in enumerate(where.ranges):
        for point in (sympy.Integer(0), sympy.Integer(1)):
            if span.integer or not _reaches_past(span, point):
                continue
            halves = (
                dataclasses.replace(span, upper=point, upper_open=False),
                dataclasses.replace(span, lower=point, lower_open=False),
            )
            domains = [
                Domain((*where.ranges[:position], (symbol, half), *where.ranges[position + 1 :]))
                for half in halves
            ]
            if all(_holds(expression, domain, 3, strict=strict) for domain in domains):
                return f"nonnegative at {symbol} = {point} and monotone in {symbol} on both sides of it"
    return ""


def _reaches_past(span: Range, point: sympy.Expr) -> bool:
    low = span.lower is None or (span.lower.is_Rational and span.lower < point)
    return bool(low and (span.upper is None or (span.upper.is_Rational and span.upper > point)))


def _by_monotony(expression: sympy.Expr, where: Domain, depth: int, *, strict: bool) -> str:
    """f >= 0 at one end of a variable and f monotone away from it; the derivative may need the same step."""
    if depth == 0:
        return ""
    for position, (symbol, span) in enumerate(where.ranges):
        if span.integer or any(
            symbol in (end.free_symbols)
            for _, other in where.ranges
            for end in (other.lower, other.upper)
            if end is not None
        ):
            continue
        for end, slope, is_open in ((span.lower, 1, span.lower_open), (span.upper, -1, span.upper_open)):
            if end is None or not _smooth_up_to(expression, where, position, slope):
                continue
            rest = Domain(tuple(pair for pair in where.ranges if pair[0] != symbol))
            start = expression.subs(symbol, end)
            if start.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I):
                continue
            if not _holds(start, rest, depth - 1, strict=False):
                continue
            starts_positive = strict and _holds(start, rest, depth - 1, strict=True)
            if strict and not starts_positive and not is_open:
                continue
            away = Domain(
                (*where.ranges[:position], (symbol, _opened(span, slope)), *where.ranges[position + 1 :])
            )
            derivative = slope * sympy.diff(expression, symbol)
            if _holds(derivative, away, depth - 1, strict=strict and not starts_positive):
                return f"nonnegative at {symbol} = {end} and monotone in {symbol} from there"
    return ""


def _opened(span: Range, slope: int) -> Range:
    return dataclasses.replace(span, **{"lower_open" if slope > 0 else "upper_open": True})


def _holds(expression: sympy.Expr, where: Domain, depth: int, *, strict: bool) -> bool:
    return bool(
        proved_exactly(expression, where, strict=strict)
        or _by_monotony(expression, where, depth, strict=strict)
    )


def _smooth_up_to(expression: sympy.Expr, where: Domain, position: int, slope: int) -> bool:
    """Denominators are nonzero and logarithms have positive arguments, the end included."""
    symbol, span = where.ranges[position]
    closed = dataclasses.replace(span, **{"lower_open" if slope > 0 else "upper_open": False})
    domain = Domain((*where.ranges[:position], (symbol, closed), *where.ranges[position + 1 :]))
    return all(proved_exactly(part, domain, strict=True) for part, _ in _guards(expression))


def defined_throughout(expression: sympy.Expr, where: Domain) -> bool:
    """Every denominator is nonzero and every logarithm and root has an argument in its domain, as far as is shown.

    A normal form forgets what was cancelled: (x^2 + x)/x is positive for x > 0 and undefined at 0.
    """
    return all(_holds(part, where, 2, strict=strict) for part, strict in _guards(expression))


def _guards(expression: sympy.Expr) -> list[tuple[sympy.Expr, bool]]:
    """What must be positive (True) or nonnegative (False) for ``expression`` to be defined."""
    found: list[tuple[sympy.Expr, bool]] = []
    for node in sympy.preorder_traversal(expression):
        if isinstance(node, sympy.log):
            found.append((node.args[0], True))
        elif node.is_Pow and node.args[0] is not sympy.E:
            base, exponent = node.args
            if not exponent.is_Integer:
                found.append((base, not (exponent.is_Rational and exponent.is_positive)))
            elif exponent.is_negative:
                found.append((base**2, True))
    return found


def _in_balls(
    expression: sympy.Expr, where: Domain, effort: Effort, *, strict: bool
) -> tuple[Truth | Refutation, Rigor, str]:
    if not where.ranges:
        return _constant(expression, effort, strict=strict)
    reason = _not_compact(where)
    if reason:
        return Truth.UNDECIDED, Rigor.SAMPLED, f"the coefficients have mixed signs, and {reason}"
    symbols = [symbol for symbol, _ in where]
    ends = [(span.lower, span.upper) for _, span in where]
    try:
        first = where.ranges[0][1]
        left = positive_on(
            expression,
            symbols,
            ends,
            strict=strict,
            open_ends=(first.lower_open, first.upper_open),
            ladder=effort.ladder[:2],
            boxes=min(effort.boxes, _MOST_BOXES),
        )
    except NcproofsError as error:
        return Truth.UNDECIDED, Rigor.SAMPLED, str(error)
    if left is None:
        return Truth.HOLDS, Rigor.ENCLOSED, "branch and bound in balls over the whole domain"
    if left.refuted and not any(span.integer for _, span in where):
        return Refutation(left.place, left.value, Rigor.ENCLOSED), Rigor.ENCLOSED, "found by branch and bound"
    return Truth.UNDECIDED, Rigor.SAMPLED, f"no certified sign on the box {left.place}"


def _constant(expression: sympy.Expr, effort: Effort, *, strict: bool) -> tuple[Truth, Rigor, str]:
    try:
        for bits in effort.ladder:
            with flint.ctx.workprec(bits):
                value = ball_of(expression)
                if value > 0 or (value >= 0 and not strict):
                    return Truth.HOLDS, Rigor.ENCLOSED, f"its magnitude is {value.str(12)}"
    except NcproofsError as error:
        return Truth.UNDECIDED, Rigor.SAMPLED, str(error)
    return Truth.UNDECIDED, Rigor.SAMPLED, f"the constant is not told from 0 at {effort.ladder[-1]} bits"


def _not_compact(where: Domain) -> str:
    for symbol, span in where:
        if span.lower is None or span.upper is None:
            return f"{symbol} has an unbounded range, which a branch and bound cannot cover"
        if span.lower.free_symbols or span.upper.free_symbols:
            return f"the range of {symbol} depends on other variables"
    if len(where.ranges) > 3:
        return "more than three variables are too many for a branch and bound"
    try:
        with flint.ctx.workprec(64):
            balls = [ball_of(end) for _, span in where for end in (span.lower, span.upper)]
    except OutOfScope as error:
        return str(error)
    return "" if all(ball.is_finite() for ball in balls) else "an end of a range is not finite"
