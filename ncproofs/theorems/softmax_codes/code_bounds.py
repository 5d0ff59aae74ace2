"""Bounds of rho* for every K and d, and the certified bracket at an instance."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.problems.codes import Codes
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign
from ncproofs.proof.code_claims import CodeBracket
from ncproofs.proof.domain import Domain, Range, between, integers_from, positive
from ncproofs.proof.wording import worded
from ncproofs.theorems.softmax_codes.source import K, d, paper
from ncproofs.theorems.theorem import Theorem

B = sympy.Symbol("B", positive=True)
s = sympy.Symbol("s", positive=True)


def _caps() -> Iterator[Claim]:
    yield Axiom(name="area of a union of spherical caps",
                uses="caps of half the least angle are disjoint: A_d(th/2) <= 1/K; a set of K - 1 points that "
                     "cannot be "
                     "enlarged covers: A_d(th) >= 1/(K-1); so 1 - cos th_L <= rho* <= 1 - cos 2 th_U")
    double = sympy.Symbol("c", real=True)  # cos 2 th
    yield worded(
        1 - double, 2 * s**2, {double: 1 - 2 * s**2}, where=Domain.of((s, between(0, 1))),
        sentence="1 - cos 2 th = 2 sin^2 th", because="s = sin th",
    )
    yield from _sandwich()
    tangent = sympy.Symbol("u", nonnegative=True)  # tan(th/4): sin(th/2) = 2u/(1+u^2)
    half = 2 * tangent / (1 + tangent**2)
    full = 2 * half * (1 - tangent**2) / (1 + tangent**2)
    yield Sign(
        expression=2 * half - full, relation=">=", where=Domain.of((tangent, between(0, 1, closed=True))),
        sentence="sin th <= 2 sin(th/2): with the bounds of A_d before it (d >= 3) the "
                 "closed bounds (1/2)(B_d/(K-1))^{2/(d-1)} <= rho* <= 2 (B_d/K)^{2/(d-1)} follow",
        because="u = tan(th/4)",
    )
    where = Domain.of((K, integers_from(3)), (d, integers_from(3)), (B, positive()))
    order = 2 / (d - 1)
    yield Identity(
        left=2 * (B / K) ** order / ((B / (K - 1)) ** order / 2), right=4 * ((K - 1) / K) ** order, where=where,
        sentence="the ratio of the closed bounds is 4 ((K-1)/K)^{2/(d-1)} < 4, so the order K^{-2/(d-1)} is right",
        because="the two closed bounds differ by a constant",
    )
    yield Sign(expression=1 - (K - 1) / K, relation=">", where=Domain.of((K, integers_from(3))),
               sentence="(K-1)/K < 1", because="so the ratio is below 4 for every d")


def _sandwich() -> Iterator[Claim]:
    """sin^{d-1} th <= B_d A_d(th) <= (2 sin(th/2))^{d-1}: all three vanish at 0, and the derivatives are ordered."""
    p = sympy.Symbol("p", positive=True)
    c, q = sympy.symbols("c q", nonnegative=True)
    unit, where = Range(sympy.Integer(0), sympy.Integer(1)), (d, integers_from(3))
    yield Sign(
        expression=(d - 1) * p - (d - 1) * p * c, relation=">=", where=Domain.of(where, (p, positive()), (c, unit)),
        sentence="(d/dth)(B_d A_d - sin^{d-1} th) = (d-1) sin^{d-2} th (1 - cos th) >= 0 for 0 < th <= pi/2",
        because="p = sin^{d-2} th, c = cos th; B_d A_d' = (d-1) sin^{d-2} th, as B_d = (d-1) int_0^pi sin^{d-2}",
    )
    yield Sign(
        expression=(d - 1) * p * c - (d - 1) * p * c * q, relation=">=",
        where=Domain.of(where, (p, positive()), (c, unit), (q, unit)),
        sentence="(d/dth)((2 sin(th/2))^{d-1} - B_d A_d) >= 0 for d >= 3",
        because="with c = cos(th/2), p = (2 sin(th/2))^{d-2}, q = c^{d-3} <= 1: sin^{d-2} th = p c^{d-2} = p c q",
    )
    yield Axiom(name="a function whose derivative is nonnegative does not decrease",
                uses="both differences vanish at th = 0: sin^{d-1} th <= B_d A_d(th) <= (2 sin(th/2))^{d-1}")


def _plane() -> Iterator[Claim]:
    yield Axiom(name="Fejes Toth's bound for points on the sphere",
                uses="d = 3, K >= 3: rho* <= (4 - 1/sin^2(pi K/(6(K-2))))/2")
    exact = {3: (sympy.Integer(1), sympy.Rational(3, 2)), 4: (sympy.Rational(3, 4), sympy.Rational(4, 3)),
             6: (sympy.Rational(1, 2), sympy.Integer(1)), 12: ((5 - sympy.sqrt(5)) / 8, 1 - 1 / sympy.sqrt(5))}
    for size, (sine_sq, value) in exact.items():
        square = sympy.Symbol("S", positive=True)
        yield worded((4 - 1 / square) / 2, value, {square: sine_sq},
                     sentence=f"at K = {size} it is the exact value {value}",
                     because=f"sin^2(pi {size}/(6 {size - 2})) = {sine_sq}")


def _greedy_versus_disjoint() -> Iterator[Claim]:
    h = sympy.Symbol("h", real=True)
    yield Sign(
        expression=2 * (1 - h**2) - (1 - h), relation=">=",
        where=Domain.of((h, Range(sympy.Integer(0), sympy.Integer(1)))),
        sentence="at equal angles th <= pi/2 the upper bound 2 sin^2 th is at least the lower bound 1 - cos th",
        because="h = cos th",
    )


def claims() -> Iterator[Claim]:
    yield from _caps()
    yield from _plane()
    yield from _greedy_versus_disjoint()


def instance(problem: Codes) -> Iterator[Claim]:
    yield CodeBracket(problem=problem, because="a code in balls below, the least of the proved bounds above")


THEOREM = Theorem(
    name="code-bounds",
    title="Certified bounds of rho* at any K and d",
    statement=(
        "For d >= 2 and K >= 3: 1 - cos th_L <= rho* <= 1 - cos 2 th_U with A_d(th_L) = 1/(K-1), A_d(th_U) = "
        "1/K, A_d the "
        "share of a cap; for d >= 3 both bounds have the order K^{-2/(d-1)}. Also rho* <= 1 for K >= d + 2, "
        "Fejes Toth's "
        "bound for d = 3, and every Delsarte certificate."
    ),
    idea="Disjoint caps, covering caps, linear programming; below, the margin of a code that a search found.",
    source=paper("lower and upper bounds of the margin for general K and d", "stronger",
                 "the quoted lower bound loses a factor d^{2/(d-1)}, the quoted upper bound has half the exponent"),
    notation=(
        ("c", "cosine; each step says of which angle"),
        ("p", "power of a sine, see the reason of the step"),
        ("q", "cosine to the power d - 3"),
        ("s", "sin th"),
        ("u", "tan(th/4)"),
        ("h", "cos th"),
        ("S", "sin^2(pi K/(6(K-2)))"),
        ("B", "B_d, the area by which the share of a cap is normalised"),
    ),
    covers="all K >= 3, d >= 3 (the order of the closed bounds)",
    general=claims,
    instance=instance,
    family=Codes,
)
