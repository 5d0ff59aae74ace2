"""The best condition number of the Riemannian Hessian at collapse, and the temperature that gives it."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.problems.features import Spheres
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign
from ncproofs.proof.domain import Domain, Range, between, integers_from, positive
from ncproofs.proof.sphere_claims import SphereQuantity
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

K, n = sympy.symbols("K n", integer=True, positive=True)
s, q, ratio = sympy.symbols("s q rho", positive=True)

#: All eigenvalues divided by tau q; s = tau/(K-1), q the off-class probability, top the rotation sector.
top = (1 + s) * (1 + 1 / n)
best_s = n / (3 * n - 1)
best = (4 * n - 1) * (n + 1) / (3 * n - 1)
SIZES = ((K, integers_from(4)), (n, integers_from(1)))


def _lower_bound() -> Iterator[Claim]:
    where = Domain.of(*SIZES, (s, positive()), (ratio, positive()))
    yield Identity(
        left=(top / ratio) ** 2 - top * (top / ratio) + 4 * s / n, right=4 * s / n - top**2 * (ratio - 1) / ratio**2,
        where=where,
        sentence="the small root top/rho of x^2 - top x + 4s/n satisfies (rho-1)/rho^2 = 4 s n/((1+s)^2 (n+1)^2)",
        because="the symmetric sector; its large root is below top, the eigenvalue of the antisymmetric sector",
    )
    load = 4 * s * n / ((1 + s) ** 2 * (n + 1) ** 2)
    yield Sign(
        expression=sympy.together(sympy.diff(load, s)), relation=">",
        where=Domain.of((n, integers_from(1)), (s, between(0, 1))),
        sentence="the right side increases in s on (0, 1)", because="so rho falls as s grows",
    )
    yield Sign(
        expression=sympy.together(sympy.diff((ratio - 1) / ratio**2, ratio)), relation="<",
        where=Domain.of((ratio, Range(sympy.Integer(2), None, lower_open=True))),
        sentence="(rho - 1)/rho^2 decreases for rho > 2", because="rho >= 2, as the small root is at most top/2",
    )
    yield Sign(expression=best - 2, relation=">", where=Domain.of((n, integers_from(1))),
               sentence="kappa* > 2", because="so both sides are on the decreasing branch")
    at_best = Domain.of((n, integers_from(1)))
    yield Identity(
        left=(1 + best_s) * (n + 1), right=best, where=at_best,
        sentence="top over the perpendicular eigenvalue 1/n is (1+s)(n+1), equal to kappa* at s* = n/(3n-1)",
        because="this ratio grows with s: beyond s* it exceeds kappa*",
    )
    yield Identity(
        left=(best - 1) / best**2, right=load.subs(s, best_s), where=at_best,
        sentence="at s* the ratio top over the small symmetric root is kappa* too",
        because="below s* that ratio exceeds kappa*: so kappa* is a lower bound at every temperature",
    )


def _attained() -> Iterator[Claim]:
    bend = best_s * q * K * (K - 2) / (K - 1)
    first, second = 1 + best_s - bend, (1 + best_s) / n
    cross = (best_s - 1) ** 2 / ((K - 1) ** 2 * n)
    highest = top.subs(s, best_s)
    where = Domain.of(*SIZES, (q, between(0, 1 / K)))
    for expression, words in (
        ((first - 1 / n) * (second - 1 / n) - cross, "the standard block minus 1/n has positive determinant"),
        (first + second - 2 / n, "and positive trace: its eigenvalues exceed 1/n"),
        ((highest - first) * (highest - second) - cross, "top minus the standard block has positive determinant"),
        (2 * highest - first - second, "and positive trace: its eigenvalues are below top"),
    ):
        yield Sign(expression=sympy.together(expression), relation=">", where=where, sentence=words,
                   because="at s = s*, for every off-class probability 0 < q < 1/K")
    yield Axiom(name="inertia",
                uses="a symmetric 2 x 2 matrix with positive determinant and trace is positive definite")


def claims() -> Iterator[Claim]:
    yield from _lower_bound()
    yield from _attained()


def instance(problem: Spheres) -> Iterator[Claim]:
    samples = sympy.Integer(problem.n)
    if problem.tau * (3 * problem.n - 1) == (problem.K - 1) * problem.n:
        yield from claims()  # at tau* the two ratios are equal, which balls cannot show
        return
    value = (4 * samples - 1) * (samples + 1) / (3 * samples - 1)
    yield SphereQuantity(problem=problem, quantity="condition_number", value=value, relation=">=",
                         sentence=f"the condition number is at least {value}: {problem}")


def _is_cross_entropy(problem: Spheres) -> Truth:
    form = problem.loss.softmax_form()
    plain = form is not None and form.tilt == 0 and form.profile.is_Symbol
    return Truth.HOLDS if plain else Truth.FAILS


THEOREM = Theorem(
    name="sphere-conditioning",
    title="The best-conditioned temperature",
    statement=(
        "For cross-entropy on spheres, K >= 4 and d >= K, the condition number (largest over smallest nonzero "
        "eigenvalue of the Riemannian Hessian at neural collapse) is at least kappa* = (4n-1)(n+1)/(3n-1) at every "
        "temperature, with equality exactly at tau* = (K-1) n/(3n-1); for n = 1 this is 3 at tau = (K-1)/2."
    ),
    idea=(
        "The rotation sector is the largest eigenvalue. Against it the perpendicular mode 1/n gets worse as the\n"
        "temperature grows and the symmetric mode better; they cross at s* = n/(3n-1). The standard sector stays\n"
        "strictly inside there."
    ),
    source=Source(
        paper="Neural Collapse with Normalized Features: A Geometric Analysis over the Riemannian Manifold",
        arxiv="2209.09211",
        quoted="feature normalisation makes the landscape benign and training faster",
        relation="auxiliary",
        note="a quantitative form of good conditioning, not quoted from the paper",
    ),
    covers="all K >= 4, n >= 1, d >= K, tau > 0",
    hypotheses=(
        Hypothesis("the loss is cross-entropy", _is_cross_entropy),
        Hypothesis("K >= 4 and d >= K",
                   lambda problem: Truth.HOLDS if problem.K >= 4 and problem.d >= problem.K else Truth.FAILS),
    ),
    general=claims,
    instance=instance,
    family=Spheres,
)
