r"""The optimal point itself, as ball matrices: ``collapse_point(problem, bits)``.

One representative of the orbit: rows of the Helmert matrix E (E^T E = P, E E^T = I) are the frame, all
further feature dimensions are zero. W = w E and H = h E (x) 1_n^T with w^2 = sqrt(n lambda_H/lambda_W)
margin and h^2 = sqrt(lambda_W/(n lambda_H)) margin: w h = margin, and lambda_W w^2 = lambda_H n h^2 is the
balance.
"""

from __future__ import annotations

import flint
from flint import arb, arb_mat

from ncproofs.critical.optimum import Optimum, optimum, scale_of
from ncproofs.critical.profiles import is_mean_squared, profile_of, to_ball
from ncproofs.critical.regimes import Regime, Scale
from ncproofs.problems.features import Ridge

__all__ = ["Point", "collapse_point", "frame_point", "helmert"]

Point = tuple[arb_mat, arb_mat, arb_mat | None]


def collapse_point(problem: Ridge, bits: int, at: Optimum | None = None) -> Point:
    """(W (d, K), H (d, N), b (K, 1) or None) at the optimum, or at the best candidate if it is not certified.

    Raises:
        InvalidProblem, OutOfScope: as ``optimum``.
    """
    found = at or optimum(problem, digits=6)
    profile = None if is_mean_squared(problem.loss) else profile_of(problem.loss)
    scale = scale_of(problem, profile, found.details, bits + 32)
    with flint.ctx.workprec(bits + 32):
        return _assemble(problem, _frame(problem, found.details, scale), to_ball(scale.bias))


def frame_point(problem: Ridge, w_squared: arb, h_squared: arb) -> Point:
    """The simplex ETF with the given squared scales, b = 0, at the current precision; needs d >= K - 1."""
    w, h = w_squared.sqrt(), h_squared.sqrt()
    rows = helmert(problem.K)
    return _assemble(problem, [([w * e for e in row], [h * e for e in row]) for row in rows], arb(0))


def helmert(K: int) -> list[list[arb]]:
    """K - 1 orthonormal rows orthogonal to 1: row j is (1, ..., 1, -j, 0, ..., 0)/sqrt(j (j + 1)), j ones."""
    rows = []
    for j in range(1, K):
        unit = 1 / arb(j * (j + 1)).sqrt()
        rows.append([unit if k < j else -j * unit if k == j else arb(0) for k in range(K)])
    return rows


def _frame(problem: Ridge, regime: Regime, scale: Scale) -> list[tuple[list[arb], list[arb]]]:
    """Rows of W and of the class means of H."""
    K = problem.K
    shape = to_ball(problem.n * problem.lambda_H / problem.lambda_W).sqrt()
    basis: list[tuple[list[arb], arb]] = []
    if regime.name == "orthogonal frame" or (
        regime.rank and not problem.has_bias and is_mean_squared(problem.loss)
    ):
        unit = [[arb(int(k == j)) for k in range(K)] for j in range(regime.rank)]
        basis = [(row, to_ball(scale.margin)) for row in unit]
    elif regime.rank:
        basis = [(row, to_ball(scale.margin)) for row in helmert(K)[: regime.rank]]
    if regime.has_mean:
        basis.append(([1 / arb(K).sqrt()] * K, to_ball(scale.mean)))
    rows = []
    for row, height in basis:
        w, h = (shape * height).sqrt(), (height / shape).sqrt()
        rows.append(([w * e for e in row], [h * e for e in row]))
    return rows


def _assemble(problem: Ridge, frame: list[tuple[list[arb], list[arb]]], bias: arb) -> Point:
    K, n, d = problem.K, problem.n, problem.d
    blank = ([arb(0)] * K, [arb(0)] * K)
    rows = frame + [blank] * (d - len(frame))
    W = arb_mat([list(row) for row, _ in rows])
    H = arb_mat([[entry for entry in row for _ in range(n)] for _, row in rows])
    b = arb_mat(K, 1, [bias] * K) if problem.has_bias else None
    return W, H, b
