"""Laws that every loss, manifold and arithmetic must obey, as plain checks for a test suite of your own.

    from ncproofs.testing.conformance import check_loss

    def test_my_loss_is_lawful():
        check_loss(my_loss)

Each check draws its own random examples from ``seed`` and raises ``Unlawful``, an ``AssertionError`` that names the
law and the example. Passing proves nothing; it is how a mistake is found before a proof is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from ncproofs.losses.loss import Loss
from ncproofs.manifold import Manifold

__all__ = ["Unlawful", "check_arithmetic", "check_loss", "check_manifold"]


class Unlawful(AssertionError):
    """A law is broken; the message says which, and where."""


def _hold(law: str, example: str, yes: object) -> None:
    if not yes:
        raise Unlawful(f"{law}: broken at {example}")


def check_loss(loss: Loss, *, examples: int = 20, seed: int = 0, bits: int = 128) -> None:
    """Laws of a loss, in balls: derivatives, symmetry, agreement of arithmetics.

    1. the closed-form gradient and Hessian in the logits agree with the power series of the loss along a line;
    2. the Hessian form is symmetric; 3. relabelling the classes other than the target changes nothing, and
    relabelling all of them together with the target changes nothing; 4. balls contain the value in doubles up to
    rounding; 5. if the loss says it has a softmax form, it equals profile(ell) + tilt (z_y - mean z).

    Logits at which the loss is not defined (a logarithm of a negative number) are passed over; if that happens at
    every example, the loss is unlawful.
    """
    import random

    from ncproofs.arithmetic.ball import Ball

    rng = random.Random(seed)
    tried = 0
    for _ in range(examples):
        z, v = (_fractions(rng, rng.choice((2, 3, 5))) for _ in range(2))
        v = (v * 3)[: len(z)]
        target = rng.randrange(len(z))
        with Ball(bits).working():
            tried += _loss_laws(loss, z, v, target, bits, rng)
    if not tried:
        raise Unlawful(f"{loss} is defined at none of {examples} random lists of logits between -3 and 3")


def _fractions(rng: Any, count: int) -> list[Fraction]:
    return [Fraction(rng.randint(-18, 18), 6) for _ in range(count)]


def _loss_laws(loss: Loss, z: list[Fraction], v: list[Fraction], target: int, bits: int, rng: Any) -> bool:
    from ncproofs.arithmetic.ball import Ball
    from ncproofs.arithmetic.series import BallSeries
    from ncproofs.calculus.logits import expand, value_at

    ball, series = Ball(bits), BallSeries(bits, 2)
    place = f"z = ({', '.join(map(str, z))}), target {target + 1}, K = {len(z)}"
    logits = [ball.constant(x) for x in z]
    value = value_at(loss, logits, target, ball)
    if not value.is_finite():
        return False
    slopes = [ball.constant(x) for x in v]
    along = value_at(loss, [series.line(a, b) for a, b in zip(logits, slopes, strict=True)], target, series)
    found = expand(loss, logits, target, ball)
    first = sum((g * x for g, x in zip(found.gradient, slopes, strict=True)), ball.constant(0))
    direction = f"{place}, direction ({', '.join(map(str, v))})"
    _hold("the gradient is the first coefficient of the power series", direction, first.overlaps(along[1]))
    second = _form(found, slopes, ball)
    _hold("the Hessian form is twice the second coefficient", direction, second.overlaps(2 * along[2]))
    core = [[entry for entry in row] for row in found.core]
    _hold("the Hessian is symmetric", place,
          all(core[i][j].overlaps(core[j][i]) for i in range(len(core)) for j in range(i)))
    order = list(range(len(z)))
    rng.shuffle(order)
    moved = value_at(loss, [logits[k] for k in order], order.index(target), ball)
    _hold("relabelling the classes changes nothing", f"{place}, order {order}", moved.overlaps(value))
    _hold("balls and doubles agree", place, _near_double(loss, z, target, value))
    _softmax_law(loss, logits, target, value, ball, place)
    return True


def _form(found: Any, q: list[Any], ball: Any) -> Any:
    """q^T Hess L q from the diagonal-plus-low-rank expansion, row by row."""
    pulled = [sum((u * x for u, x in zip(column, q, strict=True)), ball.constant(0)) for column in found.columns]
    total = sum((entry * x * x for entry, x in zip(found.diagonal, q, strict=True)), ball.constant(0))
    for row, left in zip(found.core, pulled, strict=True):
        for entry, right in zip(row, pulled, strict=True):
            total += left * entry * right
    return total


def _near_double(loss: Loss, z: list[Fraction], target: int, value: Any) -> bool:
    import numpy as np

    from ncproofs.arithmetic.floating import FloatArrays
    from ncproofs.calculus.logits import value_at

    rough = value_at(loss, [np.float64(x.numerator / x.denominator) for x in z], target, FloatArrays())
    middle = float(value.mid())
    return bool(abs(float(rough) - middle) <= 1e-8 * (1 + abs(middle)) or not np.isfinite(rough))


def _softmax_law(loss: Loss, logits: list[Any], target: int, value: Any, ball: Any, place: str) -> None:
    from ncproofs.arithmetic.program import lower
    from ncproofs.losses.loss import ELL

    form = loss.softmax_form()
    if form is None:
        return
    total = sum((z.exp() for z in logits), ball.constant(0))
    ell = total.log() - logits[target]
    mean = sum(logits, ball.constant(0)) / len(logits)
    (profile,) = lower([form.profile], [ELL]).run(ball, {"ell": ell})
    claimed = profile + ball.constant(form.tilt) * (logits[target] - mean)
    _hold("the softmax form is the loss", place, claimed.overlaps(value))


def check_manifold(manifold: Manifold, *, examples: int = 10, seed: int = 0, tolerance: float = 1e-9) -> None:
    """Laws of an embedded manifold, in floats.

    1. random points and retracted points lie on it; 2. the projection is idempotent, symmetric and linear; 3. the
    retraction moves along the tangent vector to first order, and its second-order part is normal; 4. the Riemannian
    Hessian of a quadratic is tangent, symmetric, and gives the second derivative along the retraction;
    5. ``dimension`` is the rank of the projection.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    for number in range(examples):
        point = manifold.random_point(rng)
        for law, yes in _manifold_laws(manifold, point, rng, tolerance):
            _hold(law, f"example {number} of seed {seed} on {manifold}", yes)


