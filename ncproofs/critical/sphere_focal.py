r"""Inequality (J): when the simplex ETF is the global minimum although the loss is not convex in its log-odds.

A loss of softmax form with increasing F satisfies l >= Phi(r), r = <w_k - w_bar, h>, |r| <= 2 (K-1)/K, with

    Phi(r) = psi(log(K-1) - tau' r) + tilt tau r,     tau' = tau K/(K-1).

The mean of r^2 is at most 1, so for Phi'(1) < 0 the bound f >= Phi(1) follows from

    (J)     Phi(r) >= Phi(1) + Phi'(1) (r^2 - 1)/2      for |r| <= 2 (K-1)/K.

Both sides touch at r = 1, to first order. Near 1 the difference is convex (its second derivative is certified),
elsewhere it is positive by branch and bound in balls.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import flint
from flint import arb

from ncproofs.critical.profiles import Profile, to_ball
from ncproofs.truth import Truth

__all__ = ["Contact", "contact_inequality"]

_LADDER = (96, 192, 384)
_BOXES = 20_000
_PIECES = 8
_HALVINGS = 12


@dataclass(frozen=True)
class Contact:
    """Whether (J) holds strictly away from r = 1, and how that was settled."""

    truth: Truth
    because: str


@dataclass(frozen=True)
class _Gap:
    """J(r) = Phi(r) - Phi(1) - Phi'(1) (r^2 - 1)/2 and its derivatives, at the current precision."""

    profile: Profile
    K: int
    tau: Fraction

    def phi(self, r: arb) -> tuple[arb, arb, arb]:
        rate = to_ball(self.tau * Fraction(self.K, self.K - 1))
        value, slope, bend = self.profile.at(arb(self.K - 1).log() - rate * r)
        lean = to_ball(self.profile.tilt * self.tau)
        return value + lean * r, lean - rate * slope, rate * rate * bend

    def at(self, r: arb, touch: tuple[arb, arb]) -> tuple[arb, arb, arb]:
        value, slope, bend = self.phi(r)
        return value - touch[0] - touch[1] * (r * r - 1) / 2, slope - touch[1] * r, bend - touch[1]


def contact_inequality(profile: Profile, K: int, tau: Fraction, *, boxes: int = _BOXES) -> Contact:
    """(J) for one (profile, K, tau): holds, fails at a certified point, or undecided with the box left over.

    That (J) fails says only that this proof does not work there.
    """
    found = Contact(Truth.UNDECIDED, "no precision given")
    for bits in _LADDER:
        with flint.ctx.workprec(bits):
            found = _contact(_Gap(profile, K, tau), bits, boxes)
        if found.truth is not Truth.UNDECIDED:
            return found
    return found


def _contact(gap: _Gap, bits: int, boxes: int) -> Contact:
    value, slope, _ = gap.phi(arb(1))
    touch = (value, slope)
    if not slope < 0:
        truth = Truth.FAILS if slope > 0 else Truth.UNDECIDED
        return Contact(truth, f"Phi'(1) is in {slope.str(8)}, and Phi'(1) < 0 is needed")
    bend = gap.at(arb(1), touch)[2]
    if bend < 0:
        return Contact(Truth.FAILS, f"(J) fails next to r = 1: the second derivative there is {bend.str(8)}")
    delta = _convex_radius(gap, touch)
    if delta is None:
        return Contact(Truth.UNDECIDED, f"no convex neighbourhood of the contact point r = 1 at {bits} bits")
    reach = to_ball(Fraction(2 * (gap.K - 1), gap.K)).upper()
    opened = 0
    for start in ((-reach, 1 - delta), (1 + delta, reach)):
        if not start[0] < start[1]:
            continue
        used, left = _positive(gap, touch, start, boxes - opened)
        opened += used
        if left is not None:
            return left
    radius = delta.str(4, radius=False)
    return Contact(Truth.HOLDS, f"(J) on |r| <= 2(K-1)/K: convex for |r - 1| <= {radius}, "
                                f"{opened} boxes elsewhere, at {bits} bits")


def _convex_radius(gap: _Gap, touch: tuple[arb, arb]) -> arb | None:
    """A dyadic radius around 1 on which J'' > 0 is certified, piece by piece."""
    for halvings in range(_HALVINGS):
        delta = arb(2) ** -halvings
        ends = [(1 - delta + delta * step / _PIECES).mid() for step in range(2 * _PIECES + 1)]
        if all(gap.at(low.union(high), touch)[2] > 0 for low, high in pairwise(ends)):
            return delta
    return None


def _positive(
    gap: _Gap, touch: tuple[arb, arb], start: tuple[arb, arb], boxes: int
) -> tuple[int, Contact | None]:
    """How many boxes were opened, and None when J > 0 is certified on all of ``start``."""
    stack, opened = [start], 0
    while stack:
        low, high = stack.pop()
        opened += 1
        box = low.union(high)
        middle = ((low + high) / 2).mid()
        natural, slope, _ = gap.at(box, touch)
        if natural > 0:
            continue
        value = gap.at(middle, touch)[0]
        if value + slope * (box - middle) > 0:
            continue
        if value < 0:
            return opened, Contact(Truth.FAILS, f"(J) fails at r = {middle.str(12)}: the difference is {value.str(8)}")
        if opened >= boxes or not (low < middle and middle < high):
            return opened, Contact(Truth.UNDECIDED, f"(J) is open for r in [{low.str(8)}, {high.str(8)}]")
        stack += [(low, middle), (middle, high)]
    return opened, None
