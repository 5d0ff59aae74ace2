"""When the reduced problem of the focal loss has one minimiser: exactly when K p*(gamma) <= 1."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import Axiom, Claim, Hole, Identity, Relation, Sign
from ncproofs.proof.domain import Domain, nonnegative, real
from ncproofs.theorems.all_losses.focal_convexity_region import FOCAL, focal_power
from ncproofs.theorems.all_losses.focal_letters import curvature, gamma, psi, psi_prime, u
from ncproofs.theorems.theorem import Source, Theorem

u0 = sympy.Symbol("u_0", real=True)

#: (K, gamma, c_tie, margin m): decimals truncated, each certified by a sign change across the last one.
TIES = (
    (100, "2", "0.011156516240006084547584", "2.373247221926433427628277"),
    (20, "2", "0.059403294513871602644168", "0.227670419091593882685288"),
    (100, "5", "0.012739587402523969896054", "2.207626533508683380358885"),
    (1000, "2", "0.001069814464195964158569", "4.956090407706202554098260"),
)


def tangent_gap(at: sympy.Expr, start: sympy.Expr, power: sympy.Expr) -> sympy.Expr:
    """psi(at) + psi'(at)(start - at) - psi(start): the tangent at ``at`` minus psi, over ``start``."""
    return psi(at, power) + psi_prime(at, power) * (start - at) - psi(start, power)


def claims() -> Iterator[Claim]:
    """F5: the tie, the range of K, and the places of the ties."""
    where = Domain.of((gamma, nonnegative()), (u, real()), (u0, real()))
    yield Identity(
        left=sympy.diff(tangent_gap(u, u0, gamma), u),
        right=sympy.diff(psi(), u, 2) * (u0 - u),
        where=where,
        sentence="D(u) = psi(u) + psi'(u)(u_0 - u) - psi(u_0), u_0 = log(K-1), has D' = psi''(u)(u_0 - u)",
        because="at a nonzero minimiser psi'(u) = (K-1)c, so D = phi(t) + c|t| - phi(0)",
    )
    yield Axiom(
        name="intermediate value theorem",
        uses="K p* > 1: D increases for u < u* < u_0, D(u*) > 0 (psi is concave on [u*, u_0]), D -> "
        "-psi(u_0) < 0 as u -> -oo; so D has one zero there and one c has two minimisers. K p* <= 1: psi "
        "is convex for u <= u_0",
    )
    yield from _class_counts()
    for tie in TIES:
        yield from _tie(*tie)


def _class_counts() -> Iterator[Claim]:
    seventeenth, eighteenth = sympy.Rational(1, 17), sympy.Rational(1, 18)
    yield Sign(
        expression=(1 - seventeenth) * (2 + sympy.log(seventeenth)) ** 2
        + 4 * seventeenth * sympy.log(seventeenth),
        relation="<",
        where=Domain(),
        sentence="17 sup p* < 1: for K <= 17 the minimiser is unique for every gamma "
        "(focal-convexity-region)",
    )
    yield Sign(
        expression=curvature(eighteenth, sympy.Rational(12, 5)),
        relation="<",
        where=Domain(),
        sentence="18 p*(12/5) > 1: K = 18 fails at gamma = 12/5",
    )
    for power in (1, 2, 3):
        yield Sign(
            expression=curvature(sympy.Rational(1, 100), sympy.Integer(power)),
            relation="<",
            where=Domain(),
            sentence=f"100 p*({power}) > 1: K = 100 fails at gamma = {power}",
        )


def _tie(classes: int, power: str, price: str, margin: str) -> Iterator[Claim]:
    """D changes sign between the two decimals of m, and psi'/(K-1) there encloses c_tie."""
    step, start, exponent = sympy.Rational(1, 10**24), sympy.log(classes - 1), sympy.Rational(power)
    low = sympy.Rational(margin)
    name = f"K = {classes}, gamma = {power}"
    # u = log(K-1) - m falls as m grows, and D rises with u.
    sides: tuple[tuple[sympy.Expr, Relation, str], ...] = ((low, ">", "above"), (low + step, "<", "below"))
    for m, relation, side in sides:
        yield Sign(
            expression=tangent_gap(start - m, start, exponent),
            relation=relation,
            where=Domain(),
            sentence=f"{name}: the tie has margin {side} {margin}" + ("" if side == "above" else " + 10^-24"),
        )
    slope, c = (
        [psi_prime(start - m, exponent) / (classes - 1) for m in (low + step, low)],
        sympy.Rational(price),
    )
    yield Sign(
        expression=slope[0] - c + step,
        relation=">",
        where=Domain(),
        sentence=f"{name}: c_tie > {price} - 10^-24",
    )
    yield Sign(
        expression=slope[1] - c - 2 * step,
        relation="<",
        where=Domain(),
        sentence=f"{name}: c_tie < {price} + 2 10^-24",
    )


def instance(problem: Ridge) -> Iterator[Claim]:
    """K p*(gamma) <= 1, i.e. G(1/K, gamma) >= 0, because G has the sign of p - p*(gamma)."""
    power = focal_power(problem)
    if power is None:
        yield Hole(
            step=f"uniqueness of the minimiser for {problem.loss}, which is not a focal loss (see "
            f"reduced-function)"
        )
        return
    exponent = sympy.Rational(power.numerator, power.denominator)
    where = "" if power == 0 else _place_of_tie(problem)
    yield Sign(
        expression=curvature(sympy.Rational(1, problem.K), exponent),
        relation=">=",
        where=Domain(),
        sentence=f"K p*(gamma) <= 1 at K = {problem.K}, gamma = {power}, i.e. G(1/K, gamma) >= 0: one "
        f"minimiser for every c > 0{where}",
    )


def _place_of_tie(problem: Ridge) -> str:
    from ncproofs.critical.focal import c_tie
    from ncproofs.errors import OutOfScope

    power = focal_power(problem)
    try:
        c, m = c_tie(problem.K, power, 80)
    except OutOfScope:
        return ""
    return f" (two minimisers at c = {c.str(15)}: t = 0 and m = {m.str(15)})"


THEOREM = Theorem(
    name="focal-uniqueness",
    title="Uniqueness of the reduced minimiser for the focal loss",
    statement=(
        "phi_FL(t) + c|t| has exactly one minimiser for every c > 0 iff K p*(gamma) <= 1. If K p*(gamma) > "
        "1 it has two, t = 0 and t_tie < 0, at exactly one c = c_tie(K, gamma). Hence it is unique for all "
        "gamma >= 0 and c > 0 iff K <= 17."
    ),
    idea=(
        "phi is convex on t <= 0 iff psi is convex on u <= log(K-1) iff K p* <= 1.\nOtherwise a tangent "
        "from the convex part through (u_0, psi(u_0)) exists, once; its slope is (K-1) c_tie.\n17 sup p* < "
        "1 < 18 sup p*."
    ),
    source=Source(
        paper="Are All Losses Created Equal: A Neural Collapse Perspective",
        arxiv="2210.02192",
        quoted="phi_FL(t) + c|t| has a unique minimiser for every gamma and K",
        relation="corrected",
        note="as usually quoted it fails from K = 18 on, and for CIFAR-100 and ImageNet sizes at gamma = 2",
    ),
    rests_on=("focal-convexity-region",),
    covers="all K >= 2, gamma >= 0, c > 0; c_tie at four (K, gamma)",
    hypotheses=(FOCAL,),
    general=claims,
    instance=instance,
)
