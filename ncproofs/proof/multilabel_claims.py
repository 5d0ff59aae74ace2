"""Kinds of statement about one problem with label sets; settled by ``ncproofs.proof.multilabel_instances``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.claims import Claim

__all__ = [
    "BenignLabelLandscape",
    "DualGap",
    "LabelGeometry",
    "LabelNullity",
    "LabelOriginCurvature",
    "LabelQuantity",
    "LabelSpectrum",
    "LabelStationary",
    "LabelValue",
    "ScalarRoot",
]

Relation = Literal["==", ">=", "<=", ">", "<"]


@dataclass(frozen=True, kw_only=True)
class LabelValue(Claim):
    """The minimum of ``problem`` stands in ``relation`` to ``value``, an exact number or SymPy constant."""

    problem: MultiLabel
    value: Any
    relation: Relation = "=="


@dataclass(frozen=True, kw_only=True)
class LabelGeometry(Claim):
    """The classifiers of every global minimiser of ``problem`` are a "simplex ETF", or every minimiser is "zero"."""

    problem: MultiLabel
    geometry: str


@dataclass(frozen=True, kw_only=True)
class LabelQuantity(Claim):
    """``quantity`` (a name of ``ncproofs optimum multilabel``) at the optimum stands in ``relation`` to ``value``."""

    problem: MultiLabel
    quantity: str
    value: Any
    relation: Relation = "=="


@dataclass(frozen=True, kw_only=True)
class ScalarRoot(Claim):
    """The scalar system of ``problem`` has exactly one root y > 0 with gaps t_m > 0."""

    problem: MultiLabel


@dataclass(frozen=True, kw_only=True)
class LabelStationary(Claim):
    """The point h_S = scale_m sum_{k in S} w_k with |W|^2 = energy, W a simplex ETF, b = 0, is a critical point.

    ``scales`` maps m to an exact number; None for it, or for ``energy``, means the values of the scalar system.
    """

    problem: MultiLabel
    energy: Any = None
    scales: tuple[tuple[int, Any], ...] | None = None


@dataclass(frozen=True, kw_only=True)
class LabelNullity(Claim):
    """The Hessian of ``problem`` at its optimum has exactly ``nullity`` zero eigenvalues."""

    problem: MultiLabel
    nullity: int


@dataclass(frozen=True, kw_only=True)
class LabelSpectrum(Claim):
    """The closed-form spectrum at the optimum agrees with the dense Hessian, enclosed in balls."""

    problem: MultiLabel


@dataclass(frozen=True, kw_only=True)
class LabelOriginCurvature(Claim):
    """The least Hessian eigenvalue at W = H = 0, b = 0 stands in ``relation`` to ``value``; balanced label sets."""

    problem: MultiLabel
    value: Any
    relation: Relation = "=="


@dataclass(frozen=True, kw_only=True)
class DualGap(Claim):
    """A dual point and a point certify the minimum of ``problem``: lower <= min <= upper, upper - lower <= ``gap``."""

    problem: MultiLabel
    gap: Any


@dataclass(frozen=True, kw_only=True)
class BenignLabelLandscape(Claim):
    """Every critical point of ``problem`` is a global minimiser or a strict saddle."""

    problem: MultiLabel
