"""A second opinion from cvxpy and Clarabel. Its floats are rounded to fractions and re-checked; they prove nothing.

What is returned as ``checked`` are the value of an explicit network and of a scaled dual point, both in balls. The
package's own answers do not use this module.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.arrangement import cells
from ncproofs.critical.network_arrangement import constraint_squared
from ncproofs.critical.network_certificate import (
    Neuron,
    dual_value,
    enclosed,
    matrix_product,
    minus,
    predicted,
    primal_value,
    transposed,
)
from ncproofs.critical.network_linear import operator_norm_squared
from ncproofs.critical.network_search import as_floats
from ncproofs.critical.profiles import to_ball
from ncproofs.errors import MissingDependency, OutOfScope
from ncproofs.problems.networks import Network
from ncproofs.truth import Rigor

__all__ = ["SecondOpinion", "second_opinion"]

_BITS = 128


@dataclass(frozen=True, kw_only=True)
class SecondOpinion:
    """``reported``, ``reported_gap``: the solver's own numbers, estimates. ``checked``: certified bounds from them.

    ``seconds``: wall time of cvxpy's modelling and Clarabel's run, without our check.
    """

    status: str
    reported: Fraction
    reported_gap: Fraction
    checked: Enclosure
    seconds: float


def second_opinion(problem: Network) -> SecondOpinion:
    """The convex program of a two-layer linear network, or of a ReLU network with one output, solved by Clarabel.

    Raises:
        MissingDependency: cvxpy or clarabel is not installed.
        OutOfScope: another kind, or several outputs of a ReLU network.
    """
    try:
        import clarabel  # noqa: F401
        import cvxpy
    except ImportError:
        raise MissingDependency("the second opinion needs cvxpy and clarabel; install ncproofs[convex]") from None
    if problem.layers > 2 or problem.kind not in ("linear", "relu"):
        raise OutOfScope(f"a second opinion on kind {problem.kind} with {problem.layers} layers is not available; "
                         "give linear or relu with 2")
    if problem.kind == "linear":
        return _linear(problem, cvxpy)
    if len(problem.Y[0]) > 1:
        raise OutOfScope("a second opinion on a ReLU network needs one output")
    return _relu(problem, cvxpy)


def _linear(problem: Network, cvxpy: Any) -> SecondOpinion:
    started = time.perf_counter()
    X, Y = as_floats(problem.X), as_floats(problem.Y)
    Z = cvxpy.Variable((X.shape[1], Y.shape[1]))
    objective = cvxpy.sum_squares(X @ Z - Y) / 2 + float(problem.price) * cvxpy.normNuc(Z)
    model = cvxpy.Problem(cvxpy.Minimize(objective))
    gap, seconds = _solved(model, cvxpy), time.perf_counter() - started
    import numpy as np

    U, s, Vt = np.linalg.svd(Z.value, full_matrices=False)
    neurons = [Neuron(w=_fractions(U[:, k] * s[k]), a=_fractions(Vt[k])) for k in range(len(s)) if s[k] > 0]
    with flint.ctx.workprec(_BITS):
        V = _residual(problem, neurons)
        bound = operator_norm_squared(matrix_product(transposed(problem.X), V))
        return _opinion(problem, model, (gap, seconds), neurons, V, bound)


def _relu(problem: Network, cvxpy: Any) -> SecondOpinion:
    """min |sum D_i X (u_i - v_i) - y|^2/2 + beta sum (|u_i| + |v_i|) with u_i, v_i in the closed cell of D_i."""
    import numpy as np

    X, y = as_floats(problem.X), as_floats(problem.Y)[:, 0]
    patterns = tuple(cells(problem.X))
    started = time.perf_counter()
    blocks, constraints = [], []
    fit: Any = 0
    for pattern in patterns:
        signs = np.array(pattern, dtype=float)
        for sign in (1, -1):
            u = cvxpy.Variable(X.shape[1])
            constraints.append((signs[:, None] * X) @ u >= 0)
            fit = fit + sign * ((signs > 0)[:, None] * X) @ u
            blocks.append((sign, u))
    penalty = sum(cvxpy.norm(u, 2) for _, u in blocks)
    model = cvxpy.Problem(cvxpy.Minimize(cvxpy.sum_squares(fit - y) / 2 + float(problem.price) * penalty), constraints)
    gap, seconds = _solved(model, cvxpy), time.perf_counter() - started
    neurons = [
        Neuron(w=_fractions(u.value), a=(Fraction(sign),)) for sign, u in blocks
        if float(np.linalg.norm(u.value)) * 10**9 > 1
    ]
    with flint.ctx.workprec(_BITS):
        V = _residual(problem, neurons)
        bound = constraint_squared(problem, patterns, [to_ball(row[0]) for row in V], _BITS)
        return _opinion(problem, model, (gap, seconds), neurons, V, bound)


def _fractions(values: Any) -> tuple[Fraction, ...]:
    return tuple(Fraction(value) for value in values.tolist())


def _residual(problem: Network, neurons: list[Neuron]) -> list[list[Any]]:
    if not neurons:
        return [list(row) for row in problem.Y]
    found = predicted(problem.X, neurons, has_relu=problem.kind == "relu")
    return [[minus(y, f) for y, f in zip(row, other, strict=True)] for row, other in zip(problem.Y, found, strict=True)]


def _solved(model: Any, cvxpy: Any) -> Fraction:
    """Solve, and return the difference of the two objective values that Clarabel itself reports."""
    data, chain, inverse = model.get_problem_data(cvxpy.CLARABEL, solver_opts={})
    raw = chain.solve_via_data(model, data, solver_opts={})
    model.unpack_results(raw, chain, inverse)
    return abs(Fraction(raw.obj_val) - Fraction(raw.obj_val_dual))


def _opinion(problem: Network, model: Any, measured: tuple[Fraction, float], neurons: list[Neuron], V: Any,
             bound: Any) -> SecondOpinion:
    upper, lower = enclosed(primal_value(problem, neurons)), enclosed(dual_value(problem, V, bound))
    return SecondOpinion(
        status=str(model.status), reported=Fraction(float(model.value)), reported_gap=measured[0],
        seconds=measured[1],
        checked=Enclosure(lower.lower, upper.upper, Rigor.ENCLOSED),
    )
