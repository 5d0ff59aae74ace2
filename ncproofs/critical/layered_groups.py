r"""The directions of the class space in which critical points of the layered model may live, group by group.

Features equal their class means at every critical point, so with h_k scaled by sqrt(n_k) and b eliminated

    N f = (1/2) |(Z - S) (1 - g g^T)|^2 + (kappa_b/2) |(Z - S) g|^2 + (beta/2) sum |A_l|^2,    Z = A_L ... A_0,

S = diag(sqrt n_k), g = (sqrt n_k)/sqrt N, kappa_b = lambda_b/(1 + lambda_b), beta^M = N^M lambda_H prod lambda_l. In
three cases this is a matrix T to be fitted by a balanced product, and every critical point is a choice of singular
directions of T:

    no bias            T = S: one group a class size, s^2 = n_k.
    lambda_b = 0       T = S (1 - g g^T): one group an eigenvalue s^2 > 0 of T T^T = diag(n) - n n^T/N.
    equal classes      T = sqrt(n) I: the directions orthogonal to 1, and 1 itself with the price beta/kappa_b.

A direction of price beta/share has share x^(M-2) (s - x^M) = beta, or x = 0. With unequal classes and lambda_b > 0
the two terms do not commute, and the critical points are not known.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from flint import acb, arb, arb_mat, ctx, fmpq, fmpq_mat, fmpz_poly

from ncproofs.arithmetic.enclosure import exact_bounds
from ncproofs.critical.layered_minimiser import helmert
from ncproofs.critical.layered_modes import power, saddle_node, sigma_root
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.regimes import Number
from ncproofs.errors import OutOfScope
from ncproofs.problems.layered import Layered

__all__ = [
    "Group", "Square", "compared", "frames", "groups_of", "has_nonzero", "mean_residual", "normalised_sigma", "price",
    "strength_of",
]

_MOST_SIZES = 12
_FINEST = 4096


@dataclass(frozen=True)
class Square:
    """s^2 of a group: the ``place``-th smallest root of an irreducible integer polynomial; exact when it is linear."""

    coefficients: tuple[int, ...]
    place: int = 0

    def value(self) -> Number:
        """The number at the current precision."""
        if len(self.coefficients) == 2:
            return Fraction(-self.coefficients[0], self.coefficients[1])
        found: Any = fmpz_poly(list(self.coefficients)).complex_roots()
        # Eigenvalues of a matrix that is similar to a symmetric one: all are real, and disjoint balls.
        roots: list[arb] = [root.real if isinstance(root, acb) else root for root, _ in found]
        return sorted(roots, key=lambda root: exact_bounds(root)[0])[self.place]


@dataclass(frozen=True)
class Group:
    """``count`` directions with the same s^2; ``share`` is 1, or kappa_b for the mean of the classes.

    ``is_mean``: the direction that the bias reaches; with lambda_b = 0 its share is 0 and it is never in use.
    """

    name: str
    count: int
    square: Square
    share: Fraction = Fraction(1)
    is_mean: bool = False


def groups_of(problem: Layered) -> tuple[Group, ...]:
    """All directions of the class space, K in number, the largest s^2 first and the mean last.

    Raises:
        OutOfScope: relu; or unequal classes with lambda_b > 0; or more than 12 different sizes with lambda_b = 0.
    """
    if problem.relu:
        raise OutOfScope("critical points and spectra are known for the linear model only; leave out relu")
    if problem.balanced:
        s = _rational(Fraction(problem.n))
        if not problem.has_bias:
            return (Group("class", problem.K, s),)
        return (Group("class", problem.K - 1, s), Group("mean", 1, s, problem.mean_weight, is_mean=True))
    sizes = sorted(Counter(problem.class_sizes).items(), reverse=True)
    if not problem.has_bias:
        return tuple(Group(f"n{size}", count, _rational(Fraction(size))) for size, count in sizes)
    if problem.lambda_b:
        raise OutOfScope(
            f"unequal classes with lambda_b={problem.lambda_b}: the centred and the mean part of the loss do not "
            "commute, and no complete list of critical points is known; write lambda_b=0, lambda_b=none or equal sizes"
        )
    return (*_centred(problem, sizes), Group("mean", 1, _rational(Fraction(0)), Fraction(0), is_mean=True))


def _rational(value: Fraction) -> Square:
    return Square((-value.numerator, value.denominator))


def _centred(problem: Layered, sizes: list[tuple[int, int]]) -> list[Group]:
    """The positive eigenvalues of diag(n) - n n^T/N: sizes that repeat, and one root between neighbouring sizes.

    On vectors that are constant on classes of one size the matrix is n_s delta_st - n_s n_t m_t/N; 0 is one of its
    eigenvalues.
    """
    if len(sizes) > _MOST_SIZES:
        raise OutOfScope(f"{len(sizes)} different class sizes with lambda_b=0 given; at most {_MOST_SIZES} are covered")
    found = [(Fraction(size), Group(f"n{size}", count - 1, _rational(Fraction(size))))
             for size, count in sizes if count > 1]
    matrix = fmpq_mat(len(sizes), len(sizes), [
        fmpq(size * (i == j)) - fmpq(size * other * count, problem.N)
        for i, (size, _) in enumerate(sizes) for j, (other, count) in enumerate(sizes)
    ])
    between = []
    for part, _ in matrix.charpoly().numer().factor()[1]:
        coefficients = tuple(int(part[i]) for i in range(part.degree() + 1))
        between += [Square(coefficients, place) for place in range(part.degree()) if coefficients != (0, 1)]
    with ctx.workprec(256):  # distinct: every root lies strictly between two neighbouring sizes
        roots = [(exact_bounds(to_ball(square.value()))[0], square) for square in between]
    roots.sort(key=lambda pair: -pair[0])
    found += [(low, Group(f"c{i}", 1, square)) for i, (low, square) in enumerate(roots, start=1)]
    return [group for _, group in sorted(found, key=lambda pair: -pair[0])]


def price(problem: Layered) -> Number:
    """beta at the current precision."""
    return power(problem.N**problem.factors * problem.weight_product, Fraction(1, problem.factors))


def strength_of(problem: Layered, group: Group) -> Number:
    """kappa^M of a group: beta^M / (share^M s^(2M-2)); its share must not be 0."""
    M = problem.factors
    square = group.square.value()
    top = problem.N**M * problem.weight_product / group.share**M
    return top / square ** (M - 1) if isinstance(square, Fraction) else to_ball(top) / square ** (M - 1)


def compared(problem: Layered, group: Group, bound: Fraction) -> int:
    """The sign of kappa^M - bound for a group.

    Raises:
        OutOfScope: the two agree to 4096 bits, and s^2 is not rational.
    """
    bits = 64
    while bits <= _FINEST:
        with ctx.workprec(bits):
            strength = strength_of(problem, group)
            if isinstance(strength, Fraction):
                return (strength > bound) - (strength < bound)
            gap = strength - to_ball(bound)
            if gap > 0 or gap < 0:
                return 1 if gap > 0 else -1
        bits *= 2
    raise OutOfScope(f"kappa^{problem.factors} of mode {group.name} is not separated from {bound} at {_FINEST} bits")


def normalised_sigma(problem: Layered, group: Group, *, upper: bool) -> Number:
    """x^M/s at the larger or the smaller root of a group, exact when rational; at the current precision.

    Raises:
        OutOfScope: there is no such root.
    """
    M, strength = problem.factors, strength_of(problem, group)
    if isinstance(strength, Fraction):
        root = sigma_root(M, strength, upper=upper)
    else:  # monotone in kappa^M, and below its largest value: ``compared`` has said so
        ends = [sigma_root(M, end, upper=upper) for end in exact_bounds(strength)]
        root = None if None in ends else to_ball(ends[0]).union(to_ball(ends[1]))  # type: ignore[arg-type]
    if root is None:
        raise OutOfScope(f"sigma_{'plus' if upper else 'minus'} of mode {group.name} does not exist at this kappa")
    return root


def mean_residual(problem: Layered, group: Group) -> Number:
    """share s: what the residual is on a direction that is not in use, up to the sign."""
    square = group.square.value()
    root = power(square, Fraction(1, 2)) if isinstance(square, Fraction) else square.sqrt()
    return root * group.share if isinstance(root, Fraction) else root * to_ball(group.share)


@lru_cache(maxsize=32)
def _classes_by_size(problem: Layered) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for place, size in enumerate(problem.class_sizes):
        found.setdefault(size, []).append(place)
    return found


def frames(problem: Layered, groups: tuple[Group, ...]) -> tuple[arb_mat, arb_mat]:
    """Left and right singular directions of T as columns, group by group, at the current precision.

    With lambda_b = 0 and unequal classes u_k is proportional to n_k/(n_k - s^2), and v = T^T u/s; on classes of one
    size u = v is any vector with sum 0.
    """
    K = problem.K
    if problem.balanced:
        frame = helmert(K)
        return frame, frame
    left = [[arb(0)] * K for _ in range(K)]
    right = [[arb(0)] * K for _ in range(K)]
    column, by_size = 0, _classes_by_size(problem)
    for group in groups:
        places = by_size.get(int(group.name[1:]) if group.name[0] == "n" else 0, [])
        for vector in _unit_vectors(problem, group, places):
            for k in range(K):
                left[k][column], right[k][column] = vector[0][k], vector[1][k]
            column += 1
    return arb_mat(left), arb_mat(right)


def _unit_vectors(problem: Layered, group: Group, places: list[int]) -> list[tuple[list[arb], list[arb]]]:
    sizes, K = problem.class_sizes, problem.K
    if group.is_mean:
        roots = [arb(size).sqrt() for size in sizes]
        return [([1 / arb(K).sqrt()] * K, [root / arb(problem.N).sqrt() for root in roots])]
    if places:
        # Without a bias every class by itself; with one the vectors on classes of one size that sum to zero.
        basis = helmert(len(places)) if problem.has_bias else arb_mat(len(places), len(places), [
            arb(int(i == j)) for i in range(len(places)) for j in range(len(places))])
        found = []
        for column in range(group.count):
            vector = [arb(0)] * K
            for row, place in enumerate(places):
                vector[place] = basis[row, column]
            found.append((vector, vector))
        return found
    square = to_ball(group.square.value())
    raw = [size / (size - square) for size in sizes]
    length = sum((entry * entry for entry in raw), arb(0)).sqrt()
    left = [entry / length for entry in raw]
    pulled = sum((size * u for size, u in zip(sizes, left, strict=True)), arb(0)) / problem.N
    right = [arb(size).sqrt() * (u - pulled) / square.sqrt() for size, u in zip(sizes, left, strict=True)]
    return [(left, right)]


def has_nonzero(problem: Layered, group: Group) -> tuple[bool, bool]:
    """Whether sigma_plus exists for a group, and sigma_minus."""
    if group.share == 0:
        return False, False
    M, side = problem.factors, compared(problem, group, saddle_node(problem.factors))
    return (side < 0 or (side == 0 and M > 2)), M > 2 and side < 0
