"""All critical points of the mean-squared-error model, and why each is global or a strict saddle."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Tensor, delta, scalar, total
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import Axiom, BenignLandscape, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, between, nonnegative, positive, real
from ncproofs.proof.wording import worded
from ncproofs.theorems.extended_ufm.mse_optimum import is_mean_squared_error
from ncproofs.theorems.letters import K, j, k, l, lb
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem

#: kappa = K c, kappa_b = lambda_b/(1 + lambda_b) (1 without bias, 0 for a free one), a = 1/kappa_b - 1.
kappa, kappa_b, extra = sympy.symbols("kappa kappa_b a", positive=True)
di, dj, ti, tj = sympy.symbols("d_i d_j tau_i tau_j", real=True)  # d_i: squared singular values
PROPER = Domain.of((kappa_b, between(0, 1)), (kappa, between(0, kappa_b)))


def _bias_eliminated() -> Claim:
    Z, b = Tensor("Z", (K, K)), Tensor("b", (K,))
    error = Z[j, k] - delta(j, k)
    mean = total(Z[j, k] - delta(j, k), k) / K
    best = -mean / (1 + lb)
    return SumIdentity(
        left=total((error + b[j]) ** 2, j, k) / (2 * K) + lb / 2 * total(b[j] ** 2, j),
        right=(total((error - mean) ** 2, j, k) + lb / (1 + lb) * K * total(mean**2, j)) / (2 * K)
        + (1 + lb) / 2 * total((b[j] - best) ** 2, j),
        sentence="the loss is (1/2K)[|(Z-I)P|^2 + kappa_b |(Z-I)11^T/K|^2] plus a square that fixes the bias",
        because="complete the square in b: b = (1 - Z1)/(K(1 + lambda_b)), kappa_b = lambda_b/(1 + lambda_b)",
    )


def _modes() -> Iterator[Claim]:
    yield Axiom(name="singular value decomposition",
                uses="balance gives W^T = U D Q^T, H = Q D V^T; the stationarity equations become "
                     "S V = U (D^2 V^T S V + kappa), U = V D^2 + kappa S^-1 V with S = P + kappa_b 11^T/K")
    u, v, e = (Tensor(name, (K,)) for name in ("v_i", "v_j", "e"))
    first = di * u[l] + kappa * (u[l] + extra * ti * e[l])
    second = dj * v[l] + kappa * (v[l] + extra * tj * e[l])
    dot = lambda left, right: total(left[l] * right[l], l)  # noqa: E731
    yield SumIdentity(
        left=total(first * second, l),
        right=(di + kappa) * (dj + kappa) * dot(u, v) + kappa * extra * ((di + kappa) * tj * dot(u, e)
        + (dj + kappa) * ti * dot(v, e)) + kappa**2 * extra**2 * ti * tj * dot(e, e),
        sentence="<u_i, u_j> from u_i = (d_i + kappa) v_i + kappa a tau_i e, e = 1/sqrt(K), tau_i = <e, v_i>",
        because="with orthonormal v it is tau_i tau_j kappa (a (d_i + d_j) + 2 a kappa + a^2 kappa) for i != j",
    )
    yield Sign(
        expression=kappa * (extra * (di + dj) + 2 * extra * kappa + extra**2 * kappa), relation=">",
        where=Domain.of((kappa, positive()), (extra, positive()), (di, nonnegative()), (dj, nonnegative())),
        sentence="so tau_i tau_j = 0: at most one mode meets the direction 1", because="<u_i, u_j> = 0",
    )
    yield worded(
        (di + kappa) ** 2, 1, {di: 1 - kappa}, where=Domain.of((kappa, positive())),
        sentence="modes orthogonal to 1 have d_i = 1 - kappa, u_i = v_i", because="(d_i + kappa)^2 = |u_i|^2 = 1",
    )
    yield Sign(
        expression=1 + kappa * (1 / kappa_b - 1) / (di + kappa) - kappa_b, relation=">",
        where=Domain.of((kappa_b, between(0, 1)), (kappa, positive()), (di, nonnegative())),
        sentence="a mode that meets 1 is 1/sqrt(K) itself: otherwise kappa_b = 1 + kappa a/(d + kappa)",
        because="compare S v = v - (1 - kappa_b) tau e with u = (d + kappa) v + kappa a tau e along e and across it",
    )
    yield Identity(
        left=(1 - kappa / kappa_b) + kappa + kappa * (1 / kappa_b - 1), right=sympy.Integer(1), where=PROPER,
        sentence="that mode has d = 1 - kappa/kappa_b", because="|u| = 1",
    )


def _values() -> Iterator[Claim]:
    s = sympy.Symbol("sigma", real=True)
    where = Domain.of(*PROPER.ranges, (s, real()))
    yield Identity(
        left=(1 - s) ** 2 / 2 + kappa * s, right=sympy.Rational(1, 2) - (1 - kappa) ** 2 / 2 + (s - 1 + kappa) ** 2 / 2,
        where=where, sentence="a mode orthogonal to 1 lowers K f by (1 - kappa)^2/2", because="completing the square",
    )
    yield Identity(
        left=kappa_b * (1 - s) ** 2 / 2 + kappa * s,
        right=kappa_b / 2 - kappa_b * (1 - kappa / kappa_b) ** 2 / 2 + kappa_b * (s - 1 + kappa / kappa_b) ** 2 / 2,
        where=where, sentence="the mode 1 lowers K f by kappa_b (1 - kappa/kappa_b)^2/2",
        because="completing the square",
    )
    yield Identity(
        left=(1 - kappa) ** 2 - kappa_b * (1 - kappa / kappa_b) ** 2,
        right=(1 - kappa_b) * (kappa_b - kappa**2) / kappa_b, where=PROPER,
        sentence="the mode 1 lowers f less than any other: difference (1 - kappa_b)(kappa_b - kappa^2)/kappa_b",
        because="so with too few dimensions the mode 1 is the one to leave out",
    )
    yield Sign(
        expression=(1 - kappa_b) * (kappa_b - kappa**2) / kappa_b, relation=">", where=PROPER,
        sentence="that difference is positive", because="kappa^2 < kappa < kappa_b < 1",
    )


def _saddles() -> Iterator[Claim]:
    yield Sign(
        expression=kappa**2 - 1, relation="<", where=Domain.of((kappa, between(0, 1))),
        sentence="a missing mode orthogonal to 1 and a free feature direction: determinant of "
                 "[[kappa,-1],[-1,kappa]] < 0",
        because="null-sector with s = 1/(K sqrt n) > lambda exactly when kappa < 1",
    )
    yield Sign(
        expression=kappa**2 - kappa_b**2, relation="<", where=PROPER,
        sentence="the mode 1 missing and a free feature direction: determinant of "
                 "[[kappa,-kappa_b],[-kappa_b,kappa]] < 0",
        because="null-sector with s = kappa_b/(K sqrt n) > lambda exactly when kappa < kappa_b",
    )
    scale = 1 - kappa / kappa_b
    yield Identity(
        left=(kappa + kappa_b * scale) * (kappa + scale) - 1, right=(kappa_b - 1) * (1 + kappa), where=PROPER,
        sentence="no free feature direction but the mode 1 used and another missing: swapping them has determinant "
        "(kappa_b - 1)(1 + kappa)",
        because="dA = f q^T, dB = q e^T: quadratic form (kappa + kappa_b y) a^2 - 2ab + (kappa + y) b^2, y "
                "= 1 - kappa/kappa_b",
    )
    yield Sign(
        expression=(kappa_b - 1) * (1 + kappa), relation="<", where=PROPER,
        sentence="which is negative: a strict saddle", because="kappa_b < 1",
    )


def claims() -> Iterator[Claim]:
    yield _bias_eliminated()
    yield from _modes()
    yield from _values()
    yield from _saddles()
    yield Axiom(name="a continuous coercive function attains its minimum",
                uses="so the critical points that are not strict saddles, which all have the same value, are global")
    yield SumIdentity(
        left=total(scalar(1) - delta(j, j) / K, j), right=scalar(K - 1),
        sentence="there are K - 1 modes orthogonal to 1", because="trace of I - 11^T/K",
    )


def instance(problem: Ridge) -> Iterator[Claim]:
    yield BenignLandscape(problem=problem, sentence=f"every critical point is global or a strict saddle: {problem}")


THEOREM = Theorem(
    name="mse-landscape",
    title="The mean-squared-error model is benign for every width and bias mode",
    statement=(
        "Let kappa = K sqrt(n lambda_W lambda_H). For every K >= 2, n >= 1, d >= 1 and every bias mode, the critical "
        "points of the mean-squared-error model are exactly Z = (1-kappa) Pi + (1-kappa/kappa_b) eps 11^T/K, Pi a "
        "projector (below I - 11^T/K when there is a bias), eps in {0,1}, rank at most d, features collapsed and "
        "factors balanced. Each is a global minimiser or a strict saddle."
    ),
    idea=(
        "Features collapse and the bias is eliminated by a square. In the balanced singular value decomposition the\n"
        "Gram matrix of the left vectors forces the modes to be orthogonal to 1 or equal to it. A missing mode with a\n"
        "free direction, or the mode 1 used in place of another, gives a 2 x 2 block of negative determinant."
    ),
    source=Source(
        paper="Extended Unconstrained Features Model for Exploring Deep Neural Collapse",
        arxiv="2202.08087",
        quoted="the global minimisers of the regularised mean-squared-error model (orthogonal frame or simplex ETF)",
        relation="stronger",
        note="the complete list of critical points, for every d >= 1",
    ),
    rests_on=("null-sector",),
    covers="all K >= 2, n >= 1, d >= 1, every bias mode",
    hypotheses=(
        Hypothesis("the loss is the mean squared error", is_mean_squared_error),
    ),
    general=claims,
    instance=instance,
)
