"""The weight-decay model evaluated as it is written: what the kinds ``ridge/...`` mean."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ncproofs.proof.checker_arithmetic import Budget, Intervals, Rejected, Series, times, total
from ncproofs.proof.checker_inertia import inertia
from ncproofs.proof.checker_losses import Loss
from ncproofs.proof.checker_reading import need, rational, vector, whole


class Problem:
    """The weight-decay model, evaluated as it is written: no derivative of it is known here."""

    def __init__(self, value: Any) -> None:
        loss, parameter, K, d, n, *weights = need(value, "loss", "parameter", "K", "d", "n", "lambda_W", "lambda_H",
                                                  "lambda_b")
        self.loss = Loss(loss, parameter)
        self.K, self.d, self.n = (whole(size, low, 10**9) for size, low in ((K, 2), (d, 1), (n, 1)))
        self.N = self.K * self.n
        self.lambda_W, self.lambda_H = (rational(weight) for weight in weights[:2])
        self.lambda_b = None if weights[2] is None else rational(weights[2])
        if self.lambda_W <= 0 or self.lambda_H <= 0 or (self.lambda_b or 0) < 0:
            raise Rejected("a weight is out of range")
        self.c_squared = self.n * self.lambda_W * self.lambda_H

    def point(self, value: Any) -> list[Fraction]:
        """Coordinates in the order W, H, b."""
        W, H, b = need(value, "W", "H", "b")
        if (b is None) != (self.lambda_b is None):
            raise Rejected("a bias is missing or superfluous")
        tail = [] if b is None else vector(b, self.K)
        return vector(W, self.d * self.K) + vector(H, self.d * self.N) + tail

    def objective(self, algebra: Any, x: list[Any]) -> Any:
        K, d, N = self.K, self.d, self.N
        W, H, b = x[: d * K], x[d * K : d * (K + N)], x[d * (K + N) :]
        losses = []
        for s in range(N):
            z = [total(algebra, [algebra.mul(W[a * K + j], H[a * N + s]) for a in range(d)]) for j in range(K)]
            if b:
                z = [algebra.add(entry, bias) for entry, bias in zip(z, b, strict=True)]
            losses.append(self.loss.at(algebra, z, s // self.n))
        parts = [times(algebra, total(algebra, losses), Fraction(1, N))]
        for weight, block in ((self.lambda_W, W), (self.lambda_H, H), (self.lambda_b, b)):
            if block and weight:
                squares = total(algebra, [algebra.power(entry, 2) for entry in block])
                parts.append(times(algebra, squares, weight / 2))
        return total(algebra, parts)

    def curvature(self, balls: Intervals, centre: Any, direction: Any, spread: Fraction) -> tuple[Any, Fraction]:
        """The s^2 coefficient of f(X + s D) for X within ``spread`` of the centre, and |D|^2."""
        series, D, x = Series(balls, 2), self.point(direction), []
        for middle, slope in zip(self.point(centre), D, strict=True):
            side = balls.number(middle - spread)[0], balls.number(middle + spread)[1]
            x.append([side, balls.number(slope), series.zero])
        return self.objective(series, x)[2], sum((entry * entry for entry in D), Fraction(0))


def saddle_box(statement: list[Any], witness: Any, budget: Budget) -> None:
    descends(Problem(statement[0]), statement, witness, budget)


def descends(problem: Any, statement: list[Any], witness: Any, budget: Budget) -> None:
    """The curvature in the box, along the direction of the witness, is at most -margin |D|^2."""
    (radius, margin), (bits, direction) = map(rational, statement[2:]), need(witness, "bits", "direction")
    if radius < 0 or margin <= 0:
        raise Rejected("radius >= 0 and margin > 0 are needed")
    balls = Intervals(whole(bits, 64, 4096), budget)
    half, squared = problem.curvature(balls, statement[1], direction, radius)
    if not squared or half[1] > balls.number(-margin * squared / 2)[0]:
        raise Rejected("the curvature along the direction is not shown to be at most -margin")


def minimum(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, lower, upper = Problem(statement[0]), rational(statement[1]), rational(statement[2])
    bits, point, dual = need(witness, "bits", "point", "dual")
    balls = Intervals(whole(bits, 64, 4096), budget)
    K, n = problem.K, problem.n
    if not problem.loss.is_linear and problem.loss.name != "mean_squared":
        raise Rejected("the loss is not known to be convex, with a conjugate; it has no dual bound")
    value = problem.objective(balls, [balls.number(entry) for entry in problem.point(point)])
    if value[1] > balls.number(upper)[0]:
        raise Rejected("the value at the point is not shown to be at most the upper bound")
    A = vector(dual, K * K)
    rows = [A[j * K : (j + 1) * K] for j in range(K)]
    limit = n * K * K * problem.lambda_W * problem.lambda_H
    gap = [[-sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0)) for right in rows] for left in rows]
    for j in range(K):
        gap[j][j] += limit
    if inertia(gap, budget)[1]:
        raise Rejected("the dual matrix is longer than K sqrt(n lambda_W lambda_H)")
    bound = balls.neg(total(balls, [_conjugate(problem, balls, [row[k] for row in rows], k) for k in range(K)]))
    bound = balls.mul(bound, balls.number(Fraction(1, K)))
    ends = sum((sum(row) ** 2 for row in rows), Fraction(0))
    if problem.lambda_b is not None and ends:
        if not problem.lambda_b:
            raise Rejected("with a free bias the rows of the dual matrix must add up to zero")
        bound = balls.sub(bound, balls.number(ends / (2 * K * K * problem.lambda_b)))
    if bound[0] < balls.number(lower)[1]:
        raise Rejected("the dual bound is not shown to be at least the lower bound")


def _conjugate(problem: Problem, balls: Any, u: list[Fraction], k: int) -> Any:
    """sup_z <u, z> - L(z, k): u_k + |u|^2/2, or sum q log q with q on the simplex."""
    if problem.loss.name == "mean_squared":
        return balls.number(u[k] + sum(entry * entry for entry in u) / 2)
    alpha, K = problem.loss.parameter, problem.K
    q = [entry + alpha / K + (1 - alpha if j == k else 0) for j, entry in enumerate(u)]
    if sum(q) != 1 or min(q) < 0:
        raise Rejected("a column of the dual matrix is outside the domain of the conjugate")
    entries = [balls.mul(balls.number(entry), balls.log(balls.number(entry))) for entry in q if entry]
    return total(balls, entries)


KINDS = {
    "ridge/saddle-box/1": (("problem", "centre", "radius", "margin"), saddle_box),
    "ridge/minimum/1": (("problem", "lower", "upper"), minimum),
}
