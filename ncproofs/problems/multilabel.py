"""Unconstrained features with weight decay when a sample carries a set of labels.

W is (d, K), H is (d, N). With v_m > 0 the weight of samples that carry m labels, and the loss of a label set S,

    f(W, H, b) = (1/N) sum_s v_{|S_s|} L(W^T h_s + b, S_s) + lambda_W/2 |W|^2 + lambda_H/2 |H|^2 + lambda_b/2 |b|^2.

The samples are given by counts (every set of m labels n_m times) or as an explicit list of label sets, balanced or
not. Counts are never expanded unless a sample is asked for, so K = 100 with m = 50 is a small problem.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from math import comb

from ncproofs.arithmetic.exact import nonnegative, positive, size
from ncproofs.errors import InvalidProblem, OutOfScope, with_short_numbers
from ncproofs.losses.loss import Loss
from ncproofs.losses.pick_all_label import label_weight, pick_all_label
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.problems.label_sets import counts_of, label_sets_of, weights_of

__all__ = ["Balanced", "MultiLabel", "Problem", "WeightDecay"]

#: The most samples that counts are expanded to, one by one.
_MOST_SAMPLES = 20_000


@dataclass(frozen=True)
class Balanced:
    """Samples with ``m`` labels: every set of m labels ``n`` times, each with weight ``v`` in front of its loss."""

    m: int
    n: int
    v: Fraction


@dataclass(frozen=True)
class MultiLabel:
    """One instance with exact weights.

    Arguments:
        K: classes, at least 2. d: feature dimension, at least 1. lambda_W, lambda_H, lambda_b: as for ``Ridge``.
        counts: m -> n_m, every set of m labels n_m times, as a mapping or a string such as "1:3,2:2".
        labels: instead of counts, the label sets of the samples, classes counted from 1: [{1}, {1, 3}], or a
            string such as "1; 1 3".
        weights: m -> v_m > 0, a mapping or a string such as "1:1,2:1/2"; 1 where not given.
        loss: pick-all-label cross-entropy unless given; the calculus takes any loss phi(t, S_1, ..., m).

    Raises:
        InvalidProblem, InexactInput: one line that says what was given and what is needed.
    """

    K: int
    d: int
    lambda_W: Fraction
    lambda_H: Fraction
    lambda_b: Fraction | None = None
    counts: tuple[tuple[int, int], ...] | Mapping[object, object] | str | None = None
    labels: tuple[tuple[int, ...], ...] | Iterable[Iterable[object]] | str | None = None
    weights: tuple[tuple[int, Fraction], ...] | Mapping[object, object] | str = ()
    loss: Loss = field(default_factory=pick_all_label)

    def __post_init__(self) -> None:
        if not isinstance(self.loss, Loss):
            raise InvalidProblem(f"loss={self.loss!r} is not a Loss; write for example pick_all_label()")
        if (self.counts is None) == (self.labels is None):
            given = "neither was" if self.counts is None else "both were"
            raise InvalidProblem(f"counts or labels are needed, and {given} given; write for example counts='1:3,2:2'")
        set_ = object.__setattr__
        set_(self, "K", size(self.K, "K", 2))
        set_(self, "d", size(self.d, "d", 1))
        set_(self, "lambda_W", positive(self.lambda_W, "lambda_W"))
        set_(self, "lambda_H", positive(self.lambda_H, "lambda_H"))
        if self.lambda_b == "none":
            set_(self, "lambda_b", None)
        if self.lambda_b is not None:
            set_(self, "lambda_b", nonnegative(self.lambda_b, "lambda_b"))
        if self.counts is not None:
            set_(self, "counts", counts_of(self.counts, self.K))
        else:
            set_(self, "labels", label_sets_of(self.labels, self.K))
        set_(self, "weights", weights_of(self.weights, self.K))

    @cached_property
    def label_counts(self) -> Counter[tuple[int, ...]]:
        """How often each label set occurs, labels counted from 1, sorted by number of labels.

        Raises:
            OutOfScope: counts that stand for more than 20000 label sets.
        """
        if self.labels is not None:
            found = Counter(self._sets)
            return Counter({labels: found[labels] for labels in sorted(found, key=lambda s: (len(s), s))})
        if sum(comb(self.K, m) for m, _ in self._table) > _MOST_SAMPLES:
            raise OutOfScope(
                f"the counts of {self} stand for more than {_MOST_SAMPLES} label sets, too many to list one by one"
            )
        return Counter({s: n for m, n in self._table for s in combinations(range(1, self.K + 1), m)})

    @cached_property
    def balanced(self) -> tuple[Balanced, ...] | None:
        """The multiplicities with their counts and weights, when every m has all its label sets equally often."""
        if self.labels is None:
            return tuple(Balanced(m, n, self.weight_of(m)) for m, n in self._table)
        found = []
        for m in sorted({len(labels) for labels in self.label_counts}):
            numbers = [n for labels, n in self.label_counts.items() if len(labels) == m]
            if len(numbers) != comb(self.K, m) or len(set(numbers)) > 1:
                return None
            found.append(Balanced(m, numbers[0], self.weight_of(m)))
        return tuple(found)

    @cached_property
    def is_pick_all_label(self) -> bool:
        """Whether the loss is v (m log S_1 - t) for every number m of labels that occurs."""
        return all(label_weight(self.loss, m) is not None for m in self.multiplicities)

    @property
    def multiplicities(self) -> tuple[int, ...]:
        """The numbers of labels that samples have, ascending."""
        if self.labels is None:
            return tuple(m for m, _ in self._table)
        return tuple(sorted({len(labels) for labels in self._sets}))

    def weight_of(self, m: int) -> Fraction:
        """v_m, times the factor that the loss itself has in front of pick-all-label cross-entropy."""
        return dict(self._weights).get(m, Fraction(1)) * (label_weight(self.loss, m) or 1)

    @property
    def N(self) -> int:
        """Number of samples."""
        if self.labels is None:
            return sum(n * comb(self.K, m) for m, n in self._table)
        return len(self._sets)

    @property
    def has_bias(self) -> bool:
        return self.lambda_b is not None

    @property
    def targets(self) -> tuple[tuple[int, ...], ...]:
        """The labels of each sample counted from 0: in the order given, or by m, then set, then copy.

        Raises:
            OutOfScope: counts that stand for more than 20000 samples.
        """
        if self.labels is not None:
            return tuple(tuple(k - 1 for k in labels) for labels in self._sets)
        if self.N > _MOST_SAMPLES:
            raise OutOfScope(f"{self} has {self.N} samples; at most {_MOST_SAMPLES} are listed one by one")
        return tuple(tuple(k - 1 for k in labels) for labels, n in self.label_counts.items() for _ in range(n))

    @property
    def sample_weights(self) -> tuple[Fraction, ...]:
        """How much the loss of each sample counts: v_m."""
        table = dict(self._weights)
        return tuple(table.get(len(labels), Fraction(1)) for labels in self.targets)

    @property
    def set_weights(self) -> tuple[Fraction, ...]:
        """v_m of each distinct label set, in the order of ``label_counts``."""
        table = dict(self._weights)
        return tuple(table.get(len(labels), Fraction(1)) for labels in self.label_counts)

    @property
    def dimension(self) -> int:
        """Number of real unknowns: K d + d N, plus K with a bias."""
        return self.K * self.d + self.d * self.N + (self.K if self.has_bias else 0)

    @property
    def _table(self) -> tuple[tuple[int, int], ...]:
        return self.counts  # type: ignore[return-value]

    @property
    def _sets(self) -> tuple[tuple[int, ...], ...]:
        return self.labels  # type: ignore[return-value]

    @property
    def _weights(self) -> tuple[tuple[int, Fraction], ...]:
        return self.weights  # type: ignore[return-value]

    @property
    def spelling(self) -> dict[str, str]:
        """The samples and their weights as exact strings, under the names of the command line."""
        if self.labels is None:
            samples = {"counts": ",".join(f"{m}:{n}" for m, n in self._table)}
        else:
            samples = {"labels": "; ".join(" ".join(map(str, labels)) for labels in self._sets)}
        if not self._weights:
            return samples
        return samples | {"weights": ",".join(f"{m}:{v}" for m, v in self._weights)}

    def __str__(self) -> str:
        bias = "none" if self.lambda_b is None else str(self.lambda_b)
        samples = " ".join(f"{name}={text}" for name, text in self.spelling.items())
        if self.labels is not None and len(samples) > 80:
            samples = f"{self.N} label sets ({len(self.label_counts)} distinct)"
        return with_short_numbers(
            f"{self.loss} K={self.K} d={self.d} {samples} "
            f"lambda_W={self.lambda_W} lambda_H={self.lambda_H} lambda_b={bias}"
        )


#: The two families whose points are W, H and b with weight decay; the calculus serves both.
WeightDecay = Ridge | MultiLabel

Problem = Ridge | Spheres | MultiLabel
