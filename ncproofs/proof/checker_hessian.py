"""Second-order forms of data terms with bilinear logits, and exact counts of their eigenvalues.

The logits of a sample are tau W^T h + b. Along a curve they are z + s q + s^2 r + ..., so the s^2 coefficient of
the loss is <g, r> + q^T M q/2, with the gradient g and the Hessian M of the loss from its own power series.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from operator import mul
from typing import Any

from ncproofs.proof.checker_arithmetic import Algebra, Budget, Intervals, Rejected, times, total
from ncproofs.proof.checker_losses import LabelLoss, Loss, expansion
from ncproofs.proof.checker_reading import listed, rational, whole

Block = tuple[list[list[Any]], int]  # a symmetric matrix of intervals, and how many copies of it there are


@dataclass(frozen=True)
class Place:
    """``weight`` samples at the same point h of R^r; ``label`` is what the loss takes for their class."""

    label: Any
    weight: int
    h: list[Any]


#: Larger matrices are factored with rounding, and the distance to the product is computed.
_SMALL = 12


class Model:
    """The data term at a point of R^r: K classifiers, places, maybe a bias; N samples."""

    def __init__(self, balls: Any, loss: Loss | LabelLoss, W: list[list[Any]], places: list[Place], tau: Any = None,
                 bias: list[Any] | None = None) -> None:
        self.balls, self.W, self.places, self.bias = balls, W, places, bias
        self.tau = balls.number(Fraction(1)) if tau is None else tau
        self.zero = balls.number(Fraction(0))
        self.N = sum(place.weight for place in places)
        self.logits = []
        for place in places:
            z = [balls.mul(self.tau, self.dot(w, place.h)) for w in W]
            self.logits.append(z if bias is None else [balls.add(x, y) for x, y in zip(z, bias, strict=True)])
        self.loss = loss
        self.expansions = [expansion(loss, balls, z, place.label)
                           for z, place in zip(self.logits, places, strict=True)]

    def dot(self, x: list[Any], y: list[Any]) -> Any:
        zero = self.zero
        return total(self.balls, [zero, *(self.balls.mul(a, b) for a, b in zip(x, y, strict=True)
                                          if a != zero and b != zero)])

    def value(self) -> Any:
        """The mean loss."""
        balls = self.balls
        losses = [times(balls, self.loss.at(balls, z, place.label), Fraction(place.weight, self.N))
                  for z, place in zip(self.logits, self.places, strict=True)]
        return total(balls, losses)

    def slopes(self) -> tuple[list[list[Any]], list[list[Any]], list[Any]]:
        """The gradient of the mean loss in each classifier, in one sample of each place, and in the bias."""
        balls, K = self.balls, len(self.W)
        rows = [[balls.number(Fraction(0)) for _ in self.places[0].h] for _ in range(K)]
        features, biases = [], [balls.number(Fraction(0))] * K
        for place, (g, _) in zip(self.places, self.expansions, strict=True):
            share = Fraction(place.weight, self.N)
            pull = [balls.mul(self.tau, entry) for entry in g]
            for j in range(K):
                step = [times(balls, balls.mul(pull[j], x), share) for x in place.h]
                rows[j] = [balls.add(x, y) for x, y in zip(rows[j], step, strict=True)]
                biases[j] = balls.add(biases[j], times(balls, g[j], share))
            features.append([times(balls, self.dot(pull, [w[a] for w in self.W]), Fraction(1, self.N))
                             for a in range(len(place.h))])
        return rows, features, biases

    def form(self, frames: tuple[list[list[list[Any]]], list[list[list[Any]]]], diagonals: tuple[list[Any], list[Any]],
             with_bias: Any = None) -> list[list[Any]]:
        """The matrix of D^2 of the objective in orthonormal coordinates.

        ``frames``: for each classifier and each place vectors of R^r along which it moves; the m samples of a
        place move together, so that its coordinate y moves each by y/sqrt m. ``diagonals``: what the rest of the
        objective adds on the diagonal for each of them. ``with_bias``: the same for the bias, or None.
        """
        balls, K, zero = self.balls, len(self.W), self.zero
        moves = [("w", j, v) for j in range(K) for v in frames[0][j]]
        moves += [("h", p, v) for p in range(len(self.places)) for v in frames[1][p]]
        moves += [] if with_bias is None else [("b", j, []) for j in range(K)]
        H = [[zero] * len(moves) for _ in moves]
        own = {"w": diagonals[0], "h": diagonals[1], "b": [with_bias] * K}
        for place, (p, (g, M)) in zip(self.places, enumerate(self.expansions), strict=True):
            share, root = Fraction(place.weight, self.N), balls.sqrt(balls.number(Fraction(place.weight)))
            q: list[dict[int, Any]] = []
            for kind, index, v in moves:
                if kind == "w":
                    q.append({index: balls.mul(self.tau, self.dot(v, place.h))})
                elif kind == "h" and index == p:
                    q.append({j: balls.div(balls.mul(self.tau, self.dot(w, v)), root) for j, w in enumerate(self.W)})
                else:
                    q.append({index: balls.number(Fraction(1))} if kind == "b" else {})
            q = [{j: x for j, x in entry.items() if x != zero} for entry in q]
            image = [[self.dot([row[j] for j in entry], list(entry.values())) for row in M] if entry else []
                     for entry in q]
            for a, first in enumerate(q):
                for b in range(a + 1):
                    if image[b] and first:
                        value = self.dot(list(first.values()), [image[b][j] for j in first])
                        H[a][b] = balls.add(H[a][b], times(balls, value, share))
            for a, (kind, index, v) in enumerate(moves):  # 2 <G, dW^T dH>
                if kind == "h" and index == p:
                    for b, (other, j, u) in enumerate(moves):
                        if other == "w":
                            pull = balls.mul(balls.mul(self.tau, g[j]), self.dot(u, v))
                            H[a][b] = balls.add(H[a][b], balls.div(times(balls, pull, share), root))
        for a, (kind, index, _) in enumerate(moves):
            H[a][a] = balls.add(H[a][a], own[kind][index])
        for a in range(len(moves)):
            for b in range(a):
                H[b][a] = H[a][b]
        return H

    def within(self, p: int, frame: list[list[Any]], diagonal: Any) -> list[list[Any]]:
        """The form on the displacements of the samples of one place that leave their mean unchanged."""
        balls, M = self.balls, self.expansions[p][1]
        q = [[balls.mul(self.tau, self.dot(w, v)) for w in self.W] for v in frame]
        H = [[times(balls, self.dot(x, [self.dot(row, y) for row in M]), Fraction(1, self.N)) for y in q] for x in q]
        for a in range(len(H)):
            H[a][a] = balls.add(H[a][a], diagonal)
        return H


def thin(matrix: list[list[Any]], balls: Intervals) -> tuple[list[list[int]], int]:
    """Integers in units of 2^-bits and a bound of the distance in the 2-norm, in the same unit."""
    middle = [[(low + high) // 2 for low, high in row] for row in matrix]
    spread = max((sum((high - low + 1) // 2 for low, high in row) for row in matrix), default=0)
    return middle, spread


def below(matrix: list[list[int]], x: int, balls: Intervals) -> int:
    """How many eigenvalues of the symmetric integer matrix are below x, by exact elimination (Jacobi's rule).

    The k-th pivot is the leading minor of order k; the sign of each over the one before is that of an eigenvalue.
    """
    A = [[entry - x if i == j else entry for j, entry in enumerate(row)] for i, row in enumerate(matrix)]
    previous, found = 1, 0
    while A:
        size = len(A)
        balls.budget.spend(1 + size**2 * (1 + previous.bit_length() // 2000) // 2)
        place = next((i for i in range(size) if A[i][i]), None)
        if place is None:
            raise Rejected("a leading minor vanishes; count at another point")
        head, pivot = A[place], A[place][place]
        found += (pivot < 0) != (previous < 0)
        rest = [i for i in range(size) if i != place]
        lower: list[list[int]] = []
        for i in rest:  # symmetric: only the lower half is eliminated
            row, left = A[i], A[i][place]
            lower.append([(row[j] * pivot - left * head[j]) // previous for j in rest[: len(lower) + 1]])
        A = [[lower[i][j] if j <= i else lower[j][i] for j in range(len(lower))] for i in range(len(lower))]
        previous = pivot
    return found


def negative_pivots(matrix: list[list[int]], x: int, balls: Intervals) -> tuple[int, int]:
    """How many pivots of a factorisation L D L^T near M - x are negative, and a bound of |M - x - L D L^T|_2.

    L and D come from rounded elimination, with the largest pivot first, and are not trusted: the distance is computed
    from them exactly. By Sylvester's law D has the signs of L D L^T, whose eigenvalues are by Weyl's inequality within
    the distance of those of M - x. A pivot that is 0, or too small, ends the elimination without a bound: -1.
    """
    p, size = balls.p, len(matrix)
    balls.budget.spend(1 + size**3 // 40)  # in steps as long as those of intervals
    L: list[list[int]] = [[] for _ in matrix]
    left, D = list(range(size)), []
    rest = [[entry - x if i == j else entry for j, entry in enumerate(row[: i + 1])] for i, row in enumerate(matrix)]
    while left:
        place = max(range(len(left)), key=lambda i: abs(rest[i][i]))
        pivot = rest[place][place]
        if not pivot:
            return 0, -1
        column = [rest[place][i] if i < place else rest[i][place] for i in range(len(left)) if i != place]
        L[left.pop(place)].append(1 << p)
        D.append(pivot)
        del rest[place]
        factors = [(entry << p) // pivot for entry in column]
        if max(map(abs, factors), default=0) >> p + p // 4:  # numbers would grow without a useful distance
            return 0, -1
        for i, row in enumerate(rest):
            if i >= place:
                del row[place]
            factor = factors[i]
            rest[i] = [entry - (factor * other >> p) for entry, other in zip(row, column, strict=False)]
            L[left[i]].append(factor)
    return sum(pivot < 0 for pivot in D), _distance(matrix, x, L, D, p)


def _distance(matrix: list[list[int]], x: int, L: list[list[int]], D: list[int], p: int) -> int:
    """The largest row sum of |M - x - L D L^T|, rounded up, in the unit of M; it bounds the 2-norm."""
    scaled = [list(map(mul, row, D)) for row in L]
    sums = [0] * len(matrix)
    for i, row in enumerate(scaled):
        for j in range(i + 1):
            exact = (matrix[i][j] - (x if i == j else 0)) << 2 * p
            off = abs(exact - sum(map(mul, row, L[j])))
            sums[i] += off
            sums[j] += off if i != j else 0
    return -(-max(sums) >> 2 * p)


class Exact(Algebra):
    """Fractions as an algebra, with the roots of squares: enough for the squared error at a rational point."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget

    def number(self, q: Fraction) -> Fraction:
        return q

    def add(self, a: Fraction, b: Fraction) -> Fraction:
        return a + b

    def neg(self, a: Fraction) -> Fraction:
        return -a

    def mul(self, a: Fraction, b: Fraction) -> Fraction:
        self.budget.spend(1)
        return a * b

    def div(self, a: Fraction, b: Fraction) -> Fraction:
        return a / b

    def sqrt(self, a: Fraction) -> Fraction:
        root = Fraction(isqrt(a.numerator), isqrt(a.denominator))
        if root * root != a:
            raise Rejected("a root that is not rational")
        return root


class Eigenvalues:
    """Counts of the eigenvalues of several matrices, each known up to its spread."""

    def __init__(self, balls: Intervals, blocks: list[Block]) -> None:
        self.balls = balls
        self.blocks = [(*thin(matrix, balls), copies) for matrix, copies in blocks if matrix and copies]
        self.size = sum(len(matrix) * copies for matrix, _, copies in self.blocks)

    def at_most_below(self, x: Fraction) -> int:
        """An upper bound of how many are less than x."""
        return sum(copies * self._count(M, self.balls.number(x)[1] + spread, 1) for M, spread, copies in self.blocks)

    def at_least_below(self, x: Fraction) -> int:
        """A lower bound of how many are less than x."""
        return sum(copies * self._count(M, self.balls.number(x)[0] - spread, -1) for M, spread, copies in self.blocks)

    def _count(self, matrix: list[list[int]], x: int, side: int) -> int:
        """At least (side 1) or at most (side -1) as many as there are below x, from a little beyond x.

        With y = x + margin and a distance of at most the margin every eigenvalue below x counts; the other side alike.
        Small matrices are counted exactly.
        """
        margin = 1 << self.balls.p // 3
        if len(matrix) > _SMALL:
            found, distance = negative_pivots(matrix, x + side * margin, self.balls)
            if 0 <= distance <= margin:
                return found
        return below(matrix, x, self.balls)


def has_table(eigenvalues: Eigenvalues, table: Any, kernel: int) -> None:
    """Raise unless the table [[lower, upper, multiplicity], ...] is shown; at least ``kernel`` eigenvalues are 0."""
    before, last = 0, None
    for item in listed(table):
        low, high = map(rational, listed(item, 3)[:2])
        count = whole(item[2], 1, 10**18)
        if low > high or (last is not None and low <= last):
            raise Rejected("enclosures that do not increase")
        if low == high == 0:
            if count > kernel:
                raise Rejected("more eigenvalues 0 than the symmetry group accounts for")
        else:
            if eigenvalues.at_most_below(low) > before:
                raise Rejected("an eigenvalue below its enclosure")
            if eigenvalues.at_least_below(high) < before + count:
                raise Rejected("an eigenvalue above its enclosure")
        before, last = before + count, high
    if before != eigenvalues.size:
        raise Rejected("the multiplicities do not add up to the dimension")


def has_inertia(eigenvalues: Eigenvalues, negative: int, zero: int, kernel: int, gap: Fraction) -> None:
    """Raise unless exactly so many eigenvalues are negative, and exactly so many are 0."""
    if gap <= 0 or zero > kernel:
        raise Rejected("more eigenvalues 0 than the symmetry group accounts for, or no gap")
    if eigenvalues.at_least_below(-gap) < negative or eigenvalues.at_most_below(gap) > negative + zero:
        raise Rejected("another number of negative or zero eigenvalues")
