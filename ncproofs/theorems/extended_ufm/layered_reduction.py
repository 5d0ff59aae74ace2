"""From L matrices to single numbers: collapse, balance, and the equation of a mode, for every number of layers."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor, delta, total
from ncproofs.problems.layered import Layered
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, integers_from, nonnegative, positive, real
from ncproofs.proof.layered_claims import LayeredAttained
from ncproofs.proof.wording import worded
from ncproofs.theorems.extended_ufm.layered_letters import LINEAR, K, M, d, kappa, n, source, x
from ncproofs.theorems.theorem import Theorem

j, k, i, a = Index("j", K), Index("k", K), Index("i", n), Index("a", d)
lH, weights, lam = sympy.symbols("lambda_H Lambda lambda", positive=True)
N = n * K
DEPTH = Domain.of((M, integers_from(2)), (x, positive()))


def _collapse() -> Iterator[Claim]:
    """P = W_L ... W_1 is one matrix here, so this holds for every L and all widths."""
    P, mean, spread = Tensor("P", (K, d)), Tensor("H", (d, K)), Tensor("D", (d, K, n), zero_sum=(2,))
    b = Tensor("b", (K,))
    center = total(P[j, a] * mean[a, k], a) + b[j] - delta(j, k)
    around = total(P[j, a] * spread[a, k, i], a)
    yield SumIdentity(
        left=total((center + around) ** 2, j, k, i), right=n * total(center**2, j, k) + total(around**2, j, k, i),
        sentence="|W H + b 1^T - Y|^2 = n |W H_bar + b 1^T - I|^2 + |W Delta|^2 for H = class means + Delta",
        because="Delta sums to zero within each class, so the mixed terms vanish",
    )
    yield SumIdentity(
        left=total((mean[a, k] + spread[a, k, i]) ** 2, a, k, i),
        right=n * total(mean[a, k] ** 2, a, k) + total(spread[a, k, i] ** 2, a, k, i),
        sentence="|H|^2 = n |H_bar|^2 + |Delta|^2", because="the same",
    )
    image, size = sympy.symbols("A B", nonnegative=True)
    yield Sign(
        expression=image / N + lH * size, relation=">",
        where=Domain.of((K, integers_from(2)), (n, integers_from(1)), (lH, positive()), (image, nonnegative()),
                        (size, positive())),
        sentence="the derivative along Delta is |W Delta|^2/N + lambda_H |Delta|^2 > 0 unless Delta = 0",
        because="so at every critical point features equal their class means, in every layer",
    )


def _scaling() -> Iterator[Claim]:
    nu, share = sympy.symbols("nu s", positive=True)
    meant = {share: nu / lam, nu: weights ** (1 / M)}
    where = Domain.of((M, integers_from(2)), (weights, positive()), (lam, positive()), (n, integers_from(1)),
                      (K, integers_from(2)))
    yield worded(
        nu**M / weights, 1, meant, where=where,
        sentence="with W_l = sqrt(nu/lambda_l) A_l and H_bar = sqrt(nu/(n lambda_H)) A_0 the product is that of the "
                 "A, nu = (n lambda_H lambda_1 ... lambda_L)^(1/M)",
        because="the product of the squared factors is nu^M/(n lambda_H lambda_1 ... lambda_L) = 1",
    )
    yield worded(lam * share, nu, meant, where=where, sentence="and every factor has the decay nu/2 |A|^2",
                 because="lambda |W|^2 = lambda s |A|^2 with s = nu/lambda")
    samples = sympy.Symbol("N", positive=True)
    yield worded(
        n / (2 * samples), 1 / (2 * K), {samples: N}, where=where,
        sentence="f = (1/2K) [ |A_L ... A_0 - I|^2 + kappa sum |A_l|^2 ] with kappa = K nu: one parameter",
        because="N = n K",
    )
    yield Identity(
        left=(K * meant[nu]) ** M, right=K**M * weights, where=where,
        sentence="kappa^M = K^M n lambda_H lambda_1 ... lambda_L is rational for rational weights",
        because="so that thresholds are decided exactly",
    )


def _balance() -> Claim:
    """Two neighbouring factors A = W_l (p, q) and B = W_(l-1) (q, m) of U A B V, residual R: any L, any widths."""
    sizes = sympy.symbols("p q m s", integer=True, positive=True)
    row, inner, other, outer, sample = (Index("e", sizes[0]), Index("f", sizes[1]), Index("g", sizes[1]),
                                        Index("h", sizes[2]), Index("t", sizes[3]))
    A, B = Tensor("A", (sizes[0], sizes[1])), Tensor("B", (sizes[1], sizes[2]))
    U, V, R = Tensor("U", (K, sizes[0])), Tensor("V", (sizes[2], sizes[3])), Tensor("R", (K, sizes[3]))
    first, second = sympy.symbols("lambda_A lambda_B", positive=True)
    back = total(U[j, row] * R[j, sample], j)

    def gradient_A(column: Index) -> IndexedSum:
        return total(back * B[column, outer] * V[outer, sample], outer, sample) + first * A[row, column]

    gradient_B = total(back * A[row, inner] * V[outer, sample], row, sample) + second * B[inner, outer]
    return SumIdentity(
        left=total(A[row, inner] * gradient_A(other), row) - total(gradient_B * B[other, outer], outer),
        right=first * total(A[row, inner] * A[row, other], row)
        - second * total(B[inner, outer] * B[other, outer], outer),
        sentence="at a critical point lambda_l W_l^T W_l = lambda_(l-1) W_(l-1) W_(l-1)^T: neighbours are balanced",
        because="W_l^T (gradient in W_l) - (gradient in W_(l-1)) W_(l-1)^T: the terms with the residual cancel",
    )


def _modes() -> Iterator[Claim]:
    strength = x ** (M - 2) * (1 - x**M)
    yield Axiom(name="singular value decomposition",
                uses="balanced factors are A_l = Q_(l+1) diag(x) Q_l^T, with U = Q_M and V = Q_0 in the class space")
    yield Identity(
        left=x ** (2 * M - 1) + kappa * x, right=x ** (M - 1) * (x**M + kappa * x ** (2 - M)),
        where=Domain.of(*DEPTH.ranges, (kappa, positive())),
        sentence="the equation of the last factor, U x^(2M-1) - V x^(M-1) + kappa U x = 0, says V = U (x^M + kappa "
                 "x^(2-M)) on x > 0",
        because="(A_L ... A_0 - I)(A_(L-1) ... A_0)^T + kappa A_L = 0 in these bases",
    )
    unit, other = Tensor("u", (K,)), sympy.Symbol("g", real=True)
    yield SumIdentity(
        left=total((other * unit[k]) ** 2, k) - total(unit[k] ** 2, k), right=(other**2 - 1) * total(unit[k] ** 2, k),
        sentence="so v = g u with g = x^M + kappa x^(2-M) > 0, and unit lengths force g = 1, v = u",
        because="the columns of U and of V are orthonormal",
    )
    yield Identity(
        left=x**M + strength * x ** (2 - M), right=sympy.Integer(1), where=DEPTH,
        sentence="g = 1 is the mode equation x^(M-2) (1 - x^M) = kappa", because="substitution, M a symbol",
    )
    yield Identity(
        left=(x**M - 1) * x ** (M - 1) + strength * x, right=sympy.Integer(0), where=DEPTH,
        sentence="conversely every choice of orthonormal u_k and roots x_k is critical in every factor",
        because="the gradient of each factor on a mode is (x^M - 1) x^(M-1) + kappa x",
    )
    yield Identity(
        left=(1 - x**M) ** 2 + M * strength * x**2, right=1 + (M - 2) * x**M - (M - 1) * x ** (2 * M), where=DEPTH,
        sentence="a mode is worth 1 + e(sigma), e(sigma) = sigma ((M-2) - (M-1) sigma), sigma = x^M",
        because="so f = (1/2) [1 + (1/K) sum e(sigma_k)] at every critical point",
    )


def claims() -> Iterator[Claim]:
    yield from _collapse()
    yield from _scaling()
    yield _balance()
    yield from _modes()
    e = sympy.Symbol("E", real=True)
    yield Identity(
        left=(K + e) / (2 * K), right=(1 + e / K) / 2, where=Domain.of((K, integers_from(2)), (e, real())),
        sentence="K modes, of which those not in use are worth 1", because="sum over the class space",
    )


def instance(problem: Layered) -> Iterator[Claim]:
    yield LayeredAttained(problem=problem)


THEOREM = Theorem(
    name="layered-reduction",
    title="Layered models: collapse, balance and one equation for every mode",
    statement=(
        "At every critical point of the L-layer model with mean squared error, features equal their class means and "
        "lambda_(l+1) W_(l+1)^T W_(l+1) = lambda_l W_l W_l^T. Without a bias and with equal classes, after scaling "
        "only kappa = K (n lambda_H lambda_1 ... lambda_L)^(1/M) is left, M = L + 1, and the critical points are "
        "exactly the choices of r <= min(K, widths) orthonormal directions u_k with W_L ... W_1 H_bar = sum sigma_k "
        "u_k u_k^T, sigma_k^(M-2) (1-sigma_k)^M = kappa^M. There f = (1/2) [1 + (1/K) sum sigma_k ((M-2) - (M-1) "
        "sigma_k)]."
    ),
    idea=(
        "The loss and the decay split off the within-class part as squares. Multiplying the equation of one factor by\n"
        "that factor and subtracting its neighbour's leaves the balance; balanced factors share singular bases, and\n"
        "the last equation then identifies left and right singular vectors."
    ),
    source=source("within-class variability vanishes and layers are aligned at the minimisers of the linear model",
                  "stronger", "all critical points, every number of layers, symbolic M"),
    covers="all K >= 2, n >= 1, L >= 1, all widths and weights",
    hypotheses=(LINEAR,),
    family=Layered,
    general=claims,
    instance=instance,
)
