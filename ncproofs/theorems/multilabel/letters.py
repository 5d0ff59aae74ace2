"""The letters of the multi-label theorems, for a symbolic number of classes and of labels.

A sample has m labels and p = K - m classes that are none, both at least 1, so K = m + p; t is its logit gap, the mean
logit of its labels minus the mean of the others. ``a[s, k]`` is entry k of a_S = 1_S/m - 1_{S^c}/p for sample s;
``w[k, x]``, ``h[s, x]``, ``b[k]`` are W, H and the bias. Weights: v, the counts n, and C2 = C(K-2, m-1).
"""

from __future__ import annotations

import sympy

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor, delta, scalar
from ncproofs.proof.domain import Domain, Range, at_least, nonnegative, positive, real
from ncproofs.theorems.theorem import Hypothesis, Source
from ncproofs.truth import Truth

m, p = sympy.symbols("m p", positive=True)
v, n, y, C2 = sympy.symbols("v n y C_2", positive=True)
t = sympy.Symbol("t", real=True)
gap = sympy.Symbol("t", nonnegative=True)
lW, lH, lb = sympy.symbols("lambda_W lambda_H lambda_b", positive=True)
size = m + p

#: l_m(t) = m log(m + p e^-t), the loss of two-valued logits with gap t; a and b are the two softmax probabilities.
ell = m * sympy.log(m + p * sympy.exp(-t))
outside = 1 / (m * sympy.exp(t) + p)
inside = sympy.exp(t) * outside

LABELS = ((m, at_least(1)), (p, at_least(1)))
EVERY_GAP = Domain.of(*LABELS, (t, real()))
EVERY_POSITIVE_GAP = Domain.of(*LABELS, (gap, nonnegative()))

K, N, d = sympy.symbols("K N d", integer=True, positive=True)
j, k, l = (Index(name, K) for name in "jkl")  # noqa: E741
s, x = Index("s", N), Index("x", d)
w, h, b = Tensor("w", (K, d)), Tensor("h", (N, d)), Tensor("b", (K,))
a = Tensor("a", (N, K))

SOURCE = Source(
    paper="Neural Collapse in Multi-label Learning with Pick-all-label Loss",
    arxiv="2310.15903",
    quoted="with a pick-all-label loss and balanced data, the features of multi-label samples collapse to a scaled "
    "average of the tag features, and the single-label features and classifiers to a simplex ETF",
    relation="stronger",
    note="the paper's text was not at hand; explicit constants and the exact threshold",
)


def centring(left: Index, right: Index) -> IndexedSum:
    """Entry of I - 11^T/K."""
    return delta(left, right) - scalar(1) / K


def at_least_zero(*symbols: sympy.Symbol) -> tuple[tuple[sympy.Symbol, Range], ...]:
    return tuple((symbol, nonnegative()) for symbol in symbols)


def above_zero(*symbols: sympy.Symbol) -> tuple[tuple[sympy.Symbol, Range], ...]:
    return tuple((symbol, positive()) for symbol in symbols)


def is_pick_all_label(problem: object) -> Truth:
    return Truth.HOLDS if getattr(problem, "is_pick_all_label", False) else Truth.FAILS


def is_balanced(problem: object) -> Truth:
    return Truth.FAILS if getattr(problem, "balanced", None) is None else Truth.HOLDS


def is_below_threshold(problem: object) -> Truth:
    """lambda_W lambda_H N^2 < sum n_m v_m^2 C(K-2, m-1), exactly; undecided where that is not defined."""
    from ncproofs.critical.multilabel import is_trivial
    from ncproofs.errors import NcproofsError
    from ncproofs.problems.multilabel import MultiLabel

    if not isinstance(problem, MultiLabel):
        return Truth.FAILS
    try:
        return Truth.FAILS if is_trivial(problem) else Truth.HOLDS
    except NcproofsError:
        return Truth.UNDECIDED


def _has_room(problem: object) -> Truth:
    return Truth.HOLDS if getattr(problem, "d", 0) >= getattr(problem, "K", 2) - 1 else Truth.FAILS


LOSS = Hypothesis("the loss is pick-all-label cross-entropy", is_pick_all_label)
BALANCED = Hypothesis("for each number m of labels, every set of m labels occurs equally often", is_balanced)
BELOW = Hypothesis("lambda_W lambda_H N^2 < sum n_m v_m^2 C(K-2, m-1): the optimum is not zero", is_below_threshold)
ROOM = Hypothesis("d >= K - 1", _has_room)


_MEANINGS = {
    "m": "number of labels of a sample",
    "p": "K - m, the classes that are no label of a sample",
    "C_2": "C(K-2, m-1), a binomial coefficient",
    "n": "n_m, how often each set of m labels occurs",
    "v": "v_m, the weight of a sample with m labels",
}


def meanings(*letters: str) -> tuple[tuple[str, str], ...]:
    """These letters with what they mean, for the notation of a theorem."""
    return tuple((letter, _MEANINGS[letter]) for letter in letters)
