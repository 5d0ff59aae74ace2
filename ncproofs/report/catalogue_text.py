"""Theorems, losses, families and suites for people."""

from __future__ import annotations

import textwrap
from pathlib import Path

from ncproofs.proof.claims import Claim
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
            "objective": "the value at the point; the minimum unless the point is antipodal",
            "multiplier_W": "alpha, the normal part of the gradient at each classifier",
            "multiplier_H": "beta, the normal part of the gradient at each feature",
            "condition_number": "largest over smallest nonzero eigenvalue of the Riemannian Hessian",
        },
        {
            "collapse": "a simplex ETF W with h_{k,i} = w_k",
            "tilted collapse": "label_smoothing beyond its threshold: an ETF tilted towards a common direction",
            "orthogonal frame": "mean_squared: orthonormal w_k = h_{k,i}",
            "antipodal": "the critical point h_{k,i} = -w_k",
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
    if theorem.general is not None:
        lines += ["", f"claims for {theorem.covers or 'all sizes'}", *map(_claim_line, theorem.general())]
    if theorem.instance is not None:
        lines += ["", f"claims on an instance: ncproofs verify {theorem.name} -K 3:5 ..."]
    lines += ["", "source", f"  {source.paper}{f' (arXiv {source.arxiv})' if source.arxiv else ''}"]
    lines += [
        f"  usually quoted: {source.quoted}",
        f"  this theorem is {source.relation}{f': {source.note}' if source.note else ''}",
    ]
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
