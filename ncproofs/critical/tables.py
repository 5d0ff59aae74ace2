r"""Closed-form Hessian spectra at the optimal points, as (eigenvalue, multiplicity, sector) rows.

Letters: S = lambda_W + lambda_H, lam = sqrt(lambda_W lambda_H), c = lam sqrt n, mu = B m/(cK), nu = A
m/(cK), where the logit Hessian is A along e_k - 1/K and B orthogonally to it. ``pair(s)`` are the
eigenvalues of [[lambda_W, s], [s, lambda_H]]. Every function works at flint's current precision and keeps
rational eigenvalues exact.
"""

from __future__ import annotations

from fractions import Fraction

import flint
from flint import arb

from ncproofs.arithmetic.linalg import small_symmetric_eigenvalues
from ncproofs.critical.mse import mean_weight
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.regimes import Number, Scale, c_of, lift, product
from ncproofs.problems.features import Ridge

__all__ = [
    "Row",
    "collapse_table",
    "mse_frame_table",
    "mse_intermediate_table",
    "mse_origin_table",
    "origin_table",
]

Row = tuple[Number, int, str]


def _add(*values: Number | int) -> Number:
    result: Number
    result, *rest = lift(*values)
    for value in rest:
        result = result + value
    return result


def _over(top: Number, bottom: Number | int) -> Number:
    above, below = lift(top, bottom)
    quotient: Number = above / below
    return quotient


def _root_of_nonnegative(value: arb) -> arb:
    """The square root of a number known to be >= 0, from a ball that may reach below 0."""
    return value.sqrt() if value > 0 else arb(0).union(value.upper().sqrt())


def _total(problem: Ridge) -> Fraction:
    return problem.lambda_W + problem.lambda_H


def pair(problem: Ridge, s_squared: Number) -> tuple[Number, Number]:
    """Eigenvalues of [[lambda_W, s], [s, lambda_H]], smaller first; exactly 0 if s^2 = lambda_W lambda_H."""
    S, gap = _total(problem), problem.lambda_W - problem.lambda_H
    weight = problem.lambda_W * problem.lambda_H
    if isinstance(s_squared, Fraction):
        if s_squared == weight:
            return Fraction(0), S
        if s_squared == 0:
            return min(problem.lambda_W, problem.lambda_H), max(problem.lambda_W, problem.lambda_H)
    s2 = to_ball(s_squared)
    high = (to_ball(S) + (to_ball(gap * gap) + 4 * s2).sqrt()) / 2
    # The determinant over the larger root loses no digits.
    return (to_ball(weight) - s2) / high, high


def symmetric_pair(problem: Ridge, mu: Number) -> tuple[arb, arb]:
    """Roots of x^2 - S (1 + mu) x + 4 mu lambda_W lambda_H, its discriminant a sum of squares."""
    m, S = to_ball(mu), to_ball(_total(problem))
    gap = to_ball(problem.lambda_W - problem.lambda_H)
    spread = _root_of_nonnegative(S * S * (1 - m) ** 2 + 4 * m * gap * gap)
    high = (S * (1 + m) + spread) / 2
    return 4 * m * to_ball(problem.lambda_W * problem.lambda_H) / high, high


