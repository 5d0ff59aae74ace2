r"""Closed-form critical points on products of spheres, other than neural collapse.

All are critical for every class-symmetric loss and every tau: a group of isometries and relabellings fixes the
configuration, and each column spans the vectors fixed by its stabiliser, so the gradient there has no tangent part.
``value`` is the closed form for cross-entropy. ``index`` and ``nullity`` of the Riemannian Hessian are given where
a proof (``because``) covers every size; elsewhere ``sphere_krawczyk`` settles single instances.

With u = tau K/(K-1) and s = tau/(K-1): f(tau) = log(1 + (K-1) e^-u), q_+- = q(+-tau), q(tau) = e^-u/(1 + (K-1) e^-u).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import flint
from flint import arb, arb_mat

from ncproofs.arithmetic.ball import sign, sign_truth
from ncproofs.arithmetic.linalg import eigenvalue_enclosures
from ncproofs.calculus.sphere_objective import dense_riemannian_hessian
from ncproofs.critical.collapse import helmert
from ncproofs.critical.profiles import profile_of, to_ball
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.problems.features import Spheres
from ncproofs.truth import Truth

__all__ = [
    "FamilyPoint", "antipodal", "dense_inertia", "direct_sum", "direct_sum_sizes", "direct_sum_value",
    "flip_is_minimum", "flip_value", "flipped_etf", "is_cross_entropy", "merged_etf", "one_direction", "polygon",
    "rank_one", "signed_etf",
]

Rows = list[list[arb]]


@dataclass(frozen=True, kw_only=True, eq=False)
class FamilyPoint:
    """A member of a family: W (d, K), H (d, N) as balls around the exact point."""

    family: str
    problem: Spheres
    W: arb_mat
    H: arb_mat
    value: arb
    rank: int
    index: int | None = None
    nullity: int | None = None
    because: str = ""

    @property
    def orbit_dimension(self) -> int:
        """dim O(d)/O(d - rank)."""
        return self.rank * (self.rank - 1) // 2 + self.rank * (self.problem.d - self.rank)


def is_cross_entropy(problem: Spheres) -> bool:
    """Whether the loss is cross-entropy, recognised by its expression."""
    try:
        profile = profile_of(problem.loss)
    except OutOfScope:
        return False
    return profile.kind == "linear" and profile.tilt == 0


def dense_inertia(point: FamilyPoint, bits: int) -> tuple[int, int]:
    """(eigenvalues of the Riemannian Hessian certainly negative, eigenvalues whose sign is not settled)."""
    matrix = dense_riemannian_hessian(point.problem, point.W, point.H, bits)
    signs = [sign(value) for value in eigenvalue_enclosures(matrix, bits)]
    return signs.count(-1), signs.count(0) + signs.count(None)


def rank_one(problem: Spheres, classifiers: Sequence[int], features: Sequence[int], bits: int) -> FamilyPoint:
    """W = u eps^T, h_i = eta_i u for signs eps (K) and eta (N); the Hessian is d - 1 copies of T.

    Raises:
        InvalidProblem: not that many signs.
    """
    problem = _cross_entropy(problem)
    for name, signs, count in (("classifiers", classifiers, problem.K), ("features", features, problem.N)):
        if len(signs) != count or any(e not in (1, -1) for e in signs):
            raise InvalidProblem(f"{name}={list(signs)} given; {count} signs 1 or -1 are needed")
    with flint.ctx.workprec(bits):
        W, H = _padded(problem, [[arb(e) for e in classifiers]], [[arb(e) for e in features]])
        tau, value, G = to_ball(problem.tau), arb(0), arb_mat(problem.K, problem.N)
        for i, eta in enumerate(features):
            y = i // problem.n
            terms = [(tau * (eps - classifiers[y]) * eta).exp() for eps in classifiers]
            whole = sum(terms, arb(0))
            value += whole.log() / problem.N
            for k, term in enumerate(terms):
                G[k, i] = (term / whole - int(k == y)) / problem.N
        T = _rank_one_form(G, tau, classifiers, features)
        found = [sign(v) for v in eigenvalue_enclosures(T, bits)]
        settled = found.count(1) + found.count(-1) == len(found) - 1
        return FamilyPoint(
            family="rank one", problem=problem, W=W, H=H, value=value, rank=1,
            index=(problem.d - 1) * found.count(-1) if settled else None, nullity=problem.d - 1 if settled else None,
            because="riemannian-calculus with r = 1: d - 1 copies of T, whose kernel contains (eps, eta)",
        )


def _rank_one_form(G: arb_mat, tau: arb, classifiers: Sequence[int], features: Sequence[int]) -> arb_mat:
    """T = [[-D_alpha, tau G], [tau G^T, -D_beta]] with alpha_k = tau eps_k sum_i G_ki eta_i, and beta likewise."""
    K, N = G.nrows(), G.ncols()
    T = arb_mat(K + N, K + N)
    for k in range(K):
        for i in range(N):
            T[k, K + i] = T[K + i, k] = tau * G[k, i]
            term = tau * G[k, i] * classifiers[k] * features[i]
            T[k, k] -= term
            T[K + i, K + i] -= term
    return T


def one_direction(problem: Spheres, bits: int, *, cosine: Fraction | int | arb = 1) -> FamilyPoint:
    """W = u 1^T, all features equal with <u, h> = ``cosine``: f = log K.

    The index (K-1)(d-1) and nullity (N-K+2)(d-1), larger than the orbit, hold unless the features are orthogonal
    to u.

    Raises:
        InvalidProblem: |cosine| > 1.
    """
    problem = _cross_entropy(problem)
    with flint.ctx.workprec(bits):
        cosine = to_ball(cosine)
        sine = arb(0) if abs(cosine) == 1 else (1 - cosine * cosine).sqrt()
        if not sine.is_finite():
            raise InvalidProblem(f"cosine={cosine} given, but a number in [-1, 1] is needed")
        K, N, d = problem.K, problem.N, problem.d
        W, H = _padded(problem, [[arb(1)] * K, [arb(0)] * K], [[cosine] * N, [sine] * N])
        generic = sign(cosine) not in (None, 0)
        return FamilyPoint(
            family="one direction", problem=problem, W=W, H=H, value=arb(K).log(), rank=1 if sine == 0 else 2,
            index=(K - 1) * (d - 1) if generic else None, nullity=(N - K + 2) * (d - 1) if generic else None,
            because="critical-families: the block of the features is 0, the mixed one has full rank (K-1)(d-1)",
        )


def merged_etf(problem: Spheres, groups: int, bits: int) -> FamilyPoint:
    """The K classes merged in ``groups`` equal groups, a simplex ETF of the groups, h = w.

    Raises:
        InvalidProblem: groups < 2, K not a multiple, d < groups - 1.
    """
    problem, K, d = _cross_entropy(problem), problem.K, problem.d
    if groups < 2 or K % groups or d < groups - 1:
        raise InvalidProblem(f"groups={groups} given; a divisor of K={K} from 2 to d + 1 = {d + 1} is needed")
    with flint.ctx.workprec(bits):
        rows = [[entry for entry in row for _ in range(K // groups)] for row in _simplex(groups)]
        W, H = _padded(problem, rows, _repeated(rows, problem.n))
        own = K // groups
        value = (own + (K - own) * _decay(problem.tau * Fraction(groups, groups - 1))).log()
        rank = groups - 1
        return FamilyPoint(
            family="merged ETF", problem=problem, W=W, H=H, value=value, rank=rank, index=(K - groups) * (d - 1),
            nullity=rank * (rank - 1) // 2 + rank * (d - rank),
            because="critical-families: differences inside a group give one negative mode per dimension and pair",
        )


def antipodal(problem: Spheres, bits: int) -> FamilyPoint:
    """A simplex ETF with h = -w.

    Raises:
        InvalidProblem: d < K - 1.
    """
    return flipped_etf(problem, problem.n, bits)


def flipped_etf(problem: Spheres, flips: int, bits: int) -> FamilyPoint:
    """A simplex ETF; in each class n - flips features at w_k, the last ``flips`` at -w_k.

    Raises:
        InvalidProblem: d < K - 1, or flips not in 0..n.
    """
    problem = _cross_entropy(problem)
    if problem.d < problem.K - 1 or not 0 <= flips <= problem.n:
        raise InvalidProblem(
            f"a simplex ETF with flips={flips} needs d >= K - 1 and 0 <= flips <= n; got {problem}"
        )
    with flint.ctx.workprec(bits):
        rows = _simplex(problem.K)
        turned = [1] * (problem.n - flips) + [-1] * flips
        W, H = _padded(problem, rows, [[e * x for x in row for e in turned] for row in rows])
        return FamilyPoint(family="flipped ETF", problem=problem, W=W, H=H, value=flip_value(problem, flips, bits),
                           rank=problem.K - 1)


def flip_value(problem: Spheres, flips: int, bits: int) -> arb:
    """((n - m) f(tau) + m f(-tau))/n."""
    with flint.ctx.workprec(bits):
        kept, turned = (_collapsed(problem.K, tau)[0] for tau in (problem.tau, -problem.tau))
        return ((problem.n - flips) * kept + flips * turned) / problem.n


def _collapsed(K: int, tau: Fraction) -> tuple[arb, arb]:
    """f(tau) and q(tau)."""
    decay = _decay(tau * Fraction(K, K - 1))
    return (1 + (K - 1) * decay).log(), decay / (1 + (K - 1) * decay)


def flip_is_minimum(problem: Spheres, flips: int, bits: int) -> Truth:
    """Whether the flipped ETF is a strict local minimum modulo rotations, at d = K - 1, by its 3 x 3 blocks.

    With m flips: s > 1; for K >= 4, (n-m) q_+/(s+1) > m q_-/(s-1); and (n-m) q_+ a_+ + m q_- a_- > 0, where
    a_+- are the Schur complements of the standard block (theorem spurious-minima).

    Raises:
        InvalidProblem: d differs from K - 1, K < 3, or no flips.
    """
    problem, K = _cross_entropy(problem), problem.K
    if problem.d != K - 1 or K < 3 or not 0 < flips <= problem.n:
        raise InvalidProblem(f"d = K - 1 >= 2 and 0 < flips <= n are needed; got {problem}, flips={flips}")
    if not problem.tau > K - 1:
        return Truth.FAILS  # each flipped feature has the eigenvalue tau q_- (s - 1)/n <= 0
    with flint.ctx.workprec(bits):
        s, kappa = to_ball(problem.tau / (K - 1)), to_ball(Fraction(K * (K - 2), K - 1))
        q_kept, q_turned = _collapsed(K, problem.tau)[1], _collapsed(K, -problem.tau)[1]
        kept = 1 + s - s * q_kept * kappa - (s - 1) ** 2 / ((K - 1) ** 2 * (1 + s))
        turned = s * (1 - q_turned * kappa) - 1 - (s + 1) ** 2 / ((K - 1) ** 2 * (s - 1))
        stay = problem.n - flips
        conditions = [sign_truth(stay * q_kept * kept + flips * q_turned * turned, ">")]
        if K >= 4:
            conditions.append(sign_truth(stay * q_kept / (s + 1) - flips * q_turned / (s - 1), ">"))
    if Truth.FAILS in conditions:
        return Truth.FAILS
    return Truth.HOLDS if set(conditions) == {Truth.HOLDS} else Truth.UNDECIDED


def direct_sum_sizes(K: int, d: int) -> Iterator[tuple[int, ...]]:
    """Partitions of K into K - d parts >= 2, in descending order: the simplices whose sum spans R^d."""

    def parts(rest: int, count: int, largest: int) -> Iterator[tuple[int, ...]]:
        if count == 0:
            if rest == 0:
                yield ()
            return
        for first in range(min(largest, rest - 2 * (count - 1)), 1, -1):
            if first * count < rest:
                return
            for others in parts(rest - first, count - 1, first):
                yield (first, *others)

    if K > d:
        yield from parts(K, K - d, K)


def direct_sum_value(problem: Spheres, sizes: Sequence[int], bits: int) -> arb:
    """(1/K) sum_j m_j log(1 + (m_j - 1) e^(-tau m_j/(m_j - 1)) + (K - m_j) e^-tau)."""
    K, tau = problem.K, problem.tau
    with flint.ctx.workprec(bits):
        total = arb(0)
        for m in sizes:
            total += m * (1 + (m - 1) * _decay(tau * Fraction(m, m - 1)) + (K - m) * _decay(tau)).log()
        return total / K


def direct_sum(problem: Spheres, sizes: Sequence[int], bits: int) -> FamilyPoint:
    """Simplex ETFs of ``sizes`` classes in mutually orthogonal spaces, h = w.

    Raises:
        InvalidProblem: sizes below 2, that do not sum to K, or need more than d dimensions.
    """
    problem = _cross_entropy(problem)
    rank = sum(m - 1 for m in sizes)
    if sum(sizes) != problem.K or any(m < 2 for m in sizes) or rank > problem.d:
        raise InvalidProblem(
            f"sizes={tuple(sizes)} given; parts >= 2 that sum to K={problem.K} and at least K - d of them are needed"
        )
    with flint.ctx.workprec(bits):
        rows: Rows = []
        for j, m in enumerate(sizes):
            before = sum(sizes[:j])
            rows += [[arb(0)] * before + row + [arb(0)] * (problem.K - before - m) for row in _simplex(m)]
        W, H = _padded(problem, rows, _repeated(rows, problem.n))
        return FamilyPoint(family="direct sum of ETFs", problem=problem, W=W, H=H, rank=rank,
                           value=direct_sum_value(problem, sizes, bits))


def polygon(problem: Spheres, winding: int, bits: int) -> FamilyPoint:
    """w_k = h_{k,i} at the angle 2 pi j k/K in a plane, j = ``winding``.

    Raises:
        InvalidProblem: winding not in 1..K/2.
    """
    problem, K = _cross_entropy(problem), problem.K
    if not 1 <= winding <= K // 2:
        raise InvalidProblem(f"winding={winding} given; a whole number from 1 to {K // 2} is needed")
    with flint.ctx.workprec(bits):
        angles = [Fraction(2 * winding * k, K) for k in range(K)]
        cosines = [arb.cos_pi_fmpq(flint.fmpq(a.numerator, a.denominator)) for a in angles]
        sines = [arb.sin_pi_fmpq(flint.fmpq(a.numerator, a.denominator)) for a in angles]
        W, H = _padded(problem, [cosines, sines], _repeated([cosines, sines], problem.n))
        value = sum(((to_ball(problem.tau) * (c - 1)).exp() for c in cosines), arb(0)).log()
        return FamilyPoint(family="polygon", problem=problem, W=W, H=H, value=value,
                           rank=1 if 2 * winding == K else 2)


def signed_etf(problem: Spheres, bits: int) -> FamilyPoint:
    """K = 2m classes at plus and minus the vectors of a simplex ETF of m >= 2 classes, h = w.

    Raises:
        InvalidProblem: K odd or below 4, or d < m - 1.
    """
    problem, K = _cross_entropy(problem), problem.K
    m = K // 2
    if K % 2 or m < 2 or problem.d < m - 1:
        raise InvalidProblem(f"an even K >= 4 and d >= K/2 - 1 are needed; got {problem}")
    with flint.ctx.workprec(bits):
        rows = [row + [-x for x in row] for row in _simplex(m)]
        W, H = _padded(problem, rows, _repeated(rows, problem.n))
        tau = problem.tau
        near = _decay(tau * Fraction(m, m - 1)) + _decay(tau * Fraction(m - 2, m - 1))
        value = (1 + _decay(2 * tau) + (m - 1) * near).log()
        return FamilyPoint(family="signed ETF", problem=problem, W=W, H=H, value=value, rank=m - 1)


def _cross_entropy(problem: Spheres) -> Spheres:
    if not is_cross_entropy(problem):
        raise OutOfScope(f"the closed forms are those of cross-entropy; got {problem.loss}")
    return problem


def _decay(exponent: Fraction) -> arb:
    return to_ball(-exponent).exp()


def _simplex(m: int) -> Rows:
    """m - 1 rows; the columns are a simplex ETF of unit vectors."""
    scale = to_ball(Fraction(m, m - 1)).sqrt()
    return [[scale * entry for entry in row] for row in helmert(m)]


def _repeated(rows: Rows, n: int) -> Rows:
    return [[entry for entry in row for _ in range(n)] for row in rows]


def _padded(problem: Spheres, rows: Rows, features: Rows) -> tuple[arb_mat, arb_mat]:
    blank = problem.d - len(rows)
    W = rows + [[arb(0)] * problem.K for _ in range(blank)]
    return arb_mat(W), arb_mat(features + [[arb(0)] * problem.N for _ in range(blank)])


