r"""Certified constants of the focal loss psi(u) = (1 - p)^gamma (-log p), p = 1 / (1 + e^u).

With x = -log p = log(1 + e^u) every formula below is a sum of positive terms, so balls lose nothing:

    psi'(u)  = (1 - p)^gamma [(1 - p) + gamma p x] > 0,
    psi''(u) = p (1 - p)^gamma G,     G = x p gamma^2 + (1 - p)(2 - x) gamma + (1 - p).

G / x is strictly increasing in p (theorem ``focal-convexity-region``), so psi' increases for u < u* and
decreases for u > u*. Each constant is enclosed by bisection on a function known to be monotone: both ends
of the bracket carry a certified sign, and nothing else is trusted.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import flint
from flint import arb, fmpq

from ncproofs.arithmetic.exact import nonnegative, size
from ncproofs.errors import OutOfScope

__all__ = [
    "bisect_increasing",
    "c_tie",
    "gamma_at_sup_p_star",
    "log_odds_star",
    "p_one",
    "p_star",
    "psi",
    "psi_prime",
    "sup_p_one",
    "sup_p_star",
    "tie_log_odds",
    "upper_branch",
]

_GUARD = 40
_LONGEST_BRACKET = 2**20


def _ball(value: Fraction | int) -> arb:
    value = Fraction(value)
    return arb(fmpq(value.numerator, value.denominator))


def bisect_increasing(function: Callable[[arb], arb], lower: arb, upper: arb, bits: int) -> arb:
    """A ball around the zero of an increasing ``function`` between ``lower`` and ``upper``.

    Rigorous when the function is increasing on the bracket: each end that is kept has a certified sign. The
    ball is wider than 2^-bits when signs stop being decidable at the current precision.

    Raises:
        OutOfScope: the signs at the ends are not certified.
    """
    lower, upper = lower.mid(), upper.mid()
    if not (function(lower) < 0 and function(upper) > 0):
        raise OutOfScope(f"no certified sign change between {lower.str(8)} and {upper.str(8)}")
    while not upper - lower < arb(2) ** -bits:
        shrunk = False
        for weight in (4, 2, 6):  # the middle first, then either side of an undecidable middle
            point = (lower + (upper - lower) * weight / 8).mid()
            value = function(point)
            if value < 0 and point > lower:
                lower, shrunk = point, True
            elif value > 0 and point < upper:
                upper, shrunk = point, True
            if shrunk:
                break
        if not shrunk:
            break
    return lower.union(upper)


def _expand(function: Callable[[arb], arb], start: arb, step: int) -> arb:
    """The first of start + step, start + 2 step, start + 4 step ... with ``function`` of the sign of step."""
    width = step
    while abs(width) <= _LONGEST_BRACKET:
        point = (start + width).mid()
        if function(point) * step > 0:
            return point
        width *= 2
    raise OutOfScope("no sign change within 2^20; the parameter is too extreme")


def _parts(u: arb) -> tuple[arb, arb, arb]:
    """p, 1 - p and -log p at log-odds ``u`` against the true class, each to full relative precision."""
    return 1 / (1 + u.exp()), 1 / (1 + (-u).exp()), u.exp().log1p()


def _power(u: arb, gamma: Fraction) -> arb:
    """(1 - p)^gamma = exp(-gamma log(1 + e^-u))."""
    return (-_ball(gamma) * (-u).exp().log1p()).exp()


def psi(u: arb, gamma: Fraction) -> arb:
    """(1 - p)^gamma (-log p) at log-odds ``u``, at the current precision."""
    return _power(u, gamma) * _parts(u)[2]


def psi_prime(u: arb, gamma: Fraction) -> arb:
    """(1 - p)^gamma [(1 - p) + gamma p (-log p)] at log-odds ``u``, at the current precision."""
    p, rest, x = _parts(u)
    return _power(u, gamma) * (rest + _ball(gamma) * p * x)


def log_odds_star(gamma: object, bits: int) -> arb:
    """u* with p*(gamma) = 1 / (1 + e^{u*}): psi is convex exactly for u <= u*.

    Raises:
        OutOfScope: gamma = 0 (psi is convex everywhere), or gamma too close to 0.
    """
    weight = nonnegative(gamma, "gamma")
    if weight == 0:
        raise OutOfScope("gamma=0 is cross-entropy, which is convex everywhere; take gamma > 0")

    def falling(u: arb) -> arb:  # -G/x, which increases with u because G/x increases with p
        p, rest, x = _parts(u)
        g = _ball(weight)
        return g * (rest - g * p) - (2 * g + 1) * rest / x

    with flint.ctx.workprec(bits + _GUARD + 20):
        # At p = 1/(gamma+1), i.e. e^u = gamma, the first term of G/x vanishes and the second is positive.
        start = _ball(weight).log().mid() - arb(2) ** -20
        return bisect_increasing(falling, start, _expand(falling, start, 1), bits + 8)


def p_star(gamma: object, bits: int) -> arb:
    """The root of G(., gamma) in (0, 1/(gamma+1)); 0 for gamma = 0. Relative width about 2^-bits."""
    if nonnegative(gamma, "gamma") == 0:
        return arb(0)
    u = log_odds_star(gamma, bits)
    with flint.ctx.workprec(bits + _GUARD + 20):
        return 1 / (1 + u.exp())


def p_one(gamma: object, bits: int) -> arb:
    """The root p1 > p* of (1 - p)^gamma [(1 - p) - gamma p log p] = 1 in (0, 1); p1 = 0 for gamma = 0.

    psi' rises from 0 to its maximum at u* and then falls to its limit 1, so psi' - 1 changes sign once, from
    minus to plus as u grows. log psi' is divided by p because psi' - 1 is of the order of p.
    """
    weight = nonnegative(gamma, "gamma")
    if weight == 0:
        return arb(0)

    def excess(u: arb) -> arb:
        p, _, x = _parts(u)
        return (_ball(weight) * (-p).log1p() + (p * (_ball(weight) * x - 1)).log1p()) / p

    with flint.ctx.workprec(bits + _GUARD + 20):
        start = _ball(weight).log().mid()
        lower, upper = _expand(excess, start, -1), _expand(excess, start, 1)
        u = bisect_increasing(excess, lower, upper, bits + 8)
        return 1 / (1 + u.exp())


def upper_branch(gamma: object, slope: arb, bits: int) -> arb:
    """The u < u* with psi'(u) = ``slope``, i.e. p > p*(gamma).

    For slope (K - 1) c the margin of the collapsed point is log(K - 1) - u.
    ``slope`` is positive and known to more than ``bits`` bits.

    Raises:
        OutOfScope: the slope is not certainly below max psi', so there may be no such u.
    """
    weight = nonnegative(gamma, "gamma")
    with flint.ctx.workprec(bits + _GUARD + 20):

        def rise(u: arb) -> arb:
            return psi_prime(u, weight) - slope

        if weight == 0:  # psi' = 1 - p
            return (slope / (1 - slope)).log() if slope < 1 else _no_branch(slope)
        top = log_odds_star(weight, bits).lower()
        if not rise(top) > 0:
            return _no_branch(slope)
        return bisect_increasing(rise, _expand(rise, top, -1), top, bits + 8)


def _no_branch(slope: arb) -> arb:
    raise OutOfScope(
        f"the slope {slope.str(8)} is not certainly below max psi'; there may be no nonzero solution"
    )


def tie_log_odds(K: int, gamma: object, bits: int) -> arb:
    """The u < u* whose tangent to psi passes through (u0, psi(u0)), u0 = log(K - 1).

    D(u) = psi(u) + psi'(u)(u0 - u) - psi(u0) has D' = psi''(u)(u0 - u) > 0 for u < u* < u0, D(u*) > 0
    because psi is concave on [u*, u0], and D -> -psi(u0) < 0 as u -> -oo: exactly one zero.

    Raises:
        OutOfScope: K p*(gamma) > 1 is not certified; then there is no tie.
    """
    weight = nonnegative(gamma, "gamma")
    classes = size(K, "K", 2)
    if weight == 0 or not classes * p_star(weight, bits) > 1:
        raise OutOfScope(f"K={classes}, gamma={weight}: no tie, because K p*(gamma) > 1 is not certified")
    with flint.ctx.workprec(bits + _GUARD + 20):
        u0 = arb(classes - 1).log()
        target = psi(u0, weight)

        def surplus(u: arb) -> arb:
            return psi(u, weight) + psi_prime(u, weight) * (u0 - u) - target

        top = log_odds_star(weight, bits).lower()
        return bisect_increasing(surplus, _expand(surplus, top, -1), top, bits + 8)


def c_tie(K: int, gamma: object, bits: int) -> tuple[arb, arb]:
    """(c, m): at this c the reduced objective phi(t) + c|t| has two minimisers, t = 0 and t = -(K-1) m.

    Raises:
        OutOfScope: K p*(gamma) > 1 is not certified; then the minimiser is unique for every c.
    """
    u = tie_log_odds(K, gamma, bits)
    with flint.ctx.workprec(bits + _GUARD + 20):
        return psi_prime(u, nonnegative(gamma, "gamma")) / (int(K) - 1), arb(int(K) - 1).log() - u


def sup_p_star(bits: int) -> arb:
    """sup over gamma >= 0 of p*(gamma), attained; the root of (1-p)(2-x)^2 = 4 p x on (0, e^-2), x = -log p.

    G(p, .) is a quadratic in gamma. It is positive for every gamma >= 0 iff x <= 2 or its discriminant
    (1-p)[(1-p)(2-x)^2 - 4px] is negative; the bracket falls strictly in p on (0, e^-2).
    """
    with flint.ctx.workprec(bits + _GUARD):

        def falling(p: arb) -> arb:
            return -((1 - p) * (2 + p.log()) ** 2 + 4 * p * p.log())

        return bisect_increasing(falling, arb(1) / 100, (arb(-2).exp() - arb(2) ** -20).mid(), bits + 8)


def gamma_at_sup_p_star(bits: int) -> arb:
    """The gamma at which p* is largest: (1-p)(2 + log p) / (2 p log p) at p = ``sup_p_star``."""
    p = sup_p_star(bits)
    with flint.ctx.workprec(bits + _GUARD):
        return (1 - p) * (2 + p.log()) / (2 * p * p.log())


def sup_p_one(bits: int) -> arb:
    """sup over gamma >= 0 of p1(gamma).

    For fixed p the maximum of log psi' over all real gamma is M(p) = -1 + (1-p)/r + log r,
    r = p log p / log(1-p), at gamma = -1/log(1-p) + (1-p)/(p log p). M(P) < 0 gives psi' < 1, hence p1 < P,
    for every gamma; M(P) > 0 at a positive gamma gives a p1 > P. So the two ends of the bracket are bounds,
    whether M is monotone or not.
    """
    with flint.ctx.workprec(bits + _GUARD):

        def minus_best(p: arb) -> arb:
            r = p * p.log() / (-p).log1p()
            return 1 - (1 - p) / r - r.log()

        found = bisect_increasing(minus_best, arb(1) / 8, arb(1) / 5, bits + 8)
        if not -1 / (-found).log1p() + (1 - found) / (found * found.log()) > 0:
            raise OutOfScope("the maximising gamma is not certainly positive; raise the precision")
        return found
