"""Relabelling classes, permuting samples, rotating features and shifting a free bias change nothing, in balls."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import arb, arb_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.digits import Digits
from ncproofs.arithmetic.floating import FloatArrays
from ncproofs.arithmetic.series import BallSeries
from ncproofs.calculus.objective import gradient_at, hessian_form, objective, objective_value
from ncproofs.calculus.sphere_objective import riemannian_form, sphere_objective, sphere_value
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.testing import strategies

BITS = 128
Rows = list[list[Fraction]]


def turned(d: int, plane: tuple[int, int]) -> Rows:
    """The rotation with cosine 3/5 in a coordinate plane (the identity when d = 1)."""
    rows = [[Fraction(int(a == b)) for b in range(d)] for a in range(d)]
    a, b = plane[0] % d, plane[1] % d
    if a != b:
        rows[a][a] = rows[b][b] = Fraction(3, 5)
        rows[a][b], rows[b][a] = Fraction(4, 5), Fraction(-4, 5)
    return rows


def product(Q: Rows, X: Rows) -> Rows:
    return [[sum(q * x for q, x in zip(row, column, strict=True)) for column in zip(*X, strict=True)] for row in Q]


def columns(X: Rows, order: list[int]) -> Rows:
    return [[row[k] for k in order] for row in X]


@st.composite
def moves(draw: Any, K: int, n: int) -> tuple[list[int], list[int], tuple[int, int]]:
    """A relabelling of classes, the order of samples that goes with it and mixes each class, a plane to turn."""
    classes = draw(st.permutations(range(K)))
    samples = [k * n + i for k in classes for i in draw(st.permutations(range(n)))]
    return list(classes), samples, draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))


def moved(point: tuple[Any, ...], move: tuple[Any, ...], d: int) -> list[Any]:
    classes, samples, plane = move
    Q = turned(d, plane)
    W, H, *rest = point
    turnedW, turnedH = columns(product(Q, W), classes), columns(product(Q, H), samples)
    return [turnedW, turnedH, *(None if b is None else [b[k] for k in classes] for b in rest)]


def balls(point: Any) -> list[Any]:
    ball = Ball(BITS)
    W, H, *rest = point
    made: list[Any] = [arb_mat([[ball.constant(x) for x in row] for row in part]) for part in (W, H)]
    return made + [None if b is None else arb_mat([[ball.constant(x)] for x in b]) for b in rest]


@given(st.data())
@settings(max_examples=30)
def test_weight_decay(data: st.DataObject) -> None:
    problem: Ridge = data.draw(strategies.ridge_problems(K=(2, 3), extra=(-1, 1), n=(1, 2)))
    point, along = data.draw(strategies.points(problem)), data.draw(strategies.directions(problem))
    move = data.draw(moves(problem.K, problem.n))
    there, that_way = moved(point, move, problem.d), moved(along, move, problem.d)
    assert objective_value(problem, *balls(point), BITS).overlaps(objective_value(problem, *balls(there), BITS))
    here = hessian_form(problem, tuple(balls(point)), tuple(balls(along)), BITS)  # type: ignore[arg-type]
    assert here.overlaps(hessian_form(problem, tuple(balls(there)), tuple(balls(that_way)), BITS))  # type: ignore[arg-type]
    sizes = [sum((x * x for x in part.entries()), arb(0)) for where in (point, there)
             for part in gradient_at(problem, *balls(where), BITS) if part is not None]
    half = len(sizes) // 2
    assert all(a.overlaps(b) for a, b in zip(sizes[:half], sizes[half:], strict=True))


@given(st.data())
@settings(max_examples=30)
def test_spheres(data: st.DataObject) -> None:
    problem: Spheres = data.draw(strategies.sphere_problems(K=(2, 3), extra=(-1, 1), n=(1, 2), tau=(0, 3)))
    point = data.draw(strategies.points(problem))
    along = data.draw(strategies.tangent_vectors(problem, point))
    move = data.draw(moves(problem.K, problem.n))
    there, that_way = moved(point, move, problem.d), moved(along, move, problem.d)
    assert sphere_value(problem, *balls(point), BITS).overlaps(sphere_value(problem, *balls(there), BITS))
    here = riemannian_form(problem, tuple(balls(point)), tuple(balls(along)), BITS)  # type: ignore[arg-type]
    other = riemannian_form(problem, tuple(balls(there)), tuple(balls(that_way)), BITS)  # type: ignore[arg-type]
    assert here.overlaps(other)


@given(st.data())
@settings(max_examples=20)
def test_a_free_bias_may_be_shifted(data: st.DataObject) -> None:
    of = strategies.losses(shift_invariant=True)
    problem = data.draw(strategies.ridge_problems(of=of, K=(2, 3), n=(1, 1), bias=("0",)))
    W, H, b = data.draw(strategies.points(problem))
    shift = data.draw(strategies.rationals())
    shifted = objective_value(problem, *balls((W, H, [x + shift for x in b])), BITS)
    assert shifted.overlaps(objective_value(problem, *balls((W, H, b)), BITS))


def numbers(value: Any, arithmetic: Any) -> Any:
    if isinstance(value, list):
        return [numbers(entry, arithmetic) for entry in value]
    return None if value is None else arithmetic.constant(value)


@given(st.data())
@settings(max_examples=25)
def test_every_arithmetic_gives_the_same_objective(data: st.DataObject) -> None:
    problem = data.draw(st.one_of(strategies.ridge_problems(K=(2, 3), n=(1, 2)),
                                  strategies.sphere_problems(K=(2, 3), n=(1, 2))))
    point = data.draw(strategies.points(problem))
    function = objective if isinstance(problem, Ridge) else sphere_objective

    def at(arithmetic: Any) -> Any:
        return function(problem, *(numbers(part, arithmetic) for part in point), arithmetic)  # type: ignore[operator]

    ball = at(Ball(BITS))
    middle = float(ball.mid())
    assert at(BallSeries(BITS, 1))[0].overlaps(ball)
    assert abs(float(at(Digits(40))) - middle) < 1e-12 * (1 + abs(middle))
    assert abs(float(at(FloatArrays())) - middle) < 1e-9 * (1 + abs(middle))
