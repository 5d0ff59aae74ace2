"""The optimum of cross-entropy on spheres: value, multipliers, spectrum, for symbolic sizes and at instances."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, Tensor, delta, scalar, total
from ncproofs.problems.features import Spheres
from ncproofs.proof.claims import Claim, SumIdentity
from ncproofs.proof.domain import Domain, integers_from, positive, real
from ncproofs.proof.sphere_claims import (
    SphereGeometry,
    SphereInertia,
    SphereQuantity,
    SphereSpectrum,
    SphereValue,
)
from ncproofs.proof.wording import value_at, worded
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

K, n, d = sympy.symbols("K n d", integer=True, positive=True)
tau = sympy.Symbol("tau", positive=True)
g, alpha = sympy.symbols("g alpha", real=True)
N = n * K
j, k, l, i, a = Index("j", K), Index("k", K), Index("l", K), Index("i", n), Index("a", d)  # noqa: E741
#: Classifiers of a simplex ETF: they sum to zero; inner products are written out where they are needed.
w = Tensor("w", (K, d), zero_sum=(0,))

_LARGEST = 110


def _slope(cls: Index, label: Index) -> sympy.Expr:
    """G[cls; label, i] at the collapsed point: g/N off the label and -(K-1) g/N on it."""
    return g / N * (scalar(1) - K * delta(cls, label))


def _critical() -> Iterator[Claim]:
    yield SumIdentity(
        left=tau * total(_slope(k, l) * w[l, a], l, i), right=-tau * g * w[k, a],
        sentence="tau H G^T = -tau g W: the gradient at w_k is normal, with multiplier alpha = -tau g",
        because="sum_l w_l = 0 and h_{l,i} = w_l",
    )
    yield SumIdentity(
        left=tau * total(_slope(j, k) * w[j, a], j), right=-tau * K * g / N * w[k, a],
        sentence="tau W G = -(tau K g/N) H: the gradient at h_{k,i} is normal, with multiplier beta = -tau K g/N",
        because="sum_j w_j = 0",
    )


def _value() -> Iterator[Claim]:
    where = Domain.of((K, integers_from(2)), (tau, positive()), (alpha, real()))
    t = sympy.Symbol("t", real=True)
    wrong, margin = sympy.symbols("E m", positive=True)
    psi = sympy.log(1 + (K - 1) * sympy.exp(t))
    meant = {wrong: sympy.exp(-margin), margin: tau * K / (K - 1)}
    yield worded(
        value_at(sympy.Derivative(psi, t), t, -margin) / (K - 1), wrong / (1 + (K - 1) * wrong), meant, where=where,
        sentence="cross-entropy: g = q = E/(1 + (K-1)E), E = exp(-tau K/(K-1)), the probability of a wrong class",
        because="psi'(t)/(K-1) at t = -tau K/(K-1)",
    )
    yield worded(
        alpha * (K - 1) / K * margin, alpha * tau, meant, where=where,
        sentence="label smoothing adds alpha (z_y - mean z) = alpha tau to the value", because="z_y = tau, mean z = 0",
    )


def claims() -> Iterator[Claim]:
    """For all K, n, d >= K - 1, tau: the point is critical, with these multipliers and this value."""
    yield from _critical()
    yield from _value()


def instance(problem: Spheres) -> Iterator[Claim]:
    """Geometry, value, multipliers, zero modes and, in small dimension, the whole spectrum."""
    from ncproofs.critical.sphere_optimum import closed_form, sphere_regime

    yield SphereGeometry(problem=problem, geometry="simplex ETF")
    if problem.d < problem.K - 1:
        return
    regime = sphere_regime(problem)
    for quantity in ("objective", "multiplier_W", "multiplier_H"):
        value = closed_form(problem, regime, quantity)
        if value is None:
            continue
        if quantity == "objective":
            yield SphereValue(problem=problem, value=value)
        else:
            yield SphereQuantity(problem=problem, quantity=quantity, value=value)
    classes, spare = problem.K, problem.d - problem.K + 1
    yield SphereInertia(
        problem=problem, negative=0, zero=(classes - 1) * spare + (classes - 1) * (classes - 2) // 2,
        because="dim O(d) - dim O(d - K + 1): nondegenerate modulo rotations",
    )
    if problem.dimension <= _LARGEST:
        yield SphereSpectrum(problem=problem)


def is_cross_entropy(problem: Spheres) -> Truth:
    """Recognised by the expression, never by the name."""
    from ncproofs.critical.profiles import profile_of
    from ncproofs.errors import OutOfScope

    try:
        profile = profile_of(problem.loss)
    except OutOfScope:
        return Truth.FAILS
    return Truth.HOLDS if profile.kind == "linear" and not profile.tilt else Truth.FAILS


def has_room(problem: Spheres) -> Truth:
    """d >= K - 1."""
    return Truth.HOLDS if problem.d >= problem.K - 1 else Truth.FAILS


SOURCE = Source(
    paper="Neural Collapse with Normalized Features: A Geometric Analysis over the Riemannian Manifold",
    arxiv="2209.09211",
    quoted="for d >= K the global minimisers of cross-entropy are the neural collapse solutions",
    relation="stronger",
    note="rendered from the abstract; with value, multipliers, condition number and the whole spectrum, for d >= K-1",
)

THEOREM = Theorem(
    name="sphere-optimum",
    title="The optimum of cross-entropy on products of spheres, with every constant",
    statement=(
        "For balanced classes, cross-entropy, K >= 2, n >= 1, d >= K-1 and every tau > 0 the global minimisers are "
        "exactly the simplex ETFs with h_{k,i} = w_k. The minimum is log(1 + (K-1)E), E = exp(-tau K/(K-1)); the "
        "multipliers are alpha_k = -tau q and beta_i = -tau q/n with q = E/(1 + (K-1)E); the Hessian is positive "
        "except on the (K-1)(d-K+1) + (K-1)(K-2)/2 directions of rotations."
    ),
    idea="The lower bound of theorem sphere-lower-bound is attained; the gradient there is normal because the\n"
    "classifiers sum to zero, and theorem sphere-spectrum gives the curvature.",
    source=SOURCE,
    rests_on=("sphere-lower-bound", "sphere-spectrum"),
    covers="all K >= 2, n >= 1, d >= K-1, tau > 0",
    hypotheses=(Hypothesis("the loss is cross-entropy", is_cross_entropy), Hypothesis("d >= K - 1", has_room)),
    general=claims,
    instance=instance,
    family=Spheres,
)
