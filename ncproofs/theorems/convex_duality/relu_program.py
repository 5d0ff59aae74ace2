"""The finite convex program of a two-layer ReLU network: cells of an arrangement, and a bound for each."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, Tensor, total
from ncproofs.problems.networks import Network
from ncproofs.proof.claims import Axiom, Claim, Identity, SumIdentity
from ncproofs.proof.domain import Domain, integers_from
from ncproofs.proof.network_claims import DualityGap
from ncproofs.theorems.convex_duality.sources import is_kind
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

n, d = sympy.symbols("n d", integer=True, positive=True)
i, a = Index("i", n), Index("a", d)
X, w, v = Tensor("X", (n, d)), Tensor("w", (d,)), Tensor("v", (n,))
active, sign, lam = Tensor("D", (n,)), Tensor("S", (n,)), Tensor("l", (n,))

_COUNTS = {2: 2 * n, 3: n**2 - n + 2, 4: (n - 1) * (n - 2) * (n - 3) / 3 + (n - 1) * (n - 2) + 2 * (n - 1) + 2}


def claims() -> Iterator[Claim]:
    inner = total(active[i] * v[i] * X[i, a] * w[a], i, a)
    walls = total(lam[i] * sign[i] * X[i, a] * w[a], i, a)
    yield SumIdentity(
        left=total((total(active[i] * v[i] * X[i, a], i) + total(lam[i] * sign[i] * X[i, a], i)) * w[a], a) - walls,
        right=inner,
        sentence="<v, (Xw)_+> = <X^T D v, w> = <X^T D v + X^T S l, w> - sum_i l_i S_i <x_i, w> on the cell of D",
        because="there (Xw)_+ = D X w and S_i <x_i, w> >= 0; so for l >= 0 it is at most |X^T D v + X^T S l||w|",
    )
    yield Axiom(name="Cauchy-Schwarz inequality", uses="<g, w> <= |g||w|")
    where = Domain.of((n, integers_from(2)))
    for dimension in (3, 4):
        count, fewer = _COUNTS[dimension], _COUNTS[dimension - 1]
        yield Identity(
            left=count, right=count.subs(n, n - 1) + fewer.subs(n, n - 1), where=where,
            sentence=f"d = {dimension}: cells(n, d) = cells(n-1, d) + cells(n-1, d-1) for 2 sum_(k<d) C(n-1, k)",
            because="the last hyperplane cuts those cells of the others that it meets",
        )
    yield Axiom(name="KKT conditions of a convex program",
                uses="the minimum over u_j, v_j in the closed cells is convex; each active cell gives one neuron")


def instance(problem: Network) -> Iterator[Claim]:
    """Certified bounds that agree to forty digits."""
    yield DualityGap(problem=problem, value="1e-40", relation="<")


def is_small(problem: Network) -> Truth:
    """A two-layer ReLU network with one output."""
    one = is_kind(problem, "relu") is Truth.HOLDS and problem.layers == 2 and len(problem.Y[0]) == 1
    return Truth.HOLDS if one else Truth.FAILS


THEOREM = Theorem(
    name="relu-program",
    title="The finite convex program of two-layer ReLU networks",
    statement=(
        "For one output, the minimum over all widths is that of a convex program over the cells of the hyperplanes "
        "<x_i, w> = 0: min |sum_j D_j X (u_j - v_j) - y|^2/2 + beta sum_j (|u_j| + |v_j|), u_j and v_j in the closed "
        "cell of D_j. V is dual feasible iff |X^T D V + X^T S l| <= beta for every cell, both signs of V and some "
        "l >= 0. In general position there are 2 sum_(k<d) C(n-1, k) cells."
    ),
    idea="In one cell the network is linear; its walls enter with multipliers; the list of cells is finite and exact.",
    source=Source(
        paper="Neural Networks are Convex Regularizers: Exact Polynomial-time Convex Optimization Formulations for "
              "Two-layer Networks", arxiv="2002.10553",
        quoted="two-layer ReLU networks are equivalent to a finite convex program", relation="equal",
        note="used by the convex-duality paper; rendered from the usual quotation",
    ),
    notation=(
        ("n", "number of samples, the rows of X"),
        ("d", "number of columns of X"),
    ),
    covers="all n, d, X, y, beta > 0; number of cells by recursion for d = 3, 4",
    hypotheses=(Hypothesis("a two-layer ReLU network with one output", is_small),),
    general=claims,
    instance=instance,
    family=Network,
)
