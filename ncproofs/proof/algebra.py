r"""Settle ``Identity``: both sides in one normal form of rational functions, or refuted at an exact point.

A proof is a zero numerator in the field of ``ncproofs.proof.normal_form``. A refutation is a point of the
domain at which the difference, evaluated in balls, excludes zero. Anything else is undecided. A symbol
without a range in ``where`` ranges over what its assumptions say.
"""

from __future__ import annotations

import sympy

from ncproofs.errors import InvalidClaim, OutOfScope
from ncproofs.proof.claims import Identity
from ncproofs.proof.discharge import Effort
from ncproofs.proof.domain import Domain
from ncproofs.proof.normal_form import normal_form
from ncproofs.proof.orthant import positivity
from ncproofs.proof.points import completed, nonzero_point
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["exact_expression", "real_expression", "settle"]


def settle(claim: Identity, effort: Effort) -> Evidence:
    """Exact when the normal forms agree; fails with a witness; else undecided with the reason.

    Raises:
        InvalidClaim: a float in the claim.
    """
    left, right = exact_expression(claim.left), exact_expression(claim.right)
    where = completed(claim.where, left, right)
    sentence = claim.sentence or f"{left} = {right} for {where}"
    proved, reason = _proved(left, right, where)
    if proved:
        return Evidence(
            truth=Truth.HOLDS,
            rigor=Rigor.EXACT,
            sentence=sentence,
            covers=str(where),
            because="both sides have the same normal form as rational functions",
        )
    found = nonzero_point(left - right, where, effort)
    if found is not None:
        return Evidence(
            truth=Truth.FAILS,
            rigor=found.rigor,
            sentence=sentence,
            covers=str(where),
            because="the two sides differ at a point of the domain",
            witness=f"at {found.place}: left - right = {found.value}",
        )
    return Evidence(
        truth=Truth.UNDECIDED,
        rigor=Rigor.SAMPLED,
        sentence=sentence,
        covers=str(where),
        because=f"{reason}; no point was found where the sides certainly differ",
    )


def _proved(left: sympy.Expr, right: sympy.Expr, where: Domain) -> tuple[bool, str]:
    try:
        space, forms = normal_form([left, right], [s for s, _ in where], positivity(where), spare=4)
        for side in forms:
            if space.vanishes(side.den):
                return False, "a denominator vanishes identically"
        if space.vanishes(forms[0].num * forms[1].den - forms[1].num * forms[0].den):
            return True, ""
    except OutOfScope as error:
        return False, str(error)
    return False, "the normal forms differ, which does not refute the identity"


def exact_expression(value: object) -> sympy.Expr:
    """``value`` as a SymPy expression without floats.

    Raises:
        InvalidClaim: not an expression, or a binary float in it.
    """
    expression = sympy.Integer(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(expression, sympy.Expr):
        raise InvalidClaim(f"{value!r} is not a SymPy expression")
    if expression.has(sympy.Float):
        raise InvalidClaim(f"{expression} contains a binary float; write Rational(1, 10)")
    return expression


def real_expression(value: object) -> sympy.Expr:
    """``exact_expression`` built from symbols, numbers, + * / powers, exp and log alone.

    Anything else (Piecewise, Abs, floor, ...) has derivatives that SymPy simplifies away at jumps.

    Raises:
        InvalidClaim: another operation.
    """
    expression = exact_expression(value)
    for node in sympy.preorder_traversal(expression):
        known = node.is_Symbol or node.is_Rational or node.is_Add or node.is_Mul or node.is_Pow
        if not (known or isinstance(node, (sympy.exp, sympy.log)) or node in (sympy.pi, sympy.E)):
            raise InvalidClaim(
                f"{expression} uses {type(node).__name__}; a sign or a root is settled for + * / powers, exp and log"
            )
    return expression
