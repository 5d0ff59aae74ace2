"""Interpolation in one variable by a two-layer ReLU network of least norm."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import sympy

from ncproofs.problems.networks import Network, Points
from ncproofs.proof.claims import Axiom, Claim, Identity
from ncproofs.proof.domain import Domain, nonnegative, positive, real
from ncproofs.proof.network_claims import DualityGap, NetworkValue
from ncproofs.proof.wording import worded
from ncproofs.theorems.convex_duality.sources import CONVEX, is_kind, require_kind
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

rise, fall = sympy.symbols("D_+ D_-", nonnegative=True)
first, m = sympy.symbols("s_1 m", real=True)
_SIZES = (2, 3, 4, 5)


def claims() -> Iterator[Claim]:
    yield from _forms()
    yield from _by_parts()
    yield from _levels()


def _forms() -> Iterator[Claim]:
    where = Domain.of((rise, nonnegative()), (fall, nonnegative()), (first, real()))
    total, last = sympy.symbols("T_0 s_last", real=True)
    meant = {total: rise + fall, last: first + rise - fall}
    yield worded(
        total + first - fall, (total + first + last) / 2, meant, where=where,
        sentence="T0 + s_1 - D_- = (T0 + (s_1 + s_(n-1)))/2 = s_1 + D_+",
        because="s_(n-1) = s_1 + D_+ - D_-",
    )
    yield worded(
        total - first - rise, (total - first - last) / 2, meant, where=where,
        sentence="T0 - s_1 - D_+ = (T0 - (s_1 + s_(n-1)))/2; so R* = max(T0, (T0 + S0)/2)",
        because="the larger of the two has the absolute value S0 = |s_1 + s_(n-1)|",
    )


def _by_parts() -> Iterator[Claim]:
    """v from levels g: q_i = (g_(i+1) - g_i)/(x_(i+1) - x_i), v_i = q_i - q_(i-1), g_1 = m, g_n = 0."""
    for count in _SIZES:
        gaps = sympy.symbols(f"d1:{count}", positive=True)
        slopes = sympy.symbols(f"s_1:{count}", real=True)
        inner = sympy.symbols(f"g2:{count}", real=True)
        levels = (m, *inner, sympy.Symbol(f"g{count}", real=True))
        q, v, y, x = (sympy.symbols(f"{name}1:{count + 1}", real=True) for name in "qvyx")
        meant = _points(count, gaps, slopes, levels, (q, v, y, x))
        where = Domain.of(*((d, positive()) for d in gaps), *((s, real()) for s in (*slopes, m, *inner)))
        gain = m * slopes[0] + sum(
            (g * (b - a) for g, (a, b) in zip(inner, pairwise(slopes), strict=True)), sympy.Integer(0)
        )
        yield worded(sum(v), 0, meant, where=where, sentence=f"n = {count}: sum v = 0")
        yield worded(
            sum(a * b for a, b in zip(v, y, strict=True)), gain, meant, where=where,
            sentence=f"n = {count}: <v, y> = m s_1 + sum_i g_i Delta_i", because="summation by parts",
        )
        for knot in range(count - 1):
            yield worded(
                sum(a * (p - x[knot]) for a, p in zip(v[knot + 1 :], x[knot + 1 :], strict=True)), levels[knot], meant,
                where=where, sentence=f"n = {count}: sum_i v_i (x_i - x_{knot + 1})_+ = g_{knot + 1}",
                because="at the last point the sum is empty, and g_n = 0" if knot == count - 2 else "",
            )


_Letters = tuple[sympy.Symbol, ...]


def _points(
    count: int, gaps: _Letters, slopes: _Letters, levels: _Letters, letters: tuple[_Letters, ...]
) -> dict[sympy.Symbol, sympy.Expr]:
    """The values of v, y, x and q, and g_n = 0."""
    q, v, y, x = letters
    steps = (sympy.Integer(0), *q[: count - 1], sympy.Integer(0))
    found = {v[i]: steps[i + 1] - steps[i] for i in range(count)}
    for i in range(count):
        found[y[i]] = sum((s * d for s, d in zip(slopes[:i], gaps[:i], strict=True)), sympy.Integer(0))
        found[x[i]] = sum(gaps[:i], sympy.Integer(0))
    found |= {q[i]: (levels[i + 1] - levels[i]) / gaps[i] for i in range(count - 1)}
    return {**found, levels[-1]: sympy.Integer(0)}


def _levels() -> Iterator[Claim]:
    """m = 0, g = sgn Delta; m = 1, g = 1[Delta > 0]; m = -1, g = -1[Delta < 0]: |g| <= 1 and |g - m| <= 1."""
    where = Domain.of((rise, nonnegative()), (fall, nonnegative()), (first, real()))
    total = sympy.Symbol("T_0", real=True)
    yield worded(first + rise, total + first - fall, {total: rise + fall}, where=where,
                 sentence="m = 1 is worth s_1 + D_+ = T0 + (s_1 - D_-); m = 0 is worth T0")
    yield worded(-first + fall, total - first - rise, {total: rise + fall}, where=where,
                 sentence="m = -1 is worth -s_1 + D_- = T0 + (-s_1 - D_+)")
    c, at, size = sympy.symbols("c t |t|", real=True)
    yield Identity(
        left=c * (at + size) / 2 - c * (size - at) / 2, right=c * at,
        where=Domain.of((c, real()), (at, real()), (size, real())),
        sentence="c (t)_+ - c (-t)_+ = c t: a left and a right ReLU of one change differ by a line, and cost the same",
        because="so changes opening left can add up to anything in [-D_-, D_+]; one more ReLU at an end of the data "
                "supplies the rest of the slope s_1",
    )
    yield Axiom(name="KKT conditions of a convex program", uses="equal primal and dual values are optimal")


def instance(problem: Network) -> Iterator[Claim]:
    """The value of the formula; interpolant and dual point are checked exactly, so the gap is 0."""
    require_kind("spline-interpolation", problem, "spline")
    yield NetworkValue(problem=problem, value=_formula(problem))
    yield DualityGap(problem=problem, value=0, relation="==")


def _formula(problem: Network) -> sympy.Rational:
    """max(T0, (T0 + S0)/2), from the slopes alone."""
    points = problem.data
    assert isinstance(points, Points)
    x, y = ([sympy.Rational(p.numerator, p.denominator) for p in values] for values in (points.x, points.y))
    slopes = [(y[i + 1] - y[i]) / (x[i + 1] - x[i]) for i in range(len(x) - 1)]
    turns = sum((abs(b - a) for a, b in pairwise(slopes)), sympy.Integer(0))
    return sympy.Max(turns, (turns + abs(slopes[0] + slopes[-1])) / 2)


def is_spline(problem: Network) -> Truth:
    return is_kind(problem, "spline")


THEOREM = Theorem(
    name="spline-interpolation",
    title="Least-norm interpolation in one variable is a linear spline",
    statement=(
        "x_1 < ... < x_n, slopes s_i, changes Delta_i, D_+ and D_- the sums of their positive and negative parts, "
        "T0 = D_+ + D_-, S0 = |s_1 + s_(n-1)|. The least sum |a_j||w_j| over two-layer ReLU networks with free biases "
        "and a free output bias that interpolate is R* = T0 + max(0, s_1 - D_-, -s_1 - D_+) = max(T0, (T0 + S0)/2), "
        "attained by ReLUs at the data; the dual point is rational as well."
    ),
    idea="Split every change of slope between ReLUs that open left and right; summation by parts gives the dual.",
    source=Source(
        paper=CONVEX[0], arxiv=CONVEX[1], quoted="in one dimension optimal networks are linear spline interpolators",
        relation="stronger", note="the norm itself, with the term for sloped ends; minimisers need not be unique",
    ),
    notation=(
        ("|t|", "absolute value of t; the identity holds for any number in its place"),
    ),
    covers="every data set: the two forms; n = 2 to 5 points: the dual point",
    hypotheses=(Hypothesis("interpolation in one variable", is_spline),),
    general=claims,
    instance=instance,
    family=Network,
)
