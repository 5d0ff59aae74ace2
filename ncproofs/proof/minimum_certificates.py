"""A point with a certified distance to the global minimum, as ``ridge/minimum/1``: nothing in it needs a theorem.

The upper bound is the value at the point, whatever it is. The lower bound is dual: with P = I - J/K and J = 1 1^T, the
matrix A = -s P - r J/K of norm max(s, r) <= K sqrt(n lambda_W lambda_H) is the best one of its kind, and at the
optimum of the simplex ETF, the frame or zero the gradient in the logits is -s P - r J/K itself, so the bound is sharp:

    cross-entropy, label smoothing alpha:  s = min(K sqrt(n lambda_W lambda_H), 1 - alpha),  r = 0
    mean squared error:                    s = min(K sqrt(n lambda_W lambda_H), 1),
                                           r = s without a bias, 0 with a free one, else
                                           min(K sqrt(n lambda_W lambda_H), lambda_b/(1 + lambda_b))
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, isqrt
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx

from ncproofs.arithmetic.ball import ball_of
from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.calculus.objective import objective_value
from ncproofs.critical.profiles import is_mean_squared
from ncproofs.problems.features import Ridge
from ncproofs.proof.certificate import NoCertificate, problem_record, stated
from ncproofs.proof.checker_losses import Loss
from ncproofs.proof.ridge_certificates import Pair, first_accepted

__all__ = ["minimum_certificate"]

_BITS, _DUAL, _DIGITS = 192, 96, 15


def minimum_certificate(problem: Ridge, W: Any, H: Any, b: Any = None, *, title: str = "") -> Pair:
    """Statement and witness: inf f lies between a dual bound and the value at W (d, K), H (d, N), b.

    Source: the bound is weak duality (docs/certificate-format.md); sharp in the regimes of theorem collapse-optimum.
    Arguments: W, H, b are floats, taken as the exact numbers that they are, samples class by class.

    Raises:
        NoCertificate: a loss without a dual bound, or more coordinates than the checker treats.
    """
    record = problem_record(problem)
    loss = Loss(record["loss"], record["parameter"])
    squared = is_mean_squared(problem.loss)
    if not (loss.is_linear or squared):
        raise NoCertificate(f"{problem.loss} has no dual bound; cross_entropy, label_smoothing, mean_squared have one")
    s, r = _multiples(problem, None if squared else 1 - Fraction(loss.parameter or 0))
    point = {name: None if part is None else [Fraction(float(x)) for x in np.asarray(part).ravel()]
             for name, part in (("W", W), ("H", H), ("b", b))}
    lower = _bound(problem, s, r, None if squared else Fraction(loss.parameter or 0))
    statement = stated(
        "ridge/minimum/1", title or f"a point near the minimum of {problem}", problem=record,
        lower=str(_cut(lower.lower, up=False)), upper=str(_cut(_value(problem, point).upper, up=True)))
    K = problem.K
    witness = {"point": {name: None if part is None else _exact(part) for name, part in point.items()},
               "dual": _exact([-(s if i == j else 0) + (s - r) / K for i in range(K) for j in range(K)])}
    return statement, first_accepted(statement, ({"bits": bits, **witness} for bits in (96, 192)))


def _value(problem: Ridge, point: dict[str, list[Fraction] | None]) -> Enclosure:
    balls = [None if part is None else [ball_of(x, _BITS) for x in part] for part in point.values()]
    with ctx.workprec(_BITS):
        W, H, b = (None if part is None else arb_mat(rows, len(part) // rows, part)
                   for rows, part in zip((problem.d, problem.d, problem.K), balls, strict=True))
        assert W is not None and H is not None
        return Enclosure.of_ball(objective_value(problem, W, H, b, _BITS))


def _multiples(problem: Ridge, most: Fraction | None) -> tuple[Fraction, Fraction]:
    """s and r; ``most`` bounds s for cross-entropy and label smoothing, and is None for the squared error.

    K divides both in units of 2^-96, so that A is dyadic and its columns add up to 0 exactly where they have to.
    """
    K, unit = problem.K, 1 << _DUAL
    square = problem.K**2 * problem.n * problem.lambda_W * problem.lambda_H
    limit = Fraction(isqrt((square.numerator << 2 * _DUAL) // square.denominator), unit)

    def short(value: Fraction) -> Fraction:
        return Fraction((value.numerator * unit // value.denominator) // K * K, unit)

    if most is not None:
        return short(min(limit, most)), Fraction(0)
    s, lean = short(min(limit, Fraction(1))), problem.lambda_b
    return s, s if lean is None else short(min(limit, lean / (1 + lean)))


def _bound(problem: Ridge, s: Fraction, r: Fraction, alpha: Fraction | None) -> Enclosure:
    """The dual bound at A: all columns have the same conjugate, by symmetry."""
    K, lean = problem.K, problem.lambda_b
    with ctx.workprec(_BITS):
        column = [(s - r) / K - (s if j == 0 else 0) for j in range(K)]
        if alpha is None:
            price = r * r / (2 * K * lean) if lean else Fraction(0)
            exact = -column[0] - sum((x * x for x in column), Fraction(0)) / 2 - price
            return Enclosure.of_ball(ball_of(exact, _BITS))
        q = [u + alpha / K + (1 - alpha if j == 0 else 0) for j, u in enumerate(column)]
        entropy = sum((ball_of(x, _BITS) * ball_of(x, _BITS).log() for x in q if x), arb(0))
        return Enclosure.of_ball(-entropy)


def _cut(value: Fraction, *, up: bool) -> Fraction:
    scaled = value * 10**_DIGITS
    return Fraction(ceil(scaled) if up else floor(scaled), 10**_DIGITS)


def _exact(values: list[Fraction]) -> dict[str, Any]:
    """Dyadic numbers as they are."""
    bits = max(x.denominator.bit_length() - 1 for x in values)
    return {"s": bits, "m": [str(x.numerator * (2**bits // x.denominator)) for x in values]}
