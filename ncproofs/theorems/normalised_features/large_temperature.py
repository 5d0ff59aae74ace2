"""As tau grows the loss on spheres measures the worst distance of a classifier to the hull of the others."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, Tensor, delta, total
from ncproofs.proof.claims import Axiom, Claim, Sign, SumIdentity
from ncproofs.proof.domain import Domain, Range, nonnegative, positive, real
from ncproofs.proof.wording import worded
from ncproofs.theorems.theorem import Source, Theorem

K, d = sympy.symbols("K d", integer=True, positive=True)
y = sympy.Symbol("y", positive=True)


def _sandwich() -> Iterator[Claim]:
    yield Axiom(name="log-sum-exp bounds",
                uses="with g_j = <w_y - w_j, h> and delta the least of them over all samples: every loss is at most "
                     "log(1 + (K-1) e^(-tau delta)), and one is at least log(1 + e^(-tau delta))")
    yield Sign(expression=y - sympy.log(1 + y), relation=">", where=Domain.of((y, positive())),
               sentence="log(1 + y) < y: -(1/tau) log f >= delta - log(K-1)/tau", because="y = (K-1) e^(-tau delta)")
    where = Domain.of((y, Range(sympy.Integer(0), sympy.Integer(1), lower_open=True)))
    yield Sign(expression=sympy.log(1 + y) - y / (1 + y), relation=">", where=where,
               sentence="log(1 + y) > y/(1 + y)", because="y = e^(-tau delta) <= 1 when delta >= 0")
    yield Sign(expression=y / (1 + y) - y / 2, relation=">=", where=where,
               sentence="so f >= e^(-tau delta)/(2N): -(1/tau) log f <= delta + log(2N)/tau", because="y <= 1")
    yield Axiom(name="minimax theorem",
                uses="max over |h| <= 1 of min_j <w_y - w_j, h> is the distance of w_y to the hull of the other "
                     "classifiers; so -(1/tau) log min f tends to the largest least distance")


def _few_classes() -> Iterator[Claim]:
    j, k, a = Index("j", K), Index("k", K), Index("a", d)
    w = Tensor("w", (K, d), unit=1)
    mean = total(w[j, a], j) / K
    yield SumIdentity(
        left=w[k, a] - total(w[j, a] * (1 - delta(j, k)), j) / (K - 1), right=K / (K - 1) * (w[k, a] - mean),
        sentence="the hull of the others contains their mean, at distance K/(K-1) |w_k - w_bar| from w_k",
        because="w_k - mean of the others",
    )
    yield SumIdentity(
        left=total((w[k, a] - mean) ** 2, k, a) / K, right=1 - total(mean**2, a),
        sentence="the mean of |w_k - w_bar|^2 is 1 - |w_bar|^2 <= 1: some distance is at most K/(K-1), for every d",
        because="unit vectors",
    )
    weight = Tensor("c", (K,))
    frame = (K * delta(j, k) - 1) / (K - 1)
    yield SumIdentity(
        left=1 - total(frame * weight[j] * (1 - delta(j, k)), j),
        right=1 + total(weight[j] * (1 - delta(j, k)), j) / (K - 1),
        sentence="simplex (K <= d + 1): <w_k, w_k - x> = K/(K-1) for every convex combination x of the others, so the "
                 "distance is K/(K-1)",
        because="<w_j, w_k> = -1/(K-1), and the weights sum to one",
    )


def _middle() -> Iterator[Claim]:
    yield Axiom(name="Radon's theorem",
                uses="d + 1 < K: two disjoint sets A, B of classifiers have a common point x in their hulls")
    length = sympy.Symbol("X", nonnegative=True)  # |x|^2
    inner = sympy.Symbol("p", real=True)  # <w_k, x>
    excess = sympy.Symbol("e", real=True)
    yield worded(
        1 - 2 * inner + length, 1 + 2 * excess, {excess: length / 2 - inner},
        where=Domain.of((length, nonnegative()), (inner, real())),
        sentence="|w_k - x|^2 > 1 iff <w_k, x> < |x|^2/2", because="w_k in A, and x is in the hull of B",
    )
    yield Sign(expression=length - length / 2, relation=">=", where=Domain.of((length, nonnegative())),
               sentence="averaging <w_k, x> < |x|^2/2 over A would give |x|^2 < |x|^2/2: some distance is at most 1",
               because="x is a convex combination of the classifiers in A")
    yield Axiom(name="Cauchy-Schwarz inequality",
                uses="d + 1 < K <= 2d, signed unit coordinate vectors: every x in the hull of the others has "
                     "<w_k, x> <= 0, so |w_k - x| >= <w_k, w_k - x> >= 1")


def _polygon() -> Iterator[Claim]:
    yield Axiom(name="area of a triangle is abc/(4R)",
                uses="d = 2: with arcs a, b to its neighbours w_k is at distance at most 2 sin(a/2) sin(b/2) from "
                     "their chord; if one arc exceeds pi, two neighbouring others sum to at most 4 pi/K and "
                     "2 sin(a/2) sin(b/2) <= 1 - cos((a+b)/2)")
    yield Axiom(name="Jensen's inequality",
                uses="log sin is concave on (0, pi), so the product over k of 2 sin(a_k/2) sin(a_{k+1}/2) is at "
                     "most (2 sin^2(pi/K))^K: some distance is at most 1 - cos(2 pi/K), as in the regular polygon")


def claims() -> Iterator[Claim]:
    yield from _sandwich()
    yield from _few_classes()
    yield from _middle()
    yield from _polygon()


THEOREM = Theorem(
    name="sphere-large-temperature",
    title="Large temperature: the loss on spheres measures the one-vs-rest distance",
    statement=(
        "For cross-entropy with N samples, min f over unit W, H satisfies D - log(K-1)/tau <= -(1/tau) log min f <= "
        "D + log(2N)/tau, D the maximum over W of min_k dist(w_k, conv{w_j, j != k}). D = K/(K-1) for K <= d + 1, "
        "D = 1 for d + 1 < K <= 2d, and D = 1 - cos(2 pi/K) for d = 2."
    ),
    idea="Log-sum-exp is its largest term up to log K; the best feature for w_y against the others points from the\n"
    "nearest point of their hull to w_y (minimax). The rest is convex geometry of unit vectors.",
    source=Source(
        paper="Generalized Neural Collapse for a Large Number of Classes",
        arxiv="2310.05351",
        quoted="as the temperature vanishes minimisers maximise the one-vs-rest distance (softmax codes)",
        relation="auxiliary",
        note="with explicit constants; the paper was not at hand, its wording is a paraphrase",
    ),
    notation=(
        ("X", "|x|^2"),
        ("p", "<w_k, x>"),
        ("y", "exponential of -tau delta or a multiple, see the reason of the step"),
        ("e", "|x|^2/2 - <w_k, x>"),
    ),
    covers="all K >= 2, any N with every class present, tau > 0",
    general=claims,
    open_questions=(
        "D for K > 2d, d >= 3", "which minimisers at finite tau tend to which optimal configuration when D has several",
    ),
)
