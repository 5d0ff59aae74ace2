"""The global lower bound for balanced label sets, as identities with nonnegative brackets."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Tensor, total
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, Range
from ncproofs.proof.wording import worded
from ncproofs.theorems.multilabel.letters import (
    C2,
    LABELS,
    SOURCE,
    K,
    N,
    a,
    above_zero,
    b,
    centring,
    h,
    j,
    k,
    l,
    lb,
    lH,
    lW,
    m,
    meanings,
    p,
    s,
    size,
    w,
    x,
)
from ncproofs.theorems.theorem import Theorem

loss_value, constant = Tensor("L", (N,)), Tensor("c", (N,))
slope = Tensor("sigma", (N,))
share = sympy.Symbol("theta", positive=True)
F, M, R = sympy.symbols("F M R", positive=True)
beta = sympy.Symbol("b_m", positive=True)


def _design() -> Iterator[Claim]:
    entry, other, classes = sympy.symbols("a_in a_out K", positive=True)
    yield worded(
        m * entry - p * other, 0, {entry: 1 / m, other: 1 / p}, where=Domain.of(*LABELS),
        sentence="the entries of a_S = 1_S/m - 1_{S^c}/(K-m) sum to 0",
    )
    yield Identity(
        left=m * (1 / m) ** 2 + p * (1 / p) ** 2, right=size / (m * p), where=Domain.of(*LABELS),
        sentence="|a_S|^2 = K/(m (K-m))",
    )
    yield Axiom(
        name="Schur's lemma",
        uses="sum over all S of a_S a_S^T commutes with every permutation of the classes, so it is alpha (I - J/K): "
        "it maps 1 to 0. Its trace gives alpha = C(K,m) kappa_m^2; and sum_S a_S, fixed by all permutations, is 0",
    )
    # K! = K (K-1) F, m! = m M, (K-m)! = (K-m) R with F = (K-2)!, M = (m-1)!, R = (K-m-1)!
    kappa, subsets, rho = sympy.symbols("kappa C rho", positive=True)  # kappa_m^2, C(K,m), rho_m
    by_size = {kappa: classes / (m * p * (classes - 1)), rho: m * p * beta, classes: size}
    yield worded(
        kappa * (classes - 1), classes / (m * p), by_size, where=Domain.of(*LABELS),
        sentence="kappa_m^2 = K/(m (K-m)(K-1)): (1/C(K,m)) sum_S a_S a_S^T = kappa_m^2 (I - J/K)",
        because="both sides have trace |a_S|^2",
    )
    yield worded(
        subsets * m * p, classes * (classes - 1) * C2,
        {subsets: classes * (classes - 1) * F / (m * M * p * R), C2: F / (M * R), classes: size},
        where=Domain.of(*LABELS, *above_zero(F, M, R)),
        sentence="C(K,m) m (K-m) = K (K-1) C(K-2, m-1)",
        because="both count a set S with one label inside and one class outside marked; F = (K-2)!, M = (m-1)!, R = "
        "(K-m-1)!",
    )
    yield worded(
        subsets * kappa * rho**2, classes**2 * C2 * beta**2,
        {subsets: classes * (classes - 1) * C2 / (m * p), **by_size},
        where=Domain.of(*LABELS, *above_zero(C2, beta)),
        sentence="C(K,m) kappa_m^2 rho_m^2 = K^2 C(K-2, m-1) b_m^2, rho_m = m (K-m) b_m",
        because="so with sigma_s = v rho_m/N the matrix sum_s sigma_s^2 a_s a_s^T is theta lambda_W lambda_H (I - "
        "J/K), theta = sum n_m v_m^2 C(K-2, m-1) (K b_m)^2/(lambda_W lambda_H N^2)",
    )


def identity() -> SumIdentity:
    logit = total(w[k, x] * h[s, x], x) + b[k]
    margin = total(a[s, k] * logit, k)
    pulled = total(a[s, k] * w[k, x], k)
    decay = lW / 2 * total(w[k, x] ** 2, k, x)
    rest = lH / 2 * total(h[s, x] ** 2, s, x) + lb / 2 * total(b[k] ** 2, k)
    left_over = total(slope[s] ** 2 * a[s, j] * a[s, k] * w[j, x] * w[k, x], s, j, k, x) / (2 * lH)
    return SumIdentity(
        left=total(loss_value[s], s) + decay + rest,
        right=total(constant[s], s)
        + total(loss_value[s] - constant[s] + slope[s] * margin, s)
        + lH / 2 * total((h[s, x] - slope[s] / lH * pulled) ** 2, s, x)
        + decay - left_over
        - total(slope[s] * a[s, k] * b[k], s, k)
        + lb / 2 * total(b[k] ** 2, k),
        sentence="f - sum_s c_s = sum_s (L_s - tangent_s) + (lambda_H/2) sum_s |h_s - (sigma_s/lambda_H) W a_s|^2 + "
        "(lambda_W/2)|W|^2 - (1/(2 lambda_H)) sum_s sigma_s^2 |W a_s|^2 - <sum_s sigma_s a_s, b> + (lambda_b/2)|b|^2",
        because="tangent_s = c_s - sigma_s <a_s, z_s>; completing the square in h_s. For balanced label sets "
        "sum_s sigma_s a_s = 0, so the bias drops out of the linear term",
    )


def claims() -> Iterator[Claim]:
    """Lemmas L3, L4 and L5, for symbolic K and m and any number of multiplicities."""
    yield from _design()
    yield identity()
    mean = total(w[l, x], l) / K
    yield SumIdentity(
        left=lW / 2 * total(w[k, x] ** 2, k, x)
        - share * lW * lH / (2 * lH) * total(centring(j, k) * w[j, x] * w[k, x], j, k, x),
        right=lW / 2 * (1 - share) * total(w[k, x] ** 2, k, x) + share * lW * K / 2 * total(mean**2, x),
        sentence="with sum_s sigma_s^2 a_s a_s^T = theta lambda_W lambda_H (I - J/K) the terms in W are "
        "(lambda_W/2)(1 - theta)|W|^2 + theta (lambda_W K/2)|mean of the classifiers|^2",
    )
    yield Sign(
        expression=1 - share, relation=">=",
        where=Domain.of((share, Range(sympy.Integer(0), sympy.Integer(1), lower_open=True))),
        sentence="1 - theta >= 0 for 0 < theta <= 1: every bracket is nonnegative, and f >= sum_s c_s",
    )
    yield Axiom(name="tangent line of a convex function",
                uses="L_s >= v l_m(gap_s)/N >= tangent_s (multilabel-loss-bound), with sigma_s = v rho_m(t_m)/N at "
                "any t_m; samples with all K labels have L_s >= v K log K/N")


THEOREM = Theorem(
    name="multilabel-lower-bound",
    title="The global minimum of the multi-label model, from below",
    statement=(
        "Let every set of m labels occur n_m times, with weight v_m, for any collection of m, in any dimension d >= 1 "
        "and any "
        "bias mode. For any t_m with sum n_m v_m^2 C(K-2, m-1) (K/(m e^{t_m} + K - m))^2 <= lambda_W lambda_H N^2: "
        "f(W,H,b) >= sum_m (n_m C(K,m)/N) v_m (l_m(t_m) + rho_m(t_m) t_m), l_K = K log K. The best choice of t_m is "
        "the root of the scalar system, or t_m = 0 when there is none."
    ),
    idea=(
        "f minus the bound is an exact sum of: the gap of each loss over a tangent of l_m, the squares\n"
        "|h_s - (sigma_s/lambda_H) W a_s|^2, and the weight decay left over by sum_s sigma_s^2 |W a_s|^2. Symmetry "
        "makes that\nsum a multiple of |W (I - J/K)|^2."
    ),
    source=SOURCE,
    rests_on=("multilabel-loss-bound",),
    notation=(
        *meanings("m", "p", "C_2"),
        ("kappa", "kappa_m^2 of the sentences, K/(m (K-m)(K-1))"),
        ("C", "C(K,m), a binomial coefficient"),
        ("rho", "rho_m of the sentences, m (K-m) b_m"),
        ("F", "(K-2)!"),
        ("M", "(m-1)!"),
        ("R", "(K-m-1)!"),
        ("theta", "sum n_m v_m^2 C(K-2, m-1) (K b_m)^2/(lambda_W lambda_H N^2), at most 1"),
        ("b_m", "probability of a class that is no label, where the logits have gap t_m"),
        ("a", "rows a_S = 1_S/m - 1_{S^c}/(K-m), S the label set of a sample"),
    ),
    covers="all K >= 2, any set of multiplicities with any counts and weights, d >= 1, every bias mode",
    general=claims,
)
