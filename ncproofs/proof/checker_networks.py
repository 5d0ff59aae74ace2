"""Regularised networks and their duals: kinds ``network/...`` about one problem. Samples are rows.

Exact in rationals, except square roots of class sizes and of squared lengths, which are intervals."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise, product
from math import isqrt, lcm
from typing import Any

from ncproofs.proof.checker_arithmetic import Budget, Intervals, Limit, Rejected, times, total
from ncproofs.proof.checker_constants import compared
from ncproofs.proof.checker_copositive import is_copositive
from ncproofs.proof.checker_inertia import inertia
from ncproofs.proof.checker_reading import expression, flag, listed, need, rational, vector, whole

_MOST, _PATTERNS, _MOST_BITS = 2000, 2**12, 10**5
Rows = list[list[Fraction]]


def _rows(value: Any) -> Rows:
    rows = [[rational(entry) for entry in listed(row)] for row in listed(value)]
    width = len(rows[0]) if rows else 0
    if any(len(row) != width for row in rows) or not 0 < len(rows) * width <= 10 * _MOST:
        raise Rejected("a matrix with rows of one length, of bounded size, is needed")
    return rows


def _dot(left: Any, right: Any) -> Fraction:
    return sum((x * y for x, y in zip(left, right, strict=True)), Fraction(0))


def _cost(*matrices: Rows) -> int:
    """Steps for one term of a sum over a row of each: grows with the size of the common denominator."""
    bits = 0
    for rows in matrices:
        below = [{entry.denominator for entry in row} for row in rows]
        if any(sum(d.bit_length() for d in row) > _MOST_BITS for row in below):
            raise Limit("numbers without a common denominator of 10^5 bits")
        bits += max(lcm(*row).bit_length() for row in below)
        bits += max(x.numerator.bit_length() for row in rows for x in row)
    return 1 + bits // 512 + (bits // 512) ** 2


def _across(rows: Rows) -> Rows:
    return [list(column) for column in zip(*rows, strict=True)]


class Network:
    """The problem as it is written; see docs/certificate-format.md."""

    def __init__(self, value: Any, budget: Budget) -> None:
        self.kind, data, beta, layers, self.normalisation = need(
            value, "kind", "data", "beta", "layers", "normalisation")
        self.layers, self.budget = whole(layers, 2, 12), budget
        if self.normalisation not in ("standard", "unit"):
            raise Rejected("the normalisation is standard or unit")
        if self.kind in ("linear", "deep-linear", "relu"):
            X, Y = need(data, "X", "Y")
            self.X, self.Y = _rows(X), _rows(Y)
            if len(self.X) != len(self.Y):
                raise Rejected("X and Y have different numbers of rows")
        elif self.kind == "spline":
            x, y = need(data, "x", "y")
            self.x = [rational(entry) for entry in listed(x)]
            self.y = [rational(entry) for entry in listed(y, len(self.x))]
            if not 2 <= len(self.x) <= _MOST or any(a >= b for a, b in pairwise(self.x)):
                raise Rejected("at least two points with increasing x are needed")
        elif self.kind == "batchnorm":
            counts, A = need(data, "counts", "A")
            self.counts = [whole(count, 1, 10**9) for count in listed(counts)]
            self.A = None if A is None else _rows(A)
            if not 2 <= len(self.counts) <= _MOST or (self.A is not None and len(self.A) != sum(self.counts)):
                raise Rejected("at least two classes, and one row of A for each sample, are needed")
        else:
            raise Rejected("an unknown kind of network")
        if (beta is None) != (self.kind == "spline") or (self.layers > 2 and self.kind not in ("deep-linear", "relu")):
            raise Rejected("beta or the number of layers does not go with the kind")
        self.beta = Fraction(0) if beta is None else rational(beta)
        if self.kind != "spline" and self.beta <= 0:
            raise Rejected("beta > 0 is needed")

    @property
    def is_convex(self) -> bool:
        return self.layers == 2 or self.normalisation == "unit"

    def is_whitened(self) -> bool:
        n, d = len(self.X), len(self.X[0])
        if n > d:
            return False
        self.budget.spend(n * n * d * _cost(self.X, self.X))
        return all(_dot(a, b) == (i == j) for i, a in enumerate(self.X) for j, b in enumerate(self.X[: i + 1]))

    def is_in_range(self) -> bool:
        """Every centred label vector is in the range of the centred inputs; without inputs that is assumed."""
        if self.A is None:
            return True
        self.budget.spend(10 * len(self.A) * (len(self.counts) + len(self.A[0])) * _cost(_across(self.A)))
        labels = [[Fraction(int(k == j)) for j in range(len(self.counts))]
                  for k, count in enumerate(self.counts) for _ in range(count)]
        A = _centred(self.A)
        both = [a + b for a, b in zip(A, _centred(labels), strict=True)]
        return _rank(A, self.budget) == _rank(both, self.budget)


def _centred(rows: Rows) -> Rows:
    means = [sum(column, Fraction(0)) / len(rows) for column in _across(rows)]
    return [[x - m for x, m in zip(row, means, strict=True)] for row in rows]


def _rank(rows: Rows, budget: Budget) -> int:
    left, rank = [list(row) for row in rows], 0
    for j in range(len(rows[0])):
        pivot = next((row for row in left if row[j]), None)
        if pivot is not None:
            budget.spend(len(left) * len(pivot) * _cost([pivot]))
            left.remove(pivot)
            left = [[x - row[j] / pivot[j] * y for x, y in zip(row, pivot, strict=True)] for row in left]
            rank += 1
    return rank


def _gram(rows: Rows, shift: Fraction, budget: Budget) -> Rows:
    """M^T M - shift I from the smaller side."""
    M = rows if len(rows) <= len(rows[0]) else _across(rows)
    budget.spend(len(M) ** 2 * len(M[0]) * _cost(M, M))
    return [[_dot(a, b) - (shift if i == j else 0) for j, b in enumerate(M)] for i, a in enumerate(M)]


def _pulled(problem: Network, V: Rows) -> Rows:
    """X^T V."""
    cost = _cost(_across(problem.X), _across(V))
    problem.budget.spend(len(problem.X) * len(problem.X[0]) * len(V[0]) * cost)
    return [[_dot(x, v) for v in _across(V)] for x in _across(problem.X)]


def _signed(values: list[Fraction]) -> list[list[Fraction]]:
    return [[max(sign * entry, Fraction(0)) for entry in values] for sign in (1, -1)]


def _is_disjoint(rows: Rows) -> bool:
    return all(sum(entry != 0 for entry in row) <= 1 for row in rows)


def _squares(problem: Network) -> list[Fraction] | None:
    """Squared lengths that are fitted one by one, each at cost beta s - beta^2/2 or s^2/2; None: no such form."""
    if problem.kind == "batchnorm":
        return [Fraction(count) for count in problem.counts] if problem.is_in_range() else None
    if problem.kind == "spline" or not problem.is_convex or not problem.is_whitened():
        return None
    columns = _across(problem.Y)
    if problem.kind == "relu":
        parts = [part for column in columns for part in _signed(column)]
        return [_dot(part, part) for part in parts] if _is_disjoint(problem.Y) else None
    orthogonal = all(not _dot(a, b) for i, a in enumerate(columns) for b in columns[:i])
    return [_dot(column, column) for column in columns] if orthogonal else None


def _line(problem: Network) -> tuple[list[Fraction], list[Fraction]] | None:
    """(c, a) with X = c a^T, for a ReLU network with two layers."""
    lead = next((row for row in getattr(problem, "X", []) if any(row)), None)
    if problem.kind != "relu" or problem.layers > 2 or lead is None:
        return None
    c = [_dot(row, lead) / _dot(lead, lead) for row in problem.X]
    same = all(row == [share * entry for entry in lead] for row, share in zip(problem.X, c, strict=True))
    return (c, lead) if same else None


def _spline_norm(problem: Network) -> tuple[Fraction, Fraction, list[Fraction]]:
    """T0, S0 and the changes of slope."""
    slopes = [(problem.y[i + 1] - problem.y[i]) / (problem.x[i + 1] - problem.x[i]) for i in range(len(problem.x) - 1)]
    changes = [b - a for a, b in pairwise(slopes)]
    return sum(map(abs, changes), Fraction(0)), abs(slopes[0] + slopes[-1]), changes


def _minimum(problem: Network, algebra: Any) -> Any:
    """The closed form of the minimum in any algebra."""
    beta = problem.beta
    if problem.kind == "spline":
        T0, S0, _ = _spline_norm(problem)
        return algebra.number(max(T0, (T0 + S0) / 2))
    squares, line = _squares(problem), _line(problem)
    if squares is not None:
        parts = [times(algebra, algebra.sqrt(algebra.number(s)), beta) if s > beta**2 else algebra.number(s / 2)
                 for s in squares]
        shift = sum((beta**2 / 2 for s in squares if s > beta**2), Fraction(0))
        return algebra.sub(total(algebra, parts), algebra.number(shift))
    if line is None:
        raise Rejected("no closed form of the minimum is known here")
    c, lead = line
    size, value = _dot(lead, lead), algebra.number(sum((_dot(row, row) for row in problem.Y), Fraction(0)) / 2)
    for part in _signed(c):
        pull = [_dot(part, column) for column in _across(problem.Y)]
        reach = _dot(pull, pull) * size
        if reach > beta**2:
            gain = algebra.power(algebra.sub(algebra.sqrt(algebra.number(reach)), algebra.number(beta)), 2)
            value = algebra.sub(value, times(algebra, gain, 1 / (2 * size * _dot(part, part))))
    return value


def value_of(statement: list[Any], witness: Any, budget: Budget) -> None:
    (bits,), problem = need(witness, "bits"), Network(statement[0], budget)
    compared(budget, whole(bits, 64, 4096), lambda algebra: _minimum(problem, algebra), statement[1],
             expression(statement[2]))


def rank_of(statement: list[Any], witness: Any, budget: Budget) -> None:
    """Number of singular values of Y above beta, for a linear network on whitened data; 0 if |X^T Y| <= beta."""
    problem = Network(statement[0], budget)
    need(witness)
    if problem.kind not in ("linear", "deep-linear") or not problem.is_convex:
        raise Rejected("a linear network with a convex problem is needed")
    if problem.is_whitened():
        found = inertia(_gram(problem.Y, problem.beta**2, budget), budget)[0]
    elif inertia(_gram(_pulled(problem, problem.Y), problem.beta**2, budget), budget)[0] == 0:
        found = 0
    else:
        raise Rejected("X X^T = I is needed, or |X^T Y| <= beta")
    if found != whole(statement[1], 0, _MOST):
        raise Rejected("the rank is another")


def means(statement: list[Any], witness: Any, budget: Budget) -> None:
    """Orthogonal means, squared lengths (r - beta)/r^2, r^2 = n; sizes agree if sqrt(m n) = beta (sqrt m + sqrt n)."""
    problem, _ = Network(statement[0], budget), need(witness)
    if problem.kind != "batchnorm" or not problem.is_in_range():
        raise Rejected("batch normalisation with the range condition is needed")
    centred, sizes = flag(statement[2]), sorted(set(problem.counts))
    if sizes[0] <= problem.beta**2 or statement[1] != ("simplex ETF" if centred else "orthogonal frame"):
        raise Rejected("the means are of another kind")
    for (m, n), s in ((pair, isqrt(pair[0] * pair[1])) for pair in pairwise(sizes)):
        if centred or s * s != m * n or m * n != problem.beta**2 * (m + n + 2 * s):
            raise Rejected("the means have different lengths, or the classes different sizes")


def kinks(statement: list[Any], witness: Any, budget: Budget) -> None:
    """T0 >= S0 and no two neighbouring changes of one sign: some optimal dual point is +-1 at data points only."""
    problem = Network(statement[0], budget)
    need(witness)
    if problem.kind != "spline":
        raise Rejected("a spline is needed")
    T0, S0, changes = _spline_norm(problem)
    if T0 < S0 or any(a * b > 0 for a, b in pairwise(changes)):
        raise Rejected("some least-norm interpolant may have a kink off the data")


def gap(statement: list[Any], witness: Any, budget: Budget) -> None:
    """Minimum minus maximum of the dual, against a rational."""
    problem, relation, level = Network(statement[0], budget), statement[1], rational(statement[2])
    if relation == ">" and level == 0:
        need(witness)
        _has_gap(problem)
        return
    if problem.kind == "batchnorm":
        difference = _class_by_class(problem, witness)
    elif problem.kind == "spline":
        difference = _spline(problem, witness)
    else:
        neurons, dual, multipliers = need(witness, "neurons", "V", "multipliers")
        V = _dual(problem, dual)
        _feasible(problem, V, multipliers)
        difference = _primal(problem, neurons) - sum(
            (_dot(v, y) - _dot(v, v) / 2 for v, y in zip(V, problem.Y, strict=True)), Fraction(0))
    if not (relation == "<" and difference < level) and not (relation == "==" and difference == level == 0):
        raise Rejected("the difference of the two values does not show the relation")


def _has_gap(problem: Network) -> None:
    """Weight decay on L >= 3 linear layers: the dual value is half the squared distance to the range of X."""
    pulled = _pulled(problem, problem.Y) if problem.kind == "deep-linear" and not problem.is_convex else []
    if not any(map(any, pulled)):
        raise Rejected("weight decay on three or more linear layers and X^T Y != 0 are needed")


def _primal(problem: Network, neurons: Any) -> Fraction:
    """|f - Y|^2/2 + (beta/2) sum (|w|^2 + |a|^2); inner layers of a unit network are 1."""
    n, d, K = len(problem.X), len(problem.X[0]), len(problem.Y[0])
    rest, decay = [list(row) for row in problem.Y], Fraction(0)
    data = _cost(problem.X, problem.Y)
    for neuron in listed(neurons):
        w, a = (vector(part, size) for part, size in zip(need(neuron, "w", "a"), (d, K), strict=True))
        problem.budget.spend(4 * n * (d + K) * (data + _cost([w], [a])))
        decay += _dot(w, w) + _dot(a, a)
        for row, x in zip(rest, problem.X, strict=True):
            h = _dot(w, x)
            if problem.kind != "relu" or h > 0:
                row[:] = [entry - h * out for entry, out in zip(row, a, strict=True)]
    return sum((_dot(row, row) for row in rest), Fraction(0)) / 2 + problem.beta * decay / 2


def _dual(problem: Network, value: Any) -> Rows:
    flat = vector(value, len(problem.Y) * (K := len(problem.Y[0])))
    return [flat[i : i + K] for i in range(0, len(flat), K)]


def _feasible(problem: Network, V: Rows, multipliers: Any) -> None:
    """max |V^T phi(Xw)| <= beta over unit w."""
    if not problem.is_convex:
        raise Rejected("a convex problem is needed")
    limit = problem.beta**2
    if problem.kind != "relu":
        listed(multipliers, 0)
        inside = inertia(_gram(_pulled(problem, V), limit, problem.budget), problem.budget)[0] == 0
    elif multipliers:
        _cones(problem, V, multipliers)
        return
    elif (line := _line(problem)) is not None:  # the features are |a| c_+ and |a| c_-
        pulls = [[_dot(part, v) for v in _across(V)] for part in _signed(line[0])]
        inside = all(_dot(pull, pull) * _dot(line[1], line[1]) <= limit for pull in pulls)
    else:  # features are >= 0 and of length at most one; disjoint columns see disjoint parts of them
        inside = problem.is_whitened() and (all(
            _dot(part, part) <= limit for column in _across(V) for part in _signed(column)) if _is_disjoint(V) else
            is_copositive([[limit * (v is w) - _dot(v, w) for w in V] for v in V], problem.budget, _cost))
    if not inside:
        raise Rejected("V is not shown to be feasible")


def _cones(problem: Network, V: Rows, multipliers: Any) -> None:
    """One output, two layers, any X: sum_i v_i (x_i w)_+ <= beta |w| for v = V and v = -V.

    Every w has a pattern s on the rows with v_i > 0: s_i x_i w >= 0. There, for c_i >= 0 on these rows and
    0 <= c_i <= 1 on those with v_i < 0, where v_i (t)_+ <= v_i c_i t, the sum is at most <g, w> with
    g = sum_{v_i > 0} ([s_i > 0] v_i + s_i c_i) x_i + sum_{v_i < 0} c_i v_i x_i, and |g| <= beta is checked.
    """
    n, limit, columns = len(problem.X), problem.beta**2, _across(problem.X)
    cost = _cost(columns, _across(V))
    if len(V[0]) != 1 or problem.layers > 2:
        raise Rejected("multipliers are for one output and two layers")
    for sign, covers in zip((1, -1), listed(multipliers, 2), strict=True):
        v = [sign * row[0] for row in V]
        rising = [i for i in range(n) if v[i] > 0]
        if 2 ** len(rising) > _PATTERNS:
            raise Rejected("more patterns than are read")
        patterns = list(product((1, -1), repeat=len(rising)))
        for pattern, written in zip(patterns, listed(covers, len(patterns)), strict=True):
            problem.budget.spend(4 * n * len(problem.X[0]) * cost)
            c, side = vector(written, n), dict(zip(rising, pattern, strict=True))
            if any(entry < 0 or (entry > 1 and v[i] <= 0) for i, entry in enumerate(c)):
                raise Rejected("a multiplier out of range")
            share = [(v[i] if side[i] > 0 else 0) + side[i] * c[i] if i in side else c[i] * v[i] for i in range(n)]
            g = [_dot(share, column) for column in columns]
            if _dot(g, g) > limit:
                raise Rejected("a cone on which V is not shown to be feasible")


def _class_by_class(problem: Network, witness: Any) -> Fraction:
    """Upper end of (value of the explicit network) - (value of V = Y diag(min(1, beta/sqrt n_k)))."""
    (bits,) = need(witness, "bits")
    if not problem.is_in_range():
        raise Rejected("the range condition fails")
    balls = Intervals(whole(bits, 64, 4096), problem.budget)
    beta, N, difference = balls.number(problem.beta), sum(problem.counts), balls.number(Fraction(0))
    for count in problem.counts:
        if count <= problem.beta**2:
            continue  # no neuron and t = 1: both values are n_k/2
        r, p = balls.sqrt(balls.number(Fraction(count))), Fraction(count, N)
        strength = balls.sub(r, beta)
        # The activation of (gamma, alpha) = (sqrt(1-p), sqrt p) on the class and off it; sqrt(1/N) = r/sqrt(N n_k).
        mean, inverse = times(balls, r, Fraction(1, N)), balls.div(balls.number(Fraction(1)), r)
        on = balls.add(times(balls, inverse, 1 - p), mean)
        off = balls.sub(mean, times(balls, inverse, p))
        miss = balls.power(balls.sub(balls.number(Fraction(1)), balls.mul(strength, on)), 2)
        spill = balls.power(balls.mul(strength, off), 2)
        primal = balls.add(balls.add(times(balls, miss, Fraction(count, 2)),
                                     times(balls, spill, Fraction(N - count, 2))), balls.mul(beta, strength))
        dual = balls.sub(balls.mul(beta, r), balls.number(problem.beta**2 / 2))  # t = beta/r, t n_k - t^2 n_k/2
        difference = balls.add(difference, balls.sub(primal, dual))
    return Fraction(difference[1], 1 << balls.p)


def _spline(problem: Network, witness: Any) -> Fraction:
    """Cost of the interpolant of the witness minus <v, y>, v feasible; both exact."""
    neurons, constant, v = need(witness, "neurons", "constant", "v")
    n, start = len(problem.x), rational(constant)
    values, cost = [start] * n, Fraction(0)
    for written in listed(neurons):
        w, b, a = (rational(entry) for entry in listed(written, 3))
        problem.budget.spend(10 * n)
        cost += abs(a) * abs(w)
        values = [value + a * max(w * x + b, Fraction(0)) for value, x in zip(values, problem.x, strict=True)]
    dual = [rational(entry) for entry in listed(v, n)]
    m = _dot(dual, problem.x)
    problem.budget.spend(10 * n * n)
    levels = [sum((a * (x - knot) for a, x in zip(dual, problem.x, strict=True) if x > knot), Fraction(0))
              for knot in problem.x]
    # g is linear between the data, m before them and 0 after them.
    if values != problem.y or sum(dual, Fraction(0)) or any(abs(g) > 1 or abs(g - m) > 1 for g in (m, *levels)):
        raise Rejected("the interpolant or the dual point is not what it should be")
    return cost - _dot(dual, problem.y)


KINDS: dict[str, tuple[tuple[str, ...], Callable[[list[Any], Any, Budget], None]]] = {
    "network/value/1": (("problem", "relation", "value"), value_of),
    "network/gap/1": (("problem", "relation", "value"), gap),
    "network/rank/1": (("problem", "rank"), rank_of),
    "network/means/1": (("problem", "geometry", "centred"), means),
    "network/kinks/1": (("problem",), kinks),
}
