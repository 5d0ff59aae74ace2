r"""Certified bounds of the minimum of pick-all-label cross-entropy, for any list of label sets and any d.

Lower bound (theorem ``multilabel-dual-bound``): for probability vectors p_s, put y_s = (v_s/N)(m_s p_s - 1_S). Then

    f(W, H, b) >= (1/N) sum_s v_s m_s Ent(p_s) - |sum_s y_s|^2 / (2 lambda_b),   Ent(p) = -sum_k p_k log p_k,

as soon as |[y_1, ..., y_N]|_2 <= mu = sqrt(lambda_W lambda_H). A free bias needs sum_s y_s = 0, no bias needs nothing.
Shrinking p_s to theta p_s + (1 - theta) 1_S/m_s multiplies every y_s by theta, so any p_s can be made to fit. For
points whose classifiers form a simplex ETF the weaker condition |[y_1, ...]|_F^2 <= (K-1) mu^2 suffices, and for W = 0
none.

Upper bound: the objective at an exact point. The point comes from doubles; a chord iteration with gradients in balls
then gives it any number of digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import flint
import numpy as np
from flint import arb, arb_mat

from ncproofs.arithmetic.enclosure import Enclosure, exact_bounds
from ncproofs.arithmetic.inertia import Inertia, ldl_inertia
from ncproofs.arithmetic.linalg import eigenvalue_enclosures
from ncproofs.critical.multilabel_precise import is_stiff, lost_bits, precise_point
from ncproofs.critical.multilabel_search import LabelPoint, Sets, descend, descend_along_etf, refuse_absent_classes
from ncproofs.critical.profiles import to_ball
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.problems.multilabel import MultiLabel

__all__ = ["Bounds", "DualPoint", "certified_bounds", "classifier_bound", "dual_value", "scaled_dual"]

#: Which points a dual bound speaks of, and so which norm of [y_1, ..., y_N] is limited.
Among = Literal["all", "simplex ETF", "zero"]

_CHORDS = 400
_STARTS = {True: 1, False: 12}


@dataclass(frozen=True, eq=False)
class DualPoint:
    """Probability vectors, one exact column of K numbers for each distinct label set; the certificate of a bound."""

    problem: MultiLabel
    columns: tuple[tuple[Fraction, ...], ...]
    among: Among = "all"


@dataclass(frozen=True, kw_only=True, eq=False)
class Bounds:
    """``lower <= min f <= upper``, both certified; ``dual`` proves the lower one, ``point`` the upper one.

    ``point`` is W (d, K), one feature for each distinct label set, (d, sets), and b (K, 1).
    """

    lower: Fraction
    upper: Fraction
    dual: DualPoint
    point: tuple[arb_mat, arb_mat, arb_mat]

    @property
    def gap(self) -> Fraction:
        return self.upper - self.lower

    def enclosure(self) -> Enclosure:
        from ncproofs.truth import Rigor

        return Enclosure(self.lower, self.upper, Rigor.ENCLOSED)


def _refuse_others(problem: MultiLabel) -> None:
    if not problem.is_pick_all_label:
        raise OutOfScope(f"{problem.loss} is not pick-all-label cross-entropy; write pick_all_label")


def dual_value(dual: DualPoint, bits: int) -> arb:
    """The lower bound that ``dual`` proves, as a ball; nothing is assumed about where it came from.

    Raises:
        InvalidProblem: columns that are no probability vectors, rows that do not balance a free bias, or a norm
            condition that is not certified at this precision.
    """
    problem = dual.problem
    _refuse_others(problem)
    sets = list(problem.label_counts.items())
    if len(dual.columns) != len(sets) or any(len(column) != problem.K for column in dual.columns):
        raise InvalidProblem(f"{len(dual.columns)} columns given, but {len(sets)} of {problem.K} numbers are needed")
    if any(sum(column) != 1 or min(column) < 0 for column in dual.columns):
        raise InvalidProblem("a column is no probability vector; its numbers must be >= 0 and sum to 1 exactly")
    with flint.ctx.workprec(bits):
        if not _fits(dual, bits):
            raise InvalidProblem(f"the norm condition of the dual bound is not certified at {bits} bits")
        total = arb(0)
        for (labels, count), column in zip(sets, dual.columns, strict=True):
            weight = count * problem.weight_of(len(labels)) * len(labels)
            total += to_ball(weight) * sum((_entropy(p) for p in column if p), arb(0))
        return total / problem.N - _bias_price(dual)


def _entropy(p: Fraction) -> arb:
    ball = to_ball(p)
    return -ball * ball.log()


def _columns(dual: DualPoint) -> list[tuple[int, list[Fraction]]]:
    """(c_j, N y_j) for each distinct label set."""
    problem = dual.problem
    found = []
    for (labels, count), column in zip(problem.label_counts.items(), dual.columns, strict=True):
        v, m = problem.weight_of(len(labels)), len(labels)
        found.append((count, [v * (m * p - (k + 1 in labels)) for k, p in enumerate(column)]))
    return found


def _row_sums(dual: DualPoint) -> list[Fraction]:
    """N sum_s y_s, exactly."""
    total = [Fraction(0)] * dual.problem.K
    for count, column in _columns(dual):
        total = [t + count * y for t, y in zip(total, column, strict=True)]
    return total


def _bias_price(dual: DualPoint) -> arb:
    """|sum_s y_s|^2/(2 lambda_b); 0 without a bias."""
    problem = dual.problem
    if problem.lambda_b is None:
        return arb(0)
    rows = _row_sums(dual)
    if problem.lambda_b == 0:
        if any(rows):
            raise InvalidProblem("the bias is free, so the columns y_s must sum to 0 exactly, and they do not")
        return arb(0)
    return to_ball(sum((row * row for row in rows), Fraction(0)) / problem.N**2 / (2 * problem.lambda_b))


def _squares(dual: DualPoint) -> arb_mat:
    """N^2 Y Y^T, (K, K)."""
    data = _columns(dual)
    plain = arb_mat([[to_ball(y) for y in column] for _, column in data])
    scaled = arb_mat([[to_ball(count * y) for y in column] for count, column in data])
    return scaled.transpose() * plain


def _norm_squared(dual: DualPoint, bits: int) -> arb:
    """N^2 times what the condition limits by mu^2: the largest eigenvalue of Y Y^T, or its trace over K - 1."""
    if dual.among == "zero":
        return arb(0)
    squares = _squares(dual)
    if dual.among == "simplex ETF":
        return sum((squares[k, k] for k in range(dual.problem.K)), arb(0)) / (dual.problem.K - 1)
    return _largest_eigenvalue(squares, to_ball(_limit(dual.problem)), bits)


def _limit(problem: MultiLabel) -> Fraction:
    """N^2 mu^2."""
    return problem.lambda_W * problem.lambda_H * problem.N**2


def _largest_eigenvalue(matrix: arb_mat, guess: arb, bits: int) -> arb:
    """An upper bound of the largest eigenvalue; close where that is near ``guess``, however many others are.

    At an optimum K - 1 of them agree, and no eigenbasis tells them apart; guess (1 + e) I - matrix > 0 needs none.
    """
    for slack in (bits - 56, bits // 2, 64, 40):
        bound = (guess * (1 + arb(2) ** -slack)).upper()
        if _is_above(bound, matrix, bits):
            return bound
    return max((value.upper() for value in eigenvalue_enclosures(matrix, 53)), key=_as_number)


def _as_number(value: arb) -> Fraction:
    return exact_bounds(value)[1]


def _fits(dual: DualPoint, bits: int) -> bool:
    """True is a proof of the norm condition."""
    limit = to_ball(_limit(dual.problem))
    if dual.among != "all":
        return bool(_norm_squared(dual, bits) <= limit)
    return _is_above(limit.lower(), _squares(dual), bits)


def _is_above(bound: arb, matrix: arb_mat, bits: int) -> bool:
    """True is a proof of ``bound`` I - matrix > 0."""
    size = matrix.nrows()
    rest = arb_mat(size, size, [bound * int(i == j) for i in range(size) for j in range(size)]) - matrix
    return ldl_inertia(rest, bits) == Inertia(size, 0, 0)


def scaled_dual(dual: DualPoint, bits: int) -> DualPoint:
    """``dual`` balanced for a free bias, and shrunk towards the label sets until the norm condition is certified."""
    dual = _balanced(dual)
    problem = dual.problem
    with flint.ctx.workprec(bits):
        if _fits(dual, bits):
            return dual
        norm, limit = _norm_squared(dual, bits), to_ball(_limit(problem))
        theta = exact_bounds(((limit / norm).sqrt() * (1 - arb(2) ** (-bits + 64))).lower())[0]
    sets = problem.label_counts
    columns = tuple(
        tuple(theta * p + (1 - theta) * Fraction(k + 1 in labels, len(labels)) for k, p in enumerate(column))
        for labels, column in zip(sets, dual.columns, strict=True)
    )
    return replace(dual, columns=columns)


def _balanced(dual: DualPoint) -> DualPoint:
    """With a free bias: the same small change of every column makes the rows sum to 0 exactly.

    Columns too far from balance for that are replaced by 1_S/m: a bound all the same, and a poor one.
    """
    problem = dual.problem
    if problem.lambda_b != 0:
        return dual
    sets = problem.label_counts
    mass = sum((n * problem.weight_of(len(labels)) * len(labels) for labels, n in sets.items()), Fraction(0))
    change = [row / mass for row in _row_sums(dual)]
    columns = tuple(tuple(p - c for p, c in zip(column, change, strict=True)) for column in dual.columns)
    if any(p < 0 for column in columns for p in column):  # then only y_s = 0 is certain to balance
        columns = tuple(tuple(Fraction(k + 1 in labels, len(labels)) for k in range(problem.K)) for labels in sets)
    return replace(dual, columns=columns)


def certified_bounds(problem: MultiLabel, digits: int = 12, seed: int = 0) -> Bounds:
    """Bounds of the minimum, aimed at a relative gap of 10^-``digits``; for d < K - 1 they may stay apart.

    Raises:
        OutOfScope: another loss, or more label sets than are listed one by one.
    """
    _refuse_others(problem)
    refuse_absent_classes(problem)
    bits = 96 + 4 * digits
    wide = replace(problem, d=max(problem.d, problem.K - 1))
    found = descend(wide, _STARTS[True], seed)
    precise = precise_point(wide, bits, seed) if is_stiff(found) else None
    if precise is not None:
        bits += 2 * lost_bits(problem)  # m p - 1 is of the size of mu on the labels
    W, h, b, logits = _exact_point(found.sets, _refined(found, bits) if precise is None else precise, bits)
    with flint.ctx.workprec(bits):
        columns = tuple(_probabilities(logits, j) for j in range(h.ncols()))
        dual = scaled_dual(DualPoint(problem, columns), bits)
        lower = dual_value(dual, bits + 32)
        if problem.d < problem.K - 1:
            found = descend(problem, _STARTS[False], seed)
            W, h, b, logits = _exact_point(found.sets, _refined(found, bits), bits)
        upper = _value(problem, W, h, b, logits)
    return Bounds(lower=exact_bounds(lower)[0], upper=exact_bounds(upper)[1], dual=dual, point=(W, h, b))


def _exact_point(sets: Sets, x: Sequence[arb], bits: int) -> tuple[arb_mat, arb_mat, arb_mat, arb_mat]:
    with flint.ctx.workprec(bits):
        W, h, b = _parts(sets, x)
        return W, h, b, _logits(W, h, b)


def classifier_bound(problem: MultiLabel, among: Among, bits: int = 160, seed: int = 0) -> Fraction:
    """A certified lower bound of the objective among points whose classifiers are a simplex ETF, or zero."""
    refuse_absent_classes(problem)
    found = descend_along_etf(problem, seed, zero=among == "zero")
    _, h, _, logits = _exact_point(found.sets, [arb(float(value)) for value in found.x], bits)
    with flint.ctx.workprec(bits):
        columns = tuple(_probabilities(logits, j) for j in range(h.ncols()))
    dual = scaled_dual(DualPoint(problem, columns, among), bits)
    return exact_bounds(dual_value(dual, bits + 32))[0]


def _parts(sets: Sets, x: Sequence[arb]) -> tuple[arb_mat, arb_mat, arb_mat]:
    """W (d, K), h (d, J), b (K, 1) as exact numbers."""
    K, J = sets.member.shape
    d = sets.d
    W = arb_mat(d, K, list(x[: d * K]))
    roots = [arb(int(count)).sqrt() for count in sets.counts]
    features = [(value / roots[i % J]).mid() for i, value in enumerate(x[d * K : d * (K + J)])]
    return W, arb_mat(d, J, features), arb_mat(K, 1, list(x[d * (K + J) :]) or [arb(0)] * K)


def _logits(W: arb_mat, h: arb_mat, b: arb_mat) -> arb_mat:
    ones = arb_mat(1, h.ncols(), [1] * h.ncols())
    return W.transpose() * h + b * ones


def _probabilities(logits: arb_mat, j: int) -> tuple[Fraction, ...]:
    """The softmax of column j, rounded to exact numbers that sum to 1."""
    waves = _softmax(logits, j)
    found = [exact_bounds(value.mid())[0] for value in waves]
    largest = max(range(len(found)), key=lambda k: found[k])
    found[largest] += 1 - sum(found)
    return tuple(found)


def _softmax(logits: arb_mat, j: int) -> list[arb]:
    K = logits.nrows()
    top = logits[0, j].mid()
    for k in range(1, K):
        top = top.max(logits[k, j].mid())
    waves = [(logits[k, j] - top).exp() for k in range(K)]
    total = sum(waves, arb(0))
    return [wave / total for wave in waves]


def _value(problem: MultiLabel, W: arb_mat, h: arb_mat, b: arb_mat, logits: arb_mat) -> arb:
    """The objective when every sample with the j-th label set has feature j."""
    total, decay = arb(0), arb(0)
    for j, (labels, count) in enumerate(problem.label_counts.items()):
        top = logits[0, j].mid()
        rest = sum(((logits[k, j] - top).exp() for k in range(problem.K)), arb(0))
        own = sum((logits[label - 1, j] for label in labels), arb(0))
        loss = len(labels) * (top + rest.log()) - own
        total += to_ball(count * problem.weight_of(len(labels))) * loss
        decay += count * sum((h[a, j] * h[a, j] for a in range(h.nrows())), arb(0))
    value = total / problem.N + to_ball(problem.lambda_H) / 2 * decay
    for weight, part in ((problem.lambda_W, W), (problem.lambda_b or Fraction(0), b)):
        value += to_ball(weight) / 2 * sum((x * x for x in part.entries()), arb(0))
    return value


def _refined(found: LabelPoint, bits: int) -> list[arb]:
    """The float point carried to ``bits`` bits: steps with the float Hessian and gradients in balls.

    The float inverse is wrong by its rounding errors alone, so each step gains about as many digits as it has right.
    """
    x = [arb(float(value)) for value in found.x]
    if found.solve is None:
        return x
    with flint.ctx.workprec(bits + 32):
        for _ in range(_CHORDS):
            slope = _gradient(found, x)
            scale = _size(slope)
            if scale < arb(2) ** -bits:
                break
            step = found.solve(np.array([float((entry / scale).mid()) for entry in slope]))
            moved = [(value - scale * float(s)).mid() for value, s in zip(x, step, strict=True)]
            if not _size(_gradient(found, moved)) < scale:
                break
            x = moved
    return x


def _size(vector: list[arb]) -> arb:
    largest = arb(0)
    for entry in vector:
        largest = largest.max(abs(entry.mid()))
    return largest.mid()


def _gradient(found: LabelPoint, x: list[arb]) -> list[arb]:
    """The gradient in W, u = sqrt(c) h and b, approximately; only the point it leads to is ever used."""
    problem, sets = found.sets.problem, found.sets
    W, h, b = _parts(sets, x)
    logits = _logits(W, h, b)
    roots = [arb(int(count)).sqrt() for count in sets.counts]
    slopes = []
    for j, (labels, count) in enumerate(problem.label_counts.items()):
        weight = to_ball(Fraction(count, problem.N) * problem.weight_of(len(labels)))
        p = _softmax(logits, j)
        slopes.append([(weight * (len(labels) * p[k] - (k + 1 in labels))).mid() for k in range(problem.K)])
    G = arb_mat(slopes).transpose()
    lW, lH, lb = (to_ball(part or Fraction(0)) for part in (problem.lambda_W, problem.lambda_H, problem.lambda_b))
    in_W = (h * G.transpose() + W * lW).entries()
    pulled = W * G
    d, J = sets.d, len(roots)
    start = d * sets.member.shape[0]
    in_u = [pulled[a, j] / roots[j] + lH * x[start + a * J + j] for a in range(d) for j in range(J)]
    in_b = [sum(G[k, j] for j in range(J)) + lb * b[k, 0] for k in range(problem.K)] if problem.has_bias else []
    return [*in_W, *in_u, *in_b]
