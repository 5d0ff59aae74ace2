"""Where the focal loss is convex: exactly where the true class has probability at least p*(gamma)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy

from ncproofs.losses.loss import T
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import Axiom, Claim, Identity, Relation, Sign, UniqueRoot
from ncproofs.proof.domain import Domain, between, nonnegative, positive, real
from ncproofs.theorems.all_losses.focal_letters import (
    INTERVAL,
    curvature,
    discriminant,
    gamma,
    in_odds,
    p,
    positive_gamma,
    psi,
    psi_prime,
    s,
    u,
    x,
)
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

r, w = sympy.symbols("r w", positive=True)

#: gamma -> p*(gamma), truncated to 20 decimals; each is certified by a sign change of G across the last
#: decimal.
P_STAR = {
    "1/2": "0.01766292858084410470",
    "1": "0.04320218352382019690",
    "2": "0.05784637908602529531",
    "3": "0.05749690817821816901",
    "5": "0.05023600928685058659",
}
#: sup over gamma of p*(gamma), truncated to 20 decimals.
SUP_P_STAR = "0.05844443329556708328"


def claims() -> Iterator[Claim]:
    """F1 to F4: the second derivative, its one sign change, necessity in z, and the values of p*."""
    yield from _second_derivative()
    yield from _at_most_one_root()
    yield from _a_root()
    yield from _in_logits()
    yield from _values()
    yield from _supremum()


def _second_derivative() -> Iterator[Claim]:
    prob = 1 / (1 + sympy.exp(u))
    every = Domain.of((gamma, nonnegative()), (u, real()))
    yield Identity(
        left=sympy.diff(psi(), u),
        right=psi_prime(),
        where=every,
        sentence="psi' = (1-p)^gamma [(1-p) - gamma p log p]",
    )
    yield Sign(expression=psi_prime(), relation=">", where=every, sentence="psi' > 0")
    yield Identity(
        left=sympy.diff(psi(), u, 2),
        right=prob * (1 - prob) ** gamma * in_odds(curvature()),
        where=every,
        sentence="psi'' = p (1-p)^gamma G(p, gamma), G = -gamma log p (gamma p - (1-p)) + (2 gamma + 1)(1-p)",
    )


def _at_most_one_root() -> Iterator[Claim]:
    quotient = curvature() / -sympy.log(p)
    rise = (1 - p) / p + sympy.log(p)
    yield Identity(
        left=quotient,
        right=gamma * ((gamma + 1) * p - 1) + (2 * gamma + 1) * (1 - p) / -sympy.log(p),
        where=positive_gamma(),
        sentence="G/(-log p) = gamma((gamma+1)p - 1) + (2 gamma + 1)(1-p)/(-log p)",
    )
    yield Identity(
        left=sympy.diff(quotient, p),
        right=gamma * (gamma + 1) + (2 * gamma + 1) * rise / sympy.log(p) ** 2,
        where=positive_gamma(),
        sentence="its derivative in p is gamma(gamma+1) + (2 gamma+1)[(1-p)/p + log p]/log^2 p",
    )
    yield Sign(expression=rise, relation=">", where=INTERVAL, sentence="(1-p)/p + log p > 0 on (0, 1)")
    yield Sign(
        expression=gamma * (gamma + 1) + (2 * gamma + 1) * w / x**2,
        relation=">",
        where=Domain.of((gamma, positive()), (w, positive()), (x, positive())),
        sentence="so G/(-log p) is strictly increasing in p: at most one root",
    )


def _a_root() -> Iterator[Claim]:
    yield Sign(
        expression=curvature(1 / (gamma + 1)),
        relation=">",
        where=Domain.of((gamma, positive())),
        sentence="G > 0 at p = 1/(gamma+1)",
    )
    low = sympy.exp(-4 - 2 / gamma) / (gamma + 1)
    yield Identity(
        left=sympy.log(low),
        right=-(4 + 2 / gamma + sympy.log(gamma + 1)),
        where=Domain.of((gamma, positive())),
        sentence="at p = e^{-4-2/gamma}/(gamma+1), -log p = 4 + 2/gamma + log(gamma+1)",
    )
    yield Sign(
        expression=curvature(low),
        relation="<",
        where=Domain.of((gamma, positive())),
        sentence="G < 0 there: exactly one root p*(gamma), and it lies in (0, 1/(gamma+1))",
    )


def _in_logits() -> Iterator[Claim]:
    where = Domain.of((gamma, nonnegative()), (r, positive()), (T, real()))
    at = sympy.log(r) - T
    loss = (1 - sympy.exp(T) / (sympy.exp(T) + r)) ** gamma * (sympy.log(sympy.exp(T) + r) - T)
    yield Identity(
        left=sympy.diff(loss, T, 2),
        right=sympy.diff(psi(), u, 2).subs(u, at),
        where=where,
        sentence="e_k^T (Hess FL) e_k = psi''(u) for every K >= 2: p_k >= p* is NECESSARY",
        because="with z_j (j != k) fixed, u = log r - z_k",
    )
    yield Axiom(
        name="a variance is nonnegative",
        uses="Hess FL = psi'' du du^T + psi' (diag(s) - s s^T), s = softmax over j != k: with psi' > 0, "
        "p_k >= p* (psi'' >= 0) is SUFFICIENT, and the region {u <= u*} is convex because u is a convex "
        "function",
    )


def _values() -> Iterator[Claim]:
    step = sympy.Rational(1, 10**20)
    for power, digits in P_STAR.items():
        value, exponent = sympy.Rational(digits), sympy.Rational(power)
        bounds: tuple[tuple[sympy.Expr, Relation], ...] = ((value, "<"), (value + step, ">"))
        for bound, relation in bounds:
            side = "above" if relation == "<" else "below"
            yield Sign(
                expression=curvature(bound, exponent),
                relation=relation,
                where=Domain(),
                sentence=f"p*({power}) lies {side} {digits}" + ("" if relation == "<" else " + 10^-20"),
            )


def _supremum() -> Iterator[Claim]:
    prob, form = sympy.Symbol("p", positive=True), 2 * x * p * gamma + (1 - p) * (2 - x)
    yield Identity(
        left=4 * x * p * (x * p * gamma**2 + (1 - p) * (2 - x) * gamma + (1 - p)),
        right=form**2 - (1 - p) * ((1 - p) * (2 - x) ** 2 - 4 * p * x),
        where=Domain.of((gamma, nonnegative()), (prob, between(0, 1)), (x, positive())),
        sentence="4xpG is a square minus (1-p) D(p), D = (1-p)(2-x)^2 - 4px, x = -log p: p*(gamma) <= p "
        "for every gamma >= 0 iff x <= 2 or D(p) <= 0",
    )
    yield UniqueRoot(
        expression=discriminant(),
        variable=s,
        lower=sympy.Integer(0),
        upper=sympy.oo,
        sentence="D has exactly one zero on 0 < p < e^-2, i.e. (1-p)(2 + log p)^2 = -4 p log p",
    )
    yield Sign(
        expression=sympy.diff(discriminant(), s),
        relation=">",
        where=Domain.of((s, positive())),
        sentence="D increases with -log p: sup_gamma p*(gamma) is that zero, attained at gamma = "
        "(1-p)(2+log p)/(2 p log p)",
    )
    low = sympy.Rational(SUP_P_STAR)
    bounds: tuple[tuple[sympy.Expr, Relation, str], ...] = (
        (low, ">", f"sup p* > {SUP_P_STAR}"),
        (low + sympy.Rational(1, 10**20), "<", f"sup p* < {SUP_P_STAR} + 10^-20"),
        (sympy.Rational(1, 17), "<", "sup p* < 1/17: no p*(gamma) exceeds 1/17"),
    )
    for bound, relation, words in bounds:
        yield Sign(
            expression=(1 - bound) * (2 + sympy.log(bound)) ** 2 + 4 * bound * sympy.log(bound),
            relation=relation,
            where=Domain(),
            sentence=words,
        )


def focal_power(problem: Ridge) -> Fraction | None:
    """gamma of the problem's loss when it is a focal loss, else None."""
    from ncproofs.losses.focal import focal

    power = problem.loss.parameters.get("gamma")
    if power is None or focal(power).phi != problem.loss.phi:
        return None
    return Fraction(power)


