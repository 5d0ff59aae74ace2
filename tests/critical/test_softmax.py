"""The numbers of the origin and of the simplex ETF against the derivatives in the logits; the edges of the regimes."""

from fractions import Fraction

import flint
import pytest
import sympy
from flint import arb

from ncproofs.arithmetic.ball import Ball
from ncproofs.calculus.logits import expand
from ncproofs.critical.optimum import optimum
from ncproofs.critical.profiles import profile_of, to_ball
from ncproofs.critical.regimes import c_of
from ncproofs.critical.softmax import collapse_scale, trivial_scale
from ncproofs.losses import cross_entropy, focal, label_smoothing
from ncproofs.losses.loss import K as CLASSES
from ncproofs.losses.loss import Loss, S, T, Z
from ncproofs.problems.features import Ridge
from ncproofs.truth import Truth

BITS = 128
ELL = sympy.log(S(1)) - T
TILTED = Loss("tilted", ELL + ELL**2 + (T - S(2) / CLASSES) / 5, (sympy.exp(Z), Z), "a test")
LOSSES = {
    "cross-entropy": cross_entropy(),
    "label smoothing": label_smoothing("1/10"),
    "focal(2)": focal(2),
    "ell + ell^2 with a tilt": TILTED,
}


def agree(*pairs):
    for found, expected in pairs:
        found = to_ball(found)
        assert found.overlaps(expected) and found.rad() < arb(2) ** -60 and expected.rad() < arb(2) ** -40


def curvature(expansion, direction):
    """v^T Hess L v / |v|^2."""
    pulled = [sum((u * v for u, v in zip(column, direction, strict=True)), arb(0)) for column in expansion.columns]
    total = sum((e * v * v for e, v in zip(expansion.diagonal, direction, strict=True)), arb(0))
    for row, left in zip(expansion.core, pulled, strict=True):
        total += left * sum((c * right for c, right in zip(row, pulled, strict=True)), arb(0))
    return total / sum(v * v for v in direction)


def compare(loss, K, margin, scale):
    """radial and tangential at margin (e_y - 1/K), and the expansion there."""
    with flint.ctx.workprec(BITS):
        place = [to_ball(margin) * (arb(int(k == 0)) - arb(1) / K) for k in range(K)]
        there = expand(loss, place, 0, Ball(BITS))
        pairs = [(scale.radial, curvature(there, [K - 1] + [-1] * (K - 1)))]
        if K > 2:
            pairs.append((scale.tangential, curvature(there, [0, 1, -1] + [0] * (K - 3))))
        agree(*pairs)
        return there


@pytest.mark.parametrize("K", [2, 3, 5])
@pytest.mark.parametrize("name", LOSSES)
def test_the_origin(name, K):
    problem = Ridge(LOSSES[name], K, K, 2, 3, 3)
    scale = trivial_scale(problem, profile_of(problem.loss), BITS)
    there = compare(problem.loss, K, 0, scale)
    with flint.ctx.workprec(BITS):
        agree((scale.objective, there.value), (scale.origin_slope, there.gradient[-1]))


@pytest.mark.parametrize("K", [2, 3, 5])
@pytest.mark.parametrize("name", LOSSES)
def test_the_simplex_etf(name, K):
    """The slope of a wrong logit is c there, and the ridge terms are (K - 1) c times the margin."""
    problem = Ridge(LOSSES[name], K, K, 2, "1/50", "1/30")
    at = optimum(problem, digits=20)
    assert at.regime == "collapse"
    scale = collapse_scale(problem, profile_of(problem.loss), BITS, at.details.bracket)
    there = compare(problem.loss, K, scale.margin, scale)
    with flint.ctx.workprec(BITS):
        price = to_ball(c_of(problem)) * (K - 1) * scale.margin
        agree((scale.objective, there.value + price), (c_of(problem), there.gradient[-1]))


@pytest.mark.parametrize("K", [2, 3, 10])
def test_the_edge_of_the_focal_loss_without_a_tie(K):
    """phi'(0) = (1 - 1/K)^2 (K - 1 + 2 log K)/(K (K - 1)), to six digits on either side."""
    edge = Fraction(str(sympy.N((1 - sympy.Rational(1, K)) ** 2 * (K - 1 + 2 * sympy.log(K)) / (K * (K - 1)), 30)))
    for factor, regime in ((1 - Fraction(1, 10**6), "collapse"), (1 + Fraction(1, 10**6), "trivial")):
        at = optimum(Ridge(focal(2), K, K, 1, edge * factor, edge * factor), digits=5)
        assert (at.truth, at.regime) == (Truth.HOLDS, regime)


def test_the_edge_of_what_is_proved_with_a_bias():
    """c <= 1/(K - 1), with K p1(gamma) > 1 so that no other argument helps."""
    inside, outside = Fraction(1, 99), Fraction(1, 99) * (1 + Fraction(1, 10**6))
    assert optimum(Ridge(focal(2), 100, 100, 1, inside, inside, 0), digits=5).truth is Truth.HOLDS
    assert optimum(Ridge(focal(2), 100, 100, 1, outside, outside, 0), digits=5).truth is not Truth.HOLDS
