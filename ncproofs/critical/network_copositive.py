r"""Two-layer ReLU networks with several outputs on whitened data, X X^T = I: the minimum by enumeration of supports.

(Xw)_+ runs through {h >= 0, |h| <= 1}, so the dual constraint is c(V)^2 = max h^T V V^T h over h >= 0, |h| = 1, not
above beta^2: a matrix is copositive. The maximum is attained at some h with support S, positive there, and then h_S is
an eigenvector of (V V^T)_SS. So c^2 is the largest eigenvalue, over all supports, that has a positive eigenvector; one
that has none is shown not to by a vector y with (A_SS - lambda) y > 0, because h^T (A_SS - lambda) y = 0.

The network is found in floats (``network_orthant_search``) and made sharp by Newton's method on its supports; neither
is trusted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import flint
from flint import arb, arb_mat

from ncproofs.arithmetic.inertia import ldl_inertia
from ncproofs.arithmetic.linalg import eigenvalue_enclosures, symmetric_part
from ncproofs.critical.network_certificate import Certificate, Neuron, dual_value, primal_value, upper_end
from ncproofs.critical.network_newton import newton
from ncproofs.critical.network_orthant_search import Atoms, supports
from ncproofs.critical.profiles import to_ball
from ncproofs.problems.networks import Network

__all__ = ["MOST_SAMPLES", "copositive_certificate", "largest_on_orthant"]

#: 2^n supports are looked at.
MOST_SAMPLES = 10


def copositive_certificate(problem: Network, atoms: Atoms, bits: int) -> Certificate:
    """The network of ``atoms`` after Newton's method, and V = Y - f scaled into the dual set."""
    places = range(len(problem.Y))
    start = [([arb(dict(zip(S, h, strict=True)).get(i, 0)) for i in places], list(map(arb, a))) for S, h, a in atoms]
    # Newton may run away where supports are not those of a minimiser: then the start is the better network.
    rivals = [_network(problem, pairs) for pairs in (_sharpened(problem, atoms, bits), start)]
    neurons, V = min(rivals, key=lambda rival: upper_end(primal_value(problem, rival[0])))
    bound = largest_on_orthant(V, problem.price**2, bits)
    return Certificate(neurons=neurons, primal=primal_value(problem, neurons), V=tuple(map(tuple, V)),
                       dual=dual_value(problem, V, bound), quantities={"rank": Fraction(len(neurons))})


def _network(problem: Network, pairs: Sequence[tuple[list[arb], list[arb]]]
             ) -> tuple[tuple[Neuron, ...], list[list[arb]]]:
    X, n, K = problem.X, len(problem.Y), len(problem.Y[0])
    V = [[to_ball(entry) for entry in row] for row in problem.Y]
    neurons = []
    for h, a in pairs:
        w = tuple(sum((to_ball(X[i][j]) * h[i] for i in range(n)), arb(0)) for j in range(len(X[0])))
        neurons.append(Neuron(w=w, a=tuple(a)))
        V = [[V[i][k] - h[i] * a[k] for k in range(K)] for i in range(n)]
    return tuple(neurons), [[entry.mid() for entry in row] for row in V]


def _sharpened(problem: Network, atoms: Atoms, bits: int) -> list[tuple[list[arb], list[arb]]]:
    """Stationary (H, A) near the atoms with their supports. Neurons of one support may be rotated into each other."""
    n, K, r = len(problem.Y), len(problem.Y[0]), len(atoms)
    if not atoms:
        return []
    places = [(j, i) for j, (S, _, _) in enumerate(atoms) for i in S]
    Y = arb_mat([[to_ball(entry) for entry in row] for row in problem.Y])
    beta = to_ball(problem.price)

    def split(point: Sequence[arb]) -> tuple[arb_mat, arb_mat]:
        H = arb_mat(n, r)
        for (j, i), entry in zip(places, point, strict=False):
            H[i, j] = entry
        return H, arb_mat(r, K, list(point[len(places) :]))

    def system(point: list[arb]) -> tuple[list[arb], arb_mat]:
        H, A = split(point)
        R = H * A - Y
        first, second = R * A.transpose() + H * beta, H.transpose() * R + A * beta
        J = _jacobian(H, A, R, places, beta)
        for turn in _rotations(atoms, places, H, A):
            column = arb_mat(len(point), 1, turn)
            J = J + column * column.transpose()
        return [first[i, j] for j, i in places] + second.entries(), J

    start = [arb(entry) for _, h, _ in atoms for entry in h] + [arb(entry) for _, _, a in atoms for entry in a]
    H, A = split(newton(start, system, bits))
    pairs = [([H[i, j].max(arb(0)) for i in range(n)], [A[j, k] for k in range(K)]) for j in range(r)]
    return [([entry.mid() for entry in h], [entry.mid() for entry in a]) for h, a in pairs]


