r"""The theory at real class counts: a point known in closed form, evaluated by the kernels, against its closed form.

Where a simplex ETF has room (K <= d + 1) the point is the certified optimum. Beyond, it is the critical point of
merged classes with the most groups that divide K and leave a free direction: a strict saddle, whose value and whose
curvature 2 (lambda - s_1) along the explicit direction of the null sector are known for every K. Losses without
these closed forms, also a user's own, are looked at in W = H = 0. On spheres it is equal groups of classes on a simplex
or a cross-polytope (``symmetric_codes``). What is compared:

    value      |f - closed form| within the rounding bound
    gradient   |grad f| within what rounding of the point and of the arithmetic explains
    curvature  certified negative along the explicit direction (saddles), equal to the closed form;
               not certified negative along random directions (optimum)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.optimum import optimum
from ncproofs.critical.saddles import merged_saddle, origin_of
from ncproofs.critical.symmetric_codes import symmetric_code
from ncproofs.errors import InvalidProblem, MissingDependency, OutOfScope
from ncproofs.kernels.bounds import rounding_bounds
from ncproofs.kernels.curvature import curvature_below
from ncproofs.kernels.features import evaluate, inner
from ncproofs.kernels.sweep import TILE, Point
from ncproofs.losses.loss import ELL
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["Known", "Where", "known_point", "memory_needed", "scale_checks"]

_FORMS = {Ridge: "2 (lambda - s_1)", Spheres: "that of the closed form"}
#: A point rounded to the dtype moves by a relative u, and its gradient by at most |Hess f| u |X|; the rounding bound
#: of the gradient is about that large, so this many times it is what rounding explains.
_EXPLAINED = 4
#: A bound that is a larger share of what it bounds says nothing.
_USEFUL = 0.01
#: Weights whose ratio lies beyond leave no room for W and H among floats.
_LEAST = 1e-200


@dataclass(frozen=True)
class Where:
    """Where arrays live: the namespace, and what ``asarray`` needs besides the values."""

    xp: Any
    options: dict[str, Any]
    dtype: str

    def array(self, value: Any) -> Any:
        kind = getattr(self.xp, self.dtype)
        return self.xp.asarray(np.ascontiguousarray(value, dtype=self.dtype), dtype=kind, **self.options)


@dataclass(frozen=True)
class Known:
    """A critical point in closed form: its value; for a saddle the direction and its second derivative."""

    what: str
    point: tuple[Any, Any, Any]  # NumPy arrays, float64
    value: Enclosure
    direction: tuple[Any, Any, Any] | None
    curvature: Enclosure | None


def memory_needed(problem: Ridge | Spheres, dtype: str, tile: int = TILE, threads: int = 1) -> int:
    """Bytes at the peak: point, direction, gradient and product, two sums (d, K) of each further thread, six tiles."""
    size, both = 8 if dtype == "float64" else 4, (problem.K + problem.N) * problem.d
    return size * (4 * both + 2 * (threads - 1) * problem.K * problem.d + 6 * tile) + 8 * 2 * both


def known_point(problem: Ridge | Spheres) -> Known:
    """The point that ``scale_checks`` looks at.

    Raises:
        OutOfScope: no critical point of this problem is known in closed form.
    """
    if isinstance(problem, Spheres):
        return _code(problem)
    if problem.K <= problem.d + 1:
        with suppress(OutOfScope):
            return _optimum(problem)
        return _origin(problem)
    form = problem.loss.softmax_form()
    groups = max((G for G in range(2, problem.d + 1) if problem.K % G == 0), default=0)
    if form is not None and form.profile == ELL and groups:
        with suppress(OutOfScope):  # none under heavy weight decay
            return _merged(problem, groups)
    return _origin(problem)


def _frame(G: int) -> Any:
    """(G - 1, G): orthonormal rows orthogonal to 1."""
    j = np.arange(1, G, dtype=float)[:, None]
    k = np.arange(G)[None, :]
    return np.where(k < j, 1.0, np.where(k == j, -j, 0.0)) / np.sqrt(j * (j + 1))


def _middle(value: Enclosure) -> float:
    half = (value.lower + value.upper) / 2
    return half.numerator / half.denominator


def _assembled(problem: Ridge, rows: Any, margin: float, bias: float = 0.0) -> tuple[Any, Any, Any]:
    """W and H with logits margin rows^T rows, balanced; rows is (r, K)."""
    try:
        ratio = float(problem.n * problem.lambda_H / problem.lambda_W) ** 0.5
    except OverflowError:
        ratio = np.inf
    if not _LEAST < ratio < 1 / _LEAST:
        raise InvalidProblem("lambda_W and lambda_H are too far apart for floats; write weights whose ratio lies "
                             "between 1e-200 and 1e200")
    W = np.zeros((problem.d, problem.K))
    W[: len(rows)] = (margin * ratio) ** 0.5 * rows
    H = np.zeros((problem.d, problem.N))
    H[: len(rows)] = np.repeat((margin / ratio) ** 0.5 * rows, problem.n, axis=1)
    return W, H, np.full(problem.K, bias) if problem.has_bias else None


def _optimum(problem: Ridge) -> Known:
    found = optimum(problem, digits=20)
    if found.truth is not Truth.HOLDS:
        raise OutOfScope(f"the optimum of {problem} is not certified: {found.because}")
    q = found.quantities
    rows, margin = _frame(problem.K), _middle(q["margin"])
    bias = _middle(q["bias"]) if "bias" in q else 0.0
    if found.geometry not in ("simplex ETF", "zero"):
        raise OutOfScope(f"the optimum is an {found.geometry}; a scale check needs a simplex ETF")
    return Known(f"optimum ({found.geometry})", _assembled(problem, rows, margin, bias), q["objective"], None, None)


def _explicit(problem: Ridge, row: int) -> tuple[Any, Any, Any]:
    """The explicit direction of the null sector for classes 1 and 2 along the free coordinate ``row``.

    The logit gradient has the singular pair (e_1 - e_2)/sqrt 2 and its samples; dW and dH meet in ``row``.
    """
    r = float(problem.lambda_H / problem.lambda_W) ** 0.25
    dW, dH = np.zeros((problem.d, problem.K)), np.zeros((problem.d, problem.N))
    dW[row, 0], dW[row, 1] = r / 2**0.5, -r / 2**0.5
    n = problem.n
    dH[row, :n], dH[row, n : 2 * n] = 1 / (r * (2 * n) ** 0.5), -1 / (r * (2 * n) ** 0.5)
    return dW, dH, np.zeros(problem.K) if problem.has_bias else None


def _merged(problem: Ridge, groups: int) -> Known:
    saddle = merged_saddle(problem, groups)
    # 1_G (x) 1_s^T: the logits are m P_G between groups, one entry for each pair of classes.
    rows = np.repeat(_frame(groups), problem.K // groups, axis=1)
    point = _assembled(problem, rows, _middle(saddle.margin))
    what = f"{groups} groups of {problem.K // groups} merged classes"
    return Known(what, point, saddle.value, _explicit(problem, groups - 1), saddle.curvature)


def _origin(problem: Ridge) -> Known:
    saddle = origin_of(problem)
    point, (dW, dH, db) = _assembled(problem, np.zeros((0, problem.K)), 0.0), _explicit(problem, 0)
    along = (dW, dH if saddle.pull.upper < 0 else -dH, db)
    return Known("point W = H = 0", point, saddle.value, along, saddle.curvature)


def _code(problem: Spheres) -> Known:
    code = symmetric_code(problem)
    G, n, d = code.groups, problem.n, problem.d
    half = G // 2
    rows = np.hstack([np.eye(half), -np.eye(half)]) if code.is_cross else _frame(G) * (G / max(1, G - 1)) ** 0.5
    vertices = np.zeros((d, G))
    vertices[: len(rows)] = rows
    if G == 1:
        vertices[0] = 1.0
    W = np.repeat(vertices, problem.K // G, axis=1)
    H = np.repeat(W, n, axis=1)
    shape = "cross-polytope" if code.is_cross else "simplex"
    what = f"{G} vertices of a {shape}"
    if problem.K > G:
        what = f"{what} with {problem.K // G} classes each" if G > 1 else "point where all vectors are one"
    if code.curvature is None:
        return Known(what, (W, H, None), code.value, None, None)
    dW, dH = np.zeros((d, problem.K)), np.zeros((d, problem.N))  # the last coordinate is free
    dW[-1, 0], dW[-1, 1] = n**-0.25 / 2**0.5, -(n**-0.25) / 2**0.5
    b = (1 if code.pull.upper < 0 else -1) * n**0.25 / (2 * n) ** 0.5
    dH[-1, :n], dH[-1, n : 2 * n] = b, -b
    return Known(what, (W, H, None), code.value, (dW, dH, None), code.curvature)


def scale_checks(problem: Ridge | Spheres, where: Where, *, tile: int = TILE, threads: int = 1, directions: int = 2,
                 seed: int = 0, tell: Callable[[str], None] = lambda _: None) -> Iterator[Evidence]:
    """The comparisons above, each as soon as it is settled; ``tell`` hears what is being computed."""
    tell("closed form")
    known = known_point(problem)
    point: Point = tuple(None if part is None else where.array(part) for part in known.point)  # type: ignore[assignment]
    moving = known.direction
    direction = None if moving is None else tuple(None if part is None else where.array(part) for part in moving)
    tell("value, gradient and Hessian product")
    found = evaluate(problem, point, direction, tile=tile, threads=threads)  # type: ignore[arg-type]
    tell("rounding bounds")
    bounds = rounding_bounds(problem, point, direction, tile=tile)  # type: ignore[arg-type]
    yield _value_check(problem, known, found.value, bounds.value)
    size = inner(where.xp, found.gradient, found.gradient) ** 0.5
    bound = sum(part**2 for part in bounds.gradient if part is not None) ** 0.5
    yield Evidence(
        truth=_settled(size, _EXPLAINED * bound, 1.0), rigor=Rigor.ESTIMATED,
        sentence=f"the gradient vanishes at the {known.what}", covers=str(problem),
        because=f"|grad| = {size:.3g}, rounding explains {_EXPLAINED * bound:.3g}",
        witness=f"|grad| = {size:.3g}, rounding explains {_EXPLAINED * bound:.3g}",
    )
    if direction is not None and known.curvature is not None:
        yield from _saddle_checks(problem, known, point, direction, found, bounds, tile, threads)  # type: ignore[arg-type]
        return
    if isinstance(problem, Spheres):
        return  # what kind of critical point the whole code is, no theorem here says for every loss
    rng = np.random.default_rng(seed)
    for number in range(directions):
        tell(f"curvature along random direction {number + 1} of {directions}")
        yield _random_check(problem, where, point, rng, tile, threads)


def _settled(off: float, room: float, size: float, share: float = _USEFUL) -> Truth:
    """Whether a difference of numbers of this size is explained; an infinite bound, or one as large, says nothing."""
    if off > room:
        return Truth.FAILS
    return Truth.HOLDS if room <= share * size else Truth.UNDECIDED


def _value_check(problem: Ridge | Spheres, known: Known, value: float, bound: float) -> Evidence:
    middle = _middle(known.value)
    shown = f"kernel {value:.15g}, closed form {middle:.15g}, difference {value - middle:.2g}, bound {bound:.2g}"
    room = 2 * bound + 1e-15 * abs(middle)
    return Evidence(
        truth=_settled(abs(value - middle), room, max(1.0, abs(middle))), rigor=Rigor.ESTIMATED, covers=str(problem),
        sentence=f"the value at the {known.what} is that of the closed form", because=shown, witness=shown,
    )


def _saddle_checks(problem: Ridge | Spheres, known: Known, point: Point, direction: Point, found: Any, bounds: Any,
                   tile: int, threads: int) -> Iterator[Evidence]:
    assert known.curvature is not None
    expected = _middle(known.curvature)
    off, room = abs(found.curvature - expected), 2 * bounds.curvature + 1e-12 * abs(expected)
    shown = f"kernel {found.curvature:.12g}, closed form {expected:.12g}, bound {bounds.curvature:.2g}"
    yield Evidence(
        truth=_settled(off, room, abs(expected), share=0.5), rigor=Rigor.ESTIMATED, covers=str(problem),
        sentence=f"the curvature along the explicit direction is {_FORMS[type(problem)]}", because=shown, witness=shown,
    )
    if isinstance(problem, Spheres):  # floats are no unit vectors: the sign is that of the closed form, in balls
        if known.curvature.upper < 0:
            below = f"{known.curvature.decimals(12)[1]}, in balls"
            yield Evidence(truth=Truth.HOLDS, rigor=Rigor.ENCLOSED, covers=str(problem), because=f"at most {below}",
                           sentence=f"a strict saddle at the {known.what}: the closed form is below 0")
    elif expected < 0:  # heavy weight decay makes W = H = 0 the minimum
        yield curvature_below(problem, point, direction, tile=tile, threads=threads)


def _random_check(problem: Ridge, where: Where, point: Point, rng: Any, tile: int, threads: int) -> Evidence:
    drawn = [None if part is None else where.array(rng.standard_normal(tuple(part.shape))) for part in point]
    D: Point = (drawn[0], drawn[1], drawn[2])
    below = curvature_below(problem, point, D, tile=tile, threads=threads)
    opposite = {Truth.HOLDS: Truth.FAILS, Truth.FAILS: Truth.HOLDS, Truth.UNDECIDED: Truth.UNDECIDED}[below.truth]
    return Evidence(truth=opposite, rigor=below.rigor, sentence="the curvature along a random direction is positive",
                    because=below.because, witness=below.because, covers=str(problem))


def place(device: str, dtype: str) -> Where:
    """NumPy on the processor, torch on an accelerator.

    Raises:
        MissingDependency: torch is not installed, or finds no such device.
    """
    if device == "cpu":
        return Where(np, {}, dtype)
    try:
        import torch
        from array_api_compat import torch as xp
    except ImportError:
        raise MissingDependency(
            f"device {device!r} needs torch and array-api-compat; write pip install torch 'ncproofs[array]'"
        ) from None
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise MissingDependency(f"torch finds no device {device!r} ({str(error).splitlines()[0][:100]})") from None
    return Where(xp, {"device": torch.device(device)}, dtype)


def memory_free(device: str) -> int | None:
    """Bytes available on ``device``, or None when the system does not say."""
    if device != "cpu":
        import torch

        return int(torch.cuda.mem_get_info(torch.device(device))[0])
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def weights_for(K: int, n: int) -> Fraction:
    """A weight decay below every threshold: c = sqrt(n)/(4 K n) < 1/K."""
    if K < 2 or n < 1:
        raise InvalidProblem(f"K={K}, n={n} given, but K >= 2 and n >= 1 are needed")
    return Fraction(1, 4 * K * n)
