"""Settle ``BenignLabelLandscape``: by theorem ``multilabel-landscape``, or by a certified spurious minimum.

Holds for pick-all-label cross-entropy, d >= K - 1 and any list of label sets. Fails with a critical point without
negative curvature, certified by Krawczyk's operator, whose value lies above that of another point. Otherwise undecided.
"""

from __future__ import annotations

from ncproofs.critical.krawczyk import CertifiedPoint, certify_critical_point, value_at
from ncproofs.critical.multilabel_search import expanded, local_minima
from ncproofs.critical.multilabel_zero import zero_is_optimal
from ncproofs.errors import OutOfScope
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.constants import fails, refuse
from ncproofs.proof.discharge import Effort
from ncproofs.proof.multilabel_claims import BenignLabelLandscape
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["by_theorem", "settle_landscape"]

_SEARCHABLE = 160
_BITS = (128, 256)
_AXIOMS = ("tangent plane of a convex function", "rank-nullity", "Cauchy-Schwarz inequality")


def settle_landscape(claim: BenignLabelLandscape, effort: Effort) -> Evidence:
    problem = claim.problem
    sentence = claim.sentence or f"every critical point is a global minimiser or a strict saddle: {problem}"
    if not problem.is_pick_all_label:
        raise OutOfScope(f"{problem.loss} is not pick-all-label cross-entropy; write pick_all_label")
    promised = by_theorem(problem, sentence)
    if promised.truth is Truth.HOLDS:
        return promised
    missing = promised.because
    if problem.dimension > _SEARCHABLE:
        return refuse(sentence, f"{missing}, and {problem.dimension} unknowns are too many for a search")
    witness = _spurious(problem, effort)
    if witness:
        because = "a critical point without negative curvature lies above another point, both in balls"
        return fails(sentence, because, problem, witness)
    return refuse(sentence, f"{missing}; no spurious minimum was found from {effort.starts} starts")


def by_theorem(problem: MultiLabel, sentence: str = "") -> Evidence:
    """Holds by theorem ``multilabel-landscape`` for pick-all-label cross-entropy with d >= K - 1, or undecided."""
    sentence = sentence or f"every critical point is a global minimiser or a strict saddle: {problem}"
    if problem.d < problem.K - 1 and zero_is_optimal(problem):
        return Evidence(
            truth=Truth.HOLDS, rigor=Rigor.EXACT, sentence=sentence, covers=str(problem),
            because="W = H = 0 is the only critical point (up to a free bias): the gradient at 0 has spectral norm at "
                    "most sqrt(lambda_W lambda_H)", axioms=("the gradient of a convex function is monotone",))
    if problem.d < problem.K - 1:
        return refuse(sentence, f"no theorem applies (d = {problem.d} < K - 1 = {problem.K - 1})")
    because = (
        f"theorem multilabel-landscape: convex and shift invariant, d = {problem.d} >= K - 1 = {problem.K - 1}, "
        "any label sets"
    )
    return Evidence(truth=Truth.HOLDS, rigor=Rigor.EXACT, sentence=sentence, because=because,
                    covers=str(problem), axioms=_AXIOMS)


def _spurious(problem: MultiLabel, effort: Effort) -> str:
    """The first local minimum found that is certified to lie above another point; "" if there is none."""
    found = local_minima(problem, effort.starts, effort.seed)
    if len(found) < 2:
        return ""
    lowest = value_at(problem, *expanded(found[0]))
    for point in found[1:]:
        for bits in _BITS:
            certified = certify_critical_point(problem, *expanded(point), bits)
            if isinstance(certified, CertifiedPoint):
                if certified.index == 0 and certified.value.lower > lowest.upper:
                    return _told(certified, lowest.decimals(15)[1])
                break
    return ""


def _told(point: CertifiedPoint, better: str) -> str:
    strict = "strict modulo symmetry, " if point.is_strict_local_minimum else ""
    rows = "; ".join(" ".join(f"{float(entry.mid()):.12g}" for entry in row) for row in point.W.tolist())
    return (
        f"spurious local minimum ({strict}index 0, nullity {point.nullity}): value >= {point.value.decimals(15)[0]}, "
        f"but another point has value <= {better}; near W = {rows}"
    )
