"""Every false claim there is data for, by name; and the false claims that a genuine theorem's claims turn into.

The spec's list of false theorems is rendered beside the tests of its setting; ``SPEC`` gathers it under its own
numbers. ``DERIVED`` are our own. ``spoiled`` makes more: each claim of a theorem with its value doubled, its sum
off by one, or its inequality reversed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import sympy

from ncproofs.calculus.indexed import scalar
from ncproofs.proof.claims import Claim, Identity, Sign, SumIdentity, UniqueRoot
from tests.proof.test_sphere_landscape import FALSE_CLAIMS as SPHERE_LANDSCAPES
from tests.soundness.false_general import GENERAL
from tests.soundness.false_ridge import RIDGE
from tests.soundness.false_spheres import SPHERES
from tests.soundness.neighbours import Neighbours
from tests.test_false_theorems import FALSE as RIDGE_SPEC
from tests.test_false_theorems import OPEN as RIDGE_OPEN
from tests.theorems.test_sphere_claims import FALSE as SPHERE_SPEC

__all__ = ["DERIVED", "NUMBERED", "SPEC", "spoiled"]

DERIVED: dict[str, Neighbours] = {
    f"{section}: {name}": neighbours
    for section, table in (("general", GENERAL), ("ridge", RIDGE), ("spheres", SPHERES))
    for name, neighbours in table.items()
}

SPEC: dict[str, Claim] = {
    **{f"ridge {name}": claim for name, claim in (RIDGE_SPEC | RIDGE_OPEN).items()},
    **{f"spheres {name}": claim for name, (claim, _) in SPHERE_SPEC.items()},
    **{f"spheres {name}": claim for name, claim in SPHERE_LANDSCAPES.items()},
}

#: The numbers of the spec's list that are rendered here; the test compares them with the list itself.
NUMBERED = {
    section: {match[1] for name in SPEC if (match := re.match(rf"{section} (F?\d+)\b", name))}
    for section in ("ridge", "spheres")
}

_REVERSED = {">": "<", "<": ">", ">=": "<", "<=": ">"}


def spoiled(claim: Claim) -> Iterator[tuple[str, Claim]]:
    """Certainly false variants of a claim that holds on a domain with points in it."""
    if isinstance(claim, Identity):
        yield "off by 10^-9", replace(claim, right=claim.right + sympy.Rational(1, 10**9))
        if claim.right != 0:
            yield "doubled", replace(claim, right=2 * claim.right)
    elif isinstance(claim, SumIdentity):
        yield "off by one", replace(claim, right=scalar(claim.right) + 1)
        if scalar(claim.right).terms:
            yield "doubled", replace(claim, right=2 * scalar(claim.right))
    elif isinstance(claim, Sign):
        yield "reversed", replace(claim, relation=_REVERSED[claim.relation])  # type: ignore[arg-type]
        yield "lowered", replace(claim, expression=-claim.expression - sympy.Rational(1, 10**9)
                                 if claim.relation in (">", ">=") else -claim.expression + sympy.Rational(1, 10**9))
    elif isinstance(claim, UniqueRoot):
        yield "shifted away", replace(claim, expression=claim.expression**2 + 1)
        yield "a second root", replace(claim, expression=claim.expression**2)
