"""The losses of certificates as they are written, their values at special logits, and their power series."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ncproofs.proof.checker_arithmetic import Rejected, Series, evaluate, fractional_power, times, total
from ncproofs.proof.checker_reading import expression, listed, need, rational
from ncproofs.proof.checker_shifts import is_shift_invariant

_PLAIN = ("cross_entropy", "mean_squared", "projected_mean_squared")


def _weighted(algebra: Any, groups: list[tuple[Any, int]]) -> Any:
    return total(algebra, [entry if count == 1 else times(algebra, entry, count) for entry, count in groups])


class Loss:
    """One of the closed list, or an expression in t = z_k, K and the sums S1, S2, ... over j of f1(z_j), f2(z_j)."""

    def __init__(self, name: Any, parameter: Any) -> None:
        if name not in (*_PLAIN, "label_smoothing", "focal", "expression"):
            raise Rejected("an unknown loss")
        if (parameter is None) != (name in _PLAIN):
            raise Rejected("a parameter is missing or superfluous")
        self.name, self.parameter = name, Fraction(0)
        if name == "expression":
            phi, sums = need(parameter, "phi", "sums")
            self.phi, self.sums = expression(phi), [expression(body) for body in listed(sums)]
        elif parameter is not None:
            self.parameter = rational(parameter)
        if name == "focal" and self.parameter < 0:
            raise Rejected("the focal parameter is negative")
        self.is_linear = name == "cross_entropy" or (name == "label_smoothing" and 0 <= self.parameter < 1)

    @property
    def is_softmax(self) -> bool:
        """log-sum-exp plus a linear function, or an increasing function of it: unchanged by a shift of all logits."""
        return self.is_linear or self.name == "focal"

    def is_shift_invariant(self, K: int) -> bool:
        """Whether adding one number to all K logits is shown to change nothing; False proves nothing."""
        if self.name == "expression":
            return is_shift_invariant(self.phi, self.sums, K)
        return self.is_softmax

    def at(self, algebra: Any, z: list[Any], k: int) -> Any:
        """The loss at the logits z with the true class k."""
        return self.at_groups(algebra, z[k], [(entry, 1) for j, entry in enumerate(z) if j != k])

    def at_gap(self, algebra: Any, K: int, m: Any) -> Any:
        """The loss at the logits z_k = m, z_j = 0 for the K - 1 others."""
        return self.at_groups(algebra, m, [(algebra.number(Fraction(0)), K - 1)])

    def at_groups(self, algebra: Any, own: Any, others: list[tuple[Any, int]]) -> Any:
        """The loss with the true logit ``own`` and the others, each with how often it occurs."""
        others = [(entry, count) for entry, count in others if count]
        K = 1 + sum(count for _, count in others)
        groups = [(own, 1), *others]
        if self.name == "expression":
            env = {"t": own, "K": algebra.number(Fraction(K))}
            for i, body in enumerate(self.sums, start=1):
                env[f"S{i}"] = _weighted(algebra, [(evaluate(body, {"z": entry}, algebra), n) for entry, n in groups])
            return evaluate(self.phi, env, algebra)
        if self.name.endswith("mean_squared"):
            groups[0] = algebra.sub(own, algebra.number(Fraction(1))), 1
            return self._square(algebra, _weighted(algebra, [(algebra.power(entry, 2), n) for entry, n in groups]),
                                _weighted(algebra, groups), K)
        gaps = [(algebra.sub(entry, own), count) for entry, count in others]
        S = _weighted(algebra, [(algebra.exp(gap), count) for gap, count in gaps])
        return self._of_sum(algebra, S, _weighted(algebra, gaps), K)

    def _square(self, algebra: Any, squares: Any, sum_: Any, K: int) -> Any:
        """|z - e_k|^2/2, without the square of its mean part if projected."""
        if self.name == "projected_mean_squared":
            squares = algebra.sub(squares, times(algebra, algebra.power(sum_, 2), Fraction(1, K)))
        return times(algebra, squares, Fraction(1, 2))

    def _of_sum(self, algebra: Any, S: Any, gaps: Any, K: int) -> Any:
        """From S = sum_{j != k} exp(z_j - z_k) and the sum of all z_j - z_k."""
        more = algebra.add(algebra.number(Fraction(1)), S)
        value = algebra.log(more)
        if self.name == "focal":
            return algebra.mul(fractional_power(algebra, algebra.div(S, more), self.parameter), value)
        return algebra.add(value, times(algebra, gaps, -self.parameter / K)) if self.parameter else value


class LabelLoss:
    """v (m log sum_j exp(z_j) - sum_{k in S} z_k) for a set S of m labels, with a weight v for each m."""

    def __init__(self, weight: Callable[[int], Fraction]) -> None:
        self.weight = weight

    def at(self, algebra: Any, z: list[Any], labels: tuple[int, ...]) -> Any:
        """The loss at the logits z; labels count from 0. Each gap to a label is small, so exponentials are too."""
        m = len(labels)
        mean = times(algebra, total(algebra, [z[k] for k in labels]), Fraction(1, m))
        waves = total(algebra, [algebra.exp(algebra.sub(entry, mean)) for entry in z])
        return times(algebra, algebra.log(waves), m * self.weight(m))

    def is_shift_invariant(self, K: int) -> bool:
        """Yes, whatever K: m log sum_j exp(z_j) grows by m s, and so do the m labels' logits."""
        return True


def expansion(loss: Loss | LabelLoss, balls: Any, z: list[Any], k: Any) -> tuple[list[Any], list[list[Any]]]:
    """Gradient and Hessian of the loss in the logits, from its power series along e_i and e_i + e_j."""
    series, K = Series(balls, 2), len(z)
    balls.budget.spend(8 * K**3)

    def along(*moved: int) -> list[Any]:
        parts: list[Any] = loss.at(series, [series.constant(x, int(j in moved)) for j, x in enumerate(z)], k)
        return parts

    single = [along(i) for i in range(K)]
    hessian = [[times(balls, single[i][2], 2)] * K for i in range(K)]
    for i in range(K):
        for j in range(i):
            mixed = balls.sub(balls.sub(along(i, j)[2], single[i][2]), single[j][2])
            hessian[i][j] = hessian[j][i] = mixed
    return [part[1] for part in single], hessian
