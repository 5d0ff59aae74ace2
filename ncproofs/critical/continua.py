r"""Critical points that are not isolated modulo symmetry, recognised and classified in closed form.

Mean squared error with weight decay: the critical points are exactly Z0 = x Pi (and, with a penalised bias, others
with a mean part), Pi any projector of rank r, orthogonal to 1 if there is a bias (theorem ``mse-landscape``). Away
from r = 0 and full rank they form Grassmannians, orbits of the orthogonal maps that mix the classes (and fix 1 if there
is a bias): the objective is invariant under W -> W Q^T, H -> H (Q (x) I)^T. So the inertia is that of any one member: a
table where there is one (theorem ``mse-spectrum``), else the dense Hessian of a member in balls, whose kernel
contains the tangent space of the Grassmannian and of the rotations.

Spheres, any shift-invariant loss: at W = u 1^T all logits are equal and the gradient of a sample is
kappa (1/K - e_y). The point is critical iff the class means of P_u h agree. Its Hessian is [[A, B], [B^T, 0]]:
S_i W^T D = 0 and beta_i = tau <h_i, W G_i> = 0. B sends (d_k) to the P_h (mean d - d_y), so its kernel is {d_k = v}
as soon as each class has a feature that is not orthogonal to u; A vanishes there (S 1 = 0, sum_k alpha_k = 0). Hence
index = rank B = (K-1)(d-1) and nullity = (N-K+2)(d-1), by the inertia of a bordered matrix.

Spheres, label smoothing (or the projected mean squared error) beyond its threshold t < tau K/(K-1), d >= K: the global
minimisers are the points with <w_k - w_bar, h> = (t/tau)(delta_ky - 1/K), where the loss of each sample is least in
its logits. Given W, h is the point h_0 of span{w_k - w_bar} with these products plus any vector orthogonal to the
span that makes |h| = 1. The gradient in the logits is 0, so the multipliers are, and the Hessian is
(tau^2/N) J^T l'' J >= 0 with J the map from tangent vectors to centred logits, on which l'' > 0. While |h_0| < 1 the
tangent space of h maps onto the centred logits (h is not in the span), so rank J = N (K-1): index 0 and nullity
(K+N)(d-1) - N (K-1).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import flint
import numpy as np
from flint import arb, arb_mat, fmpq, fmpq_mat
from numpy.typing import NDArray

from ncproofs.arithmetic.ball import Ball, sign
from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.arithmetic.linalg import eigenvalue_enclosures
from ncproofs.calculus.logit_facts import is_shift_invariant
from ncproofs.calculus.logits import expand
from ncproofs.calculus.objective import dense_hessian
from ncproofs.calculus.sphere_objective import dense_riemannian_hessian
from ncproofs.critical.collapse import helmert
from ncproofs.critical.mse import mean_weight
from ncproofs.critical.optimum import enclose
from ncproofs.critical.profiles import is_mean_squared, profile_of, to_ball
from ncproofs.critical.regimes import Number, c_of
from ncproofs.critical.search import numerical_rank
from ncproofs.critical.sphere_optimum import sphere_regime, tilt_threshold, tilted_value
from ncproofs.critical.sphere_points import is_projected
from ncproofs.critical.tables import mse_frame_table
from ncproofs.errors import OutOfScope
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.truth import Truth

__all__ = ["Continuum", "mse_continuum", "mse_stratum", "one_direction", "sphere_continuum", "sphere_stratum"]

Array = NDArray[np.float64]

_EQUAL = Fraction(1, 10**6)
_ORTHOGONAL = Fraction(1, 10**9)
#: The exact features of a tilted point differ from the floats by less.
_NEAR = Fraction(1, 10**4)
_TILTED = "equal logit gaps"
#: Dense Hessians in balls are looked at up to this dimension; the index rests on the proof above, not on them.
_DENSE = 200


@dataclass(frozen=True, kw_only=True)
class Continuum:
    """A critical point on a continuum: its exact inertia, and the theorem that gives it."""

    family: str
    value: Enclosure
    rank: int
    index: int
    nullity: int
    orbit_dimension: int
    smallest: Enclosure
    bits: int


def mse_stratum(problem: Ridge, W: Array) -> str:
    """The family that the floats W (d, K) belong to; empty where critical points are isolated or no family is known."""
    if not is_mean_squared(problem.loss):
        return ""
    rank = numerical_rank(np.linalg.svd(W, compute_uv=False))
    centred = problem.K - 1 if problem.has_bias else problem.K
    mean = problem.has_bias and float(np.abs(W.sum(axis=1)).max()) > float(_EQUAL) * max(1, float(np.abs(W).max()))
    if not 0 < rank - mean < centred:
        return ""
    return f"projectors of rank {rank - 1} and the mean" if mean else f"projectors of rank {rank}"


def mse_continuum(problem: Ridge, family: str, bits: int) -> Continuum | None:
    """Value and inertia of all critical points of a family named by ``mse_stratum``; None if it is empty."""
    rank, mean = int(family.split()[3]), family.endswith("mean")
    with flint.ctx.workprec(bits):
        K, kappa = problem.K, mean_weight(problem)
        x = 1 - K * to_ball(c_of(problem))
        y = 1 - K * to_ball(c_of(problem)) / to_ball(kappa) if mean else arb(0)
        if not x > 0 or (mean and not y > 0):
            return None
        values = _mean_values(problem, rank, x, y, bits) if mean else _table_values(problem, rank, x)
        if values is None:
            return None
        start = Fraction(1, 2) if problem.lambda_b is None else (K - 1 + kappa) / (2 * K)
        gain = (rank * x * x + to_ball(kappa) * y * y) / (2 * K)
        whole = rank + mean
        return Continuum(
            family=family, value=enclose(to_ball(start) - gain), rank=whole,
            index=sum(count for value, count in values if _sign(value) == -1),
            nullity=sum(count for value, count in values if _sign(value) == 0),
            orbit_dimension=whole * (whole - 1) // 2 + whole * (problem.d - whole),
            smallest=enclose(min((value for value, _ in values), key=lambda v: to_ball(v).lower())), bits=bits,
        )


def _table_values(problem: Ridge, rank: int, margin: arb) -> list[tuple[Number, int]] | None:
    values = [(value, count) for value, count, _ in mse_frame_table(problem, margin, rank) if count]
    return None if any(_sign(value) is None for value, _ in values) else values


def _mean_values(problem: Ridge, rank: int, x: arb, y: arb, bits: int) -> list[tuple[Number, int]] | None:
    """The eigenvalues at Z0 = x Pi + y J/K, Pi the projector of the first ``rank`` rows of the Helmert matrix."""
    K, d, n = problem.K, problem.d, problem.n
    if problem.dimension > _DENSE or problem.lambda_b is None:
        return None
    shape = to_ball(n * problem.lambda_H / problem.lambda_W).sqrt()
    rows = [[(shape * x).sqrt() * e for e in row] for row in helmert(K)[:rank]]
    rows.append([(shape * y / K).sqrt()] * K)
    rows += [[arb(0)] * K for _ in range(d - rank - 1)]
    W = arb_mat(rows)
    H = arb_mat([[e / shape for e in row for _ in range(n)] for row in rows])
    bias = arb_mat([[(1 - y) / (K * to_ball(1 + problem.lambda_b))] for _ in range(K)])
    found = eigenvalue_enclosures(dense_hessian(problem, W, H, bias, bits), bits)
    whole = rank + 1
    flat = whole * (whole - 1) // 2 + whole * (d - whole) + rank * (K - 1 - rank)
    settled: list[tuple[Number, int]] = [(value, 1) for value in found if sign(value) in (1, -1)]
    return [*settled, (Fraction(0), flat)] if len(settled) + flat == len(found) else None


def _sign(value: Number) -> int | None:
    if isinstance(value, Fraction):
        return (value > 0) - (value < 0)
    found = sign(value)
    return None if found == 0 else found


def sphere_stratum(problem: Spheres, W: Array, H: Array, *, flat: bool = False) -> str:
    """The family that the floats W (d, K), H (d, N) belong to; empty where none is known.

    ``flat``: the Hessian there has zero eigenvalues beyond the symmetries, so that floats end on the way to a
    continuum: near its singular points the gradient grows with the third power of the distance.
    """
    return _tilted_stratum(problem, W, H) or _one_direction_stratum(problem, W, H, _NEAR if flat else _EQUAL)


def sphere_continuum(problem: Spheres, family: str, W: Array, H: Array, bits: int) -> Continuum | None:
    """An exact critical point of a family named by ``sphere_stratum`` near the floats; None if none is certain."""
    return (_tilted if family == _TILTED else one_direction)(problem, W, H, bits)


@lru_cache(maxsize=64)
def _is_tilted(problem: Spheres) -> bool:
    """Whether the minimisers certainly are the points whose logits are least for every sample."""
    if problem.d < problem.K or is_mean_squared(problem.loss):
        return False
    try:
        known = is_projected(problem.loss) or bool(profile_of(problem.loss).tilt)
    except OutOfScope:
        return False
    if not known or tilt_threshold(problem) is None:
        return False
    regime = sphere_regime(problem)
    return regime.truth is Truth.HOLDS and regime.name == "tilted collapse"


def _tilted_stratum(problem: Spheres, W: Array, H: Array) -> str:
    if not _is_tilted(problem):
        return ""
    centred, wanted = W - W.mean(axis=1, keepdims=True), _products(problem, 64).astype(np.float64)
    if float(np.abs(centred.T @ H - np.repeat(wanted, problem.n, axis=1)).max()) > float(_EQUAL):
        return ""
    inside = centred @ np.linalg.lstsq(centred.T @ centred + 1 / problem.K, wanted, rcond=None)[0]
    return _TILTED if float((inside**2).sum(axis=0).max()) < 1 - float(_EQUAL) else ""


def _products(problem: Spheres, bits: int) -> Any:
    """<w_j - w_bar, h> for a sample of class k, as balls."""
    with flint.ctx.workprec(bits):
        gap = to_ball(tilt_threshold(problem) or 0) / to_ball(problem.tau)
        K = problem.K
        return np.array([[gap * (int(j == k) - arb(1) / K) for k in range(K)] for j in range(K)], dtype=object)


def _tilted(problem: Spheres, W: Array, H: Array, bits: int) -> Continuum | None:
    """The exact point with the classifiers of the floats, normalised, and features as in the head of this module."""
    K, N, d = problem.K, problem.N, problem.d
    left, scales, _ = np.linalg.svd(np.hstack([W, H]), full_matrices=False)
    rank = numerical_rank(scales)
    frame = left[:, :rank].T
    with flint.ctx.workprec(bits):
        V, floats = _unit(_exact(frame @ W)), _exact(frame @ H)
        F = _features(problem, V, floats, bits)
        if F is None or not all(abs(x) < to_ball(_NEAR) for x in (F - floats).entries()):
            return None
        X = arb_mat([[*v, *f] for v, f in zip(V.tolist(), F.tolist(), strict=True)])
        if not (X * X.transpose()).det() > 0:
            return None  # a rank that floats see and balls do not
        return Continuum(
            family=_TILTED, value=enclose(tilted_value(problem)), rank=rank, index=0,
            nullity=(K + N) * (d - 1) - N * (K - 1), orbit_dimension=rank * (rank - 1) // 2 + rank * (d - rank),
            smallest=Enclosure.exact(0), bits=bits,
        )


def _features(problem: Spheres, V: arb_mat, floats: arb_mat, bits: int) -> arb_mat | None:
    """h_0 plus the part of the floats orthogonal to the span, to length one; None unless |h_0| < 1 is certain."""
    K, rank = problem.K, V.nrows()
    mean = arb_mat([[arb(1) / K] * K for _ in range(K)])
    C = V - V * mean
    gram = C.transpose() * C + mean  # 1 to 1, and regular where the C have rank K - 1
    try:
        inside = C * gram.solve(arb_mat(_products(problem, bits).tolist()))
        apart = floats - C * gram.solve(C.transpose() * floats)
    except ZeroDivisionError:
        return None
    columns = []
    for i in range(problem.N):
        own = [inside[a, i // problem.n] for a in range(rank)]
        other = [apart[a, i] for a in range(rank)]
        rest, size = 1 - sum((x * x for x in own), arb(0)), sum((x * x for x in other), arb(0))
        if not (rest > 0 and size > 0):
            return None
        factor = (rest / size).sqrt()
        columns.append([x + factor * y for x, y in zip(own, other, strict=True)])
    return arb_mat(columns).transpose()


def _exact(matrix: Array) -> arb_mat:
    return arb_mat([[float(entry) for entry in row] for row in matrix])


def _unit(matrix: arb_mat) -> arb_mat:
    sizes = [sum((x * x for x in column), arb(0)).sqrt() for column in matrix.transpose().tolist()]
    return arb_mat([[x / size for x, size in zip(row, sizes, strict=True)] for row in matrix.tolist()])


def _direction(W: Array) -> Array:
    mean = W.mean(axis=1)
    direction: Array = mean / (float(np.linalg.norm(mean)) or 1)
    return direction


def _one_direction_stratum(problem: Spheres, W: Array, H: Array, within: Fraction) -> str:
    """Whether the columns of the floats W (d, K) agree ``within`` and the loss is shift invariant; empty if not.

    A class all of whose features are nearly orthogonal to u makes the point one of the singular stratum, whose index
    may be smaller.
    """
    together = float(np.abs(W - W[:, :1]).max()) < within
    if not together or is_shift_invariant(problem.loss).truth is not Truth.HOLDS:
        return ""
    along = np.abs(_direction(W) @ H).reshape(problem.K, problem.n).max(axis=1)
    return "W = u 1^T, features orthogonal to u" if float(along.min()) < float(_ORTHOGONAL) else "W = u 1^T"


def one_direction(problem: Spheres, W: Array, H: Array, bits: int) -> Continuum | None:
    """An exact critical point W = u 1^T near the floats, with its inertia; None if the features leave none near."""
    K, n, d, N = problem.K, problem.n, problem.d, problem.N
    W = np.tile(_direction(W)[:, None], K)
    left, scales, _ = np.linalg.svd(np.hstack([W, H]), full_matrices=False)
    rank = numerical_rank(scales)
    frame = np.linalg.qr(np.column_stack([left[:, :rank].T @ W[:, 0], np.eye(rank)]))[0]
    parts = frame.T @ left[:, :rank].T @ H
    along = parts[0] * np.sign(frame[:, 0] @ left[:, :rank].T @ W[:, 0])
    across = _balanced([[fmpq(*float(e).as_integer_ratio()) for e in row] for row in parts[1:]], K, n)
    moved = max((abs(float(int(e.p) / int(e.q)) - x) for exact, row in zip(across, parts[1:], strict=True)
                 for e, x in zip(exact, row, strict=True)), default=0)
    if moved > float(_EQUAL):
        return None  # the class means do not agree: no critical point of this kind is near
    with flint.ctx.workprec(bits):
        heights = []
        for i in range(N):
            rest = 1 - sum((arb(row[i] * row[i]) for row in across), arb(0))
            if not rest > 0:
                return None  # a feature (nearly) orthogonal to u: the singular stratum
            heights.append(rest.sqrt() * (1 if along[i] >= 0 else -1))
        found = expand(problem.loss, [arb(0)] * K, 0, Ball(bits))
        exact = 1 + (fmpq_mat(across).rank() if across else 0)
        if sign(found.gradient[0]) in (None, 0) or exact != rank:
            return None
        blank = [[arb(0)] * N for _ in range(d - rank)]
        features = arb_mat([heights, *([arb(e) for e in row] for row in across), *blank])
        u = arb_mat([[arb(int(i == 0))] * K for i in range(d)])
        least = _least(problem, u, features, bits)
        return None if least is None else Continuum(
            family="W = u 1^T", value=enclose(found.value), rank=rank, index=(K - 1) * (d - 1),
            nullity=(N - K + 2) * (d - 1), orbit_dimension=rank * (rank - 1) // 2 + rank * (d - rank),
            smallest=least, bits=bits,
        )


def _balanced(rows: list[list[fmpq]], K: int, n: int) -> list[list[fmpq]]:
    """The last sample of each class moved so that all class means agree exactly."""
    out = []
    for row in rows:
        mean = sum(row, fmpq(0)) / (K * n)
        row = list(row)
        for k in range(K):
            others = sum(row[k * n : (k + 1) * n - 1], fmpq(0))
            row[(k + 1) * n - 1] = n * mean - others
        out.append(row)
    return out


def _least(problem: Spheres, W: arb_mat, H: arb_mat, bits: int) -> Enclosure | None:
    """The smallest eigenvalue; None where the dense Hessian contradicts the index, or is too large to look at."""
    if problem.dimension > _DENSE:
        return None
    values = eigenvalue_enclosures(dense_riemannian_hessian(problem, W, H, bits), bits)
    wanted = (problem.K - 1) * (problem.d - 1)
    if sum(value < 0 for value in values) != wanted or sum(value > 0 for value in values) != wanted:
        return None
    return Enclosure.of_ball(values[0])
