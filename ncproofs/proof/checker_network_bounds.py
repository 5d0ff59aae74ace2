"""The minimum of a regularised network against a number, where no closed form is needed: kind ``network/bound/1``."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ncproofs.proof.checker_arithmetic import Budget, Rejected
from ncproofs.proof.checker_networks import Network, _dot, _dual, _feasible, _primal
from ncproofs.proof.checker_reading import need, rational


def bound(statement: list[Any], witness: Any, budget: Budget) -> None:
    """Below the number: the value of an explicit network is. Above it: that of a feasible dual point is."""
    problem, relation, level = Network(statement[0], budget), statement[1], rational(statement[2])
    if problem.kind in ("spline", "batchnorm") or not problem.is_convex:
        raise Rejected("a linear or ReLU network with a convex problem is needed")
    if relation == "<":
        (neurons,) = need(witness, "neurons")
        room = level - _primal(problem, neurons)
    else:
        dual, multipliers = need(witness, "V", "multipliers")
        V = _dual(problem, dual)
        _feasible(problem, V, multipliers)
        room = sum((_dot(v, y) - _dot(v, v) / 2 for v, y in zip(V, problem.Y, strict=True)), Fraction(0)) - level
    if relation not in ("<", ">") or room <= 0:
        raise Rejected("the minimum is not shown to be on this side of the number")


KINDS: dict[str, tuple[tuple[str, ...], Callable[[list[Any], Any, Budget], None]]] = {
    "network/bound/1": (("problem", "relation", "value"), bound),
}
