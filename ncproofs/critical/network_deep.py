r"""Deep networks with weight decay on every layer: not convex, so no duality, but every critical point is known.

sum_l |W_l|^2 >= L |Z|^(2/L) along a chain, so one singular value s of the target costs

    min over sigma of (s - sigma)^2/2 + (L beta/2) sigma^(2/L),   critical where x^(L-2) (s - x^L) = beta, sigma = x^L,

nonzero exactly when beta^L < kappa^L s^(2(L-1)), kappa^L = (L-2)^(L-2)/(L-1)^(2L-2). For one output and any X the
critical points are u = 0 and u = (X^T X + mu)^-1 X^T y with mu^L |u|^(2(L-1)) = beta^L, a polynomial in mu.
The dual of this problem is max <V, Y> - |V|^2/2 over X^T V = 0 for L >= 3: half the squared distance of Y to the range
of X, which is less than the minimum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
from flint import arb, arb_mat, fmpq, fmpq_mat, fmpq_poly

from ncproofs.arithmetic.eigenbasis import multiprecision_eigenbasis
from ncproofs.arithmetic.linalg import eigenvalue_enclosures
from ncproofs.critical.network_certificate import (
    ZERO,
    Answer,
    Certificate,
    Neuron,
    enclosed,
    matrix_product,
    primal_value,
    square,
    transposed,
    upper_end,
)
from ncproofs.critical.network_linear import zero_certificate
from ncproofs.critical.profiles import root, to_ball
from ncproofs.critical.regimes import Number
from ncproofs.errors import OutOfScope
from ncproofs.problems.networks import Matrix, Network

__all__ = ["Mode", "chain", "deep_answer", "mode", "trivial_dual"]

_MOST_DEGREE = 240
_MOST_HEIGHT = 1200
_NO_DUALITY = "no strong duality: the dual value is half the squared distance of Y to the range of X"
_AXIOMS = ("inequality of arithmetic and geometric means", "singular value decomposition",
           "a continuous coercive function attains its minimum")


@dataclass(frozen=True)
class Mode:
    """The minimum of (s - sigma)^2/2 + (L beta/2) sigma^(2/L): its value and minimiser; ``is_active`` None at a tie."""

    sigma: Number
    value: Number
    is_active: bool | None


def mode(s_squared: Number, beta: Fraction, L: int) -> Mode:
    """The best sigma for a singular value s; exact where everything is rational."""
    half: Number = s_squared / 2
    edge = Fraction((L - 2) ** (L - 2), (L - 1) ** (2 * L - 2))  # kappa^L; 1 for L = 2
    if isinstance(s_squared, Fraction):
        side = edge * s_squared ** (L - 1) - beta**L
        active: bool | None = side > 0
    else:
        ball = to_ball(edge) * s_squared ** (L - 1) - to_ball(beta) ** L
        active = True if ball > 0 else False if ball <= 0 else None
    if active is False:
        return Mode(Fraction(0), half, is_active=False)
    s: Number = root(s_squared) if isinstance(s_squared, Fraction) else s_squared.sqrt()
    if L == 2:
        if isinstance(s, Fraction):
            return Mode(s - beta, beta * s - beta**2 / 2, is_active=True)
        price = to_ball(beta)
        value = price * s - price**2 / 2
        return Mode(s - price, value if active else value.union(to_ball(half)), is_active=active)
    x = _upper_root(to_ball(s), to_ball(beta), L)
    value = square((to_ball(s) - x**L,)) / 2 + to_ball(beta) * L / 2 * x * x
    return Mode(x**L, value if active else value.union(to_ball(half)), is_active=active)


def _upper_root(s: arb, beta: arb, L: int) -> arb:
    """The largest x with x^(L-2) (s - x^L) = beta, which exists where the mode is active.

    On [x_c, s^(1/L)], x_c^L = s (L-2)/(L-1), the left side falls, so a change of sign encloses the root.
    """

    def value(x: arb) -> arb:
        return x ** (L - 2) * (s - x**L) - beta

    x = s.root(L).mid()  # concave and falling beyond the saddle-node: Newton from above converges downwards
    for _ in range(200):
        slope = (L - 2) * x ** (L - 3) * (s - x**L) - L * x ** (2 * L - 3)
        step = (value(x) / slope).mid()
        x = (x - step).mid()
        if abs(step) < x * arb(2) ** (6 - flint.ctx.prec):
            break
    least = (s * to_ball(Fraction(L - 2, L - 1))).root(L)
    for shift in (20, 28, 40, flint.ctx.prec // 2):
        width = x * arb(2) ** (shift - flint.ctx.prec)
        low, high = x - width, x + width
        if low > least and value(low) > 0 and value(high) < 0:
            return low.union(high)
    raise ArithmeticError("the root of a mode is not enclosed at this precision")




def chain(unit: Sequence[Number], out: Sequence[Number], sigma: Number, L: int) -> Neuron:
    """x -> sigma <unit, x> out through L layers of equal norm sigma^(1/L)."""
    size = to_ball(sigma).root(L)
    return Neuron(
        w=tuple(to_ball(e) * size for e in unit), a=tuple(to_ball(e) * size for e in out), middle=(size,) * (L - 2)
    )


def trivial_dual(problem: Network) -> Fraction:
    """Half the squared distance of Y to the range of X, exactly."""
    columns = _independent(transposed(problem.X))
    total = sum((square(row) for row in problem.Y), Fraction(0))
    if columns:
        gram = _rational(matrix_product(columns, transposed(columns)))
        for y in transposed(problem.Y):
            pulled = [sum((a * b for a, b in zip(column, y, strict=True)), Fraction(0)) for column in columns]
            right = fmpq_mat(len(pulled), 1, [_q(p) for p in pulled])
            inner = (right.transpose() * gram.solve(right))[0, 0]
            total -= Fraction(int(inner.p), int(inner.q))
    return Fraction(total) / 2


def _independent(columns: Sequence[Sequence[Fraction]]) -> list[Sequence[Fraction]]:
    """The pivot columns: a basis of the span."""
    reduced, rank = _rational(transposed(columns)).rref()
    pivots = [next(j for j in range(reduced.ncols()) if reduced[i, j] != 0) for i in range(rank)]
    return [columns[j] for j in pivots]


def _q(value: Any) -> fmpq:
    value = Fraction(value)
    return fmpq(value.numerator, value.denominator)


def _rational(rows: Sequence[Sequence[Any]]) -> fmpq_mat:
    return fmpq_mat(len(rows), len(rows[0]), [_q(entry) for row in rows for entry in row])


def deep_answer(problem: Network) -> Answer:
    """The global minimum with L >= 3 layers and weight decay on all of them.

    Raises:
        OutOfScope: several outputs and X X^T != I, or a polynomial of too high a degree.
    """
    if not any(any(row) for row in matrix_product(transposed(problem.X), problem.Y)):
        return Answer(regime="trivial", geometry=ZERO, attempt=lambda bits: zero_certificate(problem), axioms=_AXIOMS,
                      because="X^T Y = 0 exactly: no network comes nearer to Y than zero")
    dual = trivial_dual(problem)
    names: dict[str, Any] = {"axioms": _AXIOMS, "notes": (_NO_DUALITY,), "is_dual": False}
    if len(problem.Y[0]) == 1:
        attempt = _complete_list(problem, dual)
        return Answer(regime="no strong duality", geometry="one chain", attempt=attempt, **names,
                      because="the least of all critical points: u = 0 and the roots of a polynomial in mu")
    if not problem.is_whitened:
        raise OutOfScope("a deep network with weight decay on every layer and several outputs needs X X^T = I; "
                         "write normalisation unit, or whiten X")
    return Answer(
        regime="no strong duality", geometry="singular directions", attempt=lambda bits: _modes(problem, dual, bits),
        because="X X^T = I exactly: every singular value of Y by its own mode", **(
            names | {"axioms": (*_AXIOMS, "von Neumann's trace inequality")}),
    )


def _modes(problem: Network, dual: Fraction, bits: int) -> Certificate:
    """Singular values of Y in balls, each with its best sigma; the network is built on approximate singular vectors."""
    gram = [[to_ball(entry) for entry in row] for row in matrix_product(transposed(problem.Y), problem.Y)]
    K = len(gram)
    matrix = arb_mat(K, K, [entry for row in gram for entry in row])
    vectors = transposed(multiprecision_eigenbasis(matrix, bits).tolist())
    values: list[Number] = list(eigenvalue_enclosures(matrix, bits))  # ascending, as the vectors
    null = K - _rational(problem.Y).rank()
    values[:null] = [Fraction(0)] * null
    modes = [mode(value, problem.price, problem.layers) for value in values]
    neurons = tuple(
        _along(problem, vector, best.sigma) for vector, best in zip(vectors, modes, strict=True) if best.is_active
    )
    if not any(values):
        return Certificate(neurons=(), primal=Fraction(0), dual=dual, quantities={"rank": Fraction(0)})
    total = sum((to_ball(best.value) for best in modes), arb(0))
    if any(best.is_active is None for best in modes):
        return Certificate(neurons=neurons, primal=total, dual=dual)
    # The value of the network shown belongs into the answer too: its directions are approximate.
    shown = to_ball(primal_value(problem, neurons))
    return Certificate(neurons=neurons, primal=total.union(shown), dual=dual,
                       quantities={"rank": Fraction(len(neurons))})


def _along(problem: Network, out: Sequence[arb], sigma: Number) -> Neuron:
    pulled = [sum((to_ball(a) * b for a, b in zip(row, out, strict=True)), arb(0)) for row in problem.Y]
    w = [sum((to_ball(a) * b for a, b in zip(column, pulled, strict=True)), arb(0)) for column in transposed(problem.X)]
    length = sum((e * e for e in w), arb(0)).sqrt()
    return chain([e / length for e in w], out, sigma, problem.layers)


def _complete_list(problem: Network, dual: Fraction) -> Callable[[int], Certificate]:
    """Every critical point of |Xu - y|^2/2 + (L beta/2)|u|^(2/L), once; the values are enclosed at each precision."""
    L, beta = problem.layers, problem.price
    resolvent = _resolvent(problem.X, problem.Y)
    top, bottom = resolvent.norm_squared
    if (L + top.degree() * (L - 1)) > _MOST_DEGREE or bottom.degree() * (L - 1) > _MOST_DEGREE:
        raise OutOfScope(f"the equation for mu has a degree above {_MOST_DEGREE}; give fewer layers or a smaller X")
    mu = fmpq_poly([0, 1])
    equation = mu**L * top ** (L - 1) - _q(beta**L) * bottom ** (L - 1)
    if equation.numer().height_bits() > _MOST_HEIGHT:
        raise OutOfScope(f"the equation for mu has coefficients of more than {_MOST_HEIGHT} bits; "
                         "give numbers of fewer digits, or fewer layers")

    def attempt(bits: int) -> Certificate:
        half = sum((square(row) for row in problem.Y), Fraction(0)) / 2
        best: tuple[Number, tuple[Neuron, ...]] = (half, ())
        values: list[Number] = [half]
        roots: Any = equation.complex_roots()
        for found, _ in roots:
            if not _is_positive(found):
                continue
            u = resolvent.at(found if isinstance(found, arb) else found.real)
            neurons = (_one_chain(u, L),)
            value = primal_value(problem, neurons)
            values.append(value)
            if upper_end(value) < upper_end(best[0]):
                best = value, neurons
        # The least of the list: below every upper end, above the least lower end.
        least = best[0]
        for value in values:
            if isinstance(least, Fraction) and isinstance(value, Fraction):
                least = min(least, value)
            elif value is not best[0]:
                least = to_ball(least).min(to_ball(value))
        quantities: dict[str, Number] = {"critical_points": Fraction(len(values))}
        if sum(_reaches(value, upper_end(best[0])) for value in values) == 1:  # no tie: every minimiser has this rank
            quantities["rank"] = Fraction(len(best[1]))
        return Certificate(neurons=best[1], primal=least, dual=dual, quantities=quantities)

    return attempt


def _reaches(value: Number, level: Fraction) -> bool:
    """Whether a value may be as small as ``level``."""
    return enclosed(value).lower <= level


def _is_positive(value: Any) -> bool:
    """A real root (its imaginary part is exactly 0) that is certainly positive; 0 is no root since beta > 0."""
    if isinstance(value, arb):
        return bool(value > 0)
    return bool(value.imag == 0) and bool(value.real > 0)


def _one_chain(u: Sequence[arb], L: int) -> Neuron:
    length = sum((e * e for e in u), arb(0)).sqrt()
    return chain([e / length for e in u], (arb(1),), length, L)


@dataclass(frozen=True)
class _Resolvent:
    """u(mu) = numerator(mu)/denominator(mu), one polynomial for each entry; |u|^2 = top/bottom in lowest terms."""

    numerator: tuple[fmpq_poly, ...]
    denominator: fmpq_poly
    norm_squared: tuple[fmpq_poly, fmpq_poly]

    def at(self, mu: arb) -> list[arb]:
        below = _value(self.denominator, mu)
        return [_value(entry, mu) / below for entry in self.numerator]


def _value(polynomial: fmpq_poly, x: arb) -> arb:
    total = arb(0)
    for coefficient in reversed(polynomial.coeffs()):
        total = total * x + arb(coefficient)
    return total


def _resolvent(X: Matrix, Y: Matrix) -> _Resolvent:
    """(X^T X + mu)^-1 X^T y = X^T (X X^T + mu)^-1 y by Faddeev's recursion on the smaller side, exactly."""
    rows, y = _rational(X), _rational(Y)
    wide = rows.nrows() < rows.ncols()
    gram = rows * rows.transpose() if wide else rows.transpose() * rows
    right = y if wide else rows.transpose() * y
    size = gram.nrows()
    denominator = (-1 * gram).charpoly()  # det(mu I + G), monic in mu
    vectors = [right]  # the coefficient of mu^j of adj(mu I + G) right, j = size-1, ..., 0
    for j in range(size - 1, 0, -1):
        vectors.append(denominator[j] * right - gram * vectors[-1])
    entries = [fmpq_poly([vector[i, 0] for vector in reversed(vectors)]) for i in range(size)]
    if wide:
        columns = rows.transpose()
        entries = [
            sum((columns[i, j] * entries[j] for j in range(size)), fmpq_poly([0])) for i in range(columns.nrows())
        ]
    top = sum((entry * entry for entry in entries), fmpq_poly([0]))
    common = top.gcd(denominator**2)
    return _Resolvent(tuple(entries), denominator, (top // common, denominator**2 // common))
