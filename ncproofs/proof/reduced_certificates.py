"""Witnesses about the reduced function g(m) = L(m e_k, k) + (K - 1) c |m|: pieces of the half line, brackets.

They are found with the checker's own intervals, so that a piece that is settled here is settled there.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.optimum import optimum
from ncproofs.critical.profiles import is_mean_squared, profile_of, to_ball
from ncproofs.critical.regimes import c_of
from ncproofs.critical.softmax import collapse_scale
from ncproofs.problems.features import Ridge
from ncproofs.proof.certificate import NoCertificate, problem_record
from ncproofs.proof.checker_arithmetic import Budget, Intervals, Series, times
from ncproofs.proof.checker_losses import Loss

__all__ = ["bracket", "collapsed_margin", "search"]

_PIECES = 3000


def collapsed_margin(problem: Ridge) -> tuple[Fraction, Fraction]:
    """An enclosure of the margin of the simplex ETF (focal loss: on the upper branch of the scale equation)."""
    import flint

    if is_mean_squared(problem.loss):
        with flint.ctx.workprec(200):
            return _ends(1 - problem.K * to_ball(c_of(problem)))
    return _ends(collapse_scale(problem, profile_of(problem.loss), 200).margin)


def _ends(value: Any) -> tuple[Fraction, Fraction]:
    found = Enclosure.exact(value) if isinstance(value, Fraction) else Enclosure.of_ball(value)
    return found.lower, found.upper


def bracket(margin: tuple[Fraction, Fraction], bits: int = 64) -> list[str]:
    """Dyadic ends a little outside."""
    step = Fraction(1, 2 ** (bits * 2 // 3))
    return [str(_dyadic(margin[0] - step, bits)), str(_dyadic(margin[1] + step, bits))]


def _dyadic(value: Fraction, bits: int = 64) -> Fraction:
    return Fraction(round(value * 2**bits), 2**bits)


@lru_cache(maxsize=64)
def search(problem: Ridge, bits: int) -> dict[str, Any] | None:
    """Pieces on which the checker settles g; None where the regime has a closed form.

    Raises:
        NoCertificate: too many pieces.
    """
    if is_mean_squared(problem.loss) or profile_of(problem.loss).kind != "focal":
        return None
    found = optimum(problem, digits=20).quantities["margin"]
    line, best = _HalfLine(problem, bits), _dyadic(found.lower, 40)
    if not best:
        first = line.reach(Fraction(0), place=1)
        return {"points": line.points([first, line.last(best)], best), "best": "0", "root": None}
    reach = line.reach(best, place=2)
    ends = [best - reach, best + reach, max(line.last(best), best + 2 * reach)]
    return {"points": line.points(ends, best), "best": str(best), "root": bracket((found.lower, found.upper), bits)}


class _HalfLine:
    """g in the checker's intervals."""

    def __init__(self, problem: Ridge, bits: int) -> None:
        record = problem_record(problem)
        self.loss, self.K = Loss(record["loss"], record["parameter"]), problem.K
        self.balls = Intervals(bits, Budget(10**9))
        self.series = Series(self.balls, 2)
        root = self.balls.sqrt(self.balls.number(problem.c_squared))
        self.price = times(self.balls, root, self.K - 1)

    def at(self, low: Fraction, high: Fraction) -> list[tuple[int, int]]:
        """Value, slope and half the curvature of g on [low, high]."""
        box = self.balls.number(low)[0], self.balls.number(high)[1]
        m, series = self.series.constant(box, 1), self.series
        value: list[tuple[int, int]] = series.add(
            self.loss.at_gap(series, self.K, m), series.mul(series.constant(self.price), m))
        return value

    def last(self, best: Fraction) -> Fraction:
        """A point beyond which (K - 1) c m > g(best)."""
        return Fraction(-(-self.at(best, best)[0][1] * 1025 // (self.price[0] * 1024)) + 1)

    def reach(self, middle: Fraction, place: int) -> Fraction:
        """A radius on which the coefficient of that order is positive: to the right of 0, else around ``middle``."""
        radius = Fraction(1, 2) if middle > 1 or not middle else _dyadic(middle / 2, 40)
        for _ in range(60):
            if self.at(max(middle - radius, Fraction(0)), middle + radius)[place][0] > 0:
                return radius
            radius /= 2
        raise NoCertificate("the reduced function is too flat at its minimiser for this precision")

    def points(self, ends: list[Fraction], best: Fraction) -> list[str]:
        """0 and the ends, with as many points between as needed; the piece that ``reach`` gave is not cut."""
        bound, kept = self.at(best, best)[0][1], 0 if not best else 1
        starts, result = [Fraction(0), *ends[:-1]], [Fraction(0)]
        for place, (low, high) in enumerate(zip(starts, ends, strict=True)):
            stack = [(low, high)] if low < high else []
            while stack:
                left, right = stack.pop()
                if place == kept or self._is_settled(left, right, bound):
                    result.append(right)
                    continue
                middle = _dyadic((left + right) / 2, 40)
                if len(result) > _PIECES or not left < middle < right:
                    raise NoCertificate("the reduced function takes too many pieces")
                stack += [(middle, right), (left, middle)]
        return list(map(str, result))

    def _is_settled(self, low: Fraction, high: Fraction, bound: int) -> bool:
        value, slope, _ = self.at(low, high)
        rises = slope[0] > 0 and (low > 0 or self.at(low, low)[0][0] > bound)
        if rises or slope[1] < 0 or value[0] > bound:
            return True
        balls, box = self.balls, (self.balls.number(low)[0], self.balls.number(high)[1])
        centre = ((box[0] + box[1]) // 2,) * 2
        middle = balls.add(self.loss.at_gap(balls, self.K, centre), balls.mul(self.price, centre))
        return balls.add(middle, balls.mul(slope, balls.sub(box, centre)))[0] > bound  # mean value form
