"""Focal loss with a bias: where collapse is still the only optimum, and where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import flint
import sympy

from ncproofs.arithmetic.enclosure import exact_bounds
from ncproofs.critical.focal import (
    c_tie,
    tie_log_odds,
    upper_branch,
)
from ncproofs.critical.focal import (
    psi as psi_ball,
)
from ncproofs.critical.focal import (
    psi_prime as psi_prime_ball,
)
from ncproofs.critical.sacrificed import Sacrifice, lowest, value
from ncproofs.errors import OutOfScope
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import Axiom, Claim, CollapsedOptimum, Hole, Identity, Relation, Sign
from ncproofs.proof.domain import Domain, nonnegative, positive
from ncproofs.theorems.all_losses.focal_convexity_region import FOCAL, focal_power
from ncproofs.theorems.all_losses.focal_letters import gamma, psi, psi_prime, x
from ncproofs.theorems.all_losses.focal_uniqueness import tangent_gap
from ncproofs.theorems.all_losses.lower_bound_chain import identity_with_signs
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

p, y, w = sympy.symbols("p y w", positive=True)

#: sup over gamma of p1(gamma), truncated to 20 decimals.
SUP_P_ONE = "0.16753341616600652131"
_BITS = 160


def two_groups(
    classes: int,
    given_up: int,
    margin: sympy.Expr,
    gap: sympy.Expr,
    power: sympy.Expr,
    c: sympy.Expr,
    weight: sympy.Expr,
) -> sympy.Expr:
    """The objective where ``given_up`` classes have w = h = 0 and the others form an ETF of ``margin``."""
    kept = classes - given_up
    at_zero = sympy.log(given_up - 1 + kept * sympy.exp(-gap))
    at_etf = sympy.log(
        (kept - 1) * sympy.exp(-margin) + given_up * sympy.exp(gap - margin * sympy.Rational(kept - 1, kept))
    )
    data = sympy.Rational(given_up, classes) * psi(at_zero, power) + sympy.Rational(kept, classes) * psi(
        at_etf, power
    )
    return data + c * (kept - 1) * margin + weight * gap**2 * sympy.Rational(given_up * kept, 2 * classes)


def claims() -> Iterator[Claim]:
    """The convex minorant, sup p1 in closed form, and the counterexample at K = 100, gamma = 5."""
    yield from _minorant()
    yield from _supremum()
    yield from _counterexample()


def _minorant() -> Iterator[Claim]:
    yield Axiom(
        name="Jensen's inequality",
        uses="let psi'(u1) = 1, u1 < u*: chi = psi for u <= u1, slope 1 beyond, is convex and below psi "
        "(psi' rises on u <= u*, then falls to its limit 1, theorem focal-convexity-region). With biases "
        "the margin sums are s_{ki} + beta_k, sum beta_k = 0, so f >= chi(mean) + c|mean| as in "
        "lower-bound-chain",
    )
    yield Axiom(
        name="a convex function lies above its tangents",
        uses="chi + c|t| has the minimum of phi + c|t| when c <= 1/(K-1) (the nonzero minimiser has psi' = "
        "(K-1)c <= 1), and chi = phi on t <= 0 when K p1 <= 1",
    )
    yield Sign(
        expression=w - 1 - sympy.log(w),
        relation=">=",
        where=Domain.of((w, positive())),
        sentence="log w <= w - 1",
    )


def _supremum() -> Iterator[Claim]:
    """log psi' = -gamma y + log a, a = (1-p) + gamma p x, y = -log(1-p); log a is bounded by a tangent."""
    a = (1 - p) + gamma * p * x
    scale = a * y / (p * x)
    yield Identity(
        left=-gamma * y + (scale - 1 + sympy.log(p * x / y)),
        right=-1 + (1 - p) * y / (p * x) + sympy.log(p * x / y),
        where=Domain.of((p, positive()), (x, positive()), (y, positive()), (gamma, nonnegative())),
        sentence="log psi' <= M(p) = -1 + (1-p) y/(p x) + log(p x/y) for every gamma: M(P) < 0 gives "
        "p1(gamma) < P",
        because="log a <= w - 1 + log(p x/y) with w = a y/(p x), and log w <= w - 1",
    )
    low = sympy.Rational(SUP_P_ONE)
    bounds: tuple[tuple[sympy.Expr, Relation, str], ...] = (
        (low + sympy.Rational(1, 10**20), "<", f"sup p1 < {SUP_P_ONE} + 10^-20"),
        (sympy.Rational(1, 5), "<", "sup p1 < 1/5: for K <= 5 every gamma is covered"),
    )
    for bound, relation, words in bounds:
        yield Sign(expression=_best_slope(bound), relation=relation, where=Domain(), sentence=words)
    power = sympy.Rational(26724, 10000)
    bound = sympy.Rational("0.16753341")
    yield Sign(
        expression=psi_prime(sympy.log(1 / bound - 1), power) - 1,
        relation=">",
        where=Domain(),
        sentence="p1(2.6724) > 0.16753341, so K = 6 is not covered for every gamma",
    )


