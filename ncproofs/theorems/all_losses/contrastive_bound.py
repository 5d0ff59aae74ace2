"""Every loss of the family is bounded below by a function of the margin sum alone."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.losses.loss import ELL, K, S, SoftmaxForm, T
from ncproofs.losses.mean_squared import mean_squared
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import Axiom, Claim, Hole, Identity, Sign
from ncproofs.proof.discharge import discharge
from ncproofs.proof.domain import Domain, integers_from, nonnegative, positive, real
from ncproofs.proof.wording import worded
from ncproofs.theorems.all_losses.focal_letters import gamma, psi, psi_prime, u
from ncproofs.theorems.theorem import Source, Theorem
from ncproofs.truth import Truth

r = sympy.Symbol("r", positive=True)  # sum_{j != k} exp(z_j)
alpha = sympy.Symbol("alpha", real=True)
own, rest, squares = sympy.symbols("r_k A Q", real=True)
_CLASSES = (K, integers_from(2))
_JENSEN = "u = log sum_{j != k} e^{z_j - z_k} >= log(K-1) + t/(K-1), equality iff the z_j (j != k) are equal"


def claims() -> Iterator[Claim]:
    """For every K >= 2: reduction to one variable u, monotonicity, Jensen; then mean squared error."""
    yield from _one_variable()
    yield from _increasing()
    yield from _mean_squared(K, Domain.of(_CLASSES, (own, real()), (rest, real()), (squares, real())))


def _one_variable() -> Iterator[Claim]:
    logits = Domain.of((T, real()), (r, positive()))
    whole = sympy.exp(T) + r
    yield Identity(
        left=sympy.log(whole) - T,
        right=sympy.log(1 + sympy.exp(sympy.log(r) - T)),
        where=logits,
        sentence="cross-entropy is log(1 + e^u) with u = log sum_{j != k} e^{z_j - z_k}",
    )
    yield Identity(
        left=(1 - sympy.exp(T) / whole) ** gamma * (sympy.log(whole) - T),
        right=psi(sympy.log(r) - T),
        where=Domain.of((T, real()), (r, positive()), (gamma, nonnegative())),
        sentence="focal loss is psi(u), for every gamma >= 0",
    )
    yield Identity(
        left=sympy.log(S(1)) - (1 - alpha) * T - alpha / K * S(2),
        right=sympy.log(S(1)) - T - alpha / K * (S(2) - K * T),
        where=Domain.of(_CLASSES, (T, real()), (S(1), positive()), (S(2), real()), (alpha, real())),
        sentence="label smoothing is cross-entropy - (alpha/K) t(z,k), t = sum_j z_j - K z_k",
    )


def _increasing() -> Iterator[Claim]:
    every = Domain.of((gamma, nonnegative()), (u, real()))
    yield Identity(
        left=sympy.diff(psi(), u),
        right=psi_prime(),
        where=every,
        sentence="psi'(u) = (1-p)^gamma [(1-p) - gamma p log p]",
    )
    yield Sign(
        expression=psi_prime(),
        relation=">",
        where=every,
        sentence="psi' > 0 for every gamma >= 0 (gamma = 0 is cross-entropy)",
    )
    yield Axiom(name="Jensen's inequality for log-sum-exp", uses=_JENSEN)
    at = sympy.log(K - 1) + T / (K - 1)
    yield worded(
        sympy.log(1 + sympy.exp(u)),
        sympy.log(1 + (K - 1) * sympy.exp(T / (K - 1))),
        {u: at},
        where=Domain.of(_CLASSES, (T, real())),
        sentence="at equality cross-entropy is phi(t) = log(1 + (K-1) e^{t/(K-1)})",
    )


def _mean_squared(classes: sympy.Expr, where: Domain) -> Iterator[Claim]:
    """Residual r = z - e_k: A = sum_{j != k} r_j, Q = sum_{j != k} r_j^2, t + K - 1 = A - (K-1) r_k."""
    bound = (rest - (classes - 1) * own) ** 2 / (2 * classes * (classes - 1))
    gap = squares - rest**2 / (classes - 1)
    yield Identity(
        left=(own**2 + squares) / 2 - bound,
        right=gap / 2 + (rest + own) ** 2 / (2 * classes),
        where=where,
        sentence="mean squared error - (t+K-1)^2/(2K(K-1)) = (Q - A^2/(K-1))/2 + (A + r_k)^2/(2K)",
    )
    yield Axiom(
        name="Cauchy-Schwarz inequality",
        uses="Q >= A^2/(K-1), equality iff the z_j (j != k) are equal; the bound itself is attained iff "
        "also A + r_k = 0, that is sum_j z_j = 1",
    )


def instance(problem: Ridge) -> Iterator[Claim]:
    """The bound for the problem's own loss: L = F(ell) + tilt (z_y - mean z), and F must increase."""
    loss, classes = problem.loss, sympy.Integer(problem.K)
    if (loss.phi, loss.class_functions) == (mean_squared().phi, mean_squared().class_functions):
        yield from _mean_squared(classes, Domain.of((own, real()), (rest, real()), (squares, real())))
        return
    form = loss.softmax_form()
    if form is None:
        yield Hole(step=f"L >= phi(t) for {loss}: it is neither of softmax form nor the mean squared error")
        return
    yield from _softmax(form, problem.K, str(loss))


