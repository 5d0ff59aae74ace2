r"""Regularised networks of the convex-duality papers, as exact data.

Convention of this family: samples are rows. X is (n, d), Y is (n, K), and the objective is

    (1/2) |f(X) - Y|^2 + (beta/2) * (weight decay),          no factor 1/n,

over networks f of every width. Spline interpolation instead minimises sum |a_j| |w_j| subject to f(x_i) = y_i.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from ncproofs.arithmetic.exact import exact_number, positive, size
from ncproofs.errors import InvalidProblem

__all__ = ["KINDS", "NORMALISATIONS", "Labels", "Matrix", "Network", "Points", "Regression", "batchnorm", "linear",
           "relu", "spline"]

Matrix = tuple[tuple[Fraction, ...], ...]

KINDS = ("linear", "deep-linear", "relu", "spline", "batchnorm")
#: standard: weight decay on every layer. unit: inner layers have norm at most one, weight decay on the last two.
NORMALISATIONS = ("standard", "unit")
_MOST_ENTRIES = 20_000
_MOST_SAMPLES = 2000
_DEEPEST = 12


@dataclass(frozen=True)
class Regression:
    """Rows of inputs X (n, d) and targets Y (n, K); a flat Y is one column."""

    X: Matrix
    Y: Matrix

    def __post_init__(self) -> None:
        object.__setattr__(self, "X", _matrix(self.X, "X"))
        object.__setattr__(self, "Y", _matrix(self.Y, "Y"))
        if len(self.X) != len(self.Y):
            raise InvalidProblem(f"X has {len(self.X)} rows and Y has {len(self.Y)}; give one row a sample in both")

    def __str__(self) -> str:
        return f"n={len(self.X)} d={len(self.X[0])} K={len(self.Y[0])} X={_shown(self.X)} Y={_shown(self.Y)}"


@dataclass(frozen=True)
class Points:
    """Points (x_i, y_i) of the plane with distinct x_i, kept in the order of x."""

    x: tuple[Fraction, ...]
    y: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        x, y = _vector(self.x, "x"), _vector(self.y, "y")
        if len(x) != len(y):
            raise InvalidProblem(f"{len(x)} values of x and {len(y)} of y given; give one y for each x")
        if len(x) < 2:
            raise InvalidProblem(f"{len(x)} point given, but a spline needs at least 2")
        pairs = sorted(zip(x, y, strict=True))
        for (left, _), (right, _) in pairwise(pairs):
            if left == right:
                raise InvalidProblem(f"x={left} is given twice; a function has one value there, so give each x once")
        object.__setattr__(self, "x", tuple(pair[0] for pair in pairs))
        object.__setattr__(self, "y", tuple(pair[1] for pair in pairs))

    def __str__(self) -> str:
        return f"n={len(self.x)} x={_shown((self.x,))} y={_shown((self.y,))}"


@dataclass(frozen=True)
class Labels:
    """Class sizes n_k >= 1 of one-hot labels, and optionally the inputs A of the last hidden layer (rows, class-major).

    Without A the inputs are taken to be such that every centred label vector lies in the range of the centred A.
    """

    counts: tuple[int, ...]
    A: Matrix | None = None

    def __post_init__(self) -> None:
        counts = tuple(size(value, f"size of class {k}", 0)
                       for k, value in enumerate(_sequence(self.counts, "counts"), start=1))
        if 0 in counts:
            raise InvalidProblem(f"class {counts.index(0) + 1} of {len(counts)} is empty; one-hot labels need a "
                                 "sample of every class")
        if len(counts) < 2:
            raise InvalidProblem(f"{len(counts)} class given, but at least 2 are needed")
        if sum(counts) > 10**9:
            raise InvalidProblem(f"{sum(counts)} samples given; write at most 10^9")
        object.__setattr__(self, "counts", counts)
        if self.A is not None:
            object.__setattr__(self, "A", _matrix(self.A, "A"))
            if len(self.A) != sum(counts):
                raise InvalidProblem(f"A has {len(self.A)} rows, but the labels count {sum(counts)} samples")

    def __str__(self) -> str:
        return f"counts={','.join(map(str, self.counts))}" + ("" if self.A is None else f" A={_shown(self.A)}")


@dataclass(frozen=True)
class Network:
    """One regularised network problem.

    Arguments:
        kind: "linear" (two layers), "deep-linear", "relu", "spline" or "batchnorm".
        data: ``Regression`` for the first three, ``Points`` for a spline, ``Labels`` for batchnorm.
        beta: > 0; for a spline None, which means interpolation.
        layers: weight layers, 2 unless deep. normalisation: "standard" or "unit"; they differ from 3 layers on.

    Raises:
        InvalidProblem, InexactInput: one line that says what was given and what is needed.
    """

    kind: str
    data: Regression | Points | Labels
    beta: Fraction | None = None
    layers: int = 2
    normalisation: str = "standard"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidProblem(f"kind={self.kind!r} given; write one of: {', '.join(KINDS)}")
        needed = {"spline": Points, "batchnorm": Labels}.get(self.kind, Regression)
        if not isinstance(self.data, needed):
            raise InvalidProblem(f"kind {self.kind} given with {type(self.data).__name__}; give {needed.__name__}")
        set_ = object.__setattr__
        set_(self, "layers", size(self.layers, "layers", 2))
        if self.normalisation not in NORMALISATIONS:
            raise InvalidProblem(
                f"normalisation={self.normalisation!r} given; write one of: {', '.join(NORMALISATIONS)}"
            )
        if self.kind in ("spline", "batchnorm") and self.normalisation != "standard":
            raise InvalidProblem(f"normalisation={self.normalisation} given, but kind {self.kind} has no inner layers; "
                                 "leave it out")
        if self.layers > _DEEPEST:
            raise InvalidProblem(f"layers={self.layers} given; write at most {_DEEPEST}")
        if self.layers > 2 and self.kind not in ("deep-linear", "relu"):
            raise InvalidProblem(f"layers={self.layers} given, but kind {self.kind} has 2; write deep-linear or relu")
        if self.kind == "spline" and self.beta is not None:
            raise InvalidProblem(f"beta={self.beta} given, but a spline here interpolates; leave beta out")
        if self.kind != "spline":
            if self.beta is None:
                raise InvalidProblem(f"kind {self.kind} needs beta > 0; write for example beta '1/10'")
            set_(self, "beta", positive(self.beta, "beta"))

    @property
    def X(self) -> Matrix:
        assert isinstance(self.data, Regression)
        return self.data.X

    @property
    def Y(self) -> Matrix:
        assert isinstance(self.data, Regression)
        return self.data.Y

    @property
    def price(self) -> Fraction:
        """beta, for the kinds that have one."""
        assert self.beta is not None
        return self.beta

    @property
    def is_whitened(self) -> bool:
        """X X^T = I_n, exactly; it needs n <= d."""
        return not self.not_whitened

    @property
    def not_whitened(self) -> str:
        """What keeps X X^T from being I_n, in words; empty when nothing does."""
        if len(self.X) > len(self.X[0]):
            return f"n={len(self.X)} > d={len(self.X[0])}"
        for i, row in enumerate(self.X, start=1):
            for j, other in enumerate(self.X[:i], start=1):
                entry = sum((a * b for a, b in zip(row, other, strict=True)), Fraction(0))
                if entry != (i == j):
                    return f"entry ({i}, {j}) of X X^T is {entry}"
        return ""

    def __str__(self) -> str:
        deep = f" layers={self.layers} normalisation={self.normalisation}" if self.layers > 2 else ""
        return f"{self.kind} network {self.data}{'' if self.beta is None else f' beta={self.beta}'}{deep}"


def linear(X: Any, Y: Any, beta: Any, *, layers: int = 2, normalisation: str = "standard") -> Network:
    """A linear network x -> x W_1 ... W_L with squared error and weight decay."""
    kind = "linear" if layers == 2 else "deep-linear"
    return Network(kind, Regression(X, Y), beta, layers, normalisation)


def relu(X: Any, Y: Any, beta: Any, *, layers: int = 2, normalisation: str = "standard") -> Network:
    """A ReLU network without biases; with more than two layers, a sum of parallel subnetworks."""
    return Network("relu", Regression(X, Y), beta, layers, normalisation)


def spline(x: Any, y: Any) -> Network:
    """Interpolation by a two-layer ReLU network in one variable: least sum |a_j| |w_j|, biases free."""
    return Network("spline", Points(x, y))


def batchnorm(counts: Any, beta: Any, A: Any = None) -> Network:
    """Batch normalisation and ReLU before the last layer, one-hot labels with these class sizes."""
    return Network("batchnorm", Labels(counts, A), beta)


def _sequence(value: Any, name: str) -> Sequence[Any]:
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InvalidProblem(f"{name}={value!r} is not a list; write for example ['1', '1/2']")
    if not value:
        raise InvalidProblem(f"{name} is empty; give at least one entry")
    if len(value) > _MOST_SAMPLES:
        raise InvalidProblem(f"{name} has {len(value)} entries; give at most {_MOST_SAMPLES}")
    return value


def _vector(value: Any, name: str) -> tuple[Fraction, ...]:
    return tuple(exact_number(entry, f"{name} (entry {i})") for i, entry in enumerate(_sequence(value, name), start=1))


def _matrix(value: Any, name: str) -> Matrix:
    rows = [row.tolist() if hasattr(row, "tolist") else row for row in _sequence(value, name)]
    nested = [isinstance(row, Sequence) and not isinstance(row, str) for row in rows]
    if not any(nested):
        rows, nested = [[entry] for entry in rows], [True] * len(rows)
    if not all(nested):
        raise InvalidProblem(f"{name} mixes rows and numbers; give a list of rows")
    for i, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]) or not row:
            raise InvalidProblem(f"{name} is ragged: row 1 has {len(rows[0])} entries, row {i} has {len(row)}")
    if len(rows) * len(rows[0]) > _MOST_ENTRIES:
        raise InvalidProblem(f"{name} has {len(rows) * len(rows[0])} entries; give at most {_MOST_ENTRIES}")
    return tuple(
        tuple(exact_number(entry, f"{name} (row {i}, column {j})") for j, entry in enumerate(row, start=1))
        for i, row in enumerate(rows, start=1)
    )


def _shown(rows: Matrix) -> str:
    """The entries, or a checksum of them when they are many: the name of an instance must tell it from others."""
    text = "; ".join(" ".join(map(str, row)) for row in rows)
    if len(text) <= 80:
        return f"[{text}]"
    from hashlib import sha256

    return f"[{len(rows)} x {len(rows[0])}, sha256 {sha256(text.encode()).hexdigest()[:12]}]"
