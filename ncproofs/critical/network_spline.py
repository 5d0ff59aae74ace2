r"""Least-norm interpolation in one variable, exactly: R* = T0 + max(0, s_1 - D_-, -s_1 - D_+).

With slopes s_i between neighbours, changes Delta_i = s_i - s_(i-1), D_+ and D_- the sums of their positive and
negative parts, T0 = D_+ + D_- and S0 = |s_1 + s_(n-1)|, the least sum |a_j||w_j| over networks

    f(x) = c + sum_j a_j (w_j x + b_j)_+,     f(x_i) = y_i,     biases b_j and c free,

is R* = max(T0, (T0 + S0)/2). Primal: ReLUs at the data. Dual: max <v, y> over sum v = 0, |g_j| <= 1, |g_j - m| <= 1
with g_j = sum_i v_i (x_i - x_j)_+ and m = sum v_i x_i. Both are rational, and both are checked, not trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from ncproofs.critical.network_certificate import Answer, Certificate, Neuron
from ncproofs.problems.networks import Network, Points

__all__ = ["Spline", "dual_constraints", "evaluate", "off_data_minimiser", "solve_spline", "spline_answer"]

ZERO, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, kw_only=True)
class Spline:
    """The minimum and its two witnesses. ``kinks`` are (place, change of slope), each one ReLU of the interpolant."""

    value: Fraction
    T0: Fraction
    S0: Fraction
    neurons: tuple[Neuron, ...]
    constant: Fraction
    v: tuple[Fraction, ...]
    m: Fraction

    @property
    def kinks(self) -> tuple[tuple[Fraction, Fraction], ...]:
        found: dict[Fraction, Fraction] = {}
        for neuron in self.neurons:
            (w,), (a,), b = neuron.w, neuron.a, neuron.bias
            place = Fraction(-b) / Fraction(w)  # type: ignore[arg-type]
            found[place] = found.get(place, ZERO) + Fraction(a) * abs(Fraction(w))  # type: ignore[arg-type]
        return tuple(sorted(found.items()))


def solve_spline(points: Points) -> Spline:
    """Minimum, interpolant and dual point, all exact and checked."""
    x, y = points.x, points.y
    n = len(x)
    slopes = [(y[i + 1] - y[i]) / (x[i + 1] - x[i]) for i in range(n - 1)]
    changes = [b - a for a, b in pairwise(slopes)]  # at x_2, ..., x_(n-1)
    rise = sum((c for c in changes if c > 0), ZERO)
    fall = sum((-c for c in changes if c < 0), ZERO)
    first, T0 = slopes[0], rise + fall
    over = max(ZERO, first - fall, -first - rise)
    m = ZERO if over == 0 else ONE if over == first - fall else -ONE
    neurons = _interpolant(x, first, changes, rise, fall)
    constant = y[0] - evaluate(neurons, ZERO, x[0])
    found = Spline(
        value=T0 + over, T0=T0, S0=abs(first + slopes[-1]), neurons=neurons, constant=constant,
        v=_dual_point(x, changes, m), m=m,
    )
    _check(points, found)
    return found


def _interpolant(x: Sequence[Fraction], first: Fraction, changes: Sequence[Fraction], rise: Fraction,
                 fall: Fraction) -> tuple[Neuron, ...]:
    """The slope left of x_1 + is -(sum of left coefficients): split the changes so that it is ``first``.

    A left ReLU c (x_i - x)_+ and a right one c (x - x_i)_+ both change the slope by c. Left changes in total: -first,
    which lies in [-fall, rise] except for what one more ReLU at an end of the data supplies.
    """
    neurons: list[Neuron] = []
    left = -first
    if left < -fall:  # f rises more at the start than all left changes give: a right ReLU at x_1
        neurons.append(_relu(ONE, x[0], -fall - left))
        left = -fall
    elif left > rise:
        neurons.append(_relu(-ONE, x[-1], left - rise))
        left = rise
    for place, change in zip(x[1:-1], changes, strict=True):
        part = min(change, left) if left > 0 else max(change, left) if left < 0 else ZERO
        if change * left <= 0:
            part = ZERO
        left -= part
        if part:
            neurons.append(_relu(-ONE, place, part))
        if change != part:
            neurons.append(_relu(ONE, place, change - part))
    return tuple(neurons)


def _relu(direction: Fraction, place: Fraction, coefficient: Fraction) -> Neuron:
    """coefficient * (direction (x - place))_+."""
    return Neuron(w=(direction,), a=(coefficient,), bias=-direction * place)


def evaluate(neurons: Sequence[Neuron], constant: Fraction, at: Fraction) -> Fraction:
    """f(at), exactly."""
    total = constant
    for neuron in neurons:
        inner = Fraction(neuron.w[0]) * at + Fraction(neuron.bias)  # type: ignore[arg-type]
        total += Fraction(neuron.a[0]) * max(inner, ZERO)  # type: ignore[arg-type]
    return total


def _dual_point(x: Sequence[Fraction], changes: Sequence[Fraction], m: Fraction) -> tuple[Fraction, ...]:
    """v with g_1 = m, g_n = 0 and g_i = sgn, 1[> 0] or -1[< 0] of Delta_i for m = 0, 1, -1."""

    def level(change: Fraction) -> Fraction:
        if m == 0:
            return Fraction((change > 0) - (change < 0))
        return Fraction(int(change > 0)) if m > 0 else Fraction(-int(change < 0))

    g = [m, *map(level, changes), ZERO]
    q = [(g[i + 1] - g[i]) / (x[i + 1] - x[i]) for i in range(len(x) - 1)]
    return (q[0], *(b - a for a, b in pairwise(q)), -q[-1])


def dual_constraints(points: Points, v: Sequence[Fraction]) -> tuple[Fraction, Fraction]:
    """|sum v| and the largest of |g(b)|, |g(b) - m|; g is linear between the data, so the data suffice."""
    m = sum((a * b for a, b in zip(v, points.x, strict=True)), ZERO)
    worst = abs(m)  # left of the data g = m, right of them g = 0
    mass = moment = ZERO  # of the points right of the knot
    for knot, weight in zip(reversed(points.x), reversed(v), strict=True):
        g = moment - knot * mass
        worst = max(worst, abs(g), abs(g - m))
        mass, moment = mass + weight, moment + weight * knot
    return abs(sum(v, ZERO)), worst


def _check(points: Points, found: Spline) -> None:
    """Interpolation, cost, feasibility and equality of the two values, all exact."""
    cost = sum((abs(Fraction(n.a[0])) * abs(Fraction(n.w[0])) for n in found.neurons), ZERO)  # type: ignore[arg-type]
    values = _values(found.neurons, found.constant, points.x)
    gain = sum((a * b for a, b in zip(found.v, points.y, strict=True)), ZERO)
    total, worst = dual_constraints(points, found.v)
    if values != list(points.y) or total != 0 or worst > 1 or not cost == gain == found.value:
        raise ArithmeticError("a spline does not pass its own check")


def _values(neurons: Sequence[Neuron], constant: Fraction, places: Sequence[Fraction]) -> list[Fraction]:
    """f at increasing places, with running sums over the ReLUs that are open there."""
    values = [constant] * len(places)
    for direction in (1, -1):
        opened = sorted(
            (direction * Fraction(-n.bias) / Fraction(n.w[0]), Fraction(n.a[0]) * abs(Fraction(n.w[0])))  # type: ignore[arg-type]
            for n in neurons if Fraction(n.w[0]) * direction > 0  # type: ignore[arg-type]
        )
        slope = offset = ZERO
        order = range(len(places)) if direction > 0 else range(len(places) - 1, -1, -1)
        at = 0
        for index in order:
            while at < len(opened) and opened[at][0] < direction * places[index]:
                slope, offset = slope + opened[at][1], offset + opened[at][0] * opened[at][1]
                at += 1
            values[index] += slope * direction * places[index] - offset
    return values


def off_data_minimiser(points: Points) -> tuple[Fraction, ...] | None:
    """The kinks of some least-norm interpolant with a kink off the data, or None if there is certainly none.

    Without overflow, two neighbouring interior changes of one sign may be replaced by one kink between them. If there
    is no such pair, |g| < 1 and |g - m| < 1 off the data for the dual point with m = 0, so no minimiser has a ReLU
    there. With overflow the ReLU at the end of the data may move outwards, at the same cost.
    """
    found = solve_spline(points)
    x = points.x
    if found.m != 0:
        outward = x[0] - 1 if found.m > 0 else x[-1] + 1
        return tuple(sorted({place for place, _ in found.kinks} - {x[0] if found.m > 0 else x[-1]} | {outward}))
    slopes = [(points.y[i + 1] - points.y[i]) / (x[i + 1] - x[i]) for i in range(len(x) - 1)]
    for i in range(1, len(x) - 2):
        before, here, after = slopes[i - 1 : i + 2]
        if (here - before) * (after - here) > 0:
            # Lines of slopes before and after through the two data points meet between them.
            place = (points.y[i + 1] - points.y[i] + before * x[i] - after * x[i + 1]) / (before - after)
            others = {x[k] for k in range(1, len(x) - 1) if slopes[k] != slopes[k - 1]} - {x[i], x[i + 1]}
            return tuple(sorted(others | {place}))
    return None


def spline_answer(problem: Network) -> Answer:
    """The interpolant of least norm."""
    assert isinstance(problem.data, Points)
    found = solve_spline(problem.data)
    over = "T0" if found.m == 0 else "T0 + s_1 - D_-" if found.m > 0 else "T0 - s_1 - D_+"
    quantities = {
        "rank": Fraction(len(found.neurons)), "T0": found.T0, "S0": found.S0, "output_bias": found.constant,
        "dual_m": found.m, **{f"dual_v_{i}": value for i, value in enumerate(found.v, start=1)},
    }
    certificate = Certificate(
        neurons=found.neurons, primal=found.value, dual=found.value, V=tuple((value,) for value in found.v),
        quantities=quantities,
    )
    return Answer(
        regime="flat ends" if found.m == 0 else "sloped ends", geometry="linear spline",
        attempt=lambda bits: certificate,
        because=f"R* = {over}; the interpolant and the dual point are rational and both were checked exactly",
        notes=("minimisers need not be unique, and others may have kinks off the data",),
        axioms=("KKT conditions of a convex program",),
    )
