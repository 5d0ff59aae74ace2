r"""Critical points on products of spheres that exist: certified in balls, isolated modulo rotations, with inertia.

A point of rank r is turned into R^r. Its unit columns x_a (of W, then of H), multipliers nu_a and c_l solve

    df/dx_a + nu_a x_a + sum_l c_l A_l y_a = 0,    (|x_a|^2 - 1)/2 = 0,    sum_a <A_l y_a, x_a> = 0,

a square system with symmetric Jacobian: A_l is a basis of so(r), y the fixed approximate point. At a zero, c = 0 as
soon as the matrix <A_l x, A_m y> is regular, since f is invariant under rotations. Krawczyk's operator proves that
a zero exists in the box and is the only one there.

Samples of one class at the same place are one column of weight m; directions in which they separate decouple. The
d - r dimensions outside R^r each carry T = [[-D_alpha, tau G], [tau G^T, -D_beta]] (theorem riemannian-calculus),
whose kernel contains the r rows of [W H]. In R^r the kernel contains the r(r-1)/2 rotations.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import flint
import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from ncproofs.arithmetic.ball import Ball, sign
from ncproofs.arithmetic.enclosure import Enclosure, exact_bounds
from ncproofs.arithmetic.linalg import eigenvalue_enclosures
from ncproofs.calculus.logits import LogitExpansion, expand
from ncproofs.calculus.sphere_objective import tangent_basis
from ncproofs.critical.krawczyk import NotCertified, least_of
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.search import numerical_rank
from ncproofs.errors import InvalidProblem
from ncproofs.problems.features import Spheres

__all__ = ["CertifiedSpherePoint", "certify_sphere_point"]

Array = NDArray[np.float64]

_LARGEST = 320
_NEWTON_STEPS = 14
#: Two samples of one class this close in floats are tried as one point; the certificate is about that point.
_TOGETHER = Fraction(1, 10**8)


@dataclass(frozen=True, kw_only=True, eq=False)
class CertifiedSpherePoint:
    """An exact critical point lies in the box W (d, K), H (d, N), and is unique there modulo rotations.

    ``radius`` bounds every coordinate's distance from the box's centre. ``index``, ``nullity``, the smallest and the
    smallest positive eigenvalue are those of the Riemannian Hessian in R^d; ``transverse`` is the smallest eigenvalue
    of T, the Hessian in each of the d - rank dimensions outside the span (None when there are none).
    """

    problem: Spheres
    W: arb_mat
    H: arb_mat
    value: Enclosure
    radius: Fraction
    rank: int
    index: int
    nullity: int
    smallest: Enclosure
    minimum_positive: Enclosure | None
    transverse: Enclosure | None
    bits: int

    @property
    def orbit_dimension(self) -> int:
        """dim O(d)/O(d - rank)."""
        return self.rank * (self.rank - 1) // 2 + self.rank * (self.problem.d - self.rank)

    @property
    def excess_nullity(self) -> int:
        return self.nullity - self.orbit_dimension

    @property
    def is_strict_local_minimum(self) -> bool:
        """Modulo rotations; certified."""
        return self.index == 0 and self.excess_nullity == 0


@dataclass(frozen=True, eq=False)
class _System:
    """The point in R^r as floats (M columns: W, then one for each place of a class), with weights and labels."""

    problem: Spheres
    rank: int
    start: tuple[tuple[float, ...], ...]
    labels: tuple[int, ...]
    weights: tuple[int, ...]
    home: tuple[int, ...]  # for each of the N samples its place

    @property
    def columns(self) -> int:
        return self.problem.K + len(self.labels)

    @property
    def rotations(self) -> list[tuple[int, int]]:
        return list(combinations(range(self.rank), 2))

    @property
    def unknowns(self) -> int:
        return self.columns * (self.rank + 1) + len(self.rotations)


@dataclass(frozen=True, eq=False)
class _Derivatives:
    value: arb
    slopes: list[list[arb]]  # df/dx_a, a list of M columns
    hessian: list[list[arb]]  # M r x M r, column by column
    G: arb_mat  # K x places, weighted


def certify_sphere_point(
    problem: Spheres, W: Array, H: Array, bits: int = 128
) -> CertifiedSpherePoint | NotCertified:
    """Certify a critical point of ``problem`` near the floats W (d, K), H (d, N), with its index and nullity.

    Nothing is trusted from the floats. ``NotCertified`` carries the step that did not go through: the point is not
    isolated modulo rotations, an eigenvalue could not be separated from 0, or the precision is too low.

    Raises:
        InvalidProblem: W or H does not have the problem's shape.
    """
    W, H = np.asarray(W, dtype=np.float64), np.asarray(H, dtype=np.float64)
    if W.shape != (problem.d, problem.K) or H.shape != (problem.d, problem.N):
        raise InvalidProblem(
            f"W {W.shape} and H {H.shape} given; {problem} needs ({problem.d}, {problem.K}) and "
            f"({problem.d}, {problem.N})"
        )
    lengths = np.abs(np.hstack([W, H])).sum(axis=0)
    if not (np.isfinite(lengths).all() and lengths.all()):
        return NotCertified("a column is zero or not finite")
    W, H = W / np.linalg.norm(W, axis=0), H / np.linalg.norm(H, axis=0)
    rank = numerical_rank(np.linalg.svd(np.hstack([W, H]), compute_uv=False))
    while True:
        system = _system(problem, W, H, rank)
        if system.unknowns > _LARGEST:
            return NotCertified(f"{system.unknowns} unknowns; at most {_LARGEST} are tried")
        with flint.ctx.workprec(bits):
            box = _krawczyk(system, bits)
            found = box if isinstance(box, NotCertified) else _with_inertia(system, box, bits)
        if isinstance(box, NotCertified) or not isinstance(found, NotCertified) or not _rank_of(system, box) < rank:
            return found
        rank = _rank_of(system, box)  # Newton's method ended in fewer dimensions than the floats showed


def _rank_of(system: _System, box: list[arb]) -> int:
    x = np.array([float(e.mid()) for e in box[: system.rank * system.columns]]).reshape(system.columns, system.rank)
    return numerical_rank(np.linalg.svd(x, compute_uv=False))


def _system(problem: Spheres, W: Array, H: Array, rank: int) -> _System:
    left, _, _ = np.linalg.svd(np.hstack([W, H]), full_matrices=False)
    W, H = left[:, :rank].T @ W, left[:, :rank].T @ H
    places: list[tuple[int, Array]] = []
    weights: list[int] = []
    home: list[int] = []
    for sample, column in enumerate(H.T):
        label = sample // problem.n
        near = [p for p, (other, place) in enumerate(places)
                if other == label and float(np.abs(place - column).max()) < _TOGETHER]
        if not near:
            places.append((label, column))
            weights.append(0)
        home.append(near[0] if near else len(places) - 1)
        weights[home[-1]] += 1
    start = [*W.T, *(place for _, place in places)]
    return _System(
        problem, rank, tuple(tuple(map(float, x / np.linalg.norm(x))) for x in start),
        tuple(label for label, _ in places), tuple(weights), tuple(home),
    )


def _derivatives(system: _System, x: list[list[arb]], bits: int) -> _Derivatives:
    """Of the weighted mean loss in the columns ``x``, in the ambient space R^r, at the current precision."""
    problem, r = system.problem, system.rank
    K, N, tau = problem.K, problem.N, to_ball(problem.tau)
    W, places = arb_mat(x[:K]).transpose(), x[K:]
    size = system.columns * r
    hessian = [[arb(0)] * size for _ in range(size)]
    value, slopes = arb(0), [[arb(0)] * r for _ in x]
    G: list[list[arb]] = []
    for c, h in enumerate(places):
        weight = arb(system.weights[c]) / N
        logits = (arb_mat([h]) * W * tau).tolist()[0]
        found = expand(problem.loss, logits, system.labels[c], Ball(bits))
        value += weight * found.value
        g = [weight * entry for entry in found.gradient]
        G.append(g)
        for k in range(K):
            for i in range(r):
                slopes[k][i] += tau * g[k] * h[i]
                slopes[K + c][i] += tau * g[k] * x[k][i]
        bent = _curvature(found) * (weight * tau * tau)
        _add_place(hessian, bent, g, (W, h, K + c), tau)
    return _Derivatives(value, slopes, hessian, arb_mat(G).transpose())


def _add_place(
    hessian: list[list[arb]], bent: arb_mat, g: list[arb], at: tuple[arb_mat, list[arb], int], tau: arb
) -> None:
    """The second derivatives of one place: M[k, l] h h^T, h (W M_k)^T + tau g_k I, W M W^T."""
    W, h, place = at
    r, K = W.nrows(), W.ncols()
    pulled = W * bent
    own = pulled * W.transpose()
    for i in range(r):
        for j in range(r):
            hessian[place * r + i][place * r + j] += own[min(i, j), max(i, j)]
            for k in range(K):
                mixed = h[i] * pulled[j, k] + (tau * g[k] if i == j else 0)
                hessian[k * r + i][place * r + j] += mixed
                hessian[place * r + j][k * r + i] += mixed
                for m in range(K):
                    hessian[k * r + i][m * r + j] += bent[min(k, m), max(k, m)] * (h[i] * h[j])


def _curvature(found: LogitExpansion) -> arb_mat:
    U = arb_mat([list(column) for column in found.columns]).transpose()
    matrix = U * arb_mat([list(row) for row in found.core]) * U.transpose()
    for k, entry in enumerate(found.diagonal):
        matrix[k, k] += entry
    return matrix


def _centre(system: _System) -> list[list[arb]]:
    return [[arb(entry) for entry in column] for column in system.start]


def _turned(system: _System, x: list[list[arb]]) -> list[list[list[arb]]]:
    """A_l x for every rotation l of two coordinates (p, q): (A x)_p = -x_q, (A x)_q = x_p."""
    out = []
    for p, q in system.rotations:
        columns = [[arb(0)] * system.rank for _ in x]
        for column, entries in zip(columns, x, strict=True):
            column[p], column[q] = -entries[q], entries[p]
        out.append(columns)
    return out


def _equations(system: _System, unknowns: list[arb], bits: int) -> tuple[arb_mat, arb_mat]:
    """F and its Jacobian [[D^2 f + diag(nu), B], [B^T, 0]]."""
    r, M, turned = system.rank, system.columns, _turned(system, _centre(system))
    x = [unknowns[a * r : (a + 1) * r] for a in range(M)]
    nu, c = unknowns[M * r : M * (r + 1)], unknowns[M * (r + 1) :]
    found = _derivatives(system, x, bits)
    values: list[arb] = []
    jacobian = [row + [arb(0)] * (len(unknowns) - M * r) for row in found.hessian]
    jacobian += [[arb(0)] * len(unknowns) for _ in range(len(unknowns) - M * r)]
    for a in range(M):
        for i in range(r):
            row = a * r + i
            gauge = sum((s * columns[a][i] for s, columns in zip(c, turned, strict=True)), arb(0))
            values.append(found.slopes[a][i] + nu[a] * x[a][i] + gauge)
            jacobian[row][row] += nu[a]
            jacobian[row][M * r + a] = jacobian[M * r + a][row] = x[a][i]
            for s, columns in enumerate(turned):
                jacobian[row][M * (r + 1) + s] = jacobian[M * (r + 1) + s][row] = columns[a][i]
    values += [(sum((e * e for e in column), arb(0)) - 1) / 2 for column in x]
    values += [_inner(columns, x) for columns in turned]
    return arb_mat(len(values), 1, values), arb_mat(jacobian)


def _inner(left: list[list[arb]], right: list[list[arb]]) -> arb:
    return sum((a * b for x, y in zip(left, right, strict=True) for a, b in zip(x, y, strict=True)), arb(0))


def _krawczyk(system: _System, bits: int) -> list[arb] | NotCertified:
    """A box of unknowns that contains exactly one zero."""
    x = _centre(system)
    slopes = _derivatives(system, x, bits).slopes
    centre = [e for column in x for e in column]
    centre += [-_inner([column], [slope]).mid() for column, slope in zip(x, slopes, strict=True)]
    centre += [arb(0)] * len(system.rotations)
    small = arb(2) ** (-(3 * bits) // 4)
    for _ in range(_NEWTON_STEPS):
        values, jacobian = _equations(system, centre, bits)
        try:
            inverse = jacobian.mid().inv().mid()
        except ZeroDivisionError:
            return NotCertified("the Jacobian is singular: the point is not isolated modulo rotations")
        step = (inverse * values).mid().entries()
        centre = [(entry - s).mid() for entry, s in zip(centre, step, strict=True)]
        if all(abs(entry) < small for entry in step):
            break
    else:
        return NotCertified(f"Newton's method did not converge in {_NEWTON_STEPS} steps")
    radius = arb(2) ** (-bits // 2)
    wide = [arb(entry, radius) for entry in centre]
    # K(X) = x - Y F(x) + (I - Y J(X)) (X - x); K(X) inside X proves one zero in X, and it lies in K(X).
    values, _ = _equations(system, centre, bits)
    slack = -(inverse * _equations(system, wide, bits)[1])
    for i in range(len(centre)):
        slack[i, i] = slack[i, i] + 1
    shift = slack * arb_mat(len(centre), 1, [arb(0, radius)] * len(centre)) - inverse * values
    image = [entry + shift[i, 0] for i, entry in enumerate(centre)]
    if not all(ball.contains_interior(new) for ball, new in zip(wide, image, strict=True)):
        return NotCertified(f"Krawczyk's operator at {bits} bits does not map the box into its interior")
    return image


def _with_inertia(system: _System, box: list[arb], bits: int) -> CertifiedSpherePoint | NotCertified:
    problem, r, M = system.problem, system.rank, system.columns
    x, nu = [box[a * r : (a + 1) * r] for a in range(M)], box[M * r : M * (r + 1)]
    refused = _refused(system, x, bits)
    if refused:
        return NotCertified(refused)
    found = _derivatives(system, x, bits)
    sectors = _sectors(system, x, nu, found, bits)
    index = nullity = 0
    for values, copies, zeros in sectors:
        signs = [sign(value) for value in values]
        unsettled = len(signs) - signs.count(1) - signs.count(-1)
        if unsettled != zeros:
            return NotCertified(f"{unsettled - zeros} eigenvalues of the Hessian are not separated from 0")
        index, nullity = index + copies * signs.count(-1), nullity + copies * zeros
    every = [value for values, _, _ in sectors for value in values]
    places = [x[problem.K + place] for place in system.home]
    return CertifiedSpherePoint(
        problem=problem, W=_padded(x[: problem.K], problem.d), H=_padded(places, problem.d),
        value=Enclosure.of_ball(found.value), radius=max(exact_bounds(e.rad())[1] for e in box[: M * r]), rank=r,
        index=index, nullity=nullity, smallest=least_of(every),
        minimum_positive=least_of([v for v in every if v > 0]) if any(v > 0 for v in every) else None,
        transverse=least_of(sectors[-1][0]) if problem.d > r else None, bits=bits,
    )


def _refused(system: _System, x: list[list[arb]], bits: int) -> str:
    """Why c = 0 or rank [W H] = r does not follow; empty when both do."""
    X = arb_mat(x).transpose()
    if not all(value > 0 for value in eigenvalue_enclosures(X * X.transpose(), bits)):
        return f"rank [W H] = {system.rank} is not certified"
    fixed, moving = _turned(system, _centre(system)), _turned(system, x)
    gram = [[_inner(left, right) for right in fixed] for left in moving]
    if gram and not sign(arb_mat(gram).det()):
        return "the gauge condition may be degenerate"
    return ""


def _sectors(
    system: _System, x: list[list[arb]], nu: list[arb], found: _Derivatives, bits: int
) -> list[tuple[list[arb], int, int]]:
    """(eigenvalues, copies, how many of them are exactly zero) for each block of the Hessian in R^d; T comes last."""
    problem, r, K = system.problem, system.rank, system.problem.K
    extra, turns = problem.d - r, len(system.rotations)
    scale = [arb(1)] * K + [1 / arb(m).sqrt() for m in system.weights]
    sectors: list[tuple[list[arb], int, int]] = []
    if r > 1:
        bases = [tangent_basis(column) for column in x]
        sectors.append((eigenvalue_enclosures(_tangential(found.hessian, bases, nu, scale), bits), 1, turns))
        for c, m in enumerate(system.weights):
            if m > 1:
                a = K + c
                own = arb_mat([row[a * r : (a + 1) * r] for row in found.hessian[a * r : (a + 1) * r]])
                block = (bases[a].transpose() * own * bases[a] + arb_mat(r - 1, r - 1, 1) * nu[a]) / m
                sectors.append((eigenvalue_enclosures(block, bits), m - 1, 0))
    if extra:
        sectors += [([nu[K + c] / m], (m - 1) * extra, 0) for c, m in enumerate(system.weights) if m > 1]
        sectors.append((_transverse(system, nu, found.G, scale, bits), extra, r))
    return sectors


def _tangential(hessian: list[list[arb]], bases: list[arb_mat], nu: list[arb], scale: list[arb]) -> arb_mat:
    """Q^T (D^2 f + diag(nu)) Q, Q orthonormal tangent bases; a column of weight m counts as m equal samples."""
    r, s = bases[0].nrows(), bases[0].ncols()
    rows = [[arb(0)] * (len(bases) * s) for _ in range(len(bases) * s)]
    for a, left in enumerate(bases):
        for b in range(a, len(bases)):
            block = arb_mat([row[b * r : (b + 1) * r] for row in hessian[a * r : (a + 1) * r]])
            entries = left.transpose() * block * bases[b] * (scale[a] * scale[b])
            if a == b:
                entries = entries + arb_mat(s, s, 1) * (nu[a] * scale[a] * scale[a])
            for i in range(s):
                for j in range(s):
                    if a != b or i <= j:
                        rows[a * s + i][b * s + j] = rows[b * s + j][a * s + i] = entries[i, j]
    return arb_mat(rows)


def _transverse(system: _System, nu: list[arb], G: arb_mat, scale: list[arb], bits: int) -> list[arb]:
    """Eigenvalues of T = [[nu_W, tau G], [tau G^T, nu_H]]."""
    K, M, tau = system.problem.K, system.columns, to_ball(system.problem.tau)
    T = arb_mat(M, M)
    for a in range(M):
        T[a, a] = nu[a] * scale[a] * scale[a]
    for k in range(K):
        for c in range(M - K):
            T[k, K + c] = T[K + c, k] = tau * G[k, c] * scale[K + c]
    return eigenvalue_enclosures(T, bits)


def _padded(columns: list[list[arb]], d: int) -> arb_mat:
    return arb_mat([column + [arb(0)] * (d - len(column)) for column in columns]).transpose()
