r"""One sample's loss from its logits z, seen class tile by class tile: sums first, then columns.

A softmax loss F(ell) + tilt (z_y - mean z), ell = log sum exp z - z_y, needs the running maximum, the shifted sum
s = sum exp(z - top) and, along q, the sum r = sum exp(z - top) q. With p = exp(z - top)/s, a = F'(ell) and
c = F''(ell) (r/s - q_y),

    grad = a p - tilt/K + (tilt - a) e_y,      Hess q = p (a (q - r/s) + c) - c e_y.

Any other loss phi(t, S_1, ..., S_m) needs S_i = sum f_i(z) and R_i = sum f_i'(z) q; with v = phi'' (q_y, R),

    grad = sum_i phi_{S_i} f_i'(z) + phi_t e_y,  Hess q = (sum_i phi_{S_i} f_i''(z)) q + sum_i v_i f_i'(z) + v_0 e_y.

For a set of labels e_y is their indicator, t and q_y sums over it; a softmax loss is then the sum over the labels,
which has this form when F(ell) = ell.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ncproofs.arithmetic.program import Program, lower
from ncproofs.errors import OutOfScope
from ncproofs.kernels.arrays import Arrays
from ncproofs.losses.loss import ELL, Loss, S, T, Z
from ncproofs.losses.loss import K as CLASSES

__all__ = ["Scalars", "SoftmaxColumns", "SumColumns", "columns_of"]


@dataclass
class Scalars:
    """What is known of each sample of a block; every entry has shape (block,)."""

    value: Any
    #: The argument of phi or of the profile: ell, or (t, S_1, ..., S_m).
    seen: tuple[Any, ...]
    #: Coefficients of e_y in the gradient and in Hess q (None without a direction).
    target: Any
    target_along: Any
    #: What the columns are made of; its meaning is that of the loss's class.
    parts: tuple[Any, ...]


def columns_of(loss: Loss) -> SoftmaxColumns | SumColumns:
    """The loss lowered once; softmax losses get the stable form."""
    return _lowered(loss)


@lru_cache(maxsize=64)
def _lowered(loss: Loss) -> SoftmaxColumns | SumColumns:
    form = loss.softmax_form()
    if form is not None:
        slopes = [form.profile, form.profile.diff(ELL), form.profile.diff(ELL, 2)]
        return SoftmaxColumns(lower(slopes, [ELL]), float(form.tilt), linear=form.profile == ELL)
    slots = (T, *loss.sums)
    first = [loss.phi.diff(slot) for slot in slots]
    second = [derivative.diff(slot) for derivative in first for slot in slots]
    waves = [function.diff(Z, order) for order in (0, 1, 2) for function in loss.class_functions]
    return SumColumns(lower([loss.phi, *first, *second], [*slots, CLASSES]), lower(waves, [Z]), len(loss.sums))


@dataclass(frozen=True)
class SoftmaxColumns:
    """F(ell) + tilt (z_y - mean z); ``profile`` gives F, F', F''."""

    profile: Program
    tilt: float
    linear: bool

    def open(self, xp: Any, like: Any) -> list[Any]:
        """Running top, shifted sum, sum along q, sum of logits."""
        return [like - xp.inf, like * 0, like * 0, like * 0]

    def absorb(self, xp: Any, state: list[Any], Z: Any, Q: Any) -> Any:
        """Take in the logits Z (classes, block) and their derivative Q or None; exp(Z - top)."""
        top = xp.maximum(state[0], xp.max(Z, axis=0))
        rescale = xp.exp(state[0] - top)
        if self.tilt:
            state[3] = state[3] + xp.sum(Z, axis=0)
        E = xp.exp(Z - top)
        state[1] = state[1] * rescale + xp.sum(E, axis=0)
        if Q is not None:
            state[2] = state[2] * rescale + xp.sum(E * Q, axis=0)
        state[0] = top
        return E

    def close(self, xp: Any, state: list[Any], t: Any, qt: Any, K: int, labels: Any) -> Scalars:
        """``labels`` is the number of labels of each sample, or None for one each."""
        top, total, along, logits = state
        m = 1 if labels is None else labels
        if labels is not None and not self.linear:
            raise OutOfScope("label sets need a loss that is linear in log-sum-exp, such as cross_entropy")
        lse = top + xp.log(total)
        ell = lse * m - t
        F, a, curved = self.profile.run(Arrays(xp, ell), {"ell": ell})
        a = a * m + ell * 0
        value = F + self.tilt * (t - logits * m / K)
        mean = along / total
        c = None if qt is None else curved * (mean * m - qt) + ell * 0
        floor = self.tilt / K * m
        return Scalars(value, (ell,), self.tilt - a / m, None if c is None else -c, (top, total, a, mean, c, floor))

    def gradient(self, xp: Any, scalars: Scalars, E: Any) -> Any:
        """The gradient's columns without the target, from E = exp(Z - top)."""
        _, total, a, _, _, floor = scalars.parts
        G = E * (a / total)
        return G - floor if self.tilt else G

    def both(self, xp: Any, scalars: Scalars, E: Any, Q: Any) -> tuple[Any, Any]:
        """The columns of the gradient and of Hess q, without the target."""
        _, total, a, mean, c, _ = scalars.parts
        return self.gradient(xp, scalars, E), E * (Q * (a / total) + (c - a * mean) / total)

    def again(self, xp: Any, scalars: Scalars, Z: Any) -> Any:
        """What ``absorb`` returned, with the final top, from logits computed again."""
        return xp.exp(Z - scalars.parts[0])


