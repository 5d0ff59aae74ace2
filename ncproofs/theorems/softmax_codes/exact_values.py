"""Where rho* is elementary: K <= d + 1, d = 2, and d + 2 <= K <= 2d with all its optimal codes."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, Tensor, scalar, total
from ncproofs.problems.codes import Codes
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.code_claims import CodeValue
from ncproofs.proof.domain import Domain, Range, integers_from
from ncproofs.proof.wording import worded
from ncproofs.theorems.softmax_codes.source import K, d, paper
from ncproofs.theorems.theorem import Hypothesis, Theorem
from ncproofs.truth import Truth

j, k, a = Index("j", K), Index("k", K), Index("a", d)
m = sympy.Symbol("m", integer=True, positive=True)
i = Index("i", m)


def _simplex() -> Iterator[Claim]:
    w = Tensor("w", (K, d), unit=1)
    mean = total(w[j, a], j)
    rest = w[k, a] - (mean - w[k, a]) / (K - 1)
    yield SumIdentity(
        left=total(rest**2, k, a), right=K * (K**2 - total(mean**2, a)) / (K - 1) ** 2,
        sentence="sum_k |w_k - mean_{j != k} w_j|^2 = K (K^2 - |sum_j w_j|^2)/(K-1)^2", because="|w_k| = 1",
    )
    bound = sympy.Symbol("s", positive=True)  # the sum above where sum_j w_j = 0
    yield worded(
        sympy.sqrt(bound / K), K / (K - 1), {bound: K * K**2 / (K - 1) ** 2}, where=Domain.of((K, integers_from(2))),
        sentence="so the least rho_k is at most K/(K-1), for every K and d", because="the mean bounds the least",
    )
    g = -1 / (K - 1)
    yield Identity(left=1 - g, right=K / (K - 1), where=Domain.of((K, integers_from(2))),
                   sentence="the simplex ETF has 1 - c = K/(K-1)", because="it exists iff K <= d + 1; equality forces "
                   "sum w = 0 and v_k = mean of the others for every k, hence equal inner products")


def _polygon() -> Iterator[Claim]:
    gap = Tensor("g", (K,))
    yield SumIdentity(
        left=total(gap[k] - total(gap[j], j) / K, k), right=scalar(0),
        sentence="d = 2: the K angles between neighbours have the mean 2 pi/K, so one is at most 2 pi/K",
        because="their sum is 2 pi; the cosine decreases, so c(W) >= cos(2 pi/K), attained by the regular polygon only",
    )


def _orthoplex() -> Iterator[Claim]:
    w, weights = Tensor("w", (m, d), unit=1), Tensor("alpha", (m,))
    total_weight = total(weights[i], i)
    p = total(weights[i] * w[i, a], i)
    yield Axiom(name="Radon's theorem", uses="K >= d + 2: disjoint sets of the points have hulls with a common point p")
    yield SumIdentity(
        left=total(weights[i] * (w[i, a] - p) ** 2, i, a),
        right=total_weight - 2 * total(p * p, a) + total_weight * total(p * p, a),
        sentence="p = sum alpha_i w_i: sum_i alpha_i |w_i - p|^2 = 1 - |p|^2 when sum alpha_i = 1",
        because="p is in the hull of the others for each i, so some rho_i^2 <= 1 - |p|^2 <= 1: rho* <= 1",
    )
    x, v = Tensor("x", (d,), unit=0), Tensor("y", (d,))
    yield SumIdentity(
        left=total((x[a] - v[a]) * x[a], a), right=1 - total(x[a] * v[a], a),
        sentence="no positive inner products: h = w_k has margin 1 - max_j <w_j, w_k> >= 1, so rho_k = 1 for all k",
        because="conversely rho(W) = 1 forces p = 0; 0 is in the hull of the others for every k (of one of the "
                "two sets), "
        "at distance 1 = rho_k, so 0 is the nearest point and <w_j, w_k> <= 0",
    )
    size = sympy.Symbol("n", integer=True, positive=True)
    yield Sign(expression=2 * d - (d + size), relation=">=",
               where=Domain.of((d, integers_from(1)), (size, Range(sympy.Integer(1), d, integer=True))),
               sentence="d + n <= 2d points without positive inner products exist for n <= d: +-e_1, ..., +-e_n, "
                        "e_{n+1}, ..., e_d", because="2n + (d - n) = d + n")


def claims() -> Iterator[Claim]:
    yield from _simplex()
    yield from _polygon()
    yield from _orthoplex()


def instance(problem: Codes) -> Iterator[Claim]:
    """The value at this K and d."""
    K, d = problem.K, problem.d
    if d + 1 >= K:
        value: sympy.Expr = sympy.Rational(K, K - 1)
    elif d == 1:
        value = sympy.Integer(0)
    elif d == 2:
        value = 1 - sympy.cos(2 * sympy.pi / K)
    else:
        value = sympy.Integer(1)  # the claim of this theorem; false for K > 2d, where it has to fail
    yield CodeValue(problem=problem, value=value)


def _elementary(problem: Codes) -> Truth:
    K, d = problem.K, problem.d
    return Truth.HOLDS if d <= 2 or K <= 2 * d else Truth.FAILS


THEOREM = Theorem(
    name="code-exact-values",
    title="Exact values of rho*: simplex, polygon, orthoplex",
    statement=(
        "rho* = 0 for d = 1, K >= 3, where two points are equal; rho* = K/(K-1) for K <= d + 1, only the simplex ETF; "
        "rho* = 1 - cos(2 pi/K) for d = 2, K >= 3, only the regular "
        "polygon; rho* = 1 for d + 2 <= K <= 2d, and W is optimal iff no inner product of two of its points is "
        "positive: "
        "then rho_k = 1 and h_k = w_k for every k."
    ),
    idea="Distance to the mean of the others; the least of K angles; a Radon point of two disjoint hulls.",
    source=paper("closed forms for d = 2, K <= d + 1 and d + 1 < K <= 2d", "stronger",
                 "with all the optimal codes for d + 2 <= K <= 2d"),
    notation=(
        ("d", "dimension of the unit vectors"),
        ("n", "points beyond d: K = d + n"),
    ),
    covers="all K >= 2, d >= 1 with K <= 2d or d <= 2",
    hypotheses=(Hypothesis("K <= 2d or d <= 2 (false beyond: code K = 7, d = 3)", _elementary),),
    general=claims,
    instance=instance,
    family=Codes,
)
