"""Critical points that exist, with their inertia, and directions of negative curvature: ``.../critical-point/1``.

The point lies in R^r. The coordinates of [W H] below the diagonal in r pivot columns are 0, and so is the last bias
where all biases may be shifted; they are frozen. A zero of the gradient in the free coordinates is one in all of them
while the pivots are not 0, since the gradient is orthogonal to the orbit: the rotation of the rows s < a moves the
frozen entry (a, pivot t) by -W[s][pivot t], which is 0 for t < s and the pivot for t = s. On spheres the multipliers
nu of |x|^2 = 1 are unknowns as well, and the Hessian on the tangent space is counted from the bordered matrix.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from operator import mul
from typing import Any

from ncproofs.proof.checker_arithmetic import Budget, Intervals, Rejected, times, total
from ncproofs.proof.checker_hessian import Block, Eigenvalues, Model, Place, has_inertia
from ncproofs.proof.checker_labels import Labels
from ncproofs.proof.checker_reading import listed, need, rational, vector, whole
from ncproofs.proof.checker_ridge import Problem, descends
from ncproofs.proof.checker_spheres import Spheres

_LARGEST = 300


Described = Problem | Spheres | Labels


def _samples(problem: Described) -> list[tuple[Any, int]]:
    """The label of each class or label set, counted from 0, and how many samples have it."""
    if isinstance(problem, Labels):
        return [(tuple(k - 1 for k in labels), count) for labels, count in problem.sets()]
    return [(k, problem.n) for k in range(problem.K)]


class Point:
    """Classifiers and places in R^r, each coordinate an interval around the centre; maybe biases."""

    def __init__(
        self, balls: Intervals, problem: Described, rank: int, places: Any, data: Any, spread: Fraction
    ) -> None:
        has_bias = not isinstance(problem, Spheres) and problem.lambda_b is not None
        W, H, b = need(data, "W", "H", "b")
        K, P = problem.K, len(listed(places))
        if rank > problem.d or (b is None) == has_bias or (K + P) * (rank + 2) > _LARGEST:
            raise Rejected("a rank above d, a bias too many or missing, or more coordinates than are treated")
        samples = _samples(problem)
        left = [count for _, count in samples]
        self.labels = []
        for place, weight in (listed(item, 2) for item in places):
            left[whole(place, 0, len(samples) - 1)] -= whole(weight, 1, problem.N)
            self.labels.append((samples[place][0], weight))
        if any(left):
            raise Rejected("the places of a class, or of a label set, do not hold its samples")
        self.centre = (vector(W, rank * K), vector(H, rank * P), vector(b, K) if has_bias else [])
        boxes = [[(balls.number(x - spread)[0], balls.number(x + spread)[1]) for x in part] for part in self.centre]
        self.W = [[boxes[0][a * K + j] for a in range(rank)] for j in range(K)]
        self.H = [[boxes[1][a * P + p] for a in range(rank)] for p in range(P)]
        self.b = boxes[2] if has_bias else None
        self.columns = [*self.W, *self.H]

    def model(self, balls: Intervals, problem: Described) -> Model:
        """In R^(r+1), with the last coordinate 0."""
        zero = balls.number(Fraction(0))
        places = [Place(label, weight, [*h, zero]) for (label, weight), h in zip(self.labels, self.H, strict=True)]
        tau = balls.number(problem.tau) if isinstance(problem, Spheres) else None
        return Model(balls, problem.loss, [[*w, zero] for w in self.W], places, tau=tau, bias=self.b)

    def value(self, balls: Intervals, problem: Described, model: Model) -> Any:
        parts = [model.value()]
        if not isinstance(problem, Spheres):
            squares = [(balls.number(problem.lambda_W), 1, w) for w in self.W]
            squares += [(balls.number(problem.lambda_H), m, h) for (_, m), h in zip(self.labels, self.H, strict=True)]
            squares += [(balls.number(problem.lambda_b or Fraction(0)), 1, self.b)] if self.b else []
            for weight, count, x in squares:
                if x:
                    norm = total(balls, [balls.power(entry, 2) for entry in x])
                    parts.append(times(balls, balls.mul(weight, norm), Fraction(count, 2)))
        return total(balls, parts)


def _weights(balls: Intervals, problem: Described, nu: list[Any], K: int) -> tuple[list[Any], list[Any]]:
    if not isinstance(problem, Spheres):
        return [balls.number(problem.lambda_W)] * K, [balls.number(problem.lambda_H)] * len(nu[K:])
    return nu[:K], nu[K:]


def _gradient(balls: Intervals, problem: Described, point: Point, nu: list[Any], rank: int) -> list[Any]:
    """In the order of ``Model.form``, with y = sqrt m h for a place of m samples; then the constraints."""
    K, model = problem.K, point.model(balls, problem)
    rows, features, biases = model.slopes()
    weights, result = _weights(balls, problem, nu, K), []
    for j in range(K):
        result += [balls.add(rows[j][a], balls.mul(weights[0][j], point.W[j][a])) for a in range(rank)]
    for p, (_, m) in enumerate(point.labels):
        root = balls.sqrt(balls.number(Fraction(m)))
        result += [balls.mul(root, balls.add(features[p][a], balls.mul(weights[1][p], point.H[p][a])))
                   for a in range(rank)]
    if isinstance(problem, Spheres):
        for m, x in [*((1, w) for w in point.W), *((m, h) for (_, m), h in zip(point.labels, point.H, strict=True))]:
            norm = balls.sub(total(balls, [balls.power(entry, 2) for entry in x]), balls.number(Fraction(1)))
            result.append(times(balls, norm, Fraction(m, 2)))
    elif point.b is not None:
        lean = balls.number(problem.lambda_b or Fraction(0))
        result += [balls.add(g, balls.mul(lean, b)) for g, b in zip(biases, point.b, strict=True)]
    return result


def hessian(balls: Intervals, problem: Described, point: Point, nu: list[Any], rank: int,
             model: Model) -> list[Block]:
    """In R^r (bordered by the constraints on spheres), outside, and between the samples of a place."""
    K, zero, one = problem.K, balls.number(Fraction(0)), balls.number(Fraction(1))
    basis = [[one if a == b else zero for a in range(rank + 1)] for b in range(rank + 1)]
    weights, P = _weights(balls, problem, nu, K), len(point.labels)
    lean = balls.number(problem.lambda_b or Fraction(0)) if not isinstance(problem, Spheres) and point.b else None
    inner = model.form(([basis[:rank]] * K, [basis[:rank]] * P), weights, lean)
    scaled = [*point.W, *([balls.mul(balls.sqrt(balls.number(Fraction(m))), x) for x in h]
                          for (_, m), h in zip(point.labels, point.H, strict=True))]
    sphere = isinstance(problem, Spheres)
    if sphere:
        for c, x in enumerate(scaled):
            inner = _bordered(inner, {c * rank + a: entry for a, entry in enumerate(x)}, zero)
    blocks: list[Block] = [(inner, 1)]
    if problem.d > rank:
        blocks.append((model.form(([basis[rank:]] * K, [basis[rank:]] * P), weights), problem.d - rank))
    for p, (_, m) in enumerate(point.labels):
        if m > 1:
            apart = model.within(p, basis[:rank], weights[1][p])
            blocks.append((_bordered(apart, dict(enumerate(point.H[p])), zero) if sphere else apart, m - 1))
            blocks.append(([[weights[1][p]]], (m - 1) * (problem.d - rank)))
    return blocks


def _bordered(matrix: list[list[Any]], entries: dict[int, Any], zero: Any) -> list[list[Any]]:
    column = [entries.get(i, zero) for i in range(len(matrix))]
    return [[*row, x] for row, x in zip(matrix, column, strict=True)] + [[*column, zero]]


def _inverse(matrix: list[list[int]], p: int, budget: Budget) -> list[list[int]]:
    """An approximate inverse in units of 2^-p; nothing about it is trusted."""
    size, one = len(matrix), 1 << p
    A = [[*row, *(one if i == j else 0 for j in range(size))] for i, row in enumerate(matrix)]
    for i in range(size):
        budget.spend(size * size)
        best = max(range(i, size), key=lambda k: abs(A[k][i]))
        A[i], A[best] = A[best], A[i]
        if not A[i][i]:
            raise Rejected("the Jacobian is singular")
        head = A[i] = [(x << p) // A[i][i] for x in A[i]]
        for k in range(size):
            if k != i and A[k][i]:
                factor = A[k][i]
                A[k] = [x - (factor * y >> p) for x, y in zip(A[k], head, strict=True)]
    return [row[size:] for row in A]


def _contracts(balls: Intervals, gradient: list[Any], jacobian: list[list[Any]], radii: list[Fraction]) -> None:
    """|Y G(c)|_i + sum_j |I - Y J(box)|_ij r_j < r_i: Krawczyk's operator maps the box into its interior."""
    p, size = balls.p, len(gradient)
    middle = [[(low + high) // 2 for low, high in row] for row in jacobian]
    wide = [[(high - low + 1) // 2 for low, high in row] for row in jacobian]
    Y = _inverse(middle, p, balls.budget)
    balls.budget.spend(size**3 // 4)
    columns, wide_columns = list(zip(*middle, strict=True)), list(zip(*wide, strict=True))
    upper, lower = [balls.number(r)[1] for r in radii], [balls.number(r)[0] for r in radii]
    for i, row in enumerate(Y):
        sizes = list(map(abs, row))
        shift = abs(sum(y * ((g[0] + g[1]) // 2) for y, g in zip(row, gradient, strict=True)))
        shift += sum(y * ((g[1] - g[0] + 1) // 2) for y, g in zip(sizes, gradient, strict=True))
        slack = 0
        for j in range(size):
            rest = ((1 << 2 * p) if i == j else 0) - sum(map(mul, row, columns[j]))
            slack += (abs(rest) + sum(map(mul, sizes, wide_columns[j]))) * upper[j]
        if (shift << p) + slack >= lower[i] << 2 * p:
            raise Rejected("Krawczyk's operator does not map the box into its interior")


def _frozen(exact: Point, box: Point, pivots: Any, rank: int, zero: Any, *, last_bias: bool) -> set[int]:
    """The coordinates that are 0 in the centre, and are made 0 in the whole box; the pivots are not 0."""
    columns, found = [whole(c, 0, len(box.columns) - 1) for c in listed(pivots, rank)], set()
    for s, c in enumerate(columns):
        if box.columns[c][s][0] <= 0 <= box.columns[c][s][1]:
            raise Rejected("a pivot is not shown to be nonzero")
        for a in range(s + 1, rank):
            if exact.columns[c][a] != zero:
                raise Rejected("an entry below a pivot is not 0")
            box.columns[c][a] = zero
            found.add(c * rank + a)
    if last_bias and exact.b and box.b:
        if exact.b[-1] != zero:
            raise Rejected("the last bias is not 0")
        box.b[-1] = zero
        found.add(len(box.columns) * rank + len(box.b) - 1)
    return found


def _critical(problem: Described, statement: list[Any], witness: Any, budget: Budget) -> None:
    rank, places, pivots, centre, radius, negative, zero, value, rival = statement
    bits, gap, multipliers = need(witness, "bits", "gap", "multipliers")
    balls, rank, spread = Intervals(whole(bits, 64, 4096), budget), whole(rank, 0, problem.d), rational(radius)
    if spread <= 0:
        raise Rejected("a radius > 0 is needed")
    exact, box = (Point(balls, problem, rank, places, centre, width) for width in (Fraction(0), spread))
    count, sphere = len(box.columns), isinstance(problem, Spheres)
    free_bias = not isinstance(problem, Spheres) and problem.lambda_b == 0
    shifted = free_bias and problem.loss.is_shift_invariant(problem.K)
    frozen = _frozen(exact, box, pivots, rank, balls.number(Fraction(0)), last_bias=shifted)
    nu = [rational(entry) for entry in listed(multipliers, count if sphere else 0)] or [Fraction(0)] * count
    model = box.model(balls, problem)
    wide = [(balls.number(x - spread)[0], balls.number(x + spread)[1]) for x in nu]
    blocks = hessian(balls, problem, box, wide, rank, model)
    gradient = _gradient(balls, problem, exact, [balls.number(x) for x in nu], rank)
    radii = [spread] * (problem.K * rank) + [spread * _root_below(m) for _, m in box.labels for _ in range(rank)]
    radii += [spread] * (len(gradient) - len(radii))
    free = [i for i in range(len(gradient)) if i not in frozen]
    if free:
        _contracts(balls, [gradient[i] for i in free], [[blocks[0][0][i][j] for j in free] for i in free],
                   [radii[i] for i in free])
    extra = count + sum(m - 1 for _, m in box.labels) if sphere else 0
    kernel = rank * problem.d - rank * (rank + 1) // 2 + shifted
    has_inertia(Eigenvalues(balls, blocks), whole(negative, 0, 10**9) + extra, whole(zero, 0, 10**9), kernel,
                rational(gap))
    low, high = (rational(end) for end in listed(value, 2))
    found = box.value(balls, problem, model)
    if found[0] < balls.number(low)[1] or found[1] > balls.number(high)[0]:
        raise Rejected("the value is not shown to lie between its bounds")
    if rival is not None:
        _is_lower(problem, rival, low, balls)


def _root_below(m: int) -> Fraction:
    """A rational at most sqrt m, exact for squares: a box in h contains that in y = sqrt m h."""
    return Fraction(isqrt(m << 40), 1 << 20)


def _is_lower(problem: Described, rival: Any, value: Fraction, balls: Intervals) -> None:
    """A point of the problem, its columns divided by their lengths on spheres, with a lower value."""
    rank, places, data = need(rival, "rank", "places", "point")
    point = Point(balls, problem, whole(rank, 0, problem.d), places, data, Fraction(0))
    if isinstance(problem, Spheres):
        for part in (point.W, point.H):
            for i, x in enumerate(part):
                length = balls.sqrt(total(balls, [balls.power(entry, 2) for entry in x]))
                part[i] = [balls.div(entry, length) for entry in x]
    if point.value(balls, problem, point.model(balls, problem))[1] >= balls.number(value)[0]:
        raise Rejected("the other point is not shown to have a lower value")


def ridge_critical(statement: list[Any], witness: Any, budget: Budget) -> None:
    _critical(Problem(statement[0]), statement[1:], witness, budget)


def label_critical(statement: list[Any], witness: Any, budget: Budget) -> None:
    _critical(Labels(statement[0], budget), statement[1:], witness, budget)


def sphere_critical(statement: list[Any], witness: Any, budget: Budget) -> None:
    _critical(Spheres(statement[0]), statement[1:], witness, budget)


def sphere_saddle(statement: list[Any], witness: Any, budget: Budget) -> None:
    descends(Spheres(statement[0]), statement, witness, budget)


_PARTS = ("problem", "rank", "places", "pivots", "centre", "radius", "negative", "zero", "value", "rival")
KINDS: dict[str, tuple[tuple[str, ...], Any]] = {
    "ridge/critical-point/1": (_PARTS, ridge_critical),
    "label/critical-point/1": (_PARTS, label_critical),
    "sphere/critical-point/1": (_PARTS, sphere_critical),
    "sphere/saddle-box/1": (("problem", "centre", "radius", "margin"), sphere_saddle),
}