def _softmax(form: SoftmaxForm, classes: int, name: str) -> Iterator[Claim]:
    if classes == 2:
        target, other = sympy.symbols("z_k z_j", real=True)
        yield Identity(
            left=sympy.log(sympy.exp(target) + sympy.exp(other)) - target,
            right=sympy.log(1 + sympy.exp(other - target)),
            where=Domain.of((target, real()), (other, real())),
            sentence=f"K = 2: ell = log(1 + e^t), t = z_j - z_k, so L = phi(t) with equality for {name}",
            because="the only j != k is one class",
        )
        return
    rising = Sign(
        expression=sympy.diff(form.profile, ELL),
        relation=">",
        where=Domain.of((ELL, positive())),
        sentence=f"{name}: L = F(ell) + tilt (z_y - mean z) with F(ell) = {form.profile} strictly increasing",
        because="ell = log(1 + e^u) increases with u",
    )
    if discharge(rising).truth is Truth.HOLDS:
        yield rising
    else:  # F' = 0 at a point would not refute the bound, F' < 0 does
        yield Sign(
            expression=rising.expression,
            relation=">=",
            where=rising.where,
            sentence=f"{name}: L = F(ell) + tilt (z_y - mean z) with F(ell) = {form.profile} nowhere "
            f"decreasing",
            because="where F falls, moving the z_j (j != k) apart at fixed t goes below phi(t)",
        )
        yield Hole(step=f"{name}: equality only where the z_j, j != k, are equal (F' > 0 was not shown)")
    yield Axiom(name="Jensen's inequality for log-sum-exp", uses=_JENSEN)


THEOREM = Theorem(
    name="contrastive-bound",
    title="The contrastive lower bound",
    statement=(
        "For every K >= 2 and logits z with true class k, L(z, k) >= phi(t) with t = sum_{j != k} (z_j - "
        "z_k). Equality holds iff the z_j, j != k, are equal (for MSE: and sum_j z_j = 1). Here phi(t) = "
        "log(1 + (K-1) e^{t/(K-1)}) for cross-entropy, minus (alpha/K) t for label smoothing with any real "
        "alpha, psi(log(K-1) + t/(K-1)) for focal loss with any gamma >= 0, and (t+K-1)^2/(2K(K-1)) for "
        "mean squared error."
    ),
    idea=(
        "Softmax losses depend on z through t and u = log sum_{j != k} e^{z_j - z_k} only.\nThey increase "
        "strictly with u (psi' > 0), and Jensen bounds u below by log(K-1) + t/(K-1).\nMSE minus its bound "
        "is an explicit sum of squares after Cauchy-Schwarz."
    ),
    source=Source(
        paper="Are All Losses Created Equal: A Neural Collapse Perspective",
        arxiv="2210.02192",
        quoted="CE, LS and FL satisfy a contrastive property L >= phi(sum_{j != k} (z_j - z_k)) with an "
        "equality case",
        relation="stronger",
        note="rendered from the abstract and the literature; holds for focal loss with every gamma >= 0, "
        "and MSE is included",
    ),
    covers="all K >= 2, all logits, all gamma >= 0, all real alpha",
    general=claims,
    instance=instance,
)
