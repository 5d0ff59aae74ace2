r"""The weight-decay objective at a point: value, gradient, Hessian form and dense Hessian.

With W (d, K), H (d, N), Z = W^T H + b 1^T, the (K, N) matrix G = (1/N) [grad L(z_1), ..., grad L(z_N)] and
M_i = Hess L(z_i),

    grad_W = H G^T + lambda_W W,    grad_H = W G + lambda_H H,    grad_b = G 1 + lambda_b b,
    D^2 f[D, D] = (1/N) sum_i q_i^T M_i q_i + 2 <G, dW^T dH>
                  + lambda_W |dW|^2 + lambda_H |dH|^2 + lambda_b |db|^2,

q_i being the columns of dW^T H + W^T dH + db 1^T. The label, or set of labels, of column i is ``problem.targets[i]``;
its loss, gradient and Hessian carry the weight ``problem.sample_weights[i]``.
Balls in, balls out: every result contains the exact value for every choice of points in the given balls.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, ctx

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.program import Arithmetic
from ncproofs.calculus.logits import LogitExpansion, expand, value_at
from ncproofs.errors import InvalidProblem
from ncproofs.problems.multilabel import WeightDecay
from ncproofs.problems.tied import Tied

__all__ = ["dense_hessian", "gradient_at", "hessian_form", "objective", "objective_value"]

Matrix = arb_mat | Sequence[Sequence[Any]]
Point = tuple[arb_mat, arb_mat, arb_mat | None]
Summed = WeightDecay | Tied


def objective(
    problem: WeightDecay,
    W: Sequence[Sequence[Any]],
    H: Sequence[Sequence[Any]],
    b: Sequence[Any] | None,
    arithmetic: Arithmetic,
) -> Any:
    """f(W, H, b) in any arithmetic: W is d rows of K numbers, H is d rows of N, b is K numbers or None.

    Raises:
        InvalidProblem: shapes that do not match ``problem``.
    """
    add, multiply = arithmetic.add, arithmetic.multiply
    _refuse_shape("W", len(W), [len(row) for row in W], problem.d, problem.K)
    _refuse_shape("H", len(H), [len(row) for row in H], problem.d, problem.N)
    _refuse_bias(problem, None if b is None else len(b))
    total = arithmetic.constant(Fraction(0))
    for sample, (target, weight) in enumerate(zip(problem.targets, problem.sample_weights, strict=True)):
        logits = []
        for k in range(problem.K):
            logit = b[k] if b is not None else arithmetic.constant(Fraction(0))
            for a in range(problem.d):
                logit = add(logit, multiply(W[a][k], H[a][sample]))
            logits.append(logit)
        value = value_at(problem.loss, logits, target, arithmetic)
        total = add(total, value if weight == 1 else multiply(arithmetic.constant(weight), value))
    total = multiply(total, arithmetic.constant(Fraction(1, problem.N)))
    parts = [
        (problem.lambda_W, [x for row in W for x in row]),
        (problem.lambda_H, [x for row in H for x in row]),
    ]
    if b is not None and problem.lambda_b is not None:
        parts.append((problem.lambda_b, list(b)))
    for weight, entries in parts:
        for entry in entries:
            total = add(total, multiply(arithmetic.constant(weight / 2), multiply(entry, entry)))
    return total


def objective_value(problem: Summed, W: Matrix, H: Matrix, b: Matrix | None, bits: int) -> arb:
    """f(W, H, b) as a ball; W (d, K), H (d, N), b (K, 1) or None.

    Raises:
        InvalidProblem: shapes that do not match ``problem``.
    """
    with ctx.workprec(bits):
        at = _point(problem, (W, H, b))
        ball = Ball(bits)
        logits = _logits(problem, at)
        samples = zip(logits, problem.targets, problem.sample_weights, strict=True)
        values = (ball.constant(v) * value_at(problem.loss, z, target, ball) for z, target, v in samples)
        total = sum(values, arb(0))
        result = total / problem.N
        return result + _decay_form(problem, at) / 2


def gradient_at(
    problem: Summed, W: Matrix, H: Matrix, b: Matrix | None, bits: int
) -> tuple[arb_mat, arb_mat, arb_mat | None]:
    """(grad_W, grad_H, grad_b) in the shapes of (W, H, b); the last is None without a bias."""
    with ctx.workprec(bits):
        at = _point(problem, (W, H, b))
        G = _logit_slopes(_expansions(problem, at, bits))
        W, H, b = _decayed(problem, at)
        grad_W, grad_H = at[1] * G.transpose() + W, at[0] * G + H
        return grad_W, grad_H, None if b is None else G * _ones(problem.N, 1) + b


def hessian_form(problem: Summed, point: tuple[Any, Any, Any], direction: tuple[Any, Any, Any], bits: int) -> arb:
    """D^2 f(point)[D, D] as a ball, for D = ``direction`` in the shapes of ``point`` = (W, H, b)."""
    with ctx.workprec(bits):
        W, H, _ = at = _point(problem, point)
        dW, dH, db = along = _point(problem, direction)
        moved = dW.transpose() * H + W.transpose() * dH
        if db is not None:
            moved = moved + _repeated(db, problem.N)
        expansions = _expansions(problem, at, bits)
        columns = moved.transpose().tolist()
        total = sum((_form(e, q) for e, q in zip(expansions, columns, strict=True)), arb(0)) / problem.N
        cross = (dW.transpose() * dH).entries()
        total += 2 * sum((g * x for g, x in zip(_logit_slopes(expansions).entries(), cross, strict=True)), arb(0))
        return total + _decay_form(problem, along)


def dense_hessian(problem: Summed, W: Matrix, H: Matrix, b: Matrix | None, bits: int) -> arb_mat:
    """The Hessian at (W, H, b), (dim, dim), symmetric; coordinates W row by row, then H row by row, then b.

    Coordinate a K + k is W[a, k]; d K + a N + i is H[a, i]; d K + d N + k is b[k].

    Raises:
        InvalidProblem: shapes that do not match ``problem``.
    """
    with ctx.workprec(bits):
        at = _point(problem, (W, H, b))
        expansions = _expansions(problem, at, bits)
        curvatures = [_scaled_hessian(e, problem.N) for e in expansions]
        rows = [[arb(0)] * problem.dimension for _ in range(problem.dimension)]
        _fill_classifiers(rows, problem, at[1], curvatures)
        _fill_features(rows, problem, at, expansions, curvatures)
        if problem.has_bias:
            _fill_bias(rows, problem, at, curvatures)
        d, K, N = problem.d, problem.K, problem.N
        ridge = _decayed(problem, (_ones(d, K), _ones(d, N), _ones(K, 1) if problem.has_bias else None))
        for index, weight in enumerate(weight for part in ridge if part is not None for weight in part.entries()):
            rows[index][index] += weight
        return arb_mat(rows)


Rows = list[list[arb]]


def _fill_classifiers(rows: Rows, problem: Summed, H: arb_mat, curvatures: list[arb_mat]) -> None:
    """Block W, W: entry (a k, b l) is sum_i H[a, i] H[b, i] M_i[k, l], as one product over i."""
    d, K = problem.d, problem.K
    pairs = [(a, b) for a in range(d) for b in range(a, d)]
    cells = [(k, j) for k in range(K) for j in range(k, K)]
    features = H.tolist()
    tables = [matrix.tolist() for matrix in curvatures]
    products = arb_mat([[x * y for x, y in zip(features[a], features[b], strict=True)] for a, b in pairs])
    stacked = arb_mat([[table[k][j] for k, j in cells] for table in tables])
    block = (products * stacked).tolist()
    for (a, b), row in zip(pairs, block, strict=True):
        for (k, j), entry in zip(cells, row, strict=True):
            for left, right in ((a * K + k, b * K + j), (a * K + j, b * K + k)):
                rows[left][right] = rows[right][left] = entry


def _fill_features(
    rows: Rows, problem: Summed, at: Point, expansions: list[LogitExpansion], curvatures: list[arb_mat]
) -> None:
    """Blocks H, H: W M_i W^T for equal samples; and W, H: H[a, i] (M_i W^T)[k, b] + [a = b] G[k, i]."""
    d, K, N = problem.d, problem.K, problem.N
    W, features = at[0], at[1].tolist()
    for i, (expansion, matrix) in enumerate(zip(expansions, curvatures, strict=True)):
        pulled = W * matrix
        own = (pulled * W.transpose()).tolist()
        mixed = pulled.tolist()
        for a in range(d):
            row = d * K + a * N + i
            for b in range(a, d):
                other = d * K + b * N + i
                rows[row][other] = rows[other][row] = own[a][b]
            for b in range(d):
                for k in range(K):
                    entry = features[b][i] * mixed[a][k]
                    if a == b:
                        entry += expansion.gradient[k] / N
                    rows[row][b * K + k] = rows[b * K + k][row] = entry


def _fill_bias(rows: Rows, problem: Summed, at: Point, curvatures: list[arb_mat]) -> None:
    """Blocks b, b: sum_i M_i; W, b: sum_i H[a, i] M_i[k, l]; H, b: (W M_i)[a, l]."""
    d, K, N = problem.d, problem.K, problem.N
    start = d * (K + N)
    features = at[1].tolist()
    total = arb_mat(K, K)
    stacked = arb_mat([matrix.entries() for matrix in curvatures])
    mixed = (arb_mat(features) * stacked).tolist()
    for i, matrix in enumerate(curvatures):
        total = total + matrix
        pulled = (at[0] * matrix).tolist()
        for a in range(d):
            for j in range(K):
                row = d * K + a * N + i
                rows[row][start + j] = rows[start + j][row] = pulled[a][j]
    summed = total.tolist()
    for k in range(K):
        for j in range(K):
            rows[start + k][start + j] = summed[min(k, j)][max(k, j)]
            for a in range(d):
                rows[a * K + k][start + j] = rows[start + j][a * K + k] = mixed[a][min(k, j) * K + max(k, j)]


def _scaled_hessian(expansion: LogitExpansion, count: int) -> arb_mat:
    """(1/count) Hess L, (K, K), with the upper triangle copied below so that it is symmetric as stored."""
    U = arb_mat([list(column) for column in expansion.columns]).transpose()
    table = (U * arb_mat([list(row) for row in expansion.core]) * U.transpose()).tolist()
    for k, entry in enumerate(expansion.diagonal):
        table[k][k] += entry
        for j in range(k):
            table[k][j] = table[j][k]
    return arb_mat(table) / count


def _form(expansion: LogitExpansion, q: list[arb]) -> arb:
    """q^T Hess L q = sum_k diagonal_k q_k^2 + (U^T q)^T core (U^T q)."""
    pulled = [sum((u * x for u, x in zip(column, q, strict=True)), arb(0)) for column in expansion.columns]
    total = sum((entry * x * x for entry, x in zip(expansion.diagonal, q, strict=True)), arb(0))
    for row, left in zip(expansion.core, pulled, strict=True):
        total += left * sum((c * right for c, right in zip(row, pulled, strict=True)), arb(0))
    return total


def _expansions(problem: Summed, at: Point, bits: int) -> list[LogitExpansion]:
    ball = Ball(bits)
    samples = zip(_logits(problem, at), problem.targets, problem.sample_weights, strict=True)
    return [_weighted(expand(problem.loss, z, target, ball), weight, ball) for z, target, weight in samples]


def _weighted(expansion: LogitExpansion, weight: Fraction, ball: Ball) -> LogitExpansion:
    """Value, gradient and Hessian times ``weight``."""
    if weight == 1:
        return expansion
    v = ball.constant(weight)
    return LogitExpansion(
        v * expansion.value,
        tuple(v * entry for entry in expansion.gradient),
        tuple(v * entry for entry in expansion.diagonal),
        expansion.columns,
        tuple(tuple(v * entry for entry in row) for row in expansion.core),
    )


def _logits(problem: Summed, at: Point) -> list[list[arb]]:
    """The N columns of Z = W^T H + b 1^T."""
    W, H, b = at
    Z = W.transpose() * H
    if b is not None:
        Z = Z + _repeated(b, problem.N)
    columns: list[list[arb]] = Z.transpose().tolist()
    return columns


def _logit_slopes(expansions: list[LogitExpansion]) -> arb_mat:
    """G = (1/N) [grad L(z_1), ..., grad L(z_N)], (K, N)."""
    return arb_mat([list(e.gradient) for e in expansions]).transpose() / len(expansions)


def _repeated(b: arb_mat, count: int) -> arb_mat:
    return b * _ones(1, count)


def _ones(rows: int, columns: int) -> arb_mat:
    return arb_mat(rows, columns, [1] * (rows * columns))


def _decayed(problem: Summed, parts: Point) -> Point:
    """(lambda_W W, lambda_H H, lambda_b b), with c_j lambda_H where a column stands for c_j samples."""
    W, H, b = parts
    columns = H * _ball(problem.lambda_H)
    if isinstance(problem, Tied):
        rows = [[c * x for c, x in zip(problem.copies, row, strict=True)] for row in columns.tolist()]
        columns = arb_mat(rows)
    return W * _ball(problem.lambda_W), columns, None if b is None else b * _ball(problem.lambda_b or Fraction(0))


def _decay_form(problem: Summed, parts: Point) -> arb:
    """lambda_W |W|^2 + lambda_H |H|^2 + lambda_b |b|^2."""
    total = arb(0)
    for part, pulled in zip(parts, _decayed(problem, parts), strict=True):
        if part is not None and pulled is not None:
            total += sum((x * y for x, y in zip(part.entries(), pulled.entries(), strict=True)), arb(0))
    return total


def _ball(weight: Fraction) -> arb:
    return Ball(ctx.prec).constant(weight)


def _point(problem: Summed, parts: tuple[Any, Any, Any]) -> Point:
    W, H, b = parts
    W, H = _matrix("W", W, problem.d, problem.K), _matrix("H", H, problem.d, problem.N)
    _refuse_bias(problem, None if b is None else problem.K)
    return W, H, None if b is None else _matrix("b", b, problem.K, 1)


def _matrix(name: str, value: Any, rows: int, columns: int) -> arb_mat:
    if not isinstance(value, arb_mat):
        value = arb_mat([list(row) for row in value])
    matrix: arb_mat = value
    _refuse_shape(name, matrix.nrows(), [matrix.ncols()], rows, columns)
    return matrix


def _refuse_shape(name: str, rows: int, widths: list[int], need_rows: int, need_columns: int) -> None:
    wrong = [width for width in widths if width != need_columns]
    if rows != need_rows or wrong:
        given = wrong[0] if wrong else need_columns
        raise InvalidProblem(f"{name} has shape ({rows}, {given}), but ({need_rows}, {need_columns}) is needed")


def _refuse_bias(problem: Summed, length: int | None) -> None:
    if (length is not None) != problem.has_bias:
        what = "none was given" if length is None else "b was given; write None"
        raise InvalidProblem(
            f"lambda_b={problem.lambda_b}, so b {'is' if problem.has_bias else 'is not'} needed: {what}"
        )
    if length is not None and length != problem.K:
        raise InvalidProblem(f"b has {length} entries, but K={problem.K} are needed")
