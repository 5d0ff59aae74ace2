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

from ncproofs.errors import InvalidLoss, InvalidProblem
from ncproofs.losses.loss import Loss
from ncproofs.testing.laws import Unlawful, hold
from ncproofs.testing.manifold_laws import check_manifold

__all__ = ["Unlawful", "check_arithmetic", "check_loss", "check_manifold"]


def check_loss(loss: Loss, *, examples: int = 20, seed: int = 0, bits: int = 128) -> None:
    """Laws of a loss, in balls: derivatives, symmetry, agreement of arithmetics.

    1. the closed-form gradient and Hessian in the logits agree with the power series of the loss along a line;
    2. the Hessian form is symmetric; 3. relabelling the classes other than the target changes nothing, and
    relabelling all of them together with the target changes nothing; 4. balls contain the value in doubles up to
    rounding; 5. if the loss says it has a softmax form, it equals profile(ell) + tilt (z_y - mean z).

    Logits at which the loss is not defined (a logarithm of a negative number) are passed over; if that happens at
    every example, the loss is unlawful.

    Raises:
        Unlawful: a law is broken.
        InvalidLoss: not a loss.
    """
    import random

    from ncproofs.arithmetic.ball import Ball

    if not isinstance(loss, Loss):
        raise InvalidLoss(f"{loss!r} is no Loss; write for example check_loss(cross_entropy())")
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
    hold("the gradient is the first coefficient of the power series", direction, first.overlaps(along[1]))
    second = _form(found, slopes, ball)
    hold("the Hessian form is twice the second coefficient", direction, second.overlaps(2 * along[2]))
    core = [[entry for entry in row] for row in found.core]
    hold("the Hessian is symmetric", place,
          all(core[i][j].overlaps(core[j][i]) for i in range(len(core)) for j in range(i)))
    order = list(range(len(z)))
    rng.shuffle(order)
    moved = value_at(loss, [logits[k] for k in order], order.index(target), ball)
    hold("relabelling the classes changes nothing", f"{place}, order {order}", moved.overlaps(value))
    hold("balls and doubles agree", place, _near_double(loss, z, target, value))
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
    hold("the softmax form is the loss", place, claimed.overlaps(value))


_OPERATIONS = ("constant", "add", "multiply", "divide", "integer_power", "real_power", "exp", "log")


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

    Raises:
        Unlawful: a law is broken.
        InvalidProblem: not an arithmetic.
    """
    import random

    missing = [name for name in _OPERATIONS if not callable(getattr(arithmetic, name, None))]
    if missing:
        raise InvalidProblem(f"{arithmetic!r} has no method {missing[0]}; write for example check_arithmetic(Ball(64), "
                             "contains)")
    rng = random.Random(seed)
    for _ in range(examples):
        a, b = (Fraction(rng.randint(-30, 30), rng.randint(1, 9)) for _ in range(2))
        for law, result, exact in _arithmetic_laws(arithmetic, a, b, rng.randint(1, 5)):
            hold(law, f"a = {a}, b = {b}", contains(result, exact))


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
