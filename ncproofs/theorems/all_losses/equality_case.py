"""Who attains the lower bound: only neural collapse."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import IndexedSum, Tensor, delta, scalar, total
from ncproofs.proof.claims import Axiom, Claim, Identity, SumIdentity
from ncproofs.proof.domain import Domain, integers_from, positive, real
from ncproofs.proof.wording import worded
from ncproofs.theorems.letters import K, c, j, k, l, lH, lW, n
from ncproofs.theorems.theorem import Source, Theorem

theta, e, beta = sympy.symbols("theta e beta", real=True)
bias = Tensor("b", (K,))


def _gram(left: sympy.Expr | IndexedSum, diagonal: IndexedSum) -> IndexedSum:
    """theta <w_j, w_k>: ``e - b_j - b_k`` off the diagonal, ``diagonal`` (in k) on it."""
    return (scalar(left) - bias[j] - bias[k]) * (1 - delta(j, k)) + diagonal * delta(j, k)


def claims() -> Iterator[Claim]:
    """Lemma C7 step by step; each step is an identity in symbolic K."""
    total_bias = total(bias[l], l)
    diagonal = -(K - 1) * e + (K - 2) * bias[k] + total_bias
    yield Axiom(name="a sum of nonnegative terms vanishes only if each does",
                uses="equality in lower-bound-chain: h_{k,i} = theta (w_k - w_bar) with theta = c/(n lambda_H), "
                     "w_bar = 0, L = phi(t) (so z_j = a_k for j != k), t_{k,i} = t*, and b = 0 when lambda_b > 0")
    x, y, bj, bk = sympy.symbols("a_j a_k b_j b_k", real=True)
    gram_jk, gram_kj, sum_j, sum_k = sympy.symbols("g_jk g_kj e_j e_k", real=True)
    yield worded(
        gram_jk - gram_kj, sum_k - sum_j, {gram_jk: y - bj, gram_kj: x - bk, sum_k: y + bk, sum_j: x + bj},
        where=Domain.of((x, real()), (y, real()), (bj, real()), (bk, real())),
        sentence="theta <w_j,w_k> = a_k - b_j = a_j - b_k, hence a_k + b_k = e for all k",
        because="the Gram matrix is symmetric; so theta <w_j,w_k> = e - b_j - b_k for j != k",
    )
    yield SumIdentity(
        left=total(_gram(scalar(e), diagonal), j), right=scalar(0),
        sentence="theta |w_k|^2 = -(K-1) e + (K-2) b_k + sum_j b_j",
        because="sum_j w_j = 0 makes every column of the Gram matrix sum to zero",
    )
    # z_j = e - b_k for j != k and z_k = theta |w_k|^2 + b_k, so t_k = (K-1)(e - b_k - z_k).
    margin = (K - 1) * (scalar(e) - bias[k] - (diagonal + bias[k]))
    yield SumIdentity(
        left=margin, right=(K - 1) * (K * e - K * bias[k] - total_bias),
        sentence="t_k = (K-1)(K e - K b_k - sum_j b_j): equal margins force equal biases",
        because="the coefficient of b_k is -K(K-1), never zero",
    )
    same = (K - 1) * (K * e - 2 * K * beta)
    yield SumIdentity(
        left=theta * ((e - 2 * beta) / theta * (1 - delta(j, k)) - (K - 1) * (e - 2 * beta) / theta * delta(j, k)),
        right=-same / (K - 1) * (delta(j, k) - scalar(1) / K),
        sentence="theta W^T W = (-t*/(K-1)) (I - 11^T/K): a simplex ETF",
        because="with all biases equal to beta the Gram matrix is (e - 2 beta)(J - K I)/theta, t* = K(K-1)(e - 2 beta)",
    )
    yield _row_norm()

def _row_norm() -> Identity:
    return worded(
        theta**2, lW / (n * lH), {theta: c / (n * lH), lW: c**2 / (n * lH)},
        where=Domain.of((n, integers_from(1)), (c, positive()), (lH, positive())),
        sentence="h_{k,i} = theta w_k with theta^2 = lambda_W/(n lambda_H): collapse, self-duality, |h|/|w|",
        because="theta = c/(n lambda_H) and c^2 = n lambda_W lambda_H",
    )


THEOREM = Theorem(
    name="equality-case",
    title="Only neural collapse attains the bound",
    statement=(
        "For every d >= K-1 and every bias mode, a point attains the bound of lower-bound-chain with t* < 0 only if "
        "h_{k,i} = sqrt(lambda_W/(n lambda_H)) w_k, W^T W is proportional to I - 11^T/K, and b is a multiple of 1 "
        "(zero when lambda_b > 0); with t* = 0, only W = H = 0. The ratio |h|/|w| has n in it."
    ),
    idea=(
        "Every bracket of the identity vanishes. Vanishing squares give h = theta (w_k - w_bar) and w_bar = 0;\n"
        "the contrastive equality gives constant off-target logits; symmetry of the Gram matrix and zero row sums\n"
        "then determine it, and equal margins force equal biases."
    ),
    source=Source(
        paper="Are All Losses Created Equal: A Neural Collapse Perspective",
        arxiv="2210.02192",
        quoted="the only global minimisers are neural collapse solutions (ETF, self-dual, within-class collapse)",
        relation="equal",
        note="the factor sqrt(lambda_W/(n lambda_H)) carries n, which is dropped in some quotations",
    ),
    rests_on=("lower-bound-chain",),
    covers="all K >= 2, n >= 1, d >= 1",
    general=claims,
)
