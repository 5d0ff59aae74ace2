"""Value and (g, a, b) at a collapsed point against the derivatives in the logits."""

from fractions import Fraction

import pytest
import sympy
from flint import arb

from ncproofs.arithmetic.ball import Ball
from ncproofs.calculus.logits import expand
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.sphere_points import collapsed
from ncproofs.errors import OutOfScope
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import Loss, S, T, Z
from ncproofs.losses.projected_mean_squared import projected_mean_squared
from ncproofs.problems.features import Spheres

BITS = 128
BALL = Ball(BITS)
LOSSES = {
    "cross-entropy": cross_entropy(),
    "label smoothing": label_smoothing("3/10"),
    "focal(1/2)": focal("1/2"),
    "projected mean squared": projected_mean_squared(),
    "of no softmax form": Loss("cubed", (sympy.log(S(1)) - T) ** 3 * sympy.sqrt(S(2)) / S(1), (sympy.exp(Z),
                               sympy.exp(2 * Z)), "a test"),
}


def at_collapse(loss, K, theta):
    """The expansion at the logits theta, -theta/(K-1), ..., -theta/(K-1)."""
    return expand(loss, [to_ball(theta), *[to_ball(theta / (1 - K))] * (K - 1)], 0, BALL)


def form(expansion, u):
    pulled = [sum((c * x for c, x in zip(column, u, strict=True)), arb(0)) for column in expansion.columns]
    total = sum((e * x * x for e, x in zip(expansion.diagonal, u, strict=True)), arb(0))
    for row, left in zip(expansion.core, pulled, strict=True):
        total += left * sum((c * right for c, right in zip(row, pulled, strict=True)), arb(0))
    return total


@pytest.mark.parametrize("theta", [Fraction(3, 2), Fraction(-3, 4)], ids=str)
@pytest.mark.parametrize("K", [2, 3, 5])
@pytest.mark.parametrize("name", LOSSES)
def test_the_derivatives_are_those_in_the_logits(name, K, theta):
    found = collapsed(Spheres(LOSSES[name], K, K, 1, abs(theta)), theta, BITS)
    with BALL.working():
        there = at_collapse(LOSSES[name], K, theta)
        moves = [[0, *range(1, K)], [0, 1] + [0] * (K - 2), [2] + [1] * (K - 1)]
        pairs = [(found.value, there.value), (found.g, there.gradient[1]), (-(K - 1) * found.g, there.gradient[0]),
                 (to_ball(found.ratio) * to_ball(found.a), to_ball(found.g))]
        for u in moves:
            relative = [x - u[0] for x in u]
            squares, total = sum(x * x for x in relative), sum(relative)
            pairs.append((found.a * squares - found.b * total**2, form(there, u)))
        for closed, expected in pairs:
            assert to_ball(closed).overlaps(expected) and expected.rad() < arb(2) ** -60


@pytest.mark.parametrize("K", [2, 4])
def test_the_mean_squared_error_has_a_mean_part_in_its_value_only(K):
    problem = Spheres(mean_squared(), K, K, 1, 2)
    found = collapsed(problem, Fraction(2), BITS)
    centred = collapsed(Spheres(projected_mean_squared(), K, K, 1, 2), Fraction(2), BITS)
    assert (found.g, found.a, found.b) == (centred.g, centred.a, centred.b)
    with BALL.working():
        assert to_ball(found.value).overlaps(at_collapse(mean_squared(), K, Fraction(2)).value)
    assert found.value - centred.value == Fraction(1, 2 * K)


def test_a_loss_that_sees_shifts_is_out_of_scope():
    with pytest.raises(OutOfScope, match="shifts"):
        collapsed(Spheres(Loss("odd", S(1) - T, (sympy.exp(Z),), "a test"), 3, 3, 1, 1), Fraction(1), BITS)
