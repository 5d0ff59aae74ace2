"""Closed-form saddles: the origin, and collapse with classes merged in equal groups."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor, delta, scalar, total
from ncproofs.proof.claims import Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, between, integers_from, nonnegative, positive
from ncproofs.proof.wording import worded
from ncproofs.theorems.letters import c, lH, lW
from ncproofs.theorems.theorem import Source, Theorem

#: K = G s classes: group g, member e. Logits are margin (1 - 1/G) on the own group, -margin/G elsewhere.
groups, members, n = sympy.symbols("G s n", integer=True, positive=True)
g, g2, q_ = Index("g", groups), Index("g2", groups), Index("p", groups)
e, e2, i = Index("e", members), Index("e2", members), Index("i", n)
alpha = sympy.Symbol("alpha", nonnegative=True)
off = sympy.Symbol("q", positive=True)  # probability of each class outside the own group
own = (1 - (groups - 1) * members * off) / members  # probability of each class of the own group
K = groups * members


def _slope() -> IndexedSum:
    """N times the derivative of the mean loss in logit (g, e) of a sample of class (g2, e2)."""
    return (own - off) * delta(g, g2) + off - (1 - alpha) * delta(g, g2) * delta(e, e2) - alpha / K


def _centred(left: Index, right: Index) -> IndexedSum:
    return delta(left, right) - scalar(1) / groups


def _critical() -> Iterator[Claim]:
    # W[p, (g, e)] = omega (delta_pg - 1/G), features eta (delta - 1/G): H G^T and W G are multiples of W and H.
    yield SumIdentity(
        left=total(_centred(q_, g2) * _slope(), g2, e2, i) / (n * K),
        right=-(groups * members * off - alpha) / K * _centred(q_, g),
        sentence="H G^T = -((K q - alpha)/K) (eta/omega) W on merged classes: W is stationary iff K q - alpha = c K",
        because="omega/eta = sqrt(n lambda_H/lambda_W) by balance, so lambda_W omega/eta = c",
    )
    yield SumIdentity(
        left=total(_centred(q_, g) * _slope(), g, e), right=-(groups * members * off - alpha) * _centred(q_, g2),
        sentence="W G is the same multiple of H", because="the derivative matrix is symmetric",
    )
    x = sympy.Symbol("E", positive=True)  # e^margin
    domain = Domain.of((groups, integers_from(1)), (members, integers_from(1)), (c, positive()), (alpha, nonnegative()))
    solved = 1 / (c * members + alpha / groups) - (groups - 1)
    yield Identity(
        left=1 / (members * (x + groups - 1)).subs(x, solved), right=c + alpha / K, where=domain,
        sentence="q = 1/(s (e^m + G - 1)) equals c + alpha/K at m = log(1/(c s + alpha/G) - (G - 1))",
        because="the scale of the merged point",
    )
    yield Identity(
        left=solved - 1, right=groups * (1 - alpha - c * K) / (c * K + alpha), where=domain,
        sentence="m > 0 iff c < (1 - alpha)/K", because="the same threshold as for full collapse",
    )


def _index() -> Iterator[Claim]:
    inner = Tensor("u", (groups, members), zero_sum=(1,))
    yield SumIdentity(
        left=total(_slope() * inner[g, e], g, e), right=-(1 - alpha) * inner[g2, e2],
        sentence="vectors that sum to zero in each group are singular vectors of G with s_1 = (1 - alpha)/(K sqrt n)",
        because="N G = ... - (1 - alpha) I on them; they form a space of dimension K - G, and rank W = G - 1, so the "
        "null sector contributes (d - G + 1)(K - G) eigenvalues of the sign of lambda - s_1",
    )
    yield Sign(
        expression=2 * c - 2 * (1 - alpha) / K, relation="<",
        where=Domain.of((groups, integers_from(1)), (members, integers_from(2)), (alpha, between(0, 1)),
                        (c, between(0, (1 - alpha) / K))),
        sentence="sqrt(n) times the curvature 2 (lambda - s_1) is negative below the threshold: a strict saddle",
        because="sqrt(n) lambda = c and sqrt(n) s_1 = (1 - alpha)/K; null-sector",
    )


def _value() -> Iterator[Claim]:
    m = sympy.Symbol("m", positive=True)
    domain = Domain.of((groups, integers_from(1)), (members, integers_from(1)), (m, positive()), (c, positive()),
                       (n, integers_from(1)), (lH, positive()))
    squared_w, squared_h = sympy.symbols("S_W S_H", positive=True)  # |W|^2 and |H|^2
    meant = {squared_w: lH * n * m / c * (groups - 1) * members, squared_h: lW * m / c * (groups - 1) * members * n,
             lW: c**2 / (n * lH)}
    yield worded(
        lW / 2 * squared_w + lH / 2 * squared_h, c * members * (groups - 1) * m, meant, where=domain,
        sentence="the weight decay of the merged point is c s (G - 1) m",
        because="|W|^2 = (lambda_H n m/c) s (G-1), |H|^2 = (lambda_W m/c) n s (G-1)",
    )


def claims() -> Iterator[Claim]:
    yield from _critical()
    yield from _index()
    yield from _value()


THEOREM = Theorem(
    name="merged-saddles",
    title="The origin and merged groups are strict saddles in closed form",
    statement=(
        "Let K = G s and let the classes be merged in G groups of s >= 2. For cross-entropy (alpha = 0) and label "
        "smoothing the point with logits m on the G groups, m = log(1/(c s + alpha/G) - (G - 1)), is critical and "
        "nonzero iff c < (1 - alpha)/K. Its derivative matrix has singular value (1 - alpha)/(K sqrt n) with "
        "multiplicity K - G, so it is a strict saddle with curvature 2 (lambda - s_1) and (d - G + 1)(K - G) negative "
        "eigenvalues in the null sector; G = 1 is the origin."
    ),
    idea="The derivative matrix is a combination of three projectors; on differences inside a group it is\n"
    "-(1 - alpha)/N times the identity, which is too large for weight decay to hold.",
    source=Source(
        paper="Are All Losses Created Equal: A Neural Collapse Perspective",
        arxiv="2210.02192",
        quoted="critical points other than neural collapse are strict saddles",
        relation="auxiliary",
        note="an explicit family with its curvature and index",
    ),
    rests_on=("null-sector",),
    covers="all G >= 1, s >= 2, n >= 1, d >= G - 1",
    general=claims,
)
