"""Certificates of random critical points, for the independent checker: one file a point.

A point certified by Krawczyk's operator is written as ``critical-point/1``: it exists, with this value, index and
nullity; a counterexample also names a point of lower value. A saddle on a continuum, which no box isolates, is written
as ``saddle-box/1``: the Hessian has negative curvature all around it. W = H = 0 or a simplex ETF of a large problem
is written as ``inertia/1``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ncproofs.critical.certify import is_large, parts_of, terrain_of
from ncproofs.critical.random_points import Candidate, Found
from ncproofs.critical.terrain import Array
from ncproofs.problems.features import Ridge
from ncproofs.problems.multilabel import MultiLabel, Problem
from ncproofs.proof import checker
from ncproofs.proof.certificate import NoCertificate, digest_of, seal, write
from ncproofs.proof.claims import CriticalValue
from ncproofs.proof.critical_certificates import critical_point_certificate, rival_point, saddle_box_certificate
from ncproofs.proof.discharge import Effort

__all__ = ["point_certificate"]

#: Half the step of the difference quotient that turns tangent coordinates into a direction.
_STEP = 2**-20
#: The checker looks at one direction per pair of representations and class; more classes exhaust its budget.
_CLASSES = 10


def point_certificate(
    problem: Problem, point: Found, better: Candidate | None = None, *, boxes: bool = False
) -> bytes:
    """The bytes of a certificate that the checker accepts; with ``better``, that this candidate lies below.

    ``boxes``: a point with negative curvature is written as ``saddle-box/1``, which makes no claim of existence.

    Raises:
        NoCertificate: the point is not certified, or has no box, or the checker does not know the loss or accept it.
    """
    answer, title = point.classified, f"{problem}, start {point.candidate.number}"
    if not answer.is_certified:
        raise NoCertificate(f"the point is undecided: {answer.reason}")
    if isinstance(problem, Ridge) and is_large(problem):
        if problem.K > _CLASSES:
            many = f"K = {problem.K} > {_CLASSES}"
            raise NoCertificate(f"{answer.how}: with {many} the checker would need too many steps")
        pair = write(CriticalValue(problem=problem, family=answer.how.removeprefix("closed form: ")), Effort())
        return _accepted(pair)
    W, H, b = parts_of(problem, point.candidate.x)
    if answer.how == "Krawczyk" and (isinstance(problem, MultiLabel) or not (boxes and answer.index)):
        rival = None if better is None else rival_point(problem, *parts_of(problem, better.x))
        pair = critical_point_certificate(problem, W, H, b, rival=rival, title=title)
    elif answer.index and not isinstance(problem, MultiLabel):  # the checker has no saddle box with label sets
        pair = saddle_box_certificate(problem, W, H, b, _steepest(problem, point.candidate.x), title=title)
    else:
        raise NoCertificate(f"{answer.how}: a continuum without negative curvature has no box")
    return _accepted(pair)


def _accepted(pair: tuple[dict[str, Any], dict[str, Any]]) -> bytes:
    raw = seal(*pair)
    verdict, reason = checker.check(raw, expected={digest_of(pair[0])})
    if verdict != "accepted":
        raise NoCertificate(f"the checker says {verdict}: {reason}")
    return raw


def _steepest(problem: Problem, x: Array) -> tuple[Any, Any, Any]:
    """The direction of the smallest eigenvalue of the Hessian, in the shapes of (W, H, b)."""
    terrain = terrain_of(problem)
    local = terrain.local(x)
    lowest = np.linalg.eigh(local.hessian)[1][:, 0]
    ends = [terrain.moved(x, local, sign * _STEP * lowest) for sign in (1, -1)]
    return parts_of(problem, (ends[0] - ends[1]) / (2 * _STEP))