def _best_slope(prob: sympy.Expr) -> sympy.Expr:
    ratio = prob * sympy.log(prob) / sympy.log(1 - prob)
    return -1 + (1 - prob) / ratio + sympy.log(ratio)


def _counterexample() -> Iterator[Claim]:
    """K = 100, gamma = 5, c = 0.01274: every ETF or trivial critical point has f >= psi(log 99)."""
    five, c, start = sympy.Integer(5), sympy.Rational("0.01274"), sympy.log(99)
    tie = sympy.Rational("2.2076265335")
    yield Sign(
        expression=tangent_gap(start - tie, start, five),
        relation=">",
        where=Domain(),
        sentence="K = 100, gamma = 5: the tie has margin above 2.2076265335",
    )
    yield Sign(
        expression=psi_prime(start - tie, five) / 99 - c,
        relation="<",
        where=Domain(),
        sentence="so c_tie(100, 5) < 0.01274: there min phi + c|t| = phi(0) = psi(log 99)",
    )
    for weight in (sympy.Integer(0), sympy.Rational(1, 1000)):
        found = two_groups(100, 46, sympy.Rational("2.1769"), sympy.Rational("-0.112"), five, c, weight)
        yield Sign(
            expression=found - psi(start, five),
            relation="<",
            where=Domain(),
            sentence=f"lambda_b = {weight}: giving up 46 of 100 classes (margin 2.1769, bias gap -0.112) "
            f"is better than every simplex ETF and than W = H = 0",
        )


def instance(problem: Ridge) -> Iterator[Claim]:
    """Proved when c <= 1/(K-1), K p1 <= 1 or no bias; refuted by a two-group point; else as open as it is."""
    power = focal_power(problem)
    if power is None:
        yield Hole(step=f"{problem.loss} is not a focal loss")
        return
    if problem.d < problem.K - 1:
        yield _question(problem, power)
        return
    if not problem.has_bias:
        yield identity_with_signs()  # without a bias lower-bound-chain needs no convexity of phi
        return
    exponent = sympy.Rational(power.numerator, power.denominator)
    K = problem.K
    squared = Fraction(problem.c_squared)
    small_c = Sign(
        expression=sympy.Rational(squared.numerator, squared.denominator) - sympy.Rational(1, (K - 1) ** 2),
        relation="<=",
        where=Domain(),
        sentence="c <= 1/(K-1)",
    )
    small_p = Sign(
        expression=psi_prime(sympy.log(K - 1), exponent) - 1,
        relation="<=",
        where=Domain(),
        sentence=f"K p1(gamma) <= 1, i.e. psi' <= 1 at p = 1/{K}",
    )
    minorant = Axiom(name="Jensen's inequality", uses="the convex minorant chi of the general claims")
    if squared * (K - 1) ** 2 <= 1:
        yield from (small_c, minorant)
        return
    if K == 2 or _covers_every_margin(K, power):
        yield from (small_p, minorant)
        return
    yield _window(problem, power, exponent)


def _covers_every_margin(K: int, power: Fraction) -> bool:
    with flint.ctx.workprec(_BITS):
        return bool(psi_prime_ball(flint.arb(K - 1).log(), power) <= 1)


def _window(problem: Ridge, power: Fraction, exponent: sympy.Expr) -> Claim:
    """A certified two-group point, or the question itself, which the certified optimum leaves undecided."""
    open_claim = _question(problem, power)
    floor = _collapsed_value(problem, power)
    point = None if floor is None or problem.K < 4 else lowest(problem, power)
    if floor is None or point is None or not _beats(problem, power, point, floor):
        return open_claim
    bound = _rational(floor)
    found = two_groups(
        problem.K,
        point.given_up,
        _rational(point.margin),
        _rational(point.gap),
        exponent,
        sympy.sqrt(_rational(Fraction(problem.c_squared))),
        _rational(Fraction(problem.lambda_b or 0)),
    )
    return Sign(
        expression=found - bound,
        relation=">=",
        where=Domain(),
        sentence=f"every global minimiser is a simplex ETF or zero (all of those have f >= "
        f"{_decimal(floor)}); refuted by giving up {point.given_up} of {problem.K} classes, margin "
        f"{point.margin}, bias gap {point.gap}",
    )