def _manifold_laws(manifold: Manifold, X: Any, rng: Any, tolerance: float) -> Iterator[tuple[str, bool]]:
    inner, combine, project = manifold.inner_product, manifold.combination, manifold.projection

    def small(vector: Any) -> bool:
        return bool(inner(vector, vector) ** 0.5 < tolerance)

    yield "random points lie on the manifold", manifold.defect(X) < tolerance
    left, right = manifold.random_ambient(rng), manifold.random_ambient(rng)
    U, V = project(X, left), project(X, right)
    yield "the projection is idempotent", small(combine(1, project(X, U), -1, U))
    yield "the projection is symmetric", abs(inner(U, right) - inner(left, V)) < tolerance
    yield "the projection is linear", small(
        combine(1, project(X, combine(2, left, 3, right)), -1, combine(2, U, 3, V)))
    if not manifold.dimension:
        return
    U, V, step = manifold.random_tangent(X, rng), manifold.random_tangent(X, rng), 1e-4
    moved = manifold.retraction(X, combine(step, U, 0, U))
    yield "retracted points lie on the manifold", manifold.defect(moved) < tolerance
    second = combine(1 / step, combine(1, moved, -1, X), -1, U)
    yield "the retraction moves along the tangent vector", bool(inner(second, second) ** 0.5 < 10 * step)
    tangential = project(X, second)
    yield "the retraction is of second order", bool(inner(tangential, tangential) ** 0.5 < 100 * step**2)
    yield from _hessian_laws(manifold, X, U, V, rng, tolerance)


