"""The Riemannian Hessian spectrum at neural collapse on spheres, for symbolic K, n, d, tau."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Tensor, delta, scalar, total
from ncproofs.calculus.sphere_sectors import (
    K,
    N,
    SphereMove,
    SphereSector,
    a,
    apply_sphere_hessian,
    b,
    d,
    g,
    i,
    j,
    k,
    n,
    s,
    sphere_sectors,
    tau,
)
from ncproofs.calculus.symmetry import determinant
from ncproofs.losses.cross_entropy import cross_entropy
from ncproofs.problems.features import Spheres
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, between, integers_from, positive, real
from ncproofs.proof.sphere_claims import SphereInertia, SphereSpectrum
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

SIZES = ((K, integers_from(2)), (n, integers_from(1)), (d, integers_from(1)))


def sector_claims(sector: SphereSector) -> Iterator[Claim]:
    """The Hessian maps each basis direction to the combination given by its column of the sector's matrix."""
    for column, start in enumerate(sector.basis):
        image, expected = apply_sphere_hessian(start), SphereMove.of()
        for row, target in enumerate(sector.basis):
            expected = expected.combined(target, sector.matrix[row, column])
        for part in ("dW", "dH"):
            yield SumIdentity(
                left=getattr(image, part), right=getattr(expected, part),
                sentence=f"in plane, {sector.name}: {part} of the Hessian's image of the direction "
                f"{sector.words[column]}",
                because="direct substitution in the Riemannian Hessian",
            )


def _perpendicular() -> Iterator[Claim]:
    """T = [[tau g, tau G], [tau G^T, tau K g/N]] with G = (g/N)(1 - K e_k)."""
    slope = g / N * (scalar(1) - K * delta(j, k))
    v, y = Tensor("v", (K,), zero_sum=(0,)), Tensor("y", (K, n), zero_sum=(1,))
    checks = (
        ("within class", total(slope * y[k, i], k, i), scalar(0), "tau g/n, N - K times"),
        ("trivial", total(slope, k, i), scalar(0), "tau g and tau g/n, once each"),
        ("standard, features", tau * total(slope * v[k], k, i), -tau * g * v[j], "0 and tau g (1 + 1/n), K-1 each"),
        ("standard, classifiers", tau * total(slope * v[j], j), -tau * g / n * v[k], "the matrix tau g "
                                                                                     "[[1,-1],[-1/n,1/n]]"),
    )
    for name, left, right, words in checks:
        yield SumIdentity(left=left, right=right, sentence=f"perpendicular, {name}: {words}",
                          because="riemannian-calculus: d - K + 1 copies of T outside the span of the frame")


def _values() -> Iterator[Claim]:
    x = sympy.Symbol("x", real=True)
    where = Domain.of((K, integers_from(3)), (n, integers_from(1)), (tau, positive()), (g, real()), (a, real()),
                      (b, real()), (x, real()))
    matrices = {sector.name: sector.matrix for sector in sphere_sectors()}
    yield Identity(
        left=determinant(x * sympy.eye(2) - matrices["antisymmetric"]),
        right=x * (x - tau * (g + s * a) * (1 + 1 / n)), where=where,
        sentence="antisymmetric: 0 (rotations) and tau (g + s a)(1 + 1/n), s = tau/(K-1)", because="2 x 2 matrix",
    )
    yield Identity(
        left=determinant(matrices["symmetric"]), right=4 * tau**2 * s * a * g / n, where=where,
        sentence="symmetric: determinant 4 tau^2 s a g/n", because="positive when a, g > 0",
    )
    q = sympy.Symbol("q", positive=True)
    ce = {g: q, a: q, b: q**2}
    yield Sign(
        expression=sympy.cancel(determinant(matrices["standard"].subs(ce, simultaneous=True)) * n / (tau * q) ** 2),
        relation=">",
        where=Domain.of((K, integers_from(3)), (tau, positive()), (q, between(0, 1 / K))),
        sentence="standard, cross-entropy: the determinant is positive for every tau and 0 < q < 1/K",
        because="so collapse is nondegenerate modulo rotations at every temperature",
    )


