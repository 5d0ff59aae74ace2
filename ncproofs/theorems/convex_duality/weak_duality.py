"""Weak duality of regularised networks: every dual matrix bounds every network from below."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, Tensor, scalar, total
from ncproofs.problems.networks import Network
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, nonnegative, positive
from ncproofs.proof.network_claims import DualityGap
from ncproofs.theorems.convex_duality.sources import CONVEX, beta
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

n, K, m = sympy.symbols("n K m", integer=True, positive=True)
i, k, j = Index("i", n), Index("k", K), Index("j", m)
h, a = Tensor("h", (m, n)), Tensor("a", (m, K))
V, Y, cost = Tensor("V", (n, K)), Tensor("Y", (n, K)), Tensor("c", (m,))
w, o = sympy.symbols("w a", nonnegative=True)
t, p, q = sympy.symbols("t p q", positive=True)


def claims() -> Iterator[Claim]:
    """f_ik = sum_j h_ji a_jk, any features h; c_j = |w_j||a_j|."""
    f = total(h[j, i] * a[j, k], j)
    primal = total((f - Y[i, k]) ** 2, i, k) / 2 + beta * total(cost[j], j)
    dual = total(V[i, k] * Y[i, k], i, k) - total(V[i, k] ** 2, i, k) / 2
    slack = beta * total(cost[j], j) - total(V[i, k] * f, i, k)
    yield SumIdentity(
        left=primal - dual, right=total((f - Y[i, k] + V[i, k]) ** 2, i, k) / 2 + slack,
        sentence="P - D = |f - Y + V|^2/2 + sum_j (beta |w_j||a_j| - <V, h_j a_j^T>)",
        because="completing the square in f - Y + V",
    )
    yield SumIdentity(
        left=total(V[i, k] * f, i, k), right=total(a[j, k] * total(V[i, k] * h[j, i], i), j, k),
        sentence="<V, h_j a_j^T> = <a_j, V^T h_j>",
    )
    yield Axiom(name="Cauchy-Schwarz inequality",
                uses="<a_j, V^T h_j> <= |a_j||V^T h_j| <= beta |w_j||a_j| when max |V^T phi(Xw)| <= beta over unit w")
    yield Identity(
        left=(w**2 + o**2) / 2 - w * o, right=(w - o) ** 2 / 2,
        where=Domain.of((w, nonnegative()), (o, nonnegative())),
        sentence="weight decay (|w|^2 + |a|^2)/2 >= |w||a|, equal when |w| = |a|",
        because="the features are homogeneous, so every neuron can be rescaled to |w| = |a| without changing f",
    )
    yield SumIdentity(
        left=total((f - Y[i, k] + (Y[i, k] - f)) ** 2, i, k), right=scalar(0),
        sentence="with V = Y - f the square vanishes: the gap is the slack of the active neurons",
    )
    where = Domain.of((t, positive()), (p, positive()), (q, positive()))
    yield Identity(
        left=t * p - t**2 * q / 2, right=p**2 / (2 * q) - q * (t - p / q) ** 2 / 2, where=where,
        sentence="D(t V) = t p - t^2 q/2, p = <V, Y>, q = |V|^2: an infeasible V is scaled by t = beta/max |V^T phi|",
    )
    yield Sign(expression=p**2 / (2 * q), relation=">", where=where, sentence="the best scaling is worth p^2/(2q) > 0")


def instance(problem: Network) -> Iterator[Claim]:
    """The gap at an explicit network and dual point is below 10^-30."""
    yield DualityGap(problem=problem, value="1e-30", relation="<")


def is_convex(problem: Network) -> Truth:
    """Two layers, or inner layers of norm at most one."""
    return Truth.HOLDS if problem.layers == 2 or problem.normalisation == "unit" else Truth.FAILS


THEOREM = Theorem(
    name="network-weak-duality",
    title="Weak duality of regularised networks, and certificates of optimality",
    statement=(
        "For two-layer networks f = sum_j phi(X w_j) a_j^T with features homogeneous of degree one, weight decay "
        "beta/2 and squared error, every V with max |V^T phi(Xw)| <= beta over unit w satisfies "
        "<V, Y> - |V|^2/2 <= |f - Y|^2/2 + (beta/2) sum_j (|w_j|^2 + |a_j|^2) for networks of every width. With "
        "V = Y - f and <V, phi(X w_j) a_j^T> = beta |w_j||a_j| for every neuron the two sides are equal."
    ),
    idea="The difference is a square plus one nonnegative slack for each neuron; instances exhibit both sides.",
    source=Source(
        paper=CONVEX[0], arxiv=CONVEX[1],
        quoted="the dual of the rescaled weight decay problem gives its optimal value", relation="equal",
        note="rendered from the abstract and the usual quotation; the dual is that of the rescaled problem",
    ),
    notation=(
        ("n", "number of samples, the rows of Y"),
        ("K", "number of columns of Y"),
        ("m", "number of neurons"),
    ),
    covers="all n, K, widths and features homogeneous of degree one, all beta > 0",
    hypotheses=(Hypothesis("two layers, or inner layers of norm at most one", is_convex),),
    general=claims,
    instance=instance,
    family=Network,
)
