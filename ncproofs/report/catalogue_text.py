"""Theorems, losses, families and suites for people."""

from __future__ import annotations

import textwrap
from pathlib import Path

from ncproofs.proof.claims import Claim
from ncproofs.proof.formal import open_library
from ncproofs.report.layered_text import LAYERED
from ncproofs.report.network_text import NETWORK
from ncproofs.theorems.theorem import Theorem

__all__ = ["FAMILIES", "family_lines", "suite_lines", "theorem_lines"]

_WIDTH = 110
#: family -> (one line, what the problem is, quantity -> meaning, regime -> meaning).
FAMILIES: dict[str, tuple[str, str, dict[str, str], dict[str, str]]] = {
    "ridge": (
        "unconstrained features with weight decay on W and H",
        "minimise (1/N) sum_{k,i} L(W^T h_{k,i} + b, k)\n"
        "         + lambda_W/2 |W|^2 + lambda_H/2 |H|^2 + lambda_b/2 |b|^2\n"
        "over W (d, K), H (d, N), b (K); N = n K. Without a bias (lambda_b none) b is 0.",
        {
            "objective": "the minimum value",
            "margin": "m with W^T H = m (I - J/K), one column for each sample; for mean_squared: x",
            "mean_direction": "mean_squared with a bias: y, the part of W^T H along the all-ones vector; "
            "0 without a bias",
            "W_row_norm_sq": "|w_k|^2, the same for every class",
            "H_col_norm_sq": "|h_{k,i}|^2, the same for every sample",
            "W_fro_sq": "|W|^2, the sum of squares of all entries",
            "H_fro_sq": "|H|^2",
            "logit_gap": "z_y - z_j for every j other than y",
            "bias": "the common entry of b; absent without a bias",
            "c": "sqrt(n lambda_W lambda_H), the price of margin",
        },
        {
            "collapse": "a simplex ETF: features equal their class mean and are parallel to the classifiers",
            "trivial": "W = 0 and H = 0",
            "orthogonal frame": "mean_squared without a bias, d >= K",
            "intermediate": "mean_squared with a heavy bias: between a simplex ETF and an orthogonal frame",
            "rank-deficient frame": "mean_squared with fewer features than the frame needs",
        },
    ),
    "sphere": (
        "unit classifiers and features at temperature tau",
        "minimise (1/N) sum_{k,i} L(tau W^T h_{k,i}, k)\n"
        "over W (d, K) and H (d, N) whose columns have length one; N = n K.",
        {
            "objective": "the value at the point; the minimum where the answer holds and the point is not antipodal",
            "multiplier_W": "alpha, the normal part of the gradient at each classifier",
            "multiplier_H": "beta, the normal part of the gradient at each feature",
            "condition_number": "largest over smallest nonzero eigenvalue of the Riemannian Hessian",
        },
        {
            "collapse": "a simplex ETF W with h_{k,i} = w_k",
            "tilted collapse": "label_smoothing beyond its threshold: an ETF tilted towards a common direction",
            "orthogonal frame": "mean_squared: orthonormal w_k = h_{k,i}",
            "tight frame": "mean_squared, tau K <= d < K: unit vectors w_k = h_{k,i} with W W^T = (K/d) I",
            "antipodal": "the critical point h_{k,i} = -w_k",
        },
    ),
    "layered": LAYERED,
    "code": (
        "many classes: unit vectors, each far from the hull of the others",
        "maximise rho(W) = min_k rho_k, rho_k = dist(w_k, conv{w_j : j != k}),\n"
        "over K unit vectors w_k in R^d; the maximum is rho*(d, K) = -min HardMax = 1 - c*(d, K),\n"
        "c* the least largest inner product of K unit vectors (Tammes). Points of a file may have any length:\n"
        "of one length they are scaled to the sphere, else rho_k is the distance of the points as given.",
        {
            "margin": "rho*, or bounds of it; for given points their least rho_k",
            "code_margin": "1 - c of the code shown, a certified lower bound of rho*",
            "cosine": "c, the largest inner product of two points of the code shown",
            "least_stress": "the least contact stress (of sum about 1), where strict local optimality is certified",
            "margin_sq": "given points: the square of the margin, a fraction",
            "rho[k]": "given points: rho_k, with rho_sq[k] its square as a fraction",
            "unit_margin": "given points of different lengths: the margin of the points divided by their lengths",
            "unit_margin_bound": "given points: 1 - c of the points divided by their lengths; rho* is at least this",
            "contacts": "pairs of points at the largest inner product; with the power of ten within which they are "
            "equal, where it is not proved that they are (contacts_within in JSON, 0 when proved)",
            "rattlers": "points that carry no stress, or have no contact: they can move at no cost",
        },
        {
            "simplex": "K <= d + 1: proved optimal",
            "polygon": "d = 2: proved optimal",
            "orthoplex": "d + 2 <= K <= 2d: proved optimal",
            "sharp": "a Delsarte certificate and a built code: proved optimal",
            "coincidence": "d = 1 and K >= 3: two points agree, rho* = 0",
            "bounded": "between the best code found and the least proved upper bound",
            "unit points": "given points of length one",
            "points of one length": "given points, scaled",
            "points of one length up to rounding": "given points of a table of decimals, as they are",
            "points of different lengths": "given points, as they are",
        },
    ),
    "multilabel": (
        "samples that carry a set of labels, with weight decay on W and H",
        "minimise (1/N) sum_s v_m (m log sum_j exp(z_j) - sum_{k in S_s} z_k), z = W^T h_s + b, m = |S_s|,\n"
        "         + lambda_W/2 |W|^2 + lambda_H/2 |H|^2 + lambda_b/2 |b|^2\n"
        "over W (d, K), H (d, N), b (K). Counts m:n mean every set of m labels n times; weights m:v mean v_m = v.",
        {
            "objective": "the minimum value, or bounds of it",
            "W_fro_sq": "|W|^2 = y (K-1) N lambda_H/K",
            "H_fro_sq": "|H|^2 = lambda_W |W|^2/lambda_H",
            "y": "the root of the scalar system (theorem multilabel-scalar-system)",
            "logit_gap[m]": "z_j - z_k for j in and k outside a set of m labels: t_m (m e^t_m + K - m) = v_m y",
            "feature_scale[m]": "c_m with h_S = c_m sum_{k in S} w_k",
            "tag_sum[m]": "c_m/c_1: h_S is this multiple of the sum of the features h_k of its labels",
            "tag_average[m]": "m c_m/c_1: h_S is this multiple of their average",
            "bias": "the common entry of b; absent without a bias",
        },
        {
            "collapse": "classifiers a simplex ETF, features along the sum of the classifiers of their labels",
            "trivial": "W = 0 and H = 0: lambda_W lambda_H N^2 >= sum_m n_m v_m^2 C(K-2, m-1)",
            "bounded": "label sets that are not balanced: certified lower and upper bound of the minimum",
        },
    ),
    "network": NETWORK,
}


