"""The threshold of collapse, exactly: where W = H = 0 stops being optimal it becomes a strict saddle."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy

from ncproofs.calculus.indexed import Tensor, total
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, between, positive
from ncproofs.proof.multilabel_claims import LabelGeometry, LabelOriginCurvature
from ncproofs.proof.wording import worded
from ncproofs.theorems.multilabel.letters import (
    BALANCED,
    C2,
    LABELS,
    LOSS,
    SOURCE,
    K,
    above_zero,
    d,
    k,
    lH,
    lW,
    m,
    meanings,
    p,
    s,
    size,
    t,
    x,
)
from ncproofs.theorems.multilabel.letters import N as SAMPLES
from ncproofs.theorems.theorem import Hypothesis, Theorem
from ncproofs.truth import Truth

n, v, N, strength, gap = sympy.symbols("n v N s epsilon", positive=True)
G = Tensor("G", (K, SAMPLES))


def _origin() -> Iterator[Claim]:
    sets, kappa, rho, classes = sympy.symbols("C kappa rho K", positive=True)  # C(K,m), kappa_m^2, rho_m(0)
    yield worded(
        n * sets * kappa * (v * rho / N) ** 2, n * v**2 * C2 / N**2,
        {sets: classes * (classes - 1) * C2 / (m * p), kappa: classes / (m * p * (classes - 1)),
         rho: m * p / classes, classes: size},
        where=Domain.of(*LABELS, *above_zero(n, v, N, C2)),
        sentence="at W = H = 0 the logit gradient has G G^T = s^2 (I - J/K), s^2 = sum n_m v_m^2 C(K-2, m-1)/N^2",
        because="its columns are -(v rho_m(0)/N) a_S with rho_m(0) = m (K-m)/K, and multilabel-lower-bound",
    )
    y, u = Tensor("y", (K,)), Tensor("z", (SAMPLES,))
    direction = Tensor("r", (d,))
    pair = total(G[k, s] * y[k] * direction[x] * u[s] * direction[x], k, s, x)
    yield SumIdentity(
        left=2 * pair, right=2 * total(G[k, s] * y[k] * u[s], k, s) * total(direction[x] ** 2, x),
        sentence="D^2 f there is 2 <G, dW^T dH> + weight decay in W and H: blocks [[lambda_W, -s], [-s, lambda_H]], "
        "(K-1) d times, lambda_W and lambda_H otherwise",
        because="dz = db, since W = H = 0",
    )
    root = sympy.sqrt((lW - lH) ** 2 / 4 + strength**2)
    where = Domain.of(*above_zero(lW, lH, strength))
    yield Identity(
        left=((lW + lH) / 2 - root) * ((lW + lH) / 2 + root), right=lW * lH - strength**2, where=where,
        sentence="the least eigenvalue (lambda_W + lambda_H)/2 - sqrt((lambda_W - lambda_H)^2/4 + s^2) times the "
        "largest is lambda_W lambda_H - s^2",
        because="negative exactly when lambda_W lambda_H N^2 < sum n_m v_m^2 C(K-2, m-1)",
    )
    least, largest = sympy.symbols("mu_1 mu_2", real=True)
    yield worded(least + largest, lW + lH, {least: (lW + lH) / 2 - root, largest: (lW + lH) / 2 + root}, where=where,
                 sentence="and their sum is lambda_W + lambda_H > 0, so the largest is positive")


def _two_sides() -> Iterator[Claim]:
    share = sympy.Symbol("theta", positive=True)
    yield Sign(
        expression=1 - share, relation=">", where=Domain.of((share, between(0, 1))),
        sentence="above the threshold t_m = 0 gives theta < 1 in multilabel-lower-bound: |W|^2 has a positive "
        "coefficient, so W = 0, H = 0 is the only minimiser (up to a free bias)",
        because="theta = sum n_m v_m^2 C(K-2, m-1)/(lambda_W lambda_H N^2)",
    )
    classes = sympy.Symbol("K", positive=True)
    yield worded(
        m * sympy.log(m + p * sympy.exp(-t)), m * sympy.log(classes), {t: sympy.Integer(0), classes: size},
        where=Domain.of(*LABELS),
        sentence="its value is sum (N_m/N) v_m m log K, the bound at t_m = 0",
    )
    yield Sign(
        expression=(size / (m * sympy.exp(gap) + p)) ** 2 - 1, relation="<",
        where=Domain.of(*LABELS, (gap, positive())),
        sentence="at the threshold itself theta = 1 and equality forces gaps t_m = 0: the minimiser is zero there too",
        because="a positive gap would make the left side of the scalar system smaller than lambda_W lambda_H N^2",
    )
    yield Axiom(name="a sum of nonnegative terms vanishes only if each does",
                uses="equality in multilabel-lower-bound at t_m = 0 makes every gap 0, so H = 0 and W = 0")


def claims() -> Iterator[Claim]:
    """Lemma D4, and the two sides of the threshold."""
    yield from _origin()
    yield from _two_sides()


def instance(problem: MultiLabel) -> Iterator[Claim]:
    """Below: an ETF, and a strict saddle at 0. Above: zero, and no negative eigenvalue there."""
    from ncproofs.critical.multilabel import is_trivial
    from ncproofs.critical.multilabel_zero import zero_is_optimal

    if problem.balanced is None:  # outside the theorem
        yield LabelGeometry(problem=problem, geometry="zero" if zero_is_optimal(problem) else "simplex ETF")
        return
    trivial = is_trivial(problem)
    yield LabelGeometry(problem=problem, geometry="zero" if trivial else "simplex ETF")
    yield LabelOriginCurvature(problem=problem, value=Fraction(0), relation=">=" if trivial else "<")


def has_room_below(problem: MultiLabel) -> Truth:
    from ncproofs.critical.multilabel import is_trivial
    from ncproofs.errors import NcproofsError

    if problem.d >= problem.K - 1:
        return Truth.HOLDS
    try:
        return Truth.HOLDS if is_trivial(problem) else Truth.FAILS
    except NcproofsError:
        return Truth.UNDECIDED


THEOREM = Theorem(
    name="multilabel-threshold",
    title="The sharp threshold of multi-label collapse",
    statement=(
        "For balanced label sets, if lambda_W lambda_H N^2 >= sum_{m<K} n_m v_m^2 C(K-2, m-1) then W = 0, H = 0 is "
        "the only "
        "global minimiser (up to a free bias), with value sum_m (N_m/N) v_m m log K, in every dimension; otherwise "
        "the point 0 is a strict saddle, and for d >= K - 1 every global minimiser is a simplex ETF. The least Hessian "
        "eigenvalue at 0 in W and H is (lambda_W + lambda_H)/2 - sqrt((lambda_W - lambda_H)^2/4 + s^2), s^2 = sum n_m "
        "v_m^2 C(K-2, m-1)/N^2."
    ),
    idea="G G^T at the origin is s^2 (I - J/K), and the lower bound with t_m = 0 holds exactly while s^2 <= lambda_W "
    "lambda_H.",
    source=SOURCE,
    rests_on=("multilabel-lower-bound",),
    notation=meanings("m", "p", "C_2", "n", "v"),
    covers="all K >= 2, any set of multiplicities with any counts and weights, every bias mode",
    hypotheses=(LOSS, BALANCED, Hypothesis("d >= K - 1, or the optimum is zero", has_room_below)),
    general=claims,
    instance=instance,
    family=MultiLabel,
)
