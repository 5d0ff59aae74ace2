"""Cross-entropy on spheres at finite temperature: collapse at every tau, and what the limit tau -> 0 is worth."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, Tensor, scalar, total
from ncproofs.problems.codes import Codes
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.code_claims import CodeMinimisesLoss
from ncproofs.proof.domain import Domain, between, integers_from, nonnegative, positive, real
from ncproofs.proof.wording import worded
from ncproofs.theorems.softmax_codes.source import K, d, paper, tau
from ncproofs.theorems.theorem import Hypothesis, Theorem
from ncproofs.truth import Truth

i, j, a = Index("i", K), Index("j", K), Index("a", d)
x, z = sympy.symbols("x z", nonnegative=True)
rho = sympy.Symbol("rho", real=True)


def _sandwich() -> Iterator[Claim]:
    yield Sign(expression=sympy.log(1 + x + z) - sympy.log(1 + x), relation=">=",
               where=Domain.of((x, nonnegative()), (z, nonnegative())),
               sentence="T1: one sample is at least log(1 + e^{M/tau}) for its largest term e^{M/tau}",
               because="so f_tau >= (1/(nK)) log(1 + e^{M/tau}), M = HardMax")
    yield Sign(expression=sympy.log(1 + (K - 1) * x + z) - sympy.log(1 + (K - 1) * x), relation=">=",
               where=Domain.of((K, integers_from(2)), (x, nonnegative()), (z, nonnegative())),
               sentence="T1: and at most log(1 + (K-1) e^{M/tau}), a sum of K - 1 terms not above the largest",
               because="so f_tau <= log(1 + (K-1) e^{M/tau})")
    yield Sign(expression=x - sympy.log(1 + x), relation=">=", where=Domain.of((x, nonnegative())),
               sentence="log(1 + x) <= x: tau log f_tau <= M + tau log(K-1)", because="x = (K-1) e^{M/tau}")
    yield Sign(expression=sympy.log(1 + x) - x / 2, relation=">=", where=Domain.of((x, between(0, 1, closed=True))),
               sentence="log(1 + x) >= x/2 on [0, 1]: tau log f_tau >= M - tau log(2nK) when M <= 0",
               because="x = e^{M/tau} <= 1; for M > 0 it fails and tau log f_tau -> 0")
    m = sympy.Symbol("M", real=True)
    yield Identity(
        left=tau * sympy.log((K - 1) * sympy.exp(m / tau)), right=m + tau * sympy.log(K - 1),
        where=Domain.of((K, integers_from(2)), (m, real()), (tau, positive())),
        sentence="tau log((K-1) e^{M/tau}) = M + tau log(K-1)", because="logarithm of a product",
    )


def _collapse() -> Iterator[Claim]:
    w, share = Tensor("w", (K, d), unit=1), Tensor("q", (K,))
    mean = total(share[j] * w[j, a], j)
    weight = total(share[j], j)
    yield SumIdentity(
        left=total(share[i] * share[j] * (w[i, a] - w[j, a]) ** 2, i, j, a),
        right=2 * weight**2 - 2 * total(mean**2, a),
        sentence="T2: sum_ij q_i q_j |w_i - w_j|^2 = 2 (sum q)^2 - 2 |sum_j q_j w_j|^2",
        because="softmax shares q > 0 with sum 1: |sum q_j w_j| < 1 = |w_k| unless all w agree, so the gradient "
        "(sum_j q_j w_j - w_k)/tau never vanishes",
    )
    yield Axiom(name="a convex function lies above its tangents",
                uses="T2: for fixed W each term is convex in h on the ball; a minimiser inside is excluded, and "
                     "two on the "
                     "sphere would give one inside: the minimiser is unique, all features of a class agree at "
                     "every tau")


def _gap() -> Iterator[Claim]:
    eta = sympy.Symbol("eta", positive=True)
    yield Sign(expression=sympy.exp(x) - 1 - x, relation=">=", where=Domain.of((x, nonnegative())),
               sentence="e^x - 1 >= x", because="so the bound of T3 below is at least tau log(K (K-1))")
    yield Sign(expression=x * sympy.exp(x) - sympy.exp(x) + 1, relation=">=", where=Domain.of((x, nonnegative())),
               sentence="e^x - 1 <= x e^x", because="so it is at most tau log(K (K-1)) + tau K eta, eta -> 0")
    largest = sympy.Symbol("E", positive=True)  # e^{M/tau} at its greatest
    yield worded(
        sympy.log(1 + largest), K * eta, {largest: sympy.exp(K * eta) - 1},
        where=Domain.of((K, integers_from(2)), (eta, positive())),
        sentence="T3: log(1 + e^{M/tau}) <= K f_tau <= K eta with eta = (K-1) e^{-rho*/tau} gives e^{M/tau} <= "
                 "e^{K eta} - 1",
        because="each of the K class terms is at most K f_tau, and min f_tau <= log(1 + (K-1) e^{-rho*/tau}) <= eta",
    )
    yield Identity(
        left=tau * sympy.log(K * (K - 1) * sympy.exp(-rho / tau)) + rho, right=tau * sympy.log(K * (K - 1)),
        where=Domain.of((K, integers_from(2)), (rho, real()), (tau, positive())),
        sentence="T3: 0 <= rho* + HardMax(W_tau, H_tau) <= tau log(e^{K eta} - 1) + rho* = tau log(K(K-1)) + o(tau)",
        because="softmax-margin-duality: HardMax >= -rho*",
    )


def _pairwise() -> Iterator[Claim]:
    u, v = Tensor("u_k", (d,), unit=0), Tensor("u_j", (d,), unit=0)
    yield SumIdentity(
        left=total(u[a] * v[a], a) - 1, right=-total((u[a] - v[a]) ** 2, a) / 2,
        sentence="T4: psi = exp(./tau) at H = W = U is the Gaussian energy sum exp(-|u_k - u_j|^2/(2 tau))",
        because="<u_j - u_k, u_k> = <u_j, u_k> - 1",
    )
    yield Axiom(name="Jensen's inequality",
                uses="T4: psi convex increasing: [psi(<w_j-w_k,h_k>) + psi(<w_k-w_j,h_j>)]/2 >= psi of the mean >= "
                     "psi(<u_k,u_j> - 1), by the master identity of softmax-code-value; so F(W, H) >= F(U, U) for "
                     "pairwise losses when <w_k, h_k> >= 0: exact self-duality")
    p, q = sympy.symbols("p q", real=True)
    yield Identity(
        left=(sympy.exp(p) + sympy.exp(q)) / 2 - sympy.exp((p + q) / 2),
        right=(sympy.exp(p / 2) - sympy.exp(q / 2)) ** 2 / 2, where=Domain.of((p, real()), (q, real())),
        sentence="for psi = exp the first step is a square", because="no axiom is needed for the Gaussian energy",
    )
    yield SumIdentity(left=scalar(K) - 1 - (K - 1), right=scalar(0), because="counting",
                      sentence="each class has K - 1 terms")


def claims() -> Iterator[Claim]:
    yield from _sandwich()
    yield from _collapse()
    yield from _gap()
    yield from _pairwise()


def instance(problem: Codes) -> Iterator[Claim]:
    """Cross-entropy at tau = 3/10 is minimised by a softmax code: true for K <= d + 1 only."""
    yield CodeMinimisesLoss(problem=problem, tau="3/10", because="it is the softmax code that cross-entropy tends to")


def _simplex(problem: Codes) -> Truth:
    return Truth.HOLDS if problem.K <= problem.d + 1 else Truth.FAILS


THEOREM = Theorem(
    name="code-finite-temperature",
    title="Cross-entropy at finite temperature and the softmax code",
    statement=(
        "On unit classifiers and features, for all K >= 2, d, n and tau > 0, with M = HardMax(W, H): "
        "(1/nK) log(1 + e^{M/tau}) <= f_tau <= log(1 + (K-1) e^{M/tau}); features of one class agree at the "
        "minimiser for "
        "every tau; the minimisers satisfy 0 <= rho* + M <= tau log(e^{K eta} - 1) + rho*, eta = (K-1) e^{-rho*/tau}; "
        "pairwise convex increasing losses are minimised with H = W. At an instance: the best known code is a "
        "minimiser of f_tau at "
        "tau = 3/10 (true for K <= d + 1, false for example at K = 7, d = 3)."
    ),
    idea="Log-sum-exp is its largest term up to log K; strict convexity in the ball; the master identity.",
    source=paper("variability collapse and self-duality as tau -> 0", "stronger",
                 "constants for every tau; where the minimiser is not the code is certified at instances"),
    rests_on=("softmax-margin-duality", "softmax-code-value"),
    covers="all K >= 2, d >= 1, n >= 1, tau > 0",
    hypotheses=(Hypothesis("K <= d + 1 (false for example at K = 7, d = 3: the pentagonal bipyramid is better)",
                           _simplex),),
    general=claims,
    instance=instance,
    family=Codes,
)
