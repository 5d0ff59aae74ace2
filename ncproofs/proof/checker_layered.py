"""The layered model with the squared error: what the kinds ``layered/...`` mean, and where its minimisers are.

The objective, W_1 (d_2, d_1), ..., W_L (K, d_L), H (d_1, N) with the samples class by class:

    f = (1/2N) |W_L ... W_1 H + b 1^T - Y|^2 + sum lambda_l/2 |W_l|^2 + lambda_H/2 |H|^2 + lambda_b/2 |b|^2

(relu: W_2 max(0, W_1 H)). On which theorems each regime rests is said in docs/certificate-format.md, "Layers".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

from ncproofs.proof.checker_arithmetic import Budget, Intervals, Limit, Rejected, evaluate
from ncproofs.proof.checker_constants import Constants
from ncproofs.proof.checker_losses import fractional_power, times, total
from ncproofs.proof.checker_radicals import Radicals, compared_with_radicals
from ncproofs.proof.checker_reading import expression, flag, listed, need, rational, vector, whole

_MOST_CELLS, _MOST_BITS, _MOST_SIZES = 20_000, 20_000, 1000


class Problem:
    """One layered problem; M = L + 1 factors, weights (lambda_H, lambda_1, ..., lambda_L)."""

    def __init__(self, value: Any) -> None:
        K, widths, n, lambdas, *rest = need(value, "K", "widths", "n", "lambdas", "lambda_H", "lambda_b", "relu")
        self.K, layers = whole(K, 2, 10**6), listed(lambdas)
        if not 1 <= len(layers) <= 64:
            raise Rejected("1 to 64 layers")
        self.M = len(layers) + 1
        self.widths = [whole(width, 1, 10**6) for width in listed(widths, len(layers))]
        sizes = listed(n, self.K) if isinstance(n, list) else [n]
        self.sizes = [whole(size, 1, 10**6) for size in sizes] * (1 if isinstance(n, list) else self.K)
        self.weights = [rational(weight) for weight in (rest[0], *layers)]
        self.lambda_b = None if rest[1] is None else rational(rest[1])
        self.relu, self.balanced, self.N = flag(rest[2]), len(set(self.sizes)) == 1, sum(self.sizes)
        if min(self.weights) <= 0 or (self.lambda_b or 0) < 0:
            raise Rejected("a weight is out of range")
        if self.relu and (self.M != 3 or self.lambda_b is not None or not self.balanced):
            raise Rejected("relu has two layers, no bias and equal classes")
        if not self.balanced and self.lambda_b is not None:
            raise Rejected("unequal classes with a bias are not covered")
        if sum(w.numerator.bit_length() + w.denominator.bit_length() for w in self.weights) > _MOST_BITS:
            raise Limit("weights of more than 20000 bits in all")
        if len(set(self.sizes)) > _MOST_SIZES:
            raise Limit("more than 1000 different class sizes")
        self.rank = min(self.K, self.widths[0] + self.relu, *self.widths[1:])  # relu: r features make r + 1 classes
        self.shapes = list(zip([*self.widths, self.K], [self.N, *self.widths], strict=True))

    def strength(self, size: int) -> Fraction:
        """kappa^M of a class with so many samples."""
        return self.N**self.M * prod(self.weights) / Fraction(size) ** (self.M - 1)

    def check_size(self) -> None:
        """What is written out entry by entry is of bounded size: the factors and the logits."""
        if max(sum(rows * columns for rows, columns in self.shapes), self.K * self.N // 10) > _MOST_CELLS:
            raise Rejected("at most 20000 unknowns and 200000 logits")

    @property
    def first_order(self) -> Fraction:
        M = self.M
        return Fraction((M - 2) ** (M - 2), (M - 1) ** (2 * M - 2))

    @property
    def saddle_node(self) -> Fraction:
        M = self.M
        return Fraction((M - 2) ** (M - 2) * M**M, (2 * M - 2) ** (2 * M - 2))

    def value(self, algebra: Any, factors: list[list[list[Any]]], bias: Any = None) -> Any:
        """The objective at (H, W_1, ..., W_L), each a list of rows."""
        logits = factors[0]
        for layer, factor in enumerate(factors[1:], start=1):
            logits = product(algebra, factor, logits)
            if self.relu and layer == 1:
                logits = [[(max(low, 0), max(high, 0)) for low, high in row] for row in logits]
        errors = self.minus_targets(algebra, logits, bias)
        parts = [times(algebra, _squares(algebra, errors), Fraction(1, 2 * self.N))]
        parts += [times(algebra, _squares(algebra, factor), weight / 2)
                  for factor, weight in zip(factors, self.weights, strict=True)]
        if bias is not None:
            parts.append(times(algebra, _squares(algebra, [bias]), (self.lambda_b or 0) / Fraction(2)))
        return total(algebra, parts)

    def minus_targets(self, algebra: Any, logits: list[list[Any]], bias: Any) -> list[list[Any]]:
        one, owners = algebra.number(Fraction(1)), [k for k, size in enumerate(self.sizes) for _ in range(size)]
        found = [[algebra.sub(z, one) if owner == k else z for z, owner in zip(row, owners, strict=True)]
                 for k, row in enumerate(logits)]
        return found if bias is None else [[algebra.add(z, b) for z in row] for row, b in zip(found, bias, strict=True)]


def product(algebra: Any, A: list[list[Any]], B: list[list[Any]]) -> list[list[Any]]:
    columns, zero = list(zip(*B, strict=True)), algebra.number(Fraction(0))
    algebra.budget.spend(len(A) * len(B) * len(columns) // 4)  # also where all entries are zero
    return [[total(algebra, [zero, *(algebra.mul(a, b) for a, b in zip(row, column, strict=True)
                                     if a != zero and b != zero)]) for column in columns] for row in A]


def _squares(algebra: Any, rows: list[list[Any]]) -> Any:
    zero = algebra.number(Fraction(0))
    return total(algebra, [zero, *(algebra.power(entry, 2) for row in rows for entry in row if entry != zero)])


@dataclass(frozen=True)
class Mode:
    """``count`` directions of strength^M ``power`` and ``weight`` in 2 f; ``used`` of them at the minimum."""

    size: int
    power: Fraction
    weight: Fraction
    count: int
    used: int


@dataclass(frozen=True)
class Minimum:
    geometry: str
    modes: list[Mode]
    shared: bool  # whether sigma is the same at all minimisers: not for a tie


def minimum_of(problem: Problem) -> Minimum:
    """The kind of every global minimiser, decided in rationals."""
    K, n, share = problem.K, problem.sizes[0], Fraction(1)
    if not problem.balanced:
        kinds = [(size, problem.strength(size), Fraction(size, problem.N), count)
                 for size, count in sorted(Counter(problem.sizes).items(), reverse=True)]
    elif problem.lambda_b is None:
        kinds = [(n, problem.strength(n), Fraction(1, K), K)]
    else:
        share = problem.lambda_b / (1 + problem.lambda_b)
        kinds = [(n, problem.strength(n), Fraction(1, K), K - 1)]
        if share:
            kinds.append((n, problem.strength(n) / share**problem.M, share / K, 1))
    room, modes, tied = problem.rank, [], False
    for size, power, weight, count in kinds:
        used = min(count, room) if power < problem.first_order else 0
        tied = tied or (power == problem.first_order and problem.M > 2 and room > used)
        modes.append(Mode(size, power, weight, count, used))
        room -= used
    if not tied:
        return Minimum(_kind(problem, modes), modes, shared=True)
    # Unequal classes: a class of a size of its own is there or not, and the means are orthogonal either way.
    alone = not problem.balanced and all(mode.count == 1 for mode in modes if mode.power == problem.first_order)
    return Minimum("orthogonal means" if alone else "tie", modes, shared=False)


def _kind(problem: Problem, modes: list[Mode]) -> str:
    used, K = [mode.used for mode in modes], problem.K
    if not any(used):
        return "zero"
    if not problem.balanced:
        return "orthogonal means" if all(mode.used in (0, mode.count) for mode in modes) else "frame"
    if problem.lambda_b is None:
        return "orthogonal frame" if used[0] == K else "frame"
    return "frame" if used[0] < K - 1 else "intermediate frame" if used[1:] == [1] else "simplex ETF"


# --- numbers -------------------------------------------------------------------------------------------------


def sigma(problem: Problem, power: Fraction, root: Any, algebra: Any, *, upper: bool = True) -> Any:
    """A root of sigma^(M-2) (1-sigma)^M = kappa^M, on the upper or the lower side of its greatest value.

    ``root``: rationals [a, b] with the left side above and below (below and above) kappa^M there, equal if exact.
    """
    M, peak = problem.M, Fraction(problem.M - 2, 2 * problem.M - 2)
    if M == 2:
        if not upper or power >= 1:
            raise Rejected("no such root")
        return algebra.sub(algebra.number(Fraction(1)), algebra.sqrt(algebra.number(power)))
    low, high = (rational(end) for end in listed(root, 2))
    ends = (peak, Fraction(1)) if upper else (Fraction(0), peak)
    left, right = (end ** (M - 2) * (1 - end) ** M - power for end in (low, high))
    if not ends[0] <= low <= high <= ends[1] or not (left >= 0 >= right if upper else left <= 0 <= right):
        raise Rejected("the ends do not enclose the root")
    if low == high:
        return algebra.number(low)
    if isinstance(algebra, (Constants, Radicals)):
        raise Rejected("this root has no closed form")
    return algebra.number(low)[0], algebra.number(high)[1]


def scales(problem: Problem, at: Minimum, algebra: Any, roots: Any) -> list[Any]:
    """sigma of each mode, 0 where it is not in use."""
    return [sigma(problem, mode.power, root, algebra) if mode.used else algebra.number(Fraction(0))
            for mode, root in zip(at.modes, listed(roots, len(at.modes)), strict=True)]


def objective(problem: Problem, at: Minimum, algebra: Any, values: list[Any]) -> Any:
    """(1/2) sum of weight (count + used e(sigma)), e(sigma) = sigma ((M-2) - (M-1) sigma)."""
    M, parts = problem.M, [algebra.number(Fraction(0))]
    for mode, s in zip(at.modes, values, strict=True):
        parts.append(algebra.number(mode.weight * mode.count / 2))
        if mode.used:
            e = algebra.mul(s, algebra.sub(algebra.number(Fraction(M - 2)), times(algebra, s, Fraction(M - 1))))
            parts.append(times(algebra, e, mode.weight * mode.used / 2))
    return total(algebra, parts)


def quantity(problem: Problem, at: Minimum, algebra: Any, name: Any, roots: Any) -> Any:
    """A quantity that all minimisers share, in any algebra."""
    M, number, inverse = problem.M, algebra.number, Fraction(1, problem.M)
    if problem.balanced and name in ("kappa", "kappa_power", "lambda_b_threshold"):
        power = problem.strength(problem.sizes[0])
        kappa = number(power) if name == "kappa_power" else fractional_power(algebra, number(power), inverse)
        if name != "lambda_b_threshold":
            return kappa
        if power >= problem.first_order:
            raise Rejected("no threshold: kappa >= kappa_c")
        limit = number(Fraction(1)) if M == 2 else fractional_power(algebra, number(problem.first_order), inverse)
        return algebra.div(kappa, algebra.sub(limit, kappa))
    if name in ("kappa_c", "kappa_sn"):
        bound = problem.first_order if name == "kappa_c" else problem.saddle_node
        return fractional_power(algebra, number(bound), inverse)
    for mode, root in zip(at.modes, listed(roots, len(at.modes)), strict=True):
        if not problem.balanced and name == f"sigma_n{mode.size}" and mode.used in (0, mode.count) and (
                at.shared or mode.power != problem.first_order):
            return sigma(problem, mode.power, root, algebra) if mode.used else number(Fraction(0))
    values = scales(problem, at, algebra, roots)
    if name == "objective":
        return objective(problem, at, algebra, values)
    if not at.shared or not problem.balanced or at.geometry == "frame":
        raise Rejected("not a quantity that is determined here")
    return _geometric(problem, at, algebra, name, values)


def _geometric(problem: Problem, at: Minimum, algebra: Any, name: Any, values: list[Any]) -> Any:
    """Equal classes, at least K - 1 directions or none: the Gram matrix is (A P + B 11^T/K) nu/(n lambda_H)."""
    K, n, M, number = problem.K, problem.sizes[0], problem.M, algebra.number
    zero, modes = number(Fraction(0)), at.modes
    alpha = values[0]
    beta = alpha if problem.lambda_b is None else values[1] if len(values) > 1 else zero
    if name in ("alpha", "beta"):
        return alpha if name == "alpha" else beta
    if name == "sigma_plus" and modes[0].used:
        return alpha
    if name == "bias" and problem.lambda_b is not None:
        return times(algebra, algebra.sub(number(Fraction(1)), beta), 1 / (K * (1 + problem.lambda_b)))
    bare = problem.lambda_b is None
    A = fractional_power(algebra, alpha, Fraction(2, M)) if modes[0].used else zero
    B = A if bare else fractional_power(algebra, beta, Fraction(2, M)) if modes[1:] and modes[1].used else zero
    norm = A if bare else times(algebra, algebra.add(times(algebra, A, Fraction(K - 1)), B), Fraction(1, K))
    inner = zero if bare or name == "feature_norm_sq" else times(algebra, algebra.sub(B, A), Fraction(1, K))
    if name == "cosine" and modes[0].used:
        return algebra.div(inner, norm)
    if name not in ("feature_norm_sq", "feature_inner"):
        raise Rejected("not a quantity that is determined here")
    nu = fractional_power(algebra, number(n * prod(problem.weights)), Fraction(1, M))
    return times(algebra, algebra.mul(nu, norm if name == "feature_norm_sq" else inner), 1 / (n * problem.weights[0]))


# --- the kinds -----------------------------------------------------------------------------------------------


def _with_relu(problem: Problem) -> None:
    """The minimum is that of the linear model: theorem layered-relu."""
    if problem.relu and 16 * problem.strength(problem.sizes[0]) < problem.K and (
            problem.K > 2 or problem.rank < 2):
        raise Rejected("with relu: K = 2 and two hidden units, or 16 kappa^3 >= K, is needed")


def geometry(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, at = Problem(statement[0]), minimum_of(Problem(statement[0]))
    need(witness)
    _with_relu(problem)
    means = ("orthogonal means", "orthogonal frame", "zero")
    alike = means if statement[1] == means[0] else (statement[1],)
    if at.geometry not in alike or at.geometry in ("frame", "tie"):
        raise Rejected("the minimisers are of another kind")


def optimum(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, (name, relation, value) = Problem(statement[0]), statement[1:]
    bits, roots = need(witness, "bits", "roots")
    at = minimum_of(problem)
    if not (problem.relu and name == "objective" and relation in ("<", "<=")):  # the linear minimum is attained
        _with_relu(problem)
    if problem.relu and name not in ("objective", "kappa", "kappa_power", "kappa_c", "kappa_sn", "alpha"):
        raise Rejected("not a quantity that is determined with relu")
    compared_with_radicals(budget, whole(bits, 64, 4096),
                           lambda algebra: quantity(problem, at, algebra, name, roots), relation, expression(value))


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


def benign(statement: list[Any], witness: Any, budget: Budget) -> None:
    """Every critical point is a global minimiser or a strict saddle."""
    problem = Problem(statement[0])
    need(witness)
    if problem.relu or not problem.balanced:
        raise Rejected("only the linear model with equal classes is covered")
    power = problem.strength(problem.sizes[0])
    if problem.M > 2 and (problem.lambda_b is not None or not (
            power > problem.saddle_node or power == problem.first_order)):
        raise Rejected("two layers or more: no bias and kappa > kappa_sn or kappa = kappa_c is needed")


def finite(statement: list[Any], witness: Any, budget: Budget) -> None:
    """Zero is the only critical point."""
    problem = Problem(statement[0])
    need(witness)
    power = problem.strength(problem.sizes[0])
    if problem.relu or not problem.balanced or problem.lambda_b is not None:
        raise Rejected("only the linear model without a bias and with equal classes is covered")
    if not (power > problem.saddle_node or (problem.M == 2 and power == 1)):
        raise Rejected("kappa > kappa_sn, or kappa = 1 with one layer, is needed")


KINDS: dict[str, tuple[tuple[str, ...], Callable[[list[Any], Any, Budget], None]]] = {
    "layered/optimum/1": (("problem", "quantity", "relation", "value"), optimum),
    "layered/geometry/1": (("problem", "geometry"), geometry),
    "layered/upper/1": (("problem", "value"), upper),
    "layered/benign/1": (("problem",), benign),
    "layered/finite/1": (("problem",), finite),
}
