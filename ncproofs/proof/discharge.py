"""Settle a claim: ``discharge(claim, effort) -> Evidence``, one rule per kind of claim.

The rules live beside this file: ``algebra`` (identities and signs by exact algebra), ``boxes`` (branch and bound
in balls), ``sums`` (indexed sums for symbolic sizes), ``instances`` (claims about one problem). They are imported
when the first claim of their kind is settled.
"""

from __future__ import annotations

import dataclasses
import importlib
import time
from dataclasses import dataclass

from ncproofs.errors import InvalidClaim
from ncproofs.proof.axioms import KNOWN_AXIOMS
from ncproofs.proof.claims import Axiom, Claim, Hole
from ncproofs.truth import BY_AXIOM, Evidence, Rigor, Truth

__all__ = ["Effort", "discharge"]


@dataclass(frozen=True)
class Effort:
    """How hard to try: the precision ladder of balls (bits), and how many boxes a branch and bound may open."""

    ladder: tuple[int, ...] = (64, 128, 256, 512)
    boxes: int = 20_000
    starts: int = 40
    seed: int = 0


_RULES = {
    "Identity": "algebra",
    "Sign": "signs",
    "UniqueRoot": "roots",
    "SumIdentity": "sums",
    "MatrixInertia": "matrices",
    "UniqueArgmin": "instances",
    "OptimalValue": "instances",
    "CollapsedOptimum": "instances",
    "OptimumIs": "instances",
    "ScaleEquation": "instances",
    "NullityAtOptimum": "instances",
    "SpectrumAtOptimum": "instances",
    "Curvature": "instances",
    "CriticalValue": "instances",
    "BenignLandscape": "landscape",
    "BenignSphereLandscape": "sphere_landscape",
    "NoSpuriousSphereMinima": "sphere_landscape",
    "SpuriousSphereMinimum": "sphere_landscape",
    "SphereValue": "sphere_instances",
    "SphereGeometry": "sphere_instances",
    "SphereQuantity": "sphere_instances",
    "SphereComparison": "sphere_instances",
    "SphereInertia": "sphere_instances",
    "SphereSpectrum": "sphere_instances",
    "DualCertificate": "sphere_instances",
    "ContactInequality": "sphere_instances",
    "MultiplierBalance": "sphere_instances",
    **dict.fromkeys(
        ("LayeredValue", "LayeredQuantity", "LayeredGeometry", "LayeredAttained", "LayeredSpectrum", "LayeredInertia",
         "LayeredKind", "BenignLayeredLandscape", "FiniteCriticalPoints", "ReluFirstFeatures"),
        "layered_instances",
    ),
    "CodeValue": "code_instances",
    "CodeBracket": "code_instances",
    "CodeQuantity": "code_instances",
    "HardMaxValue": "code_instances",
    "SoftmaxCode": "code_instances",
    "CodeEverywhereActive": "code_instances",
    "LocalCodeValue": "code_instances",
    "LossAtCode": "code_instances",
    "CodeMinimisesLoss": "code_instances",
    "BenignLabelLandscape": "multilabel_instances",
    "DualGap": "multilabel_instances",
    "LabelGeometry": "multilabel_instances",
    "LabelNullity": "multilabel_instances",
    "LabelOriginCurvature": "multilabel_instances",
    "LabelQuantity": "multilabel_instances",
    "LabelSpectrum": "multilabel_instances",
    "LabelStationary": "multilabel_instances",
    "LabelValue": "multilabel_instances",
    "ScalarRoot": "multilabel_instances",
    "NetworkValue": "network_instances",
    "NetworkQuantity": "network_instances",
    "DualityGap": "network_instances",
    "MeanGeometry": "network_instances",
    "KinksAtData": "network_instances",
    "CostsAtLeast": "network_instances",
}


def discharge(claim: Claim, effort: Effort | None = None) -> Evidence:
    """The evidence about ``claim``. Never raises for a claim that is merely hard: that is undecided.

    Raises:
        InvalidClaim: not one of the kinds of ``ncproofs.proof.claims``.
    """
    started = time.perf_counter()
    evidence = _settle(claim, effort or Effort())
    if claim.sentence and claim.sentence != evidence.sentence:
        evidence = dataclasses.replace(evidence, sentence=claim.sentence)
    return dataclasses.replace(evidence, seconds=time.perf_counter() - started)


def _settle(claim: Claim, effort: Effort) -> Evidence:
    if isinstance(claim, Axiom):
        return _by_axiom(claim)
    if isinstance(claim, Hole):
        return Evidence(
            truth=Truth.HOLDS, rigor=Rigor.SAMPLED, sentence=claim.step,
            because="nobody checked this step", holes=(claim.step,),
        )
    room = _RULES.get(type(claim).__name__)
    if room is None:
        raise InvalidClaim(f"{type(claim).__name__} is not a kind of claim that can be settled")
    return importlib.import_module(f"ncproofs.proof.{room}").settle(claim, effort)


def _by_axiom(claim: Axiom) -> Evidence:
    """A known classical theorem holds as it stands; an unknown name is a step that nobody checked."""
    sentence = f"{claim.name}: {claim.uses}"
    if claim.name not in KNOWN_AXIOMS:
        return Evidence(
            truth=Truth.HOLDS,
            rigor=Rigor.SAMPLED,
            sentence=sentence,
            because=f"{claim.name!r} is not one of the classical theorems of ncproofs.proof.axioms",
            holes=(sentence,),
        )
    return Evidence(
        truth=Truth.HOLDS, rigor=Rigor.EXACT, sentence=sentence, because=BY_AXIOM, axioms=(claim.name,)
    )
