"""Spherical codes: kinds ``code/...`` about rho*(d, K), one minus the least largest inner product of K unit vectors."""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from math import factorial
from typing import Any

from ncproofs.proof.checker_arithmetic import Budget, Intervals, Rejected, evaluate, times, total
from ncproofs.proof.checker_constants import Constants, compared
from ncproofs.proof.checker_inertia import inertia
from ncproofs.proof.checker_reading import expression, listed, need, rational, vector, whole

_WORD = 64  # bits of an inner product when many are computed at once


def _sizes(problem: Any) -> tuple[int, int]:
    K, d = need(problem, "K", "d")
    return whole(K, 2, 5000), whole(d, 1, 500)


def _pi(balls: Intervals) -> Any:
    """16 arctan(1/5) - 4 arctan(1/239); the series alternate, so that the first term left out bounds the rest."""
    parts = []
    for factor, n in ((16, 5), (-4, 239)):
        k, rest = 0, Fraction(1, n)
        while rest * 2**balls.p > 1:
            parts.append(balls.number((-1) ** k * factor * rest))
            k += 1
            rest = Fraction(1, (2 * k + 1) * n ** (2 * k + 1))
        slack = balls.number(16 * rest)[1]
        parts.append((-slack, slack))
    return total(balls, parts)


def _cosine(balls: Intervals, turns: Fraction) -> Any:
    """cos(pi turns) for 0 <= turns <= 1: Taylor's formula, |x|^(2n)/(2n)! <= 4^(2n)/(2n)! bounds the remainder."""
    square = balls.power(times(balls, _pi(balls), turns), 2)
    terms, term, n = [], balls.number(Fraction(1)), 0
    while 4 ** (2 * n) * 2**balls.p > factorial(2 * n):
        terms.append(term if n % 2 == 0 else balls.neg(term))
        n += 1
        term = times(balls, balls.mul(term, square), Fraction(1, (2 * n - 1) * 2 * n))
    return total(balls, [*terms, (-2, 2)])


def elementary(K: int, d: int) -> Callable[[Any], tuple[Any, dict[str, Any]]] | None:
    """The value in any algebra where it is elementary, and the names that claims about it may use."""
    if d == 1 and K > 2:
        return lambda algebra: (algebra.number(Fraction(0)), {})
    if d + 1 >= K:
        return lambda algebra: (algebra.number(Fraction(K, K - 1)), {})
    if d == 2:
        def polygon(algebra: Any) -> tuple[Any, dict[str, Any]]:
            exact = isinstance(algebra, Constants)
            turn = algebra.generator(0) if exact else _cosine(algebra, Fraction(2, K))
            return algebra.sub(algebra.number(Fraction(1)), turn), {"turn": turn}
        return polygon
    return (lambda algebra: (algebra.number(Fraction(1)), {})) if K <= 2 * d else None


def value_of(statement: list[Any], witness: Any, budget: Budget) -> None:
    (K, d), (relation, value) = _sizes(statement[0]), statement[1:]
    bits, code, bound = need(witness, "bits", "code", "bound")
    bits, claimed, known = whole(bits, 64, 4096), expression(value), elementary(K, d)
    if known is None:
        level = expression(need(bound, "level", "nodes", "endpoint")[0])
        balls, field = Intervals(bits, budget), Constants(budget)
        if not _at_least(K, d, bound, balls, field):
            raise Rejected("the polynomial does not show the upper bound of rho*")
        _has_level(K, d, code, level, balls, field)

    def excess(algebra: Any) -> Any:
        if known is None:
            return algebra.sub(algebra.number(Fraction(1)), algebra.add(
                evaluate(level, {}, algebra), evaluate(claimed, {}, algebra)))
        found, names = known(algebra)
        return algebra.sub(found, evaluate(claimed, names, algebra))

    compared(budget, bits, excess, relation, "0")


def bracket(statement: list[Any], witness: Any, budget: Budget) -> None:
    """lower <= rho* <= upper."""
    (K, d), (lower, upper) = _sizes(statement[0]), map(rational, statement[1:])
    bits, points, bound = need(witness, "bits", "points", "bound")
    balls, known = Intervals(whole(bits, 64, 4096), budget), elementary(K, d)
    if known is not None:
        low, high = known(balls)[0]
        if balls.number(lower)[1] > low or high > balls.number(upper)[0]:
            raise Rejected("the value is not shown to lie between the bounds")
        return
    _has_angles(K, d, points, 1 - lower, budget)
    if bound is None:  # K >= d + 2
        shown = upper >= 1
    elif bound == "planar":  # Fejes Toth: rho* <= (4 - 1/sin^2 x)/2, sin^2 x = (1 - cos 2x)/2, x = pi K/(6 (K-2))
        one = balls.number(Fraction(1))
        sine = times(balls, balls.sub(one, _cosine(balls, Fraction(K, 3 * (K - 2)))), Fraction(1, 2))
        most = times(balls, balls.sub(balls.number(Fraction(4)), balls.div(one, sine)), Fraction(1, 2))
        shown = d == 3 and most[1] <= balls.number(upper)[0]
    else:
        level = rational(need(bound, "level", "nodes", "endpoint")[0])
        shown = upper >= 1 - level and _at_least(K, d, bound, balls, Constants(budget))
    if not shown:
        raise Rejected("the upper bound is not shown")


