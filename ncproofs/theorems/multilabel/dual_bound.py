"""A lower bound of the minimum from any probability vectors, for any list of label sets and any dimension."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy

from ncproofs.calculus.indexed import Tensor, total
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.claims import Axiom, Claim, Identity, SumIdentity
from ncproofs.proof.domain import Domain, integers_from
from ncproofs.proof.multilabel_claims import DualGap
from ncproofs.theorems.multilabel.letters import LOSS, ROOM, SOURCE, K, above_zero, b, d, k, lb, lH, lW, s, w, x
from ncproofs.theorems.multilabel.letters import N as SAMPLES
from ncproofs.theorems.theorem import Hypothesis, Theorem
from ncproofs.truth import Truth

h = Tensor("h", (SAMPLES, d))
Y, loss_value, entropy = Tensor("Y", (K, SAMPLES)), Tensor("L", (SAMPLES,)), Tensor("E", (SAMPLES,))
tau = sympy.Symbol("tau", positive=True)


def claims() -> Iterator[Claim]:
    """D6, its tightness, and the variant for simplex ETFs."""
    logit = total(w[k, x] * h[s, x], x) + b[k]
    decay = lW / 2 * total(w[k, x] ** 2, k, x) + lH / 2 * total(h[s, x] ** 2, s, x)
    rows = total(Y[k, s], s)
    yield SumIdentity(
        left=total(loss_value[s], s) + decay + lb / 2 * total(b[k] ** 2, k),
        right=total(entropy[s], s) - total(rows**2, k) / (2 * lb)
        + total(loss_value[s] - entropy[s] - total(Y[k, s] * logit, k), s)
        + total(Y[k, s] * w[k, x] * h[s, x], k, s, x) + decay
        + lb / 2 * total((b[k] + rows / lb) ** 2, k),
        sentence="f = sum_s E_s - |Y 1|^2/(2 lambda_b) + sum_s (L_s - E_s - <y_s, z_s>) + [<Y, W^T H> + weight decay] "
        "+ (lambda_b/2)|b + Y 1/lambda_b|^2",
        because="completing the square in b; without a bias its terms are absent, and a free bias needs Y 1 = 0",
    )
    _fenchel = ("with y_s = (v/N)(m p_s - 1_S) and E_s = (v m/N) Ent(p_s): "
                "L_s - <y_s, z_s> = (v m/N)(log sum e^z - <p_s, z>)")
    yield Axiom(name="Jensen's inequality",
                uses=f"{_fenchel} >= E_s, since log sum_k p_k (e^{{z_k}}/p_k) >= sum_k p_k log(e^{{z_k}}/p_k)")
    yield Axiom(name="Cauchy-Schwarz inequality", uses="<Y, W^T H> >= -|Y|_2 sum_x |w_x||h_x| >= -|Y|_2 |W||H|")
    first, second = sympy.symbols("omega eta", positive=True)
    yield Identity(
        left=(lW * first**2 + lH * second**2) / 2 - sympy.sqrt(lW) * sympy.sqrt(lH) * first * second,
        right=(sympy.sqrt(lW) * first - sympy.sqrt(lH) * second) ** 2 / 2,
        where=Domain.of(*above_zero(lW, lH, first, second)),
        sentence="so |Y|_2 <= mu = sqrt(lambda_W lambda_H) makes every bracket nonnegative: f >= sum_s E_s - |Y "
        "1|^2/(2 lambda_b)",
    )
    yield from _shrinking()
    yield from _among_frames()


def _shrinking() -> Iterator[Claim]:
    theta, m, q, e, scale = sympy.symbols("theta m q e c", positive=True)
    yield Identity(
        left=scale * (m * (theta * q + (1 - theta) * e / m) - e), right=theta * scale * (m * q - e),
        where=Domain.of(*above_zero(theta, m, q, e, scale)),
        sentence="theta p_s + (1 - theta) 1_S/m multiplies y_s by theta: any p_s can be made to satisfy |Y|_2 <= mu",
        because="Ent is concave, so the bound is at least theta E_s + (1 - theta)(v m/N) log m",
    )
    rows_w = total(Y[k, s] * h[s, x], s) + lW * w[k, x]
    rows_h = total(Y[k, s] * w[k, x], k) + lH * h[s, x]
    yield SumIdentity(
        left=total(Y[k, s] * w[k, x] * h[s, x], k, s, x) + lW / 2 * total(w[k, x] ** 2, k, x)
        + lH / 2 * total(h[s, x] ** 2, s, x),
        right=total(rows_w * w[k, x], k, x) / 2 + total(rows_h * h[s, x], s, x) / 2,
        sentence="it is attained at a critical point with |G|_2 <= mu, by p_s = softmax z_s: Y = G, every bracket is 0",
        because="the gradients in W and H appear explicitly; grad_b = G 1 + lambda_b b = 0; and Jensen's inequality "
        "is an equality for p = softmax z",
    )


def _among_frames() -> Iterator[Claim]:
    yield SumIdentity(
        left=total(Y[k, s] * w[k, x] * h[s, x], k, s, x) + lH / 2 * total(h[s, x] ** 2, s, x),
        right=lH / 2 * total((h[s, x] + total(Y[k, s] * w[k, x], k) / lH) ** 2, s, x)
        - total(total(Y[k, s] * w[k, x], k) ** 2, s, x) / (2 * lH),
        sentence="for given W the bracket is at least (lambda_W/2)|W|^2 - |W Y|^2/(2 lambda_H)",
        because="if W^T W = tau (I - J/K) and 1^T Y = 0, |W|^2 = tau (K-1) and |W Y|^2 = tau |Y|_F^2: among simplex "
        "ETFs the bound needs only |Y|_F^2 <= (K-1) lambda_W lambda_H, and for W = 0 nothing",
    )
    frobenius = sympy.Symbol("Y_2", positive=True)
    yield Identity(
        left=lW / 2 * tau * (K - 1) - tau * frobenius / (2 * lH),
        right=tau / (2 * lH) * ((K - 1) * lW * lH - frobenius),
        where=Domain.of((K, integers_from(2)), *above_zero(lW, lH, tau, frobenius)),
        sentence="(lambda_W/2) tau (K-1) - tau |Y|_F^2/(2 lambda_H) has the sign of (K-1) lambda_W lambda_H - |Y|_F^2",
    )


#: What the gap of an instance may be.
_GAP = Fraction(1, 10**9)


def instance(problem: MultiLabel) -> Iterator[Claim]:
    yield DualGap(problem=problem, gap=_GAP)


def is_attained(problem: MultiLabel) -> Truth:
    """A free bias needs every class to be a label of some sample; otherwise the infimum is not attained."""
    if problem.lambda_b != 0 or problem.labels is None:
        return Truth.HOLDS
    present = {label for labels in problem.label_counts for label in labels}
    return Truth.HOLDS if len(present) == problem.K else Truth.FAILS


THEOREM = Theorem(
    name="multilabel-dual-bound",
    title="A dual bound that certifies the minimum for any label sets",
    statement=(
        "Let samples carry any label sets S_s with weights v_s. For probability vectors p_s and Y = [(v_s/N)(m_s p_s "
        "- 1_S)] "
        "with |Y|_2 <= mu = sqrt(lambda_W lambda_H): f(W,H,b) >= (1/N) sum_s v_s m_s Ent(p_s) - |Y 1|^2/(2 lambda_b), "
        "for every d "
        "(no last term without a bias; Y 1 = 0 for a free one). For d >= K - 1 the best such bound is the minimum."
    ),
    idea=(
        "Fenchel duality: the conjugate of log-sum-exp is the entropy, that of the weight decay is the constraint\n"
        "|Y|_2 <= mu, and that of the bias is the last term. At a global minimiser p_s = softmax z_s attains it."
    ),
    source=SOURCE,
    notation=(
        ("tau", "scale of the classifiers: W^T W = tau (I - J/K)"),
    ),
    covers="all K >= 2, d >= 1, any list of label sets, all weights, every bias mode (attained for d >= K - 1)",
    hypotheses=(LOSS, ROOM, Hypothesis("a free bias: every class is a label of some sample", is_attained)),
    general=claims,
    instance=instance,
    family=MultiLabel,
)
