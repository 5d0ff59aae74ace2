"""Label sets whose samples share one feature each: the problem restricted to such points, without a sum over copies."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ncproofs.losses.loss import Loss
from ncproofs.problems.multilabel import MultiLabel

__all__ = ["Tied"]


@dataclass(frozen=True, eq=False)
class Tied:
    """``problem`` at points where the c_j samples with the label set S_j have one feature h_j in R^d.

    With J distinct label sets, W (d, K), H (d, J), and v the weights of the losses,

        f(W, H, b) = (1/N) sum_j c_j v_j L(W^T h_j + b, S_j) + lambda_W/2 |W|^2 + lambda_H/2 sum_j c_j |h_j|^2
                     + lambda_b/2 |b|^2,

    spelt for ``calculus.objective`` as a mean over J samples, which is why N is J here. A critical point of it is one
    of ``problem``, since the group that permutes equal samples leaves the objective unchanged (symmetric criticality).
    """

    problem: MultiLabel
    d: int

    @property
    def K(self) -> int:
        return self.problem.K

    @cached_property
    def copies(self) -> tuple[int, ...]:
        """c_j, in the order of ``problem.label_counts``."""
        return tuple(self.problem.label_counts.values())

    @property
    def N(self) -> int:
        return len(self.copies)

    @property
    def loss(self) -> Loss:
        return self.problem.loss

    @property
    def targets(self) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(k - 1 for k in labels) for labels in self.problem.label_counts)

    @property
    def sample_weights(self) -> tuple[Fraction, ...]:
        """v_j c_j J/N: a mean over the J label sets with these weights is the mean over the samples."""
        share = Fraction(self.N, self.problem.N)
        return tuple(v * c * share for v, c in zip(self.problem.set_weights, self.copies, strict=True))

    @property
    def lambda_W(self) -> Fraction:
        return self.problem.lambda_W

    @property
    def lambda_H(self) -> Fraction:
        return self.problem.lambda_H

    @property
    def lambda_b(self) -> Fraction | None:
        return self.problem.lambda_b

    @property
    def has_bias(self) -> bool:
        return self.problem.has_bias

    @property
    def dimension(self) -> int:
        return self.d * (self.K + self.N) + (self.K if self.has_bias else 0)
