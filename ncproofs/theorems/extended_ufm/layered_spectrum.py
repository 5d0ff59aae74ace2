"""The Hessian of the layered model at every critical point with one sigma, for every number of layers."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, Tensor, delta, total
from ncproofs.problems.layered import Layered
from ncproofs.proof.claims import Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, between, integers_from, positive, real
from ncproofs.proof.layered_claims import LayeredSpectrum
from ncproofs.theorems.extended_ufm.layered_letters import (
    EQUAL,
    LINEAR,
    UNBIASED,
    K,
    M,
    d,
    kappa,
    n,
    r,
    sigma,
    sigma_sn,
    source,
    x,
)
from ncproofs.theorems.theorem import Theorem

#: X = x^(2M-2) and y = x^(M-2); the mode equation says X + kappa = y.
X, y = sympy.symbols("X y", positive=True)
MODE = ((X, y - kappa),)
LARGEST = 150
left, right = Index("l", M), Index("m", M)
u, v = Index("u", r), Index("v", r)
a, w = Tensor("a", (M,)), Tensor("w", (M,))


def _own() -> Iterator[Claim]:
    """Directions a_l E in factor l, E on the modes in use: first order x^(M-1) E, second order x^(M-2) E E."""
    strength = x ** (M - 2) * (1 - x**M)
    yield Identity(
        left=(x**M - 1) * x ** (M - 2), right=-strength, where=Domain.of((M, integers_from(2)), (x, positive())),
        sentence="the residual sigma - 1 times x^(M-2) is -kappa", because="the mode equation",
    )
    for sign, name in ((1, "symmetric"), (-1, "antisymmetric")):
        E = Tensor("F" if sign > 0 else "E", (r, r), symmetric=sign > 0, antisymmetric=sign < 0)
        size = total(E[u, v] ** 2, u, v)
        pairs = total(a[left] * a[right] * (X * size - kappa * total(E[u, v] * E[v, u], u, v)), left, right)
        own = total(a[left] ** 2, left) * (kappa * total(E[u, v] * E[v, u], u, v) + kappa * size)
        square, spread = total(a[left], left) ** 2, total(a[left] ** 2, left)
        form = (X - kappa) * square + 2 * kappa * spread if sign > 0 else (X + kappa) * square
        yield SumIdentity(
            left=pairs + own, right=form * size,
            sentence=f"modes in use, {name}: the Hessian form is "
            + ("(X - kappa)(sum a)^2 + 2 kappa |a|^2" if sign > 0 else "x^(M-2) (sum a)^2"),
            because="factors l and m meet in x^(2M-2) E E at first order and, for l != m, in -kappa tr(EE) at second",
        )
    yield Identity(
        left=M * (x ** (2 * M - 2) - strength) + 2 * strength, right=x ** (M - 2) * ((2 * M - 2) * x**M - (M - 2)),
        where=Domain.of((M, integers_from(2)), (x, positive())),
        sentence="on equal a the symmetric form has the eigenvalue x^(M-2) ((2M-2) sigma - (M-2)), on the others 2 "
                 "kappa",
        because="rank one plus a multiple of the identity",
    )
    for relation, low, high, words in (
        (">", sigma_sn, sympy.Integer(1), "positive at sigma_+"), ("<", sympy.Integer(0), sigma_sn, "negative at "
                                                                                                    "sigma_-"),
    ):
        yield Sign(
            expression=(2 * M - 2) * sigma - (M - 2), relation=relation,  # type: ignore[arg-type]
            where=Domain.of((M, integers_from(3)), (sigma, between(low, high))),
            sentence=f"which is {words}", because="sigma_sn = (M-2)/(2M-2) lies between the roots",
        )


def _others() -> Iterator[Claim]:
    p, q = sympy.symbols("p q", real=True)
    where = Domain.of((kappa, positive()), (p, real()), (q, real()))
    yield Identity(
        left=kappa * (p**2 + q**2) - 2 * kappa * p * q, right=kappa * (p - q) ** 2, where=where,
        sentence="a mode and an unused hidden direction between two factors: eigenvalues 2 kappa and 0",
        because="no first-order change; at second order -kappa p q",
    )
    with_mode = Domain.of((y, positive()), *where.ranges)
    yield Identity(
        left=(y - kappa) * (p**2 + q**2) + kappa * (p**2 + q**2) - 2 * y * p * q, right=y * (p - q) ** 2,
        where=with_mode,
        sentence="a mode and a missing class, in the last factor and in the features: eigenvalues 2 x^(M-2) and 0",
        because="first order X (p^2 + q^2), decay kappa, second order -x^(M-2) p q twice; X + kappa = x^(M-2)",
    )
    yield Identity(
        left=kappa * (p**2 + q**2) - 2 * p * q, right=((kappa - 1) * (p + q) ** 2 + (kappa + 1) * (p - q) ** 2) / 2,
        where=where,
        sentence="one layer, missing class and unused feature: eigenvalues kappa - 1 and kappa + 1",
        because="the residual there is -1; with more layers only the decay kappa is left",
    )


def _unscaled() -> Iterator[Claim]:
    strength = x ** (M - 2) * (1 - x**M)
    yield Identity(
        left=x ** (2 * M - 2) + strength, right=x ** (M - 2), where=Domain.of((M, integers_from(2)), (x, positive())),
        sentence="within-class directions: |W_L ... W_1|^2 and the decay add up to lambda_H x^(M-2)/kappa",
        because="x^(2M-2) + kappa = x^(M-2)",
    )
    total_weight = total(w[left] ** 2, left)
    yield SumIdentity(
        left=total(
            a[left] * w[left] * a[right] * w[right] * ((X - kappa) / kappa + 2 * delta(left, right)), left, right
        ),
        right=(X / kappa - 1) * total(a[left] * w[left], left) ** 2 + 2 * total(a[left] ** 2 * w[left] ** 2, left),
        sentence="unscaled, the symmetric block is (X/kappa - 1) w w^T + 2 diag(lambda), w = sqrt(lambda)",
        because="entry (l, m) of a scaled block times sqrt(lambda_l lambda_m)/kappa",
    )
    yield SumIdentity(
        left=total(w[left] * w[right] * (X + kappa) / kappa * w[left] * w[right], left, right),
        right=y / kappa * total_weight**2, relations=MODE,
        sentence="and the antisymmetric one (x^(M-2)/kappa) w w^T: eigenvalue (x^(M-2)/kappa) sum lambda",
        because="its value along w is that times |w|^2",
    )


def _counting() -> Iterator[Claim]:
    spare = d - r
    sizes = Domain.of((K, integers_from(2)), (M, integers_from(2)), (n, integers_from(1)), (d, integers_from(1)),
                      (r, integers_from(0)))
    hidden, missing, within = 2 * (M - 1) * r * spare, 2 * r * (K - r), d * K * (n - 1)
    unused = 2 * (K - r) * spare + (M - 2) * spare**2
    yield Identity(
        left=M * r * (r + 1) / 2 + M * r * (r - 1) / 2 + hidden + missing + unused + within,
        right=2 * K * d + (M - 2) * d**2 + K * d * (n - 1), where=sizes,
        sentence="the multiplicities add up to the number of unknowns (equal widths d)", because="expand",
    )
    one, two = sympy.symbols("d_1 d_2", integer=True, positive=True)
    yield Identity(
        left=3 * r**2 + 2 * r * (one - r) + 2 * r * (two - r) + missing + (K - r) * (one - r) + (K - r) * (two - r)
        + (one - r) * (two - r) + one * K * (n - 1),
        right=one * K * n + one * two + two * K,
        where=Domain.of((K, integers_from(2)), (n, integers_from(1)), (one, integers_from(1)), (two, integers_from(1)),
                        (r, integers_from(0))),
        sentence="and for two layers of widths d_1, d_2", because="expand",
    )
    yield Identity(
        left=r * (r - 1) / 2 + r * (d - r) + r * (K - r), right=r * (K + d) - (3 * r**2 + r) / 2, where=sizes,
        sentence="one layer: the nullity is r(K+d) - (3r^2+r)/2, the dimension of the manifold of these points",
        because="antisymmetric, hidden and missing-class directions; in general (M-1)r(r-1)/2 + (M-1)r(d-r) + r(K-r)",
    )


def claims() -> Iterator[Claim]:
    yield from _own()
    yield from _others()
    yield from _unscaled()
    yield from _counting()


def instance(problem: Layered) -> Iterator[Claim]:
    """Every critical point, against the dense Hessian."""
    from ncproofs.critical.layered_points import critical_points

    for point in critical_points(problem, digits=6):
        plus, minus = point.counts
        yield LayeredSpectrum(problem=problem, plus=plus, minus=minus)


THEOREM = Theorem(
    name="layered-spectrum",
    title="The Hessian spectrum of the layered model at its critical points, for every depth",
    statement=(
        "At r modes of one sigma = x^M (kappa f scaled so that all factors have the decay kappa) the Hessian has the "
        "eigenvalues x^(M-2) ((2M-2) sigma - (M-2)) and 2 kappa [M-1] on r(r+1)/2 symmetric pairs; M x^(M-2) and 0 "
        "[M-1] on r(r-1)/2 antisymmetric ones; 2 kappa and 0 for each unused hidden direction; 2 x^(M-2) and 0 for "
        "each missing class; kappa on the rest (one layer: kappa +- 1); and within classes x^(M-2), kappa. Unscaled, "
        "entries carry sqrt(lambda_l lambda_m)/kappa. Points that mix sigma_+ and sigma_- add blocks of size 2M."
    ),
    idea=(
        "In the bases of the modes the product is diagonal, so a pair of directions (one on each side) meets only\n"
        "itself: first-order terms square to x^(2M-2), second-order ones carry the residual -(1-sigma) or -1."
    ),
    source=source("structure of the minimisers of the regularised linear models", "stronger",
                  "the full spectrum at every critical point, symbolic M; mixed points are compared on instances"),
    notation=(
        ("M", "L + 1, the number of factors"),
        ("x", "scale of each factor along a mode, so that x^M is its singular value sigma"),
        ("y", "x^(M-2)"),
        ("X", "x^(2M-2), which is y - kappa"),
        ("kappa", "x^(M-2) (1 - x^M), see the first step"),
    ),
    covers="all L >= 1, K >= 2, n >= 1, ranks and widths (equal widths, or two layers, in the count)",
    hypotheses=(LINEAR, UNBIASED, EQUAL),
    family=Layered,
    general=claims,
    instance=instance,
)
