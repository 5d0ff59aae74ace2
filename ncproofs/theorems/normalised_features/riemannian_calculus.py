"""Riemannian gradient and Hessian on products of spheres, and the identities at critical points."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Tensor, scalar, total
from ncproofs.proof.claims import Axiom, Claim, SumIdentity
from ncproofs.proof.domain import Domain, nonnegative
from ncproofs.proof.wording import value_at, worded
from ncproofs.theorems.normalised_features.letters import (
    G,
    G_invariant,
    K,
    N,
    a,
    d,
    dh,
    dw,
    gradient_h,
    gradient_w,
    h,
    k,
    l,
    multiplier_h,
    multiplier_w,
    p,
    s,
    tau,
    w,
)
from ncproofs.theorems.theorem import Source, Theorem


def _tangency() -> Iterator[Claim]:
    yield SumIdentity(
        left=total(gradient_w(k, a) * w[k, a], a), right=scalar(0),
        sentence="the Riemannian gradient at w_k is tangent", because="alpha_k is the normal component, |w_k| = 1",
    )
    yield SumIdentity(
        left=total(gradient_h(s, a) * h[s, a], a), right=scalar(0),
        sentence="the Riemannian gradient at h_s is tangent", because="beta_s is the normal component, |h_s| = 1",
    )


def _second_order() -> Iterator[Claim]:
    x = sympy.Symbol("x", real=True)
    q = sympy.Symbol("q", nonnegative=True)
    series = (1 + x**2 * q) ** sympy.Rational(-1, 2)
    for order, value in ((0, sympy.Integer(1)), (1, sympy.Integer(0)), (2, -q)):
        yield worded(
            value_at(sympy.Derivative(series, (x, order)) if order else series, x, 0), value, {},
            where=Domain.of((q, nonnegative())),
            sentence=f"derivative {order} of |u + x D|^-1 at x = 0, for |u| = 1, D orthogonal to u, q = |D|^2",
            because="so normalise(u + x D) = u + x D - (x^2/2)|D|^2 u + ...: a second-order retraction",
        )
    second = total(dw[k, a] * dh[s, a], a) - total(w[k, a] * h[s, a], a) * (
        total(dw[k, p] ** 2, p) + total(dh[s, p] ** 2, p)
    ) / 2
    yield SumIdentity(
        left=2 * tau * total(G[k, s] * second, k, s),
        right=2 * tau * total(G[k, s] * dw[k, a] * dh[s, a], k, s, a)
        - total(multiplier_w(k) * dw[k, a] ** 2, k, a) - total(multiplier_h(s) * dh[s, a] ** 2, s, a),
        sentence="Hess[D, D] = sum dM^T S dM + 2 tau <G, dW^T dH> - sum alpha_k |dw_k|^2 - sum beta_s |dh_s|^2",
        because="x^2 coefficient of the logits along the retraction; dM = tau (dW^T H + W^T dH) is the x coefficient",
    )


def _identities() -> Iterator[Claim]:
    yield SumIdentity(
        left=total(w[k, a] * gradient_w(k, p), k) - total(gradient_h(s, a) * h[s, p], s),
        right=total(multiplier_h(s) * h[s, a] * h[s, p], s) - total(multiplier_w(k) * w[k, a] * w[k, p], k),
        sentence="I2: W grad_W^T - grad_H H^T = H D_beta H^T - W D_alpha W^T",
        because="the terms tau W G H^T cancel; at a critical point W D_alpha W^T = H D_beta H^T",
    )
    yield SumIdentity(
        left=total(multiplier_w(k), k), right=total(multiplier_h(s), s),
        sentence="I3: sum alpha_k = sum beta_s = <G, Z>", because="both are tau <G, W^T H>",
    )
    yield SumIdentity(
        left=total(gradient_w(k, a, G_invariant), k), right=-total(multiplier_w(k, G_invariant) * w[k, a], k),
        sentence="I4: for losses invariant under constant shifts, sum_k grad_{w_k} = -sum_k alpha_k w_k",
        because="1^T G = 0; so sum_k alpha_k w_k = 0, and rank W = K forces alpha = 0",
    )
    yield SumIdentity(
        left=tau * total(G[l, s] * w[l, a], l) - gradient_h(s, a), right=multiplier_h(s) * h[s, a],
        sentence="I5: tau W G_s - grad_{h_s} = beta_s h_s, so beta_s h_s = tau W G_s at a critical point",
        because="the gradient at h_s; so |beta_s| = tau |W G_s| and h_s lies in span W when beta_s != 0",
    )
    yield Axiom(name="KKT conditions of a convex program",
                uses="I6: for a convex loss and beta_s < 0, h_s is the unique minimiser of h -> l(tau W^T h, y_s) on "
                     "the unit ball, so such samples of one class coincide")


def _transverse() -> Iterator[Claim]:
    v = Tensor("v", (d,), unit=0, annihilates=((0, "w", 1), (0, "h", 1)))
    x, y = Tensor("x", (K,)), Tensor("y", (N,))
    yield SumIdentity(
        left=total(x[k] * v[a] * h[s, a] + w[k, a] * y[s] * v[a], a), right=scalar(0),
        sentence="along (v x^T, v y^T), v orthogonal to all columns, the logits do not move to first order",
        because="so the loss's second derivative drops out",
    )
    yield SumIdentity(
        left=2 * tau * total(G[k, s] * x[k] * v[a] * y[s] * v[a], k, s, a)
        - total(multiplier_w(k) * (x[k] * v[a]) ** 2, k, a) - total(multiplier_h(s) * (y[s] * v[a]) ** 2, s, a),
        right=2 * tau * total(G[k, s] * x[k] * y[s], k, s) - total(multiplier_w(k) * x[k] ** 2, k)
        - total(multiplier_h(s) * y[s] ** 2, s),
        sentence="there the Hessian is the form of T = [[-D_alpha, tau G], [tau G^T, -D_beta]]",
        because="spec(Hess) = spec(Hess in R^r) + (d - r) copies of spec(T), r the rank of [W H]",
    )


def claims() -> Iterator[Claim]:
    yield from _tangency()
    yield from _second_order()
    yield from _identities()
    yield from _transverse()


THEOREM = Theorem(
    name="riemannian-calculus",
    title="Gradient, Hessian and critical-point identities on products of spheres",
    statement=(
        "On unit classifiers and features with logits tau W^T H and any loss: grad_W = tau H G^T - W D_alpha, "
        "grad_H = tau W G - H D_beta, and Hess[D,D] = sum dM^T S dM + 2 tau <G, dW^T dH> - sum alpha_k|dw_k|^2 - "
        "sum beta_s|dh_s|^2 with dM = tau(dW^T H + W^T dH). At critical points identities I1-I6 hold, and outside the "
        "span of the columns the Hessian is d - r copies of T = [[-D_alpha, tau G], [tau G^T, -D_beta]]."
    ),
    idea="Normalising u + x D is a retraction of second order, so the x^2 coefficient of the objective along it is\n"
    "half the Hessian form; the multipliers are the normal parts of the Euclidean gradient.",
    source=Source(
        paper="Neural Collapse with Normalized Features: A Geometric Analysis over the Riemannian Manifold",
        arxiv="2209.09211",
        quoted="Riemannian gradient and Hessian of the loss over the product of spheres",
        relation="equal",
    ),
    notation=(
        ("q", "squared length of the direction, |D|^2"),
        ("x", "parameter of a curve u + x D in the steps about it; the array x (K) is part of a direction"),
        ("G", "gradient of the loss in the logits"),
        ("G0", "G for a loss that is invariant under constant shifts"),
    ),
    covers="all K, d, any number of samples with any labels and weights, tau > 0, any smooth loss",
    general=claims,
)