def _has_angles(K: int, d: int, value: Any, level: Fraction, budget: Budget) -> None:
    """K points of R^d, of any length, whose cosines are at most ``level`` >= 0."""
    flat = vector(value, K * d)
    budget.spend(K * K * (1 + d // 8) // 2)
    rows = [[int(entry * (1 << value["s"])) for entry in flat[i * d : (i + 1) * d]] for i in range(K)]
    lengths = [sum(x * x for x in row) for row in rows]
    if level < 0 or not all(lengths):
        raise Rejected("points that are not 0, and a lower bound of at most 1, are needed")
    top, bottom = level.numerator**2, level.denominator**2
    for (x, a), (y, b) in combinations(zip(rows, lengths, strict=True), 2):
        product = sum(map(int.__mul__, x, y))
        if product > 0 and product * product * bottom > top * a * b:
            raise Rejected("two points are closer than the lower bound says")


def _times(algebra: Any, left: list[Any], right: list[Any]) -> list[Any]:
    """The product of two polynomials, the constant first."""
    result = [algebra.number(Fraction(0))] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            result[i + j] = algebra.add(result[i + j], algebra.mul(a, b))
    return result


def _moments(algebra: Any, polynomial: list[Any], d: int) -> list[Any]:
    """Coefficients on G_k of R^d with G_k(1) = 1: (k + d - 2) G_{k+1} = (2k + d - 2) t G_k - k G_{k-1}."""
    basis = [[Fraction(1)], [Fraction(0), Fraction(1)]]
    for k in range(1, len(polynomial) - 1):
        lifted = [Fraction(2 * k + d - 2) * x for x in [Fraction(0), *basis[k]]]
        for power, x in enumerate(basis[k - 1]):
            lifted[power] -= k * x
        basis.append([x / (k + d - 2) for x in lifted])
    rest, found = list(polynomial), []
    for k in range(len(polynomial) - 1, -1, -1):
        found.append(times(algebra, rest[k], 1 / basis[k][k]))
        rest = [algebra.sub(x, times(algebra, found[-1], basis[k][p])) if p <= k and basis[k][p] else x
                for p, x in enumerate(rest)]
    return found[::-1]


def _at_least(K: int, d: int, bound: Any, balls: Intervals, field: Constants) -> bool:
    """Every K unit vectors of R^d have an inner product of at least the level c (Delsarte), d >= 3.

    f = (t - c) h, h = (t + 1)^e prod (t - a)^2, is at most 0 on [-1, c]. Let f = sum f_k G_k with all f_k >= 0 < f_0.
    The sum of G_k(<x_i, x_j>) over all i, j is >= 0 (Schoenberg), so inner products below c need K f(1) >= K^2 f_0.
    f(1) < K f_0 excludes that. If f(1) = K f_0, they would be zeros of f other than c, so of h, and the moments with
    f_k > 0 would vanish: K h(1) = K^2 h_0 if h_k = 0 wherever f_k = 0. But f_0, the mean of (t - c) h over the sphere,
    is less than that of (1 - c) h, so that h(1) = f(1)/(1 - c) = K f_0/(1 - c) < K h_0, and this is excluded too.
    """
    level, nodes, endpoint = need(bound, "level", "nodes", "endpoint")
    level, nodes, end = expression(level), [expression(node) for node in listed(nodes)], whole(endpoint, 0, 1)
    if len(nodes) > 30:
        raise Rejected("at most 30 nodes are needed")
    found = []
    for algebra in (balls, field):
        one = algebra.number(Fraction(1))
        h = [one, one] if end else [one]
        for node in nodes:
            factor = [algebra.neg(evaluate(node, {}, algebra)), one]
            h = _times(algebra, _times(algebra, h, factor), factor)
        c = evaluate(level, {}, algebra)
        f = _times(algebra, h, [algebra.neg(c), one])
        moments = _moments(algebra, f, d)
        margin = algebra.sub(times(algebra, moments[0], K), total(algebra, f))
        found.append((algebra.sub(one, c), moments, margin, _moments(algebra, h, d)))
        if algebra is balls and found[0][0][0] > 0 and margin[0] > 0 and all(x[0] > 0 for x in moments):
            return True  # strictly, without any algebra
    (room, signs, excess, _), (_, coefficients, exact, moments) = found
    positive = [sign[0] > 0 for sign in signs]
    zero = [field.vanishes(x) for x in coefficients]
    if room[0] <= 0 or not positive[0] or not all(p or z for p, z in zip(positive, zero, strict=True)):
        return False
    supported = all(p or field.vanishes(x) for p, x in zip(positive[1:], moments[1:], strict=False))
    return excess[0] > 0 or (field.vanishes(exact) and supported)


def _products(left: list[list[int]], right: list[list[int]], budget: Budget) -> Any:
    """For each row of ``left`` its inner products with all rows of ``right``, many at once in one long integer."""
    K, width = len(right), len(right[0])  # 2 most <= 2 * 200 * 10^9 * 10^6 < 2^64: see ``_integers``
    most = width * max(abs(x) for row in left for x in row) * max(abs(x) for row in right for x in row)
    budget.spend(K * len(left) * (1 + width // 8) // 32)
    shift = sum(most << (_WORD * j) for j in range(K))  # so that no place is negative
    columns = [sum(row[a] << (_WORD * j) for j, row in enumerate(right)) for a in range(width)]
    for row in left:
        packed = shift + sum(x * column for x, column in zip(row, columns, strict=True) if x)
        places = memoryview(packed.to_bytes(_WORD // 8 * K, sys.byteorder)).cast("Q").tolist()
        yield [x - most for x in (places if sys.byteorder == "little" else places[::-1])]


def _integers(value: Any, count: int | None, width: int | None = None) -> list[list[int]]:
    """So many rows of one width."""
    rows = [[whole(x, -(10**6), 10**6) for x in listed(row)] for row in listed(value, count)]
    if len({len(row) for row in rows} | ({width} if width else set())) > 1 or not all(0 < len(r) <= 100 for r in rows):
        raise Rejected("rows with different numbers of coordinates")
    return rows


def _has_level(K: int, d: int, code: Any, level: Any, balls: Intervals, field: Constants) -> None:
    """K points rows + sqrt(root) surds (none if empty) of one length, in at most d dimensions, cosines at most c."""
    rows, surds, root, normals = need(code, "rows", "surds", "root", "normals")
    whole(root, 0, 1000)
    rows = _integers(rows, K)
    n = len(rows[0])
    surds, normals = _integers(surds, K if surds else 0, n), _integers(normals, None, n)
    gram = [[Fraction(sum(map(int.__mul__, x, y))) for x in normals] for y in normals]
    orthogonal = all(not any(products) for points in (rows, surds) if normals and points
                     for products in _products(normals, points, balls.budget))
    if n - len(normals) > d or not orthogonal or inertia(gram, balls.budget)[0] < len(normals):
        raise Rejected("the points are not shown to span at most d dimensions")
    if surds:  # <x + r u, y + r v> = <x, y> + r^2 <u, v> + r (<x, v> + <u, y>)
        both = [x + u for x, u in zip(rows, surds, strict=True)]
        plain = _products([x + [root * e for e in u] for x, u in zip(rows, surds, strict=True)], both, balls.budget)
        mixed = _products(both, [u + x for x, u in zip(rows, surds, strict=True)], balls.budget)
    else:
        plain, mixed = _products(rows, rows, balls.budget), ([0] * K for _ in rows)
    lengths, others = set(), set()
    for i, (x, y) in enumerate(zip(plain, mixed, strict=True)):
        lengths.add((x[i], y[i]))
        del x[i], y[i]
        others |= set(zip(x, y, strict=True))
    if len(lengths) > 1:
        raise Rejected("the points have different lengths")

    def number(algebra: Any, pair: tuple[int, int]) -> Any:
        """a + b sqrt(root)."""
        a, b = algebra.number(Fraction(pair[0])), pair[1]
        return algebra.add(a, times(algebra, algebra.sqrt(algebra.number(Fraction(root))), b)) if b else a

    def excess(algebra: Any, pair: tuple[int, int]) -> Any:
        """<x, y> - c |x|^2."""
        return algebra.sub(number(algebra, pair), algebra.mul(evaluate(level, {}, algebra), number(algebra, square)))

    (square,) = lengths
    if number(balls, square)[0] <= 0:
        raise Rejected("the points are not shown to differ from 0")
    for pair in others:
        if excess(balls, pair)[1] >= 0 and not field.vanishes(excess(field, pair)):
            raise Rejected("two points are closer than the level")


def minimises(statement: list[Any], witness: Any, budget: Budget) -> None:
    """K <= d + 1: cross-entropy on unit vectors is minimised by the simplex ETF with h = w at every temperature."""
    K, d = _sizes(statement[0])
    need(witness)
    if rational(statement[1]) <= 0 or K > d + 1:
        raise Rejected("tau > 0 and K <= d + 1 are needed")


KINDS: dict[str, tuple[tuple[str, ...], Callable[[list[Any], Any, Budget], None]]] = {
    "code/value/1": (("problem", "relation", "value"), value_of),
    "code/bracket/1": (("problem", "lower", "upper"), bracket),
    "code/minimises/1": (("problem", "tau"), minimises),
}
