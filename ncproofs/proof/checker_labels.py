"""Samples with sets of labels, pick-all-label cross-entropy and weight decay: kinds ``label/...`` about one problem.

f = (1/N) sum_s v_s L(W^T h_s + b, S_s) + lambda_W/2 |W|^2 + lambda_H/2 |H|^2 + lambda_b/2 |b|^2 with
L(z, S) = m log sum_j exp(z_j) - sum_{k in S} z_k for a set S of m labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from math import comb
from typing import Any

from ncproofs.proof.checker_arithmetic import Budget, Intervals, Rejected, times, total
from ncproofs.proof.checker_constants import Constants, compared
from ncproofs.proof.checker_inertia import inertia
from ncproofs.proof.checker_losses import LabelLoss
from ncproofs.proof.checker_reading import expression, listed, need, rational, whole

_MOST_SETS, _MOST_CLASSES = 20_000, 400
Part = tuple[int, int, Fraction]  # m labels, how often each set of m labels occurs, weight v of its loss


class Labels:
    """The problem as it is written; see docs/certificate-format.md."""

    def __init__(self, value: Any, budget: Budget) -> None:
        name, power, K, d, counts, labels, weights, *decay = need(
            value, "loss", "parameter", "K", "d", "counts", "labels", "weights", "lambda_W", "lambda_H", "lambda_b")
        self.K, self.d, self.budget = whole(K, 2, 10**9), whole(d, 1, 10**9), budget
        if name != "pick_all_label" or (counts is None) == (labels is None):
            raise Rejected("pick-all-label cross-entropy, and either counts or labels, are needed")
        self.power = 0 if power is None else whole(power, -20, 20)
        self.weights = {m: rational(v) for m, v in self._pairs(weights)}
        self.lambda_W, self.lambda_H = map(rational, decay[:2])
        self.lambda_b = None if decay[2] is None else rational(decay[2])
        if min(self.lambda_W, self.lambda_H, *self.weights.values()) <= 0 or (self.lambda_b or 0) < 0:
            raise Rejected("a weight is out of range")
        self.given: Counter[tuple[int, ...]] | None = None
        if labels is None:
            self.counts = {m: whole(n, 1, 10**9) for m, n in self._pairs(counts)}
            self.N = sum(n * comb(self.K, m) for m, n in self.counts.items())
        else:
            self.given = Counter(tuple(self._label(k) for k in listed(item)) for item in listed(labels))
            if any(not s or list(s) != sorted(set(s)) for s in self.given):
                raise Rejected("the labels of a sample increase")
            self.N = sum(self.given.values())
        if not self.N:
            raise Rejected("there are no samples")

    def _label(self, k: Any) -> int:
        return whole(k, 1, self.K)

    def _pairs(self, value: Any) -> list[tuple[int, Any]]:
        pairs = [(whole(listed(item, 2)[0], 1, min(self.K, 10**4)), item[1]) for item in listed(value)]
        if len({m for m, _ in pairs}) < len(pairs):
            raise Rejected("a number of labels occurs twice")
        return pairs

    @property
    def loss(self) -> LabelLoss:
        return LabelLoss(self.weight)

    def weight(self, m: int) -> Fraction:
        """What stands before L for a sample with m labels."""
        return self.weights.get(m, Fraction(1)) * Fraction(m) ** -self.power

    def sets(self) -> list[tuple[tuple[int, ...], int]]:
        """(S, how often), by the number of labels, then in lexicographic order."""
        if self.given is not None:
            return sorted(self.given.items(), key=lambda item: (len(item[0]), item[0]))
        if sum(comb(self.K, m) for m in self.counts) > _MOST_SETS:
            raise Rejected("too many label sets to list")
        return [(s, n) for m, n in sorted(self.counts.items()) for s in combinations(range(1, self.K + 1), m)]

    def balanced(self) -> list[Part]:
        """The numbers of labels, if every set of m labels occurs equally often."""
        if self.given is None:
            return [(m, n, self.weight(m)) for m, n in sorted(self.counts.items())]
        found: dict[int, list[int]] = {}
        for s, n in self.given.items():
            found.setdefault(len(s), []).append(n)
        if any(len(n) != comb(self.K, m) or len(set(n)) > 1 for m, n in found.items()):
            raise Rejected("some label set occurs more often than another with as many labels")
        return [(m, n[0], self.weight(m)) for m, n in sorted(found.items())]

    def proper(self) -> list[Part]:
        """Samples with all K labels do not pull on W."""
        return [part for part in self.balanced() if part[0] < self.K]

    def sides(self) -> tuple[Fraction, Fraction]:
        """lambda_W lambda_H N^2 and sum n v^2 C(K-2, m-1): the minimisers are not zero if the first is the smaller."""
        weights = [n * v**2 * comb(self.K - 2, m - 1) for m, n, v in self.proper()]
        return self.lambda_W * self.lambda_H * self.N**2, sum(weights, Fraction(0))

    @property
    def is_zero(self) -> bool:
        pull, available = self.sides()
        return pull >= available

    def pulls_little(self) -> bool:
        """|G|_2 <= sqrt(lambda_W lambda_H) for the gradient G in W^T H at 0, and G 1 = 0 with a bias: 0 is optimal.

        N G has the columns v (m/K 1 - 1_S). A convex loss lies above its tangent at 0, and <G, W^T H> is at least
        -|G|_2 (lambda_W |W|^2 + lambda_H |H|^2)/(2 sqrt(lambda_W lambda_H)). Equality leaves logits that are multiples
        of 1, so <G, W^T H> = 0 and W = H = 0: there is no other minimiser.
        """
        K, sets = self.K, self.sets()
        if K > _MOST_CLASSES:
            raise Rejected("too many classes for an exact comparison")
        self.budget.spend(len(sets) * K * K)
        level = self.lambda_W * self.lambda_H * self.N**2
        gap, ends = [[level * (i == j) for j in range(K)] for i in range(K)], [Fraction(0)] * K
        for s, n in sets:
            column = [self.weight(len(s)) * (Fraction(len(s), K) - (k + 1 in s)) for k in range(K)]
            ends = [end + n * x for end, x in zip(ends, column, strict=True)]
            gap = [[g - n * x * y for g, y in zip(row, column, strict=True)]
                   for row, x in zip(gap, column, strict=True)]
        return (self.lambda_b is None or not any(ends)) and not inertia(gap, self.budget)[1]

    def kind(self) -> str:
        """Of every global minimiser."""
        if self.is_zero:
            return "zero"
        if self.d < self.K - 1:
            raise Rejected("a simplex ETF needs d >= K - 1")
        return "simplex ETF"


def geometry(statement: list[Any], witness: Any, budget: Budget) -> None:
    need(witness)
    problem = Labels(statement[0], budget)
    if problem.given is not None and statement[1] == "zero":  # any list
        if not problem.pulls_little():
            raise Rejected("zero is not shown to be the only minimiser")
    elif problem.kind() != statement[1]:
        raise Rejected("the minimisers are of another kind")


def root(statement: list[Any], witness: Any, budget: Budget) -> None:
    """One root y > 0: the sum of the system falls strictly in y, from its value at t = 0 to 0."""
    need(witness)
    if Labels(statement[0], budget).is_zero:
        raise Rejected("the scalar system has no root")


def benign(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem = Labels(statement[0], budget)
    need(witness)
    if problem.d < problem.K - 1:
        raise Rejected("the general theorem needs d >= K - 1")


def _growth(balls: Intervals, K: int, m: int, t: Fraction) -> Any:
    """m e^t + K - m."""
    return balls.add(times(balls, balls.exp(balls.number(t)), m), balls.number(Fraction(K - m)))


def _sum(problem: Labels, balls: Intervals, gaps: list[Fraction]) -> Any:
    """sum n v^2 C(K-2, m-1) (K/(m e^t + K - m))^2, decreasing in each t."""
    terms = []
    for (m, n, v), t in zip(problem.proper(), gaps, strict=True):
        share = balls.div(balls.number(Fraction(problem.K)), _growth(balls, problem.K, m, t))
        terms.append(times(balls, balls.power(share, 2), n * v**2 * comb(problem.K - 2, m - 1)))
    return total(balls, terms)


def _enclosed(problem: Labels, balls: Intervals, y: Any, gaps: Any) -> tuple[Any, list[Any]]:
    """Intervals of y and of each t_m at the root of the scalar system.

    ``gaps`` are [a, b, c, e] for each m < K. With g(t) = t (m e^t + K - m), negative for t < 0 and increasing from 0:
    g(a) <= v y0 <= g(b) and g(c) <= v y1 <= g(e). The sum at the b exceeds the pull, so that a b is less than its t_m
    and y0 < y, hence every a < t_m; it does not reach the pull at the c, so that y1 > y, hence every e > t_m.
    """
    ends, pull = [rational(end) for end in listed(y, 2)], problem.sides()[0]
    table = [[rational(t) for t in listed(row, 4)] for row in listed(gaps, len(problem.proper()))]
    for (m, _, v), row in zip(problem.proper(), table, strict=True):
        for i, t in enumerate(row):
            excess = balls.sub(times(balls, _growth(balls, problem.K, m, t), t), balls.number(v * ends[i // 2]))
            if excess[1] > 0 if i % 2 == 0 else excess[0] < 0:
                raise Rejected("a gap t_m is not enclosed")
    level = balls.number(pull)
    if not (_sum(problem, balls, [row[1] for row in table])[0] > level[1]
            and _sum(problem, balls, [row[2] for row in table])[1] < level[0]):
        raise Rejected("the root y is not enclosed")
    return _hull(balls, *ends), [_hull(balls, row[0], row[3]) for row in table]


def _hull(balls: Intervals, low: Fraction, high: Fraction) -> Any:
    return balls.number(low)[0], balls.number(high)[1]


def _closed(problem: Labels, algebra: Any) -> tuple[Any, list[Any]]:
    """y and the gaps exactly, if there is one number m < K of labels: m e^t + K - m = K q."""
    (m, _, v), *more = problem.proper()
    if more:
        raise Rejected("a closed form needs a single number of labels")
    pull, available = problem.sides()
    q, one = algebra.sqrt(algebra.number(available / pull)), algebra.number(Fraction(1))
    inner = algebra.add(one, times(algebra, algebra.sub(q, one), Fraction(problem.K, m)))
    if isinstance(algebra, Constants):  # logarithms of their quotient are split
        algebra.name(inner, times(algebra, q, problem.K))
    t = algebra.log(inner)
    return times(algebra, algebra.mul(t, q), problem.K / v), [t]


def _quantity(problem: Labels, name: Any, algebra: Any, y: Any, gaps: list[Any]) -> Any:
    """A quantity at the optimum from y and the gaps, which are 0 if the optimum is zero."""
    K, scale = problem.K, problem.N * problem.lambda_H
    energy = {"W_fro_sq": Fraction(1), "H_fro_sq": problem.lambda_W / problem.lambda_H}
    if not isinstance(name, str):
        raise Rejected("a quantity is named by text")
    if name in energy:
        return times(algebra, y, Fraction(K - 1, K) * scale * energy[name])
    if name == "objective":
        return _objective(problem, algebra, y, gaps)
    if name == "y" or (name == "bias" and problem.lambda_b):
        return y if name == "y" else algebra.number(Fraction(0))
    by_number = {m: t for (m, _, _), t in zip(problem.proper(), gaps, strict=True)}
    for m, t in by_number.items():
        if name == f"logit_gap[{m}]":
            return t
        if name == f"feature_scale[{m}]" and not problem.is_zero:  # v_m K b_m/(N lambda_H), b_m = t_m/(v_m y)
            return times(algebra, algebra.div(t, y), K / scale)
        if name in (f"tag_sum[{m}]", f"tag_average[{m}]") and not problem.is_zero and 1 in by_number:
            return times(algebra, algebra.div(t, by_number[1]), 1 if name.startswith("tag_sum") else m)
    raise Rejected("not a quantity that is determined here")


def _objective(problem: Labels, algebra: Any, y: Any, gaps: list[Any]) -> Any:
    """sum (N_m/N) v l_m(t_m) + lambda_W |W|^2, l_m(t) = m log((m e^t + K - m)/e^t), l_K = K log K."""
    K, number = problem.K, algebra.number
    parts = [times(algebra, y, Fraction(K - 1, K) * problem.N * problem.lambda_H * problem.lambda_W)]
    rest = iter(gaps)
    for m, n, v in problem.balanced():
        loss = algebra.log(number(Fraction(K)))
        if m < K and not problem.is_zero:
            t = next(rest)
            if len(gaps) == 1:  # m e^t + K - m = K q without an exponential
                pull, available = problem.sides()
                grown = times(algebra, algebra.sqrt(number(available / pull)), K)
                loss = algebra.sub(algebra.log(grown), t)
            else:
                shrunk = times(algebra, algebra.exp(algebra.neg(t)), K - m)
                loss = algebra.log(algebra.add(number(Fraction(m)), shrunk))
        parts.append(times(algebra, loss, Fraction(n * comb(K, m) * m, problem.N) * v))
    return total(algebra, parts)


def at_optimum(problem: Labels, algebra: Any, y: Any, gaps: Any) -> tuple[Any, list[Any]]:
    """y and the gaps at the optimum: 0, the closed form (no ends given), or intervals around the root."""
    if problem.is_zero:
        zero = algebra.number(Fraction(0))
        return zero, [zero] * len(problem.proper())
    if y is None:
        return _closed(problem, algebra)
    if not isinstance(algebra, Intervals):
        raise Rejected("an equality needs a closed form")
    return _enclosed(problem, algebra, y, gaps)


def optimum(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, (quantity, relation, value) = Labels(statement[0], budget), statement[1:]
    bits, y, gaps = need(witness, "bits", "y", "gaps")
    problem.kind()  # there is room for it

    def derived(algebra: Any) -> Any:
        return _quantity(problem, quantity, algebra, *at_optimum(problem, algebra, y, gaps))

    compared(budget, whole(bits, 64, 4096), derived, relation, expression(value))


def origin(statement: list[Any], witness: Any, budget: Budget) -> None:
    """Least Hessian eigenvalue at W = H = 0: (lW + lH)/2 - sqrt((lW - lH)^2/4 + s^2), or lambda_b if that is less."""
    problem, (relation, value) = Labels(statement[0], budget), statement[1:]
    (bits,) = need(witness, "bits")
    bits, lW, lH = whole(bits, 64, 4096), problem.lambda_W, problem.lambda_H
    square = problem.sides()[1] / problem.N**2

    def least(algebra: Any) -> Any:
        root = algebra.sqrt(algebra.number((lW - lH) ** 2 / 4 + square))
        return algebra.sub(algebra.number((lW + lH) / 2), root)

    def lowest(algebra: Any) -> Any:
        return least(algebra) if along is None else algebra.number(along)

    along, balls = problem.lambda_b, Intervals(bits, budget)
    if along is not None:
        low, high = balls.sub(least(balls), balls.number(along))
        if low <= 0 <= high:
            raise Rejected("which of the two eigenvalues is the least is not settled")
        along = along if low > 0 else None
    exact = relation == ">=" and square == lW * lH and along is None  # the least one is 0
    compared(budget, bits, lowest, "==" if exact else relation, expression(value))


KINDS: dict[str, tuple[tuple[str, ...], Callable[[list[Any], Any, Budget], None]]] = {
    "label/geometry/1": (("problem", "geometry"), geometry),
    "label/unique-root/1": (("problem",), root),
    "label/benign/1": (("problem",), benign),
    "label/optimum/1": (("problem", "quantity", "relation", "value"), optimum),
    "label/origin-curvature/1": (("problem", "relation", "value"), origin),
}
