"""Exact constants that contain cosines and sines of rational multiples of pi, in balls."""

from __future__ import annotations

from typing import Any

import flint
import sympy
from flint import arb, fmpq

from ncproofs.errors import InvalidClaim
from ncproofs.proof.constants import as_expression, value_ball

__all__ = ["angle_ball"]


def angle_ball(value: Any, bits: int) -> arb:
    """As ``value_ball``, with cos(q pi) and sin(q pi) for rational q as well.

    Raises:
        InvalidClaim: a float, a symbol, another function, or an angle that is no rational multiple of pi.
    """
    if not isinstance(value, sympy.Expr) or not value.has(sympy.cos, sympy.sin):
        return value_ball(value, bits)
    if value.has(sympy.Float) or value.free_symbols:
        raise InvalidClaim(f"{value} is not an exact constant; write rationals such as Rational(1, 10)")
    with flint.ctx.workprec(bits):
        return _ball(as_expression(value), bits)


def _ball(value: sympy.Expr, bits: int) -> arb:
    if isinstance(value, (sympy.cos, sympy.sin)):
        share = value.args[0] / sympy.pi
        if not share.is_Rational:
            raise InvalidClaim(f"{value} given; the angle must be a rational multiple of pi")
        turn = fmpq(int(share.p), int(share.q))
        return arb.cos_pi_fmpq(turn) if isinstance(value, sympy.cos) else arb.sin_pi_fmpq(turn)
    if value.is_Add or value.is_Mul:
        result = arb(0 if value.is_Add else 1)
        for part in value.args:
            ball = _ball(part, bits)
            result = result + ball if value.is_Add else result * ball
        return result
    if value.is_Pow and value.exp.is_Integer and abs(value.exp) <= 64:
        base, result = _ball(value.base, bits), arb(1)
        for _ in range(abs(int(value.exp))):
            result = result * base
        return result if value.exp > 0 else 1 / result
    return value_ball(value, bits)
