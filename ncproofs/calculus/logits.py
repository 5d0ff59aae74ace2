"""Derivatives in the logits, for any number of classes: a diagonal plus low rank.

For L(z, y) = phi(t, S_1, ..., S_m), t = z_y, S_i = sum_j f_i(z_j), and the (K, m + 1) matrix
U = [e_y, f_1'(z), ..., f_m'(z)],

    grad L = U phi',      Hess L = diag(sum_i phi_{S_i} f_i''(z)) + U phi'' U^T,

with phi' and phi'' the first and second partial derivatives of phi in (t, S_1, ..., S_m). Only phi and the
class functions are differentiated, so K stays a symbol. For a set of labels, t is the sum of their logits and e_y
their indicator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy

from ncproofs.arithmetic.exact import size
from ncproofs.arithmetic.program import Arithmetic, Program, lower
from ncproofs.errors import InvalidProblem
from ncproofs.losses.loss import K as CLASSES
from ncproofs.losses.loss import Loss, S, T, Z
from ncproofs.losses.loss import M as LABELS

__all__ = [
    "LogitExpansion",
    "LogitGradient",
    "LogitHessian",
    "Target",
    "expand",
    "explicit",
    "logit_gradient",
    "logit_hessian",
    "phi_program",
    "value_at",
]

_ZERO, _ONE = Fraction(0), Fraction(1)
#: A label, or a set of labels.
Target = int | Sequence[int]


@dataclass(frozen=True)
class LogitGradient:
    """``grad L = U phi'``: entry k is ``[k = y] phi_t + sum_i phi_{S_i} f_i'(z_k)``.

    ``columns`` are f_1'(z), ..., f_m'(z), written in ``Z``; e_y comes before them and is not listed.
    ``partials`` are phi_t, phi_{S_1}, ..., phi_{S_m}.
    """

    columns: tuple[sympy.Expr, ...]
    partials: tuple[sympy.Expr, ...]

    def entry(self, logit: sympy.Expr, *, target: bool) -> sympy.Expr:
        """The entry of a class with this logit."""
        slopes = (column.subs(Z, logit) for column in self.columns)
        start = self.partials[0] if target else sympy.Integer(0)
        return sympy.Add(start, *(p * s for p, s in zip(self.partials[1:], slopes, strict=True)))


@dataclass(frozen=True)
class LogitHessian:
    """``Hess L = diag(diagonal(z)) + U core U^T``, with ``columns`` as in ``LogitGradient``.

    ``diagonal`` is sum_i phi_{S_i} f_i''(Z); ``core`` is the symmetric (m + 1) x (m + 1) matrix phi''.
    """

    columns: tuple[sympy.Expr, ...]
    diagonal: sympy.Expr
    core: sympy.ImmutableMatrix

    def entry(
        self, left: sympy.Expr, right: sympy.Expr, *, left_target: bool, right_target: bool, same: bool
    ) -> sympy.Expr:
        """The entry of two classes with these logits; ``same`` when they are one class."""
        u = [sympy.Integer(int(left_target)), *(column.subs(Z, left) for column in self.columns)]
        v = [sympy.Integer(int(right_target)), *(column.subs(Z, right) for column in self.columns)]
        terms = [self.core[i, j] * u[i] * v[j] for i in range(len(u)) for j in range(len(v))]
        return sympy.Add(self.diagonal.subs(Z, left) if same else sympy.Integer(0), *terms)


@lru_cache(maxsize=64)
def logit_gradient(loss: Loss) -> LogitGradient:
    """The gradient in the logits, in t, S_1, ..., S_m, K and the running logit Z."""
    columns = tuple(sympy.diff(function, Z) for function in loss.class_functions)
    return LogitGradient(columns, tuple(sympy.diff(loss.phi, letter) for letter in (T, *loss.sums)))


@lru_cache(maxsize=64)
def logit_hessian(loss: Loss) -> LogitHessian:
    """The Hessian in the logits, in t, S_1, ..., S_m, K and the running logit Z."""
    gradient = logit_gradient(loss)
    letters = (T, *loss.sums)
    curvatures = [sympy.diff(column, Z) for column in gradient.columns]
    diagonal = sympy.Add(*(p * c for p, c in zip(gradient.partials[1:], curvatures, strict=True)))
    order = len(letters)
    core = [[sympy.diff(gradient.partials[min(i, j)], letters[max(i, j)]) for j in range(order)] for i in range(order)]
    return LogitHessian(gradient.columns, diagonal, sympy.ImmutableMatrix(core))


def explicit(loss: Loss, K: int) -> tuple[tuple[sympy.Symbol, ...], sympy.ImmutableMatrix, sympy.ImmutableMatrix]:
    """Logits z_1, ..., z_K, and the closed-form gradient (K, 1) and Hessian (K, K); the target is class 1."""
    count = size(K, "K", 2)
    logits = sympy.symbols(f"z_1:{count + 1}", real=True)
    values: dict[sympy.Symbol, sympy.Expr] = {T: logits[0], CLASSES: sympy.Integer(count), LABELS: sympy.Integer(1)}
    for symbol, function in zip(loss.sums, loss.class_functions, strict=True):
        values[symbol] = sympy.Add(*(function.subs(Z, logit) for logit in logits))
    gradient, hessian = logit_gradient(loss), logit_hessian(loss)
    first = [gradient.entry(logit, target=k == 0).subs(values) for k, logit in enumerate(logits)]
    second = [
        [
            hessian.entry(left, right, left_target=k == 0, right_target=j == 0, same=k == j).subs(values)
            for j, right in enumerate(logits)
        ]
        for k, left in enumerate(logits)
    ]
    return logits, sympy.ImmutableMatrix(count, 1, first), sympy.ImmutableMatrix(second)


@lru_cache(maxsize=64)
def phi_program(loss: Loss) -> Program:
    """phi in t, S_1, ..., S_m, K and the number of labels as a program; its first output is the value of the loss."""
    gradient, hessian = logit_gradient(loss), logit_hessian(loss)
    order = len(gradient.partials)
    upper = [hessian.core[i, j] for i in range(order) for j in range(i, order)]
    return lower([loss.phi, *gradient.partials, *upper], [T, *loss.sums, CLASSES, LABELS])


@lru_cache(maxsize=64)
def _value_program(loss: Loss) -> Program:
    return lower([loss.phi], [T, *loss.sums, CLASSES, LABELS])


@lru_cache(maxsize=64)
def _class_program(loss: Loss) -> Program:
    """f_1, f_1', f_1'', f_2, ... in z."""
    return lower([sympy.diff(function, Z, times) for function in loss.class_functions for times in range(3)], [Z])


