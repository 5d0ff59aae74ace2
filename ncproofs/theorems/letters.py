"""The letters in which the ridge theorems are written, for symbolic K, n, d.

``w[j, a]`` is coordinate a of classifier j, ``h[k, i, a]`` of feature i of class k, ``b[j]`` the bias. Logits are
``z(j; k, i) = sum_a w[j, a] h[k, i, a] + b[j]``, and ``t(k, i) = sum_j (z_j - z_k)`` is the (negative) margin sum.
"""

from __future__ import annotations

import sympy

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor, delta, scalar, total

K, n, d = sympy.symbols("K n d", integer=True, positive=True)
N = n * K
lW, lH, lb, c = sympy.symbols("lambda_W lambda_H lambda_b c", positive=True)

#: Indices: classes j, k, l; samples i; coordinates a, p.
j, k, l, i = Index("j", K), Index("k", K), Index("l", K), Index("i", n)  # noqa: E741
a, p = Index("a", d), Index("p", d)

w, h, b = Tensor("w", (K, d)), Tensor("h", (K, n, d)), Tensor("b", (K,))

#: c^2 = n lambda_W lambda_H, written as a substitution that keeps coefficients rational.
C_SQUARED = ((lW, c**2 / (n * lH)),)


def logit(cls: Index, of: Index, sample: Index) -> IndexedSum:
    """Logit ``cls`` of sample (``of``, ``sample``)."""
    return total(w[cls, a] * h[of, sample, a], a) + b[cls]


def margin_sum(of: Index, sample: Index) -> IndexedSum:
    """t(k, i) = sum_j (z_j - z_k)."""
    return total(logit(j, of, sample) - logit(of, of, sample), j)


def mean_classifier(coordinate: Index) -> IndexedSum:
    """Coordinate of the mean of the classifiers."""
    return total(w[l, coordinate], l) / K


def norm_squared(tensor: Tensor, *indices: Index) -> IndexedSum:
    """The sum of squares of all entries."""
    return total(tensor[indices] ** 2, *indices)


def centring(left: Index, right: Index) -> IndexedSum:
    """Entry of P = I - 11^T/K."""
    return delta(left, right) - scalar(1) / K
