"""All critical points with a bias or with unequal classes: singular directions of one target, two roots on each."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.problems.layered import Layered
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign
from ncproofs.proof.domain import Domain, between, integers_from, positive, real
from ncproofs.proof.layered_claims import LayeredKind, LayeredSpectrum
from ncproofs.theorems.extended_ufm.layered_letters import LINEAR, M, lb, source, x
from ncproofs.theorems.theorem import Hypothesis, Theorem
from ncproofs.truth import Truth

#: q = kappa_b = lambda_b/(1 + lambda_b); s a singular value of the target; X = x^(2M-2) and y = x^(M-2).
q, s, beta, X, y = sympy.symbols("q s beta X y", positive=True)
#: Two real numbers, and sigma or its share of s.
wi, wj, sigma = sympy.symbols("w_i w_j sigma", real=True)
MOST, LARGEST = 12, 150
COUNT = (M, integers_from(2))
BELOW_ONE = (q, between(0, 1))


def _elimination() -> Iterator[Claim]:
    residual, move, root, other, size = wi, wj, wi, wj, sympy.Symbol("N", positive=True)
    yield Identity(
        left=(residual + move) ** 2 + lb * move**2,
        right=lb / (1 + lb) * residual**2 + (1 + lb) * (move + residual / (1 + lb)) ** 2,
        where=Domain.of((residual, real()), (move, real()), (lb, positive())),
        sentence="the best b leaves (kappa_b/2) |(Z - S) g|^2 of the mean direction g = (sqrt n_k)/sqrt N, kappa_b = "
                 "lambda_b/(1 + lambda_b)",
        because="complete the square in w_j = sqrt(N) b; S = diag(sqrt n_k), features scaled by sqrt n_k",
    )
    yield Identity(
        left=(1 / q - 1) - (1 - q) - (1 - q) * (1 / q - 1), right=sympy.Integer(0), where=Domain.of(BELOW_ONE),
        sentence="so the loss is weighed by G = 1 - (1 - q) g g^T, q = kappa_b, with the inverse 1 + (1/q - 1) g g^T",
        because="the factor of g g^T in the product; (g g^T)^2 = g g^T",
    )
    delta = sympy.Symbol("delta", real=True)
    yield Identity(
        left=root * other * (delta - root * other / size), right=delta * root * other - root**2 * other**2 / size,
        where=Domain.of((root, real()), (other, real()), (size, positive()), (delta, real())),
        sentence="lambda_b = 0: A_0 g has the gradient beta A_0 g, so it vanishes, and the target is T = S (1 - g "
                 "g^T), T T^T = diag(n) - n n^T/N",
        because="entry (k, l) of S (1 - g g^T) S, g_k = sqrt(n_k/N)",
    )


def _alignment() -> Iterator[Claim]:
    """Equal classes, lambda_b > 0: why every singular direction is along 1 or orthogonal to it."""
    Di, Dj, c, first, second = sympy.symbols("D_i D_j c xi_i xi_j", positive=True)
    p = sympy.Symbol("p", real=True)
    where = Domain.of((Di, positive()), (Dj, positive()), (c, positive()), (first, positive()), (second, positive()))
    bracket = Di * second + first * Dj + c * first * second
    yield Axiom(name="singular value decomposition",
                uses="balanced factors: Z = U diag(x^M) V^T on orthonormal u_i, v_i; xi = x^(2-M), D = x^M + beta xi")
    yield Identity(
        left=Di * Dj * p + Di * c * second * wj * wi + c * first * wi * Dj * wj + c**2 * first * second * wi * wj,
        right=Di * Dj * p + c * wi * wj * bracket,
        where=Domain.of(*where.ranges, (p, real()), (wi, real()), (wj, real())),
        sentence="the equation of the features, s u = D v + c xi w g (w = <v, g>, c = (1/q - 1) beta), gives s^2 <u_i, "
                 "u_j> = D_i D_j <v_i, v_j> + c w_i w_j (D_i xi_j + xi_i D_j + c xi_i xi_j)",
        because="expand, |g| = 1",
    )
    yield Sign(expression=bracket, relation=">", where=where,
               sentence="so at most one direction in use meets g", because="u and v are orthonormal: w_i w_j = 0")
    own = q * (s - sigma)  # beta xi along g
    yield Identity(
        left=(sigma + own - (1 - q) * sigma) * (sigma + own + (1 / q - 1) * own), right=s**2 - s**2 * (1 - q),
        where=Domain.of((sigma, real()), (s, positive()), BELOW_ONE),
        sentence="the equation of the last factor, s v - s (1-q) w g = E u with E = D - (1-q) sigma w^2, times s: s^2 "
                 "v - s^2 (1-q) w g = E (D v + c xi w g); v = g solves it when beta xi = q (s - sigma)",
        because="w = 1 there: E = q s and D + c xi = s",
    )
    yield Sign(
        expression=c * first * s**2 / Di + s**2 * (1 - q), relation=">",
        where=Domain.of((c, positive()), (first, positive()), (s, positive()), (Di, positive()), BELOW_ONE),
        sentence="if v and g were independent and w != 0, then E = s^2/D > 0 and -s^2 (1-q) = c xi E: impossible",
        because="so every direction in use is along g or orthogonal to it, and u = v",
    )


def _modes() -> Iterator[Claim]:
    price = q * x ** (M - 2) * (s - x**M)
    tau = sigma
    yield Identity(
        left=q * (s - x**M), right=price * x ** (2 - M),
        where=Domain.of(COUNT, BELOW_ONE, (x, positive()), (s, positive())),
        sentence="the mean direction: q x^(M-2) (s - x^M) = beta; every other one the same with q = 1",
        because="the equation of the last factor along g",
    )
    yield Identity(
        left=(s - s * tau) ** 2 + M * s**2 * tau * (1 - tau), right=s**2 * (1 + (M - 2) * tau - (M - 1) * tau**2),
        where=Domain.of(COUNT, (s, positive()), (tau, real())),
        sentence="a direction of share q is worth (q s^2/2N) (1 + e(sigma)), sigma = x^M/s here",
        because="beta x^2 = q x^M (s - x^M)",
    )


def _blocks() -> Iterator[Claim]:
    rho = sympy.Symbol("rho", positive=True)
    v, w = wi, wj
    beside = Domain.of((s, positive()), (rho, positive()), (y, positive()), (v, real()), (w, real()))
    yield Identity(
        left=s * y * (v**2 + w**2) - 2 * rho * y * v * w,
        right=y * ((s - rho) * (v + w) ** 2 + (s + rho) * (v - w) ** 2) / 2, where=beside,
        sentence="a direction in use beside a missing one of singular value rho: eigenvalues x^(M-2) (s +- rho)",
        because="X + beta = s x^(M-2) on the diagonal, the residual -rho x^(M-2) off it",
    )
    more = rho
    yield Sign(
        expression=y * (s - (s + more)), relation="<",
        where=Domain.of((s, positive()), (y, positive()), (more, positive())),
        sentence="so a missing direction of larger s makes a strict saddle: minima fill the largest s first",
        because="a larger one is s + rho",
    )


def _bordered() -> Iterator[Claim]:
    yield Identity(
        left=X - X / (1 + lb), right=lb / (1 + lb) * X, where=Domain.of((X, positive()), (lb, positive())),
        sentence="the bias moves column g of the logits; eliminated, it leaves q X of the first-order term there",
        because="its own entry is 1 + lambda_b",
    )
    share = q * (s * y - X)  # beta at the mean direction
    yield Identity(
        left=(q * s * y) * (X + share) - s**2 * y**2, right=-(1 - q) * s * y * (s * y + share),
        where=Domain.of(BELOW_ONE, (s, positive()), (y, positive()), (X, positive())),
        sentence="the mean in use beside a missing class: the determinant is -(1-q) s x^(M-2) (s x^(M-2) + beta)",
        because="q X + beta = q s x^(M-2) and X + beta on the diagonal, the residual -s x^(M-2) off it",
    )
    yield Sign(
        expression=-(1 - q) * s * y * (s * y + beta), relation="<",
        where=Domain.of(BELOW_ONE, (s, positive()), (y, positive()), (beta, positive())),
        sentence="so minima use the mean only when every class direction is in use", because="0 < q < 1",
    )
    yield Identity(
        left=(X + beta) * (q * X + beta) - q**2 * (X + beta) ** 2,
        right=(X + beta) * (q * (1 - q) * X + (1 - q**2) * beta),
        where=Domain.of(BELOW_ONE, (X, positive()), (beta, positive())),
        sentence="a class in use beside the missing mean: the determinant is (X + beta) (q (1-q) X + (1-q^2) beta)",
        because="the residual there is -q s, and s x^(M-2) = X + beta",
    )
    yield Sign(
        expression=(X + beta) * (q * (1 - q) * X + (1 - q**2) * beta), relation=">",
        where=Domain.of(BELOW_ONE, (X, positive()), (beta, positive())),
        sentence="so a missing mean costs no minimum its curvature", because="0 < q < 1",
    )


def claims() -> Iterator[Claim]:
    yield from _elimination()
    yield from _alignment()
    yield from _modes()
    yield from _blocks()
    yield from _bordered()


def instance(problem: Layered) -> Iterator[Claim]:
    """The kind of every critical point, and where it is small enough the spectrum against the dense Hessian."""
    from ncproofs.critical.layered_points import critical_points

    if problem.relu or _commutes(problem) is not Truth.HOLDS:
        yield LayeredKind(problem=problem, plus=0, kind="local minimum")  # refused, with the reason
        return
    for point in critical_points(problem, digits=6)[:MOST]:
        plus, minus = point.counts
        yield LayeredKind(problem=problem, plus=plus, minus=minus, kind=point.kind)
        if problem.dimension <= LARGEST:
            yield LayeredSpectrum(problem=problem, plus=plus, minus=minus)


def _commutes(problem: object) -> Truth:
    met = isinstance(problem, Layered) and (problem.balanced or not problem.lambda_b)
    return Truth.HOLDS if met else Truth.FAILS


THEOREM = Theorem(
    name="layered-critical-points",
    title="Every critical point of the layered model with a bias, or with unequal classes",
    statement=(
        "Let T = diag(sqrt n_k) without a bias, T = diag(sqrt n_k)(1 - g g^T) with lambda_b = 0 (g_k = sqrt(n_k/N); "
        "T T^T = diag(n) - n n^T/N), and beta^M = N^M lambda_H lambda_1 ... lambda_L. The critical points are the "
        "choices of at most min(K, widths) orthonormal singular pairs of T with value s, and of a root of x^(M-2) (s - "
        "x^M) = beta on each. Equal classes with lambda_b > 0: directions orthogonal to 1 as without a bias, and 1 "
        "itself with kappa_b x^(M-2) (sqrt n - x^M) = beta. The Hessian splits into blocks of pairs of directions, "
        "bordered by the bias; points with a root below its peak, with a missing direction of larger s, or with the "
        "mean in use beside a missing class are strict saddles."
    ),
    idea=(
        "Completing the square in b leaves a weight q on the mean direction. Balanced factors have singular pairs;\n"
        "the equations of the first and of the last factor make them singular pairs of the target. With 0 < q < 1\n"
        "orthonormality of both sides lets at most one pair meet the mean, and that one must be along it."
    ),
    source=source("the minimisers with a bias and for imbalanced classes", "stronger",
                  "all critical points and their Hessians, in the cases in which target and weight commute"),
    covers="all L >= 1, K >= 2, all widths and weights; class sizes equal, or lambda_b = 0, or no bias",
    hypotheses=(LINEAR, Hypothesis("the classes are equal, or there is no bias, or lambda_b = 0", _commutes)),
    family=Layered,
    general=claims,
    instance=instance,
    open_questions=("unequal classes with lambda_b > 0: the weighted target has no common singular directions",),
)
