r"""Settle ``UniqueRoot``: a certified sign change, and a derivative of one sign on the whole open interval.

The ends may be infinite, or points where the expression is undefined: the sign change is looked for inside.
Where the derivative has no constant sign, the roots are isolated one by one in balls on a compact interval.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import flint
import sympy
from flint import arb

from ncproofs.arithmetic.program import lower
from ncproofs.errors import InvalidClaim, NcproofsError
from ncproofs.proof import signs
from ncproofs.proof.algebra import exact_expression, real_expression
from ncproofs.proof.boxes import DefinedBall, isolate_roots, trimmed
from ncproofs.proof.claims import Relation, Sign, UniqueRoot
from ncproofs.proof.discharge import Effort
from ncproofs.proof.domain import Domain, Range
from ncproofs.proof.points import ball_of
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["settle"]

_Answer = tuple[Truth, Rigor, str, str]
_Change = tuple[int, sympy.Expr, sympy.Expr]
_PIECES = 64


def settle(claim: UniqueRoot, effort: Effort) -> Evidence:
    """Exactly one zero in the open interval: exact when the monotonicity is, else enclosed.

    Raises:
        InvalidClaim: other variables than the claim's, a float, or an empty interval.
    """
    expression = real_expression(claim.expression)
    if expression.free_symbols - {claim.variable}:
        raise InvalidClaim(f"{expression} has other variables than {claim.variable}; give them exact values")
    span = _span(exact_expression(claim.lower), exact_expression(claim.upper))
    sentence = claim.sentence or f"{expression} has exactly one zero {claim.variable} in {span}"
    truth, rigor, because, witness = _answer(expression, claim.variable, span, effort)
    return Evidence(
        truth=truth,
        rigor=rigor,
        sentence=sentence,
        because=because,
        witness=witness,
        covers=f"{claim.variable} in {span}",
    )


def _span(low: sympy.Expr, high: sympy.Expr) -> Range:
    infinite = (sympy.oo, -sympy.oo)
    span = Range(
        None if low in infinite else low, None if high in infinite else high, lower_open=True, upper_open=True
    )
    if span.lower is not None and span.upper is not None:
        with flint.ctx.workprec(128):
            if not ball_of(span.upper - span.lower) > 0:
                raise InvalidClaim(f"the interval from {low} to {high} is empty; write the smaller end first")
    return span


def _answer(expression: sympy.Expr, variable: sympy.Symbol, span: Range, effort: Effort) -> _Answer:
    changes = _sign_changes(expression, variable, span, effort)
    continuous = [change for change in changes if _is_continuous(expression, variable, change)]
    if len(continuous) >= 2:
        return (
            Truth.FAILS,
            Rigor.ENCLOSED,
            "two certified sign changes",
            "; ".join(map(_told, continuous[:2])),
        )
    where = Domain.of((variable, span))
    defined = signs.defined_throughout(expression, where)  # and so continuous
    derivative = sympy.diff(expression, variable)
    steepness: tuple[tuple[Relation, str], ...] = ((">", "increasing"), ("<", "decreasing"))
    for relation, word in steepness:
        slope = signs.settle(Sign(expression=derivative, relation=relation, where=where), effort)
        if slope.truth is Truth.HOLDS and changes and defined:
            because = f"strictly {word} ({slope.because}), with a certified sign change {_told(changes[0])}"
            return Truth.HOLDS, min(Rigor.ENCLOSED, slope.rigor), because, ""
    for relation, _ in steepness:
        constant = signs.settle(Sign(expression=expression, relation=relation, where=where), effort)
        if constant.truth is Truth.HOLDS:
            return (
                Truth.FAILS,
                constant.rigor,
                "there is no zero",
                f"the expression is {relation} 0 on all of {span}",
            )
    return _isolated(expression, variable, span, effort)


def _inner_points(span: Range) -> Iterator[sympy.Expr]:
    """Exact points in increasing order, crowding towards both ends."""
    powers = [sympy.Rational(1, 2**j) for j in (40, 20, 12, 8, 6, 5, 4, 3, 2)]
    if span.lower is not None and span.upper is not None:
        width = span.upper - span.lower
        shares = [
            *powers,
            *(sympy.Rational(j, 16) for j in range(5, 12)),
            *(1 - power for power in reversed(powers)),
        ]
        yield from (span.lower + width * share for share in shares)
    elif span.lower is not None:
        yield from (span.lower + sympy.Integer(2) ** j for j in range(-12, 13))
    elif span.upper is not None:
        yield from (span.upper - sympy.Integer(2) ** j for j in range(12, -13, -1))
    else:
        yield from (-(sympy.Integer(2) ** j) for j in range(12, -8, -1))
        yield sympy.Integer(0)
        yield from (sympy.Integer(2) ** j for j in range(-7, 13))


def _sign_changes(
    expression: sympy.Expr, variable: sympy.Symbol, span: Range, effort: Effort
) -> list[_Change]:
    changes: list[_Change] = []
    last: tuple[int, sympy.Expr] | None = None
    for point in _inner_points(span):
        sign = _certain_sign(expression.subs(variable, point), effort)
        if not sign:
            continue
        if last is not None and sign != last[0]:
            changes.append((sign, last[1], point))
        last = (sign, point)
    return changes


def _told(change: _Change) -> str:
    return f"from {'- to +' if change[0] > 0 else '+ to -'} between {change[1]} and {change[2]}"


def _is_continuous(expression: sympy.Expr, variable: sympy.Symbol, change: _Change) -> bool:
    """Finite balls over the whole stretch: the sign changes through a zero and not through a pole."""
    program = lower([expression], [variable])
    with flint.ctx.workprec(128):
        low, high = ball_of(change[1]), ball_of(change[2])
        cuts = [low + (high - low) * j / _PIECES for j in range(_PIECES + 1)]
        pieces = [left.union(right) for left, right in itertools.pairwise(cuts)]
        return all(program.run(DefinedBall(128), {variable.name: piece})[0].is_finite() for piece in pieces)


def _certain_sign(value: sympy.Expr, effort: Effort) -> int:
    if value.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I):
        return 0
    for bits in effort.ladder:
        try:
            with flint.ctx.workprec(bits):
                ball = ball_of(value)
                if ball > 0 or ball < 0:
                    return 1 if ball > 0 else -1
        except NcproofsError:
            return 0
    return 0


def _isolated(expression: sympy.Expr, variable: sympy.Symbol, span: Range, effort: Effort) -> _Answer:
    undecided = "neither a monotone expression nor a compact interval"
    if span.lower is None or span.upper is None:
        return Truth.UNDECIDED, Rigor.SAMPLED, undecided, ""
    programs = [lower([part], [variable]) for part in (expression, sympy.diff(expression, variable))]
    bits = effort.ladder[min(1, len(effort.ladder) - 1)]
    with flint.ctx.workprec(bits):
        # Outwards, so that the closed interval that is searched contains the open one.
        low, high = ball_of(span.lower).lower(), ball_of(span.upper).upper()
        for signed in (expression, -expression):  # an exact zero at an end is outside the open interval
            kept = trimmed(signed, variable, (span.lower, span.upper), (low, high), (False, False))
            if not kept:
                return (
                    Truth.FAILS,
                    Rigor.ENCLOSED,
                    "there is no zero",
                    "one sign on the whole interval, by Taylor",
                )
            low, high = kept[0]

    def evaluate(index: int, at: arb) -> arb:
        value: arb = programs[index].run(DefinedBall(bits), {variable.name: at})[0]
        return value

    roots = isolate_roots(
        lambda x: evaluate(0, x), lambda x: evaluate(1, x), low, high, 40, effort.boxes // 10
    )
    if roots.unresolved:
        left, right = roots.unresolved[0]
        where = f"[{left.str(10, radius=False)}, {right.str(10, radius=False)}]"
        return Truth.UNDECIDED, Rigor.SAMPLED, f"the zeros in {where} are not resolved", ""
    exact_ends = bool(span.lower.is_Rational and span.upper.is_Rational)
    if len(roots.isolated) == 1 and _inside(roots.isolated[0], span, bits):
        return Truth.HOLDS, Rigor.ENCLOSED, f"one simple zero, near {roots.isolated[0].str(10)}", ""
    if len(roots.isolated) != 1 and (exact_ends or not roots.isolated):
        places = ", ".join(root.str(10) for root in roots.isolated) or "none"
        return Truth.FAILS, Rigor.ENCLOSED, f"{len(roots.isolated)} zeros", f"zeros at {places}"
    return Truth.UNDECIDED, Rigor.SAMPLED, "a zero is too close to an end of the interval", ""


def _inside(root: arb, span: Range, bits: int) -> bool:
    with flint.ctx.workprec(bits):
        return bool(root > ball_of(span.lower)) and bool(root < ball_of(span.upper))
