"""The layered model in words: its quantities and regimes, and its critical points as text and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ncproofs.critical.layered_points import CriticalPoint

__all__ = ["LAYERED", "point_lines", "point_records", "shown"]

#: One line, what the problem is, quantity -> meaning, regime -> meaning.
LAYERED: tuple[str, str, dict[str, str], dict[str, str]] = (
    "L weight layers on unconstrained features, mean squared error",
    "minimise (1/2N) |W_L ... W_1 H + b 1^T - Y|^2 + sum_l lambda_l/2 |W_l|^2 + lambda_H/2 |H|^2 + lambda_b/2 |b|^2\n"
    "over W_1 (d_2, d_1), ..., W_L (K, d_L), H (d_1, N), b (K); Y one-hot, N the sum of the class sizes, M = L + 1.\n"
    "Without a bias (lambda_b none) b is 0. With --relu: W_2 relu(W_1 H). Class means: H_bar, one column a class.",
    {
        "objective": "the minimum value",
        "kappa": "K (n lambda_H lambda_1 ... lambda_L)^(1/M), the price of a direction",
        "kappa_power": "kappa^M, a rational number: all decisions are comparisons with kappa_c^M and kappa_sn^M",
        "kappa_c": "beyond it zero is the global minimum; (M-2)^(M-2)/(M-1)^(2M-2) is its M-th power (1 for one layer)",
        "kappa_sn": "beyond it zero is the only critical point; (M-2)^(M-2) M^M/(2M-2)^(2M-2) is its M-th power",
        "sigma_plus": "the larger root of sigma^(M-2) (1-sigma)^M = kappa^M; 1 - kappa for one layer",
        "sigma_minus": "the smaller root, for two layers or more",
        "hessian_scaled_sym_uniform_eig": "at the points with sigma_plus, in factors scaled to equal decay (Hessian "
        "of K f): the eigenvalue of the symmetric change that is the same in all factors; its sign is that of "
        "sigma - (M-2)/(2M-2)",
        "lambda_b_threshold": "kappa/(kappa_c - kappa): up to it (with widths K - 1 for every weight) the class "
        "means are an exact simplex ETF",
        "alpha, beta": "W_L ... W_1 H_bar = alpha (I - 11^T/K) + beta 11^T/K at the optimum",
        "bias": "the common entry of b; absent without a bias",
        "feature_norm_sq": "|h|^2, the same for every sample",
        "feature_inner": "<h_j, h_k> for two classes",
        "cosine": "of the angle between two class means; -1/(K-1) for a simplex ETF, 0 for an orthogonal frame",
        "W_row_norm_sq": "|row of W_L|^2",
        "W_singular_values_sq_l": "squared singular values of W_l across the classes (K or K - 1 of them)",
        "W_mean_singular_value_sq_l": "the one along the mean of the classes, when there is a bias",
        "linear_objective": "with --relu, where it is not known to be the minimum: that of the linear model",
        "better_value": "with --relu, where the linear minimum is beaten: the value of a certified point below it",
        "singular_sq_c1, sigma_c1, bias_n9": "unequal classes, free bias: eigenvalues s^2 of diag(n) - n n^T/N (c1, "
        "c2, ...; n9 where a size repeats), x^M/s there, and the bias of the classes with 9 samples",
        "W_fro_sq_l, H_fro_sq": "sums of squares of all entries",
        "..._n9": "for unequal classes: kappa, kappa_power, sigma (the class's own logit), feature_norm_sq and "
        "W_singular_values_sq_l of the classes with 9 samples",
    },
    {
        "orthogonal frame": "no bias, all widths >= K: orthogonal class means of one length",
        "collapse": "with a bias lambda_b <= lambda_b_threshold, or with rank K - 1: a simplex ETF",
        "intermediate": "with a heavier bias: between a simplex ETF and an orthogonal frame",
        "orthogonal means": "unequal classes: orthogonal class means of unequal lengths",
        "minority collapse": "unequal classes: the small ones vanish, the others are orthogonal",
        "centred": "unequal classes with a free bias: the singular directions of the centred targets",
        "rank-deficient frame": "the widths leave room for fewer directions than pay",
        "tie": "kappa = kappa_c exactly: several ranks are globally optimal; the notes say which",
        "trivial": "all factors are zero",
    },
)


def shown(counts: Any) -> str:
    """How many directions: 2, or 2,1 for several groups."""
    return ",".join(map(str, counts)) if isinstance(counts, tuple) else str(counts)


def point_records(points: Sequence[CriticalPoint], digits: int) -> list[dict[str, Any]]:
    """Critical points as plain data."""
    return [
        {
            "plus": point.plus, "minus": point.minus, "kind": point.kind, "negative": point.negative,
            "zero": point.zero, "dimension": point.dimension, "value": point.value.as_json(digits),
            "modes": [{"mode": name, "plus": plus, "minus": minus} for name, plus, minus in point.modes],
        }
        for point in points
    ]


def point_lines(points: Sequence[CriticalPoint], digits: int) -> list[str]:
    """For people: one row an orbit of critical points."""
    head = "directions with sigma_plus, with sigma_minus; negative and zero eigenvalues; value"
    groups = [mode[0] for mode in points[0].modes]
    several = len(groups) > 1
    order = f" (one number for each group: {', '.join(groups)})" if several else ""
    lines = ["", f"  critical points: {head}{order}"]
    wide = max(4, *(len(shown(part)) for point in points for part in point.counts))
    for point in points:
        lower, upper = point.value.decimals(digits)
        value = f"{lower} (exactly)" if point.value.is_point and lower == upper else f"[{lower}, {upper}]"
        plus, minus = (f"{shown(part):>{wide}}" for part in point.counts)
        lines.append(f"  {plus} {minus}  {point.negative:>6} {point.zero:>6}  {value}  {point.kind}")
    return lines
