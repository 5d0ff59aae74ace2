r"""A general profile: the global minimum of g(m) = F(ell) + (tilt/K)(K-1) m + c (K-1)|m| over all real m.

ell = log(1 + (K-1) e^-m), p = e^-ell. For m > 0, g' = (K-1)(c + tilt/K) - (1-p) F'(ell), and
g'' = (1-p) [p F' + (1-p) F'']. If p F' + (1-p) F'' > 0 for all ell, phi is strictly convex and one
comparison at 0 decides; otherwise the half line is searched by branch and bound.
"""

from __future__ import annotations

from fractions import Fraction

import flint
from flint import arb

from ncproofs.critical.exponential_sums import ExponentialSum
from ncproofs.critical.focal import bisect_increasing
from ncproofs.critical.profiles import Profile, to_ball
from ncproofs.critical.regimes import CHAIN, LADDER, Regime, c_of
from ncproofs.errors import OutOfScope
from ncproofs.problems.features import Ridge
from ncproofs.truth import Rigor, Truth

__all__ = ["interior_root", "is_convex", "isolate_minimiser"]

_BITS = 192
_BOXES = 20_000


def is_convex(profile: Profile) -> bool:
    """True is a proof that phi is strictly convex; False is no answer."""
    if profile.kind == "linear":
        return True
    if profile.kind == "focal" or profile.total is None:
        return False
    first = profile.total.derivative()
    second = first.derivative()
    # e^-ell F' + (1 - e^-ell) F''
    bend = first.damped() + second + second.damped().negated()
    return bend.is_positive_beyond()


def isolate_minimiser(problem: Ridge, profile: Profile) -> Regime:
    """The regime for a general profile.

    Raises:
        OutOfScope: F' > 0 is not certified, negative margins are not excluded, or with a bias convexity is
        not.
    """
    total = _sum(profile)
    if not total.derivative().is_positive_beyond():
        raise OutOfScope(
            f"{problem.loss}: F' > 0 on (0, oo) is not certified, so the contrastive bound is not available"
        )
    if is_convex(profile):
        return _convex(problem, profile)
    if problem.has_bias:
        raise OutOfScope(
            f"{problem.loss}: phi is not certified convex, and with a bias the lower bound needs it; "
            "try lambda_b=none"
        )
    return _searched(problem, profile)


def _sum(profile: Profile) -> ExponentialSum:
    if profile.total is None:
        raise OutOfScope("this profile is not an exponential sum")
    return profile.total


def _ends(K: int, profile: Profile, price: arb, m: arb) -> arb:
    """g'(m) for m > 0, at the current precision."""
    return (K - 1) * price - profile.at(arb(K - 1).log() - m)[1]


def _outer(K: int, profile: Profile, price: arb) -> arb:
    """An M with g(m) > g(0) for every m > M: F >= F(0) gives g(m) >= F(0) + (K-1) price m."""
    total = _sum(profile)
    if not price > 0:
        raise OutOfScope(
            "c + tilt/K > 0 is needed; otherwise the objective is not bounded below along large margins"
        )
    return ((total.at(arb(K).log()) - to_ball(total.at_zero())) / ((K - 1) * price)).upper() + 1


def _excludes_negative(problem: Ridge, profile: Profile, c: arb) -> bool:
    """g' < 0 for every m < 0: there (1-p) >= (K-1)/K, so F'(ell) > tilt - K c on (log K, oo) suffices."""
    limit = (to_ball(profile.tilt) - problem.K * c).upper()
    mantissa, exponent = limit.man_exp()
    bound = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    if bound <= 0:
        return True
    return _sum(profile).derivative().plus(-bound).is_positive_beyond(arb(problem.K).log())


def _convex(problem: Ridge, profile: Profile) -> Regime:
    K, exact = problem.K, profile.origin_slope(problem.K)
    if exact is not None:
        below: bool | None = exact > 0 and problem.c_squared < exact * exact
        anti = exact < 0 and problem.c_squared < exact * exact
    else:
        below, anti = _compare(problem, profile)
    if anti:
        raise OutOfScope(f"{problem.loss}: phi'(0) < -c, so that a negative margin is better than 0, and there may be "
                         "no minimum; no theorem covers that")
    if below is None:
        return Regime(
            name="trivial",
            geometry="zero",
            rank=0,
            truth=Truth.UNDECIDED,
            rigor=Rigor.ESTIMATED,
            because=f"c and phi'(0) agree to {LADDER[-1]} bits",
        )
    if not below:
        return Regime(
            name="trivial",
            geometry="zero",
            rank=0,
            rigor=Rigor.ENCLOSED,
            because="F' > 0 and phi convex, certified; c >= phi'(0)",
        )
    with flint.ctx.workprec(_BITS):
        price = to_ball(c_of(problem)) + to_ball(profile.tilt) / K
        bracket = (arb(0), _outer(K, profile, price))
    return Regime(
        name="collapse",
        geometry="simplex ETF",
        rank=K - 1,
        rigor=Rigor.ENCLOSED,
        bracket=bracket,
        axioms=CHAIN,
        because="F' > 0 and phi convex, certified; c < phi'(0)",
    )


