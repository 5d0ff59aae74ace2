"""Points of the layered model written out in intervals: minimisers, critical points and their Hessians.

The product of the factors is linear in each. With Z = W_L ... W_1 H and R = (Z - Y)/N a change D of factor l moves Z by
(left of l) D (right of l), and a change of two factors adds <R, (left) D_l (between) D_m (right)> to half the second
derivative. Equal classes: the mean of the n samples of a class is one column of length sqrt n, and the n - 1
directions that leave it alone are a block of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any

from ncproofs.proof.checker_arithmetic import Budget, Intervals, Rejected, evaluate, times, total
from ncproofs.proof.checker_hessian import Block, Eigenvalues, has_inertia, has_table
from ncproofs.proof.checker_layered import (
    Minimum,
    Mode,
    Problem,
    enclosed,
    energy,
    minimum_of,
    objective,
    product,
    scales,
    sigma,
)
from ncproofs.proof.checker_reading import expression, listed, need, rational, vector, whole

Matrix = list[list[Any]]
_LARGEST = 200


def _identity(balls: Intervals, size: int) -> Matrix:
    one, zero = balls.number(Fraction(1)), balls.number(Fraction(0))
    return [[one if i == j else zero for j in range(size)] for i in range(size)]


def _simplex(balls: Intervals, K: int) -> Matrix:
    """Orthonormal columns, the last along 1: (1, ..., 1, -j, 0, ...)/sqrt(j (j+1))."""
    columns = []
    for j in range(1, K):
        unit = balls.sqrt(balls.number(Fraction(1, j * (j + 1))))
        columns.append([unit] * j + [times(balls, unit, -j)] + [balls.number(Fraction(0))] * (K - 1 - j))
    columns.append([balls.sqrt(balls.number(Fraction(1, K)))] * K)
    return [list(row) for row in zip(*columns, strict=True)]


def _frames(problem: Problem, balls: Intervals, modes: list[Mode]) -> tuple[Matrix, Matrix]:
    """Left and right singular directions of the target as columns, mode by mode, and the mean last if there is a bias.

    Classes of one size: e_k, with a bias orthonormal ones with sum 0. Else u = (n_k/(n_k - s^2))_k and v = T^T u/s,
    which is s sqrt(n_k)/(n_k - s^2); they have the same length.
    """
    left, right = [], []
    for mode in modes:
        places = [k for k, size in enumerate(problem.sizes) if mode.name == f"n{size}"]
        if places:
            basis = (_identity if problem.lambda_b is None else _simplex)(balls, len(places))
            for column in list(zip(*basis, strict=True))[: mode.count]:
                entries = dict(zip(places, column, strict=True))
                left.append([entries.get(k, balls.number(Fraction(0))) for k in range(problem.K)])
                right.append(left[-1])
        elif mode.name != "mean":
            square = enclosed(balls, mode.square)
            raw = [balls.div(balls.number(Fraction(1)), balls.sub(balls.number(Fraction(size)), square))
                   for size in problem.sizes]
            u = [times(balls, x, size) for x, size in zip(raw, problem.sizes, strict=True)]
            length = balls.sqrt(total(balls, [balls.mul(x, x) for x in u]))
            left.append([balls.div(x, length) for x in u])
            right.append([balls.div(balls.mul(x, balls.sqrt(times(balls, square, size))), length)
                          for x, size in zip(raw, problem.sizes, strict=True)])
    if problem.lambda_b is not None:
        left.append([balls.sqrt(balls.number(Fraction(1, problem.K)))] * problem.K)
        right.append([balls.sqrt(balls.number(Fraction(size, problem.N))) for size in problem.sizes])
    return _transposed(left), _transposed(right)


def _directions(problem: Problem, balls: Intervals, modes: list[Mode], pools: list[list[Any]]
                ) -> tuple[list[Any], list[Any]]:
    """sigma of every direction, None where it is not in use, and lambda |factor|^2 there."""
    found, energies = [], []
    for mode, pool in zip(modes, pools, strict=True):
        found += pool + [None] * (mode.count - len(pool))
        energies += [energy(problem, balls, mode.square, value) for value in pool] + [None] * (mode.count - len(pool))
    left = problem.K - len(found)  # the mean, for a free bias
    return found + [None] * left, energies + [None] * left


def factors_at(problem: Problem, balls: Intervals, energies: list[Any], frames: tuple[Matrix, Matrix],
               columns: list[int], weights: list[int]) -> list[Matrix]:
    """H and W_1, ..., W_L with the product sum_k s_k sigma_k u_k v_k^T on the class means times sqrt n_k, balanced.

    ``energies[k]`` is None for a direction not in use. H has one column for each class of ``columns``, which stands for
    ``weights[class]`` samples: |H|^2 of the samples is that of these columns times samples/columns of the class.
    """
    M, zero = problem.M, balls.number(Fraction(0))
    rows = [*problem.widths, problem.K]
    widths = [len(columns), *problem.widths]
    found = [[[zero] * width for _ in range(height)] for height, width in zip(rows, widths, strict=True)]
    used = [k for k, value in enumerate(energies) if value is not None]
    for unit, k in enumerate(used):
        for column, cls in enumerate(columns):
            length = balls.sqrt(times(balls, energies[k], 1 / (weights[cls] * problem.weights[0])))
            if frames[1][cls][k] != zero:
                found[0][unit][column] = balls.mul(length, frames[1][cls][k])
        for layer in range(1, M):
            length = balls.sqrt(times(balls, energies[k], 1 / problem.weights[layer]))
            if layer < M - 1:
                found[layer][unit][unit] = length
                continue
            for cls in range(problem.K):
                if frames[0][cls][k] != zero:
                    found[layer][cls][unit] = balls.mul(length, frames[0][cls][k])
    return found


def _sides(balls: Intervals, factors: list[Matrix]) -> tuple[list[Matrix], list[Matrix]]:
    """left[l]: the product of all factors after l; right[l - 1]: of all before l > 0."""
    right = [factors[0]]
    for factor in factors[1:-1]:
        right.append(product(balls, factor, right[-1]))
    left = [_identity(balls, len(factors[-1]))]
    for factor in reversed(factors[1:]):
        left.insert(0, product(balls, left[0], factor))
    return left, right


def _transposed(matrix: Matrix) -> Matrix:
    return [list(row) for row in zip(*matrix, strict=True)]


def attained(statement: list[Any], witness: Any, budget: Budget) -> None:
    """A minimiser written out: its value is that of the closed form and its derivatives vanish, up to ``spread``."""
    problem, spread = Problem(statement[0]), rational(statement[1])
    bits, roots = need(witness, "bits", "roots")
    balls = Intervals(whole(bits, 64, 4096), budget)
    at = minimum_of(problem, bits, budget)
    problem.check_size()
    if problem.relu:
        raise Rejected("a problem without relu is needed")
    values = scales(problem, at, balls, roots)
    owners = [k for k, size in enumerate(problem.sizes) for _ in range(size)]
    pools = [[value] * mode.used for mode, value in zip(at.modes, values, strict=True)]
    directions, energies = _directions(problem, balls, at.modes, pools)
    factors = factors_at(problem, balls, energies, _frames(problem, balls, at.modes), owners, problem.sizes)
    bias = _bias(problem, balls, directions[-1])
    gap = balls.sub(problem.value(balls, factors, bias), objective(problem, at, balls, values))
    limit = balls.number(spread)[0]
    slopes = _gradient(problem, balls, factors, bias)
    if spread <= 0 or any(max(-low, high) > limit for low, high in [gap, *slopes]):
        raise Rejected("the value or a derivative is not shown to be within the spread")


def _bias(problem: Problem, balls: Intervals, mean: Any) -> Any:
    """b_k = (n_k/N) (1 - logit of the mean)/(1 + lambda_b); None without a bias."""
    if problem.lambda_b is None:
        return None
    entry = balls.sub(balls.number(Fraction(1)), mean or balls.number(Fraction(0)))
    return [times(balls, entry, Fraction(size, problem.N) / (1 + problem.lambda_b)) for size in problem.sizes]


def upper(statement: list[Any], witness: Any, budget: Budget) -> None:
    """f takes a value below the number: at the point of the witness."""
    problem, (bits, point) = Problem(statement[0]), need(witness, "bits", "point")
    balls, factors = Intervals(whole(bits, 64, 4096), budget), []
    problem.check_size()
    if problem.lambda_b is not None:
        raise Rejected("a problem without a bias is needed")
    for entries, (rows, columns) in zip(listed(point, problem.M), problem.shapes, strict=True):
        cells = [balls.number(entry) for entry in vector(entries, rows * columns)]
        factors.append([cells[i * columns : (i + 1) * columns] for i in range(rows)])
    if not problem.value(balls, factors)[1] < evaluate(expression(statement[1]), {}, balls)[0]:
        raise Rejected("the value at the point is not shown to be below the number")


def _gradient(problem: Problem, balls: Intervals, factors: list[Matrix], bias: Any) -> list[Any]:
    left, right = _sides(balls, factors)
    errors = problem.minus_targets(balls, product(balls, left[0], factors[0]), bias)
    found = []
    for place, (factor, weight) in enumerate(zip(factors, problem.weights, strict=True)):
        pull = product(balls, _transposed(left[place]), errors)
        if place:
            pull = product(balls, pull, _transposed(right[place - 1]))
        found += [balls.add(times(balls, x, Fraction(1, problem.N)), times(balls, y, weight))
                  for row, own in zip(pull, factor, strict=True) for x, y in zip(row, own, strict=True)]
    if bias is not None:
        lean = problem.lambda_b or Fraction(0)
        found += [balls.add(times(balls, total(balls, row), Fraction(1, problem.N)), times(balls, b, lean))
                  for row, b in zip(errors, bias, strict=True)]
    return found


# --- critical points -----------------------------------------------------------------------------------------


class Critical:
    """The critical points with so many directions of sigma_plus and of sigma_minus in each mode, in one orbit."""

    def __init__(self, problem: Problem, plus: Any, minus: Any, balls: Intervals, roots: Any) -> None:
        self.problem, self.balls, self.modes = problem, balls, minimum_of(problem, balls.p, balls.budget).modes
        self.used = [(whole(p, 0, mode.count), whole(m, 0, mode.count)) for mode, p, m in zip(
            self.modes, *(listed(part if isinstance(part, list) else [part], len(self.modes))
                          for part in (plus, minus)), strict=True)]
        self.rank = sum(map(sum, self.used))
        if problem.relu or self.rank > problem.rank or any(
                sum(pair) > mode.count for mode, pair in zip(self.modes, self.used, strict=True)):
            raise Rejected("no relu, and at most min(K, widths) directions")
        last = (problem.saddle_node,) * 2  # there both roots are the same, and only one of them is counted
        if any(sum(pair) and not (mode.is_below(problem.saddle_node) or (mode.power == last and not all(pair)))
               for mode, pair in zip(self.modes, self.used, strict=True)):
            raise Rejected("nonzero critical points have kappa <= kappa_sn, and at kappa_sn one root")
        if problem.K * (problem.widths[0] + problem.widths[-1] + (problem.lambda_b is not None)) + sum(
                a * b for a, b in pairwise(problem.widths)) > _LARGEST:
            raise Rejected(f"at most {_LARGEST} coordinates")
        ends = iter(listed(roots, 2 * len(self.modes)))
        self.sigmas = [[sigma(problem, mode.power, root, balls, upper=upper) if count else None
                        for count, root, upper in zip(pair, (next(ends), next(ends)), (True, False), strict=True)]
                       for mode, pair in zip(self.modes, self.used, strict=True)]

    @property
    def orbit(self) -> int:
        """Rotations of the directions of each mode and of the widths, less those that fix the point."""
        spaces = [(size, self.rank) for size in self.problem.widths]
        spaces += [(mode.count, sum(pair)) for mode, pair in zip(self.modes, self.used, strict=True)]
        turns = sum(size * (size - 1) - (size - r) * (size - r - 1) for size, r in spaces)
        return (turns - sum(count * (count - 1) for pair in self.used for count in pair)) // 2

    def value(self) -> Any:
        """(1/2) sum of weight (1 + e(sigma)); the two roots of a mode as two modes, of which one has all directions."""
        split = [replace(mode, count=mode.count * first, used=count)
                 for mode, pair in zip(self.modes, self.used, strict=True)
                 for first, count in zip((1, 0), pair, strict=True)]
        found = [root for pair in self.sigmas for root in pair]
        return objective(self.problem, Minimum("", split, shared=True), self.balls, found)

    def blocks(self) -> list[Block]:
        """The Hessian: of the class means, the layers and the bias, and within the classes."""
        problem, balls, K = self.problem, self.balls, self.problem.K
        pools = [[root for root, count in zip(*parts, strict=True) for _ in range(count)]
                 for parts in zip(self.sigmas, self.used, strict=True)]
        values, energies = _directions(problem, balls, self.modes, pools)
        # Columns of length sqrt n_k stand for the class means, in the features and in the logits.
        factors = factors_at(problem, balls, energies, _frames(problem, balls, self.modes), list(range(K)), [1] * K)
        bias = _bias(problem, balls, values[-1])
        left, right = _sides(balls, factors)
        whole_form = _form(problem, balls, factors, left, [_identity(balls, K), *right], bias)
        inside = product(balls, _transposed(left[0]), left[0])
        within = [[times(balls, x, Fraction(1, problem.N)) for x in row] for row in inside]
        for a in range(len(within)):
            within[a][a] = balls.add(within[a][a], balls.number(problem.weights[0]))
        return [(whole_form, 1), (within, problem.N - K)]


def _form(problem: Problem, balls: Intervals, factors: list[Matrix], left: list[Matrix], right: list[Matrix],
          bias: Any) -> Matrix:
    """The second derivative in the class means, the layers and b, of 1/(2N) times the squares of these columns."""
    zero, share = balls.number(Fraction(0)), Fraction(1, problem.N)
    places = [(place, i, j) for place, factor in enumerate(factors) for i in range(len(factor))
              for j in range(len(factor[0]))]
    roots = [balls.sqrt(balls.number(Fraction(size))) for size in problem.sizes]
    errors = [[balls.sub(z, roots[k]) if j == k else z for k, z in enumerate(row)]
              for j, row in enumerate(product(balls, left[0], factors[0]))]
    moves = [{(a, b): balls.mul(x, y) for a, x in enumerate(row[i] for row in left[place]) if x != zero
              for b, y in enumerate(right[place][j]) if y != zero} for place, i, j in places]
    decays = [problem.weights[place] for place, _, _ in places]
    if bias is not None:
        errors = [[balls.add(z, balls.mul(b, root)) for z, root in zip(row, roots, strict=True)]
                  for row, b in zip(errors, bias, strict=True)]
        moves += [{(k, b): root for b, root in enumerate(roots)} for k in range(problem.K)]
        decays += [problem.lambda_b or Fraction(0)] * problem.K
    H = [[zero] * len(moves) for _ in moves]
    for a, first in enumerate(moves):
        for b in range(a + 1):
            shared = [balls.mul(x, moves[b][cell]) for cell, x in first.items() if cell in moves[b]]
            if shared:
                H[a][b] = times(balls, total(balls, shared), share)
        H[a][a] = balls.add(H[a][a], balls.number(decays[a]))
    at = {place: index for index, place in enumerate(places)}
    for low, high in combinations(range(len(factors)), 2):
        between = _identity(balls, len(factors[low]))
        for factor in factors[low + 1 : high]:
            between = product(balls, factor, between)
        outer = product(balls, product(balls, _transposed(left[high]), errors), _transposed(right[low]))
        for j, row in enumerate(between):
            for p, x in enumerate(row):
                for i, entries in enumerate(outer if x != zero else []):
                    for q, y in enumerate(entries):
                        if y != zero:
                            a, b = at[high, i, j], at[low, p, q]
                            H[a][b] = balls.add(H[a][b], times(balls, balls.mul(x, y), share))
    for a in range(len(moves)):
        for b in range(a):
            H[b][a] = H[a][b]
    return H


def spectrum(statement: list[Any], witness: Any, budget: Budget) -> None:
    bits, roots = need(witness, "bits", "roots")
    balls = Intervals(whole(bits, 64, 4096), budget)
    at = Critical(Problem(statement[0]), statement[1], statement[2], balls, roots)
    has_table(Eigenvalues(balls, at.blocks()), statement[3], at.orbit)


def critical(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, (plus, minus, negative, zero, nature, ends) = Problem(statement[0]), statement[1:]
    bits, roots, gap, modes = need(witness, "bits", "roots", "gap", "modes")
    balls = Intervals(whole(bits, 64, 4096), budget)
    at = Critical(problem, plus, minus, balls, roots)
    counts = [whole(count, 0, 10**9) for count in (negative, zero)]
    has_inertia(Eigenvalues(balls, at.blocks()), counts[0], counts[1], at.orbit, rational(gap))
    value, (lower, higher) = at.value(), map(rational, listed(ends, 2))
    if value[0] < balls.number(lower)[1] or value[1] > balls.number(higher)[0]:
        raise Rejected("the objective is not shown to lie between these ends")
    least = minimum_of(problem, bits, budget)
    tie = [problem.M > 2 and mode.power == (problem.first_order,) * 2 for mode in least.modes]
    best = all(m == 0 and (p == mode.used or even)
               for (p, m), mode, even in zip(at.used, least.modes, tie, strict=True))
    shown = {
        "strict saddle": counts[0] > 0,
        "global minimum": best,
        "local minimum": counts == [0, at.orbit] and
        objective(problem, least, balls, scales(problem, least, balls, modes))[1] < value[0],
    }
    if not isinstance(nature, str) or not shown.get(nature):
        raise Rejected("the point is not shown to be of this nature")


KINDS: dict[str, tuple[tuple[str, ...], Callable[[list[Any], Any, Budget], None]]] = {
    "layered/attained/1": (("problem", "spread"), attained),
    "layered/upper/1": (("problem", "value"), upper),
    "layered/critical/1": (("problem", "plus", "minus", "negative", "zero", "nature", "value"), critical),
    "layered/spectrum/1": (("problem", "plus", "minus", "eigenvalues"), spectrum),
}
