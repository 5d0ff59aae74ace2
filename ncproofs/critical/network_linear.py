r"""Two-layer linear networks, and deep ones with inner layers of norm at most one: |XZ - Y|^2/2 + beta |Z|_*.

The dual is max <V, Y> - |V|^2/2 subject to |X^T V| <= beta in the operator norm, with V = Y - XZ at the optimum.
One output: Z = u = rho (rho X^T X + beta I)^-1 X^T y with rho = |u|, one equation in one unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint
from flint import arb, arb_mat, fmpq, fmpq_mat

from ncproofs.arithmetic.eigenbasis import multiprecision_eigenbasis
from ncproofs.arithmetic.inertia import exact_inertia
from ncproofs.arithmetic.linalg import eigenvalue_enclosures
from ncproofs.critical.network_certificate import (
    ZERO,
    Answer,
    Certificate,
    Neuron,
    dual_value,
    matrix_product,
    minus,
    norm,
    over,
    primal_value,
    square,
    transposed,
)
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.regimes import Number, product
from ncproofs.errors import OutOfScope
from ncproofs.problems.networks import Network

__all__ = ["exact_rank", "linear_answer", "operator_norm_squared", "residual", "zero_certificate"]

_WIDEST = 80
_STEPS = 400
_AXIOMS = ("Cauchy-Schwarz inequality", "inequality of arithmetic and geometric means")


def linear_answer(problem: Network) -> Answer:
    """How the convex problem of ``problem`` is solved. Any X and Y of moderate size.

    Raises:
        OutOfScope: neither n nor d is small enough.
    """
    n, d, K = len(problem.X), len(problem.X[0]), len(problem.Y[0])
    if min(n, d) > _WIDEST or K > _WIDEST:
        raise OutOfScope(f"min(n, d)={min(n, d)} and K={K}; linear networks are certified up to {_WIDEST}")
    gradient = matrix_product(transposed(problem.X), problem.Y)
    names: dict[str, Any] = {"axioms": _AXIOMS}
    if _is_below(gradient, problem.price):
        return Answer(
            regime="trivial", geometry=ZERO, attempt=lambda bits: zero_certificate(problem),
            because="|X^T Y| <= beta in the operator norm, decided exactly: V = Y is feasible", **names,
        )
    if K == 1 and problem.is_whitened:
        return Answer(
            regime="whitened", geometry="one neuron", attempt=lambda bits: _whitened_scalar(problem),
            because="X X^T = I exactly: u = (1 - beta/|y|) X^T y, V = beta y/|y|", **names,
        )
    if K == 1:
        return Answer(
            regime="rank one", geometry="one neuron", attempt=lambda bits: _scalar(problem, bits),
            because="u = rho (rho X^T X + beta I)^-1 X^T y with rho = |u|; V = y - Xu is scaled into the dual ball",
            **names,
        )
    rank = exact_rank(problem)
    if rank is not None:
        return Answer(
            regime="whitened", geometry="singular directions", attempt=lambda bits: _modes(problem, rank, bits),
            because="X X^T = I exactly: rank = number of singular values of Y above beta", **names,
        )
    start = _start(problem)
    return Answer(
        regime="low rank", geometry="singular directions", attempt=lambda bits: _vector(problem, start, bits),
        because="a factored stationary point by Newton's method; V = Y - XZ is scaled into the dual ball",
        notes=("rank is that of the network shown",), **names,
    )


def _is_below(gradient: Sequence[Sequence[Number]], beta: Fraction) -> bool:
    """|gradient| <= beta in the operator norm, exactly: beta^2 I - M^T M has no negative eigenvalue."""
    return exact_inertia(_shifted_gram(gradient, beta)).positive == 0


def _shifted_gram(rows: Sequence[Sequence[Any]], beta: Fraction) -> fmpq_mat:
    """M^T M - beta^2 I, from the smaller side."""
    M = rows if len(rows) <= len(rows[0]) else transposed(rows)
    gram = matrix_product(M, transposed(M))
    size = len(gram)
    entries = [gram[i][j] - (beta**2 if i == j else 0) for i in range(size) for j in range(size)]
    return fmpq_mat(size, size, [fmpq(e.numerator, e.denominator) for e in map(Fraction, entries)])


def exact_rank(problem: Network) -> int | None:
    """#{k: s_k(Y) > beta} for whitened data, by exact algebra; None otherwise."""
    if not problem.is_whitened:
        return None
    return exact_inertia(_shifted_gram(problem.Y, problem.price)).positive


def zero_certificate(problem: Network) -> Certificate:
    """The network without neurons; V = Y is feasible, so both bounds are |Y|^2/2."""
    half = sum((square(row) for row in problem.Y), Fraction(0)) / 2
    return Certificate(neurons=(), primal=half, dual=half, V=problem.Y, quantities={"rank": Fraction(0)})


def _whitened_scalar(problem: Network) -> Certificate:
    y = [row[0] for row in problem.Y]
    length, beta = norm(y), problem.price
    unit = [over(row[0], length) for row in matrix_product(transposed(problem.X), problem.Y)]
    neuron = _chain(problem, unit, minus(length, beta), (Fraction(1),))
    return _certificate(problem, (neuron,), [(over(entry * beta, length),) for entry in y])


def _chain(problem: Network, unit: Sequence[Number], strength: Number, out: Sequence[Number]) -> Neuron:
    """x -> strength <unit, x> out through every layer; inner layers have norm one."""
    middle = (Fraction(1),) * (problem.layers - 2)
    return Neuron(w=tuple(unit), a=tuple(product(entry, strength) for entry in out), middle=middle)


