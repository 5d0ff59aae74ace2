"""The letters of the layered theorems: M = L + 1 factors, scaled so that every factor has the decay kappa."""

from __future__ import annotations

import sympy

from ncproofs.problems.layered import Layered
from ncproofs.theorems.theorem import Hypothesis, Source
from ncproofs.truth import Truth

__all__ = [
    "DEEP",
    "EQUAL",
    "LINEAR",
    "UNBIASED",
    "K",
    "M",
    "d",
    "kappa",
    "lb",
    "n",
    "r",
    "sigma",
    "sigma_c",
    "sigma_sn",
    "source",
    "x",
]

K, M, n, d = sympy.symbols("K M n d", integer=True, positive=True)
r = sympy.Symbol("r", integer=True, nonnegative=True)
kappa, lb, x = sympy.symbols("kappa lambda_b x", positive=True)
sigma = sympy.Symbol("sigma", real=True)

#: Where the derivative of sigma^(M-2) (1-sigma)^M changes sign, and where e(sigma) does.
sigma_sn, sigma_c = (M - 2) / (2 * M - 2), (M - 2) / (M - 1)


def _truth(met: object) -> Truth:
    return Truth.HOLDS if met else Truth.FAILS


EQUAL = Hypothesis("the classes have equally many samples", lambda p: _truth(p.balanced))
LINEAR = Hypothesis("there is no ReLU", lambda p: _truth(not p.relu))
UNBIASED = Hypothesis("there is no bias", lambda p: _truth(not p.has_bias))
DEEP = Hypothesis("there are two layers or more", lambda p: _truth(isinstance(p, Layered) and p.layers >= 2))


def source(quoted: str, relation: str, note: str) -> Source:
    """The paper of this folder; its statements are rendered from the abstract and the usual quotation."""
    return Source(
        paper="Extended Unconstrained Features Model for Exploring Deep Neural Collapse", arxiv="2202.08087",
        quoted=quoted, relation=relation, note=note,  # type: ignore[arg-type]
    )
