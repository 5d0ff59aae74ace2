"""The Hessian spectrum at W = H = 0, and when the origin is a minimum or a saddle."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, delta, scalar, total
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import Axiom, Claim, Curvature, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, Range, integers_from, positive
from ncproofs.theorems.letters import K, N, centring, d, i, j, k, l, lH, lW, n
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

slope, A, B = sympy.symbols("g A B", positive=True)  # slope = phi'(0) = s_0
m = Index("m", K)


def claims() -> Iterator[Claim]:
    yield from _blocks()
    yield from _signs()


def _blocks() -> Iterator[Claim]:
    entry = lambda row: slope / N * (scalar(1) - K * delta(row, k))  # noqa: E731
    yield SumIdentity(
        left=total(entry(j) * entry(l), k, i), right=slope**2 / n * centring(j, l),
        sentence="G G^T = (phi'(0)^2/n) P at W = H = 0: singular values phi'(0)/sqrt(n) (K-1 times) and 0",
        because="the logit gradient of class k is phi'(0)(1 - K e_k) by symmetry; for the mean squared error without "
        "bias it is -e_k, with all K singular values 1/(K sqrt n)",
    )
    unit = lambda row: centring(row, k)  # noqa: E731
    logit_hessian = (A - B) * K / (K - 1) * unit(j) * unit(l) + B * centring(j, l)
    yield SumIdentity(
        left=total(logit_hessian, k) / K, right=(A + (K - 2) * B) / (K - 1) * centring(j, l),
        sentence="the mean logit Hessian is ((A + (K-2)B)/(K-1)) P",
        because="so the bias block has that eigenvalue plus lambda_b (K-1 times), and lambda_b along 1",
    )
    yield Identity(
        left=2 * (K - 1) * d + d + (N - K + 1) * d + K, right=K * d + d * N + K,
        where=Domain.of((K, integers_from(2)), (n, integers_from(1)), (d, integers_from(1))),
        sentence="the multiplicities sum to the dimension",
        because="null-sector with r = 0: everything but the bias lies in it",
    )


def _signs() -> Iterator[Claim]:
    w1, h1 = sympy.symbols("a_1 a_2", positive=True)
    for relation, span, words in (
        ("<", Range(w1 * h1, None, lower_open=True), "negative for phi'(0) > c: a strict saddle"),
        (">", Range(sympy.Integer(0), w1 * h1, upper_open=True), "positive for phi'(0) < c: a strict local minimum"),
    ):
        s = sympy.Symbol("s", nonnegative=True)
        yield Sign(
            expression=(w1 * h1) ** 2 - s**2, relation=relation,  # type: ignore[arg-type]
            where=Domain.of((w1, positive()), (h1, positive()), (s, span)),
            sentence=f"lambda_W lambda_H - phi'(0)^2/n is {words}",
            because="c = sqrt(n lambda_W lambda_H); lambda_W = a_1^2, lambda_H = a_2^2",
        )
    x = sympy.Symbol("s", positive=True)
    root = sympy.sqrt((lW - lH) ** 2 + 4 * x**2)
    yield Identity(
        left=((lW + lH - root) / 2) * ((lW + lH + root) / 2), right=lW * lH - x**2,
        where=Domain.of((lW, positive()), (lH, positive()), (x, positive())),
        sentence="the pair of eigenvalues has product lambda_W lambda_H - s^2", because="null-sector",
    )
    yield Axiom(name="inertia", uses="a symmetric 2 x 2 matrix with positive trace is indefinite iff its "
                                     "determinant is "
                "negative")


def instance(problem: Ridge) -> Iterator[Claim]:
    form = problem.loss.softmax_form()
    if form is None:
        value = sympy.Rational(1, problem.K)
    else:
        from ncproofs.losses.loss import ELL

        # phi'(0) = (F'(log K) - tilt)/K at the symmetric point, where every class has probability 1/K.
        tilt = sympy.Rational(form.tilt.numerator, form.tilt.denominator)
        value = (sympy.diff(form.profile, ELL).subs(ELL, sympy.log(problem.K)) - tilt) / problem.K
    lam = sympy.sqrt(sympy.Rational(*(problem.lambda_W * problem.lambda_H).as_integer_ratio()))
    yield Curvature(problem=problem, value=2 * (lam - value / sympy.sqrt(problem.n)),
                    sentence=f"the explicit direction at W = H = 0 has curvature 2 (lambda - s_1): {problem}")


THEOREM = Theorem(
    name="origin-spectrum",
    title="The Hessian spectrum at W = H = 0",
    statement=(
        "At W = H = 0 the Hessian has the eigenvalues [S +- sqrt((lambda_W - lambda_H)^2 + 4 s^2)]/2 with "
        "s = phi'(0)/sqrt(n), (K-1)d each; lambda_W (d); lambda_H ((N-K+1)d); and, with a bias, "
        "(A + (K-2)B)/(K-1) + lambda_b (K-1) and lambda_b (1). It is a strict saddle iff phi'(0) > c and a strict "
        "local minimum (modulo b -> b + s1 when lambda_b = 0) iff phi'(0) < c."
    ),
    idea="Every direction in (W, H) lies in the null sector, so only the singular values of G matter.",
    source=Source(
        paper="Are All Losses Created Equal: A Neural Collapse Perspective",
        arxiv="2210.02192",
        quoted="the origin is a strict saddle below the threshold of weight decay",
        relation="stronger",
        note="for focal loss the origin can be a strict local minimum while collapse is global",
    ),
    rests_on=("null-sector",),
    covers="all K >= 2, n >= 1, d >= 1, any loss invariant under constant shifts",
    hypotheses=(
        Hypothesis("the loss is a function of cross-entropy plus a linear term, or the mean squared error without bias",
                   lambda problem: Truth.HOLDS if problem.loss.softmax_form() is not None or not problem.has_bias
                   else Truth.FAILS),
    ),
    general=claims,
    instance=instance,
)
