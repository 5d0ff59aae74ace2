"""The letters of the sphere theorems: unit classifiers and features, temperature tau, any weights.

Classifiers ``w[k, a]``, features ``h[s, a]`` of samples s = 1..N with any labels, all unit vectors of R^d. ``G[k, s]``
is the derivative of the weighted mean loss in logit k of sample s; logits are tau <w_k, h_s>.
"""

from __future__ import annotations

import sympy

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor, total

K, N, d = sympy.symbols("K N d", integer=True, positive=True)
tau = sympy.Symbol("tau", positive=True)

j, k, l = (Index(name, K) for name in "jkl")  # noqa: E741
s, t = Index("s", N), Index("t", N)
a, p = Index("a", d), Index("p", d)

w = Tensor("w", (K, d), unit=1)
h = Tensor("h", (N, d), unit=1)
dw = Tensor("dw", (K, d), orthogonal_to=((1, "w", 1),))
dh = Tensor("dh", (N, d), orthogonal_to=((1, "h", 1),))
G = Tensor("G", (K, N))
G_invariant = Tensor("G0", (K, N), zero_sum=(0,))


def multiplier_w(cls: Index, slope: Tensor = G) -> IndexedSum:
    """alpha_k = tau (W^T H G^T)_kk, the normal part of the gradient at w_k."""
    return tau * total(slope[cls, t] * w[cls, p] * h[t, p], t, p)


def multiplier_h(sample: Index, slope: Tensor = G) -> IndexedSum:
    """beta_s = tau (H^T W G)_ss, the normal part of the gradient at h_s."""
    return tau * total(slope[l, sample] * w[l, p] * h[sample, p], l, p)


def gradient_w(cls: Index, coordinate: Index, slope: Tensor = G) -> IndexedSum:
    """Riemannian gradient at w_k: tau H G^T - W diag(alpha)."""
    return tau * total(slope[cls, t] * h[t, coordinate], t) - multiplier_w(cls, slope) * w[cls, coordinate]


def gradient_h(sample: Index, coordinate: Index, slope: Tensor = G) -> IndexedSum:
    """Riemannian gradient at h_s: tau W G - H diag(beta)."""
    return tau * total(slope[l, sample] * w[l, coordinate], l) - multiplier_h(sample, slope) * h[sample, coordinate]