def _question(problem: Ridge, power: Fraction) -> Claim:
    return CollapsedOptimum(
        problem=problem,
        geometry="simplex ETF" if _is_below_tie(problem, power) else "zero",
        because="nothing is proved outside d >= K - 1 and (no bias, c <= 1/(K-1) or K p1 <= 1)",
    )


def _is_below_tie(problem: Ridge, power: Fraction) -> bool:
    with flint.ctx.workprec(_BITS):
        c = _ball(Fraction(problem.c_squared)).sqrt()
        try:
            edge, _ = c_tie(problem.K, power, _BITS)
        except OutOfScope:
            edge = psi_prime_ball(flint.arb(problem.K - 1).log(), power) / (problem.K - 1)
        return bool(c < edge)


def _collapsed_value(problem: Ridge, power: Fraction) -> Fraction | None:
    """A certified lower bound of min_t phi(t) + c|t|, which every ETF or trivial critical point obeys."""
    with flint.ctx.workprec(_BITS):
        start = flint.arb(problem.K - 1).log()
        c = _ball(Fraction(problem.c_squared)).sqrt()
        trivial = psi_ball(start, power)
        try:
            u = upper_branch(power, (problem.K - 1) * c, _BITS)
            tie_log_odds(problem.K, power, _BITS)
        except OutOfScope:
            return None
        collapsed = psi_ball(u, power) + c * (problem.K - 1) * (start - u)
        return min(exact_bounds(trivial)[0], exact_bounds(collapsed)[0])


def _beats(problem: Ridge, power: Fraction, point: Sacrifice, floor: Fraction) -> bool:
    with flint.ctx.workprec(_BITS):
        return bool(value(problem, power, point) < _ball(floor))


def _ball(number: Fraction) -> flint.arb:
    return flint.arb(flint.fmpq(number.numerator, number.denominator))


def has_room(problem: Ridge) -> Truth:
    return Truth.HOLDS if problem.d >= problem.K - 1 else Truth.FAILS


def _rational(number: Fraction) -> sympy.Rational:
    return sympy.Rational(number.numerator, number.denominator)


def _decimal(number: Fraction) -> str:
    """Truncated, so that it stays a lower bound."""
    whole, rest = divmod(number.numerator * 10**15 // number.denominator, 10**15)
    return f"{whole}.{rest:015d}"


THEOREM = Theorem(
    name="focal-bias",
    title="Focal loss with a bias",
    statement=(
        "Let d >= K - 1. With a bias (lambda_b >= 0) every global minimiser is a simplex ETF with b "
        "proportional to 1, or W = H = 0, if c <= 1/(K-1) or K p1(gamma) <= 1; the latter holds for every "
        "gamma when K <= 5. Without a bias it always holds. With a bias it is FALSE in general: at K = "
        "100, gamma = 5, c = 0.01274 giving up 46 classes is better."
    ),
    idea=(
        "chi, equal to phi up to slope 1/(K-1) and affine beyond, is a convex minorant of phi; Jensen "
        "applies to it.\np1 is where psi' = 1; sup p1 = 0.16753... < 1/5 by maximising log psi' over gamma "
        "in closed form.\nNear c_tie, K1 classes at zero and an ETF of the others beat both."
    ),
    source=Source(
        paper="Are All Losses Created Equal: A Neural Collapse Perspective",
        arxiv="2210.02192",
        quoted="for FL every global minimiser of the bias model is neural collapse",
        relation="corrected",
        note="as usually quoted it fails near c_tie when K p*(gamma) > 1; proved here for c <= 1/(K-1) or "
        "K p1 <= 1",
    ),
    rests_on=("focal-convexity-region", "lower-bound-chain"),
    covers="all K >= 2, d >= K - 1, gamma >= 0, lambda_b >= 0 with c <= 1/(K-1) or K p1(gamma) <= 1",
    hypotheses=(FOCAL, Hypothesis("d >= K - 1", has_room)),
    general=claims,
    instance=instance,
    open_questions=(
        "6 <= K <= 17 with c > 1/(K-1) and K p1(gamma) > 1: no counterexample is known, and no proof",
        "the exact minimiser inside the window around c_tie",
    ),
)
