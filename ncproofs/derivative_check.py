r"""Check a user's derivatives on a manifold: does the Taylor remainder fall at the rate it must?

With R the second-order retraction of the manifold, X a point and U a unit tangent vector,

    f(R_X(tU)) - f(X) - t <grad f, U>                             = O(t^2),
    f(R_X(tU)) - f(X) - t <grad f, U> - (t^2/2) <U, Hess f[U]>    = O(t^3).

On a log-log plot the remainder (the larger of those at t and -t) is a line of slope 2 or 3; a wrong gradient gives
slope 1, a wrong Hessian slope 2.
The slope is fitted on the smallest steps at which the remainder stands clear of rounding, where a small error of
the derivative shows; how large rounding is, is measured from f alone. Floats at one point along one direction:
such a check can refute, and never proves.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from ncproofs.errors import InvalidProblem, MissingDependency
from ncproofs.manifold import Manifold
from ncproofs.truth import Rigor, Truth

__all__ = ["DerivativeCheck", "check_gradient", "check_hessian"]

Point = Any
Function = Callable[[Point], float]

#: Sizes below which a defect of the caller's input counts as rounding.
_ON_MANIFOLD = 1e-8
#: A remainder this many times the rounding of f is used for the fit.
_CLEAR = 1e3
#: Relative residuals of tangency and symmetry that are still rounding.
_RESIDUAL = 1e-8
_STEPS = 97  # of t, from 10^-8 to 1
_DECADES = 1.25  # width of the window of the fit


@dataclass(frozen=True, kw_only=True)
class DerivativeCheck:
    """What was seen of one derivative at one point along one direction.

    ``slope`` is the exponent fitted to the Taylor remainder on ``window``, the interval of step sizes; both are None
    when the remainder never leaves rounding level, and ``is_exact`` then says that the Taylor model is exact up to
    rounding. ``tangency`` is the relative size of the normal part of the gradient or Hessian vector, ``symmetry``
    that of <U, Hess[V]> - <V, Hess[U]> (None for a gradient). ``truth`` never certifies: its rigor is sampled, and
    estimated for a refutation.
    """

    what: Literal["gradient", "Hessian"]
    expected: int
    slope: float | None
    window: tuple[float, float] | None
    is_exact: bool
    tangency: float
    symmetry: float | None
    truth: Truth
    steps: tuple[float, ...] = field(repr=False)
    remainders: tuple[float, ...] = field(repr=False)
    rounding: float

    @property
    def rigor(self) -> Rigor:
        return Rigor.SAMPLED if self.truth is Truth.HOLDS else Rigor.ESTIMATED

    @property
    def sentence(self) -> str:
        """The result in words."""
        if self.is_exact:
            seen = f"the Taylor model with this {self.what} is exact up to rounding ({self.rounding:.1e})"
        elif self.slope is None or self.window is None:
            seen = "too few step sizes show a remainder above rounding"
        else:
            low, high = self.window
            seen = (f"the Taylor remainder has slope {self.slope:.2f} for step sizes {low:.1e} to {high:.1e}; a right "
                    f"{self.what} gives {self.expected}")
        if self.tangency > _RESIDUAL:
            seen += f"; it is not tangent (relative residual {self.tangency:.1e})"
        if self.symmetry is not None and self.symmetry > _RESIDUAL:
            seen += f"; it is not symmetric (relative residual {self.symmetry:.1e})"
        words = {
            Truth.HOLDS: "no error seen (sampled at one point)", Truth.FAILS: "wrong", Truth.UNDECIDED: "undecided",
        }
        return f"{self.what}: {words[self.truth]}: {seen}"

    def plot(self, path: str | None = None) -> Any:
        """The remainder over the step size, log-log, with a line of the expected slope; saved to ``path`` if given.

        Raises:
            MissingDependency: matplotlib is not installed.
        """
        try:
            from matplotlib.figure import Figure  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            raise MissingDependency("the slope plot needs matplotlib; pip install 'ncproofs[plot]'") from None
        figure = Figure(figsize=(5, 4), layout="constrained")
        axes = figure.add_subplot()
        axes.loglog(self.steps, [max(r, self.rounding / 100) for r in self.remainders], label="Taylor remainder")
        last = max(self.remainders[-1], self.rounding)
        axes.loglog(self.steps, [last * t**self.expected for t in self.steps], "--", label=f"slope {self.expected}")
        axes.axhline(self.rounding, color="gray", linewidth=1, label="rounding")
        if self.window is not None:
            axes.axvspan(*self.window, alpha=0.15)
        axes.set(xlabel="step size", ylabel="remainder", title=f"{self.what}: {self.truth}",
                 ylim=(self.rounding / 100, None))
        axes.legend()
        if path is not None:
            figure.savefig(path)
        return figure


def check_gradient(
    manifold: Manifold, f: Function, euclidean_gradient: Callable[[Point], Point], *,
    point: Point = None, tangent: Point = None, rng: Any = 0,
) -> DerivativeCheck:
    """Whether ``euclidean_gradient``, projected to the tangent space, is the gradient of ``f``, as far as floats see.

    Arguments:
        manifold: where ``f`` lives; points are float arrays, tuples of them on a product.
        f: a function of a point, a number.
        euclidean_gradient: a function of a point, an array (or tuple) of the point's shape.
        point: where; drawn at random if not given.
        tangent: along what; drawn at random if not given.
        rng: a seed or numpy generator.

    Raises:
        InvalidProblem: a point off the manifold, a vector that is zero or not tangent, values that are not finite.
    """
    point, tangent, _ = _place(manifold, point, tangent, rng)
    gradient = manifold.riemannian_gradient(point, euclidean_gradient(point))
    terms = [float(manifold.inner_product(gradient, tangent))]
    return _record("gradient", manifold, f, point, tangent, terms, _normal_part(manifold, point, gradient), None)


def check_hessian(
    manifold: Manifold, f: Function, euclidean_gradient: Callable[[Point], Point],
    euclidean_hessian_along: Callable[[Point, Point], Point], *,
    point: Point = None, tangent: Point = None, rng: Any = 0,
) -> DerivativeCheck:
    """Whether the Euclidean derivatives give the Riemannian Hessian of ``f``, as far as floats see.

    Arguments: as ``check_gradient``, and ``euclidean_hessian_along(X, U)``, the derivative of the Euclidean gradient
    along ``U``. Symmetry is looked at with a second random tangent vector.

    Raises:
        InvalidProblem: as ``check_gradient``.
    """
    point, tangent, generator = _place(manifold, point, tangent, rng)
    slopes = euclidean_gradient(point)
    gradient = manifold.riemannian_gradient(point, slopes)

    def hessian(vector: Point) -> Point:
        return manifold.riemannian_hessian(point, slopes, euclidean_hessian_along(point, vector), vector)

    along, other = hessian(tangent), manifold.random_tangent(point, generator)
    across = hessian(other)
    left, right = manifold.inner_product(other, along), manifold.inner_product(tangent, across)
    size = _norm(manifold, along) + _norm(manifold, across)
    symmetry = float(abs(left - right)) / size if size else 0.0
    terms = [float(manifold.inner_product(gradient, tangent)), float(manifold.inner_product(tangent, along)) / 2]
    return _record("Hessian", manifold, f, point, tangent, terms, _normal_part(manifold, point, along), symmetry)


def _place(manifold: Manifold, point: Point, tangent: Point, rng: Any) -> tuple[Point, Point, Any]:
    import numpy as np

    if not isinstance(manifold, Manifold):
        raise InvalidProblem(f"{manifold!r} is not a manifold; write for example Sphere(3) or Oblique(3, 4)")
    generator = np.random.default_rng(rng)
    if point is None:
        point = manifold.random_point(generator)
    defect = float(manifold.defect(point))
    if not defect <= _ON_MANIFOLD:
        raise InvalidProblem(f"the point is off the manifold by {defect:.1e}; normalise its columns first")
    if tangent is None:
        return point, manifold.random_tangent(point, generator), generator
    length = _norm(manifold, manifold.projection(point, tangent)) + _norm(manifold, tangent)
    if math.isnan(length):
        raise InvalidProblem("the tangent vector has entries that are not finite; a nonzero finite one is needed")
    length = _norm(manifold, tangent)
    if not (0 < length < math.inf):
        raise InvalidProblem(f"a tangent vector of length {length} given; a nonzero finite one is needed")
    residual = _normal_part(manifold, point, tangent)
    if residual > _ON_MANIFOLD:
        raise InvalidProblem(f"the vector has a normal part of relative size {residual:.1e}; project it with "
                             f"manifold.projection(point, vector)")
    return point, manifold.combination(1 / length, tangent, 0, tangent), generator


def _norm(manifold: Manifold, vector: Point) -> float:
    squared = float(manifold.inner_product(vector, vector))
    return math.sqrt(max(squared, 0.0)) if squared == squared else math.nan


def _normal_part(manifold: Manifold, point: Point, vector: Point) -> float:
    normal = manifold.combination(1, vector, -1, manifold.projection(point, vector))
    return _norm(manifold, normal) / max(_norm(manifold, vector), 1e-300)


def _record(
    what: Literal["gradient", "Hessian"], manifold: Manifold, f: Function, point: Point, tangent: Point,
    terms: list[float], tangency: float, symmetry: float | None,
) -> DerivativeCheck:
    import numpy as np

    def moved(t: float) -> float:
        value = f(manifold.retraction(point, manifold.combination(float(t), tangent, 0, tangent)))
        try:
            return float(value)
        except (TypeError, ValueError):
            raise InvalidProblem(f"f returned {type(value).__name__}, but one number is needed") from None

    steps = np.logspace(-8, 0, _STEPS)
    start = moved(0.0)
    # The larger of both sides: c t^2 + e t^3 may vanish for one sign of t, never for both.
    both = np.concatenate([steps, -steps])
    values = np.array([moved(t) for t in both])
    model = start + sum(term * both ** (order + 1) for order, term in enumerate(terms))
    if not (np.isfinite(values).all() and np.isfinite(model).all()):
        raise InvalidProblem("f or its derivative is not finite near the point; choose another point")
    rounding = _rounding(moved, start, max(map(abs, terms)))
    remainders = np.abs(values - model).reshape(2, -1).max(axis=0)
    slope, window = _slope(steps, remainders, rounding)
    is_exact = bool((remainders <= _CLEAR * rounding).all())
    expected = len(terms) + 1
    return DerivativeCheck(
        what=what, expected=expected, slope=slope, window=window, is_exact=is_exact, tangency=tangency,
        symmetry=symmetry, truth=_truth(slope, expected, tangency, symmetry or 0.0, is_exact=is_exact),
        steps=tuple(steps.tolist()), remainders=tuple(remainders.tolist()), rounding=rounding,
    )


def _truth(slope: float | None, expected: int, tangency: float, symmetry: float, *, is_exact: bool) -> Truth:
    if tangency > _RESIDUAL or symmetry > _RESIDUAL:
        return Truth.FAILS
    if is_exact:
        return Truth.HOLDS
    if slope is None:
        return Truth.UNDECIDED
    # More than expected happens too, where the next derivative vanishes along the direction.
    return Truth.HOLDS if slope > expected - 0.1 else Truth.FAILS if slope < expected - 0.3 else Truth.UNDECIDED


def _rounding(moved: Callable[[float], float], start: float, slope: float) -> float:
    """How much f jitters: the residual of a straight line through values at steps too small to show curvature."""
    import numpy as np

    steps = np.arange(-8, 9) * 1e-11
    values = np.array([moved(t) for t in steps]) - start
    line = np.polynomial.polynomial.polyfit(steps * 1e11, values, 1)
    jitter = np.abs(values - np.polynomial.polynomial.polyval(steps * 1e11, line)).max()
    unit = float(np.finfo(np.float64).eps)
    return float(max(jitter, unit * max(abs(start), slope, 1e-280)))


def _slope(steps: Any, remainders: Any, rounding: float) -> tuple[float | None, tuple[float, float] | None]:
    """The slope on the first window of steps on which every remainder is clear of rounding."""
    import numpy as np

    width = round(_DECADES * (_STEPS - 1) / 8)
    clear = remainders > _CLEAR * rounding
    for first in range(len(steps) - width):
        inside = slice(first, first + width + 1)
        if clear[inside].all():
            fit = np.polynomial.polynomial.polyfit(np.log(steps[inside]), np.log(remainders[inside]), 1)
            return float(fit[1]), (float(steps[inside][0]), float(steps[inside][-1]))
    return None, None