def collapse_table(problem: Ridge, scale: Scale) -> list[Row]:
    """Table D1: the simplex ETF of cross-entropy, focal loss and every loss of softmax form."""
    K, n, N, lW, lH = problem.K, problem.n, problem.N, problem.lambda_W, problem.lambda_H
    spare, S, c = problem.d - K + 1, _total(problem), to_ball(c_of(problem))
    m, A, B = (to_ball(value) for value in (scale.margin, scale.radial, scale.tangential))
    mu, nu = B * m / (c * K), A * m / (c * K)
    rows: list[Row] = [
        (Fraction(0), (K - 1) * spare, "gauge"),
        (S, (K - 1) * spare, "gauge partner"),
        (lW, spare, "W along 1"),
        (lH, (N - K + 1) * spare, "H, extra dimensions"),
        (to_ball(lH) * (1 + nu), K * (n - 1), "within class, radial"),
        (to_ball(lH) * (1 + mu), K * (K - 2) * (n - 1), "within class, tangential"),
        (lW, K - 1, "mean of the classifiers"),
        (Fraction(0), (K - 1) * (K - 2) // 2, "rotations"),
        (to_ball(S) * (1 + mu), (K - 1) * (K - 2) // 2, "antisymmetric"),
    ]
    rows += [(value, 1, "scale") for value in symmetric_pair(problem, nu)]
    rows += [(value, max(K * (K - 3) // 2, 0), "symmetric") for value in symmetric_pair(problem, mu)]
    rows += [(value, K - 1, "standard") for value in _standard(problem, mu, A, B)]
    if problem.lambda_b is not None:
        rows.append((problem.lambda_b, 1, "bias along 1"))
    return rows


def _standard(problem: Ridge, mu: arb, A: arb, B: arb) -> list[arb]:
    """S4 on (W symmetric, H symmetric, H mean, bias); K = 2 keeps the last two, no bias drops the last."""
    K, lW, lH = problem.K, to_ball(problem.lambda_W), to_ball(problem.lambda_H)
    omega = (A / B - 1) / (K - 1)
    zero, w, h, beta = arb(0), (lW * mu).sqrt(), (lH * mu).sqrt(), B.sqrt()
    shrink = arb(K - 2).sqrt()
    a, b, g = [w, h, zero, zero], [zero, zero, h, beta], [shrink * w, shrink * h, h, beta]
    rows = [[a[i] * a[j] + b[i] * b[j] + omega * g[i] * g[j] for j in range(4)] for i in range(4)]
    lam = (lW * lH).sqrt()
    for i, weight in enumerate((lW, lH, lH, to_ball(problem.lambda_b or 0))):
        rows[i][i] = rows[i][i] + weight
    rows[0][1], rows[1][0] = rows[0][1] - lam, rows[1][0] - lam
    keep = [i for i in range(4) if (i >= 2 or K > 2) and (i < 3 or problem.has_bias)]
    return small_symmetric_eigenvalues([[rows[i][j] for j in keep] for i in keep], flint.ctx.prec)


def origin_table(problem: Ridge, scale: Scale) -> list[Row]:
    """Table D3: W = H = 0 with b = 0 for losses of softmax form."""
    K, d, N = problem.K, problem.d, problem.N
    low, high = pair(problem, _over(product(scale.origin_slope, scale.origin_slope), problem.n))
    rows: list[Row] = [
        (low, (K - 1) * d, "origin, descent pairs"),
        (high, (K - 1) * d, "origin, ascent pairs"),
        (problem.lambda_W, d, "W along 1"),
        (problem.lambda_H, (N - K + 1) * d, "H, no class signal"),
    ]
    if problem.lambda_b is not None:
        bent = (to_ball(scale.radial) + (K - 2) * to_ball(scale.tangential)) / (K - 1) + to_ball(
            problem.lambda_b
        )
        rows += [(bent, K - 1, "bias, centred"), (problem.lambda_b, 1, "bias along 1")]
    return rows


def mse_origin_table(problem: Ridge) -> list[Row]:
    """Table D3 for MSE: W = H = 0, b = 1/(K (1 + lambda_b)) in every entry."""
    K, d, N, kappa = problem.K, problem.d, problem.N, mean_weight(problem)
    slope = Fraction(1, K * K * problem.n)
    rows: list[Row] = [(problem.lambda_H, (N - K) * d, "H, no class signal")]
    rows += [(value, (K - 1) * d, "origin, centred pairs") for value in pair(problem, slope)]
    rows += [(value, d, "origin, mean pairs") for value in pair(problem, kappa * kappa * slope)]
    if problem.lambda_b is not None:
        rows.append((1 + problem.lambda_b, K, "bias"))
    return rows


def mse_frame_table(problem: Ridge, margin: Number, rank: int) -> list[Row]:
    """Table D2 at Z0 = margin * Pi, Pi a projector of ``rank``, orthogonal to 1 if there is a bias.

    Valid at every such critical point, optimal or not: 1 <= rank <= min(d, K), at most K - 1 with a bias.
    """
    K, d, n, N, lH = problem.K, problem.d, problem.n, problem.N, problem.lambda_H
    S, spare, mu = _total(problem), d - rank, _over(margin, product(c_of(problem), K))
    grown, slope = _add(1, mu), Fraction(1, K * K * n)
    centred = K if problem.lambda_b is None else K - 1
    rows: list[Row] = [
        (Fraction(0), rank * spare, "gauge"),
        (S, rank * spare, "gauge partner"),
        (product(lH, grown), rank * K * (n - 1), "within class"),
        (Fraction(0), rank * (rank - 1) // 2, "rotations"),
        (product(S, grown), rank * (rank - 1) // 2, "antisymmetric"),
        (Fraction(0), rank * (centred - rank), "class rotations"),
        (product(S, grown), rank * (centred - rank), "class directions"),
        (lH, (N - K) * spare, "H, extra dimensions"),
    ]
    rows += [(value, rank * (rank + 1) // 2, "symmetric") for value in symmetric_pair(problem, mu)]
    rows += [(value, (centred - rank) * spare, "missing class directions") for value in pair(problem, slope)]
    if problem.lambda_b is not None:
        kappa = mean_weight(problem)
        rows += [(value, spare, "missing mean direction") for value in pair(problem, kappa * kappa * slope)]
        rows += [(value, rank, "mean") for value in _mean_block(problem, mu, kappa)]
        rows.append((1 + problem.lambda_b, K - rank, "bias"))
    return rows


def _mean_block(problem: Ridge, mu: Number, kappa: Fraction) -> list[Number]:
    """[[lambda_W (1+mu), -s, 0], [-s, lambda_H (1+mu), r], [0, r, 1 + lambda_b]].

    r^2 = mu lambda_H, s = kappa/(K sqrt n).
    """
    grown = _add(1, mu)
    first, second = product(problem.lambda_W, grown), product(problem.lambda_H, grown)
    m, lH = to_ball(mu), to_ball(problem.lambda_H)
    if kappa == 0:
        half = to_ball(second)
        # x^2 - (lambda_H (1+mu) + 1) x + lambda_H; discriminant (lambda_H (1+mu) - 1)^2 + 4 mu lambda_H
        high = (half + 1 + ((half - 1) ** 2 + 4 * m * lH).sqrt()) / 2
        return [first, lH / high, high]
    s, r, zero = to_ball(kappa) / to_ball(problem.K) / arb(problem.n).sqrt(), (m * lH).sqrt(), arb(0)
    last = 1 + to_ball(problem.lambda_b or 0)
    rows = [[to_ball(first), -s, zero], [-s, to_ball(second), r], [zero, r, last]]
    return list(small_symmetric_eigenvalues(rows, flint.ctx.prec))


def mse_intermediate_table(problem: Ridge, scale: Scale) -> list[Row]:
    """Table D2 at Z0 = x P + y J/K with 0 < y < x, d >= K, lambda_b > 0."""
    K, n, N, lH, S = problem.K, problem.n, problem.N, problem.lambda_H, _total(problem)
    spare, size = problem.d - K, product(c_of(problem), K)
    mx, my = _over(scale.margin, size), _over(scale.mean, size)
    rows: list[Row] = [
        (Fraction(0), K * spare, "gauge"),
        (S, K * spare, "gauge partner"),
        (lH, (N - K) * spare, "H, extra dimensions"),
        (product(lH, _add(1, mx)), (K - 1) * K * (n - 1), "within class"),
        (product(lH, _add(1, my)), K * (n - 1), "within class, mean"),
        (Fraction(0), (K - 1) * (K - 2) // 2, "rotations"),
        (product(S, _add(1, mx)), (K - 1) * (K - 2) // 2, "antisymmetric"),
        (Fraction(0), K - 1, "rotations of the mean"),
    ]
    rows += [(value, K * (K - 1) // 2, "symmetric") for value in symmetric_pair(problem, mx)]
    rows += [
        (value, K - 1, "mixed with the mean") for value in _mixed_block(problem, to_ball(mx), to_ball(my))
    ]
    rows += [(value, 1, "mean") for value in _own_mean_block(problem, to_ball(my))]
    return rows


def _mixed_block(problem: Ridge, mx: arb, my: arb) -> list[arb]:
    r"""The 5 x 5 block without its gauge zero, in the orthonormal basis (g, a', b', bias) of its complement.

    With a = (sqrt lH, sqrt lW)/sqrt S on (W1, H2) and b likewise on (W2, H1) the regulariser is 0 on a and b
    and S on a' and b'; the gauge direction is sqrt(mx) a - sqrt(my) b, and g is orthogonal to it.
    """
    S, lW, lH = to_ball(_total(problem)), to_ball(problem.lambda_W), to_ball(problem.lambda_H)
    along, x, y = (lW * lH * (mx + my) / S).sqrt(), (mx / S).sqrt(), (my / S).sqrt()
    v1 = [along, lW * y, -lH * x, arb(1)]
    v2 = [along, -lH * y, lW * x, arb(0)]
    rows = [[v1[i] * v1[j] + v2[i] * v2[j] for j in range(4)] for i in range(4)]
    for i, weight in enumerate((arb(0), S, S, to_ball(problem.lambda_b or 0))):
        rows[i][i] = rows[i][i] + weight
    return small_symmetric_eigenvalues(rows, flint.ctx.prec)


def _own_mean_block(problem: Ridge, my: arb) -> list[arb]:
    """v v^T + [[lW, -lam], [-lam, lH]] (+) lambda_b with v = (sqrt(lW my), sqrt(lH my), 1)."""
    lW, lH = to_ball(problem.lambda_W), to_ball(problem.lambda_H)
    lam, v = (lW * lH).sqrt(), [(lW * my).sqrt(), (lH * my).sqrt(), arb(1)]
    rows = [[v[i] * v[j] for j in range(3)] for i in range(3)]
    for i, weight in enumerate((lW, lH, to_ball(problem.lambda_b or 0))):
        rows[i][i] = rows[i][i] + weight
    rows[0][1], rows[1][0] = rows[0][1] - lam, rows[1][0] - lam
    return small_symmetric_eigenvalues(rows, flint.ctx.prec)