def _certificate(problem: Network, neurons: tuple[Neuron, ...], V: Sequence[Sequence[Number]]) -> Certificate:
    bound = operator_norm_squared(matrix_product(transposed(problem.X), V))
    return Certificate(
        neurons=neurons, primal=primal_value(problem, neurons), dual=dual_value(problem, V, bound),
        V=tuple(map(tuple, V)), quantities={"rank": Fraction(len(neurons))},
    )


def operator_norm_squared(rows: Sequence[Sequence[Number]]) -> Number:
    """An upper bound of |M|^2, exact for one row or column of fractions."""
    M = rows if len(rows) <= len(rows[0]) else transposed(rows)
    if len(M) == 1:
        return square(M[0])
    gram = [[to_ball(entry) for entry in row] for row in matrix_product(M, transposed(M))]
    size, bits = len(gram), flint.ctx.prec
    for i in range(size):
        for j in range(i):
            gram[i][j] = gram[j][i]
    values = eigenvalue_enclosures(arb_mat(size, size, [e for row in gram for e in row]), bits)
    return values[-1].upper()


def residual(problem: Network, Z: arb_mat) -> list[list[arb]]:
    """Y - XZ in balls."""
    left: list[list[arb]] = (_balls(problem.Y) - _balls(problem.X) * Z).tolist()
    return left


def _balls(rows: Sequence[Sequence[Any]]) -> arb_mat:
    return arb_mat(len(rows), len(rows[0]), [to_ball(entry) for row in rows for entry in row])


def _scalar(problem: Network, bits: int) -> Certificate:
    """One neuron along u(rho); any rho gives valid bounds, the root gives equal ones."""
    X, y, beta = _balls(problem.X), _balls(problem.Y), to_ball(problem.price)
    wide = X.nrows() < X.ncols()
    gram = X * X.transpose() if wide else X.transpose() * X
    pulled = y if wide else X.transpose() * y
    size = gram.nrows()

    def solve(rho: arb, right: arb_mat) -> arb_mat:
        matrix = gram * rho
        for i in range(size):
            matrix[i, i] += beta
        found = matrix.solve(right, algorithm="approx").mid()
        return X.transpose() * found if wide else found

    rho = arb(0)
    for _ in range(_STEPS):
        q = solve(rho, pulled)
        slope = solve(rho, (X * q) if wide else (gram * q))  # -q'
        length = _length(q)
        # Newton's method for 1/|q| = 1, which is nearly linear in rho.
        step = (length - 1) * length**2 / _inner(q, slope)
        rho = (rho + step).mid()
        if abs(step) < abs(rho) * arb(2) ** (10 - bits):
            break
    u = (solve(rho, pulled) * rho).mid()
    weights = [entry for row in u.tolist() for entry in row]
    length = norm(weights)
    neuron = _chain(problem, [entry / length for entry in weights], length, (Fraction(1),))
    return _certificate(problem, (neuron,), residual(problem, u))


def _length(q: arb_mat) -> arb:
    return _inner(q, q).sqrt().mid()


def _inner(left: arb_mat, right: arb_mat) -> arb:
    return sum((a * b for a, b in zip(left.entries(), right.entries(), strict=True)), arb(0)).mid()


def _modes(problem: Network, rank: int, bits: int) -> Certificate:
    """X X^T = I: the ``rank`` largest singular values s of Y become s - beta, along approximate singular vectors."""
    gram = _balls(problem.Y).transpose() * _balls(problem.Y)
    vectors = transposed(multiprecision_eigenbasis(gram, bits).tolist())[len(problem.Y[0]) - rank :]  # ascending
    neurons = []
    for vector in vectors:
        image = (_balls(problem.Y) * arb_mat([[entry] for entry in vector])).mid()
        length = norm(image.entries())
        pulled = (_balls(problem.X).transpose() * image).mid().entries()
        neurons.append(_chain(problem, [entry / length for entry in pulled], length - to_ball(problem.price), vector))
    V = residual(problem, _product_of(neurons))
    return _certificate(problem, tuple(neurons), V)


def _product_of(neurons: Sequence[Neuron]) -> arb_mat:
    """Z = sum_j w_j a_j^T."""
    left = arb_mat([[to_ball(entry) for entry in neuron.w] for neuron in neurons]).transpose()
    return left * arb_mat([[to_ball(entry) for entry in neuron.a] for neuron in neurons])


def _start(problem: Network) -> tuple[Any, Any]:
    from ncproofs.critical.network_search import as_floats, nuclear_norm_factors

    return nuclear_norm_factors(as_floats(problem.X), as_floats(problem.Y), float(problem.price))


def _vector(problem: Network, start: tuple[Any, Any], bits: int) -> Certificate:
    """Newton on (A, B) for |XAB - Y|^2/2 + (beta/2)(|A|^2 + |B|^2), made regular along the orbit of O(r)."""
    from ncproofs.critical.network_newton import refine_factors

    A, B = refine_factors(_balls(problem.X), _balls(problem.Y), to_ball(problem.price), start, bits)
    left, right = transposed(A.tolist()), B.tolist()
    neurons = tuple(
        Neuron(w=tuple(w), a=tuple(a), middle=(Fraction(1),) * (problem.layers - 2))
        for w, a in zip(left, right, strict=True)
    )
    return _certificate(problem, neurons, residual(problem, A * B))
