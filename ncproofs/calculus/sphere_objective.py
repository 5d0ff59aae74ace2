r"""The objective on products of spheres at a point: value, Riemannian gradient, multipliers and Hessian.

With unit columns W (d, K), H (d, N), Z = tau W^T H, G = (1/N) [grad L(z_1), ..., grad L(z_N)] and
M_i = (1/N) Hess L(z_i),

    alpha_k = tau (W^T H G^T)_kk,   beta_i = tau (H^T W G)_ii,
    grad_W = tau H G^T - W D_alpha,   grad_H = tau W G - H D_beta,
    Hess[D, D] = sum_i q_i^T M_i q_i + 2 tau <G, dW^T dH> - sum_k alpha_k |dw_k|^2 - sum_i beta_i |dh_i|^2,

q_i being the columns of tau (dW^T H + W^T dH), D tangent. Column k n + i of H belongs to class k (from 0).
Balls in, balls out: every result contains the exact value for every choice of unit columns in the given balls.
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
from ncproofs.problems.features import Spheres

__all__ = [
    "dense_riemannian_hessian", "riemannian_form", "riemannian_gradient", "sphere_multipliers",
    "sphere_objective", "sphere_value", "tangent_basis",
]

Matrix = arb_mat | Sequence[Sequence[Any]]


def sphere_objective(
    problem: Spheres, W: Sequence[Sequence[Any]], H: Sequence[Sequence[Any]], arithmetic: Arithmetic
) -> Any:
    """(1/N) sum_i L(tau W^T h_i) with the columns divided by their lengths, in any arithmetic.

    W is d rows of K numbers, H is d rows of N. Along X + s D this is the objective on the retracted curve.

    Raises:
        InvalidProblem: shapes that do not match ``problem``.
    """
    _refuse_shape("W", len(W), {len(row) for row in W}, problem.d, problem.K)
    _refuse_shape("H", len(H), {len(row) for row in H}, problem.d, problem.N)
    classifiers = [_normalised(column, arithmetic) for column in zip(*W, strict=True)]
    features = [_normalised(column, arithmetic) for column in zip(*H, strict=True)]
    tau = arithmetic.constant(problem.tau)
    total = arithmetic.constant(Fraction(0))
    for sample, feature in enumerate(features):
        logits = [arithmetic.multiply(tau, _dot(w, feature, arithmetic)) for w in classifiers]
        total = arithmetic.add(total, value_at(problem.loss, logits, sample // problem.n, arithmetic))
    return arithmetic.multiply(total, arithmetic.constant(Fraction(1, problem.N)))


def _dot(left: Sequence[Any], right: Sequence[Any], arithmetic: Arithmetic) -> Any:
    total = arithmetic.constant(Fraction(0))
    for x, y in zip(left, right, strict=True):
        total = arithmetic.add(total, arithmetic.multiply(x, y))
    return total


def _normalised(column: Sequence[Any], arithmetic: Arithmetic) -> list[Any]:
    scale = arithmetic.real_power(_dot(column, column, arithmetic), arithmetic.constant(Fraction(-1, 2)))
    return [arithmetic.multiply(scale, entry) for entry in column]


def sphere_value(problem: Spheres, W: Matrix, H: Matrix, bits: int) -> arb:
    """f(W, H) as a ball; W (d, K), H (d, N), unit columns.

    Raises:
        InvalidProblem: shapes that do not match ``problem``, or a column that is certainly not of length one.
    """
    with ctx.workprec(bits):
        at, ball = _point(problem, W, H), Ball(bits)
        columns = _logits(problem, at)
        values = (value_at(problem.loss, z, i // problem.n, ball) for i, z in enumerate(columns))
        return sum(values, arb(0)) / problem.N


def sphere_multipliers(problem: Spheres, W: Matrix, H: Matrix, bits: int) -> tuple[list[arb], list[arb]]:
    """(alpha, beta): the normal components of the Euclidean gradient at each classifier and each feature."""
    with ctx.workprec(bits):
        at = _point(problem, W, H)
        return _multipliers(problem, at, _slopes(_expansions(problem, at, bits)))


def riemannian_gradient(problem: Spheres, W: Matrix, H: Matrix, bits: int) -> tuple[arb_mat, arb_mat]:
    """(grad_W, grad_H) in the shapes of (W, H)."""
    with ctx.workprec(bits):
        at = _point(problem, W, H)
        G, tau = _slopes(_expansions(problem, at, bits)), _ball(problem.tau)
        alpha, beta = _multipliers(problem, at, G)
        grad_W = at[1] * G.transpose() * tau - _scaled(at[0], alpha)
        return grad_W, at[0] * G * tau - _scaled(at[1], beta)


def riemannian_form(
    problem: Spheres, point: tuple[Matrix, Matrix], direction: tuple[Matrix, Matrix], bits: int
) -> arb:
    """Hess f(point)[D, D] as a ball, for a tangent vector D = ``direction`` in the shapes of ``point``.

    Raises:
        InvalidProblem: shapes that do not fit, a point off the spheres, a direction that is not tangent.
    """
    with ctx.workprec(bits):
        at = _point(problem, *point)
        along = _matrix("dW", direction[0], at[0]), _matrix("dH", direction[1], at[1])
        for name, base, tangent in (("w", at[0], along[0]), ("h", at[1], along[1])):
            _refuse_normal(name, base, tangent)
        expansions, tau = _expansions(problem, at, bits), _ball(problem.tau)
        G = _slopes(expansions)
        moved = (along[0].transpose() * at[1] + at[0].transpose() * along[1]) * tau
        total = arb(0)
        for expansion, row in zip(expansions, moved.transpose().tolist(), strict=True):
            moving = arb_mat(problem.K, 1, row)
            total += (moving.transpose() * _curvature(expansion, problem.N) * moving)[0, 0]
        cross = along[0].transpose() * along[1]
        total += 2 * tau * sum((g * x for g, x in zip(G.entries(), cross.entries(), strict=True)), arb(0))
        for multipliers, part in zip(_multipliers(problem, at, G), along, strict=True):
            for weight, vector in zip(multipliers, part.transpose().tolist(), strict=True):
                total -= weight * sum((x * x for x in vector), arb(0))
        return total


def tangent_basis(unit: Sequence[arb]) -> arb_mat:
    """d - 1 orthonormal columns orthogonal to the unit vector ``unit``, at the current precision.

    The reflection that maps ``unit`` to a multiple of e_1 is symmetric and orthogonal: its other columns.
    """
    d = len(unit)
    v = list(unit)
    v[0] = v[0] + 1 if v[0].mid() >= 0 else v[0] - 1
    weight = 2 / sum((x * x for x in v), arb(0))
    return arb_mat([[(int(i == j)) - weight * v[i] * v[j] for j in range(1, d)] for i in range(d)])


def dense_riemannian_hessian(problem: Spheres, W: Matrix, H: Matrix, bits: int) -> arb_mat:
    """The Riemannian Hessian in an orthonormal tangent basis: symmetric, of size (K + N)(d - 1).

    Its eigenvalues are those of the Hessian on the product of spheres. Each column of W, then of H, contributes
    d - 1 coordinates, in the basis ``tangent_basis``.

    Raises:
        InvalidProblem: shapes that do not match ``problem``, or a column that is certainly not of length one.
    """
    with ctx.workprec(bits):
        at, tau = _point(problem, W, H), _ball(problem.tau)
        expansions = _expansions(problem, at, bits)
        G, curvatures = _slopes(expansions), [_curvature(e, problem.N) for e in expansions]
        alpha, beta = _multipliers(problem, at, G)
        in_W = [tangent_basis(column) for column in at[0].transpose().tolist()]
        in_H = [tangent_basis(column) for column in at[1].transpose().tolist()]
        # Row i of pulled[k] is d(tau <w_k, h_i>) along the basis at w_k; seen[i] is d(tau W^T h_i) at h_i.
        pulled = [(at[1].transpose() * basis * tau).tolist() for basis in in_W]
        seen = [at[0].transpose() * basis * tau for basis in in_H]
        size, start = problem.d - 1, problem.K * (problem.d - 1)
        rows = [[arb(0)] * problem.dimension for _ in range(problem.dimension)]
        _fill_classifiers(rows, pulled, curvatures)
        for i, matrix in enumerate(curvatures):
            bent = matrix * seen[i]
            _place(rows, start + i * size, start + i * size, (seen[i].transpose() * bent).tolist())
            for k, basis in enumerate(in_W):
                cross = (basis.transpose() * in_H[i] * (tau * G[k, i])).tolist()
                for x, row in zip(pulled[k][i], cross, strict=True):
                    for c in range(size):
                        row[c] += x * bent[k, c]
                _place(rows, k * size, start + i * size, cross)
        for column, weight in enumerate([*alpha, *beta]):
            for c in range(column * size, (column + 1) * size):
                rows[c][c] -= weight
        return arb_mat(rows)


Rows = list[list[arb]]


def _fill_classifiers(rows: Rows, pulled: list[Rows], curvatures: list[arb_mat]) -> None:
    """Block (w_k, w_l): sum_i M_i[k, l] x_i y_i^T with x, y the rows of pulled[k], pulled[l]."""
    K, size = len(pulled), len(pulled[0][0])
    for k in range(K):
        for j in range(k, K):
            weighted = [[m[k, j] * y for y in row] for m, row in zip(curvatures, pulled[j], strict=True)]
            block = arb_mat(pulled[k]).transpose() * arb_mat(weighted)
            _place(rows, k * size, j * size, block.tolist())


def _place(rows: Rows, top: int, left: int, block: Rows) -> None:
    """The block and its mirror image; of a diagonal block the upper triangle, so that it is symmetric as stored."""
    for i, row in enumerate(block):
        for j, entry in enumerate(row):
            if top != left or i <= j:
                rows[top + i][left + j] = rows[left + j][top + i] = entry


def _multipliers(problem: Spheres, at: tuple[arb_mat, arb_mat], G: arb_mat) -> tuple[list[arb], list[arb]]:
    products = (at[0].transpose() * at[1] * _ball(problem.tau)).tolist()
    weighted = [[g * z for g, z in zip(left, right, strict=True)]
                for left, right in zip(G.tolist(), products, strict=True)]
    alpha = [sum(row, arb(0)) for row in weighted]
    return alpha, [sum(column, arb(0)) for column in zip(*weighted, strict=True)]


def _scaled(matrix: arb_mat, weights: list[arb]) -> arb_mat:
    return arb_mat([[x * w for x, w in zip(row, weights, strict=True)] for row in matrix.tolist()])


def _curvature(expansion: LogitExpansion, count: int) -> arb_mat:
    """(1/count) Hess L, (K, K)."""
    U = arb_mat([list(column) for column in expansion.columns]).transpose()
    table = (U * arb_mat([list(row) for row in expansion.core]) * U.transpose()).tolist()
    for k, entry in enumerate(expansion.diagonal):
        table[k][k] += entry
        for j in range(k):
            table[k][j] = table[j][k]
    return arb_mat(table) / count


def _slopes(expansions: list[LogitExpansion]) -> arb_mat:
    """G, (K, N)."""
    return arb_mat([list(e.gradient) for e in expansions]).transpose() / len(expansions)


def _expansions(problem: Spheres, at: tuple[arb_mat, arb_mat], bits: int) -> list[LogitExpansion]:
    ball = Ball(bits)
    return [expand(problem.loss, z, i // problem.n, ball) for i, z in enumerate(_logits(problem, at))]


def _logits(problem: Spheres, at: tuple[arb_mat, arb_mat]) -> list[list[arb]]:
    columns: list[list[arb]] = (at[1].transpose() * at[0] * _ball(problem.tau)).tolist()
    return columns


def _ball(value: Fraction) -> arb:
    return Ball(ctx.prec).constant(value)


def _point(problem: Spheres, W: Matrix, H: Matrix) -> tuple[arb_mat, arb_mat]:
    at = _as_matrix("W", W), _as_matrix("H", H)
    _refuse_shape("W", at[0].nrows(), {at[0].ncols()}, problem.d, problem.K)
    _refuse_shape("H", at[1].nrows(), {at[1].ncols()}, problem.d, problem.N)
    for name, part in zip("wh", at, strict=True):
        for k, column in enumerate(part.transpose().tolist(), start=1):
            square = sum((x * x for x in column), arb(0))
            if not square.contains(1):
                raise InvalidProblem(
                    f"|{name}_{k}|^2 is in {square.str(12)}, but unit columns are needed; divide by the length"
                )
    return at


def _refuse_normal(name: str, base: arb_mat, vector: arb_mat) -> None:
    pairs = zip(base.transpose().tolist(), vector.transpose().tolist(), strict=True)
    for k, (x, v) in enumerate(pairs, start=1):
        inner = sum((a * b for a, b in zip(x, v, strict=True)), arb(0))
        if not inner.contains(0):
            raise InvalidProblem(
                f"<{name}_{k}, d{name}_{k}> is in {inner.str(12)}, but a tangent vector is orthogonal to its point; "
                "project it first"
            )


def _as_matrix(name: str, value: Matrix) -> arb_mat:
    if isinstance(value, arb_mat):
        return value
    ball = Ball(ctx.prec)
    rows = [[ball.constant(x) if isinstance(x, int | Fraction) else x for x in row] for row in value]
    if len({len(row) for row in rows}) != 1 or not all(isinstance(x, arb) for row in rows for x in row):
        raise InvalidProblem(f"{name} is not a matrix of integers, fractions or balls; give d rows of equal length")
    return arb_mat(rows)


def _matrix(name: str, value: Matrix, like: arb_mat) -> arb_mat:
    matrix = _as_matrix(name, value)
    _refuse_shape(name, matrix.nrows(), {matrix.ncols()}, like.nrows(), like.ncols())
    return matrix


def _refuse_shape(name: str, rows: int, widths: set[int], need_rows: int, need_columns: int) -> None:
    if rows != need_rows or widths != {need_columns}:
        given = ", ".join(map(str, sorted(widths)))
        raise InvalidProblem(f"{name} has shape ({rows}, {given}), but ({need_rows}, {need_columns}) is needed")
