"""The scalar system of the multi-label optimum: monotone in each unknown, with one root below the threshold."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign
from ncproofs.proof.domain import Domain, at_least
from ncproofs.proof.multilabel_claims import LabelQuantity, ScalarRoot
from ncproofs.proof.wording import worded
from ncproofs.theorems.multilabel.letters import (
    BALANCED,
    BELOW,
    EVERY_POSITIVE_GAP,
    LABELS,
    LOSS,
    SOURCE,
    above_zero,
    gap,
    m,
    meanings,
    p,
    size,
)
from ncproofs.theorems.theorem import Theorem

q = sympy.Symbol("q", positive=True)
v, y, b, C = sympy.symbols("v y b_m C", positive=True)
N, n, lW, lH, C2, tau, W2 = sympy.symbols("N n lambda_W lambda_H C_2 tau W_2", positive=True)

_GROWTH = gap * (m * sympy.exp(gap) + p)
_SHARE = (size / (m * sympy.exp(gap) + p)) ** 2
_WEIGHTS = Domain.of(*LABELS, *above_zero(v, y, b, N, n, lH, C2))


def _monotone() -> Iterator[Claim]:
    yield Sign(expression=sympy.diff(_GROWTH, gap), relation=">", where=EVERY_POSITIVE_GAP,
               sentence="t (m e^t + K - m) increases strictly in t >= 0, from 0: one t_m for each y")
    yield Sign(expression=_GROWTH - size * gap, relation=">=", where=EVERY_POSITIVE_GAP,
               sentence="t (m e^t + K - m) >= K t, so t_m <= v_m y/K", because="e^t >= 1")
    yield Sign(expression=sympy.diff(_SHARE, gap), relation="<", where=EVERY_POSITIVE_GAP,
               sentence="(K/(m e^t + K - m))^2 decreases strictly in t >= 0, and so in y")
    yield worded(_SHARE, 1, {gap: sympy.Integer(0)}, where=Domain.of(*LABELS),
                 sentence="it is 1 at t = 0: the sum starts at the separating weight sum n_m v_m^2 C(K-2, m-1)")
    at = sympy.log(1 + size / m * (q - 1))
    yield Identity(
        left=((size / (m * sympy.exp(gap) + p)) ** 2).subs(gap, at), right=1 / q**2,
        where=Domain.of(*LABELS, (q, at_least(1))),
        sentence="it is 1/q^2 at t = log(1 + (K/m)(q-1)), for every q >= 1: the sum falls to 0",
        because="m e^t + K - m = K q. With one multiplicity this solves the system, "
        "q = v sqrt(n C(K-2, m-1)/(lambda_W lambda_H))/N",
    )
    yield Axiom(name="intermediate value theorem",
                uses="a continuous strictly decreasing left side meets lambda_W lambda_H N^2 exactly once, if that is "
                "below the separating weight, and never otherwise")


def _optimum() -> Iterator[Claim]:
    scale, each, rho, reached, classes = sympy.symbols("s_m N_m rho t_m K", positive=True)
    meant = {
        scale: v * rho / (N * lH),  # sigma_m/lambda_H
        each: n * classes * (classes - 1) * C2 / (m * p), reached: v * y * b, tau: y * N * lH / classes,
        rho: m * p * b, classes: size,
    }
    yield worded(scale * classes / (m * p), v * classes * b / (N * lH), meant, where=_WEIGHTS,
                 sentence="h_S = c_m sum_{k in S} w_k with c_m = v_m K b_m/(N lambda_H)",
                 because="h_S = (sigma_m/lambda_H) W a_S and W a_S = (K/(m (K-m))) sum_{k in S} w_k")
    yield worded(scale * tau * classes / (m * p), v * y * b, meant, where=_WEIGHTS,
                 sentence="its logit gap is v_m y b_m = t_m when |W|^2 = y (K-1) N lambda_H/K: the first equations",
                 because="<a_S, W^T h_S> = (sigma_m/lambda_H) tau |a_S|^2")
    term = n * v**2 * C2 * (classes * b) ** 2  # its sum over m is lambda_W lambda_H N^2
    yield worded(lH * each * scale**2 * tau * classes / (m * p), tau * (classes - 1) / (lH * N**2) * term, meant,
                 where=_WEIGHTS,
                 sentence="lambda_H sum |h_S|^2 = (tau (K-1)/(lambda_H N^2)) sum_m n_m v_m^2 C(K-2,m-1) (K b_m)^2, "
                 "which is lambda_W |W|^2 by the last equation")
    yield worded(each / N * v * rho * reached, y * (classes - 1) / (classes * N) * term, meant, where=_WEIGHTS,
                 sentence="sum_m (N_m/N) v_m rho_m t_m = (y (K-1)/(K N)) lambda_W lambda_H N^2 = lambda_W |W|^2",
                 because="so the bound of multilabel-lower-bound equals f* = sum_m (N_m/N) v_m l_m(t_m) + lambda_W "
                 "|W|^2")
    H2 = sympy.Symbol("H_2", positive=True)
    yield worded(lW * W2 / 2 + lH * H2 / 2, lW * W2, {H2: lW * W2 / lH}, where=Domain.of(*above_zero(lW, lH, W2)),
                 sentence="and so does the value at this point: its weight decay is lambda_W |W|^2",
                 because="W_2 = |W|^2 and H_2 = |H|^2 = sum |h_S|^2")
    yield Axiom(name="Gram realisation",
                uses="classifiers with W^T W = tau (I - J/K) exist exactly when d >= K - 1: the bound is attained")


def claims() -> Iterator[Claim]:
    """Existence and uniqueness of the root, and the point that it describes."""
    yield from _monotone()
    yield from _optimum()


def instance(problem: MultiLabel) -> Iterator[Claim]:
    """The root; and with one multiplicity its value and scale in closed form."""
    from ncproofs.critical.multilabel import closed_form, is_trivial

    yield ScalarRoot(problem=problem)
    if problem.is_pick_all_label and problem.balanced is not None and not is_trivial(problem):
        for quantity in ("objective", "W_fro_sq"):
            form = closed_form(problem, quantity)
            if form is not None and problem.d >= problem.K - 1:
                yield LabelQuantity(problem=problem, quantity=quantity, value=form)


THEOREM = Theorem(
    name="multilabel-scalar-system",
    title="One number y describes the multi-label optimum",
    statement=(
        "For balanced label sets let t_m(y) be the root of t (m e^t + K - m) = v_m y, b_m = 1/(m e^{t_m} + K - m). The "
        "equation sum_{m<K} n_m v_m^2 C(K-2, m-1) (K b_m)^2 = lambda_W lambda_H N^2 has exactly one root y > 0 if "
        "lambda_W lambda_H N^2 < sum_{m<K} n_m v_m^2 C(K-2, m-1), and none otherwise. With d >= K - 1, |W|^2 = y "
        "(K-1) N "
        "lambda_H/K, h_S = c_m sum_{k in S} w_k, c_m = v_m K b_m/(N lambda_H): the logit gap is t_m, lambda_W |W|^2 = "
        "lambda_H |H|^2, and f* = sum_m (N_m/N) v_m l_m(t_m) + lambda_W |W|^2 attains multilabel-lower-bound."
    ),
    idea=(
        "t_m increases with y and each term decreases with t_m, from 1 to 0. Substituting shows that the point of\n"
        "the system has the value of the lower bound at the same t_m."
    ),
    source=SOURCE,
    rests_on=("multilabel-lower-bound",),
    notation=(
        *meanings("m", "p", "C_2", "n", "v"),
        ("b_m", "1/(m e^t + K - m), t the gap"),
    ),
    covers="all K >= 2, any set of multiplicities with any counts and weights",
    hypotheses=(LOSS, BALANCED, BELOW),
    general=claims,
    instance=instance,
    family=MultiLabel,
)
