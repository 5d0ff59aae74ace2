r"""Two-layer ReLU networks with one output on any small data: the finite convex program over activation patterns.

Dual: max <v, y> - |v|^2/2 subject to max over unit w of |<v, (Xw)_+>| <= beta. On the closed cell of pattern s, with
D = [s > 0] and S = diag(s), and for any multipliers lambda >= 0,

    max over the cell of <X^T D v, w>  <=  |X^T D v + X^T S lambda|,      equality at the projection on the cell.

The cells are listed exactly and completely (``arrangement``). Primal point and multipliers are approximations, made
sharp by Newton's method and by solving on the walls that bind; both are used only through values in balls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
from flint import arb, arb_mat, fmpq, fmpq_mat

from ncproofs.critical.arrangement import Pattern, Row, cells
from ncproofs.critical.network_certificate import (
    ZERO,
    Answer,
    Certificate,
    Neuron,
    counted,
    dual_value,
    matrix_product,
    minus,
    predicted,
    primal_value,
    square,
    transposed,
    upper_end,
)
from ncproofs.critical.profiles import to_ball
from ncproofs.problems.networks import Network

__all__ = ["arrangement_answer", "constraint_squared"]

#: Rounds of choosing atoms, and the precision at which they are judged.
_ROUNDS = 5
_BITS = 192
_AXIOMS = ("Cauchy-Schwarz inequality", "inequality of arithmetic and geometric means")


@dataclass(frozen=True)
class _Block:
    """Atoms of one sign on one face of a cell: u = basis z, features sign * D X basis z."""

    sign: int
    basis: tuple[Row, ...]
    active: tuple[bool, ...]
    start: tuple[float, ...]


def arrangement_answer(problem: Network) -> Answer:
    """The minimum for one output and any X.

    Raises:
        OutOfScope: too many activation patterns.
    """
    from ncproofs.critical.network_linear import zero_certificate

    patterns = tuple(cells(problem.X))
    blocks = _blocks(problem, patterns)
    shared: dict[str, Any] = {"axioms": _AXIOMS}
    count = f"{len(patterns)} activation patterns, listed exactly"
    if not blocks:
        def trivial(bits: int) -> Certificate:
            found = zero_certificate(problem)
            bound = constraint_squared(problem, patterns, [to_ball(row[0]) for row in problem.Y], bits)
            return Certificate(neurons=(), primal=found.primal, dual=dual_value(problem, problem.Y, bound),
                               V=problem.Y, quantities={"rank": Fraction(0)})

        return Answer(regime="trivial", geometry=ZERO, attempt=trivial,
                      because=f"V = y is dual feasible on all {count}", **shared)
    return Answer(
        regime="finite convex program", geometry=counted(len(blocks)), **shared,
        attempt=lambda bits: _certificate(problem, patterns, blocks, bits),
        because=f"{count}; V = y - f is scaled into the dual set",
        notes=("rank is that of the network shown; the minimum is over networks of every width >= rank",),
    )


def _blocks(problem: Network, patterns: Sequence[Pattern]) -> list[_Block]:
    """The atoms of an approximate minimiser, chosen again from their own dual point while the gap is not small."""
    import numpy as np

    from ncproofs.critical.network_search import as_floats, atoms_of_dual, atoms_of_relu

    X, y, beta = as_floats(problem.X), as_floats(problem.Y)[:, 0], float(problem.price)
    signs = [np.array(pattern) for pattern in patterns]
    best: list[_Block] = []
    least: Fraction | None = None
    atoms = atoms_of_relu(X, y, beta, signs)
    for _ in range(_ROUNDS):
        blocks = [_block(problem.X, X, sign, w, weight) for sign, w, weight in atoms]
        if not blocks:
            break
        with flint.ctx.workprec(_BITS):
            found = _certificate(problem, patterns, blocks, _BITS)
            gap = upper_end(minus(found.primal, found.dual))
        if least is None or gap < least:
            best, least = blocks, gap
        if gap * 10**40 < max(upper_end(found.primal), Fraction(1, 10**40)):
            break
        atoms = atoms_of_dual(X, y, beta, np.array([float(row[0]) for row in found.V]), signs)
    return best


def _block(rows: Sequence[Row], X: Any, sign: int, w: Any, weight: float) -> _Block:
    """The face on which w lies to within rounding."""
    reach = X @ w
    walls = [i for i, row in enumerate(rows) if any(row) and _is_near(reach[i], X[i])]
    basis = _kernel([rows[i] for i in walls], len(rows[0]))
    if not basis:  # rounding saw too many walls
        walls, basis = [], _kernel([], len(rows[0]))
    start, *_ = _least_squares(basis, weight * w)
    active = tuple(bool(reach[i] > 0) and i not in walls for i in range(len(rows)))
    return _Block(sign, tuple(basis), active, tuple(start))


def _is_near(value: float, row: Any) -> bool:
    scale = sum(entry * entry for entry in row.tolist())
    return bool(value * value * 10**12 < scale)


def _least_squares(basis: Sequence[Row], target: Any) -> tuple[list[float], Any]:
    import numpy as np

    matrix = np.array([[float(entry) for entry in row] for row in basis], dtype=float).T
    solution = np.linalg.lstsq(matrix, target, rcond=None)[0]
    return solution.tolist(), matrix


def _kernel(rows: Sequence[Row], dimension: int) -> list[Row]:
    """A rational basis of {u: <row, u> = 0 for all rows}."""
    unit = [tuple(Fraction(int(i == j)) for j in range(dimension)) for i in range(dimension)]
    if not rows:
        return unit
    entries = [fmpq(e.numerator, e.denominator) for row in rows for e in row]
    reduced, rank = fmpq_mat(len(rows), dimension, entries).rref()
    table = [[Fraction(int(reduced[i, j].p), int(reduced[i, j].q)) for j in range(dimension)] for i in range(rank)]
    pivots = [next(j for j in range(dimension) if row[j]) for row in table]
    free = [j for j in range(dimension) if j not in pivots]
    found = []
    for j in free:
        vector = list(unit[j])
        for row, pivot in zip(table, pivots, strict=True):
            vector[pivot] = -row[j]
        found.append(tuple(vector))
    return found


def _certificate(problem: Network, patterns: Sequence[Pattern], blocks: Sequence[_Block], bits: int) -> Certificate:
    neurons = _neurons(problem, blocks, bits)
    found = predicted(problem.X, neurons, has_relu=True)
    v = [(to_ball(row[0]) - to_ball(f[0])).mid() for row, f in zip(problem.Y, found, strict=True)]
    bound = constraint_squared(problem, patterns, v, bits)
    V = tuple((entry,) for entry in v)
    return Certificate(neurons=neurons, primal=primal_value(problem, neurons), V=V,
                       dual=dual_value(problem, V, bound), quantities={"rank": Fraction(len(neurons))})


def _neurons(problem: Network, blocks: Sequence[_Block], bits: int) -> tuple[Neuron, ...]:
    """Newton on the blocks, in orthonormal coordinates of each face; balanced weights."""
    from ncproofs.critical.network_newton import refine_group_lasso

    frames, matrices, starts = [], [], []
    for block in blocks:
        frame = _orthonormal(block.basis)
        X = arb_mat([[to_ball(entry) for entry in row] if on else [arb(0)] * len(row)
                     for row, on in zip(problem.X, block.active, strict=True)])
        frames.append(frame)
        matrices.append(X * frame * block.sign)
        point = _combination(block)
        starts.append([sum(a * float(b) for a, b in zip(point, column, strict=True))
                       for column in transposed(frame.tolist())])
    y = arb_mat([[to_ball(row[0])] for row in problem.Y])
    solved = refine_group_lasso(matrices, y, to_ball(problem.price), starts, bits)
    neurons = []
    for block, frame, z in zip(blocks, frames, solved, strict=True):
        u = (frame * arb_mat(len(z), 1, z)).mid().entries()
        size = square(u).sqrt().sqrt()  # |w| = |a| = sqrt |u|
        if size > 0:
            neurons.append(Neuron(w=tuple(e / size for e in u), a=(size * block.sign,)))
    return tuple(neurons)


def _combination(block: _Block) -> list[float]:
    return [sum(z * float(row[i]) for z, row in zip(block.start, block.basis, strict=True))
            for i in range(len(block.basis[0]))]


def _orthonormal(basis: Sequence[Row]) -> arb_mat:
    """Gram-Schmidt on the midpoints, twice; the columns span the face up to rounding."""
    columns: list[list[arb]] = []
    for row in basis:
        vector = [to_ball(entry).mid() for entry in row]
        for _ in range(2):
            for other in columns:
                share = sum((a * b for a, b in zip(vector, other, strict=True)), arb(0)).mid()
                vector = [(a - share * b).mid() for a, b in zip(vector, other, strict=True)]
        size = square(vector).sqrt().mid()
        columns.append([(a / size).mid() for a in vector])
    return arb_mat(columns).transpose()


def constraint_squared(problem: Network, patterns: Sequence[Pattern], v: Sequence[arb], bits: int) -> Fraction:
    """An upper bound of max over unit w of <v, (Xw)_+>^2 and of the same for -v.

    Every cell counts: a bound that is clearly below beta in doubles' multipliers is taken as it is, the others get
    multipliers solved at full precision.
    """
    worst = Fraction(0)
    for pattern in patterns:
        for sign in (1, -1):
            worst = max(worst, _cell_bound(problem, pattern, [entry * sign for entry in v], bits))
    return worst


def _cell_bound(problem: Network, pattern: Pattern, v: Sequence[arb], bits: int) -> Fraction:
    """|X^T D v + X^T S lambda|^2 for multipliers lambda >= 0 found in floats, sharpened where the bound matters."""
    import numpy as np

    from ncproofs.critical.network_search import nonnegative_multipliers

    on = [(row, entry) for row, s, entry in zip(problem.X, pattern, v, strict=True) if s > 0]
    d = len(problem.X[0])
    gradient = [sum((to_ball(row[j]) * entry for row, entry in on), arb(0)) for j in range(d)]
    walls = [tuple(s * entry for entry in row) for row, s in zip(problem.X, pattern, strict=True) if s]
    if not walls:
        return upper_end(square(gradient))
    columns = np.array([[float(entry) for entry in wall] for wall in walls], dtype=float).T
    multipliers = nonnegative_multipliers(columns, np.array([float(g) for g in gradient]))
    rough = upper_end(_distance(gradient, walls, [arb(float(m)) for m in multipliers]))
    if rough * 1000 < problem.price**2 * 999:
        return rough
    binding = [i for i, m in enumerate(multipliers) if m > 0]
    sharp = _sharpened(gradient, [walls[i] for i in binding])
    return rough if sharp is None else min(rough, sharp)


def _sharpened(gradient: Sequence[arb], walls: Sequence[Row]) -> Fraction | None:
    """The bound with multipliers that minimise it on the given walls, cut off at 0; None when they are dependent."""
    if not walls:
        return upper_end(square(gradient))
    gram = arb_mat([[to_ball(entry) for entry in row] for row in matrix_product(walls, transposed(walls))])
    right = arb_mat([[-sum((to_ball(w) * g for w, g in zip(wall, gradient, strict=True)), arb(0)).mid()]
                     for wall in walls])
    try:
        solved = gram.mid().solve(right, algorithm="approx").mid().entries()
    except ZeroDivisionError:
        return None
    return upper_end(_distance(gradient, walls, [max(entry, arb(0)) for entry in solved]))


def _distance(gradient: Sequence[arb], walls: Sequence[Row], multipliers: Sequence[arb]) -> arb:
    """|gradient + sum lambda_i wall_i|^2, for exact lambda >= 0."""
    moved = list(gradient)
    for wall, factor in zip(walls, multipliers, strict=True):
        moved = [g + factor * to_ball(entry) for g, entry in zip(moved, wall, strict=True)]
    total: arb = square(moved)
    return total
