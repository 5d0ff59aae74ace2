r"""Named points on products of spheres, and the derivatives of the loss at a collapsed one.

At a simplex ETF W with h = w (or h = -w) all wrong logits are equal. There, with u = log(K-1) - theta K/(K-1),
theta = tau (or -tau), and psi the loss in the log-odds u against the true class,

    dl/dz_j = g (j != k);     dm^T l'' dm = a sum_j dm_j^2 - b (sum_j dm_j)^2   where dm_k = 0,
    g = psi'/(K-1) - tilt/K,     a = psi'/(K-1),     b = (psi' - psi'')/(K-1)^2.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import flint
from flint import arb, arb_mat

from ncproofs.arithmetic.ball import Ball
from ncproofs.calculus.logit_facts import is_shift_invariant
from ncproofs.calculus.logits import expand
from ncproofs.critical.collapse import helmert
from ncproofs.critical.profiles import is_mean_squared, profile_of, to_ball
from ncproofs.critical.regimes import Number
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.losses.loss import Loss
from ncproofs.losses.projected_mean_squared import projected_mean_squared
from ncproofs.problems.features import Spheres
from ncproofs.truth import Truth

__all__ = [
    "Collapsed", "PointName", "SpherePoint", "collapsed", "etf_point", "frame_point", "is_projected",
    "named_point", "temperature", "tilted_point",
]

PointName = Literal["etf", "antipodal", "frame"]
SpherePoint = tuple[arb_mat, arb_mat]


@dataclass(frozen=True)
class Collapsed:
    """The loss of one sample at the collapsed point, and (g, a, b); fractions where they are rational.

    ``ratio`` is g/a, exactly 1 for a loss of softmax form without tilt: so exact zeros are seen.
    """

    value: Number
    g: Number
    a: Number
    b: Number
    ratio: Number


def is_projected(loss: Loss) -> bool:
    """Whether the loss is |C (z - e_y)|^2/2, whatever its name: the expressions are compared."""
    other = projected_mean_squared()
    return bool(loss.phi == other.phi) and loss.class_functions == other.class_functions


def temperature(problem: Spheres, point: str) -> Fraction:
    """tau at h = w and -tau at h = -w: turning all features is an isometry that turns the logits."""
    if point not in ("etf", "antipodal"):
        raise InvalidProblem(f"point={point!r} given, but 'etf' or 'antipodal' is needed")
    return problem.tau if point == "etf" else -problem.tau


def collapsed(problem: Spheres, theta: Fraction, bits: int) -> Collapsed:
    """Value and (g, a, b) at logits theta W^T W of the simplex ETF.

    For the mean squared error (g, a, b) are those of its centred part; its mean part is added by the tables.

    Raises:
        OutOfScope: the loss is neither invariant under constant shifts nor the mean squared error.
    """
    K = problem.K
    gap = theta * Fraction(K, K - 1)
    if is_projected(problem.loss) or is_mean_squared(problem.loss):
        # z - e_y has the entries theta - 1 and -theta/(K-1): centred, its squared length is (K-1)/K (1 - gap)^2.
        value = Fraction(K - 1, 2 * K) * (1 - gap) ** 2
        if is_mean_squared(problem.loss):
            value += Fraction(1, 2 * K)
        return Collapsed(value, (1 - gap) / K, Fraction(1), Fraction(1, K), (1 - gap) / K)
    with flint.ctx.workprec(bits):
        try:
            profile = profile_of(problem.loss)
        except OutOfScope:
            return _from_logits(problem, theta, bits)
        loss, slope, bend = profile.at(arb(K - 1).log() - to_ball(gap))
        tilt, a = to_ball(profile.tilt), slope / (K - 1)
        g = a - tilt / K
        ratio = g / a if profile.tilt else Fraction(1)
        return Collapsed(loss + tilt * to_ball(theta), g, a, (slope - bend) / (K - 1) ** 2, ratio)


def _from_logits(problem: Spheres, theta: Fraction, bits: int) -> Collapsed:
    """From the logit derivatives of phi, for a loss that is shift invariant but of no softmax form."""
    if is_shift_invariant(problem.loss).truth is not Truth.HOLDS:
        raise OutOfScope(
            f"{problem.loss} is not known to be invariant under constant shifts of the logits, "
            "and no theorem here gives its landscape on spheres"
        )
    K = problem.K
    wrong = to_ball(theta / (1 - K))
    found = expand(problem.loss, [to_ball(theta), *[wrong] * (K - 1)], 0, Ball(bits))
    last = [column[-1] for column in found.columns]
    core = sum((c * x * y for x, row in zip(last, found.core, strict=True)
                for y, c in zip(last, row, strict=True)), arb(0))
    g, a = found.gradient[-1], found.diagonal[-1]
    return Collapsed(found.value, g, a, -core, g / a)


def etf_point(problem: Spheres, bits: int, *, sign: int = 1) -> SpherePoint:
    """(W (d, K), H (d, N)): a simplex ETF in the first K - 1 coordinates and h_{k,i} = sign w_k.

    Raises:
        InvalidProblem: d < K - 1.
    """
    if problem.d < problem.K - 1:
        raise InvalidProblem(f"a simplex ETF needs d >= K - 1; got d={problem.d}, K={problem.K}")
    with flint.ctx.workprec(bits):
        scale = to_ball(Fraction(problem.K, problem.K - 1)).sqrt()
        rows = [[scale * entry for entry in row] for row in helmert(problem.K)]
        return _assemble(problem, rows, sign)


def frame_point(problem: Spheres, bits: int) -> SpherePoint:
    """Orthonormal classifiers e_1, ..., e_K and h_{k,i} = w_k.

    Raises:
        InvalidProblem: d < K.
    """
    _refuse_narrow(problem, "an orthonormal frame")
    with flint.ctx.workprec(bits):
        return _assemble(problem, [[arb(int(j == k)) for k in range(problem.K)] for j in range(problem.K)], 1)


def tilted_point(problem: Spheres, sine_squared: arb, bits: int) -> SpherePoint:
    """w_k = h_{k,i} = (sin t ETF_k, cos t) in the first K coordinates, for sin^2 t in (0, 1).

    Raises:
        InvalidProblem: d < K.
    """
    _refuse_narrow(problem, "a tilted simplex ETF")
    with flint.ctx.workprec(bits):
        scale = (sine_squared * problem.K / (problem.K - 1)).sqrt()
        rows = [[scale * entry for entry in row] for row in helmert(problem.K)]
        return _assemble(problem, [*rows, [(1 - sine_squared).sqrt()] * problem.K], 1)


def named_point(problem: Spheres, point: str, bits: int) -> SpherePoint:
    """The point called "etf", "antipodal" or "frame".

    Raises:
        InvalidProblem: another name, or too few dimensions.
    """
    if point == "frame":
        return frame_point(problem, bits)
    return etf_point(problem, bits, sign=1 if temperature(problem, point) > 0 else -1)


def _refuse_narrow(problem: Spheres, what: str) -> None:
    if problem.d < problem.K:
        raise InvalidProblem(f"{what} needs d >= K; got d={problem.d}, K={problem.K}")


def _assemble(problem: Spheres, rows: list[list[arb]], sign: int) -> SpherePoint:
    rows = rows + [[arb(0)] * problem.K for _ in range(problem.d - len(rows))]
    return arb_mat(rows), arb_mat([[sign * entry for entry in row for _ in range(problem.n)] for row in rows])
