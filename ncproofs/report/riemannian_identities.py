r"""Identities I1-I6 at critical points on products of spheres, for every K, N, d and tau.

Each is derived from an identity that holds everywhere, in which the Riemannian gradient is then set to zero.
I4 needs a loss that does not change when a constant is added to all logits, I6 one that is convex in them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ncproofs.calculus.indexed import Tensor, total
from ncproofs.report import checks
from ncproofs.report.riemannian_steps import COVERS
from ncproofs.report.steps import Step
from ncproofs.report.steps import unnumbered as _step
from ncproofs.theorems.normalised_features.letters import (
    G,
    G_invariant,
    a,
    d,
    gradient_h,
    gradient_w,
    h,
    k,
    l,
    multiplier_h,
    multiplier_w,
    p,
    s,
    t,
    tau,
    w,
)
from ncproofs.truth import Evidence, Truth

__all__ = ["identity_steps"]


def identity_steps(shift_invariant: Evidence, convex: Evidence) -> Iterator[Step]:
    """I1-I6; I4 and I6 as far as the two facts about the loss go."""
    yield _kernel_step()
    yield _gram_step()
    yield _trace_step()
    yield _shift_step(shift_invariant)
    yield _span_step()
    yield _convexity_step(convex)


def _kernel_step() -> Step:
    row_w = tau * total(G[k, t] * h[t, a], t) - multiplier_w(k) * w[k, a]
    row_h = tau * total(G[l, s] * w[l, a], l) - multiplier_h(s) * h[s, a]
    return _step(
        "I1: the rows of [W H] are in the kernel of T at a critical point.",
        [
            ("T = [[-D_alpha, tau G], [tau G^T, -D_beta]]",
             r"T = \begin{pmatrix} -D_\alpha & \tau G \\ \tau G^{\top} & -D_\beta \end{pmatrix}"),
            ("T [W H]^T = [grad_W f, grad_H f]^T",
             r"T\, [\,W\ H\,]^{\top} = [\,\operatorname{grad}_W f\ \operatorname{grad}_H f\,]^{\top}"),
            ("T [W H]^T = 0 at a critical point", r"T\, [\,W\ H\,]^{\top} = 0 \quad\text{at a critical point}"),
        ],
        "row k of the product is tau H G^T - W D_alpha at k, row K + i is tau W G - H D_beta at i",
        "both rows as sums, for every K, N, d and tau",
        checks.sum_identities("I1", [(row_w, gradient_w(k, a)), (row_h, gradient_h(s, a))], covers=COVERS),
    )


def _gram_step() -> Step:
    left = total(w[k, a] * gradient_w(k, p), k) - total(gradient_h(s, a) * h[s, p], s)
    right = total(multiplier_h(s) * h[s, a] * h[s, p], s) - total(multiplier_w(k) * w[k, a] * w[k, p], k)
    return _step(
        "I2: the two weighted Gram matrices agree at a critical point.",
        [("W D_alpha W^T = H D_beta H^T", r"W D_\alpha W^{\top} = H D_\beta H^{\top}")],
        "W (grad_W f)^T - (grad_H f) H^T = H D_beta H^T - W D_alpha W^T: the terms tau W G H^T cancel",
        "that identity as sums, for every K, N, d and tau",
        checks.sum_identities("I2", [(left, right)], covers=COVERS),
    )


def _trace_step() -> Step:
    paired = tau * total(G[k, s] * w[k, a] * h[s, a], k, s, a)
    return _step(
        "I3: the multipliers have the same sum, at every point.",
        [("sum_k alpha_k = sum_i beta_i = <G, Z>",
          r"\sum_{k=1}^K \alpha_k = \sum_{i=1}^N \beta_i = \langle G, Z\rangle")],
        "all three are tau times the sum of G_ki <w_k, h_i>",
        "both equalities as sums, for every K, N, d and tau",
        checks.sum_identities(
            "I3", [(total(multiplier_w(k), k), paired), (total(multiplier_h(s), s), paired)], covers=COVERS
        ),
    )


def _shift_step(invariant: Evidence) -> Step:
    if invariant.truth is Truth.FAILS:
        return _step(
            "I4 is not derived: this loss changes when a constant is added to all logits.",
            [("1^T grad L != 0 at some z", r"\mathbf{1}^{\top} \nabla L \neq 0 \text{ at some } z")],
            "an explicit point",
            invariant.witness,
            checks.turned(invariant),
        )
    left = total(gradient_w(k, a, G_invariant), k)
    right = -total(multiplier_w(k, G_invariant) * w[k, a], k)
    return _step(
        "I4: the loss does not change when a constant is added to all logits. If W has rank K, then alpha = 0.",
        [
            ("1^T grad L = 0, so 1^T G = 0",
             r"\mathbf{1}^{\top} \nabla L = 0, \text{ so } \mathbf{1}^{\top} G = 0"),
            ("sum_k alpha_k w_k = 0 at a critical point",
             r"\sum_{k=1}^K \alpha_k w_k = 0 \quad\text{at a critical point}"),
        ],
        "(grad_W f) 1 = -W alpha when 1^T G = 0; independent columns w_k leave only alpha = 0",
        "phi_t + sum_i phi_{S_i} sum_j g_i'(z_j) is identically zero; then that identity as sums",
        checks.sum_identities("I4", [(left, right)], invariant, covers=COVERS),
    )


def _span_step() -> Step:
    slope = tau * total(G[l, s] * w[l, a], l)
    squares = total(gradient_h(s, a) ** 2, a) + multiplier_h(s) ** 2
    return _step(
        "I5: where beta_i is not zero, h_i lies in the span of the columns of W.",
        [
            ("beta_i h_i = tau W G_i at a critical point",
             r"\beta_i h_i = \tau W G_i \quad\text{at a critical point}"),
            ("|beta_i| = tau |W G_i| at a critical point",
             r"|\beta_i| = \tau\, \|W G_i\| \quad\text{at a critical point}"),
        ],
        "column i of grad_H f; its length by Pythagoras, |grad_{h_i} f|^2 + beta_i^2 = tau^2 |W G_i|^2",
        "both as sums, for every K, N, d and tau",
        checks.sum_identities(
            "I5",
            [(gradient_h(s, a), slope - multiplier_h(s) * h[s, a]), (squares, total(slope**2, a))],
            covers=COVERS,
        ),
    )


def _convexity_step(convex: Evidence) -> Step:
    if convex.truth is Truth.FAILS:
        return _step(
            "I6 is not derived: this loss is not convex in the logits.",
            [("v^T Hess L v < 0 at some z", r"v^{\top}\, \nabla^2 L\, v < 0 \text{ at some } z")],
            "an explicit direction",
            convex.witness,
            checks.turned(convex),
        )
    other = Tensor("other", (d,))
    beta = multiplier_h(s)
    away = total((other[a] - h[s, a]) ** 2, a) - total(other[a] ** 2, a) + 1
    growth = (beta * total(h[s, a] * (other[a] - h[s, a]), a), -beta * away / 2)
    return _step(
        "I6: the loss is convex in the logits. If beta_i < 0 at a critical point, h_i is the only minimiser of"
        " h -> L(tau W^T h, y_i) on the unit ball; so such samples of one class coincide.",
        [
            ("Hess L >= 0", r"\nabla^2 L \succeq 0"),
            ("c_i L(tau W^T h', y_i) >= c_i L(z_i, y_i) + <beta_i h_i, h' - h_i>",
             r"c_i L(\tau W^{\top} h', y_i) \ge c_i L(z_i, y_i) + \langle \beta_i h_i,\, h' - h_i \rangle"),
            ("<beta_i h_i, h' - h_i> = (-beta_i/2) (|h' - h_i|^2 + 1 - |h'|^2)",
             r"\langle \beta_i h_i,\, h' - h_i \rangle"
             r" = -\tfrac{\beta_i}{2}\,\bigl(\|h' - h_i\|^2 + 1 - \|h'\|^2\bigr)"),
        ],
        "a convex function lies above its tangents, and by I5 the gradient at h_i is beta_i h_i; the last line is"
        f" positive for |h'| <= 1, h' != h_i. Convex: {convex.because}",
        "the last line as sums, for every K, N, d and tau; convexity by "
        + ("exact sign conditions" if convex.truth is Truth.HOLDS else "no proof, and no counterexample was found"),
        checks.sum_identities(
            "I6", [growth], convex, axioms=("a convex function lies above its tangents",), covers=COVERS
        ),
    )
