"""The layered model with the squared error: what the kinds ``layered/...`` mean, and where its minimisers are.

The objective, W_1 (d_2, d_1), ..., W_L (K, d_L), H (d_1, N) with the samples class by class:

    f = (1/2N) |W_L ... W_1 H + b 1^T - Y|^2 + sum lambda_l/2 |W_l|^2 + lambda_H/2 |H|^2 + lambda_b/2 |b|^2

(relu: W_2 max(0, W_1 H)). On which theorems each regime rests is said in docs/certificate-format.md, "Layers".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import prod
from typing import Any

from ncproofs.proof.checker_arithmetic import Budget, Limit, Rejected, fractional_power, times, total
from ncproofs.proof.checker_constants import Constants
from ncproofs.proof.checker_radicals import Radicals, compared_with_radicals
from ncproofs.proof.checker_reading import expression, flag, listed, need, rational, whole

_MOST_CELLS, _MOST_BITS, _MOST_SIZES, _MOST_CENTRED, _BITS = 20_000, 20_000, 1000, 12, 256
Span = tuple[Fraction, Fraction]  # an enclosure; equal ends: exact


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
        if not self.balanced and self.lambda_b:
            raise Rejected("unequal classes with a regularised bias are not covered")
        if sum(w.numerator.bit_length() + w.denominator.bit_length() for w in self.weights) > _MOST_BITS:
            raise Limit("weights of more than 20000 bits in all")
        if len(set(self.sizes)) > _MOST_SIZES:
            raise Limit("more than 1000 different class sizes")
        if not self.balanced and self.lambda_b is not None and len(set(self.sizes)) > _MOST_CENTRED:
            raise Limit("more than 12 different class sizes with a free bias")
        self.rank = min(self.K, self.widths[0] << self.relu, *self.widths[1:])  # relu: one feature makes two directions
        self.shapes = list(zip([*self.widths, self.K], [self.N, *self.widths], strict=True))

    def strength(self, square: Fraction | int) -> Fraction:
        """kappa^M of a direction with this s^2: the number of samples, for a class by itself."""
        return self.N**self.M * prod(self.weights) / square ** (self.M - 1)

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
    """``count`` directions with the same s^2, kappa^M in ``power``, of this weight in 2 f; ``used`` at the minimum."""

    name: str
    square: Span
    power: Span
    weight: Span
    count: int
    used: int = 0

    def is_below(self, bound: Fraction) -> bool:
        if self.power[0] < bound <= self.power[1]:
            raise Rejected("kappa is not separated from a threshold")
        return self.power[1] < bound


@dataclass(frozen=True)
class Minimum:
    geometry: str
    modes: list[Mode]
    shared: bool  # whether sigma is the same at all minimisers: not for a tie


def modes_of(problem: Problem, bits: int, budget: Budget) -> list[Mode]:
    """The singular directions of the target that one matrix Z is fitted to, the largest s^2 first.

    Features are equal to their class means; with these times sqrt n_k the target is S = diag(sqrt n_k). The best b
    weighs the direction g = (sqrt n_k)/sqrt N with lambda_b/(1 + lambda_b). So with lambda_b = 0 the target is
    T = S (1 - g g^T), and T T^T = diag(n) - n n^T/N.
    """
    def mode(name: str, low: Fraction, high: Fraction, count: int, share: Fraction = Fraction(1)) -> Mode:
        powers = problem.strength(high) / share**problem.M, problem.strength(low) / share**problem.M
        return Mode(name, (low, high), powers, (share * low / problem.N, share * high / problem.N), count)

    sizes = sorted(Counter(problem.sizes).items(), reverse=True)
    if problem.lambda_b is None:
        return [mode(f"n{size}", Fraction(size), Fraction(size), count) for size, count in sizes]
    found = [mode(f"n{size}", Fraction(size), Fraction(size), count - 1) for size, count in sizes if count > 1]
    if problem.balanced and problem.lambda_b:
        found.append(mode("mean", *found[0].square, 1, problem.lambda_b / (1 + problem.lambda_b)))
    found += [mode(f"c{place}", *span, 1) for place, span in enumerate(_between(problem, sizes, bits, budget), start=1)]
    return sorted(found, key=lambda mode: mode.power)


def _between(problem: Problem, sizes: list[tuple[int, int]], bits: int, budget: Budget) -> list[Span]:
    """The eigenvalues of diag(n) - n n^T/N that are no class size, up to 2^-bits/N: one between two sizes.

    (n_k/(n_k - t))_k is an eigenvector where F(t) = sum of n_k/(n_k - t) = 0, and F rises from -oo to oo between two
    sizes. N leads the integer polynomial F(t) prod (n_k - t): a rational root is a multiple of 1/N.
    """
    scale, found = problem.N << bits, []
    for (size, _), (smaller, _) in pairwise(sizes):
        low, high = smaller * scale, size * scale
        while high - low > 1:
            middle, top, bottom = (low + high) // 2, 0, 1
            budget.spend(len(sizes) * (1 + (bits * len(sizes) >> 10)))
            for other, count in sizes:
                gap = other * scale - middle
                top, bottom = top * gap + count * other * bottom, bottom * gap
            low, high = (middle, middle) if not top else (middle, high) if (top < 0) == (bottom > 0) else (low, middle)
        found.append((Fraction(low, scale), Fraction(high, scale)))
    return found


def minimum_of(problem: Problem, bits: int, budget: Budget) -> Minimum:
    """The kind of every global minimiser, decided in rationals."""
    room, modes, tied, bound = problem.rank, [], False, problem.first_order
    for mode in modes_of(problem, bits, budget):
        used = min(mode.count, room) if mode.is_below(bound) else 0
        tied = tied or (mode.power == (bound, bound) and problem.M > 2 and room > used)
        modes.append(replace(mode, used=used))
        room -= used
    if not tied:
        return Minimum(_kind(problem, modes), modes, shared=True)
    # No bias: a class of a size of its own is there or not, and the means are orthogonal either way.
    alone = problem.lambda_b is None and all(mode.count == 1 for mode in modes if mode.power == (bound, bound))
    return Minimum("orthogonal means" if alone else "tie", modes, shared=False)


def _kind(problem: Problem, modes: list[Mode]) -> str:
    used, K = [mode.used for mode in modes], problem.K
    if not any(used):
        return "zero"
    if not problem.balanced:
        whole_ = problem.lambda_b is None and all(mode.used in (0, mode.count) for mode in modes)
        return "orthogonal means" if whole_ else "frame"
    if problem.lambda_b is None:
        return "orthogonal frame" if used[0] == K else "frame"
    return "frame" if used[0] < K - 1 else "intermediate frame" if used[1:] == [1] else "simplex ETF"


# --- numbers -------------------------------------------------------------------------------------------------


def enclosed(algebra: Any, span: Span) -> Any:
    """The number with these bounds, in any algebra that has it."""
    if span[0] == span[1]:
        return algebra.number(span[0])
    if isinstance(algebra, (Constants, Radicals)):
        raise Rejected("this root has no closed form")
    return algebra.number(span[0])[0], algebra.number(span[1])[1]


def sigma(problem: Problem, power: Span, root: Any, algebra: Any, *, upper: bool = True) -> Any:
    """A root of sigma^(M-2) (1-sigma)^M = kappa^M, on the upper or the lower side of its greatest value.

    ``root``: rationals [a, b] with the left side above and below (below and above) kappa^M there, equal if exact.
    """
    M, peak = problem.M, Fraction(problem.M - 2, 2 * problem.M - 2)
    if M == 2:
        if not upper or power[1] >= 1:
            raise Rejected("no such root")
        return algebra.sub(algebra.number(Fraction(1)), algebra.sqrt(enclosed(algebra, power)))
    low, high = (rational(end) for end in listed(root, 2))
    ends = (peak, Fraction(1)) if upper else (Fraction(0), peak)
    left, right = (end ** (M - 2) * (1 - end) ** M for end in (low, high))
    if not ends[0] <= low <= high <= ends[1] or not (
            left >= power[1] and right <= power[0] if upper else left <= power[0] and right >= power[1]):
        raise Rejected("the ends do not enclose the root")
    return enclosed(algebra, (low, high))


def scales(problem: Problem, at: Minimum, algebra: Any, roots: Any) -> list[Any]:
    """sigma of each mode, 0 where it is not in use."""
    return [sigma(problem, mode.power, root, algebra) if mode.used else algebra.number(Fraction(0))
            for mode, root in zip(at.modes, listed(roots, len(at.modes)), strict=True)]


def objective(problem: Problem, at: Minimum, algebra: Any, values: list[Any]) -> Any:
    """(1/2) sum of weight (count + used e(sigma)), e(sigma) = sigma ((M-2) - (M-1) sigma)."""
    M, parts = problem.M, [algebra.number(Fraction(0))]
    for mode, s in zip(at.modes, values, strict=True):
        weight = enclosed(algebra, mode.weight)
        parts.append(times(algebra, weight, Fraction(mode.count, 2)))
        if mode.used:
            e = algebra.mul(s, algebra.sub(algebra.number(Fraction(M - 2)), times(algebra, s, Fraction(M - 1))))
            parts.append(times(algebra, algebra.mul(e, weight), Fraction(mode.used, 2)))
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
    tie, centred = (problem.first_order,) * 2, not problem.balanced and problem.lambda_b is not None
    for mode, root in zip(at.modes, listed(roots, len(at.modes)), strict=True):
        if not problem.balanced and name == f"sigma_{mode.name}" and mode.used in (0, mode.count) and (
                at.shared or mode.power != tie):
            return sigma(problem, mode.power, root, algebra) if mode.used else number(Fraction(0))
        if centred and name == f"singular_sq_{mode.name}":
            return enclosed(algebra, mode.square)
    for size in problem.sizes if centred else ():  # the features sum to zero
        if name == f"bias_n{size}":
            return number(Fraction(size, problem.N))
    values = scales(problem, at, algebra, roots)
    if name == "objective":
        return objective(problem, at, algebra, values)
    energies = {f"W_fro_sq_{layer}" if layer else "H_fro_sq": w for layer, w in enumerate(problem.weights)}
    if at.shared and isinstance(name, str) and name in energies:
        shares = [times(algebra, energy(problem, algebra, mode.square, s), mode.used / energies[name])
                  for mode, s in zip(at.modes, values, strict=True) if mode.used]
        return total(algebra, [number(Fraction(0)), *shares])
    if not at.shared or not problem.balanced or at.geometry == "frame":
        raise Rejected("not a quantity that is determined here")
    return _geometric(problem, at, algebra, name, values)


def energy(problem: Problem, algebra: Any, square: Span, scale: Any) -> Any:
    """lambda |factor|^2 of one direction, the same for every factor: (s^2 prod lambda)^(1/M) sigma^(2/M)."""
    nu = fractional_power(algebra, times(algebra, enclosed(algebra, square), prod(problem.weights)),
                          Fraction(1, problem.M))
    return algebra.mul(nu, fractional_power(algebra, scale, Fraction(2, problem.M)))


def _geometric(problem: Problem, at: Minimum, algebra: Any, name: Any, values: list[Any]) -> Any:
    """Equal classes, at least K - 1 directions or none: the Gram matrix is (A P + B 11^T/K) nu/(n lambda_H)."""
    K, n, M, number, weights = problem.K, problem.sizes[0], problem.M, algebra.number, problem.weights
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
    apart = not bare and name in ("feature_inner", "cosine")
    inner = times(algebra, algebra.sub(B, A), Fraction(1, K)) if apart else zero
    if name == "cosine" and modes[0].used:
        return algebra.div(inner, norm)
    parts = {"feature_norm_sq": (norm, n * weights[0]), "feature_inner": (inner, n * weights[0]),
             "W_row_norm_sq": (norm, weights[-1])}
    for layer, weight in enumerate(weights[1:], start=1):
        parts[f"W_singular_values_sq_{layer}"] = A, weight
        parts |= {} if bare else {f"W_mean_singular_value_sq_{layer}": (B, weight)}
    if not isinstance(name, str) or name not in parts:
        raise Rejected("not a quantity that is determined here")
    nu = fractional_power(algebra, number(n * prod(weights)), Fraction(1, M))
    return times(algebra, algebra.mul(nu, parts[name][0]), 1 / parts[name][1])


# --- the kinds -----------------------------------------------------------------------------------------------


def _with_relu(problem: Problem) -> None:
    """The minimum is that of the linear model: theorem layered-relu."""
    if problem.relu and 16 * problem.strength(problem.sizes[0]) < problem.K and (
            min(problem.K, problem.widths[1]) > 2 and problem.widths[0] > 1):
        raise Rejected("with relu: K or d_2 at most 2, or d_1 = 1, or 16 kappa^3 >= K, is needed")


def geometry(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem = Problem(statement[0])
    at = minimum_of(problem, _BITS, budget)
    need(witness)
    _with_relu(problem)
    means = ("orthogonal means", "orthogonal frame", "zero")
    alike = means if statement[1] == means[0] else (statement[1],)
    if at.geometry not in alike or at.geometry in ("frame", "tie"):
        raise Rejected("the minimisers are of another kind")


def optimum(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, (name, relation, value) = Problem(statement[0]), statement[1:]
    bits, roots = need(witness, "bits", "roots")
    at = minimum_of(problem, whole(bits, 64, 4096), budget)
    if not (problem.relu and name == "objective" and relation in ("<", "<=")):  # the linear minimum is attained
        _with_relu(problem)
    if problem.relu and name not in ("objective", "kappa", "kappa_power", "kappa_c", "kappa_sn", "alpha"):
        raise Rejected("not a quantity that is determined with relu")
    compared_with_radicals(budget, bits, lambda algebra: quantity(problem, at, algebra, name, roots), relation,
                           expression(value))


def benign(statement: list[Any], witness: Any, budget: Budget) -> None:
    """Every critical point is a global minimiser or a strict saddle.

    One layer always. Else points with sigma_plus on the first directions have no negative curvature, so kappa_c < kappa
    <= kappa_sn must not occur, and kappa < kappa_c either: zero is such a point.
    """
    problem = Problem(statement[0])
    need(witness)
    if problem.relu:
        raise Rejected("only the linear model is covered")
    if problem.M == 2:
        return
    live = modes_of(problem, _BITS, budget)
    if live[0].power == (problem.first_order,) * 2:  # those are worth as much as zero
        live = live[1:] if problem.rank > live[0].count else []
    if any(mode.power[0] <= problem.saddle_node for mode in live):
        raise Rejected("two layers or more: kappa > kappa_sn or kappa = kappa_c is needed")


def finite(statement: list[Any], witness: Any, budget: Budget) -> None:
    """The critical points have finitely many products: no two directions with the same s^2 can be in use."""
    problem = Problem(statement[0])
    need(witness)
    if problem.relu:
        raise Rejected("only the linear model is covered")
    for mode in modes_of(problem, _BITS, budget):
        gone = mode.power[0] > problem.saddle_node or mode.power[0] == 1  # = only with one layer: sigma = 0
        if mode.count > 1 and not gone:
            raise Rejected("more than one direction with kappa <= kappa_sn")


KINDS: dict[str, tuple[tuple[str, ...], Callable[[list[Any], Any, Budget], None]]] = {
    "layered/optimum/1": (("problem", "quantity", "relation", "value"), optimum),
    "layered/geometry/1": (("problem", "geometry"), geometry),
    "layered/benign/1": (("problem",), benign),
    "layered/finite/1": (("problem",), finite),
}
