r"""The certified optimum of a regularised network: ``network_optimum(problem)``.

Quantities (names are those of ``ncproofs optimum network``):
    objective: the minimum, between a dual value and the value of an explicit network. dual: that dual value.
    gap: primal minus dual value. rank: neurons (linear: directions) of the network shown.
    relu, whitened: strength_k_pos and strength_k_neg, |w||a| of the neuron that fits (y_k)_+ and (y_k)_-.
    spline: T0, S0, output_bias, dual_m, dual_v_i. batchnorm, for class k: prediction_scale_k, gamma_k, alpha_k,
    activation_k, out_weight_k, mean_norm_sq_k. Deep, one output: critical_points, how many there are.
"""

from __future__ import annotations

from fractions import Fraction

import sympy

from ncproofs.critical.network_batchnorm import batchnorm_answer, has_range
from ncproofs.critical.network_certificate import Answer, NetworkOptimum, certify, dot, square, transposed
from ncproofs.critical.network_deep import deep_answer
from ncproofs.critical.network_linear import linear_answer
from ncproofs.critical.network_relu import has_disjoint_columns, parts_of, rank_of, relu_answer, signed_parts
from ncproofs.critical.network_spline import solve_spline, spline_answer
from ncproofs.errors import InvalidProblem
from ncproofs.problems.networks import Labels, Network, Points

__all__ = ["closed_form", "columnwise_form", "network_answer", "network_optimum", "rank_one_form"]


def network_optimum(problem: Network, *, digits: int = 30) -> NetworkOptimum:
    """Bounds of the minimum that agree to ``digits`` digits, and the network that attains it.

    Where the bounds cannot be made to agree, both are shown and the answer is undecided.

    Raises:
        InvalidProblem: not a ``Network``, or digits out of range. OutOfScope: no method here solves this problem.
    """
    return certify(problem, network_answer(problem), digits)


def network_answer(problem: Network) -> Answer:
    """How ``problem`` is solved; ``certify`` evaluates it to any number of digits.

    Raises:
        InvalidProblem, OutOfScope: as ``network_optimum``.
    """
    if not isinstance(problem, Network):
        raise InvalidProblem(f"{problem!r} is not a network problem; write for example relu(X, y, '1/10')")
    if problem.kind == "spline":
        return spline_answer(problem)
    if problem.kind == "batchnorm":
        return batchnorm_answer(problem)
    if problem.kind == "relu":
        return relu_answer(problem)
    if problem.layers > 2 and problem.normalisation == "standard":
        return deep_answer(problem)
    return linear_answer(problem)


def closed_form(problem: Network) -> sympy.Expr | None:
    """The minimum as an exact constant, where it is one by a formula: None otherwise.

    beta s - beta^2/2 or s^2/2 for each length s that is fitted separately; a rational number for splines.
    """
    if problem.kind == "spline":
        assert isinstance(problem.data, Points)
        return _exact(solve_spline(problem.data).value)
    if problem.layers > 2 and problem.normalisation == "standard":
        return None
    beta = problem.price
    if problem.kind == "batchnorm":
        assert isinstance(problem.data, Labels)
        counts = problem.data.counts if has_range(problem.data) else ()
        return _sum([Fraction(count) for count in counts], beta) if counts else None
    if problem.kind == "relu":
        rank_one = rank_one_form(problem)
        if rank_one is not None or not problem.is_whitened or not has_disjoint_columns(problem.Y):
            return rank_one
        return columnwise_form(problem)
    if problem.is_whitened:
        gram = [[dot(a, b) for b in transposed(problem.Y)] for a in transposed(problem.Y)]
        if all(not entry for i, row in enumerate(gram) for j, entry in enumerate(row) if i != j):
            return _sum([row[i] for i, row in enumerate(gram)], beta)
    return None


def columnwise_form(problem: Network) -> sympy.Expr:
    """Every signed column of Y separately: the minimum of a ReLU network when X X^T = I and supports are disjoint."""
    return _sum([square(part) for _, _, part in parts_of(problem.Y)], problem.price)


def rank_one_form(problem: Network) -> sympy.Expr | None:
    """|Y|^2/2 - sum over signs of (|Y^T c_+-||a| - beta)_+^2/(2|a|^2|c_+-|^2) for X = c a^T; None for other X.

    One sample is whitened when |a| = 1; then this is the columnwise formula for one output.
    """
    if problem.layers > 2 or not any(any(row) for row in problem.X) or rank_of(problem.X) != 1:
        return None
    total = _exact(sum((square(row) for row in problem.Y), Fraction(0)) / 2)
    beta = _exact(problem.price)
    for _, part, reach, size in signed_parts(problem):
        if reach * size > problem.price**2:
            gain = sympy.sqrt(_exact(reach * size)) - beta
            total -= gain**2 / (2 * _exact(size * square(part)))
    return total


def _sum(squares: list[Fraction], beta: Fraction) -> sympy.Expr:
    total = sympy.Integer(0)
    for value in squares:
        if value <= beta**2:
            total += _exact(value) / 2
        else:
            total += _exact(beta) * sympy.sqrt(_exact(value)) - _exact(beta) ** 2 / 2
    return total


def _exact(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)
