"""Value, gradient and dense Hessian of the layered model in balls, straight from the product of its factors.

The product is linear in each factor, so with Z = W_L ... W_1 H and R = (Z - Y)/N

    f(X + tD) = f(X) + t <grad, D>
        + (t^2/2) [ |DZ|^2 / N + 2 sum_{l > m} <R, W_L .. D_l .. D_m .. H> + sum_l lambda_l |D_l|^2 ] + ...

Nothing of the closed forms of ``ncproofs.critical`` is used here.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate

from flint import arb, arb_mat, ctx, fmpq

from ncproofs.errors import InvalidProblem
from ncproofs.problems.layered import Layered

__all__ = ["layered_gradient", "layered_hessian", "layered_value"]


def layered_value(problem: Layered, factors: Sequence[arb_mat], bias: Sequence[arb] | None, bits: int) -> arb:
    """The objective at (H, W_1, ..., W_L) = ``factors`` and the bias (None for no bias).

    Raises:
        InvalidProblem: factors of other shapes than ``problem.shapes``, or a bias where there is none.
    """
    _check(problem, factors, bias)
    with ctx.workprec(bits):
        features, *layers = factors
        if problem.relu:
            first, second = layers
            logits = second * _rectified(first * features)
        else:
            logits = features
            for layer in layers:
                logits = layer * logits
        error = _minus_targets(problem, logits, bias)
        total = _square_sum(error.entries()) / (2 * problem.N)
        for weight, factor in zip(problem.weights, factors, strict=True):
            total += _ball(weight) / 2 * _square_sum(factor.entries())
        if bias is not None and problem.lambda_b is not None:
            total += _ball(problem.lambda_b) / 2 * _square_sum(list(bias))
        return total


def layered_gradient(
    problem: Layered, factors: Sequence[arb_mat], bias: Sequence[arb] | None, bits: int
) -> list[arb]:
    """All partial derivatives: of H, W_1, ..., W_L row by row, then of b. Without relu."""
    _check(problem, factors, bias)
    _linear(problem)
    with ctx.workprec(bits):
        left, right = _products(factors)
        error = _minus_targets(problem, left[0] * factors[0], bias) / problem.N
        found: list[arb] = []
        for position, (weight, factor) in enumerate(zip(problem.weights, factors, strict=True)):
            slope = left[position].transpose() * error * right[position].transpose() + factor * _ball(weight)
            found += slope.entries()
        if bias is not None and problem.lambda_b is not None:
            rows = error.tolist()
            found += [sum(row, arb(0)) + _ball(problem.lambda_b) * b for row, b in zip(rows, bias, strict=True)]
        return found


def layered_hessian(problem: Layered, factors: Sequence[arb_mat], bits: int, bias: Sequence[arb] | None = None
                    ) -> arb_mat:
    """The dense Hessian in (H, W_1, ..., W_L) and b, without relu."""
    _check(problem, factors, bias)
    _linear(problem)
    with ctx.workprec(bits):
        left, right = _products(factors)
        error = _minus_targets(problem, left[0] * factors[0], bias) / problem.N
        jacobian = _jacobian(problem, left, right)
        rows = (jacobian.transpose() * jacobian / problem.N).tolist()
        offsets = [0, *accumulate(r * c for r, c in problem.shapes)]
        for low in range(len(factors)):
            for position in range(offsets[low], offsets[low + 1]):
                rows[position][position] += _ball(problem.weights[low])
            for high in range(low + 1, len(factors)):
                _add_mixed(rows, problem, (low, high), (offsets[low], offsets[high]), (factors, left, right, error))
        for position in range(offsets[-1], len(rows)):
            rows[position][position] += _ball(problem.lambda_b or Fraction(0))
        return arb_mat(rows)


def _add_mixed(rows: list[list[arb]], problem: Layered, pair: tuple[int, int], start: tuple[int, int],
               given: tuple[Sequence[arb_mat], list[arb_mat], list[arb_mat], arb_mat]) -> None:
    """<R, left[h] E_ij (middle) E_pq right[l]> = middle[j, p] (left[h]^T R right[l]^T)[i, q]."""
    factors, left, right, error = given
    (low, high), shapes = pair, problem.shapes
    outer = (left[high].transpose() * error * right[low].transpose()).tolist()
    middle = _identity(shapes[low][0])
    for factor in factors[low + 1 : high]:
        middle = factor * middle
    inner = middle.tolist()
    for i in range(shapes[high][0]):
        for j in range(shapes[high][1]):
            for p in range(shapes[low][0]):
                for q in range(shapes[low][1]):
                    value = inner[j][p] * outer[i][q]
                    one, other = start[1] + i * shapes[high][1] + j, start[0] + p * shapes[low][1] + q
                    rows[one][other] += value
                    rows[other][one] += value


def _jacobian(problem: Layered, left: list[arb_mat], right: list[arb_mat]) -> arb_mat:
    """d vec(Z + b 1^T): column (i, j) of factor l is left[l][:, i] right[l][j, :], that of b_k is e_k 1^T."""
    columns = []
    for position, (height, width) in enumerate(problem.shapes):
        before, after = left[position].transpose().tolist(), right[position].tolist()
        columns += [[a * b for a in before[i] for b in after[j]] for i in range(height) for j in range(width)]
    if problem.has_bias:
        columns += [[arb(int(row == k)) for row in range(problem.K) for _ in range(problem.N)]
                    for k in range(problem.K)]
    return arb_mat(columns).transpose()


def _products(factors: Sequence[arb_mat]) -> tuple[list[arb_mat], list[arb_mat]]:
    """left[l]: the product of all factors after l; right[l]: of all before l."""
    right = [_identity(factors[0].ncols())]
    for factor in factors[:-1]:
        right.append(factor * right[-1])
    left = [_identity(factors[-1].nrows())]
    for factor in reversed(factors[1:]):
        left.insert(0, left[0] * factor)
    return left, right


def _minus_targets(problem: Layered, logits: arb_mat, bias: Sequence[arb] | None) -> arb_mat:
    rows, start = logits.tolist(), 0
    for cls, size in enumerate(problem.class_sizes):
        for column in range(start, start + size):
            rows[cls][column] -= 1
        start += size
    if bias is not None:
        rows = [[entry + b for entry in row] for row, b in zip(rows, bias, strict=True)]
    return arb_mat(rows)


def _rectified(matrix: arb_mat) -> arb_mat:
    """max(0, .) of every entry, as a ball that contains all its values."""
    return arb_mat(matrix.nrows(), matrix.ncols(), [entry.max(arb(0)) for entry in matrix.entries()])


def _identity(size: int) -> arb_mat:
    return arb_mat(size, size, [arb(int(i == j)) for i in range(size) for j in range(size)])


def _square_sum(entries: Sequence[arb]) -> arb:
    return sum((entry * entry for entry in entries), arb(0))


def _ball(value: object) -> arb:
    return arb(fmpq(value.numerator, value.denominator))  # type: ignore[attr-defined]


def _check(problem: Layered, factors: Sequence[arb_mat], bias: Sequence[arb] | None) -> None:
    shapes = tuple((factor.nrows(), factor.ncols()) for factor in factors)
    if shapes != problem.shapes:
        raise InvalidProblem(f"factors of shapes {shapes} given; {problem.shapes} are needed for (H, W_1, ..., W_L)")
    if (bias is not None) != problem.has_bias or (bias is not None and len(bias) != problem.K):
        raise InvalidProblem(f"a bias of {'no' if bias is None else len(bias)} entries given for {problem}")


def _linear(problem: Layered) -> None:
    if problem.relu:
        raise InvalidProblem("derivatives of the model with relu asked for; they exist for the linear model only")
