"""A real number known to lie between two bounds, with the rigor by which that is known."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

from flint import arb, fmpq

from ncproofs.errors import InvalidClaim
from ncproofs.truth import Rigor

__all__ = ["Enclosure", "exact_bounds", "upwards"]


def exact_bounds(ball: arb) -> tuple[Fraction, Fraction]:
    """The end points of a finite ball, exactly (dyadic rationals)."""
    if not ball.is_finite():
        raise InvalidClaim(f"{ball} is not a finite ball; raise the precision")
    mid, rad = _dyadic(ball.mid()), _dyadic(ball.rad())
    return mid - rad, mid + rad


def _dyadic(point: arb) -> Fraction:
    mantissa, exponent = point.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


@dataclass(frozen=True)
class Enclosure:
    """``lower <= x <= upper`` with exact rational ends; equal ends mean that x is known exactly."""

    lower: Fraction
    upper: Fraction
    rigor: Rigor

    @classmethod
    def exact(cls, value: Fraction | int) -> Enclosure:
        return cls(Fraction(value), Fraction(value), Rigor.EXACT)

    @classmethod
    def of_ball(cls, ball: arb) -> Enclosure:
        lower, upper = exact_bounds(ball)
        return cls(lower, upper, Rigor.ENCLOSED)

    @property
    def is_point(self) -> bool:
        return self.lower == self.upper

    def relative_width(self) -> Fraction | None:
        """Width over the smallest magnitude; None when the enclosure has zero inside and is no point."""
        if self.is_point:
            return Fraction(0)
        if self.lower <= 0 <= self.upper:
            return None
        return (self.upper - self.lower) / min(abs(self.lower), abs(self.upper))

    def decimals(self, digits: int) -> tuple[str, str]:
        """Bounds as decimal strings rounded outwards to ``digits`` + 2 significant digits.

        Two more than asked, so that outward rounding of a thin enclosure stays below relative width
        10^-digits: two units in the last place of ``digits`` + 2 are at most 2 * 10^-(digits+1).
        """
        return (
            _rounded(self.lower, digits + 2, ROUND_FLOOR),
            _rounded(self.upper, digits + 2, ROUND_CEILING),
        )

    def ball(self) -> arb:
        """A ball (at the current precision) that contains the enclosure."""
        ends = [arb(fmpq(end.numerator, end.denominator)) for end in (self.lower, self.upper)]
        return ends[0].union(ends[1])

    def as_json(self, digits: int) -> dict[str, str]:
        lower, upper = self.decimals(digits)
        return {"lower": lower, "upper": upper, "rigor": str(self.rigor)}


def _rounded(value: Fraction, digits: int, rounding: str) -> str:
    context = Context(prec=digits, rounding=rounding, Emin=-(10**9), Emax=10**9)
    quotient = context.divide(Decimal(value.numerator), Decimal(value.denominator))
    return format(quotient, "f") if -30 < quotient.adjusted() < 60 else str(quotient)


def upwards(bound: Fraction) -> str:
    """A bound > 0 to two significant digits, rounded up; "0" for 0."""
    if bound == 0:
        return "0"
    context = Context(prec=2, rounding=ROUND_CEILING, Emin=-(10**9), Emax=10**9)
    return f"{context.divide(Decimal(bound.numerator), Decimal(bound.denominator)):.1e}"