def is_focal(problem: Ridge) -> Truth:
    return Truth.FAILS if focal_power(problem) is None else Truth.HOLDS


FOCAL = Hypothesis("the loss is a focal loss", is_focal)

THEOREM = Theorem(
    name="focal-convexity-region",
    title="The exact convexity region of the focal loss",
    statement=(
        "For every gamma > 0 there is exactly one p*(gamma) in (0, 1/(gamma+1)) such that, for every K >= "
        "2, the Hessian of the focal loss in the logits is positive semidefinite iff p_k >= p*(gamma), and "
        "this region is convex. p* is not monotone in gamma; its supremum 0.0584444... < 1/17 is attained "
        "at gamma = 2.38186...; p*(0) = 0."
    ),
    idea=(
        "FL = psi(u) with u = log sum_{j != k} e^{z_j} - z_k convex and psi' > 0.\npsi'' has the sign of "
        "G(p, gamma), and G/(-log p) is strictly increasing because log y < y - 1.\ne_k^T Hess e_k = "
        "psi'', so the condition is necessary for every K.\n4xpG is a square minus (1-p) D(p): the "
        "supremum over gamma is the zero of D."
    ),
    source=Source(
        paper="Are All Losses Created Equal: A Neural Collapse Perspective",
        arxiv="2210.02192",
        quoted="focal loss is locally convex where the probability of the true class exceeds 0.21",
        relation="stronger",
        note="rendered from the literature; here the region is exact (necessary and sufficient), 3.6 times "
        "larger at worst",
    ),
    covers="all K >= 2, all gamma > 0",
    general=claims,
)