def theorem_lines(theorem: Theorem) -> list[str]:
    """Statement, idea, hypotheses, claims, source and how it stands to it, what is open."""
    source = theorem.source
    lines = [
        f"{theorem.name}: {theorem.title}",
        "",
        *_block(theorem.statement),
        "",
        "idea",
        *_block(theorem.idea),
    ]
    if theorem.hypotheses:
        lines += ["", "hypotheses", *(f"  - {part.sentence}" for part in theorem.hypotheses)]
    if theorem.rests_on:
        lines += ["", f"rests on: {', '.join(theorem.rests_on)}"]
    if theorem.general is not None:
        lines += ["", f"claims for {theorem.covers or 'all sizes'}", *map(_claim_line, theorem.general())]
    if theorem.instance is not None:
        lines += ["", f"claims on an instance: ncproofs verify {theorem.name} -K 3:5 ..."]
    lines += ["", "source", f"  {source.paper}{f' (arXiv {source.arxiv})' if source.arxiv else ''}"]
    lines += [
        f"  usually quoted: {source.quoted}",
        f"  this theorem is {source.relation}{f': {source.note}' if source.note else ''}",
    ]
    if formal := [row for row in open_library().statements if row.theorem == theorem.name]:
        lines += ["", "proved in Coq: ncproofs formal"]
        lines += [line for row in formal for line in (f"  - {row.name}: {row.says}", f"    ({row.covers})")]
    if theorem.open_questions:
        lines += ["", "open", *(f"  - {question}" for question in theorem.open_questions)]
    return lines


def _block(text: str) -> list[str]:
    lines = (part for line in text.strip().splitlines() for part in textwrap.wrap(line.strip(), _WIDTH))
    return [f"  {line}" for line in lines]


def _claim_line(claim: Claim) -> str:
    name = type(claim).__name__
    said = claim.sentence or getattr(claim, "step", "") or getattr(claim, "name", "") or claim.because
    return f"  - {name}: {' '.join(str(said).split())}"


def family_lines(name: str) -> list[str]:
    """The problem, every quantity of ``ncproofs optimum``, every regime."""
    title, problem, quantities, regimes = FAMILIES[name]
    width = max(map(len, [*quantities, *regimes]))
    return [
        f"{name}: {title}",
        "",
        *(f"  {line}" for line in problem.splitlines()),
        "",
        "quantities",
        *(f"  {key.ljust(width)}  {meaning}" for key, meaning in quantities.items()),
        "",
        "regimes",
        *(f"  {key.ljust(width)}  {meaning}" for key, meaning in regimes.items()),
    ]


def suite_lines(path: Path) -> list[str]:
    """What a suite looks at, how large it is, and the file itself."""
    from ncproofs.suite import expand, read_suite

    suite = read_suite(path, imports=True)
    jobs = expand(suite)
    controls = sum(job.check.control for job in jobs)
    head = [
        f"{suite.title}",
        f"  {suite.description}",
        f"  {len(jobs)} jobs, {controls} of them negative controls",
        f"  {path}",
    ]
    return [*head, "", *path.read_text(encoding="utf-8").rstrip().splitlines()]