def _compare(problem: Ridge, profile: Profile) -> tuple[bool | None, bool]:
    for bits in LADDER:
        with flint.ctx.workprec(bits):
            c, K = to_ball(c_of(problem)), problem.K
            edge = profile.at(arb(K - 1).log())[1] / (K - 1) - to_ball(profile.tilt) / K
            if c < edge:
                return True, False
            if c > edge and c > -edge:
                return False, False
            if c < -edge:
                return False, True
    return None, False


def _searched(problem: Ridge, profile: Profile) -> Regime:
    K = problem.K
    with flint.ctx.workprec(_BITS):
        c = to_ball(c_of(problem))
        if not _excludes_negative(problem, profile, c):
            raise OutOfScope(f"{problem.loss}: negative margins are not excluded, and no theorem covers them")
        price = c + to_ball(profile.tilt) / K
        brackets = _candidates(K, profile, price)
        if brackets is None:
            return Regime(
                name="trivial",
                geometry="zero",
                rank=0,
                truth=Truth.UNDECIDED,
                rigor=Rigor.ESTIMATED,
                because=f"the reduced problem was not resolved within {_BOXES} boxes",
            )
        origin = profile.at(arb(K - 1).log())[0]
        values: list[tuple[arb, tuple[arb, arb] | None]] = [(origin, None)]
        for bracket in brackets:
            margin = interior_root(K, profile, price, bracket, _BITS - 70)
            height = profile.at(arb(K - 1).log() - margin)[0] + (K - 1) * price * margin
            values.append((height, bracket))
    return _lowest(problem, values)


def _lowest(problem: Ridge, values: list[tuple[arb, tuple[arb, arb] | None]]) -> Regime:
    best, bracket = min(values, key=lambda pair: pair[0].mid())
    sure = all(other is best or best < other for other, _ in values)
    truth, rigor = (Truth.HOLDS, Rigor.ENCLOSED) if sure else (Truth.UNDECIDED, Rigor.ESTIMATED)
    because = f"F' > 0 certified; branch and bound over the margin found {len(values)} candidate(s)"
    if not sure:
        because += " that balls do not separate"
    if bracket is None:
        return Regime(name="trivial", geometry="zero", rank=0, because=because, truth=truth, rigor=rigor)
    return Regime(
        name="collapse",
        geometry="simplex ETF",
        rank=problem.K - 1,
        because=because,
        truth=truth,
        rigor=rigor,
        bracket=bracket,
    )


def _candidates(K: int, profile: Profile, price: arb) -> list[tuple[arb, arb]] | None:
    """Brackets on which g is strictly convex with one interior minimum; every other m > 0 is no minimiser.

    A box is dropped when g has no stationary point in it (the least value is then at a box end, which
    another box or m = 0 takes care of), when g'' < 0 on it, or when g is above a known value.
    """
    start = arb(K - 1).log()
    known = profile.at(start)[0].upper()
    boxes, opened, found = [(arb(0), _outer(K, profile, price))], 0, []
    while boxes:
        low, high = boxes.pop()
        opened += 1
        if opened > _BOXES:
            return None
        box = low.union(high)
        value, slope, bend = profile.at(start - box)
        steep = (K - 1) * price - slope
        if steep > 0 or steep < 0 or bend < 0:
            continue
        if value + (K - 1) * price * box > known:
            continue
        left, right = _ends(K, profile, price, low), _ends(K, profile, price, high)
        if bend > 0 and (left > 0 or right < 0):
            continue  # g' is monotone on the box and keeps its sign
        if bend > 0 and left < 0 and right > 0:
            found.append((low, high))
            continue
        # Not the midpoint: a stationary point at m = 0 or on a dyadic number would stay on a box end.
        middle = (low + (high - low) * 17 / 36).mid()
        boxes += [(low, middle), (middle, high)]
    return found


def interior_root(K: int, profile: Profile, price: arb, bracket: tuple[arb, arb], bits: int) -> arb:
    """The zero of g' in ``bracket``, on which g' increases."""
    return bisect_increasing(lambda m: _ends(K, profile, price, m), bracket[0], bracket[1], bits)
