"""Critical points on spheres at any number of classes: equal groups of classes on a simplex or a cross-polytope.

K = G s classes in G groups of s; every class of a group, and every feature, sits at one vertex of a code of G unit
vectors c_g: a simplex (inner products -1/(G-1)), or +-e_1, ..., +-e_m with G = 2 m. Whatever the loss, the gradient at
a vertex is a combination of c_g, its antipode and the sum of the others, all multiples of c_g: the point is critical.

With the gradient of the loss in its logits, G_k = u(z_k) + phi_t [k = y], u = sum_i phi_{S_i} f_i', and
g = phi_t + s u(tau) + sum over the other classes of u(z) <c, c'>, take a unit vector v orthogonal to the code and move
two classes of one group apart, dw = +-v a/sqrt 2 and dh = +-v b/sqrt(2 n) with a = n^(-1/4), b = +-n^(1/4). The logits
do not move to first order, and

    f'' = (2 tau/N) sum_ki G_ki <dw_k, dh_i> - (tau/N) sum_ki G_ki (|dw_k|^2 + |dh_i|^2) <w_k, h_i>
        = -(2 tau sqrt(n)/N) (|phi_t| + g)        with the sign of b that makes it less.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.arithmetic.program import lower
from ncproofs.critical.optimum import enclose
from ncproofs.errors import OutOfScope
from ncproofs.losses.loss import K as CLASSES
from ncproofs.losses.loss import S, T, Z
from ncproofs.problems.features import Spheres

__all__ = ["SymmetricCode", "symmetric_code"]


@dataclass(frozen=True, kw_only=True)
class SymmetricCode:
    """``groups`` vertices of a simplex or (``is_cross``) a cross-polytope, each with K/groups classes.

    ``pull`` is phi_t there. ``curvature`` is that of the explicit direction; None for groups of one class.
    """

    groups: int
    is_cross: bool
    value: Enclosure
    pull: Enclosure
    curvature: Enclosure | None


def _shape(K: int, d: int) -> tuple[int, bool]:
    """(groups, is_cross): all classes apart where they have room, else the most groups that leave a dimension free."""
    if K <= d + 1:
        return K, False
    if K == 2 * d:
        return K, True
    simplex = max(G for G in range(1, d + 1) if K % G == 0)
    cross = max((G for G in range(2, 2 * d - 1, 2) if K % G == 0), default=0)
    return (cross, True) if cross > simplex else (simplex, False)


def symmetric_code(problem: Spheres, bits: int = 128) -> SymmetricCode:
    """The point, its value, and the second derivative along the explicit direction, in balls.

    Raises:
        OutOfScope: the loss is not defined there.
    """
    K, loss, ball = problem.K, problem.loss, Ball(bits)
    groups, is_cross = _shape(K, problem.d)
    s = K // groups
    tau = problem.tau
    # (inner product, number of classes) for the own group, and for the others
    others = [(Fraction(-1), s), (Fraction(0), K - 2 * s)] if is_cross else [
        (Fraction(-1, max(1, groups - 1)), K - s)]
    levels = [(inner, count) for inner, count in [(Fraction(1), s), *others] if count]
    slots = (T, *loss.sums)
    phi = lower([loss.phi, *(loss.phi.diff(slot) for slot in slots)], [*slots, CLASSES])
    waves = lower([function.diff(Z, order) for order in (0, 1) for function in loss.class_functions], [Z])
    m = len(loss.sums)
    with ball.working():
        found = [waves.run(ball, {"z": ball.constant(tau * inner)}) for inner, _ in levels]
        sums = {S(i + 1).name: sum((count * wave[i] for wave, (_, count) in zip(found, levels, strict=True)), arb(0))
                for i in range(m)}
        value, pull, *partials = phi.run(ball, {"t": ball.constant(tau), "K": arb(K), **sums})
        radial = pull
        for wave, (inner, count) in zip(found, levels, strict=True):
            slope = sum((u * f for u, f in zip(partials, wave[m:], strict=True)), arb(0))
            radial += ball.constant(inner * count) * slope
        if not (value.is_finite() and radial.is_finite()):
            raise OutOfScope(f"{loss} is not defined at the symmetric code with {groups} vertices")
        scale = ball.constant(2 * tau / problem.N) * arb(problem.n).sqrt()
        curvature = None if s == 1 else enclose(-scale * (abs(pull) + radial))
    return SymmetricCode(groups=groups, is_cross=is_cross, value=enclose(value), pull=enclose(pull),
                         curvature=curvature)