@lru_cache(maxsize=64)
def _class_values(loss: Loss) -> Program:
    return lower(list(loss.class_functions), [Z])


@dataclass(frozen=True)
class LogitExpansion:
    """Value, gradient (K) and Hessian ``diag(diagonal) + U core U^T`` at given logits, in one arithmetic.

    ``columns`` are the m + 1 columns of U, each of length K.
    """

    value: Any
    gradient: tuple[Any, ...]
    diagonal: tuple[Any, ...]
    columns: tuple[tuple[Any, ...], ...]
    core: tuple[tuple[Any, ...], ...]


def value_at(loss: Loss, logits: Sequence[Any], target: Target, arithmetic: Arithmetic) -> Any:
    """``L(logits, target)``, ``target`` a label or a set of labels; classes are counted from 0."""
    labels = _labels(logits, target)
    program = _class_values(loss)
    rows = [program.run(arithmetic, {Z.name: logit}) for logit in logits]
    sums = [_total(arithmetic, [row[i] for row in rows]) for i in range(len(loss.sums))]
    return _value_program(loss).run(arithmetic, _letters(loss, logits, labels, sums, arithmetic))[0]


def expand(loss: Loss, logits: Sequence[Any], target: Target, arithmetic: Arithmetic) -> LogitExpansion:
    """Value, gradient and Hessian at ``logits`` (numbers of ``arithmetic``) for a label or a set of labels from 0."""
    labels = _labels(logits, target)
    m = len(loss.sums)
    rows = [_class_program(loss).run(arithmetic, {Z.name: logit}) for logit in logits]
    sums = [_total(arithmetic, [row[3 * i] for row in rows]) for i in range(m)]
    out = phi_program(loss).run(arithmetic, _letters(loss, logits, labels, sums, arithmetic))
    first, upper = out[1 : m + 2], iter(out[m + 2 :])
    core: list[list[Any]] = [[None] * (m + 1) for _ in range(m + 1)]
    for i in range(m + 1):
        for j in range(i, m + 1):
            core[i][j] = core[j][i] = next(upper)
    zero, one = arithmetic.constant(_ZERO), arithmetic.constant(_ONE)
    indicator = tuple(one if k in labels else zero for k in range(len(logits)))
    columns = (indicator, *(tuple(row[3 * i + 1] for row in rows) for i in range(m)))
    gradient = [
        _total(arithmetic, [arithmetic.multiply(p, column[k]) for p, column in zip(first, columns, strict=True)])
        for k in range(len(logits))
    ]
    diagonal = [
        _total(arithmetic, [zero, *(arithmetic.multiply(first[i + 1], row[3 * i + 2]) for i in range(m))])
        for row in rows
    ]
    return LogitExpansion(out[0], tuple(gradient), tuple(diagonal), columns, tuple(map(tuple, core)))


def _letters(
    loss: Loss, logits: Sequence[Any], labels: tuple[int, ...], sums: Sequence[Any], arithmetic: Arithmetic
) -> dict[str, Any]:
    named = {S(index + 1).name: value for index, value in enumerate(sums)}
    sizes = {CLASSES.name: len(logits), LABELS.name: len(labels)}
    named |= {name: arithmetic.constant(_ONE * count) for name, count in sizes.items()}
    return {T.name: _total(arithmetic, [logits[k] for k in labels]), **named}


def _total(arithmetic: Arithmetic, parts: Sequence[Any]) -> Any:
    result = parts[0]
    for part in parts[1:]:
        result = arithmetic.add(result, part)
    return result


def _labels(logits: Sequence[Any], target: Target) -> tuple[int, ...]:
    labels = (target,) if isinstance(target, int) else tuple(target)
    inside = all(0 <= label < len(logits) for label in labels)
    if len(logits) < 2 or not labels or not inside or len(set(labels)) < len(labels):
        raise InvalidProblem(
            f"{len(logits)} logits with target {target} given, but K >= 2 and 0 <= target < K are needed, "
            "or a nonempty set of such labels"
        )
    return labels
