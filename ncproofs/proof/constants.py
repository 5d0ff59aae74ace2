"""Exact constants in claims: their balls, their equality, and the answers that rest on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import flint
from flint import arb

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.exact import exact_number
from ncproofs.critical.optimum import Optimum
from ncproofs.errors import InexactInput, InvalidClaim, InvalidLoss, InvalidProblem, NcproofsError
from ncproofs.proof.claims import Claim
from ncproofs.proof.discharge import Effort
from ncproofs.proof.wording import kind_of
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = [
    "answer", "as_expression", "digits_of", "fails", "holds", "refuse", "related", "same_constant", "settled_by",
    "value_ball",
]


def refuse(sentence: str, because: str) -> Evidence:
    """An undecided answer with its reason."""
    return Evidence(truth=Truth.UNDECIDED, rigor=Rigor.SAMPLED, sentence=sentence, because=because)


def settled_by(
    rules: Mapping[Any, Callable[[Any, Effort], Evidence]], claim: Claim, effort: Effort, about: str
) -> Evidence:
    """The answer of the claim's rule; what a rule cannot do is undecided, with its words.

    Raises:
        InvalidClaim: no rule for this kind of claim ("not a claim about ..."), or the claim is not well formed.
    """
    rule = rules.get(type(claim))
    if rule is None:
        raise InvalidClaim(f"{type(claim).__name__} is not a claim about {about}")
    try:
        return rule(claim, effort)
    except InvalidClaim:
        raise
    except NcproofsError as error:
        sentence = claim.sentence or f"{kind_of(claim)} at {getattr(claim, 'problem', '')}"
        return refuse(sentence, str(error))


def related(order: int, relation: str) -> bool:
    """Whether two numbers stand in this relation, given the sign of their difference."""
    outcomes = {"==": order == 0, ">=": order >= 0, "<=": order <= 0, ">": order > 0, "<": order < 0}
    if relation not in outcomes:
        raise InvalidClaim(f"relation={relation!r} given; write one of {' '.join(outcomes)}")
    return outcomes[relation]


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
                raise InvalidClaim(
                    f"{value} contains a binary float; write rationals such as Rational(1, 10)"
                )
            ball: arb = lower([value], []).run(Ball(bits), {})[0]
            return ball
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


def same_constant(left: Any, right: Any, effort: Effort) -> bool:
    """True is a proof that two exact constants are equal."""
    from ncproofs.proof.algebra import settle as settle_identity
    from ncproofs.proof.claims import Identity

    return settle_identity(Identity(left=left, right=right), effort).truth is Truth.HOLDS


def answer(at: Optimum, sentence: str, because: str, witness: str, *, holds: bool) -> Evidence:
    """Holds or fails, with the rigor of the optimum it rests on."""
    return Evidence(
        truth=Truth.HOLDS if holds else Truth.FAILS,
        rigor=min(at.rigor, Rigor.ENCLOSED),
        sentence=sentence,
        because=because,
        witness="" if holds else witness,
        covers=str(at.problem),
        axioms=at.axioms if holds else (),
    )


def holds(sentence: str, because: str, covers: object, rigor: Rigor = Rigor.ENCLOSED) -> Evidence:
    """A certified yes about ``covers``."""
    return Evidence(truth=Truth.HOLDS, rigor=rigor, sentence=sentence, because=because, covers=str(covers))


def fails(sentence: str, because: str, covers: object, witness: str) -> Evidence:
    """A certified no about ``covers``, with what refutes it."""
    return Evidence(
        truth=Truth.FAILS,
        rigor=Rigor.ENCLOSED,
        sentence=sentence,
        because=because,
        covers=str(covers),
        witness=witness,
    )
