"""Two-layer ReLU networks in closed form: whitened data with disjoint supports, and rank-one data."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, Tensor, total
from ncproofs.problems.networks import Network
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, nonnegative, positive, real
from ncproofs.proof.network_claims import DualityGap, NetworkValue
from ncproofs.theorems.convex_duality.linear_network import shrinkage
from ncproofs.theorems.convex_duality.sources import CONVEX, beta, is_kind, require_kind
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

n, K = sympy.symbols("n K", integer=True, positive=True)
i = Index("i", n)
up, down, h = Tensor("p", (n,)), Tensor("q", (n,)), Tensor("h", (n,))
size, reach, part = sympy.symbols("a r c", positive=True)
x, y, more = sympy.symbols("x y delta", nonnegative=True)
tau = sympy.Symbol("tau", real=True)


def claims() -> Iterator[Claim]:
    yield from _features()
    for claim in shrinkage():
        if isinstance(claim, (Identity, Sign)):
            yield claim
    yield from _rank_one()
    yield from _overlapping()


def _features() -> Iterator[Claim]:
    yield Identity(
        left=(x - y) ** 2, right=x**2 + y**2 - 2 * x * y, where=Domain.of((x, nonnegative()), (y, nonnegative())),
        sentence="t = (t)_+ - (t)_- with (t)_+ (t)_- = 0: (t)_+^2 <= t^2, so |(Xw)_+| <= |Xw| <= |w| when X X^T = I",
    )
    yield SumIdentity(
        left=total((up[i] - down[i]) * h[i], i), right=total(up[i] * h[i], i) - total(down[i] * h[i], i),
        sentence="<v, h> = <v_+, h> - <v_-, h>",
    )
    yield Axiom(name="Cauchy-Schwarz inequality",
                uses="h >= 0: -|v_-||h| <= <v, h> <= |v_+||h|; columns with disjoint supports see disjoint parts of h, "
                     "so |V^T h|^2 <= max_k max(|v_k+|, |v_k-|)^2 |h|^2")


def _rank_one() -> Iterator[Claim]:
    """f = |a| c_+ o^T, |o| = tau along Y^T c_+; r = |Y^T c_+|."""
    where = Domain.of((beta, positive()), (size, positive()), (reach, positive()), (part, positive()), (tau, real()))
    best = (size * reach - beta) / (size**2 * part**2)
    yield Identity(
        left=size**2 * part**2 * tau**2 / 2 - size * reach * tau + beta * tau,
        right=size**2 * part**2 * (tau - best) ** 2 / 2 - (size * reach - beta) ** 2 / (2 * size**2 * part**2),
        where=where, sentence="X = c a^T: each sign gains (r|a| - beta)_+^2/(2 |a|^2 |c_+-|^2), since c_+ and c_- are "
                              "orthogonal",
    )


def _overlapping() -> Iterator[Claim]:
    """Y = (y, y), y >= 0, |y| = s = beta + delta: one neuron fits both columns, at cost beta sqrt(2) s - beta^2/2."""
    where = Domain.of((beta, positive()), (more, nonnegative()))
    length, root = beta + more, sympy.Rational(17, 12)
    yield Sign(expression=root**2 - 2, relation=">", where=Domain.of(), sentence="sqrt(2) < 17/12")
    yield Sign(
        expression=2 * (beta * length - beta**2 / 2) - (beta * root * length - beta**2 / 2), relation=">", where=where,
        sentence="Y = (y, y), y >= 0, |y| >= beta: one joint neuron costs less than the columnwise formula",
        because="the supports overlap; with delta = |y| - beta the difference is at least beta^2/12 + 7 beta delta/12",
    )


def instance(problem: Network) -> Iterator[Claim]:
    """The value of the formula, column by column, and the gap of an explicit certificate."""
    from ncproofs.critical.network_optimum import columnwise_form, rank_one_form

    require_kind("relu-network", problem, "relu")
    rank_one = rank_one_form(problem)
    yield NetworkValue(problem=problem, value=columnwise_form(problem) if rank_one is None else rank_one)
    yield DualityGap(problem=problem, value="1e-40", relation="<")


def is_relu(problem: Network) -> Truth:
    return Truth.HOLDS if is_kind(problem, "relu") is Truth.HOLDS and is_shallow(problem) else Truth.FAILS


def is_shallow(problem: Network) -> bool:
    """Two layers, or inner layers of norm at most one."""
    return problem.layers == 2 or problem.normalisation == "unit"


def has_closed_form(problem: Network) -> Truth:
    """X X^T = I and disjoint supports, or X of rank one."""
    from ncproofs.critical.network_optimum import rank_one_form
    from ncproofs.critical.network_relu import has_disjoint_columns

    if problem.kind != "relu":
        return Truth.FAILS
    closed = (problem.is_whitened and has_disjoint_columns(problem.Y)) or rank_one_form(problem) is not None
    return Truth.HOLDS if closed else Truth.FAILS


THEOREM = Theorem(
    name="relu-network",
    title="Two-layer ReLU networks on whitened, disjoint and rank-one data",
    statement=(
        "X X^T = I (so n <= d) and no sample has two nonzero targets: each nonzero part (y_k)_+ or (y_k)_- is fitted "
        "by one neuron along X^T (y_k)_+-, at cost beta |y| - beta^2/2 (|y| > beta) or |y|^2/2 (no neuron). X = c a^T: "
        "the minimum is |Y|^2/2 minus (|Y^T c_+-||a| - beta)_+^2/(2|a|^2|c_+-|^2) for both signs. Whitened columns "
        "X^T X = I with n > d, or overlapping supports, are not enough."
    ),
    idea="Whitened features are all h >= 0 of length at most one, so the dual constraint reads off the signed parts.",
    source=Source(
        paper=CONVEX[0], arxiv=CONVEX[1],
        quoted="for whitened data and one-hot labels the optimal neurons are in closed form", relation="stronger",
        note="targets of both signs and any disjoint supports; needs n <= d",
    ),
    notation=(
        ("n", "number of samples, the rows of X and Y"),
        ("tau", "length of the output weights of a neuron along Y^T c_+"),
    ),
    covers="all n, d, K with X X^T = I and disjoint supports, or X of rank one; all beta > 0",
    hypotheses=(
        Hypothesis("a ReLU network with two layers, or inner layers of norm at most one", is_relu),
        Hypothesis("X X^T = I and no sample has two nonzero targets, or X has rank one", has_closed_form),
    ),
    general=claims,
    instance=instance,
    family=Network,
)
