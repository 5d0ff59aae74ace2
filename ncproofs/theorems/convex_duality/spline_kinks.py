"""When every least-norm interpolant has its kinks at the data."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import sympy

from ncproofs.problems.networks import Network, Points
from ncproofs.proof.claims import Claim, Identity, Sign
from ncproofs.proof.domain import Domain, positive, real
from ncproofs.proof.network_claims import KinksAtData
from ncproofs.theorems.convex_duality.sources import CONVEX, is_kind, require_kind
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

before = sympy.Symbol("s", real=True)
one, two, gap = sympy.symbols("c_1 c_2 d", positive=True)


def claims() -> Iterator[Claim]:
    """Two neighbouring changes c_1, c_2 of one sign, a distance d apart, become one change c_1 + c_2 between them."""
    where = Domain.of((before, real()), (one, positive()), (two, positive()), (gap, positive()))
    place = two * gap / (one + two)  # distance of the single kink from the first data point
    yield Identity(
        left=before * place + (before + one + two) * (gap - place), right=(before + one) * gap, where=where,
        sentence="slope s up to the new kink and s + c_1 + c_2 after it lead to the same second point",
    )
    yield Sign(expression=place, relation=">", where=where, sentence="the new kink lies beyond the first point")
    yield Sign(expression=gap - place, relation=">", where=where, sentence="and before the second, at the same cost")


def instance(problem: Network) -> Iterator[Claim]:
    require_kind("spline-kinks", problem, "spline")
    yield KinksAtData(problem=problem)


def is_spline(problem: Network) -> Truth:
    return is_kind(problem, "spline")


def is_rigid(problem: Network) -> Truth:
    """T0 >= S0, and no two neighbouring changes of slope have one sign; decided exactly."""
    if not isinstance(problem.data, Points):
        return Truth.FAILS
    x, y = problem.data.x, problem.data.y
    slopes = [(y[i + 1] - y[i]) / (x[i + 1] - x[i]) for i in range(len(x) - 1)]
    changes = [b - a for a, b in pairwise(slopes)]
    flat = sum(map(abs, changes)) >= abs(slopes[0] + slopes[-1])
    return Truth.HOLDS if flat and all(a * b <= 0 for a, b in pairwise(changes)) else Truth.FAILS


THEOREM = Theorem(
    name="spline-kinks",
    title="Kinks of least-norm interpolants",
    statement=(
        "Two neighbouring interior changes of slope of one sign become one kink between their points at the same "
        "cost, so that some least-norm interpolant has a kink elsewhere. For data with T0 >= S0 and no two "
        "neighbouring changes of one sign, every least-norm interpolant has kinks at the data only; this is decided "
        "for given data, by a dual point that is +1 or -1 at data points alone."
    ),
    idea="A dual point that is +1 or -1 at data points only forces the kinks; two changes of one sign may be merged.",
    source=Source(
        paper=CONVEX[0], arxiv=CONVEX[1], quoted="the kinks of the optimal network are at the data points",
        relation="corrected", note="true of some minimiser always, of every minimiser exactly under this condition",
    ),
    covers="all slopes, both changes and distances for the merged kink; the converse at given data",
    hypotheses=(
        Hypothesis("interpolation in one variable", is_spline),
        Hypothesis("T0 >= S0 and no two neighbouring changes of slope have one sign", is_rigid),
    ),
    general=claims,
    instance=instance,
    family=Network,
)
