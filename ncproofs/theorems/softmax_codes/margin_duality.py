"""The best feature of a class is the projection direction: max_h min_j <w_k - w_j, h> is a distance to a hull."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, Tensor, scalar, total
from ncproofs.proof.claims import Axiom, Claim, SumIdentity
from ncproofs.theorems.softmax_codes.source import K, d, paper
from ncproofs.theorems.theorem import Theorem

j, a = Index("j", K), Index("a", d)
m = sympy.Symbol("m", integer=True, positive=True)
i = Index("i", m)


def claims() -> Iterator[Claim]:
    w, v = Tensor("w_k", (d,), unit=0), Tensor("v", (d,))
    others, weights, h = Tensor("w", (K, d)), Tensor("l", (K,)), Tensor("h", (d,))
    yield SumIdentity(
        left=total(weights[j] * total((w[a] - others[j, a]) * h[a], a), j),
        right=total(weights[j], j) * total(w[a] * h[a], a)
        - total(total(weights[j] * others[j, a], j) * h[a], a),
        sentence="sum_j l_j <w_k - w_j, h> = <w_k - sum_j l_j w_j, h> for weights l_j >= 0 with sum 1",
        because="so the least of <w_k - w_j, h> is at most <w_k - v, h> for every v in the hull of the others",
    )
    yield Axiom(name="Cauchy-Schwarz inequality",
                uses="<w_k - v, h> <= |w_k - v| for |h| = 1: min_j <w_k - w_j, h> <= rho_k")
    yield SumIdentity(
        left=total((w[a] - others[j, a]) * (w[a] - v[a]), a),
        right=total((w[a] - v[a]) ** 2, a) - total((others[j, a] - v[a]) * (w[a] - v[a]), a),
        sentence="<w_k - w_j, w_k - v> = |w_k - v|^2 - <w_j - v, w_k - v>",
        because="v the nearest point of the hull has <w_j - v, w_k - v> <= 0, so h = (w_k - v)/rho_k attains rho_k",
    )
    yield SumIdentity(
        left=scalar(1) - total(w[a] * v[a], a),
        right=(total((w[a] - v[a]) ** 2, a) + 1 - total(v[a] ** 2, a)) / 2,
        sentence="1 - <w_k, v> = (|w_k - v|^2 + 1 - |v|^2)/2",
        because="|v| <= 1 in the hull of unit vectors: rho_k <w_k, h_k> = 1 - <w_k, v> >= rho_k^2/2, so "
        "<w_k, h_k> > 0 always",
    )
    g, features = Tensor("g", (d,)), Tensor("h", (m, d))
    yield SumIdentity(
        left=total(total(g[a] * features[i, a], a), i), right=total(g[a] * total(features[i, a], i), a),
        sentence="the least margin of several features of one class is at most that of any one of them",
        because="so with n features a class HardMax >= -rho(W), with equality at h_{k,i} = h_k: min HardMax = -rho*",
    )


THEOREM = Theorem(
    name="softmax-margin-duality",
    title="HardMax at its best features is minus the distance to the hull of the other classifiers",
    statement=(
        "For unit classifiers w_1, ..., w_K and every k: the maximum over unit h of min_{j != k} <w_k - w_j, h> is "
        "rho_k = dist(w_k, conv{w_j : j != k}) (for rho_k > 0 attained at h_k = (w_k - v_k)/rho_k only, with "
        "<w_k, h_k> > 0). So min over W and H of HardMax is -rho*, and it is attained iff W is a softmax code "
        "and every "
        "feature has margin at least rho*."
    ),
    idea="Weights on the other classifiers bound the margin from above, the projection on their hull attains "
         "the bound;\n"
    "unit length makes the direction lean towards its own classifier.",
    source=paper("the global minimisers of the HardMax problem are the softmax codes", "equal",
                 "with the sign of <w_k, h_k>, which the value of the softmax code rests on"),
    covers="all K >= 2, d >= 1, n >= 1, any unit classifiers",
    general=claims,
    open_questions=("points with w_k inside the hull of the others (not unit): the maximum is minus a distance to the "
                    "boundary, outside this statement",),
)
