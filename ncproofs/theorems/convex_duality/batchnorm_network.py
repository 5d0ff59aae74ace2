"""Batch normalisation before the last layer: one-hot labels, minority classes, and where the simplex ETF is."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, Tensor, delta, scalar, total
from ncproofs.problems.networks import Labels, Network
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, Range, integers_from, positive
from ncproofs.proof.network_claims import DualityGap, MeanGeometry, NetworkValue
from ncproofs.proof.wording import worded
from ncproofs.theorems.convex_duality.linear_network import shrinkage
from ncproofs.theorems.convex_duality.sources import CONVEX, is_kind, require_kind
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

K = sympy.Symbol("K", integer=True, positive=True)
j, k, l = Index("j", K), Index("k", K), Index("l", K)  # noqa: E741
r, rho = sympy.symbols("r rho", positive=True)
p = sympy.Symbol("p", positive=True)


def claims() -> Iterator[Claim]:
    yield from _activation()
    for claim in shrinkage():
        if isinstance(claim, (Identity, Sign)):
            yield claim
    yield from _geometry()


def _activation() -> Iterator[Claim]:
    """Class k: n_k = r^2, N = r^2/p; z = (1 - p)/(r sqrt(1-p)) on it and -p/(r sqrt(1-p)) off it."""
    where = Domain.of((p, Range(sympy.Integer(0), sympy.Integer(1), lower_open=True, upper_open=True)), (r, positive()))
    size, rest = r**2, r**2 / p - r**2
    on, off = (1 - p) / r, -p / r  # sqrt(1-p) z
    yield Identity(left=size * on + rest * off, right=sympy.Integer(0), where=where, sentence="z is centred")
    yield Identity(left=size * on**2 + rest * off**2, right=1 - p, where=where, sentence="z has length one",
                   because="|sqrt(1-p) z|^2 = 1 - p")
    yield Identity(
        left=on + r * p / r**2, right=1 / r, where=where,
        sentence="gamma = sqrt(1-p), alpha = sqrt(p): gamma z + alpha/sqrt N = 1/r on class k", because="1/N = p/r^2",
    )
    entry, samples = sympy.symbols("z_0 N", real=True)
    yield worded(entry + r / samples, 0, {entry: off, samples: r**2 / p}, where=where,
                 sentence="and 0 on all other classes: the feature is the normalised label vector")
    yield Axiom(name="Cauchy-Schwarz inequality",
                uses="features are >= 0 and have length at most one, so V with disjoint columns of length at most beta "
                     "is dual feasible, as for whitened data")


def _geometry() -> Iterator[Claim]:
    """Every minimiser: features with |V^T h| = beta are sum_k c_k y_k/r, c >= 0, and their outputs are along c."""
    c = Tensor("c", (K,))
    yield SumIdentity(
        left=total(c[l] * delta(j, l), l) * total(c[l] * delta(k, l), l), right=c[j] * c[k],
        sentence="such a neuron contributes s c c^T to the class-by-class prediction, s > 0: entries s c_j c_k >= 0",
        because="Cauchy-Schwarz is an equality only for features constant on classes, and a = V^T h/|V^T h|",
    )
    yield Axiom(name="a sum of nonnegative terms vanishes only if each does",
                uses="the prediction is diagonal, so c_j c_k = 0 for j != k: every neuron serves one class, and the "
                     "features of every minimiser have the Gram matrix sum_k (r_k - beta)_+ y_k y_k^T/n_k")
    mean = total(rho * delta(k, l), l) / K
    yield SumIdentity(
        left=rho * delta(j, k) - total(rho * delta(j, l), l) / K - total(rho * delta(k, l), l) / K
        + total(rho * delta(j, l), j, l) / K**2,
        right=rho * (delta(j, k) - scalar(1) / K),
        sentence="orthogonal means of squared length rho, centred: Gram matrix rho (I - J/K)",
    )
    yield SumIdentity(left=mean, right=scalar(rho / K), sentence="the global mean has inner product rho/K with each")
    where = Domain.of((K, integers_from(2)), (rho, positive()))
    yield Identity(
        left=(-rho / K) / (rho * (1 - 1 / K)), right=-1 / (K - 1), where=where,
        sentence="cosine -1/(K-1): a simplex ETF, of the centred means only",
    )
    yield Sign(expression=rho / (K - 1), relation=">", where=where,
               sentence="uncentred means have inner products 0, not -rho/(K-1) < 0: they are no simplex ETF")


def instance(problem: Network) -> Iterator[Claim]:
    """Value and geometry: uncentred means an orthogonal frame, centred ones a simplex ETF."""
    from ncproofs.critical.network_optimum import closed_form

    require_kind("batchnorm-network", problem, "batchnorm")
    value = closed_form(problem)
    if value is not None:
        yield NetworkValue(problem=problem, value=value)
    yield DualityGap(problem=problem, value="1e-40", relation="<")
    yield MeanGeometry(problem=problem, geometry="orthogonal frame")
    yield MeanGeometry(problem=problem, geometry="simplex ETF", centred=True)


def is_batchnorm(problem: Network) -> Truth:
    return is_kind(problem, "batchnorm")


def is_balanced(problem: Network) -> Truth:
    """All classes of one size, n > beta^2."""
    if not isinstance(problem.data, Labels):
        return Truth.FAILS
    counts = problem.data.counts
    return Truth.HOLDS if len(set(counts)) == 1 and counts[0] > problem.price**2 else Truth.FAILS


def is_in_range(problem: Network) -> Truth:
    from ncproofs.critical.network_batchnorm import has_range

    return Truth.HOLDS if isinstance(problem.data, Labels) and has_range(problem.data) else Truth.FAILS


THEOREM = Theorem(
    name="batchnorm-network",
    title="Batch normalisation with one-hot labels: centred class means are a simplex ETF",
    statement=(
        "If every centred label vector is in the range of the centred inputs of the last hidden layer, class k is "
        "active iff beta < sqrt n_k and is fitted by (1 - beta/sqrt n_k)_+ y_k, at cost beta sqrt n_k - beta^2/2 or "
        "n_k/2. With classes of one size n > beta^2, the class means of every minimiser are an orthogonal frame and "
        "the globally centred ones a simplex ETF. Minority classes vanish first."
    ),
    idea="gamma z + alpha 1/sqrt N sweeps the unit sphere, so batch normalisation whitens.",
    source=Source(
        paper=CONVEX[0], arxiv=CONVEX[1],
        quoted="batch normalisation with one-hot labels: the last-layer class means form a simplex ETF",
        relation="corrected", note="the globally centred means do; the means themselves are an orthogonal frame",
    ),
    covers="all K >= 2, all class sizes, beta > 0; geometry for classes of one size",
    hypotheses=(
        Hypothesis("batch normalisation with one-hot labels", is_batchnorm),
        Hypothesis("every centred label vector is in the range of the centred inputs", is_in_range),
        Hypothesis("all classes have one size n > beta^2", is_balanced),
    ),
    general=claims,
    instance=instance,
    family=Network,
)
