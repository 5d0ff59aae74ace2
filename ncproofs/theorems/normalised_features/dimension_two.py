"""At d = 2 the landscape has a critical point that is neither a minimum nor a strict saddle."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, Tensor, delta, scalar, total
from ncproofs.proof.claims import Claim, Sign, SumIdentity
from ncproofs.proof.domain import Domain, integers_from, positive
from ncproofs.proof.wording import value_at, worded
from ncproofs.theorems.theorem import Source, Theorem

K, n = sympy.symbols("K n", integer=True, positive=True)
tau = sympy.Symbol("tau", positive=True)
j, k, l, i = Index("j", K), Index("k", K), Index("l", K), Index("i", n)  # noqa: E741


def _point() -> Iterator[Claim]:
    slope = scalar(1) / (n * K) * (scalar(1) / K - delta(k, j))
    yield SumIdentity(left=total(slope, j, i), right=scalar(0), because="balanced classes, equal logits",
                      sentence="W = u 1^T, H = e 1^T, e orthogonal to u: sum over samples of G_ks = 0, so grad_W = 0")
    yield SumIdentity(left=total(slope, k), right=scalar(0), because="1^T G = 0",
                      sentence="W G = u (1^T G) = 0, so grad_H = 0: the point is critical, with f = log K")
    theta, phi = Tensor("theta", (K,)), Tensor("phi", ())
    move = theta[j] - phi[()]
    yield SumIdentity(
        left=total(move**2, j) / K - (total(move, j) / K) ** 2,
        right=total((theta[j] - theta[l]) ** 2, j, l) / (2 * K**2),
        sentence="logits tau sin(theta_j - phi) have no second-order part; the Hessian form is tau^2 times the "
                 "variance of theta, whatever phi is",
        because="so it is positive semidefinite: no direction of negative curvature",
    )


def _curve() -> Iterator[Claim]:
    x = sympy.Symbol("x", real=True)
    turn = x**2 / (2 * tau)  # theta_1 = -turn, phi_1 = x
    others = sympy.log(K - 1 + sympy.exp(-tau * sympy.sin(turn)))
    first = sympy.log(1 + (K - 1) * sympy.exp(tau * (sympy.sin(x + turn) - sympy.sin(x))))
    f = ((K - 1) * others + first) / K
    where = Domain.of((K, integers_from(2)), (tau, positive()))
    values = (sympy.log(K), 0, 0, 0, -3 * (K - 1) / K**2)
    along = sympy.Function("f")(x)
    for order, value in enumerate(values):
        yield worded(
            value_at(sympy.Derivative(along, (x, order)) if order else along, x, 0), value, {along: f}, where=where,
            sentence=f"theta_1 = -x^2/(2 tau), phi_1 = x: derivative {order} of f at x = 0 is {value}",
            because="f - log K = -(K-1) x^4/(8 K^2) + O(x^5)",
        )
    yield Sign(expression=-3 * (K - 1) / K**2, relation="<", where=Domain.of((K, integers_from(2))),
               sentence="the fourth derivative is negative, so the point is no local minimum", because="K >= 2")


def claims() -> Iterator[Claim]:
    yield from _point()
    yield from _curve()


THEOREM = Theorem(
    name="sphere-dimension-two",
    title="At d = 2 a non-global critical point without negative curvature",
    statement=(
        "For cross-entropy on spheres with d = 2, any K >= 2, n and tau > 0: W = u 1^T, H = e 1^T with e orthogonal to "
        "u is critical with f = log K, its Hessian is positive semidefinite, and f - log K = -(K-1) x^4/(8 K^2) + "
        "O(x^5) along an explicit curve. So it is neither a local minimum nor a strict saddle."
    ),
    idea="In the plane features orthogonal to the common classifier move logits in no new direction to second order;\n"
    "bending w_1 by x^2/(2 tau) while turning the features of class 1 by x gains at fourth order.",
    source=Source(
        paper="Neural Collapse with Normalized Features: A Geometric Analysis over the Riemannian Manifold",
        arxiv="2209.09211",
        quoted="for d > K ... all other critical points are strict saddles",
        relation="auxiliary",
        note="d >= 3 in the landscape theorem cannot be dropped, not even for K = d = 2",
    ),
    covers="all K >= 2, n >= 1, tau > 0, d = 2",
    general=claims,
)
