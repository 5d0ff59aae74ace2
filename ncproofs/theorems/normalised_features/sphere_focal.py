"""Focal loss on spheres: collapse is optimal wherever inequality (J) holds."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.problems.features import Spheres
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign
from ncproofs.proof.domain import Domain, integers_from, nonnegative, positive, real
from ncproofs.proof.sphere_claims import ContactInequality, SphereGeometry, SphereInertia, SphereValue
from ncproofs.proof.wording import value_at, worded
from ncproofs.theorems.normalised_features.sphere_optimum import SOURCE, has_room
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

K = sympy.Symbol("K", integer=True, positive=True)
tau = sympy.Symbol("tau", positive=True)
gamma = sympy.Symbol("gamma", nonnegative=True)
m, r, v, s = sympy.symbols("m r v s", real=True)


def claims() -> Iterator[Claim]:
    """The argument from (J) to the bound; (J) itself is certified at instances."""
    ell = sympy.Symbol("ell", positive=True)
    where = Domain.of((gamma, nonnegative()), (ell, positive()))
    # dF/d ell = (1-p)^gamma + gamma (1-p)^(gamma-1) p ell, with 1 - p = 1 - e^-ell.
    profile = (1 - sympy.exp(-ell)) ** gamma * ell
    yield Identity(
        left=profile.diff(ell),
        right=(1 - sympy.exp(-ell)) ** (gamma - 1) * ((1 - sympy.exp(-ell)) + gamma * sympy.exp(-ell) * ell),
        where=where,
        sentence="F'(ell) = (1-p)^(gamma-1) ((1-p) + gamma p ell) with p = e^-ell",
        because="so F is increasing and F(CE) >= F(log(1 + (K-1)e^t)) by L1",
    )
    yield Sign(
        expression=(1 - sympy.exp(-ell)) + gamma * sympy.exp(-ell) * ell, relation=">", where=where,
        sentence="F' > 0 on (0, oo)", because="both terms are nonnegative and the first is positive",
    )
    yield Axiom(name="Jensen's inequality", uses="L1: CE >= log(1 + (K-1)e^t), equality iff the wrong logits agree")
    yield Axiom(name="Cauchy-Schwarz inequality",
                uses="L3: r_{k,i} <= |w_k - w_bar|, so the mean of r^2 is at most 1 - |w_bar|^2 <= 1 (L4)")
    yield Identity(
        left=v + s * (m - 1) / 2, right=v + (-s) * (1 - m) / 2, where=Domain.of((v, real()), (s, real()), (m, real())),
        sentence="averaging (J): f >= Phi(1) + |Phi'(1)| (1 - mean r^2)/2", because="Phi'(1) < 0 and mean r^2 <= 1",
    )
    yield worded(
        value_at(sympy.Derivative(v + s * (r**2 - 1) / 2, r), r, 1), s, {}, where=Domain.of((v, real()), (s, real())),
        sentence="both sides of (J) have value Phi(1) and slope Phi'(1) at r = 1", because="a contact of first order",
    )
    yield Sign(
        expression=4 - (2 * (K - 1) / K) ** 2, relation=">", where=Domain.of((K, integers_from(2))),
        sentence="|r| <= 2(K-1)/K < 2", because="w_k - w_bar = ((K-1)/K) w_k - (1/K) sum_{j != k} w_j",
    )


def instance(problem: Spheres) -> Iterator[Claim]:
    """(J) by branch and bound, the geometry, the minimum, and that its Hessian is not negative anywhere."""
    from ncproofs.critical.sphere_optimum import closed_form, sphere_regime

    yield ContactInequality(problem=problem)
    yield SphereGeometry(problem=problem, geometry="simplex ETF")
    if problem.d >= problem.K - 1:
        value = closed_form(problem, sphere_regime(problem), "objective")
        if value is not None:
            yield SphereValue(problem=problem, value=value)
        yield SphereInertia(problem=problem, negative=0)


def is_focal(problem: Spheres) -> Truth:
    """Focal loss with gamma > 0, recognised by its expression."""
    from ncproofs.critical.profiles import profile_of
    from ncproofs.errors import OutOfScope

    try:
        return Truth.HOLDS if profile_of(problem.loss).kind == "focal" else Truth.FAILS
    except OutOfScope:
        return Truth.FAILS


THEOREM = Theorem(
    name="sphere-focal",
    title="Focal loss on spheres: collapse is optimal wherever inequality (J) holds",
    statement=(
        "Let Phi(r) = F(log(1 + (K-1) exp(-tau K r/(K-1)))), F(ell) = (1 - e^-ell)^gamma ell. If "
        "Phi(r) >= Phi(1) + Phi'(1)(r^2 - 1)/2 for |r| <= 2(K-1)/K, with equality only at r = 1 (inequality J), "
        "then for d >= K-1 and balanced classes the global minimisers of the focal loss are exactly the simplex ETFs "
        "with h = w, and the minimum is Phi(1)."
    ),
    idea="Jensen in t fails for the focal loss; a parabola in r that touches Phi at r = 1 takes its place, since the\n"
    "mean of r^2 is bounded. (J) is certified for one (K, gamma, tau) at a time, in balls.",
    source=Source(
        paper=SOURCE.paper, arxiv=SOURCE.arxiv,
        quoted="cross-entropy; the focal loss is not treated there", relation="auxiliary",
    ),
    covers="the step from (J) to optimality: all K >= 2, n >= 1, d >= K-1, gamma >= 0, tau > 0",
    hypotheses=(Hypothesis("the loss is the focal loss, gamma > 0", is_focal),
                Hypothesis("d >= K - 1", has_room)),
    general=claims,
    instance=instance,
    family=Spheres,
    open_questions=("(J) for all K, gamma, tau at once: no failure is known",),
)