def _hessian_laws(manifold: Manifold, X: Any, U: Any, V: Any, rng: Any, tolerance: float) -> Iterator[tuple[str, bool]]:
    """With f(X) = <A, X>^2/2 + <B, X>: egrad = <A, X> A + B and ehess[U] = <A, U> A."""
    inner, combine = manifold.inner_product, manifold.combination
    A, B = manifold.random_ambient(rng), manifold.random_ambient(rng)

    def value(point: Any) -> float:
        return float(inner(A, point) ** 2 / 2 + inner(B, point))

    slopes = combine(inner(A, X), A, 1, B)

    def hessian(tangent: Any) -> Any:
        return manifold.riemannian_hessian(X, slopes, combine(inner(A, tangent), A, 0, A), tangent)

    HU, HV = hessian(U), hessian(V)
    scale = 1 + abs(inner(HU, HU)) ** 0.5 + abs(inner(HV, HV)) ** 0.5
    off = combine(1, HU, -1, manifold.projection(X, HU))
    yield "the Riemannian Hessian is tangent", bool(inner(off, off) ** 0.5 < tolerance * scale)
    yield "the Riemannian Hessian is symmetric", bool(abs(inner(V, HU) - inner(U, HV)) < tolerance * scale)
    t = 1e-3
    ahead, behind = (value(manifold.retraction(X, combine(sign * t, U, 0, U))) for sign in (1, -1))
    seen = (ahead - 2 * value(X) + behind) / t**2
    yield ("the Riemannian Hessian is the second derivative along the retraction",
           bool(abs(seen - inner(U, HU)) < 1e-4 * scale * (1 + abs(value(X)))))


def check_arithmetic(
    arithmetic: Any, contains: Callable[[Any, Fraction], bool], *, examples: int = 30, seed: int = 0
) -> None:
    """Laws of an arithmetic that runs programs: every result contains the exact one.

    Arguments:
        arithmetic: with ``constant``, ``add``, ``multiply``, ``divide``, ``integer_power``, ``real_power``, ``exp``
            and ``log``, as ``ncproofs.arithmetic.program.Arithmetic``.
        contains: whether a number of this arithmetic stands for a given fraction, exactly or within its error.
        examples: how many pairs of fractions.
        seed: of the generator that draws them.

    Transcendental functions are tested where the exact value is rational: exp(0), log(1), (p^q)^(1/q), and
    log(exp(x)) = x.
    """
    import random

    rng = random.Random(seed)
    for _ in range(examples):
        a, b = (Fraction(rng.randint(-30, 30), rng.randint(1, 9)) for _ in range(2))
        for law, result, exact in _arithmetic_laws(arithmetic, a, b, rng.randint(1, 5)):
            _hold(law, f"a = {a}, b = {b}", contains(result, exact))


def _arithmetic_laws(do: Any, a: Fraction, b: Fraction, q: int) -> Iterator[tuple[str, Any, Fraction]]:
    x, y = do.constant(a), do.constant(b)
    yield "a constant stands for its fraction", x, a
    yield "add", do.add(x, y), a + b
    yield "multiply", do.multiply(x, y), a * b
    if b:
        yield "divide", do.divide(x, y), a / b
    yield "integer power", do.integer_power(x, q), a**q
    if a:
        yield "negative integer power", do.integer_power(x, -q), a**-q
        root = do.real_power(do.integer_power(do.multiply(x, x), q), do.constant(Fraction(1, 2 * q)))
        yield "real power undoes an integer power", root, abs(a)
    yield "exp(0) = 1", do.exp(do.constant(Fraction(0))), Fraction(1)
    yield "log(1) = 0", do.log(do.constant(Fraction(1))), Fraction(0)
    if hasattr(do, "bits") or not hasattr(do, "rigor") or str(do.rigor) != "exact":
        yield "log undoes exp", do.log(do.exp(x)), a
