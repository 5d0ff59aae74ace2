"""The unconstrained features model: with weight decay, or with unit classifiers and features.

W is (d, K): columns are classifiers. H is (d, N), N = nK: columns are features, class-major. The objectives are

    f(W, H, b) = (1/N) sum_{k,i} L(W^T h_{k,i} + b, k) + lambda_W/2 |W|^2 + lambda_H/2 |H|^2 + lambda_b/2 |b|^2,
    f(W, H)    = (1/N) sum_{k,i} L(tau W^T h_{k,i}, k)    with every column of W and H of length one.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ncproofs.arithmetic.exact import nonnegative, positive, size
from ncproofs.errors import InvalidProblem, with_short_numbers
from ncproofs.losses.loss import Loss

_HOTTEST = 10**5

__all__ = ["FeatureProblem", "Ridge", "Spheres"]


@dataclass(frozen=True)
class Ridge:
    """One instance with exact weights.

    Arguments:
        loss: a ``Loss``.
        K: classes, at least 2. d: feature dimension, at least 1. n: samples per class, at least 1.
        lambda_W, lambda_H: weight decay, > 0. lambda_b: None (or "none") for no bias, 0 for a free bias, > 0 otherwise.
            Integers, Fractions, SymPy rationals or strings such as "1/100"; a Python float is refused.

    Raises:
        InvalidProblem, InexactInput: one line that says what was given and what is needed.
    """

    loss: Loss
    K: int
    d: int
    n: int
    lambda_W: Fraction
    lambda_H: Fraction
    lambda_b: Fraction | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.loss, Loss):
            raise InvalidProblem(f"loss={self.loss!r} is not a Loss; write for example cross_entropy() or focal(2)")
        set_ = object.__setattr__
        set_(self, "K", size(self.K, "K", 2))
        set_(self, "loss", self.loss.single_label().for_classes(self.K))
        set_(self, "d", size(self.d, "d", 1))
        set_(self, "n", size(self.n, "n", 1))
        set_(self, "lambda_W", positive(self.lambda_W, "lambda_W"))
        set_(self, "lambda_H", positive(self.lambda_H, "lambda_H"))
        if self.lambda_b == "none":  # as the command line, suites and JSON spell it
            set_(self, "lambda_b", None)
        if self.lambda_b is not None:
            set_(self, "lambda_b", nonnegative(self.lambda_b, "lambda_b"))

    @property
    def N(self) -> int:
        """Number of samples, n K."""
        return self.n * self.K

    @property
    def has_bias(self) -> bool:
        return self.lambda_b is not None

    @property
    def targets(self) -> tuple[tuple[int, ...], ...]:
        """The labels of each sample, counted from 0: one."""
        return tuple((k,) for k in range(self.K) for _ in range(self.n))

    @property
    def sample_weights(self) -> tuple[Fraction, ...]:
        """How much the loss of each sample counts: 1."""
        return (Fraction(1),) * self.N

    @property
    def dimension(self) -> int:
        """Number of real unknowns: K d + d N, plus K with a bias."""
        return self.K * self.d + self.d * self.N + (self.K if self.has_bias else 0)

    @property
    def c_squared(self) -> Fraction:
        """c^2 = n lambda_W lambda_H, exactly; the scale equation reads phi'(t) = c."""
        return self.n * self.lambda_W * self.lambda_H

    def __str__(self) -> str:
        bias = "none" if self.lambda_b is None else str(self.lambda_b)
        return with_short_numbers(
            f"{self.loss} K={self.K} d={self.d} n={self.n} "
            f"lambda_W={self.lambda_W} lambda_H={self.lambda_H} lambda_b={bias}"
        )


@dataclass(frozen=True)
class Spheres:
    """One instance with normalised classifiers and features at temperature tau.

    Arguments:
        loss: a ``Loss``. K: classes, at least 2. d: feature dimension, at least 2 (in R^1 unit vectors are isolated
            points and there is no landscape). n: samples per class, at least 1. tau: > 0, exact, at most
            100000 and at least its inverse (curvatures behave like exp(-tau)).

    Raises:
        InvalidProblem, InexactInput: one line that says what was given and what is needed.
    """

    loss: Loss
    K: int
    d: int
    n: int
    tau: Fraction

    def __post_init__(self) -> None:
        if not isinstance(self.loss, Loss):
            raise InvalidProblem(f"loss={self.loss!r} is not a Loss; write for example cross_entropy() or focal(2)")
        set_ = object.__setattr__
        set_(self, "K", size(self.K, "K", 2))
        set_(self, "loss", self.loss.single_label().for_classes(self.K))
        set_(self, "d", size(self.d, "d", 2))
        set_(self, "n", size(self.n, "n", 1))
        set_(self, "tau", positive(self.tau, "tau"))
        if not Fraction(1, _HOTTEST) <= self.tau <= _HOTTEST:
            raise InvalidProblem(f"tau={self.tau} given; write a number from 1/{_HOTTEST} to {_HOTTEST}")

    @property
    def N(self) -> int:
        """Number of samples, n K."""
        return self.n * self.K

    @property
    def dimension(self) -> int:
        """Dimension of the product of spheres, (K + N)(d - 1)."""
        return (self.K + self.N) * (self.d - 1)

    def __str__(self) -> str:
        return with_short_numbers(f"{self.loss} on spheres K={self.K} d={self.d} n={self.n} tau={self.tau}")


#: The problems with n samples of every class.
FeatureProblem = Ridge | Spheres
