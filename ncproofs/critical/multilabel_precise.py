r"""Newton's method for pick-all-label cross-entropy with as many digits as tiny weights need.

At small lambda the Hessian has eigenvalues of the size of the loss and others of the size of mu = sqrt(lambda_W
lambda_H), so doubles cannot tell the small ones from the symmetries. Here W is scaled so that both decays are mu, the
symmetries (a rotation A moves (W, u) by (A W, A u); a free bias moves along 1) are known and not guessed, and steps are
solved in balls whose radii are dropped. A step that does not lower the objective is repeated with more damping, which
leaves saddles. Nothing is proved by it: the point it leads to becomes a bound in ``multilabel_dual``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isqrt

import flint
import numpy as np
from flint import arb, arb_mat

from ncproofs.arithmetic.inertia import Inertia, ldl_inertia
from ncproofs.critical.multilabel_search import LabelPoint, Sets, descend, distinct_sets, gradient
from ncproofs.critical.profiles import to_ball
from ncproofs.problems.multilabel import MultiLabel

__all__ = ["is_stiff", "lost_bits", "precise_point"]

#: Unknowns up to which the dense Hessian is formed and solved in balls.
_MOST_PRECISE = 260
_STEPS, _DAMPINGS = 120, 40
#: A gradient in doubles below this share of the decay is that of a solved problem.
_SMALL = 1e-7
#: The first decay, as a share of the largest weight of a label set; the bits of the gradient on the way.
_FIRST, _ROUGH = 1e-3, 12
#: How often a saddle is left, and how far at first, as a share of the largest coordinate.
_KICKS, _KICK = 3, 0.02


@dataclass(frozen=True, eq=False)
class _Model:
    """The objective in W' = W/a, u' = a u, a^4 = lambda_H/lambda_W: both decays are ``mu``, up to rounding."""

    sets: Sets
    mu: arb
    bias: arb | None

    @property
    def shape(self) -> tuple[int, int, int]:
        K, J = self.sets.member.shape
        return self.sets.d, K, J

    def parts(self, x: Sequence[arb]) -> tuple[arb_mat, arb_mat, arb_mat]:
        """W' (d, K), u' (d, J) and b (K, 1)."""
        d, K, J = self.shape
        first, last = d * K, d * (K + J)
        return (arb_mat(d, K, list(x[:first])), arb_mat(d, J, list(x[first:last])),
                arb_mat(K, 1, list(x[last:]) or [arb(0)] * K))

    def columns(self, x: Sequence[arb]) -> list[tuple[arb, list[arb], list[arb], arb]]:
        """For each label set: its mean loss, its gradient in z, its probabilities, and c_j v_j m/N."""
        problem = self.sets.problem
        W, u, b = self.parts(x)
        products = W.transpose() * u
        found = []
        for j, (labels, count) in enumerate(problem.label_counts.items()):
            share = to_ball(Fraction(count, problem.N) * problem.weight_of(len(labels)))
            root = arb(count).sqrt()
            z = [products[k, j] / root + b[k, 0] for k in range(problem.K)]
            top = max(z, key=lambda value: float(value.mid()))
            waves = [(value - top).exp() for value in z]
            total = sum(waves, arb(0))
            p, m = [wave / total for wave in waves], len(labels)
            # -log p_k without cancellation: log(1 + the other waves over its own).
            loss = sum((top + total.log() - z[label - 1] for label in labels), arb(0))
            slope = [share * (m * value - int(k + 1 in labels)) for k, value in enumerate(p)]
            found.append((share * loss, slope, p, share * m))
        return found

    def value(self, x: Sequence[arb]) -> arb:
        d, K, J = self.shape
        last = d * (K + J)
        decay = self.mu / 2 * sum((value * value for value in x[:last]), arb(0))
        if self.bias is not None:
            decay += self.bias / 2 * sum((value * value for value in x[last:]), arb(0))
        return (sum((part[0] for part in self.columns(x)), arb(0)) + decay).mid()

    def gradient(self, x: Sequence[arb]) -> list[arb]:
        _, K, J = self.shape
        W, u, b = self.parts(x)
        G = self._over_roots(self.columns(x))
        in_W = (u * G.transpose() + W * self.mu).entries()
        in_u = (W * G + u * self.mu).entries()
        if self.bias is None:
            return [value.mid() for value in [*in_W, *in_u]]
        roots = self._roots()
        in_b = [sum((G[k, j] * roots[j] for j in range(J)), arb(0)) + self.bias * b[k, 0] for k in range(K)]
        return [value.mid() for value in [*in_W, *in_u, *in_b]]

    def _roots(self) -> list[arb]:
        return [arb(count).sqrt() for count in self.sets.problem.label_counts.values()]

    def _over_roots(self, columns: list[tuple[arb, list[arb], list[arb], arb]]) -> arb_mat:
        """G_j/sqrt(c_j), (K, J)."""
        roots = self._roots()
        return arb_mat([[g / root for g in part[1]] for part, root in zip(columns, roots, strict=True)]).transpose()

    def hessian(self, x: Sequence[arb]) -> arb_mat:
        """The Hessian, with r r^T added for every symmetry r."""
        d, K, J = self.shape
        W, u, _ = self.parts(x)
        columns, roots = self.columns(x), self._roots()
        curved = [_curvature(part[2], part[3]) for part in columns]
        n, first, last = len(x), d * K, d * (K + J)
        H = arb_mat(n, n)
        # Over all j: u_a u_a'/c_j M_j, as one product of matrices.
        outer = arb_mat([[u[a, j] * u[c, j] / roots[j] ** 2 for j in range(J)] for a in range(d) for c in range(d)])
        blocks = outer * arb_mat([M.entries() for M in curved])
        for a in range(d):
            for c in range(d):
                for k in range(K):
                    for other in range(K):
                        H[a * K + k, c * K + other] = blocks[a * d + c, k * K + other]
        G = self._over_roots(columns)
        for j, M in enumerate(curved):
            pulled = W * M / roots[j]
            inner = pulled * W.transpose() / roots[j]
            for a in range(d):
                row = first + a * J + j
                for c in range(d):
                    H[row, first + c * J + j] = inner[a, c]
                    for k in range(K):
                        mixed = u[c, j] / roots[j] * pulled[a, k] + (G[k, j] if a == c else 0)
                        H[row, c * K + k] = H[c * K + k, row] = mixed
                for k in range(K if self.bias is not None else 0):
                    H[row, last + k] = H[last + k, row] = pulled[a, k]
            if self.bias is not None:
                self._bias_blocks(H, M, [u[a, j] / roots[j] for a in range(d)])
        for k in range(n):
            H[k, k] = H[k, k] + (self.mu if k < last else self.bias or arb(0))
        R = self._symmetries(W, u, n)
        return (H + R.transpose() * R).mid()

    def _bias_blocks(self, H: arb_mat, M: arb_mat, h: list[arb]) -> None:
        d, K, J = self.shape
        last = d * (K + J)
        for k in range(K):
            for other in range(K):
                H[last + k, last + other] = H[last + k, last + other] + M[k, other]
                for a in range(d):
                    mixed = H[a * K + k, last + other] + h[a] * M[k, other]
                    H[a * K + k, last + other] = H[last + other, a * K + k] = mixed

    def _symmetries(self, W: arb_mat, u: arb_mat, n: int) -> arb_mat:
        d, K, J = self.shape
        rows = []
        for p in range(d):
            for q in range(p):
                row = [arb(0)] * n
                for part, width, start in ((W, K, 0), (u, J, d * K)):
                    for k in range(width):
                        row[start + p * width + k], row[start + q * width + k] = part[q, k], -part[p, k]
                rows.append(row)
        if self.bias is not None and self.bias == 0:
            rows.append([arb(int(k >= d * (K + J))) for k in range(n)])
        return arb_mat(rows) if rows else arb_mat(1, n)


def _curvature(p: list[arb], share: arb) -> arb_mat:
    K = len(p)
    return arb_mat(K, K, [share * (p[k] * int(k == other) - p[k] * p[other]) for k in range(K) for other in range(K)])


def is_stiff(point: LabelPoint) -> bool:
    """Whether doubles ended with a gradient that is no small share of the decay."""
    lW, lH, _ = point.sets.decay
    return not np.abs(gradient(point.sets, point.x)).max() < _SMALL * min(lW, lH)


def lost_bits(problem: MultiLabel) -> int:
    """About log2(1/mu)."""
    return _size_of(_root(problem.lambda_W * problem.lambda_H))


def precise_point(problem: MultiLabel, bits: int, seed: int) -> list[arb] | None:
    """W, u, b of ``problem`` (d >= K - 1) with a gradient below mu 2^-``bits``; None when that is not reached.

    From decays that doubles can solve, down to those of ``problem`` in steps, each with Newton's method.
    """
    sets = distinct_sets(problem)
    if sets.unknowns > _MOST_PRECISE:
        return None
    square = problem.lambda_W * problem.lambda_H
    first = max(sets.counts * sets.weights) / problem.N * _FIRST
    ladder = _ladder(_root(square), Fraction(first))
    rough = descend(replace(problem, lambda_W=ladder[0], lambda_H=ladder[0]), 1, seed)
    x = [arb(float(value)) for value in rough.x]
    with flint.ctx.workprec(96 + 3 * _size_of(ladder[-1])):
        bias = None if problem.lambda_b is None else to_ball(problem.lambda_b)
        for mu in ladder[1:]:
            x = _minimised(_Model(sets, to_ball(mu), bias), x, _ROUGH)[0]
    with flint.ctx.workprec(2 * bits + 64 + 4 * _size_of(ladder[-1])):
        bias = None if problem.lambda_b is None else to_ball(problem.lambda_b)
        last = _Model(sets, to_ball(square).sqrt().mid(), bias)
        x, done = _minimised(last, x, bits)
        for _ in range(_KICKS):
            if done and _is_positive(last.hessian(x)):
                break
            x, done = _minimised(last, _kicked(x, seed), bits, careful=True)
        if not done:
            return None
        a = (to_ball(problem.lambda_H) / to_ball(problem.lambda_W)).sqrt().sqrt()
        first_u, last_u = sets.d * problem.K, sets.d * sum(sets.member.shape)
        x = [(v * a if k < first_u else v / a if k < last_u else v).mid() for k, v in enumerate(x)]
    return x


def _root(square: Fraction) -> Fraction:
    """The square root to about a hundred bits."""
    shift = max(0, 200 + square.denominator.bit_length() - square.numerator.bit_length())
    shift += shift % 2
    return Fraction(isqrt((square.numerator << shift) // square.denominator), 1 << (shift // 2))


def _ladder(last: Fraction, first: Fraction) -> list[Fraction]:
    """From ``first`` down to ``last`` by factors of about ten."""
    found = [max(last, first)]
    while found[-1] > 10 * last:
        found.append(found[-1] / 10)
    return [*found, last]


def _size_of(small: Fraction) -> int:
    """The binary digits before the first one that is not zero."""
    return max(0, small.denominator.bit_length() - small.numerator.bit_length())


def _kicked(x: list[arb], seed: int) -> list[arb]:
    """Moved at random, to leave a saddle."""
    noise = np.random.default_rng(seed).standard_normal(len(x))
    size = max(float(abs(value).mid()) for value in x) or 1.0
    return [value + _KICK * size * float(part) for value, part in zip(x, noise, strict=True)]


def _is_positive(H: arb_mat) -> bool:
    H = ((H + H.transpose()) / 2).mid()
    return ldl_inertia(H, flint.ctx.prec) == Inertia(H.nrows(), 0, 0)


def _minimised(model: _Model, x: list[arb], bits: int, *, careful: bool = False) -> tuple[list[arb], bool]:
    """Where the steps from ``x`` end, and whether the gradient is below mu 2^-``bits`` there.

    ``careful``: with so much damping that the Hessian is positive, so that no step leads back to a saddle.
    """
    value, damping = model.value(x), arb(0)
    for _ in range(_STEPS):
        slope = model.gradient(x)
        if max(abs(part) for part in slope) < model.mu * arb(2) ** -bits:
            return x, True
        H = model.hessian(x)
        for _ in range(_DAMPINGS):
            moved = _moved(H, x, slope, damping, careful=careful)
            lower = model.value(moved) if moved is not None else None
            if moved is not None and lower is not None and lower < value:
                break
            damping = (damping * 16).max(model.mu / 1024).mid()
        else:
            break
        x, value = moved, lower
        damping = (damping / 64).mid() if damping > model.mu / 1024 else arb(0)
    return x, False


def _moved(H: arb_mat, x: list[arb], slope: list[arb], damping: arb, *, careful: bool) -> list[arb] | None:
    n = len(x)
    damped = arb_mat(H)
    for k in range(n if damping > 0 else 0):
        damped[k, k] = damped[k, k] + damping
    if careful and not _is_positive(damped):
        return None
    try:
        step = damped.solve(arb_mat(n, 1, slope)).entries()
    except ZeroDivisionError:
        return None
    if not all(part.is_finite() for part in step):
        return None
    return [(value - part).mid() for value, part in zip(x, step, strict=True)]
