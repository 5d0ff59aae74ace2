"""Which regime the optimum of a problem is in, and the numbers it is made of.

``Regime`` is the answer of a theorem to one problem; ``Scale`` are the numbers of the optimal point at one
precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb

from ncproofs.critical.profiles import exact_root, to_ball
from ncproofs.problems.features import Ridge
from ncproofs.truth import Rigor, Truth

__all__ = ["CHAIN", "LADDER", "Number", "Regime", "Scale", "c_of", "lift", "product"]

Number = Fraction | arb

#: Precisions at which a comparison of transcendental numbers is tried before it is left undecided.
LADDER = (64, 128, 256, 512, 1024, 2048)

#: The classical results behind the lower bound (theorem ``lower-bound-chain``).
CHAIN = ("Cauchy-Schwarz inequality", "inequality of arithmetic and geometric means", "Jensen's inequality")


@dataclass(frozen=True, kw_only=True)
class Regime:
    """Where the global minimisers are.

    ``name``: "collapse", "trivial", "orthogonal frame", "intermediate", "rank-deficient frame". ``rank`` is
    the rank of the frame part of the logits (K - 1 for a simplex ETF, 0 at the origin); ``has_mean`` says
    whether the mean direction is present as well. ``truth`` is HOLDS when the regime is certified, UNDECIDED
    when the best candidate is shown without proof, FAILS when a point below every candidate is certified.
    """

    name: str
    geometry: str
    rank: int
    because: str
    has_mean: bool = False
    truth: Truth = Truth.HOLDS
    rigor: Rigor = Rigor.EXACT
    axioms: tuple[str, ...] = CHAIN
    holes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    bracket: tuple[arb, arb] | None = None

    @property
    def is_trivial(self) -> bool:
        return self.name == "trivial"


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Numbers at the optimal point: exact fractions where they are rational, else balls.

    Z0 = margin * (frame projector) + mean * J/K; the logit Hessian is ``radial`` along e_k - 1/K and
    ``tangential`` orthogonally to it; ``origin_slope`` is phi'(0), so the origin's logit gradient has
    singular value origin_slope / sqrt n.
    """

    objective: Number
    margin: Number
    mean: Number = Fraction(0)
    bias: Number = Fraction(0)
    radial: Number = Fraction(1)
    tangential: Number = Fraction(1)
    origin_slope: Number = Fraction(0)


def c_of(problem: Ridge) -> Number:
    """c = sqrt(n lambda_W lambda_H), exact when rational, else a ball at the current precision."""
    exact = exact_root(problem.c_squared)
    return to_ball(problem.c_squared).sqrt() if exact is None else exact


def lift(*values: Number | int) -> tuple[Any, ...]:
    """All as fractions if all are rational, else all as balls at the current precision."""
    if any(isinstance(value, arb) for value in values):
        return tuple(to_ball(value) for value in values)
    return tuple(value if isinstance(value, arb) else Fraction(value) for value in values)


def product(*values: Number | int) -> Number:
    """The product, exactly 0 if a factor is exactly 0."""
    if any(isinstance(value, Fraction | int) and value == 0 for value in values):
        return Fraction(0)
    result: Number
    result, *rest = lift(*values)
    for factor in rest:
        result = result * factor
    return result
