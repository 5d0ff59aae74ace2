"""The Hessian at the multi-label optimum: a sum of squares, its kernel, and its eigenvalues."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor, delta, scalar, total
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.claims import Axiom, Claim, Identity, SumIdentity
from ncproofs.proof.domain import Domain, integers_from, real
from ncproofs.proof.multilabel_claims import LabelNullity, LabelSpectrum, LabelStationary
from ncproofs.proof.wording import worded
from ncproofs.theorems.multilabel.letters import (
    BALANCED,
    BELOW,
    EVERY_GAP,
    LABELS,
    LOSS,
    ROOM,
    SOURCE,
    K,
    above_zero,
    centring,
    d,
    inside,
    j,
    k,
    l,
    lH,
    lW,
    m,
    meanings,
    outside,
    p,
    s,
    size,
    w,
    x,
)
from ncproofs.theorems.multilabel.letters import N as SAMPLES
from ncproofs.theorems.theorem import Theorem

G = Tensor("G", (K, SAMPLES))
dw, dh = Tensor("dw", (K, d)), Tensor("dh", (SAMPLES, d))
v, count = sympy.symbols("v N", positive=True)


def _square(row: Index, coordinate: Index) -> IndexedSum:
    """dh + (1/lH) dW G."""
    return dh[row, coordinate] + total(G[k, row] * dw[k, coordinate], k) / lH


def _sum_of_squares() -> Iterator[Claim]:
    labels_entry = v / count * (m * inside - 1)
    yield Identity(
        left=labels_entry, right=-v / count * (m * p * outside) * (1 / m),
        where=Domain.of(*EVERY_GAP.ranges, *above_zero(v, count)),
        sentence="a column of the logit gradient G at the optimum is -(v rho_m/N) a_S: entries on S",
        because="its entry is (v/N)(m a_m - 1), and m a_m + (K-m) b_m = 1",
    )
    rho, off = sympy.symbols("rho b_m", positive=True)
    yield worded(
        v / count * m * off, v / count * rho / p, {rho: m * p * off, off: outside},
        where=Domain.of(*EVERY_GAP.ranges, *above_zero(v, count)), sentence="and off S",
    )
    mean = total(dw[l, x], l) / K
    crossing = total(G[j, s] * G[k, s] * dw[j, x] * dw[k, x], j, k, s, x) / lH
    decay = lW * total(dw[k, x] ** 2, k, x) + lH * total(dh[s, x] ** 2, s, x)
    yield SumIdentity(
        left=2 * total(G[k, s] * dw[k, x] * dh[s, x], k, s, x) + decay,
        right=lH * total(_square(s, x) ** 2, s, x) + lW * total(dw[k, x] ** 2, k, x) - crossing,
        sentence="2 <G, dW^T dH> + lambda_W |dW|^2 + lambda_H |dH|^2 = lambda_H |dH + dW G/lambda_H|^2 + lambda_W "
        "|dW|^2 - |dW G|^2/lambda_H",
        because="completing the square in dH",
    )
    yield SumIdentity(
        left=lW * total(dw[k, x] ** 2, k, x)
        - lW * lH / lH * total(centring(j, k) * dw[j, x] * dw[k, x], j, k, x),
        right=lW * K * total(mean**2, x),
        sentence="with G G^T = lambda_W lambda_H (I - J/K) the last two terms are lambda_W K |mean of dW|^2",
        because="multilabel-lower-bound at the root of the scalar system; so D^2 f = (1/N) sum dz^T Hess dz + "
        "lambda_H |dH + dW G/lambda_H|^2 + lambda_W K |mean dW|^2 + lambda_b |db|^2, a sum of squares",
    )


def _kernel() -> Iterator[Claim]:
    features = -total(G[l, s] * w[l, x], l) / lH  # h_s at a critical point
    moved = -total(G[l, s] * dw[l, x], l) / lH
    mixed = total(dw[k, x] * w[l, x] + w[k, x] * dw[l, x], x)
    yield SumIdentity(
        left=total(dw[k, x] * features + w[k, x] * moved, x), right=-total(mixed * G[l, s], l) / lH,
        sentence="dz_s = -(1/lambda_H)(dW^T W + W^T dW) G_s + db when dH = -dW G/lambda_H and H = -W G/lambda_H",
        because="dz must lie in the span of 1 for every s; its part orthogonal to 1 is linear in G_s and sum_S a_S = "
        "0, so db lies in the span of 1 and (dW^T W + W^T dW) G = 0",
    )
    symmetric = Tensor("X", (K, K), symmetric=True, zero_sum=(0, 1))
    yield SumIdentity(
        left=total(symmetric[j, l] * centring(l, k), l), right=symmetric[j, k],
        sentence="X G = 0 gives X (I - J/K) = 0 and X = 0 for X = dW^T W + W^T dW with dW 1 = W 1 = 0",
        because="G G^T is a multiple of I - J/K",
    )
    extra = sympy.Symbol("q", integer=True, nonnegative=True)
    yield Identity(
        left=(K - 1) * (K - 2) / 2 + (K - 1) * extra, right=(K - 1) * (K - 1 + extra) - K * (K - 1) / 2,
        where=Domain.of((K, integers_from(2)), (extra, integers_from(0))),
        sentence="dW = W A + (rows orthogonal to W) B, A antisymmetric: (K-1)(K-2)/2 + (K-1)(d-K+1) zero modes, the "
        "dimension of the orbit of O(d), d = K - 1 + q",
        because="dim O(d) - dim O(d-K+1) = (K-1) d - K (K-1)/2; one more for a free bias",
    )
    yield Axiom(name="rank-nullity", uses="the kernel of a sum of squares is the common kernel of its terms")


def _eigenvalues() -> Iterator[Claim]:
    other = Index("i", K)
    q, indicator, u = Tensor("q", (K,)), Tensor("e", (K,)), Tensor("u", (K,), zero_sum=(0,))
    a, b = sympy.symbols("a_m b_m", positive=True)
    weight = a * indicator[k] + b * (scalar(1) - indicator[k])
    yield SumIdentity(
        left=total(q[j] * delta(j, k) * u[k], k) - q[j] * total(q[k] * u[k], k),
        right=q[j] * (u[j] - total(q[other] * u[other], other)),
        sentence="Hess_S u = m q (u - <q, u>) for the probabilities q = a_m on S, b_m off S",
        because="so u on S with sum 0 has the eigenvalue m a_m (m - 1 times), u off S the eigenvalue m b_m (K - m - 1 "
        "times)",
    )
    yield SumIdentity(
        left=total(weight, k), right=a * total(indicator[k], k) + b * total(scalar(1) - indicator[k], k),
        sentence="<q, 1> = m a_m + (K-m) b_m = 1",
    )
    for where, entry, probability in (("on S", 1 / m, inside), ("off S", -1 / p, outside)):
        yield Identity(
            left=m * probability * (entry - (inside - outside)), right=size * m * inside * outside * entry,
            where=EVERY_GAP, sentence=f"Hess_S a_S = K m a_m b_m a_S, {where}", because="<q, a_S> = a_m - b_m",
        )
    value = sympy.Symbol("z", real=True)
    yield Identity(left=(value - lW) * (value - lH) - lW * lH, right=value * (value - lW - lH),
                   where=Domain.of(*above_zero(lW, lH), (value, real())),
                   sentence="off the row space [[lambda_W, -mu], [-mu, lambda_H]] with mu^2 = lambda_W lambda_H has "
                   "the eigenvalues 0 and lambda_W + lambda_H, (K-1)(d-K+1) times each",
                   because="its characteristic polynomial")


def _types() -> Iterator[Claim]:
    """Means over random sets S of |Q X a_S|^2, Q on S, off S and along a_S, add up to |X a_S|^2."""
    r, total_size = size / (m * p), size
    p1, p2 = m / total_size, m * (m - 1) / (total_size * (total_size - 1))
    p3, p4 = sympy.symbols("p_3 p_4", positive=True)
    square = 2 * (p2 - 2 * p3 + p4)
    pure_in, pure_out = p2 - p3, p1 - 2 * p2 + p3
    where = Domain.of(*LABELS, *above_zero(p3, p4))
    yield Identity(
        left=r**2 * (pure_in + pure_out), right=r / (total_size - 1), where=where,
        sentence="antisymmetric X with X 1 = 0: the parts on S and off S have r^2 (p_2 - p_3) and r^2 (p_1 - 2 p_2 + "
        "p_3)",
        because="p_i is the probability that i classes lie in S, r = K/(m (K-m)), a_S = r 1_S - 1/(K-m)",
    )
    yield Identity(
        left=r**2 * (pure_in - square / m + pure_out - square / p + r * square), right=r / (total_size - 1),
        where=where,
        sentence="symmetric X with zero diagonal: the part along a_S has r^3 times the mean of (1_S^T X 1_S)^2 = "
        "2 (p_2 - 2 p_3 + p_4)",
    )
    shares = ((p / total_size, (m - 1)), (-m / total_size, (p - 1)), ((total_size - 2 * m) / total_size, 1))
    yield Identity(
        left=sum(factor**2 * part / (total_size - 1) for factor, part in shares) * r**2,
        right=r / (total_size - 1) * (total_size - 2) / total_size, where=Domain.of(*LABELS),
        sentence="X = P diag(u) P, |X|^2 = (K-2)/K: parts r (K-m)/K, -r m/K and r (K-2m)/K times u on S, off S and "
        "along a_S",
    )
    yield Identity(
        left=1 + (total_size - 1) + total_size * (total_size - 3) / 2 + (total_size - 1) * (total_size - 2) / 2,
        right=(total_size - 1) ** 2, where=Domain.of(*LABELS),
        sentence="1 + (K-1) + K (K-3)/2 + (K-1)(K-2)/2 = (K-1)^2: these are all types of dW in the row space, up to "
        "its mean",
    )
    yield Axiom(name="Schur's lemma", uses="types that W does not have keep the eigenvalues lambda_H + s v eta/N of "
                                           "the features alone; for the others a matrix with one row for each part "
                                           "remains")


def claims() -> Iterator[Claim]:
    """D1, D2 and the eigenvalues D3."""
    yield from _sum_of_squares()
    yield from _kernel()
    yield from _eigenvalues()
    yield from _types()


def instance(problem: MultiLabel) -> Iterator[Claim]:
    """The gradient vanishes, the dense Hessian has the closed-form spectrum, and nothing else is zero."""
    yield LabelStationary(problem=problem)
    yield LabelSpectrum(problem=problem)
    extra = problem.d - problem.K + 1
    nullity = (problem.K - 1) * extra + (problem.K - 1) * (problem.K - 2) // 2 + int(problem.lambda_b == 0)
    yield LabelNullity(problem=problem, nullity=nullity)


THEOREM = Theorem(
    name="multilabel-spectrum",
    title="The Hessian at the multi-label optimum is a sum of squares with only symmetric zero modes",
    statement=(
        "For balanced label sets below the threshold and d >= K - 1, at every global minimiser D^2 f = (1/N) sum_s "
        "v_s dz_s^T Hess_s dz_s + lambda_H |dH + dW G/lambda_H|^2 + lambda_W K |mean of dW|^2 + lambda_b |db|^2. Its "
        "nullity is (K-1)(K-2)/2 + (K-1)(d-K+1), plus 1 if lambda_b = 0: the orbit of rotations and of b -> b + c 1. "
        "With s = |W|^2/(K-1), features of one label set move against each other with the eigenvalues lambda_H + s v m "
        "a_m/N (m-1), lambda_H + s v m b_m/N (K-m-1), lambda_H + s v K m a_m b_m/N (1); off the row space they are 0, "
        "lambda_W + lambda_H, lambda_W and lambda_H; the rest are the eigenvalues of four small matrices, one for each "
        "type of the symmetric group in W."
    ),
    idea=(
        "G G^T = lambda_W lambda_H (I - J/K), so completing the square in dH leaves only the mean of dW. The kernel "
        "is\n"
        "where every square vanishes. Permutations of the classes split the rest into types."
    ),
    source=SOURCE,
    rests_on=("multilabel-lower-bound", "multilabel-scalar-system"),
    notation=(
        *meanings("m", "p", "v"),
        ("a_m", "probability of a label of the sample"),
        ("b_m", "probability of a class that is none"),
        ("q", "d - K + 1 where dimensions are counted; the array q (K) has the probabilities, a_m on S and b_m off S"),
    ),
    covers="all K >= 2, any set of multiplicities with any counts and weights, d >= K - 1, every bias mode",
    hypotheses=(LOSS, BALANCED, BELOW, ROOM),
    general=claims,
    instance=instance,
    family=MultiLabel,
)
