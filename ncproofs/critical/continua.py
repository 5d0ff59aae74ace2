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
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

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
from ncproofs.critical.profiles import is_mean_squared, to_ball
from ncproofs.critical.regimes import Number, c_of
from ncproofs.critical.search import numerical_rank
from ncproofs.critical.tables import mse_frame_table
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.truth import Truth

__all__ = ["Continuum", "mse_continuum", "mse_stratum", "one_direction", "one_direction_stratum"]

Array = NDArray[np.float64]

_EQUAL = Fraction(1, 10**6)
_ORTHOGONAL = Fraction(1, 10**9)
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


def one_direction_stratum(problem: Spheres, W: Array, H: Array) -> str:
    """Whether the floats W (d, K) have equal columns and the loss is shift invariant; empty if not.

    A class all of whose features are nearly orthogonal to u makes the point one of the singular stratum, whose index
    may be smaller.
    """
    together = float(np.abs(W - W[:, :1]).max()) < float(_EQUAL)
    if not together or is_shift_invariant(problem.loss).truth is not Truth.HOLDS:
        return ""
    along = np.abs(W[:, 0] @ H).reshape(problem.K, problem.n).max(axis=1)
    return "W = u 1^T, features orthogonal to u" if float(along.min()) < float(_ORTHOGONAL) else "W = u 1^T"


def one_direction(problem: Spheres, W: Array, H: Array, bits: int) -> Continuum | None:
    """An exact critical point W = u 1^T near the floats, with its inertia; None if the features leave none near."""
    K, n, d, N = problem.K, problem.n, problem.d, problem.N
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
