"""When the bound is attained: every global minimiser, from any single multiplicity."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Tensor, scalar, total
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.claims import Axiom, Claim, SumIdentity
from ncproofs.proof.domain import Domain, nonnegative
from ncproofs.proof.multilabel_claims import LabelGeometry
from ncproofs.proof.wording import worded
from ncproofs.theorems.multilabel.letters import (
    BALANCED,
    BELOW,
    LABELS,
    LOSS,
    ROOM,
    SOURCE,
    K,
    above_zero,
    centring,
    d,
    j,
    k,
    l,
    m,
    p,
    size,
    x,
)
from ncproofs.theorems.theorem import Theorem

gram = Tensor("M", (K, K), symmetric=True, zero_sum=(0, 1))
tau, kappa, sigma = sympy.symbols("tau kappa sigma", positive=True)
gap = sympy.Symbol("t", nonnegative=True)


def _conditions() -> Iterator[Claim]:
    yield Axiom(
        name="a sum of nonnegative terms vanishes only if each does",
        uses="at a minimiser each bracket of multilabel-lower-bound is 0: h_s = (sigma_s/lambda_H) W a_s, W 1 = 0, "
        "lambda_b b = 0, and equality in multilabel-loss-bound",
    )
    yield Axiom(name="inequality of arithmetic and geometric means",
                uses="equality forces logits constant on S and on its complement; l_m strictly convex forces the gap "
                "t_m")
    multiple, square, classes = sympy.symbols("c_S q_S K", positive=True)
    yield worded(
        multiple * square, gap, {multiple: gap * m * p / classes, square: classes / (m * p), classes: size},
        where=Domain.of(*LABELS, (gap, nonnegative())),
        sentence="W^T h_S sums to 0 and is two-valued with gap t_m, so it is (t_m m (K-m)/K) a_S",
        because="<a_S, a_S> = K/(m (K-m)), and the gap of z is <a_S, z>. With a free bias the same is true of "
        "W^T h_S + (I - J/K) b, and summing over all S gives (I - J/K) b = 0: b lies in the span of 1",
    )
    yield worded(
        sigma / kappa * tau, gap * m * p / classes, {tau: gap * m * p * kappa / (classes * sigma), classes: size},
        where=Domain.of(*LABELS, *above_zero(sigma, kappa), (gap, nonnegative())),
        sentence="so W^T W a_S = tau a_S with the same tau for every S of m labels, tau = t_m m (K-m) lambda_H/(K "
        "sigma_m)",
        because="h_S = (sigma_m/lambda_H) W a_S, with lambda_H written kappa",
    )


def _gram_matrix() -> Iterator[Claim]:
    yield SumIdentity(
        left=total(gram[j, l] * centring(l, k), l), right=gram[j, k],
        sentence="M (I - J/K) = M for M = W^T W with M 1 = 0",
        because="summing (M - tau) a_S a_S^T = 0 over the sets of ONE multiplicity m < K gives (M - tau)(I - J/K) = 0 "
        "by multilabel-lower-bound, so W^T W = tau (I - J/K): samples with a single label are not needed",
    )
    yield SumIdentity(
        left=total(tau * centring(k, k), k), right=tau * (K - 1),
        sentence="|W|^2 = tau (K-1), and rank W = K - 1: a minimiser below the threshold exists only for d >= K - 1",
        because="trace of I - J/K",
    )
    centre, values = Tensor("w", (K, d)), Tensor("e", (K,))
    whole = total(values[k] * centre[k, x], k)
    other = total((scalar(1) - values[k]) * centre[k, x], k)
    yield SumIdentity(
        left=whole / m - other / p - size / (m * p) * whole,
        right=-total(centre[k, x], k) / p,
        sentence="W a_S = (K/(m (K-m))) sum_{k in S} w_k when W 1 = 0: the feature of a label set is a multiple of "
        "the sum of its classifiers",
        because="e is the indicator of S, K = m + p",
    )


def claims() -> Iterator[Claim]:
    """Lemma L6: the conditions for equality determine W up to a rotation, and H from W."""
    yield from _conditions()
    yield from _gram_matrix()


def instance(problem: MultiLabel) -> Iterator[Claim]:
    yield LabelGeometry(problem=problem, geometry="simplex ETF")


THEOREM = Theorem(
    name="multilabel-equality-case",
    title="Every global minimiser: a simplex ETF, from any single multiplicity",
    statement=(
        "For balanced label sets below the threshold, every global minimiser has W^T W = tau (I - J/K) with "
        "tau = |W|^2/(K-1), h_S = c_m sum_{k in S} w_k for every sample, and b = 0 (any multiple of 1 if lambda_b = "
        "0). One number of labels m < K with n_m > 0 is enough: no sample with a single label is needed."
    ),
    idea=(
        "Each nonnegative bracket of the lower bound vanishes. Then every a_S is an eigenvector of W^T W, with one\n"
        "eigenvalue for each m, and the a_S of one multiplicity span the complement of 1."
    ),
    source=SOURCE,
    rests_on=("multilabel-lower-bound", "multilabel-loss-bound"),
    covers="all K >= 2, any set of multiplicities with any counts and weights, every bias mode",
    hypotheses=(LOSS, BALANCED, BELOW, ROOM),
    general=claims,
    instance=instance,
    family=MultiLabel,
)
