"""Pick-all-label cross-entropy of any logits, bounded by a function of one gap."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, Tensor, total
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, real
from ncproofs.proof.wording import worded
from ncproofs.theorems.multilabel.letters import (
    EVERY_GAP,
    LABELS,
    SOURCE,
    above_zero,
    at_least_zero,
    ell,
    inside,
    m,
    outside,
    p,
    size,
    t,
)
from ncproofs.theorems.theorem import Theorem

A, B, c, eps = sympy.symbols("A B c_1 epsilon", positive=True)
more_in, more_out = sympy.symbols("alpha beta", nonnegative=True)
mean_in, mean_out = sympy.symbols("x y", real=True)


def _two_valued() -> Iterator[Claim]:
    yield Identity(
        left=sympy.diff(ell, t), right=-m * p * outside, where=EVERY_GAP,
        sentence="l_m' = -rho_m with rho_m = m (K-m) b_m", because="l_m(t) = m log(m + (K-m) e^-t)",
    )
    yield Identity(
        left=sympy.diff(ell, t, 2), right=m**2 * p * inside * outside, where=EVERY_GAP,
        sentence="l_m'' = m^2 (K-m) a_m b_m, with a_m = e^t b_m",
    )
    yield Identity(left=m * inside + p * outside, right=sympy.Integer(1), where=EVERY_GAP,
                   sentence="m a_m + (K-m) b_m = 1: a_m and b_m are softmax probabilities")
    yield Sign(expression=sympy.diff(ell, t, 2), relation=">", where=EVERY_GAP, sentence="l_m is strictly convex")
    yield Sign(expression=sympy.diff(ell, t), relation="<", where=EVERY_GAP, sentence="l_m is strictly decreasing")


def _lower_bound() -> Iterator[Claim]:
    whole = m * sympy.log(A * sympy.exp(mean_in) + B * sympy.exp(mean_out)) - m * mean_in
    yield Identity(
        left=whole, right=m * sympy.log(A + B * sympy.exp(mean_out - mean_in)),
        where=Domain.of(*LABELS, *above_zero(A, B), (mean_in, real()), (mean_out, real())),
        sentence="L(z, S) = m log(A + B e^-gap), A = sum_{k in S} e^{z_k - mean_S z}, B the same off S",
        because="sum_{k in S} z_k = m mean_S z, and gap = mean_S z - mean_{S^c} z",
    )
    yield Axiom(name="inequality of arithmetic and geometric means",
                uses="A >= m and B >= K - m, with equality exactly for constant z on S and on its complement")
    yield Sign(
        expression=(m + more_in + (p + more_out) * sympy.exp(-t)) / (m + p * sympy.exp(-t)) - 1, relation=">=",
        where=Domain.of(*LABELS, *at_least_zero(more_in, more_out), (t, real())),
        sentence="so L(z, S) >= l_m(gap): A + B e^-t is at least m + (K-m) e^-t, and the logarithm increases",
        because="A = m + alpha and B = K - m + beta with alpha, beta >= 0",
    )


def _tangents() -> Iterator[Claim]:
    g1, at = m / ((1 + c) * p), sympy.log(c * p / m)
    g2 = (
        c * m / (1 + c) * (sympy.log(m) + sympy.log((1 + c) / c)) + m / (1 + c) * sympy.log(p * (1 + c))
    )
    where = Domain.of(*LABELS, *above_zero(c))
    yield Identity(
        left=-sympy.diff(ell, t).subs(t, at), right=g1 * p, where=where,
        sentence="the tangent of l_m at e^t = c_1 (K-m)/m has slope -g_1 (K-m), g_1 = m/((1+c_1)(K-m))",
        because="<1 - (K/m) 1_S, z> = -(K-m) gap, the linear term of the usual form of the bound",
    )
    yield Identity(
        left=(ell - t * sympy.diff(ell, t)).subs(t, at), right=g2, where=where,
        sentence="and the constant term g_2: L(z, S) >= g_1 <1 - (K/m) 1_S, z> + g_2",
    )


def _infimum() -> Iterator[Claim]:
    yield Sign(
        expression=(m + p * sympy.exp(-t)) / m - 1, relation=">", where=EVERY_GAP,
        sentence="l_m(t) > m log m: the loss of a sample with m >= 2 labels cannot be driven to 0",
        because="(l_m(t) - m log m)/m is the logarithm of (m + (K-m) e^-t)/m, which exceeds 1",
    )
    yield Identity(
        left=m * sympy.log(m + p * (m / p * (sympy.exp(eps / m) - 1))), right=m * sympy.log(m) + eps,
        where=Domain.of(*LABELS, *above_zero(eps)),
        sentence="m log m is the infimum: l_m(t) = m log m + epsilon at e^-t = (m/(K-m)) (e^{epsilon/m} - 1)",
    )
    classes = sympy.Symbol("K", positive=True)
    yield worded(
        ell, m * sympy.log(classes), {t: sympy.Integer(0), classes: size}, where=Domain.of(*LABELS),
        sentence="l_m(0) = m log K, the loss of constant logits",
    )


def _hessian() -> Iterator[Claim]:
    K = sympy.Symbol("K", integer=True, positive=True)
    prob, q = Tensor("q", (K,)), Tensor("u", (K,))
    left, right = Index("j", K), Index("k", K)
    yield SumIdentity(
        left=total(prob[left], left) * total(prob[right] * q[right] ** 2, right)
        - total(prob[left] * q[left], left) ** 2,
        right=total(prob[left] * prob[right] * (q[left] - q[right]) ** 2, left, right) / 2,
        sentence="u^T (diag q - q q^T) u = (1/2) sum_{j,k} q_j q_k (u_j - u_k)^2 for sum q = 1",
        because="Hess L = m (diag q - q q^T), q = softmax z: convex, and zero exactly along 1",
    )


def claims() -> Iterator[Claim]:
    """Lemmas L1, L2 and L2', for every number of classes and of labels."""
    yield from _two_valued()
    yield from _lower_bound()
    yield from _tangents()
    yield from _infimum()
    yield from _hessian()


THEOREM = Theorem(
    name="multilabel-loss-bound",
    title="The loss of a label set is at least a convex function of one gap",
    statement=(
        "For all K >= 2, all sets S of 1 <= m < K labels and all logits z: m log sum_j e^{z_j} - sum_{k in S} z_k "
        ">= l_m(gap), gap = mean_S z - mean_{S^c} z, l_m(t) = m log(m + (K-m) e^-t), with equality exactly when z is "
        "constant on S and on its complement. l_m is strictly convex and decreasing, from m log K at 0 to its "
        "infimum m log m. The loss is convex in z and its Hessian vanishes along 1 only."
    ),
    idea=(
        "Separate the means from the fluctuations: arithmetic and geometric means bound the two sums of\n"
        "exponentials from below, and the tangents of l_m give the linear bounds of the literature."
    ),
    source=SOURCE,
    covers="all K >= 2, 1 <= m < K, all logits",
    general=claims,
)
