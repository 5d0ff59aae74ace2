"""Closed-form families of critical points on spheres, with value and index."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor, delta, scalar, total
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, integers_from, positive
from ncproofs.theorems.theorem import Source, Theorem

#: K = m r classes: group g, member e, n samples each. p0: probability of each class of the own group, q: of the others.
m, r, n, d = sympy.symbols("m r n d", integer=True, positive=True)
K = m * r
tau, u, q, theta = sympy.symbols("tau u q theta", positive=True)
p0 = (1 - (m - 1) * r * q) / r

g, g2, h = Index("g", m), Index("g2", m), Index("h", m)
e, e2 = Index("e", r), Index("e2", r)
SIZES = ((m, integers_from(2)), (r, integers_from(2)), (n, integers_from(1)))


def _probability(own: Index, other: Index) -> IndexedSum:
    return scalar(q) + (p0 - q) * delta(own, other)


def _merged_form() -> Iterator[Claim]:
    # x[h, g, e] = <w_h, dw_(g,e)>, y[g, h, e2] = <w_g, dh_(h,e2)>: moves that sum to zero in each group.
    x = Tensor("x", (m, m, r), zero_diagonal=True, zero_sum=(0, 2))
    y = Tensor("y", (m, m, r), zero_diagonal=True, zero_sum=(0, 2))
    moved = x[h, g, e] + y[g, h, e2]
    yield SumIdentity(
        left=total(_probability(h, g) * moved**2, g, e) - total(_probability(h, g) * moved, g, e) ** 2,
        right=q * total(x[h, g, e] ** 2, g, e) + q * r * total(y[g, h, e2] ** 2, g),
        sentence="merged ETF, moves that sum to zero in each group: the loss has curvature q sum x^2 + q r sum y^2",
        because="logit moves x[h,g,e] + y[g,h,e2] of a sample of class (h, e2); the sums over members vanish",
    )
    v = Tensor("v", (m,), zero_sum=(0,))
    yield SumIdentity(
        left=total(total((delta(g, h) - scalar(1) / m) * v[h], h) ** 2, g) * m / (m - 1),
        right=m / (m - 1) * total(v[g] ** 2, g), because="the simplex is a tight frame",
        sentence="sum_g <w_g, v>^2 = m/(m-1) |v|^2 in the span of the simplex",
    )
    z = Tensor("z", (m, r, d), zero_sum=(1,))
    a = Index("a", d)
    yield SumIdentity(
        left=total((_probability(h, g) - delta(g, h) * delta(e, e2)) * z[g, e, a], g, e), right=-z[h, e2, a],
        sentence="sum_k G_ks dw_k = -dw_y/N: the mixed term is -(2 tau n/N) sum_k <dw_k, dh_k>",
        because="the probabilities are constant on groups",
    )


def _merged_index() -> Iterator[Claim]:
    where = Domain.of(*SIZES, (q, positive()))
    yield Identity(
        left=r * p0 - r * q - 1, right=-K * q, where=where,
        sentence="-(N/(n tau)) alpha_k = K q =: theta, and the same for beta", because="sum_k p_k <w_k, w_y> - 1",
    )
    grown = sympy.Symbol("x", positive=True)  # e^u
    yield Identity(
        left=K / (r * grown + K - r), right=m / (grown + m - 1), where=Domain.of(*SIZES, (grown, positive())),
        sentence="theta = m/(e^u + m - 1), u = tau m/(m-1)", because="q = 1/(r e^u + K - r)",
    )
    half = Domain.of((u, positive()))
    yield Sign(expression=1 - sympy.exp(u), relation="<", where=half, because="u > 0",
               sentence="theta < 1: out of the span the pair (dw, dh) has the form [[theta, -1], [-1, theta]], one "
                        "eigenvalue of either sign, d - m + 1 times for each of K - m moves")
    yield Sign(expression=1 + u - sympy.exp(u), relation="<", where=half, because="e^u > 1 + u",
               sentence="theta (1 + tau/(m-1)) = (m + u)/(e^u + m - 1) < 1: the same in the span, m - 2 times")
    yield Identity(
        left=(K - m) * (d - m + 1) + (K - m) * (m - 2), right=(K - m) * (d - 1),
        where=Domain.of(*SIZES, (d, integers_from(1))),
        sentence="the index of the merged ETF is (K - m)(d - 1)",
        because="moves equal within groups see the loss of m classes (plus log r), where collapse is nondegenerate "
        "with index 0 (sphere-spectrum); separating features inside a class costs -beta > 0",
    )
    root = sympy.sqrt((n - 1) ** 2 * theta**2 + 4 * n)
    low, high = (tau / (n * K) * ((n + 1) * theta + sign * root) / 2 for sign in (-1, 1))
    block = Domain.of(*SIZES, (theta, positive()), (tau, positive()))
    yield Identity(left=low + high, right=tau / K * (theta + theta / n), where=block, because="trace",
                   sentence="least eigenvalue (tau/N)((n+1) theta - sqrt((n-1)^2 theta^2 + 4n))/2: the sum of both")
    yield Identity(left=sympy.expand(low * high), right=tau**2 / K**2 * (theta**2 - 1) / n, where=block,
                   because="determinant", sentence="and their product")


def _one_direction() -> Iterator[Claim]:
    """W = u 1^T, all features equal: the block of the features is zero."""
    classes = sympy.Symbol("K", integer=True, positive=True)
    k, y = Index("k", classes), Index("y", classes)
    a = Index("a", d)
    move, turn = Tensor("v", (classes, d)), Tensor("D", (classes, d))
    slope = (scalar(1) / classes - delta(k, y)) / classes
    centred = move[y, a] - total(move[k, a], k) / classes
    yield SumIdentity(
        left=total(slope * move[k, a] * turn[y, a], k, y, a), right=-total(centred * turn[y, a], y, a) / classes,
        sentence="W = u 1^T, equal features h, <u, h> != 0: the mixed block pairs centred classifier moves with class "
                 "means of feature moves",
        because="alpha = beta = 0 and W^T dH is parallel to 1: the features' own block is zero",
    )
    N = sympy.Symbol("N", integer=True, positive=True)
    yield Identity(
        left=(classes + N) * (d - 1) - 2 * (classes - 1) * (d - 1), right=(N - classes + 2) * (d - 1),
        where=Domain.of((classes, integers_from(2)), (N, integers_from(2)), (d, integers_from(2))),
        sentence="index (K-1)(d-1) and nullity (N-K+2)(d-1)",
        because="[[A, B], [B^T, 0]] with B of full row rank (K-1)(d-1) has that many eigenvalues of either sign",
    )
    yield Axiom(name="inertia of a bordered matrix", uses="P_u maps the orthogonal complement of h onto that of u when "
                                                          "<u, h> != 0, so B has full rank")


def _values() -> Iterator[Claim]:
    size, part = sympy.symbols("K' m'", integer=True, positive=True)
    where = Domain.of((part, integers_from(2)), (size, integers_from(2)), (tau, positive()))
    yield Identity(
        left=sympy.exp(tau) + (part - 1) * sympy.exp(-tau / (part - 1)) + (size - part),
        right=sympy.exp(tau) * (1 + (part - 1) * sympy.exp(-tau * part / (part - 1)) + (size - part) * sympy.exp(-tau)),
        where=where, sentence="direct sum of ETFs: the loss of a class in a part of size m' is "
        "log(1 + (m'-1) e^(-tau m'/(m'-1)) + (K-m') e^-tau)", because="logits tau, -tau/(m'-1) and 0",
    )
    yield Identity(
        left=sympy.exp(tau) * r + (K - r) * sympy.exp(-tau / (m - 1)),
        right=sympy.exp(tau) * (r + (K - r) * sympy.exp(-tau * m / (m - 1))),
        where=Domain.of(*SIZES, (tau, positive())), because="logits tau and -tau/(m-1)",
        sentence="merged ETF: the value is log(r + (K-r) e^(-tau m/(m-1)))",
    )
    yield Axiom(name="principle of symmetric criticality",
                uses="a finite group of isometries and relabellings fixes each configuration and every column spans "
                     "the vectors fixed by its stabiliser: the gradient has no tangent part (any symmetric loss)")


def claims() -> Iterator[Claim]:
    yield from _merged_form()
    yield from _merged_index()
    yield from _one_direction()
    yield from _values()


THEOREM = Theorem(
    name="sphere-critical-families",
    title="Closed-form critical points on spheres: merged frames, one direction, sums of simplices",
    statement=(
        "For cross-entropy and every tau > 0: K = m r classes merged in m >= 2 groups at a simplex ETF, h = w, are a "
        "critical point of value log(r + (K-r) e^(-tau m/(m-1))) and index (K-m)(d-1), with no null directions but the "
        "rotations. W = u 1^T with equal features not orthogonal to u has value log K, index (K-1)(d-1) and nullity "
        "(N-K+2)(d-1). Direct sums of simplices are critical with the stated value."
    ),
    idea="Differences inside a group see a two by two block [[theta, -1], [-1, theta]] with theta < 1.",
    source=Source(
        paper="Neural Collapse with Normalized Features: A Geometric Analysis over the Riemannian Manifold",
        arxiv="2209.09211",
        quoted="all other critical points are strict saddles",
        relation="auxiliary",
        note="explicit families with their index",
    ),
    rests_on=("sphere-spectrum",),
    covers="all m >= 2, r >= 2, n >= 1, d >= m - 1, tau > 0",
    general=claims,
    open_questions=(
        "index of polygons, signed simplices and direct sums for all sizes: certified on single instances only",
    ),
)
