"""The layered unconstrained features model with the mean squared error: L weight layers on free features.

W_1 is (d_2, d_1), ..., W_L is (K, d_L), H is (d_1, N): columns are features, class by class; b is (K,).
The objective is

    f = (1/2N) |W_L ... W_1 H + b 1^T - Y|^2 + sum_l lambda_l/2 |W_l|^2 + lambda_H/2 |H|^2 + lambda_b/2 |b|^2,

with one-hot columns of Y. With ``relu`` (two layers) the first is followed by max(0, .): W_2 relu(W_1 H).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

from ncproofs.arithmetic.exact import nonnegative, positive, size
from ncproofs.errors import InvalidProblem, with_short_numbers

__all__ = ["Layered"]

_DEEPEST = 64
_LARGEST = 10**6


@dataclass(frozen=True)
class Layered:
    """One instance with exact weights.

    Arguments:
        layers: L, the number of weight matrices, 1 to 64. K: classes, at least 2.
        lambdas: the weight decay of W_1, ..., W_L, each > 0; a sequence, or text such as "1/100,1/50".
        lambda_H: > 0. n: samples per class, at least 1.
        widths: d_1, ..., d_L (features, then outputs of W_1, ..., W_{L-1}); one number for all, or None for K.
        lambda_b: None (or "none") for no bias, 0 for a free bias, > 0 otherwise.
        relu: max(0, .) after the first of two layers; without a bias and with equal classes.
        class_sizes: n_1, ..., n_K in place of n, or None (or "none").

    Raises:
        InvalidProblem, InexactInput: one line that says what was given and what is needed.
    """

    layers: int
    K: int
    lambdas: tuple[Fraction, ...]
    lambda_H: Fraction
    n: int = 1
    widths: tuple[int, ...] = ()
    lambda_b: Fraction | None = None
    relu: bool = False
    class_sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "layers", _capped(size(self.layers, "layers", 1), "layers", _DEEPEST))
        set_(self, "K", _capped(size(self.K, "K", 2), "K", _LARGEST))
        set_(self, "n", _capped(size(self.n, "n", 1), "n", _LARGEST))
        weights = _items(self.lambdas, "lambdas")
        if len(weights) != self.layers:
            raise InvalidProblem(
                f"{len(weights)} lambdas given for {self.layers} layers; write one for each layer, "
                f"for example {','.join(['1/100'] * self.layers) if self.layers < 6 else 'W1,...,WL'}"
            )
        set_(self, "lambdas", tuple(positive(v, f"lambda_{i}") for i, v in enumerate(weights, start=1)))
        set_(self, "lambda_H", positive(self.lambda_H, "lambda_H"))
        if self.lambda_b == "none":  # as the command line, suites and JSON spell it
            set_(self, "lambda_b", None)
        if self.lambda_b is not None:
            set_(self, "lambda_b", nonnegative(self.lambda_b, "lambda_b"))
        set_(self, "widths", self._widths())
        set_(self, "class_sizes", self._sizes())
        if self.balanced:
            set_(self, "n", self.class_sizes[0])
        set_(self, "relu", _flag(self.relu))
        if self.relu:
            self._check_relu()

    def _widths(self) -> tuple[int, ...]:
        given = self.K if self.widths in (None, (), "none") else self.widths
        widths = [_capped(size(v, f"d_{l}", 1), f"d_{l}", _LARGEST)
                  for l, v in enumerate(_items(given, "widths"), start=1)]  # noqa: E741
        if len(widths) == 1:
            widths *= self.layers
        if len(widths) != self.layers:
            raise InvalidProblem(
                f"{len(widths)} widths given for {self.layers} layers; write d_1,...,d_L (in a suite with blanks: "
                "'d_1 ... d_L'), or one number for all"
            )
        return tuple(widths)

    def _sizes(self) -> tuple[int, ...]:
        if self.class_sizes in (None, (), "none"):
            return (self.n,) * self.K
        sizes = tuple(_capped(size(v, f"n_{k}", 1), f"n_{k}", _LARGEST)
                      for k, v in enumerate(_items(self.class_sizes, "class_sizes"), start=1))
        if len(sizes) != self.K:
            raise InvalidProblem(f"{len(sizes)} class sizes given for K={self.K}; write one for each class")
        if self.n not in (1, sizes[0]) or (self.n != 1 and len(set(sizes)) > 1):
            raise InvalidProblem(f"n={self.n} and class sizes {_spelled(sizes)} given; write one or the other")
        return sizes

    def _check_relu(self) -> None:
        if self.layers != 2:
            raise InvalidProblem(f"relu with {self.layers} layers given, but the theorems speak of W_2 relu(W_1 H); "
                                 "write layers=2")
        if self.has_bias:
            raise InvalidProblem(f"relu with lambda_b={self.lambda_b} given, but the theorems have no bias; "
                                 "write lambda_b=none")
        if not self.balanced:
            raise InvalidProblem(f"relu with class sizes {_spelled(self.class_sizes)} given; write equal ones")

    @property
    def factors(self) -> int:
        """M = L + 1, the number of factors: the weight matrices and the features."""
        return self.layers + 1

    @property
    def balanced(self) -> bool:
        """Whether all classes have the same number of samples."""
        return len(set(self.class_sizes)) == 1

    @property
    def N(self) -> int:
        """Number of samples."""
        return sum(self.class_sizes)

    @property
    def has_bias(self) -> bool:
        return self.lambda_b is not None

    @property
    def rank(self) -> int:
        """The largest rank that the widths allow: min(K, d_1, ..., d_L)."""
        return min(self.K, *self.widths)

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """The shapes of H, W_1, ..., W_L."""
        rows = (*self.widths, self.K)
        return tuple(zip(rows, (self.N, *self.widths), strict=True))

    @property
    def dimension(self) -> int:
        """Number of real unknowns."""
        return sum(rows * columns for rows, columns in self.shapes) + (self.K if self.has_bias else 0)

    @property
    def weights(self) -> tuple[Fraction, ...]:
        """lambda_H, lambda_1, ..., lambda_L."""
        return (self.lambda_H, *self.lambdas)

    @property
    def weight_product(self) -> Fraction:
        """lambda_H lambda_1 ... lambda_L."""
        return self.lambda_H * prod(self.lambdas)

    @property
    def mean_weight(self) -> Fraction:
        """kappa_b = lambda_b/(1 + lambda_b): how much the mean direction counts once the bias is eliminated."""
        return Fraction(1) if self.lambda_b is None else self.lambda_b / (1 + self.lambda_b)

    @property
    def parameters(self) -> dict[str, str]:
        """Exact spellings under the names of the command line and of suites."""
        return {
            "layers": str(self.layers), "K": str(self.K), "d": _spelled(self.widths), "n": str(self.n),
            "lambdas": _spelled(self.lambdas), "lambda_H": str(self.lambda_H),
            "lambda_b": "none" if self.lambda_b is None else str(self.lambda_b), "relu": "yes" if self.relu else "no",
            "class_sizes": "none" if self.balanced else _spelled(self.class_sizes),
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Layered:
        """The problem that ``parameters`` spell; ``d`` stands for the widths (K when left out).

        Raises:
            InvalidProblem, InexactInput: as the class itself.
        """
        given = dict(parameters)
        widths = given.pop("d", "K")
        return cls(widths=() if widths == "K" else widths, **given)

    def __str__(self) -> str:
        sizes = f"n={self.n}" if self.balanced else f"class_sizes={_spelled(self.class_sizes)}"
        widths = _spelled(self.widths[:1] if len(set(self.widths)) == 1 else self.widths)
        bias = "none" if self.lambda_b is None else str(self.lambda_b)
        return with_short_numbers(
            f"{'ReLU ' if self.relu else ''}layers={self.layers} K={self.K} d={widths} {sizes} "
            f"lambdas={_spelled(self.lambdas)} lambda_H={self.lambda_H} lambda_b={bias}"
        )


def _capped(value: int, name: str, most: int) -> int:
    if value > most:
        raise InvalidProblem(f"{name}={value} given, but at most {most} is supported")
    return value


def _items(value: Any, name: str) -> list[Any]:
    """One number, a sequence of numbers, or text with commas or blanks between them."""
    if isinstance(value, str):
        items: list[Any] = value.replace(",", " ").split() if ",," not in value.replace(" ", "") else [""]
    elif isinstance(value, Iterable):
        items = list(value)
    else:
        items = [value]
    if not items or "" in items:
        raise InvalidProblem(f"{name}={value!r} has an empty entry; write numbers with commas between them")
    return items


def _flag(value: object) -> bool:
    known = {True: True, False: False, "yes": True, "no": False, "true": True, "false": False}
    if not isinstance(value, (bool, str)) or value not in known:
        raise InvalidProblem(f"relu={value!r} given; write yes or no")
    return known[value]


def _spelled(values: Iterable[object]) -> str:
    return ",".join(map(str, values))
