r"""The Hessian of the layered model at a critical point, as blocks of pairs of singular directions.

In the bases of the singular directions (``layered_groups``) the product is diagonal, so a pair (a, b) of directions,
one on either side, meets only itself: a change E_ab in factor l moves Z by x_a^(M-1-l) x_b^l E_ab, and a change E_ba in
factor j followed by E_ab in factor i > j returns to a, where the residual is -beta x_a^(2-M) if a is in use and -rho_a
if not: -beta (x_b/x_a)^(i-j-1). The bias moves column g of the logits: it borders the blocks of the pairs (a, mean).
Blocks are in units where N f has decay beta on every factor; entry (l, m) of f carries sqrt(lambda_l lambda_m)/beta.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, arb_mat, ctx

from ncproofs.arithmetic.inertia import inertia
from ncproofs.arithmetic.linalg import eigenvalue_enclosures, symmetric_part
from ncproofs.critical.layered_groups import Group, compared, groups_of, mean_residual, normalised_sigma, price
from ncproofs.critical.layered_modes import power, saddle_node
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.regimes import Number, lift
from ncproofs.errors import OutOfScope
from ncproofs.problems.layered import Layered

__all__ = ["Row", "Use", "index_and_nullity", "spectrum_rows"]

Row = tuple[Number, int, str]
#: For each group: how many directions carry sigma_plus, and how many sigma_minus.
Use = tuple[tuple[int, int], ...]
_LADDER = (64, 128, 256, 512, 1024, 2048)


@dataclass(frozen=True)
class _Kind:
    """``count`` directions of one group at one root x; ``name`` says which, for reports."""

    group: Group
    name: str
    count: int
    x: arb
    is_double: bool  # kappa = kappa_sn: the two roots coincide


@dataclass(frozen=True)
class _Block:
    """A symmetric block that occurs ``count`` times, with at least ``zeros`` zero eigenvalues."""

    matrix: arb_mat
    zeros: int
    count: int
    name: str


class _Point:
    """A critical point at the current precision."""

    def __init__(self, problem: Layered, use: Use) -> None:
        self.problem, self.M = problem, problem.factors
        self.groups = groups_of(problem)
        self.beta = to_ball(price(problem))
        self.kinds: list[_Kind] = []
        for group, counts in zip(self.groups, use, strict=True):
            for count, upper in zip(counts, (True, False), strict=True):
                if count:
                    self.kinds.append(self._kind(group, count, upper=upper))
        self.missing = [(group, group.count - plus - minus)
                        for group, (plus, minus) in zip(self.groups, use, strict=True) if group.count > plus + minus]
        self.rank = sum(kind.count for kind in self.kinds)

    def _kind(self, group: Group, count: int, *, upper: bool) -> _Kind:
        sign = "plus" if upper else "minus"
        name = sign if len([g for g in self.groups if g.share]) == 1 else f"{group.name} {sign}"
        double = self.M > 2 and upper and compared(self.problem, group, saddle_node(self.M)) == 0
        sigma = to_ball(normalised_sigma(self.problem, group, upper=upper)) * to_ball(group.square.value()).sqrt()
        return _Kind(group, name, count, sigma ** to_ball(Fraction(1, self.M)), double)

    def weighted(self, rows: list[list[arb]], places: Sequence[int]) -> arb_mat:
        """To the units of f. ``places``: the factor of each coordinate, -1 for the bias, which needs no factor."""
        roots = [arb(1) if l < 0 else (to_ball(self.problem.weights[l]) / self.beta).sqrt() for l in places]  # noqa: E741
        return arb_mat([[entry * left * right for entry, right in zip(row, roots, strict=True)]
                        for row, left in zip(rows, roots, strict=True)])

    def bordered(self, rows: list[list[arb]], move: list[arb]) -> None:
        """Add the coordinate of b, which moves the same entry of the logits as ``move`` does."""
        for row, entry in zip(rows, move, strict=True):
            row.append(entry)
        rows.append([*move, 1 + to_ball(self.problem.lambda_b or Fraction(0))])


def _own(at: _Point, a: _Kind) -> _Block:
    """E_aa in every factor: (x^(2M-2) - beta) 11^T + 2 beta."""
    M, first, beta = at.M, a.x ** (at.M - 1), at.beta
    rows = [[first * first + (beta if i == j else -beta) for j in range(M)] for i in range(M)]
    places = list(range(M))
    if a.group.is_mean:
        at.bordered(rows, [first] * M)
        places.append(-1)
    return _Block(at.weighted(rows, places), int(a.is_double), a.count * (a.count + 1) // 2, f"{a.name}, symmetric")


def _mixed(at: _Point, a: _Kind, b: _Kind) -> _Block:
    """E_ab and E_ba in every factor. The M - 1 hidden spaces turn the pair, and the class space if s_a = s_b."""
    if a.group.is_mean:
        a, b = b, a
    M, beta = at.M, at.beta
    va = [a.x ** (M - 1 - i) * b.x**i for i in range(M)]
    vb = [b.x ** (M - 1 - i) * a.x**i for i in range(M)]
    zero = [arb(0)] * M
    moves = [[*va, *zero], [*zero, *vb]]
    rows = [[sum((move[i] * move[j] for move in moves), beta if i == j else arb(0)) for j in range(2 * M)]
            for i in range(2 * M)]
    for i in range(M):
        for j in range(i):
            down, up = -beta * (b.x / a.x) ** (i - j - 1), -beta * (a.x / b.x) ** (i - j - 1)
            rows[i][M + j] = rows[M + j][i] = down
            rows[M + i][j] = rows[j][M + i] = up
    places = [*range(M), *range(M)]
    if b.group.is_mean:
        at.bordered(rows, [*va, *zero])
        places.append(-1)
    zeros = M if a.group == b.group else M - 1
    return _Block(at.weighted(rows, places), zeros, a.count * b.count, f"{a.name} x {b.name}")


def _beside(at: _Point, a: _Kind, c: Group, count: int) -> _Block:
    """E_ca in the last factor and E_ac in the features, c not in use."""
    first, M = a.x ** (at.M - 1), at.M
    here, off = first * first + at.beta, -to_ball(mean_residual(at.problem, c)) * a.x ** (M - 2)
    rows, places = [[here, off], [off, here]], [M - 1, 0]
    if a.group.is_mean or c.is_mean:
        at.bordered(rows, [first, arb(0)] if a.group.is_mean else [arb(0), first])
        places.append(-1)
    return _Block(at.weighted(rows, places), int(a.group == c), a.count * count, f"{a.name} x missing {c.name}")


def _blocks(at: _Point) -> Iterator[_Block]:
    """Every block that has no closed form."""
    for place, a in enumerate(at.kinds):
        yield _own(at, a)
        for b in at.kinds[place + 1 :]:
            yield _mixed(at, a, b)
        for c, count in at.missing:
            if c != a.group:
                yield _beside(at, a, c, count)


# --- the rest: a number each ---------------------------------------------------------------------------------


def _plain(at: _Point) -> Iterator[Row]:
    """Eigenvalues in closed form, of known sign: zeros are exact, all others positive."""
    problem, M = at.problem, at.M
    weights, spare = problem.weights, problem.N - problem.K
    alone = len(at.groups) == 1
    for a in at.kinds:
        steep = (a.x ** (2 * M - 2) + at.beta) / at.beta
        pairs = a.count * (a.count - 1) // 2
        yield to_ball(sum(weights)) * steep, pairs, f"{a.name}, antisymmetric"
        yield Fraction(0), pairs * (M - 1), f"{a.name}, antisymmetric"
        for level, width in enumerate(problem.widths, start=1):
            yield weights[level] + weights[level - 1], a.count * (width - at.rank), f"{a.name} x hidden {level}"
            yield Fraction(0), a.count * (width - at.rank), f"{a.name} x hidden {level}"
        for c, count in at.missing:
            if c == a.group:
                name = f"{a.name} x missing {'class' if alone else c.name}"
                yield to_ball(weights[-1] + weights[0]) * steep, a.count * count, name
                yield Fraction(0), a.count * count, name
        yield to_ball(weights[0]) * steep, a.count * spare, f"{a.name}, within class"
    yield weights[0], (problem.widths[0] - at.rank) * spare, "hidden, within class"
    if any(c.is_mean for c, _ in at.missing):
        yield 1 + (problem.lambda_b or Fraction(0)), problem.K - at.rank, "bias"


def _empty(at: _Point) -> Iterator[Row]:
    """Directions not in use: the decay alone, and for one layer also the gradient of the loss."""
    problem, weights = at.problem, at.problem.weights
    if problem.layers > 1:
        spaces = (problem.K, *problem.widths, problem.K)
        for layer, weight in enumerate(weights):
            name = f"hidden, W_{layer}" if layer else "hidden, H"
            yield weight, (spaces[layer + 1] - at.rank) * (spaces[layer] - at.rank), name
        return
    p, q = weights[1], weights[0]
    for c, count in at.missing:
        # [[p, -r sqrt(pq)], [-r sqrt(pq), q]] with r = rho/beta = 1/kappa of the group; zero at r = 1
        spare = count * (problem.widths[0] - at.rank)
        ratio = _inverse_square(problem, c)
        gap = (power((p - q) ** 2 / 4 + p * q * ratio, Fraction(1, 2)) if isinstance(ratio, Fraction)
               else (to_ball((p - q) ** 2 / 4) + to_ball(p * q) * ratio).sqrt())
        middle, radius = lift((p + q) / 2, gap)
        lower: Number = Fraction(0) if ratio == 1 else middle - radius
        name = "missing class" if len(at.groups) == 1 else f"missing {c.name}"
        yield middle + radius, spare, f"hidden x {name}"
        yield lower, spare, f"hidden x {name}"


def _inverse_square(problem: Layered, c: Group) -> Number:
    """(rho/beta)^2 for one layer, exact when s^2 is rational."""
    square, beta_squared = c.square.value(), problem.N**2 * problem.weight_product
    if isinstance(square, Fraction):
        return c.share**2 * square / beta_squared
    return to_ball(c.share**2 / beta_squared) * square


def spectrum_rows(problem: Layered, use: Use, bits: int) -> list[Row]:
    """The unmerged spectrum of f at a critical point, at ``bits`` bits."""
    with ctx.workprec(bits + 32):
        at = _Point(problem, use)
        rows: list[Row] = []
        for block in _blocks(at):
            if block.count:
                rows += [(value, block.count, block.name) for value in _eigenvalues(block, bits)]
        rows += [*_plain(at), *_empty(at)]
        return [row for row in rows if row[1]]


def _eigenvalues(block: _Block, bits: int) -> list[Number]:
    """Eigenvalues of a block of which some are known to vanish: the balls around 0 are replaced by 0."""
    values: list[arb] = eigenvalue_enclosures(symmetric_part(block.matrix, bits + 32), bits)
    nearest = sorted(range(len(values)), key=lambda i: abs(values[i]).mid())[: block.zeros]
    if any(not values[i].contains(0) for i in nearest):
        raise ArithmeticError("a block has fewer zero eigenvalues than its symmetries demand")
    return [Fraction(0) if i in nearest else value for i, value in enumerate(values)]


def index_and_nullity(problem: Layered, use: Use) -> tuple[int, int]:
    """Negative and zero eigenvalues of the Hessian.

    Raises:
        OutOfScope: the signs of a block are not decided at 2048 bits.
    """
    for bits in _LADDER:
        with ctx.workprec(bits):
            at = _Point(problem, use)
            found = [(block, inertia(symmetric_part(block.matrix, bits), bits, nullity=block.zeros))
                     for block in _blocks(at) if block.count]
            if any(signs is None for _, signs in found):
                continue
            negative = sum(block.count * signs.negative for block, signs in found if signs is not None)
            zero = sum(block.count * block.zeros for block, _ in found)
            zero += sum(count for value, count, _ in _plain(at) if value == 0)
            for c, count in at.missing if problem.layers == 1 else []:
                side = compared(problem, c, Fraction(1)) if c.share else 1
                spare = count * (problem.widths[0] - at.rank)
                negative, zero = negative + spare * (side < 0), zero + spare * (side == 0)
            return negative, zero
    raise OutOfScope(f"the signs of the Hessian at {use} are not decided at {_LADDER[-1]} bits: {problem}")