def _completeness() -> Iterator[Claim]:
    extra = d - K + 1
    inside = sum((sector.multiplicity * len(sector.basis) for sector in sphere_sectors()), sympy.Integer(0))
    yield Identity(
        left=inside + extra * ((N - K) + 2 + 2 * (K - 1)), right=(K + N) * (d - 1), where=Domain.of(*SIZES),
        sentence="the multiplicities sum to (K + N)(d - 1)", because="the dimension of the product of spheres",
    )
    yield Identity(
        left=(K - 1) * extra + (K - 1) * (K - 2) / 2, right=d * (d - 1) / 2 - extra * (extra - 1) / 2,
        where=Domain.of(*SIZES),
        sentence="the zero modes number dim O(d) - dim O(d-K+1): exactly the rotations",
        because="not d(d-1)/2 for d > K",
    )
    yield Axiom(name="Schur's lemma", uses="inequivalent sectors do not mix; each identity above shows it "
                                           "for its sector")


def _losses() -> Iterator[Claim]:
    u, q = Tensor("u", (K,)), sympy.Symbol("q", positive=True)
    off = q * (1 - delta(j, k))
    yield SumIdentity(
        left=total(off * (u[j] - u[k]) ** 2, j) - total(off * (u[j] - u[k]), j) ** 2,
        right=q * total((u[j] - u[k]) ** 2, j) - q**2 * total(u[j] - u[k], j) ** 2,
        sentence="cross-entropy and label smoothing: a = q, b = q^2, with g = q and g = q - sigma/K",
        because="u^T (diag p - p p^T) u with the logits measured from the target",
    )


def claims() -> Iterator[Claim]:
    for sector in sphere_sectors():
        yield from sector_claims(sector)
    yield from _perpendicular()
    yield from _values()
    yield from _completeness()
    yield from _losses()


def instance(problem: Spheres) -> Iterator[Claim]:
    yield SphereSpectrum(problem=problem, sentence=f"closed-form spectrum agrees with the dense Hessian: {problem}")
    extra = problem.d - problem.K + 1
    zero = (problem.K - 1) * extra + (problem.K - 1) * (problem.K - 2) // 2
    yield SphereInertia(problem=problem, zero=zero, negative=0,
                        sentence=f"index 0 and exactly {zero} zero modes, all rotations: {problem}")


THEOREM = Theorem(
    name="sphere-spectrum",
    title="The Riemannian Hessian at neural collapse on spheres, with multiplicities",
    statement=(
        "At a simplex ETF with h = w, for any class-symmetric loss invariant under constant shifts with derivatives "
        "(g, a, b): in plane, tau(g + s a)/n (K(K-2)(n-1)); 0 and tau(g + s a)(1 + 1/n) ((K-1)(K-2)/2 each); a 2 x 2 "
        "block K(K-3)/2 times and another K-1 times; out of plane, with r = d-K+1, tau g/n ((N-K) r + r), tau g (r), "
        "tau g (1 + 1/n) and 0 ((K-1) r each). Here s = tau/(K-1). The zero modes are exactly the rotations."
    ),
    idea="One direction per representation of S_K x S_n x O(d), entries left as symbols, substituted in the Hessian.",
    source=Source(
        paper="Neural Collapse with Normalized Features: A Geometric Analysis over the Riemannian Manifold",
        arxiv="2209.09211",
        quoted="neural collapse solutions are the only local minimisers; no spectrum is quoted",
        relation="stronger",
    ),
    rests_on=("riemannian-calculus",),
    notation=(
        ("P", "I - 11^T/K: in coordinates of R^d of which the first K hold the frame, w_k is sqrt(K/(K-1)) times "
              "column k of P, and h_{k,i} = w_k"),
        ("g", "slope of the loss: its derivative in logit j of a sample of class k is g for j != k, and -(K-1) g for "
              "j = k"),
        ("a", "with b its curvature along u: a sum_j (u_j - u_k)^2 - b (sum_j (u_j - u_k))^2"),
        ("b", "see a"),
        ("s", "tau/(K-1)"),
        ("dW", "part of a tangent direction: dW[p,j] is coordinate p of the change of classifier j, dH[p,k,i] that of "
               "feature i of class k; a part that a step does not name is zero"),
    ),
    covers="all K >= 2, n >= 1, d >= K-1, tau > 0",
    hypotheses=(
        Hypothesis("d >= K - 1", lambda problem: Truth.HOLDS if problem.d >= problem.K - 1 else Truth.FAILS),
        Hypothesis("the loss is cross-entropy", lambda problem: Truth.HOLDS
                   if problem.loss.softmax_form() == cross_entropy().softmax_form() else Truth.UNDECIDED),
    ),
    general=claims,
    instance=instance,
    family=Spheres,
)