@dataclass(frozen=True)
class SumColumns:
    """phi(t, S_1, ..., S_m); ``waves`` gives f_i, f_i', f_i''."""

    phi: Program
    waves: Program
    sums: int

    def open(self, xp: Any, like: Any) -> list[Any]:
        return [like * 0 for _ in range(2 * self.sums)]

    def absorb(self, xp: Any, state: list[Any], Z: Any, Q: Any) -> Any:
        waves = [wave + Z * 0 for wave in self.waves.run(Arrays(xp, Z), {"z": Z})]
        for i in range(self.sums):
            state[i] = state[i] + xp.sum(waves[i], axis=0)
            if Q is not None:
                state[self.sums + i] = state[self.sums + i] + xp.sum(waves[self.sums + i] * Q, axis=0)
        return waves

    def close(self, xp: Any, state: list[Any], t: Any, qt: Any, K: int, labels: Any) -> Scalars:
        do, m = Arrays(xp, t), self.sums
        values = {"t": t, "K": do.constant(K), **{S(i + 1).name: state[i] for i in range(m)}}
        value, *partials = (part + t * 0 for part in self.phi.run(do, values))
        first, flat = partials[: m + 1], partials[m + 1 :]
        if qt is None:
            return Scalars(value, (t, *state[:m]), first[0], None, (first, None))
        along = [qt, *state[m:]]
        second = [sum(flat[i * (m + 1) + j] * along[j] for j in range(m + 1)) for i in range(m + 1)]
        return Scalars(value, (t, *state[:m]), first[0], second[0], (first, second))

    def gradient(self, xp: Any, scalars: Scalars, waves: Any) -> Any:
        first = scalars.parts[0]
        return sum(waves[self.sums + i] * first[i + 1] for i in range(self.sums))

    def both(self, xp: Any, scalars: Scalars, waves: Any, Q: Any) -> tuple[Any, Any]:
        first, second = scalars.parts
        bend = sum(waves[2 * self.sums + i] * first[i + 1] for i in range(self.sums))
        Y = bend * Q + sum(waves[self.sums + i] * second[i + 1] for i in range(self.sums))
        return self.gradient(xp, scalars, waves), Y

    def again(self, xp: Any, scalars: Scalars, Z: Any) -> Any:
        return [wave + Z * 0 for wave in self.waves.run(Arrays(xp, Z), {"z": Z})]
