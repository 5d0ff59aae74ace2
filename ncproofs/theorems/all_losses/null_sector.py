"""The part of the Hessian that lives outside the span of the features, and the explicit descent direction."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Tensor, scalar, total
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, Range, integers_from, nonnegative, positive
from ncproofs.proof.wording import worded
from ncproofs.theorems.letters import K, N, a, d, i, j, k, l, lH, lW, n
from ncproofs.theorems.theorem import Source, Theorem

w = Tensor("w", (K, d))
h = Tensor("h", (K, n, d))
G = Tensor("G", (K, K, n))
x, y = Tensor("x", (K,)), Tensor("y", (K, n))
#: A direction orthogonal to every classifier (and then, by balance, to every feature).
v = Tensor("v", (d,), annihilates=((0, "w", 1), (0, "h", 2)))

s = sympy.Symbol("s", nonnegative=True)
r = sympy.Symbol("r", integer=True, nonnegative=True)


def _invariance() -> Iterator[Claim]:
    moved = total(x[j] * v[a] * h[l, i, a] + w[j, a] * y[l, i] * v[a], a)
    yield SumIdentity(
        left=moved, right=scalar(0),
        sentence="dW = v x^T, dH = v y^T with v orthogonal to all w_k, h_{k,i} leave the logits fixed to first order",
        because="dW^T H + W^T dH = x (v^T H) + (W^T v) y^T = 0, so the second derivative of the loss drops out",
    )
    rows = total(G[k, l, i] * y[l, i] * v[a], l, i) + lW * x[k] * v[a]
    yield SumIdentity(
        left=rows, right=(total(G[k, l, i] * y[l, i], l, i) + lW * x[k]) * v[a],
        sentence="Hess(v x^T, v y^T) = (v (G y + lambda_W x)^T, v (G^T x + lambda_H y)^T): the sector is invariant",
        because="what remains is 2 <G, dW^T dH> and the weight decay",
    )


def _spectrum() -> Iterator[Claim]:
    domain = Domain.of((lW, positive()), (lH, positive()), (s, nonnegative()))
    root = sympy.sqrt((lW - lH) ** 2 + 4 * s**2)
    for sign in (1, -1):
        eigenvalue = (lW + lH + sign * root) / 2
        yield Identity(
            left=(eigenvalue - lW) * (eigenvalue - lH), right=s**2, where=domain,
            sentence=f"[lambda_W + lambda_H {'+' if sign > 0 else '-'} sqrt((lambda_W - lambda_H)^2 + 4 s^2)]/2 is "
            "an eigenvalue of [[lambda_W, s], [s, lambda_H]]",
            because="x, y a pair of singular vectors of G with singular value s",
        )
    yield Axiom(name="singular value decomposition", uses="G has K singular pairs, and N - K further right vectors "
                "with G y = 0, on which the Hessian is lambda_H")
    yield Identity(
        left=2 * K * (d - r) + (N - K) * (d - r), right=(d - r) * (K + N),
        where=Domain.of((K, integers_from(2)), (n, integers_from(1)), (d, integers_from(1)), (r, integers_from(0))),
        sentence="(d - r)(2K + N - K) eigenvalues fill the sector, of dimension (d - r)(K + N)", because="counting",
    )
    u1, u2 = sympy.symbols("a_1 a_2", positive=True)
    yield Sign(
        expression=(u1 * u2) ** 2 - s**2, relation="<",
        where=Domain.of((u1, positive()), (u2, positive()), (s, Range(u1 * u2, None, lower_open=True))),
        sentence="the determinant lambda_W lambda_H - s^2 is negative exactly when s > lambda = "
                 "sqrt(lambda_W lambda_H)",
        because="with lambda_W = a_1^2, lambda_H = a_2^2; so each s > lambda gives d - r negative eigenvalues",
    )


def _explicit_direction() -> Iterator[Claim]:
    alpha, beta = sympy.symbols("alpha beta", positive=True)  # lambda_W = alpha^4, lambda_H = beta^4
    domain = Domain.of((alpha, positive()), (beta, positive()), (s, nonnegative()))
    size_w, size_h = beta / alpha, alpha / beta  # |dW| = (lambda_H/lambda_W)^(1/4), |dH| its inverse
    dw, dh, product = sympy.symbols("w h lambda", positive=True)
    yield worded(
        lW * dw**2 + lH * dh**2 - 2 * s * dw * dh, 2 * (product - s),
        {dw: size_w, dh: size_h, product: alpha**2 * beta**2, lW: alpha**4, lH: beta**4}, where=domain,
        sentence="along dW = (lambda_H/lambda_W)^(1/4) v u^T, dH = -(lambda_W/lambda_H)^(1/4) v y^T the second "
        "derivative is exactly 2 (lambda - s)",
        because="lambda_W |dW|^2 + lambda_H |dH|^2 + 2 <G, dW^T dH>, (u, y) the singular pair of s",
    )
    yield Identity(
        left=size_w**2 + size_h**2, right=(alpha**4 + beta**4) / (alpha**2 * beta**2), where=domain,
        sentence="that direction has squared length (lambda_W + lambda_H)/lambda",
        because="so its Rayleigh quotient is 2 lambda (lambda - s)/(lambda_W + lambda_H)",
    )


def claims() -> Iterator[Claim]:
    yield from _invariance()
    yield from _spectrum()
    yield from _explicit_direction()


THEOREM = Theorem(
    name="null-sector",
    title="The Hessian outside the span of the features, and the exact curvature of the explicit direction",
    statement=(
        "At any critical point of rank r < d, for any smooth loss, the directions (v x^T, v y^T) with v orthogonal to "
        "all classifiers form an invariant subspace of the Hessian. Its spectrum is d - r copies of "
        "[lambda_W + lambda_H +- sqrt((lambda_W - lambda_H)^2 + 4 s_i^2)]/2, s_i the K singular values of G, and of "
        "lambda_H with multiplicity N - K. The explicit direction of the top singular pair has second derivative "
        "2 (lambda - s_1), lambda = sqrt(lambda_W lambda_H)."
    ),
    idea="Moving W and H along a direction that no feature uses does not move the logits to first order;\n"
    "only the mixed term and the weight decay remain, and they are diagonal in the singular basis of G.",
    source=Source(
        paper="Are All Losses Created Equal: A Neural Collapse Perspective",
        arxiv="2210.02192",
        quoted="an explicit negative curvature direction with curvature of the order lambda - s_1",
        relation="corrected",
        note="the exact value is 2 (lambda - s_1) for that direction, which is not of unit length",
    ),
    covers="all K, n, d, any smooth loss, any critical point of rank r < d",
    general=claims,
)