def _jacobian(H: arb_mat, A: arb_mat, R: arb_mat, places: list[tuple[int, int]], beta: arb) -> arb_mat:
    """Of the gradient of |R|^2/2 + (beta/2)(|H|^2 + |A|^2), R = HA - Y, in the entries ``places`` of H and all of A."""
    cut, (r, K) = len(places), (A.nrows(), A.ncols())
    inner, outer = A * A.transpose(), H.transpose() * H
    J = arb_mat(cut + r * K, cut + r * K)
    for p, (j, i) in enumerate(places):
        for q, (other, m) in enumerate(places):
            if i == m:
                J[p, q] = inner[j, other] + (beta if j == other else 0)
        for other in range(r):
            for k in range(K):
                column = cut + other * K + k
                J[p, column] = J[column, p] = H[i, other] * A[j, k] + (R[i, k] if j == other else 0)
    for j in range(r):
        for other in range(r):
            for k in range(K):
                J[cut + j * K + k, cut + other * K + k] = outer[j, other] + (beta if j == other else 0)
    return J


def _rotations(atoms: Atoms, places: list[tuple[int, int]], H: arb_mat, A: arb_mat) -> Iterator[list[arb]]:
    """Directions along which neurons of one support turn into each other, at no cost."""
    r, K = A.nrows(), A.ncols()
    for a in range(r):
        for b in range(a):
            if atoms[a][0] != atoms[b][0]:
                continue
            turned = [H[i, b] if j == a else -H[i, a] if j == b else arb(0) for j, i in places]
            yield turned + [A[b, k] if j == a else -A[a, k] if j == b else arb(0) for j in range(r) for k in range(K)]


# --- the dual constraint -------------------------------------------------------------------------------------


def largest_on_orthant(V: Sequence[Sequence[Any]], level: Fraction, bits: int) -> Fraction:
    """An upper bound of max |V^T h|^2 over h >= 0, |h| = 1, and at least ``level`` times 1 - 10^-6.

    Every support counts: one whose largest eigenvalue is below that is done with; of the others every eigenvalue counts
    that is not shown to have no positive eigenvector.
    """
    with flint.ctx.workprec(bits + 32):
        rows = arb_mat([[to_ball(entry) for entry in row] for row in V])
        gram = symmetric_part(rows * rows.transpose(), bits + 32)
        low = level * (1 - Fraction(1, 10**6))
        worst = low
        for S in supports(len(V)):
            part = arb_mat([[gram[i, j] for j in S] for i in S])
            if _is_below(part, low):
                continue
            for value in eigenvalue_enclosures(part, bits):
                above = upper_end(value)
                if above > worst and not _has_no_positive_vector(part, value):
                    worst = above
        return worst


def _is_below(matrix: arb_mat, level: Fraction) -> bool:
    """level - matrix is positive definite, from few bits: only a clear yes matters."""
    size = matrix.nrows()
    rows = [[(to_ball(level) if i == j else arb(0)) - matrix[i, j] for j in range(size)] for i in range(size)]
    signs = ldl_inertia(arb_mat(rows), 96)
    return signs is not None and signs.positive == size


def _has_no_positive_vector(matrix: arb_mat, value: arb) -> bool:
    """Whether some y has (matrix - lambda) y > 0 for every lambda in ``value``."""
    import numpy as np
    from scipy.optimize import linprog

    size = matrix.nrows()
    table = np.array([[float(matrix[i, j]) for j in range(size)] for i in range(size)])
    values, vectors = np.linalg.eigh(table)
    gaps = values - float(value.mid())
    own = abs(gaps) < abs(values).max() / 2**30
    # z >= 1 orthogonal to the eigenvectors, which exists unless one of them is >= 0; then (matrix - lambda) y = z.
    found = linprog(np.ones(size), A_eq=vectors[:, own].T, b_eq=np.zeros(int(own.sum())), bounds=(1, None))
    if not own.any() or not found.success:
        return False
    y = vectors @ np.where(own, 0, (vectors.T @ found.x) / np.where(own, 1, gaps))
    column = arb_mat(size, 1, [arb(float(entry)) for entry in y])
    moved = (matrix * column - column * value).entries()
    return all(entry > 0 for entry in moved)
