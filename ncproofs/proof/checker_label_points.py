"""Points of the model with sets of labels: bounds of the minimum, and the Hessian at the optimum."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ncproofs.proof.checker_arithmetic import Budget, Intervals, Rejected, times, total
from ncproofs.proof.checker_hessian import Block, Eigenvalues, Model, Place, has_inertia, has_table
from ncproofs.proof.checker_inertia import inertia
from ncproofs.proof.checker_labels import Labels, at_optimum
from ncproofs.proof.checker_reading import listed, need, rational, vector, whole


def minimum(statement: list[Any], witness: Any, budget: Budget) -> None:
    """lower <= inf f <= upper <= lower + gap: a dual point, and a point at which all copies of a label set agree."""
    problem = Labels(statement[0], budget)
    lower, upper, gap = map(rational, statement[1:])
    bits, columns, point = need(witness, "bits", "columns", "point")
    balls = Intervals(whole(bits, 64, 4096), budget)
    if upper - lower > gap:
        raise Rejected("the bounds are further apart than the gap")
    if _dual_value(problem, balls, columns)[0] < balls.number(lower)[1]:
        raise Rejected("the dual point does not show the lower bound")
    if _objective(problem, balls, point)[1] > balls.number(upper)[0]:
        raise Rejected("the point does not show the upper bound")


def _dual_value(problem: Labels, balls: Intervals, columns: Any) -> Any:
    """(1/N) sum_s v_s m_s Ent(p_s) - |Y 1|^2/(2 lambda_b) for y_s = (v_s/N)(m_s p_s - 1_S), |Y|_2^2 <= lW lH.

    f >= that, since L_s >= m_s Ent(p_s) + <m_s p_s - 1_S, z_s>, and <Y, W^T H> >= -|Y|_2 |W||H|.
    """
    K, N, sets = problem.K, problem.N, problem.sets()
    problem.budget.spend(len(sets) * K * K)
    rows, square = [Fraction(0)] * K, [[Fraction(0)] * K for _ in range(K)]  # N Y 1 and N^2 Y Y^T
    entropies = [balls.number(Fraction(0))]
    for (labels, count), column in zip(sets, listed(columns, len(sets)), strict=True):
        p, m, v = [rational(entry) for entry in listed(column, K)], len(labels), problem.weight(len(labels))
        if min(p) < 0 or sum(p) != 1:
            raise Rejected("a column is no probability vector")
        y = [v * (m * x - (k + 1 in labels)) for k, x in enumerate(p)]
        rows = [a + count * b for a, b in zip(rows, y, strict=True)]
        for i in range(K):
            for j in range(K):
                square[i][j] += count * y[i] * y[j]
        for x in filter(None, p):
            entropies.append(times(balls, balls.log(balls.number(x)), -x * count * v * m / N))
    limit = problem.lambda_W * problem.lambda_H * N**2
    rest = [[(limit if i == j else 0) - square[i][j] for j in range(K)] for i in range(K)]
    if inertia(rest, problem.budget)[1]:
        raise Rejected("the dual point is larger than sqrt(lambda_W lambda_H)")
    if problem.lambda_b == 0 and any(rows):
        raise Rejected("with a free bias the dual point must have row sums 0")
    price = sum((row * row for row in rows), Fraction(0)) / (2 * N**2 * problem.lambda_b) if problem.lambda_b else 0
    return balls.sub(total(balls, entropies), balls.number(Fraction(price)))


def _objective(problem: Labels, balls: Intervals, point: Any) -> Any:
    """f as it is written at W (d, K), one feature for each label set, H (d, sets), and b."""
    K, d, N, sets = problem.K, problem.d, problem.N, problem.sets()
    J, loss = len(sets), problem.loss
    W, H, b = need(point, "W", "H", "b")
    W, H = vector(W, d * K), vector(H, d * J)
    if (b is None) != (problem.lambda_b is None):
        raise Rejected("a bias is missing or superfluous")
    bias = [Fraction(0)] * K if b is None else vector(b, K)
    problem.budget.spend(d * K * J)
    parts, squares = [], Fraction(0)
    for j, (labels, count) in enumerate(sets):
        h = [H[a * J + j] for a in range(d)]
        z = [sum((W[a * K + k] * h[a] for a in range(d)), bias[k]) for k in range(K)]
        value = loss.at(balls, [balls.number(entry) for entry in z], tuple(k - 1 for k in labels))
        parts.append(times(balls, value, Fraction(count, N)))
        squares += count * sum(entry * entry for entry in h)
    decay = problem.lambda_W * sum(entry * entry for entry in W) + problem.lambda_H * squares
    decay += (problem.lambda_b or 0) * sum(entry * entry for entry in bias)
    return total(balls, [*parts, balls.number(decay / 2)])


def _model(problem: Labels, balls: Intervals, y: Any, gaps: Any) -> Model:
    """The simplex ETF of the scalar system in R^(K-1): h_S = c_m sum_{k in S} w_k."""
    K, sets = problem.K, problem.sets()
    if problem.kind() != "simplex ETF" or K * len(sets) > 3000:
        raise Rejected("a simplex ETF is needed, with label sets that can be listed")
    root, enclosed = at_optimum(problem, balls, y, gaps)
    size = times(balls, root, Fraction(1, K) * problem.N * problem.lambda_H)  # |W|^2/(K-1)
    scales = {m: times(balls, balls.div(t, root), K / (problem.N * problem.lambda_H))
              for (m, _, _), t in zip(problem.proper(), enclosed, strict=True)}
    zero = balls.number(Fraction(0))
    W: list[list[Any]] = [[] for _ in range(K)]
    for i in range(1, K):  # (1, ..., 1, -i, 0, ..., 0)/sqrt(i (i+1)): orthonormal, orthogonal to 1
        unit = balls.sqrt(times(balls, size, Fraction(1, i * (i + 1))))
        for k in range(K):
            W[k].append(unit if k < i else times(balls, unit, -i) if k == i else zero)
    places = []
    for labels, count in sets:
        scale = scales.get(len(labels), zero)
        h = [balls.mul(scale, total(balls, [W[k - 1][a] for k in labels])) for a in range(K - 1)]
        places.append(Place(tuple(k - 1 for k in labels), count, h))
    model = Model(balls, problem.loss, W, places)
    _is_critical(problem, model)
    return model


def _is_critical(problem: Labels, model: Model) -> None:
    """The gradient contains 0; that it is 0 is the theorem multilabel-scalar-system."""
    balls, (rows, features, biases) = model.balls, model.slopes()
    decay = [(row, w, problem.lambda_W) for row, w in zip(rows, model.W, strict=True)]
    decay += [(row, place.h, problem.lambda_H) for row, place in zip(features, model.places, strict=True)]
    entries = [balls.add(x, times(balls, value, weight)) for row, at, weight in decay
               for x, value in zip(row, at, strict=True)]
    entries += biases if problem.lambda_b is not None else []
    if any(not low <= 0 <= high for low, high in entries):
        raise Rejected("the gradient does not vanish")


def _blocks(problem: Labels, model: Model) -> list[Block]:
    """The Hessian: the row space of W with the bias, the d - K + 1 other dimensions, and what moves no mean."""
    balls, K, J = model.balls, problem.K, len(model.places)
    lW, lH = balls.number(problem.lambda_W), balls.number(problem.lambda_H)
    zero, one = balls.number(Fraction(0)), balls.number(Fraction(1))
    basis = [[one if a == b else zero for a in range(K - 1)] for b in range(K - 1)]
    diagonals = [lW] * K, [lH] * J
    with_bias = None if problem.lambda_b is None else balls.number(problem.lambda_b)
    blocks: list[Block] = [(model.form(([basis] * K, [basis] * J), diagonals, with_bias), 1)]
    if problem.d >= K:  # a direction e outside: <w, e> = <h, e> = 0
        lifted = Model(balls, model.loss, [[*w, zero] for w in model.W],
                       [Place(place.label, place.weight, [*place.h, zero]) for place in model.places])
        outside = [[zero] * (K - 1) + [one]]
        blocks.append((lifted.form(([outside] * K, [outside] * J), diagonals), problem.d - K + 1))
        blocks += [([[lH]], (place.weight - 1) * (problem.d - K + 1)) for place in model.places]
    blocks += [(model.within(p, basis, lH), place.weight - 1) for p, place in enumerate(model.places)
               if place.weight > 1]
    return blocks


def _opened(statement: list[Any], witness: Any, budget: Budget, *more: str) -> tuple[Labels, Model, int, list[Any]]:
    """Problem, model at the optimum, dimension of the orbit of the symmetries, and the rest of the witness."""
    problem = Labels(statement[0], budget)
    bits, y, gaps, *others = need(witness, "bits", "y", "gaps", *more)
    model = _model(problem, Intervals(whole(bits, 64, 4096), budget), y, gaps)
    K, d = problem.K, problem.d
    return problem, model, (K - 1) * d - K * (K - 1) // 2 + (problem.lambda_b == 0), others


def stationary(statement: list[Any], witness: Any, budget: Budget) -> None:
    _opened(statement, witness, budget)


def spectrum(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, model, kernel, _ = _opened(statement, witness, budget)
    has_table(Eigenvalues(model.balls, _blocks(problem, model)), statement[1], kernel)


def nullity(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, model, kernel, (gap,) = _opened(statement, witness, budget, "gap")
    zero = whole(statement[1], 0, 10**18)
    has_inertia(Eigenvalues(model.balls, _blocks(problem, model)), 0, zero, kernel, rational(gap))


KINDS: dict[str, tuple[tuple[str, ...], Callable[[list[Any], Any, Budget], None]]] = {
    "label/minimum/1": (("problem", "lower", "upper", "gap"), minimum),
    "label/stationary/1": (("problem",), stationary),
    "label/spectrum/1": (("problem", "eigenvalues"), spectrum),
    "label/nullity/1": (("problem", "zero"), nullity),
}
