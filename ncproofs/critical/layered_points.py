r"""Every critical point of the bias-free layered model with equal classes, its value, index and Hessian spectrum.

A critical point is a choice of ``plus`` orthonormal directions of the class space with sigma_plus and ``minus`` with
sigma_minus, balanced over the factors. Its Hessian splits by pairs of directions. With x = sigma^(1/M), in units
where every factor has the same decay, the blocks of a pair with one x are M x M (symmetric: (x^(2M-2) - kappa) 11^T +
2 kappa, antisymmetric: x^(M-2) 11^T), and those of a mixed pair are 2M x 2M.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, arb_mat, ctx

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.arithmetic.inertia import inertia
from ncproofs.arithmetic.linalg import eigenvalue_enclosures, symmetric_part
from ncproofs.critical.layered_minimiser import helmert, point_factors
from ncproofs.critical.layered_modes import excess, first_order, kappa_power, power, saddle_node, sigma_root
from ncproofs.critical.optimum import climb
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.regimes import Number, lift, product
from ncproofs.critical.spectrum import SpectrumEntry, merged
from ncproofs.errors import OutOfScope
from ncproofs.problems.layered import Layered

__all__ = [
    "CriticalPoint",
    "critical_factors",
    "critical_point",
    "critical_points",
    "layered_spectrum",
    "spectrum_table",
]

Row = tuple[Number, int, str]
_MOST_POINTS = 2000
_LADDER = (64, 128, 256, 512, 1024)


@dataclass(frozen=True, kw_only=True)
class CriticalPoint:
    """One orbit of critical points: ``plus`` directions with sigma_plus and ``minus`` with sigma_minus.

    ``negative`` and ``zero`` count eigenvalues of the Hessian, ``dimension`` is that of the manifold of these points.
    ``kind``: "global minimum", "local minimum" (spurious), "strict saddle", or "degenerate saddle" (kappa = kappa_sn).
    """

    plus: int
    minus: int
    value: Enclosure
    negative: int
    zero: int
    dimension: int
    kind: str


def _covered(problem: Layered) -> None:
    if problem.relu or problem.has_bias or not problem.balanced:
        one = problem.layers == 1 and problem.balanced
        hint = "; write `ncproofs optimum ridge --loss mean_squared`" if one else ""
        raise OutOfScope(
            f"critical points and spectra are known for the linear model without a bias and with equal classes{hint}"
        )


def critical_points(problem: Layered, *, digits: int = 20) -> tuple[CriticalPoint, ...]:
    """All critical points up to rotations of the class and hidden spaces, by rank.

    Raises:
        OutOfScope: relu, a bias or unequal classes; or more than 2000 orbits.
    """
    _covered(problem)
    pairs = list(_ranks(problem))
    if len(pairs) > _MOST_POINTS:
        raise OutOfScope(f"there are {len(pairs)} orbits of critical points; at most {_MOST_POINTS} are listed")
    return tuple(critical_point(problem, plus, minus, digits=digits) for plus, minus in pairs)


def _ranks(problem: Layered) -> Iterator[tuple[int, int]]:
    M, value = problem.factors, kappa_power(problem)
    if value > saddle_node(M) or (M == 2 and value == 1):
        yield 0, 0
        return
    two = M > 2 and value < saddle_node(M)
    for rank in range(problem.rank + 1):
        for minus in range(rank + 1 if two else 1):
            yield rank - minus, minus


def critical_point(problem: Layered, plus: int, minus: int = 0, *, digits: int = 20) -> CriticalPoint:
    """The orbit with ``plus`` directions of sigma_plus and ``minus`` of sigma_minus.

    Raises:
        OutOfScope: there is no such critical point, or the model is not covered.
    """
    _covered(problem)
    if (plus, minus) not in _possible(problem, plus, minus):
        raise OutOfScope(f"there is no critical point with {plus} directions of sigma_plus and {minus} of sigma_minus: "
                         f"the rank is at most {problem.rank}, kappa^{problem.factors} = {kappa_power(problem)}")
    value = climb(lambda bits: {"value": _value(problem, plus, minus, bits)}, digits)["value"]
    negative, zero = _counts(problem, plus, minus)
    return CriticalPoint(
        plus=plus, minus=minus, value=value, negative=negative, zero=zero,
        dimension=_manifold(problem, plus, minus), kind=_kind(problem, plus, minus),
    )


def _possible(problem: Layered, plus: int, minus: int) -> set[tuple[int, int]]:
    M, value = problem.factors, kappa_power(problem)
    if plus < 0 or minus < 0 or plus + minus > problem.rank:
        return set()
    bound = saddle_node(M)
    nonzero = value < bound or (value == bound and M > 2)
    lower = M > 2 and value < bound
    return {(plus, minus)} if (plus == 0 or nonzero) and (minus == 0 or lower) else set()


def _value(problem: Layered, plus: int, minus: int, bits: int) -> Number:
    with ctx.workprec(bits):
        total: Number = Fraction(problem.K)
        for count, sigma in zip((plus, minus), _sigmas(problem, plus, minus), strict=True):
            total, part = lift(total, product(count, excess(problem.factors, sigma)))
            total = total + part
        return total / (2 * problem.K)


def _sigmas(problem: Layered, plus: int, minus: int) -> tuple[Number, Number]:
    """sigma_plus and sigma_minus at the current precision, 0 for one that is not used."""
    roots = []
    for count, upper in ((plus, True), (minus, False)):
        root = sigma_root(problem.factors, kappa_power(problem), upper=upper) if count else Fraction(0)
        if root is None:
            raise OutOfScope(f"sigma_{'plus' if upper else 'minus'} does not exist at this kappa")
        roots.append(root)
    return roots[0], roots[1]


def _kind(problem: Layered, plus: int, minus: int) -> str:
    M, value, full = problem.factors, kappa_power(problem), problem.rank
    bound = first_order(M)
    if M == 2:
        return "global minimum" if value >= 1 or plus == full else "strict saddle"
    if minus:
        return "strict saddle"
    if value == saddle_node(M) and plus:
        return "degenerate saddle"
    best = value == bound or plus == (full if value < bound else 0)
    return "global minimum" if best else "local minimum"


def _manifold(problem: Layered, plus: int, minus: int) -> int:
    """Dimension of the orbit: rotations of the class space and of every hidden space, modulo stabilisers."""
    rank, M = plus + minus, problem.factors
    inside = (M - 1) * (plus * (plus - 1) // 2 + minus * (minus - 1) // 2) + M * plus * minus
    return inside + rank * (problem.K - rank) + sum(rank * (width - rank) for width in problem.widths)


def _counts(problem: Layered, plus: int, minus: int) -> tuple[int, int]:
    """Negative and zero eigenvalues, from the signs of the blocks."""
    M, value, rank = problem.factors, kappa_power(problem), plus + minus
    negative, zero = minus * (minus + 1) // 2, _manifold(problem, plus, minus)
    if M == 2:  # the block of a missing class and a free feature has determinant p q (1 - 1/c^2)
        spare = (problem.K - rank) * (problem.widths[0] - rank)
        negative += spare if value < 1 else 0
        zero += spare if value == 1 else 0
    if M > 2 and value == saddle_node(M):
        zero += plus * (plus + 1) // 2  # the symmetric block is singular at the double root
    if plus and minus:
        negative += plus * minus * _mixed_negative(problem)
    return negative, zero


def _mixed_negative(problem: Layered) -> int:
    """Negative eigenvalues of the 2M x 2M block of one direction with sigma_plus and one with sigma_minus.

    M of its eigenvalues are 0: rotations of the M spaces between the factors move this pair.
    """
    for bits in _LADDER:
        with ctx.workprec(bits):
            block = _mixed_block(problem, bits)
        found = inertia(block, bits, nullity=problem.factors)
        if found is not None:
            return found.negative
    raise OutOfScope("the signs of the mixed block are not decided; sigma_plus and sigma_minus are too close")


# --- blocks, in the units of f itself --------------------------------------------------------------------------


def _mixed_block(problem: Layered, bits: int) -> arb_mat:
    """The block of E_ab and E_ba in every factor, for x_a = x_plus and x_b = x_minus (scaled: see the module)."""
    M = problem.factors
    first, second = (to_ball(sigma) for sigma in _sigmas(problem, 1, 1))
    kappa = to_ball(power(kappa_power(problem), Fraction(1, M)))
    exponent = to_ball(Fraction(1, M))
    xa, xb = first**exponent, second**exponent
    # Factor l (0: features) carries x_a^(L-l) on its left side's mode a and x_b^l on its right side's mode b.
    va = [xa ** (M - 1 - l) * xb**l for l in range(M)]  # noqa: E741
    vb = [xb ** (M - 1 - l) * xa**l for l in range(M)]  # noqa: E741
    block = arb_mat(2 * M, 2 * M)
    for i in range(M):
        for j in range(M):
            block[i, j] = va[i] * va[j] + (kappa if i == j else 0)
            block[M + i, M + j] = vb[i] * vb[j] + (kappa if i == j else 0)
    for i in range(M):
        for j in range(i):
            gap = i - j
            # <R, A .. E_ab (factor i) .. E_ba (factor j) ..>: the product returns to mode a, where R = -(1 - sigma_a).
            down = -(1 - first) * xa ** (M - 1 - gap) * xb ** (gap - 1)
            up = -(1 - second) * xb ** (M - 1 - gap) * xa ** (gap - 1)
            block[i, M + j] = block[M + j, i] = down
            block[M + i, j] = block[j, M + i] = up
    return symmetric_part(_weighted(problem, block, kappa), bits)


def _weighted(problem: Layered, block: arb_mat, kappa: arb) -> arb_mat:
    """From equal factors to those of f: entry (l, m) times sqrt(lambda_l lambda_m) / kappa."""
    roots = [to_ball(weight).sqrt() for weight in problem.weights]
    size = len(roots)
    entries = [
        block[i, j] * (roots[i % size] * roots[j % size] / kappa)
        for i in range(block.nrows()) for j in range(block.ncols())
    ]
    return arb_mat(block.nrows(), block.ncols(), entries)


def spectrum_table(problem: Layered, plus: int, minus: int, bits: int) -> list[Row]:
    """The unmerged closed-form spectrum of f at a critical point, at ``bits`` bits."""
    _covered(problem)
    with ctx.workprec(bits + 32):
        sigmas = _sigmas(problem, plus, minus)
        rows: list[Row] = []
        for name, count, sigma in (("plus", plus, sigmas[0]), ("minus", minus, sigmas[1])):
            if count:
                rows += _own_blocks(problem, name, count, plus + minus, sigma, bits)
        if plus and minus:
            values = _block_eigenvalues(_mixed_block(problem, bits + 32), problem.factors, bits)
            rows += [(value, plus * minus, "plus x minus") for value in values]
        rows += _empty_blocks(problem, plus + minus)
        return [row for row in rows if row[1]]


def _own_blocks(problem: Layered, name: str, count: int, rank: int, sigma: Number, bits: int) -> Iterator[Row]:
    """A direction with itself or its equals, with hidden directions, with missing classes, within its class."""
    M, K = problem.factors, problem.K
    x = to_ball(sigma) ** to_ball(Fraction(1, M))
    kappa = to_ball(power(kappa_power(problem), Fraction(1, M)))
    weights = problem.weights
    steep = x ** (M - 2) / kappa
    # (x^(2M-2) - kappa) 11^T + 2 kappa I
    symmetric = arb_mat(M, M, [x ** (2 * M - 2) + (kappa if i == j else -kappa) for i in range(M) for j in range(M)])
    singular = kappa_power(problem) == saddle_node(M) and M > 2
    values = _block_eigenvalues(_weighted(problem, symmetric, kappa), int(singular), bits)
    yield from ((value, count * (count + 1) // 2, f"{name}, symmetric") for value in values)
    pairs = count * (count - 1) // 2
    total = to_ball(sum(weights))
    yield total * steep, pairs, f"{name}, antisymmetric"
    yield Fraction(0), pairs * (M - 1), f"{name}, antisymmetric"
    for level, width in enumerate(problem.widths, start=1):
        yield weights[level] + weights[level - 1], count * (width - rank), f"{name} x hidden {level}"
        yield Fraction(0), count * (width - rank), f"{name} x hidden {level}"
    yield to_ball(weights[-1] + weights[0]) * steep, count * (K - rank), f"{name} x missing class"
    yield Fraction(0), count * (K - rank), f"{name} x missing class"
    yield to_ball(weights[0]) * steep, count * K * (problem.n - 1), f"{name}, within class"


def _empty_blocks(problem: Layered, rank: int) -> Iterator[Row]:
    """Directions that are not in use: the decay alone, and for one layer also the gradient of the loss."""
    weights, K = problem.weights, problem.K
    spaces = (K, *problem.widths, K)
    yield weights[0], (problem.widths[0] - rank) * K * (problem.n - 1), "hidden, within class"
    if problem.layers > 1:
        for layer, weight in enumerate(weights):
            name = f"hidden, W_{layer}" if layer else "hidden, H"
            yield weight, (spaces[layer + 1] - rank) * (spaces[layer] - rank), name
        return
    p, q, value = problem.lambdas[0], problem.lambda_H, kappa_power(problem)
    half, gap = (p + q) / 2, power((p - q) ** 2 / 4 + p * q / value, Fraction(1, 2))
    spare = (K - rank) * (problem.widths[0] - rank)
    middle, radius = lift(half, gap)
    lower: Number = Fraction(0) if value == 1 else middle - radius
    yield middle + radius, spare, "hidden x missing class"
    yield lower, spare, "hidden x missing class"


def _block_eigenvalues(block: arb_mat, zeros: int, bits: int) -> list[Number]:
    """Eigenvalues of a block of which ``zeros`` are known to vanish: the balls around 0 are replaced by 0."""
    values: list[arb] = eigenvalue_enclosures(symmetric_part(block, bits + 32), bits)
    nearest = sorted(range(len(values)), key=lambda i: abs(values[i]).mid())[:zeros]
    if any(not values[i].contains(0) for i in nearest):
        raise ArithmeticError("a block has fewer zero eigenvalues than its symmetries demand")
    return [Fraction(0) if i in nearest else value for i, value in enumerate(values)]


def layered_spectrum(problem: Layered, plus: int, minus: int = 0, *, digits: int = 30) -> tuple[SpectrumEntry, ...]:
    """All eigenvalues of the Hessian at a critical point, ascending, equal ones joined; zeros are exact.

    Raises:
        OutOfScope: no such critical point, or the model is not covered.
    """
    critical_point(problem, plus, minus, digits=6)  # refuses what does not exist
    return merged(problem, lambda bits: spectrum_table(problem, plus, minus, bits), digits)  # type: ignore[arg-type]


def critical_factors(problem: Layered, plus: int, minus: int, bits: int) -> list[arb_mat]:
    """(H, W_1, ..., W_L) of one such critical point, at ``bits`` bits."""
    critical_point(problem, plus, minus, digits=6)
    with ctx.workprec(bits):
        upper, lower = _sigmas(problem, plus, minus)
        empty: list[Number] = [Fraction(0)] * (problem.K - plus - minus)
        sigmas = [upper] * plus + [lower] * minus + empty
        return point_factors(problem, sigmas, helmert(problem.K), bits)
